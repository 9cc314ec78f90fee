"""The communication log: e-mails, calls, letters, chats and meetings, and the follow-ups that come of them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql, unknown_or_removed_sql
from clientops.rules.kit.field_types import ColumnNames, Line
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables

Kind = Literal["email", "call", "letter", "chat", "meeting"]
Direction = Literal["in", "out"]


def check_said(subject: str | None, body: str | None, outcome: str | None) -> dict[str, Any]:
    """Refuse an entry that says nothing."""
    if not subject and not body and not outcome:
        raise FieldError("subject", "subject is missing: give a subject, a text or an outcome", "nothing_said")
    return {}


class LogCommunication(Request):
    """Note an e-mail, call, letter, chat or meeting with a client."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("subject", "body", "outcome"), check_said),)

    client_id: Id = Field(title="Client", description="With whom", json_schema_extra={"picks": "clients"})
    contact_id: Id | None = Field(None, title="Contact", description="If it was a contact of theirs", json_schema_extra={"picks": "contacts"})  # fmt: skip
    kind: Kind = Field("call", title="Kind", description="How")
    direction: Direction = Field("in", title="Direction", description="in: from the client; out: to the client")
    happened_at: datetime | None = Field(None, title="When", description="Empty: now; UTC where no zone is given")
    with_whom: Line | None = Field(None, title="With", description="Person spoken to, if that is no contact")
    subject: Line | None = Field(None, title="Subject", description="On one line")
    body: Text | None = Field(
        None, title="What was said", description="In words", json_schema_extra={"multiline": True}
    )
    outcome: Line | None = Field(None, title="Outcome", description="What came of it")
    follow_up_on: date | None = Field(
        None, title="Follow up on", description="Day to come back to it; it shows on the home screen from then on"
    )
    operator: Line | None = Field(None, title="By", description="Who of us it was")


def log_communication(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Note communications with clients.

    Args:
        tables: Read-only tables; reads ``clients`` and ``contacts``.
        requests: One row per communication. See ``LogCommunication``.
        today: Follow-ups may not be before it.
        now: When it took place, unless the request says another moment.

    Returns:
        Inserts into ``communications``, in row order, with status ``logged``: nothing is sent.

    Problems:
        ``unknown_client``, ``unknown_contact``, ``other_client``, ``in_future`` (``happened_at``), ``in_past``
        (``follow_up_on``); and from reading ``nothing_said``.

    Source:
        WHMCS "Client Log" and add-ons for call notes.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", PROBLEMS, today=today, now=now)
    steps.add("logged", LOGGED.format(next_id=tables.next_id("communications")), now=now)
    return steps.plan(steps.insert("communications", "logged"), problems="problems")


IN_PAST = """
    select "row", 'follow_up_on', 'in_past', 'follow_up_on ' || follow_up_on || ' is before today, ' || $today::date
    from requests where follow_up_on < $today::date
"""

IN_FUTURE = """
    select "row", 'happened_at', 'in_future', 'happened_at ' || strftime(happened_at, '%Y-%m-%d %H:%M')
        || ' is yet to come: at most ' || strftime($now::timestamptz, '%Y-%m-%d %H:%M')
    from requests where happened_at > $now::timestamptz
"""

PROBLEMS = f"""
    with asked as (
        select requests.*, clients.id is not null as is_known, contacts.client_id as contact_client
        from requests left join clients on clients.id = requests.client_id
        left join contacts on contacts.id = requests.contact_id
    )
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where client_id is not null and not is_known
    union all
    select "row", 'contact_id', 'unknown_contact', 'there is no contact ' || contact_id
    from asked where contact_id is not null and contact_client is null
    union all
    select "row", 'contact_id', 'other_client', 'contact ' || contact_id || ' is of client ' || contact_client
        || ', not of client ' || client_id
    from asked where is_known and contact_client <> client_id
    union all {IN_FUTURE}
    union all {IN_PAST}
"""

LOGGED = """
    select {next_id} + row_number() over (order by "row") as id, client_id, contact_id, kind, direction,
        coalesce(happened_at, $now::timestamptz) as happened_at, subject, body, 'logged' as status, with_whom, outcome,
        follow_up_on, operator
    from requests
"""


class EditCommunication(Request):
    """Change an entry of the communication log: only what is given."""

    communication_id: Id = Field(title="Communication", description="Which one is changed", json_schema_extra={"picks": "communications"})  # fmt: skip
    kind: Kind | None = Field(None, title="Kind", description="How")
    direction: Direction | None = Field(None, title="Direction", description="in: from the client; out: to the client")
    happened_at: datetime | None = Field(None, title="When", description="UTC where no zone is given")
    with_whom: Line | None = Field(None, title="With", description="Person spoken to")
    subject: Line | None = Field(None, title="Subject", description="On one line")
    body: Text | None = Field(
        None, title="What was said", description="In words", json_schema_extra={"multiline": True}
    )
    outcome: Line | None = Field(None, title="Outcome", description="What came of it")
    follow_up_on: date | None = Field(None, title="Follow up on", description="Day to come back to it")
    operator: Line | None = Field(None, title="By", description="Who of us it was")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="E.g. follow_up_on")


