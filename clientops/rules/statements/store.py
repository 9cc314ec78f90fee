"""Statements of banks and gateways: kept with their lines, once, and only if they add up."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.core.readable import counted_sql
from clientops.rules.kit.field_types import CurrencyCode
from clientops.schema.requests import Id, Money, Request, Text
from clientops.schema.tables import Tables


class ImportStatement(Request):
    """Keep a line of a statement file; all lines of the file are asked for together."""

    statement: Id = Field(default=1, title="Statement", description="Which statement of the file, from 1")
    source: Text = Field(title="Source", description="Bank or gateway, e.g. bank, stripe")
    account: Text | None = Field(default=None, title="Account", description="Account at the bank or gateway")
    currency: CurrencyCode = Field(title="Currency", description="ISO code, e.g. EUR")
    file_name: Text = Field(title="File", description="Name of the file")
    file_sha256: Text = Field(title="SHA-256", description="Hash of the file: the same file is not taken twice")
    from_on: date | None = Field(default=None, title="From", description="First day")
    to_on: date | None = Field(default=None, title="To", description="Last day")
    opening_balance: Money | None = Field(default=None, title="Opening balance", description="Before the first line")
    closing_balance: Money | None = Field(default=None, title="Closing balance", description="After the last line")
    line_number: Id = Field(title="Line", description="Position in the statement, from 1")
    booked_on: date = Field(title="Booked on", description="Booking date")
    valued_on: date | None = Field(default=None, title="Valued on", description="Value date")
    amount: Money = Field(title="Amount", description="Positive: received; negative: paid; before the gateway's fee")
    fee: Money = Field(default=Decimal(0), title="Fee", description="Kept by the gateway, part of the amount")
    payer_name: Text | None = Field(default=None, title="Payer", description="Other party")
    payer_account: Text | None = Field(default=None, title="Payer's account", description="IBAN or number")
    reference: Text | None = Field(default=None, title="Reference", description="The bank's or gateway's number for it")
    description: Text | None = Field(default=None, title="Description", description="What the payer wrote")
    line_sha256: Text = Field(title="Line's SHA-256", description="Overlapping files bring the line once")
    same_sha256: Text | None = Field(
        default=None, title="SHA-256 of equal lines", description="The same for equal lines of the statement; empty: none are"
    )  # fmt: skip
    entry_reference: Text | None = Field(
        default=None, title="Entry", description="The bank's reference of the entry that the line is a part of"
    )  # fmt: skip
    is_notice: bool = Field(
        default=False, title="Notice", description="The file announces entries that a statement lists, too (camt.052, 054)"
    )  # fmt: skip
    keep_known: bool = Field(
        default=False, title="Keep known lines", description="Keep the line even where it looks like one that is known"
    )  # fmt: skip


def import_statement(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Keep statements with their lines.

    A line is a repetition only where its statement overlaps a kept one of the same account: not where one continues the
    other, and as many equal lines as the kept ones have. An entry of a notice is that of a statement by the bank's
    reference and amount, and every booked line of a notice is in a statement that covers its day.

    Args:
        tables: Read-only tables; reads ``statements``, ``statement_lines``, ``statement_repeats``, ``matches``, ``currencies``.
        requests: One row a line, with what is known of its statement and file. Rows of one ``file_sha256`` and ``statement``
            are one statement. See ``ImportStatement``.
        today: Lines booked more than a week later are warned of.
        now: Not used.

    Returns:
        Inserts into ``statements``, ``statement_lines`` and ``statement_repeats`` (which lines of others a statement has, too).
        The line of a batch, where nobody has matched it, is deleted for the parts that a notice brings.
        Law: per statement with balances, opening balance + lines less fees + repeated lines = closing balance.

    Problems:
        ``unknown_currency``, ``known_file``, ``not_in_balance`` (opening balance and lines are not the closing balance; with
        the difference), ``not_minor_unit``, ``nothing_new`` (every line of the file is known).

    Warnings:
        ``known_lines``: which lines are left out, and what they are; ``like_lines``: lines like known ones, in other words;
        ``in_the_future``; ``batch_replaced``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("files", FILES.format(next_id=tables.next_id("statements")))
    steps.add("kept_statements", KEPT_STATEMENTS)
    steps.add("points", POINTS)
    steps.add("overlapping", OVERLAPS)
    steps.add("known_lines", KNOWN_LINES)
    steps.add("known_entries", KNOWN_ENTRIES)
    steps.add("covered", COVERED)
    steps.add("sorted", SORTED)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", WARNINGS, today=today)
    steps.add("kept", KEPT)
    steps.add("new_lines", NEW_LINES.format(next_id=tables.next_id("statement_lines")))
    steps.add("repeats", REPEATS.format(next_id=tables.next_id("statement_repeats")))
    steps.add("replaced_lines", "select distinct replaces_id as id from sorted where replaces_id is not null")
    return steps.plan(
        steps.insert("statements", "kept"),
        steps.insert("statement_lines", "new_lines"),
        steps.insert("statement_repeats", "repeats"),
        steps.delete("statement_lines", "replaced_lines"),
        problems="problems",
        warnings="warnings",
    )


def _key(column: str) -> str:
    """SQL of an account without blanks and signs: DE12 3456 and DE123456 are one."""
    return f"upper(regexp_replace(coalesce({column}, ''), '[^0-9A-Za-z]', '', 'g'))"


ASKED = f"""
    select requests.*, dense_rank() over (order by file_sha256, statement) as place, k.id as currency_id, k.code, k.minor_digits,
        {_key("account")} as account_key, coalesce(same_sha256, line_sha256) as image,
        row_number() over (partition by file_sha256, statement, coalesce(same_sha256, line_sha256) order by "row") as turn
    from requests left join currencies k on k.code = requests.currency
