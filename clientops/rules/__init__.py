"""The rules: pure functions from tables and requests to changes, a folder for each domain.

``clientops.rules.issue_credit(tables, requests)`` is the rule for notebooks; see :mod:`clientops.api.rules`.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


def __getattr__(name: str) -> Any:
    """A rule by its name, e.g. ``issue_credit``."""
    if name.startswith("_"):
        raise AttributeError(name)
    return getattr(import_module("clientops.api.rules").rules, name)
