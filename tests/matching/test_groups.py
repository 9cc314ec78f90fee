"""Groups of duplicates."""

from __future__ import annotations

import itertools

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.plan import as_dicts
from clientops.matching.groups import SAME, cut_groups, duplicate_groups, spanning_links
from clientops.schema.tables import Tables
from tests.long_forms import examples
from tests.matching.builders import groups_of

clients = st.integers(1, 12)
links = st.lists(
    st.tuples(st.sampled_from([0.0, 1.0, 2.5, 8.0, 20.0]), clients, clients).filter(lambda link: link[1] < link[2]),
    max_size=25,
    unique_by=lambda link: link[1:],
)


def tables_with(*pairs: tuple[int, int, float]) -> tuple[Tables, pa.Table]:
    columns = list(zip(*pairs, strict=True)) or [(), (), ()]
    kinds = (pa.int64(), pa.int64(), pa.float64())
    return Tables.of(), pa.table(
        {n: pa.array(c, k) for n, c, k in zip(("left_id", "right_id", "score"), columns, kinds, strict=True)}
    )


def plain_groups(pairs: list[tuple[float, int, int]]) -> list[list[int]]:
    """Connected clients, found by painting until nothing changes."""
    colour = {client: client for _, left, right in pairs for client in (left, right)}
    changed = True
    while changed:
        changed = False
        for _, left, right in pairs:
            low = min(colour[left], colour[right])
            changed |= (colour[left], colour[right]) != (low, low)
            colour[left] = colour[right] = low
    return sorted(sorted(c for c in colour if colour[c] == low) for low in set(colour.values()))


@settings(max_examples=examples(60), deadline=None)
@given(links)
def test_oracle(pairs: list[tuple[float, int, int]]) -> None:
    """Without limits the groups are the connected clients."""
    groups = cut_groups(spanning_links(pairs), 0, 100, 14)
    assert sorted(sorted(members) for members, _ in groups) == plain_groups(pairs)


@settings(max_examples=examples(60), deadline=None)
@given(links, st.randoms())
def test_order_of_pairs(pairs: list[tuple[float, int, int]], dice: object) -> None:
    """The order of the pairs does not matter."""
    turned = pairs.copy()
    dice.shuffle(turned)  # type: ignore[attr-defined]
    different = [(1, 2), (3, 7)]
    assert sorted(cut_groups(spanning_links(turned, different), 0, 4, 14)) == sorted(
        cut_groups(spanning_links(pairs, different), 0, 4, 14)
    )


@settings(max_examples=examples(60), deadline=None)
@given(links, st.lists(st.tuples(clients, clients).filter(lambda pair: pair[0] != pair[1]), max_size=8))
def test_different_stay_apart(pairs: list[tuple[float, int, int]], different: list[tuple[int, int]]) -> None:
    """Clients decided to be different are never in one group, and all others who are linked directly still are near."""
    groups = [set(members) for members, _ in cut_groups(spanning_links(pairs, different), 0, 100, 14)]
    assert not any({left, right} <= group for group in groups for left, right in different)
    home = {client: number for number, group in enumerate(groups) for client in group}
    for _, left, right in pairs:
        apart = home.get(left, -left) != home.get(right, -right)
        one, other = (
            ({left, right} & {left} | groups[home[left]] if left in home else {left}),
            (groups[home[right]] if right in home else {right}),
        )
        assert not apart or any((a in one and b in other) or (b in one and a in other) for a, b in different)


def chain(first: int, last: int, score: float) -> list[tuple[int, int, float]]:
    return [(n, n + 1, score) for n in range(first, last)]


# fmt: off
CUTS = [
    pytest.param([*chain(1, 4, 9.0), (4, 5, 1.0), *chain(5, 8, 9.0)], [[1, 2, 3, 4], [5, 6, 7, 8]], id="a thin bridge"),
    pytest.param(chain(1, 8, 20.0), [[1, 2, 3, 4, 5, 6, 7, 8]], id="eight that are sure stay together"),
    pytest.param(chain(1, 8, 1.0), [], id="a thin chain dissolves"),
    pytest.param(
        [(a, b, 1.0) for a, b in itertools.combinations(range(1, 8), 2) if (a, b) != (1, 7)],
        [[1, 2, 3, 4, 5, 6, 7]], id="seven who are nearly all alike",
    ),
    pytest.param(
        [*((a, b, 1.0) for group in ((1, 2, 3), (4, 5, 6)) for a, b in itertools.combinations(group, 2)), (3, 4, 0.5)],
        [[1, 2, 3], [4, 5, 6]], id="two families and a bridge",
    ),
    pytest.param(chain(1, 5, 1.0), [[1, 2, 3, 4, 5]], id="five are not too many"),
    pytest.param([*chain(1, 4, 9.0), (2, 9, 0.5), (3, 9, 0.7)], [[1, 2, 3, 4, 9]], id="a fifth by thin links"),
    pytest.param([(1, 2, -0.5)], [], id="below the threshold"),
    pytest.param([], [], id="no pairs"),
]
# fmt: on


@pytest.mark.parametrize(("pairs", "expected"), CUTS)
def test_cut(pairs: list[tuple[int, int, float]], expected: list[list[int]]) -> None:
    """Groups of more than five are cut where the evidence is thinnest; what is sure, or linked throughout, stays together."""
    tables, given_pairs = tables_with(*pairs)
    assert groups_of(duplicate_groups(tables, tables.given(given_pairs))) == expected


def test_columns() -> None:
    """A group is named by its lowest client and carries its size and the weakest link that holds it together."""
    tables, pairs = tables_with((3, 5, 4.0), (5, 9, 2.0), (3, 9, 1.0))
    assert as_dicts(duplicate_groups(tables, tables.given(pairs))) == [
        {"group_id": 3, "client_id": client, "members": 3, "score": 2.0} for client in (3, 5, 9)
    ]


def test_long_chain() -> None:
    """A chain of 5,000 clients is one group if all links are sure."""
    groups = list(cut_groups(spanning_links([(20.0, n, n + 1) for n in range(1, 5_000)]), 0, 5, 14))
    assert [len(members) for members, _ in groups] == [5_000]


def test_contradiction() -> None:
    """If people decided one same as two, two same as three, but one different from three, the later link gives way."""
    same = [(SAME, 1, 2), (SAME, 2, 3)]
    assert [m for m, _ in cut_groups(spanning_links(same, [(1, 3)]), 0, 5, 14)] == [[1, 2]]


def test_all_orders_agree() -> None:
    """Links of equal strength are taken in the order of client numbers, however they come."""
    found = {
        tuple(sorted(tuple(m) for m, _ in cut_groups(spanning_links(list(order), [(1, 4)]), 0, 5, 14)))
        for order in itertools.permutations([(2.0, 1, 2), (2.0, 2, 3), (2.0, 3, 4)])
    }
    assert found == {((1, 2, 3),)}
