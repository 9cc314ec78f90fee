"""The mail server: where it is, and handing it one mail."""

from __future__ import annotations

import os
import smtplib
import ssl
from dataclasses import dataclass, field
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP, SMTPUTF8
from email.utils import format_datetime, parseaddr
from types import TracebackType
from typing import Literal, Self, cast

from clientops.core.errors import ClientopsError, UsageError

Security = Literal["starttls", "tls", "none"]
USUAL_PORTS = {"starttls": 587, "tls": 465, "none": 25}


@dataclass(frozen=True)
class MailServer:
    """Where mail is handed in, and who sends it.

    Attributes:
        sender: Address that mails come from, a name before it if wanted: ``Example Ltd <billing@example.com>``.
        host: Name of the server.
        port: Port; 587 for starttls, 465 for tls, 25 for none are usual.
        security: ``starttls``, ``tls``, or ``none`` for a server on this machine.
        user: Name to log in with, if needed.
        password: Password to log in with; never shown.
        timeout: Seconds to wait for an answer.
    """

    sender: str
    host: str = "localhost"
    port: int = 587
    security: Security = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 30.0

    @property
    def address(self) -> str:
        """Address of the sender, without the name."""
        return parseaddr(self.sender)[1]

    @classmethod
    def from_environment(cls, **given: str | float | None) -> MailServer:
        """Settings from what is given, else from the environment.

        The variables are ``CLIENTOPS_MAIL_FROM``, ``_HOST``, ``_PORT``, ``_SECURITY``, ``_USER``, ``_PASSWORD`` and
        ``_TIMEOUT``.

        Raises:
            UsageError: The sender is missing, or a setting is not one.
        """

        def setting(name: str, default: str = "") -> str:
            value = given.get(name)
            variable = "CLIENTOPS_MAIL_" + {"sender": "FROM"}.get(name, name.upper())
            return str(value) if value is not None else os.environ.get(variable) or default

        sender, security = setting("sender"), setting("security", "starttls")
        if "@" not in parseaddr(sender)[1]:
            raise UsageError(
                "The sender of mails is missing; give one like billing@example.com, or set CLIENTOPS_MAIL_FROM"
            )
        if security not in USUAL_PORTS:
            raise UsageError(f"There is no mail security {security!r}; there are {', '.join(USUAL_PORTS)}")
        try:
            port, timeout = int(setting("port", str(USUAL_PORTS[security]))), float(setting("timeout", "30"))
        except ValueError as error:
            raise UsageError(f"The port or timeout of the mail server is not a number: {error}") from None
        return cls(
            sender,
            setting("host", "localhost"),
            port,
            cast("Security", security),
            setting("user") or None,
            setting("password") or None,
            timeout,
        )


@dataclass(frozen=True)
class Mail:
    """A mail to be sent.

    Attributes:
        id: Number of the communication.
        recipients: Addresses.
        queued_at: When it was queued; with the number, it makes a message id that stays the same when it is retried.
        subject: Subject.
        body: Plain text.
        token: Token of the invitation in it; never shown.
        flaw: Why it cannot be sent; empty if it can.
        is_held: Whether it is held back, since what it is about has changed.
    """

    id: int
    recipients: tuple[str, ...]
    queued_at: datetime
    subject: str = ""
    body: str = ""
    token: str | None = field(default=None, repr=False)
    flaw: str = ""
    is_held: bool = False


@dataclass(frozen=True)
class Outcome:
    """What became of a mail.

    Attributes:
        result: ``sent``, ``try again`` (it was not taken, and may be later), ``failed`` (it will never be taken), or
            ``uncertain`` (the connection broke after its text was handed over).
        accepted: Addresses that the server took it for.
        error: What the server said, if anything was wrong.
    """

    result: Literal["sent", "try again", "failed", "uncertain"]
    accepted: tuple[str, ...] = ()
    error: str | None = None


