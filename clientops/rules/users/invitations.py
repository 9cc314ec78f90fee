"""Invitations: a user without a password is sent a link to choose one, once.

The link is made when its mail is sent, see ``clientops.mail.delivery`` and the rule ``begin-mail``.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.mail.delivery import REVOKED
from clientops.rules.mail.queue import outbox_sql
from clientops.rules.users.users import PERSON, UNKNOWN_USER, own_name_sql
from clientops.schema.passwords import SECRET, Password, Token
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class InviteUser(Request):
    """Send a user a link to choose a password, for the first time or again."""

    user_id: Id = Field(title="User", description="Who is invited", json_schema_extra={"picks": "users"})
    client_id: Id | None = Field(
        None, title="Client", description="Whose account the mail speaks of; empty: the first that they may see", json_schema_extra={"picks": "clients"}
    )  # fmt: skip


def invite_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Queue invitations; links that were sent before are of no use any more.

    Args:
        tables: Read-only tables; reads ``users``, ``user_clients``, ``clients``, ``invitations``, ``communications``.
        requests: One row per user. See ``InviteUser``.
        today: Not used.
        now: When they are queued.

    Returns:
        Inserts into ``communications``, in row order; updates of ``invitations``: earlier open ones are revoked.

    Problems:
        ``unknown_user``, ``has_password``, ``not_linked`` (to that client, or to any), ``cannot_log_in`` (Closed),
        ``already_queued`` (an invitation is in the outbox, or in an earlier row).

    Warnings:
        ``no_client_area``: its address is not set, without which no link can be sent.

    Source:
        OWASP "Forgot Password": links with a random token that is kept hashed, expires, and is used once.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", INVITE_PROBLEMS)
    steps.add("warnings", NO_CLIENT_AREA)
    steps.add("addressed", ADDRESSED.format(template="invitation"))
    steps.add("mails", outbox_sql(tables), now=now)
    steps.add("replaced", f"{REVOKED} and user_id in (select user_id from requests)", now=now)
    return steps.plan(
        steps.insert("communications", "mails"),
        steps.update("invitations", "replaced"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    with seen as (
        select requests."row", user_clients.client_id, clients.status
        from requests join user_clients on user_clients.user_id = requests.user_id
        join clients on clients.id = user_clients.client_id
        where requests.client_id is null or requests.client_id = user_clients.client_id
    ),
    first_seen as (
        select "row", arg_min(client_id, (status = 'Closed', client_id)) as shown_id,
            bool_and(status = 'Closed') as is_closed
        from seen group by "row"
    )
    select requests.*, users.email, users.password_hash is not null as has_password, shown_id, is_closed,
        row_number() over (partition by requests.user_id order by requests."row") > 1 as is_again
    from requests join users on users.id = requests.user_id left join first_seen using ("row")
"""

LOG_IN_PROBLEMS = """
    select "row", case when client_id is null then 'user_id' else 'client_id' end, 'not_linked', 'user ' || user_id || ' may not see '
        || coalesce('client ' || client_id, 'any client') || '; use link-user first'
    from asked where shown_id is null
    union all
    select "row", 'user_id', 'cannot_log_in', 'user_id ' || user_id || ': client ' || shown_id || ' is Closed and cannot log in'
    from asked where is_closed
"""


def already_queued_sql(template: str, noun: str) -> str:
    """SELECT of the problem ``already_queued``: such a mail to the user waits, or an earlier row asks for it."""
    return f"""
        select "row", 'user_id', 'already_queued', 'user_id ' || user_id || ' is in an earlier row already'
        from asked where is_again
        union all
        select "row", 'user_id', 'already_queued', 'user_id ' || user_id || ': {noun} is in the outbox already, as communication '
            || min(communications.id)
        from asked join communications on communications.subject_id = asked.user_id and communications.subject_kind = 'user'
            and communications.template = '{template}' and communications.status = 'queued'
        group by "row", user_id
    """


