"""Fees that a bank or gateway charges by themselves, e.g. for a month, or for a payment that was disputed."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.field_types import CurrencyCode, Line, WayOfPaying
from clientops.schema.days import payment_moment_sql
from clientops.schema.requests import Id, PositiveMoney, Request
from clientops.schema.tables import Tables


class RecordFee(Request):
    """Record a fee that a bank or gateway took; the fee of a payment belongs to the payment."""

    amount: PositiveMoney = Field(title="Amount", description="What was taken, e.g. 4.90")
    gateway: WayOfPaying = Field(title="Gateway", description="Bank or gateway that took it, e.g. Stripe")
    client_id: Id | None = Field(None, title="Client", description="On whose account, if on anybody's", json_schema_extra={"picks": "clients"})  # fmt: skip
    currency: CurrencyCode | None = Field(None, title="Currency", description="Empty: the client's, else the default one")  # fmt: skip
    reference: Line | None = Field(None, title="Reference", description="The gateway's or bank's number for it")
    charged_on: date | None = Field(None, title="Date", description="Day it was taken; empty: today")
    description: Line | None = Field(None, title="Description", description="In words")
    allow_duplicate: bool = Field(default=False, title="Allow duplicate", description="Even if the reference is known already")  # fmt: skip


def record_fee(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record fees as transactions of money out; they settle nothing.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``transactions``.
        requests: One row per fee: ``amount`` (positive money), ``gateway``. See ``RecordFee``.
        today: Day of fees without a date.
        now: Moment of fees of today; others count as taken at noon (UTC) of their day.

    Returns:
        Inserts into ``transactions`` of kind ``fee``, in row order.

    Problems:
        ``unknown_client``, ``unknown_currency``, ``other_currency`` (than the client's), ``not_minor_unit``,
        ``in_future``, ``duplicate_reference`` (also of an earlier row).

    Source:
        WHMCS "Transactions": fees.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED, today=today, now=now)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("fees", FEES.format(next_id=tables.next_id("transactions")))
    return steps.plan(steps.insert("transactions", "fees"), problems="problems")


ASKED = (
    """
    select requests.*, clients.id is not null as is_known, clients.currency_id as client_currency_id,
        named.id as named_id, coalesce(named.id, clients.currency_id, usual.id) as currency_id,
        own.code, own.minor_digits, own.rate, theirs.code as client_code,
        """
    + payment_moment_sql("requests.charged_on")
    + """ as occurred_at
    from requests
    left join clients on clients.id = requests.client_id
    left join currencies named on named.code = requests.currency
    left join (select min(id) as id from currencies where is_default) usual on true
    left join currencies own on own.id = coalesce(named.id, clients.currency_id, usual.id)
    left join currencies theirs on theirs.id = clients.currency_id
"""
)

PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where client_id is not null and not is_known
    union all
    select "row", 'currency', 'unknown_currency', coalesce('currency ' || currency || ' is not one of this book, which has '
        || (select string_agg(code, ', ' order by code) from currencies), 'currency is missing, and this book has no default currency')
    from asked where (currency is not null and named_id is null) or currency_id is null
    union all
    select "row", 'currency', 'other_currency', 'currency ' || currency || ' is not that of client ' || client_id || ', who has ' || client_code
    from asked where named_id <> client_currency_id
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where minor_digits is not null and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'charged_on', 'in_future', 'charged_on ' || charged_on || ' is in the future: at most ' || $today::date
    from asked where charged_on > $today::date
    union all
    select "row", 'reference', 'duplicate_reference', 'reference ' || asked.reference || ' of ' || asked.gateway
        || ' is known already: transaction ' || known.id
    from asked join (
        select reference, coalesce(gateway, '') as gateway, min(id) as id from transactions
        where reference in (select reference from requests) group by all
    ) known on known.reference = asked.reference and known.gateway = asked.gateway
    where not asked.allow_duplicate
    union all
    select "row", 'reference', 'duplicate_reference', 'reference ' || reference || ' of ' || gateway || ' is in an earlier row already'
    from (
        select *, row_number() over (partition by reference, gateway order by "row") > 1 as is_again
        from asked where reference is not null
    )
    where is_again and not allow_duplicate
"""

FEES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, currency_id, 'fee' as kind, gateway, occurred_at,
        description, amount as amount_out, rate, reference
    from asked
"""

RULES: tuple[Rule, ...] = (
    Rule("record-fee", "Record fee", record_fee, RecordFee, risk="medium", group="transactions", manual="invoice or transaction"),
)  # fmt: skip
