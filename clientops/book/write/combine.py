"""Several rules as one plan: each is planned on the tables as the ones before leave them, and what remains is one change."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import duckdb

from clientops.book.write.plan import settle
from clientops.book.write.settled import Settled
from clientops.core.plan import Change, Kind, Plan
from clientops.schema.definition import column_list, quote_name, table


class Composition:
    """The tables as they would be after some plans; nothing is written to the book.

    The names of tables that a plan touched mean, on this connection, the rows as the plan leaves them.

    Args:
        connection: The book's connection, on which rules are planned.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection
        row = connection.execute("select current_database()").fetchone()
        assert row is not None
        self._catalog = quote_name(row[0])
        self._touched: list[str] = []

    @contextmanager
    def tidy(self) -> Iterator[None]:
        """Drop the steps that were added within: the next rule may have others of the same names."""
        before = self._temporary()
        yield
        for kind, name in self._temporary() - before:
            if not name.startswith(("composed ", "composed_")) and name not in self._touched:
                self._connection.execute(f"drop {kind} if exists temp.{quote_name(name)}")

    def add(self, plan: Plan) -> None:
        """Let the tables be as a plan without problems leaves them."""
        for settled in settle(self._connection, plan):
            self.add_settled(settled)

    def add_settled(self, settled: Settled) -> None:
        """Let the tables be as a settled change leaves them; what several change in one table adds up."""
        name, execute = settled.table.name, self._connection.execute
        kept, columns = quote_name(f"composed {name}"), column_list(settled.table.column_names)
        execute(f"create or replace temp table composed_pairs as {settled.pairs_sql()}")
        if name not in self._touched:
            execute(
                f"create or replace temp table {kept} as select *, false as is_gone from {self._stored(name)} limit 0"
            )
        execute(f"delete from temp.{kept} where id in (select id from temp.composed_pairs)")
        execute(f"insert into temp.{kept} select {columns}, false from temp.composed_pairs where sign = 1")
        execute(
            f"insert into temp.{kept} select {columns}, true from temp.composed_pairs "
            "where sign = -1 and id not in (select id from temp.composed_pairs where sign = 1)"
        )
        if name not in self._touched:
            self._touched.append(name)
            execute(
                f"create or replace temp view {quote_name(name)} as select {columns} from {self._stored(name)} "
                f"where id not in (select id from temp.{kept}) union all select {columns} from temp.{kept} where not is_gone"
            )

    def changes(self) -> tuple[Change, ...]:
        """What all plans together change of the stored rows; the tables are as they are stored again."""
        self.close()
        found = []
        for name in self._touched:
            kept, stored = f"temp.{quote_name(f'composed {name}')}", self._stored(name)
            changed = self._changed(name, kept, stored)
            statements: tuple[tuple[Kind, str], ...] = (
                ("insert", f"select * exclude (is_gone) from {kept} where not is_gone and id not in (select id from {stored})"),
                ("update", f"select {column_list(('id', *changed), 'k')} from {kept} k semi join {stored} using (id) where not is_gone"),
                ("delete", f"select id from {kept} semi join {stored} using (id) where is_gone"),
            )  # fmt: skip
            for kind, sql in statements:
                if kind == "update" and not changed:
                    continue
                step = quote_name(f"composed {kind} {name}")
                self._connection.execute(f"create or replace temp table {step} as {sql}")
                found.append(Change(name, kind, self._connection.table(f"temp.{step}")))
        return tuple(found)

    def close(self) -> None:
        """Let the names mean the stored tables again."""
        for name in self._touched:
            self._connection.execute(f"drop view if exists temp.{quote_name(name)}")

    def drop(self) -> None:
        """Let go of the rows as the plans leave them."""
        for name in self._touched:
            self._connection.execute(f"drop table if exists temp.{quote_name(f'composed {name}')}")
        self._connection.execute("drop table if exists temp.composed_pairs")
        self._touched = []

    def _changed(self, name: str, kept: str, stored: str) -> tuple[str, ...]:
        """Columns that differ in some row."""
        names = [column for column in table(name).column_names if column != "id"]
        differs = ", ".join(
            f"coalesce(bool_or(k.{quote_name(n)} is distinct from t.{quote_name(n)}), false)" for n in names
        )
        row = self._connection.execute(
            f"select {differs} from {kept} k join {stored} t using (id) where not k.is_gone"
        ).fetchone()
        return tuple(column for column, differs in zip(names, row or (), strict=False) if differs)

    def _stored(self, name: str) -> str:
        return f"{self._catalog}.main.{quote_name(name)}"

    def _temporary(self) -> set[tuple[str, str]]:
        rows = self._connection.execute(
            "select 'table', table_name from duckdb_tables() where temporary union all "
            "select 'view', view_name from duckdb_views() where temporary and not internal"
        ).fetchall()
        return {(kind, name) for kind, name in rows}
