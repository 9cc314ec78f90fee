"""Differences, suggestions and sign-offs as screens list them: worked out once, then paged through beside the book."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
import pyarrow as pa

from clientops.core.plan import as_dicts
from clientops.reconciliation.find import differences
from clientops.reconciliation.kinds import KINDS
from clientops.reconciliation.sign_off import sign_offs
from clientops.reconciliation.suggest import suggestions
from clientops.reports.lists.engine import Listing, Shown
from clientops.reports.lists.row_names import amount_text
from clientops.rules.repairs.batch import MENDERS
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables, keep_relation


@dataclass(frozen=True)
class KindSum:
    """The differences of a kind: how many, and their amounts by currency in words, the largest counts first."""

    kind: str
    title: str
    meaning: str
    count: int
    amounts: str


class Found:
    """Rows that were worked out, kept in memory so that a grid can page through them.

    Args:
        rows: The rows; a column ``id`` numbers them.
    """

    def __init__(self, rows: pa.Table) -> None:
        self._connection = duckdb.connect()
        keep_relation(self._connection, "found", self._connection.from_arrow(rows))
        self.tables = Tables(self._connection)

    def __len__(self) -> int:
        row = self._connection.execute("select count(*) from found").fetchone()
        return int(row[0]) if row else 0

    def row(self, number: int) -> dict[str, Any] | None:
        """The row with a number."""
        rows = as_dicts(self._connection.sql("from found where id = $id", params={"id": number}))
        return rows[0] if rows else None

    def rows(self, numbers: list[int]) -> list[dict[str, Any]]:
        """Rows with these numbers, in the order that mending them has: rule by rule."""
        return as_dicts(self._connection.sql(f"from found where id in (select unnest($ids::bigint[])) order by {self._order()}", params={"ids": numbers}))  # fmt: skip

    def _order(self) -> str:
        names = self._connection.sql("from found limit 0").columns
        return "mend_rule, kind, row_id" if "mend_rule" in names else "id"

    def query(self, sql: str) -> list[tuple[Any, ...]]:
        """Rows of a SELECT over ``found``."""
        return self._connection.execute(sql).fetchall()


def find_differences(tables: Tables, kinds: tuple[str, ...]) -> Found:
    """Differences of these kinds or families, with what the currency, the kind and the rule that mends them are called."""
    title = _called("kind", {kind.name: kind.title for kind in KINDS.values()})
    mended_by = _called("mend_rule", {name: rule.title for name, rule in MENDERS.items()})
    relation = differences(tables, kinds).project(
        f"*, currency_code as code, {title} as title, coalesce({mended_by}, mend_rule, 'by hand') as mended_by"
    )
    return Found(relation.to_arrow_table())


def _called(column: str, titles: Mapping[str, str]) -> str:
    """SQL of what the values of a column are called."""
    cases = " ".join(f"when {quote_text(name)} then {quote_text(title)}" for name, title in titles.items())
    return f"case {column} {cases} end"


def sum_kinds(found: Found) -> list[KindSum]:
    """How many differences of each kind there are."""
    amounts: dict[str, list[str]] = {}
    counts: dict[str, int] = {}
    for kind, code, count, amount in found.query(SUMS):
        counts[kind] = counts.get(kind, 0) + count
        if code and amount:
            amounts.setdefault(kind, []).append(amount_text(Decimal(amount), code))
    return [
        KindSum(kind, KINDS[kind].title, KINDS[kind].meaning, counts[kind], _few(amounts.get(kind, [])))
        for kind in sorted(counts, key=lambda kind: (-counts[kind], kind))
    ]


def _few(texts: list[str]) -> str:
    more = len(texts) - 2
    return ", ".join(texts[:2]) + (f" and {more} more currenc{'y' if more == 1 else 'ies'}" if more > 0 else "")


SUMS = "select kind, code, count(*), sum(abs(amount)) from found group by 1, 2 order by 3 desc, 2"

DIFFERENCES = Listing(
    "differences",
    "differences",
    "select id, title, message, amount, code, explained_by, operator, mended_by from found",
    (
        Shown("title", "What"),
        Shown("message", "What does not agree", "long"),
        Shown("amount", "Amount", "money"),
        Shown("explained_by", "Where from", "badge"),
        Shown("mended_by", "Mended by", "long"),
    ),
    order="title, abs(amount) desc nulls last",
    empty="Everything agrees",
)


def of_kind(kind: str) -> Listing:
    """The listing of one kind of difference."""
    if not kind:
        return DIFFERENCES
    columns = (*(c for c in DIFFERENCES.columns if c.name != "title"), Shown("operator", "By whom"))
    title = KINDS[kind].title.lower()
    return Listing(
        f"differences-{kind}",
        title,
        f"{DIFFERENCES.sql} where kind = '{KINDS[kind].name}'",
        columns,
        DIFFERENCES.order,
        DIFFERENCES.empty,
    )


def find_suggestions(tables: Tables) -> Found:
    """Statement lines without a match, each with what it likely is; ``id`` is the line's number."""
    suggestions(tables)
    return Found(tables.query(QUEUE).to_arrow_table())


