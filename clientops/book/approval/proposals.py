"""Four eyes: a change that needs a second person waits in the book until another one applies or rejects it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from pydantic import Field

from clientops.book.approval.permissions import check_role, requests_json
from clientops.book.book import Book
from clientops.book.write.internal_rules import apply_own, preview_own
from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import NotAllowedError, RefusedError, UsageError
from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.request_fields import is_secret
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Proposal:
    """A change that waits for a second person.

    Attributes:
        id: Number.
        rule: Name of the rule.
        requests: What is asked for.
        reason: Why.
        proposed_by: Who asks.
        proposed_at: When; also the moment that the rule is given.
        counts_for: Day it counts for.
        key: Key that it is applied under, once.
        digest: Hash of what the preview showed.
        row_count: Rows that would change.
        needed_because: Why a second person is needed.
        shown_after: Newest operation when it was previewed.
        moved_on: Whether there were operations since, other than those about proposals.
    """

    id: int
    rule: str
    requests: tuple[dict[str, Any], ...]
    reason: str | None
    proposed_by: str
    proposed_at: datetime
    counts_for: date
    key: str
    digest: str
    row_count: int
    needed_because: str
    shown_after: int
    moved_on: bool


@dataclass(frozen=True)
class Review:
    """A proposal as it would be applied now.

    Attributes:
        proposal: The proposal.
        preview: What it would do now; applied under the proposal's key.
        is_as_shown: Whether that is what the person who asked was shown.
    """

    proposal: Proposal
    preview: Preview
    is_as_shown: bool


class ProposeChange(Request):
    """Ask a second person to apply a change."""

    rule: Text = Field(title="Rule", description="Rule that is to be applied")
    requests: Text = Field(title="Requests", description="What is asked for, as JSON")
    proposed_by: Text = Field(title="Asked by", description="Who asks for it")
    counts_for: date = Field(title="Day", description="Day it counts for")
    key: Text = Field(title="Key", description="Key that it is applied under")
    digest: Text = Field(title="Digest", description="Hash of what the preview showed")
    shown_after: int = Field(title="Shown after", description="Newest operation when the preview was made")
    row_count: int = Field(title="Rows", description="Rows that would change")
    needed_because: Text = Field(title="Because", description="Why a second person is needed")
    reason: Text | None = Field(default=None, title="Reason", description="Why it is asked for")


class RejectProposal(Request):
    """Reject a change that waits for a second person."""

    proposal_id: Id = Field(title="Proposal", description="Number of the proposal")
    rejected_by: Text = Field(title="Rejected by", description="Who rejects it")
    rejected_because: Text = Field(title="Reason", description="Why it is rejected")


def propose_change(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Put a change on the waiting list.

    Args:
        tables: Read-only tables.
        requests: One row a proposal. See ``ProposeChange``.
        today: Not used.
        now: When it is asked for.

    Returns:
        Inserts into ``proposals``.

    Problems:
        None.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", PROPOSED.format(next_id=tables.next_id("proposals")), now=now)
    return steps.plan(steps.insert("proposals", "asked"))


PROPOSED = """
    select {next_id} + row_number() over (order by "row") as id, rule, requests, reason, proposed_by, $now::timestamptz as proposed_at,
        counts_for, key, digest, shown_after, row_count, needed_because
    from requests
"""


def reject_proposal(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take changes off the waiting list without applying them; they stay readable.

    Args:
        tables: Read-only tables with their history.
        requests: One row a proposal. See ``RejectProposal``.
        today: Not used.
        now: When it is rejected.

    Returns:
        Updates of ``proposals``.

    Problems:
        ``unknown_proposal``, ``not_waiting``.
    """
    steps = tables.steps(requests=requests)
    steps.add("decided", DECIDED)
    steps.add("rejected", REJECTED, now=now)
    steps.add("problems", NOT_WAITING)
    return steps.plan(steps.update("proposals", "rejected"), problems="problems")


DECIDED = """
    select r."row", r.proposal_id, r.rejected_by, r.rejected_because, p.id, p.status, o.id as operation_id
    from requests r left join proposals p on p.id = r.proposal_id left join history.operations o on o.key = p.key
"""
REJECTED = """
    select id, 'rejected' as status, any_value(rejected_by) as rejected_by, $now::timestamptz as rejected_at, any_value(rejected_because) as rejected_because
    from decided where id is not null group by id
"""
NOT_WAITING = """
    select "row", 'proposal_id' as field, case when id is null then 'unknown_proposal' else 'not_waiting' end as code,
        case when id is null then 'there is no proposal ' || proposal_id
            when operation_id is not null then 'proposal ' || id || ' was applied already, as operation ' || operation_id
            else 'proposal ' || id || ' was rejected already' end as message
    from decided where id is null or operation_id is not null or status <> 'waiting'
"""

