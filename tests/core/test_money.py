"""Money: minor units, rounding, and how amounts are written; SQL and Python agree."""

from decimal import Decimal

import duckdb
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clientops.core.money import (
    format_money,
    is_minor_unit_sql,
    minor_digits,
    round_money,
    round_sql,
    show_amount,
    show_sql,
)
from tests.long_forms import examples

LARGEST = Decimal("99999999999999.9999")
amounts = st.decimals(-LARGEST + 1, LARGEST - 1, places=4)


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def in_sql(connection, expression, amount, digits=2, code="EUR"):
    """Value of a SQL expression over one amount and currency."""
    given_row = "select $amount::decimal(18, 4) as amount, $digits::tinyint as minor_digits, $code as code"
    row = connection.execute(
        f"select {expression} from ({given_row})", {"amount": amount, "digits": digits, "code": code}
    ).fetchone()
    return row[0]


@pytest.mark.parametrize(("currency", "digits"), [("EUR", 2), ("USD", 2), ("JPY", 0), ("KWD", 3), ("CLF", 4)])
def test_minor_digits(currency, digits):
    """Each currency has the decimals that its country uses."""
    assert minor_digits(currency) == digits


@pytest.mark.parametrize(
    ("amount", "digits", "expected"),
    [
        pytest.param("0.125", 2, "0.13", id="half a cent up"),
        pytest.param("-0.125", 2, "-0.13", id="half a cent down"),
        pytest.param("0.1249", 2, "0.12", id="less than half"),
        pytest.param("2.5", 0, "3", id="half a yen, not to the even one"),
        pytest.param("1.0005", 3, "1.001", id="half a fils"),
        pytest.param("1.23456", 4, "1.2346", id="finer than anything"),
        pytest.param("7", 2, "7.00", id="whole"),
    ],
)
def test_rounding_is_half_away_from_zero(amount, digits, expected):
    """Invoices round half a minor unit away from zero, in every currency."""
    assert str(round_money(Decimal(amount), digits)) == expected


@settings(max_examples=examples(60), deadline=None)
@given(amounts, st.integers(0, 4))
@example(Decimal("0.5"), 0)
@example(Decimal("-0.0005"), 3)
@example(Decimal("99999999999998.9999"), 2)
def test_sql_rounds_as_python_does(connection, amount, digits):
    """Law: an amount rounded in SQL and in Python is the same, and what is rounded is a minor unit."""
    rounded = in_sql(connection, round_sql("amount"), amount, digits)
    assert rounded == round_money(amount, digits)
    assert in_sql(connection, f"typeof({round_sql('amount')})", amount, digits) == "DECIMAL(18,4)"
    assert in_sql(connection, is_minor_unit_sql("amount"), rounded, digits) is True
    assert in_sql(connection, is_minor_unit_sql("amount"), amount, digits) is (rounded == amount)


@pytest.mark.parametrize(
    ("amount", "digits", "is_one"),
    [
        pytest.param("10.00", 2, True, id="EUR 10.00"),
        pytest.param("10.005", 2, False, id="EUR 10.005"),
        pytest.param("10.5", 0, False, id="JPY 10.5"),
        pytest.param("10", 0, True, id="JPY 10"),
        pytest.param("10.005", 3, True, id="KWD 10.005"),
        pytest.param("10.0005", 3, False, id="KWD 10.0005"),
        pytest.param("-10.0001", 4, True, id="four decimals"),
        pytest.param("99999999999999.9999", 2, False, id="one that rounds to more than can be kept"),
        pytest.param("99999999999999.9999", 4, True, id="the largest"),
    ],
)
def test_minor_units(connection, amount, digits, is_one):
    """An amount that is finer than its currency is told from one that is not."""
    assert in_sql(connection, is_minor_unit_sql("amount"), Decimal(amount), digits) is is_one


@settings(max_examples=examples(40), deadline=None)
@given(amounts, st.sampled_from(["EUR", "JPY", "KWD"]))
@example(Decimal("1234.5"), "EUR")
@example(Decimal("-0.5"), "JPY")
def test_sql_shows_as_python_does(connection, amount, currency):
    """Law: an amount is written the same in sentences made in SQL and in Python."""
    shown = in_sql(connection, show_sql("amount"), amount, minor_digits(currency), currency)
    assert shown.replace("-0", "0") == show_amount(amount, currency).replace("-0", "0")


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "expected"),
    [
        pytest.param("1234.5", "EUR", "en", "€1,234.50", id="euros in English"),
        pytest.param("1234.5", "EUR", "de", "1.234,50\xa0€", id="euros in German"),
        pytest.param("1234", "JPY", "en", "¥1,234", id="yen"),
        pytest.param("-1.5", "KWD", "en", "-KWD1.500", id="dinars owed"),
    ],
)
def test_amounts_for_people(amount, currency, locale, expected):
    """Amounts are written as people of a language write them."""
    assert format_money(Decimal(amount), currency, locale) == expected


def test_amounts_for_tables():
    """In tables and sentences the currency stands before the amount in its minor unit."""
    assert show_amount(Decimal("1234.5"), "EUR") == "EUR 1234.50"
    assert show_amount(Decimal(7), "JPY") == "JPY 7"
