"""MT940 of many banks: envelopes, entries of any form, and texts that stay with their entry."""

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.core.errors import UsageError
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import read_statement

ENTRY = ":61:2611031103C40,00NTRFNONREF//B-17"
TEXT = ":86:166?00GUTSCHRIFT?20EREF+E-5 SVWZ+RE-55?32Mara Lund"


def message(*fields, opening="C261102EUR60,00", closing="C261103EUR100,00", end="-"):
    return "\r\n".join(
        [":20:U1", ":25:50010517/4711", ":28C:3/1", f":60F:{opening}", *fields, f":62F:{closing}", end, ""]
    )


def read(text, **options):
    return read_statement("bank.sta", text.encode(), form="mt940", **options)


def only_line(text):
    (statement,) = read(text).statements
    (line,) = statement.lines
    return line


ONE = message(ENTRY, TEXT)
ENVELOPES = [
    pytest.param(":940:\r\n" + ONE, id="Rabobank"),
    pytest.param("INGBNL2A\r\n940\r\nINGBNL2A\r\n" + ONE, id="three lines"),
    pytest.param("0000 01INGBNL2AXXXX00001\r\n0000 01INGBNL2AXXXX00001\r\n940 00\r\n" + ONE + "-XXX\r\n", id="ING"),
    pytest.param("\x01{1:F01BANKCHBEAXXX0000000000}{2:I940XXXXN}{4:\r\n" + ONE.replace("\r\n-\r\n", "\r\n-}\x03\r\n"), id="SWIFT with control characters"),
    pytest.param("{1:F01KREDBEBBAXXX0}{2:O9400000N}{3:{108:X}}{4:" + ONE + "-}{5:{CHK:1}}", id="SWIFT on one line"),
    pytest.param("\ufeff\r\n\r\n" + ONE, id="byte order mark and blank lines"),
    pytest.param(ONE.replace("\r\n", "\n"), id="unix lines"),
    pytest.param(ONE.replace("\r\n", "\r"), id="old Mac lines"),
    pytest.param(ONE.replace(":20:U1\r\n", ""), id="no :20:"),
    pytest.param(ONE.replace("\r\n-\r\n", ""), id="no end"),
]  # fmt: skip


@pytest.mark.parametrize("text", ENVELOPES)
def test_envelopes_of_banks_are_no_lines(text):
    """What a bank puts around the statement changes nothing."""
    found = read(text)
    (statement,) = found.statements
    assert (statement.account, statement.opening, statement.closing) == ("50010517/4711", Decimal("60.00"), Decimal("100.00"))  # fmt: skip
    (line,) = statement.lines
    assert (line.amount, line.payer_name, line.reference, line.description) == (Decimal("40.00"), "Mara Lund", "E-5", "RE-55")  # fmt: skip
    assert not found.notes


def test_unknown_line_around_statements_is_noted():
    """What looks like no envelope that we know is said."""
    assert [(note.place, note.code) for note in read("Exported by Sirius\r\n" + ONE).notes] == [(1, "left_out")]


def test_several_statements_in_envelopes_are_kept_apart():
    """A header between two statements is no text of the first."""
    two = message(ENTRY.replace("1103C", "1104C"), TEXT, opening="C261103EUR100,00", closing="C261104EUR140,00")
    found = read(
        f"RABONL2U\r\n940\r\nRABONL2U\r\n{ONE}RABONL2U\r\n940\r\nRABONL2U\r\n{two.replace(':20:U1' + chr(13) + chr(10), '')}"
    )
    assert [(s.opening, s.closing, len(s.lines)) for s in found.statements] == [(60, 100, 1), (100, 140, 1)]


