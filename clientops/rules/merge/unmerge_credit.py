"""Handing back money with an unmerge: the credit and the commission that came with each client, as far as they are there."""

from __future__ import annotations

from clientops.core.money import show_sql
from clientops.core.plan import Change
from clientops.schema.tables import Steps


def add_credit_shares(steps: Steps) -> None:
    """Step ``credit_shares``: what each client that comes back brought, gets back, and where the rest went.

    ``row, operation_id, replaced_id, survivor_id, brought, share, missing, credit_left, spent_on, take_what_is_left``.
    Reads ``leaving`` and ``then_clients``. The survivor's credit is handed out in the order of the replaced clients' numbers.
    """
    steps.add("credit_shared", CREDIT_SHARED)
    steps.add(
        "credit_spent",
        CREDIT_SPENT.format(history=steps.tables.history("clients"), entries=steps.tables.history("credit_entries")),
    )
    steps.add("credit_shares", CREDIT_SHARES)


CREDIT_SHARED = """
    with brought as (
        select l."row", l.operation_id, l.replaced_id, l.survivor_id, l.take_what_is_left, c.credit_balance as brought,
            s.credit_balance as credit_left, c.currency_id, s.currency_id as survivor_currency_id
        from leaving l
        join then_clients c on c.operation_id = l.operation_id and c.client_id = l.replaced_id
        join clients s on s.id = l.survivor_id
    ), counted as (
        select *, coalesce(sum(brought) over (partition by survivor_id order by replaced_id
            rows between unbounded preceding and 1 preceding), 0) as before_it
        from brought
    )
    select *, (case when brought <= 0 then brought
        else greatest(0, least(brought, credit_left - before_it)) end)::decimal(18, 4) as share
    from counted
"""

# What lowered a survivor's balance since the merge, operation by operation, with the invoices it went to.
CREDIT_SPENT = f"""
    with short as (
        select survivor_id, min(operation_id) as operation_id from credit_shared where share < brought group by survivor_id
    ), moves as (
        select b.operation_id, b.id as client_id, b.credit_balance - a.credit_balance as amount
        from {{history}} b
        join {{history}} a on a.operation_id = b.operation_id and a.id = b.id and a.sign = 1
        join short s on s.survivor_id = b.id
        where b.sign = -1 and b.operation_id > s.operation_id and b.credit_balance > a.credit_balance
    ), used as (
        select m.operation_id, m.client_id, any_value(m.amount) as amount,
            string_agg(distinct e.invoice_id::varchar, ', ' order by e.invoice_id::varchar) as invoices
        from moves m
        left join {{entries}} e on e.operation_id = m.operation_id and e.client_id = m.client_id and e.sign = 1 and e.amount < 0
        group by m.operation_id, m.client_id
    ), told as (
        select u.client_id, row_number() over (partition by u.client_id order by u.operation_id) as place,
            count(*) over (partition by u.client_id) as count,
            'operation ' || u.operation_id || ' (' || o.rule || ' by ' || o.operator || '): ' || {show_sql("u.amount", "k.code", "k.minor_digits")}
                || coalesce(' on invoice ' || u.invoices, '') as sentence
        from used u
        join history.operations o on o.id = u.operation_id
        join clients c on c.id = u.client_id
        join currencies k on k.id = c.currency_id
    )
    select client_id, string_agg(sentence, '; ' order by place) filter (where place <= 5)
        || case when any_value(count) > 5 then '; and ' || (any_value(count) - 5) || ' more' else '' end as spent_on
    from told group by client_id
"""

CREDIT_SHARES = """
    select s.*, (s.brought - s.share)::decimal(18, 4) as missing, w.spent_on, k.code, k.minor_digits
    from credit_shared s
    left join credit_spent w on w.client_id = s.survivor_id
    left join currencies k on k.id = s.survivor_currency_id
"""

CREDIT_PROBLEMS = f"""
    select "row", 'take_what_is_left' as field, 'credit_spent' as code,
        'client ' || survivor_id || ' has ' || {show_sql("credit_left")} || ' left, of which ' || {show_sql("share")}
            || ' can go back with client ' || replaced_id || ', who brought ' || {show_sql("brought")}
            || coalesce('; spent by ' || spent_on, '') || '; say take_what_is_left to hand back what there is' as message
    from credit_shares where missing > 0 and not take_what_is_left
    union all
    select "row", 'operation_id', 'different_currency',
        'client ' || replaced_id || ' brought a credit in another currency than client ' || survivor_id || ' has now'
    from credit_shares where brought <> 0 and currency_id <> survivor_currency_id
"""

