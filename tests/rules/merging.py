"""Merging and taking back in tests, with the checks that always hold."""

from __future__ import annotations

from typing import Any

from clientops.rules.merge.merge import RULES as MERGE_RULES
from clientops.rules.merge.unmerge import RULES as UNMERGE_RULES
from clientops.schema.tables import Tables
from tests.builders import tables
from tests.rules.applying import apply_rule
from tests.rules.random_books import flaws, money_per_currency

(MERGE,) = MERGE_RULES
(UNMERGE,) = UNMERGE_RULES
EVE = {"first_name": "Eve", "last_name": "Ng", "email": "eve@example.com"}


def merge(book: Tables, *pairs: tuple[int, int], **options: Any) -> int:
    """Merge (replaced, survivor) pairs; the number of the operation."""
    return apply_rule(book, MERGE, [{"replaced_id": r, "survivor_id": s, **options} for r, s in pairs])


def unmerge(book: Tables, number: int, *replaced: int, **options: Any) -> int:
    """Take back a merge, whole or for the clients given; what it did is sound and keeps all money."""
    before = money_per_currency(book)
    asked = [{"operation_id": number, "replaced_id": client, **options} for client in replaced or [None]]
    operation = apply_rule(book, UNMERGE, asked)
    assert flaws(book) == []
    assert money_per_currency(book) == before
    return operation


def two_clients(**rows: Any) -> Tables:
    """Client 2 with a credit of 10 is to be merged into client 1 with a credit of 20."""
    return tables(
        clients=[{"id": 1, "credit_balance": 20}, {"id": 2, "credit_balance": 10}],
        credit_entries=[{"id": 1, "client_id": 1, "amount": 20}, {"id": 2, "client_id": 2, "amount": 10}],
        **rows,
    )