FORMS = [
    pytest.param(":61:2611031103C40,00 NTRFNONREF//B-17", id="blank before the type"),
    pytest.param(":61:261103    C40,00NTRFNONREF//B-17", id="blank entry date"),
    pytest.param(":61:261103C40,NTRFNONREF//B-17", id="no entry date, no decimals"),
    pytest.param(":61:2611031103CR40,00NTRFNONREF//B-17", id="funds code"),
    pytest.param(":61:2611031103C000000000000040,00NTRFNONREF//B-17", id="leading zeros"),
    pytest.param(":61:2611031103C40,00NONREF//B-17", id="no type"),
    pytest.param(":61:2611031103C40,00S103NOTPROVIDED//B-17", id="SWIFT type and placeholder"),
    pytest.param(":61:2611031103C40,00NTRFKREF+//B-17\r\nEXTRA", id="KREF+ and details"),
    pytest.param(":61:2611031103C40,00N426EREF//B-17", id="EREF"),
    pytest.param(":61:2611031103RD40,00NTRFNONREF//B-17", id="debit taken back"),
]  # fmt: skip


@pytest.mark.parametrize("entry", FORMS)
def test_forms_of_entries(entry):
    """Amount, day and the bank's own reference, however the entry is written."""
    line = only_line(message(entry, ":86:just text"))
    assert (line.amount, line.booked_on, line.reference) == (Decimal("40.00"), date(2026, 11, 3), "B-17")


@pytest.mark.parametrize(
    "reference", ["NONREF", "NOTPROVIDED", "EREF", "KREF+", "MREF", "N", "0000000000", "NONREF//NONREF", "NOREF"]
)
def test_placeholders_are_no_references(reference):
    """Neither in the entry nor in its text does a placeholder name anything."""
    line = only_line(message(f":61:2611031103C40,00NTRF{reference}", ":86:166?20EREF+NOTPROVIDED?21SVWZ+RE-55"))
    assert (line.reference, line.description) == ("", "RE-55")


DAYS = [
    pytest.param("2602300301", date(2026, 2, 28), date(2026, 3, 1), id="30 February"),
    pytest.param("2402300301", date(2024, 2, 29), date(2024, 3, 1), id="30 February of a leap year"),
    pytest.param("2612311", None, None, id="half a date"),
    pytest.param("2612310102", date(2026, 12, 31), date(2027, 1, 2), id="booked next year"),
    pytest.param("2701021231", date(2027, 1, 2), date(2026, 12, 31), id="booked last year"),
    pytest.param("2613310102", None, None, id="month 13"),
]  # fmt: skip


@pytest.mark.parametrize(("days", "valued", "booked"), DAYS)
def test_days_of_entries(days, valued, booked):
    """The booking day is in the year next to the value date; a month of 30 days ends with the month."""
    text = message(f":61:{days}C40,00NTRFX1")
    if valued is None:
        with pytest.raises(StatementError):
            read(text)
        return
    line = only_line(text)
    assert (line.valued_on, line.booked_on) == (valued, booked)


TEXTS = [
    pytest.param(":86:/EREF/N-9//CNTP/NL02ABNA0123456789/ABNANL2A/Mara Lund///REMI/USTD//RE-55/", id="ING"),
    pytest.param(":86:/TRTP/SEPA OVERBOEKING/IBAN/NL02ABNA0123456789/BIC/ABNANL2A/NAME/Mara Lund/REMI/RE-55/EREF/N-9", id="ABN AMRO"),
    pytest.param(":86:/ORDP//NAME/Mara Lund/IBAN/NL02ABNA0123456789/REMI/RE\r\n-55/EREF/N-9", id="Rabobank, wrapped"),
    pytest.param(":86:166?00GUTSCHRIFT?20EREF+N-9?21SVWZ+RE-?2255?30ABNANL2A?31NL02ABNA0123456789?32Mara?33Lund", id="German"),
    pytest.param(":86:166?00X?20EREF: N-9 SVWZ: RE-55?31NL02ABNA0123456789?32Mara Lund", id="German with colons"),
    pytest.param(":86:020~00BP~20EREF+N-9 SVWZ+RE-55~32Mara Lund~38NL02ABNA0123456789", id="Polish, numbered"),
    pytest.param(":86:SEPA OVERBOEKING IBAN: NL02ABNA0123456789 BIC: ABNANL2A NAAM: Mara Lund OMSCHRIJVING: RE-55 KENMERK: N-9", id="Dutch with colons"),
    pytest.param(":86:EREF+N-9 IBAN+NL02ABNA0123456789 ANAM+Mara Lund SVWZ+RE-55", id="keywords alone"),
]  # fmt: skip


