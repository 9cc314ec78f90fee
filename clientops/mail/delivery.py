"""Delivering the outbox: write each queued mail, hand it to the mail server, record what became of it.

No mail is sent twice. Before its text goes to the server, its begin is committed to the book (rule ``begin-mail``), and
that makes it ``failed, may or may not have arrived`` until its outcome is recorded (``record-mail``). A sender that is
killed in between leaves it so; a person decides whether to send it again (``retry-mail``). That is at most once; the
other choice, at least once, would send some invoices and reminders twice after every crash.

The token of an invitation, or of a link for a forgotten password, is made here, each time one is sent, and stands in the mail alone: the text that the book
keeps has it masked, and the table ``invitations`` has its hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_own
from clientops.core.errors import RefusedError, UsageError
from clientops.core.plan import Rule, as_dicts
from clientops.core.readable import visible
from clientops.mail.facts import read_facts
from clientops.mail.rendering import render
from clientops.mail.server import Connection, Mail, MailServer, Outcome
from clientops.rules.mail import delivery as outbox
from clientops.schema.days import day_of
from clientops.schema.passwords import new_token

REASON = "mail send"
MASK = "(hidden)"
LINKS = ("invitation", "password-reset")
_RULES: dict[str, Rule] = {rule.name: rule for rule in outbox.RULES}


@dataclass(frozen=True)
class Delivery:
    """What one run did.

    Attributes:
        sent: Mails that the server took.
        postponed: Mails that are tried again later.
        failed: Mails that were given up.
        uncertain: Mails that may or may not have arrived.
        taken: Mails that another sender took first.
        held: Mails that were held back: what they are about is settled, gone or no longer wanted.
    """

    sent: int = 0
    postponed: int = 0
    failed: int = 0
    uncertain: int = 0
    taken: int = 0
    held: int = 0


def deliver(
    book: Book,
    server: MailServer,
    *,
    limit: int | None = None,
    batch: int = 10,
    templates: Path | None = None,
    clock: Callable[[], datetime] = lambda: datetime.now(UTC),
) -> Delivery:
    """Send what is due in the outbox.

    Args:
        book: The book.
        server: The mail server.
        limit: How many mails at most; None for all.
        batch: How many are begun and recorded together. If the sender is killed, up to so many are left uncertain;
            1 is the surest and takes two operations a mail.
        templates: Folder with the business's own templates.
        clock: What time it is.

    Returns:
        How many mails were sent and not sent.

    Raises:
        ClientopsError: The mail server cannot be used; nothing was begun.
    """
    counts: Counter[str] = Counter()
    seen: set[int] = set()
    with Connection(server) as connection:
        while limit is None or len(seen) < limit:
            size = batch if limit is None else min(batch, limit - len(seen))
            due = _due_mails(book, clock(), size, seen, templates)
            if not due:
                break
            seen |= {mail.id for mail in due}
            counts["held"] += _hold(book, [mail for mail in due if mail.is_held], clock())
            due = [mail for mail in due if not mail.is_held]
            if not due:
                continue
            connection.open()
            begun = _begin(book, due, clock())
            counts["taken"] += len(due) - len(begun)
            _send(book, connection, begun, counts, clock)
    return Delivery(**{name: counts[name] for name in ("sent", "postponed", "failed", "uncertain", "taken", "held")})


def _send(
    book: Book, connection: Connection, begun: list[Mail], counts: Counter[str], clock: Callable[[], datetime]
) -> None:
    """Hand mails to the server and record what became of them, also when this is interrupted."""
    outcomes = {mail.id: Outcome("try again", error="interrupted before it was handed over") for mail in begun}
    try:
        for mail in begun:
            outcomes[mail.id] = Outcome("uncertain")
            outcomes[mail.id] = connection.send(mail, clock()) if not mail.flaw else Outcome("failed", error=mail.flaw)
    finally:
        _record(book, outcomes, clock(), counts)


DUE = """
    select id, template, sent_to, happened_at from communications
    where status = 'queued' and kind = 'email' and direction = 'out'
        and (next_attempt_at is null or next_attempt_at <= $now) and id not in ({seen})
    order by coalesce(next_attempt_at, happened_at), id limit $size
