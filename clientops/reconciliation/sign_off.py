"""Signing a period off: what it amounted to is kept, so that later changes show."""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime

from pydantic import Field

from clientops.core.errors import UsageError
from clientops.core.plan import Plan, Relation, Rule
from clientops.reconciliation.find import differences
from clientops.schema.days import payment_day_sql
from clientops.schema.requests import Request, Text
from clientops.schema.tables import Tables

DAY = payment_day_sql()


def parse_period(text: str) -> tuple[date, date]:
    """First and last day of a month (``2026-09``), quarter (``2026-Q3``), year, or two days (``2026-09-01..2026-09-15``).

    Raises:
        UsageError: It is none of them.
    """
    plain = text.strip().upper()
    try:
        if match := re.fullmatch(r"(\d{4})-(\d{2})", plain):
            year, month = int(match[1]), int(match[2])
            return date(year, month, 1), date(year, month, calendar.monthrange(year, month)[1])
        if match := re.fullmatch(r"(\d{4})-?Q([1-4])", plain):
            year, month = int(match[1]), 3 * int(match[2])
            return date(year, month - 2, 1), date(year, month, calendar.monthrange(year, month)[1])
        if re.fullmatch(r"\d{4}", plain):
            return date(int(plain), 1, 1), date(int(plain), 12, 31)
        first, dots, last = plain.partition("..")
        if dots:
            return date.fromisoformat(first.strip()), date.fromisoformat(last.strip())
    except ValueError:
        pass
    raise UsageError(f"{text!r} is not a period; write it like 2026-09, 2026-Q3, 2026 or 2026-09-01..2026-09-15")


class SignOffPeriod(Request):
    """Declare a period reconciled; what it amounts to is kept, so that later changes show."""

    period_from: date = Field(title="From", description="First day, e.g. 2026-09-01")
    period_to: date = Field(title="To", description="Last day, e.g. 2026-09-30")
    note: Text | None = Field(
        default=None, title="Remarks", description="E.g. why something is left open", json_schema_extra={"multiline": True}
    )  # fmt: skip


