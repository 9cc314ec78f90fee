"""What the policy lets a person do: their role, and which changes need a second one."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from decimal import ROUND_HALF_UP, Decimal

import duckdb

from clientops.book.planning import Settled
from clientops.book.policy import EVERYBODY, Policy, SecondPerson
from clientops.book.preview import Preview
from clientops.errors import NotAllowedError, Role, UsageError
from clientops.requests import RequestTable
from clientops.tables.schema import quote_name

Gate = Callable[[duckdb.DuckDBPyConnection, list[Settled]], None]

# Recording what was done or asked for; what it asks for is looked at when it is applied. Who was invited chooses alone.
OWN_RULES = ("propose-change", "reject-proposal", "record-backup", "begin-mail", "record-mail", "accept-invitation")
LEAST: dict[str, Role] = {
    "erase-person": "admin",
    "direct-sql": "admin",
    "reject-proposal": "clerk",
    "accept-invitation": "viewer",
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
            because := needed_because(connection, policy, rule, changes)
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
        raise NotAllowedError(
            f"Nothing was changed: {operator} is {_a(role)}, and {rule} needs {_a(needed)} ({policy.path})"
        )


def _a(role: str) -> str:
    return f"an {role}" if role.startswith("a") else f"a {role}"


def needed_because(connection: duckdb.DuckDBPyConnection, policy: Policy, rule: str, changes: Sequence[Settled]) -> str:
    """Why a second person is needed for settled changes, as a clause; empty if none is."""
    if rule in OWN_RULES:
        return ""
    asked = [entry for entry in policy.second_person if rule in entry.rules or EVERYBODY in entry.rules]
    if not asked:
        return ""
    rows = sum(settled.count for settled in changes)
    moved = money_moved(connection, changes) if any(entry.above is not None for entry in asked) else Decimal(0)
    for entry in asked:
        if reason := _reason(entry, rule, moved, rows):
            return reason
    return ""


def _reason(entry: SecondPerson, rule: str, moved: Decimal, rows: int) -> str:
    if entry.above is None and entry.rows is None:
        return f"{rule} always needs a second person"
    if entry.above is not None and moved > entry.above:
        return f"it moves {moved:f} in the default currency, more than {entry.above:f}"
    if entry.rows is not None and rows > entry.rows:
        return f"it changes {rows} rows, more than {entry.rows}"
    return ""


# How a row's currency is found, where it has none of its own.
OWNERS = {"client_id": "{id}", "invoice_id": "(select any_value(i.client_id) from invoices i where i.id = {id})",
          "service_id": "(select any_value(s.client_id) from services s where s.id = {id})"}  # fmt: skip


def money_moved(connection: duckdb.DuckDBPyConnection, changes: Sequence[Settled]) -> Decimal:
    """The most that changes move of one kind of money, in the default currency at the book's rates, to the cent.

    Of each column of money it is what rises or what falls in all, whichever is more: a transfer moves an amount once.
    """
    most = Decimal(0)
    for settled in changes:
        columns = [
            c.name
            for c in settled.table.columns
            if c.type == "DECIMAL(18,4)" and (settled.kind != "update" or c.name in settled.columns)
        ]
        currency = _currency_sql(settled)
        if not columns or currency is None:
            continue
        sums = ", ".join(f"sum(sign * {quote_name(name)}) as {quote_name(name)}" for name in columns)
        ups_and_downs = ", ".join(
            f"sum(greatest({quote_name(n)}, 0)), sum(greatest(-{quote_name(n)}, 0))" for n in columns
        )
        rows = connection.execute(
            f"""
            with pairs as (select *, {currency} as in_currency from ({settled.pairs_sql()}) r),
            moved as (select id, any_value(in_currency) as in_currency, {sums} from pairs group by id)
            select coalesce(any_value(k.rate), 1), {ups_and_downs}
            from moved m left join currencies k on k.id = m.in_currency group by m.in_currency
            """
        ).fetchall()
        totals = [
            sum((Decimal(row[n]) / row[0] for row in rows if row[n]), Decimal(0))
            for n in range(1, 1 + 2 * len(columns))
        ]
        most = max([most, *totals])
    return most.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


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


def _currency_sql(settled: Settled) -> str | None:
    """SQL of a row's currency; None for tables whose money is nobody's."""
    names = settled.table.column_names
    if "currency_id" in names:
        return "r.currency_id"
    for column, owner in OWNERS.items():
        if column in names:
            client = owner.format(id=f"r.{column}")
            return f"(select any_value(c.currency_id) from clients c where c.id = {client})"
    return None
