"""Evidence bundles: what happened in a period, with its hashes and anchors, for somebody without clientops to check.

``docs/evidence-format.md`` specifies the files; ``verify_evidence.py`` beside this file is the program that checks them.
"""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from clientops.book.proof import verify_evidence
from clientops.book.proof.anchors import FORMAT as ANCHOR_FORMAT
from clientops.book.proof.anchors import Anchor
from clientops.book.proof.chain import (
    CHANGE_FIELDS,
    CLIENT_AREA,
    OPERATION_FIELDS,
    PERSONAL_DETAILS,
    field_sql,
)
from clientops.book.proof.verify_anchors import Trust, check_anchors
from clientops.book.proof.verify_history import kinds_sql
from clientops.book.read.as_of import operation_at
from clientops.book.write.record import last_operation
from clientops.core.errors import BookError, UsageError
from clientops.schema.days import read_zone
from clientops.schema.definition import Table, all_tables, quote_name
from clientops.schema.passwords import SECRET_COLUMNS

if TYPE_CHECKING:
    from clientops.book.book import Book

FORMAT = "clientops-evidence-1"
MANY = 5_000
STAMP = (1980, 1, 1, 0, 0, 0)
"""The time of every file in the archive: two bundles of the same period of the same book are the same, byte for byte."""

Row = dict[str, Any]


@dataclass(frozen=True)
class Evidence:
    """A bundle that was written.

    Attributes:
        path: The file.
        begin: Number and hash of the last operation before the period; 0 and zeros if there was none.
        end: Number and hash of the last operation of the period.
        rows: Lines of each file in the bundle.
        anchors: Anchors in it.
        said: What checking the bundle said.
    """

    path: Path
    begin: tuple[int, str]
    end: tuple[int, str]
    rows: dict[str, int]
    anchors: int
    said: str


def write_evidence(
    book: Book, first: date, last: date, target: Path, *, anchors: Sequence[Anchor] = (), overwrite: bool = False
) -> Evidence:
    """Write the bundle of a period, readable by its owner only, and check it as its receiver will.

    Args:
        book: The book.
        first: First day, for the business.
        last: Last day.
        target: The file; replaced only with ``overwrite``.
        anchors: Heads kept outside the book; those of operations of the period go into the bundle.
        overwrite: Whether an existing file may be replaced.

    Raises:
        UsageError: The period is the wrong way round, an anchor is not of this book, or the file cannot be written.
        BookError: The history of the period does not fit its hashes; no bundle is left.
    """
    if first > last:
        raise UsageError(f"The period begins on {first}, after its end on {last}")
    if target.exists() and not overwrite:
        raise UsageError(f"There is already a file {target}; choose another name, or --overwrite")
    if not target.parent.is_dir():
        raise UsageError(f"There is no folder {target.parent} to write {target.name} to")
    unfinished = target.with_name(f"{target.name}.unfinished")
    try:
        unfinished.unlink(missing_ok=True)
        opened = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600)
        with os.fdopen(opened, "w+b") as file, book._open(write=False) as connection:  # noqa: SLF001
            written = _Bundle(connection, file, book).write(first, last, anchors)
        said = _checked(unfinished)
        unfinished.replace(target)
    except OSError as error:
        raise UsageError(f"The bundle {target} could not be written: {error.strerror}") from error
    finally:
        with suppress(OSError):
            unfinished.unlink(missing_ok=True)
    begin, end, rows = written
    return Evidence(target, begin, end, rows, rows["anchors.jsonl"], said)


def _checked(path: Path) -> str:
    try:
        return verify_evidence.verify(path, [])
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise BookError(
            f"The history of the period does not fit its hashes, so no bundle was written: {error}. "
            "clientops verify lists everything that does not fit"
        ) from error


