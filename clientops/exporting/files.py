"""Tables and query results as CSV, Excel and Parquet files, safe to open in a spreadsheet."""

from __future__ import annotations

import os
from pathlib import Path

import duckdb
import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.schema.cells import safe_text, safe_text_sql
from clientops.schema.definition import distinct_names, quote_name, quote_text

FORMATS = (".csv", ".xlsx", ".parquet")
MOST_EXCEL_ROWS = 1_048_575


def export_relation(relation: Relation, path: Path, *, overwrite: bool = False, is_exact: bool = False) -> int:
    """Write the rows of a relation to a file, row by row, readable by its owner only.

    In CSV and Excel, a text that a spreadsheet would run as a formula gets a ``'`` in front (taken away again when the
    file is read here); money stays exact in CSV and Parquet, and has Excel's 15 digits in Excel. Columns of one name
    get numbers: ``id``, ``id_1``.

    Args:
        relation: The rows.
        path: ``….csv``, ``….xlsx`` or ``….parquet``.
        overwrite: Whether an existing file may be replaced.
        is_exact: Whether the file is for a database, so that text stays as it is.

    Returns:
        Number of rows written.

    Raises:
        UsageError: The ending is another, the file exists, its folder does not, or Excel cannot hold so many rows.
    """
    check_place(path, overwrite=overwrite)
    ending = path.suffix.lower()
    names = distinct_names(relation.columns)
    columns = ", ".join(
        _safe_sql(name, str(kind), ending, is_exact=is_exact) for name, kind in zip(names, relation.types, strict=True)
    )
    unfinished = path.with_name(path.name + ".unfinished" + ending)
    before = os.umask(0o077)
    try:
        with duckdb.connect() as writer:
            writer.execute("set timezone = 'UTC'")
            if ending == ".xlsx":
                load_extension(writer, "excel")
            rows = _named(relation.to_arrow_reader(50_000), names)
            count = _copy(writer, rows, columns, unfinished, ending, is_exact=is_exact)
        unfinished.replace(path)
    except duckdb.Error as error:
        raise UsageError(f"{path} could not be written: {str(error).splitlines()[0]}") from error
    else:
        return count
    finally:
        os.umask(before)
        unfinished.unlink(missing_ok=True)


def check_place(path: Path, *, endings: tuple[str, ...] = FORMATS, overwrite: bool = False) -> None:
    """Check that a file can be written, e.g. before the work that it is to report on.

    Raises:
        UsageError: The ending is another, the file exists, or its folder does not.
    """
    if path.suffix.lower() not in endings:
        raise UsageError(f"{path.name} cannot be written; end its name with one of {', '.join(endings)}")
    if not path.parent.is_dir():
        raise UsageError(f"There is no folder {path.parent} to write {path.name} to")
    if path.exists() and not overwrite:
        raise UsageError(f"There is already a file {path}; choose another name, or --overwrite")


def _named(rows: pa.RecordBatchReader, names: list[str]) -> pa.RecordBatchReader:
    """The same rows under other names, still in batches."""
    schema = pa.schema([field.with_name(name) for field, name in zip(rows.schema, names, strict=True)])
    return pa.RecordBatchReader.from_batches(schema, (batch.rename_columns(names) for batch in rows))


def _copy(
    writer: duckdb.DuckDBPyConnection, rows: object, columns: str, path: Path, ending: str, *, is_exact: bool
) -> int:
    """Write ``rows``, which the engine finds by the name of the argument, and count them."""
    options = {".csv": "format csv, header true", ".xlsx": "format xlsx, header true", ".parquet": "format parquet"}
    if is_exact and ending == ".csv":
        options[".csv"] += ", force_quote *"  # databases take a bare NULL for nothing, and it may be text
    found = writer.execute(
        f"copy (select {columns} from rows) to {quote_text(str(path))} ({options[ending]})"
    ).fetchone()
    count = int(found[0]) if found else 0
    if ending == ".xlsx" and count > MOST_EXCEL_ROWS:
        raise UsageError(f"Excel holds {MOST_EXCEL_ROWS} rows, this has {count}; write a .csv or .parquet file")
    return count


def _safe_sql(name: str, kind: str, ending: str, *, is_exact: bool) -> str:
    column = quote_name(name)
    if ending == ".parquet":
        return column
    heading = column if is_exact else quote_name(safe_text(name))
    if kind == "VARCHAR" and not is_exact:
        return f"{safe_text_sql(name)} as {heading}"
    if kind.startswith("TIMESTAMP"):
        return f"strftime({column}::timestamptz, '%Y-%m-%d %H:%M:%S') as {heading}"
    if kind.startswith("DECIMAL") and ending == ".xlsx":
        return f"{column}::double as {heading}"
    return f"{column} as {heading}"


def load_extension(connection: duckdb.DuckDBPyConnection, name: str) -> None:
    """Load one of the engine's own extensions, from its package, so without a network."""
    from duckdb_extensions import import_extension

    import_extension(name, con=connection)
    connection.execute(f"load {quote_name(name)}")


def relation_named(tables: object, what: str) -> Relation:
    """The rows of a table, or of a SELECT.

    Raises:
        UsageError: It is neither.
    """
    from clientops.schema.definition import all_tables
    from clientops.schema.tables import Tables

    assert isinstance(tables, Tables)
    if what in all_tables():
        return tables.query(f"select * from {quote_name(what)} order by id")
    if what.lstrip().lower().startswith(("select", "with", "from")):
        try:
            return tables.query(what)
        except duckdb.Error as error:
            raise UsageError(f"The query cannot be run: {str(error).splitlines()[0]}") from error
    raise UsageError(f"{what!r} is neither a table nor a SELECT; see: clientops tables")
