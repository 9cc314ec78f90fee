"""Request tables: what is asked for, one row each, checked against a pydantic model.

Each column is checked over its distinct values, so that one request and a million take the same path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from functools import lru_cache
from types import NoneType, UnionType
from typing import Annotated, Any, ClassVar, Literal, TypeAlias, Union, get_args, get_origin

import duckdb
import pyarrow as pa
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from clientops.changes import Problem, Relation
from clientops.errors import UsageError
from clientops.readable import UNSEEN

Source: TypeAlias = Relation | pa.Table | Sequence[Mapping[str, Any] | BaseModel] | Mapping[str, Any] | BaseModel


@dataclass(frozen=True)
class CrossCheck:
    """A check over several fields of one request, for what the checks of single fields cannot see.

    Attributes:
        fields: The fields it looks at; a request in which one of them could not be read is left out.
        check: Given their values in that order (None: not given), it returns the fields to replace with their values,
            or raises :class:`FieldError`. It runs once for each distinct combination.
    """

    fields: tuple[str, ...]
    check: Callable[..., Mapping[str, Any]]


class FieldError(ValueError):
    """What is wrong with one field of a request, in the light of the others."""

    def __init__(self, field: str, message: str, code: str = "bad_value") -> None:
        self.field, self.message, self.code = field, message, code
        super().__init__(message)


class Request(BaseModel):
    """Base of all request models: one thing asked for. An empty text means: not given.

    Attributes:
        cross_checks: Checks over several fields, run in this order after those of single fields.
    """

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True, frozen=True)
    cross_checks: ClassVar[tuple[CrossCheck, ...]] = ()


def _parse_ids(value: object) -> object:
    """Numbers written as text, separated by spaces, commas or semicolons."""
    if isinstance(value, str):
        return [part for part in re.split(r"[\s,;#]+", value) if part]
    return [value] if isinstance(value, int) else value


Money = Annotated[Decimal, Field(max_digits=18, decimal_places=4)]
PositiveMoney = Annotated[Decimal, Field(gt=0, max_digits=18, decimal_places=4)]
Id = Annotated[int, Field(gt=0, lt=2**62)]
Ids = Annotated[list[Id], BeforeValidator(_parse_ids)]
Text = Annotated[str, Field(min_length=1, max_length=20_000)]


@dataclass(frozen=True)
class RequestTable:
    """Requests that were read: typed rows, and the problems of the values that could not be.

    Attributes:
        model: Model of a row.
        rows: Arrow table of ``row`` (from 1) and one column a field.
        problems: One for each value that could not be read.
    """

    model: type[Request]
    rows: pa.Table
    problems: tuple[Problem, ...]

    def relation(self, connection: duckdb.DuckDBPyConnection) -> Relation:
        """The rows as a relation of a connection."""
        return connection.from_arrow(self.rows)

    def without(self, rows: Iterable[int]) -> RequestTable:
        """The same table without the given rows; the numbers of the others stay."""
        left_out = set(rows)
        keep = [number not in left_out for number in self.rows.column("row").to_pylist()]
        return RequestTable(
            self.model, self.rows.filter(pa.array(keep)), tuple(p for p in self.problems if p.row not in left_out)
        )

    def __len__(self) -> int:
        return int(self.rows.num_rows)


def read_requests(model: type[Request], source: Source) -> RequestTable:
    """Check requests against their model and give them the model's types.

    Args:
        model: Model of one request.
        source: One request or a list of them (mappings or models), an Arrow table, or a DuckDB relation. Its column
            ``row``, if there is one, numbers the requests; else they are numbered from 1.

    Returns:
        The typed table and every problem: ``unknown_column``, ``missing``, ``bad_value``, and those of the model's
        cross-checks.
    """
    columns, count, numbers = _read_columns(source)
    problems: list[Problem] = []
    for name in columns:
        if name not in model.model_fields:
            allowed = ", ".join(model.model_fields)
            problems.append(
                Problem(0, name, "unknown_column", f"there is no field {name!r} here; the fields are {allowed}")
            )
    typed: dict[str, pa.Array] = {"row": pa.array(numbers, pa.int64())}
    for name, info in model.model_fields.items():
        values = columns.get(name)
        kind = arrow_type(info)
        if values is None:
            if info.is_required():
                problems += [_missing(number, name) for number in numbers]
            default = None if info.is_required() else _plain(info.get_default(call_default_factory=True))
            typed[name] = pa.array([default] * count, kind)
        elif values.type.equals(kind) and not _is_checked(info) and not values.null_count:
            typed[name] = values
        else:
            typed[name], found = _check_column(name, info, _adapters(model)[name], values, numbers)
            problems += found
    for cross_check in model.cross_checks:
        problems += _check_across(cross_check, typed, numbers, {(p.row, p.field) for p in problems})
    problems.sort(key=lambda problem: (problem.row, problem.field))
    return RequestTable(model, pa.table(typed), tuple(problems))


def _read_columns(source: Source) -> tuple[dict[str, pa.Array], int, list[int]]:
    """Columns by name, their length, and the numbers of the rows."""
    if isinstance(source, (BaseModel, Mapping)):
        source = [source]
    if isinstance(source, duckdb.DuckDBPyRelation):
        source = source.to_arrow_table()
    if isinstance(source, pa.Table):
        columns = {name: source.column(name).combine_chunks() for name in source.column_names}
        count = source.num_rows
    elif isinstance(source, Sequence) and not isinstance(source, str):
        rows = [r.model_dump(exclude_unset=True) if isinstance(r, BaseModel) else dict(r) for r in source]
        names = list(dict.fromkeys(name for row in rows for name in row))
        columns = {name: _Values([row.get(name) for row in rows]) for name in names}
        count = len(rows)
    else:
        raise UsageError(f"Requests cannot be read from a {type(source).__name__}; give a table, a mapping or a list")
    given = columns.pop("row", None)
    return columns, count, list(range(1, count + 1)) if given is None else _read_numbers(given.to_pylist())


def _read_numbers(given: list[Any]) -> list[int]:
    """The column ``row`` of the requests.

    Raises:
        UsageError: It does not number them.
    """
    texts = [str(number).strip() for number in given]
    if not all(text.isdecimal() for text in texts) or len({int(text) for text in texts}) < len(texts):
        raise UsageError("The column row numbers the requests: it must hold whole numbers, each of them once")
    return [int(text) for text in texts]


class _Values:
    """A column of Python values that may be of mixed types, which Arrow has no array for."""

    type = pa.null()
    null_count = 0

    def __init__(self, values: list[Any]) -> None:
        self._values = values

    def to_pylist(self) -> list[Any]:
        return self._values


def _check_column(
    name: str, info: FieldInfo, adapter: TypeAdapter[Any], values: Any, numbers: list[int]
) -> tuple[pa.Array, list[Problem]]:
    """Typed values of a column, and a problem for each value that is missing or does not fit."""
    distinct, places = _distinct(values)
    default = None if info.is_required() else _plain(info.get_default(call_default_factory=True))
    typed: list[Any] = []
    wrong: dict[int, str | None] = {}
    for place, value in enumerate(distinct):
        typed.append(default)
        if value is None or (isinstance(value, str) and not value.strip()):
            if info.is_required():
                wrong[place] = None
            continue
        shown = "(hidden)" if is_secret(info) else value
        try:
            typed[place] = _plain(adapter.validate_python(value.strip() if isinstance(value, str) else value))
        except ValidationError as error:
            wrong[place] = sentence(name, shown, error)
            continue
        if why := _unfit(value) or _unfit(typed[place]):
            typed[place], wrong[place] = default, f"{name} {_short(shown)} {why}"
    problems = []
    if wrong:
        for number, place in zip(numbers, places.to_pylist(), strict=True):
            if place in wrong:
                text = wrong[place]
                problems.append(_missing(number, name) if text is None else Problem(number, name, "bad_value", text))
    return pa.array(typed, arrow_type(info)).take(places), problems


EARLIEST, LATEST = date(1970, 1, 1), date(2100, 12, 31)
"""No day or moment of any request is before or after these; the rules of each thing are narrower where they can be."""


def _unfit(value: Any) -> str:
    """What is wrong with a value of any field, whatever its model asks for: characters that cannot be seen, days that cannot be."""
    if isinstance(value, date):
        day = value.date() if isinstance(value, datetime) else value
        return "" if EARLIEST <= day <= LATEST else f"cannot be; it must be from {EARLIEST} to {LATEST}"
    texts = value if isinstance(value, list) else [value]
    found = next((match for text in texts if isinstance(text, str) and (match := UNSEEN.search(text))), None)
    return f"contains the character U+{ord(found[0]):04X}, which cannot be seen; leave it out" if found else ""


def is_secret(info: FieldInfo) -> bool:
    """Whether a field's values are never to be shown, in problems or in the history."""
    return isinstance(info.json_schema_extra, dict) and bool(info.json_schema_extra.get("secret"))


