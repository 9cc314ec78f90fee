"""Settling what exactly a plan would change, and the digest that tells whether it is still the same."""

import pytest

from clientops.book.file.connection import connected
from clientops.book.write.plan import plan_digest, run_rule, settle
from clientops.core.errors import ClientopsError, RefusedError
from clientops.rules.credit.account_credit import IssueCredit
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.books import ByHand, apply_by_hand, by_hand, insert
from tests.builders import NOW, TODAY, money


def settled(book, *changes):
    """What a plan of these changes settles to: (table, kind, columns, count, first_new), and its digest."""
    with connected(book.path, write=False, who="maria", wait=1) as connection:
        plan = run_rule(connection, by_hand(*changes), read_requests(ByHand, {}), TODAY, NOW)
        found = settle(connection, plan)
        rows = [connection.execute(f"select * from {s.rows} order by id").fetchall() for s in found]
        return (
            [(s.table.name, s.kind, s.columns, s.count, s.first_new) for s in found],
            rows,
            plan_digest(connection, found),
        )


def digest(book, *changes):
    return settled(book, *changes)[2]


def test_an_update_keeps_only_rows_that_change(book):
    """Rows that are as the rule wants them already are left out; a change of nothing is no change."""
    found, rows, _ = settled(
        book, ("clients", "update", [{"id": 1, "city": "London"}, {"id": 2, "city": None}, {"id": 3, "city": "Rome"}])
    )
    assert found == [("clients", "update", ("city",), 2, None)]
    assert rows == [[(1, "London"), (3, "Rome")]]
    assert settled(book, ("clients", "update", [{"id": 2, "city": None}]))[0] == []


def test_an_insert_is_completed_with_defaults(book):
    """Columns that are left out, or empty where they must not be, get the table's defaults; types are the table's."""
    found, rows, _ = settled(
        book, ("tax_rates", "insert", [{"id": 7, "name": "GST", "rate": None}, {"id": 8, "name": "VAT", "rate": "7.5"}])
    )
    assert found == [("tax_rates", "insert", ("id", "level", "name", "country", "state", "rate", "tax_class"), 2, 6)]
    assert rows == [[(7, 1, "GST", None, None, money(0), None), (8, 1, "VAT", None, None, money("7.5"), None)]]


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(("notes", "insert", [{"id": 9, "body": "a"}, {"id": 9, "body": "b"}]), id="inserted twice"),
        pytest.param(("notes", "update", [{"id": 1, "body": "a"}, {"id": 1, "body": "b"}]), id="updated twice"),
        pytest.param(
            ("notes", "update", [{"id": 1, "body": "a"}, {"id": 1, "body": "Calls on Mondays"}]),
            id="updated twice, once to what it is",
        ),
        pytest.param(("notes", "update", [{"id": 77, "body": "a"}]), id="updated, but not there"),
        pytest.param(("notes", "delete", [{"id": 1}, {"id": 1}]), id="deleted twice"),
        pytest.param(("notes", "delete", [{"id": 77}]), id="deleted, but not there"),
    ],
)
def test_a_rule_that_is_wrong_is_stopped(book, change):
    """A row twice, or one that is not there, is the rule's fault and stops everything."""
    with pytest.raises(ClientopsError, match=f"The rule plans to {change[1]} notes rows twice, or ones"):
        settled(book, change)


def test_changes_come_in_the_order_insert_update_delete(book):
    """However the rule lists them."""
    found = settled(
        book,
        ("notes", "delete", [{"id": 1}]),
        ("clients", "update", [{"id": 1, "city": "x"}]),
        ("groups", "insert", [{"id": 9, "name": "x"}]),
    )[0]
    assert [(name, kind) for name, kind, *_ in found] == [
        ("groups", "insert"),
        ("clients", "update"),
        ("notes", "delete"),
    ]


NEW_CLIENT = [
    ("clients", "insert", [{"id": 7, "currency_id": 1, "last_name": "New"}]),
    ("contacts", "insert", [{"id": 4, "client_id": 7}, {"id": 5, "client_id": 1}]),
]


def shifted(by, **more):
    client = {"id": 7 + by, "currency_id": 1, "last_name": "New", **more}
    return [
        ("clients", "insert", [client]),
        ("contacts", "insert", [{"id": 4 + by, "client_id": 7 + by}, {"id": 5 + by, "client_id": 1}]),
    ]


