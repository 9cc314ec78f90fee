"""Commands that read: the log, one operation, the history of a row, the tables, a query."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.commands.apply import Json
from clientops.commands.context import context_of
from clientops.commands.context import moment_of as moment_of  # noqa: PLC0414
from clientops.commands.naming import client_named
from clientops.commands.output import console, fail, print_json, print_rows, print_table, show, told_plainly
from clientops.schema.definition import all_tables, distinct_names, quote_name, table
from clientops.schema.references import references_from, references_to

From = Annotated[
    datetime | None, typer.Option("--from", "--since", formats=["%Y-%m-%d"], help="Applied on this day or later.")
]
To = Annotated[
    datetime | None, typer.Option("--to", "--until", formats=["%Y-%m-%d"], help="Applied on this day or earlier.")
]
AsOf = Annotated[
    str | None, typer.Option("--as-of", help="As it was: after an operation (17), or at the end of a day (2026-06-30).")
]


def log(
    ctx: typer.Context,
    operator: Annotated[str | None, typer.Option(help="Only this operator's.")] = None,
    rule: Annotated[str | None, typer.Option(help="Only of this rule.")] = None,
    client: Annotated[
        str | None, typer.Option(help="Only those that touched this client; an old number means its own.")
    ] = None,
    since: From = None,
    until: To = None,
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many.")] = 30,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """List operations, the newest first."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        book = shared.book(as_of=as_of)
        number = int(client) if client is not None and client.isdecimal() else None
        if client is not None and number is None:
            with book.tables() as tables:
                number = client_named(tables, client)
        lines = book.operations(
            operator=operator,
            rule=rule,
            client=number,
            since=since.date() if since else None,
            until=until.date() if until else None,
            limit=limit,
        )
    if as_json or shared.as_json:
        print_json(lines)
        return
    rows = []
    for line in lines:
        note = (
            f"undoes {line.undoes_id}"
            if line.undoes_id
            else f"undone by {line.undone_by_id}"
            if line.undone_by_id
            else ""
        )
        rows.append((line.id, line.applied_at, line.operator, line.rule, line.change_count, line.reason or "", note))
    if rows:
        print_table(("no", "applied (UTC)", "operator", "rule", "rows", "reason", ""), rows)
    else:
        console.print("No operations.")


def show_operation(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Number of the operation.")],
    limit: Annotated[int, typer.Option("--limit", "-l", min=1, help="At most so many rows a table.")] = 50,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show an operation: who, when, why, what was asked for, and the exact rows before and after."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        detail = shared.book(as_of=as_of).operation(number, limit)
    if as_json or shared.as_json:
        print_json(detail)
        return
    line = detail.line
    console.print(Text(f"Operation {line.id}: {line.rule}"), style="bold")
    facts = [
        ("operator", line.operator),
        ("reason", line.reason),
        ("applied", f"{show(line.applied_at)} UTC, for {detail.today}"),
        ("undoes", line.undoes_id),
        ("undone by", line.undone_by_id),
        ("hash", detail.sha256),
        *detail.summary,
    ]
    print_table(("", ""), [fact for fact in facts if fact[1] is not None])
    if detail.requests:
        names = [n for n in detail.requests[0] if any(r.get(n) not in (None, "", []) for r in detail.requests)]
        print_table(names, [[r.get(n) for n in names] for r in detail.requests], f"\nRequests ({line.request_count})")
    console.print(Text(f"\nRows ({line.change_count})"))
    print_rows(detail.rows)
    if not detail.is_whole:
        console.print("… and more; --limit shows them", style="dim")


def history(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="TABLE", help="Table, e.g. clients.")],
    row_id: Annotated[int, typer.Argument(metavar="ID", help="Number of the row.")],
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Show everything that happened to a row, the oldest first."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        book = shared.book(as_of=as_of)
        changes = book.row_history(name, row_id)
        if as_json or shared.as_json:
            print_json(changes)
            return
        numbers = {change.operation_id for change in changes}
        lines = {line.id: line for line in book.operations(numbers=numbers, limit=len(numbers))}
    if not changes:
        console.print(f"There was never a row {row_id} in {name}.")
    for change in changes:
        line = lines[change.operation_id]
        text = f"{line.id}  {show(line.applied_at)}  {line.operator}  {line.rule}  {line.reason or ''}"
        console.print(Text(text), style="bold")
        print_rows([change])


def list_tables(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A table: shows its columns.")] = None,
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """The data dictionary: all tables, or the columns of one with their meaning; --as-of counts the rows there were."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        if name is None:
            rows: list[tuple[object, ...]] = [(t.name, len(t.columns), t.comment) for t in all_tables().values()]
            headings: tuple[str, ...] = ("table", "columns", "meaning")
            if as_of or shared.as_of:
                counts = _row_counts(shared.book(as_of=as_of))
                rows = [(name, columns, counts[str(name)], meaning) for name, columns, meaning in rows]
                headings = ("table", "columns", "rows", "meaning")
            if as_json:
                print_json([dict(zip(headings, row, strict=True)) for row in rows])
            else:
                print_table(headings, rows)
            return
        found = table(name)
    if as_json:
        print_json(found)
        return
    targets = {r.column: r.target for r in references_from(found.name)}
    console.print(Text(f"{found.name}: {found.comment}"), style="bold")
    columns = [
        (c.name, c.type, "required" if c.is_required else "", targets.get(c.name, ""), c.comment) for c in found.columns
    ]
    print_table(("column", "type", "", "points at", "meaning"), columns)
    pointing = sorted({f"{r.table}.{r.column}" for r in references_to(found.name)})
    if pointing:
        console.print(Text(f"\nPointed at by: {', '.join(pointing)}"))


def _row_counts(book: Book) -> dict[str, int]:
    parts = (f"select '{name}', count(*) from {quote_name(name)}" for name in all_tables())
    return dict(book.query(" union all ".join(parts))[1])


def query(
    ctx: typer.Context,
    sql: Annotated[str, typer.Argument(help="A SELECT over the tables; - reads it from standard input.")],
    as_of: AsOf = None,
    as_json: Json = False,
) -> None:
    """Run a SELECT, now or as the tables were; nothing can be changed with it.

    As JSON, columns of one name get numbers: ``id``, ``id_1``.
    """
    import duckdb

    shared = context_of(ctx)
    if sql == "-":
        sql = sys.stdin.read()
    with told_plainly(as_json=as_json):
        try:
            columns, rows = shared.book(as_of=as_of).query(sql)
        except duckdb.Error as error:
            fail(str(error).splitlines()[0])
    if as_json or shared.as_json:
        names = distinct_names(columns)
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(columns, rows)


def path_text(path: Path) -> str:
    """A path as the person gave it, as far as possible."""
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
