"""Who calls the API, and what their token lets them do."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from starlette.requests import Request

from clientops.book.approval.amounts_moved import money_moved
from clientops.book.approval.permissions import Gate
from clientops.book.book import Book
from clientops.core.errors import NotAllowedError
from clientops.server.access import SCOPES
from clientops.server.api.answers import ApiError
from clientops.server.state import ServerState

LONGEST_KEY = 200


@dataclass(frozen=True)
class Caller:
    """An operator, by a token or a session.

    Attributes:
        state: The server's.
        name: The operator.
        proof: How they were authenticated.
        scope: ``read``, ``propose`` or ``apply``.
        rules: Rules that the token is for; empty: all.
        amount: Money that one change may move; None: any.
    """

    state: ServerState
    name: str
    proof: str
    scope: str
    rules: tuple[str, ...] = ()
    amount: Decimal | None = None

    def book(self) -> Book:
        """The book for this caller, who may at least look at it."""
        book = self.state.book(self.name, self.proof)
        if not book.policy.may(self.name, "viewer"):
            raise ApiError(403, "not-allowed", "The policy does not allow it", f"{self.name} may not see this book")
        book.also = self._gate()
        return book

    def needs(self, scope: str) -> None:
        """Refuse what the token is not for."""
        if SCOPES.index(self.scope) < SCOPES.index(scope):
            raise ApiError(
                403,
                "scope",
                "The token is not for this",
                f"This needs a token with the scope {scope}; this one has {self.scope}",
            )

    def needs_rule(self, name: str) -> None:
        """Refuse a rule that the token is not for."""
        if self.rules and name not in self.rules:
            raise ApiError(
                403,
                "scope",
                "The token is not for this",
                f"This token is for {', '.join(self.rules)}, and not for {name}",
            )

    def _gate(self) -> Gate | None:
        if self.amount is None:
            return None
        most = self.amount

        def gate(connection: Any, changes: Any) -> None:
            moved = money_moved(connection, changes, self.name)
            if moved.unapproved or moved.amount > most:
                raise NotAllowedError(
                    f"Nothing was changed: it moves {moved.amount:f} in the default currency, and this token is for at most {most:f}",
                    waits=True,
                )

        return gate


def caller_of(request: Request) -> Caller:
    """Who calls.

    Raises:
        ApiError: Nobody who may.
    """
    state: ServerState = request.app.state.server
    kind, _, secret = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        token = state.access.token(secret.strip(), now=time.time())
        if token is None:
            raise ApiError(401, "token", "The token is not valid", "The token is unknown, revoked or expired")
        amount = Decimal(token.amount) if token.amount else None
        return Caller(state, token.name, f"token {token.id}", token.scope, token.rules, amount)
    session = state.session(request)
    if session is not None and request.method == "GET":
        return Caller(state, session.name, session.proof, "read")
    raise ApiError(
        401, "token", "A token is needed",
        "Send a token (Authorization: Bearer …); make one with: clientops token create --operator NAME --scope read",
    )  # fmt: skip


async def body_of(request: Request, known: tuple[str, ...]) -> dict[str, Any]:
    """The JSON object that was sent; floats are read exactly.

    Raises:
        ApiError: It is none, or has fields that are not known.
    """
    try:
        given = json.loads(await request.body() or b"{}", parse_float=Decimal, parse_constant=_refuse_constant)
    except (ValueError, RecursionError, InvalidOperation) as error:
        raise ApiError(400, "json", "The body is not JSON", f"The body is not JSON: {error}") from error
    if not isinstance(given, dict):
        raise ApiError(400, "json", "The body is not an object", f"Send an object with {', '.join(known)}")
    if unknown := [name for name in given if name not in known]:
        raise ApiError(
            422, "field", "Unknown field", f"{unknown[0]!r} is not a field here; there are {', '.join(known)}"
        )
    return given


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number in JSON")


def number_of(request: Request, name: str, usual: int, most: int) -> int:
    """A number of the address's query.

    Raises:
        ApiError: It is none, or out of range.
    """
    text = request.query_params.get(name, str(usual))
    if not text.isdigit() or len(text) > 15 or int(text) > most:
        raise ApiError(422, "field", "Not a number", f"{name}={text!r}: a number from 0 to {most:,} is needed")
    return int(text)


def text_of(given: dict[str, Any], name: str, *, most: int = 2000) -> str | None:
    """A text of a body; None if it is not given.

    Raises:
        ApiError: It is no text, or too long.
    """
    value = given.get(name)
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > most:
        raise ApiError(422, "field", "Not a text", f"{name}: a text of at most {most:,} characters is needed")
    return value
