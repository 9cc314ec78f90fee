"""Undo: the exact reverse of an operation, as a new operation."""

import pytest

from clientops.core.errors import RefusedError
from tests.books import apply_by_hand, fingerprint, insert

MIXED = (
    ("clients", "insert", [{"id": 7, "currency_id": 1, "city": "Ulm"}, {"id": 9, "currency_id": 2}]),
    ("contacts", "insert", [{"id": 9, "client_id": 9}]),
    (
        "clients",
        "update",
        [{"id": 1, "city": "Kent", "credit_balance": "49.99"}, {"id": 2, "city": "x", "credit_balance": 0}],
    ),
    ("notes", "update", [{"id": 1, "body": "changed", "attachment": "a.pdf"}]),
    ("notes", "delete", [{"id": 2}]),
    ("tickets", "delete", [{"id": 1}]),
    ("ticket_replies", "delete", [{"id": 1}]),
)


def refused(book, number):
    before = fingerprint(book.path)
    with pytest.raises(RefusedError) as error:
        book.undo(number)
    assert fingerprint(book.path) == before
    return [(problem.code, problem.message) for problem in error.value.problems]


def test_undo_restores_every_row(book):
    """After apply and undo every table is byte for byte as before, and both operations are in the log."""
    before = fingerprint(book.path)
    apply_by_hand(book, *MIXED)
    assert fingerprint(book.path) != before
    receipt = book.undo(2, reason="mistake")
    assert fingerprint(book.path) == before
    first, second, *_ = book.operations()
    assert (first.id, first.rule, first.undoes_id, first.reason) == (3, "undo", 2, "mistake")
    assert second.undone_by_id == 3
    assert sorted(receipt.counts) == sorted([
        ("clients", "delete", 2), ("clients", "update", 2), ("contacts", "delete", 1), ("notes", "insert", 1),
        ("notes", "update", 1), ("ticket_replies", "insert", 1), ("tickets", "insert", 1),
    ])  # fmt: skip
    assert book.verify().findings == ()


def test_undo_of_an_undo_does_it_again(book):
    """An undo is an operation like others: it can be undone, and what it undid can then be undone anew."""
    before = fingerprint(book.path)
    apply_by_hand(book, *MIXED)
    after = fingerprint(book.path)
    for number, expected in ((2, before), (3, after), (2, before), (5, after)):
        book.undo(number)
        assert fingerprint(book.path) == expected
    assert book.head()[0] == 6
    assert book.verify().findings == ()


def test_undo_is_previewed_like_everything_else(book):
    """An undo shows what it would do before it does it."""
    from clientops.registry import rule

    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Kent"}]))
    preview = book.preview(rule("undo"), {"operation_id": 2})
    ((change,), problems) = preview.changes, preview.problems
    ((before, after),) = change.sample
    assert (before["city"], after["city"], problems) == ("Kent", None, ())
    assert book.apply(preview).operation_id == 3


@pytest.mark.parametrize(
    ("meanwhile", "expected"),
    [
        pytest.param(
            [("clients", "update", [{"id": 1, "city": "Rome"}])], ["client 1"], id="an updated row is changed again"
        ),
        pytest.param([("clients", "update", [{"id": 1, "state": "KY"}])], ["client 1"], id="in another column"),
        pytest.param([("clients", "update", [{"id": 9, "city": "x"}])], ["client 9"], id="an inserted row is changed"),
        pytest.param(
            [("contacts", "delete", [{"id": 9}]), ("clients", "delete", [{"id": 9}])],
            ["client 9", "contact 9"],
            id="inserted rows are deleted",
        ),
        pytest.param([("notes", "delete", [{"id": 1}])], ["note 1"], id="an updated row is deleted"),
        pytest.param(
            [("notes", "insert", [{"id": 2, "body": "other"}])], ["note 2"], id="a deleted row's number is taken"
        ),
    ],
)
def test_rows_that_changed_since_stand_in_the_way(book, meanwhile, expected):
    """Rows that something else changed since are named with the operation that did it, and nothing is undone."""
    apply_by_hand(book, *MIXED)
    apply_by_hand(book, *meanwhile)
    assert refused(book, 2) == [
        ("changed_since", f"{row} was changed since by operation 3 (by-hand, maria)") for row in expected
    ]
    book.undo(3)
    book.undo(2)


