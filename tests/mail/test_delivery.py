"""Delivering the outbox to a mail server on this machine."""

import shutil
import socket
import subprocess
import sys
import threading
import time
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult

from clientops import registry as operations
from clientops.book.book import Book
from clientops.core.errors import ClientopsError, UsageError
from clientops.mail.delivery import Delivery, deliver
from clientops.mail.server import MailServer
from clientops.rules.clients.clients import RULES as CLIENT_RULES
from clientops.rules.mail.delivery import RULES as OUTBOX_RULES
from tests.books import apply_by_hand, insert

ADD_CLIENT = {rule.name: rule for rule in CLIENT_RULES}["add-client"]
RETRY_MAIL = {rule.name: rule for rule in OUTBOX_RULES}["retry-mail"]
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)


class Postbox:
    """A mail server that keeps what it is given, and refuses what the test tells it to."""

    def __init__(self, **answers):
        self.messages, self.answers, self.hold = [], answers, None

    async def handle_MAIL(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.answers.get("mail"):
            return answer
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802
        if answer := self.answers.get(address):
            return answer
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        if answer := self.answers.get("data"):
            return answer
        self.messages.append((list(envelope.rcpt_tos), message_from_bytes(envelope.content, policy=default)))
        if self.hold:
            self.hold(server)
        return "250 taken"


class Server(Controller):
    """The postbox behind SMTP; without SMTPUTF8 or with a log-in where the test wants that."""

    def __init__(self, postbox, **options):
        self.options = options
        super().__init__(postbox, hostname="127.0.0.1", port=free_port(), ready_timeout=20)

    def factory(self):
        return SMTP(self.handler, **{"enable_SMTPUTF8": True, **self.options})


def free_port():
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]


@pytest.fixture
def serve():
    """Start a mail server with the given answers; gives the postbox and how to reach it."""
    running = []

    def start(options=None, **answers):
        postbox = Postbox(**answers)
        running.append(Server(postbox, **(options or {})))
        running[-1].start()
        return postbox, MailServer(
            "Example Ltd <billing@example.com>", "127.0.0.1", running[-1].port, "none", timeout=5
        )

    yield start
    for server in running:
        server.stop(no_assert=True)


def queue(book, *emails, **more):
    """Add clients whose welcome e-mail is queued."""
    rows = [{"last_name": "Byron", "email": email, "send_welcome": True, **more} for email in emails]
    book.apply_now(ADD_CLIENT, rows, now=NOW)


@pytest.fixture(scope="module")
def filled_file(empty_book_file, tmp_path_factory):
    """A book file with a currency and two welcome e-mails in the outbox, to copy."""
    path = shutil.copy(empty_book_file, tmp_path_factory.mktemp("mail") / "mail.duckdb")
    book = Book(path, operator="maria")
    insert(
        book,
        currencies=[{"id": 1, "code": "EUR", "is_default": True}],
        settings=[{"id": 1, "name": "company_name", "value": "Example Ltd"}],
    )
    queue(book, "ada@example.com", "bob@example.com")
    return path


@pytest.fixture
def shop(filled_file, tmp_path):
    """A book of one's own with two welcome e-mails in the outbox."""
    return Book(shutil.copy(filled_file, tmp_path / "mail.duckdb"), operator="maria")


def outbox(book, columns="id, status, attempts, error"):
    return book.query(f"select {columns} from communications order by id")[1]


def at(moment):
    return lambda: moment


def test_due_mails_are_sent_once_and_recorded(shop, serve):
    """A mail is written in the client's language and handed over with one operation before and one after it."""
    postbox, server = serve()
    queue(shop, "Grüße@exämple.de", last_name="Gödel", language="German")
    before = shop.head()[0]
    assert deliver(shop, server, clock=at(NOW)) == Delivery(sent=3)
    assert [recipients for recipients, _ in postbox.messages] == [
        ["ada@example.com"],
        ["bob@example.com"],
        ["Grüße@exämple.de"],
    ]
    message = postbox.messages[2][1]
    assert (message["Subject"], message["From"]) == ("Willkommen bei Example Ltd", "Example Ltd <billing@example.com>")
    assert "Guten Tag Gödel," in message.get_content()
    assert message["Message-ID"] == f"<3.{int(NOW.timestamp())}.clientops@example.com>"
    assert message["Auto-Submitted"] == "auto-generated"
    assert outbox(shop, "status, attempts, sent_at, error, subject, sent_to")[0] == (
        "sent", 1, NOW, None, "Welcome to Example Ltd", "ada@example.com")  # fmt: skip
    assert [line.rule for line in shop.operations()[:2]] == ["record-mail", "begin-mail"]
    assert shop.head()[0] == before + 2
    assert deliver(shop, server, clock=at(NOW)) == Delivery()
    assert len(postbox.messages) == 3
    assert shop.verify().is_clean


