"""Rules of account credit."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.credit.account_credit import (
    AdjustCredit,
    IssueCredit,
    RemoveCredit,
    TransferCredit,
    adjust_credit,
    issue_credit,
    remove_credit,
    transfer_credit,
)
from tests.builders import EUR, JPY, KWD, TODAY, USD, money, plan, tables
from tests.long_forms import examples
from tests.rules.money_book import apply, assert_one_table_is_one_by_one, rows


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
        pytest.param(issue_credit, IssueCredit, {"client_id": 3}, "amount", "too_large", id="more than the column holds"),
        pytest.param(transfer_credit, TransferCredit, {"client_id": 7}, "client_id", "unknown_client", id="transfer: no such giver"),
        pytest.param(transfer_credit, TransferCredit, {"to_client_id": 7}, "to_client_id", "unknown_client", id="transfer: no such taker"),
        pytest.param(transfer_credit, TransferCredit, {"to_client_id": 1}, "to_client_id", "same_client", id="transfer: to itself"),
        pytest.param(transfer_credit, TransferCredit, {"to_client_id": 2}, "to_client_id", "other_currency", id="transfer: EUR to JPY"),
        pytest.param(transfer_credit, TransferCredit, {"amount": "1.001"}, "amount", "not_minor_unit", id="transfer: EUR 1.001"),
        pytest.param(transfer_credit, TransferCredit, {"amount": "5.01"}, "amount", "more_than_credit", id="transfer: more than there is"),
        pytest.param(transfer_credit, TransferCredit, {"to_client_id": 3}, "amount", "too_large", id="transfer: more than the column holds"),
        pytest.param(adjust_credit, AdjustCredit, {"client_id": 7}, "client_id", "unknown_client", id="adjust: no such client"),
        pytest.param(adjust_credit, AdjustCredit, {"credit_balance": "1.001"}, "credit_balance", "not_minor_unit", id="adjust: EUR 1.001"),
        pytest.param(adjust_credit, AdjustCredit, {"client_id": 2, "credit_balance": "1.5"}, "credit_balance", "not_minor_unit", id="adjust: JPY 1.5"),
    ],
)  # fmt: skip
def test_refused(rule, model, request_row, field, code):
    """A request that cannot be done is named by its row, field and code."""
    most = Decimal("99999999999999.99")
    book = tables(clients=[
        {"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": JPY}, {"id": 3, "credit_balance": most}, {"id": 4},
    ])  # fmt: skip
    filled = {
        "client_id": 1,
        "to_client_id": 4,
        "amount": "1",
        "credit_balance": "1",
        "description": "x",
        **request_row,
    }
    row = {name: value for name, value in filled.items() if name in model.model_fields}
    problems = plan(rule, model, book, [row]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, field, code)]


def test_remove_credit_counts_the_requests_before():
    """Removals of one client are refused from the one on that the credit does not cover."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}])
    rows = [{"client_id": 1, "amount": amount, "description": "x"} for amount in ("3", "2", "0.01")]
    problems = plan(remove_credit, RemoveCredit, book, rows).problem_list()
    assert [(p.row, p.message) for p in problems] == [(3, "amount EUR 0.01 is more than client 1 has left: EUR 0.00")]


@settings(max_examples=examples(25), deadline=None)
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


def test_adjust_credit_sets_the_balance_and_writes_no_entry():
    """The last balance given for a client holds, and the log does not move."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "currency_id": KWD}])
    plan = apply(
        book, "adjust-credit",
        {"client_id": 1, "credit_balance": "7.25"}, {"client_id": 2, "credit_balance": "1.234"}, {"client_id": 1, "credit_balance": "0"},
    )  # fmt: skip
    assert plan.rows("clients", "update") == [
        {"id": 1, "credit_balance": money("0")},
        {"id": 2, "credit_balance": money("1.234")},
    ]
    assert [change.table for change in plan.changes] == ["clients"]


def test_transfer_credit_writes_an_entry_on_both_sides():
    """What one client gives the other gets, and each log names the other client."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "credit_balance": 1}])
    plan = apply(book, "transfer-credit", {"client_id": 1, "to_client_id": 2, "amount": "2"})
    assert plan.rows("credit_entries", "insert") == [
        {"id": 1, "client_id": 1, "entry_on": TODAY, "description": "Credit transferred to client 2", "amount": money("-2")},
        {"id": 2, "client_id": 2, "entry_on": TODAY, "description": "Credit transferred from client 1", "amount": money("2")},
    ]  # fmt: skip
    assert rows(book, "select credit_balance from clients order by id") == [(money("3"),), (money("3"),)]


def test_transferred_credit_can_be_passed_on():
    """A later row may give what an earlier row brought, and no more."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2}, {"id": 3}])
    chain = [{"client_id": 1, "to_client_id": 2, "amount": "5"}, {"client_id": 2, "to_client_id": 3, "amount": "5"}]
    assert plan(transfer_credit, TransferCredit, book, chain).problem_list() == []
    backwards = plan(transfer_credit, TransferCredit, book, chain[::-1]).problem_list()
    assert [(p.row, p.code) for p in backwards] == [(1, "more_than_credit")]
    assert backwards[0].message == "amount EUR 5.00 is more than client 2 has left: EUR 0.00"


cents = st.integers(1, 600).map(lambda amount: Decimal(amount).scaleb(-2))


@settings(max_examples=examples(10), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 4), st.integers(1, 4), cents), min_size=1, max_size=8))
def test_transfers_keep_the_credit_of_each_currency(transfers):
    """Law: transfers move credit within a currency and make none; many rows are one row after another."""
    book = tables(clients=[
        {"id": 1, "credit_balance": 5}, {"id": 2, "credit_balance": 2}, {"id": 3},
        {"id": 4, "credit_balance": 9, "currency_id": USD},
    ])  # fmt: skip
    asked = [{"client_id": giver, "to_client_id": taker, "amount": amount} for giver, taker, amount in transfers]

    def moves_none(request, moved):
        assert (moved["credit"], moved["log"]) == (0, 0)
        assert rows(book, f"select credit_balance from clients where currency_id = {USD}") == [(money("9"),)]

    assert_one_table_is_one_by_one(book, "transfer-credit", asked, law=moves_none)


@settings(max_examples=examples(10), deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["issue-credit", "remove-credit", "adjust-credit"]), st.integers(1, 2), cents),
        max_size=4,
    )
)
def test_many_credits_are_one_after_another(asked):
    """Law: per rule, many rows do what each of them does in turn."""
    book = tables(clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "credit_balance": 1}])
    for name in ("issue-credit", "remove-credit", "adjust-credit"):
        of_rule = [(client, amount) for rule, client, amount in asked if rule == name]
        if name == "adjust-credit":
            requests = [{"client_id": client, "credit_balance": amount} for client, amount in of_rule]
        else:
            requests = [{"client_id": client, "amount": amount, "description": "x"} for client, amount in of_rule]
        assert_one_table_is_one_by_one(book, name, requests)
