"""Account credit over a period: the bridge from opening to closing balances, and what stands out in it."""

from __future__ import annotations

from typing import Any

from clientops.book.read.as_of import past_sql
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Figure, Section, count_figure, listed, money_pairs, one_value

MERGING = ("merge-clients", "unmerge-clients")
MOVED = ("issued", "returned", "applied", "removed", "taken back", "merged", "adjusted")
TITLES = {
    "issued": "Issued", "returned": "Returned from invoices", "applied": "Applied to invoices", "removed": "Removed or paid out",
    "taken back": "Entries taken back", "merged": "Moved by merges", "adjusted": "Adjusted without entry",
}  # fmt: skip


def movements_sql(period: Period) -> str:
    """SELECT of ``operation_id, client_id, currency_id, kind, amount`` of everything that moved a credit balance.

    A balance moves by entries, which say why, and by what is left over: moved by a merge, or set without an entry.
    """
    span = f"operation_id > {period.before} and operation_id <= {period.until}"
    merging = ", ".join(f"'{name}'" for name in MERGING)
    return f"""
        with known as (
            select id, arg_max(currency_id, operation_id * 2 + (sign > 0)::bigint) as currency_id
            from history.clients where operation_id <= {period.until} group by id
        ), images as (
            select *, count(*) over (partition by operation_id, id) as images from history.credit_entries where {span}
        ), entries as (
            select i.operation_id, i.client_id, k.currency_id, i.sign * i.amount as amount,
                case when images > 1 then 'merged' when sign < 0 then 'taken back'
                    when invoice_id is not null then case when amount < 0 then 'applied' else 'returned' end
                    when amount > 0 then 'issued' else 'removed' end as kind
            from images i left join known k on k.id = i.client_id
        ), merges as (
            select o.id from history.operations o left join history.operations w on w.id = o.undoes_id
            where o.rule in ({merging}) or w.rule in ({merging})
        ), left_over as (
            select operation_id, client_id, currency_id, sum(amount) as amount from (
                select operation_id, id as client_id, currency_id, sign * credit_balance as amount from history.clients where {span}
                union all select operation_id, client_id, currency_id, -amount from entries
            ) group by all having sum(amount) <> 0
        )
        select operation_id, client_id, currency_id, kind, sum(amount)::decimal(18, 4) as amount from (
            select operation_id, client_id, currency_id, kind, amount from entries
            union all
            select operation_id, client_id, currency_id, case when operation_id in (from merges) then 'merged' else 'adjusted' end, amount
            from left_over
        ) group by all having sum(amount) <> 0
    """


def bridge_sql(period: Period) -> str:
    """SELECT of a row a currency: opening, what moved it, closing, and what is left unexplained; the code comes last."""
    sums = ", ".join(
        f"coalesce(sum(amount) filter (kind = '{kind}'), 0)::decimal(18, 4) as \"{kind}\"" for kind in MOVED
    )
    catalog = one_value(period.tables, "select current_database()")
    listed_sums = ", ".join(f'coalesce(m."{kind}", 0)' for kind in MOVED)
    total = " + ".join(f'coalesce(m."{kind}", 0)' for kind in MOVED)
    return f"""
        with movements as ({movements_sql(period)}),
        opening as (select currency_id, sum(credit_balance)::decimal(18, 4) as amount from ({past_sql("clients", period.before, catalog)}) group by 1),
        closing as (select currency_id, sum(credit_balance)::decimal(18, 4) as amount from clients group by 1),
        moved as (select currency_id, {sums} from movements group by 1),
        present as (select currency_id from opening union select currency_id from closing union select currency_id from moved)
        select coalesce(k.code, 'currency ' || p.currency_id) as currency, coalesce(o.amount, 0)::decimal(18, 4) as opening, {listed_sums},
            coalesce(c.amount, 0)::decimal(18, 4) as closing,
            (coalesce(c.amount, 0) - coalesce(o.amount, 0) - ({total}))::decimal(18, 4) as unexplained, coalesce(k.code, '?') as code
        from present p left join currencies k on k.id = p.currency_id
        left join opening o on o.currency_id is not distinct from p.currency_id
        left join closing c on c.currency_id is not distinct from p.currency_id
        left join moved m on m.currency_id is not distinct from p.currency_id
        order by 1
    """


