"""First half of an import: staged rows typed, and each told whether it can be taken and which rows it points at."""

from __future__ import annotations

from dataclasses import replace

from clientops.importing.whmcs.map_billing import ALLOCATIONS, CREDIT_ENTRIES, INVOICE_ITEMS, INVOICES, TRANSACTIONS
from clientops.importing.whmcs.map_orders import (
    ORDERED_ADDONS,
    ORDERED_DOMAINS,
    ORDERED_SERVICES,
    ORDERS,
    PROMOTION_CODES,
    QUOTE_ITEMS,
    QUOTES,
    SERVICE_CHANGES,
)
from clientops.importing.whmcs.map_people import (
    CLIENTS,
    CONTACTS,
    CURRENCIES,
    CUSTOM_FIELDS,
    CUSTOM_VALUES,
    GROUPS,
    NOTES,
    TAX_RATES,
    USER_CLIENTS,
    USERS,
)
from clientops.importing.whmcs.map_services import (
    ADDONS,
    DOMAINS,
    PRODUCT_PRICES,
    PRODUCTS,
    SERVERS,
    SERVICE_OPTIONS,
    SERVICES,
)
from clientops.importing.whmcs.map_support import (
    AFFILIATES,
    ARTICLE_CATEGORIES,
    ARTICLE_PLACEMENTS,
    ARTICLES,
    COMMISSIONS_EARNED,
    COMMISSIONS_PENDING,
    COMMISSIONS_WITHDRAWN,
    COMMUNICATIONS,
    DEPARTMENTS,
    REFERRALS,
    TICKET_NOTES,
    TICKET_REPLIES,
    TICKETS,
)
from clientops.importing.whmcs.mapping import Column, Fault, Mapping, raw
from clientops.importing.whmcs.round_trip import agreement_sql
from clientops.importing.whmcs.sources import SOURCE_TABLES
from clientops.schema.definition import column_list, quote_name, quote_text
from clientops.schema.tables import Steps

# Each after those whose rows it cannot do without.
MAPPINGS: tuple[Mapping, ...] = (
    CURRENCIES,
    GROUPS,
    TAX_RATES,
    CLIENTS,
    CONTACTS,
    USERS,
    USER_CLIENTS,
    PRODUCTS,
    PRODUCT_PRICES,
    SERVERS,
    PROMOTION_CODES,
    ORDERS,
    SERVICES,
    SERVICE_OPTIONS,
    ADDONS,
    DOMAINS,
    ORDERED_SERVICES,
    ORDERED_ADDONS,
    ORDERED_DOMAINS,
    INVOICES,
    INVOICE_ITEMS,
    TRANSACTIONS,
    ALLOCATIONS,
    CREDIT_ENTRIES,
    SERVICE_CHANGES,
    NOTES,
    DEPARTMENTS,
    TICKETS,
    TICKET_REPLIES,
    TICKET_NOTES,
    CUSTOM_FIELDS,
    CUSTOM_VALUES,
    COMMUNICATIONS,
    AFFILIATES,
    REFERRALS,
    COMMISSIONS_EARNED,
    COMMISSIONS_PENDING,
    COMMISSIONS_WITHDRAWN,
    ARTICLE_CATEGORIES,
    ARTICLES,
    ARTICLE_PLACEMENTS,
    QUOTES,
    QUOTE_ITEMS,
)

NUMBER_TAKEN = "number_taken"


def present_mappings(steps: Steps) -> tuple[Mapping, ...]:
    """Mappings whose table in the source has rows; at least one."""
    filled = dict(steps.add("filled_sources", FILLED).fetchall())
    return tuple(
        _told_apart(mapping, has_id=filled[mapping.source]) for mapping in MAPPINGS if mapping.source in filled
    ) or MAPPINGS[:1]  # fmt: skip


FILLED = """
    select table_name, not list_contains(string_split(missing_columns, ', '), 'id') as has_id
    from staging.reading where "rows" > 0
"""


def _told_apart(mapping: Mapping, *, has_id: bool) -> Mapping:
    """The mapping, with rows told apart by their natural key where the table has no ids, as in WHMCS 5 to 7."""
    if has_id or mapping.is_numbered_here:
        return mapping
    key = " || ' ' || ".join(raw(name) for name in SOURCE_TABLES[mapping.source].key)
    return replace(mapping, is_numbered_here=True, source_id=key)


def place_of(mapping: Mapping) -> int:
    """Where the mapping stands among all."""
    return [known.key for known in MAPPINGS].index(mapping.key)


def target_tables() -> frozenset[str]:
    """Tables that rows of WHMCS point at."""
    return frozenset(column.target for mapping in MAPPINGS for column in mapping.columns if column.target)


