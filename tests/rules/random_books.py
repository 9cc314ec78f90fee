"""Small books in which clients have a bit of everything, made from a seed, and the sums that operations must keep."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from clientops.schema.invariants import INVARIANTS, every_orphan_sql
from clientops.schema.tables import Tables
from tests.builders import EUR, NOW, USD, tables

CLIENTS = range(1, 8)
FIRST_DAY = date(2020, 1, 1)


def random_book(seed: int, currencies: tuple[int, ...] = (EUR, USD)) -> Tables:
    """Seven clients, of the currencies in turn, whose rows overlap in every way that a merge must handle."""
    r = Random(seed)

    def some(*values: Any) -> Any:
        return r.choice(values)

    def owner() -> int:
        return r.choice(CLIENTS)

    def amount() -> Decimal:
        return Decimal(r.randrange(1, 40))

    contacts = [
        {"id": k, "client_id": owner(), "first_name": some("Eve", "Ann"), "last_name": "Example",
         "email": some("eve@example.com", "EVE@example.com", None), "phone": some(None, "+491"), "city": some(None, "Rome"),
         "wants_invoice": some(True, False), "created_on": FIRST_DAY + timedelta(days=k)}
        for k in range(1, 9)
    ]  # fmt: skip
    entries = [
        {"id": k, "client_id": owner(), "amount": amount(), "entry_on": FIRST_DAY, "description": f"Gift {k}"}
        for k in range(1, 9)
    ]
    clients = [
        {"id": c, "currency_id": currencies[c % len(currencies)],
         "first_name": some("Ada", None), "last_name": some("Lovelace", "Byron"), "company_name": some(None, "Ça GmbH"),
         "email": some("ada@example.com", "b@example.com"), "address1": some(None, "1 Main St", "2 Oak Ave"),
         "address2": some(None, "Flat 3"), "city": some(None, "Rome", "Oslo"), "phone": some(None, "+491", "+492"),
         "is_tax_exempt": some(True, False), "group_id": some(None, 1), "status": some("Active", "Inactive", "Closed"),
         "credit_balance": sum(e["amount"] for e in entries if e["client_id"] == c) + some(0, 0, 5),
         "default_billing_contact_id": some(None, *[k["id"] for k in contacts if k["client_id"] == c]),
         "email_opt_out": some(True, False), "admin_notes": some(None, "", "Pays late", "😀 'quoted'"),
         "created_on": some(None, FIRST_DAY + timedelta(days=r.randrange(900))), "last_login_at": some(None, NOW)}
        for c in CLIENTS
    ]  # fmt: skip
    pairs = [(u, c) for u in (1, 2) for c in CLIENTS if r.random() < 0.5]
    values = [(f, c) for f in (1, 2) for c in CLIENTS if r.random() < 0.5]
    contact_ids = [None, *range(1, 9)]
    affiliates = [c for c in CLIENTS if r.random() < 0.5]
    affiliate_ids = list(range(1, len(affiliates) + 1)) or [None]
    invoices = list(range(1, 9))
    return tables(
        groups=[{"id": 1}],
        clients=clients,
        contacts=contacts,
        users=[{"id": u, "email": f"u{u}@example.com"} for u in (1, 2)],
        user_clients=[
            {"id": n, "user_id": u, "client_id": c, "is_owner": some(True, False), "permissions": some(None, "a,b", "b, c")}
            for n, (u, c) in enumerate(pairs, 1)
        ],
        services=[{"id": n, "client_id": owner(), "order_id": n, "recurring_amount": 5} for n in range(1, 8)],
        addons=[{"id": 1, "service_id": 1}],
        domains=[{"id": n, "client_id": owner()} for n in (1, 2)],
        dns_records=[{"id": 1, "domain_id": 1, "type": "A", "content": "192.0.2.1"}],
        orders=[{"id": n, "client_id": owner(), "contact_id": r.choice(contact_ids)} for n in range(1, 8)],
        invoices=[
            {"id": n, "client_id": owner(), "billing_contact_id": r.choice(contact_ids), "subtotal": 10, "total": 10}
            for n in invoices
        ],
        invoice_items=[{"id": n, "invoice_id": n, "amount": 10, "service_id": some(None, 1, 2)} for n in invoices],
        transactions=[
            *({"id": n, "client_id": owner(), "amount_in": 6, "currency_id": EUR} for n in (1, 2, 3)),
            {"id": 4, "client_id": 2, "client_name": "Deleted long ago", "amount_in": 6, "currency_id": EUR},
        ],
        allocations=[{"id": n, "transaction_id": n, "invoice_id": n, "amount": 6} for n in (1, 2, 3)],
        credit_entries=entries,
        notes=[
            {"id": 1, "client_id": owner()},
            {"id": 2, "client_id": owner(), "subject_kind": "service", "subject_id": 1},
            {"id": 3, "subject_kind": "invoice", "subject_id": 2},
        ],
        custom_fields=[{"id": 1}, {"id": 2}, {"id": 3, "subject_kind": "service"}],
        custom_values=[
            *({"id": n, "field_id": f, "subject_id": c, "value": some("x", "y", "", None)} for n, (f, c) in enumerate(values, 1)),
            *({"id": 100 + s, "field_id": 3, "subject_id": s, "value": "of a service"} for s in (1, 2, 3)),
        ],
        tickets=[{"id": n, "client_id": owner(), "contact_id": r.choice(contact_ids)} for n in (1, 2, 3)],
        ticket_replies=[
            {"id": n, "ticket_id": n, "client_id": some(None, owner()), "contact_id": r.choice(contact_ids)} for n in (1, 2, 3)
        ],
        communications=[{"id": n, "client_id": owner(), "contact_id": r.choice(contact_ids)} for n in (1, 2)],
        affiliates=[
            {"id": n, "client_id": c, "balance": amount(), "withdrawn": amount(), "visitors": n, "since_on": some(None, FIRST_DAY)}
            for n, c in enumerate(affiliates, 1)
        ],
        referrals=[{"id": n, "affiliate_id": r.choice(affiliate_ids), "service_id": n} for n in (1, 2) if affiliates],
        commissions=[
            {"id": n, "affiliate_id": r.choice(affiliate_ids), "referral_id": some(None, 1), "amount": 3}
            for n in (1, 2) if affiliates
        ],
        service_changes=[{"id": 1, "client_id": owner(), "service_id": 1}],
        quotes=[{"id": 1, "client_id": some(None, owner())}],
        merged_clients=[{"id": n, "replaced_id": 90 + n, "survivor_id": owner()} for n in (1, 2, 3)],
    )  # fmt: skip


def money_per_currency(book: Tables) -> list[tuple[Any, ...]]:
    """Credit, log, commission, billed and received per currency."""
    return book.query(MONEY).fetchall()


MONEY = """
    select k.code, 'credit' as what, sum(c.credit_balance) as amount from clients c join currencies k on k.id = c.currency_id group by k.code
    union all
    select k.code, 'log', sum(e.amount) from credit_entries e join clients c on c.id = e.client_id join currencies k on k.id = c.currency_id group by k.code
    union all
    select k.code, 'commission', sum(a.balance + a.withdrawn) from affiliates a join clients c on c.id = a.client_id join currencies k on k.id = c.currency_id group by k.code
    union all
    select k.code, 'billed', sum(i.total) from invoices i join clients c on c.id = i.client_id join currencies k on k.id = c.currency_id group by k.code
    union all
    select k.code, 'received', sum(t.amount_in - t.amount_out) from transactions t join currencies k on k.id = t.currency_id group by k.code
    order by all
"""


def flaws(book: Tables) -> list[tuple[Any, ...]]:
    """Everything that breaks an invariant or points at nothing."""
    found = list(book.query(every_orphan_sql()).fetchall())
    for invariant in INVARIANTS:
        book._connection.execute(f"create or replace temp table touched as select id from {invariant.table}")
        found += book._connection.execute(invariant.sql).fetchall()
    return found
