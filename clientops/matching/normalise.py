"""Keys of clients: their names, companies, addresses and numbers, spelt in one way so that they can be compared."""

from __future__ import annotations

import json
import unicodedata
from collections.abc import Iterable
from functools import lru_cache
from importlib import resources
from typing import Any

from clientops.core.plan import Relation
from clientops.schema.definition import quote_text
from clientops.schema.tables import Tables

KEY_COLUMNS = (
    "id", "given", "given_first", "surname", "generation", "name", "company", "words", "form", "country", "email", "is_role_mail",
    "phone", "tax_id", "house", "street", "address", "postcode", "city",
)  # fmt: skip

# Letters that strip_accents leaves alone, and the Cyrillic and Greek ones that one Latin letter stands for.
_FROM = "øłđıðþабвгдезийклмнопрстуфыэўіґαβγδεζηικλμνοπρσςτυφω"
_TO = "oldidtabvgdeziiklmnoprstufyeuigavgdeziiklmnoprsstyfo"
_LETTERS = (
    ("ß", "ss"), ("æ", "ae"), ("œ", "oe"), ("х", "kh"), ("ц", "ts"), ("ч", "ch"), ("ш", "sh"), ("щ", "shch"), ("ъ", ""),
    ("ь", ""), ("ю", "iu"), ("я", "ia"), ("ж", "zh"), ("θ", "th"), ("ξ", "x"), ("χ", "ch"), ("ψ", "ps"),
)  # fmt: skip


@lru_cache(maxsize=1)
def words() -> dict[str, Any]:
    """Titles, legal forms, street words, nicknames … as shipped in ``words.json``."""
    text = (resources.files("clientops.matching") / "words.json").read_text(encoding="utf-8")
    found: dict[str, Any] = json.loads(text)
    return found


def normalise(tables: Tables, clients: str = "clients") -> Relation:
    """Keys of each client; two clients agree in a field if the keys are equal.

    Args:
        tables: Read-only tables.
        clients: Table or step with the columns of ``clients``.

    Returns:
        One row a client, not worked out yet: ``id``; ``given`` and ``surname`` (lower case, Latin letters without
        accents, without titles and middle initials), ``given_first`` (first given name, nicknames as the name they
        stand for), ``generation`` (jr, sr, iii …), ``name`` (given name and surname in alphabetical order, so that
        swapped names agree), ``company`` (without legal form, "and" in one language), ``words`` (its words, in alphabetical
        order), ``form`` (its legal form in short), ``country``, ``email`` (lower case, without plus tag, without dots where the provider ignores them), ``phone`` (digits of E.164), ``tax_id`` (without the country's letters),
        ``house`` and ``street`` (street words like Road left out), ``address`` (both, with the postcode),
        ``postcode``, ``city``. Empty where the client has none.
    """
    return tables.query(keys_sql(clients, dialling_sql(tables, clients)))


def keys_sql(clients: str, dialling: str) -> str:
    """SELECT of the keys of a table's clients."""
    return KEYS.format(
        clients=clients,
        dialling=dialling,
        nicknames=_nicknames_sql(),
        forms=_forms_sql(),
        folded=", ".join(
            f"{folded_sql(f'l.{name}')} as {name}"
            for name in ("first_name", "last_name", "company_name", "address1", "city")
        ),
        titles=any_of("titles"),
        generations=any_of("generations"),
        legal_forms=any_of("legal_forms"),
        leading_forms=any_of("leading_forms"),
        glued_forms=any_of("glued_forms"),
        conjunctions=any_of("conjunctions"),
        units=any_of("unit_words"),
        street_words=any_of("street_words"),
        street_endings=any_of("street_endings"),
        domains=_domains_sql(),
        roles=", ".join(quote_text(mailbox) for mailbox in words()["role_mailboxes"]),
        dotless=", ".join(quote_text(domain) for domain in words()["mail_ignores_dots"]),
    )


