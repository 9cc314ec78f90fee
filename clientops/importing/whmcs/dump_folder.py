"""A WHMCS in a folder of dumps: one a table as mydumper writes them, or definitions and tab-separated rows (``--tab``)."""

from __future__ import annotations

import re
from pathlib import Path

import pyarrow as pa

from clientops.core.errors import UsageError
from clientops.importing.whmcs.dump import DumpReader, read_dumps
from clientops.importing.whmcs.sources import SOURCE_TABLES
from clientops.importing.whmcs.staging import Progress, Staging, no_progress
from clientops.importing.whmcs.unpacking import PACKED_ENDINGS, is_dump_name

LINES_AT_ONCE = 20_000
_FIELD = re.compile(rb"((?:[^\t\n\\]++|\\.)*+)([\t\n])", re.DOTALL)
_ESCAPE = re.compile(rb"\\(.)", re.DOTALL)
_ESCAPED = {b"0": b"\0", b"b": b"\b", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"Z": b"\x1a"}


def dumps_in(folder: Path) -> list[Path]:
    """The dumps of a folder, definitions of tables first.

    Raises:
        UsageError: mydumper had not finished when the folder was copied.
    """
    if (folder / "metadata.partial").exists():
        raise UsageError(f"{folder} was cut short: it holds metadata.partial, so mydumper had not finished writing it")
    found = [path for path in folder.iterdir() if path.is_file() and is_dump_name(path.name)]
    return sorted(found, key=lambda path: ("-schema" not in path.name, path.name))


def read_dump_folder(folder: Path, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    """Read a WHMCS from a folder of dumps into a fresh staging file.

    Args:
        folder: With ``….sql`` files, also packed; beside ``tblclients.sql`` may be ``tblclients.txt`` with its rows.
        staging_path: File to write; must not exist.
        progress: Told the table, and how many bytes or files were read of how many.

    Raises:
        UsageError: The folder holds no WHMCS, or a file cannot be read.
    """
    dumps = dumps_in(folder)
    rows = {path.stem.lower(): path for path in folder.iterdir() if path.suffix.lower() == ".txt"}
    if not rows:
        read_dumps(dumps, staging_path, progress=progress)
        return
    with Staging(staging_path) as staging:
        reader = DumpReader(staging)
        for done, path in enumerate(dumps):
            reader.read_file(path, set(SOURCE_TABLES), lambda table, _, n=done: progress(table, n, len(dumps)))  # type: ignore[misc]
        unread: dict[str, int] = {}
        for name in reader.layouts:
            if name not in rows:
                raise UsageError(f"{folder} has {name}.sql and no {name}.txt with its rows")
            if name not in SOURCE_TABLES:
                unread[name] = rows[name].read_bytes().replace(b"\\\n", b"").count(b"\n")
        for done, name in enumerate(name for name in SOURCE_TABLES if name in reader.layouts):
            progress(name, done, len(rows))
            _read_rows(rows[name], name, list(reader.layouts[name]), staging)
        for name in sorted(rows.keys() - reader.layouts.keys()):
            if name in SOURCE_TABLES:
                raise UsageError(f"{folder} has {name}.txt and no {name}.sql that says what its columns are")
        staging.unread(unread)


def _read_rows(path: Path, name: str, columns: list[str], staging: Staging) -> None:
    r"""Read tab-separated rows, in which a backslash changes the sign behind it and ``\N`` is nothing."""
    table = SOURCE_TABLES[name]
    batch: list[list[bytes | None]] = []
    row: list[bytes | None] = []
    with path.open("rb") as file:
        rest = b""
        while block := file.read(1 << 20):
            rest += block
            at = 0
            while found := _FIELD.match(rest, at):
                row.append(None if found[1] == b"\\N" else _ESCAPE.sub(lambda e: _ESCAPED.get(e[1], e[1]), found[1]))
                at = found.end()
                if found[2] == b"\n":
                    _check_width(path, row, columns)
                    batch.append(row)
                    row = []
                    if len(batch) >= LINES_AT_ONCE:
                        _write(batch, columns, table.name, staging)
                        batch = []
            rest = rest[at:]
    if rest or row:
        raise UsageError(f"{path} was cut short: its last line has no end")
    _write(batch, columns, table.name, staging)


def _check_width(path: Path, row: list[bytes | None], columns: list[str]) -> None:
    if len(row) != len(columns):
        raise UsageError(f"{path} has a row of {len(row)} values, and the table has {len(columns)} columns")


def _write(rows: list[list[bytes | None]], columns: list[str], name: str, staging: Staging) -> None:
    table = SOURCE_TABLES[name]
    if rows:
        turned = zip(columns, zip(*rows, strict=True), strict=True)
        staging.write(table, {c: pa.array(values, pa.binary()) for c, values in turned if c in table.columns})


def is_dump_folder(folder: Path) -> bool:
    """Whether a folder holds dumps and no CSV files."""
    names = [path.name.lower() for path in folder.iterdir() if path.is_file()]
    endings = ("", *PACKED_ENDINGS)
    has_csv = any(name.endswith(".csv" + ending) for name in names for ending in endings)
    return any(map(is_dump_name, names)) and not has_csv
