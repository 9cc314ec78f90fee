"""Merge: any number of duplicates into their survivors, any number of groups in one operation."""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

from pydantic import Field

from clientops.core.money import show_sql
from clientops.core.plan import Change, Plan, Relation, Rule
from clientops.core.readable import noun
from clientops.matching.decisions import current_decisions_sql
from clientops.rules.kit.field_types import ColumnNames
from clientops.rules.merge.dropped_settings import DROPPED
from clientops.rules.merge.repoint import repointed_sql, tables_pointing_at
from clientops.rules.merge.shared_rows import SHARED, add_same_rows, kept_as_contact_sql, shared_changes
from clientops.rules.merge.survivorship import FIELDS, PRIORITY, TAKABLE, survivors_sql
from clientops.schema.definition import column_list
from clientops.schema.requests import Id, Request
from clientops.schema.tables import Steps, Tables


class MergeClients(Request):
    """Merge a duplicate into the client that remains."""

    replaced_id: Id = Field(
        title="Replaced client",
        description="The duplicate; its number will find the survivor",
        json_schema_extra={"picks": "clients", "as_written": True},
    )
    survivor_id: Id = Field(
        title="Survivor", description="The client that remains", json_schema_extra={"picks": "clients"}
    )
    keep_as_contact: bool = Field(
        default=False, title="Keep as contact", description="Whether the duplicate's name and address stay as a contact"
    )
    survivorship: Literal["fill gaps", "survivor wins", "replaced wins"] = Field(
        default="fill gaps",
        title="Fields",
        description="Fill the survivor's empty fields, leave them all as they are, or prefer what the duplicate has",
    )
    take_from_replaced: ColumnNames | None = Field(
        default=None,
        title="Take from the duplicate",
        description="Fields whose value is the duplicate's whatever else is said, e.g. phone city; field:7 for custom field 7",
    )


def merge_clients(tables: Tables, requests: Relation, *, today: date, now: datetime) -> Plan:
    """Merge duplicates into their survivors.

    Args:
        tables: Read-only tables; reads all that point at ``clients``.
        requests: One row per replaced client: ``replaced_id``, ``survivor_id``, ``keep_as_contact``, ``survivorship``,
            ``take_from_replaced``. See ``MergeClients``. A survivor may itself be replaced by another row: the
            last one of the chain survives.
        today: Day of the merge.
        now: Not used.

    Returns:
        Per group: the replaced clients are deleted and found through ``merged_clients``; every row that refers to them,
        by the reference map, refers to the survivor and keeps its number; the credits add up; fields follow
        ``survivors_sql``; contacts, users, custom fields and affiliates that several of them have become one
        row. Money per currency stays the same.

    Problems:
        ``unknown_client``, ``already_merged``, ``same_client``, ``given_twice``, ``two_survivors``, ``circle``,
        ``different_currency``, ``unknown_field``, ``taken_twice``.

    Warnings:
        ``closed_survivor``, ``tax_exempt_differs``, ``currency_differs``, ``decided_different``, ``setting_dropped`` (notices,
        late fees, credit, separate invoices, reverse charge, group, payment method, language), ``tax_id_dropped``.

    Source:
        WHMCS "Merge Clients" for what moves; record linkage for chains and survivorship.
    """
    steps = tables.steps(requests=requests)
    add_groups(steps)
    steps.add("other_currency", OTHER_CURRENCY)
    if steps.count("other_currency"):
        steps.add("money_involved", MONEY_INVOLVED)
    else:
        steps.add("money_involved", "select 0::bigint as client_id, ''::varchar as what limit 0")
    steps.add("taken_fields", TAKEN_FIELDS)
    steps.add("problems", PROBLEMS)
    steps.add("profiles", PROFILES)
    is_any_taken = steps.count("taken_fields") > 0
    steps.add("survivors", survivors_sql("profiles", is_any_taken=is_any_taken))
    steps.add("different", f"select * from ({current_decisions_sql()}) where decision = 'different'")
    steps.add("warnings", f"{WARNINGS} union all from ({DROPPED})")
    steps.add("moved clients", "select replaced_id as old_id, survivor_id as new_id from members")
    moves = {"clients": "moved clients"}
    changes: list[Change] = []
    for shared in SHARED:
        gone = add_same_rows(steps, shared)
        if steps.count(gone):
            moves[shared.table] = gone
        changes += shared_changes(steps, shared)
    steps.add("kept as contact", kept_as_contact_sql(tables.next_id("contacts")), today=today)
    changes += [steps.insert("contacts", "kept as contact"), *_repoint(steps, moves)]
    steps.add("merged clients", CLIENTS)
    steps.add("replaced clients", "select replaced_id as id from members")
    steps.add("redirects", REDIRECTS.format(next_id=tables.next_id("merged_clients")), today=today)
    changes += [
        steps.update("clients", "merged clients"),
        steps.delete("clients", "replaced clients"),
        steps.insert("merged_clients", "redirects"),
    ]
    return steps.plan(*changes, problems="problems", warnings="warnings", summary=_summary(steps, changes))


