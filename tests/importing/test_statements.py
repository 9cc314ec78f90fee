"""Statement files: every format is read to the same lines, balances add up, and a broken file is refused with its line."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from clientops.core.errors import UsageError
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import guess_format, read_statement, read_statement_file

SAMPLES = Path(__file__).parents[2] / "data" / "statements"

# Format, source, account, currency, opening and closing balance, lines, and of one line its day, amount, fee, payer,
# payer's account, reference and text.
READ = {
    "bank.csv": ("csv", "bank", "", "EUR", "10000.00", "8501.41", 10,
                 (0, date(2026, 10, 19), "61.40", "0", "Geisler & Hauffer GbR", "DE40210501700000000022", "DDF98F9E3F1403", "INV-1254")),
    "bank.mt940": ("mt940", "bank", "21050170/0012345678", "EUR", "10000.00", "8390.40", 8,
                   (0, date(2026, 9, 20), "53.52", "0", "Claude Le Roux", "DE81210501700000000060", "TR202609204006785B", "INV-1250")),
    "bank.camt053.xml": ("camt", "bank", "DE68210501700012345678", "EUR", "10000.00", "8391.24", 8,
                         (0, date(2026, 8, 24), "43.92", "0", "Rosina Mannoia", "DE24210501700000000019", "TR2026082486CAEC1C", "INV-1239")),
    "bank_usd.ofx": ("ofx", "bank", "12345678", "USD", "10000.00", "8297.90", 5,
                     (0, date(2026, 8, 27), "58.20", "0", "New York Logistics Corp.", "", "TR202608274D228F40", "INV-1244")),
    "card.qfx": ("ofx", "bank", "4111000000001111", "USD", "0.00", "-36.50", 2,
                 (0, date(2026, 10, 5), "-49.00", "0", "Example Registrar", "", "CC-1001", "Domains")),
    "paypal.csv": ("csv", "paypal", "", "EUR", "250.00", "845.49", 10,
                   (0, date(2024, 11, 11), "13.20", "0.45", "Voyages Chevalier et Fils", "billing@chevalier-voyages.example", "EC2E317EBE0A076B4", "INV-1098")),
    "stripe.csv": ("csv", "stripe", "", "EUR", None, None, 15,
                   (14, date(2026, 11, 6), "61.40", "2.09", "", "", "ch_36a6fe26c40bb9430408848", "Payment of INV-1264")),
}  # fmt: skip


@pytest.mark.parametrize("name", READ)
def test_sample_is_read(name):
    """A sample of each format gives its account, balances and lines."""
    form, source, account, currency, opening, closing, count, (place, *first) = READ[name]
    read = read_statement_file(SAMPLES / name)
    (statement,) = read.statements
    assert (read.format, statement.source, statement.account, statement.currency) == (form, source, account, currency)
    assert (statement.opening, statement.closing) == tuple(
        None if b is None else Decimal(b) for b in (opening, closing)
    )
    assert len(statement.lines) == count == len(read.requests)
    line = statement.lines[place]
    found = (
        line.booked_on,
        line.amount,
        line.fee,
        line.payer_name,
        line.payer_account,
        line.reference,
        line.description,
    )
    assert found == (first[0], Decimal(first[1]), Decimal(first[2]), *first[3:])


def test_every_sample_is_tried():
    """No sample is left out above."""
    assert {path.name for path in SAMPLES.iterdir()} == set(READ)


def test_what_is_only_announced_is_left_out():
    """A PayPal payment that is pending moved no money."""
    assert "Pending" in (SAMPLES / "paypal.csv").read_text(encoding="utf-8-sig")
    (statement,) = read_statement_file(SAMPLES / "paypal.csv").statements
    assert "Late Payer" not in {line.payer_name for line in statement.lines}


def changed(name: str, old: str, new: str) -> bytes:
    text = (SAMPLES / name).read_text(encoding="utf-8-sig")
    assert old in text
    return text.replace(old, new, 1).encode()


BROKEN = [
    pytest.param("bank.csv", "61,40;EUR", "sixty;EUR", 2, "amount 'sixty' is not a number like 12,50", id="csv amount"),
    pytest.param("bank.csv", "61,40;EUR", "NaN;EUR", 2, "amount 'NaN' is not a number", id="csv not a number"),
    pytest.param("bank.csv", "24.10.2026;24", "31.02.2026;24", 3, "booked_on '31.02.2026' is not a date", id="csv date"),
    pytest.param("bank.csv", "13,09;EUR", "13,19;EUR", 3, "a difference of -0.10", id="csv running balance"),
    pytest.param("bank.csv", "Betrag", "Umtrag", 1, "no row has headings for a date and an amount", id="csv headings"),
    pytest.param("bank.mt940", "C53,52N", "C53.52N", 5, "is not an entry like", id="mt940 entry"),
    pytest.param("bank.mt940", ":60F:C260919EUR10000,00", ":60F:C260919EUR1o000,00", 4, "is not a balance like", id="mt940 balance"),
    pytest.param("bank.csv", "24.10.2026;24", "31.13.2026;24", 3, "booked_on '31.13.2026' is not a date (dmy)", id="csv month"),
    pytest.param("bank.csv", "13,09;EUR", "1x,09;EUR", 3, "amount '1x,09' is not a number", id="csv letter among digits"),
    pytest.param("bank.mt940", ":61:2609240924C", ":61:2613240924C", 8, "261324 in ':61:2613240924C38,56NTRFNONREF//DDB47CCB68726A' is not a day", id="mt940 month"),
    pytest.param("bank.mt940", ":60F:C260919", ":60F:C260931", 4, "260931 in ':60F:C260931EUR10000,00' is not a day", id="mt940 day"),
    pytest.param("bank.camt053.xml", "43.92</Amt>", "NaN</Amt>", 9, "amount 'NaN' is not a number", id="camt not a number"),
    pytest.param("bank.camt053.xml", "43.92</Amt>", "-43.92</Amt>", 9, "amount '-43.92' is not a number", id="camt minus"),
    pytest.param("bank_usd.ofx", "<DTPOSTED>20260827", "<DTPOSTED>20261327", 9, "DTPOSTED '20261327120000' is not a date", id="ofx month"),
    pytest.param("bank.mt940", ":20:STARTUMSE", "STARTUMSE", 1, "is not MT940", id="mt940 beginning"),
    pytest.param("bank.mt940", "C53,52N", "C53,62N", 0, "a difference of -0.10 EUR", id="mt940 sum"),
    pytest.param("bank.camt053.xml", "43.92</Amt>", "4e.92</Amt>", 9, "amount '4e.92' is not a number", id="camt amount"),
    pytest.param("bank.camt053.xml", "</Ntry>", "", 65, "not well-formed", id="camt tag"),
    pytest.param("bank.camt053.xml", "<BookgDt><Dt>2026-08-24", "<BookgDt><Dt>2026-08-42", 9, "is not one like", id="camt day"),
    pytest.param("bank.camt053.xml", "43.92</Amt>", "44.92</Amt>", 0, "a difference of -1.00 EUR", id="camt sum"),
    pytest.param("bank.camt053.xml", "<CdtDbtInd>CRDT</CdtDbtInd><Sts>", "<CdtDbtInd>BOTH</CdtDbtInd><Sts>", 9, "must be CRDT or DBIT", id="camt direction"),
    pytest.param("bank_usd.ofx", "<TRNAMT>58.20", "<TRNAMT>58.2o", 9, "TRNAMT '58.2o' is not an amount", id="ofx amount"),
    pytest.param("bank_usd.ofx", "<DTPOSTED>20260827", "<DTPOSTED>2026o827", 9, "is not a date like", id="ofx date"),
    pytest.param("bank_usd.ofx", "</OFX>", "", 20, "the file ends before </OFX>", id="ofx end"),
    pytest.param("stripe.csv", "61.40,2.09,,59.31", "61.40,2.09,,59.32", 2, "net is 59.32", id="stripe net"),
    pytest.param("paypal.csv", "262.75", "262.74", 3, "a difference of 0.01", id="paypal balance"),
    pytest.param("card.qfx", "<OFX>", "<OFF>", 1, "there is no <OFX> in it", id="qfx without ofx"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "old", "new", "line", "message"), BROKEN)
def test_broken_file_is_refused_with_the_line(name, old, new, line, message):
    """The error names the file, the line and what is wrong."""
    with pytest.raises(StatementError) as caught:
        read_statement(name, changed(name, old, new), form=read_statement_file(SAMPLES / name).format)
    assert (caught.value.line, message in str(caught.value)) == (line, True), str(caught.value)
    assert str(caught.value).startswith(f"{name}, line {line}:" if line else f"{name}: ")


@pytest.mark.parametrize("name", ["bank.mt940", "bank.camt053.xml", "bank_usd.ofx", "card.qfx"])
def test_cut_short_file_is_refused(name):
    """Wherever the file is cut, it is not taken."""
    content = (SAMPLES / name).read_bytes()
    form = read_statement_file(SAMPLES / name).format
    for share in range(1, 10):
        with pytest.raises(UsageError):
            read_statement(name, content[: len(content.rstrip(b"\r\n-")) * share // 10], form=form)


OTHER_BANKS = [
    pytest.param("Date,Description,Paid out,Paid in,Balance\n01/09/2026,Rent,850.00,,150.00\n15/09/2026,Ada,,50.00,200.00\n",
                 {"currency": "GBP"}, [(date(2026, 9, 1), "-850.00"), (date(2026, 9, 15), "50.00")], "1000.00", id="debit and credit columns"),
    pytest.param('Konto 12;;;\nvom;01.09.2026;;\n"Buchungstag";"Umsatz";"Währung";"Verwendungszweck"\n"02.09.2026";"-1.234,50";"EUR";"Miete\nSeptember"\n',
                 {}, [(date(2026, 9, 2), "-1234.50")], None, id="lines above the headings"),
    pytest.param("Date,Amount,Currency,Balance\n2026-09-03,5,EUR,15\n2026-09-02,10,EUR,10\n", {},
                 [(date(2026, 9, 2), "10"), (date(2026, 9, 3), "5")], "0", id="newest first"),
    pytest.param("When|What|Sum\n2026-09-03|x|5\n", {"columns": {"When": "booked_on", "Sum": "amount"}, "currency": "USD"},
                 [(date(2026, 9, 3), "5")], None, id="headings said by hand"),
    pytest.param("Date,Amount,Currency,Balance\n2026-09-03,5,EUR,15\n2026-09-03,10,EUR,10\n", {},
                 [(date(2026, 9, 3), "10"), (date(2026, 9, 3), "5")], "0", id="newest first on one day"),
    pytest.param("Buchungstag;Umsatz;S/H;Währung\n02.09.2026;12,50;S;EUR\n03.09.2026;10,00;H;EUR\n", {},
                 [(date(2026, 9, 2), "-12.50"), (date(2026, 9, 3), "10.00")], None, id="Soll and Haben in a column"),
    pytest.param("Datum,Naam,Bedrag,Af Bij\n2026-09-03,Huur,850.00,Af\n2026-09-04,Ada,50.00,Bij\n", {"currency": "EUR"},
                 [(date(2026, 9, 3), "-850.00"), (date(2026, 9, 4), "50.00")], None, id="Af and Bij in a column"),
    pytest.param("Datum;Betrag;Währung\n02.09.2026;12,50-;EUR\n", {}, [(date(2026, 9, 2), "-12.50")], None, id="minus behind"),
    pytest.param("Date,Amount,Currency\n2026-09-03,5,EUR\n2026-09-04,7,EUR\n", {"account": "DE1"}, [(date(2026, 9, 3), "5"), (date(2026, 9, 4), "7")], None, id="no balance"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "options", "lines", "opening"), OTHER_BANKS)
def test_csv_of_other_banks(text, options, lines, opening):
    """Headings of other banks and languages are understood, or said by hand."""
    (statement,) = read_statement("other.csv", text.encode("cp1252"), **options).statements
    assert [(line.booked_on, line.amount) for line in statement.lines] == [(day, Decimal(a)) for day, a in lines]
    assert statement.opening == (None if opening is None else Decimal(opening))


def test_unknown_currency_and_headings_are_said():
    """What a CSV does not tell is asked for by name."""
    with pytest.raises(StatementError, match=r"give it, e\.g\. --currency EUR"):
        read_statement("x.csv", b"Date,Amount\n2026-09-03,5\n")
    with pytest.raises(UsageError, match="There is no field 'sum' of a statement"):
        read_statement("x.csv", b"Date,Amount\n2026-09-03,5\n", columns={"Amount": "sum"})
    with pytest.raises(UsageError, match="has no column 'Sum'"):
        read_statement("x.csv", b"Date,Amount\n2026-09-03,5\n", columns={"Sum": "fee"}, currency="EUR")


@pytest.mark.parametrize(("direction", "message"), [
    pytest.param("X,5", "line 2: direction 'X' is none of", id="unknown"),
    pytest.param("H,-5", "line 2: direction 'H' says received, but the amount is -5", id="against the sign"),
])  # fmt: skip
def test_direction_that_cannot_be_is_refused(direction, message):
    """A column of Soll and Haben that says something else than the amount is not guessed at."""
    with pytest.raises(StatementError, match=message):
        read_statement("x.csv", f"Date,S/H,Amount,Currency\n2026-09-03,{direction},EUR\n".encode())


def test_what_is_no_text_is_refused_in_words():
    """Bytes that are no CSV are told of, not thrown."""
    with pytest.raises(StatementError, match=r"x\.csv"):
        read_statement("x.csv", b'Date,Amount,Currency\n2026-09-03,"' + b"x" * 200_000 + b'",EUR\n')


def test_credit_taken_back_by_the_bank_is_money_that_went():
    """MT940: RC takes a credit back, RD a debit."""
    text = ":20:X\n:25:1/2\n:60F:C260919EUR100,00\n:61:2609200920RC10,00NTRFNONREF\n:61:2609200920RD4,00NTRFNONREF\n:62F:C260920EUR94,00\n-\n"
    (statement,) = read_statement("x.sta", text.encode()).statements
    assert [line.amount for line in statement.lines] == [Decimal("-10.00"), Decimal("4.00")]


def test_day_of_ofx_is_the_banks_own():
    """An evening in New York is the next day in UTC; the bank booked it in the evening."""
    content = changed("bank_usd.ofx", "20260827120000", "20260831220000[-5:EST]")
    assert read_statement("x.ofx", content).statements[0].lines[0].booked_on == date(2026, 8, 31)


def test_ofx_that_is_not_what_it_says_it_is_written_in():
    """Names in Western Windows' letters are read, though the file says UTF-8."""
    content = changed("bank_usd.ofx", "E. Nobody", "JOSE").replace(b"JOSE", "José".encode("cp1252"))
    assert "José" in {line.payer_name for line in read_statement("x.ofx", content).statements[0].lines}


