"""Rules of orders: enter them, accept them, cancel them."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.orders.add import AddOrder, add_order
from tests.builders import EUR, JPY, TODAY, money, plan, tables
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    everything,
    figures,
    problems,
    rows,
    tried_out,
    warnings,
)

PRODUCT = {"client_id": 1, "product_id": 1}


def book(**more):
    return tables(**{
        "tax_rates": [{"id": 1, "level": 1, "name": "VAT", "country": "DE", "rate": 19}],
        "groups": [{"id": 1, "name": "Resellers", "discount_percent": 10}],
        "clients": [{"id": 1, "country": "DE", "credit_balance": 5}, {"id": 2, "currency_id": JPY, "status": "Closed"}, {"id": 3, "group_id": 1}],
        "credit_entries": [{"id": 1, "client_id": 1, "amount": 5}],
        "products": [{"id": 1}, {"id": 2, "name": "Old", "is_retired": True}],
        "product_prices": [
            {"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10, "setup_fee": 5},
            {"id": 2, "product_id": 1, "currency_id": EUR, "billing_cycle": "one time", "amount": 70},
            {"id": 3, "product_id": 1, "currency_id": JPY, "billing_cycle": "monthly", "amount": 1601},
        ],
        "services": [{"id": 4, "client_id": 1, "status": "Active"}, {"id": 5, "client_id": 3, "status": "Terminated"}],
        "domains": [{"id": 1, "client_id": 1, "name": "Ada.example", "status": "Active"}],
        "promotions": [
            {"id": 1, "code": "TEN", "kind": "percent", "value": 10, "is_recurring": True},
            {"id": 2, "code": "TWENTY", "kind": "fixed", "value": 20},
            {"id": 3, "code": "SEVEN", "kind": "price", "value": 7, "is_recurring": True},
            {"id": 4, "code": "NOSETUP", "kind": "free setup"},
            {"id": 5, "code": "LATE", "kind": "percent", "value": 5, "expires_on": date(2026, 11, 19)},
            {"id": 6, "code": "EARLY", "kind": "percent", "value": 5, "starts_on": date(2026, 11, 21)},
            {"id": 7, "code": "USED", "kind": "percent", "value": 5, "max_uses": 2, "uses": 2},
            {"id": 8, "code": "ONCE", "kind": "percent", "value": 5, "max_uses": 1, "expires_on": TODAY, "starts_on": TODAY},
            {"id": 9, "code": "THREE", "kind": "percent", "value": 5, "is_recurring": True, "recur_for": 3},
        ],
        "orders": [{"id": 1, "client_id": 1, "amount": 10}, {"id": 2, "client_id": 1, "status": "Active"}],
        **more,
    })  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "items", "amount"),
    [
        # setup fee, first payment, discount, recurring amount
        pytest.param([PRODUCT], [(5, 10, 0, 10)], 15, id="the product's price"),
        pytest.param([{**PRODUCT, "quantity": 3}], [(15, 30, 0, 30)], 45, id="times the quantity"),
        pytest.param([{**PRODUCT, "amount": 1, "setup_fee": 0, "recurring_amount": 8}], [(0, 1, 0, 8)], 1, id="prices of one's own"),
        pytest.param([{**PRODUCT, "billing_cycle": "one time"}], [(0, 70, 0, 0)], 70, id="one time"),
        pytest.param([{**PRODUCT, "billing_cycle": "free"}], [(0, 0, 0, 0)], 0, id="free"),
        pytest.param([{**PRODUCT, "client_id": 2}], [(0, 1601, 0, 1601)], 1601, id="yen"),
        pytest.param([{**PRODUCT, "client_id": 3}], [(5, 10, "1.50", 10)], "13.50", id="the group's discount"),
        pytest.param([{**PRODUCT, "promotion_code": "ten"}], [(5, 10, 1, 9)], 14, id="percent, every cycle"),
        pytest.param([{**PRODUCT, "client_id": 2, "promotion_code": "TEN"}], [(0, 1601, 160, 1441)], 1441, id="percent of yen"),
        pytest.param([{**PRODUCT, "client_id": 3, "promotion_code": "TEN"}], [(5, 10, "2.40", 9)], "12.60", id="percent, then the group's"),
        pytest.param([{**PRODUCT, "promotion_code": "TWENTY"}], [(5, 10, 15, 10)], 0, id="fixed, not below nothing"),
        pytest.param([{**PRODUCT, "promotion_code": "TWENTY", "order": "a"}, {**PRODUCT, "order": "a"}], [(5, 10, 15, 10), (5, 10, 5, 10)], 10, id="fixed, over two items"),
        pytest.param([{**PRODUCT, "client_id": 2, "promotion_code": "TWENTY"}], [(0, 1601, 1601, 1601)], 0, id="fixed, in the client's currency"),
        pytest.param([{**PRODUCT, "promotion_code": "SEVEN"}], [(5, 10, 3, 7)], 12, id="a price instead"),
        pytest.param([{**PRODUCT, "promotion_code": "NOSETUP"}], [(5, 10, 5, 10)], 10, id="without set-up"),
        pytest.param([{**PRODUCT, "promotion_code": "THREE"}], [(5, 10, "0.50", 10)], "14.50", id="for some cycles: the first payment"),
        pytest.param([{"client_id": 1, "kind": "domain", "name": "b.example", "recurring_amount": 12, "amount": 3}], [(0, 3, 0, 12)], 3, id="a domain"),
        pytest.param([{"client_id": 1, "kind": "addon", "service_id": 4, "name": "IP", "recurring_amount": 2}], [(0, 2, 0, 2)], 2, id="an add-on"),
    ],
)  # fmt: skip
def test_prices_and_promotions(asked, items, amount):
    """Prices come from the product where they are not given; promotion and group take off what they promise."""
    result = apply(book(), "add-order", *asked)
    found = [
        (i["setup_fee"], i["amount"], i["discount"], i["recurring_amount"])
        for i in result.rows("order_items", "insert")
    ]
    assert found == [tuple(map(money, item)) for item in items]
    [order] = result.rows("orders", "insert")
    assert (order["amount"], order["status"], order["client_id"]) == (money(amount), "Pending", asked[0]["client_id"])


ORDER = [
    {**PRODUCT, "name": "new.example", "promotion_code": "TEN", "order": "a"},
    {"kind": "addon", "name": "Backup", "recurring_amount": 3, "order": "a"},
    {"kind": "domain", "name": "Müller.example", "recurring_amount": 12, "registration_period": 2, "order": "a"},
]


def test_accepting_creates_everything_once():
    """Service, add-on, domain and one invoice with tax and credit; nothing is billed again before the next cycle."""
    here = book(orders=[])
    apply(here, "add-order", *ORDER)
    assert warnings(here, "accept-order", {"order_id": 1}) == []
    apply(here, "accept-order", {"order_id": 1, "started_on": "2026-11-30"})
    assert rows(here, "select id, order_id, domain, first_amount, recurring_amount, registered_on, next_due_on, billing_day, status, promotion_id from services where id > 5") == [
        (6, 1, "new.example", money(14), money(9), date(2026, 11, 30), date(2026, 12, 30), 30, "Active", 1),
    ]  # fmt: skip
    assert rows(here, "select service_id, name, recurring_amount, next_due_on from addons") == [
        (6, "Backup", money("2.70"), date(2026, 12, 30))
    ]
    assert rows(here, "select name, registration_period, expires_on, next_due_on, status from domains where id > 1") == [
        ("xn--mller-kva.example", 2, date(2028, 11, 30), date(2028, 11, 30), "Active"),
    ]  # fmt: skip
    # 14.00 + 2.70 + 10.80, each with 19 % tax
    assert rows(here, "select total, credit_applied, status, due_on from invoices") == [
        (money("32.72"), money(5), "Unpaid", date(2026, 11, 30))
    ]
    assert rows(here, "select service_id, addon_id, domain_id from order_items order by id") == [
        (6, None, None),
        (6, 1, None),
        (None, None, 2),
    ]
    assert rows(here, "select status, invoice_id from orders") == [("Active", 1)]
    apply(here, "generate-invoices", {"until_on": "2026-12-29"})
    assert rows(here, "select count(*) from invoices") == [(1,)]
    apply(here, "generate-invoices", {"until_on": "2026-12-30"})
    assert rows(here, "select amount from invoice_items where invoice_id = 2 order by id") == [
        (money(9),),
        (money("2.70"),),
    ]


def test_cancelling_undoes_cleanly():
    """What came of the order ends, its invoice is owed no more, the credit and the use of the promotion are back."""
    here = book(orders=[])
    before = figures(here)
    apply(here, "add-order", *ORDER)
    assert rows(here, "select uses from promotions where id = 1") == [(1,)]
    apply(here, "accept-order", {"order_id": 1})
    apply(here, "change-service", {"service_id": 6, "recurring_amount": 1, "effective": "at renewal"})
    apply(here, "cancel-order", {"order_id": 1})
    assert figures(here) == before
    assert (
        rows(
            here,
            "select status, terminated_on from services where id = 6 union all select status, terminated_on from addons",
        )
        == [("Cancelled", TODAY)] * 2
    )
    assert rows(here, "select status, auto_renew from domains where id = 2") == [("Cancelled", False)]
    assert rows(here, "select status, credit_applied from invoices") == [("Cancelled", money(0))]
    assert rows(here, "select status from orders union all select status from service_changes") == [("Cancelled",)] * 2
    assert rows(here, "select uses from promotions where id = 1") == [(0,)]
    assert problems(here, "cancel-order", {"order_id": 1}) == [(1, "order_id", "is_cancelled")]


def test_fraud():
    """A pending order is marked as fraud, and cannot be accepted any more."""
    here = book(orders=[])
    apply(here, "add-order", *ORDER)
    apply(here, "mark-order-fraud", {"order_id": 1})
    assert rows(here, "select status from orders") == [("Fraud",)]
    assert problems(here, "accept-order", {"order_id": 1}) == [(1, "order_id", "not_pending")]
    assert problems(here, "mark-order-fraud", {"order_id": 1}) == [(1, "order_id", "is_fraud")]


def test_an_order_that_was_paid_is_not_cancelled():
    """Money that came in is refunded first; an invoice that credit paid is cancelled, and the credit is back."""
    here = book(orders=[])
    apply(here, "add-order", {**PRODUCT, "amount": 1, "setup_fee": 0, "order": "a"}, {**PRODUCT, "order": "b"})
    apply(here, "accept-order", {"order_id": 1}, {"order_id": 2})
    assert rows(here, "select status from invoices order by id") == [("Paid",), ("Unpaid",)]
    apply(here, "record-payment", {"client_id": 1, "amount": 1, "invoice_ids": "2", "gateway": "cash"})
    assert problems(here, "cancel-order", {"order_id": 1}, {"order_id": 2}) == [(2, "order_id", "has_payments")]
    apply(here, "cancel-order", {"order_id": 1})
    assert rows(here, "select status from invoices order by id") == [("Cancelled",), ("Unpaid",)]


def test_what_an_order_brought_already_is_activated():
    """An order from elsewhere that has its service and invoice is accepted without a second one."""
    here = book(
        services=[{"id": 4, "client_id": 1, "status": "Pending", "order_id": 1}],
        orders=[{"id": 1, "client_id": 1, "invoice_id": 1}],
        order_items=[{"id": 1, "order_id": 1, "kind": "product", "product_id": 1, "service_id": 4, "amount": 10}],
        invoices=[{"id": 1, "client_id": 1, "total": 10, "subtotal": 10}],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 10}],
    )
    apply(here, "accept-order", {"order_id": 1})
    assert rows(here, "select id, status from services") == [(4, "Active")]
    assert rows(here, "select status, invoice_id from orders") == [("Active", 1)]
    assert rows(here, "select count(*) from invoices") == [(1,)]


def test_items_are_added_to_a_pending_order():
    """An add-on that comes later is for the product of the order; the order's promotion and amount go with it."""
    here = book(orders=[])
    apply(here, "add-order", {**PRODUCT, "promotion_code": "TEN"})
    apply(here, "add-order", {"order_id": 1, "kind": "addon", "name": "Backup", "recurring_amount": 3})
    assert rows(here, "select kind, discount, for_item_id from order_items order by id") == [
        ("product", money(1), None),
        ("addon", money("0.30"), 1),
    ]
    assert rows(here, "select amount from orders") == [(money("16.70"),)]
    assert rows(here, "select uses from promotions where id = 1") == [(1,)]


