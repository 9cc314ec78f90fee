"""Marks of clients: hashes of their keys, kept in the book so that somebody who is being entered is compared at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clientops.schema.tables import Steps, Tables

PRESENT = "(select c.* from clients c anti join merged_clients m on m.replaced_id = c.id)"

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


def unmarked_clients_sql(tables: Tables) -> str:
    """Subquery of the present clients whose marks are not those of the last search: who came or changed since."""
    unknown = known_marks(tables)
    if unknown is None:
        return PRESENT
    return f"(select p.* from {PRESENT} p where p.id in ({unknown}) or p.id not in (select id from match_keys))"


def add_marks(steps: Steps, keys: str) -> None:
    """Steps ``new_marks``, ``changed_marks`` and ``gone_marks``: what makes ``match_keys`` agree with a step of keys.

    The step may leave out clients whose marks are right.
    """
    steps.add("marks", marks_sql(keys))
    columns = ", ".join(MARKS)
    steps.add("new_marks", "select * from marks where id not in (select id from match_keys)")
    steps.add(
        "changed_marks",
        f"select m.* from marks m join match_keys k on k.id = m.id"
        f" where ({_of('m', columns)}) is distinct from ({_of('k', columns)})",
    )
    steps.add("gone_marks", f"select k.id from match_keys k anti join {PRESENT} p on p.id = k.id")
    steps.drop("marks")


def _of(table: str, columns: str) -> str:
    return ", ".join(f"{table}.{column}" for column in columns.split(", "))


@dataclass(frozen=True)
class Marked:
    """Who shares marks with a few who are being entered.

    Attributes:
        clients: By mark, the clients who share it; a mark says too little where more than ``most`` do.
        most: That many.
        unknown: SELECT of the clients whose marks are not known.
    """

    clients: dict[str, list[int]]
    most: int
    unknown: str

    def telling(self) -> list[int]:
        """Clients who share a mark that says enough."""
        return sorted({number for ids in self.clients.values() if len(ids) <= self.most for number in ids})


def marked_clients(tables: Tables, marks: list[dict[str, Any]]) -> Marked | None:
    """Clients who share a mark with one of those given.

    None where nobody looked for duplicates yet, or the tables are those of a past moment.

    Args:
        tables: Read-only tables; reads ``match_keys`` and the history of ``clients``.
        marks: Marks of those who are being entered, see :func:`marks_sql`.
    """
    unknown = known_marks(tables)
    if unknown is None:
        return None
    # A SELECT a value: the engine reads numbers only where a column has it, and plans those without parameters faster.
    parts = [
        f"select id, '{name}' as mark from match_keys where {name} = {int(number)}"
        for name in MARKS
        for number in sorted({row[name] for row in marks if row[name] is not None})
    ]
    found: dict[str, list[int]] = {name: [] for name in MARKS}
    for number, name in tables.query(" union all ".join(parts)).fetchall() if parts else ():
        found[name].append(number)
    return Marked(found, MOST * len(marks), unknown)


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
