"""Weights that a book shows by itself."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pyarrow as pa
import pytest

from clientops.matching.fit_on_book import SETTING, Chance, model_of_book, own_weights, sample_sql
from clientops.matching.model import Model, shipped
from clientops.matching.normalise import normalise
from clientops.matching.scoring import score_pairs
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


def chance(tables: Tables) -> Chance:
    """Pairs of all clients with one another that are no candidates."""
    keys = tables.steps().add("keys_here", normalise(tables).sql_query())
    tables.steps(known_pairs=evidence(tables))
    pairs = tables.query(
        "select l.id as left_id, r.id as right_id from keys_here l join keys_here r on l.id < r.id"
        " where (l.id, r.id) not in (select (left_id, right_id) from known_pairs)"
    )
    scored = score_pairs(tables, keys, pairs, at_least=-1000)
    clients = keys.aggregate("count(*)").fetchone()[0]
    return Chance(tables.given(scored.to_arrow_table()), clients, clients)


def own(tables: Tables, order: str = "left_id, right_id") -> Model | None:
    """Weights that the book shows."""
    return own_weights(tables, evidence(tables).order(order), chance(tables))


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
    (usual, _), (right, found) = right_pairs(*lone, model=shipped()), right_pairs(*lone)
    assert right > usual + 10
    assert found - right <= 4


@pytest.mark.parametrize("world", WORLDS)
def test_dependent_fields(world: str) -> None:
    """Where colleagues and families share what they have, the weights stay those that are shipped."""
    clients, _ = make_clients(2_500, 3, **WORLDS[world])
    tables = book_of(clients)
    assert own(tables) is None


def test_few_pairs(lone: tuple[pa.Table, pa.Table]) -> None:
    """A small book shows too little."""
    few = lone[0].slice(0, 300)
    tables = book_of(few)
    assert own(tables) is None
    assert own_weights(tables, evidence(tables).limit(0), chance(tables)) is None


def test_order_of_rows(lone: tuple[pa.Table, pa.Table]) -> None:
    """The order of the evidence does not matter, and a level that no pair shows keeps its weight."""
    tables = book_of(lone[0])
    found = [own(tables, order) for order in ("left_id, right_id", "score, right_id")]
    assert found[0] == found[1] is not None
    assert found[0].bits["email"]["same"] == shipped().bits["email"]["same"]
    assert replace(found[0], bits={}, prior=0) == replace(shipped(), bits={}, prior=0)


def test_new_clients_are_weighed_alike(lone: tuple[pa.Table, pa.Table]) -> None:
    """A search for new clients uses the weights that the last one of all kept."""
    tables = book_of(lone[0])
    everyone = found_pairs(tables)
    weights = find_duplicates(tables).model
    assert weights != shipped()
    tables._connection.execute("insert into settings values (1, ?, ?)", [SETTING, weights.as_json()])
    assert model_of_book(tables) == weights
    new = tables.query("select id from clients where id <= 40")
    assert found_pairs(tables, only=new) == {pair: score for pair, score in everyone.items() if min(pair) <= 40}


def test_what_was_used(lone: tuple[pa.Table, pa.Table]) -> None:
    """The search says whose weights it went by."""
    assert "own" in find_duplicates(book_of(lone[0])).used
    assert "shipped" in find_duplicates(book_of(lone[0].slice(0, 300))).used


def test_a_book_without_some_fields_has_more_blocks(lone: tuple[pa.Table, pa.Table]) -> None:
    """Where clients have neither e-mail nor phone, other fields have to bring them together."""
    columns = [name for name in lone[0].column_names if name not in ("tax_id", "postcode")]
    bare = lone[0].select(columns)
    (usual, _), (right, found) = right_pairs(bare, lone[1], model=shipped()), right_pairs(bare, lone[1])
    assert len(find_duplicates(book_of(bare)).model.blocks) > len(shipped().blocks)
    assert right > 1.1 * usual
    assert right >= 0.97 * found


def test_sample(lone: tuple[pa.Table, pa.Table]) -> None:
    """Of very many pairs about as many are looked at as are enough, whatever their order."""
    tables = Tables.of()
    steps = tables.steps()
    steps.add("many_pairs", "select i as left_id, i + 1 as right_id from range(1, 200001) r (i)")
    assert sample_sql("many_pairs", 200) == ("many_pairs", 1)
    sample, parts = sample_sql("many_pairs", 200_000)
    assert 35_000 < steps.value(f"select count(*) from {sample}") < 45_000
    assert parts == 5
