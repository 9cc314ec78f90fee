"""Who has a book's file open: one engine for all threads of a process, and each process in its turn.

Within a process, threads share one open file: each gets a connection of its own, reads see the book as it was when they
began, and writes take turns. Between processes, the file is held under a ticket (:mod:`clientops.book.file.lock`); when
somebody outside waits, nobody new is let in, and the file is closed as soon as those who were in are done.
"""

from __future__ import annotations

import atexit
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Protocol

import duckdb

from clientops.book.file.lock import Ticket, uninterrupted
from clientops.book.file.private_files import private_files
from clientops.core.errors import LockedError


class Opener(Protocol):
    """Opens a file, waiting for programs that take no tickets for so many seconds."""

    def __call__(self, path: Path, *, write: bool, wait: float) -> duckdb.DuckDBPyConnection:
        """The open file."""


LOG_KEPT = 4 * 2**20
"""Bytes of write-ahead log up to which it is left to the next writer instead of being written into the file."""
BEAT = 0.02
_serials = count(1)


@dataclass(eq=False)
class Use:
    """One thread's use of an open book."""

    who: str
    write: bool
    alone: bool = False
    thread: int = field(default_factory=threading.get_ident)
    serial: int = field(default_factory=lambda: next(_serials))
    since: float = field(default_factory=time.monotonic)
    doing: str = ""


