"""What the engine does on the pinned version, where our code leans on it or steers around it.

Each test is the reproduction of a trap. When one fails after an upgrade, look at what the docstring names before going
on: the trap may be gone, or another one may have come.
"""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import duckdb
import pytest

from clientops.book.file.backup import FILE_FORMAT

BOUNDARY = 122_880  # rows of a row group
AS_A_BOOK = {"storage_compatibility_version": FILE_FORMAT}


@pytest.fixture
def connection(tmp_path):
    with duckdb.connect(str(tmp_path / "a.duckdb"), config=AS_A_BOOK) as connection:
        yield connection


def test_the_version_is_the_one_that_was_measured():
    """Another version needs these tests, the crash tests and the concurrency tests in their long form."""
    assert duckdb.__version__ == "1.5.5"


def test_files_are_written_as_old_ones_unless_told_otherwise(tmp_path):
    """Statistics of a column are three kilobytes then, converted at each opening: books say FILE_FORMAT (backup.py)."""
    columns = ", ".join(f"1 as c{number}" for number in range(20))
    sizes = []
    for name, options in (("old", ""), ("ours", f", storage_version '{FILE_FORMAT}'")):
        with duckdb.connect() as connection:
            connection.execute(f"attach '{tmp_path / name}' as a (block_size 16384{options})")
            for number in range(50):
                connection.execute(f"create table a.t{number} as select {columns}")
        sizes.append((tmp_path / name).stat().st_size)
    assert sizes[0] > 3 * sizes[1]


def test_commit_after_an_error_returns_silently(connection):
    """After an error everything is rolled back, and ``commit`` does not say so: nothing inside may catch (connection.py)."""
    connection.execute("create table t (n integer check (n < 10))")
    connection.begin()
    connection.execute("insert into t values (1)")
    with pytest.raises(duckdb.ConstraintException):
        connection.execute("insert into t values (99)")
    connection.commit()
    assert connection.execute("select count(*) from t").fetchone() == (0,)


@pytest.mark.parametrize(
    ("statement", "left"),
    [
        pytest.param("select 'x'::integer", 0, id="an error while it runs rolls back"),
        pytest.param("select nonsense", 1, id="one before it runs does not"),
    ],
)
def test_a_failing_select_may_end_the_transaction(connection, statement, left):
    """Which errors roll back is not ours to guess: after any, we roll back (connection.py)."""
    connection.execute("create table t (n integer)")
    connection.begin()
    connection.execute("insert into t values (1)")
    with pytest.raises(duckdb.Error):
        connection.execute(statement)
    connection.commit()
    assert connection.execute("select count(*) from t").fetchone() == (left,)


@pytest.mark.parametrize(
    "first",
    [
        pytest.param("update t set n = 2", id="an update"),
        pytest.param(
            "alter table t add column a boolean default false", id="a column whose default is not a plain constant"
        ),
    ],
)
def test_a_table_cannot_be_altered_after_its_rows(connection, first):
    """In one database transaction rows come last: a migration fills in defaults at its end (book/create.py)."""
    connection.execute("create table t (n integer)")
    connection.execute("insert into t values (1)")
    connection.execute("checkpoint")
    connection.begin()
    connection.execute(first)
    connection.execute("alter table t add column b integer")
    with pytest.raises(duckdb.TransactionException, match="another transaction has altered this table"):
        connection.commit()


def test_a_temp_table_hides_a_table(connection):
    """Steps may not be named like tables (Steps): not even ``main.`` helps."""
    connection.execute("create table clients as select 1 as id")
    connection.execute("create temp table clients as select 2 as id")
    assert connection.execute("select id from clients").fetchone() == (2,)
    assert connection.execute("select id from main.clients").fetchone() == (2,)
    assert connection.execute("select id from a.main.clients").fetchone() == (1,)


def test_main_finds_a_temp_view_first(connection):
    """``main.clients`` finds a temp view of that name: only the catalog's name is safe (past.py)."""
    connection.execute("create table clients as select 1 as id")
    connection.execute("create temp view clients as select 2 as id")
    assert connection.execute("select id from main.clients").fetchone() == (2,)
    assert connection.execute("select id from a.main.clients").fetchone() == (1,)


