"""Evidence bundles: whatever is changed in one is found by a program without clientops, and named."""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

import clientops.api.book as api
from clientops.book.book import Book
from clientops.book.erasure.rule import ERASE
from clientops.book.proof import verify_evidence
from clientops.book.proof.anchors import Anchor, append_anchor, new_anchor
from clientops.book.proof.evidence import write_evidence
from clientops.cli import app
from clientops.core.errors import BookError, UsageError
from clientops.registry import rule
from tests.book.proof.test_verify import rewrite_chain
from tests.books import OPERATOR, apply_by_hand, behind_the_back, tamper
from tests.builders import NOW, TODAY
from tests.docs.pages import ROOT

NOTE = 'Ünï🦆 "quoted", =1+1\nand a line\\'
MISFITS = (ValueError, LookupError, TypeError, AttributeError, OSError, zipfile.BadZipFile)


def _now() -> date:
    return datetime.now(UTC).date()


@pytest.fixture(scope="module")
def story(shop_file, tmp_path_factory):
    """A shop in which things were inserted, changed, deleted, undone and two persons erased: operations 1 to 8.

    Operation 1 is of yesterday; the period is today: 2 to 8, with an erasure in it. Then operation 9 erases, tomorrow.
    """
    path = shutil.copy(shop_file, tmp_path_factory.mktemp("evidence") / "book.duckdb")
    book = Book(path, operator=OPERATOR)

    def apply(name, request, operator=OPERATOR, reason="because"):
        return Book(path, operator=operator).apply_now(rule(name), request, reason=reason, today=TODAY, now=NOW)

    apply_by_hand(book, ("settings", "insert", [{"id": 90, "name": "retention_years", "value": "0"}]), lenient=True)
    apply(
        "issue-credit",
        [{"client_id": 1, "amount": "12.50", "description": NOTE}, {"client_id": 2, "amount": "5", "description": "x"}],
    )
    apply("add-note", {"client_id": 6, "body": "Only of Emmy"}, "emmy@example.com (client area)", None)
    apply_by_hand(
        book, ("clients", "update", [{"id": 6, "city": None, "first_name": "Amalie"}, {"id": 1, "city": "Kent"}])
    )
    apply_by_hand(
        book, ("notes", "delete", [{"id": 2}]), ("users", "update", [{"id": 1, "password_hash": "$argon2id$secret"}])
    )
    book.undo(5, reason="mistake")
    with behind_the_back(path) as connection:  # days: the machine's clock is no argument of an operation
        connection.execute("update history.operations set applied_at = applied_at - interval 1 day where id = 1")
    rewrite_chain(path)
    _erase(path, 5)
    return Book(path, operator="auditor")


def _erase(path, client):
    """Erase a client whose records need not be kept any more, as an operation of now."""
    book = Book(path, operator=OPERATOR)
    name = book.query("select trim(concat_ws(' ', first_name, last_name)) from clients where id = $id", id=client)[1][
        0
    ][0]
    preview = book.preview(ERASE, {"client_id": client, "confirm_name": name}, today=TODAY, now=NOW)
    return book.apply(preview, reason="asked to be forgotten")


@pytest.fixture(scope="module")
def bundle(story, tmp_path_factory):
    """The bundle of today, with an anchor of its end."""
    path = tmp_path_factory.mktemp("bundle") / "bundle.zip"
    head = new_anchor(story.head(), "maria", datetime.now(UTC))
    write_evidence(story, _now(), _now(), path, anchors=[head])
    return path


def contents(path):
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rewritten(path, files, *, sums=True):
    """A bundle of these files; the list of their hashes is made again, as somebody would who tampers."""
    if sums:
        files = {name: content for name, content in files.items() if name != "SHA256SUMS"}
        lines = [f"{hashlib.sha256(files[name]).hexdigest()}  {name}\n" for name in sorted(files)]
        files["SHA256SUMS"] = "".join(lines).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


