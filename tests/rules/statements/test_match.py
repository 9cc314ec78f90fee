"""Statements kept once, and what their lines are: known transactions, new payments, nothing of ours."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import EUR, USD, money, tables
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    figures,
    invoice,
    planned,
    problems,
    rows,
    warnings,
)


def line(number: int, amount, *, file: str = "f", **more):
    """A request of import-statement."""
    return {
        "source": "bank", "account": "DE1", "currency": "EUR", "file_name": "bank.csv", "file_sha256": file, "line_number": number,
        "booked_on": "2026-11-02", "amount": amount, "line_sha256": f"line {number}", **more,
    }  # fmt: skip


def test_statement_is_kept_with_its_lines():
    """One statement a file and account, with its days and balances, and its lines in order."""
    book = tables(clients=[{"id": 1}])
    both = {"opening_balance": 10, "closing_balance": 55}
    apply(
        book,
        "import-statement",
        line(1, 30, **both, payer_name="Ada"),
        line(2, 15, **both, fee="0", booked_on="2026-11-03"),
    )
    assert rows(book, "select id, source, account, currency_id, opening_balance, closing_balance from statements") == [
        (1, "bank", "DE1", EUR, money(10), money(55))
    ]
    assert rows(book, "select id, statement_id, line_number, amount, payer_name, booked_on from statement_lines") == [
        (1, 1, 1, money(30), "Ada", date(2026, 11, 2)), (2, 1, 2, money(15), None, date(2026, 11, 3)),
    ]  # fmt: skip


def test_overlapping_lines_come_once():
    """A later file brings only the lines that are new, and says how many are not."""
    book = tables(clients=[{"id": 1}])
    apply(book, "import-statement", line(1, 30), line(2, 15))
    later = [line(2, 15, file="g"), line(3, 5, file="g")]
    assert warnings(book, "import-statement", *later) == [(1, "known_lines")]
    apply(book, "import-statement", *later)
    assert rows(book, "select statement_id, line_sha256 from statement_lines order by id") == [
        (1, "line 1"),
        (1, "line 2"),
        (2, "line 3"),
    ]


REFUSED_FILES = [
    pytest.param([line(1, 30)], [(1, "file_sha256", "known_file")], id="same file"),
    pytest.param([line(1, 30, file="g"), line(2, 15, file="g")], [(1, "line_sha256", "nothing_new")], id="nothing new"),
    pytest.param([line(5, 30, file="g", currency="CHF")], [(1, "currency", "unknown_currency")], id="unknown currency"),
    pytest.param([line(5, "3.005", file="g")], [(1, "amount", "not_minor_unit")], id="finer than a cent"),
    pytest.param([line(5, 30, file="g", opening_balance=1, closing_balance=32)], [(1, "closing_balance", "not_in_balance")], id="not in balance"),
]  # fmt: skip


@pytest.mark.parametrize(("requests", "expected"), REFUSED_FILES)
def test_file_is_refused(requests, expected):
    """A file that is known, does not add up or cannot be in this book is refused."""
    book = tables(clients=[{"id": 1}])
    apply(book, "import-statement", line(1, 30), line(2, 15))
    assert problems(book, "import-statement", *requests) == expected


def test_difference_of_balances_is_told():
    """The sentence has both balances, the lines and the difference; a gateway's fee leaves the account."""
    found = planned(
        tables(clients=[{"id": 1}]),
        "import-statement",
        [line(1, 30, fee="1.50", opening_balance=1, closing_balance=31)],
    )
    (problem,) = found.problem_list()
    assert problem.message.endswith("come to 29.5000, but closing_balance is 31.0000: a difference of 1.5000")


def lined(*lines, **more):
    """A book with two clients, three invoices of 10, and a statement in EUR with these lines."""
    return tables(**{
        "clients": [{"id": 1}, {"id": 2}, {"id": 3, "currency_id": USD}],
        "invoices": [invoice(1, due_on="2026-11-10"), invoice(2, due_on="2026-11-01"), invoice(3, client_id=3), invoice(4, status="Paid", written_off=money(10))],
        "invoice_items": [{"id": n, "invoice_id": n, "amount": 10} for n in (1, 2, 3, 4)],
        "statements": [{"id": 1, "source": "bank", "file_sha256": "x", "currency_id": EUR}],
        "statement_lines": [{"id": n, "statement_id": 1, "line_number": n, "booked_on": date(2026, 11, 2), "reference": f"R{n}", "description": "Danke", **row}
                            for n, row in enumerate(lines, 1)],
        **more,
    })  # fmt: skip


