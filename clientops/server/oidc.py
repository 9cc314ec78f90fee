"""Signing in at an OpenID Connect provider (authorisation code with PKCE), for operators who were invited here."""

from __future__ import annotations

import secrets
import time
from typing import Any

from authlib.integrations.starlette_client import OAuth, OAuthError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from clientops.server.gate import log
from clientops.server.html import page
from clientops.server.state import ServerState

REMEMBERED = 600.0
MOST_BEGUN = 5000


class Begun:
    """What a sign-in that was begun has to remember until the browser comes back; Authlib's session, kept here."""

    def __init__(self) -> None:
        self._kept: dict[str, tuple[float, dict[str, Any]]] = {}

    def begin(self) -> tuple[str, dict[str, Any]]:
        """A new one and its number."""
        now = time.monotonic()
        self._kept = {number: kept for number, kept in self._kept.items() if now - kept[0] < REMEMBERED}
        while len(self._kept) >= MOST_BEGUN:
            self._kept.pop(next(iter(self._kept)))
        number, kept = secrets.token_urlsafe(24), dict[str, Any]()
        self._kept[number] = (now, kept)
        return number, kept

    def take(self, number: str) -> dict[str, Any] | None:
        """What was kept, once."""
        at, kept = self._kept.pop(number, (0.0, None))
        return kept if kept is not None and time.monotonic() - at < REMEMBERED else None


def routes(state: ServerState) -> list[Route]:
    """The two addresses of the sign-in; none without a provider."""
    settings = state.settings.oidc
    if not settings:
        return []
    oauth = OAuth()
    oauth.register(
        "provider",
        client_id=settings["client_id"],
        client_secret=settings["client_secret"],
        server_metadata_url=f"{settings['issuer'].rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email profile", "code_challenge_method": "S256", "timeout": 10},
    )
    begun, cookie = Begun(), f"{state.cookie}-oidc"
    back = f"{state.settings.address}/sign-in/oidc/back"

    async def begin(request: Request) -> Response:
        number, kept = begun.begin()
        request.scope["session"] = kept
        answer: Response = await oauth.provider.authorize_redirect(request, back)
        answer.set_cookie(
            cookie,
            number,
            max_age=int(REMEMBERED),
            path="/",
            secure=state.settings.is_secure,
            httponly=True,
            samesite="lax",
        )
        return answer

    async def come_back(request: Request) -> Response:
        kept = begun.take(request.cookies.get(cookie, ""))
        if kept is None:
            return _refused("That took too long, or was begun in another browser. Please try again.")
        request.scope["session"] = kept
        try:
            token = await oauth.provider.authorize_access_token(request)
        except OAuthError as error:
            log("sign-in", outcome="refused by the provider", kind=error.error)
            return _refused("The provider did not confirm who you are.")
        claims = dict(token.get("userinfo") or {})
        operator = find_operator(state, claims)
        if operator is None:
            state.meters.sign_ins.labels("unknown").inc()
            return _refused(
                "Nobody here is invited under that identity. Ask an admin to invite you with that e-mail address."
            )
        state.meters.sign_ins.labels("done").inc()
        answer = RedirectResponse("/", 303)
        state.sign_in(answer, request, operator, f"oidc: {claims['iss']} {claims['sub']}")
        answer.delete_cookie(cookie, path="/", secure=state.settings.is_secure, httponly=True, samesite="lax")
        return answer

    return [Route("/sign-in/oidc", begin, methods=["GET"]), Route("/sign-in/oidc/back", come_back, methods=["GET"])]


def find_operator(state: ServerState, claims: dict[str, Any]) -> str | None:
    """Name of the operator of an identity: known by its subject, or at the first time by a verified e-mail address."""
    subject = f"{claims.get('iss', '')} {claims.get('sub', '')}"
    if not claims.get("sub"):
        return None
    known = state.access.by_subject(subject)
    if known is None and claims.get("email") and claims.get("email_verified") is True:
        known = state.access.by_email(str(claims["email"]))
        if known is not None and not known.is_disabled:
            state.access.bind_subject(known.name, subject)
    return None if known is None or known.is_disabled else known.name


def _refused(text: str) -> Response:
    return page("message.html.j2", 403, title="Not signed in", text=text, address="/sign-in", action="Sign in")