def test_nothing_queued_needs_no_server(empty_book):
    """Without mails the server is not even asked."""
    assert deliver(empty_book, MailServer("a@example.com", "127.0.0.1", free_port(), "none")) == Delivery()


@pytest.mark.parametrize(
    ("answers", "status", "error"),
    [
        pytest.param({"ada@example.com": "450 busy"}, "queued", "ada@example.com: 450 busy", id="recipient later"),
        pytest.param(
            {"ada@example.com": "550 no such"}, "failed", "ada@example.com: 550 no such", id="recipient never"
        ),
        pytest.param({"data": "451 try later"}, "queued", "451 try later", id="text later"),
        pytest.param({"data": "554 spam"}, "failed", "554 spam", id="text never"),
        pytest.param(
            {"mail": "553 not yours"}, "queued", "sender billing@example.com: 553 not yours", id="sender refused"
        ),
    ],
)
def test_what_the_server_refuses(shop, serve, answers, status, error):
    """A mail that may be taken later stays queued, one that never will be has failed; both with the server's words."""
    postbox, server = serve(**answers)
    deliver(shop, server, limit=1, clock=at(NOW))
    assert outbox(shop)[0] == (1, status, 1, error)
    assert outbox(shop, "next_attempt_at")[0] == ((NOW + timedelta(minutes=5),) if status == "queued" else (None,))
    assert postbox.messages == []
    assert outbox(shop)[1][1] == "queued"


def test_one_of_two_recipients_is_refused(shop, serve):
    """Who was refused is recorded; the others got it, and nobody gets it again."""
    postbox, server = serve(**{"eve@example.com": "550 no such"})
    insert(shop, communications=[{"id": 9, "client_id": 1, "template": "welcome", "status": "queued", "sent_to": "ada@example.com, eve@example.com"}])  # fmt: skip
    assert deliver(shop, server, clock=at(NOW)).sent == 3
    assert outbox(shop, "status, sent_to, error")[2] == ("sent", "ada@example.com", "eve@example.com: 550 no such")
    assert sum("ada@example.com" in recipients for recipients, _ in postbox.messages) == 2


def test_tried_again_when_due_and_given_up_at_last(shop, serve):
    """A refused mail is left alone until it is due, and given up after six attempts."""
    postbox, server = serve(**{"ada@example.com": "450 busy"})
    moment = NOW
    assert deliver(shop, server, clock=at(moment)) == Delivery(sent=1, postponed=1)
    assert deliver(shop, server, clock=at(moment + timedelta(minutes=4))) == Delivery()
    update = ("communications", "update", [{"id": 1, "attempts": 5}])
    apply_by_hand(shop, update)
    moment += timedelta(minutes=5)
    assert deliver(shop, server, clock=at(moment)) == Delivery(failed=1)
    assert outbox(shop)[0] == (1, "failed", 6, "given up after 6 attempts: ada@example.com: 450 busy")
    postbox.answers.clear()
    shop.apply_now(RETRY_MAIL, {"communication_id": 1}, now=moment)
    assert deliver(shop, server, clock=at(moment)).sent == 1
    assert outbox(shop)[0] == (1, "sent", 1, None)


