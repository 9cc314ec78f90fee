"""Account credit and invoices: apply it, and take it back."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import ASKED_INVOICES, OPEN, UNKNOWN_INVOICE, settled_status_sql
from clientops.rules.payments.given_back import pay_out
from clientops.schema.requests import Id, PositiveMoney, Request
from clientops.schema.tables import Tables

BEFORE = 'order by "row" rows between unbounded preceding and 1 preceding'


class ApplyCredit(Request):
    """Pay an invoice, or part of it, with the client's account credit."""

    invoice_id: Id = Field(
        title="Invoice", description="Unpaid invoice or one in collections", json_schema_extra={"picks": "invoices"}
    )
    amount: PositiveMoney | None = Field(
        default=None, title="Amount", description="Empty: as much as is owed and the credit allows"
    )


def apply_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Apply account credit to invoices, each with a negative entry in the credit log.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``, ``credit_entries``.
        requests: One row per application: ``invoice_id``, ``amount`` (positive; empty: as much as possible, the
            smaller of what is owed and the client's credit). See ``ApplyCredit``.
        today: Date of the entries, and day on which a covered invoice was paid.
        now: Not used.

    Returns:
        Inserts of entries, updates of ``invoices`` and of ``clients.credit_balance``. Each invoice's credit rises by
        what its client's balance falls by; an invoice that owes nothing more is Paid.

    Problems:
        ``unknown_invoice``, ``not_open``, ``not_minor_unit``, ``more_than_owed``, ``more_than_credit``,
        ``sells_credit`` (an invoice that adds funds is not paid with funds).

    Warnings:
        ``nothing_applied``: as much as possible is nothing, since the client has no credit left.

    Source:
        WHMCS "Managing Credit": Apply Credit on an unpaid invoice.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED_INVOICES)
    steps.add("applied", APPLIED)
    steps.add("problems", APPLY_PROBLEMS)
    steps.add("warnings", NOTHING_APPLIED)
    steps.add("entries", APPLY_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("invoice_updates", CREDITED_INVOICES, today=today)
    steps.add("balances", CREDITED_BALANCES)
    return steps.plan(
        steps.insert("credit_entries", "entries"),
        steps.update("invoices", "invoice_updates"),
        steps.update("clients", "balances"),
        problems="problems",
        warnings="warnings",
    )


# An empty amount asks for all that earlier rows leave owed. Where the credit does not reach, it is used up, and then
# nothing is left for later rows: so the sums of what was asked for tell how much each row gets.
APPLIED = f"""
    with open_asked as (
        select *,
            coalesce(sum(amount) over (partition by invoice_id {BEFORE}), 0) as explicit_before,
            count(*) filter (where amount is null) over (partition by invoice_id {BEFORE}) as empties_before
        from asked where status in {OPEN}
    ),
    wanting as (
        select *, case when amount is not null then amount when empties_before > 0 then 0
            else greatest(0, owed - explicit_before) end as wanted
        from open_asked
    ),
    taking as (
        select *, greatest(0, credit_balance - coalesce(sum(wanted) over (partition by client_id {BEFORE}), 0))
            as credit_left
        from wanting
    ),
    taken as (select *, least(wanted, credit_left)::decimal(18, 4) as applied from taking)
    select * exclude (explicit_before, empties_before, wanted),
        owed - coalesce(sum(applied) over (partition by invoice_id {BEFORE}), 0) as owed_left
    from taken
"""

NOT_OPEN = f"""
    select "row", 'invoice_id' as field, 'not_open' as code,
        'invoice ' || invoice_name || ' is ' || status || ': it must be Unpaid or in Collections' as message
    from asked where is_known and status not in {OPEN}
"""

APPLY_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all
    {NOT_OPEN}
    union all
    select "row", 'invoice_id', 'not_open', 'nothing is owed any more on invoice ' || invoice_name
    from applied where owed_left <= 0
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from applied where amount is not null and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'amount', 'more_than_owed',
        'amount ' || {show_sql("amount")} || ' is more than is owed on invoice ' || invoice_name || ': '
            || {show_sql("owed_left")}
    from applied where amount > owed_left and owed_left > 0
    union all
    select "row", 'amount', 'more_than_credit',
        'amount ' || {show_sql("amount")} || ' is more than client ' || client_id || ' has left: '
            || {show_sql("credit_left")}
    from applied where amount > credit_left
    union all
    select "row", 'invoice_id', 'sells_credit', 'invoice ' || invoice_name || ' sells credit: credit does not pay it'
    from asked where invoice_id in (select invoice_id from invoice_items
        where kind = 'add funds' and invoice_id in (select invoice_id from asked))
"""

NOTHING_APPLIED = """
    select "row", 'invoice_id' as field, 'nothing_applied' as code,
        'nothing is applied to invoice ' || invoice_name || ': client ' || client_id || ' has no credit left' as message
    from applied where amount is null and applied = 0 and owed_left > 0
"""

APPLY_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, $today::date as entry_on,
        'Credit applied to invoice ' || invoice_name as description, -applied as amount, invoice_id
    from applied where applied > 0
"""

CREDITED_INVOICES = f"""
    with sums as (
        select invoice_id as id, any_value(status) as status, any_value(credit_applied) as credit_before,
            any_value(owed) as owed_before, any_value(paid_on) as paid_on, sum(applied) as applied
        from applied group by invoice_id
    )
    select id, (credit_before + applied)::decimal(18, 4) as credit_applied,
        {settled_status_sql("status", "(owed_before - applied)")} as status,
        case when owed_before = applied then $today::date else paid_on end as paid_on
    from sums where applied > 0
"""

CREDITED_BALANCES = """
    select client_id as id, (any_value(credit_balance) - sum(applied))::decimal(18, 4) as credit_balance
    from applied group by client_id
"""


class TakeBackCredit(Request):
    """Take applied account credit back from an invoice."""

    invoice_id: Id = Field(
        title="Invoice", description="Invoice that credit was applied to", json_schema_extra={"picks": "invoices"}
    )
    amount: PositiveMoney | None = Field(default=None, title="Amount", description="Empty: all of it")


def take_back_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give clients credit back that was applied to invoices, each time with an entry in the credit log.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``, ``credit_notes``,
            ``credit_entries``.
        requests: One row each: ``invoice_id``, ``amount`` (positive; empty: all that is left). See
            ``TakeBackCredit``.
        today: Date of the entries.
        now: Not used.

    Returns:
        The reverse of ``apply_credit``: an invoice that was Paid or Written off and owes something again is Unpaid.
        What credit notes took off is not credit and stays. Credit that a note of the invoice gave is paid out by what
        comes back, as ``refund_payment`` has it.

    Problems:
        ``unknown_invoice``, ``no_credit_applied``, ``not_minor_unit``, ``more_than_applied``, ``more_than_came_in``.

    Warnings:
        ``note_paid_out``, ``note_spent``.

    Source:
        WHMCS "Managing Credit": Remove Credit on an invoice.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED_INVOICES)
    steps.add("returned", RETURNED)
    steps.add("entries", TAKE_BACK_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add(
        "leaving", 'select "row", invoice_id, returned as amount, false as keeps_owed from returned where returned > 0'
    )
    steps.add("credit_after", RETURNED_CREDIT)
    pay_out(steps, tables, today=today)
    steps.add("problems", TAKE_BACK_PROBLEMS)
    steps.add("invoice_updates", UNCREDITED_INVOICES)
    return steps.plan(
        steps.update("credit_notes", "paid_out_notes"),
        steps.insert("credit_entries", "all_entries"),
        steps.update("invoices", "invoice_updates"),
        steps.update("clients", "all_balances"),
        problems="problems",
        warnings="leaving_warnings",
    )


RETURNED = f"""
    with credited as (
        select *,
            coalesce(sum(amount) over (partition by invoice_id {BEFORE}), 0) as explicit_before,
            count(*) filter (where amount is null) over (partition by invoice_id {BEFORE}) as empties_before
        from asked where is_known
    ),
    remaining as (
        select *, case when empties_before > 0 then 0 else greatest(0, spent - explicit_before) end as credit_left
        from credited
    )
    select * exclude (explicit_before, empties_before),
        least(coalesce(amount, credit_left), credit_left)::decimal(18, 4) as returned
    from remaining
"""

TAKE_BACK_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all
    select "row", 'invoice_id', 'no_credit_applied', 'no credit is applied to invoice ' || invoice_name || case when noted_off > 0
        then ': ' || {show_sql("noted_off")} || ' was taken off by credit notes, which is not credit; cancel the note instead' else '' end
    from returned where credit_left <= 0
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from returned where amount is not null and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'amount', 'more_than_applied',
        'amount ' || {show_sql("amount")} || ' is more than the credit applied to invoice ' || invoice_name || ': '
            || {show_sql("credit_left")}
            || case when noted_off > 0 then '; ' || {show_sql("noted_off")} || ' was taken off by credit notes' else '' end
    from returned where amount > credit_left and credit_left > 0
    union all
    select "row", 'invoice_id', code, message from leaving_problems
"""

TAKE_BACK_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, $today::date as entry_on,
        'Credit taken back from invoice ' || invoice_name as description, returned as amount, invoice_id
    from returned where returned > 0
"""

RETURNED_CREDIT = """
    select client_id, any_value(credit_balance) + sum(returned) as credit from returned group by client_id
"""

UNCREDITED_INVOICES = f"""
    with settled as (
        select s.invoice_id as id, s.credit_applied - leaving + paid_out as credit_applied, i.paid_on,
            {settled_status_sql("s.status", "(s.owed + leaving - paid_out)")} as new_status
        from leaving_sums s join invoices i on i.id = s.invoice_id
    )
    select id, credit_applied::decimal(18, 4) as credit_applied, new_status as status,
        case when new_status = 'Unpaid' then null else paid_on end as paid_on
    from settled
"""

RULES: tuple[Rule, ...] = (
    Rule("apply-credit", "Apply credit to invoice", apply_credit, ApplyCredit, group="credit"),
    Rule(
        "take-back-credit",
        "Take credit back from invoice",
        take_back_credit,
        TakeBackCredit,
        risk="medium",
        group="credit",
    ),
)
