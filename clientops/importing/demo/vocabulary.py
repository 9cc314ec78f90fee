"""Word lists of the demo book: Faker's personal names and streets, our cities, trades and company names."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from hashlib import sha256
from importlib import import_module
from typing import Any

from clientops.importing.demo.countries import COUNTRIES, Country

NICKNAMES: dict[str, str] = {
    "Robert": "Bob", "William": "Bill", "James": "Jim", "Michael": "Mike", "Richard": "Dick", "Elizabeth": "Liz",
    "Katherine": "Kate", "Margaret": "Peggy", "Thomas": "Tom", "Christopher": "Chris", "Jennifer": "Jenny",
    "Patricia": "Pat", "Joseph": "Joe", "Daniel": "Dan", "Matthew": "Matt", "Anthony": "Tony", "Andrew": "Andy",
    "Joshua": "Josh", "Kimberly": "Kim", "Rebecca": "Becky", "Alexander": "Alex", "Samuel": "Sam", "Susan": "Sue",
    "Johannes": "Hannes", "Katharina": "Kathi", "Hans-Jürgen": "Hajo", "Elisabeth": "Lisa", "Maximilian": "Max",
    "Wilhelm": "Willi", "Friedrich": "Fritz", "Franz-Josef": "Franzl", "Giuseppe": "Beppe", "Francesco": "Franco",
    "José": "Pepe", "Francisco": "Paco", "María Dolores": "Lola", "Dolores": "Lola", "Ignacio": "Nacho",
}  # fmt: skip

Word = dict[str, str | None]

WORDS = """
    select unnest(from_json($words, '[{"id": "bigint", "word": "varchar", "latin": "varchar", "state": "varchar",
        "postcode": "varchar", "variant": "varchar"}]'), recursive := true)
"""

COUNTRY_ROWS = """
    select unnest(from_json($countries, '[{"locale_id": "integer", "country": "varchar", "language": "varchar",
        "currency_code": "varchar", "weight": "integer", "phone": "varchar", "phone_digits": "integer",
        "postcode_shape": "varchar", "tax_start": "varchar", "tax_digits": "integer", "tax_end": "varchar",
        "street_shape": "varchar", "is_alphabetic": "boolean",
        "given_m_from": "integer", "given_m_count": "integer", "given_f_from": "integer", "given_f_count": "integer",
        "family_m_from": "integer", "family_m_count": "integer", "family_f_from": "integer",
        "family_f_count": "integer", "street_from": "integer", "street_count": "integer", "city_from": "integer",
        "city_count": "integer", "trade_from": "integer", "trade_count": "integer", "form_from": "integer",
        "form_count": "integer"}]'), recursive := true)
"""

# One row for each unit of weight, so that a number drawn below their count picks a country by its share.
COUNTRY_SLOTS = """
    select row_number() over (order by locale_id, unit) - 1 as slot, locale_id
    from (select locale_id, unnest(range(weight)) as unit from countries)
"""


@lru_cache(maxsize=1)
def word_lists() -> tuple[str, str]:
    """Every word and every country as JSON: what ``WORDS`` and ``COUNTRY_ROWS`` read."""
    words: list[dict[str, Any]] = []
    countries: list[dict[str, Any]] = []
    starts: dict[str, int] = {}
    for number, country in enumerate(COUNTRIES):
        row: dict[str, Any] = {
            "locale_id": number,
            "country": country.code,
            "language": country.language,
            "currency_code": country.currency,
            "weight": country.weight,
            "phone": country.phone,
            "phone_digits": country.phone_digits,
            "postcode_shape": country.postcode,
            "tax_start": country.tax_id[0],
            "tax_digits": country.tax_id[1],
            "tax_end": country.tax_id[2],
            "street_shape": country.street,
            "is_alphabetic": country.language not in ("ja", "zh", "ko", "ar", "hi"),
        }
        for kind, found in _lists(country).items():
            key = json.dumps(found)
            if key not in starts:
                starts[key] = len(words)
                words += [{"id": len(words) + place, **word} for place, word in enumerate(found)]
            row[f"{kind}_from"], row[f"{kind}_count"] = starts[key], len(found)
        countries.append(row)
    return json.dumps(words, ensure_ascii=False), json.dumps(countries, ensure_ascii=False)


def _lists(country: Country) -> dict[str, list[Word]]:
    """The words of one country by kind."""
    person = import_module(f"faker.providers.person.{country.people}").Provider
    given, family = (
        {
            sex: _names(person, country.language, f"{kind}_name_{word}_pairs", f"{kind}_name_pairs", f"unisex_{kind}_names",
                        f"{kind}_names_{word}", f"{kind}_names")
            for sex, word in (("m", "male"), ("f", "female"))
        }
        for kind in ("first", "last")
    )  # fmt: skip
    cities = [city.strip().partition("=") for city in country.cities.split(",")]
    return {
        "given_m": [{**word, "variant": NICKNAMES.get(str(word["word"]))} for word in given["m"]],
        "given_f": [{**word, "variant": NICKNAMES.get(str(word["word"]))} for word in given["f"]],
        "family_m": family["m"],
        "family_f": family["f"],
        "street": _streets(country, given["m"], family["f"]),
        "city": [
            {"word": name.partition("/")[0], "state": name.partition("/")[2] or None, "postcode": postcode}
            for name, _, postcode in cities
        ],
        "trade": [
            {"word": trade.strip(), "latin": slug(trade, country.language)} for trade in country.trades.split(",")
        ],
        "form": [{"word": one, "variant": other} for one, other in country.companies],
    }


def _names(provider: Any, language: str, *attributes: str) -> list[Word]:
    """Names of the first list that the provider has, the ones to be drawn most often first.

    Lists with weights are ordered by them; lists in the alphabet's order get another one that is always the same.
    """
    found: Any = next(getattr(provider, name) for name in attributes if getattr(provider, name, None))
    items = sorted(found, key=lambda item: -found[item]) if isinstance(found, dict) else list(found)
    words: dict[str, str] = {}
    for item in items:
        # Japanese names come as (kanji, kana, romanised).
        name, latin = (item[0], item[2]) if isinstance(item, tuple) else (item, item)
        if not re.search(r",|\d| (van|von|de|den)$", name.strip()):
            words.setdefault(name.strip(), slug(latin, language))
    names = list(words)
    initials = [words[name][:1] for name in names[:20]]
    if names[:20] == sorted(names[:20]) or initials == sorted(initials):
        names.sort(key=lambda name: sha256(name.encode()).digest())
    return [{"word": name, "latin": words[name]} for name in names]


def _streets(country: Country, given: list[Word], family: list[Word]) -> list[Word]:
    if country.streets in ("given", "family"):
        return given if country.streets == "given" else family
    address = import_module(f"faker.providers.address.{country.people}").Provider
    found = [street for street in getattr(address, country.streets) if re.fullmatch(r"[^\W\d][^\d]{1,24}", street)]
    return [{"word": street} for street in sorted(set(found), key=lambda word: sha256(word.encode()).digest())]


_GERMAN_LETTERS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue"})


def slug(text: str, language: str) -> str:
    """A text in small Latin letters and digits, for e-mail addresses and domain names."""
    from faker.decode import unidecode

    latin = unidecode(text.translate(_GERMAN_LETTERS) if language == "de" else text).lower()
    return re.sub(r"[^a-z0-9]+", "", latin)
