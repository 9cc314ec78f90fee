"""What the demo book's clients bought: orders, services, add-ons and domains, with cycles that end or go on."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import BACKUP, CERTIFICATE, CYCLES, DOMAIN, EXTRA_IP, PRODUCTS
from clientops.importing.demo.seeded_random import chance, literal, moment, one_of, pick, weighted

MIGRATION = 11
FREE = 10
MAILBOX = 9
PRODUCT_WEIGHTS = {1: 26, 2: 22, 3: 9, 4: 8, 5: 2, 6: 7, 7: 4, 8: 1, MAILBOX: 6, FREE: 3, MIGRATION: 2, DOMAIN: 10}
HOSTING_CYCLES = {"annually": 70, "biennially": 9, "triennially": 4, "semi-annually": 7, "quarterly": 5, "monthly": 5}
SERVER_CYCLES = {"monthly": 30, "quarterly": 30, "annually": 40}
PURCHASES_PRIVATE = {0: 6, 1: 66, 2: 21, 3: 7}
PURCHASES_COMPANY = {0: 4, 1: 50, 2: 27, 3: 12, 4: 5, 6: 2}
ADDON_NAMES = {BACKUP: "Daily backup", EXTRA_IP: "Extra IP address", CERTIFICATE: "Extended certificate"}
DAYS_AHEAD = 14

# Why the last invoice of a purchase was not paid, in the order in which one reason beats another.
NO_TROUBLE, PENDING, FRAUD, SUSPENDED, STOPPED, LEFT_BEHIND = range(6)


def by_number(column: str, values: dict[int, str]) -> str:
    """SQL that names a number."""
    return f"case {column} " + " ".join(f"when {n} then {literal(text)}" for n, text in values.items()) + " end"


PRODUCT_NAMES = {n: product[0] for n, product in enumerate(PRODUCTS, start=1)}
MONTHS = "case billing_cycle " + " ".join(f"when '{c}' then {n}" for c, (n, _) in CYCLES.items()) + " else 0 end"


def add_services(draft: Draft) -> None:
    """Step ``purchases``: one row for each thing bought, with all that follows from it; needs ``people``, ``price_list``."""
    draft.add("bought", BOUGHT)
    draft.add("numbered", NUMBERED)
    draft.add("purchases", PURCHASES)


def add_service_rows(draft: Draft) -> dict[str, str]:
    """Steps of the tables' rows; needs ``purchases`` and ``bills``.

    Returns:
        Step by table.
    """
    draft.add("domain_names", DOMAIN_NAMES)
    rows = {
        "services": SERVICE_ROWS,
        "service_options": OPTION_ROWS,
        "addons": ADDON_ROWS,
        "domains": DOMAIN_ROWS,
        "dns_records": DNS_ROWS,
        "orders": ORDER_ROWS,
        "order_items": ORDER_ITEM_ROWS,
        "service_changes": CHANGE_ROWS,
    }
    for name, sql in rows.items():
        draft.add(f"new_{name}", sql)
    return {name: f"new_{name}" for name in rows}


def due(count: str) -> str:
    """SQL of the day on which a cycle begins, so many after the first; the end of a month stays the end."""
    return f"(registered_on + to_months(({count}) * months))::date"


def reached(until: str, months: str = "months") -> str:
    """SQL of how many cycles began until a day, the first one included."""
    whole = f"date_diff('month', registered_on, {until}) // {months}"
    return f"({whole} + if((registered_on + to_months(({whole})::integer * {months}))::date <= {until}, 1, 0))::integer"


BOUGHT = f"""
    with counted as (
        select *, case when role = 'gone' then 1 else greatest(if(keeps_service, 1, 0),
            if(is_company, {weighted("id", "purchases", PURCHASES_COMPANY)}, {weighted("id", "purchases", PURCHASES_PRIVATE)}))
            end as purchase_count
        from people
    ),
    each_one as (
        select id as client_id, unnest(range(purchase_count))::integer as place, id * 16 + place as purchase_key, role, created_on,
            status as client_status, active_until, keeps_service, currency_id, minor_digits, rate1, rate2, discount_percent
        from counted
    ),
    chosen as (
        select *, case when role = 'gone' or (keeps_service and place = 0) then 2
            else {weighted("purchase_key", "product", PRODUCT_WEIGHTS)} end as wanted_id,
            if(place = 0 and (role = 'gone' or {chance("purchase_key", "at once", 850)}), created_on,
                created_on + {pick("purchase_key", "registered", "coalesce(active_until - 30, $today - 1) - created_on + 1")})
                as registered_on
        from each_one
    ),
    cycled as (
        select * exclude (wanted_id),
            -- The classic plan is no longer sold.
            if(wanted_id = 4 and registered_on > $today - 1000, 1, wanted_id) as product_id,
            case when wanted_id = {FREE} then 'free' when wanted_id = {MIGRATION} then 'one time'
                when role = 'gone' or wanted_id = {DOMAIN} then 'annually'
                when wanted_id between 5 and 8 then {weighted("purchase_key", "cycle", SERVER_CYCLES)}
                when wanted_id = {MAILBOX} then if({chance("purchase_key", "cycle", 120)}, 'monthly', 'annually')
                else {weighted("purchase_key", "cycle", HOSTING_CYCLES)} end as billing_cycle,
            if({chance("purchase_key", "years", 150)}, 2, 1) as domain_years
        from chosen
    )
    select *, if(product_id = {DOMAIN}, 12 * domain_years, {MONTHS}) as months,
        role <> 'gone' and (product_id = {DOMAIN} or (product_id <= 5 and {chance("purchase_key", "domain", 650)})
            or (product_id between 6 and 7 and {chance("purchase_key", "domain", 150)})) as has_domain,
        case when role <> 'gone' and product_id between 1 and 7 and {chance("purchase_key", "addon", 130)}
            then {one_of("purchase_key", "which addon", BACKUP, EXTRA_IP, CERTIFICATE)} end as addon_product_id,
        if(product_id = {MAILBOX}, 1 + {pick("purchase_key", "quantity", 12)}, 1) as quantity
    from cycled