def read_rows(steps: Steps, present: tuple[Mapping, ...], *, source: str, time_zone: str) -> None:
    """Type the staged rows of every mapping.

    Adds, for each mapping, the step ``read_<key>``: ``source_row``, ``source_id``, ``id`` (here; empty for a new row
    that gets its number here), the columns (references that must exist by their numbers here, others by those in the
    source), ``money_read``, ``money_currency_id``, ``is_gone`` (imported before, deleted here since), ``is_same`` and
    ``is_still`` (changed here, and the source has it as it is here; or as it was when the two were the same), ``is_met`` (the first, after
    what this import takes), ``doubts``
    (columns of WHMCS that were left empty), and ``fault``, the number of the reason why the row cannot be taken.
    For each table that others point at, the step ``numbers_<table>``: ``source_id`` and ``id`` of its rows that are
    here after the import. Steps ``client_currencies`` and ``currency_codes`` tell the currency of a client, and its
    code.
    """
    given = {"source": source, "time_zone": time_zone}
    filled = {mapping.key: mapping for mapping in present}
    for every in MAPPINGS:
        mapping = filled.get(every.key, every)
        for name, sql in mapping.before:
            add_step(steps, name, sql, given)
        if mapping.key in filled:
            if not mapping.is_numbered_here:
                steps.add(f"twice_{mapping.key}", TWICE.format(source=mapping.source))
            add_step(steps, f"read_{mapping.key}", read_sql(steps, mapping), given)
        else:
            steps.add(f"read_{mapping.key}", no_rows_sql(mapping))
        if mapping.table in target_tables() and not mapping.is_numbered_here:
            steps.add(f"numbers_{mapping.table}", numbers_sql(mapping, steps.tables.next_id(mapping.table)))
        if every is CURRENCIES:
            steps.add("currency_codes", CURRENCY_CODES)
        if every is CLIENTS:
            steps.add("client_currencies", CLIENT_CURRENCIES)


def add_step(steps: Steps, name: str, sql: str, given: dict[str, str]) -> None:
    """Add a step with those of the given values that its SQL names."""
    steps.add(name, sql, **{key: value for key, value in given.items() if f"${key}" in sql})


def faults_of(mapping: Mapping) -> tuple[Fault, ...]:
    """Every reason why a row of a mapping cannot be taken; a row's fault is its place here, from 1."""
    unreadable = f"'id ' || coalesce({mapping.source_id}, 'empty') || ' is not a number'"
    faults: list[Fault] = []
    if not mapping.is_numbered_here:
        faults.append(Fault("id", "bad_number", "coalesce(try_cast(s.id as bigint), 0) < 1", unreadable))
        twice = f"'id ' || {mapping.source_id} || ' stands in an earlier row already'"
        faults.append(Fault("id", "duplicate", "s.rowid > row_twice.first_row", twice))
        if not mapping.is_matched_by_code:
            taken = (
                f"{quote_text('number ')} || {mapping.source_id} || "
                f"{quote_text(f' is that of another row of {mapping.table} here, which did not come from this source')}"
            )
            faults.append(Fault("id", NUMBER_TAKEN, "row_here.id is not null and row_was.id is null", taken))
    for column in mapping.columns:
        faults += column.faults
    for column in mapping.columns:
        if column.target and mapping.must_exist(column):
            faults.append(_missing_parent(mapping, column))
    return (*faults, *mapping.faults)


def _missing_parent(mapping: Mapping, column: Column) -> Fault:
    """The row that a row cannot do without is not there, was not taken, or is not named."""
    when = f"to_{column.name}.id is null"
    if not mapping.is_required(column):
        when += f" and ({column.sql}) is not null"
    message = (
        f"{quote_text(column.field + ' ')} || coalesce(nullif(trim(s.{quote_name(column.field)}), ''), 'empty') || "
        f"{quote_text(f' is not one of the {column.target} that can be taken')}"
    )
    code = "unknown_currency" if column.target == "currencies" else "missing_parent"
    return Fault(column.field, code, when, message)


