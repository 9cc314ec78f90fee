"""What axe-core finds on every screen: labels, names, roles, contrast, landmarks."""

from __future__ import annotations

from importlib.resources import files

from playwright.sync_api import expect

from clientops.registry import rule
from tests.browser.conftest import PASSWORD
from tests.browser.test_app import ROUTES

SCREENS = [*ROUTES, "client/1", "client/1/issue-credit", "manual-entry/add-client", "manual-entry/create-invoice"]
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
RUN = """async rules => (await axe.run('.co-root', { runOnly: rules })).violations.flatMap(
    found => found.nodes.map(node => `${found.id}: ${node.target.join(' ')} (${node.any.concat(node.all, node.none).map(why => why.message).join('; ')})`))"""


def violations(page):
    """What axe finds wrong with the page, a line each."""
    if not page.evaluate("'axe' in window"):
        # Evaluated, not added to the page: the page's policy forbids inline scripts, and stays in force meanwhile.
        page.evaluate(files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8") + "\n;undefined")
    # Not wait_for_function: it evaluates a text in the page, which its policy forbids.
    expect(page.locator(".co-slow, .co-grid-waiting, .co-working")).to_have_count(0, timeout=30_000)
    page.wait_for_timeout(400)  # colours change slowly
    return page.evaluate(RUN, RULES)


def assert_fine(page):
    """Nothing is wrong with the page; else a line each."""
    found = violations(page)
    assert found == [], "\n".join(found)


def test_every_screen_can_be_used_by_everybody(open_app):
    """Nothing on any screen breaks the rules of WCAG 2.2 AA that a program can check."""
    page = open_app("home")
    found = {}
    for route in SCREENS:
        page.evaluate("route => { location.hash = route }", route)
        page.wait_for_timeout(600)
        if wrong := violations(page):
            found[route] = wrong
    assert found == {}, "\n".join(f"{route}: {line}" for route, lines in found.items() for line in lines)


def test_a_preview_and_its_problems_can_be_used_by_everybody(open_app):
    """The same holds for a form with problems, and for the preview and the receipt that follow."""
    page = open_app("credits")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.locator(".co-problem").first.wait_for()
    assert_fine(page)
    page.get_by_role("combobox", name="Client").fill("Lovelace")
    page.get_by_label("Amount").fill("2")
    page.get_by_label("Description").fill("For axe")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("button", name="Confirm: Issue credit").wait_for()
    assert_fine(page)
    page.get_by_role("button", name="Confirm: Issue credit").click()
    page.get_by_role("button", name="Undo", exact=True).wait_for()
    assert_fine(page)
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_text("Undone by operation").first.wait_for()


def test_a_grid_whose_cells_are_edited_can_be_used_by_everybody(open_app, app):
    """The same holds for cells that are edited: a wrong value, one that was changed meanwhile, and the entry itself."""
    page = open_app("client")
    page.get_by_role("button", name="Edit cells").click()
    page.locator("tr[data-id='4'] td[data-column='email']").focus()
    page.keyboard.type("nobody")
    page.keyboard.press("Enter")
    page.locator("td[aria-invalid=true] .co-problem").wait_for()
    page.locator("tr[data-id='6'] td[data-column='city']").focus()
    page.keyboard.type("Ulm")
    page.keyboard.press("Enter")
    page.get_by_text("2 values in 2 rows").wait_for()
    receipt = app.book.apply_now(rule("edit-client"), {"client_id": 6, "city": "Kiel"})
    page.get_by_role("columnheader", name="Client").get_by_role("button").click()  # reads anew
    page.get_by_text("changed to Kiel since").wait_for()
    assert_fine(page)
    page.locator("tr[data-id='6'] td[data-column='country']").focus()
    page.keyboard.press("F2")
    assert_fine(page)
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Discard").click()
    page.locator(".co-grid-pending").wait_for(state="hidden")
    app.book.undo(receipt.operation_id)


def test_the_client_area_can_be_used_by_everybody(new_page, client_area):
    """The log-in and what a client sees after it."""
    page = new_page()
    page.goto(client_area.address)
    page.get_by_label("E-mail").wait_for()
    assert_fine(page)
    page.get_by_label("E-mail").fill("ada@example.com")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Log in").click()
    page.get_by_role("heading", name="Ada Lovelace").wait_for()
    assert_fine(page)
