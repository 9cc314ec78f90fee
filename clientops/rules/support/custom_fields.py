"""Custom fields: what the business adds to its clients, services, add-ons, invoices, domains and tickets."""

from __future__ import annotations

import re
from datetime import date, datetime
from functools import lru_cache
from typing import Annotated, Any, ClassVar, Literal

import duckdb
from pydantic import AfterValidator, Field

from clientops.core.plan import Plan, Relation, Rule
from clientops.rules.kit.edits import edit_problems_sql, edited_sql, unknown_or_removed_sql
from clientops.rules.kit.field_types import ColumnNames, Line
from clientops.schema.requests import CrossCheck, FieldError, Id, Request
from clientops.schema.tables import Tables

SubjectKind = Literal["client", "service", "addon", "invoice", "domain", "ticket"]
FieldType = Literal["text", "long text", "number", "date", "choice", "yes/no", "link"]


@lru_cache(maxsize=256)
def parse_pattern(text: str) -> str:
    """A regular expression that the engine understands (RE2)."""
    with duckdb.connect() as connection:
        try:
            connection.execute("select regexp_full_match('', $pattern)", {"pattern": text})
        except duckdb.Error as error:
            raise ValueError(f"not a regular expression ({error}); write it like [A-Z]{{2}}[0-9]{{4}}") from None
    return text


def parse_choices(text: str) -> str:
    """Choices separated by commas or line breaks, each once and not empty."""
    choices = [part.strip() for part in re.split(r"[,\n]", text.strip())]
    if not all(choices):
        raise ValueError("has an empty choice; write them like small, medium, large")
    lowered = [choice.lower() for choice in choices]
    if twice := next((c for c in choices if lowered.count(c.lower()) > 1), None):
        raise ValueError(f"has the choice {twice} twice")
    return ", ".join(choices)


Pattern = Annotated[str, Field(max_length=500), AfterValidator(parse_pattern)]
Choices = Annotated[str, Field(max_length=5000), AfterValidator(parse_choices)]
Position = Annotated[int, Field(ge=0, le=10_000)]


def check_choices(type_: str | None, options: str | None) -> dict[str, Any]:
    """Refuse a choice without choices, and choices of anything else."""
    if type_ == "choice" and not options:
        raise FieldError("options", "options is missing: a choice needs something to choose from", "missing")
    if type_ != "choice" and options:
        raise FieldError("options", f"options {options!r} are of no use for the type {type_}: only a choice has them", "no_choice")  # fmt: skip
    return {}


def check_pattern(type_: str | None, pattern: str | None) -> dict[str, Any]:
    """Refuse a pattern where the type says already what a value looks like."""
    if pattern and type_ not in ("text", "long text", "number", "link"):
        raise FieldError("pattern", f"pattern is of no use for the type {type_}: only texts, numbers and links have one", "no_pattern")  # fmt: skip
    return {}


class AddCustomField(Request):
    """Add a field of one's own to clients, services, add-ons, invoices, domains or tickets."""

    cross_checks: ClassVar[tuple[CrossCheck, ...]] = (
        CrossCheck(("type", "options"), check_choices),
        CrossCheck(("type", "pattern"), check_pattern),
    )

    subject_kind: SubjectKind = Field("client", title="For", description="What it describes")
    name: Line = Field(title="Name", description="As it stands beside the value, e.g. Purchase order")
    type: FieldType = Field("text", title="Type", description="What its values are")
    options: Choices | None = Field(None, title="Choices", description="For a choice, separated by commas")
    pattern: Pattern | None = Field(None, title="Pattern", description="Regular expression that values match as a whole, e.g. [A-Z]{2}[0-9]{4}")  # fmt: skip
    description: Line | None = Field(None, title="Help", description="A sentence below the field")
    product_id: Id | None = Field(None, title="Product", description="Only for services of this product", json_schema_extra={"picks": "products"})  # fmt: skip
    is_required: bool = Field(default=False, title="Required", description="Whether a value must be given")
    is_staff_only: bool = Field(default=False, title="Staff only", description="Not shown to clients")
    show_on_invoice: bool = Field(default=False, title="On invoices", description="Printed on invoices")
    sort_order: Position = Field(0, title="Position", description="Lower ones come first")


