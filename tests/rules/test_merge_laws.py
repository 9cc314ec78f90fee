"""Laws of merging and taking back, on random books in which clients have a bit of everything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.book.undo import UNDO
from clientops.rules.credit import RULES as CREDIT_RULES
from clientops.rules.merge import RULES
from clientops.rules.unmerge import RULES as UNMERGE_RULES
from tests.rules.applying import apply_rule, change, every_row, plan_rule, select
from tests.rules.random_books import CLIENTS, flaws, money_per_currency, random_book

(MERGE,) = RULES
(UNMERGE,) = UNMERGE_RULES
ISSUE, REMOVE = CREDIT_RULES[:2]


TAKEN = st.sampled_from([None, "phone address1 field:1", "email status default_billing_contact_id"])
SURVIVORSHIP = st.sampled_from(["fill gaps", "survivor wins", "replaced wins"])


@st.composite
def merges(draw):
    """Requests that merge some of the random book's clients, in groups and chains of one currency (odd, even numbers)."""
    order = draw(st.permutations(list(CLIENTS)))
    requests: list[dict] = []
    for n, replaced in enumerate(order[: draw(st.integers(1, 5))]):
        later = [client for client in order[n + 1 :] if client % 2 == replaced % 2]
        if later:
            request = {"replaced_id": replaced, "survivor_id": draw(st.sampled_from(later))}
            request |= {"keep_as_contact": draw(st.booleans()), "survivorship": draw(SURVIVORSHIP)}
            requests.append({**request, "take_from_replaced": draw(TAKEN) if not requests else None})
    return requests


def check_sound(book, sums):
    """Money per currency is the same, nothing points at nothing, and every invariant holds."""
    assert money_per_currency(book) == sums
    assert flaws(book) == []


@settings(max_examples=6, deadline=None)
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


@settings(max_examples=6, deadline=None)
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
