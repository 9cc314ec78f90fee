"""Money is never given twice: credit notes, refunds, write-offs and credit on one invoice, in any order."""

from __future__ import annotations

import pytest

from clientops.registry import rule
from tests.builders import TODAY, money, tables
from tests.money_model import given_back_too_much, paid_beyond_total
from tests.rules.applying import apply_rule
from tests.rules.refusals import problems_of

PAY = ("record-payment", {"client_id": 1, "amount": "100"})
PAY40 = ("record-payment", {"client_id": 1, "amount": "40"})
GIVE = ("issue-credit", {"client_id": 1, "amount": "100", "description": "x"})
USE = ("apply-credit", {"invoice_id": 1})
SPEND = ("remove-credit", {"client_id": 1, "amount": "100", "description": "x"})
OFF = ("write-off-invoice", {"invoice_id": 1})
NOTE = ("issue-credit-note", {"invoice_id": 1, "reason": "x"})
NOTE30 = ("issue-credit-note", {"invoice_id": 1, "amount": "30", "reason": "x"})
NOTE40 = ("issue-credit-note", {"invoice_id": 1, "amount": "40", "reason": "x"})
BACK = ("refund-payment", {"transaction_id": 1})
BACK30 = ("refund-payment", {"transaction_id": 1, "amount": "30"})
BACK50 = ("refund-payment", {"transaction_id": 1, "amount": "50"})
CREDIT30 = ("refund-payment", {"transaction_id": 1, "amount": "30", "destination": "credit"})
OWED = ("refund-payment", {"transaction_id": 1, "keep_owed": True})
TAKE = ("take-back-credit", {"invoice_id": 1})
CANCEL = ("cancel-invoice", {"invoice_id": 1})
CLOSE = ("close-account", {"client_id": 1})
GONE = ("delete-transaction", {"transaction_id": 1})
UNNOTE = ("cancel-credit-note", {"credit_note_id": 1})
MARK = ("mark-invoice-refunded", {"invoice_id": 1})


def book():
    return tables(
        clients=[{"id": 1}],
        invoices=[{"id": 1, "client_id": 1, "subtotal": 100, "total": 100}],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 100, "unit_price": 100}],
    )


def model_rows(of):
    found = {}
    for name in ("invoices", "allocations", "credit_entries", "credit_notes"):
        relation = of.query(f"select * from {name}")
        found[name] = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
    return found


@pytest.mark.parametrize(
    ("steps", "credit", "status", "owed"),
    [
        pytest.param([PAY, BACK, NOTE], 0, "Refunded", 0, id="refund, then the note: the note only documents"),
        pytest.param([PAY, NOTE, BACK], 0, "Refunded", 0, id="note, then refund: the refund pays the note out"),
        pytest.param([PAY, NOTE30, BACK30], 0, "Paid", 0, id="a part, note first"),
        pytest.param([PAY, BACK30, NOTE30], 0, "Paid", 0, id="a part, refund first"),
        pytest.param([PAY, NOTE30, BACK50], 0, "Unpaid", 20, id="more back than the note"),
        pytest.param([PAY, NOTE30, BACK30, UNNOTE], 0, "Unpaid", 30, id="a note that was paid out is cancelled"),
        pytest.param([PAY, NOTE30, CREDIT30], 30, "Paid", 0, id="a refund to credit of what the note gave"),
        pytest.param([PAY, OWED, NOTE30], 0, "Unpaid", 70, id="owed again, then the note"),
        pytest.param([OFF, NOTE], 0, "Paid", 0, id="a note takes the place of a write-off"),
        pytest.param([OFF, NOTE40], 0, "Written off", 0, id="a note takes the place of part of a write-off"),
        pytest.param([PAY40, OFF, NOTE], 40, "Paid", 0, id="only what was paid becomes credit"),
        pytest.param([OFF, NOTE, UNNOTE], 0, "Unpaid", 100, id="without the note it is owed"),
        pytest.param([NOTE40, PAY], 40, "Paid", 0, id="overpaid after a note"),
        pytest.param([GIVE, USE, NOTE, TAKE], 100, "Paid", 0, id="credit that is taken back pays the note out"),
        pytest.param([GIVE, USE, CANCEL], 100, "Cancelled", 100, id="cancelled after credit"),
        pytest.param([PAY, NOTE, GONE], 0, "Paid", 0, id="the payment never came"),
        pytest.param([PAY, NOTE30, GONE], 0, "Unpaid", 70, id="the payment never came, and part was noted"),
        pytest.param([PAY, MARK, NOTE], 100, "Refunded", 0, id="marked by hand only: the money is still here"),
    ],
)
def test_what_is_given_back_follows_from_money(steps, credit, status, owed):
    """Whatever the order, credit, status and what is owed are what the money says."""
    of = book()
    for name, request in steps:
        apply_rule(of, rule(name), [request])
        assert given_back_too_much(model_rows(of)) == {}
        assert paid_beyond_total(model_rows(of)) == {}
    assert of.query("select credit_balance from clients").fetchall() == [(money(credit),)]
    found = of.query("""
        select status, total - credit_applied - written_off - coalesce((select sum(amount) from allocations), 0) from invoices
    """).fetchall()
    assert found == [(status, money(owed))]


