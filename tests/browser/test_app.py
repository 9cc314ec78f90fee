"""The web app in a real browser."""

import re

import pytest

from tests.browser.conftest import READY

ROUTES = ["home", "client", "client/7", "client/7/edit-client", "record/invoices/7", "record/contacts/7", "manual-entry", "credits", "billing/all",
          "duplicates", "operations", "operations/2", "audit"]  # fmt: skip


CELLS_OUT_OF_SIGHT = "[...document.querySelectorAll('.co-grid-table td')].filter(cell => cell.getBoundingClientRect().right > innerWidth).length"


def test_what_was_typed_into_a_picker_counts_though_it_is_still_looked_up(open_app):
    """Who types a name that only one client has and goes on at once to Preview need not wait for the list."""
    page = open_app("credits")
    page.get_by_label("Amount").fill("25")
    page.get_by_label("Description").fill("Quick")
    page.get_by_role("combobox", name="Client").fill("Lovelace")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("button", name="Confirm: Issue credit").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by operation")).wait_for()


def test_the_back_button_and_a_reload_stay_where_one_is(open_app):
    """The address says where one is."""
    page = open_app("home")
    page.get_by_role("link", name="Operations").click()
    page.get_by_role("heading", name="Operations", exact=True).wait_for()
    assert page.url.endswith("#operations")
    page.go_back()
    page.get_by_role("heading", name="Home", exact=True).wait_for()
    page.go_forward()
    page.get_by_role("heading", name="Operations", exact=True).wait_for()
    page.reload()
    page.get_by_role("heading", name="Operations", exact=True).wait_for(timeout=READY)


def test_what_was_typed_outlives_the_tab(open_app):
    """A form that was left half filled is found again in another tab."""
    page = open_app("client/3/issue-credit")
    page.get_by_label("Description").fill("half a sentence")
    page.wait_for_timeout(1200)
    page.close()
    page = open_app("client/3/issue-credit")
    page.get_by_text("This is your draft of").wait_for()
    assert page.get_by_label("Description").input_value() == "half a sentence"
    page.get_by_role("button", name="Begin anew").click()


def test_a_lost_connection_is_shown_and_comes_back(new_page, app):
    """Within 3 s the page says that nothing answers, and when something does it goes on where it was."""
    page, is_gone, sockets = new_page(), [], []

    def between(socket):
        if is_gone:
            socket.close()
            return
        server = socket.connect_to_server()
        sockets.append(socket)
        socket.on_message(lambda message: None if is_gone else server.send(message))
        server.on_message(lambda message: None if is_gone else socket.send(message))

    page.route_web_socket(re.compile("/socket"), between)
    page.goto(app.at("client/3/issue-credit"))
    page.get_by_label("Description").wait_for(timeout=READY)
    is_gone.append(True)
    page.get_by_text("The connection to the server is lost").wait_for(timeout=3_500)
    page.get_by_label("Description").fill("typed meanwhile")
    page.wait_for_timeout(800)
    is_gone.clear()
    page.get_by_text("The connection to the server is lost").wait_for(state="hidden", timeout=15_000)
    assert page.get_by_label("Description").input_value() == "typed meanwhile"
    page.get_by_label("Amount").fill("1")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("heading", name="Preview: Issue credit").wait_for()


def test_a_link_opens_in_another_tab(open_app):
    """A link to a screen has its address, so that it can be opened beside, copied and kept."""
    page = open_app("home")
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Operations").click(modifiers=["ControlOrMeta"])
    opened.value.get_by_role("heading", name="Operations", exact=True).wait_for(timeout=READY)
    assert page.get_by_role("heading", name="Home", exact=True).is_visible()


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_cut_off(open_app, width):
    """On narrow and wide screens the page is as wide as the window."""
    page = open_app("home", viewport={"width": width, "height": 800})
    for route in ("home", "client", "client/1", "credits", "billing/all", "operations/1"):
        page.evaluate("route => { location.hash = route }", route)
        page.wait_for_timeout(900)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, route
        if width < 520:  # rows of lists are paragraphs, and still rows to a screen reader
            assert page.evaluate(CELLS_OUT_OF_SIGHT) == 0, route
            assert page.get_by_role("gridcell").count() == page.locator(".co-grid-table td:not(:empty)").count()


def test_without_signing_in_nobody_gets_in(new_page, app):
    """Without a session there is a log-in, or for the app of one person a hint, and no screen."""
    page = new_page(may_fail=("401",))
    page.context.clear_cookies()
    page.goto(app.at("client/3"))
    page.get_by_role("heading", name="Please use the link").wait_for()
    assert page.locator("#screen").count() == 0
