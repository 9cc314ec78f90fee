"""Driving a view without a browser: what a person does, as the messages that the browser would send."""

from __future__ import annotations

from typing import Any

from clientops.workbench.ui.nodes import Node
from clientops.workbench.ui.widget import View


class Hand:
    """A person at a view."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.sent: list[Any] = []
        view.send = lambda content, buffers=None: self.sent.append(content)
        view.wait()

    @property
    def text(self) -> str:
        """Everything on the screen."""
        return self.view.drawn.text

    def node(self, **wanted: Any) -> Node:
        """The one node that is as wanted."""
        found = self.view.drawn.find(**wanted)
        assert len(found) == 1, f"{len(found)} nodes are {wanted}: {[n.text for n in found]}"
        return found[0]

    def name_of(self, node: Node, event: str) -> str:
        """The name that the browser has for what an event of a node calls."""
        return next(name for name, what in self.view._live.items() if what.key == node.events[event].key)

    def button(self, text: str) -> Node:
        """The first button or link with a text."""
        found = [n for tag in ("button", "a") for n in self.view.drawn.find(tag=tag) if n.text == text]
        assert found, f"there is no button {text!r}; there are {[n.text for n in self.view.drawn.find(tag='button')]}"
        return found[0]

    def has_button(self, text: str) -> bool:
        """Whether there is such a button."""
        return any(n.text == text for n in self.view.drawn.find(tag="button"))

    def say(self, message: dict[str, Any]) -> None:
        """Send a message as the browser does, and wait until what it began is over."""
        self.view._handle_custom_msg(message, [])
        self.view.wait()

    def click(self, text: str) -> None:
        """Click a button."""
        self.say({"h": self.name_of(self.button(text), "click"), "v": None})

    def form(self) -> Node:
        """The first form."""
        return self.view.drawn.find(tag="form")[0]

    def submit(self, how: str = "", **values: Any) -> None:
        """Fill the form and send it."""
        self.say({"h": self.name_of(self.form(), "submit"), "v": {"how": how, "values": values}})

    def leave(self, name: str, **values: Any) -> None:
        """Leave a field."""
        self.say({"h": self.name_of(self.form(), "leave"), "v": {"name": name, "values": values}})

    def type(self, **values: Any) -> None:
        """Type into the form."""
        self.say({"h": self.name_of(self.form(), "typing"), "v": values})

    def ask(self, node: Node, prop: str, value: Any) -> Any:
        """Ask what a component asks."""
        name = next(n for n, what in self.view._live.items() if what.key == node.attributes[prop].key)
        self.view._handle_custom_msg({"h": name, "v": value, "ask": 1}, [])
        return next(m["v"] for m in reversed(self.sent) if "reply" in m)

    def problems(self) -> list[str]:
        """Texts under fields that say what is wrong."""
        return [node.text for node in self.view.drawn.find(class_="co-problem")]
