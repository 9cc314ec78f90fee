"""Rows about others that may name a person by one word of the name: shown to whoever erases, and erased where they say so."""

from __future__ import annotations

import re
from collections.abc import Iterable

import duckdb

from clientops.book.erasure.personal_columns import ERASED, IMPERSONAL, naming_pattern, personal_columns, values_sql
from clientops.schema.definition import all_tables, quote_name, quote_text
from clientops.schema.tables import Steps

SHORTEST_WORD = 3
_SCRIPTS = r"[\p{Han}\p{Hiragana}\p{Katakana}\p{Hangul}\p{Thai}]"

# Surnames, and other words of the names that no other client's or contact's name has: a first name is many people's.
WORDS = f"""
    with mine as (
        select unnest(string_split_regex(lower(last_name), '[^\\p{{L}}\\p{{N}}]+')) as word, true as is_surname from history.clients where id in (select id from "erased clients")
        union all
        select unnest(string_split_regex(lower(last_name), '[^\\p{{L}}\\p{{N}}]+')), true from history.contacts where id in (select id from "erased contacts")
        union all
        select unnest(string_split_regex(lower(concat_ws(' ', first_name, company_name)), '[^\\p{{L}}\\p{{N}}]+')), false from history.clients
        where id in (select id from "erased clients")
        union all
        select unnest(string_split_regex(lower(concat_ws(' ', first_name, company_name)), '[^\\p{{L}}\\p{{N}}]+')), false from history.contacts
        where id in (select id from "erased contacts")
    ),
    others as (
        select unnest(string_split_regex(lower(concat_ws(' ', first_name, last_name, company_name)), '[^\\p{{L}}\\p{{N}}]+')) as word from clients
        where id not in (select id from "erased clients")
        union
        select unnest(string_split_regex(lower(concat_ws(' ', first_name, last_name, company_name)), '[^\\p{{L}}\\p{{N}}]+')) from contacts
        where id not in (select id from "erased contacts")
    )
    select distinct word from mine
    where (length(word) >= {SHORTEST_WORD} or (length(word) = 2 and regexp_matches(word, '{_SCRIPTS}'))) and word <> 'erased'
        and not regexp_full_match(word, '[0-9]+') and (is_surname or word not in (select word from others))
"""


def add_named_alone(steps: Steps, owned: list[str]) -> None:
    """Steps ``alone_words`` of the person's ``word``s, and ``named_alone`` of ``table_name, id, is_chosen``.

    The latter are rows of others, and operations, in which such a word stands for itself, present or gone; chosen are
    those that the request's ``also`` names. Needs the steps of ``add_owned``, and the
    tables that it gave.
    """
    words = [word for (word,) in steps.add("alone_words", WORDS).fetchall()]
    parts = ["select ''::varchar as table_name, 0::bigint as id limit 0"]
    if words:
        full = naming_pattern(
            value for (value,) in steps.tables.query(f"select value from ({values_sql()})").fetchall()
        )
        parts = [
            f"({parts[0]})",
            *(_naming_sql(name, full, words, is_owned=name in owned) for name in _with_words(steps, words)),
            _operations_sql(full, words),
        ]
    steps.add("named_alone_rows", " union ".join(parts))
    steps.add("also_asked", ALSO_ASKED)
    steps.add("named_alone", NAMED_ALONE)


ALSO_ASKED = """
    select distinct r."row", lower(trim(p.part)) as part,
        regexp_extract(lower(trim(p.part)), '^([a-z_]+)[ #]+[0-9]+$', 1) as table_name,
        try_cast(regexp_extract(lower(trim(p.part)), '^[a-z_]+[ #]+([0-9]+)$', 1) as bigint) as id
    from requests r, unnest(string_split_regex(coalesce(r.also, ''), '[,;]')) as p(part) where trim(p.part) <> ''
"""
NAMED_ALONE = """
    select n.table_name, n.id, exists (
        select 1 from also_asked a where a.part = 'all' or (a.table_name = n.table_name and a.id = n.id)
    ) as is_chosen
    from named_alone_rows n
"""


def _swept() -> list[str]:
    """Tables with texts of others; keys for matching are hashes."""
    return [name for name, t in all_tables().items() if name not in IMPERSONAL | {"match_keys"} and personal_columns(t)]


def _with_words(steps: Steps, words: list[str]) -> list[str]:
    """Tables in whose texts one of the words stands at all, as part of another word, too; only those are looked at closely."""
    anywhere = quote_text(_anywhere(words))
    parts = []
    for name in _swept():
        texts = ", ".join(quote_name(c.name) for c in personal_columns(all_tables()[name]))
        holds = f"regexp_matches(concat_ws(' ', {texts}), {anywhere})"
        parts.append(f"select '{name}' where exists (from history.{quote_name(name)} where {holds})")
    found = {name for (name,) in steps.tables.rows(" union all ".join(parts))}
    return [name for name in _swept() if name in found]


