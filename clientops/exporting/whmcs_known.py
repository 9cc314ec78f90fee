"""What WHMCS has of our rows, as far as the book knows: what its imports brought, and what they found to be as here."""

from __future__ import annotations

from collections.abc import Callable

from clientops.exporting.whmcs_targets import Target
from clientops.schema.definition import column_list, quote_name, quote_text
from clientops.schema.definition import table as table_named

# An import notes in ``source_ids`` which rows WHMCS has just as they are here. Of these the last time counts: what was
# done before is known there.
SEEN = """
    select row_id as id, max(operation_id) as seen_at from history.source_ids
    where sign = 1 and table_name = {table} and {known} group by row_id
"""


def history_of(table: str) -> str:
    """SQL for the whole history of a table."""
    return f"history.{quote_name(table)}"


def known_steps(table: str, known: str, *, counts_seen: bool = True, history: Callable[[str], str] = history_of) -> str:
    """CTEs on what WHMCS has of a table.

    ``seen_<table>``: numbers of rows that it was found to have as here, and ``seen_at``, after which operation.
    ``touched_<table>``: those of rows that were changed since it last knew them. ``there_<table>``: these, as far as it
    has them, as it has them.

    Column by column: a later import that left a column alone, since WHMCS had not changed it, says nothing about it.

    Args:
        table: Our table.
        known: SQL condition on the operations whose outcome WHMCS has.
        counts_seen: Whether a row that an import found to be as here counts as known.
        history: SQL for the history of a table, up to some moment.
    """
    past, names = history(table), table_named(table).column_names
    last = ", ".join(
        f"(arg_max({{'v': a.{column}}}, a.operation_id) filter (b.id is null or a.{column} is distinct from b.{column})).v "
        f"as {column}"
        for column in map(quote_name, names)
        if column != '"id"'
    )
    seen = SEEN.format(table=quote_text(table), known=known if counts_seen else "false")
    of_history = f"{past} h left join seen_{table} seen on seen.id = h.id"
    later = "(seen.seen_at is null or h.operation_id > seen.seen_at)"
    return f"""
        seen_{table} as ({seen}),
        touched_{table} as (
            select distinct h.id from (select * from {past} past where not ({known})) h
            left join seen_{table} seen on seen.id = h.id where {later}
        ),
        written_{table} as (
            select h.* from {of_history}
            where {known.replace("operation_id", "h.operation_id")} and {later} and h.id in (select id from touched_{table})
        ),
        agreed_{table} as (
            select h.* from {past} h join seen_{table} seen on seen.id = h.id
            where h.sign = 1 and h.operation_id <= seen.seen_at and h.id in (select id from touched_{table})
            qualify row_number() over (partition by h.id order by h.operation_id desc) = 1
        ),
        there_{table} as (
            select a.id, {last}
            from (select * from written_{table} where sign = 1 union all select * from agreed_{table}) a
            left join written_{table} b on b.id = a.id and b.operation_id = a.operation_id and b.sign = -1
            group by a.id
        )"""


def compared_sql(
    target: Target,
    known: str,
    time_zone: str,
    *,
    counts_seen: bool = True,
    history: Callable[[str], str] = history_of,
) -> str:
    """SQL ``with …`` that ends in the CTEs ``after`` and ``before``, in WHMCS's columns.

    ``after``: rows that WHMCS may not have as they are here, as they are here. ``before``: those of them that it has, as
    it has them. The arguments are those of :func:`changed_sql`.
    """
    table, name = target.table, quote_name(target.table)
    ours = column_list(table_named(table).column_names)
    columns = ", ".join(f"{sql} as {quote_name(theirs)}" for theirs, sql in target.columns)
    columns = columns.replace("$time_zone", quote_text(time_zone))
    through = [other for other, _ in target.through]
    steps = [
        known_steps(other, known, counts_seen=counts_seen, history=history)
        for other in dict.fromkeys((table, *through))
    ]
    candidates = [f"select id from touched_{table}"]
    candidates += [ids.format(touched=f"(select id from touched_{other})") for other, ids in target.through]
    # What the columns look into is there as it was, too.
    as_it_was = ", ".join(
        f"{quote_name(other)} as (select * from now_{other} where id not in (select id from touched_{other}) "
        f"union all by name select * from there_{other})"
        for other in dict.fromkeys(through)
    )
    steps += [f"now_{other} as (select * from {quote_name(other)})" for other in dict.fromkeys(through)]
    return f"""
        with {",".join(steps)},
        candidates as ({" union ".join(candidates)}),
        rows_there as (
            select {ours} from there_{table} union all
            select {ours} from {name}
            where id in (select * from candidates) and id not in (select id from touched_{table})
        ),
        after as (
            select {columns} from {name} r {target.joins}
            where r.id in (select * from candidates) and {target.where}
        ),
        before as ({f"with {as_it_was}" if as_it_was else ""}
            select {columns} from rows_there r {target.joins} where {target.where}
        )"""


def changed_sql(
    target: Target,
    known: str,
    time_zone: str = "UTC",
    *,
    counts_seen: bool = True,
    history: Callable[[str], str] = history_of,
) -> str:
    """SELECT of a table's rows, in WHMCS's columns, that are new or other than WHMCS has them.

    Rows that were changed and changed back (by an undo, say) are not among them: WHMCS may have changed them since.

    Args:
        target: The table.
        known: SQL condition on the operations whose outcome WHMCS has; the last of them that touched a column counts.
        time_zone: Moments are shown as a clock there shows them.
        counts_seen: Whether a row that an import found to be as here counts as known.
        history: SQL for the history of a table, up to some moment.
    """
    return (
        compared_sql(target, known, time_zone, counts_seen=counts_seen, history=history)
        + f" select after.* from {_other_sql(target)} order by after.id"
    )


def both_sql(target: Target, known: str, time_zone: str = "UTC", *, counts_seen: bool = True) -> str:
    """SELECT of the rows of :func:`changed_sql`, and of those of them that WHMCS has as it has them; unsorted.

    ``is_before`` says which they are; the other columns are WHMCS's. The arguments are those of :func:`changed_sql`.
    """
    other = _other_sql(target)
    return compared_sql(target, known, time_zone, counts_seen=counts_seen) + (
        f" select false as is_before, after.* from {other}"
        f" union all select true, before.* from {other} and before.id is not null"
    )


def _other_sql(target: Target) -> str:
    """SQL behind ``from``: rows of ``after`` that are not the same in ``before``, beside those."""
    differs = " or ".join(f"after.{name} is distinct from before.{name}" for name, _ in target.columns)
    which = "join" if target.is_for_known else "left join"
    return f"after {which} before on before.id = after.id where ({differs})"
