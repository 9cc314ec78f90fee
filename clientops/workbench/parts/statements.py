"""Bank and gateway statements: bring a file in, see what its lines likely are, accept that."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
from typing import Any

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.statements.delimited import headings_of
from clientops.importing.statements.encoded import decoded
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.mappings import fitting_mapping, load_statement_mapping, save_statement_mapping
from clientops.importing.statements.read import FORMATS, StatementFile, guess_format, read_statement
from clientops.reports.figures.reconciliation import MATCHING, STATEMENTS, Found, find_suggestions, line_suggestions
from clientops.reports.lists.row_names import amount_text
from clientops.workbench.change.workflow import Change
from clientops.workbench.parts.reconciliation import FoundGrid
from clientops.workbench.parts.statement_reading import asked_options, read_node, reading_form
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, button, card, facts, notice, table
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import Work


class Statements(Part):
    """The statements, the queue of lines without a match, and one line with everything it may be.

    Args:
        desk: The book.
        on_applied: Called after something was changed.
    """

    def __init__(self, desk: Desk, on_applied: Callable[..., Any]) -> None:
        super().__init__()
        self.desk, self.on_applied = desk, on_applied
        self.listed = Grid(desk, STATEMENTS, on_open=lambda number: desk.go(f"record/statements/{number}"), size=10)
        self.found: Found | None = None
        self.queue: Grid | None = None
        self.line: dict[str, Any] | None = None
        self.choices: list[dict[str, Any]] = []
        self.change: Change | None = None
        self.read: StatementFile | None = None
        self.given: tuple[str, bytes] | None = None
        self.mapping = ""
        self.said: dict[str, Any] = {}
        self.unread: tuple[str, bytes, list[str]] | None = None
        self.message: tuple[str, str] | None = None

    def look(self, _value: Any = None) -> Work:
        """Work out what the lines may be."""

        def work() -> Found:
            with self.desk.book.tables() as tables:
                return find_suggestions(tables)

        return Work("Matching", work, self._looked)

    def _looked(self, found: Found) -> None:
        self.found, self.line, self.choices = found, None, []
        self.queue = FoundGrid(
            self.desk, found, MATCHING, on_open=self.open_, actions=(("Accept selected…", self.accept),)
        )  # fmt: skip

    # -- bringing a file in ----------------------------------------------------------------------------------------

    def uploaded(self, value: Any) -> Any:
        """A file was chosen: read it, and show what it would bring."""
        self.message = None
        given = value if isinstance(value, Mapping) else {}
        name = str(given.get("name", ""))
        if not given.get("content"):
            self.message = (
                "error",
                f"{name} is too large for the browser, or empty; bring it in with: clientops import statement FILE",
            )
            return None
        try:
            content = base64.b64decode(str(given["content"]), validate=True)
        except binascii.Error:
            return None
        self.unread, self.read, self.given = None, None, (name, content)
        known = fitting_mapping(headings_of(decoded(content))) if guess_format(name, content) == "csv" else ""
        self.mapping = known
        return self._take_in(name, content, **(load_statement_mapping(known) if known else {}))

    def ask(self, _value: Any = None) -> None:
        """Say how the CSV that was read is to be read."""
        assert self.given is not None
        name, content = self.given
        self.unread, self.change, self.message = (name, content, headings_of(decoded(content))), None, None

    def understood(self, value: Any) -> Any:
        """The person said how the file is to be read."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        if self.unread is None:
            return None
        name, content, headings = self.unread
        mapping = str(values.get("mapping", "")).strip()
        options = asked_options(values, headings, self.read.reading if self.read else None)
        self.mapping = mapping
        found = self._take_in(name, content, **options)
        if found is not None and mapping and self.read and self.read.reading:
            kept = {name: options.get(name, "") for name in ("currency", "account")}
            try:
                save_statement_mapping(mapping, self.read.reading, **kept)
            except UsageError as error:
                self.message, self.mapping = ("warning", f"{error}."), ""
        return found

    def _take_in(self, name: str, content: bytes, **options: Any) -> Any:
        """Preview what a file would bring; a CSV that cannot be taken asks how it is to be read."""
        self.said = options
        try:
            self.read = read_statement(name, content, **options)
        except UsageError as error:
            headings = headings_of(decoded(content)) if guess_format(name, content) == "csv" else []
            self.unread = (name, content, headings) if len(headings) > 1 else None
            sentence = error.sentence if isinstance(error, StatementError) else str(error)
            how = " Say below how it is to be read." if self.unread else ""
            self.message = ("error", f"Not taken. {sentence}.{how}")
            return None
        self.unread, self.message = None, None
        self.change = Change(
            self.desk, "import-statement", requests=self.read.requests, on_close=self.close, on_applied=self._applied  # type: ignore[arg-type]
        )  # fmt: skip
        return self.change.asked(None)

    # -- accepting -------------------------------------------------------------------------------------------------

    def open_(self, number: int) -> None:
        """Everything that a line may be."""
        self.line = self.found.row(number) if self.found else None
        self.change = self.message = None
        if self.line:
            with self.desk.book.tables() as tables:
                self.choices = line_suggestions(tables, number)

    def accept(self, numbers: list[int], _value: Any = None) -> Any:
        """Preview accepting the likeliest for these lines."""
        assert self.found is not None
        self.line = None
        rows = [row for row in self.found.rows(numbers) if row["what"]]
        if not rows:
            self.message = ("info", "Nothing is known of these lines: open one to say what it is.")
            return None
        requests: list[Mapping[str, Any]] = [acceptance(row["id"], {**row, "amount": row["payment"]}) for row in rows]
        planned = self._begin(
            Change(self.desk, "accept-match", requests=requests, on_close=self.close, on_applied=self._applied)
        )
        if left := len(numbers) - len(rows):
            self.message = (
                "warning",
                f"Of {left:,} of the {len(numbers):,} selected lines nothing is known: they are not among these.",
            )
        return planned

    def take(self, place: int, _value: Any = None) -> Any:
        """Preview accepting one of the choices."""
        assert self.line is not None
        request = acceptance(self.line["id"], self.choices[place])
        return self._begin(
            Change(self.desk, "accept-match", requests=[request], on_close=self.close, on_applied=self._applied)
        )

    def say(self, rule: str, _value: Any = None) -> None:
        """The form of a rule about the line."""
        assert self.line is not None
        self.change = Change(
            self.desk, rule, fixed={"statement_line_id": self.line["id"]}, hidden=("score", "evidence") if rule == "accept-match" else (),
            on_close=self.close, on_applied=self._applied,
        )  # fmt: skip

    def _begin(self, change: Change) -> Any:
        self.change, self.message = change, None
        return change.asked(None)

    def close(self, _value: Any = None) -> Work:
        """Leave the change, and look at the lines anew."""
        self.change, self.read, self.unread, self.message = None, None, None, None
        return self.look()

    def _applied(self, receipt: object) -> None:
        self.listed.refresh()
        self.message = None
        self.on_applied(receipt)

    # -- drawing ---------------------------------------------------------------------------------------------------

    def tree(self) -> Content:
        """The file input, the queue, the statements."""
        told = h("div", notice(*self.message), role="alert", key="message") if self.message else None
        if self.change is not None:
            about = (
                None
                if self.read or self.line is None
                else card(_line_facts(self.line), title=f"Line {self.line['id']}", key="about")
            )
            return [told, self._read_node(), about, self.change.tree()]
        own = f"s{self.serial}"
        upload = h(
            "div", h("label", "Statement file", for_=own),
            h("input", type="file", id=own, name="file", class_="co-input", aria_describedby=f"{own}-help", on={"change": self.uploaded}),
            h("p", f"{', '.join(FORMATS.values())}. The same file or line is never taken twice.", id=f"{own}-help", class_="co-help"),
            class_="co-field co-wide-field",
        )  # fmt: skip
        queue = (
            self.queue.tree()
            if self.queue
            else h("div", button("Match the lines", self.look, look="primary"), class_="co-buttons")
        )
        sure = self._sure()
        return [
            told,
            card(upload, title="Bring a statement in", key="upload"),
            self._headings_node(),
            self._line_node(),
            card(queue, title="Lines to match", key="queue", tools=[
                button(f"Accept {counted(len(sure), 'sure one')}…", call(self.accept, sure)) if sure else None,
                button("Match again", self.look, look="quiet") if self.queue else None,
            ]),
            card(self.listed.tree(), title="Statements", key="statements"),
        ]  # fmt: skip

    def _sure(self) -> list[int]:
        return (
            [number for (number,) in self.found.query("select id from found where certainty = 'sure'")]
            if self.found
            else []
        )

    def _read_node(self) -> Node | None:
        if self.read is None:
            return None
        is_asked = self.change is not None and self.change.receipt is None
        headings = headings_of(decoded(self.given[1])) if self.given and self.read.reading else ()
        return read_node(self.read, self.ask if is_asked else None, self.mapping, headings)

    def _headings_node(self) -> Node | None:
        """The form that asks how a CSV is to be read."""
        if self.unread is None:
            return None
        name, _, headings = self.unread
        reading = self.read.reading if self.read else None
        return reading_form(
            f"m{self.serial}", name, headings, reading, given=self.said, on_submit=self.understood, on_cancel=self.close
        )  # fmt: skip

    def _line_node(self) -> Node | None:
        line = self.line
        if line is None:
            return None
        rows = []
        for place, choice in enumerate(self.choices):
            what = (
                "Transaction " + ", ".join(f"#{n}" for n in choice["transaction_ids"])
                if choice["transaction_ids"]
                else f"Payment of {choice['client']}, invoices {choice['invoices'] or 'oldest first'}"
            )
            tone = "good" if choice["score"] >= 85 else "warn" if choice["score"] >= 60 else "plain"
            rows.append(
                (
                    badge(f"{choice['score']:.0f}", tone),
                    what,
                    choice["reasons"],
                    button("Accept…", call(self.take, place)),
                )
            )
        return card(
            _line_facts(line),
            table(("Score", "It may be", "Because", ""), rows, empty="Nothing in the book looks like it. Where nobody knows who paid, leave the line: it waits here, and the home screen counts it."),
            h("div", button("Payment of somebody else…" if self.choices else "Payment of a client…", call(self.say, "accept-match")), button("Nothing of clients…", call(self.say, "set-line-aside")),
              button("Close", self._close_line, look="quiet"), class_="co-buttons"),
            title=f"Line {line['id']}", key=f"line {line['id']}",
        )  # fmt: skip

    def _close_line(self, _value: Any = None) -> None:
        self.line = None


def _line_facts(line: Mapping[str, Any]) -> Node:
    return facts([("Booked", str(line["booked_on"])), ("Amount", amount_text(line["amount"], line["code"])), ("Payer", line["payer_name"]),
                  ("Text", line["words"]), ("File", line["file_name"])])  # fmt: skip


def acceptance(line: int, choice: Mapping[str, Any]) -> dict[str, Any]:
    """The request of ``accept-match`` for a choice."""
    row: dict[str, Any] = {"statement_line_id": line, "score": choice["score"], "evidence": choice["reasons"]}
    if choice["transaction_ids"]:
        return {**row, "transaction_ids": list(choice["transaction_ids"])}
    return {
        **row, "client_id": choice["client_id"], "invoice_ids": list(choice["invoice_ids"]), "amount": choice["amount"], "fee": choice["fee"]
    }  # fmt: skip
