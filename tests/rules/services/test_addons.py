"""Rules of add-ons."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.services.addons import AddAddon, EditAddon, add_addon, edit_addon
from tests.builders import JPY, TODAY, money, plan, tables
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import apply, rows, warnings
from tests.rules.sequences import assert_one_by_one_is_same

GOOD = {"service_id": 1, "name": "Daily backup", "recurring_amount": 2}


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2, "currency_id": JPY}],
        services=[
            {"id": 1, "client_id": 1, "status": "Active", "domain": "ada.example"},
            {"id": 2, "client_id": 2, "status": "Terminated", "billing_cycle": "annually"},
        ],
        addons=[
            {"id": 3, "service_id": 1, "name": "Own address", "status": "Active", "recurring_amount": 1,
             "registered_on": date(2026, 1, 1), "next_due_on": date(2026, 12, 1)},
            {"id": 4, "service_id": 2, "name": "Mail", "status": "Terminated", "terminated_on": date(2026, 2, 1)},
        ],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "first", "recurring", "cycle", "due"),
    [
        pytest.param(GOOD, 2, 2, "monthly", TODAY, id="the service's cycle, due as it begins"),
        pytest.param({**GOOD, "service_id": 2}, 2, 2, "annually", TODAY, id="another service's cycle"),
        pytest.param({**GOOD, "setup_fee": "1.50"}, "3.50", 2, "monthly", TODAY, id="with set-up at first"),
        pytest.param({**GOOD, "first_amount": 1, "setup_fee": 5}, 1, 2, "monthly", TODAY, id="a first payment of its own"),
        pytest.param({**GOOD, "billing_cycle": "free", "recurring_amount": None}, 0, 0, "free", None, id="free"),
        pytest.param({**GOOD, "billing_cycle": "one time", "recurring_amount": None, "setup_fee": 9}, 9, 0, "one time", TODAY, id="one time"),
        pytest.param({**GOOD, "registered_on": "2026-08-31"}, 2, 2, "monthly", date(2026, 11, 30), id="began earlier, month end"),
    ],
)  # fmt: skip
def test_amounts_and_dates_that_are_not_given(asked, first, recurring, cycle, due):
    """Cycle, first payment and due date follow from the rest."""
    asked = {k: v for k, v in asked.items() if v is not None}
    [added] = plan(add_addon, AddAddon, book(), [asked]).rows("addons", "insert")
    assert (added["first_amount"], added["recurring_amount"], added["billing_cycle"], added["next_due_on"]) == (
        money(first), money(recurring), cycle, due,
    )  # fmt: skip


def test_generation_bills_an_add_on_beside_its_service():
    """The first invoice has the set-up fee, the second has not."""
    here = book()
    apply(here, "add-addon", {**GOOD, "setup_fee": 5})
    apply(here, "generate-invoices", {"until_on": "2026-12-20"})
    assert rows(here, "select description, amount from invoice_items order by id") == [
        ("Daily backup - ada.example (2026-11-20 - 2026-12-19)", Decimal(7)),
        ("Own address - ada.example (2026-12-01 - 2026-12-31)", Decimal(1)),
        ("Daily backup - ada.example (2026-12-20 - 2027-01-19)", Decimal(2)),
    ]


BAD = [
    ({"service_id": None}, "service_id", "missing", "is missing"),
    ({"service_id": 9, "billing_cycle": "monthly"}, "service_id", "unknown_service", "there is no service 9"),
    ({"service_id": "one"}, "service_id", "unknown_name", "finds no"),
    ({"name": None}, "name", "missing", "is missing"),
    ({"name": "two\nlines"}, "name", "bad_value", "contains a line break"),
    ({"billing_cycle": "daily"}, "billing_cycle", "bad_value", "must be one of"),
    ({"recurring_amount": None}, "recurring_amount", "no_price", "say what a cycle costs"),
    ({"recurring_amount": None, "billing_cycle": "one time"}, "first_amount", "no_price", "say what it costs"),
    ({"recurring_amount": "2,50"}, "recurring_amount", "bad_value", "write it like 12.50"),
    ({"recurring_amount": "2.505"}, "recurring_amount", "not_minor_unit", "finer than EUR"),
    ({"recurring_amount": -2}, "recurring_amount", "bad_value", "must be at least 0"),
    ({"service_id": 2, "setup_fee": "0.1"}, "setup_fee", "not_minor_unit", "finer than JPY"),
    ({"setup_fee": "-0.01"}, "setup_fee", "bad_value", "must be at least 0"),
    ({"first_amount": "0.001"}, "first_amount", "not_minor_unit", "finer than EUR"),
    ({"recurring_amount": "99999999999999", "setup_fee": "1"}, "first_amount", "too_large", "more than can be kept"),
    ({"billing_cycle": "free"}, "recurring_amount", "free_costs", "choose a cycle"),
    ({"billing_cycle": "free", "recurring_amount": None, "setup_fee": 1}, "setup_fee", "free_costs", "choose a cycle"),
    ({"billing_cycle": "one time", "first_amount": 1}, "recurring_amount", "one_time_recurs", "no later cycle"),
    ({"quantity": "many"}, "quantity", "bad_value", "is not a whole number"),
    ({"is_taxed": "perhaps"}, "is_taxed", "bad_value", "must be yes or no"),
    ({"next_due_on": "2026-11-01"}, "next_due_on", "due_before_start", "before it begins"),
    ({"registered_on": "1984-12-31"}, "registered_on", "implausible_date", "from 1985-01-01"),
    ({"registered_on": "31/31/2026"}, "registered_on", "bad_value", "is not a date"),
    ({"status": "Live"}, "status", "bad_value", "must be one of"),
    ({"terminated_on": "2026-11-20"}, "terminated_on", "not_ended", "Terminated, Cancelled or Fraud"),
    ({"billing_day": 40}, "billing_day", "bad_value", "must be at most 31"),
]


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    assert_each_is_named(book(), "add-addon", GOOD, BAD)


def test_warnings():
    """An add-on of what ended is not invoiced, and one of the same name may be the same."""
    assert warnings(book(), "add-addon", {**GOOD, "service_id": 2}) == [(1, "service_ended")]
    assert warnings(book(), "add-addon", {**GOOD, "name": "own address"}) == [(1, "likely_duplicate")]
    assert warnings(book(), "add-addon", {**GOOD, "registered_on": "2026-11-01"}) == [(1, "not_billed")]
    assert warnings(book(), "add-addon", GOOD) == []


def test_edit():
    """Only what is given changes; an end is dated, and taken back with it."""
    asked = [
        {"addon_id": 3, "recurring_amount": "1.25", "status": "Cancelled"},
        {"addon_id": 4, "status": "Active", "clear": "notes"},
    ]
    changed = plan(edit_addon, EditAddon, book(), asked).rows("addons", "update")
    assert [(row["recurring_amount"], row["status"], row["terminated_on"]) for row in changed] == [
        (money("1.25"), "Cancelled", TODAY), (money(0), "Active", None),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "field", "code"),
    [
        pytest.param({"addon_id": 9, "name": "x"}, "addon_id", "unknown_addon", id="no add-on"),
        pytest.param({"addon_id": 3}, "", "nothing_given", id="nothing given"),
        pytest.param({"addon_id": 3, "clear": "name"}, "clear", "not_clearable", id="a name stays"),
        pytest.param({"addon_id": 3, "setup_fee": "0.001"}, "setup_fee", "not_minor_unit", id="too fine"),
        pytest.param({"addon_id": 3, "next_due_on": "2025-12-31"}, "next_due_on", "due_before_start", id="due before it begins"),
        pytest.param({"addon_id": 3, "billing_cycle": "free"}, "recurring_amount", "free_costs", id="free, with a price"),
        pytest.param({"addon_id": 3, "terminated_on": "2026-02-01"}, "terminated_on", "not_ended", id="an end of what runs"),
    ],
)  # fmt: skip
def test_edits_that_are_refused(asked, field, code):
    """A request that cannot be done is named by its row, field and code."""
    found = plan(edit_addon, EditAddon, book(), [asked]).problem_list()
    assert [(p.row, p.field, p.code) for p in found] == [(1, field, code)]


@settings(max_examples=3, deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({
            "service_id": st.sampled_from([1, 2]), "name": st.sampled_from(["a", "b"]), "recurring_amount": st.integers(0, 99),
            "setup_fee": st.integers(0, 9), "registered_on": st.dates(date(2024, 1, 1), date(2027, 1, 1)),
        }),
        min_size=1, max_size=3,
    ),
    st.lists(
        st.fixed_dictionaries({"addon_id": st.sampled_from([3, 4]), "status": st.sampled_from(["Active", "Terminated", "Fraud"])}),
        min_size=1, max_size=3,
    ),
)  # fmt: skip
def test_many_are_one_by_one(added, edited):
    """Law: a table of n requests leaves what n tables of one leave."""
    assert_one_by_one_is_same(add_addon, AddAddon, book, added)
    assert_one_by_one_is_same(edit_addon, EditAddon, book, edited)