@pytest.mark.filterwarnings("ignore:Requiring AUTH")
def test_server_that_cannot_be_used_begins_nothing(shop, serve):
    """Where the server is gone or does not let us in, mails stay queued, without an attempt."""
    _, locked = serve(
        {
            "auth_required": True,
            "auth_require_tls": False,
            "authenticator": lambda *_: AuthResult(success=False, handled=False),
        }
    )
    strict = MailServer("a@example.com", locked.host, locked.port, "none", "maria", "wrong", 5)
    for server in (MailServer("a@example.com", "127.0.0.1", free_port(), "none", timeout=2), strict,
                   MailServer("a@example.com", locked.host, locked.port, "starttls", timeout=2)):  # fmt: skip
        head = shop.head()
        with pytest.raises(ClientopsError, match="cannot be used"):
            deliver(shop, server)
        assert shop.head() == head
    assert "wrong" not in repr(strict)


def test_server_that_takes_ascii_only(shop, serve):
    """Without SMTPUTF8 a domain is sent in its ASCII form, and an address that has none is refused for good."""
    postbox, server = serve({"enable_SMTPUTF8": False})
    queue(shop, "grace@exämple.de", "grüße@example.com")
    assert deliver(shop, server, clock=at(NOW)) == Delivery(sent=3, failed=1)
    assert postbox.messages[2][0] == ["grace@xn--exmple-cua.de"]
    assert outbox(shop)[3][1:3] == ("failed", 1)
    assert "only ASCII letters" in outbox(shop)[3][3]


def test_mail_that_cannot_be_written_fails_alone(shop, serve):
    """A template that is wrong fails its mails, with the reason, and keeps no other from being sent."""
    _, server = serve()
    insert(shop, communications=[
        {"id": 7, "client_id": 1, "template": "invoice-created", "status": "queued", "sent_to": "ada@example.com"},
        {"id": 8, "client_id": 1, "template": "welcome", "status": "queued", "sent_to": None},
    ])  # fmt: skip
    assert deliver(shop, server, clock=at(NOW)) == Delivery(sent=2, failed=2)
    assert [(number, status) for number, status, *_ in outbox(shop)[2:]] == [(7, "failed"), (8, "failed")]
    assert "'invoice' is undefined" in outbox(shop)[2][3]
    assert outbox(shop)[3][3] == "it has no address to be sent to"


def test_broken_connection_after_the_text_is_uncertain(shop, serve):
    """If the connection breaks after the text, it is not sent again: it may have arrived."""
    postbox, server = serve()
    postbox.hold = lambda smtp: smtp.transport.abort()
    assert deliver(shop, server, limit=1, clock=at(NOW)) == Delivery(uncertain=1)
    status, attempts, error = outbox(shop, "status, attempts, error")[0]
    assert (status, attempts) == ("failed", 1)
    assert "may or may not have arrived" in error
    postbox.hold = None
    assert deliver(shop, server, clock=at(NOW + timedelta(days=1))) == Delivery(sent=1)
    assert [recipients for recipients, _ in postbox.messages] == [["ada@example.com"], ["bob@example.com"]]


def test_interrupted_by_hand_records_what_is_known(shop, serve, monkeypatch):
    """Ctrl-C between two mails records the first as sent and leaves the next one queued."""
    from clientops.mail import delivery

    postbox, server = serve()
    send = delivery.Connection.send

    def send_one(self, mail, moment):
        if postbox.messages:
            raise KeyboardInterrupt
        return send(self, mail, moment)

    queue(shop, "eve@example.com")
    monkeypatch.setattr(delivery.Connection, "send", send_one)
    with pytest.raises(KeyboardInterrupt):
        deliver(shop, server, clock=at(NOW))
    assert [row[1] for row in outbox(shop)] == ["sent", "failed", "queued"]  # the second one was being sent


def command(book, server, *options):
    """The command line that sends."""
    return [
        sys.executable, "-m", "clientops.cli", "--book", str(book.path), "--operator", "sender", "mail", "send",
        "--from", server.sender, "--host", server.host, "--port", str(server.port), "--security", "none", *options,
    ]  # fmt: skip


