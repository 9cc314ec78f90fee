"""Accepting orders: what was ordered comes to be, and the first invoice with it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.offer import credit_figures
from clientops.rules.domains.add import OURS
from clientops.rules.invoices.build_rows import make_invoices
from clientops.rules.invoices.reverse_charge import UNKNOWN_ORIGIN, reverse_charge_figures
from clientops.rules.invoices.taxes import BILLING
from clientops.rules.services.billing_cycles import later_due_sql, months_sql
from clientops.rules.services.dates import ENDED
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class AcceptOrder(Request):
    """Accept a pending order: its services, add-ons and domains begin, and its first invoice is made."""

    order_id: Id = Field(title="Order", json_schema_extra={"picks": "orders"})
    started_on: date | None = Field(None, title="Begins on", description="Empty: today")
    send_email: bool = Field(
        default=False, title="Send e-mail", description="Whether the client is told of the invoice"
    )


def accept_order(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Accept orders.

    Args:
        tables: Read-only tables; reads orders and their items, what they are for, clients, and what invoices need.
        requests: One row per order: ``order_id``, ``started_on``, ``send_email``. See ``AcceptOrder``.
        today: Invoice date, and first day where none is given.
        now: When e-mails are queued.

    Returns:
        What an item has become already (in WHMCS an order has its services from the start) is made Active if it is Pending,
        and is not created or invoiced again. Of the others: inserts of ``services``, ``addons`` and ``domains``, Active, and of one invoice an order that costs something,
        offered the client's credit where the client wants that; updates of ``order_items`` (what they became) and of
        ``orders`` (Active, with the invoice). The first payments are on that invoice, so that the next due date is a
        cycle later; a domain expires its years later. Nothing is set up or registered anywhere.

    Problems:
        ``unknown_order``, ``twice``, ``not_pending``, ``no_items``, ``implausible_date``, ``service_ended``, ``name_taken``,
        ``too_large``.

    Warnings:
        ``closed_client``, ``own_country_unknown`` (no reverse charge).

    Source:
        WHMCS "Managing Orders": Accept Order.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("asked", ASKED, today=today)
    steps.add("items", ORDER_ITEMS)
    steps.add("begun", BEGUN)
    next_ids = {name: tables.next_id(name) for name in ("services", "addons", "domains")}
    steps.add("placed", PLACED.format(**next_ids))
    steps.add("new_services", SERVICES)
    steps.add("new_addons", ADDONS)
    steps.add("new_domains", DOMAINS)
    steps.add("bills", BILLS, today=today)
    steps.add("bill_items", BILL_ITEMS)
    for name in ("services", "addons", "domains"):
        steps.add(f"activated_{name}", _activated_sql(name))
    invoicing = make_invoices(steps, today=today, now=now)
    steps.add("became", "select item_id as id, service_id, addon_id, domain_id from placed")
    steps.add("accepted", ACCEPTED)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", f"{WARNINGS} union all {UNKNOWN_ORIGIN}")
    figures = (*steps.add("figures", FIGURES).fetchall(), *reverse_charge_figures(steps), *credit_figures(steps))
    return steps.plan(
        steps.insert("services", "new_services"),
        steps.insert("addons", "new_addons"),
        steps.insert("domains", "new_domains"),
        *invoicing,
        *(steps.update(name, f"activated_{name}") for name in ("services", "addons", "domains")),
        steps.update("order_items", "became"),
        steps.update("orders", "accepted"),
        problems="problems",
        warnings="warnings",
        summary=figures,
    )


ASKED = """
    with known as (select * from orders where id in (select order_id from requests)),
    owners as (select * from clients where id in (select client_id from known))
    select requests."row", requests.order_id, coalesce(requests.started_on, $today::date) as started_on, requests.send_email,
        known.id is not null as is_known, known.client_id, known.status, known.invoice_id, known.payment_method, known.promotion_code,
        coalesce(known.number, known.id::varchar) as order_name, owners.status as client_status, owners.auto_apply_credit,
        owners.payment_method as client_payment_method, currencies.code, currencies.minor_digits,
        row_number() over (partition by requests.order_id order by requests."row") > 1 as is_again
    from requests
    left join known on known.id = requests.order_id
    left join owners on owners.id = known.client_id
    left join currencies on currencies.id = owners.currency_id
