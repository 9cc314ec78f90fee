"""QIF, BAI2, CODA, CFONB120 and Excel statements: the same lines, balances that add up, and a broken file refused with its line."""

from contextlib import suppress
from datetime import date
from decimal import Decimal
from io import BytesIO
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.errors import UsageError
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import guess_format, read_statement

QIF = "!Account\nNGiro\nTBank\n^\n!Type:Bank\nD11/13'26\nT-1,250.00\nPLandlord\nMRent\nN1044\n^\nD11/14'26\nT12.50\nPMara Lund\nMRE-55\n^\n!Type:Cat\nNRent\nE\n^\n"
BAI = (
    "01,BANK,US,261114,0500,1,80,,2/\n02,US,BANK,1,261113,2300,USD,2/\n03,4711,USD,010,6000,,,015,8750,,/\n"
    "16,195,4000,Z,B-17,RE55,MARA LUND RE-55/\n88,SECOND PART OF THE TEXT/\n16,475,1250,0,,1044,LANDLORD/\n49,20000,6/\n98,20000,1,8/\n99,20000,1,10/\n"
)


def coda(amount="000000000040000", closing="000000000100000", credit="000000000040000"):
    rows = [
        "0" + "0000" + "131126" + "725" + "05" + " " * 112,
        "1" + "2" + "123" + "BE68539007547034".ljust(31) + "   " + "EUR" + "0" + "000000000060000" + "121126" + "OWN".ljust(26) + "".ljust(35) + "001",
        "21" + "0001" + "0000" + "B-17".ljust(21) + "0" + amount + "131126" + "00150000" + "0" + "RE-55 for".ljust(53) + "131126" + "123" + "0" + "1" + " " + "0",
        "22" + "0001" + "0000" + " two months".ljust(53) + "E-5".ljust(35) + "".ljust(11) + "".ljust(3) + "".ljust(9) + "1" + " " + "0",
        "23" + "0001" + "0000" + "BE43068999999501".ljust(37) + "Mara Lund".ljust(35) + "".ljust(43) + "0" + " " + "0",
        "8" + "123" + "BE68539007547034".ljust(37) + "0" + closing + "131126" + "".ljust(64) + "0",
        "9" + " " * 15 + "000006" + "000000000000000" + credit + "".ljust(75) + "2",
    ]  # fmt: skip
    return "\r\n".join(row.ljust(128)[:128] for row in rows) + "\r\n"


def cfonb(amount="0000000000400{", closing="0000000001000{"):
    head = "30004" + "    " + "00812" + "EUR" + "2" + " " + "00000471111" + "  "
    rows = [
        "01" + head + "121126" + " " * 50 + "0000000000600{",
        "04" + head[:-2] + "A1" + "131126" + "  " + "131126" + "VIR MARA LUND RE-55".ljust(31) + "  " + "0000000" + "  " + amount + "B-17".ljust(16),
        "05" + head[:-2] + "A1" + "131126" + " " * 5 + "NPY" + "Mara Lund".ljust(70),
        "05" + head[:-2] + "A1" + "131126" + " " * 5 + "RCN" + "E-5".ljust(70),
        "07" + head + "131126" + " " * 50 + closing,
    ]  # fmt: skip
    return "\n".join(row.ljust(120) for row in rows) + "\n"


def xlsx(*rows):
    from openpyxl import Workbook

    book = Workbook()
    for row in rows:
        book.active.append(row)
    book.create_sheet("Notes")
    content = BytesIO()
    book.save(content)
    return content.getvalue()


SHEET = xlsx(["Konto 4711"], ["Buchungstag", "Name", "Verwendungszweck", "Betrag", "Währung"], [date(2026, 11, 13), "Mara Lund", "RE-55", 1234.5, "EUR"], [date(2026, 11, 14), "Ole", "RE-56", "-1.250,00", "EUR"])  # fmt: skip


def read(text, name="s.txt", **options):
    return read_statement(name, text if isinstance(text, bytes) else text.encode("latin-1"), **options)


FORMATS = [
    pytest.param(QIF, "qif", {"currency": "USD"}, ("Giro", None, None), [(date(2026, 11, 13), "-1250.00", "Landlord", "1044", "Rent"), (date(2026, 11, 14), "12.50", "Mara Lund", "", "RE-55")], id="QIF"),
    pytest.param(BAI, "bai2", {}, ("4711", 60, Decimal("87.50")), [(date(2026, 11, 13), "40.00", "", "B-17", "MARA LUND RE-55 SECOND PART OF THE TEXT"), (date(2026, 11, 13), "-12.50", "", "1044", "LANDLORD")], id="BAI2"),
    pytest.param(coda(), "coda", {}, ("BE68539007547034", 60, 100), [(date(2026, 11, 13), "40.00", "Mara Lund", "E-5", "RE-55 for two months")], id="CODA"),
    pytest.param(cfonb(), "cfonb", {}, ("300040081200000471111", 60, 100), [(date(2026, 11, 13), "40.00", "Mara Lund", "E-5", "VIR MARA LUND RE-55")], id="CFONB120"),
    pytest.param(SHEET, "xlsx", {}, ("", None, None), [(date(2026, 11, 13), "1234.5", "Mara Lund", "", "RE-55"), (date(2026, 11, 14), "-1250.00", "Ole", "", "RE-56")], id="Excel"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "form", "options", "around", "expected"), FORMATS)
def test_format_is_known_and_read(content, form, options, around, expected):
    """Account, balances and lines, with the format known by its beginning."""
    found = read(content, **options)
    (statement,) = found.statements
    assert (found.format, statement.account, statement.opening, statement.closing) == (form, *around)
    assert [(x.booked_on, str(x.amount), x.payer_name, x.reference, x.description) for x in statement.lines] == expected


