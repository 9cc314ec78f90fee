"""CFONB120, the statements of French banks: records of 120 characters."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from decimal import Decimal

from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.matching.placeholders import first_reference

_WIDTH = 120
# The last digit of an amount is a letter that has its sign, too.
_POSITIVE = {sign: str(digit) for digit, sign in enumerate("{ABCDEFGHI")}
_NEGATIVE = {sign: str(digit) for digit, sign in enumerate("}JKLMNOPQR")}


def read_cfonb(name: str, text: str, notes: list[Note] | None = None) -> list[Statement]:
    """Statements of a CFONB120 file, one each from an old balance (01) to a new one (07).

    Raises:
        StatementError: A record cannot be read, or the file ends early.
    """
    found: list[Statement] = []
    account = currency = ""
    opening: Decimal | None = None
    first = date.min
    lines: list[Line] = []
    for place, record in _records(text):
        kind = record[:2]
        if kind == "01":
            account, currency = f"{record[2:7]}{record[11:16]}{record[21:32]}".replace(" ", ""), record[16:19].strip()
            opening, first, lines = (
                _amount(name, place, record[90:104], record[19:20]),
                _day(name, place, record[34:40]),
                [],
            )
        elif kind == "04" and opening is not None:
            amount = _amount(name, place, record[90:104], record[19:20])
            valued = record[42:48].strip()
            lines.append(
                Line(place, _day(name, place, record[34:40]), amount, valued_on=_day(name, place, valued) if valued else None,
                     reference=first_reference(record[104:120], record[81:88]), description=" ".join(record[48:79].split()))
            )  # fmt: skip
        elif kind == "05" and lines:
            lines[-1] = _more(lines[-1], record[45:48].strip(), " ".join(record[48:118].split()))
        elif kind == "07" and opening is not None:
            closing = _amount(name, place, record[90:104], record[19:20])
            found.append(
                Statement(
                    "bank", account, currency or "EUR", lines, opening, closing, first, _day(name, place, record[34:40])
                )
            )
            opening = None
        elif kind == "05":
            raise StatementError(name, place, "a detail (05) has no movement (04) before it")
        else:
            raise StatementError(
                name,
                place,
                f"record {kind!r} is none of CFONB120's: 01, 04, 05, 07; or a movement stands outside of a statement",
            )
    if opening is not None:
        raise StatementError(name, 0, "the file ends before the new balance (07) of the last statement")
    return found


def _records(text: str) -> list[tuple[int, str]]:
    """Records on lines of their own, or all on one line."""
    rows = [(place, line) for place, line in enumerate(text.lstrip("\ufeff").splitlines(), 1) if line.strip()]
    if len(rows) == 1 and len(rows[0][1]) > _WIDTH:
        whole = rows[0][1]
        rows = [(1, whole[at : at + _WIDTH]) for at in range(0, len(whole.rstrip()), _WIDTH)]
    return [(place, line.ljust(_WIDTH)) for place, line in rows]


def _amount(name: str, place: int, text: str, digits: str) -> Decimal:
    last = text[-1:]
    sign, table = (1, _POSITIVE) if last in _POSITIVE else (-1, _NEGATIVE)
    if last not in table or not re.fullmatch(r"\d{13}", text[:-1]):
        raise StatementError(
            name, place, f"amount {text!r} is not 13 digits and a letter for the last digit and the sign"
        )
    return sign * Decimal(text[:-1] + table[last]).scaleb(-int(digits if digits.isdigit() else 2))


def _day(name: str, place: int, text: str) -> date:
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[:2]))
    except ValueError as error:
        raise StatementError(name, place, f"day {text!r} is not one like 301126 (day, month, year)") from error


def _more(line: Line, kind: str, text: str) -> Line:
    """A line with a detail of it: the payer (NPY, NBE), references (RCN, REF) or more text (LIB, LCC, LC2)."""
    if kind in ("NPY", "NBE", "NPO") and not line.payer_name:
        return replace(line, payer_name=text)
    if kind == "IPY" and not line.payer_account:
        return replace(line, payer_account=text.split(" ", maxsplit=1)[0])
    if kind in ("RCN", "REF", "RUM") and first_reference(text):
        return replace(line, reference=first_reference(text), description=line.description)
    if kind in ("LIB", "LCC", "LC2", "LCS"):
        return replace(line, description=f"{line.description} {text}".strip())
    return line
