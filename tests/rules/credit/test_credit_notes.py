"""Rules of credit notes, and fees."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rule
from clientops.rules.credit.credit_notes import IssueCreditNote, issue_credit_note
from clientops.rules.payments.fees import RecordFee, record_fee
from tests.builders import EUR, JPY, NOW, TODAY, money, plan, tables
from tests.long_forms import examples
from tests.rules.applying import apply_rule, every_row
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same


def bill(number, total, tax="0", **more):
    net = money(total) - money(tax)
    return (
        {"id": number, "client_id": 1, "subtotal": net, "tax1": tax, "total": total, **more},
        {"id": number, "invoice_id": number, "amount": net, "tax1": tax, "unit_price": net, "is_taxed": True},
    )


def base(**more):
    bills = [bill(1, "119", "19"), bill(2, "50", status="Paid", paid_on=TODAY), bill(3, "20", status="Draft"), bill(4, "30", status="Cancelled"),
             bill(5, "100", "10", client_id=2), bill(6, "80", status="Collections")]  # fmt: skip
    rows = {
        "clients": [{"id": 1, "credit_balance": 5}, {"id": 2}, {"id": 3, "currency_id": JPY}],
        "invoices": [invoice for invoice, _ in bills], "invoice_items": [item for _, item in bills],
        "transactions": [{"id": 1, "client_id": 1, "amount_in": 50, "gateway": "bank", "reference": "R1"}],
        "allocations": [{"id": 1, "transaction_id": 1, "invoice_id": 2, "amount": 50}],
        "credit_entries": [{"id": 1, "client_id": 1, "amount": 5}],
    }  # fmt: skip
    return tables(**{**rows, **more})


def test_a_credit_note_reduces_the_invoice_and_the_rest_becomes_credit():
    """Of an open invoice what is owed falls; of a paid one, and without one, the client gets credit; tax is the invoice's share."""
    of = base()
    rows = [{"invoice_id": 1, "amount": "11.90", "reason": "Was down"}, {"invoice_id": 2, "reason": "Never used"}, {"client_id": 2, "amount": 7, "reason": "Sorry"},
            {"invoice_id": 6, "reason": "Wrong"}]  # fmt: skip
    apply_rule(of, rule("issue-credit-note"), rows)
    assert of.query(
        "select id, client_id, invoice_id, total, tax1, subtotal, applied from credit_notes order by id"
    ).fetchall() == [
        (1, 1, 1, money("11.9"), money("1.9"), money(10), money("11.9")),
        (2, 1, 2, money(50), money(0), money(50), money(0)),
        (3, 2, None, money(7), money(0), money(7), money(0)),
        (4, 1, 6, money(80), money(0), money(80), money(80)),
    ]
    assert of.query("select id, credit_balance from clients order by id").fetchall()[:2] == [
        (1, money(55)),
        (2, money(7)),
    ]
    assert of.query("select id, credit_applied, status, paid_on from invoices where credit_applied > 0 order by id").fetchall() == [
        (1, money("11.9"), "Unpaid", None), (6, money(80), "Paid", TODAY),
    ]  # fmt: skip


BAD_NOTES = [
    ({"invoice_id": None}, "invoice_id", "nothing_named"),
    ({"invoice_id": 99}, "invoice_id", "unknown_invoice"),
    ({"invoice_id": "x"}, "invoice_id", "unknown_name"),
    ({"invoice_id": 3}, "invoice_id", "not_issued"),
    ({"invoice_id": 4}, "invoice_id", "not_issued"),
    ({"invoice_id": None, "client_id": 99}, "client_id", "unknown_client"),
    ({"invoice_id": None, "client_id": "x"}, "client_id", "unknown_name"),
    ({"invoice_id": 6, "client_id": 2}, "client_id", "other_client"),
    ({"invoice_id": None, "client_id": 1, "amount": None}, "amount", "missing"),
    ({"invoice_id": 5, "amount": "100.01"}, "amount", "more_than_invoice"),
    ({"invoice_id": None, "client_id": 2, "amount": "1.005"}, "amount", "not_minor_unit"),
    ({"invoice_id": None, "client_id": 3, "amount": "1.5"}, "amount", "not_minor_unit"),
    ({"invoice_id": None, "client_id": 2, "amount": 0}, "amount", "bad_value"),
    ({"invoice_id": None, "client_id": 2, "amount": -4}, "amount", "bad_value"),
    ({"invoice_id": None, "client_id": 2, "amount": "ten"}, "amount", "bad_value"),
    ({"invoice_id": None, "client_id": 4, "amount": "99999999999999"}, "amount", "too_large"),
    ({"invoice_id": None, "client_id": 2, "reason": None}, "reason", "missing"),
    ({"invoice_id": None, "client_id": 2, "reason": " "}, "reason", "missing"),
    ({"invoice_id": 7, "issued_on": "2026-10-31"}, "issued_on", "before_invoice"),
    ({"invoice_id": None, "client_id": 2, "issued_on": "2026-11-21"}, "issued_on", "in_future"),
    ({"invoice_id": None, "client_id": 2, "issued_on": "soon"}, "issued_on", "bad_value"),
    ({"invoice_id": None, "client_id": 2, "number": "CN-1"}, "number", "number_taken"),
    ({"invoice_id": None, "client_id": 2, "number": "a\nb"}, "number", "bad_value"),
    ({"invoice_id": 1}, "invoice_id", "twice"),
]


