"""Request tables: what is asked for, one row each, checked against a pydantic model.

Each column is checked over its distinct values, so that one request and a million take the same path.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, ClassVar, TypeAlias

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.fields import FieldInfo

from clientops.core.errors import UsageError
from clientops.core.plan import Problem, Relation
from clientops.core.readable import UNSEEN
from clientops.schema.request_fields import (
    adapters,
    arrow_type,
    is_checked,
    is_secret,
    picked_table,
    plain,
    sentence,
    short,
)

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
class Named:
    """A row of the book that requests name by a text, e.g. a client by e-mail: it is found where the book is at hand.

    Attributes:
        field: Field of the requests.
        table: Table that it picks rows of.
        text: What was given.
        rows: Requests that give it.
    """

    field: str
    table: str
    text: str
    rows: tuple[int, ...]


@dataclass(frozen=True)
class RequestTable:
    """Requests that were read: typed rows, and the problems of the values that could not be.

    Attributes:
        model: Model of a row.
        rows: Arrow table of ``row`` (from 1) and one column a field.
        problems: One for each value that could not be read.
        named: Rows of the book that are named by a text; their fields are empty until they are found.
        notes: What was understood otherwise than it is written, to be shown in the preview.
    """

    model: type[Request]
    rows: pa.Table
    problems: tuple[Problem, ...]
    named: tuple[Named, ...] = ()
    notes: tuple[Problem, ...] = ()

    def relation(self, connection: duckdb.DuckDBPyConnection) -> Relation:
        """The rows as a relation of a connection."""
        return connection.from_arrow(self.rows)

    def without(self, rows: Iterable[int]) -> RequestTable:
        """The same table without the given rows; the numbers of the others stay."""
        left_out = set(rows)
        keep = [number not in left_out for number in self.rows.column("row").to_pylist()]
        named = (replace(n, rows=tuple(row for row in n.rows if row not in left_out)) for n in self.named)
        return replace(
            self,
            rows=self.rows.filter(pa.array(keep)),
            problems=tuple(p for p in self.problems if p.row not in left_out),
            named=tuple(n for n in named if n.rows),
            notes=tuple(n for n in self.notes if n.row not in left_out),
        )

    def with_rows(self, rows: pa.Table) -> RequestTable:
        """The same requests with other values."""
        return replace(self, rows=rows)

    def noted(self, notes: Iterable[Problem]) -> RequestTable:
        """The same requests with more notes."""
        return replace(self, notes=(*self.notes, *notes))

    def found(self, numbers: Mapping[tuple[str, str], int], problems: Iterable[Problem]) -> RequestTable:
        """The same requests with what they name by a text found: numbers by field and text, and a problem for each other.

        Checks over several fields, which had to wait for it, are made now.
        """
        rows, waited = self.rows, {row for named in self.named for row in named.rows}
        for field in dict.fromkeys(named.field for named in self.named):
            given = {r: numbers.get((field, n.text)) for n in self.named if n.field == field for r in n.rows}
            values = zip(rows.column("row").to_pylist(), rows.column(field).to_pylist(), strict=True)
            column = pa.array([given.get(row, value) for row, value in values], rows.schema.field(field).type)
            rows = rows.set_column(rows.schema.get_field_index(field), field, column)
        wrong = [*self.problems, *problems]
        typed = {name: rows.column(name).combine_chunks() for name in rows.column_names}
        for cross_check in self.model.cross_checks if waited else ():
            wrong += _check_across(cross_check, typed, {(p.row, p.field) for p in wrong}, only=waited)
        wrong.sort(key=lambda problem: (problem.row, problem.field))
        return replace(self, rows=pa.table(typed), problems=tuple(wrong), named=())

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
    _name_client(model, columns)
    problems: list[Problem] = []
    for name in columns:
        if name not in model.model_fields:
            allowed = ", ".join(model.model_fields)
            problems.append(
                Problem(0, name, "unknown_column", f"there is no field {name!r} here; the fields are {allowed}")
            )
    typed: dict[str, pa.Array] = {"row": pa.array(numbers, pa.int64())}
    named: list[Named] = []
    for name, info in model.model_fields.items():
        values = columns.get(name)
        kind = arrow_type(info)
        if values is None:
            if info.is_required():
                problems += [_missing(number, name) for number in numbers]
            default = None if info.is_required() else plain(info.get_default(call_default_factory=True))
            typed[name] = pa.array([default] * count, kind)
        elif values.type.equals(kind) and not is_checked(info) and not values.null_count:
            typed[name] = values
        else:
            values, texts = _apart(name, info, values, numbers)
            named += texts
            typed[name], found = _check_column(name, info, adapters(model)[name], values, numbers)
            waits = {row for text in texts for row in text.rows}
            problems += [p for p in found if p.row not in waits]
    unread = {(row, text.field) for text in named for row in text.rows}
    for cross_check in model.cross_checks:
        problems += _check_across(cross_check, typed, unread | {(p.row, p.field) for p in problems})
    problems.sort(key=lambda problem: (problem.row, problem.field))
    return RequestTable(model, pa.table(typed), tuple(problems), tuple(named))


CLIENT_COLUMNS = ("client", "client_email", "email", "client_name", "company")
"""Columns that may name the client where a rule wants one and none gives its number."""


def _name_client(model: type[Request], columns: dict[str, Any]) -> None:
    """Take a column that names clients for that of their numbers, where there is none and it means nothing else."""
    info = next(
        ((n, i) for n, i in model.model_fields.items() if i.is_required() and picked_table(i) == "clients"), None
    )
    found = [name for name in columns if name in CLIENT_COLUMNS and name not in model.model_fields]
    if info is not None and info[0] not in columns and len(found) == 1:
        columns[info[0]] = columns.pop(found[0])


def _apart(name: str, info: FieldInfo, values: Any, numbers: list[int]) -> tuple[Any, list[Named]]:
    """A column without the texts that name rows of the book, and those texts; ``#12`` is number 12."""
    table = picked_table(info)
    is_array = isinstance(values, pa.Array)
    if not table or arrow_type(info) != pa.int64() or (is_array and not pa.types.is_string(values.type)):
        return values, []
    if is_array and not pc.any(pc.match_substring_regex(values, r"[^\d\s]")).as_py():
        return values, []
    kept: list[Any] = []
    named: dict[str, list[int]] = {}
    for number, value in zip(numbers, values.to_pylist(), strict=True):
        text = value.strip() if isinstance(value, str) else ""
        if not any(sign.isalpha() for sign in text) or UNSEEN.search(text):
            kept.append(re.sub(r"^#\s*(?=\d)", "", text) if text else value)
        else:
            kept.append(None)
            named.setdefault(text, []).append(number)
    return _Values(kept), [Named(name, table, text, tuple(rows)) for text, rows in named.items()]


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
    default = None if info.is_required() else plain(info.get_default(call_default_factory=True))
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
            typed[place] = plain(adapter.validate_python(value.strip() if isinstance(value, str) else value))
        except ValidationError as error:
            wrong[place] = sentence(name, shown, error)
            continue
        if why := _unfit(value) or _unfit(typed[place]):
            typed[place], wrong[place] = default, f"{name} {short(shown)} {why}"
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


def secret_fields(model: type[Request]) -> frozenset[str]:
    """Fields of a model whose values are never to be shown or kept."""
    return frozenset(name for name, info in model.model_fields.items() if is_secret(info))


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
    cross_check: CrossCheck, typed: dict[str, pa.Array], unread: set[tuple[int, str]], *, only: set[int] | None = None
) -> list[Problem]:
    """Problems of a check over several fields, of ``only`` some rows; the fields it replaces are replaced in ``typed``."""
    fields, numbers = cross_check.fields, typed["row"].to_pylist()
    answers: dict[tuple[Any, ...], Mapping[str, Any] | FieldError] = {}
    replaced: dict[str, dict[int, Any]] = {name: {} for name in fields}
    problems: list[Problem] = []
    for place, values in enumerate(zip(*(typed[name].to_pylist() for name in fields), strict=True)):
        number = numbers[place]
        if (only is not None and number not in only) or (unread and any((number, name) in unread for name in fields)):
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
