"""The outbox: what becomes of queued mails, from the moment their sending begins."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.mail.hold_back import HELD, reasons_sql
from clientops.rules.mail.queue import ADDRESSED, TEMPLATES
from clientops.schema.passwords import SECRET, NewToken
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Steps, Tables

MOST_ATTEMPTS = 6
Body = Annotated[str, Field(max_length=1_000_000)]


class BeginMail(Request):
    """Note that sending a mail begins, with its text."""

    communication_id: Id = Field(title="Mail", json_schema_extra={"picks": "communications"})
    subject: Text | None = Field(None, title="Subject")
    body: Body | None = Field(None, title="Text", json_schema_extra={"multiline": True})
    token: NewToken | None = Field(
        None, title="Token", description="Of the invitation in it; only its hash is kept", json_schema_extra=SECRET
    )


def begin_mail(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Note, before mails are handed to the mail server, that this begins.

    They are failed from now on, until their outcome is recorded: whatever interrupts the sender, nothing is sent twice
    unless a person says so (``retry_mail``), and what may or may not have arrived can be seen.

    Args:
        tables: Read-only tables; reads ``communications``, ``users``, ``invitations``.
        requests: One row per mail, with the text it is sent with; ``token`` is a hash by now. See ``BeginMail``.
        today: Day by which an invoice is overdue.
        now: When it begins.

    Returns:
        Updates of ``communications``: status ``failed``, one attempt more, the text, and the addresses of those who want
        such mails now. With a token, also a new row of
        ``invitations`` that is open for ``DAYS_OPEN`` (``HOURS_OPEN`` for a forgotten password); earlier open ones of that user are revoked.

    Problems:
        ``unknown_mail``, ``not_queued``, ``held_back`` (see ``hold-mail``).
    """
    steps = tables.steps(requests=requests)
    add_waiting(steps, "select communication_id as id from requests", today=today)
    steps.add("problems", f"{UNKNOWN_MAIL} union all {NOT_QUEUED} union all {HAS_REASON}")
    steps.add("begun", BEGUN, now=now)
    steps.add("invited", INVITED.format(next_id=tables.next_id("invitations")), now=now)
    steps.add("replaced", f"{REVOKED} and user_id in (select user_id from invited)", now=now)
    return steps.plan(
        steps.update("communications", "begun"),
        steps.insert("invitations", "invited"),
        steps.update("invitations", "replaced"),
        problems="problems",
    )


UNKNOWN_MAIL = """
    select "row", 'communication_id' as field, 'unknown_mail' as code,
        'there is no e-mail of ours with the number ' || communication_id as message
    from requests anti join (from communications where kind = 'email' and direction = 'out') as mails
        on mails.id = communication_id
    where communication_id is not null
"""

NOT_QUEUED = """
    select "row", 'communication_id', 'not_queued', 'mail ' || communication_id || ' is ' || communications.status
        || ', not queued'
    from requests join communications on communications.id = communication_id where communications.status <> 'queued'
    union all
    select "row", 'communication_id', 'not_queued', 'mail ' || communication_id || ' is asked for twice'
    from requests qualify row_number() over (partition by communication_id order by "row") > 1
"""

UNCERTAIN = "sending began and its end was not recorded: it may or may not have arrived"

BEGUN = f"""
    select communications.id, 'failed' as status, communications.attempts + 1 as attempts, waiting.sent_to,
        null::timestamptz as next_attempt_at, requests.subject, requests.body,
        '{UNCERTAIN} (' || strftime($now::timestamptz, '%Y-%m-%d %H:%M:%S') || ')' as error
    from requests join communications on communications.id = communication_id join waiting on waiting.id = communication_id
    qualify row_number() over (partition by communication_id order by "row") = 1
"""

HAS_REASON = """
    select "row", 'communication_id', 'held_back', 'mail ' || communication_id || ' is not sent: ' || reason
    from requests join waiting on waiting.id = communication_id where reason is not null
"""


DAYS_OPEN = 7
HOURS_OPEN = 1

INVITED = f"""
    select {{next_id}} + row_number() over (order by "row") as id, users.id as user_id, communications.id as communication_id,
        requests.token as token_sha256, users.email as sent_to, $now::timestamptz as created_at,
        $now::timestamptz + case communications.template when 'password-reset' then interval '{HOURS_OPEN} hours'
            else interval '{DAYS_OPEN} days' end as expires_at,
        case communications.template when 'password-reset' then true end as is_reset,
        case when row_number() over (partition by users.id order by "row" desc) > 1 then $now::timestamptz end as revoked_at
    from requests join communications on communications.id = communication_id
    join users on users.id = communications.subject_id and communications.subject_kind = 'user'
    where requests.token is not null
    qualify row_number() over (partition by communication_id order by "row") = 1
"""

