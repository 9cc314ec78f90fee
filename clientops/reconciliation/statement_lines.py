"""Statements: lines that the book does not know, matched for another amount, statements that do not follow or add up."""

from __future__ import annotations

from clientops.core.money import show_sql
from clientops.core.readable import counted_sql

LINE_DIFFERENCES = f"""
    with matched as (
        select m.statement_line_id, count(*) as transactions,
            sum(t.amount_in - t.amount_out - if(t.currency_id = s.currency_id, t.fee, 0)) as amount,
            sum(t.amount_in - t.amount_out) as gross, bool_and(t.currency_id = s.currency_id) as is_same_currency
        from matches m
        join statement_lines l on l.id = m.statement_line_id
        join statements s on s.id = l.statement_id
        join transactions t on t.id = m.transaction_id
        where m.status = 'matched' group by m.statement_line_id
    ),
    settled_lines as (
        select statement_line_id from matches where status = 'matched'
    ),
    lines as (
        select l.*, s.currency_id, s.source, s.file_name, k.code, k.minor_digits
        from statement_lines l join statements s on s.id = l.statement_id left join currencies k on k.id = s.currency_id
    )
    select 'unmatched_line' as kind, 'statement_lines' as table_name, l.id as row_id, null::bigint as client_id, l.currency_id,
        l.amount, l.booked_on as day,
        'line ' || l.line_number || ' of ' || coalesce(l.file_name, l.source) || ', ' || {show_sql("l.amount")}
            || coalesce(' of ' || l.payer_name, '') || ', is in the book as no transaction' as message,
        [{{'table': 'statement_lines', 'id': l.id}}] as row_list, null::varchar as mend_rule, null::varchar as mend_request
    from lines l where l.id not in (select statement_line_id from settled_lines)
    union all
    select 'line_amount', 'statement_lines', l.id, null, l.currency_id, (l.amount - m.gross)::decimal(18, 4), l.booked_on,
        'line ' || l.line_number || ' of ' || coalesce(l.file_name, l.source) || ' is ' || {show_sql("l.amount")}
            || ', its transactions come to ' || {show_sql("m.gross")},
        [{{'table': 'statement_lines', 'id': l.id}}], null, null
    from lines l join matched m on m.statement_line_id = l.id
    where m.is_same_currency and l.amount <> m.gross and l.amount <> m.amount
"""

STATEMENT_DIFFERENCES = f"""
    with followed as (
        select s.*, lag(closing_balance) over in_order as closing_before, lag(id) over in_order as before_id,
            lag(to_on) over in_order as to_before
        from statements s where account is not null
        window in_order as (partition by source, account, currency_id order by from_on, to_on, id)
    ),
    of_statements as (
        select statement_id, amount - fee as amount from statement_lines
        union all
        select r.statement_id, l.amount - l.fee from statement_repeats r join statement_lines l on l.id = r.statement_line_id
    ),
    summed as (
        select s.id, s.file_name, s.currency_id, s.opening_balance, s.closing_balance, s.to_on, k.code, k.minor_digits,
            coalesce(sum(o.amount), 0)::decimal(18, 4) as total, count(o.statement_id) as line_count
        from statements s left join currencies k on k.id = s.currency_id left join of_statements o on o.statement_id = s.id
        where s.opening_balance is not null and s.closing_balance is not null group by all
    )
    select 'statement_gap' as kind, 'statements' as table_name, f.id as row_id, null::bigint as client_id, f.currency_id,
        (opening_balance - closing_before)::decimal(18, 4) as amount, from_on as day,
        'statement ' || f.id || ' of ' || source || ' opens with ' || {show_sql("opening_balance")} || ', the one before closed with '
            || {show_sql("closing_before")} as message,
        [{{'table': 'statements', 'id': f.id}}, {{'table': 'statements', 'id': before_id}}] as row_list,
        null::varchar as mend_rule, null::varchar as mend_request
    from followed f left join currencies k on k.id = f.currency_id
    where opening_balance <> closing_before and from_on >= to_before
    union all
    select 'statement_sum', 'statements', s.id, null, s.currency_id, (s.closing_balance - s.opening_balance - s.total)::decimal(18, 4), s.to_on,
        'statement ' || s.id || coalesce(' (' || s.file_name || ')', '') || ' goes from ' || {show_sql("s.opening_balance")} || ' to '
            || {show_sql("s.closing_balance")} || ', but its ' || {counted_sql("s.line_count", "line")} || ' come to ' || {show_sql("s.total")},
        [{{'table': 'statements', 'id': s.id}}], null, null
    from summed s where s.opening_balance + s.total <> s.closing_balance
"""
