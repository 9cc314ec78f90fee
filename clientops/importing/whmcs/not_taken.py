"""What an import of WHMCS does not take, with counts and money: the important first."""

from __future__ import annotations

NOT_IMPORTED = "not_imported"

_CURRENCY = """
    left join staging.tblclients c on try_cast(c.id as bigint) = try_cast({client} as bigint)
    left join staging.tblcurrencies k on try_cast(k.id as bigint) = coalesce(
        nullif(try_cast(c.currency as bigint), 0),
        (select min(try_cast(d.id as bigint)) from staging.tblcurrencies d where trim(d."default") = '1'))
"""


def _sums(source: str, amount: str, client: str, where: str) -> str:
    """SELECT of one row: how many rows, and their money by currency as text."""
    joins = _CURRENCY.format(client=client)
    return f"""
        select sum(part.count)::bigint as count, string_agg(part.code || ' ' || part.money, ', ' order by part.code) as money
        from (
            select coalesce(upper(trim(k.code)), '?') as code, count(*) as count,
                sum(coalesce(try_cast({amount} as decimal(18, 2)), 0))::varchar as money
            from staging.{source} s {joins} where {where} group by 1
        ) part having sum(part.count) > 0
    """


_BILLABLE = _sums("tblbillableitems", "s.amount", "s.userid", "coalesce(try_cast(s.invoicecount as bigint), 0) = 0")
_PENDING = _sums("tblinvoices", "s.total", "s.userid", "lower(trim(s.status)) = 'payment pending'")

NOTES = f"""
    select 0::bigint as "row", 'tblbillableitems' as field, '{NOT_IMPORTED}' as code,
        'tblbillableitems: ' || count || case count when 1 then ' billable item' else ' billable items' end
            || ' not invoiced yet (' || money || ') cannot be imported; invoice them in WHMCS first, or enter them here'
            as message
    from ({_BILLABLE})
    union all
    select 0, 'tblcancelrequests', '{NOT_IMPORTED}', 'tblcancelrequests: ' || count(*)
        || case count(*) when 1 then ' request' else ' requests' end
        || ' to cancel a service cannot be imported; those services go on here until you end them'
    from staging.tblcancelrequests having count(*) > 0
    union all
    select 0, 'tblinvoices', '{NOT_IMPORTED}', 'tblinvoices: ' || count
        || case count when 1 then ' invoice' else ' invoices' end || ' with the status Payment Pending (' || money
        || ') come in as Unpaid, though the money may be under way'
    from ({_PENDING})
    union all
    select 0, 'tblorders', '{NOT_IMPORTED}', 'tblorders: ' || count(*)
        || case count(*) when 1 then ' order' else ' orders' end || ' of statuses that are of no kind of WHMCS''s come in as Pending: '
        || string_agg(distinct trim(s.status), ', ' order by trim(s.status))
    from staging.tblorders s
    where lower(trim(s.status)) not in ('pending', 'active', 'completed', 'cancelled', 'fraud', '')
        and lower(trim(s.status)) not in (
            select lower(trim(title)) from staging.tblorderstatuses
            where trim(showpending) = '1' or trim(showactive) = '1' or trim(showcancelled) = '1')
    having count(*) > 0
    union all
    select 0, '', '{NOT_IMPORTED}', 'not imported, since it has no place here: '
        || string_agg(table_name || ' (' || "rows" || case "rows" when 1 then ' row)' else ' rows)' end, ', '
            order by "rows" desc, table_name)
    from staging.unread where "rows" > 0 having count(*) > 0
"""

VERSION = """
    select coalesce(
        (select min(trim(value)) from staging.tblconfiguration where lower(trim(setting)) = 'version'),
        (select 'not named in it; by its tables ' || case
            when bool_or(table_name = 'tblusers' and is_found) then '8'
            when bool_or(table_name = 'tblcustomfieldsvalues' and is_found
                and list_contains(string_split(missing_columns, ', '), 'id')) then '5 to 7.0'
            else 'before 8' end from staging.reading)) as version
"""
