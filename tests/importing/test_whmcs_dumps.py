"""Dumps as programs write them: every statement is read or refused by its line, and a dump that was cut short is refused."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import zipfile
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from clientops.core.errors import UsageError
from clientops.importing.whmcs import unpacking
from clientops.importing.whmcs.read import read_whmcs

COLUMNS = "`id` int NOT NULL,\n  `firstname` text NOT NULL,\n  `credit` decimal(16,2) NOT NULL,\n  `status` text"
CREATE = f"CREATE TABLE `tblclients` (\n  {COLUMNS},\n  PRIMARY KEY (`id`)\n);\n"
CURRENCIES = (
    "CREATE TABLE `tblcurrencies` (\n  `id` int,\n  `code` text\n);\nINSERT INTO `tblcurrencies` VALUES (1,'EUR');\n"
)
ROW = "(1,'Ann',1.00,'Active')"
INSERT = f"INSERT INTO `tblclients` VALUES {ROW};\n"
ANN, BOB = ("1", "Ann", "1.00"), ("2", "Bob", "2.00")


def read(tmp_path: Path, text: str | bytes, name: str = "dump.sql") -> list[tuple[str, ...]]:
    """Number, first name and credit of the clients of a dump, as text."""
    file = tmp_path / name
    file.write_bytes(text.encode() if isinstance(text, str) else text)
    return clients(tmp_path, file)


def clients(tmp_path: Path, source: Path) -> list[tuple[str, ...]]:
    """The same of a file or folder."""
    read_whmcs(str(source), tmp_path / "staging.duckdb")
    with duckdb.connect(str(tmp_path / "staging.duckdb"), read_only=True) as connection:
        return connection.execute("select id, firstname, credit from tblclients order by id").fetchall()


@pytest.mark.parametrize(
    ("statements", "expected"),
    [
        pytest.param(f"{INSERT[:-1]} INSERT INTO tblclients VALUES (2,'Bob',2.00,'Active');", [ANN, BOB], id="two on a line"),
        pytest.param(f"/* rows */ {INSERT}", [ANN], id="behind a comment"),
        pytest.param(f"# rows\n-- more\n{INSERT}", [ANN], id="behind comment lines"),
        pytest.param(f"/*!40000 ALTER TABLE `tblclients` DISABLE KEYS */; {INSERT}/*!40000 ALTER TABLE `tblclients` ENABLE KEYS */;", [ANN], id="behind a comment that is run"),
        pytest.param(f"/*!40000 {INSERT[:-2]} */;", [ANN], id="within a comment that is run"),
        pytest.param(f"/*M!999999\\- enable the sandbox mode */ \n{INSERT}", [ANN], id="sandbox mode of MariaDB"),
        pytest.param("INSERT INTO `tblclients` SET `id`=1, firstname = 'Ann',`credit`=1.00;", [ANN], id="INSERT SET"),
        pytest.param("REPLACE INTO tblclients SET id=1,firstname=0x416E6E,credit=1.00;", [ANN], id="REPLACE SET with hex"),
        pytest.param('INSERT INTO `tblclients` VALUES(1,"Ann",1.00,"Active"),\n(2,"Bob",2.00,"x");', [ANN, BOB], id="double quotes"),
        pytest.param('INSERT INTO tblclients VALUES (1,"A\'n;n"" \\"x",1.00,"");', [("1", "A'n;n\" \"x", "1.00")], id="quotes in double quotes"),
        pytest.param("INSERT INTO tblclients VALUES (1,'say \"\"hi\"\"',1.00,'');", [("1", 'say ""hi""', "1.00")], id="double quotes in single"),
        pytest.param("INSERT INTO tblclients VALUES (0x01,0x416E6E,1.00,NULL);", [ANN], id="hex by type"),
        pytest.param("INSERT INTO tblclients VALUES (b'1',X'416E6E',1.00,NULL);", [ANN], id="bits and X''"),
        pytest.param("INSERT INTO tblclients VALUES (1,_utf8mb4 0x416E6E,1.00,NULL);", [ANN], id="hex with a character set"),
        pytest.param("INSERT INTO tblclients VALUES (1,N'Ann',1.00,_utf8'x');", [ANN], id="national strings"),
        pytest.param("INSERT INTO tblclients VALUES (1,'A' 'n'\n'n',1.00,'');", [ANN], id="adjacent strings"),
        pytest.param("INSERT INTO tblclients (`id`,`firstname`,`credit`) VALUES\n(1,\t'Ann',\t1.00)\nON DUPLICATE KEY UPDATE `id` = VALUES(`id`), `firstname` = VALUES(`firstname`);", [ANN], id="on duplicate key"),
        pytest.param("INSERT INTO tblclients (id,firstname,credit) VALUES (1,'Ann',1.00) AS new ON DUPLICATE KEY UPDATE credit = new.credit;", [ANN], id="on duplicate key with an alias"),
        pytest.param("INSERT INTO tblclients VALUES -- first\n(1,'Ann',1.00,''), /* second */\n(2,'Bob',2.00,'') # end\n;", [ANN, BOB], id="comments between rows"),
        pytest.param("INSERT INTO tblclients VALUE (1,'Ann',1.00,'');", [ANN], id="VALUE"),
        pytest.param("insert ignore into w.tblclients values (1,'Ann',1.00,true);", [ANN], id="small letters, database, true"),
        pytest.param(f"DELETE FROM `tblclients`;\n{INSERT}", [ANN], id="emptied first"),
        pytest.param(f"TRUNCATE TABLE tblclients;\n{INSERT}", [ANN], id="truncated first"),
        pytest.param(f"{INSERT}ALTER TABLE `tblclients`\n  ADD PRIMARY KEY (`id`),\n  ADD KEY `x` (`firstname`(32));\nALTER TABLE tblclients MODIFY `id` int NOT NULL AUTO_INCREMENT;", [ANN], id="keys afterwards"),
        pytest.param(f"SET sql_mode='NO_BACKSLASH_ESCAPES';\n{INSERT.replace('Ann', 'A' + chr(92))}", [("1", "A\\", "1.00")], id="no backslash escapes"),
        pytest.param(f"INSERT INTO tblactivitylog VALUES (1,'x; INSERT INTO tblclients VALUES (9,''y'',1,2)');{INSERT}", [ANN], id="SQL in a value of another table"),
        pytest.param(f"INSERT INTO tblactivitylog SELECT 1;{INSERT}", [ANN], id="another table's statement is not looked at"),
        pytest.param(f"DELIMITER $$\nCREATE TRIGGER t BEFORE INSERT ON tblclients FOR EACH ROW BEGIN\nINSERT INTO tblclients VALUES (7,'no',1,'');\nEND$$\nDELIMITER ;\n{INSERT}", [ANN], id="trigger"),
        pytest.param(f"-- phpMyAdmin SQL Dump\nSTART TRANSACTION;\n{INSERT}COMMIT;", [ANN], id="transaction"),
        pytest.param(f"/*!40101 SET @OLD_SQL_MODE=@@SQL_MODE */;\n{INSERT}/*!40111 SET SQL_MODE=IFNULL(@OLD_SQL_MODE, '') */;", [ANN], id="HeidiSQL"),
        pytest.param(f"LOCK TABLES `tblclients` WRITE;\n{INSERT}UNLOCK TABLES;", [ANN], id="locked"),
    ],
)  # fmt: skip
def test_what_programs_write_is_read(tmp_path, statements, expected):
    """Each way to write rows is understood, wherever on a line it stands."""
    assert read(tmp_path, CURRENCIES + CREATE + statements) == expected


@pytest.mark.parametrize(
    "definition",
    [
        pytest.param(CREATE.replace("  `", "`"), id="no indentation"),
        pytest.param(CREATE.replace("\n", " ").replace("); ", ");\n"), id="one line"),
        pytest.param(CREATE.replace("`", '"'), id="double quotes"),
        pytest.param(CREATE.replace("`", ""), id="no quotes"),
        pytest.param(CREATE.replace("CREATE TABLE", "create  table /* x */ if not exists"), id="if not exists"),
        pytest.param(
            CREATE.replace("text NOT NULL", "text COMMENT 'first name,\n (given); `x` int'"), id="comment with a break"
        ),
        pytest.param(CREATE.replace("`tblclients` (", "`tblclients`("), id="no blank before the columns"),
        pytest.param(CREATE.replace("`status` text", "`status` enum('Active','In,(active')"), id="enum"),
        pytest.param(CREATE.replace(");\n", ") ENGINE=InnoDB DEFAULT CHARSET=latin1 COMMENT='a (b';\n"), id="options"),
    ],
)
def test_columns_are_found_in_any_layout(tmp_path, definition):
    """Definitions may be laid out in any way."""
    assert read(tmp_path, CURRENCIES + definition + INSERT) == [ANN]


def test_hexadecimal_text_is_in_the_character_set_of_its_column(tmp_path):
    """Strings are in that of the dump, hexadecimal text in that of its column."""
    latin = CREATE.replace(");\n", ") DEFAULT CHARSET=latin1;\n")
    assert read(tmp_path, CURRENCIES + latin + "INSERT INTO tblclients VALUES (1,0x5A6FEB,1.00,''),(2,'Zoë',2.00,'');") == [
        ("1", "Zoë", "1.00"), ("2", "Zoë", "2.00")]  # fmt: skip


@pytest.mark.parametrize(
    ("statements", "line"),
    [
        pytest.param("UPDATE `tblclients` SET `id` = 1,`firstname` = 'Ann' WHERE `tblclients`.`id` = 1;", 13, id="update"),
        pytest.param(f"{INSERT}DELETE FROM tblclients WHERE id = 1;", 14, id="delete"),
        pytest.param(f"{INSERT}TRUNCATE tblclients;", 14, id="emptied afterwards"),
        pytest.param("INSERT INTO tblclients SELECT * FROM other;", 13, id="select"),
        pytest.param("INSERT INTO tblclients VALUES ROW(1,'Ann',1.00,'');", 13, id="rows as ROW()"),
        pytest.param("LOAD DATA LOCAL INFILE 'x' INTO TABLE tblclients;", 13, id="load data"),
        pytest.param(f"{INSERT}ALTER TABLE tblclients ADD COLUMN x int;", 14, id="a column added"),
        pytest.param(f"{INSERT}ALTER TABLE tblclients RENAME TO x;", 14, id="renamed"),
        pytest.param("INSERT INTO tblclients VALUES (1,CONCAT('A','nn'),1.00,'');", 13, id="function"),
        pytest.param("INSERT INTO tblclients VALUES (1,'Ann',@credit,'');", 13, id="variable"),
        pytest.param("INSERT INTO tblclients VALUES (1,'Ann',CURRENT_TIMESTAMP,'');", 13, id="the time of loading"),
        pytest.param("INSERT INTO tblclients VALUES (1,'Ann',1.00);", 13, id="too few values"),
        pytest.param("DELIMITER $$\nINSERT INTO tblclients VALUES (1,'Ann',1.00,'')$$\nDELIMITER ;", 14, id="another delimiter"),
    ],
)  # fmt: skip
def test_what_is_not_understood_stops_the_import_by_its_line(tmp_path, statements, line):
    """No statement on a table that is imported is passed over; the sentence names the line."""
    with pytest.raises(UsageError, match=rf"(?s)tblclients.*line {line} .*Nothing was imported"):
        read(tmp_path, CURRENCIES + CREATE + statements + "\n")


WHOLE = {
    "mysqldump": f"-- MySQL dump 10.13\n{CURRENCIES}{CREATE}{INSERT}-- Dump completed on 2026-01-01\n",
    "mysqldump-php": f"-- mysqldump-php https://example.com\n{CURRENCIES}{CREATE}{INSERT}-- Dump completed on: today\n",
    "phpMyAdmin": f"-- phpMyAdmin SQL Dump\nSTART TRANSACTION;\n{CURRENCIES}{CREATE}{INSERT}COMMIT;\n",
    "old phpMyAdmin": f"SET AUTOCOMMIT = 0;\n{CURRENCIES}{CREATE}{INSERT}COMMIT;\n",
    "HeidiSQL": f"/*!40014 SET @OLD_KEYS=@@FOREIGN_KEY_CHECKS, FOREIGN_KEY_CHECKS=0 */;\n{CURRENCIES}{CREATE}{INSERT}"
    "/*!40014 SET FOREIGN_KEY_CHECKS=IFNULL(@OLD_KEYS, 1) */;\n",
    "locks": f"{CURRENCIES}{CREATE}LOCK TABLES `tblclients` WRITE;\n{INSERT}UNLOCK TABLES;\n",
    "Navicat": f"/*\n Navicat Premium Data Transfer\n*/\nSET FOREIGN_KEY_CHECKS = 0;\n{CURRENCIES}{CREATE}{INSERT}"
    "SET FOREIGN_KEY_CHECKS = 1;\n",
    "disabled keys": f"{CURRENCIES}{CREATE}/*!40000 ALTER TABLE tblclients DISABLE KEYS */;\n{INSERT}"
    "/*!40000 ALTER TABLE tblclients ENABLE KEYS */;\n",
}  # fmt: skip


@pytest.mark.parametrize("program", WHOLE)
def test_a_dump_that_was_cut_short_is_refused_wherever_it_was_cut(tmp_path, program):
    """Whole it is read; without any of its last lines, or cut within one, it is refused."""
    whole = WHOLE[program]
    assert read(tmp_path, whole, "whole.sql") == [ANN]
    tail = len(whole) - whole.index("INSERT INTO `tblclients`")
    last = len(whole.splitlines()[-1]) + 1
    for cut in sorted({last, last + 5, (last + tail) // 2, tail - 20, tail - 5}):
        (tmp_path / "staging.duckdb").unlink(missing_ok=True)
        with pytest.raises(UsageError, match=r"cut short|no row of tblclients that can be read"):
            read(tmp_path, whole[:-cut], "cut.sql")


@pytest.mark.parametrize(
    "cut", ["CREATE TABLE `tblinvoices` (\n  `id` int,\n", "/* a comment", "INSERT INTO `tblinvoices` VAL"]
)
def test_a_statement_without_an_end_is_a_dump_cut_short(tmp_path, cut):
    """Of programs that sign nothing, too."""
    with pytest.raises(UsageError, match="cut short"):
        read(tmp_path, CURRENCIES + CREATE + INSERT + cut)


DUMP = (CURRENCIES + CREATE + INSERT).encode()


def zipped(**files: bytes) -> bytes:
    """A zip file of these."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(
                name.replace("__", "/").replace("_sql", ".sql").replace("_gz", ".gz").replace("_csv", ".csv"), content
            )
    return packed.getvalue()


