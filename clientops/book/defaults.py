"""Which book, and who works with it, where nobody says so."""

from __future__ import annotations

import getpass
import os
from collections.abc import Sequence
from pathlib import Path


def default_path() -> Path:
    """The book's file: ``CLIENTOPS_BOOK``, else ``clientops.duckdb`` in the working folder."""
    return Path(os.environ.get("CLIENTOPS_BOOK") or "clientops.duckdb")


def default_operator() -> str:
    """Who works: ``CLIENTOPS_OPERATOR``, else the JupyterHub user, else the system's user name."""
    names: Sequence[str | None] = (os.environ.get("CLIENTOPS_OPERATOR"), os.environ.get("JUPYTERHUB_USER"))
    return next((name for name in names if name), None) or getpass.getuser()
