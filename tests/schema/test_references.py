"""The reference map."""

from __future__ import annotations

import pytest

from clientops.schema.definition import all_tables
from clientops.schema.invariants import every_orphan_sql, orphan_sql
from clientops.schema.references import NOT_REFERENCES, REFERENCES, parents_first, references_from, references_to
from tests.builders import tables

IDS = [(t.name, c.name) for t in all_tables().values() for c in t.columns if c.name.endswith("_id") and c.name != "id"]


@pytest.mark.parametrize(("name", "column"), IDS)
def test_every_id_column_is_in_the_map_or_is_no_reference(name, column):
    """A column that ends in _id points somewhere, or is listed with the reason why it does not."""
    mapped = column in {reference.column for reference in references_from(name)}
    assert mapped != ((name, column) in NOT_REFERENCES)


def test_the_map_speaks_of_tables_and_columns_that_exist():
    """No reference is from or to something that is not there."""
    for reference in REFERENCES:
        assert reference.target in all_tables()
        assert reference.column in all_tables()[reference.table].column_names
    for name, column in NOT_REFERENCES:
        assert column in all_tables()[name].column_names


def test_the_conditions_of_the_map_can_be_run():
    """Each reference's SQL is understood by the engine, condition and all."""
    assert tables().query(every_orphan_sql()).fetchall() == []


def test_parents_come_before_children():
    """In the order of imports each table comes after those whose rows its own would go with."""
    order = parents_first()
    assert sorted(order) == sorted(all_tables())
    for reference in REFERENCES:
        if reference.on_delete != "clear" and reference.table != reference.target and not reference.when:
            assert order.index(reference.target) < order.index(reference.table), reference


def test_orphans_are_found_only_where_the_condition_holds():
    """A note about service 5 is an orphan without that service; the same number about an invoice is not one of it."""
    found = tables(
        clients=[{"id": 1}],
        services=[{"id": 6, "client_id": 1}],
        notes=[
            {"id": 1, "client_id": 1, "subject_kind": "service", "subject_id": 5},
            {"id": 2, "client_id": 1, "subject_kind": "service", "subject_id": 6},
            {"id": 3, "client_id": 1, "subject_kind": "client"},
        ],
    )
    reference = next(r for r in references_to("services") if r.table == "notes")
    assert found.query(orphan_sql(reference, "notes")).fetchall() == [
        ("notes", 1, "note 1 points at service 5, which is not there")
    ]
