"""Signing in and out: with a password and a code, a link, a proxy's header; and one's own sessions."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime

import pyotp
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from clientops.core.errors import UsageError
from clientops.schema.passwords import check_password, needs_upgrade, rehash
from clientops.server.accounts import Operator
from clientops.server.gate import log, network_of
from clientops.server.html import page
from clientops.server.passwords import matches_totp
from clientops.server.state import ServerState

WRONG = "The name, password or code is wrong."
ROUND = 0.4
"""Answers to a try to sign in come after a multiple of so many seconds, whatever was looked up."""


def state_of(request: Request) -> ServerState:
    """What the server's parts share."""
    found: ServerState = request.app.state.server
    return found


async def sign_in_form(request: Request) -> Response:
    """The form to sign in."""
    state = state_of(request)
    if state.session(request) is not None:
        return RedirectResponse("/", 303)
    return _form(state)


def _form(
    state: ServerState, message: str = "", *, login: str = "", status: int = 200, tone: str = "error"
) -> Response:
    if state.settings.local:
        text = "The link of clientops app works once. Start clientops app again to get another one."
        return page("message.html.j2", 401, title="Please use the link", text=text)
    oidc = state.settings.oidc.get("issuer", "").removeprefix("https://")
    return page("sign_in.html.j2", status, message=message, tone=tone, login=login, oidc=oidc)


