"""Anchors outside the book: in git, by mail, signed and time-stamped; what each proves, and what is refused in words."""

from __future__ import annotations

import io
import json
import re
import shutil
import socket
import subprocess
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from openpyxl import load_workbook
from typer.testing import CliRunner

import clientops.api.book as api
from clientops.book.book import Book
from clientops.book.proof import anchors, witnesses
from clientops.book.proof.anchors import Anchor, append_anchor, new_anchor, read_anchors
from clientops.book.proof.verify_anchors import Trust
from clientops.cli import app
from clientops.core.errors import UsageError
from clientops.reports.audit import notebook
from clientops.reports.audit.report import open_audit
from clientops.reports.audit.workbook import workbook
from clientops.reports.documents.printing import find_browser
from tests.book.proof.authority import running_authority
from tests.book.proof.test_verify import rewrite_chain, worked, worked_file  # noqa: F401  # fixtures
from tests.books import insert, tamper

NEEDED = pytest.mark.skipif(
    not (shutil.which("ssh-keygen") and shutil.which("openssl") and shutil.which("git")),
    reason="ssh-keygen, openssl and git are needed",
)
pytestmark = NEEDED


@pytest.fixture(scope="module")
def authority(tmp_path_factory):
    with running_authority(tmp_path_factory.mktemp("tsa")) as running:
        yield running


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    """Two SSH keys, and a file that allows the first as the auditor's."""
    folder = tmp_path_factory.mktemp("keys")
    for name in ("auditor", "stranger"):
        subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", folder / name], check=True)
    (folder / "signers").write_text(f"auditor@example.com {(folder / 'auditor.pub').read_text()}")
    return folder


@pytest.fixture
def repository(tmp_path, monkeypatch):
    """A git repository in which somebody may commit."""
    folder = tmp_path / "anchors"
    folder.mkdir()
    subprocess.run(["git", "init", "-q"], cwd=folder, check=True)
    for name in ("AUTHOR", "COMMITTER"):
        monkeypatch.setenv(f"GIT_{name}_NAME", "Maria")
        monkeypatch.setenv(f"GIT_{name}_EMAIL", "maria@example.com")
    return folder


def run(book, *words, code=0):
    done = CliRunner().invoke(app, ["--book", str(book.path), *map(str, words)], env={"COLUMNS": "300"})
    assert done.exit_code == code, done.output
    return done.output


def test_an_anchor_in_a_git_repository(worked, repository):  # noqa: F811
    """It is appended and committed; verify proves all operations up to it, and names those that came later."""
    file = repository / "heads.jsonl"
    assert "Wrote the anchor of operation 6" in run(worked, "anchor", "--to", file)
    insert(worked, groups=[{"id": 9, "name": "Nine"}])
    assert "committed" in run(worked, "anchor", "--to", file)
    insert(worked, groups=[{"id": 10, "name": "Ten"}])
    log = subprocess.run(
        ["git", "log", "--format=%s"], cwd=repository, capture_output=True, text=True, check=True
    ).stdout
    assert log.splitlines() == ["Anchor operation 7", "Anchor operation 6"]
    said = run(worked, "verify", "--anchor", file)
    assert "operations 1 to 6 are proven by the anchor of operation 6 (heads.jsonl), written down " in said
    assert "History is proven from outside: operations 1 to 7 are as when that was written down." in said
    assert "No anchor proves operation 8" in said
    found = api.Book(worked).verify(anchors=[file])
    assert (found.proven, len(found.anchors), found.is_clean) == (7, 2, True)


def test_an_anchor_without_a_repository(worked, tmp_path):  # noqa: F811
    """It is written all the same, behind a last line that does not end; without a file it is printed."""
    file = tmp_path / "heads.jsonl"
    file.write_text(Anchor(*worked.head()).line())
    assert "committed" not in run(worked, "anchor", "--to", file)
    assert [a.operation for a in read_anchors(file)] == [6, 6]
    assert [json.loads(line)["operation"] for line in file.read_text().splitlines()] == [6, 6]
    assert json.loads(run(worked, "anchor"))["sha256"] == worked.head()[1]


