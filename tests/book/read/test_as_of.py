"""The tables as they were: the same as a copy taken at that time."""

import shutil
import time
from datetime import UTC, date, datetime, timedelta, timezone

import pytest

from clientops.book.book import Book
from clientops.core.errors import UsageError
from clientops.registry import rule
from clientops.schema.definition import all_tables, quote_name
from tests.books import OPERATOR, apply_by_hand, insert, read_rows, tamper


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """A book with some operations, and a copy of all its rows before the first and after each."""
    path = tmp_path_factory.mktemp("story") / "story.duckdb"
    shutil.copy(shop_file, path)
    book = Book(path, operator=OPERATOR)
    copies = [{name: [] for name in all_tables()}, read_rows(path)]
    moments = [datetime(1970, 1, 1, tzinfo=UTC), datetime.now(UTC)]
    steps = [
        lambda: insert(book, clients=[{"id": 7, "city": "Ulm"}], notes=[{"id": 3, "client_id": 7}]),
        lambda: apply_by_hand(book, ("clients", "update", [{"id": 7, "city": "Rome"}, {"id": 1, "city": "Kent"}])),
        lambda: book.apply_now(rule("issue-credit"), [{"client_id": 7, "amount": 5, "description": "x"}]),
        lambda: apply_by_hand(book, ("notes", "delete", [{"id": 1}, {"id": 3}])),
        lambda: apply_by_hand(book, ("notes", "insert", [{"id": 3, "body": "again"}])),
        lambda: book.undo(4),
        lambda: apply_by_hand(book, ("clients", "update", [{"id": 7, "city": "Ulm"}])),
        lambda: apply_by_hand(book, ("clients", "delete", [{"id": 7}]), ("notes", "delete", [{"id": 3}])),
    ]
    for step in steps:
        time.sleep(0.002)
        step()
        copies.append(read_rows(path))
        time.sleep(0.002)
        moments.append(datetime.now(UTC))
    return book, copies, moments


def rows_as_of(book, moment):
    with book.tables(moment) as tables:
        return {
            name: tables.query(f"select * from {quote_name(name)} order by all").fetchall() for name in all_tables()
        }


@pytest.mark.parametrize("number", range(10))
def test_as_of_an_operation_is_the_copy_taken_then(story, number):
    """By its number, each state of the book comes back to the last row of the last table."""
    book, copies, _ = story
    assert rows_as_of(book, number) == copies[number]


def test_as_of_a_moment_is_the_copy_taken_then(story):
    """By a time with zone, whatever the zone; before the first operation there is nothing."""
    book, copies, moments = story
    for number, moment in enumerate(moments):
        elsewhere = moment.astimezone(timezone(timedelta(hours=-9)))
        for at in (moment, elsewhere):
            assert book.query("select * from clients order by all", as_of=at)[1] == copies[number]["clients"]
            assert book.query("select * from notes order by all", as_of=at)[1] == copies[number]["notes"]


def test_as_of_a_day_is_its_end(story):
    """By a day, the book is as it was at the day's end (UTC): today's operations count for today."""
    book, copies, moments = story
    day = moments[-1].date()
    clients = "select * from clients order by all"
    assert book.query(clients, as_of=day)[1] == copies[-1]["clients"]
    assert book.query(clients, as_of=moments[1].date() - timedelta(days=1))[1] == []
    assert book.query(clients, as_of=date(2100, 1, 1))[1] == copies[-1]["clients"]


@pytest.mark.parametrize(
    ("applied_at", "day", "number"),
    [
        pytest.param("2026-06-30 23:59:59.999999+00", date(2026, 6, 30), 2, id="the last microsecond is the day's"),
        pytest.param("2026-07-01 00:00:00+00", date(2026, 6, 30), 1, id="midnight is the next day's"),
        pytest.param("2026-07-01 00:30:00+02", date(2026, 6, 30), 2, id="days are those of UTC"),
    ],
)
def test_where_a_day_ends(book, applied_at, day, number):
    """A day ends at midnight, UTC."""
    insert(book, groups=[{"id": 9, "name": "x"}])
    tamper(
        book.path,
        "update history.operations set applied_at = timestamptz '2026-01-01 00:00:00+00' where id = 1",
        f"update history.operations set applied_at = timestamptz '{applied_at}' where id = 2",
    )
    assert len(book.query("select * from groups", as_of=day)[1]) == number


@pytest.mark.parametrize(
    ("moment", "message"),
    [
        pytest.param(99, "There is no operation 99; the last one is 1", id="not yet"),
        pytest.param(-1, "There is no operation -1", id="never"),
        pytest.param(datetime(2026, 6, 30, 12), "needs a time zone, e.g. 2026-06-30 12:00", id="no zone"),
    ],
)
def test_a_moment_that_is_none(book, moment, message):
    """What is no moment of the book is refused with what would be."""
    with pytest.raises(UsageError, match=message):
        book.query("select 1", as_of=moment)


def test_rules_run_on_the_past(story):
    """A rule sees the past as it sees the present: credit that was there then counts, numbers are never reused."""
    book, _, _ = story
    remove = rule("remove-credit")
    asked = [{"client_id": 7, "amount": 5, "description": "x"}]
    from clientops.schema.requests import read_requests

    def problems(moment):
        with book.tables(moment) as tables:
            requests = read_requests(remove.request, asked).relation(tables._connection)
            plan = remove.function(tables, requests, today=date(2026, 1, 1), now=datetime.now(UTC))
            return [p.code for p in plan.problem_list()], plan.rows("credit_entries", "insert")

    assert problems(4)[0] == []
    assert problems(3)[0] == ["more_than_credit"]
    assert problems(1)[0] == ["unknown_client"]
    used = book.query("select max(id) from history.credit_entries")[1][0][0]
    assert problems(4)[1][0]["id"] == used + 1


def test_history_of_a_past_moment_ends_there(story):
    """Seen from a past moment, the history holds nothing of the future."""
    book, _, _ = story
    with book.tables(3) as tables:
        assert tables.as_of == 3
        assert tables.query(f"select max(operation_id) from {tables.history('clients')}").fetchone() == (3,)
    with book.tables() as tables:
        assert tables.query(f"select max(operation_id) from {tables.history('clients')}").fetchone() == (9,)


def test_the_present_comes_back_after_a_look_at_the_past(story):
    """Inside a session, looking back does not change what the names mean afterwards."""
    book, copies, _ = story
    with book.session():
        assert len(book.query("select * from clients", as_of=2)[1]) == 7
        assert book.query("select * from clients order by all")[1] == copies[-1]["clients"]
        with pytest.raises(ZeroDivisionError), book.tables(2):
            raise ZeroDivisionError
        assert book.query("select * from clients order by all")[1] == copies[-1]["clients"]
