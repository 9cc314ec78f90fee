"""``clientops import whmcs``: from a dump, a folder and a live server to a book, and back out again."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest

from clientops.book.book import Book
from tests.test_cli import REFUSED, USAGE, run

SMALL = Path(__file__).parent.parent.parent / "data" / "whmcs_small.sql"


@pytest.fixture
def path(tmp_path):
    """Where a book will be; there is none yet."""
    return tmp_path / "book.duckdb"


def test_a_dry_run_shows_counts_and_money_and_changes_nothing(path):
    """What would come in is told table by table; the book stays empty."""
    out = run(path, "import", "whmcs", SMALL, "--dry-run")
    assert "tblclients → clients: read 5: 4 new, 0 changed, 0 unchanged, 1 problems" in out
    assert "Nothing was changed" in out
    assert not path.exists(), "an empty book would only be in the way"
    assert not path.with_name(path.name + ".lock").exists()
    told = json.loads(run(path, "--json", "import", "whmcs", SMALL, "--dry-run"))
    assert ["clients", "insert", 4] in told["changes"]
    assert [pair for pair in told["summary"] if pair[0] == "Money in invoices, EUR"]


def test_an_import_is_undone_whole_and_comes_in_once(path):
    """The second import finds nothing new; after the undo the book is as empty as before."""
    out = run(path, "import", "whmcs", SMALL, "--reason", "Move from WHMCS", "--yes", "--operator", "maria")
    assert "WHMCS imported" in out
    again = run(path, "import", "whmcs", SMALL, "--reason", "Again", "--yes")
    assert "There is nothing new to import" in again
    log = json.loads(run(path, "--json", "log"))
    assert (log[0]["rule"], log[0]["operator"], log[0]["reason"]) == ("import-whmcs", "maria", "Move from WHMCS")
    run(path, "undo", str(log[0]["id"]), "--reason", "Wrong system")
    assert Book(path).query("select count(*) from clients")[1] == [(0,)]
    run(path, "verify")


def test_what_was_not_taken_can_be_listed(path):
    """Each row that was left out is there with its reason and its original values."""
    run(path, "import", "whmcs", SMALL, "--reason", "Move", "--yes")
    rows = json.loads(run(path, "--json", "query", "select code, message, original from import_problems order by id"))
    assert rows
    assert all(row["code"] and row["message"] and json.loads(row["original"]) for row in rows)


def test_a_live_server_gives_what_its_dump_gives(server, path, tmp_path):
    """A MariaDB server and a dump made from it fill two books alike."""
    dump = tmp_path / "whmcs.sql"
    dump.write_bytes(server.dump())
    run(path, "import", "whmcs", server.url, "--reason", "Live", "--yes")
    other = tmp_path / "other.duckdb"
    run(other, "import", "whmcs", dump, "--reason", "Dump", "--yes")
    for table in ("clients", "invoices", "invoice_items", "transactions", "credit_entries", "import_problems"):
        sql = f"select * from {table} order by all"
        assert Book(path).query(sql)[1] == Book(other).query(sql)[1], table


def test_changes_go_back_as_whmcs_names_them(path, tmp_path):
    """What was changed here after the import is exported under WHMCS's numbers and column names."""
    run(path, "import", "whmcs", SMALL, "--reason", "Move", "--yes")
    number = Book(path).query("select min(id) from clients")[1][0][0]
    run(path, "apply", "edit-client", "-s", f"client_id={number}", "-s", "city=Lisboa", "--reason", "Moved", "--yes")
    run(
        path,
        "apply",
        "add-custom-field",
        "-s",
        "name=Height",
        "-s",
        "subject_kind=client",
        "--reason",
        "Asked",
        "--yes",
    )
    told = run(path, "export", "whmcs", tmp_path / "back")
    assert "custom_fields" in told
    assert "by_hand.csv names 1 such row" in told
    assert "custom_fields," in (tmp_path / "back" / "by_hand.csv").read_text()
    with (tmp_path / "back" / "tblclients.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert [(row["id"], row["city"]) for row in rows] == [(str(number), "Lisboa")]


@pytest.mark.parametrize(
    ("words", "code", "told"),
    [
        pytest.param(["nowhere.sql", "--reason", "x"], USAGE, "There is no file or folder nowhere.sql", id="no such file"),
        pytest.param([str(SMALL)], USAGE, "The reason is missing", id="no reason"),
        pytest.param(["mysql://me@127.0.0.1:1/none", "--dry-run"], USAGE, "127.0.0.1", id="no server"),
        pytest.param([str(SMALL), "--dry-run", "--time-zone", "Mars/Base"], REFUSED, "Mars/Base", id="no such time zone"),
        pytest.param([__file__, "--dry-run"], USAGE, "is this a WHMCS?", id="not a dump"),
    ],
)  # fmt: skip
def test_what_cannot_be_imported_is_told(path, words, code, told):
    """A sentence names what is wrong, and nothing is left behind."""
    assert told in run(path, "import", "whmcs", *words, code=code)
    assert not path.exists(), "a refused import leaves no empty book behind"


def test_nothing_secret_comes_in(path):
    """Passwords and card numbers of the dump are nowhere in the book's file."""
    text = SMALL.read_text("utf-8")
    run(path, "import", "whmcs", SMALL, "--reason", "Move", "--yes")
    assert "hunter2" in text
    assert b"hunter2" not in path.read_bytes()
