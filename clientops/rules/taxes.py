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

TAX_PLACES = """
    with places as (from billed_places),
    fitting as (
        select places.country, places.state, tax_rates.level, tax_rates.rate, tax_rates.id,
            (coalesce(tax_rates.country, '') = '')::integer * 2 + (coalesce(tax_rates.state, '') = '')::integer as width
        from places
        join tax_rates
            on (coalesce(tax_rates.country, '') = '' or upper(tax_rates.country) = upper(places.country))
            and (coalesce(tax_rates.state, '') = '' or lower(tax_rates.state) = lower(places.state))
    ),
    narrowest as (
        select * from fitting qualify row_number() over (partition by country, state, level order by width, id) = 1
    )
    select country, state,
        coalesce(max(rate) filter (level = 1), 0)::decimal(9, 4) as tax_rate1,
        coalesce(max(rate) filter (level = 2), 0)::decimal(9, 4) as tax_rate2
    from narrowest group by country, state
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


ITEM_AMOUNTS = f"""
    with counted as (
        select bill_items.*, {units_sql("quantity")} * {units_sql("unit_price")} as gross,
            {units_sql("discount")} as taken_off, {step_sql()} as step
        from bill_items join billed_clients using (client_id)
    )
    select * exclude (gross, taken_off, step), step,
        case when abs(gross - taken_off * 10000) < {MOST_UNITS} * 10000::hugeint
            then {rounded_sql("(gross - taken_off * 10000)", "10000")} end as units
    from counted
"""

ITEM_TAXES = f"""
    with rated as (
        select item_amounts.*,
            (case when is_taxed then tax_rate1 * 10000 else 0 end)::hugeint as rate1,
            (case when is_taxed then tax_rate2 * 10000 else 0 end)::hugeint as rate2
        from item_amounts join billed_clients using (client_id)
    ),
    net_and_first as (
        select rated.*, billing.tax_mode, billing.is_compound,
            case
                when tax_mode = 'exclusive' then units
                when is_compound then {rounded_sql("(units * 1000000000000)", "(1000000 + rate1) * (1000000 + rate2)")}
                else {rounded_sql("(units * 1000000)", "1000000 + rate1 + rate2")}
            end as net,
            {rounded_sql("(units * 1000000)", "1000000 + rate2")} as without_second
        from rated cross join billing
    ),
    first_level as (
        select *, case
            when tax_mode = 'exclusive' then {rounded_sql("(units * rate1)", "1000000")}
            when is_compound then without_second - net
            when rate1 + rate2 = 0 then 0
            else {rounded_sql("((units - net) * rate1)", "rate1 + rate2")}
        end as units1
        from net_and_first
    ),
    both_levels as (
        select *, case
            when tax_mode = 'inclusive' then units - net - units1
            when is_compound then {rounded_sql("((units + units1) * rate2)", "1000000")}
            else {rounded_sql("(units * rate2)", "1000000")}
        end as units2
        from first_level
    )
    select * exclude (step, rate1, rate2, net, without_second, tax_mode, is_compound)
    from both_levels
"""
