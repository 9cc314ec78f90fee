"""Who is who in the demo book: ordinary clients, duplicates, colleagues, families, and clients that are gone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from clientops.importing.demo.builder import Draft
from clientops.importing.demo.catalogue import CURRENCY_IDS, EU_VAT, TAXES
from clientops.importing.demo.seeded_random import chance, listed, literal, pick, roll, skewed, weighted

YEARS_DAYS = 2190


@dataclass(frozen=True)
class Role:
    """Clients that belong together in groups.

    Attributes:
        name: What they are to each other.
        share: Clients of a thousand.
        least: Clients at least, in books that are large enough.
        sizes: Sizes of the groups, over and over.
    """

    name: str
    share: int
    least: int
    sizes: tuple[int, ...]


ROLES: tuple[Role, ...] = (
    Role("duplicate", 60, 54, (2, 2, 2, 3, 2, 2, 4, 2, 3, 5)),
    Role("colleagues", 50, 12, (3, 4, 5, 8)),
    Role("family", 30, 9, (2, 3, 4)),
    Role("twins", 6, 4, (2,)),
    Role("agency", 12, 4, (4, 3, 5, 9)),
    Role("office", 12, 4, (4, 3, 6)),
)

COMPANY_VARIATIONS = ("typo", "swapped names", "moved", "plus tag", "company spelling", "legal form", "missing fields",
                      "second currency", "spelling", "new e-mail")  # fmt: skip
PRIVATE_VARIATIONS = ("typo", "swapped names", "moved", "married name", "plus tag", "missing fields", "second currency",
                      "nickname", "spelling", "new e-mail")  # fmt: skip


def deleted_count(clients: int) -> int:
    """How many client numbers point at nobody: the clients were deleted past clientops, and left rows behind."""
    return 0 if clients < 50 else max(3, clients // 2000)


def roles_json(clients: int) -> str:
    """Places of the roles in the shuffled list of clients: one row a member of the repeated pattern."""
    return json.dumps([{**row} for row in _role_rows(clients)])


def _role_rows(clients: int) -> Iterator[dict[str, str | int]]:
    start = 0
    for role in ROLES:
        count = min(max(clients * role.share // 1000, role.least), clients // 6)
        chunk = sum(role.sizes)
        offset = 0
        for group, size in enumerate(role.sizes):
            for member in range(size):
                yield {
                    "role": role.name, "start": start, "places": count, "chunk": chunk, "groups": len(role.sizes),
                    "group_in_chunk": group, "place_in_chunk": offset + member, "last_place": offset + size - 1,
                }  # fmt: skip
            offset += size
        start += count


def add_people(draft: Draft) -> None:
    """Steps ``people`` (a narrow row for each client number) and what it is made from."""
    draft.steps.add("pattern", PATTERN, roles=roles_json(draft.clients))
    gone = deleted_count(draft.clients)
    universe = draft.clients + gone
    draft.add("gone", GONE.format(universe=universe, gone=gone))
    draft.add("related", RELATED.format(universe=universe))
    draft.add("fates", FATES.format(universe=universe))
    draft.add("keys", KEYS)
    draft.add("people", PEOPLE)


PATTERN = """
    select unnest(from_json($roles, '[{"role": "varchar", "start": "bigint", "places": "bigint", "chunk": "bigint",
        "groups": "bigint", "group_in_chunk": "bigint", "place_in_chunk": "bigint", "last_place": "bigint"}]'),
        recursive := true)
