"""What is entered together with a new client: who logs in, a billing contact, values of custom fields."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from clientops.core.plan import Change
from clientops.rules.mail.queue import outbox_sql
from clientops.rules.support.custom_values import CHECKED_VALUES, KEPT_VALUES, NEW_VALUES, VALUE_PROBLEMS
from clientops.schema.requests import CrossCheck, FieldError
from clientops.schema.tables import Steps


def check_login(
    login_email: str | None,
    password: str | None,
    invite: bool | None,  # noqa: FBT001  # values of fields
    status: str | None,
) -> dict[str, Any]:
    """Refuse a log-in address without a log-in, two ways to log in, and a log-in for a closed client."""
    field = "password" if password else "invite"
    if login_email and not password and not invite:
        raise FieldError("login_email", "login_email is of no use without a password or an invitation", "no_login")
    if password and invite:
        raise FieldError("invite", "invite: who has a password needs no invitation; do one of them", "two_logins")
    if (password or invite) and status == "Closed":
        raise FieldError(field, f"{field}: a Closed client cannot log in", "cannot_log_in")
    return {}


BILLING = ("billing_first_name", "billing_last_name", "billing_email")


def check_billing(*given: str | None) -> dict[str, Any]:
    """Refuse half a billing contact."""
    if any(given) and not all(given):
        missing = next(name for name, value in zip(BILLING, given, strict=True) if not value)
        raise FieldError(missing, f"{missing} is missing: a billing contact has a first name, a last name and an e-mail", "missing")  # fmt: skip
    return {}


EXTRA_CHECKS = (
    CrossCheck(("login_email", "password", "invite", "status"), check_login),
    CrossCheck(BILLING, check_billing),
)
OF_EXTRAS = ("login_email", "password", "invite", *BILLING, "fields", "send_welcome")


def add_extras(steps: Steps, *, today: date, now: datetime) -> tuple[Change, ...]:
    """Plan what comes with new clients.

    Args:
        steps: With ``added``: the new clients with ``row``, and the fields ``OF_EXTRAS`` of their requests.
        today: Day on which contacts and users are added.
        now: When e-mails are queued.

    Returns:
        Inserts of contacts, users, permissions, values of custom fields and e-mails. Later steps may read
        ``new_contacts`` (for ``default_billing_contact_id``), ``extra_problems`` and ``extra_warnings``.
    """
    number = steps.tables.next_id
    steps.add("new_contacts", NEW_CONTACTS.format(next_id=number("contacts")), today=today)
    steps.add("logins", LOGINS.format(next_id=number("users")))
    steps.add("new_users", NEW_USERS, today=today)
    steps.add("new_links", NEW_LINKS.format(next_id=number("user_clients")))
    steps.add("named_values", NAMED_VALUES)
    steps.add("given_values", GIVEN_VALUES)
    steps.add("checked_values", CHECKED_VALUES)
    steps.add("kept_values", KEPT_VALUES)
    steps.add("new_values", NEW_VALUES.format(next_id=number("custom_values")))
    steps.add("addressed", MAILS)
    steps.add("mails", outbox_sql(steps.tables), now=now)
    steps.add("extra_problems", EXTRA_PROBLEMS)
    steps.add("extra_warnings", EXTRA_WARNINGS)
    return (
        steps.insert("contacts", "new_contacts"),
        steps.insert("users", "new_users"),
        steps.insert("user_clients", "new_links"),
        steps.insert("custom_values", "new_values"),
        steps.insert("communications", "mails"),
    )


NEW_CONTACTS = """
    select {next_id} + row_number() over (order by "row") as id, id as client_id, billing_first_name as first_name,
        billing_last_name as last_name, billing_email as email, true as wants_invoice, $today::date as created_on
    from added where billing_email is not null
"""

LOGINS = """
    with wanted as (
        select "row", id as client_id, coalesce(login_email, email) as email, first_name, last_name, language, password, invite
        from added where password is not null or invite
    ),
    known as (
        select wanted."row", min(users.id) as known_id
        from wanted join users on lower(users.email) = lower(wanted.email) group by wanted."row"
    ),
    placed as (
        select wanted.*, known_id, row_number() over (partition by lower(email) order by "row") = 1 as is_first
        from wanted left join known using ("row")
    ),
    numbered as (
        select *, case when known_id is null and is_first then
            {next_id} + count(*) filter (known_id is null and is_first) over (order by "row") end as new_id
        from placed
    )
    select *, coalesce(known_id, max(new_id) over (partition by lower(email))) as user_id from numbered
"""

NEW_USERS = """
    select new_id as id, first_name, last_name, email, password as password_hash, language, $today::date as created_on
    from logins where new_id is not null
"""

NEW_LINKS = """
    select {next_id} + row_number() over (order by "row") as id, user_id, client_id, true as is_owner from logins
"""

NAMED_VALUES = """
    with pairs as (
        select "row", id, trim(unnest(string_split(replace(fields, chr(10), ';'), ';'))) as pair from added
    ),
    written as (
        select *, trim(split_part(pair, '=', 1)) as field_name, nullif(trim(substr(pair, strpos(pair, '=') + 1)), '') as value,
            contains(pair, '=') as has_value
        from pairs where pair <> ''
    ),
    known as (
        select lower(name) as key, min(id) as field_id from custom_fields where subject_kind = 'client' group by 1
    )
    select written.*, known.field_id, row_number() over (partition by "row", lower(field_name) order by pair) > 1 as is_again
    from written left join known on known.key = lower(field_name)
"""

GIVEN_VALUES = """
    select "row", 'fields' as field, field_id, value, 'client' as subject_kind, id as subject_id, true as is_known,
        null::bigint as product_id
    from named_values where field_id is not null and has_value and not is_again
"""

MAILS = """
    select "row" * 2 as "row", id as client_id, 'welcome' as template, 'general' as category,
        null::varchar as subject_kind, null::bigint as subject_id, email as sent_to
    from added where send_welcome
    union all
    select "row" * 2 + 1, client_id, 'invitation', 'general', 'user', user_id, email from logins where invite
"""

EXTRA_PROBLEMS = f"""
    select "row", 'password' as field, 'user_exists' as code, 'password: ' || email || ' logs in already'
        || coalesce(' as user ' || known_id, ', by an earlier row') || ', with a password of their own; leave it empty and '
        || 'invite them instead' as message
    from logins where password is not null and (known_id is not null or not is_first)
    union all
    select "row", 'fields', 'bad_value', 'fields: ' || left(pair, 60) || ' is not written like Name=value; Other name=value'
    from named_values where not has_value
    union all
    select "row", 'fields', 'unknown_field', 'fields: there is no custom field ' || field_name || ' of clients; there are '
        || coalesce((select string_agg(name, ', ' order by sort_order, id) from custom_fields where subject_kind = 'client'), 'none')
    from named_values where has_value and field_id is null
    union all
    select "row", 'fields', 'twice', 'fields: ' || field_name || ' is given twice' from named_values where is_again
    union all {VALUE_PROBLEMS}
"""

EXTRA_WARNINGS = """
    select "row", 'login_email' as field, 'existing_user' as code, email || ' logs in already'
        || coalesce(' as user ' || known_id, ', by an earlier row') || ' and may then see this client too' as message
    from logins where password is null and (known_id is not null or not is_first)
    union all
    select added."row", 'fields', 'required_field', 'custom field ' || custom_fields.name || ' is to be filled for every client'
    from added cross join custom_fields
    where custom_fields.subject_kind = 'client' and custom_fields.is_required
        and (added."row", custom_fields.id) not in (select ("row", field_id) from given_values where value is not null)
"""
