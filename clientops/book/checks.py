"""Checks of an operation before it is committed: numbers, references and invariants, on the rows that it touched."""

from __future__ import annotations

import re

import duckdb

from clientops.book.past import hide_past, show_past
from clientops.book.planning import Settled
from clientops.changes import Problem
from clientops.tables.invariants import INVARIANTS, Invariant, orphan_sql
from clientops.tables.references import Reference, references_from, references_to
from clientops.tables.schema import quote_name

MOST = 1000


def check_references(connection: duckdb.DuckDBPyConnection, operation_id: int, changes: list[Settled]) -> list[Problem]:
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
            pointers = ((r, _new_pointers_sql(r, operation_id, settled)) for r in references_from(name))
            queries += [orphan_sql(reference, touched) for reference, touched in pointers if touched]
    if not queries:
        return []
    found = connection.execute(" union all ".join(queries) + f" limit {MOST}").fetchall()
    return [Problem(0, name, "orphan", message) for name, _, message in found]


def _new_pointers_sql(reference: Reference, operation_id: int, settled: Settled) -> str | None:
    """SELECT of the rows that a change gave a pointer; one that was there before is not this operation's fault."""
    name = quote_name(settled.table.name)
    if settled.kind == "insert":
        return f"(select * from {name} semi join {settled.rows} using (id))"
    columns = [c for c in settled.columns if c == reference.column or re.search(rf"\b{c}\b", reference.when)]
    if not columns:
        return None
    differs = " or ".join(f"b.{quote_name(c)} is distinct from t.{quote_name(c)}" for c in columns)
    return (
        f"(select t.* from {name} t semi join {settled.rows} using (id) join history.{name} b "
        f"on b.id = t.id and b.operation_id = {operation_id} and b.sign = -1 where {differs})"
    )


def check_invariants(connection: duckdb.DuckDBPyConnection, operation_id: int, changes: list[Settled]) -> list[Problem]:
    """Problems of touched rows that break an invariant now and did not before, or break it by more."""
    queries = []
    for i, invariant in enumerate(INVARIANTS):
        touched = _touched_sql(invariant, operation_id, changes)
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
    show_past(connection, operation_id - 1)  # a flaw that was there before is not this operation's fault
    found = connection.execute(
        f"select invariant, message from broken b where not exists (select 1 from ({sql}) before "
        "where before.invariant = b.invariant and before.id = b.id and before.excess >= b.excess) "
        f"order by invariant, id limit {MOST}"
    ).fetchall()
    hide_past(connection)
    return [Problem(0, INVARIANTS[i].table, INVARIANTS[i].code, message) for i, message in found]


def _touched_sql(invariant: Invariant, operation_id: int, changes: list[Settled]) -> str | None:
    """SELECT of the ids of an invariant's table for which an operation may have broken it, or None."""
    tables = {settled.table.name for settled in changes}
    own = any(
        s.table.name == invariant.table and s.kind != "delete" and set(s.columns) & set(invariant.columns)
        for s in changes
    )
    parts = [f"select id from history.{quote_name(invariant.table)} where operation_id = {operation_id}"] * own
    parts += [
        f"select {quote_name(column)} as id from history.{quote_name(name)} where operation_id = {operation_id}"
        for name, column in invariant.watches
        if name in tables
    ]
    return f"select distinct id from ({' union all '.join(parts)}) where id is not null" if parts else None
