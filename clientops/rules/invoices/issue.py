"""Issuing drafts: a draft invoice gets its date, number and address, and is owed from then on."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.offer import credit_figures, offer_credit
from clientops.rules.invoices.balances import ASKED_INVOICES, UNKNOWN_INVOICE
from clientops.rules.invoices.build_rows import BILLED_ADDRESSES
from clientops.rules.invoices.create import ISSUED_TOO_LATE
from clientops.rules.invoices.next_number import NUMBERED_BILLS, count_numbers
from clientops.rules.invoices.reverse_charge import add_foreign_vat, noted_sql
from clientops.rules.invoices.status import TWICE
from clientops.rules.invoices.taxes import BILLING
from clientops.rules.mail.invoice_mail import queue_billing_mails
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class IssueInvoice(Request):
    """Issue a draft: from then on it is owed."""

    invoice_id: Id = Field(title="Invoice", description="Draft to issue", json_schema_extra={"picks": "invoices"})
    issued_on: date | None = Field(default=None, title="Invoice date", description="Empty: today")
    due_on: date | None = Field(default=None, title="Due date", description="Empty: the draft's, if it is not past")
    apply_credit: bool | None = Field(
        default=None,
        title="Apply credit",
        description="Whether the client's credit pays it as far as it goes; empty: as the client's setting says",
    )
    send_email: bool = Field(default=False, title="Send e-mail", description="Whether the client is told")


def issue_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Issue draft invoices: Unpaid from now on, or Paid at once where nothing is owed.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``clients``, ``contacts``, ``currencies``,
            ``credit_entries``, ``settings``.
        requests: One row per draft: ``invoice_id``, ``issued_on``, ``due_on``, ``apply_credit`` (empty: as the client's
            setting says). See ``IssueInvoice``.
        today: Invoice date where none is given, and date of credit entries.
        now: When e-mails are queued.

    Returns:
        Updates of ``invoices`` (dates, number, address of the billing contact, tax numbers of both sides, status), of the clients' credit and of
        the next number; inserts of credit entries and e-mails. Items and tax stay as they were drafted.

    Problems:
        ``unknown_invoice``, ``twice``, ``not_draft``, ``too_far_ahead`` (invoice date), ``due_before_issue``, ``negative_total``.

    Warnings:
        ``reverse_charge`` (it carries tax, yet the client would be billed without), ``no_foreign_vat`` (the other way round).

    Source:
        WHMCS "Creating Invoices": Publish.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("asked", ASKED_INVOICES)
    steps.add("bills", DRAFT_BILLS, today=today)
    steps.add("billed_addresses", BILLED_ADDRESSES)
    add_foreign_vat(steps)
    steps.add("billed_clients", "select * from billed_addresses")
    steps.add("bill_totals", "select bill_id, total from bills")
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id="draft_id"))
    offered = offer_credit(steps, today=today)
    steps.add("issued", ISSUED, today=today)
    steps.add("mailed", "select bill_id as place, draft_id as id, client_id from bills where sends_email")
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", TAX_OUTDATED)
    return steps.plan(
        steps.update("invoices", "issued"),
        *offered,
        *count_numbers(steps),
        *queue_billing_mails(steps, "invoice-created", now=now),
        problems="problems",
        warnings="warnings",
        summary=credit_figures(steps),
    )


DRAFT_BILLS = """
    select row_number() over (order by "row") as bill_id, "row", invoice_id as draft_id, asked.client_id,
        false as is_draft, coalesce(issued_on, $today::date) as issued_on,
        coalesce(due_on, case when old_due_on >= coalesce(issued_on, $today::date) then old_due_on end,
            coalesce(issued_on, $today::date) + due_days) as due_on,
        number, old_notes, coalesce(was_reverse_charge, false) as is_reverse_charge, tax1, tax2, coalesce(apply_credit, clients.auto_apply_credit, false) as offers_credit, send_email as sends_email, owed as total
    from (select asked.*, invoices.notes as old_notes, invoices.is_reverse_charge as was_reverse_charge, invoices.tax1, invoices.tax2
        from asked left join invoices on invoices.id = asked.invoice_id) asked
    cross join billing left join clients on clients.id = asked.client_id where asked.status = 'Draft'
"""

ISSUED = f"""
    select draft_id as id, numbered_bills.number, billed_clients.billing_contact_id, billed_clients.bill_to,
        bills.issued_on, bills.due_on, coalesce(credit_offers.amount, 0)::decimal(18, 4) as credit_applied,
        case when total = coalesce(credit_offers.amount, 0) then 'Paid' else 'Unpaid' end as status,
        case when total = coalesce(credit_offers.amount, 0) then $today::date end as paid_on,
        billed_clients.tax_id as client_tax_id, company_tax_id, {noted_sql("old_notes")} as notes
    from bills cross join own_company
    join numbered_bills using (bill_id)
    join billed_clients using (client_id)
    left join (select bill_id, amount from credit_offers) credit_offers using (bill_id)
"""

TAX_OUTDATED = """
    select bills."row", 'invoice_id' as field, case when is_reverse_charge then 'no_foreign_vat' else 'reverse_charge' end as code,
        'invoice ' || draft_id || case when is_reverse_charge
            then ' was drafted without tax (reverse charge), and client ' || client_id || ' has no valid VAT number of another EU country any longer'
            else ' carries tax, and client ' || client_id || ' has a valid VAT number of another EU country (reverse charge)' end
            || ': edit-invoice with reckon_tax calculates it again' as message
    from bills join billed_addresses using (client_id) left join foreign_vat using (client_id) cross join own_company
    where (is_reverse_charge and foreign_vat.client_id is null)
        or (not is_reverse_charge and tax1 + tax2 > 0 and foreign_vat.client_id is not null
            and coalesce(reverse_charge, is_reverse_charge_on))
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
