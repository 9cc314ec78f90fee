"""Rules of invitations."""

from datetime import timedelta

import pytest
from argon2 import PasswordHasher

from clientops.registry import rule
from clientops.rules.mail.delivery import BeginMail, begin_mail
from clientops.rules.users.invitations import (
    ACCEPT_INVITATION,
    INVALID,
    AcceptInvitation,
    InviteUser,
    RevokeInvitation,
    accept_invitation,
    invite_user,
    revoke_invitation,
)
from clientops.schema.passwords import hash_token, new_token
from clientops.schema.requests import read_requests
from tests.builders import NOW, plan, tables
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same

RAW = [new_token() for _ in range(4)]
SECRET = "correct horse battery"
DAY = timedelta(days=1)


def invitation(number, user, **more):
    return {
        "id": number, "user_id": user, "token_sha256": hash_token(f"token {number}"), "sent_to": f"u{user}@x.org",
        "created_at": NOW - DAY, "expires_at": NOW + DAY, **more,
    }  # fmt: skip


def book(**more):
    """Users: 1 and 2 invited, 3 with a password, 4 of a closed client, 5 of none, 6 and 7 with a mail in the outbox."""
    mail = {"kind": "email", "direction": "out", "template": "invitation", "status": "queued", "subject_kind": "user"}
    return tables(**{
        "clients": [{"id": 1}, {"id": 2, "status": "Closed"}, {"id": 3}],
        "users": [{"id": n, "email": f"u{n}@x.org", "password_hash": "old" if n == 3 else None} for n in range(1, 8)],
        "user_clients": [
            {"id": 1, "user_id": 1, "client_id": 2}, {"id": 2, "user_id": 1, "client_id": 3}, {"id": 3, "user_id": 2, "client_id": 1},
            {"id": 4, "user_id": 3, "client_id": 1}, {"id": 5, "user_id": 4, "client_id": 2}, {"id": 6, "user_id": 6, "client_id": 1},
            {"id": 7, "user_id": 7, "client_id": 1},
        ],
        "communications": [
            {"id": 1, "client_id": 1, "subject_id": 6, "sent_to": "u6@x.org", **mail},
            {"id": 2, "client_id": 1, "subject_id": 7, "sent_to": "u7@x.org", **mail},
            {"id": 3, "client_id": 1, "subject_id": 6, "sent_to": "u6@x.org", **mail},
        ],
        "invitations": [
            invitation(1, 1), invitation(2, 1), invitation(3, 2, expires_at=NOW), invitation(4, 2, revoked_at=NOW), invitation(5, 2, accepted_at=NOW),
            invitation(6, 3), invitation(7, 2, sent_to="old@x.org"), invitation(8, 2),
        ],
        **more,
    })  # fmt: skip


def test_a_user_is_invited_and_earlier_links_end():
    """The mail goes to the user alone, about the first client that may log in; without an address of the client area that is said."""
    result = plan(invite_user, InviteUser, book(), [{"user_id": 1}, {"user_id": 2, "client_id": 1}])
    assert result.problem_list() == []
    mails = [
        (m["client_id"], m["template"], m["subject_kind"], m["subject_id"], m["sent_to"], m["status"])
        for m in result.rows("communications", "insert")
    ]
    assert mails == [
        (3, "invitation", "user", 1, "u1@x.org", "queued"),
        (1, "invitation", "user", 2, "u2@x.org", "queued"),
    ]
    assert result.rows("invitations", "update") == [{"id": n, "revoked_at": NOW} for n in (1, 2, 7, 8)]
    assert [code for _, _, code, _ in result.warnings.fetchall()] == ["no_client_area"] * 2
    known = book(settings=[{"id": 1, "name": "client_area", "value": "https://x.org/"}])
    assert plan(invite_user, InviteUser, known, [{"user_id": 1}]).warnings.fetchall() == []


def test_a_link_is_open_for_seven_days_and_the_last_one_holds():
    """A mail that begins with a token opens an invitation; of two mails to one user at once only the later is open."""
    rows = [{"communication_id": n, "body": "(hidden)", "token": RAW[n]} for n in (1, 2, 3)]
    found = plan(begin_mail, BeginMail, book(), rows).rows("invitations", "insert")
    assert [(i["user_id"], i["communication_id"], i["token_sha256"], i["sent_to"], i["revoked_at"]) for i in found] == [
        (6, 1, hash_token(RAW[1]), "u6@x.org", NOW),
        (7, 2, hash_token(RAW[2]), "u7@x.org", None),
        (6, 3, hash_token(RAW[3]), "u6@x.org", None),
    ]
    assert {(i["created_at"], i["expires_at"]) for i in found} == {(NOW, NOW + 7 * DAY)}
    begun = book(communications=[{"id": 1, "subject_kind": "user", "subject_id": 1, "status": "queued"}])
    assert plan(begin_mail, BeginMail, begun, rows[:1]).rows("invitations", "update") == [{"id": n, "revoked_at": NOW} for n in (1, 2)]  # fmt: skip


