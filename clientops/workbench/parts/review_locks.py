"""Who has which case on the screen, so that several people review at once without stepping on each other.

Kept beside the book, not in it: a claim changes nothing, and is forgotten a while after its holder last did something.
"""

from __future__ import annotations

import fcntl
import json
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from clientops.book.file.place import book_path

LASTS = 600.0
"""Seconds that a claim lasts without a sign of life."""


class Claims:
    """The claims on the cases of a book.

    Args:
        book: The book's file.
        operator: Who claims; told to others.
        lasts: Seconds that a claim lasts.
    """

    def __init__(self, book: Path, operator: str, *, lasts: float = LASTS) -> None:
        path = book_path(book)
        self.file = path.with_name(path.name + ".reviews")
        self.operator, self.lasts, self.key = operator, lasts, uuid.uuid4().hex

    def others(self) -> dict[int, str]:
        """Cases that others have on their screens, and who."""
        with self._kept() as claims:
            return {claim["item"]: claim["who"] for key, claim in claims.items() if key != self.key}

    def take(self, item: int) -> bool:
        """Claim a case in place of the one before; False if somebody else has it."""
        with self._kept() as claims:
            if any(claim["item"] == item for key, claim in claims.items() if key != self.key):
                return False
            claims[self.key] = {"item": item, "who": self.operator, "until": time.time() + self.lasts}
            return True

    def release(self) -> None:
        """Claim nothing any more."""
        with self._kept() as claims:
            claims.pop(self.key, None)

    @contextmanager
    def _kept(self) -> Iterator[dict[str, Any]]:
        """The claims that still hold, for oneself alone; what is changed is kept."""
        self.file.touch(mode=0o600)
        with self.file.open("r+", encoding="utf-8") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            claims: dict[str, Any] = {}
            with suppress(ValueError):
                claims = json.loads(file.read() or "{}")
            now = time.time()
            claims = {key: claim for key, claim in claims.items() if claim["until"] > now}
            yield claims
            file.seek(0)
            file.truncate()
            json.dump(claims, file)
