"""OFX and QFX as banks send them: version 1 (SGML) and 2 (XML), with or without a header, values on lines of their own.

The reader is our own: values are looked up in the markup as it stands, and what a bank leaves out or adds does no harm.
"""

from __future__ import annotations

import html
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from clientops.core.readable import counted
from clientops.importing.statements.encoded import decoded
from clientops.importing.statements.lines import Line, Note, Statement, StatementError
from clientops.matching.placeholders import first_reference

_TAG = re.compile(r"<(/?)([A-Za-z][\w.:-]{0,63})(?:\s[^<>]*)?(/?)>")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)\]\]>", re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->", re.DOTALL)
_AMOUNT = re.compile(r"[+-]?(?:\d{1,15}(?:[.,]\d*)?|[.,]\d+|\d{1,3}(?:,\d{3})+\.\d+|\d{1,3}(?:\.\d{3})+,\d+)")
_DATE = re.compile(r"(\d{4})[-/]?(\d\d)[-/]?(\d\d)")
_STATEMENTS = ("STMTRS", "CCSTMTRS", "LOANSTMTRS", "AMRTSTMTRS")
_INVESTMENTS = "INVSTMTRS"
_SMALL_NUMBER = 4  # digits of a number that only counts the transactions of a file


@dataclass(slots=True)
class _Node:
    """An element: its name, value and children, and where it stands."""

    name: str
    at: int
    value: str = ""
    children: list[_Node] = field(default_factory=list)

    def every(self, *names: str) -> Iterator[_Node]:
        """The elements of these names within it, in the file's order; not those within one of them."""
        waiting = self.children[::-1]
        while waiting:
            node = waiting.pop()
            if node.name in names:
                yield node
            else:
                waiting += node.children[::-1]

    def first(self, *path: str) -> _Node | None:
        """The first element at the end of the path, however deep its steps are."""
        found: _Node | None = self
        for name in path:
            found = next(found.every(name), None) if found is not None else None
        return found

    def text(self, *path: str) -> str:
        """The value at the end of the path; empty if there is none."""
        found = self.first(*path)
        return found.value if found is not None else ""


class _File:
    """The text of a file, its elements, and the lines they stand on."""

    def __init__(self, name: str, content: bytes, notes: list[Note], currency: str) -> None:
        self.name, self.notes, self.currency = name, notes, currency
        text = decoded(content, notes).replace("\0", "").replace("\r\n", "\n").replace("\r", "\n")
        text = _COMMENT.sub(lambda found: "\n" * found[0].count("\n"), text)
        self.text = _CDATA.sub(lambda found: html.escape(found[1], quote=False), text)
        self.ends = [found.start() for found in re.finditer("\n", self.text)]
        self.root = _tree(self.text)

    def line_of(self, node: _Node) -> int:
        return bisect_right(self.ends, node.at) + 1

    def wrong(self, node: _Node, what: str) -> StatementError:
        return StatementError(self.name, self.line_of(node), what)

    def say(self, node: _Node | None, code: str, message: str) -> None:
        self.notes.append(Note(self.line_of(node) if node else 0, code, message))


def read_ofx(name: str, content: bytes, notes: list[Note] | None = None, *, currency: str = "") -> list[Statement]:
    """Statements of an OFX or QFX file; the opening balance is what its lines leave of the closing one.

    Args:
        name: Name of the file.
        content: Its bytes.
        notes: Takes what was not read, or read with a doubt.
        currency: Of statements that do not name theirs.

    Raises:
        StatementError: A value cannot be read, the file ends early, or it holds nothing but investment accounts.
    """
    file = _File(name, content, notes if notes is not None else [], currency)
    upper = file.text.upper()
    if re.search(r"<OFX[\s>]", upper) is None:
        raise StatementError(name, 1, "there is no <OFX> in it")
    if "</OFX" not in upper:
        raise StatementError(name, len(file.text.splitlines()), "the file ends before </OFX>: a part of it is missing")
    investments = list(file.root.every(_INVESTMENTS))
    for node in investments:
        account = node.text("INVACCTFROM", "ACCTID") or "without a number"
        count = sum(1 for _ in node.every("STMTTRN", "INVTRAN"))
        file.say(node, "left_out", f"investment account {account} with {counted(count, 'transaction')} is not read: only bank and card accounts are")  # fmt: skip
    found = [part for node in file.root.every(*_STATEMENTS, _INVESTMENTS) if node.name != _INVESTMENTS for part in _statements(file, node)]  # fmt: skip
    if not found:
        raise StatementError(name, 0, _nothing(file, investments))
    return found


