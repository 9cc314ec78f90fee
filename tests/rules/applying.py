"""Applies rules to tables in memory as the book does, so that rules that read the history can be tested without a file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

from clientops.book.write.checks import check_written
from clientops.book.write.plan import settle
from clientops.book.write.record import Header, write_operation
from clientops.book.write.undo import UndoOperation
from clientops.core.plan import Plan, Rule
from clientops.schema.definition import all_tables, column_list, quote_name
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.books import sorted_rows
from tests.builders import NOW, TODAY

Rows = dict[str, list[tuple[Any, ...]]]


def plan_rule(book: Tables, rule: Rule, requests: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan of a rule, problems and all."""
    read = read_requests(rule.request, requests)
    assert not read.problems, read.problems
    return rule.function(book, read.relation(book._connection), today=TODAY, now=NOW)


def apply_rule(book: Tables, rule: Rule, requests: Sequence[Mapping[str, Any]]) -> int:
    """Apply a rule, with its history and the book's checks; the number of the operation."""
    planned = plan_rule(book, rule, requests)
    assert planned.problem_list() == []
    return apply_plan(book, planned, rule, requests)


def apply_plan(book: Tables, planned: Plan, rule: Rule, requests: Sequence[Mapping[str, Any]]) -> int:
    """Write a plan that has no problems; references and invariants must hold afterwards."""
    connection = book._connection
    read = read_requests(rule.request, requests)
    changes = settle(connection, planned)
    header = Header(rule.name, "maria", None, NOW, TODAY, str(uuid4()))
    number, _ = write_operation(connection, header, read, changes)
    assert check_written(connection, number, changes, is_undo=False) == []
    return number


def change(book: Tables, name: str, row: Mapping[str, Any], *, delete: bool = False) -> int:
    """Apply one hand-made change of one row, inserted if its number is new, as an operation; its number."""
    return change_all(book, (name, row), delete=delete)


def change_all(book: Tables, *rows: tuple[str, Mapping[str, Any]], delete: bool = False) -> int:
    """Apply hand-made changes of one row each, one a table, as one operation without any check; its number."""
    connection = book._connection
    steps = book.steps()
    changes = []
    for name, row in rows:
        there = connection.execute(f"select count(*) from {quote_name(name)} where id = ?", [row["id"]]).fetchone()
        make = steps.delete if delete else steps.update if there and there[0] else steps.insert
        values = ", ".join(f"${column} as {quote_name(column)}" for column in row)
        steps.add(f"given {name}", f"select {values}", **row)
        changes.append(make(name, f"given {name}"))
    header = Header("by-hand", "maria", None, NOW, TODAY, str(uuid4()))
    settled = settle(connection, steps.plan(*changes))
    return write_operation(connection, header, read_requests(UndoOperation, []), settled)[0]


def every_row(book: Tables) -> Rows:
    """All rows of all tables that have any, in order."""
    found = {}
    for name in all_tables():
        rows = sorted_rows(book._connection, quote_name(name))
        if rows:
            found[name] = rows
    return found


def select(book: Tables, name: str, *columns: str) -> list[tuple[Any, ...]]:
    """Some columns of all rows of a table, in their order."""
    return book._connection.execute(f"select {column_list(columns)} from {quote_name(name)} order by all").fetchall()
