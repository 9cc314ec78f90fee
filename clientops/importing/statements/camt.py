"""ISO 20022 camt.053 (also 052 and 054): bank statements as XML, of any version."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from clientops.core.readable import counted
from clientops.importing.statements.camt_parties import Own, other_party
from clientops.importing.statements.encoded import decoded
from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.matching.placeholders import first_reference

OPENING = ("OPBD", "PRCD", "OPAV")
CLOSING = ("CLBD", "CLAV")
_AMOUNT = re.compile(r"\+?(?:\d{1,15}(?:\.\d*)?|\.\d+)")


@dataclass
class _File:
    """A file's name, what is noted of it, and the day it was made, for entries without one."""

    name: str
    notes: list[Note]
    made_on: str = ""


def read_camt(name: str, content: bytes, notes: list[Note] | None = None) -> list[Statement]:
    """Statements of a camt file; entries that are only announced (not BOOK) are left out, and noted.

    Args:
        name: Name of the file.
        content: Its bytes.
        notes: Takes what was not read, or read with a doubt.

    Raises:
        StatementError: It is not well-formed, or an entry has no amount or day.
    """
    file = _File(name, notes if notes is not None else [])
    root = _root(file, content)
    file.made_on = root.findtext(".//GrpHdr/CreDtTm") or root.findtext(".//CreDtTm") or ""
    statements = [element for element in root.iter("Stmt", "Rpt", "Ntfctn") if element.find("Acct") is not None or element.find("Ntry") is not None]  # fmt: skip
    if not statements:
        raise StatementError(name, 1, "there is no statement (Stmt) in it")
    return _joined([_statement(file, element) for element in statements])


def _root(file: _File, content: bytes) -> Any:
    """The file's elements by their local names: every version and bank has a namespace of its own."""
    from lxml import etree

    # No entities, no network: a statement has no business to load anything.
    settings: dict[str, Any] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "remove_comments": True, "remove_pis": True}  # fmt: skip
    try:
        root = etree.fromstring(content.lstrip(b"\x00 \r\n\t"), etree.XMLParser(**settings))
    except etree.XMLSyntaxError as error:
        root = _misdeclared(file, content, settings)
        if root is None:
            raise StatementError(file.name, int(error.lineno or 0), f"it is not well-formed XML: {error.msg}") from error  # fmt: skip
    for element in root.iter():
        if isinstance(element.tag, str):
            element.tag = element.tag.rpartition("}")[2]
    return root


def _misdeclared(file: _File, content: bytes, settings: dict[str, Any]) -> Any:
    """The elements of a file whose bytes are not in the encoding that it says; none if that is not what is wrong."""
    from lxml import etree

    try:
        content.decode("utf-8")
    except UnicodeDecodeError:
        text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decoded(content, file.notes))
        try:
            return etree.fromstring(text.encode(), etree.XMLParser(**settings, encoding="utf-8"))
        except etree.XMLSyntaxError:
            return None
    return None


def _text(element: Any, *paths: str) -> str:
    for path in paths:
        for found in element.iterfind(path):
            if found.text and found.text.strip():
                return " ".join(found.text.split())
    return ""


