"""Changes as people read them: which rows, what they are called, each value before and after, and the money it moves."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from clientops.core.money import minor_digits, round_money
from clientops.core.readable import way_of_paying, with_readable_names
from clientops.reports.lists.row_names import amount_text, read_labels
from clientops.schema.definition import table as schema_of
from clientops.schema.references import references_from
from clientops.schema.tables import Tables

Pair = tuple[dict[str, Any] | None, dict[str, Any] | None]

DULL = {"id", "created_on"}
MONEY_MOVED = (
    ("clients", "credit_balance", "Account credit"),
    ("transactions", "amount_in", "Money received"),
    ("transactions", "amount_out", "Money sent back"),
    ("invoices", "total", "Invoiced"),
    ("invoices", "credit_applied", "Credit applied to invoices"),
)
# What rows that are not in the book are called by: those that people tell apart by more than a name.
BRIEF = {
    "matches": ("statement_line_id", "transaction_id"),
    "statement_lines": ("booked_on", "amount", "payer_name", "description"),
    "transactions": ("occurred_at", "kind", "amount_in", "amount_out", "reference"),
    "credit_entries": ("amount", "description"),
    "allocations": ("amount", "transaction_id", "invoice_id"),
    "invoices": ("number", "issued_on", "total"),
    "invoice_items": ("description", "amount"),
    "sign_offs": ("period_from", "period_to"),
    "sign_off_figures": ("figure", "row_count", "amount", "currency_code"),
    "duplicate_decisions": ("left_id", "right_id", "decision"),
    "duplicate_pairs": ("left_id", "right_id"),
}
# Columns that name clients without being references: what they say holds for who replaced the client, too.
CLIENTS_THEN = {
    "duplicate_decisions": ("left_id", "right_id", "survivor_id"),
    "duplicate_pairs": ("left_id", "right_id"),
}


@dataclass(frozen=True)
class ValueDiff:
    """A value before and after; empty where there was or is none."""

    column: str
    before: str
    after: str


@dataclass(frozen=True)
class RowDiff:
    """A row that is added, changed or removed: its number, what it is called, whose it is, and its values."""

    id: int
    label: str
    client_id: int | None
    values: tuple[ValueDiff, ...]


@dataclass(frozen=True)
class TableDiff:
    """Changes of one kind to one table; ``rows`` are the first of ``count``."""

    table: str
    kind: str
    count: int
    rows: tuple[RowDiff, ...]


def describe(tables: Tables, changes: Iterable[tuple[str, str, int, Sequence[Pair]]]) -> tuple[TableDiff, ...]:
    """Changes with names in place of numbers.

    Args:
        tables: Read-only tables, for the names.
        changes: (table, kind, count, (before, after) pairs) each.
    """
    given = [(table, kind, count, list(pairs)) for table, kind, count, pairs in changes]
    names = _Names(tables, given)
    return tuple(
        TableDiff(table, kind, count, tuple(_row_diff(names, table, kind, pair) for pair in pairs))
        for table, kind, count, pairs in given
    )


def money_moved(tables: Tables, changes: Iterable[tuple[str, str, int, Sequence[Pair]]]) -> tuple[tuple[str, str], ...]:
    """What the changes do to money, per kind and currency, as (label, signed amount); only of the pairs that are given."""
    given = [(table, kind, count, list(pairs)) for table, kind, count, pairs in changes]
    names = _Names(tables, given)
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for table, column, label in MONEY_MOVED:
        for name, _, _, pairs in given:
            if name != table:
                continue
            for before, after in pairs:
                code = names.currency(after or before or {})
                difference = ((after or {}).get(column) or Decimal(0)) - ((before or {}).get(column) or Decimal(0))
                sums[label, code] += difference
    return tuple(
        (label, f"{'+' if amount > 0 else '-'} {amount_text(abs(amount), code) if code else abs(amount)}")
        for (label, code), amount in sums.items()
        if amount
    )


class _Names:
    """Names of the rows that changes point at, read once."""

    def __init__(self, tables: Tables, changes: list[tuple[str, str, int, list[Pair]]]) -> None:
        wanted: dict[str, set[int]] = defaultdict(set)
        self._rows: dict[tuple[str, int], dict[str, Any]] = {}
        for table, _, _, pairs in changes:
            columns = {reference.column: reference.target for reference in references_from(table) if not reference.when}
            columns.update({"client_id": "clients"} if "client_id" in schema_of(table).column_names else {})
            columns.update(dict.fromkeys(CLIENTS_THEN.get(table, ()), "clients"))
            for before, after in pairs:
                row = after or before or {}
                self._rows[table, row["id"]] = row
                wanted[table].add(row["id"])
                for version in (before, after):
                    for column, target in columns.items():
                        if version and version.get(column) is not None:
                            wanted[target].add(version[column])
        self.labels = {table: read_labels(tables, table, ids) for table, ids in wanted.items()}
        self.codes = dict(tables.query("select id, code from currencies").fetchall())
        clients = ", ".join(str(number) for number in sorted(wanted.get("clients", ()))) or "null"
        self._currency_of = dict(
            tables.query(f"select id, currency_id from clients where id in ({clients})").fetchall()
        )
        self._invoice_client = self._read_owners(tables, changes)
        statements = ", ".join(str(number) for number in sorted(wanted.get("statements", ()))) or "null"
        self._statement_currency = dict(
            tables.query(f"select id, currency_id from statements where id in ({statements})").fetchall()
        )

    def _read_owners(self, tables: Tables, changes: list[tuple[str, str, int, list[Pair]]]) -> dict[int, int]:
        """Currency of the invoices that changes point at."""
        ids = {
            version["invoice_id"]
            for _, _, _, pairs in changes
            for pair in pairs
            for version in pair
            if version and version.get("invoice_id") is not None
        }
        if not ids:
            return {}
        listed = ", ".join(str(int(number)) for number in ids)
        sql = (
            f"select i.id, c.currency_id from invoices i join clients c on c.id = i.client_id where i.id in ({listed})"
        )
        return dict(tables.query(sql).fetchall())

    def currency(self, row: dict[str, Any]) -> str:
        """Code of the currency that a row's money is in; empty if that cannot be told."""
        number = row.get("currency_id")
        if number is None and row.get("client_id") is not None:
            number = self._currency_of.get(row["client_id"])
            if number is None:
                number = self._rows.get(("clients", row["client_id"]), {}).get("currency_id")
        if number is None and row.get("invoice_id") is not None:
            number = self._invoice_client.get(row["invoice_id"])
            if number is None:
                invoice = self._rows.get(("invoices", row["invoice_id"]), {})
                return self.currency(invoice) if invoice else ""
        if number is None and row.get("statement_id") is not None:
            number = self._statement_currency.get(row["statement_id"])
            if number is None:
                number = self._rows.get(("statements", row["statement_id"]), {}).get("currency_id")
        return self.codes.get(number, "") if number is not None else ""

    def label(self, table: str, number: int) -> str:
        """What a row is called, with its number; rows that are new or gone by their own values."""
        known = self.labels.get(table, {}).get(number)
        if known is None and (row := self._rows.get((table, number))):
            if table in BRIEF:
                told = [_shown(self, table, column, row.get(column), row) for column in BRIEF[table]]
                return f"#{number} {' · '.join(text for text, column in zip(told, BRIEF[table], strict=True) if text and row.get(column) != 0)}".strip()
            texts = [row.get(c) for c in ("company_name", "first_name", "last_name", "name", "title", "subject", "number", "description", "email")]  # fmt: skip
            known = with_readable_names(" ".join(str(text) for text in texts if text)[:80])
        return f"#{number} {known}".strip() if known else f"#{number}"


