"""Items of draft invoices: one more, one changed, one less; the draft is reckoned anew each time."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.create import Discount, Quantity, TaxRate, item_tax_problems_sql, not_clients_sql
from clientops.rules.invoices.drafts import (
    BLAMED,
    DRAFTS,
    KIND,
    PRICED_ITEMS,
    TAX_CHANGED,
    TOTAL_PROBLEMS,
    UNKNOWN_INVOICE,
    not_draft_sql,
    reckon_drafts,
)
from clientops.rules.invoices.taxes import BILLING
from clientops.rules.kit.edits import edit_problems_sql, edited_sql, unknown_or_removed_sql
from clientops.rules.kit.field_types import ColumnNames, Line
from clientops.schema.requests import Id, Money, Request, Text
from clientops.schema.tables import Steps, Tables

ItemKind = Literal["other", "service", "addon", "domain", "setup", "change", "late fee"]
ITEM = (
    "kind", "service_id", "addon_id", "domain_id", "description", "quantity", "unit_price", "discount", "is_taxed",
    "tax_class", "tax_rate", "period_from", "period_to",
)  # fmt: skip


class AddInvoiceItem(Request):
    """Put one more item on a draft invoice."""

    invoice_id: Id = Field(title="Invoice", description="Draft that gets it", json_schema_extra={"picks": "invoices"})
    description: Text = Field(title="Item", description="What is billed", json_schema_extra={"multiline": True})
    unit_price: Money = Field(
        title="Unit price", description="Of one, without tax or with it as the business settings say"
    )
    quantity: Quantity | None = Field(None, title="Quantity", description="How many; empty: 1")
    discount: Discount | None = Field(None, title="Discount", description="Money taken off the item")
    is_taxed: bool = Field(default=True, title="Taxed", description="Whether tax is charged on the item")
    tax_rate: TaxRate | None = Field(None, title="Tax rate", description="First tax in percent; empty: that of the client's place and the tax class")  # fmt: skip
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own; empty: standard")  # fmt: skip
    kind: ItemKind = Field(default="other", title="Kind", description="What kind of item it is")
    service_id: Id | None = Field(None, title="Service", description="Service billed", json_schema_extra={"picks": "services"})  # fmt: skip
    addon_id: Id | None = Field(None, title="Add-on", description="Add-on billed", json_schema_extra={"picks": "addons"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="Domain billed", json_schema_extra={"picks": "domains"})  # fmt: skip
    period_from: date | None = Field(None, title="From", description="First day billed")
    period_to: date | None = Field(None, title="To", description="Last day billed")


def add_invoice_item(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add items to drafts, and reckon those anew: tax of the client's place, totals.

    Args:
        tables: Read-only tables; reads ``invoices``, ``invoice_items``, clients and what is billed, tax rates, settings.
        requests: One row per item: ``invoice_id``, ``description``, ``unit_price`` and more. See ``AddInvoiceItem``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``invoice_items`` in row order; updates of ``invoices`` and their other items. Taxes are
        rounded as ``create-invoice`` does it, and sum to the total.

    Problems:
        ``unknown_invoice``, ``not_draft`` (with what to do instead), ``not_clients``, ``period_order``,
        ``not_minor_unit`` (discount), ``too_large``, ``negative_total``, ``not_taxed``, ``unknown_tax_class``.

    Warnings:
        ``tax_changed``.

    Source:
        WHMCS "Managing Invoices": invoice items.
    """
    steps = tables.steps(requests=requests)
    steps.add("named", 'select "row", invoice_id from requests')
    steps.add("drafts", DRAFTS)
    steps.add("becoming", ADDED.format(next_id=tables.next_id("invoice_items")))
    _reckon(steps)
    steps.add("problems", f"{UNKNOWN_INVOICE} union all {not_draft_sql('invoice_id')} union all {ITEM_PROBLEMS} union all {TOTAL_PROBLEMS}")  # fmt: skip
    steps.add("new_items", f"select id, becoming.invoice_id, {_columns('becoming')}, amount, tax_rate1, tax_rate2, tax1, tax2 from becoming join priced_items using (id)")  # fmt: skip
    steps.add("other_items", "select * from priced_items where id not in (select id from becoming)")
    return steps.plan(
        steps.insert("invoice_items", "new_items"), steps.update("invoice_items", "other_items"),
        steps.update("invoices", "draft_totals"), problems="problems", warnings="warnings",
    )  # fmt: skip


