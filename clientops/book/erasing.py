"""Erasing in place: texts go from rows and their history, and the hash of each block they stood in is kept beside what it is now."""

from __future__ import annotations

import json
import re
from typing import Any

import duckdb

from clientops.book.chain import BLOCK, OPERATION_HASH, blocks_sql
from clientops.book.erasures import digest_of
from clientops.book.naming import chosen_operations_sql, erase_alone, without_words
from clientops.book.personal import ERASED, IMPERSONAL, KEPT, erased_value, naming_pattern, personal_columns, values_sql
from clientops.book.verify import kinds_sql
from clientops.tables.schema import Table, all_tables, quote_name

_AMOUNT = re.compile(r"-?\d{1,14}(\.\d{1,4})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")
_MONEY = re.compile(r"amount|balance|price|quantity|total|fee|discount|rate")


def erase_rows(
    connection: duckdb.DuckDBPyConnection, number: int, reason: str | None
) -> tuple[dict[str, Any], str | None]:
    """Erase what the steps of the rule found, as operation ``number``; the caller writes that and commits.

    Returns:
        Details of the operation: how many blocks changed, and the hash over what is kept of them, so that the chain
        holds it; and its reason, without the person's names.
    """
    connection.execute(f"create or replace temp table erased_values as {values_sql()}")
    patterns = naming_pattern(row[0] for row in connection.execute("select value from erased_values").fetchall())
    reason = _unnamed(connection, reason, patterns)
    tables = [t for t in all_tables().values() if personal_columns(t)]
    for target in tables:
        _choose_rows(connection, target, patterns)
    operations = _choose_operations(connection)
    _choose_requests(connection, operations, patterns)
    connection.execute("create or replace temp table blocks_before as select * from history.erased_blocks limit 0")
    connection.execute("create or replace temp table blocks_after as select * from history.erased_blocks limit 0")
    _keep_hashes(connection, tables, number, "blocks_before")
    for target in tables:
        _erase(connection, target, patterns)
    _erase_requests(connection)
    _erase_operations(connection, operations, patterns)
    left = erase_alone(connection)
    _keep_hashes(connection, tables, number, "blocks_after")
    connection.execute(KEEP_BLOCKS)
    blocks, digest = digest_of(connection, number)
    for name in ("erased_values", "blocks_before", "blocks_after", "chosen_requests"):
        connection.execute(f"drop table if exists temp.{name}")
    return {"erased_blocks": blocks, "erased_sha256": digest, **left}, reason


# Of a block that was erased from before, the hash that the chain was made with is the first one.
KEEP_BLOCKS = """
    insert into history.erased_blocks
    select a.erased_by, a.operation_id, a.part, a.kind, a.block, coalesce(e.sha256_before, b.sha256_before), a.sha256_after
    from blocks_after a join blocks_before b using (operation_id, part, kind, block)
    left join history.erased_blocks e on e.operation_id = b.operation_id and e.part = b.part and e.kind = b.kind and e.block = b.block
        and e.sha256_after = b.sha256_before
    where a.sha256_after <> b.sha256_before
    order by all
"""


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


def _choose_rows(connection: duckdb.DuckDBPyConnection, target: Table, pattern: str) -> None:
    """Temp table ``chosen <table>`` of ``id, is_owned``: rows of the person, and rows of others that name them."""
    name = target.name
    owned = connection.execute(
        "select 1 from duckdb_tables() where temporary and table_name = $name", {"name": f"erased {name}"}
    ).fetchone()
    mine = f'select id from temp."erased {name}"' if owned else "select 0::bigint as id limit 0"
    alone = f"select id from temp.named_alone where table_name = '{name}' and is_chosen"
    naming = "select 0::bigint as id limit 0"
    texts = " or ".join(
        f"regexp_matches({quote_name(c.name)}, $pattern)" for c in target.columns if c.type == "VARCHAR"
    )
    if pattern and texts and name not in IMPERSONAL:
        naming = f"select id from history.{quote_name(name)} where {texts}"
    connection.execute(
        f'create or replace temp table "chosen {name}" as select id, max(is_owned) as is_owned from ('
        f"select id, true as is_owned from ({mine}) union all select id, false from ({naming}) union all select id, false from ({alone})) group by id",
        {"pattern": pattern} if "$pattern" in naming else None,
    )


def _choose_operations(connection: duckdb.DuckDBPyConnection) -> set[int]:
    """Operations of a single request that touched something of the person: what was typed there is about them."""
    parts = [
        f'select operation_id from history.{quote_name(name)} where id in (select id from temp."chosen {name}" where is_owned)'
        for name, target in all_tables().items()
        if personal_columns(target)
    ]
    rows = connection.execute(
        f"select id from history.operations where request_count <= 1 and id in ({' union '.join(parts)})"
    ).fetchall()
    return {row[0] for row in rows}


