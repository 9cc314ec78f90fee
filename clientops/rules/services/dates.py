"""When a service or add-on that somebody enters begins, when it is due, and what can be wrong with that."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BeforeValidator

from clientops.core.money import is_minor_unit_sql
from clientops.rules.services.billing_cycles import later_due_sql, months_sql

_CYCLE_WORDS = {
    "free": "free gratis kostenlos gratuit", "one time": "once onetime one-time einmalig unique único unico",
    "monthly": "month monatlich mensuel mensual", "quarterly": "quarter vierteljährlich quartalsweise trimestriel trimestral",
    "semi-annually": "semiannually half-yearly halbjährlich semestriel semestral",
    "annually": "annual yearly year jährlich annuel anual", "biennially": "biennial zweijährlich biennal bienal",
    "triennially": "triennial dreijährlich triennal trienal",
}  # fmt: skip


def _parse_cycle(value: object) -> object:
    """A billing cycle from its name in English, German, French or Spanish."""
    word = str(value).strip().casefold() if isinstance(value, str) else ""
    return next((cycle for cycle, words in _CYCLE_WORDS.items() if word == cycle or word in words.split()), value)


Cycle = Annotated[
    Literal["free", "one time", "monthly", "quarterly", "semi-annually", "annually", "biennially", "triennially"],
    BeforeValidator(_parse_cycle),
]
Status = Literal["Pending", "Active", "Suspended", "Terminated", "Cancelled", "Fraud", "Completed"]

LIVE = "('Pending', 'Active', 'Suspended')"
ENDED = "('Terminated', 'Cancelled', 'Fraud')"
EARLIEST = "date '1985-01-01'"
MOST_YEARS_AHEAD = 40

_MONTHS = months_sql("billing_cycle")
_AIM = "coalesce(billing_day, day(begun_on))"


def starts_sql(source: str) -> str:
    """SELECT of a step's rows with the day it begins and the day it is due, where those were not given.

    The step has ``row, registered_on, next_due_on, billing_cycle, billing_day, status``. What begins today or later is
    due on that day: the first invoice bills the first payment. What began earlier is due next on the first day of a
    cycle from today on: what came before was billed elsewhere. Adds ``begun_on, due_on, aim_day, is_first_billed``.
    """
    return f"""
        with begun as (select *, coalesce(registered_on, $today::date) as begun_on, {_MONTHS} as months from {source}),
        counted as (
            select *, case when begun_on < $today::date and months is not null
                then datediff('month', begun_on, $today::date) // months end as cycles
            from begun
        ),
        aimed as (
            select *, {later_due_sql("begun_on", "months * cycles", _AIM)} as this_due_on,
                {later_due_sql("begun_on", "months * (cycles + 1)", _AIM)} as later_due_on
            from counted
        ),
        dated as (
            select * exclude (this_due_on, later_due_on, cycles),
                case
                    when billing_cycle = 'free' or (next_due_on is null and status not in {LIVE}) then null
                    when next_due_on is not null then next_due_on
                    when begun_on >= $today::date then begun_on
                    when this_due_on >= $today::date then this_due_on
                    else later_due_on
                end as due_on
            from aimed
        )
        select *,
            case when billing_day is not null then billing_day
                when next_due_on is null and months is not null and day(begun_on) > 28 then day(begun_on) end as aim_day,
            coalesce(due_on = begun_on, false) as is_first_billed
        from dated
    """


def start_problems_sql(source: str = "started") -> str:
    """SELECT of the problems of the dates and amounts of rows that ``starts_sql`` made, with ``code, minor_digits``.

    They are ``implausible_date``, ``due_before_start``, ``ended_before_start``, ``not_ended``, ``free_costs``,
    ``one_time_recurs``, ``one_time_due`` and ``not_minor_unit``.
    """
    dates = " union all ".join(
        f"""
        select "row", '{name}', 'implausible_date',
            '{name} ' || {name} || ' cannot be; it must be from ' || {EARLIEST} || ' to ' || (today + to_years({MOST_YEARS_AHEAD}))::date
        from dates where {name} < {EARLIEST} or {name} > today + to_years({MOST_YEARS_AHEAD})
        """
        for name in ("registered_on", "next_due_on", "terminated_on")
    )
    fine = " union all ".join(
        f"""
        select "row", '{name}', 'not_minor_unit', '{name} ' || {name} || ' is finer than ' || code || ' has: at most '
            || minor_digits || ' decimals'
        from dates where not {is_minor_unit_sql(name)}
        """
        for name in ("first_amount", "recurring_amount")
    )
    return f"""
        with dates as (select *, $today::date as today from {source})
        {dates} union all {fine}
        union all
        select "row", 'next_due_on', 'due_before_start',
            'next_due_on ' || next_due_on || ' is before it begins, on ' || begun_on
        from dates where next_due_on < begun_on
        union all
        select "row", 'next_due_on', 'free_costs', 'next_due_on ' || next_due_on || ': what is free is never due; leave it empty'
        from dates where billing_cycle = 'free' and next_due_on is not null
        union all
        select "row", 'terminated_on', 'ended_before_start',
            'terminated_on ' || terminated_on || ' is before it begins, on ' || begun_on
        from dates where terminated_on < begun_on
        union all
        select "row", 'terminated_on', 'not_ended', 'terminated_on ' || terminated_on || ' does not fit the status ' || status
            || ': what ended is Terminated, Cancelled or Fraud'
        from dates where terminated_on is not null and status not in {ENDED}
        union all
        select "row", name, 'free_costs', name || ' ' || amount || ': the billing cycle is free; leave it empty, or choose a cycle'
        from (
            select "row", billing_cycle, unnest([
                {{'name': 'first_amount', 'amount': first_amount}}, {{'name': 'recurring_amount', 'amount': recurring_amount}}
            ], recursive := true) from dates
        )
        where billing_cycle = 'free' and amount > 0
        union all
        select "row", 'recurring_amount', 'one_time_recurs', 'recurring_amount ' || recurring_amount
            || ': what is paid one time has no later cycle; give the first payment alone'
        from dates where billing_cycle = 'one time' and recurring_amount > 0
        union all
        select "row", 'next_due_on', 'one_time_due', 'next_due_on ' || next_due_on || ': what is paid one time is due on the day it begins, '
            || begun_on || ', or, if that is paid, not at all'
        from dates where billing_cycle = 'one time' and next_due_on is not null and next_due_on <> begun_on
    """


def start_warnings_sql(noun: str, source: str = "started") -> str:
    """SELECT of the warnings ``begins_later`` and ``not_billed`` (what began earlier is billed from its next due date on)."""
    return f"""
        select "row", 'registered_on' as field, 'begins_later' as code, '{noun} begins only on ' || begun_on || ', and is '
            || status || ' before that; Pending says that it is yet to come' as message
        from {source} where begun_on > $today::date + 366 and status = 'Active'
        union all
        select "row", 'next_due_on' as field, 'not_billed' as code, '{noun} began on ' || begun_on || ' and is billed from '
            || coalesce(due_on::varchar, 'no day') || ' on: the time before counts as billed elsewhere' as message
        from {source}
        where begun_on < $today::date and next_due_on is null and billing_cycle <> 'free' and status in {LIVE}
    """
