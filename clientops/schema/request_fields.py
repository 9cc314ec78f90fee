"""What is known of a request's fields from their types: how they are kept, what they pick, and what is wrong with a value."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import pyarrow as pa
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo


def is_secret(info: FieldInfo) -> bool:
    """Whether a field's values are never to be shown, in problems or in the history."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("secret"))


def picked_table(info: FieldInfo) -> str:
    """The table whose rows a field names; empty where it names none."""
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    return str(extra.get("picks") or "")


def sentence(name: str, value: object, error: ValidationError) -> str:
    """What is wrong with a value and what would be allowed, for people."""
    first = error.errors()[0]
    context = first.get("ctx") or {}
    kind = first["type"]
    known: dict[str, str] = {
        "greater_than": "must be more than {gt}",
        "greater_than_equal": "must be at least {ge}",
        "less_than": "must be less than {lt}",
        "less_than_equal": "must be at most {le}",
        "decimal_parsing": "is not a number; write it like 12.50",
        "decimal_type": "is not a number; write it like 12.50",
        "decimal_max_places": "has more than {decimal_places} decimals",
        "decimal_max_digits": "is too large; at most {max_digits} digits",
        "decimal_whole_digits": "is too large; at most {whole_digits} digits before the point",
        "finite_number": "is not a number; write it like 12.50",
        "int_parsing": "is not a whole number",
        "int_from_float": "is not a whole number",
        "int_type": "is not a whole number",
        "bool_parsing": "must be yes or no",
        "bool_type": "must be yes or no",
        "date_parsing": "is not a date; write it like 2026-11-30",
        "date_from_datetime_parsing": "is not a date; write it like 2026-11-30",
        "date_from_datetime_inexact": "is not a date; write it like 2026-11-30",
        "date_type": "is not a date; write it like 2026-11-30",
        "datetime_parsing": "is not a moment; write it like 2026-11-30 14:05",
        "datetime_from_date_parsing": "is not a moment; write it like 2026-11-30 14:05",
        "literal_error": "must be one of {expected}",
        "enum": "must be one of {expected}",
        "string_too_short": "must have at least {min_length} characters",
        "string_too_long": "is too long; at most {max_length} characters",
        "string_type": "must be text",
        "string_unicode": "has half a character in it (a lone surrogate); type it again",
        "too_short": "needs at least {min_length}",
    }
    shown = short(value)
    if kind in known:
        return f"{name} {shown} {known[kind].format(**context)}"
    text = str(context.get("error") or first["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name} {shown}: {text}"


def short(value: object) -> str:
    """A value as problems show it."""
    if not isinstance(value, str):
        return str(value)
    return repr(value if len(value) <= 60 else value[:57] + "…")


def is_checked(info: FieldInfo) -> bool:
    """Whether a value of the right type may still be wrong: anything beyond a bare type, at any depth, texts and days."""
    annotation = info.annotation
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        annotation = parts[0] if len(parts) == 1 else annotation
    return bool(info.metadata) or annotation not in (int, bool)


def plain_type(annotation: Any) -> Any:
    """A field's type without ``None`` and without what is annotated to it."""
    if get_origin(annotation) in (Union, UnionType):
        left = [a for a in get_args(annotation) if a is not NoneType]
        return plain_type(left[0])
    if get_origin(annotation) is Annotated:
        return plain_type(get_args(annotation)[0])
    return annotation


def plain(value: Any) -> Any:
    """A value as the tables keep it: that of an enum's member, everything else as it is."""
    return value.value if isinstance(value, Enum) else value


def arrow_type(info: FieldInfo) -> pa.DataType:
    """Arrow type of a field's column."""
    plain = plain_type(info.annotation)
    if get_origin(plain) is Literal:
        plain = type(get_args(plain)[0])
    if get_origin(plain) is list:
        return pa.list_(pa.int64() if plain_type(get_args(plain)[0]) is int else pa.string())
    types: dict[Any, pa.DataType] = {
        bool: pa.bool_(),
        int: pa.int64(),
        Decimal: pa.decimal128(18, 4),
        date: pa.date32(),
        datetime: pa.timestamp("us", "UTC"),
    }
    return types.get(plain, pa.string())


def is_literal(info: FieldInfo) -> bool:
    """Whether a field takes one of a few given words."""
    kind = plain_type(info.annotation)
    return get_origin(kind) is Literal or (isinstance(kind, type) and issubclass(kind, Enum))


@lru_cache(maxsize=1024)
def adapters(model: type[BaseModel]) -> dict[str, TypeAdapter[Any]]:
    """What checks each field's values; made once a model, since making one takes milliseconds."""
    config = ConfigDict(str_strip_whitespace=True)
    found: dict[str, TypeAdapter[Any]] = {}
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        for item in info.metadata:
            annotation = Annotated[annotation, item]
        if plain_type(info.annotation) is int and not is_checked(info):
            annotation = Annotated[annotation, Field(ge=-(2**63), lt=2**63)]
        found[name] = TypeAdapter(annotation, config=config)
    return found
