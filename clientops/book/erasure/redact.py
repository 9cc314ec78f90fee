"""Erasing in place: texts go from rows and their history; the hashes that the chain was made with stay."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import duckdb

from clientops.book.erasure.mentions import chosen_operations_sql, left_alone, without_words
from clientops.book.erasure.personal_columns import (
    ERASED,
    ERASED_CLIENT,
    IMPERSONAL,
    erasable_columns,
    erased_value,
    held_sql,
    naming_pattern,
    values_sql,
)
from clientops.book.erasure.phone_numbers import phones_pattern
from clientops.book.erasure.proof import FORGET_SALTS, digest_of, keep_leaves, keep_values
from clientops.book.proof.chain import (
    CLIENT_AREA,
    OPERATIONS_SOURCE,
    PERSONAL_DETAILS,
    PERSONAL_OF_OPERATION,
    field_column,
    field_sql,
)
from clientops.book.proof.direct_sql import filled_tables
from clientops.book.proof.verify_history import kinds_sql
from clientops.book.write.settled import Settled
from clientops.schema.definition import Column, Table, all_tables, quote_name


def erase_rows(
    connection: duckdb.DuckDBPyConnection, number: int, reason: str | None
) -> tuple[dict[str, Any], str | None, list[Settled]]:
    """Erase what the steps of the rule found, as operation ``number``; the caller writes that and commits.

    Texts of others that name the person are erased from the history as a whole: what is left of the newest of them is
    written by this operation as an ordinary change, so that no erasure can put words into anybody's past.

    Returns:
        Details of the operation: how many hashes were kept, and the hash over them, so that the chain holds them; its
        reason, without the person's names; and the changes of rows of others.
    """
    connection.execute(f"create or replace temp table erased_values as {values_sql()}")
    values = [row[0] for row in connection.execute("select value from temp.erased_values").fetchall()]
    pattern = "|".join(part for part in (naming_pattern(values), _phones(connection)) if part)
    reason = _unnamed(connection, reason, pattern)
    words = [word for (word,) in connection.execute("select word from temp.alone_words").fetchall()]
    filled = filled_tables(connection, all_tables())
    tables = [t for name, t in all_tables().items() if name in filled and erasable_columns(t)]
    alone = {name for (name,) in connection.execute(ALONE_TABLES).fetchall()}
    listed = connection.execute("select table_name from duckdb_tables() where temporary").fetchall()
    steps = {name for (name,) in listed}
    owned = {t.name for t in tables if _choose_owned(connection, t, is_step=f"erased {t.name}" in steps)}
    operations = _choose_operations(connection, tables, pattern)
    changes: list[Settled] = []
    for target in tables:
        changes += _erase_others(connection, number, target, pattern, words if target.name in alone else [])
        if target.name in owned:
            _erase_owned(connection, number, target)
    _erase_requests(connection, number, operations, pattern, words)
    _erase_operations(connection, number, operations, words)
    connection.execute(FORGET_SALTS)
    kept, digest = digest_of(connection, number)
    left = left_alone(connection)
    connection.execute("drop table if exists temp.erased_values")
    return {"erased_values": kept, "erased_sha256": digest, **left}, reason, changes


ALONE_TABLES = "select distinct table_name from temp.named_alone where is_chosen"


def _phones(connection: duckdb.DuckDBPyConnection) -> str:
    """A pattern of the person's phone numbers in any notation; of none that another client has, too."""
    parts = []
    for name in ("clients", "contacts"):
        country = "country" if name in {"clients", "contacts"} else "null"
        parts.append(
            f"""select phone, {country} as country, true as is_mine from history.{name} where id in (select id from temp."erased {name}")"""
        )
        parts.append(
            f"""select phone, {country}, false from main.{name} where id not in (select id from temp."erased {name}")"""
        )
    rows = connection.execute(
        f"select distinct * from ({' union all '.join(parts)}) where phone is not null and phone <> '{ERASED}'"
    ).fetchall()
    return phones_pattern(
        [(phone, country) for phone, country, is_mine in rows if is_mine],
        [(phone, country) for phone, country, is_mine in rows if not is_mine],
    )


