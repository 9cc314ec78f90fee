"""Invoices by hand: create them item by item."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import JPY, KWD, TODAY, money, tables
from tests.long_forms import examples
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    days,
    invoice,
    planned,
    problems,
    rows,
    warnings,
)


def item(price="10", **more):
    """A request for one item of client 1."""
    return {"client_id": 1, "description": "Work", "unit_price": price, **more}


def test_rows_of_one_key_are_one_invoice():
    """Items with the same key come together, items without a key stand alone; the first row speaks for the invoice."""
    book = tables(clients=[{"id": 1, "payment_method": "card"}, {"id": 2}])
    apply(
        book, "create-invoice",
        item("10", invoice="a", due_on=days(30), notes="Thanks", payment_method="bank"), item("20"),
        item("5", invoice="b", client_id=2, quantity="3", discount="1"), item("7.50", invoice="a", payment_method="bank"),
    )  # fmt: skip
    assert rows(
        book, "select id, client_id, total, due_on, notes, payment_method, status from invoices order by id"
    ) == [
        (1, 1, money("17.50"), days(30), "Thanks", "bank", "Unpaid"),
        (2, 1, money("20"), days(14), None, "card", "Unpaid"),
        (3, 2, money("14"), days(14), None, None, "Unpaid"),
    ]
    assert rows(
        book, "select id, invoice_id, quantity, unit_price, discount, amount from invoice_items order by id"
    ) == [
        (1, 1, money("1"), money("10"), money("0"), money("10")),
        (2, 1, money("1"), money("7.50"), money("0"), money("7.50")),
        (3, 2, money("1"), money("20"), money("0"), money("20")),
        (4, 3, money("3"), money("5"), money("1"), money("14")),
    ]


def test_a_draft_is_owed_nothing_and_has_no_number():
    """A draft has no invoice date, no number and takes no credit."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 50}],
        settings=[
            {"id": 1, "name": "invoice_number_format", "value": "{NUMBER}"},
            {"id": 2, "name": "invoice_next_number", "value": "7"},
        ],
    )
    apply(
        book,
        "create-invoice",
        item(draft=True, apply_credit=True, send_email=True),
        item(invoice="x", apply_credit=False),
    )
    assert rows(book, "select status, number, issued_on, credit_applied from invoices order by id") == [
        ("Draft", None, None, money("0")),
        ("Unpaid", "7", TODAY, money("0")),
    ]
    assert rows(book, "select count(*) from communications") == [(0,)]


