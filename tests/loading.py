"""Books on disk with the rows that a test is about."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from clientops.book.book import Book
from clientops.core.plan import Plan, Rule
from clientops.schema.definition import column_list, quote_name, table
from clientops.schema.requests import Request
from clientops.schema.tables import Tables
from tests.books import create_small
from tests.builders import NOW, TODAY, tables


class LoadRows(Request):
    """Load the rows of other tables."""

    count: int


def load_book(path: Path, **rows: Sequence[Mapping[str, Any]]) -> Book:
    """A new book whose first operation brings the builders' currencies and the given rows."""
    return _copied(path, repr(rows), lambda made: load_tables(made, tables(**rows)))


_made: dict[str, Path] = {}


def _copied(path: Path, what: str, make: Callable[[Path], Book]) -> Book:
    """A copy of a book, which is made when it is asked for first: making one takes half a second of a processor."""
    if what not in _made:
        folder = Path(tempfile.mkdtemp(prefix="clientops-tests-"))
        atexit.register(shutil.rmtree, folder, ignore_errors=True)
        make(folder / "book.duckdb")
        _made[what] = folder / "book.duckdb"
    shutil.copy(_made[what], path)
    return Book(path, operator="test")


def load_tables(path: Path, given: Tables) -> Book:
    """A new book whose first operation brings everything that is in some tables in memory."""
    from clientops.schema.definition import all_tables

    images = {}
    for name in all_tables():
        relation = given.query(f"select * from {quote_name(name)}")
        arrow = relation.to_arrow_table()
        if arrow.num_rows:
            images[name] = arrow

    def load_rows(tables: Tables, requests: Any, *, today: Any, now: Any) -> Plan:
        steps = tables.steps(
            **{f"given {name}": tables._connection.from_arrow(image) for name, image in images.items()}
        )
        for name in images:
            steps.add(
                f"rows of {name}", f"select {column_list(table(name).column_names)} from {quote_name(f'given {name}')}"
            )
        return steps.plan(*(steps.insert(name, f"rows of {name}") for name in images))

    book = _copied(path, "empty", create_small)
    loader = Rule("load-rows", "Load rows", load_rows, LoadRows, lenient=True)
    book.apply_now(loader, {"count": len(images)}, reason="Rows of a test", today=TODAY, now=NOW)
    return book
