"""Asking for another password in the client area; the answer is the same whether the address is known or not."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_own
from clientops.core.errors import RefusedError
from clientops.core.readable import counted
from clientops.registry import rule
from clientops.reports.figures.client_area import users_to_reset
from clientops.rules.mail.delivery import HOURS_OPEN
from clientops.workbench.client_area.login_throttle import take_try
from clientops.workbench.ui.components import button, card, next_focus, notice
from clientops.workbench.ui.nodes import Node, Part, h

LEAST_SECONDS = 1.0
"""An answer takes as long at least, so that its time does not tell whether something was queued."""


class ForgottenPassword(Part):
    """The form behind "Forgot your password?".

    Args:
        book: The book.
        email: What was typed at the log-in.
        on_close: Called to go back there.
    """

    def __init__(self, book: Book, email: str, *, on_close: Callable[..., Any]) -> None:
        super().__init__()
        self.book = Book(book.path, operator="client area", wait=book.wait)
        self.email, self.on_close = email, on_close
        self.message: tuple[str, str] | None = None
        self.focus = next_focus()

    def asked(self, value: Any) -> None:
        """Queue a link for whoever logs in with that address."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        self.email = str(values.get("email", ""))[:254].strip()
        self.focus = next_focus()
        if not self.email:
            self.message = ("error", "Enter your e-mail address.")
            return
        if (wait := take_try(self.book.path, f"forgotten {self.email}")) > 0:
            self.message = ("error", f"Too many tries. Try again in {counted(int(wait // 60) + 1, 'minute')}.")
            return
        until = time.monotonic() + LEAST_SECONDS
        try:
            self._queue()
        finally:
            time.sleep(max(0.0, until - time.monotonic()))
        hours = "an hour" if HOURS_OPEN == 1 else f"{HOURS_OPEN} hours"
        self.message = (
            "info",
            f"If somebody logs in with {self.email} here, a link is on its way there. It can be used once, within {hours}.",
        )

    def _queue(self) -> None:
        with self.book.tables() as tables:
            users = users_to_reset(tables, self.email)
        for user in users:
            try:
                apply_own(
                    self.book,
                    rule("send-password-reset"),
                    {"user_id": user},
                    reason="Forgotten password",
                    is_clients_own=True,
                )
            except RefusedError:  # closed, or sent already: not for the one who asks to know
                continue

    def tree(self) -> Node:
        """The form."""
        own = f"g{self.serial}"
        wrong = self.message is not None and self.message[0] == "error"
        return card(
            h("form",
              h("div", notice(*self.message), role="alert", key="message") if self.message else None,
              h("p", "We send you a link to choose another password."),
              h("div", h("label", "E-mail address", for_=f"{own}-email"),
                h("input", type="email", id=f"{own}-email", name="email", value=self.email, autocomplete="username", class_="co-input",
                  aria_invalid="true" if wrong else None, focus=self.focus), class_="co-field"),
              h("div", h("button", "Send link", type="submit", class_="co-button co-primary"), button("Back to the log-in", self.on_close, look="quiet"),
                class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.asked}),
            title="Forgot your password?", class_="co-login", key=f"forgotten {self.focus}",
        )  # fmt: skip
