"""One example of every rule, on the book of the small shop (``tests/books.py``); ``tests/test_promises.py`` runs them all.

A new rule needs a line here: its name, requests that it accepts, what must be applied first (if anything), and a change
of somebody else's that makes it do something else than its preview showed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clientops.core.plan import Kind
from clientops.schema.passwords import new_token
from tests.builders import NOW, TODAY

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
        flaws: Changes by hand before all that, for rules that mend what no rule would do.
    """

    rule: str
    requests: Requests
    meanwhile: Meanwhile
    first: tuple[tuple[str, Requests], ...] = ()
    flaws: tuple[Meanwhile, ...] = ()


def _update(name: str, number: int, **columns: Any) -> Meanwhile:
    return (name, "update", [{"id": number, **columns}])


def _delete(name: str, number: int) -> Meanwhile:
    return (name, "delete", [{"id": number}])


ORDER = [
    {"client_id": 1, "product_id": 1, "name": "order.example", "order": "a", "setup_fee": 5},
    {"kind": "addon", "name": "Backup", "recurring_amount": 3, "order": "a"},
    {"kind": "domain", "name": "order.example", "recurring_amount": 12, "registration_period": 2, "order": "a"},
]
CREDIT = {"client_id": 1, "amount": "7.25", "description": "Downtime"}
MERGE = {"replaced_id": 3, "survivor_id": 2, "keep_as_contact": True}
TOKEN = new_token()
INVITED = (
    ("invite-user", {"user_id": 1}),
    (
        "begin-mail",
        {"communication_id": 4, "subject": "Your access", "body": "(hidden)", "token": TOKEN},
    ),
)
STATEMENT = (
    "import-statement",
    {"source": "bank", "currency": "EUR", "file_name": "bank.csv", "file_sha256": "1" * 64, "line_number": 1, "booked_on": "2026-11-02",
     "amount": 35, "reference": "bank-3", "line_sha256": "2" * 64},
)  # fmt: skip

