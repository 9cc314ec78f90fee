"""A book being drafted: the steps so far, and the values that every step may use."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from clientops.schema.tables import Steps, Value


@dataclass(frozen=True)
class Draft:
    """Steps of the demo book.

    Attributes:
        steps: The chain of named steps.
        clients: Number of clients.
        seed: What chance falls by.
        today: The day on which the book is looked at; what is in it ends the day before.
    """

    steps: Steps
    clients: int
    seed: int
    today: date

    def add(self, name: str, sql: str) -> None:
        """Work out a SELECT that may use ``$clients``, ``$seed`` and ``$today``."""
        values: dict[str, Value] = {"clients": self.clients, "seed": self.seed, "today": self.today}
        used = set(re.findall(r"\$(\w+)", sql))
        self.steps.add(name, sql, **{name: value for name, value in values.items() if name in used})
