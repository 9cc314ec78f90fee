"""Money poured into places in order: payments into invoices, refunds into what was paid.

Each offer (a request's money) is poured into the parts of its list, first the first, until the money or the list is at its
end; what earlier offers filled is full. The offers count in the order of their rows, as if each were poured alone.
"""

from __future__ import annotations

from clientops.schema.tables import Steps


def pour(steps: Steps) -> int:
    """Pour the step ``offers`` into the step ``parts``; the result is the step ``fills``.

    Offers of one list are poured together, as stretches of money against stretches of room. Offers of lists that share
    parts wait for each other: so there are as many rounds as offers of different lists alternate on one part, in nearly
    every case one.

    Args:
        steps: With ``offers``: ``"row"``, ``list_id``, ``amount`` (empty: all there is room for); ``places``:
            ``list_id``, ``position``, ``part_id`` (each part once a list); ``parts``: ``part_id``, ``room`` (positive
            money). Adds ``fills``: ``"row"``, ``part_id``, ``position``, ``amount`` (positive).

    Returns:
        How many rounds it took.
    """
    waiting, rooms = "offers", "parts"
    rounds = 0
    while True:
        ready, fills = waiting, f"fills_{rounds}"
        if steps.value(f"select count(distinct list_id) > 1 from {waiting}"):
            ready = f"ready_{rounds}"
            steps.add(ready, READY.format(waiting=waiting))
        steps.add(fills, FILLS.format(ready=ready, rooms=rooms))
        rounds += 1
        if steps.count(ready) == steps.count(waiting):
            break
        now = {"ready": ready, "fills": fills, "rooms": rooms}
        steps.add(f"waiting_{rounds}", WAITING.format(waiting=waiting, **now))
        waiting = f"waiting_{rounds}"
        steps.add(f"rooms_{rounds}", ROOMS.format(waiting=waiting, **now))
        rooms = f"rooms_{rounds}"
    steps.add("fills", " union all ".join(f"select * from fills_{k}" for k in range(rounds)))
    return rounds


# An offer is ready unless an offer of another list comes first to one of the parts they share.
READY = """
    with turns as (select list_id, min("row") as first_row from {waiting} group by list_id),
    rivals as (
        select part_id, min(first_row, 2) as first_rows from places join turns using (list_id) group by part_id
    ),
    limits as (
        select list_id, min(case when first_rows[1] = first_row then first_rows[2] else first_rows[1] end) as until_row
        from places join turns using (list_id) join rivals using (part_id) group by list_id
    )
    select "row", list_id, amount from {waiting} left join limits using (list_id)
    where until_row is null or "row" < until_row
"""

FILLS = """
    with shelves as (
        select list_id, position, part_id, room::decimal(38, 4) as room,
            sum(room) over (partition by list_id order by position) as upper_end
        from places join {rooms} using (part_id)
        where list_id in (select list_id from {ready})
    ),
    wholes as (select list_id, max(upper_end) as whole from shelves group by list_id),
    streams as (
        select "row", list_id, least(coalesce(amount, whole), whole)::decimal(38, 4) as amount,
            sum(least(coalesce(amount, whole), whole)) over (partition by list_id order by "row") as until_amount
        from {ready} join wholes using (list_id)
    )
    select streams."row", shelves.part_id, shelves.position,
        (least(until_amount, upper_end) - greatest(until_amount - amount, upper_end - room))::decimal(18, 4) as amount
    from streams join shelves
        on shelves.list_id = streams.list_id and until_amount - amount < upper_end and upper_end - room < until_amount
"""

WAITING = 'select * from {waiting} anti join {ready} using ("row")'

ROOMS = """
    with filled as (select part_id, sum(amount) as amount from {fills} group by part_id)
    select part_id, (room - coalesce(amount, 0))::decimal(18, 4) as room
    from {rooms} left join filled using (part_id)
    where room > coalesce(amount, 0)
        and part_id in (select part_id from places where list_id in (select list_id from {waiting}))
"""
