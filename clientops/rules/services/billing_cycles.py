"""Billing cycles: how many months they have, and on which day each of them is due."""

from __future__ import annotations

CYCLES: dict[str, int] = {
    "monthly": 1,
    "quarterly": 3,
    "semi-annually": 6,
    "annually": 12,
    "biennially": 24,
    "triennially": 36,
}


def months_sql(billing_cycle: str) -> str:
    """SQL for the months of a billing cycle (SQL); NULL for cycles that do not come again (free, one time)."""
    cases = " ".join(f"when '{name}' then {months}" for name, months in CYCLES.items())
    return f"(case {billing_cycle} {cases} end)"


def aim_day_sql(billing_day: str, due_on: str) -> str:
    """SQL for the day of the month that due dates aim at: the kept one, else that of the due date."""
    return f"coalesce({billing_day}, day({due_on}))"


def later_due_sql(due_on: str, months: str, aim_day: str) -> str:
    """SQL for the due date so many months later (all SQL): the day aimed at, or the last one of a shorter month.

    Counted from the first due date, not from the one before, so that 31 Jan, 28 Feb is followed by 31 Mar. No months
    later is the date itself, whatever day is aimed at.
    """
    month = f"(date_trunc('month', {due_on}) + to_months(({months})::integer))::date"
    aimed = f"({month} + (least({aim_day}, day(last_day({month}))) - 1)::integer)"
    return f"(case ({months}) when 0 then {due_on} else {aimed} end)"


def leap_aim_day_sql(due_on: str, began_on: str) -> str:
    """SQL for the day that yearly due dates aim at: what began on 29 Feb and is due on 28 Feb aims at the 29th."""
    return (
        f"(case when month({due_on}) = 2 and day({due_on}) = 28 and month({began_on}) = 2 and day({began_on}) = 29 "
        f"then 29 else day({due_on}) end)"
    )
