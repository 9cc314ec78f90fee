"""Billing: invoices, payments, the run that makes invoices; statements, and whether everything agrees."""

from __future__ import annotations

from typing import Any

from clientops.registry import rules
from clientops.reports.figures.billing import read_ageing
from clientops.reports.lists.catalogue import listing
from clientops.workbench.change.row_actions import rules_about
from clientops.workbench.change.workflow import Change
from clientops.workbench.frame import Screen
from clientops.workbench.parts.reconciliation import Differences, SignOffs
from clientops.workbench.parts.statements import Statements
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, figure
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.nodes import Content, call, h
from clientops.workbench.ui.tabs import tabs

LISTS = (
    ("overdue", "Overdue", "invoices", "t.status = 'Unpaid' and t.due_on < current_date"),
    ("unpaid", "Unpaid", "invoices", "t.status = 'Unpaid'"),
    ("drafts", "Drafts", "invoices", "t.status = 'Draft'"),
    ("paid", "Paid", "invoices", "t.status = 'Paid'"),
    ("all", "All invoices", "invoices", ""),
    ("transactions", "Transactions", "transactions", ""),
)
VIEWS = (("work", "Invoices"), ("statements", "Statements"), ("differences", "Reconcile"), ("sign-off", "Sign-off"))
STARTS = ("generate-invoices", "record-payment", "create-invoice")


class Main(Screen):
    """Invoices and payments of all clients."""

    title = "Billing"
    lead = "What is owed, what came in, and the run that writes the next invoices."

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.listed = "overdue"
        self.change: Change | None = None
        self.grids: dict[str, Grid] = {}
        self.view = "work"
        self.looked_at: dict[str, Differences | Statements | SignOffs] = {
            "statements": Statements(desk, self.changed),
            "differences": Differences(desk, ("invoices", "payments", "statements"), self.changed),
            "sign-off": SignOffs(desk),
        }

    def show(self, arguments: list[str]) -> Any:
        """``billing/unpaid`` is a list; ``billing/statements``, ``differences`` and ``sign-off`` the other views."""
        self.changed(None)
        if arguments and any(arguments[0] == name for name, _ in VIEWS):
            return self.look_at(arguments[0])
        self.view = "work"
        if arguments and any(arguments[0] == name for name, _, _, _ in LISTS):
            self.listed = arguments[0]
        return None

    def look_at(self, view: str, _value: Any = None) -> Any:
        """Another view, looked at anew."""
        self.view = view
        return self.looked_at[view].look() if view in self.looked_at else None

    def begin(self, name: str, _value: Any = None) -> None:
        """The form of a rule."""
        self.change = Change(self.desk, name, on_close=self.close, on_applied=self.changed)

    def for_all(self, name: str, numbers: list[int]) -> Any:
        """A rule for each of the selected invoices, as one operation."""
        self.change = Change(
            self.desk, name, each=("invoice_id", numbers), on_close=self.close, on_applied=self.changed
        )
        return self.change.asked({}) if self.change.form is None else None

    def close(self, _value: Any = None) -> None:
        """Leave the form."""
        self.change = None

    def changed(self, _receipt: object) -> None:
        """Something was changed."""
        for grid in self.grids.values():
            grid.refresh()

    def choose(self, name: str, _value: Any = None) -> None:
        """Another list."""
        self.listed = name

    def _grid(self, name: str) -> Grid:
        if name not in self.grids:
            _, title, table, where = next(entry for entry in LISTS if entry[0] == name)
            actions: tuple[tuple[str, Any], ...] = ()
            if table == "invoices":
                actions = tuple(
                    (f"{rule.title}…", self._for_all(rule.name))
                    for rule in rules_about("invoice_id")
                    if _needs_only(rule, "invoice_id")
                )
            made = listing(
                table, where, title=table if name in ("all", "transactions") else f"{title.lower()} invoices"
            )
            self.grids[name] = Grid(
                self.desk, made, actions=actions, on_open=lambda number: self.desk.go(f"record/{table}/{number}")
            )
        return self.grids[name]

    def _for_all(self, name: str) -> Any:
        return lambda numbers: self.for_all(name, numbers)

    def tree(self) -> Content:
        """Ageing, what can be begun, the lists; or another view."""
        views = tabs("Views", VIEWS, self.view, lambda name: call(self.look_at, name))
        if self.view in self.looked_at:
            return [views, self.looked_at[self.view].tree()]
        with self.desk.book.tables() as tables:
            ageing = read_ageing(tables)
        begin = [
            button(rules()[n].title, call(self.begin, n), look="primary" if n == STARTS[0] else "")
            for n in STARTS
            if n in rules()
        ]
        return [
            views,
            h("div", [figure(f.label, f.amount, detail=f.detail, tone=f.tone) for f in ageing], class_="co-figures", key="ageing") if ageing else None,
            self.change.tree() if self.change else h("div", begin, class_="co-buttons", key="begin"),
            card(tabs("Lists", [(name, title) for name, title, _, _ in LISTS], self.listed, lambda name: call(self.choose, name)),
                 self._grid(self.listed).tree(), key=f"list {self.listed}"),
        ]  # fmt: skip


def _needs_only(rule: Any, field: str) -> bool:
    """Whether a request of a rule is complete with this one field."""
    return all(name == field or not info.is_required() for name, info in rule.request.model_fields.items())
