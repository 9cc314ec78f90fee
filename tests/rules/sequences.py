"""The promise that a table of n requests means the same as the n requests one after another."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from clientops.book.write.plan import settle
from clientops.core.plan import Plan
from clientops.schema.definition import all_tables
from clientops.schema.requests import Request
from clientops.schema.tables import Tables
from tests.builders import plan


def write(book: Tables, result: Plan) -> None:
    """Write a plan to tables in memory, with the new rows in the history, so that numbers are not used twice."""
    connection = book._connection
    for settled in settle(connection, result):
        name = settled.table.name
        if settled.kind == "insert":
            connection.execute(f"insert into main.{name} select * from {settled.rows}")
            connection.execute(f"insert into history.{name} select 0, 1, * from {settled.rows}")
        elif settled.kind == "update":
            values = ", ".join(f'"{column}" = c."{column}"' for column in settled.columns)
            connection.execute(f"update main.{name} t set {values} from {settled.rows} c where c.id = t.id")
        else:
            connection.execute(f"delete from main.{name} where id in (select id from {settled.rows})")


def contents(book: Tables, names: Sequence[str]) -> dict[str, list[Any]]:
    """All rows of some tables, in id order."""
    return {name: book._connection.sql(f"select * from main.{name} order by id").fetchall() for name in names}


def assert_one_by_one_is_same(
    rule: Any, model: type[Request], make: Callable[[], Tables], requests: Sequence[Mapping[str, Any]]
) -> None:
    """Apply requests as one table and one after another; the tables must be the same afterwards."""
    together, apart = make(), make()
    result = plan(rule, model, together, requests)
    assert result.problem_list() == []
    write(together, result)
    for request in requests:
        result = plan(rule, model, apart, [request])
        assert result.problem_list() == []
        write(apart, result)
    names = tuple(all_tables())
    assert contents(together, names) == contents(apart, names)
