"""What every command shares: the book, the operator, and whether a person or a program reads the answer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import typer

from clientops.book.book import WAIT, Book


@dataclass
class Context:
    """Options given before the command."""

    path: Path
    operator: str | None
    wait: float = WAIT
    as_json: bool = False

    def book(self, operator: str | None = None) -> Book:
        """The book, opened for an operator."""
        return Book(self.path, operator=operator or self.operator, wait=self.wait)


def context_of(ctx: typer.Context) -> Context:
    """The shared options of a running command."""
    found = ctx.find_object(Context)
    assert found is not None
    return found