@pytest.mark.parametrize(
    "packed",
    [
        pytest.param(gzip.compress(DUMP), id="gz"),
        pytest.param(gzip.compress(DUMP[:99]) + gzip.compress(DUMP[99:]), id="gz in two parts"),
        pytest.param(bz2.compress(DUMP), id="bz2"),
        pytest.param(lzma.compress(DUMP), id="xz"),
        pytest.param(lzma.compress(DUMP[:99]) + lzma.compress(DUMP[99:]), id="xz in two parts"),
        pytest.param(pa.compress(DUMP, "zstd", asbytes=True), id="zst"),
        pytest.param(zipped(backup_sql=DUMP), id="zip"),
        pytest.param(zipped(backup_sql_gz=gzip.compress(DUMP)), id="zip of gz"),
        pytest.param(zipped(a_sql=(CURRENCIES + CREATE).encode(), b_sql=INSERT.replace("VALUES", "(id,firstname,credit,status) VALUES").encode()), id="zip of several dumps"),
        pytest.param(zipped(x__tblclients_csv=b"id,firstname,credit\n1,Ann,1.00\n", x__tblcurrencies_csv=b"id,code\n1,EUR\n"), id="zip of CSV files"),
    ],
)  # fmt: skip
def test_packed_dumps_are_read_whatever_their_name(tmp_path, packed):
    """They are recognised by their first bytes."""
    assert read(tmp_path, packed, "backup.bin") == [ANN]


