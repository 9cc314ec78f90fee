"""Clients: add them, change what is given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.changes import Plan, Relation, Rule
from clientops.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.rules.editing import edit_problems_sql, edited_sql
from clientops.rules.fields import (
    ADDRESS_CHECKS,
    ColumnNames,
    Country,
    CurrencyCode,
    Email,
    Language,
    Line,
    Phone,
    Postcode,
    TaxId,
)
from clientops.rules.mail import outbox_sql
from clientops.tables.view import Tables


def check_has_name(first_name: str | None, last_name: str | None, company_name: str | None) -> dict[str, Any]:
    """Refuse a client without any name."""
    if first_name or last_name or company_name:
        return {}
    raise FieldError("last_name", "a name is missing: give a first or last name, or a company", "no_name")


class AddClient(Request):
    """Add a client."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (
        CrossCheck(("first_name", "last_name", "company_name"), check_has_name),
        *ADDRESS_CHECKS,
    )

    first_name: Line | None = Field(None, title="First name", description="Given name")
    last_name: Line | None = Field(None, title="Last name", description="Family name")
    company_name: Line | None = Field(None, title="Company", description="Empty for a private person")
    email: Email = Field(title="E-mail", description="Main e-mail address")
    address1: Line | None = Field(None, title="Address", description="Street and house number")
    address2: Line | None = Field(None, title="Address, second line")
    city: Line | None = Field(None, title="City")
    state: Line | None = Field(None, title="State", description="State, province or region")
    postcode: Postcode | None = Field(None, title="Postcode", description="As the country writes it")
    country: Country | None = Field(None, title="Country", description="Name or code, e.g. Germany or DE")
    phone: Phone | None = Field(None, title="Phone", description="E.g. +49 30 123456, or digits of the country")
    tax_id: TaxId | None = Field(None, title="Tax number", description="VAT or other tax number")
    is_tax_exempt: bool = Field(default=False, title="Tax exempt", description="Whether invoices carry no tax")
    currency: CurrencyCode | None = Field(
        None, title="Currency", description="E.g. EUR; empty: the default currency of the book"
    )
    group_id: Id | None = Field(None, title="Group", json_schema_extra={"picks": "groups"})
    status: Literal["Active", "Inactive", "Closed"] = Field(
        "Active", title="Status", description="Closed cannot log in"
    )
    payment_method: Line | None = Field(None, title="Payment method", description="E.g. banktransfer")
    language: Language | None = Field(None, title="Language", description="Of e-mails, e.g. de")
    auto_apply_credit: bool = Field(
        default=True, title="Apply credit", description="Whether new invoices are offered the account credit"
    )
    separate_invoices: bool = Field(
        default=False, title="Separate invoices", description="Whether each service gets an invoice of its own"
    )
    overdue_notices: bool = Field(default=True, title="Overdue notices", description="Whether they are sent")
    late_fees: bool = Field(default=True, title="Late fees", description="Whether they are charged")
    auto_status: bool = Field(
        default=True, title="Suggested status", description="Whether suggested statuses may change this client"
    )
    email_opt_out: bool = Field(default=False, title="No marketing", description="Whether marketing e-mail is refused")
    admin_notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    created_on: date | None = Field(None, title="Client since", description="Empty: today")
    send_welcome: bool = Field(default=False, title="Send welcome e-mail", description="Queues it in the outbox")


