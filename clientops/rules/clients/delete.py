"""Delete a client with everything that hangs on it, except transactions, which keep showing whose they were."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.errors import UsageError
from clientops.core.money import show_sql
from clientops.core.plan import Change, Plan, Relation, Rule
from clientops.schema.definition import all_tables, quote_name
from clientops.schema.references import REFERENCES, Reference, references_from
from clientops.schema.requests import Id, Request, Text
from clientops.schema.tables import Steps, Tables


class DeleteClient(Request):
    """Delete a client and everything that belongs to it."""

    client_id: Id = Field(
        title="Client", description="Who is deleted", json_schema_extra={"picks": "clients", "as_written": True}
    )
    confirm_name: Text = Field(title="Name", description="The client's name, typed again, as it is displayed")


def delete_client(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Delete clients and, by the reference map, everything that belongs to them; what others have stays.

    Args:
        tables: Read-only tables.
        requests: One row per client: ``client_id``, ``confirm_name``. See ``DeleteClient``.
        today: Date of credit entries.
        now: Not used.

    Returns:
        Deletes of the clients and of all rows that belong to them or to something of theirs; updates that empty the
        columns of other rows that named one of these. Transactions stay and get the client's name. Users stay.
        Credit that was applied to another client's invoice (after a merge was taken back) stays applied: its entry
        goes over to that client, with an entry about where it came from. The summary counts what goes, table by table.

    Problems:
        ``unknown_client``, ``already_merged``, ``given_twice``, ``wrong_name``.

    Warnings:
        ``credit_lost``, ``still_active``, ``still_owed``, ``old_numbers``, ``user_left``, ``paid_for_others``.

    Source:
        WHMCS "Delete client": everything goes, transactions stay until they are deleted themselves.
    """
    steps = tables.steps(requests=requests)
    steps.add("asked", ASKED)
    steps.add("gone clients", "select distinct client_id as id from asked where is_known")
    going = ["clients"]
    for name in belonging_tables("clients"):
        if _add_gone(steps, name, going):
            going.append(name)
    steps.add("named transactions", NAMED_TRANSACTIONS)
    steps.add("left entries", LEFT_ENTRIES)
    steps.add("received entries", RECEIVED_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("problems", PROBLEMS)
    steps.add("warnings", WARNINGS)
    changes = [steps.delete(name, f"gone {name}") for name in going]
    changes += [*_emptied(steps, going), steps.update("transactions", "named transactions")]
    changes.append(steps.insert("credit_entries", "received entries"))
    return steps.plan(*changes, problems="problems", warnings="warnings", summary=_summary(steps, going))


def belonging_tables(root: str) -> tuple[str, ...]:
    """Tables whose rows go when a row of ``root`` goes, each after all those that it belongs to.

    Raises:
        UsageError: The reference map goes round in a circle.
    """
    found, waiting = {root}, {root}
    while waiting:
        waiting = {r.table for r in REFERENCES if r.on_delete == "remove" and r.target in waiting} - found
        found |= waiting
    ordered: list[str] = []
    while len(ordered) < len(found):
        ready = [name for name in found - set(ordered) if _parents(name) & found <= {*ordered, root}]
        if not ready:
            raise UsageError(f"The tables {', '.join(sorted(found - set(ordered)))} belong to each other in a circle")
        ordered += sorted(ready)
    return tuple(name for name in ordered if name != root)


def _parents(name: str) -> set[str]:
    return {r.target for r in references_from(name) if r.on_delete == "remove"}


def _add_gone(steps: Steps, name: str, going: list[str]) -> int:
    """Step ``gone <table>`` of the numbers of the rows that go with others; how many there are."""
    kept = f"and not coalesce({APPLIED_ELSEWHERE}, false)" if name == "credit_entries" else ""
    parts = [
        f"select id from {quote_name(name)} where {_points_at_gone(r)} {kept}"
        for r in references_from(name)
        if r.on_delete == "remove" and r.target in going
    ]
    steps.add(f"gone {name}", " union ".join(parts) or "select 0::bigint as id limit 0")
    return steps.count(f"gone {name}")


def _points_at_gone(reference: Reference) -> str:
    condition = f" and ({reference.when})" if reference.when else ""
    return f"""{quote_name(reference.column)} in (select id from "gone {reference.target}"){condition}"""


def _emptied(steps: Steps, going: list[str]) -> list[Change]:
    """Updates of rows that stay and named something that goes."""
    changes = []
    for name in all_tables():
        columns: dict[str, list[str]] = {}
        for reference in references_from(name):
            if reference.on_delete == "clear" and reference.target in going:
                columns.setdefault(reference.column, []).append(f"({_points_at_gone(reference)})")
        named = {quote_name(column): " or ".join(conditions) for column, conditions in columns.items()}
        values = [f"case when not coalesce({when}, false) then {c} end as {c}" for c, when in named.items()]
        if name == "credit_entries" and steps.count("left entries"):
            named["client_id"] = 'id in (select id from "left entries")'
            values.append(
                'coalesce((select l.client_id from "left entries" l where l.id = credit_entries.id), client_id) as client_id'
            )
        if not named:
            continue
        stays = f"""and id not in (select id from "gone {name}")""" if name in going else ""
        steps.add(
            f"emptied {name}",
            f"select id, {', '.join(values)} from {quote_name(name)} where ({' or '.join(named.values())}) {stays}",
        )
        if steps.count(f"emptied {name}"):
            changes.append(steps.update(name, f"emptied {name}"))
    return changes


def _summary(steps: Steps, going: list[str]) -> tuple[tuple[str, str], ...]:
    """How many rows go of each table, in the order of the tables, and how many transactions stay."""
    counted = [(name, str(steps.count(f"gone {name}"))) for name in all_tables() if name in going]
    return (*counted, ("transactions that stay", str(steps.count("named transactions"))))


def client_name_sql(client: str) -> str:
    """SQL of a client's name as it is displayed: company and person, else the e-mail address, else its number."""
    person = f"nullif(trim(concat_ws(' ', {client}.first_name, {client}.last_name)), '')"
    party = f"nullif(concat_ws(', ', nullif(trim({client}.company_name), ''), {person}), '')"
    return f"coalesce({party}, nullif(trim({client}.email), ''), 'client ' || {client}.id)"


def _typed_sql(name: str) -> str:
    """SQL of a name without what cannot be seen: runs of spaces, and two ways to write one character."""
    return rf"nfc_normalize(trim(regexp_replace({name}, '\s+', ' ', 'g')))"


ASKED = f"""
    select r."row", r.client_id, r.confirm_name, c.id is not null as is_known, {client_name_sql("c")} as name,
        c.status, c.credit_balance, k.code, k.minor_digits, m.survivor_id, m.merged_on,
        count(*) over (partition by r.client_id) as times
    from requests r
    left join clients c on c.id = r.client_id
    left join currencies k on k.id = c.currency_id
    left join merged_clients m on m.replaced_id = r.client_id and c.id is null
    where r.client_id is not null
"""

PROBLEMS = f"""
    select "row", 'client_id' as field, case when survivor_id is null then 'unknown_client' else 'already_merged' end as code,
        case when survivor_id is null then 'there is no client ' || client_id
            else 'client ' || client_id || ' was merged into client ' || survivor_id || '; delete that, or take the merge back'
        end as message
    from asked where not is_known
    union all
    select "row", 'client_id', 'given_twice', 'client ' || client_id || ' is given ' || times || ' times; give it once'
    from asked where is_known and times > 1
    union all
    select "row", 'confirm_name', 'wrong_name',
        'confirm_name ' || confirm_name || ' is not the name of client ' || client_id || ': type ' || name
    from asked where is_known and {_typed_sql("confirm_name")} <> {_typed_sql("name")}
"""

APPLIED_ELSEWHERE = """invoice_id in (select id from invoices where client_id not in (select id from "gone clients"))"""

LEFT_ENTRIES = f"""
    select e.id, e.client_id as given_by_id, i.client_id, coalesce(i.number, i.id::varchar) as invoice, e.amount
    from (select * from credit_entries where {APPLIED_ELSEWHERE}) e
    join "gone clients" g on g.id = e.client_id
    join invoices i on i.id = e.invoice_id
"""

# The other side of an entry that goes over, so that the log of who receives it still comes to the same.
RECEIVED_ENTRIES = """
    select {next_id} + row_number() over (order by l.id) as id, l.client_id, $today::date as entry_on,
        'Applied to invoice ' || l.invoice || ' from the credit of client ' || l.given_by_id || ', '
            || (select any_value(name) from asked where asked.client_id = l.given_by_id) || ', deleted since' as description,
        (-l.amount)::decimal(18, 4) as amount
    from "left entries" l
"""

NAMED_TRANSACTIONS = """
    select t.id, a.name as client_name
    from transactions t join (select distinct client_id, name from asked where is_known) a on a.client_id = t.client_id
    where t.client_name is null
"""

WARNINGS = f"""
    select "row", 'client_id' as field, 'credit_lost' as code,
        'client ' || client_id || ' has a credit of ' || {show_sql("credit_balance")} || ', which goes too' as message
    from asked where credit_balance <> 0
    union all
    select a."row", 'client_id', 'still_active',
        'client ' || a.client_id || ' has ' || count(*) || ' active services or domains'
    from asked a
    join (select client_id, status from services union all select client_id, status from domains) s
        on s.client_id = a.client_id and s.status in ('Active', 'Suspended')
    group by a."row", a.client_id
    union all
    select a."row", 'client_id', 'still_owed', 'client ' || a.client_id || ' has ' || count(*) || ' unpaid invoices'
    from asked a join invoices i on i.client_id = a.client_id and i.status in ('Unpaid', 'Collections')
    group by a."row", a.client_id
    union all
    select a."row", 'client_id', 'old_numbers',
        'old numbers that find client ' || a.client_id || ' will find nothing: '
            || string_agg(m.replaced_id::varchar, ', ' order by m.replaced_id)
    from asked a join merged_clients m on m.survivor_id = a.client_id
    group by a."row", a.client_id
    union all
    select min(a."row"), 'client_id', 'user_left', 'user ' || u.id || ' (' || u.email || ') stays and serves no client any more'
    from asked a join user_clients p on p.client_id = a.client_id join users u on u.id = p.user_id
    where not exists (from user_clients o where o.user_id = u.id and o.client_id not in (select id from "gone clients"))
    group by u.id, u.email
    union all
    select a."row", 'client_id', 'paid_for_others',
        'credit of client ' || a.client_id || ' stays applied to invoice ' || l.invoice || ' of client ' || l.client_id
            || ': ' || {show_sql("-sum(l.amount)", "a.code", "any_value(a.minor_digits)")}
    from asked a join "left entries" l on l.given_by_id = a.client_id
    group by a."row", a.client_id, a.code, l.invoice, l.client_id
"""

RULES: tuple[Rule, ...] = (
    Rule("delete-client", "Delete client", delete_client, DeleteClient, risk="high", group="clients", manual="client"),
)
