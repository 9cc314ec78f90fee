"""Tables that plans are applied to, and the laws that must hold of their money afterwards."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from clientops.core.plan import Plan
from clientops.registry import rules
from clientops.schema.invariants import INVARIANTS, every_orphan_sql
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY, money, tables

MONEY_TABLES = (
    "clients", "invoices", "invoice_items", "transactions", "allocations", "credit_entries", "services", "addons",
    "domains", "settings", "communications", "matches",
)  # fmt: skip


def invoice(
    row_id: int, /, client_id: int = 1, total: str = "10", status: str = "Unpaid", **more: Any
) -> dict[str, Any]:
    """An invoice without tax."""
    amount = money(total)
    return {"id": row_id, "client_id": client_id, "subtotal": amount, "total": amount, "status": status, **more}


def book_of(*invoices: dict[str, Any], credit: str = "25", **more: list[dict[str, Any]]) -> Tables:
    """A client with credit, and invoices of one item each; what credit they say was applied has entries."""
    entries = [
        {"id": n, "client_id": i["client_id"], "invoice_id": i["id"], "amount": -i["credit_applied"]}
        for n, i in enumerate(invoices, 1)
        if i.get("credit_applied")
    ]
    return tables(**{
        "clients": [{"id": 1, "credit_balance": money(credit)}],
        "invoices": invoices,
        "invoice_items": [{"id": i["id"], "invoice_id": i["id"], "amount": i["total"]} for i in invoices],
        "credit_entries": entries,
        **more,
    })  # fmt: skip


def planned(book: Tables, name: str, requests: Sequence[Mapping[str, Any]], today: date = TODAY) -> Plan:
    """The plan of a rule of the registry."""
    rule = rules()[name]
    read = read_requests(rule.request, requests)
    assert not read.problems, read.problems
    return rule.function(book, read.relation(book._connection), today=today, now=NOW + (today - TODAY))


def problems(book: Tables, name: str, *requests: Mapping[str, Any]) -> list[tuple[int, str, str]]:
    """Row, field and code of each problem of a rule's plan."""
    return [(p.row, p.field, p.code) for p in planned(book, name, requests).problem_list()]


def warnings(book: Tables, name: str, *requests: Mapping[str, Any]) -> list[tuple[int, str]]:
    """Row and code of each warning of a rule's plan."""
    found = planned(book, name, requests).warnings
    return [] if found is None else sorted(found.project('"row", code').fetchall())


def apply(book: Tables, name: str, *requests: Mapping[str, Any], today: date = TODAY) -> Plan:
    """Plan a rule, write what it plans into the tables, and check every law of them."""
    plan = planned(book, name, requests, today)
    assert plan.problem_list() == []
    write(book, plan)
    assert broken_laws(book) == []
    return plan


def write(book: Tables, plan: Plan) -> None:
    """Write a plan's changes into the tables, as the shell does."""
    connection = book._connection
    order = {"insert": 0, "update": 1, "delete": 2}
    for change in sorted(plan.changes, key=lambda c: order[c.kind]):
        change.rows.create_view("changing", replace=True)
        names = [name for name in change.rows.columns if name != "id"]
        twice = connection.execute("select id from changing group by id having count(*) > 1").fetchall()
        assert twice == [], (change.table, change.kind, twice)
        if change.kind == "insert":
            columns = ", ".join(["id", *names])
            connection.execute(f"insert into {change.table} ({columns}) select {columns} from changing")
        elif change.kind == "update":
            sets = ", ".join(f"{name} = c.{name}" for name in names)
            connection.execute(f"update {change.table} t set {sets} from changing c where c.id = t.id")
        else:
            connection.execute(f"delete from {change.table} where id in (select id from changing)")


def broken_laws(book: Tables) -> list[str]:
    """What the tables' invariants and references have to say against them, over all rows."""
    found = []
    for invariant in INVARIANTS:
        book._connection.execute(f"create or replace temp table touched as select id from {invariant.table}")
        found += [message for _, message in book._connection.execute(invariant.sql).fetchall()]
    orphans = book._connection.execute(f"select message from ({every_orphan_sql()})").fetchall()
    return found + [message for (message,) in orphans]


def figures(book: Tables) -> dict[str, Decimal]:
    """Money in the book: credit, what invoices ask for, have been paid, and owe; payments in and out."""
    sql = """
        select
            (select coalesce(sum(credit_balance), 0) from clients) as credit,
            (select coalesce(sum(amount), 0) from credit_entries) as log,
            (select coalesce(sum(total), 0) from invoices where status not in ('Draft', 'Cancelled')) as total,
            (select coalesce(sum(credit_applied), 0) from invoices) as applied,
            (select coalesce(sum(amount), 0) from allocations) as allocated,
            (select coalesce(sum(amount_in - amount_out), 0) from transactions) as received
    """
    relation = book.query(sql)
    return dict(zip(relation.columns, relation.fetchone() or (), strict=True))


def rows(book: Tables, sql: str) -> list[tuple[Any, ...]]:
    """Rows of a SELECT."""
    return book.query(sql).fetchall()


def everything(book: Tables) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of the tables that hold money, by table."""
    return {name: rows(book, f"select * from {name} order by id") for name in MONEY_TABLES}


@contextmanager
def tried_out(book: Tables) -> Iterator[Tables]:
    """The same tables; what is written to them inside is forgotten afterwards."""
    book._connection.execute("begin")
    try:
        yield book
    finally:
        book._connection.execute("rollback")


def assert_one_table_is_one_by_one(
    book: Tables,
    name: str,
    requests: Sequence[Mapping[str, Any]],
    group: Callable[[Mapping[str, Any]], Any] | None = None,
    law: Callable[[Mapping[str, Any], dict[str, Decimal]], None] | None = None,
) -> int:
    """Requests that are accepted one by one do the same together, and keep every law.

    Args:
        book: Tables; they are left as they were.
        name: Rule.
        requests: What is asked for.
        group: Key of the requests that go together in one table, where a single row is not a whole.
        law: Called with each accepted request and how the figures moved with it.

    Returns:
        How many were accepted.
    """
    accepted: list[Mapping[str, Any]] = []
    with tried_out(book):
        for part in _parts(requests, group):
            plan = planned(book, name, part)
            if not plan.problem_list():
                before = figures(book)
                write(book, plan)
                accepted += part
                if law:
                    law(part[0], {figure: amount - before[figure] for figure, amount in figures(book).items()})
        singly = everything(book)
        assert broken_laws(book) == []
    if accepted:
        with tried_out(book):
            plan = planned(book, name, accepted)
            assert plan.problem_list() == []
            write(book, plan)
            assert everything(book) == singly
    return len(accepted)


def _parts(
    requests: Sequence[Mapping[str, Any]], group: Callable[[Mapping[str, Any]], Any] | None
) -> list[list[Mapping[str, Any]]]:
    if group is None:
        return [[request] for request in requests]
    found: dict[Any, list[Mapping[str, Any]]] = {}
    for request in requests:
        found.setdefault(group(request), []).append(request)
    return list(found.values())


def days(count: int) -> date:
    """A date so many days from today."""
    return TODAY + timedelta(days=count)
