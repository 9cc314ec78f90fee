"""Checks before an operation is committed: a new flaw is refused, an old one is not this operation's fault."""

import pytest

from clientops.core.errors import IntegrityError, RefusedError
from tests.books import apply_by_hand, fingerprint, insert


def refusals(book, *changes):
    before = fingerprint(book.path)
    with pytest.raises(RefusedError) as error:
        apply_by_hand(book, *changes)
    assert fingerprint(book.path) == before
    assert book.head()[0] == 1
    return [(problem.field, problem.code, problem.message) for problem in error.value.problems]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        pytest.param(
            ("contacts", "insert", [{"id": 9, "client_id": 77}]),
            ("contacts", "orphan", "contact 9 points at client 77, which is not there"),
            id="a new row points at nothing",
        ),
        pytest.param(
            ("services", "update", [{"id": 1, "product_id": 77}]),
            ("services", "orphan", "service 1 points at product 77, which is not there"),
            id="an old row is made to",
        ),
        pytest.param(
            ("products", "delete", [{"id": 1}]),
            ("product_prices", "orphan", "product price 1 points at product 1, which is not there"),
            id="what rows point at is deleted",
        ),
        pytest.param(
            ("custom_values", "insert", [{"id": 9, "field_id": 1, "subject_id": 77}]),
            ("custom_values", "orphan", "custom value 9 points at client 77, which is not there"),
            id="a reference whose table another table names",
        ),
        pytest.param(
            ("notes", "update", [{"id": 2, "subject_kind": "ticket"}]),
            ("notes", "orphan", "note 2 points at ticket 2, which is not there"),
            id="a reference is made to mean another table",
        ),
        pytest.param(
            ("transactions", "update", [{"id": 1, "client_id": 77}]),
            ("transactions", "orphan", "transaction 1 points at client 77, which is not there"),
            id="a transaction of nobody",
        ),
    ],
)
def test_a_reference_to_nothing_is_refused(book, change, expected):
    """Rows that would point at nothing are refused, by their table, number and target."""
    assert expected in refusals(book, change)


def test_a_reference_may_point_at_what_comes_with_it(book):
    """Parents and children may come, go and be repointed in one operation, in any order."""
    apply_by_hand(
        book,
        ("contacts", "insert", [{"id": 9, "client_id": 9}]),
        ("clients", "insert", [{"id": 9, "currency_id": 1}]),
        ("tickets", "update", [{"id": 1, "client_id": 9}]),
    )
    apply_by_hand(
        book,
        ("tickets", "update", [{"id": 1, "client_id": 3}]),
        ("contacts", "delete", [{"id": 9}]),
        ("clients", "delete", [{"id": 9}]),
    )
    assert book.check() == []


def test_a_kept_transaction_needs_no_client(book):
    """A transaction that says whose it was may outlive its client."""
    apply_by_hand(book, ("transactions", "update", [{"id": 1, "client_id": 77, "client_name": "Ada"}]))
    assert book.check() == []


@pytest.mark.parametrize(
    ("change", "code", "message"),
    [
        pytest.param(
            ("clients", "update", [{"id": 1, "credit_balance": -1}]),
            "credit_below_zero",
            "client 1 would have a credit of -1.0000",
            id="credit below zero",
        ),
        pytest.param(
            ("clients", "update", [{"id": 2, "default_billing_contact_id": 1}]),
            "billing_contact_of_other",
            "billing contact 1 of client 2 belongs to client 1",
            id="another client's billing contact",
        ),
        pytest.param(
            ("contacts", "update", [{"id": 1, "client_id": 2}]),
            "billing_contact_of_other",
            "billing contact 1 of client 1 belongs to client 2",
            id="a billing contact goes to another client",
        ),
        pytest.param(
            ("invoice_items", "update", [{"id": 2, "amount": 31}]),
            "invoice_sum",
            "invoice 2 has a total of 30.0000, its items come to 31.0000 and their tax to 0.0000",
            id="an item no longer fits its invoice",
        ),
        pytest.param(
            ("invoice_items", "delete", [{"id": 1}]),
            "invoice_sum",
            "invoice 1 has a total of 11.9000, its items come to 0.0000 and their tax to 0.0000",
            id="an item is deleted",
        ),
        pytest.param(
            ("invoices", "update", [{"id": 1, "status": "Unpaid"}]),
            "invoice_owed",
            "invoice 1 is Unpaid with 0.0000 owed",
            id="unpaid, but nothing is owed",
        ),
        pytest.param(
            ("allocations", "delete", [{"id": 1}]),
            "invoice_owed",
            "invoice 1 is Paid with 11.9000 owed",
            id="paid, but its payment goes",
        ),
        pytest.param(
            ("invoices", "update", [{"id": 3, "credit_applied": 6}]),
            "credit_applied",
            "invoice 3 has 6.0000 credit applied, the credit log says 5.0000",
            id="credit applied without an entry",
        ),
        pytest.param(
            ("credit_entries", "update", [{"id": 4, "invoice_id": 2}]),
            "credit_applied",
            "invoice 3 has 5.0000 credit applied, the credit log says 0.0000",
            id="an entry goes to another invoice",
        ),
        pytest.param(
            ("transactions", "update", [{"id": 1, "amount_in": 11}]),
            "allocated_too_much",
            "transaction 1 of 11.0000 settles 11.9000",
            id="a transaction settles more than it is",
        ),
        pytest.param(
            ("clients", "update", [{"id": 4, "credit_balance": "1000.5"}]),
            "not_minor_unit",
            "client 4: credit_balance 1000.5000 is finer than JPY has",
            id="half a yen",
        ),
        pytest.param(
            ("clients", "update", [{"id": 1, "credit_balance": "50.5"}]),
            None,
            None,
            id="half a euro",
        ),
        pytest.param(
            ("users", "insert", [{"id": 9, "email": "ADA@example.com"}]),
            "users_twice",
            "user 9 and 1 are the same: one e-mail address",
            id="an address in other letters",
        ),
        pytest.param(
            ("affiliates", "update", [{"id": 2, "client_id": 2}]),
            "affiliates_twice",
            "affiliate 2 and 1 are the same: one client",
            id="one client twice an affiliate",
        ),
    ],
)
def test_a_new_flaw_is_refused(book, change, code, message):
    """An operation that breaks a law, in its own row or in one that its rows belong to, changes nothing."""
    if code is None:
        assert apply_by_hand(book, change).operation_id == 2
    else:
        assert (code, message) in [found[1:] for found in refusals(book, change)]


