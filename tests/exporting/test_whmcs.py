"""What changed here, as files with WHMCS's columns."""

from __future__ import annotations

import csv
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from clientops.book.book import Book
from clientops.core.errors import UsageError
from clientops.exporting.whmcs import BY_HAND, export_whmcs, tables_left_here, write_left_here
from clientops.exporting.whmcs_known import both_sql, changed_sql
from clientops.exporting.whmcs_targets import LANGUAGE_NAMES, TARGETS
from clientops.importing.whmcs.mapping import LANGUAGES
from clientops.importing.whmcs.reading import MAPPINGS
from clientops.importing.whmcs.rule import IMPORT_WHMCS
from clientops.registry import rule
from tests.builders import tables
from tests.importing.whmcs_books import stage
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
        written = dict(export_whmcs(now, tmp_path / "out"))
    assert written == {"tblclients.csv": 3, "tblhosting.csv": 1, "tblticketdepartments.csv": 1}
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
    note = {"ticket_id": 1, "message": "Look at the disk", "is_internal": True}
    book.apply_now(rule("open-ticket"), {"client_id": 1, "subject": "Down", "message": "It is down"}, reason="x")
    book.apply_now(rule("reply-ticket"), note, reason="x")
    with book.tables() as now:
        assert tables_left_here(now) == [
            "currencies",
            "notes of tickets and replies that were numbered here",
        ]
        assert tables_left_here(now, since=now.query("select max(id) from history.operations").fetchall()[0][0]) == []


def test_each_row_that_does_not_go_back_is_named(book, tmp_path):
    """A file says of each what became of it and where it is entered; what came and went, or is as it was, is not there."""
    field = {"subject_kind": "client"}
    book.apply_now(rule("add-custom-field"), [{"name": name, **field} for name in ("Kept", "Gone")], reason="x")
    then = book.head()[0]
    book.apply_now(rule("edit-custom-field"), {"field_id": 1, "description": "Of old"}, reason="x")
    book.apply_now(rule("remove-custom-field"), {"field_id": 2}, reason="x")
    book.apply_now(rule("add-custom-field"), {"name": "New", **field}, reason="x")
    book.undo(
        book.apply_now(rule("add-custom-field"), {"name": "Undone", **field}, reason="x").operation_id, reason="x"
    )
    book.apply_now(rule("open-ticket"), {"client_id": 1, "subject": "Down", "message": "It is down"}, reason="x")
    book.apply_now(rule("reply-ticket"), {"ticket_id": 1, "message": "Look", "is_internal": True}, reason="x")
    with book.tables() as now:
        assert write_left_here(now, tmp_path / "by_hand.csv", since=then) == 4
        assert write_left_here(now, tmp_path / "none.csv", since=book.head()[0]) == 0
    assert not (tmp_path / "none.csv").exists()
    rows = read(tmp_path / "by_hand.csv")
    assert [(row["table"], row["id"], row["change"]) for row in rows] == [
        ("custom_fields", "1", "changed"), ("custom_fields", "2", "deleted"), ("custom_fields", "3", "new"),
        ("ticket_replies", "1", "new"),
    ]  # fmt: skip
    assert {row["entered_in"] for row in rows[:3]} == {BY_HAND["custom_fields"]}


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
    for sql in (changed_sql, both_sql):
        assert tables().query(sql(target, "operation_id <= 0")).fetchall() == []


def test_languages_have_whmcs_names():
    """Every language that an import understands goes back by its name."""
    assert {name: code for code, name in LANGUAGE_NAMES.items()} == LANGUAGES


def test_every_table_goes_back_or_by_hand():
    """No table that an import fills is forgotten, but for those that are ours or worked out from others."""
    ours = {"allocations", "communications", "article_placements", "order_items"}
    filled = {mapping.table for mapping in MAPPINGS}
    assert filled - ours == ({target.table for target in TARGETS} | set(BY_HAND)) - {"dns_records"}


def imported(book: Book, path: Path, city: str) -> int:
    """Import a WHMCS with one client, who lives there; the number of the operation."""
    path.unlink(missing_ok=True)
    staging = stage(path, tblclients=[{"id": 77, "city": city}])
    return book.apply_now(IMPORT_WHMCS, {"source": "whmcs", "time_zone": "Asia/Tokyo"}, staging=staging).operation_id