QUEUE = """
    select l.id, l.booked_on, l.amount, k.code, l.payer_name, concat_ws(' ', l.description, l.reference) as words, s.source, s.file_name,
        g.score::bigint as score, g.what, g.transaction_ids, g.client_id, g.invoice_ids, g.amount as payment, g.fee, g.reasons,
        case when g.what is null then 'nothing known'
            when len(g.transaction_ids) > 0 then if(len(g.transaction_ids) = 1, 'transaction ', 'transactions ') || array_to_string(g.transaction_ids, ', ')
            else 'payment of ' || coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name)) end as likely,
        case when g.score >= 85 then 'sure' when g.score >= 60 then 'likely' when g.score is not null then 'maybe' else 'unknown' end as certainty
    from statement_lines l
    join statements s on s.id = l.statement_id
    left join currencies k on k.id = s.currency_id
    left join suggestions g on g.line_id = l.id and g.rank = 1
    left join clients c on c.id = g.client_id
    where l.id not in (select statement_line_id from matches where status = 'matched')
"""

MATCHING = Listing(
    "statement-lines",
    "statement lines to match",
    "select id, booked_on, amount, code, payer_name, words, likely, certainty, score, reasons from found",
    (
        Shown("booked_on", "Booked", "date"),
        Shown("amount", "Amount", "money"),
        Shown("payer_name", "Payer"),
        Shown("certainty", "How sure", "badge"),
        Shown("likely", "Likely"),
        Shown("reasons", "Because"),
        Shown("words", "Text"),
    ),
    order="score desc nulls last, booked_on desc",
    empty="No line waits to be matched",
)

STATEMENTS = Listing(
    "statements",
    "statements",
    """
        select s.id, s.source, s.account, s.file_name, s.from_on, s.to_on, k.code, s.opening_balance, s.closing_balance, count(l.id) as lines,
            count(l.id) filter (where l.id not in (select statement_line_id from matches where status = 'matched')) as open_lines
        from statements s left join currencies k on k.id = s.currency_id left join statement_lines l on l.statement_id = s.id group by all
    """,
    (
        Shown("source", "Source"),
        Shown("account", "Account"),
        Shown("file_name", "File"),
        Shown("from_on", "From", "date"),
        Shown("to_on", "To", "date"),
        Shown("opening_balance", "Opening", "money"),
        Shown("closing_balance", "Closing", "money"),
        Shown("lines", "Lines", "number"),
        Shown("open_lines", "Open", "number"),
    ),
    empty="No statements yet",
)


def line_suggestions(tables: Tables, line_id: int) -> list[dict[str, Any]]:
    """Everything that a statement line may be, with what its rows are called."""
    suggestions(tables, line_id=line_id)
    return as_dicts(tables.query(NAMED_SUGGESTIONS))


NAMED_SUGGESTIONS = """
    select g.*, k.code, coalesce(c.company_name, concat_ws(' ', c.first_name, c.last_name)) as client,
        (select string_agg(coalesce(i.number, i.id::varchar), ', ') from invoices i where i.id in (select unnest(g.invoice_ids))) as invoices
    from suggestions g left join clients c on c.id = g.client_id left join currencies k on k.id = c.currency_id order by g.rank
"""


def read_sign_offs(tables: Tables) -> list[dict[str, Any]]:
    """Every sign-off, and whether its period is still what it was."""
    row = tables.query("select count(*) from sign_offs").fetchone()
    return as_dicts(sign_offs(tables)) if row and row[0] else []
