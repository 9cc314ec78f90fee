"""Commands that import spreadsheets: show how a file is understood, then apply it like any request table."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated
from uuid import uuid4

import typer
from rich.text import Text

from clientops.book.billed_in import billed_in as currency_of_client
from clientops.commands.apply import Again, Choices, DryRun, Json, Operator, Reason, Today, Yes, carry_out
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_table, told_plainly
from clientops.core.readable import counted
from clientops.importing.spreadsheet import KINDS, Reading, load_mapping, read_spreadsheet, save_mapping
from clientops.importing.tabular import DELIMITERS, TextTable, read_text_table
from clientops.registry import rule as rule_named

MOST_LEFT_OUT = 12
NAMED_DELIMITERS = {name: mark for mark, name in DELIMITERS.items()}


def import_spreadsheet(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="CSV or Excel file.")],
    kind: Annotated[str, typer.Option("--as", help=f"What its rows are: {', '.join(KINDS)}, or the name of a rule.")],
    columns: Annotated[
        list[str] | None,
        typer.Option("--map", "-m", help="heading=field where it is not understood; heading= leaves it out."),
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="Understand it like this saved mapping says.")
    ] = None,
    save: Annotated[
        str | None, typer.Option("--save-mapping", help="Keep how it was understood under this name.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", help="comma or point; else what the amounts look like.")
    ] = None,
    dates: Annotated[
        str | None, typer.Option("--dates", help="ymd, dmy or mdy; else what the dates look like.")
    ] = None,
    delimiter: Annotated[
        str | None, typer.Option("--delimiter", help="comma, semicolon, tab or bar; else what the headings use.")
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="E.g. utf-8 or cp1252; else what it looks like.")
    ] = None,
    hidden: Annotated[
        str | None, typer.Option("--hidden", help="Rows and columns that Excel hides: take them, or leave them out.")
    ] = None,
    sheet: Annotated[
        str | None,
        typer.Option(
            "--sheet", help="Sheet of an Excel file; else the first that is not hidden and has anything in it."
        ),
    ] = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only_good: Annotated[
        bool, typer.Option("--only-good", help="Take the rows without problems, leave out the others.")
    ] = False,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Write rows with problems here, to be mended and sent again.")
    ] = None,
    again: Again = False,
    as_json: Json = False,
) -> None:
    """Import a spreadsheet: columns are matched by name in nine languages, and shown."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        for value, name, allowed in ((decimal, "--decimal", ("comma", "point")), (dates, "--dates", ("ymd", "dmy", "mdy")),
                                     (delimiter, "--delimiter", tuple(NAMED_DELIMITERS)), (hidden, "--hidden", ("take", "leave"))):  # fmt: skip
            if value is not None and value not in allowed:
                fail(f"{name} {value!r} must be one of {', '.join(allowed)}")
        rule = rule_named(KINDS.get(kind, kind))
        kept = load_mapping(mapping) if mapping else {}
        table = read_text_table(
            file,
            delimiter=NAMED_DELIMITERS[delimiter] if delimiter else None,
            encoding=encoding,
            sheet=sheet,
            hidden=hidden,  # type: ignore[arg-type]
        )
        saved = kept.get("columns")
        known = {h: f for h, f in saved.items() if h in table.rows.column_names} if isinstance(saved, dict) else {}
        rows, reading = read_spreadsheet(
            table,
            rule.request,
            given={**known, **_given_columns(columns or [])},
            decimal_mark=decimal or kept.get("decimal_mark"),  # type: ignore[arg-type]
            date_order=dates or kept.get("date_order"),  # type: ignore[arg-type]
            billed_in=partial(currency_of_client, shared.book(operator)),
        )
        if not as_json:
            _show_reading(file, table, reading, is_told=encoding is not None)
        if save:
            path = save_mapping(save, reading.columns, reading.decimal_mark, reading.date_order)
            if not as_json:
                console.print(Text(f"Kept how it was understood as {save} ({path})."))
        if not rows.num_columns:
            fail(
                f"No column of {file} is understood: its first line must be headings; say what they mean with --map "
                f"heading=field (clientops rules {rule.name} lists the fields)"
            )
        if not rows.num_rows:
            fail(f"{file} has no rows, only headings")
        key = f"import {file.name} {uuid4().hex}"  # so that the record of manual entries knows it for an import
        choices = Choices(
            reason=reason, operator=operator, today=today, dry_run=dry_run, yes=yes, only_good=only_good,
            problems=problems, file=file, key=key, again=again, as_json=as_json,
        )  # fmt: skip
        carry_out(shared, rule, rows, table.rows, choices)


def _given_columns(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        heading, equals, field = pair.rpartition("=")
        if not equals:
            fail(f"--map {pair!r} is not of the form heading=field")
        found[heading] = field.strip()
    return found


def _show_reading(file: Path, table: TextTable, reading: Reading, *, is_told: bool) -> None:
    how = (
        [f"{DELIMITERS.get(table.delimiter, table.delimiter)}s between values", table.encoding]
        if table.delimiter
        else [f"Excel, sheet {table.sheet}"]
    )
    how += [f"decimal {reading.decimal_mark}", f"dates {reading.date_order}", counted(table.rows.num_rows, "row")]
    console.print(Text(f"{file.name}: {', '.join(how)}"), style="bold")
    if table.other_sheets:
        others = ", ".join(table.other_sheets)
        console.print(Text(f"Note: not read: sheet {others}; --sheet names another"), style="yellow")
    if table.hidden:
        console.print(Text(f"Note: {table.hidden}"), style="yellow")
    if not is_told and (note := _encoding_note(table)):
        console.print(Text(f"Note: {note}"), style="yellow")
    for doubt in reading.doubts:
        console.print(Text(f"Note: {doubt}"), style="yellow")
    samples = {name: _sample(table.rows.column(name).slice(0, 1000).to_pylist()) for name in table.rows.column_names}
    left_out = reading.left_out[MOST_LEFT_OUT:]
    rows = [
        (heading, reading.columns.get(heading, "(left out)"), samples[heading])
        for heading in table.rows.column_names
        if heading not in left_out
    ]
    print_table(("column", "is taken as", "for example"), rows)
    if left_out:
        console.print(Text(f"… and {len(left_out)} more columns are left out, to {left_out[-1]!r}"), style="yellow")
    console.print()


def _encoding_note(table: TextTable) -> str:
    """What a person should look at where the encoding was guessed: a word with letters that show whether it is right."""
    if not table.encoding or table.encoding.startswith("utf"):
        return ""
    texts = [
        *table.rows.column_names,
        *(text for column in table.rows.columns for text in column.slice(0, 1000).to_pylist()),
    ]
    word = next((word for text in texts if text for word in text.split() if not word.isascii()), "")
    if not word:
        return ""
    return f"the file does not say its encoding; {table.encoding} makes it {word!r}. If that is wrong, name another with --encoding"


def _sample(values: list[str | None]) -> str:
    """A value to be looked at: one with letters that show whether the encoding is right, if there is any."""
    filled = [value for value in values if value]
    return next((value for value in filled if not value.isascii()), filled[0] if filled else "")
