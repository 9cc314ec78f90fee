"""The chain of books before personal columns were hashed apart; kept to prove those books before they are migrated."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from clientops.book.proof.chain import BLOCK, EMPTY_HASH, GENESIS, PASS, blocks_sql
from clientops.book.proof.findings import Finding
from clientops.book.proof.verify_history import KINDS, kinds_sql
from clientops.schema.definition import Column, Table, read_schema


def _hash_rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[Column],
    at_most: int | None,
    *,
    erased: tuple[str, str],
) -> dict[int, tuple[int, str]]:
    """Row count and hash of history-shaped rows, by operation.

    Args:
        connection: An open book.
        source: Table or subquery of ``operation_id, sign, id`` and the columns.
        columns: Columns that count; ``id`` always does.
        at_most: Upper bound of the rows, where it is known; few of them are hashed in one statement.
        erased: Table and kind of change; blocks that a person was erased from, and that are as that left them, count
            with the hash they had.
    """
    sql = blocks_sql(source, columns, {})
    whole = WHOLE_HASH.replace("from blocks", f"from {_restored_sql(*erased)}")
    if at_most is not None and at_most <= PASS:
        rows = connection.execute(f"with blocks as ({sql}) {whole}", {"low": -(2**62), "high": 2**62}).fetchall()
        return {number: (n, sha256) for number, n, sha256 in rows}
    span = connection.execute(f"select count(*), min(id), max(id) from {source}").fetchone()
    if span is None or not span[0]:
        return {}
    count, low, high = span
    # Texts of a pass are in memory together, so long ranges are taken in passes.
    step = max(BLOCK, PASS * max(1, (high - low + 1) // count) // BLOCK * BLOCK)
    start = low // BLOCK * BLOCK  # passes end where blocks do
    connection.execute(
        "create or replace temp table blocks (operation_id bigint, block bigint, n bigint, hash varchar, personal_hash varchar)"
    )
    while start <= high:
        connection.execute(f"insert into blocks {sql}", {"low": start, "high": start + step - 1})
        start += step
    rows = connection.execute(whole).fetchall()
    return {number: (n, sha256) for number, n, sha256 in rows}


WHOLE_HASH = """
    select operation_id, sum(n)::bigint, sha256(string_agg(hash, '' order by block)) from blocks group by operation_id
"""


def _restored_sql(part: str, kind: str) -> str:
    """SQL of blocks, those that a person was erased from with the hash that they had before."""
    return (
        "(select b.* replace (coalesce(e.sha256_before, b.hash) as hash) from blocks b left join ("
        "select operation_id, block, sha256_after, min(sha256_before) as sha256_before from history.erased_blocks "
        f"where part = '{part}' and kind = '{kind}' group by all"
        ") e on e.operation_id = b.operation_id and e.block = b.block and e.sha256_after = b.hash)"
    )


REQUESTS_HASH = f"""
    with blocks as (
        select operation_id, request_row // {BLOCK} as block,
            sha256(string_agg(request_row || '|' || strlen(request) || ':' || request, ';' order by request_row)) as hash
        from history.requests
        where operation_id between $first and $last
        group by operation_id, block
    )
    select operation_id, sha256(string_agg(hash, '' order by block)) as sha256
    from {_restored_sql("requests", "")}
    group by operation_id
"""

CHANGES_HASH = """
    select operation_id, sha256(string_agg(
        concat_ws('|', table_name, kind, strlen(columns) || ':' || columns, row_count, sha256), ';'
        order by table_name, kind)) as sha256
    from history.changes
    where operation_id between $first and $last
    group by operation_id
"""

OPERATION_FIELDS = (
    "id", "rule", "operator", "reason", "applied_at", "today", "key", "undoes_id", "request_count", "change_count",
    "requests_sha256", "changes_sha256", "details", "version", "previous_sha256",
)  # fmt: skip

OPERATION_HASH = (
    "sha256(concat_ws('|', "
    + ", ".join(f"coalesce(strlen({field}::varchar) || ':' || {field}::varchar, '~')" for field in OPERATION_FIELDS)
    + "))"
)


def prove_old_chain(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """What does not fit in the chain of an older book, and in its history against the chain."""
    rows = connection.execute(
        f"""
        with requests as ({REQUESTS_HASH}), changes as ({CHANGES_HASH})
        select o.id, row_number() over (order by o.id) = o.id and o.sha256 = coalesce((
                select min(e.sha256_before) from history.erased_blocks e
                where e.part = 'operations' and e.operation_id = o.id and e.sha256_after = {OPERATION_HASH}
            ), {OPERATION_HASH}) and o.previous_sha256 = lag(o.sha256, 1, '{GENESIS}') over (order by o.id)
            and o.requests_sha256 = coalesce(r.sha256, '{EMPTY_HASH}')
            and o.changes_sha256 = coalesce(c.sha256, '{EMPTY_HASH}') as holds
        from history.operations o left join requests r on r.operation_id = o.id left join changes c on c.operation_id = o.id
        qualify not coalesce(holds, false) order by o.id
        """,
        {"first": 0, "last": 2**62},
    ).fetchall()
    findings = [Finding("operation_changed", f"operation {number} was changed", number) for number, _ in rows]
    tables = read_schema(connection)
    for name in read_schema(connection, "history"):
        if name in tables:
            findings += _prove_old_history(connection, tables[name])
    return findings


def _prove_old_history(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
    name = target.name
    groups = connection.execute(
        "select kind, columns, list((operation_id, row_count, sha256)) from history.changes where table_name = $name "
        "group by all order by all",
        {"name": name},
    ).fetchall()
    recorded = sum(row[1] * (2 if kind == "update" else 1) for kind, _, rows in groups for row in rows)
    total = connection.execute(f'select count(*) from history."{name}"').fetchone()
    text = f"the history of {name} was changed in operation {{}}"
    findings = []
    if total and total[0] != recorded:
        text_all = f"the history of {name} has {total[0]} rows for {recorded} recorded"
        findings.append(Finding("history_changed", text_all, None, name))
    for kind, columns, rows in groups:
        if kind not in KINDS:
            findings.append(Finding("history_changed", text.format(rows[0][0]), rows[0][0], name))
            continue
        known = [target.column(c) for c in columns.split(",") if c in target.column_names]
        numbers = ", ".join(str(row[0]) for row in rows)
        source = f"(select * from ({kinds_sql(name, kind)}) where operation_id in ({numbers}))"
        at_most = 2 * sum(row[1] for row in rows)
        found = _hash_rows(connection, source, known, at_most, erased=(name, kind))
        findings += [
            Finding("history_changed", text.format(number), number, name)
            for number, count, sha256 in rows
            if found.get(number) != (count * (2 if kind == "update" else 1), sha256)
        ]
    return findings
