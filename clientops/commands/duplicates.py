"""Commands about duplicates: look for them, review, decide, merge in bulk, report, take back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer
from rich.text import Text

from clientops.book.write.preview import Preview, Receipt
from clientops.commands.apply import Choices, DryRun, Json, Operator, Reason, Yes, carry_out
from clientops.commands.context import Context, context_of
from clientops.commands.duplicate_merges import Overwrite, merge, report, take_back
from clientops.commands.naming import HELP, client_named
from clientops.commands.output import console, fail, print_json, print_preview, print_table, told_plainly, working
from clientops.commands.read import path_text
from clientops.core.errors import RefusedError
from clientops.core.readable import counted
from clientops.exporting.files import check_place, export_relation
from clientops.importing.tabular import read_named_columns
from clientops.matching.model import read_model_text
from clientops.matching.ready_groups import score_of
from clientops.registry import rule
from clientops.reports.figures.duplicates import (
    PROFILE,
    Case,
    read_case,
    read_counts,
    read_queue,
    review_sheet,
    sheet_decisions,
)
from clientops.reports.figures.likelihood import likelihood_text

app = typer.Typer(help="Find, review and merge clients that are there twice.", no_args_is_help=True)


@app.command("find")
def find(
    ctx: typer.Context,
    threshold: Annotated[
        str | None, typer.Option("--threshold", help="How likely a pair must be to join a group, e.g. 0.9; else 0.5.")
    ] = None,
    new: Annotated[
        bool, typer.Option("--new", help="Only clients that are new or changed since the last search.")
    ] = False,
    since: Annotated[
        int | None, typer.Option("--since", help="Only clients that are new or changed after this operation.")
    ] = None,
    engine: Annotated[
        Literal["duckdb", "spark"], typer.Option("--engine", help="Where pairs are compared.")
    ] = "duckdb",
    model: Annotated[Path | None, typer.Option("--model", help="A tuned model; see: clientops duplicates tune")] = None,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Look for clients that were entered more than once, and keep what is found for review; no client is changed."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        request = {
            "scope": "new" if new else "all", "since_operation": since, "threshold": threshold, "engine": engine,
            "model": read_model_text(model) if model else None,
        }  # fmt: skip
        book = shared.book(operator)
        search = rule("find-duplicates")
        with working("Looking for duplicates", quiet=as_json) as said:
            book.progress = said
            if engine == "spark":
                from clientops.commands.spark import on_spark

                receipt = on_spark(book, request, reason=reason or "Search on Spark", dry_run=dry_run, report=said)
            elif dry_run:
                receipt = book.preview(search, request)
            else:
                receipt = book.apply_now(search, request, reason=reason or "Search for duplicates")
        if isinstance(receipt, Preview):
            if receipt.problems:
                raise RefusedError(receipt.problems)
            print_json({"summary": receipt.summary}) if as_json else print_preview(receipt)
            return
        _say_what_waits(shared, receipt, as_json=as_json)


def _say_what_waits(shared: Context, receipt: Receipt, *, as_json: bool) -> None:
    book = shared.book()
    with book.tables() as tables:
        counts = read_counts(tables)
    if as_json:
        print_json({"operation_id": receipt.operation_id, "counts": receipt.counts, "waiting": counts})
        return
    console.print(Text(f"Operation {receipt.operation_id}: looked for duplicates."), style="bold green")
    for label, value in book.operation(receipt.operation_id).summary:
        console.print(f"  {label}: {value}")
    console.print(
        f"{counted(counts.waiting, 'case waits', 'cases wait')} for a decision: clientops duplicates list, or the notebook duplicates"
    )


@app.command("list")
def list_cases(
    ctx: typer.Context,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="How many.")] = 20,
    later: Annotated[bool, typer.Option("--later", help="Those that were put off.")] = False,
    above: Annotated[float | None, typer.Option("--above", help="Only those that are at least so likely.")] = None,
    least_certain: Annotated[
        bool,
        typer.Option(
            "--least-certain", help="Those first that are as likely one party as not; tuning learns most from them."
        ),
    ] = False,
    as_json: Json = False,
) -> None:
    """List what waits for a decision, the most certain first."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), shared.book().tables() as tables:
        lowest = -1e4 if above is None else score_of(above)
        items = read_queue(tables, later=later, lowest=lowest, most=limit, least_certain=least_certain)
        cases = [case for item in items if (case := read_case(tables, item))]
        counts = read_counts(tables)
    if as_json:
        print_json({"counts": counts, "cases": cases})
        return
    rows = [
        (likelihood_text(c.score), " ".join(map(str, c.ids)), " / ".join(d["party"] for d in c.clients), c.pairs[0].why, c.pairs[0].why_not)
        for c in cases
    ]  # fmt: skip
    print_table(("likely", "clients", "names", "why", "why not"), rows)
    console.print(
        f"{counted(counts.waiting, 'case waits', 'cases wait')}, {counts.later:,} put off, {counted(counts.accepted, 'pair')} accepted and not yet merged.",
        style="dim",
    )