"""

NUMBERED = f"""
    with ordered as (
        select purchase_key, row_number() over (order by registered_on, client_id, place) as purchase_id,
            product_id < {DOMAIN} as has_service, has_domain, addon_product_id is not null as has_addon
        from bought
    )
    select purchase_key, purchase_id,
        if(has_service, row_number() over (partition by has_service order by purchase_id), null) as service_id,
        if(has_domain, row_number() over (partition by has_domain order by purchase_id), null) as domain_id,
        if(has_addon, row_number() over (partition by has_addon order by purchase_id), null) as addon_id
    from ordered
"""

PURCHASES = f"""
    with timed as (
        select *, case when months = 0 then if(billing_cycle = 'free', 0, 1)
            else greatest(1, {reached(f"coalesce(active_until - 1, $today + {DAYS_AHEAD - 1})")}) end as all_cycles
        from bought
    ),
    imagined as (
        select *, {due("all_cycles - 1")} as last_due_on, 1 + {pick("purchase_key", "cycles", "all_cycles - 1")} as fewer_cycles
        from timed
    ),
    fated as (
        select *, case
            when role = 'gone' then 'left behind'
            when keeps_service and place = 0 then 'active'
            when billing_cycle = 'one time' then 'completed'
            when billing_cycle = 'free' then if(active_until is null, 'active', 'ended')
            when not keeps_service and {chance("purchase_key", "fraud", 6)} then 'fraud'
            when active_until is not null then if({chance("purchase_key", "stops paying", 150)}, 'stopped paying', 'ended')
            when registered_on >= $today - 4 and {chance("purchase_key", "pending", 500)} then 'pending'
            when all_cycles > 1 and {chance("purchase_key", "ends", 270)}
                then if({chance("purchase_key", "stops paying", 250)}, 'stopped paying', 'ended')
            when all_cycles > 1 and last_due_on between $today - 80 and $today - 22
                and {chance("purchase_key", "suspended", 150)} then 'suspended'
            else 'active' end as wanted
        from imagined
    ),
    ending as (
        select *, case when wanted in ('left behind', 'fraud', 'pending') then 1
                when wanted in ('ended', 'stopped paying') and active_until is null then fewer_cycles
                else all_cycles end as fated_cycles
        from fated
    ),
    ended as (
        select *, case
            when wanted = 'fraud' then registered_on + 1
            when wanted = 'ended' and months = 0 then active_until
            when wanted = 'ended' then least({due("fated_cycles")}, active_until)
            when wanted = 'stopped paying' then least({due("fated_cycles - 1")} + 45, {due("fated_cycles")}, active_until)
            end as fated_end
        from ending
    ),
    -- Who would end later than today goes on.
    settled as (
        select * exclude (wanted, fated_cycles, fated_end),
            if(coalesce(fated_end >= $today, false), 'active', wanted) as fate,
            if(coalesce(fated_end >= $today, false), all_cycles, fated_cycles) as cycles,
            if(fated_end < $today, fated_end, null) as ended_on
        from ended
    ),
    priced as (
        select s.*,
            case when product_id in (2, 3) and cycles > 1 and {chance("purchase_key", "upgrade", 90)}
                then 1 + {pick("purchase_key", "upgraded at", "cycles - 1")} end as upgraded_at,
            case when role <> 'gone' and {chance("purchase_key", "promotion", 60)} then {one_of("purchase_key", "which promotion", 10, 20)}
                else 0 end as promotion_percent,
            if(has_domain, case when product_id = {DOMAIN} then cycles
                when fate in ('left behind', 'fraud', 'pending') then 1
                else greatest(1, {reached(f"coalesce(ended_on - 1, $today + {DAYS_AHEAD - 1})", "(12 * domain_years)")}) end, 0)
                as domain_cycles
        from settled s
    )
    select p.* exclude (role, created_on, all_cycles, fewer_cycles, last_due_on, keeps_service, active_until),
        coalesce(price.amount, 0)::decimal(18, 4) as unit_price, coalesce(price.setup_fee, 0)::decimal(18, 4) as setup_fee,
        old_price.amount as old_unit_price, (domain_price.amount * domain_years)::decimal(18, 4) as domain_price,
        addon_price.amount as addon_price,
        case fate when 'pending' then {PENDING} when 'fraud' then {FRAUD} when 'suspended' then {SUSPENDED}
            when 'stopped paying' then {STOPPED} when 'left behind' then {LEFT_BEHIND} else {NO_TROUBLE} end as trouble,
        numbered.purchase_id, numbered.service_id, numbered.domain_id, numbered.addon_id
    from priced p
    join numbered on numbered.purchase_key = p.purchase_key
    left join price_list price on price.product_id = p.product_id and price.currency_id = p.currency_id
        and price.billing_cycle = p.billing_cycle
    left join price_list old_price on old_price.product_id = 1 and old_price.currency_id = p.currency_id
        and old_price.billing_cycle = p.billing_cycle
    left join price_list domain_price on domain_price.product_id = {DOMAIN} and domain_price.currency_id = p.currency_id
        and domain_price.billing_cycle = 'annually'
    left join price_list addon_price on addon_price.product_id = p.addon_product_id
        and addon_price.currency_id = p.currency_id and addon_price.billing_cycle = p.billing_cycle
