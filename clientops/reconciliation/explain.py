"""Explanations from history: which operation made a balance drift from its log, and which one touched a row last."""

from __future__ import annotations

from clientops.schema.days import day_sql
from clientops.schema.definition import all_tables, quote_name
from clientops.schema.tables import Steps


# Per drifted client and operation, what the operation moved of the balance beyond what it wrote to the log. What these
# do not come to was changed by other means: by direct SQL if the row is not as history left it.
def drift_steps(steps: Steps) -> None:
    """Add the step ``drift_reasons``: what of each drifted balance came by which operation; needs ``drifted``."""
    clients, entries = steps.tables.history("clients"), steps.tables.history("credit_entries")
    steps.add("drift_known", f"select distinct id from {clients} where id in (select id from drifted)")
    steps.add("drift_moves", DRIFT_MOVES.format(clients=clients, entries=entries))
    steps.add("drift_reasons", DRIFT_REASONS)


DRIFT_MOVES = """
    with balances as (
        select operation_id, id as client_id, sum(sign * credit_balance) as amount
        from {clients} where id in (select id from drifted) group by operation_id, id
    ),
    logged as (
        select operation_id, client_id, sum(sign * amount) as amount
        from {entries} where client_id in (select id from drifted) group by operation_id, client_id
    ),
    moves as (
        select operation_id, client_id, coalesce(balances.amount, 0) - coalesce(logged.amount, 0) as amount
        from balances full join logged using (operation_id, client_id)
    )
    select moves.*, o.rule, o.operator, o.applied_at, o.reason, o.undoes_id
    from moves left join history.operations o on o.id = moves.operation_id
    where moves.amount <> 0
"""

# An operation and its undo cancel each other and explain nothing.
DRIFT_REASONS = (
    """
    with kept as (
        select * from drift_moves m
        where not exists (select 1 from drift_moves u where u.client_id = m.client_id
            and (u.undoes_id = m.operation_id or u.operation_id = m.undoes_id))
    ),
    told as (
        select client_id, operation_id, amount, operator,
            case when rule = 'adjust-credit' then 'adjustment'
                when rule = 'direct-sql' then 'direct SQL'
                when rule like 'import%' or rule like '%demo%' or rule like 'load-%' then 'import' else 'operation' end as explained_by,
            case when rule = 'adjust-credit' then 'adjusted by hand'
                when rule = 'direct-sql' then 'direct SQL, recorded'
                when rule like 'import%' or rule like '%demo%' or rule like 'load-%' then 'came in with ' || rule
                else 'by ' || coalesce(rule, 'an unknown rule') end
                || ' by ' || coalesce(operator, 'nobody known') || coalesce(' on ' || strftime("""
    + day_sql("applied_at")
    + """, '%Y-%m-%d'), '')
                || ' (operation ' || operation_id || coalesce(': ' || nullif(reason, ''), '') || ')' as sentence
        from kept
    ),
    summed as (select client_id, sum(amount) as amount from told group by client_id),
    missing as (
        select d.id as client_id, null::bigint as operation_id, d.amount - coalesce(s.amount, 0) as amount, null::varchar as operator,
            if(d.id in (select id from drift_known), 'direct SQL', 'unexplained') as explained_by
        from drifted d left join summed s on s.client_id = d.id where d.amount <> coalesce(s.amount, 0)
    ),
    every as (
        select * from told
        union all
        select *, if(explained_by = 'direct SQL', 'direct SQL that is in no operation', 'history does not say why') from missing
    )
    select e.client_id as row_id, max(operation_id) as operation_id, arg_max(operator, operation_id) as operator,
        arg_max(explained_by, coalesce(operation_id, 9_000_000_000_000_000)) as explained_by,
        string_agg((case when e.amount > 0 then '+' else '' end) || rtrim(rtrim(e.amount::decimal(18, 4)::varchar, '0'), '.') || ' ' || sentence,
            '; ' order by operation_id nulls last) as explanation
    from every e group by e.client_id
"""
)


