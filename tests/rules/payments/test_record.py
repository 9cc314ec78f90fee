"""Payments received: settle invoices in order, and what is too much becomes account credit."""

from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import EUR, JPY, KWD, NOW, TODAY, money, tables
from tests.long_forms import examples
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    book_of,
    days,
    figures,
    invoice,
    planned,
    problems,
    rows,
    warnings,
)


def pay(amount, **more):
    """A payment of client 1."""
    return {"client_id": 1, "amount": amount, **more}


def allocations(book):
    """Transaction, invoice and amount of all allocations."""
    return rows(book, "select transaction_id, invoice_id, amount from allocations order by id")


def test_a_payment_settles_invoices_in_the_order_given():
    """The first named is settled first; a fully settled invoice is Paid on the day of the payment."""
    book = book_of(invoice(1), invoice(2, total="20"), invoice(3))
    plan = apply(book, "record-payment", pay("25", invoice_ids="2 1", gateway="stripe", reference="ch_1", fee="0.75", paid_on=days(-2), description="Card"))  # fmt: skip
    assert plan.rows("transactions", "insert") == [{
        "id": 1, "client_id": 1, "currency_id": EUR, "kind": "payment", "gateway": "stripe",
        "occurred_at": datetime(2026, 11, 18, 12, tzinfo=UTC), "description": "Card", "amount_in": money("25"),
        "fee": money("0.75"), "rate": Decimal("1.00000000"), "reference": "ch_1",
    }]  # fmt: skip
    assert allocations(book) == [(1, 2, money("20")), (1, 1, money("5"))]
    assert rows(book, "select status, paid_on from invoices order by id") == [
        ("Unpaid", None), ("Paid", days(-2)), ("Unpaid", None),
    ]  # fmt: skip


def test_without_invoices_the_oldest_due_is_settled_first():
    """Open invoices are settled by due date; those without one come last."""
    book = book_of(
        invoice(1, due_on=days(9)), invoice(2, due_on=None), invoice(3, due_on=days(-9), status="Collections"),
        invoice(4, status="Draft"), invoice(5, due_on=days(9)),
    )  # fmt: skip
    apply(book, "record-payment", pay("35"))
    assert allocations(book) == [(1, 3, money("10")), (1, 1, money("10")), (1, 5, money("10")), (1, 2, money("5"))]


