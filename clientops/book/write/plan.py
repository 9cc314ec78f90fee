"""Running a rule and settling what exactly it would change."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime

import duckdb

from clientops.book.proof.chain import hash_rows
from clientops.book.write.resolve_names import find_rows
from clientops.book.write.settled import Settled, cleared
from clientops.core.errors import ClientopsError, RefusedError
from clientops.core.plan import Change, Plan, Rule, read_problems
from clientops.schema.definition import Table, quote_name, table
from clientops.schema.references import references_from
from clientops.schema.requests import RequestTable
from clientops.schema.tables import Tables, keep_relation

MOST_PROBLEMS = 10_000

Progress = Callable[[str, float], None]
"""Told what is going on, and which share is done (0: not known yet)."""


NOTHING_GIVEN = "nothing_given"


def run_rule(
    connection: duckdb.DuckDBPyConnection,
    rule: Rule,
    requests: RequestTable,
    today: date,
    now: datetime,
    *,
    progress: Progress = lambda _what, _share: None,
) -> Plan:
    """The plan of a rule over the tables of a connection; each step of it is told.

    Raises:
        RefusedError: The requests could not be read, or the rule found problems; all of them are in it.
    """
    if requests.named:
        requests = find_rows(Tables(connection), requests)
    keep_relation(connection, "given_requests", requests.relation(connection))
    progress("Planning", 0.0)
    tables = Tables(connection, told=lambda step: progress(f"Planning: {step.replace('_', ' ')}", 0.0))
    plan = rule.function(tables, connection.table("temp.given_requests"), today=today, now=now)
    found = read_problems(plan.problems, MOST_PROBLEMS)
    if found or requests.problems:
        # A rule that was given an unreadable value sees nothing there; what it says of that row's field is no news.
        unread = {(problem.row, problem.field) for problem in requests.problems}
        # Nor is it that nothing is given, where what was given could not be read.
        rows = {problem.row for problem in requests.problems}
        found = [p for p in found if (p.row, p.field) not in unread and not (p.code == NOTHING_GIVEN and p.row in rows)]
        everything = sorted([*requests.problems, *found], key=lambda p: (p.row, p.field))
        raise RefusedError(everything)
    return plan


def settle(connection: duckdb.DuckDBPyConnection, plan: Plan) -> list[Settled]:
    """Fix the rows of a plan's changes, in the order insert, update, delete.

    Raises:
        ClientopsError: The rule is wrong: a number twice, or one that is not there.
    """
    order = {"insert": 0, "update": 1, "delete": 2}
    found = []
    for change in sorted(plan.changes, key=lambda c: order[c.kind]):
        settled = _settle(connection, change)
        if settled.count:
            found.append(settled)
    return cleared(connection, found)


def _settle(connection: duckdb.DuckDBPyConnection, change: Change) -> Settled:
    target = table(change.table)
    rows = f"temp.{quote_name(f'{change.kind} {change.table}')}"
    given = change.rows
    connection.execute(f"create or replace temp view given_change as {given.sql_query()}")
    columns = tuple(name for name in given.columns if name != "id")
    if change.kind == "insert":
        values = ", ".join(_insert_value(target, name, given.columns) for name in target.column_names)
        source = f"({given.sql_query()})" if change.is_kept else "given_change"
        sql = f"select {values} from {source}"
    elif change.kind == "update":
        differs = " or ".join(f"c.{quote_name(n)} is distinct from t.{quote_name(n)}" for n in columns) or "false"
        values = ", ".join(
            ["t.id", *(f"c.{quote_name(n)}::{target.column(n).type} as {quote_name(n)}" for n in columns)]
        )
        sql = f"select {values} from given_change c join main.{quote_name(target.name)} t using (id) where {differs}"
    else:
        sql = f"select t.id from given_change c join main.{quote_name(target.name)} t using (id)"
    if change.kind == "insert" and change.is_kept:
        name = quote_name(f"insert {change.table}, kept")
        rows = f"temp.{name}"
        connection.execute(f"create or replace temp view {name} as {sql}")
    else:
        connection.execute(f"create or replace temp table {rows} as {sql}")
    known = (
        "given_change" if change.kind == "insert" else f"given_change join main.{quote_name(target.name)} using (id)"
    )
    asked, distinct, count, low, high = connection.execute(
        f"select (select count(*) from given_change), (select count(distinct id) from {known}), "
        f"count(*), min(id), max(id) from {rows}"
    ).fetchall()[0]
    if distinct != asked:
        raise ClientopsError(f"The rule plans to {change.kind} {change.table} rows twice, or ones that are not there")
    every = target.column_names if change.kind != "update" else columns
    first_new = low - 1 if change.kind == "insert" and count and high - low + 1 == count else None
    return Settled(target, change.kind, every, rows, count, first_new)


def _insert_value(target: Table, name: str, given: list[str]) -> str:
    column = target.column(name)
    value = quote_name(name) if name in given else (column.default or "null")
    if name in given and column.default and column.is_required:
        value = f"coalesce({value}, {column.default})"
    return f"({value})::{column.type} as {quote_name(name)}"


def change_hash(connection: duckdb.DuckDBPyConnection, settled: Settled, offsets: Mapping[str, int]) -> str:
    """Hash of a settled change before it is written; new numbers count from the offsets of their tables."""
    columns = [settled.table.column(name) for name in settled.columns]
    shift = {r.column: offsets[r.target] for r in references_from(settled.table.name) if r.target in offsets}
    if settled.kind == "insert" and settled.table.name in offsets:
        shift["id"] = offsets[settled.table.name]
    source = f"(select 0 as operation_id, * from ({settled.pairs_sql()}))"
    return hash_rows(connection, source, columns, shift, 2 * settled.count)[0][1]


def plan_digest(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> str:
    """Hash of everything a plan would change, the same however many numbers others used up in between."""
    import hashlib

    offsets = {s.table.name: s.first_new for s in changes if s.first_new is not None}
    parts = sorted(
        f"{s.table.name}|{s.kind}|{','.join(s.columns)}|{s.count}|{change_hash(connection, s, offsets)}"
        for s in changes
    )
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()
