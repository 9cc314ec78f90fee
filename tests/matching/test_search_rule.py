"""Keeping what a search for duplicates finds."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pyarrow as pa
import pytest

from clientops.matching.fingerprints import known_marks
from clientops.matching.lookup import likely_duplicates
from clientops.matching.lookup_candidates import CLIENT_COLUMNS
from clientops.matching.lookup_many import likely_duplicates_of_many
from clientops.matching.model import shipped
from clientops.matching.search_rule import RULES
from clientops.rules.merge.decide import RULES as DECISION_RULES
from clientops.rules.merge.merge import RULES as MERGE_RULES
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.books import by_hand
from tests.builders import CURRENCIES, NOW, TODAY
from tests.matching.builders import FIRM, OTHER_PLACE, ZOFIA
from tests.matching.made_up_clients import make_clients
from tests.rules.applying import apply_rule, change, plan_rule

(FIND,) = RULES
(DECIDE,) = DECISION_RULES
(MERGE,) = MERGE_RULES
KEPT = "left_id, right_id, score, group_id, group_score, why, why_not, evidence"


def book(*clients: dict) -> Tables:
    return Tables.of(
        currencies=CURRENCIES,
        clients=[{"id": n, "currency_id": 1, **client} for n, client in enumerate(clients, start=1)],
    )


def kept(tables: Tables, columns: str = KEPT) -> list[tuple]:
    return tables.query(f"select {columns} from duplicate_pairs order by left_id, right_id").fetchall()


def find(tables: Tables, **request) -> int:
    return apply_rule(tables, FIND, [request])


def decide(tables: Tables, left: int, right: int, decision: str, **more) -> int:
    return apply_rule(tables, DECIDE, [{"left_id": left, "right_id": right, "decision": decision, **more}])


def test_pairs_are_kept_with_their_evidence():
    """A search keeps each pair with score, group, reasons in words and the bits behind them; clients stay as they are."""
    tables = book(ZOFIA, {**ZOFIA, **OTHER_PLACE}, FIRM)
    find(tables)
    [(left, right, score, group, group_score, why, why_not, evidence)] = kept(tables)
    assert (left, right, group, group_score) == (1, 2, 1, score)
    assert (why, why_not) == ("same name, same e-mail, same phone", "other address")
    assert '"phone":' in evidence
    assert tables.query("select found_on from duplicate_pairs").fetchall() == [(TODAY,)]


def test_a_second_search_changes_nothing():
    """What was found already stays as it is, with its number and day."""
    tables = book(ZOFIA, ZOFIA)
    find(tables)
    assert [change.rows.fetchall() for change in plan_rule(tables, FIND, [{}]).changes] == [[]] * 8


def test_what_is_no_longer_alike_goes():
    """A pair that a new search does not find is deleted; one whose evidence changed is updated."""
    tables = book(ZOFIA, ZOFIA, FIRM, FIRM)
    find(tables)
    change(tables, "clients", {"id": 2, "phone": "+48 22 111 22 33"})
    change(
        tables,
        "clients",
        {"id": 4, "company_name": "Kontor AG", "email": None, "phone": None, "address1": None, "tax_id": None},
    )
    find(tables)
    assert [(row[0], row[1], row[6]) for row in kept(tables)] == [(1, 2, "other phone")]


@pytest.fixture(scope="module")
def made_up() -> pa.Table:
    return make_clients(600, 11, share=0.3)[0]


def filled(clients: pa.Table) -> Tables:
    tables = Tables.of(currencies=CURRENCIES)
    names = ", ".join(clients.column_names)
    given = tables.given(clients)
    given.query("made_up", f"insert into clients ({names}, currency_id) select {names}, 1 from made_up order by id")
    return tables


@pytest.mark.parametrize("how", ["new", "since"])
def test_new_clients_against_all(made_up, how):
    """After an import, a change and a deletion only those clients are looked at: their pairs are those of a whole search,
    the other pairs are as before."""
    tables = filled(made_up.slice(0, 540))
    last = find(tables)
    new = [{**row, "currency_id": 1} for row in made_up.slice(540).to_pylist()]
    apply_rule(tables, by_hand(("clients", "insert", new)), [{}])
    change(tables, "clients", {"id": 3, "last_name": "Somebody", "email": None, "phone": None})
    [(gone,)] = tables.query("select min(left_id) from duplicate_pairs where left_id > 10").fetchall()
    change(tables, "clients", {"id": gone}, delete=True)
    before = kept(tables)
    find(tables, **({"scope": "new"} if how == "new" else {"since_operation": last}))
    some = kept(tables)
    tables._connection.execute("delete from duplicate_pairs")
    find(tables)
    touched = {3, *(row["id"] for row in new)}

    def of(rows, *, is_new):
        # The size of a group and its weakest link may change by new clients, the pairs of the others not.
        return [(*row[:3], *row[5:]) for row in rows if bool(touched & set(row[:2])) == is_new and gone not in row[:2]]

    assert of(some, is_new=True) == of(kept(tables), is_new=True)
    assert of(some, is_new=False) == of(before, is_new=False)
    assert min(len(of(some, is_new=is_new)) for is_new in (True, False)) > 20
    assert not any(gone in row[:2] for row in some)


def test_new_without_an_earlier_search_looks_at_all():
    """New clients are all clients where nobody looked before, or where that search was undone."""
    tables = book(ZOFIA, ZOFIA)
    find(tables, scope="new")
    assert len(kept(tables)) == 1
    tables._connection.execute("update history.operations set undoes_id = 1 where id = 99")
    tables._connection.execute("delete from duplicate_pairs")
    assert plan_rule(tables, FIND, [{"scope": "new"}]).rows("duplicate_pairs", "insert") == []
    columns = "id, rule, operator, applied_at, today, key, undoes_id, request_count, change_count, requests_sha256, changes_sha256, version, previous_sha256, sha256"
    tables._connection.execute(
        f"insert into history.operations ({columns}) select 2, 'undo', operator, applied_at, today, 'k', 1, 1, 1, '', '', '', '', '' from history.operations"
    )
    assert len(plan_rule(tables, FIND, [{"scope": "new"}]).rows("duplicate_pairs", "insert")) == 1


def test_credit_makes_nobody_new():
    """A client whose names, address and numbers did not change is not looked at again."""
    tables = book(ZOFIA, ZOFIA, FIRM)
    find(tables)
    change(tables, "clients", {"id": 3, "credit_balance": 5})
    assert dict(plan_rule(tables, FIND, [{"scope": "new"}]).summary)["New or changed clients"] == "0"


def test_different_clients_are_in_no_group_also_after_a_merge():
    """Two who were decided to be different share no group in the next search, nor do the survivors they were merged into."""
    tables = book(ZOFIA, ZOFIA, ZOFIA)
    find(tables)
    assert [row[3] for row in kept(tables)] == [1, 1, 1]
    decide(tables, 3, 1, "different")
    find(tables)
    assert [(row[0], row[1], row[3]) for row in kept(tables)] == [(1, 2, 1), (1, 3, None), (2, 3, None)]
    apply_rule(tables, MERGE, [{"replaced_id": 1, "survivor_id": 2}])
    find(tables, scope="new")
    assert [(row[0], row[1], row[3]) for row in kept(tables)] == [(2, 3, None)]


def test_threshold():
    """Below the threshold a pair is kept for review, without a group."""
    tables = book(ZOFIA, {name: ZOFIA[name] for name in ("first_name", "last_name", "phone")})
    find(tables)
    [(score,)] = kept(tables, "score")
    find(tables, threshold="0.9999")
    assert 0 < score < 19
    assert kept(tables, "group_id") == [(None,)]


PROBLEMS = [
    pytest.param([{}, {}], "one_at_a_time", id="two searches"),
    pytest.param([{"engine": "spark"}], "no_staging", id="Spark without its pairs"),
    pytest.param([{"engine": "spark", "scope": "new"}], "not_together", id="Spark for new clients"),
    pytest.param([{"since_operation": 77}], "unknown_operation", id="unknown operation"),
]


@pytest.mark.parametrize(("requests", "code"), PROBLEMS)
def test_problems(requests, code):
    """What cannot be searched for is refused with a reason."""
    assert code in [p.code for p in plan_rule(book(ZOFIA, ZOFIA), FIND, requests).problem_list()]


def test_the_day():
    """The day changes only the day that new pairs are kept with."""
    tables = book(ZOFIA, ZOFIA)
    requests = read_requests(FIND.request, [{}]).relation(tables._connection)
    later = FIND.function(tables, requests, today=TODAY + timedelta(9), now=NOW)
    [row] = later.rows("duplicate_pairs", "insert")
    assert row["found_on"] == TODAY + timedelta(9)


def entering(tables: Tables, *clients: dict) -> list[tuple[int, int, float]]:
    rows = [
        {"row": number, **dict.fromkeys(CLIENT_COLUMNS), **client} for number, client in enumerate(clients, start=1)
    ]
    columns = {"row": pa.array([row.pop("row") for row in rows], pa.int64())}
    asked = pa.table(
        {**columns, **{name: pa.array([row[name] for row in rows], pa.string()) for name in CLIENT_COLUMNS}}
    )
    few = (
        likely_duplicates(tables, tables.given(asked)).project("row, client_id, score").fetchall()
        if len(rows) <= 20
        else None
    )
    many = likely_duplicates_of_many(tables, tables.given(asked))
    if many is None:
        return few or []
    found = [(row, client, round(score, 6)) for row, client, score in many.project("row, client_id, score").fetchall()]
    if few is not None:
        assert [row[:2] for row in few] == [row[:2] for row in found]
    return found


def test_who_is_entered_is_told_by_the_marks_of_the_last_search():
    """After a search, a client who is entered again is found by marks: those of the search, of clients changed since, and not
    those that were undone; one by one as many at once."""
    tables = book(FIRM, ZOFIA, {**FIRM, "company_name": "Kontor AG", "email": None, "phone": None, "tax_id": None})
    assert [row[:2] for row in entering(tables, ZOFIA)] == [(1, 2)]
    find(tables)
    assert tables.query("select count(*), count(email_key) from match_keys").fetchall() == [(3, 2)]
    changed = {**ZOFIA, "email": None, "phone": None}
    assert [row[:2] for row in entering(tables, changed, FIRM)] == [(1, 2), (2, 1)]
    change(tables, "clients", {"id": 9, "currency_id": 1, **ZOFIA, "first_name": "Zofai"})
    change(
        tables,
        "clients",
        {"id": 1, "company_name": "Other", "email": None, "phone": None, "tax_id": None, "address1": None},
    )
    assert sorted(row[:2] for row in entering(tables, changed, FIRM)) == [(1, 2), (1, 9)]
    find(tables, scope="new")
    assert sorted(row[:2] for row in entering(tables, changed, FIRM)) == [(1, 2), (1, 9)]


def test_the_weights_of_a_search_hold_until_the_next_one_of_all():
    """A given model weighs the clients who came since too, and who is being entered; a search of all without one forgets it."""
    tables = book(ZOFIA, {**ZOFIA, **OTHER_PLACE})
    find(tables)
    ((usual,),) = kept(tables, "score")
    find(tables, model=replace(shipped(), prior=shipped().prior + 2).as_json())
    assert kept(tables, "score") == [(usual + 2,)]
    change(tables, "clients", {"id": 3, "currency_id": 1, **ZOFIA, "address1": "Rynek 9"})
    find(tables, scope="new")
    weighed = kept(tables, "score")
    entered = [row[2] for row in entering(tables, ZOFIA)]
    find(tables)
    assert [score - 2 for (score,) in weighed] == [score for (score,) in kept(tables, "score")]
    assert [score - 2 for score in entered] == pytest.approx([row[2] for row in entering(tables, ZOFIA)])
    assert tables.query("select value from settings").fetchall() == [(None,)]


def test_marks_that_many_share_are_passed_over():
    """A phone number that sixty clients share finds nobody by itself."""
    crowd = [{"first_name": f"N{n}", "last_name": f"F{n}x", "phone": "+4930999999"} for n in range(60)]
    tables = book(*crowd, ZOFIA)
    find(tables)
    assert entering(tables, {"first_name": "New", "last_name": "Person", "phone": "+4930999999"}) == []


def test_a_past_moment_has_no_marks():
    """Tables as of a past moment are looked through without marks."""
    tables = book(ZOFIA)
    find(tables)
    assert known_marks(tables) is not None
    assert known_marks(Tables(tables._connection, as_of=1)) is None


@pytest.mark.parametrize("how", ["new", "since"])
def test_marks_after_a_search_of_a_part_are_those_of_a_search_of_all(made_up, how):
    """A search of a part leaves the marks that one of all would leave: of clients who came, changed, went, were replaced
    or are back, also before the operation since which it looks."""
    tables = filled(made_up.slice(0, 60))
    change(tables, "merged_clients", {"id": 1, "replaced_id": 8, "survivor_id": 9})
    find(tables)
    change(tables, "merged_clients", {"id": 1}, delete=True)
    change(tables, "clients", {"id": 3, "last_name": "Somebody", "email": None, "phone": None})
    change(tables, "clients", {"id": 900, "currency_id": 1, **ZOFIA})
    change(tables, "clients", {"id": 5}, delete=True)
    last = apply_rule(tables, MERGE, [{"replaced_id": 1, "survivor_id": 2}])
    change(tables, "clients", {"id": 4, "last_name": "Another"})
    find(tables, **({"scope": "new"} if how == "new" else {"since_operation": last}))
    marks = tables.query("from match_keys order by id").fetchall()
    tables._connection.execute("delete from match_keys")
    find(tables)
    assert marks == tables.query("from match_keys order by id").fetchall()
    assert {row[0] for row in marks} & {1, 3, 5, 8, 900} == {3, 8, 900}
