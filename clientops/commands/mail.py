"""Commands of the outbox: look at it, and send what is due."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from clientops.commands.context import context_of
from clientops.commands.output import console, fail, print_json, print_table, told_plainly, working
from clientops.mail.delivery import deliver
from clientops.mail.server import MailServer

app = typer.Typer(help="Look at the outbox, and send what is due.", no_args_is_help=True)


@app.command("send")
def send(
    ctx: typer.Context,
    sender: Annotated[str | None, typer.Option("--from", help="Sender; else CLIENTOPS_MAIL_FROM.")] = None,
    host: Annotated[str | None, typer.Option(help="Mail server; else CLIENTOPS_MAIL_HOST, else localhost.")] = None,
    port: Annotated[int | None, typer.Option(help="Its port; else CLIENTOPS_MAIL_PORT, else the usual one.")] = None,
    security: Annotated[
        str | None, typer.Option(help="starttls, tls or none; else CLIENTOPS_MAIL_SECURITY, else starttls.")
    ] = None,
    user: Annotated[str | None, typer.Option(help="Name to log in with; else CLIENTOPS_MAIL_USER.")] = None,
    templates: Annotated[
        Path | None,
        typer.Option(help="Folder with templates of your own.", exists=True, file_okay=False),
    ] = None,
    limit: Annotated[int | None, typer.Option(min=1, help="At most so many mails.")] = None,
    batch: Annotated[
        int, typer.Option(min=1, help="Mails to one operation; after a crash, so many are uncertain.")
    ] = 10,
) -> None:
    """Send the mails that are due. The password comes from CLIENTOPS_MAIL_PASSWORD.

    No mail is sent twice. One whose sending was interrupted is shown as failed: clientops apply retry-mail sends it anew.
    """
    shared = context_of(ctx)
    with told_plainly(as_json=shared.as_json), working("Sending"):
        server = MailServer.from_environment(sender=sender, host=host, port=port, security=security, user=user)
        done = deliver(shared.book(), server, limit=limit, batch=batch, templates=templates)
    if shared.as_json:
        print_json(done)
        return
    console.print(
        f"Sent {done.sent}, to be tried again {done.postponed}, failed {done.failed}, uncertain {done.uncertain}"
        f"{f', held back {done.held}' if done.held else ''}."
    )


STATUSES = ("queued", "failed", "sent")

OUTBOX = """
    select id, client_id as client, template, sent_to, status, attempts, next_attempt_at, error
    from communications
    where kind = 'email' and direction = 'out' and (status = $status or ($status = '' and status in ('queued', 'failed')))
    order by id desc limit $limit
"""


@app.command("outbox")
def outbox(
    ctx: typer.Context,
    status: Annotated[str, typer.Option(help="queued, failed or sent; else queued and failed.")] = "",
    limit: Annotated[int, typer.Option(min=1, help="At most so many mails.")] = 50,
) -> None:
    """Show mails that wait or failed, the newest first."""
    shared = context_of(ctx)
    with told_plainly(as_json=shared.as_json):
        if status not in ("", *STATUSES):
            fail(f"--status {status!r} must be one of {', '.join(STATUSES)}")
        names, rows = shared.book().query(OUTBOX, status=status, limit=limit)
    if shared.as_json:
        print_json([dict(zip(names, row, strict=True)) for row in rows])
    else:
        print_table(names, rows, "Outbox")
