"""How often somebody tried to log in: after five wrong tries an address waits a quarter of an hour."""

from __future__ import annotations

import fcntl
import hashlib
import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clientops.workbench.ui.user_files import state_folder

MOST = 5
WINDOW = 900.0


@contextmanager
def _tries(book: Path, email: str) -> Iterator[list[float]]:
    """Moments of the wrong tries of an address, alone in this; kept when left."""
    folder = state_folder() / "tries"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = hashlib.sha256(f"{book}\n{email.strip().lower()}".encode()).hexdigest()[:24]
    with (folder / name).open("a+", encoding="utf-8") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        text = file.read()
        tries = [float(at) for at in json.loads(text)] if text else []
        tries[:] = [at for at in tries if time.time() - at < WINDOW]
        try:
            yield tries
        finally:
            file.seek(0)
            file.truncate()
            file.write(json.dumps(tries))


def take_try(book: Path, email: str) -> float:
    """Count a try before it is made: 0 if it may be made, else the seconds to wait."""
    with _tries(book, email) as tries:
        if len(tries) >= MOST:
            return WINDOW - (time.time() - tries[0])
        tries.append(time.time())
        return 0.0


def forget_tries(book: Path, email: str) -> None:
    """Somebody got in."""
    with _tries(book, email) as tries:
        tries.clear()
