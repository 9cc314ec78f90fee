"""The knowledgebase as a part of a screen: its tree, searching it, one article with its versions."""

from __future__ import annotations

from typing import Any

from clientops.reports.figures.knowledgebase import Category, Hit, Version, read_tree, read_versions, search_articles
from clientops.schema.tables import Tables
from clientops.workbench.change.row_actions import Actions
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import badge, button, card, icon, link, notice
from clientops.workbench.ui.labels import moment
from clientops.workbench.ui.markdown import markdown
from clientops.workbench.ui.nodes import Content, Node, Part, call, h

ROUTE = "manual-entry/articles"
SHOWN = 20


class ArticlesPage(Part):
    """Find an article."""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk
        self.wanted = ""
        self.category: int | None = None

    def typed(self, text: Any) -> None:
        """Look for other words."""
        self.wanted = str(text or "")[:500]

    def choose(self, category: int | None, _value: Any = None) -> None:
        """Only what stands in a category or below it."""
        self.category = category

    def tree(self) -> Content:
        """Search, tree, what was found."""
        with self.desk.book.tables() as tables:
            found = search_articles(tables, self.wanted, category=self.category, limit=SHOWN)
            categories = read_tree(tables)
        begin = [
            button(title, call(self.desk.go, f"manual-entry/{name}"), look=look)
            for name, title, look in (("add-article", "Write article", "primary"), ("add-category", "Add category", ""))
        ]
        return [
            h("div", icon("search"), h("input", type="search", class_="co-input", placeholder="Search titles, tags and texts", aria_label="Search the knowledgebase",
                                       value=self.wanted, on={"typing": self.typed}), class_="co-search", key="search"),
            h("div", begin, class_="co-buttons", key="begin"),
            h("div",
              card(h("ul", [self._hit(hit) for hit in found], class_="co-todo") if found else h("p", "No article has all of these words." if self.wanted else "There is no article here yet.", class_="co-empty"),
                   title="Found" if self.wanted else "Newest articles", key="found"),
              card(self._tree(categories), title="Categories", key="tree"),
              class_="co-columns", key="columns"),
        ]  # fmt: skip

    def _hit(self, hit: Hit) -> Node:
        tags = h("span", hit.tags, class_="co-faint") if hit.tags else None
        return h(
            "li",
            h("span", h("span", link(hit.title, call(self.desk.go, f"{ROUTE}/{hit.id}")), " ", badge(hit.status, "good" if hit.status == "published" else "plain")),
              h("span", hit.extract, class_="co-faint"), tags, class_="co-todo-what"),
            key=str(hit.id),
        )  # fmt: skip

    def _tree(self, categories: list[Category]) -> Content:
        if not categories:
            return h("p", "No categories yet.", class_="co-empty")
        every = button("All categories", call(self.choose, None), look="quiet") if self.category else None
        lines = [
            h("li",
              h("span", "\u2003" * category.depth),
              link(category.name, call(self.choose, category.id), aria_current="true" if category.id == self.category else None),
              h("span", f" {category.articles}" if category.articles else "", class_="co-faint"),
              h("span", " hidden", class_="co-faint") if category.is_hidden else None,
              " ", link("edit", call(self.desk.go, f"record/article_categories/{category.id}"), class_="co-faint", aria_label=f"Edit category {category.name}"),
              key=str(category.id))
            for category in categories
        ]  # fmt: skip
        return [every, h("ul", lines, class_="co-tree")]


class ArticlePage(Part):
    """One article: its text as it looks, what can be done with it, and its versions."""

    def __init__(self, desk: Desk, number: int) -> None:
        super().__init__()
        self.desk, self.number = desk, number
        self.shown: int | None = None
        self.change: Change | None = None
        self.actions = Actions(desk, "article_id", number, current=self._row, on_applied=self.changed, shown=2)

    def _row(self) -> dict[str, Any]:
        with self.desk.book.tables() as tables:
            return _read_article(tables, self.number)

    def changed(self, _receipt: object) -> None:
        """Something was changed: the newest version is shown."""
        self.shown = None

    def show(self, operation: int | None, _value: Any = None) -> None:
        """An older version."""
        self.shown, self.change = operation, None

    def restore(self, version: int, _value: Any = None) -> Any:
        """Preview bringing a version back."""
        requests = {"article_id": self.number, "version": version}
        self.change = Change(
            self.desk, "restore-article", requests=requests, on_close=self.close, on_applied=self.changed
        )
        return self.change.asked(None)

    def close(self, _value: Any = None) -> None:
        """Leave it as it is."""
        self.change = None

    def tree(self) -> Content:
        """The article, or the chosen version of it."""
        with self.desk.book.tables() as tables:
            versions = read_versions(tables, self.number)
            row = _read_article(tables, self.number)
        if not versions:
            return notice("warning", f"There is no article {self.number}.")
        chosen = next((v for v in versions if v.operation_id == self.shown), versions[0])
        is_old = chosen is not versions[0]
        place = ", ".join(row.get("categories") or []) if row else ""
        return [
            self.change.tree() if self.change else self.actions.tree() if row else notice("warning", "This article was removed; it is only in the history."),
            card(
                notice("info", f"This is version {chosen.version}, of {moment(chosen.applied_at)}.", button("Show the newest", call(self.show, None))) if is_old else None,
                h("p", badge(chosen.status, "good" if chosen.status == "published" else "plain"), " ", h("span", " · ".join(part for part in (f"version {chosen.version}", place, chosen.tags) if part), class_="co-faint")),
                markdown(chosen.body), title=chosen.title, key=f"article {chosen.operation_id}",
            ),
            card(h("ul", [self._version(version, versions[0], is_there=bool(row)) for version in versions], class_="co-todo"), title="Versions", key="versions"),
        ]  # fmt: skip

    def _version(self, version: Version, newest: Version, *, is_there: bool) -> Node:
        can_restore = is_there and version.version != newest.version
        return h(
            "li",
            h("span", str(version.version), class_="co-number-of"),
            h("span", h("strong", version.title), h("span", " · ".join(part for part in (version.operator, moment(version.applied_at), version.reason) if part), class_="co-faint"), class_="co-todo-what"),
            button("Show", call(self.show, version.operation_id), look="quiet", aria_label=f"Show version {version.version}"),
            button("Bring back…", call(self.restore, version.version), look="quiet", aria_label=f"Bring back version {version.version}") if can_restore else None,
            key=str(version.operation_id),
        )  # fmt: skip


def _read_article(tables: Tables, number: int) -> dict[str, Any]:
    """An article as it is, with the numbers and names of its categories; nothing if there is none."""
    relation = tables.query(ARTICLE, number=number)
    found = relation.fetchone()
    return dict(zip(relation.columns, found, strict=True)) if found else {}


ARTICLE = """
    select articles.*,
        (select list(category_id order by id) from article_placements where article_id = $number) as category_ids,
        (select list(c.name order by p.id) from article_placements p join article_categories c on c.id = p.category_id
            where p.article_id = $number) as categories
    from articles where id = $number
"""
