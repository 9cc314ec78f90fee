"""Who may use a server: operators and their log-ins, sessions, and tokens, in a private file beside the book.

Secrets are not kept in the book, where a query could read them. What a person may do is not kept here but in the policy.
Times are seconds since 1970.
"""

from __future__ import annotations

import hashlib
import os
import secrets
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from clientops.core.errors import BookError, UsageError
from clientops.schema.passwords import hash_password
from clientops.server.accounts import Operator, Session, Token

SCHEMA = """
    create table if not exists operators (
        name text primary key collate nocase, email text not null default '', password_hash text, totp_secret text, totp_last integer not null default 0,
        invited_sha256 text, invited_until real, subject text unique, is_disabled integer not null default 0, version integer not null default 0,
        created_at real not null, created_by text not null
    );
    create table if not exists sessions (
        id text primary key, name text not null collate nocase, proof text not null, version integer not null, started_at real not null, seen_at real not null,
        source text not null, agent text not null, ended_at real
    );
    create table if not exists tokens (
        id integer primary key, sha256 text not null unique, name text not null collate nocase, label text not null, scope text not null, rules text not null,
        amount text not null, created_at real not null, created_by text not null, expires_at real, used_at real, revoked_at real
    );
    create table if not exists answers (
        name text not null, key text not null, request_sha256 text not null, at real not null, primary key (name, key)
    );
    create table if not exists keys (name text primary key, value blob not null);
"""
INVITED_FOR = 7 * 86_400.0


SCOPES = ("read", "propose", "apply")
KEPT_OF_EACH = "id, name, label, scope, rules, amount, created_at, expires_at, used_at, revoked_at"
OPERATOR_COLUMNS = (
    "name, email, password_hash is not null, totp_secret is not null, invited_sha256 is not null, is_disabled, version"
)


def digest(secret: str) -> str:
    """What is kept of a secret that nobody can guess."""
    return hashlib.sha256(secret.encode()).hexdigest()