"""

# Never among the last fifth: the highest client number has to be there, or the next new client would take its place.
GONE = f"""
    select id from range(1, {{universe}} * 8 // 10) numbers(id) order by {roll("id", "gone")}, id limit {{gone}}
"""

RELATED = f"""
    with shuffled as (
        select id, row_number() over (order by {roll("id", "place")}, id) - 1 as place
        from range(1, {{universe}} + 1) numbers(id) anti join gone using (id)
    ),
    roles as (select distinct role, start, places, chunk, groups from pattern),
    placed as (
        select s.id, r.*, s.place - r.start as place_in_role
        from (select * from shuffled where place < (select max(start + places) from roles)) s
        join roles r on s.place >= r.start and s.place < r.start + r.places
    ),
    grouped as (
        select p.id, p.role, p.place_in_role // p.chunk * p.groups + t.group_in_chunk as group_number
        from placed p
        join pattern t on t.role = p.role and t.place_in_chunk = p.place_in_role % p.chunk
        where p.place_in_role // p.chunk * p.chunk + t.last_place < p.places
    )
    select id, role, min(id) over (partition by role, group_number) as origin_id,
        row_number() over (partition by role, group_number order by id) as member
    from grouped
"""

# More clients come every year: the square root makes the number of new ones grow in a straight line.
FATES = f"""
    with numbered as (
        select n.id, coalesce(r.role, if(g.id is null, 'single', 'gone')) as role, coalesce(r.origin_id, n.id) as origin_id,
            coalesce(r.member, 1) as member,
            $today - 1 - floor({YEARS_DAYS} * (1 - sqrt((n.id - 0.5::double) / {{universe}})))::integer as created_on
        from range(1, {{universe}} + 1) n(id)
        left join related r using (id)
        left join gone g using (id)
    ),
    aged as (select *, $today - 1 - created_on as age from numbered),
    fated as (
        select *, case
            when role = 'gone' then 'Active'
            when age > 150 and {chance("id", "closed", 70)} then 'Closed'
            when age > 240 and {chance("id", "inactive", 130)} then 'Inactive'
            else 'Active' end as status
        from aged
    )
    select * exclude (age),
        case when status <> 'Active' then created_on + 60 + {pick("id", "ended", "age - 100")} end as ended_on,
        case when status = 'Closed' then row_number() over (partition by status order by {roll("id", "flaw")}, id) end
            as closed_place,
        (select count(*) from fated where status = 'Closed') as closed_count
    from fated
"""

# Who shares what with whom: each key is the number of the client whose roll of the dice decides about the field.
KEYS = f"""
    with rolled as (
        select f.*, ({roll("origin_id", "country")} % (select count(*) from slots)::ubigint)::bigint as slot from fates f
    ),
    located as (
        select f.* exclude (slot), s.locale_id,
            case role when 'colleagues' then true when 'agency' then true when 'office' then true
                when 'family' then false when 'twins' then false
                else {chance("f.origin_id", "company", 420)} end as is_company
        from rolled f join slots s using (slot)
    ),
    -- Each way of writing comes in turn, so that a small book has every one.
    ways as (
        select id, row_number() over (partition by is_company order by {roll("id", "variation")}, id) as turn
        from located where role = 'duplicate' and member > 1
    ),
    varied as (
        select l.*, if(is_company, {listed(COMPANY_VARIATIONS)}[1 + turn % {len(COMPANY_VARIATIONS)}],
            {listed(PRIVATE_VARIATIONS)}[1 + turn % {len(PRIVATE_VARIATIONS)}]) as wanted
        from located l left join ways using (id)
    ),
    possible as (
        select v.* exclude (wanted), case
            when not c.is_alphabetic and wanted in ('typo', 'nickname', 'spelling') then 'new e-mail'
            else wanted end as variation
        from varied v join countries c using (locale_id)
    )
    select *,
        if(role = 'duplicate', origin_id, id) as given_key,
        if((role = 'duplicate' and coalesce(variation, '') <> 'married name') or role in ('family', 'twins'),
            origin_id, id) as family_key,
        if(role in ('duplicate', 'colleagues'), origin_id, id) as company_key,
        if(role in ('colleagues', 'family', 'twins', 'office') or (role = 'duplicate' and coalesce(variation, '') <> 'moved'),
            origin_id, id) as address_key,
        if((role = 'duplicate' and not (coalesce(variation, '') <> 'new e-mail' and {chance("id", "new phone", 150)}))
            or role in ('office', 'twins') or (role in ('colleagues', 'family') and {chance("id", "shared phone", 600)}),
            origin_id, id) as phone_key,
        if(role = 'agency' or (role = 'duplicate' and coalesce(variation, '') not in ('new e-mail', 'married name')),
            origin_id, id) as email_key
    from possible
"""

METHODS = {"banktransfer": 40, "stripe": 30, "directdebit": 18, "paypal": 12}
TAX_PLACES = ", ".join(f"({level}, '{country}', {literal(state) if state else 'null'}, {rate})"
                       for level, _, country, state, rate in TAXES)  # fmt: skip
CURRENCIES = ", ".join(f"('{code}', {number})" for code, number in CURRENCY_IDS.items())
IN_EU = ", ".join(f"'{country}'" for country in EU_VAT)

# Of the closed clients some keep a service that runs on, and others their credit.
FLAWED_CLOSED = "greatest(3, closed_count * 3 // 100)"

PEOPLE = f"""
    with taxes(level, country, state, rate) as (values {TAX_PLACES}),
    codes(code, currency_id) as (values {CURRENCIES}),
    placed as (
        select k.*, c.country, c.language, c.is_alphabetic,
            case when variation = 'second currency' then if(c.currency_code = 'EUR', 'USD', 'EUR') else c.currency_code
                end as currency_code,
            c.city_from + {skewed("address_key", "city", "c.city_count")} as city_id,
            {chance("given_key", "female", 480)} as is_female,
            is_company and {chance("company_key", "tax number", 800)} as has_tax_id,
            case when is_company and {chance("id", "reseller", 30)} then 1 when {chance("id", "charity", 15)} then 2
                when is_company and {chance("id", "key account", 10)} then 3 end as group_id,
            coalesce(status = 'Closed' and closed_place <= {FLAWED_CLOSED}, false) as keeps_service,
            coalesce(status = 'Closed' and closed_place > {FLAWED_CLOSED} and closed_place <= 2 * {FLAWED_CLOSED}, false)
                as keeps_credit,
            {weighted("id", "payment method", METHODS)} as payment_method
        from keys k join countries c using (locale_id)
    ),
    taxed as (
        select p.*, w.state,
            has_tax_id and ((country in ({IN_EU}) and country <> 'DE' and {chance("p.id", "reverse charge", 900)})
                or group_id = 2) as is_tax_exempt
        from placed p left join words w on w.id = p.city_id
    )
    select t.* exclude (ended_on, closed_place, closed_count), codes.currency_id, currencies.minor_digits,
        ended_on, if(keeps_service, null, ended_on) as active_until,
        if(is_tax_exempt, 0, coalesce(own1.rate, any1.rate, 0))::decimal(9, 4) as rate1,
        if(is_tax_exempt, 0, coalesce(own2.rate, 0))::decimal(9, 4) as rate2,
        case group_id when 1 then 15 when 2 then 10 else 0 end as discount_percent,
        payment_method = 'banktransfer' and {chance("t.id", "pays together", 120)} as pays_together,
        not {chance("t.id", "keeps credit", 80)} as auto_apply_credit
    from taxed t
    join codes on codes.code = t.currency_code
    join new_currencies currencies on currencies.id = codes.currency_id
    left join taxes own1 on own1.level = 1 and own1.country = t.country and own1.state = t.state
    left join taxes any1 on any1.level = 1 and any1.country = t.country and any1.state is null
    left join taxes own2 on own2.level = 2 and own2.country = t.country and own2.state = t.state
"""
