"""Anchors: the head of a book, kept outside of it; what proves that nothing was rewritten.

An anchor is one JSON object on a line: the number of an operation and its hash, who wrote it down and when, and, where
wanted, a signature and a time stamp (``witnesses.py``). ``docs/evidence-format.md`` specifies it.
"""

from __future__ import annotations

import email
import email.policy
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clientops.book.proof.chain import GENESIS
from clientops.book.proof.programs import run_program
from clientops.core.errors import UsageError

FORMAT = "clientops-anchor-1"
LARGEST = 200 * 2**20
"""Bytes of a file, or of a part of one, that is searched for anchors."""

_HASH = re.compile(r"[0-9a-f]{64}")
_BEGIN = re.compile(rf'\{{\s*"format"\s*:\s*"{FORMAT}"')
_PARTS = (".xml", ".jsonl", ".json", ".txt")


@dataclass(frozen=True)
class Anchor:
    """A head that was written down outside the book.

    Attributes:
        operation: Number of the operation; 0 if only its hash is known.
        sha256: Its hash.
        made_at: When it was written down (ISO 8601, UTC); empty if that is not known.
        made_by: Who wrote it down.
        signature: SSH signature over :meth:`message`, armored; empty without one.
        timestamp: RFC 3161 response over :meth:`message`, base64; empty without one.
        source: File that it was read from.
    """

    operation: int
    sha256: str
    made_at: str = ""
    made_by: str = ""
    signature: str = ""
    timestamp: str = ""
    source: str = ""

    def message(self) -> bytes:
        """What is signed and time-stamped."""
        return f"{FORMAT}\n{self.operation}\n{self.sha256}\n{self.made_at}\n{self.made_by}\n".encode()

    def line(self) -> str:
        """The anchor as one line of JSON."""
        given = {name: value for name, value in asdict(self).items() if value != "" and name != "source"}
        return json.dumps({"format": FORMAT, **given}, ensure_ascii=False)

    def moment(self) -> datetime | None:
        """When it was written down; None if that is not known, or is no moment with a zone."""
        try:
            at = datetime.fromisoformat(self.made_at)
        except ValueError:
            return None
        return at if at.tzinfo else None


def new_anchor(head: tuple[int, str], operator: str, at: datetime) -> Anchor:
    """An anchor of a head, of a moment just before the head was read: whatever came later has a later operation."""
    return Anchor(head[0], head[1], at.astimezone(UTC).isoformat(timespec="seconds"), operator)


def read_anchors(path: Path) -> list[Anchor]:
    """Every anchor in a file: lines of JSON; a report, workbook, mail or evidence bundle that holds such lines; a bare hash.

    Raises:
        UsageError: The file cannot be read, holds none, or holds one that is damaged.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UsageError(f"The anchor file {path} cannot be read: {error.strerror}") from error
    if len(content) > LARGEST:
        raise UsageError(
            f"The anchor file {path} is larger than {LARGEST >> 20} MB; give the file that clientops wrote"
        )
    found = [_anchor(given, path) for text in _texts(content, path) for given in _objects(text, path)]
    if not found:
        bare = content.decode("utf-8", errors="replace").strip().lower()
        if not _HASH.fullmatch(bare):
            raise UsageError(f"The file {path} holds no anchor; clientops anchor --to writes one")
        found = [Anchor(0, bare, source=path.name)]
    return list(dict.fromkeys(found))


def _texts(content: bytes, path: Path) -> Iterator[str]:
    """The texts of a file: itself, the parts of an archive or workbook, or the decoded parts of a mail."""
    if content.startswith(b"PK\x03\x04"):
        try:
            with zipfile.ZipFile(io.BytesIO(content)) as archive:
                for entry in archive.infolist():
                    if not entry.filename.endswith(_PARTS):
                        continue
                    if entry.file_size > LARGEST:
                        raise UsageError(
                            f"{entry.filename} in the anchor file {path} is larger than {LARGEST >> 20} MB; "
                            "give the file that clientops wrote"
                        )
                    yield html.unescape(archive.read(entry).decode("utf-8", errors="replace"))
        except (zipfile.BadZipFile, NotImplementedError, RuntimeError, EOFError, OSError) as error:
            raise UsageError(f"The anchor file {path} is a damaged archive: {error}") from error
        return
    text = content.decode("utf-8", errors="replace")
    if re.match(r"(From |[A-Za-z-]+: )", text):
        message = email.message_from_bytes(content, policy=email.policy.default)
        for part in message.walk():
            if not part.is_multipart():
                body = part.get_payload(decode=True)
                yield body.decode("utf-8", errors="replace") if isinstance(body, bytes) else ""
        return
    yield html.unescape(text) if "&quot;" in text or "&#34;" in text else text


def _objects(text: str, path: Path) -> Iterator[dict[str, Any]]:
    """The JSON objects of anchors in a text; lines that a mail program broke are joined again."""
    decoder = json.JSONDecoder()
    for match in _BEGIN.finditer(text):
        for candidate in (
            text[match.start() :],
            re.sub(r"\s*\n\s*", " ", text[match.start() : match.start() + 100_000]),
        ):
            try:
                given, _ = decoder.raw_decode(candidate)
            except ValueError:
                continue
            yield given
            break
        else:
            raise UsageError(f"An anchor in {path} is damaged: {text[match.start() : match.start() + 80]}")


def _anchor(given: dict[str, Any], path: Path) -> Anchor:
    number, sha256 = given.get("operation"), str(given.get("sha256", "")).lower()
    if not isinstance(number, int) or isinstance(number, bool) or number < 0:
        raise UsageError(f"An anchor in {path} names the operation {number!r}; it must be a number")
    if not _HASH.fullmatch(sha256) or (sha256 == GENESIS and number):
        raise UsageError(f"An anchor in {path} has no SHA-256 hash (64 digits of 0 to 9 and a to f): {sha256[:80]!r}")
    texts = {
        f.name: str(given.get(f.name, "")) for f in fields(Anchor) if f.name not in {"operation", "sha256", "source"}
    }
    return Anchor(number, sha256, **texts, source=path.name)


def append_anchor(path: Path, anchor: Anchor, *, commit: bool = True) -> bool:
    """Write an anchor behind those in a file; in a work tree of git, commit the file.

    Returns:
        Whether it was committed.

    Raises:
        UsageError: The file cannot be written, or git refuses to commit it.
    """
    try:
        with path.open("a+b") as file:
            size = file.tell()
            file.seek(max(0, size - 1))
            between = b"\n" if size and file.read(1) != b"\n" else b""
            file.write(between + anchor.line().encode() + b"\n")
    except OSError as error:
        raise UsageError(f"The anchor file {path} cannot be written: {error.strerror}") from error
    return commit and _commit(path, f"Anchor operation {anchor.operation}")


def _commit(path: Path, subject: str) -> bool:
    git = ["git", "-C", str(path.resolve().parent)]
    try:
        inside = run_program([*git, "rev-parse", "--is-inside-work-tree"], check=False)
    except UsageError:  # no git: then it is no repository that matters
        return False
    if inside is None or inside.strip() != b"true":
        return False
    name = path.resolve().name
    try:
        run_program([*git, "add", "--", name])
        run_program([*git, "commit", "-q", "-m", subject, "--", name])
    except UsageError as error:
        raise UsageError(f"The anchor was written to {path}, but not committed: {error}") from error
    return True
