"""Credit notes: documents that correct issued invoices. What is still owed falls first; the rest becomes account credit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any, ClassVar

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import OPEN, settled_status_sql
from clientops.rules.invoices.next_number import NUMBERED_BILLS, count_numbers
from clientops.rules.invoices.taxes import amount_sql, rounded_sql, step_sql, units_sql
from clientops.rules.kit.field_types import Line
from clientops.schema.balances import balances_sql
from clientops.schema.requests import CrossCheck, FieldError, Id, PositiveMoney, Request, Text
from clientops.schema.tables import Tables

KIND = "invoice or transaction"


def check_named(invoice: int | None, client: int | None, amount: Decimal | None) -> dict[str, Any]:
    """Refuse a note about nothing, and one without an invoice that does not say how much."""
    if invoice is None and client is None:
        raise FieldError("invoice_id", "invoice_id is missing: name the invoice, or the client who gets credit", "nothing_named")  # fmt: skip
    if invoice is None and amount is None:
        raise FieldError("amount", "amount is missing: without an invoice, say how much", "missing")
    return {}


class IssueCreditNote(Request):
    """Correct an issued invoice with a credit note; or give a client credit with a document."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("invoice_id", "client_id", "amount"), check_named),)

    invoice_id: Id | None = Field(None, title="Invoice", description="Which one is corrected; empty: none, it only gives credit", json_schema_extra={"picks": "invoices"})  # fmt: skip
    client_id: Id | None = Field(None, title="Client", description="Who gets it; empty: whose the invoice is", json_schema_extra={"picks": "clients"})  # fmt: skip
    amount: PositiveMoney | None = Field(None, title="Amount", description="With tax, in the client's currency; empty: what is left of the invoice")  # fmt: skip
    reason: Text = Field(title="Reason", description="Why, as printed", json_schema_extra={"multiline": True})
    issued_on: date | None = Field(None, title="Date", description="Empty: today")
    number: Line | None = Field(None, title="Number", description="Printed number; empty: the next one, if numbers are kept")  # fmt: skip


def issue_credit_note(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Issue credit notes.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``credit_notes``, ``credit_entries``, ``clients``,
            ``currencies``, and the settings ``credit_note_number_format``, ``credit_note_next_number``, ``credit_note_number_restart``.
        requests: One row per credit note: ``invoice_id`` or ``client_id``, ``amount`` with tax. See ``IssueCreditNote``.
        today: Date of credit notes without one; the entries in the credit log have the date of their note.
        now: Not used.

    Returns:
        Inserts into ``credit_notes`` with their part of the invoice's taxes, and into ``credit_entries``: the credit that
        the note gives, and what of it goes to the invoice at once, at most what that owes; updates of ``invoices`` and
        of ``clients.credit_balance``. Per note, amount = what the invoice owes less, or was written off, + what the
        balance rises by. What was sent back already, or was never paid, does not become credit: per invoice, no more is
        given back than came in, whatever its status.

    Problems:
        ``unknown_invoice``, ``unknown_client``, ``other_client``, ``not_issued`` (a draft or cancelled invoice),
        ``twice`` (one note an invoice and table), ``more_than_invoice`` (with the notes before), ``more_than_came_in``,
        ``not_minor_unit``,
        ``before_invoice``, ``in_future``, ``number_taken``, ``too_large``; and from reading ``nothing_named``, ``missing``
        (amount without an invoice).

    Source:
        Tax law of the EU (2006/112/EC art. 219): a document that amends and refers to the invoice is treated as one.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED, today=today)
    steps.add("priced", PRICED)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("bills", BILLS)
    steps.add("billing", NUMBERING)
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id=f"{tables.next_id('credit_notes')} + bill_id"))
    steps.add("new_notes", NEW_NOTES)
    steps.add("entries", ENTRIES.format(next_id=tables.next_id("credit_entries")))
    steps.add("balances", BALANCES)
    steps.add("corrected", CORRECTED)
    return steps.plan(
        steps.insert("credit_notes", "new_notes"),
        steps.insert("credit_entries", "entries"),
        steps.update("clients", "balances"),
        steps.update("invoices", "corrected"),
        *count_numbers(steps),
        problems="problems",
    )


