"""Spreadsheets of other programs: how they are understood, and what is refused."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path

import pytest
from openpyxl import Workbook
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.errors import UsageError
from clientops.importing.spreadsheet import (
    KINDS,
    load_mapping,
    match_headings,
    plain_amount,
    plain_date,
    read_spreadsheet,
    sniff_date_order,
    sniff_decimal_mark,
    synonyms,
)
from clientops.importing.tabular import read_text_table
from clientops.operations import rule, rules
from clientops.requests import read_requests
from clientops.rules.clients import AddClient
from clientops.rules.credit import IssueCredit
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
    rows, reading = read_spreadsheet(table, model)
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
    rows, _ = read_spreadsheet(read_text_table(DATA / "gutschriften.csv"), IssueCredit)
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


@pytest.mark.parametrize(
    ("text", "mark", "plain"),
    [
        pytest.param("1,234.50", "point", "1234.50", id="English thousands"),
        pytest.param("1.234,50", "comma", "1234.50", id="German thousands"),
        pytest.param("1 234,50 €", "comma", "1234.50", id="French, narrow spaces and a sign"),
        pytest.param("CHF 1'234.50", "point", "1234.50", id="Swiss"),
        pytest.param("-5", "point", "-5", id="negative"),
        pytest.param("1.234.567", "comma", "1234567", id="thousands only"),
        pytest.param("ten", "point", "ten", id="no amount stays as it is"),
        pytest.param("1,23", "point", "1,23", id="the other mark stays as it is"),
        pytest.param("", "point", "", id="empty"),
        pytest.param("\u221212,50", "comma", "-12.50", id="a minus that is no hyphen"),
        pytest.param("12,50-", "comma", "-12.50", id="a minus behind"),
        pytest.param("- EUR 12,50", "comma", "-12.50", id="a minus before the currency"),
        pytest.param("$-1,234.50", "point", "-1234.50", id="a minus after the currency"),
        pytest.param("(1,234.50)", "point", "-1234.50", id="brackets are a minus"),
        pytest.param("5,00 S", "comma", "-5.00", id="Soll"),
        pytest.param("5,00 H", "comma", "5.00", id="Haben"),
        pytest.param("5.00 DR", "point", "-5.00", id="debit"),
        pytest.param("500.00 Rs.", "point", "500.00", id="a currency with a point"),
        pytest.param("--5", "point", "--5", id="two signs"),
        pytest.param("(5", "point", "(5", id="half a bracket"),
        pytest.param("1x,09", "comma", "1x,09", id="a letter among the digits"),
        pytest.param("12O.00", "point", "12O.00", id="the letter O for a zero"),
        pytest.param("1e5", "point", "1e5", id="an exponent is not read as 15"),
    ],
)
def test_plain_amount(text, mark, plain):
    """Amounts of people in other countries become plain ones, and what is none is left for the rule to refuse."""
    assert plain_amount(text, mark) == plain


@pytest.mark.parametrize(
    ("text", "order", "plain"),
    [
        pytest.param("31.01.2024", "dmy", "2024-01-31", id="German"),
        pytest.param("1/31/2024", "mdy", "2024-01-31", id="American"),
        pytest.param("03/04/2024", "dmy", "2024-04-03", id="day first"),
        pytest.param("03/04/2024", "mdy", "2024-03-04", id="month first"),
        pytest.param("2024-02-29", "dmy", "2024-02-29", id="year first, whatever the order"),
        pytest.param("29.02.2023", "dmy", "29.02.2023", id="no such day stays as it is"),
        pytest.param("30 February 2025", "dmy", "30 February 2025", id="no such day in words"),
        pytest.param("3 March 2025", "mdy", "2025-03-03", id="in words"),
        pytest.param("soon", "dmy", "soon", id="no date"),
    ],
)
def test_plain_date(text, order, plain):
    """Dates of people in other countries become plain ones, and what is none is left for the rule to refuse."""
    assert plain_date(text, order) == plain


def test_marks_and_orders_are_sniffed_from_the_values():
    """One telling value decides; where none tells, the comma goes with the semicolon and the day comes first."""
    assert sniff_decimal_mark(["10", "1.234,50"]) == "comma"
    assert sniff_decimal_mark(["10", "1,234.50"]) == "point"
    assert (sniff_decimal_mark(["10"], ";"), sniff_decimal_mark(["10"], ",")) == ("comma", "point")
    assert sniff_date_order(["03/04/2024", "03/14/2024"]) == "mdy"
    assert sniff_date_order(["03/04/2024"]) == "dmy"
    assert sniff_date_order(["2024-04-03"]) == "ymd"
    assert sniff_date_order(["2024-04-03", "30.11.2024"]) == "dmy"
    assert sniff_date_order(["2024-04-30", "11/30/2024"]) == "mdy"
    assert sniff_date_order(["24.10.2026", "31.13.2026", "25.10.2026"]) == "dmy"


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
    rows, reading = read_spreadsheet(read_text_table(path), model, decimal_mark="comma")
    assert reading.date_order == "dmy"
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


@pytest.mark.parametrize(
    ("content", "delimiter", "encoding"),
    [
        pytest.param("client_id,amount\n1,2\n", ",", "utf-8", id="commas"),
        pytest.param("client_id;amount\n1;2,5\n", ";", "utf-8", id="semicolons with commas inside"),
        pytest.param("client_id\tamount\n1\t2\n", "\t", "utf-8", id="tabs"),
        pytest.param("client_id|amount\n1|2\n", "|", "utf-8", id="bars"),
        pytest.param("\ufeffclient_id,amount\n1,2\n", ",", "utf-8", id="byte order mark"),
    ],
)
def test_delimiters(tmp_path, content, delimiter, encoding):
    """The delimiter is the one the headings use."""
    path = tmp_path / "t.csv"
    path.write_text(content, encoding="utf-8")
    table = read_text_table(path)
    assert (table.delimiter, table.encoding, table.rows.column_names) == (delimiter, encoding, ["client_id", "amount"])


def test_utf16_and_line_breaks_in_values(tmp_path):
    """What Excel calls Unicode text is read, and a line break inside quotes stays in its value."""
    path = tmp_path / "t.csv"
    path.write_text('client_id\tdescription\n1\t"two\nlines 名前"\n', encoding="utf-16")
    assert read_text_table(path).rows.to_pylist() == [{"client_id": "1", "description": "two\nlines 名前"}]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        pytest.param("t.csv", b"", "is empty", id="empty"),
        pytest.param("t.xlsx", b"PK nonsense", "cannot be read as an Excel file", id="no Excel file"),
        pytest.param("t.csv", b'a,b\n"x', "cannot be read as a table", id="a quote that never ends"),
    ],
)
def test_unreadable(tmp_path, name, content, message):
    """What is no table is said so, with the place."""
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_text_table(path)


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
