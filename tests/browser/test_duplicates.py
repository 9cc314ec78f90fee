"""The review of duplicates in a real browser, by keyboard."""

from __future__ import annotations

from clientops.registry import rule
from tests.books import insert
from tests.browser.conftest import HOSTILE

ROSA = {
    "first_name": "Rosa",
    "last_name": "Parks",
    "phone": "+13125550177",
    "country": "US",
    "postcode": "36104",
    "address1": "7 Main St",
}


def test_review_by_keyboard(open_app, app):
    """M and Enter accept a case, D and Enter keep the next apart, U takes that back, L and Escape leave it as it is."""
    insert(
        app.book, lenient=True,
        clients=[{"id": 901, **ROSA, "email": "rosa@example.com"}, {"id": 902, **ROSA, "email": "rosa@example.com"},
                 {"id": 911, **ROSA, "first_name": HOSTILE, "last_name": "Mallory", "phone": "+13125550178", "address1": "8 Elm St", "email": "m@example.org"},
                 {"id": 912, **ROSA, "first_name": HOSTILE, "last_name": "Malory", "phone": "+13125550178", "address1": "8 Elm St", "email": "m@example.org"}],
    )  # fmt: skip
    app.book.apply_now(rule("find-duplicates"), {}, reason="test")

    def decisions():
        return app.book.query("select left_id, right_id, decision from duplicate_decisions order by id")[1]

    page = open_app("duplicates")
    page.locator(".co-case").wait_for()
    page.keyboard.press("m")
    page.get_by_role("button", name="Confirm: Merge").wait_for()
    assert decisions() == []
    page.keyboard.press("Enter")
    page.get_by_text("Accepted: 2 clients").wait_for()
    first = decisions()
    assert [row[2] for row in first] == ["same"]
    page.keyboard.press("d")
    page.get_by_role("button", name="Confirm: Different").wait_for()
    page.keyboard.press("Enter")
    page.get_by_text("Kept apart for good.").wait_for()
    assert [row[2] for row in decisions()] == ["same", "different"]
    page.keyboard.press("u")
    page.get_by_text("was taken back").wait_for()
    assert decisions() == first
    page.keyboard.press("2")
    page.locator(".co-case-client").nth(1).get_by_text("● Remains").wait_for()
    page.keyboard.press("l")
    page.get_by_role("button", name="Confirm: Later").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Later (L)").wait_for()
    assert decisions() == first