def test_bad_credit_notes_are_refused_all_at_once():
    """Each bad credit note is named by row, field and reason."""
    of = base(credit_notes=[{"id": 1, "client_id": 1, "number": "CN-1", "total": 1}])
    of._connection.execute(
        "insert into invoices (id, client_id, total, subtotal, issued_on) values (7, 1, 10, 10, '2026-11-01')"
    )
    of._connection.execute("insert into clients (id, currency_id, credit_balance) values (4, 1, 1)")
    assert_refused(of, rule("issue-credit-note"), {"invoice_id": 1, "amount": 1, "reason": "x"}, BAD_NOTES)


def test_what_is_left_of_an_invoice_falls_with_each_note():
    """Notes come to the invoice at most, and then have all of its tax, to the last cent."""
    of = base()
    for amount in ("39.67", "39.67"):
        apply_rule(of, rule("issue-credit-note"), [{"invoice_id": 1, "amount": amount, "reason": "x"}])
    assert [
        p.code
        for p in problems_of(of, rule("issue-credit-note"), [{"invoice_id": 1, "amount": "39.67", "reason": "x"}])
    ] == ["more_than_invoice"]
    apply_rule(of, rule("issue-credit-note"), [{"invoice_id": 1, "reason": "the rest"}])
    assert of.query("select sum(total), sum(tax1), sum(applied) from credit_notes").fetchone() == (
        money(119),
        money(19),
        money(119),
    )
    assert of.query("select status from invoices where id = 1").fetchone() == ("Paid",)
    assert [p.code for p in problems_of(of, rule("issue-credit-note"), [{"invoice_id": 1, "reason": "x"}])] == [
        "more_than_invoice"
    ]


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.decimals("0.01", "60", places=2), min_size=1, max_size=4), st.decimals("0", "100", places=2))
def test_money_is_conserved(amounts, paid):
    """Law: over notes and their cancellations, what invoices owe less is what the notes are worth, less the credit given."""
    more = {}
    if paid:
        more = {
            "transactions": [{"id": 1, "client_id": 1, "amount_in": paid}],
            "allocations": [{"id": 1, "transaction_id": 1, "invoice_id": 1, "amount": paid}],
        }
    invoice, item = bill(1, "119", "19")
    of = tables(clients=[{"id": 1}], invoices=[invoice], invoice_items=[item], **more)
    before = every_row(of)
    notes = 0
    for amount in amounts:
        if not problems_of(of, rule("issue-credit-note"), [{"invoice_id": 1, "amount": amount, "reason": "x"}]):
            apply_rule(of, rule("issue-credit-note"), [{"invoice_id": 1, "amount": amount, "reason": "x"}])
            notes += 1
    total, applied = of.query("select coalesce(sum(total), 0), coalesce(sum(applied), 0) from credit_notes").fetchone()
    balance = of.query("select credit_balance from clients").fetchone()[0]
    assert of.query("select credit_applied from invoices").fetchone()[0] == applied
    assert balance == total - applied
    assert balance == of.query("select coalesce(sum(amount), 0) from credit_entries").fetchone()[0]
    for number in range(notes, 0, -1):
        apply_rule(of, rule("cancel-credit-note"), [{"credit_note_id": number}])
    after = every_row(of)
    for name in ("clients", "invoices"):
        assert after[name] == before[name]
    assert of.query("select coalesce(sum(amount), 0) from credit_entries").fetchone()[0] == 0


def noted():
    of = base()
    apply_rule(
        of,
        rule("issue-credit-note"),
        [{"invoice_id": 1, "amount": 20, "reason": "x"}, {"invoice_id": 2, "amount": 30, "reason": "x"}],
    )
    return of


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("cancel-credit-note", {"credit_note_id": 9}, ("credit_note_id", "unknown_credit_note"), id="none"),
        pytest.param(
            "cancel-invoice", {"invoice_id": 1}, ("invoice_id", "has_credit_note"), id="the corrected invoice"
        ),
    ],
)
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(noted(), rule(name), [row])] == [problem]


