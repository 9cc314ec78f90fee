"""Groups that are ready to be merged."""

from __future__ import annotations

import pytest

from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.matching.ready_groups import accepted_groups, score_of
from tests.matching.builders import FIRM, ZOFIA
from tests.matching.test_search_rule import book, decide, find

TWO = {"first_name": "Ada", "last_name": "Byron", "email": "ada@example.com", "phone": "+44 20 7946 0000"}


def merges(tables, **options):
    return [(row["replaced_id"], row["survivor_id"]) for row in as_dicts(accepted_groups(tables, **options))]


def test_what_people_decided_to_be_the_same():
    """Pairs decided to be the same come as groups, each client into the survivor chosen last."""
    tables = book(ZOFIA, ZOFIA, ZOFIA, FIRM, FIRM)
    decide(tables, 1, 2, "same", survivor_id=1)
    decide(tables, 2, 3, "same", survivor_id=3)
    decide(tables, 4, 5, "later")
    [one, two] = as_dicts(accepted_groups(tables))
    assert [(row["replaced_id"], row["survivor_id"], row["reason"]) for row in (one, two)] == [
        (1, 3, "chosen"),
        (2, 3, "chosen"),
    ]


def test_fields_are_taken_for_the_survivor_they_were_chosen_for():
    """Field choices hold while the survivor is the one they were made for."""
    tables = book(ZOFIA, ZOFIA, ZOFIA)
    decide(tables, 1, 2, "same", survivor_id=1, take_from_replaced="phone city", keep_as_contact=True, decided_by="ada")
    [row] = as_dicts(accepted_groups(tables))
    assert (row["take_from_replaced"], row["keep_as_contact"], row["decided_by"]) == (["phone", "city"], True, "ada")
    decide(tables, 2, 3, "same", survivor_id=3)
    taken = {row["replaced_id"]: row["take_from_replaced"] for row in as_dicts(accepted_groups(tables))}
    assert taken == {1: None, 2: None}


def test_above_a_likelihood():
    """With a likelihood, groups that are certain enough come too, except those put off or decided to be different."""
    tables = book(ZOFIA, ZOFIA, FIRM, FIRM, TWO, TWO)
    find(tables)
    assert merges(tables) == []
    assert merges(tables, above=0.99) == [(2, 1), (4, 3), (6, 5)]
    decide(tables, 1, 2, "different")
    decide(tables, 3, 4, "later")
    assert merges(tables, above=0.99) == [(6, 5)]
    assert merges(tables, above=0.999999999999) == []


def test_contradictions_leave_the_weaker_link_out():
    """Two who are decided to be different never come into one group, whatever links them to a third."""
    tables = book(ZOFIA, ZOFIA, ZOFIA)
    find(tables)
    decide(tables, 1, 2, "different")
    [(replaced, survivor)] = merges(tables, above=0.9)
    assert {replaced, survivor} != {1, 2}


def test_evidence_and_survivor():
    """Each line says why the two are one, and why this survivor; the more active client is proposed."""
    tables = book({**ZOFIA, "created_on": "2020-01-01"}, {**ZOFIA, "created_on": "2021-01-01"})
    tables._connection.execute("insert into services (id, client_id) values (1, 2)")
    find(tables)
    [row] = as_dicts(accepted_groups(tables, above=0.9))
    assert (row["replaced_id"], row["survivor_id"]) == (1, 2)
    assert row["reason"] == "most active: 1 service"
    assert row["why"].startswith("same name")
    assert merges(tables, above=0.9, by="oldest") == [(2, 1)]


def test_replaced_and_deleted_clients_are_left_out():
    """A decision about a client who is gone merges nobody."""
    tables = book(ZOFIA, ZOFIA)
    decide(tables, 1, 2, "same")
    tables._connection.execute("delete from clients where id = 2")
    assert merges(tables) == []


@pytest.mark.parametrize("likelihood", [0, 1, 99])
def test_what_is_no_likelihood(likelihood):
    """A percentage in place of a likelihood is refused."""
    with pytest.raises(UsageError, match="between 0 and 1"):
        score_of(likelihood)
