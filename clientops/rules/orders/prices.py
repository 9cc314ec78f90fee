"""SQL of orders: prices, promotions and the rows of what was ordered."""

from __future__ import annotations

from clientops.core.money import is_minor_unit_sql, round_sql, show_sql
from clientops.rules.domains.add import OURS
from clientops.rules.invoices.taxes import amount_sql, rounded_sql, step_sql, units_sql
from clientops.rules.services.dates import ENDED

_OF_ORDER = ("client_id", "promotion_code", "payment_method", "notes")

ASKED = f"""
    with keyed as (
        select *, min("row") over (partition by case when order_id is not null then 'order ' || order_id
            else coalesce('key ' || "order", 'row ' || "row") end) as first_row
        from requests
    ),
    firsts as (select "row" as first_row, {", ".join(f"{name} as first_{name}" for name in _OF_ORDER)} from keyed where "row" = first_row),
    placed as (
        select keyed.*, firsts.* exclude (first_row), standing.status as order_status, standing.id as standing_id,
            coalesce(standing.client_id, first_client_id) as owner_id,
            coalesce(standing.promotion_code, case when keyed.order_id is null then first_promotion_code end) as code_of_promotion,
            count(*) filter (where kind = 'product') over (partition by keyed.first_row order by keyed."row") as products_so_far
        from keyed join firsts using (first_row) left join orders standing on standing.id = keyed.order_id
    ),
    owners as (select * from clients where id in (select owner_id from placed)),
    prices as (
        select product_id, currency_id, billing_cycle, arg_min(amount, id) as price, arg_min(greatest(setup_fee, 0), id) as set_up
        from product_prices where product_id in (select product_id from requests) group by all
    ),
    earlier as (
        select placed."row", max(order_items.id) as item_id from placed join order_items
            on order_items.order_id = placed.order_id and order_items.kind = 'product' group by placed."row"
    )
    select placed.*, coalesce(placed.billing_cycle, 'monthly') as cycle, owners.id is not null as is_known,
        owners.status as client_status, owners.payment_method as client_payment_method, owners.currency_id, currencies.code,
        currencies.minor_digits, currencies.rate as currency_rate, coalesce(groups.discount_percent, 0) as discount_percent,
        products.id is not null as is_product, products.name as product_name, products.is_retired, prices.price, prices.set_up,
        parents.client_id as parent_client_id, parents.status as parent_status, earlier.item_id as earlier_item_id,
        promotions.id as promotion_id, promotions.code as promotion_code_known, promotions.kind as promotion_kind,
        promotions.value as promotion_value, promotions.is_recurring, promotions.recur_for, promotions.starts_on,
        promotions.expires_on, promotions.max_uses, promotions.uses
    from placed
    left join owners on owners.id = placed.owner_id
    left join currencies on currencies.id = owners.currency_id
    left join groups on groups.id = owners.group_id
    left join products on products.id = placed.product_id
    left join prices on prices.product_id = placed.product_id and prices.currency_id = owners.currency_id
        and prices.billing_cycle = coalesce(placed.billing_cycle, 'monthly')
    left join services parents on parents.id = placed.service_id
    left join earlier on earlier."row" = placed."row"
    left join (select *, row_number() over (partition by lower(code) order by id) as place from promotions) promotions
        on promotions.place = 1 and lower(promotions.code) = lower(placed.code_of_promotion)
"""

# In DECIMAL(38, 4), so that a price times a quantity can be seen to be too large.
PRICED = """
    with listed as (
        select *, case when kind = 'product' then price::decimal(38, 4) * quantity end as list_amount,
            case when kind = 'product' then set_up::decimal(38, 4) * quantity end as list_set_up
        from asked
    ),
    recurring as (
        select *, case when cycle in ('free', 'one time') and kind <> 'domain' then 0::decimal(38, 4)
            else coalesce(recurring_amount::decimal(38, 4), list_amount, 0) end::decimal(38, 4) as recurring_full
        from listed
    )
    select *, case when cycle = 'free' and kind <> 'domain' then 0 else coalesce(amount::decimal(38, 4),
            case when cycle = 'one time' and kind <> 'domain' then list_amount else recurring_full end, 0) end::decimal(38, 4) as first_full,
        case when cycle = 'free' and kind <> 'domain' then 0
            else coalesce(setup_fee::decimal(38, 4), list_set_up, 0) end::decimal(38, 4) as set_up_full
    from recurring
"""

