"""Contacts: add, edit and remove them, and name the one that invoices are addressed to."""

from __future__ import annotations

from datetime import date, datetime
from typing import ClassVar

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.clients.clients import PROFILE
from clientops.rules.clients.status import UNKNOWN_CLIENT
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ADDRESS_CHECKS, ColumnNames, Country, Email, Line, Phone, Postcode, TaxId
from clientops.rules.mail.queue import CATEGORIES
from clientops.schema.references import references_to
from clientops.schema.requests import CrossCheck, Id, Request
from clientops.schema.tables import Tables

WANTS = tuple(f"wants_{category}" for category in CATEGORIES)


class AddContact(Request):
    """Add a contact to a client."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = ADDRESS_CHECKS

    client_id: Id = Field(title="Client", description="Whose contact it is", json_schema_extra={"picks": "clients"})
    first_name: Line = Field(title="First name", description="Given name")
    last_name: Line = Field(title="Last name", description="Family name")
    email: Email = Field(title="E-mail")
    company_name: Line | None = Field(None, title="Company")
    address1: Line | None = Field(None, title="Address", description="Street and house number")
    address2: Line | None = Field(None, title="Address, second line")
    city: Line | None = Field(None, title="City")
    state: Line | None = Field(None, title="State", description="State, province or region")
    postcode: Postcode | None = Field(None, title="Postcode", description="As the country writes it")
    country: Country | None = Field(None, title="Country", description="Name or code, e.g. Germany or DE")
    phone: Phone | None = Field(None, title="Phone", description="E.g. +49 30 123456, or digits of the country")
    tax_id: TaxId | None = Field(None, title="Tax number", description="VAT or other tax number")
    wants_general: bool = Field(default=False, title="General e-mails")
    wants_invoice: bool = Field(default=False, title="Invoice e-mails")
    wants_support: bool = Field(default=False, title="Support e-mails")
    wants_product: bool = Field(default=False, title="Product e-mails")
    wants_domain: bool = Field(default=False, title="Domain e-mails")
    wants_affiliate: bool = Field(default=False, title="Affiliate e-mails")


def add_contact(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add contacts to clients.

    Args:
        tables: Read-only tables; reads ``clients`` and ``contacts``.
        requests: One row per contact; ``client_id``, names and e-mail are needed, nothing else. See ``AddContact``.
        today: Day the contacts are added.
        now: Not used.

    Returns:
        Inserts into ``contacts``, in row order.

    Problems:
        ``unknown_client``; and from reading the requests ``missing`` and ``bad_value``.

    Warnings:
        ``likely_duplicate``: the client has a contact with that e-mail.

    Source:
        WHMCS "Contacts tab".
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", UNKNOWN_CLIENT)
    steps.add("warnings", SAME_EMAIL)
    steps.add("added", ADDED.format(next_id=tables.next_id("contacts")), today=today)
    return steps.plan(steps.insert("contacts", "added"), problems="problems", warnings="warnings")


SAME_EMAIL = """
    select "row", 'email' as field, 'likely_duplicate' as code, 'email ' || requests.email || ' is that of contact '
        || string_agg(contacts.id, ', ' order by contacts.id) || ' of client ' || requests.client_id || ' already' as message
    from requests join contacts
        on contacts.client_id = requests.client_id and lower(contacts.email) = lower(requests.email)
    group by "row", requests.email, requests.client_id
"""

ADDED = f"""
    select {{next_id}} + row_number() over (order by "row") as id, client_id, {", ".join(PROFILE)}, {", ".join(WANTS)},
        $today::date as created_on
    from requests
"""


class EditContact(Request):
    """Change a contact: only what is given."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = ADDRESS_CHECKS

    contact_id: Id = Field(title="Contact", json_schema_extra={"picks": "contacts"})
    first_name: Line | None = Field(None, title="First name", description="Given name")
    last_name: Line | None = Field(None, title="Last name", description="Family name")
    email: Email | None = Field(None, title="E-mail")
    company_name: Line | None = Field(None, title="Company")
    address1: Line | None = Field(None, title="Address", description="Street and house number")
    address2: Line | None = Field(None, title="Address, second line")
    city: Line | None = Field(None, title="City")
    state: Line | None = Field(None, title="State", description="State, province or region")
    postcode: Postcode | None = Field(None, title="Postcode", description="Give the country too to have it checked")
    country: Country | None = Field(None, title="Country", description="Name or code, e.g. Germany or DE")
    phone: Phone | None = Field(None, title="Phone", description="E.g. +49 30 123456; national digits need the country")
    tax_id: TaxId | None = Field(None, title="Tax number", description="One from outside the EU needs the country")
    wants_general: bool | None = Field(None, title="General e-mails")
    wants_invoice: bool | None = Field(None, title="Invoice e-mails")
    wants_support: bool | None = Field(None, title="Support e-mails")
    wants_product: bool | None = Field(None, title="Product e-mails")
    wants_domain: bool | None = Field(None, title="Domain e-mails")
    wants_affiliate: bool | None = Field(None, title="Affiliate e-mails")
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="Names of fields to empty, e.g. phone tax_id"
    )


REQUIRED = ("first_name", "last_name", "email")
CLEARABLE = tuple(name for name in PROFILE if name not in REQUIRED)


