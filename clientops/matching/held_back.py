"""Pairs that a bulk merge leaves for review: however certain they look, they may be two people or two legal persons."""

from __future__ import annotations

import pkgutil
from functools import lru_cache
from importlib import import_module

import pyarrow as pa

from clientops.matching.fingerprints import PRESENT
from clientops.matching.normalise import dialling_sql, folded_sql, keys_sql, words
from clientops.schema.definition import quote_text
from clientops.schema.tables import Steps

REASONS: dict[str, str] = {
    "test account": "a test account or a throwaway e-mail address",
    "other tax number": "different tax numbers",
    "other country": "companies of different countries",
    "other organisation": "different organisations",
    "other legal form": "different legal forms",
    "company and private": "one is a company's account, the other a private one",
    "other given name": "different given names",
    "no given name": "a given name is missing or only an initial",
    "other surname": "different surnames",
    "other generation": "junior and senior",
    "other branch": "one company, different addresses",
    "shared mailbox": "they only share an e-mail address, phone or address of many clients",
    "name only": "nothing but the name agrees exactly",
    "two in a group": "their group holds clients that may be two people",
}
"""Why a pair is not merged in bulk, by code, in the order in which the first that applies is reported."""

OWN = 3
"""An e-mail address, phone or address of more names than this is nobody's own: a virtual office, an agency's mailbox."""

KNOWN_BY = (
    "given", "given_first", "surname", "generation", "company", "words", "form", "country", "tax_id", "email", "phone",
    "house", "street", "address", "spelling",
)  # fmt: skip
"""What the reasons depend on; clients who agree in all of it are judged as one."""


@lru_cache(maxsize=1)
def known_given_names() -> pa.Table:
    """Given names of many languages (faker's lists, and the nicknames that matching knows), in lower case: ``name``."""
    people = import_module("faker.providers.person")
    found = {name for name, shorts in words()["nicknames"].items() for name in (name, *shorts)}
    for module in pkgutil.iter_modules(people.__path__):
        provider = import_module(f"faker.providers.person.{module.name}").Provider
        for attribute in dir(provider):
            names = getattr(provider, attribute) if attribute.startswith("first_name") else ()
            if not callable(names) and not isinstance(names, property):
                found.update(name.lower() for name in names if isinstance(name, str))
    return pa.table({"name": sorted(found)})


def held_back_step(steps: Steps, members: str) -> None:
    """Add the steps ``judged`` and ``held_back`` to a chain that has a step of ``group_id, client_id``.

    ``judged`` has the columns ``group_id, client_id, alike``: clients of one group with the same ``alike`` agree in
    everything that is judged. ``held_back`` has ``group_id, left_alike, right_alike, reason``, a code of
    :data:`REASONS`, with ``left_alike <= right_alike``: pairs of its clients must not be merged unseen.
    """
    steps.tables.steps(listed_given_names=steps.tables.given(known_given_names()))
    fold = folded_sql("strip_accents(name)")
    steps.add(
        "known_names", f"select distinct regexp_replace({fold}, '[^\\p{{L}}]+.*$', '') as name from listed_given_names"
    )
    steps.add("bulk_keys", keys_sql(PRESENT, dialling_sql(steps.tables, PRESENT)))
    steps.add("bulk_clients", BULK_CLIENTS.format(members=members, known=", ".join(KNOWN_BY), judged=JUDGED))
    steps.add(
        "judged",
        "select group_id, client_id, min(client_id) over (partition by group_id, known) as alike from bulk_clients",
    )
    reasons = " ".join(f"when {sql} then {quote_text(code)}" for code, sql in CONDITIONS.items())
    steps.add("held_back", HELD_BACK.format(reasons=reasons))
    steps.drop("known_names", "bulk_keys", "bulk_clients")


def _quoted(values: list[str]) -> str:
    return ", ".join(map(quote_text, values))


_TEST_WORDS = _quoted(words()["test_words"])
_IS_TEST = f"""(
    given in ({_TEST_WORDS}) or surname in ({_TEST_WORDS}) or company in ({_TEST_WORDS})
    or rtrim(split_part(email, '@', 1), '0123456789') in ({_TEST_WORDS})
    or split_part(email, '@', 2) in ({_quoted(words()["throwaway_domains"])})
)"""

# How often ae, oe and ue are written, an umlaut counted as one or as none: Jörg is Joerg and Jorg, but Joe is not Jo.
_DIGRAPHS = "length({text}) - length(replace(replace(replace({text}, 'ae', 'a'), 'oe', 'o'), 'ue', 'u'))"
_WRITTEN = "replace(replace(replace(replace(replace(lower(first_name), 'ä', 'ae'), 'ö', 'oe'), 'ø', 'oe'), 'ü', 'ue'), 'æ', 'ae')"
JUDGED = f"""
    {_IS_TEST} as is_test,
    split_part(given, ' ', 1) in (select name from known_names) as is_known_name,
    given in ({_quoted(sorted(words()["either_sex"]))}) as is_ambiguous,
    {_DIGRAPHS.format(text="lower(first_name)")} as digraphs, {_DIGRAPHS.format(text=_WRITTEN)} as umlauts
"""

