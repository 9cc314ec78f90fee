"""Support tickets: opened on behalf of a client, answered, changed, closed."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Email, Line
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables

Priority = Literal["Low", "Medium", "High"]
Status = Literal["Open", "Answered", "Customer-Reply", "On Hold", "In Progress", "Closed"]


def check_who(client: int | None, contact: int | None, name: str | None, email: str | None) -> dict[str, Any]:
    """Refuse a ticket of nobody, and a stranger's name beside a client's number."""
    if client is None and contact is None and email is None:
        raise FieldError("client_id", "client_id is missing: say who asks, a client, a contact, or a name and e-mail of somebody else", "nobody")  # fmt: skip
    if (client is not None or contact is not None) and (name or email):
        field = "email" if email else "name"
        raise FieldError(field, f"{field} is for somebody who is not a client; a contact is given by contact_id", "two_persons")  # fmt: skip
    return {}


class OpenTicket(Request):
    """Open a support ticket on behalf of a client, one of their contacts, or somebody who is not a client."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (
        CrossCheck(("client_id", "contact_id", "name", "email"), check_who),
    )

    client_id: Id | None = Field(None, title="Client", description="Who asks; empty with a contact: whose contact it is", json_schema_extra={"picks": "clients"})  # fmt: skip
    contact_id: Id | None = Field(None, title="Contact", description="If a contact of the client asks", json_schema_extra={"picks": "contacts"})  # fmt: skip
    department_id: Id | None = Field(
        None, title="Department", description="Empty: the first one", json_schema_extra={"picks": "departments"}
    )
    subject: Line = Field(title="Subject", description="What it is about, on one line")
    message: Text = Field(
        title="Message",
        description="What is asked, in Markdown",
        json_schema_extra={"multiline": True, "markdown": True},
    )
    priority: Priority = Field("Medium", title="Priority", description="Low, Medium or High")
    status: Status = Field("Open", title="Status", description="With a first reply and Open, it becomes Answered")
    first_reply: Text | None = Field(
        None, title="First reply", description="Our answer, if there is one already, in Markdown", json_schema_extra={"multiline": True, "markdown": True}
    )  # fmt: skip
    service_id: Id | None = Field(None, title="Service", description="If it is about one", json_schema_extra={"picks": "services"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="If it is about one", json_schema_extra={"picks": "domains"})  # fmt: skip
    name: Line | None = Field(None, title="Name", description="Of somebody who is not a client")
    email: Email | None = Field(None, title="E-mail", description="Of somebody who is not a client")
    operator: Line | None = Field(None, title="Opened by", description="Who enters it for the client")


def open_ticket(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Open tickets, each with a first reply if one is given.

    Args:
        tables: Read-only tables; reads ``clients``, ``contacts``, ``departments``, ``services``, ``domains``.
        requests: One row per ticket. See ``OpenTicket``.
        today: Not used.
        now: When they are opened and answered.

    Returns:
        Inserts into ``tickets``, numbered by their number in the book, and ``ticket_replies``.

    Problems:
        ``unknown_client``, ``unknown_contact``, ``unknown_department``, ``no_department`` (there is none),
        ``other_client`` (contact, service or domain of another client), ``unknown_service``, ``unknown_domain``; and
        from reading ``nobody``, ``two_persons``.

    Warnings:
        ``closed_client``.

    Source:
        WHMCS "Opening a Support Ticket": Open New Ticket from the admin area.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", CLOSED_CLIENTS)
    steps.add("opened", OPENED.format(next_id=tables.next_id("tickets")), now=now)
    steps.add("new_tickets", 'select * exclude ("row", first_reply) from opened')
    steps.add("replies", FIRST_REPLIES.format(next_id=tables.next_id("ticket_replies")), now=now)
    return steps.plan(
        steps.insert("tickets", "new_tickets"),
        steps.insert("ticket_replies", "replies"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    select requests.*, clients.id is not null as is_client_known, clients.status as client_status,
        contacts.id is not null as is_contact_known, contacts.client_id as contact_client,
        coalesce(requests.client_id, contacts.client_id) as owner_id,
        services.id is not null as is_service_known, services.client_id as service_client,
        domains.id is not null as is_domain_known, domains.client_id as domain_client,
        coalesce(requests.department_id, first_department.id) as in_department
    from requests
    left join contacts on contacts.id = requests.contact_id
    left join clients on clients.id = coalesce(requests.client_id, contacts.client_id)
    left join services on services.id = requests.service_id
    left join domains on domains.id = requests.domain_id
    left join (select min(id) as id from departments) first_department on true
"""

PROBLEMS = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where client_id is not null and not is_client_known
    union all
    select "row", 'contact_id', 'unknown_contact', 'there is no contact ' || contact_id
    from asked where contact_id is not null and not is_contact_known
    union all
    select "row", 'contact_id', 'other_client', 'contact ' || contact_id || ' is of client ' || contact_client
        || ', not of client ' || client_id
    from asked where is_contact_known and is_client_known and contact_client <> owner_id
    union all
    select "row", 'department_id', 'unknown_department', 'there is no department ' || department_id || '; there are '
        || coalesce((select string_agg(id || ' ' || name, ', ' order by id) from departments), 'none')
    from asked where department_id is not null and department_id not in (select id from departments)
    union all
    select "row", 'department_id', 'no_department', 'there is no department yet: add one first (add-department)'
    from asked where in_department is null
    union all
    select "row", 'service_id', 'unknown_service', 'there is no service ' || service_id
    from asked where service_id is not null and not is_service_known
    union all
    select "row", 'service_id', 'other_client', 'service ' || service_id || ' is of client ' || service_client
        || coalesce(', not of client ' || owner_id, ', and nobody''s who is no client')
    from asked where is_service_known and (owner_id is null or is_client_known) and service_client is distinct from owner_id
    union all
    select "row", 'domain_id', 'unknown_domain', 'there is no domain ' || domain_id
    from asked where domain_id is not null and not is_domain_known
    union all
    select "row", 'domain_id', 'other_client', 'domain ' || domain_id || ' is of client ' || domain_client
        || coalesce(', not of client ' || owner_id, ', and nobody''s who is no client')
    from asked where is_domain_known and (owner_id is null or is_client_known) and domain_client is distinct from owner_id
"""

CLOSED_CLIENTS = """
    select "row", 'client_id' as field, 'closed_client' as code, 'client ' || owner_id || ' is Closed' as message
    from asked where client_status = 'Closed'
"""

OPENED = """
    with numbered as (select *, {next_id} + row_number() over (order by "row") as id from asked)
    select "row", id, 'T' || lpad(id::varchar, greatest(6, length(id::varchar))::integer, '0') as number, owner_id as client_id,
        contact_id, in_department as department_id, service_id, domain_id, name, email, $now::timestamptz as opened_at,
        subject, message, case when first_reply is not null and status = 'Open' then 'Answered' else status end as status,
        priority, operator, $now::timestamptz as last_reply_at, first_reply
    from numbered
"""

FIRST_REPLIES = """
    select {next_id} + row_number() over (order by "row") as id, id as ticket_id, $now::timestamptz as replied_at,
        first_reply as message, operator
    from opened where first_reply is not null
"""


class EditTicket(Request):
    """Change a ticket's subject, department, priority, status or what it is about: only what is given."""

    ticket_id: Id = Field(title="Ticket", description="Which one is changed", json_schema_extra={"picks": "tickets"})
    subject: Line | None = Field(None, title="Subject", description="On one line")
    department_id: Id | None = Field(None, title="Department", description="Who looks after it", json_schema_extra={"picks": "departments"})  # fmt: skip
    priority: Priority | None = Field(None, title="Priority", description="Low, Medium or High")
    status: Status | None = Field(None, title="Status", description="Where it stands")
    service_id: Id | None = Field(None, title="Service", description="What it is about", json_schema_extra={"picks": "services"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="What it is about", json_schema_extra={"picks": "domains"})  # fmt: skip
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="service_id, domain_id")


EDITABLE = ("subject", "department_id", "priority", "status", "service_id", "domain_id")


def edit_ticket(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change tickets where something is given.

    Args:
        tables: Read-only tables; reads ``tickets``, ``departments``, ``services``, ``domains``.
        requests: One row per change: ``ticket_id``, any fields, ``clear``. Later rows of one ticket win. See
            ``EditTicket``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``tickets``.

    Problems:
        ``unknown_ticket``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``unknown_department``,
        ``other_client`` (service or domain).
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("tickets", "ticket_id", EDITABLE))
    steps.add("general", edit_problems_sql("tickets", "ticket_id", EDITABLE, ("service_id", "domain_id")))
    steps.add("problems", EDIT_PROBLEMS)
    return steps.plan(steps.update("tickets", "edited"), problems="problems")


EDIT_PROBLEMS = """
    from general
    union all
    select "row", 'department_id', 'unknown_department', 'there is no department ' || department_id
    from requests where department_id is not null and department_id not in (select id from departments)
    union all
    select "row", 'service_id', 'other_client', 'service ' || requests.service_id || ' is not one of the client of ticket ' || ticket_id
    from requests join tickets on tickets.id = ticket_id left join services on services.id = requests.service_id
    where requests.service_id is not null and (tickets.client_id is null or services.client_id is distinct from tickets.client_id)
    union all
    select "row", 'domain_id', 'other_client', 'domain ' || requests.domain_id || ' is not one of the client of ticket ' || ticket_id
    from requests join tickets on tickets.id = ticket_id left join domains on domains.id = requests.domain_id
    where requests.domain_id is not null and (tickets.client_id is null or domains.client_id is distinct from tickets.client_id)
"""

RULES: tuple[Rule, ...] = (
    Rule("open-ticket", "Open ticket", open_ticket, OpenTicket, group="tickets", manual="support ticket"),
    Rule("edit-ticket", "Edit ticket", edit_ticket, EditTicket, group="tickets", manual="support ticket"),
)
