"""Groups of duplicates: clients linked by proposed pairs, cut where the evidence is thin or a person said no."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Iterator

import pyarrow as pa

from clientops.core.plan import Relation
from clientops.matching.model import Model, shipped
from clientops.schema.tables import Tables

Link = tuple[float, int, int]
SAME = math.inf
"""Score of a pair that a person decided to be the same."""

DENSE = 0.8
"""Share of the pairs of a group that are links; from here on a large group is no chain, and is not cut."""

STEP = 1.0
"""Bits by which the threshold of a group that is too large rises at a time."""


def duplicate_groups(
    tables: Tables,
    pairs: Relation,
    threshold: float | None = None,
    *,
    decisions: Relation | None = None,
    model: Model | None = None,
) -> Relation:
    """Groups of clients that are one party.

    Clients linked by pairs of at least the threshold are a group. A group with more members than the model allows is
    cut at thresholds that rise bit by bit, up to the model's ``sure``, until its parts are small enough: one colleague
    who looks like two people must not glue two families together. Where nearly everyone is linked with everyone, the
    evidence is not thin, and the group stays. Two clients that a person decided to be different
    are never in one group: the weaker links between them are left out.

    Args:
        tables: Where the groups are handed back.
        pairs: ``left_id, right_id, score``.
        threshold: Lowest score that links; by default the model's.
        decisions: ``left_id, right_id, decision``: ``same`` links whatever the score, ``different`` keeps apart; other
            words decide nothing.
        model: Threshold, largest group, and where cutting ends.

    Returns:
        ``group_id`` (the lowest client number), ``client_id``, ``members`` and ``score``: the weakest link that holds
        the group together.
    """
    model = model or shipped()
    lowest = model.threshold if threshold is None else threshold
    kept = pairs.project("score, left_id, right_id").filter(f"score >= {float(lowest)!r}")
    links: list[Link] = kept.fetchall()
    same: list[Link] = []
    different: list[tuple[int, int]] = []
    if decisions is not None:
        for left, right, decision in decisions.project("left_id, right_id, decision").fetchall():
            if decision == "same":
                same.append((SAME, min(left, right), max(left, right)))
            elif decision == "different":
                different.append((left, right))
    forest = spanning_links([*same, *links], different)
    rows = [
        (min(members), client, len(members), weakest)
        for members, weakest in cut_groups(forest, lowest, model.largest_group, model.sure, [*same, *links])
        for client in sorted(members)
    ]
    rows.sort()
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    kinds = (pa.int64(), pa.int64(), pa.int64(), pa.float64())
    names = ("group_id", "client_id", "members", "score")
    return tables.given(pa.table([pa.array(c, k) for c, k in zip(columns, kinds, strict=True)], names=list(names)))


def spanning_links(links: Iterable[Link], different: Iterable[tuple[int, int]] = ()) -> list[Link]:
    """The strongest links that hold the groups together without a circle (Kruskal), strongest first.

    Links that would bring two different clients into one group are left out, so the weakest give way.
    """
    parent: dict[int, int] = {}
    foes: dict[int, set[int]] = defaultdict(set)
    for left, right in different:
        foes[left].add(right)
        foes[right].add(left)

    def root(client: int) -> int:
        top = client
        while (above := parent.setdefault(top, top)) != top:
            top = above
        while parent[client] != top:
            parent[client], client = top, parent[client]
        return top

    taken = []
    for link in sorted(links, key=lambda link: (-link[0], link[1], link[2])):
        left, right = root(link[1]), root(link[2])
        if left == right or any(root(foe) == right for foe in foes.get(left, ())):
            continue
        parent[max(left, right)] = min(left, right)
        if left in foes or right in foes:
            foes[min(left, right)] |= foes.pop(max(left, right), set())
        taken.append(link)
    return taken


def cut_groups(
    forest: list[Link], threshold: float, largest: int, sure: float, links: Iterable[Link] = ()
) -> Iterator[tuple[list[int], float]]:
    """Members of each group of a spanning forest, and its weakest link; too large ones cut at rising thresholds.

    Of all links those within large groups tell which of these are no chains.
    """
    large = []
    for members, own in _components([link for link in forest if link[0] >= threshold]):
        if len(members) <= largest:
            yield members, min(link[0] for link in own)
        else:
            large.append((members, own))
    home = {client: place for place, (members, _) in enumerate(large) for client in members}
    within: list[list[Link]] = [[] for _ in large]
    for link in links if home else ():
        if (place := home.get(link[1])) is not None and place == home.get(link[2]):
            within[place].append(link)
    waiting = [(threshold, members, own, among) for (members, own), among in zip(large, within, strict=True)]
    while waiting:
        lowest, members, own, among = waiting.pop()
        if len(members) <= largest or lowest >= sure or _is_dense(members, among, lowest):
            yield members, min(link[0] for link in own)
        else:
            higher = min(lowest + STEP, sure)
            parts = _components([link for link in own if link[0] >= higher])
            waiting += [(higher, part, held, among) for part, held in parts]


def _is_dense(members: list[int], links: list[Link], lowest: float) -> bool:
    among = set(members)
    linked = sum(link[0] >= lowest and link[1] in among and link[2] in among for link in links)
    return linked >= DENSE * len(members) * (len(members) - 1) / 2


def _components(links: list[Link]) -> Iterator[tuple[list[int], list[Link]]]:
    """Connected clients with their links."""
    neighbours: dict[int, list[Link]] = defaultdict(list)
    for link in links:
        neighbours[link[1]].append(link)
        neighbours[link[2]].append(link)
    seen: set[int] = set()
    for start in neighbours:
        if start in seen:
            continue
        seen.add(start)
        members = [start]
        for client in members:  # grows while it is read
            for _, left, right in neighbours[client]:
                other = right if left == client else left
                if other not in seen:
                    seen.add(other)
                    members.append(other)
        yield members, [link for client in members for link in neighbours[client] if link[1] == client]
