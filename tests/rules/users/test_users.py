"""Rules of users, and who may see which client."""

import subprocess
import sys

import pytest
from argon2 import PasswordHasher

from clientops.registry import rule
from clientops.rules.users.access import LinkUser, RemoveUser, UnlinkUser, link_user, remove_user, unlink_user
from clientops.rules.users.users import AddUser, EditUser, SetPassword, add_user, edit_user, set_password
from clientops.schema.references import references_to
from clientops.schema.requests import read_requests
from tests.builders import NOW, plan, tables
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same

SECRET = "correct horse battery"


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2}, {"id": 3, "status": "Closed"}],
        users=[{"id": 1, "email": "ada@example.com", "first_name": "Ada", "password_hash": "old"}, {"id": 2, "email": "eve@example.com"}],
        user_clients=[{"id": 1, "user_id": 1, "client_id": 1}, {"id": 2, "user_id": 2, "client_id": 1}, {"id": 3, "user_id": 2, "client_id": 2}],
        orders=[{"id": 1, "client_id": 1, "user_id": 2}],
        tickets=[{"id": 1, "client_id": 1, "user_id": 2}],
        ticket_replies=[{"id": 1, "ticket_id": 1, "user_id": 2}],
        communications=[
            {"id": 1, "client_id": 1, "subject_kind": "user", "subject_id": 2},
            {"id": 2, "client_id": 1, "subject_kind": "invoice", "subject_id": 2},
        ],
        invitations=[
            {"id": number, "user_id": number, "token_sha256": "0" * 64, "sent_to": "x", "created_at": NOW, "expires_at": NOW}
            for number in (1, 2)
        ],
    )  # fmt: skip


def test_a_user_is_added_with_a_hash_access_and_an_invitation():
    """The hash fits the password, two hashes of one password differ between requests, and permissions are kept by name."""
    rows = [
        {"email": "Max@Example.org", "password": SECRET, "client_id": 1, "is_owner": "yes"},
        {
            "email": "lise@example.org",
            "client_id": 2,
            "permissions": "Invoices, tickets, invoices",
            "send_invitation": "yes",
        },
        {"email": "otto@example.org"},
    ]
    result = plan(add_user, AddUser, book(), rows)
    assert result.problem_list() == []
    users = result.rows("users", "insert")
    assert [(u["id"], u["email"]) for u in users] == [
        (3, "Max@example.org"),
        (4, "lise@example.org"),
        (5, "otto@example.org"),
    ]
    assert PasswordHasher().verify(users[0]["password_hash"], SECRET)
    assert [u["password_hash"] for u in users[1:]] == [None, None]
    assert result.rows("user_clients", "insert") == [
        {"id": 4, "user_id": 3, "client_id": 1, "is_owner": True, "permissions": None},
        {"id": 5, "user_id": 4, "client_id": 2, "is_owner": False, "permissions": "invoices,tickets"},
    ]
    mails = [
        (m["client_id"], m["template"], m["subject_kind"], m["subject_id"], m["sent_to"], m["status"])
        for m in result.rows("communications", "insert")
    ]
    assert mails == [(2, "invitation", "user", 4, "lise@example.org", "queued")]
    again = plan(add_user, AddUser, book(), rows[:1]).rows("users", "insert")
    assert again[0]["password_hash"] != users[0]["password_hash"]


GOOD = {"email": "good@example.org"}
BAD_USERS = [
    ({"email": None}, "email", "missing"),
    ({"email": "eve"}, "email", "bad_value"),
    ({"email": "EVE@example.com"}, "email", "email_taken"),
    ({"email": "Good@example.org"}, "email", "email_taken"),
    ({"email": "a1@x.org", "password": "short"}, "password", "bad_value"),
    ({"email": "a2@x.org", "password": "12345678901234"}, "password", "bad_value"),
    ({"email": "a3@x.org", "password": "aaaaaaaaaaaa"}, "password", "bad_value"),
    ({"email": "a4@x.org", "password": "Password123"}, "password", "bad_value"),
    ({"email": "a5@x.org", "password": "x" * 300}, "password", "bad_value"),
    ({"email": "a6@x.org", "client_id": 9}, "client_id", "unknown_client"),
    ({"email": "a7@x.org", "client_id": "x"}, "client_id", "unknown_name"),
    ({"email": "a8@x.org", "send_invitation": "yes"}, "client_id", "missing"),
    ({"email": "a9@x.org", "client_id": 3, "send_invitation": "yes"}, "send_invitation", "cannot_log_in"),
    ({"email": "b1@x.org", "send_invitation": "perhaps"}, "send_invitation", "bad_value"),
    ({"email": "b2@x.org", "permissions": "everything"}, "permissions", "bad_value"),
    ({"email": "b3@x.org", "language": "klingon"}, "language", "bad_value"),
    ({"email": "b4@x.org", "first_name": "a\nb"}, "first_name", "bad_value"),
    ({"email": "b5@x.org", "last_name": "x" * 251}, "last_name", "bad_value"),
    ({"email": "b6@x.org", "is_owner": "2"}, "is_owner", "bad_value"),
    ({"email": "b7@x.org", "client_id": 0}, "client_id", "bad_value"),
]


