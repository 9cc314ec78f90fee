"""DNS records of domains: add, edit and remove them, and take over a zone file."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.domains.dns_conflicts import CONFLICTS, OUTSIDE, ZONE_WARNINGS, data_sql, host_sql
from clientops.rules.domains.dns_syntax import TYPES, RecordType, parse_content, parse_host, read_zone
from clientops.schema.requests import CrossCheck, FieldError, Id, Request
from clientops.schema.tables import Tables

Host = Annotated[str, Field(max_length=300), AfterValidator(parse_host)]
Data = Annotated[str, Field(min_length=1, max_length=4000)]
Seconds = Annotated[int, Field(ge=0, le=2147483647)]


def _check_content(kind: str | None, content: str | None) -> Mapping[str, Any]:
    if kind is None or content is None:
        return {}
    try:
        return {"content": parse_content(kind, content)}
    except ValueError as error:
        raise FieldError("content", f"content {content!r} {error}") from None


class AddDnsRecord(Request):
    """Add a DNS record to a domain."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("type", "content"), _check_content),)

    domain_id: Id = Field(title="Domain", json_schema_extra={"picks": "domains"})
    type: RecordType = Field(title="Type")
    name: Host = Field("@", title="Host", description="E.g. www; @ is the domain itself, * any host")
    content: Data = Field(
        title="Data", description="E.g. 192.0.2.1, or 10 mail.example.net; a host of the domain itself may stand alone: 10 mail"
    )  # fmt: skip
    ttl: Seconds = Field(3600, title="Time to live", description="Seconds it may be cached")


