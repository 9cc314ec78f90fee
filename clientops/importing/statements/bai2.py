"""BAI2, as banks in America send it: one statement an account and day, checked against its control totals."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.importing.statements.marks import digits_of
from clientops.matching.placeholders import first_reference

_OPENING, _CLOSING = "010", "015"


@dataclass
class _Account:
    """An account as it is read: its records up to 49."""

    place: int
    number: str
    currency: str
    day: date
    balances: dict[str, Decimal] = field(default_factory=dict)
    lines: list[Line] = field(default_factory=list)
    control: Decimal = Decimal(0)


def read_bai2(name: str, text: str, notes: list[Note] | None = None, *, currency: str = "") -> list[Statement]:
    """Statements of a BAI2 file.

    Args:
        name: Name of the file.
        text: Its content.
        notes: Takes groups that the bank withdrew.
        currency: Of groups and accounts that name none; else USD.

    Raises:
        StatementError: A record cannot be read, a control total does not agree, or the file ends early.
    """
    found: list[Statement] = []
    account: _Account | None = None
    group = _Group(date.min, currency or "USD")
    is_ended = False
    for place, fields in _records(name, text):
        kind = fields[0]
        if kind == "02":
            group = _group(name, place, fields, currency, notes)
        elif kind == "03":
            account = _Account(place, _at(fields, 1), _at(fields, 2) or group.currency, group.day)
            _balances(name, place, account, fields[3:])
        elif kind in ("16", "49") and account is None:
            raise StatementError(name, place, f"a record {kind} stands outside of an account (03)")
        elif kind == "16" and account is not None:
            _detail(name, place, account, fields)
        elif kind == "49" and account is not None:
            found += [_closed(name, place, account, fields)] if group.is_live else []
            account = None
        elif kind not in ("01", "98", "99"):
            raise StatementError(name, place, f"record {kind!r} is none of BAI2's: 01, 02, 03, 16, 49, 88, 98, 99")
        is_ended = is_ended or kind == "99"
    if not is_ended:
        raise StatementError(name, 0, "the file ends before its trailer (99): a part of it is missing")
    return found


@dataclass(frozen=True)
class _Group:
    """What a group of accounts has in common."""

    day: date
    currency: str
    is_live: bool = True


def _group(name: str, place: int, fields: list[str], currency: str, notes: list[Note] | None) -> _Group:
    """A group; one that the bank deleted, or is about to correct, holds no money."""
    day, is_live = _day(name, place, _at(fields, 4)), _at(fields, 3) in ("", "1")
    if not is_live and notes is not None:
        notes.append(
            Note(place, "left_out", f"a group of {day} that the bank deleted or is about to correct is not read")
        )
    return _Group(day, _at(fields, 6) or currency or "USD", is_live)


def _closed(name: str, place: int, account: _Account, fields: list[str]) -> Statement:
    """The statement of an account, if its amounts come to its control total."""
    if account.control != (total := _cents(name, place, _at(fields, 1))):
        raise StatementError(
            name,
            place,
            f"the amounts of account {account.number} come to {account.control}, but its control total is {total}: a part is missing",
        )
    return _statement(account)


def _records(name: str, text: str) -> Iterator[tuple[int, list[str]]]:
    """Records with their continuations (88) put to them; the text of a transaction may have commas."""
    waiting: tuple[int, str] | None = None
    for place, whole in enumerate(text.splitlines(), 1):
        line = whole.strip()
        if line.startswith("88,"):
            if waiting is None:
                raise StatementError(name, place, "a continuation (88) stands at the beginning")
            first, before = waiting
            # The text of a transaction goes on; lists of balances go on with the next value.
            bare = before.removesuffix("/")
            glue = " " if before.startswith("16,") else "" if bare.endswith(",") else ","
            waiting = (first, f"{bare}{glue}{line[3:]}")
        elif line:
            if waiting is not None:
                yield waiting[0], _split(waiting[1])
            waiting = (place, line)
    if waiting is not None:
        yield waiting[0], _split(waiting[1])


def _split(record: str) -> list[str]:
    return [value.strip() for value in record.removesuffix("/").split(",")]


def _at(fields: list[str], place: int) -> str:
    return fields[place] if place < len(fields) else ""


def _day(name: str, place: int, text: str) -> date:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError as error:
        raise StatementError(name, place, f"day {text!r} is not one like 261130 (year, month, day)") from error


def _cents(name: str, place: int, text: str) -> Decimal:
    if not re.fullmatch(r"[+-]?\d{1,18}", text):
        raise StatementError(name, place, f"amount {text!r} is not a whole number in the smallest unit, like 1250")
    return Decimal(text)


def _balances(name: str, place: int, account: _Account, fields: list[str]) -> None:
    """Balances and sums of an account: code, amount, count, kind of funds, with what that kind needs."""
    at = 0
    while at < len(fields) and fields[at]:
        code, amount = fields[at], _at(fields, at + 1)
        if amount:
            value = _cents(name, place, amount)
            account.control += value
            account.balances[code] = value
        at += 3
        at += _funds(fields, at)


def _funds(fields: list[str], at: int) -> int:
    """How many fields the kind of funds takes: V has a day and a time, S three amounts, D a list."""
    kind = _at(fields, at).upper()
    if kind == "V":
        return 3
    if kind == "S":
        return 4
    if kind == "D":
        return 2 + 2 * int(_at(fields, at + 1) or 0)
    return 1


def _detail(name: str, place: int, account: _Account, fields: list[str]) -> None:
    code, written = _at(fields, 1), _at(fields, 2)
    if not code.isdigit() or len(code) != 3:
        raise StatementError(name, place, f"type {code!r} is not a number of three digits")
    cents = _cents(name, place, written) if written else Decimal(0)
    account.control += cents
    at = 3 + _funds(fields, 3)
    bank, customer = _at(fields, at), _at(fields, at + 1)
    text = ", ".join(part for part in fields[at + 2 :] if part)
    if not written:
        return
    is_debit = 400 <= int(code) <= 699 or code == "720"
    if int(code) < 100 or int(code) >= 900:
        raise StatementError(name, place, f"type {code} is neither a credit (100 to 399) nor a debit (400 to 699)")
    amount = _money(cents, account.currency)
    account.lines.append(
        Line(
            place,
            account.day,
            -amount if is_debit else amount,
            reference=first_reference(bank, customer),
            description=text,
        )
    )


def _money(cents: Decimal, currency: str) -> Decimal:
    return cents.scaleb(-digits_of(currency))


def _statement(account: _Account) -> Statement:
    opening, closing = (
        _money(account.balances[code], account.currency) if code in account.balances else None
        for code in (_OPENING, _CLOSING)
    )
    return Statement(
        "bank", account.number, account.currency, account.lines, opening, closing, account.day, account.day
    )