def _nothing(file: _File, investments: Sequence[_Node]) -> str:
    """Why there is no statement: what the file holds instead, or what the bank answered."""
    if investments:
        return f"it holds only {counted(len(investments), 'investment account')}; statements of bank and card accounts are read"
    for status in file.root.every("STATUS"):
        if status.text("SEVERITY").upper() == "ERROR":
            return f"there is no statement in it; the bank answered {status.text('CODE')} {status.text('MESSAGE')}".rstrip()
    return "there is no statement in it"


def _tree(text: str) -> _Node:
    """The elements of the markup; a value ends its element, and an aggregate without an end ends with the one around it."""
    root = _Node("", 0)
    open_, depth_of = [root], dict[str, int]()
    tags = list(_TAG.finditer(text))
    for place, tag in enumerate(tags):
        name = tag[2].upper().rpartition(":")[2]
        if tag[1]:
            _close(open_, depth_of, name)
            continue
        if name == "STMTTRN":  # a transaction holds no other: the one before has no end of its own
            _close(open_, depth_of, name)
        behind = tags[place + 1].start() if place + 1 < len(tags) else len(text)
        value = html.unescape(" ".join(text[tag.end() : behind].split()))
        node = _Node(name, tag.start(), value)
        open_[-1].children.append(node)
        if not value and not tag[3]:
            open_.append(node)
            depth_of[name] = depth_of.get(name, 0) + 1
    return root


def _close(open_: list[_Node], depth_of: dict[str, int], name: str) -> None:
    if not depth_of.get(name):
        return
    while True:
        node = open_.pop()
        depth_of[node.name] -= 1
        if node.name == name:
            return


def _statements(file: _File, node: _Node) -> list[Statement]:
    """The statement of an account; transactions that say they are in another currency are a statement of their own."""
    account = node.text("ACCTID") or node.text("LOANACCTID")
    home = (node.text("CURDEF") or file.currency).upper()
    if not re.fullmatch(r"[A-Z]{3}", home):
        raise StatementError(file.name, file.line_of(node), f"the currency (CURDEF) is {home!r}", "give it, e.g. --currency EUR")  # fmt: skip
    waiting = [entry for part in node.every("BANKTRANLISTP") for entry in part.every("STMTTRN", "STMTTRNP")]
    if waiting:
        file.say(waiting[0], "left_out", f"{counted(len(waiting), 'transaction is', 'transactions are')} only announced (BANKTRANLISTP) and left out")  # fmt: skip
    pending = {id(entry) for entry in waiting}
    entries = [entry for entry in node.every("STMTTRN") if id(entry) not in pending]
    lines: dict[str, list[Line]] = {home: []}
    fitids = [entry.text("FITID") for entry in entries]
    useless = _useless(fitids)
    for entry, fitid in zip(entries, fitids, strict=True):
        lines.setdefault(_currency(entry, home), []).append(_line(file, entry, "" if fitid in useless else fitid, home))
    if useless and entries:
        file.say(entries[0], "text", f"the numbers of {counted(sum(1 for fitid in fitids if fitid in useless), 'transaction')} (FITID) are not unique, and are not taken as references")  # fmt: skip
    _check_signs(file, entries)
    start, end = (_day(node.text("BANKTRANLIST", tag)) for tag in ("DTSTART", "DTEND"))
    closing = _closing(file, node, home)
    found = []
    for code, own in lines.items():
        if not own and code == home and len(lines) > 1:
            continue
        total = sum((line.amount for line in own), Decimal(0))
        last = closing if code == home else None
        found.append(Statement("bank", account, code, own, None if last is None else last - total, last, start, end))
    return found


def _useless(fitids: Sequence[str]) -> set[str]:
    """Numbers that name no transaction: several have them, or they count the transactions of this file."""
    seen: dict[str, int] = {}
    for fitid in fitids:
        seen[fitid] = seen.get(fitid, 0) + 1
    found = {fitid for fitid, count in seen.items() if count > 1}
    numbers = [fitid for fitid in fitids if fitid]
    if numbers and all(fitid.isdecimal() and len(fitid.lstrip("0")) <= _SMALL_NUMBER for fitid in numbers):
        values = sorted(int(fitid) for fitid in numbers)
        if values[0] <= 1 and values[-1] - values[0] < 2 * len(values):
            found |= set(numbers)
    return found - {""}


def _currency(entry: _Node, home: str) -> str:
    """Currency of a transaction's amount; ORIGCURRENCY only tells what it was before it was converted."""
    own = entry.text("CURRENCY", "CURSYM").upper()
    return own if re.fullmatch(r"[A-Z]{3}", own) else home


