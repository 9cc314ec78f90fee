"""Users: persons who log in, and whose clients they may see."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Email, Language, Line
from clientops.rules.mail.queue import outbox_sql
from clientops.schema.passwords import OWN_NAME, SECRET, Password, check_own_name, is_own_name
from clientops.schema.requests import CrossCheck, FieldError, Id, Request
from clientops.schema.tables import Tables

PERMISSIONS = (
    "profile", "contacts", "products", "manageproducts", "productsso", "domains", "managedomains", "invoices", "quotes",
    "tickets", "affiliates", "emails", "orders",
)  # fmt: skip


def parse_permissions(text: str) -> str:
    """Permissions by their names, separated by commas, each once."""
    names = [part.strip().lower() for part in text.split(",") if part.strip()]
    if unknown := [name for name in names if name not in PERMISSIONS]:
        raise ValueError(f"{unknown[0]} is no permission; there are {', '.join(PERMISSIONS)}")
    return ",".join(dict.fromkeys(names))


Permissions = Annotated[str, Field(max_length=250), AfterValidator(parse_permissions)]


def check_invited(client: int | None, send_invitation: bool | None) -> dict[str, Any]:  # noqa: FBT001  # values of fields
    """Refuse an invitation to nothing."""
    if send_invitation and client is None:
        raise FieldError("client_id", "client_id is missing: an invitation says whose account it is for", "missing")
    return {}


class AddUser(Request):
    """Add a person who logs in, with a password or an invitation."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (
        CrossCheck(("client_id", "send_invitation"), check_invited),
        CrossCheck(("password", "email", "first_name", "last_name"), check_own_name),
    )

    email: Email = Field(title="E-mail", description="To log in with")
    first_name: Line | None = Field(None, title="First name", description="Given name")
    last_name: Line | None = Field(None, title="Last name", description="Family name")
    language: Language | None = Field(None, title="Language", description="Of the client area, e.g. de")
    password: Password | None = Field(
        None, title="Password", description="At least 10 characters; only its hash is kept. Empty: none yet", json_schema_extra=SECRET
    )  # fmt: skip
    client_id: Id | None = Field(None, title="Client", description="Whom they may see", json_schema_extra={"picks": "clients"})  # fmt: skip
    is_owner: bool = Field(default=False, title="Owner", description="Whether the client's account is theirs")
    permissions: Permissions | None = Field(None, title="Permissions", description="E.g. invoices, tickets; empty: everything")  # fmt: skip
    send_invitation: bool = Field(default=False, title="Send invitation", description="Queues it in the outbox")


def add_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add users, with access to a client if one is named, and an invitation in the outbox if that is ticked.

    Args:
        tables: Read-only tables; reads ``users``, ``clients``, ``user_clients``, ``communications``.
        requests: One row per user; ``password`` is a hash by now. See ``AddUser``.
        today: Day they are added.
        now: When invitations are queued.

    Returns:
        Inserts into ``users``, ``user_clients`` and ``communications``, in row order.

    Problems:
        ``email_taken``, ``unknown_client``, ``cannot_log_in`` (an invitation for a Closed client); and from reading
        ``missing``, ``bad_value``.

    Source:
        WHMCS "Users": a user logs in and may have access to several clients.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", ADD_PROBLEMS)
    steps.add("numbered", NUMBERED.format(next_id=tables.next_id("users")), today=today)
    steps.add("new_users", "select id, first_name, last_name, email, password as password_hash, language, created_on from numbered")  # fmt: skip
    steps.add("new_links", NEW_LINKS.format(next_id=tables.next_id("user_clients")))
    steps.add("addressed", INVITATIONS)
    steps.add("mails", outbox_sql(tables), now=now)
    return steps.plan(
        steps.insert("users", "new_users"),
        steps.insert("user_clients", "new_links"),
        steps.insert("communications", "mails"),
        problems="problems",
    )


EMAIL_TAKEN = """
    select "row", 'email' as field, 'email_taken' as code, 'email ' || requests.email || ' is that of user '
        || known.id || ' already: link that one to the client' as message
    from requests join (
        select lower(email) as key, min(id) as id from users
        where lower(email) in (select lower(email) from requests) group by 1
    ) known on known.key = lower(requests.email)
    union all
    select "row", 'email', 'email_taken', 'email ' || email || ' is in an earlier row already'
    from requests where email is not null qualify row_number() over (partition by lower(email) order by "row") > 1
"""

ADD_PROBLEMS = f"""
    {EMAIL_TAKEN}
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id
    from requests where client_id is not null and client_id not in (select id from clients)
    union all
    select "row", 'send_invitation', 'cannot_log_in', 'send_invitation: client ' || client_id || ' is Closed and cannot log in'
    from requests join clients on clients.id = client_id where send_invitation and clients.status = 'Closed'
"""

NUMBERED = """
    select *, {next_id} + row_number() over (order by "row") as id, $today::date as created_on from requests
"""

