"""The read side of history: the log, one operation row by row, and everything that happened to a row."""

from __future__ import annotations

import json
import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from clientops.core.errors import UsageError
from clientops.schema.days import end_of_day_sql, start_of_day_sql
from clientops.schema.definition import column_list, quote_name, table
from clientops.schema.references import REFERENCES


@dataclass(frozen=True)
class OperationLine:
    """One line of the log."""

    id: int
    rule: str
    operator: str
    reason: str | None
    applied_at: datetime
    request_count: int
    change_count: int
    undoes_id: int | None
    undone_by_id: int | None


@dataclass(frozen=True)
class RowChange:
    """A row before and after an operation; None where there was or is none."""

    operation_id: int
    table: str
    id: int
    before: dict[str, Any] | None
    after: dict[str, Any] | None

    @property
    def changed(self) -> dict[str, tuple[Any, Any]]:
        """Columns that differ: (before, after)."""
        before, after = self.before or {}, self.after or {}
        return {n: (before.get(n), after.get(n)) for n in before or after if before.get(n) != after.get(n)}


@dataclass(frozen=True)
class OperationDetail:
    """One operation: its line, hash, requests and rows; ``is_whole`` tells whether all of them are here."""

    line: OperationLine
    today: date
    key: str
    sha256: str
    summary: tuple[tuple[str, str], ...]
    counts: tuple[tuple[str, str, int], ...]
    requests: tuple[dict[str, Any], ...]
    rows: tuple[RowChange, ...]
    is_whole: bool


def read_operations(
    connection: duckdb.DuckDBPyConnection,
    *,
    operator: str | None = None,
    rule: str | None = None,
    client: int | None = None,
    since: date | None = None,
    until: date | None = None,
    limit: int = 100,
    last: int | None = None,
    numbers: Collection[int] | None = None,
) -> list[OperationLine]:
    """Operations, the newest first.

    Args:
        connection: An open book.
        operator: Only this operator's.
        rule: Only of this rule.
        client: Only those that touched this client or a row of theirs.
        since: From this day of the business on.
        until: Up to the end of this day of the business.
        limit: At most so many.
        last: Only up to this operation, as of which the book is looked at.
        numbers: Only these operations.
    """
    conditions = {
        "o.operator = $operator": operator,
        "o.rule = $rule": rule,
        f"o.applied_at >= {start_of_day_sql('$since')}": since,
        f"o.applied_at < {end_of_day_sql('$until')}": until,
        "o.id <= $last": last,
        "o.id in $numbers": None if numbers is None else sorted(numbers),
    }
    given = {re.split(r"\W", c.rpartition("$")[2])[0]: v for c, v in conditions.items() if v is not None}
    wheres = [condition for condition, value in conditions.items() if value is not None]
    if client is not None:
        wheres.append(f"o.id in ({_client_operations_sql(int(client))})")
    where = f"where {' and '.join(wheres)}" if wheres else ""
    rows = connection.execute(
        f"{operation_lines_sql(last)} {where} order by o.id desc limit {int(limit)}", given or None
    ).fetchall()
    return [OperationLine(*row) for row in rows]


def operation_lines_sql(last: int | None = None) -> str:
    """SELECT of the log's lines; what undid them counts up to an operation."""
    until = "" if last is None else f"and u.id <= {int(last)}"
    return f"""
        select o.id, o.rule, o.operator, o.reason, o.applied_at, o.request_count, o.change_count, o.undoes_id,
            (select max(u.id) from history.operations u where u.undoes_id = o.id {until}) as undone_by_id
        from history.operations o
    """


def _client_operations_sql(client: int) -> str:
    """SELECT of the operations that touched a client or a row that points at them."""
    parts = [f"select operation_id from history.clients where id = {client}"]
    parts += [
        f"select operation_id from history.{quote_name(r.table)} where {quote_name(r.column)} = {client}"
        for r in REFERENCES
        if r.target == "clients" and r.column != "subject_id"
    ]
    return " union ".join(parts)


def read_operation(
    connection: duckdb.DuckDBPyConnection, operation_id: int, limit: int, last: int | None = None
) -> OperationDetail:
    """One operation with at most ``limit`` requests and rows of each table, as of operation ``last`` if given.

    Raises:
        UsageError: There is no such operation.
    """
    asked = {"id": operation_id} if last is None or operation_id <= last else {"id": -1}
    found = connection.execute(f"{operation_lines_sql(last)} where o.id = $id", asked).fetchone()
    more = connection.execute(
        "select today, key, sha256, details from history.operations where id = $id", {"id": operation_id}
    ).fetchone()
    if found is None or more is None:
        row = connection.execute("select coalesce(max(id), 0) from history.operations").fetchone()
        newest = last if last is not None else row[0] if row else 0
        raise UsageError(f"There is no operation {operation_id}; the last one is {newest}")
    counts = connection.execute(
        "select table_name, kind, row_count from history.changes where operation_id = $id order by all",
        {"id": operation_id},
    ).fetchall()
    requests = connection.execute(
        f"select request from history.requests where operation_id = $id order by request_row limit {int(limit)}",
        {"id": operation_id},
    ).fetchall()
    rows: list[RowChange] = []
    for name in dict.fromkeys(name for name, _, _ in counts):
        rows += _row_changes(connection, name, f"operation_id = {int(operation_id)}", limit)
    whole = len(rows) == sum(count for _, _, count in counts) and len(requests) == found[5]
    details = json.loads(more[3]) if more[3] else {}
    return OperationDetail(
        OperationLine(*found),
        more[0],
        more[1],
        more[2],
        tuple((label, value) for label, value in details.get("summary", [])),
        tuple(counts),
        tuple(json.loads(row[0]) for row in requests),
        tuple(rows),
        whole,
    )


def read_row_history(
    connection: duckdb.DuckDBPyConnection, name: str, row_id: int, last: int | None = None
) -> list[RowChange]:
    """Everything that happened to a row, the oldest first, up to operation ``last`` if given.

    Raises:
        UsageError: There is no such table.
    """
    until = "" if last is None else f" and operation_id <= {int(last)}"
    return _row_changes(connection, table(name).name, f"id = {int(row_id)}{until}", 1_000_000)


def _row_changes(connection: duckdb.DuckDBPyConnection, name: str, where: str, limit: int) -> list[RowChange]:
    columns = table(name).column_names
    rows = connection.execute(
        f"select operation_id, sign, {column_list(columns)} from history.{quote_name(name)} where {where} "
        f"order by operation_id, id, sign limit {2 * int(limit)}"
    ).fetchall()
    pairs: dict[tuple[int, int], list[dict[str, Any] | None]] = {}
    for number, sign, *values in rows:
        row = dict(zip(columns, values, strict=True))
        pairs.setdefault((number, row["id"]), [None, None])[0 if sign < 0 else 1] = row
    return [RowChange(number, name, key, before, after) for (number, key), (before, after) in pairs.items()][:limit]
