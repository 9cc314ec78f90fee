"""Commands of bank and gateway statements: bring them in, see what their lines may be, accept that."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text

from clientops.commands.apply import Choices, DryRun, Json, Operator, Propose, Reason, Today, Yes, carry_out
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, print_table, told_plainly, working
from clientops.core.plan import as_dicts
from clientops.core.readable import counted
from clientops.importing.statements.mappings import load_statement_mapping, save_statement_mapping
from clientops.importing.statements.read import FORMATS, StatementFile, read_statement_file
from clientops.reconciliation.suggest import suggestions
from clientops.registry import rule as rule_named

MOST_NOTES = 30
NOTED = {"left_out": "Not taken: ", "doubt": "Not certain: ", "text": "Note: "}
ORDERS = {"ymd": "year, month, day", "dmy": "day, month, year", "mdy": "month, day, year"}
app = typer.Typer(help="Bank and gateway statements: what their lines are.", no_args_is_help=True)


def import_statement(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help=f"{', '.join(FORMATS.values())}.")],
    form: Annotated[str | None, typer.Option("--as", help=f"{', '.join(FORMATS)}; else what it looks like.")] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--map", "-m", help="CSV: heading=field where it is not understood.")
    ] = None,
    mapping: Annotated[
        str | None, typer.Option("--mapping", help="CSV: understand it like this saved mapping says.")
    ] = None,
    save: Annotated[str | None, typer.Option("--save-mapping", help="CSV: keep how it was understood.")] = None,
    source: Annotated[str, typer.Option("--source", help="Bank or gateway; else bank, or whose export it is.")] = "",
    account: Annotated[str, typer.Option("--account", help="CSV: the account.")] = "",
    currency: Annotated[str, typer.Option("--currency", help="CSV: the currency, if no column tells.")] = "",
    decimal: Annotated[str | None, typer.Option("--decimal", help="CSV: comma or point.")] = None,
    dates: Annotated[str | None, typer.Option("--dates", help="CSV: ymd, dmy or mdy.")] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Encoding of a text file, e.g. cp1250; else what it looks like.")
    ] = None,
    keep_known: Annotated[
        bool, typer.Option("--keep-known", help="Keep lines that look like known ones: they are other payments.")
    ] = False,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Bring a statement in: the same file or line is never taken twice, and its balances must add up."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        options: dict[str, Any] = load_statement_mapping(mapping) if mapping else {}
        options["columns"] = {**options.get("columns", {}), **_pairs(columns or [])}
        given = {
            "decimal_mark": decimal,
            "date_order": dates,
            "currency": currency.upper(),
            "account": account,
            "encoding": encoding,
        }
        options |= {name: value for name, value in given.items() if value}
        read = read_statement_file(file, form=form, source=source, **options)
        if save and read.reading:
            save_statement_mapping(save, read.reading, currency=currency.upper(), account=account)
        if not as_json:
            _show(read)
        why = reason or f"Statement {read.name}"
        for row in read.requests if keep_known else ():
            row["keep_known"] = True
        notes = [{"line": note.place, "code": note.code, "message": note.message} for note in read.notes]
        choices = Choices(
            reason=why, operator=operator, today=today, dry_run=dry_run, yes=yes, as_json=as_json, notes=notes
        )
        carry_out(shared, rule_named("import-statement"), read.requests, read.requests, choices)


def _pairs(pairs: list[str]) -> dict[str, str]:
    found = {}
    for pair in pairs:
        heading, equals, field = pair.rpartition("=")
        if not equals:
            fail(f"--map {pair!r} is not of the form heading=field")
        found[heading] = field.strip()
    return found


def _show(read: StatementFile) -> None:
    for statement in read.statements:
        balances = "" if statement.opening is None else f", {statement.opening} to {statement.closing}"
        amounts = [line.amount for line in statement.lines]
        received, paid = sum(a for a in amounts if a > 0), -sum(a for a in amounts if a < 0)
        console.print(
            Text(f"{read.name}: {FORMATS[read.format]}, {statement.account or statement.source}, {counted(len(statement.lines), 'line')} in "
                 f"{statement.currency}{balances}; received {received}, paid {paid}"), style="bold",
        )  # fmt: skip
    if read.reading:
        print_table(("column", "is taken as"), list(read.reading.columns.items()))
        (written, amount), (typed, day) = read.reading.amount_example, read.reading.date_example
        console.print(
            Text(f"Amounts have a decimal {read.reading.decimal_mark} ({written} is {amount}); dates are "
                 f"{ORDERS[read.reading.date_order]} ({typed} is {day}).")
        )  # fmt: skip
    for note in read.notes[:MOST_NOTES]:
        where = f"line {note.place}: " if note.place else ""
        console.print(Text(f"{NOTED[note.code]}{where}{note.message}."), style="yellow")
    if len(read.notes) > MOST_NOTES:
        console.print(Text(f"… and {len(read.notes) - MOST_NOTES:,} more; --json lists them."), style="yellow")


@app.command("list")
def list_statements(ctx: typer.Context, as_json: Json = False) -> None:
    """List the statements, and how many of their lines are matched."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json), shared.book().tables() as tables:
        rows = as_dicts(tables.query(STATEMENTS))
    if as_json or shared.as_json:
        print_json(rows)
    elif rows:
        print_table(
            ("no", "source", "account", "file", "from", "to", "", "opening", "closing", "lines", "open"),
            [tuple(row.values()) for row in rows],
        )
    else:
        console.print("No statements yet; bring one in with: clientops import statement FILE")


