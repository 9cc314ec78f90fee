"""Opening the file of a book: one short-lived connection per operation or query."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from clientops.book.lock import locked
from clientops.book.place import check_one_name
from clientops.errors import BookError, LockedError
from clientops.tables.schema import quote_text

MEMORY_GIB = 3
_in_use: dict[int, duckdb.DuckDBPyConnection] = {}
_HOLDER = re.compile(r"Conflicting lock is held in (.*?) ?\(PID (\d+)\)")
_UMASK = threading.Lock()
_umasks: list[int] = []


@contextmanager
def connected(
    path: Path, *, write: bool, who: str, wait: float, staging: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a book, alone for writing or beside other readers, closed at the end.

    Args:
        path: The book's file; must exist.
        write: Whether to write.
        who: The operator, told to others who wait.
        wait: Seconds to wait for others at most.
        staging: A DuckDB file with rows to be imported; seen as ``staging``, read-only.

    Raises:
        LockedError: Another process held the book for longer.
        BookError: The file is missing or damaged.
    """
    if not path.exists():
        raise BookError(f"There is no book at {path}; make one with: clientops init, or clientops demo")
    check_one_name(path)
    with locked(path, write=write, who=who, wait=wait), private_files():
        connection = _connect(path, write=write, wait=wait)
        try:
            _in_use[threading.get_ident()] = connection
            configure(connection)
            with attached(connection, staging):
                yield connection
        finally:
            _in_use.pop(threading.get_ident(), None)
            connection.close()


def interrupt(thread: int) -> bool:
    """Break off the query that a thread of this process runs; whether it had a book open."""
    connection = _in_use.get(thread)
    if connection is not None:
        connection.interrupt()
    return connection is not None


@contextmanager
def attached(connection: duckdb.DuckDBPyConnection, staging: Path | None) -> Iterator[None]:
    """Let a file be seen as ``staging``, read-only, if one is given."""
    if staging is None:
        yield
        return
    connection.execute(f"attach {quote_text(str(staging))} as staging (read_only)")
    try:
        yield
    finally:
        with suppress(duckdb.Error):  # the connection may be beyond use
            connection.execute("detach staging")


@contextmanager
def private_files() -> Iterator[None]:
    """Let files that are made meanwhile be readable by their owner only: a book, its log, and what it spills.

    The engine makes them as the process does, so the whole process does so until the last thread leaves.
    """
    with _UMASK:
        _umasks.append(os.umask(0o077))
    try:
        yield
    finally:
        with _UMASK:
            before = _umasks.pop()
            if not _umasks:
                os.umask(before)


def configure(connection: duckdb.DuckDBPyConnection) -> None:
    """Settings that every connection to a book has."""
    connection.execute("set timezone = 'UTC'")
    connection.execute("set enable_progress_bar_print = false")  # it prints into notebooks and logs; ours do not
    memory = os.environ.get("CLIENTOPS_MEMORY") or _usual_memory(connection)
    if memory:
        connection.execute("set memory_limit = $memory", {"memory": memory})


def _usual_memory(connection: duckdb.DuckDBPyConnection) -> str:
    """The limit of a laptop, beyond which the engine spills to disk; empty where its own limit is lower still.

    Its own is four fifths of the machine's memory, in each process, and several people work on one machine.
    """
    own = connection.execute("select current_setting('memory_limit')").fetchone()
    number, unit = own[0].split() if own else ("0", "KiB")
    is_lower = unit in {"bytes", "KiB", "MiB"} or (unit == "GiB" and float(number) < MEMORY_GIB)
    return "" if is_lower else f"{MEMORY_GIB}GiB"


def _connect(path: Path, *, write: bool, wait: float) -> duckdb.DuckDBPyConnection:
    """Open the file, waiting for programs that do not take tickets (the duckdb shell, say)."""
    deadline = time.monotonic() + wait
    while True:
        try:
            return duckdb.connect(str(path), read_only=not write)
        except duckdb.IOException as error:
            held = _HOLDER.search(str(error))
            if not held:
                raise BookError(f"The book {path} cannot be opened: {_first_line(error)}") from error
            if time.monotonic() >= deadline:
                raise LockedError(str(path), f"{held[1] or 'a program'} (process {held[2]})", wait) from error
            time.sleep(0.05)
        except duckdb.Error as error:
            raise BookError(f"The book {path} cannot be opened: {_first_line(error)}") from error


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]


@contextmanager
def database_transaction(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """All or nothing. The only place that begins and commits; nothing inside it catches errors.

    After an error inside, the engine has rolled everything back and ``commit`` would return as if nothing had been.
    """
    connection.begin()
    try:
        yield
    except BaseException:
        _rollback(connection)
        raise
    connection.commit()


def _rollback(connection: duckdb.DuckDBPyConnection) -> None:
    with suppress(duckdb.Error):  # rolled back by the engine already; the first error is the one to tell
        connection.rollback()
