"""The client area: what a client sees after logging in, and nothing of anybody else."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

from clientops.book.book import Book, default_path
from clientops.core.errors import ClientopsError
from clientops.core.readable import counted
from clientops.registry import rule as rule_named
from clientops.reports.figures.client import read_client
from clientops.reports.figures.client_area import (
    Login,
    has_client_area,
    invited_address,
    log_in,
    may_log_in,
    read_contact,
    read_invoice,
)
from clientops.reports.lists.catalogue import listing
from clientops.reports.lists.row_names import amount_text
from clientops.workbench.change.fields import fields_of
from clientops.workbench.change.workflow import Change
from clientops.workbench.client_area.choose_password import NOT_VALID, ChoosePassword
from clientops.workbench.client_area.forgot_password import ForgottenPassword
from clientops.workbench.client_area.login_throttle import forget_tries, take_try
from clientops.workbench.frame import Broken
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, button, card, facts, figure, icon, next_focus, notice, table
from clientops.workbench.ui.errors import is_strict
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.labels import day
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.tabs import tabs
from clientops.workbench.ui.widget import View

PAGES = (
    ("details", "My details", "profile"),
    ("invoices", "Invoices", "invoices"),
    ("credit", "Credit", "invoices"),
    ("contacts", "Contacts", "contacts"),
)
STAFF_ONLY = {"created_on", "admin_notes"}


class ClientArea(Part):
    """Log-in, and the pages behind it."""

    def __init__(self, book: Book, *, source: str = "") -> None:
        super().__init__()
        self.book, self.source = book, source
        self.login: Login | None = None
        self.page: OwnPages | None = None
        self.chosen: ChoosePassword | None = None
        self.forgotten: ForgottenPassword | None = None
        self.view: View | None = None
        self.message: tuple[str, str] | None = None
        self.email = ""
        self.focus = next_focus()

    def routed(self, route: str) -> None:
        """The browser came with what stands behind # in its address: the token of a link to choose a password, or nothing."""
        kind, _, token = route.partition("/")
        if kind not in ("invitation", "password") or self.login is not None:
            return
        with self.book.tables() as tables:
            email = invited_address(tables, token, datetime.now().astimezone())
        if email is None:
            self._leave_invitation(NOT_VALID)
        else:
            self.chosen = ChoosePassword(
                self.book, token, email, on_chosen=self._chosen, on_invalid=self._leave_invitation
            )

    def _chosen(self, email: str, password: str) -> None:
        self._leave_invitation(None)
        forget_tries(self.book.path, email)
        self.enter({"values": {"email": email, "password": password}})

    def _leave_invitation(self, message: str | None) -> None:
        """Back to the log-in; the token goes from the browser's address."""
        self.chosen = self.forgotten = None
        self.message, self.focus = ("error", message) if message else None, next_focus()
        if self.view is not None:
            self.view.route = "log-in"

    def enter(self, value: Any) -> None:
        """Try to log in."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        self.email, password = str(values.get("email", ""))[:254].strip(), str(values.get("password", ""))[:1000]
        self.focus = next_focus()
        if not self.email or not password:
            self.message = ("error", "Enter your e-mail address and your password.")
            return
        if (wait := take_try(self.book.path, self.email)) > 0:
            self.message = ("error", f"Too many tries. Try again in {counted(int(wait // 60) + 1, 'minute')}.")
            return
        with self.book.tables() as tables:
            login = log_in(tables, self.email, password)
        if login is None or not (login.clients or login.is_closed):
            self.message = ("error", "E-mail address or password is wrong.")
            return
        forget_tries(self.book.path, self.email)
        if login.is_closed:
            self.message = ("warning", "This account is closed. Please write to us if you want to come back.")
            return
        self.login, self.message = login, None
        self.choose(login.clients[0][0])

    def choose(self, number: int, _value: Any = None) -> None:
        """Show one of the clients that the user may see."""
        chosen = next((client for client in (self.login.clients if self.login else ()) if client[0] == number), None)
        if self.login and chosen:
            self.page = OwnPages(self.book, self.login, number, chosen[2])

    def forgot(self, _value: Any = None) -> None:
        """Ask for a link to choose another password."""
        self.forgotten, self.message = ForgottenPassword(self.book, self.email, on_close=self.remembered), None

    def remembered(self, _value: Any = None) -> None:
        """Back to the log-in."""
        self.forgotten, self.focus = None, next_focus()

    def leave(self, _value: Any = None) -> None:
        """Log out."""
        self.login = self.page = None
        self.message = ("info", "You are logged out.")
        self.focus = next_focus()

    def may_go_on(self) -> bool:
        """Whether the user may still see the client: rights, status and password may have changed since the log-in."""
        if self.login is None or self.page is None:
            return True
        with self.book.tables() as tables:
            return may_log_in(tables, self.login, self.page.number)

    def dismiss(self) -> None:
        """Log out."""
        self.leave()

    def tree(self) -> Content:
        """The log-in, or the pages."""
        if self.login is None or self.page is None:
            return h(
                "main",
                h("div", icon("book"), h("span", "Client area"), class_="co-brand"),
                asked.tree() if (asked := self.chosen or self.forgotten) else self._form(),
                class_="co-main co-alone",
                key="login",
            )
        with self.book.tables() as tables:
            if not may_log_in(tables, self.login, self.page.number):
                self.leave()
                return self.tree()
        others = [
            button(name, call(self.choose, number), look="quiet")
            for number, name, _ in self.login.clients
            if number != self.page.number
        ]
        return h(
            "main",
            h("header", h("div", icon("book"), h("span", "Client area"), class_="co-brand"),
              h("div", others, h("span", self.login.email, class_="co-faint"), button("Log out", self.leave), class_="co-tools"), class_="co-area-top"),
            self.page.tree(), class_="co-main co-alone", key=f"in {self.page.serial}",
        )  # fmt: skip

    def _form(self) -> Node:
        own = f"l{self.serial}"
        with self.book.tables() as tables:
            sends_links = has_client_area(tables)
        wrong = self.message is not None and self.message[0] == "error"

        def entry(name: str, label: str, kind: str, complete: str, value: str) -> Node:
            first = "password" if self.email else "email"
            return h(
                "div", h("label", label, for_=f"{own}-{name}"),
                h("input", type=kind, id=f"{own}-{name}", name=name, value=value, autocomplete=complete, class_="co-input",
                  aria_invalid="true" if wrong else None, focus=self.focus if name == first else 0), class_="co-field",
            )  # fmt: skip

        return card(
            h("form",
              h("div", notice(*self.message), role="alert", key="message") if self.message else None,
              entry("email", "E-mail address", "email", "username", self.email), entry("password", "Password", "password", "current-password", ""),
              h("div", h("button", "Log in", type="submit", class_="co-button co-primary"),
                button("Forgot your password?", self.forgot, look="quiet") if sends_links else None, class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.enter}),
            title="Log in", class_="co-login", key=f"card {self.focus}",
        )  # fmt: skip


class OwnPages(Part):
    """A client's own pages. Every reading names the client, so that nothing of anybody else can be asked for."""

    def __init__(self, book: Book, login: Login, number: int, permissions: frozenset[str]) -> None:
        super().__init__()
        self.number, self.permissions, self.login = number, permissions, login
        self.desk = Desk(Book(book.path, operator=f"{login.email} (client area)", wait=book.wait), is_staff=False)
        self.pages = [(name, title) for name, title, needs in PAGES if not permissions or needs in permissions]
        self.shown = self.pages[0][0] if self.pages else ""
        self.change: Change | None = None
        self.invoice: int | None = None
        own = {"client_id": number}
        where = "t.client_id = $client_id"
        self.invoices = Grid(
            self.desk,
            listing("invoices", f"{where} and t.status <> 'Draft'"),
            values=own,
            on_open=self.open_invoice,
            size=15,
        )
        self.credit = Grid(self.desk, listing("credit_entries", where), values=own, size=15)
        self.contacts = Grid(self.desk, listing("contacts", where), values=own, on_open=self.edit, size=15)

    def _may(self, page: str) -> bool:
        """Whether a page may be seen now: rights may have been taken since the log-in."""
        if not any(name == page for name, _ in self.pages):
            return False
        with self.desk.book.tables() as tables:
            return may_log_in(tables, self.login, self.number)

    def go(self, name: str, _value: Any = None) -> None:
        """Show another page."""
        self.shown, self.change, self.invoice = name, None, None

    def open_invoice(self, number: int) -> None:
        """Show an invoice."""
        self.invoice = number if self._may("invoices") else None

    def back(self, _value: Any = None) -> None:
        """Leave the invoice or the form."""
        self.change, self.invoice = None, None

    def begin(self, name: str, contact: int | None = None) -> None:
        """A form about a contact of the client's own."""
        if not self._may("contacts"):
            return
        rule = rule_named(name)
        current: dict[str, Any] | None = None
        fixed: dict[str, Any] = {"client_id": self.number} if contact is None else {"contact_id": contact}
        if contact is not None:
            with self.desk.book.tables() as tables:
                current = read_contact(tables, self.number, contact)
            if current is None:
                return
        hidden = tuple(
            field.name
            for field in fields_of(rule.request)
            if field.name in STAFF_ONLY or (field.picks and field.name not in fixed)
        )
        self.change = Change(
            self.desk, rule, fixed=fixed, current=current if name == "edit-contact" else None, hidden=hidden,
            context=f"area {self.number} {contact}", on_close=self.back, on_applied=self._changed,
        )  # fmt: skip

    def add(self, _value: Any = None) -> None:
        """Add a contact."""
        self.begin("add-contact")

    def edit(self, number: int) -> None:
        """Change a contact."""
        self.begin("edit-contact", number)

    def remove(self, number: int, _value: Any = None) -> Any:
        """Remove a contact."""
        self.begin("remove-contact", number)
        return self.change.asked(None) if self.change and self.change.form is None else None

    def _changed(self, _receipt: object) -> None:
        self.contacts.refresh()

    def tree(self) -> Content:
        """The page that is shown."""
        with self.desk.book.tables() as tables:
            found = read_client(tables, self.number, self.desk.book.today())
            invoice = (
                read_invoice(tables, self.number, self.invoice) if self.invoice and self.shown == "invoices" else None
            )
        if found is None or not self.pages:
            return notice("info", "There is nothing to be seen here.")
        figures = (
            [f for f in found.figures if f[0] in ("Credit", "Owed", "Overdue")]
            if any(n == "invoices" for n, _ in self.pages)
            else []
        )
        inside: Content
        if self.change is not None:
            inside = [self.change.tree(), self._remove_node()]
        elif invoice is not None:
            inside = self._invoice(*invoice)
        elif self.shown == "details":
            inside = card(
                facts([pair for pair in found.profile if pair[0] not in ("Remarks", "Group")]),
                title="My details",
                key="details",
            )
        elif self.shown == "contacts":
            inside = card(
                self.contacts.tree(),
                title="My contacts",
                tools=button("Add a contact", self.add, picture="plus", look="primary"),
                key="contacts",
            )
        else:
            inside = card(
                (self.invoices if self.shown == "invoices" else self.credit).tree(),
                title=dict(self.pages)[self.shown],
                key=self.shown,
            )
        return [
            h("h1", found.label, key="name"),
            h("div", [figure(label, text, detail=detail, tone=tone) for label, text, detail, tone in figures], class_="co-figures", key="figures") if figures else None,
            tabs("Pages", self.pages, self.shown, lambda name: call(self.go, name)),
            inside,
        ]  # fmt: skip

    def _remove_node(self) -> Content:
        change = self.change
        if change is None or change.rule.name != "edit-contact" or change.preview or change.receipt:
            return None
        number = change.fixed["contact_id"]
        return h("div", button("Remove this contact…", call(self.remove, number)), class_="co-buttons", key="remove")

    def _invoice(self, invoice: dict[str, Any], items: list[dict[str, Any]]) -> Node:
        code = invoice["code"] or ""
        rows = [
            (item["description"], f"{item['quantity'].normalize():f}", amount_text(item["amount"], code))
            for item in items
        ]
        return card(
            facts([("Issued", day(invoice["issued_on"])), ("Due", day(invoice["due_on"])), ("Status", badge(invoice["status"])),
                   ("Total", amount_text(invoice["total"], code)), ("Credit applied", amount_text(invoice["credit_applied"], code) if invoice["credit_applied"] else "")]),
            table(("What", "Quantity", "Amount"), rows, kinds="tmm"),
            title=f"Invoice {invoice['number'] or invoice['id']}", tools=button("All invoices", self.back, look="quiet"), key="invoice",
        )  # fmt: skip


def client_area(*, book: str | Path | Book | None = None, source: str = "") -> View:
    """The client area; what its notebook shows, and the server.

    Args:
        book: The book or its file; else the one of ``CLIENTOPS_BOOK``.
        source: Where the visitor comes from: wrong tries to log in are counted for it, too.
    """
    try:
        area = ClientArea(book if isinstance(book, Book) else Book(book or default_path()), source=source)
        area.view = View(area, on_route=area.routed)
    except ClientopsError as error:
        if is_strict():
            raise
        return View(Broken(error))
    return area.view
