"""Writing a settled plan: rows, history, checks and the operation itself, inside one database transaction."""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from clientops.book.erasure.personal_columns import apart_columns, is_personal_field
from clientops.book.proof.chain import (
    CHANGE_FIELDS,
    EMPTY_HASH,
    GENESIS,
    changes_hash,
    field_column,
    hash_change,
    operation_hash,
    personal_hash_of_operation,
    requests_source,
    text_columns,
)
from clientops.book.write.settled import Settled
from clientops.core.errors import IntegrityError
from clientops.core.version import VERSION
from clientops.schema.definition import Table, column_list, quote_name
from clientops.schema.request_fields import is_secret
from clientops.schema.requests import RequestTable
from clientops.schema.tables import keep_relation


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


def next_moment(connection: duckdb.DuckDBPyConnection) -> datetime:
    """Now, or the moment of the newest operation if the machine's clock was set back: the chain's moments never fall."""
    row = connection.execute("select applied_at from history.operations order by id desc limit 1").fetchone()
    now = datetime.now(UTC)
    return max(now, row[0].astimezone(UTC)) if row else now


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
    salt = secrets.token_hex(16)
    sealed = write_requests(connection, number, requests, salt)
    return number, seal(connection, number, previous_hash, header, requests=sealed, salt=salt)


def _write_changes(connection: duckdb.DuckDBPyConnection, number: int, changes: list[Settled]) -> None:
    for settled in changes:
        source = (
            f"(select * from history.{quote_name(settled.table.name)} where operation_id = {number} "
            f"and id in (select id from {settled.rows}))"
        )
        write_change(
            connection,
            number,
            (settled.table, settled.kind, settled.columns),
            source,
            count=settled.count,
            at_most=2 * settled.count,
        )


def write_change(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    change: tuple[Table, str, Sequence[str]],
    source: str,
    *,
    count: int | None = None,
    at_most: int | None = None,
) -> int:
    """Record what an operation did to a table, with the hashes of its rows of history; the number of rows it changed.

    Args:
        connection: A book open for writing.
        number: The operation.
        change: The table, ``insert``, ``update`` or ``delete``, and the names of the columns that changed.
        source: SELECT of the rows of history, in parentheses.
        count: Rows that changed, where it is known.
        at_most: Upper bound of the rows of history, where it is known.
    """
    target, kind, columns = change
    personal = apart_columns(target, columns)
    salt = secrets.token_hex(16) if personal else ""
    salted = f"(select *, '{salt}' as proof_salt from {source})"
    hashed = hash_change(connection, salted, [target.column(name) for name in columns], personal, at_most).get(number)
    if hashed is None:
        return 0
    rows, sha256, personal_sha256 = hashed
    counted = count if count is not None else rows // 2 if kind == "update" else rows
    connection.execute(
        "insert into history.changes (operation_id, table_name, kind, columns, row_count, sha256, personal, "
        "personal_sha256, salt) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        [number, target.name, kind, ",".join(columns), counted, sha256, ",".join(personal), personal_sha256, salt],
    )
    return counted


@dataclass(frozen=True)
class SealedRequests:
    """How many requests an operation has, the names of their fields, those hashed apart, and the two hashes."""

    count: int = 0
    fields: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    sha256: str = EMPTY_HASH
    personal_sha256: str = ""


def write_requests(
    connection: duckdb.DuckDBPyConnection, number: int, requests: RequestTable, salt: str
) -> SealedRequests:
    """Write what was asked for, one JSON object a row, and hash it."""
    if not len(requests):
        return SealedRequests()
    keep_relation(connection, "applied_requests", requests.relation(connection))
    connection.execute(
        f'insert into history.requests select {number}, "row", {request_json(requests)} from applied_requests'
    )
    fields = tuple(requests.model.model_fields)
    personal = tuple(name for name in fields if is_personal_field(name, requests.model.model_fields[name]))
    source = requests_source(fields, f"operation_id = {number}", salt)
    hashed = hash_change(connection, source, text_columns(fields), [*map(field_column, personal)], len(requests))[
        number
    ]
    return SealedRequests(len(requests), fields, personal, hashed[1], hashed[2])


def request_json(requests: RequestTable) -> str:
    """SQL of a request as the history keeps it: JSON, without secrets."""
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
    return f"json_object({', '.join(parts)})::varchar"


def seal(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    previous_hash: str,
    header: Header,
    *,
    requests: SealedRequests | None = None,
    salt: str | None = None,
) -> str:
    """Write the operation's own row with its hash, over what is already written of it."""
    salt = salt or secrets.token_hex(16)
    requests = requests or SealedRequests()
    changes = connection.execute(
        f"select {', '.join(CHANGE_FIELDS)} from history.changes where operation_id = $n", {"n": number}
    ).fetchall()
    details = json.dumps(header.details, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
    values = {
        "id": number, "rule": header.rule, "operator": header.operator, "reason": header.reason, "applied_at": header.applied_at,
        "today": header.today, "key": header.key, "undoes_id": header.undoes_id, "request_count": requests.count,
        "change_count": sum(row[3] for row in changes), "request_fields": ",".join(requests.fields),
        "personal_fields": ",".join(requests.personal), "requests_sha256": requests.sha256,
        "requests_personal_sha256": requests.personal_sha256, "changes_sha256": changes_hash(changes) if changes else EMPTY_HASH,
        "details": details if header.details else None, "version": VERSION, "previous_sha256": previous_hash, "salt": salt,
    }  # fmt: skip
    values["personal_sha256"] = personal_hash_of_operation(values, salt)
    values["sha256"] = operation_hash(values)
    marks = ", ".join("?" for _ in values)
    connection.execute(
        f"insert into history.operations ({column_list(values)}) values ({marks})", list(values.values())
    )
    return str(values["sha256"])
