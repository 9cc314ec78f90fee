"""Generate invoices: everything that falls due up to a date, one invoice a client and due date."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import round_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.credit.offer import credit_figures
from clientops.rules.invoices.billed_periods import billed_sql
from clientops.rules.invoices.build_rows import make_invoices
from clientops.rules.invoices.due_items import (
    BILLABLE,
    BILLED_OWNERS,
    DUE_ITEMS,
    EVERYONE,
    HAS_ENDED,
    IS_NEGATIVE,
    MOVED,
    ONLY_ASKED,
)
from clientops.rules.invoices.reverse_charge import UNKNOWN_ORIGIN, reverse_charge_figures
from clientops.rules.invoices.taxes import BILLING
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Tables

MOST_DAYS_AHEAD = 366


class GenerateInvoices(Request):
    """Invoice what falls due up to a date."""

    until_on: date = Field(title="Due up to", description="Last due date that is invoiced, e.g. in two weeks")
    client_id: Id | None = Field(
        default=None,
        title="Client",
        description="Only this client; empty: all clients",
        json_schema_extra={"picks": "clients"},
    )
    send_email: bool = Field(default=False, title="Send e-mails", description="Whether the clients are told")


def generate_invoices(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Invoice services, add-ons and domains that fall due, every cycle of them, and offer the clients' credit.

    Args:
        tables: Read-only tables; reads what is billed, its clients, their groups and contacts, tax rates and settings
            (``tax_mode``, ``tax_compound``, ``tax_domains``, ``invoice_number_format``, ``invoice_next_number``).
        requests: Usually one row: ``until_on`` (the last due date invoiced), ``client_id`` (empty: all). See
            ``GenerateInvoices``.
        today: Invoice date, date of credit entries, and the day on which what owes nothing is paid.
        now: When e-mails are queued.

    Returns:
        Inserts of invoices, items, credit entries and e-mails; updates of ``next_due_on``, of the clients' credit and of the
        next invoice number. One invoice a client and due date, or a service where the client or its group wants
        separate ones. Billed are Active and Suspended services and add-ons, and Active and Grace domains that renew,
        whatever the client's status. A first cycle (due on the day of registration) costs the first amount. Since
        due dates move on, generating twice bills once. Credit goes to the new invoices of clients that want it so,
        oldest due first.

    Problems:
        ``unknown_client``, ``too_far_ahead``, ``too_large``.

    Warnings:
        ``closed_client`` (invoiced all the same), ``ended_service`` (a running add-on of a service that ended: not
        invoiced), ``negative_amount`` (not invoiced), ``billed_already`` (a
        standing invoice bills these days), ``many_cycles`` (more than 12 of one thing at once),
        ``waiting_change`` (a change at renewal that was not carried out before), ``own_country_unknown`` (no reverse charge).

    Source:
        WHMCS "Automation Settings", "Invoice generation"; ours are the month ends: 31 Jan, 28 Feb, 31 Mar.
    """
    steps = tables.steps(requests=requests)
    steps.add("billing", BILLING)
    steps.add("asked", ASKED, today=today, days=MOST_DAYS_AHEAD)
    is_for_all = steps.value("select bool_or(client_id is null) from asked")
    steps.add("billable", BILLABLE.format(whose=EVERYONE if is_for_all else ONLY_ASKED))
    steps.add("billed_owners", BILLED_OWNERS)
    steps.add("due_items", DUE_ITEMS)
    steps.add("billed_before", BILLED_BEFORE)
    steps.add("billed_items", BILLED_ITEMS)
    steps.add("bills", BILLS, today=today)
    steps.add("bill_items", BILL_ITEMS)
    changes = make_invoices(steps, today=today, now=now)
    moved = []
    for table, sql in MOVED.items():
        steps.add(f"moved_{table}", sql)
        moved.append(steps.update(table, f"moved_{table}"))
    steps.add("problems", PROBLEMS, days=MOST_DAYS_AHEAD)
    steps.add("warnings", f"{WARNINGS} union all {UNKNOWN_ORIGIN}")
    figures = (*steps.add("figures", FIGURES).fetchall(), *reverse_charge_figures(steps), *credit_figures(steps))
    return steps.plan(*changes, *moved, problems="problems", warnings="warnings", summary=figures)


ASKED = """
    select requests."row", requests.client_id, requests.send_email, requests.until_on as asked_until_on,
        least(requests.until_on, $today::date + $days::integer) as until_on,
        requests.client_id is null or clients.id is not null as is_known
    from requests left join clients on clients.id = requests.client_id
"""

# Days that a standing invoice bills are not billed again; days that only in part are billed are, with a word.
BILLED_BEFORE = f"""
    select due_items."row", due_items.kind, due_items.id, due_items.due_on, min(billed.invoice_name) as invoice_name,
        bool_or(billed.period_from <= due_items.due_on and billed.period_to >= due_items.later_due_on - 1) as is_whole
    from due_items join ({billed_sql("due_items")}) billed using (kind, id)
    where billed.period_from < due_items.later_due_on and billed.period_to >= due_items.due_on
    group by due_items."row", due_items.kind, due_items.id, due_items.due_on
"""

