"""Deleting transactions: the step before a client can be wiped without a trace of its payments."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import settled_status_sql
from clientops.rules.payments.given_back import pay_out
from clientops.schema.balances import balances_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class DeleteTransaction(Request):
    """Delete a transaction; the invoices that it settled are owed again."""

    transaction_id: Id = Field(
        title="Transaction", description="Number of the transaction", json_schema_extra={"picks": "transactions"}
    )
    take_back_credit: bool = Field(
        default=True, title="Take back credit", description="Credit that came from it is taken back; else it stays"
    )


def delete_transaction(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Delete transactions with their allocations, as if they had never been recorded.

    Args:
        tables: Read-only tables; reads ``transactions``, ``allocations``, ``credit_entries``, ``invoices``,
            ``clients``, ``currencies``, ``credit_notes``, ``matches``.
        requests: One row per transaction: ``transaction_id``, ``take_back_credit``. See ``DeleteTransaction``.
        today: Date of credit entries, and day on which an invoice was paid whose refund is deleted.
        now: Not used.

    Returns:
        Deletes of ``transactions``, ``allocations`` and ``matches``; updates of ``invoices`` (Paid becomes Unpaid
        where something is owed again, and Unpaid or Refunded becomes Paid where a deleted refund leaves nothing owed) and
        of the credit entries that name them; entries that take credit back, or give it back for a refund. Credit that a
        credit note gave for such an invoice is taken, as ``refund_payment`` has it.

    Problems:
        ``unknown_transaction``, ``twice``, ``has_refunds`` (delete them too), ``credit_spent``, ``overpaid`` (the
        invoice of a deleted refund was paid again), ``too_large``, ``more_than_came_in`` (a credit note or a change gave
        its money as credit, which is spent).

    Warnings:
        ``note_paid_out``, ``note_spent``.

    Source:
        WHMCS "Transactions": deleting one does not delete what it paid; here what it paid is owed again.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("gone", "select transaction_id as id from asked where is_known")
    steps.add("gone_allocations", GONE_ALLOCATIONS)
    steps.add("gone_matches", "select id from matches where transaction_id in (select id from gone)")
    steps.add("named_entries", NAMED_ENTRIES)
    steps.add("credit_moves", CREDIT_MOVES)
    steps.add("deleted", "select distinct id from gone")
    steps.add("allocation_deletes", "select id from gone_allocations")
    steps.add("entry_updates", "select id, null::bigint as transaction_id from named_entries")
    steps.add("entries", ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("leaving", LEAVING)
    steps.add("credit_after", "select client_id, min(credit_after) as credit from credit_moves group by client_id")
    pay_out(steps, tables, today=today)
    steps.add("owing", OWING)
    steps.add("problems", PROBLEMS)
    steps.add("invoice_updates", INVOICES, today=today)
    return steps.plan(
        steps.delete("transactions", "deleted"),
        steps.delete("allocations", "allocation_deletes"),
        steps.delete("matches", "gone_matches"),
        steps.update("credit_entries", "entry_updates"),
        steps.update("credit_notes", "paid_out_notes"),
        steps.insert("credit_entries", "all_entries"),
        steps.update("clients", "all_balances"),
        steps.update("invoices", "invoice_updates"),
        problems="problems",
        warnings="leaving_warnings",
    )


ASKED = """
    select requests."row", requests.transaction_id, requests.take_back_credit, transactions.id is not null as is_known,
        transactions.reference
    from requests left join transactions on transactions.id = requests.transaction_id
"""

GONE_ALLOCATIONS = """
    select id, invoice_id, amount from allocations where transaction_id in (select id from gone)
"""

NAMED_ENTRIES = """
    select id, client_id, transaction_id, amount, invoice_id
    from credit_entries where transaction_id in (select id from gone)
