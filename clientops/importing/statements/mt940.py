"""SWIFT MT940 (and MT942) as banks send it, within any envelope; text belongs to the entry that it stands behind."""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from decimal import Decimal

from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.importing.statements.mt940_texts import Details, read_details
from clientops.matching.placeholders import first_reference

_TAG = re.compile(r"^\s?:(20|21|25P?|28C?|60[FM]|61|62[FM]|64|65|86|NS|13D?|34F|90[CD]):")
_HEADS = re.compile(r"^[\x00-\x20]*(?:\{[1-35]:(?:[^{}]|\{[^{}]*\})*\}\s*)*(?:\{4:)?\s*")
_ENVELOPE = re.compile(
    r"^[\x00-\x20]*(?:-\}?.*|:?9[44][02]:?|:9\d\d:.*|\{[1-5]:.*|[A-Z]{6}[A-Z0-9]{2}(?:[A-Z0-9]{3,4})?|\d{4} \d\d ?[A-Z]{6}[A-Z0-9]{2,6}\d*|\d{3} \d\d|\$|\x03|-)[\x00-\x20]*$"
)
_END = re.compile(r"^[\x00-\x20]*-(?:\}.*)?[\x00-\x20]*$")
_BALANCE = re.compile(r"^:6[02][FM]:\s*([CD])(\d{6})([A-Z]{3})(\d*),?(\d*)\s*$")
_ENTRY = re.compile(
    r"^:61:\s*(?P<valued>\d{6})(?P<booked>\d{4}|\s{4})?\s*(?P<mark>R?[CD])\s*(?P<funds>[A-Z])?\s*(?P<amount>0*\d{1,15}(?:,\d*)?|,\d+)"
    r"\s*(?P<rest>.*)$"
)
_TYPE = re.compile(r"^(?:[NFS][A-Z0-9]{3})(?P<behind>.*)$")
_ACCOUNT = re.compile(r"^[A-Z]{2}\d\d[A-Z0-9]{11,30}$")
_CONTINUED = {"20", "21", "25", "25P", "28", "28C", "61", "86", "NS"}


@dataclass
class _Field:
    """A tag with its value, which may go on over lines."""

    place: int
    tag: str
    lines: list[str]


@dataclass
class _Block:
    """The fields of one message."""

    fields: list[_Field] = field(default_factory=list)

    @property
    def is_closed(self) -> bool:
        return any(f.tag.startswith("62") for f in self.fields)


def read_mt940(name: str, text: str, notes: list[Note] | None = None) -> list[Statement]:
    """Statements of an MT940 or MT942 file.

    Args:
        name: Name of the file.
        text: Its content.
        notes: Takes what was not read.

    Raises:
        StatementError: A tag or balance cannot be read, or the file ends early.
    """
    told = notes if notes is not None else []
    blocks = _blocks(name, text, told)
    if not blocks:
        raise StatementError(name, 0, "there is no statement in it")
    return _joined([_statement(name, block.fields, told) for block in blocks])


def _blocks(name: str, text: str, notes: list[Note]) -> list[_Block]:
    """The messages of a file: lines of the envelope around them, whatever the bank, are left out."""
    blocks: list[_Block] = []
    is_open = False
    for place, whole in enumerate(re.split(r"\r\n|\n|\r", text), 1):
        line = _HEADS.sub("", whole, count=1) if whole.lstrip("\x00\x01\x02\x03 ").startswith("{") else whole.strip("\x00\x01\x02\x03")  # fmt: skip
        if not line.strip():
            continue
        tag = _TAG.match(line)
        if tag and (tag[1] in ("20", "25") or blocks):
            starts = tag[1] == "20" or not blocks or (tag[1] in ("25", "25P", "28C", "28", "60F") and blocks[-1].is_closed)  # fmt: skip
            if starts:
                blocks.append(_Block())
            blocks[-1].fields.append(_Field(place, tag[1], [line.strip() if tag[1] != "86" else line.lstrip()]))
            is_open = True
        elif is_open and _END.match(line) and blocks[-1].is_closed:
            is_open = False
        elif is_open and not (blocks[-1].is_closed and _ENVELOPE.match(line)) and blocks[-1].fields[-1].tag in _CONTINUED:  # fmt: skip
            blocks[-1].fields[-1].lines.append(line)
        elif not _ENVELOPE.match(line):
            is_open = False
            _outside(name, place, line, notes, has_blocks=bool(blocks), rest=text)
        else:
            is_open = False
    return blocks


