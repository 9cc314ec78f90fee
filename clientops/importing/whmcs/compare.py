"""Second half of an import: what is new, changed, unchanged or in conflict, against the book and the last import."""

from __future__ import annotations

from collections.abc import Iterable

from clientops.importing.whmcs.mapping import Mapping
from clientops.importing.whmcs.reading import MAPPINGS, add_step, target_tables
from clientops.importing.whmcs.round_trip import add_shown, unwritten_columns
from clientops.schema.definition import column_list, quote_name, quote_text
from clientops.schema.references import references_from
from clientops.schema.tables import BEYOND_SOURCES, Steps


def mappings_of(table: str) -> tuple[Mapping, ...]:
    """The mappings that fill a table."""
    return tuple(mapping for mapping in MAPPINGS if mapping.table == table)


def filled_tables(mappings: Iterable[Mapping]) -> tuple[str, ...]:
    """Tables that these mappings fill, in order."""
    return tuple(dict.fromkeys(mapping.table for mapping in mappings))


def filled_columns(table: str) -> tuple[str, ...]:
    """Columns of a table that any mapping fills."""
    return tuple(dict.fromkeys(name for mapping in mappings_of(table) for name in mapping.column_names))


def add_imported(steps: Steps, present: tuple[Mapping, ...], *, source: str, time_zone: str) -> bool:
    """Add, for each table, the step ``imported_<table>``: its rows as the source is known to have had them last.

    Column by column: a later import that left a column alone, since the source had not changed it, says nothing about
    it, even if the row carried a change made here; unless it noted that the source has the row as it is here.

    Returns:
        Whether anything is to be compared with: what was imported before, or is here and may have gone there.
    """
    as_of = "true" if steps.tables.as_of is None else f"o.id <= {int(steps.tables.as_of)}"
    add_step(steps, "import_operations", IMPORT_OPERATIONS.format(as_of=as_of), {"source": source})
    is_repeated = steps.count("import_operations") > 0
    has_shown = add_shown(steps, present, time_zone=time_zone)
    needed = {mapping.table for mapping in present} | target_tables()
    for table in filled_tables(MAPPINGS):
        columns = filled_columns(table)
        if table not in needed:
            continue
        if not is_repeated:
            steps.add(f"imported_{table}", f"select id, {column_list(columns)} from {quote_name(table)} limit 0")
            continue
        last = ", ".join(
            f"(arg_max({{'v': a.{quote_name(name)}}}, a.operation_id) filter "
            f"(where b.id is null or a.{quote_name(name)} is distinct from b.{quote_name(name)})).v as {quote_name(name)}"
            for name in columns
        )
        sql = IMPORTED.format(history=steps.tables.history(table), columns=column_list(columns), last=last)
        if f"known_{table}" in steps:
            sql = (
                f"select * from ({sql}) where id not in (select id from known_{table}) union all "
                f"select id, {column_list(columns)} from known_{table}"
            )
        steps.add(f"imported_{table}", sql)
    return is_repeated or has_shown


# An undone import does not count, unless its undoing was undone.
IMPORT_OPERATIONS = """
    with recursive chain as (
        select o.id as import_id, o.id, 1 as effect
        from history.operations o join history.requests r on r.operation_id = o.id
        where o.rule = 'import-whmcs' and json_extract_string(r.request, '$.source') = $source and {as_of}
        union all
        select chain.import_id, o.id, -chain.effect
        from chain join history.operations o on o.undoes_id = chain.id where {as_of}
    )
    select import_id as id from chain group by import_id having sum(effect) > 0
"""

IMPORTED = """
    with rows_then as (
        select operation_id, sign, id, {columns}
        from {history} h where operation_id in (select id from import_operations)
    ),
    again as (select id from rows_then where sign = 1 group by id having count(*) > 1)
    select id, {columns} from rows_then where sign = 1 and id not in (select id from again)
    union all
    select a.id, {last}
    from rows_then a left join rows_then b on b.id = a.id and b.operation_id = a.operation_id and b.sign = -1
    where a.sign = 1 and a.id in (select id from again)
    group by a.id
"""


