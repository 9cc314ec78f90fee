"""Undo: the exact reverse of an operation, as a new operation."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.core.readable import counted_sql, noun
from clientops.schema.definition import column_list, quote_name, table
from clientops.schema.references import Reference, references_to
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class UndoOperation(Request):
    """Take an operation back."""

    operation_id: Id = Field(title="Operation", description="Number of the operation to take back")


def undo_operation(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Put the rows of an operation back to what they were.

    Args:
        tables: Read-only tables with their history.
        requests: One row: ``operation_id``.
        today: Not used.
        now: Not used.

    Returns:
        For each change of the operation its reverse, so that after ``undo(apply(x))`` the tables are as before.

    Problems:
        ``one_at_a_time``, ``unknown_operation``, ``already_undone``, ``nothing_to_undo``, ``cannot_be_undone``, and
        ``changed_since`` and ``built_upon``, which name the operations that changed a row after it, or added rows that
        point at what it added.
    """
    steps = tables.steps(requests=requests)
    steps.add("undone", UNDONE)
    chosen = steps.value("select operation_id from undone where problem is null limit 1")
    changes, checks = (
        [],
        ["""select "row", 'operation_id' as field, code, problem as message from undone where problem is not null"""],
    )
    if chosen is not None and steps.count("undone") == 1:
        recorded = tables.query(
            "select table_name, kind, columns from history.changes where operation_id = $number order by all",
            number=chosen,
        ).fetchall()
        for name, kind, columns in recorded:
            step = f"{kind} of {name}"
            steps.add(f"now {step}", _touched_sql(name, kind, chosen))
            checks.append(_changed_since_sql(name, kind, f"now {step}", chosen))
            if kind == "insert":
                steps.add(step, f"select id from {quote_name(f'now {step}')}")
                if built := references_to(name):
                    steps.add(
                        f"upon {step}",
                        " union all ".join(_pointing_sql(place, r, step, chosen) for place, r in enumerate(built)),
                    )
                    places = [place for (place,) in steps[f"upon {step}"].project("place").distinct().fetchall()]
                    checks += [_built_upon_sql(place, built[place], f"upon {step}", chosen) for place in sorted(places)]
                changes.append(steps.delete(name, step))
            elif kind == "update":
                changed = [c for c in columns.split(",") if c in table(name).column_names]
                steps.add(step, f"select id, {column_list(changed)} from ({_rows_sql(name, chosen, -1)}) "
                                f"semi join {quote_name(f'now {step}')} using (id)")  # fmt: skip
                changes.append(steps.update(name, step))
            else:
                steps.add(
                    step,
                    f"select * from ({_rows_sql(name, chosen, -1)}) semi join {quote_name(f'now {step}')} using (id)",
                )
                changes.append(steps.insert(name, step))
    steps.add("problems", " union all ".join(checks))
    return steps.plan(*changes, problems="problems")


UNDONE = """
    select r."row", r.operation_id,
        case
            when (select count(*) from requests) > 1 then 'one_at_a_time'
            when o.id is null then 'unknown_operation'
            when u.id is not null then 'already_undone'
            when o.change_count = 0 then 'nothing_to_undo'
            when o.rule = 'erase-person' then 'cannot_be_undone'
        end as code,
        case
            when (select count(*) from requests) > 1 then 'operations are undone one at a time, the newest first'
            when o.id is null then 'there is no operation ' || r.operation_id
            when u.id is not null then 'operation ' || o.id || ' was undone by operation ' || u.id
            when o.change_count = 0 then 'operation ' || o.id || ' changed nothing'
            when o.rule = 'erase-person' then 'operation ' || o.id || ' erased a person: what is erased is nowhere any more'
        end as problem
    from requests r
    left join history.operations o on o.id = r.operation_id
    left join (
        select undoes_id, max(id) as id from history.operations u
        where not exists (select 1 from history.operations v where v.undoes_id = u.id)
        group by undoes_id
    ) u on u.undoes_id = o.id
"""


