"""Whether a text is one SELECT over the book: nothing that changes, and nothing that reaches beyond it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import duckdb

from clientops.core.errors import UsageError

# Table functions that compute rows, or describe the book; all others (read_csv, glob, query, pragma …) reach further.
COMPUTING = frozenset({
    "range", "generate_series", "unnest", "repeat", "repeat_row", "json_each", "json_tree", "duckdb_tables", "duckdb_columns",
    "duckdb_views", "summary",
})  # fmt: skip
REACHING = frozenset(
    {"getenv", "query", "query_table", "read_text", "read_blob", "which_secret", "sql_auto_complete", "glob"}
)
SCHEMAS = ("", "main", "history", "temp", "information_schema", "pg_catalog")


def check_one_select(sql: str) -> None:
    """Refuse what is not a single SELECT over the tables of the book and their history.

    Raises:
        UsageError: Says what it is instead, and what would be allowed.
    """
    try:
        parser = _parser().cursor()
        statements = parser.extract_statements(sql)
        if len(statements) != 1:
            raise UsageError(f"The query has {len(statements)} statements; one SELECT over the book is allowed")
        if statements[0].type != duckdb.StatementType.SELECT:
            kind = statements[0].type.name
            raise UsageError(f"The query is {_a(kind)} statement; only a SELECT over the book is allowed")
        row = parser.execute("select json_serialize_sql($sql::varchar)", {"sql": sql}).fetchone()
    except duckdb.Error as error:
        raise UsageError(f"The query is not SQL: {str(error).splitlines()[0]}") from error
    tree = json.loads(row[0]) if row else {}
    if tree.get("error"):
        raise UsageError(f"The query cannot be checked: {tree.get('error_message', 'it is not a plain SELECT')}")
    named = {str(name).lower() for node in _nodes(tree) for name in _named_steps(node)}
    for node in _nodes(tree):
        _check(node, named)


@lru_cache(maxsize=1)
def _parser() -> duckdb.DuckDBPyConnection:
    """An engine that reads queries and can reach nothing."""
    return duckdb.connect(config={"enable_external_access": "false"})


def _a(kind: str) -> str:
    return f"an {kind}" if kind[:1] in "AEIOU" else f"a {kind}"


def _nodes(value: Any) -> Iterator[dict[str, Any]]:
    """Every object in the parsed query."""
    waiting = [value]
    while waiting:
        found = waiting.pop()
        if isinstance(found, dict):
            yield found
            waiting += found.values()
        elif isinstance(found, list):
            waiting += found


def _named_steps(node: dict[str, Any]) -> list[str]:
    steps = node.get("cte_map")
    return [entry["key"] for entry in steps.get("map", []) if "key" in entry] if isinstance(steps, dict) else []


def _check(node: dict[str, Any], named: set[str]) -> None:
    kind = node.get("type")
    if kind == "TABLE_FUNCTION":
        function = node.get("function", {})
        name = str(function.get("function_name", "")).lower()
        if name not in COMPUTING:
            raise UsageError(f"{name}() reaches beyond the book; a query reads its tables and their history only")
    elif kind == "FUNCTION" and str(node.get("function_name", "")).lower() in REACHING:
        raise UsageError(
            f"{node['function_name']}() reaches beyond the book; a query reads its tables and their history only"
        )
    elif kind == "BASE_TABLE":
        table, schema = str(node.get("table_name", "")), str(node.get("schema_name", "")).lower()
        if schema not in SCHEMAS or (
            not schema and table.lower() not in named and not table.replace("_", "").isalnum()
        ):
            raise UsageError(f"{'.'.join(part for part in (schema, table) if part)!r} is not a table of the book")
