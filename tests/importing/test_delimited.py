"""CSV statements: signs, marks, dates, quotes, states and texts, and a note wherever a row is not taken or a value is in doubt."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.importing.statements.exports import EXPORTS, NAMES
from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import guess_format, read_statement


def read(text, **options):
    content = text if isinstance(text, bytes) else text.encode()
    return read_statement("s.csv", content, form="csv", **options)


def amounts(found):
    return [str(line.amount - line.fee) for statement in found.statements for line in statement.lines]


SIGNS = [
    pytest.param("Date,Memo,Amount,Transaction Type\n2026-11-13,x,9.00,credit\n2026-11-14,y,70.00,debit\n", ["9.00", "-70.00"], id="Transaction Type"),
    pytest.param("Date,Memo,Amount,Type\n2026-11-13,x,9.00,CR\n2026-11-14,y,70.00,DR\n", ["9.00", "-70.00"], id="Type with CR and DR"),
    pytest.param("Date,Memo,Amount,Way\n2026-11-13,x,9.00,in\n2026-11-14,y,70.00,out\n", ["9.00", "-70.00"], id="in and out"),
    pytest.param("Date,Memo,Amount,Sense\n2026-11-13,x,9.00,+\n2026-11-14,y,70.00,-\n", ["9.00", "-70.00"], id="plus and minus"),
    pytest.param("Date,Memo,Amount,Kind\n2026-11-13,x,9.00,Deposit\n2026-11-14,y,70.00,Withdrawal\n", ["9.00", "-70.00"], id="deposit and withdrawal"),
    pytest.param("Date,Memo,Money in,Money out\n2026-11-13,x,9.00,\n2026-11-14,y,,70.00\n", ["9.00", "-70.00"], id="two columns"),
    pytest.param("Date,Memo,Inflow,Outflow\n2026-11-13,x,9.00,0.00\n2026-11-14,y,0.00,70.00\n", ["9.00", "-70.00"], id="zeros in the other column"),
    pytest.param("Date,Memo,Credit,Debit\n2026-11-13,x,9.00,\n2026-11-14,y,,-70.00\n2026-11-14,z,,-5.00\n2026-11-14,back,,5.00\n", ["9.00", "-70.00", "-5.00", "5.00"], id="debit taken back, signed"),
    pytest.param("Date,Memo,Credit,Debit\n2026-11-14,y,,70.00\n2026-11-14,z,,5.00\n2026-11-14,back,,-5.00\n2026-11-14,in,7.00,\n", ["-70.00", "-5.00", "5.00", "7.00"], id="debit taken back"),
    pytest.param("Date,Amount,Type\n2026-11-13,9.00,credit\n2026-11-14,-70.00,debit\n", ["9.00", "-70.00"], id="signed already"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), SIGNS)
def test_sign_is_where_the_bank_puts_it(text, expected):
    """A column of debits, words, signs: money paid is negative."""
    assert amounts(read(text, currency="EUR")) == expected


def test_words_that_only_may_be_signs_are_noted():
    """Some values of a column are words of debit, others are not: the amounts are taken as they are, and that is said."""
    found = read("Date,Amount,Type\n2026-11-13,9.00,debit\n2026-11-14,70.00,transfer\n", currency="EUR")
    assert amounts(found) == ["9.00", "70.00"]
    assert any("'debit'" in note.message and note.code == "doubt" for note in found.notes)


MARKS = [
    pytest.param("1.234;KWD", "1.234", False, id="dinars have three decimals"),
    pytest.param("1,234;TND", "1.234", False, id="with a comma"),
    pytest.param("1.234;JPY", "1234", False, id="yen have none"),
    pytest.param("1.234;EUR", "1234", True, id="euros have two: thousands, said"),
    pytest.param("1.234,50;EUR", "1234.50", False, id="both marks"),
    pytest.param("12,5;EUR", "12.5", False, id="one decimal"),
]  # fmt: skip


@pytest.mark.parametrize(("cell", "expected", "is_doubted"), MARKS)
def test_the_currency_decides_what_the_file_does_not_tell(cell, expected, is_doubted):
    """1.234 is money of three decimals, or thousands; where both may be, it is said."""
    found = read(f"Datum;Betrag;Währung\n2026-11-13;{cell}\n")
    assert amounts(found) == [expected]
    assert bool(found.reading.doubts) is is_doubted
    assert is_doubted == any("--decimal" in note.message for note in found.notes)


DATES = [
    pytest.param(["26-11-02", "26-11-13"], ["2026-11-02", "2026-11-13"], False, id="year first"),
    pytest.param(["02.11.26", "13.11.26"], ["2026-11-02", "2026-11-13"], False, id="day first"),
    pytest.param(["11/02/26", "11/13/26"], ["2026-11-02", "2026-11-13"], False, id="month first"),
    pytest.param(["31.10.26", "01.11.26"], ["2026-10-31", "2026-11-01"], False, id="only one order"),
    pytest.param(["26-11-02"], ["2002-11-26"], True, id="one date alone"),
    pytest.param(["03/11/2026", "04/11/2026"], ["2026-11-03", "2026-11-04"], True, id="day or month"),
    pytest.param(["13/11/2026"], ["2026-11-13"], False, id="told"),
    pytest.param(["20261113"], ["2026-11-13"], False, id="compact"),
]  # fmt: skip


@pytest.mark.parametrize(("texts", "expected", "is_doubted"), DATES)
def test_dates(texts, expected, is_doubted):
    """The order that the dates tell; else the likely one, and that is said."""
    found = read("Date,Amount\n" + "".join(f"{text},1.00\n" for text in texts), currency="EUR")
    assert [line.booked_on.isoformat() for line in found.statements[0].lines] == expected
    assert is_doubted == any("--dates" in note.message for note in found.notes)


UNEVEN = [
    pytest.param("Date,Name,Amount\n2026-11-13,A,1,200.00\n", "line 2 has 4", id="thousands without quotes"),
    pytest.param("Datum;Name;Betrag\n2026-11-13;A;B;5,00\n", "line 2 has 4", id="delimiter in a name"),
    pytest.param("Date,Name,Amount\n2026-11-13,A,5.00\n2026-11-14,B\n", "may be cut short", id="last row cut off"),
    pytest.param('Date,Name,Amount\n2026-11-13,"A,5.00\n2026-11-14,B,6.00\n', "never closed", id="quote never closed"),
    pytest.param('Datum;Name;Betrag\n2026-11-13;"A;5,00\n2026-11-14;B "C";6,00\n2026-11-15;"D";7,00\n', "whole rows would be part of one value", id="quote closed rows later"),
    pytest.param("Date,Name,Amount\n,A,5.00\n", "booked_on is missing", id="no date"),
    pytest.param("Date,Name,Amount\n2026-11-13,A,\n", "the amount is missing", id="no amount"),
    pytest.param("Date,Name,Amount,Currency\n2026-11-13,A,5.00,EUR\n2026-11-14,B,6.00,\n", "line 3: the currency is missing", id="row without currency"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "message"), UNEVEN)
def test_rows_that_do_not_fit_are_refused(text, message):
    """No value is dropped and no row swallowed."""
    options = {} if "Currency" in text else {"currency": "EUR"}
    with pytest.raises(StatementError) as caught:
        read(text, **options)
    assert message in str(caught.value)


def test_sloppy_quotes_within_values_are_read():
    """Quotes that are not doubled, in values with and without quotes around."""
    found = read(
        'Datum;Name;Betrag\n2026-11-13;"Hotel "Post" Bonn";5,00\n2026-11-14;Zum "Löwen";6,00\n', currency="EUR"
    )
    assert [line.payer_name for line in found.statements[0].lines] == ['Hotel "Post" Bonn', 'Zum "Löwen"']


def test_text_over_two_lines_is_read():
    """A line break within quotes is part of the text."""
    found = read('Datum;Verwendungszweck;Betrag\n2026-11-13;"RE 1\nund RE 2";5,00\n', currency="EUR")
    assert found.statements[0].lines[0].description == "RE 1\nund RE 2"


FOOTERS = [
    "Summe;;11,00",
    "Total;;11,00",
    ";;;",
    "Kontostand am 30.11.2026: 500,00;;",
    "Endsaldo;;500,00",
    "Erstellt am 30.11.2026;;",
    "*** Ende ***",
]


@pytest.mark.parametrize("footer", FOOTERS)
def test_footers_are_no_lines(footer):
    """Sums and remarks of the bank are left out, and noted."""
    found = read(f"Datum;Name;Betrag\n2026-11-13;A;5,00\n2026-11-14;B;6,00\n{footer}\n", currency="EUR")
    assert amounts(found) == ["5.00", "6.00"]
    assert [note.place for note in found.notes if note.code == "left_out"] == ([4] if footer.strip(";") else [])


def test_rows_above_the_headings_are_noted():
    """What a bank writes above its table is said to be not read."""
    found = read("Konto;DE1\nZeitraum;November\nDatum;Name;Betrag\n2026-11-13;A;5,00\n", currency="EUR")
    assert [note.message for note in found.notes] == ["2 rows above the headings not read, e.g. 'Konto DE1'"]


ENCODINGS = [
    pytest.param("Łukasz Żak", "cp1250", id="Polish Windows"),
    pytest.param("Dvořák Jiří", "iso8859_2", id="Czech ISO"),
    pytest.param("Jürgen Müller", "cp850", id="German DOS"),
    pytest.param("Łukasz Święty", "cp852", id="Polish DOS"),
    pytest.param("Jürgen Müller", "cp1252", id="Western Windows"),
    pytest.param("Łukasz Żak", "utf-16-le", id="UTF-16 without mark"),
    pytest.param("Łukasz Żak", "utf-16", id="UTF-16"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "encoding"), ENCODINGS)
def test_names_in_encodings(name, encoding):
    """Names of Central Europe, of DOS and of both bytes."""
    text = f"Datum;Name;Text;Betrag;Währung\n2026-11-13;{name};RE 1;5,00;EUR\n2026-11-14;{name};RE 2;6,00;EUR\n"
    assert read(text.encode(encoding)).statements[0].lines[0].payer_name == name


def test_encoding_may_be_said():
    """Where the letters do not tell, the person does."""
    text = "Datum;Name;Betrag;Währung\n2026-11-13;Žák;5,00;EUR\n"
    assert read(text.encode("cp852"), encoding="cp852").statements[0].lines[0].payer_name == "Žák"


def test_numbered_columns_are_one_text():
    """Omschrijving-1 to -3, and the account of the other party."""
    found = read(
        '"IBAN/BBAN","Munt","Datum","Bedrag","Tegenrekening IBAN/BBAN","Naam tegenpartij","Omschrijving-1","Omschrijving-2","Omschrijving-3"\n"NL1","EUR","2026-11-13","+5,00","NL2","Ada","RE","77",""\n'
    )
    line = found.statements[0].lines[0]
    assert (line.description, line.payer_account, line.payer_name) == ("RE 77", "NL2", "Ada")


def test_currency_beside_the_amount_or_in_the_heading():
    """A currency may stand behind a heading or an amount."""
    assert read("Datum;Betrag (CHF)\n2026-11-13;5,00\n").statements[0].currency == "CHF"
    assert read("Datum;Betrag\n2026-11-13;5,00 €\n").statements[0].currency == "EUR"
    assert read("Data;Kwota;Waluta\n2026-11-13;5,00;zł\n").statements[0].currency == "PLN"


def test_pending_rows_of_banks_are_left_out_and_noted():
    """What a bank only announces moved no money."""
    found = read("Buchungstag;Betrag;Status\n13.11.2026;5,00;Gebucht\n14.11.2026;7,00;Vorgemerkt\n", currency="EUR")
    assert amounts(found) == ["5.00"]
    assert "1 row with the state 'Vorgemerkt'" in next(n for n in found.notes if n.code == "left_out").message


def test_times_do_not_make_it_mt940():
    """:20: and :25: within times are none of SWIFT's tags."""
    text = b"Date,Time,Name,Amount,Currency\n2026-11-13,10:20:30,A,5.00,EUR\n2026-11-13,11:25:60,B,6.00,EUR\n"
    assert guess_format("s.csv", text) == "csv"


