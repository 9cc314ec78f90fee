"""What is personal: which rows belong to a client, which of their columns say something about a person, and what is said elsewhere.

Whatever is not named here as kept is personal: a column that is added to the tables later is erased, not forgotten.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

import pyarrow as pa
from pydantic.fields import FieldInfo

from clientops.book.proof.chain import CLIENT_AREA, OPERATORS
from clientops.schema.definition import Column, Table, all_tables, quote_name
from clientops.schema.references import REFERENCES
from clientops.schema.request_fields import arrow_type, is_literal, is_secret
from clientops.schema.tables import Steps

ERASED = "(erased)"
ERASED_CLIENT = f"{ERASED}{CLIENT_AREA}"

# Columns of text that money rows need, or that say nothing about a person.
KEPT = {
    "country", "payment_method", "gateway", "number", "promotion_code", "promotion_kind", "template", "category",
    "subject_kind", "billing_cycle", "new_billing_cycle", "domain_kind", "currency_code", "table_name", "line_sha256", "registrar",
    "operator", "decided_by", "proposed_by", "rejected_by", "key", "digest", "rule", "needed_because", "permissions",
    "made_by", "source", "source_table", "field", "code", "take_from_replaced", "status", "kind", "company_tax_id", "tax_class",
}  # fmt: skip

_MONEY = re.compile(r"amount|balance|price|quantity|total|fee|discount|rate")
_AMOUNT = re.compile(r"-?\d{1,14}(\.\d{1,4})?")
_DAY = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?")

# Tables whose rows belong to a client by columns that are no references.
BY_NUMBER = {
    "duplicate_pairs": ("left_id", "right_id"),
    "duplicate_decisions": ("left_id", "right_id"),
    "match_keys": ("id",),
}
# Tables that are about the business or the book, not about a client.
IMPERSONAL = {
    "settings", "currencies", "groups", "tax_rates", "products", "product_prices", "servers", "promotions", "custom_fields",
    "departments", "article_categories", "articles", "article_placements", "statements", "statement_repeats", "source_ids", "sign_offs",
    "sign_off_figures", "backups", "erasures", "clients", "contacts", "users",
}  # fmt: skip


def personal_columns(table: Table) -> list[Column]:
    """Columns of a table that are erased: texts, unless they are kept or one of a few given words."""
    checks = " ".join(table.checks)
    if table.name == "match_keys":  # hashes of what the person is called
        return [c for c in table.columns if c.name.endswith("_key")]
    return [
        c
        for c in table.columns
        if c.type == "VARCHAR" and c.name not in KEPT and not re.search(rf'\(\(*"?{c.name}\b', checks)
    ]


def apart_columns(table: Table, names: Iterable[str]) -> list[str]:
    """Those of some columns that the chain hashes apart: what can be erased, and operators, who may be clients."""
    personal = {c.name for c in personal_columns(table)} | {
        c.name for c in table.columns if c.name in OPERATORS and c.type == "VARCHAR"
    }
    return [name for name in names if name in personal]


def can_be_apart(column: Column) -> bool:
    """Whether a column of this kind may ever be hashed apart: a text, or a hash of what a person is called."""
    return column.type == "VARCHAR" or column.name.endswith("_key")


def is_personal_field(name: str, info: FieldInfo) -> bool:
    """Whether a field of a request is hashed apart: texts, unless they are kept, hidden or one of a few given words."""
    if name in OPERATORS:
        return True
    kind = arrow_type(info)
    text = kind == pa.string() or kind == pa.list_(pa.string())
    return text and name not in KEPT and not is_secret(info) and not is_literal(info)


def is_personal_value(name: str, values: Iterable[object]) -> bool:
    """Whether a field of requests of an older book is hashed apart, from its values: texts that are no amounts or days."""
    if name in OPERATORS:
        return True
    given = [value for value in values if value is not None]
    if name in KEPT or not any(isinstance(value, str | list) for value in given):
        return False
    if all(isinstance(value, list) and all(isinstance(v, int) for v in value) for value in given):
        return False
    texts = [value for value in given if isinstance(value, str)]
    if len(texts) < len(given) or not texts:
        return True
    is_money = bool(_MONEY.search(name)) and all(_AMOUNT.fullmatch(text) for text in texts)
    return not is_money and not all(_DAY.fullmatch(text) for text in texts) and set(texts) != {"(hidden)"}


def erasable_columns(table: Table) -> list[Column]:
    """Columns that an erasure may touch: the personal ones, and operators who are clients."""
    names = apart_columns(table, table.column_names)
    return [column for column in table.columns if column.name in names]


def erased_value(table: Table, column: Column) -> str:
    """SQL of what stands in an erased column: nothing, or a word where something must."""
    if column.name in OPERATORS:
        name = quote_name(column.name)
        return f"if(suffix({name}, '{CLIENT_AREA}'), '{ERASED_CLIENT}', {name})"
    if table.name == "users" and column.name == "email":
        return f"'erased-' || id || ' {ERASED}'"  # one address is one log-in
    return f"case when {quote_name(column.name)} is not null then '{ERASED}' end" if column.is_required else "null"


def held_sql(table: Table, columns: Iterable[Column]) -> str:
    """SQL of whether one of some columns holds something that an erasure takes."""
    return " or ".join(f"{quote_name(c.name)} is distinct from ({erased_value(table, c)})" for c in columns)


def is_erased_sql(table: Table, column: Column) -> str:
    """SQL of whether a value is what an erasure leaves: nothing, or the word for it; of an operator, no client's address."""
    name = quote_name(column.name)
    if column.name in OPERATORS:
        return f"coalesce(not suffix({name}, '{CLIENT_AREA}') or {name} = '{ERASED_CLIENT}', true)"
    words = [f"'{ERASED}'"] + ([f"'erased-' || id || ' {ERASED}'"] if table.name == "users" else [])
    return f"coalesce({name}::varchar in ({', '.join(words)}), true)"


