"""What happened, as notebooks show it: operations, the history of a row, differences between moments, verification."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pyarrow as pa

from clientops.api.display import heading, html, html_table, paragraph, text_of, text_table
from clientops.api.results import Result

if TYPE_CHECKING:
    import pandas as pd

    from clientops.api.book import Book
    from clientops.book.proof.findings import Finding
    from clientops.book.proof.verify import Report
    from clientops.book.read.history import OperationDetail, RowChange

CHANGES = pa.schema(
    [
        ("operation_id", pa.int64()),
        ("table", pa.string()),
        ("id", pa.int64()),
        ("column", pa.string()),
        ("before", pa.string()),
        ("after", pa.string()),
    ]
)
DIFFS = pa.schema([("id", pa.int64())] + [(name, pa.string()) for name in ("change", "column", "before", "after")])


def _changes(rows: tuple[RowChange, ...] | list[RowChange]) -> pa.Table:
    """One row for each changed value."""
    return pa.Table.from_pylist(
        [
            {
                "operation_id": row.operation_id,
                "table": row.table,
                "id": row.id,
                "column": column,
                "before": text_of(before),
                "after": text_of(after),
            }
            for row in rows
            for column, (before, after) in row.changed.items()
        ],
        CHANGES,
    )


class Operation:
    """One operation: who, when, why, what was asked for, and the rows before and after."""

    def __init__(self, detail: OperationDetail) -> None:
        self.detail = detail

    @property
    def operation_id(self) -> int:
        """Its number."""
        return self.detail.line.id

    @property
    def requests(self) -> Result:
        """What was asked for, without empty fields."""
        rows = [{k: text_of(v) for k, v in row.items() if v is not None} for row in self.detail.requests]
        return Result(pa.Table.from_pylist(rows) if rows else pa.table({}), "requests")

    @property
    def changes(self) -> Result:
        """One row for each changed value."""
        return Result(_changes(self.detail.rows), "changes")

    def _facts(self) -> list[tuple[str, str]]:
        line = self.detail.line
        undone = f"undone by operation {line.undone_by_id}" if line.undone_by_id else ""
        undoes = f"undoes operation {line.undoes_id}" if line.undoes_id else ""
        facts = [
            ("rule", line.rule),
            ("operator", line.operator),
            ("applied", text_of(line.applied_at)),
            ("reason", line.reason or ""),
            ("state", undone or undoes),
            *((f"{kind} {table}", f"{count:,}") for table, kind, count in self.detail.counts),
            ("hash", self.detail.sha256),
        ]
        return [(name, value) for name, value in facts if value]

    def __repr__(self) -> str:
        facts = "\n".join(f"  {name}: {value}" for name, value in self._facts())
        return f"Operation {self.operation_id}\n{facts}\n{self.changes!r}"

    def _repr_html_(self) -> str:
        changes = self.changes
        return html(
            heading(f"Operation {self.operation_id}"),
            html_table(("", ""), self._facts()),
            html_table(changes.columns, changes.fetchall(), len(changes)),
        )


class RowHistory:
    """Everything that happened to a row, the oldest first."""

    def __init__(self, table: str, number: int, changes: list[RowChange]) -> None:
        self.table, self.id, self._rows = table, number, changes

    def result(self) -> Result:
        """One row for each changed value."""
        return Result(_changes(self._rows), f"history of {self.table} {self.id}")

    def df(self) -> pd.DataFrame:
        """The same as a DataFrame."""
        return self.result().df()

    def __iter__(self) -> Iterator[RowChange]:
        return iter(self._rows)

    def __len__(self) -> int:
        return len(self._rows)

    def __repr__(self) -> str:
        return repr(self.result())

    def _repr_html_(self) -> str:
        return self.result()._repr_html_()


class VerifyReport:
    """Result of a verification."""

    def __init__(self, report: Report) -> None:
        self.report = report

    @property
    def is_clean(self) -> bool:
        """Whether everything agrees."""
        return self.report.is_clean

    @property
    def findings(self) -> tuple[Finding, ...]:
        """What does not agree; the first is the first place that does not."""
        return self.report.findings

    @property
    def proven(self) -> int:
        """Newest operation that a head or an anchor from outside proves, with all before it; 0 without any."""
        return self.report.proven

    @property
    def anchors(self) -> tuple[str, ...]:
        """A sentence about each anchor that fits."""
        return self.report.anchors

    def __bool__(self) -> bool:
        return self.is_clean

    def _sentence(self) -> str:
        checked = f"{self.report.operations:,} operations and {self.report.rows:,} rows of history"
        if self.is_clean:
            return f"Everything agrees: {checked} were checked."
        count = len(self.findings)
        return f"{count:,} finding{'' if count == 1 else 's'} in {checked}."

    def __repr__(self) -> str:
        rows = [(f.code, f.message) for f in self.findings]
        return self._sentence() + ("\n" + text_table(("code", "finding"), rows, len(rows)) if rows else "")

    def _repr_html_(self) -> str:
        kind = "good" if self.is_clean else "problem"
        rows = [(f.code, f.message) for f in self.findings]
        head = paragraph(f"Head: {self.report.head}", "faint")
        return html(heading("Verification"), paragraph(self._sentence(), kind), head,
                    html_table(("code", "finding"), rows, len(rows)) if rows else "")  # fmt: skip


def table_diff(earlier: Book, later: Book, table: str) -> Result:
    """Values of a table that differ between two moments."""
    first, last = earlier.engine.moment or 0, later.engine.moment
    until = "" if last is None else f"and operation_id <= {last}"
    touched = f'select distinct id from history."{table}" where operation_id > {first} {until}'
    ids = [row["id"] for row in later.sql(touched)]
    listed = ", ".join(map(str, ids)) or "null"
    query = f'select * from "{table}" where id in ({listed})'
    before = {row["id"]: row for row in earlier.sql(query)}
    after = {row["id"]: row for row in later.sql(query)}
    rows: list[dict[str, Any]] = []
    for number in sorted({*before, *after}):
        old, new = before.get(number, {}), after.get(number, {})
        change = "added" if not old else "removed" if not new else "changed"
        rows += [
            {
                "id": number,
                "change": change,
                "column": column,
                "before": text_of(old.get(column)),
                "after": text_of(new.get(column)),
            }
            for column in new or old
            if column != "id" and old.get(column) != new.get(column)
        ]
    return Result(pa.Table.from_pylist(rows, DIFFS), f"changes of {table}")
