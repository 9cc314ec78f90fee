"""Printed numbers of invoices and credit notes: a scheme, a counter for each period, no gaps and none twice.

The counter and the documents that use it are changed by one operation. So no number is lost where an operation fails, and
one that others counted on from cannot be undone before theirs.
"""

from __future__ import annotations

from clientops.core.plan import Change
from clientops.schema.tables import Steps


def count_numbers(steps: Steps) -> tuple[Change, ...]:
    """Count on from the numbers of the step ``numbered_bills``: changes of ``settings``."""
    steps.add("next_numbers", NEXT_NUMBERS)
    steps.add("new_counters", NEW_COUNTERS.format(next_id=steps.tables.next_id("settings")))
    steps.add("old_counters", "select counter_id as id, value from next_numbers where counter_id is not null")
    return (steps.update("settings", "old_counters"), steps.insert("settings", "new_counters"))


def padded_sql(number: str, width: str) -> str:
    """SQL of a number with zeros in front, so that it has at least so many digits (SQL)."""
    return f"lpad(({number})::varchar, greatest({width}, length(({number})::varchar))::integer, '0')"


def formatted_sql(number: str) -> str:
    """SQL of a printed number from ``number_format``, ``issued_on`` and the counted number, padded (SQL)."""
    return f"""
        replace(replace(replace(replace(
            case when contains(number_format, '{{NUMBER}}') then number_format else number_format || '{{NUMBER}}' end,
            '{{YEAR}}', strftime(issued_on, '%Y')),
            '{{MONTH}}', strftime(issued_on, '%m')),
            '{{DAY}}', strftime(issued_on, '%d')),
            '{{NUMBER}}', {number})
    """


_PRINTED = formatted_sql(padded_sql("counted_number", "number_width")).replace("{", "{{").replace("}", "}}")

# Format with ``invoice_id``. Steps: ``billing`` (scheme) and ``bills`` (``bill_id``, ``is_draft``, ``number``, ``issued_on``).
NUMBERED_BILLS = f"""
    with named as (
        select *, {{invoice_id}} as invoice_id,
            not is_draft and number is null and number_format is not null and next_number is not null as gets_number,
            counter_name || case number_restart
                when 'yearly' then ' ' || strftime(issued_on, '%Y') when 'monthly' then ' ' || strftime(issued_on, '%Y-%m')
                else '' end as counter
        from bills cross join billing
    ),
    kept as (select name, max(id) as id, max(value) as value from settings group by name),
    started as (
        select named.*, kept.id as counter_id, case when counter = counter_name then next_number
            else coalesce(try_cast(kept.value as bigint), 1) end as first_number
        from named left join kept on kept.name = named.counter
    ),
    counted as (
        select *, first_number + row_number() over (partition by gets_number, counter order by bill_id) - 1 as counted_number
        from started
    )
    select bill_id, invoice_id, gets_number, counter, counter_id, counted_number, number_width,
        case when gets_number then {_PRINTED} else number end as number
    from counted
"""

NEXT_NUMBERS = f"""
    select counter, any_value(counter_id) as counter_id,
        {padded_sql("max(counted_number) + 1", "any_value(number_width)")} as value
    from numbered_bills where gets_number group by counter
"""

NEW_COUNTERS = """
    select {next_id} + row_number() over (order by counter) as id, counter as name, value
    from next_numbers where counter_id is null
"""
