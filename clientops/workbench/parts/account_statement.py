"""A client's statement of account: looked at, and taken along as a file."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import date
from typing import Any

from clientops.core.errors import UsageError
from clientops.reports.documents.account_statement import Account, account_html, read_accounts
from clientops.reports.documents.printing import find_browser, print_pdf
from clientops.reports.lists.row_names import amount_text
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, link, notice, table
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work

RECORDS = {"invoice": "invoices", "cancellation": "invoices", "write-off": "invoices", "payment": "transactions", "refund": "transactions"}  # fmt: skip


class AccountStatement(Part):
    """Opening balance, what moved it, closing balance, of days that the person chooses."""

    def __init__(self, desk: Desk, client_id: int) -> None:
        super().__init__()
        self.desk, self.client_id = desk, client_id
        today = desk.book.today()
        self.first, self.last = today.replace(month=1, day=1), today
        self.wrong = ""

    def chosen(self, value: Any) -> None:
        """Other days."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        try:
            first, last = (date.fromisoformat(str(values.get(name, "")).strip()) for name in ("first", "last"))
        except ValueError:
            self.wrong = "Give both days as year-month-day, e.g. 2026-06-30"
            return
        self.wrong = f"The period begins on {first}, after its end on {last}" if first > last else ""
        if not self.wrong:
            self.first, self.last = first, last

    def read(self) -> list[Account]:
        """The accounts, one a currency."""
        with self.desk.book.tables() as tables:
            return list(read_accounts(tables, self.first, self.last, self.client_id))

    def save(self, kind: str, _value: Any = None) -> Work:
        """Hand over a file, ``html`` or ``pdf``."""
        return Work("Writing the statement", lambda: self._file(kind), lambda text: self._hand_over(kind, text), self._failed)  # fmt: skip

    def _file(self, kind: str) -> str:
        with self.desk.book.tables() as tables:
            html = account_html(tables, list(read_accounts(tables, self.first, self.last, self.client_id)))
        return base64.b64encode(print_pdf(html) if kind == "pdf" else html.encode()).decode()

    def _hand_over(self, kind: str, text: str) -> None:
        name = f"statement-{self.client_id}-{self.first}-{self.last}.{kind}"
        self.desk.hand_over(name, text, "application/pdf" if kind == "pdf" else "text/html")

    def _failed(self, error: Exception) -> bool:
        self.wrong = str(error) if isinstance(error, UsageError) else ""
        return bool(self.wrong)

    def tree(self) -> Content:
        """Days, accounts, and the files."""
        own = f"s{self.serial}"

        def entry(name: str, label: str, value: date) -> Node:
            return h("div", h("label", label, for_=f"{own}-{name}"),
                     h("input", type="date", id=f"{own}-{name}", name=name, value=value.isoformat(), class_="co-input"), class_="co-field", key=name)  # fmt: skip

        saving = [button("Save as HTML", call(self.save, "html"), picture="download")]
        if find_browser():
            saving.append(button("Save as PDF", call(self.save, "pdf"), picture="download"))
        return card(
            h("form", h("div", entry("first", "From", self.first), entry("last", "To", self.last), class_="co-fields"),
              h("div", h("button", "Show", type="submit", class_="co-button co-primary"), saving, class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.chosen}),
            h("div", notice("warning", self.wrong), role="alert", key="wrong") if self.wrong else None,
            [self._account(account) for account in self.read()],
            title="Statement of account", key="statement",
        )  # fmt: skip

    def _account(self, account: Account) -> Node:
        code = account.code
        rows: list[tuple[Content, ...]] = [(account.first.isoformat(), h("strong", "Opening balance"), "", "", amount_text(account.opening, code))]  # fmt: skip
        for line in account.lines:
            target = RECORDS.get(line.kind)
            text = link(line.text, call(self.desk.go, f"record/{target}/{line.number}")) if target else line.text
            rows.append((
                line.day.isoformat() if line.day else "", text,
                amount_text(line.amount, code) if line.amount > 0 else "", amount_text(-line.amount, code) if line.amount < 0 else "",
                "" if line.kind == "note" else amount_text(line.balance, code),
            ))  # fmt: skip
        rows.append((account.last.isoformat(), h("strong", "Closing balance"), amount_text(account.charged, code), amount_text(account.settled, code), amount_text(account.closing, code)))  # fmt: skip
        return h("div", table(("Day", "What", "Charged", "Paid or credited", "Balance"), rows, kinds="dtmmm", caption=f"Account in {code}"), key=f"account {code}")  # fmt: skip