"""

CREDIT_MOVES = """
    with sums as (
        select transaction_id, client_id, -sum(amount) as amount
        from named_entries where invoice_id is null group by transaction_id, client_id
    ),
    moves as (
        select any_value(asked."row") as "row", asked.transaction_id, sums.client_id, any_value(sums.amount) as amount
        from asked join sums using (transaction_id)
        where take_back_credit and amount <> 0 group by asked.transaction_id, sums.client_id
    )
    select moves.*, clients.credit_balance, currencies.code, currencies.minor_digits,
        clients.credit_balance + sum(moves.amount) over (partition by moves.client_id) as credit_after
    from moves
    join clients on clients.id = moves.client_id
    join currencies on currencies.id = clients.currency_id
"""

LEAVING = """
    select (select min("row") from asked) as "row", invoice_id, sum(amount) as amount, false as keeps_owed
    from gone_allocations where id not in (
        select a.id from allocations a join transactions refunds on refunds.refunds_id = a.transaction_id
        where refunds.id not in (select id from gone))
    group by invoice_id having sum(amount) > 0
"""

OWING = f"""
    with lost as (select invoice_id, sum(amount) as amount from gone_allocations group by invoice_id),
    owed_now as (
        select invoices.id, invoices.client_id, invoices.number, invoices.status, invoices.paid_on, invoices.refunded_on,
            money.owed + lost.amount - coalesce(s.paid_out, 0) as owed, lost.amount as lost,
            (invoices.credit_applied + coalesce(s.paid_out, 0))::decimal(18, 4) as credit_applied
        from lost join ({balances_sql("select invoice_id from lost")}) money using (invoice_id)
        join invoices on invoices.id = lost.invoice_id
        left join leaving_sums s on s.invoice_id = lost.invoice_id
    )
    select *, case when status = 'Refunded' and owed = 0 and lost < 0 then 'Paid'
        else {settled_status_sql("status", "owed")} end as new_status
    from owed_now
"""

PROBLEMS = f"""
    select "row", 'transaction_id' as field, 'unknown_transaction' as code,
        'there is no transaction ' || transaction_id as message
    from asked where not is_known
    union all
    select "row", 'transaction_id', 'twice', 'transaction ' || transaction_id || ' is in an earlier row already'
    from asked where is_known qualify row_number() over (partition by transaction_id order by "row") > 1
    union all
    select asked."row", 'transaction_id', 'has_refunds',
        'transaction ' || transaction_id || ' was refunded by transaction ' || min(transactions.id) || ': delete that too'
    from asked join transactions on transactions.refunds_id = asked.transaction_id
    where transactions.id not in (select id from gone) group by asked."row", asked.transaction_id
    union all
    select "row", 'take_back_credit', 'credit_spent',
        'transaction ' || transaction_id || ' gave client ' || client_id || ' a credit of ' || {show_sql("-amount")}
            || ', but only ' || {show_sql("credit_balance")} || ' is left'
    from credit_moves where credit_after < 0 and amount < 0
    union all
    select "row", 'take_back_credit', 'too_large',
        'client ' || client_id || ' would have more credit than can be kept, 99999999999999'
    from credit_moves where try_cast(credit_after as decimal(18, 4)) is null
    union all
    select (select min("row") from asked), 'transaction_id', 'overpaid',
        'invoice ' || coalesce(owing.number, owing.id::varchar) || ' would be overpaid by ' || {show_sql("-owed")}
            || ': it was paid again since'
    from owing
    join clients on clients.id = owing.client_id
    join currencies on currencies.id = clients.currency_id
    where owed < 0 and lost < 0
    union all
    select "row", 'transaction_id', code, message from leaving_problems
"""

ENTRIES = """
    select {next_id} + row_number() over (order by credit_moves."row", client_id) as id, client_id,
        $today::date as entry_on,
        'Transaction ' || coalesce(reference, asked.transaction_id::varchar) || ' deleted' as description,
        amount::decimal(18, 4) as amount
    from credit_moves join asked using (transaction_id)
"""

INVOICES = """
    select id, credit_applied, new_status as status,
        case when new_status = status then paid_on when new_status = 'Paid' then $today::date end as paid_on,
        case when new_status = 'Paid' then null else refunded_on end as refunded_on
    from owing
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "delete-transaction",
        "Delete transaction",
        delete_transaction,
        DeleteTransaction,
        risk="high",
        group="transactions",
        manual="invoice or transaction",
    ),
)