@pytest.mark.parametrize(
    ("packed", "said"),
    [
        pytest.param(gzip.compress(DUMP)[:-9], "damaged or was cut short", id="gz"),
        pytest.param(bz2.compress(DUMP)[:-9], "damaged or was cut short", id="bz2"),
        pytest.param(lzma.compress(DUMP)[:-9], "damaged or was cut short", id="xz"),
        pytest.param(pa.compress(DUMP, "zstd", asbytes=True)[:-9], "cut short", id="zst"),
        pytest.param(zipped(backup_sql=DUMP)[:-30], "damaged or was cut short", id="zip"),
        pytest.param(zipped(readme=b"hello"), "no table tblclients|holds no|holds readme", id="zip without a dump"),
        pytest.param(b"7z\xbc\xaf\x27\x1c" + DUMP, "a 7z archive.*unpack it", id="7z"),
        pytest.param(b"Rar!" + DUMP, "a RAR archive", id="rar"),
        pytest.param(b"x" * 257 + b"ustar" + DUMP, "a tar archive", id="tar"),
        pytest.param(b'<?xml version="1.0"?><mysqldump>', "XML", id="xml"),
    ],
)  # fmt: skip
def test_packed_files_that_cannot_be_read(tmp_path, packed, said):
    """The sentence says what the file is."""
    with pytest.raises(UsageError, match=said):
        read(tmp_path, packed, "backup.bin")


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, lambda data: zipped(bomb_sql=data)])
def test_unpacking_has_a_limit(tmp_path, monkeypatch, pack):
    """A file that unpacks to far more than its size is refused before it fills anything."""
    monkeypatch.setattr(unpacking, "FREE_BYTES", 1 << 20)
    with pytest.raises(UsageError, match="times its size"):
        read(tmp_path, pack(b"-- " + b"x" * (32 << 20)), "bomb.bin")


