"""Account credit offered to invoices that are issued: one function for every rule that issues one."""

from __future__ import annotations

from datetime import date

from clientops.core.money import show_sql
from clientops.core.plan import Change
from clientops.schema.tables import Steps

MOST_FIGURES = 20


def offer_credit(steps: Steps, *, today: date) -> tuple[Change, ...]:
    """Apply the clients' credit to the invoices of the step ``bills``, in the order of the rows.

    Args:
        steps: With ``bills``: ``bill_id``, ``"row"``, ``client_id``, ``is_draft``, ``offers_credit``; ``bill_totals``:
            ``bill_id``, ``total``; ``billed_clients``: ``client_id``, ``credit_balance``, ``code``, ``minor_digits``;
            ``numbered_bills``: ``bill_id``, ``invoice_id``, ``number``. Optional ``credit_gains``: ``"row"``,
            ``client_id``, ``amount`` of credit that the same operation gives, which later rows can use.
        today: Date of the credit entries.

    Returns:
        Insert of credit entries, update of the clients' credit. Later steps may read ``credit_offers`` (``bill_id``,
        ``client_id``, ``amount``), ``offer_entries``, ``offer_balances`` and ``credit_figures``.
    """
    if "credit_gains" not in steps:
        steps.add("credit_gains", NO_GAINS)
    steps.add("credit_offers", CREDIT_OFFERS)
    steps.add("offer_entries", OFFER_ENTRIES.format(next_id=steps.tables.next_id("credit_entries")), today=today)
    steps.add("offer_balances", OFFER_BALANCES)
    return (steps.insert("credit_entries", "offer_entries"), steps.update("clients", "offer_balances"))


def credit_figures(steps: Steps) -> tuple[tuple[str, str], ...]:
    """What the preview says about credit: how much is applied to each invoice, or why none is."""
    return tuple(steps.add("credit_figures", CREDIT_FIGURES).fetchall())


NO_GAINS = """select 0::bigint as "row", 0::bigint as client_id, 0::decimal(18, 4) as amount limit 0"""

# The balance never falls below zero: it is the running sum, less the lowest that this sum has been below zero so far.
CREDIT_OFFERS = """
    with events as (
        select bills.bill_id, bills."row", bills.client_id, (-bill_totals.total)::decimal(38, 4) as difference
        from bills join bill_totals using (bill_id)
        where bills.offers_credit and not bills.is_draft and bill_totals.total > 0
        union all
        select null, "row", client_id, amount from credit_gains
    ),
    summed as (
        select events.*, credit_balance, credit_balance + sum(difference) over so_far as reached
        from events join billed_clients using (client_id) where credit_balance >= 0
        window so_far as (partition by client_id order by "row", bill_id nulls first)
    ),
    floored as (
        select *, reached - least(0, min(reached) over so_far) as balance
        from summed window so_far as (partition by client_id order by "row", bill_id nulls first)
    ),
    used as (
        select *, coalesce(lag(balance) over (partition by client_id order by "row", bill_id nulls first), credit_balance) as before
        from floored
    )
    select bill_id, "row", client_id, credit_balance, (before - balance)::decimal(18, 4) as amount
    from used where bill_id is not null and before > balance
"""

OFFER_ENTRIES = """
    select {next_id} + row_number() over (order by bill_id) as id, client_id, $today::date as entry_on,
        'Credit applied to invoice ' || coalesce(numbered_bills.number, numbered_bills.invoice_id::varchar) as description,
        (-amount)::decimal(18, 4) as amount, numbered_bills.invoice_id
    from credit_offers join numbered_bills using (bill_id)
"""

OFFER_BALANCES = """
    select client_id as id, (any_value(credit_balance) - sum(amount))::decimal(18, 4) as credit_balance
    from credit_offers group by client_id
"""

CREDIT_FIGURES = f"""
    select 'Credit of client ' || bills.client_id as label, case when credit_offers.amount is null
        then {show_sql("credit_balance", "code", "minor_digits")} || ' stays: no credit is applied to this invoice'
        else {show_sql("credit_offers.amount", "code", "minor_digits")} || ' credit will be applied, '
            || {show_sql("(bill_totals.total - credit_offers.amount)", "code", "minor_digits")} || ' left to pay' end as figure
    from bills join bill_totals using (bill_id)
    join (select client_id, credit_balance, code, minor_digits from billed_clients) using (client_id)
    left join (select bill_id, amount from credit_offers) credit_offers using (bill_id)
    where not is_draft and bill_totals.total > 0 and (credit_offers.amount > 0 or (credit_balance > 0 and not offers_credit))
    order by bill_id limit {MOST_FIGURES}
"""
