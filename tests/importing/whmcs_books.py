"""Builders of staged WHMCS rows: they fill in what a test is not about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from clientops.core.plan import Plan, as_dicts
from clientops.importing.whmcs.rule import ImportWhmcs, import_whmcs
from clientops.importing.whmcs.sources import SOURCE_TABLES
from clientops.importing.whmcs.staging import Staging
from clientops.schema.requests import read_requests
from clientops.schema.tables import Tables
from tests.builders import NOW, TODAY

EUR_ROW = {"id": 1, "code": "EUR", "rate": "1.00000", "default": 1}
DEFAULTS: dict[str, dict[str, Any]] = {
    "tblclients": {"firstname": "Ada", "currency": 1, "status": "Active", "credit": "0.00"},
    "tblhosting": {"userid": 1, "billingcycle": "Monthly", "domainstatus": "Active", "amount": "10.00"},
    "tblhostingaddons": {"hostingid": 1, "billingcycle": "Monthly", "status": "Active", "recurring": "1.00"},
    "tbldomains": {"userid": 1, "domain": "ada.example", "status": "Active", "registrationperiod": 1},
    "tblinvoices": {
        "userid": 1,
        "status": "Unpaid",
        "total": "0.00",
        "subtotal": "0.00",
        "tax": "0.00",
        "credit": "0.00",
    },
    "tblaccounts": {"userid": 1, "currency": 0, "amountin": "0.00", "amountout": "0.00", "fees": "0.00"},
    "tblupgrades": {"userid": 1, "type": "package", "status": "Completed"},
    "tblcustomfields": {"type": "client", "fieldname": "Field", "fieldtype": "text"},
    "tblusers": {"email": "ada@example.com"},
    "tblpromotions": {"code": "X", "type": "Percentage"},
    "tblquotes": {"stage": "Draft", "currency": 1},
}


def stage(path: Path, **tables: Sequence[Mapping[str, Any]]) -> Path:
    """A staging file with these rows of WHMCS's tables, completed; one currency (EUR) if none is given."""
    tables = {"tblcurrencies": [EUR_ROW], "tblclients": [], **tables}
    with Staging(path) as staging:
        for name, source in SOURCE_TABLES.items():
            if name in tables:
                staging.found(name, set(source.columns))
                rows = [{**DEFAULTS.get(name, {}), **row} for row in tables[name]]
                texts = {
                    column: pa.array(
                        [None if row.get(column) is None else str(row[column]) for row in rows], pa.string()
                    )
                    for column in source.columns
                }
                staging.write(source, texts)
    return path


def attach(tables: Tables, path: Path) -> None:
    """See a staging file as ``staging``, as a book does."""
    tables._connection.execute("detach database if exists staging")
    tables._connection.execute(f"attach '{path}' as staging (read_only)")


def planned(path: Path, tables: Tables | None = None, **request: Any) -> Plan:
    """The plan of importing a staging file."""
    tables = tables or Tables.of()
    attach(tables, path)
    requests = read_requests(ImportWhmcs, [request]).relation(tables._connection)
    return import_whmcs(tables, requests, today=TODAY, now=NOW)


def reported(tables: Tables) -> list[dict[str, Any]]:
    """The rows of the report that the last plan of these tables was made with."""
    return as_dicts(tables._connection.table("temp.import_report"))


def staged_rows(path: Path) -> dict[str, list[tuple[Any, ...]]]:
    """All rows of a staging file by table, in an order of their own."""
    with duckdb.connect() as connection:
        connection.execute(f"attach '{path}' as staging (read_only)")
        names = connection.execute("select table_name from duckdb_tables() where database_name = 'staging'").fetchall()
        return {
            name: connection.execute(f"select * from staging.{name} order by all").fetchall()
            for (name,) in sorted(names)
        }
