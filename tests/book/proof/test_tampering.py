"""Whoever owns the file can change any byte of it: what verify finds of that by itself, with a noted head, with an anchor."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from clientops.book.book import Book
from clientops.book.erasure.rule import ERASE
from clientops.book.proof import witnesses
from clientops.book.proof.anchors import Anchor, new_anchor
from clientops.book.proof.verify import verify
from clientops.book.proof.verify_anchors import Trust
from clientops.registry import rule
from tests.book.proof.tamperings import (
    ALWAYS,
    ANCHOR,
    CREDIT,
    HEAD,
    LAST,
    NEVER,
    NOTED,
    PAGE,
    TAMPERINGS,
    page_with,
    recompute,
    table,
)
from tests.books import OPERATOR, apply_by_hand, behind_the_back
from tests.builders import NOW, TODAY


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """The file open, an anchor of operation 7 signed by the auditor nine days ago, and who may sign; operations 8 and 9 are of today."""
    folder = tmp_path_factory.mktemp("tampering")
    path = shutil.copy(shop_file, folder / "book.duckdb")
    book = Book(path, operator=OPERATOR)

    def apply(name, request, reason="because"):
        return book.apply_now(rule(name), request, reason=reason, today=TODAY, now=NOW)

    apply_by_hand(book, ("settings", "insert", [{"id": 90, "name": "retention_years", "value": "0"}]), lenient=True)
    apply("issue-credit", {"client_id": 1, "amount": "11", "description": "Downtime"})
    apply("add-note", {"client_id": 2, "body": "Wants no calls"})
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "Kent"}]))
    apply_by_hand(book, ("notes", "delete", [{"id": 1}]))
    book.undo(6)
    preview = book.preview(ERASE, {"client_id": 5, "confirm_name": "Emmy Noether"}, today=TODAY, now=NOW)
    book.apply(preview, reason="asked to be forgotten")
    apply("issue-credit", {"client_id": 2, "amount": "5", "description": "Downtime"})
    with behind_the_back(path) as connection:
        connection.execute(
            f"update history.operations set applied_at = applied_at - interval 10 days where id <= {NOTED}"
        )
        recompute(connection)
        (sha256,) = connection.execute(f"select sha256 from history.operations where id = {NOTED}").fetchone()
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / "key"], check=True)
        (folder / "signers").write_text(f"auditor@example.com {(folder / 'key.pub').read_text()}")
        anchor = new_anchor((NOTED, sha256), "auditor", datetime.now(UTC) - timedelta(days=9))
        anchor = replace(anchor, signature=witnesses.sign(anchor, folder / "key"))
        yield connection, anchor, Trust(folder / "signers")


def looked_at(connection, anchor, trust):
    """What is found without anything noted, with the head, and with the anchor: three lists of sentences, of one run."""
    found = verify(connection, anchor.sha256, [anchor], trust).findings
    by_head = [f.message for f in found if "the head hash" in f.message]
    by_anchor = [f.message for f in found if "the anchor" in f.message]
    alone = [f.message for f in found if f.message not in {*by_head, *by_anchor}]
    return alone, by_head, by_anchor


def fingerprint(connection):
    """What the tampering that nothing finds changes: operations, requests, credit, comments."""
    names = ("history.operations", "history.requests", "main.credit_entries")
    sums = [connection.execute(f"select count(*), sum(hash(t)) from {name} t").fetchone() for name in names]
    return sums, connection.execute(
        "select string_agg(comment, '' order by table_name) from duckdb_tables()"
    ).fetchone()


def test_a_made_up_erasure_is_noted(story):
    """It is no finding, as an erasure is none, but verify says whose rows which operation erased."""
    connection, *_ = story
    (case,) = [case for case in TAMPERINGS if "an erasure made up that says so" in case.what]
    connection.begin()
    try:
        case.do(connection)
        erased = verify(connection).erased
    finally:
        connection.rollback()
    assert any(
        text.startswith("credit_entries: in 1 row of 1 operation a person was erased by operation 10")
        for text in erased
    )


def test_the_story_is_clean(story):
    """Nothing is found before anything is done, and everything up to the anchor is proven."""
    connection, anchor, trust = story
    report = verify(connection, anchor.sha256, [anchor], trust)
    assert report.findings == ()
    assert (report.operations, report.proven) == (LAST, NOTED)
    assert "signed by auditor@example.com" in report.anchors[0]
    recompute(connection)  # changes nothing where nothing was changed
    assert verify(connection, anchor.sha256).findings == ()


@pytest.mark.parametrize("case", TAMPERINGS, ids=lambda case: case.what)
def test_tampering(story, case):
    """It is found by what the table says, and by nothing less."""
    connection, anchor, trust = story
    before = fingerprint(connection)
    connection.begin()
    try:
        if callable(case.do):
            case.do(connection)
        else:
            for statement in case.do:
                connection.execute(statement)
        if case.rewrite:
            recompute(connection, case.rewrite)
        alone, by_head, by_anchor = looked_at(connection, anchor, trust)
        is_done = case.found != NEVER or fingerprint(connection) != before
    finally:
        connection.rollback()
    assert is_done, "what nothing finds must have changed something all the same"
    found = (bool(alone), bool(alone or by_head), bool(alone or by_anchor))
    assert found == (case.found == ALWAYS, case.found in {ALWAYS, HEAD}, case.found in {ALWAYS, HEAD, ANCHOR}), (
        alone,
        by_head,
        by_anchor,
    )


def test_a_new_anchor_of_a_rewritten_book(story, tmp_path):
    """Whoever rewrites the book and its anchor cannot sign as the auditor; without a signature it is no proof."""
    connection, anchor, trust = story
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", tmp_path / "own"], check=True)
    connection.begin()
    try:
        connection.execute(f"update history.operations set operator = 'nora' where id = {CREDIT}")
        recompute(connection, CREDIT)
        (sha256,) = connection.execute(f"select sha256 from history.operations where id = {NOTED}").fetchone()
        forged = Anchor(NOTED, sha256, anchor.made_at, anchor.made_by)
        reports = [
            verify(connection, None, [one], trust)
            for one in (
                replace(forged, signature=anchor.signature),
                replace(forged, signature=witnesses.sign(forged, tmp_path / "own")),
                forged,
            )
        ]
    finally:
        connection.rollback()
    assert [[f.code for f in report.findings] for report in reports] == [["anchor_forged"], ["anchor_forged"], []]
    assert [report.proven for report in reports] == [0, 0, 0]


def test_there_are_forty_kinds():
    """The table is long enough, names each kind once, and has some of every answer."""
    assert len(TAMPERINGS) >= 40
    assert len({case.what for case in TAMPERINGS}) == len(TAMPERINGS)
    assert {case.found for case in TAMPERINGS} == {ALWAYS, HEAD, ANCHOR, NEVER}
    assert sum(case.found in {HEAD, ANCHOR} for case in TAMPERINGS) >= 12


def test_the_page_has_this_table():
    """``python -m tests.book.proof.tamperings`` writes it."""
    text = PAGE.read_text(encoding="utf-8")
    assert page_with(text, table()) == text
