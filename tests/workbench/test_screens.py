"""Every screen, over the small shop, with a client whose every text is hostile."""

import json
from pathlib import Path

import duckdb
import pytest

from clientops.book.approval.proposals import PROPOSE, REJECT
from clientops.book.book import Book
from clientops.book.erasure.rule import ERASE
from clientops.book.file.backup_log import RECORD_BACKUP
from clientops.core.readable import way_of_paying_sql
from clientops.importing.demo.build import BUILD_DEMO
from clientops.importing.whmcs.rule import IMPORT_WHMCS
from clientops.registry import rules, title_of
from clientops.workbench.frame import SCREENS
from clientops.workbench.screens import home
from clientops.workbench.ui.nodes import Node
from tests.books import OPERATOR, apply_by_hand, insert
from tests.builders import NOW, TODAY

HOSTILE = "<img src=x onerror=alert(1)>"
NOTEBOOKS = Path(__file__).parents[2] / "notebooks"

ROUTES = [name for name, _, _ in SCREENS] + [
    "home/overdue", "home/closed", "home/drifted", "client/9", "client/1", "client/77", "operations/1", "operations/77",
    "record/invoices/2", "record/contacts/1", "record/transactions/2", "record/services/1", "record/nothing/1", "record/clients/99",
    "manual-entry/add-client", "billing/all", "client/1/edit-client", "client/1/issue-credit",
    "credits/differences", "billing/differences", "billing/statements", "billing/sign-off",
]  # fmt: skip


@pytest.fixture
def hostile(book):
    insert(
        book, lenient=True,
        clients=[{"id": 9, "first_name": HOSTILE, "last_name": "</script><script>alert(1)</script>", "company_name": HOSTILE, "email": HOSTILE,
                  "status": "Closed", "credit_balance": 5, "created_on": TODAY, "admin_notes": HOSTILE}],
        services=[{"id": 9, "client_id": 9, "status": "Active", "domain": HOSTILE, "recurring_amount": 3}],
        invoices=[{"id": 9, "client_id": 9, "number": HOSTILE, "total": 9, "subtotal": 9, "status": "Unpaid"}],
        notes=[{"id": 9, "client_id": 9, "body": HOSTILE, "author": HOSTILE, "is_sticky": True, "created_at": NOW}],
    )  # fmt: skip
    return book


@pytest.mark.parametrize("route", ROUTES)
def test_every_screen_draws_with_hostile_texts(at, hostile, route):
    """Whatever was typed is text: no element of a screen is named, linked or styled by it."""
    hand = at(route, hostile)
    json.dumps(hand.view.tree)
    for node in everything(hand.view.drawn):
        assert "<" not in node.tag
        for name, value in node.attributes.items():
            if name in ("href", "src", "class", "id", "type", "role"):
                assert HOSTILE not in str(value), (node.tag, name)
    for grid in hand.view.drawn.find(tag="co-grid"):
        page = hand.ask(grid, "page", {"offset": 0, "limit": 50})
        assert "error" not in page
        assert all(len(row["cells"]) == len(grid.attributes["columns"]) for row in page["rows"])


def everything(node):
    yield node
    for child in node.children:
        if isinstance(child, Node):
            yield from everything(child)


@pytest.mark.parametrize("rule", [rule.name for rule in rules().values()])
def test_every_rule_has_a_form(at, rule):
    """Any rule of the registry gets a form with labels, and refuses an empty request with sentences."""
    hand = at(f"manual-entry/{rule}")
    form = hand.form()
    labelled = {node.attributes["for"] for node in form.find(tag="label")}
    inputs = [n for tag in ("input", "select", "textarea", "co-picker") for n in form.find(tag=tag)]
    assert inputs
    assert {node.attributes["id"] for node in inputs} == labelled
    hand.submit()
    assert all(text[0].isupper() for text in hand.problems())


def test_the_home_screen_counts_what_waits(at, hostile):
    """Overdue invoices, drifted balances and closed clients with services are counted, and listed."""
    hand = at("home", hostile)
    assert "1 Closed clients with active services" in hand.text
    assert "1 Credit balances that drifted" in hand.text
    grid = at("home/closed", hostile)
    page = grid.ask(grid.node(tag="co-grid"), "page", {"offset": 0, "limit": 10})
    assert [row["id"] for row in page["rows"]] == [9]