def add_client(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add clients, each with a welcome e-mail in the outbox if that is ticked.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``groups`` and ``communications``.
        requests: One row per client. See ``AddClient``.
        today: Day the clients are added, unless the request says another.
        now: When welcome e-mails are queued.

    Returns:
        Inserts into ``clients``, in row order, without credit, and into ``communications`` for those with
        ``send_welcome``.

    Problems:
        ``unknown_currency``, ``unknown_group``, ``in_future`` (``created_on``), ``cannot_log_in`` (a welcome e-mail
        for a closed client); and from reading the requests ``missing``, ``bad_value``, ``no_name``.

    Warnings:
        ``likely_duplicate``: e-mail, phone or tax number are those of another client, or of an earlier request.

    Source:
        WHMCS "Adding a Client".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", ADD_PROBLEMS, today=today)
    steps.add("warnings", DUPLICATES)
    steps.add("added", ADDED.format(next_id=tables.next_id("clients")), today=today)
    steps.add("addressed", WELCOMES)
    steps.add("mails", outbox_sql(tables), now=now)
    steps.add("new_clients", """select * exclude ("row", send_welcome) from added""")
    return steps.plan(
        steps.insert("clients", "new_clients"),
        steps.insert("communications", "mails"),
        problems="problems",
        warnings="warnings",
    )


ASKED = """
    select requests.*, currencies.id as currency_id, default_currency.id as default_currency_id
    from requests
    left join currencies on currencies.code = requests.currency
    left join (select min(id) as id from currencies where is_default) as default_currency on true
"""

UNKNOWN_CURRENCY_OR_GROUP = """
    select "row", 'currency' as field, 'unknown_currency' as code,
        'currency ' || currency || ' is not one of this book, which has '
            || (select string_agg(code, ', ' order by code) from currencies) as message
    from asked where currency is not null and currency_id is null
    union all
    select "row", 'group_id', 'unknown_group', 'there is no group ' || group_id
    from asked where group_id is not null and group_id not in (select id from groups)
"""

ADD_PROBLEMS = f"""
    {UNKNOWN_CURRENCY_OR_GROUP}
    union all
    select "row", 'currency', 'unknown_currency', 'currency is missing, and this book has no default currency'
    from asked where currency is null and default_currency_id is null
    union all
    select "row", 'created_on', 'in_future', 'created_on ' || created_on || ' is after today, ' || $today::date
    from asked where created_on > $today::date
    union all
    select "row", 'send_welcome', 'cannot_log_in', 'send_welcome: a Closed client cannot log in, so has no use for it'
    from asked where send_welcome and status = 'Closed'
"""

DUPLICATES = """
    with given as (
        select "row", 'email' as field, email as value, lower(email) as key from asked where email is not null
        union all select "row", 'phone', phone, phone from asked where phone is not null
        union all select "row", 'tax_id', tax_id, tax_id from asked where tax_id is not null
    ),
    numbered as (select *, min("row") over (partition by field, key) as first_row from given),
    looked_up as (select distinct field, key from given),
    others as (
        select field, key, id from looked_up join clients on field = 'email' and lower(clients.email) = key
        union all
        select field, key, id from looked_up join clients on field = 'phone' and clients.phone = key
        union all
        select field, key, id from looked_up join clients on field = 'tax_id' and clients.tax_id = key
    ),
    known as (
        select field, key, array_to_string((array_agg('client ' || id order by id))[:3], ', ')
            || case when count(*) > 3 then ' and ' || (count(*) - 3) || ' more' else '' end as words
        from others group by field, key
    )
    select "row", field, 'likely_duplicate' as code, field || ' ' || value || ' is also that of '
        || coalesce(known.words, 'row ' || first_row) || '; use the existing client if it is the same' as message
    from numbered left join known using (field, key)
    where known.words is not null or first_row < "row"
"""

PROFILE = (
    "first_name", "last_name", "company_name", "email", "address1", "address2", "city", "state", "postcode", "country",
    "phone", "tax_id",
)  # fmt: skip
SETTINGS = (
    "is_tax_exempt", "group_id", "payment_method", "language", "auto_apply_credit", "separate_invoices",
    "overdue_notices", "late_fees", "auto_status", "email_opt_out", "admin_notes",
)  # fmt: skip

ADDED = f"""
    select "row", {{next_id}} + row_number() over (order by "row") as id, {", ".join(PROFILE)}, {", ".join(SETTINGS)},
        coalesce(currency_id, default_currency_id) as currency_id, status,
        coalesce(created_on, $today::date) as created_on, send_welcome
    from asked
"""

WELCOMES = """
    select "row", id as client_id, 'welcome' as template, 'general' as category, null::varchar as subject_kind,
        null::bigint as subject_id, email as sent_to
    from added where send_welcome
"""


class EditClient(Request):
    """Change a client: only what is given."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = ADDRESS_CHECKS

    client_id: Id = Field(title="Client", description="Who is changed", json_schema_extra={"picks": "clients"})
    first_name: Line | None = Field(None, title="First name", description="Given name")
    last_name: Line | None = Field(None, title="Last name", description="Family name")
    company_name: Line | None = Field(None, title="Company")
    email: Email | None = Field(None, title="E-mail", description="Main e-mail address")
    address1: Line | None = Field(None, title="Address", description="Street and house number")
    address2: Line | None = Field(None, title="Address, second line")
    city: Line | None = Field(None, title="City")
    state: Line | None = Field(None, title="State", description="State, province or region")
    postcode: Postcode | None = Field(None, title="Postcode", description="Give the country too to have it checked")
    country: Country | None = Field(None, title="Country", description="Name or code, e.g. Germany or DE")
    phone: Phone | None = Field(None, title="Phone", description="E.g. +49 30 123456; national digits need the country")
    tax_id: TaxId | None = Field(None, title="Tax number", description="One from outside the EU needs the country")
    is_tax_exempt: bool | None = Field(None, title="Tax exempt", description="Whether invoices carry no tax")
    currency: CurrencyCode | None = Field(None, title="Currency", description="Only while there is no money yet")
    group_id: Id | None = Field(None, title="Group", json_schema_extra={"picks": "groups"})
    payment_method: Line | None = Field(None, title="Payment method", description="E.g. banktransfer")
    language: Language | None = Field(None, title="Language", description="Of e-mails, e.g. de")
    auto_apply_credit: bool | None = Field(
        None, title="Apply credit", description="Whether new invoices are offered the account credit"
    )
    separate_invoices: bool | None = Field(
        None, title="Separate invoices", description="Whether each service gets an invoice of its own"
    )
    overdue_notices: bool | None = Field(None, title="Overdue notices", description="Whether they are sent")
    late_fees: bool | None = Field(None, title="Late fees", description="Whether they are charged")
    auto_status: bool | None = Field(
        None, title="Suggested status", description="Whether suggested statuses may change this client"
    )
    email_opt_out: bool | None = Field(None, title="No marketing", description="Whether marketing e-mail is refused")
    admin_notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="Names of fields to empty, e.g. phone tax_id"
    )


CLEARABLE = (*(name for name in PROFILE if name != "email"), "group_id", "payment_method", "language", "admin_notes")


def edit_client(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change clients where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``groups``, and what has money in it.
        requests: One row per change: ``client_id``, any fields, and ``clear``, the names of fields to empty. Later
            rows of one client win. See ``EditClient``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``clients``. Status, credit and billing contact have rules of their own.

    Problems:
        ``unknown_client``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``no_name`` (no name would be
        left), ``unknown_currency``, ``currency_fixed`` (there is money in the old one), ``unknown_group``.

    Source:
        WHMCS "Profile tab".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("edited", edited_sql("clients", "client_id", (*PROFILE, *SETTINGS, "currency_id"), "asked"))
    steps.add("with_money", WITH_MONEY)
    fields = (*PROFILE, *SETTINGS, "currency")
    steps.add("general_problems", edit_problems_sql("clients", "client_id", fields, CLEARABLE))
    steps.add("problems", EDIT_PROBLEMS)
    return steps.plan(steps.update("clients", "edited"), problems="problems")


def _with_money_sql() -> str:
    """What each client that changes its currency has in the old one, in words."""
    facts = (
        ("credit entries", "credit_entries"),
        ("invoices", "invoices"),
        ("transactions", "transactions"),
        ("services", "services"),
        ("domains", "domains"),
        ("orders", "orders"),
        ("affiliate commissions", "affiliates"),
    )
    found = " union all ".join(
        f"select distinct client_id, '{words}' as words, {place} as place from {table} semi join changing using (client_id)"
        for place, (words, table) in enumerate(facts)
    )
    return f"""
        with changing as (
            select distinct asked.client_id from asked join clients on clients.id = asked.client_id
            where asked.currency_id <> clients.currency_id
        ), found as (
            select id as client_id, 'account credit' as words, -1 as place
            from clients where credit_balance <> 0 and id in (select client_id from changing)
            union all {found}
        )
        select client_id, string_agg(words, ', ' order by place) as money from found group by client_id
    """


WITH_MONEY = _with_money_sql()

EDIT_PROBLEMS = f"""
    from general_problems
    union all {UNKNOWN_CURRENCY_OR_GROUP}
    union all
    select "row", 'currency', 'currency_fixed', 'currency ' || currency || ' cannot become that of client ' || client_id
        || ', who has ' || money || ' in ' || currencies.code || '; add another client for it'
    from asked join with_money using (client_id) join clients on clients.id = client_id
    join currencies on currencies.id = clients.currency_id
    where asked.currency_id <> clients.currency_id
    union all
    select max("row"), 'clear', 'no_name', 'client ' || client_id || ' would have no name left'
    from asked join edited on edited.id = client_id
    where coalesce(edited.first_name, edited.last_name, edited.company_name) is null
        and ("clear" is not null)
    group by client_id
"""

RULES: tuple[Rule, ...] = (
    Rule("add-client", "Add client", add_client, AddClient, risk="low", group="clients", manual="client"),
    Rule("edit-client", "Edit client", edit_client, EditClient, risk="low", group="clients"),
)
