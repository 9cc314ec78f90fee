"""Writing a book's file anew, so that nothing is left in it of what was removed."""

from __future__ import annotations

from pathlib import Path

from clientops.book.backup import copy_book
from clientops.book.connection import connected
from clientops.book.lock import locked
from clientops.errors import BookError


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
    with locked(path, write=True, who=who, wait=wait):
        if path.with_name(f"{path.name}.wal").exists():
            raise BookError(
                f"The book {path} could not be written anew: another program has it open; try clientops compact"
            )
        new.unlink(missing_ok=True)
        copy_book(path, new)
        new.replace(path)
        due_file(path).unlink(missing_ok=True)
