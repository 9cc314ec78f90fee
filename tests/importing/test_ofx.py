"""OFX as banks send it: headers, tags and values that are missing or odd are read, and nothing ends in a traceback."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.errors import UsageError
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import read_statement

HEADER = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nENCODING:USASCII\r\nCHARSET:1252\r\n\r\n"
ACCOUNT = "<BANKACCTFROM><BANKID>50010517<ACCTID>4711<ACCTTYPE>CHECKING</BANKACCTFROM>"
BALANCE = "<LEDGERBAL><BALAMT>250.00<DTASOF>20261105</LEDGERBAL>"


def entry(amount="12.50", *, kind="CREDIT", number="P-81", more="<NAME>Lina Berg<MEMO>RE 4410", day="20261103"):
    return f"<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{day}<TRNAMT>{amount}<FITID>{number}{more}</STMTTRN>"


def body(*entries, account=ACCOUNT, balance=BALANCE, currency="<CURDEF>EUR"):
    listed = f"<BANKTRANLIST><DTSTART>20261101<DTEND>20261105{''.join(entries)}</BANKTRANLIST>"
    statement = f"<STMTRS>{currency}{account}{listed}{balance}</STMTRS>"
    return f"<OFX><BANKMSGSRSV1><STMTTRNRS><TRNUID>1{statement}</STMTTRNRS></BANKMSGSRSV1></OFX>"


def read(text, **options):
    content = text if isinstance(text, bytes) else text.encode()
    return read_statement("bank.ofx", content, form="ofx", **options)


XML = (
    body(entry())
    .replace("<BANKID>50010517", "<BANKID>50010517</BANKID>")
    .replace("<CURDEF>EUR", "<CURDEF>EUR</CURDEF>")
)
ACCEPTED = [
    pytest.param(HEADER + body(entry()), id="sgml"),
    pytest.param(body(entry()), id="no header"),
    pytest.param('<?OFX OFXHEADER="200" VERSION="203" SECURITY="NONE"?>\n' + XML, id="version 2 without xml declaration"),
    pytest.param('<?xml version="1.0"?><?OFX OFXHEADER="200"?><OFX xmlns="http://ofx.net/types/2003/04">' + XML[5:], id="attributes"),
    pytest.param(HEADER.replace("\r\n", " ") + body(entry()), id="header on one line"),
    pytest.param(HEADER + body(entry(), account=ACCOUNT.replace("50010517", "INGDDEFFXXX")), id="bank number of 11"),
    pytest.param(HEADER + body(entry()).replace("<", "\n<").replace(">", ">\n"), id="values on the next line"),
    pytest.param((HEADER + body(entry())).encode("utf-16"), id="utf-16"),
    pytest.param((HEADER + body(entry())).encode("utf-16-le"), id="utf-16 without mark"),
    pytest.param((HEADER + body(entry())).encode() + b"\0\0\0", id="zeros at the end"),
    pytest.param((HEADER + body(entry())).replace("<", "<").lower().replace("eur", "EUR").replace("lina berg", "Lina Berg").replace("re 4410", "RE 4410").replace("p-81", "P-81"), id="lower case"),
    pytest.param(HEADER + body(entry(more="<CHECKNUM></CHECKNUM><NAME>Lina Berg<SIC></SIC><MEMO>RE 4410")), id="empty tags"),
    pytest.param(HEADER + body(entry(more="<CHECKNUM>\n<NAME>Lina Berg\n<MEMO>RE 4410")), id="empty tag without end"),
    pytest.param(HEADER + body(entry(more="<PAYEE><NAME>Lina Berg<ADDR1>Weg 1<CITY>Bonn</PAYEE><MEMO>RE 4410")), id="payee"),
    pytest.param(HEADER + body(entry(amount="12,50")), id="decimal comma"),
    pytest.param(HEADER + body(entry(amount="+12.5000")), id="four decimals"),
    pytest.param(HEADER + body(entry(day="20261103235900.000[-8:PST]")), id="moment with zone"),
    pytest.param(HEADER + body(entry(more="<NAME><![CDATA[Lina Berg]]></NAME><MEMO>RE 4410</MEMO>")), id="cdata"),
]  # fmt: skip


@pytest.mark.parametrize("text", ACCEPTED)
def test_what_banks_send_is_read(text):
    """One payment, whatever the markup around it."""
    (statement,) = read(text).statements
    (line,) = statement.lines
    found = (statement.account, statement.currency, line.booked_on, line.amount, line.payer_name, line.description, line.reference)  # fmt: skip
    assert found == ("4711", "EUR", date(2026, 11, 3), Decimal("12.50"), "Lina Berg", "RE 4410", "P-81")
    assert (statement.opening, statement.closing) == (Decimal("237.50"), Decimal("250.00"))


@pytest.mark.parametrize(
    "balance",
    ["", "<LEDGERBAL><BALAMT><DTASOF>20261105</LEDGERBAL>", "<AVAILBAL><BALAMT>1.00<DTASOF>20261105</AVAILBAL>"],
)
def test_balance_may_be_missing(balance):
    """A statement without booked balance is taken without one; an available balance is another thing."""
    (statement,) = read(HEADER + body(entry(), balance=balance)).statements
    assert (statement.opening, statement.closing, len(statement.lines)) == (None, None, 1)


def test_every_account_is_a_statement():
    """Several accounts in one file, several lists in one account, and an account without lines."""
    other = (
        body(entry("5.00"), account=ACCOUNT.replace("4711", "4712"))
        .split("<BANKMSGSRSV1>")[1]
        .split("</BANKMSGSRSV1>")[0]
    )
    text = body(entry(), entry("-2.00", kind="DEBIT")).replace("</BANKMSGSRSV1>", other + "</BANKMSGSRSV1>")
    text = text.replace("</BANKTRANLIST>", f"</BANKTRANLIST><BANKTRANLIST>{entry('1.00')}</BANKTRANLIST>", 1)
    found = read(text).statements
    assert [(s.account, [line.amount for line in s.lines]) for s in found] == [
        ("4711", [Decimal("12.50"), Decimal("-2.00"), Decimal("1.00")]), ("4712", [Decimal("5.00")]),
    ]  # fmt: skip


INVESTMENT = "<INVSTMTMSGSRSV1><INVSTMTTRNRS><INVSTMTRS><CURDEF>USD<INVACCTFROM><BROKERID>b<ACCTID>77</INVACCTFROM><INVTRANLIST><BUYSTOCK><INVBUY><INVTRAN><FITID>1</INVTRAN></INVBUY></BUYSTOCK><INVBANKTRAN><STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261101<TRNAMT>5<FITID>2</STMTTRN></INVBANKTRAN></INVTRANLIST></INVSTMTRS></INVSTMTTRNRS></INVSTMTMSGSRSV1>"


def test_investment_accounts_are_named_and_skipped():
    """Beside a bank account they are noted; alone they are refused with what they are."""
    both = read(body(entry()).replace("</OFX>", f"{INVESTMENT}</OFX>"))
    assert [len(s.lines) for s in both.statements] == [1]
    assert [note.message for note in both.notes] == [
        "investment account 77 with 2 transactions is not read: only bank and card accounts are"
    ]
    with pytest.raises(StatementError, match="holds only 1 investment account"):
        read(f"<OFX>{INVESTMENT}</OFX>")


def test_announced_transactions_are_left_out_and_noted():
    """What the bank only announces moved no money."""
    waiting = f"<BANKTRANLISTP>{entry('99.00')}</BANKTRANLISTP>"
    found = read(body(entry()).replace("<LEDGERBAL>", f"{waiting}<LEDGERBAL>"))
    assert [line.amount for line in found.statements[0].lines] == [Decimal("12.50")]
    assert [(n.code, "only announced" in n.message) for n in found.notes] == [("left_out", True)]


@pytest.mark.parametrize("numbers", [("1", "2"), ("0", "0"), ("A-9", "A-9"), ("NONREF", "N/A")])
def test_numbers_that_name_nothing_are_no_references(numbers):
    """FITIDs that count the lines of a file, that several lines have, or that are placeholders."""
    found = read(body(*(entry(f"{place}.00", number=number) for place, number in enumerate(numbers, 1))))
    assert [line.reference for line in found.statements[0].lines] == ["", ""]


def test_sign_against_the_kind_is_noted():
    """The sign is taken, and said."""
    found = read(body(entry("12.50", kind="DEBIT")))
    assert found.statements[0].lines[0].amount == Decimal("12.50")
    assert "another sign than kind" in found.notes[0].message


def test_currency_of_a_transaction_is_a_statement_of_its_own():
    """CURRENCY says the amount is in another one; ORIGCURRENCY only what it was."""
    foreign = entry("7.00", more="<NAME>A<CURRENCY><CURRATE>1.1<CURSYM>USD</CURRENCY>")
    was = entry("8.00", more="<NAME>B<ORIGCURRENCY><CURRATE>1.1<CURSYM>USD</ORIGCURRENCY>")
    found = read(body(foreign, was)).statements
    assert [(s.currency, [line.amount for line in s.lines]) for s in found] == [
        ("EUR", [Decimal("8.00")]),
        ("USD", [Decimal("7.00")]),
    ]


REFUSED = [
    pytest.param(body(entry(amount="x")), "TRNAMT 'x' is not an amount", id="amount"),
    pytest.param(body(entry(amount="12.345")), "may be thousands or have three decimal places", id="three decimals"),
    pytest.param(body(entry(day="20261399")), "DTPOSTED '20261399' is not a date", id="day"),
    pytest.param(body(entry()).replace("<TRNAMT>12.50", ""), "has no amount", id="no amount"),
    pytest.param(body(entry()).replace("<DTPOSTED>20261103", ""), "has no day", id="no day"),
    pytest.param(body(), "there are no booked lines", id="no lines"),
    pytest.param(body(entry(), currency=""), "give it, e.g. --currency EUR", id="no currency"),
    pytest.param("<OFX><STATUS><CODE>15500<SEVERITY>ERROR<MESSAGE>Sign in</STATUS></OFX>", "the bank answered 15500 Sign in", id="an answer"),
    pytest.param("", "there is no <OFX>", id="empty"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_cannot_be_read_is_refused_in_words(text, message):
    """A sentence with the tag, the value and what would be allowed."""
    with pytest.raises(StatementError) as caught:
        read(text)
    assert message in str(caught.value)


def test_missing_currency_may_be_given():
    """A file without currency is read in the one that is said."""
    assert read(body(entry(), currency=""), currency="CHF").statements[0].currency == "CHF"


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([*"<>/&!-", "<OFX>", "</OFX>", "<STMTRS>", "</STMTRS>", "<STMTTRN>", "</STMTTRN>", "<TRNAMT>", "1.2", "<DTPOSTED>", "20261103",
                                 "<CURDEF>EUR", "<INVSTMTRS>", "\0", "é", "<BUYSTOCK>", "<![CDATA[", "]]>", "<!--", "\n"]), max_size=40))  # fmt: skip
def test_anything_is_read_or_refused(parts):
    """No input ends in anything but lines or a sentence."""
    with suppress(UsageError):
        assert read("".join(parts)).requests


def test_deep_markup_is_no_trouble():
    """A hundred thousand open tags are refused as any other file."""
    with pytest.raises(UsageError):
        read("<OFX>" + "<A>" * 100_000 + "</OFX>")
