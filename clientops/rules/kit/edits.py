"""Changing only what is given, and removing rows: the SQL that all rules that edit or remove share.

An edit request names a row and gives some of its columns; what is left empty stays as it is, and a field ``clear``
names the columns to empty. Several requests for one row count in their order.
"""

from __future__ import annotations

from collections.abc import Sequence

from clientops.schema.definition import quote_name, quote_text


def edited_sql(table: str, key: str, columns: Sequence[str], source: str = "requests") -> str:
    """SELECT of ``id`` and the columns as they become, one row for each row of the table that is edited.

    Args:
        table: Table that is edited.
        key: Field of the requests that holds the row's number.
        columns: Columns that may be edited.
        source: Step with a row for each request: ``row``, the key, those columns and ``clear``, a list of column names.
    """
    given = ", ".join(_last_given_sql(column) for column in columns)
    changed = ", ".join(
        f"case when last_given.{name} is null then kept.{name} else last_given.{name}.value end as {name}"
        for name in map(quote_name, columns)
    )
    return f"""
        with last_given as (select {key} as id, {given} from {source} group by {key})
        select kept.id, {changed} from {quote_name(table)} as kept join last_given on last_given.id = kept.id
    """


def _last_given_sql(column: str) -> str:
    """The last value that the requests give a column, in a struct, since that may be the empty value; else null."""
    name = quote_name(column)
    is_cleared = f"""list_contains(coalesce("clear", []), {quote_text(column)})"""
    return (
        f"""arg_max({{'value': case when {is_cleared} then null else {name} end}}, "row") """
        f"""filter (where {is_cleared} or {name} is not null) as {name}"""
    )


def edit_problems_sql(table: str, key: str, columns: Sequence[str], clearable: Sequence[str]) -> str:
    """SELECT of the problems that every edit can have; ``columns`` and ``clearable`` are fields of the requests.

    They are ``unknown_<noun>``, ``nothing_given``, ``not_clearable`` (a column that must not be empty, or is none) and
    ``given_and_cleared``.
    """
    noun = key.removesuffix("_id")
    is_given = " or ".join(f"{quote_name(column)} is not null" for column in columns)
    allowed = ", ".join(clearable)
    clearable_list = "[" + ", ".join(quote_text(column) for column in clearable) + "]"
    fields = ", ".join(
        f"{{'name': {quote_text(column)}, 'is_given': {quote_name(column)} is not null}}" for column in clearable
    )
    return f"""
        select "row", '{key}' as field, 'unknown_{noun}' as code, 'there is no {noun} ' || {key} as message
        from requests anti join {quote_name(table)} as known on known.id = requests.{key}
        where {key} is not null
        union all
        select "row", '', 'nothing_given', 'nothing is given to change {noun} ' || {key} || ' to'
        from requests where not ({is_given}) and len(coalesce("clear", [])) = 0
        union all
        select "row", 'clear ' || name, 'not_clearable',
            'clear names ' || name || ', which cannot be emptied; these can: {allowed}'
        from (select "row", unnest("clear") as name from requests) where not list_contains({clearable_list}, name)
        union all
        select "row", one.name, 'given_and_cleared', one.name || ' is given and to be cleared as well; do one of them'
        from (select "row", "clear", unnest([{fields}]) as one from requests)
        where one.is_given and list_contains("clear", one.name)
    """


def unknown_or_removed_sql(table: str, key: str) -> str:
    """SELECT of the problem ``unknown_<noun>``: there is no such row, or an earlier request removes it."""
    noun = key.removesuffix("_id")
    return f"""
        select "row", '{key}' as field, 'unknown_{noun}' as code, case when is_known
            then 'there is no {noun} ' || {key} || ' any more: row ' || first_row || ' removes it'
            else 'there is no {noun} ' || {key} end as message
        from (
            select *, {key} in (select id from {quote_name(table)}) as is_known,
                min("row") over (partition by {key}) as first_row
            from requests where {key} is not null
        )
        where not is_known or "row" > first_row
    """
