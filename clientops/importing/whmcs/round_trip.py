"""What was changed here and is in WHMCS just so by now, since an export was loaded there.

A row goes there in WHMCS's columns, which hold less than ours do (two decimals, whole seconds, no price of one piece).
So it is compared both ways: a column is the same if it reads as it is here, or if WHMCS's column has what an export
would write there.
"""

from __future__ import annotations

from clientops.exporting.whmcs_known import changed_sql, known_steps
from clientops.exporting.whmcs_targets import TARGETS, Target
from clientops.importing.whmcs.mapping import Column, Mapping
from clientops.importing.whmcs.sources import SOURCE_TABLES
from clientops.schema.definition import column_list, quote_name, quote_text, table
from clientops.schema.tables import Steps

KNOWN = "operation_id in (select id from import_operations)"


CHANGED_HERE = f"select distinct table_name, kind from history.changes where not {KNOWN}"
NOTED = f"select distinct source_table, table_name from history.source_ids where {KNOWN}"


def target_of(mapping: Mapping) -> Target | None:
    """The table of WHMCS that an export writes the mapping's rows to; none if it writes none, or they have other numbers."""
    if not mapping.keeps_numbers:
        return None
    return next((t for t in TARGETS if (t.name, t.table) == (mapping.source, mapping.table)), None)


def unwritten_columns(mapping: Mapping) -> frozenset[str]:
    """Columns here that an export does not write, though the rows they are in are written: WHMCS may lack them."""
    target = target_of(mapping)
    if target is None:
        return frozenset()
    written = {theirs for theirs, _ in target.columns}
    return frozenset(column.name for column in mapping.columns if column.field and column.field not in written)


def add_shown(steps: Steps, present: tuple[Mapping, ...], *, time_zone: str) -> bool:
    """Add steps on the rows of each mapping, where there are any.

    ``shown_<key>``, in WHMCS's columns: rows that an export would write. ``known_in_<key>``: rows that it was known to have as here, as they were then; ``known_<table>``: the same in our
    columns.

    Returns:
        Whether there are any.
    """
    found = False
    changed = {name for name, _ in steps.add("changed_here", CHANGED_HERE).fetchall()}
    noted = set(steps.add("noted_before", NOTED).fetchall())
    for mapping in present:
        target = target_of(mapping)
        if target is None:
            continue
        if (target.name, target.table) not in noted and changed.isdisjoint((target.table, *dict(target.through))):
            continue
        name, history = quote_name(target.table), steps.tables.history
        every = column_list(table(target.table).column_names)
        steps.add(f"shown_{mapping.key}", changed_sql(target, KNOWN, time_zone, history=history))
        known = known_steps(target.table, KNOWN, history=history)
        steps.add(
            f"known_{mapping.table}",
            f"with {known} select {every} from there_{target.table} where id in (select id from seen_{target.table}) "
            f"union all select {every} from {name} where id in (select id from seen_{target.table}) "
            f"and id not in (select id from touched_{target.table})",
        )
        if steps.count(f"known_{mapping.table}"):
            columns = ", ".join(f"{sql} as {quote_name(theirs)}" for theirs, sql in target.columns)
            steps.add(
                f"known_in_{mapping.key}",
                f"select {columns.replace('$time_zone', quote_text(time_zone))} from known_{mapping.table} r "
                f"{target.joins} where {target.where}",
            )
        for step in (f"shown_{mapping.key}", f"known_{mapping.table}"):
            if steps.count(step):
                found = True
            else:
                steps.drop(step)
    return found


def agreement_sql(steps: Steps, mapping: Mapping, kind: str, *, or_taken: bool = False) -> str:
    """SQL condition over a staged row: it is that of the step ``<kind>_<key>``, joined as ``row_<kind>``, and the same.

    With ``or_taken``, so far as this import does not take other values: those that changed in the source alone.

    Columns that come from no single one of WHMCS's follow from others, and are not looked at.
    """
    if f"{kind}_{mapping.key}" not in steps:
        return "false"
    shown = steps[f"{kind}_{mapping.key}"]
    is_number = {name: str(found).startswith(("DECIMAL", "BIGINT", "INTEGER", "TINYINT", "SMALLINT"))
                 for name, found in zip(shown.columns, shown.types, strict=True)}  # fmt: skip
    staged = SOURCE_TABLES[mapping.source].columns
    ours = "row_here" if kind == "shown" else "row_was"
    conditions = [f"row_{kind}.id is not null"]
    unwritten = unwritten_columns(mapping)
    for column in mapping.columns:
        if not column.field or column.name in unwritten:
            continue
        name, value = quote_name(column.name), _value(mapping, column)
        alike = [f"{value} is not distinct from {ours}.{name}"]
        if or_taken:
            alike.append(
                f"(row_was.id is not null and {value} is distinct from row_was.{name} "
                f"and row_here.{name} is not distinct from row_was.{name})"
            )
        if column.field in is_number and column.field in staged:
            there, here = f"s.{quote_name(column.field)}", f"row_{kind}.{quote_name(column.field)}"
            alike.append(_same_number(there, here) if is_number[column.field] else _same_text(there, here))
        conditions.append(f"({' or '.join(alike)})")
    return f"({' and '.join(conditions)})"


def _value(mapping: Mapping, column: Column) -> str:
    return f"to_{column.name}.id" if column.target and mapping.must_exist(column) else f"({column.sql})"


def _same_number(there: str, here: str) -> str:
    return f"try_cast({there} as decimal(38, 8)) is not distinct from {here}::decimal(38, 8)"


def _same_text(there: str, here: str) -> str:
    """SQL: the same text without blanks around it, or the same day where one of them has no time."""
    there, here = f"coalesce(trim({there}), '')", f"coalesce(trim({here}), '')"
    is_day = f"regexp_full_match({here}, '[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}( .*)?')"
    same_day = f"left({there}, 10) = left({here}, 10) and least(length({there}), length({here})) = 10"
    midnight = f"{there} = {here} || ' 00:00:00'"
    return f"({there} = {here} or ({is_day} and ({same_day} or {midnight} or ({here} like '0000%' and {there} = ''))))"


def seen_rows_sql(steps: Steps, present: tuple[Mapping, ...]) -> str:
    """SELECT of the rows that the source is found to have as here: ``source_table, source_id, table_name, row_id``.

    Either changed or new here and the same there by now, or deleted here and gone there.
    """
    parts = [
        "select ''::varchar as source_table, ''::varchar as source_id, ''::varchar as table_name, 0::bigint as row_id limit 0"
    ]
    changed = set(steps["changed_here"].fetchall())
    for mapping in present:
        target = target_of(mapping)
        if target is None:
            continue
        names = f"{quote_text(mapping.source)}, id::varchar, {quote_text(mapping.table)}, id"
        if f"shown_{mapping.key}" in steps:
            parts.append(f"select {names} from rows_{mapping.key} where is_met and verdict in ('changed', 'unchanged')")
        if (mapping.table, "delete") in changed:
            history = steps.tables.history(mapping.table)
            parts.append(GONE.format(names=names, key=mapping.key, table=mapping.table, history=history, known=KNOWN))
    return " union all ".join(f"({part})" for part in parts)


GONE = """
    select {names} from imported_{table} was anti join "{table}" here using (id) anti join rows_{key} there using (id)
    where id not in (
        select seen.row_id from history.source_ids seen
        where seen.sign = 1 and seen.table_name = '{table}' and {known} and seen.operation_id > (
            select max(operation_id) from {history} h where h.id = seen.row_id)
    )
"""
