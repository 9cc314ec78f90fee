"""Payments given back: to the gateway, or to the client's account credit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import settled_status_sql
from clientops.rules.kit.field_types import Line
from clientops.rules.payments.allocate import pour
from clientops.rules.payments.given_back import pay_out
from clientops.rules.payments.record import DUPLICATE_REFERENCES, Fee
from clientops.schema.days import payment_day_sql, payment_moment_sql
from clientops.schema.requests import Id, PositiveMoney, Request, Text
from clientops.schema.tables import Tables

DAY_TRANSACTIONS = payment_day_sql("transactions.occurred_at")


class RefundPayment(Request):
    """Give a payment back, or part of it."""

    transaction_id: Id = Field(
        title="Payment", description="Transaction that is given back", json_schema_extra={"picks": "transactions"}
    )
    amount: PositiveMoney | None = Field(default=None, title="Amount", description="Empty: all that is left of it")
    destination: Literal["gateway", "credit"] = Field(
        default="gateway", title="Refund to", description="Where the money goes: back to the gateway, or to credit"
    )
    invoice_id: Id | None = Field(
        default=None,
        title="Invoice",
        description="Only what it paid of this invoice; empty: what settled nothing first, then the last settled",
        json_schema_extra={"picks": "invoices"},
    )
    keep_owed: bool = Field(
        default=False, title="Still owed", description="An invoice given back whole is owed again, not Refunded"
    )
    reference: Line | None = Field(default=None, title="Reference", description="The gateway's number of the refund")
    refunded_on: date | None = Field(default=None, title="Date", description="Day it was sent back; empty: today")
    fee: Fee = Field(default=Decimal(0), title="Fee", description="Charged by the gateway for it")
    description: Text | None = Field(default=None, title="Description", description="In words")
    allow_duplicate: bool = Field(
        default=False, title="Allow duplicate", description="Even if the gateway's reference is known already"
    )


def refund_payment(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give payments back, and let the invoices that they settled be owed again.

    Args:
        tables: Read-only tables; reads ``transactions``, ``allocations``, ``credit_entries``, ``credit_notes``,
            ``invoices``, ``clients``, ``currencies``.
        requests: One row per refund: ``transaction_id`` of the payment, ``amount`` (empty: all that is left),
            ``destination``, ``invoice_id``, ``keep_owed``. See ``RefundPayment``.
        today: Day of refunds without a date, and of credit entries.
        now: Moment of refunds of today; others count as sent at noon (UTC) of their day.

    Returns:
        To the gateway: a transaction of kind refund, negative allocations, and a negative credit entry for what had
        become credit. To credit: negative allocations of the payment itself and a credit entry. Money comes first from
        what settled nothing, then from what became credit, then from the invoices settled last. Invoices owe
        again what is given back; one that was given back whole is Refunded. Credit that a credit note gave for such an
        invoice is paid out by the refund, as far as the client still has it: the note then reduces the invoice instead
        (not with ``keep_owed``). Per invoice, no more is given back than came in.

    Problems:
        ``unknown_transaction``, ``not_a_payment``, ``not_minor_unit``, ``in_future``, ``before_payment``, ``duplicate_reference``,
        ``not_settled`` (the invoice, by this payment), ``nothing_left``, ``more_than_left``, ``credit_spent``,
        ``more_than_came_in`` (a credit note or a change gave it as credit, which is spent),
        ``no_client`` and ``other_currency`` (to credit), ``both_ways`` (one payment to gateway and credit at once).

    Warnings:
        ``note_paid_out``, ``note_spent``.

    Source:
        WHMCS "Refunds": Refund through Gateway, Add to Client's Credit Balance; fully refunded invoices are Refunded.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED.format(next_id=tables.next_id("transactions")), today=today, now=now)
    steps.add("related", RELATED)
    steps.add("part_rooms", PARTS)
    steps.add("parts", "select part_id, room from part_rooms")
    steps.add("places", PLACES)
    steps.add("offers", 'select "row", list_id, amount from asked where is_known')
    pour(steps)
    steps.add("given_back", GIVEN_BACK)
    steps.add("refunded", REFUNDED)
    steps.add("refunds", REFUNDS)
    steps.add("returned", RETURNED.format(next_id=tables.next_id("allocations")))
    steps.add("entries", CREDIT_MOVES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("leaving", LEAVING)
    steps.add("credit_after", CREDIT_AFTER)
    pay_out(steps, tables, today=today)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("invoice_updates", UNSETTLED_INVOICES, today=today)
    return steps.plan(
        steps.insert("transactions", "refunds"),
        steps.insert("allocations", "returned"),
        steps.update("credit_notes", "paid_out_notes"),
        steps.insert("credit_entries", "all_entries"),
        steps.update("clients", "all_balances"),
        steps.update("invoices", "invoice_updates"),
        problems="problems",
        warnings="leaving_warnings",
    )


ASKED = (
    """
    with found as (select * from transactions where id in (select transaction_id from requests)),
    payers as (select * from clients where id in (select client_id from found))
    select requests.* exclude (transaction_id), requests.transaction_id as payment_id,
        """
    + payment_moment_sql("requests.refunded_on")
    + """ as occurred_at,
        {next_id} + row_number() over (partition by requests.destination order by requests."row") as refund_id,
        dense_rank() over (order by requests.transaction_id, requests.destination, requests.invoice_id) as list_id,
        transactions.id is not null as is_known, transactions.kind, transactions.gateway, transactions.amount_in,
        transactions.client_id, transactions.client_name, transactions.currency_id, transactions.rate,
        """
    + DAY_TRANSACTIONS
    + """ as paid_on, clients.id is not null as is_client_known, clients.currency_id as client_currency_id, clients.credit_balance,
        currencies.code, currencies.minor_digits
    from requests
    left join found transactions on transactions.id = requests.transaction_id
    left join payers clients on clients.id = transactions.client_id
    left join currencies on currencies.id = transactions.currency_id
