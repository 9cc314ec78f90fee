"""Unmerge: replaced clients come back, with everything that came from them."""

from __future__ import annotations

from datetime import date, datetime

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Change, Plan, Relation, Rule
from clientops.core.readable import noun
from clientops.rules.merge.merge import CHAIN_ENDS
from clientops.rules.merge.shared_rows import AFFILIATES, SHARED, Shared
from clientops.rules.merge.survivorship import FIELDS, PRIORITY, survivors_sql
from clientops.rules.merge.unmerge_credit import (
    CREDIT_PROBLEMS,
    CREDIT_WARNINGS,
    MISSING_ENTRIES,
    add_credit_shares,
    affiliates_back,
)
from clientops.rules.merge.unmerge_rows import (
    add_gone_rows,
    add_kept_contacts,
    add_kept_rows,
    repointed_back,
    returned_sql,
    shared_back,
)
from clientops.schema.definition import column_list, quote_name
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Steps, Tables

MERGE = "merge-clients"


class UnmergeClients(Request):
    """Take a merge back, whole, for one survivor, or for one replaced client."""

    operation_id: Id = Field(title="Merge", description="Number of the operation that merged them")
    replaced_id: Id | None = Field(
        default=None,
        title="Client",
        description="Replaced client that comes back; a survivor's number brings back all of its group; empty: all of the merge",
    )
    take_what_is_left: bool = Field(
        default=False,
        title="Take what is left",
        description="Where the credit that came with a client was spent: hand back what there is and note the rest",
    )


