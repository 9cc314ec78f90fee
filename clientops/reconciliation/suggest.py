"""What statement lines may be: transactions of the book or payments of open invoices, ranked, with reasons."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.core.plan import Relation
from clientops.core.readable import counted_sql
from clientops.matching.payer_names import glued_sql, name_key_sql
from clientops.reconciliation.texts import CHARGES_SQL, compact_sql, masked_sql
from clientops.schema.days import payment_day_sql
from clientops.schema.tables import Tables

DAY_T = payment_day_sql("t.occurred_at")

KEPT = 5


def suggestions(tables: Tables, *, line_id: int | None = None) -> Relation:
    """What each statement line without a match may be.

    Args:
        tables: Read-only tables.
        line_id: Only this line.

    Returns:
        At most five rows a line, the likeliest first: ``line_id``, ``rank`` (from 1), ``score`` (0 to 100), ``what``
        (``transaction``, ``transactions``: the book has it; ``invoices``: a payment to be recorded), ``transaction_ids``,
        ``client_id``, ``invoice_ids`` (lists of numbers), ``amount`` (of the payment, in the client's currency), ``fee``
        (charges that were taken off), ``reasons`` (in words).
    """
    steps = tables.steps()
    steps.add("lines", LINES + ("" if line_id is None else f" and l.id = {int(line_id)}"))
    steps.add("free_transactions", FREE_TRANSACTIONS)
    steps.add("by_reference", BY_REFERENCE)
    steps.add("by_amount", BY_AMOUNT)
    steps.add("by_sum", BY_SUM)
    steps.add("owing", OWING)
    steps.add("mentioned", MENTIONED)
    steps.add("by_number", BY_NUMBER)
    steps.add("by_payer", BY_PAYER)
    steps.add("candidates", " union all by name ".join(f"select * from {name}" for name in ("by_reference", "by_amount", "by_sum", "by_number", "by_payer")))  # fmt: skip
    return steps.add("suggestions", RANKED.format(kept=KEPT))


LINES = f"""
    select l.id as line_id, l.booked_on, l.amount, l.fee, s.currency_id, k.rate, k.minor_digits, l.reference, l.payer_name,
        {name_key_sql("l.payer_name")} as payer_key, {glued_sql("l.payer_name")} as payer_glued, s.source, concat_ws(' ', l.description, l.reference) as words,
        row_number() over (partition by s.currency_id, l.amount, l.reference order by l.booked_on, l.id) as place
    from statement_lines l
    join statements s on s.id = l.statement_id
    left join currencies k on k.id = s.currency_id
    where not exists (select 1 from matches m where m.statement_line_id = l.id and m.status = 'matched')
"""

# Of equal lines and equal transactions the first is the first, and so on (place).
# Only what can be: of the days and currencies of the lines, and no other line's.
FREE_TRANSACTIONS = f"""
    with days as (select currency_id, min(booked_on) - 20 as first_day, max(booked_on) + 20 as last_day from lines group by currency_id)
    select t.id, t.client_id, t.currency_id, {DAY_T} as day, t.amount_in - t.amount_out as amount,
        t.fee, t.reference, {name_key_sql("coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name), t.client_name)")} as name_key,
        {name_key_sql("concat_ws(' ', c.first_name, c.last_name)")} as person_key,
        t.gateway, {glued_sql("concat_ws(' ', c.first_name, c.last_name)")} as straight, {glued_sql("concat_ws(' ', c.last_name, c.first_name)")} as turned,
        row_number() over (partition by t.currency_id, t.amount_in - t.amount_out, t.reference order by t.occurred_at, t.id) as place
    from transactions t
    left join clients c on c.id = t.client_id
    where (exists (select 1 from days d where d.currency_id = t.currency_id
                and {DAY_T} between d.first_day and d.last_day)
            or t.reference in (select reference from lines where reference is not null))
        and t.id not in (select transaction_id from matches where status = 'matched' and transaction_id is not null)
"""

_ALIKE = (
    "if(l.payer_glued in (t.straight, t.turned), 1, greatest(jaro_winkler_similarity(l.payer_key, t.name_key),"
    " jaro_winkler_similarity(l.payer_key, t.person_key)))"
)

BY_REFERENCE = f"""
    select l.line_id, 'transaction' as what, [t.id] as transaction_ids, t.client_id, []::bigint[] as invoice_ids,
        t.amount, 0::decimal(18, 4) as fee,
        (case when t.currency_id <> l.currency_id then 40 when t.amount = l.amount or t.amount - t.fee = l.amount then 100 else 70 end)::decimal(9, 4)
            - least(10, abs(l.booked_on - t.day)) * 0.2 - least(1, abs(l.place - t.place) * 0.05) as score,
        concat_ws(', ', 'same reference ' || l.reference, if(t.amount = l.amount, 'same amount',
            if(t.amount - t.fee = l.amount, 'same amount after the fee', 'another amount')),
            if(t.day = l.booked_on, 'same day', {counted_sql("abs(l.booked_on - t.day)", "day")} || ' apart')) as reasons
    from lines l join free_transactions t on t.reference = l.reference and l.reference <> '' and t.currency_id = l.currency_id
"""

# Money of a gateway is not what a bank transfer is, and the other way round.
ELSEWHERE = """(coalesce(gateway, '') <> '' and if(source = 'bank', gateway in ('stripe', 'paypal', 'braintree', 'mollie', 'gocardless', 'klarna', 'adyen', 'square', 'authorize', 'creditcard'),
            gateway <> source and source in ('stripe', 'paypal', 'braintree', 'mollie', 'gocardless', 'adyen')))"""

BY_AMOUNT = f"""
    with near as (
        select l.*, t.id, t.client_id, t.amount as own_amount, t.fee as own_fee, abs(l.booked_on - t.day) as days, t.gateway,
            if(l.payer_key = '' or t.name_key = '', 0.5, {_ALIKE}) as likeness
        from lines l join free_transactions t on t.currency_id = l.currency_id and t.amount = l.amount
            and abs(l.booked_on - t.day) <= 10 and coalesce(t.reference <> l.reference, true)
        union all
        select l.*, t.id, t.client_id, t.amount, t.fee, abs(l.booked_on - t.day), t.gateway, if(l.payer_key = '' or t.name_key = '', 0.5, {_ALIKE})
        from lines l join free_transactions t on t.currency_id = l.currency_id and t.fee > 0 and t.amount - t.fee = l.amount
            and abs(l.booked_on - t.day) <= 10 and coalesce(t.reference <> l.reference, true)
    )
    select line_id, 'transaction' as what, [id] as transaction_ids, client_id, []::bigint[] as invoice_ids, own_amount as amount,
        0::decimal(18, 4) as fee, (45 + 40 * greatest(0, likeness - 0.5) * 2 - 2 * days - if({ELSEWHERE}, 40, 0))::decimal(9, 4) as score,
        {ELSEWHERE} as is_elsewhere,
        concat_ws(', ', if(own_amount = amount, 'same amount', 'same amount after the fee'), if({ELSEWHERE}, 'by ' || gateway, null), if(days = 0, 'same day', {counted_sql("days", "day")} || ' apart'),
            if(payer_key = '', null, if(likeness >= 0.999, 'same name', if(likeness >= 0.85, 'name alike', 'another name')))) as reasons
    from near
"""

# One transfer that the book has as several transactions of a client.
BY_SUM = f"""
    with bundles as (
        select client_id, currency_id, day, sum(amount) as amount, list(id order by id) as ids, any_value(name_key) as name_key,
            any_value(person_key) as person_key, any_value(straight) as straight, any_value(turned) as turned
        from free_transactions where client_id is not null group by client_id, currency_id, day having count(*) > 1
    )
    select l.line_id, 'transactions' as what, t.ids as transaction_ids, t.client_id, []::bigint[] as invoice_ids, t.amount::decimal(18, 4) as amount,
        0::decimal(18, 4) as fee, (60 + 30 * greatest(0, {_ALIKE} - 0.5) * 2 - 2 * abs(l.booked_on - t.day))::decimal(9, 4) as score,
        len(t.ids) || ' transactions of one day come to the amount'
            || case when {_ALIKE} >= 0.85 then ', name alike' else '' end as reasons
    from lines l join bundles t on t.currency_id = l.currency_id and t.amount = l.amount and abs(l.booked_on - t.day) <= 5
"""

OWING = f"""
    with paid as (
        select invoice_id, sum(amount) as amount from allocations
        where invoice_id in (select id from invoices where status in ('Unpaid', 'Collections')) group by invoice_id
    )
    select i.id, i.client_id, c.currency_id, k.rate, k.minor_digits, i.due_on, coalesce(i.number, i.id::varchar) as number,
        ltrim(regexp_extract(coalesce(i.number, i.id::varchar), '\\d+$'), '0') as digits, {compact_sql("coalesce(i.number, i.id::varchar)")} as compact,
        (i.total - coalesce(paid.amount, 0) - i.credit_applied - i.written_off)::decimal(18, 4) as owed,
        {name_key_sql("coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name))")} as name_key,
        {name_key_sql("concat_ws(' ', c.first_name, c.last_name)")} as person_key,
        {glued_sql("concat_ws(' ', c.first_name, c.last_name)")} as straight, {glued_sql("concat_ws(' ', c.last_name, c.first_name)")} as turned
    from invoices i join clients c on c.id = i.client_id left join currencies k on k.id = c.currency_id
    left join paid on paid.invoice_id = i.id
    where i.status in ('Unpaid', 'Collections')
        and i.total - coalesce(paid.amount, 0) - i.credit_applied - i.written_off > 0
"""

# A number counts most where the text has all of it, with its letters or at least six digits.
MENTIONED = f"""
    with texts as (select line_id, {masked_sql("words")} as masked, {compact_sql("words")} as compact from lines where amount > 0),
    numbers as (
        select distinct line_id, ltrim(unnest(regexp_extract_all(masked, '\\d{{2,18}}')), '0') as digits from texts
        union
        select line_id, ltrim(unnest(regexp_extract_all(lower(words), '\\p{{L}}[-/ ]?(?:20\\d\\d[-/ ]?)?(\\d{{2,18}})', 1)), '0') from lines where amount > 0
    ),
    named as (
        select distinct n.line_id, o.id, o.client_id, contains(t.compact, o.compact) and (strlen(o.compact) >= 6 or regexp_matches(o.compact, '\\p{{L}}')) as is_whole,
            contains(t.masked, n.digits) as is_clear
        from numbers n join owing o on o.digits = n.digits and n.digits <> '' join texts t using (line_id)
    )
    select line_id, id, client_id, bool_or(is_whole) as is_whole from named where is_whole or is_clear group by line_id, id, client_id
    -- Where a text has whole numbers, what looks like the end of another is none.
    qualify bool_or(is_whole) or not bool_or(bool_or(is_whole)) over (partition by line_id)
"""

# Owed in the line's currency, so that a payment in another one is seen too.
BY_NUMBER = f"""
    with sums as (
        select m.line_id, o.client_id, list(o.id order by o.due_on nulls last, o.id) as ids, sum(o.owed) as owed, string_agg(o.number, ', ' order by o.id) as numbers,
            any_value(o.currency_id) as own_currency_id, any_value(o.rate) as own_rate, any_value(o.minor_digits) as own_digits,
            any_value(o.name_key) as name_key, any_value(o.person_key) as person_key, any_value(o.straight) as straight, any_value(o.turned) as turned, bool_and(m.is_whole) as is_whole
        from mentioned m join owing o on o.id = m.id group by m.line_id, o.client_id
    ),
    compared as (
        select l.line_id, l.amount, l.payer_key, {CHARGES_SQL.format(text="l.words")} as has_charges, t.*  exclude (line_id), t.own_currency_id = l.currency_id as is_same_currency,
            (t.owed * (l.rate::decimal(18, 4)))::decimal(38, 8) as crossed, (l.amount * (t.own_rate::decimal(18, 4)))::decimal(38, 8) as received,
            if(l.payer_key = '', 0.5, {_ALIKE}) as likeness
        from lines l join sums t using (line_id)
    ),
    judged as (
        select *, case when is_same_currency and amount = owed then 90 when is_same_currency and has_charges and amount < owed and owed - amount <= least(25, owed * 0.05) then 80
                when not is_same_currency and abs(crossed - received) <= crossed * 0.05 then 70
                when not is_same_currency then 0 when amount < owed then 62 else 66 end as base
        from compared
    )
    select line_id, 'invoices' as what, []::bigint[] as transaction_ids, client_id, ids as invoice_ids,
        case when base in (80, 70) then owed else amount end::decimal(18, 4) as amount,
        case when base = 80 then owed - amount else 0 end::decimal(18, 4) as fee,
        case when base = 90 and is_whole then 90 + 9 * greatest(0, likeness - 0.5) * 2
            when likeness >= 0.9 then case when base = 90 then 98 * likeness when base = 70 and abs(crossed - received) > crossed * 0.01 then 75 else 86 + 2 * likeness end
            when base = 90 then if(payer_key = '', 80, 74) else base + 9 * greatest(0, likeness - 0.5) * 2 end::decimal(9, 4) as score,
        likeness >= 0.85 or payer_key = '' as is_named, true as has_number,
        concat_ws(', ', if(len(ids) = 1, 'names invoice ', 'names invoices ') || numbers,
            case base when 90 then if(len(ids) = 1, 'pays it in full', 'pays them in full') when 80 then 'charges of ' || {round_sql("(owed - amount)", "own_digits")} || ' taken off'
                when 70 then 'paid in another currency' when 62 then 'pays a part' else 'pays more than is owed' end,
            if(payer_key = '', null, if(likeness >= 0.999, 'same name', if(likeness >= 0.85, 'name alike', 'another name')))) as reasons
    from judged where base > 0
"""

# Without a number: a client of that name who owes just so much, on one invoice or on all; else one of just that name.
BY_PAYER = f"""
    with debts as (
        select client_id, currency_id, [id] as ids, owed, name_key, person_key, straight, turned, 1 as kind from owing
        union all
        select client_id, any_value(currency_id), list(id order by due_on nulls last, id), sum(owed), any_value(name_key), any_value(person_key), any_value(straight), any_value(turned), 2
        from owing group by client_id having count(*) > 1
    ),
    near as (
        select l.line_id, l.amount, t.*, {_ALIKE} as likeness from lines l join debts t on t.currency_id = l.currency_id and t.owed = l.amount
        where l.payer_key <> '' and l.amount > 0
        union all
        select l.line_id, l.amount, t.*, 1.0 from lines l join debts t on t.currency_id = l.currency_id
            and (l.payer_key in (t.name_key, t.person_key) or l.payer_glued in (t.straight, t.turned))
        where l.payer_key <> '' and l.amount > 0 and t.owed <> l.amount
            and (t.kind = 2 or t.client_id not in (select client_id from debts where kind = 2))
    )
    select line_id, 'invoices' as what, []::bigint[] as transaction_ids, client_id, ids as invoice_ids, amount::decimal(18, 4) as amount,
        0::decimal(18, 4) as fee, true as is_named, false as has_number,
        case when owed = amount and likeness >= 0.999 then 92 when owed = amount then 55 + 60 * (likeness - 0.8) else if(amount < owed, 42, 38) end::decimal(9, 4) as score,
        concat_ws(', ', if(likeness >= 0.999, 'same name', 'name alike'), case when owed = amount and kind = 1 then 'owes just this on one invoice'
            when owed = amount then 'owes just this on ' || len(ids) || ' invoices' when amount < owed then 'pays a part' else 'pays more than is owed' end) as reasons
    from near where likeness >= 0.85
"""

# Of several ways to the same, the strongest counts.
RANKED = """
    with best as (
        select * from candidates
        qualify row_number() over (partition by line_id, what, transaction_ids, client_id, invoice_ids order by score desc, reasons) = 1
    ),
    seen as (
        -- Another name is worth little beside a client of the line's name who owes just that; so is a name beside a payment of the day.
        select * exclude (score), case
                when what = 'invoices' and not is_named and max(score) filter (where is_named and not coalesce(has_number, false)) over same_line >= 90 then least(score, 60)
                when what = 'invoices' and not has_number and bool_or(what = 'transaction' and (score >= 70 or coalesce(is_elsewhere, false))) over (partition by line_id, client_id) then least(score, 75)
                else score end as score
        from best window same_line as (partition by line_id)
    ),
    rivals as (
        select *, score >= 85 and what = 'invoices' and (count(*) over (partition by line_id order by score range between 5 preceding and 5 following)) > 1 as is_contested from seen
    ),
    judged as (
        select * exclude (score, reasons), if(is_contested, least(score, 72), score) as score,
            if(is_contested, reasons || ', as likely as another', reasons) as reasons
        from rivals
    ),
    ranked as (
        select *, row_number() over (partition by line_id order by score desc, what desc, transaction_ids, client_id, invoice_ids) as rank from judged
        where score > 20
    )
    select line_id, rank, greatest(0, least(100, score))::decimal(9, 2) as score, what, transaction_ids, client_id, invoice_ids, amount, fee, reasons
    from ranked where rank <= {kept} order by line_id, rank
"""
