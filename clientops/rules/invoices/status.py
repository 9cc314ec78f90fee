"""Status of invoices: cancel, mark unpaid, refunded or in collections, write off."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.apply import NOT_OPEN
from clientops.rules.invoices.balances import ASKED_INVOICES, UNKNOWN_INVOICE
from clientops.rules.invoices.billed_periods import BILLED_THINGS, DUE_AGAIN, UNBILLED, bill_again, free_periods
from clientops.rules.payments.given_back import credit_back_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Steps, Tables


class InvoiceRequest(Request):
    """One invoice."""

    invoice_id: Id = Field(
        title="Invoice", description="Number of the invoice", json_schema_extra={"picks": "invoices"}
    )


class CancelInvoice(InvoiceRequest):
    """Cancel an invoice that should not be paid; applied credit goes back to the client."""


class MarkInvoiceUnpaid(InvoiceRequest):
    """Make a cancelled, refunded, written-off or handed-over invoice Unpaid again."""


class MarkInvoiceRefunded(InvoiceRequest):
    """Mark an invoice whose money was given back as Refunded."""


class MarkInvoiceCollections(InvoiceRequest):
    """Hand an unpaid invoice over to collections."""


class WriteOffInvoice(InvoiceRequest):
    """Give up what is still owed on an invoice."""


def _start(tables: Tables, requests: Relation) -> Steps:
    """The steps that each status rule begins with: the invoices asked for, and what they owe."""
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED_INVOICES)
    return steps


TWICE = """
    select "row", 'invoice_id', 'twice', 'invoice ' || invoice_name || ' is in an earlier row already'
    from asked where is_known
    qualify row_number() over (partition by invoice_id order by "row") > 1
"""


def cancel_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Cancel invoices; what credit was applied to them goes back to their clients.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``, ``credit_entries``.
        requests: One row per invoice: ``invoice_id``. See ``CancelInvoice``.
        today: Day of the cancellation and of the entries.
        now: Not used.

    Returns:
        Updates of ``invoices`` and ``clients.credit_balance``, inserts of credit entries. Of the credit that comes back,
        what was given back for a service on the invoice already is taken. What it billed is due again (``services``,
        ``addons``, ``domains``), unless later days are billed already.

    Problems:
        ``unknown_invoice``, ``twice``, ``is_cancelled``, ``has_payments`` (refund or delete them first),
        ``has_credit_note`` (it would be a note about nothing).

    Warnings:
        ``unbilled``: days that are not billed any more, before days that are.

    Source:
        WHMCS "Invoices": a cancelled invoice is owed nothing; here its credit goes back by itself.
    """
    steps = _start(tables, requests)
    steps.add("problems", CANCEL_PROBLEMS)
    steps.add("credited", "select *, invoice_id as id from asked where is_known")
    what = "'Credit back from cancelled invoice ' || invoice_name"
    steps.add("entries", credit_back_sql("credited", what, tables.next_id("credit_entries")), today=today)
    steps.add("balances", CANCEL_BALANCES)
    steps.add("invoice_updates", CANCELLED_INVOICES, today=today)
    steps.add("gone", 'select "row", invoice_id from asked where is_known')
    free_periods(steps, "gone")
    steps.add("warnings", UNBILLED)
    figures = tuple(steps.add("due_again", DUE_AGAIN).fetchall())
    return steps.plan(
        steps.insert("credit_entries", "entries"),
        steps.update("clients", "balances"),
        steps.update("invoices", "invoice_updates"),
        *(steps.update(table, f"due_again_{table}") for table in BILLED_THINGS),
        problems="problems",
        warnings="warnings",
        summary=figures,
    )


CANCEL_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'is_cancelled', 'invoice ' || invoice_name || ' is Cancelled already'
    from asked where status = 'Cancelled'
    union all
    select "row", 'invoice_id', 'has_payments',
        'invoice ' || invoice_name || ' is paid with ' || {show_sql("paid")} || ': refund or delete the payments first'
    from asked where paid <> 0
    union all
    select "row", 'invoice_id', 'has_credit_note', 'invoice ' || invoice_name || ' is corrected by credit note '
        || coalesce(notes.number, notes.id::varchar) || ': cancel that first, or correct the rest with another one'
    from asked join credit_notes notes using (invoice_id) where notes.status = 'Issued'
"""

CANCEL_BALANCES = """
    select entries.client_id as id, (any_value(credit_balance) + sum(amount))::decimal(18, 4) as credit_balance
    from entries join clients on clients.id = entries.client_id group by entries.client_id
"""

CANCELLED_INVOICES = """
    select distinct invoice_id as id, 'Cancelled' as status, 0::decimal(18, 4) as credit_applied,
        0::decimal(18, 4) as written_off, null::date as paid_on, $today::date as cancelled_on
    from asked where is_known
"""


def mark_invoice_unpaid(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Make invoices Unpaid again that were cancelled, refunded, written off or handed over.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``. See ``MarkInvoiceUnpaid``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoices``; what was written off is owed again. What a cancelled invoice billed is no longer due
        (``services``, ``addons``, ``domains``).

    Problems:
        ``unknown_invoice``, ``twice``, ``is_unpaid``, ``is_draft`` and ``never_issued`` (issue it, or make a new one),
        ``nothing_owed`` (it is paid), ``billed_already`` (another invoice bills its days since).
    """
    steps = _start(tables, requests)
    steps.add("reopened", "select * from asked where status = 'Cancelled'")
    bill_again(steps, "reopened")
    steps.add("problems", UNPAID_PROBLEMS)
    steps.add("invoice_updates", UNPAID_INVOICES)
    return steps.plan(
        steps.update("invoices", "invoice_updates"),
        *(steps.update(table, f"billed_{table}") for table in BILLED_THINGS),
        problems="problems",
    )


