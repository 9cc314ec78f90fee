"""Payments given back: to the gateway, or to the client's account credit."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import EUR, JPY, NOW, TODAY, USD, money
from tests.long_forms import examples
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    book_of,
    days,
    invoice,
    planned,
    problems,
    rows,
)


def paid_book(*payments, credit="0", **more):
    """Two invoices of 10 and 20, and payments recorded for them (amount, more)."""
    book = book_of(invoice(1, due_on=days(-2)), invoice(2, total="20", due_on=days(-1)), credit=credit, **more)
    for amount, given_more in payments:
        apply(book, "record-payment", {"client_id": 1, "amount": amount, "gateway": "stripe", **given_more})
    return book


def statuses(book):
    """Status, day paid and day refunded of the invoices."""
    return rows(book, "select status, paid_on, refunded_on from invoices order by id")


def test_a_whole_refund_to_the_gateway():
    """A transaction sends it back, the allocations are reversed, and what was given back whole is Refunded."""
    book = paid_book(("30", {"paid_on": days(-2)}))
    plan = apply(book, "refund-payment", {"transaction_id": 1, "reference": "re_1", "fee": "0.30", "refunded_on": days(-1)})  # fmt: skip
    assert plan.rows("transactions", "insert") == [{
        "id": 2, "client_id": 1, "client_name": None, "currency_id": EUR, "kind": "refund", "gateway": "stripe",
        "occurred_at": datetime(2026, 11, 19, 12, tzinfo=UTC), "description": "Refund of transaction 1", "fee": money("0.30"),
        "amount_out": money("30"), "rate": Decimal("1.00000000"), "reference": "re_1", "refunds_id": 1,
    }]  # fmt: skip
    assert rows(book, "select transaction_id, invoice_id, amount from allocations order by id")[2:] == [
        (2, 2, money("-20")), (2, 1, money("-10")),
    ]  # fmt: skip
    assert statuses(book) == [("Refunded", days(-2), days(-1)), ("Refunded", days(-2), days(-1))]


def test_a_partial_refund_takes_from_what_was_settled_last():
    """The invoice settled last owes again what is given back."""
    book = paid_book(("30", {}))
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "5"})
    assert statuses(book) == [("Paid", TODAY, None), ("Unpaid", None, None)]
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "17"})
    assert statuses(book) == [("Unpaid", None, None), ("Refunded", None, TODAY)]


def test_one_invoice_only():
    """With an invoice given, only what was paid of it is given back."""
    book = paid_book(("30", {}))
    apply(book, "refund-payment", {"transaction_id": 1, "invoice_id": 1})
    assert statuses(book) == [("Refunded", TODAY, TODAY), ("Paid", TODAY, None)]
    assert rows(book, "select amount_out from transactions where id = 2") == [(money("10"),)]


def test_an_invoice_may_stay_owed():
    """A payment that bounced leaves the invoice owed, if so asked."""
    book = paid_book(("30", {}))
    apply(book, "refund-payment", {"transaction_id": 1, "keep_owed": True})
    assert statuses(book) == [("Unpaid", None, None), ("Unpaid", None, None)]


def test_an_invoice_with_credit_on_it_is_owed_again():
    """What credit paid was not given back: the invoice is Unpaid, not Refunded."""
    book = paid_book(credit="4")
    apply(book, "apply-credit", {"invoice_id": 1})
    apply(book, "record-payment", {"client_id": 1, "amount": "6"})
    apply(book, "refund-payment", {"transaction_id": 1})
    assert statuses(book)[0] == ("Unpaid", None, None)
    assert rows(book, "select credit_applied from invoices where id = 1") == [(money("4"),)]


def test_an_overpayment_is_given_back_from_the_credit():
    """What had become credit goes first; the entry names the refund."""
    book = paid_book(("35", {}))
    plan = apply(book, "refund-payment", {"transaction_id": 1, "amount": "7"})
    assert plan.rows("credit_entries", "insert") == [
        {"id": 2, "client_id": 1, "entry_on": TODAY, "description": "Refund of transaction 1", "amount": money("-5"), "transaction_id": 2, "invoice_id": None,
         "gives_back_id": None}
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients") == [(money("0"),)]
    assert statuses(book) == [("Paid", TODAY, None), ("Unpaid", None, None)]


def test_a_refund_to_credit():
    """No money leaves: the payment's allocations shrink and the client's credit grows."""
    book = paid_book(("30", {}))
    plan = apply(
        book, "refund-payment", {"transaction_id": 1, "destination": "credit", "amount": "25", "description": "Sorry"}
    )
    assert plan.rows("transactions", "insert") == []
    assert plan.rows("credit_entries", "insert") == [
        {"id": 1, "client_id": 1, "entry_on": TODAY, "description": "Sorry", "amount": money("25"), "transaction_id": 1,
         "invoice_id": None, "gives_back_id": None}
    ]  # fmt: skip
    assert rows(book, "select transaction_id, invoice_id, amount from allocations order by id")[2:] == [
        (1, 2, money("-20")), (1, 1, money("-5")),
    ]  # fmt: skip
    assert statuses(book) == [("Unpaid", None, None), ("Refunded", TODAY, TODAY)]


def test_what_became_credit_does_not_become_credit_again():
    """Of an overpayment, only what settled invoices is refunded to credit."""
    book = paid_book(("35", {}))
    apply(book, "refund-payment", {"transaction_id": 1, "destination": "credit"})
    assert rows(book, "select credit_balance from clients") == [(money("35"),)]
    assert rows(book, "select sum(amount) from credit_entries") == [(money("35"),)]
    assert rows(book, "select sum(amount) from allocations") == [(money("0"),)]


def test_what_became_credit_can_go_back_to_the_gateway_later():
    """Refunded to credit first, the same money can be sent back afterwards, once."""
    book = paid_book(("30", {}))
    apply(book, "refund-payment", {"transaction_id": 1, "destination": "credit"})
    apply(book, "refund-payment", {"transaction_id": 1})
    assert rows(book, "select credit_balance from clients") == [(money("0"),)]
    assert problems(book, "refund-payment", {"transaction_id": 1}) == [(1, "amount", "nothing_left")]


def test_unapplied_money_goes_first():
    """What settled nothing is given back before any invoice is touched."""
    book = paid_book(("40", {"surplus_to_credit": False}))
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "10"})
    assert statuses(book) == [("Paid", TODAY, None), ("Paid", TODAY, None)]
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "1"})
    assert statuses(book)[1] == ("Unpaid", None, None)


def test_a_written_off_invoice_is_owed_again():
    """A refund on an invoice whose rest was written off makes it Unpaid."""
    book = paid_book(("4", {"invoice_ids": "1"}))
    apply(book, "write-off-invoice", {"invoice_id": 1})
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "1"})
    assert rows(book, "select status, written_off from invoices where id = 1") == [("Unpaid", money("6"))]


def test_refunds_of_today_are_dated_now():
    """Without a date, a refund happened now."""
    plan = planned(paid_book(("30", {})), "refund-payment", [{"transaction_id": 1}])
    assert [row["occurred_at"] for row in plan.rows("transactions", "insert")] == [NOW]


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        pytest.param({"transaction_id": 99}, "transaction_id", "unknown_transaction", id="no such transaction"),
        pytest.param({"transaction_id": 2}, "transaction_id", "not_a_payment", id="a refund"),
        pytest.param({"amount": "1.005"}, "amount", "not_minor_unit", id="EUR 1.005"),
        pytest.param({"fee": "0.001"}, "fee", "not_minor_unit", id="fee of EUR 0.001"),
        pytest.param({"refunded_on": days(1)}, "refunded_on", "in_future", id="tomorrow"),
        pytest.param({"refunded_on": days(-1)}, "refunded_on", "before_payment", id="before it came in"),
        pytest.param({"amount": "30.01"}, "amount", "more_than_left", id="more than was paid"),
        pytest.param({"invoice_id": 7}, "invoice_id", "not_settled", id="an invoice that it did not pay"),
        pytest.param({"invoice_id": 1, "amount": "10.01"}, "amount", "more_than_left", id="more than it paid of the invoice"),
        pytest.param({"reference": "ch_1"}, "reference", "duplicate_reference", id="reference known"),
        pytest.param({"transaction_id": 3, "destination": "credit"}, "destination", "no_client", id="nobody's payment to credit"),
        pytest.param({"transaction_id": 4, "destination": "credit"}, "destination", "other_currency", id="dollars to euro credit"),
        pytest.param({"transaction_id": 5}, "amount", "credit_spent", id="overpayment that is spent"),
    ],
)  # fmt: skip
def test_refused(more, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = paid_book(
        transactions=[
            {"id": 1, "client_id": 1, "amount_in": 30, "gateway": "stripe", "reference": "ch_1"},
            {"id": 2, "client_id": 1, "amount_out": 1, "kind": "refund"},
            {"id": 3, "amount_in": 5},
            {"id": 4, "client_id": 1, "amount_in": 5, "currency_id": USD},
            {"id": 5, "client_id": 1, "amount_in": 5},
        ],
        allocations=[
            {"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 10},
            {"id": 2, "transaction_id": 1, "invoice_id": 2, "amount": 20},
        ],
        credit_entries=[{"id": 1, "client_id": 1, "amount": 5, "transaction_id": 5}],
    )
    assert problems(book, "refund-payment", {"transaction_id": 1, **more}) == [(1, field, code)]


def test_spent_credit_is_explained():
    """The message says how much became credit and how much of that is left."""
    book = paid_book(("35", {}))
    apply(book, "remove-credit", {"client_id": 1, "amount": "3", "description": "Fee"})
    [problem] = planned(book, "refund-payment", [{"transaction_id": 1}]).problem_list()
    assert problem.message == (
        "EUR 5.00 of payment 1 became credit, and client 1 has only EUR 2.00 left: name an invoice to give that back"
    )


def test_both_ways_at_once():
    """One payment goes to the gateway or to credit, not both in one table."""
    asked = [{"transaction_id": 1, "amount": "1"}, {"transaction_id": 1, "amount": "1", "destination": "credit"}]
    assert problems(paid_book(("30", {})), "refund-payment", *asked) == [
        (1, "destination", "both_ways"),
        (2, "destination", "both_ways"),
    ]


def test_yen():
    """Refunds are in the payment's currency, to its last minor unit."""
    book = book_of(invoice(1, total="1000"), clients=[{"id": 1, "currency_id": JPY}])
    apply(book, "record-payment", {"client_id": 1, "amount": "1001"})
    assert problems(book, "refund-payment", {"transaction_id": 1, "amount": "0.5"}) == [(1, "amount", "not_minor_unit")]
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "2"})
    assert rows(book, "select sum(amount) from allocations") == [(money("999"),)]


