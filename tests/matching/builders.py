"""Small books of clients, and the duplicates found in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import duckdb
import pyarrow as pa

from clientops.core.plan import as_dicts
from clientops.matching.search import find_duplicates
from clientops.schema.definition import table
from clientops.schema.tables import Tables

ZOFIA = {
    "first_name": "Zofia",
    "last_name": "Szczepańska",
    "email": "zofia.szczepanska@gmail.com",
    "address1": "ul. Długa 12",
    "city": "Kraków",
    "postcode": "31-147",
    "country": "PL",
    "phone": "+48 601 234 567",
}
"""A client with everything that a private person gives."""

FIRM = {
    "company_name": "Nordlicht Solar GmbH",
    "email": "info@nordlicht-solar.de",
    "address1": "Hafenstraße 7",
    "city": "Kiel",
    "postcode": "24103",
    "country": "DE",
    "phone": "+49 431 556677",
    "tax_id": "DE811223344",
}
"""A client without a person."""

OTHER_PLACE = {"address1": "Rynek 3", "city": "Wrocław", "postcode": "50-101"}


def client_tables(connection: duckdb.DuckDBPyConnection | None = None) -> Tables:
    """Empty tables, in memory or elsewhere: of a book's fifty only those that are read when duplicates are looked for."""
    connection = connection or duckdb.connect()
    connection.execute("set timezone = 'UTC'")
    connection.execute("create schema history")
    connection.execute("create table history.operations (id bigint, rule varchar, undoes_id bigint)")
    connection.execute("create table history.requests (operation_id bigint, request varchar)")
    for name in ("clients", "merged_clients", "match_keys", "settings"):
        columns = (f"{c.name} {c.type}" + (f" default {c.default}" if c.default else "") for c in table(name).columns)
        connection.execute(f"create table {name} ({', '.join(columns)})")
    return Tables(connection)


def book(*clients: Mapping[str, Any]) -> Tables:
    """Tables with these clients, numbered from 1 where they have no number, and nothing filled in."""
    rows = [{"id": number, **client} for number, client in enumerate(clients, start=1)]
    names = list(dict.fromkeys(["id", *(name for row in rows for name in row)]))
    kinds = {name: pa.int64() if name == "id" else pa.string() for name in names}
    return book_of(pa.table({name: pa.array([row.get(name) for row in rows], kinds[name]) for name in names}))


def found_groups(tables: Tables, **options: Any) -> list[list[int]]:
    """Client numbers of each group that is found, in order."""
    return groups_of(find_duplicates(tables, **options).groups)


def groups_of(groups: Any) -> list[list[int]]:
    """Client numbers of each group, in order."""
    found: dict[int, list[int]] = {}
    for row in as_dicts(groups):
        found.setdefault(row["group_id"], []).append(row["client_id"])
    return sorted(sorted(members) for members in found.values())


def found_pairs(tables: Tables, **options: Any) -> dict[tuple[int, int], float]:
    """Scores of the pairs that are found, by client numbers."""
    pairs = find_duplicates(tables, **options).pairs
    return {(left, right): score for left, right, score in pairs.project("left_id, right_id, score").fetchall()}


def book_of(clients: pa.Table) -> Tables:
    """Tables with the clients of an Arrow table."""
    tables = client_tables()
    names = ", ".join(clients.column_names)
    given = tables.given(clients)
    given.query("made_up", f"insert into clients ({names}, currency_id) select {names}, 1 from made_up order by id")
    return tables
