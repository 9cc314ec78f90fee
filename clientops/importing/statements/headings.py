"""What headings and words of banks mean, in several languages."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence

from clientops.importing.formats import CREDIT_WORDS, DEBIT_WORDS

# Folded headings of banks in English, German, French, Spanish, Italian, Dutch, Polish, Czech, Danish and Swedish, the likeliest first.
HEADINGS: dict[str, tuple[str, ...]] = {
    "booked_on": ("buchungstag", "buchungsdatum", "buchung", "bookingdate", "bookeddate", "transactiondate", "posteddate", "postingdate", "postdate", "processdate", "dateoperation",
                  "datedoperation", "datecomptable", "fecha", "fechaoperacion", "fechacontable", "dataoperazione", "datacontabile", "boekdatum", "boekingsdatum", "transactiedatum",
                  "dataksiegowania", "datatransakcji", "dataoperacji", "datumzauctovani", "datumprovedeni", "bogforingsdato", "bogfoert", "bokforingsdag", "bokforingsdatum",
                  "completeddate", "datecompleted", "transactiedag", "date", "datum", "data", "dato", "dag"),
    "valued_on": ("wertstellung", "wertstellungsdatum", "valuta", "valutadatum", "valuedate", "datevaleur", "datedevaleur", "fechavalor", "datavaluta", "rentedatum", "datawaluty",
                  "valutadag", "interestdate"),
    "amount": ("betrag", "umsatz", "amount", "montant", "importe", "importo", "bedrag", "transactionamount", "kwota", "kwotatransakcji", "kwotaoperacji", "castka", "objem", "belob",
               "belopp", "valor", "summe", "transactiebedrag", "amountinaccountcurrency"),
    "credit": ("haben", "gutschrift", "credit", "creditamount", "paidin", "moneyin", "deposit", "deposits", "depositamount", "receipts", "ingreso", "ingresos", "abono", "abonos", "accrediti",
               "accredito", "entrate", "avere", "bij", "uznania", "wplywy", "kredit", "recettes", "inbetalinger", "inflow", "cr"),
    "debit": ("soll", "lastschrift", "belastung", "debit", "debitamount", "paidout", "moneyout", "withdrawal", "withdrawals", "withdrawalamount", "payments", "cargo", "cargos", "gastos",
              "addebiti", "addebito", "uscite", "dare", "af", "obciazenia", "wydatki", "debet", "depenses", "udbetalinger", "outflow", "dr"),
    "direction": ("sh", "sollhaben", "habensoll", "sollhabenkennzeichen", "kennzeichen", "debitcredit", "creditdebit", "dc", "cd", "drcr", "crdr", "cdtdbtind",
                  "creditdebitindicator", "debitcreditindicator", "afbij", "bijaf", "sens", "vorzeichen", "sign", "direction", "richtung"),
    "fee": ("fee", "fees", "gebuhr", "gebuehr", "gebuhren", "entgelt", "frais", "comision"),
    "payer_name": ("auftraggeber", "auftraggeberbeguenstigter", "auftraggeberbegunstigter", "auftraggeberempfanger", "beguenstigterzahlungspflichtiger", "begunstigterzahlungspflichtiger",
                   "begunstigterauftraggeber", "nameauftraggeber", "namezahlungsbeteiligter", "zahlungspflichtiger", "zahlungspflichtigerr", "zahlungsbeteiligter", "empfanger", "payer", "payee", "counterparty",
                   "counterpartyname", "counterpartyholder", "payername", "partnername", "naamtegenpartij", "naamtegenrekeninghouder", "tegenpartij", "nomcontrepartie", "contrepartie", "beneficiaire", "tiers", "ordenante", "beneficiario",
                   "ordinante", "nadawcaodbiorca", "kontrahent", "danekontrahenta", "nazwakontrahenta", "nazevprotiuctu", "nazevprotistrany", "afsender", "avsandare", "name", "naam", "nom", "nombre"),
    "payer_account": ("ibanzahlungsbeteiligter", "payeraccount", "counterpartyaccount", "counterpartyiban", "partneriban", "tegenrekening", "tegenrekeningibanbban", "tegenrekeninghouder",
                      "rekeningtegenpartij", "accountcounterparty", "kontonummeriban", "ibankontonummer", "numerrachunkukontrahenta", "rachuneknadawcyodbiorcy", "cisloprotiuctu", "protiucet", "iban", "kontonummer", "accountnumber", "account"),
    "reference": ("referenz", "kundenreferenz", "kundenreferenzendtoend", "endtoendid", "endtoendreferenz", "reference", "transactionid", "bankreference", "paymentreference", "transactiereferentie",
                  "referencia", "riferimento", "referencjatransakcji", "kenmerk", "fitid", "id"),
    "description": ("verwendungszweck", "buchungstext", "description", "details", "transactiondescription", "memo", "libelle", "libelleoperation", "concepto", "descrizione", "causale", "omschrijving",
                    "mededelingen", "mededeling", "communication", "purpose", "narrative", "particulars", "tytul", "tytuloperacji", "opistransakcji", "zpravaproprijemce", "poznamka", "tekst", "text", "beskrivelse",
                    "remittanceinformation", "vwz", "zahlungsreferenz", "remarks", "note", "subject"),
    "currency": ("waehrung", "wahrung", "currency", "currencycode", "devise", "divisa", "moneda", "valutacode", "munt", "waluta", "mena", "valuta", "ccy"),
    "balance": ("saldo", "balance", "saldonachbuchung", "kontostand", "solde", "runningbalance", "saldodisponible", "saldonatrn", "saldonatransactie", "saldopooperacji", "zustatek", "accountbalance"),
    "status": ("status", "state", "buchungsstatus", "umsatzstatus", "info"),
}  # fmt: skip
TEXTS = ("payer_name", "payer_account", "reference", "description")
FIELDS = tuple(field for field in HEADINGS if field != "status")

OUT_WORDS = DEBIT_WORDS | {"withdrawal", "out", "outgoing", "paid out", "money out", "expense", "spend", "sent", "debited", "obciążenie", "obciazenie", "wypłata", "débit", "addebito",
                           "dare", "uscita", "salida", "ausgang", "ausgabe", "belastung", "payment out", "uitgaven", "debet", "dt", "paid", "auszahlung", "-"}  # fmt: skip
IN_WORDS = CREDIT_WORDS | {"deposit", "in", "incoming", "paid in", "money in", "income", "received", "credited", "uznanie", "wpłata", "crédit", "accredito", "avere", "entrata",
                           "entrada", "eingang", "einnahme", "payment in", "inkomsten", "kredit", "ct", "einzahlung", "+"}  # fmt: skip
# Folded states in which no money has moved.
UNMOVED = {
    "pending", "denied", "canceled", "cancelled", "failed", "expired", "voided", "declined", "removed", "unclaimed", "created", "open", "processing", "inprogress", "reverted", "rejected",
    "ausstehend", "storniert", "abgelehnt", "fehlgeschlagen", "abgelaufen", "offen", "vorgemerkt", "umsatzvorgemerkt", "abgebrochen", "zuruckgewiesen", "unbezahlt", "unpaid",
    "requirespaymentmethod", "requiresaction", "requiresconfirmation", "requirescapture", "uncaptured", "incomplete", "blocked", "pendingsubmission", "pendingcustomerapproval", "customerapprovaldenied", "submitted",
    "authorized", "authorizationexpired", "authorizing", "gatewayrejected", "processordeclined", "settlementdeclined", "submittedforsettlement", "void", "unconfirmed",
}  # fmt: skip
FOOTERS = re.compile(
    r"^\W*(?:grand )?(?:totals?|sum|summe|zwischensumme|gesamt\w*|saldo|endsaldo|anfangssaldo|startsaldo|schlusssaldo|neuer saldo|alter saldo|kontostand|(?:opening|closing|ending|starting|beginning|available|current) balance|"
    r"balance\b|solde|totaal|eindsaldo|beginsaldo|totale|total\w*|suma|razem|celkem|i alt|totalt|end of|ende|page|seite|generated|erstellt|exported|anzahl|number of|umsätze|transactions|\*+|-{3,}|={3,})",
    re.IGNORECASE,
)
_SYMBOLS = {"€": "EUR", "£": "GBP", "ZŁ": "PLN", "KČ": "CZK", "FT": "HUF", "EURO": "EUR", "EUROS": "EUR", "FR.": "CHF", "SFR": "CHF", "US$": "USD", "R$": "BRL", "A$": "AUD", "C$": "CAD", "CA$": "CAD", "₹": "INR", "₺": "TRY"}  # fmt: skip
_CODE_BEHIND = re.compile(r"[\s(\[_-]+(?:in\s+)?([A-Z]{3}|€|£|zł|Kč)[)\]]?\s*$")
_NUMBER_BEHIND = re.compile(r"[\s_-]*\d{1,2}$")


def fold(text: str) -> str:
    """Letters and digits only, without case and accents."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("ł", "l").replace("ø", "o").replace("ß", "ss"))
    return "".join(sign for sign in plain if sign.isalnum() and not unicodedata.combining(sign))


