"""The small pieces that every screen is made of: headings, cards, notices, badges, buttons, tables, figures."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from clientops.workbench.ui.nodes import Call, Content, Node, h

TONES = {
    "Active": "good", "Paid": "good", "Completed": "good", "Accepted": "good", "Answered": "good", "sent": "good",
    "Pending": "warn", "Unpaid": "warn", "Suspended": "warn", "Inactive": "plain", "Open": "warn", "queued": "warn",
    "Overdue": "bad", "Closed": "bad", "Terminated": "bad", "Fraud": "bad", "Collections": "bad", "failed": "bad",
    "sure": "good", "likely": "warn", "Expired": "bad", "Cancelled": "plain", "Refunded": "plain", "Draft": "plain", "Written off": "plain",
}  # fmt: skip
_focus = itertools.count(1)


def next_focus() -> int:
    """A number for :attr:`Node.focus` that was not used before."""
    return next(_focus)


def icon(name: str) -> Node:
    """One of the pictures that ``assets/view.js`` knows; decoration only."""
    return h("co-icon", name=name)


def badge(text: str, tone: str = "") -> Node:
    """A status, coloured by what it means."""
    return h("span", text, class_=f"co-badge co-badge-{tone or TONES.get(text, 'plain')}")


def button(
    text: Content, on_click: Call | Callable[..., Any], *, look: str = "", picture: str = "", **more: Any
) -> Node:
    """A button; ``look`` is ``primary``, ``danger``, ``quiet`` or nothing."""
    classes = f"co-button co-{look}" if look else "co-button"
    return h(
        "button",
        icon(picture) if picture else None,
        h("span", text),
        type="button",
        class_=classes,
        on={"click": on_click},
        **more,
    )


def link(text: Content, on_click: Call | Callable[..., Any], **more: Any) -> Node:
    """A link that goes somewhere within the workbench; one that leads to a screen has its address, to be opened or copied."""
    what = on_click if isinstance(on_click, Call) else Call(on_click)
    leads_on = getattr(what.method, "__name__", "") == "go" and len(what.arguments) == 1
    return h("a", text, href=f"#{what.arguments[0]}" if leads_on else "#", on={"click": what}, **more)


def notice(tone: str, text: Content, *more: Content) -> Node:
    """A message in a coloured box: ``info``, ``done``, ``warning`` or ``error``."""
    return h("div", icon(tone), h("div", h("p", text), [h("div", m) for m in more if m], class_="co-notice-text"), class_=f"co-notice co-notice-{tone}")  # fmt: skip


def card(*content: Content, title: Content = None, tools: Content = None, key: str = "", class_: str = "") -> Node:
    """A box with a heading."""
    top = h("header", h("h2", title), h("div", tools, class_="co-tools") if tools else None) if title else None
    return h("section", top, *content, class_=f"co-card {class_}".strip(), key=key)


def facts(pairs: Iterable[tuple[str, Content]]) -> Node:
    """Names and values below one another; empty values are left out."""
    return h("dl", [h("div", h("dt", name), h("dd", value), key=f"fact {name}") for name, value in pairs if value not in (None, "")], class_="co-facts")  # fmt: skip


def figure(label: str, value: Content, *, detail: Content = None, tone: str = "", on_click: Call | None = None) -> Node:
    """A figure people look at first."""
    inside = [
        h("span", label, class_="co-figure-label"),
        h("span", value, class_="co-figure-value"),
        h("span", detail, class_="co-figure-detail") if detail else None,
    ]
    classes = f"co-figure co-figure-{tone}" if tone else "co-figure"
    if on_click:
        return h("button", inside, type="button", class_=f"{classes} co-figure-goes", on={"click": on_click})
    return h("div", inside, class_=classes)


def table(headings: Sequence[str], rows: Iterable[Sequence[Content]], *, kinds: str = "", caption: str = "", empty: str = "Nothing yet") -> Node:  # fmt: skip
    """A plain table; ``kinds`` has a letter a column: ``t`` text, ``m`` money or number, ``d`` date."""
    classes = {"t": "co-text", "m": "co-money", "d": "co-date"}
    kinds = kinds or "t" * len(headings)
    lines = [
        h("tr", [h("td", cell, class_=classes[kind]) for cell, kind in zip(row, kinds, strict=True)]) for row in rows
    ]
    if not lines:
        return h("p", empty, class_="co-empty")
    head = [h("th", name, scope="col", class_=classes[kind]) for name, kind in zip(headings, kinds, strict=True)]
    title = h("caption", caption, class_="co-hidden") if caption else None
    return h("div", h("table", title, h("thead", h("tr", head)), h("tbody", lines), class_="co-table"), class_="co-table-box")  # fmt: skip
