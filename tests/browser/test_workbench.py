"""The workbench in a real browser, as a web app and in JupyterLab: what people do with it, step by step."""

import re

from playwright.sync_api import expect

from tests.browser.conftest import HOSTILE, PASSWORD, READY
from tests.browser.notebooks import open_notebook


def pick(page, label, text):
    page.get_by_role("combobox", name=label).click()
    page.keyboard.type(text)
    page.get_by_role("option").filter(has_text=text).first.click()


def test_add_client_with_a_wrong_then_a_right_address(open_screen, served):
    """The wrong address is told when the field is left; the right one makes a client."""
    page = open_screen("manual-entry/add-client")
    page.locator("[name=first_name]").fill("Hedy")
    page.locator("[name=last_name]").fill("Lamarr")
    page.locator("[name=email]").fill("hedy at example")
    page.keyboard.press("Tab")
    page.locator(".co-problem").wait_for()
    assert page.locator("[name=email]").get_attribute("aria-invalid") == "true"
    page.locator("[name=email]").fill("hedy@posteo.de")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("heading", name="Preview: Add client").wait_for()
    page.get_by_role("button", name="Confirm: Add client").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert served.book.query("select first_name from clients where email = 'hedy@posteo.de'")[1] == [("Hedy",)]


def test_issue_credit_preview_double_click_undo(open_screen, served):
    """A double click on confirm issues one credit; undo takes it back."""
    page = open_screen("credits")
    pick(page, "Client", "Lovelace")
    page.get_by_label("Amount").fill("25")
    page.get_by_label("Description").fill("Outage")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("EUR 75.00").wait_for()
    head = served.book.head()[0]
    page.get_by_role("button", name="Confirm: Issue credit").dblclick()
    page.get_by_role("heading", name=f"Done: operation {head + 1}").wait_for()
    assert served.book.head()[0] == head + 1
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=f"Undone by operation {head + 2}").wait_for()
    assert str(served.book.query("select credit_balance from clients where id = 1")[1][0][0]) == "50.0000"


def test_two_tabs_confirm_and_one_is_applied(open_screen, served):
    """The second tab is told that the book moved on, and nothing is applied twice."""
    pages = [open_screen("client/6/issue-credit") for _ in range(2)]
    for page in pages:
        page.get_by_label("Amount").fill("5")
        page.get_by_label("Description").fill("Twice")
        page.get_by_role("button", name="Preview", exact=True).click()
        page.get_by_role("heading", name="Preview: Issue credit").wait_for()
    for page in pages:
        page.get_by_role("button", name="Confirm: Issue credit").click()
    pages[0].get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    pages[1].get_by_text("since this preview. Preview again.").wait_for()
    assert str(served.book.query("select credit_balance from clients where id = 6")[1][0][0]) == "5.0000"


def test_a_dangerous_change_is_confirmed_by_typing_the_name(open_screen, served):
    """Closing an account asks for the client's name."""
    page = open_screen("client/5/close-account")
    page.get_by_role("heading", name="Preview: Close account").wait_for()
    page.get_by_label("Reason").fill("Asked for it")
    page.get_by_role("button", name="Confirm: Close account").click()
    page.get_by_text("Type Emmy Noether to confirm").wait_for()
    page.get_by_label("To confirm, type Emmy Noether").fill("emmy noether")
    page.get_by_role("button", name="Confirm: Close account").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert served.book.query("select status from clients where id = 5")[1] == [("Closed",)]


def test_delete_a_client(open_screen, served):
    """Deleting shows what would go, and asks for the name."""
    page = open_screen("client/8/delete-client")
    page.get_by_role("heading", name=re.compile("^Preview")).wait_for()
    page.get_by_label("Reason").fill("Asked for it")
    page.get_by_label("To confirm, type Clara Closed").fill("Clara Closed")
    page.get_by_role("button", name=re.compile("^Confirm")).click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert served.book.query("select count(*) from clients where id = 8")[1] == [(0,)]
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by")).wait_for()


def test_merge_two_clients_and_take_it_back(open_screen, served):
    """A duplicate is merged into the client that remains; its old number finds it; undo brings it back."""
    page = open_screen("duplicates/merge-clients/2")
    pick(page, "Replaced client", "Hoper")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("heading", name="Preview: Merge clients").wait_for()
    page.get_by_label("Reason").fill("Same person")
    page.get_by_role("button", name="Confirm: Merge clients").click()
    page.get_by_role("heading", name=re.compile("Done: operation")).wait_for()
    assert served.book.query("select survivor_id from merged_clients where replaced_id = 3")[1] == [(2,)]
    other = open_screen("client/3")
    other.get_by_text("Client 3 was merged into this one.").wait_for()
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=re.compile("Undone by")).wait_for()
    assert served.book.query("select last_name from clients where id = 3")[1] == [("Hoper",)]


SCREENS = ("Home", "Clients", "Manual entry", "Credit", "Billing", "Duplicates", "Operations", "Audit")


def settled(page):
    """Wait until nothing is being read or drawn."""
    page.wait_for_timeout(300)
    # Not wait_for_function: it evaluates a text in the page, which its policy forbids.
    expect(page.locator(".co-slow, .co-grid-waiting, .co-working")).to_have_count(0, timeout=30_000)