def test_ways_of_paying_are_called_what_people_call_them(at, book):
    """A gateway or payment method that the book has as programs write it stands everywhere as people read it."""
    insert(book, clients=[{"id": 50, "payment_method": "banktransfer"}],
           transactions=[{"id": 50, "client_id": 50, "amount_in": 7, "gateway": "directdebit"}, {"id": 51, "client_id": 50, "amount_in": 7, "gateway": "Klarna"}])  # fmt: skip
    assert "Payment method Bank transfer" in at("client/50").text
    assert "Gateway Direct debit" in at("record/transactions/50").text
    hand = at("billing/transactions")
    rows = {
        row["id"]: row["cells"]
        for row in hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 50, "search": "e"})["rows"]
    }
    assert "Direct debit" in rows[50]
    hand = at("billing/transactions")
    found = hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 50, "filters": {"gateway": "direct d"}})
    assert [row["id"] for row in found["rows"]] == [50]
    [(text,)] = book.query(f"select {way_of_paying_sql('gateway')} from transactions where id = 51")[1]
    assert text == "Klarna"


def test_a_transaction_names_its_client(at, book):
    """Whose money it is stands there by name, with the way to the client, not as a bare number."""
    (name, number) = book.query(
        "select first_name, c.id from transactions t join clients c on c.id = t.client_id where t.id = 2"
    )[1][0]
    hand = at("record/transactions/2")
    assert any(node.text.startswith(f"#{number} ") and name in node.text for node in hand.view.drawn.find(tag="a"))


def test_home_adds_up_anew_only_what_changed(at, book, monkeypatch):
    """Looking at what waits adds nothing up again; a change does, be it an operation or direct SQL."""
    read = []
    real = home.read_todo
    monkeypatch.setattr(home, "read_todo", lambda tables: read.append(1) or real(tables))
    hand = at("home")
    hand.click("Look")
    hand.click("Close")
    assert len(read) == 1
    insert(book, clients=[{"id": 50}])
    hand.say({"h": "route", "v": "home"})
    assert "Clients 7" in hand.text
    with duckdb.connect(str(book.path)) as connection:
        connection.execute("delete from clients where id = 50")
    hand.say({"h": "route", "v": "home"})
    assert "Clients 6" in hand.text
    assert len(read) == 3


def test_duplicates_that_nobody_looked_for_are_no_good_news(at, book):
    """Home says "nothing" only after a search; before, that nobody has looked, and the way to it."""
    hand = at("home")
    assert "Nobody has looked for them yet" in hand.text
    hand.click("Look for them")
    assert hand.has_button("Look for duplicates")
    book.apply_now(rules()["find-duplicates"], {"scope": "all", "threshold": "0.99"})
    assert "Nobody has looked" not in at("home").text


def test_home_of_an_empty_book_leads_to_the_first_client(at, tmp_path):
    """A book without clients says how to begin: the currency first, then the client."""
    empty = Book.create(tmp_path / "empty.duckdb", operator=OPERATOR)
    hand = at("home", empty)
    assert "This book is empty." in hand.text
    assert "Nobody has looked" not in hand.text
    hand.click("Add a currency")
    hand.submit(code="eur")
    hand.submit()
    assert "Done: operation 1" in hand.text
    hand = at("home", empty)
    assert not hand.has_button("Add a currency")
    hand.click("Add a client")
    hand.submit(first_name="Ada", last_name="Lovelace", email="ada@example.com")
    hand.submit()
    assert not at("home", empty).has_button("Add a client")
    assert empty.query("select k.code from clients c join currencies k on k.id = c.currency_id")[1] == [("EUR",)]


def test_rules_are_shown_by_their_titles(at, book):
    """Operations are called what forms call them, on home, in their list, and in what a row's history says."""
    book.apply_now(rules()["issue-credit"], {"client_id": 1, "amount": "5", "description": "x"})
    hand = at("operations")
    page = hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 10, "filters": {"rule": "issue credit"}})
    assert ["Issue credit" in row["cells"] for row in page["rows"]] == [True]
    history = at("client/1")
    history.click("History")
    for text in (at("home").text, at("operations/2").text, history.text):
        assert "Issue credit" in text
        assert "issue-credit" not in text