def bridge_section(period: Period) -> Section:
    """Opening + issued + returned − applied − removed ± taken back ± merged ± adjusted = closing, a row a currency."""
    rows = money_pairs(period.tables.query(bridge_sql(period)), *range(1, len(MOVED) + 4))
    headings: list[Any] = [
        ("Currency", "word"),
        ("Opening", "money"),
        *((TITLES[kind], "money") for kind in MOVED),
        ("Closing", "money"),
        ("Unexplained", "money"),
    ]
    bridge = listed("bridge", "From opening to closing, by currency", headings, rows)
    moved = listed(
        "movements", "Everything that moved a credit balance",
        (("Operation", "operation"), ("Operator", "text"), ("Rule", "text"), ("Client", "client"), ("What", "word"), ("Amount", "money")),
        money_pairs(period.tables.query(
            f"""
            select m.operation_id, o.operator, o.rule, m.client_id, m.kind, m.amount, k.code from ({movements_sql(period)}) m
            left join history.operations o on o.id = m.operation_id left join currencies k on k.id = m.currency_id
            order by m.operation_id, m.client_id, m.kind, k.code
            """
        ), 5),
    )  # fmt: skip
    wrong = [row for row in rows if row[-1][0]]
    figures = [
        Figure(
            "Opening + movements = closing",
            "in no currency"
            if wrong and len(wrong) == len(rows)
            else f"not in {len(wrong)} currencies"
            if wrong
            else "in every currency",
            "bridge",
            "bad" if wrong else "good",
        )
    ]
    figures += [count_figure("Movements", moved)]
    return Section(
        "balances", "Account credit from opening to closing",
        f"Balances as of the end of the day before {period.first} and as of the end of {period.last}, each read from the tables as they were, and every movement in between, from the history.",
        tuple(figures), (bridge, moved),
    )  # fmt: skip


def adjusted_section(period: Period) -> Section:
    """Balances that were set without an entry in the credit log."""
    adjusted = listed(
        "adjusted", "Balances set without an entry",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"), ("Client", "client"), ("Difference", "money"), ("Undone by", "operation")),
        money_pairs(period.tables.query(
            f"""
            select m.operation_id, o.applied_at, o.operator, o.rule, o.reason, m.client_id, m.amount, u.undone_by_id, k.code
            from ({movements_sql(period)}) m left join history.operations o on o.id = m.operation_id
            left join {period.undone()} u on u.id = m.operation_id left join currencies k on k.id = m.currency_id
            where m.kind = 'adjusted' order by m.operation_id, m.client_id, k.code
            """
        ), 6),
    )  # fmt: skip
    return Section(
        "adjustments", "Adjustments without entry", "A credit balance that changed by something else than entries of the credit log says.",
        (count_figure("Adjustments without entry", adjusted),), (adjusted,),
    )  # fmt: skip


def large_section(period: Period) -> Section:
    """Credit that was issued above the limit."""
    limit = period.policy.audit.credit_limit
    code = one_value(period.tables, "select code from currencies where is_default order by id limit 1") or ""
    large = listed(
        "large-credits", f"Credit of more than {limit} {code} (other currencies by the book's rates)",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Reason", "text"), ("Client", "client"), ("Entry", "record"), ("Description", "text"), ("Amount", "money"), ("Undone by", "operation")),
        money_pairs(period.tables.query(
            f"""
            with images as (
                select *, count(*) over (partition by operation_id, id) as images from history.credit_entries
                where operation_id > $before and operation_id <= $until
            ), known as (
                select id, arg_max(currency_id, operation_id * 2 + (sign > 0)::bigint) as currency_id
                from history.clients where operation_id <= $until group by id
            )
            select i.operation_id, o.applied_at, o.operator, o.reason, i.client_id, ('credit_entries', i.id), i.description, i.amount, u.undone_by_id, k.code
            from images i join history.operations o on o.id = i.operation_id join known n on n.id = i.client_id
            left join currencies k on k.id = n.currency_id left join {period.undone()} u on u.id = i.operation_id
            where i.images = 1 and i.sign = 1 and i.invoice_id is null and i.amount > $limit::decimal(18, 4) * coalesce(k.rate, 1)
            order by i.operation_id, i.id
            """, **period.values, limit=str(limit),
        ), 7),
    )  # fmt: skip
    return Section("large", "Credit above the limit", f"{'The policy sets the limit' if period.policy.path else 'There is no policy that sets another limit'}; it is {limit} {code}.", (count_figure("Credit entries above the limit", large),), (large,))  # fmt: skip
