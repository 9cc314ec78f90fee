"""One book, however it is reached: by links, folders and relative names it is the same; hard links are refused."""

import os
import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from clientops.book.book import Book
from clientops.book.file.backup import copy_book
from clientops.book.file.restore import restore
from clientops.cli import app
from clientops.core.errors import BookError, NotAllowedError
from clientops.registry import rule
from clientops.workbench.parts.review_locks import Claims
from tests.books import OPERATOR
from tests.builders import NOW, TODAY

CREDIT = {"client_id": 1, "amount": "5", "description": "x"}


@pytest.fixture
def places(book, tmp_path, monkeypatch):
    """Names of one book: its file, a link to it, a link to that, a link to its folder, a relative name."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "link.duckdb").symlink_to(book.path)
    (tmp_path / "elsewhere" / "second.duckdb").symlink_to("link.duckdb")
    (tmp_path / "folder").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "elsewhere" / "deep").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere" / "deep")
    return {
        "link": tmp_path / "elsewhere" / "link.duckdb",
        "link of a link": tmp_path / "elsewhere" / "second.duckdb",
        "folder": tmp_path / "folder" / book.path.name,
        "dots": tmp_path / "elsewhere" / ".." / book.path.name,
        "relative": Path("../../") / book.path.name,
        "relative link": Path("../link.duckdb"),
    }


NAMES = ("link", "link of a link", "folder", "dots", "relative", "relative link")


@pytest.mark.parametrize("name", NAMES)
def test_every_name_is_the_same_book(book, places, name, monkeypatch, tmp_path):
    """Path, lock, reviews, policy and the marker of a compaction are those of the real file; the folder may change."""
    (book.path.parent / "clientops.toml").write_text('[people]\nmaria = "viewer"\n')
    other = Book(places[name], operator=OPERATOR)
    assert other.path == book.path.resolve()
    assert Claims(places[name], "maria").file == book.path.with_name(f"{book.path.name}.reviews")
    with pytest.raises(NotAllowedError, match="maria is a viewer"):
        other.apply_now(rule("issue-credit"), CREDIT, today=TODAY, now=NOW)
    monkeypatch.chdir(tmp_path)
    assert other.query("select credit_balance from clients where id = 1")[1] == [(50,)]
    assert not list((tmp_path / "elsewhere").glob("*.lock"))


@pytest.mark.parametrize("name", NAMES)
def test_compaction_leaves_links_alone(book, places, name):
    """The real file is written again; the link stays one, and what is changed by one name is seen by the other."""
    was_link = places[name].is_symlink()
    Book(places[name], operator=OPERATOR).compact()
    assert places[name].is_symlink() == was_link
    Book(places[name], operator=OPERATOR).apply_now(rule("issue-credit"), CREDIT, today=TODAY, now=NOW)
    assert book.query("select credit_balance from clients where id = 1")[1] == [(55,)]
    assert not list((book.path.parent / "elsewhere").glob("*.compact*"))


def test_a_book_made_through_a_link_is_made_where_it_points(tmp_path):
    """The link stays a link."""
    (tmp_path / "real").mkdir()
    (tmp_path / "link.duckdb").symlink_to(tmp_path / "real" / "book.duckdb")
    Book.create(tmp_path / "link.duckdb", operator=OPERATOR)
    assert (tmp_path / "link.duckdb").is_symlink()
    assert (tmp_path / "real" / "book.duckdb").is_file()


def test_hard_links_are_refused(book, tmp_path):
    """By either name, for reading and writing, on the command line too; with one name it goes on."""
    second = tmp_path / "second.duckdb"
    os.link(book.path, second)
    for path in (book.path, second):
        with pytest.raises(BookError, match=r"has 2 names \(hard links\)"):
            Book(path, operator=OPERATOR)
        for command in (["tables", "--as-of", "1"], ["compact"], ["log"]):
            result = CliRunner().invoke(app, ["--book", str(path), *command])
            assert result.exit_code == 2, result.output
            assert "2 names" in result.output
    for attempt in (book.compact, book.head, lambda: book.undo(1), lambda: book.backup(tmp_path / "copy.duckdb")):
        with pytest.raises(BookError, match="2 names"):
            attempt()
    second.unlink()
    assert book.head()[0] == 1


def test_links_in_a_circle(tmp_path):
    """A sentence, no traceback."""
    (tmp_path / "a").symlink_to(tmp_path / "b")
    (tmp_path / "b").symlink_to(tmp_path / "a")
    for attempt in (lambda: Book(tmp_path / "a"), lambda: Book.create(tmp_path / "a")):
        with pytest.raises(BookError, match="circle"):
            attempt()
    result = CliRunner().invoke(app, ["--book", str(tmp_path / "a"), "log"])
    assert "circle" in result.output
    assert result.exception is None or isinstance(result.exception, SystemExit)


def test_a_backup_is_brought_back_through_links(book, tmp_path):
    """Both names may be links."""
    copy_book(book.path, tmp_path / "copy.duckdb")
    (tmp_path / "from.duckdb").symlink_to(tmp_path / "copy.duckdb")
    (tmp_path / "to.duckdb").symlink_to(tmp_path / "restored.duckdb")
    assert restore(tmp_path / "from.duckdb", tmp_path / "to.duckdb", operator=OPERATOR).is_clean
    assert (tmp_path / "restored.duckdb").is_file()
    shutil.rmtree(tmp_path / "restored.duckdb.lock")
