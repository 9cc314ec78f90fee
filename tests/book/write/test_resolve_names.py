"""Whom and what requests name: by number, old number, e-mail, name or company."""

import json
from datetime import date
from decimal import Decimal

import pytest

from clientops.book.book import Book
from clientops.book.write.resolve_names import AS_WRITTEN, find_rows
from clientops.core.errors import RefusedError
from clientops.registry import rule, rules
from clientops.schema.request_fields import picked_table
from clientops.schema.requests import read_requests

PEOPLE = (
    {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "company_name": "Engines Ltd"},
    {"first_name": "Grace", "last_name": "Hopper", "email": "grace@example.com"},
    {"first_name": "Grace", "last_name": "Hopper", "email": "hopper@example.org", "company_name": "Navy"},
    {"first_name": "Zoë", "last_name": "Müller", "email": "zoe@example.com"},
)


@pytest.fixture
def book(tmp_path):
    """Four clients, two of whom have one name."""
    book = Book.create(tmp_path / "named.duckdb", operator="maria")
    book.apply_now(rule("add-currency"), {"code": "EUR"})
    book.apply_now(rule("add-client"), [{**person, "currency": "EUR", "country": "DE"} for person in PEOPLE])
    return book


def do(book, name, **fields):
    """Preview and apply; the receipt."""
    preview = book.preview(rule(name), fields)
    return book.apply(preview, reason="test")


def credit(book):
    """Credit of each client who has any."""
    return dict(book.query("select id, credit_balance from clients where credit_balance <> 0 order by id")[1])


@pytest.mark.parametrize(
    ("given", "number"),
    [
        pytest.param("2", 2, id="number"),
        pytest.param("#2", 2, id="number as lists show it"),
        pytest.param("ADA@example.com ", 1, id="e-mail in whatever case"),
        pytest.param("ada lovelace", 1, id="name"),
        pytest.param("Lovelace, Ada", 1, id="surname first"),
        pytest.param("engines ltd", 1, id="company"),
        pytest.param("Zoe Muller", 4, id="without accents"),
        pytest.param("Lovelace", 1, id="a word of one client only"),
    ],
)
def test_a_client_is_found_by_what_people_write(book, given, number):
    """Number, e-mail, name and company find the one client that has it."""
    do(book, "issue-credit", client_id=given, amount="5", description="Outage")
    assert credit(book) == {number: Decimal(5)}


@pytest.mark.parametrize(
    ("given", "code", "said"),
    [
        pytest.param("nobody@example.com", "unknown_name", "finds no client; give its number, e-mail", id="nobody"),
        pytest.param("Lovel", "unknown_name", "finds no client", id="part of a word"),
        pytest.param("Grace Hopper", "ambiguous_name", "names 2 clients: client 2 (Grace Hopper, grace@example.com), client 3", id="two"),
        pytest.param("1.5", "bad_value", "is not a whole number", id="no number"),
    ],
)  # fmt: skip
def test_what_finds_no_single_client_is_a_problem(book, given, code, said):
    """The candidates are named where there are several; nothing is changed."""
    preview = book.preview(rule("issue-credit"), {"client_id": given, "amount": "5", "description": "Outage"})
    assert [(p.row, p.field, p.code) for p in preview.problems] == [(1, "client_id", code)]
    assert said in preview.problems[0].message
    with pytest.raises(RefusedError):
        book.apply_now(rule("issue-credit"), {"client_id": given, "amount": "5", "description": "Outage"})
    assert credit(book) == {}


def test_all_rows_are_looked_up_and_all_problems_told(book):
    """Good and bad names in one table: each row has its own client or its own problem."""
    rows = [
        {"client_id": who, "amount": "5", "description": "x"}
        for who in ("ada@example.com", 2, "x@y.org", "zoe@example.com")
    ]
    assert [(p.row, p.code) for p in book.preview(rule("issue-credit"), rows).problems] == [(3, "unknown_name")]
    book.apply_now(rule("issue-credit"), rows, only_good=True)
    assert credit(book) == {1: 5, 2: 5, 4: 5}


