"""Adopting a policy: the book records that it has one, and its hash; from then on no other applies."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date, datetime

from pydantic import Field

from clientops.book.approval.policy import Policy, parse_content, policy_content, policy_path
from clientops.book.approval.policy_in_force import Adopted, adopted_policy
from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_previewed, preview_own
from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import PolicyError, UsageError
from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.requests import Request, Text
from clientops.schema.tables import Tables


class AdoptPolicy(Request):
    """Record that the book has a policy."""

    sha256: Text = Field(title="Hash", description="SHA-256 of the policy file")
    content: str = Field(min_length=2, max_length=1_000_000, title="Content", description="What stands in it, as JSON")


def adopt_policy(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record the policy that the book has from now on.

    Args:
        tables: Read-only tables; reads ``policies``.
        requests: One row: the policy. See ``AdoptPolicy``.
        today: Not used.
        now: When it is adopted.

    Returns:
        An insert into ``policies``; the newest row is the policy of the book.

    Problems:
        ``already_adopted``.
    """
    steps = tables.steps(requests=requests)
    steps.add("newest", NEWEST)
    steps.add("problems", ALREADY_ADOPTED)
    steps.add("adopted", ADOPTED.format(next_id=tables.next_id("policies")), now=now)
    return steps.plan(steps.insert("policies", "adopted"), problems="problems")


NEWEST = "select id, sha256 from policies order by id desc limit 1"
ALREADY_ADOPTED = """
    select r."row", 'sha256' as field, 'already_adopted' as code,
        'the policy ' || left(r.sha256, 12) || ' is the one that the book has already' as message
    from requests r semi join newest n on n.sha256 = r.sha256
"""
ADOPTED = """
    select {next_id} + row_number() over (order by "row") as id, sha256, json_extract_string(content, '$') as content,
        $now::timestamptz as adopted_at
    from requests
"""


class DropPolicy(Request):
    """Record that the book has no policy any more."""

    sha256: Text = Field(title="Hash", description="SHA-256 of the policy that is dropped")


def drop_policy(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record that the book has no policy of its own any more: what stands in the file beside it applies, if there is one.

    Args:
        tables: Read-only tables; reads ``policies``.
        requests: One row: the policy that is dropped. See ``DropPolicy``.
        today: Not used.
        now: When it is dropped.

    Returns:
        An insert into ``policies`` without a hash.

    Problems:
        ``not_adopted``.
    """
    steps = tables.steps(requests=requests)
    steps.add("newest", NEWEST)
    steps.add("problems", NOT_ADOPTED)
    steps.add("dropped", DROPPED.format(next_id=tables.next_id("policies")), now=now)
    return steps.plan(steps.insert("policies", "dropped"), problems="problems")


NOT_ADOPTED = """
    select "row", 'sha256' as field, 'not_adopted' as code, 'the book has no policy ' || left(sha256, 12) as message
    from requests anti join newest using (sha256)
"""
DROPPED = """
    select {next_id} + row_number() over (order by "row") as id, $now::timestamptz as adopted_at from requests
"""

ADOPT_POLICY = Rule(
    "adopt-policy", "Adopt the policy", adopt_policy, AdoptPolicy, risk="medium", group="book", internal=True,
    least="admin", is_about_policy=True,
)  # fmt: skip
DROP_POLICY = Rule(
    "drop-policy", "Drop the policy", drop_policy, DropPolicy, risk="medium", group="book", internal=True,
    least="admin", is_about_policy=True,
)  # fmt: skip


Planner = Callable[[Book], Preview]


def adopted_by(book: Book) -> Adopted | None:
    """The policy that a book recorded; None if it has none."""
    with book.tables() as tables:
        return adopted_policy(tables._connection)  # noqa: SLF001


def check_policy(book: Book) -> Policy:
    """The policy in the file beside a book, whether it is the one that the book recorded or not.

    Raises:
        PolicyError: It is wrong, or nobody in it is an admin, so that nobody could change it again.
        UsageError: There is no file.
    """
    path = policy_path(book.path)
    content = policy_content(path)
    if content is None:
        raise UsageError(f"There is no policy file {path}")
    policy = parse_content(content, path, book.rules)
    if not any(person.role == "admin" for person in policy.people.values()):
        raise PolicyError(
            str(path), ['people: nobody is an admin, so nobody could adopt another policy; e.g. nora = "admin"']
        )
    return policy


def preview_adoption(book: Book) -> Preview:
    """What adopting the policy file beside a book would change.

    Raises:
        PolicyError: The file is wrong.
        NotAllowedError: Whoever asks is no admin of the policy that the book has.
    """
    policy = check_policy(book)
    content = policy_content(policy_path(book.path)) or b""
    request = {"sha256": policy.sha256, "content": json.dumps(content.decode(), ensure_ascii=False)}
    return preview_own(book, ADOPT_POLICY, request)


def preview_drop(book: Book) -> Preview:
    """What dropping the policy of a book would change.

    Raises:
        UsageError: It has none.
        NotAllowedError: Whoever asks is no admin of it.
    """
    adopted = adopted_by(book)
    if adopted is None:
        raise UsageError("The book has no policy that could be dropped")
    return preview_own(book, DROP_POLICY, {"sha256": adopted.sha256})


def adopt(book: Book, *, reason: str) -> Receipt:
    """Adopt the policy file beside a book.

    Raises:
        PolicyError: The file is wrong.
        NotAllowedError: Whoever asks is no admin, or a second person is needed.
        RefusedError: It is the policy of the book already.
    """
    return apply_previewed(book, preview_adoption(book), reason=reason)


def drop(book: Book, *, reason: str) -> Receipt:
    """Drop the policy of a book.

    Raises:
        UsageError: It has none.
        NotAllowedError: Whoever asks is no admin, or a second person is needed.
    """
    return apply_previewed(book, preview_drop(book), reason=reason)
