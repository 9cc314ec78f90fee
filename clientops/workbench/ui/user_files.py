"""Where a person's own files are kept: drafts, the log of errors."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs


def state_folder() -> Path:
    """The folder, readable by the person only: ``CLIENTOPS_STATE``, else the system's place for it."""
    folder = Path(os.environ.get("CLIENTOPS_STATE") or platformdirs.user_state_dir("clientops"))
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    if folder.stat().st_uid == os.getuid() and folder.stat().st_mode & 0o077:
        folder.chmod(0o700)
    return folder