"""

ORDER_ITEMS = """
    select asked."row", asked.client_id, asked.started_on, asked.promotion_code, order_items.id as item_id, order_items.* exclude (id),
        case order_items.kind when 'product' then order_items.service_id when 'addon' then order_items.addon_id
            else order_items.domain_id end is not null as is_there,
        row_number() over (partition by asked.order_id order by order_items.id) as position
    from asked join order_items on order_items.order_id = asked.order_id where asked.status = 'Pending' and not asked.is_again
"""

_MONTHS = f"(case kind when 'domain' then coalesce(registration_period, 1) * 12 else {months_sql('billing_cycle')} end)"

BEGUN = f"""
    with counted as (
        select *, {_MONTHS} as months, (amount + setup_fee - discount)::decimal(18, 4) as due,
            (select min(id) from promotions where lower(code) = lower(promotion_code)) as promotion_id from items
    )
    select *, case when months is not null then {later_due_sql("started_on", "months", "day(started_on)")} end as later_on from counted
"""

# What becomes of an item: new numbers in the order of orders and items. An add-on may be for the service of another item.
PLACED = """
    with numbered as (
        select *,
            case when kind = 'product' and not is_there
                then {services} + row_number() over (partition by kind, is_there order by "row", item_id) end as new_service_id,
            case when kind = 'addon' and not is_there
                then {addons} + row_number() over (partition by kind, is_there order by "row", item_id) end as addon_number,
            case when kind = 'domain' and not is_there
                then {domains} + row_number() over (partition by kind, is_there order by "row", item_id) end as domain_number
        from begun
    )
    select numbered.* exclude (service_id, addon_id, domain_id),
        coalesce(numbered.new_service_id, numbered.service_id, parents.new_service_id, parents.service_id) as service_id,
        coalesce(numbered.addon_number, numbered.addon_id) as addon_id,
        coalesce(numbered.domain_number, numbered.domain_id) as domain_id
    from numbered left join numbered parents on parents.item_id = numbered.for_item_id
"""

_BILLING_DAY = "case when months is not null and day(started_on) > 28 then day(started_on) end::tinyint as billing_day"

SERVICES = f"""
    select service_id as id, client_id, order_id, product_id, domain, coalesce(billing_cycle, 'monthly') as billing_cycle, quantity,
        due as first_amount, recurring_amount, started_on as registered_on, later_on as next_due_on, {_BILLING_DAY},
        'Active' as status, promotion_id
    from placed where kind = 'product' and not is_there
"""

ADDONS = f"""
    select addon_id as id, service_id, order_id, description as name, coalesce(billing_cycle, 'monthly') as billing_cycle, quantity, setup_fee,
        due as first_amount, recurring_amount, started_on as registered_on, later_on as next_due_on, {_BILLING_DAY}, 'Active' as status
    from placed where kind = 'addon' and not is_there
"""

DOMAINS = """
    select domain_id as id, client_id, order_id, description as name, coalesce(domain_kind, 'Register') as kind,
        coalesce(registration_period, 1)::tinyint as registration_period, started_on as registered_on, later_on as expires_on,
        later_on as next_due_on, due as first_amount, recurring_amount, 'Active' as status, promotion_id
    from placed where kind = 'domain' and not is_there
"""

BILLS = """
    with sums as (select "row", sum(due) as due from placed where not is_there group by "row")
    select row_number() over (order by asked."row") as bill_id, asked."row", client_id, false as is_draft, $today::date as issued_on,
        greatest($today::date, started_on) as due_on, coalesce(asked.payment_method, client_payment_method) as payment_method,
        null::varchar as number, null::varchar as notes, auto_apply_credit as offers_credit, send_email as sends_email
    from asked join sums using ("row") where sums.due > 0 and asked.invoice_id is null
