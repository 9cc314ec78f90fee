"""Running the programs of the system that sign, time-stamp and keep anchors: ssh-keygen, openssl, git."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence

from clientops.core.errors import UsageError

SECONDS = 60


def run_program(words: Sequence[str], *, given: bytes | None = None, check: bool = True) -> bytes | None:
    """What a program writes; None if it fails and that is no error.

    Raises:
        UsageError: It is not installed, does not end, or fails.
    """
    name = words[0]
    try:
        done = subprocess.run(words, input=given, capture_output=True, check=False, timeout=SECONDS)  # noqa: S603
    except FileNotFoundError as error:
        raise UsageError(f"The program {name} is not installed; install it, or leave out what needs it") from error
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"The program {name} did not end within {SECONDS} seconds") from error
    except OSError as error:
        raise UsageError(f"The program {name} cannot be run: {error.strerror}") from error
    if done.returncode == 0:
        return done.stdout
    if not check:
        return None
    said = (done.stderr or done.stdout).decode(errors="replace").splitlines()
    told = [line.strip() for line in said if any(c.isalnum() for c in line)]
    raise UsageError(f"{name} refused: {told[-1] if told else 'it gave no reason'}")
