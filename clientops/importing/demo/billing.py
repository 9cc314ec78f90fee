"""Invoices of the demo book: what falls due, with tax to the cent, and what became of each invoice."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import BACKUP
from clientops.importing.demo.seeded_random import chance, pick, weighted
from clientops.importing.demo.services import (
    ADDON_NAMES,
    DAYS_AHEAD,
    FRAUD,
    LEFT_BEHIND,
    MIGRATION,
    NO_TROUBLE,
    PENDING,
    PRODUCT_NAMES,
    STOPPED,
    SUSPENDED,
    by_number,
    due,
)

SERVICE, ADDON, DOMAIN_RENEWAL, SETUP, LATE_FEE, OTHER, DISCOUNT = range(1, 8)
KINDS = {SERVICE: "service", ADDON: "addon", DOMAIN_RENEWAL: "domain", SETUP: "setup", LATE_FEE: "late fee",
         OTHER: "other", DISCOUNT: "group discount"}  # fmt: skip


def add_bills(draft: Draft) -> None:
    """Steps ``lines`` (what is billed) and ``bills`` (one row an invoice, with its fate); needs ``purchases``."""
    draft.add("lines", LINES)
    draft.add("bills", BILLS)


# Cycle number 0 is billed on the day of the order, all later ones two weeks ahead.
LINES = f"""
    with service_cycles as (select *, unnest(range(cycles))::integer as cycle from purchases where service_id is not null),
    domain_cycles as (
        select * exclude (months), 12 * domain_years as months, unnest(range(domain_cycles))::integer as cycle
        from purchases where has_domain
    ),
    clients_with_help as (
        select id as client_id, currency_id, minor_digits, rate1, rate2, discount_percent,
            created_on + {pick("id", "help day", "coalesce(active_until, $today) - created_on")} as day,
            (1 + {pick("id", "half hours", 8)}) * 0.5 as hours, status = 'Active' and {chance("id", "draft", 120)} as is_draft
        from people where role <> 'gone' and {chance("id", "help", 60)}
    ),
    plain as (
        select client_id, {due("cycle")} as due_on, cycle = 0 as is_first, {SERVICE} as kind, purchase_id, cycle,
            quantity::decimal(18, 4) as quantity, if(cycle < upgraded_at, old_unit_price, unit_price) as unit_price,
            if(cycle = 0, promotion_percent, 0) as percent_off, true as is_taxed,
            if(cycle = cycles - 1, trouble, {NO_TROUBLE}) as trouble, ended_on, minor_digits, rate1, rate2, discount_percent
        from service_cycles
        union all
        select client_id, {due("cycle")}, cycle = 0, {ADDON}, purchase_id, cycle, 1, addon_price, 0, true,
            if(cycle = cycles - 1, trouble, {NO_TROUBLE}), ended_on, minor_digits, rate1, rate2, discount_percent
        from service_cycles where addon_id is not null
        union all
        select client_id, {due("cycle")}, cycle = 0, {DOMAIN_RENEWAL}, purchase_id, cycle, 1, domain_price, 0, true,
            if(service_id is null and cycle = cycles - 1, trouble, {NO_TROUBLE}), ended_on, minor_digits, rate1, rate2,
            discount_percent
        from domain_cycles
        union all
        select client_id, registered_on, true, {SETUP}, purchase_id, 0, 1, setup_fee, 0, true,
            if(cycles = 1, trouble, {NO_TROUBLE}), ended_on, minor_digits, rate1, rate2, discount_percent
        from purchases where setup_fee > 0
        union all
        select client_id, {due("cycles - 1")}, cycles = 1, {LATE_FEE}, purchase_id, cycles - 1, 1, (price.amount * 2)::decimal(18, 4), 0, false,
            trouble, ended_on, minor_digits, rate1, rate2, 0
        from purchases p
        join price_list price on price.product_id = {BACKUP} and price.currency_id = p.currency_id and price.billing_cycle = 'monthly'
        where trouble in ({SUSPENDED}, {STOPPED}) and {chance("purchase_id", "late fee", 400)}
        union all
        select client_id, if(is_draft, $today + 30, day + {DAYS_AHEAD}), false, {OTHER}, 0, 0, hours, price.amount, 0, true,
            {NO_TROUBLE}, null, minor_digits, rate1, rate2, discount_percent
        from clients_with_help h
        join price_list price on price.product_id = {MIGRATION} and price.currency_id = h.currency_id
    ),
    reduced as (
        select *, {round_sql("(quantity * unit_price * percent_off * 0.01)")} as discount,
            {round_sql("(quantity * unit_price)")} as gross
        from plain
    ),
    discounted as (
        select client_id, due_on, is_first, kind, purchase_id, cycle, quantity, unit_price, discount,
            (gross - discount)::decimal(18, 4) as amount, is_taxed, trouble, ended_on, minor_digits, rate1, rate2
        from reduced
        union all
        select client_id, due_on, is_first, {DISCOUNT}, 0, 0, 1, -off, 0, -off, true, {NO_TROUBLE}, null, minor_digits, rate1, rate2
        from (
            select client_id, due_on, is_first, minor_digits, rate1, rate2,
                {round_sql("((sum(gross - discount))::decimal(18, 4) * discount_percent * 0.01)")} as off
            from reduced where discount_percent > 0 and is_taxed
            group by client_id, due_on, is_first, minor_digits, rate1, rate2, discount_percent
        )
    )
    select * exclude (rate1, rate2, minor_digits),
        if(is_taxed, {round_sql("(amount * rate1 * 0.01)")}, 0)::decimal(18, 4) as tax1,
        if(is_taxed, {round_sql("(amount * rate2 * 0.01)")}, 0)::decimal(18, 4) as tax2
    from discounted
