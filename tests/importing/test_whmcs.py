"""A WHMCS imported into a book: whole, undoable, and again and again."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clientops.book.book import Book
from clientops.core.plan import as_dicts
from clientops.importing.whmcs.rule import IMPORT_WHMCS, ImportWhmcs, import_report, import_whmcs
from clientops.schema.invariants import every_orphan_sql
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.books import OPERATOR, apply_by_hand, read_history, read_rows
from tests.builders import NOW, TODAY, money
from tests.importing.whmcs_books import attach, planned, reported, stage


def imported(book: Book, staging: Path, **request: Any) -> list[tuple[str, str, int]]:
    """Preview an import and apply it; tables and rows that it changed."""
    preview = book.preview(IMPORT_WHMCS, request, staging=staging, today=TODAY, now=NOW)
    assert preview.problems == ()
    return list(book.apply(preview, reason="test").counts) if preview.changes else []


def rows(book: Book, sql: str) -> list[tuple[Any, ...]]:
    return book.query(sql)[1]


def clients(*given: Mapping[str, Any]) -> dict[str, Sequence[Mapping[str, Any]]]:
    return {"tblclients": given}


def test_an_import_is_one_operation(empty_book, small_staging):
    """The WHMCS of data/ comes in whole, points at nothing that is not there, and comes in once."""
    book = empty_book
    preview = book.preview(IMPORT_WHMCS, {}, staging=small_staging, today=TODAY, now=NOW)
    told = dict(preview.summary)
    assert told["tblclients → clients"] == "read 5: 4 new, 0 changed, 0 unchanged, 1 problems"
    assert (
        told["Money in invoices, EUR"]
        == "read EUR 344.00, taken EUR 344.00, on problem rows EUR 0.00, difference EUR 0.00"
    )
    assert told["Money in invoices, JPY"] == "read JPY 1101, taken JPY 1101, on problem rows JPY 0, difference JPY 0"
    assert (
        told["Money in credit_entries, currency unknown"]
        == "read ? 1.25, taken ? 0.00, on problem rows ? 1.25, difference ? 0.00"
    )
    warned = {(warning.field, warning.code) for warning in preview.warnings}
    assert ("tblhosting.regdate", "left_empty") in warned
    assert ("tblclients", "text_repaired") in warned
    assert ("missing_parent", "not_taken") in warned
    book.apply(preview, reason="first")
    assert book.verify().is_clean
    assert rows(book, every_orphan_sql()) == []
    assert {code for code, *_ in book.check()} <= {"invoice_owed"}  # invoice 9 is paid by invoices 1 and 2
    assert rows(book, "select company_name, credit_balance from clients where id = 1") == [
        ("Lovelace & Söhne", money("23.50"))
    ]
    assert "hunter2" not in str(read_rows(book.path)) + str(read_history(book.path))
    again = book.preview(IMPORT_WHMCS, {}, staging=small_staging, today=TODAY, now=NOW)
    assert again.changes == ()
    assert dict(again.summary)["tblclients → clients"] == "read 5: 0 new, 0 changed, 4 unchanged, 1 problems"

    book.undo(1)
    assert rows(
        book,
        "select (select count(*) from clients), (select count(*) from import_problems), (select count(*) from source_ids)",
    ) == [(0, 0, 0)]
    book.apply_now(IMPORT_WHMCS, {}, staging=small_staging, today=TODAY, now=NOW)
    assert rows(book, "select list(id order by id) from clients") == [([1, 2, 4, 5],)]
    assert rows(book, every_orphan_sql()) == []
    assert book.verify().is_clean


def test_counts_are_those_of_the_report(small_staging):
    """The report is the one that the plan was made with; every difference is 0 and every count adds up."""
    tables = Tables.of()
    plan = planned(small_staging, tables)
    lines = reported(tables)
    for line in lines:
        assert line["read"] == line["new"] + line["changed"] + line["unchanged"] + line["problems"], line
        assert line["difference"] in (None, 0), line
    attach(other := Tables.of(), small_staging)
    requests = read_requests(ImportWhmcs, [{}]).relation(other._connection)
    lines.sort(key=lambda line: (line.pop("place"), line["currency"] or "~"))
    assert as_dicts(import_report(other, requests)) == lines
    staged = tables.query("select sum(\"rows\") from staging.reading where table_name = 'tblinvoices'").fetchall()
    assert staged == [(sum(line["read"] for line in lines if line["source_table"] == "tblinvoices"),)]
    assert len(plan.rows("invoices", "insert")) == sum(
        line["new"] for line in lines if line["table_name"] == "invoices"
    )


def test_a_second_import_brings_what_is_new_or_changed(empty_book, tmp_path):
    """New rows come in, changed ones change column by column, what is gone there stays here, and the rest is left alone."""
    book = empty_book
    first = clients({"id": 1, "firstname": "Ada"}, {"id": 2, "firstname": "Bob"}, {"id": 3, "firstname": "Cyd"})
    second = clients(
        {"id": 1, "firstname": "Ada", "city": "Bath"}, {"id": 2, "firstname": "Bob"}, {"id": 4, "firstname": "Dan"}
    )
    imported(book, stage(tmp_path / "1.duckdb", **first))
    apply_by_hand(book, ("clients", "update", [{"id": 1, "phone": "+4930"}, {"id": 2, "phone": "+4931"}]))
    assert imported(book, stage(tmp_path / "2.duckdb", **second)) == [
        ("clients", "insert", 1),
        ("clients", "update", 1),
    ]
    assert rows(book, "select id, first_name, city, phone from clients order by id") == [
        (1, "Ada", "Bath", "+4930"), (2, "Bob", None, "+4931"), (3, "Cyd", None, None), (4, "Dan", None, None),
    ]  # fmt: skip
    # What the second import left alone is still known as it came with the first.
    third = clients({"id": 1, "firstname": "Ada", "city": "Cork"})
    assert imported(book, stage(tmp_path / "3.duckdb", **third)) == [("clients", "update", 1)]
    assert rows(book, "select city, phone from clients where id = 1") == [("Cork", "+4930")]


def test_conflicts_are_named_and_not_overwritten(empty_book, tmp_path):
    """What changed on both sides is left as it is here, with both values in import_problems, until it is settled."""
    book = empty_book
    first = [{"id": n, "firstname": "A", "city": "A"} for n in range(1, 8)]
    imported(book, stage(tmp_path / "1.duckdb", tblclients=first))
    apply_by_hand(
        book,
        ("clients", "update", [{"id": 1, "first_name": "B"}, {"id": 2, "first_name": "B"}, {"id": 3, "first_name": "C"}, {"id": 4, "first_name": "B"}]),
        ("clients", "delete", [{"id": 5}, {"id": 6}]),
    )  # fmt: skip
    second = [
        {"id": 1, "firstname": "C", "city": "C"},  # both changed
        {"id": 2, "firstname": "A", "city": "C"},  # changed here, another column there
        {"id": 3, "firstname": "C", "city": "A"},  # both changed to the same
        {"id": 4, "firstname": "A", "city": "A"},  # changed here only
        {"id": 5, "firstname": "A", "city": "A"},  # deleted here
        {"id": 6, "firstname": "C", "city": "A"},  # deleted here, changed there
        {"id": 7, "firstname": "C", "city": "A"},  # changed there only
    ]
    path = stage(tmp_path / "2.duckdb", tblclients=second)
    imported(book, path)
    after = [(1, "B", "A"), (2, "B", "C"), (3, "C", "A"), (4, "B", "A"), (7, "C", "A")]
    assert rows(book, "select id, first_name, city from clients order by id") == after
    assert rows(book, "select source_table, source_id, field, code, message from import_problems order by id") == [
        ("tblclients", "1", "first_name", "conflict", "first_name is B here and C in the source, was A"),
        ("tblclients", "6", "id", "conflict", "deleted here, and changed in the source since the last import"),
    ]
    assert imported(book, path) == []

    assert imported(book, path, take_source=True) == [("clients", "update", 1), ("import_problems", "delete", 1)]
    assert rows(book, "select first_name, city from clients where id = 1") == [("C", "C")]
    assert rows(book, "select first_name from clients where id = 4") == [("B",)]


def test_money_changed_here_shows_as_a_difference(empty_book, tmp_path):
    """The sums of both sides are compared after the import, so a change made here is seen."""
    book = empty_book
    path = stage(tmp_path / "1.duckdb", tblclients=[{"id": 1, "credit": "10.00"}, {"id": 2, "credit": "5.00"}])
    imported(book, path)
    apply_by_hand(book, ("clients", "update", [{"id": 1, "credit_balance": "7.50"}]))
    told = dict(book.preview(IMPORT_WHMCS, {}, staging=path, today=TODAY, now=NOW).summary)
    assert (
        told["Money in clients, EUR"]
        == "read EUR 15.00, taken EUR 12.50, on problem rows EUR 0.00, difference EUR 2.50"
    )


def test_rows_that_are_mended_leave_the_problems(empty_book, tmp_path):
    """A row that can be taken now comes in, with those that waited for it; the others stay problems, once."""
    book = empty_book
    first = {
        "tblclients": [{"id": 1, "status": "Weird"}, {"id": 2, "credit": "x"}],
        "tblcontacts": [{"id": 1, "userid": 1}],
    }
    imported(book, stage(tmp_path / "1.duckdb", **first))
    assert rows(book, "select source_table, source_id, code from import_problems order by id") == [
        ("tblclients", "1", "unknown_value"), ("tblclients", "2", "bad_amount"), ("tblcontacts", "1", "missing_parent"),
    ]  # fmt: skip
    second = {"tblclients": [{"id": 1}, {"id": 2, "credit": "x"}], "tblcontacts": [{"id": 1, "userid": 1}]}
    imported(book, stage(tmp_path / "2.duckdb", **second))
    assert rows(book, "select id, source_id, code from import_problems") == [(2, "2", "bad_amount")]
    assert rows(book, "select id, client_id from contacts") == [(1, 1)]


def test_rows_numbered_here_are_found_again(empty_book, tmp_path):
    """Allocations have no number in WHMCS: they keep the one they were given, even if others came in between."""
    book = empty_book
    base = {"tblclients": [{"id": 1}], "tblinvoices": [{"id": 1, "total": "20.00"}]}
    pay = {"id": 1, "invoiceid": 1, "amountin": "5.00", "date": "2024-01-01"}
    imported(book, stage(tmp_path / "1.duckdb", **base, tblaccounts=[pay]))
    apply_by_hand(
        book,
        ("allocations", "insert", [{"id": 2, "transaction_id": 1, "invoice_id": 1, "amount": "0.01"}]),
        lenient=True,
    )
    more = [{**pay, "amountin": "6.00"}, {"id": 2, "invoiceid": 1, "amountin": "20.00", "date": "2024-01-02"}]
    path = stage(tmp_path / "2.duckdb", **base, tblaccounts=more)
    imported(book, path)
    assert rows(book, "select id, transaction_id, amount from allocations order by id") == [
        (1, 1, money(6)), (2, 1, money("0.01")), (3, 2, money(14)),
    ]  # fmt: skip
    # A payment that settles nothing any more: its allocation becomes nothing.
    cancelled = {**base, "tblinvoices": [{"id": 1, "total": "20.00", "status": "Cancelled"}]}
    imported(book, stage(tmp_path / "3.duckdb", **cancelled, tblaccounts=more))
    assert rows(book, "select sum(amount) from allocations where id in (1, 3)") == [(money(0),)]


def test_staff_notes_do_not_take_the_numbers_of_later_replies(empty_book, tmp_path):
    """Replies keep their numbers; notes, which count on their own in WHMCS, are numbered beyond any of WHMCS's."""
    book = empty_book
    base = {
        "tblclients": [{"id": 1}],
        "tbltickets": [{"id": 1, "userid": 1, "title": "x"}],
        "tblticketnotes": [{"id": 1, "ticketid": 1, "message": "n"}],
    }
    imported(book, stage(tmp_path / "1.duckdb", **base, tblticketreplies=[{"id": 1, "tid": 1, "message": "a"}]))
    more = [{"id": n, "tid": 1, "message": "a"} for n in (1, 2, 3)]
    assert imported(book, stage(tmp_path / "2.duckdb", **base, tblticketreplies=more)) == [
        ("ticket_replies", "insert", 2)
    ]
    assert rows(book, "select id, is_internal from ticket_replies order by id") == [
        (1, False), (2, False), (3, False), (2**32 + 1, True),
    ]  # fmt: skip


