"""What falls due: services, add-ons and domains with every cycle up to the dates asked for."""

from __future__ import annotations

from clientops.rules.services.billing_cycles import aim_day_sql, later_due_sql, leap_aim_day_sql, months_sql

_ASKED = "{t}.next_due_on <= (select max(until_on) from asked) and {owner}.{{whose}}"

EVERYONE = "client_id is not null"
ONLY_ASKED = "client_id in (select client_id from asked)"

_IS_FIRST = "coalesce({t}.registered_on = {t}.next_due_on, false)"

_TIMES = "case when {t}.quantity > 1 then {t}.quantity || ' x ' else '' end"

BILLABLE = f"""
    select 'service' as kind, services.id, services.client_id, services.id as service_id,
        services.next_due_on, {months_sql("services.billing_cycle")} as months,
        {aim_day_sql("services.billing_day", "services.next_due_on")} as aim_day,
        {_IS_FIRST.format(t="services")} as is_first, services.first_amount, services.recurring_amount,
        coalesce(products.is_taxed, true) as is_taxed, products.tax_class, services.payment_method, services.status as service_status,
        {_TIMES.format(t="services")}
            || concat_ws(' - ', coalesce(products.name, 'Service ' || services.id), services.domain) as description
    from services left join products on products.id = services.product_id
    where services.status in ('Active', 'Suspended') and services.billing_cycle <> 'free'
        and {_ASKED.format(t="services", owner="services")}
    union all
    select 'addon', addons.id, services.client_id, addons.service_id,
        addons.next_due_on, {months_sql("addons.billing_cycle")},
        {aim_day_sql("addons.billing_day", "addons.next_due_on")},
        {_IS_FIRST.format(t="addons")}, addons.first_amount, addons.recurring_amount,
        addons.is_taxed, addons.tax_class, coalesce(addons.payment_method, services.payment_method), services.status,
        {_TIMES.format(t="addons")}
            || concat_ws(' - ', coalesce(addons.name, 'Add-on ' || addons.id), services.domain)
    from addons join services on services.id = addons.service_id
    where addons.status in ('Active', 'Suspended') and addons.billing_cycle <> 'free'
        and {_ASKED.format(t="addons", owner="services")}
    union all
    select 'domain', domains.id, domains.client_id, null,
        domains.next_due_on, domains.registration_period * 12,
        {leap_aim_day_sql("domains.next_due_on", "domains.registered_on")},
        {_IS_FIRST.format(t="domains")}, domains.first_amount, domains.recurring_amount,
        (select are_domains_taxed from billing), null, domains.payment_method, null,
        'Domain ' || case when {_IS_FIRST.format(t="domains")} then 'registration' else 'renewal' end || ' - '
            || domains.name || ' - ' || domains.registration_period
            || case domains.registration_period when 1 then ' year' else ' years' end
    from domains
    where domains.status in ('Active', 'Grace') and domains.auto_renew
        and {_ASKED.format(t="domains", owner="domains")}
"""

HAS_ENDED = "coalesce(kind = 'addon' and service_status in ('Terminated', 'Cancelled', 'Fraud'), false)"

IS_NEGATIVE = "(recurring_amount < 0 or (is_first and first_amount < 0))"

BILLED_OWNERS = """
    with owners as (select * from clients where id in (select client_id from billable))
    select owners.id, owners.separate_invoices or coalesce(groups.separate_invoices, false) as is_separate,
        coalesce(groups.discount_percent, 0) as discount_percent, owners.payment_method as client_payment_method,
        owners.auto_apply_credit, owners.status, currencies.minor_digits
    from owners
    join currencies on currencies.id = owners.currency_id
    left join groups on groups.id = owners.group_id
"""

DUE_ITEMS = f"""
    with priced as (
        select * from billable where client_id in (select id from billed_owners) and not {HAS_ENDED} and not {IS_NEGATIVE}
    ),
    cycles as (
        select *, unnest(range(0, case when months is null then 1 else
            datediff('month', next_due_on, (select max(until_on) from asked)) // months + 1 end))::integer as cycle
        from priced
    ),
    dated as (
        select *, {later_due_sql("next_due_on", "coalesce(months, 0) * cycle", "aim_day")} as due_on,
            case when months is not null
                then {later_due_sql("next_due_on", "months * (cycle + 1)", "aim_day")} end as later_due_on
        from cycles
    ),
    asked_days as (
        select due_on, min(asked."row") as "row"
        from (select distinct due_on from dated) join asked on asked.until_on >= due_on
        where asked.client_id is null group by due_on
    ),
    asked_clients as (
        select dated.kind, dated.id, dated.cycle, min(asked."row") as "row"
        from dated join asked on asked.client_id = dated.client_id and asked.until_on >= dated.due_on
        group by dated.kind, dated.id, dated.cycle
    )
    select dated.*, least(asked_days."row", asked_clients."row") as "row",
        case when is_first and cycle = 0 then first_amount else recurring_amount end as price
    from dated
    left join asked_days using (due_on)
    left join asked_clients using (kind, id, cycle)
    where coalesce(asked_days."row", asked_clients."row") is not null
"""

_MOVED = """
    with moved as (
        select id, max(later_due_on) as next_due_on,
            any_value(case when day(next_due_on) > 28 then aim_day end)::tinyint as new_billing_day
        from due_items where kind = '{kind}' group by id
    )
    select id, moved.next_due_on, coalesce(billing_day, new_billing_day) as billing_day
    from moved join {t} using (id)
"""

MOVED: dict[str, str] = {
    "services": _MOVED.format(kind="service", t="services"),
    "addons": _MOVED.format(kind="addon", t="addons"),
    "domains": "select id, max(later_due_on) as next_due_on from due_items where kind = 'domain' group by id",
}