amounts = st.integers(1, 2_500).map(lambda cents: Decimal(cents).scaleb(-2))
refunds = st.tuples(
    st.integers(1, 3), st.none() | amounts, st.sampled_from(["gateway", "gateway", "credit"]), st.none() | st.integers(1, 2),
    st.booleans(),
)  # fmt: skip


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(st.tuples(amounts, st.booleans()), min_size=3, max_size=3), st.lists(refunds, min_size=1, max_size=5))
def test_many_refunds_are_one_after_another(payments, asked):
    """Law: refunds accepted one by one do the same in one table, and no money appears or is lost."""
    book = paid_book(*((amount, {"surplus_to_credit": to_credit}) for amount, to_credit in payments), credit="1")
    destination = {payment: where for payment, _, where, _, _ in asked}
    requests = [
        {
            "transaction_id": payment,
            "amount": amount,
            "destination": destination[payment],
            "invoice_id": of,
            "keep_owed": keep,
        }
        for payment, amount, _, of, keep in asked
    ]

    def none_is_lost(request, moved):
        assert moved["credit"] == moved["log"]
        if request["destination"] == "gateway":
            assert moved["received"] <= moved["allocated"] + moved["credit"] <= 0
        else:
            assert moved["received"] == 0
            assert 0 <= -moved["allocated"] <= moved["credit"]

    assert_one_table_is_one_by_one(book, "refund-payment", requests, law=none_is_lost)


def test_a_refund_keeps_the_rate_of_its_payment():
    """What goes back is worth what it was worth when it came in: rate, currency, gateway and client are the payment's."""
    book = book_of(
        invoice(1, client_id=2), clients=[{"id": 2, "currency_id": USD}], credit="0",
        transactions=[{"id": 1, "client_id": 2, "currency_id": USD, "rate": Decimal("1.25"), "gateway": "stripe", "amount_in": 10}],
        allocations=[{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 10}],
    )  # fmt: skip
    apply(book, "refund-payment", {"transaction_id": 1, "amount": "4"})
    assert rows(
        book, "select client_id, currency_id, rate, gateway, kind, amount_out from transactions where id = 2"
    ) == [(2, USD, Decimal("1.25"), "stripe", "refund", money("4"))]
