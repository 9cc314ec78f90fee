"""Bank statements of the demo book: files of four formats that match its payments, but for some lines."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from xml.sax.saxutils import escape

from clientops.schema.days import payment_day_sql
from clientops.schema.tables import Tables

DAY = payment_day_sql()
DAY_T = payment_day_sql("t.occurred_at")

ACCOUNT = "DE68210501700012345678"
BANK_CODE = "NOLADE21KIE"


@dataclass(frozen=True)
class StatementLine:
    """One line of a demo statement, and what it belongs to in the book.

    Attributes:
        file_name: File that it is written to.
        booked_on: Booking date.
        amount: Positive: received; negative: paid.
        payer: Other party.
        account: The other party's account.
        reference: The bank's number for it.
        description: What the payer wrote.
        transaction_id: Transaction of the book that it is; None where the book has none yet.
        invoice_numbers: Open invoices that it pays, separated by commas; empty where it is a transaction.
    """

    file_name: str
    booked_on: date
    amount: Decimal
    payer: str
    account: str
    reference: str
    description: str
    transaction_id: int | None
    invoice_numbers: str


@dataclass(frozen=True)
class Statement:
    """Lines of one file in the order of their dates, with balances that add up."""

    lines: Sequence[StatementLine]
    currency: str
    from_on: date
    to_on: date
    opening: Decimal

    @property
    def closing(self) -> Decimal:
        """Balance after the last line."""
        return self.opening + sum((line.amount for line in self.lines), Decimal(0))


def write_demo_statements(tables: Tables, folder: Path) -> list[StatementLine]:
    """Write statements over the payments of the last months of a book.

    ``bank.csv`` covers the last 30 days, ``bank.mt940`` the 30 before, ``bank.camt053.xml`` the 30 before those, all in
    EUR; ``bank_usd.ofx`` covers the last 90 in USD. About one payment in twenty is missing. Beyond the book's payments they
    hold rent, unknown payers, and, on the last days, payments of open invoices: alone, several together, and with the
    bank's charges taken off.

    Args:
        tables: A book with invoices and payments.
        folder: Where to write; made if it is not there.

    Returns:
        Every line that was written, with what it belongs to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    last = tables.query(f"select max({DAY}) from transactions where kind = 'payment'").fetchone()
    last_day = last[0] if last and last[0] else date(2026, 1, 31)
    written: list[StatementLine] = []
    for name, write, code, newest, oldest in FILES:
        values = {"code": code, "newest": newest, "oldest": oldest, "last_day": last_day}
        rows = tables.query(LINES, **values).fetchall()
        lines = [
            StatementLine(name, day, amount, payer, iban(client_id), *texts)
            for day, amount, payer, client_id, *texts in rows
        ]
        from_on, to_on = last_day - timedelta(days=oldest - 1), last_day - timedelta(days=newest)
        statement = Statement(lines, code, from_on, to_on, Decimal("10000.00"))
        (folder / name).write_text("".join(part + "\n" for part in write(statement)), encoding="utf-8")
        written += lines
    return written


# The book's payments by bank with some left out; then lines that the book does not know. Chance falls by row numbers, so
# that the same book gives the same files.
LINES = (
    """
    with account as (select id as currency_id from currencies where code = $code),
    open_invoices as (
        select i.client_id, i.number, i.issued_on,
            (i.total - i.credit_applied - i.written_off - coalesce(sum(a.amount), 0))::decimal(18, 2) as owed
        from invoices i
        join clients c on c.id = i.client_id
        join account on account.currency_id = c.currency_id
        left join allocations a on a.invoice_id = i.id
        where i.status = 'Unpaid' and $newest = 0 and i.issued_on <= $last_day
        group by i.id, i.client_id, i.number, i.issued_on, i.total, i.credit_applied, i.written_off
    ),
    debtors as (
        select client_id, count(*) as invoices, sum(owed)::decimal(18, 2) as amount,
            string_agg(number, ', ' order by number) as numbers, max(issued_on) as issued_on
        from open_invoices group by client_id
    ),
    payers as (
        select *, row_number() over (order by invoices desc, hash(client_id), client_id) as place from debtors
    ),
    lines as (
        select t.id as sort_id, """
    + DAY_T
    + """ as booked_on, (t.amount_in - t.amount_out)::decimal(18, 2) as amount,
            coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name), 'Unknown') as payer, t.client_id, t.reference,
            if(t.id % 7 = 0, 'Hosting', replace(t.description, 'Payment of ', '')) as description, t.id as transaction_id, '' as invoice_numbers
        from transactions t
        join account using (currency_id)
        left join clients c on c.id = t.client_id
        where t.gateway in ('banktransfer', 'directdebit') and hash(t.id) % 20 <> 0
        union all
        -- Those with several open invoices pay them with one transfer, some others pay theirs, one with charges taken off.
        select -place, $last_day - (place % 9)::int, (p.amount - if(place % 7 = 3, 0.50, 0))::decimal(18, 2),
            if(place % 5 = 0, upper(coalesce(c.company_name, concat_ws(' ', c.last_name, c.first_name))),
                coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name))),
            p.client_id, 'NEW' || lpad(p.client_id::varchar, 9, '0'), if(place % 4 = 2, replace(numbers, 'INV-', 'Rechnung '), numbers),
            null, numbers
        from payers p join clients c on c.id = p.client_id
        where (invoices > 1 or place % 2 = 0) and place <= 40 and p.issued_on <= $last_day - (place % 9)::int
        union all
        select -1000 - n, $last_day - $newest::int - n::int * 7, [59.90, -1850.00, 12.00][n], ['Max Mustermann', 'Hafenkontor Immobilien', 'E. Nobody'][n],
            n, 'X' || $newest::varchar || n, ['Danke', 'Office rent', 'invoice 99999'][n], null, ''
        from range(1, 4) extras(n)
    )
    select booked_on, amount, payer, coalesce(client_id, 0), reference, description, transaction_id, invoice_numbers
    from lines
    where booked_on > $last_day - $oldest::int and booked_on <= $last_day - $newest::int and amount <> 0
    order by booked_on, sort_id
"""
)