def test_spent_credit_cannot_be_taken_back():
    """A note whose credit was used is not cancelled; what a note took off is not credit to take; one cancelled stays so."""
    of = noted()
    apply_rule(of, rule("remove-credit"), [{"client_id": 1, "amount": 10, "description": "x"}])
    assert [p.code for p in problems_of(of, rule("take-back-credit"), [{"invoice_id": 1}])] == ["no_credit_applied"]
    found = problems_of(of, rule("cancel-credit-note"), [{"credit_note_id": 2}, {"credit_note_id": 2}])
    assert [(p.row, p.code) for p in found] == [(1, "credit_spent"), (2, "unknown_credit_note")]
    of = noted()
    apply_rule(of, rule("cancel-credit-note"), [{"credit_note_id": 2}, {"credit_note_id": 1}])
    assert of.query("select status, cancelled_on from credit_notes").fetchall() == [("Cancelled", TODAY)] * 2
    assert [p.code for p in problems_of(of, rule("cancel-credit-note"), [{"credit_note_id": 1}])] == ["is_cancelled"]


def test_many_are_one_by_one():
    """Law: a table of n credit notes or fees leaves the same tables as n tables of one."""
    numbering = [{"id": 1, "name": "credit_note_number_format", "value": "CN{YEAR}-{NUMBER}"}, {"id": 2, "name": "credit_note_next_number", "value": "01"},
                 {"id": 3, "name": "credit_note_number_restart", "value": "yearly"}]  # fmt: skip
    notes = [{"invoice_id": 1, "amount": 20, "reason": "x"}, {"client_id": 1, "amount": 3, "reason": "x"}, {"invoice_id": 6, "reason": "x", "number": "OWN"},
             {"client_id": 2, "amount": 3, "reason": "x"}]  # fmt: skip
    assert_one_by_one_is_same(issue_credit_note, IssueCreditNote, lambda: base(settings=numbering), notes)
    assert_one_by_one_is_same(
        record_fee,
        RecordFee,
        base,
        [
            FEE,
            {**FEE, "client_id": 3, "amount": 5},
            {**FEE, "amount": 9, "currency": "JPY", "charged_on": "2026-11-01"},
        ],
    )


FEE = {"amount": "4.90", "gateway": "stripe"}
BAD_FEES = [
    ({"amount": None}, "amount", "missing"),
    ({"amount": 0}, "amount", "bad_value"),
    ({"amount": "-1"}, "amount", "bad_value"),
    ({"amount": "x"}, "amount", "bad_value"),
    ({"amount": "1.005"}, "amount", "not_minor_unit"),
    ({"client_id": 3}, "amount", "not_minor_unit"),
    ({"amount": "1e20"}, "amount", "bad_value"),
    ({"gateway": None}, "gateway", "missing"),
    ({"gateway": "a\nb"}, "gateway", "bad_value"),
    ({"gateway": "x" * 251}, "gateway", "bad_value"),
    ({"client_id": 99}, "client_id", "unknown_client"),
    ({"client_id": "x"}, "client_id", "unknown_name"),
    ({"currency": "CHF"}, "currency", "unknown_currency"),
    ({"currency": "euro"}, "currency", "bad_value"),
    ({"currency": "USD", "client_id": 1}, "currency", "other_currency"),
    ({"charged_on": "2026-11-21"}, "charged_on", "in_future"),
    ({"charged_on": "1.11.2026"}, "charged_on", "bad_value"),
    ({"gateway": "bank", "reference": "R1"}, "reference", "duplicate_reference"),
    ({"reference": "ch_1"}, "reference", "duplicate_reference"),
    ({"description": "a\tb"}, "description", "bad_value"),
    ({"allow_duplicate": "maybe"}, "allow_duplicate", "bad_value"),
]


def test_bad_fees_are_refused_all_at_once():
    """Each bad fee is named by row, field and reason."""
    cases = [({"reference": None, **row}, f, c) for row, f, c in BAD_FEES]
    assert_refused(base(), rule("record-fee"), {**FEE, "reference": "ch_1"}, cases)


def test_a_fee_is_money_out():
    """In the client's currency, else the default one; a fee of another day was taken at noon."""
    rows = [
        FEE,
        {"amount": 100, "gateway": "bank", "client_id": 3, "charged_on": date(2026, 11, 1), "description": "Month"},
    ]
    found = plan(record_fee, RecordFee, base(), rows).rows("transactions", "insert")
    assert [(r["kind"], r["amount_out"], r["currency_id"], r["client_id"], r["occurred_at"].hour) for r in found] == [
        ("fee", money("4.9"), EUR, None, NOW.hour), ("fee", money(100), JPY, 3, 12),
    ]  # fmt: skip