def add_groups(steps: Steps) -> None:
    """Steps that say who is merged into whom: ``asked``, ``members`` (one row a replaced client) and ``group_clients``.

    Reads ``requests``; rows that cannot be are not among the members.
    """
    steps.add("asked", ASKED)
    steps.add("edges", EDGES)
    steps.add("chain_ends", CHAIN_ENDS)
    steps.add("members", MEMBERS)
    steps.add("group_clients", GROUP_CLIENTS)


def _repoint(steps: Steps, moves: dict[str, str]) -> list[Change]:
    """Updates of all other tables that point at rows that went."""
    changes = []
    own = {"clients", *(shared.table for shared in SHARED)}
    for name, references in tables_pointing_at(moves).items():
        if name not in own:
            steps.add(f"repointed {name}", repointed_sql(references, moves))
            changes.append(steps.update(name, f"repointed {name}"))
    return changes


def _summary(steps: Steps, changes: list[Change]) -> tuple[tuple[str, str], ...]:
    """Figures of the preview: clients replaced, rows changed a table, credit moved a currency."""
    figures = [
        ("Clients replaced", str(steps.count("members"))),
        ("Survivors", str(steps.count("survivors"))),
    ]
    for change in changes:
        count = change.rows.count("*").fetchall()[0][0]
        if change.table != "clients" and count:
            what = {"insert": "added", "update": "repointed", "delete": "joined"}[change.kind]
            name = noun(change.table, 2)
            figures.append((f"{name[:1].upper()}{name[1:]} {what}", str(count)))
    for label, sql in (
        ("Credit moved", CREDIT_MOVED),
        ("Invoices moved", INVOICES_MOVED),
        ("Payments moved", PAYMENTS_MOVED),
    ):
        figures += [(label, shown) for (shown,) in steps.tables.query(sql).fetchall()]
    return tuple(figures)


ASKED = """
    select r."row", r.replaced_id, r.survivor_id, coalesce(r.keep_as_contact, false) as keep_as_contact,
        coalesce(r.survivorship, 'fill gaps') as survivorship, coalesce(r.take_from_replaced, []) as taken,
        c.id is not null as is_replaced_known, s.id is not null as is_survivor_known,
        c.currency_id as replaced_currency_id, s.currency_id as survivor_currency_id,
        count(*) over (partition by r.replaced_id) as times,
        min(r.survivor_id) over (partition by r.replaced_id) <> max(r.survivor_id) over (partition by r.replaced_id)
            as has_two_survivors
    from requests r
    left join clients c on c.id = r.replaced_id
    left join clients s on s.id = r.survivor_id
    where r.replaced_id is not null and r.survivor_id is not null
"""

EDGES = """
    select * from asked
    where replaced_id <> survivor_id and is_replaced_known and is_survivor_known
    qualify row_number() over (partition by replaced_id order by "row") = 1
"""

# Each turn doubles how far every client looks ahead, so a chain of n merges takes log2(n) turns; a circle never
# comes to an end and is known by that.
CHAIN_ENDS = """
    with recursive linked as (
        select replaced_id, survivor_id from edges
        where survivor_id in (select replaced_id from edges) or replaced_id in (select survivor_id from edges)
    ), ahead as (
        select replaced_id, survivor_id, 1::bigint as depth, 0 as turn from linked
        union all
        select a.replaced_id, coalesce(b.survivor_id, a.survivor_id), a.depth + coalesce(b.depth, 0), a.turn + 1
        from ahead a left join ahead b on b.replaced_id = a.survivor_id
        where a.turn < (select ceil(log2(count(*) + 1)) from linked)
    )
    select replaced_id, survivor_id, depth, survivor_id in (select replaced_id from linked) as is_circle
    from ahead where turn = (select max(turn) from ahead)
"""