EDITABLE = ("kind", "direction", "happened_at", "with_whom", "subject", "body", "outcome", "follow_up_on", "operator")
CLEARABLE = ("with_whom", "subject", "body", "outcome", "follow_up_on", "operator")


def edit_communication(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change entries of the communication log where something is given; e-mails that were sent stay as they are.

    Args:
        tables: Read-only tables; reads ``communications``.
        requests: One row per change: ``communication_id``, any fields, ``clear``. Later rows of one entry win. See
            ``EditCommunication``.
        today: A new follow-up may not be before it.
        now: It may not have taken place later.

    Returns:
        Updates of ``communications``; a new day to follow up is to be done again.

    Problems:
        ``unknown_communication``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``in_future``,
        ``in_past``, ``is_mail`` (it was, or will be, sent from here).
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("communications", "communication_id", EDITABLE))
    steps.add("general", edit_problems_sql("communications", "communication_id", EDITABLE, CLEARABLE))
    steps.add("problems", f"from general union all {IS_MAIL} union all {IN_FUTURE} union all {IN_PAST}", today=today, now=now)  # fmt: skip
    steps.add("changed", REOPENED_FOLLOW_UPS)
    return steps.plan(steps.update("communications", "changed"), problems="problems")


IS_MAIL = """
    select "row", 'communication_id', 'is_mail', 'communication ' || communication_id
        || ' is an e-mail sent from here: it stays as it was'
    from requests join communications on communications.id = communication_id where communications.status <> 'logged'
"""

REOPENED_FOLLOW_UPS = """
    select edited.*,
        case when edited.follow_up_on is not distinct from communications.follow_up_on then communications.followed_up_on end
            as followed_up_on
    from edited join communications using (id)
"""


class FinishFollowUp(Request):
    """Note that a follow-up is done: it leaves the home screen."""

    communication_id: Id = Field(title="Communication", description="Which follow-up is done", json_schema_extra={"picks": "communications"})  # fmt: skip
    outcome: Line | None = Field(None, title="Outcome", description="What came of it; empty: as it is")
    follow_up_on: date | None = Field(None, title="Follow up again on", description="Day to come back once more; empty: it is done")  # fmt: skip


def finish_follow_up(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Note that follow-ups are done, or put them off to a later day.

    Args:
        tables: Read-only tables; reads ``communications``.
        requests: One row per communication. See ``FinishFollowUp``.
        today: Day they were done.
        now: Not used.

    Returns:
        Updates of ``communications``: ``followed_up_on``, or a later ``follow_up_on``, and the outcome.

    Problems:
        ``unknown_communication``, ``no_follow_up`` (it has none, or it is done already), ``in_past``, ``twice``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{FOLLOW_UP_PROBLEMS} union all {IN_PAST}", today=today)
    steps.add("done", DONE, today=today)
    return steps.plan(steps.update("communications", "done"), problems="problems")


FOLLOW_UP_PROBLEMS = """
    select "row", 'communication_id' as field, 'unknown_communication' as code,
        'there is no communication ' || communication_id as message
    from requests where communication_id is not null and communication_id not in (select id from communications)
    union all
    select "row", 'communication_id', 'no_follow_up', 'communication ' || communication_id
        || coalesce(' was followed up on ' || communications.followed_up_on || ' already', ' has no day to follow up')
    from requests join communications on communications.id = communication_id
    where communications.follow_up_on is null or communications.followed_up_on is not null
    union all
    select "row", 'communication_id', 'twice', 'communication ' || communication_id || ' is in an earlier row already'
    from requests where communication_id is not null
    qualify row_number() over (partition by communication_id order by "row") > 1
"""

DONE = """
    select communications.id, coalesce(requests.outcome, communications.outcome) as outcome,
        coalesce(requests.follow_up_on, communications.follow_up_on) as follow_up_on,
        case when requests.follow_up_on is null then $today::date end as followed_up_on
    from requests join communications on communications.id = communication_id
    qualify row_number() over (partition by communication_id order by "row" desc) = 1
"""


class RemoveCommunication(Request):
    """Remove an entry of the communication log; it stays in the history."""

    communication_id: Id = Field(title="Communication", description="Which one goes", json_schema_extra={"picks": "communications"})  # fmt: skip


def remove_communication(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove entries of the communication log.

    Args:
        tables: Read-only tables; reads ``communications``.
        requests: One row per entry. See ``RemoveCommunication``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``communications``.

    Problems:
        ``unknown_communication`` (also one that an earlier row removes), ``is_mail``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{unknown_or_removed_sql('communications', 'communication_id')} union all {IS_MAIL}")
    steps.add("gone", "select distinct communication_id as id from requests")
    return steps.plan(steps.delete("communications", "gone"), problems="problems")


RULES: tuple[Rule, ...] = (
    Rule("log-communication", "Log communication", log_communication, LogCommunication, group="communications", manual="communication log"),
    Rule("edit-communication", "Edit communication", edit_communication, EditCommunication, group="communications", manual="communication log"),
    Rule("finish-follow-up", "Follow-up done", finish_follow_up, FinishFollowUp, group="communications", manual="communication log"),
    Rule("remove-communication", "Remove communication", remove_communication, RemoveCommunication, risk="medium", group="communications", manual="communication log"),
)  # fmt: skip
