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
from clientops.matching.fit import NEUTRAL
from clientops.matching.model import COUNTED_LEVELS, Model, shipped
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables

FITTED = ("firm", *FIELDS)
"""Comparisons whose bits are fitted; where fields are independent, nothing is counted twice and has to be taken back."""

FEWEST = 200
"""Pairs of one party that a book must show, by expectation, before its own weights are trusted."""

MOST_DEPENDENT = 0.2
"""Bits that the fields of one party may tell of one another, all in all, before they count as dependent."""

MOST_OTHERS = 0.3
"""Share of the pairs that agree by more than chance whose names differ: where it is higher, relatives, housemates or
colleagues share what they have, and agreement is no proof of one party."""

MOST_SHARED = 0.55
"""The same of the candidate pairs that share an e-mail address, phone or address; most of those are known at once."""

MOST_FIRMS = 0.1
"""Share of the candidate pairs that may be companies without a person."""

OTHERS = {
    "person": ("relative", "near", "near surname", "married", "renamed", "half different", "different"),
    "firm": ("near", "some words", "one word", "different"),
}
"""Levels of names that differ."""

KEPT = {"email": ("own domain",)}
"""Levels that keep the model's bits: they depend on another field."""

AGREES = (
    "same", "misspelt", "swapped", "swapped and misspelt", "nickname", "initial", "part", "one name", "shared", "other order",
)  # fmt: skip
"""Levels that are taken for those of one party before anything is known."""

SAMPLED = 400
"""Clients, about, of whom each is compared with each to see what chance alone makes agree."""

MOST_COMPARED = 50_000
"""Pairs that are looked at for it; of more, a sample that does not depend on the order of rows."""

UNSEEN = -3.0
"""Bits of a level that no pair of the book shows."""

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


@dataclass(frozen=True)
class Chance:
    """What chance alone makes of two clients.

    Attributes:
        evidence: Levels of the pairs of a sample of clients, without candidate pairs.
        sampled: Clients in that sample.
        clients: Clients in all.
        parts: The candidate pairs at hand are one of so many parts of all.
    """

    evidence: Relation
    sampled: int
    clients: int
    parts: int = 1


def own_weights(tables: Tables, evidence: Relation, chance: Chance, model: Model | None = None) -> Model | None:
    """The model with the bits that a book's own pairs show, where they show them reliably.

    How often each level is met among pairs of two parties is known from pairs at random, and among those of one party
    it is estimated from the candidate pairs (Fellegi and Sunter's model, expectation maximisation). That holds where
    the fields are independent. Where clients share what they have with colleagues and relatives, agreements come
    together, and a book alone cannot tell one person from two: the answer is None, and the model's weights stay. A book counts
    as independent if among the pairs of one party the fields tell next to nothing of one another, if these hardly ever
    have different names, and if they are enough.

    Args:
        tables: Where the evidence is counted.
        evidence: Candidate pairs of the book, or a fair sample, with their levels, however low they score, see
            :func:`~clientops.matching.scoring.score_pairs`.
        chance: The same of pairs at random.
        model: The model to start from.
    """
    model = model or shipped()
    patterns = _patterns(tables, evidence, model, chance.parts)
    if patterns.count.sum() < FEWEST or chance.sampled < 2 or _is_shared(patterns):
        return None
    drawn = _patterns(tables, chance.evidence, model)
    own, likely = _maximised(patterns, drawn, chance, model)
    same = patterns.count * likely
    if same.sum() < FEWEST or _told(patterns, likely) > MOST_DEPENDENT:
        return None
    if any(_share(patterns, same, name, levels) > MOST_OTHERS for name, levels in OTHERS.items()):
        return None
    return Model.of(json.loads(own.as_json()))


def sample_sql(pairs: str, count: int, left: str = "left_id", right: str = "right_id") -> tuple[str, int]:
    """Subquery: the pairs of a step, or as many of them as are enough; and which part of all they are."""
    parts = count // MOST_COMPARED + 1
    return (f"(select * from {pairs} where hash({left}, {right}) % {parts} = 0)" if parts > 1 else pairs), parts


def model_of_book(tables: Tables) -> Model:
    """The model that the last search of all clients used."""
    kept = tables.query("select value from settings where name = $name order by id", name=SETTING).fetchall()
    return Model.of(json.loads(kept[-1][0])) if kept and kept[-1][0] else shipped()


def chance_sql(keys: str, clients: int) -> str:
    """SELECT of the ``id`` of about as many clients as are compared each with each, whatever their order."""
    return f"select id from {keys} where hash(id) % {-(-clients // SAMPLED) or 1} = 0"


