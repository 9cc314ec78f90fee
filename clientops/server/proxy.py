"""Who signed in at a proxy in front of the server: believed only where the server was told so."""

from __future__ import annotations

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from clientops.server.gate import log
from clientops.server.state import ServerState


class ProxyUser:
    """Begins a session for the operator whom the proxy's header names.

    Args:
        app: What is behind it.
        state: The server's; its ``user_header`` names the header, and without one nothing is believed.
    """

    def __init__(self, app: ASGIApp, state: ServerState) -> None:
        self.app, self.state = app, state

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, with a new session where the proxy names somebody else."""
        header = self.state.settings.user_header
        if not header or scope["type"] != "http" or scope["path"] not in ("/", "/sign-in") or scope["method"] != "GET":
            await self.app(scope, receive, send)
            return
        connection = HTTPConnection(scope)
        named = Headers(scope=scope).get(header, "").strip()
        session = self.state.session(connection)
        if not named or (session is not None and session.name.casefold() == named.casefold()):
            await self.app(scope, receive, send)
            return
        operator = self.state.access.operator(named) or self.state.access.by_email(named)
        if operator is None or operator.is_disabled:
            log("sign-in", outcome="unknown at the proxy")
            await self.app(scope, receive, send)
            return
        answer = RedirectResponse("/", 303)
        self.state.sign_in(answer, connection, operator.name, f"proxy: {named}")
        await answer(scope, receive, send)
