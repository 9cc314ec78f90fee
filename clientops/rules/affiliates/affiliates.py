"""Affiliates: clients who bring clients, and the services that they referred."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql, unknown_or_removed_sql
from clientops.schema.requests import CrossCheck, FieldError, Id, Request
from clientops.schema.tables import Tables

PayKind = Literal["percent", "fixed"]
PayAmount = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]
KIND = "affiliate referral"


def check_percent(pay_kind: str | None, pay_amount: Decimal | None) -> dict[str, Any]:
    """Refuse more than everything."""
    if pay_kind == "percent" and pay_amount is not None and pay_amount > 100:
        raise FieldError("pay_amount", f"pay_amount {pay_amount:f} is more than 100 percent", "above_hundred")
    return {}


class MakeAffiliate(Request):
    """Make a client an affiliate: they earn a commission on the services that they refer."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("pay_kind", "pay_amount"), check_percent),)

    client_id: Id = Field(title="Client", description="Who brings clients", json_schema_extra={"picks": "clients"})
    pay_kind: PayKind = Field("percent", title="Commission", description="In percent of what is paid, without tax, or fixed")  # fmt: skip
    pay_amount: PayAmount = Field(title="How much", description="Percent, e.g. 10; or an amount in the affiliate's currency")  # fmt: skip
    is_one_time: bool = Field(default=False, title="Only the first payment", description="Else each payment of the service earns")  # fmt: skip
    since_on: date | None = Field(None, title="Since", description="Empty: today")


