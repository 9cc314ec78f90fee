"""Erasing a person: nowhere in the file any more, while the money and the chain still prove themselves."""

import shutil
from contextlib import contextmanager
from datetime import date, datetime, timedelta

import duckdb
import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.book.erasure.personal_columns import IMPERSONAL, personal_columns
from clientops.book.erasure.rule import ERASE
from clientops.book.file.compact import due_file
from clientops.cli import app
from clientops.core.errors import RefusedError, UsageError
from clientops.registry import rule
from clientops.schema.definition import all_tables, quote_name
from tests.books import OPERATOR, apply_by_hand, insert, read_rows, tamper
from tests.builders import NOW, TODAY

LATER = date(2050, 1, 1)
NAME = "Zephyrine Quackenbush"
TOKENS = (
    "Zephyrine", "Quackenbush", "zq@secret.example", "Hidden Lane 77", "Quackstadt", "+4930998877", "DE998877665", "quacken.example", "oldmail@secret.example",
    "Eustachia", "eu@secret.example", "whispered", "mailbody", "ticketbody", "replybody", "fieldvalue", "bankname", "billto", "gotthegoods", "quackuser", "tokenhash",
)  # fmt: skip


@pytest.fixture(scope="module")
def person_file(shop_file, tmp_path_factory):
    """The shop with a client who has something of everything, spread over many operations."""
    path = tmp_path_factory.mktemp("erase") / "book.duckdb"
    shutil.copy(shop_file, path)
    book = Book(path, operator=OPERATOR)

    def apply(name, request, reason="because"):
        return book.apply_now(rule(name), request, reason=reason, today=TODAY, now=NOW)

    apply("add-client", {
        "first_name": "Zephyrine", "last_name": "Quackenbush", "email": "oldmail@secret.example", "address1": "Hidden Lane 77", "city": "Quackstadt",
        "postcode": "10115", "country": "DE", "currency": "EUR",
    }, reason="Zephyrine called")  # fmt: skip
    number = book.query("select max(id) from clients")[1][0][0]
    insert(
        book,
        contacts=[{"id": 50, "client_id": number, "first_name": "Eustachia", "last_name": "Q", "email": "eu@secret.example"}],
        users=[{"id": 50, "email": "zq@secret.example", "password_hash": "gotthegoods"}, {"id": 51, "email": "shared@example.com", "first_name": "Shared"}],
        user_clients=[{"id": 50, "user_id": 50, "client_id": number}, {"id": 51, "user_id": 51, "client_id": number}, {"id": 52, "user_id": 51, "client_id": 1}],
        invitations=[{"id": 50, "user_id": 50, "token_sha256": "tokenhash", "sent_to": "zq@secret.example", "created_at": NOW, "expires_at": NOW}],
        services=[{"id": 50, "client_id": number, "product_id": 1, "domain": "quacken.example", "username": "quackuser", "recurring_amount": 10}],
        notes=[{"id": 50, "client_id": number, "body": "whispered to us", "created_at": NOW}, {"id": 51, "client_id": 1, "body": "Knows Zephyrine Quackenbush well", "created_at": NOW}],
        communications=[{"id": 50, "client_id": number, "subject": "Hi", "body": "mailbody for zq@secret.example", "sent_to": "zq@secret.example", "status": "queued"}],
        tickets=[{"id": 50, "client_id": number, "subject": "ticketbody", "opened_at": NOW}],
        ticket_replies=[{"id": 50, "ticket_id": 50, "message": "replybody"}],
        custom_values=[{"id": 50, "field_id": 1, "subject_id": number, "value": "fieldvalue"}],
        invoices=[{"id": 50, "client_id": number, "bill_to": "billto", "total": 20, "subtotal": 20, "status": "Paid", "issued_on": TODAY, "paid_on": TODAY}],
        invoice_items=[{"id": 50, "invoice_id": 50, "description": "Hosting quacken.example", "unit_price": 20, "amount": 20}],
        transactions=[{"id": 50, "client_id": number, "amount_in": 20, "reference": "PAY-1", "description": "from Zephyrine"}],
        allocations=[{"id": 50, "transaction_id": 50, "invoice_id": 50, "amount": 20}],
        statement_lines=[{"id": 50, "statement_id": 1, "line_number": 2, "amount": 20, "payer_name": "bankname", "reference": "PAY-1"}],
        matches=[{"id": 50, "statement_line_id": 50, "transaction_id": 50}],
        import_problems=[{"id": 50, "source": "x", "source_table": "y", "code": "z", "message": "m", "original": '{"email": "ZQ@secret.example"}'}],
    )  # fmt: skip
    apply(
        "edit-client",
        {"client_id": number, "email": "zq@secret.example", "phone": "+4930998877"},
        reason="New address of Quackenbush",
    )
    apply(
        "issue-credit",
        [
            {"client_id": number, "amount": "12.50", "description": "whispered sorry"},
            {"client_id": 1, "amount": "1", "description": "stays"},
        ],
    )
    apply_by_hand(book, ("clients", "update", [{"id": number, "tax_id": "DE998877665"}]))
    return path