def test_a_rewritten_book_is_found_by_its_anchor(worked, tmp_path):  # noqa: F811
    """With all hashes made anew the book agrees with itself; the anchor does not, and proves nothing any more."""
    file = tmp_path / "heads.jsonl"
    append_anchor(file, new_anchor(worked.head(), "maria", datetime.now(UTC)))
    tamper(worked.path, "update history.operations set operator = 'nora' where id = 3")
    rewrite_chain(worked.path)
    assert worked.verify().is_clean
    report = worked.verify(anchors=read_anchors(file))
    assert [(f.code, f.operation_id) for f in report.findings] == [("cut_back", 6)]
    assert report.proven == 0
    assert "the anchor of operation 6 (heads.jsonl) is not in the chain" in run(
        worked, "verify", "--anchor", file, code=1
    )


def test_an_anchor_names_its_operation(worked):  # noqa: F811
    """The hash of one operation under the number of another is no anchor of either."""
    wrong = Anchor(5, worked.head()[1])
    assert [f.code for f in worked.verify(anchors=[wrong]).findings] == ["cut_back"]


def test_a_signed_anchor(worked, keys, tmp_path):  # noqa: F811
    """A signature of an allowed signer is named; one of a stranger, or over something else, is a finding and proves nothing."""
    file = tmp_path / "heads.jsonl"
    run(worked, "anchor", "--to", file, "--sign", keys / "auditor")
    said = run(worked, "verify", "--anchor", file, "--signers", keys / "signers")
    assert "signed by auditor@example.com" in said
    assert "signed (not checked: --signers names the allowed signers)" in run(worked, "verify", "--anchor", file)
    (good,) = read_anchors(file)
    trust = Trust(keys / "signers")
    bare = replace(good, signature="")
    strange = replace(bare, signature=witnesses.sign(bare, keys / "stranger"))
    earlier = replace(good, made_at="2020-01-01T00:00:00+00:00")
    for forged in (strange, earlier, replace(good, made_by="nora"), replace(good, signature="nonsense")):
        report = worked.verify(anchors=[forged], trust=trust)
        assert [(f.code, f.operation_id) for f in report.findings] == [("anchor_forged", 6)]
        assert (report.proven, report.anchors) == (0, ())
    report = worked.verify(anchors=[bare], trust=trust)
    assert (report.findings, report.proven) == ((), 0)
    assert "is in the chain, but is not counted as proof" in report.anchors[0]


def test_a_time_stamped_anchor(worked, authority, tmp_path):  # noqa: F811
    """A stamp of the authority is named with its time; one of another anchor, or another authority, proves nothing."""
    file = tmp_path / "heads.jsonl"
    run(worked, "anchor", "--to", file, "--tsa", authority.url)
    said = run(worked, "verify", "--anchor", file, "--tsa-ca", authority.ca)
    assert re.search(rf"time-stamped {datetime.now(UTC):%Y-%m}-\d\d \d\d:\d\d:\d\d UTC", said)
    assert "time-stamped (not checked" in run(worked, "verify", "--anchor", file)
    (good,) = read_anchors(file)
    other = Anchor(5, worked.operation(5).sha256, good.made_at, good.made_by, timestamp=good.timestamp)
    for forged in (other, replace(good, timestamp="AAAA"), replace(good, timestamp="no base64")):
        report = worked.verify(anchors=[forged], trust=Trust(authority=authority.ca))
        assert [f.code for f in report.findings] == ["anchor_forged"]
        assert report.proven == 0
    assert [f.code for f in worked.verify(anchors=[good], trust=Trust(authority=authority.other_ca())).findings] == [
        "anchor_forged"
    ]


