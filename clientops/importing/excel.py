"""Reading a sheet of an Excel file as text: what its cells show, and which of them were real numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

from clientops.core.errors import UsageError

_FORMULA = re.compile(rb"<(?:\w+:)?f[ >]")
MOST_TOLD = 5


@dataclass(frozen=True)
class Sheet:
    """A sheet as text.

    Attributes:
        name: Its name.
        others: Names of the other sheets.
        rows: Rows of the same length; empty cells are empty texts.
        numbers: Per column, the texts of cells that are numbers for Excel, too.
    """

    name: str
    others: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[set[str]]


def read_sheet(path: Path, name: str | None = None) -> Sheet:
    """The sheet of that name, else the first one with anything in it.

    Formulas count with the result that Excel kept; merged cells with their first one.

    Raises:
        UsageError: The file is no Excel file, has no such sheet, nothing in it, or formulas without a result.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        names = [sheet.title for sheet in book.worksheets]
        if name is not None and name not in names:
            raise UsageError(f"{path} has no sheet {name!r}; it has {', '.join(names)}")
        for title in [name] if name is not None else names:
            rows, numbers = _read(book[title].iter_rows(values_only=True))
            if rows:
                break
        book.close()
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise UsageError(f"{path} cannot be read as an Excel file: {error}") from error
    if not rows:
        raise UsageError(f"{path} has no rows" + (f" in sheet {name}" if name is not None else ""))
    _refuse_unworked(path, title)
    return Sheet(title, tuple(other for other in names if other != title), rows, numbers)


def _read(cells: Iterator[tuple[Any, ...]]) -> tuple[list[list[str]], list[set[str]]]:
    rows: list[list[str]] = []
    numbers: list[set[str]] = []
    for values in cells:
        row = [_cell_text(value) for value in values]
        if not any(row):
            continue
        numbers += [set() for _ in range(len(row) - len(numbers))]
        for real, value, text in zip(numbers, values, row, strict=False):
            if isinstance(value, (int, float)):
                real.add(text)
        rows.append(row)
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows], numbers


def _refuse_unworked(path: Path, title: str) -> None:
    """Refuse formulas without a result, as other programs write them: their cells would seem empty."""
    from openpyxl import load_workbook

    with ZipFile(path) as archive:
        sheets = [name for name in archive.namelist() if name.startswith("xl/worksheets/") and name.endswith(".xml")]
        if not any(_FORMULA.search(archive.read(name)) for name in sheets):
            return
    shown, given = (load_workbook(path, read_only=True, data_only=is_shown) for is_shown in (True, False))
    missing: list[str] = []
    for results, formulas in zip(shown[title].iter_rows(), given[title].iter_rows(), strict=True):
        missing += [
            str(formula.coordinate)
            for result, formula in zip(results, formulas, strict=True)
            if formula.data_type == "f" and result.value is None
        ]
    if missing:
        more = f" and {len(missing) - MOST_TOLD} more" if len(missing) > MOST_TOLD else ""
        raise UsageError(
            f"{path} has formulas whose results are not in the file ({', '.join(missing[:MOST_TOLD])}{more}): "
            "open it in Excel or LibreOffice, save it, and try again"
        )


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
