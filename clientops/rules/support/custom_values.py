"""Values of custom fields: checked by the field's type, choices and pattern."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, ClassVar

from pydantic import Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.schema.requests import CrossCheck, FieldError, Id, Request, Text
from clientops.schema.tables import Tables

KINDS: tuple[tuple[str, str], ...] = (
    ("client", "clients"), ("service", "services"), ("addon", "addons"), ("invoice", "invoices"), ("domain", "domains"),
    ("ticket", "tickets"),
)  # fmt: skip
SUBJECTS = tuple(f"{kind}_id" for kind, _ in KINDS)


def check_one_record(*records: int | None) -> dict[str, Any]:
    """Refuse a value of no record, or of two."""
    given = [name for name, value in zip(SUBJECTS, records, strict=True) if value is not None]
    if len(given) != 1:
        which = f"{given[1]} is given beside {given[0]}" if given else "client_id is missing"
        code = "two_subjects" if given else "no_subject"
        field = given[1] if given else "client_id"
        raise FieldError(field, f"{which}: give the one record that the value belongs to", code)
    return {}


class SetCustomValue(Request):
    """Set what a custom field says of a client, service, add-on, invoice, domain or ticket."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (CrossCheck(SUBJECTS, check_one_record),)

    field_id: Id = Field(title="Field", description="Custom field", json_schema_extra={"picks": "custom_fields"})
    value: Text | None = Field(
        None, title="Value", description="As the field's type asks: a number, a day like 2026-11-30, yes or no …; empty: takes it away"
    )  # fmt: skip
    client_id: Id | None = Field(None, title="Client", description="If the field is one of clients", json_schema_extra={"picks": "clients"})  # fmt: skip
    service_id: Id | None = Field(None, title="Service", description="If the field is one of services", json_schema_extra={"picks": "services"})  # fmt: skip
    addon_id: Id | None = Field(None, title="Add-on", description="If the field is one of add-ons", json_schema_extra={"picks": "addons"})  # fmt: skip
    invoice_id: Id | None = Field(None, title="Invoice", description="If the field is one of invoices", json_schema_extra={"picks": "invoices"})  # fmt: skip
    domain_id: Id | None = Field(None, title="Domain", description="If the field is one of domains", json_schema_extra={"picks": "domains"})  # fmt: skip
    ticket_id: Id | None = Field(None, title="Ticket", description="If the field is one of tickets", json_schema_extra={"picks": "tickets"})  # fmt: skip


