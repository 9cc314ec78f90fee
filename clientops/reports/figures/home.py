"""The figures of the home screen: what is to be done, and how things stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clientops.core.readable import counted
from clientops.matching.search_rule import FIND
from clientops.reconciliation.credit import DRIFTED as DRIFTED_BALANCES
from clientops.reconciliation.payments import FREE_MONEY, OPEN_MONEY, RESTS
from clientops.reports.figures.duplicates import WAITING
from clientops.reports.lists.catalogue import NUMBER, OWED, listing
from clientops.reports.lists.engine import Listing, Shown
from clientops.reports.lists.row_names import amount_text, party_sql
from clientops.schema.days import payment_day_sql
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Todo:
    """Something that waits for a person: how many, what it is, and the name of the listing that shows it.

    ``is_known`` is False where nobody has looked for it yet, so that nothing found means nothing.
    """

    name: str
    count: int
    title: str
    detail: str
    is_known: bool = True


@dataclass(frozen=True)
class Standing:
    """How things stand: (label, text, detail) figures, the series of the charts, and how many clients and currencies there are."""

    figures: tuple[tuple[str, str, str], ...]
    months: tuple[tuple[str, float, float], ...]
    code: str
    statuses: tuple[tuple[str, int], ...]
    clients: int
    currencies: int


DRIFTED = f"""
    with drifted as ({DRIFTED_BALANCES})
    select t.id, {party_sql("t")} as client, t.credit_balance, d.logged, d.amount as difference, k.code
    from drifted d join clients t on t.id = d.id left join currencies k on k.id = t.currency_id
"""
UNSETTLED = f"""
    t.id in (
        with suspect_money as materialized ({OPEN_MONEY}), rests as ({RESTS}), free_money as ({FREE_MONEY})
        select id from free_money where free > 0
    )
"""
OPEN_LINES = """
    select l.id, l.booked_on, l.amount, k.code, l.payer_name, concat_ws(' ', l.description, l.reference) as words, s.file_name
    from statement_lines l join statements s on s.id = l.statement_id left join currencies k on k.id = s.currency_id
    where l.id not in (select statement_line_id from matches where status = 'matched')
"""
CLOSED_ACTIVE = f"""
    select t.id, {party_sql("t")} as client, t.email, count(*) as services, sum(s.recurring_amount)::decimal(18, 4) as amount, any_value(k.code) as code
    from clients t join services s on s.client_id = t.id and s.status = 'Active' left join currencies k on k.id = t.currency_id
    where t.status = 'Closed' group by all
