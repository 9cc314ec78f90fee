"""Statement lines and what they are: a transaction of the book, a payment to be recorded, or nothing of ours."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.matching.placeholders import real_reference_sql
from clientops.rules.payments.record import ALLOTTED, SETTLED_INVOICES, SURPLUS_BALANCES, SURPLUS_ENTRIES
from clientops.rules.repairs.payments import INVOICE_PROBLEMS, pour_into_invoices
from clientops.schema.days import payment_day_sql
from clientops.schema.requests import Id, Ids, PositiveMoney, Request, Text
from clientops.schema.tables import Tables

LINE = Field(title="Statement line", description="Number of the line", json_schema_extra={"picks": "statement_lines"})
Fee = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class AcceptMatch(Request):
    """Say what a statement line is: transactions that the book knows, or a payment of a client that it does not know yet."""

    statement_line_id: Id = LINE
    transaction_ids: Ids | None = Field(
        default=None,
        title="Transactions",
        description="Transactions of the book that it is; empty: a payment is recorded",
        json_schema_extra={"picks": "transactions"},
    )
    client_id: Id | None = Field(
        default=None, title="Client", description="Who paid, if a payment is recorded", json_schema_extra={"picks": "clients"}
    )  # fmt: skip
    invoice_ids: Ids | None = Field(
        default=None,
        title="Invoices",
        description="Invoices it settles, in this order; empty: the oldest due first",
        json_schema_extra={"picks": "invoices"},
    )
    amount: PositiveMoney | None = Field(
        default=None, title="Amount", description="In the client's currency; empty: that of the line"
    )
    fee: Fee = Field(default=Decimal(0), title="Fee", description="Charges that were taken off, part of the amount")
    is_another: bool = Field(
        default=False, title="Another payment", description="Record it even where the book has a payment with its reference"
    )  # fmt: skip
    score: Fee | None = Field(default=None, title="Score", description="Strength of the evidence, 0 to 100")
    evidence: Text | None = Field(default=None, title="Evidence", description="Why they belong together")


def accept_match(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Link statement lines with transactions; where the book has none, record the payment, settle invoices, put a surplus to credit.

    Args:
        tables: Read-only tables; reads ``statement_lines``, ``statements``, ``matches``, ``transactions``, ``clients``,
            ``currencies``, ``invoices``, ``allocations``, ``credit_entries``.
        requests: One row a line: ``statement_line_id`` with ``transaction_ids``, or with ``client_id``, ``invoice_ids``
            (empty: the client's open ones, oldest due first), ``amount`` (in the client's currency; empty: the line's plus
            ``fee``). See ``AcceptMatch``.
        today: Day of credit entries.
        now: Not used; a payment counts as received at noon (UTC) of the line's booking day.

    Returns:
        Inserts of matches, transactions, allocations and credit entries; updates of invoices and balances. Per payment
        recorded, amount = what settles invoices + what becomes credit.

    Problems:
        ``unknown_line``, ``matched_already``, ``unknown_transaction``, ``taken`` (the transaction is another line's),
        ``other_currency``, ``nothing_asked``, ``not_received`` (money that went out is no payment), ``unknown_client``,
        ``amount_missing`` (the client pays in another currency), ``not_minor_unit``, ``known_reference`` (the book has a payment
        of the client with this reference and amount within three weeks: match it, or say that it is another one),
        ``unknown_invoice``, ``other_client``, ``twice``, ``not_open``.

    Warnings:
        ``known_reference``: the reference is that of another payment of the client, which is confirmed or of another amount or day.
    """
    steps = tables.steps(requests=requests)
    steps.add("line_facts", LINE_FACTS)
    steps.add("named_transactions", NAMED_TRANSACTIONS)
    steps.add("asked", ASKED.format(next_id=tables.next_id("transactions")))
    pour_into_invoices(steps)
    steps.add("known_references", KNOWN_REFERENCES)
    steps.add("problems", PROBLEMS + " union all " + INVOICE_PROBLEMS)
    steps.add("warnings", KNOWN_WARNINGS)
    steps.add("payments", PAYMENTS)
    steps.add("allotted", ALLOTTED.format(next_id=tables.next_id("allocations")))
    steps.add("invoice_updates", SETTLED_INVOICES)
    steps.add("entries", SURPLUS_ENTRIES.format(next_id=tables.next_id("credit_entries")))
    steps.add("balances", SURPLUS_BALANCES)
    steps.add("new_matches", MATCHES.format(next_id=tables.next_id("matches")))
    return steps.plan(
        steps.insert("transactions", "payments"),
        steps.insert("allocations", "allotted"),
        steps.insert("credit_entries", "entries"),
        steps.insert("matches", "new_matches"),
        steps.update("invoices", "invoice_updates"),
        steps.update("clients", "balances"),
        problems="problems",
        warnings="warnings",
    )


