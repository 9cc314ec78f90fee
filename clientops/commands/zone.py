"""Commands about the DNS records of a domain: show them as a zone file, and take one over."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from clientops.commands.apply import Choices, DryRun, Json, Operator, Reason, Today, Yes, carry_out
from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, told_plainly
from clientops.commands.read import AsOf
from clientops.registry import rule as rule_named
from clientops.reports.documents.zone_file import find_domain, zone_text

DomainText = Annotated[str, typer.Argument(metavar="DOMAIN", help="Name, e.g. example.com or müller.de, or number.")]
MOST_BYTES = 2_000_000


def zone(ctx: typer.Context, domain: DomainText, as_of: AsOf = None, as_json: Json = False) -> None:
    """Show the DNS records of a domain as a zone file."""
    shared = context_of(ctx)
    with told_plainly(), shared.book(as_of=as_of).tables() as tables:
        number = find_domain(tables, domain)
        text = zone_text(tables, number)
    if as_json or shared.as_json:
        print_json({"domain_id": number, "zone": text})
    elif text:
        typer.echo(text, nl=False)
    else:
        console.print(Text(f"Domain {number} has no DNS records."))


def import_zone(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="Zone file, as a name server exports it.")],
    domain: Annotated[str, typer.Option("--domain", "-d", help="Name or number of the domain it is for.")],
    replace: Annotated[bool, typer.Option("--replace", help="Remove records that are not in the file.")] = False,
    reason: Reason = None,
    operator: Operator = None,
    today: Today = None,
    dry_run: DryRun = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:
    """Take over a zone file for a domain: what is there already stays, what is new is added."""
    shared = context_of(ctx)
    as_json = as_json or shared.as_json
    with told_plainly(as_json=as_json):
        text = _read(file)
        with shared.book(operator).tables() as tables:
            number = find_domain(tables, domain)
        request = [{"domain_id": str(number), "zone": text, "replace": "yes" if replace else "no"}]
        choices = Choices(reason=reason, operator=operator, today=today, dry_run=dry_run, yes=yes, as_json=as_json)
        carry_out(shared, rule_named("import-zone"), request, request, choices)


def _read(file: Path) -> str:
    if not file.is_file():
        fail(f"There is no file {file}")
    if file.stat().st_size > MOST_BYTES:
        fail(f"{file} is larger than {MOST_BYTES // 1_000_000} MB; split it")
    try:
        return file.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        fail(f"{file} is not text in UTF-8")
