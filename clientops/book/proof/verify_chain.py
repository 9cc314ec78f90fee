"""Does the chain hold? Operations, their requests, the list of what they changed, and their moments."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import duckdb

from clientops.book.proof.chain import (
    CHANGES_HASH,
    EMPTY_HASH,
    GENESIS,
    OPERATION_HASH,
    OPERATIONS_SOURCE,
    PERSONAL_OF_OPERATION,
    erased_join,
    field_column,
    hash_change,
    leaf_sql,
    requests_source,
    text_columns,
)
from clientops.book.proof.findings import MOST, Finding
from clientops.book.write.record import last_operation

REHASH = "rehash"
"""Rule of the operation that a migration appended when it hashed an older book again."""

TOLERANCE = timedelta(minutes=5)
_NAMES = re.compile(r"[a-z0-9_]+(,[a-z0-9_]+)*|")


def check_chain(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Operations that were changed, removed or put in another order, their requests, and moments that cannot be."""
    return [
        *_check_operations(connection),
        *_check_requests(connection),
        *_check_own_texts(connection),
        *_check_moments(connection),
    ]


def _check_operations(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    last, _ = last_operation(connection)
    rows = connection.execute(
        f"""
        with changes as ({CHANGES_HASH}), counts as (
            select operation_id, sum(row_count) as rows from history.changes group by all
        )
        select o.id, row_number() over (order by o.id) as place, o.sha256 = {OPERATION_HASH} as is_own,
            o.previous_sha256 = lag(o.sha256, 1, '{GENESIS}') over (order by o.id) as is_linked,
            o.changes_sha256 = coalesce(c.sha256, '{EMPTY_HASH}') and o.change_count = coalesce(n.rows, 0) as has_changes
        from history.operations o
        left join changes c on c.operation_id = o.id left join counts n on n.operation_id = o.id
        qualify not (coalesce(is_own, false) and coalesce(is_linked, false) and has_changes and o.id = place)
        order by o.id
        """,
        {"first": 0, "last": last},
    ).fetchall()
    findings = []
    for number, place, is_own, is_linked, has_changes in rows[:MOST]:
        if number != place and not is_linked:
            text = f"before operation {number} one is missing or out of order"
            findings.append(Finding("operation_missing", text, number))
        if not is_own:
            findings.append(Finding("operation_changed", f"operation {number} was changed", number))
        elif not is_linked and number == place:
            text = f"operation {number} does not follow on the one before it"
            findings.append(Finding("operation_missing", text, number))
        if not has_changes:
            text = f"the list of tables that operation {number} changed was changed"
            findings.append(Finding("history_changed", text, number))
    strangers = connection.execute(
        "select operation_id, 'requests' from history.requests anti join history.operations o on o.id = operation_id "
        "union select operation_id, 'changes' from history.changes anti join history.operations o on o.id = operation_id"
    ).fetchall()
    return findings + [
        Finding("operation_missing", f"there are {what} of operation {number}, but not the operation", number)
        for number, what in strangers[:MOST]
    ]


def _check_requests(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Requests that are not those that the operation was sealed with; one statement for each kind of request."""
    groups = connection.execute(
        "select request_fields, personal_fields, list((id, request_count, requests_sha256, requests_personal_sha256)) "
        "from history.operations group by all order by all"
    ).fetchall()
    counts = dict(
        connection.execute("select operation_id, count(*) from history.requests group by operation_id").fetchall()
    )
    has_erased = connection.execute("select 1 from history.erased_values where part = 'requests' limit 1").fetchone()
    wrong: set[int] = set()
    for fields, personal, operations in groups:
        numbers = [operation[0] for operation in operations if operation[1] or counts.get(operation[0])]
        wrong |= {o[0] for o in operations if o[1] != counts.get(o[0], 0)}
        wrong |= {o[0] for o in operations if not o[1] and (o[2], o[3]) != (EMPTY_HASH, "")}
        if not numbers:
            continue
        apart, names = personal.split(",") if personal else [], fields.split(",") if fields else []
        if not _NAMES.fullmatch(fields) or not set(apart) <= set(names):
            wrong |= set(numbers)
            continue
        connection.execute(
            "create or replace temp table asked as select unnest($ids::bigint[]) as id", {"ids": numbers}
        )
        where = "r.operation_id in (select id from temp.asked)"
        wrong |= {
            number
            for (number,) in connection.execute(
                f"select distinct operation_id from history.requests r where {where} and case when json_valid(request) "
                f"then json_type(request) <> 'OBJECT' or len(json_keys(request)) <> {len(names)} else true end"
            ).fetchall()
        }
        most = sum(counts.get(number, 0) for number in numbers)
        part = ("requests", "") if has_erased else None
        found = hash_change(
            connection,
            requests_source(names, where),
            text_columns(names),
            [*map(field_column, apart)],
            most,
            erased=part,
        )
        for number, _, sha256, personal_sha256 in operations:
            if number in counts and found.get(number, (0, "", ""))[1:] != (sha256, personal_sha256):
                wrong.add(number)
    return [
        Finding("requests_changed", f"the requests of operation {number} were changed", number)
        for number in sorted(wrong)[:MOST]
    ]


def _check_own_texts(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Operations whose reason, summary or client's address was changed; erased ones count with the hash that was kept."""
    rows = connection.execute(
        f"""
        select s.operation_id from {OPERATIONS_SOURCE} s {erased_join("operations", "")}
        where s.personal_sha256 is distinct from {leaf_sql(PERSONAL_OF_OPERATION, ("operations", ""))} order by all
        """
    ).fetchall()
    return [
        Finding("operation_changed", f"the reason or summary of operation {number} was changed", number)
        for (number,) in rows[:MOST]
    ]


def _check_moments(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Operations before the one before them, or in the future. In older books clocks may have been set back."""
    latest = datetime.now(UTC) + TOLERANCE
    rows = connection.execute(
        f"""
        select id, applied_at, lag(applied_at) over (order by id) as before, applied_at > $latest as is_ahead
        from history.operations
        qualify is_ahead or (before > applied_at
            and id > coalesce((select max(id) from history.operations where rule = '{REHASH}'), 0))
        order by id
        """,
        {"latest": latest},
    ).fetchall()
    findings = []
    for number, at, before, is_ahead in rows[:MOST]:
        if is_ahead:
            text = f"operation {number} lies in the future: {at:%Y-%m-%d %H:%M} UTC"
            findings.append(Finding("time_ahead", text, number))
        if before is not None and before > at:
            text = f"operation {number} was applied at {at:%Y-%m-%d %H:%M:%S} UTC, before the one before it ({before:%Y-%m-%d %H:%M:%S} UTC)"
            findings.append(Finding("time_falls", text, number))
    return findings
