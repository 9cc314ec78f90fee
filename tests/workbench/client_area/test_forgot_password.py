"""A forgotten password, from the log-in to the mail and back, as the user sees it."""

import re
import time
from types import SimpleNamespace

import pytest

from clientops.mail.delivery import Delivery, deliver
from clientops.registry import rule
from clientops.schema.passwords import hash_password
from clientops.workbench.client_area import forgot_password as forgotten
from clientops.workbench.client_area.pages import client_area
from tests.books import apply_by_hand, fingerprint
from tests.mail.test_delivery import serve  # noqa: F401  # a fixture
from tests.workbench.screens import Hand

OLD, NEW = "four words for ada", "four other words for ada"
ADDRESS = "ada@example.com"
AREA = "https://clients.example.com/area"


@pytest.fixture
def shop(book, monkeypatch):
    """The shop with nothing in the outbox; Ada logs in."""
    monkeypatch.setattr(forgotten, "LEAST_SECONDS", 0)
    apply_by_hand(book, ("communications", "update", [{"id": 3, "status": "sent"}]))
    apply_by_hand(book, ("users", "update", [{"id": 1, "password_hash": hash_password(OLD)}]))
    book.apply_now(rule("set-client-area"), {"address": AREA})
    return book


def ask(book, email=ADDRESS):
    """The client area after somebody asked for a link."""
    hand = Hand(client_area(book=book))
    hand.click("Forgot your password?")
    hand.submit(email=email)
    return hand


def queued(book):
    return book.query("select count(*) from communications where template = 'password-reset'")[1][0][0]


def test_from_the_log_in_to_another_password(shop, serve):  # noqa: F811
    """The link lets its reader choose a password, once; the old one ends then, and with it who was logged in."""
    inside = Hand(client_area(book=shop))
    inside.submit(email=ADDRESS, password=OLD)
    assert inside.has_button("Log out")
    assert "a link is on its way" in ask(shop, " Ada@Example.com ").text
    postbox, server = serve()
    assert deliver(shop, server) == Delivery(sent=1)
    recipients, message = postbox.messages[-1]
    assert recipients == [ADDRESS]
    assert "within an hour" in message.get_content()
    (token,) = re.findall(re.escape(AREA) + r"#password/(\S+)", message.get_content())
    hand = Hand(client_area(book=shop))
    hand.say({"h": "route", "v": f"password/{token}"})
    assert "Choose a password" in hand.text
    hand.submit(password=NEW, again=NEW)
    assert hand.has_button("Log out")
    assert token.encode() not in b"".join(file.read_bytes() for file in shop.path.parent.iterdir() if file.is_file())
    inside.click("Invoices")
    assert not inside.has_button("Log out")
    for password, gets_in in ((OLD, False), (NEW, True)):
        inside.submit(email=ADDRESS, password=password)
        assert inside.has_button("Log out") == gets_in
    again = Hand(client_area(book=shop))
    again.say({"h": "route", "v": f"password/{token}"})
    assert "This link is not valid, or not any more." in again.text
    assert shop.verify().is_clean


@pytest.mark.parametrize(
    "email",
    [pytest.param("nobody@example.com", id="unknown"), pytest.param("' or 1=1 --", id="SQL")],
)
def test_the_answer_does_not_tell_who_is_known(shop, email):
    """Whoever is not known reads the same sentence, and nothing is queued or changed."""
    before = fingerprint(shop.path)
    said = ask(shop, email).text
    assert fingerprint(shop.path) == before
    assert said.replace(email, ADDRESS) == ask(shop).text
    assert queued(shop) == 1


def test_a_second_time_and_a_closed_account_are_not_told(shop):
    """A link that waits already is not queued again, and a Closed account gets none: the sentence is the same."""
    first = ask(shop).text
    assert ask(shop).text == first
    assert queued(shop) == 1
    apply_by_hand(shop, ("communications", "update", [{"id": 4, "status": "sent"}]))
    apply_by_hand(shop, ("clients", "update", [{"id": 1, "status": "Closed"}]))
    assert ask(shop).text == first
    assert queued(shop) == 1


def test_tries_are_limited(shop):
    """After five times an address waits, in any kernel, and whether it is known or not."""
    for email in (ADDRESS, "nobody@example.com"):
        for _ in range(5):
            assert "a link is on its way" in ask(shop, email).text
        assert "Too many tries." in ask(shop, email).text


def test_what_is_missing_is_said_and_one_can_go_back(shop):
    """Without an address nothing is asked for; without a client area to lead to, nothing is offered."""
    hand = ask(shop, " ")
    assert "Enter your e-mail address." in hand.text
    hand.click("Back to the log-in")
    assert hand.has_button("Log in")
    shop.undo(shop.head()[0], reason="No area")
    assert not Hand(client_area(book=shop)).has_button("Forgot your password?")


def test_an_answer_takes_as_long_as_any(shop, monkeypatch):
    """The time of an answer is filled up, for known and unknown addresses."""
    slept = []
    monkeypatch.setattr(forgotten, "LEAST_SECONDS", 100)
    # Its own clock: other threads of this process sleep, too.
    monkeypatch.setattr(forgotten, "time", SimpleNamespace(sleep=slept.append, monotonic=time.monotonic))
    ask(shop)
    ask(shop, "nobody@example.com")
    assert [0 < seconds <= 100 for seconds in slept] == [True, True]
