"""The frame around the screens: where one is, where one can go, and what is amiss with the book itself."""

from __future__ import annotations

import threading
import time
from datetime import date
from importlib import import_module
from pathlib import Path
from typing import Any

import duckdb

from clientops.book.book import Book
from clientops.core.errors import ClientopsError
from clientops.core.readable import counted
from clientops.workbench.session import Desk
from clientops.workbench.ui.components import button, icon, next_focus, notice
from clientops.workbench.ui.errors import is_strict, trouble_of
from clientops.workbench.ui.nodes import Content, Node, Part, call, h
from clientops.workbench.ui.widget import View, Work

SCREENS: tuple[tuple[str, str, str], ...] = (
    ("home", "Home", "home"),
    ("client", "Clients", "client"),
    ("manual-entry", "Manual entry", "entry"),
    ("credits", "Credit", "credit"),
    ("billing", "Billing", "billing"),
    ("duplicates", "Duplicates", "duplicates"),
    ("operations", "Operations", "operations"),
    ("audit", "Audit", "audit"),
)
STILL = 1.5
"""Seconds without anything from the browser after which nobody is taken to wait."""
LONGEST_GIVING_WAY = 30.0
"""Seconds for which the look at the whole book gives way to people in all."""


class Screen(Part):
    """One screen; the module ``screens.<name>`` has a class ``Main`` of it."""

    title = ""
    lead = ""

    def __init__(self, desk: Desk) -> None:
        super().__init__()
        self.desk = desk

    def show(self, arguments: list[str]) -> Any:
        """Come to it, with what stands behind its name in the route, e.g. ``["12"]`` of ``client/12``; may return work."""


