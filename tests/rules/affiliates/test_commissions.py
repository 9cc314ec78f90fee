"""Rules of affiliates, referrals and commissions."""

from datetime import date
from decimal import ROUND_HALF_UP, Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rule
from clientops.rules.affiliates.affiliates import (
    EditAffiliate,
    MakeAffiliate,
    RecordReferral,
    edit_affiliate,
    make_affiliate,
    record_referral,
)
from clientops.rules.affiliates.commissions import PayAffiliate, RecordCommissions, pay_affiliate, record_commissions
from tests.builders import EUR, JPY, KWD, TODAY, money, plan, tables
from tests.long_forms import examples
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same, write

DIGITS = {EUR: 2, JPY: 0, KWD: 3}
RATES = {EUR: Decimal(1), JPY: Decimal(160), KWD: Decimal("0.33")}


def base(**more):
    rows = {
        "clients": [{"id": 1}, {"id": 2}, {"id": 3, "currency_id": JPY}, {"id": 4, "currency_id": KWD}, {"id": 5}, {"id": 6}],
        "services": [{"id": n, "client_id": c} for n, c in ((1, 2), (2, 3), (3, 1), (4, 5), (5, 5))],
        "affiliates": [{"id": 1, "client_id": 1, "pay_amount": 10}, {"id": 2, "client_id": 4, "pay_amount": 10, "is_one_time": True},
                       {"id": 3, "client_id": 5, "pay_kind": "fixed", "pay_amount": 5, "balance": 12}],
        "referrals": [{"id": 1, "affiliate_id": 1, "service_id": 1, "referred_on": date(2026, 1, 1)}, {"id": 2, "affiliate_id": 2, "service_id": 2},
                      {"id": 3, "affiliate_id": 3, "service_id": 3}],
        "invoices": [paid(1, 2, 3), paid(2, 2, 4), paid(3, 3, 1), paid(4, 3, 2), paid(5, 1, 9), {**paid(6, 2, 1), "status": "Unpaid", "paid_on": None},
                     {**paid(7, 2, 1), "paid_on": date(2025, 12, 31)}],
        "invoice_items": [item(1, 1, 1, "33.35"), item(2, 1, 1, "-3.35"), item(3, 1, None, "50"), item(4, 2, 1, "10"), item(5, 3, 2, "1600"),
                          item(6, 4, 2, "1600"), item(7, 5, 3, "100"), item(8, 6, 1, "70"), item(9, 7, 1, "80")],
    }  # fmt: skip
    return tables(**{**rows, **more})


def paid(number, client, day):
    return {"id": number, "client_id": client, "status": "Paid", "paid_on": date(2026, 11, day)}


def item(number, invoice, service, amount, **more):
    return {"id": number, "invoice_id": invoice, "service_id": service, "amount": Decimal(amount), **more}


def entries(result):
    return [
        (r["affiliate_id"], r["referral_id"], r["invoice_id"], r["kind"], r["amount"])
        for r in result.rows("commissions", "insert")
    ]


def test_each_paid_invoice_of_a_referral_earns_once():
    """Percent of the service's items since the referral, in the affiliate's currency; one-time ones earn on the first; fixed ones the amount."""
    of = base()
    result = plan(record_commissions, RecordCommissions, of, [{}])
    assert result.problem_list() == []
    assert entries(result) == [
        (1, 1, 1, "earned", money(3)),
        (1, 1, 2, "earned", money(1)),
        (2, 2, 3, "earned", money("0.33")),
        (3, 3, 5, "earned", money(5)),
    ]
    assert [(r["id"], r["balance"]) for r in result.rows("affiliates", "update")] == [
        (1, money(4)),
        (2, money("0.33")),
        (3, money(17)),
    ]
    assert [(r["id"], r["last_paid_on"].day) for r in result.rows("referrals", "update")] == [(1, 4), (2, 1), (3, 9)]
    write(of, result)
    again = plan(record_commissions, RecordCommissions, of, [{}])
    assert (entries(again), again.rows("affiliates", "update")) == ([], [])


def test_only_what_is_asked_for():
    """One affiliate, up to a day; the rest is due later."""
    of = base()
    assert entries(
        plan(record_commissions, RecordCommissions, of, [{"affiliate_id": 1, "until_on": "2026-11-03"}])
    ) == [(1, 1, 1, "earned", money(3))]


