"""Making a book, and bringing an older one up to date."""

import json
import os
import shutil
import stat
import threading

import duckdb
import pytest

from clientops.book.book import Book, default_operator, default_path
from clientops.book.file import create
from clientops.book.file.backup import FILE_FORMAT
from clientops.core.errors import BookError, NewerBookError
from clientops.schema import definition as schema
from clientops.schema.definition import all_tables, migrations, read_schema
from tests.books import OPERATOR, apply_by_hand, file_format, forget_schema, insert, read_history, read_rows, tamper
from tests.old_books import old_book

LATER = (
    "create table colours (\n    id bigint not null, -- Number of the colour\n    name varchar, -- Name\n);\n"
    "alter table clients add column shoe_size integer; -- Size of the shoes\n"
    "alter table clients alter column shoe_size set default 42;\n"
    "alter table notes add column mood varchar; -- Mood of the author\n"
).replace("create table colours", "-- Colours.\ncreate table colours")


@pytest.fixture
def later_version(monkeypatch):
    """This clientops with one more migration than there is."""
    newest = migrations()[-1][0]
    more = (*migrations(), (newest + 1, f"{newest + 1:04d}_colours", LATER))
    _use_migrations(monkeypatch, more)
    yield newest + 1
    monkeypatch.undo()
    forget_schema()


def _use_migrations(monkeypatch, found):
    monkeypatch.setattr(schema, "migrations", lambda: found)
    monkeypatch.setattr(create, "migrations", lambda: found)
    forget_schema()


def listing(folder):
    return sorted(entry.name for entry in folder.iterdir() if not entry.name.endswith(".lock"))


def test_a_new_book_is_empty_whole_and_private(tmp_path):
    """A new book has every table and its history, nothing in them, and its owner alone can read it."""
    before = os.umask(0o022)
    book = Book.create(tmp_path / "a.duckdb", operator="maria")
    os.umask(before)
    assert stat.S_IMODE(book.path.stat().st_mode) == 0o600
    assert listing(tmp_path) == ["a.duckdb"]
    assert not any(read_rows(book.path).values())
    with duckdb.connect(str(book.path), read_only=True) as connection:
        assert read_schema(connection) == all_tables()
        history = read_schema(connection, "history")
        assert connection.execute("select version, name from history.migrations order by 1").fetchall() == [
            (version, name) for version, name, _ in migrations()
        ]
    for name, table in all_tables().items():
        twin = [(c.name, c.type) for c in history[name].columns]
        assert twin == [("operation_id", "BIGINT"), ("sign", "TINYINT"), *((c.name, c.type) for c in table.columns)]
    assert (book.head(), book.verify().is_clean, book.check()) == ((0, "0" * 64), True, [])
    insert(book, groups=[{"id": 1, "name": "a"}])
    assert file_format(book.path).startswith(FILE_FORMAT)  # writing keeps it


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("there.duckdb", "There is already a file .*there.duckdb; choose another name", id="there is one"),
        pytest.param("nowhere/a.duckdb", "There is no folder .*nowhere to make the book in", id="no folder"),
    ],
)
def test_a_book_is_not_made_where_it_cannot_be(tmp_path, name, message):
    """An existing file is never overwritten, and folders are not made."""
    (tmp_path / "there.duckdb").write_text("precious")
    with pytest.raises(BookError, match=message):
        Book.create(tmp_path / name, operator="maria")
    assert listing(tmp_path) == ["there.duckdb"]
    assert (tmp_path / "there.duckdb").read_text() == "precious"


def test_a_book_that_fails_to_be_made_leaves_nothing(tmp_path, monkeypatch):
    """Half a book is not left in the way of the next attempt."""
    monkeypatch.setattr(create, "_migrate", lambda connection, after: connection.execute("select nonsense"))
    with pytest.raises(BookError, match="could not be made: Binder Error"):
        Book.create(tmp_path / "a.duckdb", operator="maria")
    assert listing(tmp_path) == []
    monkeypatch.undo()
    (tmp_path / "a.duckdb.unfinished").write_text("of a process that was killed")
    (tmp_path / "a.duckdb.unfinished.wal").write_text("the same")
    Book.create(tmp_path / "a.duckdb", operator="maria")
    assert listing(tmp_path) == ["a.duckdb"]


