"""Status of clients: what it means, setting it, suggesting it from what they have."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

Status = Literal["Active", "Inactive", "Closed"]

# What counts as something active: it runs, or is only held back until it is paid, so it is still invoiced.
ACTIVE_SERVICE = "status in ('Active', 'Suspended')"
ACTIVE_DOMAIN = "status in ('Active', 'Grace', 'Redemption')"


def can_log_in(status: str) -> bool:
    """Whether the users of a client of that status may log in for it.

    Source:
        WHMCS "Client statuses": Active and Inactive can log in, Closed cannot.
    """
    return status in ("Active", "Inactive")


class SetStatus(Request):
    """Set the status of a client."""

    client_id: Id = Field(title="Client", json_schema_extra={"picks": "clients"})
    status: Status = Field(title="Status", description="Closed cannot log in; what is active is still invoiced")


def set_status(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set the status of clients, from any to any; nothing else changes.

    Args:
        tables: Read-only tables; reads ``clients``, ``services``, ``addons`` and ``domains``.
        requests: One row per client: ``client_id``, ``status``. Later rows of one client win. See ``SetStatus``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``clients.status``.

    Problems:
        ``unknown_client``.

    Warnings:
        ``still_invoiced``: the client is closed, but something of it is active and goes on being invoiced.

    Source:
        WHMCS "Client statuses": the status never stops invoicing.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", UNKNOWN_CLIENT)
    steps.add("new_status", NEW_STATUS)
    steps.add("invoiced", still_invoiced_sql("(select id from new_status where status = 'Closed')"))
    steps.add("warnings", STILL_INVOICED)
    steps.add("statuses", "select id, status from new_status")
    return steps.plan(steps.update("clients", "statuses"), problems="problems", warnings="warnings")


UNKNOWN_CLIENT = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from requests anti join clients on clients.id = requests.client_id where client_id is not null
"""

NEW_STATUS = """
    select client_id as id, arg_max(status, "row") as status, max("row") as "row"
    from requests semi join clients on clients.id = requests.client_id group by client_id
"""

STILL_INVOICED = """
    select "row", 'status' as field, 'still_invoiced' as code, 'client ' || client_id || ' is closed, but '
        || words || ' still invoiced; close-account ends that' as message
    from new_status join invoiced on invoiced.client_id = new_status.id
"""


def still_invoiced_sql(clients: str) -> str:
    """SELECT of ``client_id, words`` for clients with something that is still invoiced: ``2 active services are``.

    Args:
        clients: SQL of a relation with the clients' ``id``.
    """
    return f"""
        with asked as (select id from {clients}),
        found as (
            select client_id, 'active service' as what, 1 as place
            from services where client_id in (select id from asked) and {ACTIVE_SERVICE}
                and next_due_on is not null and recurring_amount > 0
            union all
            select services.client_id, 'active add-on', 2
            from addons join services on services.id = addons.service_id
            where services.client_id in (select id from asked) and addons.{ACTIVE_SERVICE}
                and addons.next_due_on is not null and addons.recurring_amount > 0
            union all
            select client_id, 'domain', 3
            from domains where client_id in (select id from asked) and {ACTIVE_DOMAIN}
                and auto_renew and next_due_on is not null and recurring_amount > 0
        ),
        counted as (select client_id, what, place, count(*) as count from found group by all)
        select client_id, string_agg(count || ' ' || what || case count when 1 then '' else 's' end, ' and ' order by place)
            || case sum(count) when 1 then ' is' else ' are' end as words
        from counted group by client_id
    """


class SuggestStatuses(Request):
    """Set Active and Inactive from what clients have."""

    client_id: Id | None = Field(
        None, title="Client", description="Empty: all clients", json_schema_extra={"picks": "clients"}
    )


def suggest_statuses(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set clients with something active to Active, and those with nothing to Inactive; the preview is the suggestion.

    Args:
        tables: Read-only tables; reads ``clients``, ``services``, ``addons`` and ``domains``.
        requests: One row per client, or one without ``client_id`` for all. See ``SuggestStatuses``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``clients.status`` where it changes. A Closed client stays closed, and one whose ``auto_status`` is
        off stays as it is.

    Problems:
        ``unknown_client``.

    Source:
        WHMCS "Automation settings", client status update. Suspended services count as active, and so do domains in
        their grace and redemption period.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", UNKNOWN_CLIENT)
    steps.add("suggested", SUGGESTED)
    steps.add("statuses", "select id, status from suggested where status <> before")
    to = {str(status): count for status, count in steps["statuses"].aggregate("status, count(*)").fetchall()}
    return steps.plan(
        steps.update("clients", "statuses"),
        problems="problems",
        summary=tuple((f"to {status}", str(to.get(status, 0))) for status in ("Active", "Inactive")),
    )


SUGGESTED = f"""
    with considered as (
        select id, status from clients
        where auto_status and status <> 'Closed'
            and ((select count(*) from requests where client_id is null) > 0
                or id in (select client_id from requests where client_id is not null))
    ),
    active as (
        select client_id from services where {ACTIVE_SERVICE} and client_id in (select id from considered)
        union
        select services.client_id from addons join services on services.id = addons.service_id
        where addons.{ACTIVE_SERVICE} and services.client_id in (select id from considered)
        union
        select client_id from domains where {ACTIVE_DOMAIN} and client_id in (select id from considered)
    )
    select considered.id, considered.status as before,
        case when active.client_id is null then 'Inactive' else 'Active' end as status
    from considered left join active on active.client_id = considered.id
"""

RULES: tuple[Rule, ...] = (
    Rule("set-status", "Set status", set_status, SetStatus, risk="low", group="clients", manual="client"),
    Rule("suggest-statuses", "Suggest statuses", suggest_statuses, SuggestStatuses, risk="medium", group="clients"),
)
