"""Spreadsheets of other programs as request tables: headings, amounts and dates as people in other countries write them."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache
from importlib import resources
from pathlib import Path
from typing import Literal

import pyarrow as pa

from clientops.errors import UsageError
from clientops.importing.tabular import TextTable
from clientops.requests import Request, arrow_type

KINDS: dict[str, str] = {
    "clients": "add-client",
    "contacts": "add-contact",
    "services": "add-service",
    "addons": "add-addon",
    "domains": "add-domain",
    "dns": "add-dns-record",
    "orders": "add-order",
    "invoices": "create-invoice",
    "transactions": "record-payment",
    "credit": "issue-credit",
}

DecimalMark = Literal["comma", "point"]
DateOrder = Literal["ymd", "dmy", "mdy"]

_COMMA = re.compile(r"\d,\d{1,2}$|\d,\d{4,}$|\.\d{3},|\d,\d+\D*$(?<!,\d{3})")
_POINT = re.compile(r"\d\.\d{1,2}$|\d\.\d{4,}$|,\d{3}\.")
_PARTS = re.compile(r"^\s*(\d{1,4})[./\- ]+(\d{1,2})[./\- ]+(\d{1,4})")
_SIGN_OR_DIGIT = re.compile(r"[^\d,.\-+' ]")
_MINUS = str.maketrans("\u2212\u2010\u2011\u2012\u2013\ufe63\uff0d\u2019\u00a0\u202f\u2009", "-------'   ")
# A sign before or after, a currency before or after; letters among the digits make it no amount.
_WORD = r"[^\d.,'+\-()]{0,8}?\.?"
_AMOUNT = re.compile(
    rf"(?P<open>\(?)\s*(?P<first>[+-]?)\s*(?P<before>{_WORD})\s*(?P<second>[+-]?)\s*(?P<number>[0-9.,][0-9.,' ]*)"
    rf"(?P<last>[+-]?)\s*(?P<after>{_WORD})\s*(?P<close>\)?)"
)
# What banks write behind an amount instead of a sign.
DEBIT_WORDS = {"s", "soll", "d", "dr", "db", "debit", "dbit", "af", "lastschrift", "debe", "cargo"}
CREDIT_WORDS = {"h", "haben", "c", "cr", "credit", "crdt", "bij", "gutschrift", "haber", "abono"}


@dataclass(frozen=True)
class Reading:
    """How a file is understood; shown before anything happens.

    Attributes:
        columns: Heading to field of the rule, in the file's order.
        left_out: Headings that fit no field.
        decimal_mark: ``comma`` or ``point``.
        date_order: ``ymd``, ``dmy`` or ``mdy``.
    """

    columns: dict[str, str]
    left_out: tuple[str, ...]
    decimal_mark: DecimalMark
    date_order: DateOrder


def read_spreadsheet(
    table: TextTable,
    model: type[Request],
    *,
    given: Mapping[str, str] | None = None,
    decimal_mark: DecimalMark | None = None,
    date_order: DateOrder | None = None,
) -> tuple[pa.Table, Reading]:
    """Rows of a file as a request table (still text), and how they were understood.

    Args:
        table: The file.
        model: Model of the requests.
        given: Heading to field, where the person says so; an empty field leaves the column out.
        decimal_mark: Else what the amounts look like.
        date_order: Else what the dates look like.

    Raises:
        UsageError: A heading or field that was given does not exist, or two columns mean one field.
    """
    columns = match_headings(table.rows.column_names, model, given or {})
    for name, heading in table.repeated.items():
        if heading in columns and not {name, heading} & set(given or {}):
            raise UsageError(
                f"The heading {heading!r} stands there twice, and means {columns[heading]}; the second column is called "
                f"{name!r} here: say which with --map, e.g. --map {name!r}= leaves the second out"
            )
    amounts, dates = _of_type(model, Decimal), _of_type(model, date)
    reading = Reading(
        columns,
        tuple(name for name in table.rows.column_names if name not in columns),
        decimal_mark or sniff_decimal_mark(_values(table.rows, columns, amounts), table.delimiter),
        date_order or sniff_date_order(_values(table.rows, columns, dates)),
    )
    converted = {}
    for heading, field in columns.items():
        column = table.rows.column(heading).combine_chunks()
        if field in amounts:
            column = _each(column, lambda text: plain_amount(text, reading.decimal_mark))
        elif field in dates:
            column = _each(column, lambda text: plain_date(text, reading.date_order))
        converted[field] = column
    return pa.table(converted), reading


def match_headings(headings: Sequence[str], model: type[Request], given: Mapping[str, str]) -> dict[str, str]:
    """Heading to field, by name, title and synonym in English, German, French and Spanish; ``given`` comes first."""
    fields = list(model.model_fields)
    for heading, field in given.items():
        if heading not in headings:
            raise UsageError(f"The file has no column {heading!r}; it has {', '.join(headings)}")
        if field and field not in fields:
            raise UsageError(f"There is no field {field!r}; the fields are {', '.join(fields)}")
    found: dict[str, str] = {}
    for heading in headings:
        field = given.get(heading, _field_of(heading, model))
        if not field:
            continue
        if field in found.values():
            other = next(h for h, f in found.items() if f == field)
            raise UsageError(
                f"Columns {other!r} and {heading!r} both mean {field}; say which with --map, e.g. --map {heading!r}="
            )
        found[heading] = field
    return {heading: found[heading] for heading in headings if heading in found}


def _field_of(heading: str, model: type[Request]) -> str:
    wanted = _fold(heading)
    for name, info in model.model_fields.items():
        if wanted in (_fold(name), _fold(info.title or "")):
            return name
    return next((name for name in synonyms().get(wanted, ()) if name in model.model_fields), "")


@lru_cache(maxsize=1)
def synonyms() -> dict[str, tuple[str, ...]]:
    """Folded heading to the fields it may mean, the likeliest first."""
    found: dict[str, tuple[str, ...]] = {}
    text = (resources.files("clientops.importing") / "headings.csv").read_text(encoding="utf-8")
    for row in csv.DictReader(text.splitlines()):
        for heading in row["headings"].split("|"):
            found[_fold(heading)] = (*found.get(_fold(heading), ()), row["field"])
    return found


def _fold(text: str) -> str:
    """Letters and digits only, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


