"""Previews and receipts: what an operation would change, and what it changed."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from clientops.book.write.settled import Settled
from clientops.core.plan import Kind, Problem, Rule
from clientops.schema.days import day_of
from clientops.schema.requests import RequestTable, Source, read_requests

SAMPLE = 200
MOST_CREATED = 1000


@dataclass(frozen=True)
class ChangePreview:
    """One table's changes of one kind.

    Attributes:
        table: Name of the table.
        kind: ``insert``, ``update`` or ``delete``.
        columns: Changed columns.
        count: Rows that change.
        sample: The first of them in id order, at most ``SAMPLE``: (before or None, after or None).
    """

    table: str
    kind: Kind
    columns: tuple[str, ...]
    count: int
    sample: tuple[tuple[dict[str, Any] | None, dict[str, Any] | None], ...]


@dataclass(frozen=True)
class Preview:
    """What applying a rule to requests would do; applied as shown, or not at all.

    Attributes:
        rule: The rule.
        requests: The requests.
        operator: Who asks.
        today: The day it counts for.
        now: The moment that the rule is given.
        key: Name of this preview; applied once.
        head: Number of the newest operation when it was planned.
        changes: What would change, table by table.
        problems: Why it cannot be applied; empty if it can.
        warnings: What the person should know before applying it.
        summary: (label, value) pairs of the rule.
        digest: Hash of all changes; equal at apply, or the preview is stale.
        staging: File with rows to be imported, if the rule needs one.
        again: Whether requests that were applied before may be applied again; None: a single one only.
        needed_because: Why a second person is needed before it is applied; empty if none is.
    """

    rule: Rule
    requests: RequestTable
    operator: str
    today: date
    now: datetime
    key: str
    head: int
    changes: tuple[ChangePreview, ...] = ()
    problems: tuple[Problem, ...] = ()
    warnings: tuple[Problem, ...] = ()
    summary: tuple[tuple[str, str], ...] = ()
    digest: str = ""
    staging: Path | None = None
    needed_because: str = ""
    again: bool | None = None

    @property
    def is_applicable(self) -> bool:
        """Whether it can be applied: no problems, and something to change."""
        return not self.problems and bool(self.changes)

    @property
    def row_count(self) -> int:
        """Rows that would change."""
        return sum(change.count for change in self.changes)


def blank_preview(
    rule: Rule,
    requests: Source | RequestTable,
    operator: str,
    zone: ZoneInfo,
    *,
    today: date | None = None,
    now: datetime | None = None,
    staging: str | Path | None = None,
) -> Preview:
    """What is asked for, before it is planned.

    The day of a rule that is guarded comes from this machine's clock: an earlier one only forbids more.
    """
    clock = datetime.now(UTC)
    moment = now or clock
    day = today or day_of(moment, zone)
    if rule.is_guarded:
        moment, day = min(moment, clock), min(day, day_of(clock, zone))
    read = requests if isinstance(requests, RequestTable) else read_requests(rule.request, requests)
    key = uuid.uuid4().hex
    return Preview(rule, read, operator, day, moment, key, 0, staging=Path(staging) if staging else None)


@dataclass(frozen=True)
class Receipt:
    """What applying did.

    Attributes:
        operation_id: Number of the operation; undo takes it.
        sha256: Hash of the operation, the new head of the chain.
        applied_at: When.
        counts: (table, kind, rows) of what changed.
        is_repeated: Whether it had been applied before, so that nothing was changed now.
        refused: Requests that were left out, with their problems, where only the good ones were to be applied.
        warnings: What the preview would have warned of, for those who applied without one.
        created: Numbers of the rows that were added, by table: the first ``MOST_CREATED`` of each.
    """

    operation_id: int
    sha256: str
    applied_at: datetime
    counts: tuple[tuple[str, str, int], ...] = ()
    is_repeated: bool = False
    refused: tuple[Problem, ...] = field(default=())
    warnings: tuple[Problem, ...] = field(default=())
    created: tuple[tuple[str, tuple[int, ...]], ...] = ()


def preview_change(connection: duckdb.DuckDBPyConnection, settled: Settled) -> ChangePreview:
    """A settled change with the first of its rows, before and after."""
    ids = f"(select id from {settled.rows} order by id limit {SAMPLE})"
    relation = connection.sql(f"select * from ({settled.pairs_sql()}) semi join {ids} using (id) order by id, sign")
    names = relation.columns[1:]
    pairs: dict[int, list[dict[str, Any] | None]] = {}
    for sign, *values in relation.fetchall():
        row = dict(zip(names, values, strict=True))
        pairs.setdefault(row["id"], [None, None])[0 if sign < 0 else 1] = row
    sample = tuple((before, after) for before, after in pairs.values())
    return ChangePreview(settled.table.name, settled.kind, settled.columns, settled.count, sample)
