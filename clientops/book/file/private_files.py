"""Files that only their owner can read."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager

_UMASK = threading.Lock()
_umasks: list[int] = []


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
