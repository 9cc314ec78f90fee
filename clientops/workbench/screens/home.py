"""Home: what is to be done today, and how things stand."""

from __future__ import annotations

from datetime import date

from clientops.registry import title_of
from clientops.reports.figures.home import TODO_LISTINGS, Standing, Todo, read_standing, read_todo
from clientops.workbench.frame import Screen
from clientops.workbench.session import Desk
from clientops.workbench.ui.charts import bars, shares
from clientops.workbench.ui.components import button, card, figure, link
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import moment
from clientops.workbench.ui.nodes import Content, Node, call, h

ROUTES = {
    "overdue": "record/invoices",
    "unmatched": "record/transactions",
    "lines": "record/statement_lines",
    "duplicates": "duplicates/case",
    "follow-ups": "record/communications",
    "failed-mail": "record/communications",
}


class Main(Screen):
    """The to-do list with figures and charts."""

    title = "Home"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.listed = ""
        self.grid: Grid | None = None
        self.read: tuple[tuple[Todo, ...], Standing] | None = None
        self.read_of: tuple[object, ...] = ()

    @property
    def lead(self) -> str:  # type: ignore[override]
        """The day."""
        now = self.desk.book.today()
        return f"{now:%A}, {now.day} {now:%B %Y}"

    def show(self, arguments: list[str]) -> None:
        """``home/overdue`` lists what waits under that name."""
        self.listed, self.grid = "", None
        if arguments and arguments[0] in TODO_LISTINGS:
            self.listed = arguments[0]
            route = ROUTES.get(self.listed, "client")
            self.grid = Grid(
                self.desk, TODO_LISTINGS[self.listed], on_open=lambda number: self.desk.go(f"{route}/{number}")
            )

    def tree(self) -> Content:
        """What waits, how things stand, what happened last."""
        today = self.desk.book.today()
        todo, standing = self._figures(today)
        items = [self._item(item) for item in sorted(todo, key=lambda item: item.is_known and item.count == 0)]
        names, issued, received = zip(*standing.months, strict=True) if standing.months else ((), (), ())
        months = bars(
            f"Invoiced and received per month in {standing.code}", names, [("Invoiced", issued), ("Received", received)]
        )
        shown = self.grid and next((item for item in todo if item.name == self.listed), None)
        return [
            h("div", [figure(label, text, detail=detail) for label, text, detail in standing.figures], class_="co-figures", key="figures"),
            card(self.grid.tree(), title=shown.title, tools=button("Close", call(self.desk.go, "home"), look="quiet"), key="listed") if self.grid and shown else None,
            h("div",
              card(h("ul", items, class_="co-todo"), title="To do"),
              h("div",
                self._beginning(standing) if not standing.clients else None,
                card(months, title=f"Invoiced and received, {standing.code}") if any(issued) or any(received) else None,
                card(shares("Clients by status", standing.statuses), title="Clients by status") if standing.statuses else None,
                class_="co-stack"),
              class_="co-columns", key="columns"),
            card(self._latest(), title="Latest operations", tools=link("All", call(self.desk.go, "operations")), key="latest"),
        ]  # fmt: skip

    def _figures(self, today: date) -> tuple[tuple[Todo, ...], Standing]:
        """What waits and how things stand; added up anew only where the book or the day is another one."""
        state = (today, *self.desk.state_of_book())
        if self.read is None or self.read_of != state:
            with self.desk.book.tables() as tables:
                self.read = read_todo(tables), read_standing(tables, today)
            self.read_of = state
        return self.read

    def _item(self, item: Todo) -> Node:
        """A line of the list: how many, of what, and the way there."""
        look: Content
        if item.count:
            look = button(
                "Look", call(self.desk.go, f"home/{item.name}"), look="quiet", aria_label=f"Look at: {item.title}"
            )
        elif not item.is_known:
            look = button("Look for them", call(self.desk.go, "duplicates"), look="quiet")
        else:
            look = h("span", "nothing", class_="co-faint")
        mark = f"{item.count:,}" if item.count else "✓" if item.is_known else "?"
        tone = "" if item.count else "co-todo-none" if item.is_known else "co-todo-unknown"
        return h(
            "li",
            h("span", mark, class_=f"co-todo-count {tone}"),
            h("span", h("strong", item.title), h("span", item.detail, class_="co-faint"), class_="co-todo-what"),
            look, key=item.name,
        )  # fmt: skip

    def _beginning(self, standing: Standing) -> Node:
        """What to do first in an empty book."""
        first, then = ("add-currency", "Add a currency"), ("add-client", "Add a client")
        steps = [then] if standing.currencies else [first, then]
        ways = [
            ("A WHMCS, or a dump of it", "clientops import whmcs mysql://user@host/db --dry-run"),
            ("A spreadsheet of clients", "clientops import csv clients.csv --as clients --dry-run"),
            ("A made-up business to try things on", "clientops --book demo.duckdb demo"),
        ]
        return card(
            h("p", "This book is empty. Enter the first client by hand, once there is a currency to bill in:" if not standing.currencies
              else "This book has no clients yet. Enter the first by hand:"),
            h("div", [button(title, call(self.desk.go, f"manual-entry/{name}"), look="primary" if place == 0 else "") for place, (name, title) in enumerate(steps)], class_="co-buttons"),
            h("p", "Or bring in what there is, on the command line:"),
            h("dl", [h("div", h("dt", what), h("dd", h("code", command))) for what, command in ways], class_="co-ways"),
            title="Begin", class_="co-stack", key="begin",
        )  # fmt: skip

    def _latest(self) -> Content:
        lines = [
            h("li",
              h("span", link(f"#{line.id}", call(self.desk.go, f"operations/{line.id}")), class_="co-number-of"),
              h("span", h("strong", title_of(line.rule)), f" · {line.operator}", f" · {line.reason}" if line.reason else None),
              h("span", moment(line.applied_at), class_="co-faint"), key=str(line.id))
            for line in self.desk.book.operations(limit=6)
        ]  # fmt: skip
        return h("ul", lines, class_="co-todo") if lines else h("p", "Nothing has been changed yet.", class_="co-empty")
