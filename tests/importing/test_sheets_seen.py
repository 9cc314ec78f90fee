"""What is seen in a spreadsheet is what is imported, or it is refused; nothing is read as something else."""

from __future__ import annotations

import pytest
from openpyxl import Workbook

from clientops.core.errors import UsageError
from clientops.importing.number_formats import shown_number
from clientops.importing.spreadsheet import read_spreadsheet
from clientops.importing.tabular import read_text_table
from clientops.importing.units import amount_unit, currencies_of
from clientops.registry import rule

CREDIT = rule("issue-credit").request
CLIENT = rule("add-client").request


def euros(_client: str) -> str:
    """Everyone is billed in EUR."""
    return "EUR"


def credit(tmp_path, amount: str):
    """The amount as it would reach the rule, and the doubts."""
    file = tmp_path / "credit.csv"
    file.write_text(f'Client,Amount,Description\n1,"{amount}",a\n', encoding="utf-8")
    rows, reading = read_spreadsheet(read_text_table(file), CREDIT, billed_in=euros, decimal_mark="point")
    return rows.column("amount")[0].as_py(), reading.doubts


@pytest.mark.parametrize("amount", ["5.00", "EUR 5.00", "5.00 €", "€5.00", "5.00 eur", "5.00 Euro", "5.00EUR"])
def test_an_amount_in_the_currency_of_its_client_is_taken(tmp_path, amount):
    """The unit says nothing new."""
    assert credit(tmp_path, amount) == ("5.00", ())


@pytest.mark.parametrize(
    "amount",
    ["$5.00", "¥5", "GBP 5.00", "5 CHF", "1.5k", "5 Mio", "12 months", "3 hrs", "10h", "10 h", "10 TB", "5 Stk", "2.5 Tsd.",
     "5.00 USD", "US$ 5", "kr 5", "5 zł", "5 %", "5 pcs", "7 Tage", "5.00 DR", "5m", "5 bn", "ca. 5", "> 5", "5/month", "£5"],
)  # fmt: skip
def test_an_amount_with_another_unit_or_a_word_is_not_taken(tmp_path, amount):
    """It stays as it is written, for the rule to refuse."""
    assert credit(tmp_path, amount)[0] == amount


def test_the_reason_is_said(tmp_path):
    """The row, the amount and both currencies are named."""
    assert credit(tmp_path, "$5.00")[1] == (
        "row 1: '$5.00' is not taken: it is written in $, and the client is billed in EUR",
    )
    assert "'months' is no currency" in credit(tmp_path, "12 months")[1][0]


def test_a_currency_of_the_row_counts_before_that_of_the_client(tmp_path):
    """Where a column says the currency, a sign must agree with it."""
    file = tmp_path / "x.csv"
    file.write_text("First name,Currency,Email\nAda,USD,a@x.example\n")
    rows, _ = read_spreadsheet(read_text_table(file), CLIENT)
    assert rows.column("currency").to_pylist() == ["USD"]


@pytest.mark.parametrize(("unit", "codes"), [("€", {"EUR"}), ("zł", {"PLN"}), ("C$", {"CAD"}), ("Fr.", {"CHF"}), ("k", set()), ("TB", set()), ("months", set())])  # fmt: skip
def test_currencies_of(unit, codes):
    """Signs and words that people write."""
    assert currencies_of(amount_unit(f"5.00 {unit}")) == codes


@pytest.mark.parametrize("heading", ["Currency of account", "Valuta klienta", "Abrechnungswährung", "取引通貨"])
def test_a_column_about_the_currency_that_is_not_understood_is_asked_about(tmp_path, heading):
    """The default currency is not taken instead."""
    file = tmp_path / "x.csv"
    file.write_text(f"First name,{heading},Email\nAda,USD,a@x.example\n", encoding="utf-8")
    with pytest.raises(UsageError, match="seems to say the currency"):
        read_spreadsheet(read_text_table(file), CLIENT)
    assert read_spreadsheet(read_text_table(file), CLIENT, given={heading: "currency"})[0].column(
        "currency"
    ).to_pylist() == ["USD"]
    assert "currency" not in read_spreadsheet(read_text_table(file), CLIENT, given={heading: ""})[0].column_names


@pytest.mark.parametrize(
    "heading",
    ["Currency Code", "Preferred Currency Code", "Waluta", "Valuta", "Moeda", "通貨", "Devise", "Default currency"],
)
def test_headings_for_the_currency(tmp_path, heading):
    """Of other programs and languages."""
    file = tmp_path / "x.csv"
    file.write_text(f"First name,{heading},Email\nAda,USD,a@x.example\n", encoding="utf-8")
    assert read_spreadsheet(read_text_table(file), CLIENT)[0].column("currency").to_pylist() == ["USD"]


