"""Errors as a person sees them: one sentence, and a reference to what was written down about it."""

from __future__ import annotations

import os
import traceback
import uuid
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb

from clientops.core.errors import ClientopsError
from clientops.core.private_files import open_private
from clientops.workbench.ui.user_files import state_folder

MOST_BYTES = 1_000_000
"""Of the log of errors; what is older goes, so that nobody can fill the disk with errors."""


@dataclass(frozen=True)
class Trouble:
    """What went wrong: a sentence, and the reference under which the details were written down (or empty)."""

    sentence: str
    reference: str = ""


def is_strict() -> bool:
    """Whether errors are raised instead of shown (``CLIENTOPS_STRICT``); the tests say so."""
    return os.environ.get("CLIENTOPS_STRICT", "") not in ("", "0")


def trouble_of(error: Exception) -> Trouble:
    """The trouble that an error is: its own sentence if it has one for people, else a reference to the details."""
    if isinstance(error, duckdb.InterruptException) or "INTERRUPT" in str(error):
        return Trouble("Cancelled; nothing was changed.")
    if isinstance(error, ClientopsError):
        return Trouble(str(error))
    reference = uuid.uuid4().hex[:8].upper()
    details = "".join(traceback.format_exception(error))
    with suppress(OSError):  # a full disk is no reason to say nothing
        log = state_folder() / "errors.log"
        if log.exists() and log.stat().st_size > MOST_BYTES:
            log.replace(log.with_suffix(".log.1"))
        with open_private(log, "a") as file:
            file.write(f"== {reference} {datetime.now(UTC).isoformat(timespec='seconds')}\n{details}\n")
    return Trouble("This did not work because of a fault in clientops; nothing was changed.", reference)
