"""Bank statements of the demo book: they add up, match its payments, and hold lines that it does not know."""

import csv
import re
from decimal import Decimal
from xml.etree import ElementTree as ET

import pytest

from clientops.importing.demo.statements import FILES, StatementLine, iban, write_demo_statements
from clientops.schema.tables import Tables
from tests.importing.demo_books import demo_book


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("statements")


@pytest.fixture(scope="module")
def lines(folder) -> list[StatementLine]:
    return write_demo_statements(demo_book(1000), folder)


def of_file(lines, name):
    return [line for line in lines if line.file_name == name]


def number(text: str) -> Decimal:
    return Decimal(text.replace(",", "."))


def read_csv(path):
    rows = list(csv.DictReader(path.read_text().splitlines(), delimiter=";"))
    return [number(row["Betrag"]) for row in rows], Decimal(10000), number(rows[-1]["Saldo"])


def read_mt940(path):
    text = path.read_text()
    assert max(len(line) for line in text.splitlines()) <= 65
    assert text.isascii()
    amounts = [
        number(a) * (1 if s == "C" else -1) for s, a in re.findall(r"^:61:\d{10}([CD])([\d,]+)N", text, re.MULTILINE)
    ]
    ends = [
        number(a) * (1 if s == "C" else -1)
        for s, a in re.findall(r"^:6[02]F:([CD])\d{6}EUR([\d,]+)", text, re.MULTILINE)
    ]
    return amounts, ends[0], ends[1]


def read_camt(path):
    names = {"c": "urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"}
    root = ET.parse(path).getroot()

    def signed(element):
        amount = Decimal(element.findtext("c:Amt", namespaces=names))
        return amount if element.findtext("c:CdtDbtInd", namespaces=names) == "CRDT" else -amount

    ends = [signed(balance) for balance in root.iterfind(".//c:Bal", names)]
    return [signed(entry) for entry in root.iterfind(".//c:Ntry", names)], *ends


def read_ofx(path):
    root = ET.parse(path).getroot()
    assert len({e.text for e in root.iter("FITID")}) == len(list(root.iter("FITID")))
    return [Decimal(e.text) for e in root.iter("TRNAMT")], Decimal(10000), Decimal(root.findtext(".//BALAMT"))


READERS = {"bank.csv": read_csv, "bank.mt940": read_mt940, "bank.camt053.xml": read_camt, "bank_usd.ofx": read_ofx}


@pytest.mark.parametrize("name", READERS)
def test_file_adds_up(name, folder, lines):
    """The file holds the lines that were told, and its opening balance and lines come to its closing balance."""
    amounts, opening, closing = READERS[name](folder / name)
    assert amounts == [line.amount for line in of_file(lines, name)]
    assert opening + sum(amounts) == closing
    assert len(amounts) >= 15


def test_every_format_is_read_here():
    """No format is left out of the test above."""
    assert set(READERS) == {name for name, *_ in FILES}


def test_lines_are_the_books_payments(lines):
    """A line of a transaction has its day, amount and reference; no transaction comes twice, and a few are missing."""
    tables = demo_book(1000)
    known = {
        row[0]: row[1:]
        for row in tables.query("""
            select t.id, occurred_at::date, (amount_in - amount_out)::decimal(18, 2), reference, u.code
            from transactions t join currencies u on u.id = t.currency_id where gateway in ('banktransfer', 'directdebit')
        """).fetchall()
    }
    matched = [line for line in lines if line.transaction_id is not None]
    for line in matched:
        assert (line.booked_on, line.amount, line.reference) == known[line.transaction_id][:3]
    assert len({line.transaction_id for line in matched}) == len(matched)
    days = [line.booked_on for line in matched if line.file_name != "bank_usd.ofx"]
    of_these_days = [n for n, row in known.items() if min(days) <= row[0] <= max(days) and row[3] == "EUR"]
    missing = set(of_these_days) - {line.transaction_id for line in matched}
    assert 0 < len(missing) < len(of_these_days) / 8


def test_open_invoices_are_paid(lines):
    """Some lines pay open invoices: one alone, several with one transfer, one with charges taken off."""
    owed = dict(demo_book(1000).query("""
        select i.number, (i.total - i.credit_applied - coalesce((select sum(amount) from allocations a where a.invoice_id = i.id), 0))::decimal(18, 2)
        from invoices i where status = 'Unpaid'
    """).fetchall())  # fmt: skip
    paying = [line for line in lines if line.invoice_numbers]
    short = {line.amount - sum(owed[n] for n in line.invoice_numbers.split(", ")) for line in paying}
    assert short == {Decimal("0.00"), Decimal("-0.50")}
    assert any(", " in line.invoice_numbers for line in paying)
    assert any("Rechnung" in line.description for line in paying)
    paid = [number for line in paying for number in line.invoice_numbers.split(", ")]
    assert len(set(paid)) == len(paid)


def test_strangers_pay_too(lines):
    """Each file has lines that belong to nothing in the book, money out among them."""
    for name in READERS:
        unknown = [line for line in of_file(lines, name) if line.transaction_id is None and not line.invoice_numbers]
        assert len(unknown) == 3
        assert min(line.amount for line in unknown) < 0


def test_same_book_same_files(tmp_path, folder, lines):
    """The files depend on the book alone."""
    write_demo_statements(demo_book(1000), tmp_path / "again")
    for name in READERS:
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_book_without_payments(tmp_path):
    """An empty book gives files without payments, and no error."""
    assert all(line.transaction_id is None for line in write_demo_statements(Tables.of(), tmp_path))


def test_account_numbers_have_check_digits():
    """Made-up account numbers pass the check of ISO 13616."""
    for number in (0, 1, 999_999_999):
        text = iban(number)
        assert len(text) == 22
        assert int(text[4:] + "1314" + text[2:4]) % 97 == 1
