"""The record of manual entries, as a part of a screen: a period, who, which kind; counts, the list, and a file of it."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.exporting.files import export_relation
from clientops.registry import MANUAL_KINDS
from clientops.reports.documents.manual_entries import (
    OTHER,
    SOURCES,
    Entries,
    entries_listing,
    manual_entries,
    read_operators,
)
from clientops.schema.tables import Tables
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, notice, table
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.nodes import Content, Node, Part, call, h

EXCEL = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
NOTHING: dict[str, Any] = {"from_on": None, "to_on": None, "operator": None, "kind": None}


class EntriesPage(Part):
    """Who entered what by hand, and why, beside what came by import, by generation and by rule."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.wanted = dict(NOTHING)
        self.problem = ""
        self.grid = self._new_grid()

    def _new_grid(self) -> Grid:
        return Grid(
            self.desk,
            entries_listing(),
            values=self.wanted,
            on_open=lambda number: self.desk.go(f"operations/{number}"),
        )

    def narrowed(self, value: Any) -> None:
        """Show another period, person or kind."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        self.problem = ""
        try:
            wanted = {
                "from_on": _day(values.get("from_on")), "to_on": _day(values.get("to_on")),
                "operator": str(values.get("operator") or "") or None, "kind": str(values.get("kind") or "") or None,
            }  # fmt: skip
            with self.desk.book.tables() as tables:
                _read(tables, wanted)
        except UsageError as error:
            self.problem = str(error)
            return
        self.wanted = wanted
        self.grid = self._new_grid()

    def excel(self, _value: Any = None) -> None:
        """Hand the list over as an Excel file."""
        with tempfile.TemporaryDirectory() as folder, self.desk.book.tables() as tables:
            path = Path(folder) / "manual-entries.xlsx"
            export_relation(_read(tables, self.wanted).operations, path)
            content = base64.b64encode(path.read_bytes()).decode("ascii")
        self.desk.hand_over(path.name, content, EXCEL)

    def tree(self) -> Content:
        """The choice, the counts, the list."""
        with self.desk.book.tables() as tables:
            counts = as_dicts(_read(tables, self.wanted).counts)
            operators = read_operators(tables)
        shown = [name for name in SOURCES if any(row[name] for row in counts) or name in SOURCES[:4]]
        lines = [
            [row["kind"].capitalize(), *(f"{row[name]:,}" if row[name] else "–" for name in shown), f"{row['total']:,}" if row["total"] else "–"]
            for row in counts
        ]  # fmt: skip
        return [
            self._filter_node(operators),
            card(
                h("p", "New records of each kind, by where they came from. What was undone since is still counted, and its undo is named in the list.", class_="co-faint"),
                table(["Kind", *(name.capitalize() if name != "direct SQL" else name for name in shown), "All"], lines, kinds="t" + "m" * (len(shown) + 1), caption="New records by origin"),
                title="Where records came from", key="counts",
            ),
            card(self.grid.tree(), title="Entered by hand", tools=button("Excel", self.excel, picture="download", look="quiet"), key="entries"),
        ]  # fmt: skip

    def _filter_node(self, operators: tuple[str, ...]) -> Node:
        own = f"e{self.serial}"

        def entry(name: str, label: str, inside: Node) -> Node:
            return h("div", h("label", label, for_=f"{own}-{name}"), inside, class_="co-field", key=name)

        def day(name: str, label: str) -> Node:
            value = self.wanted[name].isoformat() if self.wanted[name] else ""
            return entry(name, label, h("input", type="date", id=f"{own}-{name}", name=name, value=value, class_="co-input"))  # fmt: skip

        def choice(name: str, label: str, everything: str, choices: tuple[str, ...]) -> Node:
            chosen = self.wanted[name] or ""
            options = [h("option", everything, value="", selected=not chosen)]
            options += [h("option", text, value=text, selected=text == chosen) for text in choices]
            return entry(name, label, h("select", options, id=f"{own}-{name}", name=name, value=chosen, class_="co-input"))  # fmt: skip

        return h(
            "form",
            h("div", notice("error", self.problem), role="alert", key="problem") if self.problem else None,
            h("div", day("from_on", "From"), day("to_on", "To"), choice("operator", "Who", "everybody", operators),
              choice("kind", "Kind", "every kind", (*MANUAL_KINDS, OTHER)), class_="co-fields"),
            h("div", h("button", "Show", type="submit", class_="co-button co-primary"), button("Everything", call(self.narrowed), look="quiet"), class_="co-buttons"),
            class_="co-form co-card", novalidate=True, on={"submit": self.narrowed}, key="filter",
        )  # fmt: skip


def _read(tables: Tables, wanted: Mapping[str, Any]) -> Entries:
    return manual_entries(tables, wanted["from_on"], wanted["to_on"], operator=wanted["operator"], kind=wanted["kind"])


def _day(text: Any) -> date | None:
    try:
        return date.fromisoformat(str(text)) if text else None
    except ValueError:
        raise UsageError(f"{text!r} is not a day; write it like 2026-11-30") from None
