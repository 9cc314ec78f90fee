"""Weights that a book shows by itself, where its fields agree or differ independently of one another."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import combinations
from math import log
from typing import Any

import numpy as np

from clientops.core.plan import Relation
from clientops.matching.comparisons import EVIDENCE, FIELDS, SEVERAL
from clientops.matching.fit import NEUTRAL, prior_shift
from clientops.matching.model import COUNTED_LEVELS, Model, shipped
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables

FITTED = ("firm", *FIELDS)
"""Comparisons whose bits are fitted; where fields are independent, nothing is counted twice and has to be taken back."""

FEWEST = 200
"""Pairs of one party that a book must show, by expectation, before its own weights are trusted."""

MOST_DEPENDENT = 0.1
"""Bits that the fields of one party may tell of one another, all in all, before they count as dependent."""

MOST_TURNED = 0.06
"""Share of the found pairs that a book's own weights may decide otherwise than the model does."""

MOST_COMPARED = 50_000
"""Pairs that are looked at for it; of more, a sample that does not depend on the order of rows."""

SETTING = "matching_model"
"""Name of the setting that keeps the weights of the last search of all clients, where they are not the shipped ones."""

SILENT = {name: NEUTRAL.get(name, "unknown") for name in EVIDENCE} | {"generation": ""}
"""Levels that are left out of account, by comparison."""

Vector = np.ndarray[Any, np.dtype[np.float64]]
Codes = np.ndarray[Any, np.dtype[np.int64]]


@dataclass(frozen=True)
class _Patterns:
    """Kinds of evidence in a book.

    Attributes:
        count: Pairs that show each pattern.
        known: Bits of each pattern that are not fitted: what exact agreement loses because many share the value.
        codes: By comparison, the place of each pattern's level
        levels: in the comparison's levels.
    """

    count: Vector
    known: Vector
    codes: dict[str, Codes]
    levels: dict[str, list[str]]

    def bits(self, model: Model) -> Vector:
        """Score of each pattern."""
        score: Vector = self.known + model.prior
        for name, levels in self.levels.items():
            score += np.array([model.bits.get(name, {}).get(level, 0.0) for level in levels])[self.codes[name]]
        return score


def own_weights(tables: Tables, evidence: Relation, model: Model | None = None) -> Model | None:
    """The model with the bits that a book's own pairs show, where they show them reliably.

    Where clients share what they have with colleagues and relatives, agreements come together, and a book alone cannot
    tell one person from two: the answer is None, and the model's weights stay. Where the fields are independent, how
    often each level is met among pairs of one party and of two is estimated from the pairs themselves (Fellegi and
    Sunter's model, expectation maximisation from the model's own scores on). It counts as such if among the pairs of
    one party the fields tell next to nothing of one another, if nearly all pairs are decided as before, and if the pairs are enough.

    Args:
        tables: Where the evidence is counted.
        evidence: Candidate pairs of the book, or a fair sample, with their levels, however low they score, see
            :func:`~clientops.matching.scoring.score_pairs`.
        model: The model to start from.
    """
    model = model or shipped()
    patterns = _patterns(tables, evidence, model)
    start = patterns.bits(model)
    if (patterns.count * _likely(start)).sum() < FEWEST:
        return None
    own, likely = _maximised(patterns, model, _likely(start))
    if _told(patterns, likely) > MOST_DEPENDENT:
        return None
    usual = model.prior + prior_shift(start, patterns.count, model.expected)
    before, after = (patterns.bits(each) >= model.threshold for each in (replace(model, prior=usual), own))
    turned = patterns.count[before != after].sum() / max(1.0, patterns.count[before].sum())
    return Model.of(json.loads(own.as_json())) if turned <= MOST_TURNED else None


def sample_sql(pairs: str, count: int, left: str = "left_id", right: str = "right_id") -> str:
    """Subquery: the pairs of a step, or as many of them as are enough."""
    parts = count // MOST_COMPARED + 1
    return f"(select * from {pairs} where hash({left}, {right}) % {parts} = 0)" if parts > 1 else pairs


def model_of_book(tables: Tables) -> Model:
    """The model that the last search of all clients used."""
    kept = tables.query("select value from settings where name = $name order by id", name=SETTING).fetchall()
    return Model.of(json.loads(kept[-1][0])) if kept and kept[-1][0] else shipped()


