"""A client's credit balance, step by step, from the history."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clientops.core.errors import UsageError

if TYPE_CHECKING:
    from clientops.api.book import Book
    from clientops.api.results import Result

STEPS = """
    with balances as (
        select
            operation_id,
            sum(sign * credit_balance) as change
        from history.clients
        where id = $client and operation_id <= $last
        group by operation_id
    ),
    entries as (
        select
            operation_id,
            sum(sign * amount) as entries
        from history.credit_entries
        where client_id = $client and operation_id <= $last
        group by operation_id
    )
    select
        o.id as operation_id,
        o.applied_at,
        o.operator,
        o.rule,
        o.reason,
        coalesce(e.entries, 0)::decimal(18, 4) as entries,
        coalesce(b.change, 0)::decimal(18, 4) as change,
        (sum(coalesce(b.change, 0)) over (order by o.id))::decimal(18, 4) as balance
    from history.operations o
    left join balances b on b.operation_id = o.id
    left join entries e on e.operation_id = o.id
    where coalesce(b.change, 0) <> 0 or coalesce(e.entries, 0) <> 0
    order by o.id
"""


def balance_steps(book: Book, client_id: int) -> Result:
    """One row for each operation that moved the balance or wrote credit entries.

    Raises:
        UsageError: There never was such a client.
    """
    last = book.engine.head()[0]
    if not book.sql("select count(*) from history.clients where id = $client", client=client_id).one():
        raise UsageError(f"There is no client {client_id}")
    found = book.sql(STEPS, client=client_id, last=last)
    found.title = f"credit balance of client {client_id}"
    return found
