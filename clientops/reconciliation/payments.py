"""Payments and refunds: money that settles nothing, references known twice, wrong clients and currencies."""

from __future__ import annotations

from clientops.core.money import show_sql
from clientops.schema.days import payment_day_sql

DAY = payment_day_sql()

# What of each transaction neither settles an invoice nor became credit; nearly all have nothing left.
SUSPECT_MONEY = """
    with parts as (
        select id, amount_in - amount_out as amount from transactions where kind in ('payment', 'refund')
        union all
        select transaction_id, -amount from allocations
        union all
        select transaction_id, -amount from credit_entries where transaction_id is not null
    )
    select id from parts group by id having sum(amount) <> 0
"""
# The same where only payments with something left are looked for: not one that a single allocation settles, unless
# something was taken from it again; and refunds, which take from what is left.
OPEN_MONEY = """
    select t.id from transactions t anti join allocations a on a.transaction_id = t.id and a.amount = t.amount_in - t.amount_out
    where t.kind = 'payment'
    union
    select id from transactions where kind = 'refund' and refunds_id is not null
    union
    select transaction_id from allocations where amount < 0
    union
    select transaction_id from credit_entries where amount < 0 and transaction_id is not null
"""
RESTS = """
    with settled as (
        select transaction_id, sum(amount) as amount from allocations where transaction_id in (select id from suspect_money) group by transaction_id
    ),
    credited as (
        select transaction_id, sum(amount) as amount from credit_entries where transaction_id in (select id from suspect_money) group by transaction_id
    )
    select t.id, t.kind, t.client_id, t.currency_id, t.occurred_at, t.amount_in, t.amount_out, t.refunds_id, t.reference,
        coalesce(settled.amount, 0) as settled, coalesce(credited.amount, 0) as credited,
        t.amount_in - t.amount_out - coalesce(settled.amount, 0) - coalesce(credited.amount, 0) as rest
    from (select * from transactions where id in (select id from suspect_money)) t
    left join settled on settled.transaction_id = t.id
    left join credited on credited.transaction_id = t.id
    where t.kind in ('payment', 'refund')
        and t.amount_in - t.amount_out <> coalesce(settled.amount, 0) + coalesce(credited.amount, 0)
"""

# A refund of money that settled nothing takes from the payment's rest.
FREE_MONEY = """
    with refunded as (select refunds_id, sum(rest) as rest from rests where kind = 'refund' group by refunds_id)
    select rests.*, (rests.rest + least(0, coalesce(refunded.rest, 0)))::decimal(18, 4) as free
    from rests left join refunded on refunded.refunds_id = rests.id
    where rests.kind = 'payment'
"""

FREE_DIFFERENCES = f"""
    with named as (
        select f.*, k.code, k.minor_digits, c.id is not null and c.currency_id = f.currency_id as is_settleable
        from free_money f left join currencies k on k.id = f.currency_id left join clients c on c.id = f.client_id
    ),
    flawed as (
        select * exclude (kind), if(settled = 0 and credited = 0, 'unapplied_payment', 'overpaid_without_credit') as kind, free as amount,
            'payment ' || id || ' of ' || {show_sql("amount_in")} || case when settled = 0 and credited = 0
                then ' settles nothing' || if(client_id is null, ' and is of no known client', '')
                else ' leaves ' || {show_sql("free")} || ' that settle nothing and are no credit' end as message
        from named where free > 0
        union all
        select * exclude (kind), 'settles_too_much', -rest,
            'payment ' || id || ' of ' || {show_sql("amount_in")} || ' settles ' || {show_sql("settled + credited")}
        from named where rest < 0
    )
    select kind, 'transactions' as table_name, id as row_id, client_id, currency_id, amount::decimal(18, 4) as amount,
        {DAY} as day, message, [{{'table': 'transactions', 'id': id}}] as row_list,
        case when is_settleable and free > 0 then 'settle-payment' end as mend_rule,
        case when is_settleable and free > 0 then json_object('transaction_id', id)::varchar end as mend_request
    from flawed
"""

REFERENCES_TWICE = """
    with doubled as (
        select hash(reference, coalesce(gateway, '')) as series from transactions
        where reference is not null and reference <> '' group by series having count(*) > 1
    )
    select id, client_id, currency_id, occurred_at, amount_in, amount_out, gateway, reference,
        first_value(id) over (partition by gateway, reference order by id) as first_id,
        row_number() over (partition by gateway, reference order by id) as place
    from transactions where reference is not null and reference <> '' and hash(reference, coalesce(gateway, '')) in (select series from doubled)
"""

