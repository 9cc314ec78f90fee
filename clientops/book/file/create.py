"""Making a book, and bringing an older one up to date."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import chain, count
from pathlib import Path

import duckdb

from clientops.book.file.backup import FILE_FORMAT, copy_book, unfinished_file
from clientops.book.file.connection import book_lease, configure, connected, database_transaction, private_files
from clientops.book.file.lock import locked
from clientops.book.proof.rehash import prove_before, rehash
from clientops.core.errors import BookError, NewerBookError
from clientops.schema.days import SETTING, machine_zone
from clientops.schema.definition import (
    comment_tables,
    create_tables,
    migrations,
    quote_name,
    read_schema,
    schema_version,
)
from clientops.schema.tables import history_table_sql

PROOF = next(version for version, name, _ in migrations() if name.endswith("_proof"))
"""Version of the tables from which on personal columns are hashed apart."""


def create_book(path: Path, *, who: str) -> None:
    """Make an empty book, readable by its owner only.

    Raises:
        BookError: There is a file already, the folder is missing, or it cannot be written.
    """
    if not path.parent.is_dir():
        raise BookError(f"There is no folder {path.parent} to make the book in")
    if path.exists():
        raise BookError(f"There is already a file {path}; choose another name, or remove it")
    with locked(path, write=True, who=who, wait=10):
        if path.exists():
            raise BookError(f"Somebody else has just made {path}")
        try:
            with (
                unfinished_file(path) as unfinished,
                private_files(),
                duckdb.connect(str(unfinished), config={"storage_compatibility_version": FILE_FORMAT}) as connection,
            ):
                configure(connection)
                with database_transaction(connection):
                    _migrate(connection, after=0)
        except duckdb.Error as error:
            raise BookError(f"The book {path} could not be made: {str(error).splitlines()[0]}") from error


def book_version(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    """Version of the tables of an open book.

    Raises:
        BookError: The file is a DuckDB file, but not a book.
        NewerBookError: A later clientops made it.
    """
    try:
        row = connection.execute("select max(version) from history.migrations").fetchone()
    except (duckdb.CatalogException, duckdb.InvalidInputException) as error:  # the latter: a Python name is like it
        raise BookError(f"{path} is a DuckDB file, but not a book of clientops") from error
    version = int(row[0]) if row and row[0] is not None else 0
    if version > schema_version():
        raise NewerBookError(
            f"The book {path} has tables of version {version}, this clientops knows them up to {schema_version()}; "
            "update clientops to open it"
        )
    return version


def upgrade_book(path: Path, version: int, *, who: str, wait: float) -> None:
    """Migrate an older book in one database transaction, after a backup beside it.

    Raises:
        BookError: It failed; the book is as it was.
    """
    backup = _unused(path.with_name(f"{path.name}.version{version}.backup"))
    with book_lease(path).closed(write=True, who=who, wait=wait):
        copy_book(path, backup)
    try:
        with connected(path, write=True, who=who, wait=wait) as connection:
            version = book_version(connection, path)
            if version == schema_version():  # somebody else was faster
                backup.unlink()
                return
            with database_transaction(connection):
                _migrate(connection, after=version, who=who)
    except BookError:
        backup.unlink()
        raise
    except duckdb.Error as error:
        backup.unlink()
        text = str(error).splitlines()[0]
        raise BookError(f"The book {path} could not be brought up to date, and is as it was: {text}") from error


def _unused(path: Path) -> Path:
    """The path, or the first of ``.2``, ``.3`` … behind it that is not there yet."""
    names = chain([path], (path.with_name(f"{path.name}.{number}") for number in count(2)))
    return next(name for name in names if not name.exists())


def _migrate(connection: duckdb.DuckDBPyConnection, after: int, who: str = "") -> None:  # noqa: C901
    create_tables(connection, after)
    comment_tables(connection, after)
    history = read_schema(connection, "history")
    defaults: dict[str, list[str]] = {}
    for name, table in read_schema(connection).items():
        connection.execute(history_table_sql(name))
        known = history[name].column_names if name in history else ()
        for column in table.columns:
            if known and column.name not in known:
                connection.execute(
                    f"alter table history.{quote_name(name)} add column {quote_name(column.name)} {column.type}"
                )
                if column.default:
                    defaults.setdefault(name, []).append(f"{quote_name(column.name)} = {column.default}")
    is_hashed_apart = not after or after >= PROOF
    if not is_hashed_apart:
        prove_before(connection)
    # Old rows get the default, and so do their images, or the two would not agree. Rows last: once they are touched, the
    # engine lets no more be altered in the same database transaction (tests/test_engine_canaries.py).
    for name, sets in defaults.items():
        for schema in ("main", "history"):
            connection.execute(f"update {schema}.{quote_name(name)} set {', '.join(sets)}")
    if not connection.execute("select 1 from history.made_with where name = ?", [SETTING]).fetchone():
        connection.execute("insert into history.made_with values (?, ?)", [SETTING, machine_zone()])
    if not is_hashed_apart:
        rehash(connection, who, after)
    now = datetime.now(UTC)
    for version, name, _ in migrations():
        if version > after:
            connection.execute("insert into history.migrations values (?, ?, ?)", [version, name, now])
