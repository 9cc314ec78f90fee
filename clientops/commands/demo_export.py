"""Commands that bring content in and take it out: the demo book, exports."""

from __future__ import annotations

import shutil
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.commands.apply import Operator, Today
from clientops.commands.context import context_of
from clientops.commands.output import console, print_table, told_plainly, working
from clientops.commands.read import AsOf, path_text
from clientops.core.readable import counted
from clientops.exporting.files import export_relation, relation_named
from clientops.exporting.whmcs import export_whmcs, tables_left_here, write_left_here
from clientops.schema.days import day_of, machine_zone


def demo(
    ctx: typer.Context,
    clients: Annotated[int, typer.Option("--clients", min=1, help="How many clients.")] = 1000,
    seed: Annotated[int, typer.Option("--seed", help="The same seed makes the same book.")] = 7,
    truth: Annotated[Path | None, typer.Option("--truth", help="Write here, as CSV, which flaws were planted.")] = None,
    statements: Annotated[
        Path | None, typer.Option("--statements", help="Write bank statement files that match partly into this folder.")
    ] = None,
    today: Today = None,
    operator: Operator = None,
) -> None:
    """Make a book of a made-up business: years of invoices, payments and credit, with the flaws that real books have."""
    from clientops.importing.demo.build import BUILD_DEMO, demo_truth
    from clientops.importing.demo.statements import write_demo_statements

    shared = context_of(ctx)
    day = today.date() if today else day_of(datetime.now(UTC), ZoneInfo(machine_zone()))
    request = {"clients": clients, "seed": seed}
    with told_plainly():
        book = Book(shared.path, operator=operator or shared.operator) if shared.path.exists() else None
        if book is None:
            book = Book.create(shared.path, operator=operator or shared.operator)
        with working(f"Making up {clients} clients") as report:
            book.progress = report
            receipt = book.apply_now(BUILD_DEMO, request, reason="Demo book", today=day)
        if truth is not None or statements is not None:
            with book.tables() as tables:
                if truth is not None:
                    export_relation(demo_truth(tables, clients=clients, seed=seed, today=day), truth, overwrite=True)
                if statements is not None:
                    statements.mkdir(parents=True, exist_ok=True)
                    write_demo_statements(tables, statements)
    counts = {table: count for table, kind, count in receipt.counts if kind == "insert"}
    shown = ", ".join(f"{counts.get(name, 0):,} {name}" for name in ("clients", "services", "invoices", "transactions"))
    console.print(Text(f"Made {path_text(book.path)}: {shown}."), style="bold green")
    console.print("Look around: clientops tables | clientops log | clientops check | clientops query 'select …'")


def export(
    ctx: typer.Context,
    what: Annotated[
        str, typer.Argument(metavar="TABLE|QUERY|whmcs", help="A table, a SELECT, or whmcs: what changed, for WHMCS.")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            help="File to write: .csv, .xlsx or .parquet, - for CSV on standard output; for whmcs, a new folder."
        ),
    ],
    as_of: AsOf = None,
    since: Annotated[
        int | None, typer.Option("--since", help="For whmcs: after this operation; else all that no import brought.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write a table or a query's result to a file that is safe to open in a spreadsheet."""
    shared = context_of(ctx)
    if what == "whmcs":
        with told_plainly(), working(f"Writing {file.name}"), shared.book().tables() as tables:
            written = export_whmcs(tables, file.absolute(), since=since)
            left = tables_left_here(tables, since=since)
            by_hand = write_left_here(tables, file.absolute() / "by_hand.csv", since=since) if left else 0
        print_table(("file", "rows"), written)
        console.print(
            f"Wrote {len(written)} files to {path_text(file)}; load.sql in it puts them into WHMCS (make a backup first)."
            if written
            else "Nothing changed; nothing was written."
        )
        if by_hand:
            console.print(Text(f"Changed here too, and to be entered there by hand: {', '.join(left)}"), style="yellow")
            console.print(
                Text(f"by_hand.csv names {counted(by_hand, 'such row')}, with where each is entered in WHMCS.")
            )
        return
    if str(file) == "-":
        with (
            told_plainly(),
            shared.book(as_of=as_of).tables() as tables,
            TemporaryDirectory(prefix="clientops-") as folder,
        ):
            copied = Path(folder) / "rows.csv"
            export_relation(relation_named(tables, what), copied)
            with copied.open(encoding="utf-8-sig") as rows:
                shutil.copyfileobj(rows, sys.stdout)
        return
    with told_plainly(), working(f"Writing {file.name}"), shared.book(as_of=as_of).tables() as tables:
        count = export_relation(relation_named(tables, what), file.absolute(), overwrite=overwrite)
    console.print(Text(f"Wrote {counted(count, 'row')} to {path_text(file)}."), style="bold green")
