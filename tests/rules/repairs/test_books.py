"""Rules that mend what reconciliation finds, one kind each."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.plan import as_dicts
from clientops.reconciliation.find import differences
from tests.builders import TODAY, USD, money, tables
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    book_of,
    figures,
    invoice,
    planned,
    problems,
    rows,
)


def kinds(book) -> list[tuple[str, int]]:
    return differences(book).project("kind, row_id").fetchall()


def test_difference_is_entered_in_the_credit_log():
    """The log comes to the balance, which stays."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 5}, {"id": 2}], credit_entries=[{"id": 1, "client_id": 2, "amount": 3}]
    )
    apply(
        book,
        "enter-credit-difference",
        {"client_id": 1, "amount": 5},
        {"client_id": 2, "amount": -3, "description": "Old gift"},
    )
    assert rows(
        book, "select client_id, amount, description, entry_on from credit_entries where id > 1 order by id"
    ) == [
        (1, money(5), "Difference found in reconciliation", TODAY),
        (2, money(-3), "Old gift", TODAY),
    ]
    assert kinds(book) == []


def test_item_for_the_difference_keeps_the_total():
    """What is billed and owed stays; an item makes up for the difference, and subtotal and tax fit."""
    book = tables(
        clients=[{"id": 1}],
        invoices=[{"id": 1, "client_id": 1, "subtotal": 10, "tax1": 2, "total": 15}, {"id": 2, "client_id": 1, "subtotal": 9, "total": 10}],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 10, "tax1": 2}, {"id": 2, "invoice_id": 2, "amount": 10}],
    )  # fmt: skip
    apply(book, "enter-invoice-difference", {"invoice_id": 1}, {"invoice_id": 2})
    assert rows(book, "select id, subtotal, tax1, total from invoices order by id") == [
        (1, money(13), money(2), money(15)), (2, money(10), money(0), money(10)),
    ]  # fmt: skip
    assert rows(book, "select invoice_id, amount, is_taxed from invoice_items where id > 2") == [(1, money(3), False)]
    assert kinds(book) == []


