"""CODA, the statements of Belgian banks: records of 128 characters."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.matching.placeholders import first_reference

_WIDTH = 128


def read_coda(name: str, text: str, notes: list[Note] | None = None) -> list[Statement]:
    """Statements of a CODA file, one each from a header (0) to a trailer (9).

    Raises:
        StatementError: A record cannot be read, the sums do not agree, or the file ends early.
    """
    found: list[Statement] = []
    records: list[tuple[int, str]] = []
    for place, whole in enumerate(text.splitlines(), 1):
        line = whole.rstrip("\x1a")
        if not line.strip():
            continue
        records.append((place, line.ljust(_WIDTH)))
        if line[0] == "9":
            found += _statements(name, records)
            records = []
    if records:
        raise StatementError(name, records[-1][0], "the file ends before the trailer (9) of the last statement")
    return found


@dataclass
class _Draft:
    """A statement as it is read."""

    name: str
    globalised: frozenset[str]
    account: str = ""
    currency: str = ""
    opening: Decimal | None = None
    closing: Decimal | None = None
    first: date = date.min
    last: date = date.min
    lines: list[Line] = field(default_factory=list)
    texts: list[list[str]] = field(default_factory=list)
    parts: set[int] = field(default_factory=set)

    def read(self, place: int, record: str) -> None:
        """Take a record; who sent the file, and information that belongs to no single movement, is none of ours."""
        kind = record[:2]
        if record[0] == "1":
            self.account, self.currency = _account(record)
            self.opening = _amount(self.name, place, record[42:43], record[43:58])
            self.first = _day(self.name, place, record[58:64])
        elif kind == "21":
            self._movement(place, record)
        elif kind in ("22", "23") and self.lines:
            self._more(record)
        elif record[0] == "8":
            self.closing = _amount(self.name, place, record[41:42], record[42:57])
            self.last = _day(self.name, place, record[57:63])
        elif record[0] == "9":
            self._check(place, record)
        elif record[0] not in ("0", "4") and kind not in ("31", "32", "33"):
            raise StatementError(
                self.name, place, f"record {kind!r} is none of CODA's: 0, 1, 21 to 23, 31 to 33, 4, 8, 9"
            )

    def _movement(self, place: int, record: str) -> None:
        if record[6:10] != "0000" and record[2:6] in self.globalised:  # a part of a sum that is a line already
            self.parts.add(len(self.lines))
        valued = _maybe(self.name, place, record[47:53])
        amount = _amount(self.name, place, record[31:32], record[32:47])
        self.texts.append([record[61:115]])
        self.lines.append(
            Line(place, _day(self.name, place, record[115:121]), amount, valued_on=valued, reference=first_reference(record[10:31]))
        )  # fmt: skip

    def _more(self, record: str) -> None:
        if record[:2] == "22":
            self.texts[-1].append(record[10:63])
            self.lines[-1] = replace(self.lines[-1], reference=first_reference(record[63:98], self.lines[-1].reference))
        else:
            self.texts[-1].append(record[82:125])
            number = (record[10:47].split() or [""])[0]
            self.lines[-1] = replace(self.lines[-1], payer_account=number, payer_name=" ".join(record[47:82].split()))

    def _check(self, place: int, record: str) -> None:
        """Refuse a statement whose movements do not come to the sums of its trailer."""
        own = [line.amount for at, line in enumerate(self.lines) if at not in self.parts]
        paid, received = -sum((a for a in own if a < 0), Decimal(0)), sum((a for a in own if a > 0), Decimal(0))
        told = _amount(self.name, place, "0", record[22:37]), _amount(self.name, place, "0", record[37:52])
        if (paid, received) != told:
            raise StatementError(
                self.name,
                place,
                f"debits of {paid} and credits of {received} are read, but the trailer says {told[0]} and {told[1]}",
            )


def _statements(name: str, records: Sequence[tuple[int, str]]) -> list[Statement]:
    draft = _Draft(name, _globalised(records))
    for place, record in records:
        draft.read(place, record)
    if draft.opening is None or draft.closing is None:
        raise StatementError(name, records[-1][0], "the statement has no old balance (1) or no new balance (8)")
    kept = [
        replace(line, description=_text(text)) for at, (line, text) in enumerate(zip(draft.lines, draft.texts, strict=True)) if at not in draft.parts
    ]  # fmt: skip
    return [
        Statement("bank", draft.account, draft.currency, kept, draft.opening, draft.closing, draft.first, draft.last)
    ]


def _globalised(records: Sequence[tuple[int, str]]) -> frozenset[str]:
    """Numbers of movements that are sums of movements behind them."""
    return frozenset(
        record[2:6] for _, record in records if record[:2] == "21" and record[6:10] == "0000" and record[124:125] != "0"
    )


def _account(record: str) -> tuple[str, str]:
    """Account and currency, by the structure that the record says: Belgian or foreign, number or IBAN."""
    field = record[5:42]
    kind = record[1:2]
    if kind == "0":
        return field[:12].strip(), field[13:16].strip() or "EUR"
    if kind == "2":
        return field[:31].strip(), field[34:37].strip() or "EUR"
    return field[:34].strip(), field[34:37].strip() or "EUR"


def _amount(name: str, place: int, sign: str, digits: str) -> Decimal:
    if sign not in ("0", "1") or not re.fullmatch(r"\d{15}", digits):
        raise StatementError(name, place, f"amount {sign + digits!r} is not 0 or 1 and 15 digits")
    amount = Decimal(int(digits)).scaleb(-3).quantize(Decimal("0.001"))
    plain = amount.quantize(Decimal("0.01")) if amount == amount.quantize(Decimal("0.01")) else amount
    return -plain if sign == "1" else plain


def _maybe(name: str, place: int, text: str) -> date | None:
    return None if text.strip() in ("", "000000") else _day(name, place, text)


def _day(name: str, place: int, text: str) -> date:
    try:
        return date(2000 + int(text[4:6]), int(text[2:4]), int(text[:2]))
    except ValueError as error:
        raise StatementError(name, place, f"day {text!r} is not one like 301126 (day, month, year)") from error


def _text(parts: Sequence[str]) -> str:
    """A communication: free, or structured as in +++090/9337/55493+++."""
    first = parts[0]
    if first[:1] == "1" and first[1:4] in ("101", "102"):
        number = first[4:16]
        return f"+++{number[:3]}/{number[3:7]}/{number[7:12]}+++"
    free = first[1:] if first[:1] == "0" else first[4:]
    return " ".join((free + "".join(parts[1:])).split())