@pytest.mark.parametrize("moment", ["begun", "handed over"])
def test_killed_sender_sends_nothing_twice(shop, serve, moment):
    """A sender killed after the begin, or with a mail on the wire: nothing is sent again by the next one."""
    postbox, server = serve()
    is_there, go_on = threading.Event(), threading.Event()

    def hold(smtp):
        is_there.set()
        go_on.wait(20)

    if moment == "handed over":
        postbox.hold = hold
    else:

        async def stop_before_text(smtp, session, envelope, address, options):
            envelope.rcpt_tos.append(address)
            hold(smtp)
            return "250 OK"

        postbox.handle_RCPT = stop_before_text
    process = subprocess.Popen(command(shop, server, "--batch", "2"))
    assert is_there.wait(60)
    process.kill()
    process.wait()
    go_on.set()
    time.sleep(0.2)
    handed_over = len(postbox.messages)
    assert [row[1] for row in outbox(shop)] == ["failed", "failed"]
    assert all("may or may not have arrived" in row[3] for row in outbox(shop))
    _, again = serve()
    assert deliver(shop, again) == Delivery()
    assert handed_over == (1 if moment == "handed over" else 0)
    assert shop.verify().is_clean


def test_two_senders_at_once_send_each_mail_once(shop, serve):
    """Several senders share the outbox: each mail goes out once."""
    postbox, server = serve()
    queue(shop, *(f"client{number}@example.com" for number in range(4)))
    done = []
    threads = [
        threading.Thread(target=lambda: done.append(deliver(Book(shop.path, operator="b"), server, batch=2)))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    addresses = [recipients[0] for recipients, _ in postbox.messages]
    assert len(addresses) == len(set(addresses)) == 6
    assert sum(found.sent for found in done) == 6
    assert {row[1] for row in outbox(shop)} == {"sent"}


def test_command_sends_and_shows_the_outbox(shop, serve):
    """``clientops mail send`` sends and says how many; ``mail outbox`` shows what waits."""
    postbox, server = serve()
    done = subprocess.run(command(shop, server, "--limit", "1"), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "Sent 1, to be tried again 0, failed 0, uncertain 0.\n")
    assert len(postbox.messages) == 1
    look = [sys.executable, "-m", "clientops.cli", "--book", str(shop.path), "mail", "outbox"]
    shown = subprocess.run(look, capture_output=True, text=True, check=True).stdout
    assert "bob@example.com" in shown
    assert "ada@example.com" not in shown


@pytest.mark.parametrize(
    ("environment", "given", "expected"),
    [
        pytest.param({"FROM": "a@x.de"}, {}, ("a@x.de", "localhost", 587, "starttls", None), id="defaults"),
        pytest.param({"FROM": "a@x.de", "SECURITY": "tls"}, {}, ("a@x.de", "localhost", 465, "tls", None), id="usual port"),
        pytest.param(
            {"FROM": "a@x.de", "HOST": "mx", "PORT": "2525", "SECURITY": "none", "USER": "u", "PASSWORD": "p"},
            {"sender": "B <b@x.de>", "port": 26}, ("B <b@x.de>", "mx", 26, "none", "u"), id="given goes first"),
    ],
)  # fmt: skip
def test_settings_of_the_server(monkeypatch, environment, given, expected):
    """What is given goes before the environment, and that before what is usual."""
    for name in ("FROM", "HOST", "PORT", "SECURITY", "USER", "PASSWORD", "TIMEOUT"):
        monkeypatch.delenv(f"CLIENTOPS_MAIL_{name}", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(f"CLIENTOPS_MAIL_{name}", value)
    server = MailServer.from_environment(**given)
    assert (server.sender, server.host, server.port, server.security, server.user) == expected
    assert server.password == environment.get("PASSWORD")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        pytest.param({}, "CLIENTOPS_MAIL_FROM", id="no sender"),
        pytest.param({"sender": "billing"}, "like billing@example.com", id="sender is no address"),
        pytest.param({"sender": "a@x.de", "security": "ssl"}, "starttls, tls, none", id="no such security"),
        pytest.param({"sender": "a@x.de", "port": "smtp"}, "not a number", id="port is no number"),
    ],
)
def test_settings_that_are_wrong(monkeypatch, given, says):
    """A setting that cannot be is refused before anything is read."""
    monkeypatch.delenv("CLIENTOPS_MAIL_FROM", raising=False)
    with pytest.raises(UsageError, match=says):
        MailServer.from_environment(**given)


