"""Rules of notes."""

import pytest

from clientops.registry import rule
from clientops.rules.support.notes import AddNote, EditNote, RemoveNote, add_note, edit_note, remove_note
from tests.builders import NOW, plan, tables
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same


def book():
    return tables(
        clients=[{"id": 1}, {"id": 2}],
        services=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 2}],
        invoices=[{"id": 1, "client_id": 1}],
        domains=[{"id": 1, "client_id": 2}],
        tickets=[{"id": 1, "client_id": None}],
        notes=[{"id": 5, "client_id": 1, "body": "Old", "author": "eve", "attachment": "a.pdf"}, {"id": 6, "client_id": 2}],
    )  # fmt: skip


ROWS = [
    {"client_id": 1, "body": "About the client", "is_sticky": "yes"},
    {"service_id": 2, "body": "About a service", "author": "maria"},
    {"client_id": 1, "invoice_id": 1, "body": "About an invoice", "attachment": "files/7.pdf"},
    {"domain_id": 1, "body": "About a domain"},
    {"ticket_id": 1, "body": "About nobody's ticket"},
]


def test_a_note_is_about_one_thing_and_found_with_its_client():
    """A note of a service, invoice, domain or ticket carries the client whose that is, if it is anybody's."""
    result = plan(add_note, AddNote, book(), ROWS)
    assert result.problem_list() == []
    wanted = ("id", "client_id", "subject_kind", "subject_id", "is_sticky", "author", "attachment", "created_at")
    assert [tuple(row[name] for name in wanted) for row in result.rows("notes", "insert")] == [
        (7, 1, "client", None, True, None, None, NOW),
        (8, 2, "service", 2, False, "maria", None, NOW),
        (9, 1, "invoice", 1, False, None, "files/7.pdf", NOW),
        (10, 2, "domain", 1, False, None, None, NOW),
        (11, None, "ticket", 1, False, None, None, NOW),
    ]


LONG = "x" * 20_001
BAD_NOTES = [
    ({"client_id": None}, "client_id", "no_subject"),
    ({"client_id": 9}, "client_id", "unknown_client"),
    ({"client_id": "x"}, "client_id", "unknown_name"),
    ({"client_id": 0}, "client_id", "bad_value"),
    ({"client_id": -1}, "client_id", "bad_value"),
    ({"client_id": "1.5"}, "client_id", "bad_value"),
    ({"body": None}, "body", "missing"),
    ({"body": "  "}, "body", "missing"),
    ({"body": LONG}, "body", "bad_value"),
    ({"service_id": 9}, "service_id", "unknown_service"),
    ({"service_id": 2}, "service_id", "other_client"),
    ({"service_id": "x"}, "service_id", "unknown_name"),
    ({"invoice_id": 9}, "invoice_id", "unknown_invoice"),
    ({"client_id": 2, "invoice_id": 1}, "invoice_id", "other_client"),
    ({"domain_id": 9}, "domain_id", "unknown_domain"),
    ({"domain_id": 1}, "domain_id", "other_client"),
    ({"ticket_id": 9}, "ticket_id", "unknown_ticket"),
    ({"ticket_id": 1}, "ticket_id", "other_client"),
    ({"service_id": 1, "invoice_id": 1}, "invoice_id", "two_subjects"),
    ({"invoice_id": 1, "ticket_id": 1}, "ticket_id", "two_subjects"),
    ({"is_sticky": "perhaps"}, "is_sticky", "bad_value"),
    ({"attachment": "a\nb"}, "attachment", "bad_value"),
    ({"attachment": "x" * 251}, "attachment", "bad_value"),
    ({"attachment": "JavaScript:alert(1)"}, "attachment", "bad_value"),
    ({"attachment": "data:text/html,x"}, "attachment", "bad_value"),
    ({"body": "a\x00b"}, "body", "bad_value"),
    ({"body": "\u202eevil"}, "body", "bad_value"),
    ({"author": "a\tb"}, "author", "bad_value"),
]


def test_bad_notes_are_refused_all_at_once():
    """Each bad note is named by row, field and reason; the good one among them is not complained of."""
    assert_refused(book(), rule("add-note"), {"client_id": 1, "body": "Good"}, BAD_NOTES)


@pytest.mark.parametrize("place", ["files/7.pdf", r"C:\\files\\7.pdf", "https://x.org/a:b?c=d", "FILE:///srv/7.pdf"])
def test_attachments_are_paths_and_addresses_of_files(place):
    """What leads to a file is kept as it is given."""
    result = plan(add_note, AddNote, book(), [{"client_id": 1, "body": "x", "attachment": place}])
    assert result.problem_list() == []
    assert result.rows("notes", "insert")[0]["attachment"] == place


def test_edit_changes_only_what_is_given_and_says_when():
    """What is left empty stays; a note that is as asked for already is not touched."""
    rows = [{"note_id": 5, "body": "New", "clear": "attachment"}, {"note_id": 6, "body": "Note"}]
    (row,) = plan(edit_note, EditNote, book(), rows).rows("notes", "update")
    assert (row["body"], row["attachment"], row["author"], row["modified_at"]) == ("New", None, "eve", NOW)


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("edit-note", {"note_id": 9, "body": "x"}, ("note_id", "unknown_note"), id="edit: none"),
        pytest.param("edit-note", {"note_id": 5}, ("", "nothing_given"), id="edit: nothing"),
        pytest.param("edit-note", {"note_id": 5, "clear": "body"}, ("clear", "not_clearable"), id="edit: body stays"),
        pytest.param("remove-note", {"note_id": 9}, ("note_id", "unknown_note"), id="remove: none"),
        pytest.param("remove-note", {}, ("note_id", "missing"), id="remove: which"),
    ],
)
def test_edits_that_are_refused(name, row, problem):
    """A change of a note that is not there, or to nothing, is refused."""
    assert [(p.field, p.code) for p in problems_of(book(), rule(name), [row])] == [problem]


def test_a_note_is_removed_once():
    """The second of two removals finds it gone."""
    result = plan(remove_note, RemoveNote, book(), [{"note_id": 5}, {"note_id": 6}, {"note_id": 5}])
    assert [(p.row, p.code) for p in result.problem_list()] == [(3, "unknown_note")]
    assert result.rows("notes", "delete") == [{"id": 5}, {"id": 6}]


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(add_note, AddNote, ROWS, id="add"),
        pytest.param(edit_note, EditNote, [{"note_id": 5, "body": "a"}, {"note_id": 5, "clear": "author"}, {"note_id": 6, "body": "b"}, {"note_id": 5, "body": "c"}], id="edit"),
        pytest.param(remove_note, RemoveNote, [{"note_id": 6}, {"note_id": 5}], id="remove"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, book, rows)