def test_commission_waits_for_the_clearing_days():
    """With a delay it is pending, then becomes earned, and only then raises the balance."""
    of = base(settings=[{"id": 1, "name": "affiliate_clearing_days", "value": "30"}],
              commissions=[{"id": 1, "affiliate_id": 1, "kind": "pending", "amount": 7, "clears_on": TODAY},
                           {"id": 2, "affiliate_id": 1, "kind": "pending", "amount": 8, "clears_on": date(2026, 11, 21)}])  # fmt: skip
    result = plan(record_commissions, RecordCommissions, of, [{"affiliate_id": 1}])
    assert {r["kind"] for r in result.rows("commissions", "insert")} == {"pending"}
    assert result.rows("commissions", "update") == [{"id": 1, "kind": "earned"}]
    assert result.rows("affiliates", "update") == [{"id": 1, "balance": money(7)}]


def test_tax_is_no_commission():
    """Of amounts that contain tax, only what is without it earns."""
    invoice = {**paid(1, 2, 3), "tax_mode": "inclusive"}
    of = base(invoices=[invoice], invoice_items=[item(1, 1, 1, "119", tax1=19)])
    assert entries(plan(record_commissions, RecordCommissions, of, [{}])) == [(1, 1, 1, "earned", money(10))]


@settings(max_examples=examples(40), deadline=None)
@given(
    st.sampled_from([EUR, JPY, KWD]), st.sampled_from([EUR, JPY, KWD]), st.decimals("0.0001", "100", places=4),
    st.lists(st.decimals("-50", "99999.9999", places=4), min_size=1, max_size=4),
)  # fmt: skip
def test_commission_is_right_to_the_last_minor_unit(own, theirs, percent, amounts):
    """Law: the commission is the exact fraction of the sum, rounded once, half up, to the affiliate's minor unit."""
    of = tables(
        clients=[{"id": 1, "currency_id": own}, {"id": 2, "currency_id": theirs}], services=[{"id": 1, "client_id": 2}],
        affiliates=[{"id": 1, "client_id": 1, "pay_amount": percent}], referrals=[{"id": 1, "affiliate_id": 1, "service_id": 1}],
        invoices=[paid(1, 2, 3)], invoice_items=[item(n, 1, 1, a) for n, a in enumerate(amounts, 1)],
    )  # fmt: skip
    total = sum(amounts)
    factor = Decimal(1) if own == theirs else RATES[own] / RATES[theirs]
    from fractions import Fraction

    exact = (
        Fraction(total)
        * Fraction(percent)
        / 100
        * (Fraction(1) if own == theirs else Fraction(RATES[own]) / Fraction(RATES[theirs]))
    )
    unit = Fraction(1, 10 ** DIGITS[own])
    units = int(exact / unit + Fraction(1, 2)) if exact > 0 else 0
    expected = Decimal(units) / 10 ** DIGITS[own]
    assert factor > 0
    found = [r["amount"] for r in plan(record_commissions, RecordCommissions, of, [{}]).rows("commissions", "insert")]
    assert found == ([money(str(expected))] if expected > 0 else [])
    assert all(amount == amount.quantize(Decimal(1).scaleb(-DIGITS[own]), rounding=ROUND_HALF_UP) for amount in found)


def test_paid_out_as_credit_or_as_money():
    """What the affiliate loses is what the client gets; credit has an entry, money a transaction."""
    of = base(affiliates=[{"id": 1, "client_id": 1, "balance": 12}, {"id": 2, "client_id": 4, "balance": "3.125"}])
    rows = [
        {"affiliate_id": 1, "amount": "5.50"},
        {"affiliate_id": 2, "pay_as": "transaction", "gateway": "bank", "reference": "R1"},
    ]
    result = plan(pay_affiliate, PayAffiliate, of, rows)
    assert result.problem_list() == []
    assert result.rows("affiliates", "update") == [
        {"id": 1, "balance": money("6.5"), "withdrawn": money("5.5")}, {"id": 2, "balance": money(0), "withdrawn": money("3.125")},
    ]  # fmt: skip
    assert [(r["client_id"], r["amount"]) for r in result.rows("credit_entries", "insert")] == [(1, money("5.5"))]
    assert result.rows("clients", "update") == [{"id": 1, "credit_balance": money("5.5")}]
    assert [
        (r["client_id"], r["kind"], r["amount_out"], r["currency_id"], r["reference"])
        for r in result.rows("transactions", "insert")
    ] == [(4, "payout", money("3.125"), KWD, "R1")]
    assert [(r["affiliate_id"], r["kind"], r["amount"]) for r in result.rows("commissions", "insert")] == [
        (1, "withdrawn", money("-5.5")),
        (2, "withdrawn", money("-3.125")),
    ]


