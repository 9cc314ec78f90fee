"""What changed here, as files with WHMCS's columns."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from clientops.book.book import Book
from clientops.errors import UsageError
from clientops.exporting.whmcs import BY_HAND, LANGUAGE_NAMES, TARGETS, changed_sql, export_whmcs, tables_left_here
from clientops.importing.whmcs.mapping import LANGUAGES
from clientops.importing.whmcs.reading import MAPPINGS
from clientops.operations import rule
from tests.builders import tables
from tests.loading import load_book

SCHEMA = Path(__file__).parents[1] / "importing" / "whmcs_schema.sql"


def read(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


@pytest.fixture
def book(tmp_path) -> Book:
    return load_book(
        tmp_path / "b.duckdb",
        clients=[{"id": 1, "phone": "+49301", "late_fees": False}, {"id": 2}, {"id": 3}],
        departments=[{"id": 1, "name": "Support"}],
        services=[{"id": 5, "client_id": 1, "billing_cycle": "semi-annually", "recurring_amount": "9.5"}],
    )


def test_only_what_changed_goes_back(book, tmp_path):
    """After an import, a file has just the rows that operations here added or changed, whole, with WHMCS's columns."""
    request = {"client_id": 1, "amount": "2.50", "description": "=Downtime"}
    book.apply_now(rule("issue-credit"), request, reason="x")
    with book.tables() as now:
        written = export_whmcs(now, tmp_path / "out", since=1)
    assert written == [("tblclients.csv", 1), ("tblcredit.csv", 1)]
    client = read(tmp_path / "out" / "tblclients.csv")[0]
    assert (client["id"], client["credit"], client["latefeeoveride"], client["datecreated"]) == (
        "1",
        "2.50",
        "1",
        "0000-00-00",
    )
    entry = read(tmp_path / "out" / "tblcredit.csv")[0]
    assert (entry["clientid"], entry["amount"], entry["relid"], entry["description"]) == (
        "1",
        "2.50",
        "0",
        "=Downtime",
    )


def test_without_an_import_everything_goes(book, tmp_path):
    """A book that never came from WHMCS goes there whole; cycles have WHMCS's names."""
    with book.tables() as now:
        assert dict(export_whmcs(now, tmp_path / "out")) == {"tblclients.csv": 3, "tblhosting.csv": 1}
    assert read(tmp_path / "out" / "tblhosting.csv")[0]["billingcycle"] == "Semi-Annually"
    assert read(tmp_path / "out" / "tblclients.csv")[0]["phonenumber"] == "+49301"


def test_what_is_gone_is_listed(book, tmp_path):
    """A client that was merged away is in deleted.csv; one that came and went in between is not."""
    book.apply_now(rule("merge-clients"), {"replaced_id": 2, "survivor_id": 3}, reason="x")
    book.apply_now(rule("add-client"), {"last_name": "New", "email": "n@example.com"}, reason="x")
    book.undo(3, reason="x")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out", since=1)
    assert read(tmp_path / "out" / "deleted.csv") == [{"table": "tblclients", "id": "2"}]


def test_what_does_not_go_back_is_named(book):
    """A table whose changes WHMCS would want and the files do not have is told; one of our own is not."""
    ticket = {"client_id": 1, "subject": "Down", "message": "It is down"}
    book.apply_now(rule("open-ticket"), ticket, reason="x")
    with book.tables() as now:
        assert "tickets" in tables_left_here(now)
        assert tables_left_here(now, since=now.query("select max(id) from history.operations").fetchall()[0][0]) == []


def test_wrong_folder_or_operation(book, tmp_path):
    """A folder with files and an operation that is not there are refused."""
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with book.tables() as now:
        with pytest.raises(UsageError, match="is not empty"):
            export_whmcs(now, tmp_path / "full")
        with pytest.raises(UsageError, match="There is no operation 9"):
            export_whmcs(now, tmp_path / "new", since=9)
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_the_columns_are_whmcs_own(target):
    """Each column exists in that table of WHMCS, and its SQL is understood."""
    found = re.search(
        rf"create table `?{target.name}`? \((.*?)\n\)", SCHEMA.read_text(encoding="utf-8"), re.DOTALL | re.IGNORECASE
    )
    assert found
    theirs = set(re.findall(r"(?:^|,)\s*`?(\w+)`? ", found[1], re.MULTILINE))
    assert {name for name, _ in target.columns} <= theirs
    assert tables().query(changed_sql(target), after=0).fetchall() == []


def test_languages_have_whmcs_names():
    """Every language that an import understands goes back by its name."""
    assert {name: code for code, name in LANGUAGE_NAMES.items()} == LANGUAGES


def test_every_table_goes_back_or_by_hand():
    """No table that an import fills is forgotten, but for those that are ours or worked out from others."""
    ours = {"allocations", "communications", "article_placements"}
    filled = {mapping.table for mapping in MAPPINGS}
    assert filled - ours == ({target.table for target in TARGETS} | set(BY_HAND)) - {"dns_records"}
