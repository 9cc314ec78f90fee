"""Mail to clients: who receives what, the outbox, and what became of it.

Invitations are queued by the rules of users, since each goes to one user alone. A rule only queues a mail: a row of ``communications`` with template, category, subject and addresses. It is written
(rendered) and sent later by ``clientops.mail``, which records each step as an operation of the rules in ``outbox``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.mail.hold_back import reasons_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

CATEGORIES = ("general", "invoice", "support", "product", "domain", "affiliate")
Category = Literal["general", "invoice", "support", "product", "domain", "affiliate"]
TemplateName = Literal["welcome", "invoice-created", "payment-received", "overdue-notice", "credit-issued"]


@dataclass(frozen=True)
class Template:
    """A mail that can be queued.

    Attributes:
        category: Which contacts receive it, unless the request says another.
        subject_kind: What it is about, besides the client: ``invoice``, ``transaction``, ``credit entry``, ``user``, or
            nothing.
    """

    category: Category
    subject_kind: str = ""


TEMPLATES: dict[str, Template] = {
    "welcome": Template("general"),
    "invitation": Template("general", "user"),
    "password-reset": Template("general", "user"),
    "invoice-created": Template("invoice", "invoice"),
    "payment-received": Template("invoice", "transaction"),
    "overdue-notice": Template("invoice", "invoice"),
    "credit-issued": Template("invoice", "credit entry"),
}


def wants_sql(category: str, contact: str = "contacts") -> str:
    """SQL that tells whether a contact receives mails of a category (SQL)."""
    cases = " ".join(f"when '{name}' then {contact}.wants_{name}" for name in CATEGORIES)
    return f"(case {category} {cases} else false end)"


def outbox_sql(tables: Tables) -> str:
    """SELECT of new rows of ``communications`` from a step ``addressed``, with ``$now``.

    The step has ``row`` (in which order they are numbered), ``client_id``, ``template``, ``category``,
    ``subject_kind``, ``subject_id`` and ``sent_to``. One mail a row.
    """
    return f"""
        select {tables.next_id("communications")} + row_number() over (order by "row") as id,
            client_id, 'email' as kind, 'out' as direction, category, template, subject_kind, subject_id,
            $now::timestamptz as happened_at, sent_to, 'queued' as status, 0 as attempts,
            $now::timestamptz as next_attempt_at
        from addressed
    """


ADDRESSED = f"""
    with wanted as (
        select mails."row", clients.email, 0 as place
        from mails join clients on clients.id = mails.client_id
        union all
        select mails."row", contacts.email, contacts.id
        from mails join contacts on contacts.client_id = mails.client_id
        where {wants_sql("mails.category")}
    ),
    once as (
        select "row", arg_min(email, place) as email, min(place) as place
        from wanted where email is not null and email <> '' group by "row", lower(email)
    ),
    joined as (select "row", string_agg(email, ', ' order by place) as sent_to from once group by "row")
    select mails.*, joined.sent_to from mails left join joined using ("row")
"""


class QueueMail(Request):
    """Put a mail to a client into the outbox."""

    client_id: Id = Field(title="Client", description="Who gets it", json_schema_extra={"picks": "clients"})
    template: TemplateName = Field(title="Template", description="What is written")
    subject_id: Id | None = Field(
        None, title="About", description="Number of the invoice, transaction or credit entry that it is about"
    )
    category: Category | None = Field(
        None, title="Category", description="Which contacts receive it too; empty: as the template says"
    )


def queue_mail(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Put mails into the outbox, each to the client and the contacts who want its category.

    Args:
        tables: Read-only tables; reads ``clients``, ``contacts``, ``communications`` and what the mails are about.
        requests: One row per mail. See ``QueueMail``.
        today: Day by which an invoice is overdue.
        now: When they are queued.

    Returns:
        Inserts into ``communications`` with status ``queued``, without text: that is written when they are sent.

    Problems:
        ``unknown_client``, ``missing`` or ``no_subject`` (``subject_id`` needed, or of no use), ``unknown_subject``,
        ``other_client`` (it belongs to another client), ``no_recipient``, ``cannot_log_in`` (welcome to a closed
        client), ``not_wanted`` (overdue notices are off), ``already_queued``, ``not_due`` (an overdue
        notice for an invoice that is paid, cancelled, settled or not yet due), ``not_issued`` (a mail of a draft or
        cancelled invoice), ``not_paid`` (thanks for what is no payment, or was sent back), ``no_credit``.

    Source:
        WHMCS "Contacts tab": contacts receive copies by category, the client receives everything.
    """
    steps = tables.steps(requests=requests)
    steps.add("mails", ASKED)
    steps.add("addressed", ADDRESSED)
    steps.add("owners", OWNERS)
    steps.add("reasons", reasons_sql('(select "row" as place, * from mails)'), today=today)
    steps.add("problems", QUEUE_PROBLEMS)
    steps.add("queued", outbox_sql(tables), now=now)
    return steps.plan(steps.insert("communications", "queued"), problems="problems")


