"""Which clients of a million are worth a closer look for one that is being entered."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import duckdb

from clientops.matching.normalise import any_of, folded_sql, nicknames, words
from clientops.schema.tables import Value

CLIENT_COLUMNS = (
    "first_name", "last_name", "company_name", "email", "address1", "city", "postcode", "country", "phone", "tax_id",
)  # fmt: skip


class _Values:
    """Values of a condition, handed to the engine as parameters."""

    def __init__(self) -> None:
        self.named: dict[str, Value] = {}

    def put(self, value: Value) -> str:
        """Keep a value; the parameter that stands for it."""
        name = f"v{len(self.named)}"
        self.named[name] = value
        return f"${name}"


def _begins(column: str, *keys: str) -> str:
    """Condition: a text begins with a letter that some key begins with, whatever the case, accent or script.

    It comes first in each part: comparing one letter is what the engine does fastest; exact conditions follow on the
    few rows that are left.
    """
    codes = sorted({ord(letter) for key in keys for letter in first_letters().get(key[0], key[0])})
    return f"ord({column}) in ({', '.join(map(str, codes))})"


@lru_cache(maxsize=1)
def first_letters() -> dict[str, str]:
    """For the first letter of a key, the letters that its text can begin with: for o also O, Ö, ø, о, ο."""
    folded = _folded("letter")
    found: dict[str, str] = dict(duckdb.sql(FIRST_LETTERS.format(folded=folded)).fetchall())
    return found


FIRST_LETTERS = """
    with letters as (select chr(code::integer) as letter from range(33, 1120) r (code) where code < 384 or code > 900)
    select left({folded}, 1), string_agg(letter, '' order by letter) from letters where {folded} <> '' group by 1
"""


def near_clients_sql(entered: list[dict[str, Any]]) -> tuple[str, dict[str, Value]]:
    """Condition on ``clients``, and its values: shares something with one of these keys."""
    values = _Values()
    parts = [
        f"({part})"
        for keys in entered
        for conditions in (_address_conditions, _number_conditions, _company_conditions, _name_conditions)
        for part in conditions(keys, values)
    ]
    return " or ".join(parts) or "false", values.named


def _address_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """The same e-mail, or the same house number in the same postcode."""
    parts = []
    if keys["email"]:
        mailbox, _, domain = keys["email"].partition("@")
        domains = [domain, *(other for other, same in words()["mail_domains"].items() if same == domain)]
        ends = " or ".join(f"ends_with(lower(email), {values.put('@' + each)})" for each in domains)
        box = "split_part(split_part(lower(trim(email)), '@', 1), '+', 1)"
        box = f"replace({box}, '.', '')" if domain in words()["mail_ignores_dots"] else box
        parts.append(
            f"ord(email) in ({ord(mailbox[0])}, {ord(mailbox[0].upper())}) and ({ends}) and {box} = {values.put(mailbox)}"
        )
    if keys["postcode"] and keys["house"]:
        plain = r"regexp_replace(upper(postcode), '[^\p{L}\p{N}]+', '', 'g')"
        house, whole = values.put(keys["house"]), values.put(keys["postcode"])
        begins = _begins("postcode", keys["postcode"].lower())
        parts.append(f"{begins} and contains(address1, {house}) and starts_with({plain}, {whole})")
    return parts


def _number_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """The same last digits of phone or tax number."""
    return [
        f"ends_with({name}, {values.put(keys[name][-2:])})"
        f" and right(regexp_replace({name}, '[^0-9A-Za-z]+', '', 'g'), 5) = {values.put(keys[name][-5:])}"
        for name in ("phone", "tax_id")
        if keys[name]
    ]


def _company_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """A company name that begins alike, perhaps behind a legal form; up to an "and", which others write otherwise."""
    if not keys["company"]:
        return []
    before, _, _ = keys["company"].partition("and")
    start = (before if len(before) > 2 else keys["company"])[:12]
    forms = f"{any_of('leading_forms')}|{any_of('glued_forms')}"
    plain = rf"regexp_replace({_folded('company_name')}, '[^\p{{L}}\p{{N}}]+', '', 'g')"
    begins = _begins("company_name", start, *forms.split("|"), "(")
    return [f"{begins} and regexp_matches({plain}, {values.put(f'^(?:{forms})?{start}')})"]


def _name_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """One name is the same and the other has the same initial, either way round."""
    given, surname = keys["given_first"], keys["surname"]
    if not (given and surname):
        return []
    forms = [given, *(nick for nick, name in nicknames().items() if name == given)]
    is_form, is_surname = values.put(f" {' '.join(forms)} "), values.put(surname)
    return [
        f"{_begins(other, surname)} and {_begins(one, *forms)}"
        f" and (contains({is_form}, ' ' || split_part({_folded(one)}, ' ', 1) || ' ') or {_folded(other)} = {is_surname})"
        for one, other in (("first_name", "last_name"), ("last_name", "first_name"))
    ]


def _folded(column: str) -> str:
    return folded_sql(f"strip_accents(lower({column}))")