def misfit(path, *heads):
    """What the verifier names; empty if everything fits."""
    try:
        verify_evidence.verify(path, list(heads))
    except MISFITS as error:
        return str(error) or repr(error)
    return ""


def rows_of(content):
    return [json.loads(line) for line in content.decode().split("\n")[:-1]]


def written(rows):
    return "".join(verify_evidence.compact(row) + "\n" for row in rows).encode()


def test_the_story_is_clean(story, bundle):
    """The book agrees with itself, and its bundle with the head that was noted."""
    assert story.verify().findings == ()
    assert story.head()[0] == 8
    assert misfit(bundle, story.head()[1]) == ""
    assert "is of no operation in the bundle" in misfit(bundle, "ab" * 32)


def test_the_verifier_runs_without_clientops(bundle, tmp_path):
    """Python alone, in an empty folder, with no package of others; it has at most 150 lines."""
    program = tmp_path / "verify_evidence.py"
    program.write_bytes(contents(bundle)["verify_evidence.py"])
    assert len(program.read_text().splitlines()) <= 150

    def check(path, *heads):
        words = [sys.executable, "-I", "-S", program, path, *heads]
        done = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, check=False)
        return done.returncode, done.stdout + done.stderr

    assert check(bundle) == (0, f"{verify_evidence.verify(bundle, [])}\n")
    code, said = check(bundle, "00" * 32)
    assert (code, said[:16]) == (1, "It does not fit:")
    code, said = check(tmp_path / "nowhere.zip")
    assert (code, "Traceback" in said) == (1, False)
    (tmp_path / "no.zip").write_text("no archive")
    assert check(tmp_path / "no.zip") == (1, "It does not fit: File is not a zip file\n")


def test_the_verifier_of_the_documentation_is_the_same():
    """What a reader downloads is what clientops puts into bundles."""
    assert (ROOT / "docs" / "verify_evidence.py").read_bytes() == Path(verify_evidence.__file__).read_bytes()


def test_what_is_in_a_bundle(story, bundle):
    """Operations 2 to 8 with every kind of value, the ones beside them, no password hash, and nothing of the erased."""
    files = contents(bundle)
    manifest = json.loads(files["manifest.json"])
    assert (manifest["begin"]["operation"], manifest["end"]) == (
        1,
        dict(zip(("operation", "sha256"), story.head(), strict=True)),
    )
    assert [row["operation"] for row in rows_of(files["operations.jsonl"])] == list(range(2, 9))
    assert [row["operation"] for row in rows_of(files["outside.jsonl"])] == [1]
    entries = rows_of(files["rows/credit_entries.jsonl"])
    assert NOTE in [row["cells"]["description"] for row in entries]
    assert {"12.5000", "5.0000"} <= {row["cells"]["amount"] for row in entries if row["kind"] == "insert"}
    changed = [row for row in rows_of(files["rows/clients.jsonl"]) if row["operation_id"] == 5]
    assert [sorted(row["cells"]) for row in changed] == [["city", "first_name"]] * 4
    everything = b"".join(files.values())
    assert b"argon2id$secret" not in everything
    assert b"Noether" not in everything
    assert rows_of(files["erased_values.jsonl"])
    assert bundle.stat().st_mode & 0o777 == 0o600
    assert set(manifest["rows"]) == {name for name in files if name.endswith(".jsonl")}


def _cells(row, path=()):
    """Every value in a row of a file, with its place."""
    items = row.items() if isinstance(row, dict) else enumerate(row) if isinstance(row, list) else []
    for key, value in items:
        if isinstance(value, (dict, list)):
            yield from _cells(value, (*path, key))
        else:
            yield (*path, key), value


def _changed(value):
    """Other values that a cell might have."""
    if isinstance(value, int):
        return [value + 1, -value]
    if value is None:
        return ["", "x"]
    return [value + " ", None, value[:-1] + ("0" if value[-1:] != "0" else "1")]


