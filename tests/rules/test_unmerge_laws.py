"""Laws of taking merges back, on random books in which clients have a bit of everything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.credit.account_credit import RULES as CREDIT_RULES
from tests.long_forms import examples
from tests.rules.applying import apply_rule, change, every_row, plan_rule, select
from tests.rules.merge_requests import check_sound, merges
from tests.rules.merging import MERGE, UNMERGE
from tests.rules.random_books import CLIENTS, money_per_currency, random_book

ISSUE, REMOVE = CREDIT_RULES[:2]


@settings(max_examples=4, deadline=None)
@given(st.integers(0, 10**6), merges(), st.randoms(use_true_random=False))
def test_a_merge_taken_back_client_by_client(seed, requests, random):
    """Law: its parts, taken back in any order, add up to the whole; those that cannot leave alone come at the end."""
    book = random_book(seed)
    before, sums = every_row(book), money_per_currency(book)
    number = apply_rule(book, MERGE, requests)
    replaced = [request["replaced_id"] for request in requests]
    random.shuffle(replaced)
    for client in replaced:
        asked = [{"operation_id": number, "replaced_id": client}]
        codes = {problem.code for problem in plan_rule(book, UNMERGE, asked).problem_list()}
        assert codes <= {"shared_with_others"}
        if not codes:
            apply_rule(book, UNMERGE, asked)
            check_sound(book, sums)
    if {n for (n,) in select(book, "clients", "id")} != set(CLIENTS):
        apply_rule(book, UNMERGE, [{"operation_id": number}])
    assert every_row(book) == before


LIFE = st.lists(
    st.one_of(
        st.tuples(st.just("credit"), st.integers(1, 40)),
        st.tuples(st.just("remove"), st.integers(1, 40)),
        st.tuples(st.just("invoice"), st.integers(1, 8)),
        st.tuples(st.just("ticket"), st.integers(1, 3)),
    ),
    max_size=4,
)


@settings(max_examples=examples(6), deadline=None)
@given(st.integers(0, 10**6), merges(), LIFE)
def test_taken_back_after_life_went_on(seed, requests, life):
    """Law: whatever the survivors were given, billed and spent meanwhile, taking back is sound and keeps what is new."""
    book = random_book(seed)
    number = apply_rule(book, MERGE, requests)
    survivor = select(book, "merged_clients", "id", "survivor_id")[-1][1]
    for what, value in life:
        if what == "credit":
            apply_rule(book, ISSUE, [{"client_id": survivor, "amount": value, "description": "x"}])
        elif what == "remove":
            (balance,) = book.query("select credit_balance from clients where id = $id", id=survivor).fetchone()
            if amount := min(balance, value):
                apply_rule(book, REMOVE, [{"client_id": survivor, "amount": amount, "description": "x"}])
        elif what == "invoice":
            change(book, "invoices", {"id": value, "status": "Cancelled"})
        else:
            change(book, "tickets", {"id": 10 + value, "client_id": survivor, "subject": "New"})
    sums, tickets = money_per_currency(book), {n: c for n, c in select(book, "tickets", "id", "client_id") if n > 10}
    apply_rule(book, UNMERGE, [{"operation_id": number, "take_what_is_left": True}])
    check_sound(book, sums)
    assert {n for (n,) in select(book, "clients", "id")} == set(CLIENTS)
    assert {n: c for n, c in select(book, "tickets", "id", "client_id") if n > 10} == tickets
    assert {n for (n,) in select(book, "merged_clients", "replaced_id")} == {91, 92, 93}
