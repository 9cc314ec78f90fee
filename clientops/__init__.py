"""A workbench for client accounts where nothing changes unseen.

>>> import clientops as co
>>> book = co.open("shop.duckdb")  # doctest: +SKIP
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from clientops.core.version import VERSION

if TYPE_CHECKING:
    from clientops.api.book import Book as Book
    from clientops.api.book import create_book as create  # noqa: F401
    from clientops.api.book import open_book as open  # noqa: A004, F401  # the name people expect: co.open(path)
    from clientops.api.duplicates import find_duplicates as find_duplicates
    from clientops.api.frames import Tables as Tables
    from clientops.api.rules import rules as rules
    from clientops.api.widgets import form as form
    from clientops.api.widgets import screen as screen
    from clientops.core.errors import ClientopsError as ClientopsError
    from clientops.core.errors import LockedError as LockedError
    from clientops.core.errors import NotAllowedError as NotAllowedError
    from clientops.core.errors import RefusedError as RefusedError
    from clientops.core.errors import StaleError as StaleError
    from clientops.core.errors import UsageError as UsageError


__version__ = VERSION

# Read when they are asked for: the command line starts without pandas, widgets and the engine.
_PLACES = {
    "Book": ("clientops.api.book", "Book"),
    "open": ("clientops.api.book", "open_book"),
    "create": ("clientops.api.book", "create_book"),
    "Tables": ("clientops.api.frames", "Tables"),
    "rules": ("clientops.api.rules", "rules"),
    "find_duplicates": ("clientops.api.duplicates", "find_duplicates"),
    "form": ("clientops.api.widgets", "form"),
    "screen": ("clientops.api.widgets", "screen"),
    **{
        name: ("clientops.core.errors", name)
        for name in ("ClientopsError", "RefusedError", "StaleError", "LockedError", "BookError", "NotAllowedError",
                     "PolicyError", "UsageError", "UndoError")
    },
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _PLACES:
        raise AttributeError(f"module 'clientops' has no attribute {name!r}; it has {', '.join(sorted(_PLACES))}")
    module, attribute = _PLACES[name]
    found = getattr(import_module(module), attribute)
    globals()[name] = found
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
