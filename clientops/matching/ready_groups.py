"""Groups that are ready to be merged: decided to be the same, or, where somebody says so, certain enough."""

from __future__ import annotations

from math import log2

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.matching.decisions import ENDS, current_decisions_sql
from clientops.matching.groups import duplicate_groups
from clientops.matching.model import Model, shipped
from clientops.matching.survivor import Reason, proposed_survivor
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
    tables: Tables, *, above: float | None = None, by: Reason = "most active", model: Model | None = None
) -> Relation:
    """Who is to be merged into whom.

    Groups are the clients that people decided to be the same; with ``above``, also those whose links are all at least
    that likely. No group holds two clients that were decided to be different: the weakest link gives way. The survivor
    is the one that was chosen last, else the one proposed.

    Args:
        tables: Read-only tables; reads ``duplicate_pairs``, ``duplicate_decisions`` and ``clients``.
        above: Likelihood, e.g. 0.99, from which pairs need no decision; those put off for later do.
        by: Why a client is proposed as the survivor where none was chosen.
        model: Where groups that are too large are cut.

    Returns:
        One row a replaced client, in order: ``survivor_id, replaced_id, take_from_replaced`` (list), ``keep_as_contact``,
        ``reason`` (why this survivor), ``score`` (of the link that brought the client in, empty if none was found),
        ``why, why_not`` (evidence), ``decided_by, decided_at`` (empty: certain enough).
    """
    model = model or shipped()
    steps = tables.steps()
    current = steps.add("current_decisions", current_decisions_sql())
    threshold = 0.0 if above is None else score_of(above)
    steps.add("certain_pairs", NOTHING if above is None else CERTAIN.format(at=repr(threshold)))
    pairs = tables.query("from certain_pairs")
    groups = duplicate_groups(tables, pairs, threshold, decisions=current, model=model)
    tables.steps(given_groups=groups)
    steps.add(
        "groups_of_now", "select group_id, client_id from given_groups semi join clients on clients.id = client_id"
    )
    proposed = proposed_survivor(tables, tables.query("from groups_of_now"), by=by)
    tables.steps(proposed_survivors=proposed)
    steps.add("ends", ENDS)
    steps.add("known_decisions", KNOWN)
    found = tables.given(tables.query(MEMBERS).to_arrow_table())
    steps.drop("current_decisions", "certain_pairs", "groups_of_now", "ends", "known_decisions")
    return found


NOTHING = "select 0::bigint as left_id, 0::bigint as right_id, 0::double as score limit 0"
CERTAIN = """
    select p.left_id, p.right_id, p.score::double as score
    from duplicate_pairs p
    join clients l on l.id = p.left_id
    join clients r on r.id = p.right_id
    left join current_decisions d on d.left_id = p.left_id and d.right_id = p.right_id
    where p.score >= {at} and coalesce(d.decision, '') <> 'later'
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
