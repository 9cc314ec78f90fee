"""Survivorship: which value each field of a survivor has after a merge."""

from __future__ import annotations

from dataclasses import dataclass

from clientops.rules.invoices.reverse_charge import EU
from clientops.schema.definition import column_list, quote_name, quote_text, table


@dataclass(frozen=True)
class Block:
    """Columns that are filled together, from one client, since a mixture of two would be wrong.

    Attributes:
        columns: The columns; a client offers its block only where it contradicts none of the survivor's values.
        followers: Columns that say something about the block and go where it goes.
        country: Whether the block means something in a country only: it is not given to a survivor of another one.
    """

    columns: tuple[str, ...]
    followers: tuple[str, ...] = ()
    country: bool = False


BLOCKS: tuple[Block, ...] = (
    Block(("first_name", "last_name")),
    Block(("company_name",)),
    Block(("email",), followers=("email_verified",)),
    Block(("address1", "address2", "city", "state", "postcode", "country")),
    Block(("phone",)),
    Block(("tax_id",), country=True),
    Block(("group_id",)),
    Block(("default_billing_contact_id",)),
    Block(("payment_method",)),
    Block(("language",)),
)
FLAGS = (
    "is_tax_exempt",
    "reverse_charge",
    "auto_apply_credit",
    "separate_invoices",
    "overdue_notices",
    "late_fees",
    "auto_status",
)
COMBINED = ("status", "email_opt_out", "admin_notes", "created_on", "last_login_at")

BLOCK_COLUMNS = tuple(column for block in BLOCKS for column in block.columns)
FOLLOWERS = {column: block for block in BLOCKS for column in block.followers}
TAKABLE = (*BLOCK_COLUMNS, *FLAGS, "status", "email_opt_out", "admin_notes")
FIELDS = (*BLOCK_COLUMNS, *FOLLOWERS, *FLAGS, *COMBINED)
"""Columns of a client that survivorship decides; number, currency and credit are not among them."""

PRIORITY = """
    case survivorship when 'fill gaps' then "rank" when 'replaced wins' then "rank" - 1000000000 end
"""
"""SQL of how early a replaced client's value is looked at; the survivor's own has 0, no number means never."""


def survivors_sql(profiles: str, *, is_any_taken: bool) -> str:
    """SELECT of ``id`` and ``FIELDS`` of each survivor as it becomes.

    Args:
        profiles: Step with one row a client of each group: ``survivor_id``, ``rank`` (0 for the survivor, then the order
            in which the others count), ``priority``, ``taken`` (columns whose value the person takes from this client)
            and the columns of ``clients``.
        is_any_taken: Whether any client has ``taken`` columns; looking for them costs as much as all the rest.

    The value of a column is the one that was taken by name; else that of the lowest priority that is not empty.
    Blocks come from one client; a tax number only where that client's country is the one that the survivor has in the
    end. A client was added when the first of the group was, logged in when the last did,
    refuses marketing when one did, and keeps the remarks about all. An Inactive survivor of an Active client is Active
    if its status may change by itself; nothing makes or unmakes a Closed one but choosing so by name.
    """
    offers = ",\n".join(f"{_offer_condition(block)} as offers_{n}" for n, block in enumerate(BLOCKS))
    blocks = ",\n".join(_block_choice(block, n) for n, block in enumerate(BLOCKS))
    takes = "".join(f", {_taken(column)}" for column in (*TAKABLE, *FOLLOWERS) if is_any_taken)
    values = ",\n".join(f"{_value(column, is_any_taken=is_any_taken)} as {column}" for column in FIELDS)
    return f"""
        with own as (select survivor_id, {column_list(FIELDS)} from {profiles} where "rank" = 0),
        offered as (
            select p.survivor_id, p."rank", p.priority, p.taken, {column_list(FIELDS, "p")},
                {_COUNTRY} as of_country,
                row_number() over (partition by p.survivor_id, trim(p.admin_notes) order by p."rank") = 1 as is_first_note,
                {offers}
            from {profiles} p join own s on s.survivor_id = p.survivor_id
        ), chosen as (
            select survivor_id, {blocks} {takes},
                bool_or(status = 'Active') filter (where "rank" > 0) as has_active,
                bool_or(email_opt_out) as refuses_marketing,
                string_agg(admin_notes, chr(10) || chr(10) order by "rank")
                    filter (where priority is not null and is_first_note and trim(admin_notes) <> '') as all_notes,
                min(created_on) as first_created_on, max(last_login_at) as latest_login_at
            from offered group by survivor_id
        )
        select s.survivor_id as id, {values} from own s join chosen on chosen.survivor_id = s.survivor_id
    """