def _asked_sql() -> str:
    cases = " ".join(f"when '{name}' then '{template.category}'" for name, template in TEMPLATES.items())
    kinds = " ".join(f"when '{name}' then nullif('{t.subject_kind}', '')" for name, t in TEMPLATES.items())
    return f"""
        select "row", client_id, template, coalesce(category, case template {cases} end) as category,
            (case template {kinds} end)::varchar as subject_kind, subject_id
        from requests
    """


ASKED = _asked_sql()

OWNERS = """
    select mails."row", invoices.client_id from mails join invoices on invoices.id = subject_id
    where subject_kind = 'invoice'
    union all
    select mails."row", transactions.client_id from mails join transactions on transactions.id = subject_id
    where subject_kind = 'transaction'
    union all
    select mails."row", credit_entries.client_id from mails join credit_entries on credit_entries.id = subject_id
    where subject_kind = 'credit entry'
"""

QUEUE_PROBLEMS = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from mails anti join clients on clients.id = mails.client_id
    where client_id is not null
    union all
    select "row", 'subject_id', 'missing', 'subject_id is missing: ' || template || ' is about one '
        || subject_kind || '; give its number'
    from mails where subject_kind is not null and subject_id is null
    union all
    select "row", 'subject_id', 'no_subject', 'subject_id ' || subject_id || ' is of no use: ' || template
        || ' is about the client only'
    from mails where subject_kind is null and subject_id is not null
    union all
    select "row", 'subject_id', 'unknown_subject', 'there is no ' || subject_kind || ' ' || subject_id
    from mails anti join owners using ("row") where subject_kind is not null and subject_id is not null
    union all
    select mails."row", 'subject_id', 'other_client', subject_kind || ' ' || subject_id || ' is not of client '
        || mails.client_id || coalesce(' but of client ' || owners.client_id, '')
    from mails join owners using ("row") where owners.client_id is distinct from mails.client_id
    union all
    select "row", 'client_id', 'no_recipient', 'client ' || client_id || ' has no e-mail address, and no contact who '
        || 'receives ' || category || ' e-mails'
    from addressed semi join clients on clients.id = addressed.client_id where sent_to is null
    union all
    select "row", 'template', 'cannot_log_in', 'template ' || template || ': client ' || client_id || ' is Closed and cannot log in'
    from mails join clients on clients.id = mails.client_id
    where template = 'welcome' and clients.status = 'Closed'
    union all
    select "row", 'template', 'not_wanted', 'template overdue-notice: client ' || client_id
        || ' gets none; edit the client''s overdue_notices first'
    from mails join clients on clients.id = mails.client_id
    where template = 'overdue-notice' and not clients.overdue_notices
    union all
    select mails."row", 'subject_id', case template when 'overdue-notice' then 'not_due' when 'invoice-created' then 'not_issued'
            when 'payment-received' then 'not_paid' else 'no_credit' end,
        'template ' || template || ' for ' || subject_kind || ' ' || subject_id || ': ' || reason
    from mails join reasons on reasons.place = mails."row" join owners on owners."row" = mails."row" and owners.client_id = mails.client_id
    join clients on clients.id = mails.client_id
    where subject_kind is not null and (template <> 'overdue-notice' or clients.overdue_notices)
    union all
    select "row", 'template', 'already_queued', 'template ' || template || ' for client ' || client_id
        || coalesce(' about ' || subject_kind || ' ' || subject_id, '') || ' is in the outbox already, as communication '
        || queued_id
    from (
        select mails.*, min(communications.id) as queued_id from mails join communications
            on communications.client_id = mails.client_id and communications.template = mails.template
            and communications.subject_id is not distinct from mails.subject_id and communications.status = 'queued'
        group by all
    )
    union all
    select "row", 'template', 'already_queued', 'template ' || template || ' for client ' || client_id
        || coalesce(' about ' || subject_kind || ' ' || subject_id, '') || ' is asked for in row ' || first_row || ' already'
    from (select *, min("row") over (partition by client_id, template, subject_id) as first_row from mails)
    where "row" > first_row
"""


RULES: tuple[Rule, ...] = (Rule("queue-mail", "Queue e-mail", queue_mail, QueueMail, risk="low", group="mail"),)
