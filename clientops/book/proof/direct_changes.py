"""Direct SQL of a book: found beside other work, and recorded by an admin."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from clientops.book.approval.permissions import authority, check_role
from clientops.book.file.connection import database_transaction
from clientops.book.proof import direct_sql as drift
from clientops.book.write.preview import Receipt
from clientops.core.errors import NotAllowedError
from clientops.schema.definition import all_tables

if TYPE_CHECKING:
    from clientops.book.book import Book

LONGEST_LOOK = 0.5


def find_direct(book: Book, between: Callable[[], None]) -> list[drift.DirectChange]:
    """Rows that were changed by other means than operations, e.g. an UPDATE typed into DuckDB.

    Each table is compared with its history as of one moment; between tables others get their turn, after ``between``.
    """
    found: list[drift.DirectChange] = []
    names = list(all_tables())
    while names:
        between()
        with book._open(write=False) as connection:  # noqa: SLF001
            until = time.monotonic() + LONGEST_LOOK
            while names and time.monotonic() < until:
                for name in drift.drifted_tables(connection, drift.filled_tables(connection, [names.pop(0)])):
                    found += drift.find_direct_changes(connection, name)
    return found


def adopt_direct(book: Book, reason: str, *, remove_copies: bool = False) -> Receipt:
    """Record direct SQL as an operation; an admin decides about that, alone unless the policy names it.

    Raises:
        NotAllowedError: Whoever asks is no admin, or the policy wants a second person for direct SQL, which cannot wait.
    """
    with book._open(write=True) as connection, database_transaction(connection):  # noqa: SLF001
        policy = book._policy(connection)  # noqa: SLF001
        check_role(policy, book.operator, drift.RULE, "admin")
        if not remove_copies and any(drift.RULE in entry.rules for entry in policy.second_person):
            raise NotAllowedError(
                f"Nothing was changed: the policy wants a second person for {drift.RULE}, which cannot wait for one. Put it "
                "back (clientops direct --revert) and enter it with a rule"
            )
        right = authority(policy, book.operator)
        return drift.adopt(connection, book.operator, reason, right, remove_copies=remove_copies)
