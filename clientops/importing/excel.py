"""Reading a sheet of an Excel file as text: what its cells show, and which of them were real numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, Literal
from zipfile import BadZipFile, ZipFile

from clientops.core.errors import UsageError
from clientops.importing.hidden_parts import NOTHING_HIDDEN, Hidden, hidden_parts
from clientops.importing.number_formats import shown_number

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
        hidden: A sentence on rows, columns or sheets that Excel does not show, and what became of them; else empty.
    """

    name: str
    others: tuple[str, ...]
    rows: list[list[str]]
    numbers: list[set[str]]
    hidden: str = ""


def read_sheet(path: Path, name: str | None = None, hidden: Literal["take", "leave"] | None = None) -> Sheet:
    """The sheet of that name, else the first one that is not hidden and has anything in it, as its cells show.

    Formulas count with the result that Excel kept; merged cells with their first one.

    Raises:
        UsageError: The file is no Excel file, has no such sheet, nothing in it, formulas without a result, or rows or
            columns that are hidden, unless ``hidden`` says whether to take them or to leave them out.
    """
    from openpyxl import load_workbook

    try:
        book = load_workbook(path, read_only=True, data_only=True)
        names = [sheet.title for sheet in book.worksheets]
        if name is not None and name not in names:
            raise UsageError(f"{path} has no sheet {name!r}; it has {', '.join(names)}")
        unseen = [sheet.title for sheet in book.worksheets if sheet.sheet_state != "visible"]
        for title in [name] if name is not None else [name for name in names if name not in unseen] or names:
            concealed = hidden_parts(path, book[title])
            if concealed and hidden is None:
                raise UsageError(
                    f"{path}: {concealed.said} of sheet {title} hidden or filtered away; say --hidden leave to leave them "
                    "out or --hidden take to take them. Nothing was imported"
                )
            rows, numbers = _read(book[title].iter_rows(), concealed if hidden == "leave" else NOTHING_HIDDEN)
            if rows:
                break
        book.close()
    except (OSError, KeyError, ValueError, BadZipFile) as error:
        raise UsageError(f"{path} cannot be read as an Excel file: {error}") from error
    if not rows:
        raise UsageError(f"{path} has no rows" + (f" in sheet {name}" if name is not None else ""))
    _refuse_unworked(path, title)
    others = tuple(f"{other} (hidden)" if other in unseen else other for other in names if other != title)
    kept = {"leave": "are left out", "take": "are taken"}.get(hidden or "", "")
    said = f"{concealed.said} hidden, and {kept}" if concealed else ""
    return Sheet(title, others, rows, numbers, said)


def _read(cells: Iterator[tuple[Any, ...]], left_out: Hidden) -> tuple[list[list[str]], list[set[str]]]:
    rows: list[list[str]] = []
    numbers: list[set[str]] = []
    for number, line in enumerate(cells, 1):
        if number in left_out.rows:
            continue
        kept = [cell for place, cell in enumerate(line, 1) if place not in left_out.columns]
        row = [_shown_text(cell) for cell in kept]
        if not any(row):
            continue
        numbers += [set() for _ in range(len(row) - len(numbers))]
        for real, cell, text in zip(numbers, kept, row, strict=False):
            if isinstance(cell.value, (int, float)):
                real.add(text)
        rows.append(row)
    width = max(map(len, rows), default=0)
    return [row + [""] * (width - len(row)) for row in rows], numbers


def _shown_text(cell: Any) -> str:
    """What a cell shows."""
    text = _cell_text(cell.value)
    if isinstance(cell.value, (int, float)) and not isinstance(cell.value, bool) and cell.number_format != "General":
        return shown_number(cell.value, text, cell.number_format)
    return text


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
