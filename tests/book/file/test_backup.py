"""Copies of a book: made while others work, complete, private, and verified when they are brought back."""

import os
import stat
import threading

import duckdb
import pytest

from clientops.book.book import Book
from clientops.book.file import backup as backup_module
from clientops.book.file.backup import FILE_FORMAT
from clientops.book.file.restore import restore
from clientops.core.errors import BookError, UsageError
from clientops.schema.definition import all_tables, read_schema
from tests.books import OPERATOR, file_format, fingerprint, insert, read_history, read_rows, tamper
from tests.processes import hold_book


def listing(folder):
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.endswith(".lock"))


@pytest.fixture
def kept(book, tmp_path):
    """A book with an undone operation, and its backup."""
    insert(book, groups=[{"id": 9, "name": "it's"}])
    book.undo(2)
    target = tmp_path / "it's a backup.duckdb"
    before = os.umask(0o022)
    book.backup(target)
    os.umask(before)
    return book, target


def test_a_backup_is_the_book(kept):
    """Rows, history, conditions, comments and the chain are all in the copy; nobody else can read it."""
    book, target = kept
    assert read_rows(target) == read_rows(book.path)
    assert read_history(target) == read_history(book.path)
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    with duckdb.connect(str(target), read_only=True) as connection:
        assert read_schema(connection) == all_tables()
    copy = Book(target, operator=OPERATOR)
    assert (copy.head(), copy.verify(book.head()[1]).findings, copy.check()) == (book.head(), (), [])
    assert listing(target.parent) == [target.name, "shop.duckdb"]
    assert file_format(target).startswith(FILE_FORMAT)


def test_a_backup_is_a_book_of_its_own(kept):
    """What happens to the book afterwards does not happen to its backup, and the other way round."""
    book, target = kept
    before = fingerprint(target)
    insert(book, groups=[{"id": 10, "name": "x"}])
    assert fingerprint(target) == before
    insert(Book(target, operator=OPERATOR), groups=[{"id": 11, "name": "y"}])
    assert [row[0] for row in read_rows(book.path, "groups")["groups"]] == [1, 10]


def test_an_old_file_is_written_anew(book, tmp_path):
    """A book made before the format was chosen works on, and gets it with a backup that is brought back."""
    old = tmp_path / "old.duckdb"
    with duckdb.connect() as connection:
        connection.execute(f"attach '{book.path}' as new (read_only)")
        connection.execute(f"attach '{old}' as old")
        connection.execute("copy from database new to old")
    insert(Book(old, operator=OPERATOR), groups=[{"id": 9, "name": "x"}])
    assert not file_format(old).startswith(FILE_FORMAT)
    Book(old, operator=OPERATOR).backup(tmp_path / "b.duckdb")
    assert restore(tmp_path / "b.duckdb", tmp_path / "c.duckdb").is_clean
    assert file_format(tmp_path / "c.duckdb").startswith(FILE_FORMAT)


@pytest.mark.parametrize(
    ("target", "message"),
    [
        pytest.param("there.duckdb", "There is already a file .*there.duckdb", id="there is one"),
        pytest.param("nowhere/b.duckdb", "There is no folder .*nowhere for the backup", id="no folder"),
    ],
)
def test_a_backup_overwrites_nothing(book, tmp_path, target, message):
    """An existing file stays as it is."""
    (tmp_path / "there.duckdb").write_text("precious")
    with pytest.raises(BookError, match=message):
        book.backup(tmp_path / target)
    assert (tmp_path / "there.duckdb").read_text() == "precious"


def test_a_backup_that_fails_leaves_nothing(book, tmp_path, monkeypatch):
    """Half a backup is never taken for one, and what a killed attempt left is not in the way."""
    real = duckdb.connect

    class Failing:
        def __init__(self):
            self.connection = real()

        def __enter__(self):
            return self

        def __exit__(self, *error):
            self.connection.close()

        def execute(self, sql):
            self.connection.execute(sql)
            if sql.startswith("copy"):
                raise duckdb.IOException("IO Error: No space left on device\nmore")

    def connect(*path, **options):
        return real(*path, **options) if path else Failing()

    monkeypatch.setattr(backup_module.duckdb, "connect", connect)
    with pytest.raises(BookError, match=r"The copy .*b\.duckdb could not be made: IO Error: No space left on device$"):
        book.backup(tmp_path / "b.duckdb")
    monkeypatch.undo()
    assert listing(tmp_path) == ["shop.duckdb"]
    for name in ("b.duckdb.unfinished", "b.duckdb.unfinished.wal"):
        (tmp_path / name).write_bytes(b"of a process that was killed")
    book.backup(tmp_path / "b.duckdb")
    assert listing(tmp_path) == ["b.duckdb", "shop.duckdb"]
    assert fingerprint(tmp_path / "b.duckdb") == fingerprint(book.path)


