"""An invitation from its mail to the log-in, as the invited user sees it."""

import re
from datetime import UTC, datetime, timedelta

import pytest

from clientops.book.write.internal_rules import apply_own
from clientops.core.errors import RefusedError
from clientops.mail.delivery import Delivery, deliver
from clientops.registry import rule
from clientops.rules.users.invitations import ACCEPT_INVITATION
from clientops.workbench.client_area.pages import client_area
from tests.books import apply_by_hand
from tests.mail.test_delivery import serve  # noqa: F401  # a fixture
from tests.workbench.screens import Hand

PASSWORD = "four words for emmy"
AREA = "https://clients.example.com/area"
EMMY = {"first_name": "Emmy", "last_name": "Noether", "email": "emmy@example.org", "currency": "EUR", "invite": "yes"}


@pytest.fixture
def shop(book):
    """The shop with an invitation in the outbox, and nothing else."""
    apply_by_hand(book, ("communications", "update", [{"id": 3, "status": "sent"}]))
    book.apply_now(rule("set-client-area"), {"address": AREA})
    book.apply_now(rule("add-client"), EMMY)
    return book


@pytest.fixture
def send(shop, serve):  # noqa: F811
    """Send the outbox; gives the token of the last mail."""
    postbox, server = serve()

    def sent():
        assert deliver(shop, server) == Delivery(sent=1)
        recipients, message = postbox.messages[-1]
        assert recipients == ["emmy@example.org"]
        (token,) = re.findall(re.escape(AREA) + r"#invitation/(\S+)", message.get_content())
        return token

    return sent


def opened(book, token):
    """The client area as the link opens it in a browser."""
    hand = Hand(client_area(book=book))
    hand.say({"h": "route", "v": f"invitation/{token}"})
    return hand


def test_from_the_mail_to_the_client_area(shop, send):
    """The link opens a form; a bad password is told without using it up; a good one lets the user in, now and later."""
    token = send()
    hand = opened(shop, token)
    assert "Choose a password" in hand.text
    assert "For emmy@example.org." in hand.text
    hand.submit(password="", again="")
    assert "Choose a password." in hand.text
    hand.submit(password=PASSWORD, again="another one")
    assert "The two passwords differ." in hand.text
    hand.submit(password="short", again="short")
    assert "The password must have at least 10 characters." in hand.text
    hand.submit(password="Password123", again="Password123")
    assert "Choose another password: anybody would guess it" in hand.text
    hand.submit(password=PASSWORD, again=PASSWORD)
    assert "Emmy Noether" in hand.text
    assert hand.has_button("Log out")
    assert hand.view.route == "log-in"
    assert shop.operation(shop.head()[0]).line.operator == "emmy@example.org (client area)"
    later = Hand(client_area(book=shop))
    later.submit(email="emmy@example.org", password=PASSWORD)
    assert later.has_button("Log out")
    assert shop.verify().is_clean


def test_the_token_is_in_the_mail_alone(shop, send):
    """Neither token nor password is in the bytes of the file or beside it, before and after it is used; the text says hidden."""
    token = send()
    assert f"{AREA}#invitation/(hidden)" in shop.query("select body from communications where id = 4")[1][0][0]
    hand = opened(shop, token)
    hand.submit(password=PASSWORD, again=PASSWORD)
    assert hand.has_button("Log out")
    content = b"".join(file.read_bytes() for file in shop.path.parent.iterdir() if file.is_file())
    assert AREA.encode() in content
    assert token.encode() not in content
    assert PASSWORD.encode() not in content
    assert repr(token) not in repr(shop.query("select request from history.requests"))


