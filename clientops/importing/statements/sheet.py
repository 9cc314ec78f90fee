"""Statements in sheets of Excel files: the same headings as in a CSV, with numbers and days as the sheet keeps them."""

from __future__ import annotations

import tempfile
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.excel import read_sheet
from clientops.importing.statements.delimited import Options, Reading, read_rows
from clientops.importing.statements.lines import Note, Statement, StatementError


def read_sheet_statement(
    name: str, content: bytes, options: Options, notes: list[Note]
) -> tuple[list[Statement], Reading]:
    """Statements of the first sheet of an Excel file with anything in it; other sheets are named and not read.

    Raises:
        StatementError: It is no Excel file, or a value cannot be read.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "statement.xlsx"
        path.write_bytes(content)
        try:
            sheet = read_sheet(path)
        except UsageError as error:
            raise StatementError(name, 0, str(error).replace(str(path), "it").removeprefix("it ")) from error
    if sheet.others:
        notes.append(Note(0, "left_out", f"{counted(len(sheet.others), 'other sheet')} not read: {', '.join(sheet.others)}; sheet {sheet.name} is"))  # fmt: skip
    rows = [(place, list(row)) for place, row in enumerate(sheet.rows, 1)]
    return read_rows(name, rows, options, notes, numbers=sheet.numbers)
