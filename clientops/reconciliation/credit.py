"""Credit balances against the credit log, and applied credit against invoices."""

from __future__ import annotations

from clientops.core.money import show_sql

# Each family gives ``kind, table_name, row_id, client_id, currency_id, amount, day, message, row_list, mend_rule,
# mend_request``; the amount is what is found minus what is expected.
DRIFTED = """
    with logged as (select client_id, sum(amount) as amount from credit_entries group by client_id)
    select clients.id, clients.currency_id, clients.credit_balance,
        coalesce(logged.amount, 0)::decimal(18, 4) as logged,
        (clients.credit_balance - coalesce(logged.amount, 0))::decimal(18, 4) as amount
    from clients left join logged on logged.client_id = clients.id
    where clients.credit_balance <> coalesce(logged.amount, 0)
"""

CREDIT_DIFFERENCES = f"""
    select 'drifted_balance' as kind, 'clients' as table_name, drifted.id as row_id, drifted.id as client_id,
        drifted.currency_id, amount, null::date as day,
        'client ' || drifted.id || ' has a credit of ' || {show_sql("credit_balance")} || ', the credit log says '
            || {show_sql("logged")} as message,
        [{{'table': 'clients', 'id': drifted.id}}] as row_list,
        'enter-credit-difference' as mend_rule,
        json_object('client_id', drifted.id, 'amount', amount::varchar, 'description', 'Difference found in reconciliation')::varchar
            as mend_request
    from drifted left join currencies on currencies.id = drifted.currency_id
"""
