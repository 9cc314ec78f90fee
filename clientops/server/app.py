"""The application of the workbench: pages, sign-in, health, metrics, and the HTTP API."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from importlib import import_module
from typing import Any

import duckdb
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Mount, Route, WebSocketRoute
from starlette.types import ASGIApp
from starlette.websockets import WebSocket

from clientops.core.errors import ClientopsError
from clientops.registry import rules
from clientops.server import oidc, signing
from clientops.server.api.routes import api_routes
from clientops.server.gate import MIB, Gate, log
from clientops.server.html import page, serve_asset, versions
from clientops.server.page import Page, Pages
from clientops.server.proxy import ProxyUser
from clientops.server.socket import REFUSED, Sockets
from clientops.server.state import ServerState
from clientops.workbench.frame import SCREENS, Shell, workbench
from clientops.workbench.ui.errors import trouble_of

CHECKED_FOR = 600.0
"""Seconds for which a comparison of all tables with their history is not made again for another page."""


class DirectLook:
    """Whether rows were changed by other means than operations: found out once for everybody, not for each page."""

    def __init__(self, state: ServerState) -> None:
        self.state = state
        self.count = 0
        self.trouble: Any = None
        self._at = 0.0
        self._turn = threading.Lock()

    def look(self) -> None:
        """Compare, unless that was done a moment ago or is being done."""
        if not self._turn.acquire(blocking=False):
            return
        try:
            if self._at and time.monotonic() - self._at < CHECKED_FOR:
                return
            book = self.state.book("clientops serve", "server")
            self.count, self.trouble = len(book.direct_changes()), None
        except (ClientopsError, duckdb.Error) as error:
            self.trouble = trouble_of(error)
        finally:
            self._at = time.monotonic()
            self._turn.release()


class Workbench:
    """The pages of the workbench, and what tells how the server is.

    Args:
        state: What the server's parts share.
    """

    def __init__(self, state: ServerState) -> None:
        self.state = state
        self.sockets = Sockets(Pages(state.settings.most_pages), state.meters, state.run, "workbench")
        state.all_sockets.append(self.sockets)
        self.direct = DirectLook(state)

    async def home(self, request: Request) -> Response:
        """The frame that screens are drawn in."""
        if self.state.session(request) is None:
            return RedirectResponse("/sign-in", 303)
        return page("screen.html.j2", socket="/socket", check="/session")

    async def session(self, request: Request) -> Response:
        """Whether the session goes on; asked by pages that lost their connection."""
        return Response(status_code=204 if self.state.session(request) else 401)

    async def socket(self, websocket: WebSocket) -> None:
        """What a page and its view say to each other."""
        state, number = self.state, self.state.number(websocket)
        found = state.session_of(number)
        if found is None or state.is_ending:
            await websocket.close(REFUSED)
            return

        def make() -> Page:
            view = workbench(state.book(found.name, found.proof), "home", is_routed=True)
            if isinstance(view.part, Shell):
                view.part.account = "/sessions"
                view.part.desk.direct_changes, view.part.desk.unlooked = self.direct.count, self.direct.trouble
            threading.Thread(target=self.direct.look, daemon=True).start()
            return Page(view, found.id, lambda: state.session_of(number) is not None)

        await self.sockets.serve(websocket, found.id, make)

    async def healthz(self, _request: Request) -> Response:
        """Whether the book can be read."""
        try:
            head = await asyncio.wait_for(self.state.run(self._head), 5)
        except (ClientopsError, duckdb.Error, TimeoutError) as error:
            return JSONResponse({"status": "failing", "why": type(error).__name__}, 503)
        return JSONResponse({"status": "ending" if self.state.is_ending else "ok", "operations": head})

    def _head(self) -> int:
        return self.state.book("clientops serve", "server", wait=2.0).head()[0]

    def _prepare(self) -> None:
        """Do beforehand what the first visitor would wait for."""
        rules()
        for name, _, _ in SCREENS:
            import_module(f"clientops.workbench.screens.{name.replace('-', '_')}")
        self.direct.look()

    async def metrics(self, request: Request) -> Response:
        """Figures for Prometheus: for this machine, or for a token, as they say how busy people are."""
        if request.scope["source"] not in ("127.0.0.1", "::1") and not _has_token(self.state, request):
            return Response("Metrics are for this machine, or with a token that may read", 403)
        return Response(generate_latest(self.state.meters.registry), media_type=CONTENT_TYPE_LATEST)

    @asynccontextmanager
    async def life(self, _app: Starlette) -> AsyncIterator[None]:
        """What goes on as long as the server does."""
        watch = asyncio.create_task(self.sockets.watch(Page.is_allowed))
        threading.Thread(target=self._prepare, daemon=True).start()
        log("started")
        yield
        watch.cancel()
        with suppress(asyncio.CancelledError):
            await watch
        log("ended")


def workbench_app(state: ServerState) -> ASGIApp:
    """The application of the workbench and the API."""
    pages = Workbench(state)
    app = Starlette(
        routes=[
            Route("/", pages.home),
            Route("/session", pages.session),
            WebSocketRoute("/socket", pages.socket),
            Route("/assets/{version}/{name}", serve_asset),
            Route("/favicon.ico", favicon),
            Route("/healthz", pages.healthz),
            Route("/metrics", pages.metrics),
            *signing.ROUTES,
            *oidc.routes(state),
            Mount("/api", routes=api_routes()),
        ],
        lifespan=pages.life,
        exception_handlers={404: not_found, 500: failed},
    )
    app.state.server = state

    def biggest(path: str) -> int:
        return 32 * MIB if path.startswith("/api/") else MIB

    return Gate(ProxyUser(app, state), state.settings, state.meters, biggest=biggest)


def _has_token(state: ServerState, request: Request) -> bool:
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    return kind.lower() == "bearer" and state.access.token(secret.strip(), now=time.time()) is not None


async def favicon(_request: Request) -> Response:
    """Browsers ask for it whatever a page says."""
    return RedirectResponse(versions()["icon"], 308)


async def not_found(request: Request, _error: Exception) -> Response:
    """What is not there."""
    if request.url.path.startswith("/api"):
        body = {
            "type": "about:blank",
            "title": "Not found",
            "status": 404,
            "detail": "There is nothing at this address",
        }
        return JSONResponse(body, 404, media_type="application/problem+json")
    return page(
        "message.html.j2", 404, title="Not found", text="There is nothing at this address.", address="/", action="Home"
    )


async def failed(_request: Request, error: Exception) -> Response:
    """A fault of ours: said with a reference, and nothing else."""
    trouble = trouble_of(error)
    log("fault", reference=trouble.reference, kind=type(error).__name__)
    detail = f"{trouble.sentence} Reference {trouble.reference}" if trouble.reference else trouble.sentence
    body = {"type": "about:blank", "title": "Fault", "status": 500, "detail": detail}
    return JSONResponse(body, 500, media_type="application/problem+json")
