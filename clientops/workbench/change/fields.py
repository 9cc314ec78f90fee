"""The fields of a form, read off a request model."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from clientops.core.readable import way_of_paying
from clientops.schema.request_fields import is_secret
from clientops.schema.requests import Request
from clientops.workbench.ui.labels import humanised

WAYS = ("payment_method", "gateway")
Kind = Literal["pick", "money", "number", "date", "moment", "tick", "choice", "text", "long", "list", "secret"]


@dataclass(frozen=True)
class Field:
    """One field of a form.

    Attributes:
        name: Field of the request.
        kind: What it is entered with.
        label: What it is called.
        help: A sentence below it.
        is_required: Whether it must be given.
        choices: What may be chosen, for a choice.
        default: What it begins with, as the browser holds it.
        picks: Table whose rows are picked.
        is_markdown: Whether it is drawn below, as one types.
        is_secret: Whether what is typed is kept nowhere, not even in a draft.
    """

    name: str
    kind: Kind
    label: str
    help: str
    is_required: bool
    choices: tuple[str, ...]
    default: str | bool
    picks: str
    is_markdown: bool = False
    is_secret: bool = False


def fields_of(model: type[Request]) -> tuple[Field, ...]:
    """The fields of a request model, in its order."""
    return tuple(_field(name, info) for name, info in model.model_fields.items())


def _field(name: str, info: FieldInfo) -> Field:
    extra = info.json_schema_extra if isinstance(info.json_schema_extra, dict) else {}
    plain, is_optional = _plain(info.annotation)
    kind, choices = _kind(name, plain, extra)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if kind == "tick" and is_optional:
        kind, choices = "choice", ("yes", "no")
    if kind == "choice" and (is_optional or info.is_required()):
        choices = ("", *choices)
    shown: str | bool = bool(default) if kind == "tick" else _text(default)
    help_text = info.description or ""
    return Field(
        name, kind, info.title or humanised(name), help_text, info.is_required(), choices, shown, str(extra.get("picks") or ""),
        bool(extra.get("markdown")), is_secret(info),
    )  # fmt: skip


def _plain(annotation: Any) -> tuple[Any, bool]:
    """A type without ``None`` and without what is annotated to it, and whether it may be None."""
    if get_origin(annotation) in (Union, UnionType):
        parts = get_args(annotation)
        return _plain(next(p for p in parts if p is not NoneType))[0], NoneType in parts
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    return annotation, False


def _kind(name: str, plain: Any, extra: dict[str, Any]) -> tuple[Kind, tuple[str, ...]]:  # noqa: PLR0911  # a table of cases
    if get_origin(plain) is Literal:
        return "choice", tuple(str(value) for value in get_args(plain))
    if isinstance(plain, type) and issubclass(plain, Enum):
        return "choice", tuple(str(member.value) for member in plain)
    if extra.get("choices"):
        return "choice", tuple(str(value) for value in extra["choices"])
    if get_origin(plain) is list:
        return "list", ()
    if extra.get("picks"):
        return "pick", ()
    if extra.get("multiline"):
        return "long", ()
    if extra.get("secret") and not extra.get("is_shown"):
        return "secret", ()
    kinds: dict[Any, Kind] = {bool: "tick", Decimal: "money", int: "number", date: "date", datetime: "moment"}
    return kinds.get(plain, "text"), ()


def _text(value: Any) -> str:  # noqa: PLR0911  # a table of cases
    """A value as the browser's input holds it."""
    if value is None or value is PydanticUndefined:
        return ""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, (list, tuple)):
        return ", ".join(str(part) for part in value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M")
    return str(value)


def entered(field: Field, value: Any) -> str | bool:
    """A value of a row or a request as the field's input holds it."""
    if field.kind == "tick":
        return bool(value)
    return way_of_paying(value) if field.name in WAYS and isinstance(value, str) else _text(value)