"""

LAGS = {-6: 4, -3: 10, -1: 14, 0: 18, 1: 14, 2: 12, 4: 10, 7: 8, 12: 6, 20: 4}

BILLS = f"""
    with summed as (
        select client_id, due_on, is_first, sum(amount)::decimal(18, 4) as subtotal, sum(tax1)::decimal(18, 4) as tax1,
            sum(tax2)::decimal(18, 4) as tax2, max(trouble) as trouble, max(ended_on) filter (trouble <> {NO_TROUBLE}) as trouble_on
        from lines group by client_id, due_on, is_first
    ),
    dated as (
        select *, due_on > $today + {DAYS_AHEAD - 1} as is_draft, if(is_first, due_on, due_on - {DAYS_AHEAD}) as issued_on
        from summed
    ),
    numbered as (
        select *, row_number() over (order by is_draft, issued_on, client_id, due_on, is_first) as invoice_id from dated
    ),
    paid as (
        select n.*, p.currency_id, p.minor_digits, p.payment_method, p.pays_together, p.rate1, p.rate2, p.status as client_status,
            p.keeps_service, p.active_until, (subtotal + tax1 + tax2)::decimal(18, 4) as total,
            case when p.pays_together and not is_first
                    then (date_trunc('quarter', due_on) + interval 3 month)::date - 1
                when p.payment_method = 'banktransfer' then if(is_first, due_on + 1 + {pick("invoice_id", "pays", 5)},
                    greatest(issued_on + 1, due_on + {weighted("invoice_id", "pays", LAGS)}))
                when p.payment_method = 'directdebit' then due_on + if(is_first, 2, 1)
                when is_first then due_on
                else due_on - {pick("invoice_id", "pays", 3)} end as pay_on,
            {pick("invoice_id", "fate", 1000)} as luck
        from numbered n join people p on p.id = n.client_id
    ),
    decided as (
        select * exclude (luck), case
            when is_draft then 'Draft'
            when trouble = {LEFT_BEHIND} then 'Collections'
            when trouble = {FRAUD} then 'Cancelled'
            when trouble in ({PENDING}, {SUSPENDED}) then 'Unpaid'
            when trouble = {STOPPED} and active_until is null and luck < 300 then 'Written off'
            when trouble = {STOPPED} and active_until is null and luck < 600 then 'Collections'
            when trouble = {STOPPED} then 'Cancelled'
            when pay_on > active_until and client_status = 'Closed' then 'Cancelled'
            when luck < 10 and issued_on < $today - 1 then 'Cancelled'
            when luck < 19 and pay_on + 12 < least($today, coalesce(active_until, $today)) then 'Refunded'
            when luck < 40 and payment_method = 'banktransfer' and due_on between $today - 100 and $today - 3 then 'Unpaid'
            when pay_on < $today then 'Paid'
            else 'Unpaid' end as outcome
        from paid
    )
    select * exclude (trouble_on),
        case when outcome <> 'Cancelled' then null
            when trouble <> {NO_TROUBLE} then greatest(issued_on, coalesce(trouble_on, issued_on))
            when pay_on > active_until and client_status = 'Closed' then active_until
            else least($today - 1, issued_on + 1 + {pick("invoice_id", "cancelled", 10)}) end as cancelled_on,
        case when outcome = 'Refunded' then pay_on + 2 + {pick("invoice_id", "refunded", 9)} end as refunded_on
    from decided
