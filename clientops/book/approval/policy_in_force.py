"""Which policy a book has: the one that an admin adopted, as the file beside the book must still be."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from clientops.book.approval.policy import Policy, parse_content, policy_content, policy_hash, policy_path, read_policy
from clientops.book.file.defaults import Registry
from clientops.core.errors import PolicyError


@dataclass(frozen=True)
class Adopted:
    """The policy that a book recorded.

    Attributes:
        sha256: Hash of its file.
        content: What stood in it.
        adopted_at: When.
        operation_id: Operation that recorded it.
        operator: Who adopted it.
    """

    sha256: str
    content: str
    adopted_at: datetime
    operation_id: int
    operator: str

    @property
    def told(self) -> str:
        """Which one it is, for people."""
        return f"{self.sha256[:12]}, adopted by {self.operator} in operation {self.operation_id}"


def adopted_policy(connection: duckdb.DuckDBPyConnection) -> Adopted | None:
    """The policy that a book recorded; None if it has none, or the last was dropped."""
    row = connection.execute(ADOPTED).fetchone()
    return None if row is None or row[0] is None else Adopted(*row)


# The operation comes from the history: what stands in the table is proven by verify.
ADOPTED = """
    select p.sha256, p.content, p.adopted_at, coalesce(h.operation_id, 0), coalesce(o.operator, 'direct SQL')
    from main.policies p
    left join history.policies h on h.id = p.id and h.sign = 1 left join history.operations o on o.id = h.operation_id
    order by p.id desc, h.operation_id desc limit 1
"""


def policy_in_force(
    connection: duckdb.DuckDBPyConnection, book: Path, rules: Registry, *, is_about_policy: bool = False
) -> Policy:
    """The policy that a change of a book is judged by.

    Args:
        connection: The open book.
        book: Its file.
        rules: Gives every rule by its name; asked only if there is a policy.
        is_about_policy: Whether the change decides which policy applies: then it is judged by the recorded one, which
            is the only way on when the file was changed or lost.

    Raises:
        PolicyError: The file is wrong, or is not the one that the book recorded.
    """
    adopted = adopted_policy(connection)
    if adopted is None:
        return read_policy(book, rules)
    path = policy_path(book)
    if is_about_policy:
        return parse_content(adopted.content.encode(), path, None)
    content = policy_content(path)
    if content is None:
        missing = f"there is no such file, but the book has a policy ({adopted.told}); bring the file back, or let an"
        raise PolicyError(str(path), [f"{missing} admin drop the policy: clientops policy drop"])
    if policy_hash(content) != adopted.sha256:
        found = f"its hash is {policy_hash(content)[:12]}, but the policy of the book is another one ({adopted.told})"
        raise PolicyError(
            str(path), [f"{found}; bring that back, or let an admin adopt this one: clientops policy adopt"]
        )
    return parse_content(content, path, rules)
