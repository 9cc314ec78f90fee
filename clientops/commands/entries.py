"""The record of manual entries on the command line."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from clientops.commands.apply import Json
from clientops.commands.context import context_of
from clientops.commands.output import console, print_json, print_table, told_plainly
from clientops.core.plan import as_dicts
from clientops.exporting.files import export_relation
from clientops.reports.documents.manual_entries import manual_entries


def entries(
    ctx: typer.Context,
    from_on: Annotated[datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First day.")] = None,
    to_on: Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last day.")] = None,
    operator: Annotated[str | None, typer.Option("--operator", help="Only what this person entered.")] = None,
    kind: Annotated[str | None, typer.Option("--kind", help="Only this kind, e.g. client or 'support ticket'.")] = None,
    counts: Annotated[bool, typer.Option("--counts", help="Counts of each kind, beside what came otherwise.")] = False,
    requests: Annotated[bool, typer.Option("--requests", help="What was asked for, one line a request.")] = False,
    rows: Annotated[bool, typer.Option("--rows", help="What came of it, one line a table and kind of change.")] = False,
    export: Annotated[
        Path | None, typer.Option("--export", help="Write it all to a .csv, .xlsx or .parquet file.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace the file if there is one.")] = False,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many lines on the screen.")] = 50,
    as_json: Json = False,
) -> None:
    """Show what was entered by hand in a period: when, by whom, why, and beside it what came by itself.

    Operations are drilled into with: clientops show NUMBER.
    """
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), shared.book().tables() as tables:
        found = manual_entries(
            tables, from_on.date() if from_on else None, to_on.date() if to_on else None, operator=operator, kind=kind
        )
        relation = found.counts if counts else found.requests if requests else found.rows if rows else found.operations
        if export is not None:
            written = export_relation(relation, export, overwrite=overwrite)
            console.print(f"{written} line{'' if written == 1 else 's'} written to {export}.")
            return
        if as_json:
            print_json(as_dicts(relation))
            return
        if relation is found.operations:
            relation = relation.project(
                "id, applied_at, operator, kind, rule, reason, requests, rows, undone_by_id as undone_by"
            )
        lines = relation.fetchmany(limit + 1)
        if not lines:
            console.print("Nothing was entered by hand in this period.")
            return
        print_table(relation.columns, lines[:limit])
        if len(lines) > limit:
            console.print("… and more; --limit shows them, --export writes them all", style="dim")
