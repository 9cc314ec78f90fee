"""What a table of WHMCS becomes here: columns as SQL over a staged row ``s``, and what keeps a row from being taken."""

from __future__ import annotations

from collections.abc import Mapping as Dictionary
from dataclasses import dataclass

from clientops.schema.definition import quote_name, quote_text, table
from clientops.schema.references import references_from

YES = "('1', 'on', 'yes', 'true', 'y')"


@dataclass(frozen=True)
class Fault:
    """A reason why a row cannot be taken.

    Attributes:
        field: Column of WHMCS.
        code: Short name.
        when: SQL condition over the staged row.
        message: SQL text over the staged row: a sentence without its full stop.
    """

    field: str
    code: str
    when: str
    message: str


@dataclass(frozen=True)
class Column:
    """A column here and where its value comes from.

    Attributes:
        name: Its name here.
        sql: Its value; for a reference the number in the source, 0 and empty being none.
        field: Column of WHMCS it comes from.
        faults: What keeps the row from being taken.
        unread: SQL condition: there is something that cannot be read and is left empty.
        target: Table that it points at.
        must_exist: Whether a row whose target is not there cannot be taken; else the reference is left empty.
    """

    name: str
    sql: str
    field: str = ""
    faults: tuple[Fault, ...] = ()
    unread: str = ""
    target: str = ""
    must_exist: bool = False


@dataclass(frozen=True)
class Mapping:
    """How the rows of one table of WHMCS become rows of one table here.

    Attributes:
        table: Table here.
        source: Table of WHMCS; its staged row is ``s`` in all SQL.
        columns: Columns that are filled.
        name: Name of the mapping, where several fill one table.
        before: Steps that ``joins`` looks into, as (name, SQL).
        joins: SQL between ``from … s`` and the joins to the rows pointed at (``to_<column>``).
        where: SQL condition on the rows that are meant.
        faults: Further reasons why a row cannot be taken.
        is_numbered_here: Whether rows get a number of their own here, found again by ``source_id`` in ``source_ids``;
            else WHMCS's number is kept.
        source_id: What tells the rows apart in the source.
        money: Money of a row here (SQL over its columns), whose sums are compared with the source's.
        money_read: The same money in the source, worked out afresh.
        owner: SQL of the number (here) of the client whose currency the money is in, or …
        currency: … SQL of the number (here) of the currency.
        as_here: SQL condition over a staged row: what it says follows from rows that the book has just so, so that nothing
            is new or changed (rows numbered here, which an export does not write).
        alike: Columns by which a row numbered here that did not come from this source is found to be a row of it.
        is_matched_by_code: Whether rows that are here already are found by their code, not by their number.
    """

    table: str
    source: str
    columns: tuple[Column, ...]
    name: str = ""
    before: tuple[tuple[str, str], ...] = ()
    joins: str = ""
    where: str = ""
    faults: tuple[Fault, ...] = ()
    is_numbered_here: bool = False
    source_id: str = "nullif(trim(s.id), '')"
    money: str = ""
    money_read: str = ""
    owner: str = ""
    currency: str = ""
    as_here: str = ""
    alike: tuple[str, ...] = ()
    is_matched_by_code: bool = False

    @property
    def key(self) -> str:
        """Name of the mapping: that of the table here, unless it was given another."""
        return self.name or self.table

    @property
    def column_names(self) -> tuple[str, ...]:
        """Names of the columns that are filled."""
        return tuple(column.name for column in self.columns)

    @property
    def keeps_numbers(self) -> bool:
        """Whether a row has the same number here as in the source."""
        return not (self.is_numbered_here or self.is_matched_by_code)

    def must_exist(self, column: Column) -> bool:
        """Whether a row goes when the row it points at goes, so that without it it cannot be taken."""
        return column.must_exist or any(
            reference.column == column.name and reference.target == column.target and reference.on_delete == "remove"
            for reference in references_from(self.table)
            if reference.target != self.table
        )

    def is_required(self, column: Column) -> bool:
        """Whether the column may not be empty."""
        return table(self.table).column(column.name).is_required


def raw(field: str) -> str:
    """SQL of a staged value without blanks around it; empty if there is nothing."""
    return f"nullif(trim(s.{quote_name(field)}), '')"


def number_sql(field: str) -> str:
    """SQL of a number that points at a row: 0 points at none."""
    return f"nullif(try_cast({raw(field)} as bigint), 0)"


def money_sql(field: str) -> str:
    """SQL of an amount; 0 if there is none or it cannot be read."""
    return f"coalesce(try_cast({raw(field)} as decimal(18, 4)), 0::decimal(18, 4))"


def wide_money_sql(field: str) -> str:
    """SQL of an amount with room for sums."""
    return f"{money_sql(field)}::decimal(38, 4)"


def day_sql(field: str) -> str:
    """SQL of a date; a zero date, which WHMCS writes for none, is empty."""
    return f"(case when {_has_date(field)} then try_cast({raw(field)} as date) end)"


def moment_sql(field: str, zone: str = "$time_zone") -> str:
    """SQL of a moment that was written in a time zone."""
    return f"(case when {_has_date(field)} then timezone({zone}, try_cast({raw(field)} as timestamp)) end)"


def flag_sql(field: str) -> str:
    """SQL of a tick box: WHMCS writes 1 and on for yes."""
    return f"coalesce(lower(trim(s.{quote_name(field)})) in {YES}, false)"


