"""Backups are recorded in the book, so that an audit shows them and nobody forgets which copies there are."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

from pydantic import Field

from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_own
from clientops.book.write.preview import Receipt
from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.requests import Request, Text
from clientops.schema.tables import Tables


class RecordBackup(Request):
    """Record that a copy of the book was made."""

    file_name: Text = Field(title="File", description="Name of the copy")
    made_by: Text = Field(title="By", description="Who made it")
    last_operation: int = Field(title="Up to operation", description="Newest operation in it")
    head_sha256: Text = Field(title="Hash", description="Hash of that operation")


def record_backup(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record copies that were made.

    Args:
        tables: Read-only tables.
        requests: One row a copy. See ``RecordBackup``.
        today: Not used.
        now: When it was made.

    Returns:
        Inserts into ``backups``.

    Problems:
        None.
    """
    steps = tables.steps(requests=requests)
    steps.add("made", MADE.format(next_id=tables.next_id("backups")), now=now)
    return steps.plan(steps.insert("backups", "made"))


MADE = """
    select {next_id} + row_number() over (order by "row") as id, file_name, made_by, $now::timestamptz as made_at, last_operation, head_sha256
    from requests
"""

RECORD_BACKUP = Rule(
    "record-backup", "Record a backup", record_backup, RecordBackup, group="book", internal=True, is_record=True
)


def backup_and_record(book: Book, target: Path) -> Receipt:
    """Write a copy of the book and record it, in an operation after those that are in the copy."""
    book.backup(target)
    number, sha256 = Book(target, operator=book.operator).head()
    request = {"file_name": target.name, "made_by": book.operator, "last_operation": number, "head_sha256": sha256}
    return apply_own(book, RECORD_BACKUP, request, reason="Backup")
