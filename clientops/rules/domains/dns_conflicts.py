"""DNS records as they would stand together: hosts and data completed by the domain, and what cannot stand together."""

from __future__ import annotations

from clientops.rules.domains.dns_syntax import HERE, NAME_PLACES

_NAMED = ", ".join(f"'{kind}'" for kind in NAME_PLACES)


def host_sql(name: str, domain: str) -> str:
    """SQL for a host relative to its domain; NULL for a complete name outside of it. Both arguments are SQL."""
    here = f"'{HERE}'"
    return f"""(case
        when {name} in ('@', {domain}, {domain} || '.', {here}) then '@'
        when ends_with({name}, '.' || {here}) then left({name}, -length('.' || {here}))
        when ends_with({name}, '.' || {domain} || '.') then left({name}, -length('.' || {domain} || '.'))
        when ends_with({name}, '.' || {domain}) then left({name}, -length('.' || {domain}))
        when ends_with({name}, '.') then null
        else {name} end)"""


def data_sql(kind: str, content: str, domain: str) -> str:
    """SQL for the data of a record with the names that stand in its domain completed. All arguments are SQL."""
    here = f"'{HERE}'"
    return f"""(case when {kind} in ({_NAMED}) and ends_with({content}, {here})
        then left({content}, -length({here})) || {domain} || '.' else {content} end)"""


OUTSIDE = """
    select "row", 'name' as field, 'outside_domain' as code, 'name ' || written || ' is not in the domain ' || domain
        || ': write it relative to it, like www, or ending in it' as message
    from placed where domain is not null and name is null
"""

# The step ``zones``: every record of the domains concerned as it would be. ``key`` tells records apart; ``row`` and ``place`` say
# which request it comes from, and are empty for a record that stays as it is.
CONFLICTS = """
    with shared as (
        select domain_id, name from zones group by domain_id, name
        having bool_or(type = 'CNAME') and count(*) > 1 and bool_or("row" is not null)
    ),
    among as (select zones.* from zones semi join shared using (domain_id, name)),
    beside as (
        select t."row", t.place, t.name, t.type, t.field, arg_min(o.type || ' ' || o.content, coalesce(o."row", 0)) as other,
            arg_min({'row': o."row"}, coalesce(o."row", 0))."row" as other_row
        from among t join among o on o.domain_id = t.domain_id and o.name = t.name and o.key <> t.key
            and (o."row" is null or (o."row", o.place) < (t."row", t.place))
        where t."row" is not null and (t.type = 'CNAME' or o.type = 'CNAME')
            and (t.type, t.content) is distinct from (o.type, o.content)
        group by all
    ),
    counted as (
        select *, count(*) over same as copies,
            row_number() over (same order by "row" nulls first, place) as copy
        from zones window same as (partition by domain_id, name, type, content)
    )
    select "row", field, 'cname_beside_others' as code, 'host ' || name || ' cannot have ' || type || ' beside ' || other
        || coalesce(' of row ' || nullif(other_row, "row"), '') || ': a CNAME stands alone; remove one of them' as message
    from beside where not (type = 'CNAME' and name = '@')
    union all
    select "row", field, 'twice', 'host ' || name || ' has ' || type || ' ' || content || ' already'
    from counted where "row" is not null and copies > 1 and copy > 1
    union all
    select "row", field, 'cname_at_domain', 'the domain itself cannot be a CNAME, since it has other records; use A and AAAA'
    from zones where "row" is not null and type = 'CNAME' and name = '@'
    union all
    select "row", field, 'cname_of_itself', 'host ' || name || ' cannot be a CNAME for itself: name another host'
    from zones where "row" is not null and type = 'CNAME' and name <> '@' and content = name || '.' || domain || '.'
    union all
    select "row", field, 'bad_srv_name', 'host ' || name || ' cannot have an SRV record; its name is like _sip._tcp'
    from zones where "row" is not null and type = 'SRV' and not regexp_matches(name, '^_[a-z0-9-]+\\._[a-z]+(\\.|$)')
    union all
    select "row", field, 'name_too_long', 'host ' || left(name, 40) || '… is too long: at most 253 characters with its domain'
    from zones where "row" is not null and length(name) + 1 + length(domain) > 253
"""

ZONE_WARNINGS = """
    with neighbours as (
        select *, min(ttl) over (partition by domain_id, name, type) as least_ttl,
            max(ttl) over (partition by domain_id, name, type) as most_ttl,
            count(*) filter (where type = 'TXT' and contains(lower(content), 'v=spf1')) over (partition by domain_id, name) as spf_count
        from zones
    ),
    targets as (
        select *, split_part(content, ' ', -1) as target from zones where "row" is not null and type in ('MX', 'NS', 'SRV')
    )
    select "row", field, 'ttl_differs' as code, 'records of type ' || type || ' of host ' || name
        || ' have different times to live, from ' || least_ttl || ' to ' || most_ttl || ': caches take one for all' as message
    from neighbours where "row" is not null and least_ttl < most_ttl
    union all
    select "row", field, 'two_spf', 'host ' || name || ' would have more than one SPF record: mail servers take neither'
    from neighbours where "row" is not null and spf_count > 1 and type = 'TXT' and contains(lower(content), 'v=spf1')
    union all
    select targets."row", targets.field, 'target_is_cname', 'host ' || targets.name || ' has ' || targets.type || ' ' || targets.content
        || ', whose target is a CNAME: it must be a host with an address'
    from targets join zones on zones.domain_id = targets.domain_id and zones.type = 'CNAME'
        and zones.name || '.' || zones.domain || '.' = targets.target
    union all
    select "row", field, 'unknown_caa_tag', 'host ' || name || ' has CAA ' || content
        || ': no certificate authority is known to read that tag; they read issue, issuewild, issuemail, issuevmc, iodef'
    from zones where "row" is not null and type = 'CAA'
        and lower(split_part(content, ' ', 2)) not in ('issue', 'issuewild', 'issuemail', 'issuevmc', 'iodef', 'contactemail', 'contactphone')
    union all
    select distinct zones."row", zones.field, 'hidden_by_delegation', 'host ' || zones.name || ' is not seen: the name servers of '
        || cut.name || ' answer for it (record NS ' || cut.content || ')'
    from zones join zones cut on cut.domain_id = zones.domain_id and cut.type = 'NS' and cut.name <> '@'
        and (zones.name = cut.name and zones.type <> 'NS' or ends_with(zones.name, '.' || cut.name))
    where zones."row" is not null and cut.key = (
        select min(other.key) from zones other where other.domain_id = cut.domain_id and other.name = cut.name and other.type = 'NS')
    union all
    select distinct "row", 'domain_id', 'not_managed', 'we do not keep the DNS of domain ' || domain
        || ': its name servers will not show this; edit the domain if we do'
    from zones where "row" is not null and not has_dns_management
"""
