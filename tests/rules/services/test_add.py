"""Rules of hosting accounts: adding them."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rules
from clientops.rules.services.add import AddService, add_service
from clientops.rules.services.billing_cycles import CYCLES
from clientops.rules.services.options import parse_option_names, parse_options
from clientops.schema.requests import read_requests
from tests.builders import EUR, JPY, KWD, TODAY, money, plan, tables
from tests.long_forms import examples
from tests.rules.applying import apply_rule, every_row
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import apply, rows, warnings
from tests.rules.sequences import assert_one_by_one_is_same


def catalogue(**more):
    """Three clients of three currencies, and a product with prices in two of them."""
    return tables(**{
        "clients": [{"id": 1}, {"id": 2, "currency_id": JPY}, {"id": 3, "currency_id": KWD, "status": "Closed"}],
        "products": [{"id": 1}, {"id": 2, "name": "Old", "is_retired": True}],
        "product_prices": [
            {"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": 10, "setup_fee": 5},
            {"id": 2, "product_id": 1, "currency_id": EUR, "billing_cycle": "annually", "amount": 100},
            {"id": 3, "product_id": 1, "currency_id": EUR, "billing_cycle": "one time", "amount": 70, "setup_fee": 5},
            {"id": 4, "product_id": 1, "currency_id": JPY, "billing_cycle": "monthly", "amount": 1600},
        ],
        "servers": [{"id": 1, "name": "s1"}],
        "services": [{"id": 4, "client_id": 1, "status": "Active", "server_id": 1, "username": "ada", "domain": "ada.example"},
                     {"id": 3, "client_id": 1, "status": "Terminated", "domain": "gone.example"}],
        **more,
    })  # fmt: skip


BASIC = {"client_id": 1, "product_id": 1}


@pytest.mark.parametrize(
    ("asked", "first", "recurring", "due"),
    [
        pytest.param(BASIC, "15", "10", TODAY, id="the product's price, with set-up at first"),
        pytest.param({**BASIC, "quantity": 3}, "45", "30", TODAY, id="times the quantity"),
        pytest.param({**BASIC, "billing_cycle": "annually"}, "100", "100", TODAY, id="of the cycle"),
        pytest.param({**BASIC, "client_id": 2}, "1600", "1600", TODAY, id="in the client's currency"),
        pytest.param({**BASIC, "recurring_amount": "8.50"}, "13.50", "8.50", TODAY, id="a price of one's own"),
        pytest.param({**BASIC, "first_amount": 0}, "0", "10", TODAY, id="nothing at first"),
        pytest.param({**BASIC, "options": "Disk=50 GB @ 2.50\nIP=v4 x 2 @ 1"}, "18.50", "13.50", TODAY, id="options cost"),
        pytest.param({**BASIC, "billing_cycle": "one time"}, "75", "0", TODAY, id="one time"),
        pytest.param({**BASIC, "billing_cycle": "free"}, "0", "0", None, id="free is never due"),
        pytest.param({**BASIC, "registered_on": "2027-01-31"}, "15", "10", date(2027, 1, 31), id="begins later"),
        pytest.param({**BASIC, "registered_on": "2024-01-31"}, "15", "10", date(2026, 11, 30), id="began earlier, month end"),
        pytest.param({**BASIC, "registered_on": "2024-02-29", "billing_cycle": "annually"}, "100", "100", date(2027, 2, 28),
                     id="began on 29 February"),
        pytest.param({**BASIC, "registered_on": "2026-10-20"}, "15", "10", TODAY, id="a cycle begins today"),
        pytest.param({**BASIC, "registered_on": "2026-10-21"}, "15", "10", date(2026, 11, 21), id="a cycle begins tomorrow"),
        pytest.param({**BASIC, "registered_on": "2026-01-01", "billing_cycle": "one time"}, "75", "0", None, id="one time, earlier"),
        pytest.param({**BASIC, "registered_on": "2026-01-01", "status": "Cancelled"}, "15", "10", None, id="ended"),
    ],
)  # fmt: skip
def test_amounts_and_dates_that_are_not_given(asked, first, recurring, due):
    """Amounts come from the product's prices, the first due date from the day it begins."""
    [added] = plan(add_service, AddService, catalogue(), [asked]).rows("services", "insert")
    assert (added["first_amount"], added["recurring_amount"], added["next_due_on"]) == (
        money(first),
        money(recurring),
        due,
    )