def test_numbers_that_are_taken_here(empty_book, tmp_path):
    """A row made here keeps its number: the source's row of that number is a problem, and so is what belongs to it."""
    book = empty_book
    apply_by_hand(
        book,
        ("currencies", "insert", [{"id": 1, "code": "USD"}, {"id": 7, "code": "EUR"}]),
        ("clients", "insert", [{"id": 1, "first_name": "Ours", "currency_id": 7}]),
    )
    path = stage(
        tmp_path / "1.duckdb",
        tblcurrencies=[{"id": 1, "code": "EUR", "default": 1}, {"id": 2, "code": "JPY"}, {"id": 7, "code": "KWD"}],
        tblclients=[{"id": 1}, {"id": 2}, {"id": 3, "currency": 2}, {"id": 4, "currency": 7}],
        tblcontacts=[{"id": 1, "userid": 1}, {"id": 2, "userid": 2}],
        tblaccounts=[{"id": 5, "userid": 1, "currency": 1, "amountin": "3.00"}],
    )
    imported(book, path)
    assert rows(book, "select source_table, source_id, code from import_problems order by id") == [
        ("tblclients", "1", "number_taken"), ("tblcontacts", "1", "missing_parent"),
    ]  # fmt: skip
    assert rows(book, "select id, first_name, currency_id from clients order by id") == [
        (1, "Ours", 7), (2, "Ada", 7), (3, "Ada", 2), (4, "Ada", 8),
    ]  # fmt: skip
    assert rows(book, "select id, code, minor_digits from currencies order by id") == [
        (1, "USD", 2),
        (2, "JPY", 0),
        (7, "EUR", 2),
        (8, "KWD", 3),
    ]
    assert rows(book, "select client_id, client_name, currency_id from transactions") == [
        (None, "Client 1 (deleted in WHMCS)", 7)
    ]
    assert imported(book, path) == []