def _names_of(heading: str) -> tuple[str, ...]:
    """What a heading may be known as: itself, without a currency behind it, and without what is in brackets."""
    bare = _CODE_BEHIND.sub("", heading)
    return tuple(dict.fromkeys(fold(text) for text in (heading, bare, re.sub(r"[(\[].*?[)\]]", "", heading))))


def family(heading: str) -> str:
    """What numbered headings have in common: Omschrijving-1 and Omschrijving-2."""
    return fold(_NUMBER_BEHIND.sub("", heading.strip()))


def match_headings(
    row: Sequence[str], known: Mapping[str, tuple[str, ...]], given: Mapping[str, str], *, is_export: bool = False
) -> dict[str, list[str]]:
    """Headings of each field, the first to be looked at first; of texts several, of other fields one."""
    found: dict[str, list[str]] = {}
    for heading, field in given.items():
        if field and heading in row:
            found.setdefault(field, []).append(heading)
    free = [heading for heading in dict.fromkeys(row) if heading not in given and heading.strip()]
    names = {heading: _names_of(heading) for heading in free}
    taken: set[str] = set()
    for field, wanted in known.items():
        if field in found:
            continue
        own: list[str] = []
        for name in wanted:
            own += [h for h in free if h not in taken and h not in own and (name in names[h] or family(h) == name)]
            if own and field not in TEXTS:
                break
        if field in ("payer_name", "payer_account") and not is_export:  # another one may be our own
            own = [heading for heading in own if family(heading) == family(own[0])]
        chosen = own if field in TEXTS else own[:1]
        if chosen:
            found[field] = chosen
            taken |= set(chosen)
    return found


def currency_code(text: str) -> str:
    """ISO code of a currency as it is written; the text in capitals where it is none that is known."""
    plain = text.strip().upper()
    return _SYMBOLS.get(plain, plain)


def currency_of_heading(heading: str) -> str:
    """The currency that stands behind a heading, such as ``Betrag (EUR)``; empty if there is none."""
    found = _CODE_BEHIND.search(heading)
    code = currency_code(found[1]) if found else ""
    return code if re.fullmatch(r"[A-Z]{3}", code) else ""


def currency_of_amount(text: str) -> str:
    """The currency that stands beside an amount; empty if there is none, or no certain one."""
    found = re.sub(r"[\d\s.,'’+\-−()\u00a0\u202f]+", "", text)
    code = currency_code(found)
    return code if re.fullmatch(r"[A-Z]{3}", code) and found.casefold() not in OUT_WORDS | IN_WORDS else ""
