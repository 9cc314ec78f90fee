"""From bills and their items to the rows of new invoices: tax, totals, address, number, and credit offered."""

from __future__ import annotations

from datetime import date, datetime

from clientops.changes import Change
from clientops.rules.billing_mail import queue_billing_mails
from clientops.rules.numbers import NUMBERED_BILLS, count_numbers
from clientops.rules.taxes import ITEM_AMOUNTS, ITEM_TAXES, TAX_PLACES, amount_sql
from clientops.tables.view import Steps


def make_invoices(steps: Steps, *, today: date, now: datetime) -> tuple[Change, ...]:
    """Turn the steps ``bills`` and ``bill_items`` into new invoices; each rule that bills ends here.

    Args:
        steps: With ``billing`` (the settings, ``taxes.BILLING``); ``bills``: ``bill_id`` (from 1 without gaps, in the order of billing), ``"row"``, ``client_id``,
            ``is_draft``, ``issued_on``, ``due_on``, ``payment_method``, ``number``, ``notes``, ``offers_credit``,
            ``sends_email``;
            and ``bill_items``: ``bill_id, position, client_id, kind, service_id, addon_id, domain_id, description,
            quantity, unit_price, discount, is_taxed, period_from, period_to``.
        today: Day on which what owes nothing was paid, and of the credit entries.
        now: When e-mails are queued.

    Returns:
        Inserts of invoices, items, credit entries and e-mails; updates of the clients' credit and of the next invoice number.
        Later steps may read ``new_invoices`` (the rows, and each one's ``"row"``, ``code`` and ``minor_digits``).
    """
    price_items(steps)
    next_invoice, next_item, next_entry = map(steps.tables.next_id, ("invoices", "invoice_items", "credit_entries"))
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id=f"{next_invoice} + bill_id"))
    steps.add("credit_offers", CREDIT_OFFERS)
    steps.add("new_invoices", NEW_INVOICES, today=today)
    steps.add("invoice_inserts", 'select * exclude ("row", code, minor_digits, sends_email) from new_invoices')
    steps.add("item_inserts", NEW_ITEMS.format(next_id=next_item))
    steps.add("offer_entries", OFFER_ENTRIES.format(next_id=next_entry), today=today)
    steps.add("offer_balances", OFFER_BALANCES)
    steps.add("mailed", "select id as place, id, client_id from new_invoices where sends_email and status <> 'Draft'")
    return (
        steps.insert("invoices", "invoice_inserts"),
        steps.insert("invoice_items", "item_inserts"),
        steps.insert("credit_entries", "offer_entries"),
        steps.update("clients", "offer_balances"),
        *count_numbers(steps),
        *queue_billing_mails(steps, "invoice-created", now=now),
    )


def price_items(steps: Steps) -> None:
    """Work out what items come to, with the tax of the client's place.

    Args:
        steps: With ``billing``; ``bills`` (``bill_id``, ``client_id``) and ``bill_items`` as in ``make_invoices``. Later
            steps may read ``billed_clients`` (rates), ``item_amounts``, ``taxed_items`` and ``bill_totals``.
    """
    steps.add("billed_addresses", BILLED_ADDRESSES)
    steps.add("billed_places", "select distinct country, state from billed_addresses where not is_tax_exempt")
    steps.add("tax_places", TAX_PLACES)
    steps.add("billed_clients", BILLED_CLIENTS)
    steps.add("item_amounts", ITEM_AMOUNTS)
    steps.add("taxed_items", ITEM_TAXES)
    steps.add("bill_totals", BILL_TOTALS)


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
        currencies.code, currencies.minor_digits, contacts.id as billing_contact_id,
        case when contacts.id is null then {address_sql("clients", "clients")}
            when {HAS_ADDRESS} then {address_sql("contacts", "contacts")}
            else {address_sql("contacts", "clients")} end as bill_to
    from billed clients
    join currencies on currencies.id = clients.currency_id
    left join named contacts on contacts.id = clients.default_billing_contact_id and contacts.client_id = clients.id
"""

BILLED_CLIENTS = """
    select billed_addresses.* exclude (country, state, is_tax_exempt),
        case when is_tax_exempt then 0 else coalesce(tax_rate1, 0) end::decimal(9, 4) as tax_rate1,
        case when is_tax_exempt then 0 else coalesce(tax_rate2, 0) end::decimal(9, 4) as tax_rate2
    from billed_addresses
    left join tax_places
        on tax_places.country is not distinct from billed_addresses.country
        and tax_places.state is not distinct from billed_addresses.state
"""

BILL_TOTALS = f"""
    with sums as (
        select bill_id, sum(units)::hugeint as units, sum(units1)::hugeint as units1, sum(units2)::hugeint as units2
        from taxed_items group by bill_id
    )
    select bill_id, {amount_sql("units1")} as tax1, {amount_sql("units2")} as tax2,
        case tax_mode when 'exclusive' then {amount_sql("(units + units1 + units2)")}
            else {amount_sql("units")} end as total,
        tax_mode
    from sums cross join billing
"""

CREDIT_OFFERS = """
    with offered as (
        select bills.bill_id, bills.client_id, billed_clients.credit_balance, bill_totals.total,
            coalesce(sum(bill_totals.total) over (
                partition by bills.client_id order by bills.bill_id rows between unbounded preceding and 1 preceding
            ), 0) as offered_before
        from bills
        join billed_clients using (client_id)
        join bill_totals using (bill_id)
        where bills.offers_credit and not bills.is_draft and billed_clients.credit_balance > 0 and bill_totals.total > 0
    )
    select bill_id, client_id, credit_balance,
        least(total, credit_balance - offered_before)::decimal(18, 4) as amount
    from offered where offered_before < credit_balance
"""

NEW_INVOICES = """
    with priced as (
        select bills.*, numbered_bills.invoice_id, numbered_bills.number as new_number, billed_clients.*
                exclude (client_id, credit_balance),
            bill_totals.tax1, bill_totals.tax2, bill_totals.total, bill_totals.tax_mode,
            coalesce(credit_offers.amount, 0)::decimal(18, 4) as credit_applied
        from bills
        join numbered_bills using (bill_id)
        join bill_totals using (bill_id)
        join billed_clients using (client_id)
        left join credit_offers using (bill_id)
    )
    select invoice_id as id, "row", code, minor_digits, sends_email, new_number as number, client_id, billing_contact_id, bill_to,
        case when not is_draft then issued_on end as issued_on, due_on,
        case when not is_draft and total = credit_applied then $today::date end as paid_on,
        tax_mode, tax_rate1, tax_rate2, (total - tax1 - tax2)::decimal(18, 4) as subtotal, tax1, tax2, total,
        credit_applied,
        case when is_draft then 'Draft' when total = credit_applied then 'Paid' else 'Unpaid' end as status,
        payment_method, notes
    from priced
"""

NEW_ITEMS = f"""
    select {{next_id}} + row_number() over (order by bill_id, position) as id, numbered_bills.invoice_id, kind,
        service_id, addon_id, domain_id, description, quantity, unit_price, discount, {amount_sql("units")} as amount,
        is_taxed, {amount_sql("units1")} as tax1, {amount_sql("units2")} as tax2, period_from, period_to
    from taxed_items join numbered_bills using (bill_id)
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
