"""Passwords and tokens: hashed when requests are read, so that no rule, preview or history ever sees one."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from contextlib import suppress
from itertools import pairwise
from typing import Annotated, Any

from pydantic import AfterValidator, Field
from pydantic.config import JsonDict

from clientops.schema.requests import FieldError

SHORTEST, LONGEST = 10, 200
SECRET: JsonDict = {"secret": True}
"""For ``json_schema_extra`` of a field with a password or token: it is not repeated in problems, and hidden in the history."""

SECRET_COLUMNS = frozenset({"password_hash", "token_sha256"})
"""Columns of tables that hold what such a field became; their values are not shown."""


def hash_password(text: str) -> str:
    """The argon2id hash of a password, salted; a password that anybody would guess is refused.

    Source:
        OWASP "Password Storage"; argon2-cffi's defaults (RFC 9106, low memory).
    """
    from argon2 import PasswordHasher

    if is_guessed(text):
        raise ValueError("anybody would guess it; mix words or characters, e.g. four words")
    found = PasswordHasher().hash(text)
    _typed[found] = _fingerprints(text)
    while len(_typed) > MOST_TYPED:
        _typed.pop(next(iter(_typed)), None)
    return found


# Words that common passwords are made of, with a number, a year or a sign before or behind them.
WORDS = frozenset(
    [
        "password",
        "passwort",
        "passwd",
        "pass",
        "kennwort",
        "secret",
        "geheim",
        "welcome",
        "willkommen",
        "letmein",
        "iloveyou",
        "changeme",
        "trustno",
        "football",
        "baseball",
        "basketball",
        "superman",
        "batman",
        "princess",
        "sunshine",
        "monkey",
        "dragon",
        "master",
        "shadow",
        "michael",
        "jordan",
        "hunter",
        "login",
        "admin",
        "administrator",
        "administration",
        "root",
        "user",
        "guest",
        "test",
        "testing",
        "tester",
        "default",
        "demo",
        "example",
        "hello",
        "hallo",
        "hello",
        "world",
        "access",
        "summer",
        "winter",
        "spring",
        "autumn",
        "fall",
        "sommer",
        "herbst",
        "fruehling",
        "januar",
        "january",
        "february",
        "march",
        "april",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
        "monday",
        "tuesday",
        "wednesday",
        "thursday",
        "friday",
        "saturday",
        "sunday",
        "montag",
        "dienstag",
        "mittwoch",
        "donnerstag",
        "freitag",
        "samstag",
        "sonntag",
        "clientops",
        "whmcs",
        "hosting",
        "client",
        "clients",
        "company",
        "firma",
        "business",
        "office",
        "internet",
        "computer",
        "server",
        "database",
        "google",
        "facebook",
        "amazon",
        "starwars",
        "pokemon",
        "whatever",
        "freedom",
        "forever",
    ]
)
ROWS = (
    "qwertyuiopasdfghjklzxcvbnm", "qwertzuiopasdfghjklyxcvbnm", "azertyuiopqsdfghjklmwxcvbn", "abcdefghijklmnopqrstuvwxyz",
    "1234567890123456789", "0987654321098765432", "qazwsxedcrfvtgbyhnujmikolp", "1qaz2wsx3edc4rfv5tgb6yhn",
    "q1w2e3r4t5y6u7i8o9p0", "1q2w3e4r5t6y7u8i9o0p",
)  # fmt: skip
_LOOKS_LIKE = str.maketrans("01345678@$!|", "oieasgtbasii")
LEAST_LETTERS = 5


def is_guessed(text: str) -> bool:
    """Whether a password is one that is tried first: a common word with a number, one word twice, keys in a row."""
    plain = text.casefold()
    if len(set(plain)) < LEAST_LETTERS or text.isdigit():
        return True
    squeezed = "".join(letter for letter in plain if letter.isalnum())
    letters = "".join(letter for letter in plain if letter.isalpha())
    if any(
        _in_row(squeezed, row) or (len(letters) >= LEAST_LETTERS and (letters in row or letters[::-1] in row))
        for row in ROWS
    ):
        return True
    return any(form in WORDS or _is_one_word_again(form) for form in _forms(text))


def _in_row(text: str, row: str) -> bool:
    """Whether a text is keys in a row, but for a few letters."""
    longest = max(
        (length for start in range(len(text)) for length in range(6, len(text) - start + 1)
         if text[start : start + length] in row or text[start : start + length][::-1] in row), default=0,
    )  # fmt: skip
    return longest >= len(text) - 4


def _is_one_word_again(text: str) -> bool:
    """Whether it is two common words, one after the other, or one piece again and again."""
    if len(text) >= LEAST_LETTERS and (text + text).find(text, 1) < len(text):
        return True
    return any(text[:place] in WORDS and text[place:] in WORDS for place in range(1, len(text)))


def _forms(text: str) -> set[str]:
    """What is left of a text without signs and numbers, also where numbers stand for letters."""
    plain = text.casefold()
    trimmed = plain.strip("0123456789!?.,;:_-+*#$%&/()=@ ")
    found = {"".join(letter for letter in plain if letter.isalpha())}
    found |= {
        "".join(letter for letter in form.translate(_LOOKS_LIKE) if letter.isalpha()) for form in (plain, trimmed)
    }
    return {form for form in found if form}


# What was typed, for as long as this process lives and in no form that could be read back: to be compared with names.
_KEY = secrets.token_bytes(32)
_typed: dict[str, frozenset[bytes]] = {}
MOST_TYPED = 100_000


def _fingerprints(text: str) -> frozenset[bytes]:
    return frozenset(hmac.digest(_KEY, form.encode(), "sha256") for form in _forms(text))


def is_own_name(password_hash: str | None, *names: str | None) -> bool:
    """Whether a password that was hashed in this process is somebody's own address or name, but for numbers and signs."""
    typed = _typed.get(password_hash or "", frozenset())
    if not typed:
        return False
    known = [name for name in names if name and name.strip()]
    parts = [part for name in known for part in (name, *re.split(r"[@.\s_+-]+", name), name.partition("@")[0])]
    joined = ["".join(known[start : start + 2]) for start in range(len(known))]
    joined += ["".join(reversed(known[start : start + 2])) for start in range(len(known))]
    joined += [f"{after}{before}" for before, after in pairwise(" ".join(known).split())]
    return any(not typed.isdisjoint(_fingerprints(part)) for part in (*parts, *joined) if len(part) >= len("ada"))


