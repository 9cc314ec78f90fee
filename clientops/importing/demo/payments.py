"""How the demo book's invoices are paid: account credit first, then money, with surpluses, refunds and fees."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import CURRENCY_IDS, FIRST_NUMBER
from clientops.importing.demo.flaws import HAS_CREDIT
from clientops.importing.demo.seeded_random import chance, moment, one_of, pick, roll, weighted

EURO, DOLLAR = CURRENCY_IDS["EUR"], CURRENCY_IDS["USD"]

# Kinds of movements, in the order in which they come on one day.
PAYMENT, PREPAYMENT, REFUND, PAYOUT, DOUBLE, UNAPPLIED, BANK_FEE = range(1, 8)


def add_payments(draft: Draft) -> None:
    """Steps of credit and money; needs ``bills`` and ``planted``."""
    draft.add("credit_sources", CREDIT_SOURCES)
    draft.add("credit_flow", CREDIT_FLOW)
    draft.add("numbers", NUMBERS)
    draft.add("settled", SETTLED)
    draft.add("bundles", BUNDLES)
    draft.add("moves", MOVES)
    draft.add("move_links", MOVE_LINKS)
    draft.add("new_allocations", ALLOCATIONS)
    draft.add("new_credit_entries", CREDIT_ENTRIES)
    draft.add("balances", BALANCES)


def add_transaction_rows(draft: Draft) -> dict[str, str]:
    """Steps of the tables' rows; needs ``add_payments``.

    Returns:
        Step by table.
    """
    draft.add("new_transactions", TRANSACTION_ROWS)
    return {name: f"new_{name}" for name in ("transactions", "allocations", "credit_entries")}


CREDIT_KINDS = {"goodwill": 40, "overpayment": 32, "prepayment": 16, "paid out": 12}

# Where credit comes from, at most once a client: a present, too much money, or money in advance.
CREDIT_SOURCES = f"""
    with holders as (
        select p.id as client_id, p.created_on, p.active_until, p.currency_id, p.minor_digits, p.keeps_credit, p.pays_together,
            if(p.keeps_credit, 'goodwill', {weighted("p.id", "credit kind", CREDIT_KINDS)}) as wanted, price.amount as price
        from people p
        join price_list price on price.product_id = 2 and price.currency_id = p.currency_id and price.billing_cycle = 'monthly'
        where p.role <> 'gone' and not p.keeps_service and (p.keeps_credit or {HAS_CREDIT.replace("client_id", "p.id")})
    ),
    overpaid as (
        select client_id, arg_min(invoice_id, {roll("invoice_id", "overpaid")}) as invoice_id
        from bills
        where outcome = 'Paid' and trouble = 0 and not pays_together
            and client_id in (select client_id from holders where wanted in ('overpayment', 'paid out'))
        group by client_id
    )
    select h.client_id, h.currency_id, null::bigint as invoice_id, h.wanted as kind,
        if(keeps_credit, active_until - 1,
            created_on + {pick("client_id", "credit day", "coalesce(active_until, $today) - created_on - 1")}) as day,
        (price * (1 + {pick("client_id", "credit amount", 4)}))::decimal(18, 4) as amount
    from holders h where wanted in ('goodwill', 'prepayment')
    union all
    select h.client_id, h.currency_id, b.invoice_id, h.wanted, b.pay_on,
        if({chance("h.client_id", "paid twice", 450)}, b.total, price)::decimal(18, 4)
    from holders h join overpaid o using (client_id) join bills b using (invoice_id)
    union all
    select b.client_id, b.currency_id, b.invoice_id, 'double', b.pay_on, b.total
    from bills b join planted using (invoice_id) where flaw = 'reference_twice'
