"""Requests that were applied before."""

import pytest

from clientops.book.book import Book
from clientops.core.errors import RefusedError
from clientops.registry import rule

ROWS = [{"client_id": 1, "amount": "5", "description": "Outage"}, {"client_id": 1, "amount": "6", "description": "x"}]


@pytest.fixture
def book(tmp_path):
    """One client."""
    book = Book.create(tmp_path / "repeated.duckdb", operator="maria")
    book.apply_now(rule("add-currency"), {"code": "EUR"})
    person = {"first_name": "Ada", "last_name": "Ek", "email": "ada@example.com", "currency": "EUR", "country": "DE"}
    book.apply_now(rule("add-client"), person)
    return book


def credit(book):
    """The client's credit."""
    return book.query("select credit_balance from clients")[1][0][0]


def test_rows_that_were_applied_before_need_confirmation(book):
    """In whatever order; after the first operation was undone they do not."""
    issue = rule("issue-credit")
    first = book.apply_now(issue, ROWS).operation_id
    again = [{**ROWS[1], "client_id": "ada@example.com"}, ROWS[0]]
    [warning] = book.preview(issue, again).warnings
    assert (warning.code, f"by operation {first} of maria" in warning.message) == ("applied_before", True)
    with pytest.raises(RefusedError, match="applied before"):
        book.apply_now(issue, again)
    with pytest.raises(RefusedError, match="applied before"):
        book.apply(book.preview(issue, again))
    assert credit(book) == 11
    second = book.apply_now(issue, again, again=True).operation_id
    assert credit(book) == 22
    book.undo(second)
    book.undo(first)
    book.apply_now(issue, ROWS)
    assert credit(book) == 11


def test_a_single_request_is_warned_of(book):
    """It may be meant; a file of one row is refused."""
    issue = rule("issue-credit")
    book.apply_now(issue, ROWS[0])
    assert [w.code for w in book.apply_now(issue, ROWS[0]).warnings] == ["applied_before"]
    with pytest.raises(RefusedError):
        book.apply_now(issue, ROWS[0], again=False)
    assert credit(book) == 10


def test_a_row_that_stands_twice_is_warned_of(book):
    """Each row after the first of its kind."""
    warnings = book.preview(rule("issue-credit"), [*ROWS, ROWS[0]]).warnings
    assert [(w.row, w.code, w.message) for w in warnings] == [(3, "row_twice", "row 3 is the same as row 1")]
