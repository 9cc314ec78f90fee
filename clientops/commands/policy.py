"""Commands about the policy: what it says, whether it is right, and making it the one that the book has."""

from __future__ import annotations

import sys
from typing import Annotated

import typer
from rich.text import Text

from clientops.book.approval import adopt_policy as adopting
from clientops.book.approval.policy import policy_path
from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_previewed
from clientops.book.write.preview import Preview
from clientops.commands.apply import DryRun, Json, Operator, Propose, Reason
from clientops.commands.context import context_of
from clientops.commands.output import (
    console,
    errors,
    fail,
    print_json,
    print_preview,
    print_receipt,
    print_table,
    told_plainly,
)

app = typer.Typer(
    help="The policy of the book: who may do what, and what needs a second person.", invoke_without_command=True
)

PLAINLY = (
    "With direct access to the book's file a policy prevents mistakes and exposes misuse; it cannot stop somebody who owns "
    "the file. Who an operator is, is proven only where people sign in to a server."
)

Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@app.callback()
def policy(ctx: typer.Context, as_json: Json = False) -> None:
    """The policy of the book: who may do what, and what needs a second person. Without a command: show it."""
    if ctx.invoked_subcommand is None:
        show_policy(ctx, as_json=as_json)


@app.command("show")
def show_policy(ctx: typer.Context, as_json: Json = False) -> None:
    """Show what the policy in force says: roles, what needs a second person, limits of the audit."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        book = shared.book()
        adopted = adopting.adopted_by(book)
        found = book.policy
    role = found.person(book.operator).role
    if as_json:
        print_json(
            {
                "path": found.path, "sha256": found.sha256, "adopted": adopted.operation_id if adopted else None,
                "operator": book.operator, "role": role, "people": dict(found.people),
                "second_person": found.second_person,
            }
        )  # fmt: skip
        return
    if found.path is None:
        errors.print(
            Text(
                f"There is no policy file: everybody may do everything. It would be {policy_path(book.path)}; make it the "
                "book's own with: clientops policy adopt"
            )
        )
        return
    console.print(Text(f"{found.path}: {book.operator} is {role}."), style="bold")
    told = f"The book has this policy: {adopted.told}." if adopted else NOT_ADOPTED
    console.print(Text(told))
    print_table(("person", "role", "e-mail"), [(name, p.role, p.email) for name, p in found.people.items()])
    rows = [(", ".join(s.rules), s.above, s.days, s.rows) for s in found.second_person]
    print_table(("second person for", "above", "within days", "rows"), rows)
    console.print(Text(f"\n{PLAINLY}"), style="dim")


NOT_ADOPTED = (
    "The book does not know this policy yet, so that without the file everybody may do everything. An admin makes it the "
    "book's own with: clientops policy adopt"
)


@app.command("check")
def check_policy(ctx: typer.Context, as_json: Json = False) -> None:
    """Check the policy file, and whether it is the one that the book has; exit code 1 if it is another one."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        book = shared.book()
        found = adopting.check_policy(book)
        adopted = adopting.adopted_by(book)
        is_adopted = adopted is not None and adopted.sha256 == found.sha256
        if as_json:
            print_json({"path": found.path, "sha256": found.sha256, "is_adopted": is_adopted})
        else:
            console.print(Text(f"{found.path} has no problems; its SHA-256 is {found.sha256}."))
        if adopted is not None and not is_adopted:
            fail(f"The book has another policy ({adopted.told}); an admin adopts this one: clientops policy adopt", 1)
        if not is_adopted and not as_json:
            console.print(Text(NOT_ADOPTED))


@app.command("adopt")
def adopt_policy(
    ctx: typer.Context,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Make the policy file beside the book the book's own: from then on changes are refused while it is missing or differs."""
    _change(
        ctx, adopting.preview_adoption, reason, operator, dry_run=dry_run, yes=yes, propose=propose, as_json=as_json
    )


@app.command("drop")
def drop_policy(
    ctx: typer.Context,
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Let the book have no policy of its own any more; an admin of the policy that it has may do that."""
    _change(ctx, adopting.preview_drop, reason, operator, dry_run=dry_run, yes=yes, propose=propose, as_json=as_json)


def _change(
    ctx: typer.Context,
    plan: adopting.Planner,
    reason: str | None,
    operator: str | None,
    *,
    dry_run: bool,
    yes: bool,
    propose: bool,
    as_json: bool,
) -> None:
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    if not dry_run and not reason:
        fail("The reason is missing: --reason says why, and is kept with the operation")
    with told_plainly(as_json=as_json):
        book = shared.book(operator)
        preview = plan(book)
        if propose:
            _propose(book, preview, reason, as_json=as_json)
            return
        if dry_run or _asks(yes=yes, as_json=as_json):
            print_preview(preview)
            if dry_run or not typer.confirm("Apply it?"):
                console.print("\nNothing was changed.", style="dim")
                return
        receipt = apply_previewed(book, preview, reason=reason or "")
    if as_json:
        print_json(receipt)
    else:
        print_receipt(receipt, preview.rule.title)


def _propose(book: Book, preview: Preview, reason: str | None, *, as_json: bool) -> None:
    from clientops.book.approval.proposals import propose, waiting

    receipt = propose(book, preview, reason=reason)
    number = next(p.id for p in waiting(book) if p.key == preview.key)
    if as_json:
        print_json({"proposal": number, "operation_id": receipt.operation_id})
    else:
        console.print(Text(f"Proposal {number} waits for a second person: {preview.rule.title}."), style="bold green")


def _asks(*, yes: bool, as_json: bool) -> bool:
    return not yes and not as_json and sys.stdin.isatty() and sys.stdout.isatty()