PROPOSE = Rule(
    "propose-change", "Ask for approval", propose_change, ProposeChange, group="book", internal=True, is_record=True
)
REJECT = Rule(
    "reject-proposal", "Reject a proposal", reject_proposal, RejectProposal, group="book", internal=True, is_record=True
)


def propose(book: Book, preview: Preview, *, reason: str | None = None) -> Receipt:
    """Put what a preview showed on the waiting list; an operation of its own records that.

    Raises:
        RefusedError: The preview has problems.
        UsageError: It reads a file, or holds a secret: neither can be kept until somebody approves.
    """
    if preview.problems:
        raise RefusedError(preview.problems)
    if preview.staging is not None:
        raise UsageError(f"{preview.rule.title} reads a file, which cannot wait: a person who may do it alone has to")
    rows = preview.requests.rows
    for name, info in preview.requests.model.model_fields.items():
        if is_secret(info) and rows.column(name).null_count < len(rows):
            raise UsageError(f"{preview.rule.title} holds a secret ({info.title}), which is not kept: leave it out")
    request = {
        "rule": preview.rule.name, "requests": requests_json(preview.requests), "proposed_by": book.operator,
        "counts_for": preview.today, "key": preview.key, "digest": preview.digest, "shown_after": preview.head,
        "row_count": preview.row_count, "needed_because": preview.needed_because or "it was asked for", "reason": reason,
    }  # fmt: skip
    return apply_own(book, PROPOSE, request, reason=reason, key=f"proposal {preview.key}")


def waiting(book: Book) -> list[Proposal]:
    """The proposals that wait, the oldest first."""
    with book.tables() as tables:
        return read_waiting(tables)


def read_waiting(tables: Tables) -> list[Proposal]:
    """The proposals that wait: neither rejected, nor applied under their key."""
    rows = tables.query(WAITING.format(operations=tables.operations())).fetchall()
    return [Proposal(row[0], row[1], tuple(json.loads(row[2])), *row[3:]) for row in rows]


WAITING = """
    select p.id, p.rule, p.requests, p.reason, p.proposed_by, p.proposed_at, p.counts_for, p.key, p.digest, p.row_count,
        p.needed_because, p.shown_after, coalesce(p.shown_after < (
            select max(o.id) from {operations} o where o.rule not in ('propose-change', 'reject-proposal', 'record-backup')
        ), false)
    from proposals p
    where p.status = 'waiting' and p.key not in (select key from {operations})
    order by p.id
"""


def review(book: Book, number: int, find_rule: Callable[[str], Rule]) -> Review:
    """A proposal planned again on the tables as they are.

    Args:
        book: The book.
        number: Number of the proposal.
        find_rule: Gives a rule by its name.

    Raises:
        UsageError: It does not wait.
    """
    found = next((proposal for proposal in waiting(book) if proposal.id == number), None)
    if found is None:
        raise UsageError(
            f"No proposal {number} waits; it was approved or rejected already, or never made: see clientops waiting"
        )
    rule = book.rules().get(found.rule) or find_rule(found.rule)
    preview = preview_own(book, rule, list(found.requests), today=found.counts_for, now=found.proposed_at)
    preview = replace(preview, key=found.key)
    return Review(found, preview, preview.digest == found.digest and not preview.problems)


def approve(book: Book, reviewed: Review, *, reason: str | None = None) -> Receipt:
    """Apply what was reviewed, as the second person.

    Raises:
        NotAllowedError: Nobody approves their own; only approvers and admins approve.
        StaleError: It would do something else than the review showed.
    """
    number = reviewed.proposal.id
    return book.apply(reviewed.preview, reason=reason or reviewed.proposal.reason, proposal=number, again=True)


def reject(book: Book, number: int, *, reason: str) -> Receipt:
    """Take a proposal off the waiting list; who asked for it may withdraw it.

    Raises:
        NotAllowedError: Only approvers and admins reject what others asked for.
        RefusedError: It does not wait.
    """
    if not reason.strip():
        raise UsageError("The reason is missing: why is it rejected?")
    mine = any(p.id == number and p.proposed_by.casefold() == book.operator.casefold() for p in waiting(book))
    if not mine:
        check_role(book.policy, book.operator, "rejecting", "approver")
    request = {"proposal_id": number, "rejected_by": book.operator, "rejected_because": reason}
    return apply_own(book, REJECT, request, reason=reason)


def is_waiting_error(error: Exception) -> bool:
    """Whether it can wait for a second person."""
    return isinstance(error, NotAllowedError) and error.waits