def test_a_folder_of_definitions_and_rows(server, tmp_path):
    """What ``mariadb-dump --tab`` writes is read as the server is read."""
    folder = tmp_path / "tab"
    folder.mkdir()
    folder.chmod(0o777)
    server.dump(f"--tab={folder}")
    read_whmcs(server.url, tmp_path / "live.duckdb")
    read_whmcs(str(folder), tmp_path / "tab.duckdb")
    from tests.importing.whmcs_books import staged_rows

    live, tab = staged_rows(tmp_path / "live.duckdb"), staged_rows(tmp_path / "tab.duckdb")
    assert {name: rows for name, rows in tab.items() if name != "unread"} == {
        n: r for n, r in live.items() if n != "unread"
    }


def test_a_folder_of_mydumper(tmp_path):
    """Definitions and rows stand in files of their own; a folder that is being written is refused."""
    folder = tmp_path / "my"
    folder.mkdir()
    (folder / "w.tblclients-schema.sql").write_text("/*!40101 SET NAMES binary*/;\n" + CREATE)
    (folder / "w.tblclients.00000.sql.gz").write_bytes(gzip.compress(INSERT.replace("'", '"').encode()))
    (folder / "w.tblcurrencies-schema.sql").write_text(CURRENCIES.split("INSERT", maxsplit=1)[0])
    (folder / "w.tblcurrencies.sql").write_text("INSERT INTO `tblcurrencies` VALUES (1,'EUR');\n")
    assert clients(tmp_path, folder) == [ANN]
    (folder / "metadata.partial").touch()
    with pytest.raises(UsageError, match="cut short"):
        read_whmcs(str(folder), tmp_path / "other.duckdb")
