"""How much money changes move: those about to be made, and those that a person made lately."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import duckdb

from clientops.book.write.settled import Settled
from clientops.schema.definition import Table, all_tables, quote_name

CENT = Decimal("0.01")
# How a row's currency is found, where it has none of its own.
OWNERS = {"client_id": "{id}", "invoice_id": "(select any_value(i.client_id) from invoices i where i.id = {id})",
          "service_id": "(select any_value(s.client_id) from services s where s.id = {id})"}  # fmt: skip


@dataclass(frozen=True)
class Moved:
    """Money that is moved.

    Attributes:
        amount: The most that is moved of one kind, in the default currency, to the cent.
        unapproved: Money whose worth nobody above a clerk, or nobody else, has approved; empty if there is none.
    """

    amount: Decimal = Decimal(0)
    unapproved: str = ""


def money_moved(connection: duckdb.DuckDBPyConnection, changes: Sequence[Settled], operator: str) -> Moved:
    """The most that changes move of one kind of money, in the default currency, to the cent.

    Of each column of money it is what rises or what falls in all, whichever is more: a transfer moves an amount once.
    Rates are those of the book, or approved ones where these give more: a rate that a clerk, or whoever makes the change,
    has set alone does not make an amount small.
    """
    found = _Totals(connection, operator)
    for settled in changes:
        changed = None if settled.kind != "update" else settled.columns
        found.add(settled.table, settled.pairs_sql(), "0", changed)
    return found.most()


def moved_before(
    connection: duckdb.DuckDBPyConnection,
    rules: Sequence[str],
    operator: str,
    days: int,
    *,
    listed: Sequence[str],
    composing: Sequence[str],
    leaving_out: Sequence[int] = (),
) -> Moved:
    """What a person moved alone within some days with these rules (``*``: all), in the default currency, to the cent.

    Of each operation it is what :func:`money_moved` would have said; what a second person approved and what was taken back
    does not count, nor do the operations that are left out. Days are counted back from this machine's clock.

    Args:
        connection: An open book.
        rules: Names of rules.
        operator: The person.
        days: How far back.
        listed: Whom the policy names; all others are counted as one person, who could call themselves anything.
        composing: Rules that do the work of those which their requests name.
        leaving_out: Operations that do not count.
    """
    since = datetime.now(UTC) - timedelta(days=days)
    values = {"rules": list(rules), "since": since, "composing": list(composing)}
    names = {name.strip().casefold() for name in listed}
    me = operator.strip().casefold()
    numbers = [
        number
        for number, who in connection.execute(LATELY, values).fetchall()
        if number not in leaving_out and _is_one_person(me, who.strip().casefold(), names)
    ]
    if not numbers:
        return Moved()
    chosen = ", ".join(map(str, numbers))
    touched = connection.execute(
        f"select distinct table_name from history.changes where operation_id in ({chosen})"
    ).fetchall()
    found = _Totals(connection, operator)
    for (name,) in touched:
        if name in all_tables():
            source = f"select * from history.{quote_name(name)} where operation_id in ({chosen})"
            found.add(all_tables()[name], source, "operation_id", None)
    return found.together()


def amounts_moved(connection: duckdb.DuckDBPyConnection, numbers: Sequence[int]) -> dict[int, Decimal]:
    """What each of some operations moved, in the default currency, to the cent; those that moved nothing are left out."""
    if not numbers:
        return {}
    chosen = ", ".join(str(int(number)) for number in numbers)
    touched = connection.execute(
        f"select distinct table_name from history.changes where operation_id in ({chosen})"
    ).fetchall()
    found = _Totals(connection, "")
    for (name,) in touched:
        if name in all_tables():
            source = f"select * from history.{quote_name(name)} where operation_id in ({chosen})"
            found.add(all_tables()[name], source, "operation_id", None)
    return {number: amount.quantize(CENT, rounding=ROUND_HALF_UP) for number, amount in found.found.items() if amount}


def _is_one_person(me: str, other: str, listed: Collection[str]) -> bool:
    """Whether two names count as one person: the same, or both unknown to a policy that names people."""
    return me == other or (bool(listed) and me not in listed and other not in listed)


# An undo that was itself undone leaves the operation in force.
LATELY = """
    select id, operator from history.operations o
    where applied_at >= $since and undoes_id is null and (details ->> 'proposal') is null
        and (list_contains($rules, rule) or list_contains($rules, '*') or list_contains($composing, rule) and exists (
            select 1 from history.requests q where q.operation_id = o.id and list_contains($rules, q.request ->> 'rule')))
        and not exists (select 1 from history.operations u where u.undoes_id = o.id
            and not exists (select 1 from history.operations w where w.undoes_id = u.id))
