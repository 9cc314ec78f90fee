"""Invoices by hand: create them item by item, and issue drafts."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.offer import credit_figures
from clientops.rules.invoices.billed_periods import billed_sql
from clientops.rules.invoices.build_rows import make_invoices
from clientops.rules.invoices.reverse_charge import UNKNOWN_ORIGIN, reverse_charge_figures
from clientops.rules.invoices.taxes import BILLING
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.schema.requests import Id, Money, Request, Text
from clientops.schema.tables import Tables

Quantity = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=4)]
TaxRate = Annotated[Decimal, Field(ge=0, le=100, max_digits=9, decimal_places=4)]
Discount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class CreateInvoice(Request):
    """One item of an invoice that is made by hand; rows with the same invoice key make one invoice."""

    client_id: Id = Field(title="Client", description="Who is billed", json_schema_extra={"picks": "clients"})
    description: Text = Field(title="Item", description="What is billed", json_schema_extra={"multiline": True})
    unit_price: Money = Field(
        title="Unit price", description="Of one, without tax or with it as the business settings say"
    )
    quantity: Quantity = Field(default=Decimal(1), title="Quantity", description="How many")
    discount: Discount = Field(default=Decimal(0), title="Discount", description="Money taken off the item")
    is_taxed: bool = Field(default=True, title="Taxed", description="Whether tax is charged on the item")
    tax_rate: TaxRate | None = Field(
        default=None,
        title="Tax rate",
        description="First tax in percent; empty: that of the client's place and the tax class",
    )
    tax_class: Line | None = Field(
        default=None,
        title="Tax class",
        description="Class of goods with a tax rate of its own, e.g. reduced; empty: standard",
    )
    kind: Literal["other", "service", "addon", "domain", "setup", "change", "late fee"] = Field(
        default="other", title="Kind", description="What kind of item it is"
    )
    service_id: Id | None = Field(
        default=None, title="Service", description="Service billed", json_schema_extra={"picks": "services"}
    )
    addon_id: Id | None = Field(
        default=None, title="Add-on", description="Add-on billed", json_schema_extra={"picks": "addons"}
    )
    domain_id: Id | None = Field(
        default=None, title="Domain", description="Domain billed", json_schema_extra={"picks": "domains"}
    )
    period_from: date | None = Field(default=None, title="From", description="First day billed")
    period_to: date | None = Field(default=None, title="To", description="Last day billed")
    invoice: Text | None = Field(
        default=None, title="Invoice key", description="Items with the same key are one invoice; empty: one of its own"
    )
    draft: bool | None = Field(
        default=None, title="Draft", description="Whether it stays a draft, owed nothing until it is issued"
    )
    issued_on: date | None = Field(default=None, title="Invoice date", description="Empty: today")
    due_on: date | None = Field(
        default=None,
        title="Due date",
        description="Empty: as many days after the invoice date as the business settings say, else 14",
    )
    number: Line | None = Field(
        default=None, title="Number", description="Printed number; empty: the next one, if numbers are kept"
    )
    payment_method: WayOfPaying | None = Field(default=None, title="Payment method", description="Empty: the client's")
    notes: Text | None = Field(
        default=None, title="Notes", description="Printed on the invoice", json_schema_extra={"multiline": True}
    )
    reverse_charge: bool | None = Field(
        default=None,
        title="Reverse charge",
        description="No tax for a valid VAT number of another EU country; empty: as the client's or the business settings say",
    )
    apply_credit: bool | None = Field(
        default=None,
        title="Apply credit",
        description="Whether the client's credit pays it as far as it goes; empty: as the client's setting says",
    )
    send_email: bool | None = Field(
        default=None, title="Send e-mail", description="Whether the client is told, once it is issued"
    )


OF_INVOICE = (
    "client_id", "draft", "issued_on", "due_on", "number", "payment_method", "notes", "reverse_charge", "apply_credit", "send_email",
)  # fmt: skip


def create_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Make invoices by hand, with tax, totals and the billing contact's address.

    Args:
        tables: Read-only tables; reads clients, their contacts and what is billed, tax rates and settings
            (``tax_mode``, ``tax_compound``, ``tax_rounding``, ``company_tax_id``, ``company_country``, ``reverse_charge``, ``invoice_due_days``, ``invoice_number_format``, ``invoice_next_number``).
        requests: One row per item: ``client_id``, ``description``, ``quantity``, ``unit_price``, ``discount`` (money in
            the client's currency). Rows with the same ``invoice`` are one invoice; what concerns the invoice is
            given in its first row, and empty or the same in the others. See ``CreateInvoice``.
        today: Invoice date where none is given, and date of credit entries.
        now: When e-mails are queued.

    Returns:
        Inserts of ``invoices``, ``invoice_items``, credit entries and e-mails; updates of the clients' credit and of
        the next number. A total of nothing is Paid at once. Quantity x price is rounded, then the discount is taken off; taxes
        are rounded item by item or on the sum of the items of a rate (``tax_rounding``), and sum to the total. The tax
        numbers of both sides are kept on it. A client with a valid VAT number of another EU country is billed without
        tax, with the words for it in the notes, unless it or the settings say otherwise.

    Problems:
        ``unknown_client``, ``differs`` (within one invoice), ``too_far_ahead`` (invoice date), ``due_before_issue``, ``period_order``, ``not_clients``
        (a service, add-on or domain), ``not_minor_unit`` (discount), ``negative_total``, ``too_large``,
        ``number_taken``, ``not_taxed`` (a rate for an item without tax), ``no_foreign_vat`` (reverse charge asked for),
        ``unknown_tax_class``.

    Warnings:
        ``closed_client``, ``of_issuing`` (a draft has no invoice date yet), ``not_charged`` (a tax rate for a client who
        pays none), ``own_country_unknown`` (no reverse charge).

    Source:
        WHMCS "Creating Invoices": draft, or published at once.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("keyed", KEYED)
    steps.add("bills", BILLS, today=today)
    steps.add("bill_items", BILL_ITEMS)
    changes = make_invoices(steps, today=today, now=now)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS)
    return steps.plan(
        *changes,
        problems="problems",
        warnings="warnings",
        summary=(*reverse_charge_figures(steps), *credit_figures(steps)),
    )


KEYED = """
    with first_rows as (
        select *, min("row") over (partition by coalesce('key ' || invoice, 'row ' || "row")) as first_row from requests
    )
    select first_rows.*, clients.id is not null as is_known,
        clients.payment_method as client_payment_method, clients.auto_apply_credit, clients.status as client_status, currencies.code, currencies.minor_digits
    from first_rows
    left join clients on clients.id = first_rows.client_id
    left join currencies on currencies.id = clients.currency_id
