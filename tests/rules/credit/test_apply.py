"""Account credit and invoices: apply it, and take it back."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import JPY, KWD, TODAY, money, tables
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


def test_apply_credit_covers_the_invoice_and_pays_it():
    """As much as possible is the smaller of what is owed and the credit; a covered invoice is Paid today."""
    book = book_of(invoice(12), invoice(13, total="40"))
    plan = apply(book, "apply-credit", {"invoice_id": 12}, {"invoice_id": 13})
    assert plan.rows("credit_entries", "insert") == [
        {"id": 1, "client_id": 1, "entry_on": TODAY, "description": "Credit applied to invoice 12", "amount": money("-10"), "invoice_id": 12},
        {"id": 2, "client_id": 1, "entry_on": TODAY, "description": "Credit applied to invoice 13", "amount": money("-15"), "invoice_id": 13},
    ]  # fmt: skip
    assert plan.rows("invoices", "update") == [
        {"id": 12, "credit_applied": money("10"), "status": "Paid", "paid_on": TODAY},
        {"id": 13, "credit_applied": money("15"), "status": "Unpaid", "paid_on": None},
    ]
    assert plan.rows("clients", "update") == [{"id": 1, "credit_balance": money("0")}]


def test_an_invoice_is_named_by_its_printed_number():
    """The entry names the invoice as the client knows it."""
    book = book_of(invoice(12, number="2026-007"))
    entries = planned(book, "apply-credit", [{"invoice_id": 12}]).rows("credit_entries", "insert")
    assert [e["description"] for e in entries] == ["Credit applied to invoice 2026-007"]


def test_credit_counts_after_payments_and_tax():
    """Owed is the total with tax, less payments: credit is applied after tax."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 500}],
        invoices=[invoice(1, total="119", tax1=19, subtotal=100, tax_rate1=19)],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 100, "tax1": 19, "is_taxed": True}],
        transactions=[{"id": 1, "client_id": 1, "amount_in": 100}],
        allocations=[{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 100}],
    )
    apply(book, "apply-credit", {"invoice_id": 1})
    assert rows(book, "select total, tax1, credit_applied, status from invoices") == [
        (money("119"), money("19"), money("19"), "Paid")
    ]


def test_an_invoice_in_collections_can_be_paid_by_credit():
    """Collections stay where they are until nothing is owed."""
    book = book_of(invoice(1, total="30", status="Collections"))
    apply(book, "apply-credit", {"invoice_id": 1, "amount": "5"})
    assert rows(book, "select status from invoices") == [("Collections",)]