def test_a_surplus_becomes_credit():
    """What settles nothing is added to the credit, with an entry that names the transaction."""
    book = book_of(invoice(1), credit="1")
    plan = apply(book, "record-payment", pay("12.50", reference="RF18"))
    assert plan.rows("credit_entries", "insert") == [
        {"id": 1, "client_id": 1, "entry_on": TODAY, "description": "Overpayment by transaction RF18", "amount": money("2.50"), "transaction_id": 1}
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients") == [(money("3.50"),)]


def test_a_surplus_may_stay_unapplied():
    """If it is not to become credit it settles nothing, and the preview says so."""
    book = book_of(invoice(1))
    asked = pay("12.50", surplus_to_credit=False)
    assert warnings(book, "record-payment", asked) == [(1, "unapplied")]
    apply(book, "record-payment", asked)
    assert figures(book) | {"log": 0} == {
        "credit": money("25"), "log": 0, "total": money("10"), "applied": money("0"), "allocated": money("10"),
        "received": money("12.50"),
    }  # fmt: skip


def test_nothing_is_settled_unless_asked():
    """Without invoices given and without settling the oldest, all of it becomes credit."""
    book = book_of(invoice(1))
    apply(book, "record-payment", pay("10", auto_allocate=False))
    assert allocations(book) == []
    assert rows(book, "select credit_balance from clients") == [(money("35"),)]


def test_a_client_without_invoices_prepays():
    """A payment of a client who owes nothing becomes credit whole."""
    book = tables(clients=[{"id": 1}])
    apply(book, "record-payment", pay("10"))
    assert rows(book, "select credit_balance from clients") == [(money("10"),)]


def test_an_invoice_is_paid_on_the_day_of_the_payment_that_covers_it():
    """Of two payments in one table, the later row's day counts, whichever day is earlier."""
    book = book_of(invoice(1), invoice(2))
    apply(
        book, "record-payment",
        pay("4", invoice_ids="1", paid_on=days(-9)), pay("6", invoice_ids="1", paid_on=days(-3)),
        pay("4", invoice_ids="2", paid_on=days(-3)), pay("6", invoice_ids="2", paid_on=days(-9)),
    )  # fmt: skip
    assert rows(book, "select paid_on from invoices order by id") == [(days(-3),), (days(-9),)]


def test_payments_of_today_are_dated_now():
    """A payment without a date, or of today, happened now."""
    book = book_of(invoice(1))
    plan = planned(book, "record-payment", [pay("1"), pay("1", paid_on=TODAY)])
    assert [row["occurred_at"] for row in plan.rows("transactions", "insert")] == [NOW, NOW]


def test_what_credit_and_earlier_payments_left_is_owed():
    """Credit applied and earlier payments are counted before the payment is."""
    book = book_of(
        invoice(1, credit_applied=money("3")),
        transactions=[{"id": 4, "client_id": 1, "amount_in": 2}],
        allocations=[{"id": 1, "transaction_id": 4, "invoice_id": 1, "amount": 2}],
    )
    apply(book, "record-payment", pay("7"))
    assert allocations(book)[1:] == [(5, 1, money("5"))]


BAD_PAYMENTS = [
    ({"client_id": None}, "client_id", "missing", "is missing"),
    ({"client_id": 9}, "client_id", "unknown_client", "there is no client 9"),
    ({"client_id": "Zoe"}, "client_id", "unknown_name", "finds no"),
    ({"amount": None}, "amount", "missing", "is missing"),
    ({"amount": "0"}, "amount", "bad_value", "must be more than 0"),
    ({"amount": "-5"}, "amount", "bad_value", "must be more than 0"),
    ({"amount": "1,50"}, "amount", "bad_value", "write it like 12.50"),
    ({"amount": "1e30"}, "amount", "bad_value", "is too large"),
    ({"amount": "1.00005"}, "amount", "bad_value", "more than 4 decimals"),
    ({"amount": "1.005"}, "amount", "not_minor_unit", "finer than EUR"),
    ({"client_id": 2, "amount": "1.5"}, "amount", "not_minor_unit", "finer than JPY"),
    ({"client_id": 3, "amount": "100"}, "amount", "too_large", "99999999999999"),
    ({"fee": "-1"}, "fee", "bad_value", "must be at least 0"),
    ({"fee": "0.001"}, "fee", "not_minor_unit", "finer than EUR"),
    ({"fee": "10.01"}, "fee", "fee_above_amount", "10.01"),
    ({"paid_on": days(1)}, "paid_on", "in_future", "2026-11-21"),
    ({"paid_on": "2026-02-29"}, "paid_on", "bad_value", "is not a date"),
    ({"paid_on": "1950-01-01"}, "paid_on", "bad_value", "from 1970-01-01"),
    ({"invoice_ids": "1 99"}, "invoice_ids", "unknown_invoice", "99"),
    ({"invoice_ids": "1 x"}, "invoice_ids", "bad_value", "is not a whole number"),
    ({"invoice_ids": "4"}, "invoice_ids", "other_client", "4"),
    ({"invoice_ids": "5 5"}, "invoice_ids", "twice", "5"),
    ({"invoice_ids": "2"}, "invoice_ids", "not_open", "Paid"),
    ({"invoice_ids": "3"}, "invoice_ids", "not_open", "Draft"),
    ({"reference": "ch_1", "gateway": "stripe"}, "reference", "duplicate_reference", "ch_1"),
    ({"reference": "ch_2"}, "reference", "duplicate_reference", "ch_2"),
    ({"reference": "a\nb"}, "reference", "bad_value", "a line break"),
    ({"gateway": "x" * 251}, "gateway", "bad_value", "at most 250 characters"),
    ({"send_email": "perhaps"}, "send_email", "bad_value", "must be yes or no"),
]


def test_bad_payments_are_refused_all_at_once():
    """Each bad payment is named by row, field and reason; the good one among them is not complained of."""
    book = book_of(
        invoice(1), invoice(2, status="Paid", credit_applied=money("10")), invoice(3, status="Draft"), invoice(4, client_id=2), invoice(5),
        clients=[{"id": 1}, {"id": 2, "currency_id": JPY}, {"id": 3, "credit_balance": Decimal("99999999999999.99")}],
        transactions=[
            {"id": 1, "client_id": 2, "currency_id": JPY, "amount_in": 1, "gateway": "stripe", "reference": "ch_1"},
            {"id": 2, "client_id": 1, "amount_in": 1, "reference": "ch_2"},
        ],
    )  # fmt: skip
    assert_each_is_named(book, "record-payment", {"client_id": 1, "amount": "10", "auto_allocate": "no"}, BAD_PAYMENTS)


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"reference": "ch_1", "gateway": "stripe", "allow_duplicate": True}, id="allowed"),
        pytest.param({"reference": "ch_1", "gateway": "paypal"}, id="of another gateway"),
        pytest.param({}, id="no reference"),
    ],
)
def test_not_a_duplicate(more):
    """The same reference is taken where it is allowed, or means something else."""
    book = book_of(
        invoice(1),
        transactions=[{"id": 1, "amount_in": 1, "gateway": "stripe", "reference": "ch_1"}, {"id": 2, "amount_in": 1}],
    )
    assert problems(book, "record-payment", pay("10", **more)) == []


