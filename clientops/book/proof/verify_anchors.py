"""Is every anchor still in the chain, and how far back is history proven?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from clientops.book.proof.anchors import Anchor
from clientops.book.proof.findings import Finding
from clientops.book.proof.verify_chain import TOLERANCE
from clientops.book.proof.witnesses import check_file, check_signature, check_timestamp


@dataclass(frozen=True)
class Trust:
    """What signatures and time stamps are checked against.

    Where one of the two is given, an anchor proves something only if it is signed, or stamped, and that holds.

    Attributes:
        signers: File of allowed signers, as ``ssh-keygen -Y`` and git use it.
        authority: Certificates of the time-stamping authority (PEM).
    """

    signers: Path | None = None
    authority: Path | None = None

    def check(self) -> None:
        """Refuse files that cannot be read.

        Raises:
            UsageError: With the file.
        """
        if self.signers is not None:
            check_file(self.signers, "file of allowed signers")
        if self.authority is not None:
            check_file(self.authority, "certificate of the time-stamping authority")


@dataclass(frozen=True)
class _Judged:
    """What became of an anchor's signature and time stamp."""

    wrong: tuple[str, ...]
    seen: str
    holds: bool
    at: datetime | None


def check_anchors(
    connection: duckdb.DuckDBPyConnection, anchors: Sequence[Anchor], trust: Trust
) -> tuple[list[Finding], tuple[str, ...], int]:
    """Anchors that do not fit, a sentence about each that does, and the newest operation that they prove."""
    trust.check()
    hashes = dict(connection.execute("select sha256, id from history.operations").fetchall()) if anchors else {}
    old = dict(connection.execute("select sha256, operation_id from history.old_heads").fetchall()) if anchors else {}
    findings, fitting, proven = [], [], 0
    for anchor in anchors:
        what = (
            f"the anchor of operation {anchor.operation}" if anchor.operation else f"the anchor {anchor.sha256[:16]}…"
        )
        what += f" ({anchor.source})" if anchor.source else ""
        number = hashes.get(anchor.sha256)
        if number is None or (anchor.operation and number != anchor.operation):
            text = f"{what} is not in the chain: the book was cut back or rewritten"
            if anchor.sha256 in old:
                text = f"{what} is of the chain before the book was hashed again, and proves nothing in this one"
            findings.append(Finding("cut_back", text, anchor.operation or None))
            continue
        judged = _check_witnesses(anchor, trust)
        findings += [Finding("anchor_forged", f"{what}: {text}", number) for text in judged.wrong]
        if judged.wrong:
            continue
        if not judged.holds:
            fitting.append(
                f"{what} is in the chain, but is not counted as proof: it has no signature or time stamp that was asked for"
            )
            continue
        findings += _check_time(connection, number, judged.at or anchor.moment(), what)
        fitting.append(f"operations 1 to {number} are proven by {what}{judged.seen}")
        proven = max(proven, number)
    return findings, tuple(fitting), proven


def _check_witnesses(anchor: Anchor, trust: Trust) -> _Judged:
    wrong, seen, at = [], f", written down {anchor.made_at}" if anchor.made_at else "", None
    witnesses = 0
    if anchor.signature:
        name = check_signature(anchor, trust.signers) if trust.signers else ""
        if name:
            witnesses += 1
            seen += f", signed by {name}"
        elif trust.signers:
            wrong.append("its signature is not of an allowed signer, or not of this anchor")
        else:
            seen += ", signed (not checked: --signers names the allowed signers)"
    if anchor.timestamp:
        at = check_timestamp(anchor, trust.authority) if trust.authority else None
        if at:
            witnesses += 1
            seen += f", time-stamped {at:%Y-%m-%d %H:%M:%S} UTC"
        elif trust.authority:
            wrong.append("its time stamp is not of this authority, or not of this anchor")
        else:
            seen += ", time-stamped (not checked: --tsa-ca names the certificate of the authority)"
    asked = trust.signers is not None or trust.authority is not None
    return _Judged(tuple(wrong), seen, witnesses > 0 or not asked, at)


def _check_time(connection: duckdb.DuckDBPyConnection, number: int, at: datetime | None, what: str) -> list[Finding]:
    """Operations after an anchor that claim to be older than it, and an anchored one that claims to be younger."""
    if at is None:
        return []
    rows = connection.execute(
        "select id, applied_at from history.operations where (id <= $number and applied_at > $late) "
        "or (id > $number and applied_at < $early) order by id limit 100",
        {"number": number, "late": at + TOLERANCE, "early": at - TOLERANCE},
    ).fetchall()
    findings = []
    for operation, moment in rows:
        claim = f"operation {operation} claims to have been applied at {moment.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        if operation <= number:
            text = f"{claim}, but {what} proves that it existed at {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            findings.append(Finding("time_ahead", text, operation))
        else:
            text = f"{claim}, but {what} proves that it did not exist at {at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            findings.append(Finding("time_falls", text, operation))
    return findings