REVOKED = """
    select id, $now::timestamptz as revoked_at from invitations
    where accepted_at is null and revoked_at is null and expires_at > $now::timestamptz
"""


class HoldMail(Request):
    """Hold back a mail that must not be sent as things are."""

    communication_id: Id = Field(title="Mail", json_schema_extra={"picks": "communications"})


def hold_mail(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Hold back queued mails about what is settled, gone or no longer wanted, or that nobody would receive.

    Args:
        tables: Read-only tables; reads ``communications``, ``clients``, ``contacts`` and what the mails are about.
        requests: One row per mail. See ``HoldMail``.
        today: Day by which an invoice is overdue.
        now: Not used.

    Returns:
        Updates of ``communications``: status ``failed``, and in ``error`` why it was not sent. ``retry-mail`` queues it again.

    Problems:
        ``unknown_mail``, ``not_queued``, ``no_reason`` (it may be sent).
    """
    steps = tables.steps(requests=requests)
    add_waiting(steps, "select communication_id as id from requests", today=today)
    steps.add("problems", f"{UNKNOWN_MAIL} union all {NOT_QUEUED} union all {NO_REASON}")
    steps.add("held", HELD_BACK)
    return steps.plan(steps.update("communications", "held"), problems="problems")


def add_waiting(steps: Steps, ids: str, *, today: date) -> None:
    """Who receives waiting mails as things are, and why some are not sent.

    Args:
        steps: The steps to add to. Later ones may read ``waiting``: ``id``, ``sent_to``, ``reason`` (empty: it is sent).
        ids: SELECT of the numbers of mails as ``id``.
        today: Day by which an invoice is overdue.
    """
    steps.add("asked_mails", ASKED_MAILS.format(ids=ids))
    steps.add("mails", ADDRESSABLE)
    steps.add("readdressed", ADDRESSED)
    steps.add("reasons", reasons_sql("(select id as place, * from asked_mails)"), today=today)
    steps.add("waiting", WAITING)


ASKED_MAILS = """
    select id, client_id, contact_id, template, category, subject_kind, subject_id, sent_to
    from communications where id in ({ids}) and status = 'queued'
"""

# Mails of ours to a client by category go to who wants them now; others go where they were addressed to.
ADDRESSABLE = f"""
    select id as "row", client_id, category from asked_mails
    where category is not null and contact_id is null and client_id is not null
        and template in ({", ".join(f"'{name}'" for name, template in TEMPLATES.items() if template.subject_kind != "user")})
"""

WAITING = """
    select asked_mails.id, case when readdressed."row" is null then asked_mails.sent_to else readdressed.sent_to end as sent_to,
        coalesce(reason, case when readdressed."row" is not null and readdressed.sent_to is null
            then 'client ' || asked_mails.client_id || ' has no e-mail address, and no contact who receives ' || asked_mails.category || ' e-mails'
            end) as reason
    from asked_mails left join readdressed on readdressed."row" = asked_mails.id left join reasons on reasons.place = asked_mails.id
"""

NO_REASON = """
    select "row", 'communication_id', 'no_reason', 'mail ' || communication_id || ' may be sent: nothing speaks against it'
    from requests join waiting on waiting.id = communication_id where reason is null
"""

HELD_BACK = f"""
    select id, 'failed' as status, null::timestamptz as next_attempt_at, '{HELD}' || reason as error
    from waiting where reason is not null
"""


class RecordMail(Request):
    """Note what became of a mail that was handed to the mail server."""

    communication_id: Id = Field(title="Mail", json_schema_extra={"picks": "communications"})
    outcome: Literal["sent", "try again", "failed"] = Field(title="Outcome")
    sent_to: Text | None = Field(None, title="Sent to", description="Addresses that were accepted, if not all")
    error: Text | None = Field(None, title="Error", description="What the mail server said")


def record_mail(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record what became of mails whose sending began.

    Args:
        tables: Read-only tables; reads ``communications``.
        requests: One row per mail. See ``RecordMail``.
        today: Not used.
        now: When it was known.

    Returns:
        Updates of ``communications``. Sent: status ``sent``. Try again: ``queued``, not before 5 minutes later, and
        each time twice as long, or ``failed`` after ``MOST_ATTEMPTS``. Failed: ``failed``.

    Problems:
        ``unknown_mail``, ``not_begun``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{UNKNOWN_MAIL} union all {NOT_BEGUN}")
    steps.add("recorded", RECORDED, now=now)
    return steps.plan(steps.update("communications", "recorded"), problems="problems")


NOT_BEGUN = f"""
    select "row", 'communication_id', 'not_begun', 'mail ' || communication_id || ' is ' || communications.status
        || ', and its sending has not begun'
    from requests join communications on communications.id = communication_id
    where communications.status <> 'failed' or not starts_with(coalesce(communications.error, ''), '{UNCERTAIN}')
    union all
    select "row", 'communication_id', 'not_begun', 'mail ' || communication_id || ' is asked for twice'
    from requests qualify row_number() over (partition by communication_id order by "row") > 1
"""

RECORDED = f"""
    with asked as (
        select requests.*, communications.attempts, communications.sent_to as asked_to,
            requests.outcome = 'try again' and attempts < {MOST_ATTEMPTS} as is_tried_again
        from requests join communications on communications.id = communication_id
        qualify row_number() over (partition by communication_id order by "row") = 1
    )
    select communication_id as id,
        case when outcome = 'sent' then 'sent' when is_tried_again then 'queued' else 'failed' end as status,
        case when outcome = 'sent' then $now::timestamptz end as sent_at,
        case when is_tried_again then $now::timestamptz + (5 * (1 << greatest(attempts - 1, 0))) * interval 1 minute end
            as next_attempt_at,
        case when outcome = 'try again' and not is_tried_again
            then 'given up after ' || attempts || ' attempts: ' || coalesce(error, 'no reason given')
            else error end as error,
        coalesce(sent_to, asked_to) as sent_to
    from asked
"""


class RetryMail(Request):
    """Put a mail that failed back into the outbox."""

    communication_id: Id = Field(title="Mail", json_schema_extra={"picks": "communications"})


def retry_mail(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Put mails that failed back into the outbox, to be tried anew.

    Args:
        tables: Read-only tables; reads ``communications``.
        requests: One row per mail. See ``RetryMail``.
        today: Not used.
        now: From when it may be sent.

    Returns:
        Updates of ``communications``: status ``queued``, no attempts, no error.

    Problems:
        ``unknown_mail``, ``not_failed``.

    Warnings:
        ``may_arrive_twice``: its sending was interrupted.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{UNKNOWN_MAIL} union all {NOT_FAILED}")
    steps.add("warnings", MAY_ARRIVE_TWICE)
    steps.add("retried", RETRIED, now=now)
    return steps.plan(steps.update("communications", "retried"), problems="problems", warnings="warnings")


NOT_FAILED = """
    select "row", 'communication_id', 'not_failed', 'mail ' || communication_id || ' is ' || communications.status
        || ', not failed'
    from requests join communications on communications.id = communication_id
    where kind = 'email' and direction = 'out' and communications.status <> 'failed'
    union all
    select "row", 'communication_id', 'not_failed', 'mail ' || communication_id || ' is asked for twice'
    from requests qualify row_number() over (partition by communication_id order by "row") > 1
"""

MAY_ARRIVE_TWICE = f"""
    select "row", 'communication_id' as field, 'may_arrive_twice' as code,
        'mail ' || communication_id || ' may have arrived already: ' || communications.error as message
    from requests join communications on communications.id = communication_id
    where starts_with(communications.error, '{UNCERTAIN}')
"""

RETRIED = """
    select id, 'queued' as status, 0 as attempts, $now::timestamptz as next_attempt_at, null::varchar as error
    from communications semi join requests on communication_id = communications.id
"""

RULES: tuple[Rule, ...] = (
    Rule("retry-mail", "Send failed e-mail again", retry_mail, RetryMail, risk="low", group="mail"),
    Rule("hold-mail", "Hold back e-mail", hold_mail, HoldMail, group="mail", is_record=True),
    Rule("begin-mail", "Begin sending e-mail", begin_mail, BeginMail, group="mail", internal=True, is_record=True),
    Rule("record-mail", "Record sent e-mail", record_mail, RecordMail, group="mail", internal=True, is_record=True),
)
