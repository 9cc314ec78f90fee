"""What the reference map adds to the changes of a rule."""

import pytest

from clientops.book.book import Book
from clientops.registry import rule


@pytest.fixture
def book(tmp_path):
    """A client who paid and was mailed about it."""
    book = Book.create(tmp_path / "settled.duckdb", operator="maria")
    book.apply_now(rule("add-currency"), {"code": "EUR"})
    person = {"first_name": "Ada", "last_name": "Ek", "email": "ada@example.com", "currency": "EUR", "country": "DE"}
    book.apply_now(rule("add-client"), person)
    payment = {"client_id": 1, "amount": "5", "reference": "in-1", "send_email": True}
    book.apply_now(rule("record-payment"), payment)
    return book


def test_a_payment_that_was_mailed_about_can_be_deleted(book):
    """The mail stays and points at nothing; undo brings both back as they were."""
    mailed = "select id, subject_kind, subject_id from communications"
    before = book.query(mailed)[1]
    assert before[0][2] == 1
    preview = book.preview(rule("delete-transaction"), {"transaction_id": 1})
    assert preview.is_applicable
    assert ("communications", "update", 1) in [(c.table, c.kind, c.count) for c in preview.changes]
    receipt = book.apply(preview)
    assert [row[2] for row in book.query(mailed)[1]] == [None]
    assert book.check() == []
    book.undo(receipt.operation_id)
    assert book.query(mailed)[1] == before
