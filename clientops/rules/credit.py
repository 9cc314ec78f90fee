"""Account credit: issue it, remove it, adjust it by hand, transfer it."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.changes import Plan, Relation
from clientops.money import is_minor_unit_sql, show_sql
from clientops.requests import Id, PositiveMoney, Request, Text
from clientops.tables.view import Tables


class IssueCredit(Request):
    """Give a client account credit."""

    client_id: Id = Field(title="Client", description="Who gets the credit", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="In the client's currency, e.g. 25.00")
    description: Text = Field(title="Description", description="Shown on the client's credit log")


def issue_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give clients account credit, each with an entry in the credit log.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per credit: ``client_id``, ``amount`` (positive money in the client's currency),
            ``description``. See ``IssueCredit``.
        today: Date of the entries, in the business's time zone.
        now: Not used.

    Returns:
        Inserts into ``credit_entries``, updates of ``clients.credit_balance``. Per client, the balance rises by
        exactly the sum of its new entries.

    Problems:
        ``unknown_client``, ``not_minor_unit`` (EUR 10.005, JPY 10.5), ``not_positive``.

    Source:
        WHMCS "Managing Credit": the credit is added to the balance, and an entry is shown on the credits list.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", AMOUNT_PROBLEMS)
    steps.add("entries", NEW_ENTRIES.format(next_id=tables.next_id("credit_entries"), sign=""), today=today)
    steps.add("balances", NEW_BALANCES)
    return steps.plan(
        steps.insert("credit_entries", "entries"), steps.update("clients", "balances"), problems="problems"
    )


ASKED = """
    select requests."row", requests.client_id, requests.amount, requests.description,
        clients.id is not null as is_known, clients.credit_balance, currencies.code, currencies.minor_digits
    from requests
    left join clients on clients.id = requests.client_id
    left join currencies on currencies.id = clients.currency_id
"""

AMOUNT_PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'amount', 'not_positive', 'amount ' || amount || ' must be more than 0'
    from asked where amount <= 0
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql("amount")}
"""

NEW_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id,
        client_id, $today::date as entry_on, description, ({sign}amount)::decimal(18, 4) as amount
    from asked where is_known
"""

NEW_BALANCES = """
    with given as (select client_id, sum(amount) as amount from entries group by client_id)
    select clients.id, (clients.credit_balance + given.amount)::decimal(18, 4) as credit_balance
    from clients join given on given.client_id = clients.id
"""


class RemoveCredit(Request):
    """Take account credit away from a client."""

    client_id: Id = Field(title="Client", description="Whose credit", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="At most the client's credit")
    description: Text = Field(title="Description", description="Shown on the client's credit log")


def remove_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take account credit away from clients, each with a negative entry in the credit log.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per removal: ``client_id``, ``amount`` (positive), ``description``. See ``RemoveCredit``.
        today: Date of the entries.
        now: Not used.

    Returns:
        Inserts into ``credit_entries``, updates of ``clients.credit_balance``, which never falls below 0.

    Problems:
        Those of ``issue_credit`` and ``more_than_credit``.

    Source:
        WHMCS "Managing Credit": Remove Credit.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", AMOUNT_PROBLEMS + " union all " + OVERDRAWN)
    steps.add("entries", NEW_ENTRIES.format(next_id=tables.next_id("credit_entries"), sign="-"), today=today)
    steps.add("balances", NEW_BALANCES)
    return steps.plan(
        steps.insert("credit_entries", "entries"), steps.update("clients", "balances"), problems="problems"
    )


OVERDRAWN = f"""
    select "row", 'amount', 'more_than_credit',
        'amount ' || {show_sql("amount")} || ' is more than client ' || client_id || ' has left: '
            || {show_sql("left_before")}
    from (
        select *, credit_balance - coalesce(sum(amount) over (
            partition by client_id order by "row" rows between unbounded preceding and 1 preceding), 0) as left_before
        from asked where is_known
    )
    where amount > left_before
"""