def _of_type(model: type[Request], wanted: type) -> set[str]:
    """Fields of a model that hold amounts or dates."""
    is_wanted = pa.types.is_decimal if wanted is Decimal else pa.types.is_date
    return {name for name, info in model.model_fields.items() if is_wanted(arrow_type(info))}


def _values(rows: pa.Table, columns: Mapping[str, str], fields: set[str]) -> list[str]:
    found: list[str] = []
    for heading, field in columns.items():
        if field in fields:
            found += [text for text in rows.column(heading).unique().to_pylist()[:5000] if text]
    return found


def _each(column: pa.Array, convert: object) -> pa.Array:
    """A column with each distinct text converted once."""
    encoded = column.dictionary_encode(null_encoding="encode")
    assert callable(convert)
    distinct = [None if text is None else convert(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)


def sniff_decimal_mark(amounts: Sequence[str], delimiter: str = "") -> DecimalMark:
    """Which mark the amounts have; where nothing tells, the comma goes with the semicolon."""
    commas = sum(1 for text in amounts if _COMMA.search(_bare(text)))
    points = sum(1 for text in amounts if _POINT.search(_bare(text)))
    if commas != points:
        return "comma" if commas > points else "point"
    return "comma" if delimiter == ";" else "point"


def sniff_date_order(dates: Sequence[str]) -> DateOrder:
    """Which part of the dates is the day; where nothing tells, day first unless the year is."""
    parts = [found.groups() for text in dates if (found := _PARTS.match(text))]
    # Dates with the year first are read as such in any order: beside typed ones, Excel's real dates tell nothing.
    parts = [part for part in parts if len(part[0]) != len("2026")]
    if not parts:
        return "ymd"
    # One slip of the pen is no evidence against all others.
    months_first = sum(1 for _, second, _ in parts if int(second) > 12)
    days_first = sum(1 for first, _, _ in parts if int(first) > 12)
    return "mdy" if months_first > days_first else "dmy"


def _bare(text: str) -> str:
    """An amount without currency signs and letters."""
    return _SIGN_OR_DIGIT.sub("", text.replace("\u00a0", " ").replace("\u202f", " ").replace("\u2019", "'")).strip()


def plain_amount(text: str, mark: DecimalMark) -> str:
    """An amount as ``1234.50``; text that is none stays as it is, for the rule to refuse by name.

    A minus may be any dash, stand behind, be brackets, or the word of a bank (``5,00 S``, ``5.00 DR``).
    """
    from babel.numbers import NumberFormatError, parse_decimal

    found = _AMOUNT.fullmatch(text.translate(_MINUS).strip())
    if found is None or bool(found["open"]) != bool(found["close"]):
        return text
    signs = [sign for sign in (found["first"], found["second"], found["last"]) if sign]
    is_owed = bool(found["open"]) or found["after"].strip(". ").casefold() in DEBIT_WORDS
    if len(signs) + is_owed > 1:
        return text
    bare = re.sub("[' ]", "", found["number"])
    if bare.startswith("." if mark == "comma" else ","):
        return text
    try:
        amount = parse_decimal(bare, locale="de" if mark == "comma" else "en", strict=True)
    except NumberFormatError:
        return text
    return f"{'-' if is_owed or '-' in signs else ''}{amount}"


def plain_date(text: str, order: DateOrder) -> str:
    """A date as ``2026-11-30``; text that is none stays as it is, for the rule to refuse by name."""
    from dateutil.parser import ParserError, parse

    found = _PARTS.match(text)
    try:
        if found is None:
            return str(parse(text, dayfirst=order == "dmy", fuzzy=False).date())
        year_first = len(found[1]) == len("2026")
        a, b, c = (int(part) for part in found.groups())
        day, month, year = (c, b, a) if year_first else (b, a, c) if order == "mdy" else (a, b, c)
        return date(year + 2000 if year < 100 else year, month, day).isoformat()
    except (ParserError, OverflowError, ValueError):
        return text


def mapping_file(name: str) -> Path:
    """Where a saved mapping lives."""
    from platformdirs import user_config_path

    if not re.fullmatch(r"[\w.-]+", name):
        raise UsageError(f"A mapping cannot be called {name!r}; use letters, digits, dots and dashes")
    return user_config_path("clientops") / "mappings" / f"{name}.json"


def save_mapping(name: str, columns: Mapping[str, str], decimal_mark: str, date_order: str) -> Path:
    """Keep how a file was understood, to be used again for the next one like it."""
    path = mapping_file(name)
    path.parent.mkdir(parents=True, exist_ok=True)
    kept = {"columns": dict(columns), "decimal_mark": decimal_mark, "date_order": date_order}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=2), encoding="utf-8")
    return path


def load_mapping(name: str) -> dict[str, object]:
    """A saved mapping.

    Raises:
        UsageError: There is none of that name; the sentence lists those there are.
    """
    path = mapping_file(name)
    if not path.exists():
        known = sorted(file.stem for file in path.parent.glob("*.json")) if path.parent.is_dir() else []
        raise UsageError(f"There is no saved mapping {name!r}; there are {', '.join(known) or 'none'}")
    kept = json.loads(path.read_text(encoding="utf-8"))
    assert isinstance(kept, dict)
    return kept
