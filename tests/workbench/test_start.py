"""The start of the workbench: nothing is read that is not shown, and the look at the whole book comes after the first screen."""

import time

import duckdb
import pytest

from clientops.book.book import Book
from clientops.core.errors import LockedError
from clientops.workbench import frame as shell
from clientops.workbench.screens import audit, home
from tests.workbench.screens import Hand

LOOK = shell.Shell.look_for_direct_changes


def change_directly(book):
    with duckdb.connect(str(book.path)) as connection:
        connection.execute("update clients set city = 'Elsewhere' where id = 1")


@pytest.fixture(autouse=True)
def nobody_to_wait_for(monkeypatch):
    monkeypatch.setattr(shell, "STILL", 0)


def shell_of(hand):
    return hand.view.part


def test_the_app_reads_nothing_before_the_browser_says_where_it_is(book, monkeypatch):
    """A page that is opened at a client does not read the home screen first; without a place it is where it began."""
    read = []
    monkeypatch.setattr(home, "read_todo", lambda _tables: read.append(1) or ())
    hand = Hand(shell.workbench(book, "home", is_routed=True))
    assert hand.text == ""
    hand.say({"h": "route", "v": "client/1"})
    assert "Back to now" not in hand.text
    assert hand.view.route == "client/1"
    assert not read
    hand = Hand(shell.workbench(book, "credits", is_routed=True))
    hand.say({"h": "route", "v": ""})
    assert hand.view.route == "credits"
    assert hand.node(tag="h1").text == "Credit"


@pytest.mark.parametrize("message", [{"h": "drawn"}, {"h": "route", "v": "home"}])
def test_the_look_at_the_whole_book_waits_for_the_first_screen(book, monkeypatch, message):
    """All tables are compared with their history once the browser shows something, not while it waits for that."""
    looked = []
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: looked.append(1))
    hand = Hand(shell.screen("home", book=book))
    time.sleep(0.1)
    assert not looked
    hand.say(message)
    until = time.monotonic() + 10
    while not looked and time.monotonic() < until:
        time.sleep(0.01)
    assert looked == [1]


def test_direct_sql_is_told_on_every_screen_until_it_is_settled(at, book):
    """A row that was changed past clientops is told wherever one goes, and no more once it was put back."""
    hand = at("credits")
    LOOK(shell_of(hand))
    assert "by other means than clientops" not in hand.text
    change_directly(book)
    LOOK(shell_of(hand))
    assert "1 row was changed by other means than clientops." in hand.text
    hand.click("Home")
    assert "1 row was changed by other means than clientops." in hand.text
    hand.click("Look at them")
    form = next(f for f in hand.view.drawn.find(tag="form") if "Revert: put back what was" in f.text)
    hand.say({"h": hand.name_of(form, "submit"), "v": {"how": "revert", "values": {"reason": "Typo"}}})
    hand.click("Home")
    assert "by other means than clientops" not in hand.text


def test_the_audit_screen_says_how_much_it_leaves_out(at, book, monkeypatch):
    """Of many rows that were changed directly the first are shown; that there are more, and how many, is said."""
    monkeypatch.setattr(audit, "SHOWN", 1)
    with duckdb.connect(str(book.path)) as connection:
        connection.execute("update clients set city = 'Elsewhere' where id <= 3")
    assert "and 2 more rows, not shown here" in at("audit").text
    monkeypatch.setattr(audit, "SHOWN", 3)
    assert "not shown here" not in at("audit").text


def test_the_look_gives_way_to_who_does_something(at, book, monkeypatch):
    """While things happen in the browser no further table is compared; who never rests does not keep it off for good."""
    waited = []
    looked = Book.direct_changes
    monkeypatch.setattr(
        Book, "direct_changes", lambda self, between: (between(), waited.append(time.monotonic()), looked(self))[2]
    )
    hand = at("credits")
    change_directly(book)
    for still, longest, least, most in ((60, 0.4, 0.4, 5), (0.5, 60, 0.3, 5), (0, 60, 0, 0.2)):
        monkeypatch.setattr(shell, "STILL", still)
        monkeypatch.setattr(shell, "LONGEST_GIVING_WAY", longest)
        hand.say({"h": "drawn"})
        began = time.monotonic()
        LOOK(shell_of(hand))
        assert least <= waited[-1] - began <= most
    assert "1 row was changed" in hand.text


def test_a_look_that_did_not_come_to_an_end_is_told(at, book, monkeypatch):
    """Whether all is well is not known then: it is said so, until somebody looked."""
    hand = at("credits")
    real = Book.direct_changes

    def fail(_self, _between):
        raise LockedError(str(book.path), "maria (process 7)", 5)

    monkeypatch.setattr(Book, "direct_changes", fail)
    LOOK(shell_of(hand))
    assert "It is not known whether rows were changed by other means" in hand.text
    assert "maria (process 7)" in hand.text
    monkeypatch.setattr(Book, "direct_changes", real)
    hand.click("Look again")
    assert hand.node(tag="h1").text == "Audit"
    assert "It is not known" not in hand.text
