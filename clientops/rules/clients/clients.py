"""Clients: add them, change what is given."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.clients.duplicate_warning import add_likely_duplicates
from clientops.rules.clients.with_new_client import EXTRA_CHECKS, OF_EXTRAS, add_extras
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import (
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
    WayOfPaying,
)
from clientops.schema.passwords import SECRET, Password, check_own_name
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables


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
        *EXTRA_CHECKS,
        CrossCheck(
            ("password", "email", "login_email", "first_name", "last_name", "company_name"),
            check_own_name,
        ),
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
    reverse_charge: bool | None = Field(None, title="Reverse charge", description="No tax for a valid VAT number of another EU country; empty: as the business settings say")  # fmt: skip
    currency: CurrencyCode | None = Field(
        None, title="Currency", description="E.g. EUR; empty: the default currency of the book"
    )
    group_id: Id | None = Field(None, title="Group", json_schema_extra={"picks": "groups"})
    status: Literal["Active", "Inactive", "Closed"] = Field(
        "Active", title="Status", description="Closed cannot log in"
    )
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="E.g. Bank transfer")
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
    billing_first_name: Line | None = Field(
        None,
        title="Billing contact: first name",
        description="Of the contact whose name invoices carry; empty: the client's",
    )
    billing_last_name: Line | None = Field(None, title="Billing contact: last name")
    billing_email: Email | None = Field(
        None, title="Billing contact: e-mail", description="Receives invoices beside the client"
    )
    fields: Text | None = Field(
        None,
        title="Custom fields",
        description="E.g. Purchase order=PO-7; VIP=yes",
        json_schema_extra={"multiline": True},
    )
    login_email: Email | None = Field(None, title="Log-in", description="E-mail to log in with; empty: the main one")
    password: Password | None = Field(
        None, title="Password", description="At least 10 characters; only its hash is kept. Empty: no log-in yet", json_schema_extra=SECRET
    )  # fmt: skip
    invite: bool = Field(
        default=False, title="Invite to log in", description="Queues an invitation to choose a password"
    )
    send_welcome: bool = Field(default=False, title="Send welcome e-mail", description="Queues it in the outbox")


def add_client(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add clients, with whatever is given of a log-in, a billing contact, custom fields, and a welcome e-mail.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``groups``, ``users``, ``custom_fields``.
        requests: One row per client; ``password`` is a hash by now. See ``AddClient``.
        today: Day the clients are added, unless the request says another.
        now: When e-mails are queued.

    Returns:
        Inserts into ``clients``, in row order, without credit; into ``contacts`` (the billing contact), ``users`` and
        ``user_clients`` (who logs in, as owner; a user with that e-mail is given access), ``custom_values``, and
        ``communications`` (``send_welcome``, ``invite``).

    Problems:
        ``unknown_currency``, ``unknown_group``, ``in_future`` (``created_on``), ``cannot_log_in`` (an e-mail or log-in
        for a closed client), ``user_exists`` (a password for somebody who has one), ``unknown_field``, ``bad_value`` and
        ``twice`` (custom fields), ``required``, ``password_field``; and from reading the requests ``missing``,
        ``bad_value``, ``no_name``, ``no_login``, ``two_logins``.

    Warnings:
        ``likely_duplicate``: e-mail, phone or tax number are those of another client, or of an earlier request;
        ``existing_user``, ``required_field``.

    Source:
        WHMCS "Adding a Client".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", ADD_PROBLEMS, today=today)
    steps.add("added", ADDED.format(next_id=tables.next_id("clients")), today=today)
    extras = add_extras(steps, today=today, now=now)
    steps.add("all_problems", "from problems union all from extra_problems")
    add_likely_duplicates(steps)
    steps.add("warnings", "from likely_duplicates union all from extra_warnings")
    steps.add("new_clients", NEW_CLIENTS)
    return steps.plan(steps.insert("clients", "new_clients"), *extras, problems="all_problems", warnings="warnings")


ASKED = """
    select requests.*, currencies.id as currency_id, default_currency.id as default_currency_id
    from requests
    left join currencies on currencies.code = requests.currency
    left join (select min(id) as id from currencies where is_default) as default_currency on true
"""

UNKNOWN_CURRENCY_OR_GROUP = """
    select "row", 'currency' as field, 'unknown_currency' as code,
        'currency ' || currency || ' is not one of this book, which has '
            || coalesce((select string_agg(code, ', ' order by code) from currencies), 'none yet; add it first (add-currency)') as message
    from asked where currency is not null and currency_id is null
    union all
    select "row", 'group_id', 'unknown_group', 'there is no group ' || group_id
    from asked where group_id is not null and group_id not in (select id from groups)
"""

ADD_PROBLEMS = f"""
    {UNKNOWN_CURRENCY_OR_GROUP}
    union all
    select "row", 'currency', 'unknown_currency', 'currency is missing, and this book has no default currency; add-currency adds one'
    from asked where currency is null and default_currency_id is null
    union all
    select "row", 'created_on', 'in_future', 'created_on ' || created_on || ' is after today, ' || $today::date
    from asked where created_on > $today::date
    union all
    select "row", 'send_welcome', 'cannot_log_in', 'send_welcome: a Closed client cannot log in, so has no use for it'
    from asked where send_welcome and status = 'Closed'
"""

PROFILE = (
    "first_name", "last_name", "company_name", "email", "address1", "address2", "city", "state", "postcode", "country",
    "phone", "tax_id",
)  # fmt: skip
SETTINGS = (
    "is_tax_exempt", "reverse_charge", "group_id", "payment_method", "language", "auto_apply_credit", "separate_invoices",
    "overdue_notices", "late_fees", "auto_status", "email_opt_out", "admin_notes",
)  # fmt: skip

ADDED = f"""
    select "row", {{next_id}} + row_number() over (order by "row") as id, {", ".join(PROFILE)}, {", ".join(SETTINGS)},
        coalesce(currency_id, default_currency_id) as currency_id, status,
        coalesce(created_on, $today::date) as created_on, {", ".join(OF_EXTRAS)}
    from asked
"""

NEW_CLIENTS = f"""
    select added.* exclude ("row", {", ".join(OF_EXTRAS)}), new_contacts.id as default_billing_contact_id
    from added left join new_contacts on new_contacts.client_id = added.id
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
    reverse_charge: bool | None = Field(
        None, title="Reverse charge", description="No tax for a valid VAT number of another EU country"
    )
    currency: CurrencyCode | None = Field(None, title="Currency", description="Only while there is no money yet")
    group_id: Id | None = Field(None, title="Group", json_schema_extra={"picks": "groups"})
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="E.g. Bank transfer")
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


CLEARABLE = (
    *(name for name in PROFILE if name != "email"),
    "group_id",
    "payment_method",
    "language",
    "reverse_charge",
    "admin_notes",
)


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
    Rule("edit-client", "Edit client", edit_client, EditClient, risk="low", group="clients", manual="client"),
)
