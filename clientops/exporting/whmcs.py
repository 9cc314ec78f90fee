"""What changed here, as CSV files with WHMCS's tables and columns, so that the work can go back.

What changed is what is other than the imports from WHMCS brought it, or found it there, column by column. One file a
table, with the whole row of everything that was added or changed; in the folder ``before`` the same rows as WHMCS is known
to have them; ``load.sql``, which puts what changed into the tables, or refuses where they are not as they were; and
``deleted.csv`` with the numbers of what is gone, for a person to decide. Passwords and card data are not here and so are not written. The columns are those of WHMCS 8; a status that WHMCS
does not know is written as the nearest it has ("Written off" as Cancelled), and an order's as the one of WHMCS that it
counts as. Text is exact (``+49 …`` gets nothing in front), since the files are for a database and not for a spreadsheet;
moments are on the business's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clientops.core.errors import UsageError
from clientops.core.plan import Relation
from clientops.exporting.files import export_relation
from clientops.exporting.whmcs_known import SEEN, both_sql
from clientops.exporting.whmcs_load import BEFORE, load_sql
from clientops.exporting.whmcs_targets import TARGETS, Target
from clientops.schema.definition import column_list, quote_name, quote_text, table
from clientops.schema.tables import BEYOND_SOURCES, Tables


def export_whmcs(tables: Tables, folder: Path, *, since: int | None = None) -> list[tuple[str, int]]:
    """Write what changed here as CSV files with WHMCS's columns.

    Args:
        tables: The book's tables with their history.
        folder: New or empty folder for the files.
        since: Operation after which changes count; else all that no import from WHMCS brought.

    Returns:
        (file name, rows) of each file written; tables without changes have none.

    Raises:
        UsageError: The folder has files already, or ``since`` is no operation.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty; choose a new one")
    known = _known(tables, since)
    folder.mkdir(parents=True, exist_ok=True)
    time_zone = tables.query(TIME_ZONE).fetchall()[0][0]
    written, loaded, had = [], [], []
    for target in TARGETS:
        steps = tables.steps()
        rows = steps.add("compared", both_sql(target, known, time_zone, counts_seen=since is None))
        name = f"{target.name}.csv"
        if not rows.limit(1).fetchall():
            steps.drop("compared")
            continue
        loaded.append(target)
        written.append((name, _write(rows, folder / name, is_before=False)))
        if rows.filter("is_before").limit(1).fetchall():
            had.append(target.name)
            (folder / BEFORE).mkdir(exist_ok=True)
            _write(rows, folder / BEFORE / name, is_before=True)
        steps.drop("compared")
    if written:
        (folder / "load.sql").write_text(load_sql(loaded, had), encoding="utf-8")
    gone = tables.query(_gone_sql(TARGETS, known, counts_seen=since is None))
    if gone.limit(1).fetchall():
        written.append(("deleted.csv", export_relation(gone, folder / "deleted.csv")))
    return written


def _write(compared: Relation, file: Path, *, is_before: bool) -> int:
    """Write the rows of one side of ``both_sql`` as a file for a database; their number."""
    rows = compared.filter(f"is_before = {is_before}").project("* exclude (is_before)").order("id")
    return export_relation(rows, file, is_exact=True)


def tables_left_here(tables: Tables, *, since: int | None = None) -> list[str]:
    """Tables with changes that an export to WHMCS does not carry, to be entered there by hand.

    Args:
        tables: The book's tables with their history.
        since: Operation after which changes count; else all but imports from WHMCS, and those that were undone.
    """
    known = _known_by_hand(tables, since)
    found = [name for (name,) in tables.query(CHANGED_TABLES.format(known=known)).fetchall() if name in BY_HAND]
    return found + [
        said for said, (_, sql, _) in PARTLY_BY_HAND.items()
        if tables.query(sql.format(known=known)).limit(1).fetchall()
    ]  # fmt: skip


def write_left_here(tables: Tables, file: Path, *, since: int | None = None) -> int:
    """Write which rows an export to WHMCS does not carry: ``table, id, change, entered_in`` (where, in WHMCS's menus).

    Those that came and went, or were changed and changed back, are not among them.

    Args:
        tables: The book's tables with their history.
        file: ``….csv``, new.
        since: As for :func:`tables_left_here`.

    Returns:
        How many there are; no file is written if there are none.
    """
    known = _known_by_hand(tables, since)
    parts = [(name, "true", place) for name, place in BY_HAND.items()]
    parts += [(name, f"h.id in ({sql})", place) for name, sql, place in PARTLY_BY_HAND.values()]
    rows = " union all ".join(
        LEFT_ROWS.format(
            name=quote_text(name), place=quote_text(place), table=quote_name(name), which=which.format(known=known), known=known,
            columns=column_list(table(name).column_names),
        )
        for name, which, place in parts
    )  # fmt: skip
    left = tables.query(f'select * from ({rows}) order by "table", id')
    return export_relation(left, file) if left.limit(1).fetchall() else 0