KEYS = r"""
    with nicknames (nickname, stands_for) as materialized ({nicknames}),
    forms (written, stands_for) as materialized ({forms}),
    lowered as (
        select
            id, upper(trim(country)) as country,
            strip_accents(lower(first_name)) as first_name,
            strip_accents(lower(last_name)) as last_name,
            strip_accents(lower(company_name)) as company_name,
            strip_accents(lower(address1)) as address1,
            strip_accents(lower(city)) as city,
            split_part(lower(trim(email)), '@', 1) as mailbox,
            split_part(lower(trim(email)), '@', 2) as domain,
            regexp_replace(upper(postcode), '[^\p{{L}}\p{{N}}]+', '', 'g') as postcode,
            regexp_replace(upper(tax_id), '[^A-Z0-9]+', '', 'g') as tax_id,
            case when phone similar to '[+0-9][-0-9 ()./]*' then phone
                else regexp_replace(phone, '(?i)(x|ext|#).*$', '') end as phone
        from {clients}
    ),
    folded as (
        select
            l.id, l.country, {folded}, l.postcode, l.tax_id, mailbox,
            case {domains} else domain end as domain,
            starts_with(ltrim(l.phone), '+') or starts_with(ltrim(l.phone), '00') as is_international,
            ltrim(regexp_replace(l.phone, '[^0-9]+', '', 'g'), '0') as digits,
            d.code, d.trunk
        from lowered l
        left join ({dialling}) d using (country)
    ),
    spelt as (
        select
            * replace (
                trim(regexp_replace(replace(first_name, '''', ''), '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g')) as first_name,
                trim(regexp_replace(replace(last_name, '''', ''), '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g')) as last_name,
                regexp_replace(
                    trim(regexp_replace(replace(replace(replace(company_name, '.', ''), '/', ''), '&', ' and '),
                        '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g')),
                    ' (?:{conjunctions}) ', ' and ', 'g') as company_name,
                regexp_replace(trim(regexp_replace(address1, '[^\p{{L}}\p{{M}}\p{{N}}]+', ' ', 'g')),
                    '\b(n|s|e|w)(?:orth|outh|ast|est)\b', '\1', 'g') as address1,
                regexp_replace(city, '[^\p{{L}}\p{{M}}\p{{N}}]+', '', 'g') as city
            )
        from folded
    ),
    untitled as (
        select
            * exclude (first_name, last_name),
            case when contains(first_name, ' ') then coalesce(
                nullif(trim(regexp_replace(first_name, '\b(?:{titles})\b', '', 'g')), ''), first_name)
                else first_name end as first_name,
            case when contains(last_name, ' ') then coalesce(
                nullif(trim(regexp_replace(last_name, '\b(?:{titles})\b', '', 'g')), ''), last_name)
                else last_name end as last_name
        from spelt
    ),
    parted as (
        select
            * exclude (first_name, last_name),
            case when contains(last_name, ' ') then
                nullif(regexp_extract(last_name, ' ({generations})$', 1), '') end as generation,
            nullif(case when contains(last_name, ' ') then
                regexp_replace(last_name, ' (?:{generations})$', '') else last_name end, '') as last_name,
            nullif(case when contains(first_name, ' ') then
                regexp_replace(first_name, '^(\S+.*?)( \w)+$', '\1') else first_name end, '') as first_name
        from untitled
    ),
    named as (
        select
            * exclude (first_name, last_name),
            -- A full name in one field is taken apart.
            case
                when first_name is null and contains(last_name, ' ') then split_part(last_name, ' ', 1)
                when last_name is null and contains(first_name, ' ') then split_part(first_name, ' ', 1)
                else first_name
            end as given,
            case
                when first_name is null and contains(last_name, ' ') then substr(last_name, instr(last_name, ' ') + 1)
                when last_name is null and contains(first_name, ' ') then substr(first_name, instr(first_name, ' ') + 1)
                else last_name
            end as surname
        from parted
    ),
    nicknamed as (
        select
            m.*, coalesce(n.stands_for, split_part(given, ' ', 1)) as given_first,
            coalesce(o.stands_for, surname) as surname_first,
            trim(regexp_replace(regexp_replace(address1, '\b(?:{units}) ?[0-9]+', '', 'g'),
                '(?:{street_endings})\b|\b(?:{street_words})\b', '', 'g')) as street_words
        from named m
        left join nicknames n on n.nickname = split_part(given, ' ', 1)
        left join nicknames o on o.nickname = surname
    ),
    addressed as (
        select
            *, regexp_replace(
                regexp_replace(company_name, '^(?:{leading_forms}) ', ''), '(?: (?:{legal_forms}))+$', '') as company,
            nullif(regexp_extract(street_words, '[0-9]+'), '') as house,
            nullif(regexp_replace(coalesce(nullif(street_words, ''), address1), '[0-9 ]+', '', 'g'), '') as street,
            -- The legal forms in front and behind, as they are written.
            nullif(trim(regexp_extract(company_name, '^({leading_forms}) ', 1)
                || regexp_extract(company_name, '((?: (?:{legal_forms}))+)$', 1)), '') as written_form
        from nicknamed
    )
    select
        id, given, given_first, surname, generation,
        case when strlen(given) > 1 and strlen(surname) > 1 then
            least(given_first, surname_first) || ' ' || greatest(given_first, surname_first) end as name,
        nullif(replace(coalesce(
            nullif(case when strlen(company) = length(company) then company
                else trim(regexp_replace(company, '^(?:{glued_forms})|(?:{glued_forms})$', '', 'g')) end, ''),
            company_name), ' ', ''), '') as company,
        case when contains(company, ' ') then array_to_string(list_sort(list_distinct(list_filter(
            string_split(company, ' '), lambda word: word not in ('and', 'the', '')))), ' ') else nullif(company, '') end as words,
        coalesce(f.stands_for, written_form) as form,
        nullif(country, '') as country,
        case when mailbox <> '' and domain <> '' then
            coalesce(nullif(case when domain in ({dotless}) then replace(split_part(mailbox, '+', 1), '.', '')
                else split_part(mailbox, '+', 1) end, ''), mailbox) || '@' || domain end as email,
        split_part(mailbox, '+', 1) in ({roles}) as is_role_mail,
        case
            when length(digits) < 6 or length(replace(digits, right(digits, 1), '')) < 2 then null
            when is_international or code is null or (length(digits) > 10 and starts_with(digits, code)) then digits
            when trunk <> '0' and length(digits) = 11 and starts_with(digits, trunk) then code || substr(digits, 2)
            else code || digits
        end as phone,
        case when length(tax_id) >= 5 then
            regexp_replace(tax_id, '^' || case country when 'GR' then '(?:EL|GR)' else coalesce(country, '') end, '')
            end as tax_id,
        house, street,
        case when house is not null and street is not null then
            house || street || '/' || coalesce(postcode, city, '') end as address,
        nullif(case when country = 'US' then left(postcode, 5) else postcode end, '') as postcode,
        nullif(city, '') as city
    from addressed
    left join forms f on f.written = written_form
"""


