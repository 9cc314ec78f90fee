"""Answers of the API: values as JSON keeps them exact, and problems as RFC 9457 has them."""

from __future__ import annotations

import json
from dataclasses import asdict, is_dataclass
from math import isfinite
from typing import Any

import duckdb
from starlette.responses import Response

from clientops.book.write.preview import Preview, Receipt
from clientops.core.errors import (
    BookError,
    ClientopsError,
    LockedError,
    NotAllowedError,
    PolicyError,
    RefusedError,
    StaleError,
    UndoError,
    UsageError,
)

SECRET = {"password_hash", "token_sha256"}
PROBLEM = "application/problem+json"
# Status and kind of each error, the first that fits.
KINDS: tuple[tuple[type[Exception], int, str, str], ...] = (
    (RefusedError, 422, "refused", "The requests have problems"),
    (StaleError, 409, "stale", "The book changed since the preview"),
    (NotAllowedError, 403, "not-allowed", "The policy does not allow it"),
    (PolicyError, 503, "policy", "The policy cannot be used"),
    (LockedError, 503, "locked", "The book is in use"),
    (UndoError, 409, "not-undoable", "It cannot be undone"),
    (UsageError, 404, "unknown", "There is no such thing"),
    (BookError, 500, "book", "The book cannot be used"),
    (ClientopsError, 422, "refused", "Nothing was changed"),
    (duckdb.Error, 422, "query", "The query cannot be run"),
)


class ApiError(Exception):
    """An answer that is an error of the caller's.

    Args:
        status: HTTP status.
        kind: Last part of the problem's type.
        title: What kind of problem it is.
        detail: What is wrong here, and what would be allowed.
    """

    def __init__(self, status: int, kind: str, title: str, detail: str, **more: Any) -> None:
        super().__init__(detail)
        self.status, self.kind, self.title, self.detail, self.more = status, kind, title, detail, more


def plain(value: Any) -> Any:
    """A value that JSON knows; money stays exact, as text, and so does what JSON has no kind for."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, dict):
        return {str(key): "(hidden)" if key in SECRET and item else plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    if value is None or isinstance(value, (bool, int, str)) or (isinstance(value, float) and isfinite(value)):
        return value
    if isinstance(value, (bytes, bytearray)):
        return value.hex()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def answer(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    """A value as JSON."""
    text = json.dumps(plain(value), ensure_ascii=False)
    return Response(text, status, headers=headers, media_type="application/json")


def problem(status: int, kind: str, title: str, detail: str, **more: Any) -> Response:
    """A problem as RFC 9457 has it."""
    body = {"type": f"/api/docs#problem-{kind}", "title": title, "status": status, "detail": detail, **plain(more)}
    response = Response(json.dumps(body, ensure_ascii=False), status, media_type=PROBLEM)
    if status == 401:
        response.headers["www-authenticate"] = "Bearer"
    if status == 503:
        response.headers["retry-after"] = "2"
    return response


def problem_of(error: Exception) -> Response | None:
    """The problem that an error is; None if it is a fault of ours."""
    if isinstance(error, ApiError):
        return problem(error.status, error.kind, error.title, error.detail, **error.more)
    for known, status, kind, title in KINDS:
        if isinstance(error, known):
            more = {"problems": [asdict(p) for p in error.problems]} if isinstance(error, RefusedError) else {}
            return problem(status, kind, title, str(error).splitlines()[0] if str(error) else title, **more)
    return None


def preview_answer(preview: Preview) -> dict[str, Any]:
    """What a preview shows."""
    return {
        "rule": preview.rule.name, "title": preview.rule.title, "key": preview.key, "after_operation": preview.head,
        "can_be_applied": preview.is_applicable and not preview.needed_because, "digest": preview.digest,
        "row_count": preview.row_count, "summary": [{"label": label, "value": value} for label, value in preview.summary],
        "changes": [
            {"table": c.table, "kind": c.kind, "columns": c.columns, "count": c.count,
             "sample": [{"before": before, "after": after} for before, after in c.sample]}
            for c in preview.changes
        ],
        "problems": preview.problems, "warnings": preview.warnings, "needs_second_person_because": preview.needed_because or None,
    }  # fmt: skip


def receipt_answer(receipt: Receipt) -> dict[str, Any]:
    """What was applied."""
    return {
        "operation": receipt.operation_id, "sha256": receipt.sha256, "applied_at": receipt.applied_at,
        "changes": [{"table": table, "kind": kind, "count": count} for table, kind, count in receipt.counts],
        "is_repeated": receipt.is_repeated, "left_out": receipt.refused,
    }  # fmt: skip
