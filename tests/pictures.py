"""Pictures for the README: ``make pictures`` drives the app over the demo book and writes docs/pictures/*.png.

>>> python -m tests.pictures  # doctest: +SKIP
"""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from clientops.book.book import Book
from clientops.importing.demo.build import BUILD_DEMO
from tests.browser.conftest import CHROMIUM, OPTIONS, READY
from tests.server.running import running

FOLDER = Path(__file__).parents[1] / "docs" / "pictures"
SCREENS = {  # name: route, and a heading by which one knows to be there
    "home": ("home", "To do"),
    "client": ("client/1", "Profile"),
    "credit": ("credits", "Issue credit"),
    "billing": ("billing/all", "Billing"),
    "operation": ("operations/1", "What it changed"),
    "manual-entry": ("manual-entry", "Hosting account"),
}
BUSY = ".co-slow, .co-grid-waiting, .co-working"


def make_book(file: Path) -> Book:
    """The demo book."""
    book = Book.create(file, operator="maria")
    book.apply_now(BUILD_DEMO, {"clients": 300, "seed": 7}, reason="Demo book")
    return book


def main() -> None:
    """Write the pictures."""
    from playwright.sync_api import expect, sync_playwright

    FOLDER.mkdir(parents=True, exist_ok=True)
    os.environ["CLIENTOPS_OPERATOR"] = "maria"
    with tempfile.TemporaryDirectory() as scratch, sync_playwright() as playwright:
        os.environ["CLIENTOPS_STATE"] = scratch
        book = make_book(Path(scratch) / "demo.duckdb")
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        with running(book.path, Path(scratch)) as server:
            address = server.address
            context = browser.new_context(viewport={"width": 1280, "height": 800})
            context.add_cookies([server.cookie])
            page = context.new_page()
            page.goto(address)
            page.locator(".co-main").wait_for(timeout=READY)
            for name, (route, heading) in SCREENS.items():
                page.evaluate("route => { location.hash = route }", route)
                page.get_by_role("heading", name=heading, exact=True).first.wait_for(timeout=READY)
                page.wait_for_timeout(500)
                expect(page.locator(BUSY)).to_have_count(0)
                page.screenshot(path=FOLDER / f"{name}.png")
            page.evaluate("location.hash = 'client/1/issue-credit'")
            page.get_by_label("Amount").fill("25")
            page.get_by_label("Description").fill("For the outage on Monday")
            page.get_by_role("button", name="Preview").click()
            page.get_by_role("heading", name="Preview: Issue credit").scroll_into_view_if_needed()
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / "preview.png")
            page.get_by_label("Reason").fill("Promised by phone")
            page.get_by_role("button", name="Confirm: Issue credit").click()
            page.get_by_text("Done: operation").wait_for()
            page.wait_for_timeout(500)
            page.screenshot(path=FOLDER / "receipt.png")
            dark = browser.new_context(viewport={"width": 390, "height": 800}, color_scheme="dark")
            dark.add_cookies([server.cookie])
            narrow = dark.new_page()
            narrow.goto(f"{address}#client/1")
            narrow.get_by_role("heading", name="Clients", exact=True).wait_for(timeout=READY)
            narrow.wait_for_timeout(500)
            expect(narrow.locator(BUSY)).to_have_count(0)
            narrow.screenshot(path=FOLDER / "narrow-dark.png")
        browser.close()


if __name__ == "__main__":
    main()