ASKED = f"""
    with money as ({balances_sql("select invoice_id from requests")})
    select requests.*, coalesce(requests.issued_on, $today::date) as day, invoices.id is not null as is_invoice,
        invoices.client_id as owner_id, coalesce(requests.client_id, invoices.client_id) as for_client,
        clients.id is not null as is_client, clients.credit_balance, currencies.code, currencies.minor_digits,
        coalesce(invoices.number, invoices.id::varchar) as invoice_name, invoices.status, invoices.issued_on as invoice_on,
        invoices.paid_on, invoices.total as invoice_total, invoices.tax1 as invoice_tax1, invoices.tax2 as invoice_tax2,
        invoices.credit_applied, invoices.written_off, money.owed, money.noted, money.credited_back, money.came_in, money.given_back,
        money.left_to_note as left_of_invoice, coalesce(requests.amount, money.left_to_note)::decimal(18, 4) as total,
        requests.invoice_id is not null and row_number() over (partition by requests.invoice_id order by "row") > 1 as is_again
    from requests
    left join invoices on invoices.id = requests.invoice_id
    left join clients on clients.id = coalesce(requests.client_id, invoices.client_id)
    left join currencies on currencies.id = clients.currency_id
    left join money on money.invoice_id = requests.invoice_id
"""


def _tax_sql(tax: str) -> str:
    """SQL of a note's part of a tax, in ten-thousandths: notes that come to the whole invoice have all of its tax."""
    until, before = (rounded_sql(f"({units} * {tax})", "whole") for units in ("(before + units)", "before"))
    return f"({until} - {before})"


PRICED = f"""
    with shared as (
        select *, {step_sql()} as step, {units_sql("total")} as units, {units_sql("coalesce(invoice_total, 0)")} as whole,
            {units_sql("coalesce(invoice_tax1, 0)")} as whole1, {units_sql("coalesce(invoice_tax2, 0)")} as whole2,
            {units_sql("coalesce(noted, 0)")} as before
        from asked where is_client and (invoice_id is null or is_invoice) and total > 0 and not is_again
    )
    select * exclude (step, units, whole, whole1, whole2, before), least(total, greatest(owed, 0) + coalesce(written_off, 0))::decimal(18, 4) as applied,
        case when whole > 0 then {amount_sql(_tax_sql("whole1"))} else 0 end::decimal(18, 4) as tax1,
        case when whole > 0 then {amount_sql(_tax_sql("whole2"))} else 0 end::decimal(18, 4) as tax2
    from shared
"""

PROBLEMS = f"""
    select "row", 'invoice_id' as field, 'unknown_invoice' as code, 'there is no invoice ' || invoice_id as message
    from asked where invoice_id is not null and not is_invoice
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id
    from asked where client_id is not null and not is_client
    union all
    select "row", 'client_id', 'other_client', 'invoice ' || invoice_name || ' is of client ' || owner_id || ', not of client ' || client_id
    from asked where is_client and client_id <> owner_id
    union all
    select "row", 'invoice_id', 'not_issued', 'invoice ' || invoice_name || ' is ' || status || ': only issued invoices are corrected'
    from asked where status in ('Draft', 'Cancelled')
    union all
    select "row", 'invoice_id', 'twice', 'invoice ' || invoice_name || ' is corrected in an earlier row already'
    from asked where is_invoice and is_again
    union all
    select "row", 'amount', 'more_than_invoice', 'amount ' || {show_sql("total")} || ' is more than is left of invoice '
        || invoice_name || ', ' || {show_sql("invoice_total")} || case when noted > 0 then ' less credit notes of ' || {show_sql("noted")} else '' end
        || case when credited_back > 0 then ' less ' || {show_sql("credited_back")} || ' given back for a service' else '' end
    from asked where is_invoice and is_client and status not in ('Draft', 'Cancelled') and not is_again and (total > left_of_invoice or left_of_invoice <= 0)
    union all
    select "row", 'amount', 'more_than_came_in', 'amount ' || {show_sql("total")} || ' would give client ' || for_client || ' '
        || {show_sql("(total - applied)")} || ' of credit for invoice ' || invoice_name || ', for which ' || {show_sql("came_in")}
        || ' came in and ' || {show_sql("given_back")} || ' was given back: at most '
        || {show_sql("greatest(0, came_in - given_back) + applied")}
    from priced where is_invoice and status not in ('Draft', 'Cancelled') and total <= left_of_invoice
        and total - applied > greatest(0, came_in - given_back)
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_client and amount is not null and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'issued_on', 'before_invoice', 'issued_on ' || day || ' is before the invoice, of ' || invoice_on
    from asked where day < invoice_on
    union all
    select "row", 'issued_on', 'in_future', 'issued_on ' || issued_on || ' is after today, ' || $today::date
    from asked where issued_on > $today::date
    union all
    select "row", 'number', 'number_taken', 'number ' || asked.number || ' is taken by credit note ' || credit_notes.id
    from asked join credit_notes on credit_notes.number = asked.number
    union all
    select "row", 'number', 'number_taken', 'number ' || number || ' is in an earlier row already'
    from asked where number is not null qualify row_number() over (partition by number order by "row") > 1
    union all
    select "row", 'amount', 'too_large', 'amount ' || {show_sql("total")} || ' is too large: client ' || for_client
        || ' would have more credit than can be kept, 99999999999999'
    from (select *, credit_balance + sum(total - applied) over (partition by for_client order by "row") as left_after from priced)
    where try_cast(left_after as decimal(18, 4)) is null
"""

