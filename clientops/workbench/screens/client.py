"""Clients: find one, see everything about them, and do what is to be done."""

from __future__ import annotations

from typing import Any

from clientops.reports.figures.client import ClientSummary, find_survivor, read_client
from clientops.reports.lists.catalogue import listing
from clientops.reports.lists.search import search_rows
from clientops.workbench.change.grid_edits import EDITED_BY
from clientops.workbench.change.row_actions import Actions
from clientops.workbench.change.row_history import timeline
from clientops.workbench.frame import Screen
from clientops.workbench.parts.account_statement import AccountStatement
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, button, card, facts, figure, link, notice
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.markdown import markdown
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.tabs import tabs

TABS = (
    ("overview", "Overview", ""),
    ("contacts", "Contacts", "contacts"),
    ("services", "Services", "services"),
    ("domains", "Domains", "domains"),
    ("invoices", "Invoices", "invoices"),
    ("transactions", "Transactions", "transactions"),
    ("credit", "Credit log", "credit_entries"),
    ("notes", "Notes", "notes"),
    ("communications", "Communications", "communications"),
    ("tickets", "Tickets", "tickets"),
    ("orders", "Orders", "orders"),
    ("statement", "Statement", ""),
    ("history", "History", ""),
)

ADDED_IN = {
    "contacts": (("Add contact", "add-contact"),),
    "services": (("Add hosting account", "add-service"), ("Enter order", "add-order")),
    "domains": (("Add domain name", "add-domain"),),
    "orders": (("Enter order", "add-order"),),
}


class Main(Screen):
    """The list of clients, or one client."""

    title = "Clients"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.all = Grid(desk, listing("clients"), on_open=self.open, edits="clients")
        self.client: ClientPage | None = None
        self.missing = ""

    @property
    def lead(self) -> str:  # type: ignore[override]
        """What the screen is for, while no client is open."""
        return "" if self.client else "Find a client by name, company, e-mail, phone or number, old numbers too."

    def show(self, arguments: list[str]) -> Any:
        """``client/12`` is client 12; ``client/12/issue-credit`` begins something with it."""
        self.client, self.missing = None, ""
        if not arguments or not arguments[0].isdigit():
            self.all.refresh()
            return None
        number = int(arguments[0])
        with self.desk.book.tables() as tables:
            survivor = find_survivor(tables, number)
        page = ClientPage(self.desk, survivor or number, merged_from=number if survivor else None)
        if page.read() is None:
            self.missing = f"There is no client {number}."
            return None
        self.client = page
        return page.begin(arguments[1]) if len(arguments) > 1 else None

    def open(self, number: int) -> Any:
        """Open a client."""
        return self.desk.go(f"client/{number}")

    def chosen(self, value: Any) -> Any:
        """A client was picked."""
        return self.open(int(value)) if str(value).isdigit() else None

    def search(self, text: Any) -> dict[str, Any]:
        """Clients for the picker."""
        with self.desk.book.tables() as tables:
            return {"options": [found.as_option() for found in search_rows(tables, "clients", str(text or ""))]}

    def tree(self) -> Content:
        """The picker with the list, or the client."""
        picker = Node("co-picker", {
            "id": f"find{self.serial}", "name": "find", "value": "", "text": "", "label": "Find a client", "search": call(self.search),
            "chosen": call(self.chosen), "placeholder": "Find a client: name, company, e-mail, phone or number",
        }, key="find")  # fmt: skip
        if self.client is not None:
            return [
                h(
                    "div",
                    picker,
                    button("All clients", call(self.desk.go, "client"), look="quiet"),
                    class_="co-finder",
                    key="finder",
                ),
                self.client.tree(),
            ]
        return [
            h(
                "div",
                picker,
                button("Add client", call(self.desk.go, "manual-entry/add-client"), picture="plus"),
                class_="co-finder",
                key="finder",
            ),
            notice("warning", self.missing) if self.missing else None,
            card(self.all.tree(), key="all"),
        ]


