"""Groups that are ready to be merged: decided to be the same, or, where somebody says so, certain enough."""

from __future__ import annotations

from math import log2

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.matching.decisions import ENDS, current_decisions_sql
from clientops.matching.groups import duplicate_groups
from clientops.matching.held_back import REASONS, held_back_step
from clientops.matching.model import Model, shipped
from clientops.matching.survivor import Reason, proposed_survivor
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables


def likelihood_sql(score: str) -> str:
    """Expression: how likely two clients of a score are one party, 0 to 1."""
    return f"(1 / (1 + pow(2, -({score})::double)))"


def score_of(likelihood: float) -> float:
    """The score, in bits, of a likelihood.

    Raises:
        UsageError: It is not between 0 and 1.
    """
    if not 0 < likelihood < 1:
        raise UsageError(f"A likelihood is between 0 and 1, e.g. 0.99; {likelihood} is not")
    return log2(likelihood / (1 - likelihood))


def accepted_groups(
    tables: Tables,
    *,
    above: float | None = None,
    by: Reason = "most active",
    model: Model | None = None,
    certain: Relation | None = None,
) -> Relation:
    """Who is to be merged into whom.

    Groups are the clients that people decided to be the same; with ``above``, also those whose links are all at least
    that likely, without those that :func:`bulk_pairs` holds back. No group holds two clients that were decided to be
    different, or, unless people decided so, two that may be two people: the weakest link gives way. The survivor is the
    one that was chosen last, else the one proposed.

    Args:
        tables: Read-only tables; reads ``duplicate_pairs``, ``duplicate_decisions`` and ``clients``.
        above: Likelihood, e.g. 0.99, from which pairs need no decision; those put off for later do.
        by: Why a client is proposed as the survivor where none was chosen.
        model: Where groups that are too large are cut.
        certain: The answer of :func:`bulk_pairs` for the same likelihood, where it is known already.

    Returns:
        One row a replaced client, in order: ``survivor_id, replaced_id, take_from_replaced`` (list), ``keep_as_contact``,
        ``reason`` (why this survivor), ``score`` (of the link that brought the client in, empty if none was found),
        ``why, why_not`` (evidence), ``decided_by, decided_at`` (empty: certain enough).
    """
    model = model or shipped()
    if certain is None:
        certain = bulk_pairs(tables, above=above, model=model)
    steps = tables.steps(certain_pairs=certain)
    groups = _groups(tables, certain, 0.0 if above is None else score_of(above), model)
    tables.steps(given_groups=groups)
    steps.add(
        "groups_of_now", "select group_id, client_id from given_groups semi join clients on clients.id = client_id"
    )
    proposed = proposed_survivor(tables, tables.query("from groups_of_now"), by=by)
    tables.steps(proposed_survivors=proposed)
    steps.add("ends", ENDS)
    steps.add("known_decisions", KNOWN)
    found = tables.given(tables.query(MEMBERS).to_arrow_table())
    steps.drop("groups_of_now", "ends", "known_decisions")
    return found


def bulk_pairs(tables: Tables, *, above: float | None = None, model: Model | None = None) -> Relation:
    """Pairs that are so likely that they need no decision, and why some of them need one all the same.

    However certain two clients look, they are not merged unseen where they may be two people or two legal persons: see
    :data:`~clientops.matching.held_back.REASONS`. So are two clients whom only a third would bring together.

    Args:
        tables: Read-only tables; reads ``duplicate_pairs``, ``duplicate_decisions``, ``clients`` and ``merged_clients``.
        above: Likelihood, e.g. 0.99; without it only what is held apart by people.
        model: Where groups that are too large are cut.

    Returns:
        ``left_id, right_id, score, reason, is_link``: ``reason`` is a code, empty for what is merged in bulk;
        ``is_link`` whether the pair itself is likely enough, false for two of a group who must not come together.
        In order of the clients' numbers.
    """
    steps = tables.steps()
    if above is None:
        return tables.given(tables.query(NOTHING).to_arrow_table())
    model = model or shipped()
    threshold = score_of(above)
    steps.add("current_decisions", current_decisions_sql())
    steps.add("likely_pairs", CERTAIN.format(at=repr(threshold)))
    links = tables.given(
        tables.query("select *, null::varchar as reason, true as is_link from likely_pairs").to_arrow_table()
    )
    groups = _groups(tables, links, threshold, model)
    tables.steps(linked_clients=groups)
    held_back_step(steps, "linked_clients")
    held = tables.given(tables.query(HELD).to_arrow_table())
    # What is left may still be kept apart by two of its group.
    tables.steps(split_clients=_groups(tables, held, threshold, model), held_pairs=held)
    found = tables.given(tables.query(SPLIT).to_arrow_table())
    steps.drop("current_decisions", "likely_pairs", "judged", "held_back")
    return found


def _groups(tables: Tables, certain: Relation, threshold: float, model: Model) -> Relation:
    """Groups of what people decided, and of certain pairs; those held back are kept apart."""
    steps = tables.steps(linking_pairs=certain)
    decisions = steps.add("bulk_decisions", f"{APART.format(decisions=current_decisions_sql())}")
    links = tables.query("select left_id, right_id, score from linking_pairs where reason is null and is_link")
    groups = duplicate_groups(tables, links, threshold, decisions=decisions, model=model)
    steps.drop("bulk_decisions")
    return groups


