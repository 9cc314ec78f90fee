"""What is kept of blocks that a person was erased from: sealed by the operation that erased, and told by a verification."""

from __future__ import annotations

import duckdb

from clientops.tables.days import day_sql

DIGEST = """sha256(string_agg(concat_ws('|', operation_id, part, kind, block, sha256_before, sha256_after), ';'
            order by operation_id, part, kind, block, sha256_after))"""

CHANGED_ERASURES = f"""
    with kept as (
        select erased_by, count(*) as blocks, {DIGEST} as digest from history.erased_blocks group by erased_by
    ), told as (
        select id, (details ->> 'erased_sha256') as digest, (details ->> 'erased_blocks')::bigint as blocks
        from history.operations where rule = 'erase-person'
    )
    select coalesce(k.erased_by, t.id) from kept k full join told t on t.id = k.erased_by
    where k.erased_by is null and coalesce(t.blocks, -1) <> 0 or k.erased_by is not null and k.digest is distinct from t.digest
    order by 1
"""


def digest_of(connection: duckdb.DuckDBPyConnection, operation_id: int) -> tuple[int, str]:
    """How many blocks an operation erased from, and the hash over what is kept of them."""
    row = connection.execute(
        f"select count(*), {DIGEST} from history.erased_blocks where erased_by = $number", {"number": operation_id}
    ).fetchone()
    return (int(row[0]), row[1] or "") if row else (0, "")


def changed_erasures(connection: duckdb.DuckDBPyConnection) -> list[int]:
    """Operations whose kept blocks are no longer those that their own row holds the hash of."""
    return [number for (number,) in connection.execute(CHANGED_ERASURES).fetchall()]


def told_erasures(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Which rows of history a person was erased from, by which operation; not what stood there."""
    rows = connection.execute(
        "select e.erased_by, e.part, count(distinct e.operation_id), count(*), "
        + day_sql("o.applied_at")
        + " from history.erased_blocks e "
        "left join history.operations o on o.id = e.erased_by group by all order by all"
    ).fetchall()
    return tuple(
        f"{part}: in {blocks} block{'' if blocks == 1 else 's'} of {operations} operation{'' if operations == 1 else 's'} "
        f"a person was erased by operation {number} on {day}"
        for number, part, operations, blocks, day in rows
    )
