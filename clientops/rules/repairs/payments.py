"""Payments that are in the book but not where they belong: settle invoices with them, correct whose they are."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import OPEN, settled_status_sql
from clientops.rules.kit.field_types import CurrencyCode
from clientops.rules.payments.allocate import pour
from clientops.rules.payments.given_back import pay_out
from clientops.rules.payments.record import (
    ALLOTTED,
    LEFTOVERS,
    NAMED_INVOICES,
    OPEN_INVOICES,
    PLACES,
    SETTLED_INVOICES,
    SURPLUS_BALANCES,
    SURPLUS_ENTRIES,
)
from clientops.schema.requests import Id, Ids, Request, Text
from clientops.schema.tables import Steps, Tables

PAYMENT = Field(title="Payment", description="Number of the transaction", json_schema_extra={"picks": "transactions"})


class SettlePayment(Request):
    """Settle invoices with money of a payment that settles nothing yet; what is left becomes credit."""

    transaction_id: Id = PAYMENT
    client_id: Id | None = Field(
        default=None, title="Client", description="Whose it is, if that is not known yet", json_schema_extra={"picks": "clients"}
    )  # fmt: skip
    invoice_ids: Ids | None = Field(
        default=None,
        title="Invoices",
        description="Invoices it settles, in this order; empty: the oldest due first",
        json_schema_extra={"picks": "invoices"},
    )
    surplus_to_credit: bool = Field(
        default=True, title="Surplus to credit", description="What settles no invoice becomes account credit"
    )


def settle_payment(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Pour money of recorded payments into invoices, and what is left into credit.

    Args:
        tables: Read-only tables; reads ``transactions``, ``allocations``, ``credit_entries``, ``clients``, ``invoices``,
            ``currencies``.
        requests: One row per payment: ``transaction_id``, ``client_id`` (only where the payment has none), ``invoice_ids``
            (empty: the client's open ones, oldest due first), ``surplus_to_credit``. See ``SettlePayment``.
        today: Day of credit entries, and day on which invoices are paid.
        now: Not used.

    Returns:
        Inserts of allocations and credit entries; updates of invoices, balances, and of payments without a client. Per
        payment, its amount = what it settles + what is credit + what was given back + what stays unapplied.

    Problems:
        ``unknown_transaction``, ``not_a_payment``, ``twice``, ``nothing_left``, ``no_client``, ``other_client`` (of the
        payment or of an invoice), ``unknown_client``, ``other_currency``, ``unknown_invoice``, ``not_open``.
    """
    steps = tables.steps(requests=requests)
    steps.add("rests", FREE_MONEY)
    steps.add("asked", SETTLE_ASKED, today=today)
    pour_into_invoices(steps)
    steps.add("problems", SETTLE_PROBLEMS + " union all " + INVOICE_PROBLEMS)
    steps.add("allotted", ALLOTTED.format(next_id=tables.next_id("allocations")))
    steps.add("invoice_updates", SETTLED_INVOICES)
    steps.add("entries", SURPLUS_ENTRIES.format(next_id=tables.next_id("credit_entries")))
    steps.add("balances", SURPLUS_BALANCES)
    steps.add("owned", "select distinct transaction_id as id, client_id from asked where is_known")
    return steps.plan(
        steps.insert("allocations", "allotted"),
        steps.insert("credit_entries", "entries"),
        steps.update("invoices", "invoice_updates"),
        steps.update("clients", "balances"),
        steps.update("transactions", "owned"),
        problems="problems",
    )


def pour_into_invoices(steps: Steps) -> None:
    """Steps ``named``, ``fills`` and ``leftovers`` from the step ``asked``, as recording a payment has it."""
    steps.add("named", NAMED_INVOICES)
    steps.add("auto_lists", "select distinct list_id, client_id from asked where auto_allocate and not is_named")
    steps.add("open_invoices", OPEN_INVOICES)
    steps.add("offers", 'select "row", list_id, amount from asked where is_known')
    steps.add("places", PLACES)
    steps.add("parts", "select id as part_id, owed as room from open_invoices where owed > 0")
    pour(steps)
    steps.add("leftovers", LEFTOVERS)