BAD = [
    ({"client_id": None}, "client_id", "missing", "say who orders"),
    ({"client_id": 9, "recurring_amount": 1}, "client_id", "unknown_client", "there is no client 9"),
    ({"client_id": 3, "order": "first"}, "client_id", "differs", "differs from 1 in row 1"),
    ({"kind": "server"}, "kind", "bad_value", "must be one of"),
    ({"product_id": None}, "product_id", "missing", "say which product"),
    ({"product_id": 9, "recurring_amount": 1}, "product_id", "unknown_product", "there is no product 9"),
    ({"service_id": 4}, "service_id", "not_for_kind", "leave it empty"),
    ({"registration_period": 2}, "registration_period", "not_for_kind", "not for a product"),
    ({"name": "no domain"}, "name", "bad_value", "contains a blank"),
    ({"billing_cycle": "weekly"}, "billing_cycle", "bad_value", "must be one of"),
    ({"billing_cycle": "annually"}, "recurring_amount", "no_price", "has no annually price in EUR"),
    ({"billing_cycle": "free", "setup_fee": 5}, "setup_fee", "free_costs", "choose another one"),
    ({"billing_cycle": "one time", "recurring_amount": 5}, "recurring_amount", "one_time_recurs", "no later cycle"),
    ({"quantity": 0}, "quantity", "bad_value", "must be more than 0"),
    ({"amount": "0.001"}, "amount", "not_minor_unit", "finer than EUR"),
    ({"client_id": 2, "setup_fee": "0.5"}, "setup_fee", "not_minor_unit", "finer than JPY"),
    ({"recurring_amount": "-1"}, "recurring_amount", "bad_value", "must be at least 0"),
    ({"amount": "99999999999999", "setup_fee": "99999999999999"}, "amount", "too_large", "more than can be kept"),
    ({"promotion_code": "NONE"}, "promotion_code", "unknown_promotion", "there is no promotion NONE"),
    ({"promotion_code": "LATE"}, "promotion_code", "not_valid", "held until 2026-11-19"),
    ({"promotion_code": "EARLY"}, "promotion_code", "not_valid", "holds from 2026-11-21 on"),
    ({"promotion_code": "USED"}, "promotion_code", "not_valid", "was used 2 times"),
    ({"kind": "addon", "product_id": None, "recurring_amount": 1, "service_id": 4}, "name", "missing", "what the add-on is called"),
    ({"kind": "addon", "product_id": None, "recurring_amount": 1, "name": "x", "order": None}, "service_id", "no_service", "behind a product"),
    ({"kind": "addon", "product_id": None, "recurring_amount": 1, "name": "x", "service_id": 5}, "service_id", "not_clients", "client 1 has no service 5"),
    ({"kind": "addon", "product_id": None, "recurring_amount": 1, "name": "x", "service_id": 5, "client_id": 3}, "service_id", "service_ended", "is Terminated"),
    ({"kind": "domain", "product_id": None, "recurring_amount": 1}, "name", "missing", "what the domain is called"),
    ({"kind": "domain", "product_id": None, "recurring_amount": 1, "name": "ada.example"}, "name", "name_taken", "domain 1 already"),
    ({"kind": "domain", "product_id": None, "name": "c.example"}, "recurring_amount", "no_price", "say what it costs"),
    ({"kind": "domain", "product_id": None, "recurring_amount": 1, "name": "d.example", "billing_cycle": "monthly"}, "billing_cycle", "not_for_kind", "not for a domain"),
    ({"kind": "domain", "product_id": None, "recurring_amount": 1, "name": "e.example", "registration_period": 11}, "registration_period", "bad_value", "at most 10"),
    ({"client_id": None, "order_id": 9}, "order_id", "unknown_order", "there is no order 9"),
    ({"client_id": None, "order_id": 2}, "order_id", "not_pending", "is Active"),
    ({"order_id": 1, "order": "key"}, "order", "order_and_key", "give either"),
    ({"order_id": 1, "promotion_code": "TEN"}, "promotion_code", "promotion_fixed", "keeps its own"),
    ({"client_id": 3, "order_id": 1}, "client_id", "not_clients", "is not one of client 3"),
]  # fmt: skip


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    cases = [(wrong, field, code, words) for wrong, field, code, words in BAD]
    assert_each_is_named(book(), "add-order", {**PRODUCT, "order": "first"}, [
        ({"order": None, **wrong}, field, code, words) for wrong, field, code, words in cases
    ])  # fmt: skip