def _distinct(values: Any) -> tuple[list[Any], pa.Array]:
    """The distinct values of a column, and for each row the place of its value among them."""
    if isinstance(values, pa.Array) and not pa.types.is_nested(values.type):
        encoded = values.dictionary_encode(null_encoding="encode")
        return encoded.dictionary.to_pylist(), encoded.indices
    distinct: list[Any] = []
    known: dict[Any, int] = {}
    places = []
    for value in values.to_pylist():
        key = (type(value), tuple(value) if isinstance(value, list) else value)
        if key not in known:
            known[key] = len(distinct)
            distinct.append(value)
        places.append(known[key])
    return distinct, pa.array(places, pa.int64())


def _check_across(
    cross_check: CrossCheck, typed: dict[str, pa.Array], numbers: list[int], unread: set[tuple[int, str]]
) -> list[Problem]:
    """Problems of a check over several fields; the fields it replaces are replaced in ``typed``."""
    fields = cross_check.fields
    answers: dict[tuple[Any, ...], Mapping[str, Any] | FieldError] = {}
    replaced: dict[str, dict[int, Any]] = {name: {} for name in fields}
    problems: list[Problem] = []
    for place, values in enumerate(zip(*(typed[name].to_pylist() for name in fields), strict=True)):
        number = numbers[place]
        if unread and any((number, name) in unread for name in fields):
            continue
        if values not in answers:
            try:
                answers[values] = cross_check.check(*values)
            except FieldError as error:
                answers[values] = error
        answer = answers[values]
        if isinstance(answer, FieldError):
            problems.append(Problem(number, answer.field, answer.code, answer.message))
            continue
        for name, value in answer.items():
            replaced[name][place] = value
    for name, new in replaced.items():
        if new:
            old = typed[name].to_pylist()
            typed[name] = pa.array([new.get(place, value) for place, value in enumerate(old)], typed[name].type)
    return problems


