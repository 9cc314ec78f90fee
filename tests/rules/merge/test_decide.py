"""Decisions about clients that look like one party."""

from __future__ import annotations

import pytest

from clientops.matching.decisions import current_decisions_sql
from clientops.rules.merge.decide import RULES
from clientops.rules.merge.merge import RULES as MERGE_RULES
from clientops.rules.merge.unmerge import RULES as UNMERGE_RULES
from tests.builders import NOW, tables
from tests.rules.applying import apply_rule, plan_rule

(DECIDE,) = RULES
(MERGE,) = MERGE_RULES
(UNMERGE,) = UNMERGE_RULES


def book():
    return tables(clients=[{"id": n} for n in range(1, 7)])


def asked(left, right, decision, **more):
    return {"left_id": left, "right_id": right, "decision": decision, **more}


def standing(of):
    return of.query(f"select * from ({current_decisions_sql()}) order by all").fetchall()


def test_a_decision_is_kept_with_who_and_when():
    """A decision keeps the pair, lower number first, the survivor, what is taken, who decided and when."""
    of = book()
    apply_rule(
        of,
        DECIDE,
        [
            asked(
                4,
                2,
                "same",
                survivor_id=4,
                take_from_replaced="phone city",
                keep_as_contact=True,
                note="Called",
                decided_by="ada",
            )
        ],
    )
    assert of.query("from duplicate_decisions").fetchall() == [
        (1, 2, 4, "same", 4, "phone city", True, "Called", "ada", NOW)
    ]


def test_deciding_again_replaces_the_decision():
    """The last decision about a pair counts, whichever is named first, and is one row."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 2, "same", survivor_id=1), asked(3, 4, "later")])
    apply_rule(of, DECIDE, [asked(2, 1, "different")])
    assert standing(of) == [(1, 2, "different"), (3, 4, "later")]
    assert of.query("select survivor_id from duplicate_decisions where left_id = 1").fetchall() == [(None,)]


def test_decisions_hold_for_survivors():
    """A decision about a client who was merged since is one about the survivor, and holds for the client again if that is taken back."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 2, "different")])
    merge = apply_rule(of, MERGE, [{"replaced_id": 2, "survivor_id": 5}])
    assert standing(of) == [(1, 5, "different")]
    apply_rule(of, MERGE, [{"replaced_id": 5, "survivor_id": 6}])
    assert standing(of) == [(1, 6, "different")]
    apply_rule(of, DECIDE, [asked(2, 1, "same")])
    assert standing(of) == [(1, 6, "same")]
    assert of.query("select count(*) from duplicate_decisions").fetchall() == [(1,)]
    assert merge


def test_a_decision_about_merged_clients_needs_none():
    """Once the two are one client, nothing stands any more; taking the merge back brings the decision back."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 2, "same")])
    merge = apply_rule(of, MERGE, [{"replaced_id": 2, "survivor_id": 1}])
    assert standing(of) == []
    apply_rule(of, UNMERGE, [{"operation_id": merge}])
    assert standing(of) == [(1, 2, "same")]


def test_different_counts_where_a_merge_brings_two_decisions_together():
    """Two decisions that came to be about one pair: different wins over same, same over later."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 3, "same"), asked(2, 3, "different"), asked(1, 4, "later"), asked(2, 4, "same")])
    apply_rule(of, MERGE, [{"replaced_id": 2, "survivor_id": 1}])
    assert standing(of) == [(1, 3, "different"), (1, 4, "same")]


PROBLEMS = [
    pytest.param([asked(1, 77, "same")], ("right_id", "unknown_client"), id="unknown client"),
    pytest.param([asked(77, 1, "same")], ("left_id", "unknown_client"), id="unknown first client"),
    pytest.param([asked(1, 1, "same")], ("right_id", "same_client"), id="one client"),
    pytest.param([asked(1, 2, "same"), asked(2, 1, "later")], ("right_id", "given_twice"), id="given twice"),
    pytest.param([asked(1, 2, "same", survivor_id=3)], ("survivor_id", "not_of_the_two"), id="a third survivor"),
    pytest.param([asked(1, 2, "different", survivor_id=1)], ("survivor_id", "not_same"), id="survivor of two parties"),
    pytest.param([asked(1, 2, "different", take_from_replaced="city")], ("take_from_replaced", "not_same"), id="fields of two parties"),
    pytest.param([asked(1, 2, "same", take_from_replaced="city")], ("survivor_id", "needs_survivor"), id="fields, no survivor"),
    pytest.param([asked(1, 2, "same", survivor_id=1, take_from_replaced="credit_balance")], ("take_from_replaced", "unknown_field"), id="no such field"),
]  # fmt: skip


@pytest.mark.parametrize(("requests", "expected"), PROBLEMS)
def test_problems(requests, expected):
    """What cannot be decided is refused, naming the field."""
    assert expected in [(p.field, p.code) for p in plan_rule(book(), DECIDE, requests).problem_list()]


def test_merged_already():
    """Clients who are one by now cannot be decided about, and the problem says who they are."""
    of = book()
    apply_rule(of, MERGE, [{"replaced_id": 2, "survivor_id": 1}])
    [problem] = plan_rule(of, DECIDE, [asked(2, 1, "same")]).problem_list()
    assert problem.message == "clients 2 and 1 are merged already, into client 1"


def test_contradictions_are_told():
    """If two are the same as a third, but different from one another, a warning says so; nothing is refused."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 2, "same"), asked(2, 3, "different")])
    plan = plan_rule(of, DECIDE, [asked(1, 3, "same"), asked(4, 5, "same")])
    assert [(row, code) for row, _, code, _ in plan.warnings.fetchall()] == [(1, "contradiction")]
    assert plan.problem_list() == []


def test_one_by_one_or_together():
    """Decisions of one table are those of the same decisions one after another."""
    rows = [asked(1, 2, "same", survivor_id=2), asked(5, 4, "different"), asked(3, 6, "later")]
    together, single = book(), book()
    apply_rule(together, DECIDE, rows)
    for row in rows:
        apply_rule(single, DECIDE, [row])
    assert (
        together.query("from duplicate_decisions order by id").fetchall()
        == single.query("from duplicate_decisions order by id").fetchall()
    )


def test_merging_who_was_decided_to_be_different_is_warned_of():
    """A merge by hand of two who were decided to be different is warned of, also where a third stands between them."""
    of = book()
    apply_rule(of, DECIDE, [asked(1, 2, "different"), asked(3, 4, "same")])

    def warned(*pairs):
        plan = plan_rule(
            of, MERGE, [{"replaced_id": replaced, "survivor_id": survivor} for replaced, survivor in pairs]
        )
        return [(row, code) for row, _, code, _ in plan.warnings.fetchall()]

    assert warned((2, 1), (4, 3)) == [(1, "decided_different")]
    assert warned((4, 3), (1, 5), (2, 5)) == [(2, "decided_different")]
    assert warned((1, 5), (2, 6)) == []
