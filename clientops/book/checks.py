"""Checks of an operation before it is committed: numbers, references and invariants, on the rows that it touched."""

from __future__ import annotations

import duckdb

from clientops.book.past import hide_past, show_past
from clientops.book.planning import Settled
from clientops.changes import Problem
from clientops.tables.invariants import INVARIANTS, Invariant, orphan_sql
from clientops.tables.references import references_from, references_to
from clientops.tables.schema import quote_name

MOST = 1000


def check_references(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> list[Problem]:
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
            for reference in references_from(name):
                if reference.column in settled.columns:
                    touched = f"(select * from {quote_name(name)} semi join {settled.rows} using (id))"
                    queries.append(orphan_sql(reference, touched))
    if not queries:
        return []
    found = connection.execute(" union all ".join(queries) + f" limit {MOST}").fetchall()
    return [Problem(0, name, "orphan", message) for name, _, message in found]


def check_invariants(connection: duckdb.DuckDBPyConnection, operation_id: int, changes: list[Settled]) -> list[Problem]:
    """Problems of touched rows that break an invariant now and did not before."""
    broken: list[tuple[Invariant, list[tuple[int, str]]]] = []
    for invariant in INVARIANTS:
        touched = _touched_sql(invariant, operation_id, changes)
        if touched is None:
            continue
        connection.execute(f"create or replace temp table touched as {touched}")
        rows = connection.execute(f"{invariant.sql} limit {MOST}").fetchall()
        if rows:
            broken.append((invariant, rows))
    problems = []
    for invariant, rows in broken:
        connection.execute(f"create or replace temp table touched as {_touched_sql(invariant, operation_id, changes)}")
        show_past(connection, operation_id - 1)  # a flaw that was there before is not this operation's fault
        before = {row[0] for row in connection.execute(invariant.sql).fetchall()}
        hide_past(connection)
        problems += [Problem(0, invariant.table, invariant.code, m) for number, m in rows if number not in before]
    return problems


def _touched_sql(invariant: Invariant, operation_id: int, changes: list[Settled]) -> str | None:
    """SELECT of the ids that an operation touched of an invariant's table, or None."""
    tables = {settled.table.name for settled in changes}
    parts = [f"select id from history.{quote_name(invariant.table)} where operation_id = {operation_id}"] * (
        invariant.table in tables
    )
    parts += [
        f"select {column} as id from history.{quote_name(name)} where operation_id = {operation_id}"
        for name, column in invariant.watches
        if name in tables
    ]
    return f"select distinct id from ({' union all '.join(parts)}) where id is not null" if parts else None
