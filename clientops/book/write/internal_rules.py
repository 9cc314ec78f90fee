"""Rules that only the program itself applies: recording what was done or asked for, and what clients do for themselves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime

from clientops.book.book import Book
from clientops.book.write.preview import Preview, Receipt, blank_preview
from clientops.core.errors import RefusedError
from clientops.core.plan import Rule
from clientops.schema.requests import Source


def preview_own(
    book: Book, rule: Rule, requests: Source, *, today: date | None = None, now: datetime | None = None
) -> Preview:
    """Plan what a rule of the program's own would change."""
    return book._preview(blank_preview(rule, requests, book.operator, book.zone, today=today, now=now))  # noqa: SLF001  rules of our own


def apply_previewed(book: Book, preview: Preview, *, reason: str | None) -> Receipt:
    """Apply what a preview of such a rule showed."""
    if preview.problems:
        raise RefusedError(preview.problems)
    return book._write(preview, reason, preview.operator)  # noqa: SLF001


def apply_own(
    book: Book,
    rule: Rule,
    requests: Source,
    *,
    reason: str | None,
    key: str | None = None,
    now: datetime | None = None,
    only_good: bool = False,
    is_clients_own: bool = False,
) -> Receipt:
    """Plan and apply a rule that nobody applies by hand.

    Args:
        book: The book.
        rule: The rule.
        requests: What is asked for.
        reason: Why.
        key: A name for this application; the same key is applied once.
        now: The moment; else this machine's.
        only_good: Leave out requests with problems.
        is_clients_own: Whether a client does it for themselves, in the client area: who has no role here.

    Raises:
        NotAllowedError: The operator's role is too low.
        RefusedError: There are problems; nothing was changed.
    """
    preview = blank_preview(rule, requests, book.operator, book.zone, now=now)
    if key:
        preview = replace(preview, key=key)
    return book._write(  # noqa: SLF001
        preview, reason, preview.operator, only_good=only_good, is_clients_own=is_clients_own
    )
