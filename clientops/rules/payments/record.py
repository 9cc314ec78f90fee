"""Payments received: settle invoices in order, and what is too much becomes account credit."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import OPEN, settled_status_sql
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.rules.mail.invoice_mail import queue_billing_mails
from clientops.rules.payments.allocate import pour
from clientops.schema.balances import balances_sql
from clientops.schema.days import payment_moment_sql
from clientops.schema.requests import Id, Ids, PositiveMoney, Request, Text
from clientops.schema.tables import Tables

Fee = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class RecordPayment(Request):
    """Record money that a client paid."""

    client_id: Id = Field(title="Client", description="Who paid", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="Received, in the client's currency, e.g. 119.00")
    gateway: WayOfPaying | None = Field(
        default=None, title="Gateway", description="Gateway or bank, e.g. Bank transfer"
    )
    reference: Line | None = Field(default=None, title="Reference", description="The gateway's or bank's number for it")
    paid_on: date | None = Field(default=None, title="Date", description="Day it was paid; empty: today")
    fee: Fee = Field(default=Decimal(0), title="Fee", description="Kept by the gateway, part of the amount")
    invoice_ids: Ids | None = Field(
        default=None,
        title="Invoices",
        description="Invoices it settles, in this order; empty: the oldest due first",
        json_schema_extra={"picks": "invoices"},
    )
    description: Text | None = Field(default=None, title="Description", description="In words")
    auto_allocate: bool = Field(
        default=True, title="Settle oldest first", description="Without invoices given: settle the oldest due first"
    )
    surplus_to_credit: bool = Field(
        default=True, title="Surplus to credit", description="What settles no invoice becomes account credit"
    )
    allow_duplicate: bool = Field(
        default=False, title="Allow duplicate", description="Even if the gateway's reference is known already"
    )
    send_email: bool = Field(default=False, title="Send e-mail", description="Whether the client is told")


def record_payment(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record payments, settle invoices with them, and put what is left to the clients' credit.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``invoices``, ``allocations``, ``transactions``,
            ``credit_entries``.
        requests: One row per payment: ``client_id``, ``amount`` and ``fee`` (money in the client's currency),
            ``gateway``, ``reference``, ``paid_on``, ``invoice_ids`` (settled in the order given; empty: all open ones,
            oldest due first, if ``auto_allocate``), ``surplus_to_credit``. See ``RecordPayment``.
        today: Day of payments without a date, and of credit entries.
        now: Moment of payments of today, and when e-mails are queued; other payments count as received at noon (UTC) of
            their day.

    Returns:
        Inserts of transactions, allocations, credit entries and e-mails; updates of ``invoices`` (Paid once nothing is owed) and
        of ``clients.credit_balance``. Per payment, amount = allocations + credit + what stays unapplied.

    Problems:
        ``unknown_client``, ``not_minor_unit``, ``fee_above_amount``, ``in_future``, ``unknown_invoice``,
        ``other_client``, ``not_open``, ``twice`` (an invoice), ``duplicate_reference``, ``too_large``.

    Warnings:
        ``unapplied`` (money that settles nothing and does not become credit), ``sells_credit`` and ``pays_invoices``
        (a settled invoice has items that ask for more: credit to issue, other invoices to settle).

    Source:
        WHMCS "Add Payment": the reference must be new; an overpayment is added to the credit balance.
    """
    steps = tables.steps(requests=requests)
    next_transaction = tables.next_id("transactions")
    steps.add("asked", ASKED.format(next_id=next_transaction), today=today, now=now)
    steps.add("named", NAMED_INVOICES)
    # As a step of its own: the engine then knows when it is empty, and does not read all invoices for nobody.
    steps.add("auto_lists", "select distinct list_id, client_id from asked where auto_allocate and not is_named")
    steps.add("open_invoices", OPEN_INVOICES)
    steps.add("offers", 'select "row", list_id, amount from asked where is_known')
    steps.add("places", PLACES)
    steps.add("parts", "select id as part_id, owed as room from open_invoices where owed > 0")
    pour(steps)
    steps.add("leftovers", LEFTOVERS)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS)
    steps.add("payments", PAYMENTS)
    steps.add("allotted", ALLOTTED.format(next_id=tables.next_id("allocations")))
    steps.add("invoice_updates", SETTLED_INVOICES)
    steps.add("entries", SURPLUS_ENTRIES.format(next_id=tables.next_id("credit_entries")))
    steps.add("balances", SURPLUS_BALANCES)
    steps.add("mailed", MAILED)
    return steps.plan(
        steps.insert("transactions", "payments"),
        steps.insert("allocations", "allotted"),
        steps.insert("credit_entries", "entries"),
        steps.update("invoices", "invoice_updates"),
        steps.update("clients", "balances"),
        *queue_billing_mails(steps, "payment-received", now=now),
        problems="problems",
        warnings="warnings",
    )


