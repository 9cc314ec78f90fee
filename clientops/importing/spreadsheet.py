"""Spreadsheets of other programs as request tables: headings, amounts and dates as people in other countries write them."""

from __future__ import annotations

import csv
import json
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from functools import lru_cache, partial
from importlib import resources
from pathlib import Path

import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.importing.formats import (
    DateOrder,
    DecimalMark,
    doubt_about_amounts,
    doubt_about_dates,
    plain_amount,
    plain_date,
    sniff_date_order,
    sniff_decimal_mark,
)
from clientops.importing.tabular import TextTable
from clientops.importing.units import amount_unit, refusal
from clientops.schema.request_fields import arrow_type, picked_table
from clientops.schema.requests import Request

BilledIn = Callable[[str], str | None]
MOST_TOLD = 10
CURRENCY_WORDS = ("currenc", "wahrung", "devise", "moneda", "divisa", "valuta", "waluta", "moeda", "mena", "通貨")

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


@dataclass(frozen=True)
class Reading:
    """How a file is understood; shown before anything happens.

    Attributes:
        columns: Heading to field of the rule, in the file's order.
        left_out: Headings that fit no field.
        decimal_mark: ``comma`` or ``point``.
        date_order: ``ymd``, ``dmy`` or ``mdy``.
        doubts: Sentences on what could be read another way.
    """

    columns: dict[str, str]
    left_out: tuple[str, ...]
    decimal_mark: DecimalMark
    date_order: DateOrder
    doubts: tuple[str, ...] = ()


def read_spreadsheet(
    table: TextTable,
    model: type[Request],
    *,
    given: Mapping[str, str] | None = None,
    decimal_mark: DecimalMark | None = None,
    date_order: DateOrder | None = None,
    billed_in: BilledIn | None = None,
) -> tuple[pa.Table, Reading]:
    """Rows of a file as a request table (still text), and how they were understood.

    Args:
        table: The file.
        model: Model of the requests.
        given: Heading to field, where the person says so; an empty field leaves the column out.
        decimal_mark: Else what the amounts look like.
        date_order: Else what the dates look like.
        billed_in: Code of the currency of the client that a text names, so that amounts with a unit can be taken; an
            amount in another currency, with ``k``, ``%`` or a word stays as it is, for the rule to refuse, with a doubt.

    Raises:
        UsageError: A heading or field that was given does not exist, two columns mean one field, or a column seems to
            hold currencies and is not understood.
    """
    columns = match_headings(table.rows.column_names, model, given or {})
    for name, heading in table.repeated.items():
        if heading in columns and not {name, heading} & set(given or {}):
            raise UsageError(
                f"The heading {heading!r} stands there twice, and means {columns[heading]}; the second column is called "
                f"{name!r} here: say which with --map, e.g. --map {name!r}= leaves the second out"
            )
    amounts, dates = _of_type(model, Decimal), _of_type(model, date)
    typed, days = _values(table, columns, amounts), _values(table, columns, dates)
    mark = decimal_mark or sniff_decimal_mark(typed, table.delimiter)
    order = date_order or sniff_date_order(days)
    doubts: tuple[str, ...] = (
        "" if decimal_mark else doubt_about_amounts(typed, mark),
        "" if date_order else doubt_about_dates(days, order),
    )
    left_out = tuple(name for name in table.rows.column_names if name not in columns)
    _ask_about_currency(left_out, columns, model, given or {})
    converted: dict[str, pa.Array] = {}
    for heading, field in columns.items():
        column = table.rows.column(heading).combine_chunks()
        converted[field] = _each(column, partial(plain_date, order=order)) if field in dates else column
    refused: list[str] = []
    currencies = _Currencies(converted, billed_in, len(table.rows))
    for field in amounts & converted.keys():
        converted[field] = _amounts(converted[field], mark, currencies, refused)
    doubts = (*doubts, *_told_refusals(refused))
    reading = Reading(columns, left_out, mark, order, tuple(doubt for doubt in doubts if doubt))
    return pa.table(converted), reading


