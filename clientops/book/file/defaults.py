"""Which book, who works with it, and which rules there are, where nobody says so."""

from __future__ import annotations

import getpass
import os
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from pathlib import Path

from clientops.core.plan import Rule

Registry = Callable[[], Mapping[str, Rule]]
"""Gives every rule by its name."""


def default_path() -> Path:
    """The book's file: ``CLIENTOPS_BOOK``, else ``clientops.duckdb`` in the working folder."""
    return Path(os.environ.get("CLIENTOPS_BOOK") or "clientops.duckdb")


def default_operator() -> str:
    """Who works: ``CLIENTOPS_OPERATOR``, else the JupyterHub user, else the system's user name."""
    names: Sequence[str | None] = (os.environ.get("CLIENTOPS_OPERATOR"), os.environ.get("JUPYTERHUB_USER"))
    return next((name for name in names if name), None) or getpass.getuser()


def default_rules() -> Mapping[str, Rule]:
    """Every rule of this package, those that only a command or the program itself applies included."""
    found: Mapping[str, Rule] = import_module("clientops.registry").every_rule()
    return found
