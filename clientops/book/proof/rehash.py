"""Hashing an older book again, personal columns apart, once its old chain is proved; both heads are recorded."""

from __future__ import annotations

import json
import secrets
import uuid

import duckdb

from clientops.book.erasure.personal_columns import apart_columns, is_personal_value
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
from clientops.book.proof.findings import Finding
from clientops.book.proof.old_chain import prove_old_chain
from clientops.book.proof.verify_chain import REHASH
from clientops.book.proof.verify_history import kinds_sql
from clientops.book.write.record import Header, last_operation, next_moment, seal
from clientops.core.errors import BookError
from clientops.schema.definition import all_tables


def prove_before(connection: duckdb.DuckDBPyConnection) -> None:
    """Refuse to hash a book again whose old chain does not hold: that would hide what was changed.

    Raises:
        BookError: With the first thing that does not fit.
    """
    findings: list[Finding] = prove_old_chain(connection)
    if findings:
        raise BookError(
            f"The history of this book does not agree with its hashes: {findings[0].message}. "
            "It is not brought up to date, and is as it was; restore a backup, or open it with the version that wrote it"
        )


def rehash(connection: duckdb.DuckDBPyConnection, who: str, version: int) -> None:
    """Hash every operation of an older book again and append an operation that holds the old head and the new one.

    Args:
        connection: A book open for writing, its tables already as they are now.
        who: Who opened it.
        version: Version of the tables that it had.
    """
    number, old_head = last_operation(connection)
    if not number:
        return
    connection.execute("insert into history.old_heads select id, sha256 from history.operations order by id")
    for (name,) in connection.execute("select distinct table_name from history.changes order by all").fetchall():
        _rehash_changes(connection, name)
    _rehash_requests(connection)
    new_head = _rehash_operations(connection)
    heads = connection.execute(
        "select sha256(string_agg(sha256, '' order by operation_id)) from history.old_heads"
    ).fetchone()
    details = {
        "old_head": old_head, "new_head": new_head, "operations": number, "version": version,
        "old_heads_sha256": heads[0] if heads else "",
    }  # fmt: skip
    now = next_moment(connection)
    reason = "Personal columns are hashed apart from now on; the old chain was proved first"
    header = Header(REHASH, who, reason, now, now.date(), uuid.uuid4().hex, None, details)
    seal(connection, number + 1, new_head, header)


