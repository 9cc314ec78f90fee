"""Currencies of the book: the first is the default one, the others have a rate to it."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from clientops.core.money import minor_digits_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.field_types import CurrencyCode
from clientops.schema.requests import Request
from clientops.schema.tables import Tables

Rate = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=8)]


class AddCurrency(Request):
    """Add a currency that clients may be billed in; the first one is the default."""

    code: CurrencyCode = Field(title="Currency", description="Three letters, e.g. EUR")
    rate: Rate | None = Field(
        None, title="Rate", description="Units of it for one of the default currency; empty for the first currency"
    )


def add_currency(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add currencies; a book without any gets its default currency with the first.

    Args:
        tables: Read-only tables; reads ``currencies``.
        requests: One row per currency: ``code`` (ISO 4217), ``rate``. See ``AddCurrency``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``currencies``, in row order; decimals of the minor unit as Babel knows them (JPY 0, EUR 2, KWD 3).

    Problems:
        ``code_taken``, ``no_rate`` (of a currency that is not the default one), ``rate_of_default`` (other than 1).
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS)
    steps.add("new_currencies", NEW_CURRENCIES.format(next_id=tables.next_id("currencies")))
    return steps.plan(steps.insert("currencies", "new_currencies"), problems="problems")


ASKED = """
    select requests.*, known.id as known_id, row_number() over (partition by code order by "row") > 1 as is_again,
        not exists (select 1 from currencies where is_default) and "row" = min("row") over () as is_first
    from requests left join currencies known using (code)
"""

PROBLEMS = """
    select "row", 'code' as field, 'code_taken' as code, 'currency ' || code || ' is in this book already' as message
    from asked where known_id is not null
    union all
    select "row", 'code', 'code_taken', 'currency ' || code || ' is in an earlier row already'
    from asked where known_id is null and is_again
    union all
    select "row", 'rate', 'no_rate', 'rate is missing: how many ' || code || ' are one of the default currency'
        || coalesce(', ' || (select min(code) from currencies where is_default), '')
    from asked where rate is null and not is_first and not is_again and known_id is null
    union all
    select "row", 'rate', 'rate_of_default', 'rate of ' || code || ' is 1 or empty: it is the default currency of this book'
    from asked where rate <> 1 and is_first
"""

NEW_CURRENCIES = f"""
    select {{next_id}} + row_number() over (order by "row") as id, code, coalesce(rate, 1) as rate, is_first as is_default,
        {minor_digits_sql("code")} as minor_digits
    from asked
"""

RULES: tuple[Rule, ...] = (Rule("add-currency", "Add currency", add_currency, AddCurrency, group="book"),)
