"""Whether a dump is whole: what a program sets, locks or begins at the start, it puts back, unlocks and ends."""

from __future__ import annotations

import re

_KEPT = re.compile(rb"@(\w+)\s*:?=\s*@@", re.IGNORECASE)
_USED = re.compile(rb"=\s*(?:ifnull\s*\(\s*)?@(\w+)", re.IGNORECASE)
_AUTOCOMMIT = re.compile(rb"autocommit\s*=\s*([01]|on|off)", re.IGNORECASE)
_KEYS = re.compile(rb"foreign_key_checks\s*=\s*([01])", re.IGNORECASE)
_DISABLED = re.compile(rb"\b(disable|enable)\s+keys", re.IGNORECASE)
_SIGNED = re.compile(
    rb"--\s*(?:mysql|mariadb) dump\b|--\s*mysqldump-php\b|--\s*dump created by mysql pump", re.IGNORECASE
)
_COMPLETED = re.compile(rb"--\s*dump (?:completed|end time)", re.IGNORECASE)


class DumpEnd:
    """Follows the statements and comments of a dump, to say at its end what is missing."""

    def __init__(self) -> None:
        self._kept: dict[bytes, None] = {}
        self._is_signed = self._is_completed = self._is_navicat = self._begun = self._is_locked = False
        self._commits_itself = True
        self._checks_keys = True
        self._has_uncommitted = False
        self._disabled = False

    def comment(self, text: bytes) -> None:
        """Note a comment: the first and the last line of some programs stand in one."""
        self._is_signed |= _SIGNED.match(text) is not None
        self._is_completed |= _COMPLETED.match(text) is not None
        self._is_navicat |= b"navicat" in text[:400].lower()

    def statement(self, word: bytes, text: bytes) -> None:
        """Note a statement by its first word."""
        start = text[:40].lower()
        if word == b"set":
            self._set(text)
        elif (word == b"start" and b"transaction" in start) or word == b"begin":
            self._begun = True
        elif word in (b"commit", b"rollback"):
            self._begun = self._has_uncommitted = False
        elif word in (b"lock", b"unlock"):
            self._is_locked = word == b"lock" and b"tables" in start
        elif word == b"alter" and (found := _DISABLED.search(text)):
            self._disabled = found[1].lower() == b"disable"
        elif word in (b"insert", b"replace"):
            self._has_uncommitted |= not self._commits_itself

    def _set(self, text: bytes) -> None:
        for name in _USED.findall(text):
            self._kept.pop(name.lower(), None)
        for name in _KEPT.findall(text):
            self._kept[name.lower()] = None
        if found := _AUTOCOMMIT.search(text):
            self._commits_itself = found[1].lower() in (b"1", b"on")
            self._has_uncommitted &= not self._commits_itself
        if found := _KEYS.search(text):
            self._checks_keys = found[1] == b"1"

    def missing(self) -> str:
        """What a whole dump would still have had; empty if it is whole."""
        kept = next(iter(self._kept), b"").decode("ascii", "replace").upper()
        signs = {
            "the line «-- Dump completed» at its end is missing": self._is_signed and not self._is_completed,
            "a transaction is begun in it, and the COMMIT that ends it is missing": self._begun
            or self._has_uncommitted,
            "tables are locked in it, and the UNLOCK TABLES that ends that is missing": self._is_locked,
            "keys are disabled in it, and the ENABLE KEYS that ends that is missing": self._disabled,
            f"a setting is kept as @{kept} at its beginning, and the statement that restores it is missing": bool(kept),
            "the SET FOREIGN_KEY_CHECKS = 1 at the end of what Navicat writes is missing": self._is_navicat
            and not self._checks_keys,
        }
        return next((sign for sign, is_missing in signs.items() if is_missing), "")
