"""A method for each rule, which previews it; made from the registry, described for editors in ``rule_methods.pyi``."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from clientops.registry import rules
from clientops.schema.requests import Request


class RuleMethods:
    """``book.issue_credit(client_id=12, amount="10.00", …)`` for every rule; ``preview`` does the work."""

    def preview(self, rule: str, requests: Any = None, **fields: Any) -> Any:  # noqa: ARG002  # Book has the method
        """See :meth:`clientops.api.book.Book.preview`."""
        raise TypeError("RuleMethods is a base of Book")


def _method(name: str, model: type[Request], text: str) -> Callable[..., Any]:
    def method(self: RuleMethods, requests: Any = None, **fields: Any) -> Any:
        return self.preview(name, requests, **fields)

    method.__name__ = name.replace("-", "_")
    method.__qualname__ = f"Book.{method.__name__}"
    method.__doc__ = text
    kinds = inspect.Parameter
    method.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
        [
            kinds("self", kinds.POSITIONAL_OR_KEYWORD),
            kinds("requests", kinds.POSITIONAL_OR_KEYWORD, default=None),
            *(
                kinds(
                    field,
                    kinds.KEYWORD_ONLY,
                    default=None if not info.is_required() else kinds.empty,
                    annotation=info.annotation,
                )
                for field, info in model.model_fields.items()
            ),
        ]
    )
    return method


def described(model: type[Request], summary: str) -> str:
    """Docstring of a method: what the rule does, and each field with its help."""
    lines = [
        summary,
        "",
        "Give the fields of one request, or a table of requests. Nothing is changed until the preview is applied.",
        "",
    ]
    lines.append("Args:")
    lines.append("    requests: A mapping, list, DataFrame, Arrow table, or CSV or Excel file.")
    for name, info in model.model_fields.items():
        needed = "" if info.is_required() else " (optional)"
        help_text = ". ".join(part.rstrip(".") for part in (info.title, info.description) if part)
        lines.append(f"    {name}: {help_text}{needed}.")
    return "\n".join(lines)


for _name, _rule in rules().items():
    if _name != "undo":
        _summary = (_rule.function.__doc__ or _rule.title).strip().partition("\n")[0]
        setattr(RuleMethods, _name.replace("-", "_"), _method(_name, _rule.request, described(_rule.request, _summary)))
