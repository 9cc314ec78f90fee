"""The web app in a real browser."""

import re

import pytest

from tests.browser.conftest import HOSTILE, PASSWORD, READY

ROUTES = ["home", "client", "client/7", "client/7/edit-client", "record/invoices/7", "record/contacts/7", "manual-entry", "credits", "billing/all",
          "duplicates", "operations", "operations/2", "audit"]  # fmt: skip


def pick(page, label, text):
    page.get_by_role("combobox", name=label).click()
    page.keyboard.type(text)
    page.get_by_role("option").filter(has_text=text).first.click()


def test_add_client_with_a_wrong_then_a_right_address(open_app, app):
    """The wrong address is told when the field is left; the right one makes a client."""
    page = open_app("manual-entry/add-client")
    page.locator("[name=first_name]").fill("Hedy")
    page.locator("[name=last_name]").fill("Lamarr")
    page.locator("[name=email]").fill("hedy at example")
    page.keyboard.press("Tab")
    page.locator(".co-problem").wait_for()
    assert page.locator("[name=email]").get_attribute("aria-invalid") == "true"
    page.locator("[name=email]").fill("hedy@posteo.de")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview: Add client").wait_for()
    page.get_by_role("button", name="Confirm: Add client").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert app.book.query("select first_name from clients where email = 'hedy@posteo.de'")[1] == [("Hedy",)]


def test_issue_credit_preview_double_click_undo(open_app, app):
    """A double click on confirm issues one credit; undo takes it back."""
    page = open_app("credits")
    pick(page, "Client", "Lovelace")
    page.get_by_label("Amount").fill("25")
    page.get_by_label("Description").fill("Outage")
    page.get_by_role("button", name="Preview").click()
    page.get_by_text("EUR 75.00").wait_for()
    head = app.book.head()[0]
    page.get_by_role("button", name="Confirm: Issue credit").dblclick()
    page.get_by_role("heading", name=f"Done: operation {head + 1}").wait_for()
    assert app.book.head()[0] == head + 1
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=f"Undone by operation {head + 2}").wait_for()
    assert str(app.book.query("select credit_balance from clients where id = 1")[1][0][0]) == "50.0000"


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


def test_two_tabs_confirm_and_one_is_applied(open_app, app):
    """The second tab is told that the book moved on, and nothing is applied twice."""
    pages = [open_app("client/6/issue-credit") for _ in range(2)]
    for page in pages:
        page.get_by_label("Amount").fill("5")
        page.get_by_label("Description").fill("Twice")
        page.get_by_role("button", name="Preview").click()
        page.get_by_role("heading", name="Preview: Issue credit").wait_for()
    for page in pages:
        page.get_by_role("button", name="Confirm: Issue credit").click()
    pages[0].get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    pages[1].get_by_text("since this preview. Preview again.").wait_for()
    assert str(app.book.query("select credit_balance from clients where id = 6")[1][0][0]) == "5.0000"


def test_a_dangerous_change_is_confirmed_by_typing_the_name(open_app, app):
    """Closing an account asks for the client's name."""
    page = open_app("client/5/close-account")
    page.get_by_role("heading", name="Preview: Close account").wait_for()
    page.get_by_label("Reason").fill("Asked for it")
    page.get_by_role("button", name="Confirm: Close account").click()
    page.get_by_text("Type Emmy Noether to confirm").wait_for()
    page.get_by_label("To confirm, type Emmy Noether").fill("emmy noether")
    page.get_by_role("button", name="Confirm: Close account").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert app.book.query("select status from clients where id = 5")[1] == [("Closed",)]


def test_delete_a_client(open_app, app):
    """Deleting shows what would go, and asks for the name."""
    page = open_app("client/8/delete-client")
    page.get_by_role("heading", name=re.compile("^Preview")).wait_for()
    page.get_by_label("Reason").fill("Asked for it")
    page.get_by_label("To confirm, type Clara Closed").fill("Clara Closed")
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert app.book.query("select count(*) from clients where id = 8")[1] == [(0,)]
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by")).wait_for()


def test_merge_two_clients_and_take_it_back(open_app, app):
    """A duplicate is merged into the client that remains; its old number finds it; undo brings it back."""
    page = open_app("duplicates/merge-clients/2")
    pick(page, "Replaced client", "Hoper")
    page.get_by_role("button", name="Preview").click()
    page.get_by_role("heading", name="Preview: Merge clients").wait_for()
    page.get_by_label("Reason").fill("Same person")
    page.get_by_role("button", name="Confirm: Merge clients").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert app.book.query("select survivor_id from merged_clients where replaced_id = 3")[1] == [(2,)]
    other = open_app("client/3")
    other.get_by_text("Client 3 was merged into this one.").wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by")).wait_for()
    assert app.book.query("select last_name from clients where id = 3")[1] == [("Hoper",)]


