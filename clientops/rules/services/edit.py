"""Hosting accounts and other services: change what is known of them, and end them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.names import DomainName
from clientops.rules.invoices.billed_periods import billed_sql
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Line, WayOfPaying
from clientops.rules.services.add import BillingDay, HowMany, IpAddress, NotNegative, Username
from clientops.rules.services.billing_cycles import months_sql
from clientops.rules.services.dates import EARLIEST, ENDED, LIVE, MOST_YEARS_AHEAD, Cycle, Status
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


class EditService(Request):
    """Change a service: only what is given. Upgrades with a charge or credit are changes of their own."""

    service_id: Id = Field(title="Service", json_schema_extra={"picks": "services"})
    product_id: Id | None = Field(None, title="Product", json_schema_extra={"picks": "products"})
    domain: DomainName | None = Field(None, title="Domain", description="Domain name it serves, e.g. example.com")
    server_id: Id | None = Field(None, title="Server", json_schema_extra={"picks": "servers"})
    username: Username | None = Field(None, title="User name", description="On the server")
    billing_cycle: Cycle | None = Field(None, title="Billing cycle")
    quantity: HowMany | None = Field(None, title="Quantity", description="The recurring amount is for all of it")
    first_amount: NotNegative | None = Field(None, title="First payment", description="With set-up")
    recurring_amount: NotNegative | None = Field(
        None, title="Recurring amount", description="Of each cycle, for the whole quantity"
    )
    registered_on: date | None = Field(None, title="Began on")
    next_due_on: date | None = Field(None, title="Next due", description="Day the next invoice is for")
    billing_day: BillingDay | None = Field(
        None, title="Billing day", description="Day of the month that due dates aim at; empty: that of the due date"
    )
    status: Status | None = Field(
        None, title="Status", description="Active and Suspended ones are invoiced; an end is dated today"
    )
    terminated_on: date | None = Field(None, title="Ended on")
    completed_on: date | None = Field(None, title="Completed on")
    suspend_reason: Line | None = Field(None, title="Why suspended")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the client's")
    dedicated_ip: IpAddress | None = Field(None, title="Own IP address")
    subscription_id: Line | None = Field(None, title="Subscription", description="The gateway's number for it")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    clear: ColumnNames | None = Field(
        None, title="Empty these fields", description="Names of fields to empty, e.g. server_id username"
    )


COLUMNS = (
    "product_id", "domain", "server_id", "username", "billing_cycle", "quantity", "first_amount", "recurring_amount",
    "registered_on", "next_due_on", "billing_day", "status", "terminated_on", "completed_on", "suspend_reason",
    "payment_method", "dedicated_ip", "subscription_id", "notes",
)  # fmt: skip
CLEARABLE = (
    "product_id", "domain", "server_id", "username", "next_due_on", "billing_day", "suspend_reason", "payment_method",
    "dedicated_ip", "subscription_id", "notes",
)  # fmt: skip


def edit_service(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change services where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``services``, ``clients``, ``currencies``, ``products``, ``servers``, ``addons``.
        requests: One row per change: ``service_id``, any fields, and ``clear``, the names of fields to empty. Later
            rows of one service win. See ``EditService``.
        today: Day of an end, or of completion, where none is given.
        now: Not used.

    Returns:
        Updates of ``services``. A status that is an end dates it; a status that runs takes that date away, and one
        that is not Suspended the reason of a suspension. No money moves.

    Problems:
        ``unknown_service``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``unknown_product``,
        ``unknown_server``, ``not_minor_unit``, ``implausible_date``, ``due_before_start``, ``ended_before_start``,
        ``not_ended``, ``free_costs``, ``one_time_recurs``.

    Warnings:
        ``past_due`` (it runs, and cycles before today will be invoiced), ``billed_already`` (invoices bill these days), ``addons_run`` (its add-ons run on).

    Source:
        WHMCS "Products/Services tab".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", WITH_CONSEQUENCES)
    steps.add("general_problems", edit_problems_sql("services", "service_id", COLUMNS, CLEARABLE))
    steps.add("given", edited_sql("services", "service_id", COLUMNS, "asked"))
    steps.add("edited", EDITED, today=today)
    steps.add("judged", judged_sql("services", "service_id"))
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS, today=today)
    return steps.plan(steps.update("services", "edited"), problems="problems", warnings="warnings")


# What a status brings with it, as if it had been asked for: so the last of several requests holds in this, too.
WITH_CONSEQUENCES = f"""
    select requests.* exclude ("clear"),
        list_distinct(list_concat(coalesce("clear", []),
            case when status not in {ENDED} and terminated_on is null then ['terminated_on'] else [] end,
            case when status <> 'Completed' and completed_on is null then ['completed_on'] else [] end,
            case when status <> 'Suspended' and suspend_reason is null then ['suspend_reason'] else [] end)) as "clear"
    from requests
