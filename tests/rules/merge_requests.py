"""Random merges of the clients of a random book."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st

from clientops.schema.tables import Tables
from tests.rules.random_books import CLIENTS, flaws, money_per_currency

TAKEN = st.sampled_from([None, "phone address1 field:1", "email status default_billing_contact_id"])
SURVIVORSHIP = st.sampled_from(["fill gaps", "survivor wins", "replaced wins"])


@st.composite
def merges(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Requests that merge some of the random book's clients, in groups and chains of one currency (odd, even numbers)."""
    order = draw(st.permutations(list(CLIENTS)))
    requests: list[dict[str, Any]] = []
    for n, replaced in enumerate(order[: draw(st.integers(1, 5))]):
        later = [client for client in order[n + 1 :] if client % 2 == replaced % 2]
        if later:
            request = {"replaced_id": replaced, "survivor_id": draw(st.sampled_from(later))}
            request |= {"keep_as_contact": draw(st.booleans()), "survivorship": draw(SURVIVORSHIP)}
            requests.append({**request, "take_from_replaced": draw(TAKEN) if not requests else None})
    return requests


def check_sound(book: Tables, sums: list[tuple[Any, ...]]) -> None:
    """Money per currency is the same, nothing points at nothing, and every invariant holds."""
    assert money_per_currency(book) == sums
    assert flaws(book) == []
