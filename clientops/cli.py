"""The ``clientops`` command: thin; each command does what a function of the package does.

Exit codes: 0 done, 1 refused (problems, or something does not agree), 2 usage, 3 stale, 4 locked, 5 not allowed, or not
by one person alone.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clientops import __version__
from clientops.book.book import WAIT, default_path
from clientops.commands import (
    access,
    approvals,
    articles,
    audit,
    duplicates,
    entries,
    erase,
    evidence,
    mail,
    policy,
    reconcile,
    screens,
    spreadsheets,
    statements,
    whmcs,
    zone,
)
from clientops.commands import (
    apply as operate,
)
from clientops.commands import (
    demo_export as bring,
)
from clientops.commands import (
    integrity as trust,
)
from clientops.commands import (
    read as look,
)
from clientops.commands.context import Context
from clientops.commands.output import AnsweringGroup, answer_as_json

app = typer.Typer(
    cls=AnsweringGroup,
    help="Change and check client accounts; nothing changes unseen.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


def _print_version(asked: bool) -> None:
    if asked:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def shared_options(
    ctx: typer.Context,
    book: Annotated[
        Path | None, typer.Option("--book", "-b", help="The book's file; else CLIENTOPS_BOOK, else clientops.duckdb.")
    ] = None,
    operator: Annotated[
        str | None, typer.Option("--operator", help="Who works; else CLIENTOPS_OPERATOR, else your system's user name.")
    ] = None,
    wait: Annotated[float, typer.Option("--wait", min=0, help="Seconds to wait while others use the book.")] = WAIT,
    as_of: look.AsOf = None,
    as_json: Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")] = False,
    as_csv: Annotated[
        bool, typer.Option("--csv", help="Rows as CSV; --csv, --tsv, --nl and --table may stand anywhere.")
    ] = False,
    as_tsv: Annotated[
        bool, typer.Option("--tsv", help="Rows separated by tabs; so into a file or pipe unless you say otherwise.")
    ] = False,
    as_lines: Annotated[bool, typer.Option("--nl", help="Rows as JSON, one a line.")] = False,
    as_table: Annotated[bool, typer.Option("--table", help="Rows as a table, as on a terminal.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Options that go before the command."""
    answer_as_json(as_json)
    ctx.obj = Context(book or default_path(), operator, wait, as_json, as_of)


app.command("init")(trust.init)
app.command("demo")(bring.demo)
app.command("lab")(screens.lab)
app.command("app")(screens.web_app)
app.command("serve")(screens.serve_book)
app.add_typer(access.operators, name="operator")
app.add_typer(access.tokens, name="token")
app.command("rules")(operate.list_rules)
app.command("apply")(operate.apply)
app.command("undo")(operate.undo)
app.command("log")(look.log)
app.command("entries")(entries.entries)
app.command("show")(look.show_operation)
app.command("history")(look.history)
app.command("tables")(look.list_tables)
app.command("query")(look.query)
app.command("export")(bring.export)
imports = typer.Typer(help="Bring your own data in.", no_args_is_help=True)
imports.command("csv")(spreadsheets.import_spreadsheet)
imports.command("excel")(spreadsheets.import_spreadsheet)
imports.command("whmcs")(whmcs.import_whmcs)
imports.command("zone")(zone.import_zone)
imports.command("statement")(statements.import_statement)
app.add_typer(imports, name="import")
app.command("zone")(zone.zone)
app.command("statement-of-account")(audit.statement_of_account)
app.command("waiting")(approvals.list_waiting)
app.command("approve")(approvals.approve)
app.command("reject")(approvals.reject)
app.add_typer(policy.app, name="policy")
app.command("audit")(audit.audit)
app.command("verify")(trust.verify)
app.command("anchor")(trust.anchor)
app.command("evidence")(evidence.evidence)
app.command("check")(trust.check)
app.command("direct")(trust.direct)
app.command("compact")(trust.compact)
app.command("erase-person")(erase.erase_person)
app.command("backup")(trust.backup)
app.command("restore")(trust.restore_backup)
app.add_typer(mail.app, name="mail")
app.add_typer(articles.app, name="articles")
app.add_typer(duplicates.app, name="duplicates")
app.add_typer(reconcile.app, name="reconcile")
app.add_typer(statements.app, name="statement")


def main() -> None:
    """Run the command line."""
    app()


if __name__ == "__main__":
    main()
