"""Decimal marks and orders of dates of a CSV statement: what the file and its currencies tell, and what stays in doubt."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from clientops.importing.formats import (
    DateOrder,
    DecimalMark,
    doubt_about_amounts,
    doubt_about_dates,
    plain_amount,
    plain_date,
    sniff_date_order,
    sniff_decimal_mark,
    told_marks,
)

# One mark with three digits behind it: thousands, or a currency with three decimals.
_THREE = re.compile(r"(?<![\d.,'])\d{1,3}([.,])\d{3}(?![\d.,])")
_YEARS = 3 * 365
_SHORT = re.compile(r"\s*(\d{1,2})\s*[./\- ]\s*(\d{1,2})\s*[./\- ]\s*(\d{2})(?:[T\s].*)?\s*", re.DOTALL)


@lru_cache(maxsize=64)
def digits_of(currency: str) -> int:
    """Decimal places of a currency."""
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def decide_mark(amounts: Sequence[tuple[str, str]], delimiter: str) -> tuple[DecimalMark, str]:
    """The decimal mark of amounts with their currencies, and a doubt about it; empty if there is none.

    Where the file itself does not tell (``1.234``), the currency does: three digits are the decimals of dinars, and
    thousands of yen; of other currencies they are thousands, and that is said.
    """
    texts = [text for text, _ in amounts]
    if any(told_marks(texts)):
        mark = sniff_decimal_mark(texts, delimiter)
        return mark, doubt_about_amounts(texts, mark)
    votes: dict[DecimalMark, list[str]] = {"comma": [], "point": []}
    certain = True
    for text, currency in amounts:
        found = _THREE.search(text)
        if found is None:
            continue
        digits = digits_of(currency) if currency else 2
        is_decimal = digits == 3
        certain = certain and digits != 2
        votes["comma" if (found[1] == ",") == is_decimal else "point"].append(text)
    if not votes["comma"] and not votes["point"]:
        return sniff_decimal_mark(texts, delimiter), ""
    mark = "comma" if len(votes["comma"]) > len(votes["point"]) else "point"
    other: DecimalMark = "point" if mark == "comma" else "comma"
    if certain and not votes[other]:
        return mark, ""
    text = (votes[other] or votes[mark])[0]
    one, another = plain_amount(text, mark), plain_amount(text, other)
    return mark, f"{text!r} is taken as {one}; if it is {another}, say --decimal {other}"


def decide_order(dates: Sequence[str]) -> tuple[DateOrder, str]:
    """The order of the parts of dates, and a doubt about it; empty if there is none.

    Years of two digits may stand first: then the order whose days lie closest together is taken.
    """
    short = [text for text in dates if _SHORT.fullmatch(text)]
    if not short or len(short) * 2 < len(dates):
        order = sniff_date_order(dates)
        return order, doubt_about_dates(dates, order)
    spans: list[tuple[int, int, DateOrder]] = []
    for place, one in enumerate(("dmy", "mdy", "ymd")):
        days = [day for text in short if (day := _short_day(text, one)) is not None]  # type: ignore[arg-type]
        if len(days) * 10 >= len(short) * 9:
            spans.append(((max(days) - min(days)).days, place, one))  # type: ignore[arg-type]
    if not spans:
        order = sniff_date_order(dates)
        return order, doubt_about_dates(dates, order)
    least, _, order = min(spans)
    for span, _, other in sorted(spans)[1:]:
        if span > _YEARS > least:  # no statement goes over so many years
            continue
        for text in short:
            one_day, another = _short_day(text, order), _short_day(text, other)
            if one_day and another and one_day != another:
                return order, f"{text!r} is taken as {one_day}; if it is {another}, say --dates {other}"
    return order, ""


def read_day(text: str, order: DateOrder) -> date:
    """A date; a year of two digits stands where the order says.

    Raises:
        ValueError: It is none.
    """
    if order == "ymd" and (day := _short_day(text, order)) is not None:
        return day
    return date.fromisoformat(plain_date(text, order))


def _short_day(text: str, order: DateOrder) -> date | None:
    found = _SHORT.fullmatch(text)
    if found is None:
        return None
    first, second, third = map(int, found.groups())
    year, month, day = {"dmy": (third, second, first), "mdy": (third, first, second), "ymd": (first, second, third)}[
        order
    ]
    try:
        return date(year + (2000 if year < 70 else 1900), month, day)
    except ValueError:
        return None
