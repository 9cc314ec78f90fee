"""From bills and their items to the rows of new invoices: tax, totals, address, number, and credit offered."""

from __future__ import annotations

import re
from datetime import date, datetime

from clientops.core.plan import Change
from clientops.rules.credit.offer import offer_credit
from clientops.rules.invoices.next_number import NUMBERED_BILLS, count_numbers
from clientops.rules.invoices.reverse_charge import add_foreign_vat, noted_sql
from clientops.rules.invoices.taxes import ITEM_AMOUNTS, ITEM_TAXES, TAX_PLACES, amount_sql
from clientops.rules.mail.invoice_mail import queue_billing_mails
from clientops.schema.tables import Steps


def make_invoices(steps: Steps, *, today: date, now: datetime) -> tuple[Change, ...]:
    """Turn the steps ``bills`` and ``bill_items`` into new invoices; each rule that bills ends here.

    Args:
        steps: With ``billing`` (the settings, ``taxes.BILLING``); ``bills``: ``bill_id`` (from 1 without gaps, in the order of billing), ``"row"``, ``client_id``,
            ``is_draft``, ``issued_on``, ``due_on``, ``payment_method``, ``number``, ``notes``, ``offers_credit``,
            ``sends_email``;
            and ``bill_items``: ``bill_id, position, client_id, kind, service_id, addon_id, domain_id, description,
            quantity, unit_price, discount, is_taxed, tax_class, tax_rate, period_from, period_to``.
        today: Day on which what owes nothing was paid, and of the credit entries.
        now: When e-mails are queued.

    Returns:
        Inserts of invoices, items, credit entries and e-mails; updates of the clients' credit and of the next invoice number.
        Later steps may read ``new_invoices`` (the rows, and each one's ``"row"``, ``code`` and ``minor_digits``).
    """
    price_items(steps)
    next_invoice, next_item = map(steps.tables.next_id, ("invoices", "invoice_items"))
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id=f"{next_invoice} + bill_id"))
    offered = offer_credit(steps, today=today)
    steps.add("new_invoices", NEW_INVOICES, today=today)
    steps.add("invoice_inserts", 'select * exclude ("row", code, minor_digits, sends_email) from new_invoices')
    steps.add("item_inserts", NEW_ITEMS.format(next_id=next_item))
    steps.add("mailed", "select id as place, id, client_id from new_invoices where sends_email and status <> 'Draft'")
    return (
        steps.insert("invoices", "invoice_inserts"),
        steps.insert("invoice_items", "item_inserts"),
        *offered,
        *count_numbers(steps),
        *queue_billing_mails(steps, "invoice-created", now=now),
    )


def price_items(steps: Steps, prefix: str = "") -> None:
    """Work out what items come to, with the tax of the client's place, or none by reverse charge.

    Args:
        steps: With ``billing``; ``bills`` (``bill_id``, ``client_id`` and, if asked for, ``reverse_charge``) and
            ``bill_items`` as in ``make_invoices``. Later steps may read ``bill_places`` (what tax each bill has),
            ``billed_clients`` (address, number, currency), ``item_amounts``, ``taxed_items`` and ``bill_totals``.
        prefix: In front of the names of all these steps but ``billing``, where a rule prices two kinds of items.
    """
    asked = "bills.reverse_charge" if "reverse_charge" in steps[f"{prefix}bills"].columns else "null::boolean"
    steps.add(f"{prefix}billed_addresses", _renamed(BILLED_ADDRESSES, prefix))
    add_foreign_vat(steps, prefix)
    for name, sql in PRICING.items():
        steps.add(prefix + name, _renamed(sql.replace("$asked_reverse_charge", asked), prefix))


def _renamed(sql: str, prefix: str) -> str:
    return re.sub(rf"\b({'|'.join(_STEPS)})\b", rf"{prefix}\1", sql) if prefix else sql


def address_sql(person: str, home: str) -> str:
    """SQL for a printed address: the names of a row (alias), and the address of another one (alias)."""
    parts = [
        f"nullif(trim({person}.company_name), '')",
        f"nullif(trim(concat_ws(' ', {person}.first_name, {person}.last_name)), '')",
        f"nullif(trim({home}.address1), '')",
        f"nullif(trim({home}.address2), '')",
        f"nullif(trim(concat_ws(' ', {home}.postcode, {home}.city)), '')",
        f"nullif(trim({home}.state), '')",
        f"nullif(trim({home}.country), '')",
    ]
    return f"nullif(concat_ws(chr(10), {', '.join(parts)}), '')"


HAS_ADDRESS = "coalesce(contacts.address1, contacts.city, contacts.postcode, '') <> ''"

BILLED_ADDRESSES = f"""
    with billed as (select * from clients where id in (select client_id from bills)),
    named as (select * from contacts where id in (select default_billing_contact_id from billed))
    select clients.id as client_id, clients.country, clients.state, clients.is_tax_exempt, clients.credit_balance,
        nullif(trim(clients.tax_id), '') as tax_id, clients.reverse_charge,
        currencies.code, currencies.minor_digits, contacts.id as billing_contact_id,
        case when contacts.id is null then {address_sql("clients", "clients")}
            when {HAS_ADDRESS} then {address_sql("contacts", "contacts")}
            else {address_sql("contacts", "clients")} end as bill_to
    from billed clients
    join currencies on currencies.id = clients.currency_id
    left join named contacts on contacts.id = clients.default_billing_contact_id and contacts.client_id = clients.id
"""

