"""Add-ons and customisations of services: add and edit them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Line, WayOfPaying
from clientops.rules.services.add import BillingDay, HowMany, NotNegative
from clientops.rules.services.dates import ENDED, Cycle, Status, start_problems_sql, start_warnings_sql, starts_sql
from clientops.rules.services.edit import edited_problems_sql, judged_sql, past_due_sql
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


class AddAddon(Request):
    """Enter an add-on or customisation of a service, billed beside it."""

    service_id: Id = Field(title="Service", description="What it belongs to", json_schema_extra={"picks": "services"})
    name: Line = Field(title="Name", description="As on invoices, e.g. Daily backup")
    description: Text | None = Field(
        None, title="Description", description="What it is", json_schema_extra={"multiline": True}
    )
    billing_cycle: Cycle | None = Field(None, title="Billing cycle", description="Empty: that of the service")
    quantity: HowMany = Field(1, title="Quantity", description="How many")
    recurring_amount: NotNegative | None = Field(
        None, title="Recurring amount", description="Of each cycle, for the whole quantity"
    )
    setup_fee: NotNegative | None = Field(None, title="Set-up fee", description="Charged once, with the first payment")
    first_amount: NotNegative | None = Field(
        None, title="First payment", description="Empty: the recurring amount with the set-up fee"
    )
    is_taxed: bool = Field(default=True, title="Taxed", description="Whether tax is charged on it")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own")
    registered_on: date | None = Field(None, title="Began on", description="Empty: today")
    next_due_on: date | None = Field(
        None, title="Next due", description="Empty: the day it begins, or the next cycle from today on if it began earlier"
    )  # fmt: skip
    billing_day: BillingDay | None = Field(
        None, title="Billing day", description="Day of the month that due dates aim at; empty: that of the due date"
    )
    status: Status = Field("Active", title="Status", description="Active and Suspended ones are invoiced")
    terminated_on: date | None = Field(None, title="Ended on", description="Empty: today, if the status is an end")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the service's")
    subscription_id: Line | None = Field(None, title="Subscription", description="The gateway's number for it")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )


def add_addon(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Enter add-ons of services.

    Args:
        tables: Read-only tables; reads ``services``, ``clients``, ``currencies``, ``addons``.
        requests: One row per add-on; amounts are money in the currency of the service's client. See ``AddAddon``.
        today: Day it begins where none is given.
        now: Not used.

    Returns:
        Inserts into ``addons``, in row order. What begins today or later is due on that day, so that its first invoice
        bills the first payment; what began earlier is due on the next day of its cycle.

    Problems:
        ``unknown_service``, ``no_price``, ``not_minor_unit``, ``too_large``, ``free_costs``, ``one_time_recurs``,
        ``one_time_due``, ``due_before_start``, ``ended_before_start``, ``not_ended``, ``implausible_date``.

    Warnings:
        ``service_ended`` (it would not be invoiced), ``likely_duplicate`` (the service has a running one of that name),
        ``not_billed``.

    Source:
        WHMCS "Product Addons": adding an addon to a service by hand.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("priced", PRICED)
    steps.add("started", starts_sql("priced"), today=today)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS, today=today)
    steps.add("added", ADDED.format(next_id=tables.next_id("addons")), today=today)
    return steps.plan(steps.insert("addons", "added"), problems="problems", warnings="warnings")


ASKED = """
    with parents as (select * from services where id in (select service_id from requests))
    select requests.* replace (coalesce(requests.billing_cycle, parents.billing_cycle) as billing_cycle),
        parents.id is not null as is_known, parents.status as service_status, currencies.code, currencies.minor_digits
    from requests
    left join parents on parents.id = requests.service_id
    left join clients on clients.id = parents.client_id
    left join currencies on currencies.id = clients.currency_id
"""

PRICED = """
    select *,
        coalesce(first_amount::decimal(38, 4), case billing_cycle when 'free' then 0
            else coalesce(recurring_amount, 0)::decimal(38, 4) + coalesce(setup_fee, 0) end)::decimal(38, 4) as first_payment
    from asked
"""

PROBLEMS = f"""
    select "row", 'service_id' as field, 'unknown_service' as code, 'there is no service ' || service_id as message
    from asked where not is_known
    union all
    select "row", 'recurring_amount', 'no_price', 'recurring_amount is missing: say what a cycle costs, or choose the cycle free'
    from asked where recurring_amount is null and billing_cycle not in ('free', 'one time')
    union all
    select "row", 'first_amount', 'no_price', 'first_amount is missing: say what it costs, or choose the cycle free'
    from asked where billing_cycle = 'one time' and first_amount is null and coalesce(setup_fee, 0) = 0
    union all
    select "row", 'setup_fee', 'not_minor_unit',
        'setup_fee ' || setup_fee || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where not {is_minor_unit_sql("setup_fee")}
    union all
    select "row", 'setup_fee', 'free_costs', 'setup_fee ' || setup_fee || ': the billing cycle is free; leave it empty, or choose a cycle'
    from asked where billing_cycle = 'free' and setup_fee > 0
    union all
    select "row", 'first_amount', 'too_large', 'first_amount would be ' || first_payment || ', more than can be kept, 99999999999999'
    from priced where try_cast(first_payment as decimal(18, 4)) is null
    union all
    from ({start_problems_sql()})
