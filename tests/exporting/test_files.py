"""Files of tables and query results."""

from __future__ import annotations

import csv
from decimal import Decimal

import duckdb
import pytest
from openpyxl import load_workbook

from clientops.core.errors import UsageError
from clientops.exporting.files import FORMATS, export_relation, relation_named
from clientops.importing.tabular import read_text_table
from tests.builders import money, tables

HOSTILE = [
    "=1+1",
    "+49 30 1",
    "-x",
    "@SUM(A1)",
    "\tx",
    "\n=1",
    "\uff1d1+1",
    "plain",
    'quo"ted, text',
    "名前",
    "O'Brien",
    "",
]


def book():
    return tables(
        clients=[{"id": i, "first_name": name, "credit_balance": "-5.25"} for i, name in enumerate(HOSTILE, 1)]
    )


@pytest.mark.parametrize("ending", ["csv", "xlsx"])
def test_no_text_runs_as_a_formula(tmp_path, ending):
    """A name that a spreadsheet would run is written with a quote in front, others as they are."""
    path = tmp_path / f"clients.{ending}"
    query = 'select id, first_name, credit_balance as "=1+1" from clients order by id'
    assert export_relation(relation_named(book(), query), path) == len(HOSTILE)
    if ending == "csv":
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        assert list(rows[0]) == ["id", "first_name", "'=1+1"]
        names = [row["first_name"] for row in rows]
    else:
        sheet = load_workbook(path).worksheets[0]
        assert sheet["C1"].value == "'=1+1"
        cells = [row[1] for row in sheet.iter_rows(min_row=2)]
        assert {cell.data_type for cell in cells} <= {"s", "inlineStr", "n"}
        names = [cell.value or "" for cell in cells]
    assert names == [f"'{name}" for name in HOSTILE[:7]] + HOSTILE[7:]
    read = read_text_table(path).rows.column("first_name").to_pylist()
    assert [name or "" for name in read] == HOSTILE, "and is read back as it was"


@pytest.mark.parametrize("ending", FORMATS)
def test_columns_of_one_name_are_all_written(tmp_path, ending):
    """The second column of a name gets a number; upper and lower case are one name."""
    path = tmp_path / f"x{ending}"
    export_relation(relation_named(book(), 'select 1 as id, 2 as id, 3 as "ID", 4 as id_1'), path)
    with duckdb.connect() as connection:
        if ending == ".xlsx":
            rows = list(load_workbook(path).worksheets[0].values)
        else:
            found = connection.sql(f"from '{path}'")
            rows = [tuple(found.columns), *found.fetchall()]
    assert rows == [("id", "id_1", "ID_2", "id_1_1"), (1, 2, 3, 4)]


def test_money_is_exact_and_negative_amounts_stay_numbers(tmp_path):
    """A negative amount is no formula, and no digit of it is lost."""
    rows = tables(clients=[{"id": 1, "credit_balance": "12345678901234.5678"}])
    path = tmp_path / "c.csv"
    export_relation(relation_named(rows, "select credit_balance, -credit_balance as owed from clients"), path)
    assert path.read_text().splitlines()[1] == "12345678901234.5678,-12345678901234.5678"
    parquet = tmp_path / "c.parquet"
    export_relation(relation_named(rows, "clients"), parquet)
    with duckdb.connect() as connection:
        assert connection.execute(f"select credit_balance from '{parquet}'").fetchone() == (
            Decimal("12345678901234.5678"),
        )


def test_a_file_is_private_and_never_overwritten(tmp_path):
    """Client data is readable by its owner only, and an existing file is kept."""
    path = tmp_path / "clients.csv"
    export_relation(relation_named(book(), "clients"), path)
    assert path.stat().st_mode & 0o077 == 0
    with pytest.raises(UsageError, match="already a file"):
        export_relation(relation_named(book(), "clients"), path)
    assert export_relation(relation_named(book(), "groups"), path, overwrite=True) == 0


@pytest.mark.parametrize(
    ("what", "name", "message"),
    [
        pytest.param("clients", "x.doc", "end its name with one of", id="another ending"),
        pytest.param("clients", "no/x.csv", "no folder", id="no folder"),
        pytest.param("nope", "x.csv", "neither a table nor a SELECT", id="no such table"),
        pytest.param("select nope from clients", "x.csv", "cannot be run", id="wrong query"),
    ],
)
def test_refused(tmp_path, what, name, message):
    """What cannot be written is said in a sentence, and leaves no file."""
    with pytest.raises(UsageError, match=message):
        export_relation(relation_named(book(), what), tmp_path / name)
    assert list(tmp_path.iterdir()) == []


def test_the_reader_takes_back_what_was_written(tmp_path):
    """Names, quotes and line breaks come back as they went out."""
    names = ["O'Brien", 'He said "hi"', "two\nlines", "名前", "a,b;c"]
    rows = tables(clients=[{"id": i, "first_name": name, "credit_balance": money("1")} for i, name in enumerate(names)])
    path = tmp_path / "c.csv"
    export_relation(relation_named(rows, "select id, first_name from clients order by id"), path)
    with path.open(encoding="utf-8", newline="") as file:
        assert [row["first_name"] for row in csv.DictReader(file)] == names
