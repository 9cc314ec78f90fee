"""The tables of an audit report as a workbook: a sheet of figures, then a sheet for each list."""

from __future__ import annotations

import io
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from clientops.reports.audit.report import Audit
from clientops.reports.audit.section import MOST_CELLS, Listed, most_rows, show_cell

STAMP = (1980, 1, 1, 0, 0, 0)


def workbook(audit: Audit) -> bytes:
    """The workbook's file; two runs over the same book and period give the same bytes but for the line of the time."""
    from openpyxl import Workbook
    from openpyxl.styles import Font

    before = most_rows.set(MOST_CELLS)
    try:
        sections = replace(audit).sections  # those that were worked out for a page are shorter
    finally:
        most_rows.reset(before)
    book = Workbook()
    bold = Font(bold=True)
    sheet = book.active
    sheet.title = "figures"
    rows: list[list[Any]] = [
        [audit.heading],
        [f"Made on {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC by {audit.book.operator}"],
        [],
    ]
    rows += [
        [section.title, figure.label, figure.text, figure.rows] for section in sections for figure in section.figures
    ]
    for row in rows:
        _append(sheet, row)
    for section in sections:
        for found in section.lists:
            sheet = book.create_sheet(found.key[:31])
            _append(sheet, _headings(found))
            for cell in sheet[1]:
                cell.font = bold
            sheet.freeze_panes = "A2"
            for values in found.rows:
                _append(sheet, _cells(found, values))
            if found.total > len(found.rows):
                _append(sheet, [f"The first {len(found.rows)} of {found.total} rows"])
    end = datetime.combine(audit.last, time())
    book.properties.created = book.properties.modified = end
    book.properties.creator = "clientops"
    out = io.BytesIO()
    book.save(out)
    return _without_times(out.getvalue(), end)


def _headings(found: Listed) -> list[str]:
    """Headings of a sheet; money takes two columns."""
    return [
        name
        for title, kind in found.columns
        for name in ((title, f"{title}: currency") if kind == "money" else (title,))
    ]


def _cells(found: Listed, row: tuple[Any, ...]) -> list[Any]:
    cells: list[Any] = []
    for value, (_, kind) in zip(row, found.columns, strict=True):
        if kind == "money":
            cells += [None, None] if value is None else list(value)
        elif isinstance(value, datetime):
            cells.append(value.replace(tzinfo=None))
        elif isinstance(value, (int, Decimal)) and not isinstance(value, bool):
            cells.append(value)
        else:
            cells.append(show_cell(value, kind))
    return cells


def _append(sheet: Any, values: list[Any]) -> None:
    """Add a row; a text is a text, whatever it begins with."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    sheet.append(
        [ILLEGAL_CHARACTERS_RE.sub("", value)[:32_000] if isinstance(value, str) else value for value in values]
    )
    for cell in sheet[sheet.max_row]:
        if isinstance(cell.value, str):
            cell.data_type = "s"


def _without_times(content: bytes, end: datetime) -> bytes:
    """The same archive without the moment at which its parts were written."""
    import re

    out = io.BytesIO()
    stamp = f"{end:%Y-%m-%dT%H:%M:%SZ}".encode()
    with zipfile.ZipFile(io.BytesIO(content)) as given, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as written:
        for name in sorted(given.namelist(), key=lambda name: (name != "[Content_Types].xml", name)):
            part = given.read(name)
            if name == "docProps/core.xml":
                part = re.sub(rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", stamp, part)
            written.writestr(zipfile.ZipInfo(name, STAMP), part, zipfile.ZIP_DEFLATED)
    return out.getvalue()
