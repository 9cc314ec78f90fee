"""Periods signed off: what is kept, and which later changes break it."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from clientops import registry as operations
from clientops.book.book import Book
from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.reconciliation.sign_off import parse_period, sign_offs
from tests.books import OPERATOR, apply_by_hand, insert
from tests.builders import NOW, TODAY, tables
from tests.rules.money_book import problems

PERIODS = [
    ("2026-09", date(2026, 9, 1), date(2026, 9, 30)),
    ("2024-02", date(2024, 2, 1), date(2024, 2, 29)),
    ("2026-Q3", date(2026, 7, 1), date(2026, 9, 30)),
    ("2026q4", date(2026, 10, 1), date(2026, 12, 31)),
    ("2026", date(2026, 1, 1), date(2026, 12, 31)),
    (" 2026-09-05 .. 2026-09-07 ", date(2026, 9, 5), date(2026, 9, 7)),
]


@pytest.mark.parametrize(("text", "first", "last"), PERIODS)
def test_period_is_read(text, first, last):
    """Months, quarters, years and two days."""
    assert parse_period(text) == (first, last)


@pytest.mark.parametrize("text", ["2026-13", "2026-Q5", "September", "", "2026-09-31..2026-10-01"])
def test_period_is_refused(text):
    """Anything else is refused with what would be allowed."""
    with pytest.raises(UsageError, match="write it like 2026-09, 2026-Q3"):
        parse_period(text)


def test_only_what_is_over_can_be_signed():
    """A period that is not over, or ends before it begins, is refused."""
    book = tables(clients=[{"id": 1}])
    assert problems(book, "sign-off-period", {"period_from": TODAY, "period_to": TODAY}) == [
        (1, "period_to", "not_over")
    ]
    assert problems(book, "sign-off-period", {"period_from": "2026-02-01", "period_to": "2026-01-31"}) == [
        (1, "period_to", "backwards")
    ]


SEPTEMBER = {"period_from": "2026-09-01", "period_to": "2026-09-30", "note": "One payment unclear"}
IN_SEPTEMBER = datetime(2026, 9, 30, 23, 30, tzinfo=UTC)


@pytest.fixture
def signed(book) -> Book:
    """A book with a September of one invoice, one payment and an unclear one, signed off."""
    insert(
        book, lenient=True,
        invoices=[{"id": 20, "client_id": 1, "subtotal": 30, "total": 30, "status": "Paid", "issued_on": date(2026, 9, 3)}],
        invoice_items=[{"id": 20, "invoice_id": 20, "amount": 30}],
        transactions=[{"id": 20, "client_id": 1, "amount_in": 30, "occurred_at": IN_SEPTEMBER, "reference": "s1"},
                      {"id": 21, "client_id": 2, "amount_in": "41.50", "occurred_at": IN_SEPTEMBER, "reference": "s2"}],
        allocations=[{"id": 20, "transaction_id": 20, "invoice_id": 20, "amount": 30}],
    )  # fmt: skip
    book.apply_now(operations.rule("sign-off-period"), SEPTEMBER, reason="September", now=NOW, today=TODAY)
    return book


def read(book) -> dict:
    with book.tables() as found:
        (row,) = as_dicts(sign_offs(found))
    return row


def test_sign_off_says_who_and_what_was_open(signed):
    """September reconciled by maria, open: 1, 41.50 EUR; it holds as long as nothing changes."""
    row = read(signed)
    assert (row["operator"], row["open_count"], row["open_amounts"], row["state"], row["changes"]) == (
        OPERATOR,
        1,
        "41.50 EUR",
        "holds",
        None,
    )
    assert (row["period_from"], row["period_to"], row["note"]) == (
        date(2026, 9, 1),
        date(2026, 9, 30),
        "One payment unclear",
    )


BREAKING = [
    pytest.param(("transactions", "update", [{"id": 20, "amount_in": 31}]), "transactions in EUR: then 2 of 71.50, now 2 of 72.50", id="amount of a payment"),
    pytest.param(("transactions", "update", [{"id": 20, "reference": "s9"}]), "transactions in EUR: the same sums, but other rows", id="reference of a payment"),
    pytest.param(("transactions", "insert", [{"id": 30, "client_id": 1, "currency_id": 1, "amount_in": 1, "occurred_at": IN_SEPTEMBER}]), "now 3 of 72.50", id="payment entered late"),
    pytest.param(("transactions", "delete", [{"id": 21}]), "now 1 of 30.00", id="payment deleted"),
    pytest.param(("invoices", "update", [{"id": 20, "client_id": 2}]), "invoices in EUR: the same sums, but other rows", id="client of an invoice"),
    pytest.param(("invoices", "update", [{"id": 2, "issued_on": date(2026, 9, 9)}]), "invoices in EUR: then 1 of 30.00, now 2 of 60.00", id="invoice dated back"),
    pytest.param(("credit_entries", "update", [{"id": 1, "entry_on": date(2026, 9, 9)}]), "credit entries in EUR: then 0 of 0.00, now 1 of 50.00", id="credit dated back"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "said"), BREAKING)
def test_later_change_breaks_it(signed, change, said):
    """Whatever changes in the period shows, with the sums of then and now."""
    receipt = apply_by_hand(signed, change, lenient=True)
    row = read(signed)
    assert row["state"] == "broken"
    assert said in row["changes"]
    signed.undo(receipt.operation_id, reason="not so")
    assert read(signed)["state"] == "holds"


def test_change_of_another_month_does_not_break_it(signed):
    """What happens in October is October's, and so is a payment of September's invoice."""
    apply_by_hand(
        signed, ("transactions", "insert", [{"id": 30, "client_id": 1, "currency_id": 1, "amount_in": 1, "occurred_at": NOW}]),
        ("invoices", "update", [{"id": 20, "paid_on": TODAY}]), lenient=True,
    )  # fmt: skip
    assert read(signed)["state"] == "holds"


def test_mending_what_was_open_is_no_break(signed):
    """Once the unclear payment is credit, less is open than was signed; the undo of that holds again."""
    receipt = signed.apply_now(
        operations.rule("settle-payment"), {"transaction_id": 21}, reason="credit", today=TODAY, now=NOW
    )
    row = read(signed)
    assert (row["state"], row["changes"]) == (
        "mended",
        "open: unapplied_payment in EUR: then 1 of 41.50, now 0 of 0.00",
    )
    signed.undo(receipt.operation_id, reason="x")
    assert read(signed)["state"] == "holds"