def test_a_service_as_entered():
    """Every field lands in its column, the domain name in its ASCII form, options in rows of their own."""
    asked = {
        "client_id": 1, "domain": "MÜLLER.example", "server_id": 1, "username": "mueller", "quantity": 2, "billing_cycle": "annually",
        "recurring_amount": 20, "first_amount": 25, "registered_on": "2026-01-31", "next_due_on": "2027-01-31", "billing_day": 31,
        "status": "Suspended", "options": "Disk space=50 GB x 2 @ 3.00; Backup=", "payment_method": "stripe",
        "dedicated_ip": "2001:DB8::7", "subscription_id": "sub_1", "notes": "By phone",
    }  # fmt: skip
    result = plan(add_service, AddService, catalogue(), [asked])
    [added] = result.rows("services", "insert")
    assert added == {
        "id": 5, "client_id": 1, "product_id": None, "server_id": 1, "domain": "xn--mller-kva.example", "username": "mueller",
        "billing_cycle": "annually", "quantity": 2, "first_amount": money(25), "recurring_amount": money(20),
        "registered_on": date(2026, 1, 31), "next_due_on": date(2027, 1, 31), "billing_day": 31, "status": "Suspended",
        "terminated_on": None, "completed_on": None, "payment_method": "stripe", "dedicated_ip": "2001:db8::7",
        "subscription_id": "sub_1", "notes": "By phone",
    }  # fmt: skip
    assert result.rows("service_options", "insert") == [
        {"id": 1, "service_id": 5, "name": "Disk space", "value": "50 GB", "quantity": 2, "recurring_amount": money(3)},
        {"id": 2, "service_id": 5, "name": "Backup", "value": None, "quantity": 1, "recurring_amount": money(0)},
    ]


def test_generation_bills_the_first_payment_then_the_cycles():
    """What begins today is invoiced with set-up at once, and without it a month later, month ends kept."""
    book = catalogue()
    apply(book, "add-service", {**BASIC, "registered_on": "2027-01-31"})
    apply(book, "generate-invoices", {"until_on": "2027-03-31", "client_id": 1}, today=date(2027, 1, 31))
    assert rows(book, "select due_on, total from invoices order by id") == [
        (date(2027, 1, 31), Decimal(15)), (date(2027, 2, 28), Decimal(10)), (date(2027, 3, 31), Decimal(10)),
    ]  # fmt: skip


def test_an_end_is_dated():
    """What is entered as ended ended today, or on the day that is given; what is completed was completed today."""
    asked = [{**BASIC, "status": "Terminated"}, {**BASIC, "status": "Fraud", "registered_on": "2026-01-01", "terminated_on": "2026-02-01"},
             {**BASIC, "status": "Completed"}]  # fmt: skip
    added = plan(add_service, AddService, catalogue(), asked).rows("services", "insert")
    assert [(row["terminated_on"], row["completed_on"]) for row in added] == [
        (TODAY, None), (date(2026, 2, 1), None), (None, TODAY),
    ]  # fmt: skip


