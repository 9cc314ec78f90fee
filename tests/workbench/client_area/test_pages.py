"""The client area: who gets in, and that nobody sees another's data."""

import pytest
from argon2 import PasswordHasher

from clientops.workbench.client_area.pages import client_area
from tests.books import apply_by_hand, insert
from tests.workbench.screens import Hand

HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
PASSWORD = "correct horse"


@pytest.fixture
def area(book):
    apply_by_hand(
        book,
        (
            "users",
            "update",
            [{"id": 1, "password_hash": HASHER.hash(PASSWORD)}, {"id": 2, "password_hash": HASHER.hash("other")}],
        ),
    )
    return lambda: Hand(client_area(book=book))


def enter(hand, email="ada@example.com", password=PASSWORD):
    hand.submit(email=email, password=password)
    return hand


def test_a_client_sees_their_own_details_and_nothing_else(area):
    """Whoever logs in sees their name, credit and invoices; remarks of staff and drafts are not among them."""
    hand = enter(area(), " Ada@Example.com ")
    assert "Ada Lovelace" in hand.text
    assert "EUR 50.00" in hand.text
    hand.click("Invoices")
    page = hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 50})
    assert sorted(row["id"] for row in page["rows"]) == [1, 2]
    for foreign in ("Grace", "Gödel", "Noether", "Turing"):
        assert foreign not in hand.text


@pytest.mark.parametrize(
    ("email", "password"),
    [
        pytest.param("ada@example.com", "wrong", id="wrong password"),
        pytest.param("nobody@example.com", PASSWORD, id="unknown address"),
        pytest.param("ada@example.com' or 1=1 --", PASSWORD, id="SQL"),
    ],
)
def test_wrong_log_ins_say_no_more_than_that(area, email, password):
    """Nothing tells whether the address or the password was wrong."""
    hand = enter(area(), email, password)
    assert "E-mail address or password is wrong." in hand.text
    assert "Log out" not in hand.text


def test_a_closed_client_cannot_log_in(area, book):
    """Closed clients are told so, after the right password only; Inactive ones get in."""
    apply_by_hand(book, ("clients", "update", [{"id": 1, "status": "Closed"}]))
    assert "This account is closed." in enter(area()).text
    assert "password is wrong" in enter(area(), password="x").text
    apply_by_hand(book, ("clients", "update", [{"id": 1, "status": "Inactive"}]))
    assert "Log out" in enter(area()).text


def test_a_client_closed_meanwhile_is_logged_out(area, book):
    """Closing takes effect on those who are in."""
    hand = enter(area())
    apply_by_hand(book, ("clients", "update", [{"id": 1, "status": "Closed"}]))
    hand.click("Invoices")
    assert "You are logged out." in hand.text


def test_tries_are_limited_across_kernels(area):
    """After five wrong passwords even the right one waits, in any kernel; other addresses do not."""
    for _ in range(5):
        enter(area(), password="wrong")
    assert "Too many tries." in enter(area()).text
    assert "Log out" in enter(area(), "grace@example.com", "other").text


def test_a_user_of_two_clients_sees_one_at_a_time(area):
    """Grace serves two clients, and changes between them."""
    hand = enter(area(), "grace@example.com", "other")
    assert "EUR 20.00" in hand.text
    hand.click("Grace Hoper")
    assert "EUR 20.00" not in hand.text


def test_own_contacts_are_managed_and_no_others(area, book):
    """Contacts are added, changed and removed by the client, who is named as the operator; another's is out of reach."""
    hand = enter(area())
    hand.click("Contacts")
    hand.click("Add a contact")
    assert not hand.view.drawn.find(tag="co-picker")
    hand.submit(first_name="Annabella", last_name="Byron", email="not an address")
    assert any("not an address" in text for text in hand.problems())
    hand.submit(first_name="Annabella", last_name="Byron", email="annabella@lovelace.de", client_id="2")
    hand.submit(reason="")
    assert book.query("select client_id, email from contacts where id = 4")[1] == [(1, "annabella@lovelace.de")]
    assert book.operation(book.head()[0]).line.operator == "ada@example.com (client area)"
    hand.click("Close")
    before = book.head()
    hand.view.part.page.edit(3)
    assert hand.view.part.page.change is None
    hand.view.part.page.edit(2)
    hand.view.refresh()
    hand.click("Remove this contact…")
    hand.submit(reason="Left")
    assert book.query("select id from contacts where client_id = 1 order by id")[1] == [(1,), (4,)]
    assert book.head()[0] == before[0] + 1


def test_permissions_hide_pages(area, book):
    """A user with some permissions sees only those pages."""
    apply_by_hand(book, ("user_clients", "update", [{"id": 1, "permissions": "profile, contacts"}]))
    hand = enter(area())
    assert hand.has_button("Contacts")
    assert not hand.has_button("Invoices")
    assert "EUR 50.00" not in hand.text


def test_hostile_names_are_text(area, book):
    """What a client calls a contact is shown as text."""
    insert(book, lenient=True, contacts=[{"id": 8, "client_id": 1, "first_name": "<img src=x onerror=alert(1)>"}])
    hand = enter(area())
    hand.click("Contacts")
    assert "<img" not in repr([n.tag for n in hand.view.drawn.find()])