def test_the_digest_does_not_depend_on_the_numbers_of_new_rows(book):
    """The same new rows under the numbers that are free by now are the same plan."""
    before = digest(book, *NEW_CLIENT)
    assert digest(book, *shifted(3)) == before
    insert(book, clients=[{"id": 7}], contacts=[{"id": 4, "client_id": 2}])
    assert digest(book, *shifted(1)) == before


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param(shifted(0, last_name="Other"), id="another value"),
        pytest.param(shifted(0, city="x"), id="one value more"),
        pytest.param(
            [NEW_CLIENT[0], ("contacts", "insert", [{"id": 4, "client_id": 1}, {"id": 5, "client_id": 7}])],
            id="pointers exchanged",
        ),
        pytest.param([NEW_CLIENT[0]], id="one table less"),
        pytest.param([NEW_CLIENT[0], ("contacts", "insert", [{"id": 4, "client_id": 7}])], id="one row less"),
        pytest.param([*NEW_CLIENT, ("notes", "delete", [{"id": 1}])], id="a deletion more"),
    ],
)
def test_the_digest_tells_plans_apart(book, changes):
    """Anything else that changes is another plan."""
    assert digest(book, *changes) != digest(book, *NEW_CLIENT)


def test_the_digest_knows_which_new_row_is_meant(book):
    """Rows that come together with those they point at: another of the new ones is another plan."""
    two = ("clients", "insert", [{"id": 7, "currency_id": 1}, {"id": 8, "currency_id": 1}])
    first, second = ([two, ("contacts", "insert", [{"id": 4, "client_id": number}])] for number in (7, 8))
    assert digest(book, *first) != digest(book, *second)


def test_the_digest_knows_the_rows_before(book):
    """The same new value over another old one is another plan; a change elsewhere is not."""
    change = ("clients", "update", [{"id": 1, "city": "Paris"}])
    before = digest(book, change)
    apply_by_hand(book, ("clients", "update", [{"id": 2, "city": "Rome"}]))
    assert digest(book, change) == before
    apply_by_hand(book, ("clients", "update", [{"id": 1, "city": "London"}]))
    assert digest(book, change) != before


def test_the_digest_knows_what_is_deleted(book):
    """Deleting a row that somebody changed meanwhile is another plan."""
    before = digest(book, ("notes", "delete", [{"id": 1}]))
    apply_by_hand(book, ("notes", "update", [{"id": 1, "body": "important"}]))
    assert digest(book, ("notes", "delete", [{"id": 1}])) != before


def test_all_problems_are_collected(book):
    """Values that cannot be read and requests that the rule refuses come together, in request order, each once."""
    from clientops.registry import rule

    read = read_requests(IssueCredit, [
        {"client_id": 99, "amount": "5", "description": "x"},
        {"client_id": "one", "amount": "5", "description": "x"},
        {"client_id": 4, "amount": "-5", "description": ""},
        {"client_id": 4, "amount": "0.5", "description": "x"},
    ])  # fmt: skip
    with connected(book.path, write=False, who="maria", wait=1) as connection, pytest.raises(RefusedError) as error:
        run_rule(connection, rule("issue-credit"), read, TODAY, NOW)
    assert [(p.row, p.field, p.code) for p in error.value.problems] == [
        (1, "client_id", "unknown_client"),
        (2, "client_id", "unknown_name"),
        (3, "amount", "bad_value"),
        (3, "description", "missing"),
        (4, "amount", "not_minor_unit"),
    ]


def test_what_cannot_be_read_was_given_all_the_same(book):
    """An edit whose only value cannot be read is refused for the value, not for giving nothing."""
    from clientops.registry import rule

    edit = rule("edit-client")
    read = read_requests(edit.request, [{"client_id": 4, "email": "no address"}, {"client_id": 4}])
    with connected(book.path, write=False, who="maria", wait=1) as connection, pytest.raises(RefusedError) as error:
        run_rule(connection, edit, read, TODAY, NOW)
    assert [(p.row, p.field, p.code) for p in error.value.problems] == [
        (1, "email", "bad_value"),
        (2, "", "nothing_given"),
    ]


def test_planning_leaves_nothing_in_the_book(book):
    """Steps, requests and settled rows live beside the book, not in it."""
    before = book.path.read_bytes()
    settled(book, *NEW_CLIENT)
    assert book.path.read_bytes() == before
    with connected(book.path, write=True, who="maria", wait=1) as connection:
        plan = run_rule(connection, by_hand(*NEW_CLIENT), read_requests(ByHand, {}), TODAY, NOW)
        settle(connection, plan)
    with connected(book.path, write=False, who="maria", wait=1) as connection:
        Tables(connection)
        found = connection.execute(
            "select count(*) from duckdb_tables() where schema_name not in ('main', 'history') and not internal "
            "union all select count(*) from duckdb_views() where not internal"
        ).fetchall()
    assert found == [(0,), (0,)]
