"""Payments with money left."""

import random
from decimal import Decimal

import duckdb
import pytest

from clientops.reconciliation.payments import FREE_MONEY, OPEN_MONEY, RESTS, SUSPECT_MONEY

TABLES = """
    create table transactions (id bigint, kind varchar, client_id bigint, currency_id bigint, occurred_at timestamptz,
        amount_in decimal(18, 4), amount_out decimal(18, 4), refunds_id bigint, reference varchar);
    create table allocations (id bigint, transaction_id bigint, invoice_id bigint, amount decimal(18, 4));
    create table credit_entries (id bigint, transaction_id bigint, amount decimal(18, 4));
"""


def free_money(connection, suspects):
    sql = f"with suspect_money as ({suspects}), rests as ({RESTS}), free_money as ({FREE_MONEY}) select id, free from free_money where free > 0"
    return sorted(connection.execute(sql).fetchall())


@pytest.fixture(scope="module")
def connection():
    """2,000 payments, refunds and fees that are settled once, twice, in part, too much, by credit, and taken back again."""
    dice = random.Random(5)
    connection = duckdb.connect()
    connection.execute(TABLES)
    moneys, settled, credited = [], [], []
    for number in range(1, 2001):
        kind = dice.choice(["payment"] * 6 + ["refund", "fee"])
        amount = Decimal(dice.randint(1, 6))
        paid = kind == "payment"
        refunds = dice.randint(1, number) if kind == "refund" and dice.random() < 0.8 else None
        moneys.append((number, kind, 1, 1, "2026-01-01", amount if paid else 0, 0 if paid else amount, refunds, ""))
        whole = amount if paid else -amount
        parts = dice.choice(
            [[whole], [whole], [whole, -1], [whole - 1, 1], [whole, 1], [], [whole, -whole], [Decimal(2)]]
        )
        settled += [(0, number, 1, part) for part in parts]
        credited += [(0, number, Decimal(part)) for part in dice.choice([[], [], [1], [-1], [whole]])]
    connection.executemany("insert into transactions values (?, ?, ?, ?, ?, ?, ?, ?, ?)", moneys)
    connection.executemany("insert into allocations values (?, ?, ?, ?)", settled)
    connection.executemany("insert into credit_entries values (?, ?, ?)", credited)
    return connection


def test_what_the_home_screen_looks_at_is_enough(connection):
    """Leaving out payments that one allocation settles finds the same money as adding up all of it."""
    found = free_money(connection, OPEN_MONEY)
    assert len(found) > 300
    assert found == free_money(connection, SUSPECT_MONEY)
