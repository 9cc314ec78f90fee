"""Reading a statement file, whatever its format, into requests of ``import-statement``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.core.readable import counted
from clientops.importing.formats import DateOrder, DecimalMark
from clientops.importing.statements.bai2 import read_bai2
from clientops.importing.statements.camt import read_camt
from clientops.importing.statements.cfonb import read_cfonb
from clientops.importing.statements.coda import read_coda
from clientops.importing.statements.delimited import Options, Reading, read_delimited
from clientops.importing.statements.encoded import decoded
from clientops.importing.statements.lines import (
    Note,
    Statement,
    StatementError,
    check_balances,
    request_rows,
    without_repeats,
)
from clientops.importing.statements.mt940 import read_mt940
from clientops.importing.statements.ofx import read_ofx
from clientops.importing.statements.qif import read_qif
from clientops.importing.statements.sheet import read_sheet_statement

FORMATS = {"csv": "CSV of a bank or gateway", "ofx": "OFX, QFX", "mt940": "SWIFT MT940", "camt": "CAMT.053, 052, 054", "qif": "QIF", "bai2": "BAI2", "coda": "CODA", "cfonb": "CFONB120", "xlsx": "Excel sheet", "stripe": "Stripe export", "paypal": "PayPal export"}  # fmt: skip
MOST_BYTES = 200_000_000
# How formats begin; a tag of SWIFT stands at the beginning of a line: times such as 09:20:11 have it within.
_BEGINNINGS = {
    "mt940": re.compile(r"^[\x00-\x20]*(?:\{[^\r\n]*)?:(?:20|25P?|28C?|60[FM]|61):[^\r\n,;]*$", re.MULTILINE),
    "cfonb": re.compile(r"\A01\d{5}.{4}\d{5}[A-Z]{3}\d.{1}.{11}"),
    "coda": re.compile(r"\A0{5}\d{6}[\d ]{3}05"),
    "bai2": re.compile(r"\A01,[^,\n]*,[^,\n]*,\d{6},"),
    "qif": re.compile(r"\A!(?:type:|account|option:|clear:)", re.IGNORECASE),
}


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
    options = Options(source or ("" if chosen in ("csv", "xlsx") else chosen), columns, decimal_mark, date_order, account, currency)  # fmt: skip
    statements, reading = _read(name, content, chosen, options, notes, encoding=encoding)
    notes += [Note(0, "doubt", doubt) for doubt in (reading.doubts if reading else ())]
    every = [_named(statement, source, account) for statement in statements]
    for statement in every:
        check_balances(name, statement)
    named = without_repeats([statement for statement in every if statement.lines], notes)
    if not named:
        raise StatementError(name, 0, "; ".join(["there are no booked lines in it", *(note.message for note in notes)]))
    if any(not statement.lines for statement in every):
        notes.append(
            Note(
                0,
                "text",
                f"{counted(sum(1 for one in every if not one.lines), 'statement')} of {len(every)} in it without lines",
            )
        )
    return StatementFile(name, chosen, tuple(named), request_rows(name, content, named), reading, tuple(notes))


_TEXTS: dict[str, Callable[[str, str, Options, list[Note]], list[Statement]]] = {
    "mt940": lambda name, text, _, notes: read_mt940(name, text, notes),
    "qif": lambda name, text, options, notes: read_qif(
        name, text, notes, currency=options.currency, decimal_mark=options.decimal_mark, date_order=options.date_order
    ),
    "bai2": lambda name, text, options, notes: read_bai2(name, text, notes, currency=options.currency),
    "coda": lambda name, text, _, notes: read_coda(name, text, notes),
    "cfonb": lambda name, text, _, notes: read_cfonb(name, text, notes),
}


def _read(
    name: str, content: bytes, chosen: str, options: Options, notes: list[Note], *, encoding: str | None
) -> tuple[list[Statement], Reading | None]:
    """Statements of a file in a format, and how a table was understood."""
    if chosen == "camt":
        return read_camt(name, content, notes), None
    if chosen == "ofx":
        return read_ofx(name, content, notes, currency=options.currency), None
    if chosen == "xlsx":
        return read_sheet_statement(name, content, options, notes)
    text = decoded(content, notes, encoding)
    if chosen in _TEXTS:
        return _TEXTS[chosen](name, text, options, notes), None
    return read_delimited(name, text, options, notes)


def _named(statement: Statement, source: str, account: str) -> Statement:
    from dataclasses import replace

    return replace(statement, source=source or statement.source, account=statement.account or account)


def _head(content: bytes) -> str:
    """The beginning of a file as text, whatever its width: enough to tell formats apart."""
    head = content[:8000]
    return head.replace(b"\0", b"").lstrip(b"\xff\xfe").decode("utf-8", errors="replace")


def guess_format(name: str, content: bytes) -> str:
    """Format of a file by its beginning, else by its name."""
    head = _head(content).lstrip("\ufeff \r\n\t")
    upper = head.upper()
    if "<OFX>" in upper or upper.startswith("OFXHEADER") or "<?OFX" in upper:
        return "ofx"
    if "CAMT.05" in upper or "<BKTOCSTMR" in upper:
        return "camt"
    found = next((form for form, begins in _BEGINNINGS.items() if begins.search(head)), "")
    if found or content.startswith(b"PK\x03\x04"):
        return found or "xlsx"
    ending = Path(name).suffix.lower().lstrip(".")
    return {
        "ofx": "ofx",
        "qfx": "ofx",
        "sta": "mt940",
        "mt940": "mt940",
        "940": "mt940",
        "xml": "camt",
        "qif": "qif",
        "bai": "bai2",
        "bai2": "bai2",
        "cod": "coda",
        "xlsx": "xlsx",
        "xlsm": "xlsx",
    }.get(ending, "csv")
