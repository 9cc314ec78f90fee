"""Repointing: every column that the reference map says points at a row that went, to the row that stays for it."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from clientops.schema.definition import quote_name
from clientops.schema.references import REFERENCES, Reference


def tables_pointing_at(targets: Collection[str]) -> dict[str, list[Reference]]:
    """References to any of the tables, by the table that has them, in the order of the map."""
    found: dict[str, list[Reference]] = {}
    for reference in REFERENCES:
        if reference.target in targets:
            found.setdefault(reference.table, []).append(reference)
    return found


def repointed_sql(references: list[Reference], moves: Mapping[str, str]) -> str:
    """SELECT of ``id`` and the columns of a table's rows that point at moved rows, as they become.

    Args:
        references: References of one table, each column once, to tables that rows moved in.
        moves: Step of ``old_id, new_id`` by table. Only the columns that the map names are read.
    """
    name = quote_name(references[0].table)
    if len(references) == 1:
        column, moved = quote_name(references[0].column), quote_name(moves[references[0].target])
        where = f"where {references[0].when}" if references[0].when else ""
        return f"select t.id, m.new_id as {column} from (select * from {name} {where}) t join {moved} m on m.old_id = t.{column}"
    values, joins = [], []
    for n, reference in enumerate(references):
        column, moved = quote_name(reference.column), quote_name(moves[reference.target])
        when = f"and ({reference.when})" if reference.when else ""
        values.append(f"coalesce(m{n}.new_id, t.{column}) as {column}")
        joins.append(f"left join {moved} m{n} on m{n}.old_id = t.{column} {when}")
    any_moved = " or ".join(f"m{n}.old_id is not null" for n in range(len(references)))
    return f"select t.id, {', '.join(values)} from {name} t {' '.join(joins)} where {any_moved}"
