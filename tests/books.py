"""Book files for tests: the content of a small shop, changes of any rows by hand, and tampering behind the book's back."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from clientops.book.book import Book
from clientops.book.file.backup import FILE_FORMAT
from clientops.book.proof import verify
from clientops.book.write import internal_rules as own
from clientops.book.write.preview import Preview, Receipt
from clientops.core.plan import Kind, Plan, Rule
from clientops.schema import definition as schema
from clientops.schema.definition import all_tables, quote_name, quote_text, table
from clientops.schema.requests import Request
from tests.builders import CURRENCIES, DEFAULTS, EUR, JPY, NOW, TODAY

OPERATOR = "maria"


def create_small(path: Path) -> Book:
    """An empty book in the engine's smallest blocks: with rows it has 2 MB instead of 20, and tests copy it often."""
    made = path.with_name(f"{path.name}.made")
    Book.create(made, operator=OPERATOR)
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote_text(str(made))} as made (read_only)")
        connection.execute(
            f"attach {quote_text(str(path))} as small (storage_version {quote_text(FILE_FORMAT)}, block_size 16384)"
        )
        connection.execute("copy from database made to small")
    made.unlink()
    path.chmod(0o600)
    return Book(path, operator=OPERATOR)


def file_format(path: Path) -> str:
    """The engine's version that a closed file is written as."""
    with duckdb.connect() as connection:
        connection.execute(f"attach {quote_text(str(path))} as looked_at (read_only)")
        found = connection.execute(
            "select tags['storage_version'] from duckdb_databases() where database_name = 'looked_at'"
        )
        return str(found.fetchall()[0][0])


class ByHand(Request):
    """Change rows as a test says."""

    note: str = "by hand"


def by_hand(*changes: tuple[str, Kind, Sequence[Mapping[str, Any]]], lenient: bool = False) -> Rule:
    """A rule that makes exactly these changes, (table, kind, rows), whatever it is asked."""

    def function(tables, requests, *, today, now) -> Plan:
        steps = tables.steps(requests=requests)
        planned = []
        for name, kind, rows in changes:
            step = f"{kind} by hand {name}"
            steps.add(step, " union all by name ".join(_row_sql(name, row) for row in rows))
            planned.append({"insert": steps.insert, "update": steps.update, "delete": steps.delete}[kind](name, step))
        return steps.plan(*planned)

    return Rule("by-hand", "By hand", function, ByHand, lenient=lenient)


def _row_sql(name: str, row: Mapping[str, Any]) -> str:
    values = []
    for column, value in row.items():
        text = "null" if value is None else quote_text(str(value))
        values.append(f"{text}::{table(name).column(column).type} as {quote_name(column)}")
    return "select " + ", ".join(values)


def apply_by_hand(
    book: Book, *changes: tuple[str, Kind, Sequence[Mapping[str, Any]]], lenient: bool = False, reason: str = "test"
) -> Receipt:
    """Apply changes of any rows as one operation."""
    return book.apply_now(by_hand(*changes, lenient=lenient), {}, reason=reason, today=TODAY, now=NOW)


def insert(book: Book, *, lenient: bool = False, **rows: Sequence[Mapping[str, Any]]) -> Receipt:
    """Insert rows into several tables as one operation, filled with the builders' defaults."""
    changes = []
    for name, given in rows.items():
        columns = list(dict.fromkeys(c for row in given for c in {**DEFAULTS.get(name, {}), **row}))
        filled = [{**dict.fromkeys(columns), **DEFAULTS.get(name, {}), **row} for row in given]
        changes.append((name, "insert", filled))
    return apply_by_hand(book, *changes, lenient=lenient)