def test_a_change_of_currency_is_checked_for_what_it_makes_finer(book):
    """A balance in cents does not become one of half a yen by another currency."""
    apply_by_hand(book, ("clients", "update", [{"id": 6, "credit_balance": "0.5"}]))
    with pytest.raises(RefusedError, match=r"client 6: credit_balance 0\.5000 is finer"):
        apply_by_hand(book, ("clients", "update", [{"id": 6, "currency_id": 2}]))


def test_an_old_flaw_is_tolerated(book):
    """What came in with a flaw can be worked on, and mended; a second flaw is refused all the same."""
    insert(book, lenient=True, clients=[{"id": 9, "credit_balance": -5, "group_id": 77, "first_name": "Old"}])
    assert {code for code, *_ in book.check()} == {"orphan", "credit_below_zero"}
    apply_by_hand(book, ("clients", "update", [{"id": 9, "first_name": "New", "credit_balance": -6, "group_id": 77}]))
    with pytest.raises(RefusedError, match="client 9 points at contact 88"):
        apply_by_hand(book, ("clients", "update", [{"id": 9, "default_billing_contact_id": 88}]))
    with pytest.raises(RefusedError, match="client 9 points at group 78"):
        apply_by_hand(book, ("clients", "update", [{"id": 9, "group_id": 78}]))
    apply_by_hand(book, ("clients", "update", [{"id": 9, "credit_balance": 0, "group_id": 1}]))
    assert book.check() == []
    with pytest.raises(RefusedError, match="client 9 would have a credit of"):
        apply_by_hand(book, ("clients", "update", [{"id": 9, "credit_balance": -5}]))


def test_a_new_flaw_is_found_among_many_old_ones(book):
    """Thousands of old flaws in the same operation do not hide a new one."""
    numbers = range(100, 1700)
    insert(book, lenient=True, clients=[{"id": n, "credit_balance": -1} for n in numbers])
    rows = [{"id": n, "credit_balance": -2} for n in numbers]
    with pytest.raises(RefusedError) as error:
        apply_by_hand(book, ("clients", "update", [*rows, {"id": 6, "credit_balance": -2}]))
    assert [p.message for p in error.value.problems] == ["client 6 would have a credit of -2.0000"]


def test_an_undo_may_bring_an_old_flaw_back(book):
    """Mending a flaw can be undone like everything else."""
    insert(book, lenient=True, clients=[{"id": 9, "credit_balance": -5}])
    before = fingerprint(book.path)
    apply_by_hand(book, ("clients", "update", [{"id": 9, "credit_balance": 0}]))
    book.undo(3)
    assert fingerprint(book.path) == before


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param([("clients", "insert", [{"id": 1, "currency_id": 1}])], id="a number that there is"),
        pytest.param(
            [("notes", "update", [{"id": 1, "body": "x"}]), ("notes", "delete", [{"id": 1}])],
            id="one row changed and deleted",
        ),
    ],
)
def test_a_rule_that_contradicts_itself_is_stopped(book, changes):
    """A plan whose changes do not go together is never half written."""
    before = fingerprint(book.path)
    with pytest.raises(IntegrityError, match="would not agree afterwards"):
        apply_by_hand(book, *changes)
    assert fingerprint(book.path) == before
