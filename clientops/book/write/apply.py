"""Applying a preview: planned again on the tables as they are, compared with what was shown, written and checked."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import duckdb

from clientops.book.approval.permissions import Gate
from clientops.book.erasure.redact import erase_rows
from clientops.book.erasure.rule import ERASE
from clientops.book.repeated import find_repeated, refuse_repeated
from clientops.book.write.checks import check_written
from clientops.book.write.plan import Progress, plan_digest, run_rule, settle
from clientops.book.write.preview import MOST_CREATED, Preview, Receipt
from clientops.book.write.record import Header, last_operation, next_moment, write_operation
from clientops.book.write.resolve_names import MERGED, find_rows
from clientops.book.write.undo import UNDO
from clientops.core.errors import RefusedError, StaleError
from clientops.core.plan import Plan, Problem, read_problems
from clientops.core.readable import counted
from clientops.schema.days import clock_day
from clientops.schema.definition import quote_name
from clientops.schema.requests import RequestTable
from clientops.schema.tables import Tables

MOST_NOTES = 1000

MOST_WARNINGS = 1000


def apply_preview(
    connection: duckdb.DuckDBPyConnection,
    preview: Preview,
    reason: str | None,
    operator: str,
    *,
    progress: Progress,
    gate: Gate,
    only_good: bool,
    details: dict[str, Any] | None = None,
) -> Receipt:
    """Plan, compare, write and check; the caller commits.

    Args:
        connection: A book open for writing.
        preview: What was shown; one without a digest is applied as it is planned now.
        reason: Why.
        operator: Who applies it.
        progress: Told what is going on, and which share is done.
        gate: Raises what the policy has against it.
        only_good: Leave out requests with problems.
        details: More to keep with the operation.

    Raises:
        StaleError: It would do something else than the preview showed.
        RefusedError: There are problems, or the changes break a reference or an invariant.
    """
    rule = preview.rule
    if rule.name == ERASE.name:
        latest = clock_day() + timedelta(days=1)  # the business may be in a zone ahead of the machine's
        preview = replace(preview, today=min(preview.today, latest), now=min(preview.now, datetime.now(UTC)))
    plan, requests, left_out = _plan(connection, preview, progress, only_good=only_good)
    progress("Settling", 0.3)
    changes = settle(connection, plan)
    warnings = () if plan.warnings is None else tuple(read_problems(plan.warnings, MOST_WARNINGS))
    if preview.digest and plan_digest(connection, changes) != preview.digest:
        raise StaleError(operations_since(connection, preview.head))
    gate(connection, changes)
    repeated = find_repeated(connection, rule, requests, changes)
    if not (preview.again or (preview.again is None and len(requests) == 1)):
        refuse_repeated(repeated)
    undoes = int(requests.rows.column("operation_id")[0].as_py()) if rule.name == UNDO.name else None
    told = {**({"summary": [list(pair) for pair in plan.summary]} if plan.summary else {}), **(details or {})}
    if moved := [note.message for note in requests.notes if note.code == MERGED]:  # numbers only, nothing personal
        told["notes"] = moved[:MOST_NOTES]
    if rule.name == ERASE.name:
        kept, reason, others = erase_rows(connection, last_operation(connection)[0] + 1, reason)
        told |= kept
        changes = [*changes, *others]
    header = Header(
        rule.name, operator, reason, next_moment(connection), preview.today, preview.key, undoes, told or None
    )
    progress(f"Writing {counted(sum(s.count for s in changes), 'row')} and their history", 0.5)
    number, sha256 = write_operation(connection, header, requests, changes)
    progress("Checking", 0.8)
    if not rule.lenient and (problems := check_written(connection, number, changes, is_undo=undoes is not None)):
        raise RefusedError(problems)
    progress("Committing", 0.9)
    counts = tuple((s.table.name, s.kind, s.count) for s in changes)
    created = created_rows(connection, number, counts)
    return Receipt(
        number,
        sha256,
        header.applied_at,
        counts,
        refused=tuple(left_out),
        warnings=(*repeated, *requests.notes, *warnings),
        created=created,
    )


def _plan(
    connection: duckdb.DuckDBPyConnection, preview: Preview, progress: Progress, *, only_good: bool
) -> tuple[Plan, RequestTable, list[Problem]]:
    """The plan, the requests that it is for, and the problems of those that were left out."""
    requests = find_rows(Tables(connection), preview.requests)
    left_out: list[Problem] = []
    while True:
        try:
            plan = run_rule(connection, preview.rule, requests, preview.today, preview.now, progress=progress)
        except RefusedError as refused:
            rows = {problem.row for problem in refused.problems}
            if preview.digest:
                raise StaleError(operations_since(connection, preview.head)) from refused
            if not only_good or 0 in rows or len(rows) >= len(requests):
                raise RefusedError([*left_out, *refused.problems]) from None
            left_out += refused.problems
            requests = requests.without(rows)
        else:
            return plan, requests, left_out


def receipt_of(connection: duckdb.DuckDBPyConnection, key: str) -> Receipt | None:
    """The receipt of the operation that was applied under a key, if there is one."""
    row = connection.execute(
        "select id, sha256, applied_at from history.operations where key = $key", {"key": key}
    ).fetchone()
    if row is None:
        return None
    counts = connection.execute(
        "select table_name, kind, row_count from history.changes where operation_id = $id order by all", {"id": row[0]}
    ).fetchall()
    created = created_rows(connection, row[0], tuple(counts))
    return Receipt(row[0], row[1], row[2], tuple(counts), is_repeated=True, created=created)


def created_rows(
    connection: duckdb.DuckDBPyConnection, number: int, counts: tuple[tuple[str, str, int], ...]
) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Numbers of the rows that an operation added, by table, at most ``MOST_CREATED`` of each."""
    found = []
    for name, kind, _ in counts:
        if kind == "insert":
            rows = connection.execute(
                f"select id from history.{quote_name(name)} where operation_id = $number order by id limit {MOST_CREATED}",
                {"number": number},
            ).fetchall()
            found.append((name, tuple(int(row[0]) for row in rows)))
    return tuple(found)


def operations_since(connection: duckdb.DuckDBPyConnection, head: int) -> list[tuple[int, str, str]]:
    """Number, rule and operator of the operations after one, at most ten."""
    return connection.execute(
        "select id, rule, operator from history.operations where id > $head order by id limit 10", {"head": head}
    ).fetchall()
