"""Deleting transactions: the step before a client can be wiped without a trace of its payments."""

import pytest

from tests.builders import TODAY, money
from tests.rules.money_book import apply, assert_one_table_is_one_by_one, book_of, days, invoice, problems, rows


def paid_book(*amounts, **more):
    """Two invoices of 10 and 20, and payments recorded one after another."""
    book = book_of(invoice(1, due_on=days(-2)), invoice(2, total="20", due_on=days(-1)), credit="0", **more)
    for amount in amounts:
        apply(book, "record-payment", {"client_id": 1, "amount": amount, "reference": f"r{amount}"})
    return book


def test_what_it_paid_is_owed_again():
    """The transaction and its allocations go, and its invoices are Unpaid."""
    book = paid_book("30")
    apply(book, "delete-transaction", {"transaction_id": 1})
    assert rows(book, "select count(*) from transactions") == [(0,)]
    assert rows(book, "select count(*) from allocations") == [(0,)]
    assert rows(book, "select status, paid_on from invoices") == [("Unpaid", None)] * 2


def test_credit_from_it_is_taken_back():
    """An overpayment's credit goes with it, with an entry; the old entry stays and no longer names it."""
    book = paid_book("35")
    apply(book, "delete-transaction", {"transaction_id": 1})
    assert rows(book, "select amount, description, transaction_id, entry_on from credit_entries order by id") == [
        (money("5"), "Overpayment by transaction r35", None, TODAY),
        (money("-5"), "Transaction r35 deleted", None, TODAY),
    ]
    assert rows(book, "select credit_balance from clients") == [(money("0"),)]


def test_credit_may_stay():
    """If it is not to be taken back, the client keeps it."""
    book = paid_book("35")
    apply(book, "delete-transaction", {"transaction_id": 1, "take_back_credit": False})
    assert rows(book, "select credit_balance from clients") == [(money("5"),)]
    assert rows(book, "select transaction_id from credit_entries") == [(None,)]


def test_a_deleted_refund_was_never_sent():
    """Without its refund, a payment settles its invoice again, and credit it took comes back."""
    book = paid_book("35")
    apply(book, "refund-payment", {"transaction_id": 1})
    apply(book, "delete-transaction", {"transaction_id": 2})
    assert rows(book, "select status, paid_on, refunded_on from invoices") == [("Paid", TODAY, None)] * 2
    assert rows(book, "select credit_balance from clients") == [(money("5"),)]


@pytest.mark.parametrize("order", [(1, 2), (2, 1)])
def test_a_payment_goes_with_its_refund(order):
    """Payment and refund may be deleted together, in any order."""
    book = paid_book("35")
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "8"})
    apply(book, "delete-transaction", *({"transaction_id": number} for number in order))
    assert rows(book, "select status from invoices") == [("Unpaid",)] * 2
    assert rows(book, "select credit_balance from clients") == [(money("0"),)]


def test_matched_statement_lines_are_free_again():
    """What was matched with it is no longer."""
    book = paid_book(
        "30",
        statements=[{"id": 1, "source": "bank", "file_sha256": "x", "currency_id": 1}],
        statement_lines=[{"id": 1, "statement_id": 1, "line_number": 1, "amount": 30}],
    )
    book._connection.execute("insert into matches (id, statement_line_id, transaction_id) values (1, 1, 1)")
    apply(book, "delete-transaction", {"transaction_id": 1})
    assert rows(book, "select count(*) from matches") == [(0,)]


def test_refused():
    """What cannot be done is named by its row, field and code."""
    book = paid_book("30")
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "8"})
    delete = {"transaction_id": 1}
    assert problems(book, "delete-transaction", {"transaction_id": 99}) == [
        (1, "transaction_id", "unknown_transaction")
    ]
    assert problems(book, "delete-transaction", delete) == [(1, "transaction_id", "has_refunds")]
    assert problems(book, "delete-transaction", {"transaction_id": 2}, {"transaction_id": 2}) == [
        (2, "transaction_id", "twice")
    ]


def test_spent_credit_cannot_be_taken_back():
    """Credit that came from it and is spent stands in the way, unless it may stay."""
    book = paid_book("35")
    apply(book, "remove-credit", {"client_id": 1, "amount": "1", "description": "Fee"})
    assert problems(book, "delete-transaction", {"transaction_id": 1}) == [(1, "take_back_credit", "credit_spent")]
    assert problems(book, "delete-transaction", {"transaction_id": 1, "take_back_credit": False}) == []


def test_an_invoice_that_was_paid_again():
    """A refund cannot be deleted once its invoice was paid by something else."""
    book = paid_book("10")
    apply(book, "refund-payment", {"transaction_id": 1, "keep_owed": True})
    apply(book, "record-payment", {"client_id": 1, "amount": "10", "invoice_ids": "1"})
    assert problems(book, "delete-transaction", {"transaction_id": 2}) == [(1, "transaction_id", "overpaid")]


def test_many_deletions_are_one_after_another():
    """Law: many rows delete what one row after another does, and credit keeps step with its log."""
    book = paid_book("12", "13", "14")
    asked = [{"transaction_id": number} for number in (2, 3, 1)]

    def keeps_step(request, moved):
        assert moved["credit"] == moved["log"]

    assert assert_one_table_is_one_by_one(book, "delete-transaction", asked, law=keeps_step) == 3
