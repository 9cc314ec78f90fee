"""Reading a table that somebody sent, as text: CSV in any delimiter and encoding, or a sheet of an Excel file."""

from __future__ import annotations

import csv
import re
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from io import StringIO
from itertools import islice
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.csv_quotes import odd_quote, open_quote
from clientops.importing.encodings import HEAD, sniff_encoding, write_as_utf8
from clientops.importing.excel import read_sheet
from clientops.importing.file_kinds import EXCEL_ENDINGS, refuse_other_kinds
from clientops.schema.cells import written_texts
from clientops.schema.definition import distinct_names, quote_text

PROBLEM_COLUMN = "problem"
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
LINES_READ = 200
LINES_LOOKED_AT = 20
MOST_TOLD = 5


@dataclass(frozen=True)
class TextTable:
    """Rows of a file, every value as text, and how the file was read.

    Attributes:
        rows: One column a heading, in the file's order.
        delimiter: Between values; empty for Excel.
        encoding: Of the file's text; empty for Excel.
        repeated: Column to its heading in the file, where an earlier column has the same: ``amount_1`` to ``amount``.
        sheet: Name of the sheet of an Excel file.
        other_sheets: Names of its other sheets, which were not read.
        numbers: Per column, the texts of those of its cells that are numbers for Excel, too.
        hidden: A sentence on what Excel hides, and what became of it.
    """

    rows: pa.Table
    delimiter: str = ""
    encoding: str = ""
    repeated: Mapping[str, str] = field(default_factory=dict)
    sheet: str = ""
    other_sheets: tuple[str, ...] = ()
    numbers: Mapping[str, frozenset[str]] = field(default_factory=dict)
    hidden: str = ""


def read_named_columns(path: Path) -> pa.Table:
    """Rows of a CSV or Excel file whose headings are names that we gave, so that none may stand there twice.

    Raises:
        UsageError: The file cannot be read as a table, or a heading stands there twice.
    """
    table = read_text_table(path)
    if table.repeated:
        counts = Counter(table.repeated.values())
        told = [f"the heading {name!r} stands there {_times(number + 1)}" for name, number in counts.items()]
        raise UsageError(f"{path} cannot be taken: {'; '.join(told)}; leave one column of each")
    return table.rows


def _times(number: int) -> str:
    return "twice" if number == 2 else f"{number} times"


def read_text_table(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    sheet: str | None = None,
    hidden: Literal["take", "leave"] | None = None,
) -> TextTable:
    """Rows of a CSV or Excel file; empty rows, and a title above the headings, are left out.

    The file is read with DuckDB's access limited to it: a file cannot make the engine read or fetch another.

    The ``'`` that an export puts in front of what a spreadsheet would run is taken away again.

    Args:
        path: The file; ``.xlsx`` and ``.xlsm`` are Excel, others are text.
        delimiter: Between values; else the one that the headings use.
        encoding: Of the text; else what the bytes look like.
        sheet: Of an Excel file; else the first one that is not hidden and has anything in it.
        hidden: Whether rows and columns that Excel hides are taken or left out; else a file with such is refused.

    Raises:
        UsageError: The file is missing, empty, or cannot be read as a table.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    refuse_other_kinds(path)
    if path.suffix.lower() in EXCEL_ENDINGS:
        return _tidied(_read_excel(path, sheet, hidden))
    if sheet is not None:
        raise UsageError(f"{path.name} is text and has no sheets; leave --sheet out")
    with path.open("rb") as file:
        head = file.read(HEAD)
    encoding = encoding or sniff_encoding(path)
    try:
        text = head.decode(encoding, errors="ignore").lstrip("\ufeff")
    except LookupError as error:
        raise UsageError(f"There is no encoding {encoding!r}; utf-8, cp1252 and utf-16 are usual") from error
    lines = text.splitlines()[:LINES_READ]
    above = 0
    if told := _TOLD_DELIMITER.fullmatch(lines[0]):  # Excel's own line
        delimiter, above = delimiter or told[1], 1
    delimiter = delimiter or _delimiter(lines[above:])
    records = [row for row in csv.reader(StringIO("\n".join(lines[above:])), delimiter=delimiter) if any(row)]
    titles = _lines_above(records)
    above += _lines_of([line.strip(f"{delimiter} ") for line in lines[above:]], titles)
    with tempfile.TemporaryDirectory() as folder:
        plain = path if encoding == "utf-8" else write_as_utf8(path, encoding, Path(folder) / "table.csv")
        if line := open_quote(plain, delimiter):
            raise UsageError(
                f"{path} cannot be read as a table: the quote on line {line} has no end; close it, or write it twice"
            )
        rows = _read_csv(path, plain, delimiter, above)
        return _tidied(TextTable(rows, delimiter, encoding, _repeated(records[titles], rows.column_names)))


_TOLD_DELIMITER = re.compile(r"\s*\"?sep=(.)\"?\s*", re.IGNORECASE)


def _delimiter(lines: Sequence[str]) -> str:
    """The delimiter that the headings use: of the first line that has any, outside quotes."""
    for line in lines[:LINES_LOOKED_AT]:
        counts = {mark: len(next(csv.reader([line], delimiter=mark), [])) for mark in DELIMITERS}
        if max(counts.values()) > 1:
            return max(counts, key=lambda mark: counts[mark])
    return ","


def _lines_of(lines: Sequence[str], records: int) -> int:
    """How many lines so many records take, with the empty lines between and behind them."""
    taken = 0
    for _ in range(records):
        while not lines[taken]:
            taken += 1
        taken += 1
    while records and not lines[taken]:
        taken += 1
    return taken


def _read_csv(path: Path, text: Path, delimiter: str, above: int) -> pa.Table:
    """Rows of a UTF-8 file, read with the engine's access limited to it."""
    with duckdb.connect() as connection:
        connection.execute(f"set allowed_paths = [{quote_text(str(text.absolute()))}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            return connection.sql(
                f"select * from read_csv({quote_text(str(text.absolute()))}, all_varchar = true, header = true, "
                f"auto_detect = true, delim = {quote_text(delimiter)}, quote = '\"', escape = '\"', skip = {above})"
            ).to_arrow_table()
        except duckdb.Error as error:
            lines = str(error).splitlines()
            why = _uneven_lines(text, delimiter, above) or odd_quote(text, delimiter) or " ".join(lines[:2])
            raise UsageError(f"{path} cannot be read as a table: {why}") from error


