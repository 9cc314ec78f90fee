"""A row of choices of which one is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from clientops.workbench.ui.nodes import Call, Content, Node, h


def tabs(label: str, choices: Iterable[tuple[str, Content]], chosen: str, on_choose: Callable[[str], Call]) -> Node:
    """Buttons next to one another, the chosen one pressed."""
    buttons = [
        h("button", title, type="button", class_="co-tab", aria_pressed="true" if name == chosen else "false",
          on={"click": on_choose(name)}, key=name)
        for name, title in choices
    ]  # fmt: skip
    return h("div", buttons, class_="co-tabs", role="group", aria_label=label, key=f"tabs {label}")
