"""Rules of the knowledgebase: categories, articles, their versions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rule
from clientops.rules.knowledgebase.articles import (
    AddArticle,
    EditArticle,
    RemoveArticle,
    add_article,
    edit_article,
    remove_article,
)
from clientops.rules.knowledgebase.categories import EditCategory, RemoveCategory, edit_category, remove_category
from tests.builders import plan, tables
from tests.long_forms import examples
from tests.rules.applying import apply_rule
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same


def base():
    return tables(
        article_categories=[{"id": 1, "name": "Mail"}, {"id": 2, "name": "Clients", "parent_id": 1}, {"id": 3, "name": "Outlook", "parent_id": 2},
                            {"id": 4, "name": "Empty"}],
        articles=[{"id": 1, "title": "Mail", "body": "old", "tags": "a"}, {"id": 2, "title": "Web"}, {"id": 3, "title": "Post", "translation_of_id": 1}],
        article_placements=[{"id": 1, "article_id": 1, "category_id": 3}, {"id": 2, "article_id": 1, "category_id": 1}, {"id": 3, "article_id": 2, "category_id": 1}],
    )  # fmt: skip


GOOD = {"title": "Set up Outlook", "body": "# Outlook"}


def test_an_article_is_a_draft_in_its_categories():
    """Tags are kept in small letters, each once; a category that is named twice counts once."""
    result = plan(
        add_article,
        AddArticle,
        base(),
        [{**GOOD, "category_ids": "3, 1 3", "tags": "Mail,  E Mail, mail"}, {**GOOD, "title": "mail"}],
    )
    assert result.problem_list() == []
    assert [(a["id"], a["status"], a["tags"]) for a in result.rows("articles", "insert")] == [
        (4, "draft", "mail, e mail"),
        (5, "draft", None),
    ]
    assert [(p["article_id"], p["category_id"]) for p in result.rows("article_placements", "insert")] == [
        (4, 3),
        (4, 1),
    ]
    assert sorted((row, code) for row, _, code, _ in result.warnings.fetchall()) == [
        (2, "no_category"),
        (2, "same_title"),
    ]


BAD_ARTICLES = [
    ({"title": None}, "title", "missing"),
    ({"title": "  "}, "title", "missing"),
    ({"title": "a\nb"}, "title", "bad_value"),
    ({"title": "x" * 251}, "title", "bad_value"),
    ({"title": "a\x07b"}, "title", "bad_value"),
    ({"body": None}, "body", "missing"),
    ({"body": " \n "}, "body", "missing"),
    ({"body": "x" * 200_001}, "body", "bad_value"),
    ({"category_ids": "9"}, "category_ids", "unknown_category"),
    ({"category_ids": "1 9"}, "category_ids", "unknown_category"),
    ({"category_ids": "Mail"}, "category_ids", "bad_value"),
    ({"category_ids": "0"}, "category_ids", "bad_value"),
    ({"category_ids": "-1"}, "category_ids", "bad_value"),
    ({"tags": ","}, "tags", "bad_value"),
    ({"tags": "x" * 51}, "tags", "bad_value"),
    ({"tags": "x, " * 400}, "tags", "bad_value"),
    ({"status": "Published"}, "status", "bad_value"),
    ({"status": "hidden"}, "status", "bad_value"),
    ({"is_private": "maybe"}, "is_private", "bad_value"),
    ({"language": "klingon"}, "language", "bad_value"),
    ({"sort_order": "-1"}, "sort_order", "bad_value"),
    ({"sort_order": "first"}, "sort_order", "bad_value"),
    ({"sort_order": "10001"}, "sort_order", "bad_value"),
]


def test_bad_articles_are_refused_all_at_once():
    """Each bad article is named by row, field and reason."""
    assert_refused(base(), rule("add-article"), GOOD, BAD_ARTICLES)


def test_an_edit_is_a_new_version_where_the_article_differs():
    """Text counts the version up, moving it between categories does not; categories are all that are given."""
    rows = [{"article_id": 1, "body": "new", "category_ids": "1 4"}, {"article_id": 2, "clear": "category_ids"}]
    result = plan(edit_article, EditArticle, base(), rows)
    assert result.problem_list() == []
    assert [(a["id"], a["version"], a["body"], a["title"]) for a in result.rows("articles", "update")] == [
        (1, 2, "new", "Mail")
    ]
    assert [(p["article_id"], p["category_id"]) for p in result.rows("article_placements", "insert")] == [(1, 4)]
    assert result.rows("article_placements", "delete") == [{"id": 1}, {"id": 3}]


def test_an_old_version_is_brought_back_as_a_new_one():
    """What version 1 said is said again by version 4; status stays, and nothing of the history is lost."""
    of = base()
    apply_rule(of, rule("add-article"), [GOOD])
    apply_rule(of, rule("edit-article"), [{"article_id": 4, "body": "second", "tags": "x"}])
    apply_rule(of, rule("edit-article"), [{"article_id": 4, "title": "Third", "status": "published"}])
    apply_rule(of, rule("restore-article"), [{"article_id": 4, "version": 1}])
    row = of.query("select title, body, tags, status, version from articles where id = 4").fetchone()
    assert row == ("Set up Outlook", "# Outlook", None, "published", 4)
    apply_rule(of, rule("restore-article"), [{"article_id": 4, "version": 2}])
    assert of.query("select title, body, tags, version from articles where id = 4").fetchone() == (
        "Set up Outlook",
        "second",
        "x",
        5,
    )


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        pytest.param("edit-article", {"article_id": 9, "title": "x"}, ("article_id", "unknown_article"), id="edit: none"),
        pytest.param("edit-article", {"article_id": 1}, ("", "nothing_given"), id="edit: nothing"),
        pytest.param("edit-article", {"article_id": 1, "clear": "title"}, ("clear", "not_clearable"), id="edit: title stays"),
        pytest.param("edit-article", {"article_id": 1, "category_ids": "9"}, ("category_ids", "unknown_category"), id="edit: category"),
        pytest.param("edit-article", {"article_id": 1, "category_ids": "1", "clear": "category_ids"}, ("category_ids", "given_and_cleared"), id="edit: both"),
        pytest.param("restore-article", {"article_id": 1, "version": 7}, ("version", "unknown_version"), id="restore: no such version"),
        pytest.param("restore-article", {"article_id": 1, "version": 1}, ("version", "is_current"), id="restore: what it says now"),
        pytest.param("restore-article", {"article_id": 9, "version": 1}, ("article_id", "unknown_article"), id="restore: none"),
        pytest.param("remove-article", {"article_id": 9}, ("article_id", "unknown_article"), id="remove: none"),
        pytest.param("add-category", {"name": "mail"}, ("name", "name_taken"), id="category: taken"),
        pytest.param("add-category", {"name": "x", "parent_id": 9}, ("parent_id", "unknown_category"), id="category: below none"),
        pytest.param("edit-category", {"category_id": 1, "parent_id": 1}, ("parent_id", "cycle"), id="category: below itself"),
        pytest.param("edit-category", {"category_id": 1, "parent_id": 3}, ("parent_id", "cycle"), id="category: below its grandchild"),
        pytest.param("edit-category", {"category_id": 4, "name": "MAIL"}, ("name", "name_taken"), id="category: name of its neighbour"),
        pytest.param("edit-category", {"category_id": 4, "parent_id": 9}, ("parent_id", "unknown_category"), id="category: moved below none"),
        pytest.param("remove-category", {"category_id": 3}, ("category_id", "not_empty"), id="category: articles in it"),
        pytest.param("remove-category", {"category_id": 2}, ("category_id", "not_empty"), id="category: categories below it"),
        pytest.param("remove-category", {"category_id": 9}, ("category_id", "unknown_category"), id="category: none"),
    ],
)  # fmt: skip
def test_refused(name, row, problem):
    """What cannot be done is named by field and code."""
    assert [(p.field, p.code) for p in problems_of(base(), rule(name), [row])] == [problem]


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.tuples(st.integers(1, 5), st.integers(0, 5)), min_size=1, max_size=4))
def test_categories_stay_a_tree(moves):
    """Law: whatever is moved, the rule refuses exactly what would not be a tree; an oracle walks up in Python."""
    parents = {1: None, 2: 1, 3: 2, 4: None, 5: 4}
    of = tables(article_categories=[{"id": n, "name": f"c{n}", "parent_id": p} for n, p in parents.items()])
    rows = [{"category_id": n, **({"parent_id": p} if p else {"clear": "parent_id"})} for n, p in moves]
    after = {**parents, **{n: p or None for n, p in moves}}

    def loops(start):
        at, steps = after[start], 0
        while at is not None and steps < 10:
            if at == start:
                return True
            at, steps = after[at], steps + 1
        return False

    expected = {n for n, _ in moves if loops(n)}
    problems = plan(edit_category, EditCategory, of, rows).problem_list()
    assert {rows[p.row - 1]["category_id"] for p in problems if p.code == "cycle"} == expected
    assert all(p.code == "cycle" for p in problems)


@pytest.mark.parametrize(
    ("function", "model", "rows"),
    [
        pytest.param(add_article, AddArticle, [{**GOOD, "category_ids": "1 2"}, {**GOOD, "title": "x"}, {**GOOD, "category_ids": "3"}], id="add"),
        pytest.param(edit_article, EditArticle, [{"article_id": 2, "category_ids": "3 4"}, {"article_id": 1, "title": "x", "category_ids": "2"}], id="edit"),
        pytest.param(remove_article, RemoveArticle, [{"article_id": 2}, {"article_id": 1}], id="remove"),
        pytest.param(edit_category, EditCategory, [{"category_id": 3, "parent_id": 4}, {"category_id": 4, "name": "x"}, {"category_id": 3, "clear": "parent_id"}], id="categories"),
    ],
)  # fmt: skip
def test_many_are_one_by_one(function, model, rows):
    """Law: a table of n requests leaves the same tables as n tables of one."""
    assert_one_by_one_is_same(function, model, base, rows)


def test_emptied_categories_go_together():
    """A category and what is below it go in one table, the lower one first; the other way round is refused."""
    of = tables(article_categories=[{"id": 1, "name": "a"}, {"id": 2, "name": "b", "parent_id": 1}])
    assert plan(remove_category, RemoveCategory, of, [{"category_id": 2}, {"category_id": 1}]).problem_list() == []
    assert [
        p.code
        for p in plan(remove_category, RemoveCategory, of, [{"category_id": 1}, {"category_id": 2}]).problem_list()
    ] == ["not_empty"]
    (problem,) = plan(remove_category, RemoveCategory, of, [{"category_id": 1}]).problem_list()
    assert problem.message == "category 1 is not empty: 1 category stands in it; move it first"
