"""Evidence in words."""

from __future__ import annotations

from typing import Any

import pytest

from clientops.core.plan import as_dicts
from clientops.matching.comparisons import EVIDENCE
from clientops.matching.explain import WHY, WHY_NOT, explain, explained
from clientops.matching.model import shipped
from clientops.matching.search import find_duplicates
from tests.matching.builders import FIRM, OTHER_PLACE, ZOFIA, book


def only_pair(*clients: dict[str, Any]) -> tuple[Any, dict[str, Any]]:
    tables = book(*clients)
    pairs = find_duplicates(tables, threshold=-100).pairs
    [pair] = as_dicts(explained(tables, pairs))
    return pair, explain(pair).__dict__


CASES = [
    pytest.param(
        {**ZOFIA, "first_name": "Zofai", "email": "zs@example.com", "address1": None},
        ("name differs by a letter or two", "same phone", "same postcode"),
        ("other e-mail",),
        id="misspelt name",
    ),
    pytest.param(
        {**ZOFIA, "first_name": "Tomasz"},
        ("same e-mail", "same phone", "same address"),
        (
            "same surname, other given name",
            "households share phone and address",
            "people of another name use the same e-mail",
        ),
        id="couple",
    ),
    pytest.param(
        {**ZOFIA, **OTHER_PLACE, "phone": "+48 22 111 22 33"},
        ("same name", "same e-mail"),
        ("other phone", "other address"),
        id="moved",
    ),
]


@pytest.mark.parametrize(("other", "why", "why_not"), CASES)
def test_words(other: dict[str, Any], why: tuple[str, ...], why_not: tuple[str, ...]) -> None:
    """Each pair says why it is proposed and why one might doubt it; one pair and a list of them in the same words."""
    pair, words = only_pair(ZOFIA, other)
    assert (words["why"], words["why_not"]) == (why, why_not)
    assert (pair["why"], pair["why_not"]) == (", ".join(why), ", ".join(why_not))


def test_shared_by_many() -> None:
    """What many share is said to be shared by many, in both forms."""
    crowd = [{"first_name": f"N{n}", "last_name": f"F{n}x", "phone": ZOFIA["phone"], "country": "PL"} for n in range(9)]
    tables = book(ZOFIA, ZOFIA, *crowd)
    [pair] = as_dicts(explained(tables, find_duplicates(tables).pairs))
    assert "same phone (shared by 11 clients)" in explain(pair).why
    assert "same phone (shared by 11 clients)" in pair["why"]


def test_as_text() -> None:
    """As text: what speaks for it, then what speaks against it."""
    pair, _ = only_pair(FIRM, {**FIRM, "email": None, "phone": "+49 40 1234567", "tax_id": None})
    assert str(explain(pair)) == "same company name, same address; but other phone"


@pytest.mark.parametrize(
    ("left", "right"), [(ZOFIA, {**ZOFIA, **OTHER_PLACE}), (FIRM, {**FIRM, "tax_id": "DE1234567"})]
)
def test_bits_add_up(left: dict[str, Any], right: dict[str, Any]) -> None:
    """The bits of the evidence and the prior add up to the score."""
    pair, words = only_pair(left, right)
    assert shipped().prior + sum(words["bits"].values()) == pytest.approx(pair["score"])


def test_every_level_has_words_or_says_nothing() -> None:
    """Every level that weighs something in the shipped model has words; words stand only for levels that exist."""
    for name in EVIDENCE:
        told = WHY.get(name, {}).keys() | WHY_NOT.get(name, {}).keys()
        silent = {"unknown", "no", "person", "firm"} | ({"same"} if name == "generation" else set())
        assert shipped().bits[name].keys() - silent == told