STATEMENTS = """
    select s.id, s.source, s.account, s.file_name, s.from_on, s.to_on, k.code, s.opening_balance, s.closing_balance, count(l.id) as lines,
        count(l.id) filter (where l.id not in (select statement_line_id from matches where status = 'matched')) as open_lines
    from statements s left join currencies k on k.id = s.currency_id left join statement_lines l on l.statement_id = s.id
    group by all order by s.id
"""

LINE = """
    select l.id, l.booked_on, k.code, l.amount, coalesce(l.payer_name, '') as payer_name, coalesce(l.description, '') as description
    from statement_lines l join statements s on s.id = l.statement_id left join currencies k on k.id = s.currency_id
"""


@app.command("match")
def match(
    ctx: typer.Context,
    line: Annotated[int | None, typer.Argument(help="Number of a line: everything it may be.")] = None,
    as_json: Json = False,
) -> None:
    """Show what the lines without a match may be, the likeliest first, with the reasons."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), working("Matching", quiet=as_json), shared.book().tables() as tables:
        found = as_dicts(suggestions(tables, line_id=line))
        lines = {row["id"]: row for row in as_dicts(tables.query(LINE))}
        open_lines = [n for (n,) in tables.query(OPEN_LINES).fetchall() if line is None or n == line]
    if as_json:
        print_json([{**row, "line": lines[row["line_id"]]} for row in found])
        return
    if not open_lines:
        console.print("Every line is matched." if line is None else f"Line {line} is matched, or there is none.")
        return
    shown: list[tuple[Any, ...]] = []
    for number in open_lines:
        row = lines[number]
        own = [s for s in found if s["line_id"] == number and (line is not None or s["rank"] == 1)]
        head = (
            number,
            row["booked_on"],
            f"{row['code']} {row['amount']:.2f}",
            row["payer_name"],
            row["description"][:40],
        )
        shown += [(*head, s["rank"], s["score"], said(s), s["reasons"]) for s in own] or [
            (*head, "", "", "nothing known", "")
        ]
    print_table(("line", "booked", "amount", "payer", "text", "rank", "score", "may be", "because"), shown)
    console.print("\nclientops statement accept LINE [--rank N], or all that are sure: accept --sure 85", style="dim")


OPEN_LINES = """
    select id from statement_lines where id not in (select statement_line_id from matches where status = 'matched') order by id
"""


def said(suggestion: dict[str, Any]) -> str:
    """What a line may be, in words."""
    if suggestion["transaction_ids"]:
        return "transaction " + ", ".join(map(str, suggestion["transaction_ids"]))
    return f"payment of client {suggestion['client_id']}"


@app.command("accept")
def accept(
    ctx: typer.Context,
    lines: Annotated[list[int] | None, typer.Argument(metavar="[LINE]...", help="Numbers of lines.")] = None,
    rank: Annotated[int, typer.Option("--rank", min=1, help="Which suggestion; 1 is the likeliest.")] = 1,
    sure: Annotated[
        float | None, typer.Option("--sure", min=50, max=100, help="Every line whose best suggestion scores so much.")
    ] = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only_good: Annotated[
        bool,
        typer.Option("--only-good/--all-or-none", help="Leave out what cannot be accepted, or accept nothing then."),
    ] = True,
    another: Annotated[
        list[int] | None,
        typer.Option("--another", help="Line that is another payment, though the book has one with its reference."),
    ] = None,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Accept suggestions: payments are recorded, invoices settled, what is too much becomes credit; one operation."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    if not lines and sure is None:
        fail("Name lines by their numbers, or give --sure 85; see: clientops statement match")
    with told_plainly(as_json=as_json):
        with working("Matching", quiet=as_json), shared.book().tables() as tables:
            found = as_dicts(suggestions(tables))
        chosen = [
            row for row in found
            if (row["line_id"] in (lines or []) and row["rank"] == rank) or (sure is not None and not lines and row["rank"] == 1 and row["score"] >= (sure or 101))
        ]  # fmt: skip
        missing = [number for number in lines or [] if number not in {row["line_id"] for row in chosen}]
        if missing:
            fail(f"There is no suggestion {rank} for line {missing[0]}; see: clientops statement match {missing[0]}")
        if not chosen:
            fail("No suggestion is that sure; see: clientops statement match")
        confirmed = {number: {"is_another": True} for number in another or []}
        requests = [{**acceptance(row), **confirmed.get(row["line_id"], {})} for row in chosen]
        choices = Choices(
            reason=reason,
            operator=operator,
            today=today,
            dry_run=dry_run,
            yes=yes,
            only_good=only_good,
            propose=propose,
            as_json=as_json,
        )
        carry_out(shared, rule_named("accept-match"), requests, requests, choices)


def acceptance(suggestion: dict[str, Any]) -> dict[str, Any]:
    """The request of ``accept-match`` for a suggestion."""
    row: dict[str, Any] = {
        "statement_line_id": suggestion["line_id"],
        "score": suggestion["score"],
        "evidence": suggestion["reasons"],
    }
    if suggestion["transaction_ids"]:
        return {**row, "transaction_ids": suggestion["transaction_ids"]}
    return {
        **row, "client_id": suggestion["client_id"], "invoice_ids": suggestion["invoice_ids"], "amount": suggestion["amount"],
        "fee": suggestion["fee"],
    }  # fmt: skip


@app.command("aside")
def aside(
    ctx: typer.Context,
    line: Annotated[int, typer.Argument(help="Number of the line.")],
    explanation: Annotated[str, typer.Argument(help="What it is, e.g. 'office rent'.")],
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Set a line aside that is nothing of clients."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    request = {"statement_line_id": str(line), "explanation": explanation}
    with told_plainly(as_json=as_json):
        why = reason or explanation
        choices = Choices(reason=why, operator=operator, dry_run=dry_run, yes=yes, as_json=as_json)
        carry_out(shared, rule_named("set-line-aside"), [request], [request], choices)