def test_a_promotion_is_used_no_more_often_than_it_may_be():
    """The uses of one table count one after the other."""
    asked = [{**PRODUCT, "promotion_code": "ONCE"}] * 2
    assert problems(book(), "add-order", *asked) == [(2, "promotion_code", "not_valid")]


def test_what_cannot_be_accepted():
    """Unknown, the same twice, not pending, empty, and names that were registered meanwhile, are named together."""
    here = book()
    apply(here, "add-order", *ORDER, {"client_id": 1, "kind": "domain", "name": "two.example", "recurring_amount": 1})
    apply(here, "add-domain", {"client_id": 3, "name": "two.example", "recurring_amount": 1})
    asked = [{"order_id": n} for n in (99, 1, 2, 3, 3, 4)]
    assert problems(here, "accept-order", *asked) == [
        (1, "order_id", "unknown_order"), (2, "order_id", "no_items"), (3, "order_id", "not_pending"), (5, "order_id", "twice"),
        (6, "order_id", "name_taken"),
    ]  # fmt: skip
    assert problems(here, "accept-order", {"order_id": 3, "started_on": "2029-01-01"}) == [
        (1, "started_on", "implausible_date")
    ]
    assert problems(here, "cancel-order", {"order_id": 99}, {"order_id": 3}, {"order_id": 3}) == [
        (1, "order_id", "unknown_order"), (3, "order_id", "twice"),
    ]  # fmt: skip