async def sign_in(request: Request) -> Response:
    """Sign in with a password, and a code if a second factor is set up."""
    state, began = state_of(request), time.monotonic()
    form = await request.form(max_files=0, max_fields=10)
    login, password, code = (str(form.get(name, ""))[:1000] for name in ("login", "password", "code"))
    source = network_of(request.scope["source"])
    if wait := state.slowdown.refusal(source):
        state.meters.sign_ins.labels("refused").inc()
        minutes = int(wait // 60) + 1
        answer = _form(
            state, f"Too many wrong tries from your network. Try again in {minutes} minutes.", login=login, status=429
        )
        answer.headers["retry-after"] = str(int(wait))
        return answer
    await asyncio.sleep(state.slowdown.delay(source, login))
    found = await asyncio.get_running_loop().run_in_executor(state.hashing, check_login, state, login, password, code)
    await asyncio.sleep(ROUND - (time.monotonic() - began) % ROUND)
    if found is None:
        state.slowdown.was_wrong(source, login)
        state.meters.sign_ins.labels("wrong").inc()
        log("sign-in", outcome="wrong")
        return _form(state, WRONG, login=login, status=401)
    state.slowdown.was_right(login)
    state.meters.sign_ins.labels("done").inc()
    log("sign-in", outcome="done")
    wanted = str(form.get("next", ""))
    answer = RedirectResponse(f"/{wanted}" if wanted.startswith("#") and len(wanted) < 500 else "/", 303)
    state.sign_in(answer, request, found.name, "password and code" if found.has_totp else "password")
    return answer


def check_login(state: ServerState, login: str, password: str, code: str) -> Operator | None:
    """The operator whose name, password and code these are; takes as long if there is none."""
    row = state.access.find(login)
    operator, hashed, totp = row or (None, None, None)
    fits = check_password(hashed, password)
    if operator is None or operator.is_disabled or not fits:
        return None
    if totp:
        step = matches_totp(totp, code, time.time())
        if not step or not state.access.use_totp(operator.name, step):
            return None
    if needs_upgrade(hashed):
        state.access.upgrade_hash(operator.name, rehash(password))
    return operator


async def use_link(request: Request) -> Response:
    """The link of ``clientops app``: works once, for the person on this machine."""
    state, secret = state_of(request), request.path_params["secret"]
    if state.once.pop(secret, 0.0) < time.monotonic():
        return _form(state)
    answer = RedirectResponse("/", 303)
    state.sign_in(answer, request, state.settings.local, "link")
    return answer


async def invitation_form(request: Request) -> Response:
    """The form of an invitation; the secret stands behind # in the link and is put in by the page."""
    return page("choose.html.j2", message="", secret="")


async def accept_invitation(request: Request) -> Response:
    """Set the password that an invited operator chose."""
    state = state_of(request)
    form = await request.form(max_files=0, max_fields=10)
    secret, password, again = (str(form.get(name, ""))[:1000] for name in ("secret", "password", "again"))
    operator = await state.run(lambda: state.access.invited(secret, now=time.time()))
    if operator is None:
        text = "This link is not valid, or no longer. Ask an admin for a new one."
        return page("message.html.j2", 400, title="Link not valid", text=text, address="/sign-in", action="Sign in")
    if password != again:
        return page("choose.html.j2", 422, message="The two passwords differ. Enter the same one twice.", secret=secret)
    loop = asyncio.get_running_loop()
    try:
        await loop.run_in_executor(state.hashing, state.access.choose_password, operator.name, password)
    except ValueError as error:
        return page("choose.html.j2", 422, message=f"Choose another password: {error}.", secret=secret)
    answer = RedirectResponse("/", 303)
    state.sign_in(answer, request, operator.name, "password")
    return answer


async def sign_out(request: Request) -> Response:
    """End this session."""
    state = state_of(request)
    number, session = state.number(request), state.session(request)
    form = await request.form(max_files=0, max_fields=5)
    if session is not None and state.is_from_form(number, str(form.get("csrf", ""))):
        state.access.end_session(session.name, session.id, now=time.time())
    answer = RedirectResponse("/sign-in", 303)
    answer.delete_cookie(state.cookie, path="/", secure=state.settings.is_secure, httponly=True, samesite="lax")
    return answer


async def list_sessions(request: Request, message: str = "", tone: str = "info", status: int = 200) -> Response:
    """Where one is signed in."""
    state = state_of(request)
    session = state.session(request)
    if session is None:
        return RedirectResponse("/sign-in", 303)
    settings = state.settings
    found = state.access.sessions(session.name, now=time.time(), idle=settings.idle, absolute=settings.absolute)
    known = state.access.operator(session.name)
    rows = [
        {"id": s.id, "agent": s.agent or "A program", "source": s.source, "started": _moment(s.started_at),
         "seen": _moment(s.seen_at), "is_this": s.id == session.id}
        for s in found
    ]  # fmt: skip
    has_password = known is not None and known.has_password
    totp = pyotp.random_base32() if has_password and known is not None and not known.has_totp else ""
    return page(
        "account.html.j2", status, who=session.name, sessions=rows, csrf=state.csrf(state.number(request)), message=message,
        tone=tone, has_password=has_password, totp=totp,
    )  # fmt: skip


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M UTC")


async def end_session(request: Request) -> Response:
    """End one of one's sessions."""
    state = state_of(request)
    number, session = state.number(request), state.session(request)
    form = await request.form(max_files=0, max_fields=5)
    if session is None or not state.is_from_form(number, str(form.get("csrf", ""))):
        return RedirectResponse("/sign-in", 303)
    state.access.end_session(session.name, str(form.get("id", "")), now=time.time())
    return RedirectResponse("/sessions", 303)


async def switch_totp_on(request: Request) -> Response:
    """Set up a second factor, once a code shows that it works."""
    state = state_of(request)
    number, session = state.number(request), state.session(request)
    form = await request.form(max_files=0, max_fields=5)
    if session is None or not state.is_from_form(number, str(form.get("csrf", ""))):
        return RedirectResponse("/sign-in", 303)
    known = state.access.operator(session.name)
    if known is None or known.has_totp:
        return await list_sessions(request, "A second factor is set up; an admin can remove it.", "error", 422)
    secret, code = str(form.get("secret", ""))[:64], str(form.get("code", ""))[:20]
    try:
        step = matches_totp(secret, code, time.time())
    except ValueError as error:
        raise UsageError("The key is not one of ours") from error
    if not step:
        return await list_sessions(request, "That code is wrong; add the new key below, and try again.", "error", 422)
    state.access.set_totp(session.name, secret)
    return await list_sessions(request, "From now on a code is needed to sign in.", "done")


ROUTES = [
    Route("/sign-in", sign_in_form, methods=["GET"]),
    Route("/sign-in", sign_in, methods=["POST"]),
    Route("/once/{secret}", use_link, methods=["GET"]),
    Route("/invitation", invitation_form, methods=["GET"]),
    Route("/invitation", accept_invitation, methods=["POST"]),
    Route("/sign-out", sign_out, methods=["POST"]),
    Route("/sessions", list_sessions, methods=["GET"]),
    Route("/sessions/end", end_session, methods=["POST"]),
    Route("/sessions/totp", switch_totp_on, methods=["POST"]),
]