def sign_off_period(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Keep what periods amount to, and which differences are open in them.

    Args:
        tables: Read-only tables; reads everything that is reconciled.
        requests: One row per period: ``period_from``, ``period_to`` (days, both in it), ``note``. See ``SignOffPeriod``.
        today: Day of the sign-off.
        now: Not used.

    Returns:
        Inserts of sign-offs and their figures: number, sum and checksum of the period's invoices, transactions, credit
        entries and statement lines by currency, and the open differences by kind and currency.

    Problems:
        ``backwards`` (it ends before it begins), ``not_over`` (it ends today or later).
    """
    steps = tables.steps(requests=requests)
    differences(tables, explained=False)
    steps.add("periods", PERIODS.format(next_id=tables.next_id("sign_offs")))
    steps.add("figures", FIGURES)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("signed", SIGNED, today=today)
    steps.add("kept_figures", KEPT_FIGURES.format(next_id=tables.next_id("sign_off_figures")))
    steps.add("open_sums", OPEN_SUMS)
    summary = tuple(steps["open_sums"].fetchall()) or (("Open differences", "none"),)
    return steps.plan(
        steps.insert("sign_offs", "signed"),
        steps.insert("sign_off_figures", "kept_figures"),
        problems="problems",
        summary=summary,
    )


PERIODS = """
    select "row", {next_id} + row_number() over (order by "row") as sign_off_id, period_from, period_to, note from requests
"""

# Differences without a day (of clients' balances and statuses) are open for every period.
FIGURES = (
    """
    with booked as (
        select i.issued_on as day, 'invoices' as figure, c.currency_id, i.total as amount,
            concat_ws('|', i.id, i.client_id, coalesce(i.number, ''), i.issued_on, i.total, i.subtotal, i.tax1, i.tax2) as image
        from invoices i left join clients c on c.id = i.client_id
        where i.issued_on between (select min(period_from) from periods) and (select max(period_to) from periods)
        union all
        select """
    + DAY
    + """, 'transactions', currency_id, amount_in - amount_out,
            concat_ws('|', id, coalesce(client_id, 0), currency_id, kind, occurred_at at time zone 'UTC', amount_in, fee, amount_out,
                coalesce(gateway, ''), coalesce(reference, ''))
        from transactions
        where """
    + DAY
    + """ between (select min(period_from) from periods) and (select max(period_to) from periods)
        union all
        select e.entry_on, 'credit entries', c.currency_id, e.amount,
            concat_ws('|', e.id, e.client_id, e.entry_on, e.amount, coalesce(e.invoice_id, 0))
        from credit_entries e left join clients c on c.id = e.client_id
        where e.entry_on between (select min(period_from) from periods) and (select max(period_to) from periods)
        union all
        select l.booked_on, 'statement lines', s.currency_id, l.amount,
            concat_ws('|', l.id, l.booked_on, l.amount, l.fee, coalesce(l.reference, ''), coalesce(l.payer_name, ''))
        from statement_lines l join statements s on s.id = l.statement_id
        where l.booked_on between (select min(period_from) from periods) and (select max(period_to) from periods)
    )
    select p.sign_off_id, b.figure, k.code as currency_code, count(*) as row_count, sum(b.amount)::decimal(18, 4) as amount,
        sum(md5_number_lower(b.image))::varchar as checksum
    from periods p join booked b on b.day between p.period_from and p.period_to
    left join currencies k on k.id = b.currency_id
    group by all
    union all
    select p.sign_off_id, 'open: ' || d.kind, d.currency_code, count(*), sum(abs(d.amount))::decimal(18, 4),
        sum(md5_number_lower(d.id || ' ' || coalesce(d.amount::varchar, '')))::varchar
    from periods p join differences d on d.day is null or d.day between p.period_from and p.period_to
    group by all
"""
)

PROBLEMS = """
    select "row", 'period_to' as field, 'backwards' as code,
        'period_to ' || period_to || ' is before period_from ' || period_from as message
    from periods where period_to < period_from
    union all
    select "row", 'period_to', 'not_over', 'period_to ' || period_to || ' is not over: at most ' || ($today::date - 1)
    from periods where period_to >= $today::date
"""

SIGNED = """
    select sign_off_id as id, period_from, period_to, $today::date as signed_on, note,
        coalesce((select sum(row_count) from figures f where f.sign_off_id = p.sign_off_id and starts_with(figure, 'open: ')), 0)::bigint
            as open_count
    from periods p
"""

KEPT_FIGURES = """
    select {next_id} + row_number() over (order by sign_off_id, figure, currency_code) as id, * from figures
"""

OPEN_SUMS = """
    select 'Open: ' || coalesce(currency_code, 'without money'), sum(row_count) || coalesce(', together ' || sum(amount)::decimal(18, 2), '')
    from figures where starts_with(figure, 'open: ') group by currency_code order by currency_code
"""


def sign_offs(tables: Tables) -> Relation:
    """Every sign-off, and whether the figures of its period still hold.

    Returns:
        One row a sign-off, the newest first: ``id``, ``period_from``, ``period_to``, ``signed_on``, ``operator``, ``note``,
        ``open_count`` and ``open_amounts`` (then, in words), ``state`` (``holds``; ``mended``: less is open than
        then, nothing else changed; ``broken``), ``changes`` (what differs, in words), ``operation_id`` and ``head_sha256``
        (operation that signed it off and its hash: an anchor of the book as it was then).
    """
    steps = tables.steps()
    differences(tables, explained=False)
    steps.add("periods", "select id as sign_off_id, period_from, period_to from sign_offs")
    steps.add("figures", FIGURES)
    steps.add("compared", COMPARED)
    return steps.add("judged", JUDGED.format(signed=tables.history("sign_offs")))


UNDATED = (
    "('open: drifted_balance', 'open: closed_with_credit', 'open: closed_with_services', 'open: credit_of_gone_client')"
)

COMPARED = f"""
    with was as (select * from sign_off_figures where figure not in {UNDATED}),
    now_is as (select * from figures where figure not in {UNDATED})
    select coalesce(w.sign_off_id, n.sign_off_id) as sign_off_id, coalesce(w.figure, n.figure) as figure,
        coalesce(w.currency_code, n.currency_code) as currency_code, coalesce(w.row_count, 0) as rows_then,
        coalesce(n.row_count, 0) as rows_now, coalesce(w.amount, 0) as amount_then, coalesce(n.amount, 0) as amount_now
    from was w full join now_is n on n.sign_off_id = w.sign_off_id and n.figure = w.figure
        and n.currency_code is not distinct from w.currency_code
    where w.checksum is distinct from n.checksum or w.row_count is distinct from n.row_count
"""

JUDGED = """
    with told as (
        select sign_off_id, bool_and(starts_with(figure, 'open: ') and rows_now < rows_then) as is_mended,
            string_agg(figure || coalesce(' in ' || currency_code, '') || case
                when rows_then <> rows_now or amount_then <> amount_now
                    then ': then ' || rows_then || ' of ' || amount_then::decimal(18, 2) || ', now ' || rows_now || ' of ' || amount_now::decimal(18, 2)
                else ': the same sums, but other rows' end, '; ' order by figure, currency_code) as changes
        from compared group by sign_off_id
    ),
    open_then as (
        select sign_off_id, string_agg(amount::decimal(18, 2) || ' ' || currency_code, ', ' order by currency_code) as open_amounts
        from (select sign_off_id, currency_code, sum(amount) as amount from sign_off_figures
            where starts_with(figure, 'open: ') and currency_code is not null group by all)
        group by sign_off_id
    ),
    signers as (
        select h.id, max(o.operation_id) as operation_id, arg_max(o.operator, o.operation_id) as operator,
            arg_max(o.sha256, o.operation_id) as head_sha256
        from {signed} h join (select id as operation_id, operator, sha256 from history.operations) o using (operation_id)
        where h.sign > 0 group by h.id
    )
    select s.id, s.period_from, s.period_to, s.signed_on, g.operator, s.note, s.open_count, o.open_amounts,
        case when t.sign_off_id is null then 'holds' when t.is_mended then 'mended' else 'broken' end as state, t.changes,
        g.operation_id, g.head_sha256
    from sign_offs s left join told t on t.sign_off_id = s.id left join open_then o on o.sign_off_id = s.id
    left join signers g on g.id = s.id
    order by s.period_to desc, s.id desc
"""

RULES: tuple[Rule, ...] = (
    Rule("sign-off-period", "Sign off a period", sign_off_period, SignOffPeriod, risk="low", group="reconciliation"),
)