"""

FILES = """
    select {next_id} + place as id, place, min("row") as "row", any_value(source) as source, any_value(file_name) as file_name,
        any_value(file_sha256) as file_sha256, any_value(account) as account, any_value(account_key) as account_key,
        any_value(currency_id) as currency_id, coalesce(min(from_on), min(booked_on)) as from_on, coalesce(max(to_on), max(booked_on)) as to_on,
        any_value(opening_balance) as opening_balance, any_value(closing_balance) as closing_balance, bool_or(is_notice) as is_notice,
        sum(amount - fee)::decimal(18, 4) as total, count(*) as line_count, any_value(currency) as currency
    from asked group by place
"""

# Statements of the same account, or of accounts that nobody named at the same bank or gateway.
KEPT_STATEMENTS = f"""
    select s.id, s.source, s.file_name, s.currency_id, {_key("s.account")} as account_key, s.opening_balance, s.closing_balance,
        coalesce(any_value(s.from_on), min(l.booked_on)) as from_on, coalesce(any_value(s.to_on), max(l.booked_on)) as to_on,
        coalesce(any_value(s.is_notice), false) as is_notice, min(l.booked_on) as first_on
    from statements s left join statement_lines l on l.statement_id = s.id
    where exists (select 1 from files f where f.currency_id = s.currency_id and f.account_key = {_key("s.account")} and (f.account_key <> '' or f.source = s.source))
    group by s.id, s.source, s.file_name, s.currency_id, s.account, s.opening_balance, s.closing_balance
"""

# Balances after each line: where nobody named the account, statements of one account meet in them.
POINTS = """
    select place, null::bigint as statement_id, opening_balance as point from files where opening_balance is not null
    union all
    select a.place, null, f.opening_balance + sum(a.amount - a.fee) over (partition by a.place order by a."row")
    from asked a join files f using (place) where f.account_key = '' and f.opening_balance is not null
    union all
    select null, id, opening_balance from kept_statements where opening_balance is not null
    union all
    select null, k.id, k.opening_balance + sum(l.amount - l.fee) over (partition by k.id order by l.line_number, l.id)
    from kept_statements k join statement_lines l on l.statement_id = k.id where k.account_key = '' and k.opening_balance is not null
"""

OVERLAPS = """
    with pairs as (
        select f.place, f.account_key, t.id as statement_id, f.opening_balance, t.opening_balance as kept_opening,
            coalesce((f.opening_balance = t.closing_balance and f.from_on >= t.to_on or f.closing_balance = t.opening_balance and t.from_on >= f.to_on)
                and not (f.opening_balance = t.opening_balance and f.closing_balance = t.closing_balance), false) as is_next
        from files f join kept_statements t on t.currency_id = f.currency_id and t.account_key = f.account_key and (f.account_key <> '' or t.source = f.source)
        where f.from_on <= t.to_on and t.from_on <= f.to_on
    )
    select place, statement_id from pairs p
    where not is_next and (account_key <> '' or opening_balance is null or kept_opening is null
        or exists (select 1 from points q where q.place = p.place and q.point = p.kept_opening)
        or exists (select 1 from points q where q.statement_id = p.statement_id and q.point = p.opening_balance))
