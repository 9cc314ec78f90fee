"""Passwords: hashed when requests are read, so that no rule, preview or history ever sees one."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

SHORTEST, LONGEST = 10, 200
SECRET: JsonDict = {"secret": True}
"""For ``json_schema_extra`` of a field with a password: it is not repeated in problems, and hidden in the history."""


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