def _amount(file: _File, element: Any, sign: str | None = None) -> tuple[Decimal, str]:
    found = element.find("Amt")
    if found is None:
        raise StatementError(file.name, element.sourceline, "there is no amount (Amt)")
    text = (found.text or "").strip()
    if not _AMOUNT.fullmatch(text):
        raise StatementError(file.name, found.sourceline, f"amount {found.text!r} is not a number like 12.50")
    amount = Decimal(text)
    direction = sign or _text(element, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise StatementError(file.name, element.sourceline, f"CdtDbtInd {direction!r} must be CRDT or DBIT")
    return (amount if direction == "CRDT" else -amount), str(found.get("Ccy") or "")


def _day(file: _File, element: Any, *paths: str) -> date | None:
    text = _text(element, *paths)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise StatementError(file.name, element.sourceline, f"day {text!r} is not one like 2026-09-30") from error


def _statement(file: _File, statement: Any) -> Statement:
    currency = _text(statement, "Acct/Ccy")
    balances: dict[str, list[tuple[date, Decimal]]] = {}
    for balance in statement.iterfind("Bal"):
        code = _text(balance, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        if code not in (*OPENING, *CLOSING):
            continue
        amount, own_currency = _amount(file, balance)
        day = _day(file, balance, "Dt/Dt", "Dt/DtTm") or date.min
        balances.setdefault(code, []).append((day, amount))
        currency = currency or own_currency
    own = Own.of(statement)
    lines: list[Line] = []
    left = Counter[str]()
    for entry in statement.iterfind("Ntry"):
        status = _text(entry, "Sts/Cd", "Sts/Prtry", "Sts") or "BOOK"
        if status.upper() != "BOOK":
            left[status] += 1
            continue
        found, entry_currency = _entry(file, statement, entry, own)
        lines += found
        currency = currency or entry_currency
        if entry_currency and entry_currency != currency:
            raise StatementError(file.name, entry.sourceline, f"the entry is in {entry_currency}, but the account is in {currency}")  # fmt: skip
    for status, count in left.items():
        file.notes.append(Note(int(statement.sourceline), "left_out", f"{counted(count, 'entry is', 'entries are')} only announced ({status}) and left out"))  # fmt: skip
    # Of several days in one statement, the first opening and the last closing balance.
    opening = next((min(balances[code], key=lambda pair: pair[0])[1] for code in OPENING if code in balances), None)
    closing = next((max(reversed(balances[code]), key=lambda pair: pair[0])[1] for code in CLOSING if code in balances), None)  # fmt: skip
    start, end = (_day(file, statement, f"FrToDt/{tag}DtTm", f"FrToDt/{tag}Dt") for tag in ("Fr", "To"))
    return Statement(
        "bank", _text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id", "Acct/Id/PrtryAcct/Id", "Acct/Id/BBAN"), currency, lines, opening, closing,
        start, end, is_notice=statement.tag != "Stmt" and closing is None,
    )  # fmt: skip


def _joined(parts: Sequence[Statement]) -> list[Statement]:
    """Pages of one statement as one: the first has the opening balance, the last the closing one."""
    found: list[Statement] = []
    for part in parts:
        last = found[-1] if found else None
        is_next = last is not None and not part.is_notice and last.opening is not None and last.closing is None and part.opening is None  # fmt: skip
        if last is not None and is_next and (last.account, last.currency) == (part.account, part.currency or last.currency):  # fmt: skip
            found[-1] = replace(last, lines=[*last.lines, *part.lines], closing=part.closing, to_on=part.to_on or last.to_on)  # fmt: skip
        else:
            found.append(part)
    return found


def _entry(file: _File, statement: Any, entry: Any, own: Own) -> tuple[list[Line], str]:
    """The lines of an entry: one, or each of a batch whose parts say their amounts, with the charges taken off."""
    total, currency = _amount(file, entry)
    sign = _text(entry, "CdtDbtInd")
    booked = _booked(file, statement, entry)
    valued = _day(file, entry, "ValDt/Dt", "ValDt/DtTm")
    parts = entry.findall("NtryDtls/TxDtls")
    if len(parts) < 2:
        return [_line(entry, parts, booked, valued, total, own=own)], currency
    amounts = [_part_amount(file, part, sign, currency) for part in parts]
    known = [amount for amount in amounts if amount is not None]
    charges = _charges(file, entry, parts, currency)
    if len(known) == len(parts) and sum(known) in (total, total - charges):
        lines = [
            _line(entry, [part], booked, valued, amount, own=own) for part, amount in zip(parts, known, strict=True) if amount
        ]  # fmt: skip
        if rest := total - sum(known, Decimal(0)):
            reference = first_reference(_text(entry, "AcctSvcrRef", "NtryRef"))
            lines.append(Line(int(entry.sourceline), booked, rest, valued_on=valued, reference=reference, description="Charges", entry=reference))  # fmt: skip
        return lines, currency
    why = "do not say their amounts" if len(known) < len(parts) else f"come to {abs(sum(known, Decimal(0)))}"
    file.notes.append(Note(int(entry.sourceline), "doubt", f"the {len(parts)} parts of the entry of {abs(total)} {why}: it is one line, with the texts of all of them and no payer"))  # fmt: skip
    return [_line(entry, parts, booked, valued, total, own=own)], currency


def _booked(file: _File, statement: Any, entry: Any) -> date:
    """Booking day of an entry; else its value date, else the day of the statement, with a note."""
    day = _day(file, entry, "BookgDt/Dt", "BookgDt/DtTm")
    if day is not None:
        return day
    for what, found in (
        ("its value date", _day(file, entry, "ValDt/Dt", "ValDt/DtTm")),
        ("the last day of the statement", _day(file, statement, "FrToDt/ToDtTm")),
        ("the day of its closing balance", next((_day(file, bal, "Dt/Dt", "Dt/DtTm") for bal in statement.iterfind("Bal") if _text(bal, "Tp/CdOrPrtry/Cd") == "CLBD"), None)),
        ("the day the statement was made", _day(file, statement, "CreDtTm") or (date.fromisoformat(file.made_on[:10]) if re.match(r"\d{4}-\d\d-\d\d", file.made_on) else None)),
    ):  # fmt: skip
        if found is not None:
            file.notes.append(Note(int(entry.sourceline), "doubt", f"the entry has no booking day (BookgDt); {what}, {found}, is taken"))  # fmt: skip
            return found
    raise StatementError(file.name, entry.sourceline, "the entry has neither a booking day (BookgDt) nor a value date (ValDt)")  # fmt: skip


def _part_amount(file: _File, part: Any, sign: str, currency: str) -> Decimal | None:
    """Amount of a part in the account's currency, if it says so."""
    own_sign = _text(part, "CdtDbtInd") or sign
    if part.find("Amt") is not None:
        amount, code = _amount(file, part, own_sign)
        if not code or code == currency:
            return amount
    for path in ("AmtDtls/TxAmt", "AmtDtls/InstdAmt", "AmtDtls/CntrValAmt"):
        within = part.find(path)
        if within is not None and within.find("Amt") is not None:
            amount, code = _amount(file, within, own_sign)
            if not code or code == currency:
                return amount
    return None


def _charges(file: _File, entry: Any, parts: Sequence[Any], currency: str) -> Decimal:
    """Charges of an entry and its parts, signed like lines: negative where they were taken off."""

    def total_of(element: Any) -> Decimal:
        found = Decimal(0)
        for charges in element.iterfind("Chrgs"):
            records = [*charges.iterfind("Rcrd"), *([charges] if charges.find("Amt") is not None else [])]
            if not records and charges.find("TtlChrgsAndTaxAmt") is not None:
                found -= Decimal(_text(charges, "TtlChrgsAndTaxAmt") or 0)
            for record in records:
                if record.find("Amt") is not None and (record.find("Amt").get("Ccy") or currency) == currency:
                    found += _amount(file, record, _text(record, "CdtDbtInd") or "DBIT")[0]
        return found

    return total_of(entry) or sum((total_of(part) for part in parts), Decimal(0))


def _line(entry: Any, parts: Sequence[Any], booked: date, valued: date | None, amount: Decimal, *, own: Own) -> Line:
    """A line of an entry, with the texts of its parts; the payer is told where they all name one."""
    sources = list(parts) or [entry]
    parties = {other_party(entry, source, own, is_received=amount > 0) for source in sources}
    name, account = parties.pop() if len(parties) == 1 else ("", "")
    batch = _text(entry, "AcctSvcrRef")
    references = [_text(sources[0], "Refs/EndToEndId"), _text(sources[0], "Refs/TxId"), _text(sources[0], "Refs/AcctSvcrRef")] if len(sources) == 1 else []  # fmt: skip
    texts = [_remittance(source) for source in sources]
    described = " ".join(dict.fromkeys(text for text in texts if text))
    described = described or _text(sources[0], "AddtlTxInf") or _text(entry, "AddtlNtryInf")
    returned = dict.fromkeys(_return(source) for source in sources)
    return Line(
        int(sources[0].sourceline or entry.sourceline), booked, amount, valued_on=valued, payer_name=name, payer_account=account,
        reference=first_reference(*references, batch, _text(entry, "NtryRef")),
        description=" ".join(text for text in (described, *returned) if text), entry=first_reference(batch),
    )  # fmt: skip


def _remittance(source: Any) -> str:
    """What the payer wrote, and the numbers of documents and creditors' references of structured remittances."""
    found = [" ".join((text.text or "").split()) for text in source.iterfind("RmtInf/Ustrd")]
    for structured in source.iterfind("RmtInf/Strd"):
        found += [_text(structured, "CdtrRefInf/Ref", "CdtrRefInf/CdtrRef")]
        found += [_text(document, "Nb") for document in structured.iterfind("RfrdDocInf")]
        found += [" ".join((text.text or "").split()) for text in structured.iterfind("AddtlRmtInf")]
    return " ".join(dict.fromkeys(text for text in found if text))


def _return(source: Any) -> str:
    """Why a payment came back."""
    code = _text(source, "RtrInf/Rsn/Cd", "RtrInf/Rsn/Prtry")
    more = _text(source, "RtrInf/AddtlInf")
    return f"Return {' '.join(part for part in (code, more) if part)}" if code or more else ""