def test_settled_invoice_is_paid_on_its_last_payment():
    """Nothing is owed: it is Paid since the day of the last payment, and no money moves."""
    book = book_of(invoice(1), transactions=[{"id": 1, "client_id": 1, "amount_in": 10, "occurred_at": "2026-11-03 12:00:00+00"}],
                   allocations=[{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": 10}])  # fmt: skip
    before = figures(book)
    apply(book, "mark-invoice-paid", {"invoice_id": 1})
    assert rows(book, "select status, paid_on::varchar from invoices") == [("Paid", "2026-11-03")]
    assert figures(book) == before


@pytest.mark.parametrize(
    ("settings_rows", "number", "expected", "following"),
    [
        pytest.param([], None, "R-12", None, id="after the highest of its kind"),
        pytest.param([], "X-1", "X-1", None, id="given"),
        pytest.param([{"id": 1, "name": "invoice_number_format", "value": "N{NUMBER}"}, {"id": 2, "name": "invoice_next_number", "value": "0040"}],
                     None, "N0040", "0041", id="by the settings"),
    ],
)  # fmt: skip
def test_invoice_gets_another_number(settings_rows, number, expected, following):
    """The next number by the settings, else after the highest with the same beginning, else the one given."""
    book = book_of(
        invoice(1, number="R-7"),
        invoice(2, number="R-7"),
        invoice(3, number="R-11"),
        invoice(4, number="S-90"),
        credit="0",
        settings=settings_rows,
    )
    apply(book, "renumber-invoice", {"invoice_id": 2, "number": number})
    assert rows(book, "select number from invoices where id = 2") == [(expected,)]
    assert rows(book, "select value from settings where name = 'invoice_next_number'") == (
        [(following,)] if following else []
    )


PAYMENT = {"id": 1, "client_id": 1, "amount_in": 30, "reference": "a"}


def test_payment_settles_what_is_owed_and_the_rest_is_credit():
    """Money that settled nothing pours into the open invoices, oldest due first; the rest becomes credit."""
    book = book_of(invoice(1, due_on="2026-11-20"), invoice(2, due_on="2026-11-10"), credit="0", transactions=[PAYMENT])
    apply(book, "settle-payment", {"transaction_id": 1})
    assert rows(book, "select invoice_id, amount from allocations order by id") == [(2, money(10)), (1, money(10))]
    assert rows(book, "select amount, transaction_id from credit_entries") == [(money(10), 1)]
    assert rows(book, "select credit_balance from clients") == [(money(10),)]
    assert kinds(book) == []


def test_payment_of_nobody_gets_its_client():
    """A payment of nobody known is given to a client, who keeps it."""
    book = book_of(invoice(1), credit="0", transactions=[{**PAYMENT, "client_id": None}])
    apply(book, "settle-payment", {"transaction_id": 1, "client_id": 1, "invoice_ids": [1], "surplus_to_credit": False})
    assert rows(book, "select client_id from transactions") == [(1,)]
    assert rows(book, "select kind, amount from (values ('x', 1)) t(kind, amount)") == [("x", 1)]
    assert [(row["kind"], row["amount"]) for row in as_dicts(differences(book))] == [
        ("overpaid_without_credit", money(20))
    ]


def test_surplus_given_back_is_not_used_again():
    """What a refund took of the surplus is gone."""
    book = book_of(
        invoice(1, total="50"),
        credit="0",
        transactions=[PAYMENT, {"id": 2, "client_id": 1, "kind": "refund", "refunds_id": 1, "amount_out": 12}],
    )
    apply(book, "settle-payment", {"transaction_id": 1})
    assert rows(book, "select amount from allocations") == [(money(18),)]


def test_payment_is_corrected():
    """Client, currency and reference change as asked, what is not asked for stays; the rate is the currency's."""
    book = tables(clients=[{"id": 1}, {"id": 2}], transactions=[PAYMENT])
    apply(book, "correct-payment", {"transaction_id": 1, "client_id": 2, "currency": "USD"})
    assert rows(book, "select client_id, currency_id, reference, rate::varchar from transactions") == [
        (2, USD, "a", "1.10000000")
    ]


BOOK = {
    "clients": [{"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": 2}],
    "invoices": [invoice(1, number="R-1"), invoice(2, number="R-2", status="Paid", written_off=money(10)), invoice(3, client_id=2)],
    "invoice_items": [{"id": n, "invoice_id": n, "amount": 10} for n in (1, 2, 3)],
    "credit_entries": [{"id": 1, "client_id": 1, "amount": 2, "transaction_id": 4}],
    "transactions": [PAYMENT, {"id": 2, "client_id": None, "amount_in": 3}, {"id": 3, "client_id": 1, "kind": "fee", "amount_out": 3},
                     {"id": 4, "client_id": 1, "amount_in": "2.00"}, {"id": 5, "client_id": 2, "amount_in": 3}, {"id": 6, "client_id": 1, "amount_in": "3.50"}],
}  # fmt: skip

REFUSED = [
    ("enter-credit-difference", {"client_id": 9, "amount": 1}, "client_id", "unknown_client"),
    ("enter-credit-difference", {"client_id": 1, "amount": 4}, "amount", "not_the_difference"),
    ("enter-credit-difference", {"client_id": 2, "amount": 0}, "amount", "not_the_difference"),
    ("enter-invoice-difference", {"invoice_id": 9}, "invoice_id", "unknown_invoice"),
    ("enter-invoice-difference", {"invoice_id": 1}, "invoice_id", "fits"),
    ("mark-invoice-paid", {"invoice_id": 9}, "invoice_id", "unknown_invoice"),
    ("mark-invoice-paid", {"invoice_id": 1}, "invoice_id", "is_owed"),
    ("mark-invoice-paid", {"invoice_id": 2}, "invoice_id", "not_open"),
    ("renumber-invoice", {"invoice_id": 9}, "invoice_id", "unknown_invoice"),
    ("renumber-invoice", {"invoice_id": 1, "number": "R-2"}, "number", "number_taken"),
    ("renumber-invoice", {"invoice_id": 3}, "number", "no_number"),
    ("settle-payment", {"transaction_id": 9}, "transaction_id", "unknown_transaction"),
    ("settle-payment", {"transaction_id": 3}, "transaction_id", "not_a_payment"),
    ("settle-payment", {"transaction_id": 4}, "transaction_id", "nothing_left"),
    ("settle-payment", {"transaction_id": 2}, "client_id", "no_client"),
    ("settle-payment", {"transaction_id": 2, "client_id": 9}, "client_id", "unknown_client"),
    ("settle-payment", {"transaction_id": 1, "client_id": 2}, "client_id", "other_client"),
    ("settle-payment", {"transaction_id": 5}, "transaction_id", "other_currency"),
    ("settle-payment", {"transaction_id": 1, "invoice_ids": [9]}, "invoice_ids", "unknown_invoice"),
    ("settle-payment", {"transaction_id": 1, "invoice_ids": [3]}, "invoice_ids", "other_client"),
    ("settle-payment", {"transaction_id": 1, "invoice_ids": [1, 1]}, "invoice_ids", "twice"),
    ("settle-payment", {"transaction_id": 1, "invoice_ids": [2]}, "invoice_ids", "not_open"),
    ("correct-payment", {"transaction_id": 9, "reference": "x"}, "transaction_id", "unknown_transaction"),
    ("correct-payment", {"transaction_id": 1, "client_id": 9}, "client_id", "unknown_client"),
    ("correct-payment", {"transaction_id": 1, "currency": "CHF"}, "currency", "unknown_currency"),
    ("correct-payment", {"transaction_id": 1}, "transaction_id", "nothing_asked"),
    ("correct-payment", {"transaction_id": 4, "client_id": 2}, "client_id", "other_currency"),
    ("correct-payment", {"transaction_id": 6, "currency": "JPY"}, "currency", "not_minor_unit"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "request_row", "field", "code"), REFUSED, ids=lambda value: value if isinstance(value, str) else None
)
def test_refused(rule, request_row, field, code):
    """Each wrong value is one problem with a sentence that names it."""
    assert problems(tables(**BOOK), rule, request_row) == [(1, field, code)]


def test_difference_is_in_the_minor_unit():
    """A difference finer than the currency has is refused, though the balance has it."""
    book = tables(clients=[{"id": 1, "credit_balance": "3.005"}])
    assert problems(book, "enter-credit-difference", {"client_id": 1, "amount": "3.005"}) == [
        (1, "amount", "not_minor_unit")
    ]


@pytest.mark.parametrize("rule", ["enter-invoice-difference", "mark-invoice-paid", "renumber-invoice"])
def test_an_invoice_is_asked_for_once(rule):
    """The same invoice twice in one table is refused."""
    book = book_of(invoice(1, total="10", written_off=money(10), number="R-1"), credit="0")
    book._connection.execute("update invoice_items set amount = 9")
    assert (2, "invoice_id", "twice") in problems(book, rule, {"invoice_id": 1}, {"invoice_id": 1})


@pytest.mark.parametrize("rule", ["settle-payment", "correct-payment"])
def test_a_payment_is_asked_for_once(rule):
    """The same payment twice in one table is refused."""
    row = {"transaction_id": 1, **({"reference": "x"} if rule == "correct-payment" else {})}
    assert (2, "transaction_id", "twice") in problems(tables(**BOOK), rule, row, row)


@settings(max_examples=4, deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 60)), min_size=1, max_size=4),
    st.lists(st.tuples(st.integers(1, 2), st.integers(1, 40)), min_size=1, max_size=4),
)
def test_settling_conserves_money_and_one_table_is_one_by_one(payments, bills):
    """Each payment becomes allocations and credit, to the cent; n payments together are n one after another."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        transactions=[{"id": n, "client_id": c, "amount_in": a} for n, (c, a) in enumerate(payments, 1)],
        invoices=[invoice(n, client_id=c, total=str(a)) for n, (c, a) in enumerate(bills, 1)],
        invoice_items=[{"id": n, "invoice_id": n, "amount": a} for n, (_, a) in enumerate(bills, 1)],
    )  # fmt: skip

    def conserved(request, moved):
        amount = payments[request["transaction_id"] - 1][1]
        assert moved["allocated"] + moved["credit"] == amount
        assert moved["credit"] == moved["log"]
        assert moved["received"] == 0

    requests = [{"transaction_id": n} for n in range(1, len(payments) + 1)]
    assert assert_one_table_is_one_by_one(book, "settle-payment", requests, law=conserved) == len(payments)


def mends(book) -> list[dict]:
    found = [row for row in as_dicts(differences(book)) if row["mend_rule"]]
    return [{"rule": row["mend_rule"], "request": row["mend_request"]} for row in found]


def test_mending_everything_at_once():
    """Requests of several rules are one plan; what they mend is not found again, and the laws hold."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 5}, {"id": 2}],
        invoices=[invoice(1, number="R-1"), invoice(2, number="R-1"), invoice(3, client_id=2, status="Paid", number="R-2")],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 8}, {"id": 2, "invoice_id": 2, "amount": 10}, {"id": 3, "invoice_id": 3, "amount": 10}],
        transactions=[{"id": 1, "client_id": 2, "amount_in": 15, "currency_id": USD}],
    )  # fmt: skip
    asked = mends(book)
    assert [row["rule"] for row in asked] == [
        "enter-credit-difference",
        "renumber-invoice",
        "mark-invoice-unpaid",
        "enter-invoice-difference",
        "correct-payment",
    ]
    plan = apply(book, "mend", *asked)
    assert dict(plan.summary) == {
        "Enter difference in credit log": "1", "Give invoice another number": "1", "Mark invoice unpaid": "1",
        "Enter difference in invoice": "1", "Correct a payment": "1",
    }  # fmt: skip
    assert kinds(book) == [("unapplied_payment", 1)]
    apply(book, "mend", *mends(book))
    assert kinds(book) == []
    assert rows(book, "select status from invoices where id = 3") == [("Paid",)]


