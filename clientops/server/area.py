"""The client area: an application of its own, on a port of its own, with nothing of the workbench in it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from clientops.server.app import favicon
from clientops.server.gate import MIB, Gate, network_of, random_id
from clientops.server.html import page, serve_asset
from clientops.server.page import Page, Pages
from clientops.server.settings import Settings
from clientops.server.socket import REFUSED, Sockets
from clientops.server.state import ServerState
from clientops.workbench.client_area.pages import client_area

MOST_EACH = 30
"""Pages that one source may have open; those whose browsers left make room."""


def area_app(state: ServerState, settings: Settings) -> ASGIApp:
    """The application of the client area."""
    pages = Pages(settings.most_pages, MOST_EACH)
    sockets = Sockets(pages, state.meters, state.run, "client area")
    state.all_sockets.append(sockets)
    cookie = "__Host-clientops-area" if settings.is_secure else f"clientops-area-{settings.port}"

    async def home(request: Request) -> Response:
        answer = page("screen.html.j2", socket="/socket", check="/session")
        if not request.cookies.get(cookie):
            answer.set_cookie(
                cookie, random_id(), path="/", secure=settings.is_secure, httponly=True, samesite="lax"
            )  # which browser it is: without it nobody comes back to a page
        return answer

    async def session(_request: Request) -> Response:
        return Response(status_code=204)

    async def socket(websocket: WebSocket) -> None:
        browser = websocket.cookies.get(cookie, "")
        if not browser or state.is_ending:
            await websocket.close(REFUSED)
            return

        def make() -> Page:
            view = client_area(
                book=state.book("client area", "client area"), source=network_of(websocket.scope["source"])
            )
            return Page(view, browser, view.part.may_go_on)

        await sockets.serve(websocket, browser, make)

    async def healthz(_request: Request) -> Response:
        return JSONResponse({"status": "ending" if state.is_ending else "ok"})

    async def not_found(_request: Request, _error: Exception) -> Response:
        return page("message.html.j2", 404, brand="Client area", title="Not found", text="There is nothing at this address.", address="/", action="Log in")  # fmt: skip

    @asynccontextmanager
    async def life(_app: Starlette) -> AsyncIterator[None]:
        watch = asyncio.create_task(sockets.watch(Page.is_allowed))
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch

    routes = [
        Route("/", home),
        Route("/session", session),
        WebSocketRoute("/socket", socket),
        Route("/assets/{version}/{name}", serve_asset),
        Route("/favicon.ico", favicon),
        Route("/healthz", healthz),
    ]
    app = Starlette(routes=routes, lifespan=life, exception_handlers={404: not_found})
    app.state.server = state
    return Gate(app, settings, state.meters, biggest=lambda _path: MIB, rate=20.0, burst=120.0)
