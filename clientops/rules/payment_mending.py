"""Payments that are in the book but not where they belong: settle invoices with them, correct whose they are."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.changes import Plan, Relation, Rule
from clientops.money import is_minor_unit_sql, show_sql
from clientops.requests import Id, Ids, Request, Text
from clientops.rules.fields import CurrencyCode
from clientops.rules.invoice_money import OPEN
from clientops.rules.payments import (
    ALLOTTED,
    LEFTOVERS,
    NAMED_INVOICES,
    OPEN_INVOICES,
    PLACES,
    SETTLED_INVOICES,
    SURPLUS_BALANCES,
    SURPLUS_ENTRIES,
)
from clientops.rules.pouring import pour
from clientops.tables.view import Steps, Tables

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
    """Correct whose a payment is, its currency or its reference; what it settles stays."""

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
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``transactions``; the amounts stay, in the new currency if there is one, with its rate.

    Problems:
        ``unknown_transaction``, ``unknown_client``, ``unknown_currency``, ``twice``, ``nothing_asked``, ``is_credit`` (money
        of it is another client's credit: transfer that), ``not_minor_unit``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", CORRECT_ASKED)
    steps.add("problems", CORRECT_PROBLEMS)
    steps.add("corrected", CORRECTED)
    return steps.plan(steps.update("transactions", "corrected"), problems="problems")


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
    select "row", 'client_id', 'is_credit', 'money of transaction ' || transaction_id || ' is credit of client ' || holder_id
        || ': transfer that credit first'
    from asked where client_id <> holder_id and held_amount <> 0
    union all
    select "row", 'currency', 'not_minor_unit', 'amount ' || {show_sql("greatest(amount_in, amount_out)", "code", "4")} || ' is finer than '
        || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where new_currency_id is not null and is_known
        and not ({is_minor_unit_sql("amount_in")} and {is_minor_unit_sql("amount_out")})
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
