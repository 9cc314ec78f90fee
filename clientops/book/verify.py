"""Does the book agree with itself? The chain, the history and the tables, each against the others."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace
from functools import lru_cache

import duckdb

from clientops.book.chain import CHANGES_HASH, EMPTY_HASH, GENESIS, OPERATION_HASH, REQUESTS_HASH, hash_rows
from clientops.book.drift import drifted_tables, filled_tables, find_direct_changes
from clientops.book.erasures import changed_erasures, told_erasures
from clientops.book.writing import last_operation
from clientops.readable import counted
from clientops.tables.invariants import INVARIANTS, every_orphan_sql
from clientops.tables.schema import Table, all_tables, column_list, create_tables, quote_name, read_schema
from clientops.tables.view import history_table_sql

MOST = 100

FEW = 200
"""Operations that are written into a statement; of more, a temp table is made."""


@dataclass(frozen=True)
class Finding:
    """Something that does not fit.

    Attributes:
        code: ``operation_changed``, ``operation_missing``, ``history_changed``, ``history_gap``, ``table_differs``,
            ``requests_changed``, ``cut_back``, ``foreign_object`` or ``schema_changed``.
        message: A sentence that names the place.
        operation_id: Operation it is about, if it is one.
        table: Table it is about, if it is one.
        row_id: Row it is about, if it is one.
    """

    code: str
    message: str
    operation_id: int | None = None
    table: str | None = None
    row_id: int | None = None


@dataclass(frozen=True)
class Report:
    """Result of a verification; the first finding is the first thing that does not fit.

    Attributes:
        operations: Number of operations.
        rows: Rows of history that were hashed.
        head: Hash of the newest operation; write it down elsewhere.
        findings: What does not fit; empty if the book agrees with itself.
        erased: Sentences about rows that a person was erased from; what is left of them is proved since then.
    """

    operations: int
    rows: int
    head: str
    findings: tuple[Finding, ...]
    erased: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything fits."""
        return not self.findings


def verify(connection: duckdb.DuckDBPyConnection, head: str | None = None) -> Report:
    """Check the schema, the chain, the history against the chain, and the tables against the history.

    Args:
        connection: An open book.
        head: Hash of an operation, written down earlier; must still be in the chain.
    """
    findings = _check_foreign_objects(connection)
    if any(finding.message.startswith("macro") for finding in findings):
        return Report(0, 0, GENESIS, tuple(findings))  # it may change what the other checks mean
    findings += _check_schema(connection)
    unlike = {finding.table for finding in findings}
    if unlike & {"history.operations", "history.changes", "history.requests", "history.erased_blocks"}:
        return Report(0, 0, GENESIS, tuple(findings))
    findings += [*_check_chain(connection), *_check_head(connection, head), *_changed_erasures(connection)]
    whole = [t for t in all_tables().values() if not unlike & {t.name, f"history.{t.name}"}]
    filled = filled_tables(connection, [t.name for t in whole])
    known = {*filled, *_recorded_tables(connection)}
    rows = 0
    for target in whole:
        if target.name not in known:
            continue
        hashed, found = _check_history(connection, target)
        rows += hashed
        findings += [*_check_signs(connection, target), *found, *_check_replay(connection, target)]
    for name in drifted_tables(connection, filled):
        changes = find_direct_changes(connection, name, MOST)
        findings += [Finding("table_differs", _direct(c.table, c.id, c.kind), None, name, c.id) for c in changes]
        if not changes and all(finding.table != name for finding in findings):
            findings.append(Finding("table_differs", f"table {name} does not equal its history", None, name))
    number, sha256 = last_operation(connection)
    return Report(number, rows, sha256, tuple(findings), told_erasures(connection))


def _direct(table: str, number: int, kind: str) -> str:
    done = {"insert": "inserted", "update": "changed", "delete": "deleted"}[kind]
    return f"{table} {number} was {done} by other means than an operation"