class Lease:
    """The open file of one book in this process.

    Args:
        path: The book's file.
        opener: Opens it.
    """

    def __init__(self, path: Path, opener: Opener) -> None:
        self.path, self.opener = path, opener
        self.hold = 0.0
        self.writes_first = False
        self._state = threading.Condition()
        self._root: duckdb.DuckDBPyConnection | None = None
        self._ticket: Ticket | None = None
        self._is_moving = False
        self._is_broken = False
        self._uses: list[Use] = []
        self._queue: list[Use] = []
        self._gate = 0
        self._idle_since = 0.0
        self._keeper: threading.Thread | None = None

    # -- entering and leaving --------------------------------------------------------------------------------------

    @contextmanager
    def using(self, *, write: bool, who: str, wait: float) -> Iterator[duckdb.DuckDBPyConnection]:
        """A connection for this thread alone; a writer's is the only one that writes.

        Raises:
            LockedError: Others were in the way for longer; the message names them.
        """
        use = Use(who, write)
        connection = None
        try:
            try:
                root = self._enter(use, wait)
            except LockedError as error:
                raise LockedError(error.path, error.holder, wait) from None
            connection = root.cursor()
            yield connection
        finally:
            with uninterrupted():
                try:
                    if connection is not None:
                        self._check(connection)
                finally:
                    self._leave(use)

    def _check(self, connection: duckdb.DuckDBPyConnection) -> None:
        """Close a connection, and notice an engine that gave up for good, e.g. as the disk was full."""
        try:
            with suppress(duckdb.TransactionException):
                connection.rollback()
            connection.execute("select 1")
        except duckdb.Error:
            self._is_broken = True
        connection.close()

    @contextmanager
    def closed(self, *, write: bool, who: str, wait: float) -> Iterator[None]:
        """The file to oneself and closed, to be copied or replaced; without ``write`` beside readers of other processes.

        Raises:
            LockedError: Others were in the way for longer; the message names them.
        """
        use = Use(who, write, alone=True)
        ticket = Ticket(self.path, write=write, who=who)
        deadline = time.monotonic() + wait
        try:
            self._enter_alone(use, wait)
            ticket.take()
            ticket.wait_turn(max(0.0, deadline - time.monotonic()))
            yield
        finally:
            with uninterrupted():
                ticket.drop()
                self._leave_alone(use)

    @property
    def is_open_for_writing(self) -> bool:
        """Whether this process has the file open for writing, so that others of it read and write beside one another."""
        with self._state:
            return self._ticket is not None and self._ticket.write

    def note(self, doing: str, share: float) -> None:
        """Let those who wait see what the writer is at."""
        with self._state:
            writer = next((use for use in self._uses if use.write), None)
            if writer is not None:
                writer.doing = f"{doing}{f', {share:.0%}' if 0 < share <= 1 else ''}"
            if self._ticket is not None:
                with suppress(OSError):
                    self._ticket.note(doing, share)

    def _enter(self, use: Use, wait: float) -> duckdb.DuckDBPyConnection:
        deadline = time.monotonic() + wait
        with self._state:
            if use.write:
                self._queue.append(use)
            try:
                while True:
                    if self._may_enter(use):
                        assert self._root is not None
                        self._uses.append(use)
                        return self._root
                    if self._may_move(use):
                        # Its turn has come, so it goes in, whoever waits behind by now.
                        root = self._open(use, max(0.0, deadline - time.monotonic()))
                        self._uses.append(use)
                        return root
                    self._wait(use, deadline, wait)
            finally:
                if use in self._queue:
                    self._queue.remove(use)
                self._state.notify_all()

    def _wait(self, use: Use, deadline: float, wait: float) -> None:
        left = deadline - time.monotonic()
        if left <= 0:
            raise LockedError(str(self.path), self._in_the_way(use), wait)
        self._state.wait(min(left, 0.05))

    def _in_the_way(self, use: Use) -> str:
        others = [other for other in self._uses if other is not use and (other.write or other.alone)] or self._uses
        if not others:
            return "another part of this program"
        other = max(others, key=lambda found: found.write)
        seconds = int(time.monotonic() - other.since)
        doing = f": {other.doing}" if other.doing else ""
        return f"{other.who} (this process, for {seconds} s{doing})"

    def _is_inside(self, use: Use) -> bool:
        return any(other.thread == use.thread for other in self._uses)

    def _may_enter(self, use: Use) -> bool:
        if self._root is None or self._is_moving or self._ticket is None:
            return False
        if use.write:
            if not self._ticket.write or self._queue[0] is not use or any(other.write for other in self._uses):
                return False
        elif self._is_inside(use):
            return True
        return not self._is_gate_closed()

    def _is_gate_closed(self) -> bool:
        """Whether somebody waits for the file to be given up, and nobody is in any more who was in before that.

        As long as one of those is in, others may come in beside them: it makes nobody wait longer.
        """
        assert self._ticket is not None
        if not self._gate and (self._is_broken or self._wants_more() or self._ticket.waiters()):
            self._gate = next(_serials)
        return bool(self._gate) and not any(other.serial < self._gate for other in self._uses)

    def _wants_more(self) -> bool:
        """Whether somebody here waits for another way of having the file: for writing, or closed."""
        return bool(self._queue) and (
            any(waiting.alone for waiting in self._queue) or (self._ticket is not None and not self._ticket.write)
        )

    def _may_move(self, use: Use) -> bool:
        """Whether this thread is to open the file, or to open it in another way."""
        if self._is_moving or self._uses or (use.write and self._queue[0] is not use):
            return False
        return not (self._queue and self._queue[0].alone)

    # -- opening and closing ---------------------------------------------------------------------------------------

    def _open(self, use: Use, wait: float) -> duckdb.DuckDBPyConnection:
        """Open the file under a new ticket, behind whoever waits. The state is held, and let go meanwhile."""
        write = use.write or self.writes_first or bool(self._queue)
        self._is_moving = True
        ticket = Ticket(self.path, write=write, who=use.who)
        root = None
        self._state.release()
        try:
            self._shut()
            begun = time.monotonic()
            ticket.take()
            ticket.wait_turn(wait)
            root = self.opener(self.path, write=write, wait=max(0.0, wait - (time.monotonic() - begun)))
        except BaseException:
            ticket.drop()
            if root is not None:
                root.close()
            root = None
            raise
        finally:
            self._state.acquire()
            if root is not None:
                self._root, self._ticket, self._is_broken = root, ticket, False
            self._is_moving = False
            self._gate = 0
            self._state.notify_all()
        if self.hold > 0 and (self._keeper is None or not self._keeper.is_alive()):
            self._keeper = threading.Thread(target=self._keep, name="clientops lease", daemon=True)
            self._keeper.start()
        assert root is not None
        return root

    def _shut(self) -> None:
        """Close the file and give the ticket back; nobody is in, and nobody comes in meanwhile."""
        root, ticket = self._root, self._ticket
        self._root = self._ticket = None
        try:
            if root is not None:
                with private_files():
                    _close(root, self.path, to_writer=ticket is not None and ticket.waiters() == "write")
        finally:
            if ticket is not None:
                ticket.drop()

    def _leave(self, use: Use) -> None:
        with self._state:
            if use not in self._uses:
                self._state.notify_all()
                return
            self._uses.remove(use)
            self._idle_since = time.monotonic()
            if not self._uses and not self._is_moving and self._ticket is not None:
                others = self._ticket.waiters()
                if others or self._is_broken or (self.hold <= 0 and not self._queue) or self._wants_more():
                    self._close_now()
            self._state.notify_all()

    def _close_now(self) -> None:
        """Close the file. The state is held, and let go meanwhile."""
        self._is_moving = True
        self._state.release()
        try:
            self._shut()
        finally:
            self._state.acquire()
            self._is_moving = False
            self._gate = 0
            self._state.notify_all()

    def _enter_alone(self, use: Use, wait: float) -> None:
        deadline = time.monotonic() + wait
        with self._state:
            self._queue.append(use)
            try:
                while self._is_moving or self._uses or self._queue[0] is not use:
                    self._wait(use, deadline, wait)
                self._is_moving = True
            finally:
                self._queue.remove(use)
            self._uses.append(use)
        try:
            self._shut()
        except BaseException:
            self._leave_alone(use)
            raise

    def _leave_alone(self, use: Use) -> None:
        with self._state:
            if use in self._uses:
                self._uses.remove(use)
                self._is_moving = False
                self._gate = 0
            self._state.notify_all()

    def give_up(self, *, after: float = 0.0) -> bool:
        """Close the file if nobody uses it, and has not for so many seconds; whether it is closed."""
        with self._state:
            if self._root is None:
                return True
            if self._uses or self._is_moving or time.monotonic() - self._idle_since < after:
                return False
            self._close_now()
            return True

    def _keep(self) -> None:
        """Close the file when somebody waits for it, or nobody has used it for a while."""
        while True:
            time.sleep(BEAT)
            with self._state:
                if self._root is None and not self._is_moving:
                    self._keeper = None
                    return
                is_wanted = self._ticket is not None and not self._is_moving and bool(self._ticket.waiters())
            self.give_up(after=0.0 if is_wanted else self.hold)


