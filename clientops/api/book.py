"""The book as scripts and notebooks use it: tables and rules by name, DataFrames in and out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import duckdb
import pyarrow as pa

from clientops.api.balances import balance_steps
from clientops.api.changes import Preview, Receipt
from clientops.api.display import heading, html, html_table
from clientops.api.frames import requests_of
from clientops.api.history import Operation, RowHistory, table_diff
from clientops.api.proof import ProofMethods, day_named
from clientops.api.results import Result, TableView, moment_of
from clientops.api.rule_methods import RuleMethods
from clientops.book.book import Book as EngineBook
from clientops.book.book import default_path
from clientops.book.read.as_of import Moment
from clientops.core.errors import UsageError
from clientops.core.plan import Rule
from clientops.registry import rule as rule_named
from clientops.schema.days import day_sql
from clientops.schema.definition import all_tables

RuleName = str | Rule


class Book(RuleMethods, ProofMethods):
    """One file with everything in it, and the only way to change it.

    Every table is an attribute (``book.clients``), every rule a method (``book.issue_credit(…)``), which returns a
    preview. A book can be pickled and used from several threads: it holds a path and an operator, and no open file.

    Args:
        engine: The engine's book.
    """

    def __init__(self, engine: EngineBook) -> None:
        self.engine = engine

    def __reduce__(self) -> tuple[Any, ...]:
        return _reopened, (self.engine.path, self.engine.operator, self.engine.wait, self.engine.moment)

    @property
    def path(self) -> Path:
        """The file."""
        return self.engine.path

    @property
    def operator(self) -> str:
        """Who makes changes."""
        return self.engine.operator

    # -- reading ---------------------------------------------------------------------------------------------------

    def sql(self, query: str, *, as_of: str | Moment | None = None, **values: Any) -> Result:
        """Rows of one SELECT over the tables, now or as they were.

        Args:
            query: The SELECT. Values are named parameters (``where id = $id``), given as keywords.
            as_of: The tables as they were: a day (``2026-06-30``), a time, or the number of an operation.
            **values: Values of the parameters.

        Raises:
            UsageError: It is not a SELECT that the book can answer.
        """
        moment = None if as_of is None else moment_of(as_of)
        with self.engine.tables(moment) as tables, _plainly():
            return Result(_read_all(tables.query(query, **values)))

    def table(self, name: str) -> TableView:
        """A table by its name.

        Raises:
            UsageError: There is none of that name.
        """
        if name not in all_tables():
            raise UsageError(f"There is no table {name!r}; there are {', '.join(all_tables())}")
        return TableView(lambda query, moment: self.sql(query, as_of=moment), name)

    def __getattr__(self, name: str) -> TableView:
        if not name.startswith("_") and name in all_tables():
            return self.table(name)
        raise AttributeError(f"A book has neither a table nor a rule {name!r}; see book.tables and book.rules")

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *all_tables()})

    @property
    def tables(self) -> Result:
        """Every table with its meaning."""
        rows = [{"table": t.name, "columns": len(t.columns), "meaning": t.comment} for t in all_tables().values()]
        return Result(pa.Table.from_pylist(rows), "tables")

    @property
    def rules(self) -> Result:
        """Every rule with what it does."""
        from clientops.registry import rules

        rows = [{"rule": r.name, "group": r.group, "title": r.title, "risk": r.risk} for r in rules().values()]
        return Result(pa.Table.from_pylist(rows), "rules")

    def as_of(self, moment: str | Moment) -> Book:
        """The book as it was then; nothing can be changed in it."""
        return Book(self.engine.past(moment_of(moment)))

    def log(self, **filters: Any) -> Result:
        """Operations, the newest first.

        Args:
            **filters: ``operator``, ``rule``, ``client``, ``since``, ``until`` (days), ``limit`` (100 unless given).
        """
        for name in ("since", "until"):
            if isinstance(filters.get(name), str):
                filters[name] = moment_of(filters[name])
        rows = [asdict(line) for line in self.engine.operations(**filters)]
        return Result(pa.Table.from_pylist(rows) if rows else pa.table({"id": pa.array([], pa.int64())}), "operations")

    def operation(self, number: int) -> Operation:
        """One operation: who, when, why, what was asked for, and the exact rows before and after."""
        return Operation(self.engine.operation(number))

    def history(self, table: str, number: int) -> RowHistory:
        """Everything that happened to a row, the oldest first."""
        return RowHistory(table, number, self.engine.row_history(table, number))

    def diff(self, start: str | Moment, end: str | Moment | None, table: str) -> Result:
        """What changed in a table between two moments: one row for each changed value.

        Args:
            start: The earlier moment.
            end: The later one; None: now.
            table: The table.

        Returns:
            ``id, change`` (added, changed, removed), ``column, before, after`` (as text).
        """
        self.table(table)
        later = self if end is None else self.as_of(end)
        return table_diff(self.as_of(start), later, table)

    def explain_balance(self, client_id: int) -> Result:
        """A client's credit balance step by step, the oldest first.

        Returns:
            ``operation_id, applied_at, operator, rule, reason, entries`` (sum of the credit entries it wrote),
            ``change`` (of the balance) and ``balance`` after it. Where ``entries`` and ``change`` differ, the balance
            was set without an entry.
        """
        return balance_steps(self, client_id)

    def reconcile(self, *kinds: str) -> Result:
        """Differences between stored and derived figures, with their explanations."""
        from clientops.reconciliation.find import differences

        with self.engine.tables() as tables, _plainly():
            return Result(_read_all(differences(tables, kinds) if kinds else differences(tables)), "differences")

    def duplicates(self, *, threshold: float | None = None) -> Result:
        """Pairs of clients that are probably one party; nothing is written."""
        from clientops.matching.search import find_duplicates

        with self.engine.tables() as tables, _plainly():
            return Result(_read_all(find_duplicates(tables, threshold=threshold).pairs), "likely duplicates")

    def head(self) -> tuple[int, str]:
        """Number and hash of the newest operation; keep a copy outside the book."""
        return self.engine.head()

    # -- changing --------------------------------------------------------------------------------------------------

    def preview(
        self,
        rule: RuleName,
        requests: Any = None,
        *,
        today: str | date | None = None,
        now: datetime | None = None,
        **fields: Any,
    ) -> Preview:
        """Plan what a rule would change, and change nothing.

        Args:
            rule: The rule or its name, e.g. ``issue-credit``.
            requests: What is asked for; see :func:`clientops.api.frames.requests_of`. Or give ``fields``.
            today: The day it counts for; today unless given.
            now: The moment; now unless given.
            **fields: Fields of a single request, or of all that lack them.
        """
        day = day_named(today)
        return Preview(self, self.engine.preview(_rule(rule), requests_of(requests, fields), today=day, now=now))

    def apply(
        self,
        rule: RuleName | Preview,
        requests: Any = None,
        *,
        reason: str | None = None,
        key: str | None = None,
        today: str | date | None = None,
        only_good: bool = False,
        **fields: Any,
    ) -> Receipt:
        """Apply a preview, or plan and apply a rule in one go.

        Args:
            rule: A preview, a rule, or its name.
            requests: What is asked for, unless a preview is given.
            reason: Why; kept with the operation.
            key: Your name for this application; the same key is applied once.
            today: The day it counts for.
            only_good: Leave out requests with problems (they are in the receipt) and apply the others.
            **fields: Fields of a single request.

        Raises:
            RefusedError: There are problems; nothing was changed.
        """
        if isinstance(rule, Preview):
            return rule.apply(reason=reason)
        found = self.engine.apply_now(
            _rule(rule),
            requests_of(requests, fields),
            reason=reason,
            key=key,
            today=day_named(today),
            only_good=only_good,
        )
        return Receipt(self, found)

    def undo(self, operation: int | Receipt | Operation, *, reason: str | None = None) -> Receipt:
        """Take an operation back, as a new operation.

        Args:
            operation: Its number, its receipt, or the operation.
            reason: Why.

        Raises:
            RefusedError: Rows changed since; the problems name the operations that did it.
        """
        number = operation if isinstance(operation, int) else operation.operation_id
        return Receipt(self, self.engine.undo(number, reason=reason))

    # -- screens ---------------------------------------------------------------------------------------------------

    def form(self, rule: RuleName, **filled: Any) -> Any:
        """A form of a rule; see :func:`clientops.form`."""
        from clientops.api.widgets import form

        return form(self, rule, **filled)

    def screen(self, name: str = "home") -> Any:
        """A screen of the workbench, e.g. ``credits``; see :func:`clientops.screen`."""
        from clientops.api.widgets import screen

        return screen(name, book=self)

    # -- for people ------------------------------------------------------------------------------------------------

    def close(self) -> None:
        """Nothing is held open between calls; here so that a book can be used like a file."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _facts(self) -> list[tuple[str, str]]:
        number, sha256 = self.engine.head()
        first = self.sql(f"select {day_sql('min(applied_at)')} as day from history.operations").one()
        counts = self.sql(
            """
            select
                (select count(*) from clients) as clients,
                (select count(*) from invoices) as invoices,
                (select count(*) from transactions) as transactions
            """
        )[0]
        when = f" (as it was after operation {self.engine.moment})" if self.engine.moment is not None else ""
        return [
            ("file", str(self.path) + when),
            ("operator", self.operator),
            ("since", str(first or "no operation yet")),
            ("head", f"operation {number:,}, {sha256[:16]}…"),
            *((name, f"{count:,}") for name, count in counts.items()),
        ]

    def __repr__(self) -> str:
        return "Book\n" + "\n".join(f"  {name}: {value}" for name, value in self._facts())

    def _repr_html_(self) -> str:
        return html(heading("Book"), html_table(("", ""), self._facts()))


