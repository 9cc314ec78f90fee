"""OFX and QFX: banks' and credit cards' statements, of version 1 (SGML) and 2 (XML)."""

from __future__ import annotations

import io
import re
import warnings
from datetime import date
from decimal import Decimal
from typing import Any

from clientops.importing.statements.lines import Line, Statement, StatementError
from clientops.readable import counted

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

    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:  # of Western Windows, whatever the file says of itself
        text = content.decode("cp1252", errors="replace")
        content = text.encode() if "<?OFX" in text[:2000].upper() else content
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


def _check(name: str, text: str) -> list[tuple[int, date]]:
    """Line number and booking day of each transaction, in order; the day is the bank's, whatever the zone of the moment.

    Raises:
        StatementError: A value does not fit its tag, or a transaction has no end.
    """
    places, days = list[int](), list[date]()
    if "<OFX>" not in text.upper():
        raise StatementError(name, 1, "there is no <OFX> in it")
    for number, line in enumerate(text.splitlines(), 1):
        for tag, value in re.findall(r"<(TRNAMT|DTPOSTED|BALAMT)>([^<\r\n]*)", line):
            day = _day(value.strip()) if tag == "DTPOSTED" else None
            if not _VALUE[tag].match(value.strip()) or (tag == "DTPOSTED" and day is None):
                raise StatementError(name, number, f"{tag} {value.strip()!r} is not {_WANTED[tag]}")
            days += [day] if day else []
        places += [number] * len(re.findall(r"<STMTTRN>", line))
    if "</OFX>" not in text.upper():
        raise StatementError(name, len(text.splitlines()), "the file ends before </OFX>: a part of it is missing")
    if len(days) != len(places):
        raise StatementError(
            name,
            places[0] if places else 0,
            f"{counted(len(places), 'transaction has', 'transactions have')} {counted(len(days), 'day')} (DTPOSTED)",
        )
    return list(zip(places, days, strict=True))


def _day(text: str) -> date | None:
    try:
        return date(int(text[:4]), int(text[4:6]), int(text[6:8]))
    except ValueError:
        return None


def _statement(statement: Any, places: list[tuple[int, date]]) -> Statement:
    lines = []
    for (place, posted), entry in zip(places, statement.transactions or [], strict=True):
        payee = getattr(entry, "payee", None)
        named = getattr(entry, "name", None) or getattr(payee, "name", None) or ""
        account = getattr(entry, "bankacctfrom", None) or getattr(entry, "bankacctto", None)
        known = getattr(entry, "dtavail", None)
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
