"""Saved mappings of CSV statements: what a bank's headings mean, said once."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from clientops.importing.spreadsheet import load_mapping, mapping_file, save_mapping
from clientops.importing.statements.delimited import FIELDS, Reading


def save_statement_mapping(name: str, reading: Reading, *, currency: str = "", account: str = "") -> None:
    """Keep how a CSV was understood, with the currency and account that no column tells."""
    columns = {**reading.columns, **dict.fromkeys(reading.left_out, "")}
    path = save_mapping(name, columns, reading.decimal_mark, reading.date_order)
    kept = {**load_mapping(name), "currency": currency, "account": account}
    path.write_text(json.dumps(kept, ensure_ascii=False, indent=2), encoding="utf-8")


def load_statement_mapping(name: str) -> dict[str, Any]:
    """Options of ``read_statement`` that a saved mapping gives.

    Raises:
        UsageError: There is none of that name.
    """
    kept = load_mapping(name)
    found = {option: kept.get(option) for option in ("columns", "decimal_mark", "date_order", "currency", "account")}
    return {option: value for option, value in found.items() if value}


def fitting_mapping(headings: Sequence[str]) -> str:
    """The saved mapping of statements whose headings a file all has, that with the most of them; empty if there is none."""
    folder = mapping_file("any").parent
    best, most = "", 0
    for file in sorted(folder.glob("*.json")) if folder.is_dir() else []:
        columns = load_mapping(file.stem).get("columns")
        if (
            isinstance(columns, dict)
            and set(columns) <= set(headings)
            and set(columns.values()) <= {*FIELDS, ""}
            and len(columns) > most
        ):
            best, most = file.stem, len(columns)
    return best
