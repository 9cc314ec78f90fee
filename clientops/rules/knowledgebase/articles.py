"""Articles of the knowledgebase; every version of them stays in the history."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Language, Line
from clientops.schema.requests import Id, Ids, Request
from clientops.schema.tables import Tables


def parse_tags(text: str) -> str:
    """Tags separated by commas, in small letters, each once."""
    tags = list(dict.fromkeys(" ".join(part.casefold().split()) for part in text.split(",")))
    tags = [tag for tag in tags if tag]
    if not tags or any(len(tag) > 50 for tag in tags):
        raise ValueError("not tags: at least one, each of at most 50 characters, separated by commas")
    return ", ".join(tags)


Tags = Annotated[str, Field(max_length=1000), AfterValidator(parse_tags)]
Body = Annotated[str, Field(min_length=1, max_length=200_000)]
Position = Annotated[int, Field(ge=0, le=10_000)]


class AddArticle(Request):
    """Write an article of the knowledgebase."""

    title: Line = Field(title="Title", description="What somebody who needs it would ask")
    body: Body = Field(title="Text", description="In Markdown", json_schema_extra={"multiline": True, "markdown": True})
    category_ids: Ids | None = Field(None, title="Categories", description="Numbers of the categories it stands in", json_schema_extra={"picks": "article_categories"})  # fmt: skip
    tags: Tags | None = Field(None, title="Tags", description="Separated by commas, e.g. e-mail, outlook")
    status: Literal["draft", "published"] = Field("draft", title="Status", description="Clients see published ones")
    is_private: bool = Field(default=False, title="Private", description="Only for clients who logged in")
    language: Language | None = Field(None, title="Language", description="E.g. de; empty: the usual one")
    sort_order: Position = Field(0, title="Position", description="Lower ones come first")


def add_article(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add articles, as their first version.

    Args:
        tables: Read-only tables; reads ``articles``, ``article_categories``, ``article_placements``.
        requests: One row per article. See ``AddArticle``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``articles`` and ``article_placements``, in row order.

    Problems:
        ``unknown_category``; and from reading ``missing``, ``bad_value``.

    Warnings:
        ``same_title``, ``no_category`` (it is found by search only).

    Source:
        WHMCS "Knowledgebase".
    """
    steps = tables.steps(requests=requests)
    steps.add("numbered", NUMBERED.format(next_id=tables.next_id("articles")))
    steps.add("placed", PLACED)
    steps.add("problems", UNKNOWN_CATEGORY)
    steps.add("warnings", f"{SAME_TITLE} union all {NO_CATEGORY}")
    steps.add("new_articles", 'select * exclude ("row", category_ids) from numbered')
    steps.add("new_placements", NEW_PLACEMENTS.format(next_id=tables.next_id("article_placements")))
    return steps.plan(
        steps.insert("articles", "new_articles"),
        steps.insert("article_placements", "new_placements"),
        problems="problems",
        warnings="warnings",
    )


NUMBERED = 'select {next_id} + row_number() over (order by "row") as id, * from requests'

PLACED = """
    select "row", id as article_id, category_id, min(place) as place
    from (
        select "row", id, unnest(category_ids) as category_id, generate_subscripts(category_ids, 1) as place from numbered
    )
    group by all
"""

UNKNOWN_CATEGORY = """
    select "row", 'category_ids' as field, 'unknown_category' as code, 'there is no category ' || category_id as message
    from placed where category_id not in (select id from article_categories)
"""

SAME_TITLE = """
    select "row", 'title' as field, 'same_title' as code, 'title ' || requests.title || ' is that of article '
        || min(articles.id) || ' already' as message
    from requests join articles on lower(articles.title) = lower(requests.title) group by "row", requests.title
"""

NO_CATEGORY = """
    select "row", 'category_ids', 'no_category', 'the article stands in no category: it is found by search only'
    from requests where len(coalesce(category_ids, [])) = 0
"""

NEW_PLACEMENTS = """
    select {next_id} + row_number() over (order by "row", place) as id, article_id, category_id from placed
"""


class EditArticle(Request):
    """Change an article: only what is given; what it was stays in the history."""

    article_id: Id = Field(title="Article", description="Which one is changed", json_schema_extra={"picks": "articles"})
    title: Line | None = Field(None, title="Title", description="What somebody who needs it would ask")
    body: Body | None = Field(None, title="Text", description="In Markdown", json_schema_extra={"multiline": True, "markdown": True})  # fmt: skip
    category_ids: Ids | None = Field(None, title="Categories", description="All it stands in from now on", json_schema_extra={"picks": "article_categories"})  # fmt: skip
    tags: Tags | None = Field(None, title="Tags", description="Separated by commas")
    status: Literal["draft", "published"] | None = Field(None, title="Status", description="Clients see published ones")
    is_private: bool | None = Field(None, title="Private", description="Only for clients who logged in")
    language: Language | None = Field(None, title="Language", description="E.g. de")
    sort_order: Position | None = Field(None, title="Position", description="Lower ones come first")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="tags, language, category_ids")


EDITABLE = ("title", "body", "tags", "status", "is_private", "language", "sort_order")


