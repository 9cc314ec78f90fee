"""Taking rows back from a survivor after life went on."""

from datetime import date

import pytest

from tests.builders import tables
from tests.rules.applying import change, select
from tests.rules.merging import EVE, merge, unmerge


@pytest.mark.parametrize(
    ("table", "row", "since", "expected"),
    [
        pytest.param("tickets", {"id": 1}, {"id": 1, "status": "Closed"}, [(1, 2)], id="changed since"),
        pytest.param("tickets", {"id": 1}, {"id": 1, "client_id": 3}, [(1, 3)], id="given to another client since"),
        pytest.param(
            "tickets", {"id": 1}, {"id": 4, "client_id": 1, "subject": "New"}, [(1, 2), (4, 1)], id="new since"
        ),
    ],
)
def test_rows_since(table, row, since, expected):
    """Only what is still the survivor's goes back, with its values of today."""
    book = tables(clients=[{"id": 1}, {"id": 2}, {"id": 3}], **{table: [{**row, "client_id": 2}]})
    number = merge(book, (2, 1))
    change(book, table, since)
    unmerge(book, number)
    assert select(book, table, "id", "client_id") == expected


def test_what_was_deleted_since_stays_deleted():
    """A row that somebody deleted after the merge does not come back."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}], tickets=[{"id": 1, "client_id": 2}], contacts=[{"id": 1, "client_id": 2}]
    )
    number = merge(book, (2, 1))
    change(book, "tickets", {"id": 1}, delete=True)
    change(book, "contacts", {"id": 1}, delete=True)
    unmerge(book, number)
    assert (select(book, "tickets", "id"), select(book, "contacts", "id")) == ([], [])


def test_what_no_longer_exists_is_not_named():
    """Rows come back without what was deleted since: group, billing contact, user, custom field."""
    book = tables(
        groups=[{"id": 1}],
        clients=[{"id": 1}, {"id": 2, "group_id": 1, "default_billing_contact_id": 2}],
        contacts=[{"id": 2, "client_id": 2}],
        users=[{"id": 1}],
        user_clients=[{"id": n, "user_id": 1, "client_id": n} for n in (1, 2)],
        custom_fields=[{"id": 1}],
        custom_values=[{"id": n, "field_id": 1, "subject_id": n} for n in (1, 2)],
    )
    number = merge(book, (2, 1), survivorship="survivor wins")
    change(book, "contacts", {"id": 2}, delete=True)
    for name in ("groups", "users", "custom_fields"):
        change(book, name, {"id": 1}, delete=True)
    change(book, "user_clients", {"id": 1}, delete=True)
    change(book, "custom_values", {"id": 1}, delete=True)
    unmerge(book, number)
    assert select(book, "clients", "id", "group_id", "default_billing_contact_id") == [(1, None, None), (2, None, None)]
    assert (select(book, "user_clients", "id"), select(book, "custom_values", "id")) == ([], [])


def test_fields_go_back_where_nobody_changed_them():
    """The survivor forgets what it had from the duplicate, except what was changed since."""
    book = tables(clients=[{"id": 1}, {"id": 2, "phone": "+2", "city": "Rome", "created_on": date(2020, 1, 1)}])
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "phone": "+3", "company_name": "New Ltd"})
    unmerge(book, number)
    columns = ("id", "phone", "city", "company_name", "created_on")
    assert select(book, "clients", *columns) == [
        (1, "+3", None, "New Ltd", None),
        (2, "+2", "Rome", None, date(2020, 1, 1)),
    ]


def test_shared_rows_forget_where_nobody_changed_them():
    """A contact that learned from its twin forgets it, except what was changed since; the twin comes back."""
    book = tables(
        clients=[{"id": 1}, {"id": 2}],
        contacts=[
            {"id": 1, "client_id": 1, **EVE},
            {"id": 2, "client_id": 2, **EVE, "phone": "+2", "tax_id": "T", "wants_invoice": True},
        ],
        tickets=[{"id": 1, "client_id": 2, "contact_id": 2}],
    )
    number = merge(book, (2, 1))
    change(book, "contacts", {"id": 1, "tax_id": "U"})
    change(book, "tickets", {"id": 2, "client_id": 1, "contact_id": 1, "subject": "New"})
    unmerge(book, number)
    columns = ("id", "client_id", "phone", "tax_id", "wants_invoice")
    assert select(book, "contacts", *columns) == [(1, 1, None, "U", False), (2, 2, "+2", "T", True)]
    assert select(book, "tickets", "id", "client_id", "contact_id") == [(1, 2, 2), (2, 1, 1)]


def test_a_billing_contact_that_goes_is_not_the_survivors_any_more():
    """A duplicate's contact that was made the survivor's billing contact goes back and is no longer named."""
    book = tables(clients=[{"id": 1}, {"id": 2}], contacts=[{"id": 2, "client_id": 2}])
    number = merge(book, (2, 1))
    change(book, "clients", {"id": 1, "default_billing_contact_id": 2})
    unmerge(book, number)
    assert select(book, "clients", "id", "default_billing_contact_id") == [(1, None), (2, None)]


@pytest.mark.parametrize(
    ("since", "left"),
    [
        pytest.param([], [], id="unused"),
        pytest.param([("contacts", {"id": 1, "phone": "+9"})], [(1, 1)], id="changed"),
        pytest.param([("tickets", {"id": 1, "client_id": 1, "contact_id": 1, "subject": "x"})], [(1, 1)], id="used"),
        pytest.param(
            [("clients", {"id": 1, "default_billing_contact_id": 1})], [(1, 1)], id="made the billing contact"
        ),
    ],
)
def test_the_contact_that_a_client_was_kept_as(since, left):
    """It goes when its client comes back, unless somebody has worked with it."""
    book = tables(clients=[{"id": 1}, {"id": 2, **EVE}])
    number = merge(book, (2, 1), keep_as_contact=True)
    for name, row in since:
        change(book, name, row)
    unmerge(book, number)
    assert select(book, "contacts", "id", "client_id") == left
