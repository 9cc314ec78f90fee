"""The record of manual entries: what people entered, beside what came otherwise."""

from __future__ import annotations

import csv
import json
import shutil
from datetime import date, timedelta

import openpyxl
import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.registry import MANUAL_KINDS, rule, rules
from clientops.reports.documents.manual_entries import AUTOMATIC, BY_HAND, KIND_OF_TABLE, OTHER, SOURCES, manual_entries
from clientops.schema.definition import all_tables
from clientops.workbench import frame as shell
from tests.builders import TODAY
from tests.workbench.screens import Hand


@pytest.fixture(scope="module")
def filled_file(shop_file, tmp_path_factory):
    """The shop (operation 1, by hand of a test), then: maria and eve enter, a run generates, a file is imported, one is undone."""
    folder = tmp_path_factory.mktemp("entries")
    book = Book(shutil.copy(shop_file, folder / "filled.duckdb"), operator="maria")
    eve = Book(book.path, operator="eve")
    book.apply_now(rule("add-note"), [{"client_id": 1, "body": "a"}, {"client_id": 2, "body": "b"}], reason="Called")
    eve.apply_now(rule("open-ticket"), {"client_id": 1, "subject": "Mail", "message": "x"}, reason="Asked")
    book.apply_now(rule("generate-invoices"), {"until_on": TODAY}, reason="Run", today=TODAY)
    file = folder / "clients.csv"
    file.write_text("first_name,last_name,email\nSofia,K,sofia@example.org\nMax,P,max@example.org\n", encoding="utf-8")
    run(book, "import", "csv", str(file), "--as", "clients", "--reason", "Old system", "--yes")
    eve.apply_now(rule("add-note"), {"client_id": 3, "body": "c"}, reason="Mistake")
    eve.undo(6, reason="It was a mistake")
    eve.apply_now(rule("issue-credit"), {"client_id": 1, "amount": 5, "description": "x"}, reason="Sorry")
    return book.path


@pytest.fixture
def filled(filled_file, tmp_path):
    return Book(shutil.copy(filled_file, tmp_path / "filled.duckdb"), operator="maria")


def run(book, *words, code=0):
    """Output of a command."""
    result = CliRunner().invoke(app, ["--book", str(book.path), "--operator", "maria", *words], env={"COLUMNS": "250"})
    assert result.exit_code == code, result.output
    return result.output


def read(book, name, *given, **wanted):
    """Rows of one relation of the record."""
    with book.tables() as tables:
        return as_dicts(getattr(manual_entries(tables, *given, **wanted), name))


def test_what_people_entered_is_listed_with_who_and_why(filled):
    """Each operation that a person filled in is there, the newest first; imports, runs and undos are not."""
    found = [(r["id"], r["operator"], r["reason"], r["rule"], r["kind"], r["requests"], r["undone_by_id"]) for r in read(filled, "operations")]  # fmt: skip
    assert found == [
        (8, "eve", "Sorry", "issue-credit", OTHER, 1, None),
        (6, "eve", "Mistake", "add-note", "custom data or notes", 1, 7),
        (3, "eve", "Asked", "open-ticket", "support ticket", 1, None),
        (2, "maria", "Called", "add-note", "custom data or notes", 2, None),
    ]


def test_it_is_compared_with_what_came_otherwise(filled):
    """New records are counted by kind and origin, every kind with a line; what was not entered by hand is beside it."""
    counts = {row["kind"]: row for row in read(filled, "counts")}
    assert tuple(counts) == MANUAL_KINDS
    assert [counts["custom data or notes"][s] for s in SOURCES] == [3, 0, 0, 4, 0, 0]
    assert [counts["client"][s] for s in SOURCES] == [0, 2, 0, 6, 0, 0]
    assert [counts["support ticket"][s] for s in SOURCES] == [1, 0, 0, 1, 0, 0]
    assert (counts["custom data or notes"]["operators"], counts["support ticket"]["operators"]) == (2, 1)
    generated = filled.query("select sum(row_count) from history.changes where operation_id = 4 and table_name in ('invoices', 'transactions') and kind = 'insert'")[1][0][0]  # fmt: skip
    assert generated > 0
    assert counts["invoice or transaction"]["generation"] == generated
    for row in counts.values():
        assert row["total"] == sum(row[source] for source in SOURCES)


def test_every_new_record_is_counted_once(filled):
    """Law: the counts of all kinds and origins are all inserts into the tables that are counted."""
    names = ", ".join(f"'{name}'" for name in KIND_OF_TABLE)
    total = filled.query(f"select sum(row_count) from history.changes where kind = 'insert' and table_name in ({names})")[1][0][0]  # fmt: skip
    assert sum(row["total"] for row in read(filled, "counts")) == total


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        pytest.param({"operator": "maria"}, [2], id="one person"),
        pytest.param({"kind": "custom data or notes"}, [6, 2], id="one kind"),
        pytest.param({"kind": OTHER}, [8], id="of no kind"),
        pytest.param({"operator": "eve", "kind": "support ticket"}, [3], id="person and kind"),
        pytest.param({"operator": "nobody"}, [], id="nobody"),
        pytest.param({"operator": "' or 1=1 --"}, [], id="no SQL"),
    ],
)
def test_it_is_narrowed(filled, wanted, ids):
    """A person and a kind leave only their lines, in the requests and the rows as well."""
    assert [row["id"] for row in read(filled, "operations", **wanted)] == ids
    assert list(dict.fromkeys(row["operation_id"] for row in read(filled, "requests", **wanted))) == ids
    assert list(dict.fromkeys(row["operation_id"] for row in read(filled, "rows", **wanted))) == ids


