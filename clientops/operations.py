"""The registry: every rule by its name on the command line, with its request model, title and risk."""

from __future__ import annotations

from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module

from clientops.book.undo import UNDO
from clientops.changes import Rule
from clientops.errors import UsageError

MODULES = (
    "clientops.rules.clients",
    "clientops.rules.closing",
    "clientops.rules.status",
    "clientops.rules.contacts",
    "clientops.rules.credit",
    "clientops.rules.invoice_credit",
    "clientops.rules.invoices",
    "clientops.rules.issuing",
    "clientops.rules.generation",
    "clientops.rules.invoice_status",
    "clientops.rules.payments",
    "clientops.rules.refunds",
    "clientops.rules.transaction_deletion",
    "clientops.rules.merge",
    "clientops.rules.unmerge",
    "clientops.rules.delete",
    "clientops.rules.mail",
    "clientops.rules.outbox",
)


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Every rule by name, in the order of the modules."""
    found = [rule for name in MODULES for rule in import_module(name).RULES]
    return {rule.name: rule for rule in [*found, UNDO]}


def rule(name: str) -> Rule:
    """The rule of that name.

    Raises:
        UsageError: There is none; the sentence lists near names.
    """
    known = rules()
    if name in known:
        return known[name]
    near = get_close_matches(name, known, 3, 0.4)
    hint = f"; did you mean {' or '.join(near)}?" if near else "; see: clientops rules"
    raise UsageError(f"There is no rule {name!r}{hint}")