"""

EDITED = f"""
    with statuses as (select service_id as id, bool_or(status is not null) as has_status from requests group by service_id)
    select given.* replace (
        case when has_status and status in {ENDED} and terminated_on is null then $today::date else terminated_on end
            as terminated_on,
        case when has_status and status = 'Completed' and completed_on is null then $today::date else completed_on end
            as completed_on,
        quantity::integer as quantity, billing_day::tinyint as billing_day)
    from given join statuses using (id)
"""


def judged_sql(table: str, key: str) -> str:
    """SELECT of edited rows (step ``edited``) with the last row that asked for them, currency, and what was before."""
    owner = "services.client_id" if table == "addons" else "kept.client_id"
    join = "join services on services.id = kept.service_id" if table == "addons" else ""
    return f"""
        with last_rows as (select {key} as id, max("row") as "row" from requests group by {key})
        select edited.*, last_rows."row", currencies.code, currencies.minor_digits, kept.status as status_before,
            kept.next_due_on as due_before
        from edited join last_rows using (id) join {table} kept using (id) {join}
        join clients on clients.id = {owner} join currencies on currencies.id = clients.currency_id
    """


def edited_problems_sql(noun: str, key: str, amounts: tuple[str, ...] = ("first_amount", "recurring_amount")) -> str:
    """SELECT of what is wrong with edited services or add-ons (step ``judged``) and with what was asked for."""
    fine = " union all ".join(
        f"""
        select requests."row", '{name}', 'not_minor_unit', '{name} ' || requests.{name} || ' is finer than ' || code
            || ' has: at most ' || minor_digits || ' decimals'
        from requests join judged on judged.id = requests.{key}
        where not {is_minor_unit_sql(f"requests.{name}")}
        """
        for name in amounts
    )
    dates = " union all ".join(
        f"""
        select "row", '{name}', 'implausible_date', '{name} ' || {name} || ' cannot be; it must be from ' || {EARLIEST}
            || ' to ' || ($today::date + to_years({MOST_YEARS_AHEAD}))::date
        from requests where {name} < {EARLIEST} or {name} > $today::date + to_years({MOST_YEARS_AHEAD})
        """
        for name in ("registered_on", "next_due_on", "terminated_on")
    )
    return f"""
        select "row", 'next_due_on' as field, 'due_before_start' as code,
            'next_due_on ' || next_due_on || ' would be before the {noun} begins, on ' || registered_on as message
        from judged semi join (select {key} as id from requests where registered_on is not null or next_due_on is not null) using (id)
        where next_due_on < registered_on
        union all
        select "row", 'terminated_on', 'ended_before_start',
            'terminated_on ' || terminated_on || ' would be before the {noun} begins, on ' || registered_on
        from judged semi join (select {key} as id from requests where registered_on is not null or terminated_on is not null) using (id)
        where terminated_on < registered_on
        union all
        select judged."row", 'terminated_on', 'not_ended', 'terminated_on ' || judged.terminated_on
            || ' does not fit the status ' || judged.status || ': what ended is Terminated, Cancelled or Fraud'
        from judged semi join (select {key} as id from requests where terminated_on is not null) using (id)
        where judged.terminated_on is not null and judged.status not in {ENDED}
        union all
        select "row", 'recurring_amount', 'free_costs', 'recurring_amount would be ' || recurring_amount
            || ', but the billing cycle is free; make it 0, or choose a cycle'
        from judged semi join (select {key} as id from requests where billing_cycle is not null or recurring_amount is not null) using (id)
        where billing_cycle = 'free' and recurring_amount > 0
        union all
        select "row", 'recurring_amount', 'one_time_recurs', 'recurring_amount would be ' || recurring_amount
            || ', but what is paid one time has no later cycle; make it 0, or choose a cycle'
        from judged semi join (select {key} as id from requests where billing_cycle is not null or recurring_amount is not null) using (id)
        where billing_cycle = 'one time' and recurring_amount > 0
        union all {fine} union all {dates}
    """


def past_due_sql(noun: str) -> str:
    """SELECT of the warning ``past_due``: the edit makes cycles before today be invoiced."""
    months = months_sql("billing_cycle")
    return f"""
        select "row", 'next_due_on' as field, 'past_due' as code, '{noun} ' || id || ' is due since ' || next_due_on || ': about '
            || (datediff('month', next_due_on, $today::date) // coalesce({months}, 1000000) + 1)
            || ' cycles will be invoiced; set next_due_on if they were billed elsewhere' as message
        from judged
        where status in ('Active', 'Suspended') and next_due_on < $today::date - 31
            and (status_before not in ('Active', 'Suspended') or due_before is distinct from next_due_on)
    """


PROBLEMS = f"""
    from general_problems
    union all
    select "row", 'product_id', 'unknown_product', 'there is no product ' || product_id
    from requests where product_id is not null and product_id not in (select id from products)
    union all
    select "row", 'server_id', 'unknown_server', 'there is no server ' || server_id
    from requests where server_id is not null and server_id not in (select id from servers)
    union all
    {edited_problems_sql("service", "service_id")}
"""

WARNINGS = f"""
    {past_due_sql("service")}
    union all
    select judged."row", 'next_due_on', 'billed_already', 'the days from ' || judged.next_due_on || ' of service ' || judged.id
        || ' are billed by invoice ' || string_agg(billed.invoice_name, ', ' order by billed.period_from) || ', up to ' || max(billed.period_to)
    from judged join ({billed_sql("judged", "'service'")}) billed on billed.id = judged.id and billed.kind = 'service'
    where judged.next_due_on < judged.due_before and billed.period_to >= judged.next_due_on
    group by judged."row", judged.next_due_on, judged.id
    union all
    select judged."row", 'status', 'addons_run', 'service ' || judged.id || ' ends, but its add-ons '
        || string_agg(addons.id, ', ' order by addons.id) || ' run on; terminate-service ends them, too'
    from judged join addons on addons.service_id = judged.id and addons.status in {LIVE}
    where judged.status in {ENDED} and judged.status_before in {LIVE}
    group by judged."row", judged.id
"""


class TerminateService(Request):
    """End a service and its add-ons: nothing of it is invoiced any more."""

    service_id: Id = Field(title="Service", json_schema_extra={"picks": "services"})
    terminated_on: date | None = Field(None, title="Ended on", description="Empty: today")


def terminate_service(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """End services with their add-ons; changes of them that wait for a renewal are cancelled.

    Args:
        tables: Read-only tables; reads ``services``, ``addons``, ``service_changes``.
        requests: One row per service: ``service_id``, ``terminated_on``. See ``TerminateService``.
        today: Day of the end where none is given.
        now: Not used.

    Returns:
        Updates of ``services`` and ``addons``: Active and Suspended become Terminated, Pending becomes Cancelled; and of
        ``service_changes``: Pending become Cancelled. Invoices stay as they are.

    Problems:
        ``unknown_service``, ``twice``, ``has_ended``, ``ended_before_start``, ``in_future``.

    Source:
        WHMCS "Module Commands", Terminate, without the module.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", TO_TERMINATE, today=today)
    steps.add("problems", TERMINATE_PROBLEMS, today=today)
    steps.add("ended", TERMINATED)
    steps.add("ended_addons", TERMINATED_ADDONS)
    steps.add("dropped_changes", DROPPED_CHANGES)
    return steps.plan(
        steps.update("services", "ended"),
        steps.update("addons", "ended_addons"),
        steps.update("service_changes", "dropped_changes"),
        problems="problems",
    )


TO_TERMINATE = """
    select requests."row", requests.service_id, coalesce(requests.terminated_on, $today::date) as ended_on,
        services.id is not null as is_known, services.status, services.registered_on,
        row_number() over (partition by requests.service_id order by requests."row") > 1 as is_again
    from requests left join services on services.id = requests.service_id
"""

TERMINATE_PROBLEMS = f"""
    select "row", 'service_id' as field, 'unknown_service' as code, 'there is no service ' || service_id as message
    from asked where not is_known
    union all
    select "row", 'service_id', 'twice', 'service ' || service_id || ' is in an earlier row already'
    from asked where is_known and is_again
    union all
    select "row", 'service_id', 'has_ended', 'service ' || service_id || ' is ' || status || ' already'
    from asked where status not in {LIVE}
    union all
    select "row", 'terminated_on', 'ended_before_start',
        'terminated_on ' || ended_on || ' is before the service began, on ' || registered_on
    from asked where ended_on < registered_on
    union all
    select "row", 'terminated_on', 'in_future', 'terminated_on ' || ended_on || ' is after today, ' || $today::date
        || ': end it on that day'
    from asked where ended_on > $today::date
"""

_ENDED_STATUS = "case status when 'Pending' then 'Cancelled' else 'Terminated' end as status"

TERMINATED = f"""
    select service_id as id, {_ENDED_STATUS}, ended_on as terminated_on from asked where is_known and not is_again
"""

TERMINATED_ADDONS = f"""
    select addons.id, case addons.status when 'Pending' then 'Cancelled' else 'Terminated' end as status,
        greatest(ended_on, addons.registered_on) as terminated_on
    from addons join asked on asked.service_id = addons.service_id and not is_again where addons.status in {LIVE}
"""

DROPPED_CHANGES = """
    select id, 'Cancelled' as status from service_changes
    where status = 'Pending' and is_at_renewal and service_id in (select service_id from asked)
"""

RULES: tuple[Rule, ...] = (
    Rule("edit-service", "Edit service", edit_service, EditService, group="services", manual="hosting account"),
    Rule(
        "terminate-service",
        "End service",
        terminate_service,
        TerminateService,
        risk="medium",
        group="services",
        manual="hosting account",
    ),
)
