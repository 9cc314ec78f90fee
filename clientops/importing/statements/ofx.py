"""OFX and QFX: banks' and credit cards' statements, of version 1 (SGML) and 2 (XML)."""

from __future__ import annotations

import io
import re
import warnings
from decimal import Decimal
from typing import Any

from clientops.importing.statements.lines import Line, Statement, StatementError

_VALUE = {
    "TRNAMT": re.compile(r"^[+-]?\d{1,15}([.,]\d+)?$"),
    "DTPOSTED": re.compile(r"^\d{8}(\d{6}(\.\d{3})?)?(\[.*\])?$"),
    "BALAMT": re.compile(r"^[+-]?\d{1,15}([.,]\d+)?$"),
}
_WANTED = {"TRNAMT": "an amount like -12.50", "DTPOSTED": "a date like 20260930", "BALAMT": "an amount like 1234.50"}


def read_ofx(name: str, content: bytes) -> list[Statement]:
    """Statements of an OFX or QFX file; the opening balance is what its lines leave of the closing one.

    Raises:
        StatementError: A value cannot be read, or the file ends early.
    """
    from ofxtools.Parser import OFXTree, ParseError

    text = content.decode("utf-8", errors="replace")
    places = _check(name, text)
    tree = OFXTree()
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of tags that only one program knows
            tree.parse(io.BytesIO(content))
            statements = tree.convert().statements
    except (ParseError, ValueError, AttributeError, IndexError, KeyError, AssertionError) as error:
        raise StatementError(name, 0, f"it cannot be read as OFX: {str(error).splitlines()[0] if str(error) else type(error).__name__}") from error  # fmt: skip
    if not statements:
        raise StatementError(name, 0, "there is no statement in it")
    found = []
    for statement in statements:
        count = len(statement.transactions or [])
        found.append(_statement(statement, places[:count]))
        places = places[count:]
    return found


def _check(name: str, text: str) -> list[int]:
    """Line numbers of the transactions, in order.

    Raises:
        StatementError: A value does not fit its tag, or a transaction has no end.
    """
    places: list[int] = []
    if "<OFX>" not in text.upper():
        raise StatementError(name, 1, "there is no <OFX> in it")
    for number, line in enumerate(text.splitlines(), 1):
        for tag, value in re.findall(r"<(TRNAMT|DTPOSTED|BALAMT)>([^<\r\n]*)", line):
            if not _VALUE[tag].match(value.strip()):
                raise StatementError(name, number, f"{tag} {value.strip()!r} is not {_WANTED[tag]}")
        places += [number] * len(re.findall(r"<STMTTRN>", line))
    if "</OFX>" not in text.upper():
        raise StatementError(name, len(text.splitlines()), "the file ends before </OFX>: a part of it is missing")
    return places


def _statement(statement: Any, places: list[int]) -> Statement:
    lines = []
    for place, entry in zip(places, statement.transactions or [], strict=True):
        payee = getattr(entry, "payee", None)
        named = getattr(entry, "name", None) or getattr(payee, "name", None) or ""
        account = getattr(entry, "bankacctfrom", None) or getattr(entry, "bankacctto", None)
        posted, known = entry.dtposted.date(), getattr(entry, "dtavail", None)
        lines.append(
            Line(
                place, posted, Decimal(entry.trnamt), valued_on=known.date() if known else None, payer_name=str(named),
                payer_account=str(getattr(account, "acctid", "") or ""), reference=str(entry.fitid or ""),
                description=str(getattr(entry, "memo", None) or ""),
            )
        )  # fmt: skip
    closing = Decimal(statement.ledgerbal.balamt) if statement.ledgerbal is not None else None
    total = sum((line.amount for line in lines), Decimal(0))
    listed = statement.banktranlist
    return Statement(
        "bank", str(statement.account.acctid), str(statement.curdef), lines,
        None if closing is None else closing - total, closing,
        listed.dtstart.date() if listed is not None and listed.dtstart else None,
        listed.dtend.date() if listed is not None and listed.dtend else None,
    )  # fmt: skip
