"""Hashes that tie operations together: of a change's rows, of requests, of an operation and the one before.

SHA-256 over texts that can be read in one way only (lengths before texts), in blocks of numbers so that memory stays
small. The same SQL is used when an operation is applied and when it is verified.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from clientops.tables.schema import Column, quote_name

BLOCK = 1024
PASS = 128 * BLOCK
GENESIS = "0" * 64


def text_sql(column: Column, offset: int | None = None) -> str:
    """SQL for a value as unambiguous text; numbers of rows made since ``offset`` count from it (``+1``)."""
    name = quote_name(column.name)
    if column.type == "VARCHAR":
        return f"coalesce(strlen({name}) || ':' || {name}, '~')"
    if offset is not None:
        return f"coalesce(case when {name} > {offset} then '+' || ({name} - {offset}) else {name}::varchar end, '~')"
    return f"coalesce({name}::varchar, '~')"


def hash_rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[Column],
    offsets: Mapping[str, int] | None = None,
    at_most: int | None = None,
    *,
    erased: tuple[str, str] | None = None,
) -> dict[int, tuple[int, str]]:
    """Row count and hash of history-shaped rows, by operation.

    Args:
        connection: An open book.
        source: Table or subquery of ``operation_id, sign, id`` and the columns.
        columns: Columns that count; ``id`` always does.
        offsets: Highest number before the change, for columns that hold numbers that the change itself made.
        at_most: Upper bound of the rows, where it is known; few of them are hashed in one statement.
        erased: Table and kind of change; blocks that a person was erased from, and that are as that left them, count
            with the hash they had.
    """
    sql = blocks_sql(source, columns, offsets or {})
    whole = WHOLE_HASH if erased is None else WHOLE_HASH.replace("from blocks", f"from {_restored_sql(*erased)}")
    if at_most is not None and at_most <= PASS:
        rows = connection.execute(f"with blocks as ({sql}) {whole}", {"low": -(2**62), "high": 2**62}).fetchall()
        return {number: (n, sha256) for number, n, sha256 in rows}
    span = connection.execute(f"select count(*), min(id), max(id) from {source}").fetchone()
    if span is None or not span[0]:
        return {}
    count, low, high = span
    # Texts of a pass are in memory together, so long ranges are taken in passes.
    step = max(BLOCK, PASS * max(1, (high - low + 1) // count) // BLOCK * BLOCK)
    first = (offsets or {}).get("id", 0)  # passes end where blocks do
    start = first + (low - first) // BLOCK * BLOCK
    connection.execute(
        "create or replace temp table blocks (operation_id bigint, block bigint, n bigint, hash varchar)"
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


def blocks_sql(source: str, columns: Sequence[Column], offsets: Mapping[str, int]) -> str:
    """SELECT of ``operation_id, block, n, hash`` of history-shaped rows with numbers from ``$low`` to ``$high``."""
    counted = [column for column in columns if column.name != "id"]
    first = offsets.get("id")
    number = "id::varchar" if first is None else f"'+' || (id - {first})"
    texts = ", ".join([f"sign::varchar || '#' || {number}", *(text_sql(c, offsets.get(c.name)) for c in counted)])
    return f"""
        select operation_id, (id - {first or 0}) // {BLOCK} as block, count(*) as n,
            sha256(string_agg(concat_ws('|', {texts}), ';' order by id, sign)) as hash
        from {source}
        where id between $low and $high
        group by operation_id, block
    """


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

EMPTY_HASH = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

OPERATION_FIELDS = (
    "id", "rule", "operator", "reason", "applied_at", "today", "key", "undoes_id", "request_count", "change_count",
    "requests_sha256", "changes_sha256", "details", "version", "previous_sha256",
)  # fmt: skip

OPERATION_HASH = (
    "sha256(concat_ws('|', "
    + ", ".join(f"coalesce(strlen({field}::varchar) || ':' || {field}::varchar, '~')" for field in OPERATION_FIELDS)
    + "))"
)
