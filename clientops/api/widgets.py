"""Forms and screens as widgets, in one line; they go into ``VBox`` and ``Tab`` like any other."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clientops.core.plan import Rule
from clientops.registry import rule as rule_named
from clientops.workbench.change.workflow import Change
from clientops.workbench.session import Desk
from clientops.workbench.ui.widget import View

if TYPE_CHECKING:
    from clientops.api.book import Book
    from clientops.api.changes import Receipt


class Form(View):
    """A form of a rule, from what is asked for to the receipt.

    Attributes:
        change: The part that is shown.
    """

    def __init__(self, book: Book, rule: Rule, filled: dict[str, Any], hidden: tuple[str, ...]) -> None:
        self._book = book
        self._callbacks: list[Callable[[Receipt], Any]] = []
        fixed = {name: filled[name] for name in hidden if name in filled}
        self.change = Change(
            Desk(book.engine), rule,
            fixed=fixed, filled={n: v for n, v in filled.items() if n not in fixed}, hidden=hidden, on_applied=self._done,
        )  # fmt: skip
        super().__init__(self.change)

    @property
    def value(self) -> dict[str, Any]:
        """The request as it is entered now."""
        return dict(self.change.form.values) if self.change.form else {}

    def on_applied(self, callback: Callable[[Receipt], Any]) -> None:
        """Call a function with the receipt each time something was applied here."""
        self._callbacks.append(callback)

    def _done(self, receipt: Any) -> None:
        from clientops.api.changes import Receipt

        for callback in self._callbacks:
            callback(Receipt(self._book, receipt))


def form(book: Book, rule: str | Rule, *, fields: tuple[str, ...] | None = None, **filled: Any) -> Form:
    """A form of any rule.

    Args:
        book: The book.
        rule: The rule or its name.
        fields: Fields to show; all unless given. Those that are left out keep what ``filled`` gives them.
        **filled: Values the form begins with.

    Raises:
        UsageError: There is no such rule or field.
    """
    from clientops.core.errors import UsageError

    found = rule if isinstance(rule, Rule) else rule_named(rule.replace("_", "-"))
    known = tuple(found.request.model_fields)
    wrong = [name for name in (*(fields or ()), *filled) if name not in known]
    if wrong:
        raise UsageError(f"{found.name} has no field {', '.join(map(repr, wrong))}; the fields are {', '.join(known)}")
    hidden = () if fields is None else tuple(name for name in known if name not in fields)
    texts = {name: value if isinstance(value, (bool, list)) else str(value) for name, value in filled.items()}
    return Form(book, found, texts, hidden)


def screen(name: str = "home", *, book: Book | str | Path | None = None) -> View:
    """The workbench at one of its screens, e.g. ``credits`` or ``client/12``.

    Args:
        name: The screen.
        book: The book or its file; else ``CLIENTOPS_BOOK``, else ``clientops.duckdb``.
    """
    from clientops.api.book import Book as PublicBook
    from clientops.workbench.frame import screen as workbench_screen

    return workbench_screen(name, book=book.engine if isinstance(book, PublicBook) else book)
