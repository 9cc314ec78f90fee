"""What an import of WHMCS does not take is named, with its money."""

from __future__ import annotations

from clientops.schema.tables import Tables
from tests.importing.whmcs_books import planned, stage


def said(path) -> list[str]:
    """The notes of an import on what it does not take."""
    plan = planned(path, Tables.of())
    return [row[3] for row in plan.warnings.fetchall() if row[2] == "not_imported"]


def test_money_that_is_not_imported_is_named_by_currency(tmp_path):
    """Billable items that are not invoiced yet, requests to cancel, and invoices whose payment is under way."""
    path = stage(
        tmp_path / "s.duckdb",
        tblclients=[{"id": 1}],
        tblbillableitems=[
            {"id": 1, "userid": 1, "amount": "150.00", "invoicecount": 0},
            {"id": 2, "userid": 1, "amount": "20.00", "invoicecount": 1},
        ],
        tblcancelrequests=[{"id": 1, "relid": 5}],
        tblinvoices=[{"id": 1, "userid": 1, "status": "Payment Pending", "total": "200.00"}],
        tblorders=[{"id": 1, "userid": 1, "status": "My Status", "amount": "1.00"}],
    )
    notes = " ".join(said(path))
    pending = "1 invoice with the status Payment Pending (EUR 200.00)"
    for words in ("1 billable item not invoiced yet (EUR 150.00)", "1 request to cancel", pending, "My Status"):
        assert words in notes


def test_nothing_is_named_where_all_is_imported(tmp_path):
    """An empty list of what is missing is not shown."""
    assert said(stage(tmp_path / "s.duckdb", tblclients=[{"id": 1}])) == []
