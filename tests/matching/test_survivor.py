"""The client of a group that should remain."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from clientops.core.errors import UsageError
from clientops.core.plan import as_dicts
from clientops.matching.survivor import proposed_survivor
from clientops.schema.tables import Tables

CLIENTS = [
    {"id": 1, "currency_id": 1, "first_name": "A", "created_on": date(2020, 1, 1)},
    {
        "id": 2,
        "currency_id": 1,
        "first_name": "A",
        "last_name": "B",
        "email": "a@example.com",
        "created_on": date(2021, 1, 1),
    },
    {"id": 3, "currency_id": 1, "first_name": "A", "created_on": date(2019, 1, 1)},
    {"id": 4, "currency_id": 1, "status": "Closed", "created_on": date(2001, 1, 1)},
]
SERVICES = [
    {"id": 1, "client_id": 1},
    {"id": 2, "client_id": 1},
    {"id": 3, "client_id": 4},
    {"id": 4, "client_id": 4},
    {"id": 5, "client_id": 4},
]


def survivors(by: Any, members: list[int], **rows: Any) -> list[tuple[int, str]]:
    tables = Tables.of(clients=CLIENTS, **{"services": SERVICES, **rows})
    groups = tables.query(f"select {min(members)}::bigint as group_id, unnest({members})::bigint as client_id")
    return [(row["survivor_id"], row["reason"]) for row in as_dicts(proposed_survivor(tables, groups, by=by))]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        ("most active", (1, "most active: 2 services")),
        ("oldest", (3, "oldest: entered on 2019-01-01")),
        ("most complete", (2, "most complete: 3 of 12 fields filled in")),
    ],
)
def test_reasons(by: Any, expected: tuple[int, str]) -> None:
    """The survivor is the best by the chosen reason, and the reason says why; a closed client never comes first."""
    assert survivors(by, [1, 2, 3, 4]) == [expected]


def test_ties() -> None:
    """Equally active clients are told apart by age, then by completeness, then by number."""
    assert survivors("most active", [1, 2, 3], services=[]) == [(3, "most active: none has anything; the oldest")]


def test_unknown_reason() -> None:
    """A reason that does not exist is refused with those that do."""
    with pytest.raises(UsageError, match="most active, oldest, most complete"):
        survivors("best", [1, 2])
