"""Billing periods: none billed twice, none lost without a word; and payments that change their client."""

from __future__ import annotations

from datetime import timedelta

from clientops.registry import rule
from tests.builders import TODAY, money, tables
from tests.rules.applying import apply_rule, plan_rule


def shop():
    of = tables(clients=[{"id": 1}, {"id": 2}])
    service = {"client_id": 1, "billing_cycle": "monthly", "recurring_amount": "25", "registered_on": TODAY}
    apply_rule(of, rule("add-service"), [service])
    return of


def due(of):
    return of.query("select next_due_on from services").fetchall()[0][0]


def run(of, days=0):
    return apply_rule(of, rule("generate-invoices"), [{"until_on": TODAY + timedelta(days=days)}])


def warnings_of(of, name, request):
    planned = plan_rule(of, rule(name), [request])
    return [row[2:] for row in planned.warnings.project('"row", field, code, message').fetchall()]


def test_a_cancelled_invoice_is_billed_again_once():
    """Cancelling makes the days due again, and the invoice, once it stands again, takes them."""
    of = shop()
    run(of)
    later = due(of)
    assert later > TODAY
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 1}])
    assert due(of) == TODAY
    apply_rule(of, rule("mark-invoice-unpaid"), [{"invoice_id": 1}])
    assert due(of) == later
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 1}])
    run(of)
    assert of.query("select status from invoices order by id").fetchall() == [("Cancelled",), ("Unpaid",)]
    assert due(of) == later
    problems = plan_rule(of, rule("mark-invoice-unpaid"), [{"invoice_id": 1}]).problem_list()
    assert [(p.code, "invoice 2" in p.message) for p in problems] == [("billed_already", True)]


def test_days_before_billed_ones_stay_a_gap_with_a_word():
    """Of two cycles the first is cancelled: a warning names its days, and nothing is due twice."""
    of = shop()
    run(of, 31)
    later = due(of)
    assert [code for code, _ in warnings_of(of, "cancel-invoice", {"invoice_id": 1})] == ["unbilled"]
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 1}])
    assert due(of) == later
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 2}])
    assert due(of) > TODAY


def test_both_cycles_cancelled_at_once_are_due_from_the_first():
    """One table with both invoices frees both."""
    of = shop()
    run(of, 31)
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 1}, {"invoice_id": 2}])
    assert due(of) == TODAY


def test_the_same_days_are_not_billed_twice():
    """A due date set back is warned of, and the run names the invoice that has the days."""
    of = shop()
    run(of)
    later = due(of)
    (code, message), *_ = warnings_of(of, "edit-service", {"service_id": 1, "next_due_on": TODAY})
    assert code == "billed_already"
    assert "invoice 1" in message
    apply_rule(of, rule("edit-service"), [{"service_id": 1, "next_due_on": TODAY}])
    assert [c for c, _ in warnings_of(of, "generate-invoices", {"until_on": TODAY})] == ["billed_already"]
    run(of)
    assert of.query("select count(*) from invoices").fetchall() == [(1,)]
    assert due(of) == later
    by_hand = {"client_id": 1, "kind": "service", "service_id": 1, "description": "x", "unit_price": "25", "period_from": TODAY,
               "period_to": TODAY + timedelta(days=9)}  # fmt: skip
    assert "billed_already" in [c for c, _ in warnings_of(of, "create-invoice", by_hand)]


def test_the_rest_of_a_cycle_is_credited_only_if_paid():
    """A smaller price gives credit for what was paid of the cycle, once."""
    of = shop()
    run(of)
    smaller = {"service_id": 1, "recurring_amount": "10"}
    assert "not_paid" in [c for c, _ in warnings_of(of, "change-service", smaller)]
    apply_rule(of, rule("record-payment"), [{"client_id": 1, "amount": "25"}])
    apply_rule(of, rule("change-service"), [smaller])
    assert of.query("select credit_balance from clients where id = 1").fetchall() == [(money(15),)]
    assert of.query("select amount from credit_entries where gives_back_id = 1").fetchall() == [(money(15),)]
    problems = plan_rule(
        of, rule("issue-credit-note"), [{"invoice_id": 1, "amount": "25", "reason": "x"}]
    ).problem_list()
    assert [p.code for p in problems] == ["more_than_invoice"]


def test_a_payment_of_another_client_takes_its_money_along():
    """The invoice that it settled is owed again, its credit moves, and it settles what the right client owes."""
    of = tables(
        clients=[{"id": 1}, {"id": 2}],
        invoices=[{"id": n, "client_id": n, "subtotal": 100, "total": 100} for n in (1, 2)],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 100, "unit_price": 100} for n in (1, 2)],
    )
    apply_rule(of, rule("record-payment"), [{"client_id": 1, "amount": "130"}])
    apply_rule(of, rule("correct-payment"), [{"transaction_id": 1, "client_id": 2}])
    assert of.query("select credit_balance from clients order by id").fetchall() == [(money(0),), (money(30),)]
    apply_rule(of, rule("settle-payment"), [{"transaction_id": 1}])
    assert of.query("select status from invoices order by id").fetchall() == [("Unpaid",), ("Paid",)]
    assert of.query("select credit_balance from clients order by id").fetchall() == [(money(0),), (money(30),)]


def test_credit_that_is_spent_does_not_move():
    """What is gone cannot become another client's."""
    of = tables(clients=[{"id": 1}, {"id": 2}])
    apply_rule(of, rule("record-payment"), [{"client_id": 1, "amount": "30"}])
    apply_rule(of, rule("remove-credit"), [{"client_id": 1, "amount": "10", "description": "x"}])
    problems = plan_rule(of, rule("correct-payment"), [{"transaction_id": 1, "client_id": 2}]).problem_list()
    assert [p.code for p in problems] == ["credit_spent"]
