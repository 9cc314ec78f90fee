"""Draft invoices while they are still changed: their terms, and what each rule about a draft shares."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.build_rows import price_items
from clientops.rules.invoices.reverse_charge import noted_sql
from clientops.rules.invoices.taxes import BILLING, amount_sql
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Line, WayOfPaying
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Steps, Tables

KIND = "invoice or transaction"

# Step ``named`` holds the row and the invoice of each request.
DRAFTS = """
    with found as (select * from invoices where id in (select invoice_id from named)),
    owners as (select * from clients where id in (select client_id from found))
    select named.*, found.id is not null as is_known, found.client_id, found.status,
        coalesce(found.number, found.id::varchar) as invoice_name, currencies.code, currencies.minor_digits
    from named
    left join found on found.id = named.invoice_id
    left join owners on owners.id = found.client_id
    left join currencies on currencies.id = owners.currency_id
"""


def not_draft_sql(field: str) -> str:
    """SELECT of the problem ``not_draft``, which says what is done about an issued invoice instead."""
    return f"""
        select "row", '{field}' as field, 'not_draft' as code, 'invoice ' || invoice_name || ' is ' || status || ', no draft any more: '
            || case when status = 'Cancelled' then 'make a new one (create-invoice)'
                when status in ('Unpaid', 'Collections') then 'it stays as it was sent; correct it with a credit note '
                    || '(issue-credit-note), or cancel it (cancel-invoice) and make a new one'
                else 'it stays as it was sent; correct it with a credit note (issue-credit-note)' end as message
        from drafts where is_known and status <> 'Draft'
    """


UNKNOWN_INVOICE = """
    select "row", 'invoice_id' as field, 'unknown_invoice' as code, 'there is no invoice ' || invoice_id as message
    from drafts where not is_known and invoice_id is not null
"""


def reckon_drafts(steps: Steps, *, is_tax_reset: bool = False) -> None:
    """Reckon drafts anew from their items, as ``create-invoice`` would today.

    Args:
        steps: With ``billing`` and ``bill_items``: the items that the drafts have afterwards, ``bill_id`` (the invoice),
            ``item_id``, ``position`` (of the request to blame), ``client_id`` and the columns of an item. Later steps may
            read ``draft_totals`` and ``taxed_items``.
        is_tax_reset: Whether reverse charge is decided again too; else each draft stays with or without it.
    """
    steps.add("bills", DRAFTED.format(reverse_charge="null::boolean" if is_tax_reset else "invoices.is_reverse_charge"))
    price_items(steps)
    steps.add("draft_totals", DRAFT_TOTALS)


DRAFTED = """
    select distinct bill_id, bill_items.client_id, {reverse_charge} as reverse_charge
    from bill_items left join invoices on invoices.id = bill_items.bill_id
"""

DRAFT_TOTALS = f"""
    with priced as (
        select bill_totals.*, invoices.notes, own_company.reverse_charge_note
        from bill_totals join invoices on invoices.id = bill_totals.bill_id cross join own_company
    )
    select bill_id as id, tax_mode, tax_rate1, tax_rate2, (total - tax1 - tax2)::decimal(18, 4) as subtotal, tax1, tax2, total,
        is_reverse_charge, {noted_sql("notes")} as notes
    from priced
"""

PRICED_ITEMS = f"""
    select item_id as id, {amount_sql("units")} as amount, item_rate1 as tax_rate1, item_rate2 as tax_rate2,
        {amount_sql("units1")} as tax1, {amount_sql("units2")} as tax2
    from taxed_items
"""

TOTAL_PROBLEMS = f"""
    select position as "row", 'unit_price' as field, 'too_large' as code,
        'the item would be more than can be kept, 9999999999999' as message
    from item_amounts where units is null
    union all
    select blamed."row", 'unit_price', 'too_large', 'the invoice would be more than can be kept, 99999999999999'
    from bill_totals join blamed using (bill_id)
    where total is null and bill_id not in (select bill_id from item_amounts where units is null)
    union all
    select blamed."row", 'unit_price', 'negative_total', 'invoice ' || bill_id || ' would come to '
        || {show_sql("total")} || ': it must not be below 0'
    from bill_totals join blamed using (bill_id) join drafts using ("row") where total < 0
"""

BLAMED = """
    select invoice_id as bill_id, max("row") as "row" from drafts where is_known group by invoice_id
"""

TAX_CHANGED = """
    select blamed."row", 'invoice_id' as field, 'tax_changed' as code, 'the tax of invoice ' || draft_totals.id
        || ' is reckoned anew: it was drafted with ' || invoices.tax_rate1 || ' and ' || invoices.tax_rate2 || ' %, '
        || invoices.tax_mode || '; now it is ' || draft_totals.tax_rate1 || ' and ' || draft_totals.tax_rate2 || ' %, '
        || draft_totals.tax_mode as message
    from draft_totals join invoices using (id) join blamed on blamed.bill_id = draft_totals.id
    where (invoices.tax_mode, invoices.tax_rate1, invoices.tax_rate2)
        is distinct from (draft_totals.tax_mode, draft_totals.tax_rate1, draft_totals.tax_rate2)