GOOD = {"client_id": 2, "pay_amount": 10}
BAD_AFFILIATES = [
    ({"client_id": None}, "client_id", "missing"),
    ({"client_id": 99}, "client_id", "unknown_client"),
    ({"client_id": "x"}, "client_id", "unknown_name"),
    ({"client_id": 0}, "client_id", "bad_value"),
    ({"client_id": 1}, "client_id", "is_affiliate"),
    ({"client_id": 2}, "client_id", "is_affiliate"),
    ({"client_id": 6, "pay_amount": None}, "pay_amount", "missing"),
    ({"client_id": 3, "pay_amount": "-1"}, "pay_amount", "bad_value"),
    ({"client_id": 11, "pay_amount": "100.01"}, "pay_amount", "above_hundred"),
    ({"client_id": 12, "pay_amount": "ten"}, "pay_amount", "bad_value"),
    ({"client_id": 13, "pay_amount": "1.23456"}, "pay_amount", "bad_value"),
    ({"client_id": 14, "pay_kind": "fixed", "pay_amount": "1.005"}, "pay_amount", "not_minor_unit"),
    ({"client_id": 15, "pay_kind": "fixed", "pay_amount": "1e30"}, "pay_amount", "bad_value"),
    ({"client_id": 16, "pay_kind": "share"}, "pay_kind", "bad_value"),
    ({"client_id": 17, "pay_kind": "Percent"}, "pay_kind", "bad_value"),
    ({"client_id": 18, "is_one_time": "perhaps"}, "is_one_time", "bad_value"),
    ({"client_id": 19, "since_on": "2026-11-21"}, "since_on", "in_future"),
    ({"client_id": 20, "since_on": "21.11.2026"}, "since_on", "bad_value"),
    ({"client_id": 21, "since_on": "2026-02-29"}, "since_on", "bad_value"),
    ({"client_id": 22, "pay_amount": "nan"}, "pay_amount", "bad_value"),
]
BAD_REFERRALS = [
    ({"affiliate_id": None}, "affiliate_id", "missing"),
    ({"affiliate_id": 9}, "affiliate_id", "unknown_affiliate"),
    ({"affiliate_id": "x"}, "affiliate_id", "unknown_name"),
    ({"service_id": None}, "service_id", "missing"),
    ({"service_id": 99}, "service_id", "unknown_service"),
    ({"service_id": "x"}, "service_id", "unknown_name"),
    ({"service_id": 1}, "service_id", "already_referred"),
    ({"service_id": 4}, "service_id", "already_referred"),
    ({"affiliate_id": 3, "service_id": 5}, "service_id", "own_service"),
    ({"service_id": 6, "referred_on": "2026-12-01"}, "referred_on", "in_future"),
    ({"service_id": 7, "referred_on": "soon"}, "referred_on", "bad_value"),
    ({"affiliate_id": 0}, "affiliate_id", "bad_value"),
    ({"affiliate_id": "1.5"}, "affiliate_id", "bad_value"),
    ({"affiliate_id": "9" * 30}, "affiliate_id", "bad_value"),
    ({"service_id": -1}, "service_id", "bad_value"),
    ({"service_id": "1 2"}, "service_id", "bad_value"),
    ({"affiliate_id": 2, "service_id": 1}, "service_id", "already_referred"),
    ({"referred_on": "2026-02-29"}, "referred_on", "bad_value"),
    ({"referred_on": "31.01.2026"}, "referred_on", "bad_value"),
    ({"referred_on": "2026-11-21"}, "referred_on", "in_future"),
]


