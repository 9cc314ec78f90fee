"""Commands of reconciliation: what does not agree, mending it, and signing a period off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.text import Text
from typer.core import TyperGroup

from clientops.book.proof.anchors import Anchor
from clientops.commands.apply import Choices, DryRun, Json, Operator, Propose, Reason, Today, Yes, carry_out
from clientops.commands.context import context_of
from clientops.commands.naming import HELP, client_named
from clientops.commands.output import console, fail, print_json, print_table, told_plainly, working
from clientops.commands.read import AsOf, path_text
from clientops.core.plan import as_dicts
from clientops.core.readable import counted
from clientops.exporting.files import export_relation
from clientops.reconciliation.find import differences
from clientops.reconciliation.kinds import FAMILIES, KINDS
from clientops.reconciliation.sign_off import parse_period, sign_offs
from clientops.registry import rule as rule_named
from clientops.schema.tables import Tables

SHOWN = 200
KindNames = Annotated[
    list[str] | None, typer.Argument(metavar="[KIND]...", help=f"Kinds or families ({', '.join(FAMILIES)}); else all.")
]
Client = Annotated[str | None, typer.Option("--client", help=f"Only those of this client: {HELP}.")]


class _FindFirst(TyperGroup):
    """A group whose first word may be an argument of its command ``find``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        if not args or (args[0] not in self.commands and args[0] not in ("--help", "-h")):
            args = ["find", *args]
        return super().parse_args(ctx, args)


app = typer.Typer(help="Do the figures agree? reconcile [KIND]… shows what does not.", cls=_FindFirst)


@app.command("find")
def find(
    ctx: typer.Context,
    kinds: KindNames = None,
    client: Client = None,
    as_of: AsOf = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Write them to this file: .csv, .xlsx or .parquet.")
    ] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an existing file.")] = False,
    as_json: Json = False,
) -> None:
    """Show what does not agree, with its explanation from history and the mending that would bring it in order."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with (
        told_plainly(as_json=as_json),
        working("Reconciling", quiet=as_json),
        shared.book(as_of=as_of).tables() as tables,
    ):
        found = differences(tables, kinds, client_id=None if client is None else client_named(tables, client))
        if output is not None:
            count = export_relation(found, output.absolute(), overwrite=overwrite)
            rows: list[dict[str, Any]] = []
        else:
            rows = as_dicts(found)
            count = len(rows)
    if output is not None:
        console.print(
            Text(f"Wrote {counted(count, 'difference')} to {path_text(output.absolute())}."), style="bold green"
        )
    elif as_json:
        for row in rows:
            row["rows"] = json.loads(row.pop("row_list"))
            row["mend_request"] = json.loads(row["mend_request"]) if row["mend_request"] else None
        print_json(rows)
    else:
        _show(rows)


def _show(rows: list[dict[str, Any]]) -> None:
    if not rows:
        console.print("Everything agrees.", style="bold green")
        return
    sums: dict[tuple[str, str], list[Any]] = {}
    for row in rows:
        totals = sums.setdefault((row["kind"], row["currency_code"] or ""), [0, 0])
        totals[0] += 1
        totals[1] += abs(row["amount"] or 0)
    print_table(
        ("kind", "what", "rows", "amount", ""),
        [(kind, KINDS[kind].title, n, amount or "", code) for (kind, code), (n, amount) in sums.items()],
    )
    console.print()
    lines = [
        (row["id"], row["kind"], row["message"], row["explanation"] or "", row["mend_rule"] or "")
        for row in rows[:SHOWN]
    ]
    print_table(("number", "kind", "what does not agree", "where it comes from", "mended by"), lines)
    if len(rows) > SHOWN:
        console.print(f"… and {len(rows) - SHOWN} more; -o FILE.csv writes them all")
    for kind in dict.fromkeys(row["kind"] for row in rows if row["choices"]):
        console.print(f"\n{KINDS[kind].title}: {KINDS[kind].choices}.", style="dim")
    mendable = sum(1 for row in rows if row["mend_rule"])
    console.print(
        f"\n{counted(len(rows), 'difference')}; {mendable} can be mended: clientops reconcile mend KIND … --dry-run",
        style="dim",
    )


@app.command("mend")
def mend(
    ctx: typer.Context,
    what: Annotated[
        list[str] | None, typer.Argument(metavar="[KIND|NUMBER]...", help="Kinds, families, or numbers of differences.")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="Everything for which there is a mending.")] = False,
    client: Client = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    only_good: Annotated[
        bool, typer.Option("--only-good", help="Leave out what cannot be mended now, mend the others.")
    ] = False,
    propose: Propose = False,
    as_json: Json = False,
) -> None:
    """Mend differences as one operation: what each would change is shown first, and one undo takes it back."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    if not what and not every and client is None:
        fail("Say what to mend: kinds, numbers, --client, or --all; see: clientops reconcile")
    numbers = [int(word) for word in what or [] if word.isdecimal()]
    kinds = [word for word in what or [] if not word.isdecimal()]
    with told_plainly(as_json=as_json):
        with working("Reconciling", quiet=as_json), shared.book().tables() as tables:
            requests = mending_requests(
                tables, kinds, numbers, None if client is None else client_named(tables, client)
            )
        if not requests:
            fail("There is nothing here that can be mended; clientops reconcile shows what does not agree")
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
        carry_out(shared, rule_named("mend"), requests, requests, choices)