def _columns(source: str) -> str:
    return ", ".join(f"{source}.{name}" for name in ITEM)


ADDED = """
    select requests.* replace (coalesce(quantity, 1) as quantity, coalesce(discount, 0) as discount),
        {next_id} + row_number() over (order by "row") as id, drafts.client_id, drafts.code, drafts.minor_digits,
        requests.discount as given_discount
    from requests join drafts using ("row")
"""


def _reckon(steps: Steps, gone: str = "select 0") -> None:
    """Reckon the drafts anew whose items the step ``becoming`` adds or replaces, without those that ``gone`` selects."""
    steps.add("billing", BILLING)
    steps.add("blamed", BLAMED)
    others = ", ".join(f"items.{name}" for name in ITEM)
    steps.add("bill_items", f"""
        select items.invoice_id as bill_id, items.id as item_id, blamed."row" as position, invoices.client_id, {others}
        from (from invoice_items where invoice_id in (select bill_id from blamed)) items
        join blamed on blamed.bill_id = items.invoice_id join invoices on invoices.id = items.invoice_id
        where items.id not in (select id from becoming) and items.id not in ({gone})
        union all by name
        select invoice_id as bill_id, id as item_id, "row" as position, client_id, {_columns("becoming")}
        from becoming where client_id is not null and quantity is not null and unit_price is not null
    """)  # fmt: skip
    reckon_drafts(steps)
    steps.add("priced_items", PRICED_ITEMS)
    steps.add("warnings", TAX_CHANGED)


ITEM_PROBLEMS = f"""
    {not_clients_sql("(from becoming where client_id is not null)")}
    union all
    select "row", 'period_to', 'period_order', 'period_to ' || period_to || ' is before period_from ' || period_from
    from becoming where period_to < period_from
    union all
    select "row", 'discount', 'not_minor_unit',
        'discount ' || given_discount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from becoming where code is not null and given_discount is not null and not {is_minor_unit_sql("given_discount")}
    union all
    {item_tax_problems_sql("(from becoming where client_id is not null)")}
"""


class EditInvoiceItem(Request):
    """Change an item of a draft invoice: only what is given."""

    invoice_item_id: Id = Field(title="Item", description="Number of the item", json_schema_extra={"picks": "invoice_items"})  # fmt: skip
    description: Text | None = Field(None, title="Text", description="What is billed", json_schema_extra={"multiline": True})  # fmt: skip
    unit_price: Money | None = Field(None, title="Unit price", description="Of one")
    quantity: Quantity | None = Field(None, title="Quantity", description="How many")
    discount: Discount | None = Field(None, title="Discount", description="Money taken off the item")
    is_taxed: bool | None = Field(None, title="Taxed", description="Whether tax is charged on the item")
    tax_rate: TaxRate | None = Field(None, title="Tax rate", description="First tax in percent")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own")
    kind: ItemKind | None = Field(None, title="Kind", description="What kind of item it is")
    service_id: Id | None = Field(None, title="Service", description="Service billed", json_schema_extra={"picks": "services"})  # fmt: skip
    addon_id: Id | None = Field(None, title="Add-on", description="Add-on billed", json_schema_extra={"picks": "addons"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="Domain billed", json_schema_extra={"picks": "domains"})  # fmt: skip
    period_from: date | None = Field(None, title="From", description="First day billed")
    period_to: date | None = Field(None, title="To", description="Last day billed")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="service_id, addon_id, domain_id, tax_rate, tax_class, period_from, period_to")  # fmt: skip


CLEARABLE = ("service_id", "addon_id", "domain_id", "tax_rate", "tax_class", "period_from", "period_to")

# A column that must not be emptied is named as that; an item without it is not reckoned.
CLEARING = f"""
    select * replace (list_filter("clear", lambda name: list_contains({list(CLEARABLE)}, name)) as "clear") from requests
"""

# The request to blame for what an item becomes is the last one about it.
BECOMING = f"""
    select edited.id, last."row", last.invoice_id, drafts.client_id, drafts.code, drafts.minor_digits,
        {", ".join(f"edited.{name}" for name in ITEM)}, last.given_discount
    from edited
    join (
        select invoice_item_id, max(requests."row") as "row", any_value(named.invoice_id) as invoice_id,
            arg_max(requests.discount, requests."row") as given_discount
        from requests join named using ("row") group by invoice_item_id
    ) last on last.invoice_item_id = edited.id
    join drafts using ("row")
"""