def test_two_currencies_are_two_statements():
    """A gateway's export in two currencies gives a statement for each, with balances of its own."""
    text = "Date,Amount,Currency,Balance\n2026-09-02,10,EUR,10\n2026-09-02,7,USD,17\n2026-09-03,5,EUR,15\n"
    read = read_statement("x.csv", text.encode())
    assert [(s.currency, s.opening, s.closing, len(s.lines)) for s in read.statements] == [
        ("EUR", 0, 15, 2),
        ("USD", 10, 17, 1),
    ]


def test_entities_of_xml_are_not_resolved(tmp_path):
    """A camt file cannot make us read another file."""
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    head = f'<!DOCTYPE x [<!ENTITY s SYSTEM "file://{secret}">]>'
    text = (SAMPLES / "bank.camt053.xml").read_text().replace('encoding="UTF-8"?>', f'encoding="UTF-8"?>{head}', 1)
    read = read_statement("x.xml", text.replace("<Ustrd>INV-1239", "<Ustrd>&s;INV-1239", 1).encode())
    assert all("hidden" not in line.description for line in read.statements[0].lines)


def test_line_is_the_same_in_overlapping_files():
    """A line's hash is that of the line, wherever it stands; two equal lines of one file are two."""
    both = b"Date,Amount,Currency\n2026-09-03,5,EUR\n2026-09-03,5,EUR\n2026-09-04,7,EUR\n"
    later = b"Date,Amount,Currency\n2026-09-04,7,EUR\n2026-09-05,8,EUR\n"
    first, second = (read_statement("x.csv", text).requests for text in (both, later))
    hashes = [row["line_sha256"] for row in first]
    assert len(set(hashes)) == 3
    assert [row["line_sha256"] in hashes for row in second] == [True, False]


@pytest.mark.parametrize(("name", "content", "form"), [
    pytest.param("a.txt", b"OFXHEADER:100\n", "ofx", id="sgml header"),
    pytest.param("a.txt", b":20:X\n:25:1\n", "mt940", id="swift tags"),
    pytest.param("a.txt", b'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08">', "camt", id="namespace"),
    pytest.param("a.sta", b"", "mt940", id="ending"),
    pytest.param("a.txt", b"Date,Amount\n", "csv", id="anything else"),
])  # fmt: skip
def test_format_is_guessed(name, content, form):
    """The beginning of a file tells its format, else its ending."""
    assert guess_format(name, content) == form
