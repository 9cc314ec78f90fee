"""Is every anchor still in the chain, and how far back is history proven?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from clientops.book.proof.anchors import Anchor, check_signature, check_timestamp
from clientops.book.proof.findings import Finding


@dataclass(frozen=True)
class Trust:
    """What signatures and time stamps are checked against.

    Attributes:
        signers: File of allowed signers, as ``ssh-keygen -Y`` and git use it.
        authority: Certificates of the time-stamping authority (PEM).
    """

    signers: Path | None = None
    authority: Path | None = None


def check_anchors(
    connection: duckdb.DuckDBPyConnection, anchors: Sequence[Anchor], trust: Trust
) -> tuple[list[Finding], tuple[str, ...], int]:
    """Anchors that do not fit, a sentence about each that does, and the newest operation that they prove."""
    hashes = dict(connection.execute("select sha256, id from history.operations").fetchall()) if anchors else {}
    old = dict(connection.execute("select sha256, operation_id from history.old_heads").fetchall()) if anchors else {}
    findings, fitting, proven = [], [], 0
    for anchor in anchors:
        what = (
            f"the anchor of operation {anchor.operation}" if anchor.operation else f"the anchor {anchor.sha256[:16]}…"
        )
        where = f" ({anchor.source})" if anchor.source else ""
        number = hashes.get(anchor.sha256)
        if number is None and anchor.sha256 in old:
            fitting.append(
                f"{what}{where} is of the chain before the book was hashed again; only newer ones prove it now"
            )
            continue
        if number is None or (anchor.operation and number != anchor.operation):
            text = f"{what}{where} is not in the chain: the book was cut back or rewritten"
            findings.append(Finding("cut_back", text, anchor.operation or None))
            continue
        wrong, seen = _check_witnesses(anchor, trust)
        findings += [Finding("anchor_forged", f"{what}{where}: {text}", number) for text in wrong]
        fitting.append(f"operations 1 to {number} are proven by {what}{where}{seen}")
        proven = max(proven, number)
    return findings, tuple(fitting), proven


def _check_witnesses(anchor: Anchor, trust: Trust) -> tuple[list[str], str]:
    wrong, seen = [], f", written down {anchor.made_at}" if anchor.made_at else ""
    if anchor.signature:
        name = check_signature(anchor, trust.signers) if trust.signers else ""
        if name:
            seen += f", signed by {name}"
        elif trust.signers:
            wrong.append("its signature is not of an allowed signer")
        else:
            seen += ", signed (not checked: no file of allowed signers was given)"
    if anchor.timestamp:
        at = check_timestamp(anchor, trust.authority) if trust.authority else ""
        if at:
            seen += f", time-stamped {at}"
        elif trust.authority:
            wrong.append("its time stamp does not fit")
        else:
            seen += ", time-stamped (not checked: no certificate of the authority was given)"
    return wrong, seen
