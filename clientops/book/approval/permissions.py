"""What the policy lets a person do: their role, and which changes need a second one."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence

import duckdb

from clientops.book.approval.amounts_moved import Moved, money_moved, moved_before
from clientops.book.approval.policy import DIRECT_SQL, EVERYBODY, Policy, SecondPerson
from clientops.book.file.defaults import Registry
from clientops.book.write.preview import Preview
from clientops.book.write.settled import Settled
from clientops.book.write.undo import UNDO
from clientops.core.errors import NotAllowedError, Role, UsageError
from clientops.core.plan import Rule
from clientops.core.readable import counted
from clientops.schema.requests import RequestTable

Gate = Callable[[duckdb.DuckDBPyConnection, list[Settled]], None]
LEAST: dict[str, Role] = {DIRECT_SQL: "admin"}  # what is no rule of the registry


def refuse_internal(rule: Rule) -> None:
    """Refuse a rule that only the program itself applies.

    Raises:
        NotAllowedError: It is one.
    """
    if rule.internal:
        raise NotAllowedError(f"Nothing was changed: only clientops itself applies the rule {rule.name}")


def concerns_policy(preview: Preview, rules: Registry) -> bool:
    """Whether a change, or one that it asks a second person for, decides which policy applies."""
    if preview.rule.is_about_policy:
        return True
    if not preview.rule.is_record or "rule" not in preview.requests.model.model_fields:
        return False
    return any((found := rules().get(name)) and found.is_about_policy for name in _asked(preview, "rule"))


def authority(policy: Policy, operator: str) -> dict[str, str | None]:
    """What an operation keeps of the right by which it was made: hash of the policy in force, and the operator's role."""
    return {"policy": policy.sha256, "role": policy.person(operator).role}


