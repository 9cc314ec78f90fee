"""The name that a person types to confirm what removes or replaces data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from clientops.book.write.preview import Preview
from clientops.core.readable import counted
from clientops.reports.lists.row_names import read_labels
from clientops.schema.tables import Tables
from clientops.workbench.session import Desk

NAME_FIELD = "confirm_name"
Requests = Mapping[str, Any] | list[Mapping[str, Any]]


def with_names(desk: Desk, requests: Requests) -> Requests:
    """The requests with the clients' names, which the person types when confirming, not before seeing anything."""
    rows = [dict(row) for row in (requests if isinstance(requests, list) else [requests])]
    numbers = [int(str(row.get("client_id"))) for row in rows if str(row.get("client_id") or "").isdigit()]
    with desk.book.tables() as tables:
        names = read_labels(tables, "clients", numbers)
    return [{**row, NAME_FIELD: names.get(int(str(row["client_id"])), "")} for row in rows]


def name_to_type(tables: Tables, preview: Preview) -> str:
    """What the person types to confirm: the client's name where it is about one, else the number of rows."""
    rows = preview.requests.rows.to_pylist()
    if len(rows) == 1:
        for column in ("survivor_id", "client_id"):
            if rows[0].get(column) is not None and (found := read_labels(tables, "clients", [rows[0][column]])):
                return " ".join(found[rows[0][column]].split())
    return counted(preview.row_count, "row")