# What of each payment, its refunds counted, neither settles an invoice nor is credit.
FREE_MONEY = """
    with family as (
        select id as payment_id, id, amount_in - amount_out as amount from transactions
        where id in (select transaction_id from requests)
        union all
        select refunds_id, id, amount_in - amount_out from transactions
        where refunds_id in (select transaction_id from requests) and kind = 'refund'
    ),
    settled as (
        select transaction_id, sum(amount) as amount from allocations
        where transaction_id in (select id from family) group by transaction_id
    ),
    credited as (
        select transaction_id, sum(amount) as amount from credit_entries
        where transaction_id in (select id from family) group by transaction_id
    ),
    rests as (
        select payment_id, family.id, family.amount - coalesce(settled.amount, 0) - coalesce(credited.amount, 0) as rest
        from family left join settled on settled.transaction_id = family.id
        left join credited on credited.transaction_id = family.id
    )
    select payment_id, sum(case when id = payment_id then rest else least(0, rest) end)::decimal(18, 4) as free
    from rests group by payment_id
"""

SETTLE_ASKED = """
    select requests."row", requests.transaction_id, requests.invoice_ids, requests.surplus_to_credit,
        coalesce(t.client_id, requests.client_id) as client_id, requests.client_id as given_client_id, t.client_id as own_client_id,
        true as auto_allocate, len(coalesce(requests.invoice_ids, [])) > 0 as is_named,
        dense_rank() over (order by coalesce(t.client_id, requests.client_id), requests.invoice_ids) as list_id,
        greatest(0, coalesce(rests.free, 0))::decimal(18, 4) as amount, t.reference, t.kind, $today::date as day,
        t.id is not null as is_transaction, t.currency_id, clients.currency_id as client_currency_id, clients.credit_balance,
        t.id is not null and clients.id is not null and clients.currency_id = t.currency_id as is_known,
        clients.id is not null as is_client, k.code, k.minor_digits
    from requests
    left join transactions t on t.id = requests.transaction_id
    left join rests on rests.payment_id = requests.transaction_id
    left join clients on clients.id = coalesce(t.client_id, requests.client_id)
    left join currencies k on k.id = t.currency_id
"""

SETTLE_PROBLEMS = """
    select "row", 'transaction_id' as field, 'unknown_transaction' as code, 'there is no transaction ' || transaction_id as message
    from asked where not is_transaction
    union all
    select "row", 'transaction_id', 'not_a_payment', 'transaction ' || transaction_id || ' is a ' || kind || ': it must be a payment'
    from asked where kind <> 'payment'
    union all
    select "row", 'transaction_id', 'twice', 'transaction ' || transaction_id || ' is in an earlier row already'
    from asked qualify row_number() over (partition by transaction_id order by "row") > 1
    union all
    select "row", 'transaction_id', 'nothing_left', 'nothing is left of payment ' || transaction_id
    from asked where kind = 'payment' and amount <= 0
    union all
    select "row", 'client_id', 'no_client', 'payment ' || transaction_id || ' has no client: say whose it is'
    from asked where is_transaction and client_id is null
    union all
    select "row", 'client_id', 'other_client', 'payment ' || transaction_id || ' is of client ' || own_client_id || ', not of client ' || given_client_id
    from asked where own_client_id <> given_client_id
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id
    from asked where client_id is not null and not is_client
    union all
    select "row", 'transaction_id', 'other_currency', 'payment ' || transaction_id || ' is in ' || code || ', which client '
        || client_id || ' does not pay in'
    from asked where is_transaction and is_client and currency_id <> client_currency_id
"""

INVOICE_PROBLEMS = f"""
    select "row", 'invoice_ids', 'unknown_invoice', 'there is no invoice ' || invoice_id from named where not is_known
    union all
    select "row", 'invoice_ids', 'other_client',
        'invoice ' || invoice_name || ' belongs to client ' || owner_id || ', not to client ' || client_id
    from named where owner_id <> client_id
    union all
    select "row", 'invoice_ids', 'twice', 'invoice ' || invoice_name || ' is named twice' from named where is_twice
    union all
    select "row", 'invoice_ids', 'not_open',
        'invoice ' || invoice_name || ' is ' || status || ': it must be Unpaid or in Collections'
    from named where status not in {OPEN}
"""


class CorrectPayment(Request):
    """Correct whose a payment is, its currency or its reference; with another client, its money moves."""

    transaction_id: Id = PAYMENT
    client_id: Id | None = Field(
        default=None, title="Client", description="Whose it is; empty: unchanged", json_schema_extra={"picks": "clients"}
    )  # fmt: skip
    currency: CurrencyCode | None = Field(
        default=None, title="Currency", description="ISO code of what it was paid in, e.g. EUR; empty: unchanged"
    )
    reference: Text | None = Field(
        default=None, title="Reference", description="The gateway's number for it; empty: unchanged"
    )