@pytest.mark.parametrize("reference", ["NOTPROVIDED", "NONREF", "EREF+", "0000000000", "-"])
def test_placeholders_are_no_references(reference):
    """The next column with a reference is taken."""
    text = f"Datum;Betrag;Kundenreferenz (End-to-End);Transaction ID\n2026-11-13;5,00;{reference};TX-7\n"
    assert read(text, currency="EUR").statements[0].lines[0].reference == "TX-7"


PAYPAL = "Date,Time,Name,Type,Status,Currency,Gross,Fee,Net,From Email Address,Transaction ID,Item Title,Invoice Number,Subject"
GATEWAYS = [
    pytest.param("paypal", f"{PAYPAL}\n11/13/2026,10:00,Ada,Payment,Refunded,EUR,10.00,-0.50,9.50,a@x.example,T1,,RE-1,\n11/14/2026,10:00,Ada,Payment Refund,Completed,EUR,-10.00,0.20,-9.80,a@x.example,T2,,,\n11/14/2026,10:00,B,Payment,Denied,EUR,8.00,0.00,8.00,b@x.example,T3,,,\n",
                 ["9.50", "-9.80"], ("Ada", "T1", "RE-1"), 1, id="PayPal: refunded originals moved money, denied ones did not"),
    pytest.param("paypal", f"{PAYPAL},Balance Impact\n11/13/2026,10:00,Ada,Payment,Partially Refunded,EUR,10.00,-0.50,9.50,a@x.example,T1,RE-1,,,Credit\n11/13/2026,10:00,Ada,Order,Completed,EUR,10.00,0.00,10.00,a@x.example,T0,,,,Memo\n",
                 ["9.50"], ("Ada", "T1", "RE-1"), 1, id="PayPal: memo rows"),
    pytest.param("paypal", f"{PAYPAL},Balance\n11/13/2026,10:00,Ada,Payment,Completed,EUR,10.00,-0.50,9.50,a@x.example,T1,,,RE-1,9.50\n11/14/2026,10:00,,General Hold,Pending,EUR,-2.00,0.00,-2.00,,T2,,,,7.50\n",
                 ["9.50", "-2.00"], ("Ada", "T1", "RE-1"), 0, id="PayPal: a hold that the balance shows"),
    pytest.param("stripe", "id,Description,Created date (UTC),Amount,Amount Refunded,Currency,Fee,Status,Customer Email\nch_1,RE-1,2026-11-13 10:00,10.00,4.00,eur,0.50,Paid,a@x.example\nch_2,RE-2,2026-11-13 11:00,8.00,0.00,eur,0.00,Failed,b@x.example\n",
                 ["9.50", "-4.00"], ("a@x.example", "ch_1", "RE-1"), 1, id="Stripe payments"),
    pytest.param("stripe", "balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,customer_email\ntxn_1,2026-11-13 10:00,2026-11-15 00:00,eur,10.00,0.50,9.50,charge,ch_1,RE-1,a@x.example\n",
                 ["9.50"], ("a@x.example", "ch_1", "RE-1"), 0, id="Stripe balance"),
    pytest.param("wise", '"TransferWise ID",Date,Amount,Currency,Description,"Payment Reference","Running Balance","Payer Name","Payee Name","Total fees"\nTRANSFER-1,13-11-2026,10.00,EUR,Received money from Ada,RE-1,110.00,Ada,,0\nCARD-2,14-11-2026,-3.00,EUR,Card transaction,,107.00,,,0\n',
                 ["10.00", "-3.00"], ("Ada", "TRANSFER-1", "RE-1"), 0, id="Wise"),
    pytest.param("revolut", "Type,Product,Started Date,Completed Date,Description,Amount,Fee,Currency,State,Balance\nTOPUP,Current,2026-11-13 10:00:00,2026-11-13 10:01:00,RE-1,10.00,0.00,EUR,COMPLETED,10.00\nTRANSFER,Current,2026-11-14 10:00:00,2026-11-14 10:01:00,Rent,-3.00,0.20,EUR,COMPLETED,6.80\nCARD,Current,2026-11-14 10:00:00,2026-11-14 10:00:00,x,-1.00,0.00,EUR,REVERTED,\n",
                 ["10.00", "-3.20"], ("", "", "RE-1"), 1, id="Revolut"),
    pytest.param("revolut", "Date started (UTC),Date completed (UTC),ID,Type,State,Description,Reference,Payer,Payment currency,Amount,Total amount,Fee,Fee currency,Balance\n2026-11-13,2026-11-13,R1,TOPUP,COMPLETED,Money added from Ada,RE-1,Ada,EUR,10.00,10.00,0.00,EUR,10.00\n",
                 ["10.00"], ("Ada", "R1", "RE-1"), 0, id="Revolut Business"),
    pytest.param("n26", '"Date","Payee","Account number","Transaction type","Payment reference","Amount (EUR)","Amount (Foreign Currency)","Type Foreign Currency","Exchange Rate"\n"2026-11-13","Ada","DE1","Income","RE-1","10.0","","",""\n',
                 ["10.0"], ("Ada", "", "RE-1"), 0, id="N26"),
    pytest.param("n26", '"Booking Date","Value Date","Partner Name","Partner Iban",Type,"Payment Reference","Account Name","Amount (EUR)","Original Amount"\n2026-11-13,2026-11-13,Ada,DE1,Credit Transfer,RE-1,Main,10.0,\n',
                 ["10.0"], ("Ada", "", "RE-1"), 0, id="N26, newer"),
    pytest.param("mollie", '"Date","Payment method","Currency","Amount","Status","ID","Description","Consumer name","Consumer bank account","Settlement reference","Amount refunded"\n"2026-11-13 10:00:00","ideal","EUR","10.00","paidout","tr_1","RE-1","Ada","NL1","1234.01","0.00"\n"2026-11-13 10:00:00","ideal","EUR","7.00","expired","tr_2","RE-2","B","","","0.00"\n',
                 ["10.00"], ("Ada", "tr_1", "RE-1"), 1, id="Mollie"),
    pytest.param("gocardless", "id,created_at,charge_date,amount,description,currency,status,amount_refunded,reference,customers.given_name,customers.family_name\nPM1,2026-11-10,2026-11-13,10.00,RE-1,EUR,paid_out,0.00,,Ada,Lund\nPM2,2026-11-10,2026-11-13,7.00,RE-2,EUR,failed,0.00,,B,C\nPM3,2026-11-10,2026-11-13,6.00,RE-3,EUR,charged_back,0.00,,D,E\n",
                 ["10.00", "6.00", "-6.00"], ("Ada Lund", "PM1", "RE-1"), 1, id="GoCardless"),
    pytest.param("braintree", "Transaction ID,Subscription ID,Transaction Type,Transaction Status,Settlement Date,Amount Authorized,Amount Submitted For Settlement,Currency ISO Code,Order ID,Customer First Name,Customer Last Name\nbt1,,sale,settled,11/13/2026,10.00,10.00,EUR,RE-1,Ada,Lund\nbt2,,credit,settled,11/14/2026,4.00,4.00,EUR,RE-1,Ada,Lund\nbt3,,sale,processor_declined,11/14/2026,9.00,0.00,EUR,,B,C\n",
                 ["10.00", "-4.00"], ("Ada Lund", "bt1", "RE-1"), 1, id="Braintree"),
]  # fmt: skip


