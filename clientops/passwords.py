"""Passwords and tokens: hashed when requests are read, so that no rule, preview or history ever sees one."""

from __future__ import annotations

import hashlib
from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

SHORTEST, LONGEST = 10, 200
SECRET: JsonDict = {"secret": True}
"""For ``json_schema_extra`` of a field with a password or token: it is not repeated in problems, and hidden in the history."""


def hash_password(text: str) -> str:
    """The argon2id hash of a password, salted; a password that anybody would guess is refused.

    Source:
        OWASP "Password Storage"; argon2-cffi's defaults (RFC 9106, low memory).
    """
    from argon2 import PasswordHasher

    if len(set(text.casefold())) < 5 or text.casefold() in GUESSED or text.isdigit():
        raise ValueError("anybody would guess it; mix words or characters, e.g. four words")
    return PasswordHasher().hash(text)


GUESSED = frozenset({
    "password123", "password1234", "passwort123", "qwertyuiop", "1q2w3e4r5t", "letmein123", "administrator", "welcome123",
    "changeme123", "iloveyou123", "qwerty12345", "abc1234567", "password12",
})  # fmt: skip

Password = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST), AfterValidator(hash_password)]


def hash_token(text: str) -> str:
    """SHA-256 of a token, in hexadecimal. Nobody can guess one (256 random bits), so it needs neither salt nor a slow hash."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


Token = Annotated[str, Field(max_length=LONGEST), AfterValidator(hash_token)]