def judge_rows(steps: Steps, present: tuple[Mapping, ...], *, is_repeated: bool, takes_source: bool) -> None:
    """Add, for each mapping, the step ``rows_<key>``, and for each table what is ``new_`` and ``changed_``.

    ``rows_<key>`` has ``source_row, source_id, id``, the columns as they will be here, ``money_read``,
    ``money_currency_id``, ``doubts``, ``fault``, ``verdict`` (new, changed, unchanged, conflict or problem), and for
    a conflict ``fields`` and ``message``.
    """
    for table in filled_tables(present):
        mappings, given = [mapping for mapping in present if mapping.table == table], 0
        for mapping in mappings:
            steps.add(
                f"rows_{mapping.key}",
                rows_sql(steps, mapping, given=given, is_repeated=is_repeated, takes_source=takes_source),
            )
            steps.drop(f"read_{mapping.key}")
            if mapping.is_numbered_here:
                given += steps.value(f"select count(*) from rows_{mapping.key} where verdict = 'new'")
        new = [
            f"select id, {column_list(mapping.column_names)} from rows_{mapping.key} where verdict = 'new'"
            for mapping in mappings
        ]
        steps.add_view(f"new_{table}", " union all by name ".join(new), is_kept=True)
        if is_repeated:
            steps.add_view(f"changed_{table}", " union all by name ".join(map(changed_sql, mappings)))


def rows_sql(steps: Steps, mapping: Mapping, *, given: int, is_repeated: bool, takes_source: bool) -> str:
    """SELECT of the step ``rows_<key>``; ``given``: how many new numbers other mappings of the table have used."""
    name = quote_name(mapping.table)
    values, joins, doubts = [], [], ["r.doubts"]
    for column in mapping.columns:
        quoted = quote_name(column.name)
        if column.target and not mapping.must_exist(column):
            alias = f"to_{column.name}"
            joins.append(f"left join numbers_{column.target} {alias} on {alias}.source_id = r.{quoted}")
            values.append(f"{alias}.id as {quoted}")
            doubts.append(
                f"case when r.{quoted} is not null and {alias}.id is null then {quote_text(column.field)} end"
            )
        else:
            values.append(f"r.{quoted}")
    number = "r.id"
    if mapping.is_matched_by_code:
        joins.append(f"left join numbers_{mapping.table} row_number on row_number.source_id = r.id")
        number = "row_number.id"
    final = (
        f"select r.source_row, r.source_id, {number} as id, {', '.join(values)}, r.money_read, r.money_currency_id, "
        f"r.is_gone, r.is_same, r.is_still, r.is_met, r.fault, nullif(concat_ws(' ', {', '.join(doubts)}), '') as doubts\n"
        f"from read_{mapping.key} r " + "\n".join(joins)
    )
    if mapping.is_numbered_here:
        if is_repeated and mapping.alike:
            steps.add(f"unlinked_{mapping.key}", unlinked_sql(mapping))
            final = found_again_sql(mapping, final)
        lowest = str(BEYOND_SOURCES) if any(not other.is_numbered_here for other in mappings_of(mapping.table)) else "0"
        final = (
            f"select n.* replace (coalesce(n.id, greatest({steps.tables.next_id(mapping.table, of_imports=True)}, {lowest}) "
            f"+ {given} + row_number() over (partition by n.id is null and n.fault is null and not n.is_same "
            f"order by length(n.source_id), n.source_id, n.source_row)) as id) from ({final}) n"
        )
    if not is_repeated and not mapping.is_matched_by_code:
        return FIRST.format(final=final)
    columns = mapping.column_names
    references = {reference.column for reference in references_from(mapping.table)}
    kept = unwritten_columns(mapping)
    return COMPARED.format(
        final=final,
        table=name,
        name=mapping.table,
        merged=", ".join(_merged(column, kept) for column in columns),
        changed=_any(f"{_moved(c, kept)} and {_differs(c, 'f', 'here')}" for c in columns),
        # What pointed at a row that went along points at nothing now; that is no change of the source's.
        gone=_any(_moved(c, kept) for c in columns if c not in references),
        fields=", ".join(f"case when {_clash(c, kept)} then '{c}' end" for c in columns),
        clash="'changed'" if takes_source else "'conflict'",
        message=", ".join(_clash_text(c, kept) for c in columns),
    )


def unlinked_sql(mapping: Mapping) -> str:
    """SELECT of the rows here that are no row of the source yet, of those that are alike each with its place."""
    columns = column_list(mapping.alike)
    return (
        f"select id, {columns}, row_number() over (partition by {columns} order by id) as place "
        f"from {quote_name(mapping.table)} where id not in (select row_id from source_ids "
        f"where table_name = {quote_text(mapping.table)} and source_table = {quote_text(mapping.source)})"
    )


