"""Every kind of tampering is found, and named; a book that nobody touched is clean."""

import shutil
import threading

import pytest

from clientops.book.book import Book
from clientops.book.proof import chain
from clientops.book.proof.verify import Finding, verify
from tests.books import OPERATOR, apply_by_hand, behind_the_back, forget_schema, insert, tamper
from tests.builders import CURRENCIES


@pytest.fixture(scope="module")
def worked_file(empty_book_file, tmp_path_factory):
    """A book with a few operations: 1 and 2 insert, 3 updates, 4 deletes, 5 undoes 4, 6 updates again."""
    path = tmp_path_factory.mktemp("worked") / "worked.duckdb"
    shutil.copy(empty_book_file, path)
    book = Book(path, operator=OPERATOR)
    insert(
        book,
        currencies=CURRENCIES,
        clients=[{"id": 1}, {"id": 5, "last_name": "Noether"}, {"id": 6}],
        notes=[{"id": 1, "client_id": 1}, {"id": 2, "client_id": 1}],
        tickets=[{"id": 1, "client_id": 5}],
    )
    insert(book, clients=[{"id": 7, "city": "Ulm"}, {"id": 8, "city": "Bonn"}], groups=[{"id": 2, "name": "Two"}])
    apply_by_hand(book, ("clients", "update", [{"id": 7, "city": "Rome"}, {"id": 1, "city": "Kent"}]))
    apply_by_hand(book, ("notes", "delete", [{"id": 1}]), ("clients", "delete", [{"id": 8}]))
    book.undo(4, reason="mistake")
    apply_by_hand(book, ("clients", "update", [{"id": 7, "city": "Oslo", "group_id": 2}]))
    return path


@pytest.fixture
def worked(worked_file, tmp_path):
    return Book(shutil.copy(worked_file, tmp_path / "worked.duckdb"), operator="auditor")


def findings(book, head=None):
    return [(f.code, f.operation_id, f.table, f.row_id) for f in book.verify(head).findings]


def test_an_untouched_book_is_clean(worked):
    """Nothing is found in a book that only operations changed, against any head it ever had."""
    heads = [worked.operation(number).sha256 for number in range(1, 7)]
    for head in [None, "0" * 64, *heads, heads[2].upper() + "\n"]:
        report = worked.verify(head)
        assert (report.findings, report.is_clean) == ((), True)
    assert (report.operations, report.head) == worked.head() == (6, heads[-1])
    assert report.rows == sum(
        row[0] for row in worked.query("select sum(row_count * if(kind = 'update', 2, 1)) from history.changes")[1]
    )


H, T = "history_changed", "table_differs"

# What else is found when a column of an operation is changed: what it says of the rest no longer agrees with it.
ALSO = {"applied_at": ("time_falls",), "request_count": ("requests_changed",), "change_count": (H,)}

