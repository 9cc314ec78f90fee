"""Duplicates for people: what waits for a decision, one case in full, spreadsheets of them, and what was merged."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

import pyarrow as pa

from clientops.core.plan import Relation, as_dicts
from clientops.matching.decisions import current_decisions_sql, open_pairs_sql
from clientops.matching.held_back import REASONS as HELD_BACK
from clientops.matching.held_back import held_back_step
from clientops.matching.ready_groups import likelihood_sql, score_of
from clientops.matching.survivor import REASONS, Reason, proposed_survivor
from clientops.reports.lists.engine import Listing, Shown
from clientops.reports.lists.row_names import party_sql, read_labels
from clientops.schema.days import day_sql, payment_day_sql
from clientops.schema.tables import Steps, Tables

PROFILE = (
    "first_name", "last_name", "company_name", "email", "phone", "address1", "address2", "city", "state", "postcode",
    "country", "tax_id",
)  # fmt: skip
"""Columns of a client that are laid side by side."""


@dataclass(frozen=True)
class Pair:
    """Two clients of a case: how likely they are one (score in bits), and why."""

    left_id: int
    right_id: int
    score: float
    why: str
    why_not: str
    bits: dict[str, float]
    decision: str


@dataclass(frozen=True)
class Case:
    """What is decided together: clients who look like one party.

    Attributes:
        item: Number of the case: its lowest client, or less than zero for a pair that is in no group.
        score: How certain it is, in bits: the weakest link that holds it together.
        clients: What each client is and has, by columns of ``clients`` and of :data:`FACTS`.
        pairs: Its pairs that wait, the most certain first.
        proposed: The client proposed to remain, and why, by each reason there is.
        is_put_off: Whether somebody wanted to see it later.
    """

    item: int
    score: float
    clients: tuple[dict[str, Any], ...]
    pairs: tuple[Pair, ...]
    proposed: dict[Reason, tuple[int, str]] = field(default_factory=dict)
    is_put_off: bool = False

    @property
    def ids(self) -> tuple[int, ...]:
        """Numbers of its clients."""
        return tuple(client["id"] for client in self.clients)


@dataclass(frozen=True)
class Counts:
    """How many cases wait, were put off; pairs that wait, are accepted but not yet merged, are decided, in all and by one person."""

    waiting: int
    later: int
    waiting_pairs: int
    accepted: int
    decided: int
    decided_by_me: int
    searched_at: datetime | None


ITEMS = f"""
    with waiting as ({open_pairs_sql()})
    select item, max(item_score) as score, bool_and(decision is not null) as is_put_off, count(*) as pairs,
        arg_max(left_id, score) as left_id, arg_max(right_id, score) as right_id, arg_max(why, score) as why, arg_max(why_not, score) as why_not
    from waiting group by item
"""
QUEUE = f"""
    select item from ({ITEMS})
    where is_put_off = $later::boolean and score >= $lowest and not list_contains($others::bigint[], item)
    order by case when $least_certain then abs(score) else -score end, item limit $most
"""


def read_queue(
    tables: Tables,
    *,
    later: bool = False,
    lowest: float = -1e6,
    others: Collection[int] = (),
    most: int = 1,
    least_certain: bool = False,
) -> list[int]:
    """Cases that wait, the most certain first; without those that others have on their screens.

    With ``least_certain`` those come first that are as likely one party as not: decisions about them teach the most.
    """
    listed = f"[{', '.join(str(int(item)) for item in others)}]"
    rows = tables.query(
        QUEUE, later=later, lowest=_exact(lowest), others=listed, most=most, least_certain=least_certain
    ).fetchall()
    return [item for (item,) in rows]


def _exact(value: float) -> Any:
    return Decimal(f"{value:.4f}")


def read_counts(tables: Tables, operator: str = "") -> Counts:
    """How far the review is."""
    row = tables.query(COUNTS, operator=operator).fetchone()
    assert row is not None
    return Counts(*row)


COUNTS = f"""
    with items as ({ITEMS}),
    decided as ({current_decisions_sql()})
    select
        (select count(*) from items where not is_put_off), (select count(*) from items where is_put_off),
        (select coalesce(sum(pairs), 0)::bigint from items where not is_put_off),
        (select count(*) from decided d join clients l on l.id = d.left_id join clients r on r.id = d.right_id
            where d.decision = 'same'),
        (select count(*) from duplicate_decisions where decision <> 'later'),
        (select count(*) from duplicate_decisions where decision <> 'later' and decided_by = $operator),
        (select max(applied_at) from history.operations where rule = 'find-duplicates')