# -- Excel -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "code", "shown"),
    [
        (1067, "00000", "01067"), (42, "0000000", "0000042"), (0.1, "0%", "10%"), (0.125, "0.0%", "12.5%"),
        (5, '0.00 "USD"', "5.00 USD"), (5, "#,##0.00 [$€-407]", "5.00 €"), (5, '"$"#,##0.00', "5.00 $"),
        (5, "[$USD] #,##0.00", "5.00 USD"), (1234.5, "#,##0.00", "1234.50"), (12.345, "0.00", "12.35"), (-5, "0.00;[Red]-0.00", "-5.00"),
        (1500, '#,##0.0,"k"', "1.5 k"), (8, '0 "h"', "8 h"), (1500, "#,##0,", "2 (shown in thousands)"), (33.333333, "0.0", "33.3"),
        (5, "@", "5"), (7, "_($* #,##0.00_)", "7.00 $"),
    ],
)  # fmt: skip
def test_a_number_is_what_its_cell_shows(value, code, shown):
    """Leading zeros, rounding, per cent, and what stands beside it."""
    assert shown_number(value, str(value), code) == shown


def sheet(tmp_path, rows, **changes):
    """An Excel file with these rows, changed by functions of the book."""
    book = Workbook()
    for row in rows:
        book.active.append(row)
    for change in changes.values():
        change(book)
    book.save(tmp_path / "x.xlsx")
    return tmp_path / "x.xlsx"


ROWS = [["Client", "Amount", "Description"], [1, 10, "a"], [2, 20, "b"], [3, 30, "c"]]


def test_hidden_rows_and_columns_need_a_word(tmp_path):
    """They are named; whether they are taken is for the person to say."""

    def hide(book):
        book.active.row_dimensions[3].hidden = True
        book.active.column_dimensions["C"].hidden = True

    file = sheet(tmp_path, ROWS, hide=hide)
    with pytest.raises(UsageError, match=r"1 row \(3\) and 1 column \(3\) are of sheet Sheet hidden.*--hidden leave"):
        read_text_table(file)
    left = read_text_table(file, hidden="leave")
    assert left.rows.to_pydict() == {"Client": ["1", "3"], "Amount": ["10", "30"]}
    assert "are left out" in left.hidden
    assert read_text_table(file, hidden="take").rows.num_rows == 3


def test_a_hidden_sheet_is_not_read_unless_it_is_named(tmp_path):
    """The first sheet that a person sees is read; the hidden one is named."""

    def second(book):
        other = book.create_sheet("Seen")
        for row in ROWS[:2]:
            other.append(row)
        book.worksheets[0].sheet_state = "hidden"
        book.active = 1

    file = sheet(tmp_path, ROWS, second=second)
    table = read_text_table(file)
    assert (table.sheet, table.rows.num_rows, table.other_sheets) == ("Seen", 1, ("Sheet (hidden)",))
    assert read_text_table(file, sheet="Sheet").rows.num_rows == 3


def test_cells_with_formats(tmp_path):
    """The number of a postcode has its zeros, and an amount its currency, which the rule then refuses."""

    def formats(book):
        book.active["A2"].number_format = "00000"
        book.active["B2"].number_format = '#,##0.00 "USD"'

    table = read_text_table(sheet(tmp_path, [["Postcode", "Amount"], [1067, 5]], formats=formats))
    assert table.rows.to_pydict() == {"Postcode": ["01067"], "Amount": ["5.00 USD"]}


# -- structure ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "line"),
    [('a,b\n1,"x\n2,y\n', 2), ('a,b\n"1\n2"," open\n', 3), ('a,b\n1,"x","y"\n2, "z\n', 3)],
)  # fmt: skip
def test_a_quote_without_an_end_is_refused_by_its_line(tmp_path, text, line):
    """Rows behind it are not swallowed."""
    (tmp_path / "x.csv").write_text(text)
    with pytest.raises(UsageError, match=f"the quote on line {line} has no end"):
        read_text_table(tmp_path / "x.csv")


@pytest.mark.parametrize(
    "above",
    ["Report,Credits\nPeriod,Jan 2024\n\n", "Credits of January\n\n", "Who,,What\n", "Report,Credits\n", "A\nB,C\n"],
)
def test_titles_and_names_of_groups_stand_above_the_headings(tmp_path, above):
    """The headings are found below them."""
    (tmp_path / "x.csv").write_text(above + "Client,Amount,Description\n1,10.00,a\n2,20.00,b\n")
    assert read_text_table(tmp_path / "x.csv").rows.to_pydict() == {
        "Client": ["1", "2"], "Amount": ["10.00", "20.00"], "Description": ["a", "b"]}  # fmt: skip


def test_rows_of_words_are_no_headings(tmp_path):
    """A second row with a value more is refused, not taken for the headings."""
    (tmp_path / "x.csv").write_text("Name,Text\nAda,10.00,x\nBob,y\n")
    with pytest.raises(UsageError, match="line 2 has 3"):
        read_text_table(tmp_path / "x.csv")
