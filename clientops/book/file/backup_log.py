"""Backups are recorded in the book, so that an audit shows them and nobody forgets which copies there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from pydantic import Field

from clientops.book.book import Book
from clientops.book.proof.anchors import append_anchor, new_anchor
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


@dataclass(frozen=True)
class Backup:
    """A copy that was made.

    Attributes:
        receipt: Of the operation that recorded it.
        operation: Newest operation in it.
        sha256: Hash of that.
    """

    receipt: Receipt
    operation: int
    sha256: str


def backup_and_record(book: Book, target: Path) -> Backup:
    """Write a copy of the book with an anchor of its head beside it, and record it, in an operation after those in the copy."""
    at = datetime.now(UTC)
    book.backup(target)
    number, sha256 = Book(target, operator=book.operator).head()
    if number:
        append_anchor(anchor_file(target), new_anchor((number, sha256), book.operator, at), commit=False)
    request = {"file_name": target.name, "made_by": book.operator, "last_operation": number, "head_sha256": sha256}
    return Backup(apply_own(book, RECORD_BACKUP, request, reason="Backup"), number, sha256)


def anchor_file(target: Path) -> Path:
    """Where the anchor of a copy is written."""
    return target.with_name(f"{target.name}.anchor")