@pytest.fixture
def person(person_file, tmp_path):
    return Book(shutil.copy(person_file, tmp_path / "book.duckdb"), operator=OPERATOR)


@pytest.fixture
def number(person):
    return person.query("select id from clients where first_name = 'Zephyrine'")[1][0][0]


@contextmanager
def clock(day):
    """The machine's clock as it will stand one day: the only thing that retention goes by."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("clientops.book.write.apply.clock_day", lambda: day)
        patch.setattr("clientops.book.write.preview.day_of", lambda moment, zone: day)
        yield


@contextmanager
def a_month_on():
    """The machine's moments 31 days from now, where changes are planned, applied and recorded."""

    class Later(datetime):
        @classmethod
        def now(cls, zone=None):
            return datetime.now(zone) + timedelta(days=31)

    with pytest.MonkeyPatch.context() as patch:
        for module in ("preview", "apply", "record"):
            patch.setattr(f"clientops.book.write.{module}.datetime", Later)
        yield


@pytest.fixture(autouse=True)
def later():
    with clock(LATER):
        yield


def erase(book, number, today=LATER, name=NAME):
    with clock(today):
        preview = book.preview(ERASE, {"client_id": number, "confirm_name": name}, today=today)
        if preview.problems:
            raise RefusedError(preview.problems)
        return book.apply(preview, reason="Asked for it")


