"""A live WHMCS: read from its MariaDB or MySQL server, in one read-only snapshot."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import duckdb
import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.importing.whmcs.sources import SOURCE_TABLES, SourceTable
from clientops.importing.whmcs.staging import Progress, Staging, no_progress
from clientops.schema.definition import quote_text

FIRST_PAGE, SMALLEST_PAGE, PAGE_BYTES = 5_000, 500, 32 << 20


@dataclass(frozen=True)
class MysqlUrl:
    """Where a database is and who reads it: ``mysql://user:password@host:port/database?socket=…&ssl_mode=…``."""

    database: str
    user: str = ""
    password: str = ""
    host: str = "localhost"
    port: int = 3306
    socket: str = ""
    ssl_mode: str = ""

    def __str__(self) -> str:
        """The address without the password."""
        return f"mysql://{self.user}@{self.host}:{self.port}/{self.database}"


def parse_mysql_url(url: str) -> MysqlUrl:
    """Parts of the address of a database; the password may also stand in the environment, as ``MYSQL_PWD``.

    Raises:
        UsageError: It is not one; the sentence does not repeat it, since a password may be in it.
    """
    example = "write it like mysql://user@host/database"
    try:
        parts = urlsplit(url)
        port = parts.port or 3306
    except ValueError as error:
        raise UsageError(f"The address of the database cannot be read ({error}); {example}") from None
    database = unquote(parts.path.strip("/"))
    if parts.scheme not in ("mysql", "mariadb") or not database or "/" in database:
        raise UsageError(f"The address names no database; {example}")
    query = parse_qs(parts.query)
    unknown = set(query) - {"socket", "ssl_mode"}
    if unknown:
        raise UsageError(f"The address has {', '.join(sorted(unknown))}; it may have socket and ssl_mode; {example}")
    return MysqlUrl(
        database=database,
        user=unquote(parts.username or ""),
        password=unquote(parts.password or "") or os.environ.get("MYSQL_PWD", ""),
        host=parts.hostname or "localhost",
        port=port,
        socket=query.get("socket", [""])[0],
        ssl_mode=query.get("ssl_mode", [""])[0],
    )


def read_mysql(url: str, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS from its database server into a fresh staging file.

    One transaction that the server holds read-only, so that all tables are of one moment (InnoDB) and nothing can be
    written; in pages, so that memory stays bounded.

    Args:
        url: ``mysql://user:password@host:port/database``; see :func:`parse_mysql_url`.
        staging_path: File to write; must not exist.
        progress: Told the table, and how many rows of all tables were read of about how many.

    Raises:
        UsageError: The server cannot be reached or read, or holds no WHMCS.
    """
    address = parse_mysql_url(url)
    with Staging(staging_path) as staging:
        try:
            with connect_mysql(address) as connection:
                _read_all(connection, staging, progress)
        except duckdb.Error as error:
            reason = str(error).replace(address.password, "…") if address.password else str(error)
            raise UsageError(f"{address} cannot be read: {reason.splitlines()[0]}") from None


@lru_cache(maxsize=1)
def install_mysql_scanner() -> None:
    """Put the extension that came as a package where DuckDB looks for it."""
    from duckdb_extensions import import_extension

    import_extension("mysql_scanner")


@contextmanager
def connect_mysql(address: MysqlUrl) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection that sees a database as ``source``, in a read-only transaction of one moment."""
    install_mysql_scanner()
    given = {
        "host": address.host,
        "port": str(address.port),
        "user": address.user,
        "password": address.password,
        "database": address.database,
        "socket": address.socket,
        "ssl_mode": address.ssl_mode,
    }
    options = ", ".join(f"{name} {quote_text(value)}" for name, value in given.items() if value)
    with duckdb.connect() as connection:
        connection.execute("load mysql_scanner")
        # Timestamps as a dump has them; moments without a zone stay what the business's clock showed.
        connection.execute("set mysql_session_time_zone = '+00:00'")
        connection.execute(f"create temporary secret whmcs (type mysql, {options})")
        connection.execute("attach '' as source (type mysql, secret whmcs)")
        connection.execute("begin")
        connection.execute("call mysql_execute('source', 'start transaction with consistent snapshot, read only')")
        yield connection
        connection.execute("rollback")


def query_mysql(connection: duckdb.DuckDBPyConnection, sql: str) -> duckdb.DuckDBPyRelation:
    """Rows of a SELECT that the server runs, on the connection that holds the snapshot (hence not streamed)."""
    return connection.sql(f"select * from mysql_query('source', {quote_text(sql)}, stream_results = false)")


def _read_all(connection: duckdb.DuckDBPyConnection, staging: Staging, progress: Progress) -> None:
    """Read every table that is there."""
    columns: dict[str, set[str]] = {}
    about: dict[str, int] = {}
    for table, column, rows in query_mysql(connection, COLUMNS).fetchall():
        columns.setdefault(table.lower(), set()).add(column.lower())
        about[table.lower()] = int(rows or 0)
    total, done = sum(rows for name, rows in about.items() if name in SOURCE_TABLES), 0
    for table in SOURCE_TABLES.values():
        if table.name in columns:
            staging.found(table.name, columns[table.name])
            wanted = [name for name in table.columns if name in columns[table.name]]
            for read in _read_table(connection, staging, table, wanted):
                done += read
                progress(table.name, done, max(total, done))
    staging.unread({name: _count(connection, name) for name in about if name not in SOURCE_TABLES})


def _count(connection: duckdb.DuckDBPyConnection, table: str) -> int:
    """Rows of a table that is not read."""
    return int(query_mysql(connection, f"select count(*) from `{table}`").fetchall()[0][0])


COLUMNS = """
    select columns.table_name, columns.column_name, cast(tables.table_rows as char)
    from information_schema.columns columns
    join information_schema.tables tables
        on tables.table_schema = columns.table_schema and tables.table_name = columns.table_name
    where columns.table_schema = database() and (columns.table_name like 'tbl%')
"""


def _read_table(
    connection: duckdb.DuckDBPyConnection,
    staging: Staging,
    table: SourceTable,
    wanted: list[str],
) -> Iterator[int]:
    """Read one table in pages, each after the last number of the one before; gives the rows of each."""
    names = ", ".join(f"cast(`{name}` as char) as `{name}`" for name in wanted)
    if "id" not in wanted:
        batch = query_mysql(
            connection, f"select {names} from `{table.name}` where {table.rows or 'true'}"
        ).to_arrow_table()
        yield staging.write(table, _columns(batch))
        return
    size, last = FIRST_PAGE, -(2**63)
    while True:
        page = query_mysql(
            connection,
            f"select {names} from `{table.name}` where `id` > {last} order by `{table.name}`.`id` limit {size}",
        ).to_arrow_table()
        if page.num_rows:
            read = staging.write(table, _columns(page))
            last = int(page.column("id")[-1].as_py())
            yield read
        if page.num_rows < size:
            return
        # Short rows come in longer pages: a query for each few thousand would cost more than the rows.
        size = max(SMALLEST_PAGE, size * PAGE_BYTES // max(page.nbytes, 1))


def _columns(batch: pa.Table) -> dict[str, pa.Array]:
    return {name: batch.column(name).combine_chunks() for name in batch.column_names}