BAD = [
    ({"client_id": None}, "client_id", "missing", "client_id is missing"),
    ({"client_id": 9, "recurring_amount": 1}, "client_id", "unknown_client", "there is no client 9"),
    ({"client_id": "Zoe"}, "client_id", "unknown_name", "finds no"),
    ({"product_id": 9, "recurring_amount": 1}, "product_id", "unknown_product", "there is no product 9"),
    ({"server_id": 9}, "server_id", "unknown_server", "there is no server 9"),
    ({"domain": "http://ada.example/"}, "domain", "bad_value", "write the name alone, like example.com"),
    ({"domain": "192.0.2.1"}, "domain", "bad_value", "is an IP address"),
    ({"domain": "-a.example"}, "domain", "bad_value", "letters, digits, and hyphens between them"),
    ({"domain": "localhost"}, "domain", "bad_value", "has no ending"),
    ({"username": "a b"}, "username", "bad_value", "letters, digits and"),
    ({"billing_cycle": "weekly"}, "billing_cycle", "bad_value", "must be one of 'free', 'one time', 'monthly'"),
    ({"billing_cycle": "quarterly"}, "recurring_amount", "no_price", "give the amount, or choose one of"),
    ({"product_id": None}, "recurring_amount", "no_price", "no product is given"),
    ({"quantity": 0}, "quantity", "bad_value", "must be more than 0"),
    ({"quantity": "1.5"}, "quantity", "bad_value", "is not a whole number"),
    ({"first_amount": "ten"}, "first_amount", "bad_value", "write it like 12.50"),
    ({"first_amount": "-1"}, "first_amount", "bad_value", "must be at least 0"),
    ({"recurring_amount": "10.005"}, "recurring_amount", "not_minor_unit", "finer than EUR has: at most 2 decimals"),
    ({"client_id": 2, "recurring_amount": "10.5"}, "recurring_amount", "not_minor_unit", "finer than JPY has: at most 0 decimals"),
    ({"client_id": 3, "recurring_amount": "1.0005"}, "recurring_amount", "not_minor_unit", "finer than KWD has: at most 3 decimals"),
    ({"first_amount": "99999999999999", "quantity": 1000000, "recurring_amount": "99999999999999", "options": "A=b @ 1.001"},
     "options", "not_minor_unit", "option A costs 1.001"),
    ({"billing_cycle": "free", "recurring_amount": 5}, "recurring_amount", "free_costs", "choose a cycle"),
    ({"billing_cycle": "free", "next_due_on": "2026-12-01"}, "next_due_on", "free_costs", "never due"),
    ({"billing_cycle": "one time", "recurring_amount": 5}, "recurring_amount", "one_time_recurs", "no later cycle"),
    ({"billing_cycle": "one time", "next_due_on": "2026-12-01"}, "next_due_on", "one_time_due", "due on the day it begins"),
    ({"next_due_on": "2026-11-19"}, "next_due_on", "due_before_start", "before it begins, on 2026-11-20"),
    ({"registered_on": "1976-11-20", "status": "Completed"}, "registered_on", "implausible_date", "from 1985-01-01 to 2066-11-20"),
    ({"registered_on": "2026-02-30"}, "registered_on", "bad_value", "write it like 2026-11-30"),
    ({"terminated_on": "2026-11-20"}, "terminated_on", "not_ended", "Terminated, Cancelled or Fraud"),
    ({"terminated_on": "2026-11-19", "status": "Cancelled"}, "terminated_on", "ended_before_start", "before it begins"),
    ({"status": "Paused"}, "status", "bad_value", "must be one of 'Pending', 'Active'"),
    ({"billing_day": 32}, "billing_day", "bad_value", "must be at most 31"),
    ({"dedicated_ip": "300.1.1.1"}, "dedicated_ip", "bad_value", "write it like 192.0.2.7"),
    ({"options": "Disk space"}, "options", "bad_value", "write it like Disk space=50 GB x 2 @ 3.00"),
    ({"options": "A=b; a=c"}, "options", "bad_value", "is there twice"),
    ({"options": "A=b @ 1.2.3"}, "options", "bad_value", "which is no amount"),
    ({"options": "A=b x 0"}, "options", "bad_value", "must be at least 1"),
    ({"options": "A=b @ 3,50"}, "options", "bad_value", "'A=b @ 3,50' is not understood; write it like"),
    ({"options": "A=b@3,50"}, "options", "bad_value", "is not understood"),
    ({"options": "A=b @ 3.50 EUR"}, "options", "bad_value", "is not understood"),
    ({"options": "A=b @ 3 x 2"}, "options", "bad_value", "is not understood"),
    ({"options": "A=b x 1.5"}, "options", "bad_value", "is not understood"),
    ({"options": "A=b x -2 @ 3"}, "options", "bad_value", "is not understood"),
    ({"quantity": 1000000, "recurring_amount": 1, "product_id": 2, "first_amount": "100000000000000"}, "first_amount", "bad_value", "is too large"),
]  # fmt: skip