@pytest.mark.parametrize("text", TEXTS)
def test_structured_texts_of_banks(text):
    """Payer, account, reference and purpose, each where it belongs."""
    line = only_line(message(ENTRY, text))
    found = (line.payer_name, line.payer_account, line.reference, line.description)
    assert found == ("Mara Lund", "NL02ABNA0123456789", "N-9", "RE-55")


def test_polish_sentences():
    """mBank writes parts of a sentence with semicolons."""
    line = only_line(message(ENTRY, ":86:911 PRZELEW; z rach.: 56114010810000267002001001; od: MARA LUND; tyt.: RE-55; TNR: 123.4"))  # fmt: skip
    assert (line.payer_name, line.payer_account, line.description) == ("MARA LUND", "56114010810000267002001001", "RE-55")  # fmt: skip


def test_account_of_the_payer_in_the_entry():
    """Dutch banks put 18 characters of an account where SWIFT allows 16, and the name below."""
    line = only_line(message(":61:2611031103C40,00NOVBNL02ABNA0123456789\r\nmara lund", ":86:RE-55"))
    assert (line.payer_account, line.payer_name, line.description, line.reference) == ("NL02ABNA0123456789", "mara lund", "RE-55", "")  # fmt: skip


def test_text_belongs_to_the_entry_before_it():
    """Text behind balances is the statement's, before the first entry too; two texts of one entry are both kept."""
    second = [":61:2611031103C5,00NTRFX2", ":86:166?20RE-56?32Ole Dahl", ":86:and a note"]
    text = message(":86:of the statement", ENTRY, TEXT, *second, closing="C261103EUR105,00", end=":64:C261103EUR105,00\r\n:86:/SUM/2/0/45,00/0,00/\r\n-")  # fmt: skip
    (statement,) = read(text).statements
    assert [(line.payer_name, line.description) for line in statement.lines] == [("Mara Lund", "RE-55"), ("Ole Dahl", "RE-56 and a note")]  # fmt: skip


def test_signs_that_begin_a_line_of_text_are_text():
    """A text may go on with a brace, a minus or a colon."""
    line = only_line(message(ENTRY, ":86:one\r\n{two}\r\n-three\r\n:four"))
    assert line.description == "one {two} -three :four"


def test_interim_report_is_a_notice():
    """MT942 has no balances; it announces what a statement lists later."""
    text = ":20:U\r\n:25:50010517/4711\r\n:28C:1\r\n:34F:EUR0,\r\n:13D:2611031200+0100\r\n" + ENTRY + "\r\n" + TEXT + "\r\n:90C:1EUR40,\r\n-\r\n"  # fmt: skip
    (statement,) = read(text).statements
    assert (statement.is_notice, statement.currency, len(statement.lines)) == (True, "EUR", 1)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from([":20:U\n", ":25:1\n", ":60F:C261102EUR60,00\n", ":61:2611031103C40,00NTRFX\n", ":61:", ":86:/NAME/", "?20", "\n", ":62F:C261103EUR100,00\n",
                                 "-}\n", "{4:", "\x01", "é", ":86:166?", ":64:", "//"]), max_size=20))  # fmt: skip
def test_anything_is_read_or_refused(parts):
    """No input ends in anything but lines or a sentence."""
    with suppress(UsageError):
        assert read("".join(parts)).requests
