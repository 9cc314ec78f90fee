"""Money in plain Python, from rows alone: what came in for each invoice, what was given back, and credit from nothing.

Written from what money is, not from the product's SQL, so that a mistake there does not hide here.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from clientops.schema.definition import all_tables

Rows = Mapping[str, Sequence[Mapping[str, Any]]]
NOTHING = Decimal(0)


def as_records(rows: Mapping[str, Sequence[tuple[Any, ...]]]) -> dict[str, list[dict[str, Any]]]:
    """Rows of every table as dictionaries, from tuples in the order of the columns."""
    return {
        name: [dict(zip(all_tables()[name].column_names, row, strict=True)) for row in many]
        for name, many in rows.items()
    }


def given_back_too_much(rows: Rows) -> dict[int, Decimal]:
    """By invoice, what was given back as credit beyond what came in for it and stayed."""
    stayed: dict[int, Decimal] = defaultdict(Decimal)
    for allocation in rows["allocations"]:
        stayed[allocation["invoice_id"]] += allocation["amount"]
    for entry in rows["credit_entries"]:
        if entry["invoice_id"] is not None:
            stayed[entry["invoice_id"]] -= entry["amount"]
        if entry["gives_back_id"] is not None:
            stayed[entry["gives_back_id"]] -= entry["amount"]
    for note in rows["credit_notes"]:
        if note["status"] == "Issued" and note["invoice_id"] is not None:
            # What the note took off the invoice looks like credit in the log, but no money came in by it; the rest was given.
            stayed[note["invoice_id"]] -= note["total"]
    return {invoice: -amount for invoice, amount in stayed.items() if amount < 0}


def paid_beyond_total(rows: Rows) -> dict[int, Decimal]:
    """By invoice that was issued and stands, by how much it is settled beyond its total."""
    left = {
        row["id"]: row["total"] - row["credit_applied"] - row["written_off"]
        for row in rows["invoices"]
        if row["status"] not in ("Draft", "Cancelled")
    }
    for allocation in rows["allocations"]:
        if allocation["invoice_id"] in left:
            left[allocation["invoice_id"]] -= allocation["amount"]
    return {invoice: -amount for invoice, amount in left.items() if amount < 0}


def credit_from_nothing(rows: Rows) -> dict[int, Decimal]:
    """By currency, credit and settled invoices that neither a payment nor a credit note explains: goodwill.

    Only rules that give, take or set credit may change it.
    """
    currency_of = {client["id"]: client["currency_id"] for client in rows["clients"]}
    found: dict[int, Decimal] = defaultdict(Decimal)
    for client in rows["clients"]:
        found[client["currency_id"]] += client["credit_balance"]
    for invoice in rows["invoices"]:
        if invoice["client_id"] in currency_of:
            found[currency_of[invoice["client_id"]]] += invoice["credit_applied"]
    for note in rows["credit_notes"]:
        if note["status"] == "Issued" and note["client_id"] in currency_of:
            found[currency_of[note["client_id"]]] -= note["total"]
    # Money of payments: what settles invoices or became credit is theirs, and only what is neither is still free.
    for entry in rows["credit_entries"]:
        if entry["transaction_id"] is not None and entry["invoice_id"] is None and entry["client_id"] in currency_of:
            found[currency_of[entry["client_id"]]] -= entry["amount"]
    return {currency: amount for currency, amount in found.items() if amount}


def is_conserved(before: Rows, after: Rows) -> list[str]:
    """What an operation did that gives money twice; an older fault of an invoice may stay, but not grow."""
    found = []
    for words, measure in (
        ("gave back more than came in", given_back_too_much),
        ("paid beyond its total", paid_beyond_total),
    ):
        then, now = measure(before), measure(after)
        found += [f"invoice {n}: {words}, by {now[n]}" for n in now if now[n] > then.get(n, NOTHING)]
    return found