@pytest.mark.parametrize(
    ("steps", "last", "code", "words"),
    [
        pytest.param(
            [PAY, NOTE, SPEND], BACK, "more_than_came_in", "EUR 100.00 came in", id="the note's credit is spent"
        ),
        pytest.param(
            [PAY, NOTE, SPEND], GONE, "more_than_came_in", "EUR 100.00 came in", id="deleted after it is spent"
        ),
        pytest.param([GIVE, USE, NOTE, SPEND], TAKE, None, "", id="what comes back pays it out"),
        pytest.param([PAY, BACK, NOTE], NOTE, "more_than_invoice", "less credit notes of EUR 100.00", id="noted twice"),
        pytest.param([NOTE40], CLOSE, "has_credit_note", "credit note 1", id="closing what is noted"),
        pytest.param(
            [GIVE, USE, NOTE], CANCEL, "has_credit_note", "credit note 1", id="cancelling what is noted whole"
        ),
        pytest.param(
            [NOTE40], TAKE, "no_credit_applied", "EUR 40.00 was taken off by credit notes", id="a note is not credit"
        ),
    ],
)
def test_what_would_give_it_twice_is_refused(steps, last, code, words):
    """The refusal gives the calculation."""
    of = book()
    for name, request in steps:
        apply_rule(of, rule(name), [request])
    found = problems_of(of, rule(last[0]), [last[1]])
    assert [p.code for p in found] == ([code] if code else [])
    assert words in "".join(p.message for p in found)


def test_notes_of_several_invoices_share_the_credit():
    """Two refunds in one table take the credit of two notes, each up to what the client has."""
    of = tables(
        clients=[{"id": 1}],
        invoices=[{"id": n, "client_id": 1, "subtotal": 100, "total": 100} for n in (1, 2)],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 100, "unit_price": 100} for n in (1, 2)],
    )
    for number in (1, 2):
        apply_rule(of, rule("record-payment"), [{"client_id": 1, "amount": "100", "invoice_ids": [number]}])
        apply_rule(of, rule("issue-credit-note"), [{"invoice_id": number, "amount": "30", "reason": "x"}])
    apply_rule(of, rule("remove-credit"), [{"client_id": 1, "amount": "20", "description": "x"}])
    apply_rule(of, rule("refund-payment"), [{"transaction_id": n, "amount": "30"} for n in (1, 2)])
    assert of.query("select credit_balance from clients").fetchall() == [(money(0),)]
    assert of.query("select id, applied from credit_notes order by id").fetchall() == [(1, money(30)), (2, money(10))]
    assert of.query("select status, credit_applied from invoices order by id").fetchall() == [
        ("Paid", money(30)), ("Unpaid", money(10)),
    ]  # fmt: skip


def test_a_cancelled_invoice_gives_back_only_what_is_left():
    """Credit that was given for a service on the invoice counts against what cancelling gives back."""
    of = book()
    for name, request in (GIVE, USE):
        apply_rule(of, rule(name), [request])
    of._connection.execute("update clients set credit_balance = 60")
    of._connection.execute(
        "insert into credit_entries (id, client_id, amount, gives_back_id, entry_on) values (9, 1, 60, 1, ?)", [TODAY]
    )
    apply_rule(of, rule("cancel-invoice"), [{"invoice_id": 1}])
    assert of.query("select credit_balance from clients").fetchall() == [(money(100),)]
    assert given_back_too_much(model_rows(of)) == {}
