"""Commissions of affiliates: earned on paid invoices of referred services, once an invoice, and paid out.

Amounts are reckoned in whole ten-thousandths as HUGEINT, as taxes are (see ``taxes``), and rounded once, half away from
zero, to the minor unit of the affiliate's currency.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.money import is_minor_unit_sql, show_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.affiliates.affiliates import KIND
from clientops.rules.invoices.taxes import amount_sql, rounded_sql, step_sql, units_sql
from clientops.rules.kit.field_types import Line, WayOfPaying
from clientops.schema.days import payment_moment_sql
from clientops.schema.requests import Id, PositiveMoney, Request
from clientops.schema.tables import Tables


class RecordCommissions(Request):
    """Record the commission due on paid invoices of referred services."""

    affiliate_id: Id | None = Field(None, title="Affiliate", description="Empty: all of them", json_schema_extra={"picks": "affiliates"})  # fmt: skip
    until_on: date | None = Field(None, title="Paid until", description="Invoices paid up to this day; empty: today")


def record_commissions(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Record the commissions due, each invoice of a referral once, and let those become due whose waiting time is over.

    Args:
        tables: Read-only tables; reads ``affiliates``, ``referrals``, ``commissions``, ``services``, ``invoices``,
            ``invoice_items``, ``clients``, ``currencies``, and the setting ``affiliate_clearing_days`` (0).
        requests: One row per affiliate, or one for all: ``affiliate_id``, ``until_on``. See ``RecordCommissions``.
        today: Day of the entries.
        now: Not used.

    Returns:
        Inserts into ``commissions``: for each Paid invoice of a referred service, paid since the referral, the percentage
        of the service's items without tax, in the affiliate's currency, or the fixed amount; pending until the clearing
        days are over. Updates of ``commissions`` (pending becomes earned), ``affiliates.balance``, which rises by exactly
        what became due, and ``referrals.last_paid_on``. Asked again, nothing is due.

    Problems:
        ``unknown_affiliate``, ``in_future`` (``until_on``), ``too_large``.

    Source:
        WHMCS "Affiliates": commission on each payment, or on the first one; delay of commissions.
    """
    steps = tables.steps(requests=requests)
    steps.add("clearing", CLEARING)
    steps.add("scope", SCOPE, today=today)
    steps.add("due", DUE)
    steps.add("reckoned", RECKONED)
    steps.add("problems", PROBLEMS, today=today)
    steps.add("new_entries", NEW_ENTRIES.format(next_id=tables.next_id("commissions")), today=today)
    steps.add("cleared", CLEARED, today=today)
    steps.add("balances", BALANCES)
    steps.add("paid_referrals", PAID_REFERRALS)
    return steps.plan(
        steps.insert("commissions", "new_entries"),
        steps.update("commissions", "cleared"),
        steps.update("affiliates", "balances"),
        steps.update("referrals", "paid_referrals"),
        problems="problems",
        summary=(("Commissions recorded", str(steps.count("new_entries"))),),
    )


CLEARING = """
    select coalesce(greatest(try_cast(max(value) as integer), 0), 0) as days from settings where name = 'affiliate_clearing_days'
"""

SCOPE = """
    select requests."row", affiliates.id as affiliate_id, coalesce(requests.until_on, $today::date) as until_on
    from requests join affiliates on requests.affiliate_id is null or requests.affiliate_id = affiliates.id
"""

DUE = """
    with referred as (
        select referrals.id as referral_id, referrals.affiliate_id, referrals.service_id, referrals.referred_on,
            affiliates.pay_kind, affiliates.pay_amount, affiliates.is_one_time, clients.currency_id
        from referrals join affiliates on affiliates.id = referrals.affiliate_id join clients on clients.id = affiliates.client_id
        where affiliates.id in (select affiliate_id from scope)
    ),
    billed as (
        select referred.referral_id, invoices.id as invoice_id, any_value(invoices.paid_on) as paid_on,
            any_value(invoices.client_id) as payer_id,
            sum(items.amount - case invoices.tax_mode when 'inclusive' then items.tax1 + items.tax2 else 0 end)::decimal(18, 4) as base
        from referred
        join invoice_items items on items.service_id = referred.service_id
        join invoices on invoices.id = items.invoice_id
        where invoices.status = 'Paid' and invoices.paid_on is not null
            and (referred.referred_on is null or invoices.paid_on >= referred.referred_on)
        group by referred.referral_id, invoices.id
    ),
    asked as (
        select billed.*, min(scope."row") as "row"
        from billed join referred using (referral_id)
        join scope on scope.affiliate_id = referred.affiliate_id and billed.paid_on <= scope.until_on
        where (referral_id, invoice_id) not in (
            select (referral_id, invoice_id) from commissions where referral_id is not null and invoice_id is not null)
        group by all
    ),
    placed as (
        select referred.*, asked.* exclude (referral_id),
            row_number() over (partition by referral_id order by asked."row", paid_on, invoice_id) as place,
            referral_id in (select referral_id from commissions where kind <> 'withdrawn' and referral_id is not null) as has_earned
        from asked join referred using (referral_id) where base > 0
    )
    select * from placed where not is_one_time or (place = 1 and not has_earned)
"""

