"""The command that imports a WHMCS: a live server, a dump, or a folder of CSV files."""

from __future__ import annotations

import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.book.file.lock import lock_folder
from clientops.book.write.preview import Preview
from clientops.commands.apply import DryRun, Json, Operator, Reason, Yes
from clientops.commands.context import Context, context_of
from clientops.commands.output import console, fail, print_json, print_receipt, told_plainly, working
from clientops.core.errors import RefusedError
from clientops.core.readable import counted

NOTES = 12

# Notes on what is missing come first, those on how texts were read last.
_LAST = {"left_empty": 1, "text_repaired": 2, "not_in_source": 1}
_AGREES = re.compile(r"difference \S+ 0(\.0+)?$")


def import_whmcs(
    ctx: typer.Context,
    source: Annotated[
        str,
        typer.Argument(
            help="mysql://user@host/database, a dump (.sql, also packed: gz, bz2, xz, zst, zip), or a folder of CSV files or dumps."
        ),
    ],
    name: Annotated[
        str, typer.Option("--name", help="Name of this WHMCS, the same each time it is imported.")
    ] = "whmcs",
    time_zone: Annotated[str, typer.Option("--time-zone", help="That its clock shows, e.g. Europe/Berlin.")] = "UTC",
    take_source: Annotated[
        bool, typer.Option("--take-source", help="Take WHMCS's value where one was changed both here and there.")
    ] = False,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Import a WHMCS as one operation: previewed, applied whole, undoable; again, it brings only what is new or changed.

    Nothing is written to WHMCS; passwords and card data are never read.
    """
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    if not dry_run and not reason:
        fail("The reason is missing: --reason says why, and is kept with the operation")
    with told_plainly(as_json=as_json), tempfile.TemporaryDirectory(prefix="clientops-") as folder:
        from clientops.importing.whmcs.read import read_whmcs

        staging = Path(folder) / "staging.duckdb"
        with working("Reading WHMCS", quiet=as_json) as report:
            read_whmcs(source, staging, progress=lambda *told: report(*_reading(source, *told)))
        request = {"source": name, "time_zone": time_zone, "take_source": take_source}
        with _book(shared, operator) as book:
            _carry_out(book, request, staging, reason, dry_run=dry_run, yes=yes, as_json=as_json)


def _reading(source: str, table: str, done: int, total: int) -> tuple[str, float]:
    """What is being read, and which share: a live server tells rows, others files or bytes."""
    rows = f", {done:,} of about {total:,} rows" if "://" in source else ""
    return f"Reading {table}{rows}", done / max(total, 1)


def _carry_out(
    book: Book,
    request: dict[str, object],
    staging: Path,
    reason: str | None,
    *,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Show what would come in, ask, and import just that."""
    from clientops.importing.whmcs.rule import IMPORT_WHMCS

    with working("Comparing with the book", quiet=as_json) as report:
        book.progress = report
        preview = book.preview(IMPORT_WHMCS, request, staging=staging)
    if preview.problems:
        raise RefusedError(preview.problems)
    if not as_json:
        _show(preview)
    if dry_run or not preview.is_applicable:
        if as_json:
            counts = [(c.table, c.kind, c.count) for c in preview.changes]
            print_json({"summary": preview.summary, "changes": counts, "warnings": preview.warnings})
        else:
            console.print("Nothing was changed (--dry-run)." if dry_run else "There is nothing new to import.")
        return
    if not (yes or as_json) and console.is_terminal and not typer.confirm("\nImport this?"):
        console.print("Nothing was changed.")
        return
    with working("Importing", quiet=as_json) as report:
        book.progress = report
        receipt = book.apply(preview, reason=reason)
    if as_json:
        print_json(receipt)
    else:
        print_receipt(receipt, "WHMCS imported")


@contextmanager
def _book(shared: Context, operator: str | None) -> Iterator[Book]:
    """The book; made if there is none yet, since an import is how most books begin, and kept only if it was filled."""
    if shared.path.exists():
        yield shared.book(operator)
        return
    book = Book.create(shared.path, operator=operator or shared.operator, wait=shared.wait)
    empty = book.head()[0]
    try:
        yield book
    finally:
        if book.head()[0] == empty:
            _remove(shared.path)


def _remove(path: Path) -> None:
    """Remove a book that was made just before and stayed empty."""
    for file in (path, path.with_name(path.name + ".wal")):
        file.unlink(missing_ok=True)
    shutil.rmtree(lock_folder(path), ignore_errors=True)


def _show(preview: Preview) -> None:
    console.print(Text(f"{counted(preview.row_count, 'row')} would change."), style="bold")
    money = [(label, value) for label, value in preview.summary if label.startswith("Money")]
    for label, value in preview.summary:
        if (label, value) not in money:
            console.print(Text(f"  {label}: {value}"))
    odd = [pair for pair in money if not _AGREES.search(pair[1])]
    console.print(
        Text(f"  Money: {len(money) - len(odd)} of {len(money)} sums agree on both sides (--json lists them)")
    )
    for label, value in odd:
        console.print(Text(f"  {label}: {value}"), style="yellow")
    notes = sorted(preview.warnings, key=lambda warning: _LAST.get(warning.code, 0))
    shown = max(NOTES, sum(1 for warning in notes if not _LAST.get(warning.code)))
    for warning in notes[:shown]:
        named = f"{warning.field}: " if warning.code == "text_repaired" else ""
        console.print(Text(f"Note: {named}{warning.message}"), style="yellow")
    if len(notes) > shown:
        console.print(
            f"… and {counted(len(notes) - shown, 'more note')}; what could not be taken is in import_problems"
        )