BILLS = """
    select row_number() over (order by "row") as bill_id, "row", number, day as issued_on, false as is_draft from priced
"""

NUMBERING = """
    select nullif(trim(max(value) filter (name = 'credit_note_number_format')), '') as number_format,
        try_cast(max(value) filter (name = 'credit_note_next_number') as bigint) as next_number,
        length(trim(max(value) filter (name = 'credit_note_next_number'))) as number_width,
        max(id) filter (name = 'credit_note_next_number') as next_number_setting_id,
        lower(max(value) filter (name = 'credit_note_number_restart')) as number_restart,
        'credit_note_next_number' as counter_name
    from settings
"""

NEW_NOTES = """
    select numbered_bills.invoice_id as id, numbered_bills.number, priced.for_client as client_id, priced.invoice_id,
        priced.day as issued_on, priced.reason, (total - tax1 - tax2)::decimal(18, 4) as subtotal, tax1, tax2, total, applied
    from priced join bills using ("row") join numbered_bills using (bill_id)
"""

ENTRIES = """
    with named as (
        select priced.*, coalesce(numbered_bills.number, numbered_bills.invoice_id::varchar) as note
        from priced join bills using ("row") join numbered_bills using (bill_id)
    ),
    both_sides as (
        select "row", day, 1 as side, for_client, 'Credit note ' || note || coalesce(' for invoice ' || invoice_name, '') as description,
            total as amount, null::bigint as invoice_id from named
        union all
        select "row", day, 2, for_client, 'Credit note ' || note || ' applied to invoice ' || invoice_name, -applied, invoice_id
        from named where applied > 0
    )
    select {next_id} + row_number() over (order by "row", side) as id, for_client as client_id, day as entry_on,
        description, amount::decimal(18, 4) as amount, invoice_id
    from both_sides
"""

BALANCES = """
    select for_client as id, try_cast(any_value(credit_balance) + sum(total - applied) as decimal(18, 4)) as credit_balance
    from priced group by for_client
"""

# A note takes the place of a write-off; an invoice that was refunded whole stays so.
CORRECTED = f"""
    with applying as (
        select *, owed - applied as owed_after, greatest(0, applied - greatest(owed, 0))::decimal(18, 4) as not_written_off
        from priced where applied > 0
    )
    select invoice_id as id, (credit_applied + applied)::decimal(18, 4) as credit_applied,
        (written_off - not_written_off)::decimal(18, 4) as written_off,
        case when status = 'Written off' and written_off = not_written_off then 'Paid'
            else {settled_status_sql("status", "owed_after")} end as status,
        case when status in {OPEN} and owed_after = 0 or status = 'Written off' and written_off = not_written_off then day
            else paid_on end as paid_on
    from applying
"""


class CancelCreditNote(Request):
    """Cancel a credit note that was wrong; its number stays used."""

    credit_note_id: Id = Field(title="Credit note", description="Which one was wrong", json_schema_extra={"picks": "credit_notes"})  # fmt: skip