CHANCE_PAIRS = """(
    select drawn.* from (select l.id as left_id, r.id as right_id from {sample} l join {sample} r on l.id < r.id) drawn
    anti join {pairs} p on p.left_id = drawn.left_id and p.right_id = drawn.right_id
)"""
"""Subquery: pairs of the clients in a step, without those of another."""


def _patterns(tables: Tables, evidence: Relation, model: Model, parts: int = 1) -> _Patterns:
    crowding = " - ".join(["0", *(_crowding_sql(name, *model.counts[name]) for name in model.counts)])
    tables.steps(counted_evidence=evidence)
    found = tables.query(PATTERNS.format(evidence=", ".join(EVIDENCE), crowding=crowding)).to_arrow_table()
    codes, levels = {}, {}
    for name in EVIDENCE:
        levels[name], codes[name] = (
            each.tolist() for each in np.unique(found.column(name).to_numpy(), return_inverse=True)
        )
    return _Patterns(
        np.asarray(found.column("pairs"), dtype=np.float64) * parts,
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


def _is_shared(patterns: _Patterns) -> bool:
    """Whether most clients who share an e-mail address, phone or address have other names, or the book is one of companies.

    Companies have sites and sisters that share what they have. Told before more work is done.
    """
    if 1 - _share(patterns, patterns.count, "firm", ("person",)) > MOST_FIRMS:
        return True
    met = np.zeros(len(patterns.count), dtype=bool)
    for name in ("email", "phone", "address"):
        met |= np.array(patterns.levels[name])[patterns.codes[name]] == "same"
    shared = patterns.count * met
    return any(_share(patterns, shared, name, levels) > MOST_SHARED for name, levels in OTHERS.items())


def _maximised(patterns: _Patterns, drawn: _Patterns, chance: Chance, model: Model) -> tuple[Model, Vector]:
    """The model with the likeliest bits, and how likely each pattern is that of one party."""
    pairs = chance.clients * (chance.clients - 1) / 2
    scale = pairs / (chance.sampled * (chance.sampled - 1) / 2)
    levels = {name: sorted({*patterns.levels[name], *drawn.levels[name]} - {SILENT[name]}) for name in FITTED}
    others = {name: _counted(drawn, name, levels[name], drawn.count * scale) for name in FITTED}
    likely: Vector = np.zeros(len(patterns.count))
    same = {name: _first_guess(levels[name]) for name in FITTED}
    prior = float(np.log2(chance.clients / pairs))
    own = model
    for _ in range(200):
        bits = {}
        for name in FITTED:
            of_two = others[name] + _counted(patterns, name, levels[name], patterns.count * (1 - likely)) + 1
            found = np.log2(same[name] / same[name].sum()) - np.log2(of_two / of_two.sum())
            unfitted = {level: model.bits[name][level] for level in KEPT.get(name, ())}
            bits[name] = {**dict.fromkeys(model.bits.get(name, {}), UNSEEN), **dict(zip(levels[name], found.tolist(), strict=True)), **unfitted, SILENT[name]: 0.0}  # fmt: skip
        # Fields that are independent say nothing twice.
        own = replace(model, prior=prior, bits={**{key: {} for key in model.bits}, **bits})
        before, likely = likely, _likely(patterns.bits(own))
        of_one = patterns.count * likely
        same = {name: _counted(patterns, name, levels[name], of_one) + 0.5 for name in FITTED}
        prior = float(np.log2(max(float(of_one.sum()), 1.0) / pairs))
        if np.abs(likely - before).max() < 1e-4:
            break
    kept = {name: bits if levels.get(name, [""]) else model.bits.get(name, {}) for name, bits in own.bits.items()}
    return replace(own, bits=kept), likely


def _first_guess(levels: list[str]) -> Vector:
    """Shares of the levels among pairs of one party, before anything is known: four in five agree."""
    agrees = np.array([level in AGREES for level in levels], dtype=bool)
    guess: Vector = np.where(agrees, 0.8 / max(1, agrees.sum()), 0.2 / max(1, (~agrees).sum()))
    return guess


def _counted(patterns: _Patterns, name: str, levels: list[str], weights: Vector) -> Vector:
    """Pairs of each level of a comparison."""
    seen = dict(
        zip(patterns.levels[name], np.bincount(patterns.codes[name], weights=weights, minlength=len(patterns.levels[name])), strict=True)
    )  # fmt: skip
    return np.array([seen.get(level, 0.0) for level in levels], dtype=np.float64)


def _share(patterns: _Patterns, weights: Vector, name: str, levels: tuple[str, ...]) -> float:
    """Share of the pairs that have one of these levels."""
    met = np.isin(np.array(patterns.levels[name])[patterns.codes[name]], levels)
    return float((weights * met).sum() / max(1.0, weights.sum()))


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
