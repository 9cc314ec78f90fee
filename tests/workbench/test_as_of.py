"""The workbench as of a past day: everything shows what was then, and nothing can be changed."""

from datetime import UTC, datetime

import pytest

from clientops.core.errors import UsageError
from clientops.registry import rule
from tests.books import tamper


def submit(hand, **values):
    form = next(f for f in hand.view.drawn.find(tag="form") if f.find(name="as_of"))
    hand.say({"h": hand.name_of(form, "submit"), "v": {"values": values}})


def test_every_screen_shows_the_day(at, book):
    """Lists and figures are those of the day, until one goes back to now."""
    tamper(book.path, "update history.operations set applied_at = timestamptz '2026-01-01 12:00:00+00'")
    book.apply_now(rule("edit-client"), {"client_id": 1, "city": "Xanadu"}, reason="x")
    hand = at("client/1")
    assert "Xanadu" in hand.text
    submit(hand, as_of="2026-03-01")
    assert "as it was after operation 1" in hand.text
    assert "Xanadu" not in hand.text
    submit(hand, as_of="soon")
    with pytest.raises(UsageError, match="nothing can be changed there"):
        hand.view.part.desk.book.apply_now(rule("undo"), {"operation_id": 1})
    hand.click("Back to now")
    assert "Xanadu" in hand.text
    assert "as it was" not in hand.text
    submit(hand, as_of=datetime.now(UTC).date().isoformat())
    assert "Xanadu" in hand.text
