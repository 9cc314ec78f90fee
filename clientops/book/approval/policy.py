"""The policy of a business: who may do what, which changes need a second person, and what an audit looks at.

A TOML file, ``clientops.toml`` beside the book. An admin adopts it (``clientops policy adopt``): from then on the book
knows its hash, and refuses changes while the file is missing or is another one::

    [people]
    maria = "clerk"
    nora = { role = "approver", email = "nora@example.com" }
    "*" = "viewer"                      # everybody else; without it: clerk

    [[second_person]]
    rules = ["issue-credit", "transfer-credit"]     # or ["*"]
    above = "100.00"                    # money that moves, in the default currency; without it: always
    days = 30                           # what the same person moved alone within 30 days with these rules counts too

    [[second_person]]
    rules = ["*"]
    rows = 500                          # rows that change

    [audit]
    credit_limit = "100.00"
    office_hours = "08:00-18:00"
    office_days = "Mon-Fri"
    time_zone = "Europe/Berlin"
"""

from __future__ import annotations

import hashlib
import os
import re
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import time
from decimal import Decimal, InvalidOperation
from difflib import get_close_matches
from pathlib import Path
from typing import Any, get_args
from zoneinfo import ZoneInfo

from clientops.book.file.defaults import Registry
from clientops.core.errors import PolicyError, Role

ROLES: tuple[Role, ...] = get_args(Role)
DIRECT_SQL = "direct-sql"
EVERYBODY = "*"
FILE_NAME = "clientops.toml"
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


@dataclass(frozen=True)
class Person:
    """An operator: role, and e-mail address if one is given."""

    role: Role
    email: str | None = None


@dataclass(frozen=True)
class SecondPerson:
    """Which changes need a second person.

    Attributes:
        rules: Names of rules; ``*``: every rule.
        above: Only where more money moves, in the default currency; None: always.
        rows: Only where more rows change; None: always.
        days: What the same person moved alone within so many days counts towards ``above``; None: each change for itself.
    """

    rules: tuple[str, ...]
    above: Decimal | None = None
    rows: int | None = None
    days: int | None = None


@dataclass(frozen=True)
class AuditSettings:
    """What an audit looks at; days are numbers, 1 is Monday."""

    credit_limit: Decimal = Decimal(100)
    opens: time = time(7)
    closes: time = time(20)
    days: tuple[int, ...] = (1, 2, 3, 4, 5)
    time_zone: str = "UTC"


@dataclass(frozen=True)
class Policy:
    """A policy; one without a file lets everybody do everything, as an admin."""

    path: Path | None = None
    people: Mapping[str, Person] = field(default_factory=dict)
    second_person: tuple[SecondPerson, ...] = ()
    audit: AuditSettings = AuditSettings()
    sha256: str | None = None

    def person(self, operator: str) -> Person:
        """The operator's role; names are compared without regard to case."""
        if self.path is None:
            return Person("admin")
        wanted = operator.strip().casefold()
        for name, person in self.people.items():
            if name.casefold() == wanted:
                return person
        return self.people.get(EVERYBODY, Person("clerk"))

    def is_listed(self, operator: str) -> bool:
        """Whether the policy names the operator."""
        return operator.strip().casefold() in {name.casefold() for name in self.people}

    def may(self, operator: str, least: Role) -> bool:
        """Whether the operator has this role or a higher one."""
        return ROLES.index(self.person(operator).role) >= ROLES.index(least)


def policy_path(book: Path) -> Path:
    """The policy file of a book: ``clientops.toml`` beside its file."""
    return book.with_name(FILE_NAME)


def policy_hash(content: bytes) -> str:
    """SHA-256 of a policy file, by which a book knows it."""
    return hashlib.sha256(content).hexdigest()


def read_policy(book: Path, rules: Registry) -> Policy:
    """The policy in the file beside a book; if there is none, one that allows everything.

    Args:
        book: The book's file.
        rules: Gives every rule by its name; a policy that names another is refused.

    Raises:
        PolicyError: The file cannot be read or is wrong; all problems are in it, each with its line or field.
    """
    path = policy_path(book)
    content = policy_content(path)
    if content is None:
        if named := os.environ.get("CLIENTOPS_POLICY"):
            raise PolicyError(
                str(path), [f"CLIENTOPS_POLICY names {named}, but a policy is taken from this place only: put it there"]
            )
        return Policy()
    return parse_content(content, path, rules)