@pytest.mark.parametrize(
    ("rule", "request_row", "field", "code"),
    [
        pytest.param("apply-credit", {"invoice_id": 99}, "invoice_id", "unknown_invoice", id="apply: no such invoice"),
        pytest.param("apply-credit", {"invoice_id": 2}, "invoice_id", "not_open", id="apply: Paid"),
        pytest.param("apply-credit", {"invoice_id": 3}, "invoice_id", "not_open", id="apply: Draft"),
        pytest.param("apply-credit", {"invoice_id": 4}, "invoice_id", "not_open", id="apply: Cancelled"),
        pytest.param("apply-credit", {"amount": "10.01"}, "amount", "more_than_owed", id="apply: more than owed"),
        pytest.param("apply-credit", {"invoice_id": 5, "amount": "25.01"}, "amount", "more_than_credit", id="apply: more than the credit"),
        pytest.param("apply-credit", {"amount": "1.005"}, "amount", "not_minor_unit", id="apply: EUR 1.005"),
        pytest.param("apply-credit", {"invoice_id": 6, "amount": "1.5"}, "amount", "not_minor_unit", id="apply: JPY 1.5"),
        pytest.param("apply-credit", {"invoice_id": 7}, "invoice_id", "sells_credit", id="apply: to an invoice that sells credit"),
        pytest.param("take-back-credit", {"invoice_id": 99}, "invoice_id", "unknown_invoice", id="take back: no such invoice"),
        pytest.param("take-back-credit", {}, "invoice_id", "no_credit_applied", id="take back: none applied"),
        pytest.param("take-back-credit", {"invoice_id": 2, "amount": "10.01"}, "amount", "more_than_applied", id="take back: more than applied"),
        pytest.param("take-back-credit", {"invoice_id": 2, "amount": "1.005"}, "amount", "not_minor_unit", id="take back: EUR 1.005"),
    ],
)  # fmt: skip
def test_refused(rule, request_row, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = book_of(
        invoice(1), invoice(2, status="Paid", credit_applied=money("10")), invoice(3, status="Draft"),
        invoice(4, status="Cancelled"), invoice(5, total="50"), invoice(6, client_id=2),
        invoice(7), clients=[{"id": 1, "credit_balance": 25}, {"id": 2, "currency_id": JPY, "credit_balance": 5}],
    )  # fmt: skip
    book._connection.execute("update invoice_items set kind = 'add funds' where invoice_id = 7")
    assert problems(book, rule, {"invoice_id": 1, **request_row}) == [(1, field, code)]


def test_apply_credit_counts_the_rows_before():
    """What earlier rows took, from the credit or of what is owed, is gone for later rows."""
    book = book_of(invoice(1), invoice(2, total="40"))
    assert problems(book, "apply-credit", {"invoice_id": 1}, {"invoice_id": 1, "amount": "1"}) == [
        (2, "invoice_id", "not_open")
    ]
    twice = ({"invoice_id": 1}, {"invoice_id": 1}, {"invoice_id": 2, "amount": "15"})
    assert problems(book, "apply-credit", *twice) == [(2, "invoice_id", "not_open")]
    assert problems(book, "apply-credit", {"invoice_id": 1, "amount": "6"}, {"invoice_id": 1, "amount": "5"}) == [
        (2, "amount", "more_than_owed")
    ]
    assert problems(book, "apply-credit", {"invoice_id": 1}, {"invoice_id": 2, "amount": "15.01"}) == [
        (2, "amount", "more_than_credit")
    ]


def test_as_much_as_possible_may_be_nothing():
    """An invoice that the credit no longer reaches is named in a warning, and the others are paid."""
    book = book_of(invoice(1), invoice(2, total="40"), invoice(3))
    asked = [{"invoice_id": number} for number in (1, 2, 3)]
    assert warnings(book, "apply-credit", *asked) == [(3, "nothing_applied")]
    assert problems(book, "apply-credit", *asked) == []


@pytest.mark.parametrize(
    ("currency", "credit", "total"),
    [
        pytest.param(JPY, "100", "130", id="JPY has no decimals"),
        pytest.param(KWD, "0.005", "1.234", id="KWD has three"),
        pytest.param(1, "0.01", "99999999999999.99", id="EUR, as large as fits"),
    ],
)
def test_currencies(currency, credit, total):
    """Credit is applied in the client's currency, to its last minor unit."""
    book = book_of(
        invoice(1, total=total), clients=[{"id": 1, "currency_id": currency, "credit_balance": money(credit)}]
    )
    apply(book, "apply-credit", {"invoice_id": 1})
    assert rows(book, "select credit_applied from invoices") == [(money(credit),)]


def test_take_back_credit_is_the_reverse():
    """What is taken back goes to the balance, and a Paid invoice that owes again is Unpaid."""
    book = book_of(invoice(1), credit="10")
    apply(book, "apply-credit", {"invoice_id": 1})
    plan = apply(book, "take-back-credit", {"invoice_id": 1, "amount": "4"})
    assert plan.rows("credit_entries", "insert") == [
        {"id": 2, "client_id": 1, "entry_on": TODAY, "description": "Credit taken back from invoice 1", "amount": money("4"), "invoice_id": 1,
         "gives_back_id": None}
    ]  # fmt: skip
    assert rows(book, "select status, paid_on, credit_applied from invoices") == [("Unpaid", None, money("6"))]
    apply(book, "take-back-credit", {"invoice_id": 1})
    assert rows(book, "select credit_applied from invoices") == [(money("0"),)]
    assert rows(book, "select credit_balance from clients") == [(money("10"),)]


def test_a_written_off_invoice_that_owes_again_is_unpaid():
    """Credit taken back from a written-off invoice is owed; what was written off stays so."""
    book = book_of(invoice(1, status="Written off", credit_applied=money("4"), written_off=6))
    apply(book, "take-back-credit", {"invoice_id": 1})
    assert rows(book, "select status, written_off, credit_applied from invoices") == [
        ("Unpaid", money("6"), money("0"))
    ]


def test_a_client_with_ten_thousand_invoices():
    """Credit that covers nearly all of 10,000 invoices is applied in one go."""
    book = tables(clients=[{"id": 1, "credit_balance": 9_999}])
    book._connection.execute("""
        insert into invoices (id, client_id, subtotal, total) select i, 1, 1, 1 from range(1, 10001) t(i);
        insert into invoice_items (id, invoice_id, amount) select i, i, 1 from range(1, 10001) t(i)
    """)
    apply(book, "apply-credit", *({"invoice_id": number} for number in range(1, 10_001)))
    assert rows(book, "select status, count(*), min(id) from invoices group by status order by status") == [
        ("Paid", 9_999, 1),
        ("Unpaid", 1, 10_000),
    ]


amounts = st.integers(1, 3_000).map(lambda cents: Decimal(cents).scaleb(-2))


@st.composite
def credit_cases(draw):
    """Clients with credit, their invoices, and requests about these, some of them twice."""
    clients = [{"id": n, "credit_balance": draw(amounts)} for n in (1, 2)]
    invoices = [
        invoice(
            n, client_id=1 + n % 2, total=str(draw(amounts)), status=draw(st.sampled_from(["Unpaid", "Collections"]))
        )
        for n in range(1, 6)
    ]
    asked = draw(st.lists(st.tuples(st.integers(1, 5), st.none() | amounts), min_size=1, max_size=8))
    return book_of(*invoices, clients=clients), [{"invoice_id": i, "amount": a} for i, a in asked]


def keeps_the_sum(request, moved):
    """Credit and what is applied of it keep their sum, and the log keeps step."""
    assert moved["credit"] + moved["applied"] == 0
    assert moved["credit"] == moved["log"]


@settings(max_examples=examples(15), deadline=None)
@given(credit_cases(), st.lists(st.tuples(st.integers(1, 5), st.none() | amounts), min_size=1, max_size=6))
def test_many_rows_are_one_row_after_another(case, taken_back):
    """Law: rows accepted one by one do the same in one table, on the same invoice and credit too; no credit is lost."""
    book, asked = case
    assert_one_table_is_one_by_one(book, "apply-credit", asked, law=keeps_the_sum)
    for row in asked[:2]:
        if not problems(book, "apply-credit", row):
            apply(book, "apply-credit", row)
    back = [{"invoice_id": number, "amount": amount} for number, amount in taken_back]
    assert_one_table_is_one_by_one(book, "take-back-credit", back, law=keeps_the_sum)
