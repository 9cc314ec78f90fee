"""Invoices: totals, what is owed, whether the status fits, credit on cancelled ones, and their numbers."""

from __future__ import annotations

from clientops.core.money import show_sql

# Sums over what belongs to invoices find those that can be wrong; only these are joined with it and looked at.
SUSPECT_INVOICES = """
    with billed as (
        select id as invoice_id, if(tax_mode = 'exclusive', tax1 + tax2, 0) - total as unlisted, -tax1 - tax2 as untaxed from invoices
        union all
        select invoice_id, amount, tax1 + tax2 from invoice_items
    ),
    settled as (
        select id as invoice_id, case when status in ('Unpaid', 'Collections') then 1 when status in ('Paid', 'Written off') then 2
                when status in ('Draft', 'Cancelled') then 3 else 0 end::tinyint as class,
            total - credit_applied - written_off as owed, -credit_applied as unlogged, 0::decimal(18, 4) as paid
        from invoices
        union all
        select invoice_id, null, -amount, 0, amount from allocations
        union all
        select invoice_id, null, 0, -amount, 0 from credit_entries where invoice_id is not null
    )
    select invoice_id as id from billed group by invoice_id having sum(unlisted) <> 0 or sum(untaxed) <> 0
    union
    select invoice_id from settled group by invoice_id
    having sum(unlogged) <> 0 or case max(class) when 1 then sum(owed) <= 0 when 2 then sum(owed) <> 0 when 3 then sum(paid) <> 0 else false end
    union
    select id from invoices where total <> subtotal + tax1 + tax2 or (credit_applied <> 0 and status in ('Draft', 'Cancelled'))
"""

WRONG_INVOICES = """
    with paid as (
        select invoice_id, sum(amount) as paid from allocations where invoice_id in (select id from suspect_invoices) group by invoice_id
    ),
    used as (
        select invoice_id, -sum(amount) as used from credit_entries
        where invoice_id in (select id from suspect_invoices) group by invoice_id
    ),
    items as (
        select invoice_id, sum(amount) as amount, sum(tax1) as tax1, sum(tax2) as tax2
        from invoice_items where invoice_id in (select id from suspect_invoices) group by invoice_id
    ),
    summed as (
        select i.id, i.client_id, i.number, i.status, i.issued_on, i.total, i.credit_applied, i.written_off,
            coalesce(paid.paid, 0) as paid, coalesce(used.used, 0) as used,
            i.total - coalesce(paid.paid, 0) - i.credit_applied - i.written_off as owed,
            coalesce(items.amount, 0) + if(i.tax_mode = 'exclusive', coalesce(items.tax1, 0) + coalesce(items.tax2, 0), 0)
                as item_total,
            i.total - i.subtotal - i.tax1 - i.tax2 as unsplit,
            i.tax1 + i.tax2 - coalesce(items.tax1, 0) - coalesce(items.tax2, 0) as untaxed
        from (select * from invoices where id in (select id from suspect_invoices)) i
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

# Money that should not be on an invoice goes to credit from the last payment that holds all of it, its refunds counted.
DESCRIBED_INVOICES = f"""
    with kept_money as (
        select w.id, coalesce(t.refunds_id, t.id) as payment_id, sum(a.amount) as amount
        from wrong_invoices w join allocations a on a.invoice_id = w.id join transactions t on t.id = a.transaction_id
        group by all
    ),
    returnable as (
        select w.id, max(m.payment_id) as payment_id
        from wrong_invoices w join kept_money m using (id)
        join transactions p on p.id = m.payment_id and p.kind = 'payment' and p.client_id = w.client_id
        join clients c on c.id = w.client_id and c.currency_id = p.currency_id
        where w.written_off = 0 and m.amount >= if(w.status in ('Cancelled', 'Draft'), w.paid, -w.owed)
        group by w.id
    ),
    named as (
        select w.*, coalesce(nullif(w.number, ''), w.id::varchar) as name, c.currency_id, k.code, k.minor_digits, r.payment_id,
            if(r.payment_id is null, null, 'refund-payment') as return_rule
        from wrong_invoices w
        left join clients c on c.id = w.client_id
        left join currencies k on k.id = c.currency_id
        left join returnable r on r.id = w.id
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
            'invoice ' || name || ' is ' || status || ' with ' || {show_sql("-owed")} || ' more than its total', return_rule
        from named where status in ('Paid', 'Written off') and owed < 0
        union all
        select *, 'unpaid_but_settled', -owed,
            'invoice ' || name || ' is ' || status || ', but nothing is owed', if(owed = 0, 'mark-invoice-paid', return_rule)
        from named where status in ('Unpaid', 'Collections') and owed <= 0
        union all
        select *, 'paid_but_cancelled', paid,
            'invoice ' || name || ' is ' || status || ', but ' || {show_sql("paid")} || ' settle it', if(paid > 0, return_rule, null)
        from named where status in ('Cancelled', 'Draft') and paid <> 0
    )
    select kind, 'invoices' as table_name, id as row_id, client_id, currency_id, amount::decimal(18, 4) as amount, issued_on as day,
        message, [{{'table': 'invoices', 'id': id}}] as row_list, mend_rule,
        case when mend_rule = 'refund-payment' then json_object('transaction_id', payment_id, 'invoice_id', id, 'amount',
                (amount::decimal(18, 4))::varchar, 'destination', 'credit')::varchar
            when mend_rule is not null then json_object('invoice_id', id)::varchar end as mend_request
    from flawed