"""

SITE_WORDS = ("shop", "blog", "studio", "team", "photo", "garden", "music", "club", "travel", "kitchen")

# A company's first purchase brings the domain that its mail goes to.
DOMAIN_NAMES = f"""
    with named as (
        select p.purchase_id, if(f.is_company and p.place = 0 and f.id = f.company_key, s.domain, null) as own,
            {one_of("p.purchase_key", "site word", *SITE_WORDS)} || '-' || if(f.family_latin = '', 'web', f.family_latin) as base
        from purchases p
        join faces f on f.id = p.client_id
        left join sites s on s.company_key = f.company_key
        where p.domain_id is not null or p.product_id <= 5
    )
    select purchase_id, coalesce(own, base || coalesce(nullif(row_number() over (
        partition by base, own is null order by purchase_id), 1)::varchar, '') || '.example') as name
    from named
"""

SERVICE_STATUS = """case fate when 'active' then 'Active' when 'suspended' then 'Suspended' when 'left behind' then 'Suspended'
        when 'stopped paying' then 'Terminated' when 'fraud' then 'Fraud' when 'pending' then 'Pending'
        when 'completed' then 'Completed' else if(purchase_key % 5 < 3, 'Cancelled', 'Terminated') end"""
IS_RUNNING = "fate in ('active', 'suspended', 'left behind', 'pending') and months > 0"
FIRST_UNIT = "if(upgraded_at is null, unit_price, old_unit_price)"

SERVICE_ROWS = f"""
    select service_id as id, client_id, if(fate = 'left behind', null, purchase_id) as order_id, product_id,
        case when product_id <= 5 or product_id = {FREE} then 1 + {pick("purchase_id", "server", 8)}
            when product_id in (6, 7) then 9 + {pick("purchase_id", "server", 4)} end as server_id,
        n.name as domain,
        case when product_id <= 5 then left(replace(split_part(n.name, '.', 1), '-', ''), 8) || purchase_id % 100 end as username,
        billing_cycle, quantity,
        ({FIRST_UNIT} * quantity - {round_sql(f"({FIRST_UNIT} * quantity * promotion_percent * 0.01)")})::decimal(18, 4) as first_amount,
        if(billing_cycle = 'one time', 0, unit_price * quantity)::decimal(18, 4) as recurring_amount, registered_on,
        case when {IS_RUNNING} then {due("cycles")} end as next_due_on,
        case when {IS_RUNNING} then day(registered_on) end as billing_day,
        {SERVICE_STATUS} as status, ended_on as terminated_on,
        case when fate = 'completed' then least($today - 1, registered_on + {pick("purchase_id", "completed", 6)}) end as completed_on,
        case promotion_percent when 10 then 1 when 20 then 2 end as promotion_id,
        case when product_id between 6 and 8
            then '198.51.100.' || (1 + purchase_id % 250) end as dedicated_ip,
        case when fate in ('suspended', 'left behind') then 'Overdue on payment' end as suspend_reason
    from purchases p left join domain_names n using (purchase_id)
    where service_id is not null
    order by id
