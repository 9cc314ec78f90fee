"""Readers of a WHMCS: live database, dump and CSV folder bring the same, and no secret."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.errors import UsageError
from clientops.importing.whmcs import dump as dump_module
from clientops.importing.whmcs import mysql as mysql_module
from clientops.importing.whmcs.dump import read_dump
from clientops.importing.whmcs.folder import read_folder
from clientops.importing.whmcs.mysql import parse_mysql_url, read_mysql
from clientops.importing.whmcs.sql_text import SqlText
from clientops.importing.whmcs.sql_values import plain_values, row_pattern
from tests.importing.conftest import SMALL_DUMP
from tests.importing.whmcs_books import planned, staged_rows
from tests.long_forms import examples

CREATE = "CREATE TABLE `{}` (\n  `id` int,\n  `{}` text,\n  PRIMARY KEY (`id`)\n) ENGINE=InnoDB;\n"
CURRENCIES = CREATE.format("tblcurrencies", "code") + "INSERT INTO `tblcurrencies` VALUES (1,'EUR');\n"
CLIENTS = CREATE.format("tblclients", "firstname")


@pytest.fixture(scope="module")
def live_staging(server, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("live") / "live.duckdb"
    read_mysql(server.url, path)
    return path


def names_in(path: Path) -> list[str | None]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return [name for (name,) in connection.execute("select firstname from tblclients order by id").fetchall()]


def read_text(tmp_path: Path, text: str | bytes, name: str = "x.sql") -> Path:
    source = tmp_path / name
    source.write_bytes(text.encode() if isinstance(text, str) else text)
    read_dump(source, tmp_path / "staging.duckdb")
    return tmp_path / "staging.duckdb"


# -- the same from everywhere ------------------------------------------------------------------------------------


def test_the_dump_in_data_is_what_the_server_holds(live_staging, small_staging):
    """A database read live and its dump bring the same text, row for row."""
    assert staged_rows(live_staging) == staged_rows(small_staging)


@pytest.mark.parametrize(
    "options",
    [
        pytest.param((), id="as it is"),
        pytest.param(("--complete-insert", "--skip-extended-insert"), id="one row a statement, with column names"),
        pytest.param(("--compact", "--hex-blob"), id="without comments"),
        pytest.param(("--default-character-set=latin1",), id="written in latin1"),
        pytest.param(("--skip-opt", "--replace", "--order-by-primary"), id="replace instead of insert"),
        pytest.param(("--triggers", "--routines", "--databases"), id="with create database"),
    ],
)
def test_every_way_to_dump_is_read_alike(server, live_staging, tmp_path, options):
    """Whatever options made the dump, the same rows come of it."""
    expected = staged_rows(live_staging)
    if "--default-character-set=latin1" in options:  # what latin1 has no letter for, the dump itself has lost
        expected = {"tblinvoices": expected["tblinvoices"], "tbladmins": expected["tbladmins"]}
    found = staged_rows(read_text(tmp_path, server.dump(*options)))
    assert {name: found[name] for name in expected} == expected


def test_a_packed_dump_and_csv_files_are_read_alike(server, live_staging, csv_folder, tmp_path):
    """A .sql.gz and a folder of CSV exports bring the same rows, and so the same plan."""
    (tmp_path / "w.sql.gz").write_bytes(gzip.compress(SMALL_DUMP.read_bytes()))
    told: list[tuple[str, int, int]] = []
    read_dump(tmp_path / "w.sql.gz", tmp_path / "packed.duckdb", progress=lambda *done: told.append(done))
    assert {table for table, *_ in told} >= {"tblclients", "tblinvoices"}
    assert all(0 < done <= total == (tmp_path / "w.sql.gz").stat().st_size for _, done, total in told)
    read_folder(csv_folder, tmp_path / "folder.duckdb")
    assert staged_rows(tmp_path / "packed.duckdb") == staged_rows(live_staging)
    assert staged_rows(tmp_path / "folder.duckdb") == staged_rows(live_staging)
    plans = [planned(path) for path in (live_staging, tmp_path / "folder.duckdb")]
    one, other = ([change.rows.order("id").fetchall() for change in plan.changes] for plan in plans)
    assert one == other


def test_no_secret_is_read(live_staging, small_staging, csv_folder, tmp_path):
    """Passwords, hashes, keys and card data are not in the staging file, not even as deleted bytes."""
    read_folder(csv_folder, tmp_path / "folder.duckdb")
    assert b"hunter2" in SMALL_DUMP.read_bytes()
    assert any(b"hunter2" in file.read_bytes() for file in csv_folder.iterdir())
    for path in (live_staging, small_staging, tmp_path / "folder.duckdb"):
        assert b"hunter2" not in path.read_bytes(), path
        assert not any("hunter2" in str(rows) for rows in staged_rows(path).values())


def test_secret_custom_fields_that_come_before_their_definition(tmp_path):
    """Values of password fields are left out even if the dump says only later that they are secret."""
    values = "CREATE TABLE `tblcustomfieldsvalues` (\n  `id` int,\n  `fieldid` int,\n  `value` text\n);\n"
    values += "INSERT INTO tblcustomfieldsvalues VALUES (1,1,'hunter2'),(2,2,'blue');\n"
    fields = (
        CREATE.format("tblcustomfields", "fieldtype")
        + "INSERT INTO tblcustomfields VALUES (1,'password'),(2,'text');\n"
    )
    path = read_text(tmp_path, CURRENCIES + CLIENTS + values + fields)
    assert [(row[0], row[3]) for row in staged_rows(path)["tblcustomfieldsvalues"]] == [("1", None), ("2", "blue")]
    assert b"hunter2" not in path.read_bytes()


def test_the_staging_file_is_private_and_whole_or_not_there(tmp_path):
    """Only its owner can read it; a reader that fails leaves nothing behind; an existing file is not touched."""
    path = read_text(tmp_path, CURRENCIES + CLIENTS)
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(UsageError, match="already a file"):
        read_dump(tmp_path / "x.sql", path)
    path.unlink()
    with pytest.raises(UsageError, match="no table tblcurrencies"):
        read_text(tmp_path, CLIENTS, "y.sql")
    assert sorted(file.name for file in tmp_path.iterdir()) == ["x.sql", "y.sql"]


# -- live --------------------------------------------------------------------------------------------------------


def test_a_live_database_is_read_at_one_moment(server, tmp_path, monkeypatch):
    """What is written while the tables are read is in none of them; small pages bring the same rows."""
    monkeypatch.setattr(mysql_module, "FIRST_PAGE", 3)
    monkeypatch.setattr(mysql_module, "SMALLEST_PAGE", 1)
    monkeypatch.setattr(mysql_module, "PAGE_BYTES", 1)
    told = []

    def progress(table, done, total):
        if not told:
            server.run("insert into tblnotes (id, userid, note) values (900, 1, 'late')")
        told.append((table, done, total))

    try:
        read_mysql(server.url, tmp_path / "s.duckdb", progress=progress)
    finally:
        server.run("delete from tblnotes where id = 900")
    assert [row[0] for row in staged_rows(tmp_path / "s.duckdb")["tblnotes"]] == ["1", "2", "3"]
    clients = [done for table, done, _ in told if table == "tblclients"]
    assert clients == [clients[0], clients[0] + 1, clients[0] + 2], "three rows, then pages of one"
    assert [done for _, done, _ in told] == sorted(done for _, done, _ in told), "rows of all tables together"
    assert all(0 < done <= total for _, done, total in told)


@pytest.mark.parametrize(
    ("url", "said"),
    [
        pytest.param("mysql://reader:wrong-secret@127.0.0.1:{port}/whmcs", "Access denied", id="wrong password"),
        pytest.param("mysql://reader:s%40crt-word@127.0.0.1:1/whmcs", "cannot be read", id="no server"),
        pytest.param("mysql://reader:s%40crt-word@127.0.0.1:{port}/mysql", "cannot be read", id="not allowed"),
        pytest.param(
            "mysql://reader:s%40crt-word@127.0.0.1:{port}/information_schema", "is this a WHMCS", id="no WHMCS"
        ),
    ],
)
def test_a_database_that_cannot_be_read(server, tmp_path, url, said):
    """The sentence says why, and never the password."""
    with pytest.raises(UsageError) as caught:
        read_mysql(url.format(port=server.port), tmp_path / "s.duckdb")
    assert said in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "s@crt-word" not in str(caught.value)
    assert not list(tmp_path.iterdir())


def test_the_server_refuses_to_write_for_us(server):
    """The connection's own transaction is read-only: even who may write cannot."""
    address = parse_mysql_url(server.url.replace("reader:s%40crt-word", "root"))
    with mysql_module.connect_mysql(address) as connection, pytest.raises(duckdb.Error, match="READ ONLY"):
        connection.execute("call mysql_execute('source', 'update tblclients set firstname = 1')")


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        pytest.param("mysql://u:p%40ss@h:33/db", ("u", "p@ss", "h", 33, "db", ""), id="all parts"),
        pytest.param("mariadb://db.example.com/whmcs", ("", "", "db.example.com", 3306, "whmcs", ""), id="no user"),
        pytest.param("mysql://u@/db?socket=/run/x", ("u", "", "localhost", 3306, "db", "/run/x"), id="socket"),
    ],
)
def test_parse_mysql_url(url, expected, monkeypatch):
    """Parts of an address, with what is left out filled in."""
    monkeypatch.delenv("MYSQL_PWD", raising=False)
    found = parse_mysql_url(url)
    assert (found.user, found.password, found.host, found.port, found.database, found.socket) == expected


