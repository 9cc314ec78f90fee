"""What all parts of a running server share."""

from __future__ import annotations

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from itsdangerous import BadSignature, URLSafeSerializer
from starlette.requests import HTTPConnection
from starlette.responses import Response

from clientops.book.book import Book
from clientops.core.errors import ClientopsError, Role
from clientops.server.access import Access
from clientops.server.accounts import Session
from clientops.server.gate import Meters
from clientops.server.passwords import Slowdown
from clientops.server.settings import Settings

THREADS = 24
HASHING = 2
"""Passwords that are checked at once: each takes 64 MiB and a processor."""


@dataclass
class ServerState:
    """The book, who may use it, and what is counted."""

    settings: Settings
    access: Access
    meters: Meters = field(default_factory=Meters)
    slowdown: Slowdown = field(default_factory=Slowdown)
    is_ending: bool = False

    def __post_init__(self) -> None:
        self.threads = ThreadPoolExecutor(THREADS, thread_name_prefix="clientops")
        self.hashing = ThreadPoolExecutor(HASHING, thread_name_prefix="clientops hashing")
        self._signer = URLSafeSerializer(self.access.key("cookies"), salt="clientops session")
        self.once: dict[str, float] = {}
        self.all_sockets: list[Any] = []

    async def run(self, function: Any, *arguments: Any) -> Any:
        """Call something that may wait for the disk, beside the others."""
        return await asyncio.get_running_loop().run_in_executor(self.threads, function, *arguments)

    # -- the book as somebody ----------------------------------------------------------------------------------------

    def book(self, operator: str, proof: str, *, wait: float = 30.0) -> Book:
        """The book for an operator who signed in."""
        book = Book(self.settings.book, operator=operator, wait=wait)
        book.signed_in = proof
        return book

    def may(self, book: Book, least: Role) -> bool:
        """Whether the policy gives the book's operator this role."""
        try:
            return book.policy.may(book.operator, least)
        except ClientopsError:
            return False

    # -- sessions ----------------------------------------------------------------------------------------------------

    @property
    def cookie(self) -> str:
        """Name of the cookie; browsers hold the prefix to be sent by TLS to this host alone."""
        return "__Host-clientops" if self.settings.is_secure else f"clientops-{self.settings.port}"

    def session(self, connection: HTTPConnection) -> Session | None:
        """The session of whoever sent a request."""
        return self.session_of(self.number(connection))

    def number(self, connection: HTTPConnection) -> str:
        """The session's number that a request's cookie holds; empty if it has none that we signed."""
        try:
            return str(self._signer.loads(connection.cookies.get(self.cookie, "")))
        except BadSignature:
            return ""

    def session_of(self, number: str) -> Session | None:
        """The session of a number, if it goes on."""
        if not number:
            return None
        settings = self.settings
        return self.access.session(number, now=time.time(), idle=settings.idle, absolute=settings.absolute)

    def sign_in(self, response: Response, connection: HTTPConnection, name: str, proof: str) -> None:
        """Begin a session and give its cookie to the browser."""
        number = self.access.begin_session(
            name, proof=proof, source=connection.scope["source"], agent=connection.headers.get("user-agent", ""), now=time.time()
        )  # fmt: skip
        response.set_cookie(
            self.cookie, self._signer.dumps(number), max_age=int(self.settings.absolute), path="/",
            secure=self.settings.is_secure, httponly=True, samesite="lax",
        )  # fmt: skip

    def csrf(self, number: str) -> str:
        """What a form of a session has to carry."""
        return str(URLSafeSerializer(self.access.key("forms"), salt="clientops form").dumps(number)) if number else ""

    def is_from_form(self, number: str, value: str) -> bool:
        """Whether a form was made for this session."""
        try:
            return (
                bool(number)
                and URLSafeSerializer(self.access.key("forms"), salt="clientops form").loads(value) == number
            )
        except BadSignature:
            return False
