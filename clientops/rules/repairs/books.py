"""Mending what reconciliation finds: differences entered where they belong, statuses and numbers that fit."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.invoices.balances import ASKED_INVOICES, OPEN, UNKNOWN_INVOICE
from clientops.rules.invoices.next_number import NUMBERED_BILLS, count_numbers
from clientops.rules.invoices.status import TWICE, InvoiceRequest
from clientops.rules.invoices.taxes import BILLING
from clientops.schema.days import payment_day_sql
from clientops.schema.requests import Id, Money, Request, Text
from clientops.schema.tables import Tables

DAY_T = payment_day_sql("t.occurred_at")

FOUND = "Difference found in reconciliation"


class EnterCreditDifference(Request):
    """Enter in a client's credit log what the balance has and the log has not; the balance stays."""

    client_id: Id = Field(title="Client", description="Whose credit", json_schema_extra={"picks": "clients"})
    amount: Money = Field(title="Difference", description="Balance minus log, as it was found, e.g. -12.50")
    description: Text = Field(default=FOUND, title="Description", description="Shown on the client's credit log")


def enter_credit_difference(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Write entries that bring credit logs to their balances.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per client: ``client_id``, ``amount`` (signed money: balance minus log), ``description``. See
            ``EnterCreditDifference``.
        today: Date of the entries.
        now: Not used.

    Returns:
        Inserts into ``credit_entries``; afterwards the log of each client comes to the balance.

    Problems:
        ``unknown_client``, ``not_minor_unit``, ``not_the_difference`` (the balance differs by another amount, or no more).
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", DRIFT_ASKED)
    steps.add("problems", DRIFT_PROBLEMS)
    steps.add("entries", DRIFT_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    return steps.plan(steps.insert("credit_entries", "entries"), problems="problems")


DRIFT_ASKED = """
    with logged as (
        select client_id, sum(amount) as amount from credit_entries
        where client_id in (select client_id from requests) group by client_id
    )
    select requests.*, clients.id is not null as is_known, currencies.code, currencies.minor_digits,
        clients.credit_balance - coalesce(logged.amount, 0) - coalesce(sum(requests.amount) over (
            partition by requests.client_id order by requests."row" rows between unbounded preceding and 1 preceding), 0) as missing
    from requests
    left join clients on clients.id = requests.client_id
    left join logged on logged.client_id = requests.client_id
    left join currencies on currencies.id = clients.currency_id
"""

DRIFT_PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'amount', 'not_the_difference', 'amount ' || {show_sql("amount")} || ' is not what client ' || client_id
        || ' has beyond the credit log: ' || {show_sql("missing")}
    from asked where is_known and (amount <> missing or amount = 0)
"""

DRIFT_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, $today::date as entry_on, description, amount
    from asked where is_known and amount <> 0
"""


class EnterInvoiceDifference(InvoiceRequest):
    """Give an invoice an item for what its total has beyond its items; what is billed stays."""

    description: Text = Field(default=FOUND, title="Description", description="Text of the item")


def enter_invoice_difference(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Bring items, subtotals and tax of invoices to their totals.

    Args:
        tables: Read-only tables; reads ``invoices``, ``invoice_items``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``, ``description``. See ``EnterInvoiceDifference``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts of untaxed items (none where only subtotal or tax are wrong), updates of ``subtotal, tax1, tax2``. The
        total, and so what is owed, stays; total = items + tax holds afterwards.

    Problems:
        ``unknown_invoice``, ``twice``, ``fits`` (total and items agree).
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED_INVOICES)
    steps.add("item_sums", ITEM_SUMS)
    steps.add("problems", ITEM_PROBLEMS)
    steps.add("new_items", DIFFERENCE_ITEMS.format(next_id=tables.next_id("invoice_items")))
    steps.add("invoice_updates", REFITTED_INVOICES)
    return steps.plan(
        steps.insert("invoice_items", "new_items"), steps.update("invoices", "invoice_updates"), problems="problems"
    )


ITEM_SUMS = """
    with items as (
        select invoice_id, sum(amount) as amount, sum(tax1) as tax1, sum(tax2) as tax2
        from invoice_items where invoice_id in (select invoice_id from asked) group by invoice_id
    )
    select asked."row", asked.invoice_id, asked.invoice_name, asked.description, i.total,
        coalesce(items.tax1, 0)::decimal(18, 4) as tax1, coalesce(items.tax2, 0)::decimal(18, 4) as tax2,
        (i.total - coalesce(items.amount, 0)
            - if(i.tax_mode = 'exclusive', coalesce(items.tax1, 0) + coalesce(items.tax2, 0), 0))::decimal(18, 4) as missing,
        i.subtotal + i.tax1 + i.tax2 = i.total and i.tax1 = coalesce(items.tax1, 0) and i.tax2 = coalesce(items.tax2, 0) as is_split
    from asked join invoices i on i.id = asked.invoice_id left join items on items.invoice_id = asked.invoice_id
"""

ITEM_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'fits', 'the total of invoice ' || invoice_name || ' is that of its items already'
    from item_sums where missing = 0 and is_split
"""

DIFFERENCE_ITEMS = """
    select {next_id} + row_number() over (order by "row") as id, invoice_id, 'other' as kind, description,
        missing as unit_price, missing as amount
    from item_sums where missing <> 0
"""

REFITTED_INVOICES = """
    select distinct invoice_id as id, (total - tax1 - tax2)::decimal(18, 4) as subtotal, tax1, tax2 from item_sums
"""


class MarkInvoicePaid(InvoiceRequest):
    """Make an open invoice Paid that is owed nothing."""


def mark_invoice_paid(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Make invoices Paid on which nothing is owed.

    Args:
        tables: Read-only tables; reads ``invoices``, ``allocations``, ``transactions``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``. See ``MarkInvoicePaid``.
        today: Day it was paid where no payment tells.
        now: Not used.

    Returns:
        Updates of ``invoices``: Paid, on the day of the last payment that settles it. No money moves.

    Problems:
        ``unknown_invoice``, ``twice``, ``not_open``, ``is_owed``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED_INVOICES)
    steps.add("problems", PAID_PROBLEMS)
    steps.add("invoice_updates", PAID_INVOICES, today=today)
    return steps.plan(steps.update("invoices", "invoice_updates"), problems="problems")


PAID_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'invoice_id', 'not_open', 'invoice ' || invoice_name || ' is ' || status || ': it must be Unpaid or in Collections'
    from asked where is_known and status not in {OPEN}
    union all
    select "row", 'invoice_id', 'is_owed', {show_sql("owed")} || ' are owed on invoice ' || invoice_name || ': it must be 0'
    from asked where is_known and owed <> 0 and status in {OPEN}
"""

PAID_INVOICES = (
    """
    with last_paid as (
        select a.invoice_id, max("""
    + DAY_T
    + """) as day
        from allocations a join transactions t on t.id = a.transaction_id
        where a.invoice_id in (select invoice_id from asked) group by a.invoice_id
    )
    select distinct asked.invoice_id as id, 'Paid' as status, coalesce(last_paid.day, $today::date) as paid_on
    from asked left join last_paid using (invoice_id) where is_known
"""
)


class RenumberInvoice(InvoiceRequest):
    """Give an invoice another number, e.g. because two have the same."""

    number: Text | None = Field(default=None, title="Number", description="New number; empty: the next one")


def renumber_invoice(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give invoices other numbers.

    Args:
        tables: Read-only tables; reads ``invoices``, ``settings``, ``allocations``, ``clients``, ``currencies``.
        requests: One row per invoice: ``invoice_id``, ``number`` (empty: the next one by the settings, else the next
            after the highest of its kind). See ``RenumberInvoice``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``invoices.number`` and of the next number in ``settings``.

    Problems:
        ``unknown_invoice``, ``twice``, ``number_taken``, ``no_number`` (there is no next one to take).
    """
    steps = tables.steps(requests=requests.project('"row", invoice_id, number as new_number'))
    steps.add("asked", ASKED_INVOICES)
    steps.add("billing", BILLING)
    steps.add("bills", RENUMBERED_BILLS)
    steps.add("numbered_bills", NUMBERED_BILLS.format(invoice_id="own_id"))
    steps.add("numbers", NEW_NUMBERS)
    steps.add("problems", NUMBER_PROBLEMS)
    steps.add("invoice_updates", "select invoice_id as id, min(number) as number from numbers group by invoice_id")
    return steps.plan(steps.update("invoices", "invoice_updates"), *count_numbers(steps), problems="problems")


RENUMBERED_BILLS = """
    select row_number() over (order by "row") as bill_id, "row", invoice_id as own_id, number as old_number, new_number as number,
        coalesce(old_issued_on, old_due_on) as issued_on, false as is_draft
    from asked where is_known
"""

# Without a numbering in the settings: the digits at the end count on from the highest with the same beginning.
NEW_NUMBERS = """
    with beginnings as (
        select bill_id, rtrim(old_number, '0123456789') as prefix, row_number() over (
            partition by rtrim(old_number, '0123456789') order by bill_id) as place
        from bills join numbered_bills n using (bill_id) where n.number is null and old_number is not null
    ),
    highest as (
        select prefix, max(try_cast(substr(number, length(prefix) + 1) as bigint)) as place
        from invoices join (select distinct prefix from beginnings) b on starts_with(invoices.number, b.prefix) group by prefix
    )
    select bills."row", bills.own_id as invoice_id,
        coalesce(n.number, b.prefix || (h.place + b.place)) as number
    from bills join numbered_bills n using (bill_id) left join beginnings b using (bill_id) left join highest h on h.prefix = b.prefix
"""

NUMBER_PROBLEMS = f"""
    {UNKNOWN_INVOICE}
    union all {TWICE}
    union all
    select "row", 'number', 'no_number', 'there is no next number for invoice ' || invoice_id || ': give one'
    from numbers where number is null
    union all
    select numbers."row", 'number', 'number_taken', 'number ' || numbers.number || ' is that of invoice ' || invoices.id || ' already'
    from numbers join invoices on invoices.number = numbers.number and invoices.id <> numbers.invoice_id
    union all
    select "row", 'number', 'number_taken', 'number ' || number || ' is given in an earlier row already'
    from numbers where number is not null
    qualify row_number() over (partition by number order by "row") > 1
"""

RULES: tuple[Rule, ...] = (
    Rule("enter-credit-difference", "Enter difference in credit log", enter_credit_difference, EnterCreditDifference, risk="medium", group="credit"),
    Rule("enter-invoice-difference", "Enter difference in invoice", enter_invoice_difference, EnterInvoiceDifference, risk="medium", group="invoices"),
    Rule("mark-invoice-paid", "Mark invoice paid", mark_invoice_paid, MarkInvoicePaid, group="invoices"),
    Rule("renumber-invoice", "Give invoice another number", renumber_invoice, RenumberInvoice, risk="medium", group="invoices"),
)  # fmt: skip