_IN_CURRENCY = f"""{
    amount_sql(
        rounded_sql(
            f"({units_sql('promotion_value')} * (currency_rate::decimal(38, 8) * 100000000)::hugeint)",
            "100000000::hugeint",
            step_sql(),
        )
    )
}"""

DISCOUNTED = f"""
    with kept as (
        select *, case when try_cast(first_full + set_up_full as decimal(18, 4)) is not null then try_cast(first_full as decimal(18, 4)) end
                as first_payment,
            case when try_cast(first_full + set_up_full as decimal(18, 4)) is not null then try_cast(set_up_full as decimal(18, 4)) end
                as set_up_fee,
            try_cast(recurring_full as decimal(18, 4)) as recurring, {_IN_CURRENCY} as value_here
        from priced
    ),
    spread as (
        select *, (first_payment::decimal(38, 4) + set_up_fee)::decimal(18, 4) as due,
            coalesce(sum(first_payment + set_up_fee) over (
                partition by first_row order by "row" rows between unbounded preceding and 1 preceding), 0) as due_before
        from kept
    ),
    promoted as (
        select *, case promotion_kind
                when 'percent' then least(first_payment, {round_sql("(first_payment::decimal(24, 4) * least(promotion_value, 100)::decimal(9, 4) * 0.01)")})
                when 'fixed' then case when order_id is null then greatest(0, least(due, value_here - due_before)) else 0 end
                when 'price' then case when kind = 'product' then greatest(0, first_payment - value_here::decimal(38, 4) * quantity) else 0 end
                when 'free setup' then set_up_fee
                else 0 end::decimal(18, 4) as promoted_off,
            case when coalesce(is_recurring, false) and recur_for = 0 then case promotion_kind
                when 'percent' then least(recurring, {round_sql("(recurring::decimal(24, 4) * least(promotion_value, 100)::decimal(9, 4) * 0.01)")})
                when 'fixed' then case when order_id is null then greatest(0, least(recurring, value_here - due_before)) else 0 end
                when 'price' then case when kind = 'product' then greatest(0, recurring - value_here::decimal(38, 4) * quantity) else 0 end
                else 0 end else 0 end::decimal(18, 4) as recurring_off
        from spread
    )
    select *, promoted_off + {round_sql("((due - promoted_off)::decimal(24, 4) * discount_percent::decimal(9, 4) * 0.01)")} as discount,
        (recurring - recurring_off)::decimal(18, 4) as recurring_after
    from promoted
"""

ORDERS = """
    with sums as (select first_row, sum(due - discount)::decimal(38, 4) as amount from discounted group by first_row)
    select discounted."row", first_row, {next_id} + row_number() over (order by discounted."row") as id, owner_id as client_id,
        $now::timestamptz as ordered_at, try_cast(sums.amount as decimal(18, 4)) as amount,
        coalesce(first_payment_method, client_payment_method) as payment_method,
        promotion_code_known as promotion_code, promotion_kind, promotion_value, 'Pending' as status, first_notes as notes
    from discounted join sums using (first_row) where "row" = first_row and order_id is null and is_known
"""

_DESCRIPTION = (
    """case kind when 'product' then concat_ws(' - ', coalesce(product_name, 'Product'), name) else name end"""
)

ITEMS = f"""
    with numbered as (
        select discounted.*, {{next_id}} + row_number() over (order by discounted."row") as id,
            coalesce(discounted.order_id, new_orders.id) as of_order
        from discounted left join new_orders using (first_row) where discounted.is_known
    ),
    products_before as (
        select *, max(case when kind = 'product' then id end) over (partition by first_row order by "row") as product_before from numbered
    )
    select "row", id, of_order as order_id, kind, product_id, case when kind = 'addon' then service_id end as service_id,
        case when kind = 'domain' then name else {_DESCRIPTION} end as description,
        case when kind = 'domain' then null else cycle end as billing_cycle, quantity::integer as quantity,
        set_up_fee as setup_fee, first_payment as amount, recurring_after as recurring_amount, discount::decimal(18, 4) as discount,
        case when kind = 'domain' then coalesce(registration_period, 1) end::tinyint as registration_period,
        case when kind = 'domain' then coalesce(domain_kind, 'Register') end as domain_kind,
        case when kind = 'product' then name end as domain,
        case when kind = 'addon' and service_id is null then coalesce(product_before, earlier_item_id) end as for_item_id
    from products_before
"""

