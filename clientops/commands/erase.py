"""The command that erases a person."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.erasure.rule import ERASE
from clientops.commands.apply import DryRun, Json, Operator, Reason, Today
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, print_preview, told_plainly
from clientops.core.errors import RefusedError, UsageError
from clientops.schema.days import clock_day


def erase_person(
    ctx: typer.Context,
    client: Annotated[int, typer.Argument(help="Number of the client.")],
    name: Annotated[
        str | None, typer.Option("--name", help="The client's name, typed again; else it is asked for.")
    ] = None,
    also: Annotated[
        str | None,
        typer.Option(
            "--also",
            help="Rows of others that may name them, as the preview lists them: 'notes 51, tickets 7'; or all.",
        ),
    ] = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Erase what the book says about a person, from tables and history; money and chain stay. It cannot be undone."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    if not dry_run and not reason:
        fail("The reason is missing: --reason says why, and is kept with the operation")
    if name is None and sys.stdin.isatty():
        name = typer.prompt("This cannot be undone. Type the client's name to erase it", default="", show_default=False)
    with told_plainly(as_json=as_json):
        if today is not None and today.date() > clock_day():
            raise UsageError(
                f"--today {today.date()} lies ahead: how long records are kept is counted by this machine's clock"
            )
        book = shared.book(operator)
        preview = book.preview(
            ERASE,
            {"client_id": client, "confirm_name": name or "", "also": also},
            today=today.date() if today else None,
        )
        if preview.problems:
            raise RefusedError(preview.problems)
        if dry_run:
            print_preview(preview)
            console.print("\nNothing was changed (--dry-run).", style="dim")
            return
        receipt = book.apply(preview, reason=reason)
    if as_json:
        print_json(receipt)
        return
    console.print(
        Text(f"Operation {receipt.operation_id}: client {client} was erased; the file was written anew."),
        style="bold green",
    )
    for warning in preview.warnings:
        console.print(Text(f"Note: {warning.message}."), style="yellow")
