"""Hashes that tie operations together: of a change's rows, of requests, of an operation and the one before.

SHA-256 over texts that can be read in one way only (lengths before texts), in blocks of row numbers so that memory stays
small. Personal columns are hashed apart from the rest: each value with the change's salt, the values of a row together,
the rows in blocks. Erasing a person keeps the hash of each erased row or value (``history.erased_values``), so the chain
still proves all the others, and everything that is not personal. ``docs/evidence-format.md`` describes it all.

The same SQL is used when an operation is applied and when it is verified.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from clientops.schema.definition import Column, quote_name

BLOCK = 1024
PASS = 128 * BLOCK
GENESIS = "0" * 64
EMPTY_HASH = hashlib.sha256(b"").hexdigest()

CLIENT_AREA = " (client area)"
"""What the names of operators end with who are clients themselves: their address stands before it."""

OPERATORS = frozenset({"operator", "decided_by", "proposed_by", "rejected_by", "made_by"})
"""Columns that name operators: never personal, except for a client's own address."""

Hashed = tuple[int, str, str]
"""Rows, hash of what is not personal, hash of what is (empty without personal columns)."""


def text_sql(column: Column, offset: int | None = None) -> str:
    """SQL for a value as unambiguous text; numbers of rows made since ``offset`` count from it (``+1``)."""
    name = quote_name(column.name)
    if column.type == "VARCHAR":
        return f"coalesce(strlen({name}) || ':' || {name}, '~')"
    if offset is not None:
        return f"coalesce(case when {name} > {offset} then '+' || ({name} - {offset}) else {name}::varchar end, '~')"
    return f"coalesce({name}::varchar, '~')"


def hash_rows(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[Column],
    offsets: Mapping[str, int] | None = None,
    at_most: int | None = None,
) -> dict[int, tuple[int, str]]:
    """Row count and one hash over all columns of history-shaped rows, by operation; for comparing two plans.

    Args:
        connection: An open book.
        source: Table or subquery of ``operation_id, sign, id`` and the columns.
        columns: Columns that count; ``id`` always does.
        offsets: Highest number before the change, for columns that hold numbers that the change itself made.
        at_most: Upper bound of the rows, where it is known; few of them are hashed in one statement.
    """
    sql = blocks_sql(source, columns, offsets or {})
    found = _in_passes(connection, source, sql, at_most, (offsets or {}).get("id", 0))
    return {number: (n, sha256) for number, n, sha256, _ in found}


def hash_change(
    connection: duckdb.DuckDBPyConnection,
    source: str,
    columns: Sequence[Column],
    personal: Sequence[str],
    at_most: int | None = None,
    *,
    erased: tuple[str, str] | None = None,
) -> dict[int, Hashed]:
    """Row count and the two hashes of history-shaped rows, by operation.

    Args:
        connection: An open book.
        source: Subquery of ``operation_id, sign, id``, the columns, and ``proof_salt``.
        columns: Columns that count; ``id`` always does.
        personal: Names of those among them that are hashed apart.
        at_most: Upper bound of the rows, where it is known.
        erased: Part and kind; rows and values that were erased count with the hash that was kept of them.
    """
    sql = _proof_blocks_sql(source, columns, personal, erased)
    found = _in_passes(connection, source, sql, at_most, 0)
    return {number: (n, sha256, apart if personal else "") for number, n, sha256, apart in found}


