"""The knowledgebase for people: its tree, searching it, and the versions of an article.

Searching is plain: each word must be in title, tags or text, and titles count most. The engine's full-text index would have
to be built anew after every change, and ten thousand articles are searched without one in less than a tenth of a second.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from clientops.schema.tables import Tables

MOST_WORDS = 12
AROUND = 90


@dataclass(frozen=True)
class Hit:
    """An article that a search found; ``extract`` is the text around the first word."""

    id: int
    title: str
    status: str
    tags: str
    extract: str
    score: int


@dataclass(frozen=True)
class Category:
    """A category with how deep it stands, its path, and how many articles stand in it."""

    id: int
    name: str
    depth: int
    path: str
    articles: int
    is_hidden: bool


@dataclass(frozen=True)
class Version:
    """What an article said: the operation that made it so, by whom, when and why."""

    version: int
    operation_id: int
    operator: str
    applied_at: datetime
    reason: str
    title: str
    body: str
    tags: str
    status: str


def plain(text: str) -> str:
    """Text in small letters and without accents, as it is searched."""
    return "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))


def search_articles(
    tables: Tables, text: str, *, category: int | None = None, published_only: bool = False, limit: int = 20
) -> list[Hit]:
    """Articles in which every word of a text stands, the best first; without words the newest.

    Args:
        tables: Read-only tables.
        text: Words; whatever they contain is looked for as it is, there are no special characters.
        category: Only articles that stand in this category or below it.
        published_only: Leave drafts out.
        limit: At most so many.
    """
    words = list(dict.fromkeys(plain(text).split()))[:MOST_WORDS]
    values: dict[str, Any] = {f"w{place}": word for place, word in enumerate(words)}
    every = " and ".join(f"contains(everything, $w{place})" for place in range(len(words))) or "true"
    scores = [
        f"contains(title_text, $w{p})::integer * 10 + contains(tag_text, $w{p})::integer * 6 "
        f"+ least(5, (length(body_text) - length(replace(body_text, $w{p}, ''))) // length($w{p}))"
        for p in range(len(words))
    ]
    wheres = ["(status = 'published')"] if published_only else []
    if category is not None:
        values["category"] = category
        wheres.append(f"id in (select article_id from article_placements where category_id in ({BELOW}))")
    sql = f"""
        with texts as (
            select *, strip_accents(lower(title)) as title_text, strip_accents(lower(coalesce(tags, ''))) as tag_text,
                strip_accents(lower(coalesce(body, ''))) as body_text,
                concat_ws(' ', title_text, tag_text, body_text) as everything
            from articles {"where " + " and ".join(wheres) if wheres else ""}
        )
        select id, title, status, coalesce(tags, ''), coalesce(body, ''), {" + ".join(scores) or "0"} as score
        from texts where {every} order by score desc, id desc limit {int(limit)}
    """
    rows = tables.query(sql, **values).fetchall()
    return [Hit(number, title, status, tags, _extract(body, words), score) for number, title, status, tags, body, score in rows]  # fmt: skip


BELOW = """
    with recursive below as (
        select id from article_categories where id = $category
        union
        select c.id from article_categories c join below on c.parent_id = below.id
    )
    select id from below
"""


def _extract(body: str, words: list[str]) -> str:
    """The text around the first word that is found, without line breaks."""
    flat = re.sub(r"[#*`>|\s]+|(?<!\w)-+(?!\w)", " ", body).strip()  # without Markdown's marks
    folded = plain(flat) if len(plain(flat)) == len(flat) else flat.lower()
    places = [place for place in (folded.find(word) for word in words) if place >= 0]
    start = max(0, min(places, default=0) - AROUND // 2)
    cut = flat[start : start + 2 * AROUND]
    return f"{'…' if start else ''}{cut}{'…' if start + 2 * AROUND < len(flat) else ''}"


def read_tree(tables: Tables) -> list[Category]:
    """All categories, each below the one above it, by name."""
    return [Category(*row) for row in tables.query(TREE).fetchall()]


TREE = """
    with recursive tree as (
        select id, name, 0 as depth, name as path, [lower(name), id::varchar] as place, is_hidden from article_categories
        where translation_of_id is null and (parent_id is null or parent_id not in (select id from article_categories))
        union all
        select c.id, c.name, tree.depth + 1, tree.path || ' / ' || c.name, tree.place || [lower(c.name), c.id::varchar], c.is_hidden
        from article_categories c join tree on c.parent_id = tree.id where c.translation_of_id is null and tree.depth < 100
    )
    select tree.id, tree.name, depth, path, count(article_placements.id), is_hidden
    from tree left join article_placements on article_placements.category_id = tree.id
    group by tree.id, tree.name, depth, path, place, is_hidden order by place
"""


def read_versions(tables: Tables, article_id: int) -> list[Version]:
    """Every version of an article that the history knows, the newest first; none if it never was."""
    return [Version(*row) for row in tables.query(VERSIONS.format(history=tables.history("articles")), id=article_id).fetchall()]  # fmt: skip


VERSIONS = """
    select a.version, a.operation_id, o.operator, o.applied_at, coalesce(o.reason, ''), a.title, coalesce(a.body, ''),
        coalesce(a.tags, ''), a.status
    from {history} a join history.operations o on o.id = a.operation_id
    where a.id = $id and a.sign = 1 order by a.operation_id desc
"""