@pytest.mark.parametrize(("source", "text", "expected", "first", "left_out"), GATEWAYS)
def test_exports_by_name(source, text, expected, first, left_out):
    """Each gateway's export is known by its headings; rows without money are left out, and counted."""
    found = read(text)
    (statement,) = found.statements
    line = statement.lines[0]
    assert (statement.source, amounts(found)) == (source, expected)
    assert (line.payer_name, line.reference, line.description, line.booked_on) == (*first, date(2026, 11, 13))
    assert sum(1 for note in found.notes if note.code == "left_out") == left_out


def test_every_export_is_tried():
    """No gateway is left out above."""
    assert {parameters.values[0] for parameters in GATEWAYS} == set(NAMES)
    assert len({export.marks for export in EXPORTS}) == len(EXPORTS)


def test_many_rows_with_and_without_quotes_are_the_same():
    """The three ways a text is split give the same rows."""
    plain = "Datum;Name;Betrag\n" + "".join(f"2026-11-13;Ada {n};{n},00\n" for n in range(1, 50))
    quoted = "Datum;Name;Betrag\n" + "".join(f'2026-11-13;"Ada {n}";"{n},00"\n' for n in range(1, 50))
    sloppy = quoted.replace("Ada 7", 'Ada "7" x').replace("\n", "\r\n")
    one, two, three = (read(text, currency="EUR").statements[0].lines for text in (plain, quoted, sloppy))
    assert one == two
    assert [line.amount for line in three] == [Decimal(n) for n in range(1, 50)]
    assert [line.place for line in three] == [line.place for line in one]


@settings(max_examples=200, deadline=None)
@given(st.text(alphabet='";,\n\r0123.-abé\0', max_size=60))
def test_anything_is_read_or_refused(text):
    """No text ends in anything but lines or a sentence."""
    from contextlib import suppress

    with suppress(StatementError):
        assert read(f"Date,Name,Amount\n{text}", currency="EUR").requests
