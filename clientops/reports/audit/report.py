"""The audit report of a period: its sections, as a page and as a workbook."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from pathlib import Path

import duckdb

from clientops.book.approval.policy import Policy
from clientops.book.book import Book, default_path
from clientops.book.proof.direct_sql import DirectChange
from clientops.core.errors import UsageError
from clientops.reports.audit.amounts import amounts_section, differences_section
from clientops.reports.audit.credit import adjusted_section, bridge_section, large_section
from clientops.reports.audit.people import (
    hours_section,
    manual_section,
    removals_section,
    self_dealing_section,
    who_section,
)
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Figure, Section
from clientops.reports.audit.stopped import stopped_section
from clientops.reports.audit.trust import Trust, damaged_section, direct_section, integrity_section
from clientops.reports.documents.printing import render_html

Builder = Callable[[Period, Trust], Section]

SECTIONS: dict[str, Builder] = {
    "integrity": integrity_section,
    "who": lambda period, _: who_section(period),
    "manual-entries": lambda period, _: manual_section(period),
    "large": lambda period, _: large_section(period),
    "adjustments": lambda period, _: adjusted_section(period),
    "removals-section": lambda period, _: removals_section(period),
    "direct-sql": direct_section,
    "hours": lambda period, _: hours_section(period),
    "own-accounts": lambda period, _: self_dealing_section(period),
    "policy": lambda period, _: stopped_section(period),
    "amounts": lambda period, _: amounts_section(period),
    "balances": lambda period, _: bridge_section(period),
    "open": lambda period, _: differences_section(period),
}
# A table that is gone, or a macro in place of a function, ends a query with one of these.
DAMAGED = (duckdb.Error, UsageError)
TITLES = {
    "integrity": "Integrity", "who": "Who did what", "manual-entries": "Manual entries", "large": "Credit above the limit",
    "adjustments": "Adjustments without entry", "removals-section": "Deletes and merges", "direct-sql": "Direct SQL",
    "hours": "Outside office hours", "own-accounts": "Self-dealing", "policy": "Policy", "amounts": "Round amounts and first digits",
    "balances": "Account credit from opening to closing", "open": "Open differences",
}  # fmt: skip


def build_section(name: str, period: Period, trust: Trust) -> Section:
    """A section; of a book that was tampered with so that it cannot be worked out, one that says so."""
    try:
        return SECTIONS[name](period, trust)
    except DAMAGED as error:
        if name == "integrity":
            return damaged_section(trust)
        text = f"could not be worked out: {str(error).splitlines()[0]}"
        return Section(name, TITLES[name], "The book is damaged here.", (Figure(TITLES[name], text, "", "bad"),))


@dataclass(frozen=True)
class Audit:
    """The audit of a book over a period; each part is worked out when it is looked at.

    Attributes:
        book: The book.
        first: First day (UTC).
        last: Last day (UTC).
        policy: The policy with the limits of the audit.
    """

    book: Book
    first: date
    last: date
    policy: Policy

    @cached_property
    def trust(self) -> Trust:
        """The verification; long for a large book, so once for the whole report."""
        return Trust(self.book.verify(), tuple(self._direct_changes()))

    def _direct_changes(self) -> list[DirectChange]:
        try:
            return self.book.direct_changes()
        except DAMAGED:
            return []  # tables are missing: the verification names them

    @contextmanager
    def period(self) -> Iterator[Period]:
        """The period over tables as of its end; where a table is missing, so that there is no past, over what is there."""
        before, until = self.bounds
        with ExitStack() as opened:
            try:
                tables = opened.enter_context(self.book.tables(until))
            except DAMAGED:
                tables = opened.enter_context(self.book.tables())
            yield Period(tables, self.first, self.last, before, until, self.policy)

    @cached_property
    def bounds(self) -> tuple[int, int]:
        """Last operation before the period, and last one of it; zeros where there is no list of operations any more."""
        try:
            return self._bounds()
        except DAMAGED:
            return 0, 0

    def _bounds(self) -> tuple[int, int]:
        return self.book.past(self.first - timedelta(days=1)).head()[0], self.book.past(self.last).head()[0]

    @cached_property
    def sections(self) -> tuple[Section, ...]:
        """All sections, in order."""
        with self.period() as period:
            return tuple(build_section(name, period, self.trust) for name in SECTIONS)

    def section(self, name: str) -> Section:
        """One section by its key, e.g. ``integrity``."""
        return next(section for section in self.sections if section.key == name)

    @property
    def heading(self) -> str:
        """What the report is about."""
        seen = "" if self.book.moment is None else f", as it was after operation {self.book.moment}"
        return f"Audit of {self.book.path.name}, {self.first} to {self.last}{seen}"

    def _repr_html_(self) -> str:
        return "\n".join(section.html() for section in self.sections)

    def html(self) -> str:
        """The whole report as one page; the line with class ``time`` is the only one that differs between two runs."""
        return page(self, [(section.key, section.title, section.html()) for section in self.sections])


def open_audit(
    book: Book | str | Path | None = None,
    first: date | str | None = None,
    last: date | str | None = None,
    as_of: int | None = None,
) -> Audit:
    """The audit of a book over a period.

    Args:
        book: The book, or its file; else that of ``CLIENTOPS_BOOK``.
        first: First day (UTC); else the first of this year.
        last: Last day (UTC); else today.
        as_of: Operation after which the book is looked at; else what the book is looked at as of. What is verified is the
            whole book, in any case.

    Raises:
        UsageError: The period ends before it begins.
    """
    opened = book if isinstance(book, Book) else Book(book or default_path())
    opened = opened if as_of is None else opened.past(as_of)
    until = _day(last) or datetime.now(UTC).date()
    since = _day(first) or until.replace(month=1, day=1)
    if since > until:
        raise UsageError(f"The period begins on {since}, after its end on {until}")
    return Audit(opened, since, until, _policy(opened))


def _policy(book: Book) -> Policy:
    """The policy of a book; the default one where its list of operations is gone."""
    try:
        return book.policy
    except DAMAGED:
        return Policy()


def _day(value: date | str | None) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else value
    except ValueError:
        raise UsageError(f"{value!r} is no day; give it as 2026-06-30") from None


def page(audit: Audit, parts: list[tuple[str, str, str]]) -> str:
    """The report's page from the HTML of its parts, (key, title, HTML)."""
    made = f"Made on {datetime.now(UTC):%Y-%m-%d %H:%M:%S} UTC by {audit.book.operator}"
    anchors = {anchor for _, _, html in parts for anchor in re.findall(r'\bid="([^"]+)"', html)}
    linked = [(key, title, _without_dead_links(html, anchors)) for key, title, html in parts]
    return render_html("audit.html.j2", heading=audit.heading, made=made, parts=linked)


def _without_dead_links(html: str, anchors: set[str]) -> str:
    """The same page without links to rows that are not in it: operations before the period, or beyond what a list shows."""
    return re.sub(r'<a href="#([^"]+)">([^<]*)</a>', lambda link: link[0] if link[1] in anchors else link[2], html)
