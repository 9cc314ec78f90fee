"""A book as clientops wrote it before personal columns were hashed apart: one hash over whole rows."""

from __future__ import annotations

from pathlib import Path

import duckdb

from clientops.book.file.backup import FILE_FORMAT
from clientops.book.proof.chain import EMPTY_HASH, GENESIS, blocks_sql
from clientops.book.proof.old_chain import CHANGES_HASH, OPERATION_HASH, REQUESTS_HASH, WHOLE_HASH
from clientops.schema.definition import column_list, comment_tables, migrations, quote_text, read_schema
from clientops.schema.tables import history_table_sql

VERSION = 10

FIRST = """
    insert into main.clients (id, currency_id, first_name, last_name, email, city) values
        (1, 1, 'Ada', 'Lovelace', 'ada@example.com', 'London'), (2, 1, 'Grace', 'Hopper', null, null)
"""


def old_book(path: Path) -> Path:
    """Write the file with the tables and the hashes of that version: two clients, one of whom moves."""
    with duckdb.connect() as connection:
        connection.execute(
            f"attach {quote_text(str(path))} as old (storage_version {quote_text(FILE_FORMAT)}, block_size 16384)"
        )
        connection.execute("use old; set timezone = 'UTC'")
        for version, name, sql in migrations():
            if version <= VERSION:
                connection.execute(sql)
                comment_tables(connection, version - 1, version)
                connection.execute("insert into history.migrations values (?, ?, now())", [version, name])
        for name in read_schema(connection):
            connection.execute(history_table_sql(name))
        connection.execute(FIRST)
        connection.execute("insert into history.clients select 1, 1, * from main.clients")
        columns = read_schema(connection)["clients"].column_names
        first = _seal(
            connection, 1, "insert", columns, 2, '{"first_name":"Ada","amount":"12.50","client_id":1}', GENESIS
        )
        connection.execute("insert into history.clients select 2, -1, * from main.clients where id = 1")
        connection.execute("update main.clients set city = 'Kent' where id = 1")
        connection.execute("insert into history.clients select 2, 1, * from main.clients where id = 1")
        _seal(connection, 2, "update", ("city",), 1, '{"client_id":1,"city":"Kent"}', first)
        connection.execute("checkpoint old")
    return path


def _seal(connection, number, kind, columns, count, request, previous):
    table = read_schema(connection)["clients"]
    source = f"(select * from history.clients where operation_id = {number})"
    blocks = blocks_sql(source, [table.column(name) for name in columns], {})
    span = {"low": -(2**62), "high": 2**62}
    sha256 = connection.execute(f"with blocks as ({blocks}) {WHOLE_HASH}", span).fetchone()[2]
    connection.execute(
        "insert into history.changes values (?, 'clients', ?, ?, ?, ?)",
        [number, kind, ",".join(columns), count, sha256],
    )
    connection.execute("insert into history.requests values (?, 1, ?)", [number, request])
    span = {"first": number, "last": number}
    requests = connection.execute(REQUESTS_HASH, span).fetchone()[1]
    changes = connection.execute(CHANGES_HASH, span).fetchone()[1]
    assert EMPTY_HASH not in {requests, changes}
    values = {
        "id": number, "rule": "by-hand", "operator": "maria", "reason": "test", "today": "2026-11-30", "key": f"k{number}",
        "request_count": 1, "change_count": count, "requests_sha256": requests, "changes_sha256": changes,
        "version": "0.1.0", "previous_sha256": previous, "sha256": "",
    }  # fmt: skip
    marks = ", ".join("?" for _ in values)
    connection.execute(
        f"insert into history.operations ({column_list(values)}, applied_at) values ({marks}, now())",
        [*values.values()],
    )
    connection.execute(f"update history.operations set sha256 = {OPERATION_HASH} where id = ?", [number])
    return connection.execute("select sha256 from history.operations where id = ?", [number]).fetchone()[0]
