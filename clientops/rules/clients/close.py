"""Closing an account: the client, everything that would still be invoiced, and what it has not paid."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.clients.status import UNKNOWN_CLIENT
from clientops.rules.payments.given_back import credit_back_sql
from clientops.schema.balances import balances_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class CloseAccount(Request):
    """Close a client's account: end its services and cancel what it has not paid."""

    client_id: Id = Field(title="Client", description="Whose account is closed", json_schema_extra={"picks": "clients"})


def close_account(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Close accounts: nothing of these clients is invoiced or asked for any more.

    Args:
        tables: Read-only tables; reads ``clients``, ``services``, ``addons``, ``domains``, ``invoices``,
            ``allocations``, ``credit_notes``, ``credit_entries`` and ``currencies``.
        requests: One row per client. See ``CloseAccount``.
        today: Day of the ends, cancellations and credit entries.
        now: Not used.

    Returns:
        Updates of ``clients`` (status Closed, and the credit that comes back), ``services`` and ``addons`` (Active and
        Suspended become Terminated, Pending becomes Cancelled), ``domains`` (what is not at an end becomes Cancelled
        and is not renewed) and ``invoices`` (Draft and Unpaid become Cancelled); inserts into ``credit_entries``, one
        for each invoice that credit was applied to. Invoices in collections stay there. Per client, the balance rises
        by exactly the credit that was applied to the cancelled invoices.

    Problems:
        ``unknown_client``, ``has_payments`` (an invoice that would be cancelled is partly paid), ``has_credit_note`` (one is
        corrected by a credit note, whose part is not the client's credit).

    Warnings:
        ``credit_left``, ``in_collections`` (an invoice that stays).

    Source:
        WHMCS API "CloseClient": closes the client, cancels invoices, and ends all products. Cancelling an invoice gives
        the credit applied to it back.
    """
    steps = tables.steps(requests=requests)
    steps.add("closing", CLOSING)
    steps.add("ended_services", ENDED_SERVICES, today=today)
    steps.add("ended_addons", ENDED_ADDONS, today=today)
    steps.add("ended_domains", ENDED_DOMAINS)
    steps.add("unpaid", UNPAID)
    steps.add("problems", f"{UNKNOWN_CLIENT} union all {HAS_PAYMENTS}")
    steps.add("cancelled", CANCELLED, today=today)
    what = "'Credit back from cancelled invoice ' || invoice_name"
    steps.add("given_back", credit_back_sql("unpaid", what, tables.next_id("credit_entries")), today=today)
    steps.add("closed", CLOSED)
    steps.add("warnings", WARNINGS)
    counts = (
        ("services ended", "ended_services"),
        ("add-ons ended", "ended_addons"),
        ("domains cancelled", "ended_domains"),
        ("invoices cancelled", "cancelled"),
    )
    return steps.plan(
        steps.update("clients", "closed"),
        steps.update("services", "ended_services"),
        steps.update("addons", "ended_addons"),
        steps.update("domains", "ended_domains"),
        steps.update("invoices", "cancelled"),
        steps.insert("credit_entries", "given_back"),
        problems="problems",
        warnings="warnings",
        summary=tuple((label, str(steps.count(step))) for label, step in counts),
    )


CLOSING = """
    select requests.client_id, min("row") as "row" from requests
    semi join clients on clients.id = requests.client_id group by requests.client_id
"""

_ENDED_STATUS = "case status when 'Pending' then 'Cancelled' else 'Terminated' end"

ENDED_SERVICES = f"""
    select id, {_ENDED_STATUS} as status, coalesce(terminated_on, $today::date) as terminated_on
    from services semi join closing using (client_id) where status in ('Pending', 'Active', 'Suspended')
"""

ENDED_ADDONS = f"""
    select id, {_ENDED_STATUS} as status, coalesce(terminated_on, $today::date) as terminated_on
    from addons where status in ('Pending', 'Active', 'Suspended')
        and service_id in (select services.id from services semi join closing using (client_id))
"""

ENDED_DOMAINS = """
    select id, 'Cancelled' as status, false as auto_renew from domains semi join closing using (client_id)
    where status in ('Pending', 'Pending Registration', 'Pending Transfer', 'Active', 'Grace', 'Redemption')
"""

UNPAID = f"""
    select closing."row", invoices.id, invoices.client_id, coalesce(invoices.number, invoices.id::varchar) as invoice_name, money.credit_applied, money.paid, money.credited_back
    from invoices join closing using (client_id)
    join ({balances_sql("select id from invoices where client_id in (select client_id from closing)")}) money on money.invoice_id = invoices.id
    where invoices.status in ('Draft', 'Unpaid')
"""

CANCELLED = """
    select id, 'Cancelled' as status, $today::date as cancelled_on, 0::decimal(18, 4) as credit_applied,
        0::decimal(18, 4) as written_off
    from unpaid
"""

CLOSED = """
    with returned as (select client_id, sum(amount) as amount from given_back group by client_id)
    select clients.id, 'Closed' as status,
        (clients.credit_balance + coalesce(returned.amount, 0))::decimal(18, 4) as credit_balance
    from clients join closing on closing.client_id = clients.id
    left join returned on returned.client_id = clients.id
"""

HAS_PAYMENTS = f"""
    select unpaid."row", 'client_id', 'has_payments', 'invoice ' || unpaid.invoice_name
        || ' of client ' || unpaid.client_id || ' is partly paid, with ' || {show_sql("unpaid.paid")}
        || '; refund or delete the payments first'
    from unpaid join clients on clients.id = unpaid.client_id join currencies on currencies.id = clients.currency_id
    where unpaid.paid <> 0
    union all
    select unpaid."row", 'client_id', 'has_credit_note', 'invoice ' || unpaid.invoice_name
        || ' of client ' || unpaid.client_id || ' is corrected by credit note ' || coalesce(notes.number, notes.id::varchar)
        || ': cancel that first, or correct the rest with another one'
    from unpaid join credit_notes notes on notes.invoice_id = unpaid.id where notes.status = 'Issued'
"""

WARNINGS = f"""
    select "row", 'client_id' as field, 'credit_left' as code, 'client ' || closed.id || ' keeps an account credit of '
        || {show_sql("closed.credit_balance")} as message
    from closed join closing on closing.client_id = closed.id join clients on clients.id = closed.id
    join currencies on currencies.id = clients.currency_id where closed.credit_balance > 0
    union all
    select "row", 'client_id', 'in_collections', 'invoice ' || invoices.id || ' of client ' || invoices.client_id
        || ' stays in collections'
    from invoices join closing using (client_id) where invoices.status = 'Collections'
"""

RULES: tuple[Rule, ...] = (
    Rule("close-account", "Close account", close_account, CloseAccount, risk="high", group="clients", manual="client"),
)