def edit_contact(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change contacts where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``contacts``.
        requests: One row per change: ``contact_id``, any fields, and ``clear``, the names of fields to empty. Later
            rows of one contact win. See ``EditContact``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``contacts``.

    Problems:
        ``unknown_contact``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``.

    Source:
        WHMCS "Contacts tab".
    """
    steps = tables.steps(requests=requests)
    columns = (*PROFILE, *WANTS)
    steps.add("problems", edit_problems_sql("contacts", "contact_id", columns, CLEARABLE))
    steps.add("edited", edited_sql("contacts", "contact_id", columns))
    return steps.plan(steps.update("contacts", "edited"), problems="problems")


class RemoveContact(Request):
    """Remove a contact."""

    contact_id: Id = Field(title="Contact", json_schema_extra={"picks": "contacts"})


def remove_contact(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove contacts; what pointed at them points at nobody any more.

    Args:
        tables: Read-only tables; reads ``contacts`` and every table that points at them.
        requests: One row per contact. See ``RemoveContact``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``contacts``; updates that clear references to them, by the reference map. Invoices keep the name
        and address they were printed with.

    Problems:
        ``unknown_contact``, also for a contact that an earlier row removes.

    Warnings:
        ``was_billing_contact``: the client's invoices carry its own name from now on.

    Source:
        WHMCS "Contacts tab".
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", REMOVE_PROBLEMS)
    steps.add("warnings", WAS_BILLING_CONTACT)
    steps.add(
        "removed", "select distinct contact_id as id from requests semi join contacts on contacts.id = contact_id"
    )
    changes = [steps.delete("contacts", "removed")]
    for reference in references_to("contacts"):
        step = f"cleared_{reference.table}"
        steps.add(step, _cleared_sql(reference.table, reference.column))
        changes.append(steps.update(reference.table, step))
    return steps.plan(*changes, problems="problems", warnings="warnings")


def _cleared_sql(table: str, column: str) -> str:
    return f"select id, null::bigint as {column} from {table} where {column} in (select id from removed)"


UNKNOWN_CONTACT = """
    select "row", 'contact_id' as field, 'unknown_contact' as code, 'there is no contact ' || contact_id as message
    from requests anti join contacts on contacts.id = requests.contact_id where contact_id is not null
"""

REMOVE_PROBLEMS = f"""
    {UNKNOWN_CONTACT}
    union all
    select "row", 'contact_id', 'unknown_contact', 'contact ' || contact_id || ' is removed by row ' || first_row || ' already'
    from (select "row", contact_id, min("row") over (partition by contact_id) as first_row from requests)
    where "row" > first_row
"""

WAS_BILLING_CONTACT = """
    select "row", 'contact_id' as field, 'was_billing_contact' as code, 'contact ' || contact_id
        || ' is the billing contact of client ' || clients.id || ', whose invoices carry its own name from now on' as message
    from requests join clients on clients.default_billing_contact_id = requests.contact_id
"""


class SetBillingContact(Request):
    """Name the contact that a client's invoices are addressed to."""

    client_id: Id = Field(title="Client", json_schema_extra={"picks": "clients"})
    contact_id: Id | None = Field(
        None, title="Billing contact", description="Empty: the client itself", json_schema_extra={"picks": "contacts"}
    )


def set_billing_contact(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Name the contacts that clients' invoices are addressed to.

    Args:
        tables: Read-only tables; reads ``clients`` and ``contacts``.
        requests: One row per client: ``client_id``, ``contact_id`` (empty: the client itself). Later rows of one
            client win. See ``SetBillingContact``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``clients.default_billing_contact_id``. Invoices that exist stay as they are.

    Problems:
        ``unknown_client``, ``unknown_contact``, ``other_client`` (the contact belongs to another client).

    Source:
        WHMCS "Contacts tab", billing contacts.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{UNKNOWN_CLIENT} union all {UNKNOWN_CONTACT} union all {OTHER_CLIENT}")
    steps.add("named", NAMED)
    return steps.plan(steps.update("clients", "named"), problems="problems")


OTHER_CLIENT = """
    select "row", 'contact_id', 'other_client', 'contact ' || contact_id || ' belongs to client ' || contacts.client_id
        || ', not to client ' || requests.client_id
    from requests join contacts on contacts.id = requests.contact_id where contacts.client_id <> requests.client_id
"""

NAMED = """
    select client_id as id, arg_max({'id': contact_id}, "row").id as default_billing_contact_id
    from requests semi join clients on clients.id = requests.client_id group by client_id
"""

RULES: tuple[Rule, ...] = (
    Rule("add-contact", "Add contact", add_contact, AddContact, risk="low", group="contacts", manual="client"),
    Rule("edit-contact", "Edit contact", edit_contact, EditContact, risk="low", group="contacts", manual="client"),
    Rule(
        "remove-contact",
        "Remove contact",
        remove_contact,
        RemoveContact,
        risk="medium",
        group="contacts",
        manual="client",
    ),
    Rule(
        "set-billing-contact",
        "Set billing contact",
        set_billing_contact,
        SetBillingContact,
        risk="low",
        group="contacts",
        manual="client",
    ),
)
