"""Drafts: what was typed into a form and not sent yet, kept while kernels die and tabs close."""

from __future__ import annotations

import hashlib
import json
import os
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from clientops.workbench.ui.user_files import state_folder

KEPT = 14 * 86_400.0


def _file(book: Path, operator: str, name: str) -> Path:
    folder = state_folder() / "drafts"
    folder.mkdir(mode=0o700, exist_ok=True)
    digest = hashlib.sha256(f"{book}\n{operator}\n{name}".encode()).hexdigest()[:24]
    return folder / f"{digest}.json"


def keep_draft(book: Path, operator: str, name: str, values: dict[str, Any]) -> None:
    """Keep what was typed, replacing what was kept before; nothing typed keeps nothing."""
    file = _file(book, operator, name)
    if not any(value not in ("", None, False) for value in values.values()):
        file.unlink(missing_ok=True)
        return
    fresh = file.with_suffix(f".{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as out:
        json.dump({"at": time.time(), "values": values}, out)
    fresh.replace(file)


def read_draft(book: Path, operator: str, name: str) -> tuple[float, dict[str, Any]] | None:
    """When a draft was kept, in seconds since 1970, and its values; None if there is none, or it is older than 14 days."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        kept = json.loads(_file(book, operator, name).read_text(encoding="utf-8"))
        if time.time() - kept["at"] < KEPT:
            return float(kept["at"]), dict(kept["values"])
    return None


def drop_draft(book: Path, operator: str, name: str) -> None:
    """Forget a draft."""
    _file(book, operator, name).unlink(missing_ok=True)