def as_mend(rule: str, **fields) -> dict[str, str]:
    return {"rule": rule, "request": json.dumps(fields)}


amounts = st.integers(1, 30)
clients = st.integers(1, 2)
steps = st.one_of(
    st.builds(lambda c, a: as_mend("issue-credit", client_id=c, amount=a, description="x"), clients, amounts),
    st.builds(lambda c, a: as_mend("remove-credit", client_id=c, amount=a, description="x"), clients, amounts),
    st.builds(lambda c, a: as_mend("adjust-credit", client_id=c, credit_balance=a), clients, amounts),
    st.builds(lambda i: as_mend("apply-credit", invoice_id=i), st.integers(1, 3)),
    st.builds(lambda i: as_mend("take-back-credit", invoice_id=i), st.integers(1, 3)),
    st.builds(lambda i: as_mend("cancel-invoice", invoice_id=i), st.integers(1, 3)),
    st.builds(lambda i: as_mend("settle-payment", transaction_id=i), st.integers(1, 2)),
    st.builds(lambda i: as_mend("delete-transaction", transaction_id=i), st.integers(1, 2)),
)


@settings(max_examples=4, deadline=None)
@given(st.lists(steps, min_size=2, max_size=5))
def test_mends_together_are_mends_one_after_another(requests):
    """Requests that are accepted one by one, each on the tables as those before left them, do the same in one plan."""
    book = tables(
        clients=[{"id": 1, "credit_balance": 20}, {"id": 2}],
        credit_entries=[{"id": 1, "client_id": 1, "amount": 20}],
        invoices=[invoice(1, number="R-1"), invoice(2, number="R-2"), invoice(3, client_id=2, number="R-3")],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 10} for n in (1, 2, 3)],
        transactions=[{"id": 1, "client_id": 1, "amount_in": 15}, {"id": 2, "client_id": 2, "amount_in": 4}],
    )  # fmt: skip
    assert_one_table_is_one_by_one(book, "mend", requests)