"""


def _due_mails(book: Book, now: datetime, size: int, seen: set[int], folder: Path | None) -> list[Mail]:
    """Mails that are due, written; one that cannot be written has a flaw instead of a text."""
    with book.tables() as tables:
        left_out = ", ".join(str(number) for number in sorted(seen)) or "0"
        rows = as_dicts(tables.query(DUE.format(seen=left_out), now=now, size=size))
        steps = tables.steps()
        outbox.add_waiting(
            steps,
            "select id from communications where id in ({})".format(", ".join(str(row["id"]) for row in rows) or "0"),
            today=day_of(now, book.zone),
        )
        waiting = {row["id"]: row for row in as_dicts(steps["waiting"])}
        facts = read_facts(tables, [row["id"] for row in rows]) if rows else {}
    return [_write({**row, **waiting.get(row["id"], {})}, facts.get(row["id"], {}), now, folder) for row in rows]


def _write(row: dict[str, Any], facts: dict[str, Any], now: datetime, folder: Path | None) -> Mail:
    recipients = tuple(part.strip() for part in (row["sent_to"] or "").split(",") if part.strip())
    mail = Mail(row["id"], recipients, queued_at=row["happened_at"] or now)
    if row.get("reason"):
        return replace(mail, is_held=True)
    if not recipients:
        return replace(mail, flaw="it has no address to be sent to")
    language, token = facts.get("client", {}).get("language"), None
    try:
        if row["template"] in LINKS:
            facts, token = _invite(facts, recipients, now, is_reset=row["template"] == "password-reset")
            language = facts["user"]["language"] or language
        letter = render(row["template"] or "", language, facts, folder)
    except UsageError as error:
        return replace(mail, flaw=str(error))
    return replace(mail, subject=letter.subject, body=letter.body, token=token)


def _invite(
    facts: dict[str, Any], recipients: tuple[str, ...], now: datetime, *, is_reset: bool
) -> tuple[dict[str, Any], str | None]:
    """Facts of an invitation with its link, and the token in that; no link for who has a password, unless it is forgotten.

    Raises:
        UsageError: It would be of no use, or reach somebody else.
    """
    again = "send-password-reset" if is_reset else "invite-user"
    user, address = facts.get("user"), facts.get("client", {}).get("client_area")
    if user is None:
        raise UsageError(f"The user whom it is for is not there any more, or is not named; use {again}")
    if [part.lower() for part in recipients] != [user["email"].lower()]:
        raise UsageError(f"User {user['id']} has another e-mail address by now; use {again}")
    if not address:
        raise UsageError("The address of the client area is not known; use set-client-area, then retry-mail")
    token = None if user["has_password"] and not is_reset else new_token()
    link = token and f"{address}#{'password' if is_reset else 'invitation'}/{token}"
    until = now + (timedelta(hours=outbox.HOURS_OPEN) if is_reset else timedelta(days=outbox.DAYS_OPEN))
    return {**facts, "user": {**user, "link": link, "link_until": until, "link_hours": outbox.HOURS_OPEN}}, token


def _begin(book: Book, mails: list[Mail], now: datetime) -> list[Mail]:
    """Commit that sending begins; the mails that are ours now, and no other sender's."""
    requests = [
        {
            "communication_id": mail.id,
            "subject": _masked(mail.subject, mail.token),
            "body": _masked(mail.body, mail.token),
            "token": mail.token,
        }
        for mail in mails
    ]
    try:
        receipt = apply_own(book, _RULES["begin-mail"], requests, reason=REASON, now=now, only_good=True)
    except RefusedError:
        return []
    refused = {problem.row for problem in receipt.refused}
    return [mail for place, mail in enumerate(mails, 1) if place not in refused]


def _hold(book: Book, mails: list[Mail], now: datetime) -> int:
    """Record that mails are not sent as things are, and why; how many."""
    if not mails:
        return 0
    requests = [{"communication_id": mail.id} for mail in mails]
    try:
        receipt = book.apply_now(_RULES["hold-mail"], requests, reason=REASON, now=now, only_good=True)
    except RefusedError:
        return 0
    return len(mails) - len(receipt.refused)


def _masked(text: str, token: str | None) -> str:
    return text.replace(token, MASK) if token else text


def _record(book: Book, outcomes: dict[int, Outcome], now: datetime, counts: Counter[str]) -> None:
    """Commit what became of mails; the uncertain ones stay as begun."""
    known = {number: outcome for number, outcome in outcomes.items() if outcome.result != "uncertain"}
    counts["uncertain"] += len(outcomes) - len(known)
    if not known:
        return
    requests = [
        {
            "communication_id": number,
            "outcome": outcome.result,
            "error": visible(outcome.error or "")[:2000],
            "sent_to": ", ".join(outcome.accepted),
        }
        for number, outcome in known.items()
    ]
    apply_own(book, _RULES["record-mail"], requests, reason=REASON, now=now)
    numbers = ", ".join(str(number) for number in known)
    names = {"sent": "sent", "queued": "postponed", "failed": "failed"}
    counts.update(names[status] for (status,) in book.query(STATUSES.format(numbers=numbers))[1])


STATUSES = "select status from communications where id in ({numbers})"