"""

BILL_ITEMS = """
    select bills.bill_id, placed.position, placed.client_id, case placed.kind when 'product' then 'service' else placed.kind end as kind,
        case placed.kind when 'product' then placed.service_id end as service_id, placed.addon_id, placed.domain_id,
        case when placed.quantity > 1 then placed.quantity || ' x ' else '' end
            || case placed.kind when 'domain' then 'Domain ' || case placed.domain_kind when 'Transfer' then 'transfer' else 'registration' end
                || ' - ' || placed.description || ' - ' || placed.registration_period
                || case placed.registration_period when 1 then ' year' else ' years' end
                else coalesce(placed.description, 'Item of order ' || placed.order_id) end
            || case when placed.setup_fee > 0 then ', with set-up' else '' end
            || ' (' || placed.started_on || coalesce(' - ' || (placed.later_on - 1), '') || ')' as description,
        1::decimal(18, 4) as quantity, (placed.amount + placed.setup_fee)::decimal(18, 4) as unit_price, placed.discount,
        case placed.kind when 'product' then coalesce(products.is_taxed, true) when 'domain' then (select are_domains_taxed from billing)
            else true end as is_taxed,
        case placed.kind when 'product' then products.tax_class end as tax_class, null::decimal(9, 4) as tax_rate,
        placed.started_on as period_from, (placed.later_on - 1) as period_to
    from placed join bills using ("row") left join products on products.id = placed.product_id
    where not placed.is_there
"""


def _activated_sql(table: str) -> str:
    """What orders have brought already and is Pending."""
    kind = {"services": "product", "addons": "addon", "domains": "domain"}[table]
    return f"""
        select id, 'Active' as status from {table} where status in ('Pending', 'Pending Registration', 'Pending Transfer')
            and id in (select {table[:-1]}_id from placed where kind = '{kind}' and is_there)
    """


ACCEPTED = """
    select asked.order_id as id, 'Active' as status, coalesce(asked.invoice_id, new_invoices.id) as invoice_id
    from asked left join new_invoices using ("row") where asked.status = 'Pending' and not asked.is_again
"""

_NAMES_TAKEN = f"""
    with wanted as (select *, min("row") over (partition by lower(description)) as first_row from items where kind = 'domain' and not is_there)
    select "row", 'order_id', 'name_taken', 'domain ' || description || ' of order ' || wanted.order_id
        || coalesce(' is domain ' || min(ours.id) || ' already', ' is in row ' || first_row || ' already')
        || ': a name is registered once; cancel the order'
    from wanted left join domains ours on lower(ours.name) = lower(wanted.description) and ours.status in {OURS}
    where ours.id is not null or first_row < "row" group by "row", description, wanted.order_id, first_row
"""

PROBLEMS = f"""
    select "row", 'order_id' as field, 'unknown_order' as code, 'there is no order ' || order_id as message
    from asked where not is_known and order_id is not null
    union all
    select "row", 'order_id', 'twice', 'order ' || order_name || ' is in an earlier row already' from asked where is_known and is_again
    union all
    select "row", 'order_id', 'not_pending', 'order ' || order_name || ' is ' || status || ': only a pending one can be accepted'
    from asked where status <> 'Pending'
    union all
    select "row", 'order_id', 'no_items', 'order ' || order_name || ' has no items' from asked
    where status = 'Pending' and not is_again and order_id not in (select order_id from items)
    union all
    select "row", 'started_on', 'implausible_date', 'started_on ' || started_on || ' is more than a year away from today, ' || $today::date
    from asked where abs(started_on - $today::date) > 366
    union all
    select items."row", 'order_id', 'service_ended', 'add-on ' || coalesce(items.description, items.item_id::varchar) || ' is for service '
        || items.service_id || ', which is ' || services.status
    from items join services on services.id = items.service_id where items.kind = 'addon' and services.status in {ENDED}
    union all
    from ({_NAMES_TAKEN})
    union all
    select bills."row", 'order_id', 'too_large', 'the invoice would be more than can be kept, 99999999999999'
    from bills join bill_totals using (bill_id) where total is null
"""

WARNINGS = """
    select "row", 'order_id' as field, 'closed_client' as code, 'client ' || client_id || ' is Closed' as message
    from asked where client_status = 'Closed'
"""

FIGURES = f"""
    select 'Invoice for order ' || asked.order_name as label, {show_sql("new_invoices.total", "new_invoices.code", "new_invoices.minor_digits")}
        || case when new_invoices.credit_applied > 0 then ', of which paid by credit '
            || {show_sql("new_invoices.credit_applied", "new_invoices.code", "new_invoices.minor_digits")} else '' end as figure
    from new_invoices join asked using ("row") order by "row" limit 20
"""

RULES: tuple[Rule, ...] = (
    Rule("accept-order", "Accept order", accept_order, AcceptOrder, risk="medium", group="orders", manual="order"),
)  # fmt: skip
