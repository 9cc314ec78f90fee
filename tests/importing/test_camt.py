"""CAMT: batches with parts and charges, returns, entries without booking date, pages, and what is only announced."""

from datetime import date
from decimal import Decimal

import pytest

from clientops.importing.statements.lines import StatementError
from clientops.importing.statements.read import read_statement

DAY = "<BookgDt><Dt>2026-11-03</Dt></BookgDt>"


def balance(code, amount, day="2026-11-03"):
    sign = "DBIT" if amount.startswith("-") else "CRDT"
    return f'<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">{amount.lstrip("-")}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Dt><Dt>{day}</Dt></Dt></Bal>'


def part(amount="", name="", text="", *, side="Dbtr", more="", currency="EUR"):
    said = f'<AmtDtls><TxAmt><Amt Ccy="{currency}">{amount}</Amt></TxAmt></AmtDtls>' if amount else ""
    party = f"<RltdPties><{side}><Nm>{name}</Nm></{side}></RltdPties>" if name else ""
    return f"<TxDtls>{said}{party}<RmtInf><Ustrd>{text}</Ustrd></RmtInf>{more}</TxDtls>"


def entry(amount, *parts, sign="CRDT", day=DAY, status="BOOK", more="", reference="B-9"):
    named = f"<AcctSvcrRef>{reference}</AcctSvcrRef>" if reference else ""
    return f'<Ntry><Amt Ccy="EUR">{amount}</Amt><CdtDbtInd>{sign}</CdtDbtInd><Sts>{status}</Sts>{day}{named}{more}<NtryDtls>{"".join(parts)}</NtryDtls></Ntry>'


def statement(*inside, owner="", kind="Stmt"):
    own = f"<Ownr><Nm>{owner}</Nm></Ownr>" if owner else ""
    return f"<{kind}><Acct><Id><IBAN>DE11100000000000004711</IBAN></Id><Ccy>EUR</Ccy>{own}</Acct>{''.join(inside)}</{kind}>"


def document(*statements, head='<?xml version="1.0" encoding="UTF-8"?>'):
    return f'{head}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><CreDtTm>2026-11-04T05:00:00</CreDtTm></GrpHdr>{"".join(statements)}</BkToCstmrStmt></Document>'


def read(text):
    return read_statement("s.xml", text if isinstance(text, bytes) else text.encode(), form="camt")


def lines(*entries, opening="0.00", closing="100.00", owner=""):
    text = document(statement(balance("OPBD", opening), balance("CLBD", closing), *entries, owner=owner))
    return read(text).statements[0].lines


def test_parts_of_a_batch_are_lines():
    """A batch whose parts add up is as many lines, each with the bank's reference of the batch."""
    found = lines(entry("100.00", part("60.00", "Mara Lund", "RE-1"), part("40.00", "Ole Dahl", "RE-2")))
    assert [(x.amount, x.payer_name, x.description, x.entry) for x in found] == [
        (Decimal("60.00"), "Mara Lund", "RE-1", "B-9"), (Decimal("40.00"), "Ole Dahl", "RE-2", "B-9"),
    ]  # fmt: skip


@pytest.mark.parametrize("amounts", [("", ""), ("60.00", ""), ("60.00", "30.00")])
def test_batch_that_cannot_be_split_belongs_to_nobody_alone(amounts):
    """One line with all texts and no payer, and a note."""
    text = document(
        statement(
            balance("OPBD", "0.00"),
            balance("CLBD", "100.00"),
            entry("100.00", part(amounts[0], "Mara Lund", "RE-1"), part(amounts[1], "Ole Dahl", "RE-2")),
        )
    )
    found = read(text)
    (line,) = found.statements[0].lines
    assert (line.amount, line.payer_name, line.description) == (Decimal("100.00"), "", "RE-1 RE-2")
    assert [note.code for note in found.notes] == ["doubt"]


def test_charges_of_a_batch_are_a_line():
    """Parts and the charges that were taken off come to the entry."""
    charges = '<Chrgs><TtlChrgsAndTaxAmt Ccy="EUR">1.50</TtlChrgsAndTaxAmt></Chrgs>'
    found = lines(entry("98.50", part("60.00", "Mara Lund"), part("40.00", "Ole Dahl"), more=charges), closing="98.50")
    assert [(x.amount, x.payer_name or x.description) for x in found] == [
        (Decimal("60.00"), "Mara Lund"), (Decimal("40.00"), "Ole Dahl"), (Decimal("-1.50"), "Charges"),
    ]  # fmt: skip


def test_part_in_another_currency_does_not_say_its_amount():
    """100 USD are not 100 EUR."""
    (line,) = lines(
        entry("100.00", part("60.00", "Mara Lund", currency="USD"), part("40.00", "Ole Dahl", currency="USD"))
    )
    assert (line.amount, line.payer_name) == (Decimal("100.00"), "")


