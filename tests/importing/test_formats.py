"""Amounts and dates as people in other countries write them."""

from __future__ import annotations

import pytest

from clientops.importing.formats import (
    doubt_about_amounts,
    doubt_about_dates,
    plain_amount,
    plain_date,
    sniff_date_order,
    sniff_decimal_mark,
)


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        pytest.param("1,234.50", "point", "1234.50", id="English thousands"),
        pytest.param("1.234,50", "comma", "1234.50", id="German thousands"),
        pytest.param("1 234,50 €", "comma", "1234.50", id="French, narrow spaces and a sign"),
        pytest.param("CHF 1'234.50", "point", "1234.50", id="Swiss"),
        pytest.param("-5", "point", "-5", id="negative"),
        pytest.param("1.234.567", "comma", "1234567", id="thousands only"),
        pytest.param("ten", "point", "ten", id="no amount stays as it is"),
        pytest.param("1,23", "point", "1,23", id="the other mark stays as it is"),
        pytest.param("", "point", "", id="empty"),
        pytest.param(".5", "point", "0.5", id="nothing before the point"),
        pytest.param(",5", "comma", "0.5", id="nothing before the comma"),
        pytest.param("CHF 5.–", "point", "5", id="a dash behind the mark is no minus"),
        pytest.param("5,-- €", "comma", "5", id="nor are two"),
        pytest.param("1,23,456.50", "point", "123456.50", id="Indian thousands"),
        pytest.param("1.23", "comma", "1.23", id="two digits are no thousands"),
        pytest.param("1 2", "point", "1 2", id="nor is one"),
        pytest.param("10 %", "point", "10 %", id="a share is no amount"),
        pytest.param("\u221212,50", "comma", "-12.50", id="a minus that is no hyphen"),
        pytest.param("12,50-", "comma", "-12.50", id="a minus behind"),
        pytest.param("- EUR 12,50", "comma", "-12.50", id="a minus before the currency"),
        pytest.param("$-1,234.50", "point", "-1234.50", id="a minus after the currency"),
        pytest.param("(1,234.50)", "point", "-1234.50", id="brackets are a minus"),
        pytest.param("5,00 S", "comma", "-5.00", id="Soll"),
        pytest.param("5,00 H", "comma", "5.00", id="Haben"),
        pytest.param("5.00 DR", "point", "-5.00", id="debit"),
        pytest.param("500.00 Rs.", "point", "500.00", id="a currency with a point"),
        pytest.param("--5", "point", "--5", id="two signs"),
        pytest.param("(5", "point", "(5", id="half a bracket"),
        pytest.param("1x,09", "comma", "1x,09", id="a letter among the digits"),
        pytest.param("12O.00", "point", "12O.00", id="the letter O for a zero"),
        pytest.param("1e5", "point", "1e5", id="an exponent is not read as 15"),
    ],
)
def test_plain_amount(text, mark, plain):
    """Amounts of people in other countries become plain ones, and what is none is left for the rule to refuse."""
    assert plain_amount(text, mark) == plain


@pytest.mark.parametrize(
    ("text", "order", "plain"),
    [
        pytest.param("31.01.2024", "dmy", "2024-01-31", id="German"),
        pytest.param("1/31/2024", "mdy", "2024-01-31", id="American"),
        pytest.param("03/04/2024", "dmy", "2024-04-03", id="day first"),
        pytest.param("03/04/2024", "mdy", "2024-03-04", id="month first"),
        pytest.param("2024-02-29", "dmy", "2024-02-29", id="year first, whatever the order"),
        pytest.param("29.02.2023", "dmy", "29.02.2023", id="no such day stays as it is"),
        pytest.param("30 February 2025", "dmy", "30 February 2025", id="no such day in words"),
        pytest.param("3 March 2025", "mdy", "2025-03-03", id="in words"),
        pytest.param("soon", "dmy", "soon", id="no date"),
        pytest.param("45292", "dmy", "2024-01-01", id="the number Excel keeps"),
        pytest.param("45292.75", "mdy", "2024-01-01", id="the same with a time"),
        pytest.param("20240131", "dmy", "2024-01-31", id="without anything between"),
        pytest.param("31.1.24", "dmy", "2024-01-31", id="a short year"),
        pytest.param("31/12/99", "dmy", "1999-12-31", id="a short year of the last century"),
        pytest.param("1. Januar 2024", "mdy", "2024-01-01", id="in German words"),
        pytest.param("1er août 2024", "dmy", "2024-08-01", id="in French words"),
        pytest.param("5 de marzo de 2024", "dmy", "2024-03-05", id="in Spanish words"),
        pytest.param("Dec 5, 2024", "dmy", "2024-12-05", id="in American words"),
        pytest.param("12", "dmy", "12", id="a day alone is no date"),
        pytest.param("2024", "dmy", "2024", id="nor is a year"),
        pytest.param("1.2.3.4", "dmy", "1.2.3.4", id="four parts"),
    ],
)
def test_plain_date(text, order, plain):
    """Dates of people in other countries become plain ones, and what is none is left for the rule to refuse."""
    assert plain_date(text, order) == plain


def test_marks_and_orders_are_sniffed_from_the_values():
    """One telling value decides; where none tells, the comma goes with the semicolon and the day comes first."""
    assert sniff_decimal_mark(["10", "1.234,50"]) == "comma"
    assert sniff_decimal_mark(["10", "1,234.50"]) == "point"
    assert (sniff_decimal_mark(["1.234.567"]), sniff_decimal_mark(["5,-"])) == ("comma", "comma")
    assert (sniff_decimal_mark(["10"], ";"), sniff_decimal_mark(["10"], ",")) == ("comma", "point")
    assert sniff_date_order(["03/04/2024", "03/14/2024"]) == "mdy"
    assert sniff_date_order(["03/04/2024"]) == "dmy"
    assert sniff_date_order(["2024-04-03"]) == "ymd"
    assert sniff_date_order(["2024-04-03", "30.11.2024"]) == "dmy"
    assert sniff_date_order(["2024-04-30", "11/30/2024"]) == "mdy"
    assert sniff_date_order(["24.10.2026", "31.13.2026", "25.10.2026"]) == "dmy"


@pytest.mark.parametrize(
    ("amounts", "mark", "said"),
    [
        pytest.param(["5", "1.234,50"], "comma", "", id="nothing to doubt"),
        pytest.param(["5", "1,234"], "point", "'1,234' is taken as 1234; if it is 1.234, say --decimal comma", id="two ways"),
        pytest.param(["1,234", "1,50"], "comma", "", id="another tells"),
        pytest.param(["1.50", "2.50", "3,50"], "point", "1 of the amounts have a decimal comma, e.g. '3,50'", id="mixed"),
    ],
)  # fmt: skip
def test_what_can_be_read_two_ways_is_told(amounts, mark, said):
    """The person is told how an amount was taken, and how to say that it is the other."""
    told = doubt_about_amounts(amounts, mark)
    assert said in told if said else not told


def test_dates_that_can_be_read_two_ways_are_told():
    """Where no date tells the day from the month, the person is; else not."""
    told = doubt_about_dates(["04.04.2024", "03/04/2024"], "dmy")
    assert told == "'03/04/2024' is taken as 2024-04-03; if it is 2024-03-04, say --dates mdy"
    assert not doubt_about_dates(["03/04/2024", "31/01/2024"], "dmy")
    assert not doubt_about_dates(["2024-04-03"], "ymd")