class Connection:
    """A connection to the mail server, made when it is needed and anew when it breaks."""

    def __init__(self, server: MailServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None
        self._is_handed_over = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._smtp:
            try:
                self._smtp.quit()
            except (OSError, smtplib.SMTPException):
                self._drop()

    def open(self) -> None:
        """Connect and log in, unless that was done.

        Raises:
            ClientopsError: The server cannot be reached, or does not let us in.
        """
        try:
            self._connected()
        except (OSError, smtplib.SMTPException) as error:
            self._drop()
            where = f"{self._server.host}:{self._server.port}"
            raise ClientopsError(f"The mail server {where} cannot be used: {_said(error)}") from error

    def send(self, mail: Mail, moment: datetime) -> Outcome:
        """Hand one mail to the server, once; nothing is raised."""
        self._is_handed_over = False
        try:
            outcome = self._converse(self._connected(), mail, moment)
        except smtplib.SMTPResponseException as problem:  # refused instead of taking the text
            outcome = _refusal(problem.smtp_code, problem.smtp_error)
        except (OSError, smtplib.SMTPException) as problem:
            outcome = Outcome("uncertain" if self._is_handed_over else "try again", error=_said(problem))
        except (ValueError, MessageError) as problem:  # what no server can be given, e.g. a broken address
            outcome = Outcome("failed", error=_said(problem))
        if outcome.result != "sent":
            self._drop()
        return outcome

    def _converse(self, smtp: smtplib.SMTP, mail: Mail, moment: datetime) -> Outcome:
        """Say sender, recipients and text, as far as the server goes along."""
        is_utf8 = smtp.has_extn("smtputf8")
        recipients, refused = _wire_addresses(mail.recipients, is_utf8=is_utf8)
        is_plain = all(address.isascii() for address in (*recipients.values(), self._server.address))
        message = _message(mail, self._server, tuple(recipients.values()), moment)
        content = message.as_bytes(policy=SMTP if is_plain else SMTPUTF8)
        code, answer = smtp.mail(self._server.address, [] if is_plain else ["smtputf8"])
        if code != 250:
            return Outcome("try again", error=f"sender {self._server.address}: {_reply(code, answer)}")
        accepted = []
        for recipient, wire in recipients.items():
            code, answer = smtp.rcpt(wire)
            if code in (250, 251):
                accepted.append(recipient)
            else:
                refused[recipient] = _reply(code, answer)
        error = "; ".join(f"{recipient}: {reply}" for recipient, reply in refused.items()) or None
        if not accepted:
            is_final = all(reply.startswith("5") for reply in refused.values())
            return Outcome("failed" if is_final else "try again", error=error)
        self._is_handed_over = True
        code, answer = smtp.data(content)
        return Outcome("sent", tuple(accepted), error) if code == 250 else _refusal(code, answer)

    def _connected(self) -> smtplib.SMTP:
        if self._smtp is None:
            server = self._server
            context = ssl.create_default_context()
            if server.security == "tls":
                self._smtp = smtplib.SMTP_SSL(server.host, server.port, timeout=server.timeout, context=context)
            else:
                self._smtp = smtplib.SMTP(server.host, server.port, timeout=server.timeout)
                if server.security == "starttls":
                    self._smtp.starttls(context=context)
            if server.user:
                self._smtp.login(server.user, server.password or "")
            self._smtp.ehlo_or_helo_if_needed()
        return self._smtp

    def _drop(self) -> None:
        """Begin the next mail on a fresh connection."""
        if self._smtp:
            self._smtp.close()
        self._smtp = None


def _wire_addresses(addresses: tuple[str, ...], *, is_utf8: bool) -> tuple[dict[str, str], dict[str, str]]:
    """Addresses in the form that the server can take, by address; and those it cannot, with the reason."""
    taken: dict[str, str] = {}
    refused: dict[str, str] = {}
    for address in addresses:
        local, _, domain = address.rpartition("@")
        if address.isascii() or is_utf8:
            taken[address] = address
        elif local.isascii():
            taken[address] = f"{local}@{domain.encode('idna').decode()}"
        else:
            refused[address] = "553 the mail server takes only ASCII letters before the @"
    return taken, refused


def _message(mail: Mail, server: MailServer, recipients: tuple[str, ...], moment: datetime) -> EmailMessage:
    message = EmailMessage(policy=SMTPUTF8)
    message["From"] = server.sender
    message["To"] = ", ".join(recipients)
    message["Subject"] = mail.subject
    message["Date"] = format_datetime(moment)
    domain = server.address.rpartition("@")[2].encode("idna").decode()
    message["Message-ID"] = f"<{mail.id}.{int(mail.queued_at.timestamp())}.clientops@{domain}>"
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(mail.body, cte="quoted-printable")  # any server can carry it
    return message


def _refusal(code: int, answer: bytes | str) -> Outcome:
    return Outcome("failed" if code >= 500 else "try again", error=_reply(code, answer))


def _reply(code: int, answer: bytes | str) -> str:
    return f"{code} {answer.decode('utf-8', 'replace') if isinstance(answer, bytes) else answer}"


def _said(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _reply(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"