@app.command("show")
def show(
    ctx: typer.Context,
    client: Annotated[str, typer.Argument(help=f"One of the clients: {HELP}.")],
    as_json: Json = False,
) -> None:
    """Show the cases a client is in: the clients side by side, and the evidence."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), shared.book().tables() as tables:
        number = client_named(tables, client)
        items = [*read_queue(tables, most=10**9), *read_queue(tables, later=True, most=10**9)]
        found = tables.query(
            "select distinct coalesce(group_id, -id) from duplicate_pairs where left_id = $client or right_id = $client",
            client=number,
        ).fetchall()
        wanted = {item for (item,) in found} & set(items)
        cases = [case for item in items if item in wanted and (case := read_case(tables, item))]
    if as_json:
        print_json(cases)
        return
    if not cases:
        console.print(f"Nothing about client {number} waits for a decision.")
    for case in cases:
        _print_case(case)


def _print_case(case: Case) -> None:
    shown = [
        *PROFILE,
        "status",
        "created_on",
        "services",
        "invoices",
        "paid",
        "code",
        "credit_balance",
        "last_activity_on",
    ]
    rows = []
    for name in shown:
        values = [client[name] for client in case.clients]
        if any(value not in (None, "") for value in values):
            rows.append(("≠" if len({str(v or "").strip().lower() for v in values}) > 1 else "", name, *values))
    print_table(
        ("", "", *(f"#{number}" for number in case.ids)), rows, title=f"{likelihood_text(case.score)} one party"
    )
    for pair in case.pairs:
        console.print(
            Text(
                f"#{pair.left_id} and #{pair.right_id}: {pair.why}" + (f"; but {pair.why_not}" if pair.why_not else "")
            )
        )
    survivor, reason = case.proposed["most active"]
    console.print(Text(f"Survivor proposed: #{survivor}, {reason}\n"))


@app.command("decide")
def decide(
    ctx: typer.Context,
    left: Annotated[int, typer.Argument(help="One client.")],
    right: Annotated[int, typer.Argument(help="The other one.")],
    decision: Annotated[Literal["same", "different", "later"], typer.Argument(help="What they are.")],
    survivor: Annotated[int | None, typer.Option("--survivor", help="Which of the two is to remain.")] = None,
    take: Annotated[
        str | None, typer.Option("--take", help="Fields to take from the other, e.g. 'phone city'.")
    ] = None,
    keep_as_contact: Annotated[bool, typer.Option("--keep-as-contact", help="Keep the other as a contact.")] = False,
    note: Annotated[str | None, typer.Option("--note", help="What the decision rests on.")] = None,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Decide whether two clients are one party; what is the same is merged by "clientops duplicates merge"."""
    shared = context_of(ctx)
    request = {
        "left_id": str(left), "right_id": str(right), "decision": decision, "survivor_id": str(survivor or ""),
        "take_from_replaced": take or "", "keep_as_contact": "yes" if keep_as_contact else "no", "note": note or "",
        "decided_by": shared.book(operator).operator,
    }  # fmt: skip
    as_json = as_json or shared.as_json
    why = reason or "Review of duplicates"
    choices = Choices(reason=why, operator=operator, dry_run=dry_run, yes=True, as_json=as_json)
    with told_plainly(as_json=choices.as_json):
        carry_out(shared, rule("decide-duplicates"), [request], [request], choices)


@app.command("export")
def export(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="File to write: .csv or .xlsx.")],
    overwrite: Overwrite = False,
) -> None:
    """Write what waits to a spreadsheet, a row a pair, with a column for the decision."""
    shared = context_of(ctx)
    with told_plainly(), shared.book().tables() as tables:
        count = export_relation(review_sheet(tables), file.absolute(), overwrite=overwrite)
    console.print(Text(f"Wrote {counted(count, 'pair')} to {path_text(file)}."), style="bold green")
    console.print("Fill in the column decision (same, different, later), then: clientops duplicates import FILE")


@app.command("import")
def import_decisions(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The spreadsheet with decisions filled in.")],
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only_good: Annotated[bool, typer.Option("--only-good", help="Leave out rows with problems.")] = False,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Write rows with problems here, to be mended.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Take decisions back from a spreadsheet; rows without one are left alone."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    choices = Choices(
        reason=reason or f"Decisions from {file.name}", operator=operator, dry_run=dry_run, yes=yes,
        only_good=only_good, problems=problems, file=file, as_json=as_json,
    )  # fmt: skip
    with told_plainly(as_json=choices.as_json):
        rows = read_named_columns(file)
        decisions = sheet_decisions(rows)
        if not decisions.num_rows:
            fail(f"{file.name} has no decisions: fill in the column decision with same, different or later")
        carry_out(shared, rule("decide-duplicates"), decisions, rows, choices)


@app.command("tune")
def tune(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write the model to, for find --model.")],
    overwrite: Overwrite = False,
) -> None:
    """Fit the model to the decisions of this book: ten change next to nothing, a thousand make it your own."""
    from clientops.matching.train_on_decisions import tuned_on_decisions

    shared = context_of(ctx)
    with told_plainly():
        check_place(output.absolute(), endings=(".json",), overwrite=overwrite)
        with shared.book().tables() as tables, working("Fitting"):
            model, count = tuned_on_decisions(tables)
        output.write_text(model.as_json() + "\n", encoding="utf-8")
    console.print(Text(f"Wrote {path_text(output)}, fitted to {count} decisions."), style="bold green")


app.command("merge")(merge)
app.command("report")(report)
app.command("take-back")(take_back)
