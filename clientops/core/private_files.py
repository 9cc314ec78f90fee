"""Files that may hold secrets or what is said of persons: readable by whoever makes them, and nobody else."""

from __future__ import annotations

import os
from pathlib import Path
from typing import IO


def open_private(path: Path, mode: str = "w", *, encoding: str = "utf-8", newline: str | None = None) -> IO[str]:
    """Open a file for writing (``w``) or adding to it (``a``) that only its owner can read; one that exists becomes so.

    What is no file (a pipe, ``/dev/stdout``) is opened as it is.
    """
    flags = os.O_WRONLY | os.O_CREAT | (os.O_TRUNC if mode == "w" else os.O_APPEND)
    descriptor = os.open(path, flags, 0o600)
    file = os.fdopen(descriptor, mode, encoding=encoding, newline=newline)
    if path.is_file() and os.fstat(descriptor).st_uid == os.getuid():
        os.fchmod(descriptor, 0o600)
    return file
