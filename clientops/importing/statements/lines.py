"""What every format is read into: statements with lines, balances that add up, and one error that names the line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from hashlib import sha256

from clientops.core.errors import UsageError
from clientops.core.readable import counted, visible


class StatementError(UsageError):
    """A statement file that is not taken, with the line where it breaks (0: the file as a whole).

    Attributes:
        line: The line.
        sentence: What is wrong, for a screen, which has fields of its own to put it right.
    """

    def __init__(self, name: str, line: int, what: str, option: str = "") -> None:
        """``option`` is what to say on the command line to put it right; only the message has it."""
        self.line = line
        self.sentence = f"{name}{f', line {line}' if line else ''}: {what}"
        super().__init__(f"{self.sentence}: {option}" if option else self.sentence)


@dataclass(frozen=True)
class Note:
    """Something in a file that was not taken, or that was taken with a doubt.

    Attributes:
        place: Line or row of the file; 0: the file as a whole.
        code: ``left_out``, ``doubt`` or ``text``.
        message: A sentence without full stop.
    """

    place: int
    code: str
    message: str


@dataclass(frozen=True)
class Line:
    """One line of a statement.

    Attributes:
        place: Where it stands in the file (line, or row of a table), for messages.
        booked_on: Booking date.
        amount: Positive: received; negative: paid; before the gateway's fee.
        fee: Kept by the gateway.
        valued_on: Value date.
        payer_name: Other party.
        payer_account: Other party's account.
        reference: The bank's or gateway's number for it.
        description: Text.
        balance: Balance after it, if the file says so.
        entry: The bank's own reference of the entry that it is, or is a part of: the same in all messages about it.
    """

    place: int
    booked_on: date
    amount: Decimal
    fee: Decimal = Decimal(0)
    valued_on: date | None = None
    payer_name: str = ""
    payer_account: str = ""
    reference: str = ""
    description: str = ""
    balance: Decimal | None = None
    entry: str = ""


@dataclass(frozen=True)
class Statement:
    """Lines of one account and currency, with the balances around them (None where the format has none).

    ``is_notice``: it announces entries that a statement lists as well (camt.052 and 054, MT942).
    """

    source: str
    account: str
    currency: str
    lines: Sequence[Line]
    opening: Decimal | None = None
    closing: Decimal | None = None
    from_on: date | None = None
    to_on: date | None = None
    details: Mapping[str, str] = field(default_factory=dict)
    is_notice: bool = False


def check_balances(name: str, statement: Statement) -> None:
    """Refuse a statement whose opening balance and lines do not come to its closing balance.

    Raises:
        StatementError: With the difference, and the line where running balances first differ.
    """
    before = statement.opening
    for line in statement.lines:
        if before is not None and line.balance is not None and before + line.amount - line.fee != line.balance:
            off = line.balance - (before + line.amount - line.fee)
            raise StatementError(
                name, line.place,
                f"the balance after this line is {line.balance}, but {before} and {line.amount - line.fee} make "
                f"{before + line.amount - line.fee}: a difference of {off}",
            )  # fmt: skip
        before = (
            line.balance if line.balance is not None else None if before is None else before + line.amount - line.fee
        )
    if statement.opening is None or statement.closing is None:
        return
    total = sum((line.amount - line.fee for line in statement.lines), Decimal(0))
    if statement.opening + total != statement.closing:
        off = statement.closing - statement.opening - total
        raise StatementError(
            name, 0,
            f"the opening balance {statement.opening} and {counted(len(statement.lines), 'line')} of {total} come to "
            f"{statement.opening + total}, but the closing balance is {statement.closing}: a difference of {off} {statement.currency}",
        )  # fmt: skip


def request_rows(name: str, content: bytes, statements: Sequence[Statement]) -> list[dict[str, object]]:
    """Requests of ``import-statement``: one row a line, in the file's order."""
    file_hash = sha256(content).hexdigest()
    rows: list[dict[str, object]] = []
    for number, statement in enumerate(statements, 1):
        days = [line.booked_on for line in statement.lines]
        seen: dict[str, int] = {}
        start, end = min([*days, statement.from_on or days[0]]), max([*days, statement.to_on or days[0]])
        for position, line in enumerate(statement.lines, 1):
            image = _image(statement, line)
            seen[image] = seen.get(image, 0) + 1
            rows.append({
                "statement": number, "source": statement.source, "account": statement.account or None, "currency": statement.currency,
                "file_name": name, "file_sha256": file_hash, "from_on": start, "to_on": end,
                "opening_balance": statement.opening, "closing_balance": statement.closing, "is_notice": statement.is_notice,
                "line_number": position, "booked_on": line.booked_on, "valued_on": line.valued_on, "amount": line.amount,
                "fee": line.fee, "payer_name": visible(line.payer_name) or None,
                "payer_account": visible(line.payer_account) or None, "reference": visible(line.reference) or None,
                "description": visible(line.description) or None,
                "line_sha256": sha256(f"{image}|{seen[image]}".encode()).hexdigest(),
                "same_sha256": sha256(image.encode()).hexdigest(), "entry_reference": visible(line.entry) or None,
            })  # fmt: skip
    return rows


def without_repeats(statements: Sequence[Statement], notes: list[Note]) -> list[Statement]:
    """Statements of a file without those that it has twice: of the same balances and lines."""
    seen: dict[tuple[object, ...], int] = {}
    kept: list[Statement] = []
    for number, statement in enumerate(statements, 1):
        images = tuple(_image(statement, line) for line in statement.lines)
        key = (statement.account, statement.currency, statement.opening, statement.closing, images)
        if statement.opening is not None and statement.opening != statement.closing and images and key in seen:
            notes.append(Note(statement.lines[0].place, "left_out", f"statement {number} of the file is statement {seen[key]} again"))  # fmt: skip
            continue
        seen.setdefault(key, number)
        kept.append(statement)
    return kept


def _image(statement: Statement, line: Line) -> str:
    """What makes a line the same in another file of the same account; its place does not count."""
    parts = (statement.account or statement.source, statement.currency, line.booked_on, line.amount.normalize(), line.fee.normalize(),
             " ".join(line.payer_name.split()).casefold(), line.reference.strip(), " ".join(line.description.split()).casefold())  # fmt: skip
    return "|".join(f"{part}" for part in parts)