def test_a_hostile_name_is_shown_harmlessly_on_every_screen(open_app):
    """What a client typed is read as it was typed, and runs nowhere (the page's own check says so)."""
    page = open_app("home")
    for route in ROUTES:
        page.evaluate("route => { location.hash = route }", route)
        page.wait_for_timeout(900)
        assert page.locator(".co-main img[src='x']").count() == 0
        if route.startswith("client/7"):
            assert HOSTILE in page.locator(".co-main").inner_text()
    page.get_by_role("link", name="Clients").click()
    page.get_by_role("combobox", name="Find a client").click()
    page.keyboard.type("Mallory")
    page.get_by_role("option").filter(has_text="onerror").first.wait_for()


def test_keyboard_only(open_app, app):
    """A credit is issued with keys alone: find the client, fill, preview, confirm, undo."""
    page = open_app("credits")
    page.get_by_role("combobox", name="Client").focus()
    page.keyboard.type("hopper")
    page.get_by_role("option").first.wait_for()
    page.wait_for_timeout(600)
    page.keyboard.press("Enter")
    page.locator(".co-picked").wait_for()
    for text in ("3", "Keys"):
        while page.evaluate("document.activeElement.name || ''") not in ("amount", "description") or page.evaluate(
            "document.activeElement.value"
        ):
            page.keyboard.press("Tab")
        page.keyboard.type(text)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Preview: Issue credit").wait_for()
    page.wait_for_timeout(300)
    assert page.evaluate("document.activeElement.textContent").startswith("Preview")
    for _ in range(12):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.name") == "reason":
            break
    page.keyboard.type("By keyboard")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    page.wait_for_timeout(300)
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name=re.compile("Undone by operation")).wait_for()


def test_a_grid_of_100_000_rows(open_app, app):
    """Of a long list one page is there; the last page, a search and the arrows work."""
    from clientops.changes import Rule
    from clientops.requests import Request

    def many(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add(
            "many",
            "select 1000 + i as id, 1 as client_id, 'Entry ' || i as description, 0.01 as amount from range(100000) t(i)",
        )
        return steps.plan(steps.insert("credit_entries", "many"))

    receipt = app.book.apply_now(Rule("many", "Many", many, Request, lenient=True), [{}])
    page = open_app("credits")
    total = 100_000 + app.book.query("select count(*) from credit_entries where id < 1000")[1][0][0]
    page.get_by_text(f"{total:,} rows").wait_for()
    assert page.locator(".co-grid-table tbody tr").count() == 25
    page.get_by_role("button", name="Last page").click()
    page.get_by_text(re.compile(f"100,001.{total:,} of {total:,}")).wait_for()
    page.get_by_role("searchbox", name="Search the credit log").fill("Entry 77777")
    page.get_by_text("1 row", exact=True).wait_for()
    page.get_by_role("searchbox").fill("Entry 777")
    page.get_by_text("111 rows").wait_for()
    page.locator(".co-grid-table tbody tr").first.focus()
    page.keyboard.press("ArrowDown")
    assert page.evaluate("[...document.activeElement.parentElement.children].indexOf(document.activeElement)") == 1
    page.keyboard.press("PageDown")
    page.get_by_text(re.compile("26.50 of 111")).wait_for()
    app.book.undo(receipt.operation_id)


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


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_cut_off(open_app, width):
    """On narrow and wide screens the page is as wide as the window."""
    page = open_app("home", viewport={"width": width, "height": 800})
    for route in ("home", "client/1", "credits", "billing", "operations/1"):
        page.evaluate("route => { location.hash = route }", route)
        page.wait_for_timeout(900)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, route


def test_client_area(new_page, client_area):
    """Wrong password, closed client, then in: own data, and a contact of one's own."""
    page = new_page()
    page.goto(client_area.address)
    page.get_by_label("E-mail address").wait_for(timeout=READY)

    def enter(email, password):
        page.get_by_label("E-mail address").fill(email)
        page.get_by_label("Password").fill(password)
        page.get_by_role("button", name="Log in").click()

    enter("ada@example.com", "wrong")
    page.get_by_text("E-mail address or password is wrong.").wait_for()
    enter("clara@example.com", PASSWORD)
    page.get_by_text("This account is closed.").wait_for()
    enter("ada@example.com", PASSWORD)
    page.get_by_role("heading", name="Ada Lovelace").wait_for()
    page.get_by_role("button", name="Contacts").click()
    page.get_by_text("Mary").first.wait_for()
    page.get_by_role("button", name="Log out").click()
    page.get_by_text("You are logged out.").wait_for()


def test_without_the_token_nobody_gets_in(new_page, app):
    """The server asks for its token."""
    page = new_page()
    page.goto(app.address.partition("?")[0])
    assert "/login" in page.url
    assert page.locator(".co-root, #co-loading").count() == 0