class Shell(Part):
    """The navigation, and the screen that is shown.

    Args:
        desk: What the screens work with.
        start: The route to begin at.
        is_routed: Whether the browser will say where it is: nothing is read for a screen that it does not ask for.
    """

    def __init__(self, desk: Desk, start: str, *, is_routed: bool = False) -> None:
        super().__init__()
        self.desk = desk
        self.screens: dict[str, Screen] = {}
        self.name, self.route = "", start
        self.view: View | None = None
        self.focus = 0
        self.account = ""  # address of the person's own sessions, where there are such
        desk.go_to = self.go
        self.first = None if is_routed else self.go(start)
        self.focus = 0

    def go(self, route: str, _value: Any = None) -> Any:
        """Show a screen by its route; what is not a screen is home."""
        name, _, rest = route.partition("/")
        self.name = name if name == "record" or any(name == known for known, _, _ in SCREENS) else "home"
        if self.name not in self.screens:
            module = import_module(f"clientops.workbench.screens.{self.name.replace('-', '_')}")
            self.screens[self.name] = module.Main(self.desk)
        screen = self.screens[self.name]
        work = screen.show([part for part in rest.split("/") if part])
        self.route = route if self.name == name else "home"
        self.focus = next_focus()
        self.tell()
        return work

    def routed(self, route: str) -> Any:
        """The browser came, reloaded, or went back: show its route, or read afresh what is shown."""
        work = self.go(route or self.route)
        self.focus = 0
        return work

    def tell(self) -> None:
        """Tell the browser where one is."""
        if self.view is not None and self.name:
            self.view.route = self.route
            self.view.title = f"{self.screens[self.name].title} · clientops"

    def look_for_direct_changes(self) -> None:
        """Look, beside the screen, whether rows were changed by other means than operations; say so, or that it is not known.

        Half the machine's work for seconds in a large book: people who do something go first, for a while.
        """
        until = time.monotonic() + LONGEST_GIVING_WAY

        def give_way() -> None:
            while self.view is not None and self.view.seconds_still() < STILL and time.monotonic() < until:
                time.sleep(0.1)

        try:
            self.desk.looked(len(self.desk.present.direct_changes(give_way)))
        except (ClientopsError, duckdb.Error) as error:
            self.desk.unlooked = trouble_of(error)
        if (self.desk.direct_changes or self.desk.unlooked) and self.view is not None:
            self.view.refresh()

    def tree(self) -> Content:
        """Navigation beside the screen."""
        if not self.name:
            return None
        screen = self.screens[self.name]
        items = [
            h("li", h("a", icon(picture), h("span", title), href=f"#{name}", on={"click": call(self.go, name)},
                      aria_current="page" if name == self.name else None), key=name)
            for name, title, picture in SCREENS
        ]  # fmt: skip
        return h(
            "div",
            h("nav",
              h("div", icon("book"), h("span", "clientops"), class_="co-brand"),
              h("ul", items),
              h("div", h("a", self.desk.operator, href=self.account, class_="co-who") if self.account else h("span", self.desk.operator, class_="co-who"), h("span", self.desk.book.path.name, class_="co-faint"), class_="co-desk"),
              class_="co-nav", aria_label="Screens", key="nav"),
            h("main",
              self._past_node(),
              self._direct_node(),
              h("header", h("h1", screen.title, tabindex="-1", focus=self.focus), h("p", screen.lead, class_="co-lead") if screen.lead else None,
                class_="co-heading", key="heading"),
              screen.tree(), self._as_of_node(), class_="co-main", key=f"main {self.name}"),
            class_="co-shell",
        )  # fmt: skip

    def look_at(self, value: Any) -> Any:
        """Show the book as it was at the end of a day, or, without one, as it is."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        try:
            self.desk.look_at(date.fromisoformat(str(values.get("as_of", ""))) if values.get("as_of") else None)
        except ValueError:
            return None
        self.screens.clear()
        return self.go(self.route)

    def _as_of_node(self) -> Node:
        own = f"as-of-{self.serial}"
        return h(
            "details", h("summary", "As of a past day"),
            h("form", h("label", "Day", for_=own), h("input", type="date", id=own, name="as_of", value="", class_="co-input"),
              h("button", "Look", type="submit", class_="co-button"), class_="co-form", novalidate=True, on={"submit": self.look_at}),
            class_="co-as-of", key="as of",
        )  # fmt: skip

    def _past_node(self) -> Node | None:
        moment = self.desk.book.moment
        if moment is None:
            return None
        text = f"This is the book as it was after operation {moment:,}. Nothing can be changed here."
        return h("div", notice("info", text, button("Back to now", self.look_at)), key="past")

    def _direct_node(self) -> Node | None:
        count = self.desk.direct_changes
        if count:
            text = f"{counted(count, 'row was', 'rows were')} changed by other means than clientops."
            return h("div", notice("warning", text, button("Look at them", call(self.desk.go, "audit"))), key="direct")
        if self.desk.unlooked:
            trouble = self.desk.unlooked
            text = "It is not known whether rows were changed by other means than clientops: the look at start did not come to an end."
            more = (trouble.sentence, f"Reference {trouble.reference}" if trouble.reference else None)
            return h(
                "div", notice("warning", text, *more, button("Look again", call(self.desk.go, "audit"))), key="direct"
            )
        return None


class Broken(Part):
    """What is shown where there is no book to show."""

    def __init__(self, error: ClientopsError) -> None:
        super().__init__()
        self.trouble = trouble_of(error)

    def tree(self) -> Content:
        """The sentence."""
        return h("main", h("h1", "clientops"), notice("error", self.trouble.sentence), class_="co-main co-alone")


def screen(name: str, *, book: str | Path | Book | None = None) -> View:
    """The workbench, at one of its screens; what each notebook shows.

    Args:
        name: The screen, e.g. ``credits``, or a route to something on it, e.g. ``client/12``.
        book: The book or its file; else the one of ``CLIENTOPS_BOOK``.
    """
    view = workbench(book, name)
    if isinstance(view.part, Shell):
        # All tables are compared with their history once the first screen is there: that is not to wait for it.
        view.on_drawn = threading.Thread(target=view.part.look_for_direct_changes).start
    return view


def workbench(book: str | Path | Book | None, start: str, *, is_routed: bool = False) -> View:
    """The workbench, at a route.

    Args:
        book: The book or its file; else the one of ``CLIENTOPS_BOOK``.
        start: The route to begin at.
        is_routed: Whether the browser will say where it is: nothing is read for a screen that it does not ask for.
    """
    try:
        desk = Desk(Book(book) if isinstance(book, (str, Path)) else book)
        shell = Shell(desk, start, is_routed=is_routed)
    except ClientopsError as error:
        if is_strict():
            raise
        return View(Broken(error))
    view = View(shell, on_route=shell.routed)
    shell.view = view
    shell.desk.hand_over = lambda file, text, kind: view.send({"download": file, "base64": text, "type": kind})
    shell.tell()
    if isinstance(shell.first, Work):
        view.begin(shell.first)
    return view
