"""What every part of the workbench works with: the book, who works, and how to get to another screen."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clientops.book.book import Book, default_path


class Desk:
    """The book that a person works on, and the way to other screens.

    Args:
        book: The book; else the one of ``CLIENTOPS_BOOK``.
        is_staff: Whether the person may see more than what is theirs.
    """

    def __init__(self, book: Book | None = None, *, is_staff: bool = True) -> None:
        self.is_staff = is_staff
        self.book = book or Book(default_path())
        self.go_to: Callable[[str], Any] = _stay

    @property
    def operator(self) -> str:
        """Who works."""
        return self.book.operator

    def go(self, route: str, _value: Any = None) -> Any:
        """Show another screen, e.g. ``client/12``."""
        return self.go_to(route)


def _stay(_route: str) -> None:
    """There is no other screen."""