@pytest.mark.parametrize(
    "how", ["used", "revoked", "expired", "replaced", "unknown", "user removed", "address changed"]
)
def test_a_link_that_is_not_valid_opens_nothing(shop, send, how):
    """Used, revoked, expired, replaced and unknown links say the same, and so does a form that was open meanwhile."""
    token = send()
    (number,) = shop.query("select id from users where email = 'emmy@example.org'")[1][0]
    hand = opened(shop, token)
    if how == "used":
        apply_own(shop, ACCEPT_INVITATION, {"token": token, "password": PASSWORD}, reason="x")
    elif how == "revoked":
        shop.apply_now(rule("revoke-invitation"), {"user_id": number})
    elif how == "expired":
        past = datetime.now(UTC) - timedelta(days=8)
        apply_by_hand(shop, ("invitations", "update", [{"id": 1, "expires_at": past}]))
    elif how == "replaced":
        shop.apply_now(rule("invite-user"), {"user_id": number})
        assert "Choose a password" in opened(shop, send()).text
    elif how == "address changed":
        shop.apply_now(rule("edit-user"), {"user_id": number, "email": "emmy@example.com"})
    elif how == "unknown":
        hand = opened(shop, token[:-1])
    else:
        shop.apply_now(rule("remove-user"), {"user_id": number})
    if how != "unknown":
        hand.submit(password="another four words", again="another four words")
    assert "This link is not valid, or not any more." in hand.text
    assert "Choose a password" not in hand.text
    assert "This link is not valid, or not any more." in opened(shop, token[:-1] if how == "unknown" else token).text


def test_tries_are_limited(shop, send):
    """After five refused passwords the link waits, in any kernel."""
    token = send()
    for _ in range(5):
        opened(shop, token).submit(password="short", again="short")
    hand = opened(shop, token)
    hand.submit(password=PASSWORD, again=PASSWORD)
    assert "Too many tries." in hand.text
    assert shop.query("select count(*) from invitations where accepted_at is null")[1] == [(1,)]


def test_undoing_an_acceptance_opens_the_link_until_it_is_revoked(shop, send):
    """Undo brings back what was: no password, an open link; revoking it then ends it for good."""
    token = send()
    accept = {"token": token, "password": PASSWORD}
    apply_own(shop, ACCEPT_INVITATION, accept, reason="x")
    shop.undo(shop.head()[0], reason="Somebody else read the mail")
    assert shop.query("select accepted_at, revoked_at from invitations")[1] == [(None, None)]
    assert shop.query("select password_hash from users where email = 'emmy@example.org'")[1] == [(None,)]
    (number,) = shop.query("select id from users where email = 'emmy@example.org'")[1][0]
    shop.apply_now(rule("revoke-invitation"), {"user_id": number})
    with pytest.raises(RefusedError):
        apply_own(shop, ACCEPT_INVITATION, accept, reason="x")
    assert shop.verify().is_clean


@pytest.mark.parametrize(
    ("change", "says"),
    [
        pytest.param(("settings", "delete", [{"id": 2}]), "address of the client area is not known", id="no address"),
        pytest.param(("users", "update", [{"id": 3, "email": "other@example.org"}]), "another e-mail address", id="address changed"),
        pytest.param(("communications", "update", [{"id": 4, "subject_kind": None, "subject_id": None}]), "use invite-user", id="names no user"),
    ],
)  # fmt: skip
def test_an_invitation_of_no_use_is_not_sent(shop, serve, change, says):  # noqa: F811
    """It has failed, with what to do, and no link was made."""
    postbox, server = serve()
    assert shop.query("select value from settings where id = 2")[1] == [(AREA,)]
    apply_by_hand(shop, change)
    assert deliver(shop, server) == Delivery(failed=1)
    assert says in shop.query("select error from communications where id = 4")[1][0][0]
    assert postbox.messages == []
    assert shop.query("select count(*) from invitations")[1] == [(0,)]


def test_who_has_a_password_gets_no_link(shop, serve):  # noqa: F811
    """A user who logs in already is told of the other account, and no token is made."""
    postbox, server = serve()
    apply_by_hand(shop, ("users", "update", [{"id": 3, "password_hash": "x"}]))
    assert deliver(shop, server) == Delivery(sent=1)
    text = postbox.messages[0][1].get_content()
    assert AREA in text
    assert "#invitation" not in text
    assert shop.query("select count(*) from invitations")[1] == [(0,)]