def open_book(path: str | Path | None = None, *, operator: str | None = None, wait: float = 30.0) -> Book:
    """Open a book.

    Args:
        path: Its file; else ``CLIENTOPS_BOOK``, else ``clientops.duckdb`` in this folder.
        operator: Who makes changes; else ``CLIENTOPS_OPERATOR``, else your system's user name.
        wait: Seconds to wait for others who use it.

    Raises:
        BookError: There is no such file, or it is not a book.
    """
    return Book(EngineBook(path or default_path(), operator=operator, wait=wait))


def _reopened(path: Path, operator: str, wait: float, moment: int | None) -> Book:
    """A book that was pickled."""
    book = open_book(path, operator=operator, wait=wait)
    return book if moment is None else book.as_of(moment)


def create_book(path: str | Path, *, operator: str | None = None) -> Book:
    """Make an empty book and open it."""
    return Book(EngineBook.create(path, operator=operator))


def _rule(rule: RuleName) -> Rule:
    return rule if isinstance(rule, Rule) else rule_named(str(rule).replace("_", "-"))


def _read_all(relation: Any) -> pa.Table:
    if relation is None:
        raise UsageError("A query must be one SELECT")
    return relation.to_arrow_table()


@contextmanager
def _plainly() -> Iterator[None]:
    """Errors of the engine as ours, with its explanation of where the query is wrong."""
    try:
        yield
    except duckdb.Error as error:
        text = str(error)
        told = text.partition("Error: ")[2] or text
        raise UsageError(f"The query cannot be answered: {told}") from None
