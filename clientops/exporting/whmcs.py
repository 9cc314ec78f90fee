"""What changed here, as CSV files with WHMCS's tables and columns, so that the work can go back.

What changed is what is other than the imports from WHMCS brought it, column by column: a second import takes nothing
away from it. One file a table, with the whole row of everything that was added or changed; ``load.sql``, which puts them
into the tables and leaves all other columns alone; and ``deleted.csv`` with the numbers of what is gone, for a person to
decide. Passwords and card data are not here and so are not written. The columns are those of WHMCS 8; a status that WHMCS
does not know is written as the nearest it has ("Written off" as Cancelled), and an order's as the one of WHMCS that it
counts as. Text is exact (``+49 …`` gets nothing in front), since the files are for a database and not for a spreadsheet;
moments are on the business's clock.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from clientops.errors import UsageError
from clientops.exporting.files import export_relation
from clientops.exporting.whmcs_targets import BEYOND_WHMCS, TARGETS, Target
from clientops.tables.schema import column_list, quote_name, quote_text
from clientops.tables.schema import table as table_named
from clientops.tables.view import Tables


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
    written = []
    for target in TARGETS:
        rows = tables.query(changed_sql(target, known, time_zone))
        if rows.limit(1).fetchall():
            file = folder / f"{target.name}.csv"
            written.append((file.name, export_relation(rows, file, is_exact=True)))
    if written:
        loaded = [target for target in TARGETS if f"{target.name}.csv" in dict(written)]
        (folder / "load.sql").write_text(load_sql(loaded), encoding="utf-8")
    gone = tables.query(_gone_sql(TARGETS, known))
    if gone.limit(1).fetchall():
        written.append(("deleted.csv", export_relation(gone, folder / "deleted.csv")))
    return written


def tables_left_here(tables: Tables, *, since: int | None = None) -> list[str]:
    """Tables with changes that an export to WHMCS does not carry, to be entered there by hand.

    Args:
        tables: The book's tables with their history.
        since: Operation after which changes count; else all but imports from WHMCS, and those that were undone.
    """
    imports = ", ".join(str(number) for (number,) in tables.query(IMPORTS).fetchall())
    known = f"operation_id in ({imports or 0})" if since is None else f"operation_id <= {int(since)}"
    found = [name for (name,) in tables.query(CHANGED_TABLES.format(known=known)).fetchall() if name in BY_HAND]
    notes = tables.query(CHANGED_NOTES.format(known=known)).fetchall()[0][0]
    return [*found, "notes of tickets and replies that were numbered here"] if notes else found


# Tables that WHMCS has too and whose rows are not written.
BY_HAND = (
    "currencies", "tax_rates", "products", "product_prices", "servers", "service_options", "promotions", "custom_fields",
    "departments", "commissions", "service_changes", "article_categories", "articles", "quotes", "quote_items",
    "dns_records",
)  # fmt: skip

CHANGED_NOTES = f"""
    select count(*) from ticket_replies r where (is_internal or id >= {BEYOND_WHMCS})
        and id in (select id from history.ticket_replies where not {{known}})
"""

CHANGED_TABLES = """
    select distinct table_name from history.changes where not {known} order by table_name
"""


def load_sql(targets: Sequence[Target]) -> str:
    """Statements that put the files of these tables into WHMCS, all or nothing: ``mariadb DATABASE < load.sql``."""
    return "\n".join([LOAD_HEAD, *(_load_table_sql(target) for target in targets), "commit;\n"])


LOAD_HEAD = """-- Run in this folder, after a backup: mariadb --local-infile DATABASE < load.sql
set sql_mode = 'NO_AUTO_VALUE_ON_ZERO', time_zone = '+00:00';
start transaction;"""


def _load_table_sql(target: Target) -> str:
    names = [f"`{name}`" for name, _ in target.columns]
    listed, changed = ", ".join(names), ", ".join(f"{name} = values({name})" for name in names[1:])
    return f"""
create temporary table incoming like `{target.name}`;
load data local infile '{target.name}.csv' into table incoming character set utf8mb4
    fields terminated by ',' optionally enclosed by '"' escaped by '' lines terminated by '\\n' ignore 1 lines
    ({listed});
insert into `{target.name}` ({listed})
    select {listed} from incoming on duplicate key update {changed};
drop temporary table incoming;"""


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


def changed_sql(target: Target, known: str, time_zone: str = "UTC") -> str:
    """SELECT of a table's rows, in WHMCS's columns, that are new or other than WHMCS has them.

    Rows that were changed and changed back (by an undo, say) are not among them: WHMCS may have changed them since.

    Args:
        target: The table.
        known: SQL condition on the operations whose outcome WHMCS has; the last of them that touched a column counts.
        time_zone: Moments are shown as a clock there shows them.
    """
    columns = ", ".join(f"{sql} as {quote_name(name)}" for name, sql in target.columns)
    columns = columns.replace("$time_zone", quote_text(time_zone))
    table, names = quote_name(target.table), table_named(target.table).column_names
    ours = column_list(names)
    last = ", ".join(
        f"(arg_max({{'v': a.{name}}}, a.operation_id) filter (b.id is null or a.{name} is distinct from b.{name})).v "
        f"as {name}"
        for name in map(quote_name, names)
        if name != '"id"'
    )
    return f"""
        with touched as (select distinct id from history.{table} where not {known}),
        written as (select * from history.{table} where {known} and id in (select id from touched)),
        there as (
            select a.id, {last} from written a
            left join written b on b.id = a.id and b.operation_id = a.operation_id and b.sign = -1
            where a.sign = 1 group by a.id
        ),
        other as (select {ours} from {table} where id in (select id from touched) except select {ours} from there)
        select {columns} from {table} r {target.joins}
        where r.id in (select id from other) and {target.where}
        order by r.id
    """


def _gone_sql(targets: Sequence[Target], known: str) -> str:
    """SELECT of ``table, id`` of rows that WHMCS has, and that are here no more."""
    parts = []
    for target in targets:
        table = quote_name(target.table)
        parts.append(
            f"select '{target.name}' as \"table\", h.id from (select distinct id from history.{table} "
            f"where not {known} and sign = -1) h anti join {table} r on r.id = h.id "
            f"where h.id in (select id from history.{table} where {known})"
        )
    return " union all ".join(parts) + " order by all"
