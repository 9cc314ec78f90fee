"""Other processes that hold a book, for tests of waiting: each says ``ready`` when it holds it."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).parents[1]

HOLD_BOOK = """
    from clientops.book.file.lock import locked
    with locked(path, write={write}, who={who!r}, wait=20):
        say_ready_and_wait()
"""

HOLD_FILE = """
    import duckdb
    connection = duckdb.connect(str(path), read_only={read_only})
    say_ready_and_wait()
"""

PREPARED = """
    import sys
    from pathlib import Path
    path = Path(sys.argv[1])
    def say_ready_and_wait():
        print("ready", flush=True)
        sys.stdin.readline()
"""


def start(code: str, *arguments: object, stdin: int | None = subprocess.PIPE) -> subprocess.Popen[str]:
    """A Python process running the code."""
    return subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(code), *map(str, arguments)],
        stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT,
    )  # fmt: skip


@contextmanager
def holding(code: str, path: Path) -> Iterator[subprocess.Popen[str]]:
    """A process that has run the code up to ``ready``; it goes on, and is waited for, at the end."""
    process = start(textwrap.dedent(PREPARED) + textwrap.dedent(code), path)
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line == "ready\n", process.communicate()[1]
        yield process
    finally:
        if process.poll() is None and process.stdin is not None:
            process.communicate("go on\n", timeout=30)
        process.wait(timeout=30)
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()


def hold_book(path: Path, *, write: bool = True, who: str = "nora"):
    """A process that holds a book as clientops does."""
    return holding(HOLD_BOOK.format(write=write, who=who), path)


def hold_file(path: Path, *, read_only: bool = False):
    """A process that has the file open as the duckdb shell does, without a ticket."""
    return holding(HOLD_FILE.format(read_only=read_only), path)