# A double that only became credit, which is all there still, can go; any other needs a person.
REFERENCE_DIFFERENCES = f"""
    with credited as (
        select transaction_id, sum(amount) as amount from credit_entries
        where transaction_id in (select id from references_twice) group by transaction_id
    ),
    doubles as (
        select d.*, k.code, k.minor_digits,
            not exists (select 1 from allocations a where a.transaction_id = d.id)
                and coalesce(c.credit_balance, 0) >= coalesce(sum(credited.amount) over (partition by d.client_id order by d.id), 0)
                as is_removable
        from references_twice d left join currencies k on k.id = d.currency_id left join clients c on c.id = d.client_id
        left join credited on credited.transaction_id = d.id
        where place > 1
    )
    select 'reference_twice' as kind, 'transactions' as table_name, id as row_id, client_id, currency_id,
        (amount_in - amount_out)::decimal(18, 4) as amount, {DAY} as day,
        'transaction ' || id || ' of ' || {show_sql("amount_in - amount_out")} || ' has the reference ' || reference || ' of '
            || coalesce(gateway, 'no gateway') || ', as transaction ' || first_id || ' has' as message,
        [{{'table': 'transactions', 'id': id}}, {{'table': 'transactions', 'id': first_id}}] as row_list,
        if(is_removable, 'delete-transaction', null) as mend_rule,
        if(is_removable, json_object('transaction_id', id, 'take_back_credit', true)::varchar, null) as mend_request
    from doubles
"""

CURRENCY_DIFFERENCES = f"""
    with other as (
        select t.*, c.currency_id as own_currency_id from transactions t join clients c on c.id = t.client_id
        where t.currency_id <> c.currency_id
    )
    select 'wrong_currency' as kind, 'transactions' as table_name, o.id as row_id, o.client_id, o.currency_id,
        (amount_in - amount_out)::decimal(18, 4) as amount, {DAY} as day,
        'transaction ' || o.id || ' is of ' || {show_sql("amount_in - amount_out", "k.code", "k.minor_digits")} || ', client '
            || o.client_id || ' pays in ' || w.code as message,
        [{{'table': 'transactions', 'id': o.id}}, {{'table': 'clients', 'id': o.client_id}}] as row_list,
        'correct-payment' as mend_rule, json_object('transaction_id', o.id, 'currency', w.code)::varchar as mend_request
    from other o left join currencies k on k.id = o.currency_id left join currencies w on w.id = o.own_currency_id
"""

STRAYED = """
    select a.transaction_id, any_value(t.client_id) as client_id, any_value(t.currency_id) as currency_id,
        any_value(t.occurred_at) as occurred_at, min(a.invoice_id) as invoice_id, sum(a.amount) as amount,
        min(i.client_id) as owner_id, count(distinct i.client_id) as owner_count
    from allocations a join transactions t on t.id = a.transaction_id join invoices i on i.id = a.invoice_id
    where t.client_id <> i.client_id group by a.transaction_id
"""
CLIENT_DIFFERENCES = f"""
    with rated as (
        select s.*, k.code, k.minor_digits, owner_count = 1
            and (select count(*) from allocations a where a.transaction_id = s.transaction_id)
                = (select count(*) from allocations a join invoices i on i.id = a.invoice_id
                    where a.transaction_id = s.transaction_id and i.client_id = s.owner_id)
            and not exists (select 1 from credit_entries e where e.transaction_id = s.transaction_id) as is_clear
        from strayed s left join currencies k on k.id = s.currency_id
    )
    select 'wrong_client' as kind, 'transactions' as table_name, transaction_id as row_id, client_id, currency_id,
        amount::decimal(18, 4) as amount, {DAY} as day,
        'transaction ' || transaction_id || ' of client ' || client_id || ' settles ' || {show_sql("amount")}
            || ' of invoice ' || invoice_id || ' of client ' || owner_id as message,
        [{{'table': 'transactions', 'id': transaction_id}}, {{'table': 'invoices', 'id': invoice_id}}] as row_list,
        if(is_clear, 'correct-payment', null) as mend_rule,
        if(is_clear, json_object('transaction_id', transaction_id, 'client_id', owner_id)::varchar, null) as mend_request
    from rated
"""

REFUND_DIFFERENCES = f"""
    with given_back as (
        select refunds_id from transactions where kind = 'refund' and refunds_id is not null group by refunds_id
    ),
    running as (
        select r.*, p.amount_in as paid, k.code, k.minor_digits,
            sum(r.amount_out) over (partition by r.refunds_id order by r.occurred_at, r.id) - p.amount_in as above
        from transactions r join given_back using (refunds_id)
        join transactions p on p.id = r.refunds_id left join currencies k on k.id = r.currency_id
        where r.kind = 'refund'
    )
    select 'refund_above_payment' as kind, 'transactions' as table_name, id as row_id, client_id, currency_id,
        least(above, amount_out)::decimal(18, 4) as amount, {DAY} as day,
        'refund ' || id || ' gives back ' || {show_sql("amount_out")} || ' of payment ' || refunds_id || ', which brought '
            || {show_sql("paid")} as message,
        [{{'table': 'transactions', 'id': id}}, {{'table': 'transactions', 'id': refunds_id}}] as row_list,
        null::varchar as mend_rule, null::varchar as mend_request
    from running where above > 0
"""
