"""Anchors: the head of a book, kept outside of it, signed and time-stamped where wanted; what proves that nothing was rewritten.

An anchor is one JSON object on a line: the number of an operation and its hash, who wrote it down and when, and, where
wanted, a signature (``ssh-keygen -Y sign``) and a token of a time-stamping authority (RFC 3161). ``docs/anchors.md``.
"""

from __future__ import annotations

import base64
import json
import re
import subprocess
import tempfile
import urllib.error
import urllib.request
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from clientops.core.errors import UsageError

FORMAT = "clientops-anchor-1"
NAMESPACE = "clientops"
_HASH = re.compile(r"[0-9a-f]{64}")
_LINE = re.compile(r'\{"format": ?"clientops-anchor-1".*?\}(?=\s|<|$)')


@dataclass(frozen=True)
class Anchor:
    """A head that was written down outside the book.

    Attributes:
        operation: Number of the operation; 0 if only its hash is known.
        sha256: Its hash.
        made_at: When it was written down, as text; empty if that is not known.
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
        return f"{FORMAT}\n{self.operation}\n{self.sha256}\n".encode()

    def line(self) -> str:
        """The anchor as one line of JSON."""
        given = {name: value for name, value in asdict(self).items() if value != "" and name != "source"}
        return json.dumps({"format": FORMAT, **given}, ensure_ascii=False)


def new_anchor(head: tuple[int, str], operator: str) -> Anchor:
    """An anchor of a head, made now."""
    return Anchor(head[0], head[1], datetime.now(UTC).isoformat(timespec="seconds"), operator)


def read_anchors(path: Path) -> list[Anchor]:
    """Every anchor in a file: lines of JSON, a report or mail that holds such lines, or a bare hash.

    Raises:
        UsageError: The file cannot be read, or holds none.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"The anchor file {path} cannot be read: {error.strerror}") from error
    text = text.replace("&quot;", '"').replace("&#34;", '"')
    found = [_anchor(match[0], path) for match in _LINE.finditer(text)]
    if not found and _HASH.fullmatch(text.strip().lower()):
        found = [Anchor(0, text.strip().lower(), source=path.name)]
    if not found:
        raise UsageError(f"The file {path} holds no anchor; clientops anchor writes one")
    return found


def _anchor(text: str, path: Path) -> Anchor:
    try:
        given: dict[str, Any] = json.loads(text)
        number, sha256 = int(given["operation"]), str(given["sha256"]).lower()
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"An anchor in {path} cannot be read: {text[:80]}") from error
    if not _HASH.fullmatch(sha256):
        raise UsageError(f"An anchor in {path} has no SHA-256 hash: {sha256[:80]}")
    made_at, made_by, signature, timestamp = (
        str(given.get(name, "")) for name in ("made_at", "made_by", "signature", "timestamp")
    )
    return Anchor(number, sha256, made_at, made_by, signature, timestamp, path.name)


def append_anchor(path: Path, anchor: Anchor, *, commit: bool = True) -> bool:
    """Write an anchor behind those in a file; in a work tree of git, commit the file.

    Returns:
        Whether it was committed.

    Raises:
        UsageError: The file cannot be written, or git refuses.
    """
    try:
        with path.open("a", encoding="utf-8") as file:
            file.write(anchor.line() + "\n")
    except OSError as error:
        raise UsageError(f"The anchor file {path} cannot be written: {error.strerror}") from error
    folder = str(path.parent)
    inside = _run(["git", "-C", folder, "rev-parse", "--is-inside-work-tree"], check=False)
    if not commit or inside is None or inside.strip() != b"true":
        return False
    _run(["git", "-C", folder, "add", "--", path.name])
    subject = f"Anchor operation {anchor.operation}"
    _run(["git", "-C", folder, "commit", "-q", "-m", subject, "--", path.name])
    return True


def sign(anchor: Anchor, key: Path) -> str:
    """An SSH signature of an anchor, as git makes them.

    Raises:
        UsageError: ssh-keygen is missing or refuses the key.
    """
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head"
        file.write_bytes(anchor.message())
        _run(["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file)])
        return file.with_name("head.sig").read_text(encoding="ascii")


def check_signature(anchor: Anchor, allowed: Path) -> str:
    """Who signed an anchor, as the file of allowed signers names them; empty if the signature is not valid."""
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head.sig"
        file.write_text(anchor.signature, encoding="ascii")
        found = _run(["ssh-keygen", "-Y", "find-principals", "-s", str(file), "-f", str(allowed)], check=False)
        for name in (found or b"").decode().split():
            words = ["-Y", "verify", "-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(file)]
            if _run(["ssh-keygen", *words], given=anchor.message(), check=False) is not None:
                return name
    return ""


def timestamp(anchor: Anchor, url: str) -> str:
    """A time-stamp response (RFC 3161) for an anchor, base64.

    Raises:
        UsageError: openssl is missing, or the authority does not answer.
    """
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head"
        file.write_bytes(anchor.message())
        query = _run(["openssl", "ts", "-query", "-data", str(file), "-sha256", "-cert"]) or b""
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"The time-stamping authority {url!r} is no address; it begins with https:// or http://")
    request = urllib.request.Request(url, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            token: bytes = answer.read(1 << 20)
    except (urllib.error.URLError, OSError) as error:
        raise UsageError(f"The time-stamping authority {url} does not answer: {error}") from error
    return base64.b64encode(token).decode()


def check_timestamp(anchor: Anchor, authority: Path) -> str:
    """When an authority stamped an anchor, as openssl writes it; empty if the token does not fit.

    Args:
        anchor: The anchor with its token.
        authority: Certificates of the authority (PEM).
    """
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        data, token = Path(folder) / "head", Path(folder) / "token"
        data.write_bytes(anchor.message())
        token.write_bytes(base64.b64decode(anchor.timestamp))
        words = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(token), "-CAfile", str(authority)]
        if _run(words, check=False) is None:
            return ""
        text = _run(["openssl", "ts", "-reply", "-in", str(token), "-text"], check=False) or b""
    found = re.search(r"^Time stamp: (.+)$", text.decode(errors="replace"), re.MULTILINE)
    return found[1] if found else ""


def _run(words: Sequence[str], *, given: bytes | None = None, check: bool = True) -> bytes | None:
    """What a program writes; None if it fails and that is no error."""
    try:
        done = subprocess.run(words, input=given, capture_output=True, check=False, timeout=60)  # noqa: S603
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UsageError(f"{words[0]} is needed for this, and cannot be run: {error}") from error
    if done.returncode == 0:
        return done.stdout
    if check:
        why = (done.stderr or done.stdout).decode(errors="replace").strip()
        raise UsageError(f"{' '.join(words[:3])} failed: {why.splitlines()[0] if why else 'no reason given'}")
    return None