def proves_nothing(name, key):
    """A salt where nothing is hidden, and words about an anchor that its signature is for."""
    return key == "salt" or (name == "anchors.jsonl" and key not in {"operation", "sha256"})


def test_every_changed_cell_is_found(bundle, tmp_path):
    """Whoever changes one value of one row and makes the list of hashes again is found out, in every file."""
    files = contents(bundle)
    path = tmp_path / "b.zip"
    tried = dict.fromkeys(files, 0)
    unseen, salts = [], 0
    for name in sorted(n for n in files if n.endswith(".jsonl")):
        rows = rows_of(files[name])
        for number, row in enumerate(rows):
            if number >= 12:
                break
            for place, value in _cells(row):
                for other in _changed(value)[: 3 if number == 0 else 1]:
                    again = json.loads(json.dumps(rows))
                    target = again[number]
                    for key in place[:-1]:
                        target = target[key]
                    target[place[-1]] = other
                    rewritten(path, {**files, name: written(again)})
                    tried[name] += 1
                    if not misfit(path):
                        unseen.append((name, number, place, value, other))
                    elif place[-1] == "salt":
                        salts += 1
    assert [case for case in unseen if not proves_nothing(case[0], case[2][-1])] == []
    assert salts > 5
    assert all(tried[name] for name in tried if name.endswith(".jsonl") and files[name])
    assert sum(tried.values()) > 500


def test_every_missing_added_and_moved_row_is_found(bundle, tmp_path):
    """So is a row that is removed, doubled or put elsewhere, whether or not the manifest counts it."""
    files = contents(bundle)
    path = tmp_path / "b.zip"
    unseen = []
    for name in sorted(n for n in files if n.endswith(".jsonl") and files[n]):
        rows = rows_of(files[name])
        cases = {"removed": rows[1:], "doubled": [rows[0], *rows], "reversed": rows[::-1], "emptied": []}
        for what, again in cases.items():
            if again == rows:
                continue
            manifest = json.loads(files["manifest.json"])
            manifest["rows"][name] = len(again)
            for counted in (files["manifest.json"], json.dumps(manifest).encode()):
                rewritten(path, {**files, name: written(again), "manifest.json": counted})
                # An anchor can be left out, once it is not counted any more: what is there still fits.
                is_allowed = (
                    name == "anchors.jsonl" and what in {"removed", "emptied"} and counted != files["manifest.json"]
                )
                if bool(misfit(path)) == is_allowed:
                    unseen.append((name, what))
    assert unseen == []


def test_an_operation_left_out_with_everything_of_it_is_found(bundle, tmp_path):
    """Nothing is left over and all counts fit; the one after it does not follow."""
    files = contents(bundle)
    manifest = json.loads(files["manifest.json"])
    again = dict(files)
    for name in (n for n in files if n.endswith(".jsonl")):
        again[name] = written(
            [
                r
                for r in rows_of(files[name])
                if r.get("operation", r.get("operation_id")) != 4 or name == "anchors.jsonl"
            ]
        )
        manifest["rows"][name] = len(rows_of(again[name]))
    again["manifest.json"] = json.dumps(manifest).encode()
    assert misfit(rewritten(tmp_path / "b.zip", again)) == "operation 5 does not follow on operation 3"


def test_rows_that_belong_to_nothing_are_found(bundle, tmp_path):
    """A row of a kind of change that its operation did not make, and an erasure by an operation that is not there."""
    files = contents(bundle)
    row = {"operation_id": 3, "kind": "update", "id": 6, "sign": 1, "cells": {"amount": "999.0000"}}
    entry = {
        "erased_by": 99,
        "operation_id": 3,
        "part": "notes",
        "kind": "insert",
        "sign": 1,
        "id": 1,
        "column_name": "",
        "sha256": "x",
    }
    for name, added in (("rows/credit_entries.jsonl", row), ("erased_values.jsonl", entry)):
        rows = sorted([*rows_of(files[name]), added], key=lambda r: [r.get(n, "") for n in verify_evidence.ORDER])
        manifest = json.loads(files["manifest.json"])
        manifest["rows"][name] += 1
        again = {**files, name: written(rows), "manifest.json": json.dumps(manifest).encode()}
        assert misfit(rewritten(tmp_path / "b.zip", again)).startswith("nothing belongs to "), name


