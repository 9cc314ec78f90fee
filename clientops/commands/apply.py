"""Commands that change the book: apply a rule, undo an operation; and what rules there are."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import pyarrow as pa
import typer
from rich.text import Text

from clientops.book.book import Book
from clientops.book.write.preview import Preview
from clientops.book.write.undo import UNDO
from clientops.commands.context import Context, context_of, readable_file
from clientops.commands.output import (
    REFUSED,
    change_lines,
    console,
    fail,
    plain,
    print_json,
    print_preview,
    print_receipt,
    print_table,
    told_plainly,
    working,
)
from clientops.commands.problem_files import check_problems_file, write_problems
from clientops.core.errors import NotAllowedError, RefusedError
from clientops.core.plan import Problem, Rule
from clientops.importing.tabular import read_named_columns
from clientops.registry import rule as rule_named
from clientops.registry import rules
from clientops.reports.lists.duplicate_warning import CODE, find_likely, other_warnings
from clientops.schema.requests import RequestTable, read_requests, secret_fields

Reason = Annotated[str | None, typer.Option("--reason", "-r", help="Why; kept with the operation.")]
DryRun = Annotated[bool, typer.Option("--dry-run", "-n", help="Show what would change, and change nothing.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
Operator = Annotated[str | None, typer.Option("--operator", help="Who makes the change.")]
Propose = Annotated[bool, typer.Option("--propose", help="Let it wait for a second person; see: clientops waiting")]
Again = Annotated[bool, typer.Option("--again", help="Apply requests that were applied before once again.")]
Json = Annotated[bool, typer.Option("--json", help="Answer as JSON.")]
Today = Annotated[datetime | None, typer.Option("--today", formats=["%Y-%m-%d"], help="The day it counts for.")]


def list_rules(
    ctx: typer.Context,
    name: Annotated[str | None, typer.Argument(help="A rule: shows its fields.")] = None,
    as_json: Json = False,
) -> None:
    """List the rules, or the fields of one."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        if name is None:
            rows = [(r.name, r.group, r.risk, r.title) for r in rules().values()]
            if as_json:
                print_json([dict(zip(("name", "group", "risk", "title"), row, strict=True)) for row in rows])
            else:
                print_table(("rule", "group", "risk", "what it does"), rows)
            return
        _show_rule(rule_named(name), as_json=as_json)


def _show_rule(rule: Rule, *, as_json: bool) -> None:
    fields = [
        (name, "required" if info.is_required() else "", info.title or name, info.description or "")
        for name, info in rule.request.model_fields.items()
    ]
    if as_json:
        print_json(
            {"name": rule.name, "title": rule.title, "risk": rule.risk, "schema": rule.request.model_json_schema()}
        )
        return
    console.print(Text(f"{rule.name}: {rule.title}"), style="bold")
    console.print(Text((rule.function.__doc__ or "").partition("\n")[0]))
    print_table(("field", "", "meaning", "help"), fields)
    sample = " ".join(f"--set {name}=…" for name, info in rule.request.model_fields.items() if info.is_required())
    console.print(Text(f"\nclientops apply {rule.name} {sample} --reason …"))


