"""Does the history agree with the chain? Its rows against the hashes that the operations recorded."""

from __future__ import annotations

from collections.abc import Collection

import duckdb

from clientops.book.erasure.personal_columns import can_be_apart, erasable_columns, is_erased_sql
from clientops.book.proof.chain import hash_change
from clientops.book.proof.findings import MOST, Finding
from clientops.core.readable import counted
from clientops.schema.definition import Table, column_list, quote_name

FEW = 200
"""Operations that are written into a statement; of more, a temp table is made."""

KINDS = ("insert", "update", "delete")


def check_signs(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
    """History rows that are neither a row before nor a row after."""
    name = target.name
    rows = connection.execute(
        f"select operation_id, id from history.{quote_name(name)} "
        f"where sign is null or sign not in (-1, 1) or operation_id is null or id is null order by all limit {MOST}"
    ).fetchall()
    text = "the history of {} {} was changed in operation {}: a row is neither one before nor one after"
    return [Finding("history_changed", text.format(name, key, number), number, name, key) for number, key in rows]


def may_be_apart(target: Table, names: list[str], personal: str) -> bool:
    """Whether all columns that a change hashed apart are texts among those that it changed."""
    texts = {c.name for c in target.columns if can_be_apart(c) and c.name in names}
    return not personal or set(personal.split(",")) <= texts


def kinds_sql(name: str, kind: str) -> str:
    """SELECT of history rows that belong to changes of one kind."""
    history = f"history.{quote_name(name)}"
    minus = f"(select operation_id, id from {history} where sign = -1)"
    plus = f"(select operation_id, id from {history} where sign = 1 and operation_id in (select operation_id from {minus}))"
    return {
        "insert": f"select * from {history} anti join {minus} using (operation_id, id)",
        "delete": f"select * from {history} where sign = -1",
        "update": f"select * from {history} semi join {minus} using (operation_id, id) semi join {plus} using (operation_id, id)",
    }[kind] + (f" and (operation_id, id) not in (select (operation_id, id) from {plus})" if kind == "delete" else "")


def check_history(connection: duckdb.DuckDBPyConnection, target: Table) -> tuple[int, list[Finding]]:  # noqa: C901
    """Rows hashed, and changes whose history rows are no longer those that were applied."""
    findings: list[Finding] = []
    hashed = 0
    name = target.name
    history = f"history.{quote_name(name)}"
    recorded = connection.execute(RECORDED, {"name": name}).fetchall()
    if not recorded and connection.execute(f"select 1 from {history} limit 1").fetchone() is None:
        return 0, []
    seen: set[tuple[int, str]] = set()
    alone: set[int] = set()
    erased = {row[0] for row in connection.execute(ERASED_KINDS, {"name": name}).fetchall()}
    for kind, columns, personal, is_alone, operations in recorded:
        numbers = [operation[0] for operation in operations]
        names = columns.split(",") if columns else []
        if kind not in KINDS or not may_be_apart(target, names, personal):
            text = f"what operation {{}} recorded about {name} was changed: it is not hashed as the table is"
            findings += [Finding("history_changed", text.format(n), n, name) for n in numbers[:MOST]]
            continue
        known = [target.column(c) for c in names if c in target.column_names]
        of_operations = _operations(connection, "of_operations", numbers)
        # Telling kinds apart takes joins; where an operation did one thing only, all its rows must be of that kind.
        rows_sql = f"select * from {history} where sign in (-1, 1)" if is_alone else kinds_sql(name, kind)
        source = f"(select * from ({rows_sql}) semi join {of_operations} using (operation_id))"
        salted = source
        if personal:
            salted = (
                f"(select r.*, c.salt as proof_salt from {source} r join history.changes c on c.operation_id = r.operation_id "
                f"and c.table_name = '{name}' and c.kind = '{kind}')"
            )
        at_most = 2 * sum(operation[1] for operation in operations)
        part = (name, kind) if kind in erased else None
        found = hash_change(connection, salted, known, personal.split(",") if personal else [], at_most, erased=part)
        alone |= set(numbers) if is_alone else set()
        for number, count, *hashes in operations:
            seen.add((number, kind))
            rows, *hashes_now = found.get(number, (0, "", ""))
            hashed += rows
            if hashes_now != hashes or rows != count * (2 if kind == "update" else 1):
                text = f"the history of {name} was changed in operation {number} ({kind}: {counted(rows, 'row')} for {count} recorded)"
                findings.append(Finding("history_changed", text, number, name))
        if kind == "update":
            findings += _check_others_unchanged(connection, target, names, source)
        elif kind == "insert":
            findings += _check_later_columns(connection, target, names, source)
    looked_at = _operations(connection, "looked_at", alone)
    there = " union all ".join(
        f"select distinct operation_id, '{k}' as kind from ({kinds_sql(name, k)}) anti join {looked_at} using (operation_id)"
        for k in ("insert", "update", "delete")
    )
    others = f"select 1 from {history} anti join {looked_at} using (operation_id) limit 1"
    if connection.execute(others).fetchone() is not None:
        for number, kind in connection.execute(f"{there} order by all").fetchall():
            if (number, kind) not in seen:
                text = f"the history of {name} has rows of operation {number} ({kind}) that it did not write"
                findings.append(Finding("history_changed", text, number, name))
    return hashed, findings


RECORDED = """
    with recorded as (
        select *, count(*) over (partition by operation_id) = 1 as is_alone from history.changes where table_name = $name
    )
    select kind, columns, personal, is_alone, list((operation_id, row_count, sha256, personal_sha256)) from recorded
    group by all order by all
"""

ERASED_KINDS = "select distinct kind from history.erased_values where part = $name"


def _operations(connection: duckdb.DuckDBPyConnection, name: str, numbers: Collection[int]) -> str:
    """SQL of a table of operations: written out where they are few, else a temp table of that name."""
    if len(numbers) <= FEW:
        return f"(select unnest({sorted(numbers)}::bigint[]) as operation_id) {name}"
    connection.execute(
        f"create or replace temp table {name} as select unnest($ids::bigint[]) as operation_id", {"ids": [*numbers]}
    )
    return name


def _check_others_unchanged(
    connection: duckdb.DuckDBPyConnection, target: Table, changed: list[str], source: str
) -> list[Finding]:
    """Updates whose images differ in a column that the operation did not change."""
    others = [c for c in target.column_names if c not in changed and c != "id"]
    if not others:
        return []
    rows = connection.execute(
        f"select operation_id, id from {source} group by operation_id, id "
        f"having count(distinct hash({column_list(others)})) > 1 order by all limit {MOST}"
    ).fetchall()
    text = "the history of {} {} was changed in operation {}: a column differs that the operation did not touch"
    return [
        Finding("history_changed", text.format(target.name, row_id, number), number, target.name, row_id)
        for number, row_id in rows
    ]


def _check_later_columns(
    connection: duckdb.DuckDBPyConnection, target: Table, recorded: list[str], source: str
) -> list[Finding]:
    """Inserted rows with something else than the default in a column that was added to the table later."""
    later = [column for column in target.columns if column.name not in recorded]
    if not later:
        return []
    erasable = {column.name for column in erasable_columns(target)}
    differs = " or ".join(
        f"({quote_name(c.name)} is distinct from ({c.default or 'null'})::{c.type}"
        + (f" and not {is_erased_sql(target, c)})" if c.name in erasable else ")")
        for c in later
    )
    rows = connection.execute(
        f"select operation_id, id from {source} where {differs} order by all limit {MOST}"
    ).fetchall()
    text = "the history of {} {} was changed in operation {}: it has a value in a column that was not there yet"
    return [
        Finding("history_changed", text.format(target.name, row_id, number), number, target.name, row_id)
        for number, row_id in rows
    ]


def check_replay(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
    """Rows whose history does not continue: each image before must be the last image after."""
    columns = column_list(target.column_names)
    rows = connection.execute(
        f"""
        with images as (
            select operation_id, id, sign, hash({columns}) as hash from history.{quote_name(target.name)}
            where id in (select id from history.{quote_name(target.name)} where sign = -1)
        ), continued as (
            select *, lag({{'sign': sign, 'hash': hash}}) over (partition by id order by operation_id, sign) as previous
            from images
        )
        select operation_id, id from continued
        where sign = -1 and previous is distinct from {{'sign': 1::tinyint, 'hash': hash}}
            or sign = 1 and previous.sign is not distinct from 1
        order by all limit {MOST}
        """
    ).fetchall()
    return [
        Finding(
            "history_gap",
            f"the history of {target.name} {row_id} does not continue at operation {number}: "
            "the row before is not the one that the operations before left",
            number,
            target.name,
            row_id,
        )
        for number, row_id in rows
    ]
