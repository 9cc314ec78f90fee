"""QIF, as accounting programs export it: bank, cash and card accounts; investments are named and skipped."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from clientops.core.readable import counted
from clientops.importing.formats import DateOrder, DecimalMark, plain_amount
from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.importing.statements.marks import decide_mark, decide_order, read_day
from clientops.matching.placeholders import real_reference

_ACCOUNTS = {"bank", "cash", "ccard", "oth a", "oth l"}
_NUMBER = re.compile(r"-?\d{1,15}(\.\d+)?")


@dataclass
class _Entry:
    """One record: its place and its values by their first letter."""

    place: int
    values: dict[str, str] = field(default_factory=dict)


def read_qif(
    name: str,
    text: str,
    notes: list[Note] | None = None,
    *,
    currency: str = "",
    decimal_mark: DecimalMark | None = None,
    date_order: DateOrder | None = None,
) -> list[Statement]:
    """Statements of a QIF file, one an account.

    Args:
        name: Name of the file.
        text: Its content.
        notes: Takes what was not read, or read with a doubt.
        currency: Its currency; QIF names none.
        decimal_mark: Else what the amounts look like.
        date_order: Else what the dates look like.

    Raises:
        StatementError: A value cannot be read, or the currency is not known.
    """
    told = notes if notes is not None else []
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise StatementError(name, 0, "QIF names no currency", "give it, e.g. --currency EUR")
    accounts = _accounts(name, text, told)
    entries = [entry for _, own in accounts for entry in own]
    if not entries:
        raise StatementError(name, 0, "there are no transactions of a bank, cash or card account in it")
    # Thousands are points or commas; the apostrophe stands before years from 2000 on.
    mark, mark_doubt = decide_mark(
        [(entry.values.get("T") or entry.values.get("U", ""), currency) for entry in entries], ""
    )
    days = [_written_day(entry) for entry in entries]
    order, order_doubt = decide_order(days)
    told += [
        Note(0, "doubt", doubt)
        for doubt, said in ((mark_doubt, decimal_mark), (order_doubt, date_order))
        if doubt and not said
    ]
    return [
        Statement("bank", account, currency, [_line(name, entry, decimal_mark or mark, date_order or order) for entry in own])
        for account, own in accounts if own
    ]  # fmt: skip


def _accounts(name: str, text: str, notes: list[Note]) -> list[tuple[str, list[_Entry]]]:
    """Records of each account; lists of categories and the like hold no money."""
    found: list[tuple[str, list[_Entry]]] = []
    account = ""
    skipped: dict[str, int] = {}
    for kind, entry in _records(name, text):
        if entry is None:
            if kind in _ACCOUNTS:
                found.append((account, []))
        elif kind == "account":
            account = entry.values.get("N", "")
        elif kind == "invst":
            skipped[account] = skipped.get(account, 0) + 1
        elif kind in _ACCOUNTS and {"T", "U", "D"} & set(entry.values):
            found[-1][1].append(entry)
    for one, count in skipped.items():
        notes.append(
            Note(
                0,
                "left_out",
                f"{counted(count, 'transaction')} of the investment account {one or 'without a name'} not read",
            )
        )
    return found


def _records(name: str, text: str) -> Iterator[tuple[str, _Entry | None]]:
    """Records with the kind of list they are in; none where a list begins."""
    kind = ""
    entry: _Entry | None = None
    for place, whole in enumerate(text.splitlines(), 1):
        line = whole.strip()
        if line.startswith("!"):
            head = line[1:].strip().lower()
            kind, entry = head.removeprefix("type:").strip() if head.startswith(("type:", "account")) else "", None
            yield kind, None
        elif line == "^":
            if entry is not None:
                yield kind, entry
            entry = None
        elif line:
            entry = entry or _Entry(place)
            # Splits (S, E, $) say what a sum is made of; of a repeated letter the first counts.
            entry.values.setdefault(line[0].upper(), line[1:].strip())
    if entry is not None and kind in _ACCOUNTS:
        raise StatementError(name, entry.place, "the last transaction has no end (^): the file may be cut short")


def _written_day(entry: _Entry) -> str:
    """The date as other programs write it: ``11/13'26`` is 11/13/2026, and blanks stand for zeros."""
    text = re.sub(r"(?<=[/.\-' ])\s+", "0", entry.values.get("D", "").strip())
    return re.sub(r"'\s*(\d{2})$", r"/20\1", text).replace("'", "/")


def _line(name: str, entry: _Entry, mark: DecimalMark, order: DateOrder) -> Line:
    written, typed = entry.values.get("T") or entry.values.get("U", ""), _written_day(entry)
    amount = plain_amount(written, mark)
    if not _NUMBER.fullmatch(amount):
        raise StatementError(
            name, entry.place, f"amount {written!r} is not a number like {'12,50' if mark == 'comma' else '12.50'}"
        )
    try:
        day = read_day(typed, order)
    except ValueError as error:
        raise StatementError(
            name, entry.place, f"date {entry.values.get('D', '')!r} is not a date ({order})"
        ) from error
    return Line(
        entry.place, day, Decimal(amount), payer_name=entry.values.get("P", ""), reference=real_reference(entry.values.get("N", "")),
        description=entry.values.get("M", ""),
    )  # fmt: skip