def test_a_signed_and_stamped_anchor(worked, authority, keys, tmp_path):  # noqa: F811
    """Both hold together, and each is checked."""
    file = tmp_path / "heads.jsonl"
    run(worked, "anchor", "--to", file, "--tsa", authority.url, "--sign", keys / "auditor")
    said = run(worked, "verify", "--anchor", file, "--tsa-ca", authority.ca, "--signers", keys / "signers")
    assert "signed by auditor@example.com, time-stamped 20" in said


def test_operations_dated_before_an_anchor_that_did_not_know_them(worked):  # noqa: F811
    """Whoever appends an operation and dates it back is found out by an anchor that was made in between."""
    known = new_anchor(worked.head(), "maria", datetime.now(UTC) + timedelta(days=1))
    insert(worked, groups=[{"id": 9, "name": "Nine"}])
    found = worked.verify(anchors=[known]).findings
    assert [(f.code, f.operation_id) for f in found] == [("time_falls", 7)]
    assert "proves that it did not exist at" in found[0].message
    before = new_anchor(worked.head(), "maria", datetime.now(UTC) - timedelta(days=1))
    found = worked.verify(anchors=[before]).findings
    assert [(f.code, f.operation_id) for f in found] == [("time_ahead", n) for n in range(1, 8)]


def test_an_anchor_by_mail(worked, tmp_path, monkeypatch):  # noqa: F811
    """The auditor gets a mail; saved as a file, it is an anchor, however long its stamp makes the line."""
    from tests.mail.test_delivery import Postbox, Server

    postbox = Postbox(**{"refused@example.com": "550 no such user"})
    server = Server(postbox)
    server.start()
    try:
        for name, value in (
            ("FROM", "books@example.com"),
            ("HOST", "127.0.0.1"),
            ("PORT", server.port),
            ("SECURITY", "none"),
        ):
            monkeypatch.setenv(f"CLIENTOPS_MAIL_{name}", str(value))
        said = run(worked, "anchor", "--mail", "auditor@example.com")
        assert "Mailed the anchor of operation 6 to auditor@example.com." in said
        assert "The anchor was not mailed to refused@example.com" in run(
            worked, "anchor", "--mail", "refused@example.com", code=2
        )
    finally:
        server.stop()
    ((recipients, message),) = postbox.messages
    assert recipients == ["auditor@example.com"]
    assert message["Subject"] == "Anchor of worked.duckdb: operation 6"
    saved = tmp_path / "mail.eml"
    saved.write_bytes(bytes(message))
    (found,) = read_anchors(saved)
    assert (found.operation, found.sha256) == worked.head()
    assert "operations 1 to 6 are proven" in run(worked, "verify", "--anchor", saved)
    pasted = tmp_path / "pasted.txt"  # a mail program broke the line
    pasted.write_text("As agreed:\n> \n" + found.line().replace(", ", ",\n"))
    assert [(a.operation, a.sha256) for a in read_anchors(pasted)] == [worked.head()]
    monkeypatch.delenv("CLIENTOPS_MAIL_FROM")
    assert "The sender of mails is missing" in run(worked, "anchor", "--mail", "auditor@example.com", code=2)


