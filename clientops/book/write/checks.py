"""Checks of an operation before it is committed: numbers, references and invariants, on the rows that it touched."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

import duckdb

from clientops.book.read.as_of import hide_past, show_past
from clientops.book.write.combine import Composition
from clientops.book.write.settled import Settled
from clientops.core.plan import Problem
from clientops.schema.definition import quote_name
from clientops.schema.invariants import INVARIANTS, Invariant, orphan_sql
from clientops.schema.references import Reference, references_from, references_to

MOST = 1000


Moved = Callable[[str], str]
"""SQL of what an operation moves in a table: ``sign`` (-1 as it was, +1 as it becomes) and the table's columns."""


def check_written(
    connection: duckdb.DuckDBPyConnection, number: int, changes: list[Settled], *, is_undo: bool
) -> list[Problem]:
    """Problems of an operation whose rows are written, before it is committed."""

    def moved(name: str) -> str:
        return f"(select * exclude (operation_id) from history.{quote_name(name)} where operation_id = {number})"

    problems = check_references(connection, moved, changes)
    if is_undo:  # it may bring back a flaw that was there before
        return problems

    @contextmanager
    def before() -> Iterator[None]:
        show_past(connection, number - 1)
        yield
        hide_past(connection)

    return problems + check_invariants(connection, moved, before, changes)


def check_planned(connection: duckdb.DuckDBPyConnection, changes: list[Settled], *, is_undo: bool) -> list[Problem]:
    """The same problems before anything is written: the tables are seen as the changes would leave them."""
    if not changes:
        return []
    after = Composition(connection)
    for number, settled in enumerate(changes):
        connection.execute(f"create or replace temp table {_pairs(number)} as {settled.pairs_sql()}")
    for settled in changes:
        after.add_settled(settled)

    def moved(name: str) -> str:
        parts = [f"select * from temp.{_pairs(n)}" for n, s in enumerate(changes) if s.table.name == name]
        return (
            f"({' union all '.join(parts)})"
            if parts
            else f"(select 0::tinyint as sign, * from main.{quote_name(name)} limit 0)"
        )

    try:
        problems = check_references(connection, moved, changes)
        if is_undo:
            return problems

        @contextmanager
        def before() -> Iterator[None]:
            after.close()
            yield

        return problems + check_invariants(connection, moved, before, changes)
    finally:
        after.close()
        after.drop()
        for number in range(len(changes)):
            connection.execute(f"drop table temp.{_pairs(number)}")


def _pairs(number: int) -> str:
    return quote_name(f"checked change {number}")


def check_references(connection: duckdb.DuckDBPyConnection, moved: Moved, changes: list[Settled]) -> list[Problem]:
    """Problems of rows that would point at nothing: new pointers, and old ones at rows that go."""
    queries = []
    for settled in changes:
        name = settled.table.name
        if settled.kind == "delete":
            for reference in references_to(name):
                rows = (
                    f"(select * from {quote_name(reference.table)} "
                    f"where {quote_name(reference.column)} in (select id from {settled.rows}))"
                )
                queries.append(orphan_sql(reference, rows))
        else:
            pointers = ((r, _new_pointers_sql(r, moved, settled)) for r in references_from(name))
            queries += [orphan_sql(reference, touched) for reference, touched in pointers if touched]
    if not queries:
        return []
    found = connection.execute(" union all ".join(queries) + f" limit {MOST}").fetchall()
    return [Problem(0, name, "orphan", message) for name, _, message in found]


def _new_pointers_sql(reference: Reference, moved: Moved, settled: Settled) -> str | None:
    """SELECT of the rows that a change gave a pointer; one that was there before is not this operation's fault."""
    name = quote_name(settled.table.name)
    if settled.kind == "insert":
        return f"(select * from {name} semi join {settled.rows} using (id))"
    columns = [c for c in settled.columns if c == reference.column or re.search(rf"\b{c}\b", reference.when)]
    if not columns:
        return None
    differs = " or ".join(f"b.{quote_name(c)} is distinct from t.{quote_name(c)}" for c in columns)
    return (
        f"(select t.* from {name} t semi join {settled.rows} using (id) join {moved(settled.table.name)} b "
        f"on b.id = t.id and b.sign = -1 where {differs})"
    )


def check_invariants(
    connection: duckdb.DuckDBPyConnection,
    moved: Moved,
    before: Callable[[], AbstractContextManager[None]],
    changes: list[Settled],
) -> list[Problem]:
    """Problems of touched rows that break an invariant now and did not ``before``, or break it by more."""
    queries = []
    for i, invariant in enumerate(INVARIANTS):
        touched = _touched_sql(invariant, moved, changes)
        if touched is not None:
            queries.append(
                f"select {i} as invariant, id, message, {invariant.excess or 0}::decimal(38, 4) as excess from "
                f"(with touched as materialized ({touched}) select * from ({invariant.sql}))"
            )
    if not queries:
        return []
    # One statement for all: most operations break nothing, and each statement costs a millisecond.
    sql = " union all ".join(queries)
    if connection.execute(f"{sql} limit 1").fetchone() is None:
        return []
    connection.execute(f"create or replace temp table broken as {sql}")
    with before():  # a flaw that was there before is not this operation's fault
        found = connection.execute(
            f"select invariant, message from temp.broken b where not exists (select 1 from ({sql}) before "
            "where before.invariant = b.invariant and before.id = b.id and before.excess >= b.excess) "
            f"order by invariant, id limit {MOST}"
        ).fetchall()
    return [Problem(0, INVARIANTS[i].table, INVARIANTS[i].code, message) for i, message in found]


def _touched_sql(invariant: Invariant, moved: Moved, changes: list[Settled]) -> str | None:
    """SELECT of the ids of an invariant's table for which an operation may have broken it, or None."""
    tables = {settled.table.name for settled in changes}
    own = any(
        s.table.name == invariant.table and s.kind != "delete" and set(s.columns) & set(invariant.columns)
        for s in changes
    )
    parts = [f"select id from {moved(invariant.table)}"] * own
    parts += [
        f"select {quote_name(column)} as id from {moved(name)}" for name, column in invariant.watches if name in tables
    ]
    return f"select distinct id from ({' union all '.join(parts)}) where id is not null" if parts else None
