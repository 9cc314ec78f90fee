"""The staging file: what was read of a WHMCS, table by table, as text, before any of it is judged."""

from __future__ import annotations

import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

import duckdb
import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.importing.whmcs.charsets import clean_array, decode_array
from clientops.importing.whmcs.sources import SOURCE_TABLES, SourceTable
from clientops.schema.definition import column_list, quote_name, quote_text

Progress = Callable[[str, int, int], None]
"""Told now and then: the table that is read, how much of the whole source was read, of about how much."""

MEMORY_MIB = 1024  # rows pass through; more would only keep pages of the file that nobody reads again
REQUIRED = ("tblclients", "tblcurrencies")
META_TABLES = """
    create table stage.reading (
        table_name varchar not null, is_found boolean not null, missing_columns varchar, "rows" bigint not null
    );
    create table stage.unread (table_name varchar not null, "rows" bigint not null);
    create table stage.repairs (table_name varchar not null, column_name varchar not null, "values" bigint not null);
"""


def no_progress(table: str, done: int, total: int) -> None:
    """Nobody is told."""


class Staging:
    """Writes a fresh staging file; it appears, readable by its owner only, when all was read.

    Every table of ``SOURCE_TABLES`` is in it, with every column as text: a table or column that the source has not is
    empty. Table ``reading`` says what was found and how many rows; ``repairs`` how many values of which columns were
    double-encoded or had HTML codes.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        if self.path.exists():
            raise UsageError(f"There is already a file {self.path}; name one that is not there yet")
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._folder = Path(tempfile.mkdtemp(prefix=".staging-", dir=self.path.parent))
        self._file = self._folder / "staging.duckdb"
        self.connection = duckdb.connect()
        self._missing: dict[str, tuple[str, ...]] = {}
        self._without_id: dict[str, tuple[str, ...]] = {}
        self._rows: Counter[str] = Counter()
        self._repairs: Counter[tuple[str, str]] = Counter()
        self.connection.execute(f"set temp_directory = {quote_text(str(self._folder))}")
        self.connection.execute(f"set memory_limit = '{MEMORY_MIB} MiB'")
        self.connection.execute(f"attach {quote_text(str(self._file))} as stage")
        self.connection.execute(META_TABLES)
        for table in SOURCE_TABLES.values():
            columns = ", ".join(f"{quote_name(name)} varchar" for name in table.columns)
            self.connection.execute(f"create table stage.{quote_name(table.name)} ({columns})")
        self.connection.execute("use stage")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if kind is None:
                self._finish()
            else:
                self.connection.close()
        finally:
            shutil.rmtree(self._folder, ignore_errors=True)

    def found(self, table: str, columns: set[str]) -> None:
        """Note that the source has a table, with these columns."""
        source = SOURCE_TABLES[table]
        missing = tuple(name for name in source.columns if name not in columns)
        self._missing[table] = missing
        if "id" in missing:
            self._without_id[table] = (
                tuple(name for name in source.key if name not in columns) if source.key else ("id",)
            )

    def unread(self, tables: Mapping[str, int]) -> None:
        """Note the tables of the source that are not read, with their number of rows."""
        for name, count in tables.items():
            self.connection.execute("insert into unread values ($1, $2)", [name, count])

    def has(self, table: str) -> bool:
        """Whether the source was found to have a table."""
        return table in self._missing

    def write(self, table: SourceTable, columns: Mapping[str, pa.Array], charset: str = "utf-8") -> int:
        """Append rows to a table: clean their text and keep only what is read.

        Args:
            table: The table of WHMCS.
            columns: Columns by name, of text or bytes; any that the table is not read with are left out.
            charset: Python's name for the encoding of bytes.

        Returns:
            How many rows were given.
        """
        texts: dict[str, pa.Array] = {}
        for name, kind in table.columns.items():
            if name not in columns:
                continue
            values = columns[name]
            texts[name] = decode_array(values, charset) if pa.types.is_binary(values.type) else values
            texts[name], repaired = clean_array(texts[name], kind)
            if repaired:
                self._repairs[table.name, name] += repaired
        if not texts:  # a table that is no such table of WHMCS: its rows are counted, and refused at the end
            count = len(next(iter(columns.values()), ()))
            self._rows[table.name] += count
            return count
        batch = pa.table(texts)
        values_sql = ", ".join(table.values.get(name, quote_name(name)) for name in texts)
        where = f" where {table.rows}" if table.rows else ""
        self.connection.register("batch", batch)
        inserted = self.connection.execute(
            f"insert into {quote_name(table.name)} ({column_list(texts)}) select {values_sql} from batch{where}"
        ).fetchone()
        self.connection.unregister("batch")
        self._rows[table.name] += inserted[0] if inserted else 0
        return int(batch.num_rows)

    def _finish(self) -> None:
        absent = [name for name in REQUIRED if name not in self._missing]
        if absent:
            self.connection.close()
            raise UsageError(f"There is no table {' and no table '.join(absent)} in it; is this a WHMCS?")
        for name, lacking in self._without_id.items():
            if lacking and self._rows[name]:
                self.connection.close()
                raise UsageError(
                    f"Table {name} has {self._rows[name]} rows and no column {' and no column '.join(lacking)}, so its rows "
                    "cannot be told apart; it is not that table as WHMCS 5 to 8 has it"
                )
        for name in SOURCE_TABLES:
            found, missing = name in self._missing, ", ".join(self._missing.get(name, ()))
            self.connection.execute(
                "insert into reading values ($1, $2, $3, $4)", [name, found, missing, self._rows[name]]
            )
        for (table, column), count in self._repairs.items():
            self.connection.execute("insert into repairs values ($1, $2, $3)", [table, column, count])
        self.connection.execute("checkpoint stage")
        self.connection.close()
        self._file.chmod(0o600)
        self._file.replace(self.path)
