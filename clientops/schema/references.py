"""The reference map: which column points at which table, and what becomes of it on delete and merge.

Merge, delete, the order of imports and the check for orphans all read it.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

OnDelete = Literal["remove", "clear", "keep"]


@dataclass(frozen=True)
class Reference:
    """A column that holds the number of a row of another table.

    Attributes:
        table: Table that has the column.
        column: The column.
        target: Table whose ``id`` it holds.
        on_delete: What becomes of the row when its target is deleted: it is removed too, its column is cleared, or
            it is kept as it is.
        when: SQL condition on the row; the column points at ``target`` only where it holds (references whose table
            depends on another column).
    """

    table: str
    column: str
    target: str
    on_delete: OnDelete = "remove"
    when: str = ""


def _subject(table: str, target: str, kind: str) -> Reference:
    return Reference(table, "subject_id", target, when=f"subject_kind = '{kind}'")


def _mail_subject(target: str, kind: str) -> Reference:
    return Reference("communications", "subject_id", target, "clear", when=f"subject_kind = '{kind}'")


def _field(target: str, kind: str) -> Reference:
    fields = f"field_id in (select id from custom_fields where subject_kind = '{kind}')"
    return Reference("custom_values", "subject_id", target, when=fields)


REFERENCES: tuple[Reference, ...] = (
    Reference("clients", "currency_id", "currencies", "keep"),
    Reference("clients", "group_id", "groups", "clear"),
    Reference("clients", "default_billing_contact_id", "contacts", "clear"),
    Reference("contacts", "client_id", "clients"),
    Reference("user_clients", "user_id", "users"),
    Reference("user_clients", "client_id", "clients"),
    Reference("invitations", "user_id", "users"),
    Reference("invitations", "communication_id", "communications", "clear"),
    Reference("product_prices", "product_id", "products"),
    Reference("product_prices", "currency_id", "currencies"),
    Reference("services", "client_id", "clients"),
    Reference("services", "order_id", "orders", "clear"),
    Reference("services", "product_id", "products", "clear"),
    Reference("services", "server_id", "servers", "clear"),
    Reference("services", "promotion_id", "promotions", "clear"),
    Reference("service_options", "service_id", "services"),
    Reference("addons", "service_id", "services"),
    Reference("addons", "order_id", "orders", "clear"),
    Reference("domains", "client_id", "clients"),
    Reference("domains", "order_id", "orders", "clear"),
    Reference("domains", "promotion_id", "promotions", "clear"),
    Reference("dns_records", "domain_id", "domains"),
    Reference("orders", "client_id", "clients"),
    Reference("orders", "contact_id", "contacts", "clear"),
    Reference("orders", "user_id", "users", "clear"),
    Reference("orders", "invoice_id", "invoices", "clear"),
    Reference("order_items", "order_id", "orders"),
    Reference("order_items", "product_id", "products", "clear"),
    Reference("order_items", "service_id", "services", "clear"),
    Reference("order_items", "addon_id", "addons", "clear"),
    Reference("order_items", "domain_id", "domains", "clear"),
    Reference("order_items", "for_item_id", "order_items", "clear"),
    Reference("invoices", "client_id", "clients"),
    Reference("invoices", "billing_contact_id", "contacts", "clear"),
    Reference("invoice_items", "invoice_id", "invoices"),
    Reference("invoice_items", "service_id", "services", "clear"),
    Reference("invoice_items", "addon_id", "addons", "clear"),
    Reference("invoice_items", "domain_id", "domains", "clear"),
    Reference("invoice_items", "paid_invoice_id", "invoices", "clear"),
    Reference("transactions", "client_id", "clients", "keep", when="client_name is null"),
    Reference("transactions", "currency_id", "currencies", "keep"),
    Reference("transactions", "refunds_id", "transactions", "clear"),
    Reference("allocations", "transaction_id", "transactions"),
    Reference("allocations", "invoice_id", "invoices"),
    Reference("credit_notes", "client_id", "clients"),
    Reference("credit_notes", "invoice_id", "invoices", "clear"),
    Reference("credit_entries", "client_id", "clients"),
    Reference("credit_entries", "invoice_id", "invoices", "clear"),
    Reference("credit_entries", "gives_back_id", "invoices", "clear"),
    Reference("credit_entries", "transaction_id", "transactions", "clear"),
    Reference("notes", "client_id", "clients"),
    _subject("notes", "services", "service"),
    _subject("notes", "invoices", "invoice"),
    _subject("notes", "domains", "domain"),
    _subject("notes", "tickets", "ticket"),
    Reference("custom_fields", "product_id", "products"),
    Reference("custom_values", "field_id", "custom_fields"),
    _field("clients", "client"),
    _field("services", "service"),
    _field("addons", "addon"),
    _field("invoices", "invoice"),
    _field("domains", "domain"),
    _field("tickets", "ticket"),
    Reference("tickets", "client_id", "clients"),
    Reference("tickets", "contact_id", "contacts", "clear"),
    Reference("tickets", "user_id", "users", "clear"),
    Reference("tickets", "department_id", "departments", "clear"),
    Reference("tickets", "service_id", "services", "clear"),
    Reference("tickets", "domain_id", "domains", "clear"),
    Reference("tickets", "merged_ticket_id", "tickets", "clear"),
    Reference("ticket_replies", "ticket_id", "tickets"),
    Reference("ticket_replies", "client_id", "clients", "clear"),
    Reference("ticket_replies", "contact_id", "contacts", "clear"),
    Reference("ticket_replies", "user_id", "users", "clear"),
    Reference("communications", "client_id", "clients"),
    Reference("communications", "contact_id", "contacts", "clear"),
    _mail_subject("invoices", "invoice"),
    _mail_subject("transactions", "transaction"),
    _mail_subject("credit_entries", "credit entry"),
    _mail_subject("users", "user"),
    Reference("affiliates", "client_id", "clients"),
    Reference("referrals", "affiliate_id", "affiliates"),
    Reference("referrals", "service_id", "services"),
    Reference("commissions", "affiliate_id", "affiliates"),
    Reference("commissions", "referral_id", "referrals", "clear"),
    Reference("commissions", "invoice_id", "invoices", "clear"),
    Reference("service_changes", "client_id", "clients"),
    Reference("service_changes", "order_id", "orders", "clear"),
    Reference("service_changes", "invoice_id", "invoices", "clear"),
    Reference("service_changes", "service_id", "services"),
    Reference("service_changes", "addon_id", "addons", "clear"),
    Reference("service_changes", "new_product_id", "products", "clear"),
    Reference("article_categories", "parent_id", "article_categories", "clear"),
    Reference("article_categories", "translation_of_id", "article_categories"),
    Reference("articles", "translation_of_id", "articles"),
    Reference("article_placements", "article_id", "articles"),
    Reference("article_placements", "category_id", "article_categories"),
    Reference("quotes", "client_id", "clients"),
    Reference("quotes", "currency_id", "currencies", "keep"),
    Reference("quote_items", "quote_id", "quotes"),
    Reference("merged_clients", "survivor_id", "clients"),
    Reference("statements", "currency_id", "currencies", "keep"),
    Reference("statement_lines", "statement_id", "statements"),
    Reference("matches", "statement_line_id", "statement_lines"),
    Reference("statement_repeats", "statement_id", "statements"),
    Reference("statement_repeats", "statement_line_id", "statement_lines"),
    Reference("matches", "transaction_id", "transactions", "clear"),
    Reference("sign_off_figures", "sign_off_id", "sign_offs"),
)

NOT_REFERENCES: dict[tuple[str, str], str] = {
    ("clients", "tax_id"): "the tax office's number",
    ("contacts", "tax_id"): "the tax office's number",
    ("invoices", "client_tax_id"): "the tax office's number",
    ("invoices", "company_tax_id"): "the tax office's number",
    ("services", "subscription_id"): "the gateway's number",
    ("addons", "subscription_id"): "the gateway's number",
    ("domains", "subscription_id"): "the gateway's number",
    ("merged_clients", "replaced_id"): "a client that is gone",
    ("duplicate_pairs", "left_id"): "a client as of the search, who may be merged by now",
    ("duplicate_pairs", "right_id"): "a client as of the search, who may be merged by now",
    ("duplicate_pairs", "group_id"): "a client as of the search, who may be merged by now",
    ("duplicate_decisions", "left_id"): "a client as of the decision; it holds for who replaced it",
    ("duplicate_decisions", "right_id"): "a client as of the decision; it holds for who replaced it",
    ("duplicate_decisions", "survivor_id"): "a client as of the decision; it holds for who replaced it",
    ("source_ids", "source_id"): "a number in the source",
    ("source_ids", "row_id"): "a row of the table that table_name names",
    ("import_problems", "source_id"): "a number in the source",
}


@lru_cache(maxsize=128)
def references_to(target: str) -> tuple[Reference, ...]:
    """References that point at a table."""
    return tuple(reference for reference in REFERENCES if reference.target == target)


@lru_cache(maxsize=128)
def references_from(table: str) -> tuple[Reference, ...]:
    """References that a table's columns hold."""
    return tuple(reference for reference in REFERENCES if reference.table == table)


def parents_first() -> tuple[str, ...]:
    """All tables in an order in which each comes after those it points at, as far as there is one."""
    from clientops.schema.definition import all_tables

    ordered: list[str] = []
    waiting = list(all_tables())
    while waiting:
        ready = [
            name
            for name in waiting
            if all(r.target in ordered or r.target == name or r.on_delete == "clear" for r in references_from(name))
        ]
        ordered += ready or waiting[:1]
        waiting = [name for name in waiting if name not in ordered]
    return tuple(ordered)
