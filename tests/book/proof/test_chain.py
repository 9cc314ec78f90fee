"""Hashes of changes: the same however they are worked out, another for anything that differs."""

import hashlib
from datetime import UTC, datetime
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.proof import chain
from clientops.book.proof.chain import hash_rows
from clientops.schema.definition import Column
from tests.long_forms import examples

COLUMNS = [
    Column("a", "VARCHAR", False, None, ""),
    Column("b", "VARCHAR", False, None, ""),
    Column("n", "BIGINT", False, None, ""),
]


@pytest.fixture(scope="module")
def connection():
    with duckdb.connect() as connection:
        yield connection


def hashed(connection, rows, columns=COLUMNS, **more):
    connection.execute(
        "create or replace temp table given (operation_id bigint, sign tinyint, id bigint, a varchar, b varchar, n bigint)"
    )
    connection.executemany("insert into given values (?, ?, ?, ?, ?, ?)", rows)
    return hash_rows(connection, "given", columns, **more)


WRITTEN_DOWN = "947eb3e3f828cee1baed45f2571b3ef26c8e1239d4b0392165416c16d9cabe68"
ROW = (1, 1, 5, "x", "y", 7)


@pytest.mark.parametrize(
    "other",
    [
        pytest.param((1, -1, 5, "x", "y", 7), id="another sign"),
        pytest.param((1, 1, 6, "x", "y", 7), id="another number"),
        pytest.param((1, 1, 5, "y", "x", 7), id="columns exchanged"),
        pytest.param((1, 1, 5, "x|1:y", "", 7), id="the parting line inside a text"),
        pytest.param((1, 1, 5, "x1:y", "", 7), id="a length inside a text"),
        pytest.param((1, 1, 5, None, "y", 7), id="empty"),
        pytest.param((1, 1, 5, "", "y", 7), id="an empty text"),
        pytest.param((1, 1, 5, "~", "y", 7), id="the sign for empty as a text"),
        pytest.param((1, 1, 5, "x", "y", None), id="an empty number"),
        pytest.param((1, 1, 5, "X", "y", 7), id="another letter case"),
        pytest.param((1, 1, 5, "x ", "y", 7), id="a space more"),
    ],
)
def test_rows_that_differ_have_another_hash(connection, other):
    """Texts cannot be written so that two different rows look alike."""
    assert hashed(connection, [ROW]) != hashed(connection, [other])


texts = st.none() | st.text("~|:;1#x", max_size=4)
row = st.tuples(st.just(1), st.sampled_from([-1, 1]), st.integers(1, 4), texts, texts, st.none() | st.integers(-3, 3))


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(row, min_size=1, max_size=4, unique_by=lambda r: (r[1], r[2])),
    st.lists(row, min_size=1, max_size=4, unique_by=lambda r: (r[1], r[2])),
)
def test_equal_hashes_are_equal_rows(connection, one, two):
    """Law: two sets of rows have one hash exactly when they are the same, in whatever order they come."""
    same = sorted(one, key=repr) == sorted(two, key=repr)
    assert (hashed(connection, one) == hashed(connection, two)) is same
    assert hashed(connection, one) == hashed(connection, one[::-1])


@settings(max_examples=examples(40), deadline=None)
@given(st.lists(st.integers(1, 9000), min_size=1, max_size=40, unique=True), st.integers(0, 5000))
def test_one_pass_or_many_give_one_hash(connection, numbers, first):
    """Large changes are hashed in passes; however they are cut, and whatever the new rows' first number, it is one hash."""
    columns = COLUMNS[:1]
    rows = [(1, 1, first + n, f"row {n}", "", 0) for n in numbers]
    zero = [(1, 1, n, f"row {n}", "", 0) for n in numbers]
    expected = hashed(connection, zero, columns, offsets={"id": 0})
    small = pytest.MonkeyPatch()
    try:
        assert hashed(connection, rows, columns, offsets={"id": first}) == expected
        assert hashed(connection, rows, columns, offsets={"id": first}, at_most=len(rows)) == expected
        small.setattr(chain, "PASS", chain.BLOCK)
        assert hashed(connection, rows, columns, offsets={"id": first}) == expected
        assert hashed(connection, zero, columns) == hashed(connection, zero, columns, at_most=chain.BLOCK)
    finally:
        small.undo()


def test_each_operation_has_its_own_hash(connection):
    """Rows of several operations are hashed in one go, each apart."""
    rows = [(number, 1, 5, "x", "y", 7) for number in (1, 2, 3)] + [(3, 1, 6, "x", "y", 7)]
    found = hashed(connection, rows)
    assert {number: count for number, (count, _) in found.items()} == {1: 1, 2: 1, 3: 2}
    assert found[1][1] == found[2][1] != found[3][1]


def test_the_hash_is_stable(connection):
    """The hash that is kept in books must never change by itself: this one was written down."""
    connection.execute("set timezone = 'UTC'")
    connection.execute(
        "create or replace temp table typed (operation_id bigint, sign tinyint, id bigint, t varchar, d decimal(18, 4), day date, happened timestamptz, yes boolean)"
    )
    connection.execute(
        "insert into typed values (1, 1, 1, ?, ?, ?, ?, ?), (1, -1, 2, null, null, null, null, null)",
        ["Ünï🦆", Decimal("-1234567.8900"), datetime(2026, 2, 28).date(), datetime(2026, 2, 28, 13, 5, 0, 120, tzinfo=UTC), True],
    )  # fmt: skip
    kinds = {
        "t": "VARCHAR",
        "d": "DECIMAL(18,4)",
        "day": "DATE",
        "happened": "TIMESTAMP WITH TIME ZONE",
        "yes": "BOOLEAN",
    }
    columns = [Column(name, kind, False, None, "") for name, kind in kinds.items()]
    assert hash_rows(connection, "typed", columns) == {1: (2, WRITTEN_DOWN)}
    text = "1#1|9:Ünï🦆|-1234567.8900|2026-02-28|2026-02-28 13:05:00.00012+00|true;-1#2|~|~|~|~|~"
    assert hashlib.sha256(hashlib.sha256(text.encode()).hexdigest().encode()).hexdigest() == WRITTEN_DOWN