def set_custom_value(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Set values of custom fields.

    Args:
        tables: Read-only tables; reads ``custom_fields``, ``custom_values`` and what they describe.
        requests: One row per value: ``field_id``, the number of one record, ``value`` (text; empty takes it away). See
            ``SetCustomValue``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into, updates of and deletes from ``custom_values``; yes/no becomes ``yes`` or ``no``, a choice is
        written as the field writes it.

    Problems:
        ``unknown_field``, ``unknown_<kind>``, ``other_kind`` (the field is not one of such records),
        ``other_product``, ``twice``, ``required`` (it cannot be taken away), ``bad_value`` (with what the type allows),
        ``password_field`` (passwords are not kept); and from reading ``no_subject``, ``two_subjects``.

    Source:
        WHMCS "Custom Client Fields".
    """
    steps = tables.steps(requests=requests)
    steps.add("given_values", GIVEN_VALUES)
    steps.add("checked_values", CHECKED_VALUES)
    steps.add("problems", f"{SUBJECT_PROBLEMS} union all {VALUE_PROBLEMS}")
    steps.add("kept_values", KEPT_VALUES)
    steps.add("new_values", NEW_VALUES.format(next_id=tables.next_id("custom_values")))
    steps.add("changed_values", "select value_id as id, new_value as value from kept_values where value_id is not null and new_value is not null")  # fmt: skip
    steps.add("gone_values", "select value_id as id from kept_values where value_id is not null and new_value is null")
    return steps.plan(
        steps.insert("custom_values", "new_values"),
        steps.update("custom_values", "changed_values"),
        steps.delete("custom_values", "gone_values"),
        problems="problems",
    )


GIVEN_VALUES = f"""
    with named as (
        select "row", 'value' as field, field_id, value,
            case {" ".join(f"when {kind}_id is not null then '{kind}'" for kind, _ in KINDS)} end as subject_kind,
            coalesce({", ".join(SUBJECTS)}) as subject_id
        from requests
    ),
    known as ({" union all ".join(f"select '{kind}' as subject_kind, id from {table} where id in (select {kind}_id from requests)" for kind, table in KINDS)})
    select named.*, known.id is not null as is_known, services.product_id
    from named
    left join known on known.subject_kind = named.subject_kind and known.id = named.subject_id
    left join services on named.subject_kind = 'service' and services.id = named.subject_id
"""

CHECKED_VALUES = """
    with joined as (
        select given_values.*, custom_fields.id is not null as is_field_known, custom_fields.subject_kind as field_kind,
            custom_fields.product_id as field_product_id, custom_fields.name, custom_fields.type, custom_fields.is_required,
            custom_fields.pattern,
            list_filter(list_transform(string_split(custom_fields.options, ','), lambda x: trim(x)), lambda x: x <> '')
                as choices
        from given_values left join custom_fields on custom_fields.id = given_values.field_id
    ),
    read_values as (
        select *, case type
            when 'number' then case when try_cast(value as decimal(38, 10)) is not null then trim(value) end
            when 'date' then case when regexp_full_match(value, '\\d{4}-\\d{2}-\\d{2}') then try_cast(value as date)::varchar end
            when 'yes/no' then case
                when lower(value) in ('yes', 'true', 'on', '1', 'y') then 'yes'
                when lower(value) in ('no', 'false', 'off', '0', 'n') then 'no' end
            when 'choice' then list_filter(choices, lambda x: lower(x) = lower(trim(value)))[1]
            when 'link' then case when regexp_full_match(value, '(?i)https?://[^\\s<>"/?#]+([/?#][^\\s<>"]*)?')
                then regexp_replace(value, '(?i)^https?', lower(split_part(value, ':', 1))) end
            when 'text' then case when not regexp_matches(value, '[\\n\\r]') then value end
            else value end as new_value
        from joined
    )
    select *, value is not null and (new_value is null
        or not coalesce(try(regexp_full_match(value, pattern)), true)) as is_wrong
    from read_values
"""

SUBJECT_PROBLEMS = """
    select "row", 'field_id' as field, 'unknown_field' as code, 'there is no custom field ' || field_id as message
    from checked_values where field_id is not null and not is_field_known
    union all
    select "row", subject_kind || '_id', 'unknown_' || subject_kind, 'there is no ' || replace(subject_kind, 'addon', 'add-on') || ' ' || subject_id
    from checked_values where subject_id is not null and not is_known
    union all
    select "row", 'field_id', 'other_kind', 'field ' || field_id || ' (' || name || ') describes a ' || field_kind
        || ', not a ' || subject_kind || ': give its ' || field_kind || '_id'
    from checked_values where is_field_known and field_kind <> subject_kind
    union all
    select "row", 'field_id', 'other_product', 'field ' || field_id || ' (' || name || ') is only for services of product '
        || field_product_id
    from checked_values where is_known and field_product_id is not null and field_kind = subject_kind
        and product_id is distinct from field_product_id
    union all
    select "row", 'field_id', 'twice', 'field ' || field_id || ' of ' || subject_kind || ' ' || subject_id
        || ' is set in an earlier row already'
    from checked_values where is_field_known and subject_id is not null
    qualify row_number() over (partition by field_id, subject_kind, subject_id order by "row") > 1
"""

VALUE_PROBLEMS = """
    select "row", field, 'required', name || ' must not be empty' as message
    from checked_values where value is null and is_required
    union all
    select "row", field, 'password_field', name || ' is a field for passwords, which are not kept: note where it is kept instead'
    from checked_values where type = 'password' and value is not null
    union all
    select "row", field, 'bad_value', name || ' ''' || left(value, 60) || ''' ' || case
        when new_value is not null then 'does not have the shape that the field asks for, ' || pattern
        when type = 'number' then 'is not a number; write it like 12.50'
        when type = 'date' then 'is not a date; write it like 2026-11-30'
        when type = 'yes/no' then 'must be yes or no'
        when type = 'choice' then 'must be one of ' || array_to_string(choices, ', ')
        when type = 'link' then 'is not a link; write it like https://example.com/page'
        else 'must be one line' end
    from checked_values where is_wrong and type <> 'password'
"""

KEPT_VALUES = """
    select checked_values.*, custom_values.id as value_id
    from checked_values
    left join custom_values on custom_values.field_id = checked_values.field_id
        and custom_values.subject_id = checked_values.subject_id
"""

NEW_VALUES = """
    select {next_id} + row_number() over (order by "row", field_id) as id, field_id, subject_id, new_value as value
    from kept_values where value_id is null and new_value is not null
"""

RULES: tuple[Rule, ...] = (
    Rule("set-custom-value", "Set custom field", set_custom_value, SetCustomValue, group="custom fields", manual="custom data or notes"),
)  # fmt: skip