def policy_content(path: Path) -> bytes | None:
    """What stands in a policy file; None if there is none.

    Raises:
        PolicyError: It cannot be read.
    """
    try:
        return path.read_bytes()
    except FileNotFoundError:
        if path.is_symlink():
            raise PolicyError(str(path), ["it is a link to a file that does not exist"]) from None
        return None
    except OSError as error:
        raise PolicyError(str(path), [f"it cannot be read: {error.strerror}"]) from error


def parse_content(content: bytes, path: Path, rules: Registry | None) -> Policy:
    """A policy from the bytes of its file; names of rules are not looked at where no rules are given.

    Raises:
        PolicyError: All that is wrong.
    """
    try:
        text = content.decode("utf-8-sig")
        given = tomllib.loads(text)
    except UnicodeDecodeError as error:
        raise PolicyError(str(path), [f"it cannot be read: {error}"]) from error
    except tomllib.TOMLDecodeError as error:
        raise PolicyError(str(path), [f"it is not TOML: {error}"]) from error
    reader = _Reader(text, None if rules is None else rules().keys())
    reader.known(given, "", ("people", "second_person", "audit"))
    people = dict(reader.people(given.get("people", {})))
    seconds = tuple(reader.second_persons(given.get("second_person", [])))
    audit = reader.audit(given.get("audit", {}))
    if reader.problems:
        raise PolicyError(str(path), reader.problems)
    return Policy(path, people, seconds, audit, policy_hash(content))


