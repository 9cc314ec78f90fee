"""Several requests of one rule at once: rows that were copied out of a spreadsheet, with their headings."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa

from clientops.book.billed_in import billed_in
from clientops.core.errors import UsageError
from clientops.core.plan import Problem
from clientops.core.readable import counted
from clientops.importing.spreadsheet import Reading, read_spreadsheet
from clientops.importing.tabular import read_text_table
from clientops.reports.lists.search import search_rows
from clientops.schema.lookup import KNOWN_BY
from clientops.schema.requests import Request
from clientops.workbench.change.fields import fields_of
from clientops.workbench.change.resolve_names import read_named
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, next_focus, notice
from clientops.workbench.ui.labels import in_titles
from clientops.workbench.ui.nodes import Content, Node, Part, h

SHOWN = 12
MOST_LOOKED_UP = 500
ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}


class Pasting(Part):
    """Rows of a spreadsheet as the requests of one operation; what is wrong with them stands above them, row by row.

    Args:
        desk: The book.
        model: Model of a request.
        on_read: Called with the requests once they can be read.
        fixed: Values that are given for each of them.
        on_cancel: Called by "One at a time".
    """

    def __init__(
        self,
        desk: Desk,
        model: type[Request],
        on_read: Callable[[list[Mapping[str, Any]]], Any],
        *,
        fixed: Mapping[str, Any],
        on_cancel: Callable[..., Any],
    ) -> None:
        super().__init__()
        self.desk, self.model, self.on_read, self.on_cancel = desk, model, on_read, on_cancel
        self.fixed = dict(fixed)
        self.fields = tuple(field for field in fields_of(model) if field.name not in self.fixed)
        self.text = ""
        self.wrong: list[str] = []
        self.doubts: list[str] = []
        self.focus = next_focus()

    def submitted(self, value: Any) -> Any:
        """Read the rows, and hand them on if nothing is wrong with them."""
        values = value.get("values", {}) if isinstance(value, Mapping) else {}
        self.text, self.wrong, self.doubts = str(values.get("rows", "")), [], []
        self.focus = next_focus()
        try:
            table, reading = self._read()
        except UsageError as error:
            self.wrong = [str(error)]
            return None
        missing = [field.label for field in self.fields if field.is_required and field.name not in table.column_names]
        if missing:
            had = ", ".join([*reading.columns, *reading.left_out])
            self.wrong = [f"There is no column for {' and '.join(missing)}; the headings are {had}"]
            return None
        if settled := [
            field.label for field in fields_of(self.model) if field.name in {*self.fixed} & {*table.column_names}
        ]:
            # Never guessed: a row that names another client must not be done to this one.
            named = " and ".join(settled)
            self.wrong = [
                f"There is a column for {named}, which is settled here: leave it out, or paste the rows under Manual entry"
            ]
            return None
        rows: list[Mapping[str, Any]] = [{**row, **self.fixed} for row in table.to_pylist()]
        rows, problems = read_named(self.desk.book, self.model, self._labelled(rows))
        self.show_problems(problems)
        self.doubts = _doubts(reading)
        return None if problems else self.on_read(rows)

    def show_problems(self, problems: list[Problem] | tuple[Problem, ...]) -> None:
        """Say what is wrong, row by row."""
        self.wrong = [self._said(problem) for problem in sorted(problems, key=lambda p: p.row)]
        self.focus = next_focus()

    def _read(self) -> tuple[pa.Table, Reading]:
        if not self.text.strip():
            raise UsageError("There are no rows here yet: copy them out of the spreadsheet, headings too")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "the rows.csv"
            file.write_text(self.text if self.text.endswith("\n") else f"{self.text}\n", encoding="utf-8")
            table = read_text_table(file)
        read, reading = read_spreadsheet(table, self.model, billed_in=partial(billed_in, self.desk.book))
        if not reading.columns:
            known = ", ".join(field.label for field in self.fields[:4])
            raise UsageError(
                f"None of the headings is known here: {', '.join(reading.left_out[:8])}. Copy the line of headings too, e.g. {known}"
            )
        if not read.num_rows:
            raise UsageError("There are headings, but no rows below them")
        return read, reading

    def _labelled(self, rows: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """The rows with numbers in place of what rows of the book are called in lists; clients are found with all rules."""
        fields = [f for f in self.fields if f.picks and f.picks not in ("clients", *KNOWN_BY)]
        texts = {(f.picks, str(row.get(f.name) or "").strip()) for f in fields for row in rows}
        wanted = [(picks, text) for picks, text in sorted(texts) if any(sign.isalpha() for sign in text)]
        if not wanted:
            return rows
        with self.desk.book.tables() as tables:
            found = {key: search_rows(tables, *key, 2) for key in wanted[:MOST_LOOKED_UP]}
        only = {key: several[0].id for key, several in found.items() if len(several) == 1}
        numbers = {f.name: f.picks for f in fields}
        return [{n: only.get((numbers.get(n, ""), str(v or "").strip()), v) for n, v in row.items()} for row in rows]

    def _said(self, problem: Problem) -> str:
        """A problem as a sentence that begins with the row."""
        message = problem.message
        for field in self.fields:
            if problem.field == field.name and message.startswith(f"{field.name} "):
                message = f"{field.label}{message[len(field.name) :]}"
        message = in_titles(message[:1].upper() + message[1:])
        return f"Row {problem.row}: {message}" if problem.row else message

    def tree(self) -> Content:
        """What is wrong, and the rows."""
        own = f"p{self.serial}"
        required = [field.label for field in self.fields if field.is_required]
        others = [field.label for field in self.fields if not field.is_required]
        return h(
            "form",
            h("div", self._wrong_node(), role="alert", key="wrong") if self.wrong else None,
            h("div",
              h("label", "Rows with their headings, copied out of a spreadsheet", for_=own),
              h("textarea", name="rows", id=own, rows="8", value=self.text, class_="co-input",
                aria_describedby=f"{own}-help", aria_invalid="true" if self.wrong else None, focus=self.focus),
              h("p", h("strong", "Needed: "), ", ".join(required), id=f"{own}-help", class_="co-help") if required else None,
              h("p", h("strong", "May be there: "), ", ".join(others), class_="co-help") if others else None,
              h("p", "Clients by their number, e-mail address, full name or company, other rows by their number or name.", class_="co-help")
              if any(field.picks for field in self.fields) else None,
              class_="co-field co-wide-field"),
            h("div",
              h("button", "Preview", type="submit", class_="co-button co-primary"),
              button("One at a time", self.on_cancel, look="quiet"),
              h("span", "Nothing changes before you confirm it.", class_="co-faint"),
              class_="co-buttons"),
            class_="co-form", novalidate=True, on={"submit": self.submitted},
        )  # fmt: skip

    def _wrong_node(self) -> Node:
        if len(self.wrong) == 1:
            return notice("error", self.wrong[0])
        rest = len(self.wrong) - SHOWN
        return notice(
            "error", f"{counted(len(self.wrong), 'place')} to put right; nothing is changed until all are:",
            h("ul", [h("li", sentence) for sentence in self.wrong[:SHOWN]], h("li", f"and {rest:,} more") if rest > 0 else None, class_="co-rows"),
        )  # fmt: skip


def _doubts(reading: Reading) -> list[str]:
    """What the person is to look at in the preview, as sentences."""
    left_out = f"Not used: {', '.join(reading.left_out)}" if reading.left_out else ""
    doubt = (
        f"Amounts or days can be read in two ways; they were read with a decimal {reading.decimal_mark}, and as "
        f"{ORDERS[reading.date_order]}: look at them below"
        if reading.doubts
        else ""
    )
    return [sentence for sentence in (left_out, doubt) if sentence]