def _rows_sql(name: str, operation_id: int, sign: int) -> str:
    """SELECT of the rows of a table as an operation found (-1) or left (+1) them."""
    columns = column_list(table(name).column_names)
    return f"select {columns} from history.{quote_name(name)} where operation_id = {int(operation_id)} and sign = {int(sign)}"


def _touched_sql(name: str, kind: str, operation_id: int) -> str:
    """SELECT of ``id, is_as_left`` of the rows that one change of an operation touched."""
    history = f"history.{quote_name(name)}"
    mine = f"select id, sign from {history} where operation_id = {int(operation_id)}"
    ids = {
        "insert": f"select id from ({mine}) group by id having min(sign) = 1",
        "delete": f"select id from ({mine}) group by id having max(sign) = -1",
        "update": f"select id from ({mine}) group by id having count(*) = 2",
    }[kind]
    columns = column_list(table(name).column_names)
    if kind == "delete":
        return f"select i.id, t.id is null as is_as_left from ({ids}) i left join {quote_name(name)} t using (id)"
    return f"""
        select i.id, t.hash is not distinct from h.hash as is_as_left
        from ({ids}) i
        join (select id, hash({columns}) as hash from ({_rows_sql(name, operation_id, 1)})) h using (id)
        left join (select id, hash({columns}) as hash from {quote_name(name)} semi join ({ids}) i using (id)) t using (id)
    """


def _changed_since_sql(name: str, kind: str, step: str, operation_id: int) -> str:
    """Problems of rows that are no longer as the operation left them, with the operations that changed them."""
    return f"""
        select 1 as "row", 'operation_id' as field, 'changed_since' as code,
            '{noun(name)} ' || n.id || ' was changed since'
                || coalesce(' by operation ' || string_agg(distinct o.id::varchar || ' (' || o.rule || ', ' || o.operator || ')', ', '), '')
                as message
        from {quote_name(step)} n
        left join history.{quote_name(name)} h on h.id = n.id and h.operation_id > {int(operation_id)}
        left join history.operations o on o.id = h.operation_id
        where not n.is_as_left
        group by n.id
    """


def _pointing_sql(place: int, reference: Reference, step: str, operation_id: int) -> str:
    """SELECT of ``place, id, target`` of rows that point at what the operation added, and that it did not touch itself."""
    name, column = quote_name(reference.table), quote_name(reference.column)
    condition = f"and ({reference.when})" if reference.when else ""
    return f"""
        select {place} as place, id, {column} as target from {name}
        where {column} in (select id from {quote_name(step)}) {condition}
            and id not in (select id from history.{name} where operation_id = {int(operation_id)})
    """


def _built_upon_sql(place: int, reference: Reference, step: str, operation_id: int) -> str:
    """Problems of rows that the operation added and others point at, with the operations that these came with."""
    one, many = noun(reference.table), noun(reference.table, 2)
    return f"""
        select 1 as "row", 'operation_id' as field, 'built_upon' as code,
            '{noun(reference.target)} ' || r.target || ' is needed by ' || {counted_sql("count(distinct r.id)", one, many)}
                || ', e.g. {one} ' || min(r.id)
                || coalesce(': take back operation ' || string_agg(distinct o.id::varchar || ' (' || o.rule || ', ' || o.operator || ')', ', ')
                    || ' before, or remove what is there by its own form', '') as message
        from {quote_name(step)} r
        left join history.{quote_name(reference.table)} h
            on h.id = r.id and h.sign = 1 and h.{quote_name(reference.column)} = r.target and h.operation_id > {int(operation_id)}
        left join history.operations o on o.id = h.operation_id
        where r.place = {place}
        group by r.target
    """


UNDO = Rule("undo", "Undo an operation", undo_operation, UndoOperation, risk="medium", group="book")