def test_a_macro_hides_a_built_in_function(connection):
    """A macro in the file is preferred to the engine's own function, so verify names its functions in full."""
    connection.execute("create macro sha256(x) as 'abc'")
    connection.execute("create macro duckdb_functions() as table select 'nothing' as function_name")
    assert connection.execute("select sha256('x')").fetchone() == ("abc",)
    assert connection.execute("select system.main.sha256('x') <> 'abc'").fetchone() == (True,)
    assert connection.execute("from duckdb_functions()").fetchall() == [("nothing",)]
    assert len(connection.execute("from system.main.duckdb_functions()").fetchall()) > 1000


@pytest.mark.parametrize(
    "table",
    [
        pytest.param("create table t (id integer, tags integer[])", id="a list column"),
        pytest.param("create table t (id integer primary key, n integer)", id="a primary key"),
    ],
)
def test_returning_is_no_record_of_what_changed(connection, table):
    """An UPDATE run as delete and insert returns too few rows past a row group: history comes from the plan (writing.py).

    How often it happens depends on how the threads meet, from one time in two to nine in ten; with one thread never.
    """
    rows = BOUNDARY + 5_000
    connection.execute("set threads = 4")
    connection.execute(table)
    value = "[range]" if "tags" in table else "range"
    connection.execute(f"insert into t select range, {value} from range({rows})")
    sets = "tags = [1, 2]" if "tags" in table else "n = -1"
    for _ in range(100):
        connection.begin()
        returned = len(connection.execute(f"update t set {sets} returning id").fetchall())
        changed = connection.execute(f"select count(*) from t where {sets}").fetchone()[0]
        connection.rollback()
        assert changed == rows
        if returned < rows:
            return
    pytest.fail("an UPDATE returned all its rows a hundred times over: RETURNING may be a record now")


def test_a_plain_update_counts_its_rows(connection):
    """On tables without keys and lists, as ours are, the count of an UPDATE is right."""
    rows = BOUNDARY + 5_000
    connection.execute("create table t as select range as id, 0::decimal(18, 4) as amount from range(?)", [rows])
    assert connection.execute("update t set amount = amount + 1").fetchone() == (rows,)
    assert connection.execute("select sum(amount) from t").fetchone()[0] == rows


def test_a_referenced_row_cannot_change_with_what_refers_to_it(connection):
    """Foreign keys forbid to repoint children and delete their parent in one database transaction: we have none."""
    connection.execute("create table p (id integer primary key, n integer)")
    connection.execute("create table c (id integer, p_id integer references p (id))")
    connection.execute("insert into p values (1, 0), (2, 0)")
    connection.execute("insert into c values (1, 1)")
    connection.begin()
    connection.execute("update c set p_id = 2")
    with pytest.raises(duckdb.ConstraintException):
        connection.execute("delete from p where id = 1")
    connection.rollback()


def test_set_variable_survives_a_rollback(connection):
    """Variables are the connection's, not the database transaction's: we use named parameters."""
    connection.execute("set variable x = 1")
    connection.begin()
    connection.execute("set variable x = 2")
    connection.rollback()
    assert connection.execute("select getvariable('x')").fetchone() == (2,)


def test_two_writers_in_one_process_skew(connection):
    """Snapshots: both read, both write, both commit. Writers take turns by our own lock (lock.py)."""
    connection.execute("create table t as select unnest([1, 2]) as id, 1 as on_duty")
    other = connection.cursor()
    for one in (connection, other):
        one.begin()
        assert one.execute("select sum(on_duty) from t").fetchone() == (2,)
    connection.execute("update t set on_duty = 0 where id = 1")
    other.execute("update t set on_duty = 0 where id = 2")
    connection.commit()
    other.commit()
    assert connection.execute("select sum(on_duty) from t").fetchone() == (0,)


def _run(command):
    return subprocess.run(command, check=False, capture_output=True, text=True)


