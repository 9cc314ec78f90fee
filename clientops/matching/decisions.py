"""What people decided about pairs of clients, as it holds for the clients of now."""

from __future__ import annotations

ENDS = """
    with recursive led (replaced_id, survivor_id) as (
        select replaced_id, survivor_id from merged_clients
        union
        select l.replaced_id, m.survivor_id from led l join merged_clients m on m.replaced_id = l.survivor_id
    )
    select replaced_id, min(survivor_id) as survivor_id from led
    anti join merged_clients m on m.replaced_id = led.survivor_id group by replaced_id
"""
"""SELECT of ``replaced_id, survivor_id``: who stands for each replaced client now, survivors of survivors too."""


def current_decisions_sql(decisions: str = "duplicate_decisions") -> str:
    """SELECT of ``left_id, right_id, decision`` of a table of decisions, for the clients who stand for them now.

    Two clients who became one need no decision any more. Of several decisions about one pair ``different`` counts,
    then ``same``.
    """
    return f"""
        with ends as ({ENDS}),
        followed as (
            select coalesce(l.survivor_id, d.left_id) as one, coalesce(r.survivor_id, d.right_id) as other, d.decision
            from {decisions} d
            left join ends l on l.replaced_id = d.left_id
            left join ends r on r.replaced_id = d.right_id
        )
        select least(one, other)::bigint as left_id, greatest(one, other)::bigint as right_id,
            arg_min(decision, case decision when 'different' then 1 when 'same' then 2 else 3 end) as decision
        from followed where one <> other group by 1, 2
    """


def open_pairs_sql() -> str:
    """SELECT of the columns of ``duplicate_pairs`` whose clients are both there and wait for a decision.

    ``decision`` is ``later`` where somebody put it off; ``item`` names what is decided together: the lowest client
    number of a group, or, less than zero, the number of a pair that is in none; ``item_score`` is how certain it is.
    """
    return f"""
        with decided as ({current_decisions_sql()})
        select p.*, d.decision, coalesce(p.group_id, -p.id) as item,
            coalesce(case when p.group_id is not null then p.group_score end, p.score) as item_score
        from duplicate_pairs p
        join clients l on l.id = p.left_id
        join clients r on r.id = p.right_id
        left join decided d on d.left_id = p.left_id and d.right_id = p.right_id
        where coalesce(d.decision, 'later') = 'later'
    """
