"""The small values that rules speak in: problems, changes, plans, and what a rule is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Literal, Protocol

import duckdb

from clientops.core.errors import Role
from clientops.core.readable import with_readable_names

if TYPE_CHECKING:
    from clientops.schema.requests import Request
    from clientops.schema.tables import Tables

Relation = duckdb.DuckDBPyRelation
Kind = Literal["insert", "update", "delete"]
Risk = Literal["low", "medium", "high"]

PROBLEM_COLUMNS = ("row", "field", "code", "message")


@dataclass(frozen=True)
class Problem:
    """A place in the data where something is wrong.

    Attributes:
        row: Row of the request table, from 1; 0 where the problem is not one row's.
        field: Field of the request, or column; empty where it is not one field's.
        code: Short name, stable, for programs.
        message: A sentence without its full stop: field, value, and what would be allowed.
        fields: All fields that it is about, ``field`` first; e.g. ``clear`` and the column that cannot be cleared.
    """

    row: int
    field: str
    code: str
    message: str
    fields: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A problem is about its field at least."""
        if self.field and not self.fields:
            object.__setattr__(self, "fields", (self.field,))


@dataclass(frozen=True)
class Change:
    """Rows of one table that are inserted, updated or deleted together.

    Attributes:
        table: Name of the table.
        kind: ``insert``, ``update`` or ``delete``.
        rows: For an insert ``id`` and any columns (the others get their defaults); for an update ``id`` and the
            changed columns; for a delete ``id``. One row an id.
        is_kept: Whether the rows are worked out and stay what they are while the change is written: then there need
            not be a second copy of them.
    """

    table: str
    kind: Kind
    rows: Relation
    is_kept: bool = False


@dataclass(frozen=True)
class Plan:
    """What a rule returns: the changes it would make, and the problems that forbid them.

    Attributes:
        changes: At most one change a table and kind.
        problems: Relation of ``row, field, code, message``; a plan with problems is never applied.
        warnings: The same columns; shown in the preview, forbid nothing.
        summary: Figures for the preview that rows alone do not show: (label, value) pairs.
    """

    changes: tuple[Change, ...]
    problems: Relation
    warnings: Relation | None = None
    summary: tuple[tuple[str, str], ...] = field(default=())

    def rows(self, table: str, kind: Kind) -> list[dict[str, Any]]:
        """Planned rows of a table, as dictionaries in id order, for tests and small previews."""
        for change in self.changes:
            if (change.table, change.kind) == (table, kind):
                return as_dicts(change.rows.order("id"))
        return []

    def problem_list(self) -> list[Problem]:
        """All problems, in request order."""
        return read_problems(self.problems)


class RuleFunction(Protocol):
    """A pure function from tables and requests to a plan."""

    def __call__(self, tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
        """The plan for the requests; ``today`` and ``now`` are the business's day and the moment."""
        ...


@dataclass(frozen=True)
class Rule:
    """A rule as the registry knows it.

    Attributes:
        name: Name on the command line, e.g. ``issue-credit``.
        title: Title of its form, e.g. ``Issue credit``.
        function: The pure function.
        request: Model of one request row.
        risk: ``high`` asks the person to type a name before it is applied.
        group: Heading it is listed under, e.g. ``credit``.
        lenient: Whether rows that break an invariant may come in (imports, adopted direct SQL); references and
            numbers are checked all the same.
        manual: Kind of manual entry that it is one of, if any.
        internal: Whether only the program itself applies it; it is neither offered nor taken from outside.
        least: Role that a person needs at least to apply it.
        is_record: Whether it only records what was done or asked for, so that it never needs a second person.
        counts_as: Rule of the policy that it counts as, too.
        acts_by: Field of its requests that names the rule whose work each of them does.
        is_guarded: Whether its day decides what is allowed, so that it comes from the system's clock.
        is_about_policy: Whether it decides which policy applies, and is judged by the policy that the book recorded.
        rewrites: Whether the file is written again after it, so that nothing is left of what was removed.
    """

    name: str
    title: str
    function: RuleFunction
    request: type[Request]
    risk: Risk = "low"
    group: str = ""
    lenient: bool = False
    manual: str = ""
    internal: bool = False
    least: Role = "clerk"
    is_record: bool = False
    counts_as: str = ""
    acts_by: str = ""
    is_guarded: bool = False
    is_about_policy: bool = False
    rewrites: bool = False


def as_dicts(relation: Relation) -> list[dict[str, Any]]:
    """Rows of a relation as dictionaries."""
    names = relation.columns
    return [dict(zip(names, row, strict=True)) for row in relation.fetchall()]


def read_problems(relation: Relation, limit: int | None = None) -> list[Problem]:
    """Problems of a relation of ``row, field, code, message``, in request order."""
    ordered = relation.project(", ".join(f'"{name}"' for name in PROBLEM_COLUMNS)).order('"row", "field", "code"')
    if limit is not None:
        ordered = ordered.limit(limit)
    return [
        _problem(row or 0, (name or "").split(), code, with_readable_names(message or ""))
        for row, name, code, message in ordered.fetchall()
    ]


def _problem(row: int, fields: list[str], code: str, message: str) -> Problem:
    """A problem of a rule, whose column ``field`` names all its fields, with blanks between them."""
    return Problem(row, fields[0] if fields else "", code, message, tuple(fields))


Check = Callable[["Tables"], Relation]
