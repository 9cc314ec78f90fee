"""Pairs that hosting companies meet: the same party in two spellings, and two parties who look alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from clientops.matching.model import shipped
from clientops.matching.ready_groups import bulk_pairs
from clientops.matching.search import find_duplicates
from clientops.schema.tables import Tables
from tests.builders import CURRENCIES
from tests.matching.made_up_clients import make_clients

CASES = json.loads((Path(__file__).parent / "duplicate_cases.json").read_text(encoding="utf-8"))
Pair = tuple[int, int]


class Searched:
    """All cases in one book, among others or alone: score of each pair, and those that a bulk merge takes."""

    def __init__(self, others: list[Mapping[str, Any]]) -> None:
        clients = [*others, *(client for case in CASES for client in case["clients"])]
        rows = [{**client, "id": number, "currency_id": 1} for number, client in enumerate(clients, start=1)]
        self.first = len(others) + 1
        found = find_duplicates(Tables.of(currencies=CURRENCIES, clients=rows)).pairs
        self.score: dict[Pair, float] = {
            (le, r): s for le, r, s in found.project("left_id, right_id, score").fetchall()
        }
        kept = [
            {"id": n, "left_id": le, "right_id": r, "score": s} for n, ((le, r), s) in enumerate(self.score.items())
        ]
        tables = Tables.of(currencies=CURRENCIES, clients=rows, duplicate_pairs=kept)
        judged = bulk_pairs(tables, above=0.99).project("left_id, right_id, reason").fetchall()
        self.held = {(left, right) for left, right, reason in judged if reason}
        self.bulk = {(left, right) for left, right, reason in judged if not reason}

    def pairs(self, case: dict[str, Any]) -> list[Pair]:
        """Pairs of a case's clients."""
        start = self.first + sum(len(before["clients"]) for before in CASES[: CASES.index(case)])
        return list(combinations(range(start, start + len(case["clients"])), 2))


@pytest.fixture(scope="module", params=["in a book of 3,000", "alone"])
def searched(request: pytest.FixtureRequest) -> Searched:
    return Searched(make_clients(3_000, 9)[0].to_pylist() if request.param != "alone" else [])


@pytest.mark.parametrize("case", [pytest.param(case, id=case["kind"]) for case in CASES])
def test_cases(searched: Searched, case: dict[str, Any]) -> None:
    """One party is found or at least shown for review; two parties are never merged in bulk, and shown at most."""
    pairs = searched.pairs(case)
    if case["want"] == "same":
        assert min(searched.score.get(pair, -99.0) for pair in pairs) >= shipped().review
    else:
        assert not searched.bulk & set(pairs)
        assert all(pair in searched.held for pair in pairs if searched.score.get(pair, -99.0) >= shipped().certain)


def test_most_cases_are_right_without_review(searched: Searched) -> None:
    """At the default threshold more than three in four cases are right."""
    right = [
        (min if case["want"] == "same" else max)(searched.score.get(pair, -99.0) for pair in searched.pairs(case)) >= 0
        for case in CASES
    ]
    assert sum(is_found == (case["want"] == "same") for is_found, case in zip(right, CASES, strict=True)) >= 42
