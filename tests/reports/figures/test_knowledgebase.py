"""The knowledgebase for people: search, tree, versions, on the screen and on the command line."""

from __future__ import annotations

import json
import time

import pytest
from typer.testing import CliRunner

from clientops.cli import app
from clientops.registry import rule
from clientops.reports.figures.knowledgebase import read_tree, read_versions, search_articles
from clientops.workbench import frame as shell
from tests.builders import tables
from tests.workbench.screens import Hand


def base():
    return tables(
        article_categories=[{"id": 1, "name": "Mail"}, {"id": 2, "name": "Clients", "parent_id": 1}, {"id": 3, "name": "Billing"}],
        articles=[
            {"id": 1, "title": "Outlook", "body": "How to set it up", "tags": "mail"},
            {"id": 2, "title": "Größe des Postfachs", "body": "100% of Outlook_data \\ 'quoted' \"double\"", "status": "draft"},
            {"id": 3, "title": "Invoices", "body": "outlook outlook outlook outlook outlook outlook outlook", "tags": "billing"},
        ],
        article_placements=[{"id": 1, "article_id": 1, "category_id": 2}, {"id": 2, "article_id": 3, "category_id": 3}],
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        pytest.param("outlook", [1, 3, 2], id="titles count most, then how often"),
        pytest.param("OUTLOOK set", [1], id="every word, in any case"),
        pytest.param("grosse", [], id="another spelling"),
        pytest.param("große", [2], id="its own letters"),
        pytest.param("grose", [], id="not too lax"),
        pytest.param("100%", [2], id="a percent sign is one"),
        pytest.param("outlook_", [2], id="an underscore is one"),
        pytest.param("o%k", [], id="no wildcard"),
        pytest.param("'quoted'", [2], id="quotes"),
        pytest.param('"double"', [2], id="double quotes"),
        pytest.param("\\", [2], id="a backslash"),
        pytest.param("') or 1=1 --", [], id="no SQL"),
        pytest.param("nothing like it", [], id="nothing"),
        pytest.param("", [3, 2, 1], id="without words the newest"),
        pytest.param("mail", [1], id="a tag"),
        pytest.param("x " * 5000, [], id="very many words"),
    ],
)
def test_search(text, ids):
    """Each word is looked for as it is written; the best come first."""
    assert [hit.id for hit in search_articles(base(), text)] == ids


def test_search_is_narrowed_to_a_category_and_to_what_clients_see():
    """What stands below a category belongs to it; drafts are left out where only published ones are wanted."""
    assert [hit.id for hit in search_articles(base(), "outlook", category=1)] == [1]
    assert [hit.id for hit in search_articles(base(), "outlook", published_only=True)] == [1, 3]
    assert "100% of Outlook_data" in search_articles(base(), "data")[0].extract


def test_the_tree():
    """Each category stands below the one above it, with its path and how many articles it has."""
    found = [(c.id, c.depth, c.path, c.articles) for c in read_tree(base())]
    assert found == [(3, 0, "Billing", 1), (1, 0, "Mail", 0), (2, 1, "Mail / Clients", 1)]


def test_ten_thousand_articles_are_searched_at_once():
    """Without an index, a search over ten thousand articles takes well under a second."""
    of = tables(articles=[{"id": 1, "title": "Needle", "body": "x"}])
    of._connection.execute(
        "insert into articles (id, title, body) select 10 + i, 'Title ' || i, repeat('some text ' || i, 40) from range(10000) t(i)"
    )
    began = time.perf_counter()
    assert [hit.id for hit in search_articles(of, "needle")] == [1]
    assert time.perf_counter() - began < 2


@pytest.fixture
def edited(book):
    """Article 1 of the shop in three versions."""
    book.apply_now(rule("edit-article"), {"article_id": 1, "body": "Second *text*"}, reason="Better")
    book.apply_now(
        rule("edit-article"), {"article_id": 1, "title": "Reading your mail", "tags": "mail, web"}, reason="Clearer"
    )
    return book


def test_versions_are_what_the_history_knows(edited):
    """Who wrote what, when and why, the newest first."""
    with edited.tables() as of:
        found = [(v.version, v.operation_id, v.reason, v.title, v.body) for v in read_versions(of, 1)]
        assert read_versions(of, 99) == []
    assert found == [
        (3, 3, "Clearer", "Reading your mail", "Second *text*"),
        (2, 2, "Better", "Reading mail", "Second *text*"),
        (1, 1, "test", "Reading mail", "Any *client* will do"),
    ]


def run(book, *words, code=0):
    result = CliRunner().invoke(app, ["--book", str(book.path), "articles", *words], env={"COLUMNS": "200"})
    assert result.exit_code == code, result.output
    return result.output


def test_on_the_command_line(edited):
    """Search, an older version, the tree."""
    assert "Reading your mail" in run(edited, "search", "second", "text")
    assert "No article" in run(edited, "search", "zebra")
    assert "Any *client* will do" in run(edited, "show", "1", "--version", "1")
    assert "its versions are 3, 2, 1" in run(edited, "show", "1", "--version", "7", code=2)
    assert [c["path"] for c in json.loads(run(edited, "tree", "--json"))] == ["Mail", "Mail / Clients"]
    assert "1 Mail (1)" in run(edited, "tree")


def test_on_the_screen(edited, monkeypatch, tmp_path):
    """Searched, opened, an older version looked at and brought back; a new article is previewed as it is typed."""
    monkeypatch.setenv("CLIENTOPS_STATE", str(tmp_path / "state"))
    monkeypatch.setattr(shell.Shell, "look_for_direct_changes", lambda _self: None)
    hand = Hand(shell.screen("manual-entry/articles", book=edited))
    search = hand.node(tag="input", type="search")
    hand.say({"h": hand.name_of(search, "typing"), "v": "second"})
    hand.click("Reading your mail")
    assert [n.text for n in hand.view.drawn.find(tag="em")] == ["text"]
    show = hand.view.drawn.find(aria_label="Show version 1")[0]
    hand.say({"h": hand.name_of(show, "click"), "v": None})
    assert "This is version 1" in hand.text
    assert "Any client will do" in hand.text
    back = hand.view.drawn.find(aria_label="Bring back version 1")[0]
    hand.say({"h": hand.name_of(back, "click"), "v": None})
    assert "Preview: Bring back version" in hand.text
    hand.submit(reason="Was better")
    assert edited.query("select body, version from articles where id = 1")[1] == [("Any *client* will do", 4)]
    hand = Hand(shell.screen("manual-entry/add-article", book=edited))
    hand.leave("body", title="x", body="# Big\n\n* one")
    assert [n.text for n in hand.node(class_="co-drawn").find(tag="h3")] == ["Big"]