def iban(number: int) -> str:
    """A German account number with the right check digits, made from a client number."""
    bank_and_account = f"21050170{number:010}"
    return f"DE{98 - int(bank_and_account + '131400') % 97:02}{bank_and_account}"


def csv_lines(statement: Statement) -> Iterator[str]:
    """As German banks write it: semicolons, decimal comma, day first."""
    yield "Buchungstag;Wertstellung;Auftraggeber;IBAN;Verwendungszweck;Referenz;Betrag;Waehrung;Saldo"
    balance = statement.opening
    for line in statement.lines:
        balance += line.amount
        day = f"{line.booked_on:%d.%m.%Y}"
        texts = (line.payer, line.account, line.description, line.reference)
        quoted = ";".join('"' + text.replace('"', '""') + '"' for text in texts)
        yield f"{day};{day};{quoted};{_comma(line.amount)};{statement.currency};{_comma(balance)}"


def mt940_lines(statement: Statement) -> Iterator[str]:
    """SWIFT MT940 with the fields of German banks."""
    yield ":20:STARTUMSE"
    yield f":25:{ACCOUNT[4:12]}/{ACCOUNT[12:]}"
    yield ":28C:00001/001"
    yield f":60F:{_signed(statement.opening, statement.from_on, statement.currency)}"
    for line in statement.lines:
        sign = "C" if line.amount > 0 else "D"
        yield f":61:{line.booked_on:%y%m%d%m%d}{sign}{_comma(abs(line.amount))}NTRFNONREF//{line.reference[-16:]}"
        text = f"EREF+{line.reference} SVWZ+{_latin(line.description)}"
        purpose = "".join(f"?{20 + n}{text[at : at + 27]}" for n, at in enumerate(range(0, min(len(text), 270), 27)))
        payer = _latin(line.payer)
        detail = f":86:166?00UEBERWEISUNG{purpose}?30{BANK_CODE}?31{line.account}?32{payer[:27]}"
        detail += f"?33{payer[27:54]}" if len(payer) > 27 else ""
        yield from (detail[at : at + 65] for at in range(0, len(detail), 65))
    yield f":62F:{_signed(statement.closing, statement.to_on, statement.currency)}"
    yield "-"


