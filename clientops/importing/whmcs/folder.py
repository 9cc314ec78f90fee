"""A WHMCS in a folder of CSV exports named like the tables: ``tblclients.csv``, ``tblinvoices.csv.gz`` …"""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
from pyarrow import csv

from clientops.core.errors import UsageError
from clientops.importing.whmcs.sources import SOURCE_TABLES, SourceTable
from clientops.importing.whmcs.staging import Progress, Staging, no_progress

BLOCK = 8 << 20
DELIMITERS = ",;\t|"


def read_folder(path: str | Path, staging_path: str | Path, *, progress: Progress = no_progress) -> None:
    r"""Read a WHMCS from CSV files with a heading line into a fresh staging file.

    Comma, semicolon, tab and bar are told apart by the heading; UTF-8, UTF-16 and Windows-1252 are understood; ``NULL``
    and ``\N`` without quotes are empty.

    Args:
        path: The folder; files that are not named like a table of WHMCS are left alone.
        staging_path: File to write; must not exist.
        progress: Told the table, and how many files were read of how many.

    Raises:
        UsageError: The folder holds no WHMCS, or a file cannot be read.
    """
    path = Path(path)
    if not path.is_dir():
        raise UsageError(f"There is no folder {path}")
    files: dict[str, Path] = {}
    for file in sorted(path.iterdir()):
        name = file.name.lower().removesuffix(".gz")
        table = name.removesuffix(".csv")
        if name.endswith(".csv") and table in SOURCE_TABLES:
            if table in files:
                raise UsageError(f"{path} holds {table} twice: {files[table].name} and {file.name}")
            files[table] = file
    with Staging(staging_path) as staging:
        # In the order of SOURCE_TABLES: a table that looks into another comes after it.
        for done, name in enumerate(name for name in SOURCE_TABLES if name in files):
            progress(name, done, len(files))
            try:
                _read_file(files[name], SOURCE_TABLES[name], staging)
            except (pa.ArrowInvalid, OSError) as error:
                raise UsageError(f"{files[name]} cannot be read: {error}") from None


def _read_file(file: Path, table: SourceTable, staging: Staging) -> None:
    """Read one file, block by block."""
    encoding, delimiter, columns = _read_heading(file)
    if not columns:
        return
    staging.found(table.name, {name.lower() for name in columns})
    wanted = {name: name.lower() for name in columns if name.lower() in table.columns}
    is_text = encoding != "utf8"
    with pa.input_stream(str(file), compression="gzip" if file.suffix == ".gz" else None) as stream:
        reader = csv.open_csv(
            stream,
            read_options=csv.ReadOptions(block_size=BLOCK, encoding=encoding),
            parse_options=csv.ParseOptions(delimiter=delimiter, newlines_in_values=True),
            convert_options=csv.ConvertOptions(
                check_utf8=is_text,
                column_types={name: pa.string() if is_text else pa.binary() for name in wanted},
                include_columns=list(wanted),
                null_values=["NULL", "\\N"],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
        for batch in reader:
            staging.write(table, {plain: batch.column(name) for name, plain in wanted.items()})


def _read_heading(file: Path) -> tuple[str, str, list[str]]:
    """Encoding, delimiter and column names of a file; no names if it is empty."""
    with pa.input_stream(str(file), compression="gzip" if file.suffix == ".gz" else None) as stream:
        start = stream.read(1 << 16)
    encoding = "utf16" if start.startswith((b"\xff\xfe", b"\xfe\xff")) else "utf8"
    text = start.decode(encoding, "replace").removeprefix("\ufeff")
    heading = text.splitlines()[0] if text.strip() else ""
    delimiter = max(DELIMITERS, key=heading.count)
    return encoding, delimiter, [part.strip().strip('"') for part in heading.split(delimiter)] if heading else []
