"""Links that mails lead to the client area with, followed in a real browser: an invitation, and a forgotten password."""

from __future__ import annotations

import re

import pytest

from clientops.mail.delivery import deliver
from clientops.registry import rule
from tests.browser.notebooks import READY
from tests.browser.test_accessibility import assert_fine
from tests.mail.test_delivery import serve  # noqa: F401  # a fixture

EMAIL = "linked@example.com"
FIRST, SECOND = "four words for linked", "four other words for linked"


@pytest.fixture
def mailed(client_area, serve):  # noqa: F811
    """Sends the outbox; gives the link in the last mail to the user."""
    postbox, server = serve()
    client_area.book.apply_now(rule("set-client-area"), {"address": client_area.address})

    def send():
        deliver(client_area.book, server)
        message = [message for recipients, message in postbox.messages if recipients == [EMAIL]][-1]
        (link,) = re.findall(re.escape(client_area.address) + r"#\S+", message.get_content())
        return link

    return send


def choose(page, password):
    """Choose a password, both times the same; the link goes from the address and from where one can go back to."""
    page.get_by_label("Password", exact=True).fill(password)
    page.get_by_label("Password again").fill(password)
    page.get_by_role("button", name="Set password").click()
    page.get_by_role("button", name="Log out").wait_for()


def assert_used_up(page, link):
    """The token is not in the address any more, also a step back; after logging out, the link opens nothing."""
    token = link.rpartition("/")[2]
    assert token not in page.url
    page.get_by_role("button", name="Log out").click()
    page.get_by_label("E-mail address").wait_for()
    page.go_back()
    page.wait_for_timeout(300)
    assert token not in page.url
    page.goto("about:blank")
    page.goto(link)
    page.get_by_text("This link is not valid, or not any more.").wait_for(timeout=READY)
    assert token not in page.url


def test_links_of_mails_are_followed(client_area, mailed, new_page):
    """An invited user chooses a password and is in; later it is forgotten, and the mail's link lets another one be chosen."""
    client_area.book.apply_now(rule("add-user"), {"email": EMAIL, "client_id": 2, "send_invitation": True})
    invitation = mailed()
    page = new_page()
    page.goto("about:blank")
    page.goto(invitation)
    page.get_by_text(f"For {EMAIL}").wait_for(timeout=READY)
    assert_fine(page)
    page.get_by_label("Password", exact=True).fill("short")
    page.get_by_label("Password again").fill("short")
    page.keyboard.press("Enter")
    page.get_by_text("The password must have at least 10 characters").wait_for()
    assert_fine(page)
    choose(page, FIRST)
    assert_used_up(page, invitation)

    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_role("button", name="Forgot your password?").click()
    page.get_by_role("button", name="Send link").wait_for()
    page.get_by_label("E-mail address").fill("")
    page.get_by_role("button", name="Send link").click()
    page.get_by_text("Enter your e-mail address.").wait_for()
    assert_fine(page)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.keyboard.press("Enter")
    page.get_by_text("a link is on its way there").wait_for()
    reset = mailed()
    page.goto("about:blank")
    page.goto(reset)
    page.get_by_text(f"For {EMAIL}").wait_for(timeout=READY)
    choose(page, SECOND)
    assert_used_up(page, reset)
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password").fill(SECOND)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("button", name="Log out").wait_for()