def add_custom_field(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Add custom fields.

    Args:
        tables: Read-only tables; reads ``custom_fields`` and ``products``.
        requests: One row per field. See ``AddCustomField``.
        today: Not used.
        now: Not used.

    Returns:
        Inserts into ``custom_fields``, in row order.

    Problems:
        ``unknown_product``, ``not_services`` (a product, but the field is not one of services), ``name_taken``; and from
        reading ``missing`` (choices), ``no_choice``, ``no_pattern``, ``bad_value``.

    Source:
        WHMCS "Custom Client Fields" and "Custom fields" of products.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", ADD_PROBLEMS)
    steps.add("new_fields", NEW_FIELDS.format(next_id=tables.next_id("custom_fields")))
    return steps.plan(steps.insert("custom_fields", "new_fields"), problems="problems")


ADD_PROBLEMS = """
    select "row", 'product_id' as field, 'unknown_product' as code, 'there is no product ' || product_id as message
    from requests where product_id is not null and product_id not in (select id from products)
    union all
    select "row", 'product_id', 'not_services', 'product_id ' || product_id || ' is given, but the field is one of a '
        || subject_kind || ': only fields of services are for one product'
    from requests where product_id is not null and subject_kind <> 'service'
    union all
    select "row", 'name', 'name_taken', 'name ' || requests.name || ' is that of field ' || custom_fields.id
        || ' already, of a ' || requests.subject_kind
    from requests join custom_fields on lower(custom_fields.name) = lower(requests.name)
        and custom_fields.subject_kind = requests.subject_kind
        and custom_fields.product_id is not distinct from requests.product_id
    union all
    select "row", 'name', 'name_taken', 'name ' || name || ' is in an earlier row already'
    from requests where name is not null
    qualify row_number() over (partition by subject_kind, product_id, lower(name) order by "row") > 1
"""

NEW_FIELDS = """
    select {next_id} + row_number() over (order by "row") as id, * exclude ("row") from requests
"""


class EditCustomField(Request):
    """Change a custom field: only what is given; its type stays."""

    field_id: Id = Field(
        title="Field", description="Which one is changed", json_schema_extra={"picks": "custom_fields"}
    )
    name: Line | None = Field(None, title="Name", description="As it stands beside the value")
    options: Choices | None = Field(None, title="Choices", description="For a choice, separated by commas")
    pattern: Pattern | None = Field(None, title="Pattern", description="Regular expression that values match as a whole")  # fmt: skip
    description: Line | None = Field(None, title="Help", description="A sentence below the field")
    is_required: bool | None = Field(None, title="Required", description="Whether a value must be given")
    is_staff_only: bool | None = Field(None, title="Staff only", description="Not shown to clients")
    show_on_invoice: bool | None = Field(None, title="On invoices", description="Printed on invoices")
    sort_order: Position | None = Field(None, title="Position", description="Lower ones come first")
    clear: ColumnNames | None = Field(None, title="Empty these fields", description="pattern, description")


EDITABLE = ("name", "options", "pattern", "description", "is_required", "is_staff_only", "show_on_invoice", "sort_order")  # fmt: skip


def edit_custom_field(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Change custom fields where something is given.

    Args:
        tables: Read-only tables; reads ``custom_fields`` and ``custom_values``.
        requests: One row per change: ``field_id``, any fields, ``clear``. Later rows of one field win. See
            ``EditCustomField``.
        today: Not used.
        now: Not used.

    Returns:
        Updates of ``custom_fields``.

    Problems:
        ``unknown_field``, ``nothing_given``, ``not_clearable``, ``given_and_cleared``, ``no_choice`` (choices for a
        field that is none), ``no_pattern``, ``choice_in_use`` (a value is none of the new choices), ``name_taken``.
    """
    steps = tables.steps(requests=requests)
    steps.add("edited", edited_sql("custom_fields", "field_id", EDITABLE))
    steps.add("general", edit_problems_sql("custom_fields", "field_id", EDITABLE, ("pattern", "description")))
    steps.add("problems", EDIT_PROBLEMS)
    return steps.plan(steps.update("custom_fields", "edited"), problems="problems")


EDIT_PROBLEMS = """
    from general
    union all
    select "row", 'options', 'no_choice', 'options are of no use for field ' || field_id || ', which is of type ' || type
    from requests join custom_fields on custom_fields.id = field_id
    where requests.options is not null and type <> 'choice'
    union all
    select "row", 'pattern', 'no_pattern', 'pattern is of no use for field ' || field_id || ', which is of type ' || type
    from requests join custom_fields on custom_fields.id = field_id
    where requests.pattern is not null and type not in ('text', 'long text', 'number', 'link')
    union all
    select "row", 'options', 'choice_in_use', 'options leave out ' || used || ', which field ' || field_id || ' has for '
        || uses || ' of its records'
    from (
        select requests."row", requests.field_id, requests.options, custom_values.value as used, count(*) as uses
        from requests join custom_values using (field_id) join custom_fields on custom_fields.id = requests.field_id
        where requests.options is not null and custom_fields.type = 'choice' and custom_values.value is not null
        group by all
    )
    where not list_contains(list_transform(string_split(options, ','), lambda x: lower(trim(x))), lower(used))
    union all
    select "row", 'name', 'name_taken', 'name ' || requests.name || ' is that of field ' || other.id || ' already'
    from requests join edited on edited.id = field_id
    join custom_fields kept on kept.id = field_id
    join custom_fields other on other.id <> field_id and other.subject_kind = kept.subject_kind
        and other.product_id is not distinct from kept.product_id and lower(other.name) = lower(requests.name)
"""


class RemoveCustomField(Request):
    """Remove a custom field with all its values."""

    field_id: Id = Field(title="Field", description="Which one goes", json_schema_extra={"picks": "custom_fields"})


def remove_custom_field(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Remove custom fields with their values.

    Args:
        tables: Read-only tables; reads ``custom_fields`` and ``custom_values``.
        requests: One row per field. See ``RemoveCustomField``.
        today: Not used.
        now: Not used.

    Returns:
        Deletes from ``custom_fields`` and ``custom_values``.

    Problems:
        ``unknown_field``, also for one that an earlier row removes.
    """
    steps = tables.steps(requests=requests)
    steps.add("problems", unknown_or_removed_sql("custom_fields", "field_id"))
    steps.add("gone", "select distinct field_id as id from requests")
    steps.add("gone_values", "select id from custom_values where field_id in (select id from gone)")
    return steps.plan(
        steps.delete("custom_fields", "gone"), steps.delete("custom_values", "gone_values"), problems="problems"
    )


RULES: tuple[Rule, ...] = (
    Rule("add-custom-field", "Add custom field", add_custom_field, AddCustomField, group="custom fields", manual="custom data or notes"),
    Rule("edit-custom-field", "Edit custom field", edit_custom_field, EditCustomField, group="custom fields", manual="custom data or notes"),
    Rule("remove-custom-field", "Remove custom field", remove_custom_field, RemoveCustomField, risk="medium", group="custom fields", manual="custom data or notes"),
)  # fmt: skip
