"""Words for people: what tables, columns and kinds of changes are called on a screen."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache

from clientops.core import readable
from clientops.core.readable import noun
from clientops.registry import rules

_WORDS = {"id": "number", "tax1": "first tax", "tax2": "second tax", "email": "e-mail", "dns": "DNS", "ip": "IP", "sha256": "SHA-256", "ttl": "TTL", "address1": "address", "address2": "address, second line"}  # fmt: skip
_DROPPED = {"is", "has"}
VERBS = {"insert": "added", "update": "changed", "delete": "removed"}


def humanised(name: str) -> str:
    """The name of a column as people write it: ``next_due_on`` is *Next due*."""
    parts = name.split("_")
    if len(parts) > 1 and parts[-1] in ("id", "on", "at"):
        parts = parts[:-1]
    if len(parts) > 1 and parts[0] in _DROPPED:
        parts = parts[1:]
    words = " ".join(_WORDS.get(part, part) for part in parts)
    return words[:1].upper() + words[1:]


def counted(count: int, table: str, kind: str = "") -> str:
    """A sum of rows, e.g. ``2 clients changed``."""
    words = readable.counted(count, noun(table), noun(table, 2))
    return f"{words} {VERBS[kind]}" if kind else words


def in_titles(text: str) -> str:
    """A sentence with the titles of rules, which screens show, in place of the names that the command line knows.

    >>> in_titles("close-account ends that")
    '“Close account” ends that'
    """
    return _rule_names().sub(lambda found: f"“{rules()[found[0]].title}”", text)


@lru_cache(maxsize=1)
def _rule_names() -> re.Pattern[str]:
    """Names of rules that are no words of their own, as ``undo`` is."""
    names = sorted((name for name in rules() if "-" in name), key=len, reverse=True)
    return re.compile(rf"(?<![\w-])(?:{'|'.join(map(re.escape, names))})(?![\w-])")


def day(value: date | None) -> str:
    """A day, e.g. ``20 Nov 2026``."""
    return "" if value is None else f"{value.day} {value:%b %Y}"


def moment(value: datetime | None) -> str:
    """A moment in the time zone of this machine, e.g. ``20 Nov 2026 14:05``."""
    if value is None:
        return ""
    local = value.astimezone()
    return f"{day(local.date())} {local:%H:%M}"
