"""Likely duplicates, told before a client is saved."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from clientops.cli import app
from clientops.registry import rule
from clientops.reports.lists.duplicate_warning import find_likely, other_warnings
from clientops.workbench import frame as shell
from tests.books import insert
from tests.workbench.screens import Hand

TURING = {"first_name": "Allan", "last_name": "Turing", "email": "at@other.example", "address1": "Hut 8 Bletchley Park", "city": "Bletchley", "country": "GB"}  # fmt: skip


@pytest.fixture
def of(book):
    """The shop with a client whose name and address are known."""
    insert(book, clients=[{"id": 9, "first_name": "Alan", "last_name": "Turing", "email": "alan9@example.com", "address1": "Hut 8, Bletchley Park",
                           "city": "Bletchley", "country": "GB", "phone": "+441908640404", "tax_id": "GB1"}])  # fmt: skip
    return book


def likely(book, *requests):
    preview = book.preview(rule("add-client"), list(requests))
    assert not preview.problems, preview.problems
    with book.tables() as tables:
        found = find_likely(tables, preview)
    return found, other_warnings(preview, found)


@pytest.mark.parametrize(
    ("given", "why"),
    [
        pytest.param({"last_name": "X", "email": "ALAN9@example.com"}, "email", id="same e-mail"),
        pytest.param({"last_name": "X", "email": "x@x.org", "phone": "01908 640404", "country": "GB"}, "phone", id="same phone"),
        pytest.param(TURING, "address", id="similar name and address"),
    ],
)  # fmt: skip
def test_a_likely_duplicate_is_named_with_the_reason(of, given, why):
    """The client who is there already is named, with what is the same; no other warning repeats it."""
    found, others = likely(of, given)
    assert [one.client_id for one in found] == [9]
    assert why in found[0].sentence
    assert "Alan Turing" in found[0].sentence
    assert others == ()


def test_a_stranger_is_not_warned_of(of):
    """A client like nobody else is added without a word."""
    assert likely(of, {"first_name": "Sofia", "last_name": "Kowalewskaja", "email": "sofia@example.org"}) == ((), ())


def test_many_at_once_are_told_by_what_is_exactly_the_same(of):
    """A file of more than twenty clients is not searched one by one, but the same e-mail is told."""
    rows = [{"last_name": f"N{n}", "email": f"n{n}@example.org"} for n in range(30)]
    found, _ = likely(of, *rows, {"last_name": "X", "email": "alan9@example.com"})
    assert [(one.row, one.client_id) for one in found] == [(31, 9)]


def test_the_form_offers_the_existing_one(of, monkeypatch, tmp_path):
    """Before anything is saved, a button leads to the client who is there already; nothing was changed, no draft is left."""
    monkeypatch.setenv("CLIENTOPS_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)
    hand = Hand(shell.screen("manual-entry/add-client", book=of))
    hand.submit(**TURING)
    assert "Client 9, Alan Turing, is probably the same" in hand.text
    hand.click("Use the existing one")
    assert "#9" in hand.text
    assert of.head()[0] == 2
    assert "draft" not in Hand(shell.screen("manual-entry/add-client", book=of)).text


def test_the_command_line_tells_too(of):
    """A dry run names the likely duplicate."""
    words = [word for name, value in TURING.items() for word in ("--set", f"{name}={value}")]
    result = CliRunner().invoke(
        app, ["--book", str(of.path), "apply", "add-client", *words, "--dry-run"], env={"COLUMNS": "200"}
    )
    assert "Note: client 9, Alan Turing, is probably the same" in result.output
    result = CliRunner().invoke(app, ["--book", str(of.path), "apply", "add-client", *words, "--dry-run", "--json"])
    assert json.loads(result.output)["warnings"][0]["code"] == "likely_duplicate"