def cancel_credit_note(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Cancel credit notes: the invoice owes again what the note took off it, and the credit it gave is taken back.

    Args:
        tables: Read-only tables; reads ``credit_notes``, ``invoices``, ``clients``, ``currencies``.
        requests: One row per credit note. See ``CancelCreditNote``.
        today: Day of the entries and of the cancellation.
        now: Not used.

    Returns:
        Updates of ``credit_notes``, ``invoices``, ``clients.credit_balance``; inserts into ``credit_entries``, which undo
        those of the note.

    Problems:
        ``unknown_credit_note`` (also by an earlier row), ``is_cancelled``, ``credit_spent`` (less is left than the note
        gave), ``credit_moved`` (the invoice was cancelled, or its credit taken back since).
    """
    steps = tables.steps(requests=requests)
    steps.add("noted", NOTED)
    steps.add("problems", CANCEL_PROBLEMS)
    steps.add("gone", "select * from noted where is_known and not is_again")
    steps.add("cancelled", "select credit_note_id as id, 'Cancelled' as status, $today::date as cancelled_on from gone", today=today)  # fmt: skip
    steps.add("entries", BACK_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("balances", BACK_BALANCES)
    steps.add("owing", OWING)
    return steps.plan(
        steps.update("credit_notes", "cancelled"),
        steps.insert("credit_entries", "entries"),
        steps.update("clients", "balances"),
        steps.update("invoices", "owing"),
        problems="problems",
    )


NOTED = """
    with owners as (select * from clients where id in (
        select client_id from credit_notes where id in (select credit_note_id from requests)))
    select requests."row", requests.credit_note_id, notes.id is not null as is_known, notes.status, notes.client_id,
        notes.invoice_id, notes.total, notes.applied, coalesce(notes.number, notes.id::varchar) as note,
        coalesce(invoices.number, invoices.id::varchar) as invoice_name, invoices.status as invoice_status,
        invoices.credit_applied, invoices.paid_on, owners.credit_balance, currencies.code, currencies.minor_digits,
        row_number() over (partition by requests.credit_note_id order by "row") > 1 as is_again,
        sum(notes.applied) over (partition by notes.invoice_id order by "row") as applied_so_far,
        sum(notes.total - notes.applied) over (partition by notes.client_id order by "row") as given_so_far
    from requests
    left join credit_notes notes on notes.id = requests.credit_note_id
    left join invoices on invoices.id = notes.invoice_id
    left join owners on owners.id = notes.client_id
    left join currencies on currencies.id = owners.currency_id
"""

CANCEL_PROBLEMS = f"""
    select "row", 'credit_note_id' as field, 'unknown_credit_note' as code, 'there is no credit note ' || credit_note_id as message
    from noted where credit_note_id is not null and (not is_known or is_again)
    union all
    select "row", 'credit_note_id', 'is_cancelled', 'credit note ' || note || ' is Cancelled already'
    from noted where not is_again and status = 'Cancelled'
    union all
    select "row", 'credit_note_id', 'credit_moved', 'credit note ' || note || ' reduced invoice ' || invoice_name
        || ', which has no longer that credit: it is ' || invoice_status
    from noted where not is_again and status = 'Issued' and applied > 0
        and (invoice_status in ('Draft', 'Cancelled') or credit_applied < applied_so_far)
    union all
    select "row", 'credit_note_id', 'credit_spent', 'credit note ' || note || ' gave ' || {show_sql("(total - applied)")}
        || ', and client ' || client_id || ' has only ' || {show_sql("credit_balance")} || ' left'
    from noted where not is_again and status = 'Issued' and given_so_far > credit_balance and total > applied
"""

BACK_ENTRIES = """
    with both_sides as (
        select "row", 1 as side, client_id, 'Credit note ' || note || ' cancelled: back from invoice ' || invoice_name as description,
            applied as amount, invoice_id from gone where applied > 0
        union all
        select "row", 2, client_id, 'Credit note ' || note || ' cancelled', -total, null from gone
    )
    select {next_id} + row_number() over (order by "row", side) as id, client_id, $today::date as entry_on, description,
        amount::decimal(18, 4) as amount, invoice_id
    from both_sides
"""

BACK_BALANCES = """
    select client_id as id, (any_value(credit_balance) - sum(total - applied))::decimal(18, 4) as credit_balance
    from gone group by client_id
"""

OWING = """
    select invoice_id as id, (any_value(credit_applied) - sum(applied))::decimal(18, 4) as credit_applied,
        any_value(case when invoice_status in ('Paid', 'Written off') then 'Unpaid' else invoice_status end) as status,
        any_value(case invoice_status when 'Refunded' then paid_on end) as paid_on
    from gone where applied > 0 group by invoice_id
"""

RULES: tuple[Rule, ...] = (
    Rule("issue-credit-note", "Issue credit note", issue_credit_note, IssueCreditNote, risk="medium", group="invoices", manual=KIND),
    Rule("cancel-credit-note", "Cancel credit note", cancel_credit_note, CancelCreditNote, risk="medium", group="invoices", manual=KIND),
)  # fmt: skip
