"""Hosting accounts and other services: add them by hand."""

from __future__ import annotations

import re
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AfterValidator, Field

from clientops.core.money import is_minor_unit_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.names import DomainName
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.rules.kit.parsers import parse_line
from clientops.rules.services.dates import (
    ENDED,
    LIVE,
    Cycle,
    Status,
    start_problems_sql,
    start_warnings_sql,
    starts_sql,
)
from clientops.rules.services.options import Options, option_rows_sql
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables


def _parse_username(text: str) -> str:
    text = parse_line(text)
    if not re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9._@+-]*", text):
        raise ValueError("cannot be a user name; letters, digits and . _ @ + - after the first")
    return text


def _parse_ip_address(text: str) -> str:
    from ipaddress import ip_address

    try:
        return str(ip_address(text.strip()))
    except ValueError:
        raise ValueError("not an IP address; write it like 192.0.2.7 or 2001:db8::7") from None


NotNegative = Annotated[Decimal, Field(ge=0, max_digits=18, decimal_places=4)]
HowMany = Annotated[int, Field(gt=0, le=1_000_000)]
BillingDay = Annotated[int, Field(ge=1, le=31)]
Username = Annotated[str, Field(max_length=64), AfterValidator(_parse_username)]
IpAddress = Annotated[str, Field(max_length=64), AfterValidator(_parse_ip_address)]


class AddService(Request):
    """Enter a hosting account or another service that a client has; nothing is set up on a server."""

    client_id: Id = Field(title="Client", description="Who has it", json_schema_extra={"picks": "clients"})
    product_id: Id | None = Field(
        None, title="Product", description="What it is one of; its prices are the default", json_schema_extra={"picks": "products"}
    )  # fmt: skip
    domain: DomainName | None = Field(None, title="Domain", description="Domain name it serves, e.g. example.com")
    server_id: Id | None = Field(None, title="Server", json_schema_extra={"picks": "servers"})
    username: Username | None = Field(None, title="User name", description="On the server")
    billing_cycle: Cycle = Field("monthly", title="Billing cycle")
    quantity: HowMany = Field(1, title="Quantity", description="How many")
    first_amount: NotNegative | None = Field(
        None, title="First payment", description="With set-up; empty: the product's price in the client's currency"
    )
    recurring_amount: NotNegative | None = Field(
        None, title="Recurring amount", description="Of each cycle, for the whole quantity; empty: the product's price"
    )
    registered_on: date | None = Field(None, title="Began on", description="Empty: today")
    next_due_on: date | None = Field(
        None, title="Next due", description="Empty: the day it begins, or the next cycle from today on if it began earlier"
    )  # fmt: skip
    billing_day: BillingDay | None = Field(
        None, title="Billing day", description="Day of the month that due dates aim at; empty: that of the due date"
    )
    status: Status = Field("Active", title="Status", description="Active and Suspended ones are invoiced")
    terminated_on: date | None = Field(None, title="Ended on", description="Empty: today, if the status is an end")
    options: Options | None = Field(
        None, title="Options", description="One a line: name=value x quantity @ amount, e.g. Disk space=50 GB @ 3.00",
        json_schema_extra={"multiline": True},
    )  # fmt: skip
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the client's")
    dedicated_ip: IpAddress | None = Field(None, title="Own IP address")
    subscription_id: Line | None = Field(None, title="Subscription", description="The gateway's number for it")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )


def add_service(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Enter hosting accounts and other services, with their configurable options; nothing is provisioned.

    Args:
        tables: Read-only tables; reads ``clients``, ``currencies``, ``products``, ``product_prices``, ``servers``,
            ``services``.
        requests: One row per service; amounts are money in the client's currency. See ``AddService``.
        today: Day it begins where none is given.
        now: Not used.

    Returns:
        Inserts into ``services`` and ``service_options``, in row order. Amounts that are not given are the product's
        price in the client's currency for the cycle, times the quantity, with the options' amounts; the first payment
        has the set-up fee on top. What begins today or later is due on that day, so that its first invoice bills the
        first payment; what began earlier is due on the next day of its cycle.

    Problems:
        ``unknown_client``, ``unknown_product``, ``unknown_server``, ``no_price``, ``not_minor_unit``, ``too_large``,
        ``free_costs``, ``one_time_recurs``, ``one_time_due``, ``due_before_start``, ``ended_before_start``,
        ``not_ended``, ``implausible_date``.

    Warnings:
        ``closed_client``, ``retired_product``, ``username_taken``, ``domain_taken`` (another running service has it),
        ``not_billed`` (it began earlier: the time before is not billed).

    Source:
        WHMCS "Products/Services tab": adding a product to a client by hand.
    """
    steps = tables.steps(requests=requests)
    steps.add("given_options", option_rows_sql("requests"))
    steps.add("asked", ASKED)
    steps.add("priced", PRICED)
    steps.add("started", starts_sql("priced"), today=today)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS, today=today)
    steps.add("added", ADDED.format(next_id=tables.next_id("services")), today=today)
    steps.add("added_options", ADDED_OPTIONS.format(next_id=tables.next_id("service_options")))
    steps.add("new_services", """select * exclude ("row") from added""")
    return steps.plan(
        steps.insert("services", "new_services"),
        steps.insert("service_options", "added_options"),
        problems="problems",
        warnings="warnings",
    )


PRICES = """
    select product_id, currency_id, billing_cycle, arg_min(amount, id) as price, arg_min(greatest(setup_fee, 0), id) as set_up
    from product_prices where product_id in (select product_id from requests) group by all
"""

ASKED = f"""
    with prices as ({PRICES}),
    extras as (select "row", sum(recurring_amount) as extra from given_options group by "row"),
    owners as (select * from clients where id in (select client_id from requests))
    select requests.*, owners.id is not null as is_known, owners.status as client_status, currencies.code,
        currencies.minor_digits, products.id is not null as is_product, products.name as product_name,
        products.is_retired, prices.price, prices.set_up, coalesce(extras.extra, 0) as extra, owners.currency_id
    from requests
    left join owners on owners.id = requests.client_id
    left join currencies on currencies.id = owners.currency_id
    left join products on products.id = requests.product_id
    left join prices on prices.product_id = requests.product_id and prices.currency_id = owners.currency_id
        and prices.billing_cycle = requests.billing_cycle
    left join extras using ("row")
"""

# In DECIMAL(38, 4), so that a price times a quantity can be seen to be too large.
_LIST_AMOUNT = "(price::decimal(38, 4) * quantity + extra)"

PRICED = f"""
    select *,
        coalesce(recurring_amount::decimal(38, 4),
            case when billing_cycle in ('free', 'one time') then 0 else {_LIST_AMOUNT} end)::decimal(38, 4) as recurring,
        coalesce(first_amount::decimal(38, 4),
            case billing_cycle when 'free' then 0
                when 'one time' then {_LIST_AMOUNT} + set_up::decimal(38, 4) * quantity
                else coalesce(recurring_amount::decimal(38, 4), {_LIST_AMOUNT}) + coalesce(set_up, 0)::decimal(38, 4) * quantity
            end)::decimal(38, 4) as first_payment
    from asked
"""

_OTHER_PRICES = """
    (select string_agg(distinct other.billing_cycle, ', ') from product_prices other
        where other.product_id = started.product_id and other.currency_id = started.currency_id)
"""

PROBLEMS = f"""
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'product_id', 'unknown_product', 'there is no product ' || product_id
    from asked where product_id is not null and not is_product
    union all
    select "row", 'server_id', 'unknown_server', 'there is no server ' || server_id
    from asked where server_id is not null and server_id not in (select id from servers)
    union all
    select "row", case billing_cycle when 'one time' then 'first_amount' else 'recurring_amount' end, 'no_price',
        case when product_id is null then 'the amount is missing: no product is given whose price it could be'
            else 'product ' || product_id || ' has no ' || billing_cycle || ' price in ' || code || ': give the amount'
                || coalesce(', or choose one of ' || {_OTHER_PRICES}, '') end
    from started where is_known and (product_id is null or is_product) and price is null
        and (case billing_cycle when 'free' then false when 'one time' then first_amount is null
            else recurring_amount is null end)
    union all
    select "row", name, 'too_large', name || ' would be ' || amount || ', more than can be kept, 99999999999999'
    from (
        select "row", unnest([
            {{'name': 'first_amount', 'amount': first_payment}}, {{'name': 'recurring_amount', 'amount': recurring}}
        ], recursive := true) from started
    )
    where try_cast(amount as decimal(18, 4)) is null and amount is not null
    union all
    select given_options."row", 'options', 'not_minor_unit', 'option ' || name || ' costs ' || given_options.recurring_amount
        || ', finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from given_options join asked using ("row")
    where is_known and not {is_minor_unit_sql("given_options.recurring_amount")}
    union all
    from ({start_problems_sql()})
"""


def taken_sql(field: str, column: str, code: str, words: str, same: str) -> str:
    """SELECT of warnings: something of a running service that another running one, or an earlier row, has."""
    key = ", ".join(same.split())
    on_same = " and ".join(f"others.{name} = asked.{name}" for name in same.split())
    return f"""
        with others as (
            select {key}, min(id) as id from services
            where status in {LIVE} and {column} in (select {column} from asked) group by {key}
        ),
        numbered as (
            select *, min("row") over (partition by {key}) as first_row from asked
            where {column} is not null and status in {LIVE}
        )
        select "row", '{field}' as field, '{code}' as code, '{words} ' || asked.{column} || ' is also that of '
            || coalesce('service ' || others.id, 'row ' || first_row) as message
        from numbered asked left join others on {on_same}
        where others.id is not null or first_row < "row"
    """


WARNINGS = f"""
    select "row", 'client_id' as field, 'closed_client' as code,
        'client ' || client_id || ' is Closed; the service is invoiced all the same' as message
    from asked where client_status = 'Closed' and status in ('Active', 'Suspended')
    union all
    select "row", 'product_id', 'retired_product', 'product ' || product_id || ', ' || product_name || ', is no longer sold'
    from asked where is_retired
    union all
    from ({taken_sql("username", "username", "username_taken", "user name", "server_id username")})
    union all
    from ({taken_sql("domain", "domain", "domain_taken", "domain", "domain")})
    union all
    {start_warnings_sql("the service")}
"""

ADDED = f"""
    select "row", {{next_id}} + row_number() over (order by "row") as id, client_id, product_id, server_id, domain, username,
        billing_cycle, quantity::integer as quantity, try_cast(first_payment as decimal(18, 4)) as first_amount,
        try_cast(recurring as decimal(18, 4)) as recurring_amount, begun_on as registered_on, due_on as next_due_on,
        aim_day::tinyint as billing_day, status,
        case when status in {ENDED} then coalesce(terminated_on, greatest(begun_on, $today::date)) end as terminated_on,
        case status when 'Completed' then $today::date end as completed_on,
        payment_method, dedicated_ip, subscription_id, notes
    from started
"""

ADDED_OPTIONS = """
    select {next_id} + row_number() over (order by "row", place) as id, added.id as service_id, given_options.name,
        given_options.value, given_options.quantity, given_options.recurring_amount
    from given_options join added using ("row")
"""

RULES: tuple[Rule, ...] = (
    Rule("add-service", "Add hosting account", add_service, AddService, group="services", manual="hosting account"),
)