class _Currencies:
    """The currency that each row's amounts are in, looked up where an amount has a unit."""

    def __init__(self, columns: Mapping[str, pa.Array], billed_in: BilledIn | None, count: int) -> None:
        self._given = columns["currency"].to_pylist() if "currency" in columns else [None] * count
        self._clients = columns["client_id"].to_pylist() if "client_id" in columns else [None] * count
        self._billed_in = billed_in
        self._found: dict[str, str | None] = {}

    def of_row(self, place: int) -> str | None:
        """Code of the currency; nothing if it is not known."""
        if given := (self._given[place] or "").strip():
            return str(given).upper()
        client = (self._clients[place] or "").strip()
        if not client or self._billed_in is None:
            return None
        if client not in self._found:
            self._found[client] = self._billed_in(client)
        return self._found[client]


def _amounts(column: pa.Array, mark: DecimalMark, currencies: _Currencies, refused: list[str]) -> pa.Array:
    """A column of amounts; those in another currency or with a word that is none stay as they are."""
    plain = _each(column, partial(plain_amount, mark=mark))
    given = column.dictionary_encode(null_encoding="encode")
    odd = {place for place, text in enumerate(given.dictionary.to_pylist()) if text and amount_unit(text)}
    if not odd:
        return plain
    values, texts = plain.to_pylist(), column.to_pylist()
    for row, place in enumerate(given.indices.to_pylist()):
        if place in odd and (why := refusal(texts[row], values[row], currencies.of_row(row))):
            values[row] = texts[row]
            refused.append(f"row {row + 1}: {texts[row]!r} is not taken: {why}")
    return pa.array(values, pa.string())


def _told_refusals(refused: Sequence[str]) -> tuple[str, ...]:
    more = len(refused) - MOST_TOLD
    return (*refused[:MOST_TOLD], *([f"{more} more amounts are not taken for such reasons"] if more > 0 else []))


def _ask_about_currency(
    left_out: Sequence[str], columns: Mapping[str, str], model: type[Request], given: Mapping[str, str]
) -> None:
    """Refuse to leave out a column that seems to hold currencies, as the default one would be taken instead."""
    if "currency" not in model.model_fields or "currency" in columns.values():
        return
    for heading in left_out:
        if heading not in given and any(word in _fold(heading) for word in CURRENCY_WORDS):
            raise UsageError(
                f"The column {heading!r} seems to say the currency; --map {heading!r}=currency takes it, "
                f"--map {heading!r}= leaves it out"
            )


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
    _name_client(found, [heading for heading in headings if given.get(heading, heading)], model)
    return {heading: found[heading] for heading in headings if heading in found}


# What names a client where a file has no column for its number, the surest first.
CLIENT_NAMES = ("email", "company_name", "name")


def _name_client(found: dict[str, str], headings: Sequence[str], model: type[Request]) -> None:
    """Where the client is required and no column gives its number, take a column of e-mail addresses or names for it."""
    client = next(
        (n for n, info in model.model_fields.items() if info.is_required() and picked_table(info) == "clients"), ""
    )
    if not client or client in found.values():
        return
    for meaning in CLIENT_NAMES:
        if meaning in model.model_fields and (meaning != "email" or model.model_fields[meaning].is_required()):
            continue  # the column says what the client's value is to be, or whose address that is
        for heading in headings:
            if meaning in synonyms().get(_fold(heading), ()) or _fold(heading) in (
                _fold(meaning),
                _fold(f"client {meaning}"),
            ):
                found[heading] = client
                return


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


def _values(table: TextTable, columns: Mapping[str, str], fields: set[str]) -> list[str]:
    """Distinct values that were typed; Excel's own numbers say nothing about how people write theirs."""
    found: list[str] = []
    for heading, field in columns.items():
        if field in fields:
            real = table.numbers.get(heading, frozenset())
            values = table.rows.column(heading).unique().to_pylist()
            found += [text for text in values if text and text not in real][:5000]
    return found


def _each(column: pa.Array, convert: object) -> pa.Array:
    """A column with each distinct text converted once."""
    encoded = column.dictionary_encode(null_encoding="encode")
    assert callable(convert)
    distinct = [None if text is None else convert(text) for text in encoded.dictionary.to_pylist()]
    return pa.array(distinct, pa.string()).take(encoded.indices)


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
