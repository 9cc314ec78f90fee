"""What stands in front of every request: whom it is for, where it comes from, how big and how often; and what is noted."""

from __future__ import annotations

import ipaddress
import json
import secrets
import sys
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from clientops.server.settings import Settings

MIB = 2**20
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; font-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}


class Bucket:
    """How often something may happen, counted for each of many sources; the ones that came longest ago are forgotten.

    Args:
        rate: Times a second in the long run.
        burst: Times at once.
        sources: How many are remembered.
    """

    def __init__(self, rate: float, burst: float, sources: int = 10_000) -> None:
        self.rate, self.burst, self.sources = rate, burst, sources
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, source: str, cost: float = 1.0) -> float:
        """0 if it may happen now, else the seconds to wait."""
        now = time.monotonic()
        left, at = self._left.pop(source, (self.burst, now))
        left = min(self.burst, left + (now - at) * self.rate)
        wait = 0.0 if left >= cost else (cost - left) / self.rate
        self._left[source] = (left if wait else left - cost, now)
        while len(self._left) > self.sources:
            self._left.popitem(last=False)
        return wait


@dataclass
class Meters:
    """What the server counts, for Prometheus."""

    registry: CollectorRegistry = field(default_factory=CollectorRegistry)

    def __post_init__(self) -> None:
        known = self.registry
        self.requests = Counter("clientops_requests_total", "Requests", ["route", "method", "status"], registry=known)
        self.seconds = Histogram("clientops_request_seconds", "Seconds a request took", ["route"], registry=known)
        self.pages = Gauge("clientops_open_pages", "Pages that are open", ["area"], registry=known)
        self.events = Counter("clientops_page_events_total", "What people did on pages", registry=known)
        self.event_seconds = Histogram(
            "clientops_page_event_seconds", "Seconds until a page was drawn again", registry=known
        )
        self.operations = Counter("clientops_operations_total", "Operations that were applied", ["way"], registry=known)
        self.refused = Counter(
            "clientops_refused_total", "Requests that were refused at the gate", ["why"], registry=known
        )
        self.sign_ins = Counter("clientops_sign_ins_total", "Attempts to sign in", ["outcome"], registry=known)


def log(event: str, **more: Any) -> None:
    """Write a line for whoever runs the server: JSON, without names, addresses, or what was asked for."""
    line = {"at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()), "event": event, **more}
    sys.stderr.write(json.dumps(line) + "\n")
    sys.stderr.flush()


class Gate:
    """Middleware: refuses what is not for this server, comes from a foreign page, is too big or too often; counts and logs.

    Args:
        app: What is behind it.
        settings: The server's.
        meters: What is counted.
        biggest: Bytes of a request's body at most, by the beginning of its path.
        quiet: Whether nothing is logged.
    """

    def __init__(
        self,
        app: ASGIApp,
        settings: Settings,
        meters: Meters,
        *,
        biggest: Callable[[str], int] = lambda _path: MIB,
        rate: float = 100.0,
        burst: float = 400.0,
        quiet: bool = False,
    ) -> None:
        self.app, self.settings, self.meters, self.biggest, self.quiet = app, settings, meters, biggest, quiet
        self.bucket = Bucket(rate, burst)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Let a request through, or refuse it."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        scope["source"] = source_of(scope, headers, self.settings)
        if refusal := self._refusal(scope, headers):
            status, sentence, why = refusal
            self.meters.refused.labels(why).inc()
            await _refuse(scope, receive, send, status, sentence)
            return
        if scope["type"] == "websocket":
            await self.app(scope, receive, send)
            return
        await self._pass(scope, receive, send)

    def _refusal(self, scope: Scope, headers: Headers) -> tuple[int, str, str] | None:
        """Status, sentence and kind of what is wrong with a request before anybody reads it."""
        if headers.get("host", "").lower() not in self.settings.hosts:
            return 421, f"This server answers for {', '.join(sorted(self.settings.hosts))} only", "host"
        if self.bucket.take(_network(scope["source"])) > 0:
            return 429, "Too many requests; wait a moment", "rate"
        is_changing = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if is_changing and not headers.get("authorization", "").lower().startswith("bearer "):
            origin = headers.get("origin", "").lower()
            if origin not in self.settings.origins:
                return 403, "This was sent from a page of another address", "origin"
        length = headers.get("content-length", "0")
        if length.isdigit() and int(length) > self.biggest(scope["path"]):
            return 413, f"That is too big; at most {self.biggest(scope['path']) // 1024:,} KiB can be sent here", "size"
        return None

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        left, began, status = self.biggest(scope["path"]), time.perf_counter(), 500
        too_big = False

        async def receive_some() -> Message:
            nonlocal left, too_big
            message = await receive()
            left -= len(message.get("body", b""))
            if left < 0:
                too_big = True
                return {"type": "http.disconnect"}
            return message

        async def send_safely(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                found = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    found.setdefault(name, value)
                found.setdefault("cache-control", "no-store")
                if self.settings.is_secure:
                    found.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        try:
            await self.app(scope, receive_some, send_safely)
        finally:
            if too_big:
                self.meters.refused.labels("size").inc()
            seconds = time.perf_counter() - began
            route = route_of(scope)
            self.meters.requests.labels(route, scope["method"], status).inc()
            self.meters.seconds.labels(route).observe(seconds)
            if not self.quiet and not route.startswith("assets"):
                log("request", method=scope["method"], route=route, status=status, ms=round(seconds * 1000, 1))


def route_of(scope: Scope) -> str:
    """Name of what answers a request; never its address, which may hold a token or a name."""
    endpoint = scope.get("endpoint")
    return str(getattr(endpoint, "__name__", "none")).strip("_")


def source_of(scope: Scope, headers: Headers, settings: Settings) -> str:
    """Address that a request comes from: as the proxy in front says, else the connection's."""
    if settings.behind_proxy and (named := headers.get("x-forwarded-for")):
        return named.rpartition(",")[2].strip()[:60]
    client = scope.get("client")
    return str(client[0]) if client else "unknown"


def _network(source: str) -> str:
    """What one party can be taken to have: an IPv4 address, or the first half of an IPv6 address."""
    try:
        address = ipaddress.ip_address(source)
    except ValueError:
        return source
    return str(ipaddress.ip_network((address, 64), strict=False)) if address.version == 6 else source


network_of = _network


async def _refuse(scope: Scope, receive: Receive, send: Send, status: int, sentence: str) -> None:
    if scope["type"] == "websocket":
        await receive()
        await send({"type": "websocket.close", "code": 1008, "reason": ""})
        return
    body = {"type": "about:blank", "title": "Refused", "status": status, "detail": sentence}
    response = JSONResponse(body, status, headers=dict(HEADERS), media_type="application/problem+json")
    if status == 429:
        response.headers["retry-after"] = "2"
    await response(scope, receive, send)


def random_id() -> str:
    """A number that nobody can guess."""
    return secrets.token_urlsafe(24)
