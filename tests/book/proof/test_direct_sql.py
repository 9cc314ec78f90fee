"""An UPDATE, INSERT or DELETE typed straight into DuckDB: noticed row by row, adopted or reverted."""

import pytest

from clientops.book.book import Book
from clientops.book.proof import direct_changes as direct
from clientops.core.errors import UsageError
from tests.books import apply_by_hand, fingerprint, insert, read_rows, tamper

SEVERAL = (
    "update clients set city = 'Bern', credit_balance = credit_balance + 1 where id in (1, 2)",
    "update clients set city = null where id = 3",
    "insert into notes (id, body) values (50, 'typed in'), (51, 'too')",
    "delete from contacts where id = 2",
    "update invoices set notes = 'x' where id = 5",
)


def seen(book):
    return [(c.table, c.id, c.kind) for c in book.direct_changes()]


def test_nothing_is_noticed_where_nothing_was_typed(book):
    """Operations, undone or not, are no direct changes; nor is a statement that changes nothing."""
    insert(book, groups=[{"id": 9, "name": "x"}])
    book.undo(2)
    tamper(book.path, "update clients set city = city", "delete from notes where id = 99", "checkpoint")
    assert seen(book) == []


def test_each_row_is_shown_as_it_should_be_and_as_it_is(book):
    """Updates, inserts and deletes in several tables are listed row by row, with both rows."""
    before = {row[0]: row for row in read_rows(book.path, "clients")["clients"]}
    tamper(book.path, *SEVERAL)
    assert seen(book) == [
        ("clients", 1, "update"),
        ("clients", 2, "update"),
        ("contacts", 2, "delete"),
        ("invoices", 5, "update"),
        ("notes", 50, "insert"),
        ("notes", 51, "insert"),
    ]
    first, _, deleted, _, inserted, _ = book.direct_changes()
    assert tuple(first.expected.values()) == before[1]
    assert {name for name, value in first.found.items() if value != first.expected[name]} == {"city", "credit_balance"}
    assert (deleted.expected["email"], deleted.found) == ("mary@example.com", None)
    assert (inserted.expected, inserted.found["body"]) == (None, "typed in")
    assert [f.table for f in book.verify().findings] == [table for table, *_ in seen(book)]


def test_adopted_they_are_an_operation_like_others(book):
    """Adopting changes no row, and leaves an operation that can be shown, travelled before, undone and verified."""
    before = fingerprint(book.path)
    tamper(book.path, *SEVERAL)
    typed = fingerprint(book.path)
    receipt = book.adopt_direct_changes(reason="hurry")
    assert fingerprint(book.path) == typed
    assert seen(book) == []
    assert book.verify().findings == ()
    assert receipt.counts == (
        ("clients", "update", 2), ("contacts", "delete", 1), ("invoices", "update", 1), ("notes", "insert", 2),
    )  # fmt: skip
    detail = book.operation(receipt.operation_id)
    assert (detail.line.rule, detail.line.operator, detail.line.reason) == ("direct-sql", "maria", "hurry")
    assert [(row.table, row.id, sorted(row.changed)) for row in detail.rows if row.before and row.after] == [
        ("clients", 1, ["city", "credit_balance"]),
        ("clients", 2, ["city", "credit_balance"]),
        ("invoices", 5, ["notes"]),
    ]
    assert book.query("select city from clients where id = 1", as_of=1)[1] == [(None,)]
    book.undo(receipt.operation_id)
    assert fingerprint(book.path) == before
    assert book.verify().findings == ()


def test_reverted_the_rows_are_as_before_and_both_steps_are_kept(book):
    """Reverting puts every row back; the history says what was typed and that it was put back."""
    before = fingerprint(book.path)
    tamper(book.path, *SEVERAL)
    receipt = book.revert_direct_changes(reason="not so")
    assert fingerprint(book.path) == before
    assert [(line.rule, line.undoes_id) for line in book.operations()][:2] == [("undo", 2), ("direct-sql", None)]
    assert receipt.operation_id == 3
    assert book.row_history("notes", 50)[0].after["body"] == "typed in"
    assert book.verify().findings == ()