def test_payment_is_recorded_settles_and_leaves_credit():
    """One operation: the payment with its day and reference, what it settles, the surplus as credit, and the match."""
    book = lined({"amount": 25})
    apply(book, "accept-match", {"statement_line_id": 1, "client_id": 1, "score": 90, "evidence": "names it"})
    assert rows(
        book, "select client_id, amount_in, fee, gateway, reference, description, occurred_at::date from transactions"
    ) == [(1, money(25), money(0), "banktransfer", "R1", "Danke", date(2026, 11, 2))]
    assert rows(book, "select invoice_id, amount from allocations order by id") == [(2, money(10)), (1, money(10))]
    assert rows(book, "select id, status, paid_on from invoices where client_id = 1 and id < 3 order by id") == [
        (1, "Paid", date(2026, 11, 2)), (2, "Paid", date(2026, 11, 2)),
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients where id = 1") == [(money(5),)]
    assert rows(book, "select statement_line_id, transaction_id, status, score, reason from matches") == [
        (1, 1, "matched", Decimal(90), "names it")
    ]


def test_charges_and_other_currencies():
    """Charges that were taken off are the payment's fee; in another currency the payment is what it comes to for the client."""
    book = lined({"amount": "9.50"}, {"amount": "9.10"}, {"amount": "9.75"})
    apply(book, "accept-match",
          {"statement_line_id": 1, "client_id": 1, "invoice_ids": [1], "amount": 10, "fee": "0.50"},
          {"statement_line_id": 2, "client_id": 3, "invoice_ids": [3], "amount": 10},
        {"statement_line_id": 3, "client_id": 1, "invoice_ids": [2], "fee": "0.25"})  # fmt: skip
    assert rows(book, "select client_id, currency_id, amount_in, fee from transactions order by id") == [
        (1, EUR, money(10), money("0.5")), (3, USD, money(10), money(0)),
        (1, EUR, money(10), money("0.25")),
    ]  # fmt: skip
    assert rows(book, "select id from invoices where status = 'Paid' and paid_on is not null order by id") == [
        (1,),
        (2,),
        (3,),
    ]


def test_one_line_may_be_several_transactions():
    """Transactions of the book are linked, and nothing else changes."""
    book = lined(
        {"amount": 20},
        transactions=[{"id": 1, "client_id": 1, "amount_in": 12}, {"id": 2, "client_id": 1, "amount_in": 8}],
    )
    before = figures(book)
    apply(book, "accept-match", {"statement_line_id": 1, "transaction_ids": [1, 2]})
    assert rows(book, "select statement_line_id, transaction_id from matches order by id") == [(1, 1), (1, 2)]
    assert figures(book) == before


def test_line_is_set_aside():
    """What is nothing of clients has an explanation, and is not matched again."""
    book = lined({"amount": -850})
    apply(book, "set-line-aside", {"statement_line_id": 1, "explanation": "Office rent"})
    assert rows(book, "select transaction_id, status, reason from matches") == [(None, "matched", "Office rent")]
    assert problems(book, "set-line-aside", {"statement_line_id": 1, "explanation": "x"}) == [
        (1, "statement_line_id", "matched_already")
    ]
    assert problems(book, "set-line-aside", {"statement_line_id": 9, "explanation": "x"}) == [
        (1, "statement_line_id", "unknown_line")
    ]


REFUSED = [
    pytest.param({"statement_line_id": 9, "client_id": 1}, "statement_line_id", "unknown_line", id="no such line"),
    pytest.param({"statement_line_id": 3, "client_id": 1}, "statement_line_id", "matched_already", id="matched already"),
    pytest.param({"statement_line_id": 1, "transaction_ids": [9]}, "transaction_ids", "unknown_transaction", id="no such transaction"),
    pytest.param({"statement_line_id": 1, "transaction_ids": [1]}, "transaction_ids", "taken", id="another line's transaction"),
    pytest.param({"statement_line_id": 1, "transaction_ids": [2]}, "transaction_ids", "other_currency", id="transaction in another currency"),
    pytest.param({"statement_line_id": 1}, "client_id", "nothing_asked", id="neither transaction nor client"),
    pytest.param({"statement_line_id": 2, "client_id": 1}, "statement_line_id", "not_received", id="money that went out"),
    pytest.param({"statement_line_id": 1, "client_id": 9}, "client_id", "unknown_client", id="no such client"),
    pytest.param({"statement_line_id": 1, "client_id": 3}, "amount", "amount_missing", id="another currency without amount"),
    pytest.param({"statement_line_id": 1, "client_id": 1, "amount": "3.005"}, "amount", "not_minor_unit", id="finer than a cent"),
    pytest.param({"statement_line_id": 1, "client_id": 1, "invoice_ids": [9]}, "invoice_ids", "unknown_invoice", id="no such invoice"),
    pytest.param({"statement_line_id": 1, "client_id": 1, "invoice_ids": [3]}, "invoice_ids", "other_client", id="another client's invoice"),
    pytest.param({"statement_line_id": 1, "client_id": 1, "invoice_ids": [1, 1]}, "invoice_ids", "twice", id="invoice named twice"),
    pytest.param({"statement_line_id": 1, "client_id": 1, "invoice_ids": [4]}, "invoice_ids", "not_open", id="invoice that is not open"),
    pytest.param({"statement_line_id": 4, "client_id": 1}, "statement_line_id", "known_reference", id="the book has the payment"),
]  # fmt: skip


@pytest.mark.parametrize(("request_row", "field", "code"), REFUSED)
def test_match_is_refused(request_row, field, code):
    """Each wrong value is one problem."""
    book = lined(
        {"amount": 10}, {"amount": -10}, {"amount": 10}, {"amount": 12},
        transactions=[{"id": 1, "client_id": 1, "amount_in": 10}, {"id": 2, "client_id": 3, "currency_id": USD, "amount_in": 10},
                      {"id": 3, "client_id": 1, "amount_in": 12, "reference": "R4"}],
        matches=[{"id": 1, "statement_line_id": 3, "transaction_id": 1}],
    )  # fmt: skip
    assert problems(book, "accept-match", request_row) == [(1, field, code)]


def test_a_line_is_accepted_once():
    """The same line twice in one table is refused, and so is one transaction for two lines."""
    book = lined({"amount": 10}, {"amount": 10}, transactions=[{"id": 1, "client_id": 1, "amount_in": 10}])
    assert problems(
        book, "accept-match", {"statement_line_id": 1, "client_id": 1}, {"statement_line_id": 1, "client_id": 1}
    ) == [(2, "statement_line_id", "matched_already")]
    assert problems(
        book,
        "accept-match",
        {"statement_line_id": 1, "transaction_ids": [1]},
        {"statement_line_id": 2, "transaction_ids": [1]},
    ) == [(2, "transaction_ids", "taken")]


@settings(max_examples=5, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(1, 30), st.booleans()), min_size=1, max_size=5))
def test_accepting_conserves_money(paying):
    """Every line's money is settled or credit, to the cent; lines together are lines one after another."""
    book = lined(*({"amount": amount} for _, amount, _ in paying))
    requests = [
        {"statement_line_id": n, "client_id": client, "invoice_ids": [1] if named and client == 1 and n == 1 else None}
        for n, (client, _, named) in enumerate(paying, 1)
    ]

    def conserved(request, moved):
        amount = paying[request["statement_line_id"] - 1][1]
        assert moved["received"] == amount == moved["allocated"] + moved["credit"]
        assert moved["credit"] == moved["log"]

    assert assert_one_table_is_one_by_one(book, "accept-match", requests, law=conserved) == len(paying)


