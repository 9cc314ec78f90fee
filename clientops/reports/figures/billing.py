"""What is owed, by how late it is."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.core.readable import counted
from clientops.reports.lists.catalogue import OWED
from clientops.reports.lists.row_names import amount_text
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class Age:
    """What is owed in a currency within an ageing bucket."""

    label: str
    amount: str
    detail: str
    tone: str


def read_ageing(tables: Tables) -> list[Age]:
    """What is owed on unpaid invoices in the currency of most of them, by days overdue."""
    rows = tables.query(AGEING).fetchall()
    names = {
        "0": ("Not due yet", ""),
        "1": ("1-30 days late", "warn"),
        "2": ("31-60 days late", "warn"),
        "3": ("over 60 days late", "bad"),
    }
    return [
        Age(f"{names[b][0]}, {code}", amount_text(owed, code), counted(count, "invoice"), names[b][1])
        for b, code, owed, count in rows
    ]


AGEING = f"""
    with owed as (
        select k.code, {OWED} as owed, current_date - t.due_on as days
        from invoices t join clients c on c.id = t.client_id join currencies k on k.id = c.currency_id
        where t.status in ('Unpaid', 'Collections')
    ), main as (select code from owed group by 1 order by count(*) desc, 1 limit 1)
    select case when coalesce(days, 0) <= 0 then '0' when days <= 30 then '1' when days <= 60 then '2' else '3' end as bucket,
        code, sum(owed)::decimal(38, 4), count(*)
    from owed semi join main using (code) where owed > 0 group by 1, 2 order by 1
"""
