"""People: closed clients that still have something, credit of clients that are gone, and rows that point at nothing."""

from __future__ import annotations

from clientops.core.money import show_sql
from clientops.schema.days import payment_day_sql
from clientops.schema.definition import quote_name
from clientops.schema.invariants import orphan_sql
from clientops.schema.references import REFERENCES, Reference
from clientops.schema.tables import Steps

DAY_T = payment_day_sql("t.occurred_at")

CLOSED_DIFFERENCES = f"""
    with served as (
        select client_id, count(*) as services, sum(recurring_amount) as amount from services
        where status = 'Active' and client_id in (select id from clients where status = 'Closed') group by client_id
    )
    select 'closed_with_credit' as kind, 'clients' as table_name, c.id as row_id, c.id as client_id, c.currency_id,
        c.credit_balance as amount, null::date as day,
        'client ' || c.id || ' is Closed and has ' || {show_sql("c.credit_balance", "k.code", "k.minor_digits")} || ' of credit' as message,
        [{{'table': 'clients', 'id': c.id}}] as row_list, 'set-status' as mend_rule,
        json_object('client_id', c.id, 'status', 'Inactive')::varchar as mend_request
    from clients c left join currencies k on k.id = c.currency_id
    where c.status = 'Closed' and c.credit_balance <> 0
    union all
    select 'closed_with_services', 'clients', c.id, c.id, c.currency_id, s.amount::decimal(18, 4), null,
        'client ' || c.id || ' is Closed and has ' || s.services || if(s.services = 1, ' active service', ' active services')
            || ', invoiced with ' || {show_sql("s.amount", "k.code", "k.minor_digits")} || ' a cycle',
        [{{'table': 'clients', 'id': c.id}}], 'set-status', json_object('client_id', c.id, 'status', 'Active')::varchar
    from served s join clients c on c.id = s.client_id left join currencies k on k.id = c.currency_id
"""

# Of clients that are gone, and that found rows point at: what they paid in, as the history last said, or who took over.
GONE_CLIENTS = """
    with gone as (select distinct gone_id as id from found where gone_table = 'clients')
    select gone.id, coalesce(c.currency_id, h.currency_id) as currency_id from gone
    left join (select replaced_id, min(survivor_id) as survivor_id from merged_clients group by replaced_id) m on m.replaced_id = gone.id
    left join clients c on c.id = m.survivor_id
    left join (select id, arg_max(currency_id, operation_id) as currency_id from {clients}
        where id in (select id from gone) group by id) h on h.id = gone.id
"""
GONE_CREDIT = """
    select client_id, sum(amount) as amount, min(id) as first_id, list(id order by id) as ids, count(*) as entries
    from credit_entries anti join clients on clients.id = credit_entries.client_id group by client_id
"""
GONE_DIFFERENCES = """
    select 'credit_of_gone_client' as kind, 'credit_entries' as table_name, g.first_id as row_id, g.client_id,
        null::bigint as currency_id, g.amount::decimal(18, 4) as amount, null::date as day,
        'the credit log has ' || g.entries || if(g.entries = 1, ' entry', ' entries')
            || ' of client ' || g.client_id || ', who ' || coalesce('was merged into client ' || m.survivor_id, 'is not there') as message,
        list_transform(g.ids, lambda i: {'table': 'credit_entries', 'id': i}) as row_list, null::varchar as mend_rule,
        null::varchar as mend_request, 'clients' as gone_table, g.client_id as gone_id
    from gone_credit g
    left join (select replaced_id, min(survivor_id) as survivor_id from merged_clients group by replaced_id) m on m.replaced_id = g.client_id
"""

_REFERENCES = tuple(r for r in REFERENCES if (r.table, r.column) != ("credit_entries", "client_id"))


def orphans_sql(steps: Steps) -> str:
    """SELECT of ``table_name, id, message, gone_table, gone_id`` of all rows that point at nothing, but for credit of clients that are gone.

    Where few numbers of a table are left out, what is outside of them or is one of these points at nothing: no join with
    the table is needed to see that.
    """
    spans = {}
    for target in sorted({reference.target for reference in _REFERENCES}):
        row = steps.tables.query(SPAN.format(table=quote_name(target))).fetchone()
        if row and row[0] and row[2] - row[1] < 2 * row[0] + 1_000:
            spans[target] = (row[1], row[2])
            left_out = NONE_LEFT_OUT if row[3] else LEFT_OUT.format(table=quote_name(target), first=row[1], last=row[2])
            steps.add(f"left_out_{target}", left_out)
    return " union all ".join(_orphans_of(reference, spans) for reference in _REFERENCES)


SPAN = """
    select count(*), min(id), max(id),
        count(*) = max(id) - min(id) + 1 and 2 * sum(id::hugeint) = count(*) * (max(id)::hugeint + min(id)) as is_dense
    from {table}
"""
NONE_LEFT_OUT = "select 0::bigint as id limit 0"
LEFT_OUT = "select range as id from range({first}, {last} + 1) anti join {table} r on r.id = range"


def _orphans_of(reference: Reference, spans: dict[str, tuple[int, int]]) -> str:
    rows = quote_name(reference.table)
    if reference.target in spans:
        first, last = spans[reference.target]
        column = quote_name(reference.column)
        rows = (
            f"(select * from {rows} where {column} not between {first} and {last} "
            f"or {column} in (select id from left_out_{reference.target}))"
        )
    return orphan_sql(reference, rows, with_target=True)


# Only the rows that are asked for are joined: with the condition on the left side alone, the engine goes through all.
ORPHAN_DIFFERENCES = (
    """
    with found as (
        select table_name, id, min(message) as message, arg_min(gone_table, message) as gone_table,
            arg_min(gone_id, message) as gone_id
        from orphans group by table_name, id
    )
    select 'orphan' as kind, f.table_name, f.id as row_id,
        coalesce(i.client_id, s.client_id, t.client_id, if(gone_table = 'clients', gone_id, null)) as client_id,
        t.currency_id, coalesce(i.total, s.recurring_amount, t.amount_in - t.amount_out) as amount,
        coalesce(i.issued_on, """
    + DAY_T
    + """) as day, f.message,
        [{'table': f.table_name, 'id': f.id}] as row_list, null::varchar as mend_rule, null::varchar as mend_request, gone_table, gone_id
    from found f
    left join (select * from invoices where id in (select id from found where table_name = 'invoices')) i
        on i.id = f.id and f.table_name = 'invoices'
    left join (select * from services where id in (select id from found where table_name = 'services')) s
        on s.id = f.id and f.table_name = 'services'
    left join (select * from transactions where id in (select id from found where table_name = 'transactions')) t
        on t.id = f.id and f.table_name = 'transactions'
"""
)
