"""One writer or many readers on a book, in the order they came, across processes.

DuckDB lets one process write and nobody else in; whoever opens it must not race a closing writer. So every use of a
book takes a ticket first. Tickets are files in a folder beside the book, each locked (``flock``) by the process that
waits or works; a killed process loses its lock, and its ticket is passed over.
"""

from __future__ import annotations

import fcntl
import json
import os
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clientops.errors import LockedError

FIRST_PAUSE, LONGEST_PAUSE = 0.0005, 0.02
_TICKET = re.compile(r"(\d+)\.(read|write)")


@contextmanager
def locked(book: Path, *, write: bool, who: str, wait: float) -> Iterator[None]:
    """Hold a book for one writer, or together with other readers.

    Args:
        book: The book's file.
        write: Whether to be alone.
        who: What to tell others who wait, e.g. ``maria``.
        wait: Seconds to wait at most.

    Raises:
        LockedError: Others held it for longer; the message names them.
    """
    folder = lock_folder(book)
    number, ticket = _take_ticket(folder, write=write, who=who)
    try:
        _wait_turn(book, folder, number, write=write, wait=wait)
        yield
    finally:
        (folder / _name(number, write=write)).unlink(missing_ok=True)
        os.close(ticket)


def lock_folder(book: Path) -> Path:
    """Folder of the tickets of a book."""
    return book.with_name(book.name + ".lock")


def _name(number: int, *, write: bool) -> str:
    return f"{number:015d}.{'write' if write else 'read'}"


def _take_ticket(folder: Path, *, write: bool, who: str) -> tuple[int, int]:
    """Number and open, locked file of a new ticket, behind all that were taken before."""
    folder.mkdir(mode=0o700, exist_ok=True)
    counter = os.open(folder / "counter", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(counter, fcntl.LOCK_EX)  # held for microseconds, by whoever takes a ticket
        number = int(os.read(counter, 32) or b"0") + 1
        os.pwrite(counter, b"%d" % number, 0)
        ticket = os.open(folder / _name(number, write=write), os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        fcntl.flock(ticket, fcntl.LOCK_EX | fcntl.LOCK_NB)
        os.write(ticket, json.dumps({"pid": os.getpid(), "who": who}).encode())
    finally:
        os.close(counter)
    return number, ticket


def _wait_turn(book: Path, folder: Path, number: int, *, write: bool, wait: float) -> None:
    deadline, pause = time.monotonic() + wait, FIRST_PAUSE
    while blocker := _blocker(folder, number, write=write):
        if time.monotonic() >= deadline:
            raise LockedError(str(book), _describe(blocker), wait)
        time.sleep(pause)
        pause = min(pause * 1.5, LONGEST_PAUSE)


def _blocker(folder: Path, number: int, *, write: bool) -> Path | None:
    """The first living ticket ahead that stands in the way: any for a writer, a writer's for a reader."""
    for name in sorted(entry.name for entry in folder.iterdir()):
        ticket = _TICKET.fullmatch(name)
        if ticket is None or int(ticket[1]) >= number:
            continue
        if (write or ticket[2] == "write") and _is_alive(folder / name):
            return folder / name
    return None


def _is_alive(ticket: Path) -> bool:
    """Whether the process that took a ticket still holds it; a dead one's is taken away."""
    try:
        descriptor = os.open(ticket, os.O_RDWR)
    except FileNotFoundError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        ticket.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _describe(ticket: Path) -> str:
    """Who holds a ticket, for people."""
    try:
        holder = json.loads(ticket.read_bytes())
    except (FileNotFoundError, ValueError):
        return "another process"
    return f"{holder['who']} (process {holder['pid']})"
