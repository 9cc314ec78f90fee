"""Operators who may sign in, their sessions, and tokens of programs, as values."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """A person who may sign in."""

    name: str
    email: str
    has_password: bool
    has_totp: bool
    is_invited: bool
    is_disabled: bool
    version: int


@dataclass(frozen=True)
class Session:
    """Somebody who signed in: how (``proof``), since when, and from where."""

    id: str
    name: str
    proof: str
    started_at: float
    seen_at: float
    source: str
    agent: str


@dataclass(frozen=True)
class Token:
    """What a program may do for an operator.

    Attributes:
        scope: ``read``, ``propose`` or ``apply``; each includes those before it.
        rules: Names of rules that it may preview, propose and apply; empty: all.
        amount: Money that one change may move, in the default currency; empty: any.
    """

    id: int
    name: str
    label: str
    scope: str
    rules: tuple[str, ...]
    amount: str
    created_at: float
    expires_at: float | None
    used_at: float | None
    revoked_at: float | None
