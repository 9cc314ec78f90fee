"""Laws of merging and taking back, on random books in which clients have a bit of everything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.undo import UNDO
from clientops.rules.merge import RULES
from tests.rules.applying import apply_rule, every_row, select
from tests.rules.random_books import CLIENTS, flaws, money_per_currency, random_book

(MERGE,) = RULES


SURVIVORSHIP = st.sampled_from(["fill gaps", "survivor wins", "replaced wins"])


@st.composite
def merges(draw):
    """Requests that merge some of the random book's clients, in groups and chains."""
    order = draw(st.permutations(list(CLIENTS)))
    return [
        {
            "replaced_id": replaced,
            "survivor_id": draw(st.sampled_from(order[n + 1 :])),
            "keep_as_contact": draw(st.booleans()),
            "survivorship": draw(SURVIVORSHIP),
            "take_from_replaced": "phone address1 field:1" if n == 0 and draw(st.booleans()) else None,
        }
        for n, replaced in enumerate(order[: draw(st.integers(1, 5))])
    ]


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), merges())
def test_a_merge_keeps_money_and_leaves_no_orphan(seed, requests):
    """Law: money per currency is the same, nothing points at nothing, invariants hold, undo restores every row."""
    book = random_book(seed)
    before, sums = every_row(book), money_per_currency(book)
    number = apply_rule(book, MERGE, requests)
    assert money_per_currency(book) == sums
    assert flaws(book) == []
    gone = {r["replaced_id"] for r in requests}
    redirects = dict(select(book, "merged_clients", "replaced_id", "survivor_id"))
    assert {90 + 1, 90 + 2, 90 + 3, *gone} == set(redirects)
    assert {n for (n,) in select(book, "clients", "id")} == set(CLIENTS) - gone
    assert not set(redirects.values()) & gone
    apply_rule(book, UNDO, [{"operation_id": number}])
    assert every_row(book) == before


@settings(max_examples=8, deadline=None)
@given(st.integers(0, 10**6), st.permutations(list(CLIENTS)), SURVIVORSHIP, st.booleans())
def test_one_table_of_merges_equals_one_after_another(seed, order, survivorship, keep):
    """Law: disjoint groups in one request table give the same tables as one operation each."""
    requests = [
        {"replaced_id": order[n], "survivor_id": order[n + 1], "survivorship": survivorship, "keep_as_contact": keep}
        for n in (0, 2, 4)
    ]
    together, apart = random_book(seed), random_book(seed)
    apply_rule(together, MERGE, requests)
    for request in requests:
        apply_rule(apart, MERGE, [request])
    assert every_row(together) == every_row(apart)