def test_of_two_who_make_a_book_at_once_one_does(tmp_path):
    """The second is told, and the first's book is whole."""
    outcomes = []

    def make():
        try:
            outcomes.append(Book.create(tmp_path / "a.duckdb", operator="maria"))
        except BookError as error:
            outcomes.append(str(error))

    threads = [threading.Thread(target=make) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(type(outcome).__name__ for outcome in outcomes) == ["Book", "str"]
    assert Book(tmp_path / "a.duckdb").verify().is_clean


def test_another_duckdb_file_is_refused(tmp_path):
    """A DuckDB file that is no book is refused and not touched."""
    path = tmp_path / "a.duckdb"
    with duckdb.connect(str(path)) as connection:
        connection.execute("create table clients (id integer)")
    before = path.read_bytes()
    with pytest.raises(BookError, match=r"a\.duckdb is a DuckDB file, but not a book of clientops"):
        Book(path)
    assert path.read_bytes() == before


def test_a_newer_book_is_refused(book):
    """A book of a later clientops is refused with what to do, and not touched."""
    newest = migrations()[-1][0]
    tamper(book.path, f"insert into history.migrations values ({newest + 1}, 'later', now())")
    before = book.path.read_bytes()
    with pytest.raises(NewerBookError) as error:
        Book(book.path)
    assert f"has tables of version {newest + 1}, this clientops knows them up to {newest}; update" in str(error.value)
    assert book.path.read_bytes() == before


def test_an_older_book_is_migrated_after_a_backup(shop_file, tmp_path, later_version):
    """Opening an older book adds what is new, keeps every row and its history, and leaves the old book beside it."""
    path = tmp_path / "shop.duckdb"
    shutil.copy(shop_file, path)
    with duckdb.connect(str(path), read_only=True) as connection:
        old_head = connection.execute("select id, sha256 from history.operations order by id desc").fetchone()
        old_clients = connection.execute("select * from clients order by id").fetchall()
    old_history = read_history(path)["clients"]

    book = Book(path, operator="maria")

    backup = tmp_path / f"shop.duckdb.version{later_version - 1}.backup"
    assert listing(tmp_path) == ["shop.duckdb", backup.name]
    assert stat.S_IMODE(backup.stat().st_mode) == 0o600
    with duckdb.connect(str(backup), read_only=True) as connection:
        assert connection.execute("select * from clients order by id").fetchall() == old_clients
        assert connection.execute("select max(version) from history.migrations").fetchone() == (later_version - 1,)

    assert read_rows(path, "clients")["clients"] == [(*row, 42) for row in old_clients]
    assert read_history(path)["clients"] == [(*row, 42) for row in old_history]
    assert read_history(path)["colours"] == []
    with duckdb.connect(str(path), read_only=True) as connection:
        assert read_schema(connection)["clients"].column("shoe_size").comment == "Size of the shoes"
        assert read_schema(connection) == all_tables()
    assert book.head() == old_head
    assert (book.verify(old_head[1]).findings, book.check()) == ((), [])


def test_a_book_of_before_the_proof_is_hashed_again(tmp_path):
    """A book whose chain hashed whole rows is proved, hashed again, and holds both heads; it can be undone and erased."""
    path = old_book(tmp_path / "old.duckdb")
    with duckdb.connect(str(path), read_only=True) as connection:
        number, head = connection.execute("select id, sha256 from history.operations order by id desc").fetchone()
        rows = connection.execute("select id, email, city from clients order by id").fetchall()
    book = Book(path, operator=OPERATOR)
    with duckdb.connect(str(path), read_only=True) as connection:
        assert read_schema(connection) == all_tables()
    line = book.operations()[0]
    assert (line.id, line.rule) == (number + 1, "rehash")
    details = json.loads(book.query("select details from history.operations order by id desc limit 1")[1][0][0])
    assert (details["old_head"], details["operations"], details["version"]) == (head, number, 10)
    assert details["new_head"] == book.query(f"select sha256 from history.operations where id = {number}")[1][0][0]
    assert book.query("select id, email, city from clients order by id")[1] == rows
    assert book.verify().findings == ()
    # The book alone cannot prove a head of the old chain, as whoever owns the file could write one: the older copy can.
    (old,) = book.verify(head).findings
    assert (old.code, "verify the copy that was made before" in old.message) == ("cut_back", True)
    assert [f.code for f in book.verify("0" * 63 + "1").findings] == ["cut_back"]
    book.undo(number, reason="back")
    assert book.verify(details["new_head"]).findings == ()
    assert book.verify().findings == ()


@pytest.mark.parametrize(
    "statement",
    [
        pytest.param("update history.clients set city = 'Bern' where operation_id = 1", id="a row of history"),
        pytest.param("update history.operations set operator = 'nora' where id = 2", id="an operator"),
        pytest.param("update history.requests set request = '{}' where operation_id = 2", id="a request"),
        pytest.param("delete from history.clients where operation_id = 2", id="a row that is missing"),
        pytest.param("delete from history.operations where id = 1", id="an operation that is missing"),
    ],
)
def test_an_old_book_that_was_tampered_with_is_not_hashed_again(tmp_path, statement):
    """Hashing it again would hide what was changed: it is refused with the place, and stays as it is."""
    path = old_book(tmp_path / "old.duckdb")
    tamper(path, statement)
    before = path.read_bytes()
    with pytest.raises(BookError, match="does not agree with its hashes"):
        Book(path, operator=OPERATOR)
    assert path.read_bytes() == before
    assert [p.name for p in tmp_path.iterdir() if p.suffix == ".backup"] == []


def test_a_migrated_book_goes_on(shop_file, tmp_path, later_version):
    """Operations of before and after the migration can be shown, travelled to and undone."""
    path = tmp_path / "shop.duckdb"
    shutil.copy(shop_file, path)
    book = Book(path, operator="maria")
    before = read_rows(path)
    apply_by_hand(
        book,
        ("clients", "update", [{"id": 1, "shoe_size": 44}]),
        ("clients", "insert", [{"id": 7, "currency_id": 1, "shoe_size": 39}]),
        ("colours", "insert", [{"id": 1, "name": "green"}]),
        ("notes", "delete", [{"id": 2}]),
    )
    sizes = "select list(shoe_size order by id) from clients where id in (1, 2, 7)"
    assert book.query(sizes)[1] == [([44, 42, 39],)]
    assert book.query(sizes, as_of=1)[1] == [([42, 42],)]
    book.undo(2)
    assert read_rows(path) == before
    assert book.verify().findings == ()
    book.undo(1)
    assert not any(read_rows(path).values())
    assert book.verify().findings == ()


def test_a_migration_is_whole_or_not_at_all(shop_file, tmp_path, monkeypatch):
    """A migration that fails leaves the book as it was, to be opened by the clientops it was made with."""
    path = tmp_path / "shop.duckdb"
    shutil.copy(shop_file, path)
    before, history = read_rows(path), read_history(path)
    newest = migrations()[-1][0]
    with monkeypatch.context() as patch:
        _use_migrations(patch, (*migrations(), (newest + 1, "broken", LATER + "select nonsense;")))
        forget_schema()
        with pytest.raises(BookError, match="could not be brought up to date"):
            Book(path, operator="maria")
    forget_schema()
    assert (listing(tmp_path), read_rows(path), read_history(path)) == (["shop.duckdb"], before, history)
    assert Book(path, operator=OPERATOR).verify().findings == ()


def test_each_migration_has_a_backup_of_its_own(shop_file, tmp_path, later_version):
    """A backup of an earlier migration, of another book of that name perhaps, is neither taken for it nor lost."""
    path = tmp_path / "shop.duckdb"
    shutil.copy(shop_file, path)
    (tmp_path / f"shop.duckdb.version{later_version - 1}.backup").write_text("precious")
    Book(path, operator="maria")
    names = [name for name in listing(tmp_path) if name != "shop.duckdb"]
    assert len(names) == 2
    assert sum((tmp_path / name).read_bytes() == b"precious" for name in names) == 1


def test_the_default_book_and_operator(monkeypatch):
    """The environment names the book and the person; else the working folder and the system do."""
    for name in ("CLIENTOPS_BOOK", "CLIENTOPS_OPERATOR", "JUPYTERHUB_USER"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("getpass.getuser", lambda: "system")
    assert (str(default_path()), default_operator()) == ("clientops.duckdb", "system")
    monkeypatch.setenv("JUPYTERHUB_USER", "hub")
    assert default_operator() == "hub"
    monkeypatch.setenv("CLIENTOPS_OPERATOR", "maria")
    monkeypatch.setenv("CLIENTOPS_BOOK", "/x/y.duckdb")
    assert (str(default_path()), default_operator()) == ("/x/y.duckdb", "maria")
