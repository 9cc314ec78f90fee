"""Writing an operation: rows, history, requests and the operation itself go together."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import pytest
from pydantic import Field

from clientops.book.write import record as writing
from clientops.core.errors import ClientopsError, IntegrityError
from clientops.core.plan import Rule
from clientops.schema.requests import Id, Ids, Money, Request, Text
from tests.books import apply_by_hand, by_hand, fingerprint, insert, read_history, read_rows, tamper
from tests.builders import NOW, TODAY


def history_of(book, name, operation_id):
    return [row for row in read_history(book.path)[name] if row[0] == operation_id]


def test_history_holds_the_rows_before_and_after(book):
    """An insert leaves its row (+1), a delete the row it took (-1), an update both; rows are whole."""
    before = {row[0]: row for row in read_rows(book.path, "notes")["notes"]}
    apply_by_hand(
        book,
        ("notes", "insert", [{"id": 3, "body": "new"}]),
        ("notes", "update", [{"id": 1, "body": "changed", "is_sticky": True}]),
        ("notes", "delete", [{"id": 2}]),
    )
    after = {row[0]: row for row in read_rows(book.path, "notes")["notes"]}
    assert sorted(after) == [1, 3]
    assert history_of(book, "notes", 2) == [
        (2, -1, *before[1]),
        (2, -1, *before[2]),
        (2, 1, *after[1]),
        (2, 1, *after[3]),
    ]
    changes = [row[:5] for row in read_history(book.path)["changes"] if row[0] == 2]
    every = ",".join(
        c
        for c in [
            "id",
            "client_id",
            "subject_kind",
            "subject_id",
            "author",
            "created_at",
            "modified_at",
            "body",
            "is_sticky",
            "attachment",
        ]
    )
    assert changes == [
        (2, "notes", "delete", every, 1), (2, "notes", "insert", every, 1), (2, "notes", "update", "body,is_sticky", 1),
    ]  # fmt: skip


class Everything(Request):
    """A request with a field of every type."""

    client_id: Id
    others: Ids
    amount: Money
    day: date
    moment: datetime
    is_sure: bool
    text: Text | None = None
    password: str = Field(json_schema_extra={"secret": True})


def test_requests_are_kept_as_they_were_asked(book):
    """Each request is kept as JSON, amounts exactly, secrets hidden."""
    rule = Rule("by-hand", "By hand", by_hand(("notes", "delete", [{"id": 1}])).function, Everything)
    asked = {
        "client_id": 1, "others": "2, 3", "amount": "12345678901234.5678", "day": "2026-11-20", "is_sure": "yes",
        "moment": datetime(2026, 11, 20, 9, 30, tzinfo=UTC), "text": 'Ünï "quoted" \\ 🦆\nline', "password": "hunter2",
    }  # fmt: skip
    book.apply_now(rule, [asked, {**asked, "text": ""}], reason="why", today=TODAY, now=NOW)
    rows = [row for row in read_history(book.path)["requests"] if row[0] == 2]
    first, second = (json.loads(row[2]) for row in rows)
    assert [row[1] for row in rows] == [1, 2]
    assert first == {
        "client_id": 1, "others": [2, 3], "amount": "12345678901234.5678", "day": "2026-11-20", "is_sure": True,
        "moment": "2026-11-20 09:30:00+00", "text": 'Ünï "quoted" \\ 🦆\nline', "password": "(hidden)",
    }  # fmt: skip
    assert second["text"] is None
    assert b"hunter2" not in book.path.read_bytes()


def test_an_operation_says_who_when_why(book):
    """The operation's row carries the rule, operator, reason, day, key and counts, and follows on the one before."""
    head = book.head()
    receipt = book.apply_now(by_hand(("notes", "delete", [{"id": 1}])), {}, reason="spam", key="k1", today=TODAY)
    detail = book.operation(receipt.operation_id)
    line = detail.line
    assert (line.id, line.rule, line.operator, line.reason) == (2, "by-hand", "maria", "spam")
    assert (line.request_count, line.change_count, detail.today, detail.key) == (1, 1, TODAY, "k1")
    assert abs((datetime.now(UTC) - line.applied_at).total_seconds()) < 60
    assert book.head() == (2, receipt.sha256) == (2, detail.sha256)
    assert book.query("select previous_sha256 from history.operations where id = 2")[1] == [(head[1],)]