def _close(root: duckdb.DuckDBPyConnection, path: Path, *, to_writer: bool) -> None:
    """Close the engine. A writer who waits goes on with the write-ahead log, which is not written into the file first."""
    log = path.with_name(f"{path.name}.wal")
    if to_writer and log.exists() and log.stat().st_size < LOG_KEPT:
        with suppress(duckdb.Error):
            root.execute("pragma disable_checkpoint_on_shutdown")
    root.close()


# -- the leases of this process --------------------------------------------------------------------------------------

_leases: dict[Path, Lease] = {}
_guard = threading.Lock()
_orphans: list[dict[Path, Lease]] = []
_usual_hold = 0.0
_usually_writes = False


def lease_of(path: Path, opener: Opener) -> Lease:
    """The lease of a book in this process."""
    real = path.resolve()
    with _guard:
        if real not in _leases:
            _leases[real] = Lease(path, opener)
            _leases[real].hold, _leases[real].writes_first = _usual_hold, _usually_writes
        return _leases[real]


def hold_open(seconds: float, *, for_writing: bool = False) -> None:
    """Keep books open for so many seconds after their last use, while nobody else waits for them: for long-lived programs.

    Meanwhile this process must not open, copy or close the file by other means.

    Args:
        seconds: How long; 0: close it at once.
        for_writing: Whether to open it for writing where somebody only reads: for programs with many users.
    """
    global _usual_hold, _usually_writes
    with _guard:
        _usual_hold, _usually_writes = seconds, for_writing
        for lease in _leases.values():
            lease.hold, lease.writes_first = seconds, for_writing


def close_books() -> None:
    """Close every book that is open and not in use."""
    with _guard:
        leases = list(_leases.values())
    for lease in leases:
        lease.give_up()


def _forget_in_child() -> None:
    """A forked child must not touch the parent's open file, not even to close it."""
    global _guard  # noqa: PLW0603
    _orphans.append(dict(_leases))
    _leases.clear()
    _guard = threading.Lock()


os.register_at_fork(after_in_child=_forget_in_child)
atexit.register(close_books)
