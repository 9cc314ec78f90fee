"""Erase a person: what is said of them goes from tables and history, the money stays and the chain still proves the rest."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.book.erasure.mentions import MAY_NAME_THEM, NOT_LISTED, add_named_alone
from clientops.book.erasure.personal_columns import add_owned, erasable_columns, held_sql
from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.days import payment_day_sql
from clientops.schema.definition import quote_name, table
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Tables

RETENTION_YEARS = 10


class ErasePerson(Request):
    """Erase what the book says about a person; this cannot be undone."""

    client_id: Id = Field(
        title="Client", description="Whose data is erased", json_schema_extra={"picks": "clients", "as_written": True}
    )
    confirm_name: Text = Field(
        title="Name",
        description="The client's name, typed again, as it is displayed",
        json_schema_extra={"secret": True, "is_shown": True},
    )
    also: Text | None = Field(
        default=None, title="Also in", description="Rows of others that may name the person by one word, which the preview lists: notes 51, tickets 7; or all"
    )  # fmt: skip


def erase_person(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Count what would be erased; the book erases it in the same database transaction, from tables and history.

    Args:
        tables: Read-only tables with their history.
        requests: One row: ``client_id``, ``confirm_name``, ``also``. See ``ErasePerson``.
        today: Day that the legal retention is counted to; the book gives the machine's.
        now: Moment; a retention that was lowered less than 30 days before does not count yet.

    Returns:
        Inserts into ``erasures``: how many rows of each table, and images of them in the history, lose something.
        Amounts, dates, numbers and statuses stay.

    Problems:
        ``one_at_a_time``, ``unknown_client``, ``already_merged``, ``wrong_name``, ``must_be_kept`` (with the date until
        which the law wants the records; setting ``retention_years``, 10 if there is none), ``nothing_to_erase``,
        ``not_listed`` (``also`` names a row that does not name the person).

    Warnings:
        ``cannot_be_undone``, ``backups_keep_it``; ``may_name_them`` for each row of another client, and each operation, in which
        a surname (or another word of the name that nobody else's has) stands alone: a name may be a common word, so that a
        person decides; where ``also`` names it, the word is erased there, too.
    """
    steps = tables.steps(requests=requests)
    steps.add("persons", PERSONS)
    owned = add_owned(steps, OWNED_CLIENTS)
    steps.add("documents", DOCUMENTS)
    add_named_alone(steps, owned)
    counts = [f"select '{name}' as table_name, {_count_sql(name)}" for name in owned if erasable_columns(table(name))]
    steps.add("counted", f"select * from ({' union all '.join(counts)}) where row_count + image_count > 0")
    steps.add("summary", SUMMARY.format(next_id=tables.next_id("erasures")), today=today)
    steps.add("retention", RETENTION, now=now, years=RETENTION_YEARS)
    steps.add("problems", f"{PROBLEMS} union all {NOT_LISTED}", today=today, years=RETENTION_YEARS)
    steps.add(
        "warnings", f"select * from ({WARNINGS} union all {MAY_NAME_THEM}) order by code = 'may_name_them', message"
    )
    return steps.plan(steps.insert("erasures", "summary"), problems="problems", warnings="warnings")


def _count_sql(name: str) -> str:
    """SQL of the rows, and rows of history, in which a personal column holds something."""
    target = table(name)
    held = held_sql(target, erasable_columns(target))
    mine = f"""id in (select id from "erased {name}") and ({held})"""
    return (
        f"(select count(*) from {quote_name(name)} where {mine})::bigint as row_count, "
        f"(select count(*) from history.{quote_name(name)} where {mine})::bigint as image_count"
    )