ADDED_AMOUNTS = """
    select orders.id, (orders.amount + sum(due - discount))::decimal(18, 4) as amount
    from orders join discounted on discounted.order_id = orders.id group by orders.id, orders.amount
"""

PROMOTION_USES = """
    select promotions.id, (promotions.uses + count(*))::integer as uses
    from promotions join (select promotion_id from discounted where "row" = first_row and order_id is null and promotion_id is not null) used
        on used.promotion_id = promotions.id
    group by promotions.id, promotions.uses
"""

_DIFFERS = " union all ".join(
    f"""
    select "row", '{name}', 'differs', '{name} ' || {name} || ' differs from ' || coalesce(first_{name}::varchar, 'none')
        || ' in row ' || first_row || ' of the same order'
    from asked where order_id is null and {name} is not null and {name} is distinct from first_{name}
    """
    for name in _OF_ORDER
)

_NOT_FOR_KIND = " union all ".join(
    f"""
    select "row", '{name}', 'not_for_kind', '{name} ' || {name} || ' is not for {words}; leave it empty'
    from asked where {name} is not null and {where}
    """
    for name, words, where in (
        ("product_id", "an add-on or a domain", "kind <> 'product'"),
        ("service_id", "a product or a domain", "kind <> 'addon'"),
        ("billing_cycle", "a domain", "kind = 'domain'"),
        ("registration_period", "a product or an add-on", "kind <> 'domain'"),
        ("domain_kind", "a product or an add-on", "kind <> 'domain'"),
    )
)

_FINE = " union all ".join(
    f"""
    select "row", '{name}', 'not_minor_unit', '{name} ' || {name} || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql(name)}
    """
    for name in ("amount", "setup_fee", "recurring_amount")
)

_NAMES_TAKEN = f"""
    with wanted as (select *, min("row") over (partition by name) as first_named from asked where kind = 'domain' and name is not null)
    select "row", 'name', 'name_taken', 'name ' || wanted.name || coalesce(' is that of domain ' || min(ours.id) || ' already',
        ' is in row ' || first_named || ' already') || ': a name is registered once'
    from wanted left join domains ours on lower(ours.name) = wanted.name and ours.status in {OURS}
    where ours.id is not null or first_named < "row" group by "row", wanted.name, first_named
"""

_PROMOTION_PROBLEMS = """
    with turns as (
        select *, row_number() over (partition by promotion_id order by "row") as turn from asked
        where "row" = first_row and order_id is null and promotion_id is not null
    )
    select "row", 'promotion_code', 'not_valid', 'promotion_code ' || promotion_code_known || case
        when starts_on > $today::date then ' holds from ' || starts_on || ' on'
        when expires_on < $today::date then ' held until ' || expires_on
        else ' was used ' || (uses + turn - 1) || ' times, as often as it may be' end || '; choose another one'
    from turns where starts_on > $today::date or expires_on < $today::date or (max_uses > 0 and uses + turn > max_uses)
"""

PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || owner_id as message
    from asked where owner_id is not null and not is_known and "row" = first_row
    union all
    select "row", 'client_id', 'missing', 'client_id is missing: say who orders'
    from asked where order_id is null and first_client_id is null and "row" = first_row
    union all
    select "row", 'client_id', 'not_clients', 'order ' || order_id || ' is not one of client ' || client_id
    from asked where standing_id is not null and client_id <> owner_id
    union all
    select "row", 'order_id', 'unknown_order', 'there is no order ' || order_id from asked where order_id is not null and standing_id is null
    union all
    select "row", 'order_id', 'not_pending', 'order ' || order_id || ' is ' || order_status || ': only a pending one gets more items'
    from asked where order_status <> 'Pending'
    union all
    select "row", 'order', 'order_and_key', 'order ' || "order" || ': give either the order or a key for a new one'
    from asked where order_id is not null and "order" is not null
    union all
    select "row", 'promotion_code', 'promotion_fixed', 'promotion_code ' || promotion_code || ': order ' || order_id || ' keeps its own'
    from asked where order_id is not null and promotion_code is not null
    union all {_DIFFERS} union all {_NOT_FOR_KIND} union all {_FINE}
    union all from ({_NAMES_TAKEN})
    union all from ({_PROMOTION_PROBLEMS})
    union all
    select "row", 'promotion_code', 'unknown_promotion', 'there is no promotion ' || code_of_promotion
    from asked where order_id is null and "row" = first_row and code_of_promotion is not null and promotion_id is null
    union all
    select "row", 'product_id', 'missing', 'product_id is missing: say which product is ordered'
    from asked where kind = 'product' and product_id is null
    union all
    select "row", 'product_id', 'unknown_product', 'there is no product ' || product_id
    from asked where kind = 'product' and product_id is not null and not is_product
    union all
    select "row", 'name', 'missing', 'name is missing: say what the ' || case kind when 'domain' then 'domain' else 'add-on' end || ' is called'
    from asked where kind <> 'product' and name is null
    union all
    select "row", 'service_id', 'not_clients', 'client ' || owner_id || ' has no service ' || service_id
    from asked where kind = 'addon' and service_id is not null and is_known and parent_client_id is distinct from owner_id
    union all
    select "row", 'service_id', 'service_ended', 'service ' || service_id || ' is ' || parent_status || ': it gets no add-on'
    from asked where kind = 'addon' and parent_status in {ENDED} and parent_client_id = owner_id
    union all
    select "row", 'service_id', 'no_service', 'the add-on has no service: give one, or put it behind a product of the same order'
    from asked where kind = 'addon' and service_id is null and products_so_far = 0 and earlier_item_id is null
    union all
    select "row", case when cycle = 'one time' and kind <> 'domain' then 'amount' else 'recurring_amount' end, 'no_price',
        case when kind = 'product' then 'product ' || product_id || ' has no ' || cycle || ' price in ' || code || ': give the amount'
            else 'the amount is missing: say what it costs' end
    from priced where is_known and (kind <> 'product' or is_product) and list_amount is null
        and (kind = 'domain' or cycle <> 'free') and case when cycle = 'one time' and kind <> 'domain' then amount else recurring_amount end is null
    union all
    select "row", 'recurring_amount', 'one_time_recurs', 'recurring_amount ' || recurring_amount || ': what is paid one time has no later cycle'
    from asked where kind <> 'domain' and cycle = 'one time' and recurring_amount > 0
    union all
    select "row", name, 'free_costs', name || ' ' || cost || ': the billing cycle is free; choose another one'
    from (select "row", kind, cycle, unnest([{{'name': 'amount', 'cost': amount}}, {{'name': 'setup_fee', 'cost': setup_fee}},
            {{'name': 'recurring_amount', 'cost': recurring_amount}}], recursive := true) from (select * exclude (name) from asked))
    where kind <> 'domain' and cycle = 'free' and cost > 0
    union all
    select "row", 'amount', 'too_large', 'the item would be more than can be kept, 99999999999999'
    from priced where try_cast(first_full + set_up_full as decimal(18, 4)) is null or try_cast(recurring_full as decimal(18, 4)) is null
    union all
    select "row", 'amount', 'too_large', 'the order would be more than can be kept, 99999999999999' from new_orders where amount is null
        and first_row not in (select first_row from priced where try_cast(first_full + set_up_full as decimal(18, 4)) is null)
"""

WARNINGS = """
    select "row", 'client_id' as field, 'closed_client' as code, 'client ' || owner_id || ' is Closed' as message
    from asked where client_status = 'Closed' and "row" = first_row
    union all
    select "row", 'product_id', 'retired_product', 'product ' || product_id || ', ' || product_name || ', is no longer sold'
    from asked where is_retired
    union all
    select "row", 'promotion_code', 'recurs_limited', 'promotion ' || promotion_code_known || ' holds for ' || recur_for
        || ' cycles: only the first payment is lowered; lower the later ones by hand'
    from asked where "row" = first_row and is_recurring and recur_for > 0
"""

FIGURES = f"""
    with told as (
        select first_row, "row", 1 as place, coalesce(name, product_name, kind) as label, {show_sql("due")} || case when discount > 0
            then ', less ' || {show_sql("discount")} else '' end || case when recurring_after > 0
            then ', then ' || {show_sql("recurring_after")} || case when kind = 'domain' then ' a renewal' else ' ' || cycle end else '' end as figure
        from discounted where is_known and due is not null
        union all
        select first_row, max("row"), 2, 'Due when accepted', {show_sql("sum(due - discount)", "any_value(code)", "any_value(minor_digits)")}
            || ', without tax or with it as the settings say'
        from discounted where is_known and due is not null group by first_row
    )
    select label, figure from told where first_row in (select distinct first_row from asked order by first_row limit 10)
    order by first_row, place, "row"
"""
