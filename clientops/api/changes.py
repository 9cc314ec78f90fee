"""Previews and receipts as notebooks show them: what would change, with its money, and what was made."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clientops.api.display import MOST_ROWS, heading, html, html_table, paragraph, text_table
from clientops.api.results import Result
from clientops.book.write.preview import Preview as EnginePreview
from clientops.book.write.preview import Receipt as EngineReceipt
from clientops.core.plan import Problem
from clientops.reports.lists.diff import TableDiff, describe, money_moved

if TYPE_CHECKING:
    import pandas as pd

    from clientops.api.book import Book

VERBS = {"insert": "Add", "update": "Change", "delete": "Remove"}
PAST = {"insert": "added", "update": "changed", "delete": "removed"}
PROBLEMS = pa.schema([("row", pa.int64()), ("field", pa.string()), ("code", pa.string()), ("message", pa.string())])


class Problems(Sequence[Problem]):
    """Problems or warnings of a preview, in the order of the requests."""

    def __init__(self, problems: Sequence[Problem], name: str = "problems") -> None:
        self._problems = tuple(problems)
        self._name = name

    def __getitem__(self, place: Any) -> Any:
        return self._problems[place]

    def __len__(self) -> int:
        return len(self._problems)

    def __iter__(self) -> Iterator[Problem]:
        return iter(self._problems)

    def result(self) -> Result:
        """One row for each: ``row, field, code, message``."""
        rows = [{"row": p.row, "field": p.field, "code": p.code, "message": p.message} for p in self._problems]
        return Result(pa.Table.from_pylist(rows, PROBLEMS), self._name)

    def df(self) -> pd.DataFrame:
        """The same as a DataFrame."""
        return self.result().df()

    def __repr__(self) -> str:
        return repr(self.result()) if self._problems else f"no {self._name}"

    def _repr_html_(self) -> str:
        return self.result()._repr_html_() if self._problems else html(paragraph(f"No {self._name}.", "good"))


class Preview:
    """What applying a rule would do; nothing has been changed yet.

    Args:
        book: The book it was planned on.
        preview: The engine's preview.
    """

    def __init__(self, book: Book, preview: EnginePreview) -> None:
        self._book = book
        self._preview = preview
        self._told: tuple[tuple[TableDiff, ...], tuple[tuple[str, str], ...]] | None = None

    @property
    def rule(self) -> str:
        """Name of the rule."""
        return self._preview.rule.name

    @property
    def problems(self) -> Problems:
        """Why it cannot be applied; empty if it can."""
        return Problems(self._preview.problems)

    @property
    def warnings(self) -> Problems:
        """What to know before applying it."""
        return Problems(self._preview.warnings, "warnings")

    @property
    def is_applicable(self) -> bool:
        """Whether it can be applied: no problems, and something to change."""
        return self._preview.is_applicable

    @property
    def money(self) -> dict[str, str]:
        """What it does to money, by kind and currency, e.g. ``{"Account credit": "+ EUR 10.00"}``."""
        return dict(self._described()[1])

    @property
    def changes(self) -> dict[str, Result]:
        """The first changed rows by ``insert clients``, ``update invoices`` …: before and after, column by column."""
        return {
            f"{diff.kind} {diff.table}": Result(
                pa.Table.from_pylist(
                    [
                        {"id": row.id, "name": row.label, "column": v.column, "before": v.before, "after": v.after}
                        for row in diff.rows
                        for v in row.values  # noqa: PD011
                    ]
                ),
                f"{diff.kind} {diff.table}",
            )
            for diff in self._described()[0]
        }

    def apply(self, *, reason: str | None = None) -> Receipt:
        """Apply exactly this, or nothing.

        Args:
            reason: Why; kept with the operation.

        Raises:
            RefusedError: It has problems.
            StaleError: The book changed so that it would do something else.
            NotAllowedError: The policy does not let you do it, or not alone.
        """
        return Receipt(self._book, self._book.engine.apply(self._preview, reason=reason))

    def _described(self) -> tuple[tuple[TableDiff, ...], tuple[tuple[str, str], ...]]:
        if self._told is None:
            given = [(c.table, c.kind, c.count, c.sample) for c in self._preview.changes]
            with self._book.engine.tables() as tables:
                self._told = (describe(tables, given), money_moved(tables, given))
        return self._told

    def _sentence(self) -> str:
        if self._preview.problems:
            count = len(self._preview.problems)
            return f"Cannot be applied: {count} problem{'' if count == 1 else 's'}."
        if not self._preview.changes:
            return "Nothing would change."
        what = ", ".join(
            f"{VERBS[c.kind].lower()} {c.count:,} {c.table.replace('_', ' ')}" for c in self._preview.changes
        )
        return f"Would {what}. Nothing has been changed yet."

    def __repr__(self) -> str:
        lines = [f"Preview of {self.rule}: {self._sentence()}"]
        lines += [f"  {label}: {amount}" for label, amount in (*self._described()[1], *self._preview.summary)]
        lines += [f"  row {p.row}, {p.field or 'all fields'}: {p.message}" for p in self._preview.problems[:MOST_ROWS]]
        lines += [f"  warning: {w.message}" for w in self._preview.warnings[:MOST_ROWS]]
        return "\n".join(lines)

    def _repr_html_(self) -> str:
        diffs, money = self._described()
        parts = [heading(f"Preview: {self._preview.rule.title}"), paragraph(self._sentence())]
        figures = [*money, *self._preview.summary]
        if figures:
            parts.append(html_table(("figure", "amount"), figures))
        parts += [
            paragraph(f"Row {p.row}: {p.message}" if p.row else p.message, "problem")
            for p in self._preview.problems[:MOST_ROWS]
        ]
        parts += [paragraph(w.message, "warning") for w in self._preview.warnings[:MOST_ROWS]]
        if self._preview.needed_because:
            parts.append(paragraph(f"A second person is needed: {self._preview.needed_because}.", "warning"))
        for diff in diffs:
            rows = [(row.label, v.column, v.before, v.after) for row in diff.rows for v in row.values]  # noqa: PD011
            parts.append(heading(f"{VERBS[diff.kind]} {diff.table}", f"{diff.count:,} rows"))
            parts.append(html_table(("row", "column", "before", "after"), rows, len(rows)))
        return html(*parts)


class Receipt:
    """What applying did.

    Args:
        book: The book.
        receipt: The engine's receipt.
    """

    def __init__(self, book: Book, receipt: EngineReceipt) -> None:
        self._book = book
        self._receipt = receipt
        self._made: dict[str, list[int]] | None = None

    @property
    def operation_id(self) -> int:
        """Number of the operation."""
        return self._receipt.operation_id

    @property
    def sha256(self) -> str:
        """Hash of the operation: the new head of the chain."""
        return self._receipt.sha256

    @property
    def is_repeated(self) -> bool:
        """Whether it had been applied before, so that nothing was changed now."""
        return self._receipt.is_repeated

    @property
    def refused(self) -> Problems:
        """Problems of requests that were left out (``only_good``)."""
        return Problems(self._receipt.refused)

    @property
    def created(self) -> dict[str, list[int]]:
        """Numbers of the rows that were added, by table."""
        if self._made is None:
            self._made = {}
            for table, kind, _ in self._receipt.counts:
                if kind == "insert":
                    rows = self._book.sql(
                        f'select id from history."{table}" where operation_id = $n and sign = 1 order by id',
                        n=self.operation_id,
                    )
                    self._made[table] = [row["id"] for row in rows]
        return self._made

    def undo(self, *, reason: str | None = None) -> Receipt:
        """Take it back, as a new operation."""
        return self._book.undo(self, reason=reason)

    def _sentence(self) -> str:
        done = ", ".join(
            f"{count:,} {table.replace('_', ' ')} {PAST[kind]}" for table, kind, count in self._receipt.counts
        )
        again = " It had been applied before; nothing was changed now." if self.is_repeated else ""
        return f"Operation {self.operation_id}: {done or 'nothing changed'}.{again}"

    def _numbers(self) -> list[tuple[str, str]]:
        return [
            (
                table,
                ", ".join(map(str, ids[:MOST_ROWS]))
                + (f" and {len(ids) - MOST_ROWS:,} more" if len(ids) > MOST_ROWS else ""),
            )
            for table, ids in self.created.items()
        ]

    def __repr__(self) -> str:
        made = [f"  added to {table}: {numbers}" for table, numbers in self._numbers()]
        return "\n".join([self._sentence(), *made])

    def _repr_html_(self) -> str:
        parts = [heading("Done"), paragraph(self._sentence(), "good")]
        if self.created:
            parts.append(html_table(("added to", "numbers"), self._numbers()))
        parts += [paragraph(p.message, "problem") for p in self.refused]
        return html(*parts)


def row_table(columns: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Plain text of rows, for representations without HTML."""
    return text_table(columns, rows, len(rows))
