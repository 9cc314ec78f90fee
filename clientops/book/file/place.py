"""Where a book is: one path for its file, whatever name it was called by."""

from __future__ import annotations

from pathlib import Path

from clientops.core.errors import BookError


def book_path(path: str | Path) -> Path:
    """The one path of a book's file: absolute, with all links followed.

    Lock, policy, reviews and everything else that belongs to a book stands beside this path, so that all who use the
    book find the same, by whichever link or folder they come.

    Raises:
        BookError: Links point at each other in a circle.
    """
    try:
        return Path(path).resolve()
    except (OSError, RuntimeError) as error:
        raise BookError(f"There is no book at {path}: its links point at each other in a circle") from error


def check_one_name(path: Path) -> None:
    """Refuse a file that has several names (hard links).

    A file that is written again takes the place of one name only: the others would go on with a book of their own.

    Raises:
        BookError: It has several.
    """
    try:
        names = path.stat().st_nlink
    except OSError:
        return  # whoever opens it says what is wrong
    if path.is_file() and names > 1:
        raise BookError(
            f"The book {path} has {names} names (hard links), and each would find another lock and policy. Remove the "
            f"others (find them with: find / -samefile {path}), or use a symbolic link"
        )
