"""Tax of invoice items: which rates apply to a client, and how much they come to.

Amounts are reckoned in whole ten-thousandths of a currency unit as HUGEINT: the engine multiplies DECIMAL(18, 4) into 18
digits, which overflow, and divides decimals as DOUBLE.
"""

from __future__ import annotations

MOST_UNITS = "100000000000000000::hugeint"

BILLING = """
    select
        case lower(max(value) filter (name = 'tax_mode')) when 'inclusive' then 'inclusive' else 'exclusive' end
            as tax_mode,
        coalesce(lower(max(value) filter (name = 'tax_rounding')) = 'invoice', false) as is_rounded_on_sum,
        coalesce(lower(max(value) filter (name = 'tax_compound')) in ('yes', 'true', 'on', '1'), false) as is_compound,
        coalesce(lower(max(value) filter (name = 'tax_domains')) not in ('no', 'false', 'off', '0'), true)
            as are_domains_taxed,
        coalesce(try_cast(max(value) filter (name = 'invoice_due_days') as integer), 14) as due_days,
        nullif(trim(max(value) filter (name = 'invoice_number_format')), '') as number_format,
        try_cast(max(value) filter (name = 'invoice_next_number') as bigint) as next_number,
        length(trim(max(value) filter (name = 'invoice_next_number'))) as number_width,
        max(id) filter (name = 'invoice_next_number') as next_number_setting_id,
        lower(max(value) filter (name = 'invoice_number_restart')) as number_restart, 'invoice_next_number' as counter_name
    from settings
"""

# A rate of the item's class comes before one that is for all; of those the one for the narrowest place.
TAX_PLACES = """
    with places as (from billed_places),
    fitting as (
        select places.country, places.state, places.tax_class, tax_rates.level, tax_rates.rate, tax_rates.id,
            (coalesce(tax_rates.tax_class, '') = '')::integer as is_for_all,
            (coalesce(tax_rates.country, '') = '')::integer * 2 + (coalesce(tax_rates.state, '') = '')::integer as width
        from places
        join tax_rates
            on (coalesce(tax_rates.country, '') = '' or upper(tax_rates.country) = upper(places.country))
            and (coalesce(tax_rates.state, '') = '' or lower(tax_rates.state) = lower(places.state))
            and (coalesce(tax_rates.tax_class, '') = '' or lower(tax_rates.tax_class) = places.tax_class)
    ),
    narrowest as (
        select * from fitting
        qualify row_number() over (partition by country, state, tax_class, level order by is_for_all, width, id) = 1
    )
    select country, state, tax_class,
        coalesce(max(rate) filter (level = 1), 0)::decimal(9, 4) as tax_rate1,
        coalesce(max(rate) filter (level = 2), 0)::decimal(9, 4) as tax_rate2
    from narrowest group by country, state, tax_class
"""


def units_sql(amount: str) -> str:
    """SQL for an amount (or any DECIMAL with at most 4 decimals) in whole ten-thousandths."""
    return f"({amount}::decimal(38, 4) * 10000)::hugeint"


def amount_sql(units: str) -> str:
    """SQL for the amount of so many ten-thousandths; NULL where it does not fit its column."""
    return f"(try_cast({units} as decimal(18, 0)) * 0.0001)::decimal(18, 4)"


def step_sql(digits: str = "minor_digits") -> str:
    """SQL for the minor unit of a currency with so many decimals, in ten-thousandths: EUR 100, JPY 10000."""
    return f"(case {digits} when 0 then 10000 when 1 then 1000 when 2 then 100 when 3 then 10 else 1 end)::hugeint"


def rounded_sql(numerator: str, denominator: str, step: str = "step") -> str:
    """SQL for a fraction of HUGEINTs, rounded half away from zero to a multiple of ``step``; all arguments are SQL."""
    half_up = f"(2 * abs({numerator}) + ({denominator}) * {step}) // (2 * ({denominator}) * {step})"
    return f"(sign({numerator}) * ({half_up}) * {step})"


# Quantity x price is rounded to the minor unit first, as an item without discount would be; then the discount is taken off.
ITEM_AMOUNTS = f"""
    with counted as (
        select bill_items.*, {units_sql("quantity")} * {units_sql("unit_price")} as gross,
            {units_sql("discount")} as taken_off, {step_sql()} as step
        from bill_items join (select client_id, minor_digits from billed_addresses) using (client_id)
    )
    select * exclude (gross, taken_off, step), step, row_number() over (order by bill_id, position) as item_key,
        case when abs(gross - taken_off * 10000) < {MOST_UNITS} * 10000::hugeint
            then {rounded_sql("gross", "10000")} - {rounded_sql("taken_off", "1")} end as units
    from counted
"""

# Rounded on the sum, the tax of an item is what it adds to the rounded tax of the items of its rates up to it:
# so the items' taxes sum to the tax of the sum, and each differs from its own by less than a minor unit.
ITEM_TAXES = f"""
    with rated as (
        select item_amounts.*,
            (case when is_taxed and not is_untaxed then coalesce(item_amounts.tax_rate, places.tax_rate1, 0) else 0 end)::decimal(9, 4)
                as item_rate1,
            (case when is_taxed and not is_untaxed then coalesce(places.tax_rate2, 0) else 0 end)::decimal(9, 4) as item_rate2
        from item_amounts
        join bill_places using (bill_id)
        left join tax_places places on places.country is not distinct from bill_places.country
            and places.state is not distinct from bill_places.state
            and places.tax_class is not distinct from lower(item_amounts.tax_class)
    ),
    summed as (
        select rated.*, (item_rate1 * 10000)::hugeint as rate1, (item_rate2 * 10000)::hugeint as rate2, billing.tax_mode,
            billing.is_compound, billing.is_rounded_on_sum,
            case when is_rounded_on_sum then (sum(units) over (
                partition by bill_id, item_rate1, item_rate2 order by item_key))::hugeint else units end as base
        from rated cross join billing
    ),
    net_and_first as (
        select summed.*,
            case
                when tax_mode = 'exclusive' then base
                when is_compound then {rounded_sql("(base * 1000000000000)", "(1000000 + rate1) * (1000000 + rate2)")}
                else {rounded_sql("(base * 1000000)", "1000000 + rate1 + rate2")}
            end as net,
            {rounded_sql("(base * 1000000)", "1000000 + rate2")} as without_second
        from summed
    ),
    first_level as (
        select *, case
            when tax_mode = 'exclusive' then {rounded_sql("(base * rate1)", "1000000")}
            when is_compound then without_second - net
            when rate1 + rate2 = 0 then 0
            else {rounded_sql("((base - net) * rate1)", "rate1 + rate2")}
        end as until1
        from net_and_first
    ),
    both_levels as (
        select *, case
            when tax_mode = 'inclusive' then base - net - until1
            when is_compound then {rounded_sql("((base + until1) * rate2)", "1000000")}
            else {rounded_sql("(base * rate2)", "1000000")}
        end as until2
        from first_level
    )
    select * exclude (step, item_key, rate1, rate2, net, without_second, tax_mode, is_compound, is_rounded_on_sum, base, until1, until2),
        until1 - case when is_rounded_on_sum then coalesce(lag(until1) over of_rates, 0) else 0 end as units1,
        until2 - case when is_rounded_on_sum then coalesce(lag(until2) over of_rates, 0) else 0 end as units2
    from both_levels window of_rates as (partition by bill_id, item_rate1, item_rate2 order by item_key)
"""
