"""Does the book agree with itself? The chain, the history and the tables, each against the others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import duckdb

from clientops.book.erasure.proof import told_erasures
from clientops.book.proof.anchors import Anchor
from clientops.book.proof.chain import GENESIS
from clientops.book.proof.direct_sql import drifted_tables, filled_tables, find_direct_changes
from clientops.book.proof.findings import MOST, Finding
from clientops.book.proof.verify_anchors import Trust, check_anchors
from clientops.book.proof.verify_chain import REHASH, check_chain
from clientops.book.proof.verify_erasures import check_erasures
from clientops.book.proof.verify_history import check_history, check_replay, check_signs
from clientops.book.write.record import last_operation
from clientops.schema.definition import all_tables, create_tables, quote_name, read_schema
from clientops.schema.invariants import INVARIANTS, every_orphan_sql
from clientops.schema.tables import history_table_sql


@dataclass(frozen=True)
class Report:
    """Result of a verification; the first finding is the first thing that does not fit.

    Attributes:
        operations: Number of operations.
        rows: Rows of history that were hashed.
        head: Hash of the newest operation; write it down elsewhere.
        findings: What does not fit; empty if the book agrees with itself.
        erased: Sentences about rows that a person was erased from; what is left of them is proved since then.
        proven: Newest operation that an anchor or a noted head proves, with all before it; 0 without any.
        anchors: A sentence about each anchor that fits.
    """

    operations: int
    rows: int
    head: str
    findings: tuple[Finding, ...]
    erased: tuple[str, ...] = ()
    proven: int = 0
    anchors: tuple[str, ...] = ()

    @property
    def is_clean(self) -> bool:
        """Whether everything fits."""
        return not self.findings


def verify(
    connection: duckdb.DuckDBPyConnection,
    head: str | None = None,
    anchors: Sequence[Anchor] = (),
    trust: Trust | None = None,
) -> Report:
    """Check the schema, the chain, the history against the chain, and the tables against the history.

    Args:
        connection: An open book.
        head: Hash of an operation, written down earlier; must still be in the chain.
        anchors: Heads that were kept outside the book; each must still be in the chain.
        trust: Who may sign anchors, and the certificates of the time-stamping authority.
    """
    findings = _check_foreign_objects(connection)
    if any(finding.message.startswith("macro") for finding in findings):
        return Report(0, 0, GENESIS, tuple(findings))  # it may change what the other checks mean
    findings += _check_schema(connection)
    unlike = {finding.table for finding in findings}
    if unlike & {
        "history.operations",
        "history.changes",
        "history.requests",
        "history.erased_values",
        "history.old_heads",
    }:
        return Report(0, 0, GENESIS, tuple(findings))
    found_anchors, fitting, proven = check_anchors(connection, anchors, trust or Trust())
    if head and not _check_head(connection, head):
        proven = max(proven, _number_of(connection, head))
    findings += [
        *check_chain(connection),
        *_check_old_heads(connection),
        *_check_head(connection, head),
        *found_anchors,
        *check_erasures(connection),
    ]
    whole = [t for t in all_tables().values() if not unlike & {t.name, f"history.{t.name}"}]
    filled = filled_tables(connection, [t.name for t in whole])
    known = {*filled, *_recorded_tables(connection)}
    rows = 0
    for target in whole:
        if target.name not in known:
            continue
        hashed, found = check_history(connection, target)
        rows += hashed
        findings += [*check_signs(connection, target), *found, *check_replay(connection, target)]
    for name in drifted_tables(connection, filled):
        changes = find_direct_changes(connection, name, MOST)
        findings += [Finding("table_differs", _direct(c.table, c.id, c.kind), None, name, c.id) for c in changes]
        if not changes and all(finding.table != name for finding in findings):
            findings.append(Finding("table_differs", f"table {name} does not equal its history", None, name))
    number, sha256 = last_operation(connection)
    return Report(number, rows, sha256, tuple(findings), told_erasures(connection), proven, fitting)


def _direct(table: str, number: int, kind: str) -> str:
    done = {"insert": "inserted", "update": "changed", "delete": "deleted"}[kind]
    return f"{table} {number} was {done} by other means than an operation"


def _check_foreign_objects(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Objects of others that could change what names mean.

    A macro of the book can hide any function of the engine, so these queries call none but by its full name.
    """
    found = []
    for kind, source, name in (
        ("macro", "duckdb_functions", "function_name"),
        ("view", "duckdb_views", "view_name"),
        ("index", "duckdb_indexes", "index_name"),
    ):
        internal = "" if kind == "index" else "not internal and"
        found += connection.execute(
            f"select '{kind} ', {name} from system.main.{source}() "
            f"where {internal} database_name = system.main.current_database()"
        ).fetchall()
    names = sorted({kind + name for kind, name in found})
    return [Finding("foreign_object", f"{name} was put into the book by others") for name in names]


