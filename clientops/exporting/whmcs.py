"""What changed here since the last import, as CSV files with WHMCS's tables and columns, so that the work can go back.

One file a table, with the whole row of everything that was added or changed; ``load.sql``, which puts them into the
tables and leaves all other columns alone; and ``deleted.csv`` with the numbers of what is gone, for a person to decide. Passwords and card data are not here and so are not written. The columns are those of WHMCS 8; a status
that WHMCS does not know is written as the nearest it has ("Written off" as Cancelled), and an order's as the one of WHMCS that it counts as. Text is exact (``+49 …`` gets
nothing in front), since the files are for a database and not for a spreadsheet; moments are on the business's clock.
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
        since: Operation after which changes count; else the last import from WHMCS, or the beginning.

    Returns:
        (file name, rows) of each file written; tables without changes have none.

    Raises:
        UsageError: The folder has files already, or ``since`` is no operation.
    """
    if folder.exists() and any(folder.iterdir()):
        raise UsageError(f"The folder {folder} is not empty; choose a new one")
    last, imported = tables.query(LAST_IMPORT).fetchall()[0]
    if since is not None and not 0 <= since <= last:
        raise UsageError(f"There is no operation {since}; the last one is {last}")
    after = imported if since is None else since
    folder.mkdir(parents=True, exist_ok=True)
    time_zone = tables.query(TIME_ZONE).fetchall()[0][0]
    written = []
    for target in TARGETS:
        rows = tables.query(changed_sql(target, time_zone), after=after)
        if rows.limit(1).fetchall():
            file = folder / f"{target.name}.csv"
            written.append((file.name, export_relation(rows, file, is_exact=True)))
    if written:
        loaded = [target for target in TARGETS if f"{target.name}.csv" in dict(written)]
        (folder / "load.sql").write_text(load_sql(loaded), encoding="utf-8")
    gone = tables.query(_gone_sql(TARGETS), after=after)
    if gone.limit(1).fetchall():
        written.append(("deleted.csv", export_relation(gone, folder / "deleted.csv")))
    return written


def tables_left_here(tables: Tables, *, since: int | None = None) -> list[str]:
    """Tables with changes that an export to WHMCS does not carry, to be entered there by hand.

    Args:
        tables: The book's tables with their history.
        since: Operation after which changes count; else the last import from WHMCS, or the beginning.
    """
    after = tables.query(LAST_IMPORT).fetchall()[0][1] if since is None else since
    found = [name for (name,) in tables.query(CHANGED_TABLES, after=after).fetchall() if name in BY_HAND]
    notes = tables.query(CHANGED_NOTES, after=after).fetchall()[0][0]
    return [*found, "notes of tickets and replies that were numbered here"] if notes else found


# Tables that WHMCS has too and whose rows are not written.
BY_HAND = (
    "currencies", "tax_rates", "products", "product_prices", "servers", "service_options", "promotions", "custom_fields",
    "departments", "commissions", "service_changes", "article_categories", "articles", "quotes", "quote_items",
    "dns_records",
)  # fmt: skip

CHANGED_NOTES = f"""
    select count(*) from ticket_replies r where (is_internal or id >= {BEYOND_WHMCS})
        and id in (select id from history.ticket_replies where operation_id > $after)
"""

CHANGED_TABLES = """
    select distinct table_name from history.changes where operation_id > $after order by table_name
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

LAST_IMPORT = f"""
    with {STANDING}
    select coalesce((select max(id) from history.operations), 0), coalesce((select max(id) from standing), 0)
"""

# The clock of the business, as the last import was told it.
TIME_ZONE = f"""
    with {STANDING}
    select coalesce((
        select json_extract_string(request, '$.time_zone') from history.requests
        where operation_id = (select max(id) from standing)
    ), 'UTC')
"""


def changed_sql(target: Target, time_zone: str = "UTC") -> str:
    """SELECT of a table's rows, in WHMCS's columns, that are new or other than they were after ``$after``.

    Rows that were changed and changed back (by an undo, say) are not among them: WHMCS may have changed them since.
    Moments are shown as a clock in the time zone shows them.
    """
    columns = ", ".join(f"{sql} as {quote_name(name)}" for name, sql in target.columns)
    columns = columns.replace("$time_zone", quote_text(time_zone))
    table, ours = quote_name(target.table), column_list(table_named(target.table).column_names)
    return f"""
        with touched as (select distinct id from history.{table} where operation_id > $after),
        before as (
            select {ours} from history.{table} where operation_id <= $after and sign = 1
                and id in (select id from touched)
            qualify row_number() over (partition by id order by operation_id desc) = 1
        ),
        other as (select {ours} from {table} where id in (select id from touched) except select {ours} from before)
        select {columns} from {table} r {target.joins}
        where r.id in (select id from other) and {target.where}
        order by r.id
    """


def _gone_sql(targets: Sequence[Target]) -> str:
    """SELECT of ``table, id`` of rows that there were when ``$after`` was applied, and are no more."""
    parts = []
    for target in targets:
        table = quote_name(target.table)
        parts.append(
            f"select '{target.name}' as \"table\", h.id from (select distinct id from history.{table} "
            f"where operation_id > $after and sign = -1) h anti join {table} r on r.id = h.id "
            f"where h.id in (select id from history.{table} where operation_id <= $after)"
        )
    return " union all ".join(parts) + " order by all"
