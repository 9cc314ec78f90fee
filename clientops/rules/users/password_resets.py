"""Forgotten passwords: a user is sent a link to choose another one, once and soon.

The link is an invitation's but for its time: made when its mail is sent, kept hashed, accepted with ``accept-invitation``.
"""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.mail.queue import outbox_sql
from clientops.rules.users.invitations import ADDRESSED, ASKED, LOG_IN_PROBLEMS, NO_CLIENT_AREA, already_queued_sql
from clientops.rules.users.users import UNKNOWN_USER
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

MOST_IN_AN_HOUR = 3


class SendPasswordReset(Request):
    """Send a user who forgot the password a link to choose another one."""

    user_id: Id = Field(title="User", description="Who forgot it", json_schema_extra={"picks": "users"})
    client_id: Id | None = Field(
        None, title="Client", description="Whose account the mail speaks of; empty: the first that they may see", json_schema_extra={"picks": "clients"}
    )  # fmt: skip


def send_password_reset(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Queue mails with a link to choose another password; the old one holds until that is done.

    Args:
        tables: Read-only tables; reads ``users``, ``user_clients``, ``clients``, ``communications``, ``settings``.
        requests: One row per user. See ``SendPasswordReset``.
        today: Not used.
        now: When they are queued.

    Returns:
        Inserts into ``communications``, in row order. The link is made when its mail is sent, and is open for
        ``clientops.rules.mail.delivery.HOURS_OPEN``; that ends earlier ones of the user.

    Problems:
        ``unknown_user``, ``not_linked`` (to that client, or to any), ``cannot_log_in`` (Closed), ``already_queued`` (one is
        in the outbox, or in an earlier row), ``too_many`` (``MOST_IN_AN_HOUR`` were sent).

    Warnings:
        ``no_client_area``: its address is not set, without which no link can be sent.

    Source:
        OWASP "Forgot Password": links with a random token that is kept hashed, expires soon, and is used once.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", PROBLEMS, now=now)
    steps.add("warnings", NO_CLIENT_AREA)
    steps.add("addressed", ADDRESSED.format(template="password-reset"))
    steps.add("mails", outbox_sql(tables), now=now)
    return steps.plan(steps.insert("communications", "mails"), problems="problems", warnings="warnings")


PROBLEMS = f"""
    {UNKNOWN_USER}
    union all {LOG_IN_PROBLEMS}
    union all {already_queued_sql("password-reset", "a link for a new password")}
    union all
    select "row", 'user_id', 'too_many', 'user_id ' || user_id || ': {MOST_IN_AN_HOUR} links were sent within an hour; try again later'
    from asked join communications on communications.subject_id = asked.user_id and communications.subject_kind = 'user'
        and communications.template = 'password-reset' and communications.status <> 'queued'
        and communications.happened_at > $now::timestamptz - interval 1 hour
    group by "row", user_id having count(*) >= {MOST_IN_AN_HOUR}
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "send-password-reset",
        "Send link for a new password",
        send_password_reset,
        SendPasswordReset,
        group="users",
        manual="client",
        counts_as="set-password",
    ),
)
