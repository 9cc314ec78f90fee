"""Connections to the file of a book: for reading, each with its own view of one moment; for writing, one at a time."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import duckdb

from clientops.book.file.lease import Lease, lease_of
from clientops.book.file.network_files import refuse_network_files
from clientops.book.file.place import check_one_name
from clientops.book.file.private_files import private_files as private_files  # noqa: PLC0414
from clientops.core.errors import BookError, ClientopsError, LockedError
from clientops.schema.definition import quote_text

MEMORY_GIB = 3
_in_use: dict[int, list[duckdb.DuckDBPyConnection]] = {}
_staging_turns: dict[Path, threading.Lock] = {}
_HOLDER = re.compile(r"Conflicting lock is held in (.*?) ?\(PID (\d+)\)")


@contextmanager
def connected(
    path: Path, *, write: bool, who: str, wait: float, staging: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection to a book for one thread: alone for writing, or for reading, beside others, the book of one moment.

    Args:
        path: The book's file; must exist.
        write: Whether to write.
        who: The operator, named to others who wait.
        wait: Seconds to wait for others at most.
        staging: A DuckDB file with rows to be imported; seen as ``staging``, read-only.

    Raises:
        LockedError: Others held the book for longer.
        BookError: The file is missing or damaged.
    """
    lease = book_lease(path)
    with (
        _staging_turn(path, staging, who, wait),
        private_files(),
        lease.using(write=write, who=who, wait=wait) as connection,
    ):
        used = _in_use.setdefault(threading.get_ident(), [])
        used.append(connection)
        try:
            connection.execute(SESSION)
            with attached(connection, staging):
                try:
                    if not write:
                        connection.execute("begin transaction read only")
                    yield connection
                finally:
                    if not write:
                        _rollback(connection)
        finally:
            used.remove(connection)
            if not used:
                _in_use.pop(threading.get_ident(), None)


def book_lease(path: Path) -> Lease:
    """What this process has of a book's file.

    Raises:
        BookError: There is no such file, or it is on a network file system.
    """
    if not path.exists():
        raise BookError(f"There is no book at {path}; make one with: clientops init, or clientops demo")
    check_one_name(path)
    refuse_network_files(path)
    return lease_of(path, _connect)


# The engine would print its progress into notebooks and logs; ours does not.
SESSION = "set timezone = 'UTC'; set enable_progress_bar_print = false"


@contextmanager
def _staging_turn(path: Path, staging: Path | None, who: str, wait: float) -> Iterator[None]:
    """All threads see what one of them attaches by the same name, so those who import take turns."""
    if staging is None:
        yield
        return
    turn = _staging_turns.setdefault(path.resolve(), threading.Lock())
    if not turn.acquire(timeout=wait):
        raise LockedError(str(path), "another import in this process", wait)
    try:
        yield
    finally:
        turn.release()


def interrupt(thread: int) -> bool:
    """Break off the query that a thread of this process runs; whether it had a book open."""
    connections = _in_use.get(thread, ())
    for connection in tuple(connections):
        connection.interrupt()
    return bool(connections)


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


def configure(connection: duckdb.DuckDBPyConnection) -> None:
    """Settings of an engine that has a book open."""
    connection.execute(SESSION)
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
            with private_files():
                connection = duckdb.connect(str(path), read_only=not write)
                configure(connection)
                return connection
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


@contextmanager
def one_sentence() -> Iterator[None]:
    """Turn an error of the engine into one of ours, for an operation that changed nothing."""
    try:
        yield
    except duckdb.Error as error:
        raise ClientopsError(f"Nothing was changed: {_first_line(error)}") from error