"""
)

RELATED = """
    select distinct payment_id, payment_id as transaction_id, amount_in, 0::decimal(18, 4) as amount_out
    from asked where kind = 'payment'
    union all
    select refunds_id, id, 0, amount_out from transactions
    where refunds_id in (select payment_id from asked where kind = 'payment') and kind = 'refund'
"""

PARTS = """
    with settled as (
        select payment_id, invoice_id, sum(amount) as room, max(allocations.id) as last_id
        from allocations join related using (transaction_id) group by payment_id, invoice_id
    ),
    credited as (
        select payment_id, sum(amount) as room from credit_entries join related using (transaction_id) group by payment_id
    ),
    free as (
        select related.payment_id,
            sum(amount_in - amount_out) - coalesce(any_value(settled_sum), 0) - coalesce(any_value(credited.room), 0) as room
        from related
        left join (select payment_id, sum(room) as settled_sum from settled group by payment_id) using (payment_id)
        left join credited using (payment_id)
        group by related.payment_id
    ),
    every_part as (
        select payment_id, 'free' as source, null::bigint as invoice_id, room, 0 as place, 0 as last_id from free
        union all
        select payment_id, 'credit', null, room, 1, 0 from credited
        union all
        select payment_id, 'invoice', invoice_id, room, 2, last_id from settled
    )
    select row_number() over (order by payment_id, place, last_id desc) as part_id,
        payment_id, source, invoice_id, room::decimal(18, 4) as room
    from every_part where room > 0
"""

PLACES = """
    select list_id, part_id, part_id as position
    from (select distinct list_id, payment_id, destination, invoice_id from asked) lists
    join part_rooms using (payment_id)
    where (lists.invoice_id is null and (source <> 'credit' or destination = 'gateway'))
        or part_rooms.invoice_id = lists.invoice_id
"""

GIVEN_BACK = """
    select fills."row", fills.amount, part_rooms.source, part_rooms.invoice_id, part_rooms.part_id
    from fills join part_rooms using (part_id)
"""

REFUNDED = """
    with sums as (
        select "row", sum(amount) as given, coalesce(sum(amount) filter (where source = 'credit'), 0) as from_credit
        from given_back group by "row"
    ),
    moved as (
        select asked.*, coalesce(given, 0)::decimal(18, 4) as given, coalesce(from_credit, 0)::decimal(18, 4) as from_credit,
            case destination when 'credit' then coalesce(given, 0) else -coalesce(from_credit, 0) end as credit_change
        from asked left join sums using ("row")
    )
    select *, credit_balance + sum(credit_change) over (partition by client_id order by "row") as credit_after
    from moved