MEMBERS = f"""
    select e."row", e.replaced_id, coalesce(c.survivor_id, e.survivor_id) as survivor_id, e.keep_as_contact,
        e.survivorship, e.taken,
        row_number() over (partition by coalesce(c.survivor_id, e.survivor_id)
            order by coalesce(c.depth, 1), e."row") as "rank",
        ({PRIORITY})::bigint as priority
    from edges e left join chain_ends c on c.replaced_id = e.replaced_id
"""

GROUP_CLIENTS = """
    select survivor_id, replaced_id as client_id, "rank", priority, taken from members
    union all
    select distinct survivor_id, survivor_id, 0, 0, []::varchar[] from members
"""

PROFILES = f"""
    select g.survivor_id, g.client_id, g."rank", g.priority, g.taken, c.credit_balance, {column_list(FIELDS, "c")}
    from group_clients g join clients c on c.id = g.client_id
"""

OTHER_CURRENCY = """
    select m."row", m.replaced_id as client_id, m.survivor_id, c.credit_balance,
        theirs.code, theirs.minor_digits, own.code as survivor_code
    from members m
    join clients c on c.id = m.replaced_id
    join clients s on s.id = m.survivor_id and s.currency_id <> c.currency_id
    left join currencies theirs on theirs.id = c.currency_id
    left join currencies own on own.id = s.currency_id
"""

MONEY_INVOLVED = f"""
    with found as (
        select client_id, 'invoice' as one, 'invoices' as many, 1 as place from invoices
        union all
        select client_id, 'transaction', 'transactions', 2 from transactions where client_name is null
        union all
        select client_id, 'credit entry', 'credit entries', 3 from credit_entries
        union all
        select client_id, 'priced service', 'priced services', 4 from services where first_amount <> 0 or recurring_amount <> 0
        union all
        select s.client_id, 'priced add-on', 'priced add-ons', 5 from addons a join services s on s.id = a.service_id
        where a.setup_fee <> 0 or a.first_amount <> 0 or a.recurring_amount <> 0
        union all
        select client_id, 'priced domain', 'priced domains', 6 from domains where first_amount <> 0 or recurring_amount <> 0
        union all
        select client_id, 'order', 'orders', 7 from orders where amount <> 0
        union all
        select client_id, 'commission', 'commissions', 8 from affiliates where balance <> 0 or withdrawn <> 0
    ), counted as (
        select client_id, min(place) as place, count(*) || ' ' || case when count(*) = 1 then one else many end as what
        from found semi join other_currency using (client_id) group by client_id, one, many
        union all
        select client_id, 0, 'a credit of ' || {show_sql("credit_balance")} from other_currency where credit_balance <> 0
    )
    select client_id, string_agg(what, ', ' order by place) as what
    from counted group by client_id
"""

TAKEN_FIELDS = """
    select m."row", m.survivor_id, unnest(m.taken) as name from members m where len(m.taken) > 0
"""

PROBLEMS = f"""
    select u."row", u.field, case when m.id is null then 'unknown_client' else 'already_merged' end as code,
        case when m.id is null then 'there is no client ' || u.client_id
            else 'client ' || u.client_id || ' was merged into client ' || m.survivor_id || coalesce(' on ' || m.merged_on, '')
                || '; name client ' || m.survivor_id || ' instead' end as message
    from (
        select "row", 'replaced_id' as field, replaced_id as client_id from asked where not is_replaced_known
        union all
        select "row", 'survivor_id', survivor_id from asked where not is_survivor_known
    ) u left join merged_clients m on m.replaced_id = u.client_id
    union all
    select "row", 'survivor_id', 'same_client', 'client ' || replaced_id || ' cannot be merged into itself'
    from asked where replaced_id = survivor_id
    union all
    select "row", 'replaced_id', case when has_two_survivors then 'two_survivors' else 'given_twice' end,
        'client ' || replaced_id || case when has_two_survivors then ' is given two survivors; a client goes into one'
            else ' is given ' || times || ' times; give it once' end
    from asked where times > 1
    union all
    select e."row", 'survivor_id', 'circle',
        'client ' || e.replaced_id || ' into ' || e.survivor_id || ': these clients would replace each other in a circle'
    from edges e join chain_ends c on c.replaced_id = e.replaced_id where c.is_circle
    union all
    select f."row", 'survivor_id', 'different_currency',
        'client ' || f.client_id || ' is billed in ' || coalesce(f.code, 'no currency') || ' and has ' || m.what
            || '; survivor ' || f.survivor_id || ' is billed in ' || coalesce(f.survivor_code, 'no currency')
            || ': with money involved both need one currency'
    from other_currency f join money_involved m on m.client_id = f.client_id
    union all
    select "row", 'take_from_replaced', 'unknown_field',
        'take_from_replaced names ' || name || '; these can be taken: {" ".join(TAKABLE)}, and field:N for custom field N'
    from taken_fields
    where not list_contains([{", ".join(f"'{c}'" for c in TAKABLE)}], name)
        and name not in (select 'field:' || id from custom_fields where subject_kind = 'client')
    union all
    select "row", 'take_from_replaced', 'taken_twice',
        name || ' is taken from several clients for survivor ' || survivor_id || '; take it from one'
    from (select *, count(distinct "row") over (partition by survivor_id, name) as givers from taken_fields)
    where givers > 1
"""