def open_elsewhere(path, *, read_only=False):
    code = f"""
        import duckdb, sys
        try:
            duckdb.connect(sys.argv[1], read_only={read_only}).execute("select 1")
            print("opened")
        except duckdb.IOException as error:
            print(error)
    """
    done = _run([sys.executable, "-c", textwrap.dedent(code), str(path)])
    return done.stdout.strip()


def test_the_lock_names_its_holder(connection, tmp_path):
    """The message we read the holder from (connection.py)."""
    said = open_elsewhere(tmp_path / "a.duckdb")
    assert "Conflicting lock is held in " in said
    assert f"(PID {os.getpid()})" in said


def test_opening_the_file_otherwise_drops_the_lock(connection, tmp_path):
    """POSIX: closing any descriptor of the file gives up the process's lock, so nobody copies or opens an open book."""
    path = tmp_path / "a.duckdb"
    assert "Conflicting lock" in open_elsewhere(path)
    path.open("rb").close()
    assert open_elsewhere(path) == "opened"


def test_rounding_takes_only_a_constant(connection):
    """``round(decimal, column)`` is refused: rounding goes by cases (money.round_sql)."""
    connection.execute("create table t as select 1.2345::decimal(18, 4) as amount, 2::tinyint as digits")
    with pytest.raises(duckdb.Error):
        connection.execute("select round(amount, digits) from t").fetchall()
    assert str(connection.execute("select round(amount, 2) from t").fetchone()[0]) == "1.23"


def test_dividing_decimals_gives_a_double(connection):
    """``/`` on decimals is floating point: money is multiplied and rounded, never divided."""
    assert connection.execute("select typeof(1.00::decimal(18, 4) / 3)").fetchone() == ("DOUBLE",)
    assert connection.execute("select typeof(1.00::decimal(18, 4) * 3.5)").fetchone()[0].startswith("DECIMAL")
    assert connection.execute("select typeof(sum(1.00::decimal(18, 4)))").fetchone() == ("DECIMAL(38,4)",)


def test_rounding_is_half_away_from_zero(connection):
    """Cents are rounded as invoices are: 0.125 to 0.13, -0.125 to -0.13."""
    found = connection.execute("select round(0.125::decimal(18, 4), 2), round(-0.125::decimal(18, 4), 2)").fetchone()
    assert [str(value) for value in found] == ["0.13", "-0.13"]


def test_moments_need_pytz():
    """Fetching a TIMESTAMPTZ imports pytz, which nothing else of ours needs (pyproject.toml)."""
    code = """
        import sys
        sys.modules["pytz"] = None
        import duckdb
        try:
            duckdb.sql("select now()").fetchall()
        except Exception as error:
            print(error)
    """
    done = _run([sys.executable, "-c", textwrap.dedent(code)])
    assert "pytz" in done.stdout


def test_create_view_writes_into_the_file(connection):
    """``relation.create_view`` makes a view in the file, where verify would find it; ``query`` does not (view.py)."""
    relation = connection.sql("select 1 as n")
    relation.create_view("seen", replace=True)
    relation.query("unseen", "select 0")
    views = "select view_name, temporary, database_name from duckdb_views() where not internal order by all"
    assert connection.execute(views).fetchall() == [("seen", False, "a"), ("unseen", True, "temp")]


def test_a_missing_table_is_looked_for_among_python_names(connection):
    """A name that is no table may be found among Python's variables, or stumble over them (create.book_version)."""
    nowhere = connection.sql("select 42 as n")
    assert connection.execute("select n from nowhere").fetchone() == (42,)
    assert nowhere is not None
    with pytest.raises(duckdb.InvalidInputException, match="not suitable for replacement scans"):
        connection.execute("select 1 from history.textwrap")


def test_closing_does_not_say_that_the_checkpoint_failed(tmp_path):
    """With the disk full at close, the log stays and nothing is said: files that get a new name are checkpointed first."""
    code = """
        import duckdb, resource, sys
        connection = duckdb.connect(sys.argv[1])
        connection.execute("create table t as select range as n, hash(range) as h from range(5000)")
        resource.setrlimit(resource.RLIMIT_FSIZE, (20_000, 20_000))
        connection.close()
        print("closed")
    """
    path = tmp_path / "b.duckdb"
    done = _run([sys.executable, "-c", textwrap.dedent(code), str(path)])
    assert done.stdout == "closed\n", done.stderr
    assert path.with_name("b.duckdb.wal").exists()
    with duckdb.connect(str(path), read_only=True) as connection:
        assert connection.execute("select count(*) from t").fetchone() == (5000,)


