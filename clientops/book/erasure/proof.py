"""What is kept of what was erased: the hashes that the chain was made with, sealed by the operation that erased."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb

from clientops.book.proof.chain import erased_join, leaf_sql, value_hash_sql
from clientops.schema.days import day_sql
from clientops.schema.definition import quote_name

_FIELDS = "operation_id, part, kind, sign, id, column_name"

DIGEST = f"sha256(string_agg(concat_ws('|', {_FIELDS}, sha256), ';' order by {_FIELDS}))"

CHANGED_ERASURES = f"""
    with kept as (
        select erased_by, count(*) as entries, {DIGEST} as digest from history.erased_values group by erased_by
    ), recorded as (
        select id, case when json_valid(details) then details ->> 'erased_sha256' end as digest,
            coalesce(try_cast(case when json_valid(details) then details ->> 'erased_values' end as bigint), 0) as entries
        from history.operations where rule = 'erase-person'
    )
    select coalesce(k.erased_by, r.id) from kept k full join recorded r on r.id = k.erased_by
    where k.entries is distinct from nullif(r.entries, 0) or (k.erased_by is not null and k.digest is distinct from r.digest)
    order by 1
"""

FORGET_SALTS = """
    update history.changes c set salt = '' where salt <> '' and exists (
        select 1 from history.erased_values e where e.operation_id = c.operation_id and e.part = c.table_name and e.kind = c.kind
    ) and row_count * if(kind = 'update', 2, 1) = (
        select count(distinct (e.sign, e.id)) from history.erased_values e
        where e.operation_id = c.operation_id and e.part = c.table_name and e.kind = c.kind and e.column_name = ''
    );
    update history.operations o set salt = '' where salt <> '' and exists (
        select 1 from history.erased_values e where e.operation_id = o.id and e.part in ('operations', 'requests')
    ) and (personal_fields = '' or request_count = (
        select count(distinct e.id) from history.erased_values e where e.operation_id = o.id and e.part = 'requests'
    )) and (reason is null or reason = '(erased)') and (details is null or (json_valid(details) and (case when json_valid(details) then details ->> '$.summary' end) is null))
    and exists (select 1 from history.erased_values e where e.operation_id = o.id and e.part = 'operations')
"""
"""Salts go where nothing is left that needs them: without one, no hash of an erased value can be compared with a guess."""


def digest_of(connection: duckdb.DuckDBPyConnection, operation_id: int) -> tuple[int, str]:
    """How many hashes an operation that erased keeps, and the hash over them."""
    row = connection.execute(
        f"select count(*), {DIGEST} from history.erased_values where erased_by = $number", {"number": operation_id}
    ).fetchone()
    return (int(row[0]), row[1] or "") if row else (0, "")


def keep_leaves(
    connection: duckdb.DuckDBPyConnection, number: int, of: tuple[str, str], personal: Sequence[str], source: str
) -> None:
    """Keep the hash of the personal values of each row, before they are erased as a whole.

    Args:
        connection: A book open for writing.
        number: Operation that erases.
        of: Table, or ``requests``, or ``operations``; and the kind of change, empty for these two.
        personal: Columns that are hashed apart.
        source: SELECT of the rows, in parentheses, with ``proof_salt``.
    """
    part, kind = of
    connection.execute(
        f"""
        insert into history.erased_values
        select {number}, s.operation_id, '{part}', '{kind}', s.sign, s.id, '', {leaf_sql(personal, (part, kind))}
        from {source} s {erased_join(part, kind)} where e.kept[''] is null order by all
        """
    )


def keep_values(
    connection: duckdb.DuckDBPyConnection,
    number: int,
    of: tuple[str, str],
    personal: Sequence[str],
    source: str,
    *,
    conditions: Mapping[str, str],
    values: Mapping[str, str],
) -> None:
    """Keep the hash of single values of rows of others, before they are erased; see ``keep_leaves``.

    Args:
        connection: A book open for writing.
        number: Operation that erases.
        of: Table and kind of change.
        personal: Columns that are hashed apart.
        source: SELECT of the rows, in parentheses, with ``proof_salt``.
        conditions: SQL that tells the values that go, by column.
        values: Parameters of these.
    """
    part, kind = of
    for name in personal:
        if name not in conditions:
            continue
        sql = f"""
            insert into history.erased_values
            select {number}, s.operation_id, '{part}', '{kind}', s.sign, s.id, '{name}', {value_hash_sql(name)}
            from (select * from {source} where {conditions[name]}) s {erased_join(part, kind)}
            where e.kept[''] is null and e.kept['{name}'] is null and {quote_name(name)} is not null order by all
        """
        connection.execute(sql, dict(values) if "$pattern" in sql else None)


def told_erasures(connection: duckdb.DuckDBPyConnection) -> tuple[str, ...]:
    """Which rows of history a person was erased from, by which operation; not what stood there."""
    rows = connection.execute(
        "select e.erased_by, e.part, count(distinct e.operation_id), count(distinct (e.operation_id, e.kind, e.sign, e.id)), "
        + day_sql("o.applied_at")
        + " from history.erased_values e "
        "left join history.operations o on o.id = e.erased_by group by all order by all"
    ).fetchall()
    return tuple(
        f"{part}: in {images} row{'' if images == 1 else 's'} of {operations} operation{'' if operations == 1 else 's'} "
        f"a person was erased by operation {number} on {day}"
        for number, part, operations, images, day in rows
    )