BULK_CLIENTS = """
    with holders as (
        select id, email, phone, address, coalesce(name, concat_ws(' ', given, surname, company)) as holder from bulk_keys
    ),
    listed as (
        select m.group_id, m.client_id, c.first_name, lower(c.first_name) as spelling, k.*
        from {members} m join bulk_keys k on k.id = m.client_id join clients c on c.id = m.client_id
    ),
    of_email as (
        select email, count(distinct holder) as holders from holders
        where email in (select email from listed) group by email
    ),
    of_phone as (
        select phone, count(distinct holder) as holders from holders
        where phone in (select phone from listed) group by phone
    ),
    of_address as (
        select address, count(distinct holder) as holders from holders
        where address in (select address from listed) group by address
    )
    select l.*, {judged}, hash({known}) as known, e.holders as email_holders, p.holders as phone_holders,
        a.holders as address_holders
    from listed l
    left join of_email e using (email) left join of_phone p using (phone) left join of_address a using (address)
"""

HELD_BACK = """
    with one_of_each as (
        select * replace (client_id as client_id) from bulk_clients
        qualify row_number() over (partition by group_id, known order by client_id) = 1
    ),
    pairs as (
        select l.group_id, l.client_id as left_alike, r.client_id as right_alike, l as l, r as r,
            l.given is null and l.surname is null and r.given is null and r.surname is null as is_firm
        from one_of_each l join one_of_each r on r.group_id = l.group_id and l.client_id <= r.client_id
    )
    select group_id, left_alike, right_alike, case {reasons} end as reason
    from pairs where reason is not null
"""

_BOTH = "(l.{0} is not null and r.{0} is not null)"
_SAME_MAIL = "coalesce(l.email = r.email and l.email_holders <= 1, false)"
_SAME_TAX = "coalesce(l.tax_id = r.tax_id, false)"
_SWAPPED = "coalesce(l.given = r.surname and l.surname = r.given, false)"

# The words that only one of two company names has, where these differ by one word.
_OTHER_WORDS = (
    "list_filter(string_split({0}.words, ' '), lambda word: not list_contains(string_split({1}.words, ' '), word))"
)
_MISSPELT_WORD = f"""(
    len({_OTHER_WORDS.format("l", "r")}) = 1 and len({_OTHER_WORDS.format("r", "l")}) = 1
    and strlen({_OTHER_WORDS.format("l", "r")}[1]) >= 6 and not regexp_matches({_OTHER_WORDS.format("l", "r")}[1], '[0-9]')
    and damerau_levenshtein({_OTHER_WORDS.format("l", "r")}[1], {_OTHER_WORDS.format("r", "l")}[1]) = 1
)"""

_SAME_LETTERS = "list_sort(string_split(l.given, '')) = list_sort(string_split(r.given, ''))"
_GIVEN_FITS = f"""(
    replace(l.given, ' ', '') = replace(r.given, ' ', '') and (l.digraphs = r.digraphs or l.umlauts = r.umlauts
        or l.first_name is null or r.first_name is null)
    or {_SWAPPED}
    -- A short form, or one given name of two: only with the same e-mail address or tax number.
    or l.given <> r.given and l.given_first = r.given_first and not (l.is_ambiguous or r.is_ambiguous) and ({_SAME_MAIL} or {_SAME_TAX})
        and (not contains(l.given, ' ') or not contains(r.given, ' '))
    -- A slip of the pen: one of the two is a name, the other is none, and it differs neither at the start nor at the end,
    -- where the names of men and women do.
    or l.is_known_name <> r.is_known_name and least(strlen(l.given), strlen(r.given)) >= 4
        and damerau_levenshtein(l.given, r.given) = 1
        and (left(l.given, 1) = left(r.given, 1) and right(l.given, 1) = right(r.given, 1) or {_SAME_LETTERS})
)"""
_SURNAME_FITS = f"""(
    replace(l.surname, ' ', '') = replace(r.surname, ' ', '') or {_SWAPPED}
    or least(strlen(l.surname), strlen(r.surname)) >= 5 and damerau_levenshtein(l.surname, r.surname) = 1
)"""


def _agrees(key: str) -> str:
    return f"coalesce(l.{key} = r.{key} and l.{key}_holders <= {OWN}, false)"


_AGREES_IN_OWN = f"({_SAME_TAX} or {_agrees('email')} or {_agrees('phone')} or {_agrees('address')})"
_AGREES_IN_ANY = "coalesce(l.email = r.email or l.phone = r.phone or l.address = r.address, false)"

CONDITIONS: dict[str, str] = {
    "test account": "l.is_test or r.is_test",
    "other tax number": f"{_BOTH.format('tax_id')} and l.tax_id <> r.tax_id",
    "other country": "(l.company is not null or r.company is not null) and l.country <> r.country",
    "other organisation": f"l.words <> r.words and l.company <> r.company and not {_MISSPELT_WORD}",
    "other legal form": "l.form <> r.form",
    "company and private": "(l.company is null) <> (r.company is null)",
    "other given name": f"{_BOTH.format('given')} and least(strlen(l.given), strlen(r.given)) > 1 and not {_GIVEN_FITS}",
    "no given name": "not is_firm and (l.given is null or r.given is null or least(strlen(l.given), strlen(r.given)) < 2)",
    "other surname": f"not is_firm and (not {_BOTH.format('surname')} or not {_SURNAME_FITS})",
    "other generation": "l.generation is distinct from r.generation",
    "other branch": f"is_firm and not {_SAME_TAX} and (l.house <> r.house or l.street <> r.street)",
    "shared mailbox": f"not {_AGREES_IN_OWN} and {_AGREES_IN_ANY}",
    "name only": f"not {_AGREES_IN_OWN}",
}
"""Condition of each reason, on the keys of the two sides (``l``, ``r``) and ``is_firm``: neither side names a person."""