"""

# Of equal lines, as many are known as the statements that overlap have.
KNOWN_LINES = """
    with found as (
        select o.place, a.image, l.id as line_id, row_number() over (partition by o.place, a.image order by l.id) as turn
        from (select distinct place, image, line_sha256 from asked) a
        join statement_lines l on l.line_sha256 = a.line_sha256
        join overlapping o on o.place = a.place and o.statement_id = l.statement_id
    )
    select a."row", found.line_id from asked a join found using (place, image, turn) where not a.keep_known
"""

KNOWN_ENTRIES = """
    with asked_entries as (
        select a.place, a.entry_reference, min(a.booked_on) as day, sum(a.amount - a.fee) as total, count(*) as parts
        from asked a where a.entry_reference is not null and not a.keep_known group by a.place, a.entry_reference
    ),
    kept_entries as (
        select k.id as statement_id, k.account_key, k.currency_id, k.is_notice, l.entry_reference, min(l.booked_on) as day, sum(l.amount - l.fee) as total,
            count(*) as parts, min(l.id) as line_id, count(m.id) + count(r.id) as uses
        from kept_statements k join statement_lines l on l.statement_id = k.id
        left join matches m on m.statement_line_id = l.id
        left join statement_repeats r on r.statement_line_id = l.id
        where l.entry_reference in (select entry_reference from asked_entries) group by all
    )
    select a.place, a.entry_reference, min(k.statement_id) as statement_id,
        min(case when f.is_notice and a.parts > 1 and k.parts = 1 and k.uses = 0 then k.line_id end) as replaces_id
    from asked_entries a join files f using (place)
    join kept_entries k on k.entry_reference = a.entry_reference and k.total = a.total and k.day = a.day and k.account_key = f.account_key
        and k.currency_id = f.currency_id
    where f.is_notice or k.is_notice group by a.place, a.entry_reference
"""

# A statement with balances has every booked line of its days.
COVERED = """
    select a."row", min(k.id) as statement_id
    from asked a join files f using (place)
    join kept_statements k on k.account_key = f.account_key and k.currency_id = f.currency_id and not k.is_notice
    where f.is_notice and not a.keep_known and f.account_key <> '' and k.opening_balance is not null and k.closing_balance is not null
        and a.booked_on between k.from_on and k.to_on and (a.booked_on > k.from_on or a.booked_on >= k.first_on)
    group by a."row"
"""

SORTED = """
    select a.*, l.line_id, e.replaces_id, e.statement_id as entry_statement_id,
        coalesce(e.statement_id, c.statement_id, (select statement_id from statement_lines where id = l.line_id)) as known_in,
        e.replaces_id is null and (l.line_id is not null or e.place is not null or c."row" is not null) as is_known
    from asked a
    left join known_lines l using ("row")
    left join known_entries e on e.place = a.place and e.entry_reference = a.entry_reference
    left join covered c on c."row" = a."row"
"""

PROBLEMS = f"""
    select "row", 'currency' as field, 'unknown_currency' as code, 'there is no currency ' || currency || ' in this book' as message
    from asked where currency_id is null
    union all
    select f."row", 'file_sha256', 'known_file', 'file ' || f.file_name || ' was taken already, as statement ' || min(s.id)
    from files f join statements s on s.file_sha256 = f.file_sha256 group by f."row", f.file_name
    union all
    select "row", 'closing_balance', 'not_in_balance', 'opening_balance ' || opening_balance || ' and ' || {counted_sql("line_count", "line")} || ' of ' || total
        || ' come to ' || (opening_balance + total) || ', but closing_balance is ' || closing_balance || ': a difference of '
        || (closing_balance - opening_balance - total)
    from files where opening_balance + total <> closing_balance
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where currency_id is not null and not {is_minor_unit_sql("amount")}
    union all
    select min("row"), 'line_sha256', 'nothing_new', 'every line of ' || any_value(file_name) || ' is known, from '
        || case when count(distinct known_in) = 1 then 'statement ' || min(known_in) else 'statements ' || min(known_in) || ' to ' || max(known_in) end
        || '; keep_known keeps lines that are other payments'
    from sorted where file_sha256 not in (select file_sha256 from statements) group by file_sha256 having bool_and(is_known)