def test_credit_may_pay_it():
    """Invoices are paid in the order of their rows, but for one whose row says no."""
    book = tables(clients=[{"id": 1, "credit_balance": 15}])
    apply(book, "create-invoice", item(apply_credit=True), item(apply_credit=False), item())
    assert rows(book, "select credit_applied, status from invoices order by id") == [
        (money("10"), "Paid"), (money("0"), "Unpaid"), (money("5"), "Unpaid"),
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients") == [(money("0"),)]


def test_credit_follows_the_clients_setting_and_is_shown():
    """Without a word the client's own setting decides; the preview shows what is applied, or that none is."""
    book = tables(
        clients=[{"id": 1, "credit_balance": "44.55"}, {"id": 2, "credit_balance": 5, "auto_apply_credit": False}]
    )
    plan = planned(book, "create-invoice", [item("100"), item("100", client_id=2), item("3", draft=True)])
    assert plan.summary == (
        ("Credit of client 1", "EUR 44.55 credit will be applied, EUR 55.45 left to pay"),
        ("Credit of client 2", "EUR 5.00 stays: no credit is applied to this invoice"),
    )
    apply(book, "create-invoice", item("100"), item("100", client_id=2), item("3", draft=True))
    assert rows(book, "select client_id, credit_applied from invoices order by id") == [
        (1, money("44.55")), (2, money("0")), (1, money("0")),
    ]  # fmt: skip


def test_an_invoice_of_nothing_is_paid_at_once():
    """Items that cancel out make an invoice that is Paid."""
    book = tables(clients=[{"id": 1}])
    apply(book, "create-invoice", item(invoice="a"), item("-10", invoice="a"))
    assert rows(book, "select total, status, paid_on from invoices") == [(money("0"), "Paid", TODAY)]


def test_given_number_and_dates_are_kept():
    """An invoice written elsewhere keeps its number and dates, and uses up no number of ours."""
    book = tables(
        clients=[{"id": 1}],
        settings=[
            {"id": 1, "name": "invoice_number_format", "value": "N{NUMBER}"},
            {"id": 2, "name": "invoice_next_number", "value": "7"},
        ],
    )
    apply(book, "create-invoice", item(number="OLD-1", issued_on=date(2025, 1, 2), due_on=date(2025, 1, 2)), item())
    assert rows(book, "select number, issued_on, due_on from invoices order by id") == [
        ("OLD-1", date(2025, 1, 2), date(2025, 1, 2)),
        ("N7", TODAY, days(14)),
    ]


def test_days_until_due_are_a_setting():
    """Without a due date, the setting says how many days there are to pay."""
    book = tables(clients=[{"id": 1}], settings=[{"id": 1, "name": "invoice_due_days", "value": "30"}])
    apply(book, "create-invoice", item())
    assert rows(book, "select due_on from invoices") == [(days(30),)]


def test_clients_are_told_if_asked():
    """The client and the contacts who want invoices receive an e-mail."""
    book = tables(
        clients=[{"id": 1}],
        contacts=[{"id": 1, "client_id": 1, "email": "books@example.com", "wants_invoice": True}],
    )
    apply(book, "create-invoice", item(send_email=True))
    assert rows(book, "select template, subject_id, sent_to from communications") == [
        ("invoice-created", 1, "ada@example.com, books@example.com")
    ]


@pytest.mark.parametrize(
    ("more", "field", "code"),
    [
        pytest.param({"client_id": 9}, "client_id", "unknown_client", id="no such client"),
        pytest.param({"due_on": days(-1)}, "due_on", "due_before_issue", id="due before it is issued"),
        pytest.param({"period_from": days(2), "period_to": days(1)}, "period_to", "period_order", id="period backwards"),
        pytest.param({"service_id": 1}, "service_id", "not_clients", id="another client's service"),
        pytest.param({"service_id": 9}, "service_id", "not_clients", id="no such service"),
        pytest.param({"addon_id": 1}, "addon_id", "not_clients", id="another client's add-on"),
        pytest.param({"domain_id": 1}, "domain_id", "not_clients", id="another client's domain"),
        pytest.param({"discount": "1.005"}, "discount", "not_minor_unit", id="discount of EUR 1.005"),
        pytest.param({"unit_price": "-1"}, "unit_price", "negative_total", id="less than nothing"),
        pytest.param({"quantity": "99999999999999", "unit_price": "99999999999999"}, "unit_price", "too_large", id="an item too large"),
        pytest.param({"number": "A1"}, "number", "number_taken", id="number taken"),
        pytest.param({"issued_on": days(366)}, "issued_on", "too_far_ahead", id="issued in more than a year"),
    ],
)  # fmt: skip
def test_refused(more, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        services=[{"id": 1, "client_id": 2}],
        addons=[{"id": 1, "service_id": 1}],
        domains=[{"id": 1, "client_id": 2}],
        invoices=[invoice(1, number="A1")],
    )
    assert problems(book, "create-invoice", item(**more)) == [(1, field, code)]


BAD_INVOICES = [
    ({"client_id": None}, "client_id", "missing", "missing"),
    ({"client_id": 99}, "client_id", "unknown_client", "no client 99"),
    ({"client_id": "Zoe"}, "client_id", "unknown_name", "finds no"),
    ({"client_id": 0}, "client_id", "bad_value", "more than 0"),
    ({"description": None}, "description", "missing", "missing"),
    ({"description": "x" * 20_001}, "description", "bad_value", "at most 20000 characters"),
    ({"unit_price": None}, "unit_price", "missing", "missing"),
    ({"unit_price": "ten"}, "unit_price", "bad_value", "write it like 12.50"),
    ({"unit_price": "1.23456"}, "unit_price", "bad_value", "4 decimals"),
    ({"unit_price": "1e30"}, "unit_price", "bad_value", "too large"),
    ({"unit_price": "-0.01"}, "unit_price", "negative_total", "must not be below 0"),
    ({"unit_price": "99999999999999", "quantity": "9999"}, "unit_price", "too_large", "more than can be kept"),
    ({"quantity": "0"}, "quantity", "bad_value", "more than 0"),
    ({"quantity": "nan"}, "quantity", "bad_value", "not a number"),
    ({"discount": "-1"}, "discount", "bad_value", "at least 0"),
    ({"discount": "1.005"}, "discount", "not_minor_unit", "finer than EUR"),
    ({"is_taxed": "perhaps"}, "is_taxed", "bad_value", "yes or no"),
    ({"kind": "gift"}, "kind", "bad_value", "one of"),
    ({"service_id": 1}, "service_id", "not_clients", "client 1 has no service 1"),
    ({"addon_id": 1}, "addon_id", "not_clients", "client 1 has no add-on 1"),
    ({"domain_id": 1}, "domain_id", "not_clients", "client 1 has no domain 1"),
    ({"period_from": "2026-02-30"}, "period_from", "bad_value", "2026-11-30"),
    ({"period_from": days(2), "period_to": days(1)}, "period_to", "period_order", "before period_from"),
    ({"issued_on": "soon"}, "issued_on", "bad_value", "2026-11-30"),
    ({"due_on": days(-1)}, "due_on", "due_before_issue", "before the invoice date"),
    ({"number": "A1"}, "number", "number_taken", "taken by invoice 1"),
    ({"draft": "maybe"}, "draft", "bad_value", "yes or no"),
]  # fmt: skip


def test_bad_invoices_are_refused_all_at_once():
    """Each bad invoice of one table is named by row, field and reason, and the good one is not complained of."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        services=[{"id": 1, "client_id": 2}],
        addons=[{"id": 1, "service_id": 1}],
        domains=[{"id": 1, "client_id": 2}],
        invoices=[invoice(1, number="A1")],
    )
    assert_each_is_named(book, "create-invoice", item(), BAD_INVOICES)


def test_a_draft_keeps_no_invoice_date_and_says_so():
    """An invoice date given to a draft would be lost without a word: the preview warns."""
    book = tables(clients=[{"id": 1}])
    assert warnings(book, "create-invoice", item(draft=True, issued_on=TODAY)) == [(1, "of_issuing")]
    assert warnings(book, "create-invoice", item(issued_on=TODAY)) == []


def test_an_invoice_too_large_is_refused():
    """Items that each fit may come to more than can be kept."""
    book = tables(clients=[{"id": 1}])
    large = [item("9999999999999.99", invoice="a") for _ in range(11)]
    assert problems(book, "create-invoice", *large) == [(1, "unit_price", "too_large")]


def test_rows_of_one_invoice_must_agree():
    """What concerns the whole invoice may not differ between its rows."""
    book = tables(clients=[{"id": 1}, {"id": 2}])
    first = item(invoice="a", due_on=days(3))
    assert problems(book, "create-invoice", first, item(invoice="a", due_on=days(4), client_id=2, draft=True)) == [
        (2, "client_id", "differs"), (2, "draft", "differs"), (2, "due_on", "differs"),
    ]  # fmt: skip


def test_the_same_number_in_two_rows():
    """A number is given once."""
    book = tables(clients=[{"id": 1}])
    assert problems(book, "create-invoice", item(number="A"), item(number="A")) == [(2, "number", "number_taken")]


def test_a_closed_client_can_be_billed():
    """It is done, and the preview says so."""
    book = tables(clients=[{"id": 1, "status": "Closed"}])
    assert warnings(book, "create-invoice", item()) == [(1, "closed_client")]
    assert problems(book, "create-invoice", item()) == []


@pytest.mark.parametrize(
    ("currency", "price", "quantity", "expected"),
    [
        pytest.param(JPY, "33.5", "3", "101", id="JPY 100.5 is 101"),
        pytest.param(KWD, "0.0005", "1", "0.001", id="KWD 0.0005 is 0.001"),
        pytest.param(1, "0.0049", "3", "0.01", id="EUR 0.0147 is 0.01"),
        pytest.param(1, "0.3333", "1.5", "0.50", id="one and a half hours"),
    ],
)
def test_an_item_is_rounded_once(currency, price, quantity, expected):
    """Quantity times price is rounded to the minor unit, not the price."""
    book = tables(clients=[{"id": 1, "currency_id": currency}])
    apply(book, "create-invoice", item(price, quantity=quantity))
    assert rows(book, "select total from invoices") == [(money(expected),)]


created = st.tuples(
    st.integers(1, 2), st.integers(0, 3_000), st.booleans(), st.sampled_from(["a", "b", None]), st.booleans()
)


@settings(max_examples=examples(12), deadline=None)
@given(st.lists(created, min_size=1, max_size=6))
def test_many_invoices_are_one_after_another(asked):
    """Law: invoices of one table are those of a table each: numbers, credit, tax and all."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 30, "country": "DE"}, {"id": 2, "credit_balance": 5}],
        tax_rates=[{"id": 1, "name": "VAT", "country": "DE", "rate": 19}],
        settings=[
            {"id": 1, "name": "invoice_number_format", "value": "{NUMBER}"},
            {"id": 2, "name": "invoice_next_number", "value": "9"},
        ],
    )
    requests = [
        item(
            str(Decimal(cents).scaleb(-2)), client_id=client, invoice=f"{key}{client}" if key else f"own {n}",
            draft=None if key else draft, apply_credit=None if key else credit,
        )
        for n, (client, cents, draft, key, credit) in enumerate(asked)
    ]  # fmt: skip
    by_invoice = sorted(requests, key=lambda r: [q["invoice"] for q in requests].index(r["invoice"]))
    count = assert_one_table_is_one_by_one(book, "create-invoice", by_invoice, lambda row: row["invoice"])
    assert count == len(requests)
