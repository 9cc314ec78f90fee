"""Status of invoices: cancel, mark unpaid, refunded or in collections, write off."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import TODAY, money, tables
from tests.long_forms import examples
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    book_of,
    invoice,
    planned,
    problems,
    rows,
    warnings,
)

RULES = (
    "cancel-invoice",
    "mark-invoice-unpaid",
    "mark-invoice-refunded",
    "mark-invoice-collections",
    "write-off-invoice",
)


def book():
    """Invoices of every status; some with credit or payments."""
    paid = {"status": "Paid", "paid_on": TODAY}
    invoices = [
        invoice(1), invoice(2, credit_applied=money("4")), invoice(3, credit_applied=money("10"), **paid),
        invoice(4, status="Draft"), invoice(5, status="Cancelled", cancelled_on=TODAY), invoice(6, **paid),
        invoice(7, status="Refunded", refunded_on=TODAY), invoice(8, status="Collections"),
        invoice(9, status="Written off", written_off=money("10")), invoice(10),
        invoice(11, status="Cancelled", issued_on=None), invoice(12, total="0", **paid),
    ]  # fmt: skip
    return book_of(
        *invoices,
        transactions=[{"id": 1, "client_id": 1, "amount_in": 13}],
        allocations=[
            {"id": 1, "transaction_id": 1, "invoice_id": 6, "amount": 10},
            {"id": 2, "transaction_id": 1, "invoice_id": 10, "amount": 3},
        ],
    )


def test_cancel_gives_credit_back():
    """What credit was applied goes back to the client, with an entry; nothing is owed any more."""
    tables_ = book()
    plan = apply(tables_, "cancel-invoice", {"invoice_id": 2}, {"invoice_id": 3}, {"invoice_id": 1})
    assert rows(
        tables_, "select id, status, credit_applied, paid_on, cancelled_on from invoices where id < 4 order by id"
    ) == [(n, "Cancelled", money("0"), None, TODAY) for n in (1, 2, 3)]
    assert [(e["invoice_id"], e["amount"], e["description"]) for e in plan.rows("credit_entries", "insert")] == [
        (2, money("4"), "Credit back from cancelled invoice 2"),
        (3, money("10"), "Credit back from cancelled invoice 3"),
    ]
    assert rows(tables_, "select credit_balance from clients") == [(money("39"),)]


@pytest.mark.parametrize(
    ("rule", "invoice_id", "expected"),
    [
        pytest.param("mark-invoice-unpaid", 5, ("Unpaid", None, None, None, "0"), id="unpaid: cancelled"),
        pytest.param("mark-invoice-unpaid", 7, ("Unpaid", None, None, None, "0"), id="unpaid: refunded"),
        pytest.param("mark-invoice-unpaid", 8, ("Unpaid", None, None, None, "0"), id="unpaid: in collections"),
        pytest.param("mark-invoice-unpaid", 9, ("Unpaid", None, None, None, "0"), id="unpaid: written off"),
        pytest.param("mark-invoice-refunded", 6, ("Refunded", TODAY, TODAY, None, "0"), id="refunded: paid"),
        pytest.param("mark-invoice-collections", 1, ("Collections", None, None, None, "0"), id="collections: unpaid"),
        pytest.param("write-off-invoice", 1, ("Written off", None, None, None, "10"), id="write off: unpaid"),
        pytest.param("write-off-invoice", 2, ("Written off", None, None, None, "6"), id="write off: what credit left"),
        pytest.param("write-off-invoice", 8, ("Written off", None, None, None, "10"), id="write off: in collections"),
        pytest.param("write-off-invoice", 10, ("Written off", None, None, None, "7"), id="write off: what a payment left"),
        pytest.param("cancel-invoice", 4, ("Cancelled", None, None, TODAY, "0"), id="cancel: draft"),
        pytest.param("cancel-invoice", 9, ("Cancelled", None, None, TODAY, "0"), id="cancel: written off"),
        pytest.param("cancel-invoice", 12, ("Cancelled", None, None, TODAY, "0"), id="cancel: paid with nothing"),
    ],
)  # fmt: skip
def test_status(rule, invoice_id, expected):
    """Status, days and what is written off, after each rule."""
    tables_ = book()
    apply(tables_, rule, {"invoice_id": invoice_id})
    sql = f"select status, paid_on, refunded_on, cancelled_on, written_off from invoices where id = {invoice_id}"
    assert rows(tables_, sql) == [(*expected[:4], money(expected[4]))]


@pytest.mark.parametrize(
    ("rule", "invoice_id", "code"),
    [
        *(pytest.param(rule, 99, "unknown_invoice", id=f"{rule}: no such invoice") for rule in RULES),
        pytest.param("cancel-invoice", 5, "is_cancelled", id="cancel: cancelled"),
        pytest.param("cancel-invoice", 6, "has_payments", id="cancel: paid"),
        pytest.param("cancel-invoice", 10, "has_payments", id="cancel: partly paid"),
        pytest.param("mark-invoice-unpaid", 1, "is_unpaid", id="unpaid: unpaid"),
        pytest.param("mark-invoice-unpaid", 4, "is_draft", id="unpaid: draft"),
        pytest.param("mark-invoice-unpaid", 6, "nothing_owed", id="unpaid: paid"),
        pytest.param("mark-invoice-unpaid", 11, "never_issued", id="unpaid: cancelled as a draft"),
        pytest.param("mark-invoice-refunded", 7, "is_refunded", id="refunded: refunded"),
        pytest.param("mark-invoice-refunded", 1, "never_paid", id="refunded: never paid"),
        pytest.param("mark-invoice-refunded", 4, "never_paid", id="refunded: draft"),
        pytest.param("mark-invoice-collections", 6, "not_unpaid", id="collections: paid"),
        pytest.param("mark-invoice-collections", 4, "not_unpaid", id="collections: draft"),
        pytest.param("write-off-invoice", 6, "not_open", id="write off: paid"),
        pytest.param("write-off-invoice", 5, "not_open", id="write off: cancelled"),
    ],
)
def test_refused(rule, invoice_id, code):
    """A request that cannot be done is named by its row, field and code."""
    assert problems(book(), rule, {"invoice_id": invoice_id}) == [(1, "invoice_id", code)]


@pytest.mark.parametrize(("rule", "invoice_id"), list(zip(RULES, (2, 9, 6, 1, 1), strict=True)))
def test_an_invoice_twice(rule, invoice_id):
    """The second time it is in the table, it is refused, as it would be one by one."""
    asked = {"invoice_id": invoice_id}
    assert problems(book(), rule, asked, asked) == [(2, "invoice_id", "twice")]


def test_money_that_was_not_given_back_is_pointed_out():
    """Marking a paid invoice refunded moves no money, and says what is still with us."""
    assert warnings(book(), "mark-invoice-refunded", {"invoice_id": 6}) == [(1, "still_paid")]


def test_numbers_stand_in_the_messages():
    """Messages name the invoice as it is printed, with what it is."""
    tables_ = tables(clients=[{"id": 1}], invoices=[invoice(1, number="R-7", status="Cancelled")])
    [problem] = planned(tables_, "write-off-invoice", [{"invoice_id": 1}]).problem_list()
    assert problem.message == "invoice R-7 is Cancelled: it must be Unpaid or in Collections"


@settings(max_examples=examples(12), deadline=None)
@given(st.sampled_from(RULES), st.lists(st.integers(1, 12), min_size=1, max_size=6))
def test_many_rows_are_one_row_after_another(rule, asked):
    """Law: rows accepted one by one do the same in one table, and credit and what is applied keep their sum."""

    def keeps_the_sum(request, moved):
        assert moved["credit"] + moved["applied"] == 0

    requests = [{"invoice_id": number} for number in asked]
    assert_one_table_is_one_by_one(book(), rule, requests, law=keeps_the_sum)
