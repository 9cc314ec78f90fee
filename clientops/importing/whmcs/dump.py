"""A WHMCS in a file of SQL, as dump programs write it: read without a server.

What mysqldump, mariadb-dump, phpMyAdmin, Adminer, HeidiSQL, DBeaver, Navicat, mydumper and mysqlpump write is read; a
statement on a table that is imported which is not understood stops the import with its line.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import IO

import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.importing.whmcs.charsets import MYSQL_CHARSETS
from clientops.importing.whmcs.dump_end import DumpEnd
from clientops.importing.whmcs.sources import SOURCE_TABLES, SourceTable
from clientops.importing.whmcs.sql_text import NAME, SqlText
from clientops.importing.whmcs.sql_values import (
    ColumnKind,
    any_row_pattern,
    assignment_pattern,
    column_kind,
    plain_values,
    row_pattern,
)
from clientops.importing.whmcs.staging import Progress, Staging, no_progress
from clientops.importing.whmcs.table_definition import column_definitions, table_charset
from clientops.importing.whmcs.unpacking import UNPACKING_ERRORS, open_unpacked

BATCH_BYTES, BATCH_ROWS = 8 << 20, 20_000

_G = rb"(?:\s|/\*(?!M?!).*?\*/)+"
_INSERT = re.compile(
    rb"(?:insert|replace)" + _G + rb"(?:(?:ignore|delayed|low_priority|high_priority)" + _G + rb")*(?:into" + _G + rb")?"
    + NAME + rb"\s*(?:\((?P<columns>[^()]*)\)\s*)?(?:values?\s*(?=[(/#-])|(?P<set>set\s))",
    re.IGNORECASE | re.DOTALL,
)  # fmt: skip
_CREATE = re.compile(rb"create" + _G + rb"table" + _G + rb"(?:if" + _G + rb"not" + _G + rb"exists" + _G + rb")?" + NAME,
                     re.IGNORECASE | re.DOTALL)  # fmt: skip
_TARGET = re.compile(
    rb"(?:insert|replace|update|delete|truncate|load|alter|rename|drop|import)\b(?:\s|/\*.*?\*/|'[^']*'|\b(?:ignore|delayed|low_priority"
    rb"|high_priority|quick|into|from|table|data|local|infile|if|exists|only|online)\b)*" + NAME,
    re.IGNORECASE | re.DOTALL,
)
_WORD = re.compile(rb"\w+")
_DELIMITER = re.compile(rb"delimiter[ \t]+(\S+)[^\n]*\n?", re.IGNORECASE)
_NAMES = re.compile(rb"\bset\s+(?:names|character\s+set)\s+'?(\w+)", re.IGNORECASE)
_MODE = re.compile(rb"sql_mode\s*=\s*['\"]([^'\"]*)['\"]", re.IGNORECASE)
_CHANGES_COLUMNS = re.compile(
    rb"\b(?:rename\b|change\b|drop\s+(?!primary|key|index|foreign|constraint|check)"
    rb"|add\s+(?!constraint|primary|unique|key|index|fulltext|spatial|foreign|check))",
    re.IGNORECASE,
)
_FIRST_WORDS = set(
    b"alter begin call commit create delete delimiter drop execute grant import insert load lock merge optimize prepare "
    b"rename replace reset rollback select set start truncate unlock update use with".split()
)
_EMPTIES = (b"delete", b"truncate")
_CHANGING = {b"insert", b"replace", b"update", b"delete", b"truncate", b"load", b"alter", b"rename", b"import"}


def read_dump(path: str | Path, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS from a dump (``.sql``, also packed: gz, bz2, xz, zst, zip) into a fresh staging file.

    Args:
        path: The dump of one database.
        staging_path: File to write; must not exist.
        progress: Told the table, and how many bytes of the file were read of how many.

    Raises:
        UsageError: The file is no dump, was cut short, holds no WHMCS or two, or something that is not understood.
    """
    path = Path(path)
    if not path.is_file():
        raise UsageError(f"There is no file {path}")
    read_dumps([path], staging_path, progress=progress)