def test_the_password_may_stand_in_the_environment(monkeypatch):
    """As MySQL's own programs read it."""
    monkeypatch.setenv("MYSQL_PWD", "from-env")
    assert parse_mysql_url("mysql://u@h/db").password == "from-env"
    assert "from-env" not in str(parse_mysql_url("mysql://u@h/db"))


@pytest.mark.parametrize(
    "url", ["mysql://h", "mysql://h/", "postgres://h/db", "mysql://u:secret@h:x/db", "mysql://h/db?a=1"]
)
def test_not_an_address(url):
    """What is no address of a database is refused without repeating it."""
    with pytest.raises(UsageError) as caught:
        parse_mysql_url(url)
    assert "mysql://user@host/database" in str(caught.value)
    assert "secret" not in str(caught.value)


# -- dumps -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        pytest.param("INSERT INTO `tblclients` VALUES (1,'a'),(2,NULL),(3,'');", ["a", None, ""], id="null and empty"),
        pytest.param("INSERT INTO tblclients (`firstname`, `id`) VALUES\n('a', 1),\n('b', 2);", ["a", "b"], id="phpMyAdmin"),
        pytest.param("INSERT IGNORE INTO `w`.`tblclients` VALUES (1,'a');", ["a"], id="with the database's name"),
        pytest.param("insert into tblclients values (1, 'a') , (2, 'b') ;", ["a", "b"], id="small letters and blanks"),
        pytest.param("INSERT INTO `tblclients` VALUES (1,'a\\'b\\\\n\\n''c'),(2,'\\0\\Z\\%');", ["a'b\\n\n'c", "\0\x1a%"], id="escapes"),
        pytest.param("INSERT INTO `tblclients` VALUES (1,'),(9,\\'x\\');'),(2,'\\\\');", ["),(9,'x');", "\\"], id="a value like SQL"),
        pytest.param("INSERT INTO `tblclients` VALUES (1,_binary 'a'),(2,_utf8mb4'ü');", ["a", "ü"], id="character set words"),
        pytest.param("-- INSERT INTO `tblclients` VALUES (1,'a');\nINSERT INTO `other` VALUES (1,'b');", [], id="comments and others"),
        pytest.param(
            "DELIMITER ;;\nCREATE TRIGGER t\nBEGIN\nINSERT INTO tblclients VALUES (1,'no');\nEND ;;\nDELIMITER ;\n"
            "INSERT INTO tblclients VALUES (2,'yes');", ["yes"], id="triggers"),
        pytest.param("CREATE TABLE other (id int, x text);\nINSERT INTO tblclients VALUES (1,'a');", ["a"], id="a definition in one line"),
        pytest.param("INSERT INTO `tblclients` VALUES (1,'a');\r\nINSERT INTO `tblclients` VALUES (2,'b');\r\n", ["a", "b"], id="Windows lines"),
    ],
)  # fmt: skip
def test_dump_dialects(tmp_path, text, expected):
    """Each way to write rows is understood."""
    assert names_in(read_text(tmp_path, CURRENCIES + CLIENTS + text)) == expected


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b"SET NAMES utf8mb4;\n" + b"INSERT INTO tblclients VALUES (1,'Zo\xc3\xab');", "Zoë", id="UTF-8"),
        pytest.param(b"/*!40101 SET NAMES latin1 */;\nINSERT INTO tblclients VALUES (1,'Zo\xeb \x80');", "Zoë €", id="latin1 is cp1252"),
        pytest.param(b"INSERT INTO tblclients VALUES (1,'Zo\xeb M\xc3\xbcller');", "Zoë Müller", id="both in one value"),
        pytest.param(b"/*!40101 SET NAMES cp1251 */;\nINSERT INTO tblclients VALUES (1,'\xc7\xee\xff');", "Зоя", id="Cyrillic"),
        pytest.param("INSERT INTO tblclients VALUES (1,'ZoÃ« &amp; Å\x81ukasz');".encode(), "Zoë & Łukasz", id="double-encoded"),
    ],
)  # fmt: skip
def test_dump_encodings(tmp_path, data, expected):
    """The dump's character set is read, and bytes and text that do not fit it are repaired."""
    assert names_in(read_text(tmp_path, (CURRENCIES + CLIENTS).encode() + data)) == [expected]


