"""Reading a statement file, whatever its format, into requests of ``import-statement``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.formats import DateOrder, DecimalMark
from clientops.importing.statements.camt import read_camt
from clientops.importing.statements.delimited import Options, Reading, read_delimited
from clientops.importing.statements.encoded import decoded
from clientops.importing.statements.lines import Note, Statement, StatementError, check_balances, request_rows
from clientops.importing.statements.mt940 import read_mt940
from clientops.importing.statements.ofx import read_ofx

FORMATS = {"csv": "CSV of a bank or gateway", "ofx": "OFX, QFX", "mt940": "SWIFT MT940", "camt": "CAMT.053", "stripe": "Stripe export", "paypal": "PayPal export"}  # fmt: skip
MOST_BYTES = 200_000_000
# A tag at the beginning of a line: times such as 09:20:11 have it within.
_SWIFT = re.compile(r"^[\x00-\x20]*(?:\{[^\r\n]*)?:(?:20|25P?|28C?|60[FM]|61):[^\r\n,;]*$", re.MULTILINE)


@dataclass(frozen=True)
class StatementFile:
    """A statement file that was read.

    Attributes:
        name: Its name.
        format: One of ``FORMATS``.
        statements: What it holds.
        requests: Requests of ``import-statement``, one a line.
        reading: How a CSV was understood.
        notes: What was left out or taken with a doubt.
    """

    name: str
    format: str
    statements: tuple[Statement, ...]
    requests: list[dict[str, object]]
    reading: Reading | None = None
    notes: tuple[Note, ...] = ()


def read_statement_file(path: Path, **options: object) -> StatementFile:
    """A statement file from disk; see :func:`read_statement`.

    Raises:
        UsageError: There is no such file, or it cannot be taken.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    if path.stat().st_size > MOST_BYTES:
        raise UsageError(f"{path} is larger than a statement can be: {path.stat().st_size:,} bytes")
    return read_statement(path.name, path.read_bytes(), **options)  # type: ignore[arg-type]


def read_statement(
    name: str,
    content: bytes,
    *,
    form: str | None = None,
    columns: Mapping[str, str] | None = None,
    decimal_mark: DecimalMark | None = None,
    date_order: DateOrder | None = None,
    source: str = "",
    account: str = "",
    currency: str = "",
    encoding: str | None = None,
) -> StatementFile:
    """The statements of a file, with balances that add up.

    Args:
        name: Name of the file.
        content: Its bytes.
        form: One of ``FORMATS``; else what it looks like.
        columns: For CSV: heading to field where it is not understood.
        decimal_mark: For CSV: else what the amounts look like.
        date_order: For CSV: else what the dates look like.
        source: Bank or gateway; else ``bank``, or the gateway whose export it is.
        account: For CSV: the account.
        currency: The currency, if the file does not tell.
        encoding: Of a text file; else what its letters look like.

    Raises:
        StatementError: The file is broken (with the line), or opening balance and lines are not the closing balance (with
            the difference).
    """
    chosen = form or guess_format(name, content)
    if chosen not in FORMATS:
        raise UsageError(f"There is no format {chosen!r}; there are {', '.join(FORMATS)}")
    notes: list[Note] = []
    reading = None
    if chosen == "camt":
        statements = read_camt(name, content, notes)
    elif chosen == "ofx":
        statements = read_ofx(name, content, notes, currency=currency)
    elif chosen == "mt940":
        statements = read_mt940(name, decoded(content, notes, encoding), notes)
    else:
        statements, reading = read_delimited(
            name, decoded(content, notes, encoding),
            Options(source or ("" if chosen == "csv" else chosen), columns, decimal_mark, date_order, account, currency), notes,
        )  # fmt: skip
        notes += [Note(0, "doubt", doubt) for doubt in reading.doubts]
    every = [_named(statement, source, account) for statement in statements]
    for statement in every:
        check_balances(name, statement)
    named = [statement for statement in every if statement.lines]
    if not named:
        raise StatementError(name, 0, "; ".join(["there are no booked lines in it", *(note.message for note in notes)]))
    if len(named) < len(every):
        notes.append(
            Note(0, "text", f"{counted(len(every) - len(named), 'statement')} of {len(every)} in it without lines")
        )
    return StatementFile(name, chosen, tuple(named), request_rows(name, content, named), reading, tuple(notes))


def _named(statement: Statement, source: str, account: str) -> Statement:
    from dataclasses import replace

    return replace(statement, source=source or statement.source, account=statement.account or account)


def guess_format(name: str, content: bytes) -> str:
    """Format of a file by its beginning, else by its name."""
    head = content[:4000].decode("utf-8", errors="replace").lstrip("\ufeff \r\n\t")
    upper = head.upper()
    if "<OFX>" in upper or upper.startswith("OFXHEADER") or "<?OFX" in upper:
        return "ofx"
    if "CAMT.05" in upper or "<BKTOCSTMR" in upper:
        return "camt"
    if _SWIFT.search(head):
        return "mt940"
    ending = Path(name).suffix.lower().lstrip(".")
    return {"ofx": "ofx", "qfx": "ofx", "sta": "mt940", "mt940": "mt940", "940": "mt940", "xml": "camt"}.get(
        ending, "csv"
    )
