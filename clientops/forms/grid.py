"""A grid over a listing of the book: only the visible page travels, however long the listing is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any

from clientops.forms.desk import Desk
from clientops.forms.element import Node, Part, call
from clientops.forms.look import TONES
from clientops.reports.listing import Listing, Query, export_csv, read_page
from clientops.tables.view import Tables

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

    def reading(self) -> AbstractContextManager[Tables]:
        """The tables that the listing is read from."""
        return self.desk.book.tables()

    def refresh(self) -> None:
        """Read the rows anew when it is drawn next."""
        self.version += 1

    def tree(self) -> Node:
        """The grid."""
        columns = [
            {"name": c.name, "title": c.title, "kind": c.kind, "hint": c.hint} for c in self.listing.columns if not c.is_hidden
        ]  # fmt: skip
        actions = [
            {"title": title, "handler": call(self.acted, place)} for place, (title, _) in enumerate(self.actions)
        ]
        properties = {
            "key": f"g{self.serial}", "version": self.version, "title": self.listing.title, "columns": columns,
            "size": self.size, "sort": list(self.sort) if self.sort else None, "select": bool(self.actions), "actions": actions,
            "page": call(self.page), "export": call(self.export), "open": call(self.opened) if self.on_open else None,
        }  # fmt: skip
        return Node("co-grid", properties, key=f"grid {self.serial}")

    def page(self, asked: Any) -> dict[str, Any]:
        """The rows of a page as the browser shows them."""
        with self.reading() as tables:
            page = read_page(tables, self.listing, Query.parse(asked, self.listing), self.values)
        badges = [c.name for c in self.listing.columns if c.kind == "badge"]
        shown = [c.name for c in self.listing.columns if not c.is_hidden]
        rows = []
        for number, row in page.rows:
            tones = {name: TONES.get(row[name] or "", "plain") for name in badges}
            rows.append({"id": number, "cells": [row[name] for name in shown], "tones": tones})
        return {"rows": rows, "total": page.total, "message": self.listing.empty}

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