def found_in_tables(path):
    """Tokens that stand in any text of any table, history and all."""
    found = set()
    with duckdb.connect(str(path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR'"
        ).fetchall()
        for schema, name, column in columns:
            text = (
                connection.execute(
                    f"select lower(string_agg({quote_name(column)}, '|')) from {schema}.{quote_name(name)}"
                ).fetchone()[0]
                or ""
            )
            found |= {(token, f"{schema}.{name}.{column}") for token in TOKENS if token.lower() in text}
    return found


def found_in_bytes(path):
    """Tokens that stand in the bytes of the file, or of files beside it."""
    content = b"".join(file.read_bytes() for file in path.parent.iterdir() if file.is_file()).lower()
    return {token for token in TOKENS if token.lower().encode() in content}


def test_what_is_erased_is_nowhere(person, number):
    """Not in a row, not in the history, not in a request or reason, and not in the bytes of the file."""
    assert {token for token, _ in found_in_tables(person.path)} == set(TOKENS)
    assert len(found_in_bytes(person.path)) > len(TOKENS) // 2
    erase(person, number)
    assert found_in_tables(person.path) == set()
    assert found_in_bytes(person.path) == set()
    assert sorted(p.name for p in person.path.parent.iterdir() if p.is_file()) == ["book.duckdb"]
    assert person.path.stat().st_mode & 0o777 == 0o600


def test_everything_else_is_proved(person, number):
    """The chain is the same, old heads are in it, the tables are what the history says, and each erasure is named."""
    heads = [line.id for line in person.operations()]
    head = person.head()[1]
    done = erase(person, number)
    report = person.verify(head)
    assert report.findings == ()
    assert any(
        f"a person was erased by operation {done.operation_id}" in text and text.startswith("clients:")
        for text in report.erased
    )
    assert person.check() == []
    assert person.direct_changes() == []
    assert [line.id for line in person.operations()][1:] == heads
    insert(person, groups=[{"id": 77, "name": "later"}])
    assert person.verify(head).is_clean


def test_money_stays(person, number):
    """Amounts, dates, numbers and statuses of every row are as before, now and at every past moment."""
    kept = {
        "invoices": "id, client_id, total, issued_on, status, number", "transactions": "id, client_id, amount_in, occurred_at",
        "credit_entries": "id, client_id, amount, entry_on", "clients": "id, currency_id, status, credit_balance, created_on, country",
        "invoice_items": "id, amount", "allocations": "id, amount", "statement_lines": "id, amount",
    }  # fmt: skip

    def money(moment):
        with person.tables(moment) as tables:
            return {
                name: tables.query(f"select {columns} from {name} order by all").fetchall()
                for name, columns in kept.items()
            }

    moments = (1, 3, person.head()[0])
    before = [money(moment) for moment in moments]
    erase(person, number)
    assert [money(moment) for moment in moments] == before


def test_others_are_untouched(person, number):
    """Rows of other clients are the same but for the person's name in a note; a shared log-in stays."""
    before = read_rows(person.path)
    erase(person, number)
    after = read_rows(person.path)
    changed = {(name, row[0]) for name in before for row in before[name] if row not in after[name]}
    assert ("notes", 51) in changed
    assert person.query("select body from notes where id = 51")[1] == [("Knows (erased) well",)]
    others = {
        name: {1, 2, 3, 4, 5, 6}
        for name in ("clients", "contacts", "services", "invoices", "notes", "communications", "transactions")
    }
    assert not {(name, row) for name, row in changed if row in others.get(name, ())}
    assert ("users", 51) not in changed
    requests = [row[0] for row in person.query("select request from history.requests where request like '%stays%'")[1]]
    assert len(requests) == 1


def everything(book):
    """All that is written in the tables and their history, as one text."""
    with duckdb.connect(str(book.path), read_only=True) as connection:
        columns = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal and data_type = 'VARCHAR'"
        ).fetchall()
        parts = [
            connection.execute(f"select string_agg({quote_name(c)}, '|') from {s}.{quote_name(t)}").fetchone()[0] or ""
            for s, t, c in columns
        ]
    return "|".join(parts).lower()


STRAY_LINES = [
    {"id": 60, "statement_id": 1, "line_number": 10, "amount": 1, "payer_name": "QUÄCKENBUSH, Zéphyrine", "payer_account": "DE4711", "description": "strayname"},
    {"id": 61, "statement_id": 1, "line_number": 11, "amount": 1, "payer_name": "Zéphyrine Quäckenbush", "payer_account": "DE4711", "description": "strayaside"},
    {"id": 62, "statement_id": 1, "line_number": 12, "amount": 1, "payer_name": "Z. Q.", "payer_account": "DEOWN", "description": "strayaccount"},
    {"id": 63, "statement_id": 1, "line_number": 13, "amount": 1, "payer_name": "Ada Lovelace", "payer_account": "DE4713", "description": "straystays"},
]  # fmt: skip


def test_letters_of_any_script_and_lines_of_nobody(person, number):
    """A name with accents and signs is found in any case; lines that nobody matched go by its name and account."""
    name = {"first_name": "Zéphyrine", "last_name": "Quäckenbush", "company_name": "Ünlü & Söhne (GmbH) [x]_{1}"}
    person.apply_now(rule("edit-client"), {"client_id": number, **name}, today=TODAY, now=NOW)
    said = "As ÜNLÜ & SÖHNE (GMBH) [X]_{1} and zéphyrine quäckenbush wrote"
    apply_by_hand(person, ("statement_lines", "update", [{"id": 50, "payer_account": "DEOWN"}]))
    insert(
        person,
        statement_lines=STRAY_LINES,
        matches=[{"id": 61, "statement_line_id": 61, "reason": "strayreason"}],
        notes=[{"id": 60, "client_id": 1, "body": said, "created_at": NOW}],
    )
    preview = person.preview(ERASE, {"client_id": number, "confirm_name": "Zéphyrine Quäckenbush"})
    assert preview.problems == ()
    done = person.apply(preview, reason="Letter of Frau Quäckenbush of 2 May")
    told = everything(person)
    for gone in (
        "zéphyrine",
        "quäckenbush",
        "ünlü",
        "de4711",
        "deown",
        "strayname",
        "strayaside",
        "strayaccount",
        "strayreason",
    ):
        assert gone not in told, gone
    assert "straystays" in told
    assert person.operation(done.operation_id).line.reason == "Letter of Frau (erased) of 2 May"
    assert person.verify().findings == ()
    assert found_in_bytes(person.path) == set()


