"""One writer or many readers on a book, in the order they came, across processes.

DuckDB lets one process write and nobody else in; whoever opens it must not race a closing writer. So every process that
opens a book takes a ticket first. Tickets are files in a folder beside the book, each locked (``flock``) by the process
that waits or works; a killed process loses its lock, and its ticket is passed over.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import re
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from types import FrameType
from typing import Any

from clientops.core.errors import BookError, LockedError

FIRST_PAUSE, LONGEST_PAUSE = 0.0005, 0.02
NOTES_APART = 0.25
"""Seconds between two notes of progress in a ticket."""
_TICKET = re.compile(r"(\d+)\.(read|write)")
_inherited: set[int] = set()


@contextmanager
def locked(book: Path, *, write: bool, who: str, wait: float) -> Iterator[None]:
    """Hold a book for one writer, or together with other readers.

    Args:
        book: The book's file.
        write: Whether to be alone.
        who: Who holds it, for others who wait, e.g. ``maria``.
        wait: Seconds to wait at most.

    Raises:
        LockedError: Others held it for longer; the message names them.
        BookError: The folder of the tickets cannot be used.
    """
    ticket = Ticket(book, write=write, who=who)
    try:
        ticket.take()
        ticket.wait_turn(wait)
        yield
    finally:
        ticket.drop()


def lock_folder(book: Path) -> Path:
    """Folder of the tickets of a book."""
    return book.with_name(book.name + ".lock")


class Ticket:
    """A place in the queue for a book, and, when its turn has come, the right to open it.

    Args:
        book: The book's file.
        write: Whether to be alone.
        who: Who waits or works.
    """

    def __init__(self, book: Path, *, write: bool, who: str) -> None:
        self.book, self.write, self.who = book, write, who
        self.folder = lock_folder(book)
        self.number = 0
        self._descriptor = -1
        self._noted = 0.0

    @property
    def path(self) -> Path:
        """The ticket's file."""
        return self.folder / f"{self.number:015d}.{'write' if self.write else 'read'}"

    def take(self) -> None:
        """Get a place behind all that were taken before.

        Raises:
            BookError: The folder cannot be used; nothing is left in it.
        """
        with uninterrupted():
            try:
                self._take()
            except OSError as error:
                self.drop()
                raise BookError(_folder_sentence(self.folder, error)) from error
            except BaseException:
                self.drop()
                raise

    def _take(self) -> None:
        self.folder.mkdir(mode=0o700, exist_ok=True)
        counter = os.open(self.folder / "counter", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(counter, fcntl.LOCK_EX)  # held for microseconds, by whoever takes a ticket
            number = max(_counted(counter), *(n for n, _, _ in _tickets(self.folder)), 0) + 1
            # A full disk has no room for a longer number: the tickets that exist tell the order as well.
            with _room_is_optional():
                os.pwrite(counter, b"%d" % number, 0)
                os.ftruncate(counter, len(str(number)))
            self.number = number
            self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
            _inherited.add(self._descriptor)
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        finally:
            os.close(counter)
        self._write({})

    def drop(self) -> None:
        """Give the place or the book up; harmless if there is nothing to give up."""
        with uninterrupted():
            if self._descriptor < 0:
                return
            with suppress(OSError):  # somebody may have removed the whole folder
                self.path.unlink(missing_ok=True)
            descriptor, self._descriptor = self._descriptor, -1
            _inherited.discard(descriptor)
            os.close(descriptor)

    def wait_turn(self, wait: float, waiting: Callable[[str], Any] | None = None) -> None:
        """Wait until nobody ahead stands in the way.

        Args:
            wait: Seconds to wait at most.
            waiting: Called now and then with who stands in the way.

        Raises:
            LockedError: It took longer.
        """
        deadline, pause = time.monotonic() + wait, FIRST_PAUSE
        while blocker := self._blocker():
            if time.monotonic() >= deadline:
                raise LockedError(str(self.book), _describe(blocker), wait)
            if waiting is not None and pause >= LONGEST_PAUSE:
                waiting(_describe(blocker))
            time.sleep(pause)
            pause = min(pause * 1.5, LONGEST_PAUSE)

    def _blocker(self) -> Path | None:
        """The first living ticket ahead that stands in the way: any for a writer, a writer's for a reader."""
        for number, write, file in sorted(_tickets(self.folder)):
            if number < self.number and (self.write or write) and _is_alive(file):
                return file
        return None

    def waiters(self) -> str:
        """Whether somebody behind waits for this ticket: ``write`` or ``read`` for the first of them, else empty.

        A ticket behind may be one that is being made, so that nothing is tried with its lock.
        """
        try:
            behind = sorted(_tickets(self.folder))
        except OSError:  # the folder is gone, and whoever waited with it
            return ""
        for number, write, _ in behind:
            if number > self.number and (self.write or write):
                return "write" if write else "read"
        return ""

    def note(self, doing: str, share: float) -> None:
        """Let those who wait see what is being done, and how far it is; not more often than is of use."""
        now = time.monotonic()
        if self._descriptor >= 0 and now - self._noted >= NOTES_APART:
            self._noted = now
            self._write({"doing": doing[:200], "share": round(share, 3)})

    def _write(self, more: dict[str, Any]) -> None:
        text = json.dumps({"pid": os.getpid(), "who": self.who, **more}).encode()
        with _room_is_optional():
            os.pwrite(self._descriptor, text, 0)
            os.ftruncate(self._descriptor, len(text))


class uninterrupted:  # noqa: N801  # reads as a statement
    """Put off Ctrl-C until the end of a few steps that belong together; other threads are never interrupted anyway."""

    def __enter__(self) -> None:
        self._handler: Any = None
        self._late: list[tuple[int, FrameType | None]] = []
        if threading.current_thread() is threading.main_thread():
            before = signal.getsignal(signal.SIGINT)
            if callable(before):
                self._handler = before
                signal.signal(signal.SIGINT, self._note)

    def _note(self, number: int, frame: FrameType | None) -> None:
        self._late.append((number, frame))

    def __exit__(self, *_: object) -> None:
        if self._handler is not None:
            signal.signal(signal.SIGINT, self._handler)
            if self._late:
                self._handler(*self._late[0])


@contextmanager
def _room_is_optional() -> Iterator[None]:
    """Go on without what only helps others where the disk is full: reading a book needs no room."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise


def _counted(counter: int) -> int:
    """The last number that was given out; 0 where the file says nothing that is a number."""
    text = os.pread(counter, 32, 0).strip()
    return int(text) if text.isdigit() and len(text) < 16 else 0


def _tickets(folder: Path) -> list[tuple[int, bool, Path]]:
    """Number, whether it is a writer's, and file of each ticket; other files are passed over."""
    names = os.listdir(folder)  # noqa: PTH208  # half the time of iterdir, and this runs in every wait
    found = [(ticket, name) for name in names if (ticket := _TICKET.fullmatch(name))]
    return [(int(ticket[1]), ticket[2] == "write", folder / name) for ticket, name in found]


def _is_alive(ticket: Path) -> bool:
    """Whether the process that took a ticket still holds it; a dead one's is removed."""
    try:
        descriptor = os.open(ticket, os.O_RDONLY)
    except FileNotFoundError:
        return False
    except OSError:  # another account's: it cannot be tried, so it counts
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    else:
        with suppress(OSError):
            ticket.unlink(missing_ok=True)
        return False
    finally:
        os.close(descriptor)


def _describe(ticket: Path) -> str:
    """Who holds a ticket, for people: from its text, else from the system's list of locks."""
    try:
        holder = json.loads(ticket.read_bytes())
        who, pid = str(holder["who"]), int(holder["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        pid = _locking_process(ticket)
        return f"another process (process {pid})" if pid else "another process"
    doing = holder.get("doing")
    share = holder.get("share")
    how_far = f", {share:.0%}" if isinstance(share, (int, float)) and 0 < share <= 1 else ""
    return f"{who} (process {pid}){f': {doing}{how_far}' if isinstance(doing, str) and doing else ''}"


def _locking_process(ticket: Path) -> int:
    """Number of the process that holds the lock of a file, by Linux's list; 0 if it cannot be found out."""
    try:
        inode = ticket.stat().st_ino
        lines = Path("/proc/locks").read_text(encoding="ascii").splitlines()
    except (OSError, ValueError):
        return 0
    for line in lines:
        part = line.split()
        if len(part) > 5 and part[1] == "FLOCK" and part[5].rpartition(":")[2] == str(inode):
            return int(part[4])
    return 0


def _folder_sentence(folder: Path, error: OSError) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"The book cannot be opened: there is no room for a ticket in {folder} ({error.strerror})"
    if folder.exists() and not folder.is_dir():
        return f"The book cannot be opened: {folder} is a file, and a folder is needed there; rename or remove the file"
    return (
        f"The book cannot be opened: {folder} cannot be used ({error.strerror or error}); everyone who works on the book "
        "must be able to write in that folder"
    )


def _leave_to_the_parent() -> None:
    """In a forked child: its copies of the tickets' descriptors would keep the locks of a parent that is gone."""
    for descriptor in _inherited:
        with suppress(OSError):
            os.close(descriptor)
    _inherited.clear()


os.register_at_fork(after_in_child=_leave_to_the_parent)
