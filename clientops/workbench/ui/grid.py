"""A grid over a listing of the book: only the visible page travels, however long the listing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any

from clientops.reports.lists.engine import Listing, Query, export_csv, read_page, why_nothing
from clientops.schema.tables import Tables
from clientops.workbench.change.grid_edits import Cells
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import TONES
from clientops.workbench.ui.nodes import Node, Part, call, h

CHUNK = 400_000


class Grid(Part):
    """Rows of a listing with sorting, filters, search, paging, selection and export.

    Args:
        desk: The book.
        listing: What is listed.
        values: Values of the listing's parameters.
        on_open: Called with a row's number.
        actions: (title, function) pairs: what can be done with the selected rows, called with their numbers.
        sort: Column and ``asc`` or ``desc`` it begins with.
        size: Rows a page.
        edits: Table that is listed, if its rows may be edited in their cells.
    """

    def __init__(
        self,
        desk: Desk,
        listing: Listing,
        *,
        values: Mapping[str, Any] | None = None,
        on_open: Callable[[int], Any] | None = None,
        actions: tuple[tuple[str, Callable[[list[int]], Any]], ...] = (),
        sort: tuple[str, str] | None = None,
        size: int = 25,
        edits: str = "",
    ) -> None:
        super().__init__()
        self.desk, self.listing, self.values, self.on_open, self.actions = (
            desk,
            listing,
            dict(values or {}),
            on_open,
            actions,
        )
        self.sort, self.size, self.version = sort, size, 0
        self._export: tuple[Any, str] | None = None
        self.cells: Cells | None = None
        if edits and desk.is_staff:
            self.cells = Cells(desk, edits, listing, values=self.values, on_applied=lambda _receipt: self.refresh())

    def reading(self) -> AbstractContextManager[Tables]:
        """The tables that the listing is read from."""
        return self.desk.book.tables()

    def refresh(self) -> None:
        """Read the rows anew when it is drawn next."""
        self.version += 1

    def tree(self) -> Node:
        """The grid."""
        columns, more = (
            [{"name": c.name, "title": c.title, "kind": c.kind, "hint": c.hint} for c in these if not c.is_hidden]
            for these in (self.listing.columns, self.listing.more)
        )
        cells = self.cells if self.desk.book.moment is None else None  # nothing is edited in the past
        actions = [
            {"title": title, "handler": call(self.acted, place)} for place, (title, _) in enumerate(self.actions)
        ]
        properties = {
            "key": f"g{self.serial}", "version": self.version, "title": self.listing.title, "columns": columns,
            "size": self.size, "sort": list(self.sort) if self.sort else None, "select": bool(self.actions), "actions": actions,
            "page": call(self.page), "export": call(self.export), "open": call(self.opened) if self.on_open else None,
            "cells": {**cells.properties(), "more": more} if cells else None,
        }  # fmt: skip
        node = Node("co-grid", properties, key=f"grid {self.serial}")
        if cells is None:
            return node
        # While a change is previewed the grid is only hidden, so that one returns to the same page.
        is_hidden = cells.change is not None
        return h("div", cells.tree(), h("div", node, hidden=is_hidden, key="grid", focus=cells.focus), class_="co-stack", key=f"cells {self.serial}")  # fmt: skip

    def page(self, asked: Any) -> dict[str, Any]:
        """The rows of a page as the browser shows them."""
        cells = self.cells if isinstance(asked, Mapping) and asked.get("editing") else None
        listing = replace(self.listing, columns=self.listing.columns + self.listing.more) if cells else self.listing
        query = Query.parse(asked, listing)
        with self.reading() as tables:
            page = read_page(tables, listing, query, self.values)
        badges = [c.name for c in listing.columns if c.kind == "badge"]
        shown = [c.name for c in listing.columns if not c.is_hidden]
        rows = []
        for (number, row), values in zip(page.rows, page.values, strict=True):
            tones = {name: TONES.get(row[name] or "", "plain") for name in badges}
            edited = cells.of_row(number, values) if cells else {}
            rows.append({"id": number, "cells": [row[name] for name in shown], "tones": tones, **edited})
        pending = self.cells.pending() if self.cells else None
        return {"rows": rows, "total": page.total, "message": why_nothing(listing, query), "editing": cells is not None, "pending": pending}  # fmt: skip

    def opened(self, number: Any) -> Any:
        """A row was opened."""
        return self.on_open(int(number)) if self.on_open and isinstance(number, int) else None

    def acted(self, place: int, numbers: Any) -> Any:
        """An action was chosen for the selected rows."""
        chosen = [int(number) for number in numbers if isinstance(number, int)] if isinstance(numbers, list) else []
        return self.actions[place][1](chosen) if chosen else None

    def export(self, asked: Any) -> dict[str, Any]:
        """A part of the listing as CSV: all rows that fit the filters, in the order shown, as they were at the first part."""
        at = int(asked.get("part", 0)) if isinstance(asked, Mapping) else 0
        if at == 0 or self._export is None:
            with self.reading() as tables:
                text = export_csv(tables, self.listing, Query.parse(asked, self.listing), self.values)
            self._export = (None, text)
        text = self._export[1]
        part = text[at : at + CHUNK]
        following = at + CHUNK if at + CHUNK < len(text) else 0
        if not following:
            self._export = None
        return {"text": part, "next": following, "name": f"{self.listing.name}.csv"}
