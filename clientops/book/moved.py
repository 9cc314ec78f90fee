"""How much money changes move: those about to be made, and those that a person made lately."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb

from clientops.book.planning import Settled
from clientops.tables.schema import Table, all_tables, quote_name

CENT = Decimal("0.01")
# How a row's currency is found, where it has none of its own.
OWNERS = {"client_id": "{id}", "invoice_id": "(select any_value(i.client_id) from invoices i where i.id = {id})",
          "service_id": "(select any_value(s.client_id) from services s where s.id = {id})"}  # fmt: skip


def money_moved(connection: duckdb.DuckDBPyConnection, changes: Sequence[Settled]) -> Decimal:
    """The most that changes move of one kind of money, in the default currency at the book's rates, to the cent.

    Of each column of money it is what rises or what falls in all, whichever is more: a transfer moves an amount once.
    """
    most = Decimal(0)
    for settled in changes:
        changed = None if settled.kind != "update" else settled.columns
        totals = _totals(connection, settled.table, settled.pairs_sql(), "0", changed)
        most = max([most, *totals.values()])
    return most.quantize(CENT, rounding=ROUND_HALF_UP)


def moved_before(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[str],
    operator: str,
    days: int,
    *,
    now: datetime,
    leaving_out: Sequence[int] = (),
) -> Decimal:
    """What a person moved alone within some days with these rules (``*``: all), in the default currency, to the cent.

    Of each operation it is what :func:`money_moved` would have said; what a second person approved and what was taken back
    does not count, nor do the operations that are left out.
    """
    values = {"rules": list(rules), "operator": operator.strip().casefold(), "since": now - timedelta(days=days)}
    numbers = [number for (number,) in connection.execute(LATELY, values).fetchall() if number not in leaving_out]
    if not numbers:
        return Decimal(0)
    listed = ", ".join(map(str, numbers))
    touched = connection.execute(
        f"select distinct table_name from history.changes where operation_id in ({listed})"
    ).fetchall()
    most: dict[Any, Decimal] = {}
    for (name,) in touched:
        if name in all_tables():
            source = f"select * from history.{quote_name(name)} where operation_id in ({listed})"
            for number, total in _totals(connection, all_tables()[name], source, "operation_id", None).items():
                most[number] = max(most.get(number, Decimal(0)), total)
    return sum(most.values(), Decimal(0)).quantize(CENT, rounding=ROUND_HALF_UP)


# An undo that was itself undone leaves the operation in force.
LATELY = """
    select id from history.operations o
    where applied_at >= $since and lower(trim(operator)) = $operator and undoes_id is null and (details ->> 'proposal') is null
        and (list_contains($rules, rule) or list_contains($rules, '*') or rule = 'mend' and exists (
            select 1 from history.requests q where q.operation_id = o.id and list_contains($rules, q.request ->> 'rule')))
        and not exists (select 1 from history.operations u where u.undoes_id = o.id
            and not exists (select 1 from history.operations w where w.undoes_id = u.id))
"""


def _totals(
    connection: duckdb.DuckDBPyConnection, table: Table, pairs: str, key: str, changed: Sequence[str] | None
) -> dict[Any, Decimal]:
    """Per key, the most that a column of money rises or falls in all."""
    columns = [c.name for c in table.columns if c.type == "DECIMAL(18,4)" and (changed is None or c.name in changed)]
    currency = _currency_sql(table)
    if not columns or currency is None:
        return {}
    sums = ", ".join(f"sum(sign * {quote_name(name)}) as {quote_name(name)}" for name in columns)
    ups_and_downs = ", ".join(f"sum(greatest({quote_name(n)}, 0)), sum(greatest(-{quote_name(n)}, 0))" for n in columns)
    rows = connection.execute(
        f"""
        with pairs as (select *, {key} as moved_by, {currency} as in_currency from ({pairs}) r),
        moved as (select moved_by, id, any_value(in_currency) as in_currency, {sums} from pairs group by moved_by, id)
        select moved_by, coalesce(any_value(k.rate), 1), {ups_and_downs}
        from moved m left join currencies k on k.id = m.in_currency group by moved_by, m.in_currency
        """
    ).fetchall()
    found: dict[Any, list[Decimal]] = {}
    for by, rate, *amounts in rows:
        held = found.setdefault(by, [Decimal(0)] * len(amounts))
        for place, amount in enumerate(amounts):
            held[place] += Decimal(amount or 0) / rate
    return {by: max(held) for by, held in found.items()}


def _currency_sql(table: Table) -> str | None:
    """SQL of a row's currency; None for tables whose money is nobody's."""
    if "currency_id" in table.column_names:
        return "r.currency_id"
    for column, owner in OWNERS.items():
        if column in table.column_names:
            client = owner.format(id=f"r.{column}")
            return f"(select any_value(c.currency_id) from clients c where c.id = {client})"
    return None