"""

# A balance that takes what it can and never falls below zero is the running sum less its lowest point so far.
CREDIT_FLOW = """
    with events as (
        select client_id, day, 2 as turn, invoice_id, kind, amount from credit_sources
        union all
        select client_id, day + 4, 3, invoice_id, 'payout', -amount from credit_sources
        where kind = 'paid out' and day + 4 < $today
            and day + 4 < (select coalesce(active_until, $today) from people where people.id = client_id)
        union all
        select b.client_id, b.issued_on, 1, b.invoice_id, 'applied', -b.total
        from bills b
        join people p on p.id = b.client_id
        anti join planted on planted.invoice_id = b.invoice_id
        where b.outcome in ('Paid', 'Unpaid') and b.trouble = 0 and p.auto_apply_credit
            and b.client_id in (select client_id from credit_sources)
        union all
        select id, active_until, 9, null, 'removed', -100_000_000 from people
        where status = 'Closed' and not keeps_credit and id in (select client_id from credit_sources)
    ),
    summed as (
        select *, sum(amount) over (partition by client_id order by day, turn, invoice_id
            rows between unbounded preceding and current row) as reached
        from events
    ),
    balanced as (
        select *, reached - least(0, min(reached) over (partition by client_id order by day, turn, invoice_id
            rows between unbounded preceding and current row)) as balance
        from summed
    ),
    moved as (
        select *, (balance - coalesce(lag(balance) over (partition by client_id order by day, turn, invoice_id), 0))::decimal(18, 4)
            as change
        from balanced
    )
    select client_id, day, turn, invoice_id, kind, change as amount from moved where change <> 0
"""

# One number after the other, but for those planted: one left out, or one used twice.
NUMBERS = f"""
    select invoice_id, ({FIRST_NUMBER - 1} + sum(case flaw when 'number_gap' then 2 when 'number_twice' then 0 else 1 end)
        over (order by invoice_id rows between unbounded preceding and current row))::bigint as number
    from bills left join planted using (invoice_id)
"""

SETTLED = f"""
    with applied as (
        select invoice_id, -amount as credit_applied from credit_flow where kind = 'applied'
    ),
    surplus as (
        select invoice_id, amount as surplus from credit_sources where kind in ('overpayment', 'paid out')
    ),
    priced as (select currency_id, amount as price from price_list where product_id = 2 and billing_cycle = 'monthly'),
    flawed as (
        select b.*, f.flaw,
            case f.flaw when 'total_not_items' then 1 + {pick("b.invoice_id", "added", 9)} else 0 end::decimal(18, 4) as added,
            case f.flaw when 'credit_on_cancelled' then least(b.total, priced.price)
                else coalesce(a.credit_applied, 0) end::decimal(18, 4) as credit_applied,
            case f.flaw when 'overpaid_without_credit' then priced.price else coalesce(s.surplus, 0) end::decimal(18, 4) as surplus
        from bills b
        left join planted f on f.invoice_id = b.invoice_id
        left join applied a on a.invoice_id = b.invoice_id
        left join surplus s on s.invoice_id = b.invoice_id
        join priced on priced.currency_id = b.currency_id
    ),
    decided as (
        select * exclude (total, subtotal, outcome), (total + added)::decimal(18, 4) as total,
            (subtotal + if({chance("invoice_id", "in subtotal", 500)}, added, 0))::decimal(18, 4) as subtotal,
            if(outcome in ('Paid', 'Unpaid') and credit_applied = total, 'Paid', outcome) as status,
            outcome = 'Unpaid' and due_on < $today - 5 and trouble = 0 and credit_applied = 0
                and {chance("invoice_id", "paid in part", 120)} as is_paid_in_part
        from flawed
    ),
    counted as (
        select *, case when is_paid_in_part then {round_sql("(total * 0.4)")} when flaw = 'paid_but_owed' then {round_sql("(total * 0.6)")}
                when status in ('Paid', 'Refunded') then (total - credit_applied)::decimal(18, 4) else 0 end as paid,
            case when is_paid_in_part then least($today - 1, due_on + 1)
                when status = 'Paid' and credit_applied = total then issued_on
                when status in ('Paid', 'Refunded') then pay_on end as money_on
        from decided
    )
    select counted.*, if(is_draft, null, numbers.number) as number from counted join numbers using (invoice_id)
"""

# Some clients pay all invoices of a quarter with one transfer.
BUNDLES = """
    select invoice_id, min(invoice_id) over (partition by client_id, money_on) as leader_id
    from settled where pays_together and status = 'Paid' and paid > 0