@settings(max_examples=examples(25), deadline=None)
@given(
    values=st.lists(st.one_of(st.none(), st.text(alphabet="a'\\,();\n\r\0 \"`é😀N-", max_size=12)), max_size=8),
    seed=st.integers(0, 999),
)
def test_any_value_comes_back(values, seed):
    """Law: whatever was dumped is read, wherever the blocks of the file happen to end."""
    dice = random.Random(seed)
    escapes = {"\\": "\\\\", "'": dice.choice(["\\'", "''"]), "\n": "\\n", "\r": "\\r", "\0": "\\0"}
    tokens = ["NULL" if v is None else "'" + "".join(escapes.get(c, c) for c in v) + "'" for v in values]
    text = "".join(f"INSERT INTO t VALUES ({i},{token});{dice.choice(chr(10) + ' ')}" for i, token in enumerate(tokens))
    found = []

    class Blocks:
        data = text.encode()

        def read(self, _size):
            size = dice.randint(1, 9)
            block, self.data = self.data[:size], self.data[size:]
            return block

    sql = SqlText(Blocks(), "x")
    row = row_pattern(("id", "v"), {"v"})
    while True:
        assert list(sql.next_statement()) == []
        if not sql.ahead():
            break
        sql.at = dump_module._INSERT.match(sql.data, sql.at).end()
        found += list(sql.rows(row))
        sql.rest_of_statement()
    read = plain_values([token for (token,) in found]).to_pylist() if found else []
    assert [None if v is None else v.decode() for v in read] == values


