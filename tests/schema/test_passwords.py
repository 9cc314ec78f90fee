"""Passwords that anybody would guess are refused, whatever stands around them; and nothing secret is kept in a file."""

import csv
import stat

import pytest
from typer.testing import CliRunner

from clientops.cli import app
from clientops.registry import every_rule, rule
from clientops.schema.passwords import hash_password, is_guessed
from clientops.schema.request_fields import is_secret
from clientops.workbench.change.fields import fields_of
from clientops.workbench.change.unsent_input import read_draft
from clientops.workbench.ui.errors import MOST_BYTES, trouble_of
from clientops.workbench.ui.user_files import state_folder
from tests.builders import NOW, TODAY
from tests.rules.refusals import problems_of


@pytest.mark.parametrize(
    "text",
    ["Password1!", "Summer2026!", "passwortpasswort", "clientops1", "P@ssw0rd123", "qwertyuiop", "1q2w3e4r5t", "aaaaaaaaaaaa", "1234567890",
     "abcdefghij", "Willkommen2026", "letmein!!!123", "monkeydragon", "!!!welcome!!!", "asdfghjkl1", "qwertz123456"],
)  # fmt: skip
def test_common_ones(text):
    """Numbers, signs, capitals and letters that look alike make no password of a word."""
    assert is_guessed(text)
    with pytest.raises(ValueError, match="anybody would guess"):
        hash_password(text)


@pytest.mark.parametrize(
    "text",
    ["four words for ada", "correct horse battery", "tG7#kq0-Lm2x", "violet anchor 9 tides", "summer of quiet rain"],
)
def test_others(text):
    """Words that are mixed, and what nobody would guess."""
    assert not is_guessed(text)


@pytest.mark.parametrize(
    "text",
    ["ada@example.com", "Ada@Example.com1", "ada.lovelace", "AdaLovelace1815!", "Lovelace-Ada-99", "lovelace1234"],
)
def test_ones_own_address_and_name(book, text):
    """Neither when it is set for a user that there is, nor when user and client are added."""
    with book.tables() as tables:
        set_it = problems_of(tables, rule("set-password"), [{"user_id": 1, "password": text}])
        added = problems_of(
            tables,
            rule("add-client"),
            [
                {
                    "first_name": "Ada",
                    "last_name": "Lovelace",
                    "email": "ada@example.com",
                    "currency": "EUR",
                    "password": text,
                }
            ],
        )
    for found in (set_it, added):
        assert "password" in [p.field for p in found], found
        assert text not in repr(found)


def test_every_password_is_a_secret():
    """One definition: fields of passwords and tokens are secret in every model, and forms keep none of them in a draft."""
    for found in every_rule().values():
        for name, info in found.request.model_fields.items():
            assert ("password" in name or "token" in name) <= is_secret(info), f"{found.name}.{name}"
        for field in fields_of(found.request):
            assert field.is_secret == is_secret(found.request.model_fields[field.name])


def test_no_password_in_a_draft(book):
    """What is typed into a secret field of a form is in no draft file."""
    from clientops.workbench.change.workflow import Change
    from clientops.workbench.session import Desk

    change = Change(Desk(book), "set-password")
    form = change.form
    form.typed({"user_id": "1", "password": "plain words of ada"})
    assert read_draft(book.path, book.operator, form.draft) is None or "plain words" not in str(
        read_draft(book.path, book.operator, form.draft)
    )
    for file in (state_folder() / "drafts").glob("*"):
        assert "plain words" not in file.read_text()
        assert stat.S_IMODE(file.stat().st_mode) == 0o600


def test_problem_files_are_private_and_hold_no_password(book, tmp_path):
    """The refused rows without their passwords, readable by the owner only, also where a file was there."""
    given, problems = tmp_path / "given.csv", tmp_path / "problems.csv"
    given.write_text("user_id,password\n2,short\n3,four words for nobody\n")
    problems.write_text("")
    problems.chmod(0o644)
    words = [
        "--book",
        str(book.path),
        "apply",
        "set-password",
        str(given),
        "--problems",
        str(problems),
        "--reason",
        "x",
    ]
    result = CliRunner().invoke(app, words)
    assert result.exit_code == 1, result.output
    assert stat.S_IMODE(problems.stat().st_mode) == 0o600
    rows = list(csv.reader(problems.open(encoding="utf-8-sig")))
    assert [row[:2] for row in rows] == [["user_id", "password"], ["2", "(hidden)"], ["3", "(hidden)"]]


def test_the_log_of_errors_is_private_and_ends(monkeypatch, tmp_path):
    """Its folder is 0700, the file 0600, and it does not grow without end."""
    folder = tmp_path / "state"
    folder.mkdir(mode=0o755)
    monkeypatch.setenv("CLIENTOPS_STATE", str(folder))
    trouble_of(ValueError("x"))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert stat.S_IMODE((folder / "errors.log").stat().st_mode) == 0o600
    for _ in range(4):
        trouble_of(ValueError("y" * MOST_BYTES))
    assert sum(file.stat().st_size for file in folder.glob("errors*")) < 4 * MOST_BYTES


def test_the_rule_says_it_too(book):
    """An own name is refused by apply, as one problem."""
    from clientops.core.errors import RefusedError

    with pytest.raises(RefusedError, match="address or name"):
        book.apply_now(rule("set-password"), {"user_id": 1, "password": "ada@example.com"}, today=TODAY, now=NOW)
