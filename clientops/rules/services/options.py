"""Configurable options of services as people write them: one a line, ``Disk space=50 GB x 2 @ 3.00``."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from clientops.rules.kit.parsers import parse_line

_OPTION = re.compile(
    r"(?P<name>[^=]+)=(?P<value>.*?)(?:\s+x\s*(?P<quantity>\d{1,6}))?(?:\s*@\s*(?P<amount>-?[\d.]+))?\s*"
)
# A price or a quantity that the pattern above cannot read stays in the value: it must not pass as one that costs nothing.
_LEFT_OVER = re.compile(r"\s@|@\s*[-+]?[\d.,]+$|\sx\s*[-+]?[\d.,]+$")
EXAMPLE = "Disk space=50 GB x 2 @ 3.00"


def parse_options(text: str) -> str:
    """Options in their plain form: one a line, ``name=value x quantity @ amount``, each name once.

    Written are ``name=value``, then ``x quantity`` (1 where it is left out) and ``@ amount`` of a cycle for the whole
    quantity (0 where it is left out), one a line or separated by semicolons.
    """
    lines, names = [], set()
    for part in re.split(r"[;\n]", text):
        if not part.strip():
            continue
        written = parse_line(part)
        match = _OPTION.fullmatch(written)
        if match is None or not match["name"].strip() or _LEFT_OVER.search(match["value"]):
            raise ValueError(f"option {written!r} is not understood; write it like {EXAMPLE}")
        name, value = match["name"].strip(), match["value"].strip()
        if name.casefold() in names:
            raise ValueError(f"option {name!r} is there twice; write each once, with a quantity")
        names.add(name.casefold())
        quantity = int(match["quantity"] or 1)
        if quantity < 1:
            raise ValueError(f"option {name!r} has the quantity {quantity}; it must be at least 1")
        lines.append(f"{name}={value} x {quantity} @ {_amount(name, match['amount'] or '0')}")
    if not lines:
        raise ValueError(f"has no option; write one a line, like {EXAMPLE}")
    return "\n".join(lines)


def _amount(name: str, text: str) -> str:
    if not re.fullmatch(r"\d{1,14}(\.\d{1,4})?", text):
        raise ValueError(f"option {name!r} costs {text!r}, which is no amount; write it like 3.00")
    return f"{Decimal(text).normalize():f}"


def parse_option_names(text: str) -> str:
    """Names of options, one a line; written one a line or separated by semicolons."""
    names = dict.fromkeys(parse_line(part) for part in re.split(r"[;\n]", text) if part.strip())
    if not names:
        raise ValueError("has no name; write the options' names, one a line")
    if wrong := next((name for name in names if "=" in name), None):
        raise ValueError(f"{wrong!r} has a value; write the names alone, one a line")
    return "\n".join(names)


Options = Annotated[str, Field(max_length=5000), AfterValidator(parse_options)]
OptionNames = Annotated[str, Field(max_length=5000), AfterValidator(parse_option_names)]


def option_rows_sql(source: str, column: str = "options") -> str:
    """SELECT of ``row, place, name, value, quantity, recurring_amount`` of the options that a step's rows hold."""
    parts = "['name', 'value', 'quantity', 'amount']"
    return f"""
        with lines as (
            select "row", unnest(string_split({column}, chr(10))) as line,
                generate_subscripts(string_split({column}, chr(10)), 1) as place
            from {source} where {column} is not null
        ),
        read as (
            select "row", place, regexp_extract(line, '^([^=]+)=(.*) x ([0-9]+) @ ([0-9.]+)$', {parts}) as option
            from lines
        )
        select "row", place, option.name as name, nullif(option.value, '') as value,
            option.quantity::integer as quantity, option.amount::decimal(18, 4) as recurring_amount
        from read
    """


def option_names_sql(source: str, column: str) -> str:
    """SELECT of ``row, name`` of the option names that a step's rows hold."""
    return f"""
        select "row", unnest(string_split({column}, chr(10))) as name from {source} where {column} is not null
    """
