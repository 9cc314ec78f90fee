"""Reading a table that somebody sent, as text: CSV in any delimiter and encoding, or the first sheet of an Excel file."""

from __future__ import annotations

import codecs
import csv
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from io import StringIO
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clientops.errors import UsageError
from clientops.tables.cells import written_texts
from clientops.tables.schema import distinct_names, quote_text

PROBLEM_COLUMN = "problem"
DELIMITERS = {",": "comma", ";": "semicolon", "\t": "tab", "|": "bar"}
HEAD = 1 << 18


@dataclass(frozen=True)
class TextTable:
    """Rows of a file, every value as text, and how the file was read.

    Attributes:
        rows: One column a heading, in the file's order.
        delimiter: Between values; empty for Excel.
        encoding: Of the file's text; empty for Excel.
        repeated: Column to its heading in the file, where an earlier column has the same: ``amount_1`` to ``amount``.
    """

    rows: pa.Table
    delimiter: str = ""
    encoding: str = ""
    repeated: Mapping[str, str] = field(default_factory=dict)


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


def read_text_table(path: Path, *, delimiter: str | None = None, encoding: str | None = None) -> TextTable:
    """Rows of a CSV or Excel file.

    The file is read with DuckDB's access limited to it: a file cannot make the engine read or fetch another.

    The ``'`` that an export puts in front of what a spreadsheet would run is taken away again.

    Args:
        path: The file; ``.xlsx`` and ``.xlsm`` are Excel, others are text.
        delimiter: Between values; else the one that the headings use.
        encoding: Of the text; else what the bytes look like.

    Raises:
        UsageError: The file is missing, empty, or cannot be read as a table.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        rows, repeated = _read_excel(path)
        return TextTable(written_texts(_without_problems(rows)), repeated=repeated)
    with path.open("rb") as file:
        head = file.read(HEAD)
    if not head.strip():
        raise UsageError(f"{path} is empty")
    encoding = encoding or _encoding(path, head)
    try:
        lines = head.decode(encoding, errors="ignore").lstrip("\ufeff").splitlines()
    except LookupError as error:
        raise UsageError(f"There is no encoding {encoding!r}; utf-8, cp1252 and utf-16 are usual") from error
    first = next(line for line in lines if line.strip())
    delimiter = delimiter or max(DELIMITERS, key=first.count)
    with tempfile.TemporaryDirectory() as folder:
        text = path if encoding == "utf-8" else _as_utf8(path, encoding, Path(folder) / "table.csv")
        rows = _read_csv(path, text, delimiter)
        headings = next(row for row in csv.reader(StringIO("\n".join(lines)), delimiter=delimiter) if any(row))
        repeated = _repeated(headings, rows.column_names)
        return TextTable(written_texts(_without_problems(rows)), delimiter, encoding, repeated)


def _read_csv(path: Path, text: Path, delimiter: str) -> pa.Table:
    with duckdb.connect() as connection:
        connection.execute(f"set allowed_paths = [{quote_text(str(text.absolute()))}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            return connection.sql(
                f"select * from read_csv({quote_text(str(text.absolute()))}, all_varchar = true, header = true, "
                f"auto_detect = true, delim = {quote_text(delimiter)}, quote = '\"', escape = '\"', skip = 0)"
            ).to_arrow_table()
        except duckdb.Error as error:
            lines = str(error).splitlines()
            raise UsageError(f"{path} cannot be read as a table: {' '.join(lines[:2])}") from error


def _encoding(path: Path, head: bytes) -> str:
    """``utf-8`` where every byte fits, else what the beginning looks like, else what Western Windows writes."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    try:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                decoder.decode(block)
            decoder.decode(b"", final=True)
    except UnicodeDecodeError:
        if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
            return "utf-16"
        from charset_normalizer import from_bytes

        # Short texts in Western encodings look like many others; Windows' own is the likely one.
        best = from_bytes(head, cp_isolation=["cp1252", "cp1250", "cp1251", "cp932", "big5", "gb18030"]).best()
        return best.encoding if best and len(head) > 500 else "cp1252"
    return "utf-8"


def _as_utf8(path: Path, encoding: str, target: Path) -> Path:
    try:
        with path.open(encoding=encoding, newline="") as source, target.open("w", encoding="utf-8", newline="") as copy:
            while block := source.read(1 << 20):
                copy.write(block.lstrip("\ufeff") if source.tell() <= HEAD else block)
    except UnicodeDecodeError as error:
        raise UsageError(
            f"{path} is not text in {encoding}: byte {error.start} does not fit; name the encoding"
        ) from error
    return target


def _without_problems(rows: pa.Table) -> pa.Table:
    """The rows without the column that we added when they were refused before."""
    return rows.drop_columns([PROBLEM_COLUMN]) if PROBLEM_COLUMN in rows.column_names else rows


def _read_excel(path: Path) -> tuple[pa.Table, dict[str, str]]:
    from zipfile import BadZipFile

    from openpyxl import load_workbook

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise UsageError(f"{path} cannot be read as an Excel file: {error}") from error
    rows = [[_cell_text(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise UsageError(f"{path} has no rows")
    head, *body = rows
    named = [i for i, name in enumerate(head) if name]
    headings = [head[i] for i in named]
    names = distinct_names(headings)
    columns = [pa.array([row[i] for row in body], pa.string()) for i in named]
    return pa.table(columns, names), _repeated(headings, names)


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


def _cell_text(value: Any) -> str:
    """A cell as text; a date without its midnight, a number with the 15 digits that Excel has."""
    if value is None:
        return ""
    if isinstance(value, datetime) and not (value.hour or value.minute or value.second):
        return value.date().isoformat()
    if isinstance(value, float):
        text = format(Decimal(f"{value:.15g}"), "f")
        # Three decimals would look like thousands beside amounts that were typed with a decimal comma.
        return f"{text}0" if text[-4:-3] == "." else text
    return str(value)
