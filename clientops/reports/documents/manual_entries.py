"""The record of manual entries: what people entered, beside what came by import, by generation and by rule."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.registry import MANUAL_KINDS, rules, title_of, titles
from clientops.reports.lists.engine import Listing, Shown
from clientops.schema.days import day_sql
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables

OTHER = "other"
BY_HAND, IMPORT, GENERATION, BY_RULE, UNDO, DIRECT = "by hand", "import", "generation", "rule", "undo", "direct SQL"
SOURCES = (BY_HAND, IMPORT, GENERATION, BY_RULE, UNDO, DIRECT)

# Rules that work out by themselves what becomes of which rows; whatever else the registry has, a person filled in.
AUTOMATIC = {
    "import-whmcs": IMPORT, "build-demo": IMPORT, "generate-invoices": GENERATION, "record-commissions": GENERATION,
    "suggest-statuses": BY_RULE, "merge-clients": BY_RULE, "unmerge-clients": BY_RULE, "find-duplicates": BY_RULE,
    "begin-mail": BY_RULE, "record-mail": BY_RULE, "carry-out-changes": BY_RULE, "mend": BY_RULE, "import-statement": IMPORT,
    "import-zone": IMPORT, "undo": UNDO, "direct-sql": DIRECT,
}  # fmt: skip

# Tables whose new rows are counted, and the kind of entry that each row is.
KIND_OF_TABLE = {
    "clients": "client", "services": "hosting account", "domains": "domain name", "notes": "custom data or notes",
    "custom_values": "custom data or notes", "invoices": "invoice or transaction", "transactions": "invoice or transaction",
    "credit_notes": "invoice or transaction", "tickets": "support ticket", "communications": "communication log",
    "orders": "order", "addons": "add-on or customisation", "affiliates": "affiliate referral",
    "referrals": "affiliate referral", "service_changes": "product or service change", "articles": "knowledgebase article",
}  # fmt: skip


@dataclass(frozen=True)
class Entries:
    """What was entered by hand in a period.

    Attributes:
        operations: One row an operation, the newest first: ``id, applied_at, operator, reason, rule, title, kind,
            requests, rows, undone_by_id``.
        requests: What was asked for, one row a request: ``operation_id, applied_at, operator, reason, rule, kind,
            request_row, request`` (JSON of what was given, without secrets).
        rows: Which rows of which table came of it: ``operation_id, kind, table_name, change, columns, rows``.
        counts: New rows of each kind beside where they came from: ``kind`` and one column for each of ``SOURCES``
            (``by hand``, ``import``, ``generation``, ``rule``, ``undo``, ``direct SQL``), ``total``, and ``operators``
            (how many persons entered by hand). One row a kind, in the order of ``MANUAL_KINDS``.
    """

    operations: Relation
    requests: Relation
    rows: Relation
    counts: Relation


def manual_entries(
    tables: Tables,
    from_on: date | None = None,
    to_on: date | None = None,
    *,
    operator: str | None = None,
    kind: str | None = None,
) -> Entries:
    """Everything that was entered by hand in a period, and where the rest came from.

    ``manual_entries(tables, from_on, to_on, operator=None, kind=None) -> Entries``; give tables of a book
    (``with book.tables() as tables``).

    Args:
        tables: Read-only tables of a book; reads the history.
        from_on: First day (UTC) of the period; None: from the beginning.
        to_on: Last day (UTC) of the period, all of it; None: to the end.
        operator: Only what this person entered.
        kind: Only this kind of entry: one of ``MANUAL_KINDS``, or ``other``.

    Returns:
        Relations over the history, read when they are used; see :class:`Entries`.

    Raises:
        UsageError: There is no such kind, or the period ends before it begins.
    """
    if kind is not None and kind not in (*MANUAL_KINDS, OTHER):
        raise UsageError(f"There is no kind of entry {kind!r}; there are {', '.join((*MANUAL_KINDS, OTHER))}")
    if from_on and to_on and to_on < from_on:
        raise UsageError(f"The period ends on {to_on}, before it begins on {from_on}")
    values = {"from_on": from_on, "to_on": to_on, "operator": operator, "kind": kind}
    until = {"last": tables.as_of if tables.as_of is not None else 2**62}
    operations = tables.query(f"select * from ({entries_sql()}) where id <= $last order by id desc", **values, **until)
    return Entries(
        operations,
        tables.query(f"with entered as ({entries_sql()}) {REQUESTS}", **values, **until),
        tables.query(f"with entered as ({entries_sql()}) {ROWS}", **values, **until),
        tables.query(counts_sql(), **values, **until),
    )


@lru_cache(maxsize=1)
def rules_sql() -> str:
    """VALUES of each rule: ``rule, title, kind, source``."""
    kinds = {rule.name: rule.manual for rule in rules().values()}
    known = {name: (title_of(name), kinds.get(name) or OTHER) for name in [*titles(), *AUTOMATIC]}
    rows = ", ".join(
        f"({', '.join(map(quote_text, (name, title, kind, AUTOMATIC.get(name, BY_HAND))))})"
        for name, (title, kind) in known.items()
    )
    return f"(values {rows}) as known_rules(rule, title, kind, source)"


def sourced_sql() -> str:
    """SELECT of every operation of the period with ``title, kind, source``; what came in a file of an import is one."""
    return f"""
        select o.*, coalesce(known_rules.title, o.rule) as title, coalesce(known_rules.kind, '{OTHER}') as kind,
            case when starts_with(o.key, 'import ') then '{IMPORT}' else coalesce(known_rules.source, '{BY_RULE}') end as source
        from history.operations o left join {rules_sql()} on known_rules.rule = o.rule
        where ($from_on::date is null or {day_sql("o.applied_at")} >= $from_on::date)
            and ($to_on::date is null or {day_sql("o.applied_at")} <= $to_on::date)
    """


def entries_sql() -> str:
    """SELECT of the operations that people entered: parameters ``$from_on, $to_on, $operator, $kind``, each or null."""
    return f"""
        select s.id, s.applied_at, s.operator, s.reason, s.rule, s.title, s.kind, s.request_count as requests,
            s.change_count as rows,
            (select max(u.id) from history.operations u where u.undoes_id = s.id) as undone_by_id
        from ({sourced_sql()}) s
        where s.source = '{BY_HAND}' and ($operator::varchar is null or s.operator = $operator::varchar)
            and ($kind::varchar is null or s.kind = $kind::varchar)
    """


REQUESTS = """
    select entered.id as operation_id, entered.applied_at, entered.operator, entered.reason, entered.rule, entered.kind,
        r.request_row, json_merge_patch('{}', r.request)::varchar as request
    from entered join history.requests r on r.operation_id = entered.id where entered.id <= $last
    order by entered.id desc, r.request_row
