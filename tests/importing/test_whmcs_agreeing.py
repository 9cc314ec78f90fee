"""What was changed here, loaded into WHMCS and imported again is no change any more."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from clientops.book.book import Book
from clientops.exporting.whmcs import export_whmcs
from clientops.importing.whmcs.rule import IMPORT_WHMCS
from clientops.registry import rule
from tests.importing.whmcs_books import stage


class Pair:
    """A book, and the clients of the WHMCS that it came from."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.count = folder, 0
        self.book = Book.create(folder / "b.duckdb", operator="maria")
        self.theirs = {"1": {"id": "1", "city": "Kyoto", "phonenumber": "+49.301", "lastname": "Tan &amp; Co"}}
        self.imports()

    def imports(self) -> dict[tuple[str, str], int]:
        """Import; which rows changed here by it."""
        path = self.folder / "s.duckdb"
        path.unlink(missing_ok=True)
        staging = stage(path, tblclients=list(self.theirs.values()))
        counts = self.book.apply_now(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging, reason="x").counts
        return {(table, kind): number for table, kind, number in counts}

    def does(self, name: str, **request: object) -> None:
        """Carry out a rule here."""
        self.book.apply_now(rule(name), request, reason="x")

    def exports(self) -> dict[str, list[dict[str, str]]]:
        """Export; the rows of each file."""
        self.count += 1
        folder = self.folder / str(self.count)
        with self.book.tables() as tables:
            names = [name for name, _ in export_whmcs(tables, folder)]
        return {name: list(csv.DictReader((folder / name).read_text("utf-8").splitlines())) for name in names}

    def loads(self) -> None:
        """Put an export into WHMCS, as load.sql does it: what changed, into the raw text that is there."""
        for row in self.exports()["tblclients.csv"]:
            self.theirs.setdefault(row["id"], dict(row))["city"] = row["city"]


@pytest.fixture
def pair(tmp_path) -> Pair:
    """A book with one client, from WHMCS."""
    return Pair(tmp_path)


def test_what_arrived_is_noted_and_no_change_any_more(pair):
    """A client that was changed and one that is new here; both ways of looking at them start anew from there."""
    pair.does("edit-client", client_id=1, city="Lisboa")
    pair.does("add-client", last_name="Eve", email="eve@example.com", currency="EUR")
    pair.loads()
    assert pair.imports() == {("source_ids", "insert"): 2}
    assert pair.exports() == {}
    pair.theirs["1"]["city"] = "Porto"
    pair.does("edit-client", client_id=2, city="Faro")
    pair.loads()
    noted = {("source_ids", "insert"): 1, ("source_ids", "delete"): 1}
    assert pair.imports() == {("clients", "update"): 1} | noted, "no conflict: here nothing changed since"
    assert pair.exports() == {}
    pair.book.undo(pair.book.head()[0], reason="x")
    assert set(pair.exports()) == {"tblclients.csv"}, "what an undone import noted does not count"


def test_what_is_there_otherwise_is_not_noted(pair):
    """Where WHMCS has something else in what was changed or made here, the change still goes there, or its number is taken."""
    pair.does("edit-client", client_id=1, city="Lisboa")
    pair.does("add-client", last_name="Eve", email="eve@example.com", currency="EUR")
    pair.loads()
    pair.theirs["1"]["city"] = "Kyoto"
    pair.theirs["2"]["email"] = "adam@example.com"
    assert pair.imports() == {("import_problems", "insert"): 1}
    assert pair.book.query("select code, source_id from import_problems")[1] == [("number_taken", "2")]
    assert [row["id"] for row in pair.exports()["tblclients.csv"]] == ["1", "2"]


def test_what_is_deleted_on_both_sides_is_done_with(pair):
    """A row that was deleted here is named until WHMCS has it no more."""
    pair.does("delete-client", client_id=1, confirm_name="Ada Tan & Co")
    assert pair.exports() == {"deleted.csv": [{"table": "tblclients", "id": "1"}]}
    pair.theirs = {"2": {"id": "2", "lastname": "Eve"}}
    assert pair.imports() == {("clients", "insert"): 1, ("source_ids", "insert"): 1}
    assert pair.exports() == {}
