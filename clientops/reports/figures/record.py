"""One row of any table, for people: its values with names for numbers, and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from clientops.reports.lists.diff import describe
from clientops.schema.definition import quote_name
from clientops.schema.definition import table as schema_of
from clientops.schema.references import references_from, references_to
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Related:
    """Rows of another table that point at a record: how many, and the condition that finds them (``$number``)."""

    table: str
    column: str
    count: int
    where: str


@dataclass(frozen=True)
class Record:
    """A row for people.

    Attributes:
        table: Its table.
        id: Its number.
        label: What it is called.
        row: Its values as they are.
        facts: (column, text, (table, number) it points at or None) of the values that are there.
        related: What points at it.
    """

    table: str
    id: int
    label: str
    row: dict[str, Any]
    facts: tuple[tuple[str, str, tuple[str, int] | None], ...]
    related: tuple[Related, ...]


def read_record(tables: Tables, table: str, number: int) -> Record | None:
    """The record of a number, or None if there is none."""
    schema = schema_of(table)
    relation = tables.query(f"select * from {quote_name(schema.name)} where id = $number", number=number)
    found = relation.fetchone()
    if found is None:
        return None
    row = dict(zip(relation.columns, found, strict=True))
    shown = describe(tables, [(table, "insert", 1, [(None, row)])])[0].rows[0]
    targets = {
        r.column: r.target
        for r in references_from(table)
        if not r.when or (table == "transactions" and r.column == "client_id")
    }
    facts = tuple(
        (value.column, value.after, (targets[value.column], row[value.column]) if value.column in targets else None)
        for value in shown.values
        if not value.column.endswith("hash")
    )
    return Record(table, number, shown.label, row, facts, _related(tables, table, number))


def _related(tables: Tables, table: str, number: int) -> tuple[Related, ...]:
    found = []
    for reference in references_to(table):
        when = f" and {reference.when}" if reference.when and "subject_kind" in reference.when else ""
        where = f"t.{quote_name(reference.column)} = $number{when}"
        count = tables.query(
            f"select count(*) from {quote_name(reference.table)} t where {where}", number=number
        ).fetchone()
        if count and count[0]:
            found.append(Related(reference.table, reference.column, int(count[0]), where))
    return tuple(found)
