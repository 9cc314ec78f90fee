"""What proves a book to somebody outside: verification, evidence bundles and backups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

from clientops.api.history import VerifyReport
from clientops.book.book import Book as EngineBook
from clientops.book.file.backup_log import backup_and_record
from clientops.book.proof.anchors import read_anchors
from clientops.book.proof.evidence import Evidence, write_evidence
from clientops.book.proof.verify_anchors import Trust
from clientops.core.errors import UsageError


class ProofMethods:
    """Methods of a book about proof."""

    engine: EngineBook

    def verify(
        self,
        head: str | None = None,
        *,
        anchors: Sequence[str | Path] = (),
        signers: str | Path | None = None,
        authority: str | Path | None = None,
    ) -> VerifyReport:
        """Whether tables, history and the chain of operations agree.

        Args:
            head: Hash that you kept outside the book; it must still be in the chain.
            anchors: Files of anchors, or reports, mails and workbooks that hold one; each must still be in the chain.
            signers: File of allowed signers, as ``ssh-keygen -Y`` has it; then only signed anchors count as proof.
            authority: Certificates of the time-stamping authority (PEM); then only stamped anchors count as proof.

        Raises:
            UsageError: One of the files cannot be read, or holds no anchor.
        """
        found = [anchor for path in anchors for anchor in read_anchors(Path(path))]
        trust = Trust(*(Path(path) if path else None for path in (signers, authority)))
        return VerifyReport(self.engine.verify(head, anchors=found, trust=trust))

    def evidence(
        self,
        first: str | date,
        last: str | date,
        path: str | Path,
        *,
        anchors: Sequence[str | Path] = (),
        overwrite: bool = False,
    ) -> Evidence:
        """Write the operations, rows, hashes and anchors of a period for somebody to check without clientops.

        Args:
            first: First day of the period.
            last: Last day of it.
            path: File to write, e.g. ``bundle.zip``; only its owner can read it.
            anchors: Files of anchors to put into the bundle.
            overwrite: Replace an existing file.

        Returns:
            What was written: ``path``, ``begin`` and ``end`` (number and hash of the operation before the period, and of
            its last one), ``rows`` (lines of each file).

        Raises:
            UsageError: A day is none, the file exists, or an anchor is not of this book.
            BookError: The history of the period does not fit its hashes.
        """
        found = [anchor for file in anchors for anchor in read_anchors(Path(file))]
        days = (day_named(first, "first") or date.min, day_named(last, "last") or date.min)
        return write_evidence(self.engine, *days, Path(path).absolute(), anchors=found, overwrite=overwrite)

    def backup(self, path: str | Path) -> Path:
        """Write a consistent copy of the book to a new file, an anchor of its head beside it, and record it in the book."""
        backup_and_record(self.engine, Path(path).absolute())
        return Path(path)


def day_named(day: str | date | None, name: str = "today") -> date | None:
    """A day that was given as text; ``name`` is the argument's.

    Raises:
        UsageError: It is no day.
    """
    if isinstance(day, str):
        try:
            return date.fromisoformat(day.strip())
        except ValueError:
            raise UsageError(f"{name} {day!r} is not a day; write it like 2026-06-30") from None
    return day
