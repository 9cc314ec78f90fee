"""What invoices owe, which status that gives them, and what requests about one invoice each start from."""

from __future__ import annotations

from clientops.schema.balances import balances_sql

OPEN = "('Unpaid', 'Collections')"

# Invoices and their clients are picked out by their numbers first: a join alone would read all clients.
ASKED_INVOICES = f"""
    with found as (select * from invoices where id in (select invoice_id from requests)),
    money as ({balances_sql("select invoice_id from requests")}),
    owners as (select * from clients where id in (select client_id from found)),
    settling as (
        select invoice_id, count(*) as allocation_count from allocations
        where invoice_id in (select invoice_id from requests) group by invoice_id
    )
    select requests.*, invoices.id is not null as is_known,
        coalesce(invoices.number, invoices.id::varchar) as invoice_name,
        invoices.client_id, invoices.status, invoices.paid_on,
        invoices.number, invoices.issued_on as old_issued_on, invoices.due_on as old_due_on,
        invoices.total, invoices.credit_applied, invoices.written_off,
        money.paid, money.owed, money.noted, money.noted_off, money.spent, money.credited_back,
        coalesce(settling.allocation_count, 0) as allocation_count,
        owners.credit_balance, currencies.code, currencies.minor_digits
    from requests
    left join found invoices on invoices.id = requests.invoice_id
    left join money on money.invoice_id = invoices.id
    left join settling on settling.invoice_id = invoices.id
    left join owners on owners.id = invoices.client_id
    left join currencies on currencies.id = owners.currency_id
"""

UNKNOWN_INVOICE = """
    select "row", 'invoice_id' as field, 'unknown_invoice' as code, 'there is no invoice ' || invoice_id as message
    from asked where not is_known
"""


def settled_status_sql(status: str, owed: str) -> str:
    """SQL for the status of an invoice once it owes so much (all SQL): nothing left is Paid, something again Unpaid."""
    return (
        f"(case when {status} in {OPEN} and {owed} = 0 then 'Paid' "
        f"when {status} in ('Paid', 'Written off') and {owed} > 0 then 'Unpaid' else {status} end)"
    )
