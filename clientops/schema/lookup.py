"""Rows that people name otherwise than by number: clients by e-mail, name or company, other rows by what they are known by."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass

from clientops.core.readable import counted, noun
from clientops.schema.definition import quote_name
from clientops.schema.tables import Tables

MOST_CANDIDATES = 5

# Columns whose value names one row of a table, whatever its case.
KNOWN_BY: dict[str, tuple[str, ...]] = {
    "addons": ("name",),
    "article_categories": ("name",),
    "articles": ("title",),
    "contacts": ("email",),
    "credit_notes": ("number",),
    "currencies": ("code",),
    "custom_fields": ("name",),
    "departments": ("name", "email"),
    "domains": ("name",),
    "groups": ("name",),
    "invoices": ("number",),
    "orders": ("number",),
    "products": ("name",),
    "promotions": ("code",),
    "servers": ("name", "hostname"),
    "services": ("domain",),
    "tickets": ("number",),
    "transactions": ("reference",),
    "users": ("email",),
}


@dataclass(frozen=True)
class Candidate:
    """A row that a text may name: its number, what it is called, and how it was found.

    ``how`` is ``exact``, ``old address`` (of a client that was merged into it) or ``words`` (of its name or company).
    """

    id: int
    label: str
    how: str = "exact"


def find_named(tables: Tables, table: str, texts: Iterable[str]) -> dict[str, list[Candidate]]:
    """Rows that each text names, by number; the texts that find nothing are left out.

    Clients: an e-mail address comes first, then a whole name or company, then the address that a merged client had,
    then words that all stand in the name or company. What is found by one way is not looked for by a later one.
    """
    wanted = list(dict.fromkeys(texts))
    if table != "clients":
        return _exact(tables, table, wanted)
    found: dict[str, list[Candidate]] = {}
    ways = (
        (_by_email(), "exact"),
        (_by_name(), "exact"),
        (_by_old_email(tables), "old address"),
        (_by_words(), "words"),
    )
    for sql, how in ways:
        left = [text for text in wanted if text not in found]
        if not left:
            break
        rows = tables.query(f"{sql} order by text, c.id", texts=json.dumps(left)).fetchall()
        for text, number, label in rows:
            found.setdefault(text, []).append(Candidate(number, label, how))
    return found


def find_one(tables: Tables, table: str, text: str) -> Candidate | str:
    """The one row that a text names, or why there is not one: a sentence that goes behind the field and the value."""
    return one_of(table, find_named(tables, table, [text]).get(text, []))


def one_of(table: str, found: list[Candidate]) -> Candidate | str:
    """The only candidate, or why there is not one."""
    if len(found) == 1:
        return found[0]
    if not found:
        how = "its number, e-mail address, full name or company" if table == "clients" else "its number"
        return f"finds no {noun(table)}; give {how}"
    shown = ", ".join(f"{noun(table)} {c.id} ({c.label})" for c in found[:MOST_CANDIDATES])
    rest = len(found) - MOST_CANDIDATES
    more = f" and {rest} more" if rest > 0 else ""
    return f"names {counted(len(found), noun(table))}: {shown}{more}; give the number of one"


def _exact(tables: Tables, table: str, texts: list[str]) -> dict[str, list[Candidate]]:
    columns = KNOWN_BY.get(table, ())
    if not columns or not texts:
        return {}
    parts = " union ".join(
        f"select text, r.id, r.{c}::varchar as label from asked join {quote_name(table)} r on lower(trim(r.{c}::varchar)) = wanted"
        for c in columns
    )
    found: dict[str, list[Candidate]] = {}
    sql = f"with {ASKED} select text, id, min(label) from ({parts}) group by all order by id"
    for text, number, label in tables.query(sql, texts=json.dumps(texts)).fetchall():
        found.setdefault(text, []).append(Candidate(number, label))
    return found


WORD_BREAK = r"[^\p{L}\p{N}]+"
LABEL = """
    coalesce(nullif(concat_ws(', ', nullif(trim(concat_ws(' ', first_name, last_name)), ''), nullif(trim(company_name), ''),
        nullif(trim(email), '')), ''), 'no name')
"""


def _words(text: str) -> str:
    """SQL of the words of a text (SQL), without case and accents."""
    words = f"string_split_regex(lower(strip_accents({text})), '{WORD_BREAK}')"
    return f"list_filter({words}, lambda word: word <> '')"


ASKED = f"""
    asked as (
        select distinct text, lower(trim(text)) as wanted, {_words("text")} as words
        from (select unnest(from_json($texts, '["VARCHAR"]')) as text)
    )
"""


def _by_email() -> str:
    return (
        f"with {ASKED} select text, c.id, {LABEL} as label from asked join clients c on lower(trim(c.email)) = wanted"
    )


def _by_name() -> str:
    names = ("first_name, last_name", "last_name, first_name", "company_name")
    keyed = " union ".join(f"select id, {_words(f'concat_ws(chr(32), {n})')} as words from clients" for n in names)
    return f"""
        with {ASKED}, keyed as ({keyed})
        select distinct text, c.id, {LABEL} as label from asked
        join keyed on keyed.words = asked.words and len(asked.words) > 0
        join clients c on c.id = keyed.id
    """


def _by_old_email(tables: Tables) -> str:
    return f"""
        with recursive {ASKED}, led(replaced_id, survivor_id) as (
            select replaced_id, survivor_id from merged_clients
            union
            select l.replaced_id, m.survivor_id from led l join merged_clients m on m.replaced_id = l.survivor_id
        ),
        old as (select distinct id, email from {tables.history("clients")} where id in (select replaced_id from merged_clients))
        select distinct text, c.id, {LABEL.replace("email", "c.email")} as label from asked
        join old on lower(trim(old.email)) = wanted
        join led on led.replaced_id = old.id
        join clients c on c.id = led.survivor_id
        where old.id not in (select id from clients)
    """


def _by_words() -> str:
    return f"""
        with {ASKED},
        worded as (select id, {_words("concat_ws(' ', first_name, last_name, company_name)")} as words from clients),
        spread as (select id, words, unnest(words) as word from worded)
        select distinct text, c.id, {LABEL} as label from asked
        join spread on spread.word = asked.words[1] and list_has_all(spread.words, asked.words)
        join clients c on c.id = spread.id
        where not contains(text, '@')
    """
