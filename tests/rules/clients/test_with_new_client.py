"""What is entered together with a new client: log-in, billing contact, custom fields."""

import json

from argon2 import PasswordHasher
from typer.testing import CliRunner

from clientops.cli import app
from clientops.registry import rule
from clientops.rules.clients.clients import AddClient, add_client
from clientops.workbench import frame as shell
from tests.builders import plan, tables
from tests.rules.refusals import assert_refused
from tests.rules.sequences import assert_one_by_one_is_same
from tests.workbench.screens import Hand

PERSON = {"last_name": "Byron", "email": "ada@example.com"}
SECRET = "Correct-Horse-Battery-7"


def base():
    return tables(
        clients=[{"id": 1, "email": "old@example.com"}],
        users=[{"id": 4, "email": "Known@Example.com"}],
        custom_fields=[
            {"id": 1, "name": "Purchase order"}, {"id": 2, "name": "VIP", "type": "yes/no"},
            {"id": 3, "name": "Size", "type": "choice", "options": "small, large", "is_required": True},
            {"id": 4, "name": "Pin", "type": "password"}, {"id": 5, "name": "Node", "subject_kind": "service"},
        ],
    )  # fmt: skip


ROWS = [
    {**PERSON, "password": SECRET, "fields": "purchase order = PO=7; VIP=on;Size=LARGE"},
    {**PERSON, "email": "b@example.com", "login_email": "known@example.com", "invite": "yes", "send_welcome": "yes", "fields": "Size=small"},
    {**PERSON, "email": "c@example.com", "billing_first_name": "Max", "billing_last_name": "Planck", "billing_email": "max@example.com"},
    {**PERSON, "email": "d@example.com", "invite": "yes"},
    {**PERSON, "email": "D@Example.com", "invite": "yes"},
]  # fmt: skip


def test_a_client_comes_with_login_billing_contact_and_fields():
    """New users own their client, a known one gets access; the billing contact is the client's default; values are checked."""
    result = plan(add_client, AddClient, base(), ROWS)
    assert result.problem_list() == []
    users = result.rows("users", "insert")
    assert [(u["id"], u["email"], u["password_hash"] is None) for u in users] == [(5, "ada@example.com", False), (6, "d@example.com", True)]  # fmt: skip
    assert PasswordHasher().verify(users[0]["password_hash"], SECRET)
    links = [(r["user_id"], r["client_id"], r["is_owner"]) for r in result.rows("user_clients", "insert")]
    assert links == [(5, 2, True), (4, 3, True), (6, 5, True), (6, 6, True)]
    (contact,) = result.rows("contacts", "insert")
    assert (contact["client_id"], contact["email"], contact["wants_invoice"]) == (4, "max@example.com", True)
    assert [r["default_billing_contact_id"] for r in result.rows("clients", "insert")] == [None, None, contact["id"], None, None]  # fmt: skip
    values = [(r["field_id"], r["subject_id"], r["value"]) for r in result.rows("custom_values", "insert")]
    assert values == [(1, 2, "PO=7"), (2, 2, "yes"), (3, 2, "large"), (3, 3, "small")]
    mails = [(m["client_id"], m["template"], m["sent_to"]) for m in result.rows("communications", "insert")]
    assert mails == [(3, "welcome", "b@example.com"), (3, "invitation", "known@example.com"), (5, "invitation", "d@example.com"), (6, "invitation", "D@example.com")]  # fmt: skip
    warnings = sorted((row, code) for row, _, code, _ in result.warnings.fetchall())
    assert warnings == [(2, "existing_user"), (3, "required_field"), (4, "required_field"), (5, "existing_user"), (5, "likely_duplicate"), (5, "required_field")]  # fmt: skip


