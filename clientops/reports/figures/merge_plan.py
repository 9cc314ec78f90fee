"""The bulk merge of groups that are ready: planned as one operation, with what is refused left out and listed."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from clientops.book.book import Book
from clientops.book.write.preview import Preview
from clientops.core.plan import Problem, as_dicts
from clientops.matching.ready_groups import accepted_groups, bulk_pairs, held_back_counts
from clientops.matching.survivor import Reason
from clientops.registry import rule
from clientops.reports.figures.duplicates import merge_requests
from clientops.reports.lists.row_names import party_sql
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables

SAMPLE = 20


@dataclass(frozen=True)
class Refusal:
    """A client that cannot be merged, and why."""

    replaced_id: int
    survivor_id: int
    message: str


@dataclass(frozen=True)
class MergePlan:
    """One merge of everything that is ready.

    Attributes:
        preview: What it would do; None if nothing is ready, or all of it is refused.
        groups: Groups that become one client.
        sample: The first clients that are replaced: ``replaced_id, replaced, survivor_id, survivor, reason, score, why,
            why_not, decided_by``.
        refused: Clients left out, with the reason.
        held_back: Pairs that are likely enough, but may be two people or two legal persons, by reason: how many are left
            out for review.
    """

    preview: Preview | None
    groups: int
    sample: tuple[dict[str, Any], ...]
    refused: tuple[Refusal, ...]
    held_back: dict[str, int] = field(default_factory=dict)


def plan_merges(
    book: Book, *, above: float | None = None, by: Reason = "most active", only: Collection[int] = ()
) -> MergePlan:
    """Plan the merge of all groups that are ready, see :func:`~clientops.matching.ready_groups.accepted_groups`.

    Args:
        book: The book; it is not changed.
        above: Likelihood from which groups need no decision.
        by: Why a client is proposed to remain where nobody chose.
        only: Clients: then only the groups that one of them is in.
    """
    merge = rule("merge-clients")
    with book.tables() as tables:
        certain = tables.given(bulk_pairs(tables, above=above).to_arrow_table())
        held_back = held_back_counts(certain)
        ready = accepted_groups(tables, above=above, by=by, certain=certain)
        if only:
            listed = ", ".join(str(int(number)) for number in only)
            survivors = f"select survivor_id from ready where replaced_id in ({listed}) or survivor_id in ({listed})"
            ready = ready.query("ready", f"select * from ready where survivor_id in ({survivors}) order by all")
        ready = tables.given(rows_ready := ready.to_arrow_table())
        requests = read_requests(merge.request, merge_requests(ready))
        numbers = ready.project("replaced_id, survivor_id").fetchall()
    if not numbers:
        return MergePlan(None, 0, (), (), held_back)
    preview: Preview | None = book.preview(merge, requests)
    problems: tuple[Problem, ...] = ()
    if preview and preview.problems:
        problems = preview.problems
        rows = {problem.row for problem in problems}
        # Row 0 is about all of them.
        left = None if 0 in rows or len(rows) >= len(requests) else requests.without(rows)
        preview = book.preview(merge, left) if left is not None else None
        if preview and preview.problems:
            problems, preview = (*problems, *preview.problems), None
    asked = {0: (0, 0), **dict(enumerate(numbers, start=1))}
    refused = tuple(Refusal(asked[p.row][0], asked[p.row][1], p.message) for p in problems)
    left_out = {refusal.replaced_id for refusal in refused}
    kept = [pair for pair in numbers if pair[0] not in left_out] if preview else []
    with book.tables() as tables:
        sample = _sample(tables, rows_ready, [replaced for replaced, _ in kept[:SAMPLE]]) if kept else ()
    return MergePlan(preview, len({survivor for _, survivor in kept}), sample, refused, held_back)


def _sample(tables: Tables, ready: pa.Table, replaced: list[int]) -> tuple[dict[str, Any], ...]:
    tables.steps(ready_groups=tables.given(ready))
    listed = ", ".join(map(str, replaced))
    return tuple(as_dicts(tables.query(NAMED.format(listed=listed))))


NAMED = f"""
    select g.replaced_id, {party_sql("c")} as replaced, g.survivor_id, {party_sql("s")} as survivor, g.reason, g.score,
        g.why, g.why_not, g.decided_by
    from ready_groups g join clients c on c.id = g.replaced_id join clients s on s.id = g.survivor_id
    where g.replaced_id in ({{listed}}) order by g.survivor_id, g.replaced_id
"""