INVITE_PROBLEMS = f"""
    {UNKNOWN_USER}
    union all
    select "row", 'user_id', 'has_password', 'user_id ' || user_id || ': ' || email || ' has a password and can log in; use '
        || 'send-password-reset or set-password for another one'
    from asked where has_password
    union all {LOG_IN_PROBLEMS}
    union all {already_queued_sql("invitation", "an invitation")}
"""

NO_CLIENT_AREA = """
    select "row", 'user_id' as field, 'no_client_area' as code,
        'the address of the client area is not known, and no link can be sent: use set-client-area' as message
    from requests where not exists (from settings where name = 'client_area' and value <> '')
"""

ADDRESSED = """
    select "row", shown_id as client_id, '{template}' as template, 'general' as category, 'user' as subject_kind,
        user_id as subject_id, email as sent_to
    from asked
"""


class RevokeInvitation(Request):
    """Take an invitation back: its link is of no use any more."""

    user_id: Id = Field(title="User", description="Who was invited", json_schema_extra={"picks": "users"})


def revoke_invitation(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Revoke the open invitations of users, and those that wait in the outbox; links for forgotten passwords likewise.

    Args:
        tables: Read-only tables; reads ``users``, ``invitations``, ``communications``.
        requests: One row per user. See ``RevokeInvitation``.
        today: Not used.
        now: When they are revoked.

    Returns:
        Updates of ``invitations`` (``revoked_at``) and of ``communications`` (queued ones are ``failed``).

    Problems:
        ``unknown_user``, ``not_invited`` (nothing is open or queued, also because of an earlier row).
    """
    steps = tables.steps(requests=requests)
    steps.add("revoked", f"{REVOKED} and user_id in (select user_id from requests)", now=now)
    steps.add("withdrawn", WITHDRAWN)
    steps.add("problems", NOT_INVITED)
    return steps.plan(
        steps.update("invitations", "revoked"), steps.update("communications", "withdrawn"), problems="problems"
    )


WITHDRAWN = """
    select id, 'failed' as status, null::timestamptz as next_attempt_at, 'the invitation was revoked' as error
    from communications
    where template in ('invitation', 'password-reset') and status = 'queued' and subject_kind = 'user' and subject_id in (select user_id from requests)
"""

NOT_INVITED = f"""
    {UNKNOWN_USER}
    union all
    select "row", 'user_id', 'not_invited', 'user ' || user_id || ' has no invitation that could be revoked'
    from (select *, row_number() over (partition by user_id order by "row") > 1 as is_again from requests)
    where user_id in (select id from users) and (is_again or user_id not in (
        select user_id from invitations where id in (select id from revoked)
        union all select subject_id from communications where id in (select id from withdrawn)))
"""


class AcceptInvitation(Request):
    """Choose a password with the link of an invitation, or of a mail about a forgotten password."""

    token: Token = Field(title="Token", description="From the link in the mail; only its hash is read", json_schema_extra=SECRET)  # fmt: skip
    password: Password = Field(
        title="Password", description="At least 10 characters; only its hash is kept", json_schema_extra=SECRET
    )


def accept_invitation(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set the passwords of invited users, and of those who forgot theirs, each link once.

    Args:
        tables: Read-only tables; reads ``invitations``, ``users``.
        requests: One row per invitation; ``token`` and ``password`` are hashes by now. See ``AcceptInvitation``.
        today: Not used.
        now: When it is accepted; an invitation that expires by then is none.

    Returns:
        Updates of ``users`` (``password_hash``, ``email_verified_at``) and ``invitations`` (``accepted_at``; other open
        ones of the user are revoked). Undoing it takes the password away, and with that the link may be used again until
        it expires or is revoked.

    Problems:
        ``not_valid``, the same whether the token is unknown, used (also by an earlier row), revoked or expired, or the user
        has another e-mail address by now, or was invited and has a password; ``own_name`` (the password is the user's address
        or name); and from reading ``missing``, ``bad_value``.
    """
    steps = tables.steps(requests=requests)
    steps.add("opened", OPENED, now=now)
    asked = f'select o."row", o.password, {PERSON} from opened o join users u on u.id = o.user_id'
    steps.add("problems", f"{NOT_VALID} union all {own_name_sql(tables, asked)}")
    steps.add("accepted", ACCEPTED, now=now)
    steps.add("let_in", LET_IN, now=now)
    return steps.plan(steps.update("users", "let_in"), steps.update("invitations", "accepted"), problems="problems")


INVALID = "this link is not valid, or not any more; ask for a new one"

OPENED = """
    select requests."row", requests.password, invitations.id, invitations.user_id
    from requests join invitations on invitations.token_sha256 = requests.token join users on users.id = invitations.user_id
    where invitations.accepted_at is null and invitations.revoked_at is null and invitations.expires_at > $now::timestamptz
        and (invitations.is_reset or users.password_hash is null) and lower(users.email) = lower(invitations.sent_to)
    qualify row_number() over (partition by invitations.user_id order by requests."row") = 1
"""

NOT_VALID = f"""
    select "row", 'token' as field, 'not_valid' as code, '{INVALID}' as message
    from requests anti join opened using ("row") where token is not null
"""

ACCEPTED = f"""
    select id, case when id in (select id from opened) then $now::timestamptz end as accepted_at,
        case when id not in (select id from opened) then revoked_at end as revoked_at
    from ({REVOKED} and user_id in (select user_id from opened))
"""

LET_IN = """
    select user_id as id, password as password_hash, $now::timestamptz as email_verified_at from opened
"""


def parse_address(text: str) -> str:
    """Address of a web page that a fragment can be put behind; encrypted, unless it is on this machine."""
    parts = urlsplit(text)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1"})
    if not is_safe or not parts.hostname or "#" in text or any(c.isspace() for c in text):
        raise ValueError("must be an address like https://clients.example.com/, without a part behind #")
    return text


Address = Annotated[str, Field(max_length=500), AfterValidator(parse_address)]


class SetClientArea(Request):
    """Say where clients reach the client area; mails lead there."""

    address: Address = Field(title="Address", description="E.g. https://clients.example.com/")


def set_client_area(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set the address of the client area, which mails name.

    Args:
        tables: Read-only tables; reads ``settings``.
        requests: One row; of several the last holds. See ``SetClientArea``.
        today: Not used.
        now: Not used.

    Returns:
        The row ``client_area`` of ``settings``, new or updated.

    Problems:
        From reading ``missing``, ``bad_value``.
    """
    steps = tables.steps(requests=requests)
    steps.add("wanted", """select arg_max(address, "row") as value from requests having count(*) > 0""")
    steps.add("changed", "select id, wanted.value from settings, wanted where name = 'client_area'")
    steps.add("added", f"select {tables.next_id('settings')} + 1 as id, 'client_area' as name, value from wanted where not exists (from settings where name = 'client_area')")  # fmt: skip
    steps.add("problems", NO_PROBLEMS)
    return steps.plan(steps.update("settings", "changed"), steps.insert("settings", "added"), problems="problems")


NO_PROBLEMS = """select "row", '' as field, '' as code, '' as message from requests where false"""

ACCEPT_INVITATION = Rule(
    "accept-invitation",
    "Choose a password",
    accept_invitation,
    AcceptInvitation,
    group="users",
    internal=True,
    is_record=True,
    counts_as="set-password",
)
RULES: tuple[Rule, ...] = (
    Rule("invite-user", "Invite user to log in", invite_user, InviteUser, group="users", manual="client"),
    Rule("revoke-invitation", "Revoke invitation", revoke_invitation, RevokeInvitation, risk="medium", group="users", manual="client"),
    ACCEPT_INVITATION,
    Rule("set-client-area", "Set address of client area", set_client_area, SetClientArea, risk="medium", group="users"),
)  # fmt: skip