NAMED_BY_ITEM = """
    select requests."row", items.invoice_id from requests
    left join (from invoice_items where id in (select invoice_item_id from requests)) items on items.id = invoice_item_id
"""


def edit_invoice_item(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change items of drafts where something is given, and reckon the drafts anew.

    Args:
        tables: Read-only tables; reads ``invoices``, ``invoice_items``, clients and what is billed, tax rates, settings.
        requests: One row per change: ``invoice_item_id``, any fields, ``clear``. Later rows of one item win. See
            ``EditInvoiceItem``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoice_items`` and ``invoices``.

    Problems:
        ``unknown_invoice_item``, ``not_draft``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``,
        ``not_clients``, ``period_order``, ``not_minor_unit``, ``too_large``, ``negative_total``, ``not_taxed``,
        ``unknown_tax_class``.

    Warnings:
        ``tax_changed``.
    """
    steps = tables.steps(requests=requests)
    steps.add("named", NAMED_BY_ITEM)
    steps.add("drafts", DRAFTS)
    steps.add("clearing", CLEARING)
    steps.add("edited", edited_sql("invoice_items", "invoice_item_id", ITEM, "clearing"))
    steps.add("becoming", BECOMING)
    _reckon(steps)
    general = edit_problems_sql("invoice_items", "invoice_item_id", ITEM, CLEARABLE)
    steps.add("problems", f"{general} union all {not_draft_sql('invoice_item_id')} union all {ITEM_PROBLEMS} union all {TOTAL_PROBLEMS}")  # fmt: skip
    steps.add("changed_items", CHANGED_ITEMS)
    return steps.plan(
        steps.update("invoice_items", "changed_items"), steps.update("invoices", "draft_totals"),
        problems="problems", warnings="warnings",
    )  # fmt: skip


CHANGED_ITEMS = f"""
    select priced_items.*, {
    ", ".join(f"case when becoming.id is null then kept.{name} else becoming.{name} end as {name}" for name in ITEM)
}
    from priced_items join invoice_items kept using (id) left join becoming using (id)
"""


class RemoveInvoiceItem(Request):
    """Take an item off a draft invoice."""

    invoice_item_id: Id = Field(title="Item", description="Number of the item", json_schema_extra={"picks": "invoice_items"})  # fmt: skip


def remove_invoice_item(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take items off drafts, and reckon those anew.

    Args:
        tables: Read-only tables; reads ``invoices``, ``invoice_items``, clients, tax rates, settings.
        requests: One row per item. See ``RemoveInvoiceItem``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``invoice_items``; updates of ``invoices`` and their other items.

    Problems:
        ``unknown_invoice_item`` (also one that an earlier row removes), ``not_draft``, ``last_item`` (cancel the draft
        instead), ``negative_total``.

    Warnings:
        ``tax_changed``.
    """
    steps = tables.steps(requests=requests)
    steps.add("named", NAMED_BY_ITEM)
    steps.add("drafts", DRAFTS)
    steps.add("gone", "select distinct id from invoice_items where id in (select invoice_item_id from requests)")
    steps.add("becoming", 'select *, 0 as "row", null::bigint as client_id from invoice_items limit 0')
    _reckon(steps, gone="select id from gone")
    unknown = unknown_or_removed_sql("invoice_items", "invoice_item_id")
    steps.add("problems", f"{unknown} union all {not_draft_sql('invoice_item_id')} union all {LAST_ITEM} union all {TOTAL_PROBLEMS}")  # fmt: skip
    return steps.plan(
        steps.delete("invoice_items", "gone"), steps.update("invoice_items", "priced_items"),
        steps.update("invoices", "draft_totals"), problems="problems", warnings="warnings",
    )  # fmt: skip


LAST_ITEM = """
    select max("row"), 'invoice_item_id', 'last_item', 'invoice ' || any_value(invoice_name)
        || ' would have no item left: cancel the draft (cancel-invoice), or add another item first'
    from drafts where status = 'Draft' and invoice_id not in (select bill_id from bill_items) group by invoice_id
"""

RULES: tuple[Rule, ...] = (
    Rule("add-invoice-item", "Add item to draft invoice", add_invoice_item, AddInvoiceItem, group="invoices", manual=KIND),
    Rule("edit-invoice-item", "Edit item of draft invoice", edit_invoice_item, EditInvoiceItem, group="invoices", manual=KIND),
    Rule("remove-invoice-item", "Remove item of draft invoice", remove_invoice_item, RemoveInvoiceItem, group="invoices", manual=KIND),
)  # fmt: skip
