"""Markdown on screens."""

import json

import pytest

from clientops.workbench.ui.markdown import markdown
from clientops.workbench.ui.nodes import Node, wire


def tags(node):
    """Every tag in a node."""
    return {node.tag} | {tag for child in node.children if isinstance(child, Node) for tag in tags(child)}


def attributes(node):
    """Every attribute of a node and what is in it."""
    return [*node.attributes.items(), *(a for child in node.children if isinstance(child, Node) for a in attributes(child))]  # fmt: skip


def test_markdown_is_drawn():
    """Headings, lists, emphasis, code, quotes and tables become the elements that a screen knows."""
    text = "# Title\n\n* one **bold** *soft* ~~gone~~ `code`\n* two\n\n1. first\n\n> said\n\n```\na < b\n```\n\n|a|b|\n|-|-|\n|1|2|\n\n---\n"
    node = markdown(text)
    assert {"h3", "ul", "ol", "li", "strong", "em", "s", "code", "pre", "table", "th", "td", "hr"} <= tags(node)
    assert [n.text for n in node.find(class_="co-quote")] == ["said"]
    assert [n.text for n in node.find(tag="pre")] == ["a < b"]


HOSTILE = [
    pytest.param("<script>alert(1)</script>", id="script"),
    pytest.param("<img src=x onerror=alert(1)>", id="picture with a handler"),
    pytest.param("[click](javascript:alert(1))", id="script address"),
    pytest.param("[click](JaVaScRiPt:alert(1))", id="script address in another case"),
    pytest.param("![x](https://evil.example/pixel.png)", id="picture from elsewhere"),
    pytest.param("[click](data:text/html;base64,PHNjcmlwdD4=)", id="data address"),
    pytest.param("<a href='javascript:alert(1)'>x</a>", id="link in HTML"),
    pytest.param("[a]: javascript:alert(1)\n\n[a]", id="reference"),
    pytest.param("<https://evil.example/>", id="automatic link"),
    pytest.param("| <b onclick=x> |\n|-|\n| <iframe> |", id="HTML in a table"),
    pytest.param("> " * 500 + "deep", id="five hundred quotes"),
    pytest.param("[" * 5000, id="five thousand brackets"),
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_typed_runs_or_is_fetched(text):
    """No element has an address or a handler, whatever the text is; it is shown as text."""
    node = markdown(text)
    assert tags(node) <= {"div", "p", "h3", "h4", "span", "table", "thead", "tbody", "tr", "th", "td", "pre", "code", "ul", "li", "strong", "em"}  # fmt: skip
    assert {name for name, _ in attributes(node)} <= {"class"}
    json.dumps(wire(node, lambda _call: "h1"))
    assert node.text or text.startswith("> > > ")


def test_where_a_link_leads_is_read_not_followed():
    """Beside the words of a link stands its address; an address that is shown already is not shown twice."""
    assert markdown("[our page](https://example.com/a)").text == "our page (https://example.com/a)"
    assert markdown("<https://example.com/a>").text == "https://example.com/a"
