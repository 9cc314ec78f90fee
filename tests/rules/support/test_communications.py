"""Rules of the communication log and its follow-ups."""

from datetime import UTC, date, datetime

import pytest

from clientops.registry import rule
from clientops.reports.figures.home import read_todo
from clientops.rules.support.communications import (
    EditCommunication,
    FinishFollowUp,
    LogCommunication,
    RemoveCommunication,
    edit_communication,
    finish_follow_up,
    log_communication,
    remove_communication,
)
from tests.builders import NOW, TODAY, plan, tables
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same, write

LONG_AGO, FAR = date(2020, 1, 1), date(2099, 1, 1)


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2}],
        contacts=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        communications=[
            {"id": 1, "client_id": 1, "kind": "call", "subject": "Invoice", "outcome": "Calls back", "follow_up_on": LONG_AGO},
            {"id": 2, "client_id": 1, "kind": "call", "subject": "Done", "follow_up_on": TODAY, "followed_up_on": TODAY},
            {"id": 3, "client_id": 2, "kind": "email", "subject": "Sent", "status": "sent"},
            {"id": 4, "client_id": 2, "kind": "letter", "subject": "Letter"},
        ],
    )  # fmt: skip


GOOD = {"client_id": 1, "subject": "Invoice 7"}
LOGGED = [
    GOOD,
    {**GOOD, "kind": "meeting", "direction": "out", "contact_id": 1, "happened_at": "2026-11-19 14:00", "outcome": "Will pay",
     "follow_up_on": "2026-11-25", "with_whom": "Ms Byron", "operator": "maria", "body": "Long talk"},
]  # fmt: skip


def test_a_communication_is_logged_and_nothing_is_sent():
    """What is not said is a call from the client, just now."""
    result = plan(log_communication, LogCommunication, book(), LOGGED)
    assert result.problem_list() == []
    wanted = ("id", "kind", "direction", "happened_at", "contact_id", "status", "outcome", "follow_up_on", "operator")
    assert [tuple(row[name] for name in wanted) for row in result.rows("communications", "insert")] == [
        (5, "call", "in", NOW, None, "logged", None, None, None),
        (6, "meeting", "out", datetime(2026, 11, 19, 14, tzinfo=UTC), 1, "logged", "Will pay", date(2026, 11, 25), "maria"),
    ]  # fmt: skip


BAD_ENTRIES = [
    ({"client_id": None}, "client_id", "missing"),
    ({"client_id": 9}, "client_id", "unknown_client"),
    ({"client_id": "Zoe"}, "client_id", "unknown_name"),
    ({"contact_id": 9}, "contact_id", "unknown_contact"),
    ({"contact_id": 2}, "contact_id", "other_client"),
    ({"contact_id": "x"}, "contact_id", "unknown_name"),
    ({"kind": "fax"}, "kind", "bad_value"),
    ({"kind": "Call"}, "kind", "bad_value"),
    ({"direction": "both"}, "direction", "bad_value"),
    ({"subject": None}, "subject", "nothing_said"),
    ({"subject": " "}, "subject", "nothing_said"),
    ({"subject": "a\nb"}, "subject", "bad_value"),
    ({"subject": "x" * 251}, "subject", "bad_value"),
    ({"body": "x" * 20_001}, "body", "bad_value"),
    ({"outcome": "a\rb"}, "outcome", "bad_value"),
    ({"happened_at": "2026-11-20 09:31"}, "happened_at", "in_future"),
    ({"happened_at": "yesterday"}, "happened_at", "bad_value"),
    ({"happened_at": "1950-01-01"}, "happened_at", "bad_value"),
    ({"happened_at": "2026-02-30 10:00"}, "happened_at", "bad_value"),
    ({"follow_up_on": "2026-11-19"}, "follow_up_on", "in_past"),
    ({"follow_up_on": "31.12.2026"}, "follow_up_on", "bad_value"),
    ({"follow_up_on": "2027-02-29"}, "follow_up_on", "bad_value"),
    ({"with_whom": "x" * 251}, "with_whom", "bad_value"),
    ({"operator": "a\tb"}, "operator", "bad_value"),
]


def test_bad_entries_are_refused_all_at_once():
    """Each bad entry is named by row, field and reason; the good one among them is not complained of."""
    assert_refused(book(), rule("log-communication"), GOOD, BAD_ENTRIES)


def waiting(of):
    """How many follow-ups the home screen counts."""
    return {item.name: item.count for item in read_todo(of)}["follow-ups"]


def test_a_follow_up_waits_on_the_home_screen_until_it_is_done():
    """Done, it leaves the home screen; put off, it comes back later; its outcome is kept."""
    of = book()
    assert waiting(of) == 1
    write(of, plan(finish_follow_up, FinishFollowUp, of, [{"communication_id": 1, "follow_up_on": FAR}]))
    row = of.query("select follow_up_on, followed_up_on, outcome from communications where id = 1").fetchone()
    assert row == (FAR, None, "Calls back")
    assert waiting(of) == 0
    of = book()
    write(of, plan(finish_follow_up, FinishFollowUp, of, [{"communication_id": 1, "outcome": "Paid"}]))
    row = of.query("select follow_up_on, followed_up_on, outcome from communications where id = 1").fetchone()
    assert row == (LONG_AGO, TODAY, "Paid")
    assert waiting(of) == 0


def test_another_day_is_to_be_followed_up_anew():
    """Changing the day of a follow-up that was done makes it wait again; changing anything else does not."""
    result = plan(
        edit_communication, EditCommunication, book(), [{"communication_id": 2, "follow_up_on": "2026-12-01"}]
    )
    assert result.rows("communications", "update")[0]["followed_up_on"] is None
    result = plan(edit_communication, EditCommunication, book(), [{"communication_id": 2, "outcome": "Fine"}])
    assert result.rows("communications", "update")[0]["followed_up_on"] == TODAY


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("finish-follow-up", {"communication_id": 9}, ("communication_id", "unknown_communication"), id="done: none"),
        pytest.param("finish-follow-up", {"communication_id": 2}, ("communication_id", "no_follow_up"), id="done: done already"),
        pytest.param("finish-follow-up", {"communication_id": 4}, ("communication_id", "no_follow_up"), id="done: without a day"),
        pytest.param("finish-follow-up", {"communication_id": 1, "follow_up_on": "2026-11-01"}, ("follow_up_on", "in_past"), id="put off to the past"),
        pytest.param("edit-communication", {"communication_id": 3, "outcome": "x"}, ("communication_id", "is_mail"), id="edit: an e-mail sent from here"),
        pytest.param("edit-communication", {"communication_id": 4}, ("", "nothing_given"), id="edit: nothing"),
        pytest.param("edit-communication", {"communication_id": 4, "happened_at": "2027-01-01"}, ("happened_at", "in_future"), id="edit: in future"),
        pytest.param("remove-communication", {"communication_id": 3}, ("communication_id", "is_mail"), id="remove: an e-mail sent from here"),
        pytest.param("remove-communication", {"communication_id": 9}, ("communication_id", "unknown_communication"), id="remove: none"),
    ],
)  # fmt: skip
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(book(), rule(name), [row])] == [problem]


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(log_communication, LogCommunication, LOGGED, id="log"),
        pytest.param(edit_communication, EditCommunication, [{"communication_id": 1, "outcome": "a"}, {"communication_id": 1, "clear": "follow_up_on"}, {"communication_id": 2, "follow_up_on": "2026-12-03"}], id="edit"),
        pytest.param(remove_communication, RemoveCommunication, [{"communication_id": 4}, {"communication_id": 1}], id="remove"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, book, rows)