def choice_sql(field: str, choices: Dictionary[str, str]) -> str:
    """SQL of a word translated to ours; empty if it is not one of them."""
    cases = " ".join(f"when {quote_text(theirs)} then {quote_text(ours)}" for theirs, ours in choices.items())
    return f"(case lower({raw(field)}) {cases} end)"


def _has_date(field: str) -> str:
    """SQL: something other than a zero date (``0000-00-00``, or ``-0001-11-30`` as PHP shows it) stands there."""
    return f"{raw(field)} is not null and not regexp_matches({raw(field)}, '^(-|0000)')"


def text(name: str, field: str) -> Column:
    """Short text, without blanks around it."""
    return Column(name, raw(field), field)


def body(name: str, field: str) -> Column:
    """Long text, as it is."""
    return Column(name, f"nullif(s.{quote_name(field)}, '')", field)


def needed(name: str, field: str) -> Column:
    """Short text without which the row cannot be taken."""
    fault = Fault(field, "missing", f"{raw(field)} is null", quote_text(f"{field} is missing"))
    return Column(name, raw(field), field, (fault,))


def money(name: str, field: str) -> Column:
    """An amount; the row cannot be taken if it cannot be read."""
    return Column(name, money_sql(field), field, (unreadable_amount(field),))


def unreadable_amount(field: str) -> Fault:
    """An amount that is there and is no number."""
    return Fault(
        field,
        "bad_amount",
        f"{raw(field)} is not null and try_cast({raw(field)} as decimal(18, 4)) is null",
        f"{quote_text(field + ' ')} || {raw(field)} || ' is not an amount'",
    )


def number(name: str, field: str, kind: str = "bigint", *, default: str = "0", low: str = "", high: str = "") -> Column:
    """A number between two others; the row cannot be taken if it is outside or cannot be read."""
    cast = f"try_cast({raw(field)} as {kind})"
    outside = f" or {cast} < {low}" * bool(low) + f" or {cast} > {high}" * bool(high)
    allowed = (f" from {low}" * bool(low) + f" to {high}" * bool(high)).replace("from 0.00000001", "above 0")
    fault = Fault(
        field,
        "bad_number",
        f"{raw(field)} is not null and ({cast} is null{outside})",
        f"{quote_text(field + ' ')} || {raw(field)} || {quote_text(' is not a number' + allowed)}",
    )
    return Column(name, f"coalesce({cast}, {default})::{kind}", field, (fault,))


def day(name: str, field: str) -> Column:
    """A date; left empty if it cannot be read."""
    return Column(name, day_sql(field), field, unread=f"{_has_date(field)} and try_cast({raw(field)} as date) is null")


def moment(name: str, field: str, *, is_utc: bool = False) -> Column:
    """A moment on the business's clock, or one that the database server keeps in UTC; left empty if unreadable."""
    unread = f"{_has_date(field)} and try_cast({raw(field)} as timestamp) is null"
    return Column(name, moment_sql(field, "'UTC'" if is_utc else "$time_zone"), field, unread=unread)


def flag(name: str, field: str, *, is_opposite: bool = False) -> Column:
    """A tick box, or its opposite."""
    return Column(name, ("not " if is_opposite else "") + flag_sql(field), field)


def choice(name: str, field: str, choices: Dictionary[str, str], *, default: str = "") -> Column:
    """One of a list of words; the row cannot be taken if it is another one, or none and there is no default."""
    listed = ", ".join(dict.fromkeys(choices))
    fault = Fault(
        field,
        "unknown_value",
        f"{choice_sql(field, choices)} is null" + (f" and {raw(field)} is not null" if default else ""),
        f"{quote_text(field + ' ')} || coalesce({raw(field)}, 'empty') || {quote_text(' is not one of ' + listed)}",
    )
    value = choice_sql(field, choices)
    return Column(name, f"coalesce({value}, {quote_text(default)})" if default else value, field, (fault,))


LANGUAGES = {
    "arabic": "ar",
    "azerbaijani": "az",
    "catalan": "ca",
    "chinese": "zh",
    "croatian": "hr",
    "czech": "cs",
    "danish": "da",
    "dutch": "nl",
    "english": "en",
    "estonian": "et",
    "farsi": "fa",
    "french": "fr",
    "german": "de",
    "hebrew": "he",
    "hungarian": "hu",
    "italian": "it",
    "macedonian": "mk",
    "norwegian": "no",
    "portuguese-br": "pt-BR",
    "portuguese-pt": "pt-PT",
    "romanian": "ro",
    "russian": "ru",
    "spanish": "es",
    "swedish": "sv",
    "turkish": "tr",
    "ukranian": "uk",
}


def language(name: str, field: str) -> Column:
    """A language: WHMCS writes its name, we its code; one of the business's own stays as it is."""
    return Column(name, f"coalesce({choice_sql(field, LANGUAGES)}, {raw(field)})", field)


def reference(name: str, field: str, target: str, *, must_exist: bool = False) -> Column:
    """A row of another table, by its number in the source."""
    return Column(name, number_sql(field), field, target=target, must_exist=must_exist)


def computed(name: str, sql: str, field: str = "") -> Column:
    """A value worked out by SQL of its own."""
    return Column(name, sql, field)


CYCLES = {
    "free": "free",
    "free account": "free",
    "one time": "one time",
    "onetime": "one time",
    "one-time": "one time",
    "monthly": "monthly",
    "quarterly": "quarterly",
    "semi-annually": "semi-annually",
    "semiannually": "semi-annually",
    "annually": "annually",
    "biennially": "biennially",
    "triennially": "triennially",
}
