"""SWIFT MT940, as banks send it; the fields of German banks within :86: are understood."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from clientops.importing.statements.lines import Line, Statement, StatementError
from clientops.readable import counted

_TAG = re.compile(r"^:(\d{2}[A-Z]?):")
_BALANCE = re.compile(r"^:6[02][FM]:[CD]\d{6}[A-Z]{3}[\d,]+$")
_ENTRY = re.compile(r"^:61:\d{6}(\d{4})?R?[CD][A-Z]?\d[\d,]*[NFS]")
_DAY = re.compile(r"^:(?:6[024][FM]?:[CD]|61:|65:[CD])(\d{6})(\d{4})?")
_MARK = re.compile(r"^:61:\d{6}(?:\d{4})?(R?[CD])")  # RC takes a credit back, RD a debit
_KEYWORD = re.compile(r"(EREF|KREF|MREF|CRED|DEBT|SVWZ|ABWA|ABWE)\+")
_BANK_REFERENCE = re.compile(r"//([^\n]{1,16})")


def read_mt940(name: str, text: str) -> list[Statement]:
    """Statements of an MT940 file.

    Raises:
        StatementError: A tag or balance cannot be read, or the file ends early.
    """
    blocks: list[list[tuple[int, str, str]]] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if not line.strip() or line.startswith(("{", "-}")) or line.strip() == "-":
            continue
        if match := _TAG.match(line):
            if match[1] == "20" or not blocks:
                blocks.append([])
            blocks[-1].append((number, match[1], line))
        elif blocks and blocks[-1]:
            first, tag, before = blocks[-1][-1]
            blocks[-1][-1] = (first, tag, f"{before}\n{line}")
        else:
            raise StatementError(name, number, f"{line[:40]!r} is not MT940: a line begins with a tag like :20:")
    if not blocks:
        raise StatementError(name, 0, "there is no statement in it")
    return _joined([_statement(name, block) for block in blocks])


def _joined(parts: list[Statement]) -> list[Statement]:
    """Messages of one statement that go over several pages (:60M: after :62M:) as one."""
    found: list[Statement] = []
    for part in parts:
        last = found[-1] if found else None
        if last and last.details.get("more") and last.account == part.account and last.closing == part.opening:
            lines = [*last.lines, *part.lines]
            found[-1] = Statement(last.source, last.account, last.currency, lines, last.opening, part.closing, last.from_on, part.to_on, part.details)  # fmt: skip
        else:
            found.append(part)
    return found


def _statement(name: str, block: list[tuple[int, str, str]]) -> Statement:
    import mt940

    for number, tag, text in block:
        if tag[:2] in ("60", "62") and not _BALANCE.match(text.strip()):
            raise StatementError(name, number, f"{text.strip()!r} is not a balance like :60F:C260930EUR1234,56")
        if (found := _DAY.match(text)) and not _is_day(*found.groups()):
            raise StatementError(
                name, number, f"{found[1]} in {text.splitlines()[0]!r} is not a day like 260930 (year, month, day)"
            )
        if tag == "61" and not _ENTRY.match(text):
            raise StatementError(
                name, number, f"{text.splitlines()[0]!r} is not an entry like :61:2609300930C12,50NTRFNONREF"
            )
    tags = [tag for _, tag, _ in block]
    for wanted, what in (
        ("25", "the account (:25:)"),
        ("60", "the opening balance (:60F:)"),
        ("62", "the closing balance (:62F:)"),
    ):
        if not any(tag.startswith(wanted) for tag in tags):
            raise StatementError(name, block[-1][0], f"the statement ends without {what}")
    try:
        parsed = mt940.parse("\n".join(text for _, _, text in block) + "\n")
    except (ValueError, RuntimeError, ArithmeticError) as error:
        raise StatementError(name, block[0][0], f"the statement cannot be read: {error}") from error
    entries = [(number, text) for number, tag, text in block if tag == "61"]
    details = _details(block)
    if len(entries) != len(parsed.transactions):
        raise StatementError(
            name,
            block[0][0],
            f"{counted(len(entries), 'entry is', 'entries are')} written, {len(parsed.transactions)} can be read",
        )
    lines = [
        _line(number, text, transaction.data, details.get(number, ""))
        for (number, text), transaction in zip(entries, parsed.transactions, strict=True)
    ]
    opening = parsed.data.get("final_opening_balance") or parsed.data["intermediate_opening_balance"]
    closing = parsed.data.get("final_closing_balance") or parsed.data["intermediate_closing_balance"]
    return Statement(
        "bank", str(parsed.data.get("account_identification") or "").strip(), str(opening.amount.currency), lines,
        opening.amount.amount, closing.amount.amount, _day(opening.date), _day(closing.date),
        {"more": "yes"} if "62M" in tags else {},
    )  # fmt: skip


def _details(block: list[tuple[int, str, str]]) -> dict[int, str]:
    """Text of :86: by the line of the entry that it follows; wrapped lines are put together again."""
    found: dict[int, str] = {}
    entry = 0
    for number, tag, text in block:
        if tag == "61":
            entry = number
        elif tag == "86" and entry:
            found[entry] = text[4:].replace("\n", "")
    return found


def _line(number: int, text: str, data: dict[str, Any], detail: str) -> Line:
    fields: dict[str, str] = {}
    if re.match(r"^\d{3}[?]", detail):
        for part in re.split(r"[?](?=\d{2})", detail)[1:]:
            fields[part[:2]] = part[2:]
    purpose = "".join(fields[key] for key in sorted(fields) if "20" <= key <= "29" or "60" <= key <= "63")
    words = _keywords(purpose)
    name = (fields.get("32", "") + fields.get("33", "")).strip() or words.get("ABWA", "")
    customer = str(data.get("customer_reference") or "").strip()
    bank = _BANK_REFERENCE.search(text)
    reference = (
        words.get("EREF") or (customer if customer not in ("", "NONREF") else "") or (bank[1].strip() if bank else "")
    )
    description = words.get("SVWZ") or (purpose if fields else detail).strip()
    mark = _MARK.match(text)
    amount = abs(data["amount"].amount)
    return Line(
        number, _day(data.get("entry_date") or data["date"]), amount if mark and mark[1] in ("C", "RD") else -amount, valued_on=_day(data["date"]),
        payer_name=name, payer_account=fields.get("31", "").strip(), reference=reference.strip(), description=description.strip(),
    )  # fmt: skip


def _keywords(purpose: str) -> dict[str, str]:
    """Parts of a SEPA purpose by their keyword (EREF+, SVWZ+ …)."""
    parts = _KEYWORD.split(purpose)
    return {key: value.strip() for key, value in zip(parts[1::2], parts[2::2], strict=False)}


def _is_day(text: str, booked: str | None) -> bool:
    """Whether it is a day, and the month and day it was booked on are those of some year."""
    for year, month, day in [(2000 + int(text[:2]), text[2:4], text[4:])] + (
        [(2000, booked[:2], booked[2:])] if booked else []
    ):
        try:
            date(year, int(month), int(day))
        except ValueError:
            return False
    return True


def _day(value: Any) -> date:
    return date(value.year, value.month, value.day)