def test_warnings():
    """A closed client, a product that is not sold any more and a promotion for some cycles are told."""
    assert warnings(book(), "add-order", {**PRODUCT, "client_id": 2}) == [(1, "closed_client")]
    assert warnings(book(), "add-order", {**PRODUCT, "product_id": 2, "recurring_amount": 1}) == [
        (1, "retired_product")
    ]
    assert warnings(book(), "add-order", {**PRODUCT, "promotion_code": "THREE"}) == [(1, "recurs_limited")]
    assert plan(add_order, AddOrder, book(), [PRODUCT]).summary == (
        ("Basic hosting", "EUR 15.00, then EUR 10.00 monthly"),
        ("Due when accepted", "EUR 15.00, without tax or with it as the settings say"),
    )


ITEM = st.fixed_dictionaries(
    {"client_id": st.sampled_from([1, 3]), "product_id": st.just(1), "order": st.sampled_from(["a", "b", "c"])},
    optional={"promotion_code": st.sampled_from(["TEN", "TWENTY"]), "amount": st.integers(0, 90), "quantity": st.integers(1, 3)},
)  # fmt: skip


@settings(max_examples=3, deadline=None)
@given(st.lists(ITEM, min_size=1, max_size=5))
def test_many_orders_are_one_by_one(asked):
    """Law: a table of orders does what the orders do one after another, entered and accepted; no item costs less than nothing."""
    here = book(
        orders=[], credit_entries=[], clients=[{"id": 1}, {"id": 3, "group_id": 1, "country": "DE"}], services=[]
    )
    assert_one_table_is_one_by_one(here, "add-order", asked, group=lambda row: row["order"])
    with tried_out(here):
        accepted = [row for row in asked if row == next(r for r in asked if r["order"] == row["order"])]
        apply(here, "add-order", *[{k: v for k, v in row.items() if k != "order"} for row in accepted])
        assert all(
            discount <= due for discount, due in rows(here, "select discount, amount + setup_fee from order_items")
        )
        total = rows(here, "select sum(amount) from orders")
        numbers = [{"order_id": n + 1} for n in range(len(accepted))]
        apply(here, "accept-order", *numbers)
        assert rows(here, "select coalesce(sum(subtotal), 0) from invoices") == total
        together = everything(here)
    with tried_out(here):
        for row in accepted:
            apply(here, "add-order", {k: v for k, v in row.items() if k != "order"})
        for number in numbers:
            apply(here, "accept-order", number)
        assert everything(here) == together
