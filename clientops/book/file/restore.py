"""Bringing a backup back."""

from __future__ import annotations

from pathlib import Path

from clientops.book.book import Book
from clientops.book.file.backup import copy_book
from clientops.book.file.place import book_path
from clientops.book.proof.verify import Report
from clientops.core.errors import BookError


def restore(backup: str | Path, target: str | Path, *, operator: str | None = None) -> Report:
    """Bring a backup back as a new file, verified.

    Raises:
        BookError: The target exists, or the backup is no book or does not agree with itself; then there is no new file.
    """
    source, book = book_path(backup), book_path(target)
    if not source.exists():
        raise BookError(f"There is no backup at {source}")
    copy_book(source, book)
    try:
        report = Book(book, operator=operator).verify()
    except BookError:
        book.unlink()
        raise
    if not report.is_clean:
        book.unlink()
        raise BookError(f"The backup {backup} is damaged: {report.findings[0].message}")
    return report