"""

ROWS = """
    select entered.id as operation_id, entered.kind, c.table_name, c.kind as change, c.columns, c.row_count as rows
    from entered join history.changes c on c.operation_id = entered.id where entered.id <= $last
    order by entered.id desc, c.table_name, c.kind
"""


def counts_sql() -> str:
    """SELECT of the new rows of each kind by where they came from."""
    kinds = ", ".join(f"({place}, {quote_text(kind)})" for place, kind in enumerate(MANUAL_KINDS))
    tables = ", ".join(f"({quote_text(name)}, {quote_text(kind)})" for name, kind in KIND_OF_TABLE.items())
    columns = ", ".join(
        f"coalesce(sum(c.row_count) filter (where s.source = '{source}'), 0)::bigint as \"{source}\""
        for source in SOURCES
    )
    return f"""
        with sourced as (
            select * from ({sourced_sql()}) where id <= $last and ($operator::varchar is null or operator = $operator::varchar)
        ),
        came as (
            select c.operation_id, of_table.kind, c.row_count
            from history.changes c join (values {tables}) as of_table(name, kind) on of_table.name = c.table_name
            where c.kind = 'insert'
        )
        select kinds.kind, {columns}, coalesce(sum(c.row_count) filter (where s.id is not null), 0)::bigint as total,
            count(distinct case when s.source = '{BY_HAND}' then s.operator end) as operators
        from (values {kinds}) as kinds(place, kind)
        left join (came c join sourced s on s.id = c.operation_id) on c.kind = kinds.kind
        where $kind::varchar is null or kinds.kind = $kind::varchar
        group by kinds.place, kinds.kind order by kinds.place
    """


def entries_listing() -> Listing:
    """The operations that people entered, for a grid; the parameters are those of :func:`entries_sql`."""
    return Listing(
        "manual-entries", "manual entries", entries_sql(),
        (Shown("id", "Operation", "number"), Shown("applied_at", "When", "moment"), Shown("operator", "Who"), Shown("kind", "Kind"),
         Shown("title", "What"), Shown("reason", "Why"), Shown("requests", "Requests", "number"), Shown("rows", "Rows", "number"),
         Shown("undone_by_id", "Undone by", "number")),
        "id desc", "Nothing was entered by hand in this period",
    )  # fmt: skip


def read_operators(tables: Tables) -> tuple[str, ...]:
    """Everybody who ever entered something, for a choice."""
    return tuple(
        row[0] for row in tables.query("select distinct operator from history.operations order by 1").fetchall()
    )
