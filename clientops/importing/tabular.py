"""Reading a table that somebody sent, as text: CSV in any delimiter and encoding, or the first sheet of an Excel file."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow as pa

from clientops.errors import UsageError
from clientops.tables.schema import quote_text

PROBLEM_COLUMN = "problem"


def read_text_table(path: Path) -> pa.Table:
    """Rows of a CSV or Excel file, every value as text, columns by the file's own headings.

    The file is read with DuckDB's access limited to it: a file cannot make the engine read or fetch another.

    Raises:
        UsageError: The file is missing, empty, or cannot be read as a table.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    if path.suffix.lower() in (".xlsx", ".xlsm"):
        return _read_excel(path)
    with duckdb.connect() as connection:
        connection.execute(f"set allowed_paths = [{quote_text(str(path.absolute()))}]")
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        try:
            relation = connection.sql(
                f"select * from read_csv({quote_text(str(path.absolute()))}, all_varchar = true, header = true, "
                f"null_padding = false, encoding = {quote_text(_encoding(path))})"
            )
            return relation.to_arrow_table()
        except duckdb.Error as error:
            raise UsageError(f"{path} cannot be read as a table: {str(error).splitlines()[0]}") from error


def _encoding(path: Path) -> str:
    """``utf-8``, or ``latin-1`` where the bytes are no UTF-8."""
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            try:
                block.decode("utf-8")
            except UnicodeDecodeError as error:
                if error.end < len(block) - 3:  # a character cut by the block's end is none of the file's
                    return "latin-1"
    return "utf-8"


def _read_excel(path: Path) -> pa.Table:
    from openpyxl import load_workbook

    try:
        sheet = load_workbook(path, read_only=True, data_only=True).worksheets[0]
    except (OSError, KeyError, ValueError) as error:
        raise UsageError(f"{path} cannot be read as an Excel file: {error}") from error
    rows = [["" if value is None else str(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    rows = [row for row in rows if any(row)]
    if not rows:
        raise UsageError(f"{path} has no rows")
    head, *body = rows
    return pa.table({name: pa.array([row[i] for row in body], pa.string()) for i, name in enumerate(head) if name})