NEW_LINKS = """
    select {next_id} + row_number() over (order by "row") as id, id as user_id, client_id, is_owner, permissions
    from numbered where client_id is not null
"""

INVITATIONS = """
    select "row", client_id, 'invitation' as template, 'general' as category, 'user' as subject_kind,
        id as subject_id, email as sent_to
    from numbered where send_invitation
"""


class EditUser(Request):
    """Change a user: only what is given; the password has a rule of its own."""

    user_id: Id = Field(title="User", description="Who is changed", json_schema_extra={"picks": "users"})
    email: Email | None = Field(None, title="E-mail", description="To log in with")
    first_name: Line | None = Field(None, title="First name", description="Given name")
    last_name: Line | None = Field(None, title="Last name", description="Family name")
    language: Language | None = Field(None, title="Language", description="Of the client area")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="first_name, last_name, language")


EDITABLE = ("email", "first_name", "last_name", "language")


def edit_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change users where something is given.

    Args:
        tables: Read-only tables; reads ``users``.
        requests: One row per change: ``user_id``, any fields, ``clear``. Later rows of one user win. See ``EditUser``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``users``; a new e-mail address is not confirmed yet.

    Problems:
        ``unknown_user``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``email_taken``.
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("users", "user_id", EDITABLE))
    steps.add("general", edit_problems_sql("users", "user_id", EDITABLE, EDITABLE[1:]))
    steps.add("problems", EDIT_PROBLEMS)
    steps.add("changed_users", CHANGED_USERS)
    return steps.plan(steps.update("users", "changed_users"), problems="problems")


EDIT_PROBLEMS = """
    from general
    union all
    select max("row"), 'email', 'email_taken', 'email ' || edited.email || ' is that of another user already'
    from requests join edited on edited.id = user_id
    where requests.email is not null and lower(edited.email) = lower(requests.email) and (
        exists (from users where users.id <> edited.id and lower(users.email) = lower(edited.email)
            and users.id not in (select id from edited))
        or exists (from edited o where o.id <> edited.id and lower(o.email) = lower(edited.email)))
    group by edited.id, edited.email
"""

CHANGED_USERS = """
    select edited.*, case when lower(edited.email) = lower(users.email) then users.email_verified_at end as email_verified_at
    from edited join users using (id)
"""


class SetPassword(Request):
    """Give a user another password."""

    user_id: Id = Field(title="User", description="Who logs in with it", json_schema_extra={"picks": "users"})
    password: Password = Field(
        title="Password", description="At least 10 characters; only its hash is kept", json_schema_extra=SECRET
    )


def set_password(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set passwords of users.

    Args:
        tables: Read-only tables; reads ``users``.
        requests: One row per user; ``password`` is a hash by now: it was made, with its salt, when the request was read.
            The last row of a user holds. See ``SetPassword``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``users.password_hash``.

    Problems:
        ``unknown_user``, ``own_name`` (the user's address or name); and from reading ``missing``, ``bad_value`` (too short, or
        easily guessed).
    """
    steps = tables.steps(requests=requests)
    asked = f'select r."row", r.password, {PERSON} from requests r join users u on u.id = r.user_id'
    steps.add("problems", f"{UNKNOWN_USER} union all {own_name_sql(tables, asked)}")
    steps.add(
        "hashed", 'select user_id as id, arg_max(password, "row") as password_hash from requests group by user_id'
    )
    return steps.plan(steps.update("users", "hashed"), problems="problems")


PERSON = """u.email, u.first_name, u.last_name,
    (select string_agg(concat_ws(' ', c.first_name, c.last_name, c.company_name), ' ')
        from user_clients l join clients c on c.id = l.client_id where l.user_id = u.id) as clients"""


def own_name_sql(tables: Tables, asked: str) -> str:
    """SELECT of the problem ``own_name``: a password that is an address or name of whoever logs in with it.

    Args:
        tables: The tables.
        asked: SELECT of ``row``, the password's hash, and what the person is called.
    """
    found = [row for row, password, *names in tables.rows(asked) if is_own_name(password, *names)]
    rows = ", ".join(f"({row})" for row in found) or "(0)"
    return f"""
        select "row", 'password' as field, 'own_name' as code, 'password ''(hidden)'': {OWN_NAME}' as message
        from (values {rows}) found("row") where "row" > 0
    """


UNKNOWN_USER = """
    select "row", 'user_id' as field, 'unknown_user' as code, 'there is no user ' || user_id as message
    from requests where user_id is not null and user_id not in (select id from users)
"""

RULES: tuple[Rule, ...] = (
    Rule("add-user", "Add user", add_user, AddUser, group="users", manual="client"),
    Rule("edit-user", "Edit user", edit_user, EditUser, group="users", manual="client"),
    Rule("set-password", "Set password", set_password, SetPassword, risk="medium", group="users", manual="client"),
)