def test_what_was_merged_here_goes_on_to_the_survivor(empty_book, tmp_path):
    """A client that was merged here stays merged; what WHMCS adds to it goes to the survivor."""
    book = empty_book
    both = {"tblclients": [{"id": 1}, {"id": 2}], "tblcontacts": [{"id": 1, "userid": 2}]}
    imported(book, stage(tmp_path / "1.duckdb", **both))
    apply_by_hand(
        book,
        ("contacts", "update", [{"id": 1, "client_id": 1}]),
        ("clients", "delete", [{"id": 2}]),
        ("merged_clients", "insert", [{"id": 1, "replaced_id": 2, "survivor_id": 1}]),
    )
    more = {
        **both,
        "tblcontacts": [{"id": 1, "userid": 2}, {"id": 2, "userid": 2}],
        "tblaccounts": [{"id": 1, "userid": 2, "amountin": "1.00"}],
    }
    path = stage(tmp_path / "2.duckdb", **more)
    imported(book, path)
    assert rows(book, "select id, client_id from contacts order by id") == [(1, 1), (2, 1)]
    assert rows(book, "select client_id, client_name from transactions") == [(1, None)]
    assert rows(book, "select count(*) from import_problems") == [(0,)]
    assert imported(book, path) == []


def test_what_was_deleted_here_stays_deleted(empty_book, tmp_path):
    """A client that was deleted here does not come back with the next import, and is no problem."""
    book = empty_book
    both = {
        "tblclients": [{"id": 1}, {"id": 2}],
        "tblcontacts": [{"id": 1, "userid": 2}],
        "tblaccounts": [{"id": 1, "userid": 2, "amountin": "1.00"}],
    }
    path = stage(tmp_path / "1.duckdb", **both)
    imported(book, path)
    apply_by_hand(
        book,
        ("contacts", "delete", [{"id": 1}]),
        ("clients", "delete", [{"id": 2}]),
        ("transactions", "update", [{"id": 1, "client_name": "Ada"}]),
    )
    assert imported(book, path) == []
    assert rows(book, "select client_id, client_name from transactions") == [(2, "Ada")]