def _check_schema(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Tables that are not as the migrations made them, or that others made."""
    actual = {**_shapes(connection, "main"), **_shapes(connection, "history")}
    expected = _expected_shapes()
    findings = []
    for name in [*expected, *(name for name in actual if name not in expected)]:
        if name not in expected:
            findings.append(Finding("foreign_object", f"table {name} was put into the book by others"))
        elif name not in actual:
            findings.append(Finding("schema_changed", f"table {name} is missing", None, name))
        elif actual[name] != expected[name]:
            text = f"table {name} no longer has the columns, defaults and conditions it was made with"
            findings.append(Finding("schema_changed", text, None, name))
    return findings


def _shapes(connection: duckdb.DuckDBPyConnection, schema: str) -> dict[str, tuple[object, ...]]:
    """What each table of a schema is made of, by its name (``history.clients``); for history, names and types will do."""
    found = read_schema(connection, schema)
    if schema == "history":
        return {f"history.{name}": tuple((c.name, c.type) for c in table.columns) for name, table in found.items()}
    return {
        name: (tuple(replace(column, comment="") for column in table.columns), table.checks)
        for name, table in found.items()
    }


@lru_cache(maxsize=1)
def _expected_shapes() -> dict[str, tuple[object, ...]]:
    with duckdb.connect() as connection:
        create_tables(connection)
        for name in all_tables():
            connection.execute(history_table_sql(name))
        return {**_shapes(connection, "main"), **_shapes(connection, "history")}


def _recorded_tables(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables that some operation says to have changed."""
    return [name for (name,) in connection.execute("select distinct table_name from history.changes").fetchall()]


def _check_old_heads(connection: duckdb.DuckDBPyConnection) -> list[Finding]:
    """Hashes of before a migration that the operation of the migration did not record."""
    row = connection.execute(
        f"""
        select (select sha256(string_agg(sha256, '' order by operation_id)) from history.old_heads)
            is not distinct from
            (select case when json_valid(details) then details ->> '$.old_heads_sha256' end
             from history.operations where rule = '{REHASH}' order by id limit 1)
        """
    ).fetchone()
    if row and row[0]:
        return []
    return [Finding("history_changed", "the hashes that operations had before the book was hashed again were changed")]


def _number_of(connection: duckdb.DuckDBPyConnection, head: str) -> int:
    row = connection.execute("select id from history.operations where sha256 = ?", [head.strip().lower()]).fetchone()
    return int(row[0]) if row else 0


def _check_head(connection: duckdb.DuckDBPyConnection, head: str | None) -> list[Finding]:
    if head is None or head == GENESIS:
        return []
    wanted = head.strip().lower()
    if connection.execute("select 1 from history.operations where sha256 = $head", {"head": wanted}).fetchone():
        return []
    last, _ = last_operation(connection)
    text = f"no operation has the head hash {wanted[:16]}…: the book was cut back or rewritten; it ends at operation {last}"
    # Whoever rewrites a book could add such a hash: accepting it would take back what a noted head is for.
    if connection.execute("select 1 from history.old_heads where sha256 = $head", {"head": wanted}).fetchone():
        text = (
            f"the head hash {wanted[:16]}… is of the chain before the book was hashed again, and proves nothing in this one: "
            "verify the copy that was made before with the version that wrote it"
        )
    return [Finding("cut_back", text, last)]


def check(connection: duckdb.DuckDBPyConnection) -> list[tuple[str, str, int, str]]:
    """Flaws of the tables themselves, as (code, table, id, message): orphans and broken invariants."""
    found = [
        ("orphan", name, number, message)
        for name, number, message in connection.execute(f"{every_orphan_sql()} order by all").fetchall()
    ]
    for invariant in INVARIANTS:
        connection.execute(f"create or replace temp table touched as select id from {quote_name(invariant.table)}")
        rows = connection.execute(f"{invariant.sql} order by all").fetchall()
        found += [(invariant.code, invariant.table, number, message) for number, message in rows]
    return found
