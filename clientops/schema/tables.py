"""Read-only tables that rules are given, now or as of a moment, and the named steps they are built from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.core.plan import Change, Kind, Plan, Relation
from clientops.schema.definition import all_tables, column_list, quote_name, quote_text, table
from clientops.schema.query_reach import Gate

Value = str | int | bool | Decimal | date | datetime | None

# An import gives numbers from here on to rows that share a table here, but have numbers of their own in the source.
BEYOND_SOURCES = 2**32

NO_PROBLEMS = (
    """select 0::bigint as "row", ''::varchar as "field", ''::varchar as code, ''::varchar as message limit 0"""
)


class Tables:
    """The tables of a book, readable only, by their names in SQL.

    Made by a book (now or as of a moment) or, for tests and plain use, by :meth:`of`.

    Attributes:
        as_of: Last operation that is visible, or None for now.
        told: Told the name of each step that is begun; so that long work can be watched.
        gate: Refuses queries that reach more than the tables; for those that people type.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        as_of: int | None = None,
        told: Callable[[str], None] = lambda _step: None,
        *,
        is_gated: bool = False,
    ) -> None:
        self._connection = connection
        self.as_of = as_of
        self.told = told
        self.gate = Gate(connection) if is_gated else None

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The engine's connection; for tests and for tables in memory."""
        return self._connection

    @classmethod
    def of(cls, connection: duckdb.DuckDBPyConnection | None = None, **rows: list[Mapping[str, Any]]) -> Self:
        """Tables in memory with the given rows; columns that a row leaves out get their defaults.

        >>> Tables.of(currencies=[{"id": 1, "code": "EUR"}]).query("select code from currencies").fetchall()
        [('EUR',)]
        """
        connection = connection or duckdb.connect()
        connection.execute("set timezone = 'UTC'")
        connection.execute(_empty_tables_sql())
        for name, records in rows.items():
            for record in records:
                names, values = list(record), list(record.values())
                marks = ", ".join("?" for _ in values)
                connection.execute(f"insert into {quote_name(name)} ({column_list(names)}) values ({marks})", values)
        return cls(connection)

    def query(self, sql: str, **values: Value) -> Relation:
        """Rows of a SELECT over the tables, with named parameters (``$client_id``).

        Raises:
            UsageError: It is another statement, or reads more than the tables (files, settings, other databases).
        """
        if self.gate is not None:
            self.gate.check(sql)
        return self._connection.sql(sql, params=values or None)

    def rows(self, sql: str, **values: Value) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over the tables and the steps of a rule."""
        return self._connection.execute(sql, values or None).fetchall()

    @property
    def file(self) -> Path | None:
        """The file that the tables are in; None for tables in memory."""
        row = self._connection.execute(
            "select path from duckdb_databases() where database_name = current_database()"
        ).fetchone()
        return Path(row[0]) if row and row[0] else None

    def given(self, rows: pa.Table) -> Relation:
        """Rows of an Arrow table, as a relation beside the tables."""
        return self._connection.from_arrow(rows)

    def steps(self, **relations: Relation) -> Steps:
        """A fresh chain of named steps that begins with the given relations (``requests=requests``)."""
        return Steps(self._connection, relations, self)

    def history(self, name: str) -> str:
        """SQL for the history of a table up to this moment: ``operation_id, sign``, then the table's columns."""
        source = f"history.{quote_name(table(name).name)}"
        return source if self.as_of is None else f"(select * from {source} where operation_id <= {int(self.as_of)})"

    def operations(self) -> str:
        """SQL for the operations up to this moment."""
        source = "history.operations"
        return source if self.as_of is None else f"(select * from {source} where id <= {int(self.as_of)})"

    def next_id(self, name: str, *, of_imports: bool = False) -> str:
        """SQL for the highest number a table ever used, 0 for none; new rows count on from it.

        Numbers are not used twice, not even those of rows that were deleted or undone; nor is one used that a source gave
        to a row that could not be taken. Those from ``BEYOND_SOURCES`` on are counted apart (``of_imports``), so that new
        rows keep numbers that the source can take.
        """
        quoted = quote_name(table(name).name)
        which = "" if of_imports else f" where id < {BEYOND_SOURCES}"
        refused = (
            f"select try_cast(source_id as bigint) as id from import_problems where table_name = {quote_text(name)}"
        )
        used = (quoted, f"history.{quoted}", f"({refused})")
        return f"greatest({', '.join(f'coalesce((select max(id) from {rows}{which}), 0)' for rows in used)})"