def add_dns_record(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add DNS records to domains, each checked alone and beside the others of its domain.

    Args:
        tables: Read-only tables; reads ``domains`` and ``dns_records``.
        requests: One row per record: ``domain_id``, ``type``, ``name``, ``content``, ``ttl``. See ``AddDnsRecord``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``dns_records``, in row order: hosts relative to the domain, in lower case, names in the data complete.

    Problems:
        ``unknown_domain``, ``outside_domain``, ``cname_beside_others``, ``cname_at_domain``, ``twice``, ``bad_srv_name``,
        ``cname_of_itself``, ``name_too_long``; and from reading the requests ``bad_value`` (data that does not fit the type).

    Warnings:
        ``ttl_differs``, ``two_spf``, ``target_is_cname``, ``unknown_caa_tag``, ``hidden_by_delegation``, ``not_managed``.

    Source:
        RFC 1034 3.6.2 (CNAME), RFC 2181 10 (targets), RFC 2782 (SRV), RFC 7208 3.2 (SPF).
    """
    steps = tables.steps(requests=requests)
    steps.add("placed", PLACED)
    steps.add("zones", ADDED_ZONES)
    steps.add("problems", f"{UNKNOWN_DOMAIN} union all {OUTSIDE} union all from ({CONFLICTS})")
    steps.add("warnings", ZONE_WARNINGS)
    steps.add("added", ADDED.format(next_id=tables.next_id("dns_records")))
    return steps.plan(steps.insert("dns_records", "added"), problems="problems", warnings="warnings")


_DOMAINS = (
    "select id, lower(name) as domain, has_dns_management from domains where id in (select domain_id from requests)"
)

PLACED = f"""
    with known as ({_DOMAINS})
    select requests."row", requests.domain_id, requests.type, requests.ttl::integer as ttl, known.domain, known.has_dns_management,
        requests.name as written, {host_sql("requests.name", "known.domain")} as name,
        {data_sql("requests.type", "requests.content", "known.domain")} as content
    from requests left join known on known.id = requests.domain_id
"""

UNKNOWN_DOMAIN = """
    select "row", 'domain_id' as field, 'unknown_domain' as code, 'there is no domain ' || domain_id as message
    from requests where domain_id is not null and domain_id not in (select id from domains)
"""

KEPT = """
    select dns_records.id as key, null::bigint as "row", 0 as place, '' as field, dns_records.domain_id, lower(dns_records.name) as name,
        dns_records.type, dns_records.content, dns_records.ttl, lower(domains.name) as domain, domains.has_dns_management
    from dns_records join domains on domains.id = dns_records.domain_id
"""

ADDED_ZONES = f"""
    {KEPT} where dns_records.domain_id in (select domain_id from placed)
    union all
    select -"row", "row", 0, 'name', domain_id, name, type, content, ttl, domain, has_dns_management
    from placed where name is not null and type is not null and content is not null
"""

ADDED = """
    select {next_id} + row_number() over (order by "row") as id, domain_id, name, type, ttl, content
    from placed where name is not null
"""


def _check_edited_content(kind: str | None, content: str | None) -> Mapping[str, Any]:
    """With its type, data in its one form; without, all its forms, one a line behind the type that takes it."""
    if content is None or kind is not None:
        return {} if content is None else {"content": f"{kind} {_check_content(kind, content)['content']}"}
    forms, reason = [], ""
    for known in TYPES:
        try:
            forms.append(f"{known} {parse_content(known, content)}")
        except ValueError as error:
            reason = str(error)
    if not forms:
        raise FieldError("content", f"content {content!r} {reason}")
    return {"content": "\n".join(forms)}


class EditDnsRecord(Request):
    """Change a DNS record: only what is given."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(("type", "content"), _check_edited_content),)

    dns_record_id: Id = Field(title="DNS record", json_schema_extra={"picks": "dns_records"})
    type: RecordType | None = Field(None, title="Type", description="With another type, give the data, too")
    name: Host | None = Field(None, title="Host", description="E.g. www; @ is the domain itself")
    content: Data | None = Field(None, title="Data", description="E.g. 192.0.2.1, or 10 mail.example.net")
    ttl: Seconds | None = Field(None, title="Time to live", description="Seconds it may be cached")


def edit_dns_record(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change DNS records where something is given; what is left empty stays as it is.

    Args:
        tables: Read-only tables; reads ``domains`` and ``dns_records``.
        requests: One row per record: ``dns_record_id``, and any fields. See ``EditDnsRecord``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``dns_records``.

    Problems:
        ``unknown_dns_record``, ``record_twice`` (a record is changed once in a table), ``nothing_given``,
        ``wrong_for_type`` (data that does not fit the record's type), and those of adding a record.

    Warnings:
        Those of adding a record.

    Source:
        As for adding a record.
    """
    steps = tables.steps(requests=requests)
    steps.add("placed", EDITED_PLACES)
    steps.add("zones", EDITED_ZONES)
    steps.add("problems", f"{EDIT_PROBLEMS} union all {OUTSIDE} union all from ({CONFLICTS})")
    steps.add("warnings", ZONE_WARNINGS)
    steps.add(
        "edited",
        "select id, name, type, ttl, content from placed where name is not null and content is not null and not is_again",
    )
    return steps.plan(steps.update("dns_records", "edited"), problems="problems", warnings="warnings")


_DATA_OF_TYPE = """
    list_filter(string_split(requests.content, chr(10)), lambda form: starts_with(form, coalesce(requests.type, kept.type) || ' '))[1]
"""

EDITED_PLACES = f"""
    with kept as (
        select dns_records.*, lower(domains.name) as domain, domains.has_dns_management from dns_records
        join domains on domains.id = dns_records.domain_id
        where dns_records.id in (select dns_record_id from requests)
    ),
    chosen as (
        select requests."row", requests.dns_record_id, kept.id, kept.domain_id, kept.domain, kept.has_dns_management,
            coalesce(requests.type, kept.type) as type, coalesce(requests.ttl::integer, kept.ttl) as ttl,
            coalesce(requests.name, kept.name) as written,
            requests.content is not null or requests.type is distinct from kept.type and requests.type is not null as is_new_data,
            requests.content is not null as is_given,
            coalesce(requests.type, requests.name, requests.content, requests.ttl::varchar) is null as is_empty,
            substr({_DATA_OF_TYPE}, length(coalesce(requests.type, kept.type)) + 2) as data, kept.content as old_content,
            row_number() over (partition by requests.dns_record_id order by requests."row") > 1 as is_again
        from requests left join kept on kept.id = requests.dns_record_id
    )
    select *, {host_sql("written", "domain")} as name,
        case when is_new_data then {data_sql("type", "data", "domain")} else old_content end as content
    from chosen
"""

EDITED_ZONES = f"""
    {KEPT} where dns_records.domain_id in (select domain_id from placed) and dns_records.id not in (
        select id from placed where id is not null)
    union all
    select id, "row", 0, 'name', domain_id, name, type, content, ttl, domain, has_dns_management
    from placed where name is not null and content is not null and not is_again
"""

EDIT_PROBLEMS = """
    select "row", 'dns_record_id' as field, 'unknown_dns_record' as code, 'there is no DNS record ' || dns_record_id as message
    from placed where id is null and dns_record_id is not null
    union all
    select "row", 'dns_record_id', 'record_twice', 'DNS record ' || id || ' is in an earlier row already'
    from placed where id is not null and is_again
    union all
    select "row", '', 'nothing_given', 'nothing is given to change DNS record ' || dns_record_id || ' to'
    from placed where is_empty
    union all
    select "row", 'content', 'wrong_for_type', case when is_given then 'content is no data of a record of type ' || type
        else 'content is missing: what record ' || id || ' has is not made for the type ' || type end
    from placed where id is not null and is_new_data and content is null
"""


class RemoveDnsRecord(Request):
    """Remove a DNS record."""

    dns_record_id: Id = Field(title="DNS record", json_schema_extra={"picks": "dns_records"})


def remove_dns_record(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove DNS records.

    Args:
        tables: Read-only tables; reads ``dns_records``.
        requests: One row per record: ``dns_record_id``. See ``RemoveDnsRecord``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``dns_records``.

    Problems:
        ``unknown_dns_record``, also for one that an earlier row removes.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", REMOVE_PROBLEMS)
    steps.add(
        "removed",
        "select distinct dns_record_id as id from requests semi join dns_records on dns_records.id = dns_record_id",
    )
    return steps.plan(steps.delete("dns_records", "removed"), problems="problems")


REMOVE_PROBLEMS = """
    select "row", 'dns_record_id' as field, 'unknown_dns_record' as code, 'there is no DNS record ' || dns_record_id as message
    from requests where dns_record_id is not null and dns_record_id not in (select id from dns_records)
    union all
    select "row", 'dns_record_id', 'unknown_dns_record', 'DNS record ' || dns_record_id || ' is removed by row ' || first_row || ' already'
    from (select "row", dns_record_id, min("row") over (partition by dns_record_id) as first_row from requests)
    where "row" > first_row and dns_record_id in (select id from dns_records)
"""


def _parse_zone(text: str) -> str:
    """A zone file in its plain form: one record a line, host, seconds, type and data between tabs."""
    if "\t" in text and all(line.count("\t") == 3 for line in text.strip().splitlines()):
        text = "\n".join(" ".join(line.split("\t", 3)) for line in text.strip().splitlines())
    records, problems = read_zone(text)
    if problems:
        more = f"; and {len(problems) - 50} more" if len(problems) > 50 else ""
        raise ValueError("; ".join(problem.message for problem in problems[:50]) + more)
    return "\n".join(f"{r.name}\t{r.ttl}\t{r.type}\t{r.content}" for r in records)


Zone = Annotated[str, Field(max_length=2_000_000), AfterValidator(_parse_zone)]


class ImportZone(Request):
    """Take over the records of a zone file for a domain."""

    domain_id: Id = Field(title="Domain", json_schema_extra={"picks": "domains"})
    zone: Zone = Field(
        title="Zone file", description="As a name server exports it; SOA is left out", json_schema_extra={"multiline": True}
    )  # fmt: skip
    replace: bool = Field(
        default=False, title="Replace", description="Whether records that are not in the file are removed"
    )


def import_zone(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take over zone files: what is there already stays, what is new is added.

    Args:
        tables: Read-only tables; reads ``domains`` and ``dns_records``.
        requests: One row per domain: ``domain_id``, ``zone`` (text of a zone file), ``replace``. See ``ImportZone``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts, updates (of the time to live) and, with ``replace``, deletes of ``dns_records``.

    Problems:
        ``unknown_domain``, ``domain_twice``, ``outside_domain``, and those of adding a record; and from reading the
        requests ``bad_value``, which names each line that cannot be taken.

    Warnings:
        Those of adding a record.

    Source:
        RFC 1035 5, through dnspython.
    """
    steps = tables.steps(requests=requests)
    steps.add("read_lines", ZONE_LINES)
    steps.add("placed", ZONE_PLACES)
    steps.add("zones", ZONES)
    steps.add(
        "problems",
        f"{UNKNOWN_DOMAIN} union all {DOMAIN_TWICE} union all {OUTSIDE_OF_ZONE} union all from ({CONFLICTS})",
    )
    steps.add("warnings", ZONE_WARNINGS)
    steps.add("added", ZONE_ADDED.format(next_id=tables.next_id("dns_records")))
    steps.add("retimed", "select known_id as id, ttl from placed where known_id is not null")
    steps.add("removed", ZONE_REMOVED)
    return steps.plan(
        steps.insert("dns_records", "added"),
        steps.update("dns_records", "retimed"),
        steps.delete("dns_records", "removed"),
        problems="problems",
        warnings="warnings",
    )


OUTSIDE_OF_ZONE = OUTSIDE.replace("'name'", "'zone'", 1)

ZONE_LINES = """
    with lines as (
        select "row", domain_id, unnest(string_split(zone, chr(10))) as line,
            generate_subscripts(string_split(zone, chr(10)), 1) as place
        from requests where zone is not null
    )
    select "row", domain_id, place, split_part(line, chr(9), 1) as name, split_part(line, chr(9), 2)::integer as ttl,
        split_part(line, chr(9), 3) as type, split_part(line, chr(9), 4) as content
    from lines
"""

ZONE_PLACES = f"""
    with known as ({_DOMAINS}),
    placed as (
        select read_lines."row", read_lines.place, read_lines.domain_id, read_lines.type, read_lines.ttl, known.domain,
            known.has_dns_management, read_lines.name as written, {host_sql("read_lines.name", "known.domain")} as name,
            {data_sql("read_lines.type", "read_lines.content", "known.domain")} as content
        from read_lines left join known on known.id = read_lines.domain_id
    ),
    there as (
        select domain_id, lower(name) as name, type, content, min(id) as known_id from dns_records
        where domain_id in (select domain_id from requests) group by all
    )
    select placed.*, there.known_id
    from placed left join there using (domain_id, name, type, content)
    qualify name is null or row_number() over (
        partition by placed."row", placed.domain_id, placed.name, placed.type, placed.content order by placed.place desc) = 1
"""

ZONES = f"""
    {KEPT} where dns_records.domain_id in (select domain_id from placed) and dns_records.id not in (
        select known_id from placed where known_id is not null)
        and dns_records.domain_id not in (select domain_id from requests where replace)
    union all
    select -row_number() over (order by "row", place), "row", place, 'zone', domain_id, name, type, content, ttl, domain, has_dns_management
    from placed where name is not null
"""

DOMAIN_TWICE = """
    select "row", 'domain_id', 'domain_twice', 'domain ' || domain_id || ' is in an earlier row already'
    from requests where domain_id is not null qualify row_number() over (partition by domain_id order by "row") > 1
"""

ZONE_ADDED = """
    select {next_id} + row_number() over (order by "row", place) as id, domain_id, name, type, ttl, content
    from placed where name is not null and known_id is null
"""

ZONE_REMOVED = """
    select id from dns_records where domain_id in (select domain_id from requests where replace)
        and id not in (select known_id from placed where known_id is not null)
"""

RULES: tuple[Rule, ...] = (
    Rule("add-dns-record", "Add DNS record", add_dns_record, AddDnsRecord, group="domains", manual="domain name"),
    Rule("edit-dns-record", "Edit DNS record", edit_dns_record, EditDnsRecord, group="domains", manual="domain name"),
    Rule("remove-dns-record", "Remove DNS record", remove_dns_record, RemoveDnsRecord, group="domains", manual="domain name"),
    Rule("import-zone", "Take over a zone file", import_zone, ImportZone, risk="medium", group="domains", manual="domain name"),
)  # fmt: skip
