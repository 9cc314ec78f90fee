"""The period that an audit is about, as operations of the book."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clientops.book.approval.policy import Policy
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Period:
    """What an audit looks at.

    Attributes:
        tables: Tables as of the end of the period.
        first: First day (UTC).
        last: Last day (UTC).
        before: Last operation before the period; 0 if there is none.
        until: Last operation of the period.
        policy: The policy in force, with the limits of the audit.
    """

    tables: Tables
    first: date
    last: date
    before: int
    until: int
    policy: Policy

    @property
    def values(self) -> dict[str, int]:
        """Parameters of the period's queries."""
        return {"before": self.before, "until": self.until}

    def operations(self) -> str:
        """SQL of the operations of the period."""
        return f"(select * from history.operations where id > {self.before} and id <= {self.until})"

    def undone(self) -> str:
        """SQL of ``id, undone_by_id`` of operations that were undone up to the end of the period."""
        return (
            "(select undoes_id as id, max(id) as undone_by_id from history.operations "
            f"where undoes_id is not null and id <= {self.until} group by undoes_id)"
        )
