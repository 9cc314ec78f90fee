"""Duplicates of a book: proposed pairs with their evidence, and groups."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.changes import Relation
from clientops.matching.candidates import pairs_step
from clientops.matching.groups import duplicate_groups
from clientops.matching.model import Model, shipped
from clientops.matching.normalise import dialling_sql, keys_sql
from clientops.matching.scoring import score_step
from clientops.tables.view import Tables


@dataclass(frozen=True)
class Duplicates:
    """What was found.

    Attributes:
        pairs: Scored pairs from the lower of threshold and limit for review on, without those decided to be different;
            columns as of :func:`~clientops.matching.scoring.score_pairs`.
        groups: ``group_id, client_id, members, score``, see :func:`~clientops.matching.groups.duplicate_groups`.
    """

    pairs: Relation
    groups: Relation


def find_duplicates(
    tables: Tables,
    *,
    threshold: float | None = None,
    only: Relation | None = None,
    decisions: Relation | None = None,
    model: Model | None = None,
) -> Duplicates:
    """Find clients that were entered more than once.

    Pure: reads ``clients`` and ``merged_clients``. The order of rows does not matter. With ``only`` the pairs are those
    of the whole book that have one of these clients, with the same scores.

    Args:
        tables: Read-only tables.
        threshold: Score from which a pair joins a group; by default the model's, 0: as likely as not.
        only: ``id`` of new clients; only pairs with at least one of them are looked for.
        decisions: ``left_id, right_id, decision`` (``same``, ``different``, other words decide nothing). Clients that
            were merged since stand for their survivors. Of two decisions about a pair, ``different`` counts.
        model: Weights and limits; by default the shipped ones.
    """
    model = model or shipped()
    lowest = model.threshold if threshold is None else threshold
    given = {"given_new": only, "given_decisions": decisions}
    steps = tables.steps(**{name: relation for name, relation in given.items() if relation is not None})
    steps.add("client_keys", keys_sql(PRESENT, dialling_sql(tables, PRESENT)))
    pairs_step(steps, model, keys="client_keys", only="given_new" if only is not None else "")
    score_step(steps, model, min(model.review, lowest), keys="client_keys", pairs="found_pairs")
    steps.drop("client_keys", "found_pairs")
    current = None if decisions is None else steps.add("current_decisions", CURRENT_DECISIONS)
    undecided = "" if decisions is None else UNDECIDED
    pairs = tables.given(tables.query(f"select * from scored_pairs s {undecided} {BY_SCORE}").to_arrow_table())
    steps.drop("scored_pairs")
    groups = duplicate_groups(tables, pairs, lowest, decisions=current, model=model)
    return Duplicates(pairs, groups)


PRESENT = "(select c.* from clients c anti join merged_clients m on m.replaced_id = c.id)"
BY_SCORE = "order by score desc, left_id, right_id"
UNDECIDED = """
    anti join (select * from current_decisions where decision = 'different') d
    on d.left_id = s.left_id and d.right_id = s.right_id
"""
# Clients merged since count as their survivors, survivors of survivors too.
CURRENT_DECISIONS = """
    with recursive led (replaced_id, survivor_id) as (
        select replaced_id, survivor_id from merged_clients
        union
        select l.replaced_id, m.survivor_id from led l join merged_clients m on m.replaced_id = l.survivor_id
    ),
    ends as (
        select replaced_id, min(survivor_id) as survivor_id from led
        anti join merged_clients m on m.replaced_id = led.survivor_id group by replaced_id
    ),
    followed as (
        select
            coalesce(l.survivor_id, d.left_id) as one, coalesce(r.survivor_id, d.right_id) as other, d.decision
        from given_decisions d
        left join ends l on l.replaced_id = d.left_id
        left join ends r on r.replaced_id = d.right_id
    )
    select distinct least(one, other)::bigint as left_id, greatest(one, other)::bigint as right_id, decision
    from followed where one <> other
"""