EXAMPLES: tuple[Example, ...] = (
    Example(
        "add-client",
        {"first_name": "Sofia", "last_name": "Kowalewskaja", "email": "sofia@example.org", "currency": "EUR",
         "country": "SE", "group_id": 1, "send_welcome": "yes", "password": "four words for sofia", "billing_first_name": "Max",
         "billing_last_name": "Planck", "billing_email": "max@example.org", "fields": "Purchase order=PO-9"},
        _delete("groups", 1),
    ),
    Example(
        "add-user",
        {"email": "eve@example.org", "password": "four words for eve", "client_id": 2, "send_invitation": "yes"},
        _delete("clients", 2),
    ),
    Example("edit-user", {"user_id": 1, "first_name": "Ada"}, _update("users", 1, first_name="Eve")),
    Example("set-password", {"user_id": 1, "password": "four words for ada"}, _update("users", 1, password_hash="x", first_name="Eve")),
    Example("link-user", {"user_id": 1, "client_id": 2}, ("user_clients", "insert", [{"id": 9, "user_id": 1, "client_id": 2}])),
    Example("unlink-user", {"user_id": 2, "client_id": 3}, _update("user_clients", 3, permissions="invoices")),
    Example("remove-user", {"user_id": 2}, _update("user_clients", 3, permissions="invoices")),
    Example("invite-user", {"user_id": 1}, _update("users", 1, email="new@example.com")),
    Example("send-password-reset", {"user_id": 1}, _update("users", 1, email="new@example.com")),
    Example("revoke-invitation", {"user_id": 1}, _update("invitations", 1, revoked_at=NOW), first=INVITED),
    Example(
        "accept-invitation",
        {"token": TOKEN, "password": "four words for ada"},
        _update("users", 1, password_hash="x"),
        first=INVITED,
    ),
    Example("set-client-area", {"address": "https://clients.example.com/"}, ("settings", "insert", [{"id": 9, "name": "client_area", "value": "https://old.example.com/"}])),
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
    Example("set-numbering", {"number_format": "RE-{YEAR}-{NUMBER}", "restart": "yearly"}, ("settings", "insert", [{"id": 9, "name": "invoice_number_format", "value": "{NUMBER}"}])),
    Example(
        "issue-credit-note",
        [{"invoice_id": 2, "amount": 12, "reason": "Was down"}, {"invoice_id": 1, "reason": "Never used"}],
        _update("clients", 1, credit_balance=51),
    ),
    Example(
        "cancel-credit-note",
        {"credit_note_id": 1},
        _update("clients", 1, credit_balance=60),
        first=(("issue-credit-note", {"invoice_id": 1, "reason": "Never used"}),),
    ),
    Example("record-fee", {"amount": "4.90", "gateway": "stripe", "client_id": 1}, _delete("clients", 1)),
    Example("edit-invoice", {"invoice_id": 6, "notes": "Net", "reckon_tax": "yes"}, _update("invoices", 6, notes="Gross")),
    Example("add-invoice-item", {"invoice_id": 6, "description": "Trip", "unit_price": 3}, _update("clients", 6, country="DE")),
    Example("edit-invoice-item", {"invoice_item_id": 6, "quantity": 3}, _update("invoice_items", 6, discount=1)),
    Example(
        "remove-invoice-item",
        {"invoice_item_id": 6},
        _update("invoice_items", 7, discount=1),
        first=(("add-invoice-item", {"invoice_id": 6, "description": "Trip", "unit_price": 3}),),
    ),
    Example("issue-invoice", {"invoice_id": 6}, _update("invoices", 6, status="Cancelled")),
    Example(
        "add-service",
        {"client_id": 1, "product_id": 1, "domain": "müller.example", "server_id": 1, "username": "ada",
         "options": "Disk space=50 GB x 2 @ 3.00; Backup=daily"},
        _update("product_prices", 1, amount=12),
    ),
    Example(
        "edit-service",
        [{"service_id": 1, "username": "ada", "clear": "server_id"}, {"service_id": 2, "status": "Cancelled"}],
        _update("services", 1, username="lovelace"),
    ),
    Example("terminate-service", {"service_id": 1}, _update("addons", 1, status="Pending")),
    Example(
        "add-addon",
        {"service_id": 1, "name": "Own address", "recurring_amount": 2, "setup_fee": "1.50"},
        _update("services", 1, billing_cycle="annually"),
    ),
    Example("edit-addon", {"addon_id": 1, "recurring_amount": "2.50"}, _update("addons", 1, recurring_amount=3)),
    Example(
        "add-domain",
        {"client_id": 5, "name": "müller.example", "recurring_amount": 12, "registered_on": "2024-02-29",
         "registration_period": 3, "nameserver1": "ns1.example.net", "nameserver2": "ns2.example.net"},
        _delete("clients", 5),
    ),
    Example("edit-domain", {"domain_id": 1, "status": "Transferred Away", "clear": "registrar"}, _update("domains", 1, notes="x")),
    Example("renew-domain", {"domain_id": 1, "years": 2}, _update("domains", 1, expires_on="2027-02-28")),
    Example("add-dns-record", {"domain_id": 1, "type": "MX", "content": "10 mail"}, ("domains", "update", [{"id": 1, "name": "b.example"}])),
    Example("edit-dns-record", {"dns_record_id": 1, "content": "192.0.2.2"}, _update("dns_records", 1, ttl=60)),
    Example("remove-dns-record", {"dns_record_id": 1}, _update("dns_records", 1, ttl=60)),
    Example(
        "import-zone",
        {"domain_id": 1, "zone": "$TTL 600\n@ A 192.0.2.9\nwww CNAME @\n", "replace": True},
        ("domains", "update", [{"id": 1, "name": "b.example"}]),
    ),
    Example(
        "change-service",
        [{"service_id": 2, "recurring_amount": 25, "add_options": "Backup=daily @ 2"}, {"service_id": 1, "recurring_amount": 5, "effective": "at renewal"}],
        _update("services", 2, recurring_amount=11),
    ),
    Example(
        "carry-out-changes",
        {"until_on": TODAY},
        _update("services", 1, status="Cancelled"),
        first=(("change-service", {"service_id": 1, "recurring_amount": 5, "effective": "at renewal", "add_options": "IP=v4"}),),
    ),
    Example(
        "cancel-service-change",
        {"service_change_id": 1},
        _update("service_changes", 1, status="Completed"),
        first=(("change-service", {"service_id": 1, "recurring_amount": 5, "effective": "at renewal"}),),
    ),
    Example("add-order", ORDER, _update("product_prices", 1, amount=12)),
    Example("accept-order", {"order_id": 2}, _update("order_items", 2, amount=11), first=(("add-order", ORDER),)),
    Example(
        "cancel-order",
        {"order_id": 2},
        _update("services", 5, status="Suspended", registered_on="2027-01-01"),
        first=(("add-order", ORDER), ("accept-order", {"order_id": 2})),
    ),
    Example("mark-order-fraud", {"order_id": 2}, _update("orders", 2, status="Cancelled"), first=(("add-order", ORDER),)),
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
    Example(
        "find-duplicates",
        {"threshold": "0.4"},
        _update("clients", 1, email="other@example.com"),
        first=(("add-client", {"first_name": "Ada", "last_name": "Lovelace", "email": "ada.lovelace@example.com"}),),
    ),
    Example(
        "decide-duplicates",
        {"left_id": 3, "right_id": 2, "decision": "same", "survivor_id": 2, "take_from_replaced": "phone"},
        _delete("clients", 3),
    ),
    Example("delete-client", {"client_id": 3, "confirm_name": "Grace Hoper"}, _update("tickets", 1, subject="Other")),
    Example(
        "add-note",
        [{"client_id": 1, "body": "Calls on *Mondays*", "is_sticky": "yes"}, {"invoice_id": 2, "body": "Disputed"}],
        _update("invoices", 2, client_id=2),
    ),
    Example("edit-note", {"note_id": 1, "body": "Calls on Tuesdays"}, _update("notes", 1, attachment="x.pdf", body="Calls on Tuesdays")),
    Example("remove-note", {"note_id": 2}, _update("notes", 2, body="Paid")),
    Example("add-custom-field", {"name": "Size", "type": "choice", "options": "small, large"}, ("custom_fields", "update", [{"id": 1, "name": "Size"}])),
    Example("edit-custom-field", {"field_id": 1, "name": "Order"}, ("custom_fields", "update", [{"id": 1, "name": "PO"}])),
    Example("remove-custom-field", {"field_id": 1}, _update("custom_values", 1, value="PO-3")),
    Example(
        "set-custom-value",
        [{"field_id": 1, "client_id": 1, "value": "PO-7"}, {"field_id": 1, "client_id": 2, "value": ""},
         {"field_id": 1, "client_id": 3, "value": "PO-8"}],
        _update("custom_fields", 1, pattern="X.*"),
    ),
    Example(
        "open-ticket",
        {"client_id": 1, "subject": "Mail", "message": "It bounces", "first_reply": "Looking", "service_id": 1},
        _update("services", 1, client_id=2),
    ),
    Example("edit-ticket", {"ticket_id": 1, "priority": "High"}, _update("tickets", 1, priority="Low")),
    Example("reply-ticket", {"ticket_id": 1, "message": "Done", "close": "yes"}, _update("tickets", 1, status="Answered")),
    Example("close-ticket", {"ticket_id": 1}, _update("tickets", 1, status="Answered")),
    Example(
        "add-currency",
        [{"code": "SEK", "rate": "11.42"}, {"code": "nok", "rate": "11.7"}],
        ("currencies", "update", [{"id": 1, "code": "SEK"}]),
    ),
    Example("set-business", {"tax_mode": "inclusive", "retention_years": 6}, ("settings", "insert", [{"id": 9, "name": "tax_mode", "value": "exclusive"}])),
    Example("add-group", {"name": "Partners", "discount_percent": "12.5"}, ("groups", "insert", [{"id": 9, "name": "partners"}])),
    Example("set-tax-rate", {"name": "TVA", "rate": "20", "country": "FR"}, ("tax_rates", "insert", [{"id": 9, "name": "TVA", "country": "FR"}])),
    Example("add-product", {"name": "Webspace XL", "group_name": "Hosting"}, ("products", "update", [{"id": 1, "name": "webspace xl"}])),
    Example("edit-product", {"product_id": 1, "tax_class": "reduced"}, _update("products", 1, tax_class="books")),
    Example("set-product-price", {"product_id": 1, "currency": "USD", "billing_cycle": "annually", "amount": "99.90"}, _delete("products", 1)),
    Example("add-department", {"name": "Billing"}, ("departments", "update", [{"id": 1, "name": "Billing"}])),
    Example(
        "log-communication",
        {"client_id": 1, "contact_id": 1, "subject": "Invoice", "outcome": "Will pay", "follow_up_on": "2090-11-25"},
        _delete("contacts", 1),
    ),
    Example("edit-communication", {"communication_id": 1, "outcome": "Paid"}, _update("communications", 1, outcome="Not paid")),
    Example(
        "finish-follow-up",
        {"communication_id": 4, "outcome": "Paid"},
        _update("communications", 4, outcome="Called"),
        first=(("log-communication", {"client_id": 1, "subject": "Invoice", "follow_up_on": TODAY}),),
    ),
    Example("remove-communication", {"communication_id": 1}, _update("communications", 1, outcome="Paid")),
    Example("make-affiliate", {"client_id": 1, "pay_amount": "12.5"}, ("affiliates", "insert", [{"id": 9, "client_id": 1}])),
    Example("edit-affiliate", {"affiliate_id": 1, "pay_amount": 15}, _update("affiliates", 1, visitors=3, pay_amount=15)),
    Example("record-referral", {"affiliate_id": 1, "service_id": 4}, _update("services", 4, client_id=2)),
    Example("remove-referral", {"referral_id": 1}, _update("referrals", 1, referred_on=TODAY)),
    Example("record-commissions", {}, _update("affiliates", 1, pay_amount=20)),
    Example(
        "pay-affiliate",
        {"affiliate_id": 1},
        _update("affiliates", 1, balance=7),
        first=(("record-commissions", {}),),
    ),
    Example(
        "add-article",
        {"title": "Set up Outlook", "body": "# Outlook\n\nAs *usual*", "category_ids": "1 2", "tags": "E-mail, Outlook"},
        _delete("article_categories", 2),
    ),
    Example("edit-article", {"article_id": 1, "body": "New", "category_ids": "2", "status": "draft"}, _update("articles", 1, title="Old")),
    Example(
        "restore-article",
        {"article_id": 1, "version": 1},
        _update("articles", 1, version=7, body="Newer"),
        first=(("edit-article", {"article_id": 1, "body": "New"}),),
    ),
    Example("remove-article", {"article_id": 1}, _update("articles", 1, title="Old")),
    Example("add-category", {"name": "Webmail", "parent_id": 2}, _delete("article_categories", 2)),
    Example("edit-category", {"category_id": 2, "clear": "parent_id"}, _update("article_categories", 2, description="x", parent_id=None)),
    Example("remove-category", {"category_id": 2}, _update("article_categories", 2, description="x")),
    Example("queue-mail", {"client_id": 1, "template": "welcome"}, _delete("clients", 1)),
    Example("retry-mail", {"communication_id": 2}, _update("communications", 2, status="sent")),
    Example(
        "hold-mail",
        {"communication_id": 3},
        _update("clients", 2, status="Active"),
        flaws=(_update("clients", 2, status="Closed"),),
    ),
    Example("begin-mail", {"communication_id": 3}, _update("communications", 3, attempts=1)),
    Example(
        "record-mail",
        {"communication_id": 3, "outcome": "sent"},
        _update("communications", 3, status="logged"),
        first=(("begin-mail", {"communication_id": 3}),),
    ),
    Example(
        "enter-credit-difference",
        {"client_id": 5, "amount": "12.50"},
        _update("clients", 5, credit_balance=3),
        first=(("adjust-credit", {"client_id": 5, "credit_balance": "12.50"}),),
    ),
    Example(
        "enter-invoice-difference",
        {"invoice_id": 2},
        _update("invoices", 2, total=36),
        flaws=(_update("invoices", 2, total=35),),
    ),
    Example(
        "mark-invoice-paid",
        {"invoice_id": 4},
        _update("invoices", 4, written_off=7),
        flaws=(_update("invoices", 4, written_off=8),),
    ),
    Example("renumber-invoice", {"invoice_id": 2, "number": "R-2"}, ("invoices", "update", [{"id": 3, "number": "R-2"}])),
    Example(
        "settle-payment",
        {"transaction_id": 3},
        _update("invoices", 4, total=4),
        first=(("record-payment", {"client_id": 3, "amount": 5, "auto_allocate": False, "surplus_to_credit": False}),),
    ),
    Example("correct-payment", {"transaction_id": 1, "reference": "ch_2"}, _delete("transactions", 1)),
    Example(
        "mend",
        [{"rule": "enter-credit-difference", "request": '{"client_id": 5, "amount": "12.50"}'},
         {"rule": "remove-credit", "request": '{"client_id": 5, "amount": 2, "description": "Too much"}'},
         {"rule": "renumber-invoice", "request": '{"invoice_id": 2, "number": "R-2"}'}],
        _update("clients", 5, credit_balance=3),
        first=(("adjust-credit", {"client_id": 5, "credit_balance": "12.50"}),),
    ),
    Example(
        "sign-off-period",
        {"period_from": "2026-10-01", "period_to": "2026-10-31", "note": "All there"},
        _update("credit_entries", 1, amount=51),
    ),
    Example(
        "import-statement",
        [{"source": "bank", "account": "DE1", "currency": "EUR", "file_name": "bank.csv", "file_sha256": "1" * 64, "opening_balance": 10,
          "closing_balance": 48, "line_number": 1, "booked_on": "2026-11-02", "amount": 30, "payer_name": "Ada Lovelace",
          "reference": "bank-3", "line_sha256": "2" * 64},
         {"source": "bank", "account": "DE1", "currency": "EUR", "file_name": "bank.csv", "file_sha256": "1" * 64, "opening_balance": 10,
          "closing_balance": 48, "line_number": 2, "booked_on": "2026-11-03", "amount": 8, "line_sha256": "3" * 64}],
        ("statements", "update", [{"id": 1, "file_sha256": "1" * 64}]),
    ),
    Example(
        "accept-match",
        {"statement_line_id": 2, "client_id": 1, "invoice_ids": "2", "amount": 35, "fee": 0, "score": 90, "evidence": "names it"},
        _update("invoices", 2, total=31),
        first=(STATEMENT,),
    ),
    Example("set-line-aside", {"statement_line_id": 2, "explanation": "Rent"}, _delete("statement_lines", 2), first=(STATEMENT,)),
    Example("undo", {"operation_id": 2}, _update("clients", 1, city="Rome"), first=(("issue-credit", CREDIT),)),
)  # fmt: skip
