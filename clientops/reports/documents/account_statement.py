"""Statements of account: what a client was billed, paid and was credited from one day to another."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from pathlib import Path
from typing import Any

from clientops.core.errors import UsageError
from clientops.core.readable import way_of_paying_sql
from clientops.reports.documents.printing import render_html, write_private
from clientops.reports.figures.client import find_survivor
from clientops.reports.lists.row_names import amount_text, country_name, party_sql
from clientops.schema.days import payment_day_sql
from clientops.schema.tables import Tables

DAY = payment_day_sql()

ZERO = Decimal("0.0000")
ROWS_AT_ONCE = 10_000


@dataclass(frozen=True)
class AccountLine:
    """One movement.

    Attributes:
        day: When.
        kind: ``invoice``, ``payment``, ``refund``, ``credit``, ``cancellation``, ``write-off`` or ``note``.
        number: Number of the invoice, transaction or credit entry.
        text: What it is, in words.
        amount: Signed: positive makes the client owe more; a note moves nothing.
        balance: What the client owes after it.
    """

    day: date | None
    kind: str
    number: int | None
    text: str
    amount: Decimal
    balance: Decimal


@dataclass(frozen=True)
class Account:
    """One client's account in one currency; ``opening`` and the amounts of ``lines`` add up to ``closing``.

    Attributes:
        client_id: Number of the client.
        name: Name, or company and name.
        address: Lines of the address.
        code: Currency, ISO 4217.
        first: First day.
        last: Last day.
        opening: What the client owed before the first day; negative: what we owed the client.
        lines: What moved it, in order.
        closing: What the client owed at the end of the last day.
    """

    client_id: int
    name: str
    address: tuple[str, ...]
    code: str
    first: date
    last: date
    opening: Decimal
    lines: tuple[AccountLine, ...]
    closing: Decimal

    @property
    def charged(self) -> Decimal:
        """What was charged in all."""
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    @property
    def settled(self) -> Decimal:
        """What was paid and credited in all, positive."""
        return -sum((line.amount for line in self.lines if line.amount < 0), ZERO)


def read_accounts(tables: Tables, first: date, last: date, client_id: int | None = None) -> Iterator[Account]:
    """Accounts of one client or of all, in the order of client and currency.

    Money is what documents say on their day: an invoice on its date, a payment when it came in, credit that was given
    or taken on the day of its entry. Credit that goes to an invoice moves nothing: the client owes so much less, and
    has so much less credit. A balance set by hand, without an entry, counts on the day of its operation.

    Args:
        tables: Tables, now or as of a moment.
        first: First day.
        last: Last day.
        client_id: One client; an old number of a merged client finds the survivor. None: all who have an account.
    """
    number = None if client_id is None else (find_survivor(tables, client_id) or client_id)
    where = "" if number is None else "where id = $number"
    given = {} if number is None else {"number": number}
    tables.query(f"select id, currency_id from clients {where}", **given).query("account_clients", "select 0")
    sql = MOVEMENTS.format(
        gateway=way_of_paying_sql("gateway"),
        party=party_sql("c"), client_history=tables.history("clients"), entry_history=tables.history("credit_entries"),
        invoice_history=tables.history("invoices"), operations=tables.operations(),
    )  # fmt: skip
    steps = tables.steps()
    # Numbered by a column: the engine's row numbers of rows that are not committed are not counted from 0.
    steps.add("account_rows", f"select *, row_number() over () - 1 as place from ({sql})", last=last)
    flat = (row for part in _parts(tables, steps.count("account_rows")) for row in part)
    for (found, code), lines in groupby(flat, key=lambda row: (row[0], row[1])):
        yield _account(found, code, first, last, list(lines))


def _parts(tables: Tables, count: int) -> Iterator[list[tuple[Any, ...]]]:
    """The kept rows, some at a time; each a query of its own, since the next query on the book ends the one before."""
    for begin in range(0, count, ROWS_AT_ONCE):
        place = {"begin": begin, "beyond": begin + ROWS_AT_ONCE}
        yield tables.query(
            "select * exclude (place) from account_rows where place >= $begin and place < $beyond order by place",
            **place,
        ).fetchall()


def _account(number: int, code: str, first: date, last: date, rows: list[tuple[Any, ...]]) -> Account:
    opening = sum((row[8] for row in rows if row[5] != "note" and (row[4] is None or row[4] < first)), ZERO)
    balance, lines = opening, []
    for _, _, _, _, day, kind, row_id, text, amount, _ in rows:
        if day is None or day < first:
            continue
        moved = ZERO if kind == "note" else amount
        balance += moved
        shown = f"{text}: {amount_text(abs(amount), code)}" if kind == "note" else text
        lines.append(AccountLine(day, kind, row_id, shown, moved, balance))
    parts = [*(rows[0][3] or "").split("\n"), country_name(rows[0][9])]
    address = tuple(part for part in parts if part.strip())
    return Account(number, rows[0][2], address, code, first, last, opening, tuple(lines), balance)


MOVEMENTS = (
    """
    with chosen as (select * from account_clients),
    paid as (
        select invoice_id, sum(amount)::decimal(18, 4) as amount from allocations
        where invoice_id in (select id from invoices where client_id in (select id from chosen)) group by invoice_id
    ),
    given_up as (
        select i.id, coalesce(min(o.today), any_value(i.due_on), any_value(i.issued_on)) as day
        from invoices i left join {invoice_history} h on h.id = i.id and h.sign = 1 and h.written_off = i.written_off
        left join {operations} o on o.id = h.operation_id
        where i.written_off <> 0 group by i.id
    ),
    billed as (
        select i.*, coalesce(nullif(i.number, ''), i.id::varchar) as printed,
            (i.total - coalesce(p.amount, 0) - i.credit_applied - i.written_off)::decimal(18, 4) as rest
        from invoices i left join paid p on p.invoice_id = i.id
        where i.status <> 'Draft' and i.client_id in (select id from chosen)
    ),
    adjusted as (
        select c.id as client_id, m.operation_id, sum(m.amount)::decimal(18, 4) as amount
        from chosen c join (
            select id as client_id, operation_id, sign * credit_balance as amount from {client_history}
            union all
            select client_id, operation_id, -sign * amount from {entry_history}
        ) m on m.client_id = c.id
        group by all having sum(m.amount) <> 0
    ),
    unexplained as (
        select c.id as client_id, (any_value(t.credit_balance) - any_value(coalesce(e.amount, 0)) - coalesce(sum(a.amount), 0))::decimal(18, 4) as amount
        from chosen c join clients t on t.id = c.id
        left join (select client_id, sum(amount) as amount from credit_entries group by client_id) e on e.client_id = c.id
        left join adjusted a on a.client_id = c.id
        group by c.id
    ),
    movements as (
        select client_id, null::bigint as currency_id, issued_on as day, 1 as place, 'invoice' as kind, id, 'Invoice ' || printed || coalesce(', due ' || due_on, '') as text, total as amount
        from billed
        union all
        select client_id, null, coalesce(cancelled_on, issued_on), 2, 'cancellation', id, 'Invoice ' || printed || ' cancelled', -total
        from billed where status = 'Cancelled'
        union all
        select client_id, null, coalesce(refunded_on, issued_on), 6, 'cancellation', id, 'Invoice ' || printed || ' refunded', -rest
        from billed where status = 'Refunded' and rest <> 0
        union all
        select b.client_id, null, g.day, 3, 'write-off', b.id, 'Invoice ' || printed || ' written off', -b.written_off
        from billed b join given_up g on g.id = b.id where b.status <> 'Cancelled'
        union all
        select client_id, currency_id, """
    + DAY
    + """, 4, case when amount_out > amount_in then 'refund' else 'payment' end, id,
            case when amount_out > amount_in then 'Paid back' else 'Payment' end || coalesce(', ' || {gateway}, '') || coalesce(', ' || reference, ''),
            amount_out - amount_in
        from transactions where kind <> 'fee' and client_id in (select id from chosen)
        union all
        select client_id, null, entry_on, 5,
            case when transaction_id is null and invoice_id is null then 'credit' else 'note' end, id,
            case when transaction_id is not null then case when amount > 0 then 'Kept as credit' else 'Credit paid out' end
                when invoice_id is not null then case when amount > 0 then 'Credit came back from an invoice' else 'Credit applied to an invoice' end
                else case when amount > 0 then 'Credit' else 'Credit taken' end end || coalesce(', ' || description, ''),
            -amount
        from credit_entries where client_id in (select id from chosen)
        union all
        select a.client_id, null, o.today, 7, 'credit', a.operation_id, 'Credit balance set without an entry, operation ' || a.operation_id, -a.amount
        from adjusted a left join {operations} o on o.id = a.operation_id
        union all
        select client_id, null, null, 8, 'credit', null, 'Credit that the history does not explain', -amount from unexplained where amount <> 0
        union all
        select id, null, null, 9, '', null, '', 0 from chosen
    )
    select c.id, k.code, {party} as name,
        concat_ws(chr(10), c.address1, c.address2, concat_ws(' ', c.postcode, c.city), c.state) as address,
        m.day, m.kind, m.id, m.text, m.amount::decimal(18, 4) as amount, c.country
    from movements m join clients c on c.id = m.client_id join currencies k on k.id = coalesce(m.currency_id, c.currency_id)
    where m.day is null or m.day <= $last
    order by c.id, k.code, m.day nulls first, m.place, m.id
"""
)


def account_html(tables: Tables, accounts: list[Account]) -> str:
    """The accounts of one client, one a currency, as a page that stands on its own."""
    row = tables.query("select value from settings where name = 'company_name' order by id limit 1").fetchone()
    return render_html("account.html.j2", accounts=accounts, company=str(row[0]) if row and row[0] else "")


def write_accounts(
    tables: Tables, folder: Path, first: date, last: date, *, client_id: int | None = None
) -> list[Path]:
    """Write a file for the client, or for each: ``statement-12-2026-01-01-2026-12-31.html``.

    Files of the same names are replaced. For PDF, see ``printing.print_files``, which needs no book.

    Returns:
        The files, in the order of the clients.

    Raises:
        UsageError: There is no such client, or the days are the wrong way round.
    """
    if first > last:
        raise UsageError(f"The period begins on {first}, after its end on {last}")
    written = []
    found = read_accounts(tables, first, last, client_id)
    for number, accounts in groupby(found, key=lambda account: account.client_id):
        html = account_html(tables, list(accounts))
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = folder / f"statement-{number}-{first}-{last}.html"
        write_private(path, html.encode())
        written.append(path)
    if client_id is not None and not written:
        raise UsageError(f"There is no client {client_id}")
    return written