def read_sql(steps: Steps, mapping: Mapping) -> str:
    """SELECT of the step ``read_<key>``."""
    is_kept = not mapping.is_numbered_here
    number = "try_cast(s.id as bigint)" if is_kept else "row_known.row_id"
    values = [f"s.rowid as source_row, {mapping.source_id} as source_id, {number} as id"]
    joins = [f"from staging.{quote_name(mapping.source)} s", mapping.joins]
    doubts = []
    for column in mapping.columns:
        if column.target and mapping.must_exist(column):
            alias = f"to_{column.name}"
            joins.append(f"left join numbers_{column.target} {alias} on {alias}.source_id = ({column.sql})")
            values.append(f"{alias}.id as {quote_name(column.name)}")
        else:
            values.append(f"{column.sql} as {quote_name(column.name)}")
        if column.unread:
            doubts.append(f"case when {column.unread} then {quote_text(column.field)} end")
    is_gone = "false"
    if is_kept:
        joins.append(f"left join twice_{mapping.key} row_twice on row_twice.id = try_cast(s.id as bigint)")
    else:
        joins.append(
            f"left join source_ids row_known on row_known.source = $source and row_known.source_table = "
            f"{quote_text(mapping.source)} and row_known.table_name = {quote_text(mapping.table)} "
            f"and row_known.source_id = {mapping.source_id}"
        )
    if not mapping.is_matched_by_code:
        joins.append(f"left join {quote_name(mapping.table)} row_here on row_here.id = {number}")
        joins.append(f"left join imported_{mapping.table} row_was on row_was.id = {number}")
        is_gone = "(row_was.id is not null and row_here.id is null)"
    if mapping.owner:
        joins.append(f"left join client_currencies row_money on row_money.client_id = {mapping.owner}")
    currency = mapping.currency or ("row_money.currency_id" if mapping.owner else "null::bigint")
    is_same, is_still = agreement_sql(steps, mapping, "shown"), agreement_sql(steps, mapping, "known_in")
    is_met = agreement_sql(steps, mapping, "shown", or_taken=True)
    joined = (("shown", is_same), ("known_in", is_still))
    if mapping.as_here:
        is_same = f"coalesce({mapping.as_here}, false)"
    for kind, found in joined:
        if found != "false":
            joins.append(f"left join {kind}_{mapping.key} row_{kind} on row_{kind}.id = {number}")
    whens = [
        f"({fault.when}) and not ({is_same})" if fault.code == NUMBER_TAKEN else fault.when
        for fault in faults_of(mapping)
    ]
    cases = " ".join(f"when {when} then {place}" for place, when in enumerate(whens, 1))
    values += [
        f"({mapping.money_read or 'null'})::decimal(38, 4) as money_read",
        f"{currency} as money_currency_id",
        f"{is_gone} as is_gone",
        f"{is_same} as is_same",
        f"{is_still} as is_still",
        f"{is_met} as is_met",
        f"{_listed(doubts)} as doubts",
        f"(case when {is_gone} then null {cases} end)::utinyint as fault" if cases else "null::utinyint as fault",
    ]
    where = f"where {mapping.where}" if mapping.where else ""
    return "select " + ",\n    ".join(values) + "\n" + "\n".join(joins) + "\n" + where


def no_rows_sql(mapping: Mapping) -> str:
    """SELECT of the step ``read_<key>`` where the source has no rows."""
    return (
        f"select 0::bigint as source_row, ''::varchar as source_id, id, {column_list(mapping.column_names)}, "
        "0::decimal(38, 4) as money_read, 0::bigint as money_currency_id, false as is_gone, false as is_same, "
        "false as is_still, false as is_met, ''::varchar as doubts, "
        f"0::utinyint as fault from {quote_name(mapping.table)} limit 0"
    )


def _listed(cases: list[str]) -> str:
    """SQL of the texts that are not empty, separated by blanks; empty if there are none."""
    return f"nullif(concat_ws(' ', {', '.join(cases)}), '')" if cases else "null::varchar"


TWICE = """
    select try_cast(id as bigint) as id, min(rowid) as first_row from staging.{source} group by 1
    having count(*) > 1 and try_cast(id as bigint) is not null
"""


def numbers_sql(mapping: Mapping, next_id: str) -> str:
    """SELECT of the step ``numbers_<table>``: which number in the source is which number here."""
    if mapping.is_matched_by_code:
        return NUMBERS_BY_CODE.format(next_id=next_id)
    name = quote_name(mapping.table)
    parts = [
        f"select id as source_id, id from read_{mapping.key} where fault is null and not is_gone",
        # Rows that WHMCS has deleted since, or changed so that they cannot be taken, are still here.
        f"select id, id from imported_{mapping.table} semi join {name} using (id)",
    ]
    if mapping.table == "clients":
        parts.append(MERGED)
    return " union ".join(parts)


MERGED = """
    select replaced_id, survivor_id from merged_clients
    where survivor_id in (select id from clients) and replaced_id not in (select id from clients)
        and replaced_id in (select id from imported_clients)
"""

# Numbers of currencies stand on no invoice; their codes do.
NUMBERS_BY_CODE = """
    with matched as (
        select r.id as source_id, coalesce(max(c.id) filter (where c.id = r.id), min(c.id)) as id
        from read_currencies r left join currencies c on c.code = r.code
        where r.fault is null group by r.id
    ),
    placed as (
        select source_id, id, id is null and source_id in (select id from currencies) as is_renumbered from matched
    )
    select source_id, case when is_renumbered
            then greatest({next_id}, (select max(source_id) from matched))
                + row_number() over (partition by is_renumbered order by source_id)
            else coalesce(id, source_id) end as id
    from placed
"""

CURRENCY_CODES = """
    select numbers_currencies.id, any_value(read_currencies.code) as code,
        any_value(read_currencies.minor_digits) as minor_digits
    from numbers_currencies join read_currencies on read_currencies.id = numbers_currencies.source_id
    where read_currencies.fault is null
    group by numbers_currencies.id
    union all
    select id, code, minor_digits from currencies where id not in (select id from numbers_currencies)
"""

CLIENT_CURRENCIES = """
    with owned as (
        select id as client_id, currency_id from read_clients where fault is null and not is_gone
        union
        select id, currency_id from clients where id not in (
            select id from read_clients where fault is null and id is not null)
    )
    select owned.client_id, owned.currency_id, currency_codes.minor_digits
    from owned left join currency_codes on currency_codes.id = owned.currency_id
"""