WARNINGS = """
    select m."row", 'survivor_id' as field, 'closed_survivor' as code,
        'survivor ' || m.survivor_id || ' is Closed and stays so: nobody can log in for it' as message
    from members m join survivors s on s.id = m.survivor_id where s.status = 'Closed'
    union all
    select m."row", 'replaced_id', 'tax_exempt_differs',
        'client ' || m.replaced_id || case when c.is_tax_exempt then ' is' else ' is not' end
            || ' tax exempt, survivor ' || m.survivor_id || case when s.is_tax_exempt then ' is' else ' is not' end
    from members m
    join clients c on c.id = m.replaced_id
    join survivors s on s.id = m.survivor_id and s.is_tax_exempt <> c.is_tax_exempt
    union all
    select min(m."row"), 'survivor_id', 'decided_different',
        'clients ' || d.left_id || ' and ' || d.right_id || ' were decided to be different'
    from different d
    join group_clients l on l.client_id = d.left_id
    join group_clients r on r.client_id = d.right_id and r.survivor_id = l.survivor_id
    join members m on m.survivor_id = l.survivor_id and m.replaced_id in (d.left_id, d.right_id)
    group by d.left_id, d.right_id
    union all
    select f."row", 'survivor_id', 'currency_differs',
        'client ' || f.client_id || ' was to be billed in ' || f.code || ', survivor ' || f.survivor_id || ' is in '
            || f.survivor_code || '; no money is involved'
    from other_currency f anti join money_involved m on m.client_id = f.client_id
"""

CLIENTS = """
    with credit as (select survivor_id, sum(credit_balance)::decimal(18, 4) as amount from profiles group by survivor_id)
    select s.id, c.amount as credit_balance,
        s.* exclude (id, default_billing_contact_id),
        coalesce(m.new_id, s.default_billing_contact_id) as default_billing_contact_id
    from survivors s
    join credit c on c.survivor_id = s.id
    left join "gone contacts" m on m.old_id = s.default_billing_contact_id
"""

REDIRECTS = """
    select {next_id} + row_number() over (order by "row") as id, replaced_id, survivor_id, $today::date as merged_on
    from members
"""

INVOICES_MOVED = f"""
    select {show_sql("amount")} as shown
    from (
        select k.code, any_value(k.minor_digits) as minor_digits, sum(i.total) as amount
        from members m join clients c on c.id = m.replaced_id join currencies k on k.id = c.currency_id
        join invoices i on i.client_id = m.replaced_id group by k.code having sum(i.total) <> 0
    )
    order by code
"""

PAYMENTS_MOVED = f"""
    select {show_sql("amount")} as shown
    from (
        select k.code, any_value(k.minor_digits) as minor_digits, sum(t.amount_in - t.amount_out) as amount
        from members m join transactions t on t.client_id = m.replaced_id and t.client_name is null
        join currencies k on k.id = t.currency_id group by k.code having sum(t.amount_in - t.amount_out) <> 0
    )
    order by code
"""

CREDIT_MOVED = f"""
    select {show_sql("amount")} as shown
    from (
        select k.code, any_value(k.minor_digits) as minor_digits, sum(c.credit_balance) as amount
        from members m join clients c on c.id = m.replaced_id join currencies k on k.id = c.currency_id
        where c.credit_balance <> 0 group by k.code
    )
    order by code
"""

RULES: tuple[Rule, ...] = (
    Rule("merge-clients", "Merge clients", merge_clients, MergeClients, risk="medium", group="merge"),
)
