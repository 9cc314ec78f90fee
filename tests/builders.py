"""Builders that fill in what a test is not about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from clientops.core.plan import Plan
from clientops.schema.requests import Request, read_requests
from clientops.schema.tables import Tables

TODAY = date(2026, 11, 20)
NOW = datetime(2026, 11, 20, 9, 30, tzinfo=UTC)
EUR, JPY, KWD, USD = 1, 2, 3, 4

CURRENCIES = [
    {"id": EUR, "code": "EUR", "is_default": True, "minor_digits": 2},
    {"id": JPY, "code": "JPY", "minor_digits": 0, "rate": 160},
    {"id": KWD, "code": "KWD", "minor_digits": 3, "rate": Decimal("0.33")},
    {"id": USD, "code": "USD", "minor_digits": 2, "rate": Decimal("1.1")},
]

DEFAULTS: dict[str, dict[str, Any]] = {
    "clients": {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com", "currency_id": EUR},
    "contacts": {"first_name": "Eve", "last_name": "Example", "email": "eve@example.com"},
    "users": {"email": "ada@example.com"},
    "invoices": {"issued_on": date(2026, 11, 1), "due_on": date(2026, 11, 15)},
    "transactions": {"currency_id": EUR, "occurred_at": NOW},
    "domains": {"name": "example.com"},
    "notes": {"body": "Note"},
    "tickets": {"subject": "Help"},
    "ticket_replies": {"message": "Reply"},
    "products": {"name": "Basic hosting"},
    "custom_fields": {"name": "Field"},
    "groups": {"name": "Group"},
}


def money(text: str | int) -> Decimal:
    """An amount as the tables keep it."""
    return Decimal(text).quantize(Decimal("0.0001"))


def tables(**rows: Sequence[Mapping[str, Any]]) -> Tables:
    """Tables in memory: the four currencies and the given rows, completed with defaults."""
    filled = {name: [{**DEFAULTS.get(name, {}), **row} for row in given] for name, given in rows.items()}
    return Tables.of(**{"currencies": CURRENCIES, **filled})


def plan(rule: Any, model: type[Request], book: Tables, requests: Sequence[Mapping[str, Any]]) -> Plan:
    """The plan of a rule for requests that fit its model."""
    read = read_requests(model, requests)
    assert not read.problems, read.problems
    return rule(book, read.relation(book._connection), today=TODAY, now=NOW)