def many():
    """A book with enough clients and services for every bad request to be about one of its own."""
    more = [{"id": n} for n in range(11, 40)]
    of = base()
    for row in more:
        of._connection.execute(f"insert into clients (id, currency_id) values ({row['id']}, 1)")
    for n in (6, 7, *range(20, 40)):
        of._connection.execute(f"insert into services (id, client_id) values ({n}, 2)")
    return of


def test_bad_affiliates_are_refused_all_at_once():
    """Each bad affiliate is named by row, field and reason."""
    assert_refused(many(), rule("make-affiliate"), GOOD, BAD_AFFILIATES)


def test_bad_referrals_are_refused_all_at_once():
    """Each bad referral is named by row, field and reason."""
    cases = [({"service_id": 20 + place, **row}, f, c) for place, (row, f, c) in enumerate(BAD_REFERRALS)]
    assert_refused(many(), rule("record-referral"), {"affiliate_id": 1, "service_id": 4}, cases)


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("pay-affiliate", {"affiliate_id": 9}, ("affiliate_id", "unknown_affiliate"), id="pay: nobody"),
        pytest.param("pay-affiliate", {"affiliate_id": 1}, ("affiliate_id", "nothing_due"), id="pay: nothing due"),
        pytest.param("pay-affiliate", {"affiliate_id": 3, "amount": "12.01"}, ("amount", "more_than_due"), id="pay: too much"),
        pytest.param("pay-affiliate", {"affiliate_id": 3, "amount": "1.005"}, ("amount", "not_minor_unit"), id="pay: too fine"),
        pytest.param("pay-affiliate", {"affiliate_id": 3, "amount": "0"}, ("amount", "bad_value"), id="pay: nothing"),
        pytest.param("pay-affiliate", {"affiliate_id": 3, "gateway": "bank"}, ("gateway", "no_transaction"), id="pay: gateway of credit"),
        pytest.param("record-commissions", {"affiliate_id": 9}, ("affiliate_id", "unknown_affiliate"), id="due: nobody"),
        pytest.param("record-commissions", {"until_on": "2027-01-01"}, ("until_on", "in_future"), id="due: to come"),
        pytest.param("edit-affiliate", {"affiliate_id": 1}, ("", "nothing_given"), id="edit: nothing"),
        pytest.param("edit-affiliate", {"affiliate_id": 9, "pay_amount": 1}, ("affiliate_id", "unknown_affiliate"), id="edit: nobody"),
        pytest.param("edit-affiliate", {"affiliate_id": 1, "pay_amount": 101}, ("pay_amount", "above_hundred"), id="edit: more than all"),
        pytest.param("edit-affiliate", {"affiliate_id": 3, "pay_amount": "1.001"}, ("pay_amount", "not_minor_unit"), id="edit: too fine"),
        pytest.param("remove-referral", {"referral_id": 9}, ("referral_id", "unknown_referral"), id="referral: none"),
    ],
)  # fmt: skip
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(base(), rule(name), [row])] == [problem]


def test_a_referral_that_earned_stays():
    """Only referrals without commission are taken back."""
    of = base()
    write(of, plan(record_commissions, RecordCommissions, of, [{"affiliate_id": 1}]))
    found = problems_of(of, rule("remove-referral"), [{"referral_id": 1}, {"referral_id": 2}])
    assert [(p.row, p.code) for p in found] == [(1, "has_commissions")]


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(make_affiliate, MakeAffiliate, [GOOD, {"client_id": 3, "pay_kind": "fixed", "pay_amount": 100}], id="make"),
        pytest.param(edit_affiliate, EditAffiliate, [{"affiliate_id": 1, "pay_amount": 20}, {"affiliate_id": 1, "is_one_time": "yes"}, {"affiliate_id": 1, "pay_amount": 30}], id="edit"),
        pytest.param(record_referral, RecordReferral, [{"affiliate_id": 1, "service_id": 5}, {"affiliate_id": 2, "service_id": 4}], id="refer"),
        pytest.param(record_commissions, RecordCommissions, [{"affiliate_id": 2, "until_on": "2026-11-01"}, {"until_on": "2026-11-03"}, {"affiliate_id": 1}, {}], id="due"),
        pytest.param(pay_affiliate, PayAffiliate, [{"affiliate_id": 3, "amount": 2}], id="pay"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, base, rows)
