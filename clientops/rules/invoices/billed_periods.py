"""Days of services, add-ons and domains that invoices bill: none twice, none lost without a word."""

from __future__ import annotations

from clientops.schema.balances import balances_sql
from clientops.schema.tables import Steps

# Column of invoice items, and statuses in which nothing is invoiced any more, by table.
BILLED_THINGS = {
    "services": ("service", "service_id", "('Terminated', 'Cancelled', 'Fraud', 'Completed')"),
    "addons": ("addon", "addon_id", "('Terminated', 'Cancelled', 'Fraud', 'Completed')"),
    "domains": ("domain", "domain_id", "('Cancelled', 'Fraud', 'Transferred Away', 'Expired')"),
}


def billed_sql(things: str, kind: str = "kind", thing: str = "id") -> str:
    """SELECT of the days that standing invoices bill of some things: ``kind, id, period_from, period_to, invoice_name``.

    Args:
        things: Step that has the things.
        kind: SQL of what each is: service, addon or domain.
        thing: Column of its number.
    """
    return " union all ".join(
        f"""
        select '{name}' as kind, {key} as id, period_from, period_to, coalesce(invoices.number, invoices.id::varchar) as invoice_name
        from invoice_items join invoices on invoices.id = invoice_items.invoice_id
        where invoice_items.kind = '{name}' and period_from is not null and period_to is not null and status <> 'Cancelled'
            and {key} in (select {thing} from {things} where {kind} = '{name}')
        """
        for name, key, _ in BILLED_THINGS.values()
    )


def free_periods(steps: Steps, cancelled: str) -> None:
    """Work out which days become billable again because invoices are cancelled.

    Args:
        steps: Adds ``freed``: the days, whether they are due again (``is_chained``), and of what; and for each table of
            what is billed ``due_again_<table>``, updates of ``next_due_on``. Days are due again where nothing was billed
            after them; the others stay a gap that a person must bill.
        cancelled: Step with ``"row", invoice_id`` of the cancelled invoices.
    """
    every = " union all ".join(
        f"""
        select c."row", '{name}' as kind, t.id, items.period_from, items.period_to, t.next_due_on
        from {cancelled} c join invoice_items items on items.invoice_id = c.invoice_id and items.kind = '{name}'
        join {table} t on t.id = items.{key}
        where items.period_from is not null and t.status not in {ended} and not exists (
            select 1 from invoice_items o join invoices i on i.id = o.invoice_id where o.{key} = t.id and o.kind = '{name}'
                and i.status <> 'Cancelled' and i.id not in (select invoice_id from {cancelled})
                and o.period_from <= coalesce(items.period_to, items.period_from) and coalesce(o.period_to, o.period_from) >= items.period_from)
        """
        for table, (name, key, ended) in BILLED_THINGS.items()
    )
    steps.add(
        "freed",
        f"""
        with days as ({every}),
        ordered as (
            select *, coalesce(period_to + 1 = coalesce(lag(period_from) over later, next_due_on), next_due_on is null) as is_next
            from days window later as (partition by kind, id order by period_from desc)
        )
        select *, bool_and(is_next) over (partition by kind, id order by period_from desc) as is_chained from ordered
        """,
    )
    for table, (name, _, _) in BILLED_THINGS.items():
        steps.add(
            f"due_again_{table}",
            f"select id, min(period_from) as next_due_on from freed where kind = '{name}' and is_chained group by id",
        )


def bill_again(steps: Steps, reopened: str) -> None:
    """Work out what is no longer due because cancelled invoices stand again.

    Args:
        steps: Adds ``billed_since`` (their days that another standing invoice bills) and for each table of what is billed
            ``billed_<table>``, updates of ``next_due_on``.
        reopened: Step with ``"row", invoice_id, invoice_name``.
    """
    since = []
    for table, (name, key, ended) in BILLED_THINGS.items():
        since.append(f"""
            select distinct r."row", r.invoice_name, '{name}' as kind, mine.{key} as id, mine.period_from,
                coalesce(i.number, i.id::varchar) as other_name
            from {reopened} r join invoice_items mine on mine.invoice_id = r.invoice_id and mine.kind = '{name}'
            join invoice_items o on o.{key} = mine.{key} and o.kind = '{name}' join invoices i on i.id = o.invoice_id
            where i.status <> 'Cancelled' and i.id <> r.invoice_id and o.period_from <= mine.period_to and o.period_to >= mine.period_from
        """)
        steps.add(
            f"billed_{table}",
            f"""
            with recursive days as (
                select items.{key} as id, period_from, period_to from {reopened} r
                join invoice_items items on items.invoice_id = r.invoice_id and items.kind = '{name}'
            ),
            moving as (
                select t.id, t.next_due_on from {table} t where t.id in (select id from days) and t.status not in {ended}
                union
                select moving.id, days.period_to + 1 from moving join days on days.id = moving.id and days.period_from = moving.next_due_on
            )
            select id, case when count(*) = count(next_due_on) then max(next_due_on) end as next_due_on
            from moving group by id having count(*) > 1
            """,
        )
    steps.add("billed_since", " union all ".join(since))