def test_an_import_that_was_undone_is_not_the_last_one(book, tmp_path):
    """What changed since the import that stands goes back, on its clock; what only the undone one brought does not."""
    imported(book, tmp_path / "s.duckdb", "Kyoto")
    edit = {"client_id": 1, "city": "Lisboa"}
    book.apply_now(rule("edit-client"), edit, reason="x")
    book.apply_now(rule("add-note"), {"client_id": 1, "body": "x"}, reason="x",
                   now=datetime(2026, 3, 1, 20, tzinfo=UTC))  # fmt: skip
    book.undo(imported(book, tmp_path / "s.duckdb", "Osaka"), reason="Wrong dump")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out")
    rows = [(row["id"], row["city"]) for row in read(tmp_path / "out" / "tblclients.csv")]
    assert rows == [("1", "Lisboa"), ("2", ""), ("3", "")], "never from WHMCS, or changed here; not client 77"
    assert read(tmp_path / "out" / "tblnotes.csv")[0]["created"] == "2026-03-02 05:00:00"
    book.undo(book.head()[0], reason="Right dump after all")
    with book.tables() as now:
        written = dict(export_whmcs(now, tmp_path / "again"))
    assert written["tblclients.csv"] == 3, "what a later import left alone still goes back"


def test_a_later_import_takes_nothing_from_what_goes_back(book, tmp_path):
    """What was changed or deleted here before it goes back all the same; what it brought itself does not."""
    imported(book, tmp_path / "s.duckdb", "Kyoto")
    book.apply_now(rule("edit-client"), {"client_id": 77, "phone": "+81312345678"}, reason="x")
    imported(book, tmp_path / "s.duckdb", "Osaka")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out")
    row = next(row for row in read(tmp_path / "out" / "tblclients.csv") if row["id"] == "77")
    assert (row["city"], row["phonenumber"]) == ("Osaka", "+81312345678")
    book.apply_now(rule("delete-client"), {"client_id": 77, "confirm_name": "Ada"}, reason="x")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "gone")
    assert {"table": "tblclients", "id": "77"} in read(tmp_path / "gone" / "deleted.csv")


def test_a_currency_has_the_number_that_it_has_there(tmp_path):
    """The book had EUR and USD under other numbers before; clients and payments go back with WHMCS's."""
    book = load_book(tmp_path / "b.duckdb", currencies=[{"id": 1, "code": "USD"}, {"id": 2, "code": "EUR"}])
    staging = stage(
        tmp_path / "s.duckdb", tblclients=[{"id": 5}], tblaccounts=[{"id": 9, "userid": 5, "amountin": "5"}]
    )
    book.apply_now(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging, reason="x")
    assert book.query("select currency_id from clients where id = 5")[1] == [(2,)]
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out", since=0)
    assert read(tmp_path / "out" / "tblclients.csv")[0]["currency"] == "1"
    assert read(tmp_path / "out" / "tblaccounts.csv")[0]["currency"] == "0", "that of its client"


def test_each_upgrade_of_an_invoice_has_its_own_line(tmp_path):
    """Two upgrades on one invoice go back as two lines, each with its own upgrade's number."""
    book = load_book(
        tmp_path / "b.duckdb",
        clients=[{"id": 1}],
        services=[{"id": 5, "client_id": 1}, {"id": 6, "client_id": 1}],
        invoices=[{"id": 3, "client_id": 1}, {"id": 4, "client_id": 1}],
        service_changes=[
            {"id": 31, "client_id": 1, "invoice_id": 4, "service_id": 6},
            {"id": 32, "client_id": 1, "invoice_id": 3, "service_id": 5},
            {"id": 33, "client_id": 1, "invoice_id": 3, "service_id": 6},
        ],
        invoice_items=[
            {"id": 8, "invoice_id": 3, "kind": "service", "service_id": 5},
            {"id": 9, "invoice_id": 3, "kind": "change", "service_id": 5},
            {"id": 10, "invoice_id": 3, "kind": "change", "service_id": 6},
        ],
    )
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out", since=0)
    rows = read(tmp_path / "out" / "tblinvoiceitems.csv")
    assert [(row["type"], row["relid"]) for row in rows] == [("Hosting", "5"), ("Upgrade", "32"), ("Upgrade", "33")]


