"""Four eyes on the screens: Confirm becomes "Ask for approval"; the waiting list is where another person decides."""

from pathlib import Path

import pytest

from clientops.book.book import Book

POLICY = '[people]\nmaria = "clerk"\nnora = "approver"\n[[second_person]]\nrules = ["issue-credit"]\nabove = "100"\n'


@pytest.fixture
def two(at, book):
    (Path(book.path).parent / "clientops.toml").write_text(POLICY)
    return lambda route, operator: at(route, Book(book.path, operator=operator))


def ask(hand, amount="150"):
    hand.submit(client_id="1", amount=amount, description="Deal")
    return hand


def credit(hand):
    return hand.view.part.desk.book.query("select credit_balance from clients where id = 1")[1][0][0]


def test_asked_for_and_approved(two):
    """The preview says why; the change waits; another person looks at it anew, approves it, and it is done once."""
    hand = ask(two("client/1/issue-credit", "maria"))
    assert "A second person is needed: it moves 150.00" in hand.text
    assert hand.has_button("Ask for approval: Issue credit")
    hand.submit(reason="please")
    assert "It waits for a second person" in hand.text
    assert credit(hand) == 50
    mine = two("operations", "maria")
    mine.click("No. 1")
    assert "another person has to approve it" in mine.text
    assert not mine.has_button("Approve and apply")
    other = two("operations", "nora")
    assert "Waiting for a second person" in other.text
    other.click("No. 1")
    assert "200.00" in other.text
    before = other.view.drawn.find(tag="co-grid")[0].attributes["version"]
    other.submit("approve", reason="")
    assert other.view.drawn.find(tag="co-grid")[0].attributes["version"] > before  # the log below shows it
    assert "Approved and applied as operation" in other.text
    assert credit(other) == 200
    assert "Waiting for a second person" not in other.text


def test_rejected(two):
    """With a reason only; then it waits no more."""
    ask(two("client/1/issue-credit", "maria")).submit(reason="please")
    other = two("operations", "nora")
    other.click("No. 1")
    other.submit("reject", reason="")
    assert "A reason is needed to reject it" in other.text
    other.submit("reject", reason="Too much")
    assert "Rejected, as operation" in other.text
    assert credit(other) == 50


def test_below_the_limit_nothing_waits(two):
    """What needs no second person is confirmed as ever."""
    hand = ask(two("client/1/issue-credit", "maria"), "5")
    hand.submit(reason="")
    assert "Done: operation" in hand.text
    assert credit(hand) == 55
