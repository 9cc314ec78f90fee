"""Editing in the cells of a grid: what is entered waits, checked and marked, until all of it is previewed as one change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from clientops.book.write.preview import Preview
from clientops.core.plan import Problem, as_dicts
from clientops.core.readable import noun
from clientops.registry import rule as rule_named
from clientops.reports.lists.engine import Listing
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from clientops.workbench.change.fields import Field, entered, fields_of
from clientops.workbench.change.unsent_input import drop_draft, keep_draft, read_draft
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import next_focus, notice
from clientops.workbench.ui.nodes import Content, Part, call, h
from clientops.workbench.ui.widget import Work

EDITED_BY = {
    "clients": "edit-client", "contacts": "edit-contact", "services": "edit-service", "domains": "edit-domain",
    "addons": "edit-addon", "dns_records": "edit-dns-record",
}  # fmt: skip
ENTRIES = {"date": "date", "money": "decimal", "number": "numeric"}
NOT_IN_A_CELL = {"pick", "long", "list", "secret"}


class Cells(Part):
    """Values entered into the cells of a listing, kept across pages and sorting, and in a draft across tabs and kernels.

    Args:
        desk: The book.
        table: Table that is listed; one of ``EDITED_BY``, whose rule makes the change.
        listing: The listing; its columns that are fields of the rule can be edited.
        values: Values of the listing's parameters, which also tell drafts of the same listing apart.
        on_applied: Called after the change was applied or undone.
    """

    def __init__(
        self, desk: Desk, table: str, listing: Listing, *, values: Mapping[str, Any] | None = None, on_applied: Callable[..., Any],
    ) -> None:  # fmt: skip
        super().__init__()
        self.desk, self.on_applied = desk, on_applied
        self.table, self.listing, self.values = table, listing, dict(values or {})
        self.rule = rule_named(EDITED_BY[table])
        fields = fields_of(self.rule.request)
        self.key = fields[0].name
        listed = {column.name for column in (*listing.columns, *listing.more)}
        self.fields: dict[str, Field] = {
            f.name: f for f in fields[1:] if f.name in listed and f.name != "id" and f.kind not in NOT_IN_A_CELL
        }
        context = " ".join(f"{name} {value}" for name, value in self.values.items())
        self.draft = f"cells {listing.name} {context}".strip()
        self.edits: dict[int, dict[str, str]] = {}
        self.was: dict[int, dict[str, str]] = {}  # what each cell showed when it was edited
        self.problems: dict[int, dict[str, str]] = {}
        self.change: Change | None = None
        self.said: tuple[str, str] | None = None
        self.focus = 0
        self._take_draft()

    def _take_draft(self) -> None:
        kept = read_draft(self.desk.book.path, self.desk.operator, self.draft)
        for name, value in (kept[1] if kept else {}).items():
            number, _, column = name.partition(" ")
            column, _, what = column.partition(" ")
            if number.isdigit() and column in self.fields and isinstance(value, str):
                kept_in = self.was if what == "was" else self.edits
                kept_in.setdefault(int(number), {})[column] = value.removeprefix("=")

    def _keep_draft(self) -> None:
        # A value begins with "=", since an emptied cell is something to keep too.
        values = {f"{n} {column}": f"={text}" for n, row in self.edits.items() for column, text in row.items()}
        values |= {f"{n} {column} was": f"={text}" for n, row in self.was.items() for column, text in row.items()}
        keep_draft(self.desk.book.path, self.desk.operator, self.draft, values)

    # -- what the browser asks -------------------------------------------------------------------------------------

    def columns(self) -> dict[str, dict[str, Any]]:
        """How the cells of each column that can be edited are entered."""
        return {
            name: {
                "entry": ENTRIES.get(field.kind, "text"),
                "choices": ["yes", "no"] if field.kind == "tick" else list(field.choices) or None,
            }
            for name, field in self.fields.items()
        }

    def of_row(self, number: int, row: Mapping[str, Any]) -> dict[str, Any]:
        """What a row's cells are edited from, what was entered into them, and what is wrong with that."""
        raw = self._raw(row)
        return {
            "raw": raw, "edits": self.edits.get(number, {}), "wrong": self.problems.get(number, {}),
            "moved": self._moved(number, raw),
        }  # fmt: skip

    def _raw(self, row: Mapping[str, Any]) -> dict[str, str]:
        """A row's values as its cells are edited from them."""
        return {
            name: ("yes" if row[name] else "no") if field.kind == "tick" else str(entered(field, row[name]))
            for name, field in self.fields.items()
            if name in row
        }

    def _moved(self, number: int, raw: Mapping[str, str]) -> dict[str, str]:
        """What was edited and has been changed in the book since: what it was then, by column."""
        entries = self.edits.get(number, {})
        return {
            name: was
            for name, was in self.was.get(number, {}).items()
            if name in entries and raw.get(name, was) not in (was, entries[name])
        }

    def pending(self) -> dict[str, int]:
        """How many values wait, in how many rows, and how many of them are wrong."""
        return {
            "changes": sum(map(len, self.edits.values())),
            "rows": len(self.edits),
            "wrong": sum(map(len, self.problems.values())),
        }

    def enter(self, asked: Any) -> dict[str, Any]:
        """A value was entered into a cell: ``id``, ``column``, ``value``, ``was`` (what the row showed), ``same`` if it is that."""
        given = asked if isinstance(asked, Mapping) else {}
        number, column, value = given.get("id"), given.get("column"), given.get("value")
        if not isinstance(number, int) or column not in self.fields or not isinstance(value, str):
            return {"edits": {}, "wrong": {}, "pending": self.pending()}
        row, was = self.edits.setdefault(number, {}), self.was.setdefault(number, {})
        row.pop(column, None)
        was.pop(column, None)
        if not given.get("same"):
            row[column] = value.strip()
            if isinstance(given.get("was"), str):
                was[column] = given["was"]
        if not row:
            del self.edits[number], self.was[number]
        self._check(number)
        self._keep_draft()
        return {
            "edits": self.edits.get(number, {}), "wrong": self.problems.get(number, {}), "pending": self.pending(),
        }  # fmt: skip

    def discard(self, _asked: Any = None) -> dict[str, Any]:
        """Forget everything that was entered."""
        self.edits, self.was, self.problems, self.said = {}, {}, {}, None
        drop_draft(self.desk.book.path, self.desk.operator, self.draft)
        return {"pending": self.pending()}

    def preview(self, _value: Any = None) -> Work | None:
        """Plan everything that was entered as one change."""
        self.said = None
        if self.problems:
            self.said = (
                "warning",
                "Some values are wrong; they are marked in their cells. Mend or discard them first.",
            )
            return None
        if not self.edits:
            return None
        numbers = list(self.edits)
        requests = [self._request(number) for number in numbers]
        return Work(
            "Planning", lambda: self.desk.book.preview(self.rule, requests), lambda found: self._planned(found, numbers)
        )

    # -- from cells to a change ------------------------------------------------------------------------------------

    def _request(self, number: int) -> Mapping[str, Any]:
        row = self.edits[number]
        emptied = [column for column, text in row.items() if not text]
        request: dict[str, Any] = {self.key: number, **{column: text for column, text in row.items() if text}}
        if emptied and "clear" in self.rule.request.model_fields:
            request["clear"] = emptied
        return request

    def _check(self, number: int) -> None:
        """Look for what is wrong with a row's values, as the rule sees it."""
        self.problems.pop(number, None)
        if number not in self.edits:
            return
        request = self._request(number)
        found = list(read_requests(self.rule.request, request).problems)
        found = found or list(self.desk.book.preview(self.rule, request).problems)
        self._mark(number, found)

    def _mark(self, number: int, found: list[Problem]) -> None:
        row = self.edits[number]
        for problem in found:
            column = next((name for name in problem.fields if name in row), next(iter(row)))
            self.problems.setdefault(number, {}).setdefault(column, self._sentence(problem, column))

    def _sentence(self, problem: Problem, column: str) -> str:
        label = self.fields[column].label
        if problem.code == "not_clearable":
            return f"{label} cannot be empty"
        if problem.message.startswith(column + " "):
            return f"{label}{problem.message[len(column) :]}"
        return problem.message[:1].upper() + problem.message[1:]

    def _planned(self, preview: Preview, numbers: list[int]) -> None:
        if preview.problems:
            for problem in preview.problems:
                number = numbers[problem.row - 1] if 0 < problem.row <= len(numbers) else numbers[0]
                self._mark(number, [problem])
            self.said = ("error", "This cannot be done as it is; what is wrong is marked in its cells.")
            self.on_applied(None)  # read anew, with the marks
            return
        requests = [self._request(number) for number in numbers]
        self.change = Change(
            self.desk, self.rule, requests=requests, on_close=self.close, on_applied=self._applied, warned=self.warned
        )  # fmt: skip
        self.change.show_preview(preview)

    def warned(self, tables: Tables) -> list[str]:
        """A sentence for each value that was changed in the book after its cell was edited, and that would be replaced."""
        edited = f"select * from ({self.listing.sql}) where id in (select unnest(string_split($edited, ',')::bigint[])) order by id"
        rows = as_dicts(tables.query(edited, **self.values, edited=",".join(map(str, self.was)))) if self.was else []
        found = []
        for row in rows:
            raw = self._raw(row)
            for name, was in self._moved(row["id"], raw).items():
                new = self.edits[row["id"]][name]
                found.append(
                    f"{self.fields[name].label} of {noun(self.table)} {row['id']} was changed after you had edited its cell:"
                    f" from {was or 'empty'} to {raw[name] or 'empty'}; {new or 'empty'} would replace that"
                )
        return found

    def _applied(self, receipt: object) -> None:
        self.discard()
        self.on_applied(receipt)

    def close(self, _value: Any = None) -> None:
        """Leave preview or receipt; what was entered and not applied is still there."""
        self.change, self.focus = None, next_focus()
        self.on_applied(None)

    def tree(self) -> Content:
        """The preview or receipt, or what is to be said about the cells."""
        if self.change is not None:
            return self.change.tree()
        return h("div", notice(*self.said), role="alert", key="cells said") if self.said else None

    def properties(self) -> dict[str, Any]:
        """What the grid in the browser needs to know."""
        return {
            "columns": self.columns(), "enter": call(self.enter), "discard": call(self.discard), "preview": call(self.preview),
        }  # fmt: skip
