"""Spreadsheets of other programs: how they are understood, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.core.errors import UsageError
from clientops.importing.spreadsheet import KINDS, load_mapping, match_headings, read_spreadsheet, synonyms
from clientops.importing.tabular import read_text_table
from clientops.registry import rule, rules
from clientops.rules.clients.clients import AddClient
from clientops.rules.credit.account_credit import IssueCredit
from clientops.schema.requests import read_requests
from tests.loading import load_book

DATA = Path(__file__).parents[2] / "data"


@pytest.mark.parametrize(
    ("name", "kind", "delimiter", "encoding", "mark", "order"),
    [
        pytest.param("credits.csv", "credit", ",", "utf-8", "point", "ymd", id="English credits"),
        pytest.param("gutschriften.csv", "credit", ";", "cp1252", "comma", "ymd", id="German credits"),
        pytest.param("credits_fr.csv", "credit", ";", "utf-8", "comma", "ymd", id="French credits"),
        pytest.param("clients.csv", "clients", ",", "utf-8", "point", "ymd", id="English clients"),
        pytest.param("kunden.csv", "clients", ";", "cp1252", "comma", "dmy", id="German clients"),
        pytest.param("clientes.csv", "clients", ",", "utf-8", "point", "dmy", id="Spanish clients"),
        pytest.param("clients.xlsx", "clients", "", "", "point", "ymd", id="Excel clients"),
        pytest.param("payments.csv", "transactions", ",", "utf-8", "point", "ymd", id="payments"),
    ],
)
def test_the_files_in_data_are_understood_whole(name, kind, delimiter, encoding, mark, order):
    """Every column of a sample file finds its field, in four languages, and every value can be read."""
    table = read_text_table(DATA / name)
    model = rule(KINDS[kind]).request
    rows, reading = read_spreadsheet(table, model, billed_in=lambda _client: "EUR")
    assert (table.delimiter, table.encoding, reading.decimal_mark, reading.date_order) == (
        delimiter,
        encoding,
        mark,
        order,
    )
    assert reading.left_out == ()
    assert read_requests(model, rows).problems == ()


def test_amounts_and_dates_of_a_german_file():
    """1.010,50 € is 1010.50, and 31.01.2024 is the last day of January."""
    rows, _ = read_spreadsheet(read_text_table(DATA / "gutschriften.csv"), IssueCredit, billed_in=lambda _client: "EUR")
    assert rows.column("amount").to_pylist() == ["1010.50", "10.00"]
    rows, _ = read_spreadsheet(read_text_table(DATA / "kunden.csv"), AddClient)
    read = read_requests(AddClient, rows).rows
    assert read.column("created_on").to_pylist() == [date(2024, 1, 31), date(2023, 10, 15)]
    assert read.column("country").to_pylist() == ["DE", "DE"]
    assert read.column("phone").to_pylist() == ["+492215550123", "+49895550456"]
    assert read.column("address1").to_pylist() == ["Hauptstraße 7", "Mühlweg 3"]


def test_a_file_and_a_form_are_checked_alike():
    """The same wrong values are refused with the same sentences, whether they come as a file or one by one."""
    rows, _ = read_spreadsheet(read_text_table(DATA / "clients_bad.csv"), AddClient)
    as_file, as_forms = read_requests(AddClient, rows), read_requests(AddClient, rows.to_pylist())
    assert as_file.problems == as_forms.problems
    assert {problem.field for problem in as_file.problems} == {"email", "phone", "country", "currency", "created_on"}
    assert as_file.rows.equals(as_forms.rows)


def test_cells_of_excel_are_what_they_show(tmp_path):
    """Worked-out numbers have no dust, real dates stand beside typed ones, and typed amounts beside real ones."""
    path, book = tmp_path / "t.xlsx", Workbook()
    for row in (
        ["client_id", "amount", "paid_on", "reference"],
        [12.0, 19.99 * 3, datetime(2026, 11, 3), "a"],
        [15, "1.234,50", "30.11.2026", "b"],
        [16, 1e-05, date(2026, 11, 3), "c"],
        [17, 1.234, date(2026, 11, 3), "d"],
    ):
        book.active.append(row)
    book.save(path)
    model = rule("record-payment").request
    rows, reading = read_spreadsheet(read_text_table(path), model)
    assert (reading.decimal_mark, reading.date_order) == ("comma", "dmy"), "one typed amount tells, not Excel's own"
    assert rows.column("client_id").to_pylist() == ["12", "15", "16", "17"]
    assert rows.column("amount").to_pylist() == ["59.97", "1234.50", "0.00001", "1.2340"]
    assert rows.column("paid_on").to_pylist() == ["2026-11-03", "2026-11-30", "2026-11-03", "2026-11-03"]


def test_headings_can_be_given():
    """A heading that is not understood is left out until the person says what it is."""
    headings = ["Konto", "amount", "description"]
    assert match_headings(headings, IssueCredit, {}) == {"amount": "amount", "description": "description"}
    assert match_headings(headings, IssueCredit, {"Konto": "client_id"})["Konto"] == "client_id"
    assert "amount" not in match_headings(headings, IssueCredit, {"amount": ""})
    with pytest.raises(UsageError, match="no column 'Nope'"):
        match_headings(headings, IssueCredit, {"Nope": "amount"})
    with pytest.raises(UsageError, match="no field 'nope'"):
        match_headings(headings, IssueCredit, {"Konto": "nope"})
    with pytest.raises(UsageError, match="both mean amount"):
        match_headings(["Betrag", "Summe"], IssueCredit, {})


def test_every_synonym_names_a_field_of_a_rule():
    """No line of the list of headings is about a field that does not exist."""
    fields = {name for known in rules().values() for name in known.request.model_fields}
    assert {name for names in synonyms().values() for name in names} <= fields


def test_import_on_the_command_line(tmp_path, monkeypatch):
    """The columns are shown, a mapping is kept and used again, problems go to a file with the file's own columns."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    path, file = tmp_path / "book.duckdb", tmp_path / "in.csv"
    load_book(path, clients=[{"id": 12}, {"id": 15}])
    file.write_text("Konto;Betrag;Text\n12;10,50;x\n99;1,00;y\n", encoding="utf-8")

    def run(*words, code=0):
        result = CliRunner().invoke(
            app, ["--book", str(path), "import", "csv", str(file), *words], env={"COLUMNS": "200"}
        )
        assert result.exit_code == code, result.output
        return result.output

    out = run("--as", "credit", "--map", "Konto=client_id", "--save-mapping", "bank", "-r", "x",
              "--problems", str(tmp_path / "bad.csv"), code=1)  # fmt: skip
    for text in ("semicolons between values, utf-8", "decimal comma", "Konto", "client_id", "there is no client 99"):
        assert text in out
    assert (tmp_path / "bad.csv").read_text(encoding="utf-8-sig").splitlines() == [
        "Konto,Betrag,Text,problem",
        '99,"1,00",y,there is no client 99',
    ]
    assert load_mapping("bank")["columns"]["Konto"] == "client_id"
    file.write_text("Konto;Betrag;Text\n12;10,50;x\n", encoding="utf-8")
    run("--as", "credit", "--mapping", "bank", "-r", "x")
    assert Book(path).query("select credit_balance from clients where id = 12")[1] == [(10.5,)]
    assert "There is no saved mapping 'nope'; there are bank" in run("--as", "credit", "--mapping", "nope", code=2)
    assert "must be one of comma, point" in run("--as", "credit", "--decimal", "dot", code=2)
    assert "did you mean" in run("--as", "issue-credits", code=2)
    # What is guessed of a file is said with an example; many columns that mean nothing do not hide those that do.
    wide = ";".join(f"col{number}" for number in range(200))
    file.write_bytes(f"Text;{wide};client_id;amount\nΓιώργος Παπαδόπουλος;{';' * 199};12;5\n".encode("cp1253"))
    out = run("--as", "credit", "--dry-run")
    assert "does not say its encoding; cp1253 makes it 'Γιώργος'" in out
    assert "and 188 more columns are left out, to 'col199'" in out
    assert len(out.splitlines()) < 40
    assert "does not say" not in run("--as", "credit", "--dry-run", "--encoding", "cp1253")
    file.write_text("Ada,Lovelace\nBob,Smith\n", encoding="utf-8")
    assert "its first line must be headings" in run("--as", "clients", "--dry-run", code=2)


def test_a_heading_that_stands_twice_is_asked_about_where_it_means_something(tmp_path):
    """The first of two amounts is not taken silently; other columns may stand there as often as they like."""
    path = tmp_path / "two.csv"
    path.write_text("client_id,amount,Amount,description,x,x\n1,2,3,why,,\n", encoding="utf-8")
    table = read_text_table(path)
    assert table.repeated == {"Amount_1": "amount", "x_1": "x"}
    with pytest.raises(UsageError, match="The heading 'amount' stands there twice, and means amount; the second"):
        read_spreadsheet(table, IssueCredit)
    assert read_spreadsheet(table, IssueCredit, given={"Amount_1": ""})[0].column("amount").to_pylist() == ["2"]
    chosen = {"amount": "", "Amount_1": "amount"}
    assert read_spreadsheet(table, IssueCredit, given=chosen)[0].column("amount").to_pylist() == ["3"]
