"""The flaws planted in the demo book, as real books have them, and the list of all of them: the truth."""

from __future__ import annotations

from clientops.importing.demo.builder import Draft
from clientops.importing.demo.seeded_random import chance, listed, roll

PAID_FLAWS = ("paid_but_owed", "overpaid_without_credit", "total_not_items", "reference_twice", "wrong_currency",
              "number_gap", "number_twice")  # fmt: skip

# Clients with credit of their own are left out, so that one flaw does not hide in another.
HAS_CREDIT = chance("client_id", "has credit", 90)


def add_planted(draft: Draft) -> None:
    """Steps ``planted`` (flaws of invoices) and ``planted_clients`` (flaws of clients); needs ``bills``."""
    draft.add("planted", PLANTED)
    draft.add("planted_clients", PLANTED_CLIENTS)


PLANTED = f"""
    with candidates as (
        select invoice_id, outcome from bills
        where trouble = 0 and not keeps_service and not pays_together and not {HAS_CREDIT} and minor_digits < 3 and invoice_id > 1
            and ((outcome in ('Paid', 'Cancelled') and client_status = 'Active') or outcome = 'Refunded')
    ),
    shuffled as (
        select invoice_id, outcome, row_number() over (partition by outcome order by {roll("invoice_id", "flaw")}, invoice_id) - 1 as place
        from candidates
    ),
    sizes as (
        select outcome, case outcome when 'Paid' then least(greatest(3, count(*) * 3 // 1000), count(*) // 50)
            else least(greatest(3, count(*) // 20), count(*) // 3) end as each
        from candidates group by outcome
    )
    select invoice_id, case outcome when 'Paid' then {listed(PAID_FLAWS)}[1 + place // each]
        when 'Cancelled' then 'credit_on_cancelled' else 'refund_above_payment' end as flaw
    from shuffled join sizes using (outcome)
    where place < each * if(outcome = 'Paid', {len(PAID_FLAWS)}, 1)
"""

PLANTED_CLIENTS = f"""
    with candidates as (select id as client_id from people where status = 'Active' and role <> 'gone'),
    size as (select least(greatest(3, count(*) * 4 // 1000), count(*) // 20) as each from candidates),
    shuffled as (
        select client_id, row_number() over (order by {roll("client_id", "flaw")}, client_id) - 1 as place from candidates
    )
    select client_id, ['drifted_balance', 'unapplied_payment'][1 + place // each] as flaw
    from shuffled, size where place < 2 * each
"""


def add_truth(draft: Draft) -> None:
    """Step ``truth``: every planted flaw, and who is a duplicate of whom; needs the steps of payments."""
    draft.add("truth", TRUTH)


TRUTH = """
    with found as (
        select 'duplicate' as kind, 'clients' as table_name, id as row_id, origin_id as group_id, null::decimal(18, 4) as amount,
            null::varchar as currency_code, coalesce(variation, 'the first of its group') as note
        from people where role = 'duplicate'
        union all
        select 'different', 'clients', id, origin_id, null, null, role
        from people where role in ('colleagues', 'family', 'twins', 'agency', 'office')
        union all
        select 'drifted_balance', 'clients', client_id, null, drift, code, 'balance minus log'
        from balances join new_currencies on new_currencies.id = currency_id where drift <> 0
        union all
        select 'closed_with_services', 'clients', p.id, null, null, null, 'closed on ' || ended_on from people p where keeps_service
        union all
        select 'closed_with_credit', 'clients', client_id, null, balance, code, 'closed on ' || ended_on
        from balances join people on people.id = client_id join new_currencies on new_currencies.id = balances.currency_id
        where keeps_credit
        union all
        select 'orphan', 'services', service_id, null, null, null, 'client ' || client_id
        from purchases where fate = 'left behind'
        union all
        select 'orphan', 'invoices', invoice_id, null, total, null, 'client ' || client_id
        from bills where outcome = 'Collections' and client_id in (select id from gone)
        union all
        select s.flaw, 'invoices', s.invoice_id, null,
            case s.flaw when 'paid_but_owed' then s.total - s.paid when 'total_not_items' then s.added
                when 'credit_on_cancelled' then s.credit_applied end,
            case when s.flaw in ('paid_but_owed', 'total_not_items', 'credit_on_cancelled') then c.code end,
            case s.flaw when 'number_gap' then 'missing: ' || (s.number - 1) when 'number_twice' then 'number ' || s.number end
        from settled s join new_currencies c on c.id = s.currency_id
        where s.flaw in ('paid_but_owed', 'total_not_items', 'credit_on_cancelled', 'number_gap', 'number_twice')
        union all
        select m.flaw, 'transactions', m.transaction_id, null,
            if(m.flaw in ('overpaid_without_credit', 'refund_above_payment'), m.surplus, m.amount_in),
            c.code,
            case m.flaw when 'reference_twice' then 'as transaction ' || l.first_id when 'wrong_currency' then 'client pays in ' || o.code
                when 'refund_above_payment' then 'of transaction ' || l.first_id
                when 'unapplied_payment' then coalesce('client ' || m.client_id, 'client not known') end
        from moves m
        join new_currencies c on c.id = m.currency_id
        left join move_links l on l.transaction_id = m.transaction_id
        left join new_currencies o on o.id = m.own_currency_id
        where m.flaw is not null
    )
    select kind, table_name, row_id, group_id, amount, currency_code, note from found order by kind, table_name, row_id
"""
