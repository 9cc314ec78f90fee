"""Invoices: totals, what is owed, whether the status fits, credit on cancelled ones, and their numbers."""

from __future__ import annotations

from clientops.money import show_sql

# One pass over the invoices with what belongs to them; only those that are wrong somehow are kept.
WRONG_INVOICES = """
    with paid as (select invoice_id, sum(amount) as paid from allocations group by invoice_id),
    used as (
        select invoice_id, -sum(amount) as used from credit_entries where invoice_id is not null group by invoice_id
    ),
    items as (
        select invoice_id, sum(amount) as amount, sum(tax1) as tax1, sum(tax2) as tax2
        from invoice_items group by invoice_id
    ),
    summed as (
        select i.id, i.client_id, i.number, i.status, i.issued_on, i.total, i.credit_applied,
            coalesce(paid.paid, 0) as paid, coalesce(used.used, 0) as used,
            i.total - coalesce(paid.paid, 0) - i.credit_applied - i.written_off as owed,
            coalesce(items.amount, 0) + if(i.tax_mode = 'exclusive', coalesce(items.tax1, 0) + coalesce(items.tax2, 0), 0)
                as item_total,
            i.total - i.subtotal - i.tax1 - i.tax2 as unsplit,
            i.tax1 + i.tax2 - coalesce(items.tax1, 0) - coalesce(items.tax2, 0) as untaxed
        from invoices i
        left join paid on paid.invoice_id = i.id
        left join used on used.invoice_id = i.id
        left join items on items.invoice_id = i.id
    )
    select * from summed
    where total <> item_total or unsplit <> 0 or untaxed <> 0 or credit_applied <> used
        or case status when 'Unpaid' then owed <= 0 when 'Collections' then owed <= 0 when 'Paid' then owed <> 0
            when 'Written off' then owed <> 0 when 'Draft' then credit_applied <> 0 or paid <> 0
            when 'Cancelled' then credit_applied <> 0 or paid <> 0 else false end
"""

DESCRIBED_INVOICES = f"""
    with named as (
        select w.*, coalesce(nullif(w.number, ''), w.id::varchar) as name, c.currency_id, k.code, k.minor_digits
        from wrong_invoices w
        left join clients c on c.id = w.client_id
        left join currencies k on k.id = c.currency_id
    ),
    flawed as (
        select *, 'credit_not_logged' as kind, credit_applied - used as amount,
            'invoice ' || name || ' has ' || {show_sql("credit_applied")} || ' credit applied, the credit log says '
                || {show_sql("used")} as message, null as mend_rule
        from named where credit_applied <> used
        union all
        select *, 'credit_on_cancelled', credit_applied,
            'invoice ' || name || ' is ' || status || ' and holds ' || {show_sql("credit_applied")} || ' of credit',
            'take-back-credit'
        from named where status in ('Cancelled', 'Draft') and credit_applied <> 0
        union all
        select *, 'total_not_items', total - item_total,
            'invoice ' || name || ' has a total of ' || {show_sql("total")} || ', its items with tax come to '
                || {show_sql("item_total")}, 'enter-invoice-difference'
        from named where total <> item_total
        union all
        select *, 'parts_not_total', if(unsplit <> 0, unsplit, untaxed),
            'invoice ' || name || ' has a total of ' || {show_sql("total")} || ', which is not its subtotal and its tax, '
                || 'or not the tax of its items', 'enter-invoice-difference'
        from named where total = item_total and (unsplit <> 0 or untaxed <> 0)
        union all
        select *, 'paid_but_owed', owed,
            'invoice ' || name || ' is ' || status || ', but ' || {show_sql("owed")} || ' are owed', 'mark-invoice-unpaid'
        from named where status in ('Paid', 'Written off') and owed > 0
        union all
        select *, 'paid_too_much', -owed,
            'invoice ' || name || ' is ' || status || ' with ' || {show_sql("-owed")} || ' more than its total', null
        from named where status in ('Paid', 'Written off') and owed < 0
        union all
        select *, 'unpaid_but_settled', -owed,
            'invoice ' || name || ' is ' || status || ', but nothing is owed', if(owed = 0, 'mark-invoice-paid', null)
        from named where status in ('Unpaid', 'Collections') and owed <= 0
        union all
        select *, 'paid_but_cancelled', paid,
            'invoice ' || name || ' is ' || status || ', but ' || {show_sql("paid")} || ' settle it', null
        from named where status in ('Cancelled', 'Draft') and paid <> 0
    )
    select kind, 'invoices' as table_name, id as row_id, client_id, currency_id, amount::decimal(18, 4) as amount, issued_on as day,
        message, [{{'table': 'invoices', 'id': id}}] as row_list, mend_rule,
        case when mend_rule is not null then json_object('invoice_id', id)::varchar end as mend_request
    from flawed
"""

# A number is its digits at the end, and what stands before them. Hashes stand for the texts: they take a fraction of
# the memory, and what they find is looked at again.
NUMBERED = """
    with parts as (select id, number, rtrim(number, '0123456789') as prefix from invoices where number is not null and number <> '')
    select id, hash(prefix) as series, coalesce(try_cast(substr(number, length(prefix) + 1) as bigint), -1) as place,
        case when length(number) = length(prefix) then hash(number) else 0 end as rest
    from parts
"""
GAPS = """
    select id, place, place_before from (
        select id, place, lag(place) over (partition by series order by place, id) as place_before
        from numbered_invoices where place >= 0
    )
    where place > place_before + 1
"""
GAP_DIFFERENCES = """
    with firsts as (
        select gaps.*, i.client_id, i.issued_on, i.number, rtrim(i.number, '0123456789') as prefix
        from gaps join invoices i on i.id = gaps.id
    )
    select 'number_gap' as kind, 'invoices' as table_name, g.id as row_id, g.client_id, null::bigint as currency_id,
        null::decimal(18, 4) as amount, g.issued_on as day,
        case when place - place_before = 2 then 'invoice number ' || prefix || (place - 1) || ' is left out'
            else 'invoice numbers ' || prefix || (place_before + 1) || ' to ' || prefix || (place - 1) || ' are left out' end
            || ' before invoice ' || g.number as message,
        [{'table': 'invoices', 'id': g.id}] as row_list, null::varchar as mend_rule, null::varchar as mend_request
    from firsts g
"""

TWICE_NUMBERED = """
    with doubled as (
        select series, place, rest from numbered_invoices group by series, place, rest having count(*) > 1
    ),
    suspects as (select n.id from numbered_invoices n semi join doubled using (series, place, rest)),
    numbered as (
        select id, client_id, number, issued_on, total, first_value(id) over (partition by number order by id) as first_id,
            row_number() over (partition by number order by id) as place
        from invoices where id in (select id from suspects)
    )
    select * from numbered
"""
TWICE_DIFFERENCES = """
    select 'number_twice' as kind, 'invoices' as table_name, t.id as row_id, t.client_id, c.currency_id, t.total as amount,
        t.issued_on as day, 'invoice ' || t.id || ' has the number ' || t.number || ', as invoice ' || t.first_id || ' has' as message,
        [{'table': 'invoices', 'id': t.id}, {'table': 'invoices', 'id': t.first_id}] as row_list,
        'renumber-invoice' as mend_rule, json_object('invoice_id', t.id)::varchar as mend_request
    from twice_numbered t left join clients c on c.id = t.client_id where t.place > 1
"""