def test_items_that_ask_for_more_are_pointed_out():
    """An invoice that sells credit or pays other invoices needs a second step, which the preview names."""
    book = book_of(invoice(1), invoice(2), invoice(3))
    book._connection.execute("""
        update invoice_items set kind = 'add funds' where id = 1;
        update invoice_items set kind = 'invoice', paid_invoice_id = 3 where id = 2
    """)
    assert warnings(book, "record-payment", pay("20", invoice_ids="1 2")) == [(1, "pays_invoices"), (1, "sells_credit")]
    assert warnings(book, "record-payment", pay("10", invoice_ids="3")) == []


def test_clients_are_told_if_asked():
    """An e-mail about the payment is queued."""
    book = book_of(invoice(1))
    apply(book, "record-payment", pay("5"), pay("5", send_email=True))
    assert rows(book, "select template, subject_kind, subject_id from communications") == [
        ("payment-received", "transaction", 2)
    ]


def test_rows_before_count():
    """An invoice settled, or a reference used, by an earlier row is so for later ones."""
    book = book_of(invoice(1), invoice(2))
    first = pay("10", invoice_ids="1", reference="a")
    assert problems(book, "record-payment", first, pay("1", invoice_ids="2 1", reference="a")) == [
        (2, "invoice_ids", "not_open"), (2, "reference", "duplicate_reference"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("currency", "total", "amount", "credit"),
    [
        pytest.param(JPY, "1980", "2000", "20", id="JPY"),
        pytest.param(KWD, "1.234", "1.235", "0.001", id="KWD"),
        pytest.param(EUR, "0.01", "99999999999.99", "99999999999.98", id="EUR, large"),
    ],
)
def test_currencies(currency, total, amount, credit):
    """Payments are in the client's currency, to its last minor unit."""
    book = book_of(invoice(1, total=total), clients=[{"id": 1, "currency_id": currency}])
    apply(book, "record-payment", pay(amount))
    assert rows(book, "select credit_balance from clients") == [(money(credit),)]
    assert rows(book, "select currency_id from transactions") == [(currency,)]


def test_a_client_with_ten_thousand_invoices():
    """Two payments settle 10,000 invoices and a half."""
    book = tables(clients=[{"id": 1}])
    book._connection.execute("""
        insert into invoices (id, client_id, subtotal, total, due_on)
            select i, 1, 1, 1, date '2026-01-01' from range(1, 10002) t(i);
        insert into invoice_items (id, invoice_id, amount) select i, i, 1 from range(1, 10002) t(i)
    """)
    apply(book, "record-payment", pay("5000.50"), pay("5000"))
    assert rows(book, "select status, count(*) from invoices group by status order by status") == [
        ("Paid", 10_000), ("Unpaid", 1),
    ]  # fmt: skip
    assert rows(book, "select count(*), sum(amount) from allocations") == [(10_002, money("10000.50"))]


amounts = st.integers(1, 2_500).map(lambda cents: Decimal(cents).scaleb(-2))
payments = st.tuples(
    st.integers(1, 2), amounts, st.none() | st.lists(st.integers(1, 6), min_size=1, max_size=3, unique=True),
    st.sampled_from([None, "a", "b"]), st.booleans(),
)  # fmt: skip


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(amounts, min_size=6, max_size=6), st.lists(payments, min_size=1, max_size=6))
def test_many_payments_are_one_after_another(totals, asked):
    """Law: payments accepted one by one do the same in one table; none is lost: allocations + credit + unapplied."""
    book = book_of(
        *(invoice(n, client_id=1 + n % 2, total=str(total), due_on=days(-n)) for n, total in enumerate(totals, 1)),
        clients=[{"id": 1}, {"id": 2}],
    )
    requests = [
        {
            "client_id": client,
            "amount": amount,
            "invoice_ids": ids,
            "reference": reference,
            "surplus_to_credit": to_credit,
        }
        for client, amount, ids, reference, to_credit in asked
    ]

    def none_is_lost(request, moved):
        assert moved["received"] == request["amount"]
        assert moved["credit"] == moved["log"]
        left = moved["received"] - moved["allocated"] - moved["credit"]
        assert left == 0 if request["surplus_to_credit"] else left >= 0

    assert_one_table_is_one_by_one(book, "record-payment", requests, law=none_is_lost)