def held_back_counts(pairs: Relation) -> dict[str, int]:
    """Pairs that are likely enough and held back all the same, counted by reason (in words), the most frequent first."""
    words = " ".join(f"when {quote_text(code)} then {quote_text(text)}" for code, text in REASONS.items())
    counted = pairs.filter("is_link and reason is not null").aggregate(
        f"case reason {words} end as why, count(*) as pairs"
    )
    return {str(why): int(count) for why, count in counted.order("pairs desc, why").fetchall()}


NOTHING = """
    select 0::bigint as left_id, 0::bigint as right_id, 0::double as score, ''::varchar as reason, false as is_link limit 0
"""
CERTAIN = """
    select p.left_id, p.right_id, p.score::double as score
    from duplicate_pairs p
    join clients l on l.id = p.left_id
    join clients r on r.id = p.right_id
    left join current_decisions d on d.left_id = p.left_id and d.right_id = p.right_id
    where p.score >= {at} and coalesce(d.decision, '') <> 'later'
"""

# Two that people decided to be the same are merged whatever else they look like.
HELD = """
    with reasons as (
        select least(l.client_id, r.client_id) as left_id, greatest(l.client_id, r.client_id) as right_id,
            any_value(h.reason) as reason
        from held_back h
        join judged l on l.group_id = h.group_id and l.alike = h.left_alike
        join judged r on r.group_id = h.group_id and r.alike = h.right_alike and r.client_id <> l.client_id
        group by all
    )
    select left_id, right_id, c.score, case when d.decision is distinct from 'same' then r.reason end as reason,
        c.score is not null as is_link
    from likely_pairs c full join reasons r using (left_id, right_id)
    left join current_decisions d using (left_id, right_id)
    where c.score is not null or d.decision is distinct from 'same'
"""
SPLIT = """
    select p.left_id, p.right_id, p.score, p.is_link,
        case
            when p.reason is not null then p.reason
            when d.decision = 'different' then null
            when l.group_id is null or l.group_id is distinct from r.group_id then 'two in a group'
        end as reason
    from held_pairs p
    left join split_clients l on l.client_id = p.left_id
    left join split_clients r on r.client_id = p.right_id
    left join current_decisions d on d.left_id = p.left_id and d.right_id = p.right_id
    order by left_id, right_id
"""
APART = """
    select * from ({decisions}) d where d.decision = 'different' or (left_id, right_id) not in (
        select (left_id, right_id) from linking_pairs where reason is not null
    )
    union all select left_id, right_id, 'different' from linking_pairs where reason is not null
"""

KNOWN = """
    select coalesce(l.survivor_id, d.left_id) as left_id, coalesce(r.survivor_id, d.right_id) as right_id,
        coalesce(s.survivor_id, d.survivor_id) as survivor_id, d.take_from_replaced, d.keep_as_contact, d.note,
        d.decided_by, d.decided_at, d.id
    from duplicate_decisions d
    left join ends l on l.replaced_id = d.left_id
    left join ends r on r.replaced_id = d.right_id
    left join ends s on s.replaced_id = d.survivor_id
    where d.decision = 'same'
"""

MEMBERS = """
    with decisions as (
        select left_id as one, right_id as other, * exclude (left_id, right_id) from known_decisions
        union all select right_id, left_id, * exclude (left_id, right_id) from known_decisions
    ),
    links as (
        select left_id as one, right_id as other, id, score, why, why_not from duplicate_pairs
        union all select right_id, left_id, id, score, why, why_not from duplicate_pairs
    ),
    chosen as (
        select g.group_id, k.survivor_id,
            row_number() over (partition by g.group_id order by k.decided_at desc, k.id desc) as place
        from decisions k
        join groups_of_now g on g.client_id = k.one and k.one = k.survivor_id
        join groups_of_now o on o.client_id = k.other and o.group_id = g.group_id
    ),
    survivors as (
        select p.group_id, coalesce(c.survivor_id, p.survivor_id) as survivor_id,
            case when c.survivor_id is null then p.reason else 'chosen' end as reason
        from proposed_survivors p left join chosen c on c.group_id = p.group_id and c.place = 1
    ),
    members as (
        select s.survivor_id, s.reason, g.group_id, g.client_id as replaced_id
        from groups_of_now g join survivors s on s.group_id = g.group_id and s.survivor_id <> g.client_id
    ),
    -- The decision about a client and its survivor counts; else the last one about it within the group.
    decided as (
        select m.replaced_id, k.take_from_replaced, k.keep_as_contact, k.decided_by, k.decided_at,
            k.survivor_id is not distinct from m.survivor_id as is_for_survivor,
            row_number() over (
                partition by m.replaced_id order by k.other = m.survivor_id desc, k.decided_at desc, k.id desc
            ) as place
        from members m
        join decisions k on k.one = m.replaced_id
        join groups_of_now o on o.client_id = k.other and o.group_id = m.group_id
    ),
    linked as (
        select m.replaced_id, p.score, p.why, p.why_not,
            row_number() over (
                partition by m.replaced_id order by p.other = m.survivor_id desc, p.score desc, p.id
            ) as place
        from members m
        join links p on p.one = m.replaced_id
        join groups_of_now o on o.client_id = p.other and o.group_id = m.group_id
    )
    select m.survivor_id, m.replaced_id,
        case when d.is_for_survivor then string_split(d.take_from_replaced, ' ') end as take_from_replaced,
        coalesce(d.keep_as_contact, false) as keep_as_contact, m.reason, l.score, l.why, l.why_not, d.decided_by,
        d.decided_at
    from members m
    left join decided d on d.replaced_id = m.replaced_id and d.place = 1
    left join linked l on l.replaced_id = m.replaced_id and l.place = 1
    order by m.survivor_id, m.replaced_id
"""
