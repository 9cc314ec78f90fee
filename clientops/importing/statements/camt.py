"""ISO 20022 camt.053 (also 052 and 054): bank statements as XML, of any version."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any

from clientops.importing.statements.lines import Line, Statement, StatementError

OPENING = ("OPBD", "PRCD", "OPAV")
CLOSING = ("CLBD", "CLAV")


def read_camt(name: str, content: bytes) -> list[Statement]:
    """Statements of a camt file; entries that are only announced (not BOOK) are left out.

    Raises:
        StatementError: It is not well-formed, or an entry has no amount or day.
    """
    from lxml import etree

    # No entities, no network: a statement has no business to load anything.
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    try:
        root = etree.fromstring(content, parser)
    except etree.XMLSyntaxError as error:
        raise StatementError(name, int(error.lineno or 0), f"it is not well-formed XML: {error.msg}") from error
    statements = root.xpath("//*[local-name()='Stmt' or local-name()='Rpt' or local-name()='Ntfctn']")
    if not statements:
        raise StatementError(name, 1, "there is no statement (Stmt) in it")
    return [_statement(name, statement) for statement in statements]


def _all(element: Any, path: str) -> list[Any]:
    steps = "/".join(f"*[local-name()='{step}']" for step in path.split("/"))
    return list(element.xpath(f"./{steps}"))


def _text(element: Any, *paths: str) -> str:
    for path in paths:
        for found in _all(element, path):
            if found.text and found.text.strip():
                return " ".join(found.text.split())
    return ""


def _amount(name: str, element: Any, sign: str | None = None) -> tuple[Decimal, str]:
    found = _all(element, "Amt")
    if not found:
        raise StatementError(name, element.sourceline, "there is no amount (Amt)")
    text = (found[0].text or "").strip()
    if not re.fullmatch(r"\d{1,15}(\.\d*)?", text):
        raise StatementError(name, found[0].sourceline, f"amount {found[0].text!r} is not a number like 12.50")
    amount = Decimal(text)
    direction = sign or _text(element, "CdtDbtInd")
    if direction not in ("CRDT", "DBIT"):
        raise StatementError(name, element.sourceline, f"CdtDbtInd {direction!r} must be CRDT or DBIT")
    return (amount if direction == "CRDT" else -amount), str(found[0].get("Ccy") or "")


def _day(name: str, element: Any, *paths: str, required: bool = True) -> date | None:
    text = _text(element, *paths)
    if not text and not required:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError as error:
        raise StatementError(name, element.sourceline, f"day {text!r} is not one like 2026-09-30") from error


def _statement(name: str, statement: Any) -> Statement:
    balances: dict[str, Decimal] = {}
    currency = _text(statement, "Acct/Ccy")
    for balance in _all(statement, "Bal"):
        code = _text(balance, "Tp/CdOrPrtry/Cd", "Tp/CdOrPrtry/Prtry")
        amount, own = _amount(name, balance)
        balances.setdefault(code, amount)
        currency = currency or own
    lines: list[Line] = []
    for entry in _all(statement, "Ntry"):
        status = _text(entry, "Sts/Cd", "Sts") or "BOOK"
        if status == "BOOK":
            entry_lines, own = _entry(name, entry)
            lines += entry_lines
            currency = currency or own
    return Statement(
        "bank", _text(statement, "Acct/Id/IBAN", "Acct/Id/Othr/Id"), currency, lines,
        next((balances[code] for code in OPENING if code in balances), None),
        next((balances[code] for code in CLOSING if code in balances), None),
        _day(name, statement, "FrToDt/FrDtTm", required=False), _day(name, statement, "FrToDt/ToDtTm", required=False),
    )  # fmt: skip


def _entry(name: str, entry: Any) -> tuple[list[Line], str]:
    """The lines of an entry: one, or each of a batch whose parts say their amounts."""
    total, currency = _amount(name, entry)
    booked = _day(name, entry, "BookgDt/Dt", "BookgDt/DtTm")
    valued = _day(name, entry, "ValDt/Dt", "ValDt/DtTm", required=False)
    assert booked is not None
    parts = _all(entry, "NtryDtls/TxDtls")
    sign = _text(entry, "CdtDbtInd")
    amounts = [_part_amount(name, part, sign) for part in parts]
    if (
        len(parts) > 1
        and all(amount is not None for amount in amounts)
        and sum(a for a in amounts if a is not None) == total
    ):
        return [
            _line(entry, part, booked, valued, amount or Decimal(0))
            for part, amount in zip(parts, amounts, strict=True)
        ], currency
    return [_line(entry, parts[0] if parts else None, booked, valued, total)], currency


def _part_amount(name: str, part: Any, sign: str) -> Decimal | None:
    if _all(part, "Amt"):
        return _amount(name, part, _text(part, "CdtDbtInd") or sign)[0]
    within = _all(part, "AmtDtls/TxAmt")
    return _amount(name, within[0], sign)[0] if within else None


def _line(entry: Any, part: Any, booked: date, valued: date | None, amount: Decimal) -> Line:
    party = "Dbtr" if amount > 0 else "Cdtr"
    source = part if part is not None else entry
    reference = _text(source, "Refs/EndToEndId", "Refs/TxId")
    if reference in ("", "NOTPROVIDED"):
        reference = _text(source, "Refs/AcctSvcrRef") or _text(entry, "AcctSvcrRef", "NtryRef")
    texts = [" ".join((found.text or "").split()) for found in _all(source, "RmtInf/Ustrd")]
    texts.append(_text(source, "RmtInf/Strd/CdtrRefInf/Ref"))
    return Line(
        int(entry.sourceline), booked, amount, valued_on=valued,
        payer_name=_text(source, f"RltdPties/{party}/Nm", f"RltdPties/{party}/Pty/Nm"),
        payer_account=_text(source, f"RltdPties/{party}Acct/Id/IBAN", f"RltdPties/{party}Acct/Id/Othr/Id"),
        reference=reference,
        description=" ".join(text for text in texts if text) or _text(source, "AddtlTxInf") or _text(entry, "AddtlNtryInf"),
    )  # fmt: skip
