"""Which clients of a million are worth a closer look for one that is being entered."""

from __future__ import annotations

from typing import Any

from clientops.matching.normalise import folded_sql, nicknames, words
from clientops.tables.view import Value

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

    def begins(self, column: str, *starts: str) -> str:
        """Condition: a column begins with one of some keys, in any case, or with letters outside ASCII.

        Comparisons with constants are what the engine does fastest; exact conditions follow on the rows that are left.
        """
        ranges = {(form, form[:-1] + chr(ord(form[-1]) + 1)) for key in starts for form in _forms_of(key)}
        ranges |= {(start[0] + "\x80", chr(ord(start[0]) + 1)) for start, _ in ranges if len(start) > 1}
        parts = [f"{column} >= {self.put(low)} and {column} < {self.put(high)}" for low, high in sorted(ranges)]
        return "(" + " or ".join([*parts, f"{column} >= {self.put(chr(128))}"]) + ")"


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


def _forms_of(key: str) -> set[str]:
    return {key, key.upper(), key.capitalize()}


def _address_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """The same e-mail, or the same house number in the same postcode."""
    parts = []
    if keys["email"]:
        mailbox, _, domain = keys["email"].partition("@")
        domains = [domain, *(other for other, same in words()["mail_domains"].items() if same == domain)]
        ends = " or ".join(f"ends_with(lower(email), {values.put('@' + each)})" for each in domains)
        box = "split_part(split_part(lower(trim(email)), '@', 1), '+', 1)"
        box = f"replace({box}, '.', '')" if domain in words()["mail_ignores_dots"] else box
        parts.append(f"{values.begins('email', mailbox[0])} and ({ends}) and {box} = {values.put(mailbox)}")
    if keys["postcode"] and keys["house"]:
        plain = r"regexp_replace(upper(postcode), '[^\p{L}\p{N}]+', '', 'g')"
        start, house, whole = keys["postcode"][:2].lower(), values.put(keys["house"]), values.put(keys["postcode"])
        parts.append(f"{values.begins('postcode', start)} and contains(address1, {house}) and starts_with({plain}, {whole})")
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
    """A company name that begins alike."""
    if not keys["company"]:
        return []
    plain = rf"regexp_replace({_folded('company_name')}, '[^\p{{L}}\p{{N}}]+', '', 'g')"
    begins = values.begins("company_name", keys["company"][:2])
    return [f"{begins} and starts_with({plain}, {values.put(keys['company'][:12])})"]


def _name_conditions(keys: dict[str, Any], values: _Values) -> list[str]:
    """One name is the same and the other has the same initial, either way round."""
    given, surname = keys["given_first"], keys["surname"]
    if not (given and surname):
        return []
    forms = [given, *(nick for nick, name in nicknames().items() if name == given)]
    parts = []
    for one, other in (("first_name", "last_name"), ("last_name", "first_name")):
        is_given = " or ".join(f"split_part({_folded(one)}, ' ', 1) = {values.put(form)}" for form in forms)
        is_surname = f"{_folded(other)} = {values.put(surname)}"
        parts.append(
            f"{values.begins(one, *(form[:2] for form in forms))} and {values.begins(other, surname[0])} and ({is_given})"
        )
        parts.append(
            f"{values.begins(other, surname[:2])} and {values.begins(one, *(form[0] for form in forms))} and {is_surname}"
        )
    return parts


def _folded(column: str) -> str:
    return folded_sql(f"strip_accents(lower({column}))")
