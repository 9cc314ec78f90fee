"""What the link of an invitation, or of a mail about a forgotten password, opens in the client area: choosing a password."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_own
from clientops.core.errors import RefusedError
from clientops.core.readable import counted
from clientops.rules.users.invitations import ACCEPT_INVITATION
from clientops.schema.passwords import LONGEST, SHORTEST, hash_token
from clientops.workbench.client_area.login_throttle import forget_tries, take_try
from clientops.workbench.ui.components import card, next_focus, notice
from clientops.workbench.ui.nodes import Node, Part, h

NOT_VALID = "This link is not valid, or not any more. Please ask for a new one."


class ChoosePassword(Part):
    """The form behind an invitation's link.

    Args:
        book: The book.
        token: From the link.
        email: Address that it was sent to.
        on_chosen: Called with the address and the password once it is set.
        on_invalid: Called with a sentence if the link is not valid any more.
    """

    def __init__(
        self, book: Book, token: str, email: str, *, on_chosen: Callable[[str, str], Any], on_invalid: Callable[[str], Any]
    ) -> None:  # fmt: skip
        super().__init__()
        self.book = Book(book.path, operator=f"{email} (client area)", wait=book.wait)
        self.token, self.email, self.on_chosen, self.on_invalid = token, email, on_chosen, on_invalid
        self.message = ""
        self.focus = next_focus()

    def choose(self, value: Any) -> None:
        """Try to set the password."""
        values = value.get("values", {}) if isinstance(value, dict) else {}
        password, again = (str(values.get(name, ""))[: LONGEST + 1] for name in ("password", "again"))
        self.focus = next_focus()
        if not password:
            self.message = "Choose a password."
            return
        if password != again:
            self.message = "The two passwords differ. Enter the same one twice."
            return
        tried = f"invitation {hash_token(self.token)}"
        if (wait := take_try(self.book.path, tried)) > 0:
            self.message = f"Too many tries. Try again in {counted(int(wait // 60) + 1, 'minute')}."
            return
        try:
            apply_own(
                self.book,
                ACCEPT_INVITATION,
                {"token": self.token, "password": password},
                reason="Password chosen with a link",
                is_clients_own=True,
            )
        except RefusedError as error:
            problem = next((p for p in error.problems if p.field == "password"), None)
            if problem is None:
                self.on_invalid(NOT_VALID)
            else:
                why = problem.message.partition("'(hidden)'")[2]
                self.message = ("Choose another password" if why.startswith(":") else "The password") + why + "."
            return
        forget_tries(self.book.path, tried)
        self.on_chosen(self.email, password)

    def tree(self) -> Node:
        """The form."""
        own = f"p{self.serial}"

        def entry(name: str, label: str, focus: int) -> Node:
            return h(
                "div", h("label", label, for_=f"{own}-{name}"),
                h("input", type="password", id=f"{own}-{name}", name=name, value="", autocomplete="new-password", class_="co-input",
                  aria_invalid="true" if self.message else None, focus=focus), class_="co-field",
            )  # fmt: skip

        return card(
            h("form",
              h("div", notice("error", self.message), role="alert", key="message") if self.message else None,
              h("p", f"For {self.email}. At least {SHORTEST} characters, e.g. four words."),
              entry("password", "Password", self.focus), entry("again", "Password again", 0),
              h("div", h("button", "Set password", type="submit", class_="co-button co-primary"), class_="co-buttons"),
              class_="co-form", novalidate=True, on={"submit": self.choose}),
            title="Choose a password", class_="co-login", key=f"choose {self.focus}",
        )  # fmt: skip