def _outside(name: str, place: int, line: str, notes: list[Note], *, has_blocks: bool, rest: str) -> None:
    """A line outside of every statement: noted, or refused where it looks like a part of one, or nothing else is there."""
    if re.match(r"^\s*:\d\d[A-Z]?:", line) or not re.search(r"^\s?:20:", rest, re.MULTILINE):
        raise StatementError(name, place, f"{line.strip()[:40]!r} is not MT940: a line begins with a tag like :20:")
    where = "between statements" if has_blocks else "before the first statement"
    notes.append(Note(place, "left_out", f"{line.strip()[:40]!r} {where} is not read"))


def _joined(parts: Sequence[Statement]) -> list[Statement]:
    """Messages of one statement that go over several pages (:60M: after :62M:) as one."""
    found: list[Statement] = []
    waiting: list[Line] = []
    for part in parts:
        last = found[-1] if found else None
        if last and last.details.get("more") and last.account == part.account and last.closing == part.opening:
            waiting += part.lines
            found[-1] = replace(last, closing=part.closing, to_on=part.to_on, details=part.details)
        else:
            if last:
                found[-1] = replace(last, lines=waiting)
            waiting = list(part.lines)
            found.append(part)
    found[-1] = replace(found[-1], lines=waiting)
    return found


def _statement(name: str, fields: Sequence[_Field], notes: list[Note]) -> Statement:
    tags = {f.tag for f in fields}
    is_report = not tags & {"60F", "60M", "62F", "62M"} and bool(tags & {"34F", "90C", "90D", "13D", "13"})
    opening = closing = None
    account = ""
    currency = ""
    for one in fields:
        if one.tag[:2] in ("60", "62"):
            balance = _balance(name, one)
            if one.tag[:2] == "60" and opening is None:
                opening = balance
            if one.tag[:2] == "62":
                closing = balance
        elif one.tag in ("25", "25P"):
            account = account or one.lines[0][one.lines[0].index(":", 1) + 1 :].strip()
        elif one.tag == "34F":
            currency = one.lines[0][5:8]
    missing = [
        what for what, known in (
            ("the account (:25:)", account), ("the opening balance (:60F:)", opening or is_report),
            ("the closing balance (:62F:)", closing or is_report),
        ) if not known
    ]  # fmt: skip
    if missing:
        raise StatementError(name, fields[-1].place, f"the statement ends without {missing[0]}")
    lines = _lines(name, fields, notes)
    if opening is None or closing is None:
        days = [line.booked_on for line in lines]
        return Statement("bank", account, currency, lines, None, None, min(days, default=None), max(days, default=None), is_notice=True)  # fmt: skip
    more = {"more": "yes"} if "62M" in tags and "62F" not in tags else {}
    return Statement("bank", account, opening[2], lines, opening[1], closing[1], opening[0], closing[0], more)


def _balance(name: str, one: _Field) -> tuple[date, Decimal, str]:
    text = one.lines[0].strip()
    found = _BALANCE.match(text)
    if found is None or not (found[4] or found[5]):
        raise StatementError(name, one.place, f"{text!r} is not a balance like :60F:C260930EUR1234,56")
    day = _day(found[2])
    if day is None:
        raise _no_day(name, one.place, found[2], text)
    amount = Decimal(f"{found[4] or 0}.{found[5] or 0}")
    return day, amount if found[1] == "C" else -amount, found[3]


