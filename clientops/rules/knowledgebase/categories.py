"""The category tree of the knowledgebase."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql
from clientops.rules.kit.field_types import ColumnNames, Line
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables


class AddCategory(Request):
    """Add a category of the knowledgebase, at the top or below another one."""

    name: Line = Field(title="Name", description="E.g. E-mail")
    parent_id: Id | None = Field(None, title="Below", description="Empty: at the top", json_schema_extra={"picks": "article_categories"})  # fmt: skip
    description: Line | None = Field(None, title="Description", description="A sentence")
    is_hidden: bool = Field(default=False, title="Hidden", description="Not shown to clients")


def add_category(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add categories.

    Args:
        tables: Read-only tables; reads ``article_categories``.
        requests: One row per category. See ``AddCategory``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``article_categories``, in row order.

    Problems:
        ``unknown_category`` (the one above), ``name_taken`` (below the same one).
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", ADD_PROBLEMS)
    steps.add("new_categories", NEW_CATEGORIES.format(next_id=tables.next_id("article_categories")))
    return steps.plan(steps.insert("article_categories", "new_categories"), problems="problems")


ADD_PROBLEMS = """
    select "row", 'parent_id' as field, 'unknown_category' as code, 'there is no category ' || parent_id as message
    from requests where parent_id is not null and parent_id not in (select id from article_categories)
    union all
    select "row", 'name', 'name_taken', 'name ' || requests.name || ' is that of category ' || known.id || ' in the same place'
    from requests join article_categories known on lower(known.name) = lower(requests.name)
        and known.parent_id is not distinct from requests.parent_id and known.translation_of_id is null
    union all
    select "row", 'name', 'name_taken', 'name ' || name || ' is in an earlier row already, in the same place'
    from requests where name is not null
    qualify row_number() over (partition by parent_id, lower(name) order by "row") > 1
"""

NEW_CATEGORIES = """
    select {next_id} + row_number() over (order by "row") as id, parent_id, name, description, is_hidden from requests
"""


class EditCategory(Request):
    """Change a category: its name, where it stands; only what is given."""

    category_id: Id = Field(title="Category", description="Which one is changed", json_schema_extra={"picks": "article_categories"})  # fmt: skip
    name: Line | None = Field(None, title="Name", description="E.g. E-mail")
    parent_id: Id | None = Field(None, title="Below", description="Moves it there with all that is below it", json_schema_extra={"picks": "article_categories"})  # fmt: skip
    description: Line | None = Field(None, title="Description", description="A sentence")
    is_hidden: bool | None = Field(None, title="Hidden", description="Not shown to clients")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="parent_id (to the top), description")  # fmt: skip


EDITABLE = ("name", "parent_id", "description", "is_hidden")


def edit_category(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change and move categories; the tree stays a tree.

    Args:
        tables: Read-only tables; reads ``article_categories``.
        requests: One row per change: ``category_id``, any fields, ``clear``. Later rows of one category win. See
            ``EditCategory``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``article_categories``; no category is above itself, however far up.

    Problems:
        ``unknown_category`` (it, or the one above), ``nothing_given``, ``not_clearable``, ``given_and_cleared``,
        ``cycle`` (it would stand below itself), ``name_taken`` (in the same place).
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("article_categories", "category_id", EDITABLE))
    steps.add("general", edit_problems_sql("article_categories", "category_id", EDITABLE, ("parent_id", "description")))
    steps.add("as_moved", AS_MOVED)
    steps.add("problems", EDIT_PROBLEMS)
    return steps.plan(steps.update("article_categories", "edited"), problems="problems")


AS_MOVED = """
    select id, parent_id, name from edited
    union all
    select id, parent_id, name from article_categories where id not in (select id from edited) and translation_of_id is null
"""

EDIT_PROBLEMS = """
    with recursive above as (
        select id, parent_id as above_id from as_moved where id in (select id from edited) and parent_id is not null
        union
        select above.id, as_moved.parent_id from above join as_moved on as_moved.id = above.above_id
        where as_moved.parent_id is not null
    )
    from general
    union all
    select "row", 'parent_id', 'unknown_category', 'there is no category ' || parent_id
    from requests where parent_id is not null and parent_id not in (select id from article_categories)
    union all
    select max("row"), 'parent_id', 'cycle', 'category ' || category_id || ' would stand below itself: choose another place'
    from requests where category_id in (select id from above where above_id = id) group by category_id
    union all
    select max("row"), 'name', 'name_taken', 'name ' || edited.name || ' is that of category ' || min(other.id) || ' in the same place'
    from requests join edited on edited.id = category_id
    join as_moved other on other.id <> edited.id and lower(other.name) = lower(edited.name)
        and other.parent_id is not distinct from edited.parent_id
    group by edited.id, edited.name
"""


class RemoveCategory(Request):
    """Remove an empty category."""

    category_id: Id = Field(title="Category", description="Which one goes", json_schema_extra={"picks": "article_categories"})  # fmt: skip


def remove_category(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove categories in which nothing stands, or whose categories below are removed by the same requests.

    Args:
        tables: Read-only tables; reads ``article_categories`` and ``article_placements``.
        requests: One row per category. See ``RemoveCategory``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``article_categories``, translations of them too.

    Problems:
        ``unknown_category`` (also by an earlier row), ``not_empty`` (articles or categories stand in it).
    """
    steps = tables.steps(requests=requests)
    steps.add("gone", "select id from article_categories where id in (select category_id from requests) or translation_of_id in (select category_id from requests)")  # fmt: skip
    steps.add("problems", REMOVE_PROBLEMS)
    return steps.plan(steps.delete("article_categories", "gone"), problems="problems")


REMOVE_PROBLEMS = """
    with asked as (
        select *, row_number() over (partition by category_id order by "row") > 1 as is_again
        from requests where category_id is not null
    ),
    gone_at as (select category_id as id, min("row") as "row" from asked group by 1)
    select "row", 'category_id' as field, 'unknown_category' as code, 'there is no category ' || category_id as message
    from asked where is_again or category_id not in (select id from article_categories)
    union all
    select "row", 'category_id', 'not_empty', 'category ' || category_id || ' is not empty: ' || inside.many || ' ' || case when inside.many = 1
            then inside.one || ' stands in it; move it first' else inside.several || ' stand in it; move them first' end
    from asked join (
        select category_id as id, count(*) as many, 'article' as one, 'articles' as several from article_placements group by 1
        union all
        select below.parent_id, count(*), 'category', 'categories' from article_categories below
        left join gone_at on gone_at.id = below.id
        left join gone_at above on above.id = below.parent_id
        where below.parent_id is not null and not coalesce(gone_at."row" < above."row", false) group by 1
    ) inside on inside.id = asked.category_id
    where not is_again
"""

RULES: tuple[Rule, ...] = (
    Rule("add-category", "Add category", add_category, AddCategory, group="knowledgebase", manual="knowledgebase article"),
    Rule("edit-category", "Edit category", edit_category, EditCategory, group="knowledgebase", manual="knowledgebase article"),
    Rule("remove-category", "Remove category", remove_category, RemoveCategory, risk="medium", group="knowledgebase", manual="knowledgebase article"),
)  # fmt: skip