RECKONED = f"""
    with rated as (
        select due.*, own.code, {step_sql("own.minor_digits")} as step,
            {units_sql("base")} as base_units, {units_sql("pay_amount")} as pay_units,
            case when own.id = theirs.id then 1 else (own.rate::decimal(38, 8) * 100000000)::hugeint end as own_rate,
            case when own.id = theirs.id then 1 else (theirs.rate::decimal(38, 8) * 100000000)::hugeint end as their_rate
        from due
        join currencies own on own.id = due.currency_id
        join clients payers on payers.id = due.payer_id
        join currencies theirs on theirs.id = payers.currency_id
    )
    select *, case when pay_kind = 'fixed' then pay_units
        when base_units < 1000000000000000 and own_rate < 1000000000000000 then {rounded_sql("(base_units * pay_units * own_rate)", "(1000000 * their_rate)")} end as units
    from rated
"""

PROBLEMS = """
    select "row", 'affiliate_id' as field, 'unknown_affiliate' as code, 'there is no affiliate ' || affiliate_id as message
    from requests where affiliate_id is not null and affiliate_id not in (select id from affiliates)
    union all
    select "row", 'until_on', 'in_future', 'until_on ' || until_on || ' is after today, ' || $today::date
    from requests where until_on > $today::date
    union all
    select "row", 'affiliate_id', 'too_large', 'the commission on invoice ' || invoice_id || ' would be more than can be kept'
    from reckoned where units is null
"""

NEW_ENTRIES = f"""
    select {{next_id}} + row_number() over (order by "row", affiliate_id, paid_on, invoice_id, referral_id) as id, affiliate_id,
        referral_id, invoice_id, $today::date as entry_on, paid_on + days as clears_on,
        case when paid_on + days > $today::date then 'pending' else 'earned' end as kind,
        'Commission on invoice ' || invoice_id as description, {amount_sql("units")} as amount
    from reckoned cross join clearing where units > 0
"""

CLEARED = """
    select id, 'earned' as kind from commissions
    where kind = 'pending' and clears_on <= $today::date and affiliate_id in (select affiliate_id from scope)
"""

BALANCES = """
    with became_due as (
        select affiliate_id, amount from new_entries where kind = 'earned'
        union all
        select affiliate_id, amount from commissions where id in (select id from cleared)
    ),
    sums as (select affiliate_id, sum(amount) as amount from became_due group by affiliate_id)
    select affiliates.id, (affiliates.balance + sums.amount)::decimal(18, 4) as balance
    from affiliates join sums on sums.affiliate_id = affiliates.id
"""

PAID_REFERRALS = """
    with last_paid as (
        select referral_id, max(paid_on) as paid_on from reckoned where units > 0 group by referral_id
    )
    select referrals.id, greatest(referrals.last_paid_on, last_paid.paid_on) as last_paid_on
    from referrals join last_paid on last_paid.referral_id = referrals.id
"""


class PayAffiliate(Request):
    """Pay an affiliate's commission out, as account credit or as money."""

    affiliate_id: Id = Field(title="Affiliate", description="Who is paid", json_schema_extra={"picks": "affiliates"})
    amount: PositiveMoney | None = Field(None, title="Amount", description="In the affiliate's currency; empty: all that is due")  # fmt: skip
    pay_as: Literal["credit", "transaction"] = Field("credit", title="As", description="Account credit, or money sent: a transaction")  # fmt: skip
    gateway: WayOfPaying | None = Field(None, title="Gateway", description="Of a transaction, e.g. Bank transfer")
    reference: Line | None = Field(None, title="Reference", description="Of a transaction: the bank's number for it")


