"""The registry: every rule by its name on the command line, with its request model, title and risk."""

from __future__ import annotations

from dataclasses import replace
from difflib import get_close_matches
from functools import lru_cache
from importlib import import_module

from clientops.book.approval.adopt_policy import ADOPT_POLICY, DROP_POLICY
from clientops.book.approval.policy import DIRECT_SQL
from clientops.book.approval.proposals import PROPOSE, REJECT
from clientops.book.erasure.rule import ERASE
from clientops.book.file.backup_log import RECORD_BACKUP
from clientops.book.write.undo import UNDO
from clientops.core.errors import UsageError
from clientops.core.plan import Rule
from clientops.rules.mail.hold_back import holding_back

MODULES = (
    "clientops.rules.settings.business",
    "clientops.rules.settings.currencies",
    "clientops.rules.settings.catalogue",
    "clientops.rules.clients.clients",
    "clientops.rules.users.users",
    "clientops.rules.users.access",
    "clientops.rules.users.invitations",
    "clientops.rules.users.password_resets",
    "clientops.rules.clients.close",
    "clientops.rules.clients.status",
    "clientops.rules.clients.contacts",
    "clientops.rules.credit.account_credit",
    "clientops.rules.credit.apply",
    "clientops.rules.invoices.create",
    "clientops.rules.invoices.issue",
    "clientops.rules.invoices.drafts",
    "clientops.rules.invoices.draft_items",
    "clientops.rules.invoices.generate",
    "clientops.rules.invoices.numbering_scheme",
    "clientops.rules.credit.credit_notes",
    "clientops.rules.payments.fees",
    "clientops.rules.services.add",
    "clientops.rules.services.edit",
    "clientops.rules.services.addons",
    "clientops.rules.services.change",
    "clientops.rules.services.scheduled_changes",
    "clientops.rules.domains.add",
    "clientops.rules.domains.edit",
    "clientops.rules.domains.dns_records",
    "clientops.rules.orders.add",
    "clientops.rules.orders.accept",
    "clientops.rules.orders.cancel",
    "clientops.rules.invoices.status",
    "clientops.rules.payments.record",
    "clientops.rules.payments.refund",
    "clientops.rules.payments.delete",
    "clientops.rules.repairs.books",
    "clientops.rules.repairs.payments",
    "clientops.rules.repairs.batch",
    "clientops.reconciliation.sign_off",
    "clientops.rules.statements.store",
    "clientops.rules.statements.match",
    "clientops.rules.merge.merge",
    "clientops.rules.merge.unmerge",
    "clientops.matching.search_rule",
    "clientops.rules.merge.decide",
    "clientops.rules.clients.delete",
    "clientops.rules.support.notes",
    "clientops.rules.support.custom_fields",
    "clientops.rules.support.custom_values",
    "clientops.rules.support.tickets",
    "clientops.rules.support.replies",
    "clientops.rules.support.communications",
    "clientops.rules.affiliates.affiliates",
    "clientops.rules.affiliates.commissions",
    "clientops.rules.knowledgebase.articles",
    "clientops.rules.knowledgebase.categories",
    "clientops.rules.mail.queue",
    "clientops.rules.mail.delivery",
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