def _rehash_changes(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    target = all_tables()[name]
    connection.execute("update history.changes set salt = '', personal = '' where table_name = $name", {"name": name})
    groups = connection.execute(
        "select kind, columns, list(operation_id), sum(row_count)::bigint from history.changes where table_name = $name "
        "group by all order by all",
        {"name": name},
    ).fetchall()
    for kind, columns, operations, count in groups:
        names = columns.split(",") if columns else []
        personal = apart_columns(target, names)
        salts = {operation: secrets.token_hex(16) if personal else "" for operation in operations}
        connection.execute("create or replace temp table salts (operation_id bigint, salt varchar)")
        connection.executemany("insert into temp.salts values (?, ?)", list(salts.items()))
        source = (
            f"(select h.*, s.salt as proof_salt from ({kinds_sql(name, kind)}) h "
            "join temp.salts s on s.operation_id = h.operation_id)"
        )
        known = [target.column(c) for c in names if c in target.column_names]
        found = hash_change(connection, source, known, personal, 2 * count)
        connection.execute("create or replace temp table hashes (operation_id bigint, sha256 varchar, apart varchar)")
        connection.executemany("insert into temp.hashes values (?, ?, ?)", [(n, h[1], h[2]) for n, h in found.items()])
        connection.execute(
            "update history.changes c set sha256 = h.sha256, personal_sha256 = h.apart, personal = $personal, salt = s.salt "
            "from temp.hashes h join temp.salts s using (operation_id) "
            "where c.operation_id = h.operation_id and c.table_name = $name and c.kind = $kind",
            {"personal": ",".join(personal), "name": name, "kind": kind},
        )


def _rehash_requests(connection: duckdb.DuckDBPyConnection) -> None:
    """Fields, those hashed apart, and hashes of each operation's requests; older books say of no field what it is."""
    connection.execute(
        "update history.operations set salt = '', request_fields = '', personal_fields = '', requests_personal_sha256 = '', "
        f"requests_sha256 = '{EMPTY_HASH}'"
    )
    salts = [(secrets.token_hex(16), n) for (n,) in connection.execute("select id from history.operations").fetchall()]
    connection.execute("create or replace temp table salts (salt varchar, operation_id bigint)")
    connection.executemany("insert into temp.salts values (?, ?)", salts)
    connection.execute("update history.operations o set salt = s.salt from temp.salts s where s.operation_id = o.id")
    groups = connection.execute(
        """
        select fields, list(distinct operation_id order by operation_id), count(*) from (
            select operation_id, array_to_string(json_keys(request), ',') as fields from history.requests
        ) group by fields order by all
        """
    ).fetchall()
    for fields, operations, count in groups:
        names = fields.split(",") if fields else []
        connection.execute(
            "create or replace temp table asked as select unnest($ids::bigint[]) as id", {"ids": operations}
        )
        where = "r.operation_id in (select id from temp.asked)"
        personal = [name for name in names if is_personal_value(name, _values(connection, name, where))]
        found = hash_change(
            connection, requests_source(names, where), text_columns(names), [*map(field_column, personal)], count
        )
        connection.execute("create or replace temp table hashes (operation_id bigint, sha256 varchar, apart varchar)")
        connection.executemany("insert into temp.hashes values (?, ?, ?)", [(n, h[1], h[2]) for n, h in found.items()])
        connection.execute(
            "update history.operations o set requests_sha256 = h.sha256, requests_personal_sha256 = h.apart, "
            "request_fields = $fields, personal_fields = $personal from temp.hashes h where h.operation_id = o.id",
            {"fields": fields, "personal": ",".join(personal)},
        )


def _values(connection: duckdb.DuckDBPyConnection, name: str, where: str) -> list[object]:
    rows = connection.execute(
        f"""select distinct json_extract(request, '$."{name}"')::varchar from history.requests r where {where}"""
    ).fetchall()
    return [json.loads(value) for (value,) in rows if value is not None]


def _rehash_operations(connection: duckdb.DuckDBPyConnection) -> str:
    """The operations' own hashes, one after another; the new head."""
    listed: dict[int, list[tuple[object, ...]]] = {}
    for number, *change in connection.execute(
        f"select operation_id, {', '.join(CHANGE_FIELDS)} from history.changes order by operation_id"
    ).fetchall():
        listed.setdefault(number, []).append(tuple(change))
    found = connection.execute("select * from history.operations order by id")
    names = [column[0] for column in found.description or ()]
    previous, rows = GENESIS, []
    for row in found.fetchall():
        values = dict(zip(names, row, strict=True))
        changes = listed.get(values["id"], [])
        values["changes_sha256"] = changes_hash(changes) if changes else EMPTY_HASH
        values["previous_sha256"] = previous
        values["personal_sha256"] = personal_hash_of_operation(values, values["salt"])
        own = operation_hash(values)
        rows.append((values["id"], values["changes_sha256"], values["personal_sha256"], previous, own))
        previous = own
    connection.execute(
        "create or replace temp table rehashed (id bigint, changes_sha256 varchar, personal_sha256 varchar, previous varchar, sha256 varchar)"
    )
    connection.executemany("insert into temp.rehashed values (?, ?, ?, ?, ?)", rows)
    connection.execute(
        "update history.operations o set changes_sha256 = r.changes_sha256, personal_sha256 = r.personal_sha256, "
        "previous_sha256 = r.previous, sha256 = r.sha256 from temp.rehashed r where r.id = o.id"
    )
    return previous