def test_what_was_typed_may_be_flawed(book):
    """Rows that point at nothing or break a law can be adopted as they are, and reverted."""
    before = fingerprint(book.path)
    for finish in (book.adopt_direct_changes, book.revert_direct_changes):
        tamper(book.path, "delete from clients where id = 3", "update clients set credit_balance = -1 where id = 6")
        number = finish(reason="as it is").operation_id
        assert book.verify().findings == ()
        assert bool(book.check()) is (finish == book.adopt_direct_changes)
        if number == 2:
            book.undo(2)
    assert fingerprint(book.path) == before


def test_rows_since_changed_by_an_operation_keep_their_direct_change_apart(book):
    """A row typed over and then edited by an operation: the direct change is recorded as found before it."""
    tamper(book.path, "update clients set city = 'Bern' where id = 1")
    apply_by_hand(book, ("clients", "update", [{"id": 2, "city": "Rome"}]))
    assert seen(book) == [("clients", 1, "update")]
    book.adopt_direct_changes(reason="late")
    assert book.verify().findings == ()


def test_an_operation_on_a_row_that_was_typed_over(book):
    """An operation over a typed-in value does not make it unseen: the gap in the history stays to be found."""
    tamper(book.path, "update clients set city = 'Bern' where id = 1")
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Rome"}]))
    codes = {f.code for f in book.verify().findings}
    assert codes == {"history_gap"}


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(
            ["insert into groups select * from groups where id = 1"], [("groups", 1, "insert")], id="a row twice"
        ),
        pytest.param(
            ["insert into groups (id, name) values (1, 'Other')"], [("groups", 1, "insert")], id="another of its number"
        ),
        pytest.param(
            ["insert into groups (id, name) values (1, 'Other')", "update groups set colour = 'red' where id = 1"],
            [("groups", 1, "update"), ("groups", 1, "insert")],
            id="and the first changed too",
        ),
        pytest.param(
            ["insert into groups (id, name) values (7, 'a'), (7, 'a')"],
            [("groups", 7, "insert"), ("groups", 7, "insert")],
            id="a new row twice",
        ),
    ],
)
def test_a_number_that_stands_twice(book, statements, expected):
    """A number that an INSERT repeats is shown; it cannot be adopted, but it can be reverted."""
    before = fingerprint(book.path)
    tamper(book.path, *statements, "update clients set city = 'Bern' where id = 1")
    assert seen(book) == [*expected, ("clients", 1, "update")]
    with pytest.raises(UsageError, match=rf"Table groups has number {expected[0][1]} more than once"):
        book.adopt_direct_changes(reason="x")
    assert book.head()[0] == 1
    book.revert_direct_changes(reason="x")
    assert fingerprint(book.path) == before
    assert seen(book) == []
    assert book.verify().findings == ()


def test_there_must_be_something_to_adopt(book):
    """Adopting or reverting nothing is said so and leaves no operation."""
    for finish in (book.adopt_direct_changes, book.revert_direct_changes):
        with pytest.raises(UsageError, match="There is nothing to adopt: every table is what its history says"):
            finish(reason="x")
    assert book.head()[0] == 1


def test_a_number_of_a_deleted_row_typed_in_again(book):
    """A row typed in under the number of one that an operation deleted is an insert."""
    apply_by_hand(book, ("notes", "delete", [{"id": 1}]))
    tamper(book.path, "insert into notes (id, body) values (1, 'Calls on Mondays')")
    assert seen(book) == [("notes", 1, "insert")]
    book.adopt_direct_changes(reason="back")
    assert book.verify().findings == ()
    assert [(change.operation_id, bool(change.before), bool(change.after)) for change in book.row_history("notes", 1)] == [
        (1, False, True), (2, True, False), (3, False, True),
    ]  # fmt: skip


def test_others_get_their_turn_between_tables(book, monkeypatch):
    """The book is let go while tables are compared one after another, and what is found is the same."""
    tamper(book.path, "update clients set city = 'x' where id = 1", "delete from notes where id = 1")
    whole = book.direct_changes()
    opened = []
    wanted = Book._open

    def counted(self, **how):
        opened.append(how)
        return wanted(self, **how)

    monkeypatch.setattr(Book, "_open", counted)
    monkeypatch.setattr(direct, "LONGEST_LOOK", 0.0001)
    assert book.direct_changes() == whole
    assert len(whole) == 2
    assert len(opened) > 10
