"""Requests of any rule, drawn from its request model and the rows that are there: new rules come in by themselves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from hypothesis import strategies as st
from pydantic.fields import FieldInfo

from clientops.schema.requests import Request
from tests.builders import TODAY

TEXTS = ("x", "O'Hara & Söhne", "=1+1", "山田 🦆", "y" * 60)
# Texts that a rule reads more into than text; what is not listed gets any text.
MEANT = {
    "email": ("ada@example.com", "grace@example.org", "neu@example.net"),
    "currency": ("EUR", "JPY", "KWD", "USD"),
    "country": ("DE", "US", "JP"),
    "language": ("en", "de"),
    "unit_price": ("10", "33.33", "-5"),
    "quantity": ("1", "3"),
    "confirm_name": ("Ada Lovelace", "Grace Hopper", "Grace Hoper", "Kurt Gödel", "Emmy Noether", "Alan Turing"),
}
# Left to the rules' own tests: how texts of these forms are read.
LEFT_OUT = {"phone", "tax_id", "postcode", "state", "clear", "take_from_replaced", "number", "created_on", "key"}
AMOUNTS = ("0.01", "1", "5", "7.25", "11.90", "30", "100", "1000")


def any_request(
    model: type[Request], numbers: Mapping[str, Sequence[int]], operations: Sequence[int]
) -> st.SearchStrategy[dict[str, Any]]:
    """A request of a model; optional fields are given now and then.

    Args:
        model: Request model of the rule.
        numbers: Rows there are, by table.
        operations: Operations there are.
    """
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for name, info in model.model_fields.items():
        values = _values(name, info, numbers, operations)
        if info.is_required():
            required[name] = values
        elif name not in LEFT_OUT:
            # What a request is about is often one of several optional numbers.
            optional[name] = values if _picks(info) == "clients" else st.just(None) | st.just(None) | values
    return st.fixed_dictionaries(required, optional=optional).map(
        lambda given: {name: value for name, value in given.items() if value is not None}
    )


def _values(
    name: str, info: FieldInfo, numbers: Mapping[str, Sequence[int]], operations: Sequence[int]
) -> st.SearchStrategy[Any]:
    if name == "operation_id":
        return st.sampled_from([*operations, 9999])
    picks = _picks(info)
    kind = _bare(info.annotation)
    if picks:
        there = [number for number in numbers.get(picks, ()) for _ in range(4)]
        one = st.sampled_from([*there, 9999])
        return st.lists(one, min_size=1, max_size=2, unique=True) if get_origin(kind) is list else one
    if name in MEANT:
        return st.sampled_from(MEANT[name])
    return _of_type(kind)


def _picks(info: FieldInfo) -> str:
    """The table whose numbers a field takes, if it does."""
    extra = info.json_schema_extra
    return str(extra.get("picks") or "") if isinstance(extra, Mapping) else ""


def _of_type(kind: Any) -> st.SearchStrategy[Any]:
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is list:
        return st.lists(_of_type(_bare(get_args(kind)[0])), min_size=1, max_size=2)
    plain: dict[Any, st.SearchStrategy[Any]] = {
        bool: st.booleans(),
        int: st.integers(1, 9),
        Decimal: st.sampled_from(AMOUNTS),
        date: st.integers(-40, 60).map(lambda days: TODAY + timedelta(days=days)),
    }
    return plain.get(kind, st.sampled_from(TEXTS))


def _bare(annotation: Any) -> Any:
    """A type without ``Optional`` and ``Annotated``."""
    while True:
        if get_origin(annotation) is Annotated:
            annotation = get_args(annotation)[0]
        elif get_origin(annotation) in {Union, UnionType}:
            annotation = next(part for part in get_args(annotation) if part is not NoneType)
        else:
            return annotation
