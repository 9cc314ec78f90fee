"""Amounts that people make up look different from those that business brings: round ones, and their first digits."""

from __future__ import annotations

from math import log10

from clientops.reconciliation.find import differences
from clientops.reconciliation.kinds import KINDS
from clientops.reports.audit.charts import bar_chart
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Figure, Kind, Section, count_figure, listed, money_pairs

FEW = 100
SOURCES = {
    "credit": ("Credit entries", "credit_entries", "amount", "true"),
    "payments": ("Payments", "transactions", "amount_in", "kind = 'payment'"),
    "invoices": ("Invoices", "invoices", "total", "status <> 'Draft'"),
}
DIGITS = range(1, 10)
# Benford's law: the share of numbers that begin with a digit, where amounts spread over several powers of ten.
EXPECTED = tuple(log10(1 + 1 / digit) for digit in DIGITS)


def _amounts_sql(name: str, period: Period) -> str:
    """SELECT of ``operation_id, id, amount, currency_id`` of the rows that came in the period."""
    _, table, column, condition = SOURCES[name]
    owner = (
        "currency_id"
        if table == "transactions"
        else "(select arg_max(c.currency_id, c.operation_id) from history.clients c where c.id = t.client_id)"
    )
    return f"""
        select operation_id, id, {column} as amount, {owner} as currency_id from (
            select *, count(*) over (partition by operation_id, id) as images from history.{table}
            where operation_id > {period.before} and operation_id <= {period.until}
        ) t where images = 1 and sign = 1 and {column} <> 0 and {condition}
    """


def amounts_section(period: Period) -> Section:
    """First digits beside what Benford's law expects, and round amounts with who entered them."""
    figures, lists, charts = [], [], []
    for name, (title, _, _, _) in SOURCES.items():
        found = period.tables.query(
            f"""
            select left(ltrim(replace(abs(amount)::varchar, '.', ''), '0'), 1)::integer as digit, count(*)
            from ({_amounts_sql(name, period)}) group by 1 order by 1
            """
        ).fetchall()  # fmt: skip
        counts = dict(found)
        total = sum(counts.values())
        rows = [
            (
                digit,
                counts.get(digit, 0),
                f"{100 * counts.get(digit, 0) / total if total else 0:.1f} %",
                f"{100 * share:.1f} %",
            )
            for digit, share in zip(DIGITS, EXPECTED, strict=True)
        ]
        lists.append(listed(f"digits-{name}", f"{title}: first digits", (("Digit", "number"), ("Amounts", "number"), ("Share", "text"), ("Expected", "text")), rows))  # fmt: skip
        off = (
            sum(abs(counts.get(d, 0) / total - share) for d, share in zip(DIGITS, EXPECTED, strict=True)) / 9
            if total
            else 0
        )
        said = "none" if not total else "too few to tell" if total < FEW else f"{100 * off:.1f} points off on average"
        figures.append(Figure(f"{title}: first digits of {total:,} amounts", said, f"digits-{name}"))
        if total:
            charts.append((f"First digits of {title.lower()}", bar_chart(
                f"First digits of {title.lower()}: {total:,} amounts", [str(d) for d in DIGITS], [counts.get(d, 0) for d in DIGITS], [total * share for share in EXPECTED]
            )))  # fmt: skip
    round_ones = listed(
        "round-amounts", "Round amounts: whole hundreds (ten thousands where the currency has no minor unit)",
        (("Record", "record"), ("Operation", "operation"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"), ("Amount", "money")),
        money_pairs(period.tables.query(
            " union all ".join(
                f"""
                select ('{SOURCES[name][1]}', a.id), a.operation_id, o.operator, o.rule, o.reason, a.amount, k.code
                from ({_amounts_sql(name, period)}) a join history.operations o on o.id = a.operation_id left join currencies k on k.id = a.currency_id
                where a.amount % (case k.minor_digits when 0 then 10000 else 100 end) = 0
                """ for name in SOURCES
            ) + " order by 2, 1"
        ), 5),
    )  # fmt: skip
    return Section(
        "amounts", "Round amounts and first digits",
        "By Benford's law about 30 % of naturally grown amounts begin with 1 and under 5 % with 9. A price list is no natural growth: a difference is a reason to look, not a proof.",
        (*figures, count_figure("Round amounts", round_ones)), (*lists, round_ones), tuple(charts),
    )  # fmt: skip


DIFFERENCE_COLUMNS: tuple[tuple[str, Kind], ...] = (
    ("What", "text"), ("Record", "record"), ("Client", "client"), ("Amount", "money"), ("In words", "text"), ("Explained by", "word"),
    ("Explanation", "text"), ("Operation", "operation"),
)  # fmt: skip


def differences_section(period: Period) -> Section:
    """What reconciliation finds at the end of the period."""
    relation = differences(period.tables)
    columns = (
        "kind, currency_code, amount, table_name, row_id, client_id, message, explained_by, explanation, operation_id"
    )
    rows = relation.project(columns).fetchall()
    sums: dict[tuple[str, str | None], list[int | float]] = {}
    for kind, code, amount, *_ in rows:
        entry = sums.setdefault((kind, code), [0, 0])
        entry[0] += 1
        entry[1] += amount or 0
    by_kind = listed(
        "differences-kinds", "By kind and currency", (("What", "text"), ("Differences", "number"), ("Amount", "money")),
        [(KINDS[kind].title, n, (amount, code) if code else None) for (kind, code), (n, amount) in sorted(sums.items(), key=lambda item: (item[0][0], item[0][1] or ""))],
    )  # fmt: skip
    shown = [
        (KINDS[k].title, (t, r), c, (a, code) if a is not None else None, m, by, why, op)
        for k, code, a, t, r, c, m, by, why, op in rows
    ]
    every = listed("differences", "Each difference", DIFFERENCE_COLUMNS, shown)
    unexplained = listed(
        "differences-unexplained", "Differences that the history does not explain", DIFFERENCE_COLUMNS,
        [row for row in shown if row[5] == "unexplained"],
    )  # fmt: skip
    return Section(
        "open", "Open differences", f"What does not fit at the end of {period.last}: stored figures against those they are derived from.",
        (count_figure("Differences", every), count_figure("Of these unexplained", unexplained, is_bad=True), count_figure("Kinds", by_kind)), (by_kind, every, unexplained),
    )  # fmt: skip