"""

OPTION_ROWS = f"""
    with chosen as (
        select service_id, unnest([
            {{'name': 'Memory', 'value': {one_of("service_id", "memory", "8 GB", "16 GB", "32 GB")}}},
            {{'name': 'Location', 'value': {one_of("service_id", "location", "Hamburg", "Helsinki", "Falkenstein")}}}], recursive := true)
        from purchases where product_id in (6, 7, 8)
    )
    select row_number() over (order by service_id, name) as id, service_id, name, value from chosen
"""

ADDON_ROWS = f"""
    select addon_id as id, service_id, purchase_id as order_id, {by_number("addon_product_id", ADDON_NAMES)} as name,
        billing_cycle, addon_price as first_amount, addon_price as recurring_amount, registered_on,
        case when {IS_RUNNING} then {due("cycles")} end as next_due_on,
        case when {IS_RUNNING} then day(registered_on) end as billing_day, {SERVICE_STATUS} as status, ended_on as terminated_on
    from purchases where addon_id is not null
    order by id
"""

PERIOD = "(12 * domain_years)"
DOMAIN_ROWS = f"""
    with dated as (
        select *, (registered_on + to_months((domain_cycles - 1) * {PERIOD}))::date as last_due_on,
            (registered_on + to_months(domain_cycles * {PERIOD}))::date as paid_until
        from purchases where domain_id is not null
    ),
    expiring as (
        -- A renewal that is billed ahead, or not paid, has not happened yet.
        select *, if(domain_cycles > 1 and (last_due_on >= $today or (product_id = {DOMAIN} and trouble in ({SUSPENDED}, {STOPPED}))),
            last_due_on, paid_until) as expires_on
        from dated
    ),
    decided as (
        select *, case when fate = 'fraud' then 'Fraud' when fate = 'pending' then 'Pending Registration'
            when ended_on is null then if(expires_on < $today, 'Grace', 'Active')
            when expires_on < $today - 60 then 'Expired' when expires_on < $today then 'Redemption'
            when client_status <> 'Active' or {chance("purchase_key", "moves away", 500)} then 'Transferred Away'
            else 'Active' end as status
        from expiring
    )
    select domain_id as id, client_id, purchase_id as order_id, n.name,
        if({chance("purchase_key", "transfer", 180)}, 'Transfer', 'Register') as kind,
        {one_of("domain_id", "registrar", "Openprovider", "Key-Systems", "RRPproxy")} as registrar,
        domain_years as registration_period, registered_on, expires_on,
        case when status in ('Active', 'Grace') and ended_on is null then paid_until end as next_due_on,
        domain_price as first_amount, domain_price as recurring_amount, status, ended_on is null as auto_renew,
        {chance("domain_id", "privacy", 350)} as has_privacy, {chance("domain_id", "dns", 550)} as has_dns_management,
        {chance("domain_id", "forwarding", 150)} as has_email_forwarding,
        'ns1.nordlicht.example' as nameserver1, 'ns2.nordlicht.example' as nameserver2
    from decided join domain_names n using (purchase_id)
    order by id