"""

PROBLEMS = f"""
    select "row", 'transaction_id' as field, 'unknown_transaction' as code,
        'there is no transaction ' || payment_id as message
    from asked where not is_known
    union all
    select "row", 'transaction_id', 'not_a_payment', 'transaction ' || payment_id || ' is a ' || kind || ', not a payment'
    from asked where kind <> 'payment'
    union all
    select "row", field, 'not_minor_unit',
        field || ' ' || money || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from (
        select "row", code, minor_digits, 'amount' as field, amount as money from asked where amount is not null
        union all
        select "row", code, minor_digits, 'fee', fee from asked
    )
    where not {is_minor_unit_sql("money")}
    union all
    select "row", 'refunded_on', 'in_future', 'refunded_on ' || refunded_on || ' is in the future: at most ' || $today::date
    from asked where refunded_on > $today::date
    union all
    select "row", 'refunded_on', 'before_payment', 'refunded_on ' || refunded_on || ' is before payment ' || payment_id || ' came in, on ' || paid_on
    from asked where kind = 'payment' and refunded_on < paid_on
    union all
    {DUPLICATE_REFERENCES}
    union all
    select "row", 'invoice_id', 'not_settled', 'payment ' || payment_id || ' does not settle invoice ' || invoice_id
    from asked where kind = 'payment' and invoice_id is not null and list_id not in (select list_id from places)
    union all
    select "row", 'amount', 'nothing_left', 'nothing is left of payment ' || payment_id || ' to give back'
    from refunded where kind = 'payment' and given = 0 and (invoice_id is null or list_id in (select list_id from places))
    union all
    select "row", 'amount', 'more_than_left',
        'amount ' || {show_sql("amount")} || ' is more than is left of payment ' || payment_id || ' to give back: '
            || {show_sql("given")}
    from refunded where kind = 'payment' and amount > given and given > 0
    union all
    select "row", 'amount', 'credit_spent',
        {show_sql("from_credit")} || ' of payment ' || payment_id || ' became credit, and client ' || client_id
            || ' has only ' || {show_sql("(credit_after + from_credit)")} || ' left: name an invoice to give that back'
    from refunded where is_client_known and credit_after < 0 and from_credit > 0
    union all
    select "row", 'amount', code, message from leaving_problems
    union all
    select "row", 'destination', 'no_client', 'payment ' || payment_id || ' belongs to no client: refund it to the gateway'
    from asked where kind = 'payment' and destination = 'credit' and not is_client_known
    union all
    select "row", 'destination', 'other_currency',
        'payment ' || payment_id || ' is in ' || code || ', which client ' || client_id || ' does not have'
    from asked where kind = 'payment' and destination = 'credit' and client_currency_id <> currency_id
    union all
    select "row", 'destination', 'both_ways',
        'payment ' || payment_id || ' goes to gateway and credit at once: do one after the other'
    from asked
    qualify min(destination) over (partition by payment_id) <> max(destination) over (partition by payment_id)
"""

REFUNDS = """
    select refund_id as id, client_id, client_name, currency_id, 'refund' as kind, gateway, occurred_at,
        coalesce(description, 'Refund of transaction ' || payment_id) as description, fee, given as amount_out, rate,
        reference, payment_id as refunds_id
    from refunded where kind = 'payment' and destination = 'gateway'
"""

RETURNED = """
    select {next_id} + row_number() over (order by given_back."row", part_id) as id,
        case destination when 'gateway' then refund_id else payment_id end as transaction_id,
        given_back.invoice_id, -given_back.amount as amount
    from given_back join asked using ("row") where source = 'invoice'
"""

CREDIT_MOVES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, coalesce(refunded_on, $today::date) as entry_on,
        coalesce(description, 'Refund of transaction ' || payment_id) as description,
        credit_change::decimal(18, 4) as amount,
        case destination when 'gateway' then refund_id else payment_id end as transaction_id
    from refunded where is_client_known and credit_change <> 0
"""

LEAVING = """
    select "row", given_back.invoice_id, given_back.amount, asked.keep_owed as keeps_owed, asked.refunded_on
    from given_back join asked using ("row") where source = 'invoice'
"""

CREDIT_AFTER = """
    select client_id, any_value(credit_balance) + sum(credit_change) as credit from refunded
    where is_client_known group by client_id
"""

UNSETTLED_INVOICES = f"""
    with rows as (
        select invoice_id, count(distinct "row") as row_count, arg_max(keeps_owed, "row") as keep_owed, max(refunded_on) as last_refunded_on
        from leaving group by invoice_id
    ),
    owing as (
        select invoice_id as id, s.status, i.paid_on, i.refunded_on, row_count, last_refunded_on, s.owed + leaving - paid_out as owed,
            (s.credit_applied + paid_out)::decimal(18, 4) as credit_applied,
            s.paid = leaving and s.spent = 0 and not keep_owed and s.status in ('Paid', 'Unpaid', 'Written off') as is_whole
        from leaving_sums s join rows using (invoice_id) join invoices i on i.id = s.invoice_id
    )
    select id, credit_applied, case when is_whole then 'Refunded' else {settled_status_sql("status", "owed")} end as status,
        case when status in ('Paid', 'Written off') and (not is_whole or row_count > 1) and owed > 0 then null
            else paid_on end as paid_on,
        case when is_whole then coalesce(last_refunded_on, $today::date) else refunded_on end as refunded_on
    from owing
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "refund-payment",
        "Refund payment",
        refund_payment,
        RefundPayment,
        risk="medium",
        group="transactions",
        manual="invoice or transaction",
    ),
)
