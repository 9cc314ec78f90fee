"""Manual entry: each kind goes the same three ways, by form, by file and by one line, and can be taken back."""

from __future__ import annotations

import csv
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.registry import rule
from clientops.workbench import frame as shell
from tests.books import fingerprint, tamper
from tests.workbench.screens import Hand


@dataclass(frozen=True)
class Kind:
    """A rule that enters something, the table that shows it, its n-th request, from 0, and what must be there before."""

    rule: str
    table: str
    request: Callable[[int], Mapping[str, Any]]
    first: str = ""


MORE_CLIENTS = "insert into clients (id, currency_id) select 100 + i, 1 from range(1, 10001) t(i)"
MORE_SERVICES = "insert into services (id, client_id) select 100 + i, 1 from range(1, 10001) t(i)"
KINDS = (
    Kind("issue-credit-note", "credit_notes", lambda n: {"client_id": 1, "amount": "0.25", "reason": f"No {n}"}),
    Kind("record-fee", "transactions", lambda n: {"amount": "4.90", "gateway": "stripe", "reference": f"fee_{n}"}),
    Kind("create-invoice", "invoices", lambda n: {"client_id": 6, "description": f"Item {n}", "unit_price": "9.99", "quantity": "3", "discount": "1.50", "is_taxed": True}),
    Kind("add-invoice-item", "invoice_items", lambda n: {"invoice_id": 6, "description": f"Item {n}", "unit_price": "9.99", "quantity": "3", "discount": "1.50"}),
    Kind("make-affiliate", "affiliates", lambda n: {"client_id": 101 + n, "pay_amount": "7.5", "is_one_time": "no"}, MORE_CLIENTS),
    Kind("record-referral", "referrals", lambda n: {"affiliate_id": 1, "service_id": 101 + n}, MORE_SERVICES),
    Kind("add-article", "articles", lambda n: {"title": f"Article {n}", "body": f"# No {n}\n\n*Text*", "category_ids": "1 2", "tags": "a, b"}),
    Kind("add-client", "clients", lambda n: {"first_name": "Nora", "last_name": f"N{n}", "email": f"n{n}@example.org", "country": "DE", "billing_first_name": "Max", "billing_last_name": "Planck", "billing_email": f"m{n}@example.org", "invite": True, "send_welcome": True}),
    Kind("add-user", "users", lambda n: {"email": f"u{n}@example.org", "client_id": n % 6 + 1, "language": "de"}),
    Kind("add-note", "notes", lambda n: {"client_id": n % 6 + 1, "body": f"Note {n}, *in short*", "is_sticky": "no"}),
    Kind("add-custom-field", "custom_fields", lambda n: {"name": f"Field {n}", "type": "number", "sort_order": n % 9}),
    Kind("open-ticket", "tickets", lambda n: {"client_id": n % 6 + 1, "subject": f"Ticket {n}", "message": "Please look", "first_reply": "Looking"}),
    Kind("log-communication", "communications", lambda n: {"client_id": n % 6 + 1, "kind": "call", "subject": f"Call {n}", "outcome": "Fine", "follow_up_on": "2099-01-31"}),
)  # fmt: skip


@pytest.fixture(autouse=True)
def strict(monkeypatch, tmp_path):
    monkeypatch.setenv("CLIENTOPS_STRICT", "1")
    monkeypatch.setenv("CLIENTOPS_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)


@pytest.fixture(params=KINDS, ids=lambda kind: kind.rule)
def kind(request):
    return request.param


@pytest.fixture
def filled(kind, book):
    """The shop, with what the requests need."""
    if kind.first:
        tamper(book.path, kind.first)
    return book


def count(book: Book, table: str) -> int:
    """Rows of a table."""
    return int(book.query(f"select count(*) from {table}")[1][0][0])


def run(book: Book, *words: str) -> str:
    """Output of a command that must do what it is told."""
    result = CliRunner().invoke(app, ["--book", str(book.path), "--operator", "maria", *map(str, words)], env={"COLUMNS": "200"})  # fmt: skip
    assert result.exit_code == 0, result.output
    return result.output


def test_by_form(kind, filled):
    """The form shows a preview, applies it with the reason, and takes it back."""
    before, rows = fingerprint(filled.path), count(filled, kind.table)
    hand = Hand(shell.screen(f"manual-entry/{kind.rule}", book=filled))
    hand.submit(
        **{name: str(value) if not isinstance(value, bool) else value for name, value in kind.request(0).items()}
    )
    assert f"Preview: {rule(kind.rule).title}" in hand.text, hand.problems()
    assert fingerprint(filled.path) == before
    hand.submit(reason="Told by telephone")
    assert count(filled, kind.table) == rows + 1
    assert (filled.operation(2).line.reason, filled.operation(2).line.rule) == ("Told by telephone", kind.rule)
    hand.click("Undo")
    assert fingerprint(filled.path) == before


def test_by_one_line(kind, filled):
    """The same request on the command line, previewed, applied and undone."""
    before, rows = fingerprint(filled.path), count(filled, kind.table)
    words = [word for name, value in kind.request(0).items() for word in ("--set", f"{name}={value}")]
    assert "Nothing was changed" in run(filled, "apply", kind.rule, *words, "--dry-run")
    run(filled, "apply", kind.rule, *words, "--reason", "Told by telephone")
    assert count(filled, kind.table) == rows + 1
    run(filled, "undo", "2", "--reason", "Wrong")
    assert fingerprint(filled.path) == before


@pytest.mark.parametrize("many", [1, 300, pytest.param(10_000, marks=pytest.mark.slow)])
def test_by_file(kind, filled, tmp_path, many):
    """A file of one row and one of ten thousand take the same path, as one operation, and can be taken back."""
    before, rows = fingerprint(filled.path), count(filled, kind.table)
    requests = [kind.request(n) for n in range(many)]
    file = tmp_path / "requests.csv"
    with file.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(requests[0]))
        writer.writeheader()
        writer.writerows(requests)
    run(filled, "apply", kind.rule, file, "--reason", "From the paper files")
    assert count(filled, kind.table) == rows + many
    assert filled.operation(2).line.request_count == many
    filled.undo(2, reason="Wrong file")
    assert fingerprint(filled.path) == before