"""

MOVES = f"""
    with every as (
        select {PAYMENT} as code, client_id, client_id as owner_id, currency_id as own_currency_id, minor_digits, payment_method as gateway,
            money_on as day, invoice_id, (paid + surplus)::decimal(18, 4) as amount_in, 0::decimal(18, 4) as amount_out, surplus,
            case when flaw in ('overpaid_without_credit', 'wrong_currency') then flaw end as flaw
        from settled anti join bundles using (invoice_id) where paid > 0
        union all
        select {PAYMENT}, client_id, client_id, currency_id, minor_digits, 'banktransfer', money_on, leader_id,
            sum(paid)::decimal(18, 4), 0, 0, null
        from settled join bundles using (invoice_id) group by client_id, currency_id, minor_digits, money_on, leader_id
        union all
        select {REFUND}, client_id, client_id, currency_id, minor_digits, payment_method, refunded_on, invoice_id, 0,
            (paid + if(flaw is null, 0, 10))::decimal(18, 4), if(flaw is null, 0, 10), flaw
        from settled where status = 'Refunded'
        union all
        select if(kind = 'double', {DOUBLE}, {PREPAYMENT}), s.client_id, s.client_id, s.currency_id, p.minor_digits, p.payment_method, day,
            invoice_id, amount, 0, amount, if(kind = 'double', 'reference_twice', null)
        from credit_sources s join people p on p.id = s.client_id where kind in ('double', 'prepayment')
        union all
        select {PAYOUT}, f.client_id, f.client_id, p.currency_id, p.minor_digits, p.payment_method, day, null, 0, -amount, 0, null
        from credit_flow f join people p on p.id = f.client_id where kind = 'payout'
        union all
        select {UNAPPLIED}, if({chance("f.client_id", "payer known", 600)}, f.client_id, null), f.client_id, p.currency_id, p.minor_digits,
            'banktransfer', p.created_on + {pick("p.id", "unapplied", "$today - p.created_on")}, null, price.amount, 0, price.amount, f.flaw
        from planted_clients f
        join people p on p.id = f.client_id
        join price_list price on price.product_id = 2 and price.currency_id = p.currency_id and price.billing_cycle = 'annually'
        where f.flaw = 'unapplied_payment'
        union all
        select {BANK_FEE}, null, 0, {EURO}, 2, 'banktransfer', (date_trunc('month', $today::date) - to_months(month))::date - 1, null,
            0, 12.90, 0, null
        from range(0, 36) months(month)
    )
    select row_number() over (order by day, code, owner_id, invoice_id) as transaction_id, code, client_id, owner_id, own_currency_id,
        if(flaw = 'wrong_currency', if(own_currency_id = {EURO}, {DOLLAR}, {EURO}), own_currency_id) as currency_id,
        gateway, day, invoice_id, amount_in, amount_out, surplus, flaw,
        if(gateway in ('stripe', 'paypal'), {round_sql("(amount_in * 0.034)")}, 0)::decimal(18, 4) as fee
    from every
"""

MOVE_LINKS = f"""
    select later.transaction_id, first.transaction_id as first_id
    from moves later join moves first on first.code = {PAYMENT} and first.invoice_id = later.invoice_id
    where later.code in ({REFUND}, {DOUBLE})
