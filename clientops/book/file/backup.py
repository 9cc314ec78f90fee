"""Copies of a book: made while others work, and brought back."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from clientops.book.file.private_files import private_files
from clientops.core.errors import BookError
from clientops.schema.definition import quote_name, quote_text

# The engine writes files as its version 0.10 did, unless it is told otherwise. As 1.2 writes them, their statistics need
# no conversion at each opening: half the time to open a book, a third less for a small operation
# (tests/test_engine_canaries.py). Later formats bring nothing more and another compression of texts.
FILE_FORMAT = "v1.2.0"


def copy_book(source: Path, target: Path) -> None:
    """Write a consistent copy of a book to a new file, readable by its owner only.

    The caller has no connection to it: a process must not open the file a second time.

    Raises:
        BookError: The target exists, its folder does not, or it cannot be written.
    """
    check_target(target)
    try:
        with unfinished_file(target) as unfinished, private_files(), duckdb.connect() as connection:
            connection.execute(f"attach {quote_text(str(source))} as source_book (read_only)")
            connection.execute(
                f"attach {quote_text(str(unfinished))} as copy_of_book (storage_version {quote_text(FILE_FORMAT)})"
            )
            connection.execute("copy from database source_book to copy_of_book")
            connection.execute("checkpoint copy_of_book")  # closing would do it too, but without a word if it fails
    except duckdb.Error as error:
        raise BookError(f"The copy {target} could not be made: {str(error).splitlines()[0]}") from error


def check_target(target: Path) -> None:
    """Refuse to copy to where there is a file, or no folder.

    Raises:
        BookError: There is one, or there is none.
    """
    if target.exists():
        raise BookError(f"There is already a file {target}; choose another name, or remove it")
    if not target.parent.is_dir():
        raise BookError(f"There is no folder {target.parent} for the backup")


def copy_open_book(connection: duckdb.DuckDBPyConnection, target: Path) -> None:
    """Write a consistent copy of the book that this process has open for writing; others write on meanwhile.

    Raises:
        BookError: The target exists, its folder does not, or it cannot be written.
    """
    check_target(target)
    alias = quote_name(f"copy {uuid.uuid4().hex}")
    row = connection.execute("select current_database()").fetchone()
    source = quote_name(str(row[0]) if row else "")
    try:
        with unfinished_file(target) as unfinished, private_files():
            _rollback_reading(connection)
            connection.execute(
                f"attach {quote_text(str(unfinished))} as {alias} (storage_version {quote_text(FILE_FORMAT)})"
            )
            try:
                connection.execute(f"copy from database {source} to {alias}")
                connection.execute(f"checkpoint {alias}")
            finally:
                connection.execute(f"detach {alias}")
    except duckdb.Error as error:
        raise BookError(f"The copy {target} could not be made: {str(error).splitlines()[0]}") from error


def _rollback_reading(connection: duckdb.DuckDBPyConnection) -> None:
    """End the reading that began with the connection: it could not write the copy. The copying itself is of one moment."""
    with suppress(duckdb.TransactionException):
        connection.rollback()


@contextmanager
def unfinished_file(target: Path) -> Iterator[Path]:
    """Path to make a database at that gets its name when it is whole; nothing is left of it if it fails.

    Raises:
        BookError: The database was closed with its log left over.
    """
    unfinished = target.with_name(target.name + ".unfinished")
    _remove_database(unfinished)  # of an attempt that was killed
    try:
        yield unfinished
        if _log(unfinished).exists():
            raise BookError(f"The file {target} could not be finished; the disk may be full")
        unfinished.rename(target)
    finally:
        _remove_database(unfinished)


def _log(path: Path) -> Path:
    """The write-ahead log of a database."""
    return path.with_name(path.name + ".wal")


def _remove_database(path: Path) -> None:
    for file in (path, _log(path)):
        file.unlink(missing_ok=True)
