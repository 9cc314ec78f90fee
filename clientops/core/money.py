"""Money: minor units, rounding and how amounts are written. Amounts are Decimal and DECIMAL(18,4), never float."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache


@lru_cache(maxsize=512)
def minor_digits(currency: str) -> int:
    """Decimals of a currency's minor unit, by ISO 4217 code: JPY 0, EUR 2, KWD 3.

    Source:
        Unicode CLDR, through Babel.
    """
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def minor_digits_sql(code: str) -> str:
    """SQL of the decimals of a currency's minor unit, from its code (SQL); 2 for nearly all.

    Source:
        Unicode CLDR, through Babel.
    """
    from babel.core import get_global

    digits = {name: min(rule[0], 4) for name, rule in get_global("currency_fractions").items() if name != "DEFAULT"}
    cases = " ".join(f"when '{name}' then {count}" for name, count in sorted(digits.items()) if count != 2)
    return f"(case {code} {cases} else 2 end)::tinyint"


def round_money(amount: Decimal, digits: int) -> Decimal:
    """An amount rounded half away from zero to a number of decimals, as ``round_sql`` does."""
    return amount.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)


def round_sql(amount: str, digits: str = "minor_digits") -> str:
    """SQL that rounds an amount (SQL) half away from zero to as many decimals as ``digits`` (SQL, 0 to 4) says.

    The engine's ``round(decimal, n)`` takes only a constant ``n``, and ``/`` on decimals gives a DOUBLE: hence the
    cases.
    """
    cases = " ".join(f"when {n} then round({amount}, {n})::decimal(18, 4)" for n in (0, 1, 2, 3))
    return f"(case {digits} {cases} else round({amount}, 4)::decimal(18, 4) end)"


def is_minor_unit_sql(amount: str, digits: str = "minor_digits") -> str:
    """SQL that tells whether an amount (SQL) has no more decimals than its currency's minor unit."""
    # try: the largest amount that can be kept may round to one that cannot, and is none of these then.
    return f"coalesce(try({round_sql(amount, digits)} = {amount}), {amount} is null and null)"


def format_money(amount: Decimal, currency: str, locale: str = "en") -> str:
    """An amount with its currency as people write it, e.g. ``€1,234.50``."""
    from babel.numbers import format_currency

    return str(format_currency(amount, currency, locale=locale))


def show_amount(amount: Decimal, currency: str) -> str:
    """An amount in its minor unit behind its currency code, e.g. ``EUR 1234.50``; for tables and sentences."""
    return f"{currency} {round_money(amount, minor_digits(currency))}"


def show_sql(amount: str, code: str = "code", digits: str = "minor_digits") -> str:
    """SQL of :func:`show_amount`: ``EUR 12.50`` from an amount, a currency code and its decimals."""
    cases = " ".join(f"when {n} then ({amount})::decimal(18, {n})::varchar" for n in (0, 1, 2, 3))
    return f"({code} || ' ' || (case {digits} {cases} else ({amount})::decimal(18, 4)::varchar end))"