def edit_article(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change articles where something is given; each change is a new version.

    Args:
        tables: Read-only tables; reads ``articles``, ``article_categories``, ``article_placements``.
        requests: One row per article: ``article_id``, any fields, ``clear``. See ``EditArticle``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``articles``, ``version`` one higher where the article itself differs; inserts into and deletes from
        ``article_placements``.

    Problems:
        ``unknown_article``, ``twice`` (one change an article at a time), ``nothing_given``, ``not_clearable``,
        ``given_and_cleared``, ``unknown_category``.
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("articles", "article_id", EDITABLE))
    fields, clearable = (*EDITABLE, "category_ids"), ("tags", "language", "category_ids")
    steps.add("general", edit_problems_sql("articles", "article_id", fields, clearable))
    steps.add("moved", MOVED)
    steps.add("numbered", 'select "row", article_id as id, category_ids from moved')
    steps.add("placed", PLACED)
    steps.add("problems", f"from general union all {TWICE} union all {UNKNOWN_CATEGORY}")
    steps.add("changed", CHANGED)
    steps.add("new_placements", MORE_PLACEMENTS.format(next_id=tables.next_id("article_placements")))
    steps.add("gone_placements", GONE_PLACEMENTS)
    return steps.plan(
        steps.update("articles", "changed"),
        steps.insert("article_placements", "new_placements"),
        steps.delete("article_placements", "gone_placements"),
        problems="problems",
    )


TWICE = """
    select "row", 'article_id', 'twice', 'article ' || article_id || ' is changed in an earlier row already'
    from requests where article_id is not null
    qualify row_number() over (partition by article_id order by "row") > 1
"""

MOVED = """
    select "row", article_id, coalesce(category_ids, []) as category_ids
    from requests
    where article_id in (select id from articles)
        and (category_ids is not null or list_contains(coalesce("clear", []), 'category_ids'))
"""

CHANGED = f"""
    select edited.*, articles.version + 1 as version
    from edited join articles using (id)
    where ({", ".join(f"edited.{name}" for name in EDITABLE)}) is distinct from ({", ".join(f"articles.{name}" for name in EDITABLE)})
"""

MORE_PLACEMENTS = """
    select {next_id} + row_number() over (order by "row", place) as id, article_id, category_id
    from placed anti join article_placements known using (article_id, category_id)
"""

GONE_PLACEMENTS = """
    select id from article_placements
    where article_id in (select article_id from moved)
        and (article_id, category_id) not in (select (article_id, category_id) from placed)
"""


class RestoreArticle(Request):
    """Bring back what an article said in an older version, as a new version."""

    article_id: Id = Field(title="Article", description="Which one", json_schema_extra={"picks": "articles"})
    version: Id = Field(title="Version", description="Number of the version to bring back")


def restore_article(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Bring back title, text and tags of older versions from the history; status and categories stay.

    Args:
        tables: Read-only tables; reads ``articles`` and their history.
        requests: One row per article: ``article_id``, ``version``. See ``RestoreArticle``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``articles``: a version that says what the older one said, numbered one higher than now.

    Problems:
        ``unknown_article``, ``unknown_version``, ``twice``, ``is_current``.
    """
    steps = tables.steps(requests=requests)
    steps.add("old", OLD_VERSIONS.format(history=tables.history("articles")))
    steps.add("problems", f"{UNKNOWN_ARTICLE} union all {TWICE} union all {RESTORE_PROBLEMS}")
    steps.add("restored", RESTORED)
    return steps.plan(steps.update("articles", "restored"), problems="problems")


OLD_VERSIONS = """
    select id, version, arg_max(title, operation_id) as title, arg_max(body, operation_id) as body,
        arg_max({{'tags': tags}}, operation_id).tags as tags
    from {history} where sign = 1 and (id, version) in (select (article_id, version) from requests) group by id, version
"""

UNKNOWN_ARTICLE = """
    select "row", 'article_id' as field, 'unknown_article' as code, 'there is no article ' || article_id as message
    from requests where article_id is not null and article_id not in (select id from articles)
"""

RESTORE_PROBLEMS = """
    select "row", 'version', 'is_current', 'version ' || requests.version || ' is what article ' || article_id || ' says now'
    from requests join articles on articles.id = article_id where articles.version = requests.version
    union all
    select "row", 'version', 'unknown_version', 'article ' || article_id || ' has no version ' || requests.version
        || '; its versions are 1 to ' || articles.version
    from requests join articles on articles.id = article_id
    where articles.version <> requests.version
        and (article_id, requests.version) not in (select (id, version) from old)
"""

RESTORED = """
    select articles.id, old.title, old.body, old.tags, articles.version + 1 as version
    from requests join old on old.id = article_id and old.version = requests.version
    join articles on articles.id = article_id
    qualify row_number() over (partition by articles.id order by "row") = 1
"""


class RemoveArticle(Request):
    """Remove an article, with its translations; they stay in the history."""

    article_id: Id = Field(title="Article", description="Which one goes", json_schema_extra={"picks": "articles"})


def remove_article(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove articles with their translations and their places in categories.

    Args:
        tables: Read-only tables; reads ``articles`` and ``article_placements``.
        requests: One row per article. See ``RemoveArticle``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``articles`` and ``article_placements``.

    Problems:
        ``unknown_article``, ``twice``.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", f"{UNKNOWN_ARTICLE} union all {TWICE}")
    steps.add("gone", "select id from articles where id in (select article_id from requests) or translation_of_id in (select article_id from requests)")  # fmt: skip
    steps.add("gone_placements", "select id from article_placements where article_id in (select id from gone)")
    return steps.plan(
        steps.delete("articles", "gone"), steps.delete("article_placements", "gone_placements"), problems="problems"
    )


_KIND = "knowledgebase article"
RULES: tuple[Rule, ...] = (
    Rule("add-article", "Write article", add_article, AddArticle, group="knowledgebase", manual=_KIND),
    Rule("edit-article", "Edit article", edit_article, EditArticle, group="knowledgebase", manual=_KIND),
    Rule("restore-article", "Bring back version", restore_article, RestoreArticle, group="knowledgebase", manual=_KIND),
    Rule("remove-article", "Remove article", remove_article, RemoveArticle, risk="medium", group="knowledgebase", manual=_KIND),
)  # fmt: skip