ONE_STATEMENT = [
    # history rows
    pytest.param(
        "update history.clients set city = 'Bern' where operation_id = 3 and id = 7 and sign = 1",
        {(H, 3, "clients", None), ("history_gap", 6, "clients", 7)},
        id="a row after is changed",
    ),
    pytest.param(
        "update history.clients set city = 'Bern' where operation_id = 3 and id = 7 and sign = -1",
        {(H, 3, "clients", None), ("history_gap", 3, "clients", 7)},
        id="a row before is changed",
    ),
    pytest.param(
        "update history.clients set first_name = 'Eve' where operation_id = 3 and id = 7 and sign = 1",
        {(H, 3, "clients", 7), ("history_gap", 6, "clients", 7)},
        id="in a column that the operation did not touch",
    ),
    pytest.param(
        "update history.clients set first_name = 'Eve' where operation_id = 3 and id = 7",
        {("history_gap", 3, "clients", 7), ("history_gap", 6, "clients", 7)},
        id="both images of an update are changed alike",
    ),
    pytest.param(
        "update history.clients set first_name = 'Eve' where operation_id in (2, 3) and id = 7",
        {(H, 2, "clients", None), ("history_gap", 6, "clients", 7)},
        id="and the insert before it too",
    ),
    pytest.param(
        "update history.clients set first_name = 'Eve' where operation_id = 6 and id = 7",
        {("history_gap", 6, "clients", 7), (T, None, "clients", 7)},
        id="both images of the last update",
    ),
    pytest.param(
        "update history.groups set name = 'Three' where operation_id = 2",
        {(H, 2, "groups", None), (T, None, "groups", 2)},
        id="an inserted row is changed",
    ),
    pytest.param(
        "update history.notes set body = 'x' where operation_id = 4",
        {(H, 4, "notes", None), ("history_gap", 4, "notes", 1)},
        id="a deleted row is changed",
    ),
    pytest.param(
        "delete from history.notes where operation_id = 4",
        {(H, 4, "notes", None)},
        id="a deleted row is removed",
    ),
    pytest.param(
        "delete from history.clients where operation_id = 3 and id = 7",
        {(H, 3, "clients", None), ("history_gap", 6, "clients", 7)},
        id="both images of an update are removed",
    ),
    pytest.param(
        "delete from history.clients where operation_id = 6",
        {(H, 6, "clients", None), (T, None, "clients", 7)},
        id="all rows of an operation are removed",
    ),
    pytest.param(
        "insert into history.groups select * from history.groups where operation_id = 2",
        {(H, 2, "groups", None), (T, None, "groups", 2)},
        id="a row is added twice",
    ),
    pytest.param(
        "insert into history.groups (operation_id, sign, id, name) values (2, 1, 3, 'Three')",
        {(H, 2, "groups", None), (T, None, "groups", 3)},
        id="a row is added to an operation",
    ),
    pytest.param(
        "insert into history.groups (operation_id, sign, id, name) values (3, 1, 3, 'Three')",
        {(H, 3, "groups", None), (T, None, "groups", 3)},
        id="to an operation that did not touch the table",
    ),
    pytest.param(
        "insert into history.groups (operation_id, sign, id, name) values (77, 1, 3, 'Three')",
        {(H, 77, "groups", None), (T, None, "groups", 3)},
        id="to an operation that never was",
    ),
    pytest.param(
        "insert into history.notes (operation_id, sign, id, body) values (4, 0, 1, 'Three')",
        {(H, 4, "notes", 1)},
        id="a row without a sign that counts",
    ),
    pytest.param(
        "insert into history.notes (operation_id, sign, id, body) values (4, 2, 1, 'Three')",
        {(H, 4, "notes", 1)},
        id="a row that counts twice",
    ),
    pytest.param(
        "insert into history.notes (operation_id, sign, id, body) values (4, null, null, 'Three')",
        {(H, 4, "notes", None), (H, 4, "notes", None)},
        id="a row of nothing",
    ),
    pytest.param(
        "update history.clients set operation_id = 2 where operation_id = 3 and id = 1",
        {(H, 2, "clients", None), (H, 3, "clients", None)},
        id="rows are given to another operation",
    ),
    pytest.param(
        "update history.clients set sign = -sign where operation_id = 3 and id = 1",
        {(H, 3, "clients", None), ("history_gap", 3, "clients", 1), (T, None, "clients", 1)},
        id="before and after are exchanged",
    ),
    # operations
    *(
        pytest.param(
            f"update history.operations set {column} = {value} where id = 3",
            {(code, 3, None, None) for code in ("operation_changed", *ALSO.get(column, ()))},
            id=f"another {column}",
        )
        for column, value in (
            ("operator", "'nora'"),
            ("reason", "'because'"),
            ("reason", "''"),
            ("rule", "'issue-credit'"),
            ("applied_at", "applied_at - interval 1 day"),
            ("today", "today - 1"),
            ("key", "'k'"),
            ("undoes_id", "2"),
            ("request_count", "2"),
            ("change_count", "3"),
            ("details", "'{}'"),
            ("version", "'9'"),
        )
    ),
    pytest.param(
        "update history.operations set requests_sha256 = sha256('x') where id = 3",
        {("operation_changed", 3, None, None), ("requests_changed", 3, None, None)},
        id="another hash of the requests",
    ),
    pytest.param(
        "update history.operations set sha256 = sha256('x') where id = 3",
        {("operation_changed", 3, None, None), ("operation_missing", 4, None, None)},
        id="another hash of its own",
    ),
    pytest.param(
        "update history.operations set previous_sha256 = sha256('x') where id = 3",
        {("operation_changed", 3, None, None)},
        id="another hash before it",
    ),
    pytest.param(
        "delete from history.operations where id = 1",
        {("operation_missing", 2, None, None), ("operation_missing", 1, None, None)},
        id="the first operation is removed",
    ),
    pytest.param(
        "delete from history.operations where id = 3",
        {("operation_missing", 4, None, None), ("operation_missing", 3, None, None)},
        id="an operation is removed",
    ),
    pytest.param(
        "delete from history.operations where id = 6",
        {("operation_missing", 6, None, None)},
        id="the last operation is removed, its rows left",
    ),
    pytest.param(
        "update history.operations set id = case id when 3 then 4 else 3 end where id in (3, 4)",
        {
            *((code, number, None, None) for code in ("operation_changed", H) for number in (3, 4)),
            ("operation_missing", 5, None, None),
            ("time_falls", 4, None, None),
        },
        id="two operations change places",
    ),
    pytest.param(
        "insert into history.operations select * from history.operations where id = 3",
        {("operation_missing", 3, None, None), ("requests_changed", 3, None, None)},
        id="an operation twice",
    ),
    pytest.param(
        "insert into history.operations select * replace (7 as id) from history.operations where id = 6",
        {(code, 7, None, None) for code in ("operation_changed", "requests_changed", H)},
        id="an operation is added",
    ),
    pytest.param(
        "insert into history.operations select * replace (0 as id) from history.operations where id = 6",
        {
            *((code, 0, None, None) for code in ("operation_changed", "operation_missing", "requests_changed", H)),
            ("operation_missing", 1, None, None),
            ("time_falls", 1, None, None),
        },
        id="an operation is added before the first",
    ),
    # requests and the lists of changes
    pytest.param(
        "update history.requests set request = '{}' where operation_id = 3",
        {("requests_changed", 3, None, None)},
        id="a request is changed",
    ),
    pytest.param(
        "delete from history.requests where operation_id = 3", {("requests_changed", 3, None, None)}, id="it is removed"
    ),
    pytest.param(
        "insert into history.requests values (3, 2, '{}')", {("requests_changed", 3, None, None)}, id="one is added"
    ),
    pytest.param(
        "insert into history.requests values (77, 1, '{}')",
        {("operation_missing", 77, None, None)},
        id="one of an operation that never was",
    ),
    pytest.param(
        "update history.requests set request_row = 2 where operation_id = 3",
        {("requests_changed", 3, None, None)},
        id="its row is changed",
    ),
    pytest.param(
        "update history.changes set columns = 'city,country' where operation_id = 3",
        {(H, 3, None, None), (H, 3, "clients", None)},
        id="the list of changed columns",
    ),
    pytest.param(
        "update history.changes set row_count = 3 where operation_id = 3",
        {(H, 3, None, None), (H, 3, "clients", None)},
        id="the number of changed rows",
    ),
    pytest.param(
        "delete from history.changes where operation_id = 4 and table_name = 'notes'",
        {(H, 4, None, None), (H, 4, "notes", None)},
        id="a changed table is struck off the list",
    ),
    pytest.param(
        "insert into history.changes select * replace ('tickets' as table_name) from history.changes where operation_id = 3",
        {(H, 3, None, None), (H, 3, "tickets", None)},
        id="one is added to the list",
    ),
    # tables
    pytest.param("update clients set city = 'Bern' where id = 7", {(T, None, "clients", 7)}, id="a row is changed"),
    pytest.param("delete from notes where id = 2", {(T, None, "notes", 2)}, id="a row is deleted"),
    pytest.param("insert into groups (id, name) values (3, 'x')", {(T, None, "groups", 3)}, id="a row is inserted"),
    pytest.param("insert into groups select * from groups where id = 2", {(T, None, "groups", 2)}, id="a row is doubled"),
    pytest.param(
        "update clients set address1 = address2, address2 = address1, city = state, state = city where id = 7",
        {(T, None, "clients", 7)},
        id="two columns change places",
    ),
    pytest.param(
        "update clients set id = case id when 5 then 6 else 5 end where id in (5, 6)",
        {(T, None, "clients", 5), (T, None, "clients", 6)},
        id="two rows change numbers",
    ),
    pytest.param("delete from tickets", {(T, None, "tickets", 1)}, id="a table is emptied"),
    pytest.param("truncate source_ids", set(), id="an empty table is emptied"),
    # the shape of the tables, and objects of others
    pytest.param("drop table source_ids", {("schema_changed", None, "source_ids", None)}, id="a table is dropped"),
    pytest.param(
        "drop table history.source_ids", {("schema_changed", None, "history.source_ids", None)}, id="a history is dropped"
    ),
    pytest.param(
        "drop table history.requests", {("schema_changed", None, "history.requests", None)}, id="the requests are dropped"
    ),
    pytest.param(
        "create or replace table groups as select * from groups",
        {("schema_changed", None, "groups", None)},
        id="a table is made anew without its conditions",
    ),
    pytest.param(
        "alter table groups add column motto varchar", {("schema_changed", None, "groups", None)}, id="a column is added"
    ),
    pytest.param(
        "alter table history.groups rename column name to title",
        {("schema_changed", None, "history.groups", None)},
        id="a column of the history is renamed",
    ),
    pytest.param("create view rich as from clients", {("foreign_object", None, None, None)}, id="a view"),
    pytest.param("create table scratch (n int)", {("foreign_object", None, None, None)}, id="a table"),
    pytest.param("create table history.scratch (n int)", {("foreign_object", None, None, None)}, id="a history table"),
    pytest.param("create unique index i on groups (name)", {("foreign_object", None, None, None)}, id="an index"),
    pytest.param("create macro twice(x) as 2 * x", {("foreign_object", None, None, None)}, id="a macro"),
    pytest.param("create macro f() as table select 1", {("foreign_object", None, None, None)}, id="a table macro"),
]  # fmt: skip