class _Bundle:
    """A bundle being written: an archive, the hash of each file in it, and how many lines it has."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, file: Any, book: Book) -> None:
        self.connection, self.book = connection, book
        self.archive = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED)
        self.sums: dict[str, str] = {}
        self.rows: dict[str, int] = {}

    def write(
        self, first: date, last: date, anchors: Sequence[Anchor]
    ) -> tuple[tuple[int, str], tuple[int, str], dict[str, int]]:
        """All files; the heads before and at the end of the period, and the lines of each file."""
        connection = self.connection
        before = first - timedelta(days=1) if first > date.min else first  # nothing happened in the year 1
        begin = last_operation(connection, operation_at(connection, before))
        end = last_operation(connection, operation_at(connection, last))
        span = {"low": begin[0] + 1, "high": end[0]}
        with self.archive:
            self._lines("anchors.jsonl", _anchors(connection, anchors, begin[0], end[0]))
            self._lines("operations.jsonl", _operations(connection, span))
            self._lines("requests.jsonl", _requests(connection, span))
            erasers = _erasers(connection, span)
            self._lines("erased_values.jsonl", _erased(connection, erasers))
            beside = {*erasers, begin[0], end[0] + 1} - set(range(span["low"], span["high"] + 1))
            self._lines("outside.jsonl", _outside(connection, beside))
            columns = {}
            for target in _touched(connection, span):
                self._lines(f"rows/{target.name}.jsonl", _rows(connection, target, span))
                columns[target.name] = {column.name: column.type for column in target.columns}
            manifest = {
                "format": FORMAT, "book": self.book.path.name, "from": first.isoformat(), "to": last.isoformat(),
                "time_zone": (read_zone(connection) or self.book.zone).key, "columns": columns, "rows": self.rows,
                "begin": {"operation": begin[0], "sha256": begin[1]}, "end": {"operation": end[0], "sha256": end[1]},
            }  # fmt: skip
            self._file("manifest.json", [json.dumps(manifest, ensure_ascii=False, indent=1, sort_keys=True) + "\n"])
            self._file("verify_evidence.py", [Path(verify_evidence.__file__).read_bytes().decode()])
            sums = "".join(f"{self.sums[name]}  {name}\n" for name in sorted(self.sums))
            self._file("SHA256SUMS", [sums])
        return begin, end, self.rows

    def _lines(self, name: str, rows: Iterable[Row]) -> None:
        count = 0

        def texts() -> Iterator[str]:
            nonlocal count
            for row in rows:
                count += 1
                yield verify_evidence.compact(row) + "\n"

        self._file(name, texts())
        self.rows[name] = count

    def _file(self, name: str, texts: Iterable[str]) -> None:
        info = zipfile.ZipInfo(name, STAMP)
        info.compress_type, info.external_attr = zipfile.ZIP_DEFLATED, 0o600 << 16
        digest = hashlib.sha256()
        with self.archive.open(info, "w", force_zip64=True) as file:
            for text in texts:
                content = text.encode()
                digest.update(content)
                file.write(content)
        self.sums[name] = digest.hexdigest()


def _read(connection: duckdb.DuckDBPyConnection, sql: str, values: Row | None = None) -> Iterator[tuple[Any, ...]]:
    result = connection.execute(sql, values)
    while rows := result.fetchmany(MANY):
        yield from rows


def _anchors(connection: duckdb.DuckDBPyConnection, anchors: Sequence[Anchor], low: int, high: int) -> Iterator[Row]:
    findings, _, _ = check_anchors(connection, anchors, Trust())
    if findings:
        raise UsageError(f"No bundle was written: {findings[0].message}")
    numbers = dict(connection.execute("select sha256, id from history.operations").fetchall()) if anchors else {}
    given = []
    for anchor in anchors:
        number = numbers[anchor.sha256]
        if low <= number <= high:
            texts = {n: getattr(anchor, n) for n in ("made_at", "made_by", "signature", "timestamp")}
            given.append(
                {
                    "format": ANCHOR_FORMAT,
                    "operation": number,
                    "sha256": anchor.sha256,
                    **{n: v for n, v in texts.items() if v},
                }
            )
    yield from sorted(given, key=lambda row: [row.get(name, "") for name in verify_evidence.ORDER])


OWN = ("previous_sha256", "sha256")


def _operations(connection: duckdb.DuckDBPyConnection, span: Row) -> Iterator[Row]:
    names = (*OPERATION_FIELDS, *OWN, "reason", "salt")
    changes: dict[int, list[Row]] = {}
    fields = (*CHANGE_FIELDS, "salt")
    for number, *values in connection.execute(
        f"select operation_id, {_texts(fields)} from history.changes where operation_id between $low and $high "
        "order by operation_id, table_name, kind",
        span,
    ).fetchall():
        changes.setdefault(number, []).append(dict(zip(fields, values, strict=True)))
    sql = f"select id, {_texts(names)} from history.operations where id between $low and $high order by id"
    for number, *values in _read(connection, sql, span):
        yield {"operation": number, **dict(zip(names, values, strict=True)), "changes": changes.get(number, [])}


def _texts(names: Iterable[str]) -> str:
    return ", ".join(f"{quote_name(name)}::varchar" for name in names)


def _outside(connection: duckdb.DuckDBPyConnection, numbers: set[int]) -> Iterator[Row]:
    """Operations beside the period: those before and after it, and those that erased something of it; nothing personal."""
    without = json.dumps(dict.fromkeys(PERSONAL_DETAILS), separators=(",", ":"))
    own = {
        "operator": f"if(suffix(operator, '{CLIENT_AREA}'), '{CLIENT_AREA.strip()}', operator)",
        "details": f"case when json_valid(details) then json_merge_patch(details, '{without}')::varchar else details end",
    }
    names = (*OPERATION_FIELDS, *OWN)
    texts = ", ".join(f"({own.get(name, name)})::varchar" for name in names)
    sql = f"select id, {texts} from history.operations where list_contains($numbers, id) order by id"
    for number, *values in _read(connection, sql, {"numbers": sorted(numbers)}):
        yield {"operation": number, **dict(zip(names, values, strict=True))}


def _requests(connection: duckdb.DuckDBPyConnection, span: Row) -> Iterator[Row]:
    sql = "select distinct request_fields from history.operations where id between $low and $high and request_count > 0"
    groups = [fields for (fields,) in connection.execute(f"{sql} order by all", span).fetchall()]
    parts = []
    for fields in groups:
        cells = ", ".join(field_sql(name) for name in fields.split(",") if name)
        parts.append(
            f"select r.operation_id, request_row, o.request_fields, [{cells}]::varchar[] as cells from history.requests r "
            f"join history.operations o on o.id = r.operation_id where o.request_fields = '{fields}' and o.id between $low and $high"
        )
    if not parts:
        return
    for number, row, fields, cells in _read(connection, f"{' union all '.join(parts)} order by 1, 2", span):
        names = [name for name in fields.split(",") if name]
        yield {"operation_id": number, "kind": "", "id": row, "sign": 1, "cells": dict(zip(names, cells, strict=True))}


def _erasers(connection: duckdb.DuckDBPyConnection, span: Row) -> set[int]:
    """Operations that erased something of the period, or anything while they are in it or beside it."""
    rows = connection.execute(
        "select distinct erased_by from history.erased_values "
        "where operation_id between $low and $high or erased_by between $low - 1 and $high + 1",
        span,
    ).fetchall()
    return {number for (number,) in rows}


def _erased(connection: duckdb.DuckDBPyConnection, erasers: set[int]) -> Iterator[Row]:
    names = ("erased_by", *verify_evidence.ERASED)
    sql = (
        f"select {', '.join(names)} from history.erased_values where list_contains($numbers, erased_by) "
        "order by erased_by, operation_id, part, kind, id, sign, column_name"
    )
    for values in _read(connection, sql, {"numbers": sorted(erasers)}):
        yield dict(zip(names, values, strict=True))


def _touched(connection: duckdb.DuckDBPyConnection, span: Row) -> list[Table]:
    found = connection.execute(
        "select distinct table_name from history.changes where operation_id between $low and $high", span
    ).fetchall()
    return [target for name, target in all_tables().items() if (name,) in found]


def _rows(connection: duckdb.DuckDBPyConnection, target: Table, span: Row) -> Iterator[Row]:
    """Rows of history with the cells that their operation changed; a password's hash is there as its hash only."""
    names = [column.name for column in target.columns if column.name != "id"]
    union = " union all ".join(
        f"select *, '{kind}' as proof_kind from ({kinds_sql(target.name, kind)}) where operation_id between $low and $high"
        for kind in ("delete", "insert", "update")
    )
    cells = ", ".join(f"h.{quote_name(name)}::varchar" for name in names)
    sql = f"""
        select h.operation_id, h.proof_kind, h.id, h.sign, c.columns, c.salt, c.personal, {cells}
        from ({union}) h left join history.changes c
        on c.operation_id = h.operation_id and c.table_name = '{target.name}' and c.kind = h.proof_kind
        order by h.operation_id, h.proof_kind, h.id, h.sign
    """
    for number, kind, row_id, sign, columns, salt, personal, *values in _read(connection, sql, span):
        changed, apart = set((columns or "").split(",")), set((personal or "").split(","))
        row = {name: value for name, value in zip(names, values, strict=True) if name in changed}
        for name in SECRET_COLUMNS & row.keys() & apart:
            if row[name] not in (None, "(erased)"):
                row[name] = {"sha256": verify_evidence.sha(f"{salt}{row[name]}")}
        yield {"operation_id": number, "kind": kind, "id": row_id, "sign": sign, "cells": row}
