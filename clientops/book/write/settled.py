"""Changes whose rows are fixed, and what the reference map adds to them: pointers at rows that go are cleared."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from clientops.core.plan import Kind
from clientops.schema.definition import Table, column_list, quote_name, table
from clientops.schema.references import Reference, references_to


@dataclass(frozen=True)
class Settled:
    """A change whose rows are fixed: full rows (insert), changed columns (update) or ids (delete).

    Attributes:
        table: Table that changes.
        kind: ``insert``, ``update`` or ``delete``.
        columns: Changed columns; all of them for inserts and deletes.
        rows: Quoted name of the temp table that holds them, or of a view of the step that does.
        count: Number of rows; updates that change nothing are left out.
        first_new: Highest number before the insert, where the new numbers follow on without gaps.
    """

    table: Table
    kind: Kind
    columns: tuple[str, ...]
    rows: str
    count: int
    first_new: int | None = None

    def pairs_sql(self) -> str:
        """SELECT of ``sign`` and the table's columns: the rows as they are (-1) and as they become (+1)."""
        name, every = f"main.{quote_name(self.table.name)}", self.table.column_names
        if self.kind == "insert":
            return f"select 1::tinyint as sign, {column_list(every)} from {self.rows}"
        if self.kind == "delete":
            return (
                f"select -1::tinyint as sign, {column_list(every, 't')} from {name} t semi join {self.rows} using (id)"
            )
        # Both from one look at the table: it is the costliest part of writing history.
        values = ", ".join(
            f"case when sign > 0 then c.{quote_name(n)} else t.{quote_name(n)} end as {quote_name(n)}"
            if n in self.columns
            else f"t.{quote_name(n)}"
            for n in every
        )
        return (
            f"select sign, {values} from {name} t join {self.rows} c using (id) "
            "cross join (values (-1::tinyint), (1::tinyint)) signs(sign)"
        )


def cleared(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> list[Settled]:
    """The changes, with the pointers at deleted rows cleared that the reference map clears and no change takes care of.

    So a rule that deletes rows need not know what may point at them, e.g. the mails about a payment.
    """
    gone = {s.table.name: s for s in changes if s.kind == "delete"}
    updates = {s.table.name: s for s in changes if s.kind == "update"}
    left: dict[str, dict[str, list[str]]] = {}
    for name in gone:
        for reference in references_to(name):
            if reference.on_delete == "clear":
                rows = _left_pointing_sql(reference, gone, updates)
                if connection.execute(f"{rows} limit 1").fetchone():
                    left.setdefault(reference.table, {}).setdefault(reference.column, []).append(rows)
    found = [s for s in changes if not (s.kind == "update" and s.table.name in left)]
    found += [_clearing(connection, name, columns, updates.get(name)) for name, columns in left.items()]
    order = {"insert": 0, "update": 1, "delete": 2}
    return sorted(found, key=lambda s: order[s.kind])


def _left_pointing_sql(reference: Reference, gone: dict[str, Settled], updates: dict[str, Settled]) -> str:
    """SELECT of the ids of rows that would still point at a deleted row."""
    column, target = quote_name(reference.column), gone[reference.target].rows
    conditions = [f"t.{column} in (select id from {target})"]
    if reference.when:
        conditions.append(f"({reference.when})")
    if reference.table in gone:
        conditions.append(f"t.id not in (select id from {gone[reference.table].rows})")
    update = updates.get(reference.table)
    if update and reference.column in update.columns:
        moved = f"u.{column} is null or u.{column} not in (select id from {target})"
        conditions.append(f"not exists (select 1 from {update.rows} u where u.id = t.id and ({moved}))")
    return f"select t.id from main.{quote_name(reference.table)} t where {' and '.join(conditions)}"


def _clearing(
    connection: duckdb.DuckDBPyConnection, name: str, columns: dict[str, list[str]], update: Settled | None
) -> Settled:
    """One update of a table: what was planned for it, and the cleared columns."""
    known = table(name)
    changed = tuple(dict.fromkeys([*(update.columns if update else ()), *columns]))
    hits = {column: f"(select id from ({' union '.join(parts)}))" for column, parts in columns.items()}
    ids = " union ".join([*hits.values(), *([f"select id from {update.rows}"] if update else [])])

    def value(column: str) -> str:
        quoted = quote_name(column)
        now = f"t.{quoted}"
        if update and column in update.columns:
            now = f"case when u.id is not null then u.{quoted} else t.{quoted} end"
        return (
            f"case when t.id in {hits[column]} then null else {now} end as {quoted}"
            if column in hits
            else f"{now} as {quoted}"
        )

    rows = f"temp.{quote_name(f'update {name}, cleared')}"
    joined = f"left join {update.rows} u on u.id = t.id" if update else ""
    connection.execute(
        f"create or replace temp table {rows} as select t.id, {', '.join(value(column) for column in changed)} "
        f"from main.{quote_name(name)} t {joined} where t.id in ({ids})"
    )
    row = connection.execute(f"select count(*) from {rows}").fetchone()
    return Settled(known, "update", changed, rows, int(row[0]) if row else 0)
