"""How likely two clients of a score are one party, for people."""

from __future__ import annotations


def likelihood(score: float) -> float:
    """How likely two clients of a score are one party.

    >>> likelihood(0.0)
    0.5
    """
    return float(1 / (1 + 2.0 ** -max(-1000.0, score)))


def likelihood_text(score: float) -> str:
    """The same for people: no pair is ever 100 % certain.

    >>> likelihood_text(0), likelihood_text(5), likelihood_text(30)
    ('50 %', '97 %', '> 99.99 %')
    """
    share = likelihood(score) * 100
    if share > 99.99:
        return "> 99.99 %"
    return f"{share:.2f} %" if share > 99 else f"{share:.0f} %"
