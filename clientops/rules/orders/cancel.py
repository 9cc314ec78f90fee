"""Orders that are cancelled or fraud: what came of them ends, and the first invoice is no longer owed."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.add import GONE
from clientops.rules.payments.given_back import credit_back_sql
from clientops.rules.services.dates import LIVE
from clientops.schema.balances import balances_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class CancelOrder(Request):
    """Cancel an order: what came of it ends, its unpaid invoice is cancelled, and applied credit goes back."""

    order_id: Id = Field(title="Order", json_schema_extra={"picks": "orders"})


class MarkOrderFraud(Request):
    """Mark an order as fraud: what came of it ends, its unpaid invoice is cancelled, and applied credit goes back."""

    order_id: Id = Field(title="Order", json_schema_extra={"picks": "orders"})


def cancel_order(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Cancel orders, pending or accepted.

    Args:
        tables: Read-only tables; reads orders, what came of them, invoices, allocations, clients, promotions.
        requests: One row per order: ``order_id``. See ``CancelOrder``.
        today: Day of the ends, of the cancelled invoice and of credit entries.
        now: Not used.

    Returns:
        Updates of ``orders`` (Cancelled), of its ``services``, ``addons`` and ``domains`` that run (Cancelled, ended today), of
        its first invoice (Cancelled, if it was Draft, Unpaid, in collections or paid by credit alone), of the client's credit
        and of ``promotions.uses``; inserts of credit entries. Waiting changes of its services are cancelled, too.

    Problems:
        ``unknown_order``, ``twice``, ``is_cancelled``, ``has_payments`` (refund or delete the payments first),
        ``has_credit_note`` (of its first invoice).

    Warnings:
        ``other_invoices``: later invoices of its services that are not paid; they stay.

    Source:
        WHMCS "Managing Orders": Cancel Order; here the credit goes back by itself.
    """
    return _end_orders(tables, requests, today, "Cancelled")