def test_a_period_begins_and_ends_with_its_days(filled):
    """Both days belong to the period; a day before or after it finds nothing."""
    day = read(filled, "operations")[0]["applied_at"].date()
    assert len(read(filled, "operations", day, day)) == 4
    assert read(filled, "operations", day + timedelta(1), None) == []
    assert read(filled, "operations", None, day - timedelta(1)) == []
    assert all(row["total"] == 0 for row in read(filled, "counts", day + timedelta(1)))


def test_what_was_asked_for_is_there_to_be_drilled_into(filled):
    """Each request of each entry, as it was given."""
    found = [(row["operation_id"], row["request_row"], json.loads(row["request"]).get("body")) for row in read(filled, "requests", kind="custom data or notes")]  # fmt: skip
    assert found == [(6, 1, "c"), (2, 1, "a"), (2, 2, "b")]


def test_as_it_was(filled):
    """Looked at as of an operation, later ones are not there."""
    with filled.tables(3) as tables:
        assert [row["id"] for row in as_dicts(manual_entries(tables).operations)] == [3, 2]


@pytest.mark.parametrize(
    "wanted",
    [pytest.param({"kind": "clients"}, id="no kind"), pytest.param({"from_on": date(2026, 2, 1), "to_on": date(2026, 1, 1)}, id="backwards")],
)  # fmt: skip
def test_what_cannot_be_asked(book, wanted):
    """A kind that is none and a period that ends before it begins are refused with what would be allowed."""
    with book.tables() as tables, pytest.raises(UsageError):
        manual_entries(tables, **wanted)


def test_changes_are_of_the_kind_of_what_they_change():
    """Whatever changes a domain, a service, an order or an invoice is found under that kind, not only what adds one."""
    known = rules()
    assert {known[name].manual for name in ("edit-domain", "renew-domain", "remove-dns-record", "import-zone")} == {
        "domain name"
    }
    assert {known[name].manual for name in ("edit-service", "terminate-service")} == {"hosting account"}
    assert {known[name].manual for name in ("accept-order", "cancel-order", "mark-order-fraud")} == {"order"}
    assert {known[name].manual for name in ("edit-contact", "delete-client", "set-status")} == {"client"}
    words = ("domain", "service", "addon", "order", "ticket", "article", "note", "invoice", "contact")
    apart = {
        "mend",
        "enter-invoice-difference",
        "mark-invoice-paid",
        "renumber-invoice",
        "generate-invoices",
    }  # rules that reconcile, and runs
    assert [
        n for n, r in known.items() if not r.manual and n not in apart and any(w in n.split("-") for w in words)
    ] == []


def test_kinds_and_origins_are_known():
    """Every kind a rule says it is has a place in the list, each automatic rule is one, and each counted table is there."""
    assert {r.manual for r in rules().values() if r.manual} <= set(MANUAL_KINDS)
    assert set(KIND_OF_TABLE) <= set(all_tables())
    assert set(KIND_OF_TABLE.values()) == set(MANUAL_KINDS)
    assert BY_HAND not in AUTOMATIC.values()


def test_on_the_command_line(filled, tmp_path):
    """The record is printed, counted, answered as JSON and written to CSV and Excel."""
    out = run(filled, "entries")
    assert "Called" in out
    assert '"body":"c"' in run(filled, "entries", "--requests")
    assert "null" not in run(filled, "entries", "--requests")
    assert "Old system" not in out
    assert "Mistake" not in run(filled, "entries", "--operator", "maria")
    counts = json.loads(run(filled, "entries", "--counts", "--json"))
    assert next(row for row in counts if row["kind"] == "client")["import"] == 2
    came = json.loads(run(filled, "entries", "--rows", "--operator", "maria", "--json"))
    assert [(row["operation_id"], row["table_name"], row["change"], row["rows"]) for row in came] == [
        (2, "notes", "insert", 2)
    ]
    assert "There is no kind of entry" in run(filled, "entries", "--kind", "x", code=2)
    run(filled, "entries", "--requests", "--export", str(tmp_path / "e.csv"))
    with (tmp_path / "e.csv").open(encoding="utf-8", newline="") as file:
        assert [row["reason"] for row in csv.DictReader(file)] == ["Sorry", "Mistake", "Asked", "Called", "Called"]
    run(filled, "entries", "--export", str(tmp_path / "e.xlsx"))
    sheet = openpyxl.load_workbook(tmp_path / "e.xlsx").active
    assert [row[2] for row in sheet.iter_rows(values_only=True)] == ["operator", "eve", "eve", "eve", "maria"]


def test_on_the_screen(filled, monkeypatch):
    """The screen narrows, counts, opens an operation, refuses a period that is none, and hands over an Excel file."""
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)
    hand = Hand(shell.screen("operations/entries", book=filled))
    page = hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 50})
    assert [row["id"] for row in page["rows"]] == [8, 6, 3, 2]
    hand.submit(from_on="", to_on="", operator="maria", kind="")
    assert [row["id"] for row in hand.ask(hand.node(tag="co-grid"), "page", {"offset": 0, "limit": 50})["rows"]] == [2]
    hand.click("Excel")
    assert next(m for m in hand.sent if "download" in m)["download"] == "manual-entries.xlsx"
    hand.submit(from_on="2026-02-01", to_on="2026-01-01", operator="", kind="")
    assert "before it begins" in hand.text
    hand.say(
        {
            "h": next(
                n for n, w in hand.view._live.items() if w.key == hand.node(tag="co-grid").attributes["open"].key
            ),
            "v": 2,
        }
    )
    assert "Operation 2: Add note" in hand.text