LINE_FACTS = """
    select requests."row", requests.statement_line_id, l.id is not null as is_line, l.amount as line_amount, l.fee as line_fee, l.booked_on,
        l.reference, l.description, s.source, s.currency_id as line_currency_id, k.code as line_code,
        exists (select 1 from matches m where m.statement_line_id = l.id and m.status = 'matched') as is_matched,
        row_number() over (partition by requests.statement_line_id order by requests."row") > 1 as is_twice
    from requests
    left join statement_lines l on l.id = requests.statement_line_id
    left join statements s on s.id = l.statement_id
    left join currencies k on k.id = s.currency_id
"""

NAMED_TRANSACTIONS = """
    with listed as (
        select "row", unnest(transaction_ids) as transaction_id, generate_subscripts(transaction_ids, 1) as position
        from requests where transaction_ids is not null
    )
    select listed.*, t.id is not null as is_known, t.currency_id,
        exists (select 1 from matches m where m.transaction_id = t.id and m.status = 'matched')
            or row_number() over (partition by listed.transaction_id order by listed."row", position) > 1 as is_taken
    from listed left join transactions t on t.id = listed.transaction_id
"""

ASKED = """
    with joined as (
        select requests."row", requests.statement_line_id, requests.client_id, requests.invoice_ids, requests.fee as charges,
            requests.amount as given_amount, requests.score, requests.evidence, requests.is_another, f.* exclude ("row", statement_line_id),
            len(coalesce(requests.transaction_ids, [])) = 0 as is_payment,
            c.id is not null as is_client, c.currency_id, c.credit_balance, k.code, k.minor_digits, k.rate
        from requests join line_facts f using ("row")
        left join clients c on c.id = requests.client_id
        left join currencies k on k.id = c.currency_id
    )
    select *, is_payment and is_client and is_line and line_amount > 0 and not is_matched and not is_twice as is_known,
        true as auto_allocate, true as surplus_to_credit, len(coalesce(invoice_ids, [])) > 0 as is_named, booked_on as day,
        dense_rank() over (order by client_id, invoice_ids) as list_id,
        coalesce(given_amount, case when currency_id = line_currency_id then line_amount + charges end, 0)::decimal(18, 4) as amount,
        {next_id} + row_number() over (partition by is_payment order by "row") as transaction_id
    from joined
"""

PROBLEMS = f"""
    select "row", 'statement_line_id' as field, 'unknown_line' as code, 'there is no statement line ' || statement_line_id as message
    from asked where not is_line
    union all
    select "row", 'statement_line_id', 'matched_already', 'statement line ' || statement_line_id || ' is matched already'
    from asked where is_matched or is_twice
    union all
    select "row", 'transaction_ids', 'unknown_transaction', 'there is no transaction ' || transaction_id
    from named_transactions where not is_known
    union all
    select "row", 'transaction_ids', 'taken', 'transaction ' || transaction_id || ' is another line''s already'
    from named_transactions where is_taken
    union all
    select n."row", 'transaction_ids', 'other_currency', 'transaction ' || n.transaction_id || ' is in another currency than the line: ' || line_code
    from named_transactions n join asked using ("row") where n.currency_id <> line_currency_id
    union all
    select "row", 'client_id', 'nothing_asked', 'say which transaction the line is, or which client paid'
    from asked where is_payment and client_id is null
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id
    from asked where client_id is not null and not is_client
    union all
    select "row", 'statement_line_id', 'not_received', 'line ' || statement_line_id || ' is money that went out: match it with a transaction'
    from asked where is_payment and line_amount <= 0
    union all
    select "row", 'amount', 'amount_missing', 'client ' || client_id || ' pays in ' || code || ', the line is in ' || line_code
        || ': say what it comes to in ' || code
    from asked where is_payment and is_client and currency_id <> line_currency_id and given_amount is null
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_payment and is_client and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'statement_line_id', 'known_reference', 'reference ' || reference || ' of ' || {show_sql("amount", "code", "minor_digits")}
        || ' is in the book already, of ' || day || ': match it with transaction ' || transaction_id || ', or set is_another if it is another payment'
    from known_references where is_same and not is_another
"""