def test_an_email_column_names_the_client(book):
    """Where a rule wants a client and has no field for an address, the column names the client."""
    do(book, "issue-credit", email="ada@example.com", amount="5", description="x")
    assert credit(book) == {1: Decimal(5)}


def test_an_old_number_is_its_survivor(book):
    """The preview and the receipt say whom it became, through all merges; the operation keeps it."""
    first = do(book, "merge-clients", replaced_id=1, survivor_id=2).operation_id
    preview = book.preview(rule("issue-credit"), {"client_id": 1, "amount": "5", "description": "x"})
    said = f"client 1 was merged into client 2 by operation {first}; applied to client 2"
    assert [(w.row, w.field, w.code, w.message) for w in preview.warnings] == [(1, "client_id", "merged_client", said)]
    book.apply(preview, reason="test")
    second = do(book, "merge-clients", replaced_id=2, survivor_id=3).operation_id
    receipt = do(book, "issue-credit", client_id=1, amount="7", description="x")
    said = (
        f"client 1 was merged into client 2 by operation {first}, client 2 was merged into client 3 by operation "
        f"{second}; applied to client 3"
    )
    assert [note.message for note in receipt.warnings] == [said]
    assert credit(book) == {3: Decimal(12)}
    assert json.loads(book.query(f"select details from history.operations where id = {receipt.operation_id}")[1][0][0])[
        "notes"
    ] == [said]


def test_the_address_of_a_merged_client_finds_the_survivor(book):
    """Its last address stands in the history only; the note says what happened."""
    do(book, "merge-clients", replaced_id=1, survivor_id=2)
    preview = book.preview(rule("issue-credit"), {"client_id": "ada@example.com", "amount": "5", "description": "x"})
    assert "merged into client 2" in preview.warnings[0].message
    book.apply(preview, reason="test")
    assert credit(book) == {2: Decimal(5)}


def test_after_an_unmerge_the_number_is_its_own_again(book):
    """Nothing is redirected any more."""
    merge = do(book, "merge-clients", replaced_id=1, survivor_id=2).operation_id
    book.undo(merge)
    preview = book.preview(rule("issue-credit"), {"client_id": 1, "amount": "5", "description": "x"})
    assert not preview.warnings
    book.apply(preview, reason="test")
    assert credit(book) == {1: Decimal(5)}


def test_every_rule_that_names_a_client_takes_an_old_number(book):
    """Of each rule each field that picks clients, but for those that mean the merged client itself."""
    do(book, "merge-clients", replaced_id=1, survivor_id=2)
    checked = 0
    with book.tables() as tables:
        for known in rules().values():
            for name, info in known.request.model_fields.items():
                extra = info.json_schema_extra
                if picked_table(info) != "clients" or (isinstance(extra, dict) and extra.get(AS_WRITTEN)):
                    continue
                read = read_requests(known.request, [{name: "1"}])
                found = find_rows(tables, read)
                assert found.rows.column(name).to_pylist() == [2], (known.name, name)
                assert [note.field for note in found.notes] == [name], (known.name, name)
                checked += 1
    assert checked > 35


def test_other_rows_are_found_by_what_they_are_known_by(book):
    """An invoice by the number that is printed; one that does not exist is a problem."""
    do(book, "create-invoice", client_id=1, description="Hosting", unit_price="10", issued_on=str(date.today()))
    number = book.query("select number from invoices")[1][0][0]
    if number:
        assert book.preview(rule("cancel-invoice"), {"invoice_id": number}).is_applicable
    preview = book.preview(rule("cancel-invoice"), {"invoice_id": "INV-none"})
    assert [(p.field, p.code) for p in preview.problems] == [("invoice_id", "unknown_name")]
