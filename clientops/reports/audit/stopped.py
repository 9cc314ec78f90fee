"""What the policy of today would have stopped, and by which right each operation was made."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from clientops.book.approval.amounts_moved import amounts_moved
from clientops.book.approval.policy import DIRECT_SQL, EVERYBODY, Policy
from clientops.core.plan import Rule
from clientops.registry import every_rule
from clientops.reports.audit.period import Period
from clientops.reports.audit.section import Figure, Section, count_figure, listed

NONE = "There is no policy: everybody may do everything, and nothing would have been stopped."
OPERATIONS = """
    select o.id, o.applied_at, o.operator, o.rule, o.reason, o.change_count, o.details ->> 'proposal', o.details ->> 'policy',
        o.details ->> 'role'
    from {operations} o order by o.id
"""


def stopped_section(period: Period) -> Section:
    """Operations that the policy of today would not have let through, and policies that others were made under."""
    policy = period.policy
    rows = period.tables.query(OPERATIONS.format(operations=period.operations())).fetchall()
    rules = every_rule()
    amounts: dict[int, Decimal] = {}
    if any(entry.above is not None for entry in policy.second_person):
        amounts = amounts_moved(period.tables._connection, [row[0] for row in rows])  # noqa: SLF001
    found = []
    for number, at, operator, rule, reason, count, proposal, _, role in rows:
        because = _stopped(
            policy, rules, operator, rule, count=count, moved=amounts.get(number, Decimal(0)), proposal=proposal
        )
        if policy.path is not None and because:
            found.append((number, at, operator, rule, reason, role or "not recorded", because))
    stopped = listed(
        "stopped", "Operations that the policy of today would have stopped",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Reason", "text"), ("Role then", "text"), ("Because", "text")),
        found,
    )  # fmt: skip
    elsewhere = [(row[0], row[1], row[2], row[3], row[7] or "none") for row in rows if row[7] != policy.sha256]
    others = listed(
        "other-policies", "Operations that were made without this policy, or under another one",
        (("Operation", "operation"), ("Applied (UTC)", "moment"), ("Operator", "text"), ("Rule", "text"), ("Hash of the policy then", "text")),
        elsewhere if policy.path is not None else [],
    )  # fmt: skip
    in_force = policy.sha256 or "none"
    return Section(
        "policy", "Policy",
        NONE if policy.path is None else "Each operation keeps the hash of the policy in force and its operator's role. They are compared with the policy of today.",
        (Figure("Hash of the policy of today", in_force), count_figure("Operations that it would have stopped", stopped, is_bad=True),
         count_figure("Operations without it", others)),
        (stopped, others),
    )  # fmt: skip


def _stopped(
    policy: Policy,
    rules: Mapping[str, Rule],
    operator: str,
    rule: str,
    *,
    count: int,
    moved: Decimal,
    proposal: str | None,
) -> str:
    """Why a policy would have stopped an operation; empty if it would not."""
    known = rules.get(rule)
    least = known.least if known else "admin" if rule == DIRECT_SQL else "clerk"
    if (known is None or not known.internal) and not policy.may(operator, least):
        return f"{operator} is {policy.person(operator).role}, and {rule} needs {least}"
    if proposal or rule == DIRECT_SQL or (known is not None and known.is_record):
        return ""
    for entry in policy.second_person:
        if rule not in entry.rules and EVERYBODY not in entry.rules:
            continue
        if entry.above is None and entry.rows is None:
            return f"{rule} always needs a second person"
        if entry.above is not None and moved > entry.above:
            return f"it moved {moved:f} in the default currency, more than {entry.above:f}"
        if entry.rows is not None and count > entry.rows:
            return f"it changed {count:,} rows, more than {entry.rows:,}"
    return ""
