"""One example of every rule, on the book of the small shop (``tests/books.py``); ``tests/test_promises.py`` runs them all.

A new rule needs a line here: its name, requests that it accepts, what must be applied first (if anything), and a change
of somebody else's that makes it do something else than its preview showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clientops.changes import Kind
from tests.builders import TODAY

Requests = Mapping[str, Any] | Sequence[Mapping[str, Any]]
Meanwhile = tuple[str, Kind, Sequence[Mapping[str, Any]]]


@dataclass(frozen=True)
class Example:
    """A use of a rule.

    Attributes:
        rule: Name of the rule.
        requests: What is asked for; the rule accepts it.
        meanwhile: Change by hand, (table, kind, rows), after which the preview is stale.
        first: (rule, requests) of operations before it; the shop itself is operation 1, so these are 2, 3 …
    """

    rule: str
    requests: Requests
    meanwhile: Meanwhile
    first: tuple[tuple[str, Requests], ...] = ()


def _update(name: str, number: int, **columns: Any) -> Meanwhile:
    return (name, "update", [{"id": number, **columns}])


def _delete(name: str, number: int) -> Meanwhile:
    return (name, "delete", [{"id": number}])


CREDIT = {"client_id": 1, "amount": "7.25", "description": "Downtime"}
MERGE = {"replaced_id": 3, "survivor_id": 2, "keep_as_contact": True}

EXAMPLES: tuple[Example, ...] = (
    Example(
        "add-client",
        {"first_name": "Sofia", "last_name": "Kowalewskaja", "email": "sofia@example.org", "currency": "EUR",
         "country": "SE", "group_id": 1, "send_welcome": "yes"},
        _delete("groups", 1),
    ),
    Example("edit-client", {"client_id": 1, "city": "London", "clear": "country"}, _update("clients", 1, city="Rome")),
    Example("close-account", {"client_id": 2}, _update("services", 2, status="Suspended")),
    Example("set-status", {"client_id": 5, "status": "Active"}, _update("clients", 5, status="Closed")),
    Example("suggest-statuses", {}, _update("clients", 6, auto_status=False)),
    Example(
        "add-contact",
        {"client_id": 2, "first_name": "Howard", "last_name": "Aiken", "email": "howard@example.org"},
        _delete("clients", 2),
    ),
    Example("edit-contact", {"contact_id": 2, "first_name": "Marie"}, _update("contacts", 2, first_name="Mia")),
    Example("remove-contact", {"contact_id": 1}, _update("contacts", 1, city="Rome")),
    Example(
        "set-billing-contact", {"client_id": 1, "contact_id": 2}, _update("clients", 1, default_billing_contact_id=None)
    ),
    Example("issue-credit", [CREDIT, {**CREDIT, "client_id": 4, "amount": 50}], _update("clients", 1, credit_balance=1)),
    Example("remove-credit", [CREDIT, CREDIT], _update("clients", 1, credit_balance=30)),
    Example("adjust-credit", {"client_id": 1, "credit_balance": 0}, _update("clients", 1, credit_balance=30)),
    Example("transfer-credit", {"client_id": 1, "to_client_id": 6, "amount": 5}, _update("clients", 6, credit_balance=1)),
    Example("apply-credit", {"invoice_id": 2}, _update("clients", 1, credit_balance=20)),
    Example("take-back-credit", {"invoice_id": 3}, _update("clients", 2, credit_balance=30)),
    Example(
        "create-invoice",
        [{"client_id": 1, "description": "Consulting", "unit_price": "33.33", "quantity": 3, "invoice": "a"},
         {"client_id": 1, "description": "Discount", "unit_price": "-5", "invoice": "a"}],
        _update("clients", 1, is_tax_exempt=True),
    ),
    Example("issue-invoice", {"invoice_id": 6}, _update("invoices", 6, status="Cancelled")),
    Example("generate-invoices", {"until_on": TODAY}, _update("services", 1, recurring_amount=11)),
    Example("cancel-invoice", {"invoice_id": 3}, _update("invoices", 3, status="Collections")),
    Example(
        "mark-invoice-unpaid",
        {"invoice_id": 3},
        _update("invoices", 3, status="Collections"),
        first=(("cancel-invoice", {"invoice_id": 3}),),
    ),
    Example("mark-invoice-refunded", {"invoice_id": 1}, _update("invoices", 1, status="Unpaid")),
    Example("mark-invoice-collections", {"invoice_id": 4}, _update("invoices", 4, status="Cancelled")),
    Example("write-off-invoice", {"invoice_id": 4}, _update("invoices", 4, total=9, subtotal=9)),
    Example(
        "record-payment",
        {"client_id": 1, "amount": "31.50", "gateway": "stripe", "reference": "ch_2", "fee": "0.50", "invoice_ids": "2"},
        _update("clients", 1, credit_balance=51),
    ),
    Example("refund-payment", {"transaction_id": 1}, _update("allocations", 1, amount=5)),
    Example("delete-transaction", {"transaction_id": 2}, _update("transactions", 2, gateway="cash")),
    Example("merge-clients", MERGE, _update("contacts", 3, client_id=6)),
    Example(
        "unmerge-clients",
        {"operation_id": 2},
        _update("contacts", 3, client_id=1),
        first=(("merge-clients", MERGE),),
    ),
    Example("delete-client", {"client_id": 3, "confirm_name": "Grace Hoper"}, _update("tickets", 1, subject="Other")),
    Example("queue-mail", {"client_id": 1, "template": "welcome"}, _delete("clients", 1)),
    Example("retry-mail", {"communication_id": 2}, _update("communications", 2, status="sent")),
    Example("begin-mail", {"communication_id": 3}, _update("communications", 3, attempts=1)),
    Example(
        "record-mail",
        {"communication_id": 3, "outcome": "sent"},
        _update("communications", 3, status="logged"),
        first=(("begin-mail", {"communication_id": 3}),),
    ),
    Example("undo", {"operation_id": 2}, _update("clients", 1, city="Rome"), first=(("issue-credit", CREDIT),)),
)  # fmt: skip
