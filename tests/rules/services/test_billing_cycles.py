"""Billing cycles: how many months they have, and on which day each of them is due."""

import calendar
from datetime import date

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.services.billing_cycles import CYCLES, aim_day_sql, later_due_sql, leap_aim_day_sql, months_sql
from tests.long_forms import examples

connection = duckdb.connect()


def later_due(due_on, months, billing_day=None):
    """The due date so many months later, by the SQL."""
    aim = aim_day_sql("$billing_day::tinyint", "$due_on::date")
    sql = f"select {later_due_sql('$due_on::date', '$months::integer', aim)}"
    return connection.execute(sql, {"due_on": due_on, "months": months, "billing_day": billing_day}).fetchone()[0]


@pytest.mark.parametrize(
    ("due_on", "months", "billing_day", "expected"),
    [
        pytest.param(date(2026, 1, 31), 1, None, date(2026, 2, 28), id="31 Jan, a month: 28 Feb"),
        pytest.param(date(2026, 1, 31), 2, None, date(2026, 3, 31), id="31 Jan, two months: 31 Mar"),
        pytest.param(date(2028, 1, 31), 1, None, date(2028, 2, 29), id="31 Jan of a leap year: 29 Feb"),
        pytest.param(date(2026, 2, 28), 1, 31, date(2026, 3, 31), id="28 Feb that aims at the 31st: 31 Mar"),
        pytest.param(date(2026, 2, 28), 1, None, date(2026, 3, 28), id="28 Feb that aims at nothing else: 28 Mar"),
        pytest.param(date(2026, 4, 30), 1, 31, date(2026, 5, 31), id="30 Apr that aims at the 31st: 31 May"),
        pytest.param(date(2026, 1, 30), 1, None, date(2026, 2, 28), id="30 Jan: 28 Feb"),
        pytest.param(date(2028, 2, 29), 12, None, date(2029, 2, 28), id="29 Feb, a year: 28 Feb"),
        pytest.param(date(2028, 2, 29), 48, None, date(2032, 2, 29), id="29 Feb, four years: 29 Feb"),
        pytest.param(date(2099, 2, 28), 12, 29, date(2100, 2, 28), id="2100 is no leap year"),
        pytest.param(date(2026, 12, 31), 2, None, date(2027, 2, 28), id="over the end of the year"),
        pytest.param(date(2026, 11, 15), 1, 1, date(2026, 12, 1), id="aims at the first from then on"),
        pytest.param(date(2026, 11, 15), 0, 1, date(2026, 11, 15), id="no months: the date itself"),
    ],
)
def test_later_due(due_on, months, billing_day, expected):
    """The day aimed at comes back after shorter months."""
    assert later_due(due_on, months, billing_day) == expected


@settings(max_examples=examples(200), deadline=None)
@given(st.dates(date(1970, 1, 1), date(2100, 1, 1)), st.integers(1, 600), st.none() | st.integers(1, 31))
def test_later_due_is_the_calendars(due_on, months, billing_day):
    """Law: so many months later, on the day aimed at or the month's last."""
    month = due_on.year * 12 + due_on.month - 1 + months
    last = calendar.monthrange(month // 12, month % 12 + 1)[1]
    expected = date(month // 12, month % 12 + 1, min(billing_day or due_on.day, last))
    assert later_due(due_on, months, billing_day) == expected


@pytest.mark.parametrize(("cycle", "months"), [*CYCLES.items(), ("free", None), ("one time", None)])
def test_months(cycle, months):
    """Each cycle has its months; what is free or paid once does not come again."""
    assert connection.execute(f"select {months_sql('$cycle')}", {"cycle": cycle}).fetchone() == (months,)


@pytest.mark.parametrize(
    ("due_on", "began_on", "day"),
    [
        pytest.param(date(2026, 2, 28), date(2024, 2, 29), 29, id="began on 29 Feb"),
        pytest.param(date(2026, 2, 28), date(2024, 2, 28), 28, id="began on 28 Feb"),
        pytest.param(date(2026, 2, 28), None, 28, id="began nobody knows when"),
        pytest.param(date(2026, 3, 28), date(2024, 2, 29), 28, id="due in another month"),
    ],
)
def test_leap_aim_day(due_on, began_on, day):
    """What began on 29 Feb aims at it every fourth year."""
    sql = f"select {leap_aim_day_sql('$due_on::date', '$began_on::date')}"
    assert connection.execute(sql, {"due_on": due_on, "began_on": began_on}).fetchone() == (day,)
