"""Taking rows back from a survivor: those that a merge repointed, and those that became one with the survivor's."""

from __future__ import annotations

from clientops.core.plan import Change
from clientops.rules.merge.repoint import tables_pointing_at
from clientops.rules.merge.shared_rows import CONTACTS, PERSON, SHARED, Shared
from clientops.schema.definition import column_list, quote_name, table
from clientops.schema.references import Reference, references_from, references_to
from clientops.schema.tables import Steps

OWNERS = {shared.table: shared for shared in SHARED}


def add_gone_rows(steps: Steps, shared: Shared) -> None:
    """Step ``gone then <table>``: rows that the merge deleted because others stayed for them.

    ``operation_id, id``, ``client_id`` (whose it was), ``survivor_id``, ``key``, ``is_leaving`` (whether its client comes
    back now). Reads the steps ``still_merged`` and ``leaving``, as all steps here do.
    """
    columns = ", ".join(f"any_value({quote_name(c)}) as {quote_name(c)}" for c in _columns(shared.table))
    steps.add(
        f"gone then {shared.table}",
        f"""
        with deleted as (
            select operation_id, id, {columns} from {steps.tables.history(shared.table)}
            where operation_id in (select operation_id from leaving) group by operation_id, id having max(sign) = -1
        ), keyed as (select operation_id, id, {shared.owner} as client_id, {shared.key} as key from deleted)
        select k.*, m.survivor_id, l.replaced_id is not null as is_leaving
        from keyed k
        join still_merged m on m.operation_id = k.operation_id and m.replaced_id = k.client_id
        left join leaving l on l.operation_id = k.operation_id and l.replaced_id = k.client_id
        """,
    )
    steps.add(
        f"back {shared.table}",
        f"""
        select operation_id, id as old_id, client_id, survivor_id from "gone then {shared.table}" gone
        where is_leaving and id not in (select id from {quote_name(shared.table)})
        """,
    )


def add_kept_rows(steps: Steps, shared: Shared) -> None:
    """Step ``kept then <table>``: rows of the groups that the merge changed, with what they were and became.

    ``operation_id, id, survivor_id, key`` and ``before_…``, ``after_…`` of the owner and the columns that learn;
    ``is_shared``: rows of clients that stay merged are part of it.
    """
    names = [shared.owner, *shared.columns]
    before = ", ".join(f"b.{n} as before_{n}, a.{n} as after_{n}" for n in names)
    history = (
        f"(select * from {steps.tables.history(shared.table)} where operation_id in (select operation_id from leaving))"
    )
    steps.add(
        f"kept then {shared.table}",
        f"""
        with was as (select *, {shared.key} as key from {history} where sign = -1)
        select b.operation_id, b.id, a.{shared.owner} as survivor_id, {before},
            exists (from "gone then {shared.table}" g where g.operation_id = b.operation_id and g.key = b.key
                and g.survivor_id = a.{shared.owner} and not g.is_leaving) as is_shared
        from was b join {history} a on a.operation_id = b.operation_id and a.id = b.id and a.sign = 1
        where a.{shared.owner} in (select survivor_id from leaving)
        """,
    )


def shared_back(steps: Steps, shared: Shared) -> list[Change]:
    """Changes of a shared table: rows that were deleted come back, rows that learned from them forget it again.

    A column goes back only where it is still as the merge left it.
    """
    name = shared.table
    forget = "".join(
        f""", case when not k.is_shared and t.{c} is not distinct from k.after_{c} then k.before_{c} else t.{c} end as {c}"""
        for c in shared.columns
    )
    steps.add(
        f"taken back {name}",
        f"""
        select t.id, coalesce(l.replaced_id, t.{shared.owner}) as {shared.owner} {forget}
        from "kept then {name}" k join {quote_name(name)} t on t.id = k.id and t.{shared.owner} = k.survivor_id
        left join leaving l on l.operation_id = k.operation_id and l.replaced_id = k.before_{shared.owner}
        where l.replaced_id is not null or not k.is_shared
        qualify row_number() over (partition by t.id order by k.operation_id desc) = 1
        """,
    )
    steps.add(f"returned {name}", returned_sql(steps, name, f"back {name}"))
    return [steps.update(name, f"taken back {name}"), steps.insert(name, f"returned {name}")]


def returned_sql(steps: Steps, name: str, back: str, special: str = "") -> str:
    """SELECT of whole rows of a table as they were before a merge deleted them.

    Rows that belong to something that is gone since do not come back, and columns that name such a thing are emptied,
    as the reference map says. References to clients and contacts come back with the merge itself.

    Args:
        steps: Steps so far.
        name: The table.
        back: Step of the rows, ``operation_id, old_id``.
        special: SQL of columns that are not as they were.
    """
    emptied, wanted = [special] if special else [], ["true"]
    for reference in references_from(name):
        column, target = quote_name(reference.column), quote_name(reference.target)
        if reference.target in ("clients", "contacts") or reference.when:
            continue
        if reference.on_delete == "clear":
            emptied.append(f"case when h.{column} in (select id from {target}) then h.{column} end as {column}")
        elif reference.on_delete == "remove":
            wanted.append(f"h.{column} in (select id from {target})")
    replaced = f" replace ({', '.join(emptied)})" if emptied else ""
    return f"""
        select h.* exclude (operation_id, sign){replaced}
        from {steps.tables.history(name)} h
        join "{back}" b on b.operation_id = h.operation_id and b.old_id = h.id
        where h.sign = -1 and {" and ".join(wanted)}
    """


