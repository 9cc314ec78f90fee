"""Rules of tickets, their replies, and departments."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rule
from clientops.rules.support.replies import CloseTicket, ReplyTicket, close_ticket, reply_ticket
from clientops.rules.support.tickets import EditTicket, OpenTicket, edit_ticket, open_ticket
from tests.builders import NOW, plan, tables
from tests.long_forms import examples
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2}, {"id": 3, "status": "Closed"}],
        contacts=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        departments=[{"id": 1, "name": "Support"}, {"id": 2, "name": "Billing"}],
        services=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        domains=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        tickets=[{"id": 1, "client_id": 1, "contact_id": 1, "status": "Open"}, {"id": 2, "client_id": 2, "status": "Closed"},
                 {"id": 3, "name": "Eve", "email": "eve@example.org"}, {"id": 4, "client_id": 1, "merged_ticket_id": 1}],
    )  # fmt: skip


GOOD = {"client_id": 1, "subject": "Mail", "message": "It **bounces**"}
OPENED = [
    GOOD,
    {
        **GOOD,
        "first_reply": "Looking into it",
        "operator": "maria",
        "service_id": 1,
        "domain_id": 1,
        "department_id": 2,
    },
    {**GOOD, "client_id": None, "contact_id": 2, "priority": "High", "status": "In Progress", "first_reply": "Yes"},
    {**GOOD, "client_id": None, "name": "Eve", "email": "Eve@Example.org"},
]


def test_a_ticket_is_opened_on_behalf_of_a_client_contact_or_stranger():
    """It carries a number, goes to the first department unless one is named, and a first reply makes it Answered."""
    result = plan(open_ticket, OpenTicket, book(), OPENED)
    assert result.problem_list() == []
    wanted = ("id", "number", "client_id", "contact_id", "department_id", "service_id", "name", "email", "status", "priority")  # fmt: skip
    assert [tuple(row[name] for name in wanted) for row in result.rows("tickets", "insert")] == [
        (5, "T000005", 1, None, 1, None, None, None, "Open", "Medium"),
        (6, "T000006", 1, None, 2, 1, None, None, "Answered", "Medium"),
        (7, "T000007", 2, 2, 1, None, None, None, "In Progress", "High"),
        (8, "T000008", None, None, 1, None, "Eve", "Eve@example.org", "Open", "Medium"),
    ]
    replies = [(row["ticket_id"], row["message"], row["operator"]) for row in result.rows("ticket_replies", "insert")]
    assert replies == [(6, "Looking into it", "maria"), (7, "Yes", None)]


def test_a_closed_client_is_told():
    """A ticket for a closed client may be opened, and it is said."""
    result = plan(open_ticket, OpenTicket, book(), [{**GOOD, "client_id": 3}])
    assert [(row, code) for row, _, code, _ in result.warnings.fetchall()] == [(1, "closed_client")]


BAD_TICKETS = [
    ({"client_id": None}, "client_id", "nobody"),
    ({"client_id": 9}, "client_id", "unknown_client"),
    ({"client_id": "x"}, "client_id", "unknown_name"),
    ({"contact_id": 9}, "contact_id", "unknown_contact"),
    ({"contact_id": 2}, "contact_id", "other_client"),
    ({"contact_id": "x"}, "contact_id", "unknown_name"),
    ({"name": "Eve"}, "name", "two_persons"),
    ({"email": "eve@example.org"}, "email", "two_persons"),
    ({"client_id": None, "email": "eve@"}, "email", "bad_value"),
    ({"department_id": 9}, "department_id", "unknown_department"),
    ({"department_id": "Sales"}, "department_id", "unknown_name"),
    ({"subject": None}, "subject", "missing"),
    ({"subject": "a\nb"}, "subject", "bad_value"),
    ({"subject": "x" * 251}, "subject", "bad_value"),
    ({"message": None}, "message", "missing"),
    ({"message": " "}, "message", "missing"),
    ({"message": "x" * 20_001}, "message", "bad_value"),
    ({"first_reply": "x" * 20_001}, "first_reply", "bad_value"),
    ({"priority": "Urgent"}, "priority", "bad_value"),
    ({"status": "Done"}, "status", "bad_value"),
    ({"service_id": 9}, "service_id", "unknown_service"),
    ({"service_id": 2}, "service_id", "other_client"),
    ({"domain_id": 9}, "domain_id", "unknown_domain"),
    ({"domain_id": 2}, "domain_id", "other_client"),
    ({"client_id": None, "email": "eve@example.org", "service_id": 1}, "service_id", "other_client"),
    ({"operator": "a\tb"}, "operator", "bad_value"),
]


def test_bad_tickets_are_refused_all_at_once():
    """Each bad ticket is named by row, field and reason; the good one among them is not complained of."""
    assert_refused(book(), rule("open-ticket"), GOOD, BAD_TICKETS)


def test_without_a_department_one_is_asked_for():
    """A book without departments says which rule adds one."""
    found = problems_of(tables(clients=[{"id": 1}]), rule("open-ticket"), [GOOD])
    assert [(p.field, p.code) for p in found] == [("department_id", "no_department")]


REPLIES = [
    {"ticket_id": 1, "message": "Ours"},
    {"ticket_id": 1, "message": "Theirs", "sender": "client"},
    {"ticket_id": 2, "message": "Between us", "is_internal": "yes"},
    {"ticket_id": 3, "message": "Theirs", "sender": "client"},
    {"ticket_id": 3, "message": "Settled", "close": "yes"},
]


def test_who_said_last_makes_the_status():
    """Our reply answers, theirs reopens, closing closes; a note between staff changes nothing."""
    result = plan(reply_ticket, ReplyTicket, book(), REPLIES)
    assert result.problem_list() == []
    assert [(row["id"], row["status"]) for row in result.rows("tickets", "update")] == [(1, "Customer-Reply"), (3, "Closed")]  # fmt: skip
    said = [(r["client_id"], r["contact_id"], r["email"], r["is_internal"]) for r in result.rows("ticket_replies", "insert")]  # fmt: skip
    assert said == [
        (None, None, None, False), (1, 1, None, False), (None, None, None, True), (None, None, "eve@example.org", False),
        (None, None, None, False),
    ]  # fmt: skip
    assert all(row["replied_at"] == NOW for row in result.rows("ticket_replies", "insert"))


def test_a_reply_to_a_closed_ticket_is_told():
    """It opens again, which the preview says."""
    result = plan(reply_ticket, ReplyTicket, book(), [{"ticket_id": 2, "message": "And?", "sender": "client"}])
    assert [code for _, _, code, _ in result.warnings.fetchall()] == ["reopened"]


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("reply-ticket", {"ticket_id": 9, "message": "x"}, ("ticket_id", "unknown_ticket"), id="reply: none"),
        pytest.param("reply-ticket", {"ticket_id": 4, "message": "x"}, ("ticket_id", "is_merged"), id="reply: merged"),
        pytest.param("reply-ticket", {"ticket_id": 1, "message": "x", "sender": "client", "is_internal": "yes"}, ("is_internal", "clients_note"), id="reply: the client's between staff"),
        pytest.param("close-ticket", {"ticket_id": 2}, ("ticket_id", "is_closed"), id="close: closed"),
        pytest.param("close-ticket", {"ticket_id": 4}, ("ticket_id", "is_merged"), id="close: merged"),
        pytest.param("close-ticket", {"ticket_id": 9}, ("ticket_id", "unknown_ticket"), id="close: none"),
        pytest.param("edit-ticket", {"ticket_id": 1, "service_id": 2}, ("service_id", "other_client"), id="edit: another's service"),
        pytest.param("edit-ticket", {"ticket_id": 3, "domain_id": 1}, ("domain_id", "other_client"), id="edit: a stranger's domain"),
        pytest.param("edit-ticket", {"ticket_id": 1, "department_id": 9}, ("department_id", "unknown_department"), id="edit: department"),
        pytest.param("edit-ticket", {"ticket_id": 1}, ("", "nothing_given"), id="edit: nothing"),
        pytest.param("edit-ticket", {"ticket_id": 1, "clear": "subject"}, ("clear", "not_clearable"), id="edit: subject stays"),
        pytest.param("add-department", {"name": "support"}, ("name", "name_taken"), id="department: taken"),
    ],
)  # fmt: skip
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(book(), rule(name), [row])] == [problem]


@settings(max_examples=examples(15), deadline=None)
@given(st.permutations(REPLIES))
def test_many_replies_are_one_by_one(rows):
    """Law: a table of n replies leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(reply_ticket, ReplyTicket, book, rows)


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(open_ticket, OpenTicket, OPENED, id="open"),
        pytest.param(edit_ticket, EditTicket, [{"ticket_id": 1, "priority": "High"}, {"ticket_id": 1, "status": "On Hold"}, {"ticket_id": 2, "subject": "x"}], id="edit"),
        pytest.param(close_ticket, CloseTicket, [{"ticket_id": 3}, {"ticket_id": 1}], id="close"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: as above, for the others."""
    rows = [{name: value for name, value in row.items() if value is not None} for row in rows]
    assert_one_by_one_is_same(function, model, book, rows)