def owing(book, **more):
    """A client with an overdue invoice and the notice of it in the outbox, queued some time ago for an old address."""
    invoice = {"id": 1, "client_id": 1, "subtotal": 10, "total": 10, "status": "Unpaid", "issued_on": NOW.date() - timedelta(40), "due_on": NOW.date() - timedelta(20)}  # fmt: skip
    notice = {"id": 7, "client_id": 1, "kind": "email", "direction": "out", "category": "invoice", "template": "overdue-notice",
              "subject_kind": "invoice", "subject_id": 1, "status": "queued", "sent_to": "old@example.com"}  # fmt: skip
    insert(
        book, lenient=True, invoices=[{**invoice, **more}], invoice_items=[{"id": 1, "invoice_id": 1, "amount": 10}],
        contacts=[{"id": 1, "client_id": 1, "email": "books@example.com", "wants_invoice": True}], communications=[notice],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "changes", "reason"),
    [
        pytest.param({"status": "Paid"}, [], "the invoice is Paid", id="paid"),
        pytest.param({"status": "Cancelled"}, [], "the invoice is Cancelled", id="cancelled"),
        pytest.param({"status": "Written off", "written_off": 10}, [], "the invoice is Written off", id="written off"),
        pytest.param({"due_on": NOW.date()}, [], "the invoice is due on 2026-11-20", id="due today"),
        pytest.param({}, [("clients", "update", [{"id": 1, "overdue_notices": False}])], "gets no overdue notices", id="no longer wanted"),
        pytest.param({}, [("invoices", "delete", [{"id": 1}]), ("invoice_items", "delete", [{"id": 1}])], "no longer exists", id="deleted"),
        pytest.param({}, [("clients", "update", [{"id": 1, "email": None}]), ("contacts", "delete", [{"id": 1}])], "no e-mail address", id="nobody"),
    ],
)  # fmt: skip
def test_what_is_settled_is_held_back_when_it_is_sent(shop, serve, more, changes, reason):
    """A notice is not sent where nothing is overdue at that moment; why is recorded, and it can be queued again."""
    postbox, server = serve()
    owing(shop, **more)
    if changes:
        apply_by_hand(shop, *changes, lenient=True)
    done = deliver(shop, server, clock=at(NOW))
    is_nobody = reason == "no e-mail address"  # nor does anybody receive her welcome
    assert done == (Delivery(sent=1, held=2) if is_nobody else Delivery(sent=2, held=1))
    assert len(postbox.messages) == done.sent
    [(status, attempts, error)] = shop.query("select status, attempts, error from communications where id = 7")[1]
    assert (status, attempts) == ("failed", 0)
    assert error.startswith("held back: ")
    assert reason in error
    shop.apply_now(RETRY_MAIL, [{"communication_id": 7}], now=NOW)
    assert deliver(shop, server, clock=at(NOW)) == Delivery(held=1)


def test_addresses_and_wishes_are_those_of_the_moment_of_sending(shop, serve):
    """A mail goes to who wants it when it is sent, not to who did when it was queued."""
    postbox, server = serve()
    owing(shop)
    assert deliver(shop, server, clock=at(NOW)) == Delivery(sent=3)
    assert ["ada@example.com", "books@example.com"] in [recipients for recipients, _ in postbox.messages]
    assert shop.query("select sent_to from communications where id = 7")[1] == [("ada@example.com, books@example.com",)]


@pytest.mark.parametrize(
    ("rule", "request_row", "status"),
    [
        ("record-payment", {"client_id": 1, "amount": "10"}, "failed"),
        ("cancel-invoice", {"invoice_id": 1}, "failed"),
        ("write-off-invoice", {"invoice_id": 1}, "failed"),
        ("record-payment", {"client_id": 1, "amount": "4"}, "queued"),
    ],
)
def test_settling_an_invoice_holds_its_notice_back_at_once(shop, rule, request_row, status):
    """The preview of a payment shows that the notice that waits will not go out; a part payment leaves it."""
    owing(shop)
    shop.apply(shop.preview(operations.rule(rule), [request_row], now=NOW), reason="test")
    assert shop.query("select status from communications where id = 7")[1] == [(status,)]
    assert shop.verify().is_clean
