"""The registry: every rule by its name on the command line, with its request model, title and risk."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module

from clientops.book.adopting import ADOPT_POLICY, DROP_POLICY
from clientops.book.approval import PROPOSE, REJECT
from clientops.book.erase import ERASE
from clientops.book.policy import DIRECT_SQL
from clientops.book.recording import RECORD_BACKUP
from clientops.book.undo import UNDO
from clientops.changes import Rule
from clientops.errors import UsageError
from clientops.rules.mail_reasons import holding_back

MODULES = (
    "clientops.rules.business",
    "clientops.rules.currencies",
    "clientops.rules.catalogue",
    "clientops.rules.clients",
    "clientops.rules.users",
    "clientops.rules.user_access",
    "clientops.rules.invitations",
    "clientops.rules.password_resets",
    "clientops.rules.closing",
    "clientops.rules.status",
    "clientops.rules.contacts",
    "clientops.rules.credit",
    "clientops.rules.invoice_credit",
    "clientops.rules.invoices",
    "clientops.rules.issuing",
    "clientops.rules.drafts",
    "clientops.rules.draft_items",
    "clientops.rules.generation",
    "clientops.rules.numbering",
    "clientops.rules.credit_notes",
    "clientops.rules.fees",
    "clientops.rules.services",
    "clientops.rules.service_edits",
    "clientops.rules.addons",
    "clientops.rules.service_changes",
    "clientops.rules.waiting_changes",
    "clientops.rules.domains",
    "clientops.rules.domain_edits",
    "clientops.rules.dns_records",
    "clientops.rules.orders",
    "clientops.rules.order_acceptance",
    "clientops.rules.order_cancellation",
    "clientops.rules.invoice_status",
    "clientops.rules.payments",
    "clientops.rules.refunds",
    "clientops.rules.transaction_deletion",
    "clientops.rules.mending",
    "clientops.rules.payment_mending",
    "clientops.rules.mend",
    "clientops.reconciliation.sign_off",
    "clientops.rules.statements",
    "clientops.rules.statement_matches",
    "clientops.rules.merge",
    "clientops.rules.unmerge",
    "clientops.matching.finding",
    "clientops.rules.duplicate_decisions",
    "clientops.rules.delete",
    "clientops.rules.notes",
    "clientops.rules.custom_fields",
    "clientops.rules.custom_values",
    "clientops.rules.tickets",
    "clientops.rules.ticket_replies",
    "clientops.rules.communications",
    "clientops.rules.affiliates",
    "clientops.rules.commissions",
    "clientops.rules.articles",
    "clientops.rules.article_categories",
    "clientops.rules.mail",
    "clientops.rules.outbox",
)

# The kinds of manual entry, in the order in which they are offered; see Rule.manual.
MANUAL_KINDS = (
    "client", "hosting account", "domain name", "custom data or notes", "invoice or transaction", "support ticket",
    "communication log", "order", "add-on or customisation", "affiliate referral", "product or service change",
    "knowledgebase article",
)  # fmt: skip


@lru_cache(maxsize=1)
def rules() -> dict[str, Rule]:
    """Every rule that people apply with requests, by name, in the order of the modules."""
    return {rule.name: rule for rule in _found() if not rule.internal}


@lru_cache(maxsize=1)
def every_rule() -> dict[str, Rule]:
    """Every rule there is by name: those of :func:`rules`, and those of a command or of the program alone."""
    alone = [ERASE, RECORD_BACKUP, PROPOSE, REJECT, ADOPT_POLICY, DROP_POLICY]
    commands = [import_module(module).__dict__[name] for module, name in COMMANDS]
    return {rule.name: rule for rule in [*_found(), *alone, *commands]}


def _found() -> list[Rule]:
    found = (rule for name in MODULES for rule in import_module(name).RULES)
    return [*(replace(rule, function=holding_back(rule.function)) for rule in found), UNDO]


# Rules that are applied by a command of their own, which reads a file: (module, name).
COMMANDS = (
    ("clientops.importing.whmcs.rule", "IMPORT_WHMCS"),
    ("clientops.importing.demo.build", "BUILD_DEMO"),
)
_OTHER_TITLES = {DIRECT_SQL: "Changes by other means"}


def titles() -> dict[str, str]:
    """What people call the rule of an operation, by its name; those that only a command applies, too."""
    return {**{known.name: known.title for known in every_rule().values()}, **_OTHER_TITLES}


def title_of(name: str) -> str:
    """What people call a rule; of one that is no longer known, its name as words."""
    return titles().get(name) or name.replace("-", " ").capitalize()


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
    if name in every_rule():
        raise UsageError(f"The rule {name!r} is not applied by name: {_instead(every_rule()[name])}")
    raise UsageError(f"There is no rule {name!r}{hint}")


def _instead(known: Rule) -> str:
    """How a rule is applied that is not applied by its name."""
    return "only clientops itself applies it" if known.internal else "it has a command of its own, see clientops --help"