UNBILLED = """
    select "row", 'invoice_id' as field, 'unbilled' as code, 'the days ' || period_from || coalesce(' to ' || period_to, '') || ' of '
        || kind || ' ' || id || ' are not billed any more, and later ones are: create an invoice for them, if they are owed' as message
    from freed where not is_chained
"""
DUE_AGAIN = """
    select 'Billed again from ' || min(period_from), kind || ' ' || id from freed where is_chained group by kind, id order by kind, id limit 20
"""


def credit_rests(steps: Steps, rests: str) -> None:
    """Limit credit for the rest of cycles to what was really paid for them, invoice by invoice.

    Args:
        steps: Adds ``rest_parts`` (``"row", service_id, client_id, invoice_id, amount``: credit and the invoice whose money
            it gives back; no invoice where none of the book bills the cycle) and ``rest_unpaid`` (``"row", service_id,
            client_id, amount, invoice_names``: what was not paid, or was given back already).
        rests: Step of ``"row", service_id, client_id, cycle_from, next_due_on, amount`` (positive, with tax), in a cycle
            that ends on the day before ``next_due_on``.
    """
    steps.add("rest_items", REST_ITEMS.format(rests=rests))
    steps.add("rest_rooms", f"select * from ({balances_sql('select invoice_id from rest_items')})")
    steps.add("rest_parts", REST_PARTS.format(rests=rests))
    steps.add("rest_unpaid", REST_UNPAID.format(rests=rests))


REST_ITEMS = """
    select distinct r."row", i.id as invoice_id, coalesce(i.number, i.id::varchar) as invoice_name, i.status
    from {rests} r join invoice_items items on items.service_id = r.service_id and items.kind in ('service', 'change')
    join invoices i on i.id = items.invoice_id
    where coalesce(items.period_from, i.due_on) >= r.cycle_from and coalesce(items.period_from, i.due_on) < r.next_due_on
"""
# Money and places to take it from in one order: rows of one invoice after each other, invoices of one row the last first.
REST_PARTS = """
    with recursive queue as (
        select row_number() over (order by items."row", items.invoice_id desc) as place, items."row", items.invoice_id,
            greatest(0, rooms.may_give_back) as room, r.amount
        from rest_items items join rest_rooms rooms using (invoice_id) join {rests} r using ("row")
        where items.status not in ('Draft', 'Cancelled') and rooms.may_give_back > 0
    ),
    taken(place, "row", invoice_id, amount, by_row, by_invoice) as (
        select 0::bigint, 0::bigint, 0::bigint, 0::decimal(18, 4), map {{}}::map(bigint, decimal(18, 4)), map {{}}::map(bigint, decimal(18, 4))
        union all
        select q.place, q."row", q.invoice_id, part, map_concat(t.by_row, map {{q."row": (coalesce(t.by_row[q."row"], 0) + part)::decimal(18, 4)}}),
            map_concat(t.by_invoice, map {{q.invoice_id: (coalesce(t.by_invoice[q.invoice_id], 0) + part)::decimal(18, 4)}})
        from taken t join (select queue.*, 0 as x from queue) q on q.place = t.place + 1
        cross join lateral (select least(q.amount - coalesce(t.by_row[q."row"], 0), q.room - coalesce(t.by_invoice[q.invoice_id], 0))::decimal(18, 4) as part)
    )
    select taken."row", r.service_id, r.client_id, taken.invoice_id, taken.amount from taken join {rests} r using ("row")
    where taken.place > 0 and taken.amount > 0
    union all
    select "row", service_id, client_id, null, amount from {rests} where "row" not in (select "row" from rest_items) and amount > 0
"""
REST_UNPAID = """
    with given as (select "row", sum(amount) as amount from rest_parts group by "row"),
    names as (select "row", string_agg(distinct invoice_name, ', ') as invoice_names from rest_items group by "row")
    select r."row", r.service_id, r.client_id, (r.amount - coalesce(given.amount, 0))::decimal(18, 4) as amount, names.invoice_names
    from {rests} r left join given using ("row") join names using ("row") where r.amount > coalesce(given.amount, 0)
"""
