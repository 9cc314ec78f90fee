"""Credit: issue it, take it away, see the log, and see whether balances and log agree."""

from __future__ import annotations

from typing import Any

from clientops.core.readable import counted
from clientops.registry import rules
from clientops.reports.figures.credit import CREDIT_LOG, CREDIT_OWED, read_credit_figures
from clientops.workbench.change.workflow import Change
from clientops.workbench.frame import Screen
from clientops.workbench.parts.reconciliation import Differences
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import card, figure
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.nodes import Content, call, h
from clientops.workbench.ui.tabs import tabs

VIEWS = (("work", "Issue and log"), ("differences", "Reconcile"))


class Main(Screen):
    """Account credit of all clients."""

    title = "Credit"
    lead = "What clients can use for their next invoices: issue it, take it away, and see where it came from."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.rules = [rule for rule in rules().values() if rule.group == "credit"]
        self.chosen = self.rules[0].name
        self.change = self._change()
        self.log = Grid(desk, CREDIT_LOG, on_open=lambda number: desk.go(f"record/credit_entries/{number}"))
        self.owed = Grid(desk, CREDIT_OWED, on_open=lambda number: desk.go(f"client/{number}"))
        self.listed = "log"
        self.view = "work"
        self.differences = Differences(desk, ("credit", "people"), self._applied)

    def show(self, arguments: list[str]) -> Any:
        """``credits/issue-credit/12``: the form of a rule, for a client; ``credits/differences``: what does not agree."""
        self.log.refresh()
        self.owed.refresh()
        if arguments == ["differences"]:
            return self.look_at("differences")
        self.view = "work"
        if arguments and arguments[0] in {rule.name for rule in self.rules}:
            self.chosen = arguments[0]
            self.change = self._change(int(arguments[1]) if len(arguments) > 1 and arguments[1].isdigit() else None)
        return None

    def look_at(self, view: str, _value: object = None) -> Any:
        """The other side of the screen."""
        self.view = view
        return self.differences.look() if view == "differences" else None

    def choose(self, name: str, _value: object = None) -> None:
        """The form of another rule."""
        self.chosen = name
        self.change = self._change()

    def list_(self, name: str, _value: object = None) -> None:
        """The other listing."""
        self.listed = name

    def _change(self, client: int | None = None) -> Change:
        filled = {"client_id": client} if client else None
        return Change(self.desk, self.chosen, filled=filled, on_applied=self._applied)

    def _applied(self, _receipt: object) -> None:
        self.log.refresh()
        self.owed.refresh()

    def tree(self) -> Content:
        """Figures, the form, the log; or the differences."""
        views = tabs("Views", VIEWS, self.view, lambda name: call(self.look_at, name))
        if self.view == "differences":
            return [views, self.differences.tree()]
        with self.desk.book.tables() as tables:
            figures = read_credit_figures(tables)
        row = [figure(f"Credit in {f.code}", f.total, detail=counted(f.clients, "client")) for f in figures]
        listing = self.log if self.listed == "log" else self.owed
        return [
            views,
            h("div", row, class_="co-figures") if row else None,
            tabs("What to do", [(rule.name, rule.title) for rule in self.rules], self.chosen, lambda name: call(self.choose, name)),
            self.change.tree(),
            card(
                tabs("Lists", [("log", "Credit log"), ("owed", "Clients with credit")], self.listed, lambda name: call(self.list_, name)),
                listing.tree(), key="lists",
            ),
        ]  # fmt: skip