def _lines(name: str, fields: Sequence[_Field], notes: list[Note]) -> list[Line]:
    """Entries with the text that stands behind each; text behind a balance is the statement's."""
    lines: list[Line] = []
    entry: _Field | None = None
    texts: list[list[str]] = []
    for one in fields:
        if one.tag == "61":
            if entry is not None:
                lines.append(_line(name, entry, texts, notes))
            entry, texts = one, []
        elif one.tag in ("86", "NS") and entry is not None:
            texts.append([one.lines[0][4:], *one.lines[1:]])
        elif one.tag not in ("86", "NS", "21") and entry is not None:
            lines.append(_line(name, entry, texts, notes))
            entry = None
    if entry is not None:
        lines.append(_line(name, entry, texts, notes))
    return lines


def _line(name: str, entry: _Field, texts: Sequence[Sequence[str]], notes: list[Note]) -> Line:
    head = entry.lines[0]
    found = _ENTRY.match(head)
    if found is None or not _rest_is_fine(found["rest"]):
        raise StatementError(name, entry.place, f"{head!r} is not an entry like :61:2609300930C12,50NTRFNONREF")
    valued, booked = _days(name, entry.place, found["valued"], (found["booked"] or "").strip(), head)
    whole, _, behind = found["amount"].partition(",")
    amount = Decimal(f"{whole or 0}.{behind or 0}")
    customer, _, bank = _references(found["rest"]).partition("//")
    details = [read_details(text) for text in texts] or [Details()]
    first = _merged(details)
    under = " ".join(" ".join(entry.lines[1:]).split())
    is_account = bool(_ACCOUNT.match(customer.strip()))
    payer = first.name or (under if is_account else "")
    text = " ".join(part for part in (first.text, *(one.text for one in details[1:])) if part)
    return Line(
        entry.place, booked, amount if found["mark"] in ("C", "RD") else -amount, valued_on=valued, payer_name=payer,
        payer_account=first.account or (customer.strip() if is_account else ""),
        reference=first_reference(first.reference, "" if is_account else customer, bank),
        description=text or ("" if is_account else under),
    )  # fmt: skip


def _merged(details: Sequence[Details]) -> Details:
    """Of several texts behind one entry, the first that tells each thing."""

    def told(name: str) -> str:
        return next((value for one in details if (value := getattr(one, name))), "")

    return Details(told("name"), told("account"), told("reference"), details[0].text)


def _rest_is_fine(rest: str) -> bool:
    """Whether what is behind the amount can be a type and references: not a decimal point and digits."""
    return not rest[:1].isdigit() and not rest.startswith((".", ","))


def _references(rest: str) -> str:
    """The references behind the type of an entry; a placeholder may stand without any type."""
    plain = rest.strip()
    if re.match(r"^(?:NONREF|NOREF)(?:\b|//)", plain):
        return plain
    found = _TYPE.match(plain)
    return found["behind"] if found else plain


def _days(name: str, place: int, valued: str, booked: str, head: str) -> tuple[date, date]:
    """Value date and booking date; a month of 30 days, as banks calculate interest, ends with the month."""
    day = _day(valued) or _end_of_february(int(valued[:2]) + 2000, valued[2:])
    if day is None:
        raise _no_day(name, place, valued, head)
    if not booked:
        return day, day
    near: list[date] = []
    for year in (day.year - 1, day.year, day.year + 1):
        one = _day(f"{year % 100:02}{booked}") or _end_of_february(year, booked)
        near += [one] if one else []
    if not near:
        raise _no_day(name, place, f"{valued}{booked}", head)
    return day, min(near, key=lambda one: abs((one - day).days))


def _no_day(name: str, place: int, text: str, head: str) -> StatementError:
    return StatementError(name, place, f"{text[:6]} in {head!r} is not a day like 260930 (year, month, day)")


def _day(text: str) -> date | None:
    try:
        return date(2000 + int(text[:2]), int(text[2:4]), int(text[4:6]))
    except ValueError:
        return None


def _end_of_february(year: int, text: str) -> date | None:
    return date(year, 2, monthrange(year, 2)[1]) if text in ("0229", "0230") else None
