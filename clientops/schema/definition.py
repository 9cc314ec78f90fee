"""Names, types, defaults and meanings of the tables, as the migrations define them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib import resources
from itertools import chain, count

import duckdb

from clientops.core.errors import UsageError

_TABLE = re.compile(r"^create table ([\w.]+) \(")
_COLUMN = re.compile(r"^ {4}(\w+) .*?, -- (.+)$")
_ADDED = re.compile(r"^alter table ([\w.]+) add column (\w+) .*?; -- (.+)$")


@dataclass(frozen=True)
class Column:
    """A column: its name, DuckDB type, whether it may be empty, default as SQL (or None), and meaning."""

    name: str
    type: str
    is_required: bool
    default: str | None
    comment: str


@dataclass(frozen=True)
class Table:
    """A table: its name, meaning, columns in order, and the conditions (SQL) that its rows fulfil."""

    name: str
    comment: str
    columns: tuple[Column, ...]
    checks: tuple[str, ...] = ()

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns in order."""
        return tuple(column.name for column in self.columns)

    def column(self, name: str) -> Column:
        """The column of that name.

        Raises:
            UsageError: There is none.
        """
        for column in self.columns:
            if column.name == name:
                return column
        raise UsageError(f"Table {self.name} has no column {name!r}; it has {', '.join(self.column_names)}")


@lru_cache(maxsize=1)
def migrations() -> tuple[tuple[int, str, str], ...]:
    """Versioned migrations in order: (version, name, SQL)."""
    folder = resources.files("clientops.schema") / "migrations"
    files = sorted((f for f in folder.iterdir() if f.name.endswith(".sql")), key=lambda f: f.name)
    return tuple((int(f.name[:4]), f.name[:-4], f.read_text(encoding="utf-8")) for f in files)


def schema_version() -> int:
    """Version of the newest migration."""
    return migrations()[-1][0]


def written_comments(sql: str) -> dict[tuple[str, str], str]:
    """Meanings by (table, column) that stand behind columns and above tables (column empty) in a migration."""
    found: dict[tuple[str, str], str] = {}
    table, above = "", ""
    for line in sql.splitlines():
        if match := _TABLE.match(line):
            table = match[1]
            found[table, ""] = above
        elif table and (match := _COLUMN.match(line)):
            found[table, match[1]] = match[2]
        elif match := _ADDED.match(line):
            found[match[1], match[2]] = match[3]
        elif line.startswith(")"):
            table = ""
        above = line[3:].strip() if line.startswith("-- ") else ""
    return found


def create_tables(connection: duckdb.DuckDBPyConnection, after: int = 0) -> None:
    """Run the migrations later than ``after`` on a connection."""
    for version, _, sql in migrations():
        if version > after:
            connection.execute(sql)


def comment_tables(connection: duckdb.DuckDBPyConnection, after: int = 0, last: int | None = None) -> None:
    """Write the meanings of tables and columns of migrations ``after`` one, to a last one, into the database (``comment on``)."""
    for version, _, sql in migrations():
        if version > after and (last is None or version <= last):
            for (name, column), text in written_comments(sql).items():
                what = f"column {name}.{column}" if column else f"table {name}"
                connection.execute(f"comment on {what} is {quote_text(text)}")


@lru_cache(maxsize=1)
def all_tables() -> dict[str, Table]:
    """Every table of a book by name, in the order of their definition."""
    with duckdb.connect() as connection:
        create_tables(connection)
        found = read_schema(connection)
    comments = {key: text for _, _, sql in migrations() for key, text in written_comments(sql).items()}
    return {
        name: replace(
            found[name],
            comment=comments.get((name, ""), ""),
            columns=tuple(replace(c, comment=comments.get((name, c.name), "")) for c in found[name].columns),
        )
        for name in found
    }


def read_schema(connection: duckdb.DuckDBPyConnection, schema: str = "main") -> dict[str, Table]:
    """Tables of one schema of an open database, as the database itself describes them."""
    rows = connection.execute(SCHEMA, {"schema": schema}).fetchall()
    found: dict[str, tuple[str, list[Column]]] = {}
    for table, comment, name, kind, nullable, default, meaning in rows:
        columns = found.setdefault(table, (comment or "", []))[1]
        columns.append(Column(name, kind, not nullable, default, meaning or ""))
    checks: dict[str, list[str]] = {}
    for table, text in connection.execute(CHECKS, {"schema": schema}).fetchall():
        checks.setdefault(table, []).append(text)
    return {
        name: Table(name, comment, tuple(columns), tuple(checks.get(name, ())))
        for name, (comment, columns) in found.items()
    }


SCHEMA = """
    select t.table_name, t.comment, c.column_name, c.data_type, c.is_nullable, c.column_default, c.comment
    from duckdb_tables() t
    join duckdb_columns() c using (database_oid, table_oid)
    where t.schema_name = $schema and t.database_name = current_database() and not t.temporary
    order by t.table_oid, c.column_index
"""

CHECKS = """
    select table_name, constraint_text from duckdb_constraints()
    where constraint_type = 'CHECK' and schema_name = $schema and database_name = current_database()
    order by all
"""


def table(name: str) -> Table:
    """The table of that name.

    Raises:
        UsageError: There is none; the sentence lists near names.
    """
    found = all_tables().get(name)
    if found is None:
        from difflib import get_close_matches

        near = get_close_matches(name, all_tables(), 3, 0.5)
        hint = f"; did you mean {' or '.join(near)}?" if near else "; see: clientops tables"
        raise UsageError(f"There is no table {name!r}{hint}")
    return found


def quote_name(name: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + name.replace('"', '""') + '"'


def quote_text(text: str) -> str:
    """A text literal, quoted for SQL; only for statements that take no parameters (DDL)."""
    return "'" + text.replace("'", "''") + "'"


def distinct_names(names: Iterable[str]) -> list[str]:
    """The names, with a number behind those that stood before; upper and lower case are the same to the engine.

    >>> distinct_names(["id", "name", "ID"])
    ['id', 'name', 'ID_1']
    """
    found: list[str] = []
    taken: set[str] = set()
    for name in names:
        tries = chain([name], (f"{name}_{number}" for number in count(1)))
        found.append(next(one for one in tries if one.casefold() not in taken))
        taken.add(found[-1].casefold())
    return found


def column_list(names: Iterable[str], prefix: str = "") -> str:
    """Comma-separated quoted identifiers, each behind ``prefix.`` if given."""
    return ", ".join((f"{prefix}." if prefix else "") + quote_name(name) for name in names)