def _known_by_hand(tables: Tables, since: int | None) -> str:
    """SQL condition on the operations that an export need not tell of."""
    imports = ", ".join(str(number) for (number,) in tables.query(IMPORTS).fetchall())
    return f"operation_id in ({imports or 0})" if since is None else f"operation_id <= {int(since)}"


LEFT_ROWS = """
    select {name} as "table", h.id, case when r.id is null then 'deleted' when h.is_known then 'changed' else 'new' end as change,
        {place} as entered_in
    from (
        select id, bool_or({known}) as is_known, sum(if({known}, 0, sign * hash({columns})::hugeint)) as difference
        from history.{table} group by id
    ) h left join {table} r on r.id = h.id
    where h.difference <> 0 and (r.id is not null or h.is_known) and {which}
"""

_SETTINGS = "Configuration > System Settings"
# Tables that WHMCS has too and whose rows are not written, and where they are entered there.
BY_HAND = {
    "currencies": f"{_SETTINGS} > Currencies",
    "product_prices": f"{_SETTINGS} > Products/Services > the product > Pricing",
    "servers": f"{_SETTINGS} > Servers",
    "service_options": "the client > Products/Services > the service > Configurable Options",
    "custom_fields": f"{_SETTINGS} > Custom Client Fields; for a product: Products/Services > the product > Custom Fields",
    "commissions": "Clients > Manage Affiliates > the affiliate",
    "articles": "Support > Knowledgebase",
    "dns_records": "at the registrar, or the client > Domains > the domain > DNS Management",
}

# Rows that are not written, of tables that otherwise are: table, which of its rows, and where they are entered there.
PARTLY_BY_HAND = {
    "new products": ("products", """select id from products where id in (select id from history.products where not {known})
        and id not in (select id from history.products where {known})""", f"{_SETTINGS} > Products/Services"),
    "pending and cancelled service_changes": ("service_changes", """select id from service_changes where status <> 'Completed'
        and id in (select id from history.service_changes where not {known})""",
        "the client > Products/Services > the service > Upgrade/Downgrade"),
    "notes of tickets and replies that were numbered here": ("ticket_replies", f"""select id from ticket_replies
        where (is_internal or id >= {BEYOND_SOURCES})
        and id in (select id from history.ticket_replies where not {{known}})""", "Support > Support Tickets > the ticket > Add Note or Reply"),
}  # fmt: skip

CHANGED_TABLES = """
    select distinct table_name from history.changes where not {known} order by table_name
"""


# Imports that stand: an undone one does not count, unless its undoing was undone.
STANDING = """
    recursive chain as (
        select id as import_id, id, 1 as effect from history.operations where rule = 'import-whmcs'
        union all
        select chain.import_id, o.id, -chain.effect from chain join history.operations o on o.undoes_id = chain.id
    ),
    standing as (select import_id as id from chain group by import_id having sum(effect) > 0)
"""

IMPORTS = f"with {STANDING} select id from chain"

STANDING_IMPORTS = f"with {STANDING} select id from standing order by id"


def _known(tables: Tables, since: int | None) -> str:
    """SQL condition on the operations whose outcome WHMCS has: the imports that stand, or all up to one.

    Raises:
        UsageError: There is no such operation.
    """
    if since is None:
        imports = ", ".join(str(number) for (number,) in tables.query(STANDING_IMPORTS).fetchall())
        return f"operation_id in ({imports or 0})"
    last = tables.query("select coalesce(max(id), 0) from history.operations").fetchall()[0][0]
    if not 0 <= since <= last:
        raise UsageError(f"There is no operation {since}; the last one is {last}")
    return f"operation_id <= {int(since)}"


# The clock of the business, as the last import was told it.
TIME_ZONE = f"""
    with {STANDING}
    select coalesce((
        select json_extract_string(request, '$.time_zone') from history.requests
        where operation_id = (select max(id) from standing)
    ), 'UTC')
"""


def _gone_sql(targets: Sequence[Target], known: str, *, counts_seen: bool) -> str:
    """SELECT of ``table, id`` of rows that WHMCS has, and that are here no more."""
    parts = []
    for target in targets:
        table = quote_name(target.table)
        seen = SEEN.format(table=quote_text(target.table), known=known if counts_seen else "false")
        parts.append(
            f"select '{target.name}' as \"table\", h.id from (select id, max(operation_id) as last from history.{table} "
            f"where not {known} and sign = -1 group by id) h left join ({seen}) seen on seen.id = h.id "
            f"anti join {table} r on r.id = h.id "
            f"where (h.id in (select id from history.{table} where {known}) or seen.id is not null) "
            "and (seen.seen_at is null or seen.seen_at < h.last)"
        )
    return " union all ".join(parts) + " order by all"
