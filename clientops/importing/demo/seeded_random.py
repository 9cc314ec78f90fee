"""Chance that always falls the same way: SQL that draws numbers from the seed, a row's number and a purpose.

The outer hash is needed: the engine's ``hash`` of several values joins them by exclusive or, so that two purposes
of one row would differ by a constant. Numbers are the same for one version of the engine, which is pinned.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping


def roll(key: str, purpose: str) -> str:
    """SQL of a number of 64 bits that depends on the seed, the key (SQL of a bigint) and the purpose."""
    return f"hash(hash($seed::bigint, ({key})::bigint, '{purpose}'))"


def pick(key: str, purpose: str, count: int | str) -> str:
    """SQL of a whole number from 0 to ``count - 1``, each as likely; 0 where the count is not positive."""
    return f"({roll(key, purpose)} % greatest({count}, 1)::ubigint)::integer"


def skewed(key: str, purpose: str, count: int | str) -> str:
    """SQL of a whole number from 0 to ``count - 1``, small ones far likelier, as with family names.

    The product of two even draws; of 1,000 the first one comes in 0.8 % of all draws, the last in 0.0001 %.
    """
    drawn = roll(key, purpose)
    return f"((({drawn} & 16777215) * (({drawn} >> 24) & 16777215) * ({count})::ubigint) >> 48)::integer"


def chance(key: str, purpose: str, per_thousand: int | str) -> str:
    """SQL that is true in so many of a thousand cases."""
    return f"({roll(key, purpose)} % 1000 < ({per_thousand})::ubigint)"


def one_of(key: str, purpose: str, *values: str | int) -> str:
    """SQL of one of the given values, each as likely."""
    return f"{listed(values)}[1 + {pick(key, purpose, len(values))}]"


def weighted(key: str, purpose: str, weights: Mapping[str, int] | Mapping[int, int]) -> str:
    """SQL of one of the given values, by their weights."""
    return one_of(key, purpose, *(value for value, weight in weights.items() for _ in range(weight)))


def moment(day: str, key: str, purpose: str) -> str:
    """SQL of a moment on a day (SQL of a date) between 7 and 20 o'clock UTC, whatever the session's time zone is."""
    return f"make_timestamptz(epoch_us(({day})::timestamp) + (25200 + {pick(key, purpose, 46800)})::bigint * 1000000)"


def literal(value: str | int) -> str:
    """SQL of a text or number."""
    return str(value) if isinstance(value, int) else "'" + value.replace("'", "''") + "'"


def listed(values: Iterable[str | int]) -> str:
    """SQL of a list of texts or numbers."""
    return f"([{', '.join(literal(value) for value in values)}])"