def pay_affiliate(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Pay commissions out.

    Args:
        tables: Read-only tables; reads ``affiliates``, ``clients``, ``currencies``.
        requests: One row per affiliate: ``amount`` (money in the affiliate's currency; empty: the whole balance). See
            ``PayAffiliate``.
        today: Day of the entries.
        now: Moment of transactions.

    Returns:
        Inserts into ``commissions`` (negative, withdrawn), and into ``credit_entries`` or ``transactions`` (a payout);
        updates of ``affiliates`` (balance falls, withdrawn rises by the same) and ``clients.credit_balance``. What an
        affiliate loses is exactly what the client gets.

    Problems:
        ``unknown_affiliate``, ``twice``, ``nothing_due``, ``more_than_due``, ``not_minor_unit``, ``too_large``,
        ``no_transaction`` (gateway or reference of credit).

    Source:
        WHMCS "Affiliates": Withdrawal: to credit balance, or as a transaction.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", PAYOUTS)
    steps.add("problems", PAYOUT_PROBLEMS)
    steps.add("paid", "select * from asked where is_known and not is_again and paid > 0")
    number = tables.next_id
    steps.add("withdrawals", WITHDRAWALS.format(next_id=number("commissions")), today=today)
    steps.add("entries", PAYOUT_ENTRIES.format(next_id=number("credit_entries")), today=today)
    steps.add("payouts", PAYOUT_TRANSACTIONS.format(next_id=number("transactions")), today=today, now=now)
    steps.add("affiliate_balances", "select affiliate_id as id, (balance - paid)::decimal(18, 4) as balance, (withdrawn + paid)::decimal(18, 4) as withdrawn from paid")  # fmt: skip
    steps.add("client_balances", "select client_id as id, try_cast(credit_balance + paid as decimal(18, 4)) as credit_balance from paid where pay_as = 'credit'")  # fmt: skip
    return steps.plan(
        steps.insert("commissions", "withdrawals"),
        steps.insert("credit_entries", "entries"),
        steps.insert("transactions", "payouts"),
        steps.update("affiliates", "affiliate_balances"),
        steps.update("clients", "client_balances"),
        problems="problems",
    )


PAYOUTS = """
    select requests.*, affiliates.id is not null as is_known, affiliates.client_id, affiliates.balance, affiliates.withdrawn,
        clients.credit_balance, currencies.id as currency_id, currencies.code, currencies.minor_digits, currencies.rate,
        coalesce(requests.amount, affiliates.balance)::decimal(18, 4) as paid,
        row_number() over (partition by requests.affiliate_id order by "row") > 1 as is_again
    from requests
    left join affiliates on affiliates.id = requests.affiliate_id
    left join clients on clients.id = affiliates.client_id
    left join currencies on currencies.id = clients.currency_id
"""

PAYOUT_PROBLEMS = f"""
    select "row", 'affiliate_id' as field, 'unknown_affiliate' as code, 'there is no affiliate ' || affiliate_id as message
    from asked where affiliate_id is not null and not is_known
    union all
    select "row", 'affiliate_id', 'twice', 'affiliate ' || affiliate_id || ' is paid in an earlier row already'
    from asked where is_known and is_again
    union all
    select "row", 'affiliate_id', 'nothing_due', 'affiliate ' || affiliate_id || ' has nothing due'
    from asked where is_known and not is_again and balance <= 0
    union all
    select "row", 'amount', 'more_than_due',
        'amount ' || {show_sql("amount")} || ' is more than affiliate ' || affiliate_id || ' has due: ' || {show_sql("balance")}
    from asked where is_known and not is_again and balance > 0 and amount > balance
    union all
    select "row", 'amount', 'not_minor_unit',
        'amount ' || amount || ' is finer than ' || code || ' has: at most ' || minor_digits || ' decimals'
    from asked where is_known and amount is not null and not {is_minor_unit_sql("amount")}
    union all
    select "row", 'amount', 'too_large', 'amount: client ' || client_id || ' would have more credit than can be kept, 99999999999999'
    from asked where is_known and pay_as = 'credit' and try_cast(credit_balance + paid as decimal(18, 4)) is null
    union all
    select "row", 'gateway', 'no_transaction', 'gateway is of no use: credit is no transaction'
    from asked where pay_as = 'credit' and gateway is not null
    union all
    select "row", 'reference', 'no_transaction', 'reference is of no use: credit is no transaction'
    from asked where pay_as = 'credit' and reference is not null
"""

WITHDRAWALS = """
    select {next_id} + row_number() over (order by "row") as id, affiliate_id, $today::date as entry_on, 'withdrawn' as kind,
        case pay_as when 'credit' then 'Paid out as account credit' else 'Paid out' end as description,
        (-paid)::decimal(18, 4) as amount
    from paid
"""

PAYOUT_ENTRIES = """
    select {next_id} + row_number() over (order by "row") as id, client_id, $today::date as entry_on,
        'Affiliate commission' as description, paid as amount
    from paid where pay_as = 'credit'
"""

PAYOUT_TRANSACTIONS = (
    """
    select {next_id} + row_number() over (order by "row") as id, client_id, currency_id, 'payout' as kind, gateway,
        """
    + payment_moment_sql("null::date")
    + """ as occurred_at, 'Affiliate commission' as description, paid as amount_out, rate, reference
    from paid where pay_as = 'transaction'
"""
)

RULES: tuple[Rule, ...] = (
    Rule("record-commissions", "Record commissions due", record_commissions, RecordCommissions, group="affiliates", manual=KIND),
    Rule("pay-affiliate", "Pay affiliate", pay_affiliate, PayAffiliate, risk="medium", group="affiliates", manual=KIND),
)  # fmt: skip
