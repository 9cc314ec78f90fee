"""Commands that merge duplicates in bulk: merge, report, take back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.commands.apply import Choices, DryRun, Json, Operator, Reason, Yes, carry_out
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, print_receipt, print_table, told_plainly, working
from clientops.commands.read import path_text
from clientops.core.readable import counted
from clientops.matching.survivor import Reason as WhySurvivor
from clientops.registry import rule
from clientops.reports.documents.duplicate_merges import check_report, write_merged_report
from clientops.reports.figures.likelihood import likelihood_text
from clientops.reports.figures.merge_plan import MergePlan, plan_merges

Above = Annotated[
    float | None,
    typer.Option("--above", help="Also groups that are at least so likely, e.g. 0.99, without a decision."),
]
Overwrite = Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")]


def merge(
    ctx: typer.Context,
    above: Above = None,
    by: Annotated[WhySurvivor, typer.Option("--survivor", help="Who remains where nobody chose.")] = "most active",
    report: Annotated[Path | None, typer.Option("--report", help="Write the report of the merge here.")] = None,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Merge everything that was decided to be the same (with --above also what is certain enough) as one operation."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        book = shared.book(operator)
        with working("Merging", quiet=as_json) as said:
            book.progress = said
            plan = plan_merges(book, above=above, by=by)
        if report is not None:
            check_report(report.absolute(), clients=len(plan.preview.requests) if plan.preview else 0)
        _say_plan(plan, as_json=as_json)
        if plan.preview is None or dry_run:
            return
        asks = not yes and not as_json and sys.stdin.isatty() and sys.stdout.isatty()
        if asks and not typer.confirm("\nMerge these?"):
            console.print("Nothing was changed.")
            return
        if not asks and not yes:
            fail("Merging cannot be taken lightly: look at it with --dry-run, then add --yes")
        with working("Merging", quiet=as_json) as said:
            book.progress = said
            receipt = book.apply(plan.preview, reason=reason or _reason(above))
        if as_json:
            print_json(receipt)
        else:
            print_receipt(receipt, plan.preview.rule.title)
        if report is not None:
            with book.tables() as tables:
                write_merged_report(tables, report.absolute(), receipt.operation_id)


def _reason(above: float | None) -> str:
    return "Duplicates accepted in review" + (
        "" if above is None else f", and all that are at least {above:.2%} likely"
    )


def _say_plan(plan: MergePlan, *, as_json: bool) -> None:
    if as_json:
        summary = plan.preview.summary if plan.preview else ()
        print_json(
            {
                "groups": plan.groups,
                "summary": summary,
                "sample": plan.sample,
                "refused": plan.refused,
                "left_for_review": plan.held_back,
            }
        )
        return
    _say_held_back(plan)
    if plan.preview is None:
        console.print("Nothing is ready to be merged: decide first, or give --above 0.99." if not plan.refused else "")
    else:
        console.print(
            Text(f"{counted(plan.groups, 'group becomes one client', 'groups become one client each')}."), style="bold"
        )
        for label, value in plan.preview.summary:
            console.print(Text(f"  {label}: {value}"))
        print_table(
            ("old", "replaced", "into", "survivor", "likely", "why"),
            [
                (r["replaced_id"], r["replaced"], r["survivor_id"], r["survivor"],
                 likelihood_text(float(r["score"])) if r["score"] is not None else "", r["why"] or f"decided by {r['decided_by'] or 'somebody'}")
                for r in plan.sample[:10]
            ],
            title="The first of them",
        )  # fmt: skip
        for warning in plan.preview.warnings[:10]:
            console.print(Text(f"Note: {warning.message}"), style="yellow")
    if plan.refused:
        console.print(Text(f"{len(plan.refused)} cannot be merged and are left out:"), style="bold red")
        print_table(("old", "into", "why not"), [(r.replaced_id, r.survivor_id, r.message) for r in plan.refused[:200]])


def _say_held_back(plan: MergePlan) -> None:
    """How many pairs are certain enough but left for review, and why."""
    if not plan.held_back:
        return
    pairs = sum(plan.held_back.values())
    said = counted(pairs, "pair is likely enough, but needs a decision", "pairs are likely enough, but need a decision")
    console.print(Text(f"Left for review: {said}, for they may be two people or two companies.", style="bold yellow"))
    print_table(("pairs", "why"), [(f"{count:,}", why) for why, count in plan.held_back.items()])


def report(
    ctx: typer.Context,
    output: Annotated[Path, typer.Option("--output", "-o", help="File to write: .html, .csv, .xlsx or .parquet.")],
    operation: Annotated[int | None, typer.Option("--operation", help="Only this merge.")] = None,
    overwrite: Overwrite = False,
) -> None:
    """Write what was merged: old number, survivor, evidence, who decided."""
    shared = context_of(ctx)
    with told_plainly(), shared.book().tables() as tables:
        count = write_merged_report(tables, output.absolute(), operation, overwrite=overwrite)
    console.print(Text(f"Wrote {counted(count, 'merged client')} to {path_text(output)}."), style="bold green")


def take_back(
    ctx: typer.Context,
    operation: Annotated[int, typer.Argument(help="Number of the merge; see: clientops log")],
    client: Annotated[
        int | None, typer.Option("--client", help="A survivor: only its group; a replaced client: only that one.")
    ] = None,
    take_what_is_left: Annotated[
        bool, typer.Option("--take-what-is-left", help="Where credit was spent since, hand back the rest.")
    ] = False,
    different: Annotated[
        bool, typer.Option("--different", help="Also decide that those who come back are not their survivors.")
    ] = False,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take a merge back, whole or for one group.

    What was decided to be the same, or is certain enough, is merged again by the next bulk merge, unless --different
    says that they are not.
    """
    shared = context_of(ctx)
    request = {
        "operation_id": str(operation), "replaced_id": str(client or ""),
        "take_what_is_left": "yes" if take_what_is_left else "no",
    }  # fmt: skip
    as_json = as_json or shared.as_json
    choices = Choices(reason=reason, operator=operator, dry_run=dry_run, yes=yes, as_json=as_json)
    with told_plainly(as_json=choices.as_json):
        carry_out(shared, rule("unmerge-clients"), [request], [request], choices)
        if dry_run:
            return
        book = shared.book(operator)
        with book.tables() as tables:
            back = tables.query(BACK, operation=operation, client=client).fetchall()
        if different and back:
            decisions = [{"left_id": old, "right_id": survivor, "decision": "different"} for old, survivor in back]
            receipt = book.apply_now(rule("decide-duplicates"), decisions, reason=reason)
            if not as_json:
                print_receipt(receipt, "Decide about duplicates")
        elif back and not as_json:
            console.print("The next bulk merge may merge them again; take-back --different keeps them apart for good.")


BACK = """
    select m.replaced_id, m.survivor_id
    from history.merged_clients m
    semi join clients c on c.id = m.replaced_id
    semi join clients s on s.id = m.survivor_id
    where m.operation_id = $operation and m.sign = 1
        and ($client::bigint is null or $client in (m.replaced_id, m.survivor_id))
    order by 1, 2
"""
