"""What a client sees after logging in: only what is theirs."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

from clientops.reports.lists.row_names import party_sql
from clientops.schema.passwords import hash_token
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Login:
    """Who logged in, and the clients that they may see: (number, name, permissions; none listed: everything)."""

    user_id: int
    email: str
    clients: tuple[tuple[int, str, frozenset[str]], ...]
    is_closed: bool = False
    password_hash: str = field(default="", repr=False)


@lru_cache(maxsize=1)
def _nobody() -> str:
    """A hash that no password has, so that an unknown address takes as long as a wrong password."""
    import secrets

    return PasswordHasher().hash(secrets.token_hex(16))


def log_in(tables: Tables, email: str, password: str) -> Login | None:
    """The log-in of an e-mail address and password, or None if they do not fit.

    Whose clients are all Closed cannot log in: then ``is_closed`` is set, and there are no clients.
    """
    rows = tables.query(USERS, email=email.strip().lower()).fetchall()
    found = next((row for row in rows if _fits(row[2], password)), None)
    if not rows:
        _fits(_nobody(), password)
    if found is None:
        return None
    clients = tables.query(CLIENTS, user=found[0]).fetchall()
    open_ones = tuple(
        (number, name, _permissions(text)) for number, name, status, text in clients if status != "Closed"
    )
    return Login(found[0], found[1], open_ones, is_closed=bool(clients) and not open_ones, password_hash=found[2])


USERS = "select id, email, password_hash from users where lower(email) = $email order by id"
CLIENTS = f"""
    select c.id, {party_sql("c")}, c.status, u.permissions
    from user_clients u join clients c on c.id = u.client_id where u.user_id = $user order by c.id
"""


def invited_address(tables: Tables, token: str, now: datetime) -> str | None:
    """Address of the user whom a link with this token invites, or None if it does not, or not any more."""
    row = tables.query(INVITED, token=hash_token(token), now=now).fetchone()
    return str(row[0]) if row else None


INVITED = """
    select users.email from invitations join users on users.id = user_id
    where token_sha256 = $token and accepted_at is null and revoked_at is null and expires_at > $now::timestamptz
        and (is_reset or users.password_hash is null) and lower(users.email) = lower(sent_to)
"""


def users_to_reset(tables: Tables, email: str) -> list[int]:
    """Users of an address who may be sent a link for a forgotten password; none if nobody is known there."""
    found = tables.query("select id from users where lower(email) = $email order by id", email=email.strip().lower())
    return [number for (number,) in found.fetchall()]


def has_client_area(tables: Tables) -> bool:
    """Whether links to the client area can be sent."""
    known = tables.query("select count(*) from settings where name = 'client_area' and value <> ''").fetchone()
    return bool(known and known[0])


def _permissions(text: str | None) -> frozenset[str]:
    return frozenset(part.strip() for part in (text or "").split(",") if part.strip())


def _fits(hashed: str | None, password: str) -> bool:
    try:
        return bool(hashed) and PasswordHasher().verify(str(hashed), password)
    except (Argon2Error, InvalidHashError):
        return False


def read_invoice(tables: Tables, client_id: int, number: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
    """An invoice of a client with its items; None if it is not theirs, or a draft."""
    relation = tables.query(INVOICE, client=client_id, number=number)
    row = relation.fetchone()
    if row is None:
        return None
    items = tables.query(
        "select description, quantity, amount from invoice_items where invoice_id = $number order by id", number=number
    )
    return dict(zip(relation.columns, row, strict=True)), [
        dict(zip(items.columns, item, strict=True)) for item in items.fetchall()
    ]


INVOICE = """
    select i.*, k.code from invoices i join clients c on c.id = i.client_id left join currencies k on k.id = c.currency_id
    where i.id = $number and i.client_id = $client and i.status <> 'Draft'
"""


def read_contact(tables: Tables, client_id: int, number: int) -> dict[str, Any] | None:
    """A contact of a client; None if it is not theirs."""
    relation = tables.query(
        "select * from contacts where id = $number and client_id = $client", number=number, client=client_id
    )
    row = relation.fetchone()
    return dict(zip(relation.columns, row, strict=True)) if row else None


def may_log_in(tables: Tables, login: Login, client_id: int) -> bool:
    """Whether a user may see a client at this moment: rights, status and password may have changed since the log-in."""
    rows = tables.query(CLIENTS, user=login.user_id).fetchall()
    held = tables.query("select password_hash from users where id = $user", user=login.user_id).fetchone()
    return held == (login.password_hash,) and any(
        number == client_id and status != "Closed" for number, _, status, _ in rows
    )
