"""Marks of clients: hashes of their keys, kept in the book so that somebody who is being entered is compared at once."""

from __future__ import annotations

from typing import Any

from clientops.tables.view import Steps, Tables

MARKS: dict[str, tuple[str, ...]] = {
    "email_key": ("email",),
    "phone_key": ("phone",),
    "tax_key": ("tax_id",),
    "name_key": ("name",),
    "address_key": ("address",),
    "company_key": ("company", "coalesce(surname, '')"),
    "surname_key": ("surname", "postcode", "left(given, 1)"),
    "given_key": ("given_first", "postcode", "left(surname, 1)"),
}
"""Columns of ``match_keys``, and the keys whose values together make each."""

MOST = 50
"""A mark that more clients share says too little."""


def marks_sql(keys: str) -> str:
    """SELECT of ``id`` and the marks of the clients whose keys a table has."""
    columns = ", ".join(f"{_mark(parts)} as {name}" for name, parts in MARKS.items())
    return f"select id, {columns} from {keys}"


def _mark(parts: tuple[str, ...]) -> str:
    """Expression: a number for the values of some keys, the same on every machine; empty if one is missing."""
    given = " and ".join(f"({part}) is not null" for part in parts)
    spelt = f"concat_ws('|', '', {', '.join(parts)})"
    return f"case when {given} then (md5_number_lower({spelt}) >> 1)::bigint end"


def add_marks(steps: Steps, keys: str) -> None:
    """Steps ``new_marks``, ``changed_marks`` and ``gone_marks``: what makes ``match_keys`` agree with a step of keys."""
    steps.add("marks", marks_sql(keys))
    columns = ", ".join(MARKS)
    steps.add("new_marks", "select * from marks where id not in (select id from match_keys)")
    steps.add(
        "changed_marks",
        f"select m.* from marks m join match_keys k on k.id = m.id"
        f" where ({_of('m', columns)}) is distinct from ({_of('k', columns)})",
    )
    steps.add("gone_marks", "select id from match_keys where id not in (select id from marks)")
    steps.drop("marks")


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


def marked_clients(tables: Tables, marks: list[dict[str, Any]]) -> tuple[list[int], str] | None:
    """Clients who share a mark with one of those given, and a SELECT of those whose marks are not known.

    None where nobody looked for duplicates yet, or the tables are those of a past moment.

    Args:
        tables: Read-only tables; reads ``match_keys`` and the history of ``clients``.
        marks: Marks of those who are being entered, see :func:`marks_sql`.
    """
    unknown = known_marks(tables)
    if unknown is None:
        return None
    values: dict[str, int] = {}
    parts = []
    for name in MARKS:
        asked = sorted({row[name] for row in marks if row[name] is not None})
        for number in asked:
            values[f"v{len(values)}"] = number
            parts.append(f"select id, '{name}' as mark from match_keys where {name} = $v{len(values) - 1}")
    found: list[int] = []
    if parts:
        union = " union all ".join(parts)
        shared = f"select id from (select *, count(*) over (partition by mark) as clients from ({union})) where clients <= {MOST * len(marks)}"
        found = sorted({number for (number,) in tables.query(shared, **values).fetchall()})
    return found, unknown


def known_marks(tables: Tables) -> str | None:
    """SELECT of the clients whose marks are not known, being new or changed; None if no marks are."""
    if tables.as_of is not None:
        return None
    [(searched,)] = tables.query(LAST_MARKED).fetchall()
    if searched is None:
        return None
    return f"select distinct id from history.clients where operation_id > {int(searched)} and sign = 1"


# The last search that still stands: undoing one takes its marks back.
LAST_MARKED = """
    with undone as (select undoes_id from history.operations where undoes_id is not null),
    searches as (
        select o.id from history.operations o
        where o.rule = 'find-duplicates' and o.id not in (
            select u.undoes_id from history.operations u
            where u.undoes_id is not null and u.id not in (from undone)
        )
    )
    select max(s.id) from searches s join history.requests r on r.operation_id = s.id
    where (r.request ->> 'engine') is distinct from 'spark'
"""
