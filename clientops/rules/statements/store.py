"""Statements of banks and gateways: kept with their lines, once, and only if they add up."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
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


def import_statement(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Keep statements with their lines.

    Args:
        tables: Read-only tables; reads ``statements``, ``statement_lines``, ``currencies``.
        requests: One row a line, with what is known of its statement and file. Rows of one ``file_sha256`` and ``statement``
            are one statement. See ``ImportStatement``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``statements`` and ``statement_lines``. Lines that an earlier statement brought are left out.

    Problems:
        ``unknown_currency``, ``known_file``, ``not_in_balance`` (opening balance and lines are not the closing balance; with
        the difference), ``not_minor_unit``, ``nothing_new`` (every line is known from other files).

    Warnings:
        ``known_lines``: how many lines are left out.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("files", FILES.format(next_id=tables.next_id("statements")))
    steps.add("problems", PROBLEMS)
    steps.add("warnings", WARNINGS)
    steps.add("kept", KEPT)
    steps.add("new_lines", NEW_LINES.format(next_id=tables.next_id("statement_lines")))
    return steps.plan(
        steps.insert("statements", "kept"),
        steps.insert("statement_lines", "new_lines"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    select requests.*, dense_rank() over (order by file_sha256, statement) as place, k.id as currency_id, k.code, k.minor_digits,
        l.line_sha256 is not null or row_number() over (partition by requests.line_sha256 order by "row") > 1 as is_known
    from requests
    left join currencies k on k.code = requests.currency
    left join (select distinct line_sha256 from statement_lines where line_sha256 is not null) l
        on l.line_sha256 = requests.line_sha256
"""

FILES = """
    select {next_id} + place as id, place, min("row") as "row", any_value(source) as source, any_value(file_name) as file_name,
        any_value(file_sha256) as file_sha256, any_value(account) as account, any_value(currency_id) as currency_id,
        min(from_on) as from_on, max(to_on) as to_on, any_value(opening_balance) as opening_balance,
        any_value(closing_balance) as closing_balance, sum(amount - fee)::decimal(18, 4) as total, count(*) as line_count,
        count(*) filter (where is_known) as known_count, any_value(currency) as currency
    from asked group by place
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
    select "row", 'line_sha256', 'nothing_new', 'every line of ' || file_name || ' is known from other files'
    from files where known_count = line_count and file_sha256 not in (select file_sha256 from statements)
"""

WARNINGS = f"""
    select "row", 'line_sha256' as field, 'known_lines' as code,
        known_count || ' of ' || {counted_sql("line_count", "line")} || ' of ' || file_name
            || case when known_count = 1 then ' is known' else ' are known' end || ' from other files and left out' as message
    from files where known_count > 0
"""

KEPT = """
    select id, source, file_name, file_sha256, account, currency_id, from_on, to_on, opening_balance, closing_balance from files
"""

NEW_LINES = """
    select {next_id} + row_number() over (order by "row") as id, files.id as statement_id, line_number, booked_on, valued_on, amount,
        fee, payer_name, payer_account, reference, description, line_sha256
    from asked join (select id, place from files) files using (place) where not is_known
"""

RULES: tuple[Rule, ...] = (
    Rule("import-statement", "Import statement", import_statement, ImportStatement, group="statements"),
)
