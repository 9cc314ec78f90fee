"""Draft invoices are changed until they are issued: their terms and their items."""

from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.builders import money, tables
from tests.long_forms import examples
from tests.rules.bad_inputs import all_problems as problems_of
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import (
    apply,
    assert_one_table_is_one_by_one,
    days,
    invoice,
    planned,
    problems,
    rows,
    warnings,
)

VAT = [{"id": 1, "level": 1, "name": "VAT", "country": "DE", "rate": 19}]
ISSUED = ("Unpaid", "Paid", "Collections", "Refunded", "Written off", "Cancelled")


def drafted(*, issued=False, **more):
    """A draft of one taxed item of 10 for client 1 of Germany, what clients 1 and 2 have; an invoice of each other status."""
    statuses = list(enumerate(ISSUED, 2)) if issued else [(2, "Unpaid")]
    return tables(**{
        "clients": [{"id": 1, "country": "DE"}, {"id": 2}], "tax_rates": VAT,
        "services": [{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        "domains": [{"id": 2, "client_id": 2}], "addons": [{"id": 2, "service_id": 2}],
        "invoices": [
            invoice(1, total="11.90", subtotal="10", tax1="1.90", tax_rate1=19, status="Draft", issued_on=None, due_on=days(14)),
            *(invoice(n, total="5", subtotal="5", status=status, number=f"R{n}") for n, status in statuses),
        ],
        "invoice_items": [
            {"id": 1, "invoice_id": 1, "description": "Work", "unit_price": 10, "amount": 10, "is_taxed": True, "tax1": "1.90"},
            *({"id": n, "invoice_id": n, "unit_price": 5, "amount": 5} for n, _ in statuses),
        ],
        **more,
    })  # fmt: skip


def test_an_item_comes_goes_and_changes():
    """The draft's totals follow its items, each taxed and rounded for itself."""
    book = drafted()
    apply(
        book,
        "add-invoice-item",
        {"invoice_id": 1, "description": "Trip", "unit_price": "0.33", "quantity": "1.5", "service_id": 1},
    )
    assert rows(book, "select subtotal, tax1, total, status from invoices where id = 1") == [
        (money("10.50"), money("2.00"), money("12.50"), "Draft")
    ]
    apply(
        book,
        "edit-invoice-item",
        {"invoice_item_id": 1, "unit_price": "20", "discount": "1", "quantity": 2},
        {"invoice_item_id": 1, "quantity": 3},
        {"invoice_item_id": 3, "is_taxed": "no", "clear": "service_id"},
    )
    assert rows(
        book,
        "select id, quantity, unit_price, discount, amount, is_taxed, tax1, service_id from invoice_items where invoice_id = 1 order by id",
    ) == [
        (1, money("3"), money("20"), money("1"), money("59"), True, money("11.21"), None),
        (3, money("1.5"), money("0.33"), money("0"), money("0.50"), False, money("0"), None),
    ]
    assert rows(book, "select subtotal, tax1, total from invoices where id = 1") == [
        (money("59.50"), money("11.21"), money("70.71"))
    ]
    apply(book, "remove-invoice-item", {"invoice_item_id": 1})
    assert rows(book, "select subtotal, tax1, total from invoices where id = 1") == [
        (money("0.50"), money("0"), money("0.50"))
    ]
    apply(book, "issue-invoice", {"invoice_id": 1})
    assert problems(book, "edit-invoice-item", {"invoice_item_id": 3, "quantity": 2}) == [(1, "invoice_item_id", "not_draft")]  # fmt: skip


def test_terms_change_and_are_emptied():
    """What is given changes, what is cleared is emptied, the rest stays, the total too."""
    book = drafted()
    apply(
        book,
        "edit-invoice",
        {"invoice_id": 1, "due_on": days(30), "number": "A-1", "notes": "Net"},
        {"invoice_id": 1, "payment_method": "card", "clear": "notes"},
    )
    assert rows(book, "select due_on, number, notes, payment_method, total from invoices where id = 1") == [
        (days(30), "A-1", None, "card", money("11.90")),
    ]  # fmt: skip


def test_tax_is_reckoned_anew_where_the_client_moved():
    """A draft keeps its tax while only its terms change; reckoned anew, it follows the address, and the preview says so."""
    book = drafted(clients=[{"id": 1, "country": "US"}, {"id": 2}])
    apply(book, "edit-invoice", {"invoice_id": 1, "notes": "Net"})
    assert rows(book, "select tax_rate1, total from invoices where id = 1") == [(money("19"), money("11.90"))]
    asked = {"invoice_id": 1, "reckon_tax": "yes"}
    assert warnings(book, "edit-invoice", asked) == [(1, "tax_changed")]
    apply(book, "edit-invoice", asked)
    assert rows(book, "select tax_rate1, tax1, total from invoices where id = 1") == [
        (money("0"), money("0"), money("10"))
    ]
    assert rows(book, "select tax1 from invoice_items where id = 1") == [(money("0"),)]


@pytest.mark.parametrize(("number", "status"), list(enumerate(ISSUED, 2)))
@pytest.mark.parametrize(
    ("rule", "request_"),
    [
        ("edit-invoice", lambda n: {"invoice_id": n, "notes": "x"}),
        ("add-invoice-item", lambda n: {"invoice_id": n, "description": "x", "unit_price": 1}),
        ("edit-invoice-item", lambda n: {"invoice_item_id": n, "quantity": 2}),
        ("remove-invoice-item", lambda n: {"invoice_item_id": n}),
    ],
)
def test_an_issued_invoice_refuses_and_says_what_to_do(rule, request_, number, status):
    """What was sent stays as it was sent; the sentence names the rule that is right instead."""
    found = [p for p in planned(drafted(issued=True), rule, [request_(number)]).problem_list() if p.code == "not_draft"]
    (problem,) = found
    assert f"is {status}" in problem.message
    assert ("create-invoice" if status == "Cancelled" else "issue-credit-note") in problem.message
    assert ("cancel-invoice" in problem.message) == (status in ("Unpaid", "Collections"))


GOOD_ITEM = {"invoice_id": 1, "description": "Work", "unit_price": "10"}
BAD_ITEMS = [
    ({"invoice_id": None}, "invoice_id", "missing", "missing"),
    ({"invoice_id": 99}, "invoice_id", "unknown_invoice", "no invoice 99"),
    ({"invoice_id": "x"}, "invoice_id", "unknown_name", "finds no"),
    ({"invoice_id": 2}, "invoice_id", "not_draft", "R2 is Unpaid"),
    ({"invoice_id": 7}, "invoice_id", "not_draft", "create-invoice"),
    ({"description": None}, "description", "missing", "missing"),
    ({"description": "x" * 20_001}, "description", "bad_value", "at most 20000 characters"),
    ({"unit_price": None}, "unit_price", "missing", "missing"),
    ({"unit_price": "ten"}, "unit_price", "bad_value", "write it like 12.50"),
    ({"unit_price": "1.23456"}, "unit_price", "bad_value", "4 decimals"),
    ({"unit_price": "1e30"}, "unit_price", "bad_value", "too large"),
    ({"unit_price": "99999999999999", "quantity": "99999999999999"}, "unit_price", "too_large", "more than can be kept"),
    ({"quantity": "0"}, "quantity", "bad_value", "more than 0"),
    ({"quantity": "-1"}, "quantity", "bad_value", "more than 0"),
    ({"quantity": "nan"}, "quantity", "bad_value", "not a number"),
    ({"discount": "-1"}, "discount", "bad_value", "at least 0"),
    ({"discount": "1.005"}, "discount", "not_minor_unit", "finer than EUR"),
    ({"is_taxed": "perhaps"}, "is_taxed", "bad_value", "yes or no"),
    ({"kind": "gift"}, "kind", "bad_value", "one of"),
    ({"service_id": 2}, "service_id", "not_clients", "client 1 has no service 2"),
    ({"service_id": 99}, "service_id", "not_clients", "no service 99"),
    ({"addon_id": 2}, "addon_id", "not_clients", "no add-on 2"),
    ({"domain_id": 2}, "domain_id", "not_clients", "no domain 2"),
    ({"period_from": "2026-02-30"}, "period_from", "bad_value", "2026-11-30"),
    ({"period_from": "2026-02-02", "period_to": "2026-02-01"}, "period_to", "period_order", "before period_from"),
]  # fmt: skip


def test_bad_items_are_refused_all_at_once():
    """Each bad item is named by row, field and reason."""
    assert_each_is_named(drafted(issued=True), "add-invoice-item", GOOD_ITEM, BAD_ITEMS)


@pytest.mark.parametrize(
    ("rule", "asked", "field", "code"),
    [
        pytest.param("edit-invoice", {"invoice_id": 1}, "", "nothing_given", id="nothing"),
        pytest.param("edit-invoice", {"invoice_id": 1, "clear": "total"}, "clear", "not_clearable", id="total cleared"),
        pytest.param("edit-invoice", {"invoice_id": 1, "number": "R2"}, "number", "number_taken", id="number of another"),
        pytest.param("edit-invoice", {"invoice_id": 9, "notes": "x"}, "invoice_id", "unknown_invoice", id="no such invoice"),
        pytest.param("edit-invoice-item", {"invoice_item_id": 9, "quantity": 1}, "invoice_item_id", "unknown_invoice_item", id="no such item"),
        pytest.param("edit-invoice-item", {"invoice_item_id": 1}, "", "nothing_given", id="item: nothing"),
        pytest.param("edit-invoice-item", {"invoice_item_id": 1, "unit_price": -1}, "unit_price", "negative_total", id="below nothing"),
        pytest.param("edit-invoice-item", {"invoice_item_id": 1, "service_id": 2}, "service_id", "not_clients", id="another's service"),
        pytest.param("remove-invoice-item", {"invoice_item_id": 9}, "invoice_item_id", "unknown_invoice_item", id="removes none"),
        pytest.param("remove-invoice-item", {"invoice_item_id": 1}, "invoice_item_id", "last_item", id="the last one"),
    ],
)  # fmt: skip
def test_refused(rule, asked, field, code):
    """What cannot be done is named by field and code."""
    assert problems(drafted(), rule, asked) == [(1, field, code)]


def test_one_fault_is_one_complaint():
    """A field that cannot be emptied, an item that is removed twice and a total below nothing are said once, and plainly."""
    cleared = problems_of(drafted(), "edit-invoice-item", [{"invoice_item_id": 1, "clear": "discount"}])
    assert [(p.field, p.code) for p in cleared] == [("clear", "not_clearable")]
    below = problems_of(drafted(), "edit-invoice-item", [{"invoice_item_id": 1, "unit_price": -1}])
    assert [p.message for p in below] == ["invoice 1 would come to EUR -1.19: it must not be below 0"]
    item = {"id": 99, "invoice_id": 1, "unit_price": 1, "amount": 1}
    book = drafted(invoice_items=[{"id": 1, "invoice_id": 1, "unit_price": 10, "amount": 10}, item])
    again = problems_of(book, "remove-invoice-item", [{"invoice_item_id": 99}, {"invoice_item_id": 99}])
    assert [(p.row, p.message) for p in again] == [(2, "there is no invoice_item 99 any more: row 1 removes it")]


def test_a_payment_for_a_draft_says_what_to_do():
    """Money for a draft is not set against it; the sentence says that it is issued first."""
    (found,) = problems_of(drafted(), "record-payment", [{"client_id": 1, "amount": 5, "invoice_ids": "1"}])
    assert (found.field, found.code) == ("invoice_ids", "not_open")
    assert "issue it first (issue-invoice)" in found.message


amounts = st.tuples(st.integers(-500, 3_000), st.integers(1, 40), st.integers(0, 300), st.booleans())


@settings(max_examples=examples(15), deadline=None)
@given(st.lists(amounts, min_size=1, max_size=5), st.data())
def test_a_draft_put_together_is_the_invoice_made_at_once(asked, data):
    """Law: items added, changed and removed one by one leave what create-invoice makes of the same items."""
    items = [
        {"description": f"Item {n}", "unit_price": str(Decimal(cents).scaleb(-2)), "quantity": str(Decimal(tenths) / 10),
         "discount": str(Decimal(off).scaleb(-2)), "is_taxed": taxed}
        for n, (cents, tenths, off, taxed) in enumerate(asked)
    ]  # fmt: skip
    items.append({"description": "Much", "unit_price": "1000", "quantity": "1", "discount": "0", "is_taxed": True})

    def new():
        return tables(clients=[{"id": 1, "country": "DE"}], tax_rates=VAT)

    at_once = new()
    apply(at_once, "create-invoice", *({"client_id": 1, "invoice": "a", "draft": True, **item} for item in items))
    by_hand = new()
    apply(by_hand, "create-invoice", {"client_id": 1, "description": "Not this", "unit_price": "1", "draft": True})
    apply(
        by_hand,
        "add-invoice-item",
        *({"invoice_id": 1, **items[-1], "description": f"Item {n}"} for n in range(len(items))),
    )
    changed = data.draw(st.permutations(range(len(items))))
    apply(by_hand, "edit-invoice-item", *({"invoice_item_id": 2 + n, **items[n]} for n in changed))
    apply(by_hand, "remove-invoice-item", {"invoice_item_id": 1})
    invoices = "select subtotal, tax1, total, tax_rate1, tax_mode, status from invoices"
    lines = "select description, quantity, unit_price, discount, is_taxed, amount, tax1 from invoice_items order by id"
    assert rows(by_hand, invoices) == rows(at_once, invoices)
    assert rows(by_hand, lines) == rows(at_once, lines)


def test_many_are_one_after_another():
    """Law: a table of n requests leaves what n tables of one leave."""
    for rule, asked in (
        ("edit-invoice", [{"invoice_id": 1, "notes": "a"}, {"invoice_id": 1, "notes": "b", "reckon_tax": "yes"}]),
        ("add-invoice-item", [{**GOOD_ITEM, "unit_price": n} for n in range(1, 5)]),
        ("edit-invoice-item", [{"invoice_item_id": 1, "quantity": 2}, {"invoice_item_id": 1, "unit_price": "3.33"}]),
    ):
        assert assert_one_table_is_one_by_one(drafted(), rule, asked, id) == len(asked)
