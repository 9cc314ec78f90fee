"""Orders: what a client asks for, with its prices and promotion, before it is accepted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, ClassVar, Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.add import Years
from clientops.rules.domains.names import parse_domain_name
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.rules.orders.prices import (
    ADDED_AMOUNTS,
    ASKED,
    DISCOUNTED,
    FIGURES,
    ITEMS,
    ORDERS,
    PRICED,
    PROBLEMS,
    PROMOTION_USES,
    WARNINGS,
)
from clientops.rules.services.add import HowMany, NotNegative
from clientops.rules.services.dates import Cycle
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables


def _check_name(kind: str | None, name: str | None) -> Mapping[str, Any]:
    """Names of domains, ordered or served, in their one form; an add-on may be called anything."""
    if name is None or kind not in ("product", "domain"):
        return {}
    try:
        return {"name": parse_domain_name(name)}
    except ValueError as error:
        raise FieldError("name", f"name {name!r} {error}") from None


class AddOrder(Request):
    """Enter an order, or one more item of it; rows with the same order key make one order."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("kind", "name"), _check_name),)

    client_id: Id | None = Field(
        None, title="Client", description="Who orders; empty only for one more item of an order", json_schema_extra={"picks": "clients"}
    )  # fmt: skip
    kind: Literal["product", "addon", "domain"] = Field(
        "product", title="What", description="A product, an add-on or a domain name"
    )
    product_id: Id | None = Field(
        None, title="Product", description="For a product", json_schema_extra={"picks": "products"}
    )
    service_id: Id | None = Field(
        None, title="Service", description="For an add-on; empty: the product that stands before it in the order",
        json_schema_extra={"picks": "services"},
    )  # fmt: skip
    name: Line | None = Field(
        None, title="Name", description="Of the domain that is ordered, or that the product serves, or of the add-on"
    )
    billing_cycle: Cycle | None = Field(None, title="Billing cycle", description="Empty: monthly; not for domains")
    registration_period: Years | None = Field(None, title="Years", description="For a domain; empty: one")
    domain_kind: Literal["Register", "Transfer"] | None = Field(None, title="Domain is", description="Empty: Register")
    quantity: HowMany = Field(1, title="Quantity", description="How many")
    amount: NotNegative | None = Field(
        None, title="First payment", description="Without set-up; empty: the product's price, or the recurring amount"
    )  # fmt: skip
    setup_fee: NotNegative | None = Field(None, title="Set-up fee", description="Empty: the product's")
    recurring_amount: NotNegative | None = Field(
        None, title="Recurring amount", description="Empty: the product's price"
    )
    promotion_code: Line | None = Field(None, title="Promotion code", description="Of the whole order")
    payment_method: WayOfPaying | None = Field(None, title="Payment method", description="Empty: the client's")
    notes: Text | None = Field(
        None, title="Remarks", description="For staff only", json_schema_extra={"multiline": True}
    )
    order: Line | None = Field(
        None, title="Order key", description="In a file: items with the same key are one order; empty: one of its own"
    )
    order_id: Id | None = Field(
        None, title="Order", description="A pending order that gets this item, too; empty: a new order", json_schema_extra={"picks": "orders"}
    )  # fmt: skip


def add_order(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Enter orders item by item; nothing is created or invoiced before they are accepted.

    Args:
        tables: Read-only tables; reads clients, groups, products and prices, services, domains, promotions, orders.
        requests: One row per item. Rows with the same ``order`` key are one order; what concerns the order (client,
            promotion, payment method, notes) is given in its first row, and empty or the same in the others. With
            ``order_id`` the item is added to a pending order. See ``AddOrder``.
        today: Day on which a promotion must hold.
        now: When it was ordered.

    Returns:
        Inserts of ``orders`` (Pending) and ``order_items``, updates of the amount of orders that get more items, and of
        ``promotions.uses``. Prices that are not given are the product's in the client's currency. A promotion takes off:
        percent of the first payment; a fixed amount, from one item after the other; what a product costs more than its
        price; or the set-up fees. What is taken off every cycle lowers the recurring amount, too. The discount of the
        client's group comes on top. An item that is added later has its part in any promotion but a fixed amount.

    Problems:
        ``unknown_client``, ``missing``, ``differs``, ``unknown_order``, ``not_pending``, ``order_and_key``,
        ``unknown_product``, ``not_clients``, ``service_ended``, ``no_service`` (an add-on without one), ``not_for_kind``
        (a field that this kind has not), ``no_price``, ``not_minor_unit``, ``too_large``, ``free_costs``,
        ``one_time_recurs``, ``name_taken``, ``unknown_promotion``, ``not_valid`` (too early, too late, used up),
        ``promotion_fixed`` (an order keeps its promotion).

    Warnings:
        ``closed_client``, ``retired_product``, ``recurs_limited`` (a promotion for some cycles only: the recurring amount
        is not lowered).

    Source:
        WHMCS "Add New Order", "Promotions".
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("priced", PRICED)
    steps.add("discounted", DISCOUNTED)
    steps.add("new_orders", ORDERS.format(next_id=tables.next_id("orders")), now=now)
    steps.add("new_items", ITEMS.format(next_id=tables.next_id("order_items")))
    steps.add("added_amounts", ADDED_AMOUNTS)
    steps.add("promotion_uses", PROMOTION_USES)
    steps.add("order_inserts", 'select * exclude ("row", first_row) from new_orders')
    steps.add("item_inserts", 'select * exclude ("row") from new_items')
    steps.add("problems", PROBLEMS, today=today)
    steps.add("warnings", WARNINGS)
    figures = tuple(steps.add("figures", FIGURES).fetchall())
    return steps.plan(
        steps.insert("orders", "order_inserts"),
        steps.insert("order_items", "item_inserts"),
        steps.update("orders", "added_amounts"),
        steps.update("promotions", "promotion_uses"),
        problems="problems",
        warnings="warnings",
        summary=figures,
    )


RULES: tuple[Rule, ...] = (Rule("add-order", "Enter order", add_order, AddOrder, group="orders", manual="order"),)
