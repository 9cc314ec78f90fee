"""One row of any table: its values, what belongs to it, what happened to it, and what can be done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clientops.core.errors import UsageError
from clientops.core.readable import noun
from clientops.reports.documents.zone_file import zone_text
from clientops.reports.figures.record import Record, Related, read_record
from clientops.reports.lists.catalogue import is_listed, listing, plain_listing
from clientops.workbench.change.grid_edits import EDITED_BY
from clientops.workbench.change.row_actions import Actions
from clientops.workbench.change.row_history import timeline
from clientops.workbench.frame import Screen
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, card, facts, link, notice
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import counted, humanised
from clientops.workbench.ui.markdown import markdown
from clientops.workbench.ui.nodes import Content, Part, call, h

FIELDS = {
    "credit_entries": "credit_entry_id",
    "addons": "addon_id",
    "dns_records": "dns_record_id",
    "custom_fields": "field_id",
    "article_categories": "category_id",
}
MARKDOWN = {("notes", "body"), ("articles", "body"), ("tickets", "message"), ("ticket_replies", "message")}


class Main(Screen):
    """A record."""

    title = "Record"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.page: RecordPage | None = None
        self.missing = ""

    def show(self, arguments: list[str]) -> None:
        """``record/invoices/12``."""
        self.page, self.missing = None, "There is no such record."
        if len(arguments) == 2 and arguments[1].isdigit():
            try:
                page = RecordPage(self.desk, arguments[0], int(arguments[1]))
                if page.read() is not None:
                    self.page = page
                    self.title = noun(arguments[0])[:1].upper() + noun(arguments[0])[1:]
                    return
                self.missing = f"There is no {noun(arguments[0])} {arguments[1]}; it may have been removed or merged."
            except UsageError as error:
                self.missing = str(error)

    def tree(self) -> Content:
        """The record."""
        return self.page.tree() if self.page else notice("warning", self.missing)


class RecordPage(Part):
    """One row, and everything around it."""

    def __init__(self, desk: Desk, table: str, number: int) -> None:
        super().__init__()
        self.desk, self.table, self.number = desk, table, number
        field = FIELDS.get(table) or f"{noun(table).replace(' ', '_').replace('-', '')}_id"
        self.actions = Actions(desk, field, number, current=self._row, on_applied=self.changed, shown=5)
        self.grids: dict[str, Grid] = {}

    def read(self) -> Record | None:
        """The record as it is now."""
        with self.desk.book.tables() as tables:
            return read_record(tables, self.table, self.number)

    def _row(self) -> dict[str, Any]:
        record = self.read()
        return record.row if record else {}

    def changed(self, _receipt: object) -> None:
        """Something was changed."""
        for grid in self.grids.values():
            grid.refresh()

    def _grid(self, related: Related) -> Grid:
        key = f"{related.table}.{related.column}"
        if key not in self.grids:
            made = (
                listing(related.table, related.where)
                if is_listed(related.table)
                else plain_listing(related.table, related.where)
            )
            self.grids[key] = Grid(
                self.desk, made, values={"number": self.number}, size=10,
                edits=related.table if related.table in EDITED_BY and is_listed(related.table) else "",
                on_open=self._opener("client" if related.table == "clients" else f"record/{related.table}"),
            )  # fmt: skip
        return self.grids[key]

    def _opener(self, route: str) -> Callable[[int], Any]:
        return lambda number: self.desk.go(f"{route}/{number}")

    def tree(self) -> Content:
        """Values, actions, what belongs to it, history."""
        record = self.read()
        if record is None:
            return [
                self.actions.tree() if self.actions.change else None,
                notice("warning", f"This {noun(self.table)} is no longer there."),
            ]
        status = record.row.get("status")
        pairs = [
            (humanised(column), markdown(text) if (self.table, column) in MARKDOWN else self._value(text, target))
            for column, text, target in record.facts
        ]
        return [
            h("div", h("h2", record.label), badge(str(status)) if status else None, class_="co-title", key="title"),
            self.actions.tree(),
            card(facts(pairs), title="Details", key="facts"),
            self._zone_card(),
            [
                card(self._grid(related).tree(), title=counted(related.count, related.table), key=f"{related.table}.{related.column}")
                for related in record.related
            ],
            card(timeline(self.desk, self.desk.book.row_history(self.table, self.number), self.table), title="History", key="history"),
        ]  # fmt: skip

    def _zone_card(self) -> Content:
        """A domain's records as a zone file."""
        if self.table != "domains":
            return None
        with self.desk.book.tables() as tables:
            text = zone_text(tables, self.number)
        return card(h("pre", text, class_="co-zone"), title="Zone file", key="zone") if text else None

    def _value(self, text: str, target: tuple[str, int] | None) -> Content:
        if target is None:
            return text
        table, number = target
        return link(text, call(self.desk.go, f"client/{number}" if table == "clients" else f"record/{table}/{number}"))