"""

# The items of drafts as they are; ``bill_items`` of rules that change none.
KEPT_ITEMS = """
    select items.invoice_id as bill_id, items.id as item_id, blamed."row" as position, invoices.client_id, items.kind,
        items.service_id, items.addon_id, items.domain_id, items.description, items.quantity, items.unit_price,
        items.discount, items.is_taxed, items.tax_class, items.tax_rate, items.period_from, items.period_to
    from (from invoice_items where invoice_id in (select bill_id from blamed)) items
    join blamed on blamed.bill_id = items.invoice_id join invoices on invoices.id = items.invoice_id
"""


class EditInvoice(Request):
    """Change the terms of a draft: only what is given. Its items have rules of their own; an issued invoice stays as it is."""

    invoice_id: Id = Field(
        title="Invoice", description="Draft that is changed", json_schema_extra={"picks": "invoices"}
    )
    due_on: date | None = Field(None, title="Due date", description="A date past when it is issued is set anew then")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="E.g. Bank transfer")
    number: Line | None = Field(None, title="Number", description="Printed number; without one it gets the next when it is issued")  # fmt: skip
    notes: Text | None = Field(None, title="Notes", description="Printed on the invoice", json_schema_extra={"multiline": True})  # fmt: skip
    reckon_tax: bool = Field(default=False, title="Reckon tax anew", description="By the client's address and the tax rates of today")  # fmt: skip
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="due_on, payment_method, number, notes")  # fmt: skip


EDITABLE = ("due_on", "payment_method", "number", "notes")


def edit_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change dates, number, payment method and notes of drafts, and reckon their tax anew where that is asked for.

    Args:
        tables: Read-only tables; reads ``invoices``, ``invoice_items``, ``clients``, ``tax_rates``, ``settings``.
        requests: One row per change: ``invoice_id``, any fields, ``reckon_tax``, ``clear``. Later rows of one invoice win.
            See ``EditInvoice``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoices``, and of tax and amounts of their items where it is reckoned anew.

    Problems:
        ``unknown_invoice``, ``not_draft`` (with what to do instead), ``nothing_given``, ``not_clearable``,
        ``given_and_cleared``, ``number_taken``, ``too_large``, ``negative_total``.

    Warnings:
        ``tax_changed``.

    Source:
        WHMCS "Managing Invoices": Options and Notes tabs; issued invoices are not rewritten here.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("named", 'select "row", invoice_id, reckon_tax from requests')
    steps.add("drafts", DRAFTS)
    steps.add("blamed", f"{BLAMED} having bool_or(reckon_tax)")
    steps.add("bill_items", KEPT_ITEMS)
    reckon_drafts(steps, is_tax_reset=True)
    steps.add("edited", edited_sql("invoices", "invoice_id", EDITABLE))
    steps.add("general", edit_problems_sql("invoices", "invoice_id", EDITABLE, EDITABLE))
    steps.add("problems", f"{EDIT_PROBLEMS} union all {TOTAL_PROBLEMS}")
    steps.add("warnings", TAX_CHANGED)
    steps.add("changed", CHANGED)
    steps.add("priced_items", PRICED_ITEMS)
    return steps.plan(
        steps.update("invoices", "changed"), steps.update("invoice_items", "priced_items"),
        problems="problems", warnings="warnings",
    )  # fmt: skip


EDIT_PROBLEMS = f"""
    select * from general
    where code <> 'nothing_given' or "row" not in (select "row" from requests where reckon_tax)
    union all {not_draft_sql("invoice_id")}
    union all
    select max(requests."row"), 'number', 'number_taken', 'number ' || edited.number || ' is that of another invoice already'
    from requests join edited on edited.id = requests.invoice_id
    where requests.number = edited.number and (
        exists (from invoices where invoices.number = edited.number and invoices.id not in (select id from edited))
        or exists (from edited other where other.id <> edited.id and other.number = edited.number))
    group by edited.id, edited.number
"""

CHANGED = f"""
    select edited.* replace ((select {noted_sql("edited.notes")} from (
            select coalesce(new.is_reverse_charge, old.is_reverse_charge, false) as is_reverse_charge,
                (select reverse_charge_note from own_company) as reverse_charge_note)) as notes),
        coalesce(new.is_reverse_charge, old.is_reverse_charge) as is_reverse_charge, coalesce(new.tax_mode, old.tax_mode) as tax_mode, coalesce(new.tax_rate1, old.tax_rate1) as tax_rate1,
        coalesce(new.tax_rate2, old.tax_rate2) as tax_rate2, coalesce(new.subtotal, old.subtotal) as subtotal,
        coalesce(new.tax1, old.tax1) as tax1, coalesce(new.tax2, old.tax2) as tax2, coalesce(new.total, old.total) as total
    from edited join invoices old using (id) left join draft_totals new using (id)
"""


RULES: tuple[Rule, ...] = (
    Rule("edit-invoice", "Edit draft invoice", edit_invoice, EditInvoice, group="invoices", manual=KIND),
)