def _choose_requests(connection: duckdb.DuckDBPyConnection, operations: set[int], pattern: str) -> None:
    """Temp table ``chosen_requests`` of ``operation_id, request_row, request, after``."""
    listed = ", ".join(map(str, sorted(operations))) or "-1"
    naming = "regexp_matches(request, $pattern)" if pattern else "false"
    rows = connection.execute(
        f"""
        select operation_id, request_row, request from history.requests r
        where operation_id in ({listed}) or {naming} or exists (
            select 1 from temp."erased clients" c
            where regexp_matches(r.request, '"[a-z_]*(client|replaced|survivor)[a-z_]*_id": ?"?' || c.id || '[",}}]')
        )
        """,
        {"pattern": pattern} if pattern else None,
    ).fetchall()
    connection.execute(
        "create or replace temp table chosen_requests (operation_id bigint, request_row bigint, after varchar)"
    )
    words = [word for (word,) in connection.execute("select word from temp.alone_words").fetchall()]
    if words:  # others' requests keep their texts, but for the words
        connection.execute(
            f"insert into chosen_requests select operation_id, request_row, {without_words('request', words)} from history.requests "
            f"where operation_id in ({chosen_operations_sql()})"
        )
        done = {(operation_id, request_row) for operation_id, request_row, _ in rows}
        connection.executemany(
            "delete from chosen_requests where operation_id = ? and request_row = ?", [*done, (-1, -1)]
        )
    for operation_id, request_row, request in rows:
        connection.execute(
            "insert into chosen_requests values (?, ?, ?)", [operation_id, request_row, erased_json(request)]
        )


def erased_json(text: str) -> str:
    """A request without its texts; amounts, days, numbers and given words stay."""

    def cleaned(key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {k: cleaned(k, v) for k, v in value.items()}
        if isinstance(value, list):
            return [cleaned(key, item) for item in value]
        if not isinstance(value, str) or key in KEPT or _DAY.fullmatch(value):
            return value
        return value if _MONEY.search(key) and _AMOUNT.fullmatch(value) else ERASED

    try:
        given = json.loads(text)
    except ValueError:
        return json.dumps(ERASED)
    return json.dumps(cleaned("", given), ensure_ascii=False, separators=(",", ":"))


def _erase(connection: duckdb.DuckDBPyConnection, target: Table, pattern: str) -> None:
    columns = personal_columns(target)
    name = quote_name(target.name)
    sets = ", ".join(f"{quote_name(c.name)} = {erased_value(target, c)}" for c in columns)
    texts = [c for c in target.columns if c.type == "VARCHAR"]
    swept = ", ".join(
        f"{quote_name(c.name)} = regexp_replace({quote_name(c.name)}, $pattern, '{ERASED}', 'g')" for c in texts
    )
    naming = " or ".join(f"regexp_matches({quote_name(c.name)}, $pattern)" for c in texts)
    for schema in ("main", "history"):
        connection.execute(
            f'update {schema}.{name} set {sets} where id in (select id from temp."chosen {target.name}" where is_owned)'
        )
        if pattern and texts:
            chosen = f'id in (select id from temp."chosen {target.name}") and ({naming})'
            connection.execute(f"update {schema}.{name} set {swept} where {chosen}", {"pattern": pattern})


def _erase_requests(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute(
        "update history.requests r set request = c.after from chosen_requests c "
        "where c.operation_id = r.operation_id and c.request_row = r.request_row"
    )


def _erase_operations(connection: duckdb.DuckDBPyConnection, operations: set[int], pattern: str) -> None:
    """Reasons of operations about nobody else go; elsewhere what names the person."""
    listed = ", ".join(map(str, sorted(operations))) or "-1"
    connection.execute(
        f"update history.operations set reason = '{ERASED}' where reason is not null and id in ({listed})"
    )
    if pattern:
        connection.execute(
            f"update history.operations set reason = regexp_replace(reason, $pattern, '{ERASED}', 'g'), "
            f"details = regexp_replace(details, $pattern, '{ERASED}', 'g') "
            "where regexp_matches(reason, $pattern) or regexp_matches(details, $pattern)",
            {"pattern": pattern},
        )


def _keep_hashes(connection: duckdb.DuckDBPyConnection, tables: list[Table], number: int, kept: str) -> None:
    """Hashes of every block that the chosen rows, requests and operations stand in."""
    for target in tables:
        groups = connection.execute(
            f"""
            select kind, columns, list(operation_id) from history.changes
            where table_name = $name and operation_id in (
                select operation_id from history.{quote_name(target.name)} where id in (select id from temp."chosen {target.name}")
            ) group by all
            """,
            {"name": target.name},
        ).fetchall()
        for kind, columns, operations in groups:
            known = [target.column(c) for c in columns.split(",") if c in target.column_names]
            wanted = ", ".join(map(str, operations))
            chosen = f'select distinct id // {BLOCK} from temp."chosen {target.name}"'
            source = f"(select * from ({kinds_sql(target.name, kind)}) where operation_id in ({wanted}) and id // {BLOCK} in ({chosen}))"
            connection.execute(
                f"insert into {kept} select {number}, operation_id, '{target.name}', '{kind}', block, hash, hash "
                f"from ({blocks_sql(source, known, {})})",
                {"low": -(2**62), "high": 2**62},
            )
    connection.execute(
        f"insert into {kept} select {number}, operation_id, 'requests', '', block, hash, hash from ({REQUEST_BLOCKS})"
    )
    connection.execute(
        f"insert into {kept} select {number}, id, 'operations', '', 0, {OPERATION_HASH}, {OPERATION_HASH} from history.operations"
    )


REQUEST_BLOCKS = f"""
    select operation_id, request_row // {BLOCK} as block,
        sha256(string_agg(request_row || '|' || strlen(request) || ':' || request, ';' order by request_row)) as hash
    from history.requests where (operation_id, request_row // {BLOCK}) in (select distinct operation_id, request_row // {BLOCK} from chosen_requests)
    group by operation_id, block
"""
