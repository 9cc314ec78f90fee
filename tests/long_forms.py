"""How many examples a property is tried with: all of them in the long form, some in the form that always runs."""

from __future__ import annotations

_chosen = {"long": False}


def choose(*, long: bool) -> None:
    """Say which form this run is, before the tests are read."""
    _chosen["long"] = long


def examples(many: int) -> int:
    """``many`` with ``--long``, else a quarter, but at least five."""
    return many if _chosen["long"] else max(min(many, 5), round(many / 4))