def latest_sql(name: str) -> str:
    """SELECT of each row a table ever had, as it is or last was."""
    return (
        f"(select * from history.{quote_name(name)} "
        "qualify row_number() over (partition by id order by operation_id desc, sign desc) = 1)"
    )


def add_owned(steps: Steps, clients: str) -> list[str]:
    """Steps ``erased <table>`` of the numbers of all rows that belong to clients, present and gone; the tables in order.

    Args:
        steps: The steps to add to.
        clients: SELECT of the clients' numbers as ``id``.
    """
    steps.add("erased clients", clients)
    found, waiting = ["clients"], True
    while waiting:
        waiting = False
        for name in all_tables():
            if name in found or name in IMPERSONAL - {"contacts"} or name in ("users", "matches"):
                continue
            parts = _owning_parts(name, found)
            if parts:
                steps.add(f"erased {name}", " union ".join(parts))
                found.append(name)
                waiting = True
    steps.add("erased users", USERS.format(permissions=latest_sql("user_clients")))
    steps.add("erased invitations", INVITATIONS.format(invitations=latest_sql("invitations")))
    steps.add("erased statement_lines", _lines_sql())
    steps.add("erased matches", MATCHES.format(matches=latest_sql("matches")))
    steps.add("erased proposals", PROPOSALS.format(proposals=latest_sql("proposals")))
    return [*found, "users", "invitations", "statement_lines", "matches", "proposals"]


def _owning_parts(name: str, found: list[str]) -> list[str]:
    parts = []
    for r in REFERENCES:
        if r.table == name and r.target in found and (r.on_delete == "remove" or r.target == "clients"):
            when = f"and ({r.when})" if r.when and name != "transactions" else ""
            parts.append(
                f"""select id from {latest_sql(name)} where {quote_name(r.column)} in (select id from "erased {r.target}") {when}"""
            )
    parts += [
        f"""select id from {latest_sql(name)} where {column} in (select id from "erased clients")"""
        for column in BY_NUMBER.get(name, ())
    ]
    return parts