def camt_lines(statement: Statement) -> Iterator[str]:
    """ISO 20022 camt.053.001.02."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.02"><BkToCstmrStmt>'
    yield f"<GrpHdr><MsgId>DEMO-{statement.to_on:%Y%m%d}</MsgId><CreDtTm>{statement.to_on}T20:00:00</CreDtTm></GrpHdr>"
    yield f"<Stmt><Id>DEMO-{statement.to_on:%Y%m%d}</Id><ElctrncSeqNb>1</ElctrncSeqNb><CreDtTm>{statement.to_on}T20:00:00</CreDtTm>"
    yield f"<FrToDt><FrDtTm>{statement.from_on}T00:00:00</FrDtTm><ToDtTm>{statement.to_on}T23:59:59</ToDtTm></FrToDt>"
    yield f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>{statement.currency}</Ccy></Acct>"
    balances = (("OPBD", statement.opening, statement.from_on), ("CLBD", statement.closing, statement.to_on))
    for code, amount, day in balances:
        yield f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_camt_amount(amount, statement.currency)}<Dt><Dt>{day}</Dt></Dt></Bal>"
    for line in statement.lines:
        party = "Dbtr" if line.amount > 0 else "Cdtr"
        yield f"<Ntry>{_camt_amount(line.amount, statement.currency)}<Sts>BOOK</Sts>"
        yield f"<BookgDt><Dt>{line.booked_on}</Dt></BookgDt><ValDt><Dt>{line.booked_on}</Dt></ValDt>"
        yield f"<AcctSvcrRef>{line.reference}</AcctSvcrRef><BkTxCd><Prtry><Cd>NTRF+166</Cd></Prtry></BkTxCd><NtryDtls><TxDtls>"
        yield f"<Refs><EndToEndId>{line.reference}</EndToEndId></Refs>"
        yield f"<RltdPties><{party}><Nm>{escape(line.payer)}</Nm></{party}>"
        yield f"<{party}Acct><Id><IBAN>{line.account}</IBAN></Id></{party}Acct></RltdPties>"
        yield f"<RmtInf><Ustrd>{escape(line.description)}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>"
    yield "</Stmt></BkToCstmrStmt></Document>"


def ofx_lines(statement: Statement) -> Iterator[str]:
    """OFX 2.1.1."""
    yield '<?xml version="1.0" encoding="UTF-8"?>'
    yield '<?OFX OFXHEADER="200" VERSION="211" SECURITY="NONE" OLDFILEUID="NONE" NEWFILEUID="NONE"?>'
    yield "<OFX><SIGNONMSGSRSV1><SONRS><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    yield f"<DTSERVER>{statement.to_on:%Y%m%d}200000</DTSERVER><LANGUAGE>ENG</LANGUAGE></SONRS></SIGNONMSGSRSV1>"
    yield "<BANKMSGSRSV1><STMTTRNRS><TRNUID>1</TRNUID><STATUS><CODE>0</CODE><SEVERITY>INFO</SEVERITY></STATUS>"
    yield f"<STMTRS><CURDEF>{statement.currency}</CURDEF><BANKACCTFROM><BANKID>021000021</BANKID><ACCTID>12345678</ACCTID>"
    yield "<ACCTTYPE>CHECKING</ACCTTYPE></BANKACCTFROM>"
    yield f"<BANKTRANLIST><DTSTART>{statement.from_on:%Y%m%d}</DTSTART><DTEND>{statement.to_on:%Y%m%d}</DTEND>"
    for line in statement.lines:
        kind = "CREDIT" if line.amount > 0 else "DEBIT"
        yield f"<STMTTRN><TRNTYPE>{kind}</TRNTYPE><DTPOSTED>{line.booked_on:%Y%m%d}120000</DTPOSTED><TRNAMT>{line.amount}</TRNAMT>"
        yield f"<FITID>{line.reference}</FITID><NAME>{escape(line.payer[:32])}</NAME><MEMO>{escape(line.description)}</MEMO></STMTTRN>"
    yield f"</BANKTRANLIST><LEDGERBAL><BALAMT>{statement.closing}</BALAMT><DTASOF>{statement.to_on:%Y%m%d}</DTASOF></LEDGERBAL>"
    yield "</STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>"


FILES: tuple[tuple[str, Callable[[Statement], Iterator[str]], str, int, int], ...] = (
    ("bank.csv", csv_lines, "EUR", 0, 30),
    ("bank.mt940", mt940_lines, "EUR", 30, 60),
    ("bank.camt053.xml", camt_lines, "EUR", 60, 90),
    ("bank_usd.ofx", ofx_lines, "USD", 0, 90),
)


def _comma(amount: Decimal) -> str:
    return f"{amount:.2f}".replace(".", ",")


def _signed(amount: Decimal, day: date, currency: str) -> str:
    """A balance as MT940 writes it."""
    return f"{'C' if amount >= 0 else 'D'}{day:%y%m%d}{currency}{_comma(abs(amount))}"


def _camt_amount(amount: Decimal, currency: str) -> str:
    sign = "CRDT" if amount >= 0 else "DBIT"
    return f'<Amt Ccy="{currency}">{abs(amount):.2f}</Amt><CdtDbtInd>{sign}</CdtDbtInd>'


def _latin(text: str) -> str:
    """A text in the letters that SWIFT allows."""
    from faker.decode import unidecode

    return "".join(
        letter if letter.isalnum() or letter in " /-?:().,'+" else " " for letter in unidecode(text)
    ).replace("?", " ")