def _anywhere(words: list[str]) -> str:
    return f"(?i){'|'.join(map(re.escape, words))}"


def _left(column: str, full: str, words: list[str]) -> str:
    """SQL of whether a word stands alone in a text once everything that names the person by itself is gone.

    Few texts have one of the words at all, and only those are looked at closely.
    """
    text = f"regexp_replace({column}, {quote_text(full)}, '', 'g')" if full else column
    found = f"regexp_matches({column}, {quote_text(_anywhere(words))})"
    return f"(case when {found} then regexp_matches({text}, {quote_text(alone_pattern(words))}) else false end)"


def _naming_sql(name: str, full: str, words: list[str], *, is_owned: bool) -> str:
    texts = " or ".join(_left(quote_name(c.name), full, words) for c in personal_columns(all_tables()[name]))
    mine = f'select id from "erased {name}"' if is_owned else "select 0"
    return f"select '{name}' as table_name, id from history.{quote_name(name)} where ({texts}) and id not in ({mine})"


def _operations_sql(full: str, words: list[str]) -> str:
    """Operations whose reason names them, but for those about the person alone: their reasons go in any case."""
    owned = " union ".join(
        f'select operation_id from history.{quote_name(name)} where id in (select id from "erased {name}")'
        for name in ("clients", "contacts", "invoices", "transactions", "services", "notes", "credit_entries")
    )
    return (
        f"select 'operations', id from history.operations where {_left('reason', full, words)} "
        f"and not (request_count <= 1 and id in ({owned}))"
    )


def alone_pattern(words: Iterable[str]) -> str:
    """A regular expression of words that stand for themselves; scripts without blanks have no borders of words."""
    bordered = sorted(re.escape(word) for word in words if not _is_unspaced(word))
    free = sorted(re.escape(word) for word in words if _is_unspaced(word))
    parts = [rf"(^|[^\p{{L}}\p{{N}}])({'|'.join(bordered)})($|[^\p{{L}}\p{{N}}])"] if bordered else []
    return f"(?i)({'|'.join([*parts, *free])})" if parts or free else ""


def without_words(column: str, words: list[str]) -> str:
    """SQL of a text without the words that stand for themselves in it."""
    text = column
    if bordered := sorted(re.escape(word) for word in words if not _is_unspaced(word)):
        pattern = rf"(?i)(^|[^\p{{L}}\p{{N}}])({'|'.join(bordered)})($|[^\p{{L}}\p{{N}}])"
        for _ in range(2):  # what stands between two such words belongs to the first match
            text = f"regexp_replace({text}, {quote_text(pattern)}, '\\1{ERASED}\\3', 'g')"
    if free := sorted(re.escape(word) for word in words if _is_unspaced(word)):
        text = f"regexp_replace({text}, {quote_text('|'.join(free))}, '{ERASED}', 'g')"
    return text


def _is_unspaced(word: str) -> bool:
    return any(
        "\u0e00" <= sign <= "\u0e7f" or "\u3040" <= sign <= "\u9fff" or "\uac00" <= sign <= "\ud7af" for sign in word
    )


NOT_LISTED = """
    select "row", 'also' as field, 'not_listed' as code, part || ' is not among the rows that may name them: ' || coalesce(
        (select string_agg(table_name || ' ' || id, ', ' order by table_name, id) from named_alone where (select count(*) from named_alone) <= 30),
        (select count(*) || ' rows, see the preview' from named_alone having count(*) > 0), 'there is none') as message
    from also_asked where part <> 'all' and (table_name, id) not in (select (table_name, id) from named_alone)
"""
MAY_NAME_THEM = """
    select p."row", 'also' as field, 'may_name_them' as code, case when n.is_chosen
        then n.table_name || ' ' || n.id || ' is not about them, and what names them there goes, too'
        else n.table_name || ' ' || n.id || ' may name them: look at it; written under "Also in", the name goes from there, too' end as message
    from persons p, named_alone n
"""


def left_alone(connection: duckdb.DuckDBPyConnection) -> dict[str, list[list[object]]]:
    """Which rows that may name the person were left, for the operation's details."""
    left = connection.execute("select table_name, id from temp.named_alone where not is_chosen order by all").fetchall()
    return {"may_name_them": [[name, number] for name, number in left]} if left else {}


def chosen_operations_sql() -> str:
    """SELECT of the operations that are chosen, and those that touched rows that are: their requests hold the same texts."""
    parts = [
        f"select operation_id from history.{quote_name(name)} where id in (select id from temp.named_alone where table_name = '{name}' and is_chosen)"
        for name in _swept()
    ]
    return " union ".join([*parts, "select id from temp.named_alone where table_name = 'operations' and is_chosen"])
