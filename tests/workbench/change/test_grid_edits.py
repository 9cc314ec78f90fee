"""Editing in the cells of a grid: checked at the cell, kept across pages and tabs, applied as one operation."""

from __future__ import annotations

import pytest

from clientops.registry import rule
from clientops.reports.lists.catalogue import listing
from clientops.workbench.session import Desk
from clientops.workbench.ui.grid import Grid
from clientops.workbench.ui.widget import View
from tests.workbench.screens import Hand


class Editor:
    """A person at a grid whose cells are edited."""

    def __init__(self, book, table="clients"):
        self.hand = Hand(View(Grid(Desk(book), listing(table), edits=table)))

    @property
    def node(self):
        return self.hand.node(tag="co-grid")

    def enter(self, number, column, value, **more):
        node = self.node
        asked = {"id": number, "column": column, "value": value, **more}
        name = next(n for n, c in self.hand.view._live.items() if c.key == node.attributes["cells"]["enter"].key)
        self.hand.view._handle_custom_msg({"h": name, "v": asked, "ask": 1}, [])
        return next(m["v"] for m in reversed(self.hand.sent) if "reply" in m)

    def page(self, **asked):
        return self.hand.ask(self.node, "page", {"offset": 0, "limit": 25, "editing": True, **asked})

    def send(self, what):
        key = self.node.attributes["cells"][what].key
        self.hand.say({"h": next(n for n, c in self.hand.view._live.items() if c.key == key), "v": None})


@pytest.fixture
def editor(book):
    return Editor(book)


def test_several_edits_are_one_operation(editor, book):
    """What is entered into cells of several rows is previewed together, applied once, and can be undone."""
    editor.enter(1, "phone", "+49 30 901820")
    editor.enter(1, "city", "Berlin")
    assert editor.enter(4, "city", "Bonn")["pending"] == {"changes": 3, "rows": 2, "wrong": 0}
    head = book.head()[0]
    assert book.query("select city from clients where id = 4")[1] != [("Bonn",)]
    editor.send("preview")
    assert "If you confirm: 2 clients changed" in editor.hand.text
    editor.hand.submit(reason="Letters came back")
    assert f"Done: operation {head + 1}" in editor.hand.text
    assert book.query("select phone, city from clients where id in (1, 4) order by id")[1][0] == (
        "+4930901820",
        "Berlin",
    )
    assert editor.page()["pending"]["changes"] == 0
    editor.hand.click("Undo")
    assert book.query("select city from clients where id = 4")[1] != [("Bonn",)]


@pytest.mark.parametrize(
    ("column", "value", "sentence"),
    [
        pytest.param("email", "ada at example", "E-mail", id="no address"),
        pytest.param("email", "", "E-mail cannot be empty", id="may not be empty"),
        pytest.param("country", "Atlantis", "Country", id="no country"),
    ],
)
def test_a_wrong_value_is_refused_at_the_cell(editor, book, column, value, sentence):
    """The cell says what is wrong with it; nothing is previewed until it is mended."""
    answer = editor.enter(1, column, value)
    assert answer["wrong"][column].startswith(sentence)
    assert (answer["pending"]["wrong"], answer["edits"]) == (1, {column: value})
    editor.send("preview")
    assert "Some values are wrong" in editor.hand.text
    assert "If you confirm" not in editor.hand.text
    row = next(row for row in editor.page()["rows"] if row["id"] == 1)
    assert row["wrong"] == answer["wrong"]  # on whichever page one comes back to it
    same = editor.enter(1, column, row["raw"][column], same=True)
    assert same == {"edits": {}, "wrong": {}, "pending": {"changes": 0, "rows": 0, "wrong": 0}}


def test_what_became_wrong_since_is_told_at_its_cell(editor, book):
    """A preview that the rule refuses goes no further; the cell says why, and discarding forgets that too."""
    editor.enter(3, "city", "Ulm")
    editor.enter(4, "city", "Bonn")
    name = book.query("select coalesce(company_name, first_name || ' ' || last_name) from clients where id = 3")[1][0][
        0
    ]
    book.apply_now(rule("delete-client"), {"client_id": 3, "confirm_name": name})
    editor.send("preview")
    assert "This cannot be done as it is" in editor.hand.text
    assert "If you confirm" not in editor.hand.text
    assert editor.page()["pending"] == {"changes": 2, "rows": 2, "wrong": 1}
    assert editor.node.attributes["cells"]["discard"].method(None)["pending"] == {"changes": 0, "rows": 0, "wrong": 0}
    assert editor.enter(4, "city", "Bonn")["pending"] == {"changes": 1, "rows": 1, "wrong": 0}


def test_nothing_is_lost_on_other_pages_and_orders(editor):
    """What was entered is there again whichever way one comes back to the row."""
    editor.enter(6, "city", "Ulm")
    assert all(row["id"] != 6 for row in editor.page(offset=2, limit=2)["rows"])
    found = editor.page(sort=["client", "asc"], search="#6")["rows"]
    assert [(row["id"], row["edits"]) for row in found] == [(6, {"city": "Ulm"})]