def dialling_sql(tables: Tables, clients: str) -> str:
    """SELECT of ``country, code, trunk`` (the digit dialled before national numbers) for the countries in use."""
    found = tables.query(f"select distinct upper(trim(country)) from {clients} where country is not null").fetchall()
    return dialling_rows_sql(country for (country,) in found)


def dialling_rows_sql(countries: Iterable[str]) -> str:
    """The same SELECT for some countries."""
    rows = [(country, *dialling(country)) for country in sorted(countries)]
    values = ", ".join(
        f"({quote_text(country)}, {quote_text(code)}, {quote_text(trunk)})" for country, code, trunk in rows if code
    )
    empty = "select ''::varchar as country, ''::varchar as code, ''::varchar as trunk where false"
    return f"select * from (values {values}) d (country, code, trunk)" if values else empty


@lru_cache(maxsize=300)
def dialling(country: str) -> tuple[str, str]:
    """Calling code of a country and the digit dialled before national numbers; empty where there is none.

    >>> dialling("DE"), dialling("RU"), dialling("XX")
    (('49', '0'), ('7', '8'), ('', ''))
    """
    from phonenumbers import PhoneMetadata

    known = PhoneMetadata.metadata_for_region(country, None) if len(country) == 2 and country.isascii() else None
    return (str(known.country_code), known.national_prefix or "") if known else ("", "")


def folded_sql(column: str) -> str:
    """Expression: Latin letters where there are, umlauts written with e as without."""
    latin = f"translate({column}, '{_FROM}', '{_TO}')"
    for letter, spelt in _LETTERS:
        latin = f"replace({latin}, '{letter}', '{spelt}')"
    text = f"case when strlen({column}) = length({column}) then {column} else {latin} end"
    return f"replace(replace(replace({text}, 'ae', 'a'), 'oe', 'o'), 'ue', 'u')"


def any_of(name: str) -> str:
    """Words of a list as keys spell them: alternatives of a regular expression, the longest first."""
    plain = (_without_marks(word) for word in words()[name])
    spelt = {form for word in plain for form in (word, _spelt(word))}
    return "|".join(sorted(spelt, key=lambda word: (-len(word), word)))


@lru_cache(maxsize=1)
def nicknames() -> dict[str, str]:
    """Short forms of given names and the name each stands for, spelt as keys are."""
    found: dict[str, str] = {}
    for name, short_forms in words()["nicknames"].items():
        for short in short_forms:
            found.setdefault(_spelt(short), _spelt(name))
    return found


def _nicknames_sql() -> str:
    return "values " + ", ".join(f"({quote_text(nick)}, {quote_text(name)})" for nick, name in nicknames().items())


def _forms_sql() -> str:
    pairs = {
        _spelt(_without_marks(long)): short for short, forms in words()["legal_form_names"].items() for long in forms
    }
    return "values " + ", ".join(f"({quote_text(long)}, {quote_text(short)})" for long, short in pairs.items())


def _without_marks(word: str) -> str:
    """A word as the engine's ``strip_accents`` writes it: without vowel signs, too."""
    parts = unicodedata.normalize("NFD", word)
    return unicodedata.normalize(
        "NFC", "".join(sign for sign in parts if not unicodedata.category(sign).startswith("M"))
    )


def _spelt(word: str) -> str:
    """A word without accents, as keys spell it."""
    return word.replace("ae", "a").replace("oe", "o").replace("ue", "u")


def _domains_sql() -> str:
    return " ".join(
        f"when domain = {quote_text(domain)} then {quote_text(same)}"
        for domain, same in words()["mail_domains"].items()
    )