"""

TODO_LISTINGS: dict[str, Listing] = {
    "drifted": Listing(
        "drifted-balances", "balances that are not the sum of their log", DRIFTED,
        (NUMBER, Shown("client", "Client"), Shown("credit_balance", "Balance", "money"), Shown("logged", "Credit log", "money"),
         Shown("difference", "Difference", "money")), "abs(difference) desc"),
    "overdue": listing("invoices", "t.status = 'Unpaid' and t.due_on < current_date", title="overdue invoices"),
    "closed": Listing(
        "closed-with-services", "closed clients with active services", CLOSED_ACTIVE,
        (NUMBER, Shown("client", "Client"), Shown("email", "E-mail"), Shown("services", "Active services", "number"),
         Shown("amount", "Recurring", "money")), "services desc"),
    "unmatched": listing("transactions", UNSETTLED, title="payments not settled in full"),
    "lines": Listing(
        "open-statement-lines", "statement lines without transaction", OPEN_LINES,
        (Shown("booked_on", "Booked", "date"), Shown("amount", "Amount", "money"), Shown("payer_name", "Payer"), Shown("words", "Text"),
         Shown("file_name", "File")), "booked_on desc"),
    "duplicates": WAITING,
    "follow-ups": listing("communications", "t.follow_up_on <= current_date and t.followed_up_on is null", title="conversations to come back to"),
    "failed-mail": listing("communications", "t.status = 'failed'", title="e-mails that could not be sent"),
}  # fmt: skip

TITLES = {
    "drifted": ("Credit balances that drifted", "The balance is not the sum of the credit log"),
    "overdue": ("Overdue invoices", "Unpaid after their due day"),
    "closed": ("Closed clients with active services", "They are still invoiced"),
    "unmatched": ("Payments not settled in full", "No client, or money left that settles nothing"),
    "lines": ("Statement lines to match", "Money on a statement that the book does not know"),
    "duplicates": ("Possible duplicates", "Clients that look like one party and wait for a decision"),
    "follow-ups": ("Follow-ups", "Conversations to come back to, today or before"),
    "failed-mail": ("E-mails that failed", "They can be sent again"),
}


def read_todo(tables: Tables) -> tuple[Todo, ...]:
    """What waits for a person, in the order of :data:`TITLES`."""
    found = []
    for name, (title, detail) in TITLES.items():
        count = _number(tables, TODO_LISTINGS[name].count_sql)
        is_known = name != "duplicates" or count > 0 or _number(tables, LOOKED.format(log=tables.operations())) > 0
        found.append(Todo(name, count, title, detail if is_known else "Nobody has looked for them yet", is_known))
    return tuple(found)


# Whether anybody has looked for duplicates; one client alone is none.
LOOKED = f"select (exists (from {{log}} where rule = '{FIND}') or (select count(*) from clients) < 2)::integer"


def _number(tables: Tables, sql: str) -> int:
    row = tables.query(sql).fetchone()
    return int(row[0]) if row else 0


def read_standing(tables: Tables, today: date) -> Standing:
    """How things stand today; charts are in the currency that most is invoiced in."""
    statuses = tuple(tables.query("select status, count(*) from clients group by 1 order by 2 desc").fetchall())
    total = sum(count for _, count in statuses)
    active = dict(statuses).get("Active", 0)
    figures = [("Clients", f"{total:,}", f"{active:,} active")]
    for code, owed, count in tables.query(OWED_IN_ALL).fetchall():
        figures.append((f"Owed in {code}", amount_text(owed, code), counted(count, "invoice")))
    for code, credit, count in tables.query(CREDIT_IN_ALL).fetchall():
        figures.append((f"Credit in {code}", amount_text(credit, code), counted(count, "client")))
    row = tables.query(MAIN_CURRENCY).fetchone()
    code = str(row[0]) if row else ""
    months = (
        tuple((m, float(i), float(p)) for m, i, p in tables.query(MONTHS, code=code, today=today).fetchall())
        if code
        else ()
    )
    currencies = _number(tables, "select count(*) from currencies")
    return Standing(tuple(figures), months, code, statuses, total, currencies)


OWED_IN_ALL = f"""
    select k.code, sum({OWED})::decimal(38, 4) as owed, count(*)
    from invoices t join clients c on c.id = t.client_id join currencies k on k.id = c.currency_id
    where t.status in ('Unpaid', 'Collections') group by 1 having sum({OWED}) > 0 order by 3 desc, 1 limit 3
"""
CREDIT_IN_ALL = """
    select k.code, sum(c.credit_balance)::decimal(38, 4), count(*)
    from clients c join currencies k on k.id = c.currency_id where c.credit_balance > 0 group by 1 order by 3 desc, 1 limit 2
"""
MAIN_CURRENCY = """
    with billed as (
        select c.currency_id, count(*) as invoices from invoices t join clients c on c.id = t.client_id group by 1
    )
    select k.code from billed join currencies k on k.id = billed.currency_id order by billed.invoices desc, 1 limit 1
"""
MONTHS = (
    """
    with months as (select unnest(generate_series(date_trunc('month', $today::date) - interval 11 month, date_trunc('month', $today::date), interval 1 month))::date as month),
    issued as (
        select date_trunc('month', t.issued_on)::date as month, sum(t.total) as amount
        from invoices t join clients c on c.id = t.client_id join currencies k on k.id = c.currency_id
        where k.code = $code and t.status not in ('Draft', 'Cancelled')
            and t.issued_on >= date_trunc('month', $today::date) - interval 11 month group by 1
    ),
    received as (
        select date_trunc('month', """
    + payment_day_sql("t.occurred_at")
    + """)::date as month, sum(t.amount_in - t.amount_out) as amount
        from transactions t join currencies k on k.id = t.currency_id
        where k.code = $code and """
    + payment_day_sql("t.occurred_at")
    + """ >= date_trunc('month', $today::date) - interval 11 month group by 1
    )
    select strftime(month, '%b'), coalesce(issued.amount, 0), coalesce(received.amount, 0)
    from months left join issued using (month) left join received using (month) order by month
"""
)
