"""Days: the only place where a moment becomes a day, in the business's time zone."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

import duckdb

SETTING = "time_zone"
ZONE = f"""coalesce((select max(value) from settings where name = '{SETTING}'),
    (select max(value) from history.made_with where name = '{SETTING}'), 'UTC')"""
"""SQL of the business's time zone: its setting, else what was taken when the book was made, or brought up to date."""


def day_sql(moment: str, zone: str = ZONE) -> str:
    """SQL of the day of a moment (SQL) for the business, or in another time zone (SQL)."""
    return f"timezone({zone}, {moment})::date"


def local_sql(moment: str) -> str:
    """SQL of a moment (SQL) as the business's clocks show it, without a zone."""
    return f"timezone({ZONE}, {moment})"


def payment_day_sql(moment: str = "occurred_at") -> str:
    """SQL of the day of a transaction.

    One that is known by its day only is kept as noon UTC of that day, and stays on it whatever the time zone.
    """
    utc = f"timezone('UTC', {moment})"
    return f"(case when {utc}::time = time '12:00' then {utc}::date else {day_sql(moment)} end)"


def payment_moment_sql(day: str) -> str:
    """SQL of the moment of a transaction of a day (SQL; null: today): now if that is this day for the business, else noon UTC.

    Needs the parameters ``$today`` and ``$now``.
    """
    given = f"coalesce({day}, $today::date)"
    return (
        f"(case when {given} = {day_sql('$now::timestamptz')} then $now::timestamptz "
        f"else ({given} + time '12:00') at time zone 'UTC' end)"
    )


def end_of_day_sql(day: str) -> str:
    """SQL of the first moment after a day (SQL) of the business."""
    return f"timezone({ZONE}, ({day}::date + 1)::timestamp)"


def start_of_day_sql(day: str) -> str:
    """SQL of the first moment of a day (SQL) of the business."""
    return f"timezone({ZONE}, ({day}::date)::timestamp)"


def read_zone(connection: duckdb.DuckDBPyConnection) -> ZoneInfo | None:
    """The business's time zone; None in a book that is older than the setting."""
    try:
        row = connection.execute(f"select {ZONE}").fetchone()
    except duckdb.Error:
        return None
    name = str(row[0]) if row else "UTC"
    return ZoneInfo(name) if name in known_zones() else ZoneInfo("UTC")


def day_of(moment: datetime, zone: ZoneInfo) -> date:
    """The day of a moment in a time zone."""
    return moment.astimezone(zone).date()


def clock_day() -> date:
    """The day by the machine's clock: what retention is counted to, whatever day a request counts for."""
    return datetime.now(UTC).astimezone().date()


@lru_cache(maxsize=1)
def known_zones() -> frozenset[str]:
    """Names of time zones, e.g. Europe/Berlin."""
    return frozenset(available_timezones())


def machine_zone() -> str:
    """This machine's time zone by name; UTC where it cannot be told."""
    candidates = [os.environ.get("TZ", "").removeprefix(":")]
    if not candidates[0]:
        file, link = Path("/etc/timezone"), Path("/etc/localtime")
        candidates += [file.read_text(encoding="utf-8").strip()] if file.is_file() else []
        candidates += [str(link.resolve()).partition("zoneinfo/")[2]] if link.is_symlink() else []
    return next((name for name in candidates if name in known_zones()), "UTC")