# What tax a bill is to carry: none for exempt clients, none by reverse charge, else that of the place.
BILL_PLACES = """
    select bills.bill_id, bills.client_id, country, state, is_tax_exempt,
        coalesce($asked_reverse_charge, billed_addresses.reverse_charge, own.is_reverse_charge_on, false)
            and foreign_vat.client_id is not null and not is_tax_exempt as is_reverse_charge,
        is_tax_exempt or coalesce($asked_reverse_charge, billed_addresses.reverse_charge, own.is_reverse_charge_on, false)
            and foreign_vat.client_id is not null as is_untaxed
    from bills join billed_addresses using (client_id)
    left join foreign_vat using (client_id)
    cross join own_company own
"""

BILLED_PLACES = """
    select distinct bill_places.country, bill_places.state, classes.tax_class
    from bill_places join (
        select bill_id, lower(tax_class) as tax_class from bill_items union select bill_id, null from bill_places
    ) classes using (bill_id)
    where not is_untaxed
"""

# The rates of an invoice are those of its taxed items if they have the same ones, else the standard ones of the place.
BILL_TOTALS = f"""
    with sums as (
        select bill_id, sum(units)::hugeint as units, sum(units1)::hugeint as units1, sum(units2)::hugeint as units2,
            case when min(item_rate1) filter (is_taxed) = max(item_rate1) filter (is_taxed) then min(item_rate1) filter (is_taxed) end
                as only_rate1,
            case when min(item_rate2) filter (is_taxed) = max(item_rate2) filter (is_taxed) then min(item_rate2) filter (is_taxed) end
                as only_rate2
        from taxed_items group by bill_id
    )
    select bill_id, {amount_sql("units1")} as tax1, {amount_sql("units2")} as tax2,
        case billing.tax_mode when 'exclusive' then {amount_sql("(units + units1 + units2)")}
            else {amount_sql("units")} end as total,
        billing.tax_mode, is_reverse_charge,
        case when is_untaxed then 0 else coalesce(only_rate1, tax_rate1, 0) end::decimal(9, 4) as tax_rate1,
        case when is_untaxed then 0 else coalesce(only_rate2, tax_rate2, 0) end::decimal(9, 4) as tax_rate2
    from sums join bill_places using (bill_id)
    left join (select * from tax_places where tax_class is null) standard
        on standard.country is not distinct from bill_places.country and standard.state is not distinct from bill_places.state
    cross join billing
"""

PRICING = {
    "bill_places": BILL_PLACES,
    "billed_places": BILLED_PLACES,
    "tax_places": TAX_PLACES,
    "billed_clients": "select * exclude (country, state, is_tax_exempt, reverse_charge) from billed_addresses",
    "item_amounts": ITEM_AMOUNTS,
    "taxed_items": ITEM_TAXES,
    "bill_totals": BILL_TOTALS,
}
_STEPS = ("bills", "bill_items", "billed_addresses", "foreign_vat", *PRICING)

NEW_INVOICES = f"""
    with priced as (
        select bills.*, numbered_bills.invoice_id, numbered_bills.number as new_number, billed_clients.*
                exclude (client_id, credit_balance),
            bill_totals.tax1, bill_totals.tax2, bill_totals.total, bill_totals.tax_mode, bill_totals.tax_rate1, bill_totals.tax_rate2,
            bill_totals.is_reverse_charge, own_company.company_tax_id, own_company.reverse_charge_note,
            coalesce(credit_offers.amount, 0)::decimal(18, 4) as credit_applied
        from bills
        join numbered_bills using (bill_id)
        join bill_totals using (bill_id)
        join billed_clients using (client_id)
        left join (select bill_id, amount from credit_offers) credit_offers using (bill_id)
        cross join own_company
    )
    select invoice_id as id, "row", code, minor_digits, sends_email, new_number as number, client_id, billing_contact_id, bill_to,
        case when not is_draft then issued_on end as issued_on, due_on,
        case when not is_draft and total = credit_applied then $today::date end as paid_on,
        tax_mode, tax_rate1, tax_rate2, (total - tax1 - tax2)::decimal(18, 4) as subtotal, tax1, tax2, total,
        credit_applied,
        case when is_draft then 'Draft' when total = credit_applied then 'Paid' else 'Unpaid' end as status,
        payment_method, {noted_sql("notes")} as notes, is_reverse_charge,
        case when not is_draft then tax_id end as client_tax_id, case when not is_draft then company_tax_id end as company_tax_id
    from priced
"""

NEW_ITEMS = f"""
    select {{next_id}} + row_number() over (order by bill_id, position) as id, numbered_bills.invoice_id, kind,
        service_id, addon_id, domain_id, description, quantity, unit_price, discount, {amount_sql("units")} as amount,
        is_taxed, tax_class, tax_rate, item_rate1 as tax_rate1, item_rate2 as tax_rate2,
        {amount_sql("units1")} as tax1, {amount_sql("units2")} as tax2, period_from, period_to
    from taxed_items join numbered_bills using (bill_id)
"""
