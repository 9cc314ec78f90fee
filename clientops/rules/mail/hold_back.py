"""Why a mail that waits is not sent: what it is about has changed since it was queued."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from functools import wraps

from clientops.core.plan import Change, Plan, Relation, RuleFunction
from clientops.schema.tables import Tables

HELD = "held back: "

_ABOUT_INVOICES = "('overdue-notice', 'invoice-created')"


def invoice_reason_sql(status: str, due_on: str) -> str:
    """SQL of why a mail about an invoice of this status and due date (SQL; status null: deleted) is not sent, else null.

    Reads the column ``template``, and ``$today``.
    """
    return f"""(case when {status} is null then 'the invoice no longer exists'
        when template = 'overdue-notice' and {status} not in ('Unpaid', 'Collections')
            then 'the invoice is ' || {status} || ', so nothing is overdue'
        when template = 'overdue-notice' and ({due_on} is null or {due_on} >= $today::date)
            then 'the invoice is ' || coalesce('due on ' || {due_on}, 'never due') || ', so nothing is overdue'
        when template = 'invoice-created' and {status} in ('Draft', 'Cancelled')
            then 'the invoice is ' || {status} end)"""


def reasons_sql(mails: str) -> str:
    """SELECT of ``place`` and ``reason`` of those mails that must not be sent as things are, with ``$today``.

    Args:
        mails: Step or subquery with ``place``, ``client_id``, ``template``, ``subject_kind``, ``subject_id``.
    """
    return f"""
        with judged as (
            select mails.place, case
                when mails.client_id is not null and clients.id is null then 'client ' || mails.client_id || ' no longer exists'
                when template = 'welcome' and clients.status = 'Closed' then 'client ' || clients.id || ' is Closed and cannot log in'
                when template = 'overdue-notice' and not clients.overdue_notices then 'client ' || clients.id || ' gets no overdue notices'
                when subject_kind = 'invoice' then coalesce({invoice_reason_sql("invoices.status", "invoices.due_on")},
                    case when invoices.client_id <> mails.client_id then 'the invoice is of client ' || invoices.client_id
                        when template = 'overdue-notice' and invoices.total - invoices.credit_applied - invoices.written_off
                            - coalesce((select sum(amount) from allocations where allocations.invoice_id = invoices.id), 0) <= 0
                            then 'nothing is owed on the invoice' end)
                when subject_kind = 'transaction' then case when transactions.id is null then 'the payment no longer exists'
                    when transactions.kind <> 'payment' then 'transaction ' || transactions.id || ' is a ' || transactions.kind || ', not a payment'
                    when transactions.amount_in > 0 and transactions.amount_in <= (
                        select coalesce(sum(amount_out), 0) from transactions refunds where refunds.refunds_id = transactions.id)
                        then 'the payment was sent back'
                    when transactions.client_id is distinct from mails.client_id then 'the payment is not of client ' || mails.client_id end
                when subject_kind = 'credit entry' then case when credit_entries.id is null then 'the credit entry no longer exists'
                    when credit_entries.amount <= 0 then 'entry ' || credit_entries.id || ' gives no credit'
                    when credit_entries.client_id <> mails.client_id then 'the credit is of client ' || credit_entries.client_id end
                end as reason
            from {mails} mails
            left join clients on clients.id = mails.client_id
            left join invoices on subject_kind = 'invoice' and invoices.id = subject_id
            left join transactions on subject_kind = 'transaction' and transactions.id = subject_id
            left join credit_entries on subject_kind = 'credit entry' and credit_entries.id = subject_id
        )
        select place, reason from judged where reason is not null
    """


def holding_back(function: RuleFunction) -> RuleFunction:
    """The rule that also holds back the waiting mails about invoices that it settles, cancels, postpones or deletes.

    So the preview of a payment shows that the notice that waits will not go out. What no plan foresees (direct SQL, the
    passing of days) is held back when the mail is sent.
    """

    @wraps(function)
    def planned(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
        plan = function(tables, requests, today=today, now=now)
        settling = [c for c in plan.changes if c.table == "invoices" and c.kind in ("update", "delete")]
        writes_mail = any(c.table == "communications" and c.kind != "insert" for c in plan.changes)
        if not settling or writes_mail or tables.query(WAITING_EXIST).fetchone() is None:
            return plan
        steps = tables.steps(**{f"invoices_to_{c.kind}": c.rows for c in settling})
        steps.add("mails_to_hold", _held_sql(settling), today=today)
        if not steps.count("mails_to_hold"):
            return plan
        return replace(plan, changes=(*plan.changes, steps.update("communications", "mails_to_hold")))

    return planned


WAITING_EXIST = f"select 1 from communications where status = 'queued' and template in {_ABOUT_INVOICES} limit 1"


def _held_sql(settling: list[Change]) -> str:
    parts = []
    for change in settling:
        columns, step = change.rows.columns, f"invoices_to_{change.kind}"
        if change.kind == "delete":
            parts.append(f"select {step}.id, null::varchar as status, null::date as due_on from {step}")
            continue
        status, due_on = (f"{step}.{n}" if n in columns else f"invoices.{n}" for n in ("status", "due_on"))
        parts.append(
            f"select {step}.id, {status} as status, {due_on} as due_on from {step} join invoices on invoices.id = {step}.id"
        )
    return f"""
        with become as ({" union all ".join(parts)}),
        judged as (
            select communications.id, {invoice_reason_sql("become.status", "become.due_on")} as reason
            from communications join become on become.id = communications.subject_id
            where communications.status = 'queued' and subject_kind = 'invoice' and template in {_ABOUT_INVOICES}
        )
        select id, 'failed' as status, null::timestamptz as next_attempt_at, '{HELD}' || reason as error
        from judged where reason is not null
    """