def test_a_hostile_name_is_shown_harmlessly_on_every_screen(open_screen):
    """What a client typed is read as it was typed, and runs nowhere (the page's own check says so)."""
    page = open_screen("client/7")
    settled(page)

    def harmless(*, shown=False):
        settled(page)
        assert page.locator(".co-root img[src='x']").count() == 0
        if shown:
            assert HOSTILE in page.locator(".co-main").inner_text()

    harmless(shown=True)
    about = page.get_by_role("group", name="About the client")
    for tab in about.get_by_role("button").all_inner_texts():
        about.get_by_role("button", name=tab, exact=True).click()
        harmless(shown=True)
    page.get_by_role("button", name="Edit client", exact=True).click()
    page.get_by_label("First name").fill("Ada")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("heading", name="Preview: Edit client").wait_for()
    harmless(shown=True)
    for screen in SCREENS:
        page.get_by_role("link", name=screen, exact=True).click()
        page.locator(".co-main").get_by_role("heading", name=screen, exact=True, level=1).wait_for()
        harmless()
        for view in range(page.get_by_role("group", name="Views").get_by_role("button").count()):
            page.get_by_role("group", name="Views").get_by_role("button").nth(view).click()
            harmless()
    page.get_by_role("link", name="Clients", exact=True).click()
    page.get_by_role("button", name="Edit cells").click()
    harmless(shown=True)
    page.get_by_role("combobox", name="Find a client").click()
    page.keyboard.type("Mallory")
    page.get_by_role("option").filter(has_text="onerror").first.wait_for()
    harmless()


def test_cells_of_a_grid_are_edited_by_keyboard(open_screen, served):
    """A wrong value is told at its cell, values wait across pages, and all of them are one operation with an undo."""
    page = open_screen("client")
    page.get_by_role("button", name="Edit cells").press("Enter")
    page.get_by_role("columnheader", name="City").wait_for()
    cell = page.locator("tr[data-id='4'] td[data-column='email']")
    cell.focus()
    page.keyboard.press("F2")
    page.keyboard.type("katherine at example")
    page.keyboard.press("Enter")
    page.locator("td[aria-invalid=true] .co-problem").wait_for()
    assert page.evaluate("document.activeElement.dataset.column") == "email"
    page.get_by_text("1 value in 1 row entered, not applied yet; 1 wrong").wait_for()
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    page.keyboard.press("Enter")
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.type("katherine@posteo.de")
    page.keyboard.press("Tab")
    page.get_by_text("1 value in 1 row entered, not applied yet", exact=True).wait_for()
    page.keyboard.press("ArrowUp")
    at = page.evaluate("[document.activeElement.parentElement.dataset.id, document.activeElement.dataset.column]")
    assert at == ["5", "country"]
    page.locator("tr[data-id='5'] td[data-column='city']").focus()
    page.keyboard.type("Ulm")
    page.keyboard.press("Enter")
    page.get_by_text("2 values in 2 rows").wait_for()
    page.get_by_role("searchbox", name="Search clients").fill("Lovelace")
    page.get_by_text("1 row", exact=True).wait_for()
    page.get_by_text("2 values in 2 rows").wait_for()
    page.get_by_role("searchbox", name="Search clients").fill("")
    page.get_by_text(re.compile(r"^\d+ rows$")).wait_for()
    assert page.locator("tr[data-id='5'] td.co-edited").inner_text().startswith("Ulm")
    head = served.book.head()[0]
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_text("If you confirm: 2 clients changed.").wait_for()
    page.get_by_role("button", name="Confirm: Edit client").click()
    page.get_by_role("heading", name=f"Done: operation {head + 1}").wait_for()
    assert served.book.query("select email from clients where id = 4")[1] == [("katherine@posteo.de",)]
    page.get_by_role("button", name="Undo", exact=True).click()
    page.get_by_role("heading", name=f"Undone by operation {head + 2}").wait_for()
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_role("columnheader", name="City").wait_for()
    assert page.locator(".co-edited").count() == 0


def test_keyboard_only(open_screen, served):
    """A credit is issued with keys alone: find the client, fill, preview, confirm, undo."""
    page = open_screen("credits")
    page.get_by_role("combobox", name="Client").focus()
    page.keyboard.type("hopper")
    page.locator(".co-picker-list [role=option]").first.wait_for()
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


def test_a_grid_of_100_000_rows(open_screen, served):
    """Of a long list one page is there; the last page, a search and the arrows work."""
    from clientops.core.plan import Rule
    from clientops.schema.requests import Request

    def many(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add(
            "many",
            "select 1000 + i as id, 1 as client_id, 'Entry ' || i as description, 0.01 as amount from range(100000) t(i)",
        )
        return steps.plan(steps.insert("credit_entries", "many"))

    receipt = served.book.apply_now(Rule("many", "Many", many, Request, lenient=True), [{}])
    page = open_screen("credits")
    total = 100_000 + served.book.query("select count(*) from credit_entries where id < 1000")[1][0][0]
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
    served.book.undo(receipt.operation_id)


def test_client_area(new_page, served, request):
    """Wrong password, closed client, then in: own data, and a contact of one's own."""
    page = new_page()
    if served.kind == "lab":
        open_notebook(page, served.address, "lab", "client-area", served.folder)
    else:
        page.goto(request.getfixturevalue("client_area").address)
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
