"""Fitting the model to decisions."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from clientops.core.errors import UsageError
from clientops.matching.fit import neutral, prior_shift, tuned
from clientops.matching.model import shipped
from clientops.matching.search import find_duplicates
from tests.matching.builders import OTHER_PLACE, ZOFIA, book

COUSIN = {**ZOFIA, "first_name": "Tomasz"}


def decided(count: int, decision: str) -> tuple[Any, Any]:
    """Pairs of one kind (couples with one e-mail), all decided alike, beside one pair of each other decision."""
    couples = [
        {
            **client,
            "last_name": f"Nowak{n}q",
            "email": f"n{n}@example.com",
            "phone": f"+48 601 {n:06d}",
            "address1": f"{n} X",
        }
        for n in range(count)
        for client in (ZOFIA, COUSIN)
    ]
    tables = book(*couples, ZOFIA, ZOFIA, ZOFIA, {**ZOFIA, **OTHER_PLACE, "first_name": "Jan", "last_name": "Lis"})
    tables.steps(all_pairs=find_duplicates(tables, threshold=-100).pairs)
    return tables, tables.query(
        "select *, case when person = 'relative' then $decision when person = 'same' then 'same' else 'different' end"
        " as decision from all_pairs",
        decision=decision,
    )


def relative_bits(model: Any) -> float:
    return float(model.bits["person"]["relative"])


def test_follows_decisions() -> None:
    """Where people decide that couples are one client, the evidence against it shrinks; the more decisions, the more."""
    few, many = (tuned(decided(count, "same")[1]) for count in (2, 15))
    assert relative_bits(shipped()) < relative_bits(few) < relative_bits(many)


def test_agreement_changes_little() -> None:
    """Decisions that the model foresaw hardly change it."""
    model = tuned(decided(6, "different")[1])
    assert relative_bits(model) == pytest.approx(relative_bits(shipped()), abs=1)
    assert model.blocks == shipped().blocks


def test_one_kind_only() -> None:
    """Decisions of one kind only teach nothing."""
    _tables, pairs = decided(2, "same")
    with pytest.raises(UsageError, match="both kinds"):
        tuned(pairs.filter("decision = 'same'"))


def test_neutral() -> None:
    """A model counted from where nothing is known scores as before, and what says nothing adds nothing."""
    _tables, pairs = decided(3, "same")
    raw = tuned(pairs)
    again = neutral(raw)
    assert again.prior == pytest.approx(raw.prior)
    assert all(levels.get("unknown", 0) == 0 for levels in again.bits.values() if "person" not in levels)


@pytest.mark.parametrize(
    ("scores", "expected"),
    [
        pytest.param([9.0] * 90 + [-9.0] * 10, (3, 6), id="most are duplicates"),
        pytest.param([9.0] * 7 + [-9.0] * 93, (-0.5, 0.5), id="as in the books of the fit"),
        pytest.param([-9.0] * 100, (-6, -3), id="hardly any"),
        pytest.param([], (0, 0), id="no pairs"),
    ],
)
def test_prior_shift(scores: list[float], expected: tuple[float, float]) -> None:
    """A book where more of the compared pairs are one party than usual has a higher prior, and the other way round."""
    assert expected[0] <= prior_shift(np.array(scores), np.ones(len(scores)), 0.07) <= expected[1]
