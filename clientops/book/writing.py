"""Writing a settled plan: rows, history, checks and the operation itself, inside one database transaction."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import duckdb

from clientops import __version__
from clientops.book.chain import (
    CHANGES_HASH,
    EMPTY_HASH,
    GENESIS,
    OPERATION_FIELDS,
    OPERATION_HASH,
    REQUESTS_HASH,
    hash_rows,
)
from clientops.book.planning import Settled
from clientops.errors import IntegrityError
from clientops.request_fields import is_secret
from clientops.requests import RequestTable
from clientops.tables.schema import column_list, quote_name
from clientops.tables.view import keep_relation


@dataclass(frozen=True)
class Header:
    """What an operation says of itself, beside its rows.

    Attributes:
        rule: Name of the rule.
        operator: Who applies it.
        reason: Why.
        applied_at: When, with zone.
        today: The day it counts for.
        key: The same key is not applied twice.
        undoes_id: Operation that it undoes.
        details: More about it; kept as JSON.
    """

    rule: str
    operator: str
    reason: str | None
    applied_at: datetime
    today: date
    key: str
    undoes_id: int | None = None
    details: dict[str, Any] | None = None


def last_operation(connection: duckdb.DuckDBPyConnection, moment: int | None = None) -> tuple[int, str]:
    """Number and hash of the newest operation, or the newest up to one; 0 and zeros in a new book."""
    until = "" if moment is None else f"where id <= {int(moment)}"
    row = connection.execute(f"select id, sha256 from history.operations {until} order by id desc limit 1").fetchone()
    return (int(row[0]), str(row[1])) if row else (0, GENESIS)


def write_rows(connection: duckdb.DuckDBPyConnection, operation_id: int, changes: list[Settled]) -> None:
    """Write the rows of an operation and their history."""
    for settled in changes:
        name = quote_name(settled.table.name)
        columns = column_list(settled.table.column_names)
        connection.execute(
            f"insert into history.{name} (operation_id, sign, {columns}) "
            f"select {operation_id}, sign, {columns} from ({settled.pairs_sql()})"
        )
        if settled.kind == "insert":
            connection.execute(f"insert into main.{name} ({columns}) select {columns} from {settled.rows}")
        elif settled.kind == "update":
            sets = ", ".join(f"{quote_name(c)} = c.{quote_name(c)}" for c in settled.columns)
            connection.execute(f"update main.{name} t set {sets} from {settled.rows} c where c.id = t.id")
        else:
            connection.execute(f"delete from main.{name} where id in (select id from {settled.rows})")


def check_moved_alike(connection: duckdb.DuckDBPyConnection, operation_id: int, changes: list[Settled]) -> None:
    """Refuse to commit unless the touched rows are now exactly what the history says they became.

    Raises:
        IntegrityError: They are not; a fault of clientops or of the engine.
    """
    for name, columns in {s.table.name: column_list(s.table.column_names) for s in changes}.items():
        row = connection.execute(
            f"""
            with moved as (
                select id, sign, case sign when 1 then hash({columns}) end as hash
                from history.{quote_name(name)} where operation_id = {operation_id}
            ), now as (
                select hash({columns}) as hash from main.{quote_name(name)} semi join moved using (id)
            )
            select (select count(*) from now), (select count(*) filter (sign = 1) from moved),
                (select sum(hash) from now) is not distinct from (select sum(hash) from moved)
            """
        ).fetchone()
        if row is None or row[0] != row[1] or not row[2]:
            raise IntegrityError(f"Nothing was changed: table {name} and its history would not agree afterwards")


def write_operation(
    connection: duckdb.DuckDBPyConnection, header: Header, requests: RequestTable, changes: list[Settled]
) -> tuple[int, str]:
    """Write rows, history, requests and the operation's own row; the caller commits.

    Returns:
        Number and hash of the operation.
    """
    previous_id, previous_hash = last_operation(connection)
    number = previous_id + 1
    write_rows(connection, number, changes)
    check_moved_alike(connection, number, changes)
    _write_changes(connection, number, changes)
    _write_requests(connection, number, requests)
    return number, seal(connection, number, previous_hash, header)


def _write_changes(connection: duckdb.DuckDBPyConnection, number: int, changes: list[Settled]) -> None:
    for settled in changes:
        source = (
            f"(select * from history.{quote_name(settled.table.name)} where operation_id = {number} "
            f"and id in (select id from {settled.rows}))"
        )
        columns = [settled.table.column(name) for name in settled.columns]
        sha256 = hash_rows(connection, source, columns, at_most=2 * settled.count)[number][1]
        connection.execute(
            "insert into history.changes values (?, ?, ?, ?, ?, ?)",
            [number, settled.table.name, settled.kind, ",".join(settled.columns), settled.count, sha256],
        )


def _write_requests(connection: duckdb.DuckDBPyConnection, number: int, requests: RequestTable) -> None:
    if not len(requests):
        return
    parts = []
    for name, info in requests.model.model_fields.items():
        hidden = is_secret(info)
        column = quote_name(name)
        is_decimal = "decimal" in str(requests.rows.schema.field(name).type)
        value = (
            f"case when {column} is not null then '(hidden)' end"
            if hidden
            else f"{column}::varchar"
            if is_decimal
            else column
        )
        parts.append(f"'{name}', {value}")
    keep_relation(connection, "applied_requests", requests.relation(connection))
    connection.execute(
        f'insert into history.requests select {number}, "row", json_object({", ".join(parts)})::varchar '
        "from applied_requests"
    )


def seal(connection: duckdb.DuckDBPyConnection, number: int, previous_hash: str, header: Header) -> str:
    """Write the operation's own row with its hash, over what is already written of it."""
    span = {"first": number, "last": number}
    requests = connection.execute(REQUESTS_HASH, span).fetchone()
    changes = connection.execute(CHANGES_HASH, span).fetchone()
    counted = connection.execute(
        "select (select count(*) from history.requests where operation_id = $n), "
        "(select coalesce(sum(row_count), 0) from history.changes where operation_id = $n)",
        {"n": number},
    ).fetchone()
    assert counted is not None
    values = (
        number, header.rule, header.operator, header.reason, header.applied_at, header.today, header.key,
        header.undoes_id, counted[0], counted[1], requests[1] if requests else EMPTY_HASH,
        changes[1] if changes else EMPTY_HASH,
        json.dumps(header.details, ensure_ascii=False, sort_keys=True) if header.details else None,
        __version__, previous_hash,
    )  # fmt: skip
    marks = ", ".join("?" for _ in values)
    names = column_list(OPERATION_FIELDS)
    connection.execute(f"insert into history.operations ({names}, sha256) values ({marks}, '')", values)
    connection.execute(f"update history.operations set sha256 = {OPERATION_HASH} where id = ?", [number])
    row = connection.execute("select sha256 from history.operations where id = ?", [number]).fetchone()
    return str(row[0]) if row else ""
