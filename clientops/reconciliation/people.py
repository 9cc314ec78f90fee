"""People: closed clients that still have something, credit of clients that are gone, and rows that point at nothing."""

from __future__ import annotations

from clientops.money import show_sql
from clientops.tables.invariants import orphan_sql
from clientops.tables.references import REFERENCES, Reference
from clientops.tables.schema import quote_name
from clientops.tables.view import Steps

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

GONE_CREDIT = """
    select client_id, sum(amount) as amount, min(id) as first_id, count(*) as entries
    from credit_entries anti join clients on clients.id = credit_entries.client_id group by client_id
"""
GONE_DIFFERENCES = """
    select 'credit_of_gone_client' as kind, 'credit_entries' as table_name, g.first_id as row_id, g.client_id,
        null::bigint as currency_id, g.amount::decimal(18, 4) as amount, null::date as day,
        'the credit log has ' || g.entries || if(g.entries = 1, ' entry', ' entries') || ' of client ' || g.client_id || ', who '
            || coalesce('was merged into client ' || m.survivor_id, 'is not there') as message,
        [{'table': 'credit_entries', 'id': g.first_id}] as row_list, null::varchar as mend_rule, null::varchar as mend_request
    from gone_credit g left join merged_clients m on m.replaced_id = g.client_id
"""

_REFERENCES = tuple(r for r in REFERENCES if (r.table, r.column) != ("credit_entries", "client_id"))


def orphans_sql(steps: Steps) -> str:
    """SELECT of ``table_name, id, message`` of all rows that point at nothing, but for credit of clients that are gone.

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
    return orphan_sql(reference, rows)


# Only the rows that are asked for are joined: with the condition on the left side alone, the engine goes through all.
ORPHAN_DIFFERENCES = """
    with found as (
        select table_name, id, min(message) as message from orphans group by table_name, id
    )
    select 'orphan' as kind, found.table_name, found.id as row_id, coalesce(i.client_id, s.client_id) as client_id,
        null::bigint as currency_id, i.total as amount, i.issued_on as day, found.message,
        [{'table': found.table_name, 'id': found.id}] as row_list, null::varchar as mend_rule, null::varchar as mend_request
    from found
    left join (select * from invoices where id in (select id from found where table_name = 'invoices')) i
        on i.id = found.id and found.table_name = 'invoices'
    left join (select * from services where id in (select id from found where table_name = 'services')) s
        on s.id = found.id and found.table_name = 'services'
"""