"""

WARNINGS = f"""
    with known as (
        select *, row_number() over (partition by place order by "row") as nth, count(*) over (partition by place) as known_count,
            count(*) filter (where is_known) over (partition by file_sha256) = count(*) over (partition by file_sha256) as is_whole
        from sorted where is_known
    ),
    shown as (
        select place, min(known_count) as known_count, string_agg('line ' || line_number || ' (' || booked_on || ', ' || {show_sql("amount", "code", "minor_digits")}
            || coalesce(', ' || payer_name, '') || ') is in statement ' || known_in, '; ' order by "row") filter (where nth <= 5) as listed
        from known group by place
    ),
    alike as (
        select s."row", s.line_number, min(l.id) as line_id, min(l.statement_id) as statement_id
        from sorted s join overlapping o using (place)
        join statement_lines l on l.statement_id = o.statement_id and l.booked_on = s.booked_on and l.amount = s.amount and l.fee = s.fee
        where not s.is_known and s.replaces_id is null and l.line_sha256 is distinct from s.line_sha256
            and l.id not in (select line_id from known_lines) group by all
        union all
        select s."row", s.line_number, min(l.id), min(l.statement_id)
        from sorted s join statements t on t.currency_id = s.currency_id and t.source = s.source and ((t.account is null) <> (s.account is null))
        join statement_lines l on l.statement_id = t.id and l.booked_on = s.booked_on and l.amount = s.amount and lower(l.payer_name) = lower(s.payer_name)
        where not s.is_known and s.replaces_id is null group by all
    )
    select f."row", 'line_sha256' as field, 'known_lines' as code,
        s.known_count || ' of ' || {counted_sql("f.line_count", "line")} || ' of ' || f.file_name
            || case when s.known_count = 1 then ' is known and left out: ' else ' are known and left out: ' end || s.listed
            || case when s.known_count > 5 then '; and ' || (s.known_count - 5) || ' more' else '' end
            || '; keep_known keeps them if they are other payments' as message
    from files f join shown s using (place)
    union all
    select min("row"), 'line_sha256', 'like_lines', 'line ' || line_number || ' has the day and amount of line ' || min(line_id) || ' of the book (statement '
        || min(statement_id) || '), in other words: it is kept as another payment'
    from alike group by "row", line_number
    union all
    select min("row"), 'entry_reference', 'batch_replaced', 'line ' || replaces_id || ' of the book, a batch, is replaced by its ' || count(*) || ' parts'
    from sorted where replaces_id is not null group by replaces_id
    union all
    select "row", 'booked_on', 'in_the_future', 'line ' || line_number || ' is booked on ' || booked_on || ', which is still to come'
    from asked where booked_on > $today + interval 7 day
"""

KEPT = """
    select id, source, file_name, file_sha256, account, currency_id, from_on, to_on, opening_balance, closing_balance, is_notice from files
"""

# Parts of a batch are lines of the statement that has the batch, in its place.
NEW_LINES = """
    select {next_id} + row_number() over (order by s."row") as id, coalesce(b.statement_id, f.id) as statement_id,
        coalesce(b.line_number, s.line_number) as line_number, s.booked_on, s.valued_on, s.amount, s.fee, s.payer_name, s.payer_account,
        s.reference, s.description, s.line_sha256, s.entry_reference
    from sorted s join (select id, place from files) f using (place) left join statement_lines b on b.id = s.replaces_id
    where not s.is_known
"""

REPEATS = """
    with repeated as (
        select s.place, l.id as line_id from sorted s join statement_lines l on l.id = s.line_id
        where s.is_known and s.entry_statement_id is null
        union
        select s.place, l.id from sorted s join statement_lines l on l.statement_id = s.entry_statement_id and l.entry_reference = s.entry_reference
        where s.is_known
    )
    select {next_id} + row_number() over (order by f.id, r.line_id) as id, f.id as statement_id, r.line_id as statement_line_id
    from repeated r join files f using (place)
"""

RULES: tuple[Rule, ...] = (
    Rule("import-statement", "Import statement", import_statement, ImportStatement, group="statements"),
)
