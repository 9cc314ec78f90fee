"""Requests that were applied before, and rows that a table has twice: recognised by what the history keeps of requests."""

from __future__ import annotations

import duckdb

from clientops.book.write.record import request_json
from clientops.book.write.settled import Settled
from clientops.core.errors import RefusedError
from clientops.core.plan import Problem, Rule
from clientops.core.readable import counted
from clientops.schema.requests import RequestTable
from clientops.schema.tables import keep_relation

APPLIED_BEFORE, TWICE = "applied_before", "row_twice"
# Of these the same requests are made again as a matter of course, or are of no harm.
OF_COURSE = frozenset({
    "begin-mail", "record-mail", "decide-duplicates", "merge-clients", "unmerge-clients", "accept-match", "undo-operation",
    "undo", "mend", "find-duplicates", "generate-invoices",
})  # fmt: skip


def find_repeated(
    connection: duckdb.DuckDBPyConnection, rule: Rule, requests: RequestTable, changes: list[Settled]
) -> list[Problem]:
    """Warnings of requests of which all were applied before by one operation that was not undone, and of rows given twice.

    Only where rows are added: an edit that is made again changes nothing.
    """
    if rule.name in OF_COURSE or rule.lenient or not len(requests) or not any(s.kind == "insert" for s in changes):
        return []
    keep_relation(connection, "given_now", requests.relation(connection))
    connection.execute(
        f'create or replace temp table asked_now as select "row", {request_json(requests)} as request from temp.given_now'
    )
    twice = connection.execute(ROWS_TWICE).fetchall() if len(requests) > 1 else []
    found = [Problem(row, "", TWICE, f"row {row} is the same as row {first}") for first, row in twice]
    # Most requests were never made before, and to find that out costs a tenth of finding out by which operation.
    known = connection.execute(
        "select 1 from history.requests semi join temp.asked_now using (request) limit 1"
    ).fetchone()
    before = connection.execute(BEFORE, {"rule": rule.name, "rows": len(requests)}).fetchone() if known else None
    if before is not None:
        number, operator, day = before
        what = "this was" if len(requests) == 1 else f"these {counted(len(requests), 'request')} were"
        said = (
            f"{what} applied before, by operation {number} of {operator} on {day}; applying again does it a second time"
        )
        found.insert(0, Problem(0, "", APPLIED_BEFORE, said))
    return found


def refuse_repeated(found: list[Problem]) -> None:
    """Refuse requests that were applied before.

    Raises:
        RefusedError: They were; the sentence names the operation.
    """
    if before := [problem for problem in found if problem.code == APPLIED_BEFORE]:
        raise RefusedError(before)


ROWS_TWICE = """
    select first_row, "row" from (select "row", min("row") over (partition by request) as first_row from temp.asked_now)
    where "row" > first_row order by "row" limit 100
"""
BEFORE = """
    with counted as (select request, count(*) as times from temp.asked_now group by request),
    known as (
        select r.operation_id, r.request, count(*) as times from history.requests r
        semi join counted using (request)
        where r.operation_id in (select id from history.operations where rule = $rule) group by all
    )
    select o.id, o.operator, o.today from known join counted using (request) join history.operations o on o.id = known.operation_id
    where not exists (
        select 1 from history.operations u where u.undoes_id = o.id
            and not exists (select 1 from history.operations v where v.undoes_id = u.id)
    )
    group by all having sum(least(known.times, counted.times)) = $rows
    order by o.id desc limit 1
"""