def _unnamed(connection: duckdb.DuckDBPyConnection, reason: str | None, pattern: str) -> str | None:
    """The reason without what names the person, each word of the name for itself, too: it is about nobody else."""
    names = connection.execute(
        """
        select distinct unnest(string_split_regex(concat_ws(' ', first_name, last_name, company_name), '[^\\p{L}\\p{N}]+')) as word
        from history.clients where id in (select id from temp."erased clients")
        """
    ).fetchall()
    words = sorted(word for (word,) in names if len(word) > 2 and word != ERASED.strip("()"))
    found = [pattern, f"(?i)\\b({'|'.join(words)})\\b" if words else ""]
    for each in found:
        if reason and each:
            row = connection.execute("select regexp_replace(?, ?, ?, 'g')", [reason, each, ERASED]).fetchone()
            reason = row[0] if row else reason
    return reason


def _choose_owned(connection: duckdb.DuckDBPyConnection, target: Table, *, is_step: bool) -> bool:
    """Temp table ``chosen <table>`` of the numbers of the person's own rows; whether there are any."""
    mine = f'select distinct id from temp."erased {target.name}"' if is_step else "select 0::bigint as id limit 0"
    row = connection.execute(f'create or replace temp table "chosen {target.name}" as {mine}').fetchone()
    return bool(row and row[0])


def _choose_operations(connection: duckdb.DuckDBPyConnection, tables: list[Table], pattern: str) -> list[int]:
    """Operations of a single request that touched something of the person, and those whose own row names them."""
    parts = [
        f'select operation_id from history.{quote_name(t.name)} where id in (select id from temp."chosen {t.name}")'
        for t in tables
    ]
    naming = " or ".join(f"regexp_matches({name}, $pattern)" for name in PERSONAL_OF_OPERATION) if pattern else "false"
    rows = connection.execute(
        f"""
        select id from history.operations where request_count <= 1 and id in ({" union ".join(parts)})
        union
        select id from {OPERATIONS_SOURCE} where {naming}
        """,
        {"pattern": pattern} if pattern else None,
    ).fetchall()
    return sorted(row[0] for row in rows)


def _groups(
    connection: duckdb.DuckDBPyConnection, target: Table, chosen: str
) -> list[tuple[str, list[str], list[int]]]:
    """Kinds of changes with the columns that they hash apart, and the operations, that touched the chosen rows."""
    rows = connection.execute(
        f"""
        select kind, personal, list(operation_id) from history.changes
        where table_name = $name and personal <> '' and operation_id in (
            select operation_id from history.{quote_name(target.name)} where id in ({chosen})
        ) group by all
        """,
        {"name": target.name},
    ).fetchall()
    return [(kind, personal.split(","), numbers) for kind, personal, numbers in rows]


def _source(target: Table, kind: str, operations: list[int], condition: str) -> str:
    """SELECT of the chosen rows of history of changes of one kind, with the salt of each."""
    return f"""(
        select h.*, c.salt as proof_salt from ({kinds_sql(target.name, kind)}) h
        join history.changes c on c.operation_id = h.operation_id and c.table_name = '{target.name}' and c.kind = '{kind}'
        where h.operation_id in ({", ".join(map(str, operations))}) and {condition}
    )"""


def _erase_owned(connection: duckdb.DuckDBPyConnection, number: int, target: Table) -> None:
    chosen = f'select id from temp."chosen {target.name}"'
    for kind, personal, operations in _groups(connection, target, chosen):
        held = held_sql(target, [target.column(name) for name in personal])
        source = _source(target, kind, operations, f"h.id in ({chosen}) and ({held})")
        keep_leaves(connection, number, (target.name, kind), personal, source)
    sets = ", ".join(f"{quote_name(c.name)} = {erased_value(target, c)}" for c in erasable_columns(target))
    for schema in ("main", "history"):
        connection.execute(f"update {schema}.{quote_name(target.name)} set {sets} where id in ({chosen})")


def _matches(column: Column, pattern: str) -> str:
    return f"regexp_matches({quote_name(column.name)}, $pattern)" if pattern else "false"


