"""The audit report on the screen: figures, the rows behind them, links to the records, and the files."""

import base64

from clientops.registry import rule


def period_form(hand):
    return next(f for f in hand.view.drawn.find(tag="form") if f.find(name="first"))


def make(hand, **values):
    hand.say({"h": hand.name_of(period_form(hand), "submit"), "v": {"values": values}})


def test_the_report_is_made_and_handed_over(at, book):
    """A figure opens its rows, a row leads to the operation, and the report is saved as a page."""
    book.apply_now(rule("adjust-credit"), {"client_id": 2, "credit_balance": "3"}, reason="Mistake")
    hand = at("audit")
    make(hand, first="2020-01-01", last="2099-12-31")
    assert "Adjustments without entry" in hand.text
    assert "Balances set without an entry" not in hand.text
    figure = next(n for n in hand.view.drawn.find(tag="div") if n.text == "Adjustments without entry 1")
    (opens,) = figure.find(tag="a")
    hand.say({"h": hand.name_of(opens, "click"), "v": None})
    assert "Balances set without an entry" in hand.text
    assert "EUR -17.00" in hand.text
    hand.click("Save as HTML")
    (sent,) = [m for m in hand.sent if "download" in m]
    assert sent["download"] == "audit-2020-01-01-2099-12-31.html"
    assert "EUR -17.00" in base64.b64decode(sent["base64"]).decode()
    hand.click("#2")
    assert "Grace Hopper" in hand.text


def test_days_that_are_none_are_said(at):
    """A sentence instead of a report."""
    hand = at("audit")
    make(hand, first="soon", last="2026-01-01")
    assert "Give both days as year-month-day" in hand.text
    make(hand, first="2027-01-01", last="2026-01-01")
    assert "begins on 2027-01-01, after its end" in hand.text
