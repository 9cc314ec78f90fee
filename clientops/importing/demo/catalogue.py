"""What the demo business is and sells: settings, currencies, taxes, products with prices, departments, articles."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Any

from clientops.core.money import minor_digits
from clientops.schema.definition import table
from clientops.schema.tables import Steps

# Units of the currency for one EUR.
RATES: dict[str, str] = {
    "EUR": "1", "USD": "1.08", "GBP": "0.85", "CHF": "0.95", "SEK": "11.4", "PLN": "4.3", "CZK": "25",
    "CAD": "1.48", "BRL": "5.9", "JPY": "160", "KRW": "1480", "KWD": "0.33", "INR": "91",
}  # fmt: skip
CURRENCY_IDS: dict[str, int] = {code: number for number, code in enumerate(RATES, start=1)}

SETTINGS: dict[str, str] = {
    "company_name": "Nordlicht Hosting GmbH",
    "company_address": "Speicherstraße 12, 20457 Hamburg, DE",
    "company_email": "office@nordlicht.example",
    "company_tax_id": "DE123456788",
    "default_country": "DE",
    "default_language": "en",
    "tax_mode": "exclusive",
    "tax_compound": "no",
    "tax_domains": "yes",
    "invoice_due_days": "14",
    "invoice_number_format": "INV-{NUMBER}",
}
FIRST_NUMBER = 1001

EU_VAT: dict[str, str] = {
    "AT": "20", "BE": "21", "BG": "20", "CY": "19", "CZ": "21", "DE": "19", "DK": "25", "EE": "24", "ES": "21",
    "FI": "25.5", "FR": "20", "GR": "24", "HR": "25", "HU": "27", "IE": "23", "IT": "22", "LT": "21", "LU": "17",
    "LV": "21", "MT": "18", "NL": "21", "PL": "23", "PT": "23", "RO": "21", "SE": "25", "SI": "22", "SK": "23",
}  # fmt: skip
# (level, name, country, state, percent); the business is registered for these.
TAXES: tuple[tuple[int, str, str, str | None, str], ...] = (
    *((1, "VAT", country, None, rate) for country, rate in {**EU_VAT, "GB": "20", "CH": "8.1", "JP": "10"}.items()),
    (1, "GST", "IN", None, "18"),
    (1, "GST", "CA", None, "5"),
    (1, "HST", "CA", "ON", "13"),
    (2, "QST", "CA", "QC", "9.975"),
    (2, "PST", "CA", "BC", "7"),
    (2, "PST", "CA", "MB", "7"),
)

GROUPS: tuple[dict[str, Any], ...] = (
    {"id": 1, "name": "Resellers", "colour": "#0b5394", "discount_percent": "15"},
    {"id": 2, "name": "Non-profit", "colour": "#38761d", "discount_percent": "10"},
    {"id": 3, "name": "Key accounts", "colour": "#b45f06"},
)

# (name, group, kind, way of paying, EUR a month or once, EUR to set up, description)
PRODUCTS: tuple[tuple[str, str, str, str, str, str, str], ...] = (
    ("Starter hosting", "Web hosting", "hosting", "recurring", "3.90", "0", "10 GB, 1 domain, 5 mailboxes"),
    ("Business hosting", "Web hosting", "hosting", "recurring", "8.90", "0", "50 GB, 5 domains, 50 mailboxes"),
    ("Pro hosting", "Web hosting", "hosting", "recurring", "16.90", "0", "200 GB, 20 domains, staging"),
    ("Classic hosting", "Web hosting", "hosting", "recurring", "6.90", "0", "25 GB, no longer sold"),
    ("Reseller hosting", "Web hosting", "reseller", "recurring", "29.00", "0", "50 accounts, own name servers"),
    ("VPS S", "Servers", "server", "recurring", "9.50", "0", "2 cores, 4 GB memory, 80 GB disk"),
    ("VPS L", "Servers", "server", "recurring", "29.90", "15.00", "8 cores, 32 GB memory, 400 GB disk"),
    ("Dedicated server", "Servers", "server", "recurring", "89.00", "99.00", "16 cores, 128 GB memory, 2 TB disk"),
    ("Mailbox", "Mail", "other", "recurring", "1.50", "0", "One mailbox of 25 GB"),
    ("Free starter", "Web hosting", "hosting", "free", "0", "0", "1 GB, for trying out"),
    ("Website move", "Help", "other", "one time", "79.00", "0", "We move a website from another provider"),
)
DOMAIN, BACKUP, EXTRA_IP, CERTIFICATE = 101, 102, 103, 104
# Sold beside the products, without rows in the catalogue; EUR a month.
EXTRAS: dict[int, str] = {DOMAIN: "1.00", BACKUP: "2.50", EXTRA_IP: "1.90", CERTIFICATE: "3.00"}

CYCLES: dict[str, tuple[int, str]] = {
    "monthly": (1, "1"), "quarterly": (3, "3"), "semi-annually": (6, "5.8"), "annually": (12, "11"),
    "biennially": (24, "21"), "triennially": (36, "30"),
}  # fmt: skip

DEPARTMENTS = ("Support", "Billing", "Sales", "Abuse")
OPERATORS = ("maria", "jonas", "aylin", "pieter")

FIELDS: tuple[dict[str, Any], ...] = (
    {"id": 1, "subject_kind": "client", "name": "How did you find us", "type": "choice",
     "options": "Search,Friend,Advertisement,Fair"},
    {"id": 2, "subject_kind": "client", "name": "Number in the old system", "is_staff_only": True},
    {"id": 3, "subject_kind": "client", "name": "Purchase order required", "type": "yes/no", "show_on_invoice": True},
    {"id": 4, "subject_kind": "service", "name": "Control panel", "type": "choice", "options": "Plesk,cPanel,none"},
    {"id": 5, "subject_kind": "domain", "name": "Registry lock", "type": "yes/no"},
)  # fmt: skip

CATEGORIES = ("Getting started", "E-mail", "Domains and DNS", "Invoices and payment")
ARTICLES: tuple[tuple[int, str, str], ...] = (
    (1, "Upload your first website", "Open the file manager, choose *Upload* and pick your files."),
    (1, "Set up a database", "Databases are under *Hosting*, *Databases*. Write the password down."),
    (1, "Turn on the free certificate", "Certificates are ordered and renewed by themselves."),
    (2, "Set up a mailbox on your phone", "Incoming server: `imap.nordlicht.example`, port 993."),
    (2, "Why was my mail marked as spam?", "Add an SPF record and turn on DKIM."),
    (2, "Forward mail", "A forwarder needs no mailbox."),
    (3, "Point a domain to another server", "Change the A record and wait for its TTL."),
    (3, "Move a domain to us", "You need the authorisation code of your registrar."),
    (3, "What is DNSSEC?", "Signed records cannot be forged."),
    (4, "Ways to pay", "Card, PayPal, direct debit and bank transfer."),
    (4, "How credit works", "Credit is used for your next invoice, oldest first."),
    (4, "VAT for companies in the EU", "Enter your VAT number and invoices come without tax."),
)


def nice_price(euros: Decimal, currency: str) -> Decimal:
    """A price in a currency, rounded as shops do: EUR 4.90, JPY 780, KWD 1.600, CZK 125."""
    exact = euros * Decimal(RATES[currency])
    small = {0: "10", 3: "0.050"}.get(minor_digits(currency), "0.10" if Decimal(RATES[currency]) < 4 else "1")
    steps = max((exact / Decimal(small)).quantize(Decimal(1), ROUND_HALF_UP), Decimal(1 if euros else 0))
    return steps * Decimal(small)


@lru_cache(maxsize=1)
def prices() -> tuple[dict[str, Any], ...]:
    """Every price, those of domains and add-ons under their own product numbers."""
    return tuple({"id": number, **price} for number, price in enumerate(_prices(), start=1))


def _prices() -> Iterator[dict[str, Any]]:
    recurring = {n: (p[4], p[5]) for n, p in enumerate(PRODUCTS, start=1) if p[3] == "recurring"}
    recurring |= {number: (price, "0") for number, price in EXTRAS.items()}
    for code, currency_id in CURRENCY_IDS.items():
        for product_id, (monthly, setup) in recurring.items():
            for cycle, (_, months) in CYCLES.items():
                yield {
                    "product_id": product_id,
                    "currency_id": currency_id,
                    "billing_cycle": cycle,
                    "setup_fee": str(nice_price(Decimal(setup), code)),
                    "amount": str(nice_price(Decimal(monthly) * Decimal(months), code)),
                }
        for product_id, product in enumerate(PRODUCTS, start=1):
            if product[3] != "recurring":
                amount = str(nice_price(Decimal(product[4]), code))
                yield {
                    "product_id": product_id,
                    "currency_id": currency_id,
                    "billing_cycle": product[3],
                    "amount": amount,
                }


def add_rows(steps: Steps, step: str, name: str, rows: Sequence[Mapping[str, Any]]) -> None:
    """A step with rows written here, shaped like the columns of a table that they have."""
    columns = list(dict.fromkeys(column for row in rows for column in row))
    # Booleans and numbers that a row leaves out are NULL here and get their default when they are inserted.
    shape = json.dumps([{column: table(name).column(column).type for column in columns}])
    sql = f"select unnest(from_json($rows, '{shape}'), recursive := true)"
    steps.add(step, sql, rows=json.dumps(list(rows), ensure_ascii=False))


def add_catalogue(steps: Steps) -> dict[str, str]:
    """Steps of the catalogue's tables.

    Returns:
        Step by table.
    """
    currencies = [
        {"id": CURRENCY_IDS[code], "code": code, "suffix": f" {code}", "rate": rate, "is_default": code == "EUR",
         "minor_digits": minor_digits(code)}
        for code, rate in RATES.items()
    ]  # fmt: skip
    taxes = [
        {"id": number, "level": level, "name": name, "country": country, "state": state, "rate": rate}
        for number, (level, name, country, state, rate) in enumerate(TAXES, start=1)
    ]
    products = [
        {"id": number, "name": p[0], "group_name": p[1], "kind": p[2], "pay_kind": p[3], "description": p[6],
         "is_retired": p[0] == "Classic hosting", "is_taxed": True}
        for number, p in enumerate(PRODUCTS, start=1)
    ]  # fmt: skip
    servers = [
        {"id": number, "name": f"web{number:02}", "hostname": f"web{number:02}.nordlicht.example",
         "ip_address": f"192.0.2.{10 + number}"}
        for number in range(1, 13)
    ]  # fmt: skip
    rows: dict[str, Sequence[Mapping[str, Any]]] = {
        "currencies": currencies,
        "tax_rates": taxes,
        "groups": GROUPS,
        "products": products,
        "product_prices": [price for price in prices() if price["product_id"] <= len(PRODUCTS)],
        "servers": servers,
        "promotions": [
            {"id": 1, "code": "WELCOME10", "kind": "percent", "value": "10", "notes": "First invoice only"},
            {"id": 2, "code": "SPRING", "kind": "percent", "value": "20", "notes": "First invoice only"},
        ],
        "departments": [
            {"id": n, "name": name, "email": f"{name.lower()}@nordlicht.example"} for n, name in enumerate(DEPARTMENTS, 1)
        ],
        "custom_fields": FIELDS,
        "article_categories": [{"id": n, "name": name} for n, name in enumerate(CATEGORIES, 1)],
        "articles": [
            {"id": n, "title": title, "body": body, "views": 40 * n * n % 977, "votes": 10 + n, "useful_votes": 6 + n % 4,
             "sort_order": n, "status": "published"}
            for n, (_, title, body) in enumerate(ARTICLES, 1)
        ],
        "article_placements": [
            {"id": n, "article_id": n, "category_id": category} for n, (category, _, _) in enumerate(ARTICLES, 1)
        ],
    }  # fmt: skip
    for name, given in rows.items():
        add_rows(steps, f"new_{name}", name, given)
    return {name: f"new_{name}" for name in rows}
