"""Operations: what was changed, by whom and why; look at it, take it back."""

from __future__ import annotations

from typing import Any

from clientops.book.read.history import OperationDetail
from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.registry import title_of
from clientops.reports.lists.catalogue import listing
from clientops.reports.lists.diff import describe, money_moved
from clientops.workbench.change.diff_view import changes_node, in_words
from clientops.workbench.change.workflow import Change
from clientops.workbench.frame import Screen
from clientops.workbench.parts.approvals import WaitingList
from clientops.workbench.parts.manual_entries import EntriesPage
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, facts, link, notice
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import day, moment
from clientops.workbench.ui.nodes import Content, Part, call, h

READ = 200


class Main(Screen):
    """The log of operations, or one operation."""

    title = "Operations"
    lead = "Everything that was changed, by whom and why. Nothing is ever taken out of this list."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.log = Grid(desk, listing("operations"), on_open=lambda number: desk.go(f"operations/{number}"))
        self.page: OperationPage | None = None
        self.entries: EntriesPage | None = None
        self.missing = ""
        self.waiting = WaitingList(desk, lambda _receipt: self.log.refresh())

    def show(self, arguments: list[str]) -> None:
        """``operations/5`` is operation 5, ``operations/entries`` the record of manual entries."""
        self.page, self.entries, self.missing = None, None, ""
        self.log.refresh()
        if arguments[:1] == ["entries"]:
            self.entries = EntriesPage(self.desk)
        if arguments and arguments[0].isdigit():
            try:
                self.page = OperationPage(self.desk, int(arguments[0]))
            except UsageError as error:
                self.missing = str(error)

    def tree(self) -> Content:
        """The log, the operation, or the record of manual entries."""
        if self.entries:
            return [
                h("div", button("All operations", call(self.desk.go, "operations"), look="quiet"), key="back"),
                self.entries.tree(),
            ]
        if self.page:
            return [
                h("div", button("All operations", call(self.desk.go, "operations"), look="quiet"), key="back"),
                self.page.tree(),
            ]
        entries = button("Record of manual entries", call(self.desk.go, "operations/entries"))
        return [
            notice("warning", self.missing) if self.missing else None,
            self.waiting.tree(),
            h("div", entries, class_="co-buttons", key="entries"),
            card(self.log.tree(), key="log"),
        ]


class OperationPage(Part):
    """One operation: who, when, why, what was asked for, and every row before and after."""

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__()
        self.desk, self.number = desk, number
        self.undoing: Change | None = None
        self.detail: OperationDetail = desk.book.operation(number, READ)

    def undo(self, _value: Any = None) -> Any:
        """Preview taking it back."""
        self.undoing = Change(
            self.desk, "undo", requests={"operation_id": self.number}, on_close=self.close, on_applied=self.changed
        )  # fmt: skip
        return self.undoing.asked(None)

    def close(self, _value: Any = None) -> None:
        """Do not take it back."""
        self.undoing = None

    def changed(self, _receipt: object) -> None:
        """It was taken back."""
        self.detail = self.desk.book.operation(self.number, READ)

    def tree(self) -> Content:
        """The operation."""
        detail, line = self.detail, self.detail.line
        given = _grouped(detail)
        with self.desk.book.tables() as tables:
            described = describe(tables, given)
            money = money_moved(tables, given) if detail.is_whole else ()
        title = f"Operation {line.id}: {title_of(line.rule)}"
        pairs: list[tuple[str, Content]] = [
            ("Who", line.operator), ("When", moment(line.applied_at)), ("Day it counts for", day(detail.today)), ("Reason", line.reason or "none given"), ("Asked for", f"{line.request_count:,} request{'s' if line.request_count != 1 else ''}"),
            ("Undoes", self._link(line.undoes_id)), ("Undone by", self._link(line.undone_by_id)), ("Hash", detail.sha256[:24] + "…"),
            *((label[:1].upper() + label[1:], value) for label, value in detail.summary),
        ]  # fmt: skip
        can_undo = line.undone_by_id is None and not self.undoing and detail.counts
        return [
            self.undoing.tree() if self.undoing else None,
            card(facts(pairs), title=title, tools=button("Undo…", self.undo, picture="undo") if can_undo else None, key="facts"),
            card(
                h("p", in_words(detail.counts), class_="co-faint"),
                h("dl", [h("div", h("dt", label), h("dd", value)) for label, value in money], class_="co-sums") if money else None,
                changes_node(self.desk, described), title="What it changed", key="changes",
            ),
            card(self._requests(), title="What was asked for", key="requests") if any(detail.requests) else None,
        ]  # fmt: skip

    def _link(self, number: int | None) -> Content:
        return link(f"operation {number}", call(self.desk.go, f"operations/{number}")) if number else None

    def _requests(self) -> Content:
        shown = self.detail.requests[:10]
        rest = self.detail.line.request_count - len(shown)
        lines = [
            facts(
                [
                    (str(name).replace("_", " "), str(value))
                    for name, value in request.items()
                    if value not in (None, "") and name != "row"
                ]
            )
            for request in shown
        ]
        return [*lines, h("p", f"and {counted(rest, 'more request')}", class_="co-faint") if rest > 0 else None]


def _grouped(detail: OperationDetail) -> list[tuple[str, str, int, list[Any]]]:
    """Rows of an operation by table and kind."""
    pairs: dict[tuple[str, str], list[Any]] = {}
    for row in detail.rows:
        kind = "insert" if row.before is None else "delete" if row.after is None else "update"
        pairs.setdefault((row.table, kind), []).append((row.before, row.after))
    counts = {(table, kind): count for table, kind, count in detail.counts}
    return [(table, kind, counts.get((table, kind), len(rows)), rows) for (table, kind), rows in pairs.items()]
