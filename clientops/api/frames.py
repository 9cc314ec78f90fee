"""Requests and tables from whatever an analyst has: DataFrames, Arrow, lists, generators, files, DuckDB relations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import isnan
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic import BaseModel

from clientops.core.errors import UsageError
from clientops.schema.definition import Table, quote_name, table
from clientops.schema.requests import Source
from clientops.schema.tables import Tables as EngineTables

FILES = {".csv", ".tsv", ".txt", ".xlsx"}
EURO = {"id": 1, "code": "EUR", "is_default": True, "minor_digits": 2}


def requests_of(given: Any, fields: Mapping[str, Any]) -> Source:
    """Requests as the book reads them.

    Args:
        given: A mapping or model, a list or generator of them, a pandas or Polars DataFrame, an Arrow table, a DuckDB
            relation, a :class:`~clientops.api.results.Result`, or the path of a CSV or Excel file; None for ``fields``.
        fields: Fields of a single request, or of every row that does not have them.

    Raises:
        UsageError: It is none of these.
    """
    if given is None:
        return dict(fields)
    source = _source_of(given)
    if not fields:
        return source
    if isinstance(source, Mapping):
        return {**fields, **source}
    if isinstance(source, BaseModel):
        return {**fields, **source.model_dump(exclude_unset=True)}
    if isinstance(source, duckdb.DuckDBPyRelation):
        source = source.to_arrow_table()
    if isinstance(source, pa.Table):
        for name, value in fields.items():
            if name not in source.column_names:
                source = source.append_column(name, pa.array([value] * source.num_rows))
        return source
    return [{**fields, **(row.model_dump(exclude_unset=True) if isinstance(row, BaseModel) else row)} for row in source]


def _source_of(given: Any) -> Source:
    if isinstance(given, (Mapping, BaseModel, pa.Table, duckdb.DuckDBPyRelation)):
        return given
    if isinstance(given, (str, Path)):
        return _file(Path(given))
    if hasattr(given, "__arrow_c_stream__") or _is_pandas(given):
        return arrow_of(given)
    if isinstance(given, Iterable):
        rows = list(given)
        wrong = next((row for row in rows if not isinstance(row, (Mapping, BaseModel))), None)
        if wrong is not None:
            raise UsageError(
                f"Each request must be a mapping of fields, not {type(wrong).__name__}: {str(wrong)[:60]!r}"
            )
        return rows
    raise UsageError(
        f"Requests cannot be read from a {type(given).__name__}; give a mapping, a list, a DataFrame, an Arrow table or a file"
    )


def _file(path: Path) -> pa.Table:
    from clientops.importing.tabular import read_named_columns

    if path.suffix.lower() not in FILES:
        raise UsageError(f"{path} is not a file of requests; give a CSV or Excel file")
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    return read_named_columns(path)


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas" and hasattr(value, "columns")


def arrow_of(frame: Any) -> pa.Table:
    """An Arrow table of a DataFrame; NaN and NaT become empty, whole numbers that pandas made floats become whole."""
    if isinstance(frame, pa.Table):
        return frame
    if _is_pandas(frame):
        found = pa.Table.from_pandas(frame, preserve_index=False)
    elif hasattr(frame, "__arrow_c_stream__"):
        found = pa.table(frame)
    else:
        raise UsageError(f"A {type(frame).__name__} is not a table; give a DataFrame or an Arrow table")
    return pa.table({str(name): _whole(found.column(name)) for name in found.column_names})


def _whole(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers with gaps come out of pandas as floats: 12.0 is the client 12, and money keeps the digits it shows."""
    if not pa.types.is_floating(column.type):
        return column
    values = [None if value is None or isnan(value) else value for value in column.to_pylist()]
    if all(value is None or (value.is_integer() and abs(value) < 2**53) for value in values):
        return pa.chunked_array([pa.array([None if value is None else int(value) for value in values], pa.int64())])
    return pa.chunked_array([pa.array([None if value is None else repr(value) for value in values], pa.string())])


class Tables(EngineTables):
    """Tables for the pure rules, made of plain frames or DuckDB tables; nothing is written anywhere."""

    @classmethod
    def from_frames(cls, **frames: Any) -> Tables:
        """Tables that hold the given rows; every other table is empty.

        Args:
            **frames: DataFrames, Arrow tables or lists of mappings by table name. Columns that a frame lacks get their
                defaults; rows without ``id`` are numbered from 1. Without ``currencies`` everything is in EUR.

        Raises:
            UsageError: There is no such table, or a frame has a column that its table does not have.
        """
        made = cls.of()
        connection = made.connection
        if "currencies" not in frames:
            frames = {"currencies": [EURO], **frames}
        for name, frame in frames.items():
            rows = pa.Table.from_pylist(list(frame)) if isinstance(frame, (list, tuple)) else arrow_of(frame)
            _insert(connection, table(name), rows)
        return cls(connection)

    @classmethod
    def from_connection(cls, connection: duckdb.DuckDBPyConnection) -> Tables:
        """Tables that hold copies of the tables of a DuckDB connection whose names are ours, e.g. ``clients``."""
        names = {name for (name,) in connection.execute("select table_name from duckdb_tables()").fetchall()}
        from clientops.schema.definition import all_tables

        known = [name for name in all_tables() if name in names]
        if not known:
            raise UsageError(f"The connection has none of our tables; it has {', '.join(sorted(names)) or 'no tables'}")
        return cls.from_frames(
            **{name: connection.execute(f"select * from {quote_name(name)}").to_arrow_table() for name in known}
        )


def _insert(connection: duckdb.DuckDBPyConnection, target: Table, rows: pa.Table) -> None:
    unknown = [name for name in rows.column_names if name not in target.column_names]
    if unknown:
        raise UsageError(
            f"Table {target.name} has no column {', '.join(map(repr, unknown))}; it has {', '.join(target.column_names)}"
        )
    connection.register("given_frame", rows)
    columns, values = [], []
    for column in target.columns:
        if column.name in rows.column_names:
            given = quote_name(column.name)
            stands_in = _stand_in(column.name, column.type, column.default) if column.is_required else ""
            values.append(f"coalesce({given}::{column.type}, {stands_in})" if stands_in else f"{given}::{column.type}")
        elif column.name == "id":
            values.append("row_number() over ()")
        elif column.is_required and column.default is None:
            values.append(_stand_in(column.name, column.type, None))
        else:
            continue
        columns.append(quote_name(column.name))
    try:
        connection.execute(
            f"insert into {quote_name(target.name)} ({', '.join(columns)}) select {', '.join(values)} from given_frame"
        )
    except duckdb.Error as error:
        raise UsageError(f"Rows of {target.name} cannot be read: {str(error).splitlines()[0]}") from None
    finally:
        connection.unregister("given_frame")


def _stand_in(name: str, kind: str, default: str | None) -> str:
    """Value (SQL) of a required column that a frame says nothing about."""
    if default is not None:
        return f"{default}::{kind}"
    if name == "currency_id":
        return "1"
    if name == "id":
        return "row_number() over ()"
    stand_ins = {
        "VARCHAR": "''",
        "BOOLEAN": "false",
        "DATE": "date '1970-01-01'",
        "TIMESTAMP WITH TIME ZONE": "timestamptz '1970-01-01'",
    }
    return stand_ins.get(kind, "0")