"""


def read_case(tables: Tables, item: int) -> Case | None:
    """One case in full; None if nothing of it waits any more."""
    rows = tables.query(PAIRS_OF_CASE, item=item).fetchall()
    if not rows:
        return None
    pairs = tuple(
        Pair(left, right, float(score), why or "", why_not or "", json.loads(evidence or "{}"), decision or "")
        for left, right, score, why, why_not, evidence, decision, _ in rows
    )
    ids = sorted({number for pair in pairs for number in (pair.left_id, pair.right_id)})
    listed = ", ".join(map(str, ids))
    clients = tuple(as_dicts(tables.query(FACTS.format(listed=listed))))
    group = tables.given(pa.table({"group_id": pa.array([1] * len(ids), pa.int64()), "client_id": ids}))
    proposed: dict[Reason, tuple[int, str]] = {}
    for reason in REASONS:
        [(_, survivor, words)] = proposed_survivor(tables, group, by=reason).fetchall()
        proposed[reason] = (survivor, words)
    return Case(item, float(rows[0][7]), clients, pairs, proposed, all(pair.decision for pair in pairs))


PAIRS_OF_CASE = f"""
    select left_id, right_id, score, why, why_not, evidence, decision, item_score
    from ({open_pairs_sql()}) where item = $item order by score desc, left_id, right_id
"""

FACTS = f"""
    with shown as (select * from clients where id in ({{listed}})),
    paid as (
        select client_id, sum(amount_in - amount_out)::decimal(38, 4) as amount, max({payment_day_sql()}) as last_on
        from transactions where client_id in ({{listed}}) and client_name is null group by 1
    ),
    billed as (
        select client_id, count(*) as invoices, count(*) filter (where status in ('Unpaid', 'Collections')) as unpaid,
            max(issued_on) as last_on
        from invoices where client_id in ({{listed}}) group by 1
    ),
    served as (
        select client_id, count(*) as services, count(*) filter (where status = 'Active') as active
        from services where client_id in ({{listed}}) group by 1
    ),
    held as (select client_id, count(*) as domains from domains where client_id in ({{listed}}) group by 1),
    asked as (select client_id, count(*) as tickets, max({day_sql("opened_at")}) as last_on from tickets where client_id in ({{listed}}) group by 1)
    select c.*, k.code, {party_sql("c")} as party, coalesce(s.services, 0) as services, coalesce(s.active, 0) as active_services,
        coalesce(h.domains, 0) as domains, coalesce(b.invoices, 0) as invoices, coalesce(b.unpaid, 0) as unpaid_invoices,
        coalesce(p.amount, 0)::decimal(38, 4) as paid, coalesce(a.tickets, 0) as tickets,
        greatest(p.last_on, b.last_on, a.last_on, {day_sql("c.last_login_at")}) as last_activity_on
    from shown c
    left join currencies k on k.id = c.currency_id
    left join paid p on p.client_id = c.id
    left join billed b on b.client_id = c.id
    left join served s on s.client_id = c.id
    left join held h on h.client_id = c.id
    left join asked a on a.client_id = c.id
    order by c.id
