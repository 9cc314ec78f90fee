"""What a screen is made of: a tree of plain values, which the browser draws as text and never parses.

A node is an element with attributes and children. Whatever a person typed is a child or a value, so it is shown and
cannot run. Only the few elements and attributes that ``assets/view.js`` knows are drawn.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

_serial = itertools.count(1)


@dataclass(frozen=True)
class Call:
    """A method of a part, with arguments, that an event in the browser calls."""

    method: Callable[..., Any]
    arguments: tuple[Any, ...] = ()

    @property
    def key(self) -> tuple[Any, ...]:
        """What makes it the same call when the screen is drawn anew."""
        owner = getattr(self.method, "__self__", None)
        name = getattr(self.method, "__name__", repr(self.method))
        return (getattr(owner, "serial", id(owner)), name, repr(self.arguments))


@dataclass(frozen=True)
class Node:
    """An element of a screen.

    Attributes:
        tag: Its HTML name, or ``co-…`` for a component of ours.
        attributes: HTML attributes; for a component its properties.
        children: Nodes and texts inside it.
        key: Name that keeps it the same element when its neighbours change.
        events: What ``click``, ``change``, ``typing``, ``leave`` and ``submit`` call.
        focus: A number; when it is new, the element gets the focus.
    """

    tag: str
    attributes: Mapping[str, Any] = field(default_factory=dict)
    children: tuple[Node | str, ...] = ()
    key: str = ""
    events: Mapping[str, Call] = field(default_factory=dict)
    focus: int = 0

    @property
    def text(self) -> str:
        """Everything that is to be read in it, in order; for tests and messages."""
        return " ".join(" ".join(c if isinstance(c, str) else c.text for c in self.children).split())

    def find(self, **wanted: Any) -> list[Node]:
        """Nodes in it, itself included, whose tag or attributes are as wanted (``class_`` matches one of them)."""
        found = [self] if self._fits(wanted) else []
        for child in self.children:
            if isinstance(child, Node):
                found += child.find(**wanted)
        return found

    def _fits(self, wanted: Mapping[str, Any]) -> bool:
        for name, value in wanted.items():
            have = self.tag if name == "tag" else self.attributes.get(_attribute(name))
            if name == "class_":
                if value not in str(have or "").split():
                    return False
            elif have != value:
                return False
        return True


Content: TypeAlias = "Node | str | int | Iterable[Content] | None"


class Part(ABC):
    """A piece of a screen with a state of its own: it draws itself, and its methods are called by events."""

    def __init__(self) -> None:
        self.serial = next(_serial)

    @abstractmethod
    def tree(self) -> Content:
        """What it looks like now."""

    def may_go_on(self) -> bool:
        """Whether the person may still see and do what is here; asked before everything that the browser says."""
        return True

    def dismiss(self) -> None:  # noqa: B027  # most parts have nothing to forget
        """The person may not go on: forget what only they could see."""


def call(method: Callable[..., Any], *arguments: Any) -> Call:
    """What an event calls: the method with these arguments, then the event's own value."""
    return Call(method, arguments)


def h(
    tag: str,
    *children: Content,
    key: str = "",
    focus: int = 0,
    on: Mapping[str, Call | Callable[..., Any]] | None = None,
    **attributes: Any,
) -> Node:
    """An element; ``class_``, ``for_`` and ``aria_label`` are written as HTML writes them."""
    events = {name: what if isinstance(what, Call) else Call(what) for name, what in (on or {}).items()}
    given = {_attribute(name): value for name, value in attributes.items() if value is not None}
    return Node(tag, given, flatten(children), key, events, focus)


def flatten(content: Content) -> tuple[Node | str, ...]:
    """Content as a flat row of nodes and texts."""
    if content is None or content is False:
        return ()
    if isinstance(content, (str, int)):
        return (str(content),)
    if isinstance(content, Node):
        return (content,)
    return tuple(node for part in content for node in flatten(part))


def _attribute(name: str) -> str:
    name = name.rstrip("_")
    return name.replace("_", "-") if name.startswith("aria_") else name


def wire(node: Node | str, name_of: Callable[[Call], str]) -> Any:
    """The tree as JSON values, its calls replaced by the names that the browser may use for them."""
    if isinstance(node, str):
        return node
    found: dict[str, Any] = {"t": node.tag}
    if node.tag.startswith("co-") and node.tag != "co-icon":
        found["p"] = _named(node.attributes, name_of)
    elif node.attributes:
        found["a"] = dict(node.attributes)
    if node.children:
        found["c"] = [wire(child, name_of) for child in node.children]
    if node.key:
        found["k"] = node.key
    if node.events:
        found["e"] = {event: name_of(what) for event, what in node.events.items()}
    if node.focus:
        found["f"] = node.focus
    return found


def _named(value: Any, name_of: Callable[[Call], str]) -> Any:
    """Properties of a component with their calls named."""
    if isinstance(value, Call):
        return name_of(value)
    if isinstance(value, Mapping):
        return {name: _named(inner, name_of) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_named(inner, name_of) for inner in value]
    return value