def _erase_others(
    connection: duckdb.DuckDBPyConnection, number: int, target: Table, pattern: str, words: list[str]
) -> list[Settled]:
    """Texts of others that name the person go from rows and history; what is left of them is a change of this operation."""
    name = quote_name(target.name)
    if target.name == "match_keys" or (not pattern and not words):
        return []
    columns = [c for c in erasable_columns(target) if c.type == "VARCHAR"]
    values = {"pattern": pattern} if pattern else {}
    naming = target.name not in IMPERSONAL and bool(pattern)
    alone = f"select id from temp.named_alone where table_name = '{target.name}' and is_chosen"
    conditions = {
        c.name: " or ".join(
            [
                *([_matches(c, pattern)] if naming else []),
                *(
                    [f"(id in ({alone}) and {without_words(quote_name(c.name), words)} <> {quote_name(c.name)})"]
                    if words
                    else []
                ),
            ]
        )
        for c in columns
    }
    if not any(conditions.values()):
        return []
    used = values if naming else {}
    connection.execute(
        f"create or replace temp table named_rows as select distinct id from history.{name} "
        f'where id not in (select id from temp."chosen {target.name}") and ({" or ".join(conditions.values())})',
        used or None,
    )
    found = connection.execute("select count(*) from temp.named_rows").fetchone()
    if not found or not found[0]:
        return []
    chosen = "select id from temp.named_rows"
    _keep_left_over(connection, target, conditions, pattern if naming else "", words)
    for kind, personal, operations in _groups(connection, target, chosen):
        source = _source(target, kind, operations, f"h.id in ({chosen})")
        keep_values(connection, number, (target.name, kind), personal, source, conditions=conditions, values=used)
    for column in columns:
        value = _erased_text(column.name)
        for schema in ("main", "history"):
            connection.execute(
                f"update {schema}.{name} set {quote_name(column.name)} = {value} where id in ({chosen}) and ({conditions[column.name]})",
                used or None,
            )
    return _left_over_change(connection, target, list(conditions))


def _erased_text(column: str) -> str:
    name = quote_name(column)
    return f"if(suffix({name}, '{CLIENT_AREA}'), '{ERASED_CLIENT}', '{ERASED}')"


def _keep_left_over(
    connection: duckdb.DuckDBPyConnection,
    target: Table,
    conditions: dict[str, str],
    pattern: str,
    words: list[str],
) -> None:
    """Temp table ``left_over`` of what is left of the texts that name the person, in the rows as they are now."""
    texts = []
    for name, condition in conditions.items():
        text = quote_name(name)
        if pattern:
            text = f"regexp_replace({text}, $pattern, '{ERASED}', 'g')"
        if words:
            text = without_words(text, words)
        erased = _erased_text(name)
        texts.append(f"case when {condition} then nullif({text}, {erased}) end as {quote_name(name)}")
    connection.execute(
        f"create or replace temp table left_over as select id, {', '.join(texts)} from main.{quote_name(target.name)} "
        "where id in (select id from temp.named_rows)",
        {"pattern": pattern} if pattern else None,
    )


def _left_over_change(connection: duckdb.DuckDBPyConnection, target: Table, names: Iterable[str]) -> list[Settled]:
    """The change that gives rows back what is left of their texts, once these are erased."""
    counted = ", ".join(f"count({quote_name(name)})" for name in names)
    row = connection.execute(f"select {counted} from temp.left_over").fetchone() or ()
    kept = tuple(name for name, count in zip(names, row, strict=True) if count)
    if not kept:
        return []
    values = ", ".join(f"coalesce(s.{quote_name(n)}, t.{quote_name(n)}) as {quote_name(n)}" for n in kept)
    some = " or ".join(f"s.{quote_name(name)} is not null" for name in kept)
    step = f"left over {target.name}"
    connection.execute(
        f'create or replace temp table "{step}" as select t.id, {values} from main.{quote_name(target.name)} t '
        f"join temp.left_over s using (id) where {some}"
    )
    found = connection.execute(f'select count(*) from temp."{step}"').fetchone()
    return [Settled(target, "update", kept, f'temp."{step}"', int(found[0]) if found else 0)]


