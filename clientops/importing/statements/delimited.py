"""CSV statements: of any bank by its headings or a mapping, and the exports of Stripe and PayPal."""

from __future__ import annotations

import csv
import io
import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from clientops.errors import UsageError
from clientops.importing.statements.lines import Line, Statement, StatementError
from clientops.importing.written import (
    CREDIT_WORDS,
    DEBIT_WORDS,
    DateOrder,
    DecimalMark,
    doubt_about_amounts,
    doubt_about_dates,
    plain_amount,
    plain_date,
    sniff_date_order,
    sniff_decimal_mark,
)

# Folded headings of banks in English, German, French, Spanish, Italian and Dutch, the likeliest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "booked_on": ("buchungstag", "buchungsdatum", "buchung", "bookingdate", "transactiondate", "posteddate", "postingdate", "dateoperation",
                  "datedoperation", "fecha", "fechaoperacion", "dataoperazione", "datacontabile", "boekdatum", "boekingsdatum", "date", "datum", "data"),
    "valued_on": ("wertstellung", "valuta", "valutadatum", "valuedate", "datevaleur", "datedevaleur", "fechavalor", "datavaluta", "rentedatum"),
    "amount": ("betrag", "betrageur", "umsatz", "amount", "montant", "importe", "importo", "bedrag", "amounteur", "amountusd", "transactionamount"),
    "credit": ("haben", "gutschrift", "credit", "paidin", "moneyin", "deposit", "deposits", "ingreso", "abono", "accrediti", "bij"),
    "debit": ("soll", "lastschrift", "debit", "paidout", "moneyout", "withdrawal", "withdrawals", "cargo", "addebiti", "af"),
    "direction": ("sh", "sollhaben", "habensoll", "sollhabenkennzeichen", "kennzeichen", "debitcredit", "creditdebit", "dc", "cd", "drcr", "crdr", "cdtdbtind",
                  "creditdebitindicator", "afbij", "bijaf", "sens"),
    "fee": ("fee", "fees", "gebuhr", "gebuehr", "entgelt", "frais", "comision"),
    "payer_name": ("auftraggeber", "auftraggeberbeguenstigter", "auftraggeberbegunstigter", "beguenstigterzahlungspflichtiger",
                   "begunstigterzahlungspflichtiger", "nameauftraggeber", "namezahlungsbeteiligter", "zahlungspflichtiger", "zahlungspflichtigerr", "payer", "payee",
                   "counterparty", "name", "payername", "beneficiaire", "tiers", "ordenante", "beneficiario", "ordinante", "naamtegenpartij", "partnername"),
    "payer_account": ("iban", "kontonummer", "kontonummeriban", "ibanzahlungsbeteiligter", "payeraccount", "counterpartyaccount", "partneriban", "tegenrekening", "account"),
    "reference": ("referenz", "kundenreferenz", "kundenreferenzendtoend", "reference", "transactionid", "bankreference", "paymentreference", "referencia", "riferimento", "id"),
    "description": ("verwendungszweck", "buchungstext", "description", "details", "memo", "libelle", "concepto", "descrizione", "causale", "omschrijving", "mededelingen", "purpose", "narrative", "text", "libelleoperation"),
    "currency": ("waehrung", "wahrung", "currency", "devise", "divisa", "moneda", "valutacode", "munt"),
    "balance": ("saldo", "balance", "saldonachbuchung", "kontostand", "solde", "runningbalance", "saldodisponible"),
}  # fmt: skip
FIELDS = tuple(HEADINGS)


@dataclass(frozen=True)
class Export:
    """A gateway's export that is known by its headings.

    Attributes:
        source: Name of the gateway.
        marks: Headings (folded) that it has and no other.
        columns: Field to heading (folded), the likeliest first.
        fee_sign: 1 where fees are written positive, -1 where negative.
        status: Heading of a status, and the one whose rows count.
    """

    source: str
    marks: frozenset[str]
    columns: Mapping[str, tuple[str, ...]]
    fee_sign: int = 1
    status: tuple[str, str] | None = None


