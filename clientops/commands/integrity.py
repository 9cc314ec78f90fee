"""Commands about trust: verify, check, direct changes, backup, restore."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.book.file.backup_log import anchor_file, backup_and_record
from clientops.book.file.restore import restore
from clientops.book.proof.anchors import Anchor, append_anchor, new_anchor, read_anchors
from clientops.book.proof.direct_sql import DirectChange
from clientops.book.proof.verify import Report
from clientops.book.proof.verify_anchors import Trust
from clientops.book.proof.witnesses import sign, timestamp
from clientops.book.read.history import RowChange
from clientops.commands.apply import Json, Operator, Reason
from clientops.commands.context import context_of
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
from clientops.commands.read import AsOf, path_text
from clientops.core.readable import counted
from clientops.mail.anchor_mail import mail_anchor
from clientops.mail.server import MailServer


def verify(
    ctx: typer.Context,
    head: Annotated[
        str | None, typer.Option("--head", help="Hash of an operation that was written down earlier.")
    ] = None,
    anchor: Annotated[
        list[Path] | None,
        typer.Option("--anchor", help="File of anchors, or a report, mail or workbook with one; may be repeated."),
    ] = None,
    signers: Annotated[
        Path | None, typer.Option("--signers", help="Allowed signers of anchors, as ssh-keygen has them.")
    ] = None,
    authority: Annotated[
        Path | None, typer.Option("--tsa-ca", help="Certificates of the time-stamping authority (PEM).")
    ] = None,
    as_json: Json = False,
) -> None:
    """Check that chain, history and tables agree; exit code 1 if they do not."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), working("Verifying", quiet=as_json):
        anchors = [one for path in anchor or () for one in read_anchors(path)]
        report = shared.book().verify(head, anchors=anchors, trust=Trust(signers, authority))
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
    for sentence in report.anchors:
        console.print(Text(f"Anchor: {sentence}"), style="dim")
    if report.proven and report.is_clean:
        upto = "operation 1 is" if report.proven == 1 else f"operations 1 to {report.proven} are"
        console.print(Text(f"History is proven from outside: {upto} as when that was written down."))
    if report.operations > report.proven:
        first = f"operations {report.proven + 1} to {report.operations}"
        rest = first if report.proven + 1 < report.operations else f"operation {report.operations}"
        console.print(
            Text(f"No anchor proves {rest}: clientops anchor writes the head down outside the book."), style="dim"
        )
    for sentence in report.erased:
        console.print(Text(f"Note: {sentence}"), style="dim")
    console.print(Text(f"Head hash: {report.head}"))


def anchor(
    ctx: typer.Context,
    file: Annotated[Path | None, typer.Option("--to", help="File to append the anchor to; else it is printed.")] = None,
    key: Annotated[Path | None, typer.Option("--sign", help="Private SSH key to sign it with.")] = None,
    tsa: Annotated[str | None, typer.Option("--tsa", help="Address of a time-stamping authority (RFC 3161).")] = None,
    mail_to: Annotated[
        str | None, typer.Option("--mail", help="Address to mail it to, e.g. the auditor's; CLIENTOPS_MAIL_… say how.")
    ] = None,
    no_commit: Annotated[
        bool, typer.Option("--no-commit", help="Do not commit the file in its git repository.")
    ] = False,
) -> None:
    """Write the newest operation's hash down outside the book, signed and time-stamped if wanted."""
    shared = context_of(ctx)
    with told_plainly():
        if shared.as_of is not None:
            fail("An anchor is of the newest operation; leave --as-of out")
        book = shared.book()
        made = _made_anchor(book, key, tsa)
        if mail_to is not None:
            mail_anchor(made, mail_to, book.path.name, MailServer.from_environment())
            console.print(Text(f"Mailed the anchor of operation {made.operation} to {mail_to}."), style="bold green")
        if file is not None:
            committed = append_anchor(file.absolute(), made, commit=not no_commit)
    if file is None and mail_to is None:
        typer.echo(made.line())
    if file is not None:
        end = " and committed it" if committed else ""
        console.print(
            Text(f"Wrote the anchor of operation {made.operation} to {path_text(file)}{end}."), style="bold green"
        )


def _made_anchor(book: Book, key: Path | None, tsa: str | None) -> Anchor:
    at = datetime.now(UTC)
    made = new_anchor(book.head(), book.operator, at)
    if not made.operation:
        fail("There is nothing to anchor: the book has no operation yet")
    if key is not None:
        made = replace(made, signature=sign(made, key))
    if tsa is not None:
        made = replace(made, timestamp=timestamp(made, tsa))
    return made


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
        number, head = done.operation, done.sha256
    console.print(Text(f"Copied the book to {path_text(file)}, up to operation {number}."), style="bold green")
    console.print(Text(f"Anchor: {path_text(anchor_file(file))}; keep it where the book cannot be changed from."))
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