"""

_SIDE = (
    "first_name",
    "last_name",
    "company_name",
    "email",
    "phone",
    "address1",
    "postcode",
    "city",
    "country",
    "tax_id",
)
DECISION_COLUMNS = (
    "left_id", "right_id", "decision", "survivor_id", "take_from_replaced", "keep_as_contact", "note", "decided_by",
)  # fmt: skip
"""Columns of a spreadsheet of cases that are read back."""


def review_sheet(tables: Tables) -> Relation:
    """Every pair that waits, one a row, with room for a decision; the most certain first."""
    sides = ", ".join(
        f"{letter}.{name} as {side}_{name}" for side, letter in (("left", "l"), ("right", "r")) for name in _SIDE
    )
    return tables.query(f"""
        select w.left_id, w.right_id, least(round(100 * {likelihood_sql("w.score")}, 2), 99.99)::decimal(5, 2) as likely_percent,
            case when w.decision is null then '' else w.decision end as decision, null::bigint as survivor_id,
            '' as take_from_replaced, '' as keep_as_contact, '' as note, '' as decided_by, w.group_id as "group", w.why, w.why_not, {sides}
        from ({open_pairs_sql()}) w join clients l on l.id = w.left_id join clients r on r.id = w.right_id
        order by w.item_score desc, w.item, w.score desc, w.left_id, w.right_id
    """)


def sheet_decisions(rows: pa.Table) -> pa.Table:
    """Requests to decide, of the rows of a spreadsheet that have a decision; ``row`` is the row under the headings."""
    names = [name for name in DECISION_COLUMNS if name in rows.column_names]
    kept = rows.select(names).append_column("row", pa.array(range(1, rows.num_rows + 1), pa.int64()))
    if "decision" not in names:
        return kept.slice(0, 0)
    texts = [str(value or "").strip().lower() for value in kept.column("decision").to_pylist()]
    kept = kept.set_column(kept.column_names.index("decision"), "decision", pa.array(texts, pa.string()))
    return kept.filter(pa.array([bool(text) for text in texts]))


def merge_requests(accepted: Relation) -> pa.Table:
    """Requests of ``merge-clients`` for groups that are ready; see :func:`~clientops.matching.ready_groups.accepted_groups`."""
    return accepted.project("replaced_id, survivor_id, keep_as_contact, take_from_replaced").to_arrow_table()


def acceptances(
    tables: Tables, *, above: float, others: Collection[int] = (), operator: str = ""
) -> list[dict[str, Any]]:
    """Requests that decide every case that waits and is so likely to be the same; the more active client remains.

    Cases that hold two who may be two people are left out, see :func:`cases_held_back`.

    Args:
        tables: Read-only tables.
        above: Likelihood, e.g. 0.99.
        others: Cases that others have on their screens; they are left alone.
        operator: Who decides.
    """
    steps = tables.steps()
    _add_certain(steps, above, others)
    steps.add("accepted_pairs", "select * from certain_cases where item not in (select item from held_cases)")
    members = "select item as group_id, left_id as client_id from accepted_pairs union select item, right_id from accepted_pairs"
    tables.steps(accepted_survivors=proposed_survivor(tables, steps.add("accepted_members", members)))
    found = as_dicts(tables.query(ACCEPTANCES, operator=operator))
    steps.drop("certain_cases", "held_cases", "accepted_pairs", "accepted_members")
    return found


def cases_held_back(tables: Tables, *, above: float, others: Collection[int] = ()) -> dict[str, int]:
    """Cases that wait and are so likely to be the same, but must be reviewed: how many, by reason in words.

    The reasons are those of :data:`~clientops.matching.held_back.REASONS`; of several that apply to a case the first.

    Args:
        tables: Read-only tables.
        above: Likelihood, e.g. 0.99.
        others: Cases that others have on their screens.
    """
    steps = tables.steps()
    _add_certain(steps, above, others)
    found = tables.query(
        "select reason, count(*) from held_cases group by reason order by count(*) desc, reason"
    ).fetchall()
    steps.drop("certain_cases", "held_cases")
    return {HELD_BACK[reason]: count for reason, count in found}


def _add_certain(steps: Steps, above: float, others: Collection[int]) -> None:
    """Steps ``certain_cases`` (the pairs of cases that are so likely) and ``held_cases`` (``item, reason``)."""
    listed = f"[{', '.join(str(int(item)) for item in others)}]"
    steps.add("certain_cases", CERTAIN_PAIRS, lowest=_exact(score_of(above)), others=listed)
    steps.add(
        "certain_members",
        "select item as group_id, left_id as client_id from certain_cases union select item, right_id from certain_cases",
    )
    held_back_step(steps, "certain_members")
    steps.add("held_cases", HELD_CASES, order="|".join(HELD_BACK))
    steps.drop("certain_members", "judged", "held_back")


def acceptance_sample(tables: Tables, requests: list[dict[str, Any]], most: int = 20) -> list[dict[str, Any]]:
    """The first of some requests to decide, with the names of the clients: ``left, right, survivor``."""
    shown = requests[:most]
    ids = {number for row in shown for number in (row["left_id"], row["right_id"])}
    names = read_labels(tables, "clients", ids)
    return [
        {
            "left": f"#{row['left_id']} {names.get(row['left_id'], '')}",
            "right": f"#{row['right_id']} {names.get(row['right_id'], '')}",
            "survivor": f"#{row['survivor_id']}" if row["survivor_id"] else "",
        }
        for row in shown
    ]


CERTAIN_PAIRS = f"""
    with waiting as ({open_pairs_sql()})
    select item, left_id, right_id from waiting
    where not list_contains($others::bigint[], item)
    qualify max(item_score) over (partition by item) >= $lowest and not bool_and(decision is not null) over (partition by item)
