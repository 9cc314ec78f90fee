"""A page that is open in a browser: its view here, and what travels between the two."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from clientops.workbench.ui.widget import View

KEPT = 600.0
"""Seconds for which a page is kept whose browser is gone, so that it can go on where it was."""
MOST_WAITING = 200
STATE = ("tree", "route", "title")


@dataclass
class Outbox:
    """What is to be sent to one browser: messages in their order, and of the screen only how it is now."""

    loop: asyncio.AbstractEventLoop
    messages: list[dict[str, Any]] = field(default_factory=list)
    state: dict[str, Any] = field(default_factory=dict)
    changed: asyncio.Event = field(default_factory=asyncio.Event)
    is_full: bool = False

    def show(self, name: str, value: Any) -> None:
        """The screen changed; called from any thread."""
        self.loop.call_soon_threadsafe(self._put, name, value, None)

    def say(self, message: dict[str, Any]) -> None:
        """Send a message; called from any thread."""
        self.loop.call_soon_threadsafe(self._put, "", None, message)

    def _put(self, name: str, value: Any, message: dict[str, Any] | None) -> None:
        if message is None:
            self.state[name] = value
        elif len(self.messages) < MOST_WAITING:
            if self.state:  # in the order in which it happened
                self.messages.append({"state": self.state})
                self.state = {}
            self.messages.append(message)
        else:
            self.is_full = True
        self.changed.set()

    def take(self) -> list[dict[str, Any]]:
        """All that waits."""
        found, self.messages = self.messages, []
        if self.state:
            found.append({"state": self.state})
            self.state = {}
        self.changed.clear()
        return found


class Page:
    """A view, and the browser that shows it.

    Args:
        view: The view.
        owner: What the browser has to show to come back to it.
        may: Whether the person may still see and do what is here; asked before every event.
    """

    def __init__(self, view: View, owner: str, may: Callable[[], bool]) -> None:
        self.view, self.owner, self.may = view, owner, may
        self.id = secrets.token_urlsafe(18)
        self.outbox: Outbox | None = None
        self.left_at = time.monotonic()
        self.events = asyncio.Lock()
        view.send = self._send
        view.may_go_on = self._may_go_on
        view.observe(self._changed, names=list(STATE))

    def attach(self, outbox: Outbox) -> None:
        """A browser shows it from now on."""
        self.outbox = outbox
        for name in STATE:
            outbox.show(name, getattr(self.view, name))

    def detach(self, outbox: Outbox) -> None:
        """That browser is gone."""
        if self.outbox is outbox:
            self.outbox, self.left_at = None, time.monotonic()

    def close(self) -> None:
        """Nobody comes back to it."""
        self.outbox = None
        self.view.unobserve_all()
        self.view.close()

    def heard(self, message: dict[str, Any]) -> None:
        """Something happened in the browser; called in a thread, one at a time for each page."""
        self.view._heard(self.view, message, None)  # noqa: SLF001

    def is_allowed(self) -> bool:
        """Whether the person may still see it."""
        return self.may()

    def _may_go_on(self) -> bool:
        if self.may():
            return True
        if self.outbox is not None:
            self.outbox.say({"ended": True})
        return False

    def _changed(self, change: dict[str, Any]) -> None:
        if self.outbox is not None:
            self.outbox.show(change["name"], change["new"])

    def _send(self, content: Any, buffers: Any = None) -> None:  # noqa: ARG002
        if self.outbox is not None:
            self.outbox.say({"msg": content})


class Pages:
    """The pages of a server.

    Args:
        most: How many there are at most, those without a browser included.
        most_each: How many of one owner.
    """

    def __init__(self, most: int, most_each: int = 40) -> None:
        self.most, self.most_each = most, most_each
        self._pages: dict[str, Page] = {}

    def __len__(self) -> int:
        return len(self._pages)

    def find(self, number: str, owner: str) -> Page | None:
        """The page of a number, if this owner had it."""
        page = self._pages.get(number)
        return page if page is not None and secrets.compare_digest(page.owner, owner) else None

    def add(self, page: Page) -> None:
        """Keep a page."""
        self._pages[page.id] = page

    def has_room(self, owner: str) -> bool:
        """Whether an owner may open another page; pages whose browsers left make room, the oldest first."""
        self.clear(KEPT)
        own = [page for page in self._pages.values() if page.owner == owner]
        if len(self._pages) < self.most and len(own) < self.most_each:
            return True
        left = [page for page in (own if len(own) >= self.most_each else self._pages.values()) if page.outbox is None]
        if not left:
            return False
        self.drop(min(left, key=lambda page: page.left_at))
        return True

    def clear(self, seconds: float) -> None:
        """Drop pages whose browsers left so long ago."""
        until = time.monotonic() - seconds
        for page in [page for page in self._pages.values() if page.outbox is None and page.left_at < until]:
            self.drop(page)

    def drop(self, page: Page) -> None:
        """Forget a page."""
        self._pages.pop(page.id, None)
        page.close()

    def all(self) -> list[Page]:
        """Every page."""
        return list(self._pages.values())
