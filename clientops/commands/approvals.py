"""Commands about four eyes: what waits for a second person, approve it, reject it."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.text import Text

from clientops.book.approval import proposals as approval
from clientops.commands.apply import DryRun, Json, Operator, Reason
from clientops.commands.context import context_of
from clientops.commands.output import (
    STALE,
    console,
    fail,
    print_json,
    print_preview,
    print_problems,
    print_receipt,
    print_table,
    told_plainly,
)
from clientops.registry import rule as rule_named

Number = Annotated[int, typer.Argument(help="Number of the proposal; see: clientops waiting")]


def list_waiting(ctx: typer.Context, as_json: Json = False) -> None:
    """List the changes that wait for a second person."""
    shared = context_of(ctx)
    with told_plainly():
        found = approval.waiting(shared.book())
    if as_json or shared.as_json:
        print_json(found)
    elif found:
        print_table(
            ("no", "asked (UTC)", "by", "rule", "rows", "reason", "because", ""),
            [(p.id, p.proposed_at, p.proposed_by, p.rule, p.row_count, p.reason, p.needed_because, "book moved on" if p.moved_on else "") for p in found],
        )  # fmt: skip
    else:
        console.print("Nothing waits.")


def approve(
    ctx: typer.Context,
    number: Number,
    reason: Reason = None,
    operator: Operator = None,
    anew: Annotated[
        bool,
        typer.Option("--anew", help="Apply it as it would be now, where the book moved on since it was asked for."),
    ] = False,
    dry_run: DryRun = False,
    as_json: Json = False,
) -> None:
    """Apply a change that waits, as the second person; exit code 3 if it would no longer do what was shown."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        book = shared.book(operator)
        found = approval.review(book, number, rule_named)
        if found.preview.problems:
            print_problems(found.preview.problems, "It can no longer be applied")
            fail(
                f"The book moved on since {found.proposal.proposed_by} asked for it; reject it: clientops reject {number}",
                STALE,
            )
        if dry_run or not (found.is_as_shown or anew):
            if not as_json:
                print_preview(found.preview)
            if not found.is_as_shown and not dry_run:
                fail(
                    f"The book moved on since {found.proposal.proposed_by} asked for it: this is what it would do now. Apply it with --anew.",
                    STALE,
                )
            return
        receipt = approval.approve(book, found, reason=reason)
    if as_json:
        print_json(receipt)
    else:
        print_receipt(receipt, f"{found.preview.rule.title}, asked for by {found.proposal.proposed_by}")


def reject(
    ctx: typer.Context,
    number: Number,
    reason: Annotated[str, typer.Option("--reason", "-r", help="Why; kept with the operation.")],
    operator: Operator = None,
    as_json: Json = False,
) -> None:
    """Take a change off the waiting list without applying it."""
    shared = context_of(ctx)
    with told_plainly(as_json=as_json):
        receipt = approval.reject(shared.book(operator), number, reason=reason)
    if as_json or shared.as_json:
        print_json(receipt)
    else:
        console.print(Text(f"Proposal {number} was rejected, as operation {receipt.operation_id}."), style="bold green")
