"""Small books of clients, and the duplicates found in them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clientops.changes import as_dicts
from clientops.matching.find import find_duplicates
from clientops.tables.view import Tables

ZOFIA = {
    "first_name": "Zofia",
    "last_name": "Szczepańska",
    "email": "zofia.szczepanska@gmail.com",
    "address1": "ul. Długa 12",
    "city": "Kraków",
    "postcode": "31-147",
    "country": "PL",
    "phone": "+48 601 234 567",
}
"""A client with everything that a private person gives."""

FIRM = {
    "company_name": "Nordlicht Solar GmbH",
    "email": "info@nordlicht-solar.de",
    "address1": "Hafenstraße 7",
    "city": "Kiel",
    "postcode": "24103",
    "country": "DE",
    "phone": "+49 431 556677",
    "tax_id": "DE811223344",
}
"""A client without a person."""

OTHER_PLACE = {"address1": "Rynek 3", "city": "Wrocław", "postcode": "50-101"}


def book(*clients: Mapping[str, Any]) -> Tables:
    """Tables with these clients, numbered from 1 where they have no number, and nothing filled in."""
    rows = [{"id": number, "currency_id": 1, **client} for number, client in enumerate(clients, start=1)]
    return Tables.of(clients=rows)


def found_groups(tables: Tables, **options: Any) -> list[list[int]]:
    """Client numbers of each group that is found, in order."""
    return groups_of(find_duplicates(tables, **options).groups)


def groups_of(groups: Any) -> list[list[int]]:
    """Client numbers of each group, in order."""
    found: dict[int, list[int]] = {}
    for row in as_dicts(groups):
        found.setdefault(row["group_id"], []).append(row["client_id"])
    return sorted(sorted(members) for members in found.values())


def found_pairs(tables: Tables, **options: Any) -> dict[tuple[int, int], float]:
    """Scores of the pairs that are found, by client numbers."""
    pairs = find_duplicates(tables, **options).pairs
    return {(left, right): score for left, right, score in pairs.project("left_id, right_id, score").fetchall()}