def is_empty_sql(value: str, column: str) -> str:
    """SQL that tells whether a value (SQL) of a column of ``clients`` is empty."""
    return f"coalesce(trim({value}), '') = ''" if _is_text(column) else f"{value} is null"


def _is_text(column: str) -> bool:
    return table("clients").column(column).type == "VARCHAR"


# The country of a client (``p``), or the one that its VAT number begins with.
_COUNTRY = f"""(case when trim(coalesce(p.country, '')) <> '' then upper(trim(p.country))
    when upper(p.tax_id[:2]) = 'EL' then 'GR' when upper(p.tax_id[:2]) in {EU} then upper(p.tax_id[:2]) end)"""


def _offer_condition(block: Block) -> str:
    """SQL that tells whether a client (``p``) has something to give the survivor (``s``) in a block."""
    fits, fills, has_any = [], [], []
    for column in block.columns:
        theirs, own = f"p.{column}", f"s.{column}"
        same = f"lower(trim({theirs})) = lower(trim({own}))" if _is_text(column) else f"{theirs} = {own}"
        fits.append(f"({is_empty_sql(theirs, column)} or {is_empty_sql(own, column)} or {same})")
        fills.append(f"({is_empty_sql(own, column)} and not ({is_empty_sql(theirs, column)}))")
        has_any.append(f"not ({is_empty_sql(theirs, column)})")
    if block.country:
        fits.append(
            f"(s.country is null or trim(s.country) = '' or {_COUNTRY} is null or {_COUNTRY} = upper(trim(s.country)))"
        )
    return f"""(case when p.priority < 0 then {" or ".join(has_any)}
        when p.priority > 0 then ({" or ".join(fills)}) and {" and ".join(fits)} else false end)"""


def _block_choice(block: Block, number: int) -> str:
    """SQL of the block of the client that gives it, as a struct with its priority; null if none does."""
    members = ", ".join(f"{quote_text(c)}: {quote_name(c)}" for c in ("priority", *block.columns, *block.followers))
    if block.country:
        members += ", 'of_country': of_country"
    return f"arg_min({{{members}}}, priority) filter (where offers_{number}) as block_{number}"


def _leader(column: str) -> str:
    """The column by whose name a column is taken: the one that it follows, or itself."""
    return FOLLOWERS[column].columns[0] if column in FOLLOWERS else column


def _taken(column: str) -> str:
    """SQL of whether a column is taken from somebody, and of the value that it has there."""
    named = f"list_contains(taken, {quote_text(_leader(column))})"
    return f"bool_or({named}) as takes_{column}, any_value({column}) filter (where {named}) as taken_{column}"


def _value(column: str, *, is_any_taken: bool) -> str:
    """SQL of a column of the survivor (``s``) as it becomes."""
    value = _chosen(column, is_any_taken=is_any_taken)
    if is_any_taken and _leader(column) in TAKABLE:
        return f"case when takes_{column} then taken_{column} else {value} end"
    return value


def _chosen(column: str, *, is_any_taken: bool) -> str:
    """SQL of a column of the survivor where nobody chose it by name."""
    for number, block in enumerate(BLOCKS):
        given = f"block_{number}.{column}"
        if column in block.columns and block.country:
            country, of_country = _value("country", is_any_taken=is_any_taken), f"block_{number}.of_country"
            fits = f"({of_country} is null or nullif(trim({country}), '') is null or {of_country} = upper(trim({country})))"
            return f"""case when block_{number}.priority is not null and {fits}
                and (block_{number}.priority < 0 or {is_empty_sql("s." + column, column)}) then {given} else s.{column} end"""
        if column in block.columns:
            return f"""case when block_{number}.priority < 0 then {given}
                when {is_empty_sql("s." + column, column)} then coalesce({given}, s.{column}) else s.{column} end"""
        if column in block.followers:
            return f"case when block_{number} is not null then {given} else s.{column} end"
    combined = {
        "status": "case when s.status = 'Inactive' and s.auto_status and has_active then 'Active' else s.status end",
        "email_opt_out": "refuses_marketing",
        "admin_notes": "coalesce(all_notes, s.admin_notes)",
        "created_on": "first_created_on",
        "last_login_at": "latest_login_at",
    }
    return combined.get(column, f"s.{column}")