@pytest.fixture(scope="module")
def open_book(worked_file, tmp_path_factory):
    """The file opened once, for tampering that is rolled back after each look."""
    path = tmp_path_factory.mktemp("open") / "open.duckdb"
    with behind_the_back(shutil.copy(worked_file, path)) as connection:
        yield connection


@pytest.mark.parametrize(("statement", "expected"), ONE_STATEMENT)
def test_one_statement_is_found_and_named(open_book, statement, expected):
    """One statement typed into the file is found, with the operation, table and row that it is about."""
    open_book.begin()
    try:
        open_book.execute(statement)
        found = verify(open_book).findings
    finally:
        open_book.rollback()
    assert {(f.code, f.operation_id, f.table, f.row_id) for f in found} == expected
    for finding in found:
        for part in (finding.operation_id, finding.table, finding.row_id):
            assert part is None or str(part) in finding.message


@pytest.mark.parametrize(
    "macro",
    [
        pytest.param("sha256(x) as 'abc'", id="every hash is the same"),
        pytest.param("hash(x) as 1", id="every row is the same"),
        pytest.param("count() as 0", id="nothing is counted"),
        pytest.param("current_database() as 'nowhere'", id="the book has another name"),
        pytest.param("duckdb_functions() as table select 'f' as function_name limit 0", id="there are no macros"),
        pytest.param("duckdb_views() as table select 1 as internal", id="there are no views"),
    ],
)
def test_a_macro_that_hides_a_function_fools_nobody(worked, macro):
    """A macro of the name of a built-in function, which the engine prefers, is found before it is trusted."""
    tamper(worked.path, f"create macro {macro}")
    (finding,) = worked.verify().findings
    assert (finding.code, finding.message) == (
        "foreign_object", f"macro {macro.partition('(')[0]} was put into the book by others"
    )  # fmt: skip


