"""Which users may see which clients, and removing users."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.users.users import UNKNOWN_USER, Permissions
from clientops.schema.references import references_to
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class LinkUser(Request):
    """Let a user see a client."""

    user_id: Id = Field(title="User", description="Who may see it", json_schema_extra={"picks": "users"})
    client_id: Id = Field(title="Client", description="Whose account", json_schema_extra={"picks": "clients"})
    is_owner: bool = Field(default=False, title="Owner", description="Whether the client's account is theirs")
    permissions: Permissions | None = Field(None, title="Permissions", description="E.g. invoices, tickets; empty: everything")  # fmt: skip


def link_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Let users see clients.

    Args:
        tables: Read-only tables; reads ``users``, ``clients``, ``user_clients``.
        requests: One row per user and client. See ``LinkUser``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``user_clients``, in row order.

    Problems:
        ``unknown_user``, ``unknown_client``, ``already_linked`` (also by an earlier row).

    Source:
        WHMCS "Users": Associate User.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", LINK_PROBLEMS)
    steps.add("new_links", NEW_LINKS.format(next_id=tables.next_id("user_clients")))
    return steps.plan(steps.insert("user_clients", "new_links"), problems="problems")


LINK_PROBLEMS = f"""
    {UNKNOWN_USER}
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id
    from requests where client_id is not null and client_id not in (select id from clients)
    union all
    select "row", 'client_id', 'already_linked', 'user ' || user_id || ' may see client ' || client_id || ' already'
    from (
        select requests.*, row_number() over (partition by user_id, client_id order by "row") > 1
            or (user_id, client_id) in (select (user_id, client_id) from user_clients) as is_linked
        from requests where user_id is not null and client_id is not null
    )
    where is_linked
"""

NEW_LINKS = """
    select {next_id} + row_number() over (order by "row") as id, user_id, client_id, is_owner, permissions from requests
"""


class UnlinkUser(Request):
    """Let a user no longer see a client."""

    user_id: Id = Field(title="User", description="Who loses it", json_schema_extra={"picks": "users"})
    client_id: Id = Field(title="Client", description="Whose account", json_schema_extra={"picks": "clients"})


def unlink_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take from users the sight of clients.

    Args:
        tables: Read-only tables; reads ``users``, ``user_clients``.
        requests: One row per user and client. See ``UnlinkUser``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``user_clients``.

    Problems:
        ``unknown_user``, ``not_linked`` (also because of an earlier row).

    Warnings:
        ``no_user_left``: nobody can log in for the client any more.
    """
    steps = tables.steps(requests=requests)
    steps.add("links", 'select requests."row", requests.user_id, requests.client_id, user_clients.id from requests left join user_clients using (user_id, client_id)')  # fmt: skip
    steps.add("problems", UNLINK_PROBLEMS)
    steps.add("warnings", NO_USER_LEFT)
    steps.add("gone", "select distinct id from links where id is not null")
    return steps.plan(steps.delete("user_clients", "gone"), problems="problems", warnings="warnings")


UNLINK_PROBLEMS = f"""
    {UNKNOWN_USER}
    union all
    select "row", 'client_id', 'not_linked', 'user ' || user_id || ' may not see client ' || client_id || ' anyway'
    from (select *, row_number() over (partition by user_id, client_id order by "row") > 1 as is_again from links)
    where user_id in (select id from users) and client_id is not null and (id is null or is_again)
"""

NO_USER_LEFT = """
    select min("row") as "row", 'client_id' as field, 'no_user_left' as code,
        'nobody can log in for client ' || client_id || ' any more' as message
    from links where id is not null and client_id not in (
        select client_id from user_clients where id not in (select id from links where id is not null))
    group by client_id
"""


class RemoveUser(Request):
    """Remove a user: they can no longer log in for anybody."""

    user_id: Id = Field(title="User", description="Who goes", json_schema_extra={"picks": "users"})


def remove_user(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove users, with their access to clients.

    Args:
        tables: Read-only tables; reads ``users`` and whatever points at them.
        requests: One row per user. See ``RemoveUser``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``users``, ``user_clients`` and ``invitations``; updates of what else points at them (orders,
        tickets, replies, mails): that is cleared.

    Problems:
        ``unknown_user``, also for one that an earlier row removes.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", GONE_ALREADY)
    steps.add("gone", "select distinct user_id as id from requests")
    pointing = references_to("users")
    for reference in pointing:
        column, when = reference.column, f"and {reference.when}" if reference.when else ""
        emptied = f", null::bigint as {column}" if reference.on_delete == "clear" else ""
        steps.add(f"gone {reference.table}", f"select id{emptied} from {reference.table} where {column} in (select id from gone) {when}")  # fmt: skip
    return steps.plan(
        steps.delete("users", "gone"),
        *(steps.delete(r.table, f"gone {r.table}") for r in pointing if r.on_delete == "remove"),
        *(steps.update(r.table, f"gone {r.table}") for r in pointing if r.on_delete == "clear"),
        problems="problems",
    )


GONE_ALREADY = f"""
    {UNKNOWN_USER}
    union all
    select "row", 'user_id', 'unknown_user', 'user ' || user_id || ' is removed by an earlier row already'
    from requests where user_id in (select id from users)
    qualify row_number() over (partition by user_id order by "row") > 1
"""

RULES: tuple[Rule, ...] = (
    Rule("link-user", "Let user see client", link_user, LinkUser, group="users", manual="client"),
    Rule(
        "unlink-user", "Take access from user", unlink_user, UnlinkUser, risk="medium", group="users", manual="client"
    ),
    Rule("remove-user", "Remove user", remove_user, RemoveUser, risk="medium", group="users", manual="client"),
)