"""

# A number is its digits at the end, and what stands before them. Numbers that are alike but for the last digit are a
# stem; a stem with all its ten digits once has neither gap nor double, and so only those of the others are taken apart.
STEMS = """
    with digits as (
        select left(number, length(number) - 1) as stem, right(number, 1) as digit from invoices where number is not null and number <> ''
    ),
    stems as (
        select stem, count(*) = 10 and bit_or(if(digit between '0' and '9', 1 << (ascii(digit) - 48), 0)) = 1023 as is_full
        from digits group by stem
    )
    select stem, is_full, hash(rtrim(stem, '0123456789')) as series, substr(stem, length(rtrim(stem, '0123456789')) + 1) as tens from stems
"""
LOOSE_NUMBERS = """
    select id, number, rtrim(number, '0123456789') as prefix, hash(rtrim(number, '0123456789')) as series,
        try_cast(substr(number, length(rtrim(number, '0123456789')) + 1) as bigint) as place
    from invoices
    where number is not null and number <> '' and left(number, length(number) - 1) in (select stem from stems where not is_full)
"""
GAPS = """
    with runs as (
        select series, coalesce(try_cast(nullif(tens, '') as bigint), 0) * 10 as place, 9 as beyond, null::bigint as id, stem || '0' as number
        from stems where is_full and length(tens) <= 17
        union all
        select series, place, 0, id, number from loose_numbers where place is not null
    ),
    found as (
        select *, max(place + beyond) over (partition by series order by place, beyond, id
            rows between unbounded preceding and 1 preceding) as place_before
        from runs
    )
    -- Full tens end with a number of their own.
    select found.id, found.number, place, place_before, min(b.id) as id_before,
        min(if(b.beyond = 9, left(b.number, length(b.number) - 1) || '9', b.number)) as number_before
    from found join (select series, place + beyond as place_before, beyond, id, number from runs) b using (series, place_before)
    where place > place_before + 1
    group by all
"""
GAP_DIFFERENCES = """
    with numbers as (
        select number, min(id) as id from invoices
        where number in (select number from gaps union all select number_before from gaps) group by number
    ),
    sides as (
        select coalesce(g.id, a.id) as id, coalesce(g.id_before, b.id) as id_before, number_before,
            place - place_before - 1 as missing, rtrim(g.number, '0123456789') as prefix,
            (length(number_before) - length(rtrim(number_before, '0123456789')))::integer as width,
            lpad((place_before + 1)::varchar, greatest(width, length((place_before + 1)::varchar))::integer, '0') as first_digits,
            lpad((place - 1)::varchar, greatest(width, length((place - 1)::varchar))::integer, '0') as last_digits
        from gaps g join numbers a on a.number = g.number join numbers b on b.number = g.number_before
    )
    select 'number_gap' as kind, 'invoices' as table_name, i.id as row_id, i.client_id, null::bigint as currency_id,
        null::decimal(18, 4) as amount, i.issued_on as day,
        case missing when 1 then 'invoice number ' || prefix || first_digits || ' is'
            else missing || ' invoice numbers, ' || prefix || first_digits || ' to ' || prefix || last_digits || ', are' end
            || ' left out between invoices ' || number_before || ' and ' || i.number as message,
        [{'table': 'invoices', 'id': i.id}, {'table': 'invoices', 'id': g.id_before}] as row_list,
        null::varchar as mend_rule, null::varchar as mend_request
    from sides g join invoices i on i.id = g.id
"""

TWICE_NUMBERED = """
    with doubled as (select number from loose_numbers group by number having count(*) > 1),
    suspects as (select id from loose_numbers where number in (select number from doubled)),
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
