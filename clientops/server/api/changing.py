"""Previewing, proposing, applying and undoing rules over HTTP."""

from __future__ import annotations

import json
import time
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from clientops.book.approval.proposals import approve, propose, reject, review, waiting
from clientops.book.write.preview import Preview, Receipt
from clientops.book.write.undo import UNDO
from clientops.core.errors import NotAllowedError, RefusedError
from clientops.core.plan import Rule
from clientops.registry import rule as rule_named
from clientops.server.api.answers import ApiError, answer, plain, preview_answer, receipt_answer
from clientops.server.api.caller import LONGEST_KEY, Caller, body_of, caller_of, text_of

FIELDS = ("requests", "reason", "key", "today", "digest", "propose")
MOST_REQUESTS = 200_000


async def preview_rule(request: Request) -> Response:
    """What a rule would change; nothing is changed."""
    caller, rule = _asked(request, "read")
    given = await body_of(request, FIELDS)
    preview = await caller.state.run(_preview, caller, rule, given)
    return answer(preview_answer(preview))


async def apply_rule(request: Request) -> Response:
    """Apply a rule; with a token that may only propose, or where a second person is needed and ``propose`` is set, it waits."""
    caller, rule = _asked(request, "propose")
    given = await body_of(request, FIELDS)
    return await _carry_out(request, caller, rule, given)


async def undo_operation(request: Request) -> Response:
    """Take an operation back, as a new operation."""
    caller = caller_of(request)
    caller.needs("propose")
    caller.needs_rule(UNDO.name)
    given = await body_of(request, ("reason", "key", "digest", "propose"))
    asked = {**given, "requests": [{"operation_id": request.path_params["number"]}]}
    return await _carry_out(request, caller, UNDO, asked)


def _asked(request: Request, scope: str) -> tuple[Caller, Rule]:
    caller = caller_of(request)
    caller.needs(scope)
    rule = rule_named(request.path_params["name"])
    caller.needs_rule(rule.name)
    return caller, rule


async def _carry_out(request: Request, caller: Caller, rule: Rule, given: dict[str, Any]) -> Response:
    header = request.headers.get("idempotency-key")
    key = text_of(given, "key", most=LONGEST_KEY) or (header or "")[:LONGEST_KEY] or None
    if text_of(given, "reason") is None:
        raise ApiError(422, "field", "The reason is missing", "reason: say why; it is kept with the operation")
    status, found = await caller.state.run(_apply, caller, rule, given, key)
    return answer(found, status)


def _preview(caller: Caller, rule: Rule, given: dict[str, Any], key: str | None = None) -> Preview:
    book = caller.book()
    preview = book.preview(rule, _requests(given), today=_today(given))
    return replace(preview, key=key) if key else preview


def _apply(caller: Caller, rule: Rule, given: dict[str, Any], key: str | None) -> tuple[int, dict[str, Any]]:
    book, reason = caller.book(), text_of(given, "reason")
    key = _own_key(caller, rule, given, key)
    wanted = text_of(given, "digest", most=100)
    must_propose = caller.scope == "propose"
    if must_propose or wanted or rule.risk == "high":
        preview = _preview(caller, rule, given, key)
        if preview.problems:
            raise RefusedError(preview.problems)
        if must_propose:
            return _propose(caller, preview, reason, "the token may only propose")
        if not wanted:
            raise ApiError(
                428, "preview", "A preview is needed first",
                f"{rule.title} is a high-risk change: preview it, then send the preview's digest along",
            )  # fmt: skip
        if wanted != preview.digest and key is None:
            raise ApiError(
                409, "stale", "The book changed since the preview", "It would do something else now; preview again"
            )
    try:
        if wanted:
            receipt = book.apply(preview, reason=reason)
        else:
            receipt = book.apply_now(rule, _requests(given), reason=reason, key=key, today=_today(given))
    except NotAllowedError as error:
        if not (error.waits and given.get("propose") is True):
            raise
        return _propose(caller, _preview(caller, rule, given, key), reason, str(error))
    return _done(caller, receipt)


def _own_key(caller: Caller, rule: Rule, given: dict[str, Any], key: str | None) -> str | None:
    """The key in the book: each caller has keys of their own, and one stands for one request."""
    if key is None:
        return None
    text = json.dumps(plain([rule.name, given.get("requests")]), sort_keys=True)
    if not caller.state.access.is_same_request(caller.name, key, text, now=time.time()):
        raise ApiError(409, "key", "The key was used", f"key {key!r} was used for another request; use a new one")
    return f"{caller.name}/{key}"


def _done(caller: Caller, receipt: Receipt) -> tuple[int, dict[str, Any]]:
    caller.state.meters.operations.labels("api").inc()
    return 200 if receipt.is_repeated else 201, receipt_answer(receipt)


def _propose(caller: Caller, preview: Preview, reason: str | None, because: str) -> tuple[int, dict[str, Any]]:
    book = caller.book()
    book.also = None  # asking moves no money
    if not preview.needed_because:
        preview = replace(preview, needed_because=because)
    receipt = propose(book, preview, reason=reason)
    numbers = [proposal.id for proposal in waiting(book) if proposal.key == preview.key]
    found = {"waiting": True, "proposal": numbers[0] if numbers else None, "because": preview.needed_because,
             "asked_in_operation": receipt.operation_id, "preview": preview_answer(preview)}  # fmt: skip
    return 202, found


def _requests(given: dict[str, Any]) -> list[dict[str, Any]]:
    requests = given.get("requests")
    if isinstance(requests, dict):
        requests = [requests]
    if not isinstance(requests, list) or not requests or not all(isinstance(one, dict) for one in requests):
        raise ApiError(422, "field", "No requests", "requests: a list of objects is needed, one for each request")
    if len(requests) > MOST_REQUESTS:
        raise ApiError(422, "field", "Too many requests", f"requests: at most {MOST_REQUESTS:,} at once")
    return requests


def _today(given: dict[str, Any]) -> date | None:
    text = text_of(given, "today", most=20)
    try:
        return None if text is None else date.fromisoformat(text)
    except ValueError as error:
        raise ApiError(422, "field", "Not a day", f"today: {text!r} is not a day like 2026-06-30") from error


# -- changes that wait for a second person ---------------------------------------------------------------------------


async def list_proposals(request: Request) -> Response:
    """What waits for a second person."""
    caller = caller_of(request)
    found = await caller.state.run(lambda: waiting(caller.book()))
    return answer({"proposals": found})


async def approve_proposal(request: Request) -> Response:
    """Apply what another person asked for."""
    return await _decide(request, approving=True)


async def reject_proposal(request: Request) -> Response:
    """Reject what another person asked for."""
    return await _decide(request, approving=False)


async def _decide(request: Request, *, approving: bool) -> Response:
    caller = caller_of(request)
    caller.needs("apply")
    number = request.path_params["number"]
    given = await body_of(request, ("reason",))
    reason = text_of(given, "reason")

    def decide() -> Receipt:
        book = caller.book()
        if not approving:
            if reason is None:
                raise ApiError(422, "field", "The reason is missing", "reason: say why it is rejected")
            return reject(book, number, reason=reason)
        found = review(book, number, rule_named)
        caller.needs_rule(found.preview.rule.name)
        return approve(book, found, reason=reason)

    status, found = _done(caller, await caller.state.run(decide))
    return answer(found, status)
