"""Markdown as nodes of a screen: nothing of it is ever parsed as HTML, and no address in it is fetched."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from clientops.workbench.ui.nodes import Content, Node, h

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.tree import SyntaxTreeNode

PLAIN = {
    "paragraph": "p", "bullet_list": "ul", "ordered_list": "ol", "list_item": "li", "strong": "strong", "em": "em",
    "s": "s", "table": "table", "thead": "thead", "tbody": "tbody", "tr": "tr", "th": "th", "td": "td",
}  # fmt: skip
MOST = 200_000


@lru_cache(maxsize=1)
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark", {"html": False}).enable(["table", "strikethrough"])


def markdown(text: str) -> Node:
    """A text in Markdown, drawn; HTML in it is shown as it was typed, links and pictures by their addresses.

    Source:
        CommonMark with tables, through markdown-it-py.
    """
    from markdown_it.tree import SyntaxTreeNode

    tree = SyntaxTreeNode(_parser().parse(text[:MOST]))
    return h("div", [_drawn(child) for child in tree.children], class_="co-markdown")


def _drawn(node: SyntaxTreeNode) -> Content:  # noqa: C901, PLR0911  # a table of cases
    """A piece of Markdown as content; what is not known is shown as text."""
    kind = node.type
    if kind in ("text", "html_inline", "html_block"):
        return node.content
    if kind in ("softbreak", "hardbreak"):
        return h("span", " ") if kind == "softbreak" else h("span", "\n", class_="co-break")
    if kind == "code_inline":
        return h("code", node.content)
    if kind in ("fence", "code_block"):
        return h("pre", node.content)
    if kind == "hr":
        return h("hr")
    if kind == "image":
        return h("span", f"[picture: {node.content}] ", _address(str(node.attrs.get("src", ""))))
    inside = [_drawn(child) for child in node.children]
    if kind == "inline":
        return inside
    if kind == "heading":
        return h("h3" if node.tag in ("h1", "h2") else "h4", inside)
    if kind == "blockquote":
        return h("div", inside, class_="co-quote")
    if kind == "link":
        shown, address = "".join(c for c in _texts(inside)), str(node.attrs.get("href", ""))
        return h("span", inside, None if shown == address else [" ", _address(address)])
    return h(PLAIN.get(kind, "span"), inside)


def _address(text: str) -> Node:
    """An address to be read, not followed: who wrote it may not be who it says."""
    return h("span", f"({text})", class_="co-faint")


def _texts(content: Content) -> list[str]:
    from clientops.workbench.ui.nodes import flatten

    return [part if isinstance(part, str) else part.text for part in flatten(content)]
