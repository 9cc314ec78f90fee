"""Upgrades, downgrades and features of services, with what the rest of the cycle costs or is worth."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.offer import credit_figures
from clientops.rules.invoices.billed_periods import credit_rests
from clientops.rules.invoices.build_rows import make_invoices
from clientops.rules.invoices.proration import work_out_credits
from clientops.rules.invoices.reverse_charge import UNKNOWN_ORIGIN, reverse_charge_figures
from clientops.rules.invoices.taxes import BILLING
from clientops.rules.kit.field_types import Line
from clientops.rules.services.add import HowMany, NotNegative
from clientops.rules.services.change_rows import (
    ADDED_OPTIONS,
    ASKED,
    BALANCES,
    BILL_ITEMS,
    BILLS,
    CHANGES,
    CREDIT_ENTRIES,
    CREDIT_GAINS,
    CREDITED_ITEMS,
    CREDITS,
    FIGURES,
    KEPT_OPTIONS,
    PRICED,
    PROBLEMS,
    REMOVED_OPTIONS,
    RESTS,
    SERVICES,
    WARNINGS,
    WORKED_OUT,
)
from clientops.rules.services.options import OptionNames, Options, option_names_sql, option_rows_sql
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

RecurringCycle = Literal["monthly", "quarterly", "semi-annually", "annually", "biennially", "triennially", "free"]


class ChangeService(Request):
    """Upgrade or downgrade a service, or add and remove features; the rest of the cycle is charged or credited."""

    service_id: Id = Field(title="Service", json_schema_extra={"picks": "services"})
    product_id: Id | None = Field(
        None, title="New product", description="Empty: as it is", json_schema_extra={"picks": "products"}
    )
    billing_cycle: RecurringCycle | None = Field(
        None, title="New billing cycle", description="Empty: as it is; a new cycle begins on the day of the change"
    )
    quantity: HowMany | None = Field(None, title="New quantity", description="Empty: as it is")
    recurring_amount: NotNegative | None = Field(
        None, title="New recurring amount", description="Empty: the product's price and the options' in the client's currency"
    )  # fmt: skip
    add_options: Options | None = Field(
        None, title="Features added", description="One a line: name=value x quantity @ amount, e.g. Backup=daily @ 2.00",
        json_schema_extra={"multiline": True},
    )  # fmt: skip
    remove_options: OptionNames | None = Field(
        None,
        title="Features removed",
        description="Names of options, one a line",
        json_schema_extra={"multiline": True},
    )
    effective: Literal["now", "at renewal"] = Field(
        "now", title="Effective", description="At renewal nothing is charged: it is carried out before the next invoice"
    )
    description: Line | None = Field(None, title="Why", description="Kept with the change, shown on the invoice")
    send_email: bool = Field(
        default=False, title="Send e-mail", description="Whether the client is told of the invoice"
    )


def change_service(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change services, and charge or credit the rest of the cycle to the day and the last minor unit.

    Args:
        tables: Read-only tables; reads services, options, products and prices, clients, and what invoices need.
        requests: One row per service: what changes, and ``effective``. See ``ChangeService``.
        today: Day of a change that is effective now, and of the invoice or the credit.
        now: When e-mails are queued.

    Returns:
        Inserts into ``service_changes``. Effective now: updates of ``services``, inserts and deletes of
        ``service_options``, and either an invoice (the new price is higher: the difference of the two prices for the days
        that are left of the cycle), to which the client's credit is applied where the client wants that, or a credit
        entry with the balance (the new price is lower), with tax.
        With a new billing cycle the cycle begins today and its whole price is charged. What was never invoiced (the first
        cycle, or one that is due) is neither charged nor credited: its invoice will be of the new price.
        At renewal: nothing but the change, Pending; ``carry-out-changes`` does it.
        The difference of the prices x days left / days in the cycle is rounded once, half away from zero, to the minor
        unit: it is exact to half a minor unit, and changes there and back come to nothing. Where a new cycle begins, its whole
        price less the rounded rest of the old one. The group's discount holds here, too.

    Problems:
        ``unknown_service``, ``twice``, ``not_running``, ``nothing_given``, ``no_change``, ``unknown_product``, ``no_price``,
        ``price_needed`` (options that cost, and another cycle), ``not_recurring``, ``free_costs``, ``not_minor_unit``,
        ``too_large``, ``unknown_option``, ``option_exists``, ``below_zero``, ``is_waiting`` (a change waits already),
        ``no_renewal``.

    Warnings:
        ``closed_client``, ``not_billed_yet`` (nothing to charge or credit), ``retired_product``, ``own_country_unknown``.

    Source:
        WHMCS "Upgrade/Downgrade": price difference by the days that are left of the cycle; ours is the tax on credits.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("new_options", option_rows_sql("requests", "add_options"))
    steps.add("dropped_names", option_names_sql("requests", "remove_options"))
    steps.add("kept_options", KEPT_OPTIONS)
    steps.add("asked", ASKED)
    steps.add("priced", PRICED)
    steps.add("worked_out", WORKED_OUT, today=today)
    steps.add("bills", BILLS, today=today)
    steps.add("bill_items", BILL_ITEMS, today=today)
    steps.add("credited_bills", CREDITS, today=today)
    steps.add("credited_bill_items", CREDITED_ITEMS)
    work_out_credits(steps)
    steps.add("rests", RESTS)
    credit_rests(steps, "rests")
    steps.add("credit_gains", CREDIT_GAINS)
    invoicing = {(change.table, change.kind): change for change in make_invoices(steps, today=today, now=now)}
    steps.add("all_entries", CREDIT_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("all_balances", BALANCES)
    steps.add("changed_services", SERVICES, today=today)
    steps.add("gone_options", REMOVED_OPTIONS)
    steps.add("added_options", ADDED_OPTIONS.format(next_id=tables.next_id("service_options")))
    steps.add("changes", CHANGES.format(next_id=tables.next_id("service_changes")), today=today)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", f"{WARNINGS} union all {UNKNOWN_ORIGIN}")
    figures = (*steps.add("figures", FIGURES).fetchall(), *reverse_charge_figures(steps), *credit_figures(steps))
    del invoicing["credit_entries", "insert"], invoicing["clients", "update"]
    return steps.plan(
        steps.insert("service_changes", "changes"),
        steps.update("services", "changed_services"),
        steps.delete("service_options", "gone_options"),
        steps.insert("service_options", "added_options"),
        steps.insert("credit_entries", "all_entries"),
        steps.update("clients", "all_balances"),
        *invoicing.values(),
        problems="problems",
        warnings="warnings",
        summary=figures,
    )


RULES: tuple[Rule, ...] = (
    Rule(
        "change-service", "Upgrade, downgrade or change a service", change_service, ChangeService, risk="medium", group="services",
        manual="product or service change",
    ),
)  # fmt: skip