def test_history_and_table_changed_together(worked):
    """Whoever changes a row and all its images alike is found out by the hash of the operation that made it."""
    tamper(
        worked.path,
        "update history.clients set first_name = 'Eve' where id = 7",
        "update clients set first_name = 'Eve' where id = 7",
    )
    assert findings(worked) == [(H, 2, "clients", None)]


def test_an_operation_taken_out_with_everything_of_it(worked):
    """Whoever removes an operation with its rows, and puts the table right, is found out by the gap in the chain."""
    tamper(
        worked.path,
        *(f"delete from history.{name} where operation_id = 3" for name in ("clients", "requests", "changes")),
        "delete from history.operations where id = 3",
        "update history.clients set city = 'Ulm' where operation_id = 6 and sign = -1",
        "update clients set city = null where id = 1",
    )
    found = findings(worked)
    assert ("operation_missing", 4, None, None) in found
    assert (H, 6, "clients", None) in found


def rewrite_chain(path):
    """What an attacker who knows everything does: all hashes made anew."""
    with behind_the_back(path) as connection:
        previous = "0" * 64
        for (number,) in connection.execute("select id from history.operations order by id").fetchall():
            span = {"first": number, "last": number}
            changes = connection.execute(chain.CHANGES_HASH, span).fetchone()[1]
            connection.execute(
                "update history.operations set previous_sha256 = ?, changes_sha256 = ? where id = ?",
                [previous, changes, number],
            )
            connection.execute(f"update history.operations set sha256 = {chain.OPERATION_HASH} where id = ?", [number])
            (previous,) = connection.execute("select sha256 from history.operations where id = ?", [number]).fetchone()