def test_what_cannot_be_an_anchor_is_refused_in_words(worked, keys, authority, tmp_path, monkeypatch):  # noqa: F811
    """Each wrong file, key or authority has a sentence; none is a traceback, and nothing is written."""

    def refused(*words):
        said = run(worked, *words, code=2)
        assert "Traceback" not in said
        return said

    head = worked.head()[1]
    file = tmp_path / "a.txt"
    assert "nowhere.txt cannot be read: No such file" in refused("verify", "--anchor", tmp_path / "nowhere.txt")
    for text, told in (
        ("", "holds no anchor; clientops anchor --to writes one"),
        (head[:-1], "holds no anchor"),
        ('{"format": "clientops-anchor-1", "operation": 6', "An anchor in .* is damaged"),
        ('{"format": "clientops-anchor-1", "operation": "six", "sha256": "' + head + '"}', "names the operation 'six'"),
        ('{"format": "clientops-anchor-1", "operation": 6, "sha256": "abc"}', "has no SHA-256 hash"),
        ("PK\x03\x04 not really", "is a damaged archive"),
    ):
        file.write_text(text)
        assert re.search(told, refused("verify", "--anchor", file)), text
    file.write_text(head.upper() + "\n")
    assert "operations 1 to 6 are proven by the anchor" in run(worked, "verify", "--anchor", file)
    for option in ("--signers", "--tsa-ca"):
        assert "cannot be read" in refused("verify", "--anchor", file, option, tmp_path / "nowhere")
    out = tmp_path / "heads.jsonl"
    assert "private SSH key" in refused("anchor", "--to", out, "--sign", tmp_path / "nokey")
    assert "could not be signed" in refused("anchor", "--to", out, "--sign", file)
    assert "is no address" in refused("anchor", "--to", out, "--tsa", "ftp://tsa")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    assert "does not answer: " in refused("anchor", "--to", out, "--tsa", f"http://127.0.0.1:{port}/")
    try:
        authority.answer = b"<html>Welcome</html>"
        assert "answers something that is no time stamp" in refused("anchor", "--to", out, "--tsa", authority.url)
        (tmp_path / "other").write_text("x")
        query = subprocess.run(
            ["openssl", "ts", "-query", "-data", tmp_path / "other", "-sha256"], capture_output=True, check=True
        )
        authority.answer = authority.reply(query.stdout)
        assert "stamped something else" in refused("anchor", "--to", out, "--tsa", authority.url)
        weak = subprocess.run(
            ["openssl", "ts", "-query", "-data", tmp_path / "other", "-sha512"], capture_output=True, check=True
        )
        authority.answer = authority.reply(weak.stdout)
        assert "refuses: Rejected" in refused("anchor", "--to", out, "--tsa", authority.url)
        authority.status = 503
        assert "answers 503 Service Unavailable" in refused("anchor", "--to", out, "--tsa", authority.url)
    finally:
        authority.answer, authority.status = b"", 200
    assert not out.exists()
    assert "cannot be written: No such file" in refused("anchor", "--to", tmp_path / "no" / "folder")
    assert "leave --as-of out" in refused("--as-of", "3", "anchor")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "The program openssl is not installed" in refused("anchor", "--to", out, "--tsa", authority.url)
    assert "The program ssh-keygen is not installed" in refused("anchor", "--to", out, "--sign", keys / "auditor")
    assert not out.exists()
    run(worked, "anchor", "--to", out)  # git is missing, which a plain file does not need


def test_a_repository_that_refuses(worked, repository):  # noqa: F811
    """What was written and what not is said."""
    (repository / ".gitignore").write_text("*.jsonl\n")
    said = run(worked, "anchor", "--to", repository / "heads.jsonl", code=2)
    assert "The anchor was written to" in said
    assert "but not committed: git refused: " in said
    assert len(read_anchors(repository / "heads.jsonl")) == 1


def test_an_empty_book_has_no_head(empty_book):
    """There is nothing to write down yet."""
    assert "There is nothing to anchor: the book has no operation yet" in run(empty_book, "anchor", code=2)


def test_every_backup_has_an_anchor(worked, tmp_path):  # noqa: F811
    """Beside the copy, of the copy's head; from the command line and from Python. The book records both."""
    run(worked, "backup", tmp_path / "one.duckdb")
    api.Book(worked).backup(tmp_path / "two.duckdb")
    for name, number in (("one", 6), ("two", 7)):
        (found,) = read_anchors(tmp_path / f"{name}.duckdb.anchor")
        assert (found.operation, found.sha256) == Book(tmp_path / f"{name}.duckdb").head()
        assert found.operation == number
    rows = worked.query("select file_name, last_operation, head_sha256 from backups order by id")[1]
    assert rows == [(f"{n}.duckdb", o, worked.operation(o).sha256) for n, o in (("one", 6), ("two", 7))]
    assert "operations 1 to 7 are proven" in run(
        worked, "verify", "--anchor", tmp_path / "one.duckdb.anchor", "--anchor", tmp_path / "two.duckdb.anchor"
    )