"""

BILLS = """
    select row_number() over (order by "row") as bill_id, "row", client_id, coalesce(draft, false) as is_draft,
        coalesce(issued_on, $today::date) as issued_on,
        coalesce(due_on, coalesce(issued_on, $today::date) + due_days) as due_on,
        coalesce(payment_method, client_payment_method) as payment_method, number, notes, reverse_charge,
        coalesce(apply_credit, auto_apply_credit, false) as offers_credit, coalesce(send_email, false) as sends_email
    from keyed cross join billing
    where "row" = first_row and is_known
"""

BILL_ITEMS = """
    select bills.bill_id, keyed."row" as position, bills.client_id, keyed.kind, keyed.service_id, keyed.addon_id,
        keyed.domain_id, keyed.description, keyed.quantity, keyed.unit_price, keyed.discount, keyed.is_taxed, keyed.tax_class, keyed.tax_rate,
        keyed.period_from, keyed.period_to
    from keyed join bills on bills."row" = keyed.first_row
"""

_DIFFERS = " union all ".join(
    f"""
    select keyed."row", '{name}', 'differs', '{name} ' || keyed.{name} || ' differs from ' || coalesce(f.{name}::varchar, 'none')
        || ' in row ' || f."row" || ' of the same invoice'
    from keyed join keyed f on f."row" = keyed.first_row
    where keyed.{name} is not null and keyed.{name} is distinct from f.{name}
    """
    for name in OF_INVOICE
)


def not_clients_sql(source: str) -> str:
    """SELECT of the problem ``not_clients``: a step's ``service_id``, ``addon_id`` or ``domain_id`` is not its client's."""
    return f"""
        select asked."row", 'service_id', 'not_clients', 'client ' || asked.client_id || ' has no service ' || service_id
        from {source} asked left join services on services.id = asked.service_id
        where asked.service_id is not null and services.client_id is distinct from asked.client_id
        union all
        select asked."row", 'addon_id', 'not_clients', 'client ' || asked.client_id || ' has no add-on ' || addon_id
        from {source} asked left join addons on addons.id = asked.addon_id left join services on services.id = addons.service_id
        where asked.addon_id is not null and services.client_id is distinct from asked.client_id
        union all
        select asked."row", 'domain_id', 'not_clients', 'client ' || asked.client_id || ' has no domain ' || domain_id
        from {source} asked left join domains on domains.id = asked.domain_id
        where asked.domain_id is not null and domains.client_id is distinct from asked.client_id
    """


def item_tax_problems_sql(source: str) -> str:
    """SELECT of the problems ``not_taxed`` and ``unknown_tax_class`` of a step with ``is_taxed``, ``tax_rate``, ``tax_class``."""
    return f"""
        select "row", 'tax_rate', 'not_taxed', 'tax_rate ' || tax_rate || ': the item is not taxed; leave one of them out'
        from {source} where tax_rate > 0 and not is_taxed
        union all
        select "row", 'tax_class', 'unknown_tax_class', 'there is no tax rate of class ' || tax_class || coalesce('; there are '
            || (select string_agg(distinct tax_rates.tax_class, ', ' order by tax_rates.tax_class) from tax_rates where tax_rates.tax_class <> ''),
            '; set one first (set-tax-rate)')
        from {source}
        where tax_class is not null and lower(tax_class) not in (select lower(t.tax_class) from tax_rates t where t.tax_class is not null)
    """


ISSUED_TOO_LATE = """
    select "row", 'issued_on', 'too_far_ahead', 'issued_on ' || issued_on || ' is more than a year from now: at most '
        || ($today::date + to_years(1))::date
    from bills where issued_on > $today::date + to_years(1)
