"""The command that writes an evidence bundle."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.proof.anchors import read_anchors
from clientops.book.proof.evidence import write_evidence
from clientops.commands.audit import From, To, day_or_today
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, told_plainly, working
from clientops.commands.read import path_text
from clientops.core.readable import counted


def evidence(
    ctx: typer.Context,
    first: From,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write, e.g. bundle.zip.")],
    last: To = None,
    anchor: Annotated[
        list[Path] | None, typer.Option("--anchor", help="File of anchors to put into the bundle; may be repeated.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
) -> None:
    """Write the operations, rows, hashes and anchors of a period for an auditor to check without clientops."""
    shared = context_of(ctx)
    with told_plainly(), working("Writing evidence", quiet=shared.as_json):
        if shared.as_of is not None:
            fail("A bundle is of the days from --from to --to; leave --as-of out")
        book = shared.book()
        anchors = [found for path in anchor or () for found in read_anchors(path)]
        days = first.date(), day_or_today(last, book)
        made = write_evidence(book, *days, output.absolute(), anchors=anchors, overwrite=overwrite)
    if shared.as_json:
        print_json(made)
        return
    number = made.end[0] - made.begin[0]
    console.print(Text(f"Wrote {path_text(made.path)}: {counted(number, 'operation')}, checked."), style="bold green")
    console.print(Text(f"Head before the period: operation {made.begin[0]}, {made.begin[1]}"))
    console.print(Text(f"Head at its end: operation {made.end[0]}, {made.end[1]}"))
    if len(anchors) > made.anchors:
        console.print(
            Text(f"{counted(len(anchors) - made.anchors, 'anchor')} outside the period left out."), style="dim"
        )
