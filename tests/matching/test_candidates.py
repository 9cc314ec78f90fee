"""Pairs that are worth comparing."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from clientops.matching.candidates import candidate_pairs
from clientops.matching.model import shipped
from clientops.matching.normalise import normalise
from tests.matching.builders import book

NAME = {"first_name": "Ada", "last_name": "Byron"}
COMPANY = {"company_name": "Nordlicht"}


def pairs_of(*clients: dict[str, Any], only: list[int] | None = None, **limits: Any) -> list[tuple[int, int]]:
    tables = book(*clients)
    keys = tables.steps().add("keys_here", normalise(tables).sql_query())
    new = None if only is None else tables.query(f"select unnest({only})::bigint as id")
    model = replace(shipped(), **limits)
    return sorted(candidate_pairs(tables, keys, only=new, model=model).fetchall())


BLOCKS = [
    pytest.param({"email": "a@example.com"}, {"email": "A+x@example.com"}, id="e-mail"),
    pytest.param({"phone": "030 123456", "country": "DE"}, {"phone": "+4930123456"}, id="phone"),
    pytest.param({"tax_id": "DE 123456789"}, {"tax_id": "DE123456789"}, id="tax number"),
    pytest.param(NAME, {"first_name": "Byron", "last_name": "Ada"}, id="name"),
    pytest.param({"address1": "Weg 7", "postcode": "1"}, {"address1": "7 Weg", "postcode": "1"}, id="address"),
    pytest.param({**NAME, "postcode": "1"}, {**NAME, "first_name": "Adda", "postcode": "1"}, id="surname and postcode"),
    pytest.param(
        {**NAME, "postcode": "1"}, {**NAME, "last_name": "Biron", "postcode": "1"}, id="given name and postcode"
    ),
    pytest.param({**NAME, "city": "X"}, {**NAME, "first_name": "Adda", "city": "X"}, id="surname and city"),
    pytest.param({**NAME, "city": "X"}, {**NAME, "last_name": "Byrom", "city": "X"}, id="given name and city"),
    pytest.param(
        {**NAME, "city": "X"},
        {"first_name": "Byrom", "last_name": "Adda", "city": "X"},
        id="city and how both names begin, swapped",
    ),
    pytest.param(
        {**NAME, "address1": "Long Hill"},
        {"first_name": "Adda", "last_name": "Byrom", "address1": "Long Hill"},
        id="street and how both names begin",
    ),
    pytest.param(
        {"address1": "7 Long Hill", "city": "X", "postcode": "1"},
        {"address1": "7 Long Hil", "city": "X", "postcode": "2"},
        id="house, how the street begins, and city",
    ),
    pytest.param({"address1": "7 A", "postcode": "1"}, {"address1": "7 B", "postcode": "1"}, id="house and postcode"),
    pytest.param({**NAME, **COMPANY}, {**NAME, **COMPANY, "first_name": "E"}, id="company and surname"),
    pytest.param({**NAME, **COMPANY}, {**NAME, **COMPANY, "last_name": "E"}, id="company and given name"),
    pytest.param(COMPANY, COMPANY, id="company without a person"),
]


@pytest.mark.parametrize(("left", "right"), BLOCKS)
def test_blocks(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Clients who agree in the keys of any block are compared, once."""
    assert pairs_of(left, right) == [(1, 2)]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        pytest.param({}, {}, id="nothing"),
        pytest.param({**COMPANY, **NAME}, {**COMPANY, "first_name": "X", "last_name": "Y"}, id="colleagues"),
        pytest.param({"postcode": "1"}, {"postcode": "1"}, id="neighbours"),
        pytest.param({"email": ""}, {"email": ""}, id="empty texts"),
    ],
)
def test_no_block(left: dict[str, Any], right: dict[str, Any]) -> None:
    """Clients who share too little are not compared."""
    assert pairs_of(left, right) == []


def test_large_blocks_are_passed_over() -> None:
    """A value that more clients share than its block may hold makes no pairs; up to that it makes all."""
    blocks = ((("email",), 4),)
    assert len(pairs_of(*[{"email": "a@example.com"}] * 4, blocks=blocks)) == 6
    assert pairs_of(*[{"email": "a@example.com"}] * 5, blocks=blocks) == []


def test_only() -> None:
    """With new clients named, each pair has one of them; pairs of two new clients are there once."""
    clients = [{"email": "a@example.com"}] * 4
    assert pairs_of(*clients, only=[2, 3]) == [(1, 2), (1, 3), (2, 3), (2, 4), (3, 4)]
    assert pairs_of(*clients, only=[]) == []