ASKED = (
    """
    select requests.*, coalesce(requests.paid_on, $today::date) as day,
        """
    + payment_moment_sql("requests.paid_on")
    + """ as occurred_at,
        {next_id} + row_number() over (order by requests."row") as transaction_id,
        len(coalesce(requests.invoice_ids, [])) > 0 as is_named,
        dense_rank() over (order by requests.client_id, requests.auto_allocate, requests.invoice_ids) as list_id,
        clients.id is not null as is_known, clients.currency_id, clients.credit_balance,
        currencies.code, currencies.minor_digits, currencies.rate
    from requests
    left join clients on clients.id = requests.client_id
    left join currencies on currencies.id = clients.currency_id
"""
)

NAMED_INVOICES = """
    with listed as (
        select "row", client_id, list_id, unnest(invoice_ids) as invoice_id,
            generate_subscripts(invoice_ids, 1) as position
        from asked where is_named
    )
    select listed.*, invoices.id is not null as is_known, invoices.status, invoices.client_id as owner_id,
        coalesce(invoices.number, invoices.id::varchar) as invoice_name,
        row_number() over (partition by "row", invoice_id order by position) > 1 as is_twice
    from listed left join invoices on invoices.id = listed.invoice_id
"""

OPEN_INVOICES = f"""
    with reached as (
        select id, client_id, due_on, status from invoices where status in {OPEN} and id in (select invoice_id from named)
        union
        select id, client_id, due_on, status from invoices
        where status in {OPEN} and client_id in (select client_id from auto_lists)
    )
    select reached.*, money.total, money.credit_applied, money.written_off, money.owed
    from reached join ({balances_sql("select id from reached")}) money on money.invoice_id = reached.id
"""

PLACES = """
    select distinct named.list_id, named.position, named.invoice_id as part_id
    from named join open_invoices on open_invoices.id = named.invoice_id
    where named.owner_id = named.client_id and not named.is_twice
    union all
    select lists.list_id, row_number() over (partition by lists.list_id order by due_on nulls last, id), id
    from auto_lists lists join open_invoices using (client_id)
"""

LEFTOVERS = """
    select asked.*, (amount - coalesce(poured, 0))::decimal(18, 4) as surplus
    from asked left join (select "row", sum(amount) as poured from fills group by "row") using ("row")
"""

DUPLICATE_REFERENCES = """
    select any_value(asked."row"), 'reference', 'duplicate_reference',
        'reference ' || any_value(asked.reference) || ' of ' || coalesce(any_value(asked.gateway), 'no gateway')
            || ' is known already: transaction ' || min(transactions.id)
    from asked join transactions
        on transactions.reference = asked.reference and coalesce(transactions.gateway, '') = coalesce(asked.gateway, '')
    where not asked.allow_duplicate group by asked."row"
    union all
    select "row", 'reference', 'duplicate_reference',
        'reference ' || reference || ' of ' || coalesce(gateway, 'no gateway') || ' is in row ' || earlier_row || ' already'
    from (
        select *, lag("row") over (partition by reference, coalesce(gateway, '') order by "row") as earlier_row
        from asked where reference is not null
    )
    where earlier_row is not null and not allow_duplicate
"""