"""

WARNINGS = f"""
    select "row", 'service_id' as field, 'service_ended' as code, 'service ' || service_id || ' is ' || service_status
        || ': its add-on is not invoiced' as message
    from asked where service_status in {ENDED} and status in ('Active', 'Suspended')
    union all
    select "row", 'name', 'likely_duplicate', 'service ' || asked.service_id || ' has add-on ' || min(addons.id) || ', '
        || any_value(addons.name) || ', already'
    from asked join addons on addons.service_id = asked.service_id and lower(addons.name) = lower(asked.name)
        and addons.status in ('Pending', 'Active', 'Suspended')
    group by "row", asked.service_id
    union all
    {start_warnings_sql("the add-on")}
"""

ADDED = f"""
    select {{next_id}} + row_number() over (order by "row") as id, service_id, name, description, billing_cycle,
        quantity::integer as quantity, coalesce(setup_fee, 0)::decimal(18, 4) as setup_fee,
        try_cast(first_payment as decimal(18, 4)) as first_amount,
        coalesce(recurring_amount, 0)::decimal(18, 4) as recurring_amount, is_taxed, tax_class, begun_on as registered_on,
        due_on as next_due_on, aim_day::tinyint as billing_day, status,
        case when status in {ENDED} then coalesce(terminated_on, greatest(begun_on, $today::date)) end as terminated_on,
        payment_method, subscription_id, notes
    from started
"""


class EditAddon(Request):
    """Change an add-on: only what is given."""

    addon_id: Id = Field(title="Add-on", json_schema_extra={"picks": "addons"})
    name: Line | None = Field(None, title="Name", description="As on invoices")
    description: Text | None = Field(
        None, title="Description", description="What it is", json_schema_extra={"multiline": True}
    )
    billing_cycle: Cycle | None = Field(None, title="Billing cycle")
    quantity: HowMany | None = Field(None, title="Quantity", description="The recurring amount is for all of it")
    recurring_amount: NotNegative | None = Field(None, title="Recurring amount", description="Of each cycle")
    setup_fee: NotNegative | None = Field(None, title="Set-up fee")
    first_amount: NotNegative | None = Field(None, title="First payment", description="With set-up")
    is_taxed: bool | None = Field(None, title="Taxed", description="Whether tax is charged on it")
    tax_class: Line | None = Field(None, title="Tax class", description="Class of goods with a tax rate of its own")
    registered_on: date | None = Field(None, title="Began on")
    next_due_on: date | None = Field(None, title="Next due", description="Day the next invoice is for")
    billing_day: BillingDay | None = Field(
        None, title="Billing day", description="Day of the month that due dates aim at"
    )
    status: Status | None = Field(
        None, title="Status", description="Active and Suspended ones are invoiced; an end is dated today"
    )
    terminated_on: date | None = Field(None, title="Ended on")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the service's")
    subscription_id: Line | None = Field(None, title="Subscription", description="The gateway's number for it")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="Names of fields to empty, e.g. description notes"
    )


COLUMNS = (
    "name", "description", "billing_cycle", "quantity", "recurring_amount", "setup_fee", "first_amount", "is_taxed", "tax_class",
    "registered_on", "next_due_on", "billing_day", "status", "terminated_on", "payment_method", "subscription_id",
    "notes",
)  # fmt: skip
CLEARABLE = ("description", "tax_class", "next_due_on", "billing_day", "payment_method", "subscription_id", "notes")


def edit_addon(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change add-ons where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``addons``, ``services``, ``clients``, ``currencies``.
        requests: One row per change: ``addon_id``, any fields, and ``clear``, the names of fields to empty. Later rows
            of one add-on win. See ``EditAddon``.
        today: Day of an end where none is given.
        now: Not used.

    Returns:
        Updates of ``addons``. A status that is an end dates it; another one takes that date away. No money moves.

    Problems:
        ``unknown_addon``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``not_minor_unit``,
        ``implausible_date``, ``due_before_start``, ``ended_before_start``, ``not_ended``, ``free_costs``,
        ``one_time_recurs``.

    Warnings:
        ``past_due``.

    Source:
        WHMCS "Product Addons".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", WITH_CONSEQUENCES)
    steps.add("general_problems", edit_problems_sql("addons", "addon_id", COLUMNS, CLEARABLE))
    steps.add("given", edited_sql("addons", "addon_id", COLUMNS, "asked"))
    steps.add("edited", EDITED, today=today)
    steps.add("judged", judged_sql("addons", "addon_id"))
    steps.add("problems", EDIT_PROBLEMS, today=today)
    steps.add("warnings", past_due_sql("add-on"), today=today)
    return steps.plan(steps.update("addons", "edited"), problems="problems", warnings="warnings")


WITH_CONSEQUENCES = f"""
    select requests.* exclude ("clear"),
        list_distinct(list_concat(coalesce("clear", []),
            case when status not in {ENDED} and terminated_on is null then ['terminated_on'] else [] end)) as "clear"
    from requests
"""

EDITED = f"""
    with statuses as (select addon_id as id, bool_or(status is not null) as has_status from requests group by addon_id)
    select given.* replace (
        case when has_status and status in {ENDED} and terminated_on is null then $today::date else terminated_on end
            as terminated_on,
        quantity::integer as quantity, billing_day::tinyint as billing_day)
    from given join statuses using (id)
"""

EDIT_PROBLEMS = f"""
    from general_problems
    union all
    {edited_problems_sql("add-on", "addon_id", ("first_amount", "recurring_amount", "setup_fee"))}
"""

RULES: tuple[Rule, ...] = (
    Rule("add-addon", "Add add-on", add_addon, AddAddon, group="services", manual="add-on or customisation"),
    Rule("edit-addon", "Edit add-on", edit_addon, EditAddon, group="services", manual="add-on or customisation"),
)