def repointed_back(steps: Steps, touched: set[str]) -> list[Change]:
    """Updates of all other tables touched: what pointed at a client or shared row that comes back does so again."""
    changes = []
    targets = {"clients", *(touched & OWNERS.keys())}
    for name, references in tables_pointing_at(targets).items():
        if name in touched and name not in OWNERS and name != "clients":
            steps.add(f"taken back {name}", _back_sql(steps, references))
            changes.append(steps.update(name, f"taken back {name}"))
    return changes


def _back_sql(steps: Steps, references: list[Reference]) -> str:
    """SELECT of ``id`` and the columns of rows that go back; only where the column still is as the merge left it."""
    name = references[0].table
    values, joins, pairs, keys = [], [], [], []
    for n, reference in enumerate(references):
        column = quote_name(reference.column)
        pairs.append(f"b.{column} as before_{n}, a.{column} as after_{n}")
        keys.append(
            f"t.{column}, case when m.after_{n} = t.{column} and m.after_{n} <> m.before_{n} then m.before_{n} end as key_{n}"
        )
        values.append(f"coalesce(k{n}.old_id, s.{column}) as {column}")
        joins.append(
            f'left join "back {reference.target}" k{n} on k{n}.operation_id = s.operation_id and k{n}.old_id = s.key_{n}'
        )
    history = f"(select * from {steps.tables.history(name)} where operation_id in (select operation_id from leaving))"
    return f"""
        with moved as (
            select b.operation_id, b.id, {", ".join(pairs)}
            from {history} b join {history} a on a.operation_id = b.operation_id and a.id = b.id and a.sign = 1
            where b.sign = -1
        ), still as (
            select t.id, m.operation_id, {", ".join(keys)} from moved m join {quote_name(name)} t on t.id = m.id
        )
        select s.id, {", ".join(values)}
        from still s {" ".join(joins)}
        where {" or ".join(f"k{n}.old_id is not null" for n in range(len(references)))}
        qualify row_number() over (partition by s.id order by s.operation_id desc) = 1
    """


def add_kept_contacts(steps: Steps) -> None:
    """Step ``contacts to remove``: contacts that replaced clients were kept as, unchanged and unused since.

    Step ``contact owners``: whose every contact of the clients concerned is afterwards. Step ``contact stand-ins``: the
    survivor's contact that stands now for one that the merge deleted.
    """
    steps.add(
        "contact stand-ins",
        f"""
        select g.id as old_id, min(c.id) as new_id
        from "gone then contacts" g
        join (select id, client_id, {CONTACTS.key} as key from contacts where client_id in (select survivor_id from leaving)) c
            on c.client_id = g.survivor_id and c.key = g.key
        group by g.id
        """,
    )
    columns = column_list(("id", *_columns("contacts")))
    unused = " and ".join(
        f"k.id not in (select {quote_name(r.column)} from {quote_name(r.table)} where {quote_name(r.column)} is not null)"
        for r in references_to("contacts")
    )
    steps.add(
        "contacts to remove",
        f"""
        with added as (
            select operation_id, id from {steps.tables.history("contacts")}
            where operation_id in (select operation_id from leaving) group by operation_id, id having min(sign) = 1
        ), unchanged as (
            select {columns} from contacts where id in (select id from added)
            intersect
            select {columns} from {steps.tables.history("contacts")}
            where (operation_id, id) in (select operation_id, id from added) and sign = 1
        ), keyed as (
            select a.operation_id, u.id, u.client_id, u.key
            from (select *, {PERSON} as key from unchanged) u join added a using (id)
        ), persons as (
            select operation_id, survivor_id, key, bool_or(is_leaving) as is_leaving, bool_or(not is_leaving) as is_staying
            from (select operation_id, survivor_id, is_leaving, keep_as_contact, {PERSON} as key from then_clients)
            where keep_as_contact group by operation_id, survivor_id, key
        )
        select k.id from keyed k
        join persons p on p.operation_id = k.operation_id and p.survivor_id = k.client_id and p.key = k.key
        where p.is_leaving and not p.is_staying and {unused}
        """,
    )
    steps.add(
        "contact owners",
        """
        select id, client_id from "taken back contacts"
        union all
        select id, client_id from "returned contacts"
        union all
        select id, client_id from contacts
        where client_id in (select survivor_id from leaving)
            and id not in (select id from "taken back contacts") and id not in (select id from "contacts to remove")
        """,
    )


def _columns(name: str) -> tuple[str, ...]:
    return tuple(c for c in table(name).column_names if c != "id")
