"""Which client of a group should remain."""

from __future__ import annotations

from typing import Literal

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.schema.tables import Tables

Reason = Literal["most active", "oldest", "most complete"]
REASONS: tuple[Reason, ...] = ("most active", "oldest", "most complete")


def proposed_survivor(tables: Tables, groups: Relation, *, by: Reason = "most active") -> Relation:
    """Propose the client of each group that remains after a merge.

    Args:
        tables: Read-only tables.
        groups: ``group_id, client_id``.
        by: ``most active`` (services, domains, invoices and transactions), ``oldest`` (first entered) or ``most
            complete`` (fields filled in). Ties go to the next reason in that order, then to the lowest number. Active
            clients go before inactive ones, these before closed ones.

    Returns:
        ``group_id, survivor_id, reason``: the reason in words, e.g. "most active: 3 services, 14 invoices".

    Raises:
        UsageError: There is no such reason.
    """
    if by not in REASONS:
        raise UsageError(f"A survivor cannot be proposed by {by!r}; there are {', '.join(REASONS)}")
    order = [by, *(reason for reason in REASONS if reason != by)]
    ranking = ", ".join(ORDERS[reason] for reason in order)
    tables.steps(survivor_groups=groups)
    return tables.given(tables.query(SURVIVORS.format(ranking=ranking, words=WORDS[by])).to_arrow_table())


ORDERS: dict[Reason, str] = {
    "most active": "activity desc",
    "oldest": "created_on nulls last",
    "most complete": "filled desc",
}
WORDS: dict[Reason, str] = {
    "most active": "'most active: ' || coalesce(nullif(concat_ws(', ', "
    + ", ".join(
        f"case {name} when 0 then null when 1 then '1 {name[:-1]}' else {name} || ' {name}' end"
        for name in ("services", "domains", "invoices", "transactions")
    )
    + "), ''), 'none has anything; the oldest')",
    "oldest": "'oldest: entered on ' || coalesce(created_on::varchar, 'an unknown day')",
    "most complete": "'most complete: ' || filled || ' of 12 fields filled in'",
}
_FIELDS = (
    "first_name", "last_name", "company_name", "email", "address1", "address2", "city", "state", "postcode", "country",
    "phone", "tax_id",
)  # fmt: skip
SURVIVORS = f"""
    with counted as (
        select
            g.group_id, c.id, c.status, c.created_on,
            (select count(*) from services s where s.client_id = c.id) as services,
            (select count(*) from domains d where d.client_id = c.id) as domains,
            (select count(*) from invoices i where i.client_id = c.id) as invoices,
            (select count(*) from transactions t where t.client_id = c.id) as transactions,
            {" + ".join(f"(coalesce({name}, '') <> '')::int" for name in _FIELDS)} as filled
        from survivor_groups g join clients c on c.id = g.client_id
    ),
    ranked as (
        select *, services + domains + invoices + transactions as activity from counted
        qualify row_number() over (
            partition by group_id
            order by case status when 'Active' then 0 when 'Inactive' then 1 else 2 end, {{ranking}}, id
        ) = 1
    )
    select group_id, id as survivor_id, {{words}} as reason from ranked order by group_id
"""