class Access:
    """The file of operators, sessions and tokens of a book.

    Args:
        book: The book's file; the other is beside it, readable by its owner only.
    """

    def __init__(self, book: Path) -> None:
        self.file = book.with_name(f"{book.name}.access")
        self._local = threading.local()
        try:
            os.close(os.open(self.file, os.O_RDWR | os.O_CREAT, 0o600))
            with self._change() as file:
                file.executescript(SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise BookError(f"The file of operators {self.file} cannot be used: {error}") from error

    def _connection(self) -> sqlite3.Connection:
        found: sqlite3.Connection | None = getattr(self._local, "connection", None)
        if found is None:
            found = sqlite3.connect(self.file, timeout=10, isolation_level=None)
            self._local.connection = found
        return found

    @contextmanager
    def _change(self) -> Iterator[sqlite3.Connection]:
        file = self._connection()
        file.execute("begin immediate")
        try:
            yield file
        except BaseException:
            file.execute("rollback")
            raise
        if file.in_transaction:
            file.execute("commit")

    def key(self, name: str) -> bytes:
        """A random key that stays the same, e.g. to sign cookies with."""
        with self._change() as file:
            file.execute("insert or ignore into keys values (?, ?)", (name, secrets.token_bytes(32)))
            row = file.execute("select value from keys where name = ?", (name,)).fetchone()
        return bytes(row[0])

    # -- operators -------------------------------------------------------------------------------------------------

    def operators(self) -> list[Operator]:
        """All operators by name, disabled ones too."""
        rows = self._connection().execute(f"select {OPERATOR_COLUMNS} from operators order by name").fetchall()
        return [_operator(row) for row in rows]

    def operator(self, name: str) -> Operator | None:
        """The operator of a name, whatever its case."""
        row = self._connection().execute(f"select {OPERATOR_COLUMNS} from operators where name = ?", (name.strip(),))
        found = row.fetchone()
        return _operator(found) if found else None

    def find(self, login: str) -> tuple[Operator, str | None, str | None] | None:
        """The operator of a name or e-mail address, with password hash and TOTP secret."""
        login = login.strip()
        rows = self._connection().execute(
            f"select {OPERATOR_COLUMNS}, password_hash, totp_secret from operators "
            "where name = ? or (email <> '' and lower(email) = lower(?)) order by name = ? collate nocase desc",
            (login, login, login),
        )
        row = rows.fetchone()
        return (_operator(row[:7]), row[7], row[8]) if row else None

    def invite(self, name: str, *, email: str, by: str, now: float) -> str:
        """Add an operator, or send one of those there are another link; the secret of the link, kept nowhere.

        Raises:
            UsageError: The name is empty, too long or has line breaks, or the operator is disabled.
        """
        name = name.strip()
        if not name or len(name) > 80 or not name.isprintable():
            raise UsageError(f"operator: {name!r} is not a name; give 1 to 80 characters in one line")
        known = self.operator(name)
        if known is not None and known.is_disabled:
            raise UsageError(f"operator: {known.name} is disabled; enable {known.name} first")
        secret = secrets.token_urlsafe(32)
        with self._change() as file:
            file.execute(
                "insert into operators (name, email, created_at, created_by) values (?, ?, ?, ?) on conflict (name) do update "
                "set email = case when excluded.email <> '' then excluded.email else email end",
                (name, email.strip(), now, by),
            )
            file.execute(
                "update operators set invited_sha256 = ?, invited_until = ? where name = ?",
                (digest(secret), now + INVITED_FOR, name),
            )
        return secret

    def invited(self, secret: str, *, now: float) -> Operator | None:
        """The operator whom a link invites; None if it invites nobody, or not any more."""
        row = self._connection().execute(
            f"select {OPERATOR_COLUMNS} from operators where invited_sha256 = ? and invited_until > ? and is_disabled = 0",
            (digest(secret), now),
        )
        found = row.fetchone()
        return _operator(found) if found else None

    def choose_password(self, name: str, password: str, *, totp_secret: str | None = None) -> None:
        """Set a password, and a second factor if one is given; every session and link from before ends.

        Raises:
            ValueError: Anybody would guess the password.
        """
        if not 10 <= len(password) <= 200:
            raise ValueError("use 10 to 200 characters")
        if name.casefold() in password.casefold():
            raise ValueError("leave your name out of it")
        hashed = hash_password(password)
        with self._change() as file:
            file.execute(
                "update operators set password_hash = ?, totp_secret = coalesce(?, totp_secret), invited_sha256 = null, "
                "invited_until = null, version = version + 1 where name = ?",
                (hashed, totp_secret, name),
            )

    def upgrade_hash(self, name: str, hashed: str) -> None:
        """Keep a stronger hash of the same password."""
        with self._change() as file:
            file.execute("update operators set password_hash = ? where name = ?", (hashed, name))

    def use_totp(self, name: str, step: int) -> bool:
        """Use the code of a step of 30 s up; False if it, or a later one, was used before."""
        with self._change() as file:
            done = file.execute(
                "update operators set totp_last = ? where name = ? and totp_last < ?", (step, name, step)
            )
            return done.rowcount == 1

    def set_totp(self, name: str, secret: str | None) -> None:
        """Set or remove a second factor."""
        with self._change() as file:
            file.execute("update operators set totp_secret = ?, totp_last = 0 where name = ?", (secret, name))

    def disable(self, name: str, *, disabled: bool = True) -> None:
        """Let an operator in no more, or again; their sessions and tokens end at once. Operators are never deleted.

        Raises:
            UsageError: There is no such operator.
        """
        if self.operator(name) is None:
            known = ", ".join(found.name for found in self.operators()) or "none yet"
            raise UsageError(f"operator: there is no {name!r}; there are: {known}")
        with self._change() as file:
            file.execute(
                "update operators set is_disabled = ?, version = version + 1, invited_sha256 = null where name = ?",
                (int(disabled), name.strip()),
            )

    def bind_subject(self, name: str, subject: str) -> None:
        """Tie an operator to who they are at an OpenID Connect provider, at their first sign-in there."""
        with self._change() as file:
            file.execute("update operators set subject = ? where name = ? and subject is null", (subject, name))

    def by_subject(self, subject: str) -> Operator | None:
        """The operator who is tied to a subject of an OpenID Connect provider."""
        rows = self._connection().execute(f"select {OPERATOR_COLUMNS} from operators where subject = ?", (subject,))
        found = rows.fetchone()
        return _operator(found) if found else None

    def by_email(self, email: str) -> Operator | None:
        """The operator with an e-mail address who is tied to no subject yet."""
        rows = self._connection().execute(
            f"select {OPERATOR_COLUMNS} from operators where email <> '' and lower(email) = lower(?) and subject is null",
            (email.strip(),),
        )
        found = rows.fetchone()
        return _operator(found) if found else None

    # -- sessions --------------------------------------------------------------------------------------------------

    def begin_session(self, name: str, *, proof: str, source: str, agent: str, now: float) -> str:
        """The number of a new session, which only its cookie knows."""
        number = secrets.token_urlsafe(32)
        known = self.operator(name)
        with self._change() as file:
            file.execute(
                "insert into sessions values (?, ?, ?, ?, ?, ?, ?, ?, null)",
                (digest(number), name, proof, known.version if known else 0, now, now, source[:60], agent[:200]),
            )
            file.execute("delete from sessions where seen_at < ?", (now - 30 * 86_400,))
        return number

    def session(self, number: str, *, now: float, idle: float, absolute: float) -> Session | None:
        """The session of a cookie, if it goes on and its operator may still sign in; it counts as seen now."""
        row = (
            self._connection()
            .execute(
                "select s.id, s.name, s.proof, s.started_at, s.seen_at, s.source, s.agent from sessions s "
                "left join operators o on o.name = s.name where s.id = ? and s.ended_at is null and s.seen_at > ? "
                "and s.started_at > ? and (s.proof = 'link' or (o.is_disabled = 0 and o.version = s.version))",
                (digest(number), now - idle, now - absolute),
            )
            .fetchone()
        )
        if row is None:
            return None
        if now - row[4] > min(30.0, idle / 4):
            with self._change() as file:
                file.execute("update sessions set seen_at = ? where id = ?", (now, row[0]))
        return Session(*row)

    def sessions(self, name: str, *, now: float, idle: float, absolute: float) -> list[Session]:
        """The sessions of an operator that go on, the latest first."""
        rows = self._connection().execute(
            "select s.id, s.name, s.proof, s.started_at, s.seen_at, s.source, s.agent from sessions s "
            "left join operators o on o.name = s.name where s.name = ? and s.ended_at is null and s.seen_at > ? "
            "and s.started_at > ? and (s.proof = 'link' or o.version = s.version) order by s.seen_at desc",
            (name, now - idle, now - absolute),
        )
        return [Session(*row) for row in rows.fetchall()]

    def end_session(self, name: str, identifier: str, *, now: float) -> None:
        """End a session of an operator."""
        with self._change() as file:
            file.execute(
                "update sessions set ended_at = ? where name = ? and id = ? and ended_at is null",
                (now, name, identifier),
            )

    # -- tokens ----------------------------------------------------------------------------------------------------

    def create_token(
        self,
        name: str,
        *,
        scope: str,
        by: str,
        now: float,
        label: str = "",
        rules: tuple[str, ...] = (),
        amount: str = "",
        expires_at: float | None = None,
    ) -> str:
        """A new token of an operator; it is shown once, and only its hash is kept.

        Raises:
            UsageError: There is no such operator, or no such scope.
        """
        if scope not in SCOPES:
            raise UsageError(f"scope: {scope!r} is not one of {', '.join(SCOPES)}")
        known = self.operator(name)
        if known is None or known.is_disabled:
            state = (
                "is disabled"
                if known
                else "is not an operator of this server; invite them with: clientops operator invite"
            )
            raise UsageError(f"operator: {name!r} {state}")
        secret = f"co_{secrets.token_urlsafe(32)}"
        with self._change() as file:
            file.execute(
                "insert into tokens (sha256, name, label, scope, rules, amount, created_at, created_by, expires_at) "
                "values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (digest(secret), known.name, label, scope, ",".join(rules), amount, now, by, expires_at),
            )
        return secret

    def tokens(self) -> list[Token]:
        """All tokens, revoked ones too."""
        rows = self._connection().execute(f"select {KEPT_OF_EACH} from tokens order by id").fetchall()
        return [_token(row) for row in rows]

    def token(self, secret: str, *, now: float) -> Token | None:
        """The token that a program shows, if it holds; it counts as used now."""
        row = (
            self._connection()
            .execute(
                f"select {', '.join(f't.{c}' for c in KEPT_OF_EACH.split(', '))} from tokens t join operators o on o.name = t.name "
                "where t.sha256 = ? and t.revoked_at is null and (t.expires_at is null or t.expires_at > ?) and o.is_disabled = 0",
                (digest(secret), now),
            )
            .fetchone()
        )
        if row is None:
            return None
        if row[8] is None or now - row[8] > 60:
            with self._change() as file:
                file.execute("update tokens set used_at = ? where id = ?", (now, row[0]))
        return _token(row)

    def revoke_token(self, number: int, *, now: float) -> None:
        """End a token.

        Raises:
            UsageError: There is no such token.
        """
        with self._change() as file:
            done = file.execute("update tokens set revoked_at = coalesce(revoked_at, ?) where id = ?", (now, number))
            if done.rowcount != 1:
                raise UsageError(f"token: there is no token {number}; see: clientops token list")

    def is_same_request(self, name: str, key: str, request: str, *, now: float) -> bool:
        """Keep what an idempotency key stands for; False if it stood for something else before."""
        with self._change() as file:
            file.execute("insert or ignore into answers values (?, ?, ?, ?)", (name, key, digest(request), now))
            row = file.execute("select request_sha256 from answers where name = ? and key = ?", (name, key)).fetchone()
        return bool(row[0] == digest(request))


def _operator(row: tuple[object, ...]) -> Operator:
    name, email, has_password, has_totp, invited, disabled, version = row
    return Operator(
        str(name), str(email), bool(has_password), bool(has_totp), bool(invited), bool(disabled), int(str(version))
    )


def _token(row: tuple[object, ...]) -> Token:
    number, name, label, scope, rules, amount, created, expires, used, revoked = row
    named = tuple(part for part in str(rules).split(",") if part)

    def moment(value: object) -> float | None:
        return None if value is None else float(str(value))

    return Token(
        int(str(number)), str(name), str(label), str(scope), named, str(amount), float(str(created)), moment(expires),
        moment(used), moment(revoked),
    )  # fmt: skip