@pytest.mark.parametrize(
    ("data", "said"),
    [
        pytest.param(b"hello\n", "is no dump of SQL, its line 1 begins 'hello'; is this a WHMCS", id="no dump"),
        pytest.param(b"-- MariaDB dump 10.19\n" + (CURRENCIES + CLIENTS).encode(), "cut short", id="without its last line"),
        pytest.param((CURRENCIES + CLIENTS).encode() + b"INSERT INTO tblclients VALUES (1,'a", "no row of tblclients that can be read", id="cut in a row"),
        pytest.param((CURRENCIES + CLIENTS).encode() + b"INSERT INTO tblclients VALUES (1,'a',3);", "no row of tblclients that can be read", id="too many values"),
        pytest.param((CURRENCIES + CLIENTS + CLIENTS).encode(), "twice", id="two databases"),
        pytest.param(CURRENCIES.encode() + b"INSERT INTO tblclients VALUES (1,'a');", "which columns", id="no columns"),
        pytest.param((CURRENCIES + CLIENTS).encode("utf-16"), "UTF-16", id="PowerShell"),
        pytest.param(gzip.compress((CURRENCIES + CLIENTS).encode())[:-20], "damaged", id="gzip cut short"),
        pytest.param((CURRENCIES + "CREATE TABLE `tblclients` (\n  `nr` int\n);\nINSERT INTO tblclients VALUES (1);").encode(), "no column id", id="no ids"),
    ],
)  # fmt: skip
def test_a_dump_that_cannot_be_read(tmp_path, data, said):
    """The sentence names the file and what is wrong with it."""
    with pytest.raises(UsageError, match=said):
        read_text(tmp_path, data)
    assert [file.name for file in tmp_path.iterdir()] == ["x.sql"]