"""

DNS_ROWS = f"""
    with zones as (
        select id as domain_id, unnest([
            {{'name': '@', 'type': 'A', 'content': '192.0.2.' || (11 + {pick("id", "web address", 12)})}},
            {{'name': 'www', 'type': 'CNAME', 'content': name || '.'}},
            {{'name': '@', 'type': 'MX', 'content': '10 mail.nordlicht.example.'}},
            {{'name': '@', 'type': 'TXT', 'content': '"v=spf1 include:spf.nordlicht.example ~all"'}}], recursive := true)
        from new_domains where has_dns_management and status in ('Active', 'Grace')
    )
    select row_number() over (order by domain_id, name, type) as id, domain_id, name, type, content from zones
"""

ORDER_ROWS = f"""
    select purchase_id as id, (1_000_000_000 + (purchase_id * 618033989) % 9_000_000_000)::varchar as number, p.client_id,
        {moment("p.registered_on", "purchase_id", "ordered")} as ordered_at,
        (coalesce(s.first_amount, 0) + setup_fee + if(has_domain, domain_price, 0) + coalesce(addon_price, 0))::decimal(18, 4) as amount,
        f.payment_method,
        case promotion_percent when 10 then 'WELCOME10' when 20 then 'SPRING' end as promotion_code,
        if(promotion_percent > 0, 'percent', null) as promotion_kind, nullif(promotion_percent, 0) as promotion_value,
        b.invoice_id, case fate when 'fraud' then 'Fraud' when 'pending' then 'Pending' else 'Active' end as status,
        '203.0.113.' || (1 + {pick("purchase_id", "ip address", 254)}) as ip_address
    from purchases p
    join faces f on f.id = p.client_id
    left join new_services s on s.id = p.service_id
    left join bills b on b.client_id = p.client_id and b.due_on = p.registered_on and b.is_first
    order by id
"""

ORDER_ITEM_ROWS = f"""
    with ordered as (
        select purchase_id, 1 as place, 'product' as kind, p.product_id, service_id, null::bigint as addon_id, null::bigint as domain_id,
            {by_number("p.product_id", PRODUCT_NAMES)} as description, s.billing_cycle, s.quantity, setup_fee,
            s.first_amount as amount, s.recurring_amount
        from purchases p join new_services s on s.id = p.service_id
        where fate <> 'left behind'
        union all
        select purchase_id, 2, 'addon', null, service_id, addon_id, null, {by_number("addon_product_id", ADDON_NAMES)}, billing_cycle, 1, 0,
            addon_price, addon_price
        from purchases where addon_id is not null
        union all
        select purchase_id, 3, 'domain', null, null, null, domain_id, name, 'annually', 1, 0, domain_price, domain_price
        from purchases join domain_names using (purchase_id) where domain_id is not null
    )
    select row_number() over (order by purchase_id, place) as id, purchase_id as order_id, * exclude (purchase_id, place) from ordered
"""

CHANGE_ROWS = f"""
    select row_number() over (order by purchase_id) as id, p.client_id, purchase_id as order_id, b.invoice_id, 'product' as kind, service_id,
        {due("upgraded_at")} as changed_on, 'Starter hosting' as from_value, {by_number("product_id", PRODUCT_NAMES)} as to_value,
        billing_cycle as new_billing_cycle, (unit_price * quantity)::decimal(18, 4) as new_recurring_amount,
        ((unit_price - old_unit_price) * quantity)::decimal(18, 4) as recurring_difference, true as is_paid
    from purchases p
    join bills b on b.client_id = p.client_id and b.due_on = {due("upgraded_at")} and not b.is_first
    where upgraded_at is not null
"""
