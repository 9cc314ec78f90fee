"""What every part of the workbench works with: the book, who works, and how to get to another screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clientops.book.book import Book, default_path
from clientops.book.read.as_of import Moment
from clientops.workbench.ui.errors import Trouble


class Desk:
    """The book that a person works on, and the way to other screens.

    Args:
        book: The book; else the one of ``CLIENTOPS_BOOK``.
        is_staff: Whether the person may see more than what is theirs.
    """

    def __init__(self, book: Book | None = None, *, is_staff: bool = True) -> None:
        self.is_staff = is_staff
        self.direct_changes = 0  # rows that were changed by other means than operations, as far as anybody looked
        self.unlooked: Trouble | None = None  # why that is not known
        self.book = book or Book(default_path())
        self.present = self.book
        self.go_to: Callable[[str], Any] = _stay
        self.hand_over: Callable[[str, str, str], Any] = _keep

    @property
    def operator(self) -> str:
        """Who works."""
        return self.book.operator

    def state_of_book(self) -> tuple[object, ...]:
        """Something that differs whenever the book's file, or the moment it is looked at, does; nothing is opened for it."""
        files = (self.book.path, self.book.path.with_name(f"{self.book.path.name}.wal"))
        return (
            self.book.moment, *((file.stat().st_mtime_ns, file.stat().st_size) if file.exists() else None for file in files)
        )  # fmt: skip

    def looked(self, direct_changes: int) -> None:
        """Somebody looked for rows that were changed by other means than operations; every screen tells how many there are."""
        self.direct_changes, self.unlooked = direct_changes, None

    def look_at(self, moment: Moment | None) -> None:
        """Show the book as it was then; None: as it is. Nothing can be changed in the past."""
        self.book = self.present if moment is None else self.present.past(moment)

    def go(self, route: str, _value: Any = None) -> Any:
        """Show another screen, e.g. ``client/12``."""
        return self.go_to(route)


def _stay(_route: str) -> None:
    """There is no other screen."""


def _keep(_name: str, _text: str, _kind: str) -> None:
    """There is no browser to hand a file (its name, its content as base64, its type) to."""
