"""Domain names: change what is known of them, and their status."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.add import (
    GONE,
    NAMESERVERS,
    DomainStatus,
    Years,
    domain_date_problems_sql,
    fine_amounts_sql,
    name_taken_sql,
    nameserver_problems_sql,
    not_registered_yet_sql,
)
from clientops.rules.domains.names import DomainName, HostName
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Line, WayOfPaying
from clientops.rules.services.add import NotNegative
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


class EditDomain(Request):
    """Change a domain name: only what is given."""

    domain_id: Id = Field(title="Domain", json_schema_extra={"picks": "domains"})
    name: DomainName | None = Field(None, title="Domain name", description="To mend a name that was mistyped")
    kind: Literal["Register", "Transfer"] | None = Field(None, title="Kind")
    registrar: Line | None = Field(None, title="Registrar")
    registered_on: date | None = Field(None, title="Registered on", description="The expiry stays; give it too")
    registration_period: Years | None = Field(None, title="Years", description="Of one registration; the expiry stays")
    expires_on: date | None = Field(None, title="Expires on")
    recurring_amount: NotNegative | None = Field(None, title="Renewal price", description="For so many years")
    first_amount: NotNegative | None = Field(None, title="First payment")
    next_due_on: date | None = Field(None, title="Next due", description="Day the renewal is invoiced for")
    status: DomainStatus | None = Field(
        None, title="Status", description="Active and Grace ones are invoiced; what is gone is not renewed"
    )
    auto_renew: bool | None = Field(None, title="Renews", description="Whether the renewal is invoiced")
    has_privacy: bool | None = Field(None, title="Privacy", description="Whether the registrant is hidden")
    has_dns_management: bool | None = Field(None, title="DNS with us", description="Whether we keep its DNS records")
    has_email_forwarding: bool | None = Field(None, title="Mail forwarding")
    is_premium: bool | None = Field(None, title="Premium", description="Whether the registry prices it specially")
    nameserver1: HostName | None = Field(None, title="Name server 1", description="E.g. ns1.example.net")
    nameserver2: HostName | None = Field(None, title="Name server 2")
    nameserver3: HostName | None = Field(None, title="Name server 3")
    nameserver4: HostName | None = Field(None, title="Name server 4")
    nameserver5: HostName | None = Field(None, title="Name server 5")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the client's")
    subscription_id: Line | None = Field(None, title="Subscription", description="The gateway's number for it")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="Names of fields to empty, e.g. nameserver3 notes"
    )


COLUMNS = tuple(name for name in EditDomain.model_fields if name not in {"domain_id", "clear"})
CLEARABLE = ("registrar", "next_due_on", *NAMESERVERS, "payment_method", "subscription_id", "notes")


def edit_domain(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change domain names where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``domains``, ``clients``, ``currencies``.
        requests: One row per change: ``domain_id``, any fields, and ``clear``, the names of fields to empty. Later rows
            of one domain win. See ``EditDomain``.
        today: Not used, but for dates that cannot be.
        now: Not used.

    Returns:
        Updates of ``domains``. A domain that is gone (Expired, Cancelled, Fraud, Transferred Away) is not renewed any
        more unless the request says so. Its DNS records stay.

    Problems:
        ``unknown_domain``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``name_taken``,
        ``not_minor_unit``, ``implausible_date``, ``not_registered_yet``, ``expires_before_start``, ``due_before_start``,
        ``nameserver_twice``, ``nameserver_gap``.

    Source:
        WHMCS "Domains tab".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", WITH_CONSEQUENCES)
    steps.add("general_problems", edit_problems_sql("domains", "domain_id", COLUMNS, CLEARABLE))
    steps.add("given", edited_sql("domains", "domain_id", COLUMNS, "asked"))
    steps.add("edited", "select * replace (registration_period::tinyint as registration_period) from given")
    steps.add("judged", JUDGED)
    steps.add("priced", PRICED)
    steps.add("problems", PROBLEMS, today=today)
    return steps.plan(steps.update("domains", "edited"), problems="problems")


WITH_CONSEQUENCES = f"""
    select * replace (case when status in {GONE} and auto_renew is null then false else auto_renew end as auto_renew) from requests
"""

JUDGED = """
    with last_rows as (select domain_id as id, max("row") as "row" from requests group by domain_id),
    renamed as (
        select distinct domain_id as id from requests where name is not null or status is not null
    )
    select edited.*, last_rows."row", renamed.id is not null as is_renamed
    from edited join last_rows using (id) left join renamed using (id)
"""

PRICED = """
    select requests.*, currencies.code, currencies.minor_digits
    from requests join domains on domains.id = requests.domain_id
    join clients on clients.id = domains.client_id join currencies on currencies.id = clients.currency_id
"""

_TOUCHED = "judged.id in (select domain_id from requests where {names})"

PROBLEMS = f"""
    from general_problems
    union all
    from ({name_taken_sql("(select * replace (lower(name) as name) from judged where is_renamed)", "select id from judged where is_renamed")})
    union all {fine_amounts_sql("priced")}
    union all {domain_date_problems_sql("requests", ("registered_on", "expires_on", "next_due_on"))}
    union all
    {not_registered_yet_sql("judged", _TOUCHED.format(names="requests.registered_on is not null or requests.status is not null"))}
    union all
    from ({nameserver_problems_sql("judged")}) found
        where "row" in (select "row" from requests where coalesce({", ".join(NAMESERVERS)}) is not null or "clear" is not null)
    union all
    select "row", 'expires_on', 'expires_before_start',
        'expires_on ' || expires_on || ' is not after the registration, on ' || registered_on
    from judged where expires_on <= registered_on
        and {_TOUCHED.format(names="requests.expires_on is not null or requests.registered_on is not null")}
    union all
    select "row", 'next_due_on', 'due_before_start',
        'next_due_on ' || next_due_on || ' is before the registration, on ' || registered_on
    from judged where next_due_on < registered_on
        and {_TOUCHED.format(names="requests.next_due_on is not null or requests.registered_on is not null")}
"""

RULES: tuple[Rule, ...] = (
    Rule("edit-domain", "Edit domain name", edit_domain, EditDomain, group="domains", manual="domain name"),
)