def test_accepting_sets_the_password_and_confirms_the_address():
    """The hash fits, the invitation is used, and other open links of that user end; nobody else is touched."""
    result = plan(accept_invitation, AcceptInvitation, book(), [{"token": "token 2", "password": SECRET}])
    assert result.problem_list() == []
    (user,) = result.rows("users", "update")
    assert (user["id"], user["email_verified_at"]) == (1, NOW)
    assert PasswordHasher().verify(user["password_hash"], SECRET)
    assert result.rows("invitations", "update") == [
        {"id": 1, "accepted_at": None, "revoked_at": NOW},
        {"id": 2, "accepted_at": NOW, "revoked_at": None},
    ]


@pytest.mark.parametrize(
    "token",
    [
        pytest.param("never made", id="unknown"), pytest.param(hash_token("token 1"), id="the hash itself"), pytest.param("token 3", id="expired"),
        pytest.param("token 4", id="revoked"), pytest.param("token 5", id="used"), pytest.param("token 6", id="has a password"),
        pytest.param("token 7", id="another address by now"), pytest.param("x", id="short"), pytest.param("' or 1=1 --", id="SQL"),
    ],
)  # fmt: skip
def test_links_that_are_not_valid_are_refused_alike(token):
    """One sentence, which tells nothing of users."""
    (problem,) = problems_of(book(), ACCEPT_INVITATION, [{"token": token, "password": SECRET}])
    assert (problem.field, problem.code, problem.message) == ("token", "not_valid", INVALID)


def test_a_link_is_used_once_in_one_table():
    """The second row with the same token, or another of the same user, is refused."""
    rows = [{"token": f"token {n}", "password": SECRET} for n in (1, 1, 2)]
    assert [(p.row, p.code) for p in problems_of(book(), ACCEPT_INVITATION, rows)] == [
        (2, "not_valid"),
        (3, "not_valid"),
    ]


def test_neither_token_nor_password_is_repeated():
    """What is wrong with them is said without them."""
    rows = [{"token": "z" * 300, "password": "short"}]
    messages = [p.message for p in read_requests(AcceptInvitation, rows).problems]
    assert len(messages) == 2
    assert not [m for m in messages if "zzz" in m or "short'" in m]


def test_revoking_ends_links_and_withdraws_mails():
    """Open links are revoked, queued invitations are not sent; used and expired ones stay as they were."""
    result = plan(revoke_invitation, RevokeInvitation, book(), [{"user_id": 1}, {"user_id": 6}])
    assert result.rows("invitations", "update") == [{"id": 1, "revoked_at": NOW}, {"id": 2, "revoked_at": NOW}]
    assert [(m["id"], m["status"], m["error"]) for m in result.rows("communications", "update")] == [
        (1, "failed", "the invitation was revoked"),
        (3, "failed", "the invitation was revoked"),
    ]


def test_bad_requests_are_refused_all_at_once():
    """Each is named by row, field and reason."""
    assert_refused(book(), rule("invite-user"), {"user_id": 1}, [
        ({"user_id": 9}, "user_id", "unknown_user"), ({"user_id": None}, "user_id", "missing"), ({"user_id": "x"}, "user_id", "unknown_name"),
        ({"user_id": 3}, "user_id", "has_password"), ({"user_id": 4}, "user_id", "cannot_log_in"), ({"user_id": 5}, "user_id", "not_linked"),
        ({"user_id": 2, "client_id": 3}, "client_id", "not_linked"), ({"user_id": 6}, "user_id", "already_queued"), ({}, "user_id", "already_queued"),
    ])  # fmt: skip
    assert_refused(book(), rule("revoke-invitation"), {"user_id": 1}, [
        ({"user_id": 9}, "user_id", "unknown_user"), ({"user_id": 5}, "user_id", "not_invited"), ({}, "user_id", "not_invited"),
    ])  # fmt: skip
    addresses = ["", "clients.example.com", "http://clients.example.com/", "ftp://x.org", "https://x.org/#a", "https://x .org/", "javascript:alert(1)", "https://" + "x" * 500]  # fmt: skip
    assert_refused(book(), rule("set-client-area"), {"address": "https://x.org/area"}, [
        ({"address": text}, "address", "bad_value" if text else "missing") for text in addresses
    ])  # fmt: skip


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(invite_user, InviteUser, [{"user_id": 2}, {"user_id": 1}], id="invite"),
        pytest.param(begin_mail, BeginMail, [{"communication_id": n, "token": RAW[n]} for n in (1, 2, 3)], id="begin"),
        pytest.param(revoke_invitation, RevokeInvitation, [{"user_id": 7}, {"user_id": 1}], id="revoke"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, book, rows)