def unmerge_clients(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Take merges back, also after the survivor was billed, paid, given and has spent credit.

    Args:
        tables: Read-only tables with their history.
        requests: One row per merge, survivor or replaced client: ``operation_id``, ``replaced_id``,
            ``take_what_is_left``. See ``UnmergeClients``.
        today: Date of the entries about credit that was spent.
        now: Not used.

    Returns:
        The replaced clients with their numbers, and all rows that the merge took from them and that are still the
        survivor's, with their values of today; what was deleted since stays deleted, what is new stays with the
        survivor. The survivor's fields go back where they still are as the merge left them. The credit that came
        with a client goes back with it, or what is left of it, with an entry in both logs about the rest. Money per
        currency stays the same, and straight after a merge the tables are as before it.

    Problems:
        ``unknown_operation``, ``not_a_merge``, ``not_replaced_then``, ``already_unmerged``, ``given_twice``, ``survivor_merged``,
        ``survivor_deleted``, ``several_merges``, ``shared_with_others``, ``credit_spent``, ``different_currency``.

    Warnings:
        ``credit_spent``, ``settled_by_survivor``.
    """
    steps = tables.steps(requests=requests)
    _add_leaving(steps)
    add_credit_shares(steps)
    touched = _touched(steps)
    shared_tables = [shared for shared in SHARED if shared.table in touched]
    for shared in shared_tables:
        add_gone_rows(steps, shared)
        add_kept_rows(steps, shared)
    problems = [PROBLEMS.format(history=tables.history("merged_clients")), CREDIT_PROBLEMS]
    steps.add("problems", " union all ".join([*problems, *map(_shared_sql, shared_tables)]))
    changes: list[Change] = []
    for shared in shared_tables:
        found = shared_back(steps, shared)
        changes += affiliates_back(steps) if shared is AFFILIATES else found
    add_kept_contacts(steps)
    changes += [steps.delete("contacts", "contacts to remove"), *repointed_back(steps, touched)]
    changes += _clients_back(steps)
    steps.add("entries", MISSING_ENTRIES.format(next_id=tables.next_id("credit_entries")), today=today)
    steps.add("redirects", "select entry_id as id from leaving")
    changes += [steps.insert("credit_entries", "entries"), steps.delete("merged_clients", "redirects")]
    steps.add(
        "warnings",
        f"{CREDIT_WARNINGS} union all from ({SETTLED_BY_SURVIVOR})" if "invoices" in touched else CREDIT_WARNINGS,
    )
    return steps.plan(*changes, problems="problems", warnings="warnings", summary=_summary(steps, changes))


def _add_leaving(steps: Steps) -> None:
    """Steps that say who comes back and who stays merged, and what the clients were before the merge."""
    history = steps.tables.history
    steps.add("asked", ASKED)
    steps.add("redirects then", REDIRECTS_THEN.format(history=history("merged_clients")))
    steps.add("wanted", WANTED)
    steps.add("leaving", LEAVING)
    steps.add("back clients", "select operation_id, replaced_id as old_id from leaving")
    steps.add("still_merged", STILL_MERGED)
    steps.add("edges", EDGES)
    steps.add("chain_ends", CHAIN_ENDS)
    steps.add("members", MEMBERS)
    steps.add("then_clients", THEN_CLIENTS.format(history=history("clients"), fields=column_list(FIELDS, "h")))


def _touched(steps: Steps) -> set[str]:
    """Tables that the merges changed, and those that are looked at in any case."""
    changed = steps.tables.query(
        "select distinct table_name from history.changes where operation_id in (select operation_id from leaving)"
    )
    return {"contacts", "transactions", "credit_entries", *(name for (name,) in changed.fetchall())}


ASKED = """
    select r."row", r.operation_id, r.replaced_id as named_id, coalesce(r.take_what_is_left, false) as take_what_is_left,
        o.id is not null as is_known, o.rule
    from requests r left join history.operations o on o.id = r.operation_id
    where r.operation_id is not null
"""

REDIRECTS_THEN = f"""
    select operation_id, id as entry_id, any_value(replaced_id) as replaced_id, any_value(survivor_id) as survivor_id
    from {{history}}
    where operation_id in (select operation_id from asked where rule = '{MERGE}')
    group by operation_id, id having min(sign) = 1
"""

WANTED = """
    with named as (
        select a."row", a.named_id, a.take_what_is_left, t.*
        from asked a join "redirects then" t on t.operation_id = a.operation_id where a.named_id is null
        union all
        select a."row", a.named_id, a.take_what_is_left, t.*
        from asked a join "redirects then" t on t.operation_id = a.operation_id and t.replaced_id = a.named_id
        union all
        select a."row", a.named_id, a.take_what_is_left, t.*
        from asked a join "redirects then" t on t.operation_id = a.operation_id and t.survivor_id = a.named_id
    )
    select n.*, c.id is not null as is_back, m.survivor_id as now_survivor_id,
        m.survivor_id = n.survivor_id and s.id is not null as is_merged
    from named n
    left join merged_clients m on m.id = n.entry_id
    left join clients c on c.id = n.replaced_id
    left join clients s on s.id = n.survivor_id
"""

LEAVING = """
    select "row", operation_id, entry_id, replaced_id, survivor_id, take_what_is_left
    from wanted where is_merged
    qualify row_number() over (partition by replaced_id order by "row") = 1
"""

STILL_MERGED = """
    select t.operation_id, t.replaced_id, t.survivor_id
    from "redirects then" t
    join merged_clients m on m.id = t.entry_id and m.survivor_id = t.survivor_id
    where (t.operation_id, t.survivor_id) in (select operation_id, survivor_id from leaving)
"""

# What the merges were asked for, in the groups concerned; those taken back since still place the others in the chain.
EDGES = """
    select coalesce(q.request_row, 0) as "row", t.operation_id, t.replaced_id, t.survivor_id as last_id,
        coalesce((q.request ->> 'survivor_id')::bigint, t.survivor_id) as survivor_id,
        coalesce((q.request ->> 'keep_as_contact')::boolean, false) as keep_as_contact,
        coalesce(q.request ->> 'survivorship', 'fill gaps') as survivorship,
        coalesce((q.request -> 'take_from_replaced')::varchar[], []) as taken,
        m.replaced_id is not null as is_merged
    from "redirects then" t
    left join still_merged m on m.operation_id = t.operation_id and m.replaced_id = t.replaced_id
    left join (
        select *, (request ->> 'replaced_id')::bigint as replaced_id from history.requests
        where operation_id in (select operation_id from leaving)
    ) q on q.operation_id = t.operation_id and q.replaced_id = t.replaced_id
    where (t.operation_id, t.survivor_id) in (select operation_id, survivor_id from leaving)
    qualify row_number() over (partition by t.replaced_id order by m.replaced_id is not null desc, t.operation_id desc) = 1
"""

MEMBERS = f"""
    select e."row", e.operation_id, e.replaced_id, e.last_id as survivor_id, e.keep_as_contact, e.survivorship, e.taken,
        row_number() over (partition by e.last_id order by coalesce(c.depth, 1), e."row", e.replaced_id) as "rank",
        ({PRIORITY})::bigint as priority
    from edges e left join chain_ends c on c.replaced_id = e.replaced_id
    where e.is_merged
"""

THEN_CLIENTS = """
    with roles as (
        select m.operation_id, m.survivor_id, m.replaced_id as client_id, m."rank", m.priority, m.taken, m.keep_as_contact,
            l.replaced_id is not null as is_leaving
        from members m left join leaving l on l.replaced_id = m.replaced_id
        union all
        select distinct operation_id, survivor_id, survivor_id, 0, 0, []::varchar[], false, false from leaving
    )
    select r.*, h.credit_balance, h.currency_id, {fields}
    from roles r join {history} h on h.operation_id = r.operation_id and h.id = r.client_id and h.sign = -1
"""

PROBLEMS = """
    select "row", 'operation_id' as field,
        case when is_known then 'not_a_merge' else 'unknown_operation' end as code,
        case when is_known then 'operation ' || operation_id || ' is not a merge of clients, but ' || rule
            else 'there is no operation ' || operation_id end as message
    from asked where operation_id not in (select operation_id from "redirects then")
    union all
    select "row", 'replaced_id', 'not_replaced_then',
        'operation ' || operation_id || ' did not merge client ' || named_id
    from asked
    where named_id is not null and operation_id in (select operation_id from "redirects then")
        and "row" not in (select "row" from wanted)
    union all
    select w."row", 'replaced_id', 'already_unmerged', 'client ' || w.replaced_id || ' is not merged any more'
    from wanted w
    where w.is_back and (w.named_id = w.replaced_id or not exists (from wanted o where o."row" = w."row" and not o.is_back))
    union all
    select w."row", 'replaced_id', 'survivor_deleted',
        'survivor ' || w.survivor_id || ' was deleted, with everything that came from client ' || w.replaced_id
    from wanted w where not w.is_back and w.now_survivor_id is null
        and (w.named_id = w.replaced_id or "row" not in (select o."row" from wanted o where o.is_merged))
    union all
    select w."row", 'replaced_id', 'survivor_merged',
        'survivor ' || w.survivor_id || ' of client ' || w.replaced_id || ' was itself merged into client '
            || w.now_survivor_id || coalesce(' by operation ' || min(h.operation_id), '') || '; take that back first'
    from wanted w
    left join merged_clients m on m.replaced_id = w.survivor_id
    left join {history} h on h.id = m.id and h.sign = 1
    where w.now_survivor_id <> w.survivor_id
    group by w."row", w.survivor_id, w.replaced_id, w.now_survivor_id
    union all
    select "row", 'replaced_id', 'given_twice', 'client ' || replaced_id || ' is asked for ' || times || ' times; ask once'
    from (select *, count(*) over (partition by operation_id, replaced_id) as times from wanted where is_merged)
    where times > 1
    union all
    select "row", 'operation_id', 'several_merges',
        'client ' || survivor_id || ' is the survivor of several merges that are asked for; take back one after the other, '
            || 'the newest first'
    from (select *, min(operation_id) over of_one <> max(operation_id) over of_one as has_several
        from leaving window of_one as (partition by survivor_id))
    where has_several
"""


def _shared_sql(shared: Shared) -> str:
    """Problems of clients whose rows others, who stay merged, became part of."""
    what = {
        "contacts": "a contact", "user_clients": "a user", "custom_values": "a custom field", "affiliates": "an affiliate"
    }[shared.table]  # fmt: skip
    return f"""
        select l."row", 'replaced_id' as field, 'shared_with_others' as code,
            'client ' || l.replaced_id || ' cannot come back alone: {what} of it stands for that of others who stay merged '
                || 'into client ' || l.survivor_id || '; name client ' || l.survivor_id || ' to take back the whole group'
                as message
        from "kept then {shared.table}" k
        join leaving l on l.operation_id = k.operation_id and l.replaced_id = k.before_{shared.owner}
        join {quote_name(shared.table)} t on t.id = k.id and t.{shared.owner} = k.survivor_id
        where k.is_shared
    """


def _clients_back(steps: Steps) -> list[Change]:
    """Changes of clients: the replaced ones come back, the survivors forget what they had from them."""
    steps.add("returned profiles", returned_sql(steps, "clients", "back clients"))
    steps.add("returned clients", RETURNED_CLIENTS)
    steps.add("profiles without", "select * from then_clients where not is_leaving")
    is_any_taken = bool(steps.value("select count(*) > 0 from members where len(taken) > 0"))
    steps.add("with", survivors_sql("then_clients", is_any_taken=is_any_taken))
    steps.add("without", survivors_sql('"profiles without"', is_any_taken=is_any_taken))
    steps.add("survivors back", _survivors_sql())
    return [steps.update("clients", "survivors back"), steps.insert("clients", "returned clients")]


RETURNED_CLIENTS = """
    select p.* replace (s.share as credit_balance, o.id as default_billing_contact_id)
    from "returned profiles" p
    join credit_shares s on s.replaced_id = p.id
    left join "contact owners" o on o.id = p.default_billing_contact_id and o.client_id = p.id
"""


def _survivors_sql() -> str:
    """SELECT of the survivors as they become: without the credit and, where unchanged since, the values of those who leave.

    A value is unchanged where it is what the merge, with those who are still merged, makes of the clients as they were.
    """
    fields = ", ".join(
        f"case when w.id is not null and s.{c} is not distinct from w.{c} then o.{c} else s.{c} end as {c}"
        for c in FIELDS
        if c not in ("group_id", "default_billing_contact_id")
    )
    return f"""
        with given as (select survivor_id, sum(share) as share from credit_shares group by survivor_id),
        forgetting as (
            select s.id, (s.credit_balance - g.share)::decimal(18, 4) as credit_balance, {fields},
                case when w.id is not null and s.group_id is not distinct from w.group_id then o.group_id else s.group_id end as given_group_id,
                case when w.id is not null and s.default_billing_contact_id
                    is not distinct from coalesce(had.new_id, w.default_billing_contact_id)
                    then coalesce(has.new_id, o.default_billing_contact_id) else s.default_billing_contact_id end as contact_id,
                s.group_id as now_group_id, s.default_billing_contact_id as now_contact_id,
                o.default_billing_contact_id as own_contact_id
            from clients s
            join given g on g.survivor_id = s.id
            left join "with" w on w.id = s.id
            left join "without" o on o.id = s.id
            left join "contact stand-ins" had on had.old_id = w.default_billing_contact_id
            left join "contact stand-ins" has on has.old_id = o.default_billing_contact_id
        )
        select f.* exclude (given_group_id, contact_id, now_group_id, now_contact_id, own_contact_id),
            case when f.given_group_id = f.now_group_id or f.given_group_id in (select id from groups)
                then f.given_group_id end as group_id,
            case when k.client_id = f.id or (k.id is null and f.contact_id = f.now_contact_id) then f.contact_id
                when f.contact_id is not null then own.id end as default_billing_contact_id
        from forgetting f
        left join "contact owners" k on k.id = f.contact_id
        left join "contact owners" own on own.id = f.own_contact_id and own.client_id = f.id
    """


SETTLED_BY_SURVIVOR = f"""
    with settled as (
        select i.id, i.client_id, a.amount
        from "taken back invoices" i
        join allocations a on a.invoice_id = i.id
        join transactions t on t.id = a.transaction_id
        where t.client_id in (select survivor_id from leaving) and t.id not in (select id from "taken back transactions")
        union all
        select i.id, i.client_id, -e.amount
        from "taken back invoices" i join credit_entries e on e.invoice_id = i.id
        where e.client_id in (select survivor_id from leaving) and e.id not in (select id from "taken back credit_entries")
    ), summed as (select id, client_id, sum(amount) as amount from settled group by id, client_id)
    select l."row", 'replaced_id' as field, 'settled_by_survivor' as code,
        'invoice ' || s.id || ' goes back to client ' || s.client_id || ', settled with ' || {show_sql("s.amount", "k.code", "k.minor_digits")}
            || ' of client ' || l.survivor_id as message
    from summed s
    join leaving l on l.replaced_id = s.client_id
    join clients c on c.id = l.survivor_id
    join currencies k on k.id = c.currency_id
    where s.amount <> 0
"""

CREDIT_BACK = f"""
    select {show_sql("amount")} as shown
    from (select code, any_value(minor_digits) as minor_digits, sum(share) as amount from credit_shares group by code)
    where amount <> 0 order by code
"""


def _summary(steps: Steps, changes: list[Change]) -> tuple[tuple[str, str], ...]:
    """Figures of the preview: clients that come back, rows changed a table, credit handed back a currency."""
    steps.add("credit_back", CREDIT_BACK)
    figures = [("Clients that come back", str(steps.count("leaving")))]
    for change in changes:
        count = change.rows.count("*").fetchall()[0][0]
        if change.table != "clients" and count:
            what = {"insert": "back", "update": "repointed", "delete": "removed"}[change.kind]
            name = noun(change.table, 2)
            figures.append((f"{name[:1].upper()}{name[1:]} {what}", str(count)))
    return (*figures, *(("Credit handed back", shown) for (shown,) in steps["credit_back"].fetchall()))


RULES: tuple[Rule, ...] = (
    Rule("unmerge-clients", "Take back a merge", unmerge_clients, UnmergeClients, risk="medium", group="merge"),
)
