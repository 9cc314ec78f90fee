"""Chance of the demo book: even, independent by purpose, and the same for the same seed."""

import duckdb
import pytest

from clientops.importing.demo import seeded_random as dice


def draws(*columns: str, seed: int = 7, count: int = 20_000) -> list[tuple]:
    sql = f"select {', '.join(columns)} from range(1, {count + 1}) numbers(id)"
    return duckdb.connect().execute(sql, {"seed": seed}).fetchall()


def test_two_purposes_know_nothing_of_each_other():
    """What one purpose draws says nothing about another one, row by row."""
    for column in (dice.pick("id", "{}", 2), dice.chance("id", "{}", 500) + "::integer"):
        rows = draws(column.format("one"), column.format("two"))
        for pair in ((0, 0), (0, 1), (1, 0), (1, 1)):
            assert rows.count(pair) == pytest.approx(5000, rel=0.06)


def test_chance_is_per_thousand():
    """So many of a thousand rows are struck."""
    for share in (0, 20, 300, 1000):
        struck = sum(1 for (hit,) in draws(dice.chance("id", "share", share)) if hit)
        assert struck == pytest.approx(20 * share, rel=0.15, abs=1)


def test_pick_is_even_and_within_bounds():
    """Each number below the count is as likely; nothing to pick from gives 0."""
    numbers = [n for (n,) in draws(dice.pick("id", "even", 7))]
    assert set(numbers) == set(range(7))
    assert max(numbers.count(n) for n in range(7)) < 1.2 * min(numbers.count(n) for n in range(7))
    assert set(draws(dice.pick("id", "none", "id - 30000"))) == {(0,)}


def test_skewed_prefers_the_first():
    """Of a thousand words the first is drawn in about 0.8 % of all draws, and all are within bounds."""
    numbers = [n for (n,) in draws(dice.skewed("id", "names", 1000))]
    assert numbers.count(0) == pytest.approx(158, rel=0.25)
    assert 0 <= min(numbers) <= max(numbers) < 1000


def test_weighted_follows_the_weights():
    """A value with three times the weight comes three times as often; quotes in it do no harm."""
    values = [v for (v,) in draws(dice.weighted("id", "weights", {"it's": 3, "b": 1}))]
    assert values.count("it's") == pytest.approx(3 * values.count("b"), rel=0.06)


def test_seed_decides():
    """The same seed draws the same, another one does not."""
    column = dice.roll("id", "seeded")
    assert draws(column) == draws(column) != draws(column, seed=8)


def test_moment_is_in_working_hours_in_any_time_zone():
    """The session's time zone does not move the moment."""
    connection = duckdb.connect()
    found = []
    for zone in ("UTC", "Asia/Tokyo"):
        connection.execute(f"set timezone = '{zone}'")
        sql = f"select epoch({dice.moment('date ' + repr('2026-03-29'), 'id', 'when')}) from range(500) numbers(id)"
        found.append([t for (t,) in connection.execute(sql, {"seed": 7}).fetchall()])
    assert found[0] == found[1]
    hours = {int(t % 86400 // 3600) for t in found[0]}
    assert min(hours) == 7
    assert max(hours) == 19