def test_a_rewritten_chain_is_found_by_a_head_written_down(worked):
    """Whoever makes all hashes anew leaves a book that agrees with itself, but not with a head kept elsewhere."""
    old_heads = [worked.operation(number).sha256 for number in (2, 3, 6)]
    tamper(worked.path, "update history.operations set operator = 'nora' where id = 3")
    rewrite_chain(worked.path)
    assert findings(worked) == []
    assert [bool(findings(worked, head)) for head in old_heads] == [False, True, True]
    (finding,) = worked.verify(old_heads[2]).findings
    assert finding == Finding("cut_back", finding.message, 6)
    assert f"no operation has the head hash {old_heads[2][:16]}…: the book was cut back or rewritten" in finding.message


def test_a_book_cut_back_is_found_by_a_head_written_down(worked, shop_file, worked_file):
    """A copy of an earlier day in the place of the book agrees with itself, but its end is not the head written down."""
    head = worked.head()[1]
    shutil.copy(shop_file, worked.path)
    assert worked.verify().is_clean
    assert findings(worked, head) == [("cut_back", 1, None, None)]
    shutil.copy(worked_file, worked.path)
    assert findings(worked, head) == []


def test_a_log_cut_short_is_found_by_a_head_written_down(worked):
    """A write-ahead log that lost its end opens silently at an earlier operation; the head tells."""
    wal = worked.path.with_name(worked.path.name + ".wal")
    sizes = []
    with behind_the_back(worked.path) as keep:  # keeps the log from being folded in
        worked._held = (threading.get_ident(), keep)
        for number in (7, 8):
            insert(worked, groups=[{"id": number, "name": "x"}])
            sizes.append(wal.stat().st_size)
        head = worked.head()[1]
        file, log = worked.path.read_bytes(), wal.read_bytes()
        worked._held = None
    for size, last in ((sizes[1], 8), (sizes[1] - 7, 7), (sizes[0] - 1, 6)):
        worked.path.write_bytes(file)
        wal.write_bytes(log[:size])
        assert worked.head()[0] == last
        assert findings(worked, head) == ([] if last == 8 else [("cut_back", last, None, None)])


