"""Checking passwords in the same time for everybody, and slowing down those who guess."""

from __future__ import annotations

import time
from collections import OrderedDict
from dataclasses import dataclass

import pyotp

from clientops.schema.passwords import check_password

STEP = 30
FREE_TRIES = 3
LONGEST_DELAY = 8.0
WINDOW = 900.0
MOST_TRIES = 30
"""Wrong tries from one source within ``WINDOW`` after which it is refused for a while; other sources are not."""


def matches_totp(secret: str, code: str, now: float) -> int:
    """The step that a code belongs to, the one before or after the present one included; 0 if it is wrong."""
    code = code.replace(" ", "")
    if len(code) != 6 or not code.isdigit():
        return 0
    totp = pyotp.TOTP(secret)
    here = int(now) // STEP
    return next(
        (step for step in (here, here - 1, here + 1) if pyotp.utils.strings_equal(totp.at(step * STEP), code)), 0
    )


@dataclass
class _Tries:
    wrong: int = 0
    first: float = 0.0


class Slowdown:
    """Wrong tries, by source and by account.

    An account is never refused, or anybody could lock its owner out: tries at it only become slower.
    """

    def __init__(self, remembered: int = 20_000) -> None:
        self.remembered = remembered
        self._tries: OrderedDict[str, _Tries] = OrderedDict()

    def _of(self, name: str) -> _Tries:
        found = self._tries.pop(name, None)
        if found is None or time.monotonic() - found.first > WINDOW:
            found = _Tries(0, time.monotonic())
        self._tries[name] = found
        while len(self._tries) > self.remembered:
            self._tries.popitem(last=False)
        return found

    def refusal(self, source: str) -> float:
        """Seconds for which a source is refused; 0 if it may try."""
        tries = self._of(f"source {source}")
        return 0.0 if tries.wrong < MOST_TRIES else max(1.0, WINDOW - (time.monotonic() - tries.first))

    def delay(self, source: str, account: str) -> float:
        """Seconds to wait before a try is looked at; it doubles with each wrong one."""
        wrong = max(self._of(f"source {source}").wrong, self._of(f"account {account.casefold()}").wrong)
        return 0.0 if wrong < FREE_TRIES else min(LONGEST_DELAY, 0.5 * 2.0 ** (wrong - FREE_TRIES))

    def was_wrong(self, source: str, account: str) -> None:
        """Count a wrong try."""
        for name in (f"source {source}", f"account {account.casefold()}"):
            self._of(name).wrong += 1

    def was_right(self, account: str) -> None:
        """Forget the wrong tries at an account; those of the source stay, or one account of one's own would reset them."""
        self._tries.pop(f"account {account.casefold()}", None)


__all__ = ["Slowdown", "check_password", "matches_totp"]