BOTH = "<RltdPties><Dbtr><Nm>Mara Lund</Nm></Dbtr><DbtrAcct><Id><IBAN>DE22</IBAN></Id></DbtrAcct><Cdtr><Nm>Own GmbH</Nm></Cdtr></RltdPties>"
OTHER = (
    BOTH.replace("Mara Lund", "X")
    .replace("Own GmbH", "Mara Lund")
    .replace("X", "Own GmbH")
    .replace("DbtrAcct", "CdtrAcct")
)
RETURNS = [
    pytest.param("DBIT", "<RvslInd>true</RvslInd>", BOTH, "", id="direct debit taken back, by indicator"),
    pytest.param("DBIT", "", BOTH + "<RtrInf><Rsn><Cd>MD06</Cd></Rsn></RtrInf>", "", id="by return information"),
    pytest.param("DBIT", "<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>IDDT</Cd><SubFmlyCd>UPDD</SubFmlyCd></Fmly></Domn></BkTxCd>", BOTH, "", id="by code"),
    pytest.param("DBIT", "<BkTxCd><Prtry><Cd>NRTI+109+00931</Cd></Prtry></BkTxCd>", BOTH, "", id="by German code"),
    pytest.param("DBIT", "", BOTH, "Own GmbH", id="by our own name"),
    pytest.param("CRDT", "<RvslInd>true</RvslInd>", OTHER, "", id="our transfer that came back"),
    pytest.param("CRDT", "", BOTH, "", id="a payment"),
    pytest.param("DBIT", "", OTHER, "", id="a payment of ours"),
]  # fmt: skip


@pytest.mark.parametrize(("sign", "more", "parties", "owner"), RETURNS)
def test_the_other_party_is_named(sign, more, parties, owner):
    """Never our own company, whichever way the money went."""
    closing = "100.00" if sign == "CRDT" else "-100.00"
    (line,) = lines(entry("100.00", f"<TxDtls>{parties}</TxDtls>", sign=sign, more=more), closing=closing, owner=owner)
    assert line.payer_name == "Mara Lund"


def test_reason_of_a_return_is_in_the_text():
    """The code that says why it came back is kept."""
    back = "<RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>closed</AddtlInf></RtrInf>"
    (line,) = lines(entry("5.00", part("", "Mara Lund", "RE-1", more=back), sign="DBIT"), closing="-5.00")
    assert line.description == "RE-1 Return AC04 closed"


@pytest.mark.parametrize(("day", "expected"), [
    ("<BookgDt><DtTm>2026-11-03T10:00:00+01:00</DtTm></BookgDt>", date(2026, 11, 3)),
    ("<ValDt><Dt>2026-11-02</Dt></ValDt>", date(2026, 11, 2)),
    ("", date(2026, 11, 3)),
])  # fmt: skip
def test_entries_without_booking_day(day, expected):
    """The value date counts, else the day of the closing balance."""
    (line,) = lines(entry("100.00", day=day))
    assert line.booked_on == expected


@pytest.mark.parametrize("amount", [".50", "+0.50", "0.5000", "00.5", "0.5"])
def test_amounts_of_the_schema(amount):
    """Whatever xs:decimal allows."""
    assert lines(entry(amount), closing="0.50")[0].amount == Decimal("0.5")


@pytest.mark.parametrize("reference", ["NOTPROVIDED", "NOTPROVIDED.", "NONREF", ""])
def test_placeholders_are_no_references(reference):
    """The next reference that is one is taken."""
    refs = f"<Refs><EndToEndId>{reference}</EndToEndId></Refs>"
    assert lines(entry("100.00", f"<TxDtls>{refs}</TxDtls>"))[0].reference == "B-9"


def test_announced_entries_are_left_out_and_counted():
    """A file with nothing else is refused with what it holds."""
    text = document(
        statement(
            balance("OPBD", "0.00"),
            balance("CLBD", "100.00"),
            entry("100.00"),
            entry("7.00", status="PDNG"),
            entry("8.00", status="INFO"),
        )
    )
    found = read(text)
    assert [line.amount for line in found.statements[0].lines] == [Decimal("100.00")]
    assert sorted(note.message for note in found.notes) == [
        "1 entry is only announced (INFO) and left out",
        "1 entry is only announced (PDNG) and left out",
    ]
    with pytest.raises(StatementError, match="no booked lines in it; 1 entry is only announced"):
        read(document(statement(entry("7.00", status="PDNG"))))


def test_pages_are_one_statement():
    """The first page has the opening balance, the last the closing one."""
    first = statement(balance("OPBD", "0.00"), entry("60.00"))
    last = statement(balance("CLBD", "100.00"), entry("40.00"))
    (found,) = read(document(first, last)).statements
    assert (found.opening, found.closing, len(found.lines)) == (0, 100, 2)


def test_days_in_one_statement_have_the_first_and_the_last_balance():
    """Of several balances of a kind, the first opening and the last closing one."""
    balances = [
        balance("OPBD", "0.00", "2026-11-02"),
        balance("CLBD", "60.00", "2026-11-02"),
        balance("OPBD", "60.00", "2026-11-03"),
        balance("CLBD", "100.00", "2026-11-03"),
    ]
    (found,) = read(document(statement(*balances, entry("60.00"), entry("40.00")))).statements
    assert (found.opening, found.closing) == (0, 100)


@pytest.mark.parametrize("kind", ["Rpt", "Ntfctn"])
def test_reports_and_notifications_are_notices(kind):
    """They announce what a statement lists as well."""
    assert read(document(statement(entry("100.00"), kind=kind))).statements[0].is_notice


def test_bytes_that_are_not_what_the_file_says_are_read():
    """UTF-8 by its head, Windows-1252 by its letters: read, and said."""
    text = document(statement(entry("100.00", part("", "Jörg Müller"))))
    found = read(text.encode("cp1252"))
    assert found.statements[0].lines[0].payer_name == "Jörg Müller"


def test_currency_of_an_entry_is_the_accounts():
    """An entry in another currency cannot be in the sum of the account."""
    with pytest.raises(StatementError, match="the entry is in USD, but the account is in EUR"):
        lines(entry("100.00").replace('Ccy="EUR"', 'Ccy="USD"'))