def read_dumps(paths: Sequence[Path], staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS from one dump or several that belong together, as mydumper writes one a table.

    Args:
        paths: The dumps, definitions of tables before their rows.
        staging_path: File to write; must not exist.
        progress: As for :func:`read_dump`, over all files.

    Raises:
        UsageError: As for :func:`read_dump`.
    """
    total, before = sum(path.stat().st_size for path in paths), 0
    with Staging(staging_path) as staging:
        reader = DumpReader(staging)
        for path in paths:
            told = partial(_told_of_all, progress, before, total)
            reader.read_file(path, set(SOURCE_TABLES), told)
            before += path.stat().st_size
        if reader.too_early:
            later = {table.name for table in SOURCE_TABLES.values() if table.after}
            again = DumpReader(staging, is_last=True)
            for path in paths:
                again.read_file(path, later, lambda table, _done: progress(table, total, total))
        reader.note_unread()


def _told_of_all(progress: Progress, before: int, total: int, table: str, done: int) -> None:
    """Report the progress within one of several files."""
    progress(table, min(before + done, total), total)


def _at_place(told: Callable[[str, int], None], file: IO[bytes], table: str) -> None:
    """Report the place in the file."""
    told(table, file.tell())


class DumpReader:
    """Goes through dumps once and writes the rows of some tables to staging.

    Attributes:
        layouts: Columns of each table that was defined, and what they hold.
        too_early: Whether a table came before the one it is read with, so that it takes another round.
    """

    def __init__(self, staging: Staging, *, is_last: bool = False) -> None:
        self._staging = staging
        self._is_last = is_last
        self.layouts: dict[str, dict[str, ColumnKind]] = {}
        self._patterns: dict[tuple[object, ...], re.Pattern[bytes]] = {}
        self._charset = "utf-8"
        self._table: SourceTable | None = None
        self._columns: list[str] = []
        self._rows: list[Sequence[bytes]] = []
        self._where = ""
        self._seen: set[str] = set()
        self._unread: dict[str, int] = {}
        self.too_early = False

    def read_file(self, path: Path, wanted: set[str], told: Callable[[str, int], None]) -> None:
        """Read the tables of these names from a dump; in the last round nothing is too early any more.

        Raises:
            UsageError: The file is damaged, cut short or not understood.
        """
        try:
            with open_unpacked(path) as (stream, file):
                self._report: Callable[[str], None] = partial(_at_place, told, file)
                self._text = SqlText(stream, str(path))
                self._end = DumpEnd()
                self._wanted = wanted
                self._has_begun = False
                self._read()
        except UNPACKING_ERRORS as error:
            raise UsageError(f"{path} is damaged or was cut short: {error}") from None

    def _read(self) -> None:
        text = self._text
        text.ahead()
        if text.data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise UsageError(f"{text.name} is UTF-16; dump again with --result-file=FILE instead of > FILE")
        if text.data.startswith(b"\xef\xbb\xbf"):
            text.at = 3
        if text.data[text.at :].lstrip()[:5] == b"<?xml":
            raise UsageError(f"{text.name} is XML; dump again without --xml")
        while True:
            for comment in text.next_statement():
                self._end.comment(comment)
            if not text.ahead():
                break
            self._statement()
        self._flush()
        if missing := self._end.missing():
            raise UsageError(f"{text.name} was cut short: {missing}")

    def _statement(self) -> None:
        """Read the statement that begins here."""
        text = self._text
        self._refuse_other_text()
        if found := _DELIMITER.match(text.data, text.at):
            text.delimiter = found[1]
            text.at = found.end()
            return
        start = _WORD.match(text.data, text.at)
        word = start[0].lower() if start else b""
        if word in (b"insert", b"replace"):
            self._end.statement(word, b"")
            self._insert()
            return
        if word == b"create" and (created := _CREATE.match(text.data, text.at)):
            self._create(created)
            return
        where, has_target = text.where, _TARGET.match(text.data, text.at)
        statement = text.rest_of_statement()
        self._end.statement(word, statement)
        if word == b"set":
            self._set(statement)
        elif has_target and has_target["table"].decode().lower() in SOURCE_TABLES:
            self._change(word, has_target["table"].decode().lower(), statement, where)

    def _refuse_other_text(self) -> None:
        """Refuse a text whose first word begins no statement."""
        text = self._text
        found = _WORD.match(text.data, text.at)
        if not self._has_begun and (found is None or found[0].lower() not in _FIRST_WORDS):
            shown = text.data[text.at : text.at + 40].decode("utf-8", "replace").splitlines()[0]
            raise UsageError(f"{text.name} is no dump of SQL, its line {text.line} begins {shown!r}; is this a WHMCS?")
        self._has_begun = True

    def _set(self, statement: bytes) -> None:
        if found := _NAMES.search(statement):
            self._flush()
            self._charset = MYSQL_CHARSETS.get(found[1].decode().lower(), "utf-8")
        if found := _MODE.search(statement):
            self._flush()
            self._text.has_escapes = b"NO_BACKSLASH_ESCAPES" not in found[1].upper()

    def _change(self, word: bytes, table: str, statement: bytes, where: str) -> None:
        """Refuse a statement that changes a table which is imported, unless it changes nothing that was read."""
        if word == b"drop":
            if table in self._seen:
                raise self._twice(table)
            return
        is_whole = b" where " not in b" ".join(statement.lower().split()) and b" limit " not in statement.lower()
        if word in _EMPTIES and is_whole and table not in self._seen:
            return
        if word == b"alter" and not _CHANGES_COLUMNS.search(statement):
            return
        if word in _CHANGING:
            raise self._not_understood(table, statement, where)

    def _not_understood(self, table: str, statement: bytes, where: str) -> UsageError:
        shown = statement[:60].decode("utf-8", "replace")
        return UsageError(
            f"{self._text.name}: the statement on {table} at {where} is not understood: {shown!r}. "
            f"Nothing was imported; dump {table} again as INSERT statements with VALUES"
        )

    def _twice(self, table: str) -> UsageError:
        return UsageError(f"{self._text.name} holds {table} twice; dump one database at a time")

    def _create(self, found: re.Match[bytes]) -> None:
        """Note the columns of a table, in the order of its values."""
        text, name = self._text, found["table"].decode().lower()
        where, begins = text.where, found.end() - text.at
        definition = text.rest_of_statement()
        columns = column_definitions(definition[begins:])
        if name in self.layouts:
            raise self._twice(name)
        if not columns:
            if name in SOURCE_TABLES:
                raise self._not_understood(name, definition, where)
            return
        charset = MYSQL_CHARSETS.get(table_charset(definition), "")
        self.layouts[name] = {column: column_kind(words, charset) for column, words in columns}
        if name in SOURCE_TABLES and not self._staging.has(name):
            self._staging.found(name, set(self.layouts[name]))
        elif name not in SOURCE_TABLES:
            self._unread.setdefault(name, 0)

    def _insert(self) -> None:
        """Read the rows of an insert statement, if they are wanted."""
        text = self._text
        found = _INSERT.match(text.data, text.at)
        where = text.where
        target = found or _TARGET.match(text.data, text.at)
        name = target["table"].decode().lower() if target else ""
        if found and name not in SOURCE_TABLES and not found["set"]:
            self._count(found, name)
            return
        if name not in SOURCE_TABLES:
            text.rest_of_statement()
            return
        if found is None or text.delimiter != b";":
            raise self._not_understood(name, text.rest_of_statement(), where)
        if name not in self._wanted or not self._is_time_for(SOURCE_TABLES[name]):
            text.rest_of_statement()
            return
        text.at = found.end()
        if found["set"]:
            self._assigned(name, where)
        else:
            self._listed(name, found["columns"])
        text.rest_of_statement()

    def _count(self, found: re.Match[bytes], name: str) -> None:
        """Count the rows of a table that is not imported."""
        self._text.at = found.end()
        pattern = any_row_pattern(has_escapes=self._text.has_escapes)
        rows = sum(1 for _ in self._text.rows(pattern, is_counted=True))
        self._text.rest_of_statement()
        self._unread[name] = self._unread.get(name, 0) + rows

    def note_unread(self) -> None:
        """Note in staging the tables that are not imported, with their rows."""
        self._staging.unread(self._unread)

    def _listed(self, name: str, listed: bytes | None) -> None:
        """Read the rows behind ``values``."""
        text, table = self._text, SOURCE_TABLES[name]
        columns = [part.strip(b' \r\n\t`"').decode().lower() for part in listed.split(b",")] if listed else None
        columns = columns or list(self.layouts.get(name, ()))
        if not columns:
            raise UsageError(f"{text.name} does not say which columns {name} has; dump with create table statements")
        self._goes_to(table, columns)
        began, self._where = text.position, self._where if self._rows else text.where
        for row in text.rows(self._pattern(table, columns), table=name):
            self._rows.append(row)
            if len(self._rows) >= BATCH_ROWS or text.position - began > BATCH_BYTES:
                self._flush()
                began, self._where = text.position, text.where

    def _assigned(self, name: str, where: str) -> None:
        """Read the one row behind ``set``."""
        text = self._text
        text.ahead()
        given: dict[str, bytes] = {}
        for column, value in text.rows(assignment_pattern(has_escapes=text.has_escapes), table=name):
            given[column.decode().lower()] = value
        if not given:
            raise self._not_understood(name, text.data[text.at : text.at + 60], where)
        columns = list(given)
        self._where = where
        self._goes_to(SOURCE_TABLES[name], columns)
        self._rows.append([given[column] for column in columns if column in SOURCE_TABLES[name].columns])

    def _goes_to(self, table: SourceTable, columns: list[str]) -> None:
        """Note the table and columns of the rows that come next."""
        if not self._staging.has(table.name):
            self._staging.found(table.name, set(self.layouts.get(table.name, columns)))
        if self._table is not table or self._columns != columns:
            self._flush()
            self._table, self._columns = table, columns

    def _is_time_for(self, table: SourceTable) -> bool:
        """Whether the table that this one is read with was read before; if not, note that it was too early."""
        self._seen.add(table.name)
        is_time = not table.after or table.after in self._seen or self._is_last
        self.too_early |= not is_time
        return is_time

    def _pattern(self, table: SourceTable, columns: list[str]) -> re.Pattern[bytes]:
        """What a row of the table looks like."""
        key = (table.name, self._text.has_escapes, *columns)
        if key not in self._patterns:
            self._patterns[key] = row_pattern(columns, table.columns, has_escapes=self._text.has_escapes)
        return self._patterns[key]

    def _flush(self) -> None:
        """Write the rows that were gathered."""
        if self._table is not None and self._rows:
            names = [name for name in self._columns if name in self._table.columns]
            kinds = self.layouts.get(self._table.name, {})
            columns = {"": pa.nulls(len(self._rows))} if not names else {}
            for place, name in enumerate(names):
                columns[name] = self._values(name, [row[place] for row in self._rows], kinds.get(name))
            self._staging.write(self._table, columns, self._charset)
            self._report(self._table.name)
        self._rows = []

    def _values(self, name: str, tokens: list[bytes], kind: ColumnKind | None) -> pa.Array:
        assert self._table is not None
        try:
            return plain_values(tokens, kind, self._charset, has_escapes=self._text.has_escapes)
        except ValueError as error:
            raise UsageError(
                f"{self._text.name}: {self._table.name}.{name} holds {str(error)[:60]!r} in the rows from {self._where} "
                "on, which is neither text nor a number. Nothing was imported; dump the values themselves"
            ) from None