"""


class _Totals:
    """Adds up, per key, how much money of each column rises and falls."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, operator: str) -> None:
        self.connection, self.operator = connection, operator
        self.found: dict[Any, Decimal] = {}
        self.unapproved: set[str] = set()

    def add(self, table: Table, pairs: str, key: str, changed: Sequence[str] | None) -> None:
        """Count history-shaped rows of a table; per key only the column with most counts."""
        columns = [
            c.name for c in table.columns if c.type == "DECIMAL(18,4)" and (changed is None or c.name in changed)
        ]
        currency = _currency_sql(table)
        if not columns or currency is None:
            return
        sums = ", ".join(f"sum(sign * {quote_name(name)}) as {quote_name(name)}" for name in columns)
        ups_and_downs = ", ".join(
            f"sum(greatest({quote_name(n)}, 0)), sum(greatest(-{quote_name(n)}, 0))" for n in columns
        )
        rows = self.connection.execute(
            f"""
            with pairs as (select *, {key} as moved_by, {currency} as in_currency from ({pairs}) r),
            moved as (select moved_by, id, any_value(in_currency) as in_currency, {sums} from pairs group by moved_by, id)
            select moved_by, coalesce(any_value(least(k.rate, a.rate)), 1),
                any_value(case when k.id is not null and not k.is_default and a.rate is null then k.code end), {ups_and_downs}
            from moved m left join main.currencies k on k.id = m.in_currency left join ({APPROVED_RATES}) a on a.id = k.id
            group by moved_by, m.in_currency
            """,
            {"operator": self.operator.strip()},
        ).fetchall()
        held: dict[Any, list[Decimal]] = {}
        for by, rate, unapproved, *amounts in rows:
            if unapproved and any(amounts):
                self.unapproved.add(unapproved)
            so_far = held.setdefault(by, [Decimal(0)] * len(amounts))
            for place, amount in enumerate(amounts):
                so_far[place] += Decimal(amount or 0) / rate
        for by, amounts in held.items():
            self.found[by] = max(self.found.get(by, Decimal(0)), *amounts)

    def most(self) -> Moved:
        """The most of one key."""
        return self._moved(max(self.found.values(), default=Decimal(0)))

    def together(self) -> Moved:
        """All keys together."""
        return self._moved(sum(self.found.values(), Decimal(0)))

    def _moved(self, amount: Decimal) -> Moved:
        told = f"money in {' and '.join(sorted(self.unapproved))}" if self.unapproved else ""
        return Moved(amount.quantize(CENT, rounding=ROUND_HALF_UP), told)


# The last rate that counts: set by an approver or admin who is somebody else, with a second person, or before there was a policy.
APPROVED_RATES = """
    select h.id, arg_max(h.rate, h.operation_id) as rate
    from history.currencies h join history.operations o on o.id = h.operation_id
    where h.sign = 1 and (
        (o.details ->> 'proposal') is not null or (o.details ->> 'policy') is null
        or ((o.details ->> 'role') in ('approver', 'admin') and lower(trim(o.operator)) <> lower($operator))
    )
    group by h.id
"""


def _currency_sql(table: Table) -> str | None:
    """SQL of a row's currency; None for tables whose money is nobody's."""
    if "currency_id" in table.column_names:
        return "r.currency_id"
    for column, owner in OWNERS.items():
        if column in table.column_names:
            client = owner.format(id=f"r.{column}")
            return f"(select any_value(c.currency_id) from clients c where c.id = {client})"
    return None
