"""What a query that a person types may reach: one SELECT over the tables of the open book, and nothing else.

A SELECT of the engine can read files, other databases, variables of the program and the network. So the query is read
by the engine's own parser, and everything it names has to be known: tables, functions that give rows, and functions.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import duckdb

from clientops.core.errors import UsageError
from clientops.schema.definition import all_tables

# Functions that give rows and look at nothing but their arguments.
ROWS_OF_ARGUMENTS = {"unnest", "range", "generate_series", "repeat", "repeat_row", "json_each", "json_tree"}
# Functions that look at, or change, what is around the query.
REACHING = {
    "getenv", "current_setting", "set_config", "nextval", "currval", "setseed", "write_log", "getvariable",
    "which_secret", "read_blob", "read_text", "glob", "query", "query_table", "parse_duckdb_log_message",
    "in_search_path", "txid_current", "current_schemas", "current_query", "version", "sleep_ms", "add_parquet_key",
}  # fmt: skip
_parser = threading.local()


@dataclass(frozen=True)
class Reach:
    """What a query names.

    Attributes:
        tables: Tables and views, with catalog and schema where these are given.
        functions: Functions, in lower case.
    """

    tables: frozenset[tuple[str, str, str]]
    functions: frozenset[str]


class Gate:
    """Refuses queries that are not a single SELECT over the tables of an open book.

    Args:
        connection: The open book.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection = connection

    @cached_property
    def foreign(self) -> set[str]:
        """Views and macros that somebody added to the book: they could read anything, so a query uses none."""
        return {name for (name,) in self.connection.execute(FOREIGN).fetchall()}

    def check(self, sql: str) -> None:
        """Refuse a query.

        Raises:
            UsageError: It reaches more than the book; the sentence names what.
        """
        reach = read_reach(sql)
        named = {name.lower() for _, _, name in reach.tables} | reach.functions
        for name in sorted(named & self.foreign):
            raise UsageError(f"{name!r} is a view or macro that somebody added to the book; a query does not use it")
        unsure = [place for place in reach.tables if place not in _own_tables()]
        if not unsure:
            return
        known = {tuple(row) for row in self.connection.execute(KNOWN_TABLES).fetchall()}
        for place in sorted(unsure):
            catalog, schema, name = (part.lower() for part in place)
            if schema == "information_schema":
                continue
            if not any(
                (name == row[2] and schema in {"", row[1]} and catalog in {"", row[0]})
                or (schema, name) == (row[0], row[2])
                for row in known
            ):
                told = ".".join(part for part in place if part)
                raise UsageError(f"There is no table {told!r} in the book, and a query reads nothing else")


@lru_cache(maxsize=1)
def _own_tables() -> set[tuple[str, str, str]]:
    """The tables of every book, as a query may name them."""
    return {("", schema, name) for name in all_tables() for schema in ("", "main", "history")}


KNOWN_TABLES = """
    select lower(database_name), lower(schema_name), lower(table_name) from duckdb_tables() where not internal
    union all
    select lower(database_name), lower(schema_name), lower(view_name) from duckdb_views() where not internal and temporary
"""
FOREIGN = """
    select lower(view_name) from duckdb_views() where not internal and not temporary
    union all
    select lower(function_name) from duckdb_functions() where not internal and function_type like '%macro'
"""
_TEXTS = re.compile(r"'(?:[^']|'')*'|--[^\n]*|/\*.*?\*/", re.DOTALL)
_IMPORT = re.compile(r"\bimport\s+database\b", re.IGNORECASE)


@lru_cache(maxsize=2048)
def read_reach(sql: str) -> Reach:
    """What a query names; the same text is read once.

    Raises:
        UsageError: It is no single SELECT, or calls a function that reaches further than the book.
    """
    nodes = list(_nodes(_parsed(_single_select(sql))))
    # A name of a file, which has a dot or a slash in it, is none that a part of the query is given.
    commons = {name.lower() for node in nodes for name in _common_names(node) if name.isidentifier()}
    tables = {place for node in nodes if (place := _place(node)) and not _is_common(place, commons)}
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            name = str(node["function"].get("function_name", "")).lower()
            if name not in ROWS_OF_ARGUMENTS:
                raise UsageError(f"The function {name!r} reads more than the book; a query reads its tables only")
    functions = frozenset(str(node["function_name"]).lower() for node in nodes if node.get("function_name"))
    for name in sorted(functions):
        if name in REACHING or name.startswith(REACHING_NAMES):
            raise UsageError(f"The function {name!r} reaches further than the book; a query does not call it")
    return Reach(frozenset(tables), functions)


def _single_select(sql: str) -> str:
    """The one statement of a query.

    Raises:
        UsageError: There are several, or it is no SELECT.
    """
    if _IMPORT.search(_TEXTS.sub(" ", sql)):  # the engine would look for its files while it reads the query
        raise UsageError("A query is a single SELECT over the tables of the book; IMPORT is not run")
    try:
        statements = duckdb.extract_statements(sql)
    except duckdb.Error as error:
        raise UsageError(f"The query cannot be read: {str(error).splitlines()[0]}") from error
    if len(statements) != 1:
        raise UsageError(f"A query is a single SELECT; these are {len(statements)} statements")
    if statements[0].type != duckdb.StatementType.SELECT:
        kind = str(statements[0].type).rpartition(".")[2]
        raise UsageError(f"A query is a single SELECT over the tables of the book; this is {kind}, which is not run")
    return str(statements[0].query)


def _place(node: dict[str, Any]) -> tuple[str, str, str] | None:
    """Catalog, schema and name of a table that a part of a query reads or describes."""
    kind = node.get("type")
    if kind not in ("BASE_TABLE", "SHOW_REF") or not node.get("table_name"):
        return None
    catalog, schema, name = (str(node.get(part) or "") for part in ("catalog_name", "schema_name", "table_name"))
    if kind == "SHOW_REF":
        name = name.strip('"')
        if name.lower() in SHOWN:
            return None
    return catalog, schema, name


def _is_common(place: tuple[str, str, str], commons: set[str]) -> bool:
    """Whether it is the name of a part of the query itself."""
    return not place[0] and not place[1] and place[2].lower() in commons


REACHING_NAMES = ("read_", "parquet_", "sniff_", "scan_", "duckdb_", "pragma_")
SHOWN = {"tables", "databases", "schemas", "variables", "__show_tables_expanded", "all tables"}


def _parsed(sql: str) -> Any:
    """The query as the engine's parser reads it."""
    if not hasattr(_parser, "connection"):
        _parser.connection = duckdb.connect()
    row = _parser.connection.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchone()
    tree = json.loads(row[0])
    if tree.get("error"):
        raise UsageError(f"The query cannot be read: {str(tree.get('error_message')).splitlines()[0]}")
    return tree


def _nodes(tree: Any) -> Iterator[dict[str, Any]]:
    """Every object of a parsed query."""
    waiting = [tree]
    while waiting:
        item = waiting.pop()
        if isinstance(item, dict):
            yield item
            waiting += item.values()
        elif isinstance(item, list):
            waiting += item


def _common_names(node: dict[str, Any]) -> Iterator[str]:
    """Names that a query gives to parts of itself: common table expressions."""
    named = node.get("cte_map")
    if isinstance(named, dict):
        for entry in named.get("map", []):
            yield str(entry.get("key", ""))
