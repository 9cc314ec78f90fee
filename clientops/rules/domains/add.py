"""Domain names: add, edit and renew them by hand; nothing is asked of a registrar."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.names import DomainName, HostName
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.rules.services.add import NotNegative
from clientops.rules.services.billing_cycles import later_due_sql, leap_aim_day_sql
from clientops.rules.services.dates import EARLIEST, MOST_YEARS_AHEAD
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables

Years = Annotated[int, Field(ge=1, le=10)]
DomainStatus = Literal[
    "Pending", "Pending Registration", "Pending Transfer", "Active", "Grace", "Redemption", "Expired", "Cancelled", "Fraud",
    "Transferred Away",
]  # fmt: skip
OURS = "('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption')"
GONE = "('Expired', 'Cancelled', 'Fraud', 'Transferred Away')"
NAMESERVERS = tuple(f"nameserver{place}" for place in range(1, 6))


class AddDomain(Request):
    """Enter a domain name that a client has with us."""

    client_id: Id = Field(title="Client", description="Who has it", json_schema_extra={"picks": "clients"})
    name: DomainName = Field(title="Domain name", description="E.g. example.com or müller.de; kept as DNS writes it")
    kind: Literal["Register", "Transfer"] = Field(
        "Register", title="Kind", description="Registered here or transferred in"
    )
    registrar: Line | None = Field(None, title="Registrar")
    registered_on: date | None = Field(None, title="Registered on", description="Empty: today")
    registration_period: Years = Field(1, title="Years", description="Of one registration, 1 to 10")
    expires_on: date | None = Field(
        None, title="Expires on", description="Empty: so many years after the registration; give it for one that was renewed"
    )  # fmt: skip
    recurring_amount: NotNegative = Field(
        title="Renewal price", description="For so many years, in the client's currency"
    )
    first_amount: NotNegative | None = Field(None, title="First payment", description="Empty: the renewal price")
    next_due_on: date | None = Field(
        None, title="Next due", description="Empty: today for a new one, else the day it expires"
    )
    status: DomainStatus = Field("Active", title="Status", description="Active and Grace ones are invoiced")
    auto_renew: bool = Field(default=True, title="Renews", description="Whether the renewal is invoiced")
    has_privacy: bool = Field(default=False, title="Privacy", description="Whether the registrant is hidden")
    has_dns_management: bool = Field(default=False, title="DNS with us", description="Whether we keep its DNS records")
    has_email_forwarding: bool = Field(default=False, title="Mail forwarding", description="Whether mail is forwarded")
    is_premium: bool = Field(default=False, title="Premium", description="Whether the registry prices it specially")
    nameserver1: HostName | None = Field(None, title="Name server 1", description="E.g. ns1.example.net")
    nameserver2: HostName | None = Field(None, title="Name server 2")
    nameserver3: HostName | None = Field(None, title="Name server 3")
    nameserver4: HostName | None = Field(None, title="Name server 4")
    nameserver5: HostName | None = Field(None, title="Name server 5")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the client's")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )


def add_domain(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Enter domain names; the expiry follows from registration and years.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``domains``.
        requests: One row per domain; amounts are money in the client's currency. See ``AddDomain``.
        today: Day of registration where none is given.
        now: Not used.

    Returns:
        Inserts into ``domains``, in row order. Registered on 29 February, it expires on the last day of February. What
        is registered today or later is due on that day, so that its first invoice bills the first payment; any other is
        due when it expires. Names are kept as IDNA A-labels in lower case.

    Problems:
        ``unknown_client``, ``name_taken``, ``not_minor_unit``, ``implausible_date``, ``not_registered_yet``,
        ``expires_before_start``, ``has_expired``, ``due_before_start``, ``nameserver_twice``, ``nameserver_gap``.

    Warnings:
        ``closed_client``, ``one_nameserver``.

    Source:
        WHMCS "Domains tab". Registries count years from the day of registration.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED, today=today)
    steps.add("dated", DATED, today=today)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS)
    steps.add("added", ADDED.format(next_id=tables.next_id("domains")))
    return steps.plan(steps.insert("domains", "added"), problems="problems", warnings="warnings")


ASKED = """
    with owners as (select * from clients where id in (select client_id from requests))
    select requests.*, coalesce(requests.registered_on, $today::date) as begun_on, owners.id is not null as is_known,
        owners.status as client_status, currencies.code, currencies.minor_digits
    from requests
    left join owners on owners.id = requests.client_id
    left join currencies on currencies.id = owners.currency_id
