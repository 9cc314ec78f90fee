"""A WHMCS in a file of SQL, as mysqldump, mariadb-dump or phpMyAdmin write it: read without a server.

The few Python packages that read dumps are unmaintained or hold the whole file in memory; general SQL parsers build a
tree of every statement. A dump needs much less: the columns of ``create table`` and the rows of ``insert``, which one
regular expression a table reads as fast as Python can.
"""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.compute as pc

from clientops.errors import UsageError
from clientops.importing.whmcs.sources import SOURCE_TABLES, SourceTable
from clientops.importing.whmcs.staging import Progress, Staging, no_progress
from clientops.importing.whmcs.text import MYSQL_CHARSETS

CHUNK = 1 << 20
LONGEST_ROW = 1 << 28
BATCH_BYTES, BATCH_ROWS = 8 << 20, 20_000
HEAD = 1 << 16

_VALUE = rb"""(?:_\w+\s*)?'(?:[^'\\]++|\\.|'')*+'|[^\s,()']++"""
_INSERT = re.compile(
    rb"""\s*(?:insert|replace)\s+(?:ignore\s+|delayed\s+|low_priority\s+)*(?:into\s+)?
    (?:[`"]?\w+[`"]?\.)?[`"]?(?P<table>\w+)[`"]?\s*(?:\((?P<columns>[^()]*)\)\s*)?values\s*(?=\()""",
    re.IGNORECASE | re.VERBOSE,
)
_CREATE = re.compile(
    rb"""\s*create\s+table\s+(?:if\s+not\s+exists\s+)?(?:[`"]?\w+[`"]?\.)?[`"]?(?P<table>\w+)[`"]?\s*\(""",
    re.IGNORECASE | re.VERBOSE,
)
_COLUMN = re.compile(rb"""\s+[`"](\w+)[`"]\s""")
_NAMES = re.compile(rb"set\s+names\s+'?(\w+)", re.IGNORECASE)
_ESCAPE = re.compile(rb"\\(.)|''", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def read_dump(path: str | Path, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS from a dump (``.sql`` or ``.sql.gz``) into a fresh staging file.

    Args:
        path: The dump of one database.
        staging_path: File to write; must not exist.
        progress: Told the table, and how many bytes of the file were read of how many.

    Raises:
        UsageError: The file is no dump, was cut short, or holds no WHMCS or two.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    total = path.stat().st_size
    with path.open("rb") as file, Staging(staging_path) as staging:

        def told(table: str) -> None:
            progress(table, min(file.tell(), total), total)

        try:
            reader = _DumpReader(_Buffer(_unpacked(file), str(path)), staging, told)
            reader.read(set(SOURCE_TABLES))
            if reader.too_early:
                file.seek(0)
                reader = _DumpReader(_Buffer(_unpacked(file), str(path)), staging, told)
                reader.read({table.name for table in SOURCE_TABLES.values() if table.after}, is_last=True)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise UsageError(f"{path} is damaged or was cut short: {error}") from None


def _unpacked(file: IO[bytes]) -> IO[bytes] | gzip.GzipFile:
    """The file's content, unpacked if it is a gzip file, whatever its name."""
    packed = file.read(2) == b"\x1f\x8b"
    file.seek(0)
    return gzip.open(file) if packed else file


class _Buffer:
    """The part of a file that is looked at, refilled as it is used up."""

    def __init__(self, stream: IO[bytes] | gzip.GzipFile, name: str) -> None:
        self._stream = stream
        self._used = 0
        self._is_ended = False
        self.name = name
        self.data = b""
        self.at = 0

    @property
    def position(self) -> int:
        """Byte of the (unpacked) file that is looked at."""
        return self._used + self.at

    def more(self, size: int = CHUNK) -> bool:
        """Read on, keeping what is not used yet; False at the end."""
        if self._is_ended:
            return False
        read = self._stream.read(size)
        self._is_ended = not read
        self._used += self.at
        self.data = self.data[self.at :] + read
        self.at = 0
        return not self._is_ended

    def ahead(self, size: int) -> bool:
        """Make sure of so many bytes, as far as there are; False if there are none."""
        while len(self.data) - self.at < size and self.more():
            pass
        return self.at < len(self.data)

    def line(self) -> bytes:
        """Go to the next line; of this one, its beginning."""
        kept = b""
        while True:
            end = self.data.find(b"\n", self.at)
            stop = len(self.data) if end < 0 else end + 1
            if len(kept) < HEAD:
                kept += self.data[self.at : min(stop, self.at + HEAD)]
            self.at = stop
            if end >= 0 or not self.more():
                return kept

    def rows(self, row: re.Pattern[bytes]) -> Iterator[Sequence[bytes]]:
        """Rows of an insert statement, up to its end."""
        size = CHUNK
        while True:
            while found := row.match(self.data, self.at):
                self.at = found.end()
                *values, end = found.groups()
                yield values
                if end == b";":
                    return
                size = CHUNK
            if len(self.data) - self.at > LONGEST_ROW or not self.more(size):
                shown = self.data[self.at : self.at + 60].decode("utf-8", "replace")
                raise UsageError(f"{self.name}: there is no row that can be read at byte {self.position}: {shown!r}")
            size *= 2


class _DumpReader:
    """Goes through a dump once and writes the rows of some tables to staging.

    Attributes:
        too_early: Whether a table came before the one it is read with, so that it takes another round.
    """

    def __init__(self, buffer: _Buffer, staging: Staging, told: Callable[[str], None]) -> None:
        self._buffer = buffer
        self._staging = staging
        self._told = told
        self._layouts: dict[str, list[str]] = {}
        self._patterns: dict[tuple[str, ...], re.Pattern[bytes]] = {}
        self._charset = "utf-8"
        self._table: SourceTable | None = None
        self._columns: list[str] = []
        self._rows: list[Sequence[bytes]] = []
        self._seen: set[str] = set()
        self._is_last = False
        self.too_early = False

    def read(self, wanted: set[str], *, is_last: bool = False) -> None:
        """Read the tables of these names; in the last round nothing is too early any more."""
        buffer = self._buffer
        self._is_last = is_last
        in_body = is_signed = is_complete = False
        while buffer.ahead(HEAD):
            start = buffer.data[buffer.at : buffer.at + 12].lstrip().lower()
            if start.startswith(b"delimiter"):
                # Between the delimiters stand routines and triggers, which may hold insert statements.
                in_body = buffer.line().split()[-1:] != [b";"]
            elif in_body:
                buffer.line()
            elif start.startswith((b"insert", b"replace")):
                self._insert(wanted)
            elif start.startswith(b"create table"):
                self._create()
            else:
                line = buffer.line()
                is_signed |= line.startswith((b"-- MySQL dump", b"-- MariaDB dump"))
                is_complete |= line.startswith(b"-- Dump completed")
                if line.startswith((b"/*!", b"SET", b"set")) and (found := _NAMES.search(line)):
                    self._charset = MYSQL_CHARSETS.get(found[1].decode().lower(), "utf-8")
                if line.startswith((b"\xff\xfe", b"\xfe\xff")):
                    raise UsageError(f"{buffer.name} is UTF-16; dump again with --result-file=FILE instead of > FILE")
        self._flush()
        if is_signed and not is_complete:
            raise UsageError(f"{buffer.name} was cut short: the line «-- Dump completed» at its end is missing")

    def _create(self) -> None:
        """Note the columns of a table, in the order of its values."""
        found = _CREATE.match(self._buffer.data, self._buffer.at)
        first = self._buffer.line()
        if found is None or first.rstrip().endswith(b";"):
            return  # all in one line, as no known program writes it: the insert statements must name the columns
        name, columns = found["table"].decode().lower(), []
        while self._buffer.ahead(HEAD) and not (line := self._buffer.line()).lstrip().startswith(b")"):
            if column := _COLUMN.match(line):
                columns.append(column[1].decode().lower())
        if name in self._layouts:
            raise UsageError(f"{self._buffer.name} holds {name} twice; dump one database at a time")
        self._layouts[name] = columns
        if name in SOURCE_TABLES and not self._staging.has(name):
            self._staging.found(name, set(columns))

    def _insert(self, wanted: set[str]) -> None:
        """Read the rows of an insert statement, if they are wanted."""
        buffer = self._buffer
        found = _INSERT.match(buffer.data, buffer.at)
        name = found["table"].decode().lower() if found else ""
        if found is None or name not in wanted or not self._is_time_for(SOURCE_TABLES[name]):
            buffer.line()
            return
        table = SOURCE_TABLES[name]
        listed = found["columns"]
        columns = [part.strip(b' \r\n\t`"').decode().lower() for part in listed.split(b",")] if listed else None
        columns = columns or self._layouts.get(name)
        if columns is None:
            raise UsageError(f"{buffer.name} does not say which columns {name} has; dump with create table statements")
        if not self._staging.has(name):
            self._staging.found(name, set(columns))
        if self._table is not table or self._columns != columns:
            self._flush()
            self._table, self._columns = table, columns
        buffer.at = found.end()
        began = buffer.position
        for row in buffer.rows(self._pattern(table, columns)):
            self._rows.append(row)
            if len(self._rows) >= BATCH_ROWS or buffer.position - began > BATCH_BYTES:
                self._flush()
                began = buffer.position
        buffer.line()

    def _is_time_for(self, table: SourceTable) -> bool:
        """Whether the table that this one is read with was read before; if not, note that it was too early."""
        self._seen.add(table.name)
        is_time = not table.after or table.after in self._seen or self._is_last
        self.too_early |= not is_time
        return is_time

    def _pattern(self, table: SourceTable, columns: list[str]) -> re.Pattern[bytes]:
        """What a row of the table looks like."""
        key = (table.name, *columns)
        if key not in self._patterns:
            self._patterns[key] = row_pattern(columns, table.columns)
        return self._patterns[key]

    def _flush(self) -> None:
        """Write the rows that were gathered."""
        if self._table is not None and self._rows:
            names = [name for name in self._columns if name in self._table.columns]
            columns = {
                name: plain_values(tokens) for name, tokens in zip(names, zip(*self._rows, strict=True), strict=True)
            }
            self._staging.write(self._table, columns, self._charset)
            self._told(self._table.name)
        self._rows = []


def row_pattern(columns: Sequence[str], wanted: Collection[str]) -> re.Pattern[bytes]:
    """What a row of these columns looks like; only the wanted ones are captured, and what follows the row."""
    values = [b"(" + _VALUE + b")" if name in wanted else b"(?:" + _VALUE + b")" for name in columns]
    return re.compile(rb"\s*\(\s*" + rb"\s*,\s*".join(values) + rb"\s*\)\s*([,;])", re.DOTALL)


def plain_values(tokens: Sequence[bytes]) -> pa.Array:
    r"""What literals of SQL stand for: ``'it\'s'`` is ``it's``, ``NULL`` is nothing.

    >>> plain_values([rb"'it\'s'", b"12.50", b"NULL"]).to_pylist()
    [b"it's", b'12.50', None]
    """
    literals = pa.array(tokens, pa.binary())
    if pc.any(pc.starts_with(literals, "_")).as_py():
        # A word before the quote names the character set: _binary'…', _utf8mb4'…'.
        literals = pc.replace_substring_regex(literals, r"^_\w+\s*", b"")
    values = pc.if_else(pc.starts_with(literals, "'"), pc.binary_slice(literals, 1, -1), literals)
    values = pc.if_else(pc.match_substring_regex(literals, "^(?i:null)$"), pa.scalar(None, pa.binary()), values)
    is_escaped = pc.fill_null(pc.match_substring_regex(values, r"\\|''"), False)
    if not pc.any(is_escaped).as_py():
        return values
    plain = [_ESCAPE.sub(_unescaped, value) for value in values.filter(is_escaped).to_pylist()]
    return pc.replace_with_mask(values, is_escaped, pa.array(plain, pa.binary()))


def _unescaped(found: re.Match[bytes]) -> bytes:
    return b"'" if found[1] is None else _ESCAPED.get(found[1], found[1])