MEND_REFUSED = [
    pytest.param(as_mend("issue-refunds"), "rule", "unknown_rule", id="no such rule"),
    pytest.param({"rule": "adjust-credit", "request": "{"}, "request", "bad_request", id="no JSON"),
    pytest.param({"rule": "adjust-credit", "request": "[1]"}, "request", "bad_request", id="no object"),
    pytest.param(
        as_mend("adjust-credit", client_id="x", credit_balance=1),
        "client_id",
        "bad_value",
        id="value that cannot be read",
    ),
    pytest.param(
        as_mend("adjust-credit", client_id=9, credit_balance=1),
        "client_id",
        "unknown_client",
        id="the rule's own problem",
    ),
    pytest.param(
        as_mend("adjust-credit", client_id=1, credit_balance=1, colour="red"),
        "colour",
        "unknown_column",
        id="field that it has not",
    ),
]


@pytest.mark.parametrize(("row", "field", "code"), MEND_REFUSED)
def test_mend_refused(row, field, code):
    """Problems come under the number of the row that has them, whichever rule it is of."""
    good = as_mend("adjust-credit", client_id=1, credit_balance=1)
    other = as_mend("mark-invoice-paid", invoice_id=9)
    found = planned(tables(clients=[{"id": 1}]), "mend", [good, other, row]).problem_list()
    expected = [(0 if code == "unknown_column" else 3, field, code), (2, "invoice_id", "unknown_invoice")]
    assert sorted((p.row, p.field, p.code) for p in found) == sorted(expected)


def test_tables_mean_the_stored_rows_again():
    """After planning, and after a problem, the names of tables mean what is stored."""
    book = tables(clients=[{"id": 1}])
    planned(
        book,
        "mend",
        [as_mend("issue-credit", client_id=1, amount=5, description="x"), as_mend("mark-invoice-paid", invoice_id=9)],
    )
    assert rows(book, "select credit_balance from clients") == [(money(0),)]
    assert rows(book, "select count(*) from credit_entries") == [(0,)]
