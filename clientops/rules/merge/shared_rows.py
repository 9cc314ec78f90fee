"""What duplicates have in common: one contact, user, custom field or affiliate on several of them becomes one row."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.core.plan import Change
from clientops.schema.definition import column_list, quote_name
from clientops.schema.tables import Steps


@dataclass(frozen=True)
class Shared:
    """A table in which a client has one row of a kind.

    Attributes:
        table: The table.
        owner: Column that holds the client.
        key: SQL, over the table's columns, that is equal for rows that are the same.
        when: SQL condition under which the owner is a client.
        columns: Columns of the row that stays which learn from the rows that go.
        learn: SQL of those columns from all rows that become one (``r``), the row that stays having position 1.
    """

    table: str
    owner: str
    key: str
    when: str
    columns: tuple[str, ...]
    learn: str


def _first_filled(column: str) -> str:
    return f"""coalesce(arg_min(r.{column}, position) filter (where trim(r.{column}) <> ''),
        any_value(r.{column}) filter (where position = 1)) as {column}"""


_ADDRESS = ("address1", "address2", "city", "state", "postcode", "country")
_PROFILE = ("first_name", "last_name", "company_name", "email", *_ADDRESS, "phone", "tax_id")
_WANTS = ("wants_general", "wants_invoice", "wants_support", "wants_product", "wants_domain", "wants_affiliate")

PERSON = """{'email': lower(trim(coalesce(email, ''))), 'first': lower(trim(coalesce(first_name, ''))),
    'last': lower(trim(coalesce(last_name, '')))}"""
"""SQL that is equal for one person; without an e-mail address nobody is sure to be the same."""

CONTACTS = Shared(
    "contacts",
    "client_id",
    f"{{'person': {PERSON}, 'id': case when coalesce(trim(email), '') = '' then id end}}",
    "true",
    ("company_name", *_ADDRESS, "phone", "tax_id", *_WANTS, "created_on"),
    f"""
        {_first_filled("company_name")}, {_first_filled("phone")}, {_first_filled("tax_id")},
        unnest(coalesce(
            arg_min({{{", ".join(f"'{c}': r.{c}" for c in _ADDRESS)}}}, position)
                filter (where concat({column_list(_ADDRESS, "r")}) <> ''),
            any_value({{{", ".join(f"'{c}': r.{c}" for c in _ADDRESS)}}}) filter (where position = 1))),
        {", ".join(f"bool_or(r.{c}) as {c}" for c in _WANTS)}, min(r.created_on) as created_on
    """,
)
USER_CLIENTS = Shared(
    "user_clients",
    "client_id",
    "user_id",
    "true",
    ("is_owner", "permissions"),
    """
        bool_or(r.is_owner) as is_owner,
        case when bool_or(coalesce(trim(r.permissions), '') = '') then null
            when count(distinct r.permissions) = 1 then max(r.permissions)
            else array_to_string(list_sort(list_distinct(flatten(list(string_split_regex(trim(r.permissions), '\\s*,\\s*'))))), ',')
        end as permissions
    """,
)
CUSTOM_VALUES = Shared(
    "custom_values",
    "subject_id",
    "field_id",
    "field_id in (select id from custom_fields where subject_kind = 'client')",
    ("value",),
    """
        case when bool_or(list_contains(taken, 'field:' || r.field_id))
            then any_value(r.value) filter (where list_contains(taken, 'field:' || r.field_id))
            else coalesce(arg_min(r.value, priority) filter (where trim(r.value) <> '' and priority is not null),
                any_value(r.value) filter (where position = 1)) end as value
    """,
)
AFFILIATES = Shared(
    "affiliates",
    "client_id",
    "0",
    "true",
    ("since_on", "visitors", "balance", "withdrawn"),
    """
        min(r.since_on) as since_on, sum(r.visitors)::bigint as visitors,
        sum(r.balance)::decimal(18, 4) as balance, sum(r.withdrawn)::decimal(18, 4) as withdrawn
    """,
)
SHARED: tuple[Shared, ...] = (CONTACTS, USER_CLIENTS, CUSTOM_VALUES, AFFILIATES)


def add_same_rows(steps: Steps, shared: Shared) -> str:
    """Step ``same <table>``: every row of the groups' clients with the row that stays for it.

    Reads the step ``group_clients`` (``survivor_id, client_id, rank, priority, taken``). The row that stays is the survivor's,
    else that of the first client that has one. Two rows of one client stay two. Step ``gone <table>`` has ``old_id`` and
    ``new_id`` of each row that goes and the one that stays for it.
    """
    steps.add(f"same {shared.table}", _same_sql(shared))
    steps.add(
        f"gone {shared.table}",
        f"""select id as old_id, kept_id as new_id from "same {shared.table}" where is_gone""",
    )
    return f"gone {shared.table}"


def _same_sql(shared: Shared) -> str:
    return f"""
        with theirs as (
            select t.id, g.survivor_id, g.client_id, g."rank", g.priority, g.taken, {shared.key} as key
            from (select * from {quote_name(shared.table)} where {shared.when}) t
            join group_clients g on g.client_id = t.{shared.owner}
        )
        select id, survivor_id, "rank", priority, taken,
            row_number() over same as position, first_value(id) over same as kept_id,
            client_id <> first_value(client_id) over same as is_gone
        from theirs window same as (partition by survivor_id, key order by "rank", id)
    """


def shared_changes(steps: Steps, shared: Shared) -> list[Change]:
    """Changes of a shared table: rows that stay go to the survivor and learn from those that go."""
    name = shared.table
    if not steps.count(f"gone {name}"):
        steps.add(
            f"moved {name}",
            f"""select id, survivor_id as {shared.owner} from "same {name}" where "rank" > 0""",
        )
        return [steps.update(name, f"moved {name}")]
    steps.add(f"learned {name}", _learned_sql(shared))
    steps.add(f"moved {name}", _moved_sql(shared))
    steps.add(f"deleted {name}", f"""select old_id as id from "gone {name}" """)
    return [steps.update(name, f"moved {name}"), steps.delete(name, f"deleted {name}")]


def _learned_sql(shared: Shared) -> str:
    """SELECT of ``id`` and the columns of rows that stay for others, as they become."""
    return f"""
        with rows as (
            select s.kept_id, s.position, s.priority, s.taken, t.*
            from "same {shared.table}" s join {quote_name(shared.table)} t on t.id = s.id
            where s.kept_id in (select new_id from "gone {shared.table}") and (s.is_gone or s.id = s.kept_id)
        )
        select kept_id as id, {shared.learn} from rows r group by kept_id
    """


def _moved_sql(shared: Shared) -> str:
    """SELECT of the rows that change and stay."""
    values = ", ".join(
        f"case when l.id is null then t.{quote_name(c)} else l.{quote_name(c)} end as {quote_name(c)}"
        for c in shared.columns
    )
    return f"""
        select t.id, s.survivor_id as {shared.owner}, {values}
        from "same {shared.table}" s
        join {quote_name(shared.table)} t on t.id = s.id
        left join "learned {shared.table}" l on l.id = s.id
        where not s.is_gone and (s."rank" > 0 or l.id is not null)
    """


def kept_as_contact_sql(next_id: str) -> str:
    """SELECT of the contacts that replaced clients are kept as, where the group has no such person yet."""
    return f"""
    with wanted as (
        select m."row", m.survivor_id, m."rank", c.*, {CONTACTS.key} as key
        from members m join clients c on c.id = m.replaced_id
        where m.keep_as_contact
    ), there as (
        select s.survivor_id, {CONTACTS.key} as key from contacts join "same contacts" s using (id)
        union all
        select s.id, {CONTACTS.key} from survivors s
    ), new as (
        select wanted.* from wanted anti join there on there.survivor_id = wanted.survivor_id and there.key = wanted.key
        qualify row_number() over (partition by wanted.survivor_id, wanted.key order by wanted."rank") = 1
    )
    select {next_id} + row_number() over (order by "row") as id, survivor_id as client_id,
        {column_list(_PROFILE)}, $today::date as created_on
    from new
"""
