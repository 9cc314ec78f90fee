"""As of: every table, report and command shows the book as a copy taken at that time would."""

import json
import shutil
from datetime import UTC, date, datetime

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.core.errors import UsageError
from clientops.registry import rule
from clientops.reports.documents.account_statement import account_html, read_accounts
from clientops.reports.figures.client import read_client
from clientops.reports.figures.home import read_standing, read_todo
from clientops.reports.lists.catalogue import listing
from clientops.reports.lists.engine import Query, read_page
from clientops.schema.definition import all_tables, quote_name
from tests.books import OPERATOR
from tests.builders import NOW, TODAY

STEPS = (
    ("issue-credit", {"client_id": 1, "amount": "7.50", "description": "Downtime"}),
    ("adjust-credit", {"client_id": 2, "credit_balance": "3"}),
    ("edit-client", {"client_id": 1, "city": "Kent"}),
    ("apply-credit", {"invoice_id": 2, "amount": "5"}),
    ("record-payment", {"client_id": 3, "amount": "20", "surplus_to_credit": True}),
    ("cancel-invoice", {"invoice_id": 3}),
    ("merge-clients", {"replaced_id": 3, "survivor_id": 2}),
    ("delete-client", {"client_id": 4, "confirm_name": "Kurt Gödel"}),
    ("undo", {"operation_id": 9}),
)


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """A book with operations of many kinds, and a copy of its file after each."""
    folder = tmp_path_factory.mktemp("as_of")
    book = Book(shutil.copy(shop_file, folder / "book.duckdb"), operator=OPERATOR)
    copies = {1: Book(shutil.copy(book.path, folder / "1.duckdb"), operator=OPERATOR)}
    for name, request in STEPS:
        done = book.apply_now(rule(name), request, reason=name, today=TODAY, now=NOW)
        copies[done.operation_id] = Book(
            shutil.copy(book.path, folder / f"{done.operation_id}.duckdb"), operator=OPERATOR
        )
    return book, copies


NUMBERS = (1, 4, 8, 10)


def everything_shown(book):
    """What a person sees of a book: all tables, reports, lists, log, flaws."""
    with book.tables() as tables:
        rows = {n: tables.query(f"select * from {quote_name(n)} order by all").fetchall() for n in all_tables()}
        clients = [row[0] for row in rows["clients"]]
        accounts = list(read_accounts(tables, date(2026, 1, 1), TODAY))
        return {
            "tables": rows,
            "clients": [read_client(tables, number, TODAY) for number in clients],
            "accounts": accounts,
            "pages": [account_html(tables, [account]) for account in accounts],
            "todo": read_todo(tables),
            "standing": read_standing(tables, TODAY),
            "lists": {n: read_page(tables, listing(n), Query()) for n in ("clients", "invoices", "credit_entries", "operations")},
            "log": book.operations(),
            "operations": [book.operation(1), book.operation(book.head()[0])],
            "history": book.row_history("clients", 1),
            "head": book.head(),
            "flaws": book.check(),
        }  # fmt: skip


@pytest.mark.parametrize("number", NUMBERS)
def test_as_of_is_the_copy_taken_then(story, number):
    """Each report and list of the past equals that of the file copied then."""
    book, copies = story
    past, copy = everything_shown(book.past(number)), everything_shown(copies[number])
    for what, shown in copy.items():
        assert past[what] == shown, what


def run(path, *words, code=0):
    result = CliRunner().invoke(app, ["--book", str(path), *map(str, words)], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


READING = (
    ("query", "select * from clients order by id"),
    ("log",),
    ("show", "1"),
    ("history", "clients", "2"),
    ("export", "invoices", "{out}.csv"),
    ("statement-of-account", "1", "--from", "2026-01-01", "--to", "2026-12-31", "-o", "{out}"),
)


@pytest.mark.parametrize("words", READING, ids=lambda words: words[0])
def test_commands_that_read_take_as_of(story, tmp_path, words):
    """With --as-of, behind the command or in front of it, a command answers as it did on the copy."""
    book, copies = story

    def answers(name, path, before=(), after=()):
        out = tmp_path / name
        text = run(path, *before, *(str(word).format(out=out) for word in words), *after).replace(name, "")
        files = sorted(p for p in tmp_path.rglob("*") if p.is_file() and name in str(p))
        return text, [file.read_bytes() for file in files]

    expected = answers("copy", copies[4].path)
    assert answers("past", book.path, after=("--as-of", 4)) == expected
    assert answers("before", book.path, before=("--as-of", 4)) == expected
    assert answers("present", book.path) != expected or words[0] == "show"


def test_tables_and_check_take_as_of(story):
    """The list of tables counts the rows there were; check lists the flaws there were."""
    book, copies = story
    rows = {line["table"]: line["rows"] for line in json.loads(run(book.path, "tables", "--as-of", 1, "--json"))}
    assert rows["clients"] == 6
    assert sum(rows.values()) == sum(len(found) for found in everything_shown(copies[1])["tables"].values())
    run(book.path, "check", "--as-of", 1)


def test_what_came_later_is_not_there(story):
    """An operation after the moment is unknown, and one that was undone later is not undone yet."""
    book, _ = story
    assert "There is no operation 9; the last one is 4" in run(book.path, "show", "9", "--as-of", 4, code=2)
    assert book.past(9).operation(9).line.undone_by_id is None
    assert book.operation(9).line.undone_by_id == 10


def test_nothing_is_changed_in_the_past(story):
    """A preview or an operation on the past is refused with the reason."""
    book, _ = story
    past, head = book.past(3), book.head()
    for attempt in (past.preview, past.apply_now):
        with pytest.raises(UsageError, match="as it was after operation 3: nothing can be changed there"):
            attempt(rule("issue-credit"), {"client_id": 1, "amount": "1", "description": "x"})
    assert "nothing can be changed there" in run(book.path, "--as-of", 3, "undo", 2, "--reason", "x", "--yes", code=2)
    assert book.head() == head


def test_a_past_of_the_past(story):
    """Seen from operation 3, operation 9 is not there yet: the earlier moment counts."""
    book, _ = story
    assert book.past(3).past(9).head() == book.past(3).head() == book.past(9).past(3).head()
    assert book.past(3).query("select count(*) from merged_clients", as_of=9)[1] == [(0,)]
    assert book.past(datetime.now(UTC)).head() == book.head()
