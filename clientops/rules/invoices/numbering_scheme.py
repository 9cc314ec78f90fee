"""The scheme of invoice and credit note numbers: how they look, where they count from, when they begin anew."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, ClassVar, Literal

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.next_number import formatted_sql, padded_sql
from clientops.rules.kit.field_types import Line
from clientops.schema.requests import CrossCheck, FieldError, Request
from clientops.schema.tables import Tables

PLACEHOLDERS = ("{NUMBER}", "{YEAR}", "{MONTH}", "{DAY}")


def parse_format(text: str) -> str:
    """A format with ``{NUMBER}`` once, and no other placeholder than are known."""
    found = re.findall(r"\{[^{}]*\}?|\}", text)
    if unknown := next((part for part in found if part not in PLACEHOLDERS), None):
        raise ValueError(f"{unknown} is no placeholder; there are {', '.join(PLACEHOLDERS)}")
    if found.count("{NUMBER}") != 1:
        raise ValueError("needs {NUMBER} once, which is counted; write it like RE-{YEAR}-{NUMBER}")
    return text


NumberFormat = Annotated[Line, Field(max_length=60), AfterValidator(parse_format)]


def check_restart(number_format: str | None, restart: str | None) -> dict[str, Any]:
    """Refuse numbers that begin anew without saying in which year or month: they would be there twice."""
    needed = {"yearly": ("{YEAR}",), "monthly": ("{YEAR}", "{MONTH}")}.get(restart or "", ())
    if number_format and (missing := [part for part in needed if part not in number_format]):
        raise FieldError(
            "number_format",
            f"number_format {number_format} has no {missing[0]}: numbers that begin anew {restart} would be there twice",
            "not_unique",
        )
    return {}


class SetNumbering(Request):
    """Set how invoices, or credit notes, are numbered from now on."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("number_format", "restart"), check_restart),)

    document: Literal["invoice", "credit note"] = Field("invoice", title="Of", description="What is numbered")
    number_format: NumberFormat = Field(
        title="Format", description="With {NUMBER}, {YEAR}, {MONTH}, {DAY}, e.g. RE-{YEAR}-{NUMBER}"
    )
    next_number: Annotated[int, Field(ge=1, le=10**12)] = Field(1, title="Next number", description="Counted on from here")  # fmt: skip
    digits: Annotated[int, Field(ge=1, le=12)] = Field(1, title="Digits", description="Zeros in front, e.g. 4: 0007")
    restart: Literal["never", "yearly", "monthly"] = Field("never", title="Begins anew at 1", description="By the document's date")  # fmt: skip


def set_numbering(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set numbering schemes; numbers that were given stay.

    Args:
        tables: Read-only tables; reads ``settings``, ``invoices``, ``credit_notes``.
        requests: One row per kind of document. See ``SetNumbering``.
        today: The period that ``next_number`` counts in, where numbers begin anew.
        now: Not used.

    Returns:
        Inserts into and updates of ``settings``. With the counter in the book, each issued document gets the next number
        of its period: none is left out, none is there twice.

    Problems:
        ``twice`` (one scheme a kind), ``number_used`` (the next number is on a document already); and from reading
        ``bad_value``, ``not_unique``.

    Warnings:
        ``leaves_gap`` (the counter jumps), ``goes_back``.

    Source:
        Tax law of the EU (2006/112/EC art. 226): a sequential number that uniquely identifies the invoice.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED, today=today)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", WARNINGS)
    steps.add("wanted", WANTED)
    steps.add("changed", "select known.id, wanted.value from wanted join (select name, max(id) as id from settings group by name) known using (name)")  # fmt: skip
    steps.add("added", ADDED.format(next_id=tables.next_id("settings")))
    return steps.plan(
        steps.update("settings", "changed"), steps.insert("settings", "added"), problems="problems", warnings="warnings"
    )


ASKED = f"""
    with placed as (
        select *, case document when 'invoice' then 'invoice' else 'credit_note' end as prefix, $today::date as issued_on,
            case restart when 'yearly' then strftime($today::date, ' %Y') when 'monthly' then strftime($today::date, ' %Y-%m')
                else '' end as period
        from requests
    )
    select placed.*, {padded_sql("next_number", "digits")} as padded, {formatted_sql(padded_sql("next_number", "digits"))} as first_number,
        try_cast(kept.value as bigint) as counted
    from placed left join (select name, max(value) as value from settings group by name) kept
        on kept.name = prefix || '_next_number' || period
"""

PROBLEMS = """
    select "row", 'document' as field, 'twice' as code, 'document ' || document || ' is in an earlier row already' as message
    from requests qualify row_number() over (partition by document order by "row") > 1
    union all
    select "row", 'next_number', 'number_used', 'next_number ' || next_number || ' would give ' || first_number
        || ', which is on ' || document || ' ' || used.id || ' already'
    from asked join (
        select 'invoice' as document, number, min(id) as id from invoices where number is not null group by number
        union all
        select 'credit note', number, min(id) from credit_notes where number is not null group by number
    ) used using (document) where used.number = first_number
"""

WARNINGS = """
    select "row", 'next_number' as field, case when next_number > counted then 'leaves_gap' else 'goes_back' end as code,
        'next_number ' || next_number || case when next_number > counted then ' leaves a gap: the next one was '
            else ' goes back: the next one was ' end || counted as message
    from asked where counted <> next_number
"""

WANTED = """
    select prefix || '_number_format' as name, number_format as value from asked
    union all
    select prefix || '_number_restart', restart from asked
    union all
    select prefix || '_next_number', padded from asked
    union all
    select prefix || '_next_number' || period, padded from asked where period <> ''
"""

ADDED = """
    select {next_id} + row_number() over (order by name) as id, name, value
    from wanted where name not in (select name from settings)
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "set-numbering",
        "Set numbering",
        set_numbering,
        SetNumbering,
        risk="medium",
        group="invoices",
        manual="invoice or transaction",
    ),
)
