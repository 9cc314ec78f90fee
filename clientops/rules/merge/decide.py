"""Decisions about clients that look like one party: the same, different, or later."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.matching.decisions import ENDS, current_decisions_sql
from clientops.rules.kit.field_types import ColumnNames, Line
from clientops.rules.merge.survivorship import TAKABLE
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


class DecideDuplicates(Request):
    """Decide whether two clients are one party. What is the same is merged later, in bulk; no client is changed now."""

    left_id: Id = Field(
        title="Client", description="One of the two", json_schema_extra={"picks": "clients", "as_written": True}
    )
    right_id: Id = Field(
        title="Other client", description="The other one", json_schema_extra={"picks": "clients", "as_written": True}
    )
    decision: Literal["same", "different", "later"] = Field(
        title="Decision",
        description="Same: to be merged; different: never proposed again; later: still to be looked at",
    )
    survivor_id: Id | None = Field(
        None, title="Survivor", description="Which of the two is to remain; empty: the more active one",
        json_schema_extra={"picks": "clients"},
    )  # fmt: skip
    take_from_replaced: ColumnNames | None = Field(
        None,
        title="Take from the other",
        description="Fields whose value is to be that of the client who does not remain, e.g. phone city",
    )
    keep_as_contact: bool = Field(
        default=False,
        title="Keep as contact",
        description="Whether the other's name and address are to stay as a contact",
    )
    note: Text | None = Field(None, title="Remark", description="What the decision rests on")
    decided_by: Line | None = Field(
        None, title="Decided by", description="Who decided, where it is not who enters it, e.g. in a spreadsheet"
    )


def decide_duplicates(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Keep what people decided about pairs of clients.

    Args:
        tables: Read-only tables; reads ``clients``, ``merged_clients`` and ``duplicate_decisions``.
        requests: One row per pair: ``left_id``, ``right_id``, ``decision``, ``survivor_id``, ``take_from_replaced``,
            ``keep_as_contact``, ``note``, ``decided_by``. See ``DecideDuplicates``. The number of a client who was
            merged stands for that of the survivor.
        today: Not used.
        now: When it was decided.

    Returns:
        One row of ``duplicate_decisions`` a pair: inserted, or updated where the pair was decided before (as it stands
        after merges). Which of the two is named first does not matter.

    Problems:
        ``unknown_client``, ``same_client``, ``given_twice``, ``not_of_the_two`` (survivor), ``not_same`` (a survivor or
        fields for clients that are not the same), ``needs_survivor`` (fields to take), ``unknown_field``.

    Warnings:
        ``contradiction``: of three clients two are the same as the third, but different from one another.

    Source:
        Record linkage calls it clerical review.
    """
    steps = tables.steps(requests=requests)
    steps.add("ends", ENDS)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS)
    steps.add("decided", DECIDED)
    steps.add("standing", STANDING)
    steps.add("warnings", WARNINGS)
    steps.add("changed", CHANGED, now=now)
    steps.add("new", NEW.format(next_id=tables.next_id("duplicate_decisions")), now=now)
    return steps.plan(
        steps.insert("duplicate_decisions", "new"),
        steps.update("duplicate_decisions", "changed"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    select r.*, coalesce(l.survivor_id, r.left_id) as one, coalesce(o.survivor_id, r.right_id) as other,
        coalesce(s.survivor_id, r.survivor_id) as remaining
    from requests r
    left join ends l on l.replaced_id = r.left_id
    left join ends o on o.replaced_id = r.right_id
    left join ends s on s.replaced_id = r.survivor_id
"""

PROBLEMS = f"""
    select "row", 'left_id' as field, 'unknown_client' as code, 'there is no client ' || left_id as message
    from asked where one not in (select id from clients)
    union all
    select "row", 'right_id', 'unknown_client', 'there is no client ' || right_id
    from asked where other not in (select id from clients)
    union all
    select "row", 'right_id', 'same_client', case when left_id = right_id
            then 'client ' || left_id || ' is given twice; a decision is about two clients'
            else 'clients ' || left_id || ' and ' || right_id || ' are merged already, into client ' || one end
    from asked where one = other
    union all
    select "row", 'right_id', 'given_twice',
        'clients ' || left_id || ' and ' || right_id || ' are given ' || times || ' times; give each pair once'
    from (select *, count(*) over (partition by least(one, other), greatest(one, other)) as times from asked)
    where times > 1
    union all
    select "row", 'survivor_id', 'not_of_the_two',
        'survivor_id ' || survivor_id || ' must be ' || left_id || ' or ' || right_id
    from asked where remaining not in (one, other)
    union all
    select "row", 'survivor_id', 'not_same', 'survivor_id is for clients that are the same; these are decided to be ' || decision
    from asked where survivor_id is not null and decision = 'different'
    union all
    select "row", 'take_from_replaced', 'not_same',
        'take_from_replaced is for clients that are the same; these are decided to be ' || decision
    from asked where take_from_replaced <> [] and decision = 'different'
    union all
    select "row", 'survivor_id', 'needs_survivor', 'survivor_id is missing: take_from_replaced needs to know from whom'
    from asked where take_from_replaced <> [] and survivor_id is null and decision <> 'different'
    union all
    select "row", 'take_from_replaced', 'unknown_field',
        'take_from_replaced names ' || name || '; these can be taken: {" ".join(TAKABLE)}, and field:N for custom field N'
    from (select "row", unnest(take_from_replaced) as name from asked)
    where not list_contains([{", ".join(f"'{c}'" for c in TAKABLE)}], name)
        and name not in (select 'field:' || id from custom_fields where subject_kind = 'client')
"""

DECIDED = """
    select "row", least(one, other) as left_id, greatest(one, other) as right_id, decision, remaining as survivor_id,
        nullif(array_to_string(take_from_replaced, ' '), '') as take_from_replaced,
        coalesce(keep_as_contact, false) as keep_as_contact, note, decided_by
    from asked where one <> other
    qualify row_number() over (partition by least(one, other), greatest(one, other) order by "row") = 1
"""

# Earlier decisions about the same two, by the clients who stand for them now; a later merge may have made one of two.
STANDING = """
    select d.id, n."row"
    from duplicate_decisions d
    left join ends l on l.replaced_id = d.left_id
    left join ends r on r.replaced_id = d.right_id
    join decided n on n.left_id = least(coalesce(l.survivor_id, d.left_id), coalesce(r.survivor_id, d.right_id))
        and n.right_id = greatest(coalesce(l.survivor_id, d.left_id), coalesce(r.survivor_id, d.right_id))
"""

WARNINGS = f"""
    with known as (
        select k.left_id, k.right_id, k.decision from ({current_decisions_sql()}) k anti join decided using (left_id, right_id)
        union all select left_id, right_id, decision from decided
    ),
    both_ways as (
        select left_id as one, right_id as other, decision from known
        union all select right_id, left_id, decision from known
    )
    select d."row", 'decision' as field, 'contradiction' as code,
        'of clients ' || d.left_id || ', ' || d.right_id || ' and ' || min(a.other) || ' some are the same and two are different:'
            || ' they will not be merged into one' as message
    from decided d
    join both_ways a on a.one = d.left_id and a.other <> d.right_id
    join both_ways b on b.one = d.right_id and b.other = a.other
    where list_sort([d.decision, a.decision, b.decision]) = ['different', 'same', 'same']
    group by d."row", d.left_id, d.right_id
"""

CHANGED = """
    select s.id, d.decision, d.survivor_id, d.take_from_replaced, d.keep_as_contact, d.note, d.decided_by,
        $now::timestamptz as decided_at
    from standing s join decided d using ("row")
"""

NEW = """
    select {next_id} + row_number() over (order by "row") as id, * exclude ("row"), $now::timestamptz as decided_at
    from decided where "row" not in (select "row" from standing)
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "decide-duplicates", "Decide about duplicates", decide_duplicates, DecideDuplicates, group="duplicates"
    ),
)  # fmt: skip