"""
# Of two records that agree in everything the pair of each with itself counts, but one alone makes no pair.
HELD_CASES = """
    with alone as (select group_id, alike from judged group by all having count(*) = 1)
    select h.group_id as item, arg_min(reason, list_position(string_split($order, '|'), reason)) as reason
    from held_back h
    where h.left_alike <> h.right_alike or not exists (
        select 1 from alone a where a.group_id = h.group_id and a.alike = h.left_alike
    )
    group by h.group_id
"""
ACCEPTANCES = """
    select p.left_id, p.right_id, 'same' as decision, case when s.survivor_id in (p.left_id, p.right_id) then s.survivor_id end as survivor_id,
        $operator as decided_by
    from accepted_pairs p join accepted_survivors s on s.group_id = p.item order by all
"""


def merges_of(tables: Tables, entries: Collection[int]) -> list[dict[str, Any]]:
    """Requests that bring replaced clients back, by the numbers of their entries in ``merged_clients``."""
    listed = ", ".join(str(int(number)) for number in entries) or "0"
    return as_dicts(tables.query(MERGES_OF.format(listed=listed, history=tables.history("merged_clients"))))


MERGES_OF = """
    select min(h.operation_id) as operation_id, m.replaced_id
    from merged_clients m join {history} h on h.id = m.id and h.sign = 1
    where m.id in ({listed}) group by m.id, m.replaced_id order by m.replaced_id
"""

WAITING = Listing(
    "duplicates",
    "clients that may be duplicates",
    f"""
        select w.item as id, concat_ws(' / ', {party_sql("l")}, {party_sql("r")}) as clients, w.left_id || ', ' || w.right_id as numbers,
            least(round(100 * {likelihood_sql("w.score")}, 2), 99.99)::decimal(9, 2) as likely, w.why, w.why_not, case when w.is_put_off then 'later' else 'waiting' end as status
        from ({ITEMS}) w join clients l on l.id = w.left_id join clients r on r.id = w.right_id
    """,
    (Shown("clients", "Clients"), Shown("numbers", "Numbers"), Shown("likely", "Likely, %", "number"), Shown("why", "Why"), Shown("why_not", "Why not"),
     Shown("status", "Status", "badge")),
    "likely desc, id",
    "Nothing waits for a decision",
)  # fmt: skip


def brought_back(tables: Tables, operation: int) -> list[tuple[int, int]]:
    """Pairs of a client that an operation brought back from a merge and the one it had been merged into, both there now."""
    return tables.query(BROUGHT_BACK.format(history=tables.history("merged_clients")), operation=operation).fetchall()


BROUGHT_BACK = """
    select distinct m.replaced_id, m.survivor_id from {history} m
    semi join clients c on c.id = m.replaced_id semi join clients s on s.id = m.survivor_id
    where m.operation_id = $operation and m.sign = -1
        and not exists (select 1 from {history} n where n.operation_id = m.operation_id and n.sign = 1 and n.id = m.id)
    order by 1, 2
"""

MERGED = Listing(
    "merged-clients",
    "merged clients",
    f"""
        select m.id, m.replaced_id, {party_sql("c")} as survivor, m.survivor_id, m.merged_on
        from merged_clients m left join clients c on c.id = m.survivor_id
    """,
    (Shown("replaced_id", "Old number", "number"), Shown("survivor_id", "Number now", "number"), Shown("survivor", "Client"), Shown("merged_on", "Merged", "date")),
    "id desc",
    "No clients have been merged yet",
)  # fmt: skip
