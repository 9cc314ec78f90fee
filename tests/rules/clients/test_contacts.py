"""Rules of contacts."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.clients.contacts import (
    AddContact,
    EditContact,
    RemoveContact,
    SetBillingContact,
    add_contact,
    edit_contact,
    remove_contact,
    set_billing_contact,
)
from clientops.schema.references import references_to
from clientops.schema.requests import read_requests
from tests.builders import TODAY, plan, tables
from tests.long_forms import examples
from tests.rules.sequences import assert_one_by_one_is_same

EVE = {"client_id": 1, "first_name": "Eve", "last_name": "Example", "email": "eve@example.com"}


def test_add_contact_needs_names_and_email_only():
    """A contact is added with the categories it wants; without any it receives nothing."""
    book = tables(clients=[{"id": 1}], contacts=[{"id": 5, "client_id": 1, "email": "x@example.com"}])
    result = plan(add_contact, AddContact, book, [EVE, {**EVE, "email": "b@example.com", "wants_invoice": "yes"}])
    assert result.problem_list() == []
    wanted = ("id", "client_id", "email", "phone", "wants_general", "wants_invoice", "created_on")
    assert [tuple(row[name] for name in wanted) for row in result.rows("contacts", "insert")] == [
        (6, 1, "eve@example.com", None, False, False, TODAY),
        (7, 1, "b@example.com", None, False, True, TODAY),
    ]


def test_what_a_contact_needs():
    """First name, last name and e-mail are needed and checked; nothing else is."""
    rows = [{"client_id": 1, "first_name": " "}, {**EVE, "email": "eve@"}, {**EVE, "phone": "12", "country": "DE"}]
    problems = read_requests(AddContact, rows).problems
    assert [(p.row, p.field, p.code) for p in problems] == [
        (1, "email", "missing"), (1, "first_name", "missing"), (1, "last_name", "missing"),
        (2, "email", "bad_value"), (3, "phone", "bad_value"),
    ]  # fmt: skip


def test_same_contact_is_told():
    """A contact of the same client with that e-mail is warned of; one of another client is not."""
    book = tables(clients=[{"id": 1}, {"id": 2}], contacts=[{"id": 5, "client_id": 1, "email": "EVE@example.com"}])
    result = plan(add_contact, AddContact, book, [EVE, {**EVE, "client_id": 2}])
    assert [(row, code) for row, _, code, _ in result.warnings.fetchall()] == [(1, "likely_duplicate")]


def test_edit_contact_changes_only_what_is_given():
    """What is left empty stays, and ``clear`` empties."""
    book = tables(contacts=[{"id": 5, "client_id": 1, "city": "Bonn", "phone": "1", "wants_general": True}])
    rows = [{"contact_id": 5, "wants_general": "no", "email": "New@Example.com", "clear": "phone"}]
    (row,) = plan(edit_contact, EditContact, book, rows).rows("contacts", "update")
    assert (row["city"], row["phone"], row["wants_general"], row["wants_invoice"]) == ("Bonn", None, False, False)
    assert (row["first_name"], row["email"]) == ("Eve", "New@example.com")


def book_with_contact():
    return tables(
        clients=[{"id": 1, "default_billing_contact_id": 5}, {"id": 2}],
        contacts=[{"id": 5, "client_id": 1}, {"id": 6, "client_id": 2}],
        orders=[{"id": 1, "client_id": 1, "contact_id": 5}, {"id": 2, "client_id": 2, "contact_id": 6}],
        invoices=[{"id": 1, "client_id": 1, "billing_contact_id": 5, "bill_to": "Eve Example"}],
        tickets=[{"id": 1, "client_id": 1, "contact_id": 5}],
        ticket_replies=[{"id": 1, "ticket_id": 1, "contact_id": 5}],
        communications=[{"id": 1, "client_id": 1, "contact_id": 5}],
    )


def test_remove_contact_clears_what_points_at_it():
    """Every reference to a removed contact is cleared, and losing the billing contact is told; others stay."""
    book = book_with_contact()
    result = plan(remove_contact, RemoveContact, book, [{"contact_id": 5}])
    assert result.rows("contacts", "delete") == [{"id": 5}]
    for reference in references_to("contacts"):
        assert result.rows(reference.table, "update") == [{"id": 1, reference.column: None}], reference.table
    warnings = result.warnings.fetchall()
    assert [(row, code) for row, _, code, _ in warnings] == [(1, "was_billing_contact")]
    assert "contact 5 is the billing contact of client 1" in warnings[0][3]
    assert plan(remove_contact, RemoveContact, book, [{"contact_id": 6}]).warnings.fetchall() == []


def test_set_billing_contact():
    """The contact named last counts; none means the client itself."""
    book = book_with_contact()
    rows = [{"client_id": 2, "contact_id": 6}, {"client_id": 1}]
    result = plan(set_billing_contact, SetBillingContact, book, rows)
    assert result.problem_list() == []
    assert result.rows("clients", "update") == [
        {"id": 1, "default_billing_contact_id": None}, {"id": 2, "default_billing_contact_id": 6},
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rule", "model", "rows", "field", "code"),
    [
        pytest.param(add_contact, AddContact, [{**EVE, "client_id": 9}], "client_id", "unknown_client", id="add: no client"),
        pytest.param(edit_contact, EditContact, [{"contact_id": 9, "city": "x"}], "contact_id", "unknown_contact", id="edit: no contact"),
        pytest.param(edit_contact, EditContact, [{"contact_id": 5, "clear": "email"}], "clear", "not_clearable", id="edit: e-mail stays"),
        pytest.param(edit_contact, EditContact, [{"contact_id": 5}], "", "nothing_given", id="edit: nothing given"),
        pytest.param(remove_contact, RemoveContact, [{"contact_id": 9}], "contact_id", "unknown_contact", id="remove: no contact"),
        pytest.param(set_billing_contact, SetBillingContact, [{"client_id": 9}], "client_id", "unknown_client", id="billing: no client"),
        pytest.param(set_billing_contact, SetBillingContact, [{"client_id": 1, "contact_id": 9}], "contact_id", "unknown_contact", id="billing: no contact"),
        pytest.param(set_billing_contact, SetBillingContact, [{"client_id": 1, "contact_id": 6}], "contact_id", "other_client", id="billing: of another"),
    ],
)  # fmt: skip
def test_refused(rule, model, rows, field, code):
    """A request that cannot be done is named by its row, field and code."""
    problems = plan(rule, model, book_with_contact(), rows).problem_list()
    assert [(p.row, p.field, p.code) for p in problems] == [(1, field, code)]


def test_removing_twice_is_refused_the_second_time():
    """The second of two requests to remove one contact finds it gone."""
    rows = [{"contact_id": 5}, {"contact_id": 6}, {"contact_id": 5}]
    problems = plan(remove_contact, RemoveContact, book_with_contact(), rows).problem_list()
    assert [(p.row, p.code) for p in problems] == [(3, "unknown_contact")]


@settings(max_examples=examples(8), deadline=None)
@given(st.lists(st.sampled_from([5, None]), min_size=2, max_size=4))
def test_naming_many_is_naming_one_by_one(contacts):
    """Law: a table of n requests leaves the same billing contacts as n tables of one."""
    rows = [{"client_id": 1, "contact_id": contact} for contact in contacts]
    assert_one_by_one_is_same(set_billing_contact, SetBillingContact, book_with_contact, rows)


def test_removing_many_is_removing_one_by_one():
    """Law: as above, for removals."""
    rows = [{"contact_id": 6}, {"contact_id": 5}]
    assert_one_by_one_is_same(remove_contact, RemoveContact, book_with_contact, rows)