"""

PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from keyed where not is_known
    union all
    {_DIFFERS}
    union all
    {not_clients_sql("keyed")}
    union all
    {ISSUED_TOO_LATE}
    union all
    select "row", 'due_on', 'due_before_issue', 'due_on ' || due_on || ' is before the invoice date, ' || issued_on
    from bills where due_on < issued_on
    union all
    select "row", 'period_to', 'period_order', 'period_to ' || period_to || ' is before period_from ' || period_from
    from keyed where period_to < period_from
    union all
    select "row", 'discount', 'not_minor_unit',
        'discount ' || discount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from keyed where is_known and not {is_minor_unit_sql("discount")}
    union all
    select position, 'unit_price', 'too_large', 'the item would be more than can be kept, 9999999999999'
    from item_amounts where units is null
    union all
    select bills."row", 'unit_price', 'too_large', 'the invoice would be more than can be kept, 99999999999999'
    from bills join bill_totals using (bill_id)
    where total is null and bill_id not in (select bill_id from item_amounts where units is null)
    union all
    select bills."row", 'unit_price', 'negative_total', 'the invoice comes to ' || total || ': it must not be below 0'
    from bills join bill_totals using (bill_id) where total < 0
    union all
    select bills."row", 'number', 'number_taken', 'number ' || bills.number || ' is taken by invoice ' || invoices.id
    from bills join invoices on invoices.number = bills.number
    union all
    select "row", 'number', 'number_taken', 'number ' || number || ' is in an earlier row already'
    from bills where number is not null qualify row_number() over (partition by number order by "row") > 1
    union all
    {item_tax_problems_sql("keyed")}
    union all
    select bills."row", 'reverse_charge', 'no_foreign_vat', 'reverse_charge: client ' || bills.client_id || ' has no valid VAT number of another EU'
        || ' country' || case when own_country is null then '; set company_country or company_tax_id first (set-business)' else '' end
    from bills join bill_places using (bill_id) cross join own_company
    where bills.reverse_charge and not bill_places.is_reverse_charge and not bill_places.is_tax_exempt
"""

WARNINGS = f"""
    select "row", 'client_id' as field, 'closed_client' as code, 'client ' || client_id || ' is Closed' as message
    from keyed where "row" = first_row and client_status = 'Closed'
    union all
    select "row", 'issued_on', 'of_issuing', 'issued_on ' || issued_on || ' is not kept on a draft: it is given when it is issued'
    from keyed where "row" = first_row and draft and issued_on is not null
    union all
    select keyed."row", 'tax_rate', 'not_charged', 'tax_rate ' || tax_rate || ' is not charged: client ' || keyed.client_id || case
        when is_tax_exempt then ' is tax exempt' else ' owes the tax itself (reverse charge)' end
    from keyed join bills on bills."row" = keyed.first_row join bill_places using (bill_id) where tax_rate > 0 and is_untaxed
    union all
    select keyed."row", 'period_from', 'billed_already', keyed.kind || ' ' || thing || ': the days from ' || keyed.period_from || ' to ' || keyed.period_to
        || ' are billed by invoice ' || string_agg(billed.invoice_name, ', ') || ' already'
    from (select *, coalesce(service_id, addon_id, domain_id) as thing from keyed) keyed
    join ({billed_sql("keyed", thing="coalesce(service_id, addon_id, domain_id)")}) billed on billed.kind = keyed.kind and billed.id = keyed.thing
    where billed.period_from <= keyed.period_to and billed.period_to >= keyed.period_from
    group by keyed."row", keyed.kind, thing, keyed.period_from, keyed.period_to
    union all {UNKNOWN_ORIGIN}
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "create-invoice",
        "Create invoice",
        create_invoice,
        CreateInvoice,
        group="invoices",
        manual="invoice or transaction",
    ),
)