BAD_EXTRAS = [
    ({"password": "short"}, "password", "bad_value"),
    ({"password": "1234567890123"}, "password", "bad_value"),
    ({"password": SECRET, "invite": "yes"}, "invite", "two_logins"),
    ({"password": SECRET, "status": "Closed"}, "password", "cannot_log_in"),
    ({"invite": "yes", "status": "Closed"}, "invite", "cannot_log_in"),
    ({"invite": "perhaps"}, "invite", "bad_value"),
    ({"login_email": "x@example.com"}, "login_email", "no_login"),
    ({"login_email": "x@", "invite": "yes"}, "login_email", "bad_value"),
    ({"password": SECRET, "login_email": "KNOWN@example.com"}, "password", "user_exists"),
    ({"password": SECRET, "login_email": "good@example.com"}, "password", "user_exists"),
    ({"billing_email": "m@example.com"}, "billing_first_name", "missing"),
    ({"billing_first_name": "Max", "billing_last_name": "Planck"}, "billing_email", "missing"),
    ({"billing_first_name": "Max", "billing_email": "m@example.com"}, "billing_last_name", "missing"),
    ({"billing_first_name": "Max", "billing_last_name": "Planck", "billing_email": "m"}, "billing_email", "bad_value"),
    ({"fields": "Size"}, "fields", "bad_value"),
    ({"fields": "Colour=red"}, "fields", "unknown_field"),
    ({"fields": "Node=x"}, "fields", "unknown_field"),
    ({"fields": "Size=medium"}, "fields", "bad_value"),
    ({"fields": "VIP=perhaps"}, "fields", "bad_value"),
    ({"fields": "VIP=yes; vip=no"}, "fields", "twice"),
    ({"fields": "Pin=1234"}, "fields", "password_field"),
    ({"fields": "Size="}, "fields", "required"),
]


def test_bad_extras_are_refused_all_at_once():
    """Each bad log-in, billing contact and custom field is named by row, field and reason."""
    good = {**PERSON, "email": "good@example.com", "password": SECRET}
    cases = [({"email": f"c{place}@example.com", "password": None, **row}, f, c) for place, (row, f, c) in enumerate(BAD_EXTRAS)]  # fmt: skip
    assert_refused(base(), rule("add-client"), good, cases)


def test_many_are_one_by_one():
    """Law: a table of n clients leaves the same tables as n tables of one."""
    rows = [{name: value for name, value in row.items() if name != "password"} for row in ROWS]
    assert_one_by_one_is_same(add_client, AddClient, base, rows)


def test_a_password_is_nowhere_but_in_its_hash(book, tmp_path_factory, monkeypatch):
    """By form, file and line, applied, refused and undone: no file of the book, no draft and no answer has it, nor its hash."""
    kept = book.path.parent
    monkeypatch.setenv("CLIENTOPS_STATE", str(kept / "state"))
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)
    file = tmp_path_factory.mktemp("given") / "clients.csv"
    file.write_text(
        f"last_name,email,password\nA,a@x.org,{SECRET}\nB,nobody,{SECRET}\nC,c@x.org,{SECRET[:7]}\n", encoding="utf-8"
    )
    one = ["--set", "last_name=B", "--set", "email=b@x.org", "--set", f"password={SECRET}"]
    told = [
        run(book, "apply", "add-client", *one, "--dry-run"),
        run(book, "apply", "add-client", *one, "--dry-run", "--json"),
        run(book, "apply", "add-client", *one, "--reason", "x"),
        run(book, "apply", "add-client", str(file), "--reason", "x"),
        run(book, "apply", "add-client", str(file), "--reason", "x", "--json", "--only-good"),
        run(book, "show", "2"), run(book, "show", "2", "--json"), run(book, "entries", "--requests"),
        run(book, "history", "users", "3"), run(book, "query", "select request from history.requests"),
    ]  # fmt: skip
    hand = Hand(shell.screen("manual-entry/add-client", book=book))
    values = {"last_name": "F", "email": "f@x.org", "password": SECRET}
    hand.type(**values)
    hand.leave("password", **values)
    hand.submit(**values)
    assert "Preview: Add client" in hand.text, hand.problems()
    told.append(json.dumps(hand.view.tree))
    hand.submit(reason="x")
    told.append(json.dumps(hand.view.tree))
    hand.click("Undo")
    hashes = book.query("select password_hash from history.users where password_hash is not null")[1]
    assert len(hashes) == 4
    assert all(PasswordHasher().verify(found, SECRET) for (found,) in hashes)
    for answer in told:
        assert SECRET not in answer
        assert "argon2" not in answer
    assert "(hidden)" in told[5]
    held = [path.name for path in kept.rglob("*") if path.is_file() and SECRET.encode() in path.read_bytes()]
    assert held == []


def run(book, *words):
    """Output of a command, however it ends."""
    return (
        CliRunner()
        .invoke(app, ["--book", str(book.path), "--operator", "maria", *words], env={"COLUMNS": "200"})
        .output
    )