class _Reader:
    """Reads the parts of a policy and collects what is wrong with them."""

    def __init__(self, text: str, names: Collection[str] | None) -> None:
        self.problems: list[str] = []
        self.names = None if names is None else {*names, DIRECT_SQL, EVERYBODY}
        self.lines = text.splitlines()

    def wrong(self, name: str, message: str) -> None:
        """Note a problem with a field, and the line it stands on where that can be told."""
        key = re.escape(name.rpartition(".")[2])
        found = [
            n for n, line in enumerate(self.lines, 1) if re.match(rf"\s*(\[+)?\s*[\w.\"' ]*{key}[\"']?\s*(=|\])", line)
        ]
        self.problems.append(f"{f'line {found[0]}, ' if len(found) == 1 else ''}{name}: {message}")

    def known(self, given: Any, where: str, names: tuple[str, ...]) -> bool:
        """Whether it is a table; fields of other names are problems."""
        if not isinstance(given, Mapping):
            self.wrong(where, "a table of fields is needed here")
            return False
        for name in given:
            if name not in names:
                self.wrong(f"{where}.{name}".lstrip("."), f"there is no such field; there are {', '.join(names)}")
        return True

    def people(self, given: Any) -> Iterator[tuple[str, Person]]:
        """Operators and their roles."""
        if not isinstance(given, Mapping):
            self.wrong("people", "a table of names and roles is needed here")
            return
        names: dict[str, str] = {}
        for name, value in given.items():
            if (first := names.setdefault(name.strip().casefold(), name)) != name:
                self.wrong(f"people.{name}", f"that is {first} again: case and spaces at the ends make no other person")
                continue
            entry = {"role": value} if isinstance(value, str) else value
            if not self.known(entry, f"people.{name}", ("role", "email")):
                continue
            role, email = entry.get("role"), entry.get("email")
            if role not in ROLES:
                self.wrong(f"people.{name}", f"the role {role!r} is none of {', '.join(ROLES)}")
            elif email is not None and not (isinstance(email, str) and "@" in email):
                self.wrong(f"people.{name}", f"{email!r} is no e-mail address")
            else:
                yield name.strip(), Person(role, email)

    def second_persons(self, given: Any) -> Iterator[SecondPerson]:
        """Which changes need a second person."""
        if not isinstance(given, list):
            self.wrong("second_person", "write it as [[second_person]]")
            return
        for place, entry in enumerate(given, 1):
            where = f"second_person {place}"
            if not self.known(entry, where, ("rules", "above", "rows", "days")):
                continue
            rules = entry.get("rules")
            if not (isinstance(rules, list) and rules and all(isinstance(rule, str) and rule for rule in rules)):
                self.wrong(f"{where}.rules", 'a list of names of rules is needed, e.g. ["issue-credit"], or ["*"]')
                rules = []
            for unknown in self.unknown_rules(rules):
                near = get_close_matches(unknown, self.names or (), 1, 0.6)
                hint = f"; did you mean {near[0]}?" if near else "; see: clientops rules"
                self.wrong(f"{where}.rules", f"there is no rule {unknown!r}{hint}")
            above = self.amount(f"{where}.above", entry["above"]) if "above" in entry else None
            rows = entry.get("rows")
            if rows is not None and (not isinstance(rows, int) or isinstance(rows, bool) or rows < 0):
                self.wrong(f"{where}.rows", f"{rows!r} is no number of rows")
                rows = None
            days = entry.get("days")
            if days is not None and (not isinstance(days, int) or isinstance(days, bool) or not 1 <= days <= 3660):
                self.wrong(f"{where}.days", f"{days!r} is no number of days, e.g. 30")
                days = None
            elif days is not None and above is None and "above" not in entry:
                self.wrong(f"{where}.days", "days are counted towards above: give that, too")
            yield SecondPerson(tuple(rules), above, rows, days)

    def unknown_rules(self, rules: list[str]) -> list[str]:
        """Names that no rule has."""
        return [name for name in rules if self.names is not None and name not in self.names]

    def amount(self, name: str, value: Any) -> Decimal | None:
        """An amount, as text or a whole number."""
        try:
            found = Decimal(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else None
        except InvalidOperation:
            found = None
        if found is None or not found.is_finite() or found < 0:
            self.wrong(name, f'{value!r} is no amount; write it as text, e.g. "100.00"')
            return None
        return found

    def audit(self, given: Any) -> AuditSettings:
        """What an audit looks at."""
        default = AuditSettings()
        if not self.known(given, "audit", ("credit_limit", "office_hours", "office_days", "time_zone")):
            return default
        limit = self.amount("audit.credit_limit", given["credit_limit"]) if "credit_limit" in given else None
        hours = self.hours(given.get("office_hours", "07:00-20:00"))
        days = self.days(given.get("office_days", "Mon-Fri"))
        zone = given.get("time_zone", "UTC")
        try:
            ZoneInfo(zone)
        except (KeyError, ValueError, TypeError, OSError):
            self.wrong("audit.time_zone", f"there is no time zone {zone!r}; e.g. Europe/Berlin")
        return AuditSettings(default.credit_limit if limit is None else limit, *hours, days, str(zone))

    def hours(self, value: Any) -> tuple[time, time]:
        """When the office opens and closes."""
        try:
            opens, closes = (time.fromisoformat(part.strip()) for part in str(value).split("-"))
        except ValueError:
            opens = closes = time(0)
        if opens >= closes:
            self.wrong("audit.office_hours", f"{value!r} are no hours; e.g. 08:00-18:00")
            return time(7), time(20)
        return opens, closes

    def days(self, value: Any) -> tuple[int, ...]:
        """The days it is open: ``Mon-Fri``, ``Sun-Thu``, or ``Mon, Wed``."""
        found: list[int] = []
        for part in str(value).split(","):
            first, dash, last = (piece.strip()[:3].title() for piece in part.partition("-"))
            if first not in DAYS or (dash and last not in DAYS):
                self.wrong("audit.office_days", f"{value!r} are no days; e.g. Mon-Fri, or Mon, Wed, Sat")
                return (1, 2, 3, 4, 5)
            begin, end = DAYS.index(first), DAYS.index(last if dash else first)
            found += (day % 7 + 1 for day in range(begin, end + 1 + (7 if end < begin else 0)))  # Sun-Thu, too
        return tuple(sorted(set(found)))
