"""Everything about one client, at a glance."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from clientops.core.readable import counted, way_of_paying
from clientops.reports.lists.catalogue import OWED
from clientops.reports.lists.row_names import amount_text, country_name, language_name, party_sql, read_labels
from clientops.schema.tables import Tables


@dataclass(frozen=True)
class ClientSummary:
    """A client for people.

    Attributes:
        id: Number.
        label: What the client is called.
        status: Active, Inactive or Closed.
        row: The row as it is.
        figures: (label, text, detail, tone) of what people look at first.
        profile: (label, text) pairs.
        billing: (label, text) pairs.
        warnings: Sentences about what is odd.
        counts: How many rows of each table belong to the client.
        sticky: Notes that stay on top, (author, text).
    """

    id: int
    label: str
    status: str
    row: dict[str, Any]
    figures: tuple[tuple[str, str, str, str], ...]
    profile: tuple[tuple[str, str], ...]
    billing: tuple[tuple[str, str], ...]
    warnings: tuple[str, ...]
    counts: dict[str, int]
    sticky: tuple[tuple[str, str], ...]


COUNTED = (
    "contacts",
    "services",
    "domains",
    "invoices",
    "transactions",
    "credit_entries",
    "notes",
    "communications",
    "tickets",
    "orders",
)


def find_survivor(tables: Tables, number: int) -> int | None:
    """The client that a merged client's number stands for now, if it was merged."""
    row = tables.query("select survivor_id from merged_clients where replaced_id = $number", number=number).fetchone()
    return int(row[0]) if row else None


def read_client(tables: Tables, number: int, today: date) -> ClientSummary | None:
    """The summary of a client, or None if there is none of that number."""
    relation = tables.query(f"select t.*, {party_sql('t')} as label, k.code, g.name as group_name from clients t "
                            "left join currencies k on k.id = t.currency_id left join groups g on g.id = t.group_id "
                            "where t.id = $number", number=number)  # fmt: skip
    found = relation.fetchone()
    if found is None:
        return None
    row = dict(zip(relation.columns, found, strict=True))
    owed = tables.query(OWED_BY, number=number, today=today).fetchone() or (0, 0, 0, 0)
    active = tables.query(ACTIVE, number=number).fetchone() or (0, 0, 0)
    counts = dict(tables.query(COUNTS, number=number).fetchall())
    log = tables.query(
        "select coalesce(sum(amount), 0) from credit_entries where client_id = $number", number=number
    ).fetchone()
    sticky = tables.query(
        "select coalesce(author, ''), body from notes where client_id = $number and is_sticky order by id",
        number=number,
    )
    contact = row["default_billing_contact_id"]
    billing_name = read_labels(tables, "contacts", [contact]).get(contact, "") if contact else ""
    return ClientSummary(
        number, row["label"], row["status"], row, _figures(row, owed, active),
        _profile(row), _billing(row, billing_name), _warnings(row, log[0] if log else Decimal(0), active),
        counts, tuple(sticky.fetchall()),
    )  # fmt: skip


OWED_BY = f"""
    select coalesce(sum(owed), 0)::decimal(18, 4), count(*) filter (where owed > 0),
        coalesce(sum(owed) filter (where due_on < $today), 0)::decimal(18, 4), count(*) filter (where owed > 0 and due_on < $today)
    from (select t.due_on, {OWED} as owed from invoices t where t.client_id = $number and t.status in ('Unpaid', 'Collections'))
"""
ACTIVE = """
    select (select count(*) from services where client_id = $number and status = 'Active'),
        (select count(*) from domains where client_id = $number and status = 'Active'),
        (select count(*) from tickets where client_id = $number and status not in ('Closed'))
"""
COUNTS = " union all ".join(f"select '{name}', count(*) from {name} where client_id = $number" for name in COUNTED)


def _figures(
    row: dict[str, Any], owed: tuple[Any, ...], active: tuple[Any, ...]
) -> tuple[tuple[str, str, str, str], ...]:
    code = row["code"]
    return (
        ("Credit", amount_text(row["credit_balance"], code), "usable for invoices", ""),
        ("Owed", amount_text(owed[0], code), counted(owed[1], "invoice"), "warn" if owed[0] else ""),
        ("Overdue", amount_text(owed[2], code), counted(owed[3], "invoice"), "bad" if owed[2] else ""),
        ("Active", counted(active[0], "service"), counted(active[1], "domain"), ""),
        ("Open tickets", str(active[2]), "", ""),
    )


def _profile(row: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    address = "\n".join(
        part for part in (row["address1"], row["address2"], " ".join(filter(None, (row["postcode"], row["city"]))), row["state"], country_name(row["country"])) if part
    )  # fmt: skip
    name = " ".join(filter(None, (row["first_name"], row["last_name"])))
    since = row["created_on"].isoformat() if row["created_on"] else ""
    pairs = (
        ("Name", name), ("Company", row["company_name"]), ("E-mail", row["email"]), ("Phone", row["phone"]), ("Address", address),
        ("Group", row["group_name"]), ("Language", language_name(row["language"])), ("Client since", since), ("Remarks", row["admin_notes"]),
    )  # fmt: skip
    return tuple((label, text or "") for label, text in pairs)


def _billing(row: dict[str, Any], contact: str) -> tuple[tuple[str, str], ...]:
    return (
        ("Currency", row["code"] or ""),
        ("Payment method", way_of_paying(row["payment_method"])),
        ("Tax number", row["tax_id"] or ""),
        ("Tax", "exempt" if row["is_tax_exempt"] else "charged"),
        ("Billing contact", contact or "the client"),
        ("Credit", "applied to new invoices by itself" if row["auto_apply_credit"] else "applied by hand"),
        ("Invoices", "one for each service" if row["separate_invoices"] else "one for all services"),
    )


def _warnings(row: dict[str, Any], log: Decimal, active: tuple[Any, ...]) -> tuple[str, ...]:
    found = []
    if row["status"] == "Closed" and (active[0] or active[1]):
        found.append(
            f"Closed, but {counted(active[0], 'active service')} and {counted(active[1], 'active domain')} are still invoiced."
        )
    if row["status"] == "Closed" and row["credit_balance"]:
        found.append(f"Closed, but there is credit left: {amount_text(row['credit_balance'], row['code'])}.")
    if log != row["credit_balance"]:
        found.append(
            f"The credit balance, {amount_text(row['credit_balance'], row['code'])}, is not the sum of the credit log, "
            f"{amount_text(log, row['code'])}."
        )
    return tuple(found)
