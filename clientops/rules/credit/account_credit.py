"""Account credit: issue it, remove it, adjust it by hand, transfer it between clients."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.requests import Id, PositiveMoney, Request, Text
from clientops.schema.tables import Tables

Balance = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]


class IssueCredit(Request):
    """Give a client account credit."""

    client_id: Id = Field(title="Client", description="Who gets the credit", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="In the client's currency, e.g. 25.00")
    description: Text = Field(title="Description", description="Shown on the client's credit log")
    entry_on: date | None = Field(None, title="Date", description="Day it counts for; empty: today")


def issue_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Give clients account credit, each with an entry in the credit log.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per credit: ``client_id``, ``amount`` (positive money in the client's currency),
            ``description``, ``entry_on``. See ``IssueCredit``.
        today: Date of the entries without one, in the business's time zone.
        now: Not used.

    Returns:
        Inserts into ``credit_entries``, updates of ``clients.credit_balance``. Per client, the balance rises by
        exactly the sum of its new entries.

    Problems:
        ``unknown_client``, ``not_minor_unit`` (EUR 10.005, JPY 10.5), ``not_positive``, ``too_large`` (a balance
        that no longer fits its column), ``in_future``, ``too_far_back`` (more days than the setting allows).

    Source:
        WHMCS "Managing Credit": the credit is added to the balance, and an entry is shown on the credits list.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", f"{AMOUNT_PROBLEMS} union all {TOO_LARGE} union all {DAYS}", today=today)
    steps.add("entries", NEW_ENTRIES.format(next_id=tables.next_id("credit_entries"), sign=""), today=today)
    steps.add("balances", NEW_BALANCES)
    return steps.plan(
        steps.insert("credit_entries", "entries"), steps.update("clients", "balances"), problems="problems"
    )


ASKED = """
    select requests."row", requests.client_id, requests.amount, requests.description, requests.entry_on,
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

TOO_LARGE = f"""
    select "row", 'amount', 'too_large',
        'amount ' || {show_sql("amount")} || ' is too large: client ' || client_id || ' would have more credit than '
            || 'can be kept, 99999999999999'
    from (select *, credit_balance + sum(amount) over (partition by client_id order by "row") as left_after from asked)
    where is_known and try_cast(left_after as decimal(18, 4)) is null
"""

DAYS = """
    select "row", 'entry_on', 'in_future', 'entry_on ' || entry_on || ' is in the future: at most ' || $today::date
    from asked where entry_on > $today::date
    union all
    select "row", 'entry_on', 'too_far_back', 'entry_on ' || entry_on || ' is too far back: credit may be dated back by at most '
        || days || ' days, to ' || ($today::date - days)
    from asked, (select try_cast(max(value) as integer) as days from settings where name = 'backdate_days')
    where entry_on < $today::date - days
"""

NEW_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id,
        client_id, coalesce(entry_on, $today::date) as entry_on, description, ({sign}amount)::decimal(18, 4) as amount
    from asked where is_known
"""

NEW_BALANCES = """
    with given as (select client_id, sum(amount) as amount from entries group by client_id)
    select clients.id, try_cast(clients.credit_balance + given.amount as decimal(18, 4)) as credit_balance
    from clients join given on given.client_id = clients.id
"""


class RemoveCredit(Request):
    """Take account credit away from a client."""

    client_id: Id = Field(title="Client", description="Whose credit", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="At most the client's credit")
    description: Text = Field(title="Description", description="Shown on the client's credit log")
    entry_on: date | None = Field(None, title="Date", description="Day it counts for; empty: today")


def remove_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take account credit away from clients, each with a negative entry in the credit log.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per removal: ``client_id``, ``amount`` (positive), ``description``, ``entry_on``. See ``RemoveCredit``.
        today: Date of the entries without one.
        now: Not used.

    Returns:
        Inserts into ``credit_entries``, updates of ``clients.credit_balance``, which never falls below 0.

    Problems:
        ``unknown_client``, ``not_minor_unit``, ``not_positive``, ``more_than_credit``, ``in_future``, ``too_far_back``.

    Source:
        WHMCS "Managing Credit": Remove Credit.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("problems", f"{AMOUNT_PROBLEMS} union all {OVERDRAWN} union all {DAYS}", today=today)
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


class AdjustCredit(Request):
    """Set a client's credit balance by hand, without an entry in the credit log."""

    client_id: Id = Field(title="Client", description="Whose credit", json_schema_extra={"picks": "clients"})
    credit_balance: Balance = Field(title="New balance", description="What the balance becomes, e.g. 25.00")


def adjust_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set credit balances by hand.

    Args:
        tables: Read-only tables; reads ``clients`` and ``currencies``.
        requests: One row per adjustment: ``client_id``, ``credit_balance`` (money, at least 0). See ``AdjustCredit``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``clients.credit_balance``; the last request of a client holds. No entry is written: balance and
        log differ from then on, by an amount that history explains.

    Problems:
        ``unknown_client``, ``not_minor_unit``.

    Source:
        WHMCS "Managing Credit": the credit balance may be set in the client's profile; the credits list is unchanged.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ADJUSTMENTS)
    steps.add("problems", ADJUSTMENT_PROBLEMS)
    steps.add("balances", LAST_BALANCES)
    return steps.plan(steps.update("clients", "balances"), problems="problems")