def test_what_another_table_makes_of_a_row_goes_back(tmp_path):
    """Lines of an invoice that moved to another client, and a payment that was settled; as they are, and as they were."""
    book = load_book(
        tmp_path / "b.duckdb",
        clients=[{"id": 1}, {"id": 2}],
        services=[{"id": 5, "client_id": 1, "next_due_on": "2026-03-01"}],
        invoices=[{"id": 3, "client_id": 1, "status": "Unpaid", "due_on": "2026-02-01", "subtotal": "9", "total": "9"}],
        invoice_items=[
            {"id": 8, "invoice_id": 3, "kind": "service", "service_id": 5, "amount": "9", "unit_price": "9"}
        ],
        transactions=[{"id": 4, "client_id": 1, "kind": "payment", "amount_in": "9"}],
    )
    book.apply_now(rule("settle-payment"), {"transaction_id": 4, "client_id": 1, "invoice_ids": "3"}, reason="x")
    book.apply_now(rule("merge-clients"), {"replaced_id": 1, "survivor_id": 2}, reason="x")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out", since=1)

    def found(name: str, *columns: str) -> list[tuple[str, ...]]:
        rows = [read(tmp_path / "out" / place / f"{name}.csv") for place in ("before", "")]
        return [tuple(row[column] for column in columns) for (row,) in rows]

    assert found("tblinvoiceitems", "id", "userid") == [("8", "1"), ("8", "2")]
    assert found("tblaccounts", "userid", "invoiceid") == [("1", "0"), ("2", "3")]
    # What is due waits for the unpaid invoice; what is invoiced next does not.
    due = [("2026-02-01", "2026-03-01"), ("2026-03-01", "2026-03-01")]
    assert found("tblhosting", "nextduedate", "nextinvoicedate") == due


def test_new_products_are_named_and_others_go_back(tmp_path):
    """A product that WHMCS has goes there with its new name; one that it has not is for a person."""
    book = load_book(tmp_path / "b.duckdb")
    staging = stage(tmp_path / "s.duckdb", tblproducts=[{"id": 6, "name": "Gold", "type": "hostingaccount"}])
    book.apply_now(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging, reason="x")
    with book.tables() as now:
        assert tables_left_here(now) == ["currencies"]
    book.apply_now(rule("add-product"), {"name": "Silver", "kind": "hosting", "pay_kind": "free"}, reason="x")
    with book.tables() as now:
        assert tables_left_here(now) == ["currencies", "new products"]
        assert "tblproducts.csv" not in dict(export_whmcs(now, tmp_path / "out"))


def test_replies_have_numbers_that_whmcs_can_take(tmp_path):
    """Notes of tickets came with numbers beyond WHMCS's; a reply that is written here counts on from WHMCS's own."""
    book = load_book(tmp_path / "b.duckdb")
    staging = stage(
        tmp_path / "s.duckdb",
        tbltickets=[{"id": 4, "tid": "T1", "title": "Down", "status": "Open"}],
        tblticketreplies=[{"id": 70, "tid": 4, "message": "Hello"}],
        tblticketnotes=[{"id": 1, "ticketid": 4, "message": "Look at the disk"}],
    )
    book.apply_now(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging, reason="x")
    book.apply_now(rule("reply-ticket"), {"ticket_id": 4, "message": "Mended"}, reason="x")
    with book.tables() as now:
        export_whmcs(now, tmp_path / "out")
    assert [(row["id"], row["message"]) for row in read(tmp_path / "out" / "tblticketreplies.csv")] == [
        ("71", "Mended")
    ]
    staging = stage(tmp_path / "s2.duckdb", tblticketnotes=[{"id": 2, "ticketid": 4, "message": "Done"}])
    book.apply_now(IMPORT_WHMCS, {"source": "whmcs"}, staging=staging, reason="x")
    assert book.query("select id - power(2, 32)::bigint from ticket_replies where is_internal order by id")[1] == [
        (1,),
        (2,),
    ]
