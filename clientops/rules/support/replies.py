"""What is said on tickets, closing them, and the departments that look after them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.field_types import Email, Line
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables


def check_internal(sender: str | None, is_internal: bool | None) -> dict[str, Any]:  # noqa: FBT001  # values of fields
    """Refuse a note between staff that a client is to have written."""
    if sender == "client" and is_internal:
        raise FieldError("is_internal", "is_internal: what the client says is no note between staff", "clients_note")
    return {}


class ReplyTicket(Request):
    """Add a reply to a ticket: ours, or the client's as they gave it."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("sender", "is_internal"), check_internal),)

    ticket_id: Id = Field(title="Ticket", description="Which one is answered", json_schema_extra={"picks": "tickets"})
    message: Text = Field(
        title="Reply", description="In Markdown", json_schema_extra={"multiline": True, "markdown": True}
    )
    sender: Literal["staff", "client"] = Field("staff", title="From", description="Who says it")
    is_internal: bool = Field(default=False, title="Between staff", description="Not shown to the client; the status stays")  # fmt: skip
    close: bool = Field(default=False, title="Close the ticket", description="It is settled with this reply")
    operator: Line | None = Field(None, title="By", description="Who of us enters it")


def reply_ticket(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add replies to tickets.

    Args:
        tables: Read-only tables; reads ``tickets``.
        requests: One row per reply, in the order they were said. See ``ReplyTicket``.
        today: Not used.
        now: When they are said.

    Returns:
        Inserts into ``ticket_replies``; updates of ``tickets``: ``last_reply_at``, and the status becomes Answered (ours),
        Customer-Reply (theirs) or Closed (``close``); a note between staff leaves both as they are.

    Problems:
        ``unknown_ticket``, ``is_merged`` (it was merged into another); and from reading ``clients_note``.

    Warnings:
        ``reopened``: the ticket was Closed.

    Source:
        WHMCS "Replying to tickets".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", REPLY_PROBLEMS)
    steps.add("warnings", REOPENED)
    steps.add("replies", REPLIES.format(next_id=tables.next_id("ticket_replies")), now=now)
    steps.add("answered", ANSWERED, now=now)
    return steps.plan(
        steps.insert("ticket_replies", "replies"),
        steps.update("tickets", "answered"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    select requests.*, tickets.id is not null as is_known, tickets.status, tickets.client_id, tickets.contact_id,
        tickets.user_id, tickets.name, tickets.email, tickets.merged_ticket_id
    from requests left join tickets on tickets.id = requests.ticket_id
"""

_UNKNOWN_TICKET = """
    select "row", 'ticket_id' as field, 'unknown_ticket' as code, 'there is no ticket ' || ticket_id as message
    from asked where ticket_id is not null and not is_known
    union all
    select "row", 'ticket_id', 'is_merged', 'ticket ' || ticket_id || ' was merged into ticket ' || merged_ticket_id
        || ': use that one'
    from asked where merged_ticket_id is not null
"""

REPLY_PROBLEMS = _UNKNOWN_TICKET

REOPENED = """
    select min("row") as "row", 'ticket_id' as field, 'reopened' as code,
        'ticket ' || ticket_id || ' is Closed and will be open again' as message
    from asked where status = 'Closed' and not is_internal and not "close" group by ticket_id
"""

REPLIES = """
    select {next_id} + row_number() over (order by "row") as id, ticket_id,
        case when sender = 'client' then client_id end as client_id,
        case when sender = 'client' then contact_id end as contact_id,
        case when sender = 'client' then user_id end as user_id,
        case when sender = 'client' then name end as name, case when sender = 'client' then email end as email,
        $now::timestamptz as replied_at, message, operator, is_internal
    from asked
"""

ANSWERED = """
    select ticket_id as id, max($now::timestamptz) as last_reply_at,
        arg_max(case when "close" then 'Closed' when sender = 'client' then 'Customer-Reply' else 'Answered' end, "row")
            as status
    from asked where is_known and (not is_internal or "close") group by ticket_id
"""


class CloseTicket(Request):
    """Close a ticket."""

    ticket_id: Id = Field(title="Ticket", description="Which one is settled", json_schema_extra={"picks": "tickets"})


def close_ticket(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Close tickets.

    Args:
        tables: Read-only tables; reads ``tickets``.
        requests: One row per ticket. See ``CloseTicket``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``tickets.status`` to Closed.

    Problems:
        ``unknown_ticket``, ``is_merged``, ``is_closed`` (also by an earlier row).

    Source:
        WHMCS: Close.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", CLOSE_PROBLEMS)
    steps.add("closed", "select distinct ticket_id as id, 'Closed' as status from asked where is_known")
    return steps.plan(steps.update("tickets", "closed"), problems="problems")


CLOSE_PROBLEMS = f"""
    {_UNKNOWN_TICKET}
    union all
    select "row", 'ticket_id', 'is_closed', 'ticket ' || ticket_id || ' is Closed already'
    from (select *, row_number() over (partition by ticket_id order by "row") > 1 as is_again from asked)
    where is_known and merged_ticket_id is null and (status = 'Closed' or is_again)
"""


class AddDepartment(Request):
    """Add a support department."""

    name: Line = Field(title="Name", description="E.g. Billing")
    email: Email | None = Field(None, title="E-mail", description="Its address")
    is_hidden: bool = Field(default=False, title="Hidden", description="Not shown to clients")


def add_department(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add departments.

    Args:
        tables: Read-only tables; reads ``departments``.
        requests: One row per department. See ``AddDepartment``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``departments``, in row order.

    Problems:
        ``name_taken``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", DEPARTMENT_PROBLEMS)
    steps.add("new_departments", NEW_DEPARTMENTS.format(next_id=tables.next_id("departments")))
    return steps.plan(steps.insert("departments", "new_departments"), problems="problems")


DEPARTMENT_PROBLEMS = """
    select "row", 'name' as field, 'name_taken' as code, 'name ' || requests.name || ' is that of department '
        || departments.id || ' already' as message
    from requests join departments on lower(departments.name) = lower(requests.name)
    union all
    select "row", 'name', 'name_taken', 'name ' || name || ' is in an earlier row already'
    from requests where name is not null qualify row_number() over (partition by lower(name) order by "row") > 1
"""

NEW_DEPARTMENTS = """
    select {next_id} + row_number() over (order by "row") as id, name, email, is_hidden from requests
"""

RULES: tuple[Rule, ...] = (
    Rule("reply-ticket", "Reply to ticket", reply_ticket, ReplyTicket, group="tickets", manual="support ticket"),
    Rule("close-ticket", "Close ticket", close_ticket, CloseTicket, group="tickets", manual="support ticket"),
    Rule("add-department", "Add department", add_department, AddDepartment, group="tickets", manual="support ticket"),
)