BILLED_ITEMS = """
    select due_items.*, billed_owners.* exclude (id),
        dense_rank() over (order by "row", client_id, due_on,
            is_separate and service_id is null,
            case when is_separate then coalesce(service_id, due_items.id) end) as bill_id
    from due_items join billed_owners on billed_owners.id = due_items.client_id
    where (due_items.kind, due_items.id, due_items.due_on) not in (select (kind, id, due_on) from billed_before where is_whole)
"""

BILLS = """
    select bill_id, any_value("row") as "row", any_value(client_id) as client_id, false as is_draft,
        $today::date as issued_on, any_value(due_on) as due_on,
        case when min(coalesce(payment_method, client_payment_method)) = max(coalesce(payment_method, client_payment_method))
            then min(coalesce(payment_method, client_payment_method))
            else any_value(client_payment_method) end as payment_method,
        null::varchar as number, null::varchar as notes, any_value(auto_apply_credit) as offers_credit,
        any_value(send_email) as sends_email
    from billed_items join (select "row", send_email from asked) using ("row") group by bill_id
"""

BILL_ITEMS = f"""
    with priced as (select *, {round_sql("price")} as unit_price from billed_items)
    select bill_id, row_number() over (
            partition by bill_id order by service_id nulls last, kind desc, id) as position,
        client_id, kind,
        case kind when 'service' then id end as service_id,
        case kind when 'addon' then id end as addon_id,
        case kind when 'domain' then id end as domain_id,
        description || ' (' || due_on || case when later_due_on is null then '' else ' - ' || (later_due_on - 1) end || ')'
            as description,
        1::decimal(18, 4) as quantity, unit_price,
        {round_sql("(unit_price::decimal(24, 4) * discount_percent::decimal(9, 4) * 0.01)")} as discount,
        is_taxed, tax_class, null::decimal(9, 4) as tax_rate, due_on as period_from, (later_due_on - 1) as period_to
    from priced
"""

PROBLEMS = """
    select "row", 'client_id' as field, 'unknown_client' as code, 'there is no client ' || client_id as message
    from asked where not is_known
    union all
    select "row", 'until_on', 'too_far_ahead',
        'until_on ' || asked_until_on || ' is too far ahead: at most ' || $days || ' days, ' || until_on
    from asked where asked_until_on > until_on
    union all
    select bills."row", 'until_on', 'too_large',
        'the invoice of client ' || client_id || ' due on ' || bills.due_on || ' would be more than can be kept'
    from bills join bill_totals using (bill_id)
    where bill_totals.total is null or exists (
        select 1 from item_amounts where item_amounts.bill_id = bills.bill_id and item_amounts.units is null)
"""

WARNINGS = f"""
    select distinct "row", 'client_id' as field, 'closed_client' as code,
        'client ' || client_id || ' is Closed; what still runs is invoiced all the same' as message
    from billed_items where status = 'Closed'
    union all
    select (select min("row") from asked), '', 'ended_service',
        'add-on ' || id || ' runs, but its service ' || service_id || ' is ' || service_status || ': not invoiced'
    from billable where {HAS_ENDED}
    union all
    select "row", '', 'billed_already', kind || ' ' || id || ' due on ' || due_on || ' is billed by invoice ' || invoice_name
        || case when is_whole then ' already: not invoiced again, its due date moves on' else ' in part: some days are billed twice' end
    from billed_before
    union all
    select (select min("row") from asked), '', 'negative_amount',
        kind || ' ' || id || ' costs ' || least(first_amount, recurring_amount) || ', less than nothing: not invoiced'
    from billable where {IS_NEGATIVE}
    union all
    select min("row"), '', 'many_cycles',
        kind || ' ' || id || ' is invoiced for ' || count(*) || ' cycles at once, from ' || min(due_on)
    from due_items group by kind, id having count(*) > 12
    union all
    select min(due_items."row"), '', 'waiting_change', 'service ' || due_items.id || ' is invoiced at its old price: change '
        || any_value(service_changes.id) || ' waits for ' || any_value(service_changes.changed_on)
        || '; carry it out first (carry-out-changes)'
    from due_items join service_changes on due_items.kind = 'service' and service_changes.service_id = due_items.id
    where service_changes.status = 'Pending' and service_changes.is_at_renewal and service_changes.changed_on <= due_items.due_on
    group by due_items.id
"""

FIGURES = f"""
    select 'Invoices' as label, count(*)::varchar as figure from new_invoices
    union all
    select * from (
        select 'Invoiced', {show_sql("sum(total)", "code", "any_value(minor_digits)")}
            || ', of which paid by credit ' || {show_sql("sum(credit_applied)", "code", "any_value(minor_digits)")}
        from new_invoices group by code order by code
    )
"""

RULES: tuple[Rule, ...] = (
    Rule(
        "generate-invoices", "Generate invoices", generate_invoices, GenerateInvoices, risk="medium", group="invoices"
    ),
)
