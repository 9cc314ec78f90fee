"""Phone numbers as people write them: one pattern that finds a number in any notation."""

from __future__ import annotations

import re
from collections.abc import Iterable

import phonenumbers

SHORTEST = 6
_BETWEEN = r"[\s\-./()\[\]\x{2010}-\x{2015}\x{00a0}]*"


def _digits(phone: str, country: str | None) -> tuple[str, str]:
    """Country code (may be empty) and national digits, without leading zeros."""
    try:
        number = phonenumbers.parse(phone, (country or "").upper() or None)
        return str(number.country_code), str(number.national_number)
    except phonenumbers.NumberParseException:
        return "", re.sub(r"\D", "", phone).lstrip("0")


def phones_pattern(mine: Iterable[tuple[str, str | None]], others: Iterable[tuple[str, str | None]] = ()) -> str:
    r"""A regular expression (RE2) that matches phone numbers however they are grouped, with or without country code.

    Args:
        mine: Numbers with the country of whoever has them (may be empty).
        others: Numbers that somebody else has, too: they are left out.

    >>> import re
    >>> pattern = phones_pattern([("+4930999777555", "DE")])
    >>> [bool(re.search(pattern.replace("x{2010}-\\x{2015}", "u2010-\\u2015").replace("x{00a0}", "u00a0"), text))
    ...     for text in ("030 999777555", "0049 (30) 99 97 77-555", "+49 30/999 777 555", "1030999777556")]
    [True, True, True, False]
    """
    taken = {_digits(*one)[1] for one in others}
    found = set()
    for one in mine:
        code, national = _digits(*one)
        if len(national) >= SHORTEST and national not in taken:
            spaced = _BETWEEN.join(national)
            abroad = rf"(\+|\b00{_BETWEEN}|\b){_BETWEEN.join(code)}{_BETWEEN}(\(?0\)?)?{_BETWEEN}|" if code else ""
            found.add((-len(national), rf"({abroad}\b0{_BETWEEN}|\b){spaced}\b"))
    return "|".join(pattern for _, pattern in sorted(found))
