"""Rules of custom fields and their values."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.registry import rule
from clientops.rules.support.custom_fields import (
    EditCustomField,
    RemoveCustomField,
    edit_custom_field,
    parse_choices,
    remove_custom_field,
)
from clientops.rules.support.custom_values import SetCustomValue, set_custom_value
from tests.builders import plan, tables
from tests.long_forms import examples
from tests.rules.refusals import assert_refused, problems_of
from tests.rules.sequences import assert_one_by_one_is_same


def book():
    return tables(
        clients=[{"id": number} for number in range(1, 60)],
        products=[{"id": 1}, {"id": 2}],
        services=[{"id": 1, "client_id": 1, "product_id": 1}, {"id": 2, "client_id": 1, "product_id": 2}],
        custom_fields=[
            {"id": 1, "name": "Order", "pattern": "[A-Z]{2}[0-9]+"},
            {"id": 2, "name": "Staff", "type": "number"},
            {"id": 3, "name": "Founded", "type": "date"},
            {"id": 4, "name": "Size", "type": "choice", "options": "small, Large"},
            {"id": 5, "name": "VIP", "type": "yes/no"},
            {"id": 6, "name": "Page", "type": "link"},
            {"id": 7, "name": "Story", "type": "long text", "is_required": True},
            {"id": 8, "name": "Pin", "type": "password"},
            {"id": 9, "name": "Node", "subject_kind": "service", "product_id": 1},
            {"id": 10, "name": "Foreign", "pattern": "/^(?=x)/"},
        ],
        custom_values=[{"id": 1, "field_id": 1, "subject_id": 2, "value": "PO1"}, {"id": 2, "field_id": 7, "subject_id": 2, "value": "Once"},
                       {"id": 3, "field_id": 4, "subject_id": 2, "value": "Large"}],
    )  # fmt: skip


GOOD_VALUES = [
    (1, "PO77", "PO77"), (2, "-12.50", "-12.50"), (3, "2024-02-29", "2024-02-29"), (4, "LARGE", "Large"),
    (5, "On", "yes"), (6, "HTTPS://Example.com/a?b=1", "https://Example.com/a?b=1"), (7, "one\ntwo", "one\ntwo"), (10, "any", "any"),
]  # fmt: skip


def test_values_are_kept_as_their_type_writes_them():
    """Each type of field takes its values, yes and choices are written alike; a foreign pattern that cannot be run checks nothing."""
    rows = [{"field_id": field, "client_id": 1, "value": value} for field, value, _ in GOOD_VALUES]
    result = plan(set_custom_value, SetCustomValue, book(), rows)
    assert result.problem_list() == []
    kept = [(row["field_id"], row["value"]) for row in result.rows("custom_values", "insert")]
    assert kept == [(field, value) for field, _, value in GOOD_VALUES]


def test_a_value_is_set_changed_and_taken_away():
    """A record has one value of a field: the next one replaces it, an empty one removes it."""
    rows = [{"field_id": 1, "client_id": 1, "value": "PO2"}, {"field_id": 1, "client_id": 2}, {"field_id": 4, "client_id": 2, "value": "small"}]  # fmt: skip
    result = plan(set_custom_value, SetCustomValue, book(), rows)
    assert result.rows("custom_values", "insert") == [{"id": 4, "field_id": 1, "subject_id": 1, "value": "PO2"}]
    assert result.rows("custom_values", "delete") == [{"id": 1}]
    assert result.rows("custom_values", "update") == [{"id": 3, "value": "small"}]


BAD_VALUES = [
    ({"field_id": None}, "field_id", "missing"),
    ({"field_id": 99}, "field_id", "unknown_field"),
    ({"field_id": "x"}, "field_id", "unknown_name"),
    ({"client_id": None}, "client_id", "no_subject"),
    ({"client_id": 99}, "client_id", "unknown_client"),
    ({"service_id": 1}, "service_id", "two_subjects"),
    ({"client_id": None, "service_id": 1}, "field_id", "other_kind"),
    ({"client_id": None, "service_id": 99, "field_id": 9}, "service_id", "unknown_service"),
    ({"client_id": None, "service_id": 2, "field_id": 9}, "field_id", "other_product"),
    ({"value": "po7"}, "value", "bad_value"),
    ({"field_id": 2, "value": "many"}, "value", "bad_value"),
    ({"field_id": 2, "value": "1,5"}, "value", "bad_value"),
    ({"field_id": 3, "value": "2026-02-29"}, "value", "bad_value"),
    ({"field_id": 3, "value": "29.02.2024"}, "value", "bad_value"),
    ({"field_id": 4, "value": "medium"}, "value", "bad_value"),
    ({"field_id": 5, "value": "perhaps"}, "value", "bad_value"),
    ({"field_id": 6, "value": "javascript:alert(1)"}, "value", "bad_value"),
    ({"field_id": 6, "value": "example.com"}, "value", "bad_value"),
    ({"field_id": 6, "value": "https:///page"}, "value", "bad_value"),
    ({"field_id": 7, "value": None}, "value", "required"),
    ({"field_id": 8, "value": "1234"}, "value", "password_field"),
    ({"value": "two\nlines"}, "value", "bad_value"),
    ({"field_id": 7, "value": "x" * 20_001}, "value", "bad_value"),
    ({"client_id": 1, "value": "PO9"}, "field_id", "twice"),
]


def test_bad_values_are_refused_all_at_once():
    """Each bad value is named by row, field and reason, and what the type would allow is said."""
    good = {"field_id": 1, "client_id": 1, "value": "PO1"}
    problems = problems_of(book(), rule("set-custom-value"), [{**good, "field_id": 4, "value": "medium"}])
    assert problems[0].message == "Size 'medium' must be one of small, Large"
    cases = [({"client_id": 10 + place, **row}, field, code) for place, (row, field, code) in enumerate(BAD_VALUES)]
    assert_refused(book(), rule("set-custom-value"), good, cases)


BAD_FIELDS = [
    ({"name": None}, "name", "missing"),
    ({"name": "order"}, "name", "name_taken"),
    ({"name": "a\nb"}, "name", "bad_value"),
    ({"name": "x" * 251}, "name", "bad_value"),
    ({"name": "NEW"}, "name", "name_taken"),
    ({"name": "k1", "subject_kind": "contact"}, "subject_kind", "bad_value"),
    ({"name": "k2", "type": "password"}, "type", "bad_value"),
    ({"name": "k3", "type": "money"}, "type", "bad_value"),
    ({"name": "k4", "type": "choice"}, "options", "missing"),
    ({"name": "k5", "type": "choice", "options": "a,,b"}, "options", "bad_value"),
    ({"name": "k6", "type": "choice", "options": "a, A"}, "options", "bad_value"),
    ({"name": "k7", "type": "number", "options": "1, 2"}, "options", "no_choice"),
    ({"name": "k8", "pattern": "["}, "pattern", "bad_value"),
    ({"name": "k9", "pattern": "(?=x)"}, "pattern", "bad_value"),
    ({"name": "l1", "type": "date", "pattern": "x"}, "pattern", "no_pattern"),
    ({"name": "l2", "product_id": 1}, "product_id", "not_services"),
    ({"name": "l3", "subject_kind": "service", "product_id": 99}, "product_id", "unknown_product"),
    ({"name": "l4", "product_id": "x"}, "product_id", "unknown_name"),
    ({"name": "l5", "is_required": "maybe"}, "is_required", "bad_value"),
    ({"name": "l6", "sort_order": -1}, "sort_order", "bad_value"),
    ({"name": "l7", "sort_order": "first"}, "sort_order", "bad_value"),
    ({"name": "l8", "show_on_invoice": "2"}, "show_on_invoice", "bad_value"),
]


def test_choices_are_written_on_a_line_or_one_a_line():
    """Commas and line breaks both part choices: no choice has a line break in it."""
    assert parse_choices("small, large\nhuge") == parse_choices("small\nlarge\nhuge\n") == "small, large, huge"


def test_bad_fields_are_refused_all_at_once():
    """Each bad definition is named by row, field and reason."""
    assert_refused(book(), rule("add-custom-field"), {"name": "New"}, BAD_FIELDS)


def test_a_choice_in_use_cannot_be_left_out():
    """Choices may be added and reordered, but not taken from the records that have them."""
    taken = plan(edit_custom_field, EditCustomField, book(), [{"field_id": 4, "options": "large, tiny"}])
    assert taken.rows("custom_fields", "update")[0]["options"] == "large, tiny"
    assert taken.problem_list() == []
    refused = plan(edit_custom_field, EditCustomField, book(), [{"field_id": 4, "options": "small, tiny"}])
    assert [(p.field, p.code) for p in refused.problem_list()] == [("options", "choice_in_use")]


@pytest.mark.parametrize(
    ("row", "field", "code"),
    [
        pytest.param({"field_id": 1, "options": "a, b"}, "options", "no_choice", id="choices of a text"),
        pytest.param({"field_id": 3, "pattern": "x"}, "pattern", "no_pattern", id="pattern of a day"),
        pytest.param({"field_id": 1, "name": "vip"}, "name", "name_taken", id="name of another"),
        pytest.param({"field_id": 99, "name": "x"}, "field_id", "unknown_field", id="none"),
        pytest.param({"field_id": 1, "clear": "name"}, "clear", "not_clearable", id="name stays"),
    ],
)
def test_edits_that_are_refused(row, field, code):
    """A change that the field cannot have is refused."""
    assert [(p.field, p.code) for p in problems_of(book(), rule("edit-custom-field"), [row])] == [(field, code)]


def test_a_field_goes_with_its_values():
    """Removing a field removes what records say in it, and nothing else."""
    result = plan(remove_custom_field, RemoveCustomField, book(), [{"field_id": 1}, {"field_id": 7}])
    assert result.rows("custom_values", "delete") == [{"id": 1}, {"id": 2}]
    assert [p.code for p in plan(remove_custom_field, RemoveCustomField, book(), [{"field_id": 1}, {"field_id": 1}]).problem_list()] == ["unknown_field"]  # fmt: skip


@settings(max_examples=examples(15), deadline=None)
@given(st.permutations([(1, 1, "PO2"), (1, 2, None), (4, 2, "small"), (5, 1, "no"), (3, 2, "2026-01-31")]))
def test_many_are_one_by_one(values):
    """Law: a table of n values leaves the same tables as n tables of one."""
    rows = [{"field_id": f, "client_id": c, **({"value": v} if v else {})} for f, c, v in values]
    assert_one_by_one_is_same(set_custom_value, SetCustomValue, book, rows)