def test_what_others_built_upon_stands_in_the_way(book):
    """A client who has contacts since is not taken away, and the operation that they came with is named."""
    apply_by_hand(book, *MIXED)
    apply_by_hand(book, ("contacts", "insert", [{"id": 90, "client_id": 7}, {"id": 91, "client_id": 7}]))
    ((code, message),) = refused(book, 2)
    assert code == "built_upon"
    assert message == (
        "client 7 is needed by 2 contacts, e.g. contact 90: take back operation 3 (by-hand, maria) before, "
        "or remove what is there by its own form"
    )
    book.undo(3)
    book.undo(2)


def test_the_operations_in_the_way_are_all_named(book):
    """Two operations on one row, by two people, are both named, in their order."""
    apply_by_hand(book, *MIXED)
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Rome"}]))
    book.operator = "nora"
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Oslo"}]))
    ((_, message),) = refused(book, 2)
    assert message == "client 1 was changed since by operation 3 (by-hand, maria), 4 (by-hand, nora)"


def test_a_row_that_is_again_as_it_was_left_does_not_stand_in_the_way(book):
    """What was changed and changed back is as the operation left it."""
    before = fingerprint(book.path)
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Kent"}]))
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Rome"}]))
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Kent"}]))
    book.undo(2)
    assert fingerprint(book.path) == before


def test_other_rows_do_not_stand_in_the_way(book):
    """Rows that the operation did not touch may be as they like, and stay so."""
    apply_by_hand(book, *MIXED)
    apply_by_hand(book, ("clients", "update", [{"id": 3, "city": "Lima"}]))
    book.undo(2)
    assert book.query("select city from clients where id in (1, 3) order by id")[1] == [(None,), ("Lima",)]


@pytest.mark.parametrize(
    ("number", "code", "message"),
    [
        pytest.param(77, "unknown_operation", "there is no operation 77", id="never was"),
        pytest.param(2, "already_undone", "operation 2 was undone by operation 3", id="undone already"),
        pytest.param(4, "nothing_to_undo", "operation 4 changed nothing", id="changed nothing"),
    ],
)
def test_what_cannot_be_undone(book, number, code, message):
    """An operation that never was, was undone or did nothing is refused with the reason."""
    insert(book, groups=[{"id": 9, "name": "x"}])
    book.undo(2)
    apply_by_hand(book, ("groups", "update", [{"id": 1, "name": "Resellers"}]))
    assert refused(book, number) == [(code, message)]


def test_one_at_a_time(book):
    """Two operations in one request are refused: their rows may build on one another."""
    from clientops.registry import rule

    insert(book, groups=[{"id": 9, "name": "x"}])
    insert(book, groups=[{"id": 10, "name": "x"}])
    preview = book.preview(rule("undo"), [{"operation_id": 2}, {"operation_id": 3}])
    assert {p.code for p in preview.problems} == {"one_at_a_time"}


def test_undo_refuses_to_leave_orphans(book):
    """An inserted row that others point at by now stays, with the reason."""
    insert(book, groups=[{"id": 9, "name": "x"}])
    apply_by_hand(book, ("clients", "update", [{"id": 1, "group_id": 9}]))
    ((_, message),) = refused(book, 2)
    assert message.startswith("group 9 is needed by 1 client, e.g. client 1: take back operation 3 (by-hand, maria)")


def test_numbers_of_undone_rows_are_not_used_again(book):
    """What was inserted and undone keeps its number for ever, so that the history of a number is of one row."""
    from clientops.registry import rule

    asked = {"client_id": 1, "amount": 5, "description": "x"}
    book.apply_now(rule("issue-credit"), asked)
    book.undo(2)
    book.apply_now(rule("issue-credit"), asked)
    assert book.query("select max(id) from credit_entries")[1] == [(7,)]
