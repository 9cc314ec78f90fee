"""Opening the file of a book, and the one place that begins and commits."""

import os
import stat
import threading
import time

import duckdb
import pytest

from clientops.book.book import Book
from clientops.book.file.connection import connected, database_transaction, private_files
from clientops.core.errors import BookError, LockedError
from tests.books import insert
from tests.processes import hold_file


def mode(path):
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def usual_umask():
    before = os.umask(0o022)
    yield
    os.umask(before)


@pytest.mark.parametrize("read_only", [pytest.param(False, id="writing"), pytest.param(True, id="reading")])
def test_a_program_without_a_ticket_is_named(book, read_only):
    """Whoever has the file open in the duckdb shell, or in a script, is named with its process number."""
    book.wait = 0.3
    with hold_file(book.path, read_only=read_only) as process:
        with pytest.raises(LockedError) as error:
            insert(book, settings=[{"id": 9, "name": "x"}])
        assert f"(process {process.pid}); gave up after 0.3 s" in str(error.value)
        assert "python" in str(error.value)
        if read_only:
            assert book.head()[0] == 1  # readers go together
        else:
            with pytest.raises(LockedError, match=f"process {process.pid}"):
                book.head()
    assert insert(book, settings=[{"id": 9, "name": "x"}]).operation_id == 2


def test_waits_for_a_program_without_a_ticket(book):
    """An operation goes on as soon as the shell is closed."""
    with hold_file(book.path) as process:
        threading.Timer(0.3, lambda: process.stdin.write("go on\n") and process.stdin.flush()).start()
        start = time.monotonic()
        insert(book, settings=[{"id": 9, "name": "x"}])
        assert time.monotonic() - start > 0.2


@pytest.mark.parametrize(
    ("content", "message"),
    [
        pytest.param(None, r"There is no book at .*/a\.duckdb; make one with: clientops init", id="no file"),
        pytest.param(b"first,last\n" * 2000, "cannot be opened", id="not a database"),
        pytest.param(b"", "cannot be opened", id="an empty file"),
    ],
)
def test_what_is_no_book_is_said_so(tmp_path, content, message):
    """A path that is missing, or a file of another kind, is a BookError that says what it is."""
    path = tmp_path / "a.duckdb"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(BookError, match=message):
        Book(path)
    assert content is None or path.read_bytes() == content


def test_a_folder_is_no_book(tmp_path):
    """A folder given as the book is refused in one sentence."""
    with pytest.raises(BookError, match="cannot be opened"):
        Book(tmp_path)


def test_moments_are_utc_on_every_connection(book):
    """What a moment is written as does not depend on the machine's time zone."""
    for write in (False, True):
        with connected(book.path, write=write, who="maria", wait=1) as connection:
            assert connection.execute("select current_setting('timezone')").fetchone() == ("UTC",)


def test_reading_cannot_write(book):
    """A connection for reading refuses writes to the book itself."""
    with (
        connected(book.path, write=False, who="maria", wait=1) as connection,
        pytest.raises(duckdb.InvalidInputException, match="read-only"),
    ):
        connection.execute("delete from main.clients")


def test_staging_is_attached_for_reading(book, tmp_path):
    """Rows to be imported are seen as ``staging``, whatever quotes the file's name has."""
    staging = tmp_path / "it's.duckdb"
    with duckdb.connect(str(staging)) as connection:
        connection.execute("create table rows as select 42 as n")
    with connected(book.path, write=True, who="maria", wait=1, staging=staging) as connection:
        assert connection.execute("select n from staging.rows").fetchone() == (42,)
        with pytest.raises(duckdb.Error, match="read-only"):
            connection.execute("delete from staging.rows")


def test_files_are_private_while_and_after_writing(book, usual_umask):
    """The book's write-ahead log holds clients' data too: nobody else may read it; other files are as usual after."""
    with connected(book.path, write=True, who="maria", wait=1) as connection:
        connection.execute("insert into settings (id, name) values (7, 'x')")
        wal = book.path.with_name(book.path.name + ".wal")
        assert mode(wal) == 0o600
    made = book.path.with_name("other.txt")
    made.touch()
    assert mode(made) == 0o644


def test_files_are_private_until_the_last_thread_leaves(tmp_path, usual_umask):
    """Two threads that come and go in any order leave the process as they found it."""
    one, two = private_files(), private_files()
    one.__enter__()
    two.__enter__()
    one.__exit__(None, None, None)
    (tmp_path / "between").touch()
    two.__exit__(None, None, None)
    (tmp_path / "after").touch()
    assert (mode(tmp_path / "between"), mode(tmp_path / "after")) == (0o600, 0o644)


@pytest.fixture
def connection():
    with duckdb.connect() as connection:
        connection.execute("create table t (n integer check (n < 10))")
        yield connection


def test_transaction_commits_what_was_done(connection):
    """Without an error everything is in."""
    with database_transaction(connection):
        connection.execute("insert into t values (1)")
        connection.execute("insert into t values (2)")
    assert connection.execute("select sum(n) from t").fetchone() == (3,)
    connection.begin()  # none is open any more
    connection.rollback()


@pytest.mark.parametrize(
    "fail",
    [
        pytest.param(lambda c: c.execute("insert into t values (99)"), id="the engine refuses"),
        pytest.param(lambda c: c.execute("select nonsense"), id="a statement is wrong"),
        pytest.param(lambda c: (_ for _ in ()).throw(KeyboardInterrupt), id="the person stops it"),
        pytest.param(lambda c: (_ for _ in ()).throw(ValueError("x")), id="the code fails"),
    ],
)
def test_transaction_leaves_nothing_after_an_error(connection, fail):
    """After any error nothing is in, the error comes through, and the connection is usable."""
    with pytest.raises((duckdb.Error, KeyboardInterrupt, ValueError)), database_transaction(connection):
        connection.execute("insert into t values (1)")
        fail(connection)
    assert connection.execute("select count(*) from t").fetchone() == (0,)
    with database_transaction(connection):
        connection.execute("insert into t values (1)")
    assert connection.execute("select count(*) from t").fetchone() == (1,)