def apply(
    ctx: typer.Context,
    name: Annotated[str, typer.Argument(metavar="RULE", help="Name of the rule; see: clientops rules")],
    file: Annotated[
        Path | None, typer.Argument(help="CSV or Excel file, one request a row; - reads CSV from standard input.")
    ] = None,
    values: Annotated[list[str] | None, typer.Option("--set", "-s", help="field=value of a single request.")] = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only_good: Annotated[
        bool, typer.Option("--only-good", help="Apply the requests without problems, leave out the others.")
    ] = False,
    problems: Annotated[
        Path | None, typer.Option("--problems", help="Write requests with problems here, to be mended and sent again.")
    ] = None,
    key: Annotated[
        str | None, typer.Option("--key", help="Your name for this; applied once, however often sent.")
    ] = None,
    again: Again = False,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Apply a rule to the requests of a file, or to one given with --set."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        rule = rule_named(name)
        given = _given_requests(rule, file, values or [])
        if not len(given):
            fail(f"{file} has no requests, only headings" if file else "There are no requests")
        choices = Choices(
            reason=reason, operator=operator, today=today, dry_run=dry_run, yes=yes, only_good=only_good,
            problems=problems, file=file, key=key, again=again, propose=propose, as_json=as_json,
        )  # fmt: skip
        carry_out(shared, rule, given, given, choices)


def undo(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Number of the operation; see: clientops log")],
    reason: Reason = None,
    operator: Operator = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Take an operation back, as a new operation."""
    apply(
        ctx, UNDO.name, values=[f"operation_id={number}"], reason=reason, operator=operator, dry_run=dry_run, yes=yes,
        propose=propose, as_json=as_json,
    )  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Choices:
    """How requests are to be applied, as the command's options say."""

    as_json: bool
    reason: str | None = None
    operator: str | None = None
    today: datetime | None = None
    dry_run: bool = False
    yes: bool = False
    only_good: bool = False
    problems: Path | None = None
    file: Path | None = None
    key: str | None = None
    again: bool = False
    propose: bool | None = None  # None: the command has no --propose
    notes: Sequence[Mapping[str, object]] | None = None  # what a reader left out or doubts; None: there is no reader

    @property
    def day(self) -> date | None:
        """The day it counts for, if one was given."""
        return self.today.date() if self.today else None


def carry_out(
    shared: Context,
    rule: Rule,
    given: pa.Table | list[dict[str, str]],
    original: pa.Table | list[dict[str, str]],
    choices: Choices,
) -> None:
    """Preview or apply requests as the person chose; problems go to a file with the ``original`` columns."""
    check_problems_file(choices.problems, choices.file, shared.path)
    requests = read_requests(rule.request, given)
    _check_asked(requests, choices)
    try:
        if choices.propose:
            propose_and_print(shared.book(choices.operator), rule, requests, choices)
            return
        if choices.dry_run or _asks(choices):
            _with_preview(shared, rule, requests, choices)
            return
        if rule.risk == "high" and not choices.yes:
            fail(f"{rule.title} cannot be taken lightly: look at it with --dry-run, then add --yes")
        book = shared.book(choices.operator)
        with working(rule.title, quiet=choices.as_json) as report, _hint(choices):
            book.progress = report
            receipt = book.apply_now(
                rule,
                requests,
                reason=choices.reason,
                key=choices.key,
                today=choices.day,
                only_good=choices.only_good,
                again=choices.again or None,
            )
    except RefusedError as refused:
        if choices.problems is not None:
            write_problems(choices.problems, original, refused.problems, secret_fields(rule.request))
        raise
    if receipt.refused and choices.problems is not None:
        write_problems(choices.problems, original, receipt.refused, secret_fields(rule.request))
    if choices.as_json:
        print_json(_with_notes(plain(receipt), choices))
    else:
        print_receipt(receipt, rule.title)
    if receipt.refused:
        raise typer.Exit(REFUSED)


def _check_asked(requests: RequestTable, choices: Choices) -> None:
    """Refuse a change without a reason; fields that do not exist are named first."""
    if not choices.dry_run and not choices.reason:
        if wrong := [problem for problem in requests.problems if problem.code == "unknown_column"]:
            raise RefusedError(wrong)
        fail("The reason is missing: --reason says why, and is kept with the operation")


@contextmanager
def _hint(choices: Choices) -> Iterator[None]:
    """Say how to ask for a second person, where one is needed and the command can ask."""
    try:
        yield
    except NotAllowedError as refused:
        if refused.waits and choices.propose is not None:
            raise NotAllowedError(f"{refused}; ask for one with --propose", waits=True) from refused
        raise


def propose_and_print(book: Book, rule: Rule, requests: RequestTable, choices: Choices) -> None:
    """Put requests on the waiting list."""
    from clientops.book.approval.proposals import propose, waiting

    preview = book.preview(rule, requests, today=choices.day)
    receipt = propose(book, preview, reason=choices.reason)
    number = next(p.id for p in waiting(book) if p.key == preview.key)
    if choices.as_json:
        print_json({"proposal": number, "operation_id": receipt.operation_id})
    else:
        console.print(Text(f"Proposal {number} waits for a second person: {rule.title}."), style="bold green")
        console.print(Text(f"Another operator applies it with: clientops approve {number}"), style="dim")


def _asks(choices: Choices) -> bool:
    """Whether a person sits there who can be shown the preview and asked."""
    return not choices.yes and not choices.as_json and sys.stdin.isatty() and sys.stdout.isatty()


def _given_requests(rule: Rule, file: Path | None, values: Sequence[str]) -> pa.Table | list[dict[str, str]]:
    if file is None and not values and not any(info.is_required() for info in rule.request.model_fields.values()):
        return [{}]
    if (file is None) == (not values):
        fail(f"Give a file of requests, or one request with --set; the fields: clientops rules {rule.name}")
    if file is not None:
        with readable_file(file) as path:
            return read_named_columns(path)
    row: dict[str, str] = {}
    wrong = []
    for value in values:
        field, equals, text = value.partition("=")
        field = field.strip()
        if not equals:
            wrong.append(f"--set {value!r} is not of the form field=value")
        elif field in row:
            wrong.append(f"--set gives {field} twice, {row[field]!r} and {text!r}; several requests go into a file")
        else:
            row[field] = text
    if wrong:
        fail("\n".join(wrong))
    return [row]


def _with_preview(shared: Context, rule: Rule, requests: RequestTable, choices: Choices) -> None:
    """Show the preview; without ``dry_run`` ask, and apply just what was shown."""
    book = shared.book(choices.operator)
    with working(rule.title, quiet=choices.as_json) as report:
        book.progress = report
        preview = book.preview(rule, requests, today=choices.day)
    if choices.key:
        preview = replace(preview, key=choices.key)
    if preview.problems:
        raise RefusedError(preview.problems)
    with book.tables() as tables:
        likely = find_likely(tables, preview)
        found = [Problem(one.row, "", CODE, one.sentence) for one in likely]
        preview = replace(preview, warnings=(*found, *other_warnings(preview, likely)))
    if choices.as_json:
        print_json(_with_notes(_preview_json(preview), choices))
        return
    print_preview(preview)
    if choices.dry_run:
        console.print("\nNothing was changed (--dry-run).", style="dim")
        return
    if not preview.is_applicable:
        console.print("There is nothing to change.")
        return
    if preview.needed_because:
        console.print(Text(f"A second person is needed: {preview.needed_because}."), style="yellow")
        if typer.confirm("\nAsk for approval?"):
            propose_and_print(book, rule, requests, choices)
        return
    word = rule.name if rule.risk == "high" else ""
    if word:
        answer = typer.prompt(
            f"\nThis cannot be taken lightly. Type {word} to apply it", default="", show_default=False
        )
        agreed = answer.strip() == word
    else:
        agreed = choices.yes or typer.confirm("\nApply this?")
    if not agreed:
        console.print("Nothing was changed.")
        return
    print_receipt(book.apply(preview, reason=choices.reason, again=True), rule.title)


def _with_notes(answer: dict[str, object], choices: Choices) -> dict[str, object]:
    return answer if choices.notes is None else {**answer, "notes": list(choices.notes)}


def _preview_json(preview: Preview) -> dict[str, object]:
    return {
        "rule": preview.rule.name,
        "changes": [
            {"table": c.table, "kind": c.kind, "columns": c.columns, "count": c.count, "sample": c.sample}
            for c in preview.changes
        ],
        "counts": change_lines(preview.changes),
        "warnings": preview.warnings,
        "summary": preview.summary,
    }
