"""The log, one operation row by row, and everything that happened to a row."""

import shutil
from datetime import UTC, date, datetime

import pytest

from clientops.book.book import Book
from clientops.core.errors import UsageError
from clientops.registry import rule
from tests.books import OPERATOR, apply_by_hand, insert, tamper
from tests.builders import TODAY, money


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """2 gives client 1 credit, 3 adds a contact to client 2, 4 renames a group (nora), 5 undoes 2, 6 takes 3's contact."""
    path = tmp_path_factory.mktemp("story") / "story.duckdb"
    shutil.copy(shop_file, path)
    book = Book(path, operator=OPERATOR)
    book.apply_now(rule("issue-credit"), {"client_id": 1, "amount": "5", "description": "Sorry"}, today=TODAY)
    insert(book, contacts=[{"id": 9, "client_id": 2}])
    book.operator = "nora"
    apply_by_hand(book, ("groups", "update", [{"id": 1, "name": "Partners"}]))
    book.undo(2, reason="mistake")
    apply_by_hand(book, ("contacts", "delete", [{"id": 9}]))
    days = {1: "2026-01-31", 2: "2026-06-30", 3: "2026-07-01", 4: "2026-07-02", 5: "2026-07-03", 6: "2026-07-04"}
    tamper(
        path,
        *(f"update history.operations set applied_at = '{day} 23:59:59+00' where id = {n}" for n, day in days.items()),
    )
    return book


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        pytest.param({}, [6, 5, 4, 3, 2, 1], id="all, the newest first"),
        pytest.param({"limit": 2}, [6, 5], id="the newest"),
        pytest.param({"operator": "nora"}, [6, 5, 4], id="by operator"),
        pytest.param({"rule": "issue-credit"}, [2], id="by rule"),
        pytest.param({"client": 1}, [5, 2, 1], id="by client: the row and what points at it"),
        pytest.param({"client": 2}, [6, 3, 1], id="a contact of the client, added and taken"),
        pytest.param({"client": 99}, [], id="a client that never was"),
        pytest.param({"since": date(2026, 7, 2)}, [6, 5, 4], id="from a day on"),
        pytest.param({"until": date(2026, 7, 1)}, [3, 2, 1], id="up to the end of a day"),
        pytest.param({"since": date(2026, 6, 30), "until": date(2026, 6, 30)}, [2], id="of one day"),
        pytest.param({"operator": "nora", "client": 1, "rule": "undo"}, [5], id="all filters together"),
        pytest.param({"operator": "o'hara"}, [], id="a quote in a name"),
    ],
)
def test_operations_are_listed_and_filtered(story, filters, expected):
    """The log lists operations by operator, rule, client and date."""
    assert [line.id for line in story.operations(**filters)] == expected


def test_a_line_of_the_log(story):
    """A line says who did what, when, why and how much, and which operations undid which."""
    lines = {line.id: line for line in story.operations()}
    credit, undo = lines[2], lines[5]
    assert (credit.rule, credit.operator, credit.reason) == ("issue-credit", "maria", None)
    assert (credit.request_count, credit.change_count, credit.undoes_id, credit.undone_by_id) == (1, 2, None, 5)
    assert (undo.rule, undo.operator, undo.reason, undo.undoes_id, undo.undone_by_id) == (
        "undo",
        "nora",
        "mistake",
        2,
        None,
    )
    assert credit.applied_at == datetime(2026, 6, 30, 23, 59, 59, tzinfo=UTC)


def test_an_operation_is_shown_row_by_row(story):
    """One operation shows its requests and the exact rows before and after."""
    detail = story.operation(2)
    assert detail.requests == ({"client_id": 1, "amount": "5.0000", "description": "Sorry", "entry_on": None},)
    assert sorted(detail.counts) == [("clients", "update", 1), ("credit_entries", "insert", 1)]
    rows = {(row.table, row.id): row for row in detail.rows}
    assert rows["clients", 1].changed == {"credit_balance": (money(50), money(55))}
    assert rows["clients", 1].before["last_name"] == "Lovelace"
    entry = rows["credit_entries", 6]
    assert (entry.before, entry.after["amount"], entry.changed["amount"]) == (None, money(5), (None, money(5)))
    assert (detail.is_whole, detail.today) == (True, TODAY)
    undone = {(row.table, row.id): row for row in story.operation(5).rows}
    assert (undone["credit_entries", 6].after, undone["clients", 1].after["credit_balance"]) == (None, money(50))


@pytest.mark.parametrize("limit", [1, 2, 3])
def test_a_large_operation_is_cut_and_says_so(story, limit):
    """At most so many rows of each table, each of them with both sides."""
    detail = story.operation(1, limit=limit)
    assert not detail.is_whole
    clients = [row.id for row in detail.rows if row.table == "clients"]
    assert clients == list(range(1, limit + 1))


def test_a_cut_does_not_part_a_row_from_its_other_side(book):
    """Where an operation inserted and updated rows of one table, the last row shown still has before and after."""
    apply_by_hand(
        book, ("notes", "insert", [{"id": 9, "body": "x"}, {"id": 10, "body": "x"}]), ("notes", "update", [{"id": 1, "body": "y"}, {"id": 2, "body": "z"}])
    )  # fmt: skip
    for limit in (1, 2, 3, 4):
        rows = book.operation(2, limit=limit).rows
        assert [(row.id, row.before is None, row.after is None) for row in rows] == [
            (1, False, False), (2, False, False), (9, True, False), (10, True, False),
        ][:limit]  # fmt: skip


def test_everything_that_happened_to_a_row(story):
    """The history of a row, the oldest first, from its insert to its end."""
    balances = [(c.operation_id, c.changed["credit_balance"]) for c in story.row_history("clients", 1)]
    assert balances == [(1, (None, money(50))), (2, (money(50), money(55))), (5, (money(55), money(50)))]
    contact = story.row_history("contacts", 9)
    assert [(c.operation_id, c.before is None, c.after is None) for c in contact] == [
        (3, True, False),
        (6, False, True),
    ]
    assert story.row_history("clients", 99) == []


@pytest.mark.parametrize(
    ("call", "message"),
    [
        pytest.param(lambda b: b.operation(99), "There is no operation 99; the last one is 6", id="no such operation"),
        pytest.param(lambda b: b.row_history("client", 1), "There is no table 'client'; did you mean clients", id="no table"),
    ],
)  # fmt: skip
def test_what_is_not_there_is_said_so(story, call, message):
    """A number or name that is not there is a usage error with what there is."""
    with pytest.raises(UsageError, match=message):
        call(story)


def test_the_log_of_an_empty_book(empty_book):
    """A new book has a log, without lines."""
    assert (empty_book.operations(), empty_book.operations(client=1)) == ([], [])