PERSONS = """
    with latest as (
        select id, first_name, last_name, company_name, email from history.clients
        qualify row_number() over (partition by id order by operation_id desc, sign desc) = 1
    ), merged as (select replaced_id as id, any_value(survivor_id) as survivor_id from merged_clients group by replaced_id)
    select r."row", r.client_id, r.confirm_name, l.id is not null as is_known, m.survivor_id, (select count(*) from requests) as asked,
        [lower(trim(name)) for name in [
            'client ' || l.id, l.email, l.company_name, concat_ws(' ', l.first_name, l.last_name),
            concat_ws(', ', nullif(trim(l.company_name), ''), nullif(trim(concat_ws(' ', l.first_name, l.last_name)), '')),
            '#' || l.id || ' ' || coalesce(nullif(concat_ws(', ', nullif(trim(l.company_name), ''), nullif(trim(concat_ws(' ', l.first_name, l.last_name)), '')), ''), '')
        ] if trim(name) <> ''] as names
    from requests r left join latest l on l.id = r.client_id left join merged m on m.id = r.client_id
"""
OWNED_CLIENTS = """
    with recursive owned(id) as (
        select client_id from persons where is_known and survivor_id is null
        union select m.replaced_id from merged_clients m join owned o on o.id = m.survivor_id
    )
    select distinct id from owned
"""
DOCUMENTS = (
    """
    select max(day) as last_day from (
        select issued_on as day from history.invoices where id in (select id from "erased invoices") and status <> 'Draft'
        union all select """
    + payment_day_sql()
    + """ from history.transactions where id in (select id from "erased transactions")
        union all select entry_on from history.credit_entries where id in (select id from "erased credit_entries")
        union all select issued_on from history.credit_notes where id in (select id from "erased credit_notes")
    )
"""
)
# A shorter retention holds after 30 days: whoever wants somebody erased cannot lower it the same day.
RETENTION = """
    with said as (
        select h.value, o.applied_at, lead(o.applied_at) over (partition by h.id order by h.operation_id, h.sign) as until_at
        from history.settings h join history.operations o on o.id = h.operation_id
        where h.name = 'retention_years' and h.sign = 1
    )
    select try_cast(value as integer) as years from said where until_at is null or until_at > $now::timestamptz - interval 30 days
    union all
    select $years where exists (select 1 from history.settings where name = 'retention_years')
        and (select min(applied_at) from said) > $now::timestamptz - interval 30 days
"""
SUMMARY = """
    select {next_id} + row_number() over (order by table_name) as id, (select client_id from persons order by "row" limit 1) as client_number,
        table_name, row_count, image_count, $today::date as erased_on
    from counted
"""
PROBLEMS = """
    with kept as (
        select last_day, coalesce((select max(years) from retention), $years) as years from documents
    ), until as (select last_day, years, make_date(year(last_day) + years, 12, 31) as until_day from kept where last_day is not null)
    select "row", 'client_id' as field, 'one_at_a_time' as code, 'persons are erased one at a time' as message from persons where asked > 1
    union all
    select "row", 'client_id', 'unknown_client', 'there is no client ' || client_id || ', and never was' from persons where not is_known
    union all
    select "row", 'client_id', 'already_merged', 'client ' || client_id || ' was merged into client ' || survivor_id || ': erase that one, or take the merge back first'
    from persons where survivor_id is not null
    union all
    select "row", 'confirm_name', 'wrong_name', 'confirm_name is not the name of client ' || client_id
    from persons where is_known and survivor_id is null and not list_contains(names, lower(trim(regexp_replace(confirm_name, '\\s+', ' ', 'g'))))
    union all
    select p."row", 'client_id', 'must_be_kept', 'the records of client ' || p.client_id || ' must be kept until ' || u.until_day || ' (retention_years '
        || u.years || '): the last of them is of ' || u.last_day
    from persons p, until u where p.is_known and p.survivor_id is null and u.until_day >= $today::date
    union all
    select "row", 'client_id', 'nothing_to_erase', 'nothing is left to be erased of client ' || client_id
    from persons where is_known and survivor_id is null and not exists (select 1 from counted)
"""
WARNINGS = """
    select "row", 'client_id' as field, 'cannot_be_undone' as code, 'this cannot be undone: what is erased is nowhere any more' as message from persons
    union all
    select p."row", 'client_id', 'backups_keep_it', 'copies made before keep it, delete them or erase there too'
        || coalesce(': ' || (
            select string_agg(file_name || ' of ' || strftime(made_at, '%Y-%m-%d'), ', ' order by id) from backups
            where last_operation >= (select min(operation_id) from history.clients where id in (select id from "erased clients"))
        ), '')
    from persons p
"""

ERASE = Rule(
    "erase-person",
    "Erase a person",
    erase_person,
    ErasePerson,
    risk="high",
    group="clients",
    least="admin",
    is_guarded=True,
    rewrites=True,
)