def _erase_requests(
    connection: duckdb.DuckDBPyConnection, number: int, operations: list[int], pattern: str, words: list[str]
) -> None:
    listed = ", ".join(map(str, operations)) or "-1"
    naming = "regexp_matches(request, $pattern)" if pattern else "false"
    alone = "false"
    if words:
        text = "request"
        alone = f"(operation_id in ({chosen_operations_sql()}) and {without_words(text, words)} <> request)"
    connection.execute(
        f"""
        create or replace temp table chosen_requests as
        select operation_id, request_row, request, o.request_fields, o.personal_fields from history.requests r
        join history.operations o on o.id = r.operation_id
        where o.personal_fields <> '' and (operation_id in ({listed}) or {naming} or {alone} or exists (
            select 1 from temp."erased clients" c
            where regexp_matches(r.request, '"[a-z_]*(client|replaced|survivor)[a-z_]*_id": ?"?' || c.id || '[",}}]')
        ))
        """,
        {"pattern": pattern} if pattern else None,
    )
    groups = connection.execute(
        "select distinct request_fields, personal_fields from temp.chosen_requests order by all"
    ).fetchall()
    for fields, personal in groups:
        texts = ", ".join(f"{field_sql(name)} as {quote_name(field_column(name))}" for name in fields.split(","))
        source = f"""(
            select r.operation_id, 1::tinyint as sign, request_row as id, {texts}, o.salt as proof_salt
            from temp.chosen_requests r join history.operations o on o.id = r.operation_id
            where r.request_fields = '{fields}' and r.personal_fields = '{personal}'
        )"""
        keep_leaves(connection, number, ("requests", ""), [*map(field_column, personal.split(","))], source)
    rows = connection.execute(
        "select operation_id, request_row, request, personal_fields from temp.chosen_requests"
    ).fetchall()
    connection.execute(
        "create or replace temp table erased_requests (operation_id bigint, request_row bigint, request varchar)"
    )
    for operation_id, row, request, personal in rows:
        connection.execute(
            "insert into temp.erased_requests values (?, ?, ?)",
            [operation_id, row, erased_json(request, personal.split(","))],
        )
    connection.execute(
        "update history.requests r set request = c.request from temp.erased_requests c "
        "where c.operation_id = r.operation_id and c.request_row = r.request_row"
    )
    connection.execute("drop table temp.chosen_requests")
    connection.execute("drop table temp.erased_requests")


def erased_json(text: str, personal: list[str]) -> str:
    """A request without its personal fields; the others stay as they are."""
    given = json.loads(text)
    for name in personal:
        value = given.get(name)
        if isinstance(value, str) and value.endswith(CLIENT_AREA):
            given[name] = ERASED_CLIENT
        elif value is not None and not (name == "operator" or name.endswith("_by")):
            given[name] = ERASED
    return json.dumps(given, ensure_ascii=False, separators=(",", ":"))


def _erase_operations(
    connection: duckdb.DuckDBPyConnection, number: int, operations: list[int], words: list[str]
) -> None:
    """Reasons and summaries of operations about nobody else go, and those that name the person."""
    chosen = set(operations)
    if words:
        text = without_words("reason", words)
        rows = connection.execute(
            f"select id from history.operations where id in ({chosen_operations_sql()}) and {text} <> reason"
        ).fetchall()
        chosen |= {row[0] for row in rows}
    if not chosen:
        return
    listed = ", ".join(map(str, sorted(chosen)))
    holds = " or ".join(
        f"suffix({name}, '{CLIENT_AREA}')" if name == "operator" else f"{name} is not null"
        for name in PERSONAL_OF_OPERATION
    )
    source = f"(select * from {OPERATIONS_SOURCE} where id in ({listed}) and ({holds}))"
    keep_leaves(connection, number, ("operations", ""), list(PERSONAL_OF_OPERATION), source)
    without = json.dumps(dict.fromkeys(PERSONAL_DETAILS), separators=(",", ":"))
    connection.execute(
        f"""
        update history.operations set reason = if(reason is null, null, '{ERASED}'),
            operator = if(suffix(operator, '{CLIENT_AREA}'), '{ERASED_CLIENT}', operator),
            details = if(details is null, null, json_merge_patch(details, '{without}')::varchar)
        where id in ({listed})
        """
    )