def test_exported_and_imported_it_is_the_same_or_said_to_be_another(worked, tmp_path):
    """EXPORT and IMPORT DATABASE bring rows back; what they lose is named, what they keep is clean."""
    tamper(worked.path, f"export database '{tmp_path / 'out'}' (format parquet)")
    other = tmp_path / "other.duckdb"
    tamper(other, f"import database '{tmp_path / 'out'}'")
    assert {f.code for f in Book(other).verify(worked.head()[1]).findings} <= {"schema_changed"}
    tamper(other, "delete from history.changes")
    assert not Book(other).verify().is_clean


def test_a_migrated_row_changed_in_its_new_column(book, monkeypatch):
    """A value slipped into a column that was added after the row was made is found, table and all images alike."""
    from clientops.book.file import create
    from clientops.schema import definition as schema

    newest = schema.migrations()[-1][0]
    later = (
        *schema.migrations(),
        (
            newest + 1,
            "later",
            "alter table notes add column mood varchar; -- Mood\nalter table notes alter column mood set default 'fine';\n",
        ),
    )
    for module in (schema, create):
        monkeypatch.setattr(module, "migrations", lambda: later)
    forget_schema()
    try:
        migrated = Book(book.path, operator=OPERATOR)
        apply_by_hand(migrated, ("notes", "update", [{"id": 1, "body": "x"}]))
        apply_by_hand(migrated, ("notes", "delete", [{"id": 2}]))
        insert(migrated, notes=[{"id": 3, "mood": "great"}])
        assert findings(migrated) == []
        tamper(
            book.path,
            "update notes set mood = 'awful' where id = 1",
            "update history.notes set mood = 'awful' where id in (1, 2)",
        )
        assert findings(migrated) == [(H, 3, "notes", None), (H, 1, "notes", 1), (H, 1, "notes", 2)]
    finally:
        monkeypatch.undo()
        forget_schema()


def test_many_changed_rows_are_cut_off(book):
    """Of thousands of changed rows the first are named, in bounded memory."""
    insert(book, groups=[{"id": n, "name": f"g{n}"} for n in range(100, 1200)])
    tamper(book.path, "update groups set name = 'x' where id >= 100")
    assert findings(book) == [(T, None, "groups", n) for n in range(100, 200)]


def test_check_finds_flaws_of_the_tables(book):
    """``check`` tells orphans and broken invariants of all rows, whoever brought them in."""
    insert(
        book,
        lenient=True,
        clients=[{"id": 9, "credit_balance": -5}],
        contacts=[{"id": 9, "client_id": 77}],
    )
    tamper(book.path, "update invoices set total = 31 where id = 2")
    assert {(code, table, number) for code, table, number, _ in book.check()} == {
        ("credit_below_zero", "clients", 9), ("orphan", "contacts", 9), ("invoice_sum", "invoices", 2),
    }  # fmt: skip
    assert [message for code, *_, message in book.check() if code == "orphan"] == [
        "contact 9 points at client 77, which is not there"
    ]


def test_verify_changes_nothing(worked):
    """Looking is not touching."""
    before = worked.path.read_bytes()
    worked.verify()
    worked.check()
    worked.direct_changes()
    assert worked.path.read_bytes() == before