def test_another_source_does_not_mix(empty_book, tmp_path):
    """Rows of one WHMCS are not taken for changes of another one's."""
    book = empty_book
    imported(book, stage(tmp_path / "1.duckdb", tblclients=[{"id": 1, "firstname": "One"}]), source="one")
    imported(book, stage(tmp_path / "2.duckdb", tblclients=[{"id": 1, "firstname": "Two"}]), source="two")
    assert rows(book, "select first_name from clients") == [("One",)]
    assert rows(book, "select source, code from import_problems") == [("two", "number_taken")]


@pytest.mark.parametrize(
    ("requests", "is_attached", "codes"),
    [
        pytest.param([{"time_zone": "Mars/Base"}], True, ["unknown_time_zone"], id="no such time zone"),
        pytest.param([{}, {}], True, ["one_at_a_time"], id="two at once"),
        pytest.param([{}], False, ["no_staging"], id="no staging file"),
    ],
)
def test_requests_that_cannot_be_done(small_staging, requests, is_attached, codes):
    """A request that cannot be done is refused before anything is read."""
    tables = Tables.of()
    if is_attached:
        attach(tables, small_staging)
    given = read_requests(ImportWhmcs, requests).relation(tables._connection)
    plan = import_whmcs(tables, given, today=TODAY, now=NOW)
    assert [problem.code for problem in plan.problem_list()] == codes
    assert plan.changes == ()


def test_a_book_of_an_import_works(empty_book_file, tmp_path):
    """What came in can be worked with: new numbers follow on those of WHMCS, and dates are dates."""
    book = Book(shutil.copy(empty_book_file, tmp_path / "b.duckdb"), operator=OPERATOR)
    path = stage(tmp_path / "1.duckdb", tblclients=[{"id": 900, "datecreated": "2020-02-29", "credit": "1.00"}])
    imported(book, path)
    from clientops.rules.credit.account_credit import RULES

    issue = next(rule for rule in RULES if rule.name == "issue-credit")
    book.apply_now(issue, {"client_id": 900, "amount": "2.00", "description": "x"}, today=TODAY, now=NOW)
    assert rows(book, "select credit_balance, created_on from clients") == [(money(3), date(2020, 2, 29))]
    assert imported(book, path) == []
