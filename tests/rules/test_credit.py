"""Rules of account credit."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.credit import IssueCredit, RemoveCredit, issue_credit, remove_credit
from tests.builders import EUR, JPY, TODAY, money, plan, tables


def test_issue_credit_raises_the_balance_and_writes_an_entry():
    """Each credit is one entry in the log, and the balance rises by their sum."""
    book = tables(
        clients=[{"id": 1, "credit_balance": money("5")}, {"id": 2}],
        credit_entries=[{"id": 9, "client_id": 1, "amount": 5}],
    )
    result = plan(issue_credit, IssueCredit, book, [
        {"client_id": 1, "amount": "10.50", "description": "Downtime"},
        {"client_id": 1, "amount": "1.00", "description": "More"},
        {"client_id": 2, "amount": "2.00", "description": "Gift"},
    ])  # fmt: skip
    assert result.problem_list() == []
    assert result.rows("credit_entries", "insert") == [
        {"id": 10, "client_id": 1, "entry_on": TODAY, "description": "Downtime", "amount": money("10.50")},
        {"id": 11, "client_id": 1, "entry_on": TODAY, "description": "More", "amount": money("1")},
        {"id": 12, "client_id": 2, "entry_on": TODAY, "description": "Gift", "amount": money("2")},
    ]
    assert result.rows("clients", "update") == [
        {"id": 1, "credit_balance": money("16.50")},
        {"id": 2, "credit_balance": money("2")},
    ]


@pytest.mark.parametrize(
    ("rule", "model", "request_row", "field", "code"),
    [
        pytest.param(issue_credit, IssueCredit, {"client_id": 7}, "client_id", "unknown_client", id="no such client"),
        pytest.param(issue_credit, IssueCredit, {"amount": "10.005"}, "amount", "not_minor_unit", id="EUR 10.005"),
        pytest.param(issue_credit, IssueCredit, {"client_id": 2, "amount": "10.5"}, "amount", "not_minor_unit", id="JPY 10.5"),
        pytest.param(remove_credit, RemoveCredit, {"amount": "5.01"}, "amount", "more_than_credit", id="more than there is"),
        pytest.param(remove_credit, RemoveCredit, {"client_id": 7}, "client_id", "unknown_client", id="remove: no such client"),
    ],
)  # fmt: skip
def test_refused(rule, model, request_row, field, code):
    """A request that cannot be done is named by its row, field and code."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": JPY}])
    row = {"client_id": 1, "amount": "1", "description": "x", **request_row}
    problems = plan(rule, model, book, [row]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, field, code)]


def test_remove_credit_counts_the_requests_before():
    """Removals of one client are refused from the one on that the credit does not cover."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}])
    rows = [{"client_id": 1, "amount": amount, "description": "x"} for amount in ("3", "2", "0.01")]
    problems = plan(remove_credit, RemoveCredit, book, rows).problem_list()
    assert [(p.row, p.message) for p in problems] == [(3, "amount EUR 0.01 is more than client 1 has left: EUR 0.00")]


@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from([1, 2]), st.integers(1, 10**9)), min_size=1, max_size=12))
def test_balance_moves_with_the_log(given_credits):
    """Law: per client, the balance rises by exactly the sum of its new entries."""
    book = tables(clients=[{"id": 1, "credit_balance": 3}, {"id": 2, "currency_id": EUR}])
    rows = [{"client_id": c, "amount": Decimal(cents).scaleb(-2), "description": "x"} for c, cents in given_credits]
    result = plan(issue_credit, IssueCredit, book, rows)
    entries = result.rows("credit_entries", "insert")
    for row in result.rows("clients", "update"):
        before = money("3") if row["id"] == 1 else money("0")
        assert row["credit_balance"] - before == sum(e["amount"] for e in entries if e["client_id"] == row["id"])