BROKEN = [
    pytest.param(BAI.replace("16,195,4000", "16,195,4100"), {}, "control total", id="BAI2 amount"),
    pytest.param(BAI.partition("99,")[0], {}, "ends before its trailer", id="BAI2 cut"),
    pytest.param(BAI.replace("16,475,1250", "16,475,12.50"), {}, "not a whole number", id="BAI2 decimals"),
    pytest.param(coda(amount="000000000041000"), {}, "the trailer says", id="CODA amount"),
    pytest.param(coda(closing="000000000101000"), {}, "a difference of 1.00", id="CODA balance"),
    pytest.param(coda().partition("\r\n9")[0], {}, "ends before the trailer", id="CODA cut"),
    pytest.param(coda().replace("131126123", "133126123"), {}, "is not one like", id="CODA day"),
    pytest.param(cfonb(amount="0000000000401{"), {}, "a difference of -0.10", id="CFONB amount"),
    pytest.param(cfonb(amount="00000000004000"), {}, "a letter for the last digit", id="CFONB sign"),
    pytest.param(cfonb().partition("\n07")[0], {}, "ends before the new balance", id="CFONB cut"),
    pytest.param(QIF, {}, "--currency EUR", id="QIF without currency"),
    pytest.param(QIF.replace("T12.50", "Tx"), {"currency": "USD"}, "amount 'x' is not a number", id="QIF amount"),
    pytest.param(QIF.partition("^\n!Type:Cat")[0], {"currency": "USD"}, "no end (^)", id="QIF cut"),
    pytest.param(b"PK\x03\x04nothing", {}, "cannot be read as an Excel file", id="Excel"),
]  # fmt: skip


@pytest.mark.parametrize(("content", "options", "message"), BROKEN)
def test_broken_file_is_refused_in_words(content, options, message):
    """What does not add up, ends early or cannot be read is said."""
    with pytest.raises(StatementError) as caught:
        read(content, **options)
    assert message in str(caught.value)


def test_debits_and_signs():
    """Negative letters of CFONB, debits of CODA."""
    assert read(cfonb(amount="0000000000400}", closing="0000000000200{")).statements[0].lines[0].amount == Decimal(
        "-40.00"
    )
    text = (
        coda(closing="000000000020000")
        .replace("0000000000000000400002", "X")
        .replace("B-17".ljust(21) + "0", "B-17".ljust(21) + "1")
    )
    text = text.replace(
        "000006" + "000000000000000" + "000000000040000", "000006" + "000000000040000" + "000000000000000"
    )
    assert read(text).statements[0].lines[0].amount == Decimal("-40.00")


def test_other_sheets_are_noted():
    """A sheet that is not read is named, and so is the row above the headings."""
    notes = [note.message for note in read(SHEET).notes]
    assert notes[0] == "1 other sheet not read: Notes; sheet Sheet is"
    assert "above the headings" in notes[1]


def test_investments_of_qif_are_noted():
    """Their transactions are no money of a bank account."""
    found = read("!Type:Invst\nD1/2/26\nNBuy\nT5\n^\n" + QIF, currency="USD")
    assert [note.code for note in found.notes if "investment" in note.message] == ["left_out"]


def ofx(count):
    entries = "".join(
        f"<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261113<TRNAMT>1.00<FITID>A{n:08}<NAME>Ada</STMTTRN>\n"
        for n in range(count)
    )
    return f"<OFX><STMTRS><CURDEF>EUR<ACCTID>1<BANKTRANLIST>{entries}</BANKTRANLIST></STMTRS></OFX>"


def mt940(count):
    entries = "".join(f":61:2611131113C1,00NTRFR{n}\n:86:166?20RE-{n}?32Ada\n" for n in range(count))
    return f":20:U\n:25:1\n:28C:1\n:60F:C261113EUR0,00\n{entries}:62F:C261113EUR{count},00\n-\n"


def camt(count):
    entry = '<Ntry><Amt Ccy="EUR">1.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2026-11-13</Dt></BookgDt><NtryDtls><TxDtls><RmtInf><Ustrd>RE</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>'
    return f'<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><Stmt><Acct><Id><IBAN>DE1</IBAN></Id></Acct>{entry * count}</Stmt></Document>'


def csv(count):
    return "Date,Name,Amount,Currency\n" + "".join(f'2026-11-13,"Ada {n}",1.00,EUR\n' for n in range(count))


def qif(count):
    return "!Type:Bank\n" + "".join(f"D13/11/2026\nT1.00\nPAda {n}\n^\n" for n in range(count))


@pytest.mark.parametrize("make", [ofx, mt940, camt, csv, qif])
def test_time_is_in_step_with_the_lines(make):
    """Four times the lines take about four times as long, not sixteen."""

    def seconds(count):
        text = make(count).encode()
        before = process_time()
        assert len(read(text, currency="EUR").requests) == count
        return process_time() - before

    seconds(50)
    assert seconds(6000) < 8 * max(seconds(1500), 0.02)


@settings(max_examples=150, deadline=None)
@given(
    st.sampled_from([QIF, BAI, coda(), cfonb()]), st.integers(0, 900), st.text(alphabet="0123,/^!DT16-{é\n", max_size=4)
)
def test_anything_is_read_or_refused(text, place, put):
    """A file with something put in, anywhere, is read or refused in words."""
    with suppress(UsageError):
        assert read(
            text[:place] + put + text[place + len(put) :], form=guess_format("s", text.encode()), currency="USD"
        ).requests