def test_every_line_is_written_in_one_way(bundle, tmp_path):
    """Blanks, escapes or an empty line change no value, and are found all the same."""
    files = contents(bundle)
    for name in sorted(n for n in files if n.endswith(".jsonl") and files[n]):
        first, _, rest = files[name].partition(b"\n")
        for again in (
            first.replace(b",", b", ", 1) + b"\n" + rest,
            first + b"\n\n" + rest,
            (first + b"\n" + rest)[:-1],
        ):
            said = misfit(rewritten(tmp_path / "b.zip", {**files, name: again}))
            assert said.startswith((f"{name} has not", "Expecting value")), (name, said)


def test_every_added_value_is_found(bundle, tmp_path):
    """Something more in a row, its cells or a change is found: a reader would take it for proven."""
    files = contents(bundle)
    unseen = []
    for name in sorted(n for n in files if n.endswith(".jsonl") and files[n]):
        for place in ((), ("cells",), ("changes", 0)):
            rows = rows_of(files[name])
            if place and not rows[0].get(place[0]):
                continue
            target = rows[0]
            for key in place:
                target = target[key]
            target["note"] = "x"
            if not misfit(rewritten(tmp_path / "b.zip", {**files, name: written(rows)})):
                unseen.append((name, place))
    assert unseen == []


def test_every_change_of_the_manifest_is_found(bundle, tmp_path):
    """Heads, days, counts and columns agree with the rows; another name of the book only with the list of hashes."""
    files = contents(bundle)
    manifest = json.loads(files["manifest.json"])
    yesterday = (_now() - timedelta(days=1)).isoformat()
    changed = [
        {"begin": {**manifest["begin"], "sha256": "0" * 64}}, {"begin": {**manifest["begin"], "operation": 0}},
        {"end": {**manifest["end"], "sha256": "0" * 64}}, {"end": {**manifest["end"], "operation": 7}},
        {"end": {**manifest["end"], "operation": 9}}, {"from": yesterday}, {"format": "clientops-evidence-2"}, {"time_zone": "Nowhere"},
        {"columns": {**manifest["columns"], "groups": {}}}, {"columns": {}}, {"rows": {}},
        {"columns": {**manifest["columns"], "clients": {**manifest["columns"]["clients"], "city": "DATE"}, "credit_entries": {}}},
    ]  # fmt: skip
    for change in changed:
        path = rewritten(tmp_path / "b.zip", {**files, "manifest.json": json.dumps({**manifest, **change}).encode()})
        assert misfit(path), change
    renamed = json.dumps({**manifest, "book": "other"}).encode()
    path = rewritten(tmp_path / "b.zip", {**files, "manifest.json": renamed}, sums=False)
    assert misfit(path) == "not as SHA256SUMS lists it: ['manifest.json']"


