"""Commands for those who check: statements of account, the audit report."""

from __future__ import annotations

import tempfile
from contextlib import ExitStack
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.book.proof.anchors import Anchor
from clientops.book.proof.verify import Report
from clientops.commands.context import context_of
from clientops.commands.naming import HELP, client_named
from clientops.commands.output import REFUSED, console, errors, fail, told_plainly, working
from clientops.commands.read import AsOf, path_text

From = Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")]
To = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day; else today.")]


def statement_of_account(
    ctx: typer.Context,
    first: From,
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder for the files; made if it is missing.")],
    client: Annotated[str | None, typer.Argument(help=f"The client by {HELP}; or --all.")] = None,
    every: Annotated[bool, typer.Option("--all", help="A statement for each client.")] = False,
    last: To = None,
    as_pdf: Annotated[bool, typer.Option("--pdf", help="As PDF, where Chromium is installed; else HTML.")] = False,
    as_of: AsOf = None,
) -> None:
    """Write statements of account: opening balance, each invoice, payment and credit, closing balance."""
    from clientops.reports.documents.account_statement import write_accounts
    from clientops.reports.documents.printing import Printer, print_files

    if (client is None) == (not every):
        fail("Name a client, or give --all")
    shared = context_of(ctx)
    with told_plainly(), working("Writing statements") as report, ExitStack() as stack:
        pages = output.absolute()
        if as_pdf:
            printer = stack.enter_context(Printer())  # says if there is none, before the work
            pages = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="clientops-")))
        until = day_or_today(last, shared.book())
        with shared.book(as_of=as_of).tables() as tables:
            number = None if client is None else client_named(tables, client)
            written = write_accounts(tables, pages, first.date(), until, client_id=number)
        if as_pdf:  # which takes long: the book is free again
            for done, path in enumerate(print_files(printer, written, output.absolute())):
                report(f"Printing {path.name}", (done + 1) / len(written))
            written = [output.absolute() / f"{path.stem}.pdf" for path in written]
    what = (
        path_text(written[0]) if len(written) == 1 else f"{len(written)} statements to {path_text(output.absolute())}"
    )
    console.print(Text(f"Wrote {what}."), style="bold green")


def day_or_today(moment: datetime | None, book: Book) -> date:
    """The day that was given, else today for the business."""
    return moment.date() if moment else book.today()


def audit(
    ctx: typer.Context,
    first: From,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .html, .pdf or .xlsx.")],
    last: To = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write the audit report of a period; exit code 1 if the book does not agree with itself."""
    from clientops.reports.audit.notebook import notebook_html, run_notebook
    from clientops.reports.audit.report import open_audit
    from clientops.reports.audit.workbook import workbook
    from clientops.reports.documents.printing import find_browser, print_pdf, write_private
    from clientops.workbench.launch import notebook_folder

    shared = context_of(ctx)
    target = output.absolute()
    ending = target.suffix.lower()
    if ending not in {".html", ".pdf", ".xlsx"}:
        fail(f"{target.name} cannot be written; end its name with one of .html, .pdf, .xlsx")
    if not target.parent.is_dir():
        fail(f"There is no folder {target.parent} to write {target.name} to")
    if target.exists() and not overwrite:
        fail(f"There is already a file {target}; choose another name, or --overwrite")
    with told_plainly(), working("Auditing"):
        book = shared.book()
        found = open_audit(book, first.date(), day_or_today(last, book))
        if ending == ".pdf" and find_browser() is None:
            print_pdf("")  # says why not, before the work
        if ending == ".xlsx":
            content = workbook(found)
        else:
            html = notebook_html(run_notebook(notebook_folder() / "audit-report.ipynb", found), found)
            content = _with_anchor(print_pdf(html), found.trust.report) if ending == ".pdf" else html.encode()
        write_private(target, content)
        report = found.trust.report
    console.print(Text(f"Wrote {path_text(target)}."), style="bold green")
    console.print(Text(f"Head hash: {report.head}"))
    if not report.is_clean:
        errors.print(Text(f"The book does not agree with itself: {report.findings[0].message}."), style="bold red")
        raise typer.Exit(REFUSED)


def _with_anchor(pdf: bytes, report: Report) -> bytes:
    """A PDF with the anchor as a comment at its end: its text is compressed, so that no line of it could be read."""
    if not report.operations:
        return pdf
    return pdf + b"%" + Anchor(report.operations, report.head).line().encode() + b"\n"