def correct_payment(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Correct transactions that were recorded with the wrong client, currency or reference.

    Args:
        tables: Read-only tables; reads ``transactions``, ``clients``, ``currencies``, ``credit_entries``.
        requests: One row per transaction: ``transaction_id``, ``client_id``, ``currency``, ``reference`` (each empty:
            unchanged). See ``CorrectPayment``.
        today: Day of credit entries.
        now: Not used.

    Returns:
        Updates of ``transactions``; the amounts stay, in the new currency if there is one, with its rate. With another
        client the money moves: invoices of others that the payment settled are owed again, and its credit becomes the new
        client's; ``settle-payment`` then settles the new client's invoices.

    Problems:
        ``unknown_transaction``, ``unknown_client``, ``unknown_currency``, ``twice``, ``nothing_asked``, ``credit_spent`` (its
        credit is not there any more), ``other_currency``, ``has_refunds`` (part of it was sent back), ``not_minor_unit``,
        ``more_than_came_in``, ``too_large``.

    Warnings:
        ``owed_again`` (invoices that it no longer settles), ``note_paid_out``, ``note_spent``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", CORRECT_ASKED)
    steps.add("freed", FREED)
    steps.add("moved", MOVED_CREDIT)
    steps.add("entries", MOVED_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("leaving", LEFT_INVOICES)
    steps.add("credit_after", MOVED_AFTER)
    pay_out(steps, tables, today=today)
    steps.add("problems", CORRECT_PROBLEMS)
    steps.add("warnings", f"select * from leaving_warnings union all {FREED_INVOICES}")
    steps.add("corrected", CORRECTED)
    steps.add("gone_allocations", "select distinct id from freed")
    steps.add("owing", OWED_AGAIN)
    return steps.plan(
        steps.update("transactions", "corrected"),
        steps.delete("allocations", "gone_allocations"),
        steps.update("invoices", "owing"),
        steps.update("credit_notes", "paid_out_notes"),
        steps.insert("credit_entries", "all_entries"),
        steps.update("clients", "all_balances"),
        problems="problems",
        warnings="warnings",
    )


CORRECT_ASKED = """
    with held as (
        select transaction_id, min(client_id) as holder_id, sum(amount) as amount from credit_entries
        where transaction_id in (select transaction_id from requests) group by transaction_id
    )
    select requests.*, t.id is not null as is_known, t.client_id as old_client_id, t.reference as old_reference,
        t.currency_id as old_currency_id, t.rate as old_rate, t.amount_in, t.amount_out, c.id is not null as is_client,
        k.id as new_currency_id, k.rate as new_rate, k.code, k.minor_digits, held.holder_id, held.amount as held_amount
    from requests
    left join transactions t on t.id = requests.transaction_id
    left join clients c on c.id = requests.client_id
    left join currencies k on k.code = requests.currency
    left join held on held.transaction_id = requests.transaction_id
"""

CORRECT_PROBLEMS = f"""
    select "row", 'transaction_id' as field, 'unknown_transaction' as code, 'there is no transaction ' || transaction_id as message
    from asked where not is_known
    union all
    select "row", 'transaction_id', 'twice', 'transaction ' || transaction_id || ' is in an earlier row already'
    from asked qualify row_number() over (partition by transaction_id order by "row") > 1
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id from asked where client_id is not null and not is_client
    union all
    select "row", 'currency', 'unknown_currency', 'there is no currency ' || currency || ' in this book'
    from asked where currency is not null and new_currency_id is null
    union all
    select "row", 'transaction_id', 'nothing_asked', 'nothing is asked for: give a client, a currency or a reference'
    from asked where client_id is null and currency is null and reference is null
    union all
    select "row", 'client_id', 'credit_spent', {show_sql("amount", "code", "minor_digits")} || ' of transaction ' || transaction_id
        || ' is credit of client ' || from_id || ', who has only ' || {show_sql("credit_balance", "code", "minor_digits")} || ' left'
    from moved where so_far > credit_balance and amount > 0
    union all
    select "row", 'client_id', 'other_currency', 'client ' || to_id || ' pays in another currency than client ' || from_id
        || ', whose credit it is: take that credit back first'
    from moved where not is_same_currency
    union all
    select "row", 'client_id', 'too_large', 'client ' || to_id || ' would have more credit than can be kept, 99999999999999'
    from moved where try_cast(to_balance + amount as decimal(18, 4)) is null
    union all
    select "row", 'client_id', 'has_refunds', 'transaction ' || asked.transaction_id || ' was sent back in part by transaction ' || min(t.id)
        || ': delete that, or record the payment again'
    from asked join transactions t on t.refunds_id = asked.transaction_id and t.kind = 'refund'
    where exists (select 1 from freed where freed."row" = asked."row") or exists (select 1 from moved where moved."row" = asked."row")
    group by "row", asked.transaction_id
    union all
    select "row", 'client_id', code, message from leaving_problems
    union all
    select "row", 'currency', 'not_minor_unit', 'amount ' || {show_sql("greatest(amount_in, amount_out)", "code", "4")} || ' is finer than '
        || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where new_currency_id is not null and is_known
        and not ({is_minor_unit_sql("amount_in")} and {is_minor_unit_sql("amount_out")})
"""

# Of a payment that gets another client: what it settles of others, and what became credit of another.
FREED = """
    select asked."row", a.id, a.invoice_id, a.amount from asked join allocations a on a.transaction_id = asked.transaction_id
    join invoices i on i.id = a.invoice_id
    where asked.is_client and asked.client_id is distinct from old_client_id and i.client_id <> asked.client_id
"""
MOVED_CREDIT = """
    with credited as (
        select asked."row", asked.transaction_id, e.client_id as from_id, asked.client_id as to_id, sum(e.amount) as amount
        from asked join credit_entries e on e.transaction_id = asked.transaction_id and e.invoice_id is null
        where asked.is_client and e.client_id <> asked.client_id group by all having sum(e.amount) <> 0
    )
    select credited.*, c.credit_balance, k.code, k.minor_digits, c.currency_id = t.currency_id as is_same_currency,
        t.credit_balance as to_balance, sum(credited.amount) over (partition by from_id order by "row") as so_far
    from credited join clients c on c.id = from_id join clients t on t.id = to_id join currencies k on k.id = c.currency_id
"""
MOVED_ENTRIES = """
    with both_sides as (
        select "row", 1 as side, transaction_id, from_id as client_id, -amount as amount, to_id as other_id from moved
        union all
        select "row", 2, transaction_id, to_id, amount, from_id from moved
    )
    select {next_id} + row_number() over (order by "row", side) as id, client_id, $today::date as entry_on,
        'Transaction ' || transaction_id || case side when 1 then ' is of client ' else ' was booked on client ' end || other_id
            as description, amount::decimal(18, 4) as amount, transaction_id
    from both_sides
"""
LEFT_INVOICES = """
    select "row", invoice_id, sum(amount) as amount, false as keeps_owed from freed group by "row", invoice_id having sum(amount) > 0
"""
MOVED_AFTER = """
    select entries.client_id, credit_balance + sum(amount) as credit
    from entries join clients on clients.id = entries.client_id group by entries.client_id, credit_balance
"""
FREED_INVOICES = """
    select leaving."row", 'client_id', 'owed_again', 'invoice ' || coalesce(i.number, i.id::varchar) || ' of client ' || i.client_id
        || ' is no longer settled by it and owes more again; settle the invoices of the right client with settle-payment'
    from leaving join invoices i on i.id = leaving.invoice_id
"""
OWED_AGAIN = f"""
    with after as (
        select s.invoice_id as id, i.paid_on, (s.credit_applied + paid_out)::decimal(18, 4) as credit_applied,
            {settled_status_sql("s.status", "(s.owed + leaving - paid_out)")} as status
        from leaving_sums s join invoices i on i.id = s.invoice_id
    )
    select id, credit_applied, status, case when status = 'Unpaid' then null else paid_on end as paid_on from after
"""

CORRECTED = """
    select distinct on (transaction_id) transaction_id as id, coalesce(client_id, old_client_id) as client_id,
        coalesce(new_currency_id, old_currency_id) as currency_id, coalesce(reference, old_reference) as reference,
        case when new_currency_id is not null and new_currency_id <> old_currency_id then new_rate else old_rate end as rate
    from asked where is_known order by transaction_id, "row"
"""

RULES: tuple[Rule, ...] = (
    Rule("settle-payment", "Settle invoices with a payment", settle_payment, SettlePayment, risk="medium", group="transactions"),
    Rule("correct-payment", "Correct a payment", correct_payment, CorrectPayment, risk="medium", group="transactions"),
)  # fmt: skip
