"""The commands of reconciliation and statements: what they answer, write and refuse."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from openpyxl import load_workbook

from clientops.book.book import Book
from tests.loading import load_book
from tests.rules.money_book import invoice
from tests.test_cli import REFUSED, USAGE, run

SAMPLES = Path(__file__).parents[1] / "data" / "statements"
STATEMENT = (
    "Date,Amount,Currency,Name,Description,Reference,Balance\n"
    "2026-11-02,30.00,EUR,Ada Lovelace,Invoice N-4711,X1,130.00\n2026-11-03,-20.00,EUR,Landlord,Rent,X2,110.00\n"
)


@pytest.fixture
def path(tmp_path):
    """A book with two drifted balances, a doubled number and an open invoice of 30."""
    file = tmp_path / "book.duckdb"
    load_book(
        file,
        clients=[{"id": 1, "credit_balance": 5}, {"id": 2, "credit_balance": 7}],
        invoices=[invoice(1, total="30", number="N-4711"), invoice(2, client_id=2, number="N-4711")],
        invoice_items=[{"id": 1, "invoice_id": 1, "amount": 30}, {"id": 2, "invoice_id": 2, "amount": 10}],
    )
    return file


def kinds(path, *words):
    return [(row["kind"], row["row_id"]) for row in json.loads(run(path, "--json", "reconcile", *words))]


def test_reconcile_shows_filters_and_writes(path, tmp_path):
    """All, a family, a kind, a client, as of then; as a table, JSON, CSV and Excel."""
    everything = [("drifted_balance", 1), ("drifted_balance", 2), ("number_twice", 2)]
    assert kinds(path) == everything
    assert kinds(path, "credit") == everything[:2]
    assert kinds(path, "number-twice") == everything[2:]
    assert kinds(path, "--client", "1") == everything[:1]
    assert kinds(path, "--as-of", "0") == []
    out = run(path, "reconcile")
    assert "client 1 has a credit of EUR 5.00, the credit log says EUR 0.00" in out
    assert "3 differences; 3 can be mended" in out
    run(path, "reconcile", "invoices", "-o", tmp_path / "d.csv")
    (row,) = list(csv.DictReader((tmp_path / "d.csv").open()))
    assert (row["kind"], row["mend_rule"], row["amount"]) == ("number_twice", "renumber-invoice", "10.0000")
    run(path, "reconcile", "-o", tmp_path / "d.xlsx")
    assert load_workbook(tmp_path / "d.xlsx").worksheets[0].max_row == 4
    assert "There is no kind of difference 'nonsense'" in run(path, "reconcile", "nonsense", code=USAGE)


def test_mend_is_one_operation_and_one_undo(path):
    """Several rules in one operation, after a look at it; undone together."""
    assert "Say what to mend" in run(path, "reconcile", "mend", code=USAGE)
    out = run(path, "reconcile", "mend", "--all", "--dry-run")
    assert "Enter difference in credit log: 2" in out
    assert "Give invoice another number: 1" in out
    run(path, "reconcile", "mend", "--all", "--reason", "month end")
    assert "Everything agrees." in run(path, "reconcile")
    assert "There is nothing here that can be mended" in run(
        path, "reconcile", "mend", "--all", "--reason", "x", code=USAGE
    )
    assert Book(path).head()[0] == 2
    run(path, "undo", "2", "--reason", "test")
    assert len(kinds(path)) == 3


def test_mend_some(path):
    """A kind, or a difference by its number."""
    number = json.loads(run(path, "--json", "reconcile", "credit"))[0]["id"]
    run(path, "reconcile", "mend", number, "--reason", "one")
    assert kinds(path) == [("drifted_balance", 2), ("number_twice", 2)]
    run(path, "reconcile", "mend", "number-twice", "--reason", "kind")
    assert kinds(path) == [("drifted_balance", 2)]


def test_sign_off_and_what_breaks_it(path):
    """A period is signed off; the list says who, what was open, and whether it holds."""
    run(path, "--operator", "maria", "reconcile", "sign-off", "--period", "2026-10", "--note", "done")
    (row,) = json.loads(run(path, "--json", "reconcile", "sign-offs"))
    assert (row["operator"], row["open_count"], row["open_amounts"], row["state"]) == ("maria", 2, "12.00 EUR", "holds")
    assert "2026-10-01 to 2026-10-31 reconciled by maria" in run(path, "reconcile", "sign-offs")
    assert "is not a period" in run(path, "reconcile", "sign-off", "--period", "October", code=USAGE)
    assert "is not over" in run(path, "reconcile", "sign-off", "--period", "2099", code=REFUSED)


def test_statement_comes_in_once_and_is_matched(path, tmp_path):
    """A file is kept; its sure line is accepted in one operation; the other is set aside; the file is not taken twice."""
    file = tmp_path / "november.csv"
    file.write_text(STATEMENT)
    assert "2 lines in EUR, 100.00 to 110.00" in run(path, "import", "statement", file)
    assert "was taken already" in run(path, "import", "statement", file, code=REFUSED)
    found = json.loads(run(path, "--json", "statement", "match"))
    assert [(row["line_id"], row["client_id"], row["invoice_ids"]) for row in found if row["rank"] == 1][:1] == [
        (1, 1, [1])
    ]
    assert "names invoice N-4711" in run(path, "statement", "match")
    run(path, "statement", "accept", "--sure", "85", "--reason", "matched")
    assert Book(path).query("select status from invoices where id = 1")[1] == [("Paid",)]
    assert "There is no suggestion 1 for line 2" in run(path, "statement", "accept", "2", "--reason", "x", code=USAGE)
    run(path, "statement", "aside", "2", "Office rent")
    assert "Every line is matched." in run(path, "statement", "match")
    (listed,) = json.loads(run(path, "--json", "statement", "list"))
    assert (listed["lines"], listed["open_lines"]) == (2, 0)
    run(path, "undo", "3", "--reason", "test")
    assert Book(path).query("select status from invoices where id = 1")[1] == [("Unpaid",)]


def test_statement_of_another_bank_by_a_saved_mapping(path, tmp_path, monkeypatch):
    """What headings mean is said once and kept."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    first, second = tmp_path / "a.csv", tmp_path / "b.csv"
    first.write_text("When;Sum;Who\n03.09.2026;5,00;Ada\n")
    second.write_text("When;Sum;Who\n04.09.2026;6,00;Ada\n")
    assert "no row has headings" in run(path, "import", "statement", first, code=USAGE)
    says = ["--map", "When=booked_on", "--map", "Sum=amount", "--map", "Who=payer_name", "--currency", "eur"]
    run(path, "import", "statement", first, *says, "--save-mapping", "mybank")
    run(path, "import", "statement", second, "--mapping", "mybank")
    assert Book(path).query("select booked_on::varchar, amount, payer_name from statement_lines order by id")[1] == [
        ("2026-09-03", 5, "Ada"), ("2026-09-04", 6, "Ada"),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["bank.mt940", "paypal.csv"])
def test_samples_can_be_brought_in(path, name):
    """Samples of the README come in."""
    run(path, "import", "statement", SAMPLES / name)
    assert Book(path).query("select count(*) from statement_lines")[1][0][0] > 0
