"""Is everything that is exempt from the proof really erased, and by an operation that says so?"""

from __future__ import annotations

import json

import duckdb

from clientops.book.erasure.personal_columns import ERASED, ERASED_CLIENT, can_be_apart, is_erased_sql
from clientops.book.erasure.proof import CHANGED_ERASURES
from clientops.book.proof.chain import CLIENT_AREA
from clientops.book.proof.findings import MOST, Finding
from clientops.schema.definition import Table, all_tables, quote_name, quote_text

FORGED = "erasure_forged"


def check_erasures(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Kept hashes that nobody recorded, that exempt what was not erased, or that an operation could not have erased."""
    text = "the hashes that operation {} kept of what it erased were changed, or it erased nobody"
    numbers = [number for (number,) in connection.execute(CHANGED_ERASURES).fetchall()]
    findings = [Finding(FORGED, text.format(number), number) for number in numbers[:MOST]]
    if connection.execute("select 1 from history.erased_values limit 1").fetchone() is None:
        return findings
    findings += _check_order(connection)
    findings += _check_counts(connection)
    for (part,) in connection.execute("select distinct part from history.erased_values order by all").fetchall():
        if part in all_tables():
            findings += _check_rows(connection, all_tables()[part])
        elif part == "requests":
            findings += _check_requests(connection)
        elif part == "operations":
            findings += _check_operations(connection)
        else:
            findings.append(Finding(FORGED, f"hashes of erased values are kept for {part!r}, which is no table"))
    return findings


def _check_order(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Erasures of operations that came later, and entries that name a row twice."""
    rows = connection.execute(
        "select distinct erased_by, operation_id from history.erased_values where erased_by <= operation_id order by all"
    ).fetchall()
    text = "operation {} cannot have erased anything of operation {}, which came after it"
    findings = [Finding(FORGED, text.format(*row), row[0]) for row in rows[:MOST]]
    rows = connection.execute(
        "select any_value(erased_by), part, id from history.erased_values "
        "group by operation_id, part, kind, sign, id, column_name having count(*) > 1 order by all"
    ).fetchall()
    return findings + [
        Finding(FORGED, f"two hashes are kept of what was erased from {part} {number}", erased_by, part, number)
        for erased_by, part, number in rows[:MOST]
    ]


def _check_counts(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Tables with more erased rows of history than the erasing operation recorded in ``erasures``."""
    rows = connection.execute(
        """
        with kept as (
            select erased_by, part, count(distinct (operation_id, kind, sign, id)) as images
            from history.erased_values where column_name = '' and part not in ('requests', 'operations') group by all
        )
        select k.erased_by, k.part, k.images, coalesce(sum(e.image_count), 0)::bigint as recorded
        from kept k left join history.erasures e on e.operation_id = k.erased_by and e.sign = 1 and e.table_name = k.part
        group by k.erased_by, k.part, k.images having recorded < k.images order by all
        """
    ).fetchall()
    text = "operation {} recorded {} erased rows of history of {}, and {} are exempt from the proof"
    return [Finding(FORGED, text.format(by, recorded, part, images), by, part) for by, part, images, recorded in rows]


def _check_rows(connection: duckdb.DuckDBPyConnection, target: Table) -> list[Finding]:
    """Exempt rows and values of a table that hold something, that do not exist, or that are not personal."""
    held = [
        f"((e.column_ = {quote_text(c.name)} or (e.column_ = '' and list_contains(p.names_, {quote_text(c.name)}))) "
        f"and not {is_erased_sql(target, c)})"
        for c in target.columns
        if can_be_apart(c)
    ]
    rows = connection.execute(
        f"""
        with exempt as (
            select erased_by as by_, operation_id as of_, kind as kind_, sign as sign_, id as row_, column_name as column_
            from history.erased_values where part = '{target.name}'
        ), apart as (
            select operation_id as of_, kind as kind_, string_split(personal, ',') as names_ from history.changes
            where table_name = '{target.name}'
        )
        select distinct e.by_, e.of_, e.row_, h.id is null as is_missing_,
            p.names_ is null or (e.column_ <> '' and not list_contains(p.names_, e.column_)) as is_kept_
        from exempt e left join apart p on p.of_ = e.of_ and p.kind_ = e.kind_
        left join history.{quote_name(target.name)} h on h.operation_id = e.of_ and h.sign = e.sign_ and h.id = e.row_
        where is_missing_ or is_kept_ or {" or ".join(held) or "false"}
        order by all
        """
    ).fetchall()
    findings = []
    for erased_by, number, row_id, is_missing, is_kept in rows[:MOST]:
        what = f"{target.name} {row_id} in operation {number}"
        if is_missing:
            text = f"operation {erased_by} exempts {what} from the proof, which is not in the history"
        elif is_kept:
            text = f"operation {erased_by} exempts a column of {what} from the proof that is not personal"
        else:
            text = f"operation {erased_by} exempts {what} from the proof, but it is not erased"
        findings.append(Finding(FORGED, text, number, target.name, row_id))
    return findings


def _check_requests(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    rows = connection.execute(
        """
        select e.erased_by, e.operation_id, e.id, r.request, o.personal_fields, e.kind <> '' or e.sign <> 1 or e.column_name <> ''
        from history.erased_values e left join history.requests r on r.operation_id = e.operation_id and r.request_row = e.id
        left join history.operations o on o.id = e.operation_id where e.part = 'requests' order by all
        """
    ).fetchall()
    text = "operation {} exempts request {} of operation {} from the proof, but it is not erased"
    return [
        Finding(FORGED, text.format(by, row, number), number)
        for by, number, row, request, personal, is_odd in rows
        if is_odd or not _is_erased_request(request, personal)
    ][:MOST]


def _is_erased_request(request: str | None, personal: str | None) -> bool:
    try:
        given = json.loads(request or "")
    except ValueError:
        return False
    return isinstance(given, dict) and all(
        _is_erased_value(name, given.get(name)) for name in (personal or "").split(",")
    )


def _is_erased_value(name: str, value: object) -> bool:
    if _is_operator(name) and isinstance(value, str) and not value.endswith(CLIENT_AREA):
        return True
    return value is None or (isinstance(value, str) and value in {ERASED, ERASED_CLIENT})


def _is_operator(name: str) -> bool:
    return name == "operator" or name.endswith("_by")


def _check_operations(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    rows = connection.execute(
        f"""
        select distinct e.erased_by, e.operation_id from history.erased_values e
        left join history.operations o on o.id = e.operation_id
        where e.part = 'operations' and (o.id is null or e.id <> e.operation_id or e.kind <> '' or e.sign <> 1 or e.column_name <> ''
            or coalesce(o.reason <> '{ERASED}', false)
            or coalesce(suffix(o.operator, '{CLIENT_AREA}') and o.operator <> '{ERASED_CLIENT}', false)
            or case when json_valid(o.details) then coalesce(o.details ->> '$.summary', o.details ->> '$.copies_removed') end is not null)
        order by all
        """
    ).fetchall()
    text = "operation {} exempts the reason of operation {} from the proof, but it is not erased"
    return [Finding(FORGED, text.format(by, number), number) for by, number in rows[:MOST]]