def test_what_is_wrong_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason, in one go; the good one among them is not."""
    assert_each_is_named(catalogue(), "add-service", BASIC, BAD)


def test_amounts_that_cannot_be_kept():
    """A price times a quantity that no column holds is refused, not cut off."""
    book = catalogue(product_prices=[
        {"id": 1, "product_id": 1, "currency_id": EUR, "billing_cycle": "monthly", "amount": "99999999999999", "setup_fee": 1},
    ])  # fmt: skip
    found = plan(add_service, AddService, book, [{**BASIC, "quantity": 2}]).problem_list()
    assert [(p.field, p.code) for p in found] == [("first_amount", "too_large"), ("recurring_amount", "too_large")]


@pytest.mark.parametrize(
    ("asked", "codes"),
    [
        pytest.param([BASIC], [], id="nothing to warn of"),
        pytest.param([{"client_id": 3, "recurring_amount": 1}], [(1, "closed_client")], id="closed client"),
        pytest.param([{**BASIC, "product_id": 2, "recurring_amount": 1}], [(1, "retired_product")], id="no longer sold"),
        pytest.param([{**BASIC, "server_id": 1, "username": "ada"}], [(1, "username_taken")], id="user name taken"),
        pytest.param([{**BASIC, "domain": "ADA.example"}], [(1, "domain_taken")], id="domain taken"),
        pytest.param([{**BASIC, "domain": "x.example"}, {**BASIC, "domain": "x.example"}], [(2, "domain_taken")], id="taken by an earlier row"),
        pytest.param([{**BASIC, "domain": "ada.example", "status": "Cancelled"}], [], id="an ended one takes nothing"),
        pytest.param([{**BASIC, "domain": "gone.example"}], [], id="an ended one left it"),
        pytest.param([{**BASIC, "registered_on": "2026-01-01"}], [(1, "not_billed")], id="the time before is not billed"),
        pytest.param([{**BASIC, "registered_on": "2029-01-01", "status": "Active"}], [(1, "begins_later")], id="Active years before it begins"),
    ],
)  # fmt: skip
def test_warnings(asked, codes):
    """What may be meant so, or not, is told and not refused."""
    assert warnings(catalogue(), "add-service", *asked) == codes


@settings(max_examples=examples(8), deadline=None)
@given(
    st.lists(
        st.fixed_dictionaries({
            "client_id": st.sampled_from([1, 2]), "recurring_amount": st.integers(0, 500), "quantity": st.integers(1, 5),
            "billing_cycle": st.sampled_from(list(CYCLES)), "registered_on": st.dates(date(2019, 1, 1), date(2027, 12, 31)),
            "options": st.sampled_from([None, "A=1; B=2 @ 3"]), "status": st.sampled_from(["Active", "Pending", "Cancelled"]),
        }),
        min_size=1, max_size=4,
    )
)  # fmt: skip
def test_laws_of_adding(asked):
    """A table of n is n tables of one; what runs is due within a cycle from today on, on the day aimed at."""
    asked = [{k: v for k, v in row.items() if v is not None} for row in asked]
    assert_one_by_one_is_same(add_service, AddService, catalogue, asked)
    for row in plan(add_service, AddService, catalogue(), asked).rows("services", "insert"):
        if row["status"] == "Cancelled":
            assert row["next_due_on"] is None
            continue
        began, due = row["registered_on"], row["next_due_on"]
        assert due >= max(began, TODAY)
        months = (due.year - began.year) * 12 + due.month - began.month
        assert months % CYCLES[row["billing_cycle"]] == 0
        assert due.day == min(
            began.day, (date(due.year + due.month // 12, due.month % 12 + 1, 1) - date(due.year, due.month, 1)).days
        )
        if began < TODAY:
            assert (due - TODAY).days <= 31 * CYCLES[row["billing_cycle"]]


def test_services_come_back_as_they_were_read_in():
    """Options in their plain form are read as the same options; names of options are plain lines."""
    text = "Disk space=50 GB x 2 @ 3\nBackup= x 1 @ 0"
    assert parse_options("Disk space = 50 GB x2 @3.00;Backup=") == text
    assert parse_options(text) == text
    assert parse_option_names("a; b\na") == "a\nb"


def test_adding_passes_the_book_s_checks():
    """References and invariants hold of what was added, and service and options are all there is of it."""
    book = catalogue()
    before = {name: len(found) for name, found in every_row(book).items()}
    apply_rule(book, rules()["add-service"], [{**BASIC, "options": "A=1"}])
    after = {name: len(found) for name, found in every_row(book).items()}
    assert {name: count - before.get(name, 0) for name, count in after.items() if count != before.get(name, 0)} == {
        "services": 1,
        "service_options": 1,
    }


def test_reading_gives_a_problem_for_each_wrong_field():
    """Several wrong fields of one row are all named. Who ``x`` is, only a book can tell."""
    found = read_requests(AddService, [{"client_id": "x", "domain": "a", "quantity": 0, "status": "x"}]).problems
    assert {p.field for p in found} == {"domain", "quantity", "status"}