def mending_requests(tables: Tables, kinds: list[str], numbers: list[int], client: int | None) -> list[dict[str, str]]:
    """Requests of the rule ``mend`` for differences of these kinds and with these numbers; neither: all."""
    found = as_dicts(differences(tables, kinds if kinds and not numbers else None, client_id=client, explained=False))
    kept = [
        row
        for row in found
        if row["mend_rule"] and (not numbers or row["id"] in numbers or _is_named(row, kinds))
    ]  # fmt: skip
    kept.sort(key=lambda row: (row["mend_rule"], row["kind"], row["row_id"]))
    return [{"rule": row["mend_rule"], "request": row["mend_request"]} for row in kept]


def _is_named(row: dict[str, Any], kinds: list[str]) -> bool:
    return any(word.replace("-", "_") in (row["kind"], row["family"]) for word in kinds)


@app.command("sign-off")
def sign_off(
    ctx: typer.Context,
    period: Annotated[str, typer.Option("--period", help="E.g. 2026-09, 2026-Q3, 2026 or 2026-09-01..2026-09-15.")],
    note: Annotated[str | None, typer.Option("--note", help="E.g. why something is left open.")] = None,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Declare a period reconciled: its figures and open differences are kept, and later changes show."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        first, last = parse_period(period)
        request = {"period_from": first.isoformat(), "period_to": last.isoformat(), "note": note or ""}
        why = reason or f"{period} reconciled"
        choices = Choices(reason=why, operator=operator, today=today, dry_run=dry_run, yes=yes, as_json=as_json)
        carry_out(shared, rule_named("sign-off-period"), [request], [request], choices)
        if not (dry_run or as_json):
            number, sha256 = shared.book(operator).head()
            console.print(Text(f"Keep this anchor outside the book: {Anchor(number, sha256).line()}"))


@app.command("sign-offs")
def list_sign_offs(ctx: typer.Context, as_json: Json = False) -> None:
    """List the periods that were signed off, and whether their figures still hold."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json), working("Reconciling", quiet=as_json), shared.book().tables() as tables:
        rows = as_dicts(sign_offs(tables))
    if as_json:
        print_json(rows)
        return
    if not rows:
        console.print("No period was signed off yet.")
        return
    for row in rows:
        opened = f"open: {row['open_count']}" + (f", {row['open_amounts']}" if row["open_amounts"] else "")
        signed = f"{row['period_from']} to {row['period_to']} reconciled by {row['operator'] or 'nobody known'} on {row['signed_on']}"
        console.print(
            Text(
                f"{row['id']}  {signed}, {opened}: {row['state']}", style="bold red" if row["state"] == "broken" else ""
            )
        )
        anchor = Anchor(row["operation_id"], row["head_sha256"]).line() if row["operation_id"] else None
        for said in (row["note"], row["changes"], anchor):
            if said:
                console.print(Text(f"   {said}"))