@settings(max_examples=4, deadline=None)
@given(st.permutations([(1, 7), (2, 10), (3, 25), (4, 3)]))
def test_order_of_accepting_does_not_matter_for_what_is_owed(order):
    """Whichever line comes first: the same is owed, the same is credit, and all money is there."""
    book = lined(*({"amount": amount} for _, amount in sorted(order)))
    apply(book, "accept-match", *({"statement_line_id": n, "client_id": 1} for n, _ in order))
    assert rows(book, "select credit_balance from clients where id = 1") == [(money(25),)]
    assert rows(book, "select sum(amount) from allocations") == [(money(20),)]


KNOWN = [
    pytest.param({}, {}, "problem", id="the same payment"),
    pytest.param({}, {"amount_in": 11}, "warning", id="another amount"),
    pytest.param({}, {"occurred_at": datetime(2026, 9, 30, 12, tzinfo=UTC)}, "warning", id="a month before"),
    pytest.param({"reference": "NOTPROVIDED"}, {"reference": "NOTPROVIDED"}, "", id="a placeholder"),
    pytest.param({"reference": "KREF+"}, {"reference": "KREF+"}, "", id="another placeholder"),
    pytest.param({}, {"client_id": 2}, "", id="another client"),
]  # fmt: skip


@pytest.mark.parametrize(("line_more", "payment", "expected"), KNOWN)
def test_known_reference_is_a_question(line_more, payment, expected):
    """Only the same payment is refused, and may be confirmed as another one; other uses of the reference are warned of."""
    known = {
        "id": 1,
        "client_id": 1,
        "amount_in": 12,
        "reference": "R1",
        "occurred_at": datetime(2026, 11, 1, 12, tzinfo=UTC),
        **payment,
    }
    book = lined({"amount": 12, **line_more}, transactions=[known])
    request = {"statement_line_id": 1, "client_id": 1}
    assert problems(book, "accept-match", request) == (
        [(1, "statement_line_id", "known_reference")] if expected == "problem" else []
    )
    confirmed = request | {"is_another": True}
    assert warnings(book, "accept-match", confirmed) == ([(1, "known_reference")] if expected else [])
    apply(book, "accept-match", confirmed)
    assert rows(book, "select count(*) from transactions where client_id = 1") == [
        (2 if known["client_id"] == 1 else 1,)
    ]


def test_reference_of_several_payments_names_none():
    """A number that starts again with each file."""
    known = [
        {
            "id": n,
            "client_id": 1,
            "amount_in": 12,
            "reference": "R1",
            "occurred_at": datetime(2026, 11, n, 12, tzinfo=UTC),
        }
        for n in (1, 2)
    ]
    book = lined({"amount": 12}, transactions=known)
    assert problems(book, "accept-match", {"statement_line_id": 1, "client_id": 1}) == []
