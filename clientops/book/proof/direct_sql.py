"""Rows that were changed by other means than operations: found, recorded, or put back."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from clientops.book.write.preview import Receipt
from clientops.book.write.record import Header, last_operation, next_moment, seal, write_change
from clientops.core.errors import UsageError
from clientops.schema.definition import Table, all_tables, column_list, quote_name, quote_text

RULE = "direct-sql"


@dataclass(frozen=True)
class DirectChange:
    """A row as the history has it, and as it is in the table; None where there is none."""

    table: str
    id: int
    expected: dict[str, Any] | None
    found: dict[str, Any] | None

    @property
    def kind(self) -> str:
        """What somebody did: insert, update or delete."""
        return "insert" if self.expected is None else "delete" if self.found is None else "update"


def drifted_tables(connection: duckdb.DuckDBPyConnection, names: Iterable[str] | None = None) -> list[str]:
    """Tables, all or of the given ones, whose rows are not the signed sum of their history; one scan each."""
    found = []
    for name in filled_tables(connection, all_tables()) if names is None else names:
        columns, quoted = column_list(all_tables()[name].column_names), quote_name(name)
        row = connection.execute(
            f"""
            select (select (count(*)::hugeint, sum(hash({columns})::hugeint)) from main.{quoted})
                is distinct from
                (select (coalesce(sum(sign), 0)::hugeint, sum(sign * hash({columns})::hugeint)) from history.{quoted})
                and ((select count(*) from main.{quoted}) > 0 or (select sum(sign) from history.{quoted}) <> 0)
            """
        ).fetchone()
        if row and row[0]:
            found.append(name)
    return found


def filled_tables(connection: duckdb.DuckDBPyConnection, names: Iterable[str]) -> list[str]:
    """Those of some tables that have a row, or had one; in one statement, since most books leave many tables empty."""
    names = list(names)
    there = " union all ".join(
        f"select {quote_text(name)} where exists (from main.{quote_name(name)}) or exists (from history.{quote_name(name)})"
        for name in names
    )
    found = {name for (name,) in connection.execute(there).fetchall()} if there else set()
    return [name for name in names if name in found]


def _drift_sql(target: Table) -> str:
    """Temp table ``drift`` of ``side`` (-1: as the history has it, +1: as it is) and the rows that do not agree."""
    columns, quoted = column_list(target.column_names), quote_name(target.name)
    return f"""
        create or replace temp table drift as
        with replayed as ({_replayed_sql(target)})
        select -1::tinyint as side, * from (select * from replayed except all select {columns} from main.{quoted})
        union all
        select 1::tinyint as side, * from (select {columns} from main.{quoted} except all select * from replayed)
    """


def _replayed_sql(target: Table) -> str:
    """SELECT of the rows of a table as its history has them."""
    columns = column_list(target.column_names)
    return f"""
        select {columns} from (
            select * from history.{quote_name(target.name)}
            qualify operation_id = max(operation_id) over (partition by id) and sign = 1
        )
    """


def find_direct_changes(connection: duckdb.DuckDBPyConnection, table: str, limit: int = 2**60) -> list[DirectChange]:
    """Rows of a table that were changed by other means than operations, in id order.

    Args:
        connection: An open book.
        table: Name of the table, which drifted; see :func:`drifted_tables`.
        limit: At most so many.
    """
    target = all_tables()[table]
    connection.execute(_drift_sql(target))
    pairs: dict[tuple[int, int], list[dict[str, Any] | None]] = {}
    rows = connection.execute(f"select * from drift order by id, side limit {2 * limit}").fetchall()
    copies: dict[tuple[int, int], int] = {}
    for side, *values in rows:
        row = dict(zip(target.column_names, values, strict=True))
        number = row["id"]
        copy = copies[number, side] = copies.get((number, side), -1) + 1  # an INSERT may repeat a number
        pairs.setdefault((number, copy), [None, None])[0 if side < 0 else 1] = row
    return [DirectChange(table, number, before, now) for (number, _), (before, now) in list(pairs.items())[:limit]]


def adopt(
    connection: duckdb.DuckDBPyConnection,
    operator: str,
    reason: str,
    authority: dict[str, str | None],
    *,
    remove_copies: bool = False,
) -> Receipt:
    """Write history and an operation for rows that were changed by other means; the caller commits.

    Args:
        connection: A book open for writing.
        operator: Who does it.
        reason: Why.
        authority: The policy in force, and the operator's role in it.
        remove_copies: Whether rows under a number that stands more than once are put right at once: history holds one
            row a number, so it cannot keep them. The operation's details tell them.

    Raises:
        UsageError: There is nothing to adopt, or a number stands twice in a table.
    """
    number, previous = last_operation(connection)
    number += 1
    counts: list[tuple[str, str, int]] = []
    removed: list[str] = []
    for name in drifted_tables(connection):
        target = all_tables()[name]
        connection.execute(_drift_sql(target))
        twice = connection.execute(
            f"select id from main.{quote_name(name)} where id in (select id from drift) "
            "group by id having count(*) > 1 order by id"
        ).fetchall()
        if twice and not remove_copies:
            raise UsageError(f"Table {name} has number {twice[0][0]} more than once; delete the extra row first")
        if twice:
            removed += _remove_copies(connection, target)
            connection.execute(_drift_sql(target))
        counts += _adopt_table(connection, number, target)
    if not counts and not removed:
        raise UsageError("There is nothing to adopt: every table is what its history says")
    now = next_moment(connection)
    details = {**authority, "found_at": now.isoformat(), **({"copies_removed": removed} if removed else {})}
    header = Header(RULE, operator, reason, now, now.date(), uuid.uuid4().hex, None, details)
    sha256 = seal(connection, number, previous, header)
    return Receipt(number, sha256, now, tuple(counts))


def _remove_copies(connection: duckdb.DuckDBPyConnection, target: Table) -> list[str]:
    """Put rows whose number stands more than once back to the one that history has; what was there too, as JSON."""
    columns, name = column_list(target.column_names), f"main.{quote_name(target.name)}"
    connection.execute(
        f"create or replace temp table copied as select id from {name} "
        "where id in (select id from drift) group by id having count(*) > 1"
    )
    extra = connection.execute(
        f"select to_json(d)::varchar from (select {columns} from drift semi join copied using (id) where side = 1) d"
    ).fetchall()
    connection.execute(f"delete from {name} where id in (select id from copied)")
    connection.execute(
        f"insert into {name} ({columns}) select {columns} from ({_replayed_sql(target)}) semi join copied using (id)"
    )
    return [f"{target.name} {row}" for (row,) in extra]


def _adopt_table(connection: duckdb.DuckDBPyConnection, number: int, target: Table) -> list[tuple[str, str, int]]:
    quoted, columns = quote_name(target.name), column_list(target.column_names)
    connection.execute(
        f"insert into history.{quoted} (operation_id, sign, {columns}) select {number}, side, {columns} from drift"
    )
    kinds = {"insert": "min(side) = 1", "delete": "max(side) = -1", "update": "count(*) = 2"}
    counts = []
    for kind, condition in kinds.items():
        ids = f"(select id from drift group by id having {condition})"
        differing = [column for column in target.columns if kind != "update" or _differs(connection, column.name, ids)]
        source = f"(select * from history.{quoted} where operation_id = {number} and id in {ids})"
        names = [column.name for column in differing]
        rows = write_change(connection, number, (target, kind, names), source)
        if rows:
            counts.append((target.name, kind, rows))
    return counts


def _differs(connection: duckdb.DuckDBPyConnection, column: str, ids: str) -> bool:
    name = quote_name(column)
    row = connection.execute(
        f"select 1 from drift a join drift b using (id) where a.side = -1 and b.side = 1 and id in {ids} "
        f"and a.{name} is distinct from b.{name} limit 1"
    ).fetchone()
    return row is not None