def touched_steps(steps: Steps) -> None:
    """Add the step ``touched_reasons`` of ``table_name, row_id, operation_id, operator, explained_by, explanation``.

    Of each row that is found, and of rows that it points at and that are gone: which operation touched it last, or that it is
    not as the history left it. Operations that were undone, and their undo, explain nothing. Needs ``found``.
    """
    steps.add("about", ABOUT)
    steps.add("cancelled", _cancelled_sql(steps))
    names = [name for (name,) in steps["about"].project("table_name").distinct().order("1").fetchall()]
    parts = [_touched_sql(steps, name) for name in names if name in all_tables()]
    steps.add("touched", " union all ".join(parts) or NOTHING_TOUCHED)
    steps.add("touched_reasons", TOUCHED_REASONS)


def _cancelled_sql(steps: Steps) -> str:
    """SELECT of the operations that are undone as things stand, and of all undos: an undo may have been undone itself."""
    pairs = steps.tables.query(
        f"select id, undoes_id from {steps.tables.operations()} where undoes_id is not null order by id desc"
    ).fetchall()
    void: set[int] = set()
    for undo, undone in pairs:  # the newest first: whether it is in force is known by then
        if undo not in void:
            void.add(undone)
    listed = ", ".join(map(str, sorted({*void, *(undo for undo, _ in pairs)})))
    return f"select unnest([{listed}]::bigint[]) as id"


ABOUT = """
    select distinct table_name, row_id from (
        select table_name, row_id from found union all select gone_table, gone_id from found where gone_id is not null
    )
"""


def _touched_sql(steps: Steps, name: str) -> str:
    """SELECT of what the history says of each row that is asked about, and whether the row is as it left it."""
    table = quote_name(name)
    columns = all_tables()[name].column_names
    now, then = (", ".join(f"{side}.{quote_name(column)}" for column in columns) for side in ("n", "l"))
    asked = f"(select row_id from about where table_name = '{name}')"
    return f"""
        select '{name}' as table_name, a.row_id, t.operation_id, l.operation_id as left_by, coalesce(l.sign, 0) as left_sign,
            n.id is not null as is_there,
            if(n.id is null, l.sign > 0, l.id is null or l.sign < 0 or hash({now}) <> hash({then})) as is_direct
        from {asked} a
        left join (select * from {steps.tables.history(name)} where id in {asked}
            qualify row_number() over (partition by id order by operation_id desc, sign desc) = 1) l on l.id = a.row_id
        left join (select id, max(operation_id) filter (where operation_id not in (select id from cancelled)) as operation_id
            from {steps.tables.history(name)} where id in {asked} group by id) t on t.id = a.row_id
        left join (select * from {table} where id in {asked}) n on n.id = a.row_id
    """


NOTHING_TOUCHED = """
    select ''::varchar as table_name, 0::bigint as row_id, 0::bigint as operation_id, 0::bigint as left_by, 0 as left_sign,
        false as is_there, false as is_direct limit 0
"""

# A book without a history is none of ours: there nothing is said. Of rows that are gone, what removed them is told.
TOUCHED_REASONS = (
    """
    with told as (
        select t.table_name, t.row_id, t.is_there, t.is_direct, if(t.is_there, t.operation_id, t.left_by) as operation_id, t.left_sign
        from touched t
    ),
    named as (
        select told.*, o.operator, o.rule, o.rule || ' of ' || o.operator || ' on ' || strftime("""
    + day_sql("o.applied_at")
    + """, '%Y-%m-%d')
                || ' (operation ' || o.id || coalesce(': ' || nullif(o.reason, ''), '') || ')' as by_whom,
            case when o.rule = 'direct-sql' then 'direct SQL'
                when o.rule like 'import%' or o.rule like '%demo%' or o.rule like 'load-%' then 'import' else 'operation' end as kind
        from told left join history.operations o on o.id = told.operation_id
    )
    select table_name, row_id, operation_id, operator, is_there,
        if(coalesce(is_direct, false), 'direct SQL', if(by_whom is null, null, kind)) as explained_by,
        case when is_there and is_direct then 'direct SQL that is in no operation' || coalesce('; before that last touched by ' || by_whom, '')
            when is_there then 'last touched by ' || by_whom
            when is_direct then table_name || ' ' || row_id || ' was removed by direct SQL that is in no operation'
            when left_sign < 0 then table_name || ' ' || row_id || ' was removed by ' || by_whom
            else table_name || ' ' || row_id || ' never was in this book' end as explanation
    from named where exists (select 1 from history.operations) and (is_direct or by_whom is not null or not is_there)
"""
)