def _missing(number: int, name: str) -> Problem:
    return Problem(number, name, "missing", f"{name} is missing")


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
        "string_unicode": "has half a character in it (a lone surrogate); type it anew",
        "too_short": "needs at least {min_length}",
    }
    shown = _short(value)
    if kind in known:
        return f"{name} {shown} {known[kind].format(**context)}"
    text = str(context.get("error") or first["msg"]).removeprefix("Value error, ").rstrip(".")
    return f"{name} {shown}: {text}"


def _short(value: object) -> str:
    """A value as problems show it."""
    if not isinstance(value, str):
        return str(value)
    return repr(value if len(value) <= 60 else value[:57] + "…")


@lru_cache(maxsize=1024)
def _adapters(model: type[Request]) -> dict[str, TypeAdapter[Any]]:
    """What checks each field's values; made once a model, since making one takes milliseconds."""
    config = ConfigDict(str_strip_whitespace=True)
    found: dict[str, TypeAdapter[Any]] = {}
    for name, info in model.model_fields.items():
        annotation: Any = info.annotation
        for item in info.metadata:
            annotation = Annotated[annotation, item]
        if _plain_type(info.annotation) is int and not _is_checked(info):
            annotation = Annotated[annotation, Field(ge=-(2**63), lt=2**63)]
        found[name] = TypeAdapter(annotation, config=config)
    return found


def _is_checked(info: FieldInfo) -> bool:
    """Whether a value of the right type may still be wrong: anything beyond a bare type, at any depth, texts and days."""
    annotation = info.annotation
    if get_origin(annotation) in (Union, UnionType):
        parts = [part for part in get_args(annotation) if part is not NoneType]
        annotation = parts[0] if len(parts) == 1 else annotation
    return bool(info.metadata) or annotation not in (int, bool)


def _plain_type(annotation: Any) -> Any:
    """A field's type without ``None`` and without what is annotated to it."""
    if get_origin(annotation) in (Union, UnionType):
        left = [a for a in get_args(annotation) if a is not NoneType]
        return _plain_type(left[0])
    if get_origin(annotation) is Annotated:
        return _plain_type(get_args(annotation)[0])
    return annotation


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Enum) else value


def arrow_type(info: FieldInfo) -> pa.DataType:
    """Arrow type of a field's column."""
    plain = _plain_type(info.annotation)
    if get_origin(plain) is Literal:
        plain = type(get_args(plain)[0])
    if get_origin(plain) is list:
        return pa.list_(pa.int64() if _plain_type(get_args(plain)[0]) is int else pa.string())
    types: dict[Any, pa.DataType] = {
        bool: pa.bool_(),
        int: pa.int64(),
        Decimal: pa.decimal128(18, 4),
        date: pa.date32(),
        datetime: pa.timestamp("us", "UTC"),
    }
    return types.get(plain, pa.string())
