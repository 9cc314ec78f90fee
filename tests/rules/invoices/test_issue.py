"""Issuing drafts: a draft invoice gets its date, number and address, and is owed from then on."""

from datetime import date

import pytest

from tests.builders import TODAY, money, tables
from tests.rules.money_book import apply, assert_one_table_is_one_by_one, book_of, days, invoice, problems, rows

NUMBERING = [
    {"id": 1, "name": "invoice_number_format", "value": "{NUMBER}"},
    {"id": 2, "name": "invoice_next_number", "value": "7"},
]


def draft(row_id, **more):
    """A draft of 10."""
    return invoice(row_id, status="Draft", **{"issued_on": None, "due_on": None, **more})


def test_a_draft_is_issued():
    """Date, number and address are those of the day of issue; credit pays it unless that is refused."""
    book = book_of(draft(1), draft(2, number="OWN", due_on=days(3)), settings=NUMBERING)
    apply(book, "issue-invoice", {"invoice_id": 1}, {"invoice_id": 2, "apply_credit": False})
    assert rows(
        book, "select status, number, issued_on, due_on, bill_to, credit_applied from invoices order by id"
    ) == [
        ("Paid", "7", TODAY, days(14), "Ada Lovelace", money("10")),
        ("Unpaid", "OWN", TODAY, days(3), "Ada Lovelace", money("0")),
    ]
    assert rows(book, "select value from settings where id = 2") == [("8",)]


@pytest.mark.parametrize(
    ("drafted", "more", "expected"),
    [
        pytest.param(None, {}, days(14), id="no due date: in 14 days"),
        pytest.param(days(-5), {}, days(14), id="the draft's is past: in 14 days"),
        pytest.param(days(2), {}, days(2), id="the draft's"),
        pytest.param(days(2), {"due_on": days(9)}, days(9), id="the one given"),
        pytest.param(days(2), {"issued_on": days(-3)}, days(2), id="issued earlier"),
    ],
)
def test_due_date(drafted, more, expected):
    """The due date is the one given, else the draft's if it is not past, else some days later."""
    book = book_of(draft(1, due_on=drafted))
    apply(book, "issue-invoice", {"invoice_id": 1, **more})
    assert rows(book, "select due_on from invoices") == [(expected,)]


def test_credit_may_pay_it_and_clients_are_told():
    """With credit asked for, drafts are paid in order; an e-mail is queued if asked for."""
    book = book_of(draft(1), draft(2), credit="15")
    apply(
        book,
        "issue-invoice",
        {"invoice_id": 2, "apply_credit": True},
        {"invoice_id": 1, "apply_credit": True, "send_email": True},
    )
    assert rows(book, "select credit_applied, status, paid_on from invoices order by id") == [
        (money("5"), "Unpaid", None),
        (money("10"), "Paid", TODAY),
    ]
    assert rows(book, "select subject_id from communications") == [(1,)]


@pytest.mark.parametrize(
    ("wants", "asked", "applied"), [(True, None, "10"), (False, None, "0"), (False, True, "10"), (True, False, "0")]
)
def test_credit_follows_the_clients_setting(wants, asked, applied):
    """Empty: as the client's setting says; yes or no: as asked."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 15, "auto_apply_credit": wants}],
        invoices=[draft(1)], invoice_items=[{"id": 1, "invoice_id": 1, "amount": 10}],
    )  # fmt: skip
    apply(book, "issue-invoice", {"invoice_id": 1, "apply_credit": asked})
    assert rows(book, "select credit_applied from invoices") == [(money(applied),)]


def test_a_draft_of_nothing_is_paid_at_once():
    """A total of 0 is Paid when it is issued."""
    book = book_of(draft(1, total="0"))
    apply(book, "issue-invoice", {"invoice_id": 1})
    assert rows(book, "select status, paid_on from invoices") == [("Paid", TODAY)]


@pytest.mark.parametrize(
    ("request_row", "field", "code"),
    [
        pytest.param({"invoice_id": 9}, "invoice_id", "unknown_invoice", id="no such invoice"),
        pytest.param({"invoice_id": 2}, "invoice_id", "not_draft", id="Unpaid"),
        pytest.param({"due_on": date(2026, 1, 1)}, "due_on", "due_before_issue", id="due before it is issued"),
        pytest.param({"invoice_id": 3}, "invoice_id", "negative_total", id="less than nothing"),
    ],
)
def test_refused(request_row, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = book_of(draft(1), invoice(2), draft(3, total="-5"))
    assert problems(book, "issue-invoice", {"invoice_id": 1, **request_row}) == [(1, field, code)]


def test_the_same_draft_twice():
    """A draft is issued once."""
    assert problems(book_of(draft(1)), "issue-invoice", {"invoice_id": 1}, {"invoice_id": 1}) == [
        (2, "invoice_id", "twice")
    ]


def test_many_drafts_are_one_after_another():
    """Law: numbers and credit of many rows are those of one row after another."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 15}, {"id": 2, "credit_balance": 1}],
        invoices=[draft(n, client_id=1 + n % 2, total=str(n)) for n in range(7)],
        invoice_items=[{"id": n, "invoice_id": n, "amount": n} for n in range(7)],
        settings=NUMBERING,
    )
    asked = [{"invoice_id": n, "apply_credit": n % 3 > 0, "send_email": n % 2 == 1} for n in (5, 2, 6, 1, 4, 3)]
    assert assert_one_table_is_one_by_one(book, "issue-invoice", asked) == len(asked)
