"""Making a preview: planned, settled and checked as applying would, with nothing written."""

from __future__ import annotations

from dataclasses import replace

import duckdb

from clientops.book.approval.permissions import needed_because
from clientops.book.approval.policy import Policy
from clientops.book.file.defaults import Registry
from clientops.book.repeated import find_repeated
from clientops.book.write.checks import check_planned
from clientops.book.write.plan import Progress, plan_digest, run_rule, settle
from clientops.book.write.preview import Preview, preview_change
from clientops.book.write.record import last_operation
from clientops.book.write.resolve_names import find_rows
from clientops.book.write.undo import UNDO
from clientops.core.errors import RefusedError
from clientops.core.plan import read_problems
from clientops.core.readable import counted
from clientops.schema.tables import Tables

MOST_WARNINGS = 1000


def make_preview(
    connection: duckdb.DuckDBPyConnection,
    preview: Preview,
    policy: Policy,
    operator: str,
    *,
    rules: Registry,
    progress: Progress,
) -> Preview:
    """What applying would do, with every problem that it would meet; a preview with problems is not applied.

    Args:
        connection: The book, open for reading.
        preview: What is asked for.
        policy: The policy in force.
        operator: Who asks.
        rules: Gives every rule by its name.
        progress: Told what is going on, and which share is done.
    """
    rule = preview.rule
    preview = replace(
        preview, head=last_operation(connection)[0], requests=find_rows(Tables(connection), preview.requests)
    )
    try:
        plan = run_rule(connection, rule, preview.requests, preview.today, preview.now, progress=progress)
    except RefusedError as refused:
        return replace(preview, problems=refused.problems)
    changes = settle(connection, plan)
    progress("Checking", 0.4)
    if not rule.lenient and (problems := check_planned(connection, changes, is_undo=rule.name == UNDO.name)):
        return replace(preview, problems=tuple(problems))
    progress(f"Adding up {counted(sum(s.count for s in changes), 'row')}", 0.5)
    warnings = read_problems(plan.warnings, MOST_WARNINGS) if plan.warnings is not None else []
    return replace(
        preview,
        changes=tuple(preview_change(connection, settled) for settled in changes),
        warnings=(*find_repeated(connection, rule, preview.requests, changes), *preview.requests.notes, *warnings),
        summary=plan.summary,
        digest=plan_digest(connection, changes),
        needed_because=needed_because(connection, policy, preview, changes, operator, rules=rules),
    )