OWN_NAME = "anybody would guess it: it is an address or name of the person; mix words, e.g. four words"


def check_own_name(password: str | None, *names: str | None) -> dict[str, Any]:
    """Refuse a password that is the person's own address or name; for a request that has both."""
    if is_own_name(password, *names):
        raise FieldError("password", f"password '(hidden)': {OWN_NAME}")
    return {}


Password = Annotated[str, Field(min_length=SHORTEST, max_length=LONGEST), AfterValidator(hash_password)]


def hash_token(text: str) -> str:
    """SHA-256 of a token, in hexadecimal. Nobody can guess one (256 random bits), so it needs neither salt nor a slow hash."""
    return hashlib.sha256(text.strip().encode()).hexdigest()


Token = Annotated[str, Field(max_length=LONGEST), AfterValidator(hash_token)]

SHORTEST_TOKEN = 32
_made_here: set[str] = set()


def new_token() -> str:
    """A token that nobody can guess, for a link in a mail."""
    token = secrets.token_urlsafe(32)
    _made_here.add(hash_token(token))
    return token


def hash_new_token(text: str) -> str:
    """The hash of a token that :func:`new_token` made in this process; any other is refused."""
    sha256 = hash_token(text)
    if sha256 not in _made_here:
        raise ValueError("must be a token that was made while its mail is sent")
    return sha256


NewToken = Annotated[str, Field(min_length=SHORTEST_TOKEN, max_length=LONGEST), AfterValidator(hash_new_token)]

# Of a random text that nobody knows: verifying against it takes as long as against somebody's hash.
NOBODY = "$argon2id$v=19$m=65536,t=3,p=4$MVJ61u50MX3sG9rcqsj5qw$n7SMBJNBZk3Ebw+rWNc8aXg9jTY99KGSB0nEODme8Mo"


def check_password(hashed: str | None, password: str) -> bool:
    """Whether a password fits a hash of ours or one imported from WHMCS (bcrypt); each answer takes one argon2 verification.

    Without a hash nothing fits. A bcrypt hash takes its own time beside the other, so that neither tells what there is.
    """
    from argon2 import PasswordHasher
    from argon2.exceptions import Argon2Error, InvalidHashError

    is_ours = bool(hashed) and str(hashed).startswith("$argon2")
    fits = False
    with suppress(Argon2Error, InvalidHashError):
        fits = PasswordHasher().verify(str(hashed) if is_ours else NOBODY, password)
    return (fits and is_ours) or _fits_bcrypt(hashed, password)


def _fits_bcrypt(hashed: str | None, password: str) -> bool:
    if not hashed or not hashed.startswith(("$2a$", "$2b$", "$2y$")):
        return False
    import bcrypt

    try:
        return bcrypt.checkpw(password.encode()[:72], f"$2b${hashed[4:]}".encode())
    except ValueError:
        return False


def needs_upgrade(hashed: str | None) -> bool:
    """Whether a hash is weaker than those that are made today, so that the password is to be hashed again when it is known."""
    from argon2 import PasswordHasher
    from argon2.exceptions import InvalidHashError

    try:
        return bool(hashed) and PasswordHasher().check_needs_rehash(str(hashed))
    except InvalidHashError:
        return True


def rehash(password: str) -> str:
    """The argon2id hash of a password that somebody has had for long, whatever its strength."""
    from argon2 import PasswordHasher

    return PasswordHasher().hash(password)
