"""Every rule of the twelve kinds, tried with right and with wrong values at its form, as a file, and on one line."""

from __future__ import annotations

import csv
import json
import shutil

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.cli import app
from clientops.registry import MANUAL_KINDS, every_rule, rule, rules
from clientops.workbench import frame as shell
from clientops.workbench.change.fields import entered, fields_of
from clientops.workbench.change.workflow import NAME_FIELD, Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.nodes import h
from clientops.workbench.ui.widget import View
from tests.books import OPERATOR, apply_any_now, apply_by_hand
from tests.builders import NOW, TODAY
from tests.examples import EXAMPLES
from tests.workbench.screens import Hand

ENTRIES = [e for e in EXAMPLES if every_rule()[e.rule].manual]
# What is refused in a field of each kind; a field of text, and a list of names, take nearly everything else.
WRONG = {
    "pick": "-3", "money": "a lot", "number": "many", "date": "2026-02-30", "moment": "yesterday", "choice": "purple",
    "text": "a\x00b", "long": "a\x1bb", "list": "x\x07", "secret": "\x00", "tick": True,
}  # fmt: skip


@pytest.fixture(scope="module")
def shop(shop_file, tmp_path_factory):
    """A shop that nobody changes: what is tried on it is previewed only."""
    folder = tmp_path_factory.mktemp("entries")
    return Book(shutil.copy(shop_file, folder / "shop.duckdb"), operator=OPERATOR)


@pytest.fixture(params=ENTRIES, ids=lambda example: example.rule)
def example(request):
    return request.param


@pytest.fixture
def prepared(example, shop, shop_file, tmp_path):
    """The shop with what the example needs."""
    if not (example.first or example.flaws):
        return shop
    book = Book(shutil.copy(shop_file, tmp_path / "shop.duckdb"), operator=OPERATOR)
    for flaw in example.flaws:
        apply_by_hand(book, flaw, lenient=True)
    # Links that were sent then are not open any more.
    clock = {"today": None, "now": None} if example.rule == "revoke-invitation" else {"today": TODAY, "now": NOW}
    for name, requests in example.first:
        apply_any_now(book, every_rule()[name], requests, **clock)
    return book


def test_every_kind_has_entries():
    """Each of the twelve kinds has rules, and each of these an example that is tried here."""
    assert {rule(e.rule).manual for e in ENTRIES} == set(MANUAL_KINDS)
    assert {e.rule for e in ENTRIES} == {r.name for r in rules().values() if r.manual}


def rows_of(example):
    """Its requests, as a list."""
    return [example.requests] if isinstance(example.requests, dict) else list(example.requests)


def test_wrong_values_stand_under_their_fields(example, prepared):
    """A value that cannot be in each field is told under each of them at once, with its label; nothing is asked of the book."""
    if not fields_of(rule(example.rule).request):
        return
    hand = Hand(shell.screen(f"manual-entry/{example.rule}", book=prepared))
    fields = [f for f in fields_of(rule(example.rule).request) if f.kind != "tick" and f.name != NAME_FIELD]
    hand.submit(**{field.name: WRONG[field.kind] for field in fields})
    wrong = {node.attributes["id"].split("-")[1] for node in hand.view.drawn.find(class_="co-problem")}
    assert wrong == {field.name for field in fields}
    assert all(len(text) > 10 for text in hand.problems())
    assert "Preview:" not in hand.text


def test_right_values_are_previewed_alike(example, prepared, tmp_path, request):
    """The example, typed into the fields, is previewed as from Python; on the command line likewise, in a file or on one line.

    The short form tries the command line with what has several rows, and once a kind.
    """
    rows = rows_of(example)
    change = Change(Desk(prepared), example.rule)
    hand = Hand(View(_Whole(change)))
    known = {field.name: field for field in fields_of(rule(example.rule).request)}
    hand.submit(**{name: _typed(known[name], value) for name, value in rows[0].items()})
    assert change.preview is not None, (hand.problems(), hand.text)
    assert f"Preview: {rule(example.rule).title}" in hand.text
    assert _counts(change.preview) == _counts(prepared.preview(rule(example.rule), rows[:1]))
    first = next(e for e in ENTRIES if rule(e.rule).manual == rule(example.rule).manual)
    if len(rows) == 1 and example is not first and not request.config.getoption("--long"):
        return
    texts = [{name: _written(value) for name, value in row.items()} for row in rows]
    words = [_file(tmp_path, texts)] if len(rows) > 1 else [f"--set={name}={text}" for name, text in texts[0].items()]
    assert _dry_run(prepared, example.rule, *words) == _counts(prepared.preview(rule(example.rule), rows, today=TODAY))


class _Whole:
    """A form alone on its screen."""

    may_go_on = staticmethod(lambda: True)

    def __init__(self, change):
        self.change = change

    def tree(self):
        return h("main", self.change.tree())


def _typed(field, value):
    if field.kind == "tick":
        return value in (True, "yes")
    return entered(field, value) if not isinstance(value, str) else value


def _written(value):
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list) else str(value)


def _file(folder, rows):
    path = folder / "requests.csv"
    with path.open("w", newline="", encoding="utf-8") as out:
        writer = csv.DictWriter(out, list(dict.fromkeys(name for row in rows for name in row)))
        writer.writeheader()
        writer.writerows(rows)
    return str(path)


def _counts(preview):
    return [[c.table, c.kind, c.count] for c in preview.changes]


def _dry_run(book, name, *words):
    """What a dry run would change, as (table, kind, rows)."""
    result = CliRunner().invoke(
        app, ["--json", "--book", str(book.path), "apply", name, *words, "--dry-run", "--today", TODAY.isoformat()]
    )
    assert result.exit_code == 0, result.output
    return [[c["table"], c["kind"], c["count"]] for c in json.loads(result.output)["changes"]]