@pytest.mark.parametrize(
    "known", [BUILD_DEMO, IMPORT_WHMCS, ERASE, RECORD_BACKUP, PROPOSE, REJECT], ids=lambda known: known.name
)
def test_rules_that_only_commands_apply_have_their_titles_too(known):
    """What is not in the registry is called as its rule is."""
    assert title_of(known.name) == known.title


def test_countries_and_languages_are_named(at, book):
    """A client's profile says Germany and German, not DE and de."""
    apply_by_hand(book, ("clients", "update", [{"id": 1, "country": "DE", "language": "pt-BR"}]))
    profile = {
        node.children[0].text: node.children[1].text
        for node in at("client/1").node(class_="co-columns").find(tag="dl")[0].children
    }
    assert profile["Address"].endswith("Germany")
    assert profile["Language"] == "Portuguese (Brazil)"


def test_a_closed_client_with_services_is_warned_about(at, hostile):
    """The client's screen says that a closed client is still invoiced, and that the balance is not the log's sum."""
    text = at("client/9", hostile).text
    assert "Closed, but 1 active service and 0 active domains are still invoiced." in text
    assert "The credit balance, EUR 5.00, is not the sum of the credit log, EUR 0.00." in text


def test_an_old_number_finds_the_survivor(at, book):
    """The number of a client that was merged leads to the one that remains, and says so."""
    insert(book, merged_clients=[{"id": 1, "replaced_id": 77, "survivor_id": 2, "merged_on": TODAY}])
    assert "Client 77 was merged into this one." in at("client/77").text


def test_an_operation_is_undone_after_a_preview(at, book):
    """Undo on the operations screen shows what it would change, and asks for a reason."""
    at("credits").submit(client_id="1", amount="5", description="x")
    book.apply_now(rules()["issue-credit"], {"client_id": 1, "amount": "5", "description": "x"})
    hand = at("operations/2")
    hand.click("Undo…")
    assert "Preview: Undo an operation" in hand.text
    assert "EUR 55.00 → EUR 50.00" in hand.text
    hand.submit(reason="Wrong client")
    assert book.operation(3).line.undoes_id == 2
    assert not hand.has_button("Undo…")


def test_the_audit_screen_verifies_and_adopts(at, book):
    """A typed UPDATE is shown before and now; adopting it needs a reason."""
    from tests.books import tamper

    tamper(book.path, "update clients set city = 'Elsewhere' where id = 1")
    hand = at("audit")
    assert "City: None → Elsewhere" in hand.text
    form = hand.view.drawn.find(tag="form")[1]
    name = hand.name_of(form, "submit")
    hand.say({"h": name, "v": {"how": "adopt", "values": {"reason": ""}}})
    assert "A reason is needed; it is kept with the operation" in hand.problems()
    hand.say({"h": name, "v": {"how": "adopt", "values": {"reason": "Found it"}}})
    assert "The changes were adopted, as operation 2." in hand.text
    hand.submit(head="")
    assert "Everything agrees" in hand.text


def test_selected_invoices_are_cancelled_together(at, book):
    """An action on selected rows is one operation, with one preview."""
    hand = at("billing/unpaid")
    grid = hand.node(tag="co-grid")
    action = next(a for a in grid.attributes["actions"] if a["title"] == "Cancel invoice…")
    name = next(n for n, what in hand.view._live.items() if what.key == action["handler"].key)
    hand.say({"h": name, "v": [2, 4]})
    if "Preview" not in hand.text:
        hand.submit()
    hand.submit(reason="Wrong")
    assert book.query("select id from invoices where status = 'Cancelled' order by id")[1] == [(2,), (4,)]
    assert book.head()[0] == 2


@pytest.mark.parametrize("file", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda file: file.stem)
def test_notebooks_are_thin_and_without_outputs(file):
    """A heading, the parameters, one call; nothing of any client is stored with them."""
    notebook = json.loads(file.read_text(encoding="utf-8"))
    assert [cell["cell_type"] for cell in notebook["cells"]] == ["markdown", "code", "code"]
    assert all(not cell.get("outputs") and cell.get("execution_count") is None for cell in notebook["cells"])
    assert notebook["cells"][1]["metadata"]["tags"][0] == "parameters"
    assert notebook["cells"][2]["source"].startswith("# ")
    assert all(cell["metadata"]["jupyter"]["source_hidden"] for cell in notebook["cells"][1:])
    assert set(notebook["metadata"]) == {"kernelspec", "language_info"}
