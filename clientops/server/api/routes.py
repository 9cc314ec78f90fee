"""The addresses of the API."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from clientops.server.api import changing, openapi, reading
from clientops.server.api.answers import problem_of

Endpoint = Callable[[Request], Awaitable[Response]]


def _told(endpoint: Endpoint) -> Endpoint:
    """Answer with a problem where clientops, or the engine, refuses."""

    @wraps(endpoint)
    async def answered(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:
            found = problem_of(error)
            if found is None:
                raise
            return found

    return answered


def api_routes() -> list[Route]:
    """All of them."""
    get, post = ["GET"], ["POST"]
    found: list[tuple[str, Endpoint, list[str]]] = [
        ("/rules", reading.list_rules, get),
        ("/rules/{name}/preview", changing.preview_rule, post),
        ("/rules/{name}/apply", changing.apply_rule, post),
        ("/operations", reading.list_operations, get),
        ("/operations/{number:int}", reading.show_operation, get),
        ("/operations/{number:int}/undo", changing.undo_operation, post),
        ("/history/{table}/{number:int}", reading.row_history, get),
        ("/tables", reading.list_tables, get),
        ("/query", reading.query, post),
        ("/clients/search", reading.find_clients, get),
        ("/reconciliation", reading.reconcile, get),
        ("/duplicates", reading.duplicates, get),
        ("/proposals", changing.list_proposals, get),
        ("/proposals/{number:int}/approve", changing.approve_proposal, post),
        ("/proposals/{number:int}/reject", changing.reject_proposal, post),
        ("/openapi.json", openapi.openapi, get),
        ("/docs", openapi.docs, get),
    ]
    return [Route(path, _told(endpoint), methods=methods) for path, endpoint, methods in found]
