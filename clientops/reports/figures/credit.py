"""Account credit: its sums, its log, and who has some."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.reports.lists.engine import Listing, Shown
from clientops.reports.lists.row_names import amount_text, party_sql
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class CreditFigure:
    """All credit in a currency, and how many clients have some."""

    code: str
    total: str
    clients: int


def read_credit_figures(tables: Tables) -> list[CreditFigure]:
    """Credit per currency, the one of most clients first."""
    rows = tables.query(CREDIT_SUMS).fetchall()
    return [CreditFigure(code, amount_text(total, code), clients) for code, total, clients in rows]


CREDIT_SUMS = """
    select code, sum(credit_balance)::decimal(38, 4), count(*)
    from clients join currencies on currencies.id = clients.currency_id
    where credit_balance <> 0
    group by code order by count(*) desc, code limit 6
"""

CREDIT_LOG = Listing(
    "credit-log",
    "the credit log",
    f"""
        select e.id, e.entry_on, {party_sql("c")} as client, e.description, e.amount, k.code, e.client_id
        from credit_entries e left join clients c on c.id = e.client_id left join currencies k on k.id = c.currency_id
    """,
    (
        Shown("id", "No.", "number"),
        Shown("entry_on", "Day", "date"),
        Shown("client", "Client"),
        Shown("description", "Description"),
        Shown("amount", "Amount", "money"),
    ),
    empty="No credit entries yet",
)

CREDIT_OWED = Listing(
    "clients-with-credit",
    "clients with credit",
    f"""
        select c.id, {party_sql("c")} as client, c.email, c.status, c.credit_balance, k.code
        from clients c join currencies k on k.id = c.currency_id where c.credit_balance <> 0
    """,
    (
        Shown("id", "No.", "number"),
        Shown("client", "Client"),
        Shown("email", "E-mail"),
        Shown("status", "Status", "badge"),
        Shown("credit_balance", "Credit", "money"),
    ),
    order="credit_balance desc",
    empty="No client has credit",
)
