"""The registry: every rule by its name on the command line, with its request model, title and risk."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module

from clientops.book.policy import RULE_NAMES
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
    """Every rule by name, in the order of the modules."""
    found = [
        replace(rule, function=holding_back(rule.function)) for name in MODULES for rule in import_module(name).RULES
    ]
    known = {rule.name: rule for rule in [*found, UNDO]}
    RULE_NAMES.update(known)
    return known


# Of rules that are applied by a command or screen of their own, and by no request table.
_OTHER_TITLES = {
    "build-demo": "Build the demo book", "import-whmcs": "Import WHMCS", "erase-person": "Erase a person",
    "record-backup": "Record a backup", "propose-change": "Ask for approval", "reject-proposal": "Reject a proposal",
    "direct-sql": "Changes by other means",
}  # fmt: skip


def titles() -> dict[str, str]:
    """What people call the rule of an operation, by its name; those that only a command applies, too."""
    return {**{known.name: known.title for known in rules().values()}, **_OTHER_TITLES}


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
    raise UsageError(f"There is no rule {name!r}{hint}")
