"""Issuing drafts: a draft invoice gets its date, number and address, and is owed from then on."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.changes import Plan, Relation, Rule
from clientops.requests import Id, Request
from clientops.rules.billing_mail import queue_billing_mails
from clientops.rules.invoice_money import ASKED_INVOICES, PAID_BEFORE, UNKNOWN_INVOICE
from clientops.rules.invoice_rows import (
    BILLED_ADDRESSES,
    CREDIT_OFFERS,
    OFFER_BALANCES,
    OFFER_ENTRIES,
)
from clientops.rules.invoice_status import TWICE
from clientops.rules.invoices import ISSUED_TOO_LATE
from clientops.rules.numbers import NUMBERED_BILLS, count_numbers
from clientops.rules.taxes import BILLING
from clientops.tables.view import Tables


class IssueInvoice(Request):
    """Issue a draft: from then on it is owed."""

    invoice_id: Id = Field(title="Invoice", description="Draft to issue", json_schema_extra={"picks": "invoices"})
    issued_on: date | None = Field(default=None, title="Invoice date", description="Empty: today")
    due_on: date | None = Field(default=None, title="Due date", description="Empty: the draft's, if it is not past")
    apply_credit: bool = Field(
        default=False, title="Apply credit", description="Whether the client's credit pays it as far as it goes"
    )
    send_email: bool = Field(default=False, title="Send e-mail", description="Whether the client is told")


def issue_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Issue draft invoices: Unpaid from now on, or Paid at once where nothing is owed.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``contacts``, ``currencies``,
            ``credit_entries``, ``settings``.
        requests: One row per draft: ``invoice_id``, ``issued_on``, ``due_on``, ``apply_credit``. See
            ``IssueInvoice``.
        today: Invoice date where none is given, and date of credit entries.
        now: When e-mails are queued.

    Returns:
        Updates of ``invoices`` (dates, number, address of the billing contact, status), of the clients' credit and of
        the next number; inserts of credit entries and e-mails. Items and tax stay as they were drafted.

    Problems:
        ``unknown_invoice``, ``twice``, ``not_draft``, ``too_far_ahead`` (invoice date), ``due_before_issue``, ``negative_total``.

    Source:
        WHMCS "Creating Invoices": Publish.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("paid_before", PAID_BEFORE)
    steps.add("asked", ASKED_INVOICES)
    steps.add("bills", DRAFT_BILLS, today=today)
    steps.add("billed_clients", BILLED_ADDRESSES)
    steps.add("bill_totals", "select bill_id, total from bills")
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id="draft_id"))
    steps.add("credit_offers", CREDIT_OFFERS)
    steps.add("issued", ISSUED, today=today)
    steps.add("offer_entries", OFFER_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("offer_balances", OFFER_BALANCES)
    steps.add("mailed", "select bill_id as place, draft_id as id, client_id from bills where sends_email")
    steps.add("problems", PROBLEMS, today=today)
    return steps.plan(
        steps.update("invoices", "issued"),
        steps.insert("credit_entries", "offer_entries"),
        steps.update("clients", "offer_balances"),
        *count_numbers(steps),
        *queue_billing_mails(steps, "invoice-created", now=now),
        problems="problems",
    )


DRAFT_BILLS = """
    select row_number() over (order by "row") as bill_id, "row", invoice_id as draft_id, client_id,
        false as is_draft, coalesce(issued_on, $today::date) as issued_on,
        coalesce(due_on, case when old_due_on >= coalesce(issued_on, $today::date) then old_due_on end,
            coalesce(issued_on, $today::date) + due_days) as due_on,
        number, apply_credit as offers_credit, send_email as sends_email, owed as total
    from asked cross join billing where status = 'Draft'
"""

ISSUED = """
    select draft_id as id, numbered_bills.number, billed_clients.billing_contact_id, billed_clients.bill_to,
        bills.issued_on, bills.due_on, coalesce(credit_offers.amount, 0)::decimal(18, 4) as credit_applied,
        case when total = coalesce(credit_offers.amount, 0) then 'Paid' else 'Unpaid' end as status,
        case when total = coalesce(credit_offers.amount, 0) then $today::date end as paid_on
    from bills
    join numbered_bills using (bill_id)
    join billed_clients using (client_id)
    left join credit_offers using (bill_id)
"""

PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'not_draft', 'invoice ' || invoice_name || ' is ' || status || ': it must be a Draft'
    from asked where is_known and status <> 'Draft'
    union all
    {ISSUED_TOO_LATE}
    union all
    select "row", 'due_on', 'due_before_issue', 'due_on ' || due_on || ' is before the invoice date, ' || issued_on
    from bills where due_on < issued_on
    union all
    select "row", 'invoice_id', 'negative_total', 'invoice ' || draft_id || ' comes to ' || total || ': it must not be below 0'
    from bills where total < 0
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "issue-invoice", "Issue invoice", issue_invoice, IssueInvoice, group="invoices", manual="invoice or transaction"
    ),
)