def make_affiliate(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Make clients affiliates.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``affiliates``.
        requests: One row per client: ``pay_amount`` in percent, or money in the client's currency. See ``MakeAffiliate``.
        today: Since when, unless the request says another day.
        now: Not used.

    Returns:
        Inserts into ``affiliates``, in row order, with nothing earned.

    Problems:
        ``unknown_client``, ``is_affiliate`` (also by an earlier row), ``not_minor_unit`` (a fixed commission),
        ``in_future`` (``since_on``); and from reading ``above_hundred``.

    Source:
        WHMCS "Affiliates": percentage or fixed amount, one time or recurring.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("new_affiliates", NEW_AFFILIATES.format(next_id=tables.next_id("affiliates")), today=today)
    return steps.plan(steps.insert("affiliates", "new_affiliates"), problems="problems")


ASKED = """
    select requests.*, clients.id is not null as is_known, currencies.code, currencies.minor_digits, known.id as affiliate_id,
        row_number() over (partition by requests.client_id order by "row") > 1 as is_again
    from requests
    left join clients on clients.id = requests.client_id
    left join currencies on currencies.id = clients.currency_id
    left join (select client_id, min(id) as id from affiliates group by client_id) known on known.client_id = requests.client_id
"""

PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where client_id is not null and not is_known
    union all
    select "row", 'client_id', 'is_affiliate', 'client ' || client_id || ' is an affiliate already'
        || coalesce(': affiliate ' || affiliate_id, ', by an earlier row')
    from asked where is_known and (affiliate_id is not null or is_again)
    union all
    select "row", 'pay_amount', 'not_minor_unit',
        'pay_amount ' || pay_amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and pay_kind = 'fixed' and not {is_minor_unit_sql("pay_amount")}
    union all
    select "row", 'since_on', 'in_future', 'since_on ' || since_on || ' is after today, ' || $today::date
    from asked where since_on > $today::date
"""

NEW_AFFILIATES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, coalesce(since_on, $today::date) as since_on,
        pay_kind, pay_amount, is_one_time
    from requests
"""


class EditAffiliate(Request):
    """Change what an affiliate earns from now on."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("pay_kind", "pay_amount"), check_percent),)

    affiliate_id: Id = Field(title="Affiliate", description="Who is changed", json_schema_extra={"picks": "affiliates"})
    pay_kind: PayKind | None = Field(None, title="Commission", description="In percent, or fixed")
    pay_amount: PayAmount | None = Field(None, title="How much", description="Percent, or an amount")
    is_one_time: bool | None = Field(None, title="Only the first payment", description="Else each payment earns")


EDITABLE = ("pay_kind", "pay_amount", "is_one_time")


def edit_affiliate(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change affiliates where something is given; commissions that were recorded stay.

    Args:
        tables: Read-only tables; reads ``affiliates``, ``clients``, ``currencies``.
        requests: One row per change; later rows of one affiliate win. See ``EditAffiliate``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``affiliates``.

    Problems:
        ``unknown_affiliate``, ``nothing_given``, ``above_hundred``, ``not_minor_unit``.
    """
    steps = tables.steps(requests=requests)
    steps.add("cleared_requests", 'select *, []::varchar[] as "clear" from requests')
    steps.add("edited", edited_sql("affiliates", "affiliate_id", EDITABLE, "cleared_requests"))
    general = edit_problems_sql("affiliates", "affiliate_id", EDITABLE, EDITABLE)
    steps.add("problems", f"with requests as (from cleared_requests) {EDIT_PROBLEMS.format(general=general)}")
    return steps.plan(steps.update("affiliates", "edited"), problems="problems")


EDIT_PROBLEMS = f"""
    {{general}}
    union all
    select (select max("row") from requests where affiliate_id = edited.id), 'pay_amount', 'above_hundred',
        'pay_amount ' || edited.pay_amount || ' is more than 100 percent'
    from edited join affiliates using (id)
    where edited.pay_kind = 'percent' and edited.pay_amount > 100
        and (edited.pay_kind, edited.pay_amount) <> (affiliates.pay_kind, affiliates.pay_amount)
    union all
    select (select max("row") from requests where affiliate_id = edited.id), 'pay_amount', 'not_minor_unit',
        'pay_amount ' || edited.pay_amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from edited join affiliates using (id) join clients on clients.id = affiliates.client_id
    join currencies on currencies.id = clients.currency_id
    where edited.pay_kind = 'fixed' and not {is_minor_unit_sql("edited.pay_amount")}
"""


class RecordReferral(Request):
    """Record that an affiliate referred a service."""

    affiliate_id: Id = Field(
        title="Affiliate", description="Who referred it", json_schema_extra={"picks": "affiliates"}
    )
    service_id: Id = Field(title="Service", description="What was referred", json_schema_extra={"picks": "services"})
    referred_on: date | None = Field(None, title="Day", description="Payments from then on earn; empty: the service's first day")  # fmt: skip


def record_referral(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record referrals of services.

    Args:
        tables: Read-only tables; reads ``affiliates``, ``services``, ``referrals``.
        requests: One row per referral. See ``RecordReferral``.
        today: Day of the referral where neither request nor service say one.
        now: Not used.

    Returns:
        Inserts into ``referrals``, in row order.

    Problems:
        ``unknown_affiliate``, ``unknown_service``, ``own_service`` (nobody refers themselves), ``already_referred``
        (also by an earlier row), ``in_future``.

    Source:
        WHMCS "Affiliates": assign a service to an affiliate by hand.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", REFERRED)
    steps.add("problems", REFERRAL_PROBLEMS, today=today)
    steps.add("new_referrals", NEW_REFERRALS.format(next_id=tables.next_id("referrals")), today=today)
    return steps.plan(steps.insert("referrals", "new_referrals"), problems="problems")


REFERRED = """
    select requests.*, affiliates.id is not null as is_affiliate, affiliates.client_id as affiliate_client,
        services.id is not null as is_service, services.client_id, services.registered_on, known.affiliate_id as referred_by,
        row_number() over (partition by requests.service_id order by "row") > 1 as is_again
    from requests
    left join affiliates on affiliates.id = requests.affiliate_id
    left join services on services.id = requests.service_id
    left join (select service_id, min(affiliate_id) as affiliate_id from referrals group by service_id) known
        on known.service_id = requests.service_id
"""

REFERRAL_PROBLEMS = """
    select "row", 'affiliate_id' as field, 'unknown_affiliate' as code, 'there is no affiliate ' || affiliate_id as message
    from asked where affiliate_id is not null and not is_affiliate
    union all
    select "row", 'service_id', 'unknown_service', 'there is no service ' || service_id
    from asked where service_id is not null and not is_service
    union all
    select "row", 'service_id', 'own_service', 'service ' || service_id || ' is the affiliate''s own, of client ' || client_id
        || ': it must be somebody else''s'
    from asked where client_id = affiliate_client
    union all
    select "row", 'service_id', 'already_referred', 'service ' || service_id || ' was referred already'
        || coalesce(' by affiliate ' || referred_by, ', by an earlier row')
    from asked where is_service and (referred_by is not null or is_again)
    union all
    select "row", 'referred_on', 'in_future', 'referred_on ' || referred_on || ' is after today, ' || $today::date
    from asked where referred_on > $today::date
"""

NEW_REFERRALS = """
    select {next_id} + row_number() over (order by "row") as id, affiliate_id, service_id,
        coalesce(referred_on, least(registered_on, $today::date), $today::date) as referred_on
    from asked
"""


class RemoveReferral(Request):
    """Take back a referral that has earned nothing."""

    referral_id: Id = Field(title="Referral", description="Which one goes", json_schema_extra={"picks": "referrals"})


def remove_referral(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove referrals that have earned nothing.

    Args:
        tables: Read-only tables; reads ``referrals`` and ``commissions``.
        requests: One row per referral. See ``RemoveReferral``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``referrals``.

    Problems:
        ``unknown_referral`` (also by an earlier row), ``has_commissions``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", REMOVE_PROBLEMS)
    steps.add("gone", "select distinct referral_id as id from requests")
    return steps.plan(steps.delete("referrals", "gone"), problems="problems")


REMOVE_PROBLEMS = f"""
    {unknown_or_removed_sql("referrals", "referral_id")}
    union all
    select distinct "row", 'referral_id', 'has_commissions', 'referral ' || referral_id || ' has earned commission: it stays'
    from requests join commissions using (referral_id)
"""

RULES: tuple[Rule, ...] = (
    Rule("make-affiliate", "Make client an affiliate", make_affiliate, MakeAffiliate, group="affiliates", manual=KIND),
    Rule("edit-affiliate", "Edit affiliate", edit_affiliate, EditAffiliate, group="affiliates", manual=KIND),
    Rule("record-referral", "Record referral", record_referral, RecordReferral, group="affiliates", manual=KIND),
    Rule("remove-referral", "Remove referral", remove_referral, RemoveReferral, risk="medium", group="affiliates", manual=KIND),
)  # fmt: skip