def test_many_rows_in_one_operation(book):
    """Thousands of rows go the way of one, over the engine's boundaries of 2,048 and 122,880 rows."""
    numbers = range(1000, 1000 + 125_000)
    rule = by_hand()

    def plan(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add("many", f"select range as id, 'note ' || range as body from range({numbers[0]}, {numbers[-1] + 1})")
        return steps.plan(steps.insert("notes", "many"))

    before = fingerprint(book.path)
    rule = Rule("many", "Many", plan, rule.request)
    assert book.apply_now(rule, {}).counts == (("notes", "insert", 125_000),)

    def change(tables, requests, *, today, now):
        steps = tables.steps(requests=requests)
        steps.add("many", "select id, body || '!' as body from notes where id >= 1000")
        return steps.plan(steps.update("notes", "many"))

    book.apply_now(Rule("many", "Many", change, rule.request), {})
    assert book.query("select count(*), min(body), max(id) from notes where body like '%!'")[1] == [
        (125_000, "note 1000!", numbers[-1])
    ]
    assert book.verify().findings == ()
    book.undo(3)
    book.undo(2)
    assert fingerprint(book.path) == before


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("delete from main.notes where id = 3", id="an inserted row is not there"),
        pytest.param("insert into main.notes select * from main.notes where id = 3", id="it is there twice"),
        pytest.param("update main.notes set body = 'x' where id = 1", id="an updated row is something else"),
        pytest.param("update main.notes set author = 'x' where id = 1", id="in a column that was not to change"),
        pytest.param("insert into main.notes (id, body) values (2, 'x')", id="a deleted row is still there"),
        pytest.param("delete from history.notes where operation_id = 2 and sign = 1 and id = 1", id="no image after"),
        pytest.param(
            "update history.notes set body = 'x' where operation_id = 2 and sign = 1 and id = 3", id="another image"
        ),
    ],
)
def test_nothing_is_committed_when_tables_and_history_would_not_agree(book, monkeypatch, statement):
    """Whatever goes wrong between the rows and their history is noticed before the commit."""
    before, history = fingerprint(book.path), read_history(book.path)
    write_rows = writing.write_rows

    def write_wrong(connection, *arguments):
        write_rows(connection, *arguments)
        connection.execute(statement)

    monkeypatch.setattr(writing, "write_rows", write_wrong)
    with pytest.raises(IntegrityError, match="Nothing was changed: table notes and its history would not agree"):
        apply_by_hand(
            book,
            ("notes", "insert", [{"id": 3, "body": "new"}]),
            ("notes", "update", [{"id": 1, "body": "changed"}]),
            ("notes", "delete", [{"id": 2}]),
        )
    assert (fingerprint(book.path), read_history(book.path)) == (before, history)


@pytest.mark.parametrize(
    ("step", "error", "raised"),
    [
        pytest.param("write_rows", MemoryError(), MemoryError, id="the machine, after the rows"),
        pytest.param("check_moved_alike", KeyboardInterrupt(), KeyboardInterrupt, id="the person, after the check"),
        pytest.param("_write_changes", ZeroDivisionError(), ZeroDivisionError, id="the code, after the hashes"),
        pytest.param("write_requests", duckdb.IOException("full"), ClientopsError, id="the engine, after the requests"),
        pytest.param("seal", duckdb.IOException("full"), ClientopsError, id="the engine, just before the commit"),
    ],
)
def test_an_error_anywhere_leaves_nothing(book, monkeypatch, step, error, raised):
    """Wherever writing fails, and whoever fails it, nothing is in, and the next operation works."""
    before, history = fingerprint(book.path), read_history(book.path)
    whole = getattr(writing, step)

    def fail(*arguments, **named):
        whole(*arguments, **named)
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(writing, step, fail)
        with pytest.raises(raised):
            insert(book, clients=[{"id": 9}])
    assert (fingerprint(book.path), read_history(book.path)) == (before, history)
    assert insert(book, clients=[{"id": 9}]).operation_id == 2
    assert book.verify().findings == ()


@pytest.mark.parametrize("is_in", [pytest.param(True, id="it is in"), pytest.param(False, id="it is not")])
def test_an_error_of_the_commit_is_looked_into(book, monkeypatch, is_in):
    """When the engine fails around the commit, the book itself says whether the operation is in."""
    from clientops.book.file import connection as opening

    real = opening.database_transaction
    from contextlib import contextmanager

    @contextmanager
    def fail_at_commit(connection):
        with real(connection):
            yield
            if not is_in:
                raise duckdb.FatalException("FATAL Error: COMMIT failed: No space left on device")
        raise duckdb.FatalException("FATAL Error: COMMIT succeeded, autocheckpoint failed: No space left on device")

    monkeypatch.setattr("clientops.book.book.database_transaction", fail_at_commit)
    if is_in:
        receipt = insert(book, clients=[{"id": 9}])
        assert (receipt.operation_id, receipt.is_repeated, receipt.counts) == (2, False, (("clients", "insert", 1),))
    else:
        with pytest.raises(ClientopsError, match="Nothing was changed: FATAL Error: COMMIT failed"):
            insert(book, clients=[{"id": 9}])
    assert book.head()[0] == (2 if is_in else 1)
    assert book.verify().findings == ()


def test_numbers_of_operations_have_no_gaps(book):
    """A refused, failed or repeated operation uses no number."""
    insert(book, groups=[{"id": 9}])
    for _ in range(2):
        with pytest.raises(ClientopsError):
            insert(book, groups=[{"id": 9}])
    book.apply_now(by_hand(("groups", "delete", [{"id": 9}])), {}, key="k")
    assert book.apply_now(by_hand(("groups", "delete", [{"id": 1}])), {}, key="k").is_repeated
    assert [line.id for line in book.operations()] == [3, 2, 1]


def test_amounts_are_exact_to_the_last_digit(book):
    """The largest amount that a column holds comes back as it was, from the table, its history and an undo."""
    largest = Decimal("99999999999999.9999")
    insert(book, lenient=True, clients=[{"id": 9, "credit_balance": largest}])
    apply_by_hand(book, ("clients", "update", [{"id": 9, "credit_balance": 0}]))
    book.undo(3)
    assert book.query("select credit_balance from clients where id = 9")[1] == [(largest,)]
    assert book.row_history("clients", 9)[1].before["credit_balance"] == largest
    tamper(book.path, "update clients set credit_balance = credit_balance - 0.0001 where id = 9")
    assert [f.code for f in book.verify().findings] == ["table_differs"]
