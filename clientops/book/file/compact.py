"""Copying a book that is in use, and rewriting its file, so that nothing is left in it of what was removed."""

from __future__ import annotations

from pathlib import Path

from clientops.book.file.backup import copy_book, copy_open_book
from clientops.book.file.connection import book_lease, connected
from clientops.core.errors import BookError


def due_file(path: Path) -> Path:
    """File beside a book that says that it has to be written anew, should that have been interrupted."""
    return path.with_name(f"{path.name}.compact-due")


def compact_book(path: Path, *, who: str, wait: float) -> None:
    """Write the book to a new file, which takes the place of the old one; others wait meanwhile.

    Raises:
        BookError: There is no room for it, or the log of the file cannot be emptied; the book is as it was.
    """
    new = path.with_name(f"{path.name}.compacted")
    with connected(path, write=True, who=who, wait=wait) as connection:
        connection.execute("checkpoint")
    with book_lease(path).closed(write=True, who=who, wait=wait):
        if path.with_name(f"{path.name}.wal").exists():
            raise BookError(
                f"The book {path} could not be written anew: another program has it open; try clientops compact"
            )
        new.unlink(missing_ok=True)
        copy_book(path, new)
        new.replace(path)
        due_file(path).unlink(missing_ok=True)


def write_backup(path: Path, target: Path, *, who: str, wait: float) -> None:
    """Write a consistent copy of a book while others go on: reading always, and writing too if they are in this process.

    Raises:
        BookError: The target exists, its folder does not, or it cannot be written.
    """
    lease = book_lease(path)
    if lease.is_open_for_writing:
        with connected(path, write=False, who=who, wait=wait) as connection:
            copy_open_book(connection, target)
        return
    with connected(path, write=False, who=who, wait=wait):
        pass  # waits for programs that take no ticket, too
    with lease.closed(write=False, who=who, wait=wait):
        copy_book(path, target)