USERS = """
    select distinct user_id as id from {permissions} where client_id in (select id from "erased clients")
        and user_id not in (select user_id from user_clients where client_id not in (select id from "erased clients"))
"""
INVITATIONS = """
    select id from {invitations} where user_id in (select id from "erased users")
"""
MATCHES = """
    select id from {matches} where transaction_id in (select id from "erased transactions") or statement_line_id in (select id from "erased statement_lines")
"""
WORDS = r"""array_to_string(list_sort(string_split(trim(regexp_replace(lower({name}), '[^\p{{L}}\p{{N}}]+', ' ', 'g')), ' ')), ' ')"""
_FULL_NAME = "concat_ws(' ', first_name, last_name)"


def _lines_sql() -> str:
    """SELECT of the statement lines of the person: matched ones, and those of nobody that their account or name paid.

    A name that another client has, too, is not enough; the order of its words does not count.
    """
    matches, lines = latest_sql("matches"), latest_sql("statement_lines")
    mine, others = [], []
    for name, text in (("clients", _FULL_NAME), ("contacts", _FULL_NAME), ("clients", "company_name")):
        key = WORDS.format(name=f"coalesce({text}, '')")
        mine.append(f"""select {key} as key from history.{name} where id in (select id from "erased {name}")""")
        others.append(f"""select {key} as key from {name} where id not in (select id from "erased {name}")""")
    return f"""
        with known as (select distinct statement_line_id as id from {matches} where transaction_id in (select id from "erased transactions")),
        known_lines as (select * from {lines} where id in (select id from known)),
        free as (select * from {lines} where id not in (select statement_line_id from {matches} where transaction_id is not null)),
        names as (({" union ".join(mine)}) except ({" union ".join(others)}))
        select id from known
        union select id from free where payer_account <> '' and payer_account in (select payer_account from known_lines)
        union select id from free where {WORDS.format(name="coalesce(payer_name, '')")} in (select key from names where length(key) >= {SHORTEST})
    """


PROPOSALS = """
    select distinct p.id from {proposals} p, "erased clients" c
    where regexp_matches(p.requests, '"[a-z_]*(client|replaced|survivor)[a-z_]*_id": ?"?' || c.id || '[",}}]')
"""

NAMES = ("clients", "contacts", "users")
VALUES = (
    *((name, column) for name in NAMES for column in ("email", "first_name || ' ' || last_name", "last_name || ', ' || first_name")),
    *((name, column) for name in ("clients", "contacts") for column in ("phone", "tax_id", "address1", "company_name")),
    ("domains", "name"), ("services", "domain"), ("communications", "sent_to"), ("tickets", "email"), ("transactions", "client_name"),
    ("statement_lines", "payer_account"), ("statement_lines", "payer_name"),
)  # fmt: skip
SHORTEST = 6


def values_sql() -> str:
    """SELECT of ``value``: what names the person in other texts, and nobody else: e-mail, phone, full name, address …

    Needs the steps of :func:`add_owned`.
    """
    mine, others = [], []
    for name, column in VALUES:
        text = f"lower(trim({column})) as value"
        mine.append(f"""select {text} from history.{name} where id in (select id from "erased {name}")""")
        others.append(f"""select {text} from {name} where id not in (select id from "erased {name}")""")
    return f"""
        select distinct value from ({" union all ".join(mine)}) where length(value) >= {SHORTEST} and value <> '{ERASED}'
            and value not in (select value from ({" union all ".join(others)}) where value is not null)
        order by length(value) desc, value
    """


# What must be escaped in a regular expression; the engine takes no escaped letter, of whatever script.
_SIGN = re.compile(r"[!-/:-@\[-^`{-~]")


def naming_pattern(values: Iterable[str]) -> str:
    """A regular expression of everything that names the person; empty if nothing does."""
    known = list(values)
    known += [json.dumps(value, ensure_ascii=False)[1:-1] for value in known]
    texts = sorted({_SIGN.sub(r"\\\g<0>", value) for value in known}, key=lambda t: (-len(t), t))
    return f"(?i)({'|'.join(texts)})" if texts else ""