def test_bad_users_are_refused_all_at_once():
    """Each bad user is named by row, field and reason."""
    assert_refused(book(), rule("add-user"), GOOD, BAD_USERS)


def test_a_bad_password_is_never_repeated():
    """What is wrong with a password is said without it."""
    for password in ("short", "98765432109876", "Password123"):
        (problem,) = read_requests(SetPassword, {"user_id": 1, "password": password}).problems
        assert password not in problem.message
        assert "(hidden)" in problem.message


def test_set_password_and_edit():
    """The last password holds; a new e-mail address is not confirmed, the old one in other letters is."""
    rows = [{"user_id": 1, "password": SECRET + " 1"}, {"user_id": 1, "password": SECRET + " 2"}]
    (row,) = plan(set_password, SetPassword, book(), rows).rows("users", "update")
    assert PasswordHasher().verify(row["password_hash"], SECRET + " 2")
    (row,) = plan(edit_user, EditUser, book(), [{"user_id": 1, "email": "new@example.org", "clear": "first_name"}]).rows("users", "update")  # fmt: skip
    assert (row["email"], row["first_name"], row["email_verified_at"]) == ("new@example.org", None, None)


def test_taking_the_last_user_is_told():
    """Nobody is left to log in for client 2; for client 1 there is another user."""
    rows = [{"user_id": 2, "client_id": 1}, {"user_id": 2, "client_id": 2}]
    result = plan(unlink_user, UnlinkUser, book(), rows)
    assert result.rows("user_clients", "delete") == [{"id": 2}, {"id": 3}]
    assert [(row, code) for row, _, code, _ in result.warnings.fetchall()] == [(2, "no_user_left")]


def test_a_removed_user_is_pointed_at_by_nothing():
    """Access and invitations go with the user, everything else that points at them is cleared."""
    result = plan(remove_user, RemoveUser, book(), [{"user_id": 2}])
    assert result.rows("user_clients", "delete") == [{"id": 2}, {"id": 3}]
    for reference in references_to("users"):
        if reference.on_delete == "clear":
            assert result.rows(reference.table, "update") == [{"id": 1, reference.column: None}], reference.table
        else:
            assert 2 in {row["id"] for row in result.rows(reference.table, "delete")}, reference.table
    assert result.rows("invitations", "delete") == [{"id": 2}]


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("set-password", {"user_id": 9, "password": SECRET}, ("user_id", "unknown_user"), id="password: no user"),
        pytest.param("set-password", {"user_id": 1}, ("password", "missing"), id="password: none"),
        pytest.param("edit-user", {"user_id": 1, "email": "EVE@example.com"}, ("email", "email_taken"), id="edit: another's e-mail"),
        pytest.param("edit-user", {"user_id": 1, "clear": "email"}, ("clear", "not_clearable"), id="edit: e-mail stays"),
        pytest.param("edit-user", {"user_id": 9, "first_name": "x"}, ("user_id", "unknown_user"), id="edit: no user"),
        pytest.param("link-user", {"user_id": 1, "client_id": 1}, ("client_id", "already_linked"), id="link: linked"),
        pytest.param("link-user", {"user_id": 9, "client_id": 1}, ("user_id", "unknown_user"), id="link: no user"),
        pytest.param("link-user", {"user_id": 1, "client_id": 9}, ("client_id", "unknown_client"), id="link: no client"),
        pytest.param("unlink-user", {"user_id": 1, "client_id": 2}, ("client_id", "not_linked"), id="unlink: not linked"),
        pytest.param("remove-user", {"user_id": 9}, ("user_id", "unknown_user"), id="remove: no user"),
    ],
)  # fmt: skip
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(book(), rule(name), [row])] == [problem]


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(add_user, AddUser, [{"email": "a@x.org", "client_id": 1}, {"email": "b@x.org"}, {"email": "c@x.org", "client_id": 1, "send_invitation": "yes"}], id="add"),
        pytest.param(edit_user, EditUser, [{"user_id": 1, "first_name": "a"}, {"user_id": 1, "email": "n@x.org"}, {"user_id": 2, "language": "de"}], id="edit"),
        pytest.param(link_user, LinkUser, [{"user_id": 1, "client_id": 2}, {"user_id": 1, "client_id": 3}], id="link"),
        pytest.param(unlink_user, UnlinkUser, [{"user_id": 2, "client_id": 2}, {"user_id": 1, "client_id": 1}], id="unlink"),
        pytest.param(remove_user, RemoveUser, [{"user_id": 2}, {"user_id": 1}], id="remove"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, book, rows)


def test_hashes_take_their_time():
    """Outside these tests, which hash quickly, guessing costs 64 MiB and three passes a try."""
    asked = f"from clientops.schema.passwords import hash_password; print(hash_password({SECRET!r}))"
    done = subprocess.run([sys.executable, "-c", asked], capture_output=True, text=True, check=True)
    assert done.stdout.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
