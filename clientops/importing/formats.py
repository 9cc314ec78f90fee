"""Amounts and dates as people in other countries write them, and how to tell which way they do."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Literal

DecimalMark = Literal["comma", "point"]
DateOrder = Literal["ymd", "dmy", "mdy"]

_COMMA = re.compile(r"\d,\d{1,2}$|\d,\d{4,}$|\d,$|\.\d{3},|\.\d{3}\.\d{3}")
_POINT = re.compile(r"\d\.\d{1,2}$|\d\.\d{4,}$|\d\.$|,\d{3}\.|,\d{3},\d{3}")
_SIGN_OR_DIGIT = re.compile(r"[^\d,.\-+' ]")
_DASHES = str.maketrans("\u2212\u2010\u2011\u2012\u2013\u2014\ufe63\uff0d\u2019\u00a0\u202f\u2009", "--------'   ")
# A sign before or after, a currency before or after; letters among the digits make it no amount.
_WORD = r"(?:[^\d.,'+\-()%]{1,8}?\.?)?"
_AMOUNT = re.compile(
    rf"(?P<open>\(?)\s*(?P<first>[+-]?)\s*(?P<before>{_WORD})\s*(?P<second>[+-]?)\s*(?P<number>[0-9.,][0-9.,' ]*)"
    rf"(?P<last>[+-]?)\s*(?P<after>{_WORD})\s*(?P<close>\)?)"
)
# "5,-" and "5.--" are five, without anything behind the mark.
_NOTHING_BEHIND = re.compile(r"(?<=\d)[.,]\s?-{1,2}(?=\D*$)")
# Thousands of three digits, or the Indian way: 12,34,567.
_NUMBER = r"(\d+|\d{{1,3}}(?:[{group}' ]\d{{3}})+|\d{{1,2}}(?:{group}\d\d)+{group}\d{{3}})?(?:{mark}(\d+))?"
_NUMBERS = {
    "comma": re.compile(_NUMBER.format(group=r"\.", mark=",")),
    "point": re.compile(_NUMBER.format(group=",", mark=r"\.")),
}
# What banks write behind an amount instead of a sign.
DEBIT_WORDS = {"s", "soll", "d", "dr", "db", "debit", "dbit", "af", "lastschrift", "debe", "cargo"}
CREDIT_WORDS = {"h", "haben", "c", "cr", "credit", "crdt", "bij", "gutschrift", "haber", "abono"}

_TIME = r"(?:[T\s].*)?\s*"
_PARTS = re.compile(rf"\s*(\d{{1,4}})\s*[./\- ]\s*(\d{{1,2}})\s*[./\- ]\s*(\d{{1,4}}){_TIME}", re.DOTALL)
_DAY_MONTH = re.compile(
    rf"\s*(\d{{1,2}})(?:er|st|nd|rd|th|\u00ba)?[.\s/-]+(?:de\s+)?([^\W\d_]+)[.,\s/-]+(?:del?\s+)?(\d{{4}}|\d\d){_TIME}"
)
_MONTH_DAY = re.compile(rf"\s*([^\W\d_]+)[.\s-]+(\d{{1,2}})(?:st|nd|rd|th)?,?[\s-]+(\d{{4}}){_TIME}")
_COMPACT = re.compile(r"\s*(\d{4})(\d\d)(\d\d)\s*")
_DAY_NUMBER = re.compile(r"\s*(\d{5})(?:[.,]\d+)?\s*")
_FIRST_DAY = date(1899, 12, 30)  # day 0 of Excel, as it counts since March 1900
_DAY_NUMBERS = range(20_000, 80_000)  # 1954 to 2119
_LATEST_SHORT_YEAR = 69


def sniff_decimal_mark(amounts: Sequence[str], delimiter: str = "") -> DecimalMark:
    """Which mark the amounts have; where nothing tells, the comma goes with the semicolon."""
    commas, points = (len(found) for found in told_marks(amounts))
    if commas != points:
        return "comma" if commas > points else "point"
    return "comma" if delimiter == ";" else "point"


def doubt_about_amounts(amounts: Sequence[str], mark: DecimalMark) -> str:
    """A sentence for the person where amounts can be read the other way too, or some are written so; else empty."""
    other: DecimalMark = "point" if mark == "comma" else "comma"
    commas, points = told_marks(amounts)
    mine, theirs = (commas, points) if mark == "comma" else (points, commas)
    if theirs:
        return (
            f"decimal {mark}, but {len(theirs)} of the amounts have a decimal {other}, e.g. {theirs[0]!r}: they will be "
            f"refused, unless --decimal {other} is right"
        )
    if mine:
        return ""
    for text in amounts:
        one, another = plain_amount(text, mark), plain_amount(text, other)
        if text not in (one, another) and one != another:
            return f"{text!r} is taken as {one}; if it is {another}, say --decimal {other}"
    return ""


def told_marks(amounts: Sequence[str]) -> tuple[list[str], list[str]]:
    """The amounts that can only have a decimal comma, and those that can only have a decimal point."""
    bare = [(text, _bare(text)) for text in amounts]
    commas = [text for text, digits in bare if _COMMA.search(digits)]
    return commas, [text for text, digits in bare if _POINT.search(digits)]


def _bare(text: str) -> str:
    """An amount without currency, letters and signs."""
    return _SIGN_OR_DIGIT.sub("", text.translate(_DASHES)).strip("+- ")


def plain_amount(text: str, mark: DecimalMark) -> str:
    """An amount as ``1234.50``; text that is none stays as it is, for the rule to refuse by name.

    A minus may be any dash, stand behind, be brackets, or the word of a bank (``5,00 S``, ``5.00 DR``).
    """
    found = _AMOUNT.fullmatch(_NOTHING_BEHIND.sub("", text.translate(_DASHES)).strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return text
    signs = [sign for sign in (found["first"], found["second"], found["last"]) if sign]
    is_owed = bool(found["open"]) or found["after"].strip(". ").casefold() in DEBIT_WORDS
    if len(signs) + is_owed > 1:
        return text
    number = _NUMBERS[mark].fullmatch(found["number"].strip())
    if number is None or number.groups() == (None, None):
        return text
    whole, behind = re.sub(r"\D", "", number[1] or "0"), number[2]
    amount = Decimal(f"{whole}.{behind}" if behind else whole)
    return f"{'-' if is_owed or '-' in signs else ''}{amount:f}"


def sniff_date_order(dates: Sequence[str]) -> DateOrder:
    """Which part of the dates is the day; where nothing tells, day first unless the year is."""
    parts = _typed_dates(dates)
    if not parts:
        return "ymd"
    # One slip of the pen is no evidence against all others.
    months_first = sum(1 for _, second, _ in parts if int(second) > 12)
    days_first = sum(1 for first, _, _ in parts if int(first) > 12)
    return "mdy" if months_first > days_first else "dmy"


def doubt_about_dates(dates: Sequence[str], order: DateOrder) -> str:
    """A sentence for the person where nothing tells the day from the month; else empty."""
    parts = _typed_dates(dates)
    if order == "ymd" or any(int(first) > 12 or int(second) > 12 for first, second, _ in parts):
        return ""
    other: DateOrder = "dmy" if order == "mdy" else "mdy"
    for text in (text for text in dates if _PARTS.fullmatch(text)):
        one, another = plain_date(text, order), plain_date(text, other)
        if one != another:
            return f"{text!r} is taken as {one}; if it is {another}, say --dates {other}"
    return ""


def _typed_dates(dates: Sequence[str]) -> list[tuple[str, str, str]]:
    """The parts of dates with the year behind; beside them, dates with the year first (Excel's own, say) tell nothing."""
    found = [(match[1], match[2], match[3]) for text in dates if (match := _PARTS.fullmatch(text))]
    return [parts for parts in found if len(parts[0]) != len("2026")]


def plain_date(text: str, order: DateOrder) -> str:
    """A date as ``2026-11-30``; text that is none stays as it is, for the rule to refuse by name.

    Months may be words in English, German, French or Spanish; a day may be the number that Excel keeps (45292). Years of
    two digits are those up to 2069.
    """
    try:
        return _date_of(text, order).isoformat()
    except (ValueError, LookupError):
        return text


def _date_of(text: str, order: DateOrder) -> date:
    if found := _PARTS.fullmatch(text):
        first, second, third = found.groups()
        if len(first) == len("2026"):
            return date(int(first), int(second), int(third))
        day, month = (second, first) if order == "mdy" else (first, second)
        return date(_year(third), int(month), int(day))
    if found := _DAY_MONTH.fullmatch(text):
        return date(_year(found[3]), _months()[_fold(found[2])], int(found[1]))
    if found := _MONTH_DAY.fullmatch(text):
        return date(_year(found[3]), _months()[_fold(found[1])], int(found[2]))
    if found := _COMPACT.fullmatch(text):
        return date(int(found[1]), int(found[2]), int(found[3]))
    if (found := _DAY_NUMBER.fullmatch(text)) and int(found[1]) in _DAY_NUMBERS:
        return _FIRST_DAY + timedelta(days=int(found[1]))
    raise ValueError(text)


def _year(text: str) -> int:
    if len(text) == len("26"):
        return int(text) + (2000 if int(text) <= _LATEST_SHORT_YEAR else 1900)
    if len(text) != len("2026"):
        raise ValueError(text)
    return int(text)


@lru_cache(maxsize=1)
def _months() -> dict[str, int]:
    """Folded name of a month, whole or short, to its number."""
    from babel.dates import get_month_names

    found: dict[str, int] = {}
    for language in ("en", "de", "fr", "es"):
        for width in ("wide", "abbreviated"):
            for context in ("format", "stand-alone"):
                names = get_month_names(width, context, language)
                found |= {_fold(name): number for number, name in names.items()}
    return {**found, "sept": 9, "mrz": 3, "janner": 1}


def _fold(text: str) -> str:
    """Letters only, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalpha() and not unicodedata.combining(c))