def _check_foreign_objects(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Objects of others that could change what names mean.

    A macro of the book can hide any function of the engine, so these queries call none but by its full name.
    """
    found = []
    for kind, source, name in (
        ("macro", "duckdb_functions", "function_name"),
        ("view", "duckdb_views", "view_name"),
        ("index", "duckdb_indexes", "index_name"),
    ):
        internal = "" if kind == "index" else "not internal and"
        found += connection.execute(
            f"select '{kind} ', {name} from system.main.{source}() "
            f"where {internal} database_name = system.main.current_database()"
        ).fetchall()
    names = sorted({kind + name for kind, name in found})
    return [Finding("foreign_object", f"{name} was put into the book by others") for name in names]


def _check_schema(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Tables that are not as the migrations made them, or that others made."""
    actual = {**_shapes(connection, "main"), **_shapes(connection, "history")}
    expected = _expected_shapes()
    findings = []
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in expected:
            findings.append(Finding("foreign_object", f"table {name} was put into the book by others"))
        elif name not in actual:
            findings.append(Finding("schema_changed", f"table {name} is missing", None, name))
        elif actual[name] != expected[name]:
            text = f"table {name} no longer has the columns, defaults and conditions it was made with"
            findings.append(Finding("schema_changed", text, None, name))
    return findings


def _shapes(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, tuple[object, ...]]:
    """What each table of a schema is made of, by its name (``history.clients``); for history, names and types will do."""
    found = read_schema(connection, schema)
    if schema == "history":
        return {f"history.{name}": tuple((c.name, c.type) for c in table.columns) for name, table in found.items()}
    return {
        name: (tuple(replace(column, comment="") for column in table.columns), table.checks)
        for name, table in found.items()
    }


@lru_cache(maxsize=1)
def _expected_shapes() -> dict[str, tuple[object, ...]]:
    with duckdb.connect() as connection:
        create_tables(connection)
        for name in all_tables():
            connection.execute(history_table_sql(name))
        return {**_shapes(connection, "main"), **_shapes(connection, "history")}


def _check_chain(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Operations that were changed, removed or put in another order."""
    last, _ = last_operation(connection)
    span = {"first": 0, "last": last}
    rows = connection.execute(
        f"""
        with requests as ({REQUESTS_HASH}), changes as ({CHANGES_HASH})
        select o.id, row_number() over (order by o.id) as place, o.sha256 = coalesce((
                select min(e.sha256_before) from history.erased_blocks e
                where e.part = 'operations' and e.operation_id = o.id and e.sha256_after = {OPERATION_HASH}
            ), {OPERATION_HASH}) as is_own,
            o.previous_sha256 = lag(o.sha256, 1, '{GENESIS}') over (order by o.id) as is_linked,
            o.requests_sha256 = coalesce(r.sha256, '{EMPTY_HASH}') as has_requests,
            o.changes_sha256 = coalesce(c.sha256, '{EMPTY_HASH}') as has_changes
        from history.operations o
        left join requests r on r.operation_id = o.id
        left join changes c on c.operation_id = o.id
        qualify not (is_own and is_linked and has_requests and has_changes and o.id = place)
        order by o.id
        """,
        span,
    ).fetchall()
    findings = []
    for number, place, is_own, is_linked, has_requests, has_changes in rows[:MOST]:
        if number != place and not is_linked:
            text = f"before operation {number} one is missing or out of order"
            findings.append(Finding("operation_missing", text, number))
        if not is_own:
            findings.append(Finding("operation_changed", f"operation {number} was changed", number))
        elif not is_linked and number == place:
            text = f"operation {number} does not follow on the one before it"
            findings.append(Finding("operation_missing", text, number))
        if not has_requests:
            text = f"the requests of operation {number} were changed"
            findings.append(Finding("requests_changed", text, number))
        if not has_changes:
            text = f"the list of tables that operation {number} changed was changed"
            findings.append(Finding("history_changed", text, number))
    strangers = connection.execute(
        "select operation_id, 'requests' from history.requests anti join history.operations o on o.id = operation_id "
        "union select operation_id, 'changes' from history.changes anti join history.operations o on o.id = operation_id"
    ).fetchall()
    return findings + [
        Finding("operation_missing", f"there are {what} of operation {number}, but not the operation", number)
        for number, what in strangers[:MOST]
    ]


def _changed_erasures(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    text = "what is kept of the rows that operation {} erased was changed"
    return [Finding("history_changed", text.format(n), n) for n in changed_erasures(connection)[:MOST]]


def _check_head(connection: duckdb.DuckDBPyConnection, head: str | None) -> list[Finding]:
    if head is None or head == GENESIS:
        return []
    wanted = head.strip().lower()
    if connection.execute("select 1 from history.operations where sha256 = ?", [wanted]).fetchone():
        return []
    last, _ = last_operation(connection)
    text = f"no operation has the head hash {wanted[:16]}…: the book was cut back or rewritten; it ends at operation {last}"
    return [Finding("cut_back", text, last)]


def _check_signs(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
    """History rows that are neither a row before nor a row after."""
    name = target.name
    rows = connection.execute(
        f"select operation_id, id from history.{quote_name(name)} "
        f"where sign is null or sign not in (-1, 1) or operation_id is null or id is null order by all limit {MOST}"
    ).fetchall()
    text = "the history of {} {} was changed in operation {}: a row is neither one before nor one after"
    return [Finding("history_changed", text.format(name, key, number), number, name, key) for number, key in rows]


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


def _check_history(connection: duckdb.DuckDBPyConnection, target: Table) -> tuple[int, list[Finding]]:
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
    for kind, columns, is_alone, operations in recorded:
        names = columns.split(",") if columns else []
        known = [target.column(c) for c in names if c in target.column_names]
        numbers = [operation[0] for operation in operations]
        of_operations = _operations(connection, "of_operations", numbers)
        # Telling kinds apart takes joins; where an operation did one thing only, all its rows must be of that kind.
        rows_sql = f"select * from {history} where sign in (-1, 1)" if is_alone else kinds_sql(name, kind)
        source = f"(select * from ({rows_sql}) semi join {of_operations} using (operation_id))"
        found = hash_rows(
            connection, source, known, at_most=2 * sum(count for _, count, _ in operations), erased=(name, kind)
        )
        alone |= set(numbers) if is_alone else set()
        for number, count, sha256 in operations:
            seen.add((number, kind))
            rows, hash_now = found.get(number, (0, ""))
            hashed += rows
            if hash_now != sha256 or rows != count * (2 if kind == "update" else 1):
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


def _recorded_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables that some operation says to have changed."""
    return [name for (name,) in connection.execute("select distinct table_name from history.changes").fetchall()]


RECORDED = """
    with recorded as (
        select *, count(*) over (partition by operation_id) = 1 as is_alone from history.changes where table_name = $name
    )
    select kind, columns, is_alone, list((operation_id, row_count, sha256)) from recorded group by all order by all
"""


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
    differs = " or ".join(f"{quote_name(c.name)} is distinct from ({c.default or 'null'})::{c.type}" for c in later)
    rows = connection.execute(
        f"select operation_id, id from {source} where {differs} order by all limit {MOST}"
    ).fetchall()
    text = "the history of {} {} was changed in operation {}: it has a value in a column that was not there yet"
    return [
        Finding("history_changed", text.format(target.name, row_id, number), number, target.name, row_id)
        for number, row_id in rows
    ]


def _check_replay(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
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


def check(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, str]]:
    """Flaws of the tables themselves, as (code, table, id, message): orphans and broken invariants."""
    found = [
        ("orphan", name, number, message)
        for name, number, message in connection.execute(f"{every_orphan_sql()} order by all").fetchall()
    ]
    for invariant in INVARIANTS:
        connection.execute(f"create or replace temp table touched as select id from {quote_name(invariant.table)}")
        rows = connection.execute(f"{invariant.sql} order by all").fetchall()
        found += [(invariant.code, invariant.table, number, message) for number, message in rows]
    return found