def _uneven_lines(text: Path, delimiter: str, above: int) -> str:
    """A sentence on the lines that have more or fewer values than there are headings; empty if none has."""
    found: list[str] = []
    count, wanted = 0, 0
    with text.open(encoding="utf-8", errors="replace", newline="") as file:
        reader = csv.reader(islice(file, above, None), delimiter=delimiter)
        for row in reader:
            if not any(row):
                continue
            wanted = wanted or len(row)
            if len(row) != wanted:
                count += 1
                if count <= MOST_TOLD:
                    found.append(f"line {above + reader.line_num} has {len(row)}")
    more = f" and {counted(count - MOST_TOLD, 'more line')} another number" if count > MOST_TOLD else ""
    return f"there are {wanted} headings, but {', '.join(found)}{more} of values" if found else ""


def _tidied(table: TextTable) -> TextTable:
    """Without empty rows, the column that we added when rows were refused, and what an export put before texts."""
    rows = table.rows
    if PROBLEM_COLUMN in rows.column_names:
        rows = rows.drop_columns([PROBLEM_COLUMN])
    if rows.num_columns and rows.num_rows:
        filled = [pc.fill_null(pc.not_equal(pc.utf8_trim_whitespace(column), ""), False) for column in rows.columns]
        rows = rows.filter(reduce(pc.or_, filled))
    return replace(table, rows=written_texts(rows))


def _read_excel(path: Path, name: str | None, hidden: Literal["take", "leave"] | None) -> TextTable:
    sheet = read_sheet(path, name, hidden)
    above = _lines_above(sheet.rows)
    head, *body = sheet.rows[above:]
    named = [i for i, heading in enumerate(head) if heading.strip()]
    headings = [head[i].strip() for i in named]
    names = distinct_names(headings)
    rows = pa.table([pa.array([row[i] for row in body], pa.string()) for i in named], names)
    numbers = {name: frozenset(sheet.numbers[i]) for name, i in zip(names, named, strict=True)}
    return TextTable(
        rows,
        repeated=_repeated(headings, names),
        sheet=sheet.name,
        other_sheets=sheet.others,
        numbers=numbers,
        hidden=sheet.hidden,
    )


def _lines_above(rows: Sequence[Sequence[str]]) -> int:
    """How many of the first rows are a title above the headings.

    Headings are the first row of several cells; or a later one with more cells, all of them words, if rows that have no
    more cells follow: what is above it is a title, or the names of groups of columns.
    """
    filled = [sum(1 for cell in row if cell.strip()) for row in rows[:LINES_LOOKED_AT]]
    if not filled or max(filled) < 2:
        return 0
    first = next(place for place, count in enumerate(filled) if count > 1)
    for place in range(first + 1, len(filled) - 1):
        words = [cell for cell in rows[place] if cell.strip()]
        is_wider = filled[place] > max(filled[first:place]) and filled[place] >= max(filled[place + 1 :])
        if is_wider and all(_WORDS.fullmatch(cell.strip()) for cell in words) and len({*words}) == len(words):
            return place
    return first


_WORDS = re.compile(r"[^\d@€$£¥][^@€$£¥]*")


def _repeated(headings: Sequence[str], names: Sequence[str]) -> dict[str, str]:
    """Column to heading, for the headings that stood before; upper and lower case are the same."""
    found: dict[str, str] = {}
    first: dict[str, str] = {}
    for heading, name in zip(headings, names, strict=False):
        if (folded := heading.strip().casefold()) in first:
            found[name] = first[folded]
        elif folded:
            first[folded] = name
    return found
