"""Service changes that wait for a renewal: carry them out before the invoices are generated, or cancel them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.services.dates import LIVE
from clientops.rules.services.options import option_names_sql, option_rows_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class CarryOutChanges(Request):
    """Carry out the changes that wait for renewals up to a date, before the invoices for them are generated."""

    until_on: date = Field(
        title="Up to", description="Last renewal date; the same day that invoices are generated up to"
    )
    client_id: Id | None = Field(
        None, title="Client", description="Only this client; empty: all clients", json_schema_extra={"picks": "clients"}
    )


def carry_out_changes(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Carry out service changes that wait for a renewal.

    Args:
        tables: Read-only tables; reads ``service_changes``, ``services``, ``service_options``, ``clients``.
        requests: Usually one row: ``until_on`` and ``client_id`` (empty: all). See ``CarryOutChanges``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``services`` to the product, cycle, quantity and price of the change, inserts and deletes of
        ``service_options``, and the changes themselves: Completed, or Cancelled where the service ended meanwhile. No money
        moves: generation bills the new price from the renewal on. Running it twice carries out once.

    Problems:
        ``unknown_client``.

    Warnings:
        ``billed_already``: the renewal was invoiced at the old price before; the new one counts from the next due date.

    Source:
        WHMCS "Upgrade/Downgrade" at the next renewal.
    """
    steps = tables.steps(requests=requests)
    steps.add("due_changes", DUE_CHANGES)
    steps.add("new_options", option_rows_sql("due_changes", "added_options"))
    steps.add("dropped_names", option_names_sql("due_changes", "removed_options"))
    steps.add("changed_services", SERVICES)
    steps.add("gone_options", GONE_OPTIONS)
    steps.add("added_options", NEW_OPTIONS.format(next_id=tables.next_id("service_options")))
    steps.add(
        "done",
        "select id, case when runs then 'Completed' else 'Cancelled' end as status, runs as is_paid from due_changes",
    )
    steps.add("problems", UNKNOWN_CLIENT)
    steps.add("warnings", WARNINGS)
    return steps.plan(
        steps.update("services", "changed_services"),
        steps.delete("service_options", "gone_options"),
        steps.insert("service_options", "added_options"),
        steps.update("service_changes", "done"),
        problems="problems",
        warnings="warnings",
        summary=(("Changes carried out", str(steps.count("changed_services"))),),
    )


# One change waits for a service at most: change-service sees to that. Of several that came some other way the last counts.
DUE_CHANGES = f"""
    with waiting as (
        select service_changes.*, services.next_due_on, services.id is not null and services.status in {LIVE} as runs
        from service_changes left join services on services.id = service_changes.service_id
        where service_changes.status = 'Pending' and service_changes.is_at_renewal
    )
    select waiting.*, waiting.id as "row", min(requests."row") as request_row
    from waiting join requests on waiting.changed_on <= requests.until_on
        and (requests.client_id is null or requests.client_id = waiting.client_id)
    group by all
"""

SERVICES = """
    select services.id, coalesce(due_changes.new_product_id, services.product_id) as product_id,
        coalesce(due_changes.new_billing_cycle, services.billing_cycle) as billing_cycle,
        coalesce(due_changes.new_quantity, services.quantity) as quantity, due_changes.new_recurring_amount as recurring_amount,
        case when due_changes.new_billing_cycle = 'free' then null else services.next_due_on end as next_due_on
    from services join due_changes on due_changes.service_id = services.id
    where runs qualify row_number() over (partition by services.id order by due_changes.id desc) = 1
"""

GONE_OPTIONS = """
    select distinct service_options.id from service_options
    join due_changes on due_changes.service_id = service_options.service_id and runs
    join dropped_names on dropped_names."row" = due_changes."row" and lower(dropped_names.name) = lower(service_options.name)
"""

NEW_OPTIONS = """
    select {next_id} + row_number() over (order by due_changes."row", place) as id, due_changes.service_id, new_options.name,
        new_options.value, new_options.quantity, new_options.recurring_amount
    from new_options join due_changes using ("row") where runs
"""

UNKNOWN_CLIENT = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from requests where client_id is not null and client_id not in (select id from clients)
"""

WARNINGS = """
    select request_row as "row", '' as field, 'billed_already' as code, 'service ' || service_id || ' was invoiced for '
        || changed_on || ' at its old price already: change ' || id || ' counts from ' || next_due_on || ' on' as message
    from due_changes where runs and next_due_on > changed_on
"""


class CancelServiceChange(Request):
    """Cancel a service change that waits for a renewal."""

    service_change_id: Id = Field(title="Service change", json_schema_extra={"picks": "service_changes"})


def cancel_service_change(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Cancel service changes that wait for a renewal; the services stay as they are.

    Args:
        tables: Read-only tables; reads ``service_changes``.
        requests: One row per change: ``service_change_id``. See ``CancelServiceChange``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``service_changes.status``.

    Problems:
        ``unknown_service_change``, ``twice``, ``not_waiting`` (what was carried out can be undone, or changed back).
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", CANCEL_PROBLEMS)
    steps.add("cancelled", CANCELLED)
    return steps.plan(steps.update("service_changes", "cancelled"), problems="problems")


CANCEL_PROBLEMS = """
    select requests."row", 'service_change_id' as field, 'unknown_service_change' as code,
        'there is no service change ' || service_change_id as message
    from requests anti join service_changes on service_changes.id = service_change_id where service_change_id is not null
    union all
    select "row", 'service_change_id', 'twice', 'service change ' || service_change_id || ' is in an earlier row already'
    from requests where service_change_id is not null qualify row_number() over (partition by service_change_id order by "row") > 1
    union all
    select requests."row", 'service_change_id', 'not_waiting', 'service change ' || service_change_id || ' is ' || status
        || case when is_at_renewal then '' else ' and was effective at once' end || ': only one that waits can be cancelled'
    from requests join service_changes on service_changes.id = service_change_id where status <> 'Pending' or not is_at_renewal
"""

CANCELLED = """
    select distinct service_change_id as id, 'Cancelled' as status
    from requests semi join service_changes on service_changes.id = service_change_id
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "carry-out-changes", "Carry out changes at renewal", carry_out_changes, CarryOutChanges, risk="medium", group="services", manual="product or service change"
    ),
    Rule("cancel-service-change", "Cancel a waiting change", cancel_service_change, CancelServiceChange, group="services", manual="product or service change"),
)  # fmt: skip
