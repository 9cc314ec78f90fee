"""Field types of request models that good libraries check, and the checks that need the country as well."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from clientops.core.readable import kept_way_of_paying
from clientops.rules.kit.parsers import (
    parse_country,
    parse_currency,
    parse_email,
    parse_language,
    parse_line,
    parse_phone,
    parse_postcode,
    parse_tax_id,
)
from clientops.schema.requests import CrossCheck, FieldError


def _parse_phone_alone(text: str) -> str:
    """A phone number as far as it can be read without its country: international, or digits still to be read."""
    text = parse_line(text)
    if text.startswith("+"):
        return parse_phone(text)
    if not re.search(r"\d{2}", text) or not re.fullmatch(r"[\w\s().,;/#*-]+", text):
        raise ValueError("not a phone number; write it like +49 30 123456")
    return text


def _parse_names(value: object) -> object:
    """Column names written as text, separated by spaces, commas or semicolons."""
    return [part for part in re.split(r"[\s,;]+", value) if part] if isinstance(value, str) else value


def _parse_place(text: str) -> str:
    """Where a file is: a path, or an address of a kind that only leads to files and pages."""
    scheme = re.match(r"([A-Za-z][A-Za-z0-9+.-]+):", text)  # one letter is a drive
    if scheme and scheme[1].lower() not in PLACES:
        raise ValueError(
            f"begins with {scheme[0]}, which is not an address of a file; write a path, or an address with {', '.join(PLACES)}"
        )
    return text


PLACES = ("https", "http", "ftp", "ftps", "sftp", "smb", "file", "s3")

Line = Annotated[str, Field(min_length=1, max_length=250), AfterValidator(parse_line)]
WayOfPaying = Annotated[
    str, Field(min_length=1, max_length=250), AfterValidator(parse_line), AfterValidator(kept_way_of_paying)
]
Place = Annotated[str, Field(min_length=1, max_length=250), AfterValidator(parse_line), AfterValidator(_parse_place)]
Email = Annotated[str, Field(max_length=254), AfterValidator(parse_line), AfterValidator(parse_email)]
Phone = Annotated[str, Field(min_length=3, max_length=60), AfterValidator(_parse_phone_alone)]
TaxId = Annotated[str, Field(min_length=3, max_length=40), AfterValidator(parse_line)]
Postcode = Annotated[str, Field(min_length=1, max_length=20), AfterValidator(parse_line)]
Country = Annotated[str, Field(max_length=100), AfterValidator(parse_country)]
CurrencyCode = Annotated[str, Field(max_length=10), AfterValidator(parse_currency)]
Language = Annotated[str, Field(max_length=50), AfterValidator(parse_language)]
ColumnNames = Annotated[list[str], BeforeValidator(_parse_names)]


def _by_country(field: str, parse: Callable[[str, str | None], str]) -> CrossCheck:
    def check(value: str | None, country: str | None) -> dict[str, Any]:
        if value is None:
            return {}
        try:
            return {field: parse(value, country)}
        except ValueError as error:
            raise FieldError(field, f"{field} {value!r}: {error}") from None

    return CrossCheck((field, "country"), check)


def _parse_postcode_anywhere(text: str, country: str | None) -> str:
    return parse_postcode(text, country) if country else text


ADDRESS_CHECKS: tuple[CrossCheck, ...] = (
    _by_country("phone", parse_phone),
    _by_country("tax_id", parse_tax_id),
    _by_country("postcode", _parse_postcode_anywhere),
)
