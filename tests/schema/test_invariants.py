"""What must always hold of the tables: each law is broken once, and only then found."""

from __future__ import annotations

import pytest

from clientops.schema.definition import quote_name
from clientops.schema.invariants import INVARIANTS
from tests.builders import JPY, tables

INVOICE = {"id": 1, "client_id": 1, "subtotal": 100, "total": 100, "status": "Unpaid"}
ITEM = {"id": 1, "invoice_id": 1, "amount": 100}


def broken(book):
    """(code, id) of every row that breaks a law."""
    found = []
    for invariant in INVARIANTS:
        query = f"with touched as (select id from {quote_name(invariant.table)}) select * from ({invariant.sql})"
        found += [(invariant.code, row[0]) for row in book.query(query).fetchall()]
    return sorted(found)


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        pytest.param({"invoices": [INVOICE], "invoice_items": [ITEM]}, [], id="a sound invoice"),
        pytest.param(
            {"clients": [{"id": 1, "credit_balance": -1}]}, [("credit_below_zero", 1)], id="credit below zero"
        ),
        pytest.param(
            {
                "clients": [{"id": 1, "default_billing_contact_id": 5}, {"id": 2}],
                "contacts": [{"id": 5, "client_id": 2}],
            },
            [("billing_contact_of_other", 1)],
            id="billing contact of another client",
        ),
        pytest.param({"invoices": [INVOICE]}, [("invoice_sum", 1)], id="no items"),
        pytest.param(
            {"invoices": [{**INVOICE, "status": "Paid"}], "invoice_items": [ITEM]},
            [("invoice_owed", 1)],
            id="Paid, but owed",
        ),
        pytest.param(
            {
                "invoices": [INVOICE],
                "invoice_items": [ITEM],
                "transactions": [{"id": 1, "client_id": 1, "amount_in": 100}],
                "allocations": [{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 100}],
            },
            [("invoice_owed", 1)],
            id="Unpaid, but nothing owed",
        ),
        pytest.param(
            {
                "invoices": [{**INVOICE, "status": "Cancelled", "credit_applied": 10}],
                "invoice_items": [ITEM],
                "credit_entries": [{"id": 1, "client_id": 1, "amount": -10, "invoice_id": 1}],
            },
            [("invoice_owed", 1)],
            id="credit on a cancelled invoice",
        ),
        pytest.param(
            {"invoices": [{**INVOICE, "credit_applied": 10}], "invoice_items": [ITEM]},
            [("credit_applied", 1)],
            id="credit applied that the log knows nothing of",
        ),
        pytest.param(
            {
                "invoices": [INVOICE],
                "invoice_items": [ITEM],
                "transactions": [{"id": 1, "client_id": 1, "amount_in": 50}],
                "allocations": [{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 60}],
            },
            [("allocated_too_much", 1)],
            id="a payment that settles more than it is",
        ),
        pytest.param(
            {"clients": [{"id": 1, "currency_id": JPY, "credit_balance": "0.5"}]},
            [("not_minor_unit", 1)],
            id="half a yen",
        ),
        pytest.param(
            {"users": [{"id": 1, "email": "a@example.com"}, {"id": 2, "email": "A@example.com"}]},
            [("users_twice", 1), ("users_twice", 2)],
            id="one e-mail for two users",
        ),
        pytest.param(
            {"affiliates": [{"id": 1, "client_id": 1}, {"id": 2, "client_id": 1}]},
            [("affiliates_twice", 1), ("affiliates_twice", 2)],
            id="an affiliate twice",
        ),
    ],
)
def test_each_law(rows, expected):
    """A book that breaks one law breaks just that one."""
    given = {"clients": [{"id": 1}], **rows}
    assert broken(tables(**given)) == expected


def test_the_laws_watch_columns_that_exist():
    """Each law names columns of its table, and of the tables it watches."""
    from clientops.schema.definition import table

    for invariant in INVARIANTS:
        for column in invariant.columns:
            table(invariant.table).column(column)
        for name, column in invariant.watches:
            table(name).column(column)