def _patterns(tables: Tables, evidence: Relation, model: Model) -> _Patterns:
    crowding = " - ".join(["0", *(_crowding_sql(name, *model.counts[name]) for name in model.counts)])
    tables.steps(counted_evidence=evidence)
    found = tables.query(PATTERNS.format(evidence=", ".join(EVIDENCE), crowding=crowding)).to_arrow_table()
    codes, levels = {}, {}
    for name in EVIDENCE:
        levels[name], codes[name] = (
            each.tolist() for each in np.unique(found.column(name).to_numpy(), return_inverse=True)
        )
    return _Patterns(
        np.asarray(found.column("pairs"), dtype=np.float64),
        np.asarray(found.column("known"), dtype=np.float64),
        {name: np.asarray(places, dtype=np.int64) for name, places in codes.items()},
        levels,
    )


def _crowding_sql(name: str, key: str, slope: float) -> str:
    exact = ", ".join(quote_text(level) for level in COUNTED_LEVELS[name])
    many = f"log2(greatest({key}_count, {SEVERAL}) / {SEVERAL})"
    return f"case when {name} in ({exact}) then {slope!r} * {many} else 0 end"


PATTERNS = """
    select {evidence}, round({crowding}, 2)::double as known, count(*)::double as pairs
    from counted_evidence group by all order by all
"""


def _maximised(patterns: _Patterns, model: Model, likely: Vector) -> tuple[Model, Vector]:
    """The model with the likeliest bits, and how likely each pattern is that of one party."""
    pulls = {name: _pull(model, name, patterns.levels[name]) for name in FITTED}
    for _ in range(300):
        same, other = patterns.count * likely, patterns.count * (1 - likely)
        bits = {name: _level_bits(patterns, name, pulls[name], same, other) for name in FITTED}
        own = replace(model, prior=float(np.log2(same.sum() / other.sum())), bits=bits)
        before, likely = likely, _likely(patterns.bits(own))
        if np.abs(likely - before).max() < 1e-5:
            break
    kept = {name: {**model.bits.get(name, {}), **bits[name]} for name in FITTED}
    return replace(own, bits=kept), likely


def _pull(model: Model, name: str, levels: list[str]) -> tuple[Vector, Vector]:
    """One pair in all for each level, shared out between one party and two as the model has it."""
    odds = np.exp2([model.bits.get(name, {}).get(level, 0.0) for level in levels])
    return odds / (1 + odds), 1 / (1 + odds)


def _level_bits(
    patterns: _Patterns, name: str, pull: tuple[Vector, Vector], same: Vector, other: Vector
) -> dict[str, float]:
    levels, codes = patterns.levels[name], patterns.codes[name]
    told = np.array([level != SILENT[name] for level in levels])
    if not told.any():
        return {}
    shares = []
    for weights, pulled in zip((same, other), pull, strict=True):
        seen = (np.bincount(codes, weights=weights, minlength=len(levels)) + pulled) * told
        shares.append(seen / seen.sum())
    with np.errstate(divide="ignore", invalid="ignore"):
        bits = np.where(told, np.log2(shares[0] / shares[1]), 0.0)
    return dict(zip(levels, bits.tolist(), strict=True))


def _told(patterns: _Patterns, likely: Vector) -> float:
    """Bits that the fields of one party tell of one another, without what chance makes of few pairs."""
    weights = patterns.count * likely
    told = sum(_mutual(patterns, weights, one, other) for one, other in combinations(FITTED, 2))
    return told / float(weights.sum())


def _mutual(patterns: _Patterns, weights: Vector, one: str, other: str) -> float:
    """Mutual information of two comparisons times the pairs that have both (Miller and Madow's correction)."""
    left, right = patterns.codes[one], patterns.codes[other]
    told = [
        np.array([level != SILENT[name] for level in patterns.levels[name]])[patterns.codes[name]]
        for name in (one, other)
    ]
    shown = told[0] & told[1]
    table = np.zeros((len(patterns.levels[one]), len(patterns.levels[other])))
    np.add.at(table, (left[shown], right[shown]), weights[shown])
    pairs = table.sum()
    if pairs < 1:
        return 0.0
    expected = table.sum(axis=1, keepdims=True) * table.sum(axis=0, keepdims=True) / pairs
    met = table > 0
    told_bits = float((table[met] * np.log2(table[met] / expected[met])).sum())
    freedom = ((table.sum(axis=1) >= 1).sum() - 1) * ((table.sum(axis=0) >= 1).sum() - 1)
    return max(0.0, told_bits - float(freedom) / (2 * log(2)))


def _likely(score: Vector) -> Vector:
    likely: Vector = 1 / (1 + np.exp2(-np.clip(score, -50, 50)))
    return likely
