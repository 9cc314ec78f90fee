"""Amounts by the day, against plain Python."""

from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.invoices.proration import cycle_start_sql, share_sql
from clientops.rules.services.billing_cycles import CYCLES, later_due_sql
from tests.long_forms import examples

CONNECTION = duckdb.connect()


def value(sql, **values):
    return CONNECTION.execute(sql, values).fetchone()[0]


PART = st.tuples(
    st.decimals(0, 99999999999999, places=4), st.integers(0, 1200), st.integers(1, 1100), st.sampled_from([0, 2, 3, 4])
)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(PART, min_size=1, max_size=40))
def test_a_share_is_the_amount_by_the_day_rounded_half_up(parts):
    """Law: to the last minor unit, for any amount that can be kept; the parts of a whole differ from it by less than one each."""
    rows = ", ".join(
        f"({place}, {amount}::decimal(18, 4), {days}, {whole}, {digits})"
        for place, (amount, days, whole, digits) in enumerate(parts)
    )
    sql = f"select {share_sql('amount', 'days', 'whole')} from (values {rows}) t(place, amount, days, whole, minor_digits) order by place"
    found = [row[0] for row in CONNECTION.execute(sql).fetchall()]
    for (amount, days, whole, digits), share in zip(parts, found, strict=True):
        exact = Decimal(amount) * days / whole
        if exact < Decimal(10) ** 14 - 1:
            assert share == exact.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        else:
            assert share is None or share >= Decimal(10) ** 13


def test_a_share_of_no_days_is_nothing():
    """A cycle that was never invoiced has no days: nothing is charged or credited for it."""
    assert value("select " + share_sql("10.00::decimal(18, 4)", "5", "0").replace("minor_digits", "2")) == 0
    assert value("select " + share_sql("-10.00::decimal(18, 4)", "1", "3").replace("minor_digits", "2")) == Decimal(
        "-3.33"
    )


@settings(max_examples=examples(60), deadline=None)
@given(st.dates(date(2000, 1, 1), date(2099, 12, 31)), st.sampled_from(list(CYCLES.values())), st.integers(0, 60))
def test_the_cycle_before_a_due_date_is_the_one_that_led_to_it(began, months, cycles):
    """Law: the cycle that ends before a due date began on the due date before, month ends and 29 February included."""
    aim = began.day
    due = [
        value(f"select {later_due_sql('$began::date', f'{months} * {n}', str(aim))}", began=began)
        for n in (cycles, cycles + 1)
    ]
    start = value(f"select {cycle_start_sql('$due::date', str(months), str(aim))}", due=due[1])
    assert start == due[0]
    assert timedelta(27) < due[1] - start <= timedelta(1096)
