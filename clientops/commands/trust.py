"""Commands about trust: verify, check, direct changes, backup, restore."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.book.drift import DirectChange
from clientops.book.reading import RowChange
from clientops.book.recording import backup_and_record
from clientops.book.restore import restore
from clientops.book.verify import Report
from clientops.commands.context import context_of
from clientops.commands.look import AsOf, path_text
from clientops.commands.operate import Json, Operator, Reason
from clientops.commands.output import (
    REFUSED,
    console,
    fail,
    print_json,
    print_receipt,
    print_rows,
    print_table,
    told_plainly,
    working,
)
from clientops.readable import counted


def verify(
    ctx: typer.Context,
    head: Annotated[
        str | None, typer.Option("--head", help="Hash of an operation that was written down earlier.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that chain, history and tables agree; exit code 1 if they do not."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), working("Verifying", quiet=as_json):
        report = shared.book().verify(head)
    if as_json:
        print_json(report)
    else:
        _print_report(report)
    if not report.is_clean:
        raise typer.Exit(REFUSED)


def _print_report(report: Report) -> None:
    if report.is_clean:
        console.print(Text(f"The book agrees with itself: {counted(report.operations, 'operation')}, {counted(report.rows, 'row')} of history."),
                      style="bold green")  # fmt: skip
    else:
        console.print(Text(f"The book does not agree with itself: {report.findings[0].message}."), style="bold red")
        print_table(("what", "where"), [(f.code, f.message) for f in report.findings])
    for sentence in report.erased:
        console.print(Text(f"Note: {sentence}"), style="dim")
    console.print(Text(f"Head hash: {report.head}"))


def check(ctx: typer.Context, as_of: AsOf = None, as_json: Json = False) -> None:
    """List flaws of the tables themselves: orphans, sums and statuses that do not fit; exit code 1 if there are any."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json), working("Checking", quiet=as_json):
        book = shared.book(as_of=as_of)
        found = book.check()
        direct = book.direct_changes() if book.moment is None else []
    if as_json or shared.as_json:
        names = ("code", "table", "id", "message")
        flaws = [dict(zip(names, row, strict=True)) for row in found]
        print_json({"flaws": flaws, "direct_changes": direct})
    elif not found and not direct:
        console.print("No flaws found.", style="bold green")
    else:
        if found:
            print_table(("flaw", "where"), [(code, message) for code, _, _, message in found[:200]])
            if len(found) > 200:
                console.print(f"… and {len(found) - 200} more; --json lists them all")
        _print_direct(direct)
    if found or direct:
        raise typer.Exit(REFUSED)


def _print_direct(direct: list[DirectChange]) -> None:
    if direct:
        console.print(
            Text(f"{counted(len(direct), 'row was', 'rows were')} changed by other means than an operation:"),
            style="bold red",
        )
        print_rows([RowChange(0, d.table, d.id, d.expected, d.found) for d in direct[:50]])
        console.print("Record them with: clientops direct --adopt, or put them back with: clientops direct --revert")


def direct(
    ctx: typer.Context,
    adopt: Annotated[bool, typer.Option("--adopt", help="Record them as an operation.")] = False,
    revert: Annotated[bool, typer.Option("--revert", help="Record them, and put the rows back.")] = False,
    reason: Reason = None,
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Show rows that were changed by direct SQL, row by row; adopt or revert them."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        if adopt and revert:
            fail("Choose one of --adopt and --revert")
        book = shared.book(operator)
        if adopt or revert:
            if not reason:
                fail("The reason is missing: --reason says why, and is kept with the operation")
            receipt = (book.adopt_direct_changes if adopt else book.revert_direct_changes)(reason=reason)
            if as_json:
                print_json(receipt)
            else:
                print_receipt(receipt, "direct SQL adopted" if adopt else "direct SQL reverted")
            return
        found = book.direct_changes()
    if as_json:
        print_json(found)
    elif found:
        _print_direct(found)
    else:
        console.print("Every row is what its history says.", style="bold green")
    if found:
        raise typer.Exit(REFUSED)


def backup(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="New file for the copy.")]) -> None:
    """Write a consistent copy of the book while others work."""
    shared = context_of(ctx)
    with told_plainly(), working("Copying"):
        book = shared.book()
        done = backup_and_record(book, file.absolute())
        number, head = book.past(done.operation_id - 1).head()
    console.print(Text(f"Copied the book to {path_text(file)}, up to operation {number}."), style="bold green")
    console.print(Text(f"Head hash: {head}"))


def compact(ctx: typer.Context) -> None:
    """Write the book's file anew: smaller, and without a trace of what was removed or erased."""
    shared = context_of(ctx)
    with told_plainly(), working("Writing the file anew"):
        book = shared.book()
        before = book.path.stat().st_size
        book.compact()
    console.print(
        Text(f"Wrote {path_text(book.path)} anew: {before:,} bytes before, {book.path.stat().st_size:,} now."),
        style="bold green",
    )


def restore_backup(ctx: typer.Context, file: Annotated[Path, typer.Argument(help="The backup.")]) -> None:
    """Bring a backup back as the book (--book names it; must not exist), verified."""
    shared = context_of(ctx)
    with told_plainly(), working("Restoring and verifying"):
        report = restore(file, shared.path, operator=shared.operator)
    _print_report(report)
    if not report.is_clean:
        raise typer.Exit(REFUSED)


def init(ctx: typer.Context, operator: Operator = None) -> None:
    """Make an empty book."""
    shared = context_of(ctx)
    with told_plainly():
        book = Book.create(shared.path, operator=operator or shared.operator)
    console.print(Text(f"Made an empty book: {path_text(book.path)} (readable by you only)."), style="bold green")
    console.print(
        "Next: clientops import brings your own; or begin with clientops apply add-currency --set code=EUR; clientops app"
    )