def test_the_report_says_how_much_and_not_what(person, number):
    """Erasures count rows and images of each table; the operation keeps no name."""
    done = erase(person, number)
    counts = {row[0]: row[1:] for row in person.query("select table_name, row_count, image_count from erasures")[1]}
    assert counts["clients"] == (1, 7)
    assert counts["notes"] == (1, 1)
    detail = person.operation(done.operation_id)
    assert detail.requests == ({"client_id": number, "confirm_name": "(hidden)", "also": None},)
    assert detail.line.reason == "Asked for it"


@pytest.mark.parametrize(
    ("given", "code", "message"),
    [
        pytest.param({"today": TODAY}, "must_be_kept", "must be kept until 2036-12-31", id="while the law wants it"),
        pytest.param(
            {"today": date(2036, 12, 31)}, "must_be_kept", "the last of them is of 2026-11-20", id="on its last day"
        ),
        pytest.param({"name": "Ada Lovelace"}, "wrong_name", "is not the name of client", id="another name"),
        pytest.param({"number": 99}, "unknown_client", "there is no client 99", id="nobody"),
    ],
)
def test_what_is_refused(person, number, given, code, message):
    """With the date, or the reason; nothing is changed."""
    head = person.head()
    with pytest.raises(RefusedError, match=message) as caught:
        erase(person, given.get("number", number), given.get("today", LATER), given.get("name", NAME))
    assert code in [p.code for p in caught.value.problems]
    assert person.head() == head


def test_retention_is_a_setting(person, number):
    """retention_years says how long; the day after, it can be erased. A shorter one counts when it is a month old."""
    insert(person, settings=[{"id": 90, "name": "retention_years", "value": "3"}])
    with pytest.raises(RefusedError, match=r"until 2036-12-31 .retention_years 10."):
        erase(person, number, date(2030, 1, 1))
    with a_month_on():
        with pytest.raises(RefusedError, match=r"until 2029-12-31 .retention_years 3."):
            erase(person, number, date(2029, 12, 31))
        erase(person, number, date(2030, 1, 1))


def test_it_cannot_be_undone_and_not_done_twice(person, number):
    """Undo says why; a second time there is nothing left; without a preview, or in a session, it is refused."""
    done = erase(person, number)
    with pytest.raises(RefusedError, match="erased a person: what is erased is nowhere any more"):
        person.undo(done.operation_id)
    with pytest.raises(RefusedError, match="nothing is left to be erased"):
        erase(person, number, name=f"client {number}")
    with pytest.raises(UsageError, match="after a preview only"):
        person.apply_now(ERASE, {"client_id": number, "confirm_name": NAME})
    preview = person.preview(ERASE, {"client_id": 6, "confirm_name": "Alan Turing"})
    with person.session(), pytest.raises(UsageError, match="inside a session"):
        person.apply(preview)


def test_one_after_another(person, number):
    """Two persons in the same blocks of history: both are gone, and the chain still holds."""
    head = person.head()[1]
    erase(person, number)
    erase(person, 1, name="Ada Lovelace")
    assert person.verify(head).findings == ()
    assert found_in_tables(person.path) == set()
    assert person.query("select first_name from clients where id = 1")[1] == [(None,)]


def test_a_deleted_client_can_be_erased_too(person, number):
    """Who is only in the history any more."""
    person.apply_now(
        rule("delete-client"),
        {"client_id": number, "confirm_name": NAME},
        reason="Quackenbush left",
        today=TODAY,
        now=NOW,
    )
    erase(person, number)
    assert found_in_tables(person.path) == set()
    assert person.verify().findings == ()


