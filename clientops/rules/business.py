"""What holds for the whole business: its name, how tax is reckoned, when invoices fall due, how long records are kept."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from clientops.changes import Plan, Relation, Rule
from clientops.requests import Request
from clientops.rules.fields import Country, Line, TaxId
from clientops.tables.view import Tables

Days = Annotated[int, Field(ge=0, le=365)]
Years = Annotated[int, Field(ge=0, le=100)]


class SetBusiness(Request):
    """Set what holds for the whole business; only what is given."""

    company_name: Line | None = Field(None, title="Company", description="As mails and statements of account name us")
    tax_mode: Literal["exclusive", "inclusive"] | None = Field(None, title="Prices", description="exclusive: tax comes on top; inclusive: it is in them")  # fmt: skip
    tax_compound: bool | None = Field(None, title="Tax on tax", description="Whether the second tax is on the first one too")  # fmt: skip
    tax_rounding: Literal["item", "invoice"] | None = Field(None, title="Tax is rounded", description="item: for each item; invoice: once, on the sum of the items of a rate")  # fmt: skip
    company_tax_id: TaxId | None = Field(
        None, title="Our tax number", description="Printed on invoices from now on, e.g. DE136695976"
    )
    company_country: Country | None = Field(None, title="Our country", description="Empty: that of our VAT number")
    reverse_charge: bool | None = Field(None, title="Reverse charge", description="Whether businesses of other EU countries with a valid VAT number are billed without tax; yes if never set")  # fmt: skip
    reverse_charge_note: Line | None = Field(
        None, title="Words for reverse charge", description="Printed on such invoices"
    )
    tax_domains: bool | None = Field(None, title="Domains are taxed")
    invoice_due_days: Days | None = Field(None, title="Invoices are due after", description="Days; 14 if never set")
    affiliate_clearing_days: Days | None = Field(None, title="Commissions clear after", description="Days; 0 if never set")  # fmt: skip
    retention_years: Years | None = Field(None, title="Records are kept for", description="Full years, as the law wants, before a person may be erased; 10 if never set")  # fmt: skip


def set_business(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set what holds for the whole business from now on; invoices that are there stay as they are.

    Args:
        tables: Read-only tables; reads ``settings``.
        requests: Rows of which each gives some fields; of several for one field the last holds. See ``SetBusiness``.
        today: Not used.
        now: Not used.

    Returns:
        Rows of ``settings``, new or updated, each named like its field.

    Problems:
        ``nothing_given``; from reading ``bad_value``.

    Warnings:
        ``kept_shorter``: records of people could be erased earlier than before.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", NOTHING_GIVEN)
    steps.add("wanted", WANTED)
    steps.add("kept", "select name, max(id) as id, max(value) as value from settings group by name")
    steps.add("warnings", KEPT_SHORTER)
    steps.add("changed", "select kept.id, wanted.value from wanted join kept using (name)")
    steps.add("added", ADDED.format(next_id=tables.next_id("settings")))
    return steps.plan(
        steps.update("settings", "changed"), steps.insert("settings", "added"), problems="problems", warnings="warnings"
    )


NAMES = tuple(SetBusiness.model_fields)
_YES_OR_NO = ("tax_compound", "tax_domains", "reverse_charge")

NOTHING_GIVEN = f"""
    select "row", '' as field, 'nothing_given' as code, 'nothing is given; there are {", ".join(NAMES)}' as message
    from requests where {" and ".join(f"{name} is null" for name in NAMES)}
"""

WANTED = "\nunion all\n".join(
    f"""select '{name}' as name, arg_max({f"case when {name} then 'yes' else 'no' end" if name in _YES_OR_NO else f"{name}::varchar"}, "row") as value, min("row") as "row"
    from requests where {name} is not null having count(*) > 0"""
    for name in NAMES
)

KEPT_SHORTER = """
    select max(requests."row") as "row", 'retention_years' as field, 'kept_shorter' as code,
        'records are kept for ' || wanted.value || ' full years instead of ' || before.years || ': persons may be erased earlier' as message
    from requests, wanted, (select coalesce((select try_cast(value as integer) from kept where name = 'retention_years'), 10) as years) before
    where wanted.name = 'retention_years' and wanted.value::integer < before.years and retention_years is not null
    group by wanted.value, before.years
"""

ADDED = """
    select {next_id} + row_number() over (order by "row", name) as id, name, value from wanted anti join kept using (name)
"""

RULES: tuple[Rule, ...] = (
    Rule("set-business", "Set business settings", set_business, SetBusiness, risk="medium", group="book"),
)
