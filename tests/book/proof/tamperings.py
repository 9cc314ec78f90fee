"""Kinds of tampering by somebody who owns the file, and what finds each: the table of docs/explanation/what-verify-finds.md.

``python -m tests.book.proof.tamperings`` writes the table into that page.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from clientops.book.erasure.proof import digest_of
from clientops.book.proof.chain import (
    CHANGE_FIELDS,
    EMPTY_HASH,
    OPERATION_HASH,
    OPERATIONS_SOURCE,
    PERSONAL_OF_OPERATION,
    changes_hash,
    erased_join,
    field_column,
    hash_change,
    leaf_sql,
    requests_source,
    text_columns,
)
from clientops.book.proof.verify_chain import REHASH
from clientops.book.proof.verify_history import kinds_sql
from clientops.schema.definition import all_tables

PAGE = Path(__file__).parents[3] / "docs" / "explanation" / "what-verify-finds.md"
CREDIT, PAYER, NOTED, LAST = 3, 5, 7, 9
"""Operations: 11 EUR of credit, a client who moves, the newest one that is noted outside, the newest one."""

ALWAYS, HEAD, ANCHOR, NEVER = "always", "head", "anchor", "never"


def recompute(connection: duckdb.DuckDBPyConnection, first: int = 1) -> None:
    """What somebody does who knows everything: every count and hash from an operation on, recalculated from the rows."""
    for number, table, kind, columns, personal, salt in connection.execute(
        "select operation_id, table_name, kind, columns, personal, salt from history.changes where operation_id >= ? order by all", [first]
    ).fetchall():  # fmt: skip
        target = all_tables()[table]
        source = f"(select r.*, '{salt}' as proof_salt from ({kinds_sql(table, kind)}) r where operation_id = {number})"
        names = [target.column(name) for name in columns.split(",")]
        found = hash_change(
            connection, source, names, personal.split(",") if personal else [], None, erased=(table, kind)
        )
        rows, sha256, apart = found.get(number, (0, EMPTY_HASH, ""))
        connection.execute(
            "update history.changes set row_count = ?, sha256 = ?, personal_sha256 = ? where operation_id = ? and table_name = ? and kind = ?",
            [rows // 2 if kind == "update" else rows, sha256, apart, number, table, kind],
        )
    connection.execute(
        f"update history.operations o set personal_sha256 = l.leaf from (select s.operation_id, {leaf_sql(PERSONAL_OF_OPERATION, ('operations', ''))} "
        f"as leaf from {OPERATIONS_SOURCE} s {erased_join('operations', '')}) l where l.operation_id = o.id and o.id >= {first}"
    )
    operations = connection.execute(
        "select id, request_fields, personal_fields from history.operations where id >= ? order by id", [first]
    ).fetchall()
    row = connection.execute(
        "select sha256 from history.operations where id < ? order by id desc limit 1", [first]
    ).fetchone()
    previous = row[0] if row else "0" * 64
    for number, fields, personal in operations:
        names, apart = fields.split(",") if fields else [], personal.split(",") if personal else []
        source = requests_source(names, f"r.operation_id = {number}")
        found = hash_change(
            connection, source, text_columns(names), [*map(field_column, apart)], None, erased=("requests", "")
        )
        count, sha256, own = found.get(number, (0, EMPTY_HASH, ""))
        changes = connection.execute(
            f"select {', '.join(CHANGE_FIELDS)} from history.changes where operation_id = {number}"
        ).fetchall()
        connection.execute(
            "update history.operations set request_count = ?, requests_sha256 = ?, requests_personal_sha256 = ?, change_count = ?, "
            "changes_sha256 = ?, previous_sha256 = ? where id = ?",
            [
                count,
                sha256,
                own,
                sum(c[3] for c in changes),
                changes_hash(changes) if changes else EMPTY_HASH,
                previous,
                number,
            ],
        )
        connection.execute(f"update history.operations set sha256 = {OPERATION_HASH} where id = {number}")
        (previous,) = connection.execute(f"select sha256 from history.operations where id = {number}").fetchone() or (
            "",
        )


def remove(connection: duckdb.DuckDBPyConnection, number: int) -> None:
    """Take an operation out of the log with everything of it, the newest first; tables get the rows before it back."""
    for name, target in all_tables().items():
        rows = connection.execute(f'select count(*) from history."{name}" where operation_id = {number}').fetchone()
        if rows and rows[0]:
            columns = ", ".join(f'"{column}"' for column in target.column_names)
            connection.execute(
                f'delete from main."{name}" where id in (select id from history."{name}" where operation_id = {number})'
            )
            connection.execute(
                f'insert into main."{name}" ({columns}) select {columns} from history."{name}" where operation_id = {number} and sign = -1'
            )
            connection.execute(f'delete from history."{name}" where operation_id = {number}')
    for name, column in (
        ("changes", "operation_id"),
        ("requests", "operation_id"),
        ("operations", "id"),
        ("erased_values", "erased_by"),
    ):
        connection.execute(f"delete from history.{name} where {column} = {number}")


def append(connection: duckdb.DuckDBPyConnection, values: dict[str, str], *, copy: int = LAST) -> int:
    """An operation like another one behind the last, with some columns as SQL; its hash is right."""
    (number,) = connection.execute("select max(id) + 1 from history.operations").fetchone() or (0,)
    given = {"id": str(number), "key": f"'forged {number}'", "request_count": "0", "request_fields": "''", "personal_fields": "''", "undoes_id": "null",
             "applied_at": "(select max(applied_at) from history.operations)", **values}  # fmt: skip
    replaced = ", ".join(f"{sql} as {name}" for name, sql in given.items())
    connection.execute(
        f"insert into history.operations select * replace ({replaced}) from history.operations where id = {copy}"
    )
    recompute(connection, number)
    return int(number)


def erase_as(connection: duckdb.DuckDBPyConnection, entry: str) -> None:
    """Append an erasure that says to have erased what a SELECT of erased_values (without erased_by) names."""
    number = append(connection, {"rule": "'erase-person'"})
    connection.execute(f"insert into history.erased_values select {number}, * from ({entry})")
    kept, digest = digest_of(connection, number)
    connection.execute(
        f"""update history.operations set details = '{{"erased_sha256":"{digest}","erased_values":{kept}}}' where id = {number}"""
    )
    recompute(connection, number)


@dataclass(frozen=True)
class Tampering:
    """One kind.

    Attributes:
        what: What is done, in words.
        do: SQL statements, or a function that does it.
        found: ``always`` (without anything noted), ``head`` (by a head or an anchor), ``anchor`` (by an anchor alone), ``never``.
        why: What finds it, or why nothing does.
        rewrite: First operation whose counts and hashes are recalculated afterwards; 0: none.
    """

    what: str
    do: tuple[str, ...] | Callable[[duckdb.DuckDBPyConnection], object]
    found: str
    why: str
    rewrite: int = 0


def _credit(amount: str) -> tuple[str, ...]:
    """Another amount for the credit of operation 3, wherever it stands: entry, balance, both histories, request."""
    return (
        *(f"update {schema}.credit_entries set amount = {amount} where id = 6" for schema in ("main", "history")),
        f"update clients set credit_balance = credit_balance + {amount} - 11 where id = 1",
        f"update history.clients set credit_balance = credit_balance + {amount} - 11 where id = 1 and (operation_id, sign) >= ({CREDIT}, 1)",
        f"update history.requests set request = replace(request, '11', '{amount}') where operation_id = {CREDIT}",
    )


def _renumber(by: int, first: int) -> tuple[str, ...]:
    names = [f'history."{name}"' for name in all_tables()]
    steps = [
        f"update {name} set operation_id = operation_id + {by} where operation_id >= {first}"
        for name in [*names, "history.changes", "history.requests"]
    ]
    steps.append(
        f"update history.operations set id = id + {by}, undoes_id = undoes_id + if(undoes_id >= {first}, {by}, 0) where id >= {first}"
    )
    steps.append(
        f"update history.erased_values set operation_id = operation_id + if(operation_id >= {first}, {by}, 0), erased_by = erased_by + {by}"
    )
    return tuple(steps)


def _cut_back(last: int) -> Callable[[duckdb.DuckDBPyConnection], None]:
    def cut(connection: duckdb.DuckDBPyConnection) -> None:
        for number in range(LAST, last, -1):
            remove(connection, number)

    return cut


def _remove_in_between(connection: duckdb.DuckDBPyConnection) -> None:
    connection.execute("delete from history.notes where operation_id = 4")
    connection.execute("delete from notes where id = 3")
    for name in ("changes", "requests"):
        connection.execute(f"delete from history.{name} where operation_id = 4")
    connection.execute("delete from history.operations where id = 4")
    for step in _renumber(-1, 5):
        connection.execute(step)
    _seal_erasures(connection)


def _add_in_between(connection: duckdb.DuckDBPyConnection) -> None:
    for step in _renumber(1, 5):
        connection.execute(step)
    connection.execute(
        "insert into history.operations select * replace (5 as id, 'forged' as key, 'nora' as operator, 0 as request_count, '' as request_fields, "
        "'' as personal_fields) from history.operations where id = 4"
    )
    _seal_erasures(connection)


def _seal_erasures(connection: duckdb.DuckDBPyConnection) -> None:
    """Erasures again hold the digest of what they kept, once operations have other numbers."""
    for (number,) in connection.execute("select distinct erased_by from history.erased_values").fetchall():
        _, digest = digest_of(connection, number)
        connection.execute(
            f"""update history.operations set details = json_merge_patch(details, '{{"erased_sha256":"{digest}"}}')::varchar where id = {number}"""
        )


def _forged_rehash(connection: duckdb.DuckDBPyConnection) -> None:
    """Everything is rewritten, and a migration is made up that recognises the hashes of before."""
    connection.execute("insert into history.old_heads select id, sha256 from history.operations order by id")
    for step in _credit("999"):
        connection.execute(step)
    recompute(connection)
    (digest,) = connection.execute(
        "select sha256(string_agg(sha256, '' order by operation_id)) from history.old_heads"
    ).fetchone() or ("",)
    append(connection, {"rule": f"'{REHASH}'", "details": f"""'{{"old_heads_sha256":"{digest}"}}'"""})


def _forged_erasure(connection: duckdb.DuckDBPyConnection) -> None:
    """A description is blanked, and an operation appended that says to have erased it, with the right hash of it."""
    connection.execute("create or replace temp table kept as select sha256(c.salt || description) as hash from history.credit_entries h join history.changes c "
                       f"on c.operation_id = h.operation_id and c.table_name = 'credit_entries' where h.operation_id = {CREDIT}")  # fmt: skip
    for schema in ("main", "history"):
        connection.execute(f"update {schema}.credit_entries set description = '(erased)' where id = 6")
    erase_as(connection, f"select {CREDIT}, 'credit_entries', 'insert', 1, 6, 'description', hash from temp.kept")


_LEDGER = f"select {CREDIT}, 'credit_entries', 'insert', 1, 6, 'amount', sha256('11')"
_TIME = "(select max(applied_at) from history.operations)"

TAMPERINGS = (
    # -- one statement, hashes left as they are
    Tampering("An amount in a table", ("update credit_entries set amount = 999 where id = 6",), ALWAYS, "the table differs from its history"),
    Tampering("An amount in the history", ("update history.credit_entries set amount = 999 where id = 6",), ALWAYS, "the hash of the rows of the operation"),
    Tampering("An amount in entry, balance, history and request", _credit("999"), ALWAYS, "the hashes of rows and requests"),
    Tampering("A date in table and history", tuple(f"update {s}.credit_entries set entry_on = '2020-01-01' where id = 6" for s in ("main", "history")), ALWAYS, "the hash of the rows"),
    Tampering("A name in table and history", tuple(f"update {s}.clients set last_name = 'Hyde' where id = 1" for s in ("main", "history")), ALWAYS, "the hash of personal values, kept apart"),
    Tampering("A row inserted into a table", ("insert into groups (id, name) values (77, 'x')",), ALWAYS, "the table differs from its history"),
    Tampering("A row inserted into table and history", ("insert into groups (id, name) values (77, 'x')", f"insert into history.groups (operation_id, sign, id, name) values ({CREDIT}, 1, 77, 'x')"), ALWAYS, "rows that no operation recorded"),
    Tampering("A row deleted from a table", ("delete from notes where id = 1",), ALWAYS, "the table differs from its history"),
    Tampering("A row deleted from table and history", ("delete from credit_entries where id = 6", "delete from history.credit_entries where id = 6"), ALWAYS, "the number and hash of the rows"),
    Tampering("Row before and row after exchanged", (f"update history.clients set sign = -sign where operation_id = {PAYER}",), ALWAYS, "the hash of the rows, and the replay"),
    Tampering("Both rows of an update changed alike, in a column it did not touch", (f"update history.clients set city = 'Bern' where operation_id = {CREDIT}",), ALWAYS, "the replay: the row before is not the one that was left"),
    Tampering("Rows given to another operation", (f"update history.credit_entries set operation_id = {PAYER} where operation_id = {CREDIT}",), ALWAYS, "the hashes of both"),
    Tampering("The operator of an operation", (f"update history.operations set operator = 'nora' where id = {CREDIT}",), ALWAYS, "the operation's own hash"),
    Tampering("The reason of an operation", (f"update history.operations set reason = 'agreed' where id = {CREDIT}",), ALWAYS, "the hash of its personal texts"),
    Tampering("The moment of an operation", (f"update history.operations set applied_at = applied_at + interval 1 second where id = {CREDIT}",), ALWAYS, "the operation's own hash"),
    Tampering("The rule of an operation", (f"update history.operations set rule = 'adjust-credit' where id = {CREDIT}",), ALWAYS, "the operation's own hash"),
    Tampering("The role or the policy in an operation's details", (f"""update history.operations set details = '{{"role":"admin"}}' where id = {CREDIT}""",), ALWAYS, "the operation's own hash"),
    Tampering("A request", (f"update history.requests set request = replace(request, '11', '12') where operation_id = {CREDIT}",), ALWAYS, "the hash of the requests"),
    Tampering("A request removed", (f"delete from history.requests where operation_id = {CREDIT}",), ALWAYS, "the number and hash of the requests"),
    Tampering("The list of changed tables", (f"delete from history.changes where operation_id = {CREDIT} and table_name = 'clients'",), ALWAYS, "the hash of the list"),
    Tampering("An operation removed", (f"delete from history.operations where id = {CREDIT}",), ALWAYS, "the gap in the chain"),
    Tampering("Two operations exchanged", ("update history.operations set id = case id when 3 then 5 else 3 end where id in (3, 5)",), ALWAYS, "the links of the chain"),
    Tampering("The hash of an operation", (f"update history.operations set sha256 = sha256('x') where id = {CREDIT}",), ALWAYS, "the operation's own hash"),
    Tampering("A salt that hides something", (f"update history.changes set salt = 'x' where operation_id = {CREDIT} and table_name = 'credit_entries'",), ALWAYS, "the hash of personal values"),
    Tampering("A column added to a table", ("alter table groups add column motto varchar",), ALWAYS, "the shape of the tables"),
    Tampering("A condition of a table removed", ("create or replace table groups as select * from groups",), ALWAYS, "the shape of the tables"),
    Tampering("A table dropped", ("drop table notes",), ALWAYS, "the shape of the tables"),
    Tampering("A macro that hides a function of the engine", ("create macro sha256(x) as 'abc'",), ALWAYS, "macros are looked for before any function is trusted"),
    # -- everything rewritten consistently
    Tampering("An amount everywhere, and all counts and hashes since recalculated", _credit("999"), HEAD, "the book agrees with itself; the noted hash is gone", CREDIT),
    Tampering("Another operator, and all hashes recalculated", (f"update history.operations set operator = 'nora' where id = {CREDIT}",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("Another date, and all hashes recalculated", tuple(f"update {s}.credit_entries set entry_on = '2020-01-01' where id = 6" for s in ("main", "history")), HEAD, "the noted hash is gone", CREDIT),
    Tampering("Another moment, and all hashes recalculated", (f"update history.operations set applied_at = applied_at + interval 1 microsecond where id = {CREDIT}",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("Another reason, and all hashes recalculated", (f"update history.operations set reason = 'agreed' where id = {CREDIT}",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("Another name, and all hashes recalculated", tuple(f"update {s}.clients set last_name = 'Hyde' where id = 1" for s in ("main", "history")), HEAD, "the noted hash is gone: personal values are in it, too", 1),
    Tampering("Another request, and all hashes recalculated", (f"update history.requests set request = replace(request, '11', '12') where operation_id = {CREDIT}",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("Another salt, and all hashes recalculated", (f"update history.changes set salt = 'x' where operation_id = {CREDIT} and salt <> ''",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("The undo of an operation cut loose, and all hashes recalculated", ("update history.operations set undoes_id = null where id = 7",), HEAD, "the noted hash is gone", 7),
    Tampering("The role in an operation's details, and all hashes recalculated", (f"""update history.operations set details = '{{"role":"admin"}}' where id = {CREDIT}""",), HEAD, "the noted hash is gone", CREDIT),
    Tampering("An operation removed, those after it renumbered, all hashes recalculated", _remove_in_between, HEAD, "the noted hash is gone", 4),
    Tampering("An operation added in between, those after it renumbered, all hashes recalculated", _add_in_between, HEAD, "the noted hash is gone", 5),
    Tampering("The newest operations cut off, those noted among them", _cut_back(5), HEAD, "the noted hash is gone", 1),
    Tampering("An older copy of the book in its place", _cut_back(1), HEAD, "the noted hash is gone", 1),
    Tampering("Everything rewritten, and a migration made up that recognises the hashes of before", _forged_rehash, HEAD, "a hash of before a migration proves nothing in the book after it, and is reported"),
    # -- time
    Tampering("An operation appended that lies in the future", lambda c: append(c, {"applied_at": "now() + interval 1 day"}), ALWAYS, "moments lie in the past"),
    Tampering("An operation appended that is older than the one before", lambda c: append(c, {"applied_at": f"{_TIME} - interval 1 hour"}), ALWAYS, "moments never fall"),
    Tampering("Operations after the anchor dated back to before it", (f"update history.operations set applied_at = applied_at - interval 9 days - interval 12 hours where id > {NOTED}",), ANCHOR, "when the anchor was made, they did not exist; a bare hash does not know when it was noted", NOTED + 1),
    # -- erasures
    Tampering("An amount changed, and an erasure made up that exempts it", lambda c: (*(c.execute(s) for s in _credit("999")), erase_as(c, _LEDGER)), ALWAYS, "only personal values can be exempt"),
    Tampering("A name blanked without an erasure", tuple(f"update {s}.clients set last_name = null where id = 2" for s in ("main", "history")), ALWAYS, "the hash of personal values"),
    Tampering("A value exempted as erased that is still there", lambda c: erase_as(c, f"select {CREDIT}, 'credit_entries', 'insert', 1, 6, 'description', sha256('x')"), ALWAYS, "exempt values must be gone"),
    Tampering("An erasure that comes before what it erased", (f"update history.erased_values set operation_id = {LAST}",), ALWAYS, "the hash over everything that was erased"),
    Tampering("The hash that was kept of an erased value", ("update history.erased_values set sha256 = sha256('x') where part = 'clients'",), ALWAYS, "the hash over everything that was erased"),
    Tampering("The hashes that were kept of what was erased removed", ("delete from history.erased_values",), ALWAYS, "the number of erased values that the operation recorded"),
    Tampering("Another name in the place of an erased one", tuple(f"update {s}.clients set last_name = 'Hyde' where id = 5" for s in ("main", "history")), ALWAYS, "exempt values must be gone"),
    # -- what nothing finds
    Tampering("An amount of an operation after the newest noted one, and its hashes recalculated", ("update credit_entries set amount = 7 where id = 7", "update history.credit_entries set amount = 7 where id = 7"), NEVER, "nothing outside the book knows these operations yet: note heads often", LAST),
    Tampering("The newest operation cut off, after the newest noted one", _cut_back(LAST - 1), NEVER, "nothing outside the book knows it yet: note heads often"),
    Tampering("An operation appended in somebody else's name", lambda c: append(c, {"operator": "'nora'"}), NEVER, "with the file alone, operators name themselves; behind the server they sign in"),
    Tampering("A personal text blanked, and an erasure made up that says so", _forged_erasure, NEVER, "that is an erasure: it stands in the log, in verify's notes and in the audit report; nothing but personal texts can go"),
    Tampering("A salt that hides nothing", (f"update history.operations set salt = 'x' where id = {NOTED} and reason is null",), NEVER, "no value is hashed with it"),
    Tampering("A number in a request written as text", (f"""update history.requests set request = replace(request, '"client_id":1', '"client_id":"1"') where operation_id = {CREDIT}""",), NEVER, "the value is the same"),
    Tampering("A comment on a table", ("comment on table groups is 'x'",), NEVER, "comments describe, and say nothing about clients or money"),
)  # fmt: skip

YES, NO = "found", "–"


def table() -> str:
    """The table of the page."""
    lines = [
        "| what is done | nothing noted | a head noted | an anchor | what finds it, or why nothing does |",
        "| --- | --- | --- | --- | --- |",
    ]
    for case in TAMPERINGS:
        found = [YES if case.found in which else NO for which in ((ALWAYS,), (ALWAYS, HEAD), (ALWAYS, HEAD, ANCHOR))]
        lines.append(f"| {case.what} | {' | '.join(found)} | {case.why} |")
    return "\n".join(lines) + "\n"


def page_with(text: str, rows: str) -> str:
    """The page with its table replaced."""
    before, _, rest = text.partition("| what is done |")
    return before + rows + rest[rest.rindex("|\n") + 2 :]


if __name__ == "__main__":
    PAGE.write_text(page_with(PAGE.read_text(encoding="utf-8"), table()), encoding="utf-8")