ADJUSTMENTS = """
    select requests."row", requests.client_id, requests.credit_balance,
        clients.id is not null as is_known, currencies.code, currencies.minor_digits
    from requests
    left join clients on clients.id = requests.client_id
    left join currencies on currencies.id = clients.currency_id
"""

ADJUSTMENT_PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'credit_balance', 'not_minor_unit',
        'credit_balance ' || credit_balance || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql("credit_balance")}
"""

LAST_BALANCES = """
    select client_id as id, arg_max(credit_balance, "row") as credit_balance
    from asked where is_known group by client_id
"""


class TransferCredit(Request):
    """Move account credit from one client to another with the same currency."""

    client_id: Id = Field(title="From client", description="Who gives", json_schema_extra={"picks": "clients"})
    to_client_id: Id = Field(title="To client", description="Who gets it", json_schema_extra={"picks": "clients"})
    amount: PositiveMoney = Field(title="Amount", description="At most the giving client's credit")
    description: Text | None = Field(
        default=None, title="Description", description="Shown on both credit logs; empty: from and to whom"
    )


def transfer_credit(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Move account credit between clients of one currency, each time with two entries.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies`` and ``credit_entries``.
        requests: One row per transfer: ``client_id`` (gives), ``to_client_id`` (gets), ``amount`` (positive),
            ``description``. See ``TransferCredit``.
        today: Date of the entries.
        now: Not used.

    Returns:
        Inserts of two entries a transfer, which sum to 0, and updates of ``clients.credit_balance``. A client may
        pass on what an earlier row gave.

    Problems:
        ``unknown_client``, ``same_client``, ``other_currency``, ``not_minor_unit``, ``more_than_credit``,
        ``too_large``.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", TRANSFERS)
    steps.add("moves", MOVES)
    steps.add("problems", TRANSFER_PROBLEMS)
    steps.add("entries", TRANSFER_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("balances", NEW_BALANCES)
    return steps.plan(
        steps.insert("credit_entries", "entries"), steps.update("clients", "balances"), problems="problems"
    )


TRANSFERS = """
    select requests."row", requests.client_id, requests.to_client_id, requests.amount, requests.description,
        giver.id is not null as is_known, taker.id is not null as is_taker_known,
        giver.credit_balance, taker.credit_balance as taker_balance,
        given.code, given.minor_digits, taken.code as taker_code
    from requests
    left join clients giver on giver.id = requests.client_id
    left join clients taker on taker.id = requests.to_client_id
    left join currencies given on given.id = giver.currency_id
    left join currencies taken on taken.id = taker.currency_id
"""

MOVES = """
    with both_sides as (
        select "row", 1 as side, client_id, -amount as amount, credit_balance,
            coalesce(description, 'Credit transferred to client ' || to_client_id) as description
        from asked where is_known and is_taker_known
        union all
        select "row", 2, to_client_id, amount, taker_balance,
            coalesce(description, 'Credit transferred from client ' || client_id)
        from asked where is_known and is_taker_known
    )
    select *, credit_balance + sum(amount) over (partition by client_id order by "row", side) as left_after
    from both_sides
"""

TRANSFER_PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'to_client_id', 'unknown_client', 'there is no client ' || to_client_id
    from asked where not is_taker_known
    union all
    select "row", 'to_client_id', 'same_client',
        'to_client_id ' || to_client_id || ' is the giving client: choose another one'
    from asked where client_id = to_client_id
    union all
    select "row", 'to_client_id', 'other_currency',
        'client ' || to_client_id || ' has ' || taker_code || ', client ' || client_id || ' has ' || code
            || ': credit moves between clients of one currency only'
    from asked where code <> taker_code
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and not {is_minor_unit_sql("amount")}
    union all
    select moves."row", 'amount', 'more_than_credit',
        'amount ' || {show_sql("asked.amount")} || ' is more than client ' || moves.client_id || ' has left: '
            || {show_sql("(moves.left_after + asked.amount)")}
    from moves join asked using ("row") where moves.side = 1 and moves.left_after < 0
    union all
    select moves."row", 'amount', 'too_large',
        'amount ' || {show_sql("asked.amount")} || ' is too large: client ' || moves.client_id
            || ' would have more credit than can be kept, 99999999999999'
    from moves join asked using ("row") where moves.side = 2 and try_cast(moves.left_after as decimal(18, 4)) is null
"""

TRANSFER_ENTRIES = """
    select {next_id} + row_number() over (order by "row", side) as id,
        client_id, $today::date as entry_on, description, amount::decimal(18, 4) as amount
    from moves
"""

RULES: tuple[Rule, ...] = (
    Rule("issue-credit", "Issue credit", issue_credit, IssueCredit, group="credit"),
    Rule("remove-credit", "Remove credit", remove_credit, RemoveCredit, risk="medium", group="credit"),
    Rule("adjust-credit", "Adjust credit balance", adjust_credit, AdjustCredit, risk="medium", group="credit"),
    Rule("transfer-credit", "Transfer credit", transfer_credit, TransferCredit, risk="medium", group="credit"),
)
