"""Rules that change and end services."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.services.edit import EditService, TerminateService, edit_service, terminate_service
from tests.builders import JPY, TODAY, money, plan, tables
from tests.rules.bad_inputs import assert_each_is_named
from tests.rules.money_book import warnings
from tests.rules.sequences import assert_one_by_one_is_same

BEGAN = date(2026, 1, 31)


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2, "currency_id": JPY}],
        products=[{"id": 1}],
        servers=[{"id": 1, "name": "s1"}],
        services=[
            {"id": 1, "client_id": 1, "product_id": 1, "status": "Active", "registered_on": BEGAN, "recurring_amount": 10,
             "next_due_on": date(2026, 11, 30), "username": "ada"},
            {"id": 2, "client_id": 2, "status": "Terminated", "registered_on": BEGAN, "terminated_on": date(2026, 5, 1),
             "next_due_on": date(2026, 5, 1)},
            {"id": 3, "client_id": 2, "status": "Suspended", "registered_on": BEGAN, "suspend_reason": "Unpaid"},
            {"id": 4, "client_id": 1, "status": "Pending"},
        ],
        addons=[
            {"id": 1, "service_id": 1, "status": "Active", "registered_on": BEGAN},
            {"id": 2, "service_id": 1, "status": "Pending"},
            {"id": 3, "service_id": 1, "status": "Cancelled"},
            {"id": 4, "service_id": 3, "status": "Active"},
        ],
        service_changes=[
            {"id": 1, "client_id": 1, "service_id": 1, "status": "Pending", "is_at_renewal": True},
            {"id": 2, "client_id": 1, "service_id": 1, "status": "Completed"},
            {"id": 3, "client_id": 1, "service_id": 1, "status": "Pending"},
        ],
    )  # fmt: skip


def edited(*requests):
    """What edits change of their services: column and value, where it differs."""
    before = {
        row["id"]: row
        for row in (dict(zip(r.columns, v, strict=True)) for r in [book().query("from services")] for v in r.fetchall())
    }
    result = plan(edit_service, EditService, book(), requests)
    assert result.problem_list() == []
    return {
        row["id"]: {name: value for name, value in row.items() if value != before[row["id"]][name]}
        for row in result.rows("services", "update")
    }


@pytest.mark.parametrize(
    ("requests", "changed"),
    [
        pytest.param([{"service_id": 1, "username": "lovelace", "domain": "Ada.example"}], {1: {"username": "lovelace", "domain": "ada.example"}}, id="what is given"),
        pytest.param([{"service_id": 1, "clear": "username, next_due_on"}], {1: {"username": None, "next_due_on": None}}, id="what is cleared"),
        pytest.param([{"service_id": 1, "status": "Terminated"}], {1: {"status": "Terminated", "terminated_on": TODAY}}, id="an end is dated today"),
        pytest.param([{"service_id": 1, "status": "Cancelled", "terminated_on": "2026-10-01"}], {1: {"status": "Cancelled", "terminated_on": date(2026, 10, 1)}}, id="or as given"),
        pytest.param([{"service_id": 2, "status": "Cancelled"}], {2: {"status": "Cancelled"}}, id="an end that has a date keeps it"),
        pytest.param([{"service_id": 2, "status": "Active"}], {2: {"status": "Active", "terminated_on": None}}, id="what runs again has not ended"),
        pytest.param([{"service_id": 3, "status": "Active"}], {3: {"status": "Active", "suspend_reason": None}}, id="what runs again is not suspended"),
        pytest.param([{"service_id": 1, "status": "Suspended", "suspend_reason": "Abuse"}], {1: {"status": "Suspended", "suspend_reason": "Abuse"}}, id="why suspended"),
        pytest.param([{"service_id": 4, "status": "Completed"}], {4: {"status": "Completed", "completed_on": TODAY}}, id="completed today"),
        pytest.param([{"service_id": 1, "status": "Terminated"}, {"service_id": 1, "status": "Active"}], {1: {}}, id="ended and taken back"),
    ],
)  # fmt: skip
def test_edit(requests, changed):
    """Only what is given changes, and what a status brings with it."""
    assert edited(*requests) == changed


BAD = [
    ({"service_id": None}, "service_id", "missing", "is missing"),
    ({"service_id": 9}, "service_id", "unknown_service", "there is no service 9"),
    ({"service_id": 4, "username": None}, "", "nothing_given", "nothing is given"),
    ({"product_id": 9}, "product_id", "unknown_product", "there is no product 9"),
    ({"server_id": 9}, "server_id", "unknown_server", "there is no server 9"),
    ({"domain": "no domain"}, "domain", "bad_value", "contains a blank"),
    ({"username": "-", "notes": "x"}, "username", "bad_value", "cannot be a user name"),
    ({"billing_cycle": "often"}, "billing_cycle", "bad_value", "must be one of"),
    ({"quantity": -1}, "quantity", "bad_value", "must be more than 0"),
    ({"recurring_amount": "1.001"}, "recurring_amount", "not_minor_unit", "finer than EUR"),
    ({"service_id": 3, "first_amount": "0.5"}, "first_amount", "not_minor_unit", "finer than JPY"),
    ({"first_amount": "x"}, "first_amount", "bad_value", "write it like 12.50"),
    ({"recurring_amount": "-3"}, "recurring_amount", "bad_value", "must be at least 0"),
    ({"registered_on": "1984-12-31"}, "registered_on", "implausible_date", "from 1985-01-01"),
    ({"next_due_on": "2076-01-01"}, "next_due_on", "implausible_date", "to 2066-11-20"),
    ({"next_due_on": "tomorrow"}, "next_due_on", "bad_value", "write it like 2026-11-30"),
    ({"billing_day": 0}, "billing_day", "bad_value", "must be at least 1"),
    ({"status": "Gone"}, "status", "bad_value", "must be one of"),
    ({"dedicated_ip": "1.2.3"}, "dedicated_ip", "bad_value", "not an IP address"),
    ({"clear": "status"}, "clear", "not_clearable", "these can: product_id"),
    ({"clear": "username"}, "username", "given_and_cleared", "do one of them"),
    ({"completed_on": "2026-13-01"}, "completed_on", "bad_value", "is not a date"),
]  # fmt: skip


def test_what_is_wrong_with_edits_is_named_all_at_once():
    """Each wrong request of a table is refused for its reason; the good one among them is not."""
    assert_each_is_named(book(), "edit-service", {"service_id": 1, "username": "eve"}, BAD)


@pytest.mark.parametrize(
    ("request_row", "field", "code"),
    [
        pytest.param({"service_id": 1, "next_due_on": "2026-01-30"}, "next_due_on", "due_before_start", id="due before it begins"),
        pytest.param({"service_id": 1, "registered_on": "2026-12-01"}, "next_due_on", "due_before_start", id="begins after it is due"),
        pytest.param({"service_id": 1, "terminated_on": "2026-05-01"}, "terminated_on", "not_ended", id="an end of what runs"),
        pytest.param({"service_id": 2, "terminated_on": "2026-01-01"}, "terminated_on", "ended_before_start", id="an end before the beginning"),
        pytest.param({"service_id": 1, "billing_cycle": "free"}, "recurring_amount", "free_costs", id="free, with a price"),
        pytest.param({"service_id": 1, "billing_cycle": "one time"}, "recurring_amount", "one_time_recurs", id="one time, with a price"),
    ],
)  # fmt: skip
def test_what_does_not_fit_the_rest_of_the_row(request_row, field, code):
    """What is given is looked at together with what the service has already."""
    found = plan(edit_service, EditService, book(), [request_row]).problem_list()
    assert [(p.row, p.field, p.code) for p in found] == [(1, field, code)]


def test_warnings_of_edits():
    """Cycles that would be invoiced at once, and add-ons that run on, are told."""
    assert warnings(book(), "edit-service", {"service_id": 2, "status": "Active"}) == [(1, "past_due")]
    assert warnings(book(), "edit-service", {"service_id": 1, "next_due_on": "2026-03-01"}) == [(1, "past_due")]
    assert warnings(book(), "edit-service", {"service_id": 1, "status": "Terminated"}) == [(1, "addons_run")]
    assert warnings(book(), "edit-service", {"service_id": 1, "username": "x"}) == []


def test_terminate():
    """A service ends with its add-ons and the changes that wait; what had ended or is done stays as it is."""
    result = plan(
        terminate_service,
        TerminateService,
        book(),
        [{"service_id": 1, "terminated_on": "2026-11-01"}, {"service_id": 4}],
    )
    assert result.problem_list() == []
    assert result.rows("services", "update") == [
        {"id": 1, "status": "Terminated", "terminated_on": date(2026, 11, 1)},
        {"id": 4, "status": "Cancelled", "terminated_on": TODAY},
    ]
    assert result.rows("addons", "update") == [
        {"id": 1, "status": "Terminated", "terminated_on": date(2026, 11, 1)},
        {"id": 2, "status": "Cancelled", "terminated_on": date(2026, 11, 1)},
    ]
    assert result.rows("service_changes", "update") == [{"id": 1, "status": "Cancelled"}]


def test_what_cannot_be_terminated():
    """Unknown and ended services, the same one twice, and ends that cannot be, are named together."""
    asked = [{"service_id": 9}, {"service_id": 2}, {"service_id": 1}, {"service_id": 1}, {"service_id": 3, "terminated_on": "2026-01-01"},
             {"service_id": 4, "terminated_on": "2026-11-21"}]  # fmt: skip
    found = plan(terminate_service, TerminateService, book(), asked).problem_list()
    assert [(p.row, p.code) for p in found] == [
        (1, "unknown_service"), (2, "has_ended"), (4, "twice"), (5, "ended_before_start"), (6, "in_future"),
    ]  # fmt: skip


EDITS = st.fixed_dictionaries(
    {"service_id": st.sampled_from([1, 3])},
    optional={
        "status": st.sampled_from(["Active", "Suspended", "Terminated", "Cancelled", "Completed"]),
        "suspend_reason": st.just("Unpaid"), "clear": st.sampled_from(["suspend_reason", "username"]), "notes": st.just("x"),
    },
)  # fmt: skip


@settings(max_examples=5, deadline=None)
@given(st.lists(EDITS, min_size=2, max_size=4))
def test_editing_many_is_editing_one_by_one(asked):
    """Law: a table of n requests leaves what n tables of one leave, statuses with all that they bring."""
    asked = [
        {"notes": "y", **row}
        for row in asked
        if not ({"suspend_reason", "clear"} <= {*row} and row["clear"] == "suspend_reason")
    ]
    if asked:
        assert_one_by_one_is_same(edit_service, EditService, book, asked)


def test_amounts_are_kept_as_given():
    """Money of an edit is taken to the last minor unit."""
    assert edited({"service_id": 1, "recurring_amount": "12.34"}) == {1: {"recurring_amount": money("12.34")}}
