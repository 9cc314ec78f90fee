"""The tables as they were after an earlier operation."""

from __future__ import annotations

from datetime import date, datetime

import duckdb

from clientops.core.errors import UsageError
from clientops.schema.days import end_of_day_sql
from clientops.schema.definition import all_tables, column_list, quote_name

# After an operation (its number), at the end of a day of the business, or at a time with zone.
Moment = int | date | datetime


def past_sql(name: str, operation_id: int, catalog: str) -> str:
    """SELECT of a table's rows as they were after an operation.

    Names carry the catalog: ``main.clients`` alone would find a temp view ``clients`` first.

    Rows that nothing touched since are as they are; the others are as the first later operation found them. So the
    cost follows what changed since, not the length of the history.
    """
    columns = column_list(all_tables()[name].column_names)
    table, catalog = quote_name(name), quote_name(catalog)
    return f"""
        select {columns} from {catalog}.main.{table}
        where id not in (select id from {catalog}.history.{table} where operation_id > {int(operation_id)})
        union all
        select {columns} from (
            select * from {catalog}.history.{table} where operation_id > {int(operation_id)}
            qualify operation_id = min(operation_id) over (partition by id) and sign = -1
        )
    """


def show_past(connection: duckdb.DuckDBPyConnection, operation_id: int) -> None:
    """Let the names of the tables mean the tables as they were after an operation, on this connection."""
    row = connection.execute("select current_database()").fetchone()
    assert row is not None
    for name in all_tables():
        connection.execute(f"create or replace temp view {quote_name(name)} as {past_sql(name, operation_id, row[0])}")


def hide_past(connection: duckdb.DuckDBPyConnection) -> None:
    """Let the names of the tables mean the tables as they are again."""
    for name in all_tables():
        connection.execute(f"drop view if exists temp.{quote_name(name)}")


def operation_at(connection: duckdb.DuckDBPyConnection, moment: Moment) -> int:
    """Number of the last operation at a moment: an operation's number, a day (its end for the business), or a time with zone.

    Raises:
        UsageError: There is no such operation.
    """
    if isinstance(moment, int):
        row = connection.execute("select max(id) from history.operations").fetchone()
        last = row[0] or 0 if row else 0
        if not 0 <= moment <= last:
            raise UsageError(f"There is no operation {moment}; the last one is {last}")
        return moment
    if isinstance(moment, datetime):
        if moment.tzinfo is None:
            raise UsageError(f"The moment {moment} needs a time zone, e.g. 2026-06-30 12:00+00:00")
        condition = "applied_at <= $moment"
    else:
        condition = f"applied_at < {end_of_day_sql('$moment')}"
    row = connection.execute(
        f"select coalesce(max(id), 0) from history.operations where {condition}", {"moment": moment}
    ).fetchone()
    return int(row[0]) if row else 0
