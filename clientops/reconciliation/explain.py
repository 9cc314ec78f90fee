"""Explanations from history: which operation made a balance drift from its log, and which one touched a row last."""

from __future__ import annotations

from clientops.tables.schema import all_tables
from clientops.tables.view import Steps


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
DRIFT_REASONS = """
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
                || ' by ' || coalesce(operator, 'nobody known') || coalesce(' on ' || strftime(applied_at at time zone 'UTC', '%Y-%m-%d'), '')
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


def touched_sql(steps: Steps, names: list[str]) -> str:
    """SELECT of the operation that touched each found row last: ``table_name, row_id, operation_id``."""
    known = [name for name in names if name in all_tables()]
    return " union all ".join(
        f"select '{name}' as table_name, id as row_id, max(operation_id) as operation_id from {steps.tables.history(name)} "
        f"where id in (select row_id from found where table_name = '{name}') group by id"
        for name in known
    ) or "select ''::varchar as table_name, 0::bigint as row_id, 0::bigint as operation_id limit 0"  # fmt: skip


TOUCHED_REASONS = """
    select t.table_name, t.row_id, t.operation_id, o.operator,
        case when o.rule = 'direct-sql' then 'direct SQL'
            when o.rule like 'import%' or o.rule like '%demo%' or o.rule like 'load-%' then 'import' else 'operation' end as explained_by,
        'last touched by ' || o.rule || ' of ' || o.operator || ' on ' || strftime(o.applied_at at time zone 'UTC', '%Y-%m-%d')
            || ' (operation ' || o.id || coalesce(': ' || nullif(o.reason, ''), '') || ')' as explanation
    from touched t join history.operations o on o.id = t.operation_id
"""