def _line(file: _File, entry: _Node, fitid: str, home: str) -> Line:
    amount = entry.first("TRNAMT")
    if amount is None:
        raise file.wrong(entry, "the transaction has no amount (TRNAMT)")
    day, valued = _booked(file, entry), _day(entry.text("DTAVAIL"))
    account = entry.text("BANKACCTFROM", "ACCTID") or entry.text("BANKACCTTO", "ACCTID") or entry.text("CCACCTFROM", "ACCTID") or entry.text("CCACCTTO", "ACCTID")  # fmt: skip
    # A payee has a name of its own; an element without value has swallowed what follows, which is found all the same.
    named = entry.text("NAME") or entry.text("EXTDNAME") or entry.text("PAYEE", "NAME")
    texts = [entry.text("MEMO"), entry.text("MEMO2")]
    checks = entry.text("CHECKNUM")
    described = " ".join(dict.fromkeys(text for text in texts if text)) or (f"Check {checks}" if checks else "")
    return Line(
        file.line_of(entry), day, _money(file, amount, home), valued_on=valued, payer_name=named, payer_account=account,
        reference=first_reference(fitid, entry.text("REFNUM")), description=described,
    )  # fmt: skip


def _booked(file: _File, entry: _Node) -> date:
    """Day that the bank booked it on, whatever the zone of the moment."""
    for tag in ("DTPOSTED", "DTUSER", "DTAVAIL"):
        node = entry.first(tag)
        if node is None or not node.value:
            continue
        day = _day(node.value)
        if day is None:
            raise file.wrong(node, f"{tag} {node.value!r} is not a date like 20260930")
        if tag != "DTPOSTED":
            file.say(node, "doubt", f"the transaction has no booking day (DTPOSTED); {tag} {day} is taken")
        return day
    raise file.wrong(entry, "the transaction has no day (DTPOSTED)")


def _day(text: str) -> date | None:
    found = _DATE.match(text.strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _money(file: _File, node: _Node, currency: str) -> Decimal:
    text = node.value.replace(" ", "").replace("\u2212", "-")
    if not _AMOUNT.fullmatch(text):
        wanted = "an amount like 1234.50" if node.name == "BALAMT" else "an amount like -12.50"
        raise file.wrong(node, f"{node.name} {node.value!r} is not {wanted}")
    mark = max(text.rfind(","), text.rfind("."))
    if mark < 0:
        return Decimal(text)
    whole, behind = re.sub("[.,]", "", text[:mark]), text[mark + 1 :]
    if len(behind) == 3 and whole.strip("+-") not in ("", "0") and text.count(text[mark]) == 1 and _digits(currency) < 3:  # fmt: skip
        if text[mark] == ",":
            file.say(node, "doubt", f"{node.name} {node.value!r} is taken as {whole}{behind}: {currency} amounts have at most 2 decimal places")  # fmt: skip
            return Decimal(whole + behind)
        if behind[-1] != "0":
            raise file.wrong(node, f"{node.name} {node.value!r} may be thousands or have three decimal places; {currency} amounts have at most 2")  # fmt: skip
    return Decimal(f"{whole or '0'}.{behind or '0'}" if whole not in ("+", "-") else f"{whole}0.{behind}")


def _digits(currency: str) -> int:
    from babel.numbers import get_currency_precision

    return int(get_currency_precision(currency))


def _closing(file: _File, node: _Node, currency: str) -> Decimal | None:
    """The booked balance, if the bank tells it."""
    balance = next(node.every("LEDGERBAL"), None)
    if balance is None:
        return None
    amount = balance.first("BALAMT")
    if amount is None or not amount.value:
        file.say(balance, "doubt", "the balance (LEDGERBAL) has no amount, so that nothing tells whether lines are missing")  # fmt: skip
        return None
    return _money(file, amount, currency)


def _check_signs(file: _File, entries: Sequence[_Node]) -> None:
    """Say where the kind of transactions and their signs do not agree: the sign counts."""
    odd = [entry for entry in entries if (entry.text("TRNTYPE").upper(), entry.text("TRNAMT").strip()[:1] == "-") in {("DEBIT", False), ("CREDIT", True)}]  # fmt: skip
    odd = [entry for entry in odd if entry.text("TRNAMT").strip("+-0., ")]
    if odd:
        kind, amount = odd[0].text("TRNTYPE").upper(), odd[0].text("TRNAMT")
        file.say(odd[0], "doubt", f"{counted(len(odd), 'transaction has', 'transactions have')} another sign than kind, e.g. {kind} {amount}: the sign is taken")  # fmt: skip