def mark_order_fraud(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Mark orders as fraud, pending or accepted.

    Args:
        tables: As for cancelling.
        requests: One row per order: ``order_id``. See ``MarkOrderFraud``.
        today: Day of the ends, of the cancelled invoice and of credit entries.
        now: Not used.

    Returns:
        As for cancelling; order, services, add-ons and domains become Fraud.

    Problems:
        As for cancelling, and ``is_fraud``.

    Warnings:
        As for cancelling.

    Source:
        WHMCS "Managing Orders": Set as Fraud.
    """
    return _end_orders(tables, requests, today, "Fraud")


def _end_orders(tables: Tables, requests: Relation, today: date, status: str) -> Plan:
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("ending", "select * from asked where is_known and not is_again and status not in ('Cancelled', 'Fraud')")
    steps.add("ended_orders", "select order_id as id, $status::varchar as status from ending", status=status)
    steps.add("ended_services", _ended_sql("services"), status=status, today=today)
    steps.add("ended_addons", _ended_sql("addons"), status=status, today=today)
    steps.add("ended_domains", DOMAINS, status=status)
    steps.add("dropped_changes", DROPPED_CHANGES)
    steps.add("invoices_before", INVOICES)
    steps.add("cancelled", CANCELLED, today=today)
    steps.add("unpaid", "select * from invoices_before where paid = 0")
    what = "'Credit back from cancelled order ' || order_name"
    steps.add("given_back", credit_back_sql("unpaid", what, tables.next_id("credit_entries")), today=today)
    steps.add("balances", BALANCES)
    steps.add("promotion_uses", PROMOTION_USES)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", OTHER_INVOICES)
    counts = (("Services ended", "ended_services"), ("Add-ons ended", "ended_addons"), ("Domains ended", "ended_domains"),
              ("Invoices cancelled", "cancelled"))  # fmt: skip
    return steps.plan(
        steps.update("orders", "ended_orders"),
        steps.update("services", "ended_services"),
        steps.update("addons", "ended_addons"),
        steps.update("domains", "ended_domains"),
        steps.update("service_changes", "dropped_changes"),
        steps.update("invoices", "cancelled"),
        steps.insert("credit_entries", "given_back"),
        steps.update("clients", "balances"),
        steps.update("promotions", "promotion_uses"),
        problems="problems",
        warnings="warnings",
        summary=tuple((label, str(steps.count(step))) for label, step in counts),
    )


ASKED = """
    with known as (select * from orders where id in (select order_id from requests))
    select requests."row", requests.order_id, known.id is not null as is_known, known.client_id, known.status, known.invoice_id,
        known.promotion_code, coalesce(known.number, known.id::varchar) as order_name,
        row_number() over (partition by requests.order_id order by requests."row") > 1 as is_again
    from requests left join known on known.id = requests.order_id
"""


def _ended_sql(table: str) -> str:
    """Services or add-ons of the orders that run; an add-on ends with its service, too."""
    of_service = "or service_id in (select id from services where order_id in (select order_id from ending))"
    return f"""
        select id, $status::varchar as status, greatest($today::date, registered_on) as terminated_on
        from {table} where status in {LIVE}
            and (order_id in (select order_id from ending) {of_service if table == "addons" else ""})
    """


DOMAINS = f"""
    select id, $status::varchar as status, false as auto_renew
    from domains where status not in {GONE} and order_id in (select order_id from ending)
"""

DROPPED_CHANGES = """
    select id, 'Cancelled' as status from service_changes where status = 'Pending' and is_at_renewal
        and service_id in (select id from services where order_id in (select order_id from ending))
"""

INVOICES = f"""
    select ending."row", ending.order_name, invoices.id, invoices.client_id, invoices.status, money.credit_applied,
        coalesce(invoices.number, invoices.id::varchar) as invoice_name, money.paid, money.credited_back,
        (select min(coalesce(number, id::varchar)) from credit_notes where invoice_id = invoices.id and status = 'Issued') as note
    from ending join invoices on invoices.id = ending.invoice_id
    join ({balances_sql("select invoice_id from ending")}) money on money.invoice_id = invoices.id
    where invoices.status in ('Draft', 'Unpaid', 'Collections', 'Paid')
"""

CANCELLED = """
    select distinct id, 'Cancelled' as status, 0::decimal(18, 4) as credit_applied, 0::decimal(18, 4) as written_off,
        null::date as paid_on, $today::date as cancelled_on
    from invoices_before where paid = 0
"""

BALANCES = """
    select clients.id, (clients.credit_balance + sum(given_back.amount))::decimal(18, 4) as credit_balance
    from clients join given_back on given_back.client_id = clients.id group by clients.id, clients.credit_balance
"""

PROMOTION_USES = """
    select promotions.id, greatest(0, promotions.uses - count(*))::integer as uses
    from promotions join ending on lower(ending.promotion_code) = lower(promotions.code) group by promotions.id, promotions.uses
"""

PROBLEMS = f"""
    select "row", 'order_id' as field, 'unknown_order' as code, 'there is no order ' || order_id as message
    from asked where not is_known and order_id is not null
    union all
    select "row", 'order_id', 'twice', 'order ' || order_name || ' is in an earlier row already' from asked where is_known and is_again
    union all
    select "row", 'order_id', case status when 'Fraud' then 'is_fraud' else 'is_cancelled' end, 'order ' || order_name || ' is ' || status || ' already'
    from asked where status in ('Cancelled', 'Fraud')
    union all
    select "row", 'order_id', 'has_payments', 'invoice ' || invoice_name || ' of order ' || order_name || ' is paid with '
        || {show_sql("paid")} || ': refund or delete the payments first'
    from invoices_before join clients on clients.id = invoices_before.client_id join currencies on currencies.id = clients.currency_id
    where paid <> 0
    union all
    select "row", 'order_id', 'has_credit_note', 'invoice ' || invoice_name || ' of order ' || order_name || ' is corrected by credit note '
        || note || ': cancel that first' from invoices_before where note is not null
"""

OTHER_INVOICES = """
    select ending."row", 'order_id' as field, 'other_invoices' as code, 'invoices ' || string_agg(distinct invoices.id, ', ')
        || ' for what was ordered are not paid; they stay' as message
    from ending
    join invoice_items on invoice_items.service_id in (select id from services where order_id = ending.order_id)
        or invoice_items.domain_id in (select id from domains where order_id = ending.order_id)
    join invoices on invoices.id = invoice_items.invoice_id and invoices.status in ('Unpaid', 'Collections')
        and invoices.id is distinct from ending.invoice_id
    group by ending."row"
"""

RULES: tuple[Rule, ...] = (
    Rule("cancel-order", "Cancel order", cancel_order, CancelOrder, risk="medium", group="orders", manual="order"),
    Rule(
        "mark-order-fraud",
        "Mark order as fraud",
        mark_order_fraud,
        MarkOrderFraud,
        risk="medium",
        group="orders",
        manual="order",
    ),
)
