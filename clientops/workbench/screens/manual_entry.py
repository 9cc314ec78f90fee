"""Manual entry: every kind of thing a person enters, in one place."""

from __future__ import annotations

from typing import Any

from clientops.core.plan import Rule
from clientops.registry import MANUAL_KINDS, rules
from clientops.workbench.change.workflow import Change
from clientops.workbench.frame import Screen
from clientops.workbench.parts.knowledgebase import ArticlePage, ArticlesPage
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, card, icon
from clientops.workbench.ui.nodes import Content, Node, call, h

GROUPS = {
    "clients": "Clients", "contacts": "Contacts", "credit": "Account credit", "invoices": "Invoices", "transactions": "Payments",
    "mail": "E-mail", "merge": "Duplicates", "book": "The book",
}  # fmt: skip


class Main(Screen):
    """Choose what to enter, then enter it."""

    title = "Manual entry"

    def __init__(self, desk: Desk) -> None:
        super().__init__(desk)
        self.wanted = ""
        self.change: Change | None = None
        self.articles: ArticlesPage | ArticlePage | None = None

    @property
    def lead(self) -> str:  # type: ignore[override]
        """What the screen is for, until something is chosen."""
        return (
            ""
            if self.change or self.articles
            else "What did not come in by itself. Each entry is checked, previewed, and recorded with who made it and why."
        )

    def show(self, arguments: list[str]) -> None:
        """``manual-entry/add-client`` is the form of a rule, ``manual-entry/articles/3`` an article."""
        known = rules()
        self.change = self.articles = None
        if arguments[:1] == ["articles"]:
            number = arguments[1] if len(arguments) > 1 else ""
            self.articles = ArticlePage(self.desk, int(number)) if number.isdigit() else ArticlesPage(self.desk)
        if arguments and arguments[0] in known:
            filled = {"client_id": int(arguments[1])} if len(arguments) > 1 and arguments[1].isdigit() else None
            self.change = Change(self.desk, arguments[0], filled=filled, on_close=self.back)

    def back(self, _value: Any = None) -> Any:
        """Choose anew."""
        return self.desk.go("manual-entry")

    def narrow(self, text: Any) -> None:
        """Show only what a text finds."""
        self.wanted = str(text or "").strip().lower()

    def tree(self) -> Content:
        """The choice, or the form."""
        if self.articles is not None:
            back = (
                button("All kinds of entries", self.back, look="quiet")
                if isinstance(self.articles, ArticlesPage)
                else button("Knowledgebase", call(self.desk.go, "manual-entry/articles"), look="quiet")
            )
            return [h("div", back, key="back"), self.articles.tree()]
        if self.change is not None:
            return [h("div", button("All kinds of entries", self.back, look="quiet"), key="back"), self.change.tree()]
        found = [rule for rule in rules().values() if self._fits(rule)]
        sections = [(kind, [rule for rule in found if rule.manual == kind]) for kind in MANUAL_KINDS]
        sections = [(kind[:1].upper() + kind[1:], listed) for kind, listed in sections if listed]
        groups: dict[str, list[Rule]] = {}
        for rule in found:
            if rule.manual not in MANUAL_KINDS:
                title = GROUPS.get(rule.group, rule.group.replace("_", " ").capitalize())
                groups.setdefault(title, []).append(rule)
        sections += groups.items()
        return [
            h("div", icon("search"), h("input", type="search", class_="co-input", placeholder="What do you want to enter?", aria_label="What do you want to enter?",
                                       value=self.wanted, on={"typing": self.narrow}), class_="co-search", key="search"),
            h("div", button("Record of manual entries", call(self.desk.go, "operations/entries"), picture="audit"),
              button("Knowledgebase", call(self.desk.go, "manual-entry/articles"), picture="book"), class_="co-buttons", key="record"),
            [card(h("div", [self._choice(rule) for rule in listed], class_="co-choices"), title=title, key=title) for title, listed in sections],
            None if found else h("p", "There is no form for that; try another word.", class_="co-empty", key="none"),
        ]  # fmt: skip

    def _fits(self, rule: Rule) -> bool:
        text = f"{rule.title} {rule.manual} {rule.group} {rule.request.__doc__ or ''}".lower()
        return all(word in text for word in self.wanted.split())

    def _choice(self, rule: Rule) -> Node:
        said = (rule.request.__doc__ or "").split("\n\n")[0].strip()
        return h(
            "button", h("strong", rule.title), h("span", said), type="button", class_="co-choice",
            on={"click": call(self.desk.go, f"manual-entry/{rule.name}")}, key=rule.name,
        )  # fmt: skip
