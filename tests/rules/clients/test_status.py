"""Rules of status."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.clients.status import SetStatus, SuggestStatuses, can_log_in, set_status, suggest_statuses
from tests.builders import plan, tables
from tests.long_forms import examples
from tests.rules.sequences import assert_one_by_one_is_same, write

DUE = date(2026, 12, 1)


@pytest.mark.parametrize(("status", "expected"), [("Active", True), ("Inactive", True), ("Closed", False)])
def test_can_log_in(status, expected):
    """Active and Inactive can log in, Closed cannot."""
    assert can_log_in(status) is expected


@pytest.mark.parametrize("before", ["Active", "Inactive", "Closed"])
@pytest.mark.parametrize("after", ["Active", "Inactive", "Closed"])
def test_any_status_can_become_any(before, after):
    """A person may set any status, also take Closed back; nothing else changes."""
    result = plan(
        set_status, SetStatus, tables(clients=[{"id": 1, "status": before}]), [{"client_id": 1, "status": after}]
    )
    assert result.problem_list() == []
    assert result.rows("clients", "update") == [{"id": 1, "status": after}]
    assert [change.table for change in result.changes] == ["clients"]


def test_unknown_client_is_refused():
    """A client that is not there is named."""
    problems = plan(set_status, SetStatus, tables(), [{"client_id": 7, "status": "Active"}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, "client_id", "unknown_client")]


def service(number, **row):
    return {"id": number, "client_id": 1, "status": "Active", "recurring_amount": 5, "next_due_on": DUE, **row}


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        pytest.param({"services": [service(1), service(2)]}, "but 2 active services are still invoiced", id="two services"),
        pytest.param({"services": [service(1, status="Suspended")]}, "but 1 active service is still invoiced", id="suspended"),
        pytest.param({"domains": [service(1)]}, "but 1 domain is still invoiced", id="domain"),
        pytest.param({"services": [service(1)], "domains": [service(1)]}, "1 active service and 1 domain are", id="both"),
        pytest.param({"services": [service(1, status="Terminated")], "addons": [{"id": 1, "service_id": 1, "status": "Active", "next_due_on": DUE, "recurring_amount": 1}]}, "1 active add-on is", id="add-on"),
        pytest.param({"services": [service(1, status="Terminated")]}, "", id="terminated"),
        pytest.param({"services": [service(1, recurring_amount=0)]}, "", id="free"),
        pytest.param({"services": [service(1, next_due_on=None)]}, "", id="nothing due any more"),
        pytest.param({"services": [service(1, client_id=2)]}, "", id="of another client"),
        pytest.param({"domains": [service(1, auto_renew=False)]}, "", id="domain that is not renewed"),
    ],
)  # fmt: skip
def test_closing_tells_what_is_still_invoiced(rows, words):
    """Closed stops nothing, so what goes on being invoiced is told; other statuses tell nothing."""
    book = tables(clients=[{"id": 1}, {"id": 2}], **rows)
    closed = plan(set_status, SetStatus, book, [{"client_id": 1, "status": "Closed"}]).warnings.fetchall()
    assert [code for _, _, code, _ in closed] == (["still_invoiced"] if words else [])
    assert all(words in message and "client 1 is closed" in message for *_, message in closed)
    assert plan(set_status, SetStatus, book, [{"client_id": 1, "status": "Inactive"}]).warnings.fetchall() == []


HAVE = {
    "active service": ({"services": [service(1)]}, "Active"),
    "suspended service": ({"services": [service(1, status="Suspended")]}, "Active"),
    "pending service": ({"services": [service(1, status="Pending")]}, "Inactive"),
    "terminated service": ({"services": [service(1, status="Terminated")]}, "Inactive"),
    "cancelled service": ({"services": [service(1, status="Cancelled")]}, "Inactive"),
    "fraud service": ({"services": [service(1, status="Fraud")]}, "Inactive"),
    "completed service": ({"services": [service(1, status="Completed")]}, "Inactive"),
    "active add-on of an ended service": (
        {"services": [service(1, status="Terminated")], "addons": [{"id": 1, "service_id": 1, "status": "Active"}]},
        "Active",
    ),
    "active domain": ({"domains": [service(1)]}, "Active"),
    "domain in redemption": ({"domains": [service(1, status="Redemption")]}, "Active"),
    "expired domain": ({"domains": [service(1, status="Expired")]}, "Inactive"),
    "unpaid invoice only": ({"invoices": [{"id": 1, "client_id": 1, "total": 5}]}, "Inactive"),
    "nothing": ({}, "Inactive"),
    "another's service": ({"services": [service(1, client_id=2)]}, "Inactive"),
}


@pytest.mark.parametrize("name", HAVE)
@pytest.mark.parametrize("before", ["Active", "Inactive", "Closed"])
def test_suggested_status(name, before):
    """Something active makes a client Active, nothing makes it Inactive, and Closed stays Closed."""
    rows, expected = HAVE[name]
    book = tables(clients=[{"id": 1, "status": before}, {"id": 2, "auto_status": False}], **rows)
    changed = plan(suggest_statuses, SuggestStatuses, book, [{}]).rows("clients", "update")
    assert changed == ([] if before in {"Closed", expected} else [{"id": 1, "status": expected}])


def test_suggestions_leave_some_alone():
    """A client whose ``auto_status`` is off stays as it is, and so do clients not asked for."""
    book = tables(clients=[{"id": 1, "auto_status": False}, {"id": 2}, {"id": 3}])
    result = plan(suggest_statuses, SuggestStatuses, book, [{"client_id": 1}, {"client_id": 3}])
    assert result.rows("clients", "update") == [{"id": 3, "status": "Inactive"}]
    assert result.summary == (("to Active", "0"), ("to Inactive", "1"))
    everybody = plan(suggest_statuses, SuggestStatuses, book, [{"client_id": 1}, {}])
    assert [row["id"] for row in everybody.rows("clients", "update")] == [2, 3]


def test_suggestion_for_unknown_client_is_refused():
    """A client that is not there is named."""
    problems = plan(suggest_statuses, SuggestStatuses, tables(), [{"client_id": 7}]).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, "client_id", "unknown_client")]


def some_clients():
    return tables(
        clients=[{"id": 1}, {"id": 2, "status": "Inactive"}, {"id": 3, "status": "Closed"}, {"id": 4}],
        services=[service(1, client_id=2), service(2, client_id=3), service(3, client_id=4)],
    )


def test_suggesting_again_changes_nothing():
    """Law: once applied, the suggestion has nothing more to say."""
    book = some_clients()
    write(book, plan(suggest_statuses, SuggestStatuses, book, [{}]))
    assert plan(suggest_statuses, SuggestStatuses, book, [{}]).rows("clients", "update") == []


@settings(max_examples=examples(10), deadline=None)
@given(
    st.lists(st.tuples(st.integers(1, 4), st.sampled_from(["Active", "Inactive", "Closed"])), min_size=1, max_size=6)
)
def test_setting_many_is_setting_one_by_one(pairs):
    """Law: a table of n requests leaves the same statuses as n tables of one, in their order."""
    rows = [{"client_id": client, "status": status} for client, status in pairs]
    assert_one_by_one_is_same(set_status, SetStatus, some_clients, rows)


def test_suggesting_many_is_suggesting_one_by_one():
    """Law: as above, for suggestions."""
    rows = [{"client_id": 4}, {"client_id": 1}, {}, {"client_id": 2}]
    assert_one_by_one_is_same(suggest_statuses, SuggestStatuses, some_clients, rows)
