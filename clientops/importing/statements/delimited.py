"""CSV and spreadsheet statements: of any bank by its headings or a mapping, and the exports of gateways."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.formats import DateOrder, DecimalMark, plain_amount, plain_date
from clientops.importing.statements.exports import INTERNAL, Export, export_of
from clientops.importing.statements.headings import (
    FIELDS,
    FOOTERS,
    HEADINGS,
    currency_code,
    currency_of_amount,
    currency_of_heading,
    match_headings,
)
from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.importing.statements.marks import decide_mark, decide_order
from clientops.importing.statements.row_reader import RowReader, clipped, direction_of
from clientops.importing.statements.splitting import (
    LINES_LOOKED_AT,
    Rows,
    delimiters,
    refuse_cut,
    refuse_uneven,
    split_rows,
)

__all__ = ["FIELDS", "Reading", "headings_of", "read_delimited", "read_rows"]
_CODE = re.compile(r"[A-Z]{3}")


@dataclass(frozen=True)
class Reading:
    """How a CSV statement is understood.

    Attributes:
        source: Bank or gateway.
        columns: Heading to field.
        decimal_mark: ``comma`` or ``point``.
        date_order: ``dmy``, ``mdy`` or ``ymd``.
        date_example: A date as it is written, and as it is read: one that tells orders apart, if there is any.
        amount_example: The same of an amount.
        doubts: Sentences, where the file alone does not tell the order or the mark and nobody said it.
        left_out: Headings that were said to mean nothing.
    """

    source: str
    columns: dict[str, str]
    decimal_mark: DecimalMark
    date_order: DateOrder
    date_example: tuple[str, str] = ("", "")
    amount_example: tuple[str, str] = ("", "")
    doubts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class Options:
    """What was said of a file; see :func:`read_rows`."""

    source: str = ""
    columns: Mapping[str, str] | None = None
    decimal_mark: DecimalMark | None = None
    date_order: DateOrder | None = None
    account: str = ""
    currency: str = ""


def read_delimited(
    name: str, text: str, options: Options | None = None, notes: list[Note] | None = None
) -> tuple[list[Statement], Reading]:
    """Statements of a CSV file, one a currency, and how it was understood; see :func:`read_rows`."""
    options = options or Options()
    first: StatementError | None = None
    for delimiter in delimiters(text):
        try:
            rows = split_rows(name, text, delimiter)
            _headings(name, rows, options.columns or {})
        except StatementError as error:
            first = first or error
            continue
        return read_rows(name, rows, options, notes, delimiter=delimiter)
    assert first is not None
    raise first


def read_rows(
    name: str,
    rows: Rows,
    options: Options,
    notes: list[Note] | None = None,
    *,
    delimiter: str = "",
    numbers: Sequence[set[str]] = (),
) -> tuple[list[Statement], Reading]:
    """Statements of a table, one a currency, and how it was understood.

    Args:
        name: Name of the file.
        rows: Its rows with the lines they stand on, headings among them.
        options: ``source`` (else what the headings look like), ``columns`` (heading to field where it is not understood; an empty
            field leaves the column out), ``decimal_mark``, ``date_order`` (else what amounts and dates look like), ``account`` and
            ``currency``, if no column tells.
        notes: Takes rows that are left out, and doubts.
        delimiter: Of a CSV.
        numbers: Per column, texts that a spreadsheet keeps as numbers.

    Raises:
        StatementError: A value cannot be read, or there are no headings that are understood.
        UsageError: The decimal mark or the order of dates is none that there is.
    """
    _check_choice("decimal mark", options.decimal_mark, ("comma", "point"))
    _check_choice("order of dates", options.date_order, ("dmy", "mdy", "ymd"))
    told = notes if notes is not None else []
    at, export, fields = _headings(name, rows, options.columns or {})
    headings = rows[at][1]
    table = rows[at + 1 :]
    if at:
        told.append(Note(rows[0][0], "text", f"{counted(at, 'row')} above the headings not read, e.g. {clipped(' '.join(v for v in rows[0][1] if v.strip()))!r}"))  # fmt: skip
    refuse_uneven(name, headings, table)
    places = {field: [headings.index(heading) for heading in own] for field, own in fields.items()}
    _find_currency(places, table)
    table = _without_footers(name, places, table, told)
    if not table:
        raise StatementError(name, rows[at][0], "there are no lines below the headings")
    refuse_cut(name, headings, table)
    _find_direction(headings, places, table, options, told)
    codes = _currencies(headings, places, table, options.currency)
    amounts = [
        (row[place], code)
        for (_, row), code in zip(table[:5000], codes, strict=False)
        for field in ("amount", "credit", "debit", "balance")
        for place in places.get(field, ())
        if place < len(row) and row[place].strip() and not (place < len(numbers) and row[place] in numbers[place])
    ]
    days = _column(table, places, ("booked_on", "valued_on"))
    mark, mark_doubt = decide_mark(amounts, delimiter)
    order, order_doubt = decide_order(days)
    mark, order = options.decimal_mark or mark, options.date_order or order
    reader = RowReader(name, headings, places, mark, order, export, numbers)
    _find_signs(reader, table)
    statements = _statements(reader, table, codes, options, told)
    doubts = ("" if options.decimal_mark else mark_doubt, "" if options.date_order else order_doubt)
    columns = {heading: field for field, own in fields.items() for heading in own if field not in INTERNAL}
    texts = [text for text, _ in amounts]
    return statements, Reading(
        _source(options, export), columns, mark, order, _example(days, plain_date, order, ("dmy", "mdy")),
        _example(texts, plain_amount, mark, ("comma", "point")), tuple(d for d in doubts if d),
        tuple(heading for heading, field in (options.columns or {}).items() if not field),
    )  # fmt: skip


def _source(options: Options, export: Export | None) -> str:
    return options.source or (export.source if export else "bank")


def _check_choice(what: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value and value not in allowed:
        raise UsageError(f"There is no {what} {value!r}; there are {', '.join(allowed)}")


def _example(texts: Sequence[str], read: Callable[[str, Any], str], way: str, ways: Sequence[str]) -> tuple[str, str]:
    """A text and what it is read as: the first that each way reads differently, else the first; empty if there is none."""
    told = next((text for text in texts if len({read(text, other) for other in ways}) > 1), texts[0] if texts else "")
    return (told, read(told, way)) if told else ("", "")


def headings_of(text: str) -> list[str]:
    """The headings that a CSV likely has: of its first rows, the first of those with the most values."""
    try:
        rows = split_rows("the file", text, delimiters(text)[0])
    except StatementError:
        return []
    first = max((row for _, row in rows[:LINES_LOOKED_AT]), key=lambda row: sum(1 for value in row if value.strip()), default=[])  # fmt: skip
    return [heading for heading in first if heading.strip()]


def _headings(name: str, rows: Rows, given: Mapping[str, str]) -> tuple[int, Export | None, dict[str, list[str]]]:
    """The row of headings (banks write things above it), the known export if it is one, and headings by field."""
    for field in given.values():
        if field and field not in FIELDS:
            raise UsageError(f"There is no field {field!r} of a statement; the fields are {', '.join(FIELDS)}")
    for at, (_, row) in enumerate(rows[:LINES_LOOKED_AT]):
        stripped = [heading.strip() for heading in row]
        export = export_of(stripped)
        found = match_headings(stripped, export.columns if export else HEADINGS, given, is_export=export is not None)
        if "booked_on" in found and {"amount", "credit", "debit"} & set(found):
            missing = [heading for heading in given if heading not in stripped]
            if missing:
                raise UsageError(f"{name} has no column {missing[0]!r}; it has {', '.join(stripped)}")
            row[:] = stripped
            return at, export, found
    raise StatementError(name, rows[0][0] if rows else 0, "no row has headings for a date and an amount", "say what they mean with --map heading=field")  # fmt: skip


def _column(table: Rows, places: Mapping[str, Sequence[int]], fields: Sequence[str]) -> list[str]:
    wanted = [place for field in fields for place in places.get(field, ())]
    return [row[place] for _, row in table[:5000] for place in wanted if place < len(row) and row[place].strip()]


def _find_currency(places: dict[str, list[int]], table: Rows) -> None:
    """A column named Valuta is the value date in some languages, and the currency in others: its values tell."""
    texts = _column(table, places, ("valued_on",))
    if texts and all(_CODE.fullmatch(text.strip()) for text in texts):
        moved = places.pop("valued_on")
        places.setdefault("currency", moved)


def _without_footers(name: str, places: Mapping[str, Sequence[int]], table: Rows, notes: list[Note]) -> Rows:
    """Rows that are lines; sums, balances and remarks of the bank are left out, and noted."""
    usual = Counter(sum(1 for value in row if value.strip()) for _, row in table).most_common(1)[0][0] if table else 0
    kept: Rows = []
    for place, row in table:
        filled = [value.strip() for value in row if value.strip()]
        day = next((row[at].strip() for at in places["booked_on"] if at < len(row)), "")
        has_money = any(row[at].strip() for field in ("amount", "credit", "debit") for at in places.get(field, ()) if at < len(row))  # fmt: skip
        is_day = any(sign.isdigit() for sign in day)
        is_footer = not is_day and (FOOTERS.match(filled[0]) or FOOTERS.match(day) or not has_money or (len(filled) <= 2 < usual))  # fmt: skip
        if is_footer or (is_day and len(filled) == 1):
            notes.append(Note(place, "left_out", f"row without {'a date' if not is_day else 'an amount'}: {clipped(' '.join(filled))!r}"))  # fmt: skip
        elif not day:
            raise StatementError(name, place, f"booked_on is missing: {clipped(' '.join(filled))!r}")
        else:
            kept.append((place, row))
    return kept


def _find_direction(
    headings: Sequence[str], places: dict[str, list[int]], table: Rows, options: Options, notes: list[Note]
) -> None:
    """A column with no other words than those of debit and credit says the signs, whatever its heading is."""
    if "amount" not in places:
        return
    taken = {place for own in places.values() for place in own if own is not places.get("direction")} - set(places.get("reference", ()))  # fmt: skip
    amounts = _column(table, places, ("amount",))
    has_signs = any(re.search(r"[-−(–]\s*[^\d\s]{0,4}\s*\d|\d\s*[-−]\s*$", text) for text in amounts)
    for place, heading in enumerate(headings):
        if (options.columns or {}).get(heading, "direction") != "direction":
            continue
        words = [row[place] for _, row in table if place < len(row) and row[place].strip()]
        ways = {direction_of(word) for word in words}
        if place in places.get("direction", ()) or not words or has_signs or place in taken:
            continue
        if 0 not in ways and len(words) == len(table) and "direction" not in places:
            places["direction"] = [place]
            notes.append(Note(0, "doubt", f"the signs of the amounts are taken from the column {heading!r}: {_ways_told(words)}"))  # fmt: skip
        elif -1 in ways and "direction" not in places:
            out = next(word for word in words if direction_of(word) < 0)
            notes.append(Note(0, "doubt", f"the column {heading!r} has values such as {out!r}, but no amount has a minus: all are taken as received; if it says the sign, every value must be a word such as debit or credit"))  # fmt: skip


def _ways_told(words: Sequence[str]) -> str:
    told = {direction_of(word): word for word in reversed(words)}
    return ", ".join(f"{word!r} is {'received' if way > 0 else 'paid'}" for way, word in sorted(told.items()))


def _currencies(headings: Sequence[str], places: Mapping[str, Sequence[int]], table: Rows, given: str) -> list[str]:
    """Currency of each row: of its column, the heading of the amounts, the amount itself, or as it was said."""
    money = [place for field in ("amount", "credit", "debit") for place in places.get(field, ())]
    of_heading = next((code for place in money if (code := currency_of_heading(headings[place]))), "")
    own = places.get("currency", ())
    found = []
    for _, row in table:
        text = next((row[place] for place in own if place < len(row) and row[place].strip()), "")
        beside = "" if text or of_heading else next((code for place in money if place < len(row) and (code := currency_of_amount(row[place]))), "")  # fmt: skip
        found.append(currency_code(text) or of_heading or beside or given.upper())
    return found


def _find_signs(reader: RowReader, table: Rows) -> None:
    """Columns of debits or credits with both signs: the rarer sign is money that came back."""
    for field in ("credit", "debit"):
        texts = [plain_amount(text, reader.mark) for text in _column(table, reader.places, (field,))]
        minus = sum(1 for text in texts if text.startswith("-") and text.strip("-0.,"))
        plus = sum(1 for text in texts if not text.startswith("-") and text.strip("0.,"))
        if minus and plus:
            reader.signed[field] = 1 if field == "credit" else 1 if minus > plus else -1


def _statements(
    reader: RowReader, table: Rows, codes: Sequence[str], options: Options, notes: list[Note]
) -> list[Statement]:
    named = _source(options, reader.export)
    moved = [(place, row, code) for (place, row), code in zip(table, codes, strict=True) if not reader.state(row)]
    still = Counter(reader.state(row) for _, row in table)
    found = _grouped(reader, moved, named, options.account)
    if still[""] < len(table) and all(reader.value(row, "balance") for _, row in table):
        # Some states move money at some gateways, holds for one: where every row has a balance, they tell.
        every = [(place, row, code) for (place, row), code in zip(table, codes, strict=True)]
        other = _grouped(reader, every, named, options.account)
        if all(_adds_up(statement) for statement in other):
            return other
    for state, count in still.items():
        if state:
            first = next(place for place, row in table if reader.state(row) == state)
            notes.append(Note(first, "left_out", f"{counted(count, 'row')} with the state {state!r}, in which no money moves"))  # fmt: skip
    if not moved:
        raise StatementError(reader.name, table[0][0], f"no row moved money: {', '.join(f'{n} are {s}' for s, n in still.items())}")  # fmt: skip
    return found


def _grouped(reader: RowReader, rows: Sequence[tuple[int, Sequence[str], str]], source: str, account: str) -> list[Statement]:  # fmt: skip
    by_code: dict[str, list[Line]] = {}
    for place, row, code in rows:
        if not _CODE.fullmatch(code):
            said = f"the currency is {code!r}" if code else "the currency is missing"
            raise StatementError(reader.name, place, said, "give it, e.g. --currency EUR")
        by_code.setdefault(code, []).extend(reader.lines(place, row))
    return [_statement(source, account, code, lines) for code, lines in by_code.items()]


def _adds_up(statement: Statement) -> bool:
    return _follows(list(statement.lines))


def _statement(source: str, account: str, currency: str, lines: list[Line]) -> Statement:
    """Lines in the order of time, with the balances that the file tells."""
    first_day, last_day = lines[0].booked_on, lines[-1].booked_on
    if first_day > last_day or (first_day == last_day and not _follows(lines) and _follows(lines[::-1])):
        lines.reverse()  # newest first in the file
    first, last = lines[0], lines[-1]
    opening = None if first.balance is None else first.balance - first.amount + first.fee
    days = [line.booked_on for line in lines]
    return Statement(source, account, currency, lines, opening, last.balance, min(days), max(days))


def _follows(lines: list[Line]) -> bool:
    """Whether each running balance is the one before and the line; with none there is nothing to tell."""
    before: Decimal | None = None
    for line in lines:
        after = None if before is None else before + line.amount - line.fee
        if line.balance is not None and after is not None and line.balance != after:
            return False
        before = line.balance if line.balance is not None else after
    return True
