"""Rule for forgotten passwords."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from clientops.registry import rule
from clientops.rules.mail.delivery import HOURS_OPEN, BeginMail, begin_mail
from clientops.rules.users.invitations import (
    ACCEPT_INVITATION,
    AcceptInvitation,
    RevokeInvitation,
    accept_invitation,
    revoke_invitation,
)
from clientops.rules.users.password_resets import SendPasswordReset, send_password_reset
from clientops.schema.passwords import hash_token, new_token
from tests.builders import NOW, plan, tables
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same

RAW = new_token()
SECRET = "correct horse battery"
HOUR = timedelta(hours=1)


def mail(number, user, **more):
    return {
        "id": number, "client_id": 1, "kind": "email", "direction": "out", "template": "password-reset", "status": "queued",
        "subject_kind": "user", "subject_id": user, "sent_to": f"u{user}@x.org", "happened_at": NOW, **more,
    }  # fmt: skip


def link(number, user, **more):
    return {
        "id": number, "user_id": user, "token_sha256": hash_token(f"token {number}"), "sent_to": f"u{user}@x.org", "is_reset": True,
        "created_at": NOW, "expires_at": NOW + HOUR, **more,
    }  # fmt: skip


def book(**more):
    """Users 1 to 3 and 6 of an open client with a password, 4 of a closed one, 5 of none; 2 has a mail waiting, 3 had three."""
    return tables(**{
        "clients": [{"id": 1}, {"id": 2, "status": "Closed"}],
        "users": [{"id": n, "email": f"u{n}@x.org", "password_hash": "old"} for n in range(1, 7)],
        "user_clients": [{"id": n, "user_id": n, "client_id": 2 if n == 4 else 1} for n in (1, 2, 3, 4, 6)],
        "communications": [mail(1, 2), *(mail(n, 3, status="sent", happened_at=NOW - HOUR * 0.9) for n in (2, 3, 4)),
                           *(mail(n, 1, status="sent", happened_at=NOW - HOUR) for n in (5, 6, 7))],
        "invitations": [link(1, 1), link(2, 1), link(3, 2, expires_at=NOW), link(4, 2, revoked_at=NOW), link(5, 2, accepted_at=NOW),
                        link(6, 2, sent_to="old@x.org"), link(7, 6, is_reset=None), link(8, 6)],
        **more,
    })  # fmt: skip


def test_a_link_is_queued_for_the_user_alone():
    """The mail goes to the user, about a client that they may see; the password stays as it is."""
    result = plan(send_password_reset, SendPasswordReset, book(), [{"user_id": 1}])
    assert result.problem_list() == []
    (sent,) = result.rows("communications", "insert")
    assert (sent["client_id"], sent["template"], sent["subject_kind"], sent["subject_id"], sent["sent_to"], sent["status"]) == (
        1, "password-reset", "user", 1, "u1@x.org", "queued",
    )  # fmt: skip
    assert [change.table for change in result.changes] == ["communications"]


def test_its_link_is_open_for_an_hour_from_its_sending():
    """A mail that begins opens a link, and ends the earlier ones of that user, whether they are invitations or not."""
    rows = [{"communication_id": 1, "token": RAW}]
    begun = book(communications=[mail(1, 6)])
    result = plan(begin_mail, BeginMail, begun, rows)
    (opened,) = result.rows("invitations", "insert")
    assert (opened["user_id"], opened["token_sha256"], opened["is_reset"], opened["expires_at"]) == (
        6, hash_token(RAW), True, NOW + HOURS_OPEN * HOUR,
    )  # fmt: skip
    assert [row["id"] for row in result.rows("invitations", "update")] == [7, 8]


def test_another_password_is_chosen_once():
    """The hash fits, the link is used, other open ones of the user end, and a second row is refused."""
    result = plan(accept_invitation, AcceptInvitation, book(), [{"token": "token 1", "password": SECRET}])
    assert result.problem_list() == []
    (user,) = result.rows("users", "update")
    assert PasswordHasher().verify(user["password_hash"], SECRET)
    assert result.rows("invitations", "update") == [
        {"id": 1, "accepted_at": NOW, "revoked_at": None}, {"id": 2, "accepted_at": None, "revoked_at": NOW},
    ]  # fmt: skip
    twice = [{"token": f"token {n}", "password": SECRET} for n in (1, 1, 2)]
    assert [(p.row, p.code) for p in problems_of(book(), ACCEPT_INVITATION, twice)] == [
        (2, "not_valid"),
        (3, "not_valid"),
    ]


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("token 3", id="expired"), pytest.param("token 4", id="revoked"), pytest.param("token 5", id="used"),
        pytest.param("token 6", id="another address by now"), pytest.param("token 7", id="an invitation of who has a password"),
    ],
)  # fmt: skip
def test_links_that_are_not_valid_are_refused(token):
    """A link counts in its hour, once, and while the address is the user's."""
    assert [p.code for p in problems_of(book(), ACCEPT_INVITATION, [{"token": token, "password": SECRET}])] == [
        "not_valid"
    ]


def test_revoking_ends_links_and_withdraws_mails():
    """What ends invitations ends links for forgotten passwords, those that are queued too."""
    result = plan(revoke_invitation, RevokeInvitation, book(), [{"user_id": 1}, {"user_id": 2}])
    assert [row["id"] for row in result.rows("invitations", "update")] == [1, 2, 6]
    assert [(m["id"], m["status"]) for m in result.rows("communications", "update")] == [(1, "failed")]


def test_bad_requests_are_refused_all_at_once():
    """Each is named by row, field and reason."""
    assert_refused(book(), rule("send-password-reset"), {"user_id": 1}, [
        ({"user_id": 9}, "user_id", "unknown_user"), ({"user_id": None}, "user_id", "missing"), ({"user_id": "x"}, "user_id", "unknown_name"),
        ({"user_id": 2}, "user_id", "already_queued"), ({"user_id": 3}, "user_id", "too_many"), ({"user_id": 4}, "user_id", "cannot_log_in"),
        ({"user_id": 5}, "user_id", "not_linked"), ({"user_id": 6, "client_id": 2}, "client_id", "not_linked"), ({}, "user_id", "already_queued"),
    ])  # fmt: skip


def test_many_are_one_by_one():
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(send_password_reset, SendPasswordReset, book, [{"user_id": 6}, {"user_id": 1}])
