"""Rows about others that may name an erased person: shown, and erased where a person says so."""

from __future__ import annotations

from clientops.book.erasure.rule import ERASE
from clientops.registry import rule
from clientops.reports.audit.report import open_audit
from tests.book.erasure import test_rule as test_erase
from tests.book.erasure.test_rule import LATER, NAME
from tests.builders import NOW, TODAY

person_file, person, number, later = test_erase.person_file, test_erase.person, test_erase.number, test_erase.later


def warned(preview):
    return [
        w.message.partition(" may name")[0].partition(" is not about")[0]
        for w in preview.warnings
        if w.code == "may_name_them"
    ]


def noted(book):
    """Notes about others with the surname for itself, as a part of a word, and not at all; and a reason with it."""
    for body, reason in (
        ("Sent by Quackenbush, Quackenbush Quackenbush!", "call"),
        ("The Quackenbushes", "call"),
        ("Hello", "Frau QUACKENBUSH asked"),
    ):
        book.apply_now(rule("add-note"), {"client_id": 1, "body": body}, reason=reason, today=TODAY, now=NOW)  # fmt: skip
    first = book.query("select max(id) from notes")[1][0][0] - 2
    return first, book.head()[0]


def test_a_surname_for_itself_is_shown(person, number):
    """Rows and reasons about others with a bare surname are listed, stay if nobody chooses them, and the report says where."""
    note, operation = noted(person)
    preview = person.preview(ERASE, {"client_id": number, "confirm_name": NAME}, today=LATER)
    assert warned(preview) == [f"notes {note}", f"operations {operation}"]
    receipt = person.apply(preview, reason="Asked for it")
    assert person.query(f"select body from notes where id = {note}")[1] == [
        ("Sent by Quackenbush, Quackenbush Quackenbush!",)
    ]
    day = receipt.applied_at.date()
    section = open_audit(person, day, day).section("integrity")
    (left,) = [entry for entry in section.lists if entry.key == "may-name-them"]
    records = [tuple(row[3].values()) if isinstance(row[3], dict) else row[3] for row in left.rows]
    assert records == [("notes", note), ("operations", operation)]


def test_a_surname_for_itself_goes_where_it_is_chosen(person, number):
    """Chosen rows lose the name, their requests, too; parts of words stay; the chain still proves all of it.

    A reason goes as a whole: it is one hash of the chain, and what is left of it could not be proved.
    """
    note, operation = noted(person)
    asked = {"client_id": number, "confirm_name": NAME, "also": f"notes #{note}; OPERATIONS {operation}"}
    person.apply(person.preview(ERASE, asked, today=LATER), reason="Asked for it")
    bodies = person.query(f"select body from notes where id >= {note} order by id")[1]
    assert bodies == [("Sent by (erased), (erased) (erased)!",), ("The Quackenbushes",), ("Hello",)]
    assert person.operation(operation).line.reason == "(erased)"
    content = person.path.read_bytes().lower()
    assert content.replace(b"quackenbushes", b"").count(b"quackenbush") == 0
    assert person.verify().is_clean


def test_only_what_is_listed_can_be_chosen(person, number):
    """A row that does not name them, and what is no row at all, are refused with those there are."""
    note, operation = noted(person)
    preview = person.preview(
        ERASE, {"client_id": number, "confirm_name": NAME, "also": f"notes {note + 2}, everything"}, today=LATER
    )
    listed = f"is not among the rows that may name them: notes {note}, operations {operation}"
    assert sorted(p.message for p in preview.problems) == [f"everything {listed}", f"notes {note + 2} {listed}"]


def test_words_of_scripts_without_blanks(person):
    """A Japanese surname is found within a text; a first name that others have, too, is not looked for."""
    for first, last in (("太郎", "山田"), ("太郎", "鈴木")):
        request = {"first_name": first, "last_name": last, "email": "t@posteo.de", "currency": "EUR", "country": "JP"}
        person.apply_now(rule("add-client"), request, reason="x", today=TODAY, now=NOW)
    erased = person.query("select max(id) - 1 from clients")[1][0][0]
    for body in ("山田さんより", "太郎さんより"):
        person.apply_now(rule("add-note"), {"client_id": 1, "body": body}, reason="x", today=TODAY, now=NOW)
    last = person.query("select max(id) from notes")[1][0][0]
    preview = person.preview(ERASE, {"client_id": erased, "confirm_name": "太郎 山田", "also": "all"}, today=LATER)
    assert warned(preview) == [f"notes {last - 1}"]
    person.apply(preview, reason="x")
    assert person.query(f"select body from notes where id >= {last - 1} order by id")[1] == [
        ("(erased)さんより",),
        ("太郎さんより",),
    ]
