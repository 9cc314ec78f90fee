"""Demo books in memory, each built once for all tests that only look at it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import Any

import duckdb
import pytest

from clientops.book.write.plan import settle
from clientops.core.plan import Plan
from clientops.importing.demo.build import BuildDemo, build_demo, demo_truth
from clientops.schema.definition import column_list, quote_name
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY

# In the large one, run with --long, flaws would meet that never meet in the small ones.
SIZES = pytest.mark.parametrize("clients", [300, *(pytest.param(n, marks=pytest.mark.slow) for n in (1000, 20_000))])


def demo_plan(tables: Tables, today: date = TODAY, **request: Any) -> Plan:
    """The rule's plan for one request."""
    requests = read_requests(BuildDemo, [request]).relation(tables._connection)
    return build_demo(tables, requests, today=today, now=NOW)


def fresh_book(clients: int, seed: int = 7, today: date = TODAY) -> Tables:
    """Tables in memory filled by the rule, as the shell fills a book."""
    connection = duckdb.connect()
    tables = Tables.of(connection)
    for settled in settle(connection, demo_plan(tables, today, clients=clients, seed=seed)):
        names = column_list(settled.table.column_names)
        connection.execute(f"insert into {quote_name(settled.table.name)} ({names}) select {names} from {settled.rows}")
    return tables


@lru_cache(maxsize=4)
def demo_book(clients: int) -> Tables:
    """A shared book to look at, with its truth as table ``planted_truth`` beside it."""
    tables = fresh_book(clients)
    demo_truth(tables, clients=clients, today=TODAY)
    tables._connection.execute("create table planted_truth as from temp.truth")
    return tables
