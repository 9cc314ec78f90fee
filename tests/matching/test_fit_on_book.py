"""Weights that a book shows by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from clientops.matching.fit_on_book import SETTING, model_of_book, own_weights, sample_sql
from clientops.matching.model import shipped
from clientops.matching.search import find_duplicates
from clientops.schema.tables import Tables
from tests.matching.builders import book_of, found_pairs, groups_of
from tests.matching.made_up_clients import WORLDS, make_clients
from tests.matching.made_up_lone import lone_people


@pytest.fixture(scope="module")
def lone() -> tuple[pa.Table, pa.Table]:
    return lone_people(400)


def evidence(tables: Tables) -> Any:
    return find_duplicates(tables, threshold=-1000, model=shipped()).pairs


def right_pairs(clients: pa.Table, truth: pa.Table, **options: Any) -> tuple[int, int]:
    """Pairs in the groups that are found: right ones, and all."""
    party = dict(zip(*truth.to_pydict().values(), strict=True))
    pairs = [
        (left, right)
        for group in groups_of(find_duplicates(book_of(clients), **options).groups)
        for left in group for right in group if left < right
    ]  # fmt: skip
    return sum(party[left] == party[right] for left, right in pairs), len(pairs)


def test_independent_fields(lone: tuple[pa.Table, pa.Table]) -> None:
    """Where clients share nothing, the book's own weights find more, and still hardly anyone else."""
    (usual, _), (own, found) = right_pairs(*lone, model=shipped()), right_pairs(*lone)
    assert own > usual + 10
    assert found - own <= 4


@pytest.mark.parametrize("world", WORLDS)
def test_dependent_fields(world: str) -> None:
    """Where colleagues and families share what they have, the weights stay those that are shipped."""
    clients, _ = make_clients(2_500, 3, **WORLDS[world])
    tables = book_of(clients)
    assert own_weights(tables, evidence(tables)) is None


def test_few_pairs(lone: tuple[pa.Table, pa.Table]) -> None:
    """A small book shows too little."""
    few = lone[0].slice(0, 300)
    tables = book_of(few)
    assert own_weights(tables, evidence(tables)) is None
    assert own_weights(tables, evidence(tables).limit(0)) is None


def test_order_of_rows(lone: tuple[pa.Table, pa.Table]) -> None:
    """The order of the evidence does not matter, and a level that no pair shows keeps its weight."""
    tables = book_of(lone[0])
    found = [own_weights(tables, evidence(tables).order(order)) for order in ("left_id, right_id", "score, right_id")]
    assert found[0] == found[1] is not None
    assert found[0].bits["email"]["same"] == shipped().bits["email"]["same"]
    assert replace(found[0], bits={}, prior=0) == replace(shipped(), bits={}, prior=0)


def test_new_clients_are_weighed_alike(lone: tuple[pa.Table, pa.Table]) -> None:
    """A search for new clients uses the weights that the last one of all kept."""
    tables = book_of(lone[0])
    everyone = found_pairs(tables)
    own = own_weights(tables, evidence(tables))
    assert own is not None
    tables._connection.execute("insert into settings values (1, ?, ?)", [SETTING, own.as_json()])
    assert model_of_book(tables) == own
    new = tables.query("select id from clients where id <= 40")
    assert found_pairs(tables, only=new) == {pair: score for pair, score in everyone.items() if min(pair) <= 40}


def test_sample(lone: tuple[pa.Table, pa.Table]) -> None:
    """Of very many pairs about as many are looked at as are enough, whatever their order."""
    tables = Tables.of()
    steps = tables.steps()
    steps.add("many_pairs", "select i as left_id, i + 1 as right_id from range(1, 200001) r (i)")
    assert sample_sql("many_pairs", 200) == "many_pairs"
    assert 35_000 < steps.value(f"select count(*) from {sample_sql('many_pairs', 200_000)}") < 45_000