def _row_diff(names: _Names, table: str, kind: str, pair: Pair) -> RowDiff:
    before, after = pair
    row = after or before or {}
    values = []
    for name in schema_of(table).column_names:
        old, new = (before or {}).get(name), (after or {}).get(name)
        if name == "id" or (kind == "update" and old == new):
            continue
        was, now = _shown(names, table, name, old, before), _shown(names, table, name, new, after)
        if kind != "update" and (was or now) in ("", "no", "0"):
            continue
        values.append(ValueDiff(name, was, now))
    owner = row["id"] if table == "clients" else row.get("client_id")
    return RowDiff(row["id"], names.label(table, row["id"]), owner, tuple(values))


def _shown(names: _Names, table: str, column: str, value: Any, row: dict[str, Any] | None) -> str:  # noqa: PLR0911  # a table of cases
    """A value as people read it."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Decimal):
        is_money = schema_of(table).column(column).type == "DECIMAL(18,4)" and column not in (
            "quantity",
            "discount_percent",
        )
        code = names.currency(row or {}) if is_money else ""
        if not code or value != round_money(value, minor_digits(code)):
            return (
                f"{code} {value.normalize():,f}".strip()
            )  # finer than its currency: all of it, else the sums look wrong
        return amount_text(value, code)
    if isinstance(value, datetime):
        return value.astimezone().strftime("%Y-%m-%d %H:%M")
    if isinstance(value, date):
        return value.isoformat()
    if column == "password_hash":
        return "set"
    if column in ("gateway", "payment_method"):
        return way_of_paying(str(value))
    if isinstance(value, int):
        target = next((r.target for r in references_from(table) if r.column == column and not r.when), "")
        target = "clients" if column in ("client_id", *CLIENTS_THEN.get(table, ())) else target
        return names.label(target, value) if target else str(value)
    return with_readable_names(str(value))
