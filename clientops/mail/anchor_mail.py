"""Mailing an anchor to somebody outside, e.g. the auditor: from then on the book cannot be rewritten unseen."""

from __future__ import annotations

from datetime import UTC, datetime

from clientops.book.proof.anchors import Anchor
from clientops.core.errors import ClientopsError
from clientops.mail.server import Connection, Mail, MailServer

BODY = """\
This is the hash of operation {operation}, the newest one in the book {book}:

{sha256}

Please keep this mail. It proves later that the history up to this operation was not rewritten. To check the book against
it, save the mail as a file and run: clientops --book {book} verify --anchor FILE

{line}
"""


def mail_anchor(anchor: Anchor, address: str, book: str, server: MailServer) -> None:
    """Send an anchor to one address.

    Args:
        anchor: The anchor.
        address: E-mail address of the receiver.
        book: Name of the book, for the subject.
        server: The mail server.

    Raises:
        ClientopsError: The server cannot be reached, or did not take the mail.
    """
    now = datetime.now(UTC)
    body = BODY.format(operation=anchor.operation, book=book, sha256=anchor.sha256, line=anchor.line())
    subject = f"Anchor of {book}: operation {anchor.operation}"
    with Connection(server) as connection:
        connection.open()
        outcome = connection.send(Mail(anchor.operation, (address,), now, subject, body), now)
    if outcome.result != "sent":
        raise ClientopsError(f"The anchor was not mailed to {address}: {outcome.error or outcome.result}")
