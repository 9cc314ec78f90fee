"""What an audit report is made of: sections of figures, and the rows behind each of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from clientops.core.plan import Relation
from clientops.reports.documents.printing import templates
from clientops.reports.lists.row_names import amount_text
from clientops.schema.tables import Tables

MOST = 2_000  # rows of a list on a page
MOST_CELLS = 200_000  # rows of a sheet
most_rows: ContextVar[int] = ContextVar("most_rows", default=MOST)
Kind = Literal["text", "number", "money", "moment", "day", "operation", "client", "record", "word", "bad"]


@dataclass(frozen=True)
class Listed:
    """Rows behind a figure.

    Attributes:
        key: Name of the list, unique in the report; its anchor.
        title: Heading.
        columns: Heading and kind of each column. ``money`` is a pair (amount, currency code); ``operation`` and
            ``client`` are numbers; ``record`` is a pair (table, number); ``word`` is one of a few short texts.
        rows: The rows, at most as many as ``most_rows`` says.
        total: How many there are.
    """

    key: str
    title: str
    columns: tuple[tuple[str, Kind], ...]
    rows: tuple[tuple[Any, ...], ...]
    total: int


@dataclass(frozen=True)
class Figure:
    """A figure, and the list of the rows that it counts (its key; empty: none)."""

    label: str
    text: str
    rows: str = ""
    tone: Literal["", "good", "bad"] = ""


@dataclass(frozen=True)
class Section:
    """A part of the report.

    Attributes:
        key: Name, unique in the report; its anchor.
        title: Heading.
        lead: What it shows, in a sentence or two.
        figures: What people look at first.
        lists: The rows behind them.
        charts: (what it shows, SVG) pairs.
    """

    key: str
    title: str
    lead: str
    figures: tuple[Figure, ...] = ()
    lists: tuple[Listed, ...] = ()
    charts: tuple[tuple[str, str], ...] = field(default=(), repr=False)

    def html(self) -> str:
        """The section as HTML; whatever was typed is escaped."""
        template = templates().get_template("audit_section.html.j2")
        return template.render(section=self, show=show_cell, image=image_of, shown=shown_count)

    def _repr_html_(self) -> str:
        return self.html()


def listed(
    key: str, title: str, columns: Sequence[tuple[str, Kind]], rows: Relation | Iterable[Sequence[Any]]
) -> Listed:
    """A list of rows; a relation's are read as far as ``most_rows`` says, and counted."""
    if isinstance(rows, Relation):
        found = rows.fetchmany(most_rows.get())
        more = sum(len(part) for part in iter(lambda: rows.fetchmany(10_000), []))
        return Listed(key, title, tuple(columns), tuple(tuple(row) for row in found), len(found) + more)
    every = tuple(tuple(row) for row in rows)
    return Listed(key, title, tuple(columns), every[: most_rows.get()], len(every))


def count_figure(label: str, found: Listed, *, is_bad: bool = False) -> Figure:
    """How many rows a list has."""
    return Figure(label, f"{found.total:,}", found.key, ("bad" if found.total else "good") if is_bad else "")


def show_cell(value: Any, kind: Kind) -> str:
    """A value as the report shows it."""
    if isinstance(value, (tuple, dict)):
        first, second = value.values() if isinstance(value, dict) else value
        if kind == "money":
            return "" if first is None else amount_text(first, second or "?")
        return "" if first is None else f"{first} {second}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    if isinstance(value, int) and kind == "number":
        return f"{value:,}"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return "" if value is None else str(value)


def image_of(svg: str) -> str:
    """An SVG as the address of an image that a page holds in itself."""
    import base64

    return "data:image/svg+xml;base64," + base64.b64encode(svg.encode()).decode()


def shown_count(found: Listed) -> str:
    """How many of a list's rows are shown, where not all of them are."""
    if found.total <= len(found.rows):
        return ""
    return f"The first {len(found.rows):,} of {found.total:,} rows; the report as a workbook (.xlsx) has up to {MOST_CELLS:,}."


def money_pairs(relation: Relation, *places: int) -> list[tuple[Any, ...]]:
    """Rows whose columns at these places are amounts, each paired with the currency code in the last column."""
    return [
        tuple((value, row[-1]) if place in places else value for place, value in enumerate(row[:-1]))
        for row in relation.fetchall()
    ]


def one_value(tables: Tables, sql: str, **values: Any) -> Any:
    """The single value of a SELECT."""
    row = tables.query(sql, **values).fetchone()
    return row[0] if row else None