"""

REFERENCE = """case gateway when 'stripe' then 'ch_3' || left(digest, 22) when 'paypal' then upper(left(digest, 17))
            when 'directdebit' then 'DD' || upper(left(digest, 12)) else 'TR' || strftime(day, '%Y%m%d') || upper(left(digest, 8)) end"""

TRANSACTION_ROWS = f"""
    with linked as (
        select m.*, l.first_id, s.number, md5($seed::bigint || ' ' || if(m.code = {DOUBLE}, l.first_id, m.transaction_id)) as digest
        from moves m
        left join move_links l on l.transaction_id = m.transaction_id
        left join settled s on s.invoice_id = m.invoice_id
    )
    select l.transaction_id as id, client_id, l.currency_id,
        case when l.code = {REFUND} then 'refund' when l.code = {PAYOUT} then 'payout' when l.code = {BANK_FEE} then 'fee' else 'payment' end as kind,
        gateway, {moment("day", "if(l.code = " + str(DOUBLE) + ", first_id, l.transaction_id)", "paid at")} as occurred_at,
        case l.code when {PAYMENT} then 'Payment of INV-' || number when {PREPAYMENT} then 'Payment in advance'
            when {REFUND} then 'Refund of INV-' || number when {PAYOUT} then 'Credit paid out' when {DOUBLE} then 'Payment of INV-' || number
            when {UNAPPLIED} then {one_of("l.transaction_id", "unclear", "Hosting", "Thanks", "Invoice", "Webspace 2nd half")}
            else 'Account charges' end as description,
        amount_in, fee, amount_out, c.rate, {REFERENCE} as reference, if(l.code = {REFUND}, first_id, null) as refunds_id
    from linked l join new_currencies c on c.id = l.currency_id
"""

ALLOCATIONS = f"""
    with parts as (
        select m.transaction_id, s.invoice_id, s.paid as amount
        from settled s
        left join bundles b on b.invoice_id = s.invoice_id
        join moves m on m.code = {PAYMENT} and m.invoice_id = coalesce(b.leader_id, s.invoice_id)
        where s.paid > 0
        union all
        select m.transaction_id, s.invoice_id, -s.paid
        from settled s join moves m on m.code = {REFUND} and m.invoice_id = s.invoice_id
        where s.status = 'Refunded'
    )
    select row_number() over (order by transaction_id, invoice_id) as id, transaction_id, invoice_id, amount::decimal(18, 4) as amount
    from parts
"""

CREDIT_ENTRIES = f"""
    with linked as (
        select f.client_id, f.day, f.turn, f.kind, f.amount, if(f.kind = 'applied', f.invoice_id, null) as invoice_id, m.transaction_id
        from credit_flow f
        left join moves m
            on m.code = case f.kind when 'overpayment' then {PAYMENT} when 'paid out' then {PAYMENT} when 'prepayment' then {PREPAYMENT}
                when 'payout' then {PAYOUT} when 'double' then {DOUBLE} else 0 end
            and coalesce(m.invoice_id, -m.owner_id) = if(f.kind in ('prepayment', 'payout'), -f.client_id, f.invoice_id)
        union all
        select client_id, issued_on, turn, kind, if(turn = 0, credit_applied, -credit_applied), if(turn = 0, null, invoice_id), null
        from settled, (values (0, 'goodwill'), (1, 'applied')) turns(turn, kind)
        where flaw = 'credit_on_cancelled'
    )
    select row_number() over (order by day, client_id, turn, invoice_id) as id, client_id, day as entry_on,
        case kind when 'goodwill' then {one_of("client_id", "goodwill", "Goodwill for downtime", "Thank you for a referral", "Goodwill: slow support")}
            when 'prepayment' then 'Payment in advance' when 'payout' then 'Credit paid out'
            when 'applied' then 'Credit applied to invoice ' || invoice_id when 'removed' then 'Removed: account closed'
            else 'Overpayment' end as description,
        amount::decimal(18, 4) as amount, invoice_id, transaction_id
    from linked
"""

BALANCES = f"""
    with logged as (
        select client_id, sum(amount)::decimal(18, 4) as logged from new_credit_entries group by client_id
    ),
    drifting as (
        select client_id, (price.amount * (1 + {pick("client_id", "drift", 3)}))::decimal(18, 4) as drift
        from planted_clients
        join people on people.id = client_id
        join price_list price on price.product_id = 1 and price.currency_id = people.currency_id and price.billing_cycle = 'monthly'
        where flaw = 'drifted_balance'
    ),
    both_sides as (
        select client_id, coalesce(logged, 0)::decimal(18, 4) as logged,
            case when drift <= logged and {chance("client_id", "drift down", 500)} then -drift else coalesce(drift, 0) end::decimal(18, 4) as drift
        from logged full join drifting using (client_id)
    )
    select client_id, people.currency_id, logged, drift, (logged + drift)::decimal(18, 4) as balance
    from both_sides join people on people.id = client_id
"""
