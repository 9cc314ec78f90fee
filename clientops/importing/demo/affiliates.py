"""Clients of the demo book who bring clients: affiliates, referrals and commissions."""

from __future__ import annotations

from clientops.core.money import round_sql
from clientops.importing.demo.builder import Draft
from clientops.importing.demo.seeded_random import chance, pick, roll


def add_affiliates(draft: Draft) -> dict[str, str]:
    """Steps of the tables' rows; needs ``people``, ``new_services`` and ``settled``.

    Returns:
        Step by table.
    """
    draft.add("partners", PARTNERS)
    draft.add("new_referrals", REFERRAL_ROWS)
    draft.add("new_commissions", COMMISSION_ROWS)
    draft.add("new_affiliates", AFFILIATE_ROWS)
    return {"affiliates": "new_affiliates", "referrals": "new_referrals", "commissions": "new_commissions"}


PARTNERS = f"""
    with willing as (
        select id as client_id, currency_id, created_on + 60 as since_on from people
        where status = 'Active' and role not in ('gone', 'duplicate') and created_on < $today - 400 and {chance("id", "affiliate", 25)}
    )
    select row_number() over (order by client_id) as affiliate_id, *,
        row_number() over (partition by currency_id order by client_id) - 1 as place,
        count(*) over (partition by currency_id) as places
    from willing
"""

# Commission is paid in the affiliate's currency, so referred clients are those who pay in it.
REFERRAL_ROWS = f"""
    with offered as (
        select s.id as service_id, s.client_id, s.registered_on, p.currency_id,
            {pick("s.id", "partner", "(select max(places) from partners where partners.currency_id = p.currency_id)")} as place
        from new_services s join people p on p.id = s.client_id
        where p.role <> 'gone' and s.recurring_amount > 0 and {chance("s.id", "referred", 60)}
    )
    select row_number() over (order by service_id) as id, affiliate_id, service_id, registered_on as referred_on, registered_on as last_paid_on
    from offered o
    join partners a on a.currency_id = o.currency_id and a.place = o.place
    where a.since_on <= o.registered_on and a.client_id <> o.client_id
"""

COMMISSION_ROWS = f"""
    with earned as (
        select r.affiliate_id, r.id as referral_id, s.invoice_id, s.money_on as entry_on, s.money_on + 30 as clears_on,
            {round_sql("(v.first_amount * 0.1)", "s.minor_digits")} as amount
        from new_referrals r
        join new_services v on v.id = r.service_id
        join settled s on s.client_id = v.client_id and s.due_on = v.registered_on and s.is_first
        where s.status = 'Paid' and v.first_amount > 0
    ),
    withdrawn as (
        select affiliate_id, -sum(amount)::decimal(18, 4) as amount from earned
        where clears_on < $today - 60 and {chance("affiliate_id", "withdraws", 600)} group by affiliate_id
    ),
    every as (
        select *, if(clears_on < $today, 'earned', 'pending') as kind, 'Commission' as description from earned
        union all
        select affiliate_id, null, null, $today - 2 - {pick("affiliate_id", "withdrawn", 50)}, null, amount, 'withdrawn', 'Paid out'
        from withdrawn
    )
    select row_number() over (order by entry_on, affiliate_id, referral_id) as id, * from every
"""

AFFILIATE_ROWS = f"""
    with summed as (
        select affiliate_id, coalesce(sum(amount) filter (kind <> 'pending'), 0)::decimal(18, 4) as balance,
            coalesce(-sum(amount) filter (kind = 'withdrawn'), 0)::decimal(18, 4) as withdrawn
        from new_commissions group by affiliate_id
    )
    select p.affiliate_id as id, client_id, since_on, 'percent' as pay_kind, 10 as pay_amount, true as is_one_time,
        {roll("client_id", "visitors")} % 900 as visitors, coalesce(balance, 0)::decimal(18, 4) as balance,
        coalesce(withdrawn, 0)::decimal(18, 4) as withdrawn
    from partners p left join summed s on s.affiliate_id = p.affiliate_id
    order by id
"""
