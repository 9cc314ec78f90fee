"""A CSV as rows: no quote swallows rows, and no value is dropped because a row has more of them than there are headings."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence

from clientops.core.readable import counted
from clientops.importing.statements.lines import StatementError

DELIMITERS = (";", ",", "\t", "|")
_TOLD = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)
_MOST_TOLD = 5
LINES_LOOKED_AT = 40

Rows = list[tuple[int, list[str]]]


def delimiters(text: str) -> list[str]:
    """The delimiters that a text may have, the likeliest first."""
    head = text.lstrip("\ufeff").splitlines()[:LINES_LOOKED_AT]
    if head and (told := _TOLD.fullmatch(head[0])):
        return [told[1]]
    counts = {sign: sum(min(line.count(sign), 30) for line in head) for sign in DELIMITERS}
    return sorted(DELIMITERS, key=lambda sign: -counts[sign])


def split_rows(name: str, text: str, delimiter: str) -> Rows:
    """The rows with anything in them, each with the line it begins on.

    Raises:
        StatementError: A quote is opened and not closed, or its text goes on over what look like rows.
    """
    plain = text.lstrip("\ufeff")
    skipped = 1 if (first := plain.split("\n", 1)[0]) and _TOLD.fullmatch(first) else 0
    if '"' not in plain:
        rows = [(place, line.split(delimiter)) for place, line in enumerate(re.split(r"\r\n|\n|\r", plain), 1)]
    else:
        try:
            rows = _read(plain, delimiter)
        except csv.Error:  # a quote where none should be: each is then closed by one before a delimiter only
            rows = _scan(name, plain, delimiter)
        _refuse_swallowed(name, rows, delimiter)
    return [(place, row) for place, row in rows[skipped:] if any(value.strip() for value in row)]


def _read(text: str, delimiter: str) -> Rows:
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    rows: Rows = []
    line = 0
    for row in reader:
        rows.append((line + 1, row))
        line = reader.line_num
    return rows


def _scan(name: str, text: str, delimiter: str) -> Rows:
    """Rows of a text with quotes that are not doubled: a quote closes where a delimiter or the end of the line follows."""
    mark = re.escape(delimiter)
    quoted = re.compile(rf"\s?\"((?:[^\"]|\"\"|\"(?!\s*(?:{mark}|\r|\n|\Z)))*)\"\s*?(?=({mark}|\r\n|\n|\r|\Z))")
    bare = re.compile(rf"([^{mark}\r\n]*)(?=({mark}|\r\n|\n|\r|\Z))")
    rows: Rows = []
    row: list[str] = []
    at, line, begins = 0, 1, 1
    while at <= len(text):
        is_quoted = text.startswith('"', at)
        found = quoted.match(text, at) if is_quoted else bare.match(text, at)
        if found is None:
            raise StatementError(name, line, 'a quote (") is opened here and never closed')
        row.append(found[1].replace('""', '"') if is_quoted else found[1])
        line += found[0].count("\n")
        at = found.end() + len(found[2])
        if found[2] != delimiter:
            rows.append((begins, row))
            row = []
            line += 1 if found[2] else 0
            begins = line
            if not found[2]:
                break
    return rows


def _refuse_swallowed(name: str, rows: Rows, delimiter: str) -> None:
    """Refuse values over several lines of which one looks like a row: a quote was opened that is none."""
    width = max((len(row) for _, row in rows[:LINES_LOOKED_AT]), default=0)
    for place, row in rows:
        for value in row:
            if "\n" not in value and "\r" not in value:
                continue
            inner = re.split(r"\r\n|\n|\r", value)
            if any(line.count(delimiter) >= max(2, width - 2) for line in inner[1:]) or (
                len(inner) > 1 and sum(line.count(delimiter) for line in inner) >= max(2, width - 1)
            ):
                raise StatementError(
                    name, place,
                    f'the quote (") before {inner[0][:30]!r} is closed {counted(len(inner) - 1, "line")} further down only, so that whole rows '
                    "would be part of one value; remove it or double it",
                )  # fmt: skip


def refuse_uneven(name: str, headings: Sequence[str], rows: Rows) -> None:
    """Refuse rows with values beyond the headings, and a last row that was cut off.

    Raises:
        StatementError: With the rows and how many values each has.
    """
    width = len(headings)
    long = [(place, row) for place, row in rows if any(value.strip() for value in row[width:])]
    if long:
        told = ", ".join(f"line {place} has {len(row)}" for place, row in long[:_MOST_TOLD])
        more = f" and {counted(len(long) - _MOST_TOLD, 'more line')} too many" if len(long) > _MOST_TOLD else ""
        raise StatementError(
            name, long[0][0],
            f"there are {counted(width, 'heading')}, but {told}{more} values; a value that has the delimiter in it, such as 1,200.00, must be in quotes",
        )  # fmt: skip


def refuse_cut(name: str, headings: Sequence[str], rows: Rows) -> None:
    """Refuse a last row with fewer values than all others: the file may have been cut off there.

    Raises:
        StatementError: With the row.
    """
    if len(rows) < 2 or len(rows[-1][1]) >= min(len(row) for _, row in rows[:-1]):
        return
    place, row = rows[-1]
    raise StatementError(name, place, f"the last row has {counted(len(row), 'value')} where the others have {min(len(r) for _, r in rows[:-1])}: the file may be cut short")  # fmt: skip