"""


def add_invoice_rows(draft: Draft) -> dict[str, str]:
    """Steps of the tables' rows; needs ``settled``, ``lines`` and the rows of clients, contacts and services.

    Returns:
        Step by table.
    """
    draft.add("new_invoices", INVOICE_ROWS)
    draft.add("new_invoice_items", ITEM_ROWS)
    return {"invoices": "new_invoices", "invoice_items": "new_invoice_items"}


INVOICE_ROWS = """
    with addressees as (
        select c.id as client_id, b.contact_id,
            concat_ws(', ', c.company_name, coalesce(b.name, nullif(concat_ws(' ', c.first_name, c.last_name), '')), c.address1,
                nullif(concat_ws(' ', c.postcode, c.city), ''), c.state, c.country) as bill_to
        from client_rows c left join billing_contacts b on b.client_id = c.id
    )
    select invoice_id as id, 'INV-' || number as number, s.client_id, a.contact_id as billing_contact_id, a.bill_to,
        if(is_draft, null, issued_on) as issued_on, due_on, if(status in ('Paid', 'Refunded'), money_on, null) as paid_on,
        refunded_on, cancelled_on, rate1 as tax_rate1, rate2 as tax_rate2, subtotal, tax1, tax2, total, credit_applied,
        if(status = 'Written off', total, 0)::decimal(18, 4) as written_off, status, payment_method
    from settled s left join addressees a on a.client_id = s.client_id
"""

NAMED_KIND = "case kind " + " ".join(f"when {number} then '{name}'" for number, name in KINDS.items()) + " end"

# Numbered while the rows are narrow: sorting the finished texts costs twice as much.
ITEM_ROWS = f"""
    with numbered as (
        select row_number() over (order by b.invoice_id, l.purchase_id = 0, l.purchase_id, l.kind) as id, b.invoice_id, l.*
        from lines l join bills b on b.client_id = l.client_id and b.due_on = l.due_on and b.is_first = l.is_first
    ),
    described as (
        select l.id, invoice_id, kind, service_id, addon_id, domain_id, n.name as domain, l.quantity, l.unit_price, l.discount, l.amount,
            is_taxed, tax1, tax2,
            if(p.months > 0 and kind in ({SERVICE}, {ADDON}, {DOMAIN_RENEWAL}), l.due_on, null) as period_from,
            -- The end of the period comes from the first day, so that the 31st stays the 31st.
            (registered_on + to_months((cycle + 1) * if(kind = {DOMAIN_RENEWAL}, 12 * domain_years, months)))::date - 1 as period_end,
            {by_number("if(cycle < upgraded_at, 1, product_id)", PRODUCT_NAMES)} as product,
            {by_number("addon_product_id", ADDON_NAMES)} as addon
        from numbered l
        left join purchases p on p.purchase_id = l.purchase_id
        left join domain_names n on n.purchase_id = l.purchase_id
    )
    select id, invoice_id, {NAMED_KIND} as kind,
        if(kind in ({SERVICE}, {SETUP}, {LATE_FEE}), service_id, null) as service_id, if(kind = {ADDON}, addon_id, null) as addon_id,
        if(kind = {DOMAIN_RENEWAL}, domain_id, null) as domain_id,
        case kind when {SERVICE} then product || coalesce(' - ' || domain, '') when {ADDON} then addon
            when {DOMAIN_RENEWAL} then 'Domain ' || domain when {SETUP} then 'Set-up: ' || product when {LATE_FEE} then 'Late fee'
            when {OTHER} then 'Help, hours' else 'Group discount' end
            || coalesce(' (' || period_from || ' to ' || period_end || ')', '') as description,
        quantity, unit_price, discount, amount, is_taxed, tax1, tax2, period_from, if(period_from is null, null, period_end) as period_to
    from described
"""