def policy_gate(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    preview: Preview,
    operator: str,
    *,
    proposal: int | None,
    rules: Registry,
    is_clients_own: bool,
) -> Gate:
    """What the policy has against a change, asked once it is known what it does.

    Raises:
        NotAllowedError: The role is too low.
    """
    rule = preview.rule.name
    if policy.path is not None and not is_clients_own:
        for name in acting_rules(connection, preview, rules()):
            known = rules().get(name)
            check_role(policy, operator, name, known.least if known else LEAST.get(name, "clerk"))

    def gate(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> None:
        if is_clients_own:
            return
        if proposal is not None:
            asked = requests_json(preview.requests)
            check_approval(connection, policy, operator, proposal, rule=rule, key=preview.key, requests=asked)
        elif not (policy.may(operator, "admin") and _is_repair(connection, preview)) and (
            because := needed_because(connection, policy, preview, changes, operator, rules=rules)
        ):
            raise NotAllowedError(f"Nothing was changed: {because}, so a second person is needed", waits=True)

    return gate


def both_gates(one: Gate, other: Gate | None) -> Gate:
    """A gate that lets through what both let through."""
    if other is None:
        return one

    def gate(connection: duckdb.DuckDBPyConnection, changes: list[Settled]) -> None:
        one(connection, changes)
        other(connection, changes)

    return gate


def _is_repair(connection: duckdb.DuckDBPyConnection, preview: Preview) -> bool:
    """Whether it puts back what direct SQL had changed; an admin decides about that alone."""
    if preview.rule.name != UNDO.name:
        return False
    row = connection.execute(
        "select rule from history.operations where id = $id",
        {"id": preview.requests.rows.column("operation_id")[0].as_py()},
    ).fetchone()
    return row is not None and row[0] == DIRECT_SQL


def requests_json(requests: RequestTable) -> str:
    """Requests as a proposal keeps them; they can be read back."""
    rows = [
        {name: value for name, value in row.items() if value is not None and name != "row"}
        for row in requests.rows.to_pylist()
    ]
    return json.dumps(rows, ensure_ascii=False, sort_keys=True, default=str)


def check_role(policy: Policy, operator: str, rule: str, needed: Role, *, told: Role | None = None) -> None:
    """Refuse what a person's role does not allow; ``told``: the role that it takes in the end.

    Raises:
        NotAllowedError: The role is too low.
    """
    if not policy.may(operator, needed):
        role = policy.person(operator).role
        raise NotAllowedError(
            f"Nothing was changed: {operator} is {_a(role)}, and {rule} needs {_a(told or needed)} ({policy.path})"
        )


def _a(role: str) -> str:
    return f"an {role}" if role.startswith("a") else f"a {role}"


def needed_because(
    connection: duckdb.DuckDBPyConnection,
    policy: Policy,
    preview: Preview,
    changes: Sequence[Settled],
    operator: str,
    *,
    rules: Registry,
) -> str:
    """Why a second person is needed for settled changes, as a clause; empty if none is.

    What a repair carries out, and what an undo takes back or brings again, counts as the rules that it does the work of.
    Days are counted back from now, whatever moment the change is given.
    """
    if preview.rule.is_record or not policy.second_person:
        return ""
    names = acting_rules(connection, preview, rules())
    asked = [(entry, name) for entry in policy.second_person if (name := _named(entry, names))]
    if not asked:
        return ""
    rows = sum(settled.count for settled in changes)
    moved = (
        money_moved(connection, changes, operator) if any(entry.above is not None for entry, _ in asked) else Moved()
    )
    for entry, name in asked:
        told = preview.rule.name if name == preview.rule.name else f"{preview.rule.name} of {name}"
        if reason := _reason(entry, told, moved, rows):
            return reason
        if entry.above is not None and entry.days and moved.amount:
            before = moved_before(
                connection,
                entry.rules,
                operator,
                entry.days,
                composing=[rule.name for rule in rules().values() if rule.acts_by],
                listed=list(policy.people),
                leaving_out=_undone(preview),
            )
            if moved.amount + before.amount > entry.above:
                is_one = policy.is_listed(operator) or not policy.people
                by = operator if is_one else f"{operator} and others whom the policy does not name"
                return (
                    f"it moves {moved.amount:f} in the default currency, with what {by} moved within {entry.days} "
                    f"day{'' if entry.days == 1 else 's'} {moved.amount + before.amount:f}, more than {entry.above:f}"
                )
    return ""


def _named(entry: SecondPerson, names: Sequence[str]) -> str:
    """The first of these rules that an entry is about; empty if it is about none."""
    return next((name for name in names if name in entry.rules or EVERYBODY in entry.rules), "")


def acting_rules(connection: duckdb.DuckDBPyConnection, preview: Preview, rules: Mapping[str, Rule]) -> list[str]:
    """The rule of a preview, and those whose work it does: named in its requests, taken back, or counted as."""
    names = [preview.rule.name]
    if preview.rule.acts_by:
        names += _asked(preview, preview.rule.acts_by)
    composing = {name: rule.acts_by for name, rule in rules.items() if rule.acts_by}
    if undone := _undone(preview):
        values = {"numbers": undone, "composing": list(composing)}
        names += [name for (name,) in connection.execute(UNDONE_RULES, values).fetchall()]
    if not preview.rule.is_record and _asked(preview, PASSWORD):
        names.append(SETS_PASSWORD)
    counted = [rules[name].counts_as for name in names if name in rules and rules[name].counts_as]
    return list(dict.fromkeys([*names, *counted]))


def _asked(preview: Preview, field: str) -> list[str]:
    """The values that a field has in the requests of a preview."""
    if field not in preview.requests.model.model_fields:
        return []
    return list(dict.fromkeys(value for value in preview.requests.rows.column(field).to_pylist() if value))


def _undone(preview: Preview) -> list[int]:
    """Operations that a preview takes back."""
    if preview.rule.name != UNDO.name:
        return []
    return [number for number in preview.requests.rows.column("operation_id").to_pylist() if number is not None]


# A password that anybody is given counts as one that is set.
PASSWORD, SETS_PASSWORD = "password", "set-password"
UNDONE_RULES = """
    with recursive undone as (
        select id, rule, undoes_id from history.operations where id in (select unnest($numbers::bigint[]))
        union
        select o.id, o.rule, o.undoes_id from history.operations o join undone u on o.id = u.undoes_id
    )
    select rule from undone
    union
    select (request ->> 'rule') from history.requests
    where operation_id in (select id from undone where rule in (select unnest($composing::varchar[])))
        and (request ->> 'rule') is not null
    order by 1
"""


def _reason(entry: SecondPerson, rule: str, moved: Moved, rows: int) -> str:
    if entry.above is None and entry.rows is None:
        return f"{rule} always needs a second person"
    if entry.above is not None and moved.unapproved:
        return f"it moves {moved.unapproved}, whose rate nobody above a clerk approved"
    if entry.above is not None and moved.amount > entry.above:
        return f"it moves {moved.amount:f} in the default currency, more than {entry.above:f}"
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
    asked = connection.execute(PROPOSERS, {"number": number}).fetchall()
    if operator.strip().casefold() in {name.strip().casefold() for name in (row[3], *(name for (name,) in asked))}:
        raise NotAllowedError(
            f"Nothing was changed: {operator} asked for it, and nobody approves their own changes", waits=True
        )
    if not asked:
        raise NotAllowedError(f"Nothing was changed: no operation asked for proposal {number}; it came by direct SQL")
    check_role(policy, operator, f"approving {rule}", "approver")


# Who asked is who applied the operation that wrote the proposal, whatever stands in it.
PROPOSERS = """
    select distinct o.operator from history.proposals h join history.operations o on o.id = h.operation_id
    where h.id = $number and h.sign = 1
"""