"""

_EXPIRY = later_due_sql("begun_on", "registration_period * 12", "day(begun_on)")

DATED = f"""
    with expiring as (select *, coalesce(expires_on, {_EXPIRY}) as ends_on from asked)
    select *, case when status in {GONE} then next_due_on
        else coalesce(next_due_on, case when begun_on >= $today::date then begun_on else ends_on end) end as due_on
    from expiring
"""


def name_taken_sql(source: str, but: str = "select null::bigint where false") -> str:
    """SELECT of the problem ``name_taken``: a domain we have, or that an earlier row has.

    Domains whose ``id`` the SELECT ``but`` lists do not count: they are among the rows as they become.
    """
    return f"""
        with ours as (
            select id, lower(name) as name, client_id, status from domains
            where status in {OURS} and lower(name) in (select name from {source}) and id not in ({but})
        ),
        numbered as (
            select *, min("row") over (partition by name) as first_row from {source} where status in {OURS}
        )
        select "row", 'name' as field, 'name_taken' as code, 'name ' || numbered.name || case when ours.id is null
            then ' is that of row ' || first_row || ' already'
            else ' is that of domain ' || ours.id || ' of client ' || ours.client_id || ' already, which is ' || ours.status end
            || ': a name is registered once' as message
        from numbered left join ours on ours.name = numbered.name
        where ours.id is not null or first_row < "row"
    """


def nameservers_sql(source: str) -> str:
    """SELECT of ``row, place, host`` of the name servers of a step's rows."""
    listed = ", ".join(f"{{'place': {place}, 'host': {name}}}" for place, name in enumerate(NAMESERVERS, 1))
    return f"""
        select "row", place, host from (select "row", unnest([{listed}], recursive := true) from {source})
    """


def nameserver_problems_sql(source: str) -> str:
    """SELECT of the problems ``nameserver_twice`` and ``nameserver_gap`` of a step's rows."""
    return f"""
        with hosts as ({nameservers_sql(source)})
        select "row", 'nameserver' || max(place) as field, 'nameserver_twice' as code,
            'nameserver' || max(place) || ' ' || host || ' is nameserver' || min(place) || ' already' as message
        from hosts where host is not null group by "row", host having count(*) > 1
        union all
        select "row", 'nameserver' || min(place) filter (where host is null), 'nameserver_gap',
            'nameserver' || min(place) filter (where host is null) || ' is empty, though a later one is given; leave no gap'
        from hosts group by "row"
        having max(place) filter (where host is not null) > min(place) filter (where host is null)
    """


def domain_date_problems_sql(source: str, names: tuple[str, ...]) -> str:
    """SELECT of the problem ``implausible_date`` of a step's rows."""
    return " union all ".join(
        f"""
        select "row", '{name}' as field, 'implausible_date' as code, '{name} ' || {name} || ' cannot be; it must be from '
            || {EARLIEST} || ' to ' || ($today::date + to_years({MOST_YEARS_AHEAD}))::date as message
        from {source} where {name} < {EARLIEST} or {name} > $today::date + to_years({MOST_YEARS_AHEAD})
        """
        for name in names
    )


def not_registered_yet_sql(source: str, where: str = "true") -> str:
    """SELECT of the problem ``not_registered_yet``: what was registered cannot have been so after tomorrow (SQL ``where``)."""
    return f"""
        select "row", 'registered_on' as field, 'not_registered_yet' as code, 'registered_on ' || registered_on
            || ' is yet to come, and the status ' || status || ' is that of a registered domain: give a day up to '
            || ($today::date + 1) || ', or the status Pending Registration' as message
        from {source} where registered_on > $today::date + 1
            and status in ('Active', 'Grace', 'Redemption', 'Expired', 'Transferred Away') and {where}
    """


def fine_amounts_sql(source: str) -> str:
    """SELECT of the problem ``not_minor_unit`` of a step's rows."""
    return " union all ".join(
        f"""
        select "row", '{name}' as field, 'not_minor_unit' as code, '{name} ' || {name} || ' is finer than ' || code
            || ' has: at most ' || minor_digits || ' decimals' as message
        from {source} where not {is_minor_unit_sql(name)}
        """
        for name in ("first_amount", "recurring_amount")
    )


PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    from ({name_taken_sql("asked")})
    union all {fine_amounts_sql("asked")}
    union all {domain_date_problems_sql("asked", ("registered_on", "expires_on", "next_due_on"))}
    union all {not_registered_yet_sql("asked")}
    union all from ({nameserver_problems_sql("asked")})
    union all
    select "row", 'expires_on', 'expires_before_start', 'expires_on ' || expires_on || ' is not after the registration, on ' || begun_on
    from dated where expires_on <= begun_on
    union all
    select "row", 'expires_on', 'has_expired', 'the domain would have expired on ' || ends_on || ', ' || registration_period
        || case registration_period when 1 then ' year' else ' years' end || ' after its registration: give the day it expires on now, or the status Grace, Redemption or Expired'
    from dated where expires_on is null and ends_on < $today::date
        and status in ('Pending', 'Pending Registration', 'Pending Transfer', 'Active')
    union all
    select "row", 'next_due_on', 'due_before_start', 'next_due_on ' || next_due_on || ' is before the registration, on ' || begun_on
    from dated where next_due_on < begun_on
"""

WARNINGS = f"""
    select "row", 'client_id' as field, 'closed_client' as code,
        'client ' || client_id || ' is Closed; the domain is invoiced all the same' as message
    from asked where client_status = 'Closed' and status in ('Active', 'Grace')
    union all
    select "row", 'nameserver1', 'one_nameserver', 'the domain has one name server; registries want two at least'
    from ({nameservers_sql("asked")}) where host is not null group by "row" having count(*) = 1
"""

ADDED = f"""
    select {{next_id}} + row_number() over (order by "row") as id, client_id, name, kind, registrar,
        registration_period::tinyint as registration_period, begun_on as registered_on, ends_on as expires_on,
        due_on as next_due_on, coalesce(first_amount, recurring_amount) as first_amount, recurring_amount, status,
        auto_renew and status not in {GONE} as auto_renew, has_privacy, has_dns_management, has_email_forwarding,
        is_premium, {", ".join(NAMESERVERS)}, payment_method, notes
    from dated
"""


class RenewDomain(Request):
    """Extend a domain name that was renewed at its registrar."""

    domain_id: Id = Field(title="Domain", json_schema_extra={"picks": "domains"})
    years: Years | None = Field(None, title="Years", description="Empty: its own registration period")


def renew_domain(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Extend domain names by years: the expiry moves, and what had lapsed is Active again.

    Args:
        tables: Read-only tables; reads ``domains``.
        requests: One row per renewal: ``domain_id``, ``years``. See ``RenewDomain``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``domains.expires_on`` and ``status``. Years count from the expiry; a domain registered on 29 February
        expires on the 29th again where there is one. Due dates are those of invoices, and stay.

    Problems:
        ``unknown_domain``, ``no_expiry``, ``not_renewable`` (Cancelled, Fraud, Transferred Away), ``too_far_ahead`` (more
        than ten years from today on, which no registry allows).

    Source:
        WHMCS "Domains tab", Renew.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", RENEWALS)
    steps.add("problems", RENEWAL_PROBLEMS, today=today)
    steps.add("renewed", RENEWED)
    return steps.plan(steps.update("domains", "renewed"), problems="problems")


_LATER = later_due_sql("expires_on", "12 * sum_of_years", leap_aim_day_sql("expires_on", "registered_on"))

RENEWALS = f"""
    with known as (select * from domains where id in (select domain_id from requests)),
    summed as (
        select requests."row", requests.domain_id, known.id is not null as is_known, known.status, known.expires_on,
            known.registered_on, sum(coalesce(requests.years, known.registration_period)) over (
                partition by requests.domain_id order by requests."row") as sum_of_years
        from requests left join known on known.id = requests.domain_id
    )
    select *, {_LATER} as later_on from summed
"""

RENEWAL_PROBLEMS = """
    select "row", 'domain_id' as field, 'unknown_domain' as code, 'there is no domain ' || domain_id as message
    from asked where not is_known
    union all
    select "row", 'domain_id', 'no_expiry', 'domain ' || domain_id || ' has no expiry to count from; edit it first'
    from asked where is_known and expires_on is null
    union all
    select "row", 'domain_id', 'not_renewable', 'domain ' || domain_id || ' is ' || status || ': it cannot be renewed'
    from asked where status in ('Cancelled', 'Fraud', 'Transferred Away')
    union all
    select "row", 'years', 'too_far_ahead', 'domain ' || domain_id || ' would expire on ' || later_on
        || ': at most ten years ahead, until ' || ($today::date + to_years(10))::date
    from asked where later_on > $today::date + to_years(10)
"""

RENEWED = """
    select domain_id as id, max(later_on) as expires_on,
        case when any_value(status) in ('Grace', 'Redemption', 'Expired') then 'Active' else any_value(status) end as status
    from asked where later_on is not null group by domain_id
"""

RULES: tuple[Rule, ...] = (
    Rule("add-domain", "Add domain name", add_domain, AddDomain, group="domains", manual="domain name"),
    Rule("renew-domain", "Renew domain name", renew_domain, RenewDomain, group="domains", manual="domain name"),
)
