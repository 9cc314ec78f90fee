"""Rules of the house for what is shown: text is text, and nothing is fetched from elsewhere."""

import re
from pathlib import Path

import pytest

import clientops.workbench
from clientops.workbench.ui.charts import bars
from clientops.workbench.ui.nodes import h, wire

FORMS = Path(clientops.workbench.__file__).parent


@pytest.mark.parametrize(
    "word",
    ["innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function", "DOMParser", "import("],
)
def test_browser_code_never_parses_text(word):
    """No script of ours turns text into elements or code."""
    for file in FORMS.rglob("*.js"):
        assert word not in file.read_text(encoding="utf-8"), file.name


@pytest.mark.parametrize("word", ["ipywidgets.HTML", "HTMLMath", "display(", "Markdown(", "import ipywidgets"])
def test_python_code_shows_nothing_past_the_tree(word):
    """Whatever is shown goes through the tree of nodes."""
    for file in FORMS.rglob("*.py"):
        assert word not in file.read_text(encoding="utf-8"), file.name


def test_nothing_is_fetched_from_elsewhere():
    """No file for the browser names another machine."""
    for file in [*FORMS.rglob("*.js"), *FORMS.rglob("*.css"), *FORMS.rglob("*.j2")]:
        found = [
            a
            for a in re.findall(r"(?:https?:)?//[a-z0-9.-]+\.[a-z]+[^\s\"')]*", file.read_text(encoding="utf-8"))
            if "www.w3.org/2000/svg" not in a
        ]
        assert found == [], file.name


def test_a_chart_escapes_its_labels():
    """A label of a chart is text in the picture, and in its description."""
    import base64

    node = bars("Title", ["<script>"], [("<b>", [1.0])])
    drawn = [base64.b64decode(one.attributes["src"].rpartition(",")[2]).decode() for one in node.find(tag="img")]
    assert ["<script>" in svg for svg in drawn] == [False, False]
    assert ["&lt;script&gt;" in svg for svg in drawn] == [True, True]


def test_children_are_texts_on_the_wire():
    """A text stays one string, whatever is in it."""
    assert wire(h("p", "<b>", h("i", 7)), lambda _call: "") == {"t": "p", "c": ["<b>", {"t": "i", "c": ["7"]}]}