UNPAID_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'is_unpaid', 'invoice ' || invoice_name || ' is Unpaid already'
    from asked where status = 'Unpaid'
    union all
    select "row", 'invoice_id', 'is_draft', 'invoice ' || invoice_name || ' is a Draft: issue it'
    from asked where status = 'Draft'
    union all
    select "row", 'invoice_id', 'never_issued',
        'invoice ' || invoice_name || ' was cancelled as a draft: make a new one'
    from asked where status = 'Cancelled' and old_issued_on is null
    union all
    select "row", 'invoice_id', 'nothing_owed', 'nothing is owed on invoice ' || invoice_name
    from asked where is_known and owed + written_off <= 0 and status not in ('Unpaid', 'Draft')
    union all
    select "row", 'invoice_id', 'billed_already', 'invoice ' || invoice_name || ' cannot be Unpaid again: ' || kind || ' ' || id || ' from '
        || period_from || ' is billed by invoice ' || other_name || ' since'
    from billed_since
"""

UNPAID_INVOICES = """
    select distinct invoice_id as id, 'Unpaid' as status, 0::decimal(18, 4) as written_off, null::date as paid_on,
        null::date as cancelled_on, null::date as refunded_on
    from asked where is_known
"""


def mark_invoice_refunded(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Mark invoices as Refunded whose money was given back; no money moves.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``. See ``MarkInvoiceRefunded``.
        today: Day of the refund.
        now: Not used.

    Returns:
        Updates of ``invoices``.

    Problems:
        ``unknown_invoice``, ``twice``, ``is_refunded``, ``never_paid`` (cancel it instead).

    Warnings:
        ``still_paid``: payments or credit on it were not given back here.
    """
    steps = _start(tables, requests)
    steps.add("problems", REFUNDED_PROBLEMS)
    steps.add("warnings", STILL_PAID)
    steps.add("invoice_updates", REFUNDED_INVOICES, today=today)
    return steps.plan(steps.update("invoices", "invoice_updates"), problems="problems", warnings="warnings")


REFUNDED_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'is_refunded', 'invoice ' || invoice_name || ' is Refunded already'
    from asked where status = 'Refunded'
    union all
    select "row", 'invoice_id', 'never_paid',
        'invoice ' || invoice_name || ' is ' || status || ' and nothing was ever paid on it: cancel it instead'
    from asked
    where status in ('Draft', 'Cancelled')
        or (status in ('Unpaid', 'Collections', 'Written off') and allocation_count = 0 and spent = 0)
"""

STILL_PAID = f"""
    select "row", 'invoice_id' as field, 'still_paid' as code,
        'of invoice ' || invoice_name || ', ' || {show_sql("(paid + spent)")} || ' was not given back here' as message
    from asked where paid + spent > 0
"""

REFUNDED_INVOICES = """
    select distinct invoice_id as id, 'Refunded' as status, $today::date as refunded_on from asked where is_known
"""


def mark_invoice_collections(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Hand Unpaid invoices over to collections; they are owed as before.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``. See ``MarkInvoiceCollections``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoices.status``.

    Problems:
        ``unknown_invoice``, ``twice``, ``not_unpaid``.
    """
    steps = _start(tables, requests)
    steps.add("problems", COLLECTIONS_PROBLEMS)
    steps.add("invoice_updates", COLLECTIONS_INVOICES)
    return steps.plan(steps.update("invoices", "invoice_updates"), problems="problems")


COLLECTIONS_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'not_unpaid', 'invoice ' || invoice_name || ' is ' || status || ': it must be Unpaid'
    from asked where is_known and status <> 'Unpaid'
"""

COLLECTIONS_INVOICES = """
    select distinct invoice_id as id, 'Collections' as status from asked where is_known
"""


def write_off_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give up what is owed on Unpaid invoices and those in collections.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``. See ``WriteOffInvoice``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoices``: ``written_off`` is what was owed, and nothing is owed any more.

    Problems:
        ``unknown_invoice``, ``twice``, ``not_open``.
    """
    steps = _start(tables, requests)
    steps.add("problems", f"{UNKNOWN_INVOICE} union all {TWICE} union all {NOT_OPEN}")
    steps.add("invoice_updates", WRITTEN_OFF_INVOICES)
    return steps.plan(steps.update("invoices", "invoice_updates"), problems="problems")


WRITTEN_OFF_INVOICES = """
    select distinct invoice_id as id, 'Written off' as status, (written_off + owed)::decimal(18, 4) as written_off
    from asked where is_known
"""

RULES: tuple[Rule, ...] = (
    Rule("cancel-invoice", "Cancel invoice", cancel_invoice, CancelInvoice, risk="medium", group="invoices", manual="invoice or transaction"),
    Rule("mark-invoice-unpaid", "Mark invoice unpaid", mark_invoice_unpaid, MarkInvoiceUnpaid, group="invoices", manual="invoice or transaction"),
    Rule("mark-invoice-refunded", "Mark invoice refunded", mark_invoice_refunded, MarkInvoiceRefunded, group="invoices", manual="invoice or transaction"),
    Rule("mark-invoice-collections", "Hand invoice to collections", mark_invoice_collections, MarkInvoiceCollections, group="invoices", manual="invoice or transaction"),
    Rule("write-off-invoice", "Write off invoice", write_off_invoice, WriteOffInvoice, risk="medium", group="invoices", manual="invoice or transaction"),
)  # fmt: skip
