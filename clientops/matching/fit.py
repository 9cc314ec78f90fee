"""Fitting the model's bits to pairs that people decided."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.matching.comparisons import EVIDENCE, SEVERAL
from clientops.matching.model import COUNTED_LEVELS, Model, shipped

MOST_SHIFT = 6.0
"""Bits that a book's prior is moved at most."""

Matrix = np.ndarray[Any, np.dtype[np.float64]]

NEUTRAL = {"firm": "person", "person": "unknown", "generation": "same", "together": "no", "someone_else": "no"}
"""Levels that say nothing, where they are not called ``unknown``; their bits are the prior's."""


def tuned(
    decided: Relation, model: Model | None = None, *, freedom: float = 1.0, prior_freedom: float | None = None
) -> Model:
    """The model fitted to decisions, without leaving the one it starts from further than they demand.

    Ridge-regularised logistic regression whose penalty pulls towards the given model: ten decisions change next to
    nothing, a thousand make it the business's own. Only bits and prior change; blocks and limits stay.

    Args:
        decided: Scored pairs (see :func:`~clientops.matching.scoring.score_pairs`) with a column ``decision``:
            ``same`` or ``different``; other words count for nothing.
        model: Where to start.
        freedom: Bits that a level may move before it takes strong evidence.
        prior_freedom: The same of the prior; by default as for a level.

    Raises:
        UsageError: The decisions are all alike: there is nothing to tell apart.
    """
    model = model or shipped()
    pairs = decided.filter("decision in ('same', 'different')").fetchnumpy()
    truth = np.asarray(pairs["decision"] == "same", dtype=np.float64)
    if len(set(truth.tolist())) != 2:
        raise UsageError(
            "Tuning needs decisions of both kinds, same and different; clientops duplicates list --least-certain shows pairs that give both"
        )
    levels = [
        (name, str(level)) for name in EVIDENCE for level in sorted(set(pairs[name]) | set(model.bits.get(name, {})))
    ]
    start = np.array([model.bits.get(name, {}).get(level, 0.0) for name, level in levels] + [model.prior])
    design = np.stack([pairs[name] == level for name, level in levels] + [np.ones(len(truth))], axis=1).astype(
        np.float64
    )
    fixed = -sum((_crowding(pairs, model, name) for name in model.counts), start=np.zeros(len(truth)))
    bits = fit_bits(design, truth, start, fixed, freedom, freedom if prior_freedom is None else prior_freedom)
    found: dict[str, dict[str, float]] = {}
    for (name, level), value in zip(levels, bits[:-1].tolist(), strict=True):
        found.setdefault(name, {})[level] = value
    return neutral(replace(model, bits=found, prior=float(bits[-1])))


def fit_bits(  # noqa: PLR0917
    design: Matrix, truth: Matrix, start: Matrix, fixed: Matrix, freedom: float, prior_freedom: float = 100.0
) -> Matrix:
    """Bits of the columns of a design that make the truth likeliest, pulled towards ``start`` (Newton's method).

    Args:
        design: Pairs x columns; the last column is the prior's.
        truth: 1 for one party, 0 for two.
        start: Bits to be pulled to.
        fixed: Bits of each pair that are not fitted.
        freedom: Standard deviation of a column's bits about the start.
        prior_freedom: The same of the last column's.
    """
    pull = np.full(len(start), 1 / freedom**2)
    pull[-1] = 1 / prior_freedom**2
    bits = start.copy()
    for _ in range(100):
        odds = np.clip((design @ bits + fixed) * np.log(2), -40, 40)
        likely = 1 / (1 + np.exp(-odds))
        slope = np.log(2) * design.T @ (truth - likely) - pull * (bits - start)
        bend = np.log(2) ** 2 * (design * (likely * (1 - likely))[:, None]).T @ design + np.diag(pull)
        step = np.linalg.solve(bend, slope)
        bits = bits + step
        if np.abs(step).max() < 1e-6:
            break
    return bits


def neutral(model: Model) -> Model:
    """The same scores with bits counted from where nothing is known: a level that says nothing adds nothing."""
    prior, bits = model.prior, {}
    for name, levels in model.bits.items():
        zero = levels.get(NEUTRAL.get(name, "unknown"), 0.0)
        prior += zero
        bits[name] = {level: value - zero for level, value in levels.items()}
    return replace(model, prior=prior, bits=bits)


def _crowding(pairs: dict[str, Any], model: Model, name: str) -> Matrix:
    """Bits that exact agreement loses because many share the value."""
    key, slope = model.counts[name]
    many = np.log2(np.maximum(pairs[f"{key}_count"], SEVERAL) / SEVERAL)
    return np.where(np.isin(pairs[name], COUNTED_LEVELS[name]), slope * many, 0.0)


def prior_shift(scores: Matrix, counts: Matrix, expected: float) -> float:
    """Bits by which the prior of a book differs from that of the books a model was fitted to; needs no decisions.

    Where half of all clients were entered twice, a pair deserves more trust than where one in ten was. How many of the
    compared pairs are one party is estimated from their scores: the share that explains itself (expectation
    maximisation of the prior alone).

    Args:
        scores: Scores of the candidate pairs, however low.
        counts: Pairs with each score.
        expected: Share of the compared pairs that were one party in the books of the fit.
    """
    if not len(scores):
        return 0.0
    odds = np.exp2(np.clip(scores, -60, 60))
    shift, usual = 0.0, expected / (1 - expected)
    for _ in range(200):
        moved = odds * 2**shift
        share = float(np.clip(np.average(moved / (1 + moved), weights=counts), 1e-6, 1 - 1e-6))
        before, shift = shift, float(np.clip(np.log2(share / (1 - share) / usual), -MOST_SHIFT, MOST_SHIFT))
        if abs(shift - before) < 1e-4:
            break
    return shift