def found_again_sql(mapping: Mapping, rows: str) -> str:
    """The same rows; those without a number here have that of a row alike that is no row of the source yet, if any."""
    columns = column_list(mapping.alike)
    alike = " and ".join(f"p.{quote_name(c)} is not distinct from o.{quote_name(c)}" for c in mapping.alike)
    return (
        f"select p.* exclude (place) replace (coalesce(p.id, o.id) as id) from (select *, row_number() over ("
        f"partition by {columns}, id is null and fault is null order by source_row) as place from ({rows})) p "
        f"left join unlinked_{mapping.key} o on p.id is null and p.fault is null and p.place = o.place and {alike}"
    )


FIRST = """
    with f as materialized ({final})
    select f.* exclude (is_gone, is_same, is_still), case when fault is not null then 'problem' else 'new' end as verdict,
        null::varchar as fields, null::varchar as message
    from f
"""

# A row that is here and did not come from the source is a currency found by its code: it stays as it is.
COMPARED = """
    with f as ({final}),
    compared as (
        select f.source_row, f.source_id, f.id, {merged}, f.money_read, f.money_currency_id, f.doubts, f.fault,
            here.id is not null as is_here, was.id is not null as was_here, f.is_same, f.is_still, f.is_met,
            ({changed}) as is_changed, ({gone}) as is_gone_changed,
            nullif(concat_ws(', ', {fields}), '') as fields,
            nullif(concat_ws('; ', {message}), '') as message
        from f
        left join {table} here on here.id = f.id
        left join imported_{name} was on was.id = f.id
    )
    select compared.* exclude (is_here, was_here, is_same, is_still, is_changed, is_gone_changed, fields, message),
        case when fault is not null then 'problem'
            when is_same or is_still then 'unchanged'
            when not is_here and not was_here then 'new'
            when not is_here then case when is_gone_changed then 'conflict' else 'unchanged' end
            when not was_here then 'unchanged'
            when fields is not null then {clash}
            when is_changed then 'changed' else 'unchanged' end as verdict,
        case when is_here then fields else 'id' end as fields,
        case when is_here then message else 'deleted here, and changed in the source since the last import' end as message
    from compared
"""


def changed_sql(mapping: Mapping) -> str:
    """SELECT of the changed rows of a mapping, with every column that the mappings of its table fill."""
    values = ", ".join(
        f"{'r' if name in mapping.column_names else 'here'}.{quote_name(name)}"
        for name in filled_columns(mapping.table)
    )
    return (
        f"select r.id, {values} from rows_{mapping.key} r join {quote_name(mapping.table)} here on here.id = r.id "
        "where r.verdict = 'changed'"
    )


def _differs(column: str, one: str, other: str) -> str:
    return f"{one}.{quote_name(column)} is distinct from {other}.{quote_name(column)}"


def _moved(column: str, kept: frozenset[str]) -> str:
    """SQL: changed in the source since the last import; one that is not written back is not changed by being empty."""
    return f"({_differs(column, 'f', 'was')}" + (f" and f.{quote_name(column)} is not null)" if column in kept else ")")


def _clash(column: str, kept: frozenset[str]) -> str:
    """SQL: changed in the source since the last import and changed here since, to something else."""
    differences = (_moved(column, kept), _differs(column, "here", "was"), _differs(column, "f", "here"))
    return f"(here.id is not null and was.id is not null and {' and '.join(differences)})"


def _clash_text(column: str, kept: frozenset[str]) -> str:
    def shown(alias: str) -> str:
        return f"coalesce(left({alias}.{quote_name(column)}::varchar, 60), 'empty')"

    said = (
        f"'{column} is ' || {shown('here')} || ' here and ' || {shown('f')} || ' in the source, was ' || {shown('was')}"
    )
    return f"case when {_clash(column, kept)} then {said} end"


def _merged(column: str, kept: frozenset[str]) -> str:
    """SQL of a column as it will be: the source's where it changed, else what is here."""
    name = quote_name(column)
    return f"case when {_moved(column, kept)} then f.{name} else here.{name} end as {name}"


def _any(conditions: Iterable[str]) -> str:
    return " or ".join(["false", *(f"({condition})" for condition in conditions)])