class Steps:
    """A chain of named queries, each seen by the later ones; what a rule is written in.

    Each step is worked out once, when it is added, and kept until the rule is over.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection, given: Mapping[str, Relation], tables: Tables) -> None:
        self._connection = connection
        self._names: set[str] = set()
        self._views: set[str] = set()
        self._kept: set[str] = set()
        self.tables = tables
        for name, relation in given.items():
            self._claim(name)
            relation.query(name, "select 0")  # leaves a temp view; create_view would write into the file

    def add(self, name: str, sql: str, **values: Value) -> Relation:
        """Work out a SELECT once and give it a name that later steps can use."""
        self._claim(name)
        self.tables.told(name)
        self._kept.add(name)
        self._connection.execute(f"create or replace temp table {quote_name(name)} as {sql}", values or None)
        return self[name]

    def add_view(self, name: str, sql: str, *, is_kept: bool = False) -> Relation:
        """Give a SELECT a name without working it out yet; for large steps that are read once.

        Args:
            name: The name.
            sql: The SELECT.
            is_kept: Whether it reads nothing but steps that are kept, so that its rows stay what they are.
        """
        self._claim(name)
        self._connection.execute(f"create or replace temp view {quote_name(name)} as {sql}")
        self._views.add(name)
        if is_kept:
            self._kept.add(name)
        return self[name]

    def __getitem__(self, name: str) -> Relation:
        if name not in self._names:
            raise UsageError(f"There is no step {name!r}; there are {', '.join(sorted(self._names))}")
        if name in self._views:
            return self._connection.sql(f"select * from temp.{quote_name(name)}")
        return self._connection.table(f"temp.{quote_name(name)}")

    def __contains__(self, name: str) -> bool:
        return name in self._names

    def drop(self, *names: str) -> None:
        """Free steps that no later one reads."""
        for name in names:
            self._connection.execute(f"drop table temp.{quote_name(name)}")
            self._names.discard(name)

    def count(self, name: str) -> int:
        """Number of rows of a step."""
        row = self._connection.execute(f"select count(*) from temp.{quote_name(name)}").fetchone()
        return int(row[0]) if row else 0

    def value(self, sql: str, **values: Value) -> Any:
        """The single value of a SELECT over the steps and tables."""
        row = self._connection.execute(sql, values or None).fetchone()
        return row[0] if row else None

    def insert(self, name: str, step: str) -> Change:
        """Change that inserts the rows of a step into a table."""
        return self._change(name, "insert", step)

    def update(self, name: str, step: str) -> Change:
        """Change that updates a table's rows to those of a step (``id`` and the changed columns)."""
        return self._change(name, "update", step)

    def delete(self, name: str, step: str) -> Change:
        """Change that deletes the rows whose ``id`` a step lists."""
        return self._change(name, "delete", step)

    def plan(
        self, *changes: Change, problems: str = "", warnings: str = "", summary: tuple[tuple[str, str], ...] = ()
    ) -> Plan:
        """The plan of these changes; ``problems`` and ``warnings`` name steps of ``row, field, code, message``."""
        found = self[problems] if problems else self._connection.sql(NO_PROBLEMS)
        return Plan(changes, found, self[warnings] if warnings else None, summary)

    def _change(self, name: str, kind: Kind, step: str) -> Change:
        known = table(name).column_names
        unknown = [column for column in self[step].columns if column not in known]
        if unknown:
            raise UsageError(f"Step {step} has columns that table {name} has not: {', '.join(unknown)}")
        return Change(name, kind, self[step], step in self._kept)

    def _claim(self, name: str) -> None:
        if name in all_tables():
            raise UsageError(f"A step cannot be named like the table {name!r}: it would hide it")
        if name in self._names:
            raise UsageError(f"There is already a step {name!r}")
        self._names.add(name)


def keep_relation(connection: duckdb.DuckDBPyConnection, name: str, relation: Relation) -> None:
    """Keep the rows of a relation as a temp table; the engine finds it by the name of this argument.

    ``relation.create_view`` is not for this: it writes into the book.
    """
    connection.execute(f"create or replace temp table {quote_name(name)} as select * from relation")


@lru_cache(maxsize=1)
def _empty_tables_sql() -> str:
    """Statements that make every table and its history; half the work of the migrations, one after another."""
    from clientops.schema.definition import create_tables

    with duckdb.connect() as connection:
        create_tables(connection)
        for name in all_tables():
            connection.execute(history_table_sql(name))
        made = connection.execute("select sql from duckdb_tables() where not internal order by table_oid").fetchall()
    return "".join(["create schema if not exists history;", *(sql for (sql,) in made)])


def history_table_sql(name: str) -> str:
    """SQL that makes the empty history twin of a table: operation, sign, then the table's columns."""
    return (
        f"create table if not exists history.{quote_name(name)} as "
        f"select 0::bigint as operation_id, 0::tinyint as sign, * from main.{quote_name(name)} limit 0"
    )