class ClientPage(Part):
    """Everything about one client."""

    def __init__(self, desk: Desk, number: int, merged_from: int | None = None) -> None:
        super().__init__()
        self.desk, self.number, self.merged_from = desk, number, merged_from
        self.tab = "overview"
        self.grids: dict[str, Grid] = {}
        self.statement = AccountStatement(desk, number)
        self.actions = Actions(desk, "client_id", number, current=self._row, on_applied=self.changed)

    def read(self) -> ClientSummary | None:
        """The client as it is now."""
        with self.desk.book.tables() as tables:
            return read_client(tables, self.number, self.desk.book.today())

    def _row(self) -> dict[str, Any]:
        summary = self.read()
        return dict(summary.row) if summary else {}

    def begin(self, rule: str) -> Any:
        """Begin something with the client."""
        return self.actions.begin(rule) if any(known.name == rule for known in self.actions.rules) else None

    def changed(self, _receipt: object) -> None:
        """Something was changed: lists are read anew."""
        for grid in self.grids.values():
            grid.refresh()

    def choose(self, name: str, _value: Any = None) -> None:
        """Show another tab."""
        self.tab = name

    def _grid(self, table: str) -> Grid:
        if table not in self.grids:
            self.grids[table] = Grid(
                self.desk, listing(table, "t.client_id = $client_id"), values={"client_id": self.number},
                on_open=lambda number: self.desk.go(f"record/{table}/{number}"), size=15, edits=table if table in EDITED_BY else "",
            )  # fmt: skip
        return self.grids[table]

    def tree(self) -> Content:
        """Name, warnings, actions, figures, tabs."""
        found = self.read()
        if found is None:
            gone = f"Client {self.number} is no longer there."
            return [self.actions.tree() if self.actions.change else None, notice("warning", gone)]
        chosen = next(tab for tab in TABS if tab[0] == self.tab)
        return [
            h("div", h("h2", found.label, " ", h("span", f"#{found.id}", class_="co-number-of")), badge(found.status), class_="co-title", key="title"),
            notice("info", f"Client {self.merged_from} was merged into this one.") if self.merged_from else None,
            [h("div", notice("warning", text), key=f"warning {place}") for place, text in enumerate(found.warnings)],
            self.actions.tree(),
            h("div", [figure(label, text, detail=detail, tone=tone) for label, text, detail, tone in found.figures], class_="co-figures", key="figures"),
            tabs("About the client", [(n, self._tab_title(t, found.counts.get(table))) for n, t, table in TABS], self.tab, lambda n: call(self.choose, n)),
            self._overview(found) if self.tab == "overview" else self._history() if self.tab == "history"
            else self.statement.tree() if self.tab == "statement"
            else card(self._grid(chosen[2]).tree(), title=chosen[1] if self.tab in ADDED_IN else None, tools=self._adding(), key=f"tab {self.tab}"),
        ]  # fmt: skip

    def _adding(self) -> Content:
        """What can be added to the list that is shown."""
        found = [
            button(title, call(self.actions.begin, rule), look="quiet") for title, rule in ADDED_IN.get(self.tab, ())
        ]
        return found or None

    def _tab_title(self, title: str, count: int | None) -> Content:
        return [title, h("span", f" {count:,}", class_="co-faint") if count else None]

    def _overview(self, found: ClientSummary) -> Node:
        notes = [
            h("div", markdown(text), h("div", author, class_="co-faint"), class_="co-sticky")
            for author, text in found.sticky
        ]
        return h(
            "div",
            card(facts(found.profile), title="Profile", tools=[link("Edit", call(self.actions.begin, "edit-client")), link("Merge…", call(self.desk.go, f"duplicates/merge-clients/{self.number}"))]),
            h("div", notes, card(facts(found.billing), title="Billing"), class_="co-stack"),
            class_="co-columns", key="overview",
        )  # fmt: skip

    def _history(self) -> Node:
        return card(
            timeline(self.desk, self.desk.book.row_history("clients", self.number), "clients"),
            h("h3", "Operations that touched this client or something of theirs"),
            self._operations().tree(), title="What happened to the profile", key="history",
        )  # fmt: skip

    def _operations(self) -> Grid:
        if "operations" not in self.grids:
            lines = self.desk.book.operations(client=self.number, limit=2000)
            ids = ", ".join(str(line.id) for line in lines) or "0"
            self.grids["operations"] = Grid(
                self.desk, listing("operations", f"t.id in ({ids})"), on_open=lambda number: self.desk.go(f"operations/{number}"), size=15
            )  # fmt: skip
        return self.grids["operations"]
