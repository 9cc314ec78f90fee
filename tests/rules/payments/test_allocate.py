"""Money poured into places in order."""

from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from clientops.rules.payments.allocate import pour
from tests.builders import tables
from tests.long_forms import examples


def poured(offers, places, parts):
    """Fills of ``pour`` as (row, part, amount), for offers (row, list, amount), places (list, parts) and rooms."""
    book = tables()
    steps = book.steps()
    values = [("offers", 'select 0::bigint as "row", 0::bigint as list_id, null::decimal(18, 4) as amount where false')]
    values.append(("places", "select 0::bigint as list_id, 0 as position, 0::bigint as part_id where false"))
    values.append(("parts", "select 0::bigint as part_id, 0::decimal(18, 4) as room where false"))
    rows = {
        "offers": [f"select {r}, {l}, {'null' if a is None else a}" for r, l, a in offers],
        "places": [f"select {l}, {n}, {p}" for l, of_list in places.items() for n, p in enumerate(of_list)],
        "parts": [f"select {p}, {room}" for p, room in parts.items()],
    }
    for name, empty in values:
        steps.add(name, " union all ".join([empty, *rows[name]]))
    pour(steps)
    return sorted(steps["fills"].project('"row", part_id, amount').fetchall())


def poured_one_by_one(offers, places, parts):
    """The same in plain Python, one offer after another."""
    left = {part: Decimal(room) for part, room in parts.items()}
    fills = []
    for row, list_id, amount in sorted(offers):
        money = Decimal(10**9) if amount is None else Decimal(amount)
        for part in places.get(list_id, []):
            take = min(money, left.get(part, Decimal(0)))
            if take > 0:
                fills.append((row, part, take))
                left[part] -= take
                money -= take
    return sorted(fills)


amounts = st.integers(1, 500).map(lambda cents: Decimal(cents).scaleb(-2))


@settings(max_examples=examples(40), deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 4), st.none() | amounts), max_size=10),
    st.dictionaries(st.integers(0, 3), st.lists(st.integers(0, 5), unique=True, max_size=5), max_size=4),
    st.dictionaries(st.integers(0, 5), amounts, max_size=6),
)
def test_pouring_all_at_once_is_pouring_one_by_one(offers, places, parts):
    """Law: all offers together fill what they would fill one after another, whatever parts their lists share."""
    numbered = [(row, list_id, amount) for row, (list_id, amount) in enumerate(offers, 1)]
    assert poured(numbered, places, parts) == poured_one_by_one(numbered, places, parts)


def test_offers_of_lists_apart_do_not_wait_for_each_other():
    """A thousand offers that alternate between two lists of their own take one round."""
    steps = tables().steps()
    steps.add("offers", 'select i as "row", i % 2 as list_id, 1::decimal(18, 4) as amount from range(1, 1001) t(i)')
    steps.add("places", "select i as list_id, 0 as position, i as part_id from range(2) t(i)")
    steps.add("parts", "select i as part_id, 400::decimal(18, 4) as room from range(2) t(i)")
    assert pour(steps) == 1
    assert steps["fills"].aggregate("count(*), sum(amount)").fetchone() == (800, Decimal(800))
