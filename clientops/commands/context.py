"""What every command shares: the book, the operator, and whether a person or a program reads the answer."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import NamedTemporaryFile

import typer
from rich.text import Text

from clientops.book.book import WAIT, Book
from clientops.commands.output import errors, fail


@dataclass
class Context:
    """Options given before the command."""

    path: Path
    operator: str | None
    wait: float = WAIT
    as_json: bool = False
    as_of: str | None = None

    def book(self, operator: str | None = None, as_of: str | None = None) -> Book:
        """The book, opened for an operator, as it is or as it was."""
        book = Book(self.path, operator=operator or self.operator, wait=self.wait)
        if book.upgraded:
            errors.print(Text(book.upgraded), style="yellow")
        moment = moment_of(as_of or self.as_of)
        return book if moment is None else book.past(moment)


def moment_of(text: str | None) -> int | date | datetime | None:
    """The moment that ``--as-of`` names: an operation's number, a day, or a time (UTC where no zone is given)."""
    if text is None or text.isdigit():
        return None if text is None else int(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        fail(f"--as-of {text!r} is neither an operation's number nor a day like 2026-06-30")
    if len(text) <= len("2026-06-30"):
        return moment.date()
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@contextmanager
def readable_file(path: Path) -> Iterator[Path]:
    """A file that can be read more than once: ``-`` and pipes are copied to a private file first."""
    if str(path) != "-" and (path.is_file() or not path.exists()):
        yield path
        return
    if path.is_dir():
        fail(f"{path} is a folder; give a file")
    suffix = path.suffix if path.suffix.lower() in {".csv", ".tsv", ".txt", ".xlsx"} else ".csv"
    with NamedTemporaryFile(prefix="clientops-", suffix=suffix) as copied:
        if str(path) == "-":
            shutil.copyfileobj(sys.stdin.buffer, copied)
        else:
            with path.open("rb") as source:
                shutil.copyfileobj(source, copied)
        copied.flush()
        yield Path(copied.name)


def context_of(ctx: typer.Context) -> Context:
    """The shared options of a running command."""
    found = ctx.find_object(Context)
    assert found is not None
    return found