def test_a_draft_outlives_the_kernel(editor, book):
    """In another kernel what was entered, emptied cells too, still waits; discarding forgets it."""
    editor.enter(6, "city", "Ulm")
    editor.enter(6, "phone", "")
    another = Editor(book)
    assert next(row for row in another.page()["rows"] if row["id"] == 6)["edits"] == {"city": "Ulm", "phone": ""}
    name = another.node.attributes["cells"]["discard"]
    name.method(None)
    assert Editor(book).page()["pending"]["changes"] == 0


def test_an_emptied_cell_is_cleared(editor, book):
    """An emptied cell empties the field."""
    editor.enter(1, "phone", "+49 30 901820")
    editor.send("preview")
    editor.hand.submit()
    editor.hand.click("Close")
    assert editor.enter(1, "phone", "")["wrong"] == {}
    editor.send("preview")
    editor.hand.submit()
    assert book.query("select phone from clients where id = 1")[1] == [(None,)]


@pytest.mark.parametrize(
    "forged",
    [
        pytest.param({"id": 1, "column": "credit_balance", "value": "1000"}, id="a column that no rule edits"),
        pytest.param({"id": "1", "column": "city", "value": "Ulm"}, id="no number"),
        pytest.param({"id": 1, "column": "city", "value": {"a": 1}}, id="no text"),
        pytest.param(None, id="nothing"),
    ],
)
def test_forged_messages_enter_nothing(editor, forged):
    """What is no cell is passed over."""
    node = editor.node.attributes["cells"]["enter"]
    assert node.method(forged)["pending"]["changes"] == 0


def test_a_row_that_is_not_there_is_refused(editor):
    """A number that no row has is told."""
    assert "there is no client 99" in editor.enter(99, "city", "Ulm")["wrong"]["city"].lower()


def test_what_no_form_edits_is_shown_only(book):
    """Without a rule that edits, and in the past, a grid has no cells to edit."""
    assert Hand(View(Grid(Desk(book), listing("clients")))).node(tag="co-grid").attributes["cells"] is None
    desk = Desk(book)
    desk.look_at(1)
    grid = Grid(desk, listing("clients"), edits="clients")
    assert Hand(View(grid)).node(tag="co-grid").attributes["cells"] is None


def test_services_are_edited_with_the_entry_their_fields_have(book):
    """A status is chosen, a date is a date, money a number; the rule decides as in its form."""
    editor = Editor(book, "services")
    columns = editor.node.attributes["cells"]["columns"]
    assert (columns["next_due_on"]["entry"], columns["recurring_amount"]["entry"]) == ("date", "decimal")
    assert "Suspended" in columns["status"]["choices"]
    number = editor.page()["rows"][0]["id"]
    assert editor.enter(number, "recurring_amount", "-3")["wrong"]["recurring_amount"].startswith("Recurring amount")


def test_a_value_that_was_changed_meanwhile_is_told(editor, book):
    """Whoever edits a cell learns, at the cell and in the preview, that its value is not any more what the cell showed."""
    was = next(row for row in editor.page()["rows"] if row["id"] == 6)["raw"]["city"]
    editor.enter(6, "city", "Ulm", was=was)
    editor.enter(4, "city", "Bonn", was="")
    book.apply_now(rule("edit-client"), {"client_id": 6, "city": "Kiel"}, reason="By phone")
    for one in (editor, Editor(book)):  # and in another tab, from the draft
        assert [row["moved"] for row in one.page()["rows"] if row["id"] in (4, 6)] == [{"city": was}, {}]
        one.send("preview")
        told = [node.text for node in one.hand.view.drawn.find(class_="co-notice-text")]
        assert told == [
            f"City of client 6 was changed after you had edited its cell: from {was or 'empty'} to Kiel; Ulm would replace that"
        ]
        one.hand.click("Cancel")
    editor.enter(6, "city", "Augsburg", was="Kiel")  # seen, and decided
    editor.send("preview")
    assert "If you confirm: 2 clients changed" in editor.hand.text
    assert "had edited" not in editor.hand.text


def test_a_value_that_somebody_entered_too_is_no_warning(editor, book):
    """Where the book has meanwhile what was entered there is nothing to replace."""
    editor.enter(6, "city", "Kiel", was="")
    book.apply_now(rule("edit-client"), {"client_id": 6, "city": "Kiel"}, reason="By phone")
    assert next(row for row in editor.page()["rows"] if row["id"] == 6)["moved"] == {}
    editor.send("preview")
    assert "had edited" not in editor.hand.text


def test_the_cell_that_cannot_be_empty_is_marked(editor):
    """Though another cell of the row was emptied before, which may be empty."""
    assert editor.enter(1, "city", "")["wrong"] == {}
    assert editor.enter(1, "email", "")["wrong"] == {"email": "E-mail cannot be empty"}