KNOWN_WARNINGS = """
    select "row", 'statement_line_id' as field, 'known_reference' as code,
        'reference ' || reference || ' is also that of transaction ' || transaction_id || ' of ' || day || ': it is recorded as another payment' as message
    from known_references where not is_same or is_another
"""

# A placeholder, or a reference that several payments have, names none of them.
KNOWN_REFERENCES = f"""
    with known as (
        select reference, count(*) as uses, min(id) as transaction_id from transactions
        where kind = 'payment' and reference in (select {real_reference_sql("reference")} from asked where is_known) group by reference
    )
    select a."row", a.reference, a.amount, a.code, a.minor_digits, a.is_another, t.id as transaction_id, {payment_day_sql("t.occurred_at")} as day,
        k.uses = 1 and t.amount_in = a.amount and abs(date_diff('day', {payment_day_sql("t.occurred_at")}, a.booked_on)) <= 21 as is_same
    from asked a join known k on k.reference = a.reference join transactions t on t.id = k.transaction_id
    where a.is_known and t.client_id = a.client_id
"""

# The rate is the implied one where the line is in another currency than the client's invoices.
PAYMENTS = """
    select transaction_id as id, client_id, currency_id, 'payment' as kind, case source when 'bank' then 'banktransfer' else source end as gateway,
        (booked_on + time '12:00') at time zone 'UTC' as occurred_at, description, amount as amount_in,
        case when currency_id = line_currency_id then (line_fee + charges)::decimal(18, 4) else 0 end as fee, rate, reference
    from asked where is_known
"""

MATCHES = """
    with linked as (
        select a."row", a.statement_line_id, n.transaction_id, n.position, a.score, a.evidence
        from asked a join named_transactions n using ("row") where n.is_known
        union all
        select "row", statement_line_id, transaction_id, 1, score, evidence from asked where is_known
    )
    select {next_id} + row_number() over (order by "row", position) as id, statement_line_id, transaction_id, 'matched' as status, score,
        evidence as reason
    from linked
"""


class SetLineAside(Request):
    """Say that a statement line is nothing of clients, e.g. rent or the bank's own charges."""

    statement_line_id: Id = LINE
    explanation: Text = Field(title="What it is", description="E.g. office rent; kept with the line")


def set_line_aside(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Explain statement lines that are no transactions of clients.

    Args:
        tables: Read-only tables; reads ``statement_lines`` and ``matches``.
        requests: One row a line: ``statement_line_id``, ``explanation``. See ``SetLineAside``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts of matches without transaction, which hold the explanation.

    Problems:
        ``unknown_line``, ``matched_already``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASIDE_ASKED)
    steps.add("problems", ASIDE_PROBLEMS)
    steps.add("new_matches", ASIDE_MATCHES.format(next_id=tables.next_id("matches")))
    return steps.plan(steps.insert("matches", "new_matches"), problems="problems")


ASIDE_ASKED = """
    select requests.*, l.id is not null as is_line,
        exists (select 1 from matches m where m.statement_line_id = l.id and m.status = 'matched')
            or row_number() over (partition by requests.statement_line_id order by "row") > 1 as is_matched
    from requests left join statement_lines l on l.id = requests.statement_line_id
"""

ASIDE_PROBLEMS = """
    select "row", 'statement_line_id' as field, 'unknown_line' as code, 'there is no statement line ' || statement_line_id as message
    from asked where not is_line
    union all
    select "row", 'statement_line_id', 'matched_already', 'statement line ' || statement_line_id || ' is matched already'
    from asked where is_line and is_matched
"""

ASIDE_MATCHES = """
    select {next_id} + row_number() over (order by "row") as id, statement_line_id, null::bigint as transaction_id, 'matched' as status,
        explanation as reason
    from asked where is_line
"""

RULES: tuple[Rule, ...] = (
    Rule("accept-match", "Accept match", accept_match, AcceptMatch, risk="medium", group="statements"),
    Rule("set-line-aside", "Set line aside", set_line_aside, SetLineAside, group="statements"),
)
