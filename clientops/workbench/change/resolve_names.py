"""Requests of a form or of pasted rows, with the numbers of what they name by a text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from clientops.book.book import Book
from clientops.book.write.resolve_names import find_rows
from clientops.core.plan import Problem
from clientops.schema.requests import Request, read_requests


def read_named(
    book: Book, model: type[Request], rows: Sequence[Mapping[str, Any]]
) -> tuple[list[Mapping[str, Any]], list[Problem]]:
    """The rows with numbers in place of texts that find one row of the book each, and what is wrong with them.

    Old client numbers stay as they are: the preview says whose they are now.
    """
    read = read_requests(model, rows)
    if not read.named:
        return list(rows), list(read.problems)
    with book.tables() as tables:
        found = find_rows(tables, read)
    wanted = {(row, named.field) for named in read.named for row in named.rows}
    numbered: list[Mapping[str, Any]] = []
    for row, values in zip(rows, found.rows.to_pylist(), strict=True):
        new = {name: values[name] for name in row if (values["row"], name) in wanted and values[name] is not None}
        numbered.append({**row, **new})
    return numbered, list(found.problems)