# -- folders -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        pytest.param(b'id,firstname\n1,"a, ""b"""\n2,NULL\n3,"NULL"\n', ['a, "b"', None, "NULL"], id="commas"),
        pytest.param(
            b"\xef\xbb\xbfid;firstname;password\r\n1;a;hunter2\r\n", ["a"], id="semicolons, BOM, Windows lines"
        ),
        pytest.param(b"ID\tFirstName\n1\tZo\xeb\n", ["Zoë"], id="tabs, latin1, capitals"),
        pytest.param("id,firstname\n1,Łukasz\n".encode("utf-16"), ["Łukasz"], id="UTF-16"),
        pytest.param(b'id,firstname\n1,"a\nb"\n', ["a\nb"], id="a line break in a value"),
        pytest.param(b"id,firstname\n", [], id="only a heading"),
    ],
)
def test_csv_dialects(tmp_path, data, expected):
    """Delimiters, encodings, quotes and NULL are understood."""
    folder = tmp_path / "csv"
    folder.mkdir()
    (folder / "tblclients.csv").write_bytes(data)
    (folder / "tblcurrencies.CSV.gz").write_bytes(gzip.compress(b"id,code\n1,EUR\n"))
    (folder / "notes.csv").write_text("x\n")
    read_folder(folder, tmp_path / "s.duckdb")
    assert names_in(tmp_path / "s.duckdb") == expected


@pytest.mark.parametrize(
    ("files", "said"),
    [
        pytest.param({}, "no table tblclients", id="empty"),
        pytest.param({"tblclients.csv": "id,firstname\n1,a,b\n", "tblcurrencies.csv": "id\n"}, "cannot be read", id="too many values"),
        pytest.param({"tblclients.csv": "id\n", "TblClients.csv": "id\n"}, "twice", id="one table twice"),
    ],
)  # fmt: skip
def test_a_folder_that_cannot_be_read(tmp_path, files, said):
    """The sentence names the file and what is wrong with it."""
    folder = tmp_path / "csv"
    folder.mkdir()
    for name, text in files.items():
        (folder / name).write_text(text)
    with pytest.raises(UsageError, match=said):
        read_folder(folder, tmp_path / "s.duckdb")