EXPORTS = (
    Export(
        "stripe", frozenset({"source", "net", "fee", "type"}),
        {"booked_on": ("createdutc", "created"), "valued_on": ("availableonutc", "availableon"), "amount": ("amount",), "fee": ("fee", "fees"), "net": ("net",),
         "reference": ("source", "sourceid"), "description": ("description",), "currency": ("currency",), "payer_name": ("customerfacingname", "customername", "customeremail")},
    ),
    Export(
        "stripe", frozenset({"balancetransactionid", "gross", "net"}),
        {"booked_on": ("createdutc", "created"), "valued_on": ("availableonutc", "availableon"), "amount": ("gross",), "fee": ("fee",), "net": ("net",),
         "reference": ("sourceid", "chargeid", "paymentintentid"), "description": ("description",), "currency": ("currency",), "payer_name": ("customername", "customeremail")},
    ),
    Export(
        "paypal", frozenset({"transactionid", "gross", "net", "fee"}),
        {"booked_on": ("date",), "amount": ("gross",), "fee": ("fee",), "net": ("net",), "reference": ("transactionid",), "payer_name": ("name",),
         "payer_account": ("fromemailaddress",), "description": ("invoicenumber", "subject", "itemtitle", "note", "type"), "currency": ("currency",),
         "balance": ("balance",)},
        -1, ("status", "completed"),
    ),
    Export(
        "paypal", frozenset({"transaktionscode", "brutto", "netto"}),
        {"booked_on": ("datum",), "amount": ("brutto",), "fee": ("gebuhr", "entgelt"), "net": ("netto",), "reference": ("transaktionscode",), "payer_name": ("name",),
         "payer_account": ("absenderemailadresse", "vonemailadresse"), "description": ("rechnungsnummer", "betreff", "artikelbezeichnung", "hinweis", "typ"),
         "currency": ("wahrung",), "balance": ("guthaben", "saldo")},
        -1, ("status", "abgeschlossen"),
    ),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """How a CSV statement is understood.

    Attributes:
        source: Bank or gateway.
        columns: Heading to field.
        decimal_mark: ``comma`` or ``point``.
        date_order: ``dmy``, ``mdy`` or ``ymd``.
        date_example: A date as it is written, and as it is read: one that tells orders apart, if there is any.
        amount_example: The same of an amount.
        doubts: Sentences, where the file alone does not tell the order or the mark and nobody said it.
        left_out: Headings that were said to mean nothing.
    """

    source: str
    columns: dict[str, str]
    decimal_mark: DecimalMark
    date_order: DateOrder
    date_example: tuple[str, str] = ("", "")
    amount_example: tuple[str, str] = ("", "")
    doubts: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()


def read_delimited(
    name: str,
    text: str,
    *,
    source: str = "",
    columns: Mapping[str, str] | None = None,
    decimal_mark: DecimalMark | None = None,
    date_order: DateOrder | None = None,
    account: str = "",
    currency: str = "",
) -> tuple[list[Statement], Reading]:
    """Statements of a CSV file, one a currency, and how it was understood.

    Args:
        name: Name of the file.
        text: Its content.
        source: Bank or gateway; else what the headings look like.
        columns: Heading to field where it is not understood; an empty field leaves the column out.
        decimal_mark: Else what the amounts look like.
        date_order: Else what the dates look like.
        account: Account at the bank, if no column tells.
        currency: Currency, if no column tells.

    Raises:
        StatementError: A value cannot be read, or there are no headings that are understood.
        UsageError: The decimal mark or the order of dates is none that there is.
    """
    _check_choice("decimal mark", decimal_mark, ("comma", "point"))
    _check_choice("order of dates", date_order, ("dmy", "mdy", "ymd"))
    rows, delimiter = _rows(name, text)
    at, export, fields = _headings(name, rows, columns or {})
    headings = rows[at][1]
    table = [(line, row) for line, row in rows[at + 1 :] if len([v for v in row if v.strip()]) > 1]
    if not table:
        raise StatementError(name, rows[at][0], "there are no lines below the headings")
    place_of = {field: headings.index(heading) for heading, field in fields.items()}
    amounts = _column(table, place_of, ("amount", "credit", "debit", "balance"))
    days = _column(table, place_of, ("booked_on", "valued_on"))
    mark = decimal_mark or sniff_decimal_mark(amounts, delimiter)
    order = date_order or sniff_date_order(days)
    reader = _Reader(name, place_of, mark, order, export)
    kept = [(line, row) for line, row in table if reader.counts(headings, row)]
    read = [(reader.line(line, row), (reader.value(row, "currency") or currency).upper()) for line, row in kept]
    named = source or (export.source if export else "bank")
    statements: list[Statement] = []
    for code in dict.fromkeys(code for _, code in read):
        if not re.fullmatch(r"[A-Z]{3}", code):
            raise StatementError(name, read[0][0].place, f"the currency is {code!r}", "give it, e.g. --currency EUR")
        statements.append(_statement(named, account, code, [line for line, own in read if own == code]))
    doubts = (
        "" if decimal_mark else doubt_about_amounts(amounts, mark),
        "" if date_order else doubt_about_dates(days, order),
    )
    return statements, Reading(
        named, fields, mark, order, _example(days, plain_date, order, ("dmy", "mdy")),
        _example(amounts, plain_amount, mark, ("comma", "point")), tuple(d for d in doubts if d),
        tuple(heading for heading, field in (columns or {}).items() if not field),
    )  # fmt: skip


def _check_choice(what: str, value: str | None, allowed: tuple[str, ...]) -> None:
    if value and value not in allowed:
        raise UsageError(f"There is no {what} {value!r}; there are {', '.join(allowed)}")


def _example(texts: Sequence[str], read: Callable[[str, Any], str], way: str, ways: Sequence[str]) -> tuple[str, str]:
    """A text and what it is read as: the first that each way reads differently, else the first; empty if there is none."""
    told = next((text for text in texts if len({read(text, other) for other in ways}) > 1), texts[0] if texts else "")
    return (told, read(told, way)) if told else ("", "")


def headings_of(text: str) -> list[str]:
    """The headings that a CSV likely has: of its first rows, the first of those with the most values."""
    rows, _ = _rows("the file", text)
    first = max((row for _, row in rows[:40]), key=lambda row: sum(1 for value in row if value.strip()), default=[])
    return [heading for heading in first if heading.strip()]


def _rows(name: str, text: str) -> tuple[list[tuple[int, list[str]]], str]:
    delimiter = max(";,\t|", key=lambda sign: sum(min(line.count(sign), 30) for line in text.splitlines()[:30]))
    reader = csv.reader(io.StringIO(text.lstrip("\ufeff"), newline=""), delimiter=delimiter)
    try:
        return [(reader.line_num, row) for row in reader if any(value.strip() for value in row)], delimiter
    except csv.Error as error:
        raise StatementError(name, reader.line_num, f"it cannot be read as a CSV: {error}") from error


def _fold(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in plain if c.isalnum() and not unicodedata.combining(c))


def _headings(
    name: str, rows: list[tuple[int, list[str]]], given: Mapping[str, str]
) -> tuple[int, Export | None, dict[str, str]]:
    """The row of headings (banks write things above it), the known export if it is one, and field by heading."""
    for field in given.values():
        if field and field not in FIELDS:
            raise UsageError(f"There is no field {field!r} of a statement; the fields are {', '.join(FIELDS)}")
    for at, (_, row) in enumerate(rows[:40]):
        folded = {_fold(heading) for heading in row}
        export = next((e for e in EXPORTS if e.marks <= folded), None)
        found = _match(row, export.columns if export else HEADINGS, given)
        if "booked_on" in found.values() and {"amount", "credit", "debit"} & set(found.values()):
            missing = [heading for heading in given if heading not in row]
            if missing:
                raise UsageError(f"{name} has no column {missing[0]!r}; it has {', '.join(row)}")
            return at, export, found
    raise StatementError(name, rows[0][0] if rows else 0, "no row has headings for a date and an amount", "say what they mean with --map heading=field")  # fmt: skip


def _match(row: Sequence[str], known: Mapping[str, tuple[str, ...]], given: Mapping[str, str]) -> dict[str, str]:
    found = {heading: field for heading, field in given.items() if field and heading in row}
    free = [heading for heading in row if heading not in given and heading.strip()]
    for field, names in known.items():
        if field in found.values():
            continue
        heading = next((h for n in names for h in free if _fold(h) == n and h not in found), None)
        if heading is not None:
            found[heading] = field
    return found


def _column(table: list[tuple[int, list[str]]], place_of: Mapping[str, int], fields: Sequence[str]) -> list[str]:
    places = [place_of[field] for field in fields if field in place_of]
    return [row[place] for _, row in table[:5000] for place in places if place < len(row) and row[place].strip()]


def _statement(source: str, account: str, currency: str, lines: list[Line]) -> Statement:
    """Lines in the order of time, with the balances that the file tells."""
    first_day, last_day = lines[0].booked_on, lines[-1].booked_on
    if first_day > last_day or (first_day == last_day and not _follows(lines) and _follows(lines[::-1])):
        lines.reverse()  # newest first in the file
    first, last = lines[0], lines[-1]
    opening = None if first.balance is None else first.balance - first.amount + first.fee
    days = [line.booked_on for line in lines]
    return Statement(source, account, currency, lines, opening, last.balance, min(days), max(days))


def _follows(lines: list[Line]) -> bool:
    """Whether each running balance is the one before and the line; with none there is nothing to tell."""
    pairs = [(a.balance, b) for a, b in pairwise(lines) if a.balance is not None and b.balance is not None]
    return all(before + line.amount - line.fee == line.balance for before, line in pairs)


class _Reader:
    """Values of rows, by the fields of their columns."""

    def __init__(
        self, name: str, place_of: Mapping[str, int], mark: DecimalMark, order: DateOrder, export: Export | None
    ) -> None:
        self.name, self.place_of, self.mark, self.order, self.export = name, place_of, mark, order, export

    def value(self, row: Sequence[str], field: str) -> str:
        """Text of a field; empty if there is none."""
        place = self.place_of.get(field)
        return row[place].strip() if place is not None and place < len(row) else ""

    def counts(self, headings: Sequence[str], row: Sequence[str]) -> bool:
        """Whether the row moved money: a gateway also lists what is only announced."""
        if self.export is None or self.export.status is None:
            return True
        heading, wanted = self.export.status
        place = next((at for at, text in enumerate(headings) if _fold(text) == heading), None)
        return place is None or place >= len(row) or _fold(row[place]) == wanted

    def line(self, place: int, row: Sequence[str]) -> Line:
        """The line of a row."""
        if self.value(row, "amount"):
            amount = self.directed(place, row, self.money(place, row, "amount"))
        else:
            amount = self.money(place, row, "credit") - abs(self.money(place, row, "debit"))
            if not self.value(row, "credit") and not self.value(row, "debit"):
                raise StatementError(self.name, place, "the amount is missing")
        sign = self.export.fee_sign if self.export else 1
        fee = sign * self.money(place, row, "fee")
        if self.value(row, "net") and self.money(place, row, "net") != amount - fee:
            raise StatementError(
                self.name, place, f"the amount {amount} less the fee {fee} is {amount - fee}, but net is {self.money(place, row, 'net')}"
            )  # fmt: skip
        valued = self.value(row, "valued_on")
        booked = self.day(place, row, "booked_on")
        assert booked is not None
        return Line(
            place, booked, amount, fee, self.day(place, row, "valued_on") if valued else None,
            self.value(row, "payer_name"), self.value(row, "payer_account"), self.value(row, "reference"), self.value(row, "description"),
            self.money(place, row, "balance") if self.value(row, "balance") else None,
        )  # fmt: skip

    def directed(self, place: int, row: Sequence[str], amount: Decimal) -> Decimal:
        """The amount with the sign that a column of its own says (S or H, D or C, Af or Bij)."""
        if "direction" not in self.place_of or amount == 0:
            return amount
        word = self.value(row, "direction")
        plain = word.strip(". ").casefold()
        if plain in DEBIT_WORDS or plain == "-":
            return -abs(amount)
        if plain in CREDIT_WORDS or plain == "+":
            if amount > 0:
                return amount
            raise StatementError(self.name, place, f"direction {word!r} says received, but the amount is {amount}")
        raise StatementError(self.name, place, f"direction {word!r} is none of S, H, D, C, debit, credit, Af, Bij")

    def money(self, place: int, row: Sequence[str], field: str) -> Decimal:
        """An amount; 0 where nothing stands."""
        text = self.value(row, field)
        if not text:
            return Decimal(0)
        plain = plain_amount(text, self.mark)
        if not re.fullmatch(r"-?\d{1,15}(\.\d+)?", plain):
            raise StatementError(self.name, place, f"{field} {text!r} is not a number like {'12,50' if self.mark == 'comma' else '12.50'}")  # fmt: skip
        return Decimal(plain)

    def day(self, place: int, row: Sequence[str], field: str) -> date | None:
        """A date."""
        text = self.value(row, field)
        try:
            return date.fromisoformat(plain_date(text, self.order))
        except ValueError as error:
            raise StatementError(self.name, place, f"{field} {text!r} is not a date ({self.order})") from error
