"""The text of a dump, statement by statement, read block by block: strings, names and comments are told from SQL.

A general SQL parser builds a tree of every statement and holds it in memory. A dump needs much less: where statements begin
and end, whatever stands in their strings, names and comments, and the rows of ``insert``, each by one regular expression.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from clientops.core.errors import UsageError
from clientops.importing.whmcs.unpacking import Readable

CHUNK = 1 << 20
LONGEST_ROW = 1 << 28
HEAD = 1 << 16

STRING = rb"""(?:'(?:[^'\\]++|\\.|'')*+'|"(?:[^"\\]++|\\.|"")*+")"""
# Where the dump sets the mode in which a backslash is a sign like any other.
PLAIN_STRING = rb"""(?:'(?:[^']++|'')*+'|"(?:[^"]++|"")*+")"""
GAP = rb"(?:\s++|/\*(?!M?!).*?\*/|--[ \t\r][^\n]*+\n|--\n|#[^\n]*+\n)*+"
NAME = rb"""(?:(?:`[^`]++`|"[^"]++"|[\w$]++)\s*+\.\s*+)?[`"]?(?P<table>\w++)[`"]?"""
# What follows the last row: the end, a condition on what is there already, or the end of a comment that is run.
ROW_END = rb"(,|;|(?=\*/)|(?=(?i:on\s+duplicate\s+key\s)|(?i:as\s+\w+\s*(?:\([^()]*\)\s*)?on\s+duplicate\s+key\s)))"

_BLANK = re.compile(rb"(?:[\s;]++|\*/)++")
_COMMENT = re.compile(rb"--[ \t\r][^\n]*+\n|--\n|#[^\n]*+\n|/\*(?!M?!).*?\*/|/\*M?!999999.*?\*/", re.DOTALL)
_RUN_COMMENT = re.compile(rb"/\*M?!(\d{5,6})?")


class SqlText:
    """The part of a dump that is being read, refilled as it is used up."""

    def __init__(self, stream: Readable, name: str) -> None:
        self._stream = stream
        self._used = self._lines = 0
        self._is_ended = False
        self.name = name
        self.data = b""
        self.at = 0
        self.delimiter = b";"
        self.has_escapes = True

    @property
    def position(self) -> int:
        """Byte of the (unpacked) file that is being read."""
        return self._used + self.at

    @property
    def line(self) -> int:
        """Line of the (unpacked) file that is being read, from 1."""
        return self._lines + self.data.count(b"\n", 0, self.at) + 1

    @property
    def where(self) -> str:
        """The position, for a sentence."""
        return f"line {self.line} (byte {self.position})"

    def more(self, size: int = CHUNK) -> bool:
        """Read on, keeping what is not used yet; False at the end."""
        if self._is_ended:
            return False
        read = self._stream.read(size)
        self._is_ended = not read
        self._used += self.at
        self._lines += self.data.count(b"\n", 0, self.at)
        # The end of the text ends a comment that has no line break.
        self.data = self.data[self.at :] + (read or b"\n")
        self.at = 0
        return True

    def ahead(self, size: int = HEAD) -> bool:
        """Make sure of so many bytes, as far as there are; False if there are none."""
        while len(self.data) - self.at < size and self.more():
            pass
        return self.at < len(self.data)

    def next_statement(self) -> Iterator[bytes]:
        """Go to the beginning of the next statement, giving the comments on the way; at the end ``data`` is used up.

        Raises:
            UsageError: The text ends within a comment.
        """
        while self.ahead():
            if self.delimiter != b";" and self.data.startswith(self.delimiter, self.at):
                self.at += len(self.delimiter)
            elif found := _BLANK.match(self.data, self.at):
                self.at = found.end()
            elif comment := self._comment():
                yield comment
            elif (run := _RUN_COMMENT.match(self.data, self.at)) and not self.data.startswith(
                (b"/*!999999", b"/*M!999999"), self.at
            ):
                self.at = run.end()
            else:
                return

    def _comment(self) -> bytes:
        """The comment that stands here, and go behind it; empty if there is none."""
        start = self.data[self.at : self.at + 9]
        is_block = start.startswith(b"/*") and (
            not start.startswith((b"/*!", b"/*M!")) or start.startswith((b"/*!999999", b"/*M!99999"))
        )
        is_line = start.startswith(b"#") or (start.startswith(b"--") and start[2:3] in (b" ", b"\t", b"\r", b"\n"))
        if not (is_block or is_line):
            return b""
        size = CHUNK
        while not (found := _COMMENT.match(self.data, self.at)):
            if len(self.data) - self.at > LONGEST_ROW or not self.more(size):
                raise UsageError(f"{self.name} was cut short: the comment at {self.where} does not end")
            size *= 2
        self.at = found.end()
        return found[0]

    def rest_of_statement(self) -> bytes:
        """Go behind the statement that begins here; its beginning.

        Raises:
            UsageError: The text ends within it.
        """
        began, kept = self.where, b""
        size = CHUNK
        while True:
            pattern = _statement(self.delimiter, has_escapes=self.has_escapes)
            found = pattern.match(self.data, self.at)
            stop = found.end() if found else self.at
            if len(kept) < HEAD:
                kept += self.data[self.at : min(stop, self.at + HEAD)]
            if stop > self.at:
                self.at, size = stop, CHUNK
            if self.data.startswith(self.delimiter, self.at):
                self.at += len(self.delimiter)
                return kept
            if len(self.data) - self.at > LONGEST_ROW or not self.more(size):
                if kept.strip().lower() == b"commit":
                    return kept
                shown = kept[:60].decode("utf-8", "replace")
                raise UsageError(f"{self.name} was cut short: the statement at {began} does not end: {shown!r}")
            size *= 2

    def rows(self, row: re.Pattern[bytes], *, table: str = "", is_counted: bool = False) -> Iterator[Sequence[bytes]]:
        """Values of the rows of an insert statement, up to its end or to what follows them.

        Args:
            row: What a row looks like, with what follows it as its last group.
            table: Its name, for the sentence.
            is_counted: Whether rows are only counted, so that what is no row ends them.

        Raises:
            UsageError: There is something else than a row.
        """
        size = CHUNK
        while True:
            while found := row.match(self.data, self.at):
                self.at = found.end()
                *values, end = found.groups()
                yield values
                if end != b",":
                    if end == b";":
                        self.at -= 1
                    return
                size = CHUNK
            if len(self.data) - self.at > LONGEST_ROW or not self.more(size):
                if is_counted:
                    return
                shown = self.data[self.at : self.at + 60].decode("utf-8", "replace")
                raise UsageError(
                    f"{self.name}: there is no row of {table} that can be read at {self.where}: {shown!r}. "
                    "Nothing was imported; the dump was cut short or holds values that are not understood here"
                )
            size *= 2


@lru_cache(maxsize=16)
def _statement(delimiter: bytes, *, has_escapes: bool) -> re.Pattern[bytes]:
    """As much of a statement as can be told from its end: every sign that may begin something has one behind it."""
    first = re.escape(delimiter[:1])
    string = STRING if has_escapes else PLAIN_STRING
    return re.compile(
        rb"(?:[^'\"`/#*\-" + first + rb"]++|" + string + rb"|`[^`]*+`"
        rb"|/\*M?!\d*+(?=[^\d])|/\*(?!M?!).*?\*/|\*(?=.)"
        rb"|--[ \t\r][^\n]*+\n|--\n|--(?=[^\s])|-(?=[^-])|#[^\n]*+\n"
        rb"|/(?=[^*])|(?!" + re.escape(delimiter) + rb")" + first + rb"(?=.))*+",
        re.DOTALL,
    )