def _in_passes(
    connection: duckdb.DuckDBPyConnection, source: str, sql: str, at_most: int | None, first: int
) -> list[tuple[int, int, str, str]]:
    """Operation, rows and hashes of blocks; texts of a pass are in memory together, so long ranges take several."""
    if at_most is not None and at_most <= PASS:
        return connection.execute(f"with blocks as ({sql}) {WHOLE_HASH}", {"low": -(2**62), "high": 2**62}).fetchall()
    span = connection.execute(f"select count(*), min(id), max(id) from {source}").fetchone()
    if span is None or not span[0]:
        return []
    count, low, high = span
    step = max(BLOCK, PASS * max(1, (high - low + 1) // count) // BLOCK * BLOCK)
    start = first + (low - first) // BLOCK * BLOCK  # passes end where blocks do
    connection.execute(
        "create or replace temp table blocks "
        "(operation_id bigint, block bigint, n bigint, hash varchar, personal_hash varchar)"
    )
    while start <= high:
        connection.execute(f"insert into blocks {sql}", {"low": start, "high": start + step - 1})
        start += step
    return connection.execute(WHOLE_HASH).fetchall()


WHOLE_HASH = """
    select operation_id, sum(n)::bigint, sha256(string_agg(hash, '' order by block)),
        sha256(string_agg(personal_hash, '' order by block))
    from blocks group by operation_id
"""


def blocks_sql(source: str, columns: Sequence[Column], offsets: Mapping[str, int]) -> str:
    """SELECT of the blocks of history-shaped rows with numbers from ``$low`` to ``$high``, all columns alike."""
    counted = [column for column in columns if column.name != "id"]
    first = offsets.get("id")
    number = "id::varchar" if first is None else f"'+' || (id - {first})"
    texts = ", ".join([f"sign::varchar || '#' || {number}", *(text_sql(c, offsets.get(c.name)) for c in counted)])
    return f"""
        select operation_id, (id - {first or 0}) // {BLOCK} as block, count(*) as n,
            sha256(string_agg(concat_ws('|', {texts}), ';' order by id, sign)) as hash, '' as personal_hash
        from {source}
        where id between $low and $high
        group by operation_id, block
    """


def _proof_blocks_sql(
    source: str, columns: Sequence[Column], personal: Sequence[str], erased: tuple[str, str] | None
) -> str:
    """SELECT of the blocks of history-shaped rows with numbers from ``$low`` to ``$high``, personal columns apart."""
    kept = [c for c in columns if c.name != "id" and (c.name not in personal or c.name in OPERATORS)]
    texts = ", ".join(["s.sign::varchar || '#' || s.id", *(_kept_sql(c, masked=c.name in personal) for c in kept)])
    apart = f"sha256(string_agg({leaf_sql(personal, erased)}, '' order by s.id, s.sign))" if personal else "''"
    return f"""
        select s.operation_id, s.id // {BLOCK} as block, count(*) as n,
            sha256(string_agg(concat_ws('|', {texts}), ';' order by s.id, s.sign)) as hash, {apart} as personal_hash
        from {source} s {erased_join(*erased) if erased and personal else ""}
        where s.id between $low and $high
        group by s.operation_id, block
    """


def _kept_sql(column: Column, *, masked: bool) -> str:
    """SQL of a value that is not personal; of an operator who is a client, that it is one."""
    if not masked:
        return text_sql(column)
    return f"coalesce(strlen({_masked(column.name)}) || ':' || {_masked(column.name)}, '~')"


def _masked(name: str) -> str:
    quoted = quote_name(name)
    return f"if(suffix({quoted}, '{CLIENT_AREA}'), '{CLIENT_AREA.strip()}', {quoted})"


def value_hash_sql(name: str) -> str:
    """SQL of the hash of a personal value, or ``~`` where there is none."""
    quoted = quote_name(name)
    value = f"if(suffix({quoted}, '{CLIENT_AREA}'), {quoted}, null)" if name in OPERATORS else quoted
    return f"coalesce(sha256(proof_salt || {value}), '~')"


def leaf_sql(personal: Sequence[str], erased: tuple[str, str] | None) -> str:
    """SQL of the hash of a row's personal values; of an erased one, what was kept."""
    own = [value_hash_sql(name) for name in personal]
    if erased is None:
        return f"sha256(concat_ws('|', s.sign::varchar || '#' || s.id, {', '.join(own)}))"
    values = ", ".join(f"coalesce(e.kept['{name}'], {sql})" for name, sql in zip(personal, own, strict=True))
    return f"coalesce(e.kept[''], sha256(concat_ws('|', s.sign::varchar || '#' || s.id, {values})))"


def erased_join(part: str, kind: str) -> str:
    """SQL that joins what is kept of erased rows and values, as a map by column; the empty name stands for the row."""
    return f"""left join (
        select operation_id, sign, id, map_from_entries(list((column_name, sha256))) as kept
        from (
            -- One a value: a second one is forged, and found by the digest of what was erased.
            select operation_id, sign, id, column_name, min(sha256) as sha256
            from history.erased_values where part = '{part}' and kind = '{kind}' group by all
        )
        group by all
    ) e on e.operation_id = s.operation_id and e.sign = s.sign and e.id = s.id"""


def field_sql(name: str) -> str:
    """SQL of a field of a request as text."""
    return f"""case when json_valid(request) then request ->> '$."{name}"' end"""


def field_column(name: str) -> str:
    """Name of the column of a field of a request, apart from those that every row of history has."""
    return f"{name}_" if name in {"operation_id", "sign", "id", "proof_salt"} else name


def requests_source(fields: Iterable[str], where: str, salt: str | None = None) -> str:
    """SELECT of requests as history-shaped rows with one column of text a field; with the operation's salt if none is given."""
    texts = ", ".join(f"{field_sql(name)} as {quote_name(field_column(name))}" for name in fields)
    shape = f"select operation_id, 1::tinyint as sign, request_row as id{', ' + texts if texts else ''}"
    if salt is not None:
        return f"({shape}, '{salt}' as proof_salt from history.requests where {where})"
    return f"""({shape}, o.salt as proof_salt
        from history.requests r join history.operations o on o.id = r.operation_id where {where})"""


def text_columns(fields: Iterable[str]) -> list[Column]:
    """Columns of the fields of requests, all of them texts."""
    return [Column(field_column(name), "VARCHAR", False, None, "") for name in fields]


CHANGE_FIELDS = ("table_name", "kind", "columns", "row_count", "sha256", "personal", "personal_sha256")

CHANGES_HASH = f"""
    select operation_id, sha256(string_agg(
        concat_ws('|', {", ".join(f"strlen({name}::varchar) || ':' || {name}" for name in CHANGE_FIELDS)}), ';'
        order by table_name, kind)) as sha256
    from history.changes
    where operation_id between $first and $last
    group by operation_id
"""

PERSONAL_DETAILS = ("summary", "copies_removed")
"""What may name persons in an operation's details; the rest of them is proved."""

OPERATION_FIELDS = (
    "id", "rule", "operator", "applied_at", "today", "key", "undoes_id", "request_count", "change_count", "request_fields", "personal_fields",
    "requests_sha256", "requests_personal_sha256", "changes_sha256", "details", "personal_sha256", "version",
)  # fmt: skip

_WITHOUT = json.dumps(dict.fromkeys(PERSONAL_DETAILS), separators=(",", ":"))
_OPERATION_TEXTS = {
    "operator": _masked("operator"),
    "details": f"case when json_valid(details) then json_merge_patch(details, '{_WITHOUT}')::varchar else details end",
}

CONTENT_HASH = (
    "sha256(concat_ws('|', "
    + ", ".join(
        f"coalesce(strlen(({_OPERATION_TEXTS.get(field, field)})::varchar) || ':' || ({_OPERATION_TEXTS.get(field, field)})::varchar, '~')"
        for field in OPERATION_FIELDS
    )
    + "))"
)
"""SQL of the hash of an operation's own row, without the chain."""

OPERATION_HASH = f"sha256(previous_sha256 || {CONTENT_HASH})"

PERSONAL_OF_OPERATION = ("operator", "reason", *PERSONAL_DETAILS)

OPERATIONS_SOURCE = f"""(
    select id as operation_id, 1::tinyint as sign, id, operator, reason, {", ".join(f"case when json_valid(details) then details ->> '$.{name}' end as {name}" for name in PERSONAL_DETAILS)},
        salt as proof_salt, personal_sha256
    from history.operations
)"""


def sha256_of(text: str) -> str:
    """Hash of a text."""
    return hashlib.sha256(text.encode()).hexdigest()


def sized(value: object) -> str:
    """A value as unambiguous text: its length in bytes before it."""
    if value is None:
        return "~"
    text = value if isinstance(value, str) else plain(value)
    return f"{len(text.encode())}:{text}"


def plain(value: object) -> str:
    """A value as the engine writes it."""
    if isinstance(value, datetime):
        moment = value.astimezone(UTC)
        fraction = f".{moment.microsecond:06d}".rstrip("0") if moment.microsecond else ""
        return f"{moment:%Y-%m-%d %H:%M:%S}{fraction}+00"
    return value.isoformat() if isinstance(value, date) else str(value)


def operation_hash(values: Mapping[str, Any]) -> str:
    """Hash of an operation from its fields and ``previous_sha256``; the same as ``OPERATION_HASH``."""
    texts = dict(values)
    if (texts["operator"] or "").endswith(CLIENT_AREA):
        texts["operator"] = CLIENT_AREA.strip()
    if texts["details"] is not None:
        kept = {name: value for name, value in json.loads(texts["details"]).items() if name not in PERSONAL_DETAILS}
        texts["details"] = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
    return sha256_of(values["previous_sha256"] + sha256_of("|".join(sized(texts[name]) for name in OPERATION_FIELDS)))


def personal_hash_of_operation(values: Mapping[str, Any], salt: str) -> str:
    """Hash of what may be personal in an operation's own row: reason, summary, an operator who is a client."""
    details = json.loads(values["details"]) if values["details"] else {}
    operator = values["operator"]
    texts = [
        operator if (operator or "").endswith(CLIENT_AREA) else None,
        values["reason"],
        *(None if (v := details.get(name)) is None else _as_json(v) for name in PERSONAL_DETAILS),
    ]
    hashes = ["~" if text is None else sha256_of(salt + text) for text in texts]
    return sha256_of("|".join([f"1#{values['id']}", *hashes]))


def _as_json(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def changes_hash(changes: Iterable[Sequence[object]]) -> str:
    """Hash of the list of what an operation changed; the same as ``CHANGES_HASH``."""
    rows = sorted(changes, key=lambda row: (str(row[0]), str(row[1])))
    return sha256_of(";".join("|".join(sized(value) for value in row) for row in rows))
