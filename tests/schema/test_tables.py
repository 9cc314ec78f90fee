"""Read-only tables and named steps."""

from __future__ import annotations

import duckdb
import pytest

from clientops.core.errors import UsageError
from clientops.schema.tables import BEYOND_SOURCES
from tests.builders import tables


def test_a_step_is_worked_out_once_and_seen_by_later_ones():
    """A later step reads an earlier one by its name, as it was when it was added."""
    steps = tables(clients=[{"id": 1}, {"id": 2}]).steps()
    steps.add("chosen", "select id from clients where id > $least", least=1)
    steps.add("counted", "select count(*) as n from chosen")
    assert steps["counted"].fetchall() == [(1,)]
    assert steps.count("chosen") == 1
    assert steps.value("select max(id) from chosen") == 2


@pytest.mark.parametrize(
    ("name", "message"),
    [
        pytest.param("clients", "would hide it", id="the name of a table"),
        pytest.param("requests", "already a step", id="a name that is taken"),
    ],
)
def test_a_step_hides_nothing(name, message):
    """A step cannot take the name of a table or of another step."""
    book = tables()
    steps = book.steps(requests=book.query("select 1 as id"))
    with pytest.raises(UsageError, match=message):
        steps.add(name, "select 1 as id")
    with pytest.raises(UsageError, match="There is no step 'nope'"):
        steps["nope"]


def test_a_change_names_only_columns_of_its_table():
    """A step with a column that the table has not is refused where the rule is written."""
    steps = tables().steps()
    steps.add("rows", "select 1 as id, 'x' as nope")
    with pytest.raises(UsageError, match="table groups has not: nope"):
        steps.insert("groups", "rows")


def test_numbers_are_never_used_twice():
    """The next number follows the highest that was ever used, also by a row that is gone."""
    book = tables(clients=[{"id": 3}])
    assert book.query(f"select {book.next_id('clients')}").fetchall() == [(3,)]
    book._connection.execute("insert into history.clients (operation_id, sign, id, currency_id) values (1, 1, 9, 1)")
    assert book.query(f"select {book.next_id('clients')}").fetchall() == [(9,)]


def test_numbers_of_refused_rows_are_stepped_over():
    """A new row gets no number that the source gave to a row of that table which could not be taken."""
    refused = {"source": "whmcs", "source_table": "theirs", "code": "missing_parent", "message": "x"}
    book = tables(
        contacts=[{"id": 3, "client_id": 1}],
        import_problems=[
            {"id": 1, "source_id": "7", "table_name": "contacts", **refused},
            {"id": 2, "source_id": "8", "table_name": "clients", **refused},
            {"id": 3, "source_id": "9", **refused},  # gets a number of its own here
            {"id": 4, "source_id": "x", "table_name": "contacts", **refused},
            {"id": 5, "source_id": str(BEYOND_SOURCES), "table_name": "contacts", **refused},
        ],
    )
    assert book.query(f"select {book.next_id('contacts')}, {book.next_id('clients')}").fetchall() == [(7, 8)]
    assert book.query(f"select {book.next_id('allocations')}").fetchall() == [(0,)]


def test_values_are_parameters():
    """A value with a quote in it is a value, not SQL."""
    book = tables(clients=[{"id": 1, "last_name": "O'Brien"}])
    assert book.query("select id from clients where last_name = $name", name="O'Brien").fetchall() == [(1,)]
    with pytest.raises(duckdb.Error):
        book.query("select id from clients where last_name = $other", name="x").fetchall()
