"""Laws of merging, on random books in which clients have a bit of everything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.write.undo import UNDO
from tests.long_forms import examples
from tests.rules.applying import apply_rule, every_row, select
from tests.rules.merge_requests import SURVIVORSHIP, check_sound, merges
from tests.rules.merging import MERGE, UNMERGE
from tests.rules.random_books import CLIENTS, money_per_currency, random_book


@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10**6), merges())
def test_a_merge_is_sound_and_can_be_taken_back_and_undone(seed, requests):
    """Law: a merge keeps money and leaves no orphan; unmerge, like undo, restores every row of every table."""
    book = random_book(seed)
    before, sums = every_row(book), money_per_currency(book)
    number = apply_rule(book, MERGE, requests)
    check_sound(book, sums)
    gone = {request["replaced_id"] for request in requests}
    redirects = dict(select(book, "merged_clients", "replaced_id", "survivor_id"))
    assert {91, 92, 93, *gone} == set(redirects)
    assert {n for (n,) in select(book, "clients", "id")} == set(CLIENTS) - gone
    assert not set(redirects.values()) & gone
    taken_back = apply_rule(book, UNMERGE, [{"operation_id": number}])
    assert every_row(book) == before
    for operation in (taken_back, number):
        apply_rule(book, UNDO, [{"operation_id": operation}])
    assert every_row(book) == before


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6), st.permutations([1, 3, 5, 7]), st.permutations([2, 4, 6]), SURVIVORSHIP, st.booleans())
def test_one_table_of_merges_equals_one_after_another(seed, odd, even, survivorship, keep):
    """Law: disjoint groups in one request table give the same tables as one operation each."""
    requests = [
        {"replaced_id": a, "survivor_id": b, "survivorship": survivorship, "keep_as_contact": keep}
        for a, b in (odd[:2], even[:2], odd[2:])
    ]
    together, apart = random_book(seed), random_book(seed)
    apply_rule(together, MERGE, requests)
    for request in requests:
        apply_rule(apart, MERGE, [request])
    assert every_row(together) == every_row(apart)
