"""Every rule against every promise: one example of each is previewed, failed, applied, confirmed again and undone.

The tables are read over a connection of its own, which sees what is committed.
"""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from typing import Any

import pytest

from clientops import registry as operations
from clientops.book.book import Book
from clientops.book.write import record as writing
from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import IntegrityError, StaleError
from clientops.schema.definition import table
from tests.books import OPERATOR, apply_any, apply_any_now, apply_by_hand, preview_any, read_history, read_rows
from tests.examples import EXAMPLES, Example

Rows = dict[str, list[tuple[Any, ...]]]


def test_every_rule_has_an_example():
    """A rule without an example would keep no promise that is looked at."""
    missing = [name for name in operations.rules() if name not in {example.rule for example in EXAMPLES}]
    assert missing == [], f"add an example to tests/examples.py for {', '.join(missing)}"


def test_every_example_has_a_rule():
    """An example of a rule that went is struck off."""
    assert {example.rule for example in EXAMPLES} <= set(operations.every_rule())


@dataclass
class Story:
    """What happened to the example of one rule, as another connection saw it."""

    preview: Preview
    before: Rows
    after_failing: Rows
    history_kept: bool
    receipt: Receipt
    again: Receipt
    operations_again: int
    after: Rows
    after_undo: Rows
    findings: tuple[Any, ...]
    flaws: list[Any]
    stale_error: StaleError | None
    stale_kept: bool


def prepared(example: Example, shop_file, path) -> Book:
    book = Book(shutil.copy(shop_file, path), operator=OPERATOR)
    for flaw in example.flaws:
        apply_by_hand(book, flaw, lenient=True)
    for name, requests in example.first:
        apply_any_now(book, operations.every_rule()[name], requests)
    return book


@pytest.fixture(scope="module", params=EXAMPLES, ids=lambda example: example.rule)
def story(request, shop_file, tmp_path_factory) -> Story:
    """The story of one rule, told once for all its promises."""
    example = request.param
    rule = operations.every_rule()[example.rule]
    folder = tmp_path_factory.mktemp(example.rule)
    book = prepared(example, shop_file, folder / "book.duckdb")
    stale = Book(shutil.copy(book.path, folder / "stale.duckdb"), operator=OPERATOR)
    with book.session():
        before, history = _rows(book), read_history(book.path, is_open=True)
        preview = preview_any(book, rule, example.requests)
        assert preview.problems == (), preview.problems

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(writing, "check_moved_alike", _fail)
            with pytest.raises(IntegrityError, match="a fault put in by hand"):
                apply_any(book, preview, "will fail")
        after_failing, history_kept = _rows(book), read_history(book.path, is_open=True) == history

        receipt = apply_any(book, preview, "an example")
        after = _rows(book)
        again = apply_any(book, preview, "confirmed twice")
        operations_again = book.head()[0] - receipt.operation_id
        flaws = book.check()
        book.undo(receipt.operation_id, reason="an example")
        after_undo, findings = _rows(book), book.verify().findings

    with stale.session():
        apply_by_hand(stale, example.meanwhile, lenient=True)
        moved_on, stale_error = _rows(stale), None
        try:
            apply_any(stale, preview)
        except StaleError as error:
            stale_error = error
        stale_kept = _rows(stale) == moved_on
    return Story(
        preview, before, after_failing, history_kept, receipt, again, operations_again, after, after_undo, findings,
        flaws, stale_error, stale_kept,
    )  # fmt: skip


def _rows(book: Book) -> Rows:
    return read_rows(book.path, is_open=True)


def _fail(*_arguments: Any) -> None:
    raise IntegrityError("a fault put in by hand")


def written(before: Rows, after: Rows) -> dict[tuple[str, str], dict[int, tuple[Any, Any]]]:
    """Rows that differ, by table and kind: number -> (row before, row after)."""
    found: dict[tuple[str, str], dict[int, tuple[Any, Any]]] = {}
    for name in before:
        names = table(name).column_names
        old = {row[0]: dict(zip(names, row, strict=True)) for row in before[name]}
        new = {row[0]: dict(zip(names, row, strict=True)) for row in after[name]}
        for number in sorted(old.keys() | new.keys()):
            pair = (old.get(number), new.get(number))
            if pair[0] != pair[1]:
                kind = "insert" if pair[0] is None else "delete" if pair[1] is None else "update"
                found.setdefault((name, kind), {})[number] = pair
    return found


def test_previews_the_truth(story):
    """Exactly the rows that the preview showed were written, in every column, and no others."""
    shown = {(c.table, c.kind): {(b or a)["id"]: (b, a) for b, a in c.sample} for c in story.preview.changes}
    assert shown
    assert written(story.before, story.after) == shown


def test_applies_whole(story):
    """The receipt counts what is in the tables; the changed columns are those that were announced."""
    found = written(story.before, story.after)
    assert sorted(story.receipt.counts) == sorted((name, kind, len(rows)) for (name, kind), rows in found.items())
    for change in story.preview.changes:
        if change.kind == "update":
            differing = {c for b, a in found[change.table, "update"].values() for c in b if b[c] != a[c]}
            assert differing <= set(change.columns)


def test_leaves_the_tables_without_a_flaw(story):
    """References and invariants hold in all tables, not only in the rows that were looked at."""
    assert story.flaws == []


def test_fails_whole(story):
    """An error just before the end leaves every row of tables and history as it was."""
    assert story.after_failing == story.before
    assert story.history_kept


def test_confirmed_twice_applies_once(story):
    """The second confirmation gets the first one's receipt and changes nothing."""
    assert (story.again.operation_id, story.again.is_repeated) == (story.receipt.operation_id, True)
    assert story.operations_again == 0


def test_refuses_when_stale(story):
    """When the tables moved on so that it would do something else, nothing is changed, and the error says who did it."""
    assert story.stale_error is not None, "the change in between made no difference: choose another one"
    assert [rule for _, rule, _ in story.stale_error.culprits] == ["by-hand"]
    assert story.stale_kept


def test_undoes_whole(story):
    """After the undo every row of every table is as before."""
    assert story.after_undo == story.before
    assert story.after != story.before


def test_verify_is_clean(story):
    """Tables, history and chain agree after applying and undoing."""
    assert story.findings == ()