TAMPERING = [
    pytest.param("update history.clients set first_name = 'Eve' where id = {n} and operation_id = 2", id="an erased row is filled"),
    pytest.param("update history.clients set city = 'Bern' where id = 1 and operation_id = 1", id="another row of a block"),
    pytest.param("update history.invoices set total = 99 where id = 50", id="the money of the person"),
    pytest.param("update history.erased_values set sha256 = sha256('x') where part = 'clients'", id="a hash that was kept"),
    pytest.param("delete from history.erased_values", id="everything that is kept"),
    pytest.param("insert into history.erased_values select * replace (3 as erased_by) from history.erased_values limit 1", id="kept by another operation"),
    pytest.param("update history.requests set request = '{{}}' where operation_id = 2", id="an erased request"),
    pytest.param("update history.requests set request = replace(request, '(erased)', 'Eve') where operation_id = 2", id="an erased request is filled"),
    pytest.param("update history.operations set reason = 'x' where id = 2", id="an erased reason"),
    pytest.param("update history.operations set details = null where rule = 'erase-person'", id="the digest"),
    pytest.param("update history.operations set details = '{{' where rule = 'erase-person'", id="details that are no JSON"),
]  # fmt: skip


@pytest.fixture(scope="module")
def erased_file(person_file, tmp_path_factory):
    path = tmp_path_factory.mktemp("erased") / "book.duckdb"
    book = Book(shutil.copy(person_file, path), operator=OPERATOR)
    number = book.query("select id from clients where first_name = 'Zephyrine'")[1][0][0]
    erase(book, number)
    return path, number


@pytest.mark.parametrize("statement", TAMPERING)
def test_tampering_afterwards_is_found(erased_file, tmp_path, statement):
    """An erasure is no cover: whatever is changed afterwards is found as before."""
    path, number = erased_file
    copy = shutil.copy(path, tmp_path / "b.duckdb")
    tamper(copy, statement.format(n=number))
    assert Book(copy, operator=OPERATOR).verify().findings


def test_an_interrupted_erasure_is_finished(person, number, monkeypatch):
    """If the file could not be written anew, the next one who opens the book does it."""
    with monkeypatch.context() as patch:
        patch.setattr(Book, "compact", lambda self: None)
        erase(person, number)
    assert due_file(person.path).exists()
    assert found_in_tables(person.path) == set()
    assert found_in_bytes(person.path) != set()
    Book(person.path, operator=OPERATOR)
    assert not due_file(person.path).exists()
    assert found_in_bytes(person.path) == set()


def test_on_the_command_line(person, number):
    """With the name typed again; backups that were made are named."""

    def run(*words, code=0):
        result = CliRunner().invoke(app, ["--book", str(person.path), *map(str, words)], env={"COLUMNS": "200"})
        assert result.exit_code == code, result.output
        return result.output

    run("backup", person.path.with_name("copy.duckdb"))
    ask = ("erase-person", number, "--name", NAME)
    assert "Nothing was changed" in run(*ask, "--dry-run")
    assert "The reason is missing" in run(*ask, code=2)
    out = run(*ask, "--reason", "Asked for it")
    assert "copies made before keep it, delete them or erase there too: copy.duckdb of 20" in out
    assert "a person was erased by operation" in run("verify")
    assert "Quackenbush" not in run("show", person.head()[0])
    run("compact")


def test_every_text_is_thought_of():
    """A text column is erased unless it is a given word, or named as kept; none of the person's own is kept."""
    columns = {(t.name, c.name) for t in all_tables().values() for c in personal_columns(t)}
    assert set(all_tables()) >= IMPERSONAL
    for name in ("clients", "contacts", "users"):
        assert {(name, column) for column in ("first_name", "last_name", "email")} <= columns
    assert {
        ("notes", "body"),
        ("communications", "body"),
        ("invoices", "bill_to"),
        ("dns_records", "content"),
        ("match_keys", "email_key"),
    } <= columns
    assert not {("dns_records", "type"), ("clients", "status"), ("invoices", "number")} & columns