@pytest.mark.parametrize("ending", ["html", "xlsx", "pdf"])
def test_every_audit_report_is_an_anchor(worked, tmp_path, ending, monkeypatch):  # noqa: F811
    """verify reads the head back from the file, and finds a book that was rewritten since."""
    if ending == "pdf" and find_browser() is None:
        pytest.skip("no browser prints a PDF")
    report = tmp_path / f"audit.{ending}"
    if ending == "pdf":  # the notebook of the command gives the same page: tests/reports/test_audit.py
        monkeypatch.setattr(notebook, "run_notebook", lambda *_: None)
        monkeypatch.setattr(notebook, "notebook_html", lambda _, found: found.html())
        run(worked, "audit", "--from", "2020-01-01", "-o", report)
    elif ending == "html":
        report.write_text(open_audit(worked, "2020-01-01").html())
    else:
        report.write_bytes(workbook(open_audit(worked, "2020-01-01")))
    (found,) = read_anchors(report)
    assert (found.operation, found.sha256) == worked.head()
    if ending == "html":
        assert worked.head()[1] in report.read_text()
    elif ending == "xlsx":
        sheet = load_workbook(io.BytesIO(report.read_bytes()))["figures"]
        assert worked.head()[1] in [cell.value for row in sheet.iter_rows() for cell in row]
    elif shutil.which("pdftotext"):
        text = subprocess.run(["pdftotext", report, "-"], capture_output=True, text=True, check=True).stdout
        assert worked.head()[1] in re.sub(r"\s", "", text)
    assert worked.verify(anchors=[found]).proven == 6
    tamper(worked.path, "update history.operations set operator = 'nora' where id = 3")
    rewrite_chain(worked.path)
    assert [f.code for f in worked.verify(anchors=[found]).findings] == ["cut_back"]


def test_every_sign_off_is_an_anchor(worked, tmp_path):  # noqa: F811
    """It is printed when it is made, and listed with the hash of the operation that signed."""
    file = tmp_path / "signed.txt"
    file.write_text(run(worked, "reconcile", "sign-off", "--period", "2020-01"))
    assert [(a.operation, a.sha256) for a in read_anchors(file)] == [worked.head()]
    insert(worked, groups=[{"id": 9, "name": "Nine"}])
    file.write_text(run(worked, "reconcile", "sign-offs"))
    assert [(a.operation, a.sha256) for a in read_anchors(file)] == [(7, worked.operation(7).sha256)]
    assert json.loads(run(worked, "--json", "reconcile", "sign-offs"))[0]["head_sha256"] == worked.operation(7).sha256


def test_a_head_of_before_a_rehash_proves_nothing(worked):  # noqa: F811
    """Whoever rewrites a book could say that a noted hash is of before a migration: that is no proof, and is said."""
    noted = "ab" * 32
    tamper(worked.path, f"insert into history.old_heads values (6, '{noted}')")
    for report in (worked.verify(noted), worked.verify(anchors=[Anchor(6, noted)])):
        assert report.proven == 0
        assert [f.code for f in report.findings] == ["history_changed", "cut_back"]
        assert "before the book was hashed again, and proves nothing in this one" in report.findings[-1].message


def test_files_too_large_are_refused(tmp_path, monkeypatch):
    """They are not read into memory."""
    monkeypatch.setattr(anchors, "LARGEST", 10)
    (tmp_path / "big").write_text("x" * 11)
    with pytest.raises(UsageError, match="is larger than"):
        read_anchors(tmp_path / "big")


def test_a_part_too_large_is_named(tmp_path, monkeypatch):
    """A part of an archive that is not searched is never left out in silence."""
    monkeypatch.setattr(anchors, "LARGEST", 500)
    with zipfile.ZipFile(tmp_path / "bundle.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("anchors.jsonl", Anchor(1, "a" * 64).line())
        archive.writestr("more.jsonl", "x" * 501)
    with pytest.raises(UsageError, match=r"more\.jsonl in the anchor file"):
        read_anchors(tmp_path / "bundle.zip")