def test_every_changed_file_is_found(bundle, tmp_path):
    """Each file with another byte, missing or added, and the verifier itself."""
    files = contents(bundle)
    path = tmp_path / "b.zip"
    for name, content in files.items():
        middle = len(content) // 2
        for again in (
            content + b" ",
            content[:middle] + bytes([(content[middle] if content else 0) ^ 1]) + content[middle + 1 :],
        ):
            assert name in misfit(rewritten(path, {**files, name: again}, sums=False)) or name == "SHA256SUMS"
            if name == "SHA256SUMS":
                assert misfit(rewritten(path, {**files, name: again}, sums=False))
        left = {n: c for n, c in files.items() if n != name}
        assert misfit(rewritten(path, left, sums=False))
        if name != "SHA256SUMS":
            assert misfit(rewritten(path, left))
    assert "extra.txt" in misfit(rewritten(path, {**files, "extra.txt": b"x"}))
    other = files["verify_evidence.py"].replace(b"raise ValueError", b"return  # ValueError")
    assert (
        misfit(rewritten(path, {**files, "verify_evidence.py": other})) == "the bundle has another verify_evidence.py"
    )
    with zipfile.ZipFile(rewritten(path, files), "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr("operations.jsonl", files["operations.jsonl"])
    assert misfit(path)


def test_hiding_a_value_as_erased_is_found(bundle, tmp_path):
    """Whoever says that a value was erased, with its right hash, has no erasing operation that recorded it."""
    files = contents(bundle)
    rows = rows_of(files["rows/credit_entries.jsonl"])
    row = next(row for row in rows if row["cells"].get("description") == NOTE)
    (change,) = [
        change for operation in rows_of(files["operations.jsonl"]) if operation["operation"] == row["operation_id"]
        for change in operation["changes"] if change["table_name"] == "credit_entries"
    ]  # fmt: skip
    names = change["personal"].split(",")
    kept = verify_evidence.leaf(f"{row['sign']}#{row['id']}", names, row["cells"], change["salt"], {})
    row["cells"] |= dict.fromkeys(names)
    entry = {"erased_by": 8, "operation_id": row["operation_id"], "part": "credit_entries", "kind": "insert", "sign": 1, "id": row["id"], "column_name": "", "sha256": kept}  # fmt: skip
    erased = sorted(
        [*rows_of(files["erased_values.jsonl"]), entry], key=lambda r: [r.get(n, "") for n in verify_evidence.ORDER]
    )
    manifest = json.loads(files["manifest.json"])
    manifest["rows"]["erased_values.jsonl"] += 1
    again = {
        "rows/credit_entries.jsonl": written(rows),
        "erased_values.jsonl": written(erased),
        "manifest.json": json.dumps(manifest).encode(),
    }
    assert misfit(rewritten(tmp_path / "b.zip", {**files, **again})) == "operation 8 did not erase what is said of it"


def test_persons_erased_later(story, tmp_path):
    """Rows of the period that an operation after it erased are provable all the same, and what erased them is beside."""
    path = shutil.copy(story.path, tmp_path / "book.duckdb")
    _erase(path, 6)
    with behind_the_back(path) as connection:
        connection.execute("update history.operations set applied_at = applied_at + interval 1 day where id = 9")
    rewrite_chain(path)
    made = write_evidence(Book(path, operator="auditor"), _now(), _now(), tmp_path / "b.zip")
    files = contents(made.path)
    assert [row["operation"] for row in rows_of(files["outside.jsonl"])] == [1, 9]
    assert b"Amalie" not in b"".join(files.values())
    filled = 0
    for name in (n for n in files if n.startswith("rows/") or n == "requests.jsonl"):
        gone = {
            (e["operation_id"], e["id"], e["sign"]) for e in rows_of(files["erased_values.jsonl"]) if e["part"] in name
        }
        for number, row in enumerate(rows_of(files[name])):
            for column, value in row["cells"].items():
                if (row["operation_id"], row["id"], row["sign"]) in gone and value in (None, "(erased)"):
                    again = rows_of(files[name])
                    again[number]["cells"][column] = "Hyde"
                    filled += 1
                    assert misfit(rewritten(tmp_path / "c.zip", {**files, name: written(again)})), (name, row, column)
    assert filled > 3
    manifest = json.loads(files["manifest.json"])
    longer = json.dumps({**manifest, "to": (_now() + timedelta(days=1)).isoformat()}).encode()
    assert "operation 9 is not beside the period" in misfit(
        rewritten(tmp_path / "c.zip", {**files, "manifest.json": longer})
    )


def test_an_empty_period(story, tmp_path):
    """Nothing happened: a bundle all the same, of the head before it, which is the head at its end."""
    made = write_evidence(story, date(2001, 1, 1), date(2001, 12, 31), tmp_path / "b.zip")
    assert made.begin == made.end == (0, "0" * 64)
    assert misfit(made.path) == ""
    later = _now() + timedelta(days=400)
    made = write_evidence(story, later, later, tmp_path / "c.zip")
    assert made.begin == made.end == story.head()
    assert misfit(made.path, story.head()[1]) == ""


def test_two_bundles_of_a_period_are_the_same(story, bundle, tmp_path):
    """Byte for byte, so that an auditor may ask for one again."""
    first, second = (write_evidence(story, _now(), _now(), tmp_path / f"{n}.zip").path.read_bytes() for n in "ab")
    assert first == second
    assert contents(bundle).keys() == contents(tmp_path / "a.zip").keys()


def test_a_book_that_was_tampered_with_gives_no_bundle(story, tmp_path):
    """Its first misfit is named, and no file is left."""
    path = shutil.copy(story.path, tmp_path / "book.duckdb")
    tamper(path, "update history.credit_entries set amount = 999 where operation_id = 3")
    with pytest.raises(BookError, match="no bundle was written: the credit_entries of operation 3 were changed"):
        write_evidence(Book(path), _now(), _now(), tmp_path / "b.zip")
    assert [entry.name for entry in tmp_path.iterdir() if entry.name.startswith("b.zip")] == []


def test_on_the_command_line_and_from_python(story, tmp_path):
    """Both write it, refuse to overwrite, and take anchors of the period only."""
    file = tmp_path / "anchors.jsonl"
    append_anchor(file, Anchor(1, story.operation(1).sha256))
    append_anchor(file, new_anchor(story.head(), "maria", datetime.now(UTC)))
    append_anchor(file, Anchor(4, story.operation(4).sha256))
    day = _now().isoformat()

    def run(*words, code=0):
        done = CliRunner().invoke(app, ["--book", str(story.path), *map(str, words)], env={"COLUMNS": "300"})
        assert done.exit_code == code, done.output
        return done.output

    said = run("evidence", "--from", day, "--to", day, "-o", tmp_path / "b.zip", "--anchor", file)
    assert "7 operations, checked." in said
    assert f"Head at its end: operation 8, {story.head()[1]}" in said
    assert [row["operation"] for row in rows_of(contents(tmp_path / "b.zip")["anchors.jsonl"])] == [1, 4, 8]
    assert "There is already a file" in run("evidence", "--from", day, "-o", tmp_path / "b.zip", code=2)
    run("evidence", "--from", day, "-o", tmp_path / "b.zip", "--overwrite")
    assert "after its end on 2001-01-01" in run(
        "evidence", "--from", day, "--to", "2001-01-01", "-o", tmp_path / "c.zip", code=2
    )
    assert "There is no folder" in run("evidence", "--from", day, "-o", tmp_path / "no" / "c.zip", code=2)
    assert "leave --as-of out" in run("--as-of", "3", "evidence", "--from", day, "-o", tmp_path / "c.zip", code=2)
    append_anchor(file, Anchor(5, "ab" * 32))
    assert "No bundle was written: the anchor of operation 5" in run(
        "evidence", "--from", day, "-o", tmp_path / "c.zip", "--anchor", file, code=2
    )
    assert not (tmp_path / "c.zip").exists()
    book = api.Book(story)
    assert book.evidence(day, _now(), tmp_path / "d.zip").end == story.head()
    with pytest.raises(UsageError, match="There is already a file"):
        book.evidence(day, day, tmp_path / "d.zip")
    with pytest.raises(UsageError, match="last 'soon' is not a day"):
        book.evidence(day, "soon", tmp_path / "e.zip")
