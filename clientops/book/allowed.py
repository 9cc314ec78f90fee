"""What the policy lets a person do: their role, and which changes need a second one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import Decimal

import duckdb

from clientops.book.moved import money_moved, moved_before
from clientops.book.planning import Settled
from clientops.book.policy import EVERYBODY, ROLES, Policy, SecondPerson
from clientops.book.preview import Preview
from clientops.errors import NotAllowedError, Role, UsageError
from clientops.readable import counted
from clientops.requests import RequestTable

Gate = Callable[[duckdb.DuckDBPyConnection, list[Settled]], None]

# Recording what was done or asked for; what it asks for is looked at when it is applied. Who was invited, or forgot a password, chooses alone.
OWN_RULES = ("propose-change", "reject-proposal", "record-backup", "begin-mail", "record-mail", "hold-mail",
             "accept-invitation", "send-password-reset")  # fmt: skip
LEAST: dict[str, Role] = {
    "erase-person": "admin",
    "direct-sql": "admin",
    "reject-proposal": "clerk",
    "accept-invitation": "viewer",
    "send-password-reset": "viewer",
}


def policy_gate(policy: Policy, preview: Preview, operator: str, proposal: int | None) -> Gate:
    """What the policy has against a change, asked once it is known what it does.

    Raises:
        NotAllowedError: The role is too low.
    """
    rule = preview.rule.name
    check_role(policy, operator, rule)

    def gate(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> None:
        if proposal is not None:
            asked = requests_json(preview.requests)
            check_approval(connection, policy, operator, proposal, rule=rule, key=preview.key, requests=asked)
        elif not (policy.may(operator, "admin") and _is_repair(connection, preview)) and (
            because := needed_because(connection, policy, preview, changes, operator)
        ):
            raise NotAllowedError(f"Nothing was changed: {because}, so a second person is needed", waits=True)

    return gate


def _is_repair(connection: duckdb.DuckDBPyConnection, preview: Preview) -> bool:
    """Whether it puts back what direct SQL had changed; an admin decides about that alone."""
    if preview.rule.name != "undo":
        return False
    row = connection.execute(
        "select rule from history.operations where id = $id",
        {"id": preview.requests.rows.column("operation_id")[0].as_py()},
    ).fetchone()
    return row is not None and row[0] == "direct-sql"


def requests_json(requests: RequestTable) -> str:
    """Requests as a proposal keeps them; they can be read back."""
    rows = [
        {name: value for name, value in row.items() if value is not None and name != "row"}
        for row in requests.rows.to_pylist()
    ]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, default=str)


def check_role(policy: Policy, operator: str, rule: str, least: Role | None = None) -> None:
    """Refuse what a person's role does not allow.

    Raises:
        NotAllowedError: The role is too low.
    """
    needed = least or LEAST.get(rule, "clerk")
    if not policy.may(operator, needed):
        role = policy.person(operator).role
        needed = max(needed, LEAST.get(rule, needed), key=ROLES.index)
        raise NotAllowedError(
            f"Nothing was changed: {operator} is {_a(role)}, and {rule} needs {_a(needed)} ({policy.path})"
        )


def _a(role: str) -> str:
    return f"an {role}" if role.startswith("a") else f"a {role}"


def needed_because(
    connection: duckdb.DuckDBPyConnection, policy: Policy, preview: Preview, changes: Sequence[Settled], operator: str
) -> str:
    """Why a second person is needed for settled changes, as a clause; empty if none is.

    What a mending carries out, and what an undo takes back or brings again, counts as the rules that it does the work of.
    """
    if preview.rule.name in OWN_RULES or not policy.second_person:
        return ""
    names = acting_rules(connection, preview)
    asked = [(entry, name) for entry in policy.second_person if (name := _named(entry, names))]
    if not asked:
        return ""
    rows = sum(settled.count for settled in changes)
    moved = money_moved(connection, changes) if any(entry.above is not None for entry, _ in asked) else Decimal(0)
    for entry, name in asked:
        told = preview.rule.name if name == preview.rule.name else f"{preview.rule.name} of {name}"
        if reason := _reason(entry, told, moved, rows):
            return reason
        if entry.above is not None and entry.days and moved:
            undone = _undone(preview)
            before = moved_before(connection, entry.rules, operator, entry.days, now=preview.now, leaving_out=undone)
            if moved + before > entry.above:
                return (
                    f"it moves {moved:f} in the default currency, with what {operator} moved within {entry.days} "
                    f"day{'' if entry.days == 1 else 's'} {moved + before:f}, more than {entry.above:f}"
                )
    return ""


def _named(entry: SecondPerson, names: Sequence[str]) -> str:
    """The first of these rules that an entry is about; empty if it is about none."""
    return next((name for name in names if name in entry.rules or EVERYBODY in entry.rules), "")


def acting_rules(connection: duckdb.DuckDBPyConnection, preview: Preview) -> list[str]:
    """The rule of a preview, and those whose work it does."""
    if preview.rule.name == "mend":
        asked = preview.requests.rows.column("rule").to_pylist()
        return list(dict.fromkeys([preview.rule.name, *(name for name in asked if name)]))
    found = connection.execute(UNDONE_RULES, {"numbers": _undone(preview)}).fetchall()
    return list(dict.fromkeys([preview.rule.name, *(name for (name,) in found if name)]))


def _undone(preview: Preview) -> list[int]:
    """Operations that a preview takes back."""
    if preview.rule.name != "undo":
        return []
    return [number for number in preview.requests.rows.column("operation_id").to_pylist() if number is not None]


UNDONE_RULES = """
    with recursive undone as (
        select id, rule, undoes_id from history.operations where id in (select unnest($numbers::bigint[]))
        union
        select o.id, o.rule, o.undoes_id from history.operations o join undone u on o.id = u.undoes_id
    )
    select rule from undone
    union
    select request ->> 'rule' from history.requests where operation_id in (select id from undone where rule = 'mend')
    order by 1
"""


def _reason(entry: SecondPerson, rule: str, moved: Decimal, rows: int) -> str:
    if entry.above is None and entry.rows is None:
        return f"{rule} always needs a second person"
    if entry.above is not None and moved > entry.above:
        return f"it moves {moved:f} in the default currency, more than {entry.above:f}"
    if entry.rows is not None and rows > entry.rows:
        return f"it changes {counted(rows, 'row')}, more than {entry.rows}"
    return ""


def check_approval(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    operator: str,
    number: int,
    *,
    rule: str,
    key: str,
    requests: str,
) -> None:
    """Refuse to apply a proposal unless it waits, is the one that was looked at, and another person approves it.

    Raises:
        NotAllowedError: Nobody approves their own; only approvers and admins approve.
        UsageError: It does not wait, or it is another one.
    """
    row = connection.execute(
        "select rule, key, requests, proposed_by, status from proposals where id = $number", {"number": number}
    ).fetchone()
    if row is None:
        raise UsageError(f"There is no proposal {number}")
    if row[4] != "waiting":
        raise UsageError(f"Proposal {number} was rejected; ask for it anew")
    if row[:3] != (rule, key, requests):
        raise UsageError(f"This is not what proposal {number} asks for")
    if row[3].strip().casefold() == operator.strip().casefold():
        raise NotAllowedError(
            f"Nothing was changed: {operator} asked for it, and nobody approves their own changes", waits=True
        )
    check_role(policy, operator, f"approving {rule}", "approver")