PROBLEMS = f"""
    with filled_up as (
        select part_id, max("row") as "row" from fills join parts using (part_id)
        group by part_id having sum(amount) = any_value(room)
    )
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", field, 'not_minor_unit',
        field || ' ' || money || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from (
        select "row", is_known, code, minor_digits, 'amount' as field, amount as money from asked
        union all
        select "row", is_known, code, minor_digits, 'fee', fee from asked
    )
    where is_known and not {is_minor_unit_sql("money")}
    union all
    select "row", 'fee', 'fee_above_amount',
        'fee ' || {show_sql("fee")} || ' is more than the amount: ' || {show_sql("amount")}
    from asked where is_known and fee > amount
    union all
    select "row", 'paid_on', 'in_future', 'paid_on ' || paid_on || ' is in the future: at most ' || $today::date
    from asked where paid_on > $today::date
    union all
    select "row", 'invoice_ids', 'unknown_invoice', 'there is no invoice ' || invoice_id
    from named where not is_known
    union all
    select "row", 'invoice_ids', 'other_client',
        'invoice ' || invoice_name || ' belongs to client ' || owner_id || ', not to client ' || client_id
    from named where owner_id <> client_id
    union all
    select "row", 'invoice_ids', 'twice', 'invoice ' || invoice_name || ' is named twice'
    from named where is_twice
    union all
    select "row", 'invoice_ids', 'not_open',
        'invoice ' || invoice_name || ' is ' || status || ': it must be Unpaid or in Collections'
            || case when status = 'Draft' then '; issue it first (issue-invoice)' else '' end
    from named where status not in {OPEN}
    union all
    select named."row", 'invoice_ids', 'not_open',
        'invoice ' || invoice_name || ' is Paid by an earlier row: it must be Unpaid or in Collections'
    from named join filled_up on filled_up.part_id = named.invoice_id and filled_up."row" < named."row"
    where not is_twice
    union all
    {DUPLICATE_REFERENCES}
    union all
    select "row", 'amount', 'too_large',
        'amount ' || {show_sql("amount")} || ' is too large: client ' || client_id || ' would have more credit than '
            || 'can be kept, 99999999999999'
    from (
        select *, credit_balance + sum(surplus) over (partition by client_id order by "row") as left_after
        from leftovers where is_known and surplus_to_credit
    ) where try_cast(left_after as decimal(18, 4)) is null
"""

WARNINGS = f"""
    select "row", 'amount' as field, 'unapplied' as code,
        {show_sql("surplus")} || ' of client ' || client_id || ' settle no invoice and do not become credit' as message
    from leftovers where is_known and surplus > 0 and not surplus_to_credit
    union all
    select min(fills."row"), 'invoice_ids',
        case items.kind when 'add funds' then 'sells_credit' else 'pays_invoices' end,
        'invoice ' || items.invoice_id || case items.kind
            when 'add funds' then ' sells credit: issue it once the invoice is paid'
            else ' pays other invoices: settle these instead' end
    from fills join invoice_items items on items.invoice_id = fills.part_id
    where items.kind in ('add funds', 'invoice') and items.invoice_id in (select part_id from fills)
    group by items.invoice_id, items.kind
"""

MAILED = """
    select "row" as place, transaction_id as id, client_id from asked where is_known and send_email
"""

PAYMENTS = """
    select transaction_id as id, client_id, currency_id, 'payment' as kind, gateway, occurred_at, description,
        amount as amount_in, fee, rate, reference
    from asked where is_known
"""

ALLOTTED = """
    select {next_id} + row_number() over (order by "row", position) as id, asked.transaction_id,
        fills.part_id as invoice_id, fills.amount
    from fills join asked using ("row")
"""

SETTLED_INVOICES = f"""
    with sums as (
        select fills.part_id as id, sum(fills.amount) as settled, arg_max(asked.day, fills."row") as last_day
        from fills join asked using ("row") group by fills.part_id
    )
    select id, {settled_status_sql("status", "(owed - settled)")} as status,
        case when owed = settled then last_day end as paid_on
    from sums join open_invoices using (id)
"""

SURPLUS_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, day as entry_on,
        'Overpayment by transaction ' || coalesce(reference, transaction_id::varchar) as description,
        surplus as amount, transaction_id
    from leftovers where is_known and surplus > 0 and surplus_to_credit
"""

SURPLUS_BALANCES = """
    select client_id as id, try_cast(any_value(credit_balance) + sum(surplus) as decimal(18, 4)) as credit_balance
    from leftovers where is_known and surplus > 0 and surplus_to_credit group by client_id
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "record-payment",
        "Record payment",
        record_payment,
        RecordPayment,
        risk="medium",
        group="transactions",
        manual="invoice or transaction",
    ),
)
