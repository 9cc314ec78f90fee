"""Errors that a request can end in; each sentence is fit for a form.

::

    ClientopsError
    ├── RefusedError        the requests have problems; carries them
    ├── StaleError          the tables moved on since the preview
    ├── LockedError         another process holds the book
    ├── BookError           the file cannot be used as a book
    │   ├── NewerBookError  written by a later version of clientops
    │   └── IntegrityError  history, tables and chain do not agree
    ├── NotAllowedError     the policy does not let this person do it, or not alone
    ├── PolicyError         the policy file is wrong; carries its problems
    ├── UsageError          asked for something that does not exist (rule, table, operation, column)
    └── UndoError           an operation that cannot be undone now
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from clientops.core.plan import Problem


Role = Literal["viewer", "clerk", "approver", "admin"]


class ClientopsError(Exception):
    """Base of every error clientops raises on purpose."""


class RefusedError(ClientopsError):
    """The requests have problems, so nothing was changed."""

    def __init__(self, problems: Sequence[Problem], count: int | None = None) -> None:
        self.problems = tuple(problems)
        self.count = len(self.problems) if count is None else count
        first = "; ".join(p.message for p in self.problems[:3])
        more = "" if self.count <= 3 else f"; and {self.count - 3} more"
        super().__init__(f"Nothing was changed: {first}{more}.")


class StaleError(ClientopsError):
    """The book changed between preview and apply."""

    def __init__(self, culprits: Sequence[tuple[int, str, str]] = ()) -> None:
        self.culprits = tuple(culprits)
        who = ", ".join(f"operation {number} ({rule} by {operator})" for number, rule, operator in self.culprits[:3])
        since = f" by {who}" if who else ""
        super().__init__(f"Nothing was changed: the book was changed{since} since this preview. Preview again.")


class LockedError(ClientopsError):
    """Another process used the book for longer than we were willing to wait."""

    def __init__(self, path: str, holder: str, seconds: float) -> None:
        self.path, self.holder, self.seconds = path, holder, seconds
        super().__init__(f"The book {path} is in use by {holder}; gave up after {seconds:g} s. Try again later.")


class BookError(ClientopsError):
    """The file cannot be used as a book."""


class NewerBookError(BookError):
    """The book was written by a later version of clientops."""


class IntegrityError(BookError):
    """Tables, history and the chain of operations do not agree."""


class UsageError(ClientopsError):
    """Something was asked for that does not exist."""


class NotAllowedError(ClientopsError):
    """The policy does not let this person do it, or not alone.

    Attributes:
        waits: Whether another person may do it, so that it can wait for one.
    """

    def __init__(self, message: str, *, waits: bool = False) -> None:
        self.waits = waits
        super().__init__(message)


class PolicyError(ClientopsError):
    """The policy file is wrong."""

    def __init__(self, path: str, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"Nothing can be changed until the policy {path} is mended: {'; '.join(problems)}.")


class UndoError(ClientopsError):
    """An operation cannot be undone as things stand."""