def test_a_log_cut_short_opens_without_a_word(tmp_path):
    """Only a head hash kept elsewhere tells that the end is missing (verify.py)."""
    path, wal = tmp_path / "a.duckdb", tmp_path / "a.duckdb.wal"
    connection = duckdb.connect(str(path))
    connection.execute("create table t (n integer)")
    connection.execute("checkpoint")
    connection.execute("insert into t values (1)")
    size = wal.stat().st_size
    connection.execute("insert into t values (2)")
    file, log = path.read_bytes(), wal.read_bytes()
    connection.close()
    copy = tmp_path / "b.duckdb"
    copy.write_bytes(file)
    (tmp_path / "b.duckdb.wal").write_bytes(log[: size + 9])
    with duckdb.connect(str(copy)) as reopened:
        assert reopened.execute("select list(n) from t").fetchone() == ([1],)


def test_hash_differs_by_place_and_null(connection):
    """``hash`` of several columns tells which value stands where; drift detection leans on it."""
    found = connection.execute(
        "select hash('a', 'b') <> hash('b', 'a'), hash(1, null) <> hash(null, 1), hash(null, null) is not null, hash('') <> hash(null)"
    ).fetchone()
    assert found == (True, True, True, True)


def test_except_all_counts_copies(connection):
    """``except all`` keeps a row as often as it is there too often: drift finds doubled rows by it."""
    found = connection.execute(
        "select * from (values (1, null), (1, null), (2, 'x')) except all select * from (values (1, null), (3, 'y'))"
    ).fetchall()
    assert sorted(found, key=str) == [(1, None), (2, "x")]


def test_limit_over_a_changed_table(connection):
    """In a database transaction, after a DELETE and local INSERTs, ``limit`` returned wrong strings on 2.0.0."""
    connection.execute("create table t as select range as id, 'row ' || range as name from range(300000)")
    connection.execute("delete from t where id % 3 = 0")
    connection.begin()
    connection.execute("insert into t select range, 'row ' || range from range(300000, 420000)")
    found = connection.execute("select id, name from t limit 250000").fetchall()
    connection.rollback()
    assert [row for row in found if row[1] != f"row {row[0]}"] == []


@pytest.mark.slow
def test_random_statements_keep_their_rows(tmp_path):
    """Inserts, updates, deletes, checkpoints and reopening, at random: the rows are those a Python dict has."""
    import random

    for seed in range(20):
        choice, path, expected = random.Random(seed), tmp_path / f"{seed}.duckdb", {}
        connection = duckdb.connect(str(path), config=AS_A_BOOK)
        connection.execute("create table t (id bigint, name varchar, amount decimal(18, 4))")
        for _ in range(400):
            kind = choice.choice(["insert", "insert", "update", "delete", "checkpoint", "reopen"])
            low = choice.randrange(5000)
            high = low + choice.choice([1, 10, 3000])
            if kind == "insert":
                new = [n for n in range(low, high) if n not in expected]
                connection.execute("insert into t select unnest($ids), 'new', 1", {"ids": new})
                expected |= dict.fromkeys(new, ("new", 1))
            elif kind == "update":
                connection.execute(
                    "update t set name = name || '!', amount = amount + 1 where id between ? and ?", [low, high]
                )
                expected |= {n: (v[0] + "!", v[1] + 1) for n, v in expected.items() if low <= n <= high}
            elif kind == "delete":
                connection.execute("delete from t where id between ? and ?", [low, high])
                expected = {n: v for n, v in expected.items() if not low <= n <= high}
            elif kind == "checkpoint":
                connection.execute("checkpoint")
            else:
                connection.close()
                connection = duckdb.connect(str(path))
        rows = connection.execute("select * from t order by id").fetchall()
        connection.close()
        assert rows == [(n, *expected[n]) for n in sorted(expected)]