CREDIT_WARNINGS = f"""
    select "row", 'take_what_is_left' as field, 'credit_spent' as code,
        'client ' || replaced_id || ' gets back ' || {show_sql("share")} || ' of the ' || {show_sql("brought")}
            || ' it brought' || coalesce('; spent by ' || spent_on, '') as message
    from credit_shares where missing > 0 and take_what_is_left
"""

# What is missing leaves the credit log of the one and enters that of the other, so that log and balance keep agreeing.
MISSING_ENTRIES = """
    with sides as (
        select replaced_id as client_id, replaced_id, 1 as side, -missing as amount, survivor_id, spent_on from credit_shares where missing > 0
        union all
        select survivor_id, replaced_id, 2, missing, survivor_id, spent_on from credit_shares where missing > 0
    )
    select {next_id} + row_number() over (order by replaced_id, side) as id, client_id, $today::date as entry_on,
        'Merge of client ' || replaced_id || ' into ' || survivor_id || ' taken back: credit spent before'
            || coalesce(' by ' || spent_on, '') as description,
        amount::decimal(18, 4) as amount
    from sides
"""


def affiliates_back(steps: Steps) -> list[Change]:
    """Changes of affiliates: those that became one with the survivor's come back with their part of its figures.

    Commission that was paid out since comes back as paid out. Reads the steps that ``shared_back`` made for the table.
    """
    steps.add("affiliate shares", AFFILIATE_SHARES)
    steps.add("affiliates left", AFFILIATES_LEFT)
    steps.add("affiliates back again", AFFILIATES_BACK)
    return [steps.update("affiliates", "affiliates left"), steps.insert("affiliates", "affiliates back again")]


AFFILIATE_SHARES = """
    with wanted as (
        select r.id, b.survivor_id, k.id as kept_id, r.balance, r.withdrawn, r.visitors,
            coalesce(k.balance, 0) as kept_balance, coalesce(k.withdrawn, 0) as kept_withdrawn,
            coalesce(k.visitors, 0) as kept_visitors
        from "returned affiliates" r
        join "back affiliates" b on b.old_id = r.id
        left join affiliates k on k.client_id = b.survivor_id
    ), due as (
        select *, case when balance <= 0 then balance else greatest(0, least(balance, kept_balance
            - coalesce(sum(balance) over earlier, 0))) end as balance_share
        from wanted window earlier as (partition by survivor_id order by id rows between unbounded preceding and 1 preceding)
    ), paid as (select *, withdrawn + balance - balance_share as withdrawn_due from due)
    select id, kept_id, balance_share::decimal(18, 4) as balance,
        greatest(0, least(withdrawn_due, kept_withdrawn - coalesce(sum(withdrawn_due) over earlier, 0)))::decimal(18, 4) as withdrawn,
        greatest(0, least(visitors, kept_visitors - coalesce(sum(visitors) over earlier, 0)))::bigint as visitors
    from paid window earlier as (partition by survivor_id order by id rows between unbounded preceding and 1 preceding)
"""

AFFILIATES_LEFT = """
    with given as (
        select kept_id, sum(balance) as balance, sum(withdrawn) as withdrawn, sum(visitors) as visitors
        from "affiliate shares" group by kept_id
    )
    select t.id, coalesce(b.client_id, t.client_id) as client_id,
        case when b.id is null then t.since_on else b.since_on end as since_on,
        (t.balance - coalesce(g.balance, 0))::decimal(18, 4) as balance,
        (t.withdrawn - coalesce(g.withdrawn, 0))::decimal(18, 4) as withdrawn,
        (t.visitors - coalesce(g.visitors, 0))::bigint as visitors
    from affiliates t
    left join "taken back affiliates" b on b.id = t.id
    left join given g on g.kept_id = t.id
    where b.id is not null or g.kept_id is not null
"""

AFFILIATES_BACK = """
    select r.* replace (s.balance as balance, s.withdrawn as withdrawn, s.visitors as visitors)
    from "returned affiliates" r join "affiliate shares" s on s.id = r.id
"""