def test_a_backup_goes_with_readers_and_waits_for_a_writer(book, tmp_path):
    """Others go on reading; a writer is finished first, and what it wrote is in the copy."""
    with hold_book(book.path, write=False):
        book.wait = 1
        book.backup(tmp_path / "one.duckdb")
    with hold_book(book.path, write=True) as process:
        book.wait = 20
        threading.Timer(0.3, lambda: process.stdin.write("go on\n") and process.stdin.flush()).start()
        book.backup(tmp_path / "two.duckdb")
        assert process.wait(5) == 0


def test_a_backup_inside_a_session_is_refused(book, tmp_path):
    """A process must not open the file that it is writing a second time."""
    with book.session(), pytest.raises(UsageError, match="cannot be made inside a session"):
        book.backup(tmp_path / "b.duckdb")


def test_restore_brings_the_book_back_verified(kept, tmp_path):
    """A restored book is the backup, which is not touched, and can be worked with at once."""
    book, target = kept
    before = target.read_bytes()
    names = listing(tmp_path)
    report = restore(target, tmp_path / "new.duckdb", operator="nora")
    assert (report.findings, report.operations, report.head) == ((), *book.head())
    assert target.read_bytes() == before
    assert listing(tmp_path) == sorted([*names, "new.duckdb"])
    new = Book(tmp_path / "new.duckdb", operator="nora")
    assert fingerprint(new.path) == fingerprint(book.path)
    assert insert(new, groups=[{"id": 9, "name": "x"}]).operation_id == 4


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        pytest.param(lambda p: tamper(p, "delete from history.groups"), "is damaged: the history of groups", id="tampered"),
        pytest.param(lambda p: tamper(p, "delete from notes"), "is damaged: notes 1 was deleted", id="a table changed"),
        pytest.param(lambda p: p.write_bytes(b"x" * 20_000), "could not be made: .*not a valid DuckDB", id="no database"),
        pytest.param(lambda p: p.write_bytes(p.read_bytes()[:300_000]), "could not be made|is damaged", id="cut short"),
        pytest.param(lambda p: p.unlink(), "There is no backup at", id="missing"),
        pytest.param(lambda p: (p.unlink(), tamper(p, "create table x (n int)")), "but not a book", id="another database"),
    ],
)  # fmt: skip
def test_a_damaged_backup_is_not_restored(kept, tmp_path, damage, message):
    """A backup that is no whole book is refused with what is wrong, and no new file is made."""
    _, target = kept
    damage(target)
    with pytest.raises(BookError, match=message):
        restore(target, tmp_path / "new.duckdb", operator="nora")
    assert "new.duckdb" not in listing(tmp_path)


def test_restore_overwrites_nothing(kept, tmp_path):
    """An existing book stays as it is."""
    book, target = kept
    before = book.path.read_bytes()
    with pytest.raises(BookError, match="There is already a file"):
        restore(target, book.path)
    assert book.path.read_bytes() == before


def test_a_flipped_byte_is_found(kept, tmp_path):
    """Wherever a byte of the backup is flipped, restoring fails or brings back exactly the book."""
    book, target = kept
    whole = target.read_bytes()
    expected = fingerprint(book.path)
    for place in range(5_000, len(whole), len(whole) // 12):
        target.write_bytes(whole[:place] + bytes([whole[place] ^ 0xFF]) + whole[place + 1 :])
        new = tmp_path / f"new{place}.duckdb"
        try:
            restore(target, new, operator="nora")
        except BookError:
            assert not new.exists()
        else:
            assert fingerprint(new) == expected