def read_rows(path: Path, *names: str, is_open: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the tables (all if none is named) as another program sees them: a connection of its own.

    Where this process has the book open (``is_open``), it shares the file, and sees what is committed.
    """
    with duckdb.connect(str(path), read_only=not is_open) as connection:
        connection.execute("set timezone = 'UTC'")
        return {name: sorted_rows(connection, f"main.{quote_name(name)}") for name in names or all_tables()}


def sorted_rows(connection: duckdb.DuckDBPyConnection, name: str) -> list[tuple[Any, ...]]:
    """Rows by their columns, empty ones last; sorted here, which takes a quarter of the time for small tables."""
    rows = connection.execute(f"select * from {name}").fetchall()
    return sorted(rows, key=lambda row: [(value is None, value) for value in row])


def read_history(path: Path, *, is_open: bool = False) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of the history, as another program sees it; see ``read_rows``."""
    with duckdb.connect(str(path), read_only=not is_open) as connection:
        connection.execute("set timezone = 'UTC'")
        names = connection.execute(
            "select table_name from duckdb_tables() where schema_name = 'history' order by all"
        ).fetchall()
        return {name: sorted_rows(connection, f"history.{quote_name(name)}") for (name,) in names}


def fingerprint(path: Path) -> str:
    """One hash over all rows of all tables, as another program sees them."""
    return hashlib.sha256(repr(sorted(read_rows(path).items())).encode()).hexdigest()


@contextmanager
def behind_the_back(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """The file opened for writing by somebody who knows nothing of books."""
    connection = duckdb.connect(str(path))
    try:
        connection.execute("set timezone = 'UTC'")
        yield connection
    finally:
        connection.close()


def tamper(path: Path, *statements: str) -> None:
    """Type SQL straight into the file."""
    with behind_the_back(path) as connection:
        for statement in statements:
            connection.execute(statement)


def forget_schema() -> None:
    """Let the definition of the tables be read anew, after a test gave clientops other migrations."""
    schema.all_tables.cache_clear()
    verify._expected_shapes.cache_clear()


def fill_shop(book: Book) -> None:
    """The content of a small shop: clients of three currencies with whatever clients have, without any flaw."""
    insert(book, **SHOP)


def _client(number: int, first: str, last: str, **more: Any) -> dict[str, Any]:
    email = f"{first}.{last}@example.com".lower()
    return {
        "id": number,
        "first_name": first,
        "last_name": last,
        "email": email,
        "created_on": date(2025, 1, 1),
        **more,
    }


SHOP: dict[str, list[dict[str, Any]]] = {
    "settings": [{"id": 1, "name": "company_name", "value": "Example Hosting"}],
    "currencies": CURRENCIES,
    "groups": [{"id": 1, "name": "Resellers", "discount_percent": 10}],
    "tax_rates": [{"id": 1, "level": 1, "name": "VAT", "country": "DE", "rate": 19}],
    "clients": [
        _client(1, "Ada", "Lovelace", credit_balance=50, country="DE", default_billing_contact_id=1),
        _client(2, "Grace", "Hopper", credit_balance=20, country="US", company_name='Cobol "&" Söhne 🦆'),
        _client(3, "Grace", "Hoper", country="US", phone="+13125550100"),
        _client(4, "Kurt", "Gödel", currency_id=JPY, credit_balance=1000, country="JP"),
        _client(5, "Emmy", "Noether", status="Inactive"),
        _client(6, "Alan", "Turing", group_id=1),
    ],
    "contacts": [
        {"id": 1, "client_id": 1, "first_name": "Charles", "wants_invoice": True},
        {"id": 2, "client_id": 1, "first_name": "Mary", "email": "mary@example.com", "wants_support": True},
        {"id": 3, "client_id": 3, "first_name": "Howard"},
    ],
    "users": [{"id": 1, "email": "ada@example.com"}, {"id": 2, "email": "grace@example.com"}],
    "user_clients": [
        {"id": 1, "user_id": 1, "client_id": 1, "is_owner": True},
        {"id": 2, "user_id": 2, "client_id": 2, "is_owner": True},
        {"id": 3, "user_id": 2, "client_id": 3},
    ],
    "products": [{"id": 1, "name": "Basic hosting"}],
    "product_prices": [
        {"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10},
        {"id": 2, "product_id": 1, "currency_id": JPY, "billing_cycle": "monthly", "amount": 1600},
    ],
    "servers": [{"id": 1, "name": "s1", "hostname": "s1.example.com"}],
    "services": [
        {"id": 1, "client_id": 1, "product_id": 1, "server_id": 1, "domain": "ada.example", "username": "ada",
         "recurring_amount": 10, "status": "Active", "next_due_on": TODAY, "registered_on": date(2025, 11, 20)},
        {"id": 2, "client_id": 2, "product_id": 1, "recurring_amount": 10, "status": "Active",
         "next_due_on": date(2026, 12, 31)},
        {"id": 3, "client_id": 3, "product_id": 1, "recurring_amount": 10, "status": "Terminated"},
        {"id": 4, "client_id": 4, "product_id": 1, "recurring_amount": 1600, "status": "Active", "next_due_on": TODAY},
    ],
    "addons": [{"id": 1, "service_id": 1, "name": "Backup", "recurring_amount": 2, "status": "Active",
                "next_due_on": TODAY}],
    "domains": [{"id": 1, "client_id": 1, "name": "ada.example", "registrar": "Example", "status": "Active",
                 "expires_on": date(2027, 1, 31), "next_due_on": date(2027, 1, 31), "recurring_amount": 12}],
    "dns_records": [{"id": 1, "domain_id": 1, "type": "A", "content": "192.0.2.1"}],
    "orders": [{"id": 1, "number": "1001", "client_id": 1, "ordered_at": NOW, "amount": 10, "invoice_id": 1,
                "status": "Active"}],
    "order_items": [{"id": 1, "order_id": 1, "kind": "product", "product_id": 1, "service_id": 1, "amount": 10}],
    "invoices": [
        {"id": 1, "client_id": 1, "subtotal": 10, "tax1": "1.90", "total": "11.90", "tax_rate1": 19, "status": "Paid",
         "paid_on": date(2026, 11, 5)},
        {"id": 2, "client_id": 1, "subtotal": 30, "total": 30, "status": "Unpaid"},
        {"id": 3, "client_id": 2, "subtotal": 25, "total": 25, "status": "Unpaid", "credit_applied": 5},
        {"id": 4, "client_id": 3, "subtotal": 8, "total": 8, "status": "Unpaid", "due_on": date(2026, 10, 1)},
        {"id": 5, "client_id": 4, "subtotal": 1600, "total": 1600, "status": "Unpaid"},
        {"id": 6, "client_id": 6, "subtotal": 7, "total": 7, "status": "Draft", "issued_on": None},
    ],
    "invoice_items": [
        {"id": 1, "invoice_id": 1, "kind": "service", "service_id": 1, "description": "Hosting", "unit_price": 10,
         "amount": 10, "is_taxed": True, "tax1": "1.90"},
        {"id": 2, "invoice_id": 2, "description": "Setup", "unit_price": 30, "amount": 30},
        {"id": 3, "invoice_id": 3, "description": "Hosting", "unit_price": 25, "amount": 25},
        {"id": 4, "invoice_id": 4, "description": "Hosting", "unit_price": 8, "amount": 8},
        {"id": 5, "invoice_id": 5, "kind": "service", "service_id": 4, "description": "Hosting", "unit_price": 1600,
         "amount": 1600},
        {"id": 6, "invoice_id": 6, "description": "Consulting", "unit_price": 7, "amount": 7},
    ],
    "transactions": [
        {"id": 1, "client_id": 1, "gateway": "stripe", "amount_in": "11.90", "fee": "0.30", "reference": "ch_1"},
        {"id": 2, "client_id": 2, "gateway": "banktransfer", "amount_in": 15, "reference": "bank-2"},
    ],
    "allocations": [{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": "11.90"}],
    "credit_entries": [
        {"id": 1, "client_id": 1, "entry_on": date(2026, 10, 1), "description": "Welcome", "amount": 50},
        {"id": 2, "client_id": 2, "entry_on": date(2026, 10, 1), "description": "Downtime", "amount": 10},
        {"id": 3, "client_id": 2, "entry_on": date(2026, 10, 2), "description": "Overpaid", "amount": 15,
         "transaction_id": 2},
        {"id": 4, "client_id": 2, "entry_on": date(2026, 11, 1), "description": "Applied", "amount": -5,
         "invoice_id": 3},
        {"id": 5, "client_id": 4, "entry_on": date(2026, 10, 1), "description": "Welcome", "amount": 1000},
    ],
    "notes": [{"id": 1, "client_id": 1, "body": "Calls on Mondays", "created_at": NOW},
              {"id": 2, "client_id": 1, "subject_kind": "invoice", "subject_id": 2, "body": "Disputed"}],
    "custom_fields": [{"id": 1, "name": "Purchase order"}],
    "custom_values": [{"id": 1, "field_id": 1, "subject_id": 2, "value": "PO-1"},
                      {"id": 2, "field_id": 1, "subject_id": 3, "value": "PO-2"}],
    "departments": [{"id": 1, "name": "Support"}],
    "tickets": [{"id": 1, "number": "T1", "client_id": 3, "department_id": 1, "subject": "Help", "opened_at": NOW}],
    "ticket_replies": [{"id": 1, "ticket_id": 1, "message": "Gladly", "operator": OPERATOR}],
    "communications": [
        {"id": 1, "client_id": 1, "kind": "call", "direction": "in", "subject": "Invoice", "happened_at": NOW},
        {"id": 2, "client_id": 1, "kind": "email", "category": "invoice", "template": "invoice-created",
         "subject": "Invoice 2", "body": "Dear Ada", "sent_to": "ada@example.com", "status": "failed", "attempts": 3,
         "error": "mailbox full"},
        {"id": 3, "client_id": 2, "kind": "email", "category": "general", "template": "welcome", "subject": "Welcome",
         "body": "Dear Grace", "sent_to": "grace@example.com", "status": "queued"},
    ],
    "article_categories": [{"id": 1, "name": "Mail"}, {"id": 2, "parent_id": 1, "name": "Clients"}],
    "articles": [{"id": 1, "title": "Reading mail", "body": "Any *client* will do", "tags": "mail"}],
    "article_placements": [{"id": 1, "article_id": 1, "category_id": 1}],
    "affiliates": [{"id": 1, "client_id": 2, "pay_amount": 10}, {"id": 2, "client_id": 3, "pay_amount": 10}],
    "referrals": [{"id": 1, "affiliate_id": 1, "service_id": 1}],
    "statements": [{"id": 1, "source": "bank", "file_sha256": "0" * 64, "currency_id": EUR}],
    "statement_lines": [{"id": 1, "statement_id": 1, "line_number": 1, "amount": 15, "reference": "bank-2"}],
    "matches": [{"id": 1, "statement_line_id": 1, "transaction_id": 2}],
}  # fmt: skip


def preview_any(book: Book, rule: Rule, requests: Any) -> Preview:
    """A preview of any rule, those that only the program applies included."""
    if rule.internal:
        return own.preview_own(book, rule, requests, today=TODAY, now=NOW)
    return book.preview(rule, requests, today=TODAY, now=NOW)


def apply_any(book: Book, preview: Preview, reason: str | None = None) -> Receipt:
    """Apply such a preview."""
    if preview.rule.internal:
        return own.apply_previewed(book, preview, reason=reason)
    return book.apply(preview, reason=reason)


def apply_any_now(
    book: Book, rule: Rule, requests: Any, *, today: date | None = TODAY, now: datetime | None = NOW
) -> Receipt:
    """Plan and apply any rule."""
    if rule.internal:
        return own.apply_own(book, rule, requests, reason=None, now=now)
    return book.apply_now(rule, requests, today=today, now=now)
