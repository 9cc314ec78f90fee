"""What holds for the whole business: its name, how tax is reckoned, when invoices fall due, how long records are kept."""

from __future__ import annotations

from datetime import date, datetime
from difflib import get_close_matches
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.field_types import Country, Line, TaxId
from clientops.schema.days import ZONE, day_sql, known_zones, payment_day_sql
from clientops.schema.requests import Request
from clientops.schema.tables import Tables


def parse_zone(text: str) -> str:
    """The name of a time zone, in whatever case and with blanks for underscores."""
    wanted = text.strip().replace(" ", "_").casefold()
    found = next((name for name in known_zones() if name.casefold() == wanted), "")
    if not found:
        near = get_close_matches(wanted, [name.casefold() for name in known_zones()], 2, 0.6)
        names = [name for name in sorted(known_zones()) if name.casefold() in near]
        hint = f"did you mean {' or '.join(names)}?" if names else "write it like Europe/Berlin"
        raise ValueError(f"not a time zone; {hint}")
    return found


TimeZone = Annotated[str, AfterValidator(parse_zone)]
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
    time_zone: TimeZone | None = Field(None, title="Time zone", description="In which moments become days, e.g. Europe/Berlin; that of the machine the book was made on if never set")  # fmt: skip
    backdate_days: Days | None = Field(
        None, title="Credit may be dated back by", description="Days; any number if never set"
    )
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
        ``kept_shorter``: records of people could be erased earlier than before. ``days_move``: payments near midnight
        count for another day from now on, which moves figures of periods that are over.
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

KEPT_SHORTER = (
    """
    select max(requests."row") as "row", 'retention_years' as field, 'kept_shorter' as code,
        'records are kept for ' || wanted.value || ' full years instead of ' || before.years || ': persons may be erased earlier' as message
    from requests, wanted, (select coalesce((select try_cast(value as integer) from kept where name = 'retention_years'), 10) as years) before
    where wanted.name = 'retention_years' and wanted.value::integer < before.years and retention_years is not null
    group by wanted.value, before.years
    union all
    select max(requests."row"), 'time_zone', 'days_move', 'time_zone ' || wanted.value || ' instead of ' || before.zone || ': ' || moved.count
        || case moved.count when 1 then ' transaction counts' else ' transactions count' end
        || ' for another day, also in periods that are signed off' as message
    from requests, wanted, (select """
    + ZONE
    + """ as zone) before, (
        select count(*) as count from transactions, (select max(value) as zone from wanted where name = 'time_zone') new
        where new.zone is not null and timezone('UTC', occurred_at)::time <> time '12:00'
            and """
    + day_sql("occurred_at", "new.zone")
    + """ <> """
    + payment_day_sql()
    + """
    ) moved
    where wanted.name = 'time_zone' and wanted.value <> before.zone and requests.time_zone is not null and moved.count > 0
    group by wanted.value, before.zone, moved.count
"""
)

ADDED = """
    select {next_id} + row_number() over (order by "row", name) as id, name, value from wanted anti join kept using (name)
"""

RULES: tuple[Rule, ...] = (
    Rule("set-business", "Set business settings", set_business, SetBusiness, risk="medium", group="book"),
)
