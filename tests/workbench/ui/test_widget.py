"""Work that takes long: shown as it goes on, broken off by Cancel, and the book is as it was."""

from __future__ import annotations

import time

import pytest

from clientops.core.plan import Rule
from clientops.registry import rule
from clientops.schema.requests import Request
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui import widget as view
from clientops.workbench.ui.widget import View
from tests.books import OPERATOR, read_rows

NEVER_ENDING = "select count(*) as id from range(100000000000) a where a.range % 7 = 3"


class Nothing(Request):
    """Do something that takes for ever."""


def take_for_ever(tables, requests, *, today, now):
    """Counts until it is told to stop."""
    steps = tables.steps(requests=requests)
    steps.add("counted", NEVER_ENDING)
    return steps.plan(steps.delete("clients", "counted"))


SLOW = Rule("take-for-ever", "Take for ever", take_for_ever, Nothing)


def texts(node):
    """All texts of a drawn tree."""
    if isinstance(node, str):
        return [node]
    return [text for child in node.get("c") or [] for text in texts(child)]


def name_of(shown, label):
    """Name of the event of the button with a label."""

    def look(node):
        if isinstance(node, str):
            return None
        if node.get("t") == "button" and label in texts(node):
            return node["e"]["click"]
        return next(filter(None, map(look, node.get("c") or [])), None)

    return look(shown.tree)


def until(shown, text):
    """Wait until the screen shows a text."""
    deadline = time.monotonic() + 30
    while text not in " ".join(texts(shown.tree)):
        assert time.monotonic() < deadline, texts(shown.tree)
        time.sleep(0.02)


@pytest.fixture
def shown(book, monkeypatch):
    """A screen on which never-ending work was just begun."""
    monkeypatch.delenv("CLIENTOPS_STRICT")
    monkeypatch.setattr(view, "PATIENCE", 0.05)
    monkeypatch.setattr(view, "BEAT", 0.05)
    change = Change(Desk(book), "issue-credit", requests=[{}])
    change.rule = SLOW
    screen = View(change)
    screen.begin(change.asked(None))
    yield screen
    screen.cancel()
    screen.wait()


def test_long_work_is_shown_and_broken_off(shown, book):
    """It says what it does and for how long; Cancel stops it, and nothing was changed."""
    before, head = read_rows(book.path), book.head()
    until(shown, "Planning")
    assert name_of(shown, "Cancel")
    shown._heard(shown, {"h": name_of(shown, "Cancel"), "v": None}, None)
    until(shown, "Cancelled; nothing was changed.")
    assert shown.work is None
    assert (read_rows(book.path), book.head()) == (before, head)


def test_nothing_else_is_begun_meanwhile(shown):
    """What is clicked while work goes on is passed over, so that nothing happens twice."""
    until(shown, "Planning")
    going_on = shown.work
    for name in list(shown._live):
        if shown._live[name].method != shown.cancel:
            shown._heard(shown, {"h": name, "v": None}, None)
    assert shown.work is going_on


def test_the_book_is_free_after_a_cancel(shown, book):
    """Others need not wait for what was broken off."""
    until(shown, "Planning")
    shown._heard(shown, {"h": name_of(shown, "Cancel"), "v": None}, None)
    until(shown, "Cancelled")
    book.apply_now(
        rule("issue-credit"),
        {"client_id": 1, "amount": 1, "description": OPERATOR},
        reason="free",
    )
