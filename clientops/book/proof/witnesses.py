"""Witnesses of anchors: signatures of ssh-keygen, as git makes them, and time stamps of an authority (RFC 3161)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import tempfile
import urllib.error
import urllib.request
from datetime import UTC, datetime
from pathlib import Path

from clientops.book.proof.anchors import Anchor
from clientops.book.proof.programs import run_program
from clientops.core.errors import UsageError

NAMESPACE = "clientops"
SECONDS = 30


def sign(anchor: Anchor, key: Path) -> str:
    """An SSH signature of an anchor, armored.

    Raises:
        UsageError: There is no such key, or ssh-keygen is missing or refuses it.
    """
    check_file(key, "private SSH key")
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head"
        file.write_bytes(anchor.message())
        try:
            run_program(["ssh-keygen", "-Y", "sign", "-f", str(key), "-n", NAMESPACE, str(file)])
        except UsageError as error:
            raise UsageError(f"The anchor could not be signed with {key}: {error}") from error
        return file.with_name("head.sig").read_text(encoding="ascii")


def check_signature(anchor: Anchor, allowed: Path) -> str:
    """Who signed an anchor, as the file of allowed signers names them; empty if it is nobody of them, or does not fit."""
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head.sig"
        file.write_text(anchor.signature, encoding="utf-8")
        found = run_program(["ssh-keygen", "-Y", "find-principals", "-s", str(file), "-f", str(allowed)], check=False)
        for name in (found or b"").decode(errors="replace").splitlines():
            words = ["-Y", "verify", "-f", str(allowed), "-I", name, "-n", NAMESPACE, "-s", str(file)]
            if run_program(["ssh-keygen", *words], given=anchor.message(), check=False) is not None:
                return name
    return ""


def timestamp(anchor: Anchor, url: str) -> str:
    """A time-stamp response (RFC 3161) for an anchor, base64.

    Raises:
        UsageError: It is no address, openssl is missing, or the authority does not answer, refuses, or stamps something else.
    """
    if not url.startswith(("http://", "https://")):
        raise UsageError(f"The time-stamping authority {url!r} is no address; it begins with https:// or http://")
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "head"
        file.write_bytes(anchor.message())
        query = run_program(["openssl", "ts", "-query", "-data", str(file), "-sha256", "-cert"]) or b""
    request = urllib.request.Request(url, query, {"Content-Type": "application/timestamp-query"})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            token: bytes = answer.read(1 << 20)
    except urllib.error.HTTPError as error:
        raise UsageError(f"The time-stamping authority {url} answers {error.code} {error.reason}") from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        why = getattr(error, "reason", None) or error
        raise UsageError(f"The time-stamping authority {url} does not answer: {why}") from error
    told = _described(token)
    if told is None:
        raise UsageError(f"The time-stamping authority {url} answers something that is no time stamp")
    status = re.search(r"^Status: (.+?)\.?$", told, re.MULTILINE)
    if status is None or not status[1].startswith("Granted"):
        raise UsageError(f"The time-stamping authority {url} refuses: {status[1] if status else 'it gave no reason'}")
    if _imprint(told) != hashlib.sha256(anchor.message()).hexdigest():
        raise UsageError(f"The time-stamping authority {url} stamped something else than this anchor")
    return base64.b64encode(token).decode()


def check_timestamp(anchor: Anchor, authority: Path) -> datetime | None:
    """When an authority stamped an anchor; None if the stamp is not of this anchor, or not of this authority.

    Certificates are judged as of the moment of the stamp: it holds after they expire.

    Args:
        anchor: The anchor with its token.
        authority: Certificates of the authority (PEM).
    """
    try:
        token = base64.b64decode(anchor.timestamp, validate=True)
    except (binascii.Error, ValueError):
        return None
    at = _moment(_described(token) or "")
    if at is None:
        return None
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        data, file = Path(folder) / "head", Path(folder) / "token"
        data.write_bytes(anchor.message())
        file.write_bytes(token)
        words = ["openssl", "ts", "-verify", "-data", str(data), "-in", str(file), "-CAfile", str(authority)]
        fits = run_program([*words, "-attime", str(int(at.timestamp()))], check=False) is not None
    return at if fits else None


def check_file(path: Path, what: str) -> None:
    """Refuse a file that is not there or cannot be read, by what it should be.

    Raises:
        UsageError: With the path.
    """
    try:
        with path.open("rb"):
            pass
    except OSError as error:
        raise UsageError(f"The {what} {path} cannot be read: {error.strerror}") from error


def _described(token: bytes) -> str | None:
    """What openssl says of a time-stamp response; None if it is none."""
    with tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        file = Path(folder) / "token"
        file.write_bytes(token)
        said = run_program(["openssl", "ts", "-reply", "-in", str(file), "-text"], check=False)
    return None if said is None else said.decode(errors="replace")


def _imprint(told: str) -> str:
    """The hash that was stamped, from the lines of hexadecimal digits under "Message data"."""
    part = told.partition("Message data:")[2].partition("Serial number:")[0]
    lines = re.findall(r"^\s*[0-9a-f]{4} - ((?:[0-9a-f]{2}[ -])+)", part, re.MULTILINE)
    return re.sub(r"[^0-9a-f]", "", "".join(lines))


def _moment(told: str) -> datetime | None:
    found = re.search(r"^Time stamp: (\w{3} +\d+ \d\d:\d\d:\d\d)(?:\.\d+)? (\d{4}) GMT$", told, re.MULTILINE)
    if found is None:
        return None
    return datetime.strptime(f"{found[1]} {found[2]} +0000", "%b %d %H:%M:%S %Y %z").astimezone(UTC)
